"""Do the tables say what the journal says? The seal protects the journal alone: whoever holds the database may take an objection
off the list, add a consent or an approval, or have a message that left wait again, and the tree still holds.

What is compared leads to a message that must not leave, or hides one that did. What only keeps messages from leaving is not: an
objection, a cancelled message or a restriction more than the journal tells of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.addressing import match_key
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.errors import InvalidAddress
from gateway.domain.keys import pseudonym
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.acts import Difference, acts_of
from gateway.flows.auditing.moves import Moves
from gateway.flows.auditing.reading import read_as_written
from gateway.flows.gateway import Gateway
from gateway.store import beside
from gateway.store.beside import Agreed, Standing
from gateway.store.engine import Connection, reading

#: Differences that are told; of all others only how many there are.
_TOLD_MOST = 20
_MESSAGES_AT_ONCE = 2_000
_DIGESTS_AT_ONCE = 1_000
#: How many people are held in memory at a time.
_PEOPLE_AT_ONCE = 100_000
#: Without one of these an agreement has no evidence (domain/consent.py).
_EVIDENCE = ("given", "form", "wording", "collector", "means")
_ENDING = (ConsentAct.WITHDRAWN, ConsentAct.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison came to."""

    messages: int
    people: int
    differences: tuple[Difference, ...]  #: the first of them
    different: int  #: how many in all

    @property
    def agrees(self) -> bool:
        """Whether the tables say what the journal says."""
        return not self.different


def compare_tables(gw: Gateway) -> Compared:
    """Hold outbox, consents, opposition list, restrictions, approvals and requests against the journal, at one instant.

    Reads only; memory does not grow with the journal. The journal itself is verified by `verify_store`.
    """
    told: list[Difference] = []
    different = 0
    with reading(gw.engine) as tx, read_as_written():
        last, people = beside.last_message(tx), beside.people(tx)
        for one in _differences(gw, tx, last, people):
            different += 1
            if len(told) < _TOLD_MOST:
                told.append(one)
    return Compared(messages=last, people=people, differences=tuple(told), different=different)


def _differences(gw: Gateway, tx: Connection, last: int, people: int) -> Iterator[Difference]:
    yield from _listed(tx)
    for since, until in _stretches(people):
        yield from _of_people(gw, tx, since, until)
    for first in range(1, last + 1, _MESSAGES_AT_ONCE):
        yield from _of_messages(tx, first, first + _MESSAGES_AT_ONCE - 1)
    yield from acts_of(tx)


def _of_messages(tx: Connection, first: int, last: int) -> Iterator[Difference]:
    rows = beside.messages(tx, first, last)
    moves: dict[int, Moves] = {}
    for told in beside.told_of_messages(tx, first, last):
        if told.message_id is not None:
            row = rows.get(told.message_id)
            known = moves.setdefault(told.message_id, Moves(calls=row is not None and row.medium is Medium.CALL))
            known.take(told.kind, orjson.loads(told.body), told.person)
    for number in sorted(rows.keys() | moves.keys()):
        row, told_of = rows.get(number), moves.get(number, Moves(calls=False))
        if row is None:
            said = "le journal en parle, et la file d’envoi ne l’a plus"
            yield Difference("message", number, f"message n° {number} : {said}")
        elif row.state not in told_of.states:
            said = f"la file d’envoi le dit « {row.state.value} », et le journal finit par « {told_of.last} »"
            yield Difference("message", number, f"message n° {number} : {said}")
        elif row.strays:
            said = "sa classe n’est pas celle de sa campagne, ou son adresse n’est pas celle pour laquelle il fut mis en file"
            yield Difference("message", number, f"message n° {number} : {said}")
        elif row.named and told_of.person and (row.key is None or pseudonym(row.key) != told_of.person):
            said = "la file d’envoi le dit à une autre personne que le journal"
            yield Difference("message", number, f"message n° {number} : {said}")


@dataclass(slots=True)
class _Person:
    """What the journal says of one person."""

    grants: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)  #: (since, hours, election, evidence)
    last: dict[tuple[str, str], str] = field(default_factory=dict)  #: by channel and purpose: her last act
    objects: set[str] = field(default_factory=set)
    restricted: bool = False

    def take(self, kind: str, told: dict[str, Any]) -> None:
        """Take one entry in."""
        match kind:
            case EntryKind.CONSENT:
                key, act = (told["medium"], told["purpose"]), told["act"]
                self.last[key] = act if act != ConsentAct.PENDING else self.last.get(key, act)
                if act == ConsentAct.GRANTED:
                    self.grants.setdefault(key, []).append(
                        (told["since"], told.get("hours"), told.get("election"), all(name in told for name in _EVIDENCE))
                    )
            case EntryKind.OBJECTION:
                self.objects.add(told["medium"])
                if told.get("withdrawn"):  # consents end with it, which have no entries of their own
                    self.last |= {key: ConsentAct.WITHDRAWN for key in self.last if told["medium"] in (key[0], EVERY_MEDIUM)}
            case EntryKind.SUPPRESSION if told["act"] == "restarted":
                self.objects.discard(told["medium"])
            case EntryKind.RIGHTS if told.get("act") in ("restricted", "lifted"):
                self.restricted = told["act"] == "restricted"

    def agreed(self, one: Agreed) -> bool:
        """Whether she said what this consent says, and has not taken it back."""
        key = one.medium.value, str(one.purpose)
        said = stamp(one.since), one.hours, one.election, one.evidence
        return said in self.grants.get(key, ()) and self.last[key] not in _ENDING


