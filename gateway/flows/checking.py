"""The go-live checklist: what must be true before real people are written to, each line with what to do when it is not.

Lines about declarations and notices rest on the pack itself: an ordinary letter to somebody who agreed to everything must pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from gateway.compliance.decide import decide
from gateway.compliance.explain import explain
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import Effect
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, GatewayError, InvalidSettings, MailboxRefused, MailboxUnavailable
from gateway.domain.machine import is_loopback
from gateway.flows import informing, lastseal, spooling
from gateway.flows.asking import ordinary
from gateway.flows.breaches import first_open, is_late
from gateway.flows.campaigning.previewing import everything_agreed
from gateway.flows.forms.publishing import standings
from gateway.flows.gateway import Gateway
from gateway.flows.retaining import unsettled
from gateway.flows.rights.letters import astray
from gateway.flows.rights.requests import late
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.returnpaths import reach_us
from gateway.flows.telephoning import refused_lately
from gateway.flows.terms import contest_over_at, election_ended_at
from gateway.flows.witnessing import RETRY
from gateway.flows.witnessing import standings as standings_of_witnesses
from gateway.settings import Settings
from gateway.store import jobs, sealing
from gateway.store.engine import reading
from gateway.store.schema import at_head

#: A review that falls due within this time is announced, so that nobody is surprised on the day the pack refuses to load.
_REVIEW_SOON = timedelta(days=30)
#: Domains that no real installation has (RFC 2606).
_INVENTED = (".example", ".test", ".invalid", ".localhost")
_APPROVERS_MIN = 2
#: The ticker seals every few seconds; what waits for longer waits for a person.
_SEALED_WITHIN = timedelta(minutes=5)


class Standing(StrEnum):
    """What a line of the checklist says."""

    READY = "ready"
    ADVISED = "advised"  #: not needed to begin, but better
    BLOCKING = "blocking"  #: live mode does not send while this is so


_BY_TELEPHONE = {Standing.READY: Standing.READY, Standing.ADVISED: Standing.READY, Standing.BLOCKING: Standing.ADVISED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the checklist."""

    id: str  #: stable
    says: str  #: what is looked at, in French
    standing: Standing
    todo: str = ""  #: what to do; empty when ready


def settings_lines(settings: Settings) -> tuple[Line, ...]:
    """Everything that settings alone can tell. Pure."""
    controller, sender, smtp, web = settings.controller, settings.sender, settings.smtp, settings.web
    named = {"controller.name": controller.name, "controller.address": controller.address, "controller.email": controller.email}
    notices = {
        "controller.candidate": controller.candidate,
        "controller.sponsor": controller.sponsor,
        "controller.privacy_url": controller.privacy_url,
        "controller.transparency_url": controller.transparency_url,
        "controller.retention": controller.retention,
    }
    senders = {"sender.name": sender.name, "sender.email": sender.email, "sender.reply_to": sender.reply_to}
    approvers = len(settings.team.addresses)
    local_page = is_loopback(urlsplit(web.public_url).hostname or "")
    return (
        _filled("controller", "Le responsable de traitement est nommé", named),
        _line("dpo", "Un délégué à la protection des données est joignable", bool(controller.dpo),
              "Avez-vous un DPO ? Si oui, son adresse dans controller.dpo.", otherwise=Standing.ADVISED),
        _filled("notices", "Les mentions ont de quoi être écrites", notices),
        _filled("sender", "L’expéditeur a une adresse, et on peut lui répondre", senders),
        _line("invented", "Les noms d’exemple ont été remplacés", not (odd := _invented(settings)),
              f"Remplacez l’exemple inventé : {', '.join(odd)}."),
        _line("relay", "Un relais de courrier est réglé, et la liaison est chiffrée", bool(smtp.host),
              "Mettez le nom du relais dans smtp.host (l’hébergeur de votre courrier vous le donne)."),
        _line("inbound", "Ce qui revient est lu : non-remises, plaintes, désinscriptions, réponses", reach_us(settings),
              "Donnez une boîte à la passerelle dans inbound.host, ou un port à votre serveur de courrier dans inbound.listen "
              "(docs/inbound.md) : sans cela, une adresse morte ou une plainte ne se voit pas.", otherwise=Standing.ADVISED),
        _line("public-url", "Les pages publiques sont en https, à une adresse que les gens atteignent",
              web.public_url.startswith("https://") and not local_page,
              "Mettez votre adresse https:// dans web.public_url : le lien de désinscription en dépend."),
        _line("secret", "Le secret de l’installation est donné et gardé à part", bool(settings.secret.get_secret_value()),
              f"Nommez celui de l’essai si vous gardez sa base (GATEWAY_SECRET_FILE={settings.var_dir / 'secret'}), sinon 32 "
              "caractères tirés au hasard. Gardez-en une copie : la liste d’opposition y tient, il ne change plus jamais."),
        _line("approver", "Une seconde personne relit, ou l’équipe dit pourquoi elle ne peut pas",
              approvers >= _APPROVERS_MIN or bool(settings.team.single_approver),
              "Nommez deux personnes dans team.addresses, ou dites pourquoi une seule dans team.single_approver."),
    )  # fmt: skip


