"""What lists of associations and exports of tools have in common, and one file alone does not show."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.flows.collecting import cells
from gateway.flows.collecting.contents import Content, content_of
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.hints import instead
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.mailcells import email_or_nothing
from gateway.flows.collecting.mapping import proposals, propose, with_remarks
from gateway.flows.collecting.noting import tells_objection
from gateway.flows.collecting.table import How
from tests.collecting.support import brought, planned
from tests.compliance.builders import shipped

TODAY = date(2026, 3, 15)


def fields_of(headings: list[str], *rows: list[str]) -> list[Field | None]:
    return [one.field for one in proposals(headings, rows, TODAY, words=shipped().list_words, said={})]


@pytest.mark.parametrize("text", [";;;\r\n \r\n;;;\r\n" * 9, "\n\n  \n\n"])
def test_a_file_of_blank_cells_or_lines_is_refused_in_a_sentence_that_names_it(gw, tmp_path, text):
    with pytest.raises(InvalidInput, match=r"blancs.csv : le fichier ne contient aucune ligne"):
        propose(gw, brought(tmp_path, text, name="blancs.csv"), How(), {})


def test_a_list_of_numbers_alone_begins_with_somebody(gw, tmp_path):
    found = propose(gw, brought(tmp_path, "06 39 98 12 34\n+33 6 39 98 12 35\n0639981236\n"), How(), {})
    assert found.file.header_line == 0 and found.columns[0].field is Field.MOBILE


@pytest.mark.parametrize("heading", ["Année d’entrée", "N° de licence", "LEID", "CONTACT ID", "Matricule"])
def test_numbers_of_members_and_records_are_not_taken_for_postcodes(heading):
    assert fields_of(["Courriel", heading], ["a@exemple.fr", "29200"], ["b@exemple.fr", "29480"]) == [Field.EMAIL, None]


def test_two_columns_of_one_heading_are_told_apart_by_their_numbers():
    rows = (["a@exemple.fr", "02 98 00 00 01", "06 39 98 12 34"], ["b@exemple.fr", "02 98 00 00 02", "06 39 98 12 35"])
    headings = ["Courriel", "Téléphone", "Téléphone"]
    assert fields_of(headings, *rows) == [Field.EMAIL, Field.LANDLINE, Field.MOBILE]
    assert fields_of(headings, ["a@exemple.fr", "06 39 98 12 34", "06 39 98 12 35"]) == [Field.EMAIL, Field.PHONE, Field.PHONE]
    more = fields_of([*headings, "Téléphone 3"], *([*row, "06 39 98 12 36"] for row in rows))
    assert more == [Field.EMAIL, Field.LANDLINE, Field.MOBILE, None]
    assert fields_of([*headings, "Mobile"], *([*row, ""] for row in rows))[1:3] == [Field.PHONE, Field.PHONE]


def test_of_two_addresses_of_a_kind_the_one_at_work_is_put_aside():
    rows = (["a@exemple.fr", "02 98 00 00 01", "02 98 00 00 03"],)
    assert fields_of(["Courriel", "Tél. professionnel", "Tél. personnel"], *rows) == [Field.EMAIL, None, Field.PHONE]
    assert fields_of(["Courriel", "Tél. professionnel", "Nom"], *rows)[1] is Field.PHONE


@pytest.mark.parametrize("heading", ["Tél. conjoint", "Portable du père", "Personne à prévenir (tél)", "Fax"])
def test_a_number_of_somebody_else_is_not_proposed_as_hers_for_looking_like_one(heading):
    rows = (["zoe@exemple.fr", "06 39 98 12 34", "zoe.riou@exemple.org"],)
    assert fields_of(["Courriel", heading, "Créé par"], *rows) == [Field.EMAIL, None, None]
    assert fields_of(["Courriel", "Contact", "Nom"], *rows)[1] is Field.MOBILE


def test_a_name_beside_given_names_alone_is_the_rest_of_it():
    """Mailjet heads family names « name »: everybody lost hers."""
    rows = (["zoe@exemple.fr", "Zoé", "Le Goff"], ["lea@exemple.fr", "Léa", "Riou"])
    assert fields_of(["email", "firstname", "name"], *rows) == [Field.EMAIL, Field.GIVEN_NAME, Field.FAMILY_NAME]
    whole = (["zoe@exemple.fr", "Zoé", "Zoé Le Goff"], ["lea@exemple.fr", "Léa", "RIOU Léa"])
    assert fields_of(["email", "firstname", "name"], *whole) == [Field.EMAIL, Field.GIVEN_NAME, None]
    assert fields_of(["email", "firstname", "lastname", "name"], ["z@exemple.fr", "Zoé", "Riou", "Guen"])[3] is None


def test_two_columns_that_were_exchanged_are_proposed_for_what_they_hold():
    rows = (["zoe@exemple.fr", "06 39 98 12 34"], ["lea@exemple.fr", ""])
    found = proposals(["Tél", "Mail"], rows, TODAY, words=shipped().list_words, said={})
    assert [(one.field, one.settled) for one in found] == [(Field.EMAIL, False), (Field.MOBILE, False)]


@pytest.mark.parametrize(
    ("heading", "cells", "field"),
    [
        ("statut", ["valide", "refuse", "prop"], Field.OBJECTION),  # SPIP
        ("Statut de l’abonnement", ["Abonné", "refusé"], Field.OBJECTION),
        (
            "Statut de l’abonnement",
            ["Abonné", "S’est désabonné", "A signalé comme indésirable", "En attente de confirmation"],
            Field.OBJECTION,
        ),
        ("Et par SMS, pour nos rendez-vous ?", ["Oui, j’accepte", "Non merci"], Field.CONSENT_SMS),
        ("Avez-vous un téléphone ?", ["oui", "non"], None),
        ("marketing sms", ["yes", "no"], Field.CONSENT_SMS),
        ("J’accepte de recevoir :", ["Des e-mails de la campagne, Des SMS", "Des SMS"], Field.CONSENT_CHANNELS),
        ("exclusion_reason", ["unsubscribed", "spam", "autre"], Field.REMARK),  # Mailjet
        ("Email hard bounce reason", ["UNKNOWN_USER", "OTHER"], Field.DEAD_EMAIL),  # HubSpot
        ("Motif de désinscription", ["Trop de messages", "Déménage"], Field.OBJECTION),
        ("Statut de la commande", ["valide", "refusé"], None),
        ("Obs.", ["ne plus écrire", "vient samedi"], None),  # a remark, by its heading
        ("Contact par", ["SMS uniquement", "mail + sms"], Field.REMARK),
        ("Divers 2", ["S’est désabonnée", "vient en vélo"], Field.REMARK),
        ("Divers 2", ["vient samedi", "vient en vélo"], None),
        ("Code INSEE", ["29019", "29019"], None),
        ("Mobile no", ["06 39 98 12 34", "6,4E+08", "07 12 34"], Field.MOBILE),  # most were damaged: all were left out
    ],
)
def test_what_a_column_tells_of_who_left_is_proposed_by_its_cells(heading, cells, field):
    """Left out unless somebody knew its name: whoever had left was lost, or the file stopped."""
    rows, headings = [[f"a{rank}@exemple.fr", cell] for rank, cell in enumerate(cells)], ["Courriel", heading]
    known = proposals(headings, rows, TODAY, words=shipped().list_words, said={})
    found = with_remarks(known, headings, rows, tells_objection(shipped()))
    assert found[1].field is field and not found[1].settled


def test_whatever_reason_she_left_for_she_left(gw, tmp_path):
    text = "Courriel;Nom;Motif de désinscription;Bounce reason\nzoe@exemple.fr;Riou;Trop de messages;\nlea@exemple.fr;Guen;;\n"
    mapping = {"Motif de désinscription": Field.OBJECTION, "Bounce reason": Field.DEAD_EMAIL}
    plan = planned(gw, tmp_path, text + "ana@exemple.fr;Cam;-;UNKNOWN_USER\n", mapping=mapping)
    assert (plan.impact.objects, plan.impact.new, dict(plan.refused)) == (1, 1, {"dead": 1})


def test_days_below_the_name_of_an_agreement_are_when_it_was_given():
    rows = (["a@exemple.fr", "oui", "5/9/2026"], ["b@exemple.fr", "oui", "8 septembre 2026"])
    assert fields_of(["Courriel", "Accord mail", "Accord donné le"], *rows) == [Field.EMAIL, Field.CONSENT, Field.GIVEN_AT]
    for ended in ("Fin de l’accord", "Accord demandé le", "Consentement retiré le"):
        assert fields_of(["Courriel", "Accord mail", ended], *rows)[2] in (None, Field.OBJECTION), ended


def test_days_of_an_agreement_stay_days_where_some_cells_are_none():
    """« Jamais », one of them, made remarks of the column, and the day declared for the file was everybody's."""
    days = ("3/4/26", "le 3 avril 2026", "vendredi 3 avril 2026", "avril 26", "31/04/2026", "jamais", "refusé le 3/4")
    rows = [[f"a{rank}@exemple.fr", day] for rank, day in enumerate(days)]
    headings = ["Courriel", "Accord reçu le"]
    known = proposals(headings, rows, TODAY, words=shipped().list_words, said={})
    assert with_remarks(known, headings, rows, tells_objection(shipped()))[1].field is Field.GIVEN_AT


