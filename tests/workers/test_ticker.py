"""The ticker: rings when something is due, and runs each regular job in one process at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.domain.errors import MailboxRefused, StoreUnavailable
from gateway.flows.gateway import Gateway
from gateway.store import jobs, tables
from gateway.store.engine import begin, open_engine, reading
from tests.clock import ManualClock
from tests.sending.support import Person, add, installation, newsletter
from tests.workers.waiting import until
from workers.jobs import MAILBOX
from workers.ticker import Job, Ticker

SECOND = timedelta(seconds=1)


@pytest.fixture
def gw(database_url: str, clock: ManualClock, tmp_path: Path) -> Iterator[Gateway]:
    """An installation whose rings are counted."""
    with installation(database_url, clock, tmp_path) as gateway:
        yield gateway


def job(run: Callable[[Gateway], object], name: str = "keep") -> Job:
    return Job(name=name, every=5 * SECOND, lease=60 * SECOND, run=run)


def stored(gw: Gateway) -> jobs.ScheduledJob:
    with reading(gw.engine) as tx:
        (only,) = jobs.listed(tx)
    return only


def test_a_job_runs_at_once_then_after_its_interval(gw: Gateway, clock: ManualClock):
    runs: list[Gateway] = []
    ticker = Ticker(gw, [job(runs.append)])
    assert ticker.tick() == ["keep"]
    clock.advance(4 * SECOND)
    assert ticker.tick() == []
    clock.advance(SECOND)
    assert ticker.tick() == ["keep"]
    assert runs == [gw, gw]
    assert stored(gw) == jobs.ScheduledJob("keep", clock.now() + 5 * SECOND, None, clock.now(), None)


def test_a_mailbox_that_refuses_our_password_is_not_asked_every_half_minute(gw: Gateway, clock: ManualClock):
    """2,880 wrong passwords a day: its server would lock the account, or the machine, and the relay beside it with it."""

    def refused(_gw: Gateway) -> None:
        raise MailboxRefused("mot de passe refusé")

    ticker = Ticker(gw, [replace(MAILBOX, run=refused, outside=False)])
    ticker.tick()
    assert stored(gw).next_run_at == clock.now() + timedelta(minutes=10)
    clock.advance(timedelta(minutes=9))
    assert ticker.tick() == [], "nor does it take the clock for one that was put back"
    clock.advance(timedelta(minutes=1))
    assert ticker.tick() == ["mailbox"]


def test_a_clock_that_was_a_year_ahead_keeps_no_job_from_running_once_it_is_put_right(gw: Gateway, clock: ManualClock):
    def dies(_gw: Gateway) -> None:
        raise KeyboardInterrupt

    now = clock.now()
    runs: list[Gateway] = []
    clock.advance(timedelta(days=365))
    Ticker(gw, [job(runs.append)]).tick()
    clock.set(now)
    ticker = Ticker(gw, [job(runs.append)])
    ticker.tick()
    assert ticker.tick() == ["keep"] and len(runs) == 2
    clock.advance(timedelta(days=365))
    with pytest.raises(KeyboardInterrupt):
        Ticker(gw, [job(dies)]).tick()
    clock.set(now)
    ticker.tick()
    assert ticker.tick() == ["keep"] and len(runs) == 3


def erasing(run: Callable[[Gateway], object]) -> Job:
    return Job(name="retention", every=60 * 60 * SECOND, lease=60 * SECOND, run=run, erases=True)


def test_a_clock_that_is_a_year_ahead_for_a_minute_erases_nobody(
    gw: Gateway, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    """Every term is over by then: electoral rolls, people asked for their agreement, words. Nothing brings them back."""
    erased: list[Gateway] = []
    ticker = Ticker(gw, [erasing(erased.append)])
    assert ticker.tick() == ["retention"]
    right = clock.now() + timedelta(minutes=5)
    clock.advance(timedelta(days=365))
    assert ticker.tick() == [] and ticker.tick() == []
    assert caplog.text.count("was this machine off, or is its date wrong? It waits for 6 hours") == 1
    clock.set(right)
    assert ticker.tick() == []
    assert ticker.tick() == ["retention"], "what is due on the right day is done as ever"
    assert len(erased) == 2


def test_a_machine_that_was_off_for_weeks_erases_six_hours_after_it_is_back(gw: Gateway, clock: ManualClock):
    ticker = Ticker(gw, [erasing(lambda gw: None)])
    ticker.tick()
    clock.advance(timedelta(days=40))
    assert ticker.tick() == []
    clock.advance(timedelta(hours=6))
    assert ticker.tick() == ["retention"]
    clock.advance(timedelta(hours=1))
    assert ticker.tick() == ["retention"]


def test_a_machine_that_is_on_for_an_hour_a_week_erases_all_the_same(gw: Gateway, clock: ManualClock):
    Ticker(gw, [erasing(lambda gw: None)]).tick()
    clock.advance(timedelta(days=7))
    assert Ticker(gw, [erasing(lambda gw: None)]).tick() == []
    clock.advance(timedelta(days=7))
    assert Ticker(gw, [erasing(lambda gw: None)]).tick() == ["retention"]


def test_while_one_ticker_runs_a_job_another_leaves_it_alone(gw: Gateway):
    seen: list[list[str]] = []
    second = Ticker(gw, [job(lambda _gw: None)])
    assert Ticker(gw, [job(lambda _gw: seen.append(second.tick()))]).tick() == ["keep"]
    assert seen == [[]]


def test_a_job_whose_ticker_died_is_taken_over_when_its_lease_ends(gw: Gateway, clock: ManualClock):
    def dies(_gw: Gateway) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ticker(gw, [job(dies)]).tick()
    survivor = Ticker(gw, [job(lambda _gw: None)])
    clock.advance(59 * SECOND)
    assert survivor.tick() == []
    clock.advance(SECOND)
    assert survivor.tick() == ["keep"]
    assert stored(gw).lease_until is None


def test_a_ticker_that_outlived_its_lease_does_not_overwrite_the_next_one(
    gw: Gateway, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    second = Ticker(gw, [job(lambda _gw: None)])

    def outlives(_gw: Gateway) -> None:
        clock.advance(61 * SECOND)
        assert second.tick() == ["keep"]
        clock.advance(SECOND)

    Ticker(gw, [job(outlives)]).tick()
    assert stored(gw).last_run_at == clock.now() - SECOND, "the word of the second stands"
    assert "outlived its lease" in caplog.text


def test_a_job_that_fails_is_told_tried_again_and_does_not_keep_others_from_running(
    gw: Gateway, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    def fails(_gw: Gateway) -> None:
        raise ValueError("camille@exemple.fr is in this text")

    def is_cut_off(_gw: Gateway) -> None:
        raise StoreUnavailable("la base de données ne répond pas")

    ran: list[Gateway] = []
    ticker = Ticker(gw, [job(fails, "a-fails"), job(ran.append, "b-works"), job(is_cut_off, "c-waits")])
    assert ticker.tick() == ["a-fails", "b-works", "c-waits"]
    assert ran == [gw]
    with reading(gw.engine) as tx:
        failed, worked, waited = jobs.listed(tx)
    assert (failed.last_fault, worked.last_fault, waited.last_fault) == ("ValueError", None, "StoreUnavailable")
    assert "job a-fails failed" in caplog.text
    (cut,) = (one for one in caplog.records if "job c-waits waits for the database: la base" in one.getMessage())
    assert cut.exc_info is None, "one sentence, not a page of where the job stood"
    clock.advance(5 * SECOND)
    assert "a-fails" in ticker.tick()


def test_the_bell_rings_only_while_a_message_is_due(gw: Gateway, clock: ManualClock):
    rings: list[None] = []
    ticker = Ticker(replace(gw, ring=lambda: rings.append(None)), [])
    add(gw, Person(email="camille@exemple.fr"))
    ticker.tick()
    assert rings == []
    newsletter(gw)
    ticker.tick()
    ticker.tick()
    assert len(rings) == 2
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).values(due_at=clock.now() + SECOND))
    ticker.tick()
    assert len(rings) == 2
    clock.advance(SECOND)
    ticker.tick()
    assert len(rings) == 3
    with begin(gw.engine) as tx:
        tx.execute(update(tables.campaign).values(state="paused"))
    ticker.tick()
    assert len(rings) == 3


def test_a_ticker_told_to_stop_finishes_its_job_and_begins_no_other(gw: Gateway):
    tickers: list[Ticker] = []
    first = job(lambda _gw: tickers[0].stop(within_seconds=0), "a-first")
    tickers.append(Ticker(gw, [first, job(lambda _gw: pytest.fail("begun after stop"), "b-second")]))
    assert tickers[0].tick() == ["a-first"]


def test_a_job_that_waits_for_somebody_outside_keeps_no_other_waiting(gw: Gateway, clock: ManualClock):
    asked, answered = threading.Event(), threading.Event()
    ran: list[Gateway] = []

    def asks(_gw: Gateway) -> None:
        asked.set()
        assert answered.wait(10)

    outside = replace(job(asks, "a-outside"), outside=True)
    ticker = Ticker(gw, [outside, job(ran.append, "b-works")])
    assert ticker.tick() == ["a-outside", "b-works"] and asked.wait(5)
    clock.advance(2 * outside.lease)  # longer than its lease, even: it is not begun a second time
    assert ticker.tick() == ["b-works"] and len(ran) == 2
    assert not ticker.stop(within_seconds=0.01)
    answered.set()
    assert ticker.stop(within_seconds=5)
    with reading(gw.engine) as tx:
        assert [one.last_fault for one in jobs.listed(tx)] == [None, None]


def test_without_its_database_a_ticker_waits_and_goes_on_when_it_is_back(
    gw: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("workers.ticker._TICK_SECONDS", 0.01)
    away = replace(gw, engine=open_engine("postgresql://nobody@127.0.0.1:1/away"))
    ticker = Ticker(away, [job(lambda _gw: None)])
    with pytest.raises(StoreUnavailable):
        ticker.tick()
    ticker.start()
    until(lambda: "the ticker waits" in caplog.text)
    object.__setattr__(away, "engine", gw.engine)
    until(lambda: _ran(gw))
    assert ticker.stop(within_seconds=5)
    assert caplog.text.count("the ticker waits") == 1


def _ran(gw: Gateway) -> bool:
    with reading(gw.engine) as tx:
        return any(one.last_run_at for one in jobs.listed(tx))
