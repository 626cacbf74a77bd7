"""What a request asks, done: data put right, writing stopped while it is kept, providers told. One transaction with its answer.

Serves rules dsar-restriction and dsar-rectify-propagate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from gateway.domain.channel import Medium
from gateway.domain.contact import UNKNOWN_TERRITORY, may_be_born
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.language import read_language
from gateway.domain.numbering import LineKind
from gateway.domain.rights import RequestState, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.flows.rights import readdressing
from gateway.flows.rights.requests import Answer, found, holder_of, must_be_known, open_one, rights_entry, settle
from gateway.store import contacts, correcting, crossing, erasing, journal, people, requests
from gateway.store.engine import Connection, begin
from gateway.store.known import handed_by
from gateway.store.requests import Request

#: Who received data of hers from us, as the journal names them.
RELAY, CARRIER = "smtp-relay", "twilio"
#: A relay keeps a letter only until it is delivered, and offers nothing by which it could be told.
BY_HAND = "to-be-told-by-hand"

#: What a correction changes, as people are told.
IN_WORDS = {
    "given_name": "prénom",
    "family_name": "nom",
    "birth_on": "date de naissance",
    "postcode": "code postal",
    "commune": "commune",
    "territory": "territoire",
    "language": "langue",
    "email": "adresse électronique",
    "mobile": "numéro de mobile",
    "landline": "numéro de fixe",
}
#: Of what a correction changes, what is no column of the contact.
_ADDRESSES = ("email", "mobile", "landline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is to be put right; None: left as it is, empty: removed."""

    given_name: str | None = None
    family_name: str | None = None
    birth_on: date | Literal[""] | None = None
    postcode: str | None = None
    commune: str | None = None
    language: str | None = None
    email: str | None = None  #: the new one, in place of the one on file; it cannot be removed alone
    mobile: str | None = None
    landline: str | None = None


def rectify(gw: Gateway, number: int, correction: Correction, *, by: str) -> tuple[str, ...]:
    """Put data right and answer the request; returns the names of what changed. Consents and objections stay with the person.

    A new address or number awaits nothing: whoever asked was known. Raises NotFound, Conflict, InvalidAddress, InvalidInput.
    """
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        request = open_one(tx, number, Right.RECTIFICATION)
        must_be_known(request)
        changed = correct(tx, gw, request, correction, by=by)
        settle(tx, gw, request, Answer(by=by, text=f"rectifié : {', '.join(IN_WORDS[name] for name in changed)}"))
    return changed


def correct(tx: Connection, gw: Gateway, request: Request, correction: Correction, *, by: str) -> tuple[str, ...]:
    """Within a transaction: write what is right, tell the journal what changed (never from what to what), and whom to tell."""
    contact_id, at = holder_of(request), gw.clock.now()
    fields = {name: value for name, value in asdict(correction).items() if value is not None and name not in _ADDRESSES}
    if language := fields.get("language"):
        read_language(language)
    if (born := fields.get("birth_on")) == "":
        fields["birth_on"] = None
    elif born is not None and not may_be_born(born, at.astimezone(gw.pack.calendar.zone).date()):
        raise InvalidInput(f"date de naissance « {born:%d/%m/%Y} » : ce jour n’est pas possible")
    placed_by_number = _is_placed_by_number(tx, gw, contact_id)
    readdressed = _readdress(tx, gw, contact_id, correction)
    if "postcode" in fields:
        fields["territory"] = _territory(tx, gw, contact_id, fields["postcode"])
    elif placed_by_number:
        fields["territory"] = _territory(tx, gw, contact_id, "")
    changed = (*correcting.change(tx, contact_id, fields), *readdressed)
    if not changed:
        raise InvalidInput("rien n’est à corriger : donnez au moins une valeur qui diffère de celle du fichier")
    journal.append(
        tx, [rights_entry(tx, request, at, act="rectified", fields=sorted(changed), recipients=recipients(tx, contact_id), by=by)]
    )
    return changed


def _readdress(tx: Connection, gw: Gateway, contact_id: int, correction: Correction) -> list[str]:
    """Names of what changed of her address and her numbers."""
    changed = []
    known = erasing.traces(tx, [contact_id]).digests
    if correction.email is not None and readdressing.change_email(tx, gw, contact_id, correction.email, known):
        changed.append("email")
    for name, kind in (("mobile", LineKind.MOBILE), ("landline", LineKind.LANDLINE)):
        typed = getattr(correction, name)
        if typed is not None and readdressing.change_number(tx, gw, contact_id, kind, typed, known):
            changed.append(name)
    return changed


