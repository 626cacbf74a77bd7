"""Whoever is not, or no more, in the file and asks for a right: what is kept of her all the same.

Serves rule dsar-access-content: what she wrote to us, and a digest of her address on the opposition list, are data of hers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.suppression import EVERY_MEDIUM
from gateway.store import known, suppressions
from gateway.store.engine import Connection
from gateway.store.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is kept of somebody who is not, or no more, in the file."""

    letters: int  #: what she wrote to us, with its words or without
    objected_at: datetime | None  #: since when the digest of her address is on the opposition list, for every channel


def beside(tx: Connection, request: Request) -> Beside | None:
    """What is kept of a stranger; None for somebody of the file."""
    if request.contact_id is not None or request.digest is None:
        return None
    return Beside(letters=len(known.letters(tx, [request.digest])), objected_at=objected_at(tx, request))


def objected_at(tx: Connection, request: Request) -> datetime | None:
    """Since when the opposition list has the address a request is about, for every channel; None: it has not."""
    return None if request.digest is None else suppressions.objected_at(tx, request.digest, EVERY_MEDIUM)
