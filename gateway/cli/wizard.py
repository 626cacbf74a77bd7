"""The questions of an import, only those whose answer was not given: file, origin, columns, consent. Writing is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import columns, intake
from gateway.cli.asking import ask, ask_until, choose, step, yes
from gateway.cli.outcome_words import cited
from gateway.cli.session import out
from gateway.cli.words import said
from gateway.compliance.admit import Admission, Entry, admit
from gateway.compliance.batch import BatchFacts
from gateway.compliance.explain import explain_findings
from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, OriginKind
from gateway.domain.errors import InvalidInput
from gateway.domain.hours import CallWindow
from gateway.flows import suppressing
from gateway.flows.collecting import ConsentClaim, ImportPlan, ImportRequest, cells
from gateway.flows.collecting.headings import CHANNELS, Field
from gateway.flows.collecting.mapping import Proposal, propose
from gateway.flows.collecting.proposed import ColumnProposal
from gateway.flows.collecting.table import How, TableFile
from gateway.flows.gateway import Gateway
from gateway.store.origins import Origin

STEPS = 5
#: Encodings in which every byte means something: only a person can tell whether the letters are the right ones.
_UNSURE_ENCODINGS = ("cp1252", "mac_roman", "cp850")
_CHANNELS: Mapping[Medium, tuple[str, frozenset[Field], Field]] = {
    Medium.EMAIL: ("des courriels", frozenset({Field.EMAIL}), Field.CONSENT),
    Medium.SMS: ("des SMS", frozenset({Field.MOBILE, Field.PHONE}), Field.CONSENT_SMS),
    Medium.CALL: ("des appels automatiques", frozenset({Field.MOBILE, Field.PHONE, Field.LANDLINE}), Field.CONSENT_CALL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSaid:
    """What is said of the origin so far."""

    kind: OriginKind | None = None
    label: str | None = None
    collection: Collection | None = None
    collected_on: date | None = None
    collector: str | None = None
    notice: str | None = None
    declared: tuple[str, ...] = ()

    def origin(self) -> Origin:
        """The origin, when kind and label were said; whoever does not say otherwise has it from the people themselves."""
        if self.kind is None or self.label is None:
            missing = " et ".join(name for name, said in (("--origin", self.kind), ("--label", self.label)) if said is None)
            raise typer.BadParameter(f"il manque {missing} ; sans --yes ni --json, à un terminal, la commande les demande")
        return Origin(
            kind=self.kind,
            label=self.label,
            collection=self.collection or Collection.DIRECT,
            collected_on=self.collected_on,
            collector=self.collector,
            notice=self.notice,
        )


def look_at_file(gw: Gateway, path: Path, how: How, mapping: Mapping[str, Field | None]) -> tuple[Proposal, How]:
    """Step 1: what the file is; another sheet or encoding where the first guess is not the right one."""
    step(1, STEPS, "Le fichier")
    proposal = propose(gw, path, how, mapping)
    intake.show_file(proposal.file)
    if (sheet := _sheet_meant(proposal.file, how)) != proposal.file.sheet:
        how = replace(how, sheet=sheet)
        proposal = propose(gw, path, how, mapping)
        intake.show_file(proposal.file)
    if (encoding := _encoding_meant(proposal, how)) != how.encoding:
        how = replace(how, encoding=encoding)
        proposal = propose(gw, path, how, mapping)
    _ask_for_opposition_list(gw)
    return proposal, how


def _sheet_meant(file: TableFile, how: How) -> str | None:
    """Asked where another sheet than the first guess may hold the people."""
    seen = [sheet.name for sheet in file.sheets if not sheet.hidden]
    if how.sheet is not None or len(seen) < 2 or (file.sheet in seen and not _lists_elsewhere(file, seen)):
        return file.sheet
    rank = seen.index(file.sheet) + 1 if file.sheet in seen else None
    return choose("Quelle feuille ?", [(name, name) for name in seen], default=rank)


def _encoding_meant(proposal: Proposal, how: How) -> str | None:
    """Asked where it was guessed, and words of the file would tell that the guess is wrong."""
    if how.encoding is not None or proposal.file.encoding not in _UNSURE_ENCODINGS or not (words := _accented(proposal)):
        return how.encoding
    if yes(f"Ces accents sont-ils justes : {escape(', '.join(words))} ?", default=True):
        return None
    others = [one for one in _UNSURE_ENCODINGS if one != proposal.file.encoding]
    return choose("Lire le fichier comme venant de", [(one, one) for one in others])


def _ask_for_opposition_list(gw: Gateway) -> None:
    """Where none was brought in yet; ends the command of whoever has one to bring first."""
    if suppressing.list_was_imported(gw):
        return
    out.print(
        "[yellow]![/] Aucune liste d’opposition n’a encore été apportée. Si un outil précédent connaît des désinscrits, "
        "importez-les d’abord : [bold]gateway suppressions import FICHIER[/]."
    )
    if not yes("Continuer sans elle ?", default=True):
        raise typer.Exit(1)


def say_origin(gw: Gateway, known: OriginSaid) -> OriginSaid:
    """Step 2: where the data comes from, and what a rule wants attested. Ends the command for an origin that no rule accepts."""
    step(2, STEPS, "L’origine")
    options = [(one, said(one)) for one in OriginKind]
    kind = known.kind or choose("D’où viennent ces coordonnées ?", options)
    collection = known.collection
    if collection is None:
        own = yes("Les personnes ont-elles donné elles-mêmes ces coordonnées ?", default=True)
        collection = Collection.DIRECT if own else Collection.INDIRECT
    every = tuple(gw.pack.words.get("declared", {}))
    verdict = _admitted(gw, kind, collection, every)
    if verdict.entry is Entry.REFUSED:
        out.print("[bold red]Ce fichier ne peut pas entrer.[/]")
        for one in explain_findings(verdict.because, gw.pack, gw.settings.language):
            out.print(f"[bold red]✗[/] {cited(one)}", soft_wrap=not out.is_terminal)
        raise typer.Exit(1)
    label = known.label or ask_until("Comment le dire aux personnes, en quelques mots ?", _something, default=said(kind))
    today = gw.clock.now().astimezone(gw.pack.calendar.zone).date()
    day = known.collected_on or ask_until("Recueillies quel jour ? (15/03/2026)", lambda text: _past_day(text, today))
    collector = known.collector or ask_until("Par qui ?", _something)
    notice = known.notice
    if notice is None:
        notice = ask("Quelle information leur a été donnée ? (une phrase, ou rien)") or None
    declared = say_declared(gw, kind, collection, known.declared)
    return OriginSaid(
        kind=kind,
        label=label,
        collection=collection,
        collected_on=day,
        collector=collector,
        notice=notice,
        declared=declared,
    )


def say_declared(gw: Gateway, kind: OriginKind, collection: Collection, said_so: tuple[str, ...]) -> tuple[str, ...]:
    """What a rule wants attested of an origin, asked where nobody has said so: what was said, and what is said now."""
    every = tuple(gw.pack.words.get("declared", {}))
    declared = (*said_so, *gw.settings.controller.declarations)
    for wanted in every:
        without = tuple(other for other in every if other != wanted)
        if wanted in declared or _admitted(gw, kind, collection, without).entry is not Entry.REFUSED:
            continue
        words = gw.pack.words["declared"][wanted][gw.settings.language]
        if yes(f"Donnez-vous {escape(words)} ?", default=False):
            declared = (*declared, wanted)
    return declared


def say_columns(proposal: Proposal, mapping: Mapping[str, Field | None], zone: ZoneInfo) -> dict[str, Field | None]:
    """Step 3: what the columns hold; only what is not certain is asked, and anything may be corrected."""
    step(3, STEPS, "Les colonnes")
    columns.show_columns(proposal, zone)
    answers = dict(mapping)
    asked: set[Field] = set()
    for one in proposal.open:
        if one.field is None:
            continue
        if not one.clashes:
            answers[one.label] = _confirmed(one, one.field)
        elif one.field not in asked:
            asked.add(one.field)
            rivals = [one.label, *one.clashes]
            chosen = choose(f"Laquelle est « {columns.FIELDS[one.field]} » ?", [(name, name) for name in rivals], default=1)
            answers |= {name: one.field if name == chosen else None for name in rivals}
    meant = {one.label: one.field for one in proposal.columns if one.settled} | answers
    if not any(field in CHANNELS for field in meant.values()):
        out.print("[yellow]![/] Aucune colonne ne dit comment joindre les personnes.")
        label = choose("Laquelle le dit ?", [(one.label, one.label) for one in proposal.columns])
        answers[label] = choose("C’est", [(field, columns.FIELDS[field]) for field in CHANNELS], default=1)
    while label := ask("Une colonne à corriger ? (son nom, ou Entrée pour continuer)"):
        found = next((one for one in proposal.columns if one.label.casefold() == label.casefold()), None)
        if found is None:
            out.print(f"  [yellow]Aucune colonne « {escape(label)} ».[/]")
            continue
        answers[found.label] = _field_of(found)
    return answers


def say_consent(
    proposal: Proposal, claims: tuple[ConsentClaim, ...], collector: str | None, zone: ZoneInfo
) -> tuple[ConsentClaim, ...]:
    """Who agreed to what, and on what evidence (rule consent-proof); nothing is claimed without an answer."""
    if claims:
        return claims
    fields = {one.field for one in proposal.columns}
    told: list[ConsentClaim] = []
    for medium, (what, addresses, consent) in _CHANNELS.items():
        if not addresses & fields:
            continue
        if consent in fields or Field.CONSENT_CHANNELS in fields:
            out.print(f"Une colonne dit qui a accepté {what}.")
            everyone = False
        elif yes(f"Chaque personne du fichier a-t-elle accepté de recevoir {what} ?", default=False):
            everyone = True
        else:
            continue
        same = told[0] if told and yes("Sur la même preuve que ci-dessus ?", default=True) else None
        claim = replace(same, medium=medium, everyone=everyone) if same else _evidence(medium, everyone, fields, collector, zone)
        if medium is Medium.CALL and Field.CALL_HOURS not in fields:
            hours = ask_until(
                "À quelles heures ? (lun-ven 18h-20h, ou rien)", lambda text: CallWindow.parse(text) if text else None
            )
            claim = replace(claim, hours=hours)
        told.append(claim)
    return tuple(told)


def after_dry_run(plan: ImportPlan, refused: Path | None) -> tuple[ImportRequest, Path | None]:
    """What the dry run still asks for: why a file that is held back may enter, and where refused lines shall be kept."""
    request = plan.request
    if plan.admission.entry is Entry.REVIEW and not request.reviewed:
        why = ask("Vous avez regardé ces colonnes : pourquoi ce fichier peut-il entrer ? (Entrée : il n’entre pas)")
        request = replace(request, reviewed=why or None)
    if plan.remarks_waiting:
        who = ask(
            "Ces remarques sont-elles lues, sans un refus parmi elles ? Dites qui les a lues (Entrée : ces lignes attendent)"
        )
        request = replace(request, remarks_read=who or None)
    if plan.refused and refused is None and yes("Garder les lignes refusées dans un fichier, pour les corriger ?", default=True):
        beside = request.path.with_name(f"{request.path.stem}-a-corriger.csv")
        refused = Path(ask("Dans quel fichier ?", default=str(beside)))
    return request, refused


def _evidence(medium: Medium, everyone: bool, fields: set[Field | None], collector: str | None, zone: ZoneInfo) -> ConsentClaim:
    out.print(
        "Un accord se prouve : formulaire, phrase, moyen, date, qui a recueilli. Sans preuve entière, il ne peut pas entrer."
    )

    def unless(field: Field, question: str) -> str | None:
        return None if field in fields else ask_until(question, _proof)

    return ConsentClaim(
        medium=medium,
        everyone=everyone,
        form=unless(Field.FORM, "Quel formulaire, quelle version ?"),
        wording=unless(Field.WORDING, "Quelle phrase exacte ont-elles acceptée ?"),
        means=unless(Field.MEANS, "Par quel moyen ? (case à cocher, signature…)"),
        collector=collector,
        given_at=None if Field.GIVEN_AT in fields else ask_until("Quand ? (15/03/2026)", lambda text: cells.instant(text, zone)),
    )


def _lists_elsewhere(file: TableFile, seen: Sequence[str]) -> bool:
    """Whether another of the sheets that one sees lists people: « Lisez-moi » and « Statistiques » are no choice."""
    return not {name for name, _ in (*file.said, *file.shared)}.isdisjoint(seen)


def _confirmed(one: ColumnProposal, field: Field) -> Field | None:
    """What somebody says of a column that is proposed to hold a field, or whose cells contradict it."""
    doubt = "son contenu n’y ressemble pas ; la garder comme" if one.contradicted else "est-ce bien"
    question = f"« {escape(one.label)} » : {doubt} « {columns.FIELDS[field]} » ?"
    if yes(question, default=not one.contradicted):
        return field
    return _field_of(one)


def _field_of(one: ColumnProposal) -> Field | None:
    fields = list(columns.FIELDS)
    for rank, words in enumerate(columns.FIELDS.values(), start=1):
        out.print(f"  [bold]{rank:>2}[/]  {escape(words)}")

    def read(answer: str) -> Field | None:
        if answer.isdecimal() and 0 < int(answer) <= len(fields):
            return fields[int(answer) - 1]
        return columns.field_said(answer)

    return ask_until(f"Que contient « {escape(one.label)} » ? (son numéro, son nom, ou ignorer)", read, default="ignorer")


def _accented(proposal: Proposal) -> list[str]:
    """A few words of the file that an encoding may have spoilt."""
    words = [word for one in proposal.columns for cell in (one.label, *one.samples) for word in cell.split()]
    return list(dict.fromkeys(word for word in words if not word.isascii()))[:5]


def _admitted(gw: Gateway, kind: OriginKind, collection: Collection, declared: tuple[str, ...]) -> Admission:
    """Whether a file of this origin could enter, were it otherwise in order."""
    facts = BatchFacts(
        at=gw.clock.now(),
        origin=kind,
        collection=collection,
        origin_complete=True,
        channels=(Medium.EMAIL,),
        declared=tuple(sorted({*declared, *gw.settings.controller.declarations})),
    )
    return admit(facts, gw.pack)


def _proof(text: str) -> str:
    if not text:
        raise InvalidInput(
            "sans cette réponse, ces accords ne sont pas prouvés et le fichier n’entre pas ; Ctrl-C pour la chercher"
        )
    return text


def _something(text: str) -> str:
    if not text:
        raise InvalidInput("il faut quelques mots : les personnes ont le droit de le savoir")
    return text


def _past_day(text: str, today: date) -> date:
    day = cells.any_day(text)
    if day > today:
        raise InvalidInput(f"le {day:%d/%m/%Y} n’est pas encore passé")
    return day
