"""The frames demands are put in: each with words of its own, and with something else in it that is no demand to us."""

from __future__ import annotations

import pytest

from gateway.compliance.wording import read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

OBJECTIONS = {
    "to be kept informed is to be written to": (
        "Ne me tenez plus au courant de rien",
        "je ne tiens pas à être tenue informée de votre campagne",
        "pas la peine de me garder au courant",
        "Je préfère ne plus être mis dans la boucle",
    ),
    "a small word stands before what is useless": (
        "Inutile dès lors de m'adresser vos courriers",
        "Ma décision est prise, inutile donc de me relancer",
    ),
    "that nobody write to her": (
        "Je voudrais que l'on ne m'appelle plus",
        "Faites que plus personne ne m'écrive",
        "Il faut que plus aucun de vous ne m'appelle",
    ),
    "she still stands on the list, whatever she asked": (
        "Je suis encore inscrit à votre lettre malgré mon courrier",
        "Pourquoi suis-je encore abonnée à vos messages ?",
        "Malgré mes relances je reçois encore vos sms",
        "Vos mails continuent d'arriver malgré ma demande",
        "Je figure encore dans vos listes alors que j'ai écrit deux fois",
        "Ma requête n'a pas été entendue : vos messages arrivent toujours",
    ),
    "what she refuses of others, and of us too": (
        "plus de sms du maire ni de votre part",
        "Je ne veux plus de courriers de la métropole, ni de vous",
        "Marre des messages des partis, vous y compris",
        "Je me suis désabonnée du bulletin de la région et du vôtre aussi",
    ),
    "somebody else does not want it": ("Elle ne veut plus que vous l'appeliez", "ils ne veulent pas que vous leur écriviez"),
    "the list is behind the times": (
        "J'ai quitté la ville en mai, merci de mettre votre liste à jour",
        "Merci d'actualiser votre fichier, je ne suis plus adhérent",
        "Je n'habite plus Lens, merci d'en tenir compte dans vos envois",
    ),
    "her telephone, not a cause": (
        "Stop à la réclame sur mon portable",
        "Non à la propagande dans ma boîte mail",
        "Halte à l'invasion de ma messagerie",
        "stop à la politique sur mon téléphone",
    ),
    "what follows unless it is done": (
        "Je saisis la CNIL si vous ne supprimez pas mes coordonnées",
        "Si mon adresse n'est pas effacée demain, je porte plainte",
        "Plainte déposée si je ne suis pas retirée de la liste",
    ),
    "when it will end": (
        "Vous allez arrêter quand de m'appeler ?",
        "Encore un texto ce matin. Et si vous arrêtiez ?",
        "Et si vous arrêtiez de nous écrire",
    ),
    "there is no reason to stay": (
        "Je n'ai aucune raison de figurer sur votre liste",
        "je n'ai plus de motif de recevoir vos lettres",
    ),
    "another word than STOP was answered": ("J'ai déjà répondu ARRET hier", "j'ai tapé désabonnement comme demandé"),
    "the suit goes on without her": ("Sans moi dorénavant, merci", "Ce sera sans nous à l'avenir"),
    "erasure, beside another right or the name of the law": (
        "Je demande une copie de mes données puis leur effacement",
        "Loi informatique et libertés : effacement",
    ),
    "a relative is to be struck off, whatever she makes of our messages": (
        "Mon oncle ne comprend rien à vos textos, pouvez-vous le retirer ?",
        "Ma tante est opérée, évitez de la rappeler",
        "Notre père reçoit encore vos lettres, merci d'y mettre bon ordre",
    ),
    "why it still comes": (
        "Pourquoi m'appelez-vous toujours ?",
        "Comment se fait-il que je reçoive encore vos mails ?",
        "pourquoi je figure encore sur la liste",
        "Ai-je bien été désinscrite ?",
    ),
    "she tells her friends to stop, and means us": ("stop khoya", "Stop mes chers amis", "stop mon pote"),
    "do not try again": ("Ne réessayez plus, merci", "vous êtes bloqué, ne retentez pas"),
    "how one gets out": (
        "Comment faut-il faire pour sortir de vos fichiers ?",
        "C'est quoi le code pour se désinscrire ?",
        "comment on peut vous bloquer",
    ),
    "no consent any more": (
        "À aucun moment je n'ai donné mon autorisation",
        "Mon accord est caduc",
        "fin de mon consentement",
    ),
    "they are too many, and to be rid of": (
        "Vos relances sont de trop",
        "je voudrais être débarrassée de vos appels",
        "On est au bout de notre patience avec vos mails",
        "Quatre courriels depuis lundi. Ça suffit.",
        "Je n'en veux plus de votre bulletin d'information",
        "je ne veux plus d'infos politiques",
        "flemme de vos mails",
    ),
    "as it is written on a telephone": (
        "je suis pas interresser",
        "jmen fou de vos textos",
        "ne mais envoyer plus rien",
        "je vous connais pas supprimer mon num",
    ),
    "a key was pressed in vain": (
        "J'ai pourtant appuyé sur 9 et vous rappelez encore",
        "je fais étoile, rien ne change",
    ),
    "she is still waiting": ("J'attends toujours que vous m'effaciez", "Deux mois que j'attends d'être rayée"),
    "neither now nor at another hour": ("Pas d'appels le matin, ni jamais", "ne m'appelez pas le soir ni les autres jours"),
    "an exchange that is to end": (
        "Cessons cet échange",
        "Arrêtons là ce dialogue de sourds",
        "Interrompez cette correspondance",
    ),
    "whatever else comes is too much": ("Toute relance serait superflue", "Tout autre courriel est inutile"),
    "off the letter, out of the mailbox": (
        "Gardez-moi parmi les bénévoles, mais enlevez-moi de la gazette",
        "merci de me laisser de côté",
        "Je ne veux plus trouver votre nom dans ma boîte mail",
        "Plus d'invitations, merci",
        "supprimez l'édition numérique",
        "Mon abonnement à votre revue ? Merci de le résilier.",
        "libérez ma ligne",
    ),
    "a no in few words": ("pour vos mails c'est non", "Permission refusée", "Désormais, plus rien", "Basta ya"),
    "somebody of theirs may keep them": ("Votre candidate peut garder ses SMS", "Que votre équipe m'oublie"),
    "this is a STOP": ("Ceci est un STOP", "Prenez ma réponse comme un stop", "Considérez ce mail comme une désinscription"),
    "what was named first, and what she thinks of it": (
        "Vos relances : j'en ai soupé",
        "Vos courriels ? Plus jamais",
        "Vos textos ? Très peu pour moi",
        "Vos lettres s'entassent. Qu'elles s'arrêtent.",
        "Ces appels doivent prendre fin",
        "Vos courriers n'ont que trop duré",
        "De vos courriels je me passe fort bien",
        "Mon adresse, oubliez-la",
        "Vos infos sont dans la gazette, inutile de me les envoyer",
    ),
    "what she is, and will be no more": (
        "Inscrite depuis des années, je demande à ne plus l'être",
        "J'étais abonné à vos lettres, je ne le suis plus dès ce jour",
        "Votre liste, je ne veux plus y figurer",
        "Vous m'avez ajoutée, je ne le voulais pas",
        "Je reçois vos textos, ce que je ne souhaite pas",
    ),
    "she denies that she ever agreed": (
        "Je nie vous avoir donné mon accord",
        "Je conteste tout consentement",
        "Je n'ai rien signé qui vous autorise à m'appeler",
    ),
    "what she will do": ("Je vous bloquerai", "Gardez-vous de nous écrire", "Effacez la conversation et mon numéro"),
    "anger, and us": (
        "Je viendrai vous le dire si vous ne me désinscrivez pas",
        "Vous me le paierez si vous m'appelez encore",
        "Aux orties vos relances",
        "Vos textos au diable",
        "Je crache sur vos courriels",
        "Vos appels sont illégaux",
        "Spam signalé",
    ),
    "her wish, in a letter": (
        "Mon souhait est d'être retirée de votre liste",
        "Notre seule volonté est de ne plus être sollicités",
        "Il me déplaît d'être sur votre liste",
        "Je ne saurais supporter davantage vos appels",
        "Je n'ai nullement l'intention de rester sur votre liste",
        "Importunée par vos appels, je demande qu'ils cessent",
        "Je ne peux plus lire vos courriers, arrêtez-les",
    ),
    "there is no place for her in our file": (
        "Mon adresse est de trop dans vos fichiers",
        "Je n'ai pas ma place sur votre liste",
        "Vous ne devriez pas avoir mon numéro",
        "Vous n'êtes pas censés m'appeler",
        "Personne ne vous a permis de m'écrire",
        "Bas les pattes de mon adresse",
        "Une abonnée en moins : moi",
        "Non, ça suffit",
        "Bon, tenons-nous-en là",
    ),
    "in three words": (
        "Je mets vos mails en spam",
        "je vous ai classés en indésirables",
        "Lu et refusé",
        "Aucune sollicitation souhaitée",
        "Tu peux nous sortir de là ?",
    ),
    "a STOP of her own": ("je vous adresse un stop", "Voici mon STOP", "Recevez un grand STOP"),
    "the last one, she hopes": ("C'est le dernier, j'espère", "jspr c le dernier texto"),
    "what they do to her, and where": (
        "Vos mails me filent la migraine",
        "Réfractaire à vos appels",
        "laissez respirer mon portable",
        "Fichez la paix à ma messagerie",
        "Mon adresse à la corbeille",
    ),
}
ORDINARY = {
    "to be kept informed": (
        "Tenez-nous au courant pour la salle",
        "merci de me tenir informée de la suite",
        "On ne m'a pas tenu au courant du report",
    ),
    "asked in vain of somebody else": (
        "Malgré ma demande, le banc n'est toujours pas réparé",
        "Ma demande de place en crèche n'a pas été prise en compte",
        "Je n'ai toujours pas reçu vos réponses malgré mes demandes",
    ),
    "what is useless": ("Inutile donc de fermer l'école",),
    "a place, and not hers": (
        "Stop aux antennes sur mon immeuble",
        "Non à la décharge dans ma rue",
        "Halte aux camions sur ma place",
    ),
    "a threat about something else": (
        "Je porte plainte si vous ne retirez pas cette décharge",
        "Si ma rue n'est pas refaite, je saisis le tribunal",
    ),
    "a list brought up to date with where she is now": (
        "J'ai déménagé, merci de mettre votre liste à jour : ma nouvelle adresse est 3 rue du Port",
    ),
    "why, and how": (
        "Pourquoi la rue est-elle encore fermée ?",
        "Comment comptez-vous sortir de la dette ?",
        "Comment s'inscrire ?",
    ),
    "somebody of hers": ("Ma mère ne comprend rien au projet, pouvez-vous le lui expliquer ?",),
    "too much of something else": (
        "Les bouchons, la coupe est pleine. Ça suffit.",
        "flemme de voter",
        "La patience a des limites avec ce maire",
    ),
    "she waits for the town": ("J'attends la suppression du passage à niveau", "j'attends toujours le retrait des gravats"),
    "an exchange of others": ("Cessons les échanges avec cette dictature", "arrêtez cette relation malsaine avec le promoteur"),
    "the post": ("Plus de courrier depuis mardi", "Plus de lettres au guichet ?"),
    "a no to a plan": ("pour la rocade c'est non", "Permis refusé", "Tout retard serait inadmissible"),
    "she sets herself aside for a meal": ("laissez-moi de côté pour le repas",),
    "what was named first is not ours": (
        "Ces travaux doivent prendre fin",
        "Le débat n'a que trop duré",
        "De vos idées je me passe",
        "Mon adresse, je l'ai perdue",
        "J'étais candidate, je ne veux plus l'être",
        "Abonnée à la piscine, je ne le suis plus",
        "Inutile de me les envoyer, je passerai les prendre",
        "Vos messages ? Un plaisir",
    ),
    "anger, and something else": (
        "Aux orties vos promesses",
        "Je crache sur vos idées",
        "Vos projets sont illégaux",
        "Danger signalé",
    ),
    "her wish for the town": (
        "Mon souhait est de quitter ce quartier",
        "Il me déplaît de voir ces tags",
        "Les travaux gênent, je demande qu'ils cessent",
    ),
    "her name in print, and leave for something else": (
        "Que mon nom n'apparaisse pas dans l'article",
        "Je ne donne pas mon accord pour la vidéo",
        "Votre lettre m'a plu",
        "arrêtez l'assèchement du marais",
        "Le maire n'a pas sa place dans votre liste",
        "Personne ne vous a demandé de me défendre",
    ),
    "in three other words": (
        "Lu et approuvé",
        "Aucune sanction souhaitée",
        "Tu peux me sortir la clé ?",
        "je range vos tracts dans le local",
    ),
    "a STOP at a corner, and the last of something": (
        "Il manque un stop",
        "Rue Hoche, il faudrait un stop",
        "C'est le dernier marché de l'année, j'espère",
        "Ces odeurs me donnent la nausée",
        "laissez respirer mon quartier",
    ),
    "how he is called": ("elle ne veut plus qu'on l'appelle mademoiselle",),
    "a line of the budget": ("il faut supprimer cette ligne du budget", "rayez cette ligne budgétaire"),
}


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


@pytest.mark.parametrize("frame", OBJECTIONS)
def test_a_demand_is_heard_in_every_frame_it_is_put_in(frame: str):
    assert {text: intent(text) for text in OBJECTIONS[frame]} == dict.fromkeys(OBJECTIONS[frame], Intent.OBJECTION)


@pytest.mark.parametrize("frame", ORDINARY)
def test_the_same_frame_around_something_else_takes_nobody_off(frame: str):
    assert [text for text in ORDINARY[frame] if intent(text) is Intent.OBJECTION] == []


def test_who_says_that_she_does_not_want_to_go_on_does_not_come_back():
    assert intent("Je ne dis pas que je veux rester abonnée à vos messages") is not Intent.RESTART


def test_who_wants_nothing_but_paper_is_read_by_somebody():
    assert intent("Prière de ne me contacter que par courrier") is Intent.DOUBTFUL
