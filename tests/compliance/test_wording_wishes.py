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
    "by another way, or not by this one": (
        "plus par sms svp",
        "non, plus par texto merci",
        "Écrivez-moi par mail pas par sms",
        "J’ai un autocollant stop pub, ça vaut aussi pour les sms",
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
    "she passes herself over, and is one fewer": (
        "Faites une croix sur mon adresse",
        "Faites l'impasse sur moi dans vos campagnes",
        "Un abonné de moins dans votre fichier",
        "Ne m'enrôlez pas dans vos listes",
    ),
    "what she was promised, and asked for": (
        "On m'avait juré que je n'aurais plus rien",
        "Je croyais vous avoir demandé que vous m'enleviez et ça sonne encore",
        "Prévenez-moi dès que vous m'aurez désinscrit",
        "Comment vous faire taire ?",
        "Vos relances sont pénibles, merci de ne plus en faire",
    ),
    "what is barred from her line": (
        "Prospection interdite sur cette ligne",
        "Pas de militantisme dans ma messagerie",
        "Ce sera le dernier sms, sinon plainte à la CNIL",
        "Je préfère n'en recevoir aucun",
    ),
    "told at length": (
        "Maman est morte en avril et vous continuez de lui écrire",
        "Quelqu'un de chez vous appelle tous les soirs et je n'en peux plus",
        "Feu mon oncle ne votera plus. Fermez son dossier chez vous.",
        "Cette boîte ne sert qu'au travail, personne ne vous y lit. À supprimer donc.",
        "le bébé vient de s'endormir et vous appelez stop quoi",
        "Trop de textos cette semaine, désactivez-les pour moi",
    ),
    "what our messages do to her, in an image": (
        "Vos textos me rendent dingue",
        "Vos mails me sortent par les oreilles",
        "J'en ai par-dessus les yeux de vos relances",
    ),
    "her no is a no, and her peace a right": (
        "Quand c'est non, c'est non",
        "Respectez mon non",
        "Je fais valoir mon droit à la tranquillité",
        "Mettez-moi sur la touche",
        "Ôtez mon numéro de la vôtre",
        "Ce sera sans moi pour vos prochains textos",
    ),
    "for those in her care": (
        "Merci de ne plus appeler nos résidents",
        "Veuillez cesser d'écrire à notre personnel",
        "Il faut plus que vous m'appeliez",
    ),
    "by what button": (
        "Sur quelle touche on appuie pour refuser ?",
        "Ça s'arrête comment, vos textos ?",
        "votre robot il se coupe comment",
        "Comment vous échapper ?",
        "J'ai désactivé les alertes et je reçois encore tout",
        "j'ai envoyé stop au 36105, ça marche pas",
    ),
    "what is no use any more": (
        "À quoi bon m'écrire encore ?",
        "Autant me désinscrire",
        "Je vous demande de vous abstenir désormais",
        "J'aimerais qu'on en reste là",
        "Ne téléphonez ni le matin ni les autres jours",
        "Ma fiche, fermez-la chez vous",
        "Vous à la mairie, moi hors de vos fichiers",
        "CNIL au prochain texto",
        "Que celui-là soit vraiment le dernier message",
    ),
    "others in her place, another way in its place": (
        "Écrivez à vos militants, pas à moi",
        "Ma sœur veut bien continuer, moi j'arrête",
        "Le porte-à-porte d'accord, le téléphone jamais",
        "Un tract suffisait, pas besoin de dix mails",
    ),
    "her demand of long ago, and of several": (
        "Radiation demandée le 3, rappelée le 8",
        "Nous vous demandons, ma fille et moi, la suppression de nos deux numéros",
        "n'utilisez plus mes deux adresses",
        "Votre équipe m'avait assuré que ce serait le dernier appel",
        "Chaque texto reçu ici m'est facturé, coupez",
        "stop, jamais je ne voterai pour vous",
    ),
    "what is still to be done, and how often she was told": (
        "En attente de ma désinscription depuis un mois",
        "Vous deviez me retirer après le scrutin",
        "Rappel de ma demande du 5 mai : radiation",
        "Cinq appels ce soir : c'est non",
        "C'est du harcèlement de messages, dernier avertissement",
        "Je sais quand voter, arrêtez vos rappels",
        "Inutile de me le redire par texto",
    ),
    "what we offered her, she takes": (
        "Vous écrivez que je peux me désabonner à tout moment : c'est le moment",
        "Je peux m'opposer ? Alors je m'oppose",
        "Je ne consens plus à rien",
        "Je voudrais ne plus rien recevoir de la part de Mme la candidate",
        "stop aussi pour mon mail",
        "effacez mon ancienne adresse et la nouvelle",
        "pas sur ma boîte pro",
        "j'ai bloqué vos numéros, arrêtez de vous-mêmes",
    ),
    "irony, and a compliment to the work": (
        "Quel plaisir de recevoir votre neuvième mail ! Que ce soit le dernier",
        "Continuez votre combat, le quartier en a besoin. Désinscrivez-moi de vos envois.",
    ),
}
READ = {
    "by which way she would be written to": ("uniquement par mail svp", "pas par téléphone merci"),
    "weariness, where our messages are spoken of too": (
        "J'ai reçu trois fois la même lettre. Vos messages débordent. J'en ai assez.",
        "J'en ai marre. Mon mari dort le jour et vous m'appelez à midi.",
        "J'en ai ras la casquette",
    ),
    "one too many": ("J'ai lu vos deux premiers mails. Le troisième était de trop.",),
    "silence, and a place to be taken from": (
        "Je demande le silence",
        "Mon quota d'appels politiques est atteint",
        "Mutée à Brest, enlevez-moi de Rouen",
        "Pas ce numéro, svp",
    ),
    "she sends us elsewhere": ("Allez voir plus loin si j'y suis", "Mettez la sourdine", "Continuez sans moi"),
    "she would be sorry": ("Je serais déçue si vous ne m'écriviez plus",),
}
ORDINARY = {
    "a prayer to be kept": ("vous ne pouvez pas me retirer, je tiens à rester", "ne me désinscrivez pas"),
    "another's place, another's list": (
        "Je souhaite me désister comme assesseur",
        "Radiation des listes électorales : qui contacter ?",
        "Comment quitter la liste d’attente HLM ?",
        "Décochez la case de la hausse des impôts",
        "Cessez de nous oublier",
    ),
    "a by-law of the mayor's, a stop of the bus": (
        "Interdiction des feux : où est l’arrêté ?",
        "Affichez l’arrêté",
        "Quel arrêté ?",
        "Le préfet a pris un arrêté",
        "Où est l’arrêt ?",
    ),
    "a sticker of her letter box": ("J’ai un stop pub mais je lis aussi les sms", "Distribuez-vous aussi aux boîtes stop pub ?"),
    "a mistake": ("J'ai appuyé sans faire exprès sur désabonnement, merci d'annuler",),
    "no agreement with what a letter says": ("Je ne suis pas d'accord avec votre mail sur la cantine, mais merci de m'informer",),
    "more of them": ("Plus de messages comme celui-là, ça fait du bien !",),
    "an answer that does not come": (
        "pas de réponse à mon mail",
        "Pas de nouvelles dans ma messagerie",
        "plus de réseau sur mon portable",
    ),
    "fewer of something else": ("Un médecin de moins dans la vallée", "Démarchage interdit dans le hall, dit l'affiche"),
    "a promise of the town": ("On m'avait juré que je serais relogée", "Comment faire taire les rumeurs ?"),
    "what something else does to her": (
        "Ce rond-point me rend dingue",
        "Un non franc à la fusion des communes",
        "Mettez les cyclistes de côté",
    ),
    "a name that resembles a verb, and toast": (
        "Madame Marchal n'habite plus au village, elle vous lit de Paris",
        "Mon portable a sonné, le pain a brûlé",
        "Le chantier, il s'arrête comment ?",
        "Comment échapper aux bouchons ?",
        "Enlève-moi du planning",
    ),
    "another rule's article, another's turn": (
        "Article 17 du règlement de la cantine : votre avis ?",
        "Article 17 des statuts : qui vote ?",
        "Le porte-à-porte d'accord, les marchés aussi",
        "Ma sœur veut bien tenir le bureau, moi aussi",
        "Parlez aux jeunes, ils attendent",
    ),
    "still to be done by the town": (
        "En attente de la suppression du péage",
        "Rappel de ma demande du 5 mai : un banc",
        "Cinq bus ce soir : c'est peu",
        "Plus de rappels à l'ordre au conseil",
    ),
    "the same words, about something else": (
        "Dites au maire qu'il ne m'appelle plus son ami",
        "L'autorisation de terrasse, je ne vous la donne pas, dit le maire",
        "À quoi bon m'écrire si vous ne répondez pas à mes questions ?",
        "Arrêtez de solliciter nos salariés pour remplir les bus du meeting",
        "Comment débrancher votre robot tondeuse au stade ?",
        "Vous deviez me retirer un kyste",
        "Écrivez aux journaux, pas à moi, pour la lettre ouverte",
        "Vos vidéos me rendent folle de joie",
    ),
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
