"""People whose data came from somebody else, and who must be told so in time or go (rule notice-art14-deadline).

The gateway erases them by itself when their term is over. So it says long before, wherever somebody looks, how many they are, by
when, and what to do: write to them, since the first message carries the information, or say that they were told otherwise.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.calendar import midnight
from gateway.compliance.keep import KeepVerdict
from gateway.compliance.spoken import number
from gateway.domain.contact import Collection
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.collecting.request import hash_of
from gateway.flows.gateway import Gateway
from gateway.flows.terms import UNINFORMED
from gateway.store import journal, origins, overdue
from gateway.store.engine import Connection, begin, reading

log = logging.getLogger(__name__)

#: Alarm of every day on which somebody waits to be told.
UNTOLD, RULE = "uninformed", "notice-art14-deadline"
_WORDS_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """People of one origin who must be told where we have their data from."""

    origin_id: int
    label: str
    people: int
    verdict: KeepVerdict  #: on the first of them

    @property
    def due_at(self) -> datetime | None:
        """When the first of them go if nobody told them; None: no rule says so."""
        return self.verdict.due_at


def untold(gw: Gateway) -> list[Untold]:
    """Who waits to be told, by origin, the nearest deadline first."""
    with reading(gw.engine) as tx:
        return untold_in(tx, gw)


def untold_in(tx: Connection, gw: Gateway) -> list[Untold]:
    """The same within a transaction of the caller's."""
    return [
        Untold(origin_id=one.origin_id, label=one.label, people=one.count, verdict=UNINFORMED.judge(gw, one.since))
        for one in overdue.uninformed_by_origin(tx, gw.clock.now())
    ]


def untold_of(gw: Gateway, origin_id: int) -> Untold | None:
    """The same of one origin; None when nobody of it waits."""
    return next((one for one in untold(gw) if one.origin_id == origin_id), None)


def sentence(gw: Gateway, one: Untold) -> str:
    """What is about to happen, in French."""
    by = f"{one.due_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y}" if one.due_at else "jour dit"
    many = one.people > 1
    must, gone = ("doivent être informées", "les efface") if many else ("doit être informée", "l’efface")
    return (
        f"{number(one.people)} personne{'s' if many else ''} (origine {one.origin_id}, « {one.label} ») {must} avant le {by}, "
        f"sinon la passerelle {gone} ce jour-là ({RULE})."
    )


def todo(one: Untold) -> str:
    """What keeps them, in French, with the commands."""
    return (
        "Écrivez-leur avant : le premier message dit d’où viennent leurs coordonnées (aux contacts occasionnels : "
        "gateway campaign create … --ask-consent, puis approve et launch). Vous les informez autrement, par courrier par "
        f'exemple ? Dites-le : gateway contacts informed {one.origin_id} --how "courrier du …" --on JJ/MM/AAAA'
    )


def note_told(gw: Gateway, origin_id: int, *, how: str, on: date, by: str) -> int:
    """Note that all people of an origin were told where we have their data from, not by a message; returns how many waited.

    Raises NotFound; InvalidInput for a day that is ahead, or before some of them came in, or for no words; Conflict when they
    gave their data themselves, were told before, or are still being brought in.
    """
    if len(how.strip()) < _WORDS_MIN:
        raise InvalidInput("--how : dites comment elles ont été informées ; la copie de leurs données le leur dira")
    at = gw.clock.now()
    if at < midnight(on, gw.pack.calendar.zone):
        raise InvalidInput("--on : ce jour n’est pas encore venu")
    with begin(gw.engine) as tx:
        held = origins.find(tx, origin_id)
        if held is None:
            raise NotFound(f"il n’y a pas d’origine n° {origin_id} ; `gateway retention plan` les nomme")
        origin, last, writing = held
        if origin.collection is not Collection.INDIRECT:
            raise Conflict("ces personnes ont fourni leurs données elles-mêmes : il n’y a rien à leur apprendre")
        if origin.notice:
            raise Conflict(f"c’est déjà noté : « {origin.notice} »")
        if writing:
            raise Conflict("un fichier de cette origine est encore en cours d’importation : terminez-le ou annulez-le d’abord")
        if last is not None and last >= gw.pack.calendar.end_of(on):
            raise InvalidInput(
                "--on : des personnes de cette origine sont entrées après ce jour-là ; elles n’ont pas pu être informées"
            )
        waiting = next((one.people for one in untold_in(tx, gw) if one.origin_id == origin_id), 0)
        origins.note_notice(tx, origin_id, how.strip())
        told = entry(
            EntryKind.ORIGIN,
            at,
            origin=origin_id,
            act="informed",
            people=waiting,
            on=on.isoformat(),
            notice=hash_of(how.strip()),
            by=by,
        )
        journal.append(tx, [told])
    return waiting


def warn(gw: Gateway) -> int:
    """Raise the alarm for each origin of which somebody still waits to be told; returns how many. Once a day by the ticker."""
    with begin(gw.engine) as tx:
        waiting = untold_in(tx, gw)
        at = gw.clock.now()
        told = [
            entry(EntryKind.ALARM, at, alarm=UNTOLD, origin=one.origin_id, people=one.people, due=one.due_at, rule=RULE)
            for one in waiting
        ]
        journal.append(tx, told)
    for one in waiting:
        log.warning(
            "%s people of origin %s must be told by %s, or they are erased: gateway retention plan",
            one.people,
            one.origin_id,
            one.due_at,
        )
    return len(waiting)
