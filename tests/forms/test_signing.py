"""Double opt-in, on both databases: what a form says counts for nothing until the person herself confirms it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.errors import InvalidToken
from gateway.domain.form import SignupState
from gateway.domain.rights import Right
from gateway.flows.consenting import withdraw_consent
from gateway.flows.forms import confirming, publishing
from gateway.flows.forms.answering import Answers, Problem, read_answers
from gateway.flows.forms.confirming import Stage, confirm, read_confirmation
from gateway.flows.forms.receipts import as_json, read_receipt, receipt_of
from gateway.flows.forms.signing import Lapsed, lapse, sign_up
from gateway.flows.gateway import Gateway
from gateway.flows.receiving import receive
from gateway.flows.rights.requests import Answer, answer, vouch
from gateway.flows.suppressing import import_list
from gateway.store import consents, contacts, origins, people, signups, suppressions, tables
from gateway.store.engine import begin, reading
from gateway.store.origins import Origin
from gateway.store.signups import NewAddress
from tests.clock import ManualClock
from tests.forms.support import FORM, office
from tests.inbound.mails import bounce, return_path
from tests.mails import part_of
from tests.meanwhile import Act, right_before
from tests.rights.support import asks
from tests.sending.support import Person, RecordingChannel, add, digest, journal_of, message_of, newsletter, objects, run

LEA = "lea@exemple.example"
EVERYTHING = {
    "email": LEA,
    "given_name": "Léa",
    "postcode": "35000",
    "phone": "06 39 98 12 34",
    "box-courriel": "1",
    "box-sms": "1",
    "box-appels": "1",
    "box-apres": "1",
}
LETTER = {"email": LEA, "box-courriel": "1"}


def fill_in(gw: Gateway, typed: dict[str, str]) -> None:
    version = publishing.current(gw, "lettre")
    assert version is not None
    answers = read_answers(gw, version.form, typed, gw.clock.now())
    assert isinstance(answers, Answers), answers
    sign_up(gw, version, answers, "fr")


def token_in(channel: RecordingChannel, page: str, email: str = LEA) -> str:
    mail = message_from_bytes(channel.payloads[email], policy=policy.default)
    text = part_of(mail)
    found = re.search(rf"/{page}/([\w-]+)", text)
    assert found, text
    return found[1]


def standing(gw: Gateway, email: str = LEA) -> dict[tuple[Medium, Purpose], ConsentState]:
    with reading(gw.engine) as tx:
        contact_id = contacts.find(tx, digest(gw, email), Medium.EMAIL)
        assert contact_id is not None
        return {(one.medium, one.purpose): one.state for one in consents.standing(tx, contact_id)}


def counted(gw: Gateway, table: str) -> int:
    with reading(gw.engine) as tx:
        return tx.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one()


def test_a_sign_up_counts_only_once_it_is_confirmed_and_then_the_newsletter_passes(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    fill_in(gw, EVERYTHING)
    assert set(standing(gw).values()) == {ConsentState.PENDING}
    newsletter(gw, "avant")
    run(gw)
    assert len(channel.handed) == 1  # the letter of confirmation, and nothing else
    clock.advance(timedelta(hours=2))
    view = read_confirmation(gw, token_in(channel, "c"))
    assert (view.stage, view.address_hint, len(view.words)) == (Stage.WAITING, "l…@exemple.example", 4)
    done = confirm(gw, token_in(channel, "c"))
    assert (done.stage, done.kept_out) == (Stage.DONE, ())
    assert standing(gw) == {
        (Medium.EMAIL, Purpose.POLITICAL): ConsentState.GRANTED,
        (Medium.EMAIL, Purpose.AFTER_ELECTION): ConsentState.GRANTED,
        (Medium.SMS, Purpose.POLITICAL): ConsentState.GRANTED,
        (Medium.CALL, Purpose.POLITICAL): ConsentState.GRANTED,
    }
    run(gw)
    newsletter(gw, "apres")
    run(gw)
    assert [str(one.recipient) for one in channel.handed] == [LEA] * 3  # confirmation, receipt, newsletter
    assert "D’où viennent vos coordonnées : le formulaire de notre site" in _text(channel)


def test_the_ledger_holds_the_whole_evidence_of_what_was_confirmed(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    given_at = clock.now()
    fill_in(gw, EVERYTHING)
    run(gw)
    clock.advance(timedelta(hours=1))
    confirm(gw, token_in(channel, "c"))
    with reading(gw.engine) as tx:
        contact_id = contacts.find(tx, digest(gw, LEA), Medium.EMAIL)
        assert contact_id is not None
        granted = [one for one in consents.ledger(tx, contact_id) if one["act"].value == "granted"]
        person = contacts.view(tx, contact_id)
        addresses = {(one.medium, one.value) for one in contacts.addresses(tx, contact_id)}
    version = publishing.current(gw, "lettre")
    assert version is not None
    call = next(one for one in granted if one["medium"] is Medium.CALL)
    assert (call["given_at"], call["at"], call["form"]) == (given_at, clock.now(), version.name)
    assert call["wording"] == "J’accepte les appels automatiques, du lundi au vendredi de 18 h à 20 h."
    assert (call["collector"], call["means"]) == ("l’équipe", "formulaire en ligne, confirmé par le lien envoyé par courriel")
    assert person is not None
    assert (person.contact_class, person.given_name, person.postcode) == (ContactClass.REGULAR, "Léa", "35000")
    assert person.territory == "metropole"
    assert addresses == {(Medium.EMAIL, LEA), (Medium.SMS, "+33639981234"), (Medium.CALL, "+33639981234")}
    acts = [one["act"] for one in journal_of(gw, "form")]
    assert acts == ["published", "signed-up", "confirmed"]
    assert "lea@" not in str(journal_of(gw, "form") + journal_of(gw, "consent") + journal_of(gw, "notice"))


def test_the_team_sees_how_many_confirmed_and_how_many_still_may(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, LETTER)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    fill_in(gw, {**LETTER, "email": "zoe@exemple.example"})
    [one] = publishing.standings(gw)
    assert one.signups == {SignupState.CONFIRMED: 1, SignupState.PENDING: 1, SignupState.LAPSED: 0}


def test_following_the_link_does_nothing_and_confirming_twice_does_nothing_twice(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, LETTER)
    run(gw)
    token = token_in(channel, "c")
    for _ in range(3):  # a mail scanner
        read_confirmation(gw, token)
    assert set(standing(gw).values()) == {ConsentState.PENDING}
    confirm(gw, token)
    events = counted(gw, "consent_event")
    assert confirm(gw, token).stage is Stage.DONE
    assert counted(gw, "consent_event") == events
    run(gw)
    assert len(channel.handed) == 2


def test_a_stranger_who_types_her_address_changes_nothing_of_what_she_agreed_to(gw: Gateway, channel: RecordingChannel) -> None:
    [contact_id] = add(gw, Person(email=LEA, given_name="Anaëlle"))
    fill_in(gw, {**EVERYTHING, "given_name": "Spam"})
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.GRANTED
    with reading(gw.engine) as tx:
        assert people.names(tx, contact_id) == {"given_name": "Anaëlle", "family_name": "", "commune": ""}
        assert len(contacts.addresses(tx, contact_id)) == 1
    run(gw)
    assert "Spam" not in _text(channel)


def test_a_refusal_stands_against_a_form_that_was_never_confirmed(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA, consent="withdrawn"))
    fill_in(gw, LETTER)
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.WITHDRAWN
    run(gw)
    confirm(gw, token_in(channel, "c"))
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.GRANTED


def test_who_was_known_keeps_what_is_known_and_an_occasional_contact_becomes_regular(
    gw: Gateway, channel: RecordingChannel
) -> None:
    [contact_id] = add(gw, Person(email=LEA, given_name="Anaëlle", consent=None, contact_class=ContactClass.OCCASIONAL))
    fill_in(gw, EVERYTHING)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    with reading(gw.engine) as tx:
        person = contacts.view(tx, contact_id)
    assert person is not None
    assert (person.given_name, person.postcode, person.contact_class) == ("Anaëlle", "35000", ContactClass.REGULAR)
    assert person.origin_label == "le formulaire du site"


def test_an_objection_is_never_lifted_by_a_form_and_nobody_learns_of_it(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    objects(gw, LEA)
    fill_in(gw, LETTER)
    run(gw)
    assert channel.recipients == [] and counted(gw, "signup") == 0
    assert [one["act"] for one in journal_of(gw, "form")] == ["published", "objected"]


def test_an_objection_that_comes_before_the_confirmation_stands(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, LETTER)
    run(gw)
    objects(gw, LEA)
    assert confirm(gw, token_in(channel, "c")).stage is Stage.OVER
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.WITHDRAWN


@pytest.mark.parametrize("how", ["stop", "withdrawn", "on a list that is brought in"])
def test_whoever_changes_her_mind_before_her_receipt_leaves_is_not_thanked_for_it(
    gw: Gateway, channel: RecordingChannel, tmp_path: Path, how: str
) -> None:
    """The relay was away for an hour: the next thing she reads of us is not « votre inscription est confirmée, merci »."""
    fill_in(gw, LETTER)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    if how == "stop":
        objects(gw, LEA)
    elif how == "withdrawn":
        withdraw_consent(gw, LEA, by="claire", means="téléphone")
    else:
        (tmp_path / "stop.csv").write_text(f"email\n{LEA}\n")
        import_list(gw, tmp_path / "stop.csv", by="claire")
    run(gw)
    assert len(channel.handed) == 1  # the letter of confirmation
    assert set(standing(gw).values()) == {ConsentState.WITHDRAWN}


def test_an_objection_to_text_messages_keeps_them_out_and_lets_the_rest_in(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, EVERYTHING)
    run(gw)
    objects(gw, gw.keys.address_digest(Medium.SMS, "+33639981234"), Medium.SMS)
    done = confirm(gw, token_in(channel, "c"))
    assert done.kept_out == (Medium.SMS,)
    assert standing(gw)[Medium.SMS, Purpose.POLITICAL] is ConsentState.PENDING
    assert standing(gw)[Medium.CALL, Purpose.POLITICAL] is ConsentState.GRANTED


def test_an_objection_to_everything_at_the_very_moment_of_the_confirmation_holds_for_her_number(
    gw: Gateway, channel: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No objection stood when it was looked for, and her number is not there yet to be seen."""
    fill_in(gw, EVERYTHING)
    run(gw)
    stops = Act(lambda: objects(gw, LEA))
    right_before(monkeypatch, confirming, "notify", stops)
    confirm(gw, token_in(channel, "c"))
    stops.done()
    number = gw.keys.address_digest(Medium.SMS, "+33639981234")
    with reading(gw.engine) as tx:
        assert suppressions.present(tx, [number], Medium.SMS, gw.clock.now())
    assert ConsentState.GRANTED not in standing(gw).values()


