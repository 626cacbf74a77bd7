"""The decision. Pure: no I/O but reading packs, no SQL, no clock, no framework."""
