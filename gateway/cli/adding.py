"""`gateway contacts add`: one person, from the paper that she filled in."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import importing, session, wizard
from gateway.cli.asking import ask, ask_until, somebody_sits_there, yes
from gateway.cli.session import OPERATOR, By, Json, answer_json, out
from gateway.cli.words import local_day, said
from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.hours import CallWindow
from gateway.flows.collecting import cells
from gateway.flows.collecting.adding import Added, Newcomer, Paper, adding
from gateway.flows.collecting.reading import fingerprint_of_scan
from gateway.flows.consenting import ConsentScope
from gateway.flows.gateway import Gateway
from gateway.store.origins import Origin

_PERSON, _EVIDENCE = "The person", importing.EVIDENCE
_MEANS = "papier"
_WHAT = {Medium.EMAIL: "des courriels", Medium.SMS: "des SMS", Medium.CALL: "des appels automatiques"}
Email = Annotated[str, typer.Option(help="Her email address.", rich_help_panel=_PERSON)]
Phone = Annotated[str, typer.Option(help="Her number, mobile or landline.", rich_help_panel=_PERSON)]
GivenName = Annotated[str, typer.Option(help="Her given name.", rich_help_panel=_PERSON)]
Form = Annotated[str | None, typer.Option(help="Form that was filled in, and its version.", rich_help_panel=_EVIDENCE)]
Means = Annotated[str, typer.Option(help='How: "papier", "case à cocher"…', rich_help_panel=_EVIDENCE)]
GivenAt = Annotated[str | None, typer.Option(help='When: "15/03/2026 14:05", or a day.', rich_help_panel=_EVIDENCE)]
Hours = Annotated[str, typer.Option(help='Calls: the hours stated, "lun-ven 18h-20h; sam 10h-12h".', rich_help_panel=_EVIDENCE)]
For = Annotated[Purpose, typer.Option(help="What the person agreed to.", rich_help_panel=_EVIDENCE)]
FamilyName = Annotated[str, typer.Option(help="Her family name.", rich_help_panel=_PERSON)]
Postcode = Annotated[
    str, typer.Option(help="Where she lives, which tells the hours of texts and calls.", rich_help_panel=_PERSON)
]


def add(
    email: Email = "",
    phone: Phone = "",
    given_name: GivenName = "",
    family_name: FamilyName = "",
    postcode: Postcode = "",
    kind: importing.Kind = OriginKind.PAPER_FORM,
    label: importing.Label = None,
    collector: importing.Collector = None,
    direct: importing.Direct = True,
    notice: importing.Notice = None,
    contact_class: importing.Class = ContactClass.REGULAR,
    declare: importing.Declare = None,
    form: Form = None,
    wording: importing.Wording = None,
    means: Means = _MEANS,
    given_at: GivenAt = None,
    media: importing.Media = None,
    hours: Hours = "",
    purpose: For = Purpose.POLITICAL,
    election: importing.Election = None,
    scan: importing.Scan = None,
    reference: importing.Reference = None,
    sure: importing.Yes = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Add one person from the paper she filled in, with what she agreed to. What is not said is asked, at a terminal."""
    asking = somebody_sits_there() and not (as_json or sure)
    person = Newcomer(email=email, phone=phone, given_name=given_name, family_name=family_name, postcode=postcode)
    with session.gateway() as gw:
        at = cells.instant(given_at or "", gw.pack.calendar.zone)
        evidence = Evidence(given_at=at, form=form, wording=wording, collector=collector, means=means)
        evidence = replace(evidence, scan_sha256=fingerprint_of_scan(scan), scan_reference=reference)
        window = CallWindow.parse(hours) if hours else None
        channels = tuple(media or ())
        if asking:
            person, channels, evidence, window = _completed(gw, person, channels, evidence, window)
        elif form or wording or given_at:
            channels = channels or (Medium.EMAIL,)
        origin = _origin(gw, OriginKind(kind or OriginKind.PAPER_FORM), label, evidence)
        origin = replace(origin, collection=Collection.INDIRECT if direct is False else Collection.DIRECT, notice=notice)
        declared = tuple(declare or ())
        paper = Paper(
            person=person,
            origin=origin,
            scopes=tuple(
                ConsentScope(medium=one, purpose=purpose, election=election, hours=window if one is Medium.CALL else None)
                for one in channels
            ),
            evidence=evidence,
            declared=wizard.say_declared(gw, origin.kind, origin.collection, declared) if asking else declared,
            contact_class=contact_class,
            by=by,
        )
        _carry_out(gw, paper, asking=asking, as_json=as_json)


