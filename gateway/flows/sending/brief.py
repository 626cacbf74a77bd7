"""What is the same for every message of a running campaign, and the verdicts already found for its classes of people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.assess import failed
from gateway.compliance.codec import facts_to_json
from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import RENDER, Allow, Finding, Refuse, Verdict
from gateway.domain.campaign import SINGLE_CLASSES, MessageClass
from gateway.domain.channel import Encoding, Medium
from gateway.domain.consent import ConsentState
from gateway.domain.errors import RenderFault
from gateway.domain.suppression import SuppressionState
from gateway.render.compiled import Compiled, Filled
from gateway.render.fields import PersonFields
from gateway.render.voice import CompiledCall
from gateway.store import kept
from gateway.store.engine import Connection
from gateway.store.facts import FactQuestion, fact_names, read_person
from gateway.store.kept import Shelf

#: Classes remembered per campaign; far above what real audiences have, so that memory stays flat whatever they are.
_REMEMBERED = 20_000
_FAULT_CHARACTERS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The verdict on one class of equal facts; one object per class, compared as such."""

    verdict: Verdict
    since: datetime  #: the instant it was found for
    facts: str  #: sha256 of the canonical facts, hex: what decision entries refer to
    rules: tuple[str, ...]
    variant: Filled | None  #: how an allowed message is rendered
    entry: Entry  #: the facts themselves, for the journal
    outlives_objection: bool = False  #: allowed even to somebody who objects meanwhile: the answer to her very objection

    def holds_at(self, at: datetime) -> bool:
        """Whether the same facts get this verdict at another instant: not before its own. Clocks are put back, and lanes wait."""
        return self.since <= at and (self.verdict.valid_until is None or at < self.verdict.valid_until)

    @property
    def because(self) -> str:
        """Ids of the rules that decided, as the outbox shows them."""
        return ",".join(self.rules)


