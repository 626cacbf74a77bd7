"""What every draft is given, whatever its channel: its options, its audience, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.session import INSTANTS, answer_json, out, zoned
from gateway.cli.words import spoken_time
from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.contact import ContactClass
from gateway.flows.campaigning import drafting
from gateway.flows.campaigning.definition import Content, Definition

Name = Annotated[str, typer.Argument(help="Name of the campaign: letters, digits, dot, dash.")]
Spoken = Annotated[str, typer.Option(help="Language: fr or en.")]
Start = Annotated[datetime | None, typer.Option(help="When it begins; without it, at the launch.", formats=INSTANTS)]
Classes = Annotated[list[ContactClass] | None, typer.Option("--class", help="Only these classes of contacts.")]
Communes = Annotated[list[str] | None, typer.Option("--commune", help="Only these communes (makes the audience targeted).")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only contacts with any of these tags (targeted).")]
Attest = Annotated[list[str] | None, typer.Option(help="Declarations this campaign makes.")]
Targeting = Annotated[str, typer.Option(help="Targeted audiences: data used, as people read it.")]
RestOf = Annotated[
    str,
    typer.Option(
        "--rest-of",
        metavar="CAMPAIGN",
        help="Takes the place of a campaign that was stopped: its audience, without whom it reached.",
    ),
]
Edit = Annotated[bool, typer.Option("--edit", help="Replace a draft of that name.")]


def audience(classes: Classes, communes: Communes, tags: Tags, rest_of: RestOf) -> Audience:
    """Who is meant by these options; everybody when none is given."""
    return Audience(
        classes=tuple(classes or ()),
        communes=tuple(communes or ()),
        tags=tuple(tags or ()),
        unreached_by=(rest_of,) if rest_of else (),
    )


def drawn(content: Content, meant: Audience, start: Start, attest: Attest, targeting_data: Targeting) -> Definition:
    """A draft as these options draw it."""
    return Definition(
        content=content, audience=meant, start_at=start, attestations=tuple(attest or ()), targeting_data=targeting_data
    )


def keep_draft(
    name: str,
    definition: Definition,
    *,
    message_class: MessageClass = MessageClass.CAMPAIGN,
    edit: bool,
    by: str,
    as_json: bool,
) -> None:
    """Write the draft, or replace the one of that name, and say what comes next. Raises InvalidContent, Conflict."""
    with session.gateway() as gw:
        definition = replace(definition, start_at=zoned(definition.start_at, gw))
        row = (
            drafting.change(gw, name, definition, by=by)
            if edit
            else drafting.create(gw, name, definition, by=by, message_class=message_class)
        )
        doubts = drafting.to_reread(gw, definition)
    if as_json:
        record = {"campaign": row.name, "id": row.id, "state": row.state, "version": definition.sha256, "to_reread": doubts}
        answer_json(record)
    else:
        show_doubts(doubts)
        if definition.start_at:
            out.print(f"Départ prévu : {spoken_time(definition.start_at, gw.pack.calendar.zone)}.", soft_wrap=True)
        out.print(f"✓ Brouillon [bold]{row.name}[/] enregistré, écrit par {escape(by)}.", soft_wrap=True)
        out.print(f"Étape suivante : [bold]gateway campaign dry-run {row.name}[/]", soft_wrap=True)


def show_doubts(doubts: Sequence[str]) -> None:
    """Print what is probably a slip in the words of a message, a line each; nothing without one."""
    for doubt in doubts:
        out.print(f"[yellow]![/] À relire : {escape(doubt)}", soft_wrap=True)
