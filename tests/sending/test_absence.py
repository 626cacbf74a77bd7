"""A machine that was off, or a database that comes from a backup: what was under way asks before it goes on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.audit.checkpoint import Checkpoint, SigningKey, read_checkpoint
from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.errors import StoreUnavailable
from gateway.domain.message import MessageState
from gateway.flows import lastseal
from gateway.flows.campaigning import launching
from gateway.flows.checking import Standing, backup_line
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import seal
from gateway.flows.sending import absence
from gateway.flows.sending.absence import Presence, ask_after_absence
from gateway.flows.sending.runner import Runner
from gateway.store import campaigns, journal, receipts
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, installation, journal_of, message_of, newsletter, run
from workers.broker import open_broker
from workers.embedded import EmbeddedWorker
from workers.ticker import Job, Ticker

LEA, MEHDI, NOE = "lea@exemple.example", "mehdi@exemple.example", "noe@exemple.example"


def a_sign_of_life(gw: Gateway) -> None:
    """What a ticker leaves behind every second."""
    always = Job(name="seal", every=timedelta(seconds=1), lease=timedelta(minutes=1), run=lambda gw: None)
    Ticker(gw, [always]).tick()


def half_sent(gw: Gateway) -> None:
    """A newsletter to three, of which one has it when everything stops."""
    sending = gw.settings.sending.model_copy(update={"batch": 1})
    add(gw, *(Person(email=email) for email in (LEA, MEHDI, NOE)))
    newsletter(gw)
    runner = Runner(replace(gw, settings=gw.settings.model_copy(update={"sending": sending})))
    runner.step(0)
    runner.close()
    a_sign_of_life(gw)


def as_of_a_backup(gw: Gateway, clock: ManualClock) -> None:
    """What this database is then to its machine, which sealed fifty entries more a minute later."""
    seal(gw)
    sealed = read_checkpoint(lastseal.path_of(gw).read_text(), [])[0]
    clock.advance(timedelta(minutes=1))
    later = Checkpoint(origin=sealed.origin, size=sealed.size + 50, root=sha256(b"later").digest(), at=clock.now())
    lastseal.path_of(gw).write_text(SigningKey.generate(sealed.origin).sign(later))
    clock.advance(timedelta(minutes=1))


def standing(gw: Gateway) -> tuple[CampaignState, str]:
    with reading(gw.engine) as tx:
        campaign = campaigns.by_name(tx, "lettre")
    assert campaign is not None
    return campaign.state, campaign.why or ""


def test_a_letter_of_a_database_from_last_night_is_not_sent_again_before_somebody_said_so(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Mehdi and Noé wait in the backup, and had the letter since; one of them may have said stop since."""
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    assert ask_after_absence(gw) == ["lettre"]
    run(gw)
    state, why = standing(gw)
    assert state is CampaignState.PAUSED and len(channel.recipients) == 1
    assert "sauvegarde ? Ne la reprenez pas" in why and "gateway campaign cancel lettre" in why
    assert [alarm["alarm"] for alarm in journal_of(gw, "alarm")] == ["interrupted"]
    assert ask_after_absence(gw) == [], "it was said once"


