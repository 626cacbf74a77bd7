"""Kinds of replies, each by sentences of its own: how people say that they object, and what resembles it and is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.compliance.wording import Reading, read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

INDIRECT = Path(__file__).parents[1] / "replies" / "indirect.jsonl"
OBJECTIONS = {
    "our letters have names of several words": (
        "plus de lettres d'information merci",
        "Fini les infos de campagne",
        "Je voudrais quitter votre newsletter",
        "arrêtez ce courrier électronique",
    ),
    "a number is called by its first figures": ("effacez mon 07", "Je demande la suppression de mon 06", "mon 06 à virer"),
    "a word is struck one key beside": (
        "ceqsez vos envois",
        "cedser de m’écrire",
        "rnlevez moi",
        "je ne veux plus recrvoir de sms",
    ),
    "two letters of it are changed over": ("retierz mon nom de là", "Ça suffit, retierz moi"),
    "in a word that bears the demand a letter is lost, or late": (
        "Enevez-nous de là",
        "Inuile de m’écrire encore",
        "on veut plus rien recevir",
        "lassez moi tranquille",
        "Je veux être désinsrite",
    ),
    "an opening says nothing": ("Franchement, plus un seul texto", "Écoutez, pas de relances", "Navrée mais pas de SMS ici"),
    "her details must not serve": (
        "Je vous prierai de ne plus vous servir de mon adresse",
        "Interdiction d'utiliser cette adresse",
        "suppression de cette adresse",
    ),
    "the negation stands in front": (
        "En aucune façon je ne veux recevoir vos courriels",
        "sous aucun prétexte je n'accepte vos SMS",
    ),
    "what is left out is nothing": ("plus de textos du tout", "ne m'envoyez pas autre chose", "arrêtez tout court"),
    "whatever the verb, it comes with our messages": (
        "ne me pourrissez plus la vie avec vos textos",
        "arrêtez de polluer mes soirées avec vos appels",
    ),
    "a condition is no encouragement": ("Je vous signale si vous n'arrêtez pas", "plainte si vous ne cessez pas vos envois"),
    "letters of a group or team": ("stop la team", "Stop pour le moment", "stop jusqu'à nouvel ordre"),
    "her refusal is to be written down": (
        "enregistrez mon opposition svp",
        "mettez mon adresse en liste rouge",
        "actez mon retrait",
    ),
    "in the middle of a letter": (
        "Le marché est bien tenu. Arrêtez-moi ces textos. Et le banc de la place ?",
        "J'ai vu l'affiche. Ma réponse est stop. Bon courage pour la suite.",
        "Je suis à la retraite. J'avais pourtant demandé : plus de courriels. Bonne semaine",
    ),
    "she asks how, or that it be seen to": (
        "Que faut-il faire pour sortir de votre liste ?",
        "faites le nécessaire pour m'oublier",
        "je voudrais quitter votre plateforme",
    ),
    "what she has with us is closed": ("fermez ma fiche", "merci de clore mon abonnement"),
    "our letters are not welcome": ("Vos courriels ne sont pas les bienvenus", "cette correspondance n'est pas souhaitée"),
    "a refusal is all she answers": (
        "Notre réponse reste non",
        "Combien de fois dois-je vous répéter que non ?",
        "Je pensais avoir été claire",
    ),
    "she is to be taken for absent": (
        "Faites comme si nous étions partis sans laisser d’adresse",
        "Considérez cette adresse comme perdue",
        "Faites de moi une absente",
        "passez mon numéro à la trappe",
    ),
    "no way leads to her": (
        "Rien par courriel, rien par téléphone",
        "Plus rien n'arrivera ici venant de vous",
        "Silence radio de votre part, c'est ce que je demande",
        "Je ne veux plus trouver ces papiers dans ma boîte",
    ),
    "the last one": ("Que ce soit notre dernier échange", "Restons-en là pour les SMS, on peut en rester là pour ces mails"),
    "whatever is done to her": ("arrête de me turlupiner avec tes textos", "Cessez de me barber"),
    "what was named before": ("Mon adresse est chez vous, effacez la mienne", "Détruisez ces coordonnées"),
    "it is forbidden to begin again": (
        "Vous m'avez écrit hier. Je vous défends de recommencer.",
        "Merci de ne pas poursuivre ces envois",
        "inutile de lui écrire",
    ),
    "nothing allows it": (
        "Rien ne vous autorise à m'appeler",
        "Mon accord n'a jamais été demandé",
        "Cette adresse n'est plus à votre disposition",
        "Ne tenez plus compte de mon abonnement",
    ),
    "it is to end, somehow": (
        "Je souhaite que ces courriers cessent",
        "Comptez-vous continuer longtemps à nous importuner ?",
        "Merci de ne plus déranger nos résidents",
        "Votre robot appelle la nuit, si ça continue on ira loin",
        "Nous avons soupé de vos courriels",
        "appelez pu ici",
    ),
    "a way to her is named, and a no": ("en sms c'est non", "Appels robotisés : non merci", "par mail seulement non"),
    "the lists of a campaign, by those who are on them": (
        "Veuillez m'enlever de la liste des donateurs",
        "merci de m'ôter de la liste des adhérents",
    ),
    "whose number it is, of her house": ("Retirez les numéros de toute la maison", "supprimez le portable de mes enfants"),
    "a stop, and what comes else": ("Votre liste, bof. Stop pour nous", "stop ou on vote blanc", "Stop sinon plainte"),
    "what was promised or photographed stays with them": (
        "Gardez vos discours et vos mails pour vous",
        "épargnez-nous vos vidéos",
    ),
    "she opposes, and cites the law before she says what": (
        "Je m'oppose, en vertu des textes en vigueur, à tout usage de mes coordonnées",
        "Contre toute exploitation de mes données",
    ),
    "to be forgotten, asked as a favour": ("Vous serait-il possible de m'oublier ?", "pouvez pas nous oublier un peu ?"),
    "how she came to be written to is no reason": (
        "J'ai posé une question, c'est pas une raison pour me bombarder",
        "Mes coordonnées n'ont pas à circuler chez vous",
        "Mon adresse vient d'un annuaire, j'exige sa suppression",
    ),
    "she asks what they do not grasp in it": (
        "Quelle syllabe de NON vous échappe, vous ne comprenez pas ?",
        "Vous connaissez le sens du mot stop ?",
        "À quoi bon dire stop puisque vous continuez",
    ),
    "no comma after those she blames": ("je me moque de la préfecture m'appelez plus",),
    "who will follow them no more": (
        "nous ne voulons plus suivre vos activités",
        "Je n'ai plus envie, je ne souhaite plus suivre votre campagne",
        "Veuillez ne plus nous compter parmi vos soutiens",
        "je ne serai plus disponible pour vos relances",
        "Bonne route, mais sans vos mails",
    ),
    "she tells what she asked, and that nothing came": (
        "Radiation demandée en juin, toujours rien",
        "Effacement de mon numéro demandé, merci",
    ),
    "a letter, or an invoice, comes if it goes on": (
        "un recommandé part demain si vous n'arrêtez pas",
        "Prochaine fois je vous facture mon temps",
    ),
    "what is to become of her data": (
        "Vous détenez mes coordonnées : j'exige qu'elles soient détruites",
        "svp supprimez mes coords",
        "Je vous écris pour mes données : je demande à ce qu'elles soient détruites",
    ),
    "the second of two refusals": ("Merci de ne plus compter sur ma voix ni de m'envoyer vos courriels",),
    "or else": ("Merci de cesser sinon je change de bord", "Stop, merci de me confirmer", "sans radiation, plainte"),
    "she is sorry, and not interested": ("sorry, not interested",),
    "another was willing, not she": ("C'est ma femme qui s'y intéressait, pas moi. Effacez mon portable.",),
    "no comma after who she is": ("j'ai quinze ans je vote pas arrêtez", "mdr frère stop"),
    "the last one she will bear": (
        "Ce texto est le dernier que je lirai",
        "vos courriels d'hier sont les derniers que je supporte",
    ),
    "we are to close the way from our side": ("Pourriez-vous bloquer mon portable chez vous", "merci de blacklister mon adresse"),
    "out of all of it": ("Nous voulons être exclus de tous vos fichiers", "je veux être retirée de toute prospection"),
    "she cannot do it herself": ("Je ne réussis pas à me désabonner", "on sait plus comment me désinscrire"),
    "a stop is a stop": ("Stop c'est stop", "un stop, ça veut dire stop"),
    "a paper yes, a message no": ("un courrier ça va, un texto non",),
    "your face on my telephone": ("la photo de votre maire sur mon portable, non",),
    "English, as far as it is heard in France": ("delete this number", "un subscribe"),
}
ORDINARY = {
    "a programme is refused, not a message": (
        "marre de vos combines",
        "ras le bol de votre majorité",
        "vos projets, on n'en veut plus",
        "arrêtez vos salades",
    ),
    "they bore everybody with something": (
        "arrêtez de nous saouler avec le tramway",
        "laissez-nous tranquilles avec vos rocades",
    ),
    "more is wanted": ("envoyez plus de prospectus", "parlez plus simplement"),
    "she misses what does not come": (
        "aucun message de votre part depuis Noël",
        "zéro courriel reçu ce mois-ci",
        "vous n'envoyez plus de nouvelles ?",
    ),
    "she does not ask for it": ("Je ne vous demande pas de cesser", "je ne demande pas à être supprimée"),
    "she wants it back": ("j'avais écrit stop mais je veux bien revenir",),
    "a stop for the bus, or by the way": (
        "on voudrait un arrêt devant la crèche",
        "arrêtez-vous chez moi",
        "je ne m'arrête jamais",
    ),
    "others are told to stop": ("stop stop stop aux chauffards", "J'ai répondu STOP à votre concurrent, pas à vous"),
    "a thing of theirs, not a message": ("arrêtez d'envoyer nos déchets si loin", "laissez-nous en dehors de vos disputes"),
    "an evening is forgotten, not a person": ("oubliez-moi pour la soirée",),
    "somebody else writes to her": (
        "Ma mutuelle m'appelle tous les jours, qu'on arrête cela",
        "Les démarcheurs me téléphonent au dîner, faut que ça cesse",
        "Comment se désabonner des mails de la banque ?",
        "j'ai écrit stop à une pub de piscines",
    ),
    "somebody else was asked": (
        "Dites à la préfecture de ne plus m'envoyer ces formulaires",
        "J'ai demandé à votre adversaire de me laisser tranquille",
    ),
    "they are left to do something": ("qu'on nous laisse pêcher tranquilles", "faut qu'on nous laisse construire"),
    "a class is taken from them": ("Le rectorat nous en retire deux", "je dois me retirer de l'équipe samedi"),
    "a name": ("Bien à vous, Mme Keller", "Monsieur Kessler"),
    "a way is asked about, or named for something else": (
        "par sms ou non ?",
        "on s'appelle, non ?",
        "Les appels à projets, c'est non pour cette année",
    ),
    "what is kept": ("vos mails, je veux les garder", "vos courriels, je souhaite garder le dernier"),
    "her own stop": ("j'ai loupé l'arrêt, je viens à pied", "un stop pour nous deux à la gare ?"),
    "others act, without a comma": ("la mairie ne m'écrit plus", "ma banque m'appelle plus"),
    "what is not a message is left, refused or ended": (
        "Je préfère le calme de la campagne",
        "Les enfants veulent être tranquilles",
        "On finira dans le mur si vous n'arrêtez pas la rocade",
        "Je ne serai plus disponible samedi",
        "je ne souhaite plus suivre les débats à la télé",
        "La radiation demandée par le préfet est toujours en cours",
    ),
    "a stop to something, or by mistake": (
        "Le mot stop serait à dire aux banques",
        "stop, erreur de ma part",
        "Stop pardon, je voulais répondre à mon fils",
    ),
    "a name on the list that stands": ("Rayez cette personne de votre liste, elle a triché",),
    "off every list but ours": ("Je me suis désabonnée de tout sauf de chez vous",),
    "who cannot read": ("Interdit d'afficher, vous savez pas lire ?", "on ne sait plus lire ici"),
    "a last reminder of ours, as a friend hands it on": ("Dernier rappel : repas à 12h",),
    "a call to something": ("N'appelez pas à la violence",),
    "a card that was handed back": ("j'ai rendu ma carte de bibliothèque",),
    "sisters stay, whoever leaves": ("Mes sœurs se sont désabonnées, mais pas moi",),
    "it goes on, and it is not ours": (
        "le maire avait dit que c'était réglé, le bruit continue la nuit",
        "On vous aime, n'arrêtez pas",
    ),
    "somebody is not to be forgotten": ("ne pas m'oublier dimanche", "pouvez-vous ne pas oublier les hameaux"),
    "consent to something else": ("je n'ai pas donné mon accord pour la photo",),
}


def read(text: str) -> Reading:
    return read_reply(text, shipped().reply_words)


@pytest.mark.parametrize("kind", OBJECTIONS)
def test_an_objection_is_understood_at_once_however_it_is_said(kind: str):
    assert {text: read(text).intent for text in OBJECTIONS[kind]} == dict.fromkeys(OBJECTIONS[kind], Intent.OBJECTION)


@pytest.mark.parametrize("kind", ORDINARY)
def test_what_only_resembles_an_objection_is_not_taken_for_one(kind: str):
    assert [text for text in ORDINARY[kind] if read(text).intent is Intent.OBJECTION] == []


@pytest.mark.parametrize(
    "text",
    [
        "Je ne veux être jointe que par courrier",
        "je veux conserver que les mails",
        "Oui pour la lettre, non pour le portable",
        "On n'accepte que les lettres",
        "Bon, ça va aller maintenant les textos",
    ],
)
def test_one_way_only_may_be_a_no_to_this_one_so_somebody_reads_it(text: str):
    assert read(text).intent is Intent.DOUBTFUL


@pytest.mark.parametrize(
    "text",
    [
        "Je ne suis pas la dame que vous cherchez",
        "Je ne pensais pas que j'aurais tant de messages",
        "nous préférerions le calme, on préfère le calme",
        "on paie pour avoir la paix",
        "Vous pouvez disposer",
        "Je vote blanc si vous n'arrêtez pas",
        "non, ce téléphone c'est non",
        "laissez courir",
        "ça m'apporte rien vos trucs",
        "je décoche",
        "Ni demain ni dimanche : jamais",
        "On m'a assuré que c'était fait. Ce matin encore un texto.",
        "J'efface tout sans ouvrir",
        "Vos élections ne me concernent plus",
        "Gardez mon frère sur la liste, moi non",
        "Je raccroche toujours",
        "je ne suis plus adhérent et je reçois encore tout",
    ],
)
def test_a_no_to_something_of_ours_or_to_who_she_is_taken_for_waits_for_a_reader(text: str):
    assert read(text).intent in (Intent.DOUBTFUL, Intent.OBJECTION)


@pytest.mark.parametrize(
    "text",
    [
        "Le parking gratuit, vous le supprimez ou bien ?",
        "Mon mari est décédé, comment faire pour sa procuration ?",
        "Sans intérêt ce débat",
    ],
)
def test_what_is_asked_of_their_politics_pauses_nobody(text: str):
    assert read(text).intent is Intent.OTHER


@pytest.mark.parametrize("text", ["copie à la CNIL", "mon avocat prendra contact", "pas par ce canal"])
def test_what_may_be_the_beginning_of_a_complaint_pauses_until_somebody_has_read_it(text: str):
    assert read(text).intent is Intent.DOUBTFUL


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Vous cherchez quelqu'un d'autre, mauvaise porte", "not-the-right-door"),
        ("Ancien occupant, il a déménagé", "not-the-right-door"),
        ("Cette ligne est réservée aux urgences du cabinet", "line-of-others"),
        ("Allo, ici la pharmacie des Halles", "line-of-others"),
        ("Euh j'ai douze ans", "too-young"),
        ("Ma décision reste inchangée", "refused-before"),
        ("Qui vous a refilé mon numéro", "no-leave-given"),
        ("Je n'étais pas demandeuse", "no-leave-given"),
    ],
)
def test_who_is_not_meant_or_never_agreed_is_read_by_somebody_without_a_word_of_stopping(text: str, why: str):
    found = read(text)
    assert found.intent in (Intent.DOUBTFUL, Intent.OBJECTION) and why in found.patterns


@pytest.mark.parametrize(
    "text",
    [
        "Mauvaise adresse sur le tract",
        "Votre fils a quinze ans ?",
        "Qui vous a donné ce chiffre ?",
        "Refus d'obtempérer, que ferez-vous ?",
    ],
)
def test_other_doors_ages_and_refusals_are_ordinary(text: str):
    assert read(text).intent is Intent.OTHER


def test_a_third_at_least_of_what_is_said_without_any_word_for_it_is_noticed():
    """The hardest replies at hand; the rest is read by nobody until she says it otherwise (docs/stop.md)."""
    told = [json.loads(line)["text"] for line in INDIRECT.read_text("utf-8").splitlines()]
    assert sum(read(text).intent in (Intent.OBJECTION, Intent.DOUBTFUL) for text in told) >= 0.35 * len(told)


def test_a_phrase_of_the_pack_stands_in_the_evidence_as_it_was_written():
    assert "no-more-getting: plus de lettres d information" in read("Plus de lettres d’information").evidence


#: What people invoke in their own words, by article or without, politely or not; each opens a request of this kind.
INVOKED = {
    "rectification": (
        "Mon nom s’écrit Lefèvre et non Lefebvre, merci de corriger.",
        "J’ai déménagé, mon code postal est maintenant 67000, pouvez-vous mettre à jour ma fiche ?",
        "Vous vous trompez de prénom, moi c’est Anne pas Annie. Modifiez svp.",
        "Mon numéro a changé, c’est le 06 39 98 00 01",
    ),
    "restriction": (
        "Art. 18 : gelez mes données, je conteste leur exactitude",
        "article 18 du règlement, bloquez le traitement",
        "Merci de suspendre l’utilisation de mes données sans les effacer, j’en ai besoin pour une plainte",
    ),
    "portability": (
        "Je souhaite récupérer mes données dans un format réutilisable (article 20).",
        "Portabilité : envoyez-moi mes données en CSV ou JSON",
    ),
    "access": ("Pouvez-vous me dire sur quelle base légale vous traitez mes données ?", "Vous avez quoi sur moi ?"),
    "erasure": ("Effacez-moi de vos fichiers svp", "Détruisez mon dossier", "Effacez tout sans rien garder"),
}
UNINVOKED = (
    "Bloquez le traitement des pesticides",
    "L’article 18 de la Constitution, vous l’avez lu ?",
    "On ne peut pas réduire la dette sans effacer les emprunts",
    "Détruisez le dossier de l’éolien",
    "Vous vous trompez de nom de rue dans votre tract",
    "Il faut limiter l’usage des données des enfants",
    "Le portail donne des données dans un format réutilisable",
    "Pouvez-vous changer le nom de la rue ?",
    "Retirez-moi de votre liste",
)


@pytest.mark.parametrize(("right", "words"), [(right, words) for right, several in INVOKED.items() for words in several])
def test_a_right_is_known_by_its_article_and_in_plain_words(right, words):
    assert right in [one.value for one in read_reply(words, shipped().reply_words).rights]


def test_who_wants_her_data_kept_and_not_used_does_not_ask_for_their_erasure():
    """RGPD 18(1)(c): she needs them for her claim. A request of erasure would have destroyed what she asked to be kept."""
    read = read_reply(
        "Merci de suspendre l’utilisation de mes données sans les effacer, j’en ai besoin pour une plainte", shipped().reply_words
    )
    assert [one.value for one in read.rights] == ["restriction"]


@pytest.mark.parametrize("words", UNINVOKED)
def test_what_sounds_like_a_right_of_hers_and_is_none(words):
    assert read_reply(words, shipped().reply_words).rights == ()
