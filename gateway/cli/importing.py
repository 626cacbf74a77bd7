"""`gateway contacts import` and `gateway contacts look`: a file is looked at, its origin said, its columns confirmed, its effect
shown, and only then it is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli import batches, columns, intake, session, wizard
from gateway.cli.asking import somebody_sits_there, step
from gateway.cli.asking import yes as yes_no
from gateway.cli.intake_json import file_json, plan_json
from gateway.cli.session import OPERATOR, By, Json, answer_json, out
from gateway.cli.wizard import OriginSaid
from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.contact import BatchState, Collection, ContactClass, OriginKind
from gateway.domain.hours import CallWindow
from gateway.flows.collecting import ConsentClaim, ImportReport, ImportRequest, bringing, cells
from gateway.flows.collecting.bringing import Brought
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import Proposal, propose, rows_at
from gateway.flows.collecting.plan import ImportPlan
from gateway.flows.collecting.reading import fingerprint_of_scan
from gateway.flows.collecting.request import Progress, silent
from gateway.flows.collecting.sheets import workbooks_kept
from gateway.flows.collecting.table import How
from gateway.flows.gateway import Gateway
from gateway.flows.informing import untold_of

_READING = "How the file is read"
EVIDENCE = "Consent, and its evidence"
_EMAIL = (Medium.EMAIL,)

File = Annotated[Path, typer.Argument(exists=True, help="CSV, TSV, xlsx, xlsm, xls or ods.")]
Kind = Annotated[OriginKind | None, typer.Option("--origin", help="Where the data comes from.")]
Label = Annotated[str | None, typer.Option(help='The origin as people will read it: "formulaire de la réunion du 3 mars".')]
CollectedOn = Annotated[datetime | None, typer.Option(formats=session.DAYS, help="Day the data was collected.")]
Collector = Annotated[str | None, typer.Option(help="Who collected it.")]
Direct = Annotated[bool | None, typer.Option("--direct/--indirect", help="Whether people gave the data themselves.")]
Notice = Annotated[str | None, typer.Option(help="The notice people were given.")]
Class = Annotated[ContactClass, typer.Option("--class", help="What these people are.")]
Declare = Annotated[list[str] | None, typer.Option(help="Attest what a rule asks for, such as art13-form.")]
Reviewed = Annotated[str | None, typer.Option(help="You looked at what a rule holds back: why it may enter.")]
RemarksRead = Annotated[
    str | None, typer.Option(help="Remarks held back were read, and none of them is a refusal: say who read them.")
]
Refused = Annotated[Path | None, typer.Option(help="Write refused lines here, to correct and import again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and stop.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]

Encoding = Annotated[str | None, typer.Option(help="Its encoding, instead of the one found: cp1252.", rich_help_panel=_READING)]
Separator = Annotated[
    str | None, typer.Option(help="What separates columns, instead of what is found: ; , tab or |.", rich_help_panel=_READING)
]
HeaderLine = Annotated[int | None, typer.Option(min=0, help="Line of the headings; 0: none.", rich_help_panel=_READING)]
Sheet = Annotated[str | None, typer.Option(help="Name or number of the sheet.", rich_help_panel=_READING)]
Hidden = Annotated[bool, typer.Option("--hidden", help="Read hidden rows and columns, too.", rich_help_panel=_READING)]
Map = Annotated[list[str] | None, typer.Option("--map", help='What a column holds: "Contact=email".', rich_help_panel=_READING)]

Form = Annotated[str | None, typer.Option(help="Form they filled in, and its version.", rich_help_panel=EVIDENCE)]
Wording = Annotated[str | None, typer.Option(help="The exact sentence agreed to.", rich_help_panel=EVIDENCE)]
Means = Annotated[str | None, typer.Option(help='How they agreed: "case à cocher", "papier"…', rich_help_panel=EVIDENCE)]
GivenAt = Annotated[
    str | None, typer.Option(help="When they agreed, for lines without a date of their own.", rich_help_panel=EVIDENCE)
]
Everyone = Annotated[bool, typer.Option("--everyone", help="Each line is a person who agreed.", rich_help_panel=EVIDENCE)]
Media = Annotated[
    list[Medium] | None,
    typer.Option("--channel", help="Channel this evidence is about; email unless said.", rich_help_panel=EVIDENCE),
]
CallHours = Annotated[str | None, typer.Option(help='Hours agreed to for calls: "lun-ven 18h-20h".', rich_help_panel=EVIDENCE)]
Scan = Annotated[
    Path | None, typer.Option(exists=True, help="Scan of the paper: its fingerprint is kept.", rich_help_panel=EVIDENCE)
]
Reference = Annotated[
    str | None, typer.Option(help='Where the paper is kept: "classeur 3, feuille 12".', rich_help_panel=EVIDENCE)
]
For = Annotated[Purpose, typer.Option("--purpose", help="What they agreed to.", rich_help_panel=EVIDENCE)]
Election = Annotated[str | None, typer.Option(help="Only for this election.", rich_help_panel=EVIDENCE)]


def import_(
    file: File,
    kind: Kind = None,
    label: Label = None,
    collected_on: CollectedOn = None,
    collector: Collector = None,
    direct: Direct = None,
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
    scan: Scan = None,
    reference: Reference = None,
    declare: Declare = None,
    reviewed: Reviewed = None,
    remarks_read: RemarksRead = None,
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
    """Import a file of contacts: always a dry run first. What is not said is asked, at a terminal. Exit 1 when a rule refuses."""
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("--json ne pose pas de question : ajoutez --dry-run ou --yes")
    asking = somebody_sits_there() and not (as_json or yes)
    known = OriginSaid(
        kind=kind,
        label=label,
        collection=None if direct is None else Collection.DIRECT if direct else Collection.INDIRECT,
        collected_on=collected_on.date() if collected_on else None,
        collector=collector,
        notice=notice,
        declared=tuple(declare or ()),
    )
    with session.gateway() as gw, workbooks_kept():
        proof: dict[str, Any] = {"form": form, "wording": wording, "means": means, "collector": collector}
        proof |= {"given_at": cells.instant(given_at or "", gw.pack.calendar.zone)} | _of_paper(scan, reference)
        claim = ConsentClaim(purpose=purpose, election=election, everyone=everyone, **proof)
        how = How(encoding=encoding, separator=separator, header_line=header_line, sheet=sheet, hidden=hidden)
        draft = _Draft(file, how, columns.parsed_mapping(mapped or ()), known, _declared(claim, media or _EMAIL, call_hours))
        draft, proposal = _completed(gw, draft) if asking else _as_said(gw, draft, quiet=as_json)
        request = replace(draft.request(by), contact_class=contact_class, reviewed=reviewed, remarks_read=remarks_read)
        if as_json:
            _answer(gw, request, proposal, refused=refused, write=yes)
        else:
            _carry_out(gw, request, refused=refused, ask=None if dry_run else not yes, asking=asking)


def _of_paper(scan: Path | None, reference: str | None) -> dict[str, str | None]:
    """The evidence of the papers that a list was typed from. Raises InvalidInput for an empty scan."""
    return {"scan_sha256": fingerprint_of_scan(scan), "scan_reference": reference}


def _declared(claim: ConsentClaim, media: Sequence[Medium], hours: str | None) -> tuple[ConsentClaim, ...]:
    """What is declared of each channel; nothing, where no evidence is given."""
    told = (claim.form, claim.wording, claim.means, claim.given_at, claim.scan_sha256, claim.scan_reference)
    if not (claim.everyone or any(told)):
        return ()
    return tuple(_about(claim, one, hours) for one in media)


def _about(claim: ConsentClaim, medium: Medium, hours: str | None) -> ConsentClaim:
    """The same evidence, about one channel; hours are those of calls."""
    window = CallWindow.parse(hours) if hours and medium is Medium.CALL else None
    return replace(claim, medium=medium, hours=window)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is said of an import: by options, then by whoever is asked."""

    file: Path
    how: How
    mapping: dict[str, Field | None]
    origin: OriginSaid
    claims: tuple[ConsentClaim, ...]

    def request(self, operator: str) -> ImportRequest:
        """What is to be done. Raises BadParameter while the origin is not said."""
        return ImportRequest(
            path=self.file,
            origin=self.origin.origin(),
            operator=operator,
            claims=self.claims,
            how=self.how,
            mapping=self.mapping,
            declared=self.origin.declared,
        )


