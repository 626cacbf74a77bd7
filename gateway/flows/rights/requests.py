"""Requests of persons and their clocks: opened from wherever they come, counted by the pack, answered by name.

Serves rules dsar-deadline and rights-messages-exempt. What somebody writes in free words stays in the row and is erased with the
person; the journal has numbers, dates and a hash of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.domain.errors import Conflict, GatewayError, InvalidInput, NotFound
from gateway.domain.keys import pseudonym
from gateway.domain.reply import Settlement
from gateway.domain.rights import HARMLESS, RIGHT_NAMES, Identity, RequestState, Right
from gateway.flows.gateway import Gateway
from gateway.flows.rights import letters
from gateway.flows.rights.unfiled import Beside, beside, objected_at
from gateway.render.origin import french_day
from gateway.render.words import tidy
from gateway.store import contacts, inbox, journal, people, requests
from gateway.store.engine import Connection, begin, reading
from gateway.store.requests import Asked, Request
from gateway.store.written import Letter

#: Levels of alarm: the deadline comes near, it has passed.
_NEAR, _PASSED = 1, 2
_ALARMS = {_NEAR: "rights-deadline", _PASSED: "rights-late"}
_AT_ONCE = 500
#: An older request is a slip of the keyboard, and would make the clock of the one that waits late for good.
_AGE_MOST = timedelta(days=3653)


class NoRule(GatewayError):
    """The pack does not say by when a request must be answered; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request."""

    by: str
    text: str = ""
    refused: bool = False
    send: bool = False  #: put the text into a letter to the address on file


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A request in a list."""

    request: Request
    late: bool
    near: bool  #: the alarm before the deadline has come
    beside: Beside | None = None  #: of a stranger, where a single request is shown
    letters: tuple[Letter, ...] = ()  #: to her about it, likewise
    namesakes: tuple[tuple[int, str], ...] = ()  #: (number, an address) of others of her name, likewise: she may be two


def open_request(gw: Gateway, address: str, asked: Asked) -> tuple[Request, bool]:
    """Open a request about an address or a number; returns it, and False when the same was open already.

    Raises InvalidAddress, InvalidInput for an instant ahead of us.
    """
    at = gw.clock.now()
    if asked.received_at > at:
        raise InvalidInput("une demande ne peut pas avoir été reçue dans l’avenir : --received-at")
    if asked.received_at < at - _AGE_MOST:
        raise InvalidInput(f"reçue en {asked.received_at.year}, il y a plus de dix ans ? Regardez l’année de --received-at")
    with begin(gw.engine) as tx:
        requests.one_by_one(tx, next(iter(gw.keys.digests_of(address).values())))
        digest, twin, contact_id = whose(tx, gw, address)
        number, fresh = open_in(tx, gw, replace(asked, digest=digest, twin=twin, contact_id=contact_id))
        return found(tx, number), fresh


def open_in(tx: Connection, gw: Gateway, asked: Asked) -> tuple[int, bool]:
    """The same within the caller's transaction. Asked again while open, the clock of the first goes on: (number, False).

    The first is the one that reached the team first, be it noted last: a letter that lay in a pile.
    """
    open_already = requests.open_one(tx, asked.right, asked.contact_id, asked.digest)
    at = gw.clock.now()
    if open_already is not None:
        _asked_again(tx, gw, open_already, asked, at)
        return open_already.id, False
    deadline = _deadline(gw, asked.received_at, extended=False, at=at)
    number = requests.add(tx, asked, deadline_at=deadline)
    about = {"identity": asked.identity.value, "letter": asked.letter_id, **_arrival(asked, deadline)}
    journal.append(tx, [rights_entry(tx, found(tx, number), at, act="opened", **about)])
    return number, True


def _asked_again(tx: Connection, gw: Gateway, request: Request, asked: Asked, at: datetime) -> None:
    """What asking anew changes of an open request: who she is may be known now, and it may have reached the team earlier."""
    if asked.identity is not Identity.UNCHECKED and request.identity is Identity.UNCHECKED:
        requests.vouch(tx, request.id, asked.identity, asked.identity_how)
        journal.append(tx, [rights_entry(tx, request, at, act="identity", identity=asked.identity.value, by=asked.recorded_by)])
    if asked.received_at < request.received_at:
        until = _deadline(gw, asked.received_at, extended=request.extended_at is not None, at=at)
        requests.antedate(tx, request.id, received_at=asked.received_at, until=until)
        journal.append(tx, [rights_entry(tx, request, at, act="antedated", **_arrival(asked, until))])


def _arrival(asked: Asked, deadline: datetime) -> dict[str, Any]:
    return {"via": asked.via.value, "received": asked.received_at, "deadline": deadline, "by": asked.recorded_by}


def vouch(gw: Gateway, number: int, how: str, *, by: str) -> Request:
    """Note how somebody of the team made sure that it is she who asks. Raises NotFound, Conflict once it is answered."""
    if not how.strip():
        raise InvalidInput("dites comment son identité a été vérifiée : rappel au numéro du fichier, par exemple")
    with begin(gw.engine) as tx:
        request = open_one(tx, number)
        requests.vouch(tx, number, Identity.CHECKED, how)
        at = gw.clock.now()
        journal.append(tx, [rights_entry(tx, request, at, act="identity", identity=Identity.CHECKED.value, by=by)])
        return found(tx, number)


