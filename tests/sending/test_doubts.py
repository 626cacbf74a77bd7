"""What nobody could say at once: crashes, answers that were lost, databases that go away; what is settled later, and by what."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.domain.channel import Envelope, Fault, Medium, Outcome, Rejected, Unsure, Watch
from gateway.domain.errors import StoreUnavailable
from gateway.domain.message import MessageState
from gateway.domain.rights import Right
from gateway.flows.campaigning import launching
from gateway.flows.gateway import Gateway
from gateway.flows.rights.erasing import erase
from gateway.flows.sending import gate, settling
from gateway.flows.sending import runner as running
from gateway.flows.sending.doubts import settle_by_log
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.lane import Lane
from gateway.flows.sending.runner import Runner
from gateway.settings import load_settings
from gateway.store import tables
from gateway.store.engine import Connection, Engine, begin
from tests.clock import ManualClock
from tests.rights.support import asks_proven
from tests.sending.support import Person, RecordingChannel, add, installation, journal_of, message_of, newsletter, run
from workers.lanes import Lanes

LEA, MEHDI, NOE = "lea.martin@exemple.example", "mehdi@exemple.example", "noe@exemple.example"


def on_the_wire(gw: Gateway, lane: Lane) -> dict[str, int]:
    """Everybody's message, held by one lane; by address."""
    with begin(gw.engine) as tx:
        until = gw.clock.now() + timedelta(minutes=5)
        tx.execute(update(tables.message).values(state=MessageState.HANDING_OVER, worker=lane.name, lease_until=until))
    return {email: message_of(gw, email)["id"] for email in (LEA, MEHDI, NOE)}


def test_the_log_of_a_mail_server_says_nothing_of_a_text_in_doubt(gw: Gateway, tmp_path: Path) -> None:
    """A text that may have reached her was given up because the log of the mail relay did not name it."""
    add(gw, Person(email=LEA))
    newsletter(gw)
    with begin(gw.engine) as tx:
        texts = {"name": "sms", "medium": Medium.SMS, "message_class": "campaign", "state": "running", "definition": b"{}"}
        made = insert(tables.campaign).values(**texts, author="a", created_at=gw.clock.now()).returning(tables.campaign.c.id)
        campaign_id = tx.execute(made).scalar_one()
        row = {"campaign_id": campaign_id, "digest": bytes(16), "message_class": "campaign", "due_at": gw.clock.now()}
        tx.execute(insert(tables.message).values(**row, state=MessageState.WAITING))
        tx.execute(update(tables.message).values(state=MessageState.UNCERTAIN))
    log = tmp_path / "mail.log"
    log.write_text("nothing of ours\n")
    settled = settle_by_log(gw, log, by="autrice", complete=True)
    assert (settled.accepted, settled.abandoned, settled.left) == (0, 1, 0)
    assert message_of(gw, LEA)["state"] is MessageState.ABANDONED
    with begin(gw.engine) as tx:
        states = tx.execute(select(tables.message.c.state).where(tables.message.c.campaign_id == campaign_id)).scalars().all()
    assert states == [MessageState.UNCERTAIN]


def test_a_provider_that_answers_nothing_any_more_does_not_use_up_a_campaign(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """What may have reached somebody is never sent again: an outage of some minutes left every message in doubt."""
    people = [f"p{number}@exemple.example" for number in range(40)]
    add(gw, *(Person(email=email) for email in people))
    newsletter(gw)
    channel.answer = lambda envelope: Unsure("no answer") if len(channel.handed) > 5 else None
    run(gw)
    began = len(channel.handed)
    assert 5 + 10 <= began <= 5 + 2 * 10 + 1, "ten in a row, in each of two lanes"
    clock.advance(timedelta(milliseconds=900))
    run(gw)
    assert len(channel.handed) == began, "every lane rests"
    clock.advance(timedelta(seconds=130))
    run(gw)
    assert len(channel.handed) <= began + 2 * channel.concurrency, "it is tried with as many as are on the wire at once"
    channel.answer = lambda envelope: None
    clock.advance(timedelta(seconds=130))
    run(gw)
    states = Counter(message_of(gw, email)["state"] for email in people)
    assert states.keys() == {MessageState.ACCEPTED, MessageState.UNCERTAIN}
    assert states[MessageState.ACCEPTED] >= 12 and len(set(channel.recipients)) == len(channel.recipients) == 40


def test_what_a_dead_lane_wrote_down_counts_after_another_machine_doubted_it(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)
    lane = Lane(gw.wire_logs)
    ids = on_the_wire(gw, lane)
    lane.wire.passing(ids[LEA], "2026-12-01T10:00:00.000000Z")
    lane.wire.ended(ids[LEA], {"o": "accepted", "reference": "250 ok", "sha256": "00" * 32})
    lane.wire.passing(ids[MEHDI], "2026-12-01T10:00:00.000000Z")
    clock.advance(timedelta(minutes=6))
    assert keep(gw).uncertain == 3  # the lane lives, and is slow; or it stands on a machine that is away
    lane.abandon()
    found = keep(gw).recovered
    assert (found.settled, found.uncertain, found.reopened) == (1, 1, 1)
    run(gw)
    assert channel.recipients == [NOE]
    states = {email: message_of(gw, email)["state"] for email in (LEA, MEHDI, NOE)}
    assert states == {LEA: MessageState.ACCEPTED, MEHDI: MessageState.UNCERTAIN, NOE: MessageState.ACCEPTED}


def test_a_server_that_names_her_names_nobody_in_the_journal_after_a_crash_either(gw: Gateway) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)
    lane = Lane(gw.wire_logs)
    ids = on_the_wire(gw, lane)
    lane.wire.passing(ids[LEA], "2026-12-01T10:00:00.000000Z")
    refused = {"o": "rejected", "permanent": True, "code": "550 5.1.1", "reply": "no such user lea.martin", "fault": "recipient"}
    lane.wire.ended(ids[LEA], refused)
    lane.abandon()
    keep(gw)
    (told,) = [entry for entry in journal_of(gw, "hand_over") if entry["message"] == ids[LEA]]
    assert (told["outcome"], told["reply"]) == ("rejected", "no such user <address>")


