"""Closed sets as volunteers read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.compliance import spoken
from gateway.compliance.rule import Confidence, Force
from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.receipt import AddressCause
from gateway.domain.reply import InboxKind, Intent, RightAsked, Settlement
from gateway.domain.rights import RIGHT_NAMES, Identity, RequestState, RequestVia, Right
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind

if TYPE_CHECKING:
    from gateway.store.suppressions import Delays, Suppression  # counting a text opens no database

_WORDS: dict[StrEnum, str] = {
    ContactClass.MEMBER: "adhérent",
    ContactClass.FORMER_MEMBER: "ancien adhérent",
    ContactClass.REGULAR: "contact régulier",
    ContactClass.OCCASIONAL: "contact occasionnel",
    ContactClass.TEAM: "équipe",
    OriginKind.WEB_FORM: "un formulaire sur un site",
    OriginKind.PAPER_FORM: "un formulaire ou un coupon papier",
    OriginKind.EVENT: "une réunion, un marché, une fête",
    OriginKind.DOORSTEP: "le porte-à-porte",
    OriginKind.MEMBERSHIP: "les adhésions au mouvement",
    OriginKind.PETITION: "une pétition",
    OriginKind.DONATION: "des dons",
    OriginKind.PARTY_FILE: "le fichier du parti",
    OriginKind.REFERRAL: "un parrainage : quelqu’un d’autre a donné ces coordonnées",
    OriginKind.PUBLIC_DIRECTORY: "un annuaire public",
    OriginKind.ELECTORAL_ROLL: "la liste électorale",
    OriginKind.RENTED_FILE: "un fichier loué ou acheté",
    OriginKind.SOCIAL_SCRAPE: "des réseaux sociaux",
    OriginKind.CIVIL_REGISTRY: "l’état civil",
    OriginKind.PUBLIC_SERVICE_FILE: "un fichier de la mairie ou d’un service public",
    OriginKind.LOCAL_REFERENDUM: "une consultation locale",
    OriginKind.STAFF_FILE: "un fichier de personnel",
    OriginKind.ASSOCIATION_OFFICE_FILE: "le fichier d’une association",
    OriginKind.CANICULE_REGISTER: "le registre canicule",
    OriginKind.INTERNAL_DIRECTORY: "un annuaire interne",
    OriginKind.PATIENT_FILE: "un fichier de patients",
    OriginKind.CLIENT_FILE: "un fichier de clients",
    OriginKind.OTHER_MANDATE_FILE: "le fichier d’un mandat",
    OriginKind.OTHER_CANDIDATE_FILE: "le fichier d’un autre candidat",
    OriginKind.TEAM: "l’équipe de campagne",
    Collection.DIRECT: "donné par la personne",
    Collection.INDIRECT: "donné par un tiers",
    ConsentState.NONE: "aucun",
    ConsentState.PENDING: "à confirmer",
    ConsentState.GRANTED: "accordé",
    ConsentState.WITHDRAWN: "retiré",
    ConsentState.REFUSED: "refusé",
    Purpose.POLITICAL: "messages politiques",
    Purpose.TARGETING: "ciblage",
    Purpose.OPEN_PIXEL: "mesure d’ouverture",
    Purpose.AFTER_ELECTION: "après l’élection",
    SuppressionKind.OBJECTION: "opposition",
    SuppressionKind.TECHNICAL: "technique",
    SuppressionKind.PAUSE: "pause",
    SuppressionKind.DOUBT: "en pause, réponse à lire",
    SuppressionCause.UNSUBSCRIBE_LINK: "lien de désinscription",
    SuppressionCause.ONE_CLICK: "désinscription en un clic",
    SuppressionCause.REPLY: "réponse",
    SuppressionCause.KEY_PRESS: "touche",
    SuppressionCause.COMPLAINT: "plainte",
    SuppressionCause.IMPORTED_LIST: "liste importée",
    SuppressionCause.OPERATOR: "équipe",
    SuppressionCause.HARD_BOUNCE: "adresse morte",
    SuppressionCause.PERSON_PAUSE: "pause demandée",
    Intent.OBJECTION: "opposition",
    Intent.DOUBTFUL: "peut-être une opposition",
    Intent.RESTART: "veut reprendre",
    Intent.HELP: "demande qui nous sommes",
    Intent.OTHER: "autre",
    RightAsked.ERASURE: "demande d’effacement",
    RightAsked.ACCESS: "demande d’accès",
    RightAsked.RECTIFICATION: "demande de rectification",
    RightAsked.RESTRICTION: "demande de limitation",
    RightAsked.PORTABILITY: "demande de portabilité",
    InboxKind.CALLBACK: "nouvelle du prestataire",
    InboxKind.BOUNCE: "non-remise",
    InboxKind.UNSUBSCRIBE: "désinscription",
    InboxKind.VACATION: "absence",
    AddressState.VALID: "valable",
    AddressState.DEAD: "morte",
    AddressState.FAILING: "en panne",
}
#: Causes of an address's state too: as a text, one of them is a refused consent.
_CAUSES = {
    AddressCause.REFUSED: "son serveur l’a refusée pour de bon",
    AddressCause.FAILURES: "trop de lettres de suite non remises",
    AddressCause.RESTED: "après un temps de repos",
    AddressCause.REACHED: "le message est arrivé, finalement",
    AddressCause.LIFTED: "rétablie par l’équipe",
}
#: So do settlements: "objection" is a kind, a cause and a decision.
_SETTLEMENTS = {
    Settlement.OBJECTION: "opposition",
    Settlement.NOT_OBJECTION: "pas une opposition",
    Settlement.REFUSAL: "refus consigné",
    Settlement.ANSWERED: "répondu",
    Settlement.FILED: "classé",
}
#: And what a request came by, where it stands, and who asks.
_REQUESTS = {
    RequestVia.PAGE: "lien personnel",
    RequestVia.REPLY: "réponse à un message",
    RequestVia.EMAIL: "courriel",
    RequestVia.POST: "courrier",
    RequestVia.PHONE: "téléphone",
    RequestVia.IN_PERSON: "sur place",
    RequestState.OPEN: "à traiter",
    RequestState.GRANTED: "répondue",
    RequestState.REFUSED: "refusée",
    Identity.UNCHECKED: "à vérifier",
    Identity.MAILBOX: "lit la boîte du fichier",
    Identity.TELEPHONE: "lit les SMS du numéro du fichier",
    Identity.CHECKED: "vérifiée",
}
#: Channels as people call them.
_MEDIA = {Medium.EMAIL: "courriel", Medium.SMS: "SMS", Medium.CALL: "appel"}
#: Rights: as texts, some of them are other things.
RIGHTS = RIGHT_NAMES
#: A count as the French write it.
number = spoken.number
#: Acts have a table of their own: as texts they equal the states they lead to.
_ACTS = {
    ConsentAct.REQUESTED: "demande",
    ConsentAct.PENDING: "inscription à confirmer",
    ConsentAct.GRANTED: "accord",
    ConsentAct.WITHDRAWN: "retrait",
    ConsentAct.REFUSED: "refus",
    ConsentAct.ANNULLED: "annulé avec son import",
}


#: How a rule binds, and how its source was read: what it rests on is never said to be more than that.
_SOURCES: dict[Force | Confidence, str] = {
    Force.LAW: "loi",
    Force.GUIDANCE: "autorité",
    Force.CODE: "code de conduite",
    Force.PRUDENT: "prudence",
    Confidence.VERIFIED: "texte lu",
    Confidence.SECONDARY: "lu chez un tiers",
    Confidence.UNVERIFIED: "non vérifié",
    Confidence.OWN: "choix de notre part",
}


#: Sets whose members equal others as texts, each with its own words.
_APART: Mapping[type[StrEnum], Mapping[Any, str]] = {
    **dict.fromkeys((Force, Confidence), _SOURCES),
    **dict.fromkeys((RequestVia, RequestState, Identity), _REQUESTS),
    ConsentAct: _ACTS,
    AddressCause: _CAUSES,
    Medium: _MEDIA,
    Settlement: _SETTLEMENTS,
    Right: RIGHTS,
}


def said(member: StrEnum) -> str:
    """A member of a closed set, in French; its own value when it has no words here."""
    if (apart := _APART.get(type(member))) is not None:
        return apart[member]  # one without words there is a fault, and no English word on a page
    return _WORDS.get(member, member.value)


def local_day(on: date | datetime | None, zone: ZoneInfo) -> str:
    """A day as the French write it; an instant falls on the day that the clocks of `zone` show. Empty when there is none."""
    if isinstance(on, datetime):
        on = on.astimezone(zone)
    return f"{on:%d/%m/%Y}" if on else ""


def on_the_list(one: Suppression, zone: ZoneInfo) -> str:
    """An entry of the opposition list, in a line."""
    medium = "tous les canaux" if one.medium == EVERY_MEDIUM else said(Medium(one.medium))
    until = f" jusqu’au {local_day(one.until, zone)}" if one.until else ""
    return f"Liste d’opposition ({medium}) : {said(one.kind)}, {said(one.cause)}, depuis le {local_day(one.since, zone)}{until}"


def local_time(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant as the clocks of `zone` show it: "26/11/2026 à 20:00". Empty when there is none."""
    return f"{at.astimezone(zone):%d/%m/%Y à %H:%M}" if at else ""


