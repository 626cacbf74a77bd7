"""What a server refuses, at once or days later, and what becomes of the address and of the campaign; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.compliance.pack import Pack
from gateway.domain.address import AddressState
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Envelope, Fault, Medium, Outcome, Rejected
from gateway.domain.errors import Conflict
from gateway.domain.message import MessageState
from gateway.domain.receipt import AddressCause, Evidence, ReceiptKind
from gateway.domain.suppression import SuppressionCause
from gateway.flows import suppressing
from gateway.flows.campaigning import drafting, launching
from gateway.flows.gateway import Gateway
from gateway.flows.sending.rates import weigh_complaints
from gateway.flows.sending.returning import end_rests, returned, take_effect
from gateway.store import journal, receipts, tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.sending.support import (
    Person,
    RecordingChannel,
    add,
    address_of,
    digest,
    installation,
    journal_of,
    message_of,
    newsletter,
    objects,
    pack,
    run,
)

LEA, MEHDI = "lea@exemple.example", "mehdi@exemple.example"


def refusing(reply: Rejected, whom: str = LEA) -> Any:
    def answer(envelope: Envelope) -> Outcome | None:
        return reply if envelope.recipient == whom else None

    return answer


def comes_back(gw: Gateway, email: str, kind: ReceiptKind, code: str = "5.0.0", reply: str = "") -> None:
    """A report about the last message to somebody takes effect, as a bounce does."""
    with begin(gw.engine) as tx:
        m = tables.message.c
        message_id = tx.execute(select(m.id).where(m.digest == digest(gw, email)).order_by(m.id.desc())).scalar()
        assert message_id is not None
        addressee = receipts.addressees(tx, [message_id])[message_id]
        report = returned(addressee, kind, Evidence(at=gw.clock.now(), code=code, reply=reply))
        receipts.add(tx, report)
        journal.append(tx, take_effect(tx, gw, report))


def letter(gw: Gateway, number: int = 0) -> None:
    newsletter(gw, name=f"lettre-{number}")
    run(gw)


def test_an_address_its_server_does_not_know_is_dead_with_its_code_and_words(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI))
    channel.answer = refusing(Rejected(True, "550 5.1.1", f"<{LEA}>: unknown", Fault.RECIPIENT))
    letter(gw)
    row = address_of(gw, LEA)
    assert (row["state"], row["state_reason"], row["state_code"]) == (AddressState.DEAD, AddressCause.REFUSED, "550 5.1.1")
    assert LEA not in row["state_reply"] and "unknown" in row["state_reply"]
    assert [(e["state"], e["code"]) for e in journal_of(gw, "address")] == [("dead", "550 5.1.1")]
    letter(gw, 2)
    assert message_of_campaign(gw, LEA, "lettre-2")["because"] == "email-bounce"


def message_of_campaign(gw: Gateway, email: str, name: str) -> Any:
    with reading(gw.engine) as tx:
        m, c = tables.message, tables.campaign
        chosen = select(m).join(c, c.c.id == m.c.campaign_id).where(c.c.name == name, m.c.digest == digest(gw, email))
        return tx.execute(chosen).mappings().one()


def test_how_many_refusals_bury_an_address_is_the_packs_to_say(database_url: str, clock: ManualClock, tmp_path: Path) -> None:
    lenient = Pack.from_text(pack().text.replace(b"hard = 1, soft = 5", b"hard = 2, soft = 5"))
    with installation(database_url, clock, tmp_path, law=lenient) as gw:
        add(gw, Person(email=LEA))
        letter(gw, 1)
        comes_back(gw, LEA, ReceiptKind.DEAD, "5.1.1")
        assert address_of(gw, LEA)["state"] is AddressState.VALID
        letter(gw, 2)
        comes_back(gw, LEA, ReceiptKind.DEAD, "5.1.1")
        assert address_of(gw, LEA)["state"] is AddressState.DEAD


def test_a_full_mailbox_counts_once_a_letter_however_often_it_was_tried(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA))
    channel.answer = refusing(Rejected(False, "452 4.2.2", "mailbox full", Fault.MAILBOX))
    newsletter(gw)
    for _ in range(6):
        run(gw)
        clock.advance(timedelta(hours=4))
    assert message_of(gw, LEA)["state"] is MessageState.EXPIRED
    row = address_of(gw, LEA)
    assert (row["state"], row["failures"], row["state_code"]) == (AddressState.VALID, 1, "452 4.2.2")


def test_five_letters_in_a_row_that_come_back_and_the_address_is_left_in_peace_for_a_month(
    gw: Gateway, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA))
    for number in range(5):
        assert address_of(gw, LEA)["state"] is AddressState.VALID
        letter(gw, number)
        comes_back(gw, LEA, ReceiptKind.FULL, "552 5.2.2", "quota exceeded")
        clock.advance(timedelta(days=3))
    row = address_of(gw, LEA)
    assert (row["state"], row["state_reason"], row["failures"]) == (AddressState.FAILING, AddressCause.FAILURES, 5)
    assert [(e["state"], e["failures"]) for e in journal_of(gw, "address")] == [("failing", 5)]
    letter(gw, 6)
    assert message_of_campaign(gw, LEA, "lettre-6")["because"] == "email-failing-pause"

    clock.advance(timedelta(days=26))
    assert end_rests(gw) == 0
    clock.advance(timedelta(days=2))
    assert end_rests(gw) == 1
    row = address_of(gw, LEA)
    assert (row["state"], row["state_reason"], row["failures"]) == (AddressState.VALID, AddressCause.RESTED, 0)
    assert journal_of(gw, "address")[-1]["because"] == "email-failing-rest"


def test_failures_far_apart_and_letters_that_arrive_condemn_nobody(gw: Gateway, clock: ManualClock) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI))
    for number in range(6):
        letter(gw, number)
        comes_back(gw, LEA, ReceiptKind.FAILED)
        comes_back(gw, MEHDI, ReceiptKind.FAILED)
        if number % 3 == 2:
            comes_back(gw, MEHDI, ReceiptKind.DELIVERED)
            assert address_of(gw, MEHDI)["failures"] == 0
        clock.advance(timedelta(days=31 if number == 3 else 2))
    assert address_of(gw, LEA)["state"] is AddressState.VALID
    assert address_of(gw, MEHDI)["state"] is AddressState.VALID


def test_a_server_that_blocks_us_stops_the_campaign_and_blames_nobody(gw: Gateway, clock: ManualClock) -> None:
    add(gw, Person(email=LEA))
    letter(gw)
    newsletter(gw, name="la-suivante", start_at=clock.now() + timedelta(hours=1))
    comes_back(gw, LEA, ReceiptKind.BLOCKED, "550 5.7.1", "listed by an RBL")
    assert address_of(gw, LEA)["state"] is AddressState.VALID
    campaign = drafting.find(gw, "la-suivante")
    assert campaign.state is CampaignState.PAUSED
    assert campaign.why is not None and "refuse notre expéditeur" in campaign.why and "550 5.7.1" in campaign.why


@pytest.mark.parametrize(
    ("code", "words", "mend"),
    [
        ("535 5.7.8", "Username and Password not accepted", "mot de passe du serveur d’envoi n’est pas accepté"),
        ("550 5.4.5", "Daily user sending quota exceeded", "a atteint sa limite d’envois"),
        ("550 5.7.26", "blocked because the sender is unauthenticated", "SPF, DKIM, DMARC"),
        ("421 4.7.0", "too many connections, slow down", "trop de messages à la fois"),
        ("554 5.7.1", "Client host [192.0.2.1] blocked using zen.spamhaus.org", "liste noire"),
        ("554 5.7.1", "Relay access denied", "ne nous reconnaît pas comme client"),
        ("550 5.7.1", "policy", "Corrigez ce qu’il nous reproche"),
    ],
)
def test_a_campaign_that_stops_for_a_fault_of_ours_says_who_mends_it(
    gw: Gateway, clock: ManualClock, code: str, words: str, mend: str
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw, start_at=clock.now() + timedelta(hours=1))
    comes_back(gw, LEA, ReceiptKind.BLOCKED, code, words)
    campaign = drafting.find(gw, "lettre")
    assert campaign.state is CampaignState.PAUSED
    assert mend in (campaign.why or "") and (campaign.why or "").endswith(", puis reprenez la campagne.")


NOBODY_KNOWS = Rejected(False, "99999", "something new", Fault.UNKNOWN)


def test_a_refusal_nobody_knows_that_meets_everybody_stops_the_campaign_and_burns_nobody(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    people = [f"p{number}@exemple.example" for number in range(30)]
    add(gw, *(Person(email=one) for one in people))
    channel.answer = lambda envelope: NOBODY_KNOWS
    newsletter(gw)
    run(gw)
    campaign = drafting.find(gw, "lettre")
    assert campaign.state is CampaignState.PAUSED
    assert campaign.why is not None and "99999" in campaign.why and "inconnue" in campaign.why
    assert {message_of(gw, one)["state"] for one in people} == {MessageState.DEFERRED}
    assert {address_of(gw, one)["failures"] for one in people} == {0}
    assert journal_of(gw, "alarm")[-1]["alarm"] == "sender-fault"
    channel.answer = lambda envelope: None
    clock.advance(timedelta(hours=1))
    launching.resume(gw, "lettre", by="Claire")
    run(gw)
    assert {message_of(gw, one)["state"] for one in people} == {MessageState.ACCEPTED}


def test_a_refusal_nobody_knows_of_one_number_keeps_nobody_else_waiting(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    people = [f"p{number}@exemple.example" for number in range(30)]
    add(gw, Person(email=LEA), *(Person(email=one) for one in people))
    channel.answer = refusing(NOBODY_KNOWS)
    newsletter(gw)
    run(gw)
    assert drafting.find(gw, "lettre").state is CampaignState.RUNNING
    assert {message_of(gw, one)["state"] for one in people} == {MessageState.ACCEPTED}
    for _ in range(6):  # she is tried again a few times, alone, and then given up: the team hears of her in the report
        clock.advance(timedelta(hours=5))
        run(gw)
    row = message_of(gw, LEA)
    assert (row["state"], row["because"]) == (MessageState.EXPIRED, "tries-used-up")
    assert drafting.find(gw, "lettre").state is not CampaignState.PAUSED
    assert address_of(gw, LEA)["state"] is AddressState.VALID


def test_a_refusal_nobody_knows_that_begins_in_mid_campaign_stops_it(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=MEHDI))
    newsletter(gw)
    run(gw)
    clock.advance(timedelta(minutes=5))
    add(gw, Person(email=LEA))
    channel.answer = lambda envelope: NOBODY_KNOWS
    newsletter(gw, name="la-suivante")
    run(gw)
    assert drafting.find(gw, "la-suivante").state is CampaignState.PAUSED
    clock.advance(timedelta(minutes=10))
    launching.resume(gw, "la-suivante", by="Claire")
    run(gw)
    assert drafting.find(gw, "la-suivante").state is CampaignState.RUNNING, "the team has read of it, and resumed"
    assert message_of(gw, LEA)["state"] is MessageState.DEFERRED


def test_reports_about_letters_of_before_the_mending_stop_a_resumed_campaign_no_more(gw: Gateway, clock: ManualClock) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI))
    newsletter(gw)
    with begin(gw.engine) as tx:  # one letter is handed over, the other waits
        m = tables.message
        handed = {"state": MessageState.ACCEPTED, "handed_at": clock.now()}
        tx.execute(update(m).where(m.c.digest == digest(gw, LEA)).values(handed))
    comes_back(gw, LEA, ReceiptKind.BLOCKED, "5.7.26", "unauthenticated mail")
    assert drafting.find(gw, "lettre").state is CampaignState.PAUSED
    clock.advance(timedelta(minutes=10))
    launching.resume(gw, "lettre", by="Claire")
    comes_back(gw, LEA, ReceiptKind.BLOCKED, "5.7.26", "unauthenticated mail, again")
    campaign = drafting.find(gw, "lettre")
    assert (campaign.state, "again" in (campaign.warning or "")) == (CampaignState.RUNNING, True)
    clock.advance(timedelta(minutes=1))
    run(gw)
    newsletter(gw, name="la-suivante", start_at=clock.now() + timedelta(hours=1))
    comes_back(gw, MEHDI, ReceiptKind.BLOCKED, "5.7.26", "unauthenticated mail")
    assert drafting.find(gw, "la-suivante").state is CampaignState.PAUSED


def test_a_block_reported_after_the_campaign_ended_is_a_warning_said_once(gw: Gateway) -> None:
    add(gw, Person(email=LEA))
    letter(gw)
    assert drafting.find(gw, "lettre-0").state is CampaignState.FINISHED
    comes_back(gw, LEA, ReceiptKind.BLOCKED, "550 5.7.1", "listed")
    comes_back(gw, LEA, ReceiptKind.BLOCKED, "550 5.7.1", "listed")
    assert "avant la prochaine lettre" in (drafting.find(gw, "lettre-0").warning or "")
    assert [e["alarm"] for e in journal_of(gw, "alarm")] == ["sender-fault"]


def test_a_refusal_of_the_words_says_nothing_of_the_address(gw: Gateway) -> None:
    add(gw, Person(email=LEA))
    letter(gw)
    comes_back(gw, LEA, ReceiptKind.REFUSED, "554 5.6.0", "looks like spam")
    comes_back(gw, LEA, ReceiptKind.UNKNOWN)
    row = address_of(gw, LEA)
    assert (row["state"], row["failures"]) == (AddressState.VALID, 0)
    assert launching.status(gw, "lettre-0").returned == {ReceiptKind.REFUSED: 1, ReceiptKind.UNKNOWN: 1}


def test_a_dead_address_may_be_lifted_with_a_reason_and_an_objection_never(gw: Gateway) -> None:
    add(gw, Person(email=LEA), Person(email=MEHDI))
    letter(gw)
    comes_back(gw, LEA, ReceiptKind.DEAD, "550 5.1.1", "no such user")
    suppressing.lift(gw, LEA, why="elle a rappelé, sa boîte est rouverte", by="Claire")
    row = address_of(gw, LEA)
    assert (row["state"], row["state_reason"]) == (AddressState.VALID, AddressCause.LIFTED)
    assert "rappelé" in row["state_reply"]
    objects(gw, MEHDI, Medium.EMAIL, cause=SuppressionCause.COMPLAINT)
    with pytest.raises(Conflict, match="optout-effect"):
        suppressing.lift(gw, MEHDI, why="il a sûrement changé d’avis", by="Claire")


# -- complaints


def many_letters(gw: Gateway, accepted: int, complaints: int) -> int:
    """A running campaign with so many letters taken, so many of them reported; returns its id."""
    add(gw, *(Person(email=f"p{number}@exemple.example") for number in range(3)))
    newsletter(gw, name="grande", start_at=gw.clock.now() + timedelta(hours=1))
    campaign_id = drafting.find(gw, "grande").id
    with begin(gw.engine) as tx:
        row = {"campaign_id": campaign_id, "message_class": "campaign", "state": MessageState.ACCEPTED, "due_at": gw.clock.now()}
        tx.execute(insert(tables.message), [{**row, "digest": b"%16d" % number} for number in range(accepted)])
    complain(gw, campaign_id, complaints)
    return campaign_id


def complain(gw: Gateway, campaign_id: int, complaints: int) -> None:
    with begin(gw.engine) as tx:
        reported = select(tables.receipt.c.message_id)
        m = tables.message.c
        chosen = select(m.id).where(m.campaign_id == campaign_id, m.state == MessageState.ACCEPTED, m.id.not_in(reported))
        for message_id in tx.execute(chosen.limit(complaints)).scalars().all():
            row = {"message_id": message_id, "campaign_id": campaign_id, "kind": ReceiptKind.COMPLAINT, "at": gw.clock.now()}
            tx.execute(insert(tables.receipt).values(**row))


def test_three_complaints_in_a_thousand_pause_the_campaign_and_say_so(gw: Gateway) -> None:
    many_letters(gw, accepted=1000, complaints=3)
    assert weigh_complaints(gw) == 1
    campaign = drafting.find(gw, "grande")
    assert campaign.state is CampaignState.PAUSED
    assert campaign.why is not None
    assert "3 personnes sur 1000" in campaign.why and "0,30\u00a0%" in campaign.why and "email-complaint-rate" in campaign.why
    assert [e["alarm"] for e in journal_of(gw, "alarm")] == ["complaint-rate"]


def test_one_complaint_in_a_thousand_is_a_warning_and_so_are_three_in_two_thousand(gw: Gateway) -> None:
    campaign_id = many_letters(gw, accepted=1000, complaints=1)
    weigh_complaints(gw)
    campaign = drafting.find(gw, "grande")
    assert campaign.state is CampaignState.RUNNING
    assert "1 personne sur 1000 qui ont reçu cette lettre l’a signalée" in (campaign.warning or "")
    assert "soit 0,10\u00a0% (limite : 0,10\u00a0%" in (campaign.warning or "")
    complain(gw, campaign_id, 1)
    weigh_complaints(gw)
    assert "2 personnes sur 1000" in (drafting.find(gw, "grande").warning or "")
    assert weigh_complaints(gw) == 0


def test_less_than_one_in_a_thousand_says_nothing(gw: Gateway) -> None:
    many_letters(gw, accepted=2000, complaints=1)
    weigh_complaints(gw)
    campaign = drafting.find(gw, "grande")
    assert (campaign.state, campaign.warning) == (CampaignState.RUNNING, None)


@pytest.mark.parametrize(("accepted", "complaints"), [(3, 3), (50, 3), (600, 2)])
def test_few_letters_or_few_complaints_pause_nothing_and_the_team_is_told(gw: Gateway, accepted: int, complaints: int) -> None:
    many_letters(gw, accepted=accepted, complaints=complaints)
    weigh_complaints(gw)
    campaign = drafting.find(gw, "grande")
    assert campaign.state is CampaignState.RUNNING
    assert f"{complaints} personnes sur {accepted}" in (campaign.warning or "")


def test_one_complaint_about_ten_letters_is_no_rate(gw: Gateway) -> None:
    many_letters(gw, accepted=10, complaints=1)
    weigh_complaints(gw)
    campaign = drafting.find(gw, "grande")
    assert (campaign.state, campaign.warning) == (CampaignState.RUNNING, None)


def test_whoever_resumes_is_heard_until_somebody_else_complains(gw: Gateway) -> None:
    campaign_id = many_letters(gw, accepted=1000, complaints=4)
    weigh_complaints(gw)
    launching.resume(gw, "grande", by="Claire")
    assert weigh_complaints(gw) == 0
    assert drafting.find(gw, "grande").state is CampaignState.RUNNING
    complain(gw, campaign_id, 1)
    weigh_complaints(gw)
    assert drafting.find(gw, "grande").state is CampaignState.PAUSED


def test_too_many_complaints_about_a_campaign_that_is_over_are_a_warning_for_the_next(gw: Gateway) -> None:
    campaign_id = many_letters(gw, accepted=500, complaints=5)
    with begin(gw.engine) as tx:
        tx.execute(update(tables.campaign).where(tables.campaign.c.id == campaign_id).values(state=CampaignState.FINISHED))
    weigh_complaints(gw)
    campaign = drafting.find(gw, "grande")
    assert (campaign.state, "1,00\u00a0%" in (campaign.warning or "")) == (CampaignState.FINISHED, True)