def _completed(gw: Gateway, draft: _Draft) -> tuple[_Draft, Proposal]:
    """Ask for what options do not say."""
    proposal, how = wizard.look_at_file(gw, draft.file, draft.how, draft.mapping)
    origin = wizard.say_origin(gw, draft.origin)
    mapping = wizard.say_columns(proposal, draft.mapping, gw.pack.calendar.zone)
    proposal = propose(gw, draft.file, how, mapping)
    claims = wizard.say_consent(proposal, draft.claims, origin.collector, gw.pack.calendar.zone)
    return _Draft(draft.file, how, mapping, origin, claims), proposal


def _as_said(gw: Gateway, draft: _Draft, *, quiet: bool) -> tuple[_Draft, Proposal]:
    """Take options as they are."""
    draft.origin.origin()  # what is missing is told before the file is read
    proposal = propose(gw, draft.file, draft.how, draft.mapping)
    if not quiet:
        intake.show_file(proposal.file)
        columns.show_columns(proposal, gw.pack.calendar.zone)
        columns.show_unconfirmed(proposal)
    return draft, proposal


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
        proposal, zone = propose(gw, file, how, columns.parsed_mapping(mapped or ())), gw.pack.calendar.zone
    if as_json:
        answer_json({"file": file_json(proposal.file), "columns": columns.columns_json(proposal)})
        return
    intake.show_file(proposal.file)
    out.print()
    columns.show_columns(proposal, zone)
    columns.show_unconfirmed(proposal)
    if not proposal.reachable:
        out.print(
            "[yellow]![/] Aucune colonne ne dit comment joindre les personnes. Si l’une d’elles le dit sous un autre nom : "
            '--map "Colonne=email"'
        )


