"""`gateway contacts …`: bring files in, look people up, take a file away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import intake, session
from gateway.cli.condition import condition
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_table, err, out
from gateway.cli.words import counted, local_day, said
from gateway.domain.consent import Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.flows.collecting import ConsentClaim, ImportRequest, cells, looking, plan_import, write_import
from gateway.flows.collecting.looking import Dossier
from gateway.flows.collecting.table import How
from gateway.flows.gateway import Gateway
from gateway.store.origins import Origin

contacts_app = typer.Typer(help="Contacts: import, show, list, export.", no_args_is_help=True)

_EVIDENCE = "Consent, and its evidence"
_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV file, any common separator.")]
Kind = Annotated[OriginKind, typer.Option("--origin", help="Where the data comes from.")]
Label = Annotated[str, typer.Option(help='The origin as people will read it: "formulaire de la réunion du 3 mars".')]
CollectedOn = Annotated[datetime | None, typer.Option(formats=_DAYS, help="Day the data was collected.")]
Collector = Annotated[str | None, typer.Option(help="Who collected it.")]
Direct = Annotated[bool, typer.Option("--direct/--indirect", help="Whether people gave the data themselves.")]
Notice = Annotated[str | None, typer.Option(help="The notice people were given.")]
Class = Annotated[ContactClass, typer.Option("--class", help="What these people are.")]
Classes = Annotated[list[ContactClass] | None, typer.Option("--class", help="Only these classes of contact.")]
Declare = Annotated[list[str] | None, typer.Option(help="Attest what a rule asks for, such as art13-form.")]
Reviewed = Annotated[str | None, typer.Option(help="You looked at what a rule holds back: why it may enter.")]
Encoding = Annotated[str | None, typer.Option(help="Read the file so, whatever is found.")]
Refused = Annotated[Path | None, typer.Option(help="Write refused lines here, to correct and import again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and stop.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]

Form = Annotated[str | None, typer.Option(help="Form and version.", rich_help_panel=_EVIDENCE)]
Wording = Annotated[str | None, typer.Option(help="The exact sentence agreed to.", rich_help_panel=_EVIDENCE)]
Means = Annotated[str | None, typer.Option(help='How: "case à cocher", "papier"…', rich_help_panel=_EVIDENCE)]
GivenAt = Annotated[str | None, typer.Option(help="When, for lines without a date of their own.", rich_help_panel=_EVIDENCE)]
Everyone = Annotated[bool, typer.Option("--everyone", help="Each line is a person who agreed.", rich_help_panel=_EVIDENCE)]
For = Annotated[Purpose, typer.Option("--purpose", help="What they agreed to.", rich_help_panel=_EVIDENCE)]
Election = Annotated[str | None, typer.Option(help="Only for this election.", rich_help_panel=_EVIDENCE)]


@contacts_app.command("import")
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
    purpose: For = Purpose.POLITICAL,
    election: Election = None,
    declare: Declare = None,
    reviewed: Reviewed = None,
    encoding: Encoding = None,
    refused: Refused = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Import a file of contacts: always a dry run first, then one transaction. Exit 1 when a rule refuses the file."""
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("--json asks nothing: say --dry-run or --yes")
    collection = Collection.DIRECT if direct else Collection.INDIRECT
    day = collected_on.date() if collected_on else None
    origin = Origin(kind=kind, label=label, collection=collection, collected_on=day, collector=collector, notice=notice)
    with session.gateway() as gw:
        claim = None
        if everyone or any((form, wording, means, given_at)):
            instant = cells.instant(given_at or "", gw.pack.calendar.zone)
            evidence = {"form": form, "wording": wording, "means": means, "collector": collector}
            claim = ConsentClaim(purpose=purpose, given_at=instant, election=election, everyone=everyone, **evidence)
        request = ImportRequest(
            path=file,
            origin=origin,
            operator=by,
            contact_class=contact_class,
            claim=claim,
            how=How(encoding=encoding),
            declared=tuple(declare or ()),
            reviewed=reviewed,
        )
        _import(gw, request, refused=refused, ask=None if dry_run else not yes, as_json=as_json)


def _import(gw: Gateway, request: ImportRequest, *, refused: Path | None, ask: bool | None, as_json: bool) -> None:
    """ask: whether to ask before writing; None: never write."""
    with intake.progress_bar(shown=not as_json) as told:
        plan = plan_import(gw, request, refused=refused, progress=told)
    if not as_json:
        intake.show_plan(plan)
    report = None
    if plan.admitted and (ask is False or (ask and typer.confirm("\nÉcrire ce lot ?", default=not plan.seen_before))):
        with intake.progress_bar(shown=not as_json) as told:
            report = write_import(gw, plan, refused=refused, progress=told)
    if as_json:
        answer_json({"plan": intake.plan_json(plan), "report": asdict(report) if report else None})
    elif report:
        out.print()
        intake.show_report(report)
    elif plan.admitted:
        out.print("Rien n’a été écrit.")
    if not plan.admitted:
        raise typer.Exit(1)


