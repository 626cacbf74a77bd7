"""A line of the go-live checklist: what is looked at, how it stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What a line of the checklist says."""

    READY = "ready"
    ADVISED = "advised"  #: not needed to begin, but better
    BLOCKING = "blocking"  #: live mode does not send while this is so


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the checklist."""

    id: str  #: stable
    says: str  #: what is looked at, in French
    standing: Standing
    todo: str = ""  #: what to do; empty when ready


def line(id_: str, says: str, ready: bool, todo: str, *, otherwise: Standing = Standing.BLOCKING) -> Line:
    """A line, with what to do when it is not ready."""
    return Line(id=id_, says=says, standing=Standing.READY if ready else otherwise, todo="" if ready else todo)


def advice(id_: str, says: str, ready: bool, todo: str) -> Line:
    """The same of what one may begin without."""
    return line(id_, says, ready, todo, otherwise=Standing.ADVISED)


def filled(id_: str, says: str, keys: dict[str, str]) -> Line:
    """Whether each of these settings has a value."""
    missing = [key for key, value in keys.items() if not value]
    return line(id_, says, not missing, f"À remplir dans config.toml : {', '.join(missing)}.")


def few(ids: Iterable[str], most: int = 5) -> str:
    """The first of them by name, and how many others there are."""
    ids = list(ids)
    others = len(ids) - most
    return ", ".join(ids[:most]) + (f" et {others} autre{'s' if others > 1 else ''}" if others > 0 else "")


def blocking(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Those that keep live mode from sending."""
    return tuple(line for line in lines if line.standing is Standing.BLOCKING)