def test_a_machine_that_was_only_off_goes_on_once_somebody_said_so(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    ask_after_absence(gw)
    clock.advance(timedelta(minutes=1))
    launching.resume(gw, "lettre", by="autrice")
    assert ask_after_absence(gw) == [], "she has answered, whether or not anything runs yet"
    run(gw)
    assert sorted(channel.recipients) == [LEA, MEHDI, NOE]


def test_a_short_break_an_update_or_a_crash_asks_nobody(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    half_sent(gw)
    clock.advance(timedelta(minutes=20))
    assert ask_after_absence(gw) == []
    run(gw)
    assert sorted(channel.recipients) == [LEA, MEHDI, NOE]


def test_a_second_worker_that_comes_while_others_work_stops_nothing(gw: Gateway, clock: ManualClock) -> None:
    half_sent(gw)
    clock.advance(timedelta(hours=8))
    a_sign_of_life(gw)
    assert ask_after_absence(gw) == []
    assert standing(gw)[0] is CampaignState.RUNNING


class TestAMachineThatSlept:
    """Somebody closes a laptop in the middle of a newsletter, or a hypervisor brings back last week's snapshot: no process starts
    anew, and nothing but the clock tells."""

    def test_what_was_under_way_asks_when_the_lid_is_opened_again(
        self, gw: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        half_sent(gw)
        worker = EmbeddedWorker(gw, open_broker(""), presence=Presence(gw))
        clock.advance(timedelta(hours=8))
        worker._lanes.work()
        state, why = standing(gw)
        assert state is CampaignState.PAUSED and "Rien n’a tourné ici depuis le" in why
        assert len(channel.recipients) == 1
        clock.advance(timedelta(minutes=1))
        launching.resume(gw, "lettre", by="autrice")
        worker._lanes.work()
        assert worker.stop(within_seconds=5)
        assert sorted(channel.recipients) == [LEA, MEHDI, NOE]

    def test_the_ticker_asks_before_its_jobs_leave_signs_of_life(self, gw: Gateway, clock: ManualClock) -> None:
        half_sent(gw)
        always = Job(name="seal", every=timedelta(seconds=1), lease=timedelta(minutes=1), run=lambda gw: None)
        ticker = Ticker(gw, [always], presence=Presence(gw))
        clock.advance(timedelta(minutes=59))
        assert ticker.tick() == ["seal"]
        assert standing(gw)[0] is CampaignState.RUNNING
        clock.advance(timedelta(minutes=60))
        assert ticker.tick() == ["seal"]
        assert standing(gw)[0] is CampaignState.PAUSED

    def test_a_slow_hour_while_others_work_asks_nobody(self, gw: Gateway, clock: ManualClock) -> None:
        half_sent(gw)
        presence = Presence(gw)
        clock.advance(timedelta(hours=2))
        a_sign_of_life(gw)
        presence.look()
        assert standing(gw)[0] is CampaignState.RUNNING

    def test_what_could_not_be_asked_while_the_database_was_away_is_asked_when_it_is_back(
        self, gw: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        half_sent(gw)
        presence = Presence(gw)
        clock.advance(timedelta(hours=8))

        def away(_gw: Gateway) -> list[str]:
            raise StoreUnavailable("the database is away")

        with monkeypatch.context() as patched, pytest.raises(StoreUnavailable):
            patched.setattr(absence, "ask_after_absence", away)
            presence.look()
        presence.look()
        assert standing(gw)[0] is CampaignState.PAUSED


class TestAnOlderDatabase:
    """Put back from a backup that is minutes old: no clock tells, but the machine that seals remembers what it has sealed."""

    def test_a_letter_half_sent_in_the_backup_asks_though_the_break_was_short(
        self, gw: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        half_sent(gw)
        assert backup_line(gw).standing is Standing.READY
        as_of_a_backup(gw, clock)
        line = backup_line(gw)
        assert line.standing is Standing.ADVISED and "remettez les oppositions reçues depuis" in line.todo
        assert ask_after_absence(gw) == ["lettre"]
        assert backup_line(gw).standing is Standing.READY
        run(gw)
        state, why = standing(gw)
        assert state is CampaignState.PAUSED and len(channel.recipients) == 1
        assert "elle vient d’une sauvegarde" in why and "remettez d’abord les oppositions" in why
        assert [alarm["alarm"] for alarm in journal_of(gw, "alarm")] == ["older-database"]
        assert ask_after_absence(gw) == [], "it was said once"

    def test_a_letter_whose_hour_came_after_the_backup_does_not_leave_a_second_time(
        self, gw: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        """Nothing of it had begun in the backup, and all of it has left since."""
        add(gw, Person(email=LEA))
        newsletter(gw)
        as_of_a_backup(gw, clock)
        assert ask_after_absence(gw) == ["lettre"]
        assert run(gw) == 0 and channel.recipients == []

    def test_whoever_has_answered_by_resuming_or_launching_is_not_asked_again(
        self, gw: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        half_sent(gw)
        as_of_a_backup(gw, clock)
        clock.advance(timedelta(minutes=1))
        launching.pause(gw, "lettre", by="autrice")
        launching.resume(gw, "lettre", by="autrice")
        assert ask_after_absence(gw) == []

    def test_a_seal_by_hand_before_anything_sends_does_not_make_the_machine_forget(self, gw: Gateway, clock: ManualClock) -> None:
        half_sent(gw)
        as_of_a_backup(gw, clock)
        launching.status(gw, "lettre")
        with begin(gw.engine) as tx:
            journal.append(tx, [entry(EntryKind.OPERATOR, clock.now(), act="looked")])
        assert seal(gw) == 1  # gateway audit checkpoint, as the steps after a backup have it
        assert ask_after_absence(gw) == ["lettre"]

    def test_once_it_asked_it_goes_on_noting_and_a_crash_asks_nobody(
        self, gw: Gateway, channel: RecordingChannel, clock: ManualClock
    ) -> None:
        half_sent(gw)
        as_of_a_backup(gw, clock)
        ask_after_absence(gw)
        clock.advance(timedelta(minutes=1))
        launching.resume(gw, "lettre", by="autrice")
        seal(gw)
        assert ask_after_absence(gw) == []
        run(gw)
        assert sorted(channel.recipients) == [LEA, MEHDI, NOE]
        assert (gw.settings.var_dir / "last-sealed-before.txt").exists(), "what was lost can be shown to whoever audits"

    @pytest.mark.parametrize("how", ["put back here", "put back on a new machine"])
    def test_whoever_answers_a_letter_that_the_backup_does_not_know_is_taken_for_nobody_else(
        self, gw: Gateway, clock: ManualClock, how: str
    ) -> None:
        """Mehdi's letter left after the backup. Were its number Noé's, his objection by answer would silence Noé, and not him."""
        add(gw, Person(email=LEA))
        newsletter(gw)
        run(gw)
        as_of_a_backup(gw, clock)
        lost = message_of(gw, LEA)["id"] + 1
        if how == "put back on a new machine":
            lastseal.path_of(gw).unlink()
        ask_after_absence(gw)
        add(gw, Person(email=NOE))
        newsletter(gw, name="la-suite")
        with reading(gw.engine) as tx:
            assert receipts.addressees(tx, [lost]) == {}
        after = message_of(gw, NOE)["id"]
        assert after > lost + 10_000_000
        seal(gw)
        ask_after_absence(gw)
        add(gw, Person(email=MEHDI))
        newsletter(gw, name="la-fin")
        assert message_of(gw, MEHDI)["id"] < after + 100, "once, and not at each start"

    def test_a_note_that_nobody_can_read_stops_nothing(self, gw: Gateway, clock: ManualClock) -> None:
        half_sent(gw)
        lastseal.path_of(gw).write_bytes(b"\xff\x00")
        assert ask_after_absence(gw) == []
        seal(gw)
        assert "journal" in lastseal.path_of(gw).read_text()


def test_a_real_backup_put_back_in_the_middle_of_a_campaign_writes_to_nobody_twice(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    """As docs/operations.md has it: the file is copied while letters leave, everything goes on, and the copy is put back."""
    before, after = RecordingChannel(), RecordingChannel()
    database, backup = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "backup.db"
    with installation(sqlite_url, clock, tmp_path, channel=before) as gw:
        half_sent(replace(gw, channels={Medium.EMAIL: before}))
        seal(gw)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        clock.advance(timedelta(minutes=2))
        run(gw)
        seal(gw)
        assert sorted(before.recipients) == [LEA, MEHDI, NOE]
    for beside in database.parent.glob(f"{database.name}*"):
        beside.unlink()
    shutil.copy(backup, database)
    clock.advance(timedelta(minutes=5))
    with installation(sqlite_url, clock, tmp_path, channel=after) as gw:
        assert ask_after_absence(gw) == ["lettre"]
        run(gw)
        assert after.recipients == []
        launching.cancel(gw, "lettre", by="autrice", why="sauvegarde")
        assert launching.status(gw, "lettre").counts[MessageState.CANCELLED] == 2
