"""Commands of the auditor: read the journal, verify it, take a part away, recompute its verdicts, hand checkpoints out."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Annotated

import orjson
import typer
from rich.markup import escape

from gateway.audit.entry import EntryKind
from gateway.cli import session
from gateway.cli.journal_words import lines_of
from gateway.cli.outcome_words import ENTRIES
from gateway.cli.session import DAYS, INSTANTS, OPERATOR, By, Json, answer_json, answer_line, answer_table, err, out, taken, zoned
from gateway.cli.words import counted, number, said
from gateway.domain.errors import InvalidInput
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.dossier import PROOFS, make_dossier
from gateway.flows.auditing.log import logged
from gateway.flows.auditing.verifier import verifier
from gateway.flows.gateway import Gateway
from gateway.flows.witnessing import send_checkpoint
from gateway.render.dossier import dossier_page
from gateway.store.journal import Recorded

app = typer.Typer(help="The journal: read it, verify it, export it, replay it.", no_args_is_help=True)
key_app = typer.Typer(help="Keys that sign the journal's checkpoints.", no_args_is_help=True)
app.add_typer(key_app, name="key")

_KEY_ACTS = {"created": "faite", "rotated": "mise à la place de la précédente", "revoked": "mise à la place d’une clé révoquée"}
#: How much of an entry a line of the table shows.
_BRIEF = 200
_CELLS = ("message", "campaign", "person", "verdict")
Campaign = Annotated[str | None, typer.Option(metavar="CAMPAIGN", help="Only this campaign.")]
Person = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only the person who holds this address or number.")]
Since = Annotated[datetime | None, typer.Option("--from", help="From this instant, included.", formats=[*DAYS, *INSTANTS])]
Until = Annotated[datetime | None, typer.Option("--to", help="Until this instant, excluded.", formats=[*DAYS, *INSTANTS])]


@app.command("log")
def log_(
    campaign: Campaign = None,
    person: Person = None,
    since: Since = None,
    until: Until = None,
    kinds: Annotated[list[EntryKind] | None, typer.Option("--kind", help="Only entries of these kinds.")] = None,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="Only decisions that name this rule.")] = None,
    verdict: Annotated[str | None, typer.Option(help="Only decisions: allow, defer or refuse.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many are shown.")] = 100,
    form: Annotated[str, typer.Option("--format", help="table, json (one entry a line, as sealed) or csv.")] = "table",
) -> None:
    """What the journal says, oldest first. With --format json, each line is the entry itself, byte for byte."""
    if form not in ("table", "json", "csv"):
        raise InvalidInput(f"--format {form} : table, json ou csv")
    if verdict not in (None, "allow", "defer", "refuse"):
        raise InvalidInput(f"--verdict {verdict} : allow, defer ou refuse")
    with session.gateway(listening=True) as gw:
        told = logged(gw, _scope(gw, campaign, person, since, until), kinds=kinds or (), rule=rule, verdict=verdict)
        with closing(told) as found:
            shown = _show(form, islice(found, limit))
            more = next(found, None) is not None
        if more:
            err.print(
                f"[yellow]! Il y en a d’autres : {counted(limit, 'entrée montrée', 'entrées montrées')}. Élargissez --limit.[/]"
            )
        elif rule and rule not in {each.id for each in gw.pack.rules} and not shown:
            err.print(f"[yellow]! Aucune règle en vigueur ne s’appelle « {escape(rule)} » : gateway policy list les nomme.[/]")


@app.command()
def verify(
    bundle: Annotated[Path | None, typer.Argument(help="An export; without it, the journal in the database.")] = None,
    key: Annotated[str | None, typer.Option(help="Public key of the journal, from outside: name+hash+key.")] = None,
    kept: Annotated[list[Path] | None, typer.Option("--checkpoint", help="A checkpoint kept from an earlier day.")] = None,
    as_json: Json = False,
) -> None:
    """Say what holds, and name the first entry that does not. Exit code 1 when something does not."""
    tool = verifier()
    if bundle is not None:
        arguments = [str(bundle), *(["--key", key] if key is not None else []), *(["--json"] if as_json else [])]
        for path in kept or ():
            arguments += ["--checkpoint", str(path)]
        raise typer.Exit(tool.main(arguments))
    try:
        public = tool.read_key(key) if key is not None else None
        notes = [tool.read_note(str(path)) for path in kept or ()]
    except tool.Damaged as damage:
        raise InvalidInput(damage.why.fr) from damage
    with session.gateway(listening=True) as gw:
        report = auditing.verify_store(gw, key=public, kept=notes)
        beside = auditing.compare_tables(gw) if report.holds else None  # a journal that does not hold says nothing of others
    _tell(tool, report, beside, as_json=as_json)
    if beside is None or not beside.agrees:
        raise typer.Exit(1)


def _tell(tool: ModuleType, report: auditing.StoreReport, beside: auditing.Compared | None, *, as_json: bool) -> None:
    """What became of the verification of the database."""
    if as_json:
        fault = None if report.fault is None else taken(report.fault, "what", "index", "detail")
        counts = taken(report, "size", "waiting", "checkpoints", "kept")
        holds = beside is not None and beside.agrees
        differences = [one._asdict() for one in beside.differences] if beside is not None else []
        tables = {"different": beside.different, "differences": differences} if beside is not None else None
        backward = asdict(report.backward) if report.backward else None
        answer_json({"holds": holds, **counts, "backward": backward, "fault": fault, "number": report.number, "tables": tables})
    elif report.holds:
        waiting = f", {report.waiting} en attente du prochain scellement" if report.waiting else ""
        kept = f", {counted(report.kept, 'point gardé', 'points gardés')} au-dehors" if report.kept else ""
        out.print(
            f"[green]✓[/] Le journal tient : {counted(report.size, 'entrée scellée', 'entrées scellées')}{waiting}, "
            f"{counted(report.checkpoints, 'point de contrôle', 'points de contrôle')}{kept}."
        )
        if report.backward:
            out.print(f"[yellow]![/] {tool.backward(report.backward, 'fr')}")
        if beside is not None:
            _tell_tables(beside)
    else:
        where, detail = tool.where(report.fault, "fr"), tool.detail(report.fault, "fr")
        where += f", le n° {report.number} de gateway audit log" if report.number is not None else ""
        out.print(f"[red]✗[/] {tool.WORDS['fr'][report.fault.what]}{where}. {escape(detail)}")


def _tell_tables(beside: auditing.Compared) -> None:
    """Whether the tables beside the journal say what it says."""
    if beside.agrees:
        told = f"{counted(beside.messages, 'message', 'messages')}, {counted(beside.people, 'personne', 'personnes')}"
        out.print(
            f"[green]✓[/] Les tables disent la même chose que lui : {told}, les accords, les oppositions, les approbations."
        )
        return
    many = counted(beside.different, "différence", "différences")
    out.print(f"[red]✗[/] Les tables ne disent plus la même chose que lui, et quelqu’un les a changées à la main : {many}.")
    for one in beside.differences:
        out.print(f"  - {escape(one.sentence)}.")
    if (others := beside.different - len(beside.differences)) > 0:
        out.print(f"  … et {counted(others, 'autre', 'autres')}.")
    out.print("  C’est le journal qui fait foi : n’envoyez rien avant d’avoir corrigé les tables, ou repris une sauvegarde.")


@app.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="OUT.zip", help="A new file.")],
    campaign: Campaign = None,
    person: Person = None,
    since: Since = None,
    until: Until = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write a bundle that an outsider verifies with the public key and nothing else. Without options: the whole journal."""
    with session.gateway(listening=True) as gw:
        made = auditing.export(gw, path, _scope(gw, campaign, person, since, until), by=by)
    if as_json:
        answer_json({"path": str(made.path)} | taken(made, "entries", "size", "bytes"))
    else:
        entries = counted(made.entries, "entrée", "entrées")
        out.print(f"✓ {made.path} : {entries} sur {number(made.size)}, {number(-(-made.bytes // 1024))} Ko.")
        out.print(f"  À vérifier par : [bold]python3 tools/verify_bundle.py {made.path}[/]")


