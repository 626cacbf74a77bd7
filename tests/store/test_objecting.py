"""What an objection changes on both databases: all that is hers on the channel she means, once, and nothing of anybody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select

from gateway.domain.channel import Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.store import objecting, suppressions, tables
from gateway.store.engine import begin, open_engine
from gateway.store.objecting import Changed
from gateway.store.suppressions import Suppression
from tests.clock import AN_ORDINARY_MORNING as NOW

ZOE, YANN = 1, 2
#: Whose addresses: Zoé writes from one of two mailboxes and has a mobile, Yann has a mailbox.
HOME, WORK, MOBILE, YANNS = b"z" * 16, b"a" * 16, b"m" * 16, b"y" * 16
ADDRESSES = {HOME: (ZOE, Medium.EMAIL), WORK: (ZOE, Medium.EMAIL), MOBILE: (ZOE, Medium.SMS), YANNS: (YANN, Medium.EMAIL)}
#: What stands: her agreements to both channels, a form she has not confirmed, one she took back last year; and Yann's.
CONSENTS = {
    (ZOE, Medium.EMAIL, "political"): "granted",
    (ZOE, Medium.EMAIL, "after_election"): "pending",
    (ZOE, Medium.SMS, "political"): "granted",
    (ZOE, Medium.SMS, "after_election"): "withdrawn",
    (YANN, Medium.EMAIL, "political"): "granted",
}
LAST_YEAR, LATER = NOW - timedelta(days=365), NOW + timedelta(minutes=5)


@pytest.fixture
def two_people(engine: Engine) -> Engine:
    """Zoé and Yann, with a letter or a text waiting for each address."""
    with begin(engine) as tx:
        _write_down(tx)
    return engine


def _write_down(tx: Connection) -> None:
    campaign = {"name": "lettre", "message_class": "campaign", "state": "running", "definition": b"{}", "author": "a"}
    for medium in (Medium.EMAIL, Medium.SMS):
        values = campaign | {"name": f"lettre-{medium}", "medium": medium, "created_at": NOW}
        campaign_id = tx.execute(insert(tables.campaign).values(values).returning(tables.campaign.c.id)).scalar_one()
        for digest, (contact_id, theirs) in ADDRESSES.items():
            if theirs is medium:
                held = {"contact_id": contact_id, "medium": medium, "value": digest.hex(), "digest": digest}
                address_id = tx.execute(insert(tables.address).values(held).returning(tables.address.c.id)).scalar_one()
                letter = {"contact_id": contact_id, "address_id": address_id, "digest": digest, "due_at": NOW}
                waiting = {"campaign_id": campaign_id, "state": "waiting", "message_class": "campaign"}
                tx.execute(insert(tables.message).values(letter | waiting))
    for (contact_id, medium, purpose), state in CONSENTS.items():
        given = {"contact_id": contact_id, "medium": medium, "purpose": purpose, "state": state}
        tx.execute(insert(tables.consent).values(given | {"evidence": True, "since": LAST_YEAR, "election": "municipales"}))


def _objects(tx: Connection, contact_id: int | None = ZOE, **told: Any) -> Changed:
    entry: dict[str, Any] = {
        "digest": HOME,
        "medium": Medium.EMAIL,
        "kind": SuppressionKind.OBJECTION,
        "cause": SuppressionCause.REPLY,
        "since": NOW,
        "delay_ms": 40,
        "message_id": 1,
    }
    said = Suppression(**entry | told)
    return objecting.take_effect(tx, said, contact_id, because="opted-out", at=told.get("since", NOW))()


def _listed(tx: Connection) -> set[tuple[bytes, str]]:
    return {tuple(row) for row in tx.execute(select(tables.suppression.c.digest, tables.suppression.c.medium))}


def _cancelled(tx: Connection) -> set[bytes]:
    m = tables.message.c
    return set(
        tx.execute(select(m.digest).where(m.state == "cancelled", m.because == "opted-out", m.settled_at == NOW)).scalars()
    )


def _withdrawn(tx: Connection) -> set[tuple[int, Medium, str]]:
    c = tables.consent.c
    return {tuple(row) for row in tx.execute(select(c.contact_id, c.medium, c.purpose).where(c.since == NOW))}


def _noted(tx: Connection) -> set[tuple[Any, ...]]:
    e = tables.consent_event.c
    noted = (e.contact_id, e.medium, e.purpose, e.act, e.at, e.election, e.means, e.recorded_at)
    return {tuple(row) for row in tx.execute(select(*noted))}


@pytest.mark.parametrize(
    ("medium", "hers"),
    [(Medium.EMAIL, {HOME, WORK}), (EVERY_MEDIUM, {HOME, WORK, MOBILE})],
    ids=["to letters", "to everything"],
)
def test_she_objects_and_all_that_is_hers_on_that_channel_ends(two_people: Engine, medium: str, hers: set[bytes]) -> None:
    channels = {Medium.EMAIL, Medium.SMS} if medium == EVERY_MEDIUM else {Medium.EMAIL}
    ended = {one for one, state in CONSENTS.items() if one[0] == ZOE and one[1] in channels and state != "withdrawn"}
    with begin(two_people) as tx:
        assert _objects(tx, medium=medium) == Changed(fresh=len(hers), cancelled=len(hers), withdrawn=len(ended))
        assert _listed(tx) == {(digest, medium) for digest in hers}
        assert _cancelled(tx) == hers
        assert _withdrawn(tx) == ended
        assert _noted(tx) == {(*one, "withdrawn", NOW, "municipales", SuppressionCause.REPLY, NOW) for one in ended}


def test_she_spoke_once_however_many_addresses_she_has(two_people: Engine) -> None:
    """The delay from her words to their effect is published: her other mailbox, which said nothing, has none of its own."""
    s = tables.suppression.c
    with begin(two_people) as tx:
        _objects(tx)
        said = {row.digest: (row.delay_ms, row.message_id) for row in tx.execute(select(s.digest, s.delay_ms, s.message_id))}
        assert said == {HOME: (40, 1), WORK: (None, None)}
        assert suppressions.delays(tx).objections == 1


def test_whoever_says_it_again_is_on_the_list_already_and_since_the_first_time(two_people: Engine) -> None:
    with begin(two_people) as tx:
        _objects(tx)
        written = _noted(tx)
        assert _objects(tx, since=LATER) == Changed(fresh=0, cancelled=0, withdrawn=0)
        assert set(tx.execute(select(tables.suppression.c.since)).scalars()) == {NOW}
        assert (_cancelled(tx), _noted(tx)) == ({HOME, WORK}, written), "what ended once is not ended anew"


def test_a_stranger_who_objects_is_listed_and_ends_nothing_of_anybody(two_people: Engine) -> None:
    stranger = b"s" * 16
    with begin(two_people) as tx:
        assert _objects(tx, None, digest=stranger) == Changed(fresh=1, cancelled=0, withdrawn=0)
        assert (_listed(tx), _cancelled(tx), _withdrawn(tx)) == ({(stranger, Medium.EMAIL)}, set(), set())


def test_addresses_enter_the_list_in_one_order_whichever_of_them_she_wrote_from(postgresql_url: str) -> None:
    """Of two STOPs at once from two of her numbers, each would else wait for the row of the other until one is given up."""
    engine = open_engine(postgresql_url)
    with begin(engine) as tx:
        _write_down(tx)
        _objects(tx)
        assert list(tx.execute(select(tables.suppression.c.digest).order_by(tables.suppression.c.seq)).scalars()) == [WORK, HOME]
    engine.dispose()
