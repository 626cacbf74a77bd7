"""What became of messages, as volunteers read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from gateway.audit.entry import EntryKind
from gateway.compliance.explain import Explanation
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Fault, Medium
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind

#: States of messages, as a report counts them.
STATES = {
    MessageState.WAITING: "en attente",
    MessageState.DEFERRED: "reportés",
    MessageState.HANDING_OVER: "en cours de remise",
    MessageState.RINGING: "appels en cours",
    MessageState.ACCEPTED: "remis",
    MessageState.REFUSED: "refusés par les règles",
    MessageState.REJECTED: "rejetés par le destinataire",
    MessageState.CANCELLED: "annulés",
    MessageState.EXPIRED: "expirés",
    MessageState.UNCERTAIN: "incertains",
    MessageState.ABANDONED: "abandonnés",
}
#: The state of one message.
STATE = {
    MessageState.WAITING: "en attente",
    MessageState.DEFERRED: "reporté",
    MessageState.HANDING_OVER: "en cours de remise",
    MessageState.RINGING: "appel en cours",
    MessageState.ACCEPTED: "remis",
    MessageState.REFUSED: "refusé par les règles",
    MessageState.REJECTED: "rejeté par le destinataire",
    MessageState.CANCELLED: "annulé",
    MessageState.EXPIRED: "expiré",
    MessageState.UNCERTAIN: "incertain",
    MessageState.ABANDONED: "abandonné",
}
#: What an erasure counted.
ERASED = {
    "contacts": "Personnes effacées",
    "addresses": "Adresses et numéros",
    "consent_acts": "Actes de consentement",
    "reduced": "Personnes dont il ne reste que la preuve",
    "messages_unnamed": "Messages qui ne mènent plus à personne",
    "messages_cancelled": "Messages annulés",
    "letters": "Réponses et courriels effacés",
    "server_words": "Réponses de serveurs effacées",
    "documents": "Textes d’appels effacés",
    "trial_copies": "Copies du mode d’essai",
}
#: Entries of the journal.
ENTRIES = {
    EntryKind.DECISION: "décision",
    EntryKind.HAND_OVER: "remise",
    EntryKind.SETTLEMENT: "message incertain réglé",
    EntryKind.OBJECTION: "opposition",
    EntryKind.REPLY: "réponse de la personne",
    EntryKind.NOTICE: "message unique mis en file",
    EntryKind.RECEIPT: "retour après la remise",
    EntryKind.INBOUND: "courriel reçu",
    EntryKind.ADDRESS: "état de l’adresse",
    EntryKind.CONSENT: "consentement",
    EntryKind.RIGHTS: "demande de la personne",
    EntryKind.ALARM: "alarme",
    EntryKind.FACTS: "faits",
    EntryKind.SUPPRESSION: "liste d’opposition",
    EntryKind.ORIGIN: "origine",
    EntryKind.IMPORT: "import",
    EntryKind.FORM: "formulaire",
    EntryKind.CAMPAIGN: "campagne",
    EntryKind.APPROVAL: "approbation",
    EntryKind.PACK: "règles en vigueur",
    EntryKind.OPERATOR: "équipe",
    EntryKind.HOLD: "gel",
    EntryKind.ERASURE: "effacement",
    EntryKind.BREACH: "violation de données",
    EntryKind.KEY: "clé du journal",
    EntryKind.WITNESS: "témoin",
    EntryKind.EXPORT: "export",
}
#: Verdicts and outcomes, as such an entry has them.
ENDS = {
    "allow": "autorisé",
    "defer": "reporté",
    "refuse": "refusé",
    "accepted": "accepté par le serveur",
    "begun": "appel lancé",
    "rejected": "rejeté",
    "unsure": "connexion perdue",
    "withheld": "retenu au dernier moment",
    "unrendered": "impossible à composer",
    "abandoned": "abandonné",
}
#: What a dry run says of a class of people.
VERDICTS = {"allow": "[green]partira[/]", "defer": "[yellow]plus tard[/]", "refuse": "[red]ne partira pas[/]"}
#: Classes of messages, as a list of campaigns names them.
CLASSES = {
    MessageClass.CAMPAIGN: "campagne",
    MessageClass.CONSENT_REQUEST: "demande d’accord",
    MessageClass.CONFIRMATION: "confirmations",
    MessageClass.ACKNOWLEDGEMENT: "accusés de réception",
    MessageClass.RIGHTS: "réponses sur les données",
    MessageClass.TEST: "exemplaire d’essai",
}
#: What came back about messages that had been handed over.
RECEIPTS = {
    ReceiptKind.DELIVERED: "arrivés dans la boîte",
    ReceiptKind.UNHEARD: "le téléphone a sonné, message pas entendu",
    ReceiptKind.DEAD: "adresse morte",
    ReceiptKind.FAILED: "non remis cette fois",
    ReceiptKind.FULL: "boîte pleine",
    ReceiptKind.EXPIRED: "relais lassé d’essayer",
    ReceiptKind.BLOCKED: "refus de notre expéditeur",
    ReceiptKind.REFUSED: "message refusé pour son contenu",
    ReceiptKind.UNKNOWN: "avis illisible",
    ReceiptKind.COMPLAINT: "signalés comme indésirables",
}
#: The same of texts and calls, where a telephone says it otherwise than a mailbox.
_BY_TELEPHONE = {
    ReceiptKind.DELIVERED: "arrivés sur le téléphone",
    ReceiptKind.DEAD: "numéro hors service",
    ReceiptKind.FULL: "téléphone éteint ou injoignable",
    ReceiptKind.EXPIRED: "arrivé trop tard : abandonné par l’opérateur",
}
#: What a mail that came in did, where its kind does not say it.
EFFECTS = {
    **{kind.value: words for kind, words in RECEIPTS.items()},
    ReceiptKind.COMPLAINT.value: "opposition",
    "unsubscribed": "opposition",
    "unproven": "ne prouve aucune lettre : sans effet",
    "delayed": "le relais essaie encore",
}
#: Why a message did not arrive, when it was no rule of the pack that said so.
REASONS = {
    Fault.RECIPIENT: "adresse inconnue de son serveur",
    Fault.MAILBOX: "boîte pleine : nouvel essai plus tard",
    Fault.CONTENT: "message refusé par le serveur",
    Fault.OURS: "refus de notre côté : campagne arrêtée",
    Fault.THROTTLED: "le serveur demande d’aller moins vite",
    Fault.UNKNOWN: "refusé pour une raison inconnue d’ici : nouvel essai plus tard",
    Fault.CONNECTION: "serveur injoignable ou fermé pour le moment : rien n’a été transmis",
    "optout-pause": "pause demandée par la personne",
    "consent-withdrawal-easy": "accord retiré par la personne",
    "optout-effect": "stop avant que la lettre soit prise",
    "objection-first": "stop juste avant la remise",
    "rule-failed": "impossible à composer ou à vérifier : gateway campaign dry-run dit pourquoi",
    "import-undone": "import annulé",
    "campaign-cancelled": "campagne annulée",
    "another-address": "la personne est jointe à une autre de ses adresses ou à un autre de ses numéros",
    "tries-used-up": "tous les essais ont échoué",
    "sender-fault": "refus de notre côté : campagne arrêtée, elle attend sa reprise",
    "not-begun": "la remise n’a pas commencé : nouvel essai",
    "unrendered": "impossible à composer : gateway campaign dry-run dit pourquoi",
    "unsure": "connexion perdue pendant la remise",
    "lease-expired": "sans nouvelles de la remise",
    "person-gone": "personne effacée",
    "trial-over": "attendait encore à la fin de l’essai",
    "arrives-late": "n’arriverait pas avant la fin des heures permises : reporté",
    "machine": "répondeur : raccroché sans message, nouvel essai plus tard",
    "nothing-said": "décroché, mais rien n’a été dit : nouvel essai plus tard",
    "busy": "occupé : nouvel essai plus tard",
    "no-answer": "personne n’a décroché : nouvel essai plus tard",
    "canceled": "appel annulé chez l’opérateur : nouvel essai plus tard",
    "failed": "numéro injoignable : nouvel essai plus tard",
}


def sort_of(message_class: MessageClass, medium: Medium) -> str:
    """What a campaign is, or a message of it: a letter, a text, a call, or what it is for."""
    if message_class is not MessageClass.CAMPAIGN:
        return CLASSES[message_class]
    return {Medium.EMAIL: "lettre de campagne", Medium.SMS: "SMS de campagne", Medium.CALL: "appel de campagne"}[medium]


def came_back(kind: ReceiptKind, medium: Medium) -> str:
    """What came back about messages of a channel, in words."""
    if kind is ReceiptKind.DELIVERED and medium is Medium.CALL:
        return "entendus"
    return RECEIPTS[kind] if medium is Medium.EMAIL else _BY_TELEPHONE.get(kind, RECEIPTS[kind])


def campaign_name(name: str) -> str:
    """The name of a campaign as people read it; what carries single messages is named by what these are."""
    kind = name.removeprefix("@").partition(".")[0]
    return f"({CLASSES[MessageClass(kind)]})" if name.startswith("@") and kind in set(MessageClass) else name


def deciding(findings: Sequence[Explanation]) -> Sequence[Explanation]:
    """Of several rules that make a message wait, those that make it wait longest: the others name an hour when nothing leaves."""
    waits = [one.until for one in findings if one.until is not None]
    return [one for one in findings if one.until == max(waits)] if len(waits) == len(findings) > 1 else findings


def decided(findings: Sequence[Explanation]) -> str:
    """What rules said of a message, a line each, ready to be printed."""
    return "\n".join(f"{escape(one.sentence)} [dim]({one.rule})[/]" for one in deciding(findings))


def cited(one: Explanation) -> str:
    """What one rule says, which it is and what it rests on, ready to be printed."""
    source = "" if one.citation is None else f", {one.citation.text}"
    return f"{escape(one.sentence)} [dim]{escape(f'({one.rule}{source})')}[/]"


def why_there(because: str, findings: Sequence[Explanation]) -> str:
    """Why a message is where it is, in words alone, ready to be printed; rules by name where the journal no longer tells more."""
    words = [one.sentence for one in findings] if by_rules(because) else []
    return escape("\n".join(words) or reason(because))


def by_rules(because: str) -> bool:
    """Whether rules of the pack decided, and no other cause that has its words here."""
    return because != "" and because not in REASONS


def reason(because: str) -> str:
    """Why a message is where it is, in words; rules by name, as `gateway policy show` takes them."""
    if not by_rules(because):
        return str(REASONS.get(because, because))
    rules = because.split(",")
    return f"{'règles' if len(rules) > 1 else 'règle'} {', '.join(rules)}"
