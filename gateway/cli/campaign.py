"""`gateway campaign …`: from a draft to a finished newsletter."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from gateway.cli import drafts, session
from gateway.cli.costs import costs
from gateway.cli.dry_run import as_record, show
from gateway.cli.outcome_words import STATES, by_rules, came_back, decided, reason, sort_of
from gateway.cli.session import OPERATOR, At, By, Json, answer_json, answer_line, answer_table, out, zoned
from gateway.cli.telephone import create_call, create_sms
from gateway.cli.texts import text_of
from gateway.cli.words import clock, counted, local_time, number, spoken_time, took
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.language import read_language
from gateway.domain.message import MessageState
from gateway.flows.auditing.recalling import due_hours, example
from gateway.flows.campaigning import drafting, launching, previewing, testing, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.drafting import IN_WORDS
from gateway.flows.gateway import Gateway
from gateway.render.email import EmailContent
from gateway.store import campaigns
from gateway.store.engine import reading

app = typer.Typer(help="Campaigns: write, dry run, approve, launch, follow.", no_args_is_help=True)

Body = Annotated[
    Path, typer.Option("--body", help="File with the text, in Markdown (.md) or MJML (.mjml).", exists=True, dir_okay=False)
]
#: What is done next with a campaign that has not left.
_NEXT = {CampaignState.DRAFT: "dry-run", CampaignState.APPROVED: "launch"}
_TRIES_AGAIN = (
    "ne répond pas, ou n’en prend plus pour l’instant : Passerelle réessaie d’elle-même, toutes les deux minutes au plus."
)
#: While whoever carries the messages takes none.
_AWAY = {
    Medium.EMAIL: f"Le relais {_TRIES_AGAIN}",
    Medium.SMS: f"Le prestataire des SMS {_TRIES_AGAIN}",
    Medium.CALL: f"Le prestataire des appels {_TRIES_AGAIN}",
}
Subject = Annotated[str, typer.Option(help="Subject line.")]
Why = Annotated[str, typer.Option(help="Why; kept with the campaign.")]


@app.command()
def create(
    name: drafts.Name,
    subject: Subject,
    body: Body,
    preheader: Annotated[str, typer.Option(help="What mailboxes show beside the subject.")] = "",
    language: drafts.Spoken = "fr",
    start: drafts.Start = None,
    classes: drafts.Classes = None,
    communes: drafts.Communes = None,
    tags: drafts.Tags = None,
    rest_of: drafts.RestOf = "",
    ask_consent: Annotated[
        bool, typer.Option("--ask-consent", help="The one request for consent: to occasional contacts only, once in a life.")
    ] = False,
    attest: drafts.Attest = None,
    targeting_data: drafts.Targeting = "",
    edit: drafts.Edit = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write a draft; the text is checked at once."""
    content = EmailContent(
        subject=subject,
        format=_format(body),
        body=text_of(body),
        language=read_language(language),
        preheader=preheader,
    )
    meant = drafts.audience(classes, communes, tags, rest_of)
    definition = drafts.drawn(content, meant, start, attest, targeting_data)
    message_class = MessageClass.CONSENT_REQUEST if ask_consent else MessageClass.CAMPAIGN
    drafts.keep_draft(name, definition, message_class=message_class, edit=edit, by=by, as_json=as_json)