@contacts_app.command()
def show(address: Annotated[str, typer.Argument(help="Email address.")], as_json: Json = False) -> None:
    """Everything about one address: who holds it, where it comes from, consents with their evidence, suppressions, messages."""
    with session.gateway() as gw:
        dossier = looking.look_up(gw, address)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(asdict(dossier))
    else:
        _show(dossier, zone)
    if dossier.person is None and not dossier.suppressions:
        if not as_json:
            err.print("Cette adresse n’est ni dans le fichier de contacts, ni sur la liste d’opposition.")
        raise typer.Exit(1)


@contacts_app.command("list")
def list_(
    classes: Classes = None,
    after: Annotated[int, typer.Option(help="Begin after this contact number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """A page of contacts."""
    with session.gateway() as gw:
        lines = looking.page(gw, classes=classes or (), after=after, limit=limit)
    if as_json:
        answer_json([asdict(line) for line in lines])
        return
    rows = [
        (
            line.contact_id,
            escape(line.address),
            escape(f"{line.given_name} {line.family_name}".strip()),
            said(line.contact_class),
            escape(f"{line.postcode} {line.commune}".strip()),
            "[red]opposition[/]" if line.objected else said(line.consent),
            escape(line.origin_label),
        )
        for line in lines
    ]
    answer_table("Contacts", ["N°", "Adresse", "Nom", "Classe", "Lieu", "Accord", "Origine"], rows, numbers=[0])
    if len(lines) == limit:
        out.print(f"La suite : gateway contacts list --after {lines[-1].contact_id}")


@contacts_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV to write; it must not exist yet.")],
    classes: Classes = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write contacts to a CSV that Excel opens. The journal keeps who took it."""
    with session.gateway() as gw:
        count = looking.export(gw, file, by=by, classes=classes or ())
    if as_json:
        answer_json({"file": file, "contacts": count})
    else:
        out.print(f"✓ {counted(count, 'contact', 'contacts')} dans {escape(str(file))}. Gardez-le en lieu sûr, puis effacez-le.")


def _show(dossier: Dossier, zone: ZoneInfo) -> None:
    def day(on: date | datetime | None) -> str:
        return local_day(on, zone)

    if person := dossier.person:
        rows = [
            ("Contact", f"n° {person.contact_id}, {said(person.contact_class)}, depuis le {day(person.created_at)}"),
            ("Nom", f"{person.given_name} {person.family_name}".strip()),
            ("Naissance", day(person.birth_on)),
            ("Lieu", f"{person.postcode} {person.commune} (territoire : {person.territory})".strip()),
            ("Langue", person.language),
            ("Traitement limité", "oui" if person.restricted else ""),
            ("Étiquettes", ", ".join(dossier.tags)),
            ("Origine", f"{person.origin_label} ({person.origin_kind.value}, {said(person.collection)})"),
            ("Recueilli", f"le {day(person.collected_on)} par {person.collector or '?'}" if person.collected_on else "?"),
            (
                "Importé",
                f"le {day(person.imported_at)} par {person.imported_by}, {person.file_name}" if person.file_name else "",
            ),
        ]
        rows += [(f"Adresse ({a.medium.value})", condition(a, zone)) for a in dossier.addresses]
        answer_table("", ["", ""], [(name, escape(value.strip())) for name, value in rows if value.strip()])
    for one in dossier.suppressions:
        until = f" jusqu’au {day(one.until)}" if one.until else ""
        medium = "tous les canaux" if one.medium == "*" else one.medium
        out.print(
            f"[red]●[/] Liste d’opposition ({medium}) : {said(one.kind)}, {said(one.cause)}, depuis le {day(one.since)}{until}"
        )
    if dossier.person is None:
        return
    consents = [
        (c.medium.value, said(c.purpose), said(c.state), day(c.since), "oui" if c.evidence else "non") for c in dossier.consents
    ]
    answer_table("Consentements", ["Canal", "Pour", "État", "Depuis", "Preuve"], consents)
    if dossier.ledger:
        answer_table("Registre", ["N°", "Acte", "Le", "Preuve"], [_ledger_row(one, zone) for one in dossier.ledger], numbers=[0])
    if dossier.messages:
        sent = [
            (
                m.message_id,
                escape(m.campaign),
                m.state.value,
                escape(m.because or ""),
                f"{m.handed_at or m.due_at:%Y-%m-%d %H:%M}",
            )
            for m in dossier.messages
        ]
        answer_table("Derniers messages", ["N°", "Campagne", "État", "Règles", "Instant (UTC)"], sent, numbers=[0])


def _ledger_row(one: Mapping[str, Any], zone: ZoneInfo) -> tuple[Any, ...]:
    told = (one["form"], one["means"], one["collector"] and f"par {one['collector']}", one["wording"] and f"« {one['wording']} »")
    what = f"{said(one['act'])}, {one['medium'].value}, {said(one['purpose'])}"
    return one["id"], what, local_day(one["given_at"] or one["at"], zone), escape(" · ".join(part for part in told if part))
