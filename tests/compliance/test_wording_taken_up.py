"""What is named first and refused with a small word, what is slipped into a demand, and what is threatened: by its frame."""

from __future__ import annotations

from itertools import product

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

LINKS = ("cependant", "tout de même", "dès lors", "une nouvelle fois", "hélas", "en revanche", "malgré tout", "à ce titre")
LINKED = (
    "Effacez {} mes coordonnées",
    "Ne me contactez {} plus",
    "Inutile {} de continuer à m’adresser vos tracts",
    "On ne veut {} plus de vos lettres",
)
OBJECTIONS = {
    "her line is named, then taken up by a pronoun": (
        "Ce portable est celui du service technique, merci de ne plus rien y envoyer",
        "Cette adresse est confidentielle, ne vous en servez plus",
        "Mon fixe est réservé à la famille, prière de ne rien envoyer dessus",
        "C'est la ligne du gardien, veuillez en cesser l'usage",
        "numéro perso merci de plus utiliser",
        "Veuillez n'y envoyer aucun message",
    ),
    "our messages are named, then refused by a pronoun": (
        "J'ai deux adresses chez vous et vos courriels arrivent sur les deux. Je n'en veux sur aucune.",
        "Vos tracts, je n'en veux nulle part",
        "Merci pour vos messages, mais je n'en ai nul besoin",
        "Les sms du candidat, j'en ai plein le dos",
        "Vos invitations, je peux très bien m'en passer",
    ),
    "the agreement she once gave": (
        "Je mets un terme à l'accord donné en ligne en mai",
        "Je reviens sur l'autorisation que je vous avais accordée",
        "Nous ne renouvelons pas l'autorisation de nous écrire",
        "Merci de considérer comme nul mon abonnement",
    ),
    "what she wants to become of what we have of her": (
        "Je veux que les informations que vous possédez sur nous soient supprimées",
        "Veillez à ce que vos courriels ne m'arrivent plus",
        "Faites en sorte que plus aucun appel ne me dérange",
        "J'exige que mon adresse ne vous serve plus",
    ),
    "what will follow": (
        "Un sms de plus, j'appelle mon avocat",
        "Tu me renvoies un texto et ça va mal finir",
        "Au prochain message vous aurez de mes nouvelles",
        "Insistez encore et je vous traîne en justice",
        "Tu m'écris encore une fois je te bloque",
    ),
    "the last of them": ("J'espère que c'est votre dernier message", "Ceci doit être le dernier appel"),
    "who is no longer there": (
        "Mon frère est mort en juin. Merci d'en prendre note.",
        "Notre mère nous a quittés, pouvez-vous faire le nécessaire ?",
        "Mon oncle n'est plus là, merci de l'enlever",
        "Ma tante est décédée donc plus de courrier merci",
    ),
    "how to be rid of it": (
        "Comment résilier ?",
        "Que faut-il faire pour avoir la paix ?",
        "Quelle démarche pour bloquer vos sms ?",
    ),
    "a law or a date behind the demand names no other list": (
        "Demande de désabonnement au titre de l'article 21",
        "Votre lettre arrive malgré mon désabonnement du 12 janvier",
    ),
    "a machine calls": ("plus d'appels automatiques", "stop aux messages automatiques"),
    "it is of no use that": (
        "Il n'est pas utile que je reçoive vos lettres",
        "Je ne vois pas l'intérêt que vous gardiez mon adresse",
        "Ça ne sert à rien que vous continuiez à m'écrire",
        "Il est hors de question que je figure dans vos fichiers",
        "Ce n'est pas la peine que vous insistiez",
    ),
    "a demand by its name alone": (
        "Ma radiation, s'il vous plaît",
        "mon effacement est demandé",
        "Suspension de vos envois exigée",
        "Désactivation de mon inscription",
        "Cessation de toute prospection me concernant",
    ),
    "what must not come": (
        "Aucun courriel ne doit m'être adressé",
        "Plus rien ne doit arriver ici",
        "Aucune visite ni rien. Aucun appel n'est souhaité.",
        "Aucune sollicitation ne doit être envoyée à mon père",
    ),
    "what we are to take as said": (
        "Prenez note que je ne suis plus abonnée",
        "Je veux que mon nom ne figure plus nulle part chez vous",
        "Tout cela m'exaspère, j'entends que cela cesse",
        "Merci de supprimer sans tarder toutes les données qui nous concernent",
        "Pourriez-vous me dispenser de toute communication",
    ),
    "she opposes it, as one writes it": (
        "Je forme opposition à toute exploitation de mes données",
        "Opposition totale à tout usage de mon numéro",
        "Je mets mon veto à la réception de vos lettres",
        "J'invoque l'article 21-1 du RGPD",
    ),
    "the list is named, then taken up by a pronoun": (
        "Votre fichier, j'en pars",
        "La liste de diffusion, comment on en sort ?",
        "Vos contacts, j'aimerais ne plus y figurer",
    ),
    "what one does instead, and where": (
        "Faites-moi plaisir en m'oubliant",
        "Rien ne vous autorise à conserver mes coordonnées",
        "Chez nous plus de propagande merci",
        "À cette adresse vos courriers ne sont pas les bienvenus",
        "Plus vite vous me retirerez, mieux ce sera",
        "Vous ne m'appelez plus, compris ?",
    ),
    "our messages, and what is to become of them": (
        "Vos invitations, qu'on me les épargne",
        "Vos textos, il faudrait que ça cesse",
        "On m'a abonnée par erreur, merci de rectifier",
        "plu bsoin de vo msg svp arreté",
    ),
    "those who write for us are to stop": (
        "Vos militants m'appellent tous les soirs, qu'ils arrêtent",
        "Votre machine m'a rappelé. Terminez ça.",
        "Plus personne de votre équipe ne doit me téléphoner",
    ),
    "she speaks of herself as of somebody else": (
        "La titulaire de la ligne exige la suppression de ses coordonnées",
        "Notre club retire son consentement",
        "Le gérant n'est pas intéressé par vos courriels",
        "Effacez le numéro auquel vous téléphonez",
    ),
    "a demand as a form has it": (
        "Pour désinscription : Luc Renard, 06 00 00 00 00",
        "La case était cochée d'office, ce n'est pas un accord. Retrait.",
        "arrêt pour ce numéro",
    ),
    "a question is no panel": ("Ma messagerie n'est pas une boîte aux lettres, stop pub",),
}

