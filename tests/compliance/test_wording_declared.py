"""Who declares her opposition, or her answer, as letters do is obeyed; who turns us away in two words is read by somebody."""

from __future__ import annotations

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Ceci est une opposition formelle", Intent.OBJECTION),
        ("Bonjour, ce message vaut opposition. Cordialement, Anne Petit", Intent.OBJECTION),
        ("Vous avez mon opposition écrite", Intent.OBJECTION),
        ("Ceci est une opposition au projet de rocade", Intent.OTHER),  # to something else
        ("C'est une opposition stérile au conseil", Intent.OTHER),  # the other side of the council
        ("Je n'accepte aucun courrier politique", Intent.OBJECTION),
        ("Nous ne tolérons aucune sollicitation de votre part", Intent.OBJECTION),
        ("Je n'accepte aucune leçon de la majorité", Intent.OTHER),
        ("Je n'accepte aucun courrier de la mairie sans timbre", Intent.OTHER),  # another sender
        ("Considérez ma réponse comme définitive : c'est non", Intent.OBJECTION),
        ("Ma réponse est définitive, non", Intent.OBJECTION),
        ("Leur réponse est définitive : c'est non, la poste ferme", Intent.OTHER),  # somebody else's
    ],
)
def test_a_declaration_is_an_objection_to_us_and_to_nothing_else(text: str, intent: Intent):
    found = read_reply(text, shipped().reply_words)
    assert found.intent is intent, found


@pytest.mark.parametrize(
    "text",
    [
        "à bloquer",
        "Numéro à bannir",
        "pas de ça ici",
        "plus de politique chez nous svp",
        "moi pas vote svp pas envoyer",
        "svp finir envoyer pour moi",
    ],
)
def test_whoever_turns_us_away_in_few_or_broken_words_waits_for_a_reader(text: str):
    assert read_reply(text, shipped().reply_words).intent in (Intent.DOUBTFUL, Intent.OBJECTION)


@pytest.mark.parametrize(
    "text",
    [
        "à signaler : un trou rue Pasteur",
        "À enlever samedi : les affiches du pont",
        "Pas de ralentisseur ici",
        "On ne peut pas envoyer de photo ?",
        "Je n'aime pas écrire",
        "Le conseil a mon opposition écrite au PLU",
        "Fini d'appeler ma liste de 40 personnes",
        "Avez-vous fini d'écrire le programme ?",
    ],
)
def test_what_is_to_be_done_about_something_else_pauses_nobody(text: str):
    assert read_reply(text, shipped().reply_words).intent is Intent.OTHER