def answer(gw: Gateway, number: int, given: Answer) -> Request:
    """Settle a request, once. A refusal says why, and that she may turn to the CNIL.

    Raises NotFound; Conflict when it is settled, when nobody checked who asks, or when she has no email address to send to.
    """
    with begin(gw.engine) as tx:
        request = open_one(tx, number)
        if given.refused and not given.text.strip():
            raise InvalidInput("un refus se motive : dites pourquoi (--text)")
        if not given.refused:
            must_be_known(request)
            _must_be_on_the_list(tx, request)
        settle(tx, gw, request, given)
        if given.send:
            letter = letters.REFUSAL if given.refused else letters.ANSWER
            letters.send(tx, gw, request, letter, {"number": str(number), "text": tidy(given.text)})
        done = found(tx, number)
    gw.ring()
    return done


def _must_be_on_the_list(tx: Connection, request: Request) -> None:
    """Raises Conflict for an objection that nobody put in force: words alone would lose it."""
    if request.right is Right.OBJECTION and objected_at(tx, request) is None:
        raise Conflict(
            f"demande n° {request.id} : répondre ne suffit pas, l’opposition n’est pas encore enregistrée ; "
            f"gateway rights object {request.id} l’enregistre, et y répond"
        )


def settle(tx: Connection, gw: Gateway, request: Request, given: Answer) -> None:
    """Within a transaction: the request is answered, and the reply it came by leaves its queue."""
    at = gw.clock.now()
    state = RequestState.REFUSED if given.refused else RequestState.GRANTED
    if not requests.settle(tx, request.id, requests.Settled(state=state, answer=given.text or None, at=at, by=given.by)):
        raise Conflict(_settled(request))
    if request.letter_id is not None:
        why = f"demande n° {request.id}"
        inbox.settle(tx, request.letter_id, inbox.Settled(settlement=Settlement.ANSWERED, by=given.by, why=why, at=at))
    digest = sha256(given.text.encode()).hexdigest() if given.text else None
    journal.append(tx, [rights_entry(tx, request, at, act="answered", outcome=state.value, answer=digest, by=given.by)])


def extend(gw: Gateway, number: int, *, why: str, by: str, told_how: str = "") -> Request:
    """Take the longer term, and tell her so with the reason, within the first (rule dsar-deadline).

    The letter goes to her email address on file; told_how: how she was told otherwise. Raises NotFound; Conflict when the first
    term is over, when it was extended before, or when she can be told by neither.
    """
    if not why.strip():
        raise InvalidInput("un délai prolongé se motive, et la personne en lit la raison : --why")
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        request = open_one(tx, number)
        if request.extended_at is not None:
            raise Conflict(
                f"la demande n° {number} a déjà été prolongée, jusqu’au {_day(gw, request.deadline_at)} ; une seule fois"
            )
        if at >= request.deadline_at:
            raise Conflict(
                f"le premier délai de la demande n° {number} est passé depuis le {_day(gw, request.deadline_at)} : "
                "il ne se prolonge plus ; répondez sans attendre (dsar-deadline)"
            )
        until = _deadline(gw, request.received_at, extended=True, at=at)
        requests.extend(tx, number, at=at, until=until, why=why)
        fields = {"number": str(number), "until": _day(gw, until), "why": tidy(why)}
        message_id = None if told_how else letters.send(tx, gw, request, letters.EXTENSION, fields)
        told = rights_entry(
            tx, request, at, act="extended", deadline=until, told="by-letter" if message_id else "otherwise", by=by
        )
        journal.append(tx, [told])
        extended = found(tx, number)
    gw.ring()
    return extended


def watch(gw: Gateway) -> int:
    """Raise the alarms that are due: before a deadline, and when it has passed; each once. Returns how many."""
    raised, after = 0, None
    while True:
        with begin(gw.engine) as tx:
            at = gw.clock.now()
            page = requests.waiting(tx, after=after, limit=_AT_ONCE)
            for request in page:
                raised += _raise(tx, gw, request, at)
        if len(page) < _AT_ONCE:
            return raised
        after = (page[-1].deadline_at, page[-1].id)


def queue(gw: Gateway, *, after: int | None = None, limit: int = 50) -> list[Line]:
    """A page of what waits for an answer, the nearest deadline first: what is late stands at the top."""
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        seen = requests.find(tx, after) if after is not None else None
        page = requests.waiting(tx, after=(seen.deadline_at, seen.id) if seen else None, limit=limit)
    return [line(gw, request, at) for request in page]