ORDINARY = {
    "an agreement that is not about us": (
        "Je reviens sur l'accord de principe pour la salle",
        "Le retrait de l'autorisation de travaux est contesté",
        "Nous ne renouvelons pas l'accord avec le club",
    ),
    "others and their lines": (
        "On m'a dit de ne rien envoyer dessus, c'est l'adresse du rival",
        "C'est mon nouveau numéro, ne l'oubliez pas",
        "Les affiches, je n'en ai aucune",
        "Vos idées, je n'en rejette aucune",
    ),
    "what others are threatened with": (
        "Encore un procès pour le maire",
        "Continuez comme ça et vous allez gagner",
        "Un avocat peut-il nous aider contre le permis ?",
        "Si la vitesse continue rue Haute ça va mal finir",
    ),
    "what the town has to do": (
        "Il faut que tout ce que vous avez promis soit réalisé",
        "Comment résilier mon bail ?",
        "Comment avoir la paix dans le quartier ?",
        "Mon fils n'est plus là ce week-end, il viendra lundi",
    ),
    "she stays": (
        "Je tiens à ce que vous me laissiez sur la liste",
        "Plus de messages sur la santé seraient les bienvenus",
        "Si j'écris STOP je reçois encore vos lettres ?",
        "Que signifie « STOP au 36200 » ?",
    ),
    "what is of no use to others": (
        "Il est inutile que vous nous apportiez les chaises",
        "Ça ne sert à rien que le car s'arrête là",
        "La suppression est demandée par les commerçants",
        "Suspension des travaux exigée",
        "Aucun courrier ne m'est parvenu",
        "Rien ne doit être bâti ici",
        "Notez que je ne suis pas inscrite sur les listes électorales",
        "Sachez que cela doit cesser, ces feux d'artifice",
        "Je fais opposition à la vente du presbytère",
    ),
    "where others are not welcome, and what sooner ends the better": (
        "Ici plus aucun bus ne passe",
        "Dans cette commune vous n'êtes pas les bienvenus",
        "Plus tôt vous arrêterez le chantier, mieux ce sera",
        "Vous m'avez fait rire en m'oubliant au marché",
        "Vos adversaires, je n'en peux plus",
        "Votre liste, j'en suis fière",
        "Giratoire à supprimer",
    ),
    "what others demand and withdraw": (
        "Le bailleur exige la suppression de ses arbres",
        "Le maire retire son accord",
        "Vos militants collent partout, qu'ils arrêtent de coller sur ma vitrine",
        "Votre lettre parle du gymnase. Terminez ça vite, le gymnase !",
        "Demande : retrait du panneau",
    ),
    "lists, plates and plans": (
        "Je ne souhaite pas figurer sur votre liste de colistiers",
        "Mon nom doit être retiré du monument",
        "Ma fille a bloqué mon numéro par jeu",
        "Je veux que mon nom figure plus haut",
    ),
    "what is not ours": (
        "L'autre candidat ferait mieux de supprimer mon numéro",
        "J'aimerais ne plus avoir à faire vingt kilomètres",
        "Le droit à l'oubli devrait valoir pour les élus",
        "arrêt Victor Hugo à 9h ?",
    ),
}


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


def test_fewer_messages_wished_for_are_read_by_somebody():
    said = ("Moins vous m'écrivez, mieux je me porte", "De quel droit pouvez-vous utiliser mon numéro ?")
    assert {text: intent(text) for text in said} == dict.fromkeys(said, Intent.DOUBTFUL)


@pytest.mark.parametrize("demand", LINKED)
def test_a_word_that_links_it_to_what_was_said_before_changes_no_demand(demand: str):
    assert [link for link in LINKS if intent(demand.format(link)) is not Intent.OBJECTION] == []


def test_a_question_how_to_end_it_is_a_demand_whoever_it_is_put_to():
    asked = ("Comment", "Où aller pour", "Je dois faire quoi pour", "Y a-t-il un moyen de", "Impossible de")
    ends = ("résilier", "me désinscrire", "quitter votre liste", "bloquer vos messages", "ne plus être contacté")
    said = [" ".join(words) for words in product(asked, ends)]
    assert [text for text in said if intent(text) is not Intent.OBJECTION] == []


@pytest.mark.parametrize("kind", OBJECTIONS)
def test_a_demand_in_such_a_frame_is_heard(kind: str):
    assert {text: intent(text) for text in OBJECTIONS[kind]} == dict.fromkeys(OBJECTIONS[kind], Intent.OBJECTION)


@pytest.mark.parametrize("kind", ORDINARY)
def test_what_resembles_it_takes_nobody_off(kind: str):
    assert [text for text in ORDINARY[kind] if intent(text) is Intent.OBJECTION] == []
