"""What persons may ask of us, done within its term: requests, erasure, a copy of everything, the page that says why."""
