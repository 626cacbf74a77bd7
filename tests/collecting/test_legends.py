"""Codes, colours and signs are not read here: what explains that some of them say no stops the file."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import
from gateway.flows.collecting.headings import Field
from tests.collecting.support import BOX, asked, planned
from tests.collecting.workbooks import xlsx

TABLE = "courriel;consentement;Code\nlea@exemple.fr;oui;A\nyann@exemple.fr;oui;C\n"


@pytest.mark.parametrize(
    "below",
    [
        "C = ne veut plus rien recevoir",
        "C : ne plus contacter",
        "* : a demandé à ne plus être contacté",
        "C;ne veut plus rien recevoir;",
        "Rouge;à ne plus contacter;",
        "Légende : en rouge = ne veut plus être contacté",
        "les lignes barrées ont demandé à ne plus rien recevoir",
        "NPC - à oublier",
    ],
)
def test_a_legend_below_the_list_that_says_who_objects_stops_the_file(gw, tmp_path, below):
    with pytest.raises(InvalidInput, match=r"ligne 4 : .* explique des codes, des couleurs ou des signes"):
        planned(gw, tmp_path, f"{TABLE}{below}\n", claim=BOX)


@pytest.mark.parametrize(
    "below",
    [
        "A = adhérent",
        "Total : 2",
        "Fichier établi par Claire",
        "NB : données recueillies selon le RGPD",
        "A;adhérent;",
        "en vert : bénévoles",
    ],
)
def test_other_words_below_the_list_stop_nothing(gw, tmp_path, below):
    assert planned(gw, tmp_path, f"{TABLE}{below}\n", claim=BOX).impact.new == 2


def test_a_legend_above_the_headings_stops_the_file_in_a_text_and_in_a_workbook(gw, tmp_path):
    legend = "Légende : en rouge = ne veut plus être contacté ; barré = déménagé"
    with pytest.raises(InvalidInput, match="au-dessus des titres de colonnes"):
        planned(gw, tmp_path, f"Liste du quartier;;\n{legend};;\n{TABLE}".replace(" ; barré", ", barré"), claim=BOX)
    rows = [["Liste du quartier"], [legend], *(line.split(";") for line in TABLE.splitlines())]
    xlsx(tmp_path / "liste.xlsx", rows)
    with pytest.raises(InvalidInput, match="au-dessus des titres de colonnes"):
        plan_import(gw, asked(tmp_path / "liste.xlsx", claim=BOX))


def test_a_title_that_calls_the_list_one_of_those_who_left_stops_it(gw, tmp_path):
    with pytest.raises(InvalidInput, match="« Personnes à ne plus contacter » semble être une liste"):
        planned(gw, tmp_path, f"Personnes à ne plus contacter;;\n{TABLE}", claim=BOX)


def test_a_person_without_address_who_objects_comes_back_as_a_line(gw, tmp_path):
    text = "nom;prénom;courriel;portable;remarques\nRiou;Léa;lea@exemple.fr;;\nLe Bec;Yann;;;ne veut plus rien recevoir\n"
    assert planned(gw, tmp_path, text, reviewed="vu").refused == {"empty": 1}


@pytest.mark.parametrize("says", ["rouge = ne veut plus rien", "en rouge : à ne plus contacter", "* = a demandé son retrait"])
def test_a_legend_beside_the_people_of_the_list_stops_the_file(gw, tmp_path, says):
    text = f"courriel;consentement;;Légende\nlea@exemple.fr;oui;;vert = adhérent\nyann@exemple.fr;oui;;{says}\n"
    with pytest.raises(InvalidInput, match=r"ligne 3 : .* explique des codes, des couleurs ou des signes"):
        planned(gw, tmp_path, text, claim=BOX, mapping={"Légende": Field.REMARK})


@pytest.mark.parametrize("says", ["Tél : ne plus appeler", "mail = ne plus écrire", "Léa - à ne plus contacter"])
def test_a_remark_about_a_person_is_no_legend(gw, tmp_path, says):
    text = f"courriel;consentement;Suivi\nlea@exemple.fr;oui;\nyann@exemple.fr;oui;{says}\n"
    assert planned(gw, tmp_path, text, claim=BOX, mapping={"Suivi": Field.REMARK}).loaded.rows == 2


def test_a_heading_that_explains_codes_of_who_objects_stops_the_file_and_others_do_not(gw, tmp_path):
    codes = "Accord SMS (1 = oui / 0 = non / 9 = ne plus contacter)"
    with pytest.raises(InvalidInput, match=r"un titre de colonne : .* explique des codes"):
        planned(gw, tmp_path, f"courriel;consentement;{codes}\nlea@exemple.fr;oui;1\nyann@exemple.fr;oui;9\n", claim=BOX)
    text = "courriel;Accord mail (1=oui, 0=non)\nlea@exemple.fr;1\nyann@exemple.fr;0\n"
    mapping = {"Accord mail (1=oui, 0=non)": Field.CONSENT}
    assert planned(gw, tmp_path, text, claim=BOX, mapping=mapping).impact.granted == 1


@pytest.mark.parametrize(
    ("title", "stops"),
    [
        ("MAJ 12/10 : les gens du bas sont partis, ne plus les déranger", True),
        ("Liste des sympathisants, confidentiel", False),
        ("Réunion du 12 octobre : ne pas diffuser", False),
        ("Merci de ne pas modifier cette feuille", False),
        ("NE PLUS TRANSMETTRE À PERSONNE", False),
    ],
)
def test_a_sentence_above_the_headings_that_asks_to_leave_people_alone_stops_the_file(gw, tmp_path, title, stops):
    text = f"{title};;\n{TABLE}"
    if not stops:
        assert planned(gw, tmp_path, text, claim=BOX).impact.new == 2
        return
    with pytest.raises(InvalidInput, match="au-dessus des titres de colonnes"):
        planned(gw, tmp_path, text, claim=BOX)


@pytest.mark.parametrize(
    "title", ["Yann (yann@exemple.fr) ne veut plus de nos lettres", "À oublier : yann@exemple.fr et 06 39 98 12 34"]
)
def test_a_no_above_the_headings_that_names_its_person_stops_the_file(gw, tmp_path, title):
    with pytest.raises(InvalidInput, match="au-dessus des titres de colonnes"):
        planned(gw, tmp_path, f"{title};;\n{TABLE}", claim=BOX)


def test_whom_to_ask_about_a_list_is_no_refusal(gw, tmp_path):
    assert planned(gw, tmp_path, f"Liste tenue par Claire (claire@exemple.fr);;\n{TABLE}", claim=BOX).impact.new == 2
