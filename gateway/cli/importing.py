"""`gateway contacts import` and `gateway contacts look`: a file is looked at, its origin said, its columns confirmed, its effect
shown, and only then it is written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import columns, intake, session
from gateway.cli.session import OPERATOR, By, Json, answer_json, out
from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.hours import CallWindow
from gateway.flows.collecting import ConsentClaim, ImportRequest, bringing, cells
from gateway.flows.collecting.mapping import propose
from gateway.flows.collecting.table import How
from gateway.flows.gateway import Gateway
from gateway.store.origins import Origin

_READING = "How the file is read"
_EVIDENCE = "Consent, and its evidence"
_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]

File = Annotated[Path, typer.Argument(exists=True, help="CSV, TSV, xlsx, xlsm, xls or ods.")]
Kind = Annotated[OriginKind, typer.Option("--origin", help="Where the data comes from.")]
Label = Annotated[str, typer.Option(help='The origin as people will read it: "formulaire de la réunion du 3 mars".')]
CollectedOn = Annotated[datetime | None, typer.Option(formats=_DAYS, help="Day the data was collected.")]
Collector = Annotated[str | None, typer.Option(help="Who collected it.")]
Direct = Annotated[bool, typer.Option("--direct/--indirect", help="Whether people gave the data themselves.")]
Notice = Annotated[str | None, typer.Option(help="The notice people were given.")]
Class = Annotated[ContactClass, typer.Option("--class", help="What these people are.")]
Declare = Annotated[list[str] | None, typer.Option(help="Attest what a rule asks for, such as art13-form.")]
Reviewed = Annotated[str | None, typer.Option(help="You looked at what a rule holds back: why it may enter.")]
Refused = Annotated[Path | None, typer.Option(help="Write refused lines here, to correct and import again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and stop.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]

Encoding = Annotated[str | None, typer.Option(help="Such as cp1252, whatever is found.", rich_help_panel=_READING)]
Separator = Annotated[str | None, typer.Option(help="; , tab or |, whatever is found.", rich_help_panel=_READING)]
HeaderLine = Annotated[int | None, typer.Option(min=0, help="Line of the headings; 0: none.", rich_help_panel=_READING)]
Sheet = Annotated[str | None, typer.Option(help="Name or number of the sheet.", rich_help_panel=_READING)]
Hidden = Annotated[bool, typer.Option("--hidden", help="Read hidden rows and columns, too.", rich_help_panel=_READING)]
Map = Annotated[list[str] | None, typer.Option("--map", help='What a column holds: "Contact=email".', rich_help_panel=_READING)]

Form = Annotated[str | None, typer.Option(help="Form and version.", rich_help_panel=_EVIDENCE)]
Wording = Annotated[str | None, typer.Option(help="The exact sentence agreed to.", rich_help_panel=_EVIDENCE)]
Means = Annotated[str | None, typer.Option(help='How: "case à cocher", "papier"…', rich_help_panel=_EVIDENCE)]
GivenAt = Annotated[str | None, typer.Option(help="When, for lines without a date of their own.", rich_help_panel=_EVIDENCE)]
Everyone = Annotated[bool, typer.Option("--everyone", help="Each line is a person who agreed.", rich_help_panel=_EVIDENCE)]
Media = Annotated[
    list[Medium] | None,
    typer.Option("--channel", help="Channel this evidence is about, email unless said; repeatable.", rich_help_panel=_EVIDENCE),
]
CallHours = Annotated[str | None, typer.Option(help='Hours agreed to for calls: "lun-ven 18h-20h".', rich_help_panel=_EVIDENCE)]
For = Annotated[Purpose, typer.Option("--purpose", help="What they agreed to.", rich_help_panel=_EVIDENCE)]
Election = Annotated[str | None, typer.Option(help="Only for this election.", rich_help_panel=_EVIDENCE)]


def import_(
    file: File,
    kind: Kind,
    label: Label,
    collected_on: CollectedOn = None,
    collector: Collector = None,
    direct: Direct = True,
    notice: Notice = None,
    contact_class: Class = ContactClass.REGULAR,
    form: Form = None,
    wording: Wording = None,
    means: Means = None,
    given_at: GivenAt = None,
    everyone: Everyone = False,
    media: Media = None,
    call_hours: CallHours = None,
    purpose: For = Purpose.POLITICAL,
    election: Election = None,
    declare: Declare = None,
    reviewed: Reviewed = None,
    encoding: Encoding = None,
    separator: Separator = None,
    header_line: HeaderLine = None,
    sheet: Sheet = None,
    hidden: Hidden = False,
    mapped: Map = None,
    refused: Refused = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Import a file of contacts: always a dry run first. Exit 1 when a rule refuses the file."""
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("--json asks nothing: say --dry-run or --yes")
    collection = Collection.DIRECT if direct else Collection.INDIRECT
    day = collected_on.date() if collected_on else None
    origin = Origin(kind=kind, label=label, collection=collection, collected_on=day, collector=collector, notice=notice)
    with session.gateway() as gw:
        claims: tuple[ConsentClaim, ...] = ()
        if everyone or any((form, wording, means, given_at)):
            instant = cells.instant(given_at or "", gw.pack.calendar.zone)
            evidence: dict[str, Any] = {"form": form, "wording": wording, "means": means, "collector": collector}
            said = ConsentClaim(purpose=purpose, given_at=instant, election=election, everyone=everyone, **evidence)
            hours = CallWindow.parse(call_hours) if call_hours else None
            claims = tuple(
                replace(said, medium=one, hours=hours if one is Medium.CALL else None) for one in media or (Medium.EMAIL,)
            )
        request = ImportRequest(
            path=file,
            origin=origin,
            operator=by,
            contact_class=contact_class,
            claims=claims,
            how=How(encoding=encoding, separator=separator, header_line=header_line, sheet=sheet, hidden=hidden),
            mapping=columns.parsed_mapping(mapped or ()),
            declared=tuple(declare or ()),
            reviewed=reviewed,
        )
        _import(gw, request, refused=refused, ask=None if dry_run else not yes, as_json=as_json)


