"""The inbox: each thing once, pages in the order somebody should read them, one winner when two settle at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import insert

from gateway.domain.channel import Medium
from gateway.domain.reply import InboxKind, InboxState, Intent, RightAsked, Settlement
from gateway.store import inbox, tables
from gateway.store.engine import Connection, begin, is_postgresql, reading
from gateway.store.inbox import Callback, Incoming, Read, Settled
from tests.clock import AN_ORDINARY_MORNING as NOW


def kept(engine, number, *, minutes=0, **read):
    incoming = Incoming(
        medium=Medium.SMS,
        provider_id=f"SM{number}",
        kind=InboxKind.REPLY,
        digest=b"a" * 16,
        received_at=NOW + timedelta(minutes=minutes),
        kept_at=NOW,
        text="…",
    )
    with begin(engine) as tx:
        letter_id = inbox.keep(tx, incoming)
        if letter_id is not None:
            inbox.read(tx, letter_id, Read(**{"intent": Intent.OTHER, **read}), at=NOW)
        return letter_id


def test_the_same_delivery_on_two_workers_is_kept_once(engine):
    with ThreadPoolExecutor(4) as crowd:
        numbers = list(crowd.map(lambda _: kept(engine, 1), range(8)))
    assert len([number for number in numbers if number is not None]) == 1


def test_the_same_id_of_another_channel_is_another_thing(engine):
    assert kept(engine, 1) is not None
    with begin(engine) as tx:
        other = Incoming(medium=Medium.EMAIL, provider_id="SM1", kind=InboxKind.OTHER, digest=None, received_at=NOW, kept_at=NOW)
        assert inbox.keep(tx, other) is not None


def test_what_may_be_an_objection_comes_first_then_rights_then_the_oldest_by_pages(engine):
    late, early = kept(engine, 1, minutes=9), kept(engine, 2, minutes=1)
    right = kept(engine, 3, minutes=8, right_asked=RightAsked.ACCESS)
    doubt = kept(engine, 4, minutes=10, intent=Intent.DOUBTFUL)
    kept(engine, 5, intent=Intent.OBJECTION, settled=Settlement.OBJECTION)
    pages, after = [], None
    with reading(engine) as tx:
        while page := inbox.waiting(tx, after=after, limit=1):
            after = page[-1].letter.id
            pages.append(after)
        assert pages == [doubt, right, early, late]
        assert inbox.open_counts(tx) == {"doubtful": 1, "other": 3}


def test_of_two_people_who_settle_at_once_one_wins(engine):
    number = kept(engine, 1, intent=Intent.DOUBTFUL)

    def settle(name):
        with begin(engine) as tx:
            return inbox.settle(tx, number, Settled(settlement=Settlement.OBJECTION, by=name, why="elle le dit", at=NOW))

    with ThreadPoolExecutor(2) as crowd:
        assert sorted(crowd.map(settle, ["Inès", "Malo"])) == [False, True]


def texted(tx: Connection, count: int = 1) -> None:
    """Texts of one campaign, numbered from 7 on, to somebody of the file."""
    campaign = {"name": "sms", "medium": Medium.SMS, "message_class": "campaign", "state": "running", "definition": b"{}"}
    origin = {"kind": "web_form", "label": "site", "collection": "direct", "created_at": NOW, "collector": "é"}
    tx.execute(insert(tables.origin).values(**origin, id=1, collected_on=NOW.date()))
    tx.execute(insert(tables.contact).values(id=5, contact_class="regular", territory="metropole", origin_id=1, created_at=NOW))
    tx.execute(insert(tables.campaign).values(**campaign, id=3, author="a", created_at=NOW))
    alike = {"campaign_id": 3, "contact_id": 5, "message_class": "campaign", "state": "accepted", "due_at": NOW}
    tx.execute(insert(tables.message), [{**alike, "id": 7 + one, "digest": one.to_bytes(16)} for one in range(count)])


def test_callbacks_told_twice_in_one_go_or_again_later_are_kept_once(engine, clock):
    with begin(engine) as tx:
        texted(tx)

    def called(sid: str, form: str) -> Callback:
        return Callback(sid, 7, form)

    def told_first(tx: Connection, *callbacks: Callback, until: datetime | None = None) -> set[str]:
        return inbox.file_all(tx, Medium.SMS, callbacks, at=clock.now(), keep_until=until)()

    with begin(engine) as tx:
        assert told_first(tx, called("SM1:sent", "{}"), called("SM1:sent", "{}")) == {"SM1:sent"}
        form = '{"Body":"à l’heure \\u0000"}'
        assert told_first(tx, called("SM1:sent", "{}"), called("SM1:delivered", form), until=NOW) == {"SM1:delivered"}
        letter = inbox.by_provider_id(tx, Medium.SMS, "SM1:delivered")
        assert letter is not None and (letter.message_id, letter.received_at) == (7, clock.now())
        assert (letter.kind, letter.state, letter.settled_as) == (InboxKind.CALLBACK, InboxState.SETTLED, Settlement.FILED)
        assert inbox.body(tx, letter.id) == form.encode()
        assert len(inbox.listed(tx)) == 2


def test_what_is_told_of_one_text_does_not_read_every_text_of_its_campaign(engine):
    """PostgreSQL thought it cheaper to gather them all first than to look up the few that it is told of."""
    with begin(engine) as tx:
        texted(tx, 2_000)
        if is_postgresql(tx):
            tx.exec_driver_sql("ANALYZE message")
    with begin(engine) as tx:
        assert inbox.file_all(tx, Medium.SMS, [Callback("SM1:sent", 7, "{}")], at=NOW, keep_until=None)() == {"SM1:sent"}
        if is_postgresql(tx):
            counted = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'message'"
            assert tx.exec_driver_sql(counted).scalar_one() == 0
