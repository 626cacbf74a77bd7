"""A person erased because she asked: she objects, is told about what stays, and goes from everywhere in one transaction.

Serves rule dsar-rectify-propagate, and RGPD 17: a keyed digest stays on the opposition list so that no old file brings her back,
and the journal stays, in which her pseudonym then leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.errors import Conflict
from gateway.domain.rights import RequestVia, Right
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import forget, reader_of, sweep
from gateway.flows.listening import Stop, objection
from gateway.flows.rights.acting import recipients
from gateway.flows.rights.requests import Answer, must_be_known, open_one, rights_entry, settle
from gateway.store import erasing, journal, retaining, suppressions
from gateway.store.engine import Connection, begin
from gateway.store.erasing import Erased, Traces
from gateway.store.requests import Request
from gateway.store.suppressions import Suppression
from gateway.store.sweeping import Remains

_CAUSES = {RequestVia.PAGE: SuppressionCause.UNSUBSCRIBE_LINK, RequestVia.REPLY: SuppressionCause.REPLY}


class UnderHold(Conflict):
    """A dispute or an appeal needs what is on record of her (RGPD 17, paragraph 3, e): nothing was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What an erasure came to."""

    request: int
    at: datetime
    erased: Erased
    to_be_told: tuple[str, ...]  #: providers that had data of hers, and that nobody can tell by machine
    swept: bool  #: free space of the database was swept too; else the ticker does, when nobody reads an older state
    at_night: bool = False  #: … or at night: nobody could write meanwhile
    remains: tuple[Remains, ...] = ()  #: where bytes of hers may still be for a while, out of reach of any query


def erase(gw: Gateway, number: int, *, by: str) -> Forgotten:
    """Erase whoever a request is about, answer it, and free what the database still has of her.

    Raises NotFound; Conflict when it was answered, asks for something else, or nobody checked who asks; UnderHold.
    """
    with begin(gw.engine) as tx:
        request = open_one(tx, number, Right.ERASURE)
        must_be_known(request)
        done = erase_in(tx, gw, request, by=by)
    swept = sweep(gw)
    return replace(done, request=number, swept=swept.done, at_night=swept.at_night, remains=swept.remains)


def erase_in(tx: Connection, gw: Gateway, request: Request, *, by: str) -> Forgotten:
    """The same within the caller's transaction; the ticker, or whoever called, sweeps after it."""
    at = gw.clock.now()
    if request.contact_id is not None and (until := retaining.held_until(tx, request.contact_id, at)):
        raise UnderHold(
            f"une contestation ou un recours garde ces données jusqu’au {until:%d/%m/%Y} : levez-le (gateway retention release), "
            f"ou répondez en le disant (gateway rights answer {request.id} --refuse --text …)"
        )
    stopped = 0
    if request.digest is not None:
        objects = Stop(
            digest=request.digest,
            medium=None,
            cause=_CAUSES.get(request.via, SuppressionCause.OPERATOR),
            received_at=request.received_at,
            twins=(request.twin,) if request.twin is not None else (),
        )
        stopped = objection(tx, gw, objects).cancelled
        if request.contact_id is not None:
            _object_for_former(tx, request.contact_id, objects, at)
    had = recipients(tx, request.contact_id) if request.contact_id is not None else {}
    journal.append(tx, [rights_entry(tx, request, at, act="erased", recipients=had or None, by=by)])
    settle(tx, gw, request, Answer(by=by))
    if request.contact_id is not None:
        erased = forget(tx, gw, [request.contact_id], (), at=at, request=request.id)
    else:
        erased = _forget_stranger(tx, gw, request, at)
    # Her objection, which has an entry of its own, came first and left nothing to cancel.
    erased = replace(erased, messages_cancelled=erased.messages_cancelled + stopped)
    return Forgotten(request=request.id, at=at, erased=erased, to_be_told=tuple(had), swept=False)


def _object_for_former(tx: Connection, contact_id: int, stop: Stop, at: datetime) -> None:
    """Addresses she was written to at and has no more: an old file that names her by one must not bring her back either."""
    former = erasing.traces(tx, [contact_id]).digests
    told = Suppression(digest=stop.digest, medium=EVERY_MEDIUM, kind=SuppressionKind.OBJECTION, cause=stop.cause, since=at)
    suppressions.add_all(tx, [replace(told, digest=one) for one in former])


def _forget_stranger(tx: Connection, gw: Gateway, request: Request, at: datetime) -> Erased:
    """Nobody of our file: what she wrote to us goes all the same, and what nobody could attribute and that names her."""
    digests = tuple(one for one in (request.digest, request.twin) if one is not None)
    known = Traces(digests=digests, values=frozenset(), domains=frozenset(), former=frozenset(digests))
    letters = erasing.forget_words(tx, known, reader_of(gw), contact_ids=[], at=at)
    return Erased(contacts=0, addresses=0, consent_acts=0, messages_cancelled=0, letters=letters)
