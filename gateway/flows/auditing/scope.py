"""What part of the journal is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gateway.audit.entry import EntryKind
from gateway.domain.errors import InvalidInput, NotFound
from gateway.domain.keys import pseudonym
from gateway.flows.campaigning.drafting import named
from gateway.flows.gateway import Gateway
from gateway.store import auditing
from gateway.store.auditing import Choice
from gateway.store.engine import Connection
from gateway.store.journal import Recorded

NOT_HELD = "personne n’a cette adresse dans le fichier de contacts ; une fois effacée, rien au journal ne mène à elle"
_PROVING = {EntryKind.FACTS, EntryKind.PACK, EntryKind.APPROVAL, EntryKind.CAMPAIGN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A part of the journal, as somebody asks for it. Nothing given: all of it."""

    campaign: str | None = None  #: name
    person: str | None = None  #: address or number she holds
    since: datetime | None = None  #: aware
    until: datetime | None = None  #: aware, excluded

    @property
    def kind(self) -> str:
        """What a bundle calls it."""
        if self.person is not None:
            return "person"
        if self.campaign is not None:
            return "campaign"
        return "period" if self.since or self.until else "everything"


def choice_of(tx: Connection, gw: Gateway, scope: Scope, *, proving: bool = False) -> Choice:
    """The entries a scope means; proving: of a person with those that show who let the messages go, and under which rules.
    Raises NotFound for an unknown campaign or person, InvalidInput for instants without zone, or in
    the wrong order."""
    for at in (scope.since, scope.until):
        if at is not None and at.tzinfo is None:
            raise InvalidInput("écrivez l’instant avec son fuseau : 2027-03-01T18:30+01:00")
    in_order(scope.since, scope.until, "--to")
    campaign_id = named(tx, scope.campaign).id if scope.campaign is not None else None
    told: dict[str, Any] = {}
    if scope.person is not None:
        contact_id, key = holder_of(tx, gw, scope.person)
        told = {"numbers": auditing.of_person(tx, pseudonym(key), auditing.messages_of(tx, contact_id))}
        told["also"] = _behind(tx, Choice(**told), proving=proving)
    return Choice(campaign_id=campaign_id, since=scope.since, until=scope.until, **told)


def in_order(since: datetime | None, until: datetime | None, last: str) -> None:
    """Raises InvalidInput for a time that ends before it begins: « rien » would look like an answer. last: the option."""
    if since is not None and until is not None and since >= until:
        raise InvalidInput(f"--from doit venir avant {last} : rien ne tient entre les deux")


def _behind(tx: Connection, choice: Choice, *, proving: bool) -> tuple[int, ...]:
    """Entries that decisions about a person rest on, which name no person: the facts; and, to prove them to somebody, the
    approval and the acts of their campaigns, and the rules of their time."""
    hashes, packs, campaigns = set(), set(), set()
    for recorded in auditing.each(tx, choice):
        told = orjson.loads(recorded.body)
        if "facts" in told and "campaign" in told:
            hashes.add(told["facts"])
            packs.add(told["pack"])
            campaigns.add(told["campaign"])
    found = auditing.of_campaigns(tx, sorted(campaigns), _PROVING if proving else {EntryKind.FACTS})
    return tuple(recorded.id for recorded in found if _rested_on(recorded, hashes, packs))


def _rested_on(recorded: Recorded, hashes: set[str], packs: set[str]) -> bool:
    """Whether it is of the facts, or the rules, that were decided by."""
    match recorded.kind:
        case EntryKind.FACTS:
            return orjson.loads(recorded.body)["facts"] in hashes
        case EntryKind.PACK:
            return orjson.loads(recorded.body)["pack"] in packs
    return True


def holder_of(tx: Connection, gw: Gateway, address: str) -> tuple[int, bytes]:
    """(contact, her key) of whoever holds an address or a number. Raises InvalidAddress, NotFound."""
    for digest in gw.keys.digests_of(address).values():
        if held := auditing.person_of(tx, digest):
            return held
    raise NotFound(NOT_HELD)
