"""An installation where people ask for their rights."""

from __future__ import annotations

from tests.hearing.conftest import writes

__all__ = ["writes"]
