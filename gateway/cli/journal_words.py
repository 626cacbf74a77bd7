"""Entries of the journal, as volunteers and auditors read them: what each key tells, and its value, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from gateway.cli.outcome_words import ENDS, ERASED, REASONS, RECEIPTS, STATE
from gateway.cli.words import RIGHTS, number, said
from gateway.domain.address import AddressState
from gateway.domain.channel import Fault, Medium
from gateway.domain.consent import Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.receipt import ReceiptKind
from gateway.domain.reply import Intent, Settlement
from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.rights.acting import BY_HAND, CARRIER, IN_WORDS, RELAY

_OF_PERSONS = {
    "intent": "lu comme",
    "patterns": "reconnu à",
    "right": "droit",
    "received": "reçu le",
    "since": "depuis le",
    "delay_ms": "délai, en millisecondes",
    "cancelled": "messages annulés",
    "withdrawn": "accords retirés",
    "already": "s’y opposait déjà",
    "objected": "s’est opposée le",
    "settlement": "réglé comme",
    "letter": "numéro du courrier",
    "effect": "effet",
    "via": "arrivé par",
    "identity": "identité",
    "request": "numéro de la demande",
    "deadline": "réponse avant le",
    "answer": "empreinte de la réponse",
    "fields": "ce qui a changé",
    "recipients": "destinataires des données",
    "given": "donné le",
    "form": "formulaire",
    "wording": "empreinte de la phrase acceptée",
    "means": "moyen",
    "hours": "heures d’appel",
    "election": "élection",
    "scan": "empreinte du papier numérisé",
    "promoted": "devient contact régulier",
    "entries": "inscriptions à la liste",
    "revived": "messages remis en attente",
    "resumed": "reprend",
    "failures": "échecs de suite",
    "because": "parce que",
    "seconds": "secondes d’écoute",
}
_OF_FILES = {
    "batch": "lot",
    "origin": "origine",
    "label": "libellé",
    "collection": "recueil",
    "collected": "recueilli le",
    "collector": "recueilli par",
    "on": "le",
    "file": "empreinte du fichier",
    "contact_class": "sorte de contacts",
    "claims": "accords déclarés",
    "mapping": "empreinte des colonnes",
    "reviewed": "regardé",
    "remarks_read": "remarques lues",
    "counts": "nombres",
    "people": "personnes",
    "signup": "inscription",
    "boxes": "cases",
    "fresh": "nouvelle personne",
    "kept_out": "laissés dehors",
    "erased": "effacés",
    "wordings": "empreinte des phrases",
}
_OF_CAMPAIGNS = {
    "name": "nom",
    "version": "version",
    "binding": "empreinte approuvée",
    "messages": "messages",
    "elsewhere": "jointes à une autre adresse",
    "of": "de",
    "class": "sorte",
    "classes": "sortes de contacts",
    "occasion": "à l’occasion de",
    "waiver": "dispense de second regard",
    "woken": "messages à décider de nouveau",
    "recovered": "retrouvé dans le journal d’envoi",
}
_OF_THE_JOURNAL = {
    "alarm": "alarme",
    "rule": "règle",
    "due": "prévu le",
    "hold": "numéro du gel",
    "breach": "numéro de la violation",
    "aware": "su le",
    "told": "prévenu le",
    "full": "en entier",
    "remains": "où il peut en rester",
    "body": "contenu",
    "unreadable": "illisible",
    "replaces": "remplace",
    "to": "remis à",
    "size": "entrées",
    "checkpoint": "empreinte du point de contrôle",
    "ok": "réussi",
    "scope": "étendue",
    "letters": "courriers",
}
#: What such an entry tells, by its key, in the order it is read; a key that is not here comes last, as it is.
TOLD = {
    "verdict": "verdict",
    "outcome": "issue",
    "state": "état",
    "receipt": "retour",
    "rules": "règles",
    "until": "jusqu’au",
    "fault": "cause",
    "permanent": "pour de bon",
    "code": "code",
    "reply": "mots du serveur",
    "why": "pourquoi",
    "evidence": "preuve",
    "by": "par",
    "began": "remise commencée le",
    "payload": "empreinte de ce qui est parti",
    "content": "empreinte du contenu",
    "notice": "empreinte des mentions",
    "facts": "empreinte des faits",
    "pack": "version des règles",
    "text": "empreinte de leur texte",
    "person": "pseudonyme",
    "act": "acte",
    "medium": "canal",
    "purpose": "pour",
    "cause": "venue par",
    "digest": "empreinte",
    "author": "auteur",
    "key": "clé",
    **_OF_PERSONS,
    **_OF_FILES,
    **_OF_CAMPAIGNS,
    **_OF_THE_JOURNAL,
}
#: What was done, by the word the journal has for it.
ACTS = {
    "created": "créée",
    "changed": "changée",
    "test": "exemplaire d’essai",
    "standing": "prête à porter des messages seuls",
    "launched": "lancée",
    "paused": "mise en pause",
    "resumed": "reprise",
    "cancelled": "annulée",
    "finished": "finie",
    "lifted": "levé",
    "restarted": "STOP repris par la personne",
    "reported": "signalé par quelqu’un d’autre",
    "placed": "posé",
    "swept": "place libérée",
    "annulled": "annulé avec son import",
    "informed": "personnes informées",
    "begun": "commencé",
    "undone": "annulé",
    "published": "publié",
    "closed": "clos",
    "opened": "ouvert",
    "antedated": "arrivé plus tôt qu’on ne le savait",
    "signed-up": "inscription à confirmer",
    "confirmed": "confirmé",
    "lapsed": "jamais confirmé",
    "objected": "adresse de la liste d’opposition : rien n’est gardé",
    "contacts-exported": "contacts exportés",
    "went-live": "fin de l’essai, début des envois réels",
    "erase-inactive": "contacts sans nouvelles effacés",
    "settled": "réglé par l’équipe",
    "refused": "refus",
    "words-erased": "mots effacés",
    "identity": "identité vérifiée",
    "extended": "délai allongé",
    "answered": "répondu",
    "rectified": "données rectifiées",
    "restricted": "données gelées",
    "erased": "personne effacée",
    "code": "prouvé par un code reçu par SMS",
    "rotated": "clé changée",
    "revoked": "clé révoquée",
    "requested": "demande",
    "pending": "inscription à confirmer",
    "granted": "accord",
    "withdrawn": "retrait",
}
_STATES = {state.value: words for state, words in STATE.items()}
#: How a call ended, where nothing is tried again because of it.
_CALLS = {"heard": "écouté"}
#: Keys whose values are members of closed sets, with the words they have elsewhere.
_SETS: dict[str, tuple[type[StrEnum], Mapping[Any, str] | None]] = {
    "medium": (Medium, None),
    "fault": (Fault, REASONS),
    "cause": (SuppressionCause, None),
    "intent": (Intent, None),
    "settlement": (Settlement, None),
    "right": (Right, RIGHTS),
    "receipt": (ReceiptKind, RECEIPTS),
    "state": (AddressState, None),
    "purpose": (Purpose, None),
    "collection": (Collection, None),
    "contact_class": (ContactClass, None),
    "of": (OriginKind, None),
    "via": (RequestVia, None),
    "identity": (Identity, None),
}
#: What an import counted, beside its refused lines.
_BROUGHT = {
    "new": "nouveaux contacts",
    "changed": "complétés",
    "unchanged": "rien à ajouter",
    "restricted": "traitement limité, laissés tels quels",
    "objected": "sur la liste d’opposition, laissés de côté",
    "objects": "s’opposent dans le fichier",
    "doubtful": "laissés dehors",
    "partial": "sans un canal refusé avant",
    "numberless": "sans un numéro d’une autre personne",
    "granted": "accords consignés",
    "refused": "refus",
    "kept_refusals": "refus d’avant, maintenus",
    "promoted": "deviennent contacts réguliers",
    "differing": "décrits autrement, gardés tels quels",
    "rows": "lignes",
    "read": "lignes",
    "folded": "lignes réunies",
    "fresh": "inscriptions nouvelles",
    "cancelled": "messages annulés",
    "refused_rows": "lignes refusées",
    "doubts": "cases laissées de côté",
}
#: Other members of closed sets, inside lists and counts.
_PROVIDERS = {RELAY: "le relais de courrier", CARRIER: "l’opérateur de SMS et d’appels"}
_INSIDE = {BY_HAND: "à prévenir par l’équipe"}
_SCOPES = {
    "everything": "tout le journal",
    "campaign": "une campagne",
    "person": "une personne",
    "period": "une période",
    "dossier": "dossier d’une personne",
    "personal-copy": "copie remise à la personne",
}
_LISTS = {"opposition-list": "une liste d’opposition"}


def lines_of(entry: Mapping[str, object]) -> Iterator[str]:
    """What a journal entry tells, one thing a line; what comes from closed sets in words."""
    known = [key for key in TOLD if key in entry]
    for key in (*known, *sorted(entry.keys() - {*known, "at", "kind", "v", "message", "campaign"})):
        yield f"{TOLD.get(key, key)} : {_words(key, entry[key])}"


def _words(key: str, value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return _member(key, value) or _text(key, value)
    if isinstance(value, list) and (listed := _list(key, value)) is not None:
        return listed
    if isinstance(value, dict) and key in ("counts", "recipients"):
        return _counted(value) or "rien"
    return json.dumps(value, ensure_ascii=False)


def _member(key: str, value: str) -> str:
    """The words of a member of the closed set a key holds; empty for anything else."""
    members, words = _SETS.get(key, (None, None))
    if members is None or value not in set(members):
        return ""
    member = members(value)
    return words[member] if words and member in words else said(member)


def _text(key: str, value: str) -> str:
    match key:
        case "medium" if value == "*":
            return "tous"
        case "verdict" | "outcome" | "state":
            return ENDS.get(value) or _STATES.get(value) or _answered(value)
        case "receipt":  # of a call
            return _CALLS.get(value) or REASONS.get(value, value)
        case "act":
            return ACTS.get(value, value)
        case "scope":
            return _SCOPES.get(value, value)
        case "of":
            return _LISTS.get(value, value)
        case _:
            return value


def _list(key: str, values: list[Any]) -> str | None:
    """The words of a list; None for one that has none."""
    match key:
        case "fields":
            return ", ".join(IN_WORDS.get(str(one), str(one)) for one in values)
        case "classes":
            return ", ".join(said(ContactClass(one)) if one in set(ContactClass) else str(one) for one in values)
        case _ if all(isinstance(one, str) for one in values):
            return ", ".join(values) or "rien"
        case _:
            return None


def _answered(value: str) -> str:
    return said(RequestState(value)) if value in set(RequestState) else value


def _counted(told: Mapping[str, object]) -> str:
    """What was counted, or told by name: what is nought is left out."""
    named = ((_name(key), value) for key, value in told.items() if value)
    return " ; ".join(f"{name} : {_amount(value)}" for name, value in named)


def _name(key: str) -> str:
    if erased := ERASED.get(key):
        return erased[0].lower() + erased[1:]
    return _BROUGHT.get(key) or _STATES.get(key) or _PROVIDERS.get(key) or key


def _amount(value: Any) -> str:
    if isinstance(value, dict):
        return number(sum(one for one in value.values() if isinstance(one, int)))
    return number(value) if isinstance(value, int) else _INSIDE.get(value, str(value))