def test_postcodes_without_a_heading_are_known_by_their_departments():
    assert content_of(["29200", "29480", "6300", "75011"], TODAY, shipped().list_words) is Content.POSTCODES
    assert content_of(["2019", "2021", "1998"], TODAY, shipped().list_words) is not Content.POSTCODES
    assert (
        content_of(["10234", "81922", "35661", "47100", "66231", "93021", "5881"], TODAY, shipped().list_words)
        is not Content.POSTCODES
    )


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Nom du parent", Field.FAMILY_NAME),
        ("Président(e) - Prénom", Field.GIVEN_NAME),
        ("Courriel du responsable", Field.EMAIL),
        ("Portable du tuteur légal", Field.MOBILE),
        ("Nom de l’enfant", None),
        ("Nom de l’association", None),
    ],
)
def test_whoever_of_several_people_a_column_is_about(heading, field):
    assert likely(heading) is field


def test_the_name_is_that_of_whom_the_address_is():
    headings = ["Nom adhérent", "Prénom adhérent", "Nom payeur", "Prénom payeur", "Email payeur"]
    told = fields_of(headings, ["Riou", "Léa", "Guen", "Zoé", "zoe@exemple.fr"])
    assert told == [None, None, Field.FAMILY_NAME, Field.GIVEN_NAME, Field.EMAIL]


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        # HelloAsso: who paid for a ticket may have paid for somebody else, whose line it is.
        (
            "Nom participant|Prénom participant|Email participant|Nom payeur|Prénom payeur|Email payeur|Téléphone payeur",
            "Nom participant|Prénom participant|Email participant",
        ),
        (
            "Nom payeur|Prénom payeur|Email payeur|Nom adhérent|Prénom adhérent|Email adhérent",
            "Nom adhérent|Prénom adhérent|Email adhérent",
        ),
        (
            "Nom participant|Prénom participant|Nom acheteur|Prénom acheteur|Email acheteur|Email",
            "Nom participant|Prénom participant|Email",
        ),
        ("Nom payeur|Prénom payeur|Email payeur|Code postal payeur", "Nom payeur|Prénom payeur|Email payeur|Code postal payeur"),
        # a number of somebody else was kept with the name of who paid
        ("Nom payeur|Prénom payeur|Email payeur|Téléphone participant", "Nom payeur|Prénom payeur|Email payeur"),
        ("Nom participant|Email payeur|Email acheteur", "Nom participant|Email payeur|Email acheteur"),
    ],
)
def test_of_who_takes_part_and_who_paid_the_line_is_about_the_first(columns, kept):
    cells = {"Nom": "Riou", "Prénom": "Léa", "Téléphone": "0639981234", "Code": "29200"}
    headings = columns.split("|")
    row = [cells.get(one.split()[0], f"p{rank}@exemple.fr") for rank, one in enumerate(headings)]
    found = proposals(headings, [row], TODAY, words=shipped().list_words, said={})
    assert "|".join(one.label for one in found if one.field) == kept
    assert any(one.clashes for one in found) is ("Email acheteur" in kept)


