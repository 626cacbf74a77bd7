"""« Nom et prénom » in one column: split where it is certain, in doubt and said everywhere else."""

from __future__ import annotations

import pytest

from gateway.flows.collecting import write_import
from gateway.flows.collecting.headings import Field, meaning
from gateway.flows.collecting.names import Name, Order, told_apart
from tests.collecting.support import imported, people, planned

FAMILY, GIVEN, UNSAID = Order.FAMILY_FIRST, Order.GIVEN_FIRST, Order.UNSAID


@pytest.mark.parametrize(
    ("text", "order", "family", "given"),
    [
        ("RIOU Zoé", UNSAID, "RIOU", "Zoé"),
        ("Zoé RIOU", UNSAID, "RIOU", "Zoé"),
        ("Zoé RIOU", FAMILY, "RIOU", "Zoé"),  # capitals say more than a heading
        ("LE GOFF Anne Marie", UNSAID, "LE GOFF", "Anne Marie"),
        ("Jean-François LE GOFF", UNSAID, "LE GOFF", "Jean-François"),
        ("Jean de LA TOUR", UNSAID, "de LA TOUR", "Jean"),
        ("de LA TOUR Jean", UNSAID, "de LA TOUR", "Jean"),
        ("d’HERVÉ Noël", UNSAID, "d’HERVÉ", "Noël"),
        ("MARTIN-PAYET Inès", UNSAID, "MARTIN-PAYET", "Inès"),
        ("J. RIOU", UNSAID, "RIOU", "J."),
        ("Mme RIOU Zoé", UNSAID, "RIOU", "Zoé"),
        ("Riou, Zoé", UNSAID, "Riou", "Zoé"),
        ("LE GOFF, Anne Marie", GIVEN, "LE GOFF", "Anne Marie"),
        ("Riou Zoé", FAMILY, "Riou", "Zoé"),
        ("Zoé Riou", GIVEN, "Riou", "Zoé"),
        ("RIOU ZOÉ", FAMILY, "RIOU", "ZOÉ"),
        ("zoé riou", GIVEN, "riou", "zoé"),
        ("Le Goff Anaëlle", FAMILY, "Le Goff", "Anaëlle"),
        ("De la Tour Jean", FAMILY, "De la Tour", "Jean"),
        ("Anaëlle Le Goff", GIVEN, "Le Goff", "Anaëlle"),
        ("Jean Pierre de la Tour", GIVEN, "de la Tour", "Jean Pierre"),
    ],
)
def test_a_name_is_told_apart_where_it_is_certain(text, order, family, given):
    assert told_apart(text, order) == Name(family, given)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Martin Paul", UNSAID),
        ("M. et Mme RIOU", UNSAID),
        ("Mr & Mme RIOU", FAMILY),
        ("RIOU Zoé et Paul", FAMILY),
        ("RIOU ZOÉ", UNSAID),
        ("Martin Jean Pierre", FAMILY),
        ("Jean Pierre Martin", GIVEN),
        ("Le Goff Anne Marie", FAMILY),
        ("RIOU Zoé MARTIN", UNSAID),
        ("Riou", FAMILY),
        ("RIOU", UNSAID),
        ("Mme Riou", FAMILY),
        ("Riou,", FAMILY),
        ("Riou, Zoé, Brest", FAMILY),
        ("Le Goff", FAMILY),
        ("Le Goff", GIVEN),
        ("", FAMILY),
    ],
)
def test_a_name_that_could_be_cut_in_two_ways_is_not_cut(text, order):
    assert told_apart(text, order) is None


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Nom et prénom", Field.FAMILY_GIVEN),
        ("NOM PRENOM", Field.FAMILY_GIVEN),
        ("Nom/Prénom", Field.FAMILY_GIVEN),
        ("Prénom NOM", Field.GIVEN_FAMILY),
        ("Prénom et nom", Field.GIVEN_FAMILY),
        ("Nom complet", Field.FULL_NAME),
        ("Full Name", Field.FULL_NAME),
        ("Personne", Field.FULL_NAME),
        ("Nom", Field.FAMILY_NAME),
    ],
)
def test_a_heading_says_that_a_column_holds_whole_names_and_in_which_order(heading, field):
    assert meaning(heading) is field


def test_whole_names_are_told_apart_in_the_dry_run_and_then_in_the_store(gw, tmp_path):
    text = "Nom et prénom;Courriel\nRIOU Zoé;zoe@exemple.fr\nLe Goff Yann;yann@exemple.fr\nMartin Jean Pierre;jp@exemple.fr\n"
    plan = planned(gw, tmp_path, text)
    noted = plan.loaded.noted
    assert (noted.split, noted.splits) == (2, [("RIOU Zoé", "RIOU", "Zoé"), ("Le Goff Yann", "Le Goff", "Yann")])
    assert [(one.line, one.column, one.value) for one in noted.whole.samples] == [(4, "Nom et prénom", "Martin Jean Pierre")]
    assert "où finit le nom" in noted.whole.samples[0].says and not plan.doubts
    assert not [one for one in plan.explanations if one.rule == "minimise-fields"], "the column serves a purpose"
    write_import(gw, plan)
    stored = {address: (who["family_name"], who["given_name"]) for address, who in people(gw).items()}
    assert stored == {
        "zoe@exemple.fr": ("RIOU", "Zoé"),
        "yann@exemple.fr": ("Le Goff", "Yann"),
        "jp@exemple.fr": ("Martin Jean Pierre", ""),
    }


def test_two_people_with_one_landline_stay_two_where_their_names_are_not_told_apart(gw, tmp_path):
    report = imported(gw, tmp_path, "Nom complet;Fixe\nPaul Martin;0299005678\nInès Payet;0299005678\n")
    assert report.impact.new == 1 and report.doubts == {"shared_number": 1}


def test_parts_of_names_in_columns_of_their_own_are_what_counts(gw, tmp_path):
    plan = planned(gw, tmp_path, "Nom complet;Nom;Prénom;Courriel\nRIOU Zoé;Guen;Anne;anne@exemple.fr\n")
    assert plan.loaded.columns.ignored == ("Nom complet",) and plan.loaded.noted.split == 0
    write_import(gw, plan)
    assert (people(gw)["anne@exemple.fr"]["family_name"], people(gw)["anne@exemple.fr"]["given_name"]) == ("Guen", "Anne")


def test_somebody_may_say_the_order_that_a_heading_does_not(gw, tmp_path):
    text = "Contact;Courriel\nZoé Riou;zoe@exemple.fr\n"
    imported(gw, tmp_path, text, mapping={"Contact": Field.GIVEN_FAMILY})
    assert (people(gw)["zoe@exemple.fr"]["family_name"], people(gw)["zoe@exemple.fr"]["given_name"]) == ("Riou", "Zoé")
