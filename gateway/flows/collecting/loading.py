"""A file, read from end to end and set down in the staging tables of one connection. Takes no lock, writes nothing that lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from gateway.compliance.admit import Admission, admit, listening
from gateway.compliance.batch import BatchFacts
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.answers import Answers
from gateway.flows.collecting.beside import hears_by
from gateway.flows.collecting.columns import Columns, read_columns
from gateway.flows.collecting.consenting import CONSENT_TO, THE_CHANNEL, Noted
from gateway.flows.collecting.dittos import Dittos
from gateway.flows.collecting.freetext import FreeText
from gateway.flows.collecting.further import Addresses, Further, objecting_alone
from gateway.flows.collecting.headings import CHANNELS, Field, key_of
from gateway.flows.collecting.leftelsewhere import check_left_elsewhere
from gateway.flows.collecting.mapping import known_to, protecting, recalled_fields, saved_fields
from gateway.flows.collecting.noting import declined_by, tells_objection
from gateway.flows.collecting.readers import Surroundings
from gateway.flows.collecting.reading import Record, TableFile, open_table
from gateway.flows.collecting.refusals import Doubt, Refusals, RefusedRow
from gateway.flows.collecting.request import ConsentClaim, ImportRequest, Progress, Step, check_given, hash_of
from gateway.flows.collecting.rows import RowReader
from gateway.flows.collecting.sections import Legends, Sections
from gateway.flows.collecting.stopping import check_whole, may_tell
from gateway.flows.collecting.waiting import Waiting
from gateway.flows.gateway import Gateway
from gateway.store import mappings
from gateway.store.engine import Connection
from gateway.store.fileconsents import FileConsent
from gateway.store.folding import Folded, fold
from gateway.store.mappings import SavedMapping
from gateway.store.staging import SLOTS, Slot, StagedRow, Staging, set_behind, set_down

#: Rows set down at once: few enough to keep memory flat.
_ROWS_AT_ONCE = 1_000
#: Code of a doubt: a number, or an address, that two names share.
SHARED = {"email": "shared_address", "mobile": "shared_number", "landline": "shared_number"}
_SLOT_WORDS = {"email": "adresse électronique", "mobile": "mobile", "landline": "fixe"}
_COLUMN_WORDS = {
    Medium.EMAIL: "« consentement »",
    Medium.SMS: "« consentement sms »",
    Medium.CALL: "« consentement appel »",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file that stands in the staging tables."""

    file: TableFile
    columns: Columns
    saved: SavedMapping | None  #: what was said of an earlier file with these headings
    rows: int  #: lines that could be read
    hidden_objections: int  #: of those, lines that the workbook hides: only who objects is read there
    further: int  #: addresses of whoever objects beyond those that lines are taken with: they enter the list, too
    folded: Folded  #: of those, lines about a person whom an earlier line is about, or with a number that is another's
    noted: Noted
    answers: tuple[tuple[str, str], ...]  #: (heading, cell) of columns of few answers
    free_text: FreeText  #: what is said in columns of free text, and which are empty of those that headings betray
    of_days: tuple[str, ...]  #: columns left aside that hold days, where no column says when each person agreed
    slots: tuple[Slot, ...]  #: kinds of address that are read: none of an electoral roll
    media: tuple[Medium, ...]  #: channels for which the file has columns, read or not


def check_past(gw: Gateway, request: ImportRequest) -> None:
    """What is declared of a file has happened: an agreement of a day to come would outweigh a refusal that is said before it.

    Raises InvalidInput, in French.
    """
    now = gw.clock.now()
    for claim in request.claims:
        check_given(claim.given_at, now)
    if (day := request.origin.collected_on) is not None and day > now.astimezone(gw.pack.calendar.zone).date():
        raise InvalidInput(f"le jour du recueil, {day:%d/%m/%Y}, n’est pas encore passé : --collected-on")