def _answer(gw: Gateway, request: ImportRequest, proposal: Proposal, *, refused: Path | None, write: bool) -> None:
    """The dry run, and what was written, for programs."""
    with bringing(gw, request, refused=refused) as brought:
        plan = brought.plan()
        entering = _enters(plan)
        report = _written(brought, silent) if entering and write else None
    waiting = untold_of(gw, report.origin_id) if report else None
    shown = {"plan": plan_json(plan), "columns": columns.columns_json(proposal)}
    untold = {"people": waiting.people, "before": waiting.due_at} if waiting else None
    answer_json({**shown, "report": asdict(report) if report else None, "to_be_told": untold})
    if not entering:
        raise typer.Exit(1)


def _written(brought: Brought, told: Progress) -> ImportReport:
    """Write what was brought. Whoever presses Ctrl-C is told where that leaves the batch."""
    try:
        return brought.write(told)
    except KeyboardInterrupt as stopped:
        if (batch := brought.cut_off()) is None:
            raise KeyboardInterrupt("interrompu : rien de ce fichier n’est enregistré") from stopped
        says = (
            f"interrompu : le lot {batch.id} est enregistré en partie ; apportez de nouveau le même fichier pour le compléter,"
            f" ou retirez-le par gateway contacts undo {batch.id}"
        )
        raise KeyboardInterrupt(says) from stopped


def _carry_out(gw: Gateway, request: ImportRequest, *, refused: Path | None, ask: bool | None, asking: bool) -> None:
    """Show the dry run, then write. ask: whether to ask before writing; None: never write. asking: somebody may be asked more."""
    with ExitStack() as open_file:
        brought, plan = _tried(open_file, gw, request, refused)
        if asking:
            step(4, wizard.STEPS, "L’essai à blanc")
        lines = {line for several in plan.samples.values() for line in several}
        rows = rows_at(request.path, request.how, request.mapping, lines, gw.pack.list_words)
        intake.show_plan(plan, gw.pack.calendar.zone, rows)
        better = wizard.after_dry_run(plan, refused) if asking and ask is not None else (request, refused)
        if better != (request, refused):
            open_file.close()
            brought, plan = _tried(open_file, gw, *better)
        entering = _enters(plan)
        if asking and entering and ask:
            step(5, wizard.STEPS, "L’écriture")
        report = None
        if entering and (ask is False or (ask and yes_no("Écrire ce lot ?", default=not _stands(plan)))):
            with intake.progress_bar(shown=True) as told:
                report = _written(brought, told)
    _tell_end(gw, plan, report)
    if not entering:
        raise typer.Exit(1)


def _tried(open_file: ExitStack, gw: Gateway, request: ImportRequest, refused: Path | None) -> tuple[Brought, ImportPlan]:
    """A file, which stays open, and its dry run."""
    with intake.progress_bar(shown=True) as told:
        brought = open_file.enter_context(bringing(gw, request, refused=refused, progress=told))
        return brought, brought.plan(told)


def _enters(plan: ImportPlan) -> bool:
    """Whether the file may be written, and has a line to write."""
    return plan.admitted and bool(plan.loaded.rows)


def _stands(plan: ImportPlan) -> bool:
    """Whether the very same sheet is with us already: then nobody writes it again by pressing Enter."""
    sheet = plan.loaded.file.sheet
    return any(one.is_of(sheet) and one.state is not BatchState.UNDONE for one in plan.seen_before)


def _tell_end(gw: Gateway, plan: ImportPlan, report: ImportReport | None) -> None:
    """What was written, and who must be told of it; or that nothing was, and what to do then."""
    refused_in = escape(str(plan.refused_in)) if plan.refused_in else None
    if report:
        out.print()
        intake.show_report(report)
        batches.warn_of(gw, [one for one in (untold_of(gw, report.origin_id),) if one])
        if refused_in:
            out.print(f"Les lignes refusées sont dans {refused_in} : corrigez-les et importez ce fichier-là.")
    elif _enters(plan):
        out.print("Rien n’a été écrit.")
    else:
        kept = f" Les lignes refusées sont dans {refused_in}." if refused_in else ""
        holds = "Réglez ce qui retient ce fichier" if not plan.admitted else "Aucune ligne ne peut être prise : corrigez-les"
        out.print(f"Rien n’a été écrit.{kept} {holds}, puis relancez la commande.")
