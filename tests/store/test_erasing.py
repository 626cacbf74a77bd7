"""Erasing one person on both databases: what names her goes, and not one column of her neighbour's changes."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, func, insert, select

from gateway.domain.channel import Medium
from gateway.store import erasing, tables
from gateway.store.engine import begin
from gateway.store.erasing import Erased, Reader
from tests.clock import AN_ORDINARY_MORNING as NOW

HERS, HIS = b"z" * 16, b"y" * 16
#: What stands in a mail is read as it is, and no address is known by its digest alone.
AS_IT_IS = Reader(digests_of=lambda _: frozenset(), opened=lambda raw: raw)
_serial = count(1)


def put(tx: Connection, table: Table, **values: Any) -> Any:
    """Write one row; returns its key."""
    key = next(iter(table.primary_key.columns))
    return tx.execute(insert(table).values(values).returning(key)).scalar_one()


def letter(tx: Connection, campaign_id: int, digest: bytes | None = None, **told: Any) -> int:
    values = {"digest": digest or next(_serial).to_bytes(16, "big"), "message_class": "campaign", "due_at": NOW}
    return int(put(tx, tables.message, campaign_id=campaign_id, **values, **told))


def wrote(tx: Connection, **told: Any) -> int:
    """Something came in that has words."""
    came = {"medium": "email", "kind": "reply", "received_at": NOW, "kept_at": NOW, "state": "settled", "settled_why": "vu"}
    return int(
        put(
            tx,
            tables.inbox,
            **came | {"provider_id": str(next(_serial)), "text": "merci", "body": b"merci", "evidence": "merci"} | told,
        )
    )


class Person:
    """Somebody who is written to, rung up, has answered, asked for a copy, and whose letter was shown to the team."""

    def __init__(self, tx: Connection, campaign_id: int, digest: bytes, name: str) -> None:
        origin = put(tx, tables.origin, kind="web_form", label="site", collection="direct", created_at=NOW)
        self.id = int(put(tx, tables.contact, contact_class="regular", origin_id=origin, created_at=NOW, given_name=name))
        who, domain = {"contact_id": self.id}, f"{name}.example"
        at = put(
            tx, tables.address, **who, medium="email", value=f"{name}@{domain}", typed=name.title(), domain=domain, digest=digest
        )
        here = {**who, "address_id": at, "domain": domain, "reply": f"250 {name}", "fields": "{}"}
        self.waiting, self.accepted, self.ringing = (
            letter(tx, campaign_id, digest, state=state, occasion=state, **here) for state in ("waiting", "accepted", "ringing")
        )
        self.shown = letter(tx, campaign_id, state="accepted", sample_id=self.id, fields="{}")
        self.said = put(tx, tables.call_document, message_id=self.ringing, body=b"Bonjour", at=NOW)
        told = {"message_id": self.accepted, "campaign_id": campaign_id, "kind": "delivered", "at": NOW}
        self.receipt = put(tx, tables.receipt, **told, reply=f"250 {name}")
        act = {"medium": "email", "purpose": "political", "act": "granted", "at": NOW, "recorded_at": NOW}
        self.act = put(tx, tables.consent_event, **who, **act)
        self.letters = [
            wrote(tx, digest=digest),
            wrote(tx, digest=digest, state="open"),
            wrote(tx, message_id=self.accepted),
            wrote(tx, message_id=self.accepted, digest=digest),
            wrote(tx, message_id=self.accepted, digest=b"from" + digest[4:]),
            wrote(tx, text=f"Et {name}@{domain} ?", body=None),
            wrote(tx, body=f"<{name}@{domain}>: inconnu".encode(), text=None),
        ]
        asked = {
            "right": "access",
            "via": "email",
            "received_at": NOW,
            "deadline_at": NOW,
            "identity": "unchecked",
            "state": "open",
        }
        self.requests = [
            put(tx, tables.rights_request, **asked, asked="tout", identity_how="pièce", extended_why="long", **by)
            for by in (who, {"digest": digest})
        ]
        self.pace = put(tx, tables.pace, key=f"domain:{domain}", tokens=1.0, at=NOW)

    def rows(self, tx: Connection) -> list[tuple[Any, ...]]:
        """Every column of everything that is about them."""
        keys: list[tuple[Table, list[Any]]] = [
            (tables.contact, [self.id]),
            (tables.message, [self.waiting, self.accepted, self.ringing, self.shown]),
            (tables.call_document, [self.said]),
            (tables.receipt, [self.receipt]),
            (tables.consent_event, [self.act]),
            (tables.inbox, self.letters),
            (tables.rights_request, self.requests),
            (tables.pace, [self.pace]),
        ]
        found = [tuple(row) for row in tx.execute(select(tables.address).where(tables.address.c.contact_id == self.id))]
        for table, those in keys:
            key = next(iter(table.primary_key.columns))
            found += [tuple(row) for row in tx.execute(select(table).where(key.in_(those)).order_by(key))]
        return found


@pytest.fixture
def campaign_id(engine: Engine) -> int:
    with begin(engine) as tx:
        told = {"medium": Medium.EMAIL, "message_class": "campaign", "state": "running", "definition": b"{}", "author": "a"}
        return int(put(tx, tables.campaign, **told, name="lettre", created_at=NOW))


def test_whoever_is_erased_leaves_her_neighbour_as_he_was(engine: Engine, campaign_id: int) -> None:
    m, i, r = tables.message.c, tables.inbox.c, tables.rights_request.c
    with begin(engine) as tx:
        zulma, yann = Person(tx, campaign_id, HERS, "zulma"), Person(tx, campaign_id, HIS, "yann")
        he_names_her = {"text": "Avez-vous écrit à zulma@zulma.example ?"}
        yann.letters += [wrote(tx, digest=HIS, **he_names_her), wrote(tx, message_id=yann.accepted, **he_names_her)]
        before = yann.rows(tx)
        assert len(before) == 21, "each of his rows is looked at"
        told = erasing.erase(tx, [zulma.id], AS_IT_IS, at=NOW)
        assert told == Erased(contacts=1, addresses=1, consent_acts=1, messages_cancelled=1, letters=7)
        assert yann.rows(tx) == before
        theirs = [zulma.waiting, zulma.accepted, zulma.ringing]
        named = select(m.state, m.reply, m.contact_id, m.address_id, m.domain, m.fields).where(m.id.in_(theirs)).order_by(m.id)
        over = [("cancelled", None), ("accepted", None), ("ringing", "250 zulma")]
        assert [tuple(row) for row in tx.execute(named)] == [(*one, None, None, "", None) for one in over]
        assert tuple(tx.execute(select(m.sample_id, m.fields).where(m.id == zulma.shown)).one()) == (None, None)
        words = select(i.state, i.text, i.body, i.evidence, i.settled_why).where(i.id.in_(zulma.letters))
        assert {tuple(row) for row in tx.execute(words)} == {("settled", None, None, None, None)}
        closed = select(i.id, i.settled_as, i.settled_at).where(i.settled_by == "effacement")
        nobody_needs_to_read = (zulma.letters[1], "answered", NOW)
        assert [tuple(row) for row in tx.execute(closed)] == [nobody_needs_to_read], "what was settled was settled by somebody"
        from_where = set(tx.execute(select(i.provider_id).where(i.id.in_(zulma.letters[:-2]))).scalars())
        assert from_where == {f"erased:{number}" for number in zulma.letters[:-2]}, "a Message-ID may hold her name"
        asked = select(r.asked, r.identity_how, r.extended_why, r.contact_id).where(r.id.in_(zulma.requests))
        assert {tuple(row) for row in tx.execute(asked)} == {(None, None, None, None)}
        for table in (tables.call_document, tables.pace, tables.contact, tables.consent_event, tables.address):
            assert tx.execute(select(func.count()).select_from(table)).scalar_one() == 1, table.name
        assert tx.execute(select(tables.receipt.c.reply).where(tables.receipt.c.id == zulma.receipt)).scalar_one() is None


def test_an_address_that_was_hers_and_is_his_today_takes_nothing_of_his_along(engine: Engine, campaign_id: int) -> None:
    """They share a mailbox, which moved to his name; what he writes from it is his."""
    with begin(engine) as tx:
        zulma, yann = Person(tx, campaign_id, HERS, "zulma"), Person(tx, campaign_id, HIS, "yann")
        letter(tx, campaign_id, HIS, state="accepted", contact_id=zulma.id, occasion="avant")
        before = yann.rows(tx)
        assert erasing.traces(tx, [zulma.id]).digests == (HERS,)
        erasing.erase(tx, [zulma.id], AS_IT_IS, at=NOW)
        assert yann.rows(tx) == before


def test_she_is_known_by_the_addresses_that_she_had_when_she_was_written_to(engine: Engine, campaign_id: int) -> None:
    """A correction replaced one, and nobody has it now: what was sent there names her still, and what others got does not."""
    corrected = b"c" * 16
    with begin(engine) as tx:
        zulma, yann = Person(tx, campaign_id, HERS, "zulma"), Person(tx, campaign_id, HIS, "yann")
        before = letter(tx, campaign_id, corrected, state="accepted", contact_id=zulma.id, occasion="avant")
        letter(tx, campaign_id, b"d" * 16, state="accepted", contact_id=yann.id, occasion="avant")
        known = erasing.traces(tx, [zulma.id])
        assert (known.digests, known.former, known.former_letters) == ((HERS, corrected), frozenset({corrected}), (before,))
        assert (known.values, known.domains, known.samples) == (
            frozenset({"zulma@zulma.example", "Zulma"}),
            frozenset({"zulma.example"}),
            (zulma.shown,),
        )


@pytest.mark.parametrize(
    ("there", "kept"), [("a letter that waits", True), ("an address of his", True), ("a letter that left", False)]
)
def test_the_pace_of_a_domain_stays_while_somebody_is_there_or_something_is_due(
    engine: Engine, campaign_id: int, there: str, kept: bool
) -> None:
    """Her own domain names her; what still leaves for a small provider must not leave in one burst."""
    with begin(engine) as tx:
        zulma = Person(tx, campaign_id, HERS, "zulma")
        if there == "an address of his":
            yann = Person(tx, campaign_id, HIS, "yann")
            put(tx, tables.address, contact_id=yann.id, medium="email", value="y", domain="zulma.example", digest=b"w" * 16)
        else:
            state = "waiting" if there == "a letter that waits" else "accepted"
            letter(tx, campaign_id, state=state, domain="zulma.example")
        erasing.erase(tx, [zulma.id], AS_IT_IS, at=NOW)
        left = select(func.count()).where(tables.pace.c.key == "domain:zulma.example")
        assert (tx.execute(left).scalar_one() == 1) is kept
