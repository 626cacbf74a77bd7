"""Objections a second time, in a file beside the database: a database that comes from a backup has lost the last of them.

A click on the unsubscribe link leaves no copy anywhere else. The file holds keyed digests, as the opposition list does, and no
name, and is not put back with the database. Like the note of what was sealed last (flows/lastseal.py) it is no proof, and it is
that of the machine whose ticker runs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.entry import stamp
from gateway.domain.channel import Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.flows import lastseal
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.store import suppressions
from gateway.store.engine import begin, reading
from gateway.store.suppressions import Suppression

log = logging.getLogger(__name__)

#: A number that was given earlier may be committed later; never so many later.
_LATE = 500
_AT_ONCE = 500
#: Of the end of the file, to know which numbers it holds: more than enough for as many lines as may come late.
_TAIL_BYTES = 256 * _LATE


def path_of(gw: Gateway) -> Path:
    """Where it is kept: under var_dir, which is not put back with the database."""
    return gw.settings.var_dir / "objections.txt"


def note(gw: Gateway) -> int:
    """Write down who objected since; returns how many. A database that is an older one is asked about first."""
    path = path_of(gw)
    noted = _numbers_at_the_end(path)
    newest = max(noted, default=0)
    last, count = newest - _LATE, 0
    with reading(gw.engine) as tx:
        if newest > suppressions.last_given(tx) or lastseal.forgotten(gw) is not None:
            return 0
        while found := suppressions.after(tx, last, _AT_ONCE):
            last = found[-1][0]
            fresh = [(seq, one) for seq, one in found if seq not in noted]
            try:
                _append(path, fresh)
            except OSError as fault:
                log.debug("%s cannot be written: %s", path, fault)  # a full disk has stopped more than this, and said so
                break
            count += sum(one.kind is SuppressionKind.OBJECTION for _, one in fresh)
    return count


def unknown_since(gw: Gateway) -> datetime | None:
    """Since when somebody objects whom the database never knew: then it is an older one. None: it knew everybody."""
    return min((one.received_at for one in _unknown(gw)), default=None)


def take_in(gw: Gateway) -> int:
    """Put on the list again who objected since an older database was copied; returns how many.

    The file stays beside the next one, for whoever audits. Whoever came back since by START stays away until she says so again:
    of two acts of hers only the no is known here.
    """
    unknown, count = _unknown(gw), 0
    while some := list(islice(unknown, _AT_ONCE)):
        with begin(gw.engine) as tx:
            count += sum(not objection(tx, gw, one).already for one in some)
    with suppress(FileNotFoundError):
        path_of(gw).replace(path_of(gw).with_name("objections-before.txt"))
    return count


def _unknown(gw: Gateway) -> Iterator[Stop]:
    """Those with a number that the database has never given."""
    with reading(gw.engine) as tx:
        given = suppressions.last_given(tx)
    return (one for seq, one in _read(path_of(gw)) if seq > given)


def _append(path: Path, entries: Iterable[tuple[int, Suppression]]) -> None:
    lines = [_line(seq, one) for seq, one in entries]
    if not lines:
        return
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())


def _line(seq: int, one: Suppression) -> bytes:
    """Of what may lapse, or waits for a person, the number alone: it was seen."""
    told: dict[str, object] = {"seq": seq}
    if one.kind is SuppressionKind.OBJECTION:
        told |= {"digest": one.digest.hex(), "medium": one.medium, "cause": one.cause.value, "since": stamp(one.since)}
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _numbers_at_the_end(path: Path) -> set[int]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return {told["seq"] for told in _told(file)}
    except FileNotFoundError:
        return set()


def _read(path: Path) -> Iterator[tuple[int, Stop]]:
    """Each objection with its number; none where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for told in _told(file):
            if "digest" in told:
                since = datetime.fromisoformat(told["since"])
                medium = None if told["medium"] == EVERY_MEDIUM else Medium(told["medium"])
                cause, digest = SuppressionCause(told["cause"]), bytes.fromhex(told["digest"])
                yield told["seq"], Stop(digest=digest, medium=medium, cause=cause, received_at=since, since=since)


def _told(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Lines that are whole: the machine may have ended within one, and the end of a file begins within another."""
    for line in lines:
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(told, dict) and "seq" in told:
            yield told
