"""The gate, on both databases: who gets the newsletter, who does not, and what the journal says of it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import delete, update

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Envelope, Fault, Medium, Outcome, Rejected, Unsure, Watch
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import drafting, launching, testing
from gateway.flows.campaigning.definition import Definition
from gateway.flows.consenting import withdraw_consent
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.notifying import Notice, notify
from gateway.flows.sending.doubts import settle_by_evidence
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.lane import Lane
from gateway.flows.sending.runner import Runner
from gateway.store import campaigns, tables
from gateway.store.engine import begin, reading
from gateway.store.precedence import Precedence
from tests.clock import ManualClock
from tests.sending.support import (
    Person,
    RecordingChannel,
    add,
    digest,
    drain,
    installation,
    journal_of,
    message_of,
    newsletter,
    objects,
    pack_reviewed_until,
    run,
)

LEA, MEHDI, NOE = "lea@exemple.example", "mehdi@exemple.example", "noe@exemple.example"


def test_a_person_who_agreed_gets_the_newsletter_and_the_journal_proves_why(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    run(gw)
    assert channel.recipients == [LEA]
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED
    [decision] = journal_of(gw, "decision")
    [handed] = journal_of(gw, "hand_over")
    assert (decision["verdict"], decision["pack"]) == ("allow", gw.pack.version)
    assert "consent-per-channel" in decision["rules"]
    assert decision["facts"] in {entry["facts"] for entry in journal_of(gw, "facts")}
    assert handed["outcome"] == "accepted" and handed["began"] <= handed["at"]
    assert handed["person"] == decision["person"]


def test_no_address_and_no_name_ever_enters_the_journal(gw: Gateway, channel: RecordingChannel) -> None:
    def refuse(envelope: Envelope) -> Outcome:
        return Rejected(True, "550 5.1.1", f"<{envelope.recipient}>: User unknown", Fault.RECIPIENT)

    channel.answer = refuse
    add(gw, Person(email=LEA, given_name="Zéphyrine"))
    newsletter(gw)
    run(gw)
    for kind in ("facts", "decision", "hand_over", "address", "campaign", "approval"):
        told = str(journal_of(gw, kind))
        assert told != "[]", f"{kind}: of what nobody wrote, nothing is shown"
        assert "lea@" not in told and "Zéphyrine" not in told


@pytest.mark.parametrize(
    ("person", "rule"),
    [
        (Person(email=LEA, consent=None), "consent-per-channel"),
        (Person(email=LEA, consent="withdrawn"), "consent-per-channel"),
        (Person(email=LEA, evidence=False), "consent-proof"),
        (Person(email=LEA, restricted=True), "dsar-restriction"),
        (Person(email=LEA, contact_class=ContactClass.OCCASIONAL, consent=None), "consent-per-channel"),
    ],
)
def test_whoever_the_law_protects_is_refused_with_the_rule(
    gw: Gateway, channel: RecordingChannel, person: Person, rule: str
) -> None:
    add(gw, person, Person(email=NOE))
    newsletter(gw)
    run(gw)
    assert channel.recipients == [NOE]
    row = message_of(gw, LEA)
    assert row["state"] is MessageState.REFUSED
    assert rule in row["because"].split(",")


def test_an_objection_committed_before_the_claim_cancels_the_message(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    token = gw.keys.link_token(LinkScope.OBJECT, message_of(gw, LEA)["id"], digest(gw, LEA))
    done = object_by_link(gw, token, cause=SuppressionCause.ONE_CLICK)
    run(gw)
    assert (done.cancelled, done.already, channel.recipients) == (1, False, [])
    assert message_of(gw, LEA)["because"] == "optout-effect"
    assert object_by_link(gw, token, cause=SuppressionCause.ONE_CLICK).already


def seen_soon(seen: Callable[[bytes, int], bool], one: bytes) -> None:
    """Wait until the feed has seen it: milliseconds, on whatever thread it watches; seconds on a busy machine."""
    for _ in range(5_000):
        if seen(one, 0):
            return
        time.sleep(0.002)


@pytest.mark.parametrize("when", ["before", "begun"])
def test_an_objection_committed_after_the_verdict_still_holds_the_message_back(
    gw: Gateway, channel: RecordingChannel, when: str
) -> None:
    """Even once its hand-over has begun: a mail server that is slow leaves seconds between the envelope and the letter."""

    def object_meanwhile(envelope: Envelope) -> None:
        if envelope.recipient == (LEA if when == "before" else MEHDI):
            objects(gw, MEHDI, Medium.EMAIL)
            seen_soon(gw.feed.suppressed_since, digest(gw, MEHDI))

    setattr(channel, when, object_meanwhile)
    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    run(gw, lanes=1)
    assert channel.recipients == [LEA]
    row = message_of(gw, MEHDI)
    assert (row["state"], row["because"], row["handed_at"]) == (MessageState.CANCELLED, "objection-first", None)
    assert [e["outcome"] for e in journal_of(gw, "hand_over") if e.get("objected")] == ["withheld"]


def test_whoever_is_about_to_object_goes_first_and_her_message_is_held_back(gw: Gateway, channel: RecordingChannel) -> None:
    path, hours = gw.settings.var_dir / "first", count()
    with ExitStack() as first:

        def object_now(_seconds: float) -> None:
            token = gw.keys.link_token(LinkScope.OBJECT, message_of(gw, MEHDI)["id"], digest(gw, MEHDI))
            object_by_link(gw, token, cause=SuppressionCause.ONE_CLICK)
            first.close()
            seen_soon(gw.feed.suppressed_since, digest(gw, MEHDI))

        def begin_to_object(envelope: Envelope) -> None:
            if envelope.recipient == MEHDI:
                first.enter_context(Precedence(path).first())

        vars(gw)["precedence"] = Precedence(path, monotonic=lambda: float(next(hours)), sleep=object_now)
        channel.before = begin_to_object
        add(gw, Person(email=LEA), Person(email=MEHDI))
        newsletter(gw)
        run(gw, lanes=1)
    assert channel.recipients == [LEA]
    assert message_of(gw, MEHDI)["because"] == "objection-first"


def the_other_takes_back_meanwhile(gw: Gateway, envelope: Envelope) -> None:
    """While the message before it is handed over, and the feed knows it. Which comes first is the database's choice."""
    other = MEHDI if envelope.recipient == LEA else LEA
    withdraw_consent(gw, other, by="the person", means="preference page")
    seen_soon(gw.feed.changed_since, digest(gw, other))


