"""Passerelle: a messaging compliance gateway for French election campaigns."""

__version__ = "0.1.0"
