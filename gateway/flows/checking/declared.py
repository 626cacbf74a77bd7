"""Lines of the checklist that settings and the pack tell by themselves. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlsplit

from gateway.compliance.pack import Pack
from gateway.domain.machine import is_loopback
from gateway.flows.checking.line import Line, advice, few, filled, line
from gateway.flows.sending.returnpaths import reach_us
from gateway.settings import Settings

#: A review that falls due within this time is announced, so that nobody is surprised on the day the pack refuses to load.
_REVIEW_SOON = timedelta(days=30)
#: Domains that no real installation has (RFC 2606).
_INVENTED = (".example", ".test", ".invalid", ".localhost")
_APPROVERS_MIN = 2


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
        filled("controller", "Le responsable de traitement est nommé", named),
        advice("dpo", "Un délégué à la protection des données est joignable", bool(controller.dpo),
            "Avez-vous un DPO ? Si oui, son adresse dans controller.dpo."),
        filled("notices", "Les mentions ont de quoi être écrites", notices),
        filled("sender", "L’expéditeur a une adresse, et on peut lui répondre", senders),
        line("invented", "Les noms d’exemple ont été remplacés", not (odd := _invented(settings)),
            f"Remplacez l’exemple inventé : {', '.join(odd)}."),
        line("relay", "Un relais de courrier est réglé, et la liaison est chiffrée", bool(smtp.host),
            "Mettez le nom du relais dans smtp.host (l’hébergeur de votre courrier vous le donne)."),
        advice("inbound", "Ce qui revient est lu : non-remises, plaintes, désinscriptions, réponses", reach_us(settings),
            "Donnez une boîte à la passerelle dans inbound.host, ou un port à votre serveur de courrier dans inbound.listen "
            "(docs/inbound.md) : sans cela, une adresse morte ou une plainte ne se voit pas."),
        line("public-url", "Les pages publiques sont en https, à une adresse que les gens atteignent",
            web.public_url.startswith("https://") and not local_page,
            "Mettez votre adresse https:// dans web.public_url : le lien de désinscription en dépend."),
        line("secret", "Le secret de l’installation est donné et gardé à part", bool(settings.secret.get_secret_value()),
            f"Nommez celui de l’essai si vous gardez sa base (GATEWAY_SECRET_FILE={settings.var_dir / 'secret'}), sinon 32 "
            "caractères tirés au hasard. Gardez-en une copie : la liste d’opposition y tient, il ne change plus jamais."),
        line("approver", "Une seconde personne relit, ou l’équipe dit pourquoi elle ne peut pas",
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
        line("election", "L’élection est connue des règles", settings.election in pack.elections,
            f"election = {settings.election!r} : choisissez parmi {', '.join(pack.elections)}."),
        advice("vote", "On vote encore à cette élection", over is None,
            f"On n’y vote plus depuis le {over:%d/%m/%Y}, et chaque message la nomme : pour une autre, changez election."
            if over else ""),
        line("pack", "Aucune règle n’attend sa relecture", not stale,
            f"Cette machine se croit le {today:%d/%m/%Y}, et des règles ont été relues depuis : réglez son horloge."
            if pack.checked_after(today) else f"À relire contre leur source : {few(stale)}."),
        advice("reviews", "Aucune relecture n’est due bientôt", not soon,
            f"Bientôt à relire (avant le {today + _REVIEW_SOON:%d/%m/%Y}) : {few(soon)}."),
    )  # fmt: skip


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