def test_a_consent_taken_back_after_the_verdict_sends_the_message_back_to_the_gate(
    gw: Gateway, channel: RecordingChannel
) -> None:
    channel.before = partial(the_other_takes_back_meanwhile, gw)
    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    run(gw, lanes=1)
    (sent,) = channel.recipients
    row = message_of(gw, MEHDI if sent == LEA else LEA)
    assert (row["state"], row["handed_at"]) == (MessageState.REFUSED, None)
    assert "consent-per-channel" in row["because"]  # decided again, on what she says now: not on a flag
    assert [entry["verdict"] for entry in journal_of(gw, "decision")] == ["allow", "allow", "refuse"]
    assert sorted(entry["outcome"] for entry in journal_of(gw, "hand_over")) == ["accepted", "withheld"]


def test_an_answer_to_a_request_does_not_wait_for_a_consent_taken_back_meanwhile(gw: Gateway, channel: RecordingChannel) -> None:
    channel.before = partial(the_other_takes_back_meanwhile, gw)
    add(gw, Person(email=LEA), Person(email=MEHDI))
    with begin(gw.engine) as tx:
        for email in (LEA, MEHDI):
            own = Notice(message_class=MessageClass.RIGHTS, letter="own-data", occasion="own:1")
            notify(tx, gw, digest(gw, email), own)
    run(gw, lanes=1)
    assert channel.recipients == [LEA, MEHDI]
    assert [entry["rules"] for entry in journal_of(gw, "decision")] == [["rights-messages-exempt"]] * 2


