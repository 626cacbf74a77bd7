"""What the columns of a file mean, from their French or English headings."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import objecting
from gateway.flows.collecting.table import JOINED, letters


class Field(StrEnum):
    """What a column may hold. Nothing else of a file is ever stored (rule minimise-fields)."""

    EMAIL = "email"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PHONE = "phone"  #: a mobile or a landline: the number itself tells
    GIVEN_NAME = "given_name"
    GIVEN_NAMES = "given_names"  #: all of them, as on the electoral roll: the first is the one in use
    FAMILY_NAME = "family_name"
    USAGE_NAME = "usage_name"  #: wins over the name of birth
    BIRTH_NAME = "birth_name"
    FAMILY_GIVEN = "family_given"  #: a whole name, the family name first
    GIVEN_FAMILY = "given_family"  #: a whole name, given names first
    FULL_NAME = "full_name"  #: a whole name in no order that is said
    BIRTH_ON = "birth_date"
    POSTCODE = "postcode"
    COMMUNE = "commune"
    CALLING_CODE = "calling_code"  #: of the country of its numbers, where it stands in a column of its own
    COUNTRY = "country"  #: where the postcode is from: read for the place of voting, never stored
    POLLING_STATION = "polling_station"
    POLLING_LABEL = "polling_label"
    LANGUAGE = "language"
    TAGS = "tags"
    CONSENT = "consent"  #: to email
    CONSENT_SMS = "consent_sms"
    CONSENT_CALL = "consent_call"
    CONSENT_CHANNELS = "consent_channels"  #: to each channel that the cell names, as under a question of several boxes
    OBJECTION = "objection"  #: whether the person no longer wants to be reached, by any channel
    OBJECTION_EMAIL = "objection_email"  #: … by email
    OBJECTION_SMS = "objection_sms"  #: … by SMS
    OBJECTION_CALL = "objection_call"  #: … by calls
    DEAD_EMAIL = "dead_email"  #: whether the tool the list comes from found that the email address gets nothing any more
    REMARK = "remark"  #: what somebody wrote about the person: read for objections, never stored
    CALL_HOURS = "call_hours"  #: hours at which the person agreed to be called
    GIVEN_AT = "consent_at"
    FORM = "form"
    WORDING = "wording"
    MEANS = "means"
    COLLECTOR = "collector"


#: Columns that say how to reach a person.
CHANNELS = (Field.EMAIL, Field.MOBILE, Field.LANDLINE, Field.PHONE)
#: Columns that say who consented to what. Two of a kind in one file would contradict each other.
CONSENTS = (Field.CONSENT, Field.CONSENT_SMS, Field.CONSENT_CALL)
#: Columns that hold a name whole: left out where other columns hold its parts.
WHOLE_NAMES = (Field.FAMILY_GIVEN, Field.GIVEN_FAMILY, Field.FULL_NAME)
NAME_PARTS = (Field.GIVEN_NAME, Field.GIVEN_NAMES, Field.FAMILY_NAME, Field.USAGE_NAME, Field.BIRTH_NAME)
#: Columns that say who wants nothing more, by whatever channel.
OBJECTIONS = (Field.OBJECTION, Field.OBJECTION_EMAIL, Field.OBJECTION_SMS, Field.OBJECTION_CALL)
#: Columns of which a file may have several: a no in any of them counts.
SEVERAL = (*OBJECTIONS, Field.DEAD_EMAIL)
#: Columns that may say no: never left out because a workbook hides them.
PROTECTING = (*CONSENTS, *SEVERAL)
#: Columns that speak of agreements, be it of several at once.
AGREEING = (*CONSENTS, Field.CONSENT_CHANNELS)

#: Headings of the columns that a file of refused rows carries besides its own: meant for people, never read back.
REFUSED_LINE, REFUSED_WHY = "ligne", "motif du refus"

#: Headings of French lists, of the electoral roll (2013, REU), and of NationBuilder, listmonk, Mailchimp, Brevo and HelloAsso.
_HEADINGS: Mapping[Field, str] = {
    Field.EMAIL: "email, e mail, mail, courriel, mel, adresse electronique, adresse email, adresse e mail, adresse mail,"
    " adresse courriel, adresse mel, email address, e mail address, courrier electronique, adresse de messagerie,"
    " premiere adresse electronique, premiere adresse e mail",
    Field.MOBILE: "mobile, portable, telephone portable, telephone mobile, tel portable, tel mobile, gsm, numero de portable,"
    " numero de mobile, numero portable, mobile phone, mobile number, mobile phone number, cell, cell phone, n portable,"
    " cellulaire, phone mobile",
    Field.LANDLINE: "fixe, telephone fixe, tel fixe, numero fixe, telephone domicile, tel domicile, landline, home phone",
    Field.PHONE: "telephone, tel, numero de telephone, numero telephone, n de telephone, n telephone, n tel, phone, phone number,"
    " telephone number, msisdn",
    Field.GIVEN_NAME: "prenom, given name, first name, firstname, forename, prenom d usage, prenom usuel, vorname",
    Field.GIVEN_NAMES: "prenoms, given names, forenames",
    Field.FAMILY_NAME: "nom, noms, nom de famille, family name, last name, lastname, surname, patronyme, nachname",
    Field.USAGE_NAME: "nom d usage, nom usage, nom marital, nom d epouse",
    Field.BIRTH_NAME: "nom de naissance, nom naissance, nom de jeune fille, birth name, maiden name",
    Field.FAMILY_GIVEN: "nom prenom, nom et prenom, nom prenoms, nom et prenoms, noms prenoms, noms et prenoms, nom puis prenom,"
    " last name first name, surname and first name",
    Field.GIVEN_FAMILY: "prenom nom, prenom et nom, prenoms nom, prenoms et nom, prenoms noms, prenoms et noms, prenom puis nom,"
    " first name last name, first and last name, firstname lastname",
    Field.FULL_NAME: "nom complet, full name, fullname, name, identite, contact name, display name, nom affiche, nom a afficher,"
    " nom d affichage, personne",
    Field.BIRTH_ON: "date de naissance, naissance, ne le, nee le, ne e le, birth date, birthdate, date of birth, birthday, dob,"
    " date naissance, ddn",
    Field.POSTCODE: "code postal, cp, postcode, post code, postal code, zip, zip code, primary zip,"
    " cp ville, cp et ville, cp commune, code postal ville, code postal et ville, code postal commune, code postal et commune",
    Field.COMMUNE: "commune, ville, localite, ville localite, city, town, municipality, primary city",
    Field.CALLING_CODE: "indicatif, indicatif pays, indicatif telephonique, indicatif international, indicatif tel,"
    " prefixe telephonique, calling code, country calling code, phone country code, phone code, dial code, phone prefix",
    Field.COUNTRY: "pays, pays de residence, code pays, country, country code, country region, primary country code",
    Field.POLLING_STATION: "bureau de vote, code du bureau de vote, bureau, code bv, bv, polling station, no bureau de vote,"
    " numero de bureau de vote, numero du bureau de vote, n bureau de vote",
    Field.POLLING_LABEL: "libelle du bureau de vote, nom bureau de vote, nom du bureau de vote, polling station name",
    Field.LANGUAGE: "langue, language, lang",
    Field.TAGS: "etiquettes, etiquette, mots cles, tags, tag, tag list",
    Field.CONSENT: "consentement, consentement email, consentement e mail, consentement mail, consentement courriel, consent,"
    " email consent, consent email, accord, accord email, accord e mail, accord mail, accord courriel, opt in, newsletter,"
    " email opt in, opt in email, subscribed, is subscribed, email subscribed, newsletter subscribed, subscribed to newsletter,"
    " subscribed to emails",
    Field.CONSENT_SMS: "consentement sms, accord sms, sms consent, consent sms, opt in sms, sms opt in, mobile opt in,"
    " sms subscribed, subscribed to sms",
    Field.CONSENT_CALL: "consentement appel, consentement appels, consentement telephone, accord appel, accord appels,"
    " accord telephone, call consent, consent call, opt in appel, opt in telephone, phone opt in",
    Field.CONSENT_CHANNELS: "accord par canal, canaux acceptes, moyens acceptes, accepted channels",
    Field.OBJECTION: "opposition, oppose, opposee, desinscrit, desinscrite, desinscrit e, desinscription, desabonne, desabonnee,"
    " desabonnement, ne pas contacter, ne plus contacter, ne pas ecrire, ne plus ecrire, stop, stop mail, blacklist, blackliste,"
    " liste noire, blocklisted, unsubscribed, unsubscribe, unsubscribed at, unsub time, opt out, do not contact,"
    " ne plus solliciter, ne pas solliciter, complained, complained at, complaint, spam complaint, marked as spam, plainte,"
    " erasure requested, gdpr erasure requested, effacement demande, demande d effacement,"
    # nobody is there to be written to, and whoever reads her mail is in mourning
    " decede, decedee, decede e, dcd, deces, date deces, date de deces, date du deces, decede le, decedee le, decede e le,"
    " deceased, is deceased, deceased date, date deceased, date of death",
    Field.OBJECTION_EMAIL: "opposition email, opposition emails, opposition courriel, opposition courriels, do not email,"
    " email opt out, opt out email, is opt out, no bulk email, no bulk emails, no bulk emails user opt out, do not bulk email,"
    " has opted out of email",
    Field.OBJECTION_SMS: "opposition sms, stop sms, sms opt out, opt out sms, do not sms, do not text, no sms, pas de sms,"
    " plus de sms, ne pas envoyer de sms, refus sms, refuse les sms, sms blacklisted, sms blacklist, desabonne sms,"
    " desinscrit sms",
    Field.OBJECTION_CALL: "opposition appel, opposition appels, opposition telephone, do not call, is do not call, no call,"
    " no calls, do not phone, ne pas appeler, ne plus appeler, ne pas telephoner, ne plus telephoner, pas d appel, pas d appels,"
    " pas de telephone, call opt out, phone opt out, refus appel, refus appels, refuse les appels, bloctel, federal donotcall",
    Field.DEAD_EMAIL: "email errone, mail errone, email invalide, mail invalide, adresse invalide, adresse mail invalide,"
    " bounced, bounce, hard bounce, hard bounced, bounced at, bounce date, email bounced, clean time, cleaned, bad email,"
    " email bad, email is bad, invalid email, email invalid, mail hs, email hs",
    Field.CALL_HOURS: "plage horaire, plages horaires, horaires, horaires d appel, heures d appel, call hours, call window",
    Field.GIVEN_AT: "date consentement, date du consentement, date de consentement, date accord, date de l accord,"
    " consentement le, consent date, consent at, consented at, consented on, optin date, opt in date, optin time, opt in time,"
    " given at, date d accord, date d opt in, date d optin",
    Field.FORM: "formulaire, version du formulaire, form, form version",
    Field.WORDING: "texte, texte du consentement, texte consentement, wording, consent text",
    Field.MEANS: "moyen, moyen de recueil, means",
    Field.COLLECTOR: "collecteur, recueilli par, collecte par, collector, collected by",
}
#: The field of each heading, folded.
MEANINGS = {heading.strip(): field for field, headings in _HEADINGS.items() for heading in headings.split(",")}
#: Tools glue words together: "CodePostal", "firstname".
GLUED = {heading.replace(" ", ""): field for heading, field in MEANINGS.items()}
_OURS = frozenset({REFUSED_LINE, REFUSED_WHY})
#: What says no more below a heading than that the address is hers.
_HER_OWN = ("perso", "personnel", "personnelle", "principal", "principale")
#: Fields that a section may be called by, above another of them: « Téléphone > Portable », « Identité > Nom ».
_KIN: tuple[tuple[Field | None, ...], ...] = (
    CHANNELS,
    (*NAME_PARTS, *WHOLE_NAMES),
    (Field.POSTCODE, Field.COMMUNE),
    (Field.POLLING_STATION, Field.POLLING_LABEL),
    CONSENTS,
    OBJECTIONS,
)
#: What a column may be said to hold when it is to be left out.
_LEFT_OUT = frozenset({"", "ignore", "ignorer", "ignoree", "rien", "aucun", "none", "skip"})


def meaning(heading: str) -> Field | None:
    """The field a heading stands for, or None."""
    bare = plain(heading)
    return MEANINGS.get(bare) or GLUED.get(bare) or (_meaning_below(heading) if JOINED in heading else None)


def _meaning_below(heading: str) -> Field | None:
    """What the last of several headings of a column stands for, where those above it change nothing: « Coordonnées > Courriel ».

    Where they may ask for an agreement, say no, or speak of somebody or something else, nobody guesses.
    """
    *above, last = [plain(part) for part in heading.split(JOINED)]
    over = " ".join(above)
    if objecting.says_no(plain(heading)) or objecting.asks_or_is_of_others(over):
        return None
    found = MEANINGS.get(f"{above[-1]} {last}") or MEANINGS.get(last) or (MEANINGS.get(above[-1]) if last in _HER_OWN else None)
    kin = next((kin for kin in _KIN if found in kin), (found,))
    return found if all(MEANINGS.get(part, found) in kin for part in above) else None


def is_remark(heading: str) -> bool:
    """Whether a column holds what somebody wrote about people."""
    return objecting.says_remark(plain(heading))


def is_ours(heading: str) -> bool:
    """Whether it heads a column that a file of refused lines carries besides its own."""
    return plain(heading) in _OURS


def is_of_email_beside(heading: str, others: Collection[Field | None]) -> bool:
    """Whether a heading says no to emails in a file that asks of texts or calls in columns of their own: « Stop mail »."""
    by_channel = Field.OBJECTION_SMS in others or Field.OBJECTION_CALL in others
    return by_channel and objecting.channels_named(plain(heading)) == {Medium.EMAIL}


def field_named(text: str) -> Field | None:
    """The field that somebody names, by its own name or by a heading we know; None: leave it out. Raises InvalidInput."""
    bare = plain(text)
    if bare in _LEFT_OUT:
        return None
    found = next((field for field in Field if plain(field.value) == bare), None) or meaning(text)
    if found is None and is_remark(text):
        return Field.REMARK
    if found is None:
        raise InvalidInput(f"champ inconnu : {text} ; on attend {', '.join(Field)}, ou « ignorer »")
    return found


def labels(headings: Sequence[str]) -> list[str]:
    """Names under which columns are spoken of, each once: headings, with a number where one comes again; letters without one."""
    seen: Counter[str] = Counter()
    told = []
    for place, heading in enumerate(headings):
        label = heading or f"colonne {letters(place)}"
        seen[plain(label)] += 1
        told.append(label if seen[plain(label)] == 1 else f"{label} ({seen[plain(label)]})")
    return told


def key_of(headings: Sequence[str]) -> str:
    """SHA-256 of headings, whatever their case and accents; columns that a file of refused lines adds count for nothing.

    Their order counts only where some have no name, or the same one: nothing but their place tells these apart.
    """
    bare = [one for one in (plain(heading) for heading in as_written(headings)) if one not in _OURS]
    while bare and not bare[-1]:  # beside the table
        bare.pop()
    if all(bare) and len(set(bare)) == len(bare):
        bare.sort()
    return sha256("\n".join(bare).encode()).hexdigest()


def as_written(headings: Sequence[str]) -> tuple[str, ...]:
    """Headings in words parted by one space, and without the mark that some tools begin a file with."""
    return tuple(" ".join(heading.replace("\ufeff", "").split()) for heading in headings)


def plain(heading: str) -> str:
    """A heading without case, accents, punctuation and doubled spaces."""
    bare = unicodedata.normalize("NFKD", heading.casefold())
    return " ".join("".join(mark if mark.isalnum() else " " for mark in bare if not unicodedata.combining(mark)).split())
