"""A demand is heard whatever stands before or after it without so much as a comma, as people write on a telephone."""

from __future__ import annotations

from itertools import product

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

DEMANDS = (
    "ne m’envoyez plus de sms",
    "n’envoyez plus de messages",
    "ne plus m’écrire",
    "je ne veux plus recevoir vos mails",
    "plus de sms de votre part",
    "arrêtez de m’appeler",
    "retirez-moi de votre liste",
    "supprimez mon numéro",
    "désabonnez-moi",
    "cessez vos envois",
    "je m’oppose à vos messages",
    "laissez-moi tranquille",
)
#: What people add to it: where, since when, why, of what kind, what else they think.
ADDED = (
    "sur ce portable",
    "sur ce numéro",
    "à cette adresse",
    "comme ça",
    "de ce genre",
    "pour les élections",
    "sur la politique",
    "en vertu de l’article 21",
    "conformément à la loi",
    "car je vote ailleurs",
    "parce que je suis en deuil",
    "je travaille la nuit",
    "c’est pénible",
    "même si je vote pour vous",
    "les enfants dorment",
    "et bon courage",
)
#: What asks to stop and does not say what, and what people add to that.
VAGUE = (
    "merci de cesser",
    "pourriez-vous arrêter",
    "je veux que ça s’arrête",
    "veuillez cesser",
    "je vous demande d’arrêter",
    "je m’oppose",
    "je résilie",
    "dégagez",
    "oubliez-moi",
    "lâchez-moi",
)
WHY = ("car je suis malade", "parce que je ne vote pas ici", "sinon je porte plainte", "je suis retraité", "on est en deuil")


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


@pytest.mark.parametrize("demand", DEMANDS)
def test_a_clear_demand_stands_whatever_is_added_to_it(demand: str):
    read = {added: intent(f"{demand} {added}") for added in ADDED}

    assert Intent.OTHER not in read.values(), read
    assert list(read.values()).count(Intent.OBJECTION) >= len(ADDED) - 1, read


@pytest.mark.parametrize(("asked", "why"), list(product(VAGUE, WHY)))
def test_what_asks_to_stop_without_saying_what_is_read_by_somebody_at_least(asked: str, why: str):
    assert intent(f"{asked} {why}") in (Intent.OBJECTION, Intent.DOUBTFUL)
    assert intent(f"{asked}, {why}") in (Intent.OBJECTION, Intent.DOUBTFUL)


@pytest.mark.parametrize(
    "text",
    [
        "Ne m’envoyez plus de sms sur ce portable",
        "N’envoyez plus de sms sur ce numéro",
        "Ne m’envoyez plus de messages comme ça",
        "Ne m’envoyez plus de messages avant les élections",
        "n’écrivez plus en vertu de l’article 21",
        "Déjà demandé deux fois à être retiré. Faites le nécessaire.",
        "Malgré mes demandes répétées, vous persistez",
        "J’ai tapé stop mais ça continue",
        "Si vous ne me retirez pas de la liste je dépose plainte",
        "Soit vous me retirez soit je porte plainte",
        "Je ne souhaite recevoir de sms d’aucun parti",
        "Merci de me confirmer que mes données ont bien été supprimées",
        "Je vous rappelle que le consentement est obligatoire. Le mien est retiré.",
        "Vous aviez mon accord pour les municipales, pas pour la suite",
        "J’ai signé une pétition, pas un abonnement",
        "Inscrivez-moi sur la liste des gens qui ne veulent plus rien recevoir",
        "Opposition formelle",
        "Liste d’opposition svp",
        "Retirez aussi mon mari",
        "Non je n’accepte pas",
        "Mon choix est clair : non",
        "cancel my subscription",
        "Je souhaite qu’aucune communication ne me soit adressée",
        "Plus aucun contact de quelque nature que ce soit",
        "Faites que ça s’arrête",
        "Aucune autorisation donnée",
        "Je ne suis pas preneur de ce genre de message",
        "Je ne préfère pas, merci",
        "Je ne suis pas la bonne personne",
        "je ne fais pas partie de vos électeurs, supprimez",
    ],
)
def test_plain_ways_of_objecting_are_objections(text: str):
    assert intent(text) is Intent.OBJECTION


@pytest.mark.parametrize(
    "text",
    [
        "Mon numéro a été récupéré illégalement",
        "Pas de Durand à ce numéro",
        "J’ai seulement demandé une info, pas à être sur une liste",
        "Vos messages sont inutiles",
        "Y’en a assez",
        "Mise en demeure",
    ],
)
def test_what_only_hints_at_it_is_read_by_somebody(text: str):
    assert intent(text) is Intent.DOUBTFUL


@pytest.mark.parametrize(
    "text",
    [
        "Envoyez-moi plus de messages comme ça",
        "Vous devriez envoyer plus de sms sur l’école",
        "Ne m’écrivez plus en majuscules svp",
        "Si vous ne supprimez pas la taxe je ne voterai pas pour vous",
        "J’ai voté pour la liste d’opposition",
        "Je refuse le compteur communicant, et vous ?",
        "Merci d’arrêter les travaux de la rue Pasteur",
        "Je n’ai rien demandé à la mairie",
        "Je suis preneur d’infos sur l’école",
        "Mise en demeure du maire pour le parking",
    ],
)
def test_and_everyday_talk_in_the_same_words_is_none(text: str):
    assert intent(text) is Intent.OTHER
