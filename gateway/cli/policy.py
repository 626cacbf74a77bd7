"""`gateway policy …`: the law as data. Read it, check it, ask it, compare it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.outcome_words import CLASSES, ENDS, cited
from gateway.cli.place import place
from gateway.cli.session import At, Json, answer_json, answer_table, out, taken, zoned
from gateway.cli.words import counted, number, on_the_list, said, spoken_time
from gateway.compliance.diff import Change
from gateway.compliance.explain import Explanation, reference
from gateway.compliance.pack import Pack, load_pack
from gateway.compliance.rule import Rule
from gateway.compliance.scenarios import coverage, run_scenarios
from gateway.compliance.verdict import Defer, Effect
from gateway.data import data_dir
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows import asking, comparing
from gateway.flows.asking import Answer, Question
from gateway.present import present_pack, today

app = typer.Typer(help="The rules: check, test, list, show, explain, compare.", no_args_is_help=True)
app.command()(place)

#: A review due within this time is announced.
_SOON = timedelta(days=30)
_EFFECTS = {
    Effect.GRANT: "[green]permet[/]",
    Effect.DUTY: "[cyan]oblige[/]",
    Effect.NOTE: "[dim]note[/]",
    Effect.DEFER: "[yellow]reporte[/]",
    Effect.REFUSE: "[red]refuse[/]",
}
_MARKS = {Effect.REFUSE: "[red]✗[/]", Effect.DEFER: "[yellow]○[/]", Effect.GRANT: "[green]✓[/]"}
_CHANGES = {Change.ADDED: "[green]ajoutée[/]", Change.REMOVED: "[red]retirée[/]", Change.CHANGED: "[yellow]changée[/]"}
_FINALS = {
    "allow": "[bold green]Oui[/], vous pouvez {verb} maintenant.",
    "refuse": "[bold red]Non[/], vous ne pouvez pas {verb}.",
}


@app.command()
def check(as_json: Json = False) -> None:
    """Load the rules as every command does, and say what they are. Exit 1, with file, key and reason, when they do not load."""
    present = today()
    pack = present_pack(present).checked()
    soon = sorted((rule.review_by, rule.id) for rule in pack.rules if rule.review_by <= present + _SOON)
    kinds = sorted({rule.kind for rule in pack.rules})
    if as_json:
        answer_json(
            {
                "version": pack.version,
                "title": pack.title,
                "rules": len(pack.rules),
                "kinds": kinds,
                "sources": len(pack.sources),
                "territories": len(pack.territories),
                "review_by": pack.review_by,
                "due_soon": [{"rule": rule_id, "review_by": day} for day, rule_id in soon],
                "elections": _elections(pack),
            }
        )
        return
    out.print(f"[green]✓[/] {escape(pack.title['fr'])}, version [bold]{pack.version}[/]")
    out.print(
        f"{len(pack.rules)} règles de {len(kinds)} sortes, {len(pack.sources)} sources, {len(pack.territories)} territoires. "
        f"Première relecture due le {pack.review_by:%d/%m/%Y}."
    )
    for day, rule_id in soon:
        out.print(f"[yellow]![/] {rule_id} : à relire avant le {day:%d/%m/%Y}")
    _show_elections(pack)


@app.command()
def test(
    folders: Annotated[list[Path] | None, typer.Argument(help="Other scenarios than those that ship.", exists=True)] = None,
    as_json: Json = False,
) -> None:
    """Ask the rules every scenario. Exit 1 when one fails, or when a rule lacks an allowing or a refusing scenario."""
    pack = present_pack(today())
    policies = data_dir("policies")
    results = run_scenarios(pack, folders or [policies / "fr" / "scenarios", policies / "house" / "scenarios"])
    failed = [result for result in results if not result.passed]
    covered = coverage(results, pack)
    right = not failed and (covered.complete or bool(folders))
    if as_json:
        answer_json(
            {
                "scenarios": len(results),
                "failed": [{"file": r.scenario.file, "name": r.scenario.name, "faults": r.faults} for r in failed],
                "never_allowing": covered.never_allowing,
                "never_stopping": covered.never_stopping,
            }
        )
    else:
        if failed:
            rows = [(escape(r.scenario.file), escape(r.scenario.name), escape("\n".join(r.faults))) for r in failed]
            answer_table("Scénarios qui ne tiennent pas", ["Fichier", "Scénario", "Ce qui diffère"], rows)
        mark = "[bold red]✗[/]" if failed else "[green]✓[/]"
        out.print(f"{mark} {len(results) - len(failed)} scénarios sur {len(results)} tiennent ; {len(pack.rules)} règles.")
        if not folders:
            _show_coverage(covered.never_allowing, "aucun scénario ne la montre laissant passer")
            _show_coverage(covered.never_stopping, "aucun scénario ne la montre arrêtant")
    if not right:
        raise typer.Exit(1)


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(help="Only rules of this kind.")] = None,
    elections: Annotated[bool, typer.Option("--elections", help="The elections known, instead of the rules.")] = False,
    as_json: Json = False,
) -> None:
    """Every rule, with its sentence and what it rests on."""
    pack = present_pack(today())
    if elections:
        if as_json:
            answer_json(_elections(pack))
        else:
            _show_elections(pack)
        return
    rules = [rule for rule in pack.rules if kind in (None, rule.kind)]
    if not rules:
        raise InvalidInput(
            f"aucune règle de la sorte « {kind} » ; il y a {', '.join(sorted({rule.kind for rule in pack.rules}))}"
        )
    if as_json:
        answer_json([_rule_json(rule) for rule in rules])
        return
    rows = [
        (f"{rule.id}\n{_EFFECTS[rule.effect]}", f"{escape(_sentence(rule))} [dim]({escape(_source(rule))})[/]") for rule in rules
    ]
    answer_table(counted(len(rows), "règle", "règles"), ["Règle et effet", "Ce qu’elle dit (source)"], rows)


@app.command()
def show(rule_id: Annotated[str, typer.Argument(metavar="RULE", help="Id of a rule.")], as_json: Json = False) -> None:
    """One rule whole: sentences, values by date, source, force, confidence, dates."""
    rule = present_pack(today()).rule(rule_id)
    if as_json:
        answer_json(_rule_json(rule))
        return
    head = rule.head
    rows = [
        ("Sorte, effet", f"{rule.kind}, {_EFFECTS[rule.effect]}"),
        ("Canaux", ", ".join(said(channel) for channel in sorted(head.channels))),
        ("Classes de messages", ", ".join(CLASSES[each] for each in sorted(head.classes))),
        ("Source", escape(_source(rule))),
        ("Adresse", escape(rule.source.url)),
        ("Force, vérification", f"{said(rule.force)}, {said(rule.confidence)}"),
        ("Relue le", f"{rule.checked_on:%d/%m/%Y}, à relire avant le {rule.review_by:%d/%m/%Y}"),
    ]
    for case, texts in rule.says.items():
        rows += [(" ".join(filter(None, ("Phrase", case, language))), escape(text)) for language, text in texts.items()]
    for value in rule.values:
        until = f" au {value.until:%d/%m/%Y}" if value.until else ""
        content = {key: part for key, part in value.content.items() if key not in ("from", "until")}
        rows.append((f"Valeur du {value.content['from']}{until}", escape("\n".join(f"{k} = {v}" for k, v in content.items()))))
    answer_table(rule.id, ["", ""], [row for row in rows if row[1]])


@app.command()
def explain(
    address: Annotated[str, typer.Argument(help="Email address or telephone number.")],
    channel: Annotated[
        Medium | None, typer.Option(help="By which channel; unless said, email for an address and sms for a number.")
    ] = None,
    message_class: Annotated[MessageClass, typer.Option("--class", help="Which kind of message.")] = MessageClass.CAMPAIGN,
    campaign: Annotated[str | None, typer.Option(metavar="NAME", help="This campaign's own message.")] = None,
    at: At = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also what the message will carry of itself, and what is good to know.")
    ] = False,
    as_json: Json = False,
) -> None:
    """May I write to this person now, by this channel? The answer first, then what decides it. Exit 1: no, or not now."""
    medium = channel or (Medium.EMAIL if "@" in address or not any(map(str.isdigit, address)) else Medium.SMS)
    with session.gateway() as gw:
        question = Question(address=address, medium=medium, message_class=message_class, campaign=campaign, at=zoned(at, gw))
        answer = asking.may_write(gw, question)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(_answer_json(answer))
    else:
        for line in _final_lines(answer, zone):
            out.print(line, soft_wrap=True)
        if isinstance(answer.verdict, Defer):
            out.print(f"À partir du {spoken_time(answer.verdict.until, zone)}.")
        _show_findings(answer, full=full)
    if not answer.allowed:
        raise typer.Exit(1)


@app.command()
def diff(
    other: Annotated[Path, typer.Argument(help="Folder of the other rules: one with pack.toml, or with fr/ and house/.")],
    as_json: Json = False,
) -> None:
    """What other rules would change: rule by rule, and for the messages of approved and running campaigns."""
    new = _pack_of(other)
    with session.gateway() as gw:
        compared = comparing.compare(gw, new)
        old = gw.pack.version
    found = compared.difference
    if as_json:
        answer_json(
            {
                "old": old,
                "new": new.version,
                "rules": [{"rule": r.rule, "change": r.change, "differences": r.differences} for r in found.rules],
                "campaigns": compared.campaigns,
                "comparable": compared.comparable,
                "people": found.people,
                "people_changed": found.people_changed,
                "verdicts": [
                    {"people": v.people, "old": v.old.name, "new": v.new.name, "because": v.because} for v in found.verdicts
                ],
            }
        )
        return
    out.print(f"De [bold]{old}[/] à [bold]{new.version}[/] : {counted(len(found.rules), 'règle diffère', 'règles diffèrent')}.")
    rows = [
        (
            change.rule,
            _CHANGES[change.change],
            escape("\n".join(f"{key} : {was} → {now}" for key, was, now in change.differences)),
        )
        for change in found.rules
    ]
    if rows:
        answer_table("Règles", ["Règle", "", "Ce qui change"], rows)
    if not compared.comparable:
        out.print(
            "[yellow]![/] Les deux versions comptent les messages sur d’autres durées : les attentes ne sont pas comparées."
        )
        return
    if found.verdicts:
        changed = [(v.people, ENDS[v.old.name], ENDS[v.new.name], ", ".join(v.because)) for v in found.verdicts]
        answer_table("Messages qui attendent", ["Personnes", "Avant", "Après", "Règles"], changed, numbers=[0])
    those = counted(found.people_changed, "message", "messages")
    out.print(
        f"{those} sur {number(found.people)} {'seraient décidés' if found.people_changed > 1 else 'serait décidé'} autrement."
    )


def _final_lines(answer: Answer, zone: ZoneInfo) -> list[str]:
    """The answer first, in a sentence or two."""
    if answer.verdict is None:
        lines = ["[bold red]Non[/] : personne n’a cette adresse dans le fichier de contacts."]
    else:
        lines = [_FINALS.get(answer.verdict.name, "[bold yellow]Pas maintenant.[/]").format(verb=_verb(answer))]
    return [*lines, *(f"[red]●[/] {on_the_list(one, zone)}" for one in answer.suppressions)]


def _verb(answer: Answer) -> str:
    return "l’appeler" if answer.facts is not None and answer.facts.channel is Medium.CALL else "lui écrire"


def _show_findings(answer: Answer, *, full: bool) -> None:
    """What decided; in full, what is only good to know and what the message will carry, where there will be one."""
    found: dict[Effect, list[Explanation]] = {effect: [] for effect in Effect}
    for one in answer.explanations:
        found[one.effect].append(one)
    for effect, mark in _MARKS.items():
        for one in found[effect]:
            out.print(f"  {mark} {cited(one)}", soft_wrap=True)
    told = {"À noter :": found[Effect.NOTE]}
    if answer.verdict is not None and answer.verdict.name != "refuse":
        told["Ce que le message portera de lui-même :"] = found[Effect.DUTY]
    if not full:
        if left := sum(map(len, told.values())):
            out.print(f"Et {counted(left, 'autre règle', 'autres règles')}, qui ne décident pas : --full les dit.")
        return
    for title, findings in told.items():
        if findings:
            out.print(title)
        for one in findings:
            out.print(f"  · {cited(one)}", soft_wrap=True)


def _pack_of(folder: Path) -> Pack:
    """The rules of another folder, with the team's own of that folder, or else the present ones."""
    law = folder if (folder / "pack.toml").is_file() else folder / "fr"
    house = folder / "house"
    if not house.is_dir():
        house = data_dir("policies") / "house"
    return load_pack(law, house, today=today())


