"""What comes back by mail takes effect, once, on both databases."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from gateway.domain.address import AddressState
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Envelope, Outcome, Unsure
from gateway.domain.errors import StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.receipt import AddressCause, ReceiptKind
from gateway.domain.reply import InboxKind, InboxState, Settlement
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows.campaigning import drafting, launching
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import end_terms
from gateway.flows.receiving import intake, receive
from gateway.flows.sending.rates import weigh_complaints
from gateway.store import inbox, journal, receipts, suppressions, tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.inbound.mails import bounce, complaint, mail, reference, return_path
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
    run,
)

LEA, MEHDI, TEAM = "lea@exemple.example", "mehdi@exemple.example", "equipe@valbrume.example"


@pytest.fixture
def gw(gw: Gateway) -> Gateway:
    """Léa and Mehdi have got the newsletter."""
    add(gw, Person(email=LEA, given_name="Léa"), Person(email=MEHDI, given_name="Mehdi"))
    newsletter(gw)
    run(gw)
    return gw


def number(gw: Gateway, email: str = LEA) -> int:
    return int(message_of(gw, email)["id"])


def listed(gw: Gateway, email: str = LEA) -> list[tuple[SuppressionKind, SuppressionCause]]:
    with reading(gw.engine) as tx:
        return [(one.kind, one.cause) for one in suppressions.of_digest(tx, digest(gw, email))]


def returned(gw: Gateway, email: str = LEA) -> list[tuple[ReceiptKind, str | None]]:
    with reading(gw.engine) as tx:
        return [(one.kind, one.code) for one in receipts.of_message(tx, number(gw, email))]


def letter(gw: Gateway, letter_id: int | None) -> inbox.Letter:
    assert letter_id is not None
    with reading(gw.engine) as tx:
        found = inbox.find(tx, letter_id)
    assert found is not None
    return found


def bounced(gw: Gateway, reply: str, **also: str) -> intake.Received:
    to = return_path(gw, number(gw))
    return receive(gw, bounce(to, LEA, reply, **also), (to,))


# -- bounces


def test_a_hard_bounce_by_its_return_path_buries_the_address_with_its_evidence(gw: Gateway) -> None:
    done = bounced(gw, "550 5.1.1 <lea@exemple.example>: no such user here")
    row = address_of(gw, LEA)
    assert (row["state"], row["state_reason"], row["state_code"]) == (AddressState.DEAD, AddressCause.REFUSED, "5.1.1")
    assert "no such user" in row["state_reply"] and LEA not in row["state_reply"]
    assert returned(gw) == [(ReceiptKind.DEAD, "5.1.1")]
    assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED  # it was handed over all the same
    assert (done.kind, done.message_id, done.effect) == (InboxKind.BOUNCE, number(gw), "dead")
    assert letter(gw, done.letter_id).settled_as is Settlement.FILED
    (told,) = journal_of(gw, "inbound")
    assert (told["of"], told["effect"], told["message"]) == ("bounce", "dead", number(gw))
    assert [(e["receipt"], e["code"]) for e in journal_of(gw, "receipt")] == [("dead", "5.1.1")]
    assert address_of(gw, MEHDI)["state"] is AddressState.VALID


def test_no_address_of_a_person_enters_the_journal_by_a_bounce(gw: Gateway) -> None:
    bounced(gw, "550 5.1.1 <lea@exemple.example>: no such user here")
    assert not [entry for kind in ("inbound", "receipt", "address") for entry in journal_of(gw, kind) if LEA in str(entry)]


def test_a_bounce_without_a_valid_return_path_buries_nobody_and_is_kept(gw: Gateway) -> None:
    token = gw.keys.verp_token(number(gw))
    forged = f"b+{token[:-1]}{'0' if token[-1] != '0' else '1'}@valbrume.example"
    quoting = f"Message-ID: {reference(gw, number(gw))}\nTo: {LEA}\n"
    done = receive(gw, bounce(forged, LEA, returned=quoting), (forged,))
    assert address_of(gw, LEA)["state"] is AddressState.VALID
    assert (done.kind, done.effect, done.message_id, returned(gw)) == (InboxKind.BOUNCE, "unproven", None, [])
    kept = letter(gw, done.letter_id)
    assert (kept.state, kept.evidence) == (InboxState.SETTLED, "unproven")


def test_a_token_for_unsubscribing_is_worth_nothing_as_a_return_path(gw: Gateway) -> None:
    to = f"b+{gw.keys.unsubscribe_token(number(gw))}@valbrume.example"
    assert receive(gw, bounce(to, LEA), (to,)).effect == "unproven"
    assert address_of(gw, LEA)["state"] is AddressState.VALID


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("552 5.2.2 mailbox full", ReceiptKind.FULL),
        ("451 4.3.0 try again later", ReceiptKind.EXPIRED),
    ],
)
def test_a_passing_failure_is_counted_and_condemns_nobody(gw: Gateway, reply: str, kind: ReceiptKind) -> None:
    bounced(gw, reply)
    row = address_of(gw, LEA)
    assert (row["state"], row["failures"]) == (AddressState.VALID, 1)
    assert [kind_ for kind_, _ in returned(gw)] == [kind]


def test_a_relay_that_only_says_it_is_late_counts_against_nobody(gw: Gateway) -> None:
    done = bounced(gw, "451 4.2.2 mailbox full", action="delayed")
    assert (done.effect, returned(gw), address_of(gw, LEA)["failures"]) == ("delayed", [], 0)


def test_a_block_stops_the_campaign_and_leaves_the_address_alone(gw: Gateway, clock: ManualClock) -> None:
    newsletter(gw, name="la-suivante", start_at=clock.now() + timedelta(hours=1))
    with reading(gw.engine) as tx:
        m = tables.message.c
        next_one = tx.execute(select(m.id).where(m.digest == digest(gw, LEA)).order_by(m.id.desc()).limit(1)).scalar_one()
    to = return_path(gw, next_one)
    receive(gw, bounce(to, LEA, "550 5.7.1 Message rejected: your IP is listed by an RBL"), (to,))
    campaign = drafting.find(gw, "la-suivante")
    assert campaign.state is CampaignState.PAUSED
    assert "refuse notre expéditeur" in (campaign.why or "")
    assert (address_of(gw, LEA)["state"], address_of(gw, LEA)["failures"]) == (AddressState.VALID, 0)


def test_a_delivery_report_settles_what_was_uncertain(database_url: str, clock: ManualClock, tmp_path: Path) -> None:
    def lost(envelope: Envelope) -> Outcome:
        return Unsure("connection lost")

    with installation(database_url, clock, tmp_path, channel=RecordingChannel(answer=lost)) as gw:
        add(gw, Person(email=LEA))
        newsletter(gw)
        run(gw)
        assert message_of(gw, LEA)["state"] is MessageState.UNCERTAIN
        to = return_path(gw, number(gw))
        receive(gw, bounce(to, LEA, "250 2.0.0 delivered", action="delivered", status="2.0.0"), (to,))
        assert message_of(gw, LEA)["state"] is MessageState.ACCEPTED
        assert returned(gw) == [(ReceiptKind.DELIVERED, "2.0.0")]


def test_a_bounce_for_a_person_who_was_erased_is_kept_and_breaks_nothing(gw: Gateway) -> None:
    to, message_id = return_path(gw, number(gw)), number(gw)
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.contact).where(tables.contact.c.id == message_of(gw, LEA)["contact_id"]))
    done = receive(gw, bounce(to, LEA), (to,))
    assert (done.message_id, done.effect) == (message_id, "dead")
    assert "person" not in journal_of(gw, "receipt")[0]


# -- complaints


@pytest.mark.parametrize("shown_by", ["return path", "message id", "feedback id"])
def test_a_complaint_is_an_objection_whatever_shows_whose(gw: Gateway, shown_by: str) -> None:
    message_id = number(gw)
    raw = {
        "return path": complaint("fbl@valbrume.example", about=f"Original-Mail-From: <{return_path(gw, message_id)}>\n"),
        "message id": complaint("fbl@valbrume.example", returned=f"Message-ID: {reference(gw, message_id)}\n"),
        "feedback id": complaint(
            "fbl@valbrume.example", returned=f"CFBL-Feedback-ID: {gw.keys.message_reference(message_id)}\nSubject: x\n"
        ),
    }[shown_by]
    done = receive(gw, raw, ("fbl@valbrume.example",))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.COMPLAINT)]
    assert returned(gw) == [(ReceiptKind.COMPLAINT, "abuse")]
    assert letter(gw, done.letter_id).settled_as is Settlement.OBJECTION
    assert [e["cause"] for e in journal_of(gw, "objection")] == ["complaint"]
    assert listed(gw, MEHDI) == []


@pytest.mark.parametrize("left", ["an unsubscribe address", "the letter alone"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_complaint_whose_author_was_hidden_is_hers_by_what_her_provider_left(
    gw: Gateway, channel: RecordingChannel, left: str, encoded: bool
) -> None:
    head, _, body = channel.payloads[LEA].decode("utf-8").replace("\r\n", "\n").partition("\n\n")
    fields = head.replace("\n ", " ").split("\n")
    kept = [each for each in fields if each.lower().startswith(("content-", "mime-"))]
    if left == "an unsubscribe address":
        kept, body = [next(each for each in fields if each.startswith("List-Unsubscribe: "))], "[redacted]"
    returned_letter = "\n".join(["To: redacted", *kept, "", body])
    done = receive(gw, complaint("fbl@valbrume.example", letter=returned_letter, encoded=encoded), ("fbl@valbrume.example",))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.COMPLAINT)]
    assert letter(gw, done.letter_id).settled_as is Settlement.OBJECTION
    assert listed(gw, MEHDI) == []


def test_a_bounce_is_proved_by_no_link_in_the_letter_it_returns(gw: Gateway, channel: RecordingChannel) -> None:
    told = channel.payloads[LEA].decode("utf-8").replace("\r\n", "\n")
    done = receive(gw, bounce(f"b+{'0' * 36}@valbrume.example", LEA, returned=told))
    assert (done.effect, address_of(gw, LEA)["state"]) == ("unproven", AddressState.VALID)


def test_a_complaint_of_a_person_who_was_erased_still_keeps_her_from_being_written_to(gw: Gateway) -> None:
    message_id = number(gw)
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.contact).where(tables.contact.c.id == message_of(gw, LEA)["contact_id"]))
    receive(gw, complaint("fbl@valbrume.example", returned=f"Message-ID: {reference(gw, message_id)}\n"))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.COMPLAINT)]


def test_a_complaint_nobody_can_place_waits_for_a_human_and_stops_nobody(gw: Gateway) -> None:
    done = receive(gw, complaint("fbl@valbrume.example", returned=f"Message-ID: <x@ailleurs.example>\nTo: {LEA}\n"))
    assert letter(gw, done.letter_id).state is InboxState.OPEN
    assert listed(gw) == []


def test_a_report_that_a_message_is_not_spam_is_no_complaint(gw: Gateway) -> None:
    receive(gw, complaint("fbl@valbrume.example", kind="not-spam", returned=f"Message-ID: {reference(gw, number(gw))}\n"))
    assert (listed(gw), returned(gw)) == ([], [])


def test_complaints_are_counted_once_a_message_and_weighed_by_the_ticker(gw: Gateway) -> None:
    for copy in ("1", "2", "3"):
        receive(gw, complaint("fbl@valbrume.example", number=copy, returned=f"Message-ID: {reference(gw, number(gw))}\n"))
    assert launching.status(gw, "lettre").returned == {ReceiptKind.COMPLAINT: 1}
    assert weigh_complaints(gw) == 1
    assert drafting.find(gw, "lettre").warning is None  # one person, two letters: no rate


# -- unsubscriptions


def test_the_letter_offers_an_address_of_her_own_and_a_mail_to_it_is_an_objection(gw: Gateway, channel: RecordingChannel) -> None:
    payload = channel.payloads[LEA].decode("utf-8", "replace")
    found = re.search(
        r"<mailto:(unsubscribe\+[0-9a-f]{36}@valbrume\.example)\?subject=unsubscribe>", payload.replace("\r\n ", "")
    )
    assert found is not None
    assert f"CFBL-Feedback-ID: {gw.keys.message_reference(number(gw))}" in payload
    assert "CFBL-Address: fbl@valbrume.example; report=arf" in payload
    to = found.group(1)
    # Sent by her mailbox provider's own machine, with nothing in it.
    done = receive(gw, mail("robot@ailleurs.example", to, "", subject="unsubscribe", Auto_Submitted="auto-generated"), (to,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.UNSUBSCRIBE_LINK)]
    assert letter(gw, done.letter_id).settled_as is Settlement.OBJECTION
    assert listed(gw, MEHDI) == []


def test_a_forged_unsubscribe_address_stops_nobody_and_a_human_looks(gw: Gateway) -> None:
    to = f"unsubscribe+{gw.keys.unsubscribe_token(number(gw))[:-4]}0000@valbrume.example"
    done = receive(gw, mail("x@ailleurs.example", to, "unsubscribe"), (to,))
    assert (listed(gw), letter(gw, done.letter_id).state) == ([], InboxState.OPEN)


def test_a_mail_program_that_asks_for_lea_stops_her_address_where_no_token_says_which_letter(gw: Gateway) -> None:
    receive(gw, mail(LEA, TEAM, "This message was automatically generated by Gmail.", subject="unsubscribe"), (TEAM,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.UNSUBSCRIBE_LINK)]


def test_a_link_in_the_subject_still_unsubscribes(gw: Gateway) -> None:
    token = gw.keys.link_token(LinkScope.OBJECT, number(gw), digest(gw, LEA))
    receive(gw, mail("autre@ailleurs.example", TEAM, "", subject=f"unsubscribe {token}"), (TEAM,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.UNSUBSCRIBE_LINK)]


# -- what people write


def test_a_reply_that_says_stop_is_heard(gw: Gateway) -> None:
    done = receive(gw, mail(LEA, TEAM, "STOP", subject="Re: La lettre", In_Reply_To=reference(gw, number(gw))), (TEAM,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)]
    assert (done.kind, done.effect, done.message_id) == (InboxKind.REPLY, "objection", number(gw))


def test_stop_from_another_mailbox_of_hers_stops_the_one_we_wrote_to(gw: Gateway) -> None:
    raw = mail("lea.autre@ailleurs.example", TEAM, "STOP", subject="Re: La lettre", In_Reply_To=reference(gw, number(gw)))
    receive(gw, raw, (TEAM,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)]
    assert listed(gw, "lea.autre@ailleurs.example") == [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)]
    receive(gw, raw, (TEAM,))
    assert len(journal_of(gw, "objection")) == 2  # one for each address, and none again


@pytest.mark.parametrize("named", ["Léa", "Lea", ""])
def test_it_does_so_though_that_mailbox_stands_in_the_file_too_as_somebody_of_her_name_or_of_none(
    gw: Gateway, named: str
) -> None:
    """Two lists were brought in, one with each of her addresses: STOP is said of the letter that she answers."""
    add(gw, Person(email="lea.autre@ailleurs.example", given_name=named))
    raw = mail("lea.autre@ailleurs.example", TEAM, "STOP", subject="Re: La lettre", In_Reply_To=reference(gw, number(gw)))
    receive(gw, raw, (TEAM,))
    for email in (LEA, "lea.autre@ailleurs.example"):
        assert listed(gw, email) == [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)]


def test_what_she_says_of_every_channel_holds_at_both_of_her_addresses(gw: Gateway) -> None:
    add(gw, Person(email="lea.autre@ailleurs.example", given_name="Léa"))
    words = "Ne me contactez plus, par aucun moyen : ni courriel, ni SMS, ni appel."
    receive(gw, mail("lea.autre@ailleurs.example", TEAM, words, In_Reply_To=reference(gw, number(gw))), (TEAM,))
    with reading(gw.engine) as tx:
        of_each = [
            {one.medium for one in suppressions.of_digest(tx, digest(gw, one))} for one in (LEA, "lea.autre@ailleurs.example")
        ]
    assert of_each == [{"*"}, {"*"}]


def test_one_of_our_people_who_answers_a_letter_that_was_forwarded_to_him_stops_his_own(gw: Gateway) -> None:
    receive(gw, mail(MEHDI, TEAM, "STOP", subject="Re: La lettre", In_Reply_To=reference(gw, number(gw))), (TEAM,))
    assert (listed(gw), listed(gw, MEHDI)) == ([], [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)])


def test_the_subject_of_our_own_letter_is_not_her_word(gw: Gateway) -> None:
    done = receive(gw, mail(LEA, TEAM, "Merci, à samedi !", subject="Re: Stop aux travaux ?"), (TEAM,))
    assert listed(gw) == []
    assert letter(gw, done.letter_id).state is InboxState.OPEN  # somebody reads it


def test_stop_in_the_subject_alone_is_heard(gw: Gateway) -> None:
    receive(gw, mail(LEA, TEAM, "", subject="STOP"), (TEAM,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.REPLY)]


def test_an_automatic_answer_does_nothing_and_waits_for_nobody(gw: Gateway, channel: RecordingChannel) -> None:
    before = len(channel.handed)
    raw = mail(LEA, TEAM, "Absente, stop aux urgences.", subject="Absence du bureau", Auto_Submitted="auto-replied")
    done = receive(gw, raw, (TEAM,))
    run(gw)
    assert (done.kind, listed(gw), len(channel.handed) - before) == (InboxKind.VACATION, [], 0)
    assert letter(gw, done.letter_id).state is InboxState.SETTLED


# -- once, and kept as long as the pack says


def test_of_two_people_whose_mails_have_no_number_of_their_own_both_are_heard(gw: Gateway) -> None:
    """Both say nothing but « stop »: the second was taken for the first one delivered again, and went on getting letters."""
    add(gw, Person(email="zoe@exemple.example"))
    came = []
    for sender in (LEA, "zoe@exemple.example", LEA):
        raw = mail(sender, TEAM, "stop").replace(b"Message-ID: <ecrit-1@exemple.example>\n", b"")
        came.append(receive(gw, raw).again)
    assert came == [False, False, True] and len(journal_of(gw, "objection")) == 2


def test_the_same_mail_again_by_whatever_way_changes_nothing(gw: Gateway) -> None:
    to = return_path(gw, number(gw))
    raw = bounce(to, LEA, "452 4.2.2 mailbox full")
    assert not receive(gw, raw, (to,)).again
    assert receive(gw, b"Received: from relais2\r\n" + raw, (to,)).again
    assert receive(gw, b"Delivered-To: " + to.encode() + b"\r\n" + raw).again  # from the mailbox, without an envelope
    assert address_of(gw, LEA)["failures"] == 1
    assert len(returned(gw)) == 1


def test_a_stranger_who_takes_a_message_id_in_advance_does_not_hide_the_mail_to_come(gw: Gateway) -> None:
    to = return_path(gw, number(gw))
    receive(gw, bounce(to, LEA, "250 2.0.0 nothing", action="delivered"), (to,))
    bounced(gw, "550 5.1.1 no such user")
    assert address_of(gw, LEA)["state"] is AddressState.DEAD


def test_a_mail_longer_than_is_kept_is_the_same_whatever_ends_its_lines(gw: Gateway) -> None:
    """A pipe gives it with line feeds, a mailbox with two bytes for each: they were cut at different words."""
    inbound = gw.settings.inbound.model_copy(update={"bytes_max": 100_000})
    gw = replace(gw, settings=gw.settings.model_copy(update={"inbound": inbound}))
    raw = mail(LEA, TEAM, "Merci, gardez ceci.\n" + "Voici toute l'histoire du lavoir.\n" * 4_000)
    long = raw.replace(b"\r\n", b"\n")
    assert not receive(gw, long).again
    assert receive(gw, long.replace(b"\n", b"\r\n")).again


def test_a_mail_whose_transaction_failed_comes_again_and_takes_effect_once(gw: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    to = return_path(gw, number(gw))
    raw = complaint("fbl@valbrume.example", returned=f"Message-ID: {reference(gw, number(gw))}\n")

    def away(*_: object) -> None:
        raise StoreUnavailable("the database went away before the commit")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", away)
        with pytest.raises(StoreUnavailable):
            receive(gw, raw, (to,))
    assert (listed(gw), returned(gw)) == ([], [])
    receive(gw, raw, (to,))
    receive(gw, raw, (to,))
    assert listed(gw) == [(SuppressionKind.OBJECTION, SuppressionCause.COMPLAINT)]
    assert len(returned(gw)) == 1


def test_the_mail_itself_is_kept_six_months_and_what_it_did_stays(gw: Gateway, clock: ManualClock) -> None:
    done = bounced(gw, "550 5.1.1 no such user")
    assert done.letter_id is not None

    def body() -> bytes | None:
        with reading(gw.engine) as tx:
            return inbox.body(tx, done.letter_id or 0)

    clock.advance(timedelta(days=170))
    end_terms(gw)
    assert body() is not None
    clock.advance(timedelta(days=20))
    end_terms(gw)
    assert body() is None
    assert returned(gw) == [(ReceiptKind.DEAD, "5.1.1")]


def test_anything_at_all_may_come_in(gw: Gateway) -> None:
    for raw in (b"", b"\xff\xfe\x00", b"no header at all", b"From: x\r\n\r\n" + b"y" * 200_000):
        assert receive(gw, raw).letter_id is not None
    assert (listed(gw), address_of(gw, LEA)["state"]) == ([], AddressState.VALID)
