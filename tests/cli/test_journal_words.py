"""What the journal tells, as a volunteer reads it: every key has its French word, and so has what is known of its value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli.journal_words import ACTS, TOLD, lines_of

JOURNAL = Path(__file__).parents[2] / "docs" / "journal.md"
ROW = re.compile(r"^\| `[a-z_]+` \|[^|]*\|(?P<own>[^|]*)\|$", re.MULTILINE)


def documented() -> set[str]:
    """Keys that docs/journal.md gives to kinds of entries; what stands in brackets or behind `=` is their values."""
    rows = [re.sub(r"\([^()]*\)|= `[^`]*`", "", found["own"]) for found in ROW.finditer(JOURNAL.read_text("utf-8"))]
    assert len(rows) > 20
    return {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}


def test_every_key_that_is_documented_has_its_word():
    assert documented() - TOLD.keys() - ACTS.keys() == set()


def test_every_act_that_is_documented_has_its_word():
    told = re.findall(r"`act` \(([^()]*)\)", JOURNAL.read_text("utf-8"))
    acts = {act for one in told for act in re.findall(r"`([a-z-]+)`", one)}
    assert len(acts) > 20 and acts - ACTS.keys() - TOLD.keys() == set()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"intent": "objection", "right": "erasure"}, ["lu comme : opposition", "droit : effacement (article 17)"]),
        ({"medium": "*", "cause": "reply", "already": False}, ["canal : tous", "venue par : réponse", "s’y opposait déjà : non"]),
        ({"state": "dead", "code": "550"}, ["état : morte", "code : 550"]),
        ({"state": "deferred"}, ["état : reporté"]),
        ({"receipt": "dead"}, ["retour : adresse morte"]),
        ({"receipt": "heard", "seconds": 30}, ["retour : écouté", "secondes d’écoute : 30"]),  # ends of calls
        ({"receipt": "busy"}, ["retour : occupé : nouvel essai plus tard"]),
        ({"act": "lapsed", "counts": {"a": 1}}, ["acte : jamais confirmé", "nombres : a : 1"]),
        ({"counts": {"contacts": 1, "letters": 0}}, ["nombres : personnes effacées : 1"]),
        (
            {"counts": {"new": 3, "doubts": {"shared_address": 2}}},
            ["nombres : nouveaux contacts : 3 ; cases laissées de côté : 2"],
        ),
        ({"counts": {"accepted": 4, "refused": 0}}, ["nombres : remis : 4"]),
        ({"counts": {}, "remains": []}, ["nombres : rien", "où il peut en rester : rien"]),
        (
            {"outcome": "granted", "via": "phone", "identity": "checked"},
            ["issue : répondue", "arrivé par : téléphone", "identité : vérifiée"],
        ),
        (
            {"fields": ["birth_on", "mobile"], "recipients": {"smtp-relay": "to-be-told-by-hand"}},
            [
                "ce qui a changé : date de naissance, numéro de mobile",
                "destinataires des données : le relais de courrier : à prévenir par l’équipe",
            ],
        ),
        (
            {"of": "web_form", "collection": "direct", "contact_class": "regular"},
            ["recueil : donné par la personne", "sorte de contacts : contact régulier", "de : un formulaire sur un site"],
        ),
        (
            {"scope": "personal-copy", "classes": ["member"]},
            ["sortes de contacts : adhérent", "étendue : copie remise à la personne"],
        ),
        ({"verdict": "allow", "rules": ["a", "b"], "new": 1}, ["verdict : autorisé", "règles : a, b", "new : 1"]),
    ],
)
def test_an_entry_is_told_in_words(entry, told):
    assert list(lines_of({"at": "2027-01-01", "kind": "x", "v": 1} | entry)) == told
