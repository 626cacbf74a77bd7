"""A gateway with a recording channel, people in given situations, and a newsletter, for tests of the gate."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, insert, select

from gateway.compliance.pack import Pack
from gateway.data import data_dir
from gateway.domain.address import EmailAddress
from gateway.domain.audience import Audience
from gateway.domain.channel import (
    Accepted,
    Capabilities,
    Channel,
    Encoding,
    Envelope,
    HeldBack,
    Medium,
    Outcome,
    Unrendered,
    Watch,
    Withheld,
)
from gateway.domain.clock import Clock
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.errors import RenderFault
from gateway.domain.keys import Keyring
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.flows.policy import adopt_pack
from gateway.flows.sending.runner import Runner
from gateway.render.email import EmailContent
from gateway.settings import load_settings
from gateway.store import tables
from gateway.store.engine import begin, open_engine, reading
from gateway.store.feed import ObjectionFeed
from tests.compliance.builders import shipped

BODY = "Bonjour {{ given_name }},\n\nvenez **samedi** à la salle des fêtes.\n"


@dataclass
class RecordingChannel:
    """Keeps what it was handed; answers as told. `before` runs right before each envelope is begun, and `begun` right after, as a
    race would."""

    answer: Callable[[Envelope], Outcome | None] = lambda envelope: None
    before: Callable[[Envelope], None] = lambda envelope: None
    begun: Callable[[Envelope], None] = lambda envelope: None
    concurrency: int = 4
    handed: list[Envelope] = field(default_factory=list)
    payloads: dict[str, bytes] = field(default_factory=dict)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(medium=Medium.EMAIL, concurrency=self.concurrency)

    def hand_over(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        return [self._one(envelope, watch) for envelope in envelopes]

    def _one(self, envelope: Envelope, watch: Watch) -> Outcome:
        self.before(envelope)
        if not watch.may_begin(envelope):
            watch.ended(envelope, Withheld())
            return Withheld()
        try:
            payload = envelope.payload(Encoding.EIGHT_BIT)
        except RenderFault as fault:
            watch.ended(envelope, Unrendered(str(fault)))
            return Unrendered(str(fault))
        self.begun(envelope)
        try:
            watch.passing(envelope)
        except HeldBack:
            watch.ended(envelope, Withheld())
            return Withheld()
        self.handed.append(envelope)
        self.payloads[envelope.recipient] = payload
        outcome = self.answer(envelope) or Accepted("250 2.0.0 Ok: queued", sha256(payload).digest())
        watch.ended(envelope, outcome)
        return outcome

    def close(self) -> None:
        pass

    @property
    def recipients(self) -> list[str]:
        return [envelope.recipient for envelope in self.handed]


def pack() -> Pack:
    """The shipped pack."""
    return shipped()


def pack_reviewed_until(day: date) -> Pack:
    """The shipped pack as if every rule had been reviewed again."""
    return Pack.from_text(re.sub(rb"review_by = \d{4}-\d\d-\d\d", f"review_by = {day}".encode(), pack().text))


@contextmanager
def installation(
    url: str, clock: Clock, folder: Path, *, channel: Channel | None = None, law: Pack | None = None, **settings: Any
) -> Iterator[Gateway]:
    """A gateway on this database; in trial mode with the shipped config."""
    settings.setdefault("team", {"addresses": ["equipe@valbrume.example"], "single_approver": ""})
    loaded = load_settings(database={"url": url}, var_dir=str(folder), **settings)
    engine = open_engine(url)
    objections = ObjectionFeed(engine, clock, keep_seconds=360)
    gw = Gateway(
        settings=loaded,
        engine=engine,
        clock=clock,
        pack=law or pack(),
        keys=Keyring(b"secret of tests, thirty-two bytes"),
        templates=data_dir("templates"),
        channels={Medium.EMAIL: channel or RecordingChannel()},
        feed=objections,
    )
    adopt_pack(gw)
    try:
        objections.start()
        yield gw
    finally:
        objections.stop()
        engine.dispose()


@dataclass(frozen=True, kw_only=True)
class Person:
    """An invented person; by default a regular contact who agreed to political email."""

    email: str
    given_name: str = "Anaëlle"
    contact_class: ContactClass = ContactClass.REGULAR
    consent: str | None = "granted"
    evidence: bool = True
    origin: OriginKind = OriginKind.WEB_FORM
    territory: str = "metropole"
    restricted: bool = False


def add(gw: Gateway, *people: Person) -> list[int]:
    """Put people into the store; returns their contact ids."""
    at = datetime(2026, 9, 1, tzinfo=UTC)
    ids = []
    with begin(gw.engine) as tx:
        for person in people:
            origin = {"kind": person.origin, "label": "le formulaire du site", "collection": "direct", "created_at": at}
            origin_id = tx.execute(
                insert(tables.origin).values(**origin, collected_on=at.date(), collector="équipe").returning(tables.origin.c.id)
            ).scalar_one()
            row = {
                "contact_class": person.contact_class,
                "given_name": person.given_name,
                "territory": person.territory,
                "restricted": person.restricted,
                "origin_id": origin_id,
                "created_at": at,
            }
            contact_id = tx.execute(insert(tables.contact).values(row).returning(tables.contact.c.id)).scalar_one()
            key = blake2b(person.email.encode(), digest_size=16).digest()
            tx.execute(insert(tables.person_key).values(contact_id=contact_id, key=key))
            address = EmailAddress.parse(person.email)
            tx.execute(
                insert(tables.address).values(
                    contact_id=contact_id,
                    medium="email",
                    value=str(address),
                    domain=address.domain,
                    digest=digest(gw, person.email),
                )
            )
            if person.consent is not None:
                tx.execute(
                    insert(tables.consent).values(
                        contact_id=contact_id,
                        medium="email",
                        purpose="political",
                        state=person.consent,
                        evidence=person.evidence,
                        since=at,
                    )
                )
            ids.append(contact_id)
    return ids


def digest(gw: Gateway, email: str) -> bytes:
    """Keyed digest of an email address."""
    return gw.keys.address_digest(Medium.EMAIL, EmailAddress.parse(email).match_key)


def objects(
    gw: Gateway, who: str | bytes, medium: Medium | None = None, *, cause: SuppressionCause = SuppressionCause.REPLY
) -> None:
    """Somebody objects to everything, or to one channel. who: her email address, or the digest of any address of hers."""
    one = digest(gw, who) if isinstance(who, str) else who
    with gw.urgent() as tx:
        objection(tx, gw, Stop(digest=one, medium=medium, cause=cause, received_at=gw.clock.now()))


def address_of(gw: Gateway, email: str) -> RowMapping:
    """An email address as stored."""
    with reading(gw.engine) as tx:
        return tx.execute(select(tables.address).where(tables.address.c.digest == digest(gw, email))).mappings().one()


def newsletter(gw: Gateway, name: str = "lettre", *, launched: bool = True, **definition: Any) -> None:
    """An approved newsletter to everybody, launched unless told otherwise."""
    subject, body = definition.pop("subject", "La lettre"), definition.pop("body", BODY)
    content = EmailContent(subject=subject, body=body, format="markdown")
    audience = definition.pop("audience", Audience())
    drafting.create(gw, name, Definition(content=content, audience=audience, **definition), by="autrice")
    launching.approve(gw, name, by="relecteur")
    if launched:
        launching.launch(gw, name, by="autrice", key="k1")


def run(gw: Gateway, *, lanes: int = 2) -> int:
    """Let the gate work until nothing is due. One lane: in the order of the outbox, in one batch."""
    runner = Runner(gw)
    try:
        return drain(runner, lanes=lanes)
    finally:
        runner.close()


def drain(runner: Runner, *, lanes: int = 2) -> int:
    """Run lanes side by side until nothing is due; returns how many rows were claimed. Raises the first fault of a lane."""
    claimed = [0] * lanes
    faults: list[BaseException] = []

    def work(lane: int) -> None:
        try:
            while count := runner.step(lane):
                claimed[lane] += count
        except BaseException as fault:  # raised again below, on the test's thread
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(lane,), name=f"lane-{lane}") for lane in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return sum(claimed)


def message_of(gw: Gateway, email: str) -> Any:
    """The outbox row for an address."""
    with reading(gw.engine) as tx:
        return tx.execute(select(tables.message).where(tables.message.c.digest == digest(gw, email))).mappings().one()


def journal_of(gw: Gateway, kind: str) -> list[dict[str, Any]]:
    """Bodies of the journal entries of a kind, oldest first."""
    import orjson

    j = tables.journal
    with reading(gw.engine) as tx:
        return [orjson.loads(row[0]) for row in tx.execute(select(j.c.body).where(j.c.kind == kind).order_by(j.c.id))]
