"""Columns that nobody spoke of, beside the one that is read, and that say the contrary of it of somebody."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidInput
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