def load(gw: Gateway, request: ImportRequest, stage: Staging, refusals: Refusals, progress: Progress) -> Loaded:
    """Set a file down. Lines that cannot be read go to `refusals`; a file that cannot be meant so raises InvalidInput."""
    progress(Step.EXAMINE, 0, 1)
    protects = protecting(gw.pack.list_words)
    with open_table(request.path, request.how, known_to(request.mapping), protects) as table, stage.reading() as tx:
        file, rest = table.file, iter(table)
        header = _header(file, rest)
        saved = mappings.find(tx, key_of(header)) if file.header_line else None
        mapping = {**saved_fields(saved), **request.mapping}
        recalled = recalled_fields(tx) if file.header_line else {}
        columns = read_columns(header, channels=() if request.roll else CHANNELS, mapping=mapping)
        tells = tells_objection(gw.pack)
        legends = Legends(tells, gw.pack.list_words)
        if not request.roll:
            check_whole(file, columns, request, legends, partial(may_tell, gw.pack.list_words, tells))
            check_left_elsewhere(tx, gw, file, legends)
        for claim in request.claims:
            _check_claim(claim, columns, {each.medium for each in request.claims})
        refusals.begin(columns.headings)
        reader = RowReader(columns, _surroundings(gw, request))
        answers = Answers(columns, gw.pack.list_words, tells, legends, recalled=recalled, everyone=request.everyone)
        dittos = Dittos(columns, gw.pack.list_words)
        sections = None if request.roll else Sections(legends)
        addresses = Addresses(columns, gw.keys)
        further, waiting = Further(addresses), Waiting(addresses)
        free_text = FreeText(columns, listening(gw.pack, gw.clock.now()))
        set_aside = partial(_set_aside, refusals, waiting)
        rows = last = 0
        for chunk in _chunks(answers.heard(dittos.read(free_text.listened(rest))), reader, set_aside, further, sections):
            set_down(tx, chunk)
            set_down(tx, further.taken())
            rows, last = rows + len(chunk), chunk[-1].line
            refusals.taken = rows
            progress(Step.READ, table.bytes_read, file.size)
        unseen = _objecting(table.unseen(), RowReader(columns, _surroundings(gw, request)), further)
        hidden, last = _set_down_hidden(tx, unseen, further, last)
        if further.count:
            set_behind(tx, last)
        if not request.roll:
            answers.check_objections(request.mapping)  # what was said of an earlier file is no answer to what this one says
        progress(Step.MATCH, 0, 1)
        folded = fold(tx)
        waiting.settle(tx, reader.noted.doubts)
    _note_shared(reader.noted, folded)
    slots = tuple(_slots(columns.places))
    return Loaded(
        file=file,
        columns=columns,
        saved=saved,
        rows=rows + hidden,
        hidden_objections=hidden,
        further=further.count,
        folded=folded,
        noted=reader.noted,
        answers=answers.told(),
        free_text=free_text,
        of_days=answers.of_days(),
        slots=() if request.roll else tuple(slot for slot in SLOTS if slot in {*slots, *further.slots}),
        media=tuple(medium for medium in Medium if any(slot.medium is medium for slot in slots)),
    )


def _note_shared(noted: Noted, folded: Folded) -> None:
    """Tell of addresses and numbers that two names share."""
    for line, slot in folded.shared:
        noted.doubts.samples.append(of_two_names(line, slot))
    for slot, lines in folded.shared_lines.items():
        noted.doubts.by_code[SHARED[slot]] += lines


def remember_mapping(tx: Connection, request: ImportRequest, loaded: Loaded, *, at: datetime) -> None:
    """Keep what was said of the columns for the next file with these headings; nothing of a file without header."""
    if request.mapping and loaded.file.header_line:
        fields = {**(loaded.saved.fields if loaded.saved else {}), **request.mapping}
        mappings.save(tx, loaded.columns.key, SavedMapping(fields=fields, operator=request.operator, at=at))


def of_two_names(line: int, slot: str) -> Doubt:
    """An address or a number that somebody with another name has, in the same file or in the store."""
    says = (
        "cette adresse est aussi celle d’une personne d’un autre prénom, à qui elle reste : l’une n’accepte pas pour l’autre"
        if slot == "email"
        else "ce numéro est aussi celui d’une personne d’un autre nom : on ne sait pas qui répond"
    )
    return Doubt(line=line, column=_SLOT_WORDS[slot], value="", code=SHARED[slot], says=says)


def admission(gw: Gateway, request: ImportRequest, loaded: Loaded) -> Admission:
    """The decision of the pack about this file as a whole."""
    agreed = [medium for medium, lines in loaded.noted.agreed.items() if lines]
    facts = BatchFacts(
        at=gw.clock.now(),
        origin=request.origin.kind,
        collection=request.origin.collection,
        contact_class=request.contact_class,
        origin_complete=request.origin.complete,
        channels=loaded.media,
        columns=loaded.columns.named(loaded.free_text.empty()),
        told=loaded.columns.told(),
        tags=tuple(sorted(loaded.noted.tags)),
        cells=loaded.answers,
        **loaded.free_text.facts(),
        consent=ConsentState.GRANTED if agreed else ConsentState.NONE,
        consent_evidence=all(_evidence_comes(request.claim(medium), loaded.columns.places) for medium in agreed),
        consent_implied=request.consent_implied,
        declared=tuple(sorted({*request.declared, *gw.settings.controller.declarations})),
    )
    return admit(facts, gw.pack)


def claims_of(gw: Gateway, request: ImportRequest, loaded: Loaded) -> list[FileConsent]:
    """What consents of this file are about, for the ledger; one for each channel of which it may speak."""
    at = gw.clock.now()
    claims: list[FileConsent] = []
    if request.roll:
        return claims
    for medium in Medium:
        said = request.claim(medium)
        if CONSENT_TO[medium] not in loaded.columns.places and not said.everyone:
            continue
        evidence = {
            "given_at": said.given_at,
            "form": said.form,
            "wording_sha256": hash_of(said.wording) if said.wording else None,
            "collector": said.collector,
            "means": said.means,
            "scan_sha256": said.scan_sha256,
            "scan_reference": said.scan_reference,
        }
        hours = str(said.hours) if said.hours else None
        claims.append(FileConsent(medium, said.purpose, said.election, at, hours, evidence))
    return claims


