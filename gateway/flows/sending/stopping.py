"""Stopping a campaign for a fault of ours, with a sentence for the team."""

from __future__ import annotations

from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.channels.ourside import Blame, blamed
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.receipt import Returned
from gateway.store import campaigns, receipts
from gateway.store.engine import Connection

#: How many letters of a resumed campaign must come back refused before it stops again.
_REPORTS_AGAIN = 3
#: Who mends it, and how.
_MEND = {
    Blame.LOGIN: "L’identifiant ou le mot de passe du serveur d’envoi n’est pas accepté : corrigez-le dans la configuration",
    Blame.ALLOWANCE: (
        "Notre compte chez l’opérateur a atteint sa limite d’envois, ou il est suspendu : attendez la fin de cette limite, "
        "ou voyez avec lui"
    ),
    Blame.AUTHENTICATION: (
        "Notre nom de domaine n’est pas reconnu (SPF, DKIM, DMARC, noms du serveur) : faites-le corriger par la personne qui "
        "s’en occupe"
    ),
    Blame.HASTE: "C’est trop de messages à la fois pour lui : attendez quelques heures, et envoyez moins vite",
    Blame.REPUTATION: "L’adresse de notre serveur d’envoi est sur une liste noire, ou mal vue : voyez avec l’opérateur",
    Blame.ROUTE: "Le serveur ne nous reconnaît pas comme client : vérifiez son adresse, l’identifiant et le mot de passe",
    Blame.UNTOLD: "Corrigez ce qu’il nous reproche",
}


def stop_for_fault(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """Pause a running campaign because the provider refuses the sender, not the recipient (rule email-enforcement)."""
    why = f"Le serveur d’envoi refuse notre expéditeur : « {words} ». {_MEND[blamed(words)]}, puis reprenez la campagne."
    return _stop(tx, campaign_id, why, at, alarm="sender-fault", words=words)


def stop_for_unknown(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """The same when nobody here knows why it refuses, and nothing else gets through: a fault of ours would meet everybody."""
    why = (
        f"Le serveur d’envoi refuse pour une raison inconnue d’ici : « {words} », et rien d’autre ne passe. Cherchez ce code chez"
        " l’opérateur, corrigez s’il le faut, puis reprenez la campagne : qui a été refusé est réessayé."
    )
    return _stop(tx, campaign_id, why, at, alarm="sender-fault", words=words)


def stop_for_block(tx: Connection, returned: Returned) -> list[Entry]:
    """The same, said by a server further on, in a report that came back; a campaign that runs no more is marked instead.

    Whoever resumed the campaign has mended it: letters handed over before that stop it no more, and of later ones it takes
    several, since anybody who got one could write us such a report.
    """
    shown = returned.evidence
    words = shown.reply if shown.code in shown.reply else f"{shown.code} {shown.reply}".strip()
    why = f"Le serveur d’un destinataire refuse notre expéditeur, pas la personne : « {words} ». "
    if _heard(tx, returned):
        told = f"{why}{_MEND[blamed(words)]}, puis reprenez la campagne."
        if stopped := _stop(tx, returned.campaign_id, told, shown.at, alarm="sender-fault", words=words):
            return stopped
    if not campaigns.warn(tx, returned.campaign_id, f"{why}{_MEND[blamed(words)]}, avant la prochaine lettre."):
        return []
    return [entry(EntryKind.ALARM, shown.at, campaign_id=returned.campaign_id, alarm="sender-fault", why=words)]


def _heard(tx: Connection, returned: Returned) -> bool:
    """Whether a report may stop its campaign. Those of a telephone provider are signed."""
    campaign = campaigns.by_id(tx, returned.campaign_id)
    resumed_at = campaign.resumed_at if campaign else None
    if resumed_at is None:
        return True
    if returned.handed_at is None or returned.handed_at < resumed_at:
        return False
    return (
        returned.medium is not Medium.EMAIL
        or receipts.letters_blocked(tx, returned.campaign_id, since=resumed_at) >= _REPORTS_AGAIN
    )


def stop_for_complaints(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """Pause a running campaign that too many people report as unwanted (rule email-complaint-rate)."""
    why = f"{words} La campagne est en pause : relisez à qui elle s’adresse et pourquoi, avant de la reprendre ou de l’annuler."
    return _stop(tx, campaign_id, why, at, alarm="complaint-rate", words=words)


def stop_unprepared(tx: Connection, campaign_id: int, words: str, at: datetime) -> list[Entry]:
    """Pause a running campaign whose message can no longer be made as it was approved."""
    why = f"La lettre ne peut plus être préparée comme elle a été approuvée : {words}. Rien d’autre ne part."
    return _stop(tx, campaign_id, why, at, alarm="unprepared", words=words)


def stop_after_absence(tx: Connection, campaign_id: int, name: str, since: str, at: datetime) -> list[Entry]:
    """Pause a campaign that was under way when everything stopped: the machine was off, or the database is an older one."""
    why = (
        f"Rien n’a tourné ici depuis le {since}, au milieu de l’envoi. La machine était arrêtée ? Reprenez la campagne. "
        "La base vient d’une sauvegarde ? Ne la reprenez pas : des gens l’ont déjà eue, d’autres ont dit stop depuis. "
        f"Annulez-la (gateway campaign cancel {name} --why …), et remettez d’abord les oppositions (docs/operations.md)."
    )
    return _stop(tx, campaign_id, why, at, alarm="interrupted", words=f"rien n’a tourné depuis le {since}")


def stop_after_backup(tx: Connection, campaign_id: int, name: str, sealed: str, at: datetime) -> list[Entry]:
    """Pause a campaign of a database that is older than what this machine has done with it."""
    why = (
        f"La base ne sait plus ce que cette machine a consigné le {sealed} : elle vient d’une sauvegarde, ou ses "
        "dernières minutes sont perdues. Des gens ont peut-être eu cette campagne depuis, d’autres ont dit stop. "
        f"Annulez-la (gateway campaign cancel {name} --why …), et remettez d’abord les oppositions (docs/operations.md) ; "
        "ne la reprenez que si rien n’en est parti depuis la sauvegarde."
    )
    return _stop(
        tx, campaign_id, why, at, alarm="older-database", words=f"la base ne sait plus ce qui a été consigné le {sealed}"
    )


def stop_after_trial(tx: Connection, campaign_id: int, name: str, at: datetime) -> list[Entry]:
    """Pause a campaign that was launched as a trial: nobody has said that it may leave for real."""
    why = (
        "Elle a été lancée avant que la passerelle n’écrive à de vraies personnes, ce qu’elle fait depuis. Reprise, elle part "
        "pour de bon, mais pas chez qui l’a déjà « reçue » à l’essai. Pour l’envoyer à tous : annulez-la "
        f"(gateway campaign cancel {name} --why essai), et préparez-en une autre."
    )
    return _stop(tx, campaign_id, why, at, alarm="trial-over", words="lancée avant la fin de l’essai")


def _stop(tx: Connection, campaign_id: int, why: str, at: datetime, *, alarm: str, words: str) -> list[Entry]:
    if not campaigns.move(tx, campaign_id, leaves=[CampaignState.RUNNING], enters=CampaignState.PAUSED, why=why):
        return []
    return [entry(EntryKind.ALARM, at, campaign_id=campaign_id, alarm=alarm, why=words)]