def pack_lines(settings: Settings, pack: Pack, today: date) -> tuple[Line, ...]:
    """What the pack says of itself and of the election. Pure."""
    stale = pack.stale(today)
    election = pack.elections.get(settings.election)
    over = election.rounds[-1].votes_on if election is not None and election.rounds[-1].votes_on < today else None
    soon = sorted(rule.id for rule in pack.rules if today <= rule.review_by <= today + _REVIEW_SOON)
    return (
        _line("election", "L’élection est connue des règles", settings.election in pack.elections,
              f"election = {settings.election!r} : choisissez parmi {', '.join(pack.elections)}."),
        _line("vote", "On vote encore à cette élection", over is None,
              f"On n’y vote plus depuis le {over:%d/%m/%Y}, et chaque message la nomme : pour une autre, changez election."
              if over else "", otherwise=Standing.ADVISED),
        _line("pack", "Aucune règle n’attend sa relecture", not stale,
              f"Cette machine se croit le {today:%d/%m/%Y}, et des règles ont été relues depuis : réglez son horloge."
              if pack.checked_after(today) else f"À relire contre leur source : {_few(stale)}."),
        _line("reviews", "Aucune relecture n’est due bientôt", not soon,
              f"Bientôt à relire (avant le {today + _REVIEW_SOON:%d/%m/%Y}) : {_few(soon)}.", otherwise=Standing.ADVISED),
    )  # fmt: skip


def store_lines(gw: Gateway) -> tuple[Line, ...]:
    """Whether the database answers, with the schema of this version. Raises nothing."""
    try:
        head = at_head(gw.engine)
    except GatewayError as fault:
        return (_line("database", "La base de données répond", False, str(fault)),)
    return (
        _line("database", "La base de données répond", True, ""),
        _line("schema", "Ses tables sont celles de cette version", head, "Lancez : gateway db upgrade"),
    )


def files_line(gw: Gateway) -> Line:
    """Whether other accounts of this machine can read the contacts. Advice: SQLite files of earlier versions were made so."""
    says = "Le fichier de la base n’est lisible que du compte qui fait tourner la passerelle"
    file = Path(gw.engine.url.database or "") if gw.engine.dialect.name == "sqlite" else None
    readable = file is not None and file.is_file() and bool(file.stat().st_mode & 0o077)
    return _line("files", says, not readable, f"Faites : chmod go= {file}*", otherwise=Standing.ADVISED)


def form_line(gw: Gateway) -> Line:
    """Whether people see the forms as their files say. Advice only: one may write without any form."""
    found = standings(gw)
    online = [one for one in found if one.published is not None]
    says = "Le formulaire d’inscription en ligne est celui de son fichier"
    if not online:
        todo = "Aucun formulaire n’est publié : gateway forms list, puis gateway forms publish."
        return _line("form", says, False, todo, otherwise=Standing.ADVISED)
    edited = [one.id for one in online if one.edited]
    todo = f"Modifié depuis sa publication, dans son fichier ou dans config.toml : {_few(edited)} (gateway forms publish)."
    return _line("form", says, not edited, todo, otherwise=Standing.ADVISED)