def _completed(
    gw: Gateway, person: Newcomer, channels: tuple[Medium, ...], evidence: Evidence, window: CallWindow | None
) -> tuple[Newcomer, tuple[Medium, ...], Evidence, CallWindow | None]:
    """Ask for what options do not say: who she is, by which channels she agreed, and the proof of it."""
    person = _person(person)
    channels = channels or _channels(person)
    evidence = _evidence(evidence, gw.pack.calendar.zone) if channels else evidence
    evidence = replace(evidence, collector=evidence.collector or ask("Qui a recueilli ce papier ?"))
    if window is None and Medium.CALL in channels:
        window = ask_until("À quelles heures accepte-t-elle d’être appelée ? (lun-ven 18h-20h)", CallWindow.parse)
    return person, channels, evidence, window


def _person(person: Newcomer) -> Newcomer:
    """Ask how to reach her, and her name, where nothing is said of either."""
    if not (person.email or person.phone):
        person = replace(person, email=ask("Son adresse électronique ? (Entrée : aucune)"))
        person = replace(person, phone=ask("Son numéro de téléphone ? (Entrée : aucun)"))
    if not (person.given_name or person.family_name):
        person = replace(person, given_name=ask("Son prénom ? (ou rien)"), family_name=ask("Son nom ? (ou rien)"))
    return person if person.postcode else replace(person, postcode=ask("Son code postal ? (ou rien)"))


def _channels(person: Newcomer) -> tuple[Medium, ...]:
    """Ask by which channels she agreed to hear from us, of those by which she can be reached."""
    reached = [one for one in Medium if (person.email if one is Medium.EMAIL else person.phone)]
    return tuple(one for one in reached if yes(f"A-t-elle accepté, par écrit, de recevoir {_WHAT[one]} ?", default=False))


def _evidence(known: Evidence, zone: ZoneInfo) -> Evidence:
    """Ask for the elements of the proof that options do not give (rule consent-proof)."""
    return replace(
        known,
        form=known.form or ask("Quel formulaire, quelle version ?"),
        wording=known.wording or ask("Quelle phrase exacte a-t-elle acceptée ?"),
        given_at=known.given_at or ask_until("Quel jour ? (15/03/2026)", lambda text: cells.instant(text, zone)),
    )


def _origin(gw: Gateway, kind: OriginKind, label: str | None, evidence: Evidence) -> Origin:
    """Where she comes from: the paper, of the day she filled it in."""
    day = (evidence.given_at or gw.clock.now()).astimezone(gw.pack.calendar.zone).date()
    return Origin(
        kind=kind,
        label=label or evidence.form or said(kind),
        collection=Collection.DIRECT,
        collected_on=day,
        collector=evidence.collector,
        notice=None,
    )


def _carry_out(gw: Gateway, paper: Paper, *, asking: bool, as_json: bool) -> None:
    """Look at the paper, say what deserves a look, and write."""
    with adding(gw, paper) as ready:
        if not as_json:
            for doubt in ready.doubts:
                out.print(f"[yellow]![/] {escape(doubt.value)} : {escape(doubt.says)}")
            if asking and ready.doubts and not yes("Écrire quand même ?", default=False):
                out.print("Rien n’a été écrit.")
                raise typer.Exit(1)
        added = ready.write()
    if as_json:
        answer_json(asdict(added))
    else:
        _show(gw, paper, added)


def _show(gw: Gateway, paper: Paper, added: Added) -> None:
    person = paper.person
    name = " ".join(filter(None, (person.given_name, person.family_name))) or person.email or person.phone
    entered = "était déjà dans le fichier ; ce qui manquait est complété" if added.known else "est dans le fichier"
    out.print(f"✓ {escape(name)} {entered} (lot {added.report.batch_id}).")
    for one in paper.scopes:
        hours = f", aux heures suivantes : {one.hours}" if one.hours else ""
        since = local_day(paper.evidence.given_at, gw.pack.calendar.zone) if paper.evidence.given_at else ""
        out.print(f"✓ Accord consigné pour {_WHAT[one.medium]} ({said(one.purpose)}), valable depuis le {since}{hours}.")
    if not paper.scopes:
        out.print("Aucun accord n’est consigné : aucun message de campagne ne peut partir vers elle.")
    out.print(f"Une erreur ? [bold]gateway contacts undo {added.report.batch_id}[/]")