def look(
    file: File,
    encoding: Encoding = None,
    separator: Separator = None,
    header_line: HeaderLine = None,
    sheet: Sheet = None,
    hidden: Hidden = False,
    mapped: Map = None,
    as_json: Json = False,
) -> None:
    """What a file is, how it is read, and what its columns are proposed to hold. Stores nothing."""
    how = How(encoding=encoding, separator=separator, header_line=header_line, sheet=sheet, hidden=hidden)
    with session.gateway() as gw:
        proposal = propose(gw, file, how, columns.parsed_mapping(mapped or ()))
    if as_json:
        answer_json({"file": intake.file_json(proposal.file), "columns": columns.columns_json(proposal)})
        return
    intake.show_file(proposal.file)
    out.print()
    columns.show_columns(proposal)


def _import(gw: Gateway, request: ImportRequest, *, refused: Path | None, ask: bool | None, as_json: bool) -> None:
    """ask: whether to ask before writing; None: never write."""
    proposal = propose(gw, request.path, request.how, request.mapping)
    if not as_json:
        intake.show_file(proposal.file)
        columns.show_columns(proposal)
    report = None
    with ExitStack() as open_file:
        with intake.progress_bar(shown=not as_json) as told:
            brought = open_file.enter_context(bringing(gw, request, refused=refused, progress=told))
            plan = brought.plan(told)
        if not as_json:
            intake.show_plan(plan)
        if plan.admitted and (ask is False or (ask and typer.confirm("\nÉcrire ce lot ?", default=not plan.seen_before))):
            with intake.progress_bar(shown=not as_json) as told:
                report = brought.write(told)
    if as_json:
        shown = {"plan": intake.plan_json(plan), "columns": columns.columns_json(proposal)}
        answer_json({**shown, "report": asdict(report) if report else None})
    elif report:
        out.print()
        intake.show_report(report)
    elif plan.admitted:
        out.print("Rien n’a été écrit.")
    if not plan.admitted:
        raise typer.Exit(1)