@pytest.mark.parametrize(
    "cell", ["néant", "Non communiqué", "-", "?", "n.c.", "N/A", "00/00/0000", "inconnue", "#N/A", "pas d’adresse"]
)
def test_what_people_write_where_they_have_nothing_to_write_is_nothing(cell):
    assert cells.says_nothing(cell) and email_or_nothing(cell) is None and cells.birth_date(cell, TODAY) is None


@pytest.mark.parametrize("cell", ["ne veut pas", "zoe", "06 39 98 12 34", "n’a pas internet", "Zoé sans", "31/02/1980"])
def test_anything_else_says_something(cell):
    assert not cells.says_nothing(cell)
    with pytest.raises(InvalidAddress):
        email_or_nothing(cell)


def test_who_has_no_address_is_taken_by_her_number(gw, tmp_path):
    plan = planned(gw, tmp_path, "Courriel;Portable;Né le;Nom\nnéant;06 39 98 12 34;inconnue;Riou\nnéant;;;Guen\n")
    assert (plan.impact.new, dict(plan.refused)) == (1, {"empty": 1})


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("zoe.riou@orange,fr", "zoe.riou@orange.fr"),
        ("zoe.riou@orange..fr", "orange.fr"),
        ("zoe.riou@@orange.fr", "zoe.riou@orange.fr"),
        ("zoe.riou @ orange.fr", "zoe.riou@orange.fr"),
        ("zoe.riouorange.fr", "zoe.riou@orange.fr"),
        ("zoe.riou.orange.fr", "zoe.riou@orange.fr"),
        ("zoe.riou@orage;fr", "zoe.riou@orange.fr"),
        ("zoe.riou@orange .fr", "zoe.riou@orange.fr"),
        ("zoe.riou@orange. fr", "zoe.riou@orange.fr"),
        ("zoe.riou(at)orange.fr", "zoe.riou@orange.fr"),
        ("zoe.riou [at] orange.fr", "zoe.riou@orange.fr"),
        ("zoe.riou(a)exemple.fr", "zoe.riou@exemple.fr"),
        ("zoe.riou[arobase]exemple.fr", "zoe.riou@exemple.fr"),
        ("zoe.riou AT orange DOT fr", "zoe.riou@orange.fr"),
        ("zoe.riou (arobase) gmial (point) com", "zoe.riou@gmail.com"),
        ("zoe,riou@exemple.fr", "zoe.riou@exemple.fr"),
        ("zoe..riou@exemple.fr", "zoe.riou@exemple.fr"),
        ("zoe.@exemple.fr", "zoe@exemple.fr"),
    ],
)
def test_a_slip_that_spoils_an_address_is_named(cell, meant):
    assert instead(cell, shipped().mailboxes) == f" ; sans doute {meant}"


