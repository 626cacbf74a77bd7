"""Signing up: forms published word for word, filled in, confirmed by the person herself, and the receipt she gets."""
