"""From a draft to a launch: create, dry run, approve, launch, pause, resume, cancel."""