def _evidence_comes(claim: ConsentClaim, places: Mapping[Field, int]) -> bool:
    """Whether every element of evidence is declared, or has a column."""
    return all(
        (
            claim.form or Field.FORM in places,
            claim.wording or Field.WORDING in places,
            claim.means or Field.MEANS in places,
            claim.collector or Field.COLLECTOR in places,
            claim.given_at or Field.GIVEN_AT in places,
        )
    )


def _slots(places: Mapping[Field, int]) -> Iterator[Slot]:
    """What a file may have: a number tells only by itself whether it is a mobile or a landline."""
    numbered = any(field in places for field in (Field.MOBILE, Field.LANDLINE, Field.PHONE))
    for slot in SLOTS:
        if numbered if slot.medium is not Medium.EMAIL else Field.EMAIL in places:
            yield slot


def _header(file: TableFile, records: Iterator[Record]) -> list[str]:
    header = next(records, None)
    if header is None:
        raise InvalidInput(f"{file.name} : le fichier ne contient aucune ligne")
    return header.cells


def _check_claim(claim: ConsentClaim, columns: Columns, claimed: set[Medium]) -> None:
    """Who consented is never guessed: a column says it row by row, or whoever brings the file says that everybody did."""
    column = CONSENT_TO[claim.medium]
    has_column = column in columns.places
    if claim.everyone and has_column:
        heading = columns.heading(column)
        raise InvalidInput(
            f"la colonne « {heading} » dit qui a consenti : elle décide, ne dites pas que tout le monde a consenti"
        )
    if not claim.everyone and not has_column:
        for medium, other in CONSENT_TO.items():
            if other in columns.places and medium not in claimed:
                raise InvalidInput(
                    f"la preuve donnée vaut pour {THE_CHANNEL[claim.medium]}, et la colonne « {columns.heading(other)} » "
                    f"dit qui a accepté {THE_CHANNEL[medium]} : ajoutez --channel {medium.value}"
                )
        raise InvalidInput(
            f"une preuve de consentement est donnée pour {THE_CHANNEL[claim.medium]}, "
            "mais aucune colonne ne dit qui a consenti : nommez-la "
            f'{_COLUMN_WORDS[claim.medium]}, dites laquelle c’est (--map "Colonne={column.value}"), ou '
            "déclarez que chaque ligne est une personne qui a consenti (--everyone)"
        )


def _surroundings(gw: Gateway, request: ImportRequest) -> Surroundings:
    return Surroundings(
        keys=gw.keys,
        territory_of=gw.pack.territory_of,
        at_home=gw.pack.gazetteer.countries,
        zone=gw.pack.calendar.zone,
        now=gw.clock.now(),
        claims={} if request.roll else {medium: request.claim(medium) for medium in Medium},
        roll=request.roll,
        mailboxes=gw.pack.mailboxes,
        words=gw.pack.list_words,
        declined=declined_by(gw.pack),
        hears=hears_by(gw.pack),
        remarks_read=bool(request.remarks_read),
    )


def _objecting(records: Iterator[Record], reader: RowReader, further: Further) -> Iterator[StagedRow]:
    """What rows say of whoever objects, and nothing else of them: her addresses of the channels she declines."""
    for record in records if not reader.of_roll else ():
        row = reader.read(record)
        if isinstance(row, StagedRow) and (alone := objecting_alone(row)):
            further.add(alone, record.cells)
            yield alone


def _set_down_hidden(tx: Connection, unseen: Iterator[StagedRow], further: Further, last: int) -> tuple[int, int]:
    """Set down what hidden lines say of whoever objects; answers with how many do, and with the last line of all."""
    hidden = 0
    while chunk := list(islice(unseen, _ROWS_AT_ONCE)):
        set_down(tx, chunk)
        set_down(tx, further.taken())
        hidden, last = hidden + len(chunk), max(last, chunk[-1].line)
    return hidden, last


def _set_aside(refusals: Refusals, waiting: Waiting, row: RefusedRow, cells: Sequence[str]) -> None:
    """Keep a line that is not taken, and remember whom it is about."""
    refusals.add(row, cells)
    waiting.add(row, cells)


def _chunks(
    records: Iterator[Record],
    reader: RowReader,
    set_aside: Callable[[RefusedRow, Sequence[str]], None],
    further: Further,
    sections: Sections | None,
) -> Iterator[list[StagedRow]]:
    chunk: list[StagedRow] = []
    for record in records:
        row = reader.read(record)
        if isinstance(row, RefusedRow):
            set_aside(row, record.cells)
            if sections:
                sections.nobody(record)
            continue
        if sections:
            sections.somebody(record)
        further.add(row, record.cells)
        chunk.append(row)
        if len(chunk) >= _ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if sections:
        sections.ended()
    if chunk:
        yield chunk
