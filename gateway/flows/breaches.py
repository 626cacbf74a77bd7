"""The log of breaches of personal data, and the hours in which the authority is told (rule breach-72h, RGPD 33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.gateway import Gateway
from gateway.store import breaches, journal
from gateway.store.breaches import Breach, Closing, NewBreach
from gateway.store.engine import begin, reading

RULE = "breach-72h"
#: Levels of alarm: the deadline comes near, it has passed.
_NEAR, _PASSED = 1, 2
_ALARMS = {_NEAR: "breach-deadline", _PASSED: "breach-late"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is said when a breach is closed: when the authority was told, or why it was not."""

    measures: str
    told_at: datetime | None = None  #: aware
    untold_why: str = ""
    late_why: str = ""
    people: int | None = None  #: known since it was noted, or known better


def open_breach(gw: Gateway, what: str, *, aware_at: datetime, people: int | None, by: str) -> Breach:
    """Note a breach. The clock runs from when somebody became aware of it.

    Raises InvalidInput for words that say nothing, an instant to come, or a number of people below one; Conflict when the pack
    has no term for breaches.
    """
    at = gw.clock.now()
    if len(what.strip()) < 10:
        raise InvalidInput("dites ce qui s’est passé, en une phrase au moins")
    if aware_at > at:
        raise InvalidInput("--aware-at : cet instant n’est pas encore venu")
    _must_count(people)
    deadline = _verdict(gw, aware_at, at).due_at
    if deadline is None:
        raise Conflict("les règles en vigueur ne disent pas dans quel délai prévenir l’autorité : voyez gateway policy check")
    noted = NewBreach(what=what.strip(), people=people, aware_at=aware_at, deadline_at=deadline, recorded_at=at, recorded_by=by)
    with begin(gw.engine) as tx:
        number = breaches.add(tx, noted)
        told: dict[str, Any] = {
            "act": "opened",
            "breach": number,
            "aware": aware_at,
            "deadline": deadline,
            "people": people,
            "by": by,
        }
        journal.append(tx, [entry(EntryKind.BREACH, at, **told)])
        found = breaches.find(tx, number)
    if found is None:
        raise NotFound(f"il n’y a pas de violation n° {number}")
    return found


def close_breach(gw: Gateway, number: int, ending: Ending, *, by: str) -> Breach:
    """Close a breach: the authority was told at an instant, or was not, for a reason (no risk for people: RGPD 33(1)).

    Raises NotFound; Conflict when it is closed already; InvalidInput when neither or both are said, or when it was told late
    and nobody says why.
    """
    at = gw.clock.now()
    if (ending.told_at is None) == (not ending.untold_why.strip()):
        raise InvalidInput("dites quand la CNIL a été prévenue (--told-at), ou pourquoi elle ne l’a pas été (--no-risk)")
    _must_count(ending.people)
    if len(ending.measures.strip()) < 10:
        raise InvalidInput("--measures : dites ce qui a été fait pour y remédier")
    with begin(gw.engine) as tx:
        found = breaches.find(tx, number)
        if found is None:
            raise NotFound(f"il n’y a pas de violation n° {number}")
        if ending.told_at is not None and not found.aware_at <= ending.told_at <= at:
            raise InvalidInput("--told-at : entre l’instant où vous avez su et maintenant")
        if ending.told_at is not None and ending.told_at > found.deadline_at and not ending.late_why.strip():
            raise InvalidInput("la CNIL a été prévenue hors délai : dites pourquoi (--late-why)")
        end = Closing(
            told_at=ending.told_at,
            untold_why=ending.untold_why.strip() or None,
            late_why=ending.late_why.strip() or None,
            measures=ending.measures.strip(),
            closed_at=at,
            closed_by=by,
        )
        if not breaches.close(tx, number, end, people=ending.people or found.people):
            raise Conflict(f"la violation n° {number} est déjà close")
        journal.append(
            tx, [entry(EntryKind.BREACH, at, act="closed", breach=number, told=ending.told_at, people=ending.people, by=by)]
        )
        closed = breaches.find(tx, number)
    return closed or found


def _must_count(people: int | None) -> None:
    if people is not None and people < 1:
        raise InvalidInput("--people : au moins une personne, ou rien quand on ne sait pas encore")


def watch(gw: Gateway) -> int:
    """Raise the alarms that are due: before the authority must be told, and when the hours have passed; each once. How many."""
    raised = 0
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        for found in breaches.each(tx, open_only=True):
            near = _verdict(gw, found.aware_at, at).act is Act.ALERT
            level = _PASSED if is_late(found, at) else _NEAR if near else 0
            if level and breaches.alarmed(tx, found.id, level):
                told: dict[str, Any] = {"alarm": _ALARMS[level], "breach": found.id, "due": found.deadline_at, "rule": RULE}
                journal.append(tx, [entry(EntryKind.ALARM, at, **told)])
                raised += 1
    return raised


def is_late(found: Breach, at: datetime) -> bool:
    """Whether a breach is open beyond its hours."""
    return found.closed_at is None and at >= found.deadline_at


def _verdict(gw: Gateway, aware_at: datetime, at: datetime) -> KeepVerdict:
    return keep(KeptFacts(at=at, record=RecordKind.BREACH, answered=False, moments=((Moment.BECAME_AWARE, aware_at),)), gw.pack)


def first_open(gw: Gateway) -> Breach | None:
    """The breach that is not closed and has the nearest deadline; None when every one is closed."""
    with reading(gw.engine) as tx:
        return next(iter(breaches.listed(tx, open_only=True, limit=1)), None)


def late(gw: Gateway) -> int:
    """How many breaches are open beyond their hours."""
    with reading(gw.engine) as tx:
        return breaches.late(tx, gw.clock.now())


def page(gw: Gateway, *, after: int | None = None, limit: int) -> list[Breach]:
    """A page of the log, what is open first; `after`: number of the last one seen. Raises NotFound."""
    with reading(gw.engine) as tx:
        seen = None if after is None else breaches.find(tx, after)
        if after is not None and seen is None:
            raise NotFound(f"il n’y a pas de violation n° {after}")
        return breaches.listed(tx, after=seen, limit=limit)


def every_breach(gw: Gateway) -> list[Breach]:
    """The whole log (RGPD 33(5)), what is open first."""
    with reading(gw.engine) as tx:
        return list(breaches.each(tx))
