"""A file, read from end to end and set down in the staging tables of one connection. Takes no lock, writes nothing that lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.compliance.admit import Admission, admit
from gateway.compliance.batch import BatchFacts
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Columns, Field, key_of, read_columns
from gateway.flows.collecting.mapping import known_to, saved_fields
from gateway.flows.collecting.reading import Record, TableFile, open_table
from gateway.flows.collecting.refusals import Refusals, RefusedRow
from gateway.flows.collecting.request import ConsentClaim, ImportRequest, Progress, Step
from gateway.flows.collecting.rows import Noted, RowReader, Surroundings
from gateway.flows.gateway import Gateway
from gateway.store import mappings
from gateway.store.consents import Claim
from gateway.store.mappings import SavedMapping
from gateway.store.staging import StagedRow, Staging, Tx, fold, set_down

#: Rows set down at once: few enough to keep memory flat.
_ROWS_AT_ONCE = 1_000
#: The channel whose addresses are read.
MEDIUM = Medium.EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file that stands in the staging tables."""

    file: TableFile
    columns: Columns
    saved: SavedMapping | None  #: what was said of an earlier file with these headings
    rows: int  #: lines that could be read
    folded: int  #: of those, lines that repeat an address
    noted: Noted


def load(gw: Gateway, request: ImportRequest, stage: Staging, refusals: Refusals, progress: Progress) -> Loaded:
    """Set a file down. Lines that cannot be read go to `refusals`; a file that cannot be meant so raises InvalidInput."""
    progress(Step.EXAMINE, 0, 1)
    with open_table(request.path, request.how, known_to(request.mapping)) as table, stage.reading() as tx:
        file, rest = table.file, iter(table)
        header = _header(file, rest)
        saved = mappings.find(tx, key_of(header)) if file.header_line else None
        columns = read_columns(header, channels=(Field.EMAIL,), mapping={**saved_fields(saved), **request.mapping})
        _check_claim(request.claim, columns)
        refusals.begin(columns.headings)
        reader = RowReader(columns, _surroundings(gw, request.claim))
        rows = 0
        for chunk in _chunks(rest, reader, refusals):
            set_down(tx, chunk)
            rows += len(chunk)
            progress(Step.READ, table.bytes_read, file.size)
        progress(Step.MATCH, 0, 1)
        folded = fold(tx)
    return Loaded(file=file, columns=columns, saved=saved, rows=rows, folded=folded, noted=reader.noted)


def remember_mapping(tx: Tx, request: ImportRequest, loaded: Loaded, *, at: datetime) -> None:
    """Keep what was said of the columns for the next file with these headings; nothing of a file without header."""
    if request.mapping and loaded.file.header_line:
        fields = {**(loaded.saved.fields if loaded.saved else {}), **request.mapping}
        mappings.save(tx, loaded.columns.key, SavedMapping(fields=fields, operator=request.operator, at=at))


def admission(gw: Gateway, request: ImportRequest, loaded: Loaded) -> Admission:
    """The decision of the pack about this file as a whole."""
    claim, places = request.claim or ConsentClaim(), loaded.columns.places
    evidence = (
        claim.form or Field.FORM in places,
        claim.wording or Field.WORDING in places,
        claim.means or Field.MEANS in places,
        claim.collector or Field.COLLECTOR in places,
        claim.given_at or Field.GIVEN_AT in places,
    )
    facts = BatchFacts(
        at=gw.clock.now(),
        origin=request.origin.kind,
        collection=request.origin.collection,
        contact_class=request.contact_class,
        origin_complete=request.origin.complete,
        channels=(MEDIUM,),
        columns=loaded.columns.named(),
        tags=tuple(sorted(loaded.noted.tags)),
        consent=ConsentState.GRANTED if loaded.noted.agreed else ConsentState.NONE,
        consent_evidence=all(evidence),
        consent_implied=request.consent_implied,
        declared=tuple(sorted({*request.declared, *gw.settings.controller.declarations})),
    )
    return admit(facts, gw.pack)


def claim_of(gw: Gateway, request: ImportRequest) -> Claim:
    """What consents of this file are about, for the ledger."""
    said = request.claim or ConsentClaim()
    return Claim(MEDIUM, said.purpose, said.election, gw.clock.now())


def _header(file: TableFile, records: Iterator[Record]) -> list[str]:
    header = next(records, None)
    if header is None:
        raise InvalidInput(f"{file.path.name} : le fichier ne contient aucune ligne")
    return header.cells


def _check_claim(claim: ConsentClaim | None, columns: Columns) -> None:
    """Who consented is never guessed: a column says it row by row, or whoever brings the file says that everybody did."""
    if claim is None:
        return
    has_column = Field.CONSENT in columns.places
    if claim.everyone and has_column:
        heading = columns.heading(Field.CONSENT)
        raise InvalidInput(
            f"la colonne « {heading} » dit qui a consenti : elle décide, ne dites pas que tout le monde a consenti"
        )
    if not claim.everyone and not has_column:
        raise InvalidInput(
            "une preuve de consentement est donnée, mais aucune colonne ne dit qui a consenti : nommez-la « consentement », ou "
            "déclarez que chaque ligne est une personne qui a consenti"
        )


def _surroundings(gw: Gateway, claim: ConsentClaim | None) -> Surroundings:
    return Surroundings(
        keys=gw.keys,
        territory_of=gw.pack.territory_of,
        zone=gw.pack.calendar.zone,
        now=gw.clock.now(),
        claim=claim,
    )


def _chunks(records: Iterator[Record], reader: RowReader, refusals: Refusals) -> Iterator[list[StagedRow]]:
    chunk: list[StagedRow] = []
    for record in records:
        row = reader.read(record)
        if isinstance(row, RefusedRow):
            refusals.add(row, record.cells)
            continue
        chunk.append(row)
        if len(chunk) >= _ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