def test_a_message_in_doubt_is_never_sent_again_and_keeps_the_campaign_open(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    channel.answer = lambda envelope: Unsure("connection lost after the final dot")
    add(gw, Person(email=LEA))
    newsletter(gw)
    run(gw)
    clock.advance(timedelta(days=2))
    channel.answer = lambda envelope: None
    run(gw)
    keep(gw)
    assert channel.recipients == [LEA]
    assert message_of(gw, LEA)["state"] is MessageState.UNCERTAIN
    assert launching.status(gw, "lettre").campaign.state is CampaignState.RUNNING
    assert settle_by_evidence(gw, message_of(gw, LEA)["id"], MessageState.ACCEPTED, evidence="relay log", by="autrice")
    assert keep(gw).finished == ("lettre",)


def test_a_full_mailbox_is_tried_again_at_its_hours_and_then_expires(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    channel.answer = lambda envelope: Rejected(False, "452 4.2.2", "mailbox full", Fault.MAILBOX)
    add(gw, Person(email=LEA))
    newsletter(gw)
    tries = 0
    for _ in range(40):
        run(gw)
        tries = len(channel.handed)
        clock.advance(timedelta(minutes=30))
    assert tries == 1 + len(gw.settings.sending.retry_minutes)
    assert message_of(gw, LEA)["state"] is MessageState.EXPIRED


def test_an_address_its_server_declares_dead_is_not_written_to_again(gw: Gateway, channel: RecordingChannel) -> None:
    channel.answer = lambda envelope: Rejected(True, "550 5.1.1", "no such user", Fault.RECIPIENT)
    add(gw, Person(email=LEA))
    newsletter(gw)
    run(gw)
    newsletter(gw, "lettre-2")
    run(gw)
    assert len(channel.handed) == 1
    with begin(gw.engine) as tx:
        rows = tx.execute(tables.message.select().order_by(tables.message.c.id)).mappings().all()
    assert [row["state"] for row in rows] == [MessageState.REJECTED, MessageState.REFUSED]
    assert "email-bounce" in rows[1]["because"]


def test_where_one_writes_at_a_time_whoever_objects_waits_for_fifty_decisions_at_most(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    hand_over = channel.hand_over

    def counted(envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        sizes.append(len(envelopes))
        return hand_over(envelopes, watch)

    monkeypatch.setattr(channel, "hand_over", counted)
    add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(120)))
    newsletter(gw)
    run(gw)
    assert sum(sizes) == 120
    if gw.engine.dialect.name == "sqlite":  # elsewhere rows that somebody holds are skipped, and a batch is what is free
        assert max(sizes) == 50


def in_batches_of(size: int, gw: Gateway) -> Gateway:
    sending = gw.settings.sending.model_copy(update={"batch": size})
    return replace(gw, settings=gw.settings.model_copy(update={"sending": sending}))


def test_a_refusal_of_our_sender_pauses_the_campaign_and_says_so(gw: Gateway, channel: RecordingChannel) -> None:
    gw = in_batches_of(10, gw)
    channel.answer = lambda envelope: Rejected(True, "550 5.7.26", "unauthenticated mail", Fault.OURS)
    add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(50)))
    newsletter(gw)
    run(gw)
    now = launching.status(gw, "lettre")
    assert now.campaign.state is CampaignState.PAUSED and "5.7.26" in (now.campaign.why or "")
    assert now.counts[MessageState.REJECTED] == 0
    assert len(channel.handed) <= gw.settings.sending.batch * gw.settings.sending.lanes
    channel.answer = lambda envelope: None
    launching.resume(gw, "lettre", by="autrice")
    run(gw)
    assert launching.status(gw, "lettre").counts[MessageState.ACCEPTED] == 50


def test_an_unreachable_relay_makes_everybody_rest_and_costs_no_try(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    gw = in_batches_of(10, gw)
    channel.answer = lambda envelope: Rejected(False, "", "connection refused", Fault.CONNECTION)
    add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(50)))
    newsletter(gw)
    run(gw)
    first = len(channel.handed)
    assert first <= gw.settings.sending.batch * gw.settings.sending.lanes
    channel.answer = lambda envelope: None
    run(gw)
    assert len(channel.handed) == first, "the sender rests"
    clock.advance(timedelta(minutes=5))
    run(gw)
    now = launching.status(gw, "lettre")
    assert now.counts[MessageState.ACCEPTED] == now.messages == 50


