"""A statement written once runs on both databases, and its values have the types that Core would give them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, insert, select, text, update

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, OriginKind
from gateway.domain.errors import StoreUnavailable
from gateway.store.engine import begin, ending, open_engine, reading, together
from gateway.store.prepared import Prepared, given
from gateway.store.tables import campaign, origin

_MADE = ("name", "medium", "message_class", "state", "definition", "author", "created_at")
_MAKE = Prepared(insert(campaign).values({name: given(name) for name in _MADE}).returning(campaign.c.id))
_LOOK = Prepared(
    select(campaign.c.state, campaign.c.created_at, campaign.c.ended_at).where(
        campaign.c.name == given("called"), campaign.c.state.in_((CampaignState.RUNNING, CampaignState.PAUSED))
    )
)
_END = Prepared(
    update(campaign).where(campaign.c.name == given("called")).values(state=CampaignState.FINISHED, ended_at=given("ended_at"))
)
AT = datetime(2026, 3, 3, 10, 0, 0, 125, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def tx(database_url: str) -> Iterator[Connection]:
    engine = open_engine(database_url)
    with begin(engine) as opened:
        yield opened
    engine.dispose()


def made(tx: Connection, name: str, at: datetime) -> int:
    told = (name, Medium.SMS, MessageClass.CAMPAIGN, CampaignState.RUNNING, b"{}", "autrice", at)
    number = _MAKE.scalar(tx, **dict(zip(_MADE, told, strict=True)))
    assert isinstance(number, int)
    return number


def test_what_is_written_reads_back_as_closed_sets_and_instants_in_utc(tx):
    number = made(tx, "lettre", AT)
    assert _LOOK.rows(tx, called="lettre") == [(CampaignState.RUNNING, AT.astimezone(UTC), None)]
    assert _LOOK.mappings(tx, called="lettre")[0]["created_at"].tzinfo is UTC
    row = tx.execute(select(campaign).where(campaign.c.id == number)).mappings().one()
    assert (row["medium"], row["created_at"], row["definition"]) == (Medium.SMS, AT, b"{}")


def test_what_changes_says_how_many_and_what_is_not_there_is_none(tx):
    made(tx, "lettre", AT)
    assert (_END.run(tx, called="lettre", ended_at=AT), _END.run(tx, called="autre", ended_at=AT)) == (1, 0)
    assert _LOOK.rows(tx, called="lettre") == []
    assert _LOOK.scalar(tx, called="lettre") is None


def test_what_is_sent_together_is_all_there_and_its_rows_can_be_asked_for_afterwards(tx):
    told = (Medium.SMS, MessageClass.CAMPAIGN, CampaignState.RUNNING, b"{}", "autrice", AT)
    with together(tx):
        numbers = [_MAKE.send(tx, **dict(zip(_MADE, (name, *told), strict=True))) for name in ("lettre", "autre")]
        found = _LOOK.send(tx, called="lettre")
        _END.run(tx, called="autre", ended_at=AT)
    first, second = (number.scalar() for number in numbers)
    assert second > first > 0 and found.rows() == [(CampaignState.RUNNING, AT.astimezone(UTC), None)]
    assert _LOOK.rows(tx, called="autre") == []


def test_of_what_is_sent_together_nothing_is_kept_when_one_fails(database_url):
    engine = open_engine(database_url)
    with pytest.raises(engine.dialect.loaded_dbapi.IntegrityError), begin(engine) as tx, together(tx):
        for name in ("lettre", "lettre", "autre"):
            told = (name, Medium.SMS, MessageClass.CAMPAIGN, CampaignState.RUNNING, b"{}", "autrice", AT)
            _MAKE.send(tx, **dict(zip(_MADE, told, strict=True)))
    with begin(engine) as tx:
        assert (_LOOK.rows(tx, called="lettre"), _LOOK.rows(tx, called="autre")) == ([], [])
        assert made(tx, "lettre", AT) > 0
    engine.dispose()


def test_the_last_statements_are_committed_with_what_came_before_and_can_be_read_by_others_at_once(database_url):
    engine = open_engine(database_url)
    told = (Medium.SMS, MessageClass.CAMPAIGN, CampaignState.RUNNING, b"{}", "autrice", AT)
    with begin(engine) as tx:
        made(tx, "lettre", AT)
        with ending(tx):
            number = _MAKE.send(tx, **dict(zip(_MADE, ("autre", *told), strict=True)))
        assert number.scalar() > 0
    with begin(engine) as tx:
        assert [len(_LOOK.rows(tx, called=name)) for name in ("lettre", "autre")] == [1, 1]
    engine.dispose()


def test_when_one_of_the_last_statements_fails_nothing_of_the_transaction_is_kept(database_url):
    engine = open_engine(database_url)
    told = (Medium.SMS, MessageClass.CAMPAIGN, CampaignState.RUNNING, b"{}", "autrice", AT)
    with pytest.raises(engine.dialect.loaded_dbapi.IntegrityError), begin(engine) as tx:
        made(tx, "lettre", AT)
        with ending(tx):
            for name in ("autre", "autre"):
                _MAKE.send(tx, **dict(zip(_MADE, (name, *told), strict=True)))
    with begin(engine) as tx:
        assert [_LOOK.rows(tx, called=name) for name in ("lettre", "autre")] == [[], []]
        assert made(tx, "lettre", AT) > 0
    engine.dispose()


def test_what_goes_wrong_before_the_last_statements_end_keeps_nothing_either(database_url):
    engine = open_engine(database_url)
    with pytest.raises(ZeroDivisionError), begin(engine) as tx, ending(tx):
        made(tx, "lettre", AT)
        raise ZeroDivisionError
    with begin(engine) as tx:
        assert _LOOK.rows(tx, called="lettre") == []
    engine.dispose()


def test_dates_are_dates_on_both(tx):
    fields = ("kind", "label", "collection", "collected_on", "collector", "created_at")
    add = Prepared(insert(origin).values({name: given(name) for name in fields}).returning(origin.c.collected_on))
    told = (OriginKind.EVENT, "la réunion publique", Collection.DIRECT, date(2026, 1, 31), "équipe locale", AT)
    assert add.scalar(tx, **dict(zip(fields, told, strict=True))) == date(2026, 1, 31)


def test_an_instant_without_its_zone_or_a_parameter_nobody_asked_for_is_refused(tx):
    with pytest.raises(ValueError, match="naive"):
        made(tx, "lettre", datetime(2026, 3, 3))  # noqa: DTZ001 (what is refused)
    with pytest.raises(TypeError, match="no parameter town"):
        _LOOK.rows(tx, called="lettre", town="Brest")


def test_a_server_that_goes_away_between_two_statements_is_a_store_that_is_away(postgresql_url):
    engine = open_engine(postgresql_url)
    for transaction in (begin, reading):
        with pytest.raises(StoreUnavailable, match="Rien ne part"), transaction(engine) as tx:
            number = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with begin(engine) as other:
                other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
            _LOOK.rows(tx, called="lettre")
    with reading(engine) as tx:
        assert _LOOK.rows(tx, called="lettre") == []
    engine.dispose()