def spoken_time(at: datetime, zone: ZoneInfo) -> str:
    """The same as people say it, with the clock it is read on: "jeudi 26 novembre 2026 à 20 h (heure de Paris)"."""
    local = at.astimezone(zone)
    return f"{spoken.day(local.date(), 'fr')} à {spoken.hour(local, 'fr')} ({clock(zone)})"


def clock(zone: ZoneInfo) -> str:
    """On which clock an instant is read: "heure de Paris"."""
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"heure de {place}"


def counted(count: int, one: str, several: str) -> str:
    """A count and its words, agreeing."""
    return f"{number(count)} {several if count > 1 else one}"


def euros(amount: Decimal) -> str:
    """A price: "1 234,50 €", at least two decimals; a part of a text may cost tenths of a cent."""
    places = max(2, -int(amount.normalize().as_tuple().exponent)) if amount < 1 else 2
    whole, _, cents = f"{amount:.{places}f}".partition(".")
    return f"{number(int(whole))},{cents}\u00a0€"


def took(delays: Delays) -> str:
    """How long objections took to take effect, as a sentence."""
    people = counted(delays.objections, "opposition reçue", "oppositions reçues")
    return f"{people} ; de la réception à l’effet : {_duration(delays.median_ms)} en médiane, {_duration(delays.max_ms)} au plus."


def _duration(milliseconds: int | None) -> str:
    seconds = (milliseconds or 0) / 1000
    if seconds < 1:
        return f"{milliseconds or 0} ms"
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".", ",")
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h".replace(".", ",")
