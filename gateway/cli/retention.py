"""`gateway retention …`: who is about to be forgotten and why, forgetting those who are due, and keeping named people from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import batches, session
from gateway.cli.outcome_words import ERASED
from gateway.cli.papers import write_paper
from gateway.cli.session import DAYS, OPERATOR, By, Json, answer_json, answer_line, answer_table, out, taken
from gateway.cli.swept import REMAINS
from gateway.cli.words import counted, local_day, local_time, number, said
from gateway.compliance.keep import Act
from gateway.domain.contact import OriginKind
from gateway.flows import certifying, informing, retaining
from gateway.flows.retaining import Due
from gateway.render.papers import paper
from gateway.store.sweeping import Remains

retention_app = typer.Typer(help="Retention: whose term is over, and what goes.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="Address or number of the person.")]
_DUE = {
    Due.ASKED: "Contacts occasionnels sans réponse favorable",
    Due.ELECTION: "Contacts occasionnels recueillis pour l’élection",
    Due.ROLL: "Personnes connues par la liste électorale seule",
    Due.UNINFORMED: "Personnes dont les données viennent d’un tiers, pas encore informées",
    Due.INACTIVE: "Contacts réguliers sans nouvelles, délai passé",
    Due.ENDED: "Contacts réguliers qui ont mis fin aux échanges : ce qui n’est pas une preuve",
    Due.EVIDENCE: "Preuves d’accords retirés",
    Due.SIGNUPS: "Inscriptions en attente de confirmation",
    Due.WORDS: "Réponses, courriels et avis reçus : leur contenu",
    Due.UNSETTLED: "Réponses et courriels que personne n’a réglés : leur contenu",
    Due.SERVER_WORDS: "Réponses de serveurs sur les messages et les adresses",
    Due.DOCUMENTS: "Textes d’appels dont personne n’a dit la fin",
    Due.DECISIONS: "Messages dont le journal dit encore à qui ils étaient",
    Due.CAMPAIGNS: "Dossiers de campagne, sans identité",
    Due.OBJECTIONS: "Liste d’opposition (empreintes)",
}
_PLANNED = ("due", "detail", "count", "next_at", "act", "rules", "why")
_ACTS = {Act.KEEP: "rien à faire", Act.ALERT: "à décider", Act.DELETE: "à effacer maintenant"}
#: A hold ends with its last day: at midnight here, or where she is, which may be in Tahiti, twelve hours later.
_AFTER_MIDNIGHT = timedelta(hours=13)
_DONE = {
    "asked": (
        "personne effacée : sans réponse favorable",
        "personnes effacées : sans réponse favorable",
    ),
    "election": ("personne effacée : l’élection est finie", "personnes effacées : l’élection est finie"),
    "roll": ("personne effacée : extrait de liste électorale", "personnes effacées : extrait de liste électorale"),
    "uninformed": ("personne effacée : pas informée à temps", "personnes effacées : pas informées à temps"),
    "ended": ("personne effacée : échanges finis, preuves échues", "personnes effacées : échanges finis, preuves échues"),
    "reduced": ("personne dont il ne reste que la preuve", "personnes dont il ne reste que la preuve"),
    "evidence": ("acte de consentement effacé", "actes de consentement effacés"),
    "signups": ("inscription non confirmée effacée", "inscriptions non confirmées effacées"),
    "words": ("contenu reçu effacé", "contenus reçus effacés"),
    "server_words": ("réponse de serveur effacée", "réponses de serveurs effacées"),
    "documents": ("texte d’appel effacé", "textes d’appels effacés"),
    "decisions": ("message qui ne mène plus à personne", "messages qui ne mènent plus à personne"),
    "messages_cancelled": ("message annulé", "messages annulés"),
}


@retention_app.command()
def plan(as_json: Json = False) -> None:
    """What falls due, by which rule, and when. Changes nothing."""
    with session.gateway(listening=True) as gw:
        lines, zone = retaining.plan(gw), gw.pack.calendar.zone
        if as_json:
            answer_json([taken(one, *_PLANNED) for one in lines])
            return
        _show_plan(lines, zone, {name: one.name["fr"] for name, one in gw.pack.elections.items()})
        batches.warn_of(gw, informing.untold(gw))


def _show_plan(lines: Sequence[retaining.Line], zone: ZoneInfo, elections: Mapping[str, str]) -> None:
    rows = [
        (
            _DUE[one.due] + (f" ({escape(_detail(one.detail, elections))})" if one.detail else ""),
            number(one.count),
            f"{local_time(one.next_at, zone) or 'pas encore datée'}\n[bold]{_now(one)}[/]",
            f"{escape(one.why)} [dim]({', '.join(one.rules)})[/]",
        )
        for one in lines
    ]
    answer_table("Conservation", ["Quoi", "Nombre", "Échéance, et maintenant", "Pourquoi (règle)"], rows, numbers=[1])


def _detail(detail: str, elections: Mapping[str, str]) -> str:
    """The election or the kind of origin that a line is about, by its name; words of an origin, as they are."""
    return said(OriginKind(detail)) if detail in set(OriginKind) else elections.get(detail, detail)


def _now(line: retaining.Line) -> str:
    if line.due is Due.UNSETTLED:
        return "à régler : gateway replies queue, gateway inbound list"
    return "à informer" if line.due is Due.UNINFORMED and line.act is Act.KEEP else _ACTS[line.act]


@retention_app.command()
def run(as_json: Json = False) -> None:
    """Erase what is due now. The ticker does so every hour; each round leaves its numbers in the journal."""
    with session.gateway(listening=True) as gw:
        done = retaining.retain(gw)
    counts = asdict(done)
    if as_json:
        answer_json({**counts, "contacts": done.contacts})
        return
    out.print("✓ Rien n’était échu." if not any(counts.values()) else "✓ Fait ; les certificats sont au journal.")
    for name, (one, many) in _DONE.items():
        if counts[name]:
            out.print(f"  {counted(counts[name], one, many)}")


@retention_app.command()
def inactive(
    erase: Annotated[bool, typer.Option("--erase", help="Erase those whose term is over: you decide so.")] = False,
    by: By = OPERATOR,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """Regular contacts without a sign of life, the quietest first; with --erase, those whose term is over go."""
    with session.gateway(listening=True) as gw:
        gone = retaining.erase_inactive(gw, by=by) if erase else 0
        found = retaining.inactive(gw, limit=limit + 1)
        now, zone = gw.clock.now(), gw.pack.calendar.zone
    more, found = len(found) > limit, found[:limit]
    if as_json:
        shown = [{"address": address, "last_sign": last, "due_at": due} for address, last, due in found]
        answer_json({"erased": gone, "contacts": shown})
        return
    if erase:
        out.print(f"✓ {counted(gone, 'contact effacé', 'contacts effacés')} sur votre décision.")
    rows = [
        (
            escape(address),
            local_time(last, zone) or "jamais",
            local_time(due, zone) or "jamais",
            "[red]à décider[/]" if due and due <= now else "",
        )
        for address, last, due in found
    ]
    answer_table("Contacts réguliers, par dernière nouvelle", ["Personne", "Dernière nouvelle", "Échéance", ""], rows)
    if more:
        out.print(f"[yellow]! Il y en a d’autres : {counted(limit, 'montré', 'montrés')}. Élargissez --limit.[/]")


@retention_app.command()
def hold(
    address: Address,
    reason: Annotated[str, typer.Option(help="Dispute, appeal…: shown to whoever inspects; not in the journal.")],
    until: Annotated[datetime, typer.Option(help="Last day, included.", formats=DAYS)],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Keep one person from erasure, for a dispute or an appeal: by terms, by her no to the one request, by her own asking."""
    with session.gateway(listening=True) as gw:
        ends = retaining.end_of_day(gw, address, until.date())
        placed = retaining.place_hold(gw, address, reason=reason, until=ends, by=by)
    words = f"✓ Gel n° {placed} : rien n’efface cette personne jusqu’au {until:%d/%m/%Y} inclus."
    answer_line(words, {"hold": placed, "until": ends}, as_json=as_json)