app.command()(create_sms)
app.command()(create_call)


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Test copies and carriers of single messages too.")] = False,
    after: Annotated[str | None, typer.Option(metavar="NAME", help="Go on after this campaign, towards older ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """Campaigns, the newest first; of test copies and carriers of single messages only those that need somebody."""
    with session.gateway(listening=True) as gw, reading(gw.engine) as tx:
        before = None if after is None else drafting.named(tx, after).id
        rows = campaigns.listed(tx, carriers=everything, before=before, limit=limit + 1)
        zone = gw.pack.calendar.zone
    shown = rows[:limit]
    if as_json:
        answer_json(
            [{"campaign": r.name, "class": r.message_class, "state": r.state, "author": r.author, "why": r.why} for r in shown]
        )
        return
    cells = [
        (
            r.name,
            sort_of(r.message_class, r.medium),
            IN_WORDS[r.state],
            escape(r.author),
            local_time(r.created_at, zone),
            escape(r.why or ""),
        )
        for r in shown
    ]
    answer_table("Campagnes", ["Nom", "Sorte", "État", "Auteur", "Créée le", "Pourquoi"], cells)
    if len(rows) > limit:
        out.print(f"La suite : gateway campaign list{' --all' if everything else ''} --after {shown[-1].name}", soft_wrap=True)


@app.command("dry-run")
def dry_run(
    name: drafts.Name,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Who would get it, who would not, and why: with the very rules of the gate. Nothing is sent or written."""
    with session.gateway() as gw:
        result = trying.dry_run(gw, name, at=zoned(at, gw))
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(as_record(result))
    else:
        show(result, zone)


@app.command()
def approve(
    name: drafts.Name,
    by: By,  # never the account of the machine: whoever wrote as Claire would approve as somebody else by saying nothing
    bound_to: Annotated[
        str | None, typer.Option("--binding", help="Approve only what the dry run with this binding showed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Approve what the dry run showed: these words, this audience, this hour, these rules."""
    with session.gateway() as gw:
        bound = launching.approve(gw, name, by=by, bound_to=bound_to)
        doubts = drafting.to_reread(gw, Definition.from_body(drafting.find(gw, name).definition))
    if as_json:
        answer_json({"campaign": name, "binding": bound, "by": by, "to_reread": doubts})
    else:
        drafts.show_doubts(doubts)
        words = f"✓ [bold]{name}[/] approuvée par {escape(by)} (empreinte {bound[:12]})."
        out.print(f"{words} Étape suivante : [bold]gateway campaign launch {name}[/]", soft_wrap=True)


@app.command()
def launch(
    name: drafts.Name,
    by: By = OPERATOR,
    key: Annotated[str, typer.Option(help="Repeating a launch with the same key launches once.")] = "",
    as_json: Json = False,
) -> None:
    """Freeze the audience and let the gate begin; workers (`gateway serve` or `gateway worker`) send."""
    with session.gateway() as gw:
        done = launching.launch(gw, name, by=by, key=key or f"launch-{name}")
        start = spoken_time(done.start_at, gw.pack.calendar.zone)
        # Once more than at the approval: a day that was still to come may be over since.
        doubts = () if done.already else drafting.to_reread(gw, Definition.from_body(drafting.find(gw, name).definition))
    if as_json:
        told = {"messages": done.messages, "start_at": done.start_at, "already": done.already, "to_reread": doubts}
        answer_json({"campaign": name, **told})
        return
    messages = counted(done.messages, "message", "messages")
    if done.already:
        out.print(f"[bold]{name}[/] était déjà lancée : {messages}, rien n’a été refait.")
        return
    out.print(f"✓ [bold]{name}[/] lancée : {messages} dans la file, départ {start}.", soft_wrap=True)
    if doubts:
        drafts.show_doubts(doubts)
        out.print(f"La retenir, le temps de relire : [bold]gateway campaign pause {name}[/]", soft_wrap=True)
    out.print(f"La suivre : [bold]gateway campaign report {name}[/]", soft_wrap=True)


@app.command()
def pause(name: drafts.Name, by: By = OPERATOR, why: Why = "", as_json: Json = False) -> None:
    """Stop claiming messages of a campaign, at once."""
    with session.gateway(listening=True) as gw:
        launching.pause(gw, name, by=by, why=why)
    words = f"✓ [bold]{name}[/] en pause. Reprendre : gateway campaign resume {name}"
    answer_line(words, {"campaign": name, "state": CampaignState.PAUSED}, as_json=as_json)


@app.command()
def resume(name: drafts.Name, by: By = OPERATOR, as_json: Json = False) -> None:
    """Go on after a pause, or an hour that was missed."""
    with session.gateway() as gw:
        launching.resume(gw, name, by=by)
    answer_line(f"✓ [bold]{name}[/] reprend.", {"campaign": name, "state": CampaignState.RUNNING}, as_json=as_json)


@app.command()
def cancel(name: drafts.Name, by: By = OPERATOR, why: Why = "", as_json: Json = False) -> None:
    """End a campaign; what still waits is cancelled."""
    with session.gateway(listening=True) as gw:
        done = launching.cancel(gw, name, by=by, why=why)
    words = f"✓ [bold]{name}[/] annulée : {counted(done.waited, 'message ne partira pas', 'messages ne partiront pas')}"
    if done.in_hand:
        begun = counted(
            done.in_hand,
            "était en cours de remise, et n’arrivera que s’il avait déjà commencé",
            "étaient en cours de remise, et n’arriveront que s’ils avaient déjà commencé",
        )
        words += f" ; {begun}"
    words += "."
    if done.waited or done.in_hand:
        words += f" Une version corrigée à qui elle n’a pas atteint : gateway campaign create … --rest-of {name}"
    told = {"campaign": name, "state": CampaignState.CANCELLED, "cancelled": done.waited, "in_hand": done.in_hand}
    answer_line(words, told, as_json=as_json)


@app.command()
def status(name: drafts.Name, as_json: Json = False) -> None:
    """Where a campaign stands. The lines add up to the audience."""
    _report(name, as_json, with_reasons=False)


@app.command()
def report(name: drafts.Name, as_json: Json = False) -> None:
    """Where a campaign stands, and the reason of every outcome."""
    _report(name, as_json, with_reasons=True)


app.command()(costs)


@app.command()
def test(
    name: drafts.Name,
    to: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A member of the team: of team.addresses, or of team.numbers for a text.")
    ],
    by: By = OPERATOR,
    sample: Annotated[int | None, typer.Option(help="Contact whose fields the copy shows.")] = None,
    as_json: Json = False,
) -> None:
    """Send a copy to a member of the team, through the same gate."""
    with session.gateway() as gw:
        copy, trial = testing.send_test(gw, name, to, by=by, sample=sample), gw.settings.mode == "trial"
    if as_json:
        answer_json({"campaign": copy.campaign, "message": copy.message_id})
    else:
        out.print(f"✓ Copie d’essai {copy.message_id} dans la file ({copy.campaign}).")
        if trial:
            out.print("En mode d’essai elle se lit sur la page que montre [bold]gateway serve[/] (courriels, téléphones).")


@app.command()
def preview(
    name: drafts.Name,
    contact: Annotated[int | None, typer.Option(help="As this contact would read it.")] = None,
    part: Annotated[Literal["text", "html", "raw"], typer.Option(help="What to print.")] = "text",
) -> None:
    """Print the message with all its notices, for an invented person or a real one."""
    with session.gateway() as gw:
        shown = previewing.preview(gw, name, contact_id=contact)
    typer.echo({"text": shown.text, "html": shown.html, "raw": shown.raw.decode("utf-8", "replace")}[part])


def _report(name: str, as_json: bool, *, with_reasons: bool) -> None:
    with session.gateway(listening=True) as gw:
        now, zone = launching.status(gw, name), gw.pack.calendar.zone
        told = _reasons(gw, now) if with_reasons and not as_json else []
    if as_json:
        answer_json(_status_json(now, with_reasons=with_reasons))
        return
    rows: list[tuple[str, object]] = [(STATES[state], number(count)) for state, count in now.counts.items() if count]
    rows.append(("[bold]total[/]", f"[bold]{number(now.messages)}[/]"))
    answer_table(f"{name} : {IN_WORDS[now.campaign.state]}", ["Messages", "Nombre"], rows, numbers=[1])
    if now.starts_at is not None:
        out.print(f"Départ prévu : {spoken_time(now.starts_at, zone)}.")
    if now.asks_after is not None:
        over = spoken_time(now.asks_after, zone)
        out.print(f"Le reste ne part pas avant la fin du vote, {over}, et demandera d’abord si ses mots valent encore.")
    if now.campaign.why:
        out.print(f"[yellow]{escape(now.campaign.why)}[/]")
    if now.provider_away:
        out.print(f"[yellow]{_AWAY[now.campaign.medium]}[/]", soft_wrap=True)
    if now.campaign.state in _NEXT:
        out.print(f"Étape suivante : [bold]gateway campaign {_NEXT[now.campaign.state]} {name}[/]", soft_wrap=True)
    if now.campaign.state in (CampaignState.PAUSED, CampaignState.LATE):
        out.print(f"La reprendre : [bold]gateway campaign resume {name}[/]", soft_wrap=True)
        out.print(f"Y renoncer : [bold]gateway campaign cancel {name}[/]", soft_wrap=True)
    if now.campaign.warning:
        out.print(f"[yellow]Attention : {escape(now.campaign.warning)}[/]")
    if now.returned:
        back = [(came_back(kind, now.campaign.medium), number(count)) for kind, count in now.returned.items()]
        answer_table("Ce qui est revenu après la remise", ["Messages", "Nombre"], back, numbers=[1])
    if now.objections.objections:
        out.print(took(now.objections))
    if told:
        answer_table("Raisons", ["État", "Pourquoi", "Nombre"], told, numbers=[2])


def _status_json(now: launching.Status, *, with_reasons: bool) -> dict[str, object]:
    return {
        "campaign": now.campaign.name,
        "state": now.campaign.state,
        "why": now.campaign.why,
        "warning": now.campaign.warning,
        "starts_at": now.starts_at,
        "asks_after": now.asks_after,
        "provider_away": now.provider_away,
        "messages": now.messages,
        "counts": {state.value: count for state, count in now.counts.items() if count},
        "reasons": [{"state": s, "because": b, "messages": n} for s, b, n in now.reasons] if with_reasons else None,
        "returned": now.returned,
        "objections": asdict(now.objections),
    }


def _reasons(gw: Gateway, now: launching.Status) -> list[tuple[str, str, str]]:
    """Why messages are where they are: rules in sentences, by the example of one message; other causes in words."""
    rows = []
    for state, because, count in now.reasons:
        words = escape(reason(because)) if because else "son tour n’est pas encore venu"
        if by_rules(because):
            first, findings = example(gw, now.campaign.id, state, because)
            words = f"{decided(findings)}\n[dim]par exemple le message {first}[/]" if findings else words
        if state is MessageState.DEFERRED and now.campaign.state is CampaignState.RUNNING:
            zone = gw.pack.calendar.zone
            due = [f"{local_time(at, zone)} : {number(many)}" for at, many in due_hours(gw, now.campaign.id, because)]
            words += f"\n[dim]prochain passage, {clock(zone)}[/]\n" + "\n".join(due)
        rows.append((STATES[state], words, number(count)))
    return rows


def _format(body: Path) -> Literal["markdown", "mjml"]:
    match body.suffix.lower():
        case ".md" | ".markdown" | ".txt":
            return "markdown"
        case ".mjml":
            return "mjml"
        case _:
            raise InvalidInput(
                f"{body} : donnez un fichier en Markdown (.md) ou en MJML (.mjml) ; un texte simple en est un : dans un "
                "traitement de texte, « Enregistrer sous », puis « Texte (.txt) » en UTF-8"
            )
