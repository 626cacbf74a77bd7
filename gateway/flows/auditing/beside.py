"""Do the tables say what the journal says? The seal protects the journal alone: whoever holds the database may take an objection
off the list, add a consent or an approval, or have a message that left wait again, and the tree still holds.

What is compared leads to a message that must not leave, or hides one that did. What only keeps messages from leaving is not: an
objection, a cancelled message or a restriction more than the journal tells of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from gateway.audit.entry import EntryKind
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct
from gateway.domain.errors import InvalidAddress
from gateway.domain.keys import pseudonym
from gateway.domain.message import MessageState
from gateway.domain.suppression import EVERY_MEDIUM
from gateway.flows.auditing.acts import Difference, acts_of
from gateway.flows.auditing.moves import Moves
from gateway.flows.auditing.person import Person
from gateway.flows.auditing.reading import read_as_written
from gateway.flows.auditing.replies import replies_of
from gateway.flows.auditing.unnamed import Unnamed, unnamed
from gateway.flows.gateway import Gateway
from gateway.store import beside, tabled
from gateway.store.beside import OutboxRow, Standing, Told
from gateway.store.engine import Connection, reading

#: Differences that are told; of all others only how many there are.
_TOLD_MOST = 20
_MESSAGES_AT_ONCE = 2_000
_DIGESTS_AT_ONCE = 1_000
#: Of these the instant of the hand-over counts under caps.
_LEFT = (MessageState.ACCEPTED, MessageState.UNCERTAIN)
#: How many people are held in memory at a time.
_PEOPLE_AT_ONCE = 100_000


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
    """Hold outbox, receipts, consents, opposition list, replies, approvals and requests against the journal, at one instant.

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
    restarted, lifted = _ended(tx)
    nameless = unnamed(tx)
    yield from _listed(tx, restarted)
    yield from replies_of(tx)
    for since, until in _stretches(people):
        yield from _of_people(gw, tx, lifted, nameless, (since, until))
    for first in range(1, last + 1, _MESSAGES_AT_ONCE):
        yield from _of_messages(tx, nameless, first, first + _MESSAGES_AT_ONCE - 1)
    yield from acts_of(tx, nameless)


def _of_messages(tx: Connection, nameless: Unnamed, first: int, last: int) -> Iterator[Difference]:
    rows = beside.messages(tx, first, last)
    moves: dict[int, Moves] = {}
    decided: dict[int, Told] = {}
    for told in beside.told_of_messages(tx, first, last):
        if told.message_id is not None:
            row = rows.get(told.message_id)
            known = moves.setdefault(told.message_id, Moves(row.medium if row else None))
            known.take(told.kind, orjson.loads(told.body), told.person)
            if told.kind == EntryKind.DECISION:
                decided[told.message_id] = told
    for one in tabled.receipts(tx, first, last):
        row = rows.get(one.message_id)
        moves.setdefault(one.message_id, Moves(row.medium if row else None)).returned(one.kind, one.code, one.at)
    for number in sorted(rows.keys() | moves.keys()):
        told_of = moves.get(number, Moves(None))
        if said := _otherwise(rows.get(number), told_of, decided.get(number), nameless):
            yield Difference("message", number, f"message n° {number} : {said}")
        elif told_of.strays():
            said = "ce qui en est revenu n’est pas ce que dit le journal"
            yield Difference("receipt", number, f"message n° {number} : {said}")


def _otherwise(row: OutboxRow | None, told_of: Moves, decided: Told | None, nameless: Unnamed) -> str:
    """What the outbox says of a message otherwise than the journal; empty: nothing."""
    if row is None:
        return "le journal en parle, et la file d’envoi ne l’a plus"
    if row.state not in told_of.states:
        return f"la file d’envoi le dit « {row.state.value} », et le journal finit par « {told_of.last} »"
    if row.strays:
        return "sa classe n’est pas celle de sa campagne, ou son adresse n’est pas celle pour laquelle il fut mis en file"
    if row.named and told_of.person and _is_another(row.key, told_of.person) and not nameless.may_be(decided):
        return "la file d’envoi le dit à une autre personne que le journal"
    if row.state in _LEFT and not told_of.handed(row.handed_at):
        return "la file d’envoi le dit remis à un autre instant que le journal"
    return ""


def _is_another(key: bytes | None, person: str) -> bool:
    return key is None or pseudonym(key) != person


def _stretches(people: int) -> Iterable[tuple[str, str]]:
    """Pseudonyms in parts small enough for the memory: all, or by their first digits."""
    if people <= _PEOPLE_AT_ONCE:
        return [("", "g")]
    digits = 1 if people <= 16 * _PEOPLE_AT_ONCE else 2
    starts = [f"{number:0{digits}x}" for number in range(16**digits)]
    return list(zip(starts, [*starts[1:], "g"], strict=True))


