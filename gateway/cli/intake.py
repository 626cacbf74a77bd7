"""How the dry run and the report of a file are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli import screen
from gateway.cli.file_words import described, remarks
from gateway.cli.outcome_words import cited
from gateway.cli.session import answer_table, err, out
from gateway.cli.words import counted, local_day, number
from gateway.compliance.admit import Entry
from gateway.compliance.verdict import Effect
from gateway.domain.contact import BatchState
from gateway.flows.collecting import Impact, ImportPlan, ImportReport, RefusedRow, Step
from gateway.flows.collecting import Progress as Told
from gateway.flows.collecting.consenting import THE_CHANNEL, TO_CHANNEL, Noted
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.loading import Loaded
from gateway.flows.collecting.refusals import Doubt
from gateway.flows.collecting.table import TableFile
from gateway.store.origins import Batch

_STEPS = {
    Step.EXAMINE: "Examen du fichier",
    Step.READ: "Lecture",
    Step.MATCH: "Rapprochement",
    Step.WRITE: "Écriture",
    Step.JOURNAL: "Journal",
}
_MARKS = {Effect.REFUSE: "[bold red]✗[/]", Effect.DEFER: "[yellow]?[/]", Effect.GRANT: "[green]✓[/]"}
#: Where the words of a reason stop and what to do begins.
_CLAUSE = re.compile(r"[ \u00a0\u202f][;:] ")
_COLUMNS_SHOWN, _LINES_SHOWN = 5, 3
_IMPACT = (
    ("new", "Nouveaux contacts", "new"),
    ("changed", "Déjà connus, complétés", "changed"),
    ("unchanged", "Déjà connus, rien à ajouter", None),
    ("differing", "  dont décrits autrement : ce que nous avons est gardé", None),
    ("restricted", "Déjà connus, traitement limité : laissés tels quels", "restricted"),
    ("objected", "Sur la liste d’opposition : laissés de côté", "objected"),
    ("objects", "Opposition dite par le fichier : ajoutée à la liste", "objects"),
    ("doubtful", "Adresse ou numéro qui est aussi à quelqu’un d’autre : laissés de côté", "doubtful"),
    ("partial", "Pris sans le canal auquel ils se sont opposés", "partial"),
    ("numberless", "Pris sans une adresse ou un numéro qui est aussi à quelqu’un d’autre", "numberless"),
    ("granted", "Accords consignés avec leur preuve", None),
    ("refused", "Refus consignés", None),
    ("kept_refusals", "Accords écartés : la personne a refusé ou s’est retirée", None),
    ("promoted", "Contacts occasionnels devenus réguliers par leur accord", None),
)


def will_not_leave(messages: int) -> str:
    """What became of messages that waited."""
    return counted(messages, "message en attente ne partira pas.", "messages en attente ne partiront pas.")


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Told]:
    """A bar on standard error; nothing where nobody looks."""
    bar = Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not (shown and err.is_terminal),
    )
    tasks: dict[Step, TaskID] = {}

    def told(step: Step, done: int, total: int) -> None:
        if step not in tasks:
            for earlier in tasks.values():
                bar.update(earlier, completed=1, total=1)
            tasks[step] = bar.add_task(_STEPS[step], total=total)
        bar.update(tasks[step], completed=done, total=total)

    with bar:
        yield told


def show_plan(plan: ImportPlan, zone: ZoneInfo, rows: Mapping[int, Sequence[str]] = MappingProxyType({})) -> None:
    """The dry run, for the person who decides. rows: the cells of sample lines, as they stand in the file."""
    file = plan.loaded.file
    readable = counted(plan.loaded.rows, "ligne lisible", "lignes lisibles")
    if plan.loaded.folded.lines:
        again = (
            "quelqu’un (mêmes nom, naissance et commune)" if plan.request.roll else "une adresse ou un numéro de la même personne"
        )
        readable += f", dont {counted(plan.loaded.folded.lines, 'répète', 'répètent')} {again}"
    out.print(f"[bold]Essai à blanc[/] de {escape(file.name)} (SHA-256 {file.sha256[:12]}…) : {readable}.")
    for batch in plan.seen_before:
        _show_seen(batch, file.sheet, zone)
    out.print()
    show_impact(plan.impact, plan.samples)
    show_samples(plan, rows)
    _show_objections_beside(plan.loaded)
    _show_without_proof(plan)
    _show_repaired(plan.loaded.noted)
    show_refused(plan.refused, plan.refused_samples, plan.refused_in)
    if waiting := plan.remarks_waiting:
        told = counted(
            waiting, "ligne attend, sa remarque est peut-être un refus", "lignes attendent, leur remarque est peut-être un refus"
        )
        out.print(
            f'[yellow]![/] {told}. Lues, et aucune n’en est un ? --remarks-read "qui les a lues" les prend toutes ; sinon, '
            "portez d’abord ces personnes-là sur la liste d’opposition. Les oppositions certaines sont retenues de toute façon."
        )
    _show_names(plan)
    _show_doubts(plan)
    _show_declined(plan)
    _show_hints(plan)
    _show_admission(plan)


def _show_seen(batch: Batch, sheet: str | None, zone: ZoneInfo) -> None:
    """Say of what an earlier batch was made: of this very file or sheet, or of another sheet of the same workbook."""
    which = f"lot {batch.id}{', annulé depuis' if batch.state is BatchState.UNDONE else ''}"
    when = f"le {local_day(batch.at, zone)} par {escape(batch.operator)} ({which})"
    if not batch.is_of(sheet):
        named, this = escape(batch.sheet or ""), escape(sheet or "")
        out.print(f"[dim]·[/] De ce classeur, la feuille « {named} » a été importée {when} ; celle-ci est « {this} ».")
    elif batch.sheet:
        out.print(f"[yellow]![/] La feuille « {escape(batch.sheet)} » de ce classeur a déjà été importée {when}.")
    else:
        out.print(f"[yellow]![/] Ce fichier a déjà été importé {when}.")


def show_file(file: TableFile) -> None:
    """What a file is, how it is read, what was repaired or left out."""
    out.print(f"[bold]{escape(file.name)}[/] : {escape(described(file))}.")
    for remark in remarks(file):
        out.print(f"[dim]·[/] {escape(remark)}")


def show_impact(impact: Impact, samples: Mapping[str, tuple[int, ...]] | None = None) -> None:
    """What becomes of the people of a file; lines without anybody are left out."""
    counts = asdict(impact)
    rows = []
    for name, words, standing in _IMPACT:
        if counts[name] or name == "new":
            lines = (samples or {}).get(standing, ()) if standing else ()
            rows.append(
                (words, number(counts[name]), ", ".join(map(str, lines)) + ("…" if counts[name] > len(lines) > 0 else ""))
            )
    headings = ["Ce qui arrive", "Nombre", "Lignes"] if samples is not None else ["Ce qui est arrivé", "Nombre"]
    answer_table("", headings, [row[: len(headings)] for row in rows], numbers=[1])


def show_samples(plan: ImportPlan, rows: Mapping[int, Sequence[str]]) -> None:
    """A few lines of each kind, as they stand in the file of whoever brings it."""
    columns = plan.loaded.columns
    places = sorted(columns.fields)[:_COLUMNS_SHOWN]
    told: list[list[str]] = []
    for name, words, standing in _IMPACT:
        lines = [line for line in plan.samples.get(standing or "", ()) if line in rows] if name == standing else []
        for rank, line in enumerate(lines[:_LINES_SHOWN]):
            shown = [escape(rows[line][place]) if place < len(rows[line]) else "" for place in places]
            told.append([words.partition(" :")[0] if rank == 0 else "", str(line), *shown])
    if told:
        out.print("Quelques lignes, telles qu’elles sont dans votre fichier", style="italic")
        headings = ["Ce qui arrive", "Ligne", *(escape(columns.headings[place]) for place in places)]
        out.print(screen.table(headings, told, out, numbers=[1], sections=True))


def show_refused(refused: Mapping[str, int], samples: Sequence[RefusedRow], kept: Path | None) -> None:
    """Lines that cannot be taken, with a few of each kind, and where all of them are kept."""
    if not refused:
        return
    total = sum(refused.values())
    title = counted(total, "ligne refusée", "lignes refusées")
    _show_cells(title, samples)
    if total > len(samples):
        says = {one.code: _CLAUSE.split(one.says)[0] for one in reversed(samples)}
        out.print("Par motif :" if kept else "Par motif, et toutes les lignes avec --refused FICHIER.csv :")
        for code, count in refused.items():
            out.print(f"  {number(count)} · {escape(says.get(code, code))}")
    if kept:
        out.print(f"Toutes ces lignes, à corriger, sont dans {escape(str(kept))}.", soft_wrap=True)


def _show_cells(title: str, samples: Sequence[RefusedRow | Doubt], *, says: str = "Motif") -> None:
    """A few cells, each with what is said of it."""
    rows = [(one.line, escape(one.column), escape(one.value), escape(one.says)) for one in samples]
    answer_table(title, ["Ligne", "Colonne", "Valeur", says], rows, numbers=[0])


def show_report(report: ImportReport) -> None:
    """What an import did."""
    out.print(f"[green]✓[/] Importé : lot {report.batch_id}, origine {report.origin_id}.")
    show_impact(report.impact)
    if report.cancelled:
        out.print(will_not_leave(report.cancelled))
    if report.refused:
        refused = counted(sum(report.refused.values()), "ligne n’a pas été prise", "lignes n’ont pas été prises")
        out.print(f"[yellow]![/] {refused} : voir plus haut.")


def _show_doubts(plan: ImportPlan) -> None:
    """Numbers, addresses and other cells that are not taken from lines that are, with a few of each kind."""
    if not plan.doubts:
        return
    title = counted(
        sum(plan.doubts.values()),
        "case laissée de côté (la ligne est prise sans elle)",
        "cases laissées de côté (les lignes sont prises sans elles)",
    )
    _show_cells(title, plan.doubt_samples)


def _show_declined(plan: ImportPlan) -> None:
    """Channels that words beside an address decline, with a few."""
    noted = plan.loaded.noted.declined
    if many := noted.by_code.total():
        title = counted(
            many, "opposition écrite ailleurs que là où on la note", "oppositions écrites ailleurs que là où on les note"
        )
        _show_cells(title, noted.samples, says="Ce qui en est fait")


def _show_names(plan: ImportPlan) -> None:
    """Whole names: how they are told apart, with examples, and those that nothing tells apart."""
    noted = plan.loaded.noted
    if noted.split:
        title = counted(noted.split, "nom entier séparé", "noms entiers séparés") + ", par exemple :"
        shown = [tuple(escape(part) for part in one) for one in noted.splits]
        answer_table(title, ["Dans le fichier", "Nom", "Prénom"], shown)
    if many := noted.whole.by_code.total():
        title = counted(
            many,
            "nom entier gardé tel quel (la ligne est prise, sans prénom)",
            "noms entiers gardés tels quels (les lignes sont prises, sans prénom)",
        )
        _show_cells(title, noted.whole.samples)
        if Field.FULL_NAME in plan.loaded.columns.places:
            column = escape(noted.whole.samples[0].column)
            said = f'--map "{column}=nom prénom" ou --map "{column}=prénom nom"'
            out.print(f"[dim]·[/] Si l’ordre est toujours le même, dites-le : {said}.")


def _show_hints(plan: ImportPlan) -> None:
    """Addresses that are taken, and deserve a look."""
    hints = plan.loaded.noted.hints
    if not hints.by_code:
        return
    title = counted(
        hints.by_code.total(),
        "adresse douteuse (prise comme elle est ; à vérifier)",
        "adresses douteuses (prises comme elles sont ; à vérifier)",
    )
    rows = [(one.line, escape(one.value), escape(one.says)) for one in hints.samples]
    answer_table(title, ["Ligne", "Adresse", "Pourquoi"], rows, numbers=[0])


def _show_objections_beside(loaded: Loaded) -> None:
    """Objections that are kept though nothing else of their lines, or of their holders, is."""
    if hidden := loaded.hidden_objections:
        lines = counted(
            hidden, "ligne masquée du classeur dit une opposition", "lignes masquées du classeur disent une opposition"
        )
        out.print(f"[dim]·[/] {lines} : elle est retenue. Rien d’autre n’est lu dans les lignes masquées.")
    if further := loaded.further:
        more = counted(further, "autre adresse ou numéro", "autres adresses ou numéros")
        out.print(f"[dim]·[/] {more} de qui s’oppose : sur la liste d’opposition aussi, et rien d’autre n’en est gardé.")


def _show_without_proof(plan: ImportPlan) -> None:
    """Agreements that do not count, since their evidence is not whole, and what would make it so."""
    noted = plan.loaded.noted
    proved = [claim.medium for claim in plan.request.claims]
    for medium, count in noted.without_evidence.items():
        lines = counted(count, "ligne dit", "lignes disent")
        out.print(
            f"[yellow]![/] {lines} « oui » {TO_CHANNEL[medium]} sans preuve entière (date, formulaire, phrase, moyen, "
            "qui a recueilli) : ces accords ne comptent pas."
        )
        if plan.loaded.of_days and not plan.request.claim(medium).given_at:
            told = " ou ".join(f'--map "{label}=consent_at"' for label in plan.loaded.of_days[:3])
            out.print(f"  Une colonne laissée de côté contient des jours : si ce sont ceux des accords, {told}")
        if proved and medium not in proved:
            told = " et ".join(THE_CHANNEL[one] for one in proved)
            again = " ".join(f"--channel {one}" for one in (*proved, medium))
            out.print(f"  La preuve donnée ne vaut que pour {told}. Si la phrase acceptée parle aussi de ce canal : {again}")
    if noted.without_hours:
        lines = counted(noted.without_hours, "ligne dit", "lignes disent")
        out.print(
            f"[yellow]![/] {lines} « oui » aux appels sans plage horaire lisible : ces accords ne comptent pas "
            "(voice-consent-window). Si le formulaire donnait les mêmes heures à tous : --call-hours "
            '"lun-ven 18h-20h" ; si une colonne les dit : --map "Colonne=call_hours".'
        )


def _show_repaired(noted: Noted) -> None:
    """What was completed by the only thing it can be, and is to be looked at; and postcodes of nowhere."""
    if noted.repaired_postcodes:
        lines = counted(noted.repaired_postcodes, "code postal avait perdu son zéro", "codes postaux avaient perdu leur zéro")
        out.print(f"[dim]·[/] {lines} (1000 pour 01000) : remis.")
    if noted.short_years:
        many = counted(noted.short_years, "date de naissance", "dates de naissance")
        pairs = ((escape(written), date.fromisoformat(born)) for written, born in noted.short_year_samples)
        examples = ", ".join(f"« {written} » lu {born:%d/%m/%Y}" for written, born in pairs)
        out.print(f"[dim]·[/] {many} à l’année de deux chiffres : complétée par la seule possible ({examples}). Vérifiez-les.")
    if noted.short_agreed:
        examples = ", ".join(f"« {escape(written)} » lu {day:%d/%m/%Y}" for written, day in noted.short_agreed.items())
        out.print(f"[dim]·[/] Dates d’accord à l’année de deux chiffres : jour, mois, année 20.. ({examples}). Vérifiez-les.")
    if noted.counted_agreed:
        examples = ", ".join(f"« {escape(written)} » lu {day:%d/%m/%Y}" for written, day in noted.counted_agreed.items())
        out.print(f"[dim]·[/] Dates d’accord qu’un tableur a laissées en nombres de jours ({examples}). Vérifiez-les.")
    if noted.unknown_postcodes:
        lines = counted(noted.unknown_postcodes, "code postal ne désigne", "codes postaux ne désignent")
        out.print(f"[yellow]![/] {lines} aucun territoire : la période de silence la plus large vaudra pour ces personnes.")


def _show_admission(plan: ImportPlan) -> None:
    out.print()
    for one in plan.explanations:
        out.print(f"{_MARKS.get(one.effect, '[dim]·[/]')} {cited(one)}", soft_wrap=not out.is_terminal)
    match plan.admission.entry:
        case Entry.ACCEPTED:
            out.print("[green]Ce fichier peut entrer.[/]")
        case Entry.REVIEW if plan.request.reviewed:
            out.print(f"[green]Ce fichier peut entrer[/], regardé : {escape(plan.request.reviewed)}")
        case Entry.REVIEW:
            out.print('[yellow]Quelqu’un doit regarder ce fichier avant qu’il entre[/] : --reviewed "pourquoi il peut entrer"')
        case Entry.REFUSED:
            out.print("[bold red]Ce fichier ne peut pas entrer.[/]")
            missing = sorted({name for one in plan.explanations for name in one.missing})
            if missing:
                how = " ".join(f"--declare {name}" for name in missing)
                out.print(f"Ce qui manque s’atteste, si c’est vrai : [bold]{how}[/]")