@retention_app.command("release")
def release(
    address: Address,
    holds: Annotated[list[int] | None, typer.Option("--hold", help="Number of the hold; asked for where several stand.")] = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """End the hold of one person before its time; her terms run on."""
    with session.gateway(listening=True) as gw:
        numbers = retaining.lift_holds(gw, address, by=by, numbers=holds or ())
    rest = "gateway retention holds montre s’il en reste" if holds else "les échéances reprennent"
    answer_line(f"✓ {counted(len(numbers), 'gel levé', 'gels levés')} : {rest}.", {"lifted": numbers}, as_json=as_json)


@retention_app.command()
def holds(as_json: Json = False) -> None:
    """Holds that stand, the first to end first."""
    with session.gateway(listening=True) as gw:
        found = retaining.standing_holds(gw)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(
            [
                {"hold": one.id, "address": address, "reason": one.reason, "until": one.until, "by": one.placed_by}
                for one, address in found
            ]
        )
        return
    rows = [
        (one.id, escape(address), escape(one.reason), local_day(one.until - _AFTER_MIDNIGHT, zone), one.placed_by)
        for one, address in found
    ]
    answer_table("Gels en cours", ["N°", "Personne", "Raison", "Jusqu’au (inclus)", "Par"], rows, numbers=[0])


@retention_app.command()
def certificate(
    path: Annotated[Path, typer.Option("--to", help="A new file: a page to print (.html) or Markdown.")],
    since: Annotated[datetime | None, typer.Option("--from", help="From this day, included.", formats=DAYS)] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Until this day, excluded.", formats=DAYS)] = None,
) -> None:
    """What was erased by terms, in numbers, with the entries of the journal that prove it and the signed checkpoint."""
    with session.gateway(listening=True) as gw:
        zone = gw.pack.calendar.zone
        given = [None if one is None else one.replace(tzinfo=zone) for one in (since, until)]
        content = certifying.certificate(gw, given[0], given[1])
        erasures = content["erasures"]
        shown = [one | {"rules": ", ".join(one["rules"]), "counts": _told(one["counts"])} for one in erasures]
        totals = [(words, content["sums"][name]) for name, words in ERASED.items() if name in content["sums"]]
        last = content["sweeps"][-1] if content["sweeps"] else None
        remains = [REMAINS[Remains(one)] for one in last["remains"]] if last else []
        told = content | {"erasures": shown, "totals": totals, "swept": last, "remains": remains}
        write_paper(gw, path, paper(gw.templates, "certificate", told, said))
    out.print(f"✓ {path} : {counted(len(erasures), 'effacement', 'effacements')}.")


def _told(counts: dict[str, int]) -> str:
    """What one erasure came to, in words; what it did not touch is left out."""
    return " ; ".join(f"{words.lower()} : {number(counts[name])}" for name, words in ERASED.items() if counts.get(name))
