"""What became of messages, as volunteers read it."""

from __future__ import annotations

from gateway.domain.channel import Fault
from gateway.domain.message import MessageState

#: States of messages, as a report counts them.
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
