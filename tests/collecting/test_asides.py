"""A no that somebody wrote where a name, a place or a number is asked for."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from tests.collecting.support import BOX, consent_states, imported, planned
from tests.collecting.test_told_no import objects

LEA, ZOE = "lea@exemple.fr", "zoe@exemple.fr"
HEADINGS = (
    "prénom",
    "nom",
    "code postal",
    "commune",
    "pays",
    "bureau de vote",
    "collecteur",
    "moyen",
    "horaires d’appel",
    "portable",
)


def listed(heading: str, cell: str) -> str:
    return f"courriel;consentement;{heading}\n{LEA};oui;{cell}\n{ZOE};oui;\n"


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("cell", ["STOP", "ne veut plus rien recevoir"])
def test_a_no_beyond_doubt_counts_wherever_it_is_written(gw, tmp_path, heading, cell):
    imported(gw, tmp_path, listed(heading, cell), claim=BOX)
    assert objects(gw, LEA, Medium.EMAIL) and consent_states(gw) == {ZOE: "granted"}


@pytest.mark.parametrize("heading", ["prénom", "nom", "commune"])
@pytest.mark.parametrize(
    "beside", ["Riou (ne plus contacter)", "RIOU – désinscrite", "Riou, ne plus lui écrire", "RIOU (Désabonnée)"]
)
def test_a_no_beside_a_name_or_a_place_is_an_objection_and_is_shown(gw, tmp_path, heading, beside):
    report = imported(gw, tmp_path, listed(heading, beside), claim=BOX)
    assert objects(gw, LEA, Medium.EMAIL) and report.impact.granted == 1


@pytest.mark.parametrize(
    "cell", ["Riou NPC", "RIOU (très fâchée)", "Riou - à oublier", "Riou ❌", "Feu M. Riou", "a refusé de nous parler, Riou"]
)
def test_what_may_be_a_no_beside_a_name_holds_its_line_until_it_is_read(gw, tmp_path, cell):
    plan = planned(gw, tmp_path, listed("nom", cell), claim=BOX)
    assert plan.impact.granted == 1 and (plan.refused == {"remark": 1} or plan.impact.objects == 1)
    if plan.refused:
        assert planned(gw, tmp_path, listed("nom", cell), claim=BOX, remarks_read="Claire").impact.granted == 2


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("nom", "BARRÉ"),
        ("nom", "Lasserre"),
        ("nom", "Stop"),
        ("nom complet", "Mehdi Stop"),
        ("nom", "marie lasserre"),
        ("nom", "Riou (Le Mort)"),
        ("nom", "RIOU, Marie-Ange"),
        ("nom", "de la Tranquille"),
        ("commune", "Pas-en-Artois"),
        ("commune", "Saint-Denis (Réunion)"),
        ("commune", "Le Mans - centre"),
        ("pays", "France"),
        ("moyen", "case à cocher, sans engagement"),
        ("collecteur", "Claire Barré"),
        ("horaires d’appel", "lun-ven 18h-20h, pas le samedi"),
        ("portable", "pas de portable"),
        ("portable", "n’a plus de téléphone"),
    ],
)
def test_names_and_places_that_sound_like_a_refusal_are_names_and_places(gw, tmp_path, heading, cell):
    assert planned(gw, tmp_path, listed(heading, cell), claim=BOX).impact.granted == 2


@pytest.mark.parametrize("cell", ["Riou †", "†Riou", "RIOU ✝"])
def test_a_cross_beside_a_name_brings_nobody_in_who_is_written_to(gw, tmp_path, cell):
    assert planned(gw, tmp_path, listed("nom", cell), claim=BOX).impact.granted == 1