def _elections(pack: Pack) -> list[dict[str, object]]:
    return [
        taken(one, "id", "name", "status", "checked_on")
        | {"rounds": [vote.votes_on for vote in one.rounds], "early": sorted(one.early)}
        for one in pack.elections.values()
    ]


def _show_elections(pack: Pack) -> None:
    status = {"announced": "annoncée", "decreed": "convoquée par décret", "past": "passée"}
    rows = [
        (one.id, escape(one.name["fr"]), status[one.status], ", ".join(f"{v.votes_on:%d/%m/%Y}" for v in one.rounds))
        for one in pack.elections.values()
    ]
    answer_table("Élections", ["Id", "Nom", "État", "Tours"], rows)


def _show_coverage(ids: tuple[str, ...], why: str) -> None:
    for rule_id in ids:
        out.print(f"[red]✗[/] {rule_id} : {why}")


def _sentence(rule: Rule) -> str:
    return " / ".join(dict.fromkeys(texts["fr"] for texts in rule.says.values()))


def _source(rule: Rule) -> str:
    return reference(rule.source.instrument, rule.source.article)


def _rule_json(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        **taken(rule, "kind", "pack", "effect", "force", "confidence", "checked_on", "review_by", "says"),
        **{name: sorted(getattr(rule.head, name)) for name in ("asks", "channels", "classes")},
        "source": taken(rule.source, "instrument", "article", "url"),
        "values": [value.content for value in rule.values],
    }


def _answer_json(answer: Answer) -> dict[str, object]:
    verdict = answer.verdict
    return {
        "known": answer.facts is not None,
        "at": answer.at,
        "class": answer.message_class,
        "verdict": verdict.name if verdict else None,
        "rules": verdict.rules if verdict else (),
        "until": verdict.until if isinstance(verdict, Defer) else None,
        "suppressions": [taken(one, "medium", "kind", "cause", "since") for one in answer.suppressions],
        "findings": [
            taken(one, "rule", "effect", "sentence") | {"source": one.citation and one.citation.text}
            for one in answer.explanations
        ],
    }
