"""A word of one meaning is understood wherever its neighbours are: each word of a family, in each sentence it is natural in."""

from __future__ import annotations

from itertools import product

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

FED_UP = (
    "marre",
    "assez",
    "soupé",
    "plein les bottes",
    "plein le dos",
    "par-dessus la tête",
    "jusque-là",
    "ma claque",
    "mon compte",
)
GIVEN = ("consentement", "accord", "autorisation", "aval", "assentiment", "approbation", "feu vert", "agrément")
ANNOYING = (
    "horripilez",
    "exaspérez",
    "barbez",
    "tannez",
    "incommodez",
    "persécutez",
    "écœurez",
    "pompez l’air",
    "courez sur le haricot",
)
TEASING = ("agresser", "alpaguer", "asphyxier", "accaparer", "canarder", "titiller", "turlupiner", "envahir", "poursuivre")
NEVER_MIND = (
    "C’est peine perdue",
    "Il est vain",
    "C’est superflu",
    "Il n’y a pas lieu",
    "Rien ne sert",
    "Gardez-vous bien",
    "Vous perdez votre temps à essayer",
)
UNWILLING = (
    "J’en ai soupé",
    "Hors de question",
    "Je n’ai guère envie",
    "J’ai la flemme",
    "Ça m’énerve",
    "Ça me gonfle",
    "C’est pénible",
    "Plus envie",
    "Ras-le-cul",
)
KIN = ("ma grand-mère", "mon beau-père", "notre belle-fille", "mon coloc", "mamie", "papa")
REJECTING = (
    "repousse",
    "récuse",
    "proscris",
    "refuse",
    "déteste",
    "suis hostile à",
    "suis réfractaire à",
    "suis opposée à",
    "me passe volontiers de",
)
ENDING = ("Tirez un trait sur", "Coupez court à", "Exit", "Ouste")
LESS = ("Modérez", "Calmez", "Abrégez", "Espacez", "Mettez un frein à")
UNDERGONE = (
    "subir votre propagande",
    "crouler sous vos mails",
    "entendre votre robot",
    "répondre à vos appels",
    "perdre mon temps avec vos sms",
)
ADJECTIVES = ("petits", "sempiternels", "innombrables", "fichus", "charmants", "interminables", "gros")
LOOSENED = ("chassé", "détaché", "décroché", "délivré", "libéré", "expulsé", "banni")


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


def said(family: tuple[str, ...], *sentences: str) -> list[str]:
    """Each word of a family in each sentence."""
    return [sentence.format(word) for sentence, word in product(sentences, family)]


OBJECTIONS = (
    *said(FED_UP, "J’en ai {} de vos SMS", "on en a vraiment {} de vos mails", "J’en ai {} de recevoir vos messages"),
    *said(GIVEN, "je souhaite révoquer mon {}", "vous n’avez pas mon {} pour m’écrire"),
    *said(ANNOYING, "Vous me {} avec vos sms", "arrêtez, vous me {}"),
    *said(TEASING, "Merci de ne plus me {}", "je vous interdis de me {}", "abstenez-vous de me {}"),
    *said(NEVER_MIND, "{} de m’écrire", "{} de me relancer"),
    *said(UNWILLING, "{} de recevoir vos messages", "{} d’être sur votre liste"),
    "rien ne m’oblige à recevoir vos messages",
    *said(KIN, "n’appelez plus {}", "laissez {} tranquille", "arrêtez d’écrire à {}", "merci de ne plus déranger {}"),
    *said(REJECTING, "Je {} tout démarchage", "je {} vos mails"),
    *said(ENDING, "{} vos SMS"),
    *said(UNDERGONE, "je ne veux plus {}", "j’en ai marre de {}", "j’aimerais ne plus {}"),
    *said(ADJECTIVES, "On n’en veut plus, de vos {} messages", "Marre de vos {} mails quotidiens", "plus de {} SMS, svp"),
    *said(LOOSENED, "Je demande à être {} de vos listings", "J’exige que mon numéro soit {} de votre fichier"),
)
ORDINARY = (
    *said(FED_UP, "J’en ai {} des travaux", "on en a vraiment {} de ce maire"),
    *said(ANNOYING, "Les bouchons m’énervent, vous me {} avec vos histoires de piscine"),
    *said(NEVER_MIND, "{} de construire un rond-point"),
    *said(UNWILLING, "{} de voir fermer la poste"),
    *said(KIN, "{} ne peut plus se déplacer, qui l’emmène voter ?"),
    *said(REJECTING, "Je {} ce projet de parking", "je {} vos leçons de morale"),
    *said(LESS, "{} vos SMS"),
    *said(UNDERGONE, "j’ai encore le temps de {}"),
    "c’est dommage de ne plus voir vos messages",
    "gardez ça au chaud, on en reparle",
    *said(ADJECTIVES, "J’aime bien vos {} messages", "Encore vos {} promesses"),
    "la nuit, ne faites plus sonner les cloches",
    "mon bus ne s’arrête plus, que faire pour que ça change ?",
    "je m’oppose à la vente de notre école",
    "retirez les sortants de la liste",
    "Épargnez-nous vos leçons de morale",
    "arrêtez les travaux, sinon je porte plainte",
    "je souhaite que mon quartier ne soit plus oublié",
    "il faut que cela ne se reproduise plus au conseil municipal",
    "je n’autorise pas l’écotaxe",
    "stoppez vos promesses",
    "ce stop n’est pas respecté, rue Hoche",
    "Délivrez-nous de ce maire",
    "Enlevez les colistiers inutiles de votre liste",
    "Oubliez ce candidat de votre liste",
    "je voudrais que vous arrêtiez de vous moquer du monde",
    "marre de vous excuser pour le maire",
    "je n’ai plus de nouvelles de vous depuis mars",
    "désinscription cantine lundi svp",
    "il faut stopper de remplir les décharges",
)