def rights_line(gw: Gateway) -> Line:
    """Whether somebody waits for an answer beyond the term of the law, or never got hers. Advice: writing to others goes on."""
    waiting, lost = late(gw), sorted({letter.request for letter in astray(gw)})
    count = "une demande attend" if waiting == 1 else f"{waiting} demandes attendent"
    todo = f"Hors délai : {count} une réponse (gateway rights list). Répondez aujourd’hui." if waiting else ""
    if lost:
        numbers = _few(f"n° {number}" for number in lost)
        todo += f" Pas arrivé : un courriel au sujet de {numbers} (gateway rights show {lost[0]}). Dites-le autrement."
    says = "Aucune demande de droits n’est hors délai"
    return _line("rights", says, not todo, todo.strip(), otherwise=Standing.ADVISED)


def unread_line(gw: Gateway) -> Line:
    """Whether words of people are kept beyond their term because nobody has settled them (rule purge-logs)."""
    count = unsettled(gw)
    which = "Une réponse ou un courriel attend" if count == 1 else f"{count} réponses ou courriels attendent"
    todo = f"{which} que quelqu’un les règle (gateway replies queue, gateway inbound list) ; leurs mots s’effacent ensuite."
    return _line("unread", "Aucune réponse n’est gardée au-delà de son temps", not count, todo, otherwise=Standing.ADVISED)


def breach_line(gw: Gateway) -> Line:
    """Whether the authority waits to be told of a breach (rule breach-72h). Advice: writing to others does not depend on it."""
    says = "Aucune violation de données n’attend d’être notifiée"
    first = first_open(gw)
    if first is None:
        return _line("breach", says, True, "")
    by = f"{first.deadline_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y %H:%M}"
    late = is_late(first, gw.clock.now())
    todo = (
        f"Hors délai depuis le {by} : prévenir la CNIL maintenant, en disant pourquoi"
        if late
        else f"Prévenir la CNIL avant le {by}"
    )
    told = f"Violation n° {first.id}. {todo} (gateway breach list), puis gateway breach close."
    return _line("breach", says, False, told, otherwise=Standing.ADVISED)


def contest_line(gw: Gateway) -> Line:
    """Whether somebody said until when the election can be contested, once voting is over (rule contest-before-purge)."""
    ended_at = election_ended_at(gw)
    said = ended_at is None or gw.clock.now() < ended_at or contest_over_at(gw) is not None
    todo = "On ne vote plus : mettez le dernier jour d’un recours possible, ou en cours, dans retention.contest_until."
    return _line("contest", "Les contacts recueillis pour l’élection ont une fin", said, todo, otherwise=Standing.ADVISED)


def jobs_line(gw: Gateway) -> Line:
    """Whether the regular jobs of the ticker went well the last time. Advice: each is tried again by itself."""
    with reading(gw.engine) as tx:
        failed = {job.name: job.last_fault for job in jobs.listed(tx) if job.last_fault}
    names = _few(f"{name} ({fault})" for name, fault in failed.items())
    todo = f"Échec au dernier essai : {names}. Le journal de la machine (gateway serve, ou gateway ticker) dit pourquoi."
    if {MailboxUnavailable.__name__, MailboxRefused.__name__} & {*failed.values()}:
        todo = f"La boîte des retours ne se lit pas, et les oppositions y attendent (gateway inbound fetch dit pourquoi). {todo}"
    return _line("jobs", "Les travaux réguliers se font", not failed, todo, otherwise=Standing.ADVISED)


def seal_line(gw: Gateway) -> Line:
    """Whether the journal is sealed as it grows. Advice: entries wait for their seal, none is lost, and nobody waits for them."""
    says = "Le journal est scellé à mesure"
    with reading(gw.engine) as tx:
        try:
            since = sealing.oldest_waiting(tx, sealing.progress(tx))
        except Conflict as altered:
            return _line("seal", says, False, str(altered), otherwise=Standing.ADVISED)
    sealed = since is None or gw.clock.now() - since < _SEALED_WITHIN
    by = f"{since.astimezone(gw.pack.calendar.zone):%d/%m/%Y %H:%M}" if since else ""
    todo = (
        f"Rien n’est scellé depuis le {by} : lancez gateway serve, ou gateway ticker, là où se trouve la clé ; "
        "s’il tourne déjà, gateway audit verify dit ce qui l’arrête."
    )
    return _line("seal", says, sealed, todo, otherwise=Standing.ADVISED)