def _is_placed_by_number(tx: Connection, gw: Gateway, contact_id: int) -> bool:
    """Whether nothing but her number tells where she votes: another number tells it anew."""
    person = contacts.view(tx, contact_id)
    return person is not None and not person.postcode and person.territory == _territory(tx, gw, contact_id, "")


def _territory(tx: Connection, gw: Gateway, contact_id: int, postcode: str) -> str:
    """Where a corrected postcode places her. Whoever is abroad may give one of there that looks like one of ours: `unknown`."""
    if postcode and people.territory_of(tx, contact_id) in gw.pack.gazetteer.abroad:
        return UNKNOWN_TERRITORY
    numbers = [one.value for one in contacts.addresses(tx, contact_id) if one.medium is not Medium.EMAIL]
    return gw.pack.territory_of(postcode or None, number=next(iter(numbers), None))


def restrict(gw: Gateway, number: int, *, by: str) -> datetime:
    """Keep her data and use it for nothing: nothing is sent to her any more (rule dsar-restriction). Returns since when."""
    with begin(gw.engine) as tx:
        request = open_one(tx, number, Right.RESTRICTION)
        return restrict_in(tx, gw, request, by=by)


def restrict_in(tx: Connection, gw: Gateway, request: Request, *, by: str) -> datetime:
    """The same within the caller's transaction."""
    contact_id, at = holder_of(request), gw.clock.now()
    correcting.restrict(tx, contact_id, True)
    journal.append(tx, [rights_entry(tx, request, at, act="restricted", recipients=recipients(tx, contact_id), by=by)])
    settle(tx, gw, request, Answer(by=by))
    return at


def lift(gw: Gateway, number: int, *, why: str, by: str) -> datetime:
    """End a restriction that this request brought about; she may be written to again. Raises NotFound, Conflict, InvalidInput."""
    if not why.strip():
        raise InvalidInput("dites pourquoi la limitation prend fin (--why)")
    with begin(gw.engine) as tx:
        request, at = found(tx, number), gw.clock.now()
        if request.right is not Right.RESTRICTION or request.state is not RequestState.GRANTED:
            raise Conflict(f"la demande n° {number} n’a limité l’usage d’aucune donnée : rien à lever")
        contact_id = request.contact_id
        if contact_id is None:
            raise Conflict("cette personne n’est plus dans le fichier : il n’y a plus de limitation à lever")
        standing = restriction(tx, contact_id)
        if standing is not None and standing.id != number:
            raise Conflict(f"la demande n° {standing.id} a limité l’usage de ces données depuis : c’est elle qu’il faut lever")
        if not correcting.restrict(tx, contact_id, False):
            raise Conflict("la limitation est déjà levée")
        journal.append(tx, [rights_entry(tx, request, at, act="lifted", by=by)])
    return at


def restriction(tx: Connection, contact_id: int) -> Request | None:
    """The request by which the use of her data is restricted; None when it is not.

    It is the last one that was granted: what an earlier one brought about was lifted, or is the same.
    """
    person = contacts.view(tx, contact_id)
    if person is None or not person.restricted:
        return None
    asked = requests.of_person(tx, contact_id, ())
    granted = (one for one in asked if one.right is Right.RESTRICTION and one.state is RequestState.GRANTED)
    return max(granted, key=lambda one: one.id, default=None)


def object_to_all(gw: Gateway, number: int, *, by: str) -> datetime:
    """Put every address of hers on the opposition list, for every channel, and answer the request; returns since when."""
    with begin(gw.engine) as tx:
        request = open_one(tx, number, Right.OBJECTION)
        if request.digest is None:
            raise Conflict(f"la demande n° {number} ne nomme aucune adresse")
        twins = (request.twin,) if request.twin is not None else ()
        cause, received_at = SuppressionCause.OPERATOR, request.received_at
        stop = Stop(digest=request.digest, medium=None, cause=cause, received_at=received_at, twins=twins)
        done = objection(tx, gw, stop)
        settle(tx, gw, request, Answer(by=by))
    return done.effective_at


def recipients(tx: Connection, contact_id: int) -> dict[str, str]:
    """Providers that had data of hers, and whether they were told. They keep no file for us: nobody can be told by machine.

    What she was written to at tells it, be it no address of hers any more; one that was only on file went to nobody.
    """
    media = handed_by(tx, contact_id)
    had: dict[str, str] = {}
    if Medium.EMAIL in media:
        had[RELAY] = BY_HAND
    if media & {Medium.SMS, Medium.CALL}:
        had[CARRIER] = BY_HAND
    return had