def everything(gw: Gateway, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """A page of all requests, the newest first."""
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        page = requests.listed(tx, before=before, limit=limit)
    return [line(gw, request, at) for request in page]


def late(gw: Gateway) -> int:
    """How many requests wait beyond their deadline."""
    with reading(gw.engine) as tx:
        return requests.late(tx, gw.clock.now())


def show(gw: Gateway, number: int) -> Line:
    """One request. Raises NotFound."""
    with reading(gw.engine) as tx:
        request = found(tx, number)
        same = people.namesakes(tx, request.contact_id) if request.contact_id is not None and request.is_open else ()
        shown = replace(line(gw, request, gw.clock.now()), beside=beside(tx, request), letters=letters.about(tx, request))
        return replace(shown, namesakes=tuple(same))


def line(gw: Gateway, request: Request, at: datetime) -> Line:
    """A request with what its clock says."""
    near = request.is_open and _verdict(gw, request.received_at, request.extended_at is not None, at).act is Act.ALERT
    return Line(request=request, late=request.is_open and at >= request.deadline_at, near=near)


def whose(tx: Connection, gw: Gateway, address: str) -> tuple[bytes, bytes | None, int | None]:
    """Digest of an address or number, that of the number on the other channel, and the contact who holds it, if anybody does.

    Raises InvalidAddress.
    """
    digests = gw.keys.digests_of(address)
    held = {medium: contact_id for medium, one in digests.items() if (contact_id := contacts.find(tx, one, medium)) is not None}
    known_by = next(iter(held or digests))
    twin = next((one for medium, one in digests.items() if medium is not known_by), None)
    return digests[known_by], twin, held.get(known_by)


def found(tx: Connection, number: int) -> Request:
    """One request. Raises NotFound."""
    return _found(tx, number, lock=False)


def _found(tx: Connection, number: int, *, lock: bool) -> Request:
    request = requests.find(tx, number, lock=lock)
    if request is None:
        raise NotFound(f"il n’y a pas de demande n° {number} ; `gateway rights list --all` les montre toutes")
    return request


def open_one(tx: Connection, number: int, *rights: Right) -> Request:
    """An open request for one of these rights, locked. Raises NotFound, Conflict."""
    request = _found(tx, number, lock=True)
    if not request.is_open:
        raise Conflict(_settled(request))
    if rights and request.right not in rights:
        wanted = " ou ".join(RIGHT_NAMES[right] for right in rights)
        raise Conflict(f"la demande n° {number} porte sur un autre droit, {RIGHT_NAMES[request.right]} ; il faut : {wanted}")
    return request


def holder_of(request: Request) -> int:
    """The contact a request is about. Raises Conflict when nobody of our file is."""
    if request.contact_id is None:
        raise Conflict(
            f"la demande n° {request.id} ne vise personne du fichier : répondez-le, et dites ce que nous avons d’elle en dehors "
            f"(gateway rights show {request.id} le dit, gateway rights answer {request.id} y répond)"
        )
    return request.contact_id


def must_be_known(request: Request) -> None:
    """Raises Conflict when what is asked could harm her if a stranger asked it, and nobody checked who asks."""
    if request.right not in HARMLESS and request.identity is Identity.UNCHECKED:
        raise Conflict(
            f"demande n° {request.id} : dites d’abord comment vous savez que c’est bien elle qui demande "
            f"(gateway rights identify {request.id} --how …) ; un expéditeur de courriel se contrefait"
        )


def _raise(tx: Connection, gw: Gateway, request: Request, at: datetime) -> int:
    clock = line(gw, request, at)
    level = _PASSED if clock.late else _NEAR if clock.near else 0
    if not level or not requests.alarmed(tx, request.id, level):
        return 0
    alarm = rights_entry(
        tx, request, at, kind=EntryKind.ALARM, alarm=_ALARMS[level], due=request.deadline_at, rule="dsar-deadline"
    )
    journal.append(tx, [alarm])
    return 1


def _deadline(gw: Gateway, received_at: datetime, *, extended: bool, at: datetime) -> datetime:
    due = _verdict(gw, received_at, extended, at).due_at
    if due is None:
        raise NoRule("aucune règle ne dit le délai de réponse aux demandes de droits (dsar-deadline) : gateway policy check")
    return due


def _verdict(gw: Gateway, received_at: datetime, extended: bool, at: datetime) -> KeepVerdict:
    facts = KeptFacts(at=at, record=RecordKind.RIGHTS_REQUEST, extended=extended, moments=((Moment.RECEIVED, received_at),))
    return keep(facts, gw.pack)


def rights_entry(tx: Connection, request: Request, at: datetime, *, kind: EntryKind = EntryKind.RIGHTS, **told: Any) -> Entry:
    """An entry of the journal about a request."""
    key = people.key_of(tx, request.contact_id) if request.contact_id is not None else None
    return entry(kind, at, person=pseudonym(key) if key else None, request=request.id, right=request.right.value, **told)


def _settled(request: Request) -> str:
    how = "a déjà été refusée" if request.state is RequestState.REFUSED else "a déjà reçu sa réponse"
    return f"la demande n° {request.id} {how} (par {request.answered_by}) : rien n’est changé"


def _day(gw: Gateway, at: datetime) -> str:
    return french_day(at.astimezone(gw.pack.calendar.zone).date())