@dataclass(kw_only=True)
class Brief:
    """A running campaign as the gate needs it. One per process and campaign."""

    campaign_id: int
    name: str
    medium: Medium
    message_class: MessageClass
    pack: Pack
    base: Facts  #: everything in Facts that does not depend on the person
    compiled: Compiled
    return_path: Callable[[str], str]  #: envelope sender for a token
    callback: Callable[[str], str]  #: where the provider asks and tells about a message, for a token
    language: str = "fr"  #: of the message and its notices
    ask: str = ""  #: single letters: which page their button leads to
    team: tuple[bytes, ...] = ()  #: class test: digests of the team's addresses
    sign: Callable[[bytes], bytes] | None = None  #: DKIM, when the team's relay does not sign
    texts_kept: bool = False  #: what decisions name by its hash is in the store
    _judged: dict[tuple[Any, ...], Judged] = field(default_factory=dict)
    _recorded: set[str] = field(default_factory=set)

    @cached_property
    def fact_names(self) -> tuple[str, ...]:
        """Names of the columns in which rows bring the facts of their people."""
        return fact_names(self.question)

    @cached_property
    def question(self) -> FactQuestion:
        """What to ask the store about people, for this campaign."""
        return FactQuestion(
            medium=self.medium,
            message_class=self.message_class,
            election=self.base.election,
            needs=self.pack.needs,
            team=self.team,
        )

    @cached_property
    def lasts_seconds(self) -> int:
        """How long a call speaks; 0 for what is there at once."""
        return self.compiled.seconds if isinstance(self.compiled, CompiledCall) else 0

    def begins_by(self, verdict: Verdict) -> datetime | None:
        """From when on nothing of a message may begin, so that whoever hears a call has heard all of it when its verdict ends."""
        return verdict.valid_until and verdict.valid_until - timedelta(seconds=self.lasts_seconds)

    def payload(self, variant: Filled, person: PersonFields, encoding: Encoding) -> bytes:
        """The bytes of one message, signed where the team signs. Raises RenderFault."""
        if self.sign is None:
            return variant.payload(person, encoding)
        # A later hop without 8BITMIME would re-encode, and break the signature.
        return self.sign(variant.payload(person, Encoding.QUOTED_PRINTABLE))

    def judge(self, columns: tuple[Any, ...], at: datetime) -> Judged:
        """The verdict on a person whose fact columns are these, now. Never raises: what cannot be judged is refused."""
        known = self._judged.get(columns)
        if known is not None and known.holds_at(at):
            return known
        if len(self._judged) >= _REMEMBERED:
            self._judged.clear()
        judged = self._judged[columns] = self._decide(columns, at)
        return judged

    def as_asked(self, columns: tuple[Any, ...]) -> tuple[Any, ...]:
        """The same fact columns of somebody who has been asked for consent once more."""
        rank = self.fact_names.index("consent_requests")
        return (*columns[:rank], columns[rank] + 1, *columns[rank + 1 :])

    def unrecorded(self, judged: set[Judged]) -> list[Judged]:
        """Those classes whose facts this process has not yet put into the journal."""
        return [one for one in judged if one.facts not in self._recorded]

    def recorded(self, judged: list[Judged]) -> None:
        """Their facts, and the texts they are judged with, are in the store: the transaction was committed."""
        self.texts_kept = True
        self._recorded.update(one.facts for one in judged)

    def _decide(self, columns: tuple[Any, ...], at: datetime) -> Judged:
        try:
            person = read_person(dict(zip(self.fact_names, columns, strict=True)), self.question)
        except (ValueError, KeyError, IndexError) as fault:
            return self._unreadable(columns, at, fault)
        facts = replace(self.base, at=at, **person)
        body = facts_to_json(facts)
        verdict, variant = made(self.compiled, decide(facts, self.pack))
        digest = sha256(body).hexdigest()
        noted = entry(EntryKind.FACTS, at, facts=digest, body=body.decode(), campaign_id=self.campaign_id)
        return Judged(verdict, at, digest, verdict.rules, variant, noted, self._outlives_objection(facts, verdict))

    def _outlives_objection(self, facts: Facts, verdict: Verdict) -> bool:
        """Whether the pack would allow the same message to her once she has objected, or taken her consent back.

        Serves rule rights-messages-exempt.
        """
        if self.message_class not in SINGLE_CLASSES or not isinstance(verdict, Allow):
            return False
        objecting = replace(facts, suppression=SuppressionState.OBJECTION, consent=ConsentState.WITHDRAWN)
        return isinstance(decide(objecting, self.pack), Allow)

    def _unreadable(self, columns: tuple[Any, ...], at: datetime, fault: Exception) -> Judged:
        """A value of no known set came out of the store: nothing is sent on such facts."""
        digest = sha256(repr(columns).encode()).hexdigest()
        verdict = _refused((), failed("facts", str(fault)[:_FAULT_CHARACTERS]))
        noted = entry(EntryKind.FACTS, at, facts=digest, unreadable=str(fault), campaign_id=self.campaign_id)
        return Judged(verdict, at, digest, verdict.rules, None, noted)


def keep_texts(tx: Connection, compiled: Compiled, at: datetime) -> None:
    """What decisions about this message name by its hash: its content and its notices. Of everybody, and so of nobody."""
    kept.keep(tx, Shelf.CONTENTS, compiled.content_hash, compiled.content_bytes, at)
    kept.keep(tx, Shelf.NOTICES, compiled.notice_version, compiled.notice_bytes, at)


def made(compiled: Compiled, verdict: Verdict) -> tuple[Verdict, Filled | None]:
    """A verdict with the message it allows; a message that cannot be made with its duties is refused, not sent."""
    if not isinstance(verdict, Allow):
        return verdict, None
    try:
        return verdict, compiled.variant(verdict.duties)
    except RenderFault as fault:
        return _refused(verdict.findings, failed(RENDER, str(fault)[:_FAULT_CHARACTERS])), None


def _refused(findings: tuple[Finding, ...], because: Finding) -> Refuse:
    return Refuse(findings=(*findings, because), because=(because,), valid_until=None)