def test_whoever_is_erased_between_a_crash_and_its_recovery_is_named_by_no_word_of_a_server(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once she was gone nothing told that "lea.martin" is her name, and the journal kept it for ever."""
    channel.answer = lambda envelope: Rejected(True, "550 5.1.1", "no such user lea.martin", Fault.RECIPIENT)
    add(gw, Person(email=LEA))
    newsletter(gw)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(gate, "settle", dies)
        run(gw)
    [log] = gw.wire_logs.glob("*.log")
    assert "rejected" in log.read_text("utf-8") and "martin" not in log.read_text("utf-8")
    erase(gw, asks_proven(gw, Right.ERASURE, LEA).id, by="Inès")
    keep(gw)
    [told] = journal_of(gw, "hand_over")
    assert (told["outcome"], told["reply"]) == ("rejected", "no such user <address>")


def test_a_refusal_of_our_sender_that_names_her_names_nobody_where_the_team_reads_it(
    gw: Gateway, channel: RecordingChannel
) -> None:
    channel.answer = lambda envelope: Rejected(True, "550 5.7.26", "mail to lea.martin is not authenticated", Fault.OURS)
    add(gw, Person(email=LEA))
    newsletter(gw)
    run(gw)
    (alarm,) = journal_of(gw, "alarm")
    assert "lea" not in alarm["why"] and "lea" not in str(launching.status(gw, "lettre").campaign.why)


def test_outcomes_whose_commit_was_not_confirmed_are_written_down_once(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The database goes away as it says yes: what was written is not written, nor counted against the address, again.

    The log says so once, not twice a second.
    """
    lost: list[bool] = []

    @contextmanager
    def losing(engine: Engine, **also: Any) -> Iterator[Connection]:
        with begin(engine, **also) as tx:
            yield tx
        if len(lost) < 3:
            lost.append(True)
            raise StoreUnavailable("the connection was lost during COMMIT")

    monkeypatch.setattr(settling, "begin", losing)
    monkeypatch.setattr(settling, "_WAIT_SECONDS", 0.0)
    full = Rejected(True, "552 5.2.2", "mailbox full", Fault.MAILBOX)
    channel.answer = lambda envelope: full if envelope.recipient == LEA else None
    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    run(gw)
    assert len(lost) == 3
    assert [one.message for one in caplog.records if "wait to be written" in one.message] == [
        "2 outcomes wait to be written: the connection was lost during COMMIT"
    ]
    assert sorted(entry["outcome"] for entry in journal_of(gw, "hand_over")) == ["accepted", "rejected"]
    with begin(gw.engine) as tx:
        failures = tx.execute(select(tables.address.c.failures).where(tables.address.c.value == LEA)).scalar_one()
    assert failures == 1


def test_what_its_server_puts_off_does_not_outlive_a_campaign_that_was_cancelled_meanwhile(
    gw: Gateway, channel: RecordingChannel
) -> None:
    def answer(envelope: Any) -> Rejected:
        launching.cancel(gw, "lettre", by="autrice")
        return Rejected(False, "451 4.3.2", "later", Fault.THROTTLED)

    channel.answer = answer
    add(gw, Person(email=LEA))
    newsletter(gw)
    run(gw)
    keep(gw)
    row = message_of(gw, LEA)
    assert (row["state"], row["because"]) == (MessageState.CANCELLED, "campaign-cancelled")
    assert row["settled_at"] is not None


def test_however_many_carriers_of_answers_run_a_campaign_is_finished_when_its_rows_add_up(gw: Gateway) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    with begin(gw.engine) as tx:
        carrier = {"medium": Medium.EMAIL, "message_class": "rights", "state": "running", "definition": b"{}", "author": "a"}
        rows = [carrier | {"name": f"@rights.{number}", "created_at": gw.clock.now()} for number in range(120)]
        tx.execute(insert(tables.campaign), rows)
        tx.execute(update(tables.message).values(state=MessageState.ACCEPTED))
    assert keep(gw).finished == ("lettre",)


def test_a_campaign_paused_before_it_began_goes_on_when_somebody_resumes_it_and_does_not_ask_again(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    launched_at = launching.status(gw, "lettre").campaign.launched_at
    launching.pause(gw, "lettre", by="autrice")
    clock.advance(timedelta(minutes=gw.settings.sending.late_minutes + 1))
    launching.resume(gw, "lettre", by="autrice")
    run(gw)
    assert channel.recipients == [LEA]
    assert launching.status(gw, "lettre").campaign.launched_at == launched_at


def test_a_relay_that_takes_nobody_in_for_hours_costs_no_message_an_attempt_and_no_address_a_failure(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers "421 too busy" before MAIL FROM: nothing of any message was begun."""
    tried: list[int] = []

    def busy(envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        tried.append(len(envelopes))
        return [Rejected(False, "421 4.3.2", "too busy", Fault.THROTTLED) for _ in envelopes]

    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    with monkeypatch.context() as patched:
        patched.setattr(channel, "hand_over", busy)
        for _ in range(30):
            run(gw)
            clock.advance(timedelta(minutes=30))
    assert [(message_of(gw, one)["state"], message_of(gw, one)["attempts"]) for one in (LEA, MEHDI)] == [
        (MessageState.DEFERRED, 0)
    ] * 2
    assert len(tried) <= 30 * 2  # lanes rest in between
    run(gw)
    assert sorted(channel.recipients) == [LEA, MEHDI]
    with begin(gw.engine) as tx:
        assert set(tx.execute(select(tables.address.c.failures)).scalars()) == {0}


def test_a_clock_that_is_put_back_takes_the_permission_of_a_later_hour_with_it(
    database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
) -> None:
    """By day a verdict is remembered; at an hour before it, the gate decides anew, as a replay of the journal will."""
    told = {"declarations": [*load_settings().controller.declarations, "email-quiet-hours"]}
    with installation(database_url, clock, tmp_path, channel=channel, controller=told, sending={"batch": 1}) as gw:
        add(gw, Person(email=LEA), Person(email=MEHDI))
        clock.set(datetime(2026, 12, 2, 5, 15, tzinfo=UTC))  # a quarter past six in the morning in Paris
        newsletter(gw)
        runner = Runner(gw)
        clock.set(datetime(2026, 12, 2, 6, 0, tzinfo=UTC))
        assert runner.step(0) == 1
        clock.set(datetime(2026, 12, 2, 5, 30, tzinfo=UTC))
        assert runner.step(0) == 1
        runner.close()
        (first,) = channel.recipients  # either of them: both are due since the same instant
        row = message_of(gw, MEHDI if first == LEA else LEA)
        assert (row["state"], row["because"]) == (MessageState.DEFERRED, "email-quiet-hours")
        assert row["due_at"] == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)


def test_a_lane_that_cannot_note_what_it_sends_says_why_once_and_sends_nothing(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk: thirty lines of an error, each second, on whatever disk the log is on."""

    def full(_folder: Path) -> Lane:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(running, "Lane", full)
    add(gw, Person(email=LEA))
    newsletter(gw)
    lanes = Lanes(Runner(gw).step, count=2, ring=lambda: None)
    assert [lanes.work() for _ in range(3)] == [0, 0, 0]
    (said,) = (one for one in caplog.records if one.levelname in ("WARNING", "ERROR"))
    assert f"{gw.wire_logs} : impossible d’y noter ce qui part (le disque est plein)" in said.getMessage()
    assert said.exc_info is None
    assert channel.handed == []
    assert message_of(gw, LEA)["state"] is MessageState.WAITING


def test_a_rest_begun_by_a_clock_that_was_ahead_ends_once_it_is_put_right(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    now = clock.now()
    channel.answer = lambda envelope: Rejected(False, "", "no route", Fault.CONNECTION)
    add(gw, Person(email=LEA))
    newsletter(gw)
    clock.advance(timedelta(minutes=30))
    run(gw)
    channel.answer = lambda envelope: None
    clock.set(now)
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).values(due_at=now))
    run(gw)
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED


def test_a_letter_launched_by_a_clock_that_was_ahead_says_when_it_leaves(gw: Gateway, clock: ManualClock) -> None:
    """It waited for weeks, « en cours », and nothing told its author until when."""
    right = clock.now()
    clock.advance(timedelta(days=20))
    add(gw, Person(email=LEA))
    newsletter(gw)
    launched_at = clock.now()
    assert launching.status(gw, "lettre").starts_at is None
    clock.set(right)
    assert launching.status(gw, "lettre").starts_at == launched_at