def backup_line(gw: Gateway) -> Line:
    """Whether the database knows all that this machine sealed. Advice: campaigns ask by themselves as soon as anything sends."""
    sealed_at = lastseal.forgotten(gw)
    when = f"{sealed_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y à %H:%M}" if sealed_at else ""
    todo = (
        f"Elle ne sait plus ce que cette machine a consigné le {when} : elle vient d’une sauvegarde. Avant d’envoyer, suivez "
        "docs/operations.md : arrêtez les campagnes parties depuis, remettez les oppositions reçues depuis."
    )
    return _line("backup", "La base est bien la dernière", sealed_at is None, todo, otherwise=Standing.ADVISED)


def spool_line(gw: Gateway) -> Line:
    """Whether objections or texts wait on this disk, because the database was away when they came. Advice: lanes of this machine
    hear them before anything leaves."""
    waiting, unreadable = spooling.waiting(gw)
    todo = f"{waiting} attendent dans {gw.spool} : lancez gateway web ou gateway worker ici, qui les y prennent."
    if unreadable:
        todo = f"{unreadable} ne se lisent pas, dans {gw.spool} : montrez ces fichiers à qui s’occupe de la machine."
    says = "Aucune opposition, aucun SMS reçu pendant une panne n’attend"
    return _line("spool", says, not (waiting or unreadable), todo, otherwise=Standing.ADVISED)


def witness_line(gw: Gateway) -> Line:
    """Whether somebody outside keeps checkpoints of the journal, and took the last one. Advice: a witness holds nothing up."""
    says = "Des témoins gardent les points de contrôle du journal"
    found = standings_of_witnesses(gw)
    if not found:
        todo = (
            "Sans témoin, qui tient la base et la clé peut réécrire le journal : "
            "nommez-en un dans journal.witness_addresses, witness_dir ou timestamp_url."
        )
        return _line("witness", says, False, todo, otherwise=Standing.ADVISED)
    failing = [f"{one.witness.name} ({one.fault})" for one in found if one.fault]
    todo = f"Un essai a lieu toutes les {RETRY // timedelta(minutes=1)} minutes ; échec pour {' ; '.join(failing)}."
    return _line("witness", says, not failing, todo, otherwise=Standing.ADVISED)


def informed_line(gw: Gateway) -> Line:
    """Whether people whose data came from somebody else still have to be told so, or go (rule notice-art14-deadline)."""
    waiting = informing.untold(gw)
    says = "Qui est au fichier par un tiers en a été informé"
    if not waiting:
        return _line("informed", says, True, "")
    others = len(waiting) - 1
    count = "une autre origine" if others == 1 else f"{others} autres origines"
    more = f" Et {count} (gateway retention plan)." if others else ""
    todo = f"{informing.sentence(gw, waiting[0])}{more} {informing.todo(waiting[0])}"
    return _line("informed", says, False, todo, otherwise=Standing.ADVISED)


def letter_line(gw: Gateway) -> Line:
    """Whether the pack would let an ordinary letter pass, today, to somebody who agreed to everything."""
    return _message_line(gw, Medium.EMAIL, "letter", "Une lettre ordinaire, à quelqu’un qui a tout accepté, pourrait partir")


