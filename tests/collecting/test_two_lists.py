"""Two lists in one table: those who left below the others, or beside them, are never taken for contacts, nor passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from tests.collecting.support import BOX, imported, people, planned
from tests.collecting.test_told_no import ZOE

REST = f"Prénom;Mail;Tél\nZoé;{ZOE};06 39 98 12 34\n"


@pytest.mark.parametrize("title", ["Ne veulent plus rien recevoir", "Désinscrits", "STOP", "Ne plus contacter :", "Radiés"])
@pytest.mark.parametrize("head", ["", "Prénom;Mail;Tél\n"])
def test_people_below_a_title_that_says_they_left_are_no_contacts(gw, tmp_path, title, head):
    text = f"Prénom;Mail;Tél\nLéa;lea@exemple.fr;\n;;\n{title};;\n{head}Zoé;{ZOE};06 39 98 12 34\n"
    with pytest.raises(InvalidInput, match=f"ligne 4 : « {title}.* semble être le titre d’une liste"):
        planned(gw, tmp_path, text)
    assert people(gw) == {}


@pytest.mark.parametrize(
    "title",
    [
        "Partis fâchés",
        "Partis",
        "Mécontents",
        "Sortis en 2025",
        "Supprimés",
        "Ont quitté la liste",
        "Ceux qui n’en veulent plus",
        "Refus",
        "Pas intéressés",
    ],
)
def test_people_below_a_title_that_may_say_they_left_wait_for_somebody_to_say_so(gw, tmp_path, title):
    with pytest.raises(InvalidInput, match=f"ligne 4 : « {title}"):
        planned(gw, tmp_path, f"Prénom;Mail;Tél\nLéa;lea@exemple.fr;\n;;\n{title};;\nZoé;{ZOE};06 39 98 12 34\n")


@pytest.mark.parametrize(
    "title",
    [
        "Non abonnés (1)",
        "Non abonnés",
        "Jamais inscrits",
        "En attente de confirmation (1)",
        "Sans consentement : 1",
        "Not subscribed (1)",
        "Refusés (1)",
        "Désabonnés (1)",
        "Non (1)",
    ],
)
@pytest.mark.parametrize("counts", [";", "0;1"])
def test_people_of_a_group_that_agreed_to_nothing_are_not_taken_with_the_others(gw, tmp_path, title, counts):
    """An export by groups heads each of them by its name and how many it has: nobody below is an agreement of the file."""
    text = f"Prénom;Mail;Rebonds;Envois\nLettre (1);;{counts}\nLéa;lea@exemple.fr;0;1\n{title};;{counts}\nZoé;{ZOE};0;1\n"
    with pytest.raises(InvalidInput, match=r"ligne 4 : « .* semble être le titre"):
        planned(gw, tmp_path, text, claim=replace(BOX, everyone=True))


@pytest.mark.parametrize("across", [2, 3])
def test_a_title_merged_over_its_columns_is_one(gw, tmp_path, across):
    title = ";".join(["Ne plus contacter"] * across + [""] * (3 - across))
    with pytest.raises(InvalidInput, match="semble être le titre d’une liste"):
        planned(gw, tmp_path, f"Prénom;Mail;Tél\nLéa;lea@exemple.fr;\n{title}\nZoé;{ZOE};06 39 98 12 34\n")


@pytest.mark.parametrize(
    "title",
    [
        "Quartier de la Gare",
        "Rue de la Paix",
        "Non adhérents",
        "Pas encore contactés",
        "À relancer",
        "Ne répondent pas",
        "Sans nouvelles",
        "Non renouvelés",
        "Non adhérents (12)",
        "Quartier 4 (12)",
        "N",
        "Membres sortants",
        "Élus d’opposition",
        "À ne pas oublier",
        "Hors commune",
        "Absents",
    ],
)
def test_a_title_that_says_nothing_of_wishes_asks_nothing(gw, tmp_path, title):
    imported(gw, tmp_path, f"Prénom;Mail;Tél\nLéa;lea@exemple.fr;\n;;\n{title};;\nZoé;{ZOE};06 39 98 12 34\n")
    assert {ZOE, "lea@exemple.fr"} <= set(people(gw))


def test_a_remark_on_a_line_of_its_own_is_not_to_be_taken_away_with_what_it_says(gw, tmp_path):
    text = f"Prénom;Mail;suivi\nLéa;lea@exemple.fr;\n;;↳ a rappelé, demande à être retirée\nZoé;{ZOE};\n"
    with pytest.raises(InvalidInput, match="si c’est une remarque sur la personne du dessus, écrivez-la sur sa ligne"):
        planned(gw, tmp_path, text)


def test_other_titles_and_totals_stop_nothing(gw, tmp_path):
    text = f"Prénom;Mail;Tél\nBUREAU;;\nLéa;lea@exemple.fr;\nADHÉRENTS;;\nZoé;{ZOE};\nTotal : 2;;\nSTOP au béton;;\n"
    imported(gw, tmp_path, text)
    assert {ZOE, "lea@exemple.fr"} <= set(people(gw))


def test_a_title_at_the_end_that_nobody_follows_stops_nothing(gw, tmp_path):
    imported(gw, tmp_path, f"{REST}Désinscrits : aucun;;\n")
    assert ZOE in people(gw)


@pytest.mark.parametrize(
    "remark",
    ["* a demandé à être retirée", "* pas de mail", "NB : Mme Riou a changé d’avis le 3/11", "↑ ne plus écrire à cette dame"],
)
@pytest.mark.parametrize("below", ["", "(page 2);;\n", "(suite);;\nAnn;ann@exemple.fr;\n"])
def test_a_sentence_below_the_list_that_says_no_of_one_of_it_stops_the_file(gw, tmp_path, remark, below):
    """The line came back as one without an address, its words were shown nowhere, and she was written to."""
    text = f"Prénom;Mail;Tél\nLéa*;lea@exemple.fr;\nZoé;{ZOE};\n;;\n{remark};;\n{below}"
    with pytest.raises(InvalidInput, match="ligne 5 : « "):
        planned(gw, tmp_path, text)


@pytest.mark.parametrize(
    "remark",
    [
        "Fait le 3 mars par Ginette",
        "Total : 2 personnes",
        "Total des désinscrits : 14",
        "Arrêté à 2 personnes",
        "Liste arrêtée au 3 mars, à 2 noms",
        "dont 3 refus et 2 injoignables",
        "Prochaine réunion le 3 mars à 18 h",
        "À ne pas diffuser",
    ],
)
def test_an_ordinary_sentence_below_the_list_asks_nothing(gw, tmp_path, remark):
    imported(gw, tmp_path, f"Prénom;Mail;Tél\nLéa;lea@exemple.fr;\nZoé;{ZOE};\n;;\n{remark};;\n")
    assert {ZOE, "lea@exemple.fr"} <= set(people(gw))


@pytest.mark.parametrize(
    "head",
    [
        "Inscrits;;;Désinscrits;\nPrénom;Mail;;Prénom;Mail\n",
        "Prénom;Mail;;Autre prénom;Mails désinscrits\n",
    ],
)
def test_a_list_of_who_left_beside_the_list_stops_it(gw, tmp_path, head):
    """They were « other addresses, left out »: their objections were lost."""
    text = f"{head}Léa;lea@exemple.fr;;Zoé;{ZOE}\nAnn;ann@exemple.fr;;;\n"
    with pytest.raises(InvalidInput, match="semble lister d’autres personnes, qui ne veulent plus rien recevoir"):
        planned(gw, tmp_path, text)


def test_a_lone_column_of_addresses_of_who_left_is_no_list_of_contacts(gw, tmp_path):
    with pytest.raises(InvalidInput, match="semble être une liste de personnes qui ne veulent plus rien recevoir"):
        planned(gw, tmp_path, f"Mails désinscrits;nom\n{ZOE};Riou\n", mapping={"Mails désinscrits": Field.EMAIL})
