"""Proof. Pure: bytes in, bytes out."""