def test_a_number_that_is_somebody_elses_stays_hers(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, {**EVERYTHING, "email": "zoe@exemple.example"})
    run(gw)
    confirm(gw, token_in(channel, "c", "zoe@exemple.example"))
    fill_in(gw, EVERYTHING)
    run(gw)
    assert confirm(gw, token_in(channel, "c")).kept_out == (Medium.CALL, Medium.SMS)


def test_at_most_three_letters_a_day_ask_the_same_address(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    for _ in range(6):
        fill_in(gw, LETTER)
    run(gw)
    assert channel.recipients == [LEA] * 3
    clock.advance(timedelta(hours=25))
    fill_in(gw, LETTER)
    run(gw)
    assert channel.recipients == [LEA] * 4


def test_whoever_types_her_address_in_every_day_does_not_fill_her_mailbox(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Six letters unanswered in a week: a seventh would not be found either, or she never asked for one."""
    for _ in range(6):
        for _ in range(4):
            fill_in(gw, LETTER)
        run(gw)
        clock.advance(timedelta(days=1))
    assert channel.recipients == [LEA] * 6


def test_a_form_nobody_confirms_lapses_and_who_came_by_it_alone_is_erased(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    fill_in(gw, EVERYTHING)
    run(gw)
    token = token_in(channel, "c")
    clock.advance(timedelta(days=6))
    assert lapse(gw) == Lapsed(signups=0, people=0)
    clock.advance(timedelta(days=1))
    assert read_confirmation(gw, token).stage is Stage.OVER
    assert confirm(gw, token).stage is Stage.OVER
    assert lapse(gw) == Lapsed(signups=1, people=1)
    assert (counted(gw, "contact"), counted(gw, "address"), counted(gw, "consent_event"), counted(gw, "signup")) == (0, 0, 0, 0)
    assert counted(gw, "message") == 1
    with pytest.raises(InvalidToken):
        read_confirmation(gw, token)
    [lapsed] = [one for one in journal_of(gw, "form") if one["act"] == "lapsed"]
    assert lapsed["erased"] is True


def test_who_was_known_before_stays_when_the_form_lapses_and_what_was_typed_is_forgotten(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    add(gw, Person(email=LEA))
    fill_in(gw, EVERYTHING)
    clock.advance(timedelta(days=8))
    assert lapse(gw) == Lapsed(signups=1, people=0)
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.GRANTED
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.signup.c.answers)).scalars().all() == [None]


def test_who_signed_up_twice_and_confirmed_once_stays(gw: Gateway, channel: RecordingChannel, clock: ManualClock) -> None:
    fill_in(gw, LETTER)
    clock.advance(timedelta(days=1))
    fill_in(gw, LETTER)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    clock.advance(timedelta(days=9))
    assert lapse(gw) == Lapsed(signups=1, people=0)
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.GRANTED


def test_who_signed_up_twice_and_confirmed_neither_is_erased_with_the_last_of_the_two(gw: Gateway, clock: ManualClock) -> None:
    fill_in(gw, LETTER)
    clock.advance(timedelta(days=2))
    fill_in(gw, LETTER)
    clock.advance(timedelta(days=5))
    assert lapse(gw) == Lapsed(signups=1, people=0)
    clock.advance(timedelta(days=2))
    assert lapse(gw) == Lapsed(signups=1, people=1)
    assert counted(gw, "contact") == counted(gw, "address") == 0


def test_whose_address_a_stranger_typed_and_who_objects_is_erased_all_the_same_and_stays_objected(
    gw: Gateway, clock: ManualClock
) -> None:
    fill_in(gw, LETTER)
    objects(gw, LEA)
    clock.advance(timedelta(days=8))
    assert lapse(gw) == Lapsed(signups=1, people=1)
    assert (counted(gw, "contact"), counted(gw, "suppression")) == (0, 1)


def test_who_withdrew_without_objecting_stays_so_that_no_file_claims_her_consent(gw: Gateway, clock: ManualClock) -> None:
    fill_in(gw, LETTER)
    withdraw_consent(gw, LEA, by="claire", means="téléphone")
    clock.advance(timedelta(days=8))
    assert lapse(gw) == Lapsed(signups=1, people=0)
    assert standing(gw)[Medium.EMAIL, Purpose.POLITICAL] is ConsentState.WITHDRAWN


def test_of_whoever_lapses_nothing_is_left_in_the_outbox_or_the_inbox_either_and_a_certificate_says_so(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """What a server answers, and what comes back, names her: erased is erased, by whatever term (RGPD 5(1)(e))."""
    fill_in(gw, LETTER)
    run(gw)
    number = message_of(gw, LEA)["id"]
    receive(gw, bounce(return_path(gw, number), LEA, "550 5.1.1 lea unknown here", number="1"))
    with begin(gw.engine) as tx:
        tx.execute(update(tables.message).values(reply="250 lea ok"))
    clock.advance(timedelta(days=8))
    assert lapse(gw) == Lapsed(signups=1, people=1)
    row = message_of(gw, LEA)
    assert (row["contact_id"], row["address_id"], row["domain"], row["reply"], row["fields"]) == (None, None, "", None, None)
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.inbox.c.body, tables.inbox.c.text)).all() == [(None, None)]
        assert tx.execute(select(func.count()).select_from(tables.erasure_round)).scalar_one() == 1
    assert [(one["rules"], one["counts"]["contacts"]) for one in journal_of(gw, "erasure")] == [(["purge-unconfirmed"], 1)]


def test_who_asks_what_we_hold_of_her_is_not_answered_by_the_end_of_her_form(gw: Gateway, clock: ManualClock) -> None:
    fill_in(gw, LETTER)
    request = asks(gw, Right.ACCESS, LEA)
    clock.advance(timedelta(days=8))
    assert lapse(gw) == Lapsed(signups=1, people=0)
    vouch(gw, request.id, "rappelée", by="Inès")
    answer(gw, request.id, Answer(by="Inès", text="Voici."))
    assert lapse(gw) == Lapsed(signups=0, people=1)
    assert counted(gw, "contact") == 0


def test_the_receipt_tells_what_was_agreed_to_with_its_words_and_the_way_back(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    fill_in(gw, EVERYTHING)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    run(gw)
    receipt = read_receipt(gw, token_in(channel, "r"))
    told = as_json(receipt)
    assert {(one["channel"], one["purpose"]) for one in told["consents"]} == {
        ("email", "political"),
        ("email", "after_election"),
        ("sms", "political"),
        ("call", "political"),
    }
    call = next(one for one in told["consents"] if one["channel"] == "call")
    assert call["hours"] == "lun-ven 18:00-20:00"
    assert told["recipients"] == "L’équipe et son hébergeur." and "CNIL" in told["complaint"]
    assert told["withdrawal"]["url"].startswith("http://127.0.0.1:8000/p/")
    assert LEA not in str(told)
    schema = json.loads((Path(__file__).parents[2] / "docs" / "receipt.schema.json").read_text(encoding="utf-8"))
    assert set(told) == set(schema["required"]) == set(schema["properties"])
    item = schema["properties"]["consents"]["items"]
    assert all(set(one) == set(item["required"]) == set(item["properties"]) for one in told["consents"])
    assert told["receipt_id"] == as_json(receipt_of(gw, LEA))["receipt_id"]


def test_the_letter_of_the_receipt_itself_says_what_was_agreed_to_by_which_form_and_when(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    fill_in(gw, EVERYTHING)
    run(gw)
    clock.advance(timedelta(minutes=5))
    confirm(gw, token_in(channel, "c"))
    run(gw)
    version = publishing.current(gw, "lettre")
    assert version is not None
    text = _text(channel)
    assert "les messages de campagne par courriel, les messages de campagne par SMS" in text
    assert version.name in text and text.count("1er décembre 2026 à ") == 2


def test_two_forms_for_the_same_new_address_at_the_same_moment_make_one_person(gw: Gateway) -> None:
    at = gw.clock.now()
    email = NewAddress(medium=Medium.EMAIL, value=LEA, digest=digest(gw, LEA), domain="exemple.example")
    origin = Origin(kind=OriginKind.WEB_FORM, label="formulaire", collection=Collection.DIRECT)
    with begin(gw.engine) as tx:
        origin_id, _ = origins.enter(tx, origin, at=at)
        made = [
            signups.enter_person(tx, email, language="fr", origin_id=origin_id, key=bytes([number] * 16), at=at)
            for number in (1, 2)
        ]
    assert made == [True, False] and counted(gw, "contact") == counted(gw, "person_key") == 1


def test_a_consent_taken_back_is_no_longer_on_the_receipt(gw: Gateway, channel: RecordingChannel) -> None:
    fill_in(gw, LETTER)
    run(gw)
    confirm(gw, token_in(channel, "c"))
    before = receipt_of(gw, LEA)
    objects(gw, LEA)
    after = receipt_of(gw, LEA)
    assert (len(before.consents), after.consents) == (1, ()) and after.receipt_id != before.receipt_id


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"email": ""}, {"email": Problem.MISSING}),
        ({"email": "lea@exemple"}, {"email": Problem.EMAIL}),
        ({"email": "léa@exemple.example"}, {"email": Problem.EMAIL_ACCENT}),
        ({"postcode": "3500"}, {"postcode": Problem.POSTCODE}),
        ({"phone": "12"}, {"phone": Problem.PHONE}),
        ({"phone": ""}, {"phone": Problem.PHONE_MISSING}),
        ({"phone": "02 61 91 12 34"}, {"phone": Problem.LANDLINE}),
        ({"given_name": "https://pirate.example"}, {"given_name": Problem.NAME}),
        ({"box-courriel": "", "box-sms": "", "box-appels": ""}, {"boxes": Problem.NO_BOX}),
    ],
)
def test_what_cannot_be_used_is_told_field_by_field(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, changed: dict[str, str], problems: dict[str, Problem]
) -> None:
    with office(sqlite_url, clock, tmp_path) as gw:
        version = publishing.current(gw, "lettre")
        assert version is not None
        assert read_answers(gw, version.form, {**EVERYTHING, **changed}, gw.clock.now()) == problems


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("علی\u200cرضا", "علی\u200cرضا"),  # noqa: RUF001 - Persian: its letters are parted by a sign nobody sees
        ("Zoé 👩\u200d👧", "Zoé 👩\u200d👧"),
        ("\u200eZoe\u0301\u200b", "Zoé"),  # copied from a page
        ("\u202egnp.eoz", "gnp.eoz"),
    ],
)
def test_a_name_is_kept_as_it_is_read_whatever_nobody_sees_in_it(gw: Gateway, typed: str, kept: str) -> None:
    version = publishing.current(gw, "lettre")
    assert version is not None
    answers = read_answers(gw, version.form, {**LETTER, "given_name": typed}, gw.clock.now())
    assert isinstance(answers, Answers) and answers.given["given_name"] == kept


def test_a_number_that_no_box_needs_is_not_kept(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> None:
    with office(sqlite_url, clock, tmp_path) as gw:
        version = publishing.current(gw, "lettre")
        assert version is not None
        answers = read_answers(gw, version.form, {**LETTER, "phone": "06 39 98 12 34"}, gw.clock.now())
        assert isinstance(answers, Answers) and answers.given == {}


def test_somebody_under_age_cannot_agree_to_targeting(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> None:
    targeting = '[[box]]\nid = "ciblage"\nmedium = "email"\npurpose = "targeting"\ntext = { fr = "J’accepte le ciblage." }\n'
    form = FORM.replace("[notice.fr]", f'[[field]]\nname = "birth_on"\n{targeting}[notice.fr]')
    with office(sqlite_url, clock, tmp_path, form=form) as gw:
        version = publishing.current(gw, "lettre")
        assert version is not None
        young = (clock.now() - timedelta(days=366 * 15)).date().isoformat()
        typed = {**LETTER, "box-ciblage": "1", "birth_on": young}
        assert read_answers(gw, version.form, typed, gw.clock.now()) == {"boxes": Problem.TOO_YOUNG}
        without = {name: value for name, value in typed.items() if name != "box-ciblage"}
        assert isinstance(read_answers(gw, version.form, without, gw.clock.now()), Answers)


def test_an_address_that_was_declared_dead_gets_no_letter(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA, consent=None))
    with begin(gw.engine) as tx:
        tx.execute(update(tables.address).values(state="dead"))
    fill_in(gw, LETTER)
    run(gw)
    assert channel.recipients == []


def _text(channel: RecordingChannel) -> str:
    mail = message_from_bytes(channel.payloads[LEA], policy=policy.default)
    return " ".join(part_of(mail).split())
