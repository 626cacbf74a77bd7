"""Lines of the checklist about the machinery: database, regular jobs, journal, and what the provider calls back."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from gateway.domain.errors import Conflict, GatewayError, MailboxRefused, MailboxUnavailable
from gateway.flows import lastseal, spooling
from gateway.flows.checking.line import Line, advice, few, line
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import key_path
from gateway.flows.telephoning import refused_lately
from gateway.flows.witnessing import RETRY
from gateway.flows.witnessing import standings as standings_of_witnesses
from gateway.store import jobs, sealing
from gateway.store.engine import reading
from gateway.store.schema import at_head

#: The ticker seals every few seconds; what waits for longer waits for a person.
_SEALED_WITHIN = timedelta(minutes=5)
#: Beside room for one more copy of the database: a day of a campaign, and time to make more.
_ROOM_BYTES = 200_000_000


def store_lines(gw: Gateway) -> tuple[Line, ...]:
    """Whether the database answers, with the schema of this version. Raises nothing."""
    try:
        head = at_head(gw.engine)
    except GatewayError as fault:
        return (line("database", "La base de données répond", False, str(fault)),)
    return (
        line("database", "La base de données répond", True, ""),
        line("schema", "Ses tables sont celles de cette version", head, "Lancez : gateway db upgrade"),
    )


def files_line(gw: Gateway) -> Line:
    """Whether other accounts of this machine can read the contacts, the secret of a trial, or the key of the journal.

    Advice: SQLite files of earlier versions were made so, and what is put back from a backup may be.
    """
    says = "La base, le secret et la clé du journal ne sont lisibles que du compte qui fait tourner la passerelle"
    file = Path(gw.engine.url.database or "") if gw.engine.dialect.name == "sqlite" else None
    opened = [f"{file}*"] if file is not None and _read_by_others(file) else []
    opened += [str(one) for one in (gw.settings.var_dir / "secret", key_path(gw)) if _read_by_others(one)]
    return advice("files", says, not opened, f"Faites : chmod go= {' '.join(opened)}")


def _read_by_others(file: Path) -> bool:
    return file.is_file() and bool(file.stat().st_mode & 0o077)


def room_line(gw: Gateway) -> Line:
    """Whether this machine's disk has room. Advice: a full one ends whatever leaves by itself, and keeps who objects."""
    says = "Il reste de la place sur le disque de cette machine"
    file = Path(gw.engine.url.database or "") if gw.engine.dialect.name == "sqlite" else None
    size = file.stat().st_size if file is not None and file.is_file() else 0
    folders = [one for one in (gw.settings.var_dir, file.parent if file else None) if one is not None and one.is_dir()]
    left, where = min(((shutil.disk_usage(one).free, one) for one in folders), default=(None, None))
    if left is None or left >= size + _ROOM_BYTES:
        return advice("room", says, True, "")
    todo = f"Il n’y reste que {left // 1_000_000} Mo ({where}) : faites de la place. Sur un disque plein, rien ne part plus."
    return advice("room", says, False, todo)


def jobs_line(gw: Gateway) -> Line:
    """Whether the regular jobs of the ticker went well the last time. Advice: each is tried again by itself."""
    with reading(gw.engine) as tx:
        failed = {job.name: job.last_fault for job in jobs.listed(tx) if job.last_fault}
    names = few(f"{name} ({fault})" for name, fault in failed.items())
    todo = f"Échec au dernier essai : {names}. Le journal de la machine (gateway serve, ou gateway ticker) dit pourquoi."
    if {MailboxUnavailable.__name__, MailboxRefused.__name__} & {*failed.values()}:
        todo = f"La boîte des retours ne se lit pas, et les oppositions y attendent (gateway inbound fetch dit pourquoi). {todo}"
    return advice("jobs", "Les travaux réguliers se font", not failed, todo)