@pytest.mark.parametrize(
    "cell", ["zoe", "@", "zoe riou @ orange.fr", "www.exemple.fr", "zoe@", "zoe;anna@orange.fr", "à voir at home"]
)
def test_where_nothing_is_likely_nothing_is_named(cell):
    assert instead(cell, shipped().mailboxes) == ""


def test_an_address_in_words_is_refused_with_what_it_says_not_as_words_of_somebody_who_leaves(gw, tmp_path):
    (refused,) = planned(gw, tmp_path, "Courriel;Nom\nzoe.riou [at] orange.fr;Riou\n").refused_samples
    assert refused.says == "contient une espace ; sans doute zoe.riou@orange.fr"


@pytest.mark.parametrize("cell", ["15/03/26", "mars 2026", "46096", "46096.58"])
def test_a_day_on_which_somebody_objected_is_an_objection_however_exactly_it_can_be_read(cell):
    assert cells.objection(shipped().list_words, cell)


@pytest.mark.parametrize("cell", ["Bounced", "Cleaned", "Erreur définitive"])
def test_a_standing_of_a_dead_address_brings_nobody_in_and_says_why(cell):
    with pytest.raises(cells.UnreadableCell, match="ne reçoit plus rien"):
        cells.objection(shipped().list_words, cell)
    assert cells.objection(shipped().list_words, "Plainte") and not cells.objection(shipped().list_words, "Confirmed")


@pytest.mark.parametrize(
    "heading",
    ["Accord droit à l’image", "Autorisation photo", "Accepte le règlement intérieur", "J’accepte les CGV", "Consentement soins"],
)
def test_an_agreement_to_something_else_is_no_consent_to_our_messages(heading):
    assert likely(heading) is None


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("HasOptedOutOfEmail", Field.OBJECTION_EMAIL),
        ("IsEmailBounced", Field.DEAD_EMAIL),
        ("Je souhaite recevoir la newsletter", Field.CONSENT),
        ("Libellé de la commune", Field.COMMUNE),
        ("Libellé commune de naissance", None),
        ("Family name / Nom", Field.FAMILY_NAME),
        ("Tél / Mail", None),
    ],
)
def test_headings_that_say_more_than_one_we_know_are_read_for_what_they_say(heading, field):
    assert likely(heading) is field


def test_days_with_years_of_two_digits_are_days():
    rows = [["zoe@exemple.fr", "12/03/25"], ["lea@exemple.fr", ""], ["yann@exemple.fr", "01/02/2024"]]
    assert fields_of(["Mail", "Désinscrit le"], *rows) == [Field.EMAIL, Field.OBJECTION]