@pytest.mark.parametrize("text", OBJECTIONS)
def test_whoever_objects_in_a_word_of_the_family_is_heard_at_once(text):
    assert intent(text) is Intent.OBJECTION


@pytest.mark.parametrize("text", ORDINARY)
def test_the_same_word_about_something_else_takes_nobody_off(text):
    assert intent(text) is not Intent.OBJECTION


@pytest.mark.parametrize(
    "text",
    [
        "Merci de ne pas insister, mon choix est fait.",
        "Inutile de continuer, je ne vous connais pas",
        "Merci d’arrêter, je suis excédé",
        "la politique ne m’intéresse pas, inutile de poursuivre",
        "De quel droit continuez-vous à m’écrire ?",
        "Comment vous empêcher de m’envoyer des sms ?",
        "Veuillez mettre fin au traitement de mes données",
        "Merci de cesser tout traitement",
        "Je ne souhaite plus recevoir de bulletins de votre part",
        "stoppez de remplir ma boîte",
        "je voudrais que vous stoppiez vos envois",
        "Merci de terminer vos envois",
        "Je ne tiens plus à entendre parler de vous",
        "je vous demande de ne plus continuer à m’envoyer vos messages",
        "laissez-moi dans mon coin",
        "Numéro à ne plus contacter",
        "Je conteste la détention de mes coordonnées",
        "je m’oppose au partage de mon adresse",
        "Je vous ai lus, merci de vous en tenir là",
        "j’en ai marre qu’on m’envoie des mails",
        "je n’ai plus envie que vous gardiez mon adresse",
        "je ne tiens pas à rester sur la liste",
        "arrêtez de m’ajouter à vos listes",
        "gardez ce genre de trucs pour vous",
        "ces machins, je n’en veux plus",
        "je veux que vous arrêtiez ce harcèlement",
        "Ras la casquette des mails à répétition",
        "Il faut répondre quoi pour que ça s’arrête ?",
        "stop sans appel et pour toujours",
        "Plus de sondages par téléphone",
        "je n’arrive pas à me désabonner",
        "je souhaite sortir de la boucle de mails",
        "au nom du RGPD, supprimez tout",
        "Ma ligne sert au travail, merci de ne plus l’encombrer",
        "ne faites plus sonner mon téléphone",
        "je n’en veux pas, mon choix est fait",
        "mettez mes coordonnées à la corbeille",
        "comment ne plus vous recevoir ?",
        "nous n’acceptons plus toute communication de votre parti",
        "la paix avec vos sms",
    ],
)
def test_a_refusal_that_names_nothing_is_understood_by_what_stands_beside_it(text):
    assert intent(text) is Intent.OBJECTION


@pytest.mark.parametrize("text", said(LESS, "{} vos SMS", "{} vos envois svp"))
def test_whoever_wants_fewer_of_them_is_read_by_somebody(text):
    assert intent(text) is Intent.DOUBTFUL
