"""Where each line is declared to be one who agreed, columns that tell people apart are not passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import InvalidInput
from tests.collecting.support import BOX, imported, planned

EVERYBODY = replace(BOX, everyone=True)
LEA, YANN, ZOE = "lea@exemple.fr", "yann@exemple.fr", "zoe@exemple.fr"


def listed(heading: str, *cells: str) -> str:
    people = (LEA, YANN, ZOE, "mehdi@exemple.fr")
    return f"courriel;{heading}\n" + "".join(f"{who};{cell}\n" for who, cell in zip(people, cells, strict=True))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Code", ("A", "B", "C", "A")),
        ("Statut", ("1", "2", "1", "1")),
        ("Status", ("C", "U", "S", "C")),
        ("Statut", ("actif", "En attente", "actif", "actif")),
        ("DOUBLE_OPT-IN", ("Yes", "Yes", "No", "Yes")),
        ("Marketing contact status", ("Marketing contact", "Non-marketing contact", "Marketing contact", "Marketing contact")),
        ("Status", ("C", "U", "S", "B")),  # of each one in so short a list
        ("Listes", ("Lettre", "Anciens", "Lettre", "Lettre")),
    ],
)
def test_a_column_whose_words_say_nothing_to_us_stops_a_declaration_that_everybody_agreed(gw, tmp_path, heading, cells):
    with pytest.raises(InvalidInput, match=rf"la colonne « {heading} » (les distingue|dit « No »|dit peut-être)"):
        planned(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY)
    report = imported(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY, mapping={heading: None})
    assert report.impact.new == 4


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Statut", ("actif", "actif", "actif", "actif")),
        ("Statut", ("abonné", "inscrit", "confirmé", "")),
        ("Code", ("K12", "K13", "K14", "K15")),  # each line its own
        ("Code Insee", ("29019", "29019", "29200", "29200")),
        ("État civil", ("mariée", "célibataire", "mariée", "")),
        ("Liste d’attente", ("1", "2", "1", "")),
        ("Commune", ("Brest", "Quimper", "Brest", "")),
    ],
)
def test_columns_about_other_things_stop_nothing(gw, tmp_path, heading, cells):
    assert planned(gw, tmp_path, listed(heading, *cells), claim=EVERYBODY).impact.granted == 4


def test_a_column_of_agreements_decides_line_by_line_whatever_a_code_says(gw, tmp_path):
    text = f"courriel;consentement;Code\n{LEA};oui;A\n{YANN};oui;B\n{ZOE};non;A\n"
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 2
