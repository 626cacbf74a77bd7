"""Words that headings are made of, by what they say; folded as `headings.plain` does, unless a pattern says otherwise.

How files are headed, not what the law says of it: what is read with these is shown to somebody, and proposed.
"""

from __future__ import annotations

import re


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


def _beginnings(written: str) -> tuple[str, ...]:
    return tuple(written.split())


# ── Around what a heading asks for ────────────────────────────────────────────────────────────────────────────────────────────

#: Whoever of several people a column may be about.
PEOPLE = _words(
    "adherent adherente participant participante payeur payeuse acheteur acheteuse donateur donatrice membre parent "
    "responsable referent referente representant president presidente tuteur tutrice titulaire correspondant correspondante "
    "benevole beneficiaire licencie licenciee elu elue militant militante conjoint conjointe secretaire tresorier tresoriere "
    "buyer purchaser"
)
#: … and who paid, perhaps for somebody else: « Email payeur ».
PAYERS = _words("payeur payeuse acheteur acheteuse buyer purchaser")
#: Words that change nothing to what a heading asks for; but a conjoint is another person.
AROUND = (
    _words(
        "votre vos ton quel quelle quels quelles est sont le la les l de du des d un une your what is the obligatoire requis "
        "required facultatif optionnel optional saisir saisie perso personnel personnelle principal principale primary main 1 "
        "contact indiquez merci domicile home residence pro professionnel subscriber abonne tous jj mm aaaa dd yyyy dans habitez "
        "residez vivez vous votez a peut pouvons on nous joindre contacter billing facturation mailing registered customer "
        "client cliente person personne supporter signataire destinataire attendee inscrit inscrite legal e"
    )
    | PEOPLE
) - {"conjoint", "conjointe"}
#: What heads one more column of a kind: « Autre courriel », « Téléphone 2 ».
ONE_MORE = _words(
    "autre autres other second seconde secondaire secondary deuxieme troisieme alternatif alternative alternate bis"
)
#: That an address is of somebody's work: « Tél. professionnel ».
AT_WORK = _words("pro professionnel professionnelle travail bureau work office business entreprise")
#: What address books and tools put before the part of a record that a column holds: "Address 1 - City", "can2_user_tags".
OF_A_RECORD = frozenset({"address", "adresse", "value", "valeur"})
OF_TOOLS = ("can2 user ", "can2 ")
#: Words cut short in narrow columns.
CUT_SHORT = {
    **{"adr": "adresse", "port": "portable", "mob": "mobile", "naiss": "naissance", "num": "numero", "tph": "telephone"},
    **{"no": "number", "desab": "desabonne", "desinsc": "desinscrit", "desinscr": "desinscrit"},
}
#: « (si vous ne le souhaitez pas, laissez vide) »: what the question asks stands before. Of a heading as written.
IN_CASE = re.compile(r"\(\s*(?:si|sinon|if)\b[^)]*\)", re.IGNORECASE)
#: How a heading is to be answered: « Opt-in SMS O/N ». Of a heading as written.
HOW_ANSWERED = re.compile(r"[\s:(-]*\b(?:O\s*/\s*N|oui\s*/\s*non|Y\s*/\s*N|yes\s*/\s*no)\b\s*\)?\s*$", re.IGNORECASE)

# ── What a column holds ───────────────────────────────────────────────────────────────────────────────────────────────────────

#: Numbers of members, records and years, and days as spreadsheets count them, which look like postcodes.
NUMBERS = _words("id n no num numero number ref reference licence matricule annee year insee date dates")
#: … and of what is sold, counted or paid: « Code barre », “Attendee #”.
THINGS = _words(
    "barre barres barcode qr billet ticket commande order attendee dossier facture invoice montant prix price amount total score "
    "points badge dossard rang place siege table client compte customer account poste lot"
)
#: Numbers by which registers know people and companies, which look like telephones that lost their zero.
REGISTERS = _words(
    "siren siret rna naf ape tva iban rib isbn licence matricule insee id uuid ref reference securite secu ine adeli rpps"
)
#: Beside a column of towns these name the commune of a roll.
NAMES_OF_TOWNS = frozenset({"nom commune", "libelle commune"})
#: What a column of whole names may hold before them: « Civilité, prénom et nom ».
CIVILITY = "civilite"
#: When a form was filled in: often, not always, when people agreed.
FILLED_IN = frozenset(
    {"horodateur", "timestamp", "date d inscription", "inscrit le", "date inscription", "submitted at", "date d adhesion"}
)
#: Where tools keep who is subscribed, and where « refusé » is said of whoever left; orders and payments have a « Statut » too.
STANDINGS = frozenset(
    {
        *("statut", "status", "etat", "flag", "flags"),
        *("statut abonnement", "statut inscription", "subscription status", "etat abonnement"),
    }
)
#: To whom letters go, or whether that still holds, and nothing else: « Diffusion (O/N) », « Toujours d’accord en 2026 ? ».
TO_SEND = frozenset(
    {
        *("envoi", "envois", "envoyer", "a envoyer", "diffusion", "diff", "diffuser", "a diffuser", "destinataire"),
        *("a recontacter", "recontacter", "recontact", "toujours d accord", "encore d accord", "toujours ok"),
    }
)
#: What came of meeting somebody: there « refus » is hers. How a heading begins.
OUTCOME = re.compile(
    r"(?:derniere?s? )?(?:resultat|reponse|issue|reaction|accueil|phoning|porte a porte|pap|appel|rappel|relance|contact|visite"
    r"|echange|retour|suivi|avis|bilan|demarchage|tractage)s?\b"
)

#: … and what she answered: there a mere no is hers, too.
ANSWER = re.compile(r"(?:derniere?s? )?(?:resultat|reponse|reaction|retour|avis)s?\b")

# ── Whether people agree, and to what; beginnings of words ────────────────────────────────────────────────────────────────────

#: By which people are asked whether they agree.
AGREES = _beginnings("accord accept consent souhait autoris veut veux voudr desir news infolettre abonn subscrib permission ok")
#: … beside which a day is another one than that of the agreement: « Fin d’accord ».
NOT_GIVEN = _beginnings("fin expir jusqu renouvel echeanc termin until end valable relanc demand request")
#: … that say they agree to something else: their picture, the rules of a club, a sale.
ELSEWHERE = _beginnings("image photo video reglement cgv cgu statut charte soin urgence paiement prelevement sign")
#: What an agreement is about that is one to messages, where its heading says more than that somebody agrees: « Souhaite un
#: panneau » is none.
TO_MESSAGES = _beginnings(
    "mail email courriel mel newsletter infolettre lettre sms text appel telephon tel call phon recevoir recoi receiv info "
    "actu news nouvelle ecrire contact recontact messag communic sollicit prospect market diffusion courant rgpd gdpr opt "
    "invit"
)
#: … and what one signs up for: « Inscription lettre »; a mail, or a telephone, may be how it was done.
LETTERS = ("infolettre", "lettre", "actu", "news", "mailing", "diffusion")
#: Whole words beside them that say no more of what is agreed to.
SAYS_NO_MORE = _words(
    "a au aux ce d de des du en est et for i in j je l la le les ma mon n nos notre o of on ou par pour sa se son the to un "
    "une vos votre vous y oui non yes no obtenu obtenue recu recue donne donnee recueilli recueillie explicite explicit given "
    "obtained exprime campagne politique politiques political parti liste e ee"
)