def _stretches(people: int) -> Iterable[tuple[str, str]]:
    """Pseudonyms in parts small enough for the memory: all, or by their first digits."""
    if people <= _PEOPLE_AT_ONCE:
        return [("", "g")]
    digits = 1 if people <= 16 * _PEOPLE_AT_ONCE else 2
    starts = [f"{number:0{digits}x}" for number in range(16**digits)]
    return list(zip(starts, [*starts[1:], "g"], strict=True))


def _of_people(gw: Gateway, tx: Connection, since: str, until: str) -> Iterator[Difference]:
    known: dict[str, _Person] = {}
    for told in beside.told_of_people(tx, since, until):
        if told.person is not None:
            known.setdefault(told.person, _Person()).take(told.kind, orjson.loads(told.body))
    for page in beside.each_person(tx):
        held: dict[int, _Person] = {}
        for one in page:
            if one.key is None:
                if not since.strip("0"):  # once, with the first stretch
                    yield _of(one, "person", "n’a plus de clé : le journal ne sait plus la nommer")
            elif since <= (name := pseudonym(one.key)) < until:
                held[one.contact_id] = known.get(name) or _Person()
                if held[one.contact_id].restricted and not one.restricted:
                    yield _of(one, "restriction", "a fait limiter l’usage de ses données, et sa fiche n’en dit rien")
        yield from _of_page(gw, tx, held)


def _of_page(gw: Gateway, tx: Connection, held: dict[int, _Person]) -> Iterator[Difference]:
    for contact_id, one in beside.agreed(tx, list(held)):
        if not held[contact_id].agreed(one):
            said = f"l’accord « {one.medium.value}, {one.purpose} » n’est pas celui du journal"
            yield Difference("consent", contact_id, f"personne n° {contact_id} : {said}")
    for contact_id, medium, value, digest in beside.addresses(tx, list(held)):
        if not _is_digest_of(gw, medium, value, digest):
            said = f"son adresse ({medium.value}) n’est plus celle que reconnaît la liste d’opposition"
            yield Difference("address", contact_id, f"personne n° {contact_id} : {said}")
    objecting = [contact_id for contact_id, one in held.items() if one.objects]
    for contact_id, medium in beside.unprotected(tx, objecting) if objecting else ():
        if held[contact_id].objects & {medium.value, EVERY_MEDIUM}:
            said = f"s’est opposée ({medium.value}), et la liste d’opposition n’a aucune adresse d’elle"
            yield Difference("objection", contact_id, f"personne n° {contact_id} : {said}")


def _is_digest_of(gw: Gateway, medium: Medium, value: str, digest: bytes) -> bool:
    if gw.keys.address_digest(medium, value) == digest:  # most stand there as they are compared, and reading one takes longer
        return True
    try:
        return gw.keys.address_digest(medium, match_key(value, medium)) == digest
    except InvalidAddress:
        return False


def _of(one: Standing, what: str, said: str) -> Difference:
    return Difference(what, one.contact_id, f"personne n° {one.contact_id} : {said}")


def _listed(tx: Connection) -> Iterator[Difference]:
    """Objections that the journal knows by a digest: of lists, of strangers, of people who are gone."""
    ended = {
        (told["digest"], told["medium"])
        for told in (orjson.loads(one.body) for one in beside.told(tx, EntryKind.SUPPRESSION))
        if told["act"] == "restarted"
    }
    waiting: dict[tuple[bytes, str], int] = {}
    for one in beside.told(tx, EntryKind.OBJECTION):
        told = orjson.loads(one.body)
        if "digest" in told and (told["digest"], told["medium"]) not in ended:
            waiting[bytes.fromhex(told["digest"]), told["medium"]] = one.number
        if len(waiting) >= _DIGESTS_AT_ONCE:
            yield from _missing(tx, waiting)
            waiting = {}
    yield from _missing(tx, waiting)


def _missing(tx: Connection, waiting: dict[tuple[bytes, str], int]) -> Iterator[Difference]:
    there = beside.objecting(tx, [digest for digest, _ in waiting]) if waiting else set()
    for (digest, medium), number in waiting.items():
        if not there & {(digest, medium), (digest, EVERY_MEDIUM)}:
            said = f"l’opposition du n° {number} du journal ({medium}) n’est plus sur la liste"
            yield Difference("objection", number, said)
