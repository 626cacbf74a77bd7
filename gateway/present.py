"""What holds at present on this machine: its clock, and the rules that ship with this installation."""

from __future__ import annotations

from datetime import UTC, date, datetime

from gateway.compliance.pack import Pack, load_pack
from gateway.data import data_dir


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def today() -> date:
    """The day on this machine's clock."""
    return SystemClock().now().date()


def present_pack(on: date, *, listening: bool = False) -> Pack:
    """The rules of this installation, read as on this day. Raises InvalidPack; for its dates, only unless `listening`."""
    policies = data_dir("policies")
    return load_pack(policies / "fr", policies / "house", today=on, listening=listening)
