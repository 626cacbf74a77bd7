"""Columns that nobody spoke of, beside the one that is read, and that say the contrary of it of somebody."""

from __future__ import annotations

import re

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from tests.collecting.support import BOX, consent_states, imported, planned

LEA, ZOE = "lea@exemple.fr", "zoe@exemple.fr"


def listed(heading: str, cell: str) -> str:
    return f"Nom;Courriel;Newsletter;{heading}\nRiou;{LEA};oui;{cell}\nGuen;{ZOE};oui;\n"


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Envoi", "non"),
        ("Diffusion (O/N)", "N"),
        ("Mailing", "non"),
        ("Lettre", "non"),
        ("Newsletter départementale", "Non"),
        ("À envoyer", "0"),
        ("Envoi 2026", "non"),
        ("Toujours d’accord en 2026 ?", "non"),
        ("À recontacter", "N"),
    ],
)
def test_a_no_to_the_same_letter_stops_the_file(gw, tmp_path, heading, cell):
    """The one column said yes, the other one was left out without a word, and the letter went."""
    with pytest.raises(InvalidInput, match=r"laissée de côté, dit « non » de quelqu’un dont « Newsletter » dit « oui »"):
        planned(gw, tmp_path, listed(heading, cell), claim=BOX)


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Reçoit la lettre", "non"),
        ("Liste d’exclusion", "oui"),
        ("Désactivé le", "03/02/2026"),
        ("Quarantaine", "X"),
        ("Hors diffusion", "X"),
        ("Suspension", "03/02/2026"),
        ("Véto", "x"),
        ("Muted", "TRUE"),
        ("Résultat", "refus"),
        ("Appel du 12/10", "refusé"),
        ("Dernière réponse", "Refus"),
        ("Statut", "radié"),
        ("Action", "désabonner"),
    ],
)
def test_what_may_tell_who_left_stops_the_file_until_it_is_said_what_it_is(gw, tmp_path, heading, cell):
    with pytest.raises(InvalidInput, match=f"« {heading} » dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, listed(heading, cell), claim=BOX)


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Envoi", "oui"),
        ("Envoi", "03/02/2026"),
        ("Envoi papier", "non"),
        ("Mail envoyé", "non"),
        ("Accord photo", "non"),
        ("Accord WhatsApp", "non"),
        ("SMS", "non"),
        ("Diffusion", "large"),
        ("Reçoit la lettre", "oui"),
        ("Contacté", "non"),
        ("Relance", "non"),
        ("Résultat", "absent"),
        ("Avis", "très favorable"),
        ("Statut de la commande", "Refusé"),
        ("Paiement", "refusé"),
        ("Suspension", ""),
    ],
)
def test_what_contradicts_nothing_asks_nothing(gw, tmp_path, heading, cell):
    imported(gw, tmp_path, listed(heading, cell), claim=BOX)
    assert consent_states(gw) == {LEA: "granted", ZOE: "granted"}


@pytest.mark.parametrize(
    "heading",
    [
        "Accord (cocher si refus)",
        "Accord (0 = oui, 1 = non)",
        "Newsletter (x = non)",
        "Lettre : cocher si vous ne souhaitez pas la recevoir",
        "Accord (vide = oui)",
        "Accord sauf si coché",
    ],
)
def test_a_mark_that_its_heading_explains_as_a_refusal_is_no_agreement(gw, tmp_path, heading):
    """Whoever brings the file sees « Accord » and says that it is one: who had ticked the box to refuse was written to."""
    text = f"courriel;{heading}\n{LEA};1\n{ZOE};\n"
    with pytest.raises(InvalidInput, match=re.escape(f'--map "{heading}=opposition"')):
        planned(gw, tmp_path, text, claim=BOX, mapping={heading: Field.CONSENT})
    report = imported(gw, tmp_path, text, mapping={heading: Field.OBJECTION})
    assert report.impact.objects == 1 and consent_states(gw) == {}


@pytest.mark.parametrize(
    "heading",
    [
        "Accord (1 = oui, 0 = non)",
        "Accord (oui=1, non=0)",
        "J’accepte de recevoir la lettre. Je peux me désinscrire à tout moment.",
        "J’accepte (cocher pour accepter, laisser vide pour refuser)",
        "Accord (coché = oui, vide = non)",
        "Consentement 1 : lettre",
    ],
)
def test_a_heading_that_explains_its_yes_is_believed(gw, tmp_path, heading):
    text = f"courriel;{heading}\n{LEA};1\n{ZOE};0\n"
    assert planned(gw, tmp_path, text, claim=BOX, mapping={heading: Field.CONSENT}).impact.granted == 1
