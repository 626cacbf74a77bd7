"""Files that carry mobiles and landlines: what each number is good for, whose it is, and what it takes to write to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.hours import CallWindow
from gateway.domain.phone import PhoneNumber
from gateway.flows.collecting import looking, write_import
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.collecting.support import BOX, OCCASIONAL, imported, planned
from tests.sending.support import Person, add, journal_of, objects

SMS = replace(BOX, medium=Medium.SMS, wording="J’accepte de recevoir des SMS de la liste.")
CALL = replace(BOX, medium=Medium.CALL, wording="J’accepte d’être appelée.", hours=CallWindow.parse("lun-ven 18:00-20:00"))


def stored(gw) -> set[tuple[str, str, str]]:
    """(family name, channel, address) of everybody."""
    c, a = tables.contact.c, tables.address.c
    chosen = select(c.family_name, a.medium, a.value).join(tables.contact, c.id == a.contact_id)
    with reading(gw.engine) as tx:
        return {(row[0], row[1].value, row[2]) for row in tx.execute(chosen)}


def agreed(gw) -> dict[tuple[str, str], tuple[str, str | None]]:
    """State and hours of every consent, by family name and channel."""
    c, k = tables.contact.c, tables.consent.c
    chosen = select(c.family_name, k.medium, k.state, k.hours).join(tables.contact, c.id == k.contact_id)
    with reading(gw.engine) as tx:
        return {(row[0], row[1].value): (row[2].value, row[3]) for row in tx.execute(chosen)}


def object_to(gw, medium: Medium, number: str, *, everything: bool = False) -> None:
    digest = gw.keys.address_digest(medium, PhoneNumber.parse(number).match_key)
    objects(gw, digest, None if everything else medium)


def test_a_mobile_is_good_for_messages_and_calls_and_a_landline_for_calls_only_wherever_it_stands(gw, tmp_path):
    text = "nom;portable;fixe\nRiou;06 39 98 12 34;01 99 00 56 78\nGuen;02 98 00 00 01;\nPayet;;06 39 98 55 55\n"
    report = imported(gw, tmp_path, text)
    assert report.impact.new == 3
    assert stored(gw) == {
        ("Riou", "sms", "+33639981234"),
        ("Riou", "call", "+33639981234"),
        ("Riou", "call", "+33199005678"),
        ("Guen", "call", "+33298000001"),
        ("Payet", "sms", "+33639985555"),
        ("Payet", "call", "+33639985555"),
    }


def test_a_number_of_martinique_typed_at_home_is_one_of_martinique(gw, tmp_path):
    imported(gw, tmp_path, "nom;téléphone;code postal\nCésaire;0696 12 34 56;97200\n")
    assert ("Césaire", "sms", "+596696123456") in stored(gw)


@pytest.mark.parametrize(
    ("number", "postcode", "territory"),
    [
        ("0692 12 34 56", "", "974"),
        ("0262 12 34 56", "", "974-976"),  # used in Réunion and in Mayotte: both clocks, both calendars
        ("0690 12 34 56", "", "971-977-978"),
        ("06 39 98 12 34", "", "unknown"),  # carried anywhere
        ("0692 12 34 56", "29200", "metropole"),  # who says where she lives is believed
        ("06 39 98 12 34", "67000", "alsace-moselle"),
    ],
)
def test_a_number_says_where_its_holder_lives_when_her_postcode_does_not(gw, tmp_path, number, postcode, territory):
    imported(gw, tmp_path, f"nom;téléphone;code postal\nRiou;{number};{postcode}\n")
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.contact.c.territory)).scalars().all() == [territory]


def test_two_numbers_in_a_cell_are_kept_when_one_is_a_mobile_and_one_a_landline(gw, tmp_path):
    imported(gw, tmp_path, "nom;téléphone\nRiou;06 39 98 12 34 / 01 99 00 56 78\n")
    assert {medium for _, medium, _ in stored(gw)} == {"sms", "call"} and len(stored(gw)) == 3


def test_two_mobiles_on_one_line_are_nobodys_for_sure_and_the_line_is_taken_without_them(gw, tmp_path):
    text = "courriel;nom;portable\na@exemple.fr;Riou;06 39 98 12 34 / 06 39 98 12 35\n;Guen;0639981236 ou 0639981237\n"
    plan = planned(gw, tmp_path, text)
    write_import(gw, plan)
    assert stored(gw) == {("Riou", "email", "a@exemple.fr")}
    assert [(one.line, one.column, one.code) for one in plan.doubt_samples] == [(2, "portable", "several_numbers")]
    assert [(one.line, one.code) for one in plan.refused_samples] == [(3, "several_numbers")]


def test_the_number_of_a_platform_that_rang_somebody_is_no_landline_of_hers(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;nom;téléphone\na@exemple.fr;Riou;01 62 00 00 11\n;Guen;0948000011\n")
    write_import(gw, plan)
    assert stored(gw) == {("Riou", "email", "a@exemple.fr")}
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(2, "platform")]
    assert [(one.line, one.code) for one in plan.refused_samples] == [(3, "platform")]


def test_a_number_nobody_can_read_costs_the_line_only_when_nothing_else_reaches_the_person(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;nom;portable\na@exemple.fr;;06 12\n;;06 12\n;Riou;\n")
    assert (plan.impact.new, plan.doubts) == (1, {"too_short": 1})
    assert [(one.line, one.code) for one in plan.refused_samples] == [(3, "too_short"), (4, "empty")]
    assert plan.refused_samples[1].value == "Riou"


def test_consent_is_per_channel_and_calls_need_hours(gw, tmp_path):
    text = (
        "courriel;nom;portable;consentement;consentement sms;consentement appel;plage horaire\n"
        "a@exemple.fr;Riou;0639981234;oui;non;oui;sam 10h-12h\n"
        "b@exemple.fr;Guen;0639981235;;oui;oui;\n"
        "c@exemple.fr;Payet;0639981236;non;oui;oui;le soir\n"
    )
    plan = planned(gw, tmp_path, text, claims=(BOX, SMS, replace(CALL, hours=None)))
    assert plan.loaded.noted.without_hours == 2
    write_import(gw, plan)
    assert agreed(gw) == {
        ("Riou", "email"): ("granted", None),
        ("Riou", "sms"): ("refused", None),
        ("Riou", "call"): ("granted", str(CallWindow.parse("sam 10h-12h"))),
        ("Guen", "sms"): ("granted", None),
        ("Payet", "email"): ("refused", None),
        ("Payet", "sms"): ("granted", None),
    }
    [entry] = [one for one in looking.look_up(gw, "b@exemple.fr").ledger if one["medium"] == "sms"]
    assert entry["wording"] == SMS.wording


def test_hours_declared_for_the_whole_file_serve_lines_without_hours_of_their_own(gw, tmp_path):
    imported(gw, tmp_path, "nom;fixe;accord appel\nRiou;0199005678;oui\n", claims=(CALL,))
    assert agreed(gw) == {("Riou", "call"): ("granted", str(CALL.hours))}


def test_a_yes_to_sms_without_a_mobile_or_without_evidence_is_nothing(gw, tmp_path):
    text = "courriel;nom;téléphone;consentement sms\na@exemple.fr;Riou;0199005678;oui\n"
    report = imported(gw, tmp_path, text, claims=(SMS,))
    assert (report.impact.granted, agreed(gw)) == (0, {})
    plan = planned(gw, tmp_path, text.replace("0199005678", "0639981234"))
    assert plan.admission.rules == ("consent-proof",) and plan.impact.granted == 0


def test_two_declarations_for_one_channel_are_refused(gw, tmp_path):
    with pytest.raises(InvalidInput, match="même canal"):
        planned(gw, tmp_path, "portable\n0639981234\n", claims=(SMS, SMS))


def test_a_person_is_known_by_any_of_her_addresses_and_gains_those_she_lacked(gw, tmp_path):
    imported(gw, tmp_path, "courriel;nom;prénom\na@exemple.fr;Riou;Zoé\n")
    imported(gw, tmp_path, "courriel;nom;prénom;portable\na@exemple.fr;RIOU;Zoe;0639981234\n")
    report = imported(gw, tmp_path, "nom;prénom;mobile;commune\nRiou;Zoé;06.39.98.12.34;Brest\n")
    assert (report.impact.new, report.impact.changed) == (0, 1)
    assert len(stored(gw)) == 3 and {name for name, _, _ in stored(gw)} == {"Riou"}
    person = looking.look_up(gw, "a@exemple.fr").person
    assert person is not None and person.commune == "Brest"


def test_the_number_of_a_household_is_not_given_to_a_second_name(gw, tmp_path):
    imported(gw, tmp_path, "nom;prénom;fixe\nRiou;Zoé;0199005678\n")
    text = "courriel;nom;prénom;téléphone\nyann@exemple.fr;Riou;Yann;0199005678\n;Guen;Léa;0199005678\n"
    plan = planned(gw, tmp_path, text)
    assert (plan.impact.new, plan.impact.numberless, plan.impact.doubtful) == (1, 1, 1)
    assert plan.doubts == {"shared_number": 2} and plan.samples["doubtful"] == (3,)
    report = write_import(gw, plan)
    assert stored(gw) == {("Riou", "call", "+33199005678"), ("Riou", "email", "yann@exemple.fr")}
    assert (report.impact.new, sum(report.doubts.values())) == (1, 2)


def test_of_two_numbers_of_one_person_only_the_one_somebody_else_has_is_left_out(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nGuen;0639981234\nPayet;0639981235\n")
    text = "courriel;nom;portable\na@exemple.fr;Riou;0639981234\na@exemple.fr;Riou;0639981235\na@exemple.fr;Riou;0639981236\n"
    report = imported(gw, tmp_path, text)
    assert (report.impact.new, report.impact.numberless) == (1, 1)
    assert {value for name, _, value in stored(gw) if name == "Riou"} == {"a@exemple.fr", "+33639981236"}


def test_two_names_of_one_file_with_one_number_stay_two_people_and_the_first_keeps_it(gw, tmp_path):
    text = "courriel;nom;portable\na@exemple.fr;Riou;0639981234\nb@exemple.fr;Guen;0639981234\nc@exemple.fr;Riou;0639981234\n"
    plan = planned(gw, tmp_path, text)
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(3, "shared_number")]
    report = write_import(gw, plan)
    assert (report.impact.new, report.folded) == (2, 1)
    assert {(name, value) for name, medium, value in stored(gw) if medium != "call"} == {
        ("Riou", "a@exemple.fr"),
        ("Riou", "c@exemple.fr"),
        ("Riou", "+33639981234"),
        ("Guen", "b@exemple.fr"),
    }


def test_who_objected_to_sms_is_taken_without_that_channel_and_no_file_consents_to_it_for_her(gw, tmp_path):
    object_to(gw, Medium.SMS, "0639981234")
    text = "courriel;nom;portable;consentement sms;consentement\na@exemple.fr;Riou;0639981234;oui;oui\n"
    report = imported(gw, tmp_path, text, claims=(BOX, SMS))
    assert (report.impact.new, report.impact.partial) == (1, 1)
    assert {medium for _, medium, _ in stored(gw)} == {"email", "call"}
    assert agreed(gw) == {("Riou", "email"): ("granted", None)}


def test_who_is_left_out_altogether_is_no_example_of_whoever_is_taken_without_a_channel(gw, tmp_path):
    """Of two people, one was taken without her texts and one left aside: both lines were shown as those of people taken."""
    object_to(gw, Medium.SMS, "0639981234")
    object_to(gw, Medium.CALL, "0298000001")
    plan = planned(gw, tmp_path, "courriel;nom;téléphone\n;Guen;0298000001\na@exemple.fr;Riou;0639981234\n")
    assert (plan.impact.objected, plan.impact.partial) == (1, 1)
    assert (plan.samples["objected"], plan.samples["partial"]) == ((2,), (3,))


def test_who_objected_to_every_channel_by_her_mobile_is_not_stored_whatever_else_the_line_has(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nRiou;0639981234\n")
    object_to(gw, Medium.SMS, "0639981234", everything=True)
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.delete())
    report = imported(gw, tmp_path, "courriel;nom;portable\na@exemple.fr;Riou;0639981234\n")
    assert (report.impact.objected, stored(gw)) == (1, set())


def test_a_stop_to_sms_said_by_a_file_reaches_the_mobile_we_already_have(gw, tmp_path):
    imported(gw, tmp_path, "courriel;nom;portable;consentement sms\na@exemple.fr;Riou;0639981234;oui\n", claims=(SMS,))
    report = imported(gw, tmp_path, "courriel;nom;consentement sms\na@exemple.fr;Riou;stop\n")
    assert agreed(gw) == {("Riou", "sms"): ("withdrawn", None)}
    digest = gw.keys.address_digest(Medium.SMS, "+33639981234")
    assert [entry["digest"] for entry in journal_of(gw, "objection")] == [digest.hex()]
    assert report.impact.new == 0


def test_a_consent_by_sms_makes_a_regular_contact_and_tags_stay_off_occasional_ones(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nRiou;0639981234\nGuen;0639981235\n", contact_class=OCCASIONAL)
    text = "nom;portable;consentement sms;étiquettes\nRiou;0639981234;oui;marché\nGuen;0639981235;;marché\n"
    report = imported(gw, tmp_path, text, claims=(SMS,))
    assert report.impact.promoted == 1
    with reading(gw.engine) as tx:
        names = select(tables.contact.c.family_name).join(tables.tag, tables.tag.c.contact_id == tables.contact.c.id)
        assert list(tx.execute(names).scalars()) == ["Riou"]


def test_every_file_that_names_a_person_is_an_origin_the_auditor_sees(gw, tmp_path):
    add(gw, Person(email="a@exemple.fr"))
    first = imported(gw, tmp_path, "courriel\na@exemple.fr\n")
    second = imported(gw, tmp_path, "courriel;commune\na@exemple.fr;Brest\n")
    with reading(gw.engine) as tx:
        met = tx.execute(select(tables.contact_origin.c.batch_id).order_by(tables.contact_origin.c.batch_id)).scalars().all()
    assert met == [first.batch_id, second.batch_id]
