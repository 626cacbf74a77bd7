"""What a heading that we do not know may stand for: it says more than one we know, is misspelt, or says no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import assert_never

from gateway.compliance.listwords import Heading, ListWords
from gateway.domain.channel import Medium
from gateway.flows.collecting import objecting
from gateway.flows.collecting.headings import (
    CHANNELS,
    CONSENTS,
    GLUED,
    MEANINGS,
    OBJECTIONS,
    WHOLE_NAMES,
    Field,
    meaning,
    plain,
)
from gateway.flows.collecting.table import JOINED

#: Words around a heading that change nothing to what it asks for.
_WORDS_AROUND = (
    "votre vos ton quel quelle quels quelles est sont le la les l de du des d un une your what is the obligatoire "
    "requis required facultatif optionnel optional saisir perso personnel personnelle principal principale primary "
    "main 1 contact indiquez merci domicile home residence pro professionnel subscriber abonne tous jj mm aaaa dd "
    "yyyy dans habitez residez vivez vous votez a peut pouvons on nous joindre contacter billing facturation "
    "mailing registered customer client cliente person personne supporter signataire destinataire attendee buyer "
    "inscrit inscrite adherent adherente participant participante payeur payeuse acheteur donateur membre saisie"
)
#: Whoever of several people a column may be about.
_WORDS_OF_PEOPLE = (
    "adherent adherente participant participante payeur payeuse acheteur acheteuse donateur donatrice membre parent responsable "
    "referent referente representant president presidente tuteur tutrice titulaire correspondant correspondante benevole "
    "beneficiaire licencie licenciee elu elue militant militante conjoint conjointe secretaire tresorier tresoriere "
    "buyer purchaser"
)
_PEOPLE = frozenset(_WORDS_OF_PEOPLE.split())
_PAYERS = frozenset({"payeur", "payeuse", "acheteur", "acheteuse", "buyer", "purchaser"})
_AROUND = frozenset((*_WORDS_AROUND.split(), "legal", "e")) | _PEOPLE - {"conjoint", "conjointe"}
#: What heads one more column of a kind: « Autre courriel », « Téléphone 2 », « tel2 ».
_WORDS_OF_ONE_MORE = (
    "autre autres other second seconde secondaire secondary deuxieme troisieme alternatif alternative alternate bis"
)
_ONE_MORE = frozenset(_WORDS_OF_ONE_MORE.split())
_NUMBERED = re.compile(r"\d(?:e|nd|eme)?\b")
#: Numbers of members, records and years, and days as spreadsheets count them, which look like postcodes.
_NUMBERS = frozenset(
    (
        "id",
        "n",
        "no",
        "num",
        "numero",
        "number",
        "ref",
        "reference",
        "licence",
        "matricule",
        "annee",
        "year",
        "insee",
        "date",
        "dates",
    )
)
#: What address books and tools put before the part of a record that a column holds: "Address 1 - City", "can2_user_tags".
_OF_A_RECORD = frozenset({"address", "adresse", "value", "valeur"})
_TOOLS = ("can2 user ", "can2 ")
#: Words cut short in narrow columns.
_WHOLE = {
    **{"adr": "adresse", "port": "portable", "mob": "mobile", "naiss": "naissance", "num": "numero", "tph": "telephone"},
    **{"no": "number", "desab": "desabonne", "desinsc": "desinscrit", "desinscr": "desinscrit"},
}
#: « (si vous ne le souhaitez pas, laissez vide) »: what the question asks stands before.
_IN_CASE = re.compile(r"\(\s*(?:si|sinon|if)\b[^)]*\)", re.IGNORECASE)
#: What a heading says of how it is to be answered: « Opt-in SMS O/N ».
_HOW_ANSWERED = re.compile(r"[\s:(-]*\b(?:O\s*/\s*N|oui\s*/\s*non|Y\s*/\s*N|yes\s*/\s*no)\b\s*\)?\s*$", re.IGNORECASE)
#: Beside a column of towns these name the commune of a roll.
_NAMES_OF_TOWNS = frozenset({"nom commune", "libelle commune"})
#: What a column of whole names may hold before them: « Civilité, prénom et nom ».
_CIVILITY = "civilite"
#: « Family name / Nom »: one thing in two languages.
_SIDES = re.compile(r"\s*[/|]\s*")
_LIKE, _SHORT = 0.87, 4
#: What turns a heading into its contrary is put before it: « inscrit », « désinscrit ».
_SAME_BEGINNING = 2
_RUN_TOGETHER = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Beginnings of words by which people are asked whether they agree.
_AGREES = (
    "accord",
    "accept",
    "consent",
    "souhait",
    "autoris",
    "veut",
    "veux",
    "voudr",
    "desir",
    "news",
    "infolettre",
    "abonn",
    "subscrib",
    "permission",
    "ok",
)
#: … and of words beside them that make a day another one than that of the agreement: « Fin d’accord ».
_NOT_GIVEN = ("fin", "expir", "jusqu", "renouvel", "echeanc", "termin", "until", "end", "valable", "relanc", "demand", "request")
#: … and of words that say they agree to something else: their picture, the rules of a club, a sale.
_ELSEWHERE = (
    "image",
    "photo",
    "video",
    "reglement",
    "cgv",
    "cgu",
    "statut",
    "charte",
    "soin",
    "urgence",
    "paiement",
    "prelevement",
    "sign",
)
#: What an agreement is about that is one to messages, where its heading says more than that somebody agrees: « Souhaite un
#: panneau » is none. Beginnings of words.
_WORDS_OF_MESSAGES = (
    "mail email courriel mel newsletter infolettre lettre sms text appel telephon tel call phon recevoir recoi receiv info "
    "actu news nouvelle ecrire contact recontact messag communic sollicit prospect market diffusion courant rgpd gdpr opt invit"
)
_TO_MESSAGES = tuple(_WORDS_OF_MESSAGES.split())
#: … and what one signs up for: « Inscription lettre »; a mail, or a telephone, may be how it was done.
_LETTERS = ("infolettre", "lettre", "actu", "news", "mailing", "diffusion")
_SMALL_WORDS = (
    "a au aux ce d de des du en est et for i in j je l la le les ma mon n nos notre o of on ou par pour sa se son the to un une "
    "vos votre vous y oui non yes no obtenu obtenue recu recue donne donnee recueilli recueillie explicite "
    "explicit given obtained exprime campagne politique politiques political parti liste e ee"
)
_SAYS_NO_MORE = frozenset(_SMALL_WORDS.split())
#: Headings that tell when a form was filled in: often, not always, when people agreed.
_FILLED_IN = frozenset(
    {"horodateur", "timestamp", "date d inscription", "inscrit le", "date inscription", "submitted at", "date d adhesion"}
)
#: What says no to one channel alone; of email, the widest is taken unless a tool says so, or the file asks channel by channel.
_OBJECTION_TO = {frozenset({Medium.SMS}): Field.OBJECTION_SMS, frozenset({Medium.CALL}): Field.OBJECTION_CALL}
_NO_WORDS = ListWords()
#: Where tools keep who is subscribed, and where « refusé » is said of whoever left; orders and payments have a « Statut » too.
_STANDINGS = frozenset(
    {
        "statut",
        "status",
        "etat",
        "statut abonnement",
        "statut inscription",
        "subscription status",
        "etat abonnement",
        "flag",
        "flags",
    }
)
_TO_SEND = frozenset({"envoi", "envois", "envoyer", "a envoyer", "diffusion", "diffuser", "a diffuser", "destinataire"})
_OUTCOME = re.compile(
    r"(?:derniere?s? )?(?:resultat|reponse|issue|reaction|accueil|phoning|porte a porte|pap|appel|rappel|relance|contact|visite"
    r"|echange|retour|suivi|avis|bilan|demarchage|tractage)s?\b"
)
_AT_WORK = frozenset(("pro", "professionnel", "professionnelle", "travail", "bureau", "work", "office", "business", "entreprise"))


def is_number(heading: str) -> bool:
    """Whether a column says by its heading that it numbers things, or counts years."""
    words = plain(heading).split()
    return bool(words) and (not _NUMBERS.isdisjoint(words) or words[-1].endswith("id"))


def is_standing(heading: str) -> bool:
    """Whether a column says how people stand in the list: « Statut », « Statut de l’abonnement »."""
    return " ".join(word for word in plain(heading).split() if word not in _SAYS_NO_MORE) in _STANDINGS


def asks_whether_to_send(heading: str) -> bool:
    """Whether a column says to whom letters go, and nothing else: « Envoi », « Diffusion (O/N) »."""
    return plain(without_choices(heading)) in _TO_SEND


def is_outcome(heading: str) -> bool:
    """Whether a column notes what came of meeting somebody: there « refus » is hers, « Appel du 12/10 », « Résultat »."""
    return bool(_OUTCOME.match(plain(heading)))


def is_at_work(heading: str) -> bool:
    """Whether an address is that of somebody's work: « Tél. professionnel »."""
    return not _AT_WORK.isdisjoint(plain(heading).split())