def _of_people(
    gw: Gateway, tx: Connection, lifted: dict[bytes, int], nameless: Unnamed, stretch: tuple[str, str]
) -> Iterator[Difference]:
    since, until = stretch
    known: dict[str, Person] = {}
    for told in beside.told_of_people(tx, since, until):
        if told.person is not None:
            known.setdefault(told.person, Person()).take(told.kind, orjson.loads(told.body), told.number)
    for page in beside.each_person(tx):
        held: dict[int, Person] = {}
        for one in page:
            if one.key is None:
                if not since.strip("0"):  # once, with the first stretch
                    yield _of(one, "person", "n’a plus de clé : le journal ne sait plus la nommer")
            elif since <= (name := pseudonym(one.key)) < until:
                held[one.contact_id] = known.get(name) or Person()
                if held[one.contact_id].restricted and not one.restricted:
                    yield _of(one, "restriction", "a fait limiter l’usage de ses données, et sa fiche n’en dit rien")
        yield from _of_page(gw, tx, nameless, held)
        yield from _breaks(gw, tx, {contact_id: one for contact_id, one in held.items() if one.rests_until}, lifted)


def _of_page(gw: Gateway, tx: Connection, nameless: Unnamed, held: dict[int, Person]) -> Iterator[Difference]:
    yield from _consents(tx, nameless, held)
    for contact_id, medium, value, digest in beside.addresses(tx, list(held)):
        if not _is_digest_of(gw, medium, value, digest):
            said = f"son adresse ({medium.value}) n’est plus celle que reconnaît la liste d’opposition"
            yield Difference("address", contact_id, f"personne n° {contact_id} : {said}")
    objecting = [contact_id for contact_id, one in held.items() if one.objects]
    for contact_id, medium in beside.unprotected(tx, objecting) if objecting else ():
        if held[contact_id].objects & {medium.value, EVERY_MEDIUM}:
            said = f"s’est opposée ({medium.value}), et la liste d’opposition n’a aucune adresse d’elle"
            yield Difference("objection", contact_id, f"personne n° {contact_id} : {said}")


def _consents(tx: Connection, nameless: Unnamed, held: dict[int, Person]) -> Iterator[Difference]:
    """What people are shown of their consent, and an auditor, comes from the ledger: each act of it is one of the journal."""
    there: dict[int, set[tuple[str, str, datetime]]] = {}
    for contact_id, act in tabled.acts(tx, list(held)):
        if act.act == ConsentAct.GRANTED:
            there.setdefault(contact_id, set()).add((act.medium, act.purpose, act.at))
        if not nameless.did(held[contact_id], act):
            said = f"le registre des accords dit « {act.act} » ({act.medium}, {act.purpose}) autrement que le journal"
            yield Difference("consent", contact_id, f"personne n° {contact_id} : {said}")
    for contact_id, one in beside.agreed(tx, list(held)):
        said = f"l’accord « {one.medium.value}, {one.purpose} »"
        if not nameless.agreed(held[contact_id], one):
            yield Difference("consent", contact_id, f"personne n° {contact_id} : {said} n’est pas celui du journal")
        elif (one.medium.value, one.purpose, one.since) not in there.get(contact_id, ()):
            yield Difference("consent", contact_id, f"personne n° {contact_id} : {said} n’est plus au registre, avec ses preuves")


def _breaks(gw: Gateway, tx: Connection, resting: dict[int, Person], lifted: dict[bytes, int]) -> Iterator[Difference]:
    """Whoever asked for a pause has it, until it is over, unless she ended it, or somebody did."""
    if not resting:
        return
    at, there, ended = gw.clock.now(), tabled.breaks(tx, list(resting)), dict[int, int]()
    for digest, contact_id in tabled.digests_of(tx, list(resting)).items():
        ended[contact_id] = max(ended.get(contact_id, 0), lifted.get(digest, 0))
    for contact_id, one in resting.items():
        until, objects = there.get(contact_id, (None, False))
        if contact_id in ended and not objects and not one.rests(until, at) and ended[contact_id] < one.rests_since:
            said = "a demandé une pause, et la liste ne la tient pas jusqu’au bout"
            yield Difference("pause", contact_id, f"personne n° {contact_id} : {said}")


def _is_digest_of(gw: Gateway, medium: Medium, value: str, digest: bytes) -> bool:
    if gw.keys.address_digest(medium, value) == digest:  # most stand there as they are compared, and reading one takes longer
        return True
    try:
        return gw.keys.digest_of(value, medium) == digest
    except InvalidAddress:
        return False


def _of(one: Standing, what: str, said: str) -> Difference:
    return Difference(what, one.contact_id, f"personne n° {one.contact_id} : {said}")


def _ended(tx: Connection) -> tuple[dict[tuple[str, str], int], dict[bytes, int]]:
    """Numbers of the last entries by which a person took an objection back, by digest and channel, and by which somebody lifted
    a pause, by digest."""
    restarted, lifted = dict[tuple[str, str], int](), dict[bytes, int]()
    for one in beside.told(tx, EntryKind.SUPPRESSION):
        told = orjson.loads(one.body)
        if told["act"] == "restarted":
            restarted[told["digest"], told["medium"]] = one.number
        elif told["act"] == "lifted":
            lifted[bytes.fromhex(told["digest"])] = one.number
    return restarted, lifted


def _listed(tx: Connection, ended: dict[tuple[str, str], int]) -> Iterator[Difference]:
    """Objections that the journal knows by a digest: of lists, of strangers, of people who are gone."""
    waiting: dict[tuple[bytes, str], int] = {}
    for one in beside.told(tx, EntryKind.OBJECTION):
        told = orjson.loads(one.body)
        if "digest" in told and ended.get((told["digest"], told["medium"]), 0) < one.number:
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
