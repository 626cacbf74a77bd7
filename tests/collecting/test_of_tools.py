"""What tools and forms write that is none of our words: bases in law, flags, sentences for headings, dates that slipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import ConsentClaim
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import propose
from gateway.flows.collecting.reading import How, open_table
from tests.collecting.support import BOX, brought, consent_states, imported, planned
from tests.collecting.test_told_no import objects

LEA, YANN, ZOE = "lea@exemple.fr", "yann@exemple.fr", "zoe@exemple.fr"
QUESTION = "Par quels moyens acceptez-vous que l’équipe vous tienne informé·e ? (plusieurs réponses possibles)"


def test_the_basis_in_law_that_hubspot_keeps_is_an_agreement_only_where_it_is_a_consent(gw, tmp_path):
    text = (
        "Email;Legal basis for processing contact's data\n"
        f"{LEA};Freely given consent from contact\n{YANN};Legitimate interest – prospect/lead\n{ZOE};Not applicable\n"
    )
    said = {"Legal basis for processing contact's data": Field.CONSENT}
    imported(gw, tmp_path, text, claim=BOX, mapping=said)
    assert consent_states(gw) == {LEA: "granted"}


def test_a_number_of_the_american_list_of_refusals_is_not_called(gw, tmp_path):
    imported(gw, tmp_path, f"email;mobile_number;federal_donotcall\n{LEA};+33639981234;true\n{YANN};+33639981235;false\n")
    assert objects(gw, "0639981234", Medium.CALL) and not objects(gw, "0639981235", Medium.CALL)


@pytest.mark.parametrize("day", ["05/03/1926", "1900-01-01", "05/03/0026"])
def test_an_agreement_of_a_century_ago_is_a_slip_and_comes_back(gw, tmp_path, day):
    plan = planned(
        gw, tmp_path, f"courriel;consentement;date du consentement\n{LEA};oui;{day}\n{YANN};oui;05/03/2026\n", claim=BOX
    )
    assert plan.impact.granted == 1 and sum(plan.refused.values()) == 1


def test_a_question_by_which_means_is_proposed_for_what_most_answers_say(gw, tmp_path):
    answers = ["Courriel, SMS", "SMS", "Courriel", "Courriel (pas de SMS)", "Aucun", "Par téléphone uniquement, entre 18h et 20h"]
    lines = "".join(f'p{rank}@exemple.fr;"{answer}"\n' for rank, answer in enumerate(answers))
    path = brought(tmp_path, f"Courriel;{QUESTION}\n{lines}")
    proposed = {one.label: one.field for one in propose(gw, path, How(), {}).columns}
    assert proposed[QUESTION] is Field.CONSENT_CHANNELS
    by_sms = ConsentClaim(
        **{name: getattr(BOX, name) for name in ("form", "wording", "means", "collector", "given_at")}, medium=Medium.SMS
    )
    plan = planned(gw, tmp_path, path.read_text("utf-8"), mapping={QUESTION: Field.CONSENT_CHANNELS}, claims=(BOX, by_sms))
    assert plan.impact.granted == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_page_of_the_web_in_utf_16_is_told_to_be_one(tmp_path: Path, encoding):
    path = brought(
        tmp_path, "<html><body><table><tr><td>Courriel</td></tr></table></body></html>", encoding=encoding, name="a.xls"
    )
    with pytest.raises(InvalidInput, match="page web"), open_table(path):
        pass


@pytest.mark.parametrize("cell", ["OK ?", "oui ?", "Oui, d’accord ?", "ok (?)"])
def test_a_yes_with_a_question_mark_asks_and_agrees_to_nothing(gw, tmp_path, cell):
    plan = planned(gw, tmp_path, f"courriel;consentement\n{LEA};oui\n{YANN};{cell}\n", claim=BOX)
    assert plan.impact.granted == 1 and plan.refused == {"consent": 1}


def test_a_channel_with_a_question_mark_is_not_agreed_to(gw, tmp_path):
    plan = planned(gw, tmp_path, f"courriel;accord par canal\n{LEA};courriel\n{YANN};courriel ?\n", claim=BOX)
    assert plan.impact.granted == 1 and plan.refused == {"consent": 1}


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "NULL", "<NA>", "NaT"])
def test_what_programs_write_for_nothing_says_nothing(gw, tmp_path, nothing):
    text = f"courriel;consentement;optout;date du consentement\n{LEA};oui;False;2026-01-01\n{YANN};{nothing};{nothing};\n"
    plan = planned(gw, tmp_path, text, claim=BOX, mapping={"optout": Field.OBJECTION})
    assert (plan.impact.new, plan.impact.granted, plan.refused) == (2, 1, {})


def test_whoever_bought_the_ticket_does_not_object_with_whom_it_is_for(gw, tmp_path):
    text = f"Attendee email;Buyer email;opposition\n{LEA};{LEA};\n{YANN};{LEA};oui\n"
    imported(gw, tmp_path, text, mapping={"Attendee email": Field.EMAIL, "Buyer email": None})
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)


@pytest.mark.parametrize("heading", ["Donné le", "le", "Date"])
def test_days_right_after_a_column_of_agreements_are_proposed_as_when_each_was_given(gw, tmp_path, heading):
    path = brought(tmp_path, f"courriel;consentement;{heading}\n{LEA};oui;01/03/2026\n{YANN};non;02/03/2026\n")
    assert propose(gw, path, How(), {}).columns[2].field is Field.GIVEN_AT
    path = brought(tmp_path, f"courriel;don;{heading}\n{LEA};30;01/03/2026\n{YANN};50;02/03/2026\n")
    assert propose(gw, path, How(), {}).columns[2].field is None


@pytest.mark.parametrize(
    ("heading", "cell"), [("email_pref", "never"), ("Fréquence mail", "jamais"), ("Newsletter freq", "refusé")]
)
def test_a_never_below_a_heading_of_emails_is_asked_about(gw, tmp_path, heading, cell):
    text = f"courriel;consentement;{heading}\n{LEA};oui;weekly\n{YANN};oui;{cell}\n"
    with pytest.raises(InvalidInput, match="dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, text, claim=BOX)


@pytest.mark.parametrize("heading", ["Écarter", "Exclus", "Blackboulé", "Poubelle", "Non", "Indésirable"])
def test_a_cross_below_what_teams_call_those_they_keep_out_is_asked_about(gw, tmp_path, heading):
    with pytest.raises(InvalidInput, match=f"« {heading} » dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, f"courriel;consentement;{heading}\n{LEA};oui;\n{YANN};oui;x\n", claim=BOX)


def test_a_later_no_in_a_column_left_out_is_not_overruled_by_an_older_yes(gw, tmp_path):
    text = f"courriel;Newsletter 2020;Newsletter 2026\n{LEA};oui;oui\n{YANN};oui;non\n"
    said = {"Newsletter 2020": Field.CONSENT, "Newsletter 2026": None}
    with pytest.raises(InvalidInput, match="ligne 3 : « Newsletter 2026 », laissée de côté, dit « non »"):
        planned(gw, tmp_path, text, claim=BOX, mapping=said)
    said = {"Newsletter 2020": None, "Newsletter 2026": Field.CONSENT}
    assert planned(gw, tmp_path, text, claim=BOX, mapping=said).impact.granted == 1


def test_the_reason_of_a_block_is_an_objection_whatever_it_says(gw, tmp_path):
    text = f"EMAIL;OPT_IN;Motif de blocage\n{LEA};1;\n{YANN};1;Blocage manuel\n"
    imported(gw, tmp_path, text, claim=BOX, mapping={"Motif de blocage": Field.OBJECTION})
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)
    path = brought(tmp_path, text)
    assert propose(gw, path, How(), {}).columns[2].field is Field.OBJECTION


def test_the_day_of_an_agreement_is_known_as_french_tools_head_it(gw, tmp_path):
    plan = planned(gw, tmp_path, f"courriel;accord;Date d’accord\n{LEA};oui;01/03/2026\n{YANN};oui;01/03/2127\n", claim=BOX)
    assert (plan.impact.granted, plan.refused) == (1, {"future": 1})


def test_a_never_among_answers_is_proposed_as_an_agreement_and_not_as_an_objection(gw, tmp_path):
    text = f"courriel;consentement;Relances téléphoniques\n{LEA};oui;Oui\n{YANN};oui;Jamais\n"
    with pytest.raises(InvalidInput, match='--map "Relances téléphoniques=consentement appel"'):
        planned(gw, tmp_path, text, claim=BOX)


def test_that_a_number_was_checked_is_no_agreement_to_calls(gw, tmp_path):
    text = f"email;phone;phoneConfirmed;emailConfirmed\n{LEA};0639981234;1;1\n{YANN};0639985678;0;1\n"
    found = {one.label: one.field for one in propose(gw, brought(tmp_path, text), How(), {}).columns}
    assert found["phoneConfirmed"] is None and found["emailConfirmed"] is None


def test_a_list_kept_in_german_says_yes_and_no(gw, tmp_path):
    text = f"Vorname;Nachname;E-Mail;Einwilligung Newsletter\nLéa;Apel;{LEA};ja\nYann;Beck;{YANN};nein\n"
    path = brought(tmp_path, text)
    found = {one.label: one.field for one in propose(gw, path, How(), {}).columns}
    assert found["Einwilligung Newsletter"] is Field.CONSENT
    report = imported(gw, tmp_path, text, claim=BOX, mapping={"Einwilligung Newsletter": Field.CONSENT})
    assert (report.impact.granted, report.impact.refused) == (1, 1)


@pytest.mark.parametrize(
    ("heading", "field"), [("Code barre", None), ("Attendee #", None), ("Table", None), ("Lieu", Field.POSTCODE)]
)
def test_the_numbers_of_tickets_are_no_postcodes(gw, tmp_path, heading, field):
    text = f"email;{heading}\n{LEA};9911\n{YANN};9912\n"
    assert propose(gw, brought(tmp_path, text), How(), {}).columns[1].field is field


@pytest.mark.parametrize("heading", ["SIREN", "RNA", "N° de licence"])
def test_the_numbers_of_registers_are_no_telephones(gw, tmp_path, heading):
    text = f"email;{heading};Contact\n{LEA};423456789;0639981234\n{YANN};W261000001;0639985678\n"
    found = {one.label: one.field for one in propose(gw, brought(tmp_path, text), How(), {}).columns}
    assert found[heading] is None and found["Contact"] is Field.MOBILE


def test_how_far_a_card_of_outlook_may_be_shown_is_no_word_about_anybody(gw, tmp_path):
    text = f"Adresse de messagerie;Critère de diffusion\n{LEA};Normal\n{YANN};Confidentiel\n"
    assert propose(gw, brought(tmp_path, text), How(), {}).columns[1].field is None
    assert planned(gw, tmp_path, text).impact.new == 2


SYMPA = f"email;reception;subscribed;included\n{LEA};mail;1;0\n{YANN};{{yann}};1;0\n{ZOE};mail;0;1\n"


def test_how_sympa_got_an_address_is_not_proposed_as_who_objects(gw, tmp_path):
    """`included` is 1 for whoever another list brought, and 0 for all who subscribed themselves: that 0 is no refusal."""
    text = SYMPA.format(yann="mail")
    proposed = {one.label: one.field for one in propose(gw, brought(tmp_path, text), How(), {}).columns}
    assert proposed["subscribed"] is Field.CONSENT and proposed["included"] is None
    imported(gw, tmp_path, text, claim=BOX)
    assert consent_states(gw) == {LEA: "granted", YANN: "granted"}
    assert not objects(gw, LEA, Medium.EMAIL) and not objects(gw, YANN, Medium.EMAIL)


def test_who_gets_no_mail_of_a_sympa_list_is_asked_about_before_anything_is_written(gw, tmp_path):
    text = SYMPA.format(yann="nomail")
    with pytest.raises(InvalidInput, match="« reception » dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, text, claim=BOX)
    imported(gw, tmp_path, text, claim=BOX, mapping={"reception": Field.REMARK})
    assert objects(gw, YANN, Medium.EMAIL) and not objects(gw, LEA, Medium.EMAIL)