def tells_when_agreed(heading: str) -> bool:
    """Whether days below a heading that speaks of an agreement are when it was given, and not when it ends or was asked for."""
    return not any(word.startswith(_NOT_GIVEN) for word in plain(heading).split())


def people_named(heading: str) -> frozenset[str]:
    """Of whom a heading speaks: « Nom adhérent », « Email payeur »."""
    return _PEOPLE.intersection(plain(heading).split())


def is_of_payer(heading: str) -> bool:
    """Whether a heading speaks of who paid, perhaps for somebody else: « Email payeur »."""
    return bool(named := people_named(heading)) and named <= _PAYERS


def channel_of(heading: str) -> Field | None:
    """The address or number that a column holds of whoever its line is about, be it one more of a kind: « Courriel 2 »."""
    if people_named(heading):
        return None
    one = " ".join(word for word in _NUMBERED.sub(" ", plain(_parted(heading))).split() if word not in _ONE_MORE)
    found = meaning(heading) or meaning(one) or likely(one)
    return found if found in CHANNELS else None


def says_no(heading: str) -> bool:
    """Whether a yes below a heading says that somebody wants nothing more, by one channel or by any."""
    return objecting.says_no(plain(_parted(heading)))


def _parted(heading: str) -> str:
    """A heading whose words a tool has run together, in words: « HasOptedOutOfEmail »; without how it is to be answered."""
    return _RUN_TOGETHER.sub(" ", _IN_CASE.sub(" ", heading))