def seal_line(gw: Gateway) -> Line:
    """Whether the journal is sealed as it grows. Advice: entries wait for their seal, none is lost, and nobody waits for them."""
    says = "Le journal est scellé à mesure"
    with reading(gw.engine) as tx:
        try:
            since = sealing.oldest_waiting(tx, sealing.progress(tx))
        except Conflict as altered:
            return advice("seal", says, False, str(altered))
    sealed = since is None or gw.clock.now() - since < _SEALED_WITHIN
    by = f"{since.astimezone(gw.pack.calendar.zone):%d/%m/%Y %H:%M}" if since else ""
    todo = (
        f"Rien n’est scellé depuis le {by} : lancez gateway serve, ou gateway ticker, là où se trouve la clé ; "
        "s’il tourne déjà, gateway audit verify dit ce qui l’arrête."
    )
    return advice("seal", says, sealed, todo)


def backup_line(gw: Gateway) -> Line:
    """Whether the database knows all that this machine sealed. Advice: campaigns ask by themselves as soon as anything sends."""
    sealed_at = lastseal.forgotten(gw)
    when = f"{sealed_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y à %H:%M}" if sealed_at else ""
    todo = (
        f"Elle ne sait plus ce que cette machine a consigné le {when} : elle vient d’une sauvegarde. Avant d’envoyer, suivez "
        "docs/operations.md : arrêtez les campagnes parties depuis, remettez les oppositions reçues depuis."
    )
    return advice("backup", "La base est bien la dernière", sealed_at is None, todo)


def spool_line(gw: Gateway) -> Line:
    """Whether objections or texts wait on this disk, because the database was away when they came. Advice: lanes of this machine
    hear them before anything leaves."""
    waiting, unreadable = spooling.waiting(gw)
    todo = f"{waiting} attendent dans {gw.spool} : lancez gateway web ou gateway worker ici, qui les y prennent."
    if unreadable:
        todo = f"{unreadable} ne se lisent pas, dans {gw.spool} : montrez ces fichiers à qui s’occupe de la machine."
    says = "Aucune opposition, aucun SMS reçu pendant une panne n’attend"
    return advice("spool", says, not (waiting or unreadable), todo)


def witness_line(gw: Gateway) -> Line:
    """Whether somebody outside keeps checkpoints of the journal, and took the last one. Advice: a witness holds nothing up."""
    says = "Des témoins gardent les points de contrôle du journal"
    found = standings_of_witnesses(gw)
    if not found:
        todo = (
            "Sans témoin, qui tient la base et la clé peut réécrire le journal : "
            "nommez-en un dans journal.witness_addresses, witness_dir ou timestamp_url."
        )
        return advice("witness", says, False, todo)
    failing = [f"{one.witness.name} ({one.fault})" for one in found if one.fault]
    todo = f"Un essai a lieu toutes les {RETRY // timedelta(minutes=1)} minutes ; échec pour {' ; '.join(failing)}."
    return advice("witness", says, not failing, todo)


def callbacks_line(gw: Gateway) -> Line:
    """Whether what the provider calls back is signed as these settings say. Advice: anybody may send what looks like it."""
    says = "Ce que l’opérateur de SMS et d’appels nous rappelle porte sa signature"
    found, last_at = refused_lately(gw)
    if last_at is None:
        return line("callbacks", says, True, "")
    refused = "Un rappel refusé" if found == 1 else f"{found} rappels refusés"
    last = f"{last_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y à %H:%M}"
    todo = (
        f"{refused} depuis hier, le dernier le {last} : leur signature n’est pas celle de l’opérateur. "
        "Si des STOP, des touches ou des accusés de réception manquent, vérifiez deux réglages. "
        f"web.public_url ({gw.settings.web.public_url}) doit être, à la lettre, l’adresse que l’opérateur appelle : https, nom, "
        "port, sans chemin que le serveur placé devant ajoute ou retire. GATEWAY_TWILIO__AUTH_TOKEN_FILE doit tenir le jeton "
        "principal (Auth Token) du compte twilio.account_sid, et non une clé d’API. S’il ne manque rien, ce sont des inconnus : "
        "rien d’eux n’a été gardé."
    )
    return advice("callbacks", says, False, todo)
