"""What the columns of a file mean, from their French or English headings."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.errors import InvalidInput


class Field(StrEnum):
    """What a column may hold. Nothing else of a file is ever stored (rule minimise-fields)."""

    EMAIL = "email"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PHONE = "phone"  #: a mobile or a landline: the number itself tells
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_ON = "birth_date"
    POSTCODE = "postcode"
    COMMUNE = "commune"
    POLLING_STATION = "polling_station"
    POLLING_LABEL = "polling_label"
    LANGUAGE = "language"
    TAGS = "tags"
    CONSENT = "consent"  #: to email
    CONSENT_SMS = "consent_sms"
    CONSENT_CALL = "consent_call"
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

#: Headings of the columns that a file of refused rows carries besides its own: meant for people, never read back.
REFUSED_LINE = "ligne"
REFUSED_WHY = "motif du refus"

_HEADINGS: Mapping[Field, str] = {
    Field.EMAIL: "email, e mail, mail, courriel, mel, adresse electronique, adresse email, adresse e mail, adresse mail,"
    " adresse courriel, adresse mel, email address, e mail address",
    Field.MOBILE: "mobile, portable, telephone portable, telephone mobile, tel portable, tel mobile, gsm,"
    " mobile phone, cell phone",
    Field.LANDLINE: "fixe, telephone fixe, tel fixe, landline",
    Field.PHONE: "telephone, tel, numero de telephone, phone, phone number, telephone number",
    Field.GIVEN_NAME: "prenom, prenoms, given name, first name, firstname, forename",
    Field.FAMILY_NAME: "nom, nom de famille, nom d usage, family name, last name, lastname, surname",
    Field.BIRTH_ON: "date de naissance, naissance, ne le, nee le, ne e le, birth date, birthdate, date of birth, birthday",
    Field.POSTCODE: "code postal, codepostal, cp, postcode, post code, postal code, zip, zip code, zipcode",
    Field.COMMUNE: "commune, ville, localite, ville localite, city, town, municipality",
    Field.POLLING_STATION: "bureau de vote, code du bureau de vote, bureau, code bv, polling station",
    Field.POLLING_LABEL: "libelle du bureau de vote, polling station name",
    Field.LANGUAGE: "langue, language, lang",
    Field.TAGS: "etiquettes, etiquette, mots cles, tags, tag",
    Field.CONSENT: "consentement, consentement email, consentement e mail, consentement courriel, consent, email consent,"
    " consent email, accord, accord email, accord courriel, opt in, optin, newsletter",
    Field.CONSENT_SMS: "consentement sms, accord sms, sms consent, consent sms, opt in sms, optin sms",
    Field.CONSENT_CALL: "consentement appel, consentement appels, consentement telephone, accord appel, accord appels,"
    " accord telephone, call consent, consent call, opt in appel, opt in telephone",
    Field.CALL_HOURS: "plage horaire, plages horaires, horaires, horaires d appel, heures d appel, call hours, call window",
    Field.GIVEN_AT: "date consentement, date du consentement, date de consentement, date accord, date de l accord,"
    " consentement le, consent date, consent at, consented at, consented on, optin date, opt in date, optin time, given at",
    Field.FORM: "formulaire, version du formulaire, form, form version",
    Field.WORDING: "texte, texte du consentement, texte consentement, wording, consent text",
    Field.MEANS: "moyen, moyen de recueil, means",
    Field.COLLECTOR: "collecteur, recueilli par, collector, collected by",
}
_MEANING = {heading.strip(): field for field, headings in _HEADINGS.items() for heading in headings.split(",")}
_OURS = frozenset({REFUSED_LINE, REFUSED_WHY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one file."""

    headings: tuple[str, ...]  #: as written, all of them
    places: Mapping[Field, int]
    ignored: tuple[str, ...]  #: headings that mean nothing to us; what they hold is not stored

    def named(self) -> tuple[str, ...]:
        """Every heading, those that mean something to us by the name of their field: what the pack judges a file by."""
        known = {place: field.value for field, place in self.places.items()}
        return tuple(
            known.get(place, heading) for place, heading in enumerate(self.headings) if heading and _plain(heading) not in _OURS
        )

    def heading(self, field: Field) -> str:
        """The heading of a field, as written in this file; the field's own name when the file has no such column."""
        place = self.places.get(field)
        return field.value if place is None else self.headings[place]


def meaning(heading: str) -> Field | None:
    """The field a heading stands for, or None."""
    return _MEANING.get(_plain(heading))


def read_columns(headings: Sequence[str], *, channels: Sequence[Field] = CHANNELS) -> Columns:
    """What each column means; the first of two with the same meaning is taken.

    channels: columns of which one at least must be there; none when people of the file need not be reached. Raises InvalidInput
    when none is, or when two columns claim to tell who consented: nobody may guess which is right.
    """
    written = tuple(" ".join(heading.replace("\ufeff", "").split()) for heading in headings)
    places: dict[Field, int] = {}
    ignored = []
    for place, heading in enumerate(written):
        field = meaning(heading)
        if field in CONSENTS and field in places:
            raise InvalidInput(
                f"deux colonnes disent qui a consenti (« {written[places[field]]} » et « {heading} ») : "
                "gardez la bonne et renommez l’autre"
            )
        if field is not None and field not in places:
            places[field] = place
        elif heading and _plain(heading) not in _OURS:
            ignored.append(heading)
    if channels and not any(channel in places for channel in channels):
        shown = ", ".join(f"« {heading} »" for heading in written[:12] if heading)
        raise InvalidInput(f"{_absent(channels)} parmi {shown or 'les colonnes'} ; nommez-la {_advice(channels)}")
    return Columns(headings=written, places=places, ignored=tuple(ignored))


def _absent(channels: Sequence[Field]) -> str:
    wanted = "aucune colonne d’adresses électroniques"
    return wanted if tuple(channels) == (Field.EMAIL,) else f"{wanted} ni de numéros de téléphone"


def _advice(channels: Sequence[Field]) -> str:
    return "« email » ou « courriel »" if tuple(channels) == (Field.EMAIL,) else "« courriel », « portable » ou « téléphone »"


def _plain(heading: str) -> str:
    """A heading without case, accents, punctuation and doubled spaces."""
    bare = unicodedata.normalize("NFKD", heading.casefold())
    return " ".join("".join(mark if mark.isalnum() else " " for mark in bare if not unicodedata.combining(mark)).split())