def likely(heading: str, words: ListWords = _NO_WORDS) -> Field | None:
    """The field a heading may stand for: it says more than we know ("Votre e-mail (obligatoire)"), or is misspelt.

    words: of the pack, for what it says of headings.
    """
    heading = without_choices(heading)
    bare = plain(_parted(heading))
    if objecting.is_of_no_channel(bare):
        return None
    if says_no(heading):
        if objecting.is_of_email_alone(bare):
            return Field.OBJECTION_EMAIL
        return _OBJECTION_TO.get(objecting.channels_named(bare), Field.OBJECTION)
    if objecting.says_dead(bare):
        return Field.DEAD_EMAIL
    match words.heading(heading):
        case Heading.SUBSCRIBED:
            return _OBJECTION_TO.get(objecting.channels_named(bare), Field.OBJECTION_EMAIL)
        case Heading.REACHABLE:
            named = objecting.channels_named(bare)
            return Field.OBJECTION_EMAIL if named == {Medium.EMAIL} else _OBJECTION_TO.get(named, Field.OBJECTION)
        case Heading.STRUCK:
            return Field.OBJECTION
        case Heading.WORKING:
            return Field.DEAD_EMAIL
        case None:
            pass
        case never:
            assert_never(never)
    if bare in _FILLED_IN:
        return Field.GIVEN_AT
    for prefix in _TOOLS:
        bare = bare.removeprefix(prefix)
    kept = " ".join(_WHOLE.get(word, word) for word in bare.split() if word not in _AROUND)
    if field := MEANINGS.get(kept) or GLUED.get(kept.replace(" ", "")):
        return field
    if (whole := MEANINGS.get(" ".join(word for word in kept.split() if word != _CIVILITY))) in WHOLE_NAMES:
        return whole
    if kept in _NAMES_OF_TOWNS:
        return Field.COMMUNE
    if (said := {meaning(part) for part in _SIDES.split(heading)}) and len(said) == 1 and (both := said.pop()):
        return both
    if consent := _consent_like(bare.split()):
        return None if words.is_of_no_channel(heading) else consent
    if JOINED in heading:
        return _likely_below(heading, words)
    part = " ".join(word for word in kept.split() if word not in _OF_A_RECORD)
    if field := MEANINGS.get(part):
        return field
    if len(kept) <= _SHORT or any(word.startswith(_ELSEWHERE) for word in bare.split()):
        return None
    near = get_close_matches(kept, MEANINGS, n=1, cutoff=_LIKE)
    if not near or _turns_round(kept, near[0]) or (MEANINGS[near[0]] in CONSENTS and words.is_of_no_channel(heading)):
        return None  # « Accord courrier » is no slip for « Accord courriel »
    return MEANINGS[near[0]]


