"""`gateway forms …`: the pages by which people sign up, published word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_line, answer_table, out, taken
from gateway.cli.words import local_day, said
from gateway.domain.errors import NotFound
from gateway.domain.form import Box, SignupState
from gateway.domain.language import Language
from gateway.flows.forms import publishing
from gateway.flows.forms.publishing import FormCheck, FormStanding, Version
from gateway.flows.gateway import Gateway
from gateway.flows.newfile import writing
from gateway.web import signing

forms_app = typer.Typer(help="Forms by which people sign up: check, publish, show.", no_args_is_help=True)

FormId = Annotated[str, typer.Argument(metavar="NAME", help="The form: the name of its file, without .toml.")]


@forms_app.command("list")
def list_(as_json: Json = False) -> None:
    """Every form: what its file says, and whether people see exactly that."""
    with session.gateway(listening=True) as gw:
        found = publishing.standings(gw)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json([_standing_json(one) for one in found])
        return
    rows = [
        (
            one.id,
            _standing_words(one, zone),
            local_day(one.published.published_at, zone) if one.published else "",
            one.published.sha256[:12] if one.published else "",
            one.signups[SignupState.CONFIRMED],
            one.signups[SignupState.PENDING],
        )
        for one in found
    ]
    headings = ["Formulaire", "État", "Publié le", "Version", "Confirmées", "En attente"]
    answer_table("Formulaires", headings, rows, numbers=[4, 5])


@forms_app.command()
def check(form_id: FormId, as_json: Json = False) -> None:
    """Say what a form still lacks before it may be published. Exit 1 while it lacks something."""
    with session.gateway() as gw:
        checked = publishing.check(gw, form_id)
    if as_json:
        answer_json({"form": form_id, "version": checked.version.sha256, "publishable": not checked.refusals, **_why(checked)})
    elif checked.refusals:
        for one in checked.refusals:
            out.print(f"[bold red]✗[/] {escape(one.sentence)} [dim]({one.rule})[/]")
    else:
        out.print(f"✓ [bold]{form_id}[/] peut être publié (version {checked.version.sha256[:12]}).")
        out.print(f"La page, telle qu’on la verrait : [bold]gateway forms preview {form_id}[/]")
    if checked.refusals:
        raise typer.Exit(1)


@forms_app.command()
def preview(
    form_id: FormId,
    to: Annotated[Path | None, typer.Option(help="File to write; on standard output without it.", dir_okay=False)] = None,
    language: Annotated[Language, typer.Option(help="Language of the page.")] = "fr",
) -> None:
    """The page as people would see it if it were published now, as one HTML file. It cannot be sent."""
    with session.gateway() as gw:
        version = publishing.check(gw, form_id).version
        page = signing.preview(gw, version, language if language in version.form.languages else version.form.languages[0])
    if to is None:
        typer.echo(page)
    else:
        with writing(to):
            to.write_text(page, encoding="utf-8")
        out.print(f"✓ Aperçu de [bold]{form_id}[/] (version {version.sha256[:12]}) : {to}", soft_wrap=True)


@forms_app.command()
def publish(form_id: FormId, by: By = OPERATOR, as_json: Json = False) -> None:
    """Show people the form exactly as its file is now; an edit of the file shows once it is published again."""
    with session.gateway() as gw:
        version = publishing.publish(gw, form_id, by=by)
        address = f"{gw.settings.web.public_url}/f/{form_id}"
    if as_json:
        answer_json({"form": form_id, "version": version.sha256, "address": address})
    else:
        out.print(f"✓ [bold]{form_id}[/] publié (version {version.sha256[:12]}) : {address}", soft_wrap=True)


@forms_app.command()
def close(form_id: FormId, by: By = OPERATOR, as_json: Json = False) -> None:
    """Take a form off the web. What people confirmed stays, with its words."""
    with session.gateway(listening=True) as gw:
        publishing.close(gw, form_id, by=by)
    answer_line(f"✓ [bold]{form_id}[/] n’est plus en ligne.", {"form": form_id, "online": False}, as_json=as_json)


@forms_app.command()
def show(
    form_id: FormId,
    version: Annotated[str, typer.Option(help="An earlier version: the beginning of its hash.")] = "",
    as_json: Json = False,
) -> None:
    """What people see, word for word; every version they ever saw; and how to put the form on a site."""
    with session.gateway(listening=True) as gw:
        known = publishing.versions(gw, form_id)
        chosen = _chosen(known, form_id, version)
        snippet = _snippet(gw, form_id)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json({"version": chosen.sha256, "form": _form_json(chosen), "versions": [_version_json(one) for one in known]})
        return
    form = chosen.form
    for language in form.languages:
        out.print(f"\n[bold]{escape(form.title[language])}[/] [dim]({language})[/]\n{escape(form.introduction[language])}")
        for box in form.boxes:
            out.print(f"☐ {escape(box.text[language])} [dim]({_about(box)})[/]")
        for line in form.notice[language]:
            out.print(f"[dim]{escape(line.heading)}.[/] {escape(line.text)}")
    rows = [(one.sha256[:12], local_day(one.published_at, zone), local_day(one.closed_at, zone) or "en ligne") for one in known]
    out.print()
    answer_table("Versions", ["Version", "Publiée le", "Fermée le"], rows)
    if snippet:
        out.print("Pour montrer le formulaire sur votre site :")
        typer.echo(snippet)
    else:
        out.print("Pour le montrer dans une page de votre site, ajoutez son adresse à forms.embed_origins de config.toml.")


def _chosen(known: list[Version], form_id: str, beginning: str) -> Version:
    fitting = [one for one in known if one.sha256.startswith(beginning)] if beginning else known
    if not fitting:
        raise NotFound(
            f"le formulaire « {form_id} » n’a jamais été publié{' dans cette version' if beginning else ''} : gateway forms list"
        )
    return fitting[-1]


def _snippet(gw: Gateway, form_id: str) -> str:
    """What a site puts into its page; empty while no site may."""
    if not gw.settings.forms.embed_origins:
        return ""
    return (
        f'<iframe src="{gw.settings.web.public_url}/f/{form_id}/embed" title="Formulaire d’inscription" loading="lazy"\n'
        '        style="width:100%;height:60rem;border:0"></iframe>'
    )


def _about(box: Box) -> str:
    parts = [said(box.medium), said(box.purpose), box.election or "", f"heures : {box.hours}" if box.hours else ""]
    return " · ".join(part for part in parts if part)


def _standing_words(one: FormStanding, zone: ZoneInfo) -> str:
    if one.fault:
        return "[red]fichier illisible ou absent[/]"
    if one.published is None:
        return f"fermé le {local_day(one.closed_at, zone)}" if one.closed_at else "pas publié"
    return "[yellow]en ligne ; modifié depuis, à publier de nouveau[/]" if one.edited else "[green]en ligne[/]"


def _standing_json(one: FormStanding) -> dict[str, object]:
    return {
        "form": one.id,
        "published": one.published and _version_json(one.published),
        "closed_at": one.closed_at,
        "edited": one.edited,
        "signups": dict(one.signups),
        "fault": one.fault or None,
    }


def _version_json(one: Version) -> dict[str, object]:
    return {"version": one.sha256, "published_at": one.published_at, "closed_at": one.closed_at}


def _why(checked: FormCheck) -> dict[str, object]:
    return {"refusals": [{"rule": one.rule, "sentence": one.sentence} for one in checked.refusals]}


def _form_json(version: Version) -> dict[str, object]:
    form = version.form
    return {
        **taken(form, "id", "languages", "title", "introduction"),
        "fields": [taken(field, "name", "required") for field in form.fields],
        "boxes": [
            taken(box, "id", "medium", "purpose", "election", "text") | {"hours": box.hours and str(box.hours)}
            for box in form.boxes
        ],
        "notice": {language: [taken(line, "id", "heading", "text") for line in lines] for language, lines in form.notice.items()},
    }
