"""Wishes, refusals of what was named, and demands told in a story: with words of their own, and what resembles each."""

from __future__ import annotations

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

OBJECTIONS = {
    "somebody else was spoken of in the sentence before": (
        "Le gardien a râlé. Les gens se plaignent. Merci d'ôter mon nom de vos listes.",
        "Les collègues se plaignent du bruit de mon portable. STOP",
        "les gens veulent plus de ça oubliez-moi",
        "les autres candidats n'appellent pas donc ne m'appelez plus",
    ),
    "something is slipped in after the negation": (
        "Nous ne voulons plus, ma sœur et moi, recevoir vos courriels",
        "Je ne souhaite pas, vu mon âge, être contactée par un parti",
        "je ne désire plus, à mon grand regret, recevoir vos lettres",
    ),
    "what is named first, and refused in a word": (
        "les sms c'est plus possible",
        "vos mails, ce sera sans nous",
        "les appels, c'est mort",
        "pour moi c'est non pour les textos",
        "Ce genre de mail ? Sans façon.",
        "plus de lettres de ce genre svp",
        "La barbe avec vos textos",
        "Par courrier à la rigueur, mais pas par SMS",
    ),
    "a wish about what rings and what is seen": (
        "Que mon portable ne vibre plus pour vous",
        "Que je ne vous lise plus dans ma messagerie",
        "J'ai laissé ce numéro pour une pétition. Qu'il ne serve plus.",
        "Ne remplissez plus mon répondeur",
        "Ne mettez plus rien dans ma boîte aux lettres électronique",
        "Épargnez-moi les suivants, merci",
    ),
    "somebody of ours is to be told": (
        "Dites à votre militante qu'elle ne m'appelle plus",
        "Demandez à vos bénévoles de ne plus me téléphoner",
    ),
    "a prayer in the form of a refusal": (
        "Vous pourriez pas m'enlever de la liste ?",
        "vous voulez pas supprimer mon numéro",
        "Pourquoi ne pas me désinscrire ?",
        "Quand comptez-vous effacer mon adresse ?",
    ),
    "relief, if it was granted": (
        "Ce serait un soulagement si vous ne m'appeliez plus",
        "Je vous remercierais si vous ne m'envoyiez plus rien",
        "Faites-moi le plaisir d'arrêter",
        "Je compte sur vous pour m'oublier",
    ),
    "her agreement, which she does not give": (
        "Il vous faut mon accord pour m'écrire, je ne vous le donne pas",
        "Je m'oppose à ce que mon adresse soit conservée",
    ),
    "STOP, and what stands around it": (
        "Stop pour moi, merci !\nBises\nLola",
        "Stop, et ce n'est pas une plaisanterie",
        "Stop, n'en jetez plus",
        "Je tape STOP puisqu'il le faut",
    ),
    "she among others, and what she was put into": (
        "Laissez les retraités tranquilles, et moi la première",
        "Laissez les gens en paix, moi d'abord",
        "C'est mon frère qui m'a inscrite, je ne veux pas y figurer",
        "Sortez-nous du circuit",
        "Mon adresse est privée, veuillez l'oublier",
        "pour le numéro finissant par vingt-deux, faudrait l'enlever de chez vous",
    ),
    "irony, and a compliment to the work": (
        "Quel plaisir de recevoir votre neuvième mail ! Que ce soit le dernier",
        "Continuez votre combat, le quartier en a besoin. Désinscrivez-moi de vos envois.",
    ),
}
READ = {
    "weariness, where our messages are spoken of too": (
        "J'ai reçu trois fois la même lettre. Vos messages débordent. J'en ai assez.",
        "J'en ai marre. Mon mari dort le jour et vous m'appelez à midi.",
        "J'en ai ras la casquette",
    ),
    "one too many": ("J'ai lu vos deux premiers mails. Le troisième était de trop.",),
    "she would be sorry": ("Je serais déçue si vous ne m'écriviez plus",),
}
ORDINARY = {
    "a prayer to be kept": ("vous ne pouvez pas me retirer, je tiens à rester", "ne me désinscrivez pas"),
    "another's place, another's list": (
        "Je souhaite me désister comme assesseur",
        "Radiation des listes électorales : qui contacter ?",
        "Décochez la case de la hausse des impôts",
        "Cessez de nous oublier",
    ),
    "a mistake": ("J'ai appuyé sans faire exprès sur désabonnement, merci d'annuler",),
    "no agreement with what a letter says": ("Je ne suis pas d'accord avec votre mail sur la cantine, mais merci de m'informer",),
    "more of them": ("Plus de messages comme celui-là, ça fait du bien !",),
    "politics": ("Sortez-nous de ce système", "Que les écoles ne servent plus de parking", "Pas de politique à l'école"),
}


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


@pytest.mark.parametrize("kind", OBJECTIONS)
def test_a_wish_or_a_demand_in_a_story_is_heard(kind: str):
    assert {text: intent(text) for text in OBJECTIONS[kind]} == dict.fromkeys(OBJECTIONS[kind], Intent.OBJECTION)


@pytest.mark.parametrize("kind", READ)
def test_what_may_be_a_demand_is_read_by_somebody(kind: str):
    assert {text: intent(text) for text in READ[kind]} == dict.fromkeys(READ[kind], Intent.DOUBTFUL)


@pytest.mark.parametrize("kind", ORDINARY)
def test_what_resembles_it_takes_nobody_off(kind: str):
    assert [text for text in ORDINARY[kind] if intent(text) is Intent.OBJECTION] == []