@app.command()
def dossier(
    address: Annotated[str, typer.Argument(help="Address or number of the person.")],
    folder: Annotated[Path, typer.Option("--to", help="A new folder; it will hold personal data.", file_okay=False)],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """All that is on record of one person, with proofs: a page to print, the same as JSON, and a bundle to verify."""
    with session.gateway(listening=True) as gw:
        page = partial(dossier_page, gw.templates, said=said)
        made = make_dossier(gw, address, folder, by=by, page=page)
    if as_json:
        answer_json({"folder": str(made.folder)} | taken(made, "messages", "sheets", "entries", "size"))
        return
    told = f"{counted(made.messages, 'message', 'messages')}, {counted(made.entries, 'entrée prouvée', 'entrées prouvées')}"
    out.print(f"✓ {made.folder} : {told}.")
    beside = f", et les messages, de messages-001.html à messages-{made.sheets:03}.html" if made.sheets else ""
    out.print(f"  À lire et imprimer : {made.folder / 'dossier.html'}{beside} ; à joindre : dossier.json et {PROOFS}.")


@app.command()
def replay(
    campaign: Campaign = None,
    person: Person = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Recompute every verdict from its recorded facts and the rules of its time. Exit code 1 when one differs."""
    with session.gateway(listening=True) as gw:
        found = auditing.replay(gw, _scope(gw, campaign, person, since, until))
    if as_json:
        shown: list[dict[str, object]] = [
            {"entry": d.entry_id, "message": d.message_id, "at": d.at, "recorded": d.recorded, "computed": d.computed}
            for d in found.differences
        ]
        answer_json({"verdicts": found.verdicts, "beyond": found.beyond, "different": found.different, "differences": shown})
    else:
        mark = "[green]✓[/]" if not found.different else "[red]✗[/]"
        out.print(
            f"{mark} {counted(found.verdicts, 'verdict recalculé', 'verdicts recalculés')} à l’identique, "
            f"{counted(found.different, 'différent', 'différents')}, {number(found.beyond)} sans règle."
        )
        rows = [(d.entry_id, d.message_id, escape(d.recorded), escape(d.computed)) for d in found.differences]
        if rows:
            answer_table("Différences", ("Entrée", "Message", "Au journal", "Recalculé"), rows, numbers=(0, 1))
    if found.different:
        raise typer.Exit(1)


@app.command()
def checkpoint(
    send: Annotated[bool, typer.Option("--send", help="Hand it to the witnesses of the settings too.")] = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Seal what was committed until now, and print the signed checkpoint: keep it anywhere."""
    with session.gateway(listening=True) as gw:
        sealing.seal(gw)
        sent = send_checkpoint(gw, by=by) if send else []
        note, keyless = sealing.latest_note(gw), sealing.waits_for_its_key(gw)
        key = sealing.key_path(gw)
    if as_json:
        answer_json({"checkpoint": note, "sent": [{"to": one.to, "ok": one.ok, "answer": one.answer} for one in sent]})
    else:
        typer.echo(note, nl=False)
        for one in sent:
            mark = "[green]✓[/]" if one.ok else "[red]✗[/]"
            err.print(f"{mark} {escape(one.to)} : {escape(one.answer)}")
    if keyless:
        err.print(
            f"[red]✗[/] Des entrées attendent leur scellement, et ce point est l’ancien : la clé du journal n’est pas dans "
            f"{escape(str(key))}. Remettez-la ; si elle est perdue : gateway audit key revoke --why …",
            soft_wrap=True,
        )
    if keyless or any(not one.ok for one in sent):
        raise typer.Exit(1)


@key_app.command("show")
def key_show(as_json: Json = False) -> None:
    """The public keys of this journal, the newest first. Publish the first one."""
    with session.gateway(listening=True) as gw:
        sealing.seal(gw)
        events = sealing.key_history(gw)
    if as_json:
        answer_json([{"key": str(e.key)} | taken(e, "act", "at", "replaces", "why") for e in events])
        return
    for event in events:
        out.print(f"{event.key}", soft_wrap=True, markup=False)
        out.print(
            f"  [dim]{_KEY_ACTS[event.act]} le {event.at:%Y-%m-%d %H:%M} UTC{', ' + escape(event.why) if event.why else ''}[/]"
        )


@key_app.command("rotate")
def key_rotate(
    why: Annotated[str, typer.Option(help="Why; kept in the journal.")], by: By = OPERATOR, as_json: Json = False
) -> None:
    """Replace the key; the old one vouches for the new one."""
    with session.gateway(listening=True) as gw:
        new = sealing.rotate_key(gw, by=by, why=why)
    answer_line(f"✓ Nouvelle clé, à publier : {escape(str(new))}", {"key": str(new)}, as_json=as_json)


@key_app.command("revoke")
def key_revoke(
    why: Annotated[str, typer.Option(help="Lost, stolen…; kept in the journal.")], by: By = OPERATOR, as_json: Json = False
) -> None:
    """Replace a key that was lost or stolen; the new one must be made known to everybody who verifies."""
    with session.gateway(listening=True) as gw:
        new = sealing.rotate_key(gw, by=by, why=why, trusted=False)
    answer_line(f"✓ Clé révoquée. Nouvelle clé, à faire connaître : {escape(str(new))}", {"key": str(new)}, as_json=as_json)


def _scope(gw: Gateway, campaign: str | None, person: str | None, since: datetime | None, until: datetime | None) -> Scope:
    return Scope(campaign=campaign, person=person, since=zoned(since, gw), until=zoned(until, gw))


def _brief(body: bytes) -> str:
    """What an entry tells, on a line: without the hashes that only a verifier reads."""
    told = orjson.loads(body)
    where = [f"{words} {told[name]}" for name, words in (("campaign", "campagne"), ("message", "message")) if told.get(name)]
    rest = {name: value for name, value in told.items() if name not in ("body", "facts", "content", "notice", "payload")}
    line = " · ".join((*where, *lines_of(rest)))
    return line if len(line) <= _BRIEF else f"{line[:_BRIEF]}…"


def _show(form: str, found: Iterator[Recorded]) -> int:
    """Print entries; how many there were."""
    if form == "table":
        rows = [(r.id, f"{r.at:%Y-%m-%d %H:%M:%S}", ENTRIES[EntryKind(r.kind)], escape(_brief(r.body))) for r in found]
        answer_table("Journal", ("N°", "Instant (UTC)", "Entrée", "Ce qu’elle dit"), rows, numbers=(0,))
        return len(rows)
    shown, sheet = 0, csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
    if form == "csv":
        sys.stdout.write("\ufeff")  # without it spreadsheets take the accents for something else
        sheet.writerow(("number", "at", "kind", *_CELLS, "rules", "entry"))
    for recorded in found:
        shown += 1
        if form == "json":
            typer.echo(recorded.body.decode())
            continue
        told = orjson.loads(recorded.body)
        cells = (told.get(name, "") for name in _CELLS)
        sheet.writerow((recorded.id, told["at"], told["kind"], *cells, " ".join(told.get("rules", ())), recorded.body.decode()))
    return shown
