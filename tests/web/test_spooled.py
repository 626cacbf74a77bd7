"""People who object while the database is away: what they asked for is on the disk, and takes effect as soon as it is back."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.domain.errors import StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows import spooling
from gateway.flows.checking import Standing, spool_line
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.spooling import hear_spooled, keep_objection
from gateway.store import spool, tables
from gateway.store.engine import open_engine, reading
from gateway.store.schema import upgrade
from gateway.web import promptly
from gateway.web.app import _STORE_THREADS, web_app
from tests.clock import ManualClock
from tests.meanwhile import silent
from tests.sending.support import RecordingChannel, journal_of
from tests.servers import PostgresServer
from tests.web.voters import CONTACT, EMAIL, Town, town
from tests.workers.waiting import until
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def away(ready: Town) -> Gateway:
    """The same installation while nothing listens where its database was."""
    return replace(ready.gw, engine=open_engine("postgresql://nobody@127.0.0.1:1/away"))


def keep(ready: Town) -> None:
    """She objected, and it waits on the disk."""
    at, fault = ready.gw.clock.now(), StoreUnavailable("away")
    keep_objection(ready.gw, ready.token(), cause=SuppressionCause.ONE_CLICK, every_medium=False, received_at=at, away=fault)


@contextmanager
def browsing(gw: Gateway) -> Iterator[TestClient]:
    """A browser of somebody who reads French, while nothing runs beside the pages."""
    yield TestClient(web_app(gw), headers={"Accept-Language": "fr"})


def files(ready: Town) -> list[Path]:
    return spool.waiting(ready.gw.spool)


def delays(ready: Town) -> list[int]:
    with reading(ready.gw.engine) as tx:
        return list(tx.execute(select(tables.suppression.c.delay_ms)).scalars())


def test_the_link_still_asks_while_the_database_is_away_and_says_nothing_of_her(voters_town: Town):
    with browsing(away(voters_town)) as client:
        page = client.get(f"/o/{voters_town.token()}")
    assert page.status_code == 200
    assert "votre demande sera gardée et prendra effet dès son retour" in page.text
    assert '<button name="scope" value="medium">' in page.text and "exemple.fr</dd>" not in page.text
    assert files(voters_town) == [] and voters_town.objections() == []


def test_who_presses_the_button_meanwhile_reads_that_it_is_kept_and_it_takes_effect_with_its_true_delay(
    voters_town: Town, clock: ManualClock
):
    with browsing(away(voters_town)) as client:
        page = client.post(f"/o/{voters_town.token()}", data={"scope": "medium"})
    assert page.status_code == 202
    assert "Votre demande est gardée" in page.text and "C’est fait" not in page.text
    assert voters_town.objections() == []
    clock.advance(timedelta(seconds=90))
    assert hear_spooled(voters_town.gw) == 1
    assert voters_town.objections() == [("email", "unsubscribe_link")]
    assert voters_town.message_state() is MessageState.CANCELLED
    assert delays(voters_town) == [90_000]
    (told,) = journal_of(voters_town.gw, "objection")
    assert (told["received"], told["delay_ms"]) == ("2026-12-01T10:00:00Z", 90_000)
    assert files(voters_town) == [] and hear_spooled(voters_town.gw) == 0


def test_a_one_click_is_told_once_by_her_mailbox_and_is_not_lost(voters_town: Town):
    with browsing(away(voters_town)) as client:
        answer = client.post(f"/o/{voters_town.token()}", data=ONE_CLICK)
    assert (answer.status_code, answer.text) == (200, "OK\n")
    hear_spooled(voters_town.gw)
    assert voters_town.objections() == [("email", "one_click")]


def test_all_means_are_stopped_when_that_is_what_she_asked_for(voters_town: Town):
    with browsing(away(voters_town)) as client:
        client.post(f"/o/{voters_town.token()}", data={"scope": "everything"})
    hear_spooled(voters_town.gw)
    assert voters_town.objections() == [("*", "unsubscribe_link")]


def test_who_presses_again_and_again_waits_once_and_from_the_first_time(small_town: Town, clock: ManualClock):
    with browsing(away(small_town)) as client:
        for _ in range(3):
            assert client.post(f"/o/{small_town.token()}", data={"scope": "medium"}).status_code == 202
            clock.advance(timedelta(seconds=10))
    assert len(files(small_town)) == 1
    hear_spooled(small_town.gw)
    assert delays(small_town) == [30_000]


def test_a_database_that_says_nothing_keeps_no_mailbox_waiting_and_the_objection_counts_once(
    database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch
):
    """Its disk hangs: whoever asked it waits until it is back, and so does everybody behind her."""
    monkeypatch.setattr(promptly, "_WITHIN_SECONDS", 0.2)
    with town(database_url, tmp_path, clock) as ready, TestClient(web_app(ready.gw)) as client:
        with silent(database_url):
            assert client.get(f"/o/{ready.token()}").status_code == 200
            for _ in range(_STORE_THREADS + 1):
                assert client.post(f"/o/{ready.token()}", data=ONE_CLICK).text == "OK\n"
            assert client.post(f"/o/{ready.token()}", data={"scope": "medium"}).status_code == 202
            assert len(files(ready)) == 2
        until(lambda: not files(ready))
        assert [medium for medium, _ in ready.objections()] == ["email"]  # by whichever of them came first
        assert len(journal_of(ready.gw, "objection")) == 1


def test_what_waits_on_the_disk_names_nobody_and_nobody_else_reads_it(small_town: Town):
    keep(small_town)
    (path,) = files(small_town)
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
    assert EMAIL.split("@")[0].encode() not in path.read_bytes() and b"exemple" not in path.read_bytes()


def test_a_link_that_is_not_ours_leaves_nothing_on_the_disk(small_town: Town):
    with browsing(away(small_town)) as client:
        assert client.post(f"/o/{small_town.token()[:-4]}AAAA", data=ONE_CLICK).status_code == 404
        assert client.get("/o/nonsense").status_code == 404
    assert files(small_town) == []


def test_when_the_disk_refuses_too_nobody_is_told_that_it_is_kept(small_town: Town, monkeypatch, caplog):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "keep", full)
    with caplog.at_level(logging.CRITICAL), browsing(away(small_town)) as client:
        for data in (ONE_CLICK, {"scope": "medium"}):
            answer = client.post(f"/o/{small_town.token()}", data=data)
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
            assert "Rien n’a été enregistré" in answer.text and f"mailto:{CONTACT}" in answer.text


@pytest.mark.parametrize(("wish", "status"), [(ONE_CLICK, 200), ({"scope": "everything"}, 202)])
def test_who_objects_while_the_disk_is_full_is_kept_in_its_reserve_and_heard(small_town: Town, monkeypatch, wish, status):
    """A small installation has its database and its spool on one disk: whoever objected was turned away, and written to again."""
    with monkeypatch.context() as patch, TestClient(web_app(away(small_town))) as client:  # which takes the room as it starts
        patch.setattr(spool, "_private", lambda _path, _flags: os.open("/dev/full", os.O_WRONLY))
        assert client.post(f"/o/{small_town.token()}", data=wish).status_code == status
    line = spool_line(small_town.gw)
    assert files(small_town) == [] and line.todo.startswith("1 attendent")
    assert hear_spooled(small_town.gw) == 1 and hear_spooled(small_town.gw) == 0
    assert len(small_town.objections()) == 1 and small_town.message_state() is MessageState.CANCELLED


def test_a_damaged_file_is_set_aside_is_said_and_holds_up_nobody_else(small_town: Town, caplog):
    keep(small_town)
    broken = small_town.gw.spool / "broken.json"
    broken.write_bytes(b'{"link":')
    line = spool_line(small_town.gw)
    assert line.standing is Standing.ADVISED and line.todo.startswith("2 attendent")
    with caplog.at_level(logging.CRITICAL):
        assert hear_spooled(small_town.gw) == 1
    assert small_town.objections() == [("email", "one_click")]
    assert files(small_town) == [] and broken.with_suffix(".unreadable").exists()
    line = spool_line(small_town.gw)
    assert line.standing is Standing.ADVISED and "1 ne se lisent pas" in line.todo


def test_as_long_as_the_database_is_away_what_waits_goes_on_waiting(small_town: Town):
    gone = away(small_town)
    keep(small_town)
    with pytest.raises(StoreUnavailable):
        hear_spooled(gone)
    assert len(files(small_town)) == 1


def test_a_lane_hears_whoever_objected_meanwhile_before_it_hands_over_her_message(
    database_url: str, tmp_path: Path, clock: ManualClock
):
    channel = RecordingChannel()
    with town(database_url, tmp_path, clock, channel=channel) as ready:
        keep(ready)
        worker = EmbeddedWorker(ready.gw, open_broker(""))
        worker.start()
        ready.gw.ring()
        try:
            until(lambda: ready.message_state() is not MessageState.WAITING)
        finally:
            assert worker.stop(within_seconds=20)
        assert ready.message_state() is MessageState.CANCELLED and channel.handed == []


def test_the_web_server_hears_it_by_itself_within_seconds_of_the_return_of_a_dead_database(tmp_path: Path, clock: ManualClock):
    with PostgresServer() as server:
        url = server.create_database("town")
        upgrade(url)
        with town(url, tmp_path, clock) as ready, TestClient(web_app(ready.gw)) as client:
            assert client.get(f"/o/{ready.token()}").status_code == 200
            server.kill()
            assert client.post(f"/o/{ready.token()}", data=ONE_CLICK).status_code == 200
            assert client.get("/readyz").status_code == 503
            assert len(files(ready)) == 1
            server.start()
            until(lambda: not files(ready))
            assert ready.objections() == [("email", "one_click")]
            assert client.get("/readyz").status_code == 200


def test_what_waited_when_the_server_was_killed_is_heard_at_its_next_start(small_town: Town):
    keep(small_town)
    with TestClient(web_app(small_town.gw)):
        until(lambda: not files(small_town))
    assert small_town.objections() == [("email", "one_click")]


@pytest.mark.parametrize("fault", [RuntimeError, ValueError])
def test_a_fault_of_ours_while_hearing_ends_no_server_and_sets_nobody_aside(small_town: Town, monkeypatch, caplog, fault):
    keep(small_town)
    real, tries = object_by_link, []

    def once_wrong(*given, **more):
        tries.append(given)
        if len(tries) == 1:
            raise fault("a fault of ours")
        return real(*given, **more)

    monkeypatch.setattr(spooling, "object_by_link", once_wrong)
    with caplog.at_level(logging.CRITICAL), TestClient(web_app(small_town.gw)):
        until(lambda: not files(small_town))
    assert len(tries) == 2 and small_town.objections() == [("email", "one_click")]


@pytest.mark.parametrize(("page", "scope"), [("p", LinkScope.PREFER), ("w", LinkScope.WHY)])
def test_a_page_that_does_not_open_meanwhile_leads_to_one_that_does(small_town: Town, page: str, scope: LinkScope):
    with browsing(away(small_town)) as client:
        fault = client.get(f"/{page}/{small_town.token(scope)}")
        assert fault.status_code == 503 and f'href="/o/{small_town.token()}"' in fault.text
        assert client.post(f"/o/{small_town.token()}", data={"scope": "medium"}).status_code == 202
        assert 'href="/o/' not in client.get("/journal").text
    hear_spooled(small_town.gw)
    assert small_town.objections() == [("email", "unsubscribe_link")]
