"""Closed sets as volunteers read them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.domain.address import AddressState
from gateway.domain.channel import Fault
from gateway.domain.consent import ConsentAct, ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause, SuppressionKind

_WORDS: dict[StrEnum, str] = {
    ContactClass.MEMBER: "adhérent",
    ContactClass.FORMER_MEMBER: "ancien adhérent",
    ContactClass.REGULAR: "contact régulier",
    ContactClass.OCCASIONAL: "contact occasionnel",
    ContactClass.TEAM: "équipe",
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
    SuppressionCause.UNSUBSCRIBE_LINK: "lien de désinscription",
    SuppressionCause.ONE_CLICK: "désinscription en un clic",
    SuppressionCause.REPLY: "réponse",
    SuppressionCause.KEY_PRESS: "touche",
    SuppressionCause.COMPLAINT: "plainte",
    SuppressionCause.IMPORTED_LIST: "liste importée",
    SuppressionCause.OPERATOR: "équipe",
    SuppressionCause.HARD_BOUNCE: "adresse morte",
    SuppressionCause.PERSON_PAUSE: "pause demandée",
    AddressState.VALID: "valable",
    AddressState.DEAD: "morte",
    AddressState.FAILING: "en panne",
}
#: Acts have a table of their own: as texts they equal the states they lead to.
_ACTS = {
    ConsentAct.REQUESTED: "demande",
    ConsentAct.PENDING: "inscription à confirmer",
    ConsentAct.GRANTED: "accord",
    ConsentAct.WITHDRAWN: "retrait",
    ConsentAct.REFUSED: "refus",
}
#: States of messages have a table of their own too.
STATES = {
    MessageState.WAITING: "en attente",
    MessageState.DEFERRED: "reportés",
    MessageState.HANDING_OVER: "en cours de remise",
    MessageState.ACCEPTED: "remis",
    MessageState.REFUSED: "refusés par les règles",
    MessageState.REJECTED: "rejetés par le destinataire",
    MessageState.CANCELLED: "annulés",
    MessageState.EXPIRED: "expirés",
    MessageState.UNCERTAIN: "incertains",
    MessageState.ABANDONED: "abandonnés",
}
#: Why a message did not arrive, when it was no rule of the pack that said so.
REASONS = {
    Fault.RECIPIENT: "adresse inconnue de son serveur",
    Fault.MAILBOX: "boîte pleine : nouvel essai plus tard",
    Fault.CONTENT: "message refusé par le serveur",
    Fault.OURS: "refus de notre côté : campagne arrêtée",
    Fault.THROTTLED: "le serveur demande d’aller moins vite",
    Fault.CONNECTION: "serveur injoignable : rien n’a été transmis",
    "optout-effect": "stop avant que la lettre soit prise",
    "objection-first": "stop juste avant la remise",
    "campaign-cancelled": "campagne annulée",
    "tries-used-up": "tous les essais ont échoué",
    "unsure": "connexion perdue pendant la remise",
    "lease-expired": "sans nouvelles de la remise",
    "person-gone": "personne effacée",
}


def said(member: StrEnum) -> str:
    """A member of a closed set, in French; its own value when it has no words here."""
    if isinstance(member, ConsentAct):
        return _ACTS[member]
    return _WORDS.get(member, member.value)


def local_day(on: date | datetime | None, zone: ZoneInfo) -> str:
    """A day as the French write it; an instant falls on the day that the clocks of `zone` show. Empty when there is none."""
    if isinstance(on, datetime):
        on = on.astimezone(zone)
    return f"{on:%d/%m/%Y}" if on else ""