def telephone_lines(gw: Gateway) -> tuple[Line, ...]:
    """Whether texts and calls could leave. Advice only: a team may write letters and nothing else."""
    twilio = gw.settings.twilio
    if gw.settings.mode == "live" and not (twilio.account_sid and twilio.auth_token.get_secret_value()):
        todo = "Pour envoyer des SMS ou appeler : twilio.account_sid, et GATEWAY_TWILIO__AUTH_TOKEN_FILE."
        return (_line("telephone", "Un opérateur de SMS et d’appels est réglé", False, todo, otherwise=Standing.ADVISED),)
    texts = (Medium.SMS, "text", "Un SMS ordinaire, à quelqu’un qui a tout accepté, pourrait partir", "sms.sender")
    calls = (Medium.CALL, "call", "Un appel ordinaire, à quelqu’un qui a tout accepté, pourrait se faire", "calls.caller")
    chosen = {"sms.sender": gw.settings.sms.sender, "calls.caller": gw.settings.calls.caller}
    lines = []
    for medium, id_, says, key in (texts, calls):
        absent = Line(id=id_, says=says, standing=Standing.BLOCKING, todo=f"Il manque {key}.")
        line = _message_line(gw, medium, id_, says) if chosen[key] else absent
        # A text or a call that waits for its hour is in order.
        standing = _BY_TELEPHONE[line.standing]
        lines.append(replace(line, standing=standing, todo="" if standing is Standing.READY else line.todo))
    return tuple(lines)


def callbacks_line(gw: Gateway) -> Line:
    """Whether what the provider calls back is signed as these settings say. Advice: anybody may send what looks like it."""
    says = "Ce que l’opérateur de SMS et d’appels nous rappelle porte sa signature"
    found, last_at = refused_lately(gw)
    if last_at is None:
        return _line("callbacks", says, True, "")
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
    return _line("callbacks", says, False, todo, otherwise=Standing.ADVISED)


def _message_line(gw: Gateway, medium: Medium, id_: str, says: str) -> Line:
    try:
        base = brief(gw, ordinary(gw, medium)).base
    except GatewayError as fault:
        return _line(id_, says, False, str(fault))
    verdict = decide(everything_agreed(base, gw.pack, first_contact=False), gw.pack)
    because = [one for one in explain(verdict, gw.pack) if one.rule in verdict.rules and one.effect is not Effect.GRANT]
    standing = Standing.ADVISED if verdict.name == "defer" else Standing.BLOCKING
    todo = " ".join(f"{one.sentence} ({one.rule})" for one in because)
    return _line(id_, says, verdict.name == "allow", todo, otherwise=standing)


def blocking(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Those that keep live mode from sending."""
    return tuple(line for line in lines if line.standing is Standing.BLOCKING)


def refuse_unready(gw: Gateway) -> None:
    """Raises InvalidSettings, naming every blocking line, when a live installation is not ready to send; trial mode always is."""
    if gw.settings.mode != "live":
        return
    lines = (
        *settings_lines(gw.settings),
        *pack_lines(gw.settings, gw.pack, gw.clock.now().date()),
        *store_lines(gw),
        letter_line(gw),
    )
    if red := blocking(lines):
        told = "\n".join(f"  ✗ {line.says} : {line.todo}" for line in red)
        raise InvalidSettings(
            f"mode = live : rien ne part tant que ceci n’est pas réglé (gateway check) :\n{told}\n"
            "En attendant, gateway web reçoit les oppositions."
        )


def _line(id_: str, says: str, ready: bool, todo: str, *, otherwise: Standing = Standing.BLOCKING) -> Line:
    return Line(id=id_, says=says, standing=Standing.READY if ready else otherwise, todo="" if ready else todo)


def _filled(id_: str, says: str, keys: dict[str, str]) -> Line:
    missing = [key for key, value in keys.items() if not value]
    return _line(id_, says, not missing, f"À remplir dans config.toml : {', '.join(missing)}.")


def _invented(settings: Settings) -> list[str]:
    """Keys that still hold an address of the invented example."""
    addresses = {
        "controller.email": settings.controller.email,
        "sender.email": settings.sender.email,
        "sender.reply_to": settings.sender.reply_to,
        "controller.privacy_url": urlsplit(settings.controller.privacy_url).hostname or "",
        "controller.transparency_url": urlsplit(settings.controller.transparency_url).hostname or "",
    }
    if settings.twilio.account_sid:  # texts will leave: the address they show must be the team's own
        addresses["sms.notice_url"] = urlsplit(settings.sms.notice_url).hostname or ""
    return [key for key, value in addresses.items() if value.endswith(_INVENTED)]


def _few(ids: Iterable[str], most: int = 5) -> str:
    ids = list(ids)
    others = len(ids) - most
    return ", ".join(ids[:most]) + (f" et {others} autre{'s' if others > 1 else ''}" if others > 0 else "")