def test_a_paused_campaign_sends_nothing_until_resumed_and_a_cancelled_one_nothing_more(
    gw: Gateway, channel: RecordingChannel
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    launching.pause(gw, "lettre", by="autrice", why="relecture")
    assert run(gw) == 0 and channel.handed == []
    launching.resume(gw, "lettre", by="autrice")
    launching.cancel(gw, "lettre", by="autrice")
    assert run(gw) == 0 and channel.handed == []
    assert message_of(gw, LEA)["because"] == "campaign-cancelled"


def test_launching_twice_with_one_key_sends_once_and_another_key_is_refused(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    again = launching.launch(gw, "lettre", by="autrice", key="k1")
    assert again.already and again.messages == 1
    with pytest.raises(Conflict):
        launching.launch(gw, "lettre", by="autrice", key="k2")
    run(gw)
    assert channel.recipients == [LEA]


def test_what_changed_after_its_approval_is_not_launched(gw: Gateway) -> None:
    newsletter(gw, launched=False)
    row = drafting.find(gw, "lettre")
    definition = Definition.from_body(row.definition)
    changed = Definition(content=definition.content, audience=definition.audience, attestations=("no-late-polemic",))
    drafting.change(gw, "lettre", changed, by="autrice")
    with pytest.raises(Conflict, match="approuvée"):
        launching.launch(gw, "lettre", by="autrice", key="k1")


def test_an_author_does_not_approve_her_own_campaign_however_she_types_her_name(gw: Gateway) -> None:
    newsletter(gw, launched=False)
    for typed in ("Autrice", "autrice ", " AUTRICE", "aùtrice", "au\u00adtrice"):
        with pytest.raises(Conflict, match="une autre personne"):
            launching.approve(gw, "lettre", by=typed)


def test_a_waiver_lets_whom_it_names_approve_alone_and_nobody_else(database_url: str, clock: ManualClock, tmp_path: Path) -> None:
    alone = {"addresses": ["equipe@valbrume.example"], "single_approver": "Claire Martin : l’équipe n’a qu’elle"}
    with installation(database_url, clock, tmp_path, team=alone) as gw:
        newsletter(gw, launched=False)
        with pytest.raises(Conflict, match="ne le permet qu’à Claire Martin"):
            launching.approve(gw, "lettre", by="autrice")
        definition = Definition.from_body(drafting.find(gw, "lettre").definition)
        drafting.create(gw, "lettre-2", definition, by="Claire Martin")
        launching.approve(gw, "lettre-2", by="claire martin")
        assert journal_of(gw, "approval")[-1].get("waiver") == alone["single_approver"]


def test_nobody_approves_a_campaign(gw: Gateway) -> None:
    newsletter(gw, launched=False)
    with pytest.raises(InvalidInput, match="dites qui approuve"):
        launching.approve(gw, "lettre", by="  ")


def test_whoever_wrote_the_last_version_does_not_approve_it_either(gw: Gateway) -> None:
    newsletter(gw, launched=False)
    definition = Definition.from_body(drafting.find(gw, "lettre").definition)
    drafting.change(gw, "lettre", replace(definition, attestations=("no-late-polemic",)), by="relecteur")
    with pytest.raises(Conflict, match="relecteur a écrit"):
        launching.approve(gw, "lettre", by="relecteur")
    launching.approve(gw, "lettre", by="autrice")
    assert journal_of(gw, "approval")[-1]["author"] == "relecteur"


def test_a_campaign_that_missed_its_hour_asks_before_it_fires(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw, start_at=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=1, minutes=gw.settings.sending.late_minutes + 1))
    run(gw)
    assert channel.handed == []
    assert launching.status(gw, "lettre").campaign.state is CampaignState.LATE
    launching.resume(gw, "lettre", by="autrice")
    run(gw)
    assert channel.recipients == [LEA]


def test_a_newsletter_due_during_the_silence_waits_for_its_end(
    database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
) -> None:
    clock.set(datetime(2027, 4, 17, 10, 0, tzinfo=UTC))
    with installation(database_url, clock, tmp_path, channel=channel, law=pack_reviewed_until(date(2027, 12, 31))) as gw:
        add(gw, Person(email=LEA, territory="metropole"))
        newsletter(gw, attestations=("no-late-polemic",))
        run(gw)
        row = message_of(gw, LEA)
        assert (channel.handed, row["state"]) == ([], MessageState.DEFERRED)
        assert row["due_at"] == datetime(2027, 4, 18, 18, 0, tzinfo=UTC)
        assert "silence-electronic" in row["because"]


def test_nothing_leaves_once_a_rule_is_past_its_review(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    clock.set(datetime(2027, 12, 1, 10, 0, tzinfo=UTC))
    assert run(gw) == 0
    assert (channel.handed, message_of(gw, LEA)["state"]) == ([], MessageState.WAITING)
    assert "past their review" in caplog.text


def test_a_person_erased_while_her_message_waits_gets_nothing(gw: Gateway, channel: RecordingChannel) -> None:
    [lea] = add(gw, Person(email=LEA))
    newsletter(gw)
    with begin(gw.engine) as tx:
        for table in (tables.consent, tables.address, tables.person_key):
            tx.execute(delete(table).where(table.c.contact_id == lea))
        tx.execute(delete(tables.contact).where(tables.contact.c.id == lea))
    run(gw)
    assert channel.handed == []
    assert message_of(gw, LEA)["because"] == "person-gone"


def test_a_lease_that_ran_out_leaves_doubt_and_not_a_second_message(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw)
    with begin(gw.engine) as tx:
        tx.execute(
            update(tables.message).values(
                state=MessageState.HANDING_OVER, worker="elsewhere-1", lease_until=clock.now() + timedelta(minutes=5)
            )
        )
    assert keep(gw).uncertain == 0
    clock.advance(timedelta(minutes=6))
    assert keep(gw).uncertain == 1
    run(gw)
    assert channel.handed == []
    assert message_of(gw, LEA)["state"] is MessageState.UNCERTAIN


def test_a_dead_lane_is_settled_from_its_wire_log(gw: Gateway, channel: RecordingChannel, tmp_path: Path) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI), Person(email=NOE))
    newsletter(gw)
    lane = Lane(gw.wire_logs)
    ids = {email: message_of(gw, email)["id"] for email in (LEA, MEHDI, NOE)}
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).values(state=MessageState.HANDING_OVER, worker=lane.name, lease_until=gw.clock.now()))
    lane.wire.passing(ids[LEA], "2026-12-01T10:00:00.000000Z")
    lane.wire.ended(ids[LEA], {"o": "accepted", "reference": "250 ok", "sha256": "00" * 32})
    lane.wire.passing(ids[MEHDI], "2026-12-01T10:00:00.000000Z")
    lane.abandon()
    found = keep(gw).recovered
    assert (found.settled, found.uncertain, found.reopened) == (1, 1, 1)
    run(gw)
    assert channel.recipients == [NOE]
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED
    assert message_of(gw, MEHDI)["state"] is MessageState.UNCERTAIN