def _likely_below(heading: str, words: ListWords) -> Field | None:
    """What the last of several headings of a column may stand for, where those above change nothing to it."""
    *above, last = heading.split(JOINED)
    if objecting.asks_or_is_of_others(plain(" ".join(above))):
        return None
    return likely(last, words) or likely(f"{above[-1]} {last}", words)


def _turns_round(heading: str, near: str) -> bool:
    """Whether a known heading that says no is a likely slip for this one, or its contrary: « email valide », « inscription »."""
    field = MEANINGS[near]
    return field is Field.DEAD_EMAIL or (field in OBJECTIONS and heading[:_SAME_BEGINNING] != near[:_SAME_BEGINNING])


def _consent_like(words: Sequence[str]) -> Field | None:
    """Which consent a heading of several words may speak of: the channel tells, email unless said.

    « Phone ok », « Text ok? »: what is agreed to there is no agreement to emails.
    """
    offers = "recevoir" in words[:1] and any(word.startswith(_TO_MESSAGES) for word in words[1:])  # « Recevoir les actualités »
    offers |= any(word.startswith("inscri") for word in words[:1]) and any(word.startswith(_LETTERS) for word in words[1:])
    if not (offers or any(word.startswith(_AGREES) for word in words)) or any(word.startswith(_ELSEWHERE) for word in words):
        return None
    more = any(word not in _SAYS_NO_MORE and not word.startswith(_AGREES) for word in words)
    if more and not any(word.startswith(_TO_MESSAGES) for word in words):
        return None
    named = objecting.channels_named(" ".join(words))
    if Medium.SMS in named:
        return Field.CONSENT_SMS
    return Field.CONSENT_CALL if Medium.CALL in named else Field.CONSENT


def without_choices(heading: str) -> str:
    """A heading without how it is to be answered: « Lettre (O/N) »."""
    return _HOW_ANSWERED.sub("", heading)


def says_by_no(heading: str, words: ListWords) -> bool:
    """Whether a no below a heading is what tells who left, or which address is dead: « Abonné », « Email valide »."""
    return objecting.tells_who_left(plain(heading)) or words.heading(heading) in (
        Heading.SUBSCRIBED,
        Heading.REACHABLE,
        Heading.WORKING,
    )


def objection_of(heading: str, words: ListWords) -> Field:
    """What a column that is left out may say of whoever objects: by its heading, else in words.

    A column of consent to one channel asks of that one alone: « STOP » below « Accord SMS ».
    """
    found = meaning(heading) or likely(heading, words)
    if found in OBJECTIONS:
        return found
    if found in CONSENTS and (found is not Field.CONSENT or objecting.channels_named(plain(heading)) == {Medium.EMAIL}):
        return found
    return Field.REMARK


def standing_of(heading: str) -> Field:
    """What a column of who is subscribed says no to: the channel of texts or calls that its heading names, else all."""
    bare = plain(heading)
    named = objecting.channels_named(bare) or (frozenset({Medium.SMS}) if "mobile" in bare.split() else frozenset())
    return _OBJECTION_TO.get(named, Field.OBJECTION)