def test_a_thread_that_outlives_its_lane_sends_nothing_more(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have said of her message that it never left, and it left again: the late thread must not send a second one."""
    living, late = threading.Event(), []
    one_by_one = channel.hand_over

    def hand_over(envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        def lag() -> None:
            living.wait(20)
            try:
                channel._one(envelopes[0], watch)
            except OSError as fault:
                late.append(fault)

        thread.append(threading.Thread(target=lag))
        thread[0].start()
        raise KeyboardInterrupt

    thread: list[threading.Thread] = []
    add(gw, Person(email=LEA))
    newsletter(gw)
    monkeypatch.setattr(channel, "hand_over", hand_over)
    with pytest.raises(KeyboardInterrupt):
        drain(Runner(gw), lanes=1)
    assert keep(gw).recovered.reopened == 1
    monkeypatch.setattr(channel, "hand_over", one_by_one)
    channel.before = lambda envelope: living.set() if not living.is_set() else None
    channel.answer = lambda envelope: thread[0].join(20)  # her message is on the wire of a new lane, whose file is open
    run(gw)
    assert channel.recipients == [LEA] and len(late) == 1
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED


def test_a_letter_whose_notices_an_update_changed_stops_and_says_how_it_goes_on(gw: Gateway, channel: RecordingChannel) -> None:
    """Resumed as it is, it would stop again at once, for ever: its paragraph said nothing else."""
    add(gw, Person(email=LEA))
    newsletter(gw)
    controller = gw.settings.controller.model_copy(update={"address": "9, rue du Port, 00000 Valbrume"})
    updated = replace(gw, settings=gw.settings.model_copy(update={"controller": controller}))
    assert run(updated) == 0 and channel.recipients == []
    with reading(gw.engine) as tx:
        stopped = campaigns.by_name(tx, "lettre")
    why = stopped.why if stopped and stopped.why else ""
    assert "Remettez-les et reprenez-la" in why and "--rest-of lettre" in why
    launching.resume(gw, "lettre", by="autrice")
    run(gw)
    assert channel.recipients == [LEA]


def test_the_pace_of_the_sender_is_kept(database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel) -> None:
    smtp = {"per_second": 5, "per_second_by_domain": {"lent.example": 1}}
    with installation(database_url, clock, tmp_path, channel=channel, smtp=smtp) as gw:
        add(
            gw,
            *(Person(email=f"p{n}@rapide.example") for n in range(20)),
            *(Person(email=f"p{n}@lent.example") for n in range(5)),
        )
        newsletter(gw)
        seconds = 0
        while launching.status(gw, "lettre").counts[MessageState.ACCEPTED] < 25:
            before = len(channel.handed)
            run(gw)
            fresh = channel.recipients[before:]
            assert len(fresh) <= 5 and sum(r.endswith("@lent.example") for r in fresh) <= 1
            clock.advance(timedelta(seconds=1))
            seconds += 1
            assert seconds < 60


def test_a_team_that_signs_itself_sends_mail_that_dkim_verifies(
    database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = tmp_path / "dkim.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    sender = {
        "name": "Camille Rochebrune",
        "email": "lettre@valbrume.example",
        "reply_to": "equipe@valbrume.example",
        "dkim_selector": "s1",
        "dkim_key_file": str(pem),
    }
    with installation(database_url, clock, tmp_path, channel=channel, sender=sender) as gw:
        add(gw, Person(email=LEA, given_name="Éléonore"))
        newsletter(gw)
        run(gw)
    assert dkim.verify(channel.payloads[LEA], dnsfunc=lambda name, timeout=5: b"v=DKIM1; k=rsa; p=" + public)


def test_a_test_copy_goes_to_the_declared_team_and_to_nobody_else(gw: Gateway, channel: RecordingChannel) -> None:
    [lea] = add(gw, Person(email=LEA, given_name="Léa"))
    newsletter(gw, launched=False)
    with pytest.raises(InvalidInput, match=r"team\.addresses"):
        testing.send_test(gw, "lettre", LEA, by="autrice")
    testing.send_test(gw, "lettre", "equipe@valbrume.example", by="autrice", sample=lea)
    testing.send_test(gw, "lettre", "equipe@valbrume.example", by="autrice", sample=lea)
    run(gw)
    assert channel.recipients == ["equipe@valbrume.example"] * 2
    assert "Léa" in channel.payloads["equipe@valbrume.example"].decode()


def test_the_team_is_no_part_of_an_audience_it_never_joined(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw, launched=False)
    testing.send_test(gw, "lettre", "equipe@valbrume.example", by="autrice")
    launching.launch(gw, "lettre", by="autrice", key="k1")
    run(gw)
    assert sorted(channel.recipients) == ["equipe@valbrume.example", LEA]
    assert launching.status(gw, "lettre").messages == 1


def test_a_letter_that_is_no_longer_what_was_approved_does_not_leave(
    database_url: str, clock: ManualClock, tmp_path: Path, channel: RecordingChannel
) -> None:
    with installation(database_url, clock, tmp_path, channel=channel) as gw:
        add(gw, Person(email=LEA))
        newsletter(gw)
    sender = {"name": "Quelqu’un d’autre", "email": "lettre@valbrume.example", "reply_to": "equipe@valbrume.example"}
    with installation(database_url, clock, tmp_path, channel=channel, sender=sender) as gw:
        run(gw)
        now = launching.status(gw, "lettre").campaign
        assert (channel.handed, now.state) == ([], CampaignState.PAUSED)
        assert "approuvée" in (now.why or "")


def test_a_check_that_fails_refuses_and_raises_an_alarm(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA, territory="atlantis"))
    newsletter(gw)
    run(gw)
    assert (channel.handed, message_of(gw, LEA)["because"]) == ([], "rule-failed")
    assert [entry["alarm"] for entry in journal_of(gw, "alarm")] == ["rule-failed"]
