"""The opposition list, as the team sees it: bring an existing one in, count it, lift what is only technical."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from gateway.audit.entry import EntryKind, entry
from gateway.domain.address import EmailAddress
from gateway.domain.addressing import match_keys
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidAddress, InvalidInput, NotFound
from gateway.domain.numbering import LineKind
from gateway.domain.phone import PLAIN, PhoneNumber, read_phone_cell
from gateway.domain.receipt import Evidence
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows.collecting.beside import Beside, beside, hears_by
from gateway.flows.collecting.consenting import NOTHING_TOLD
from gateway.flows.collecting.contents import is_email
from gateway.flows.collecting.headings import Field, is_ours, labels, plain
from gateway.flows.collecting.ledger import object_staged
from gateway.flows.collecting.likeness import channel_of, people_named
from gateway.flows.collecting.mailcells import among_words, read_email, several
from gateway.flows.collecting.objecting import is_of_others
from gateway.flows.collecting.reading import How, Record, open_table
from gateway.flows.collecting.refusals import Refusals, RefusedRow, refusals_to, shown
from gateway.flows.collecting.remarks import NONE
from gateway.flows.collecting.request import Progress, Step, silent
from gateway.flows.collecting.write import crossing_nobody
from gateway.flows.gateway import Gateway
from gateway.store import conditions, journal, matching, opposition, suppressions
from gateway.store.engine import begin, reading
from gateway.store.folding import fold
from gateway.store.staging import (
    OBJECTS,
    SLOTS,
    Part,
    Slot,
    StagedRow,
    Staging,
    Tx,
    clear_part,
    expect_many,
    parts,
    set_down,
    staging,
)
from gateway.store.suppressions import Delays, Suppression

_ROWS_AT_ONCE = 1_000
#: Rows from which the content of columns is told, and the share of their cells that must be addresses or numbers.
_ROWS_LOOKED_AT, _MOST = 300, 0.6
#: Between an address and a number of one cell.
_PARTED = re.compile(r"\s*[,;/|\n]\s*|\s+(?:et|ou|and|or|-|–|—)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReport:
    """What an opposition list came to, or would."""

    sha256: str
    addresses: int  #: different ones that could be read, numbers included
    fresh: int  #: entries the list did not have: two of a mobile, for texts and calls, and those of people's other addresses
    refused: Mapping[str, int]  #: lines that cannot be read, by reason: these people are not protected
    refused_samples: tuple[RefusedRow, ...]
    refused_in: Path | None  #: the file in which all of them stand, if any does
    aside: tuple[str, ...]  #: columns that hold addresses or numbers too, and are not read: nothing says whose they are
    cancelled: int  #: waiting messages that ended
    written: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    path: Path
    name: str  #: or number


def import_list(
    gw: Gateway,
    source: Path | Sheet,
    *,
    by: str,
    dry_run: bool = False,
    refused: Path | None = None,
    progress: Progress = silent,
) -> ListReport:
    """Put every address and number of a file on the opposition list; only digests are kept (rule suppression-hashed).

    Each column of addresses or numbers counts, be there two of a kind: « Courriel 2 » is the same person's. An address objects to
    email, a mobile to texts and calls, a landline to calls. The file is a table with columns of addresses or numbers, or has one
    of them a line. Consents of these people end, and whatever waited for them is cancelled, in the same transaction; a long list
    is written in parts, one transaction each. Raises InvalidInput for a file that holds no addresses, and for a workbook of
    several sheets when none is named: objections are for ever.
    """
    with refusals_to(refused) as refusals, staging(gw.engine) as stage:
        found = _load(gw, source, stage, refusals, progress)
        refusals.keep()
        fresh = cancelled = 0
        with stage.reading() as tx:
            folded = fold(tx).lines
            whole = parts(tx)

        def match(part: Part, tx: Tx) -> None:
            expect_many(tx, found.rows)
            clear_part(tx)
            matching.match(tx, part, found.slots, assign=False)

        def write(part: Part, tx: Tx) -> tuple[int, int]:
            matching.lock_people(tx)  # a file of people that is written meanwhile comes before this part, or after it
            at = gw.clock.now()
            match(part, tx)
            entered, ended = object_staged(tx, part, batch_id=None, at=at)
            if part.closing:
                told = {"read": found.rows, "fresh": fresh + entered, "refused": refusals.total, "cancelled": cancelled + ended}
                journal.append(tx, [entry(EntryKind.IMPORT, at, of="opposition-list", file=found.sha256, by=by, counts=told)])
            return entered, ended

        for part in whole:
            if dry_run:
                with stage.reading() as tx:
                    match(part, tx)
                    fresh += opposition.stage_objections(tx, part)
                continue
            entered, ended = crossing_nobody(stage, part, partial(write, part))
            fresh, cancelled = fresh + entered, cancelled + ended
    return ListReport(
        sha256=found.sha256,
        addresses=found.rows - folded,
        fresh=fresh,
        refused=dict(refusals.by_code.most_common()),
        refused_samples=tuple(refusals.samples),
        refused_in=refusals.kept,
        aside=found.aside,
        cancelled=cancelled,
        written=not dry_run,
    )


def list_was_imported(gw: Gateway) -> bool:
    """Whether a list of objections was ever brought in: without one, who said no to an earlier tool is not known here."""
    with reading(gw.engine) as tx:
        return suppressions.any_from(tx, SuppressionCause.IMPORTED_LIST)


def list_counts(gw: Gateway) -> list[tuple[str, str, int]]:
    """(kind, channel or *, how many) of the whole list."""
    with reading(gw.engine) as tx:
        return suppressions.counts(tx)


def list_delays(gw: Gateway) -> Delays:
    """How long objections took from their reception to their effect, over the whole list (rule optout-effect)."""
    with reading(gw.engine) as tx:
        return suppressions.delays(tx)


def list_page(gw: Gateway, *, after: int = 0, limit: int = 50) -> list[tuple[int, Suppression]]:
    """A page of the list, in order of arrival, after a sequence number. There are no names to show, only digests."""
    with reading(gw.engine) as tx:
        return suppressions.after(tx, after, limit)


def lift(gw: Gateway, address: str, *, why: str, by: str) -> int:
    """Take an address or a number off the list where it stands for a technical reason or a pause; returns how many entries went.

    A mobile is lifted for texts and for calls. Raises Conflict when the person objected to either: only she can come back, by a
    new act of her own. Raises NotFound when the address is neither on the list nor marked as dead or failing.
    """
    if not why.strip():
        raise InvalidInput("dites pourquoi : la raison est gardée au journal")
    digests = {medium: gw.keys.address_digest(medium, key) for medium, key in match_keys(address).items()}
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        if any(suppressions.present(tx, [digest], medium, at) for medium, digest in digests.items()):
            raise Conflict("cette personne s’est opposée à nos messages : une opposition ne se lève pas (optout-effect)")
        lifted = [_lift(tx, digest, medium, Evidence(at=at, reply=why), by=by) for medium, digest in digests.items()]
        if not sum(lifted):
            raise NotFound("cette adresse n’est pas sur la liste, et rien ne la retient")
    return sum(lifted)


def _lift(tx: Tx, digest: bytes, medium: Medium, shown: Evidence, *, by: str) -> int:
    gone = suppressions.lift(tx, digest, medium, (SuppressionKind.TECHNICAL, SuppressionKind.PAUSE))
    revived = conditions.lift(tx, digest, medium, shown)
    if gone or revived:
        told = entry(
            EntryKind.SUPPRESSION,
            shown.at,
            act="lifted",
            digest=digest.hex(),
            entries=gone,
            revived=revived,
            why=shown.reply,
            by=by,
        )
        journal.append(tx, [told])
    return gone + revived


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file holds."""

    sha256: str
    rows: int  #: addresses and numbers that could be read
    slots: tuple[Slot, ...]  #: where they stand
    aside: tuple[str, ...]


def _load(gw: Gateway, source: Path | Sheet, stage: Staging, refusals: Refusals, progress: Progress) -> _Found:
    progress(Step.EXAMINE, 0, 1)
    rows, filled, aside = 0, set[str](), set[int]()
    path, sheet = (source.path, source.name) if isinstance(source, Sheet) else (source, None)
    how = How(hidden=True, sheet=sheet)  # whoever objected stays protected, seen or not
    with open_table(path, how, lambda heading: channel_of(heading) is not None) as table, stage.reading() as tx:
        seen = [one.name for one in table.file.sheets if one.chosen or not one.hidden]
        if sheet is None and len(seen) > 1:
            named = ", ".join(f"« {name} »" for name in seen)
            raise InvalidInput(f"{path.name} a plusieurs feuilles, {named} : dites laquelle est la liste d’opposition (--sheet)")
        headings, columns, lines = _address_columns(path, iter(table))
        refusals.begin(headings)
        read = {place for _, place, _ in columns}
        chunk: list[StagedRow] = []
        for record in lines:
            aside |= {place for place, cell in enumerate(record.cells) if place not in read and _may_be_reached_at(cell)}
            found, unread = _read(gw, record, columns)
            for row in unread:
                refusals.add(row, record.cells)
            for told in found:
                rows += 1
                filled |= told.keys()
                chunk.append(StagedRow(rows, rows, **told))
            if len(chunk) >= _ROWS_AT_ONCE:
                set_down(tx, chunk)
                chunk.clear()
                progress(Step.READ, table.bytes_read, table.file.size)
        set_down(tx, chunk)
    names = labels(headings)
    return _Found(
        table.file.sha256,
        rows,
        tuple(slot for slot in SLOTS if slot.digest in filled),
        tuple(names[place] for place in sorted(aside) if place < len(names) and not is_ours(headings[place])),
    )


def _may_be_reached_at(cell: str) -> bool:
    return "@" in cell or PLAIN.fullmatch(cell.strip()) is not None


def _address_columns(
    path: Path, records: Iterator[Record]
) -> tuple[Sequence[str], tuple[tuple[str, int, bool], ...], Iterator[Record]]:
    """Headings; (heading, place, whether of numbers) of each column that holds addresses or numbers; and the records that
    follow: a list without header begins with one of them at once. Raises InvalidInput where no column holds any."""
    first = next(records, None)
    if first is not None and first.line == 0:  # the table has no header: what was said are letters of ours
        first = next(records, None)
    if first is None:
        raise InvalidInput(f"{path.name} : le fichier ne contient aucune ligne")
    bare = [("email", place, False) for place, cell in enumerate(first.cells) if "@" in cell]
    bare += [
        ("numéro", place, True) for place, cell in enumerate(first.cells) if "@" not in cell and read_phone_cell(cell).numbers
    ]
    if bare:
        named = {place: heading for heading, place, _ in bare}
        return [named.get(rank, f"colonne {rank + 1}") for rank in range(len(first.cells))], tuple(bare), chain([first], records)
    meant = {place: field for place, heading in enumerate(first.cells) if (field := channel_of(heading))}
    if not meant:
        beginning = list(islice(records, _ROWS_LOOKED_AT))
        meant, records = _by_content(first.cells, beginning), chain(beginning, records)
    if not meant:
        told = ", ".join(f"« {heading} »" for heading in first.cells[:12] if heading)
        raise InvalidInput(
            f"{path.name} : aucune colonne d’adresses électroniques ni de numéros de téléphone parmi {told or 'les colonnes'} ; "
            "appelez-la « courriel » ou « téléphone », et recommencez"
        )
    headings = [" ".join(heading.split()) for heading in first.cells]
    return headings, tuple((headings[place], place, field is not Field.EMAIL) for place, field in meant.items()), records


def _by_content(headings: Sequence[str], rows: Sequence[Record]) -> dict[int, Field]:
    """Columns whose cells are addresses or numbers, where no heading is known: « Contact »; a no needs no guess."""
    found: dict[int, Field] = {}
    for place, heading in enumerate(headings):
        filled = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place].strip()]
        reached = sum(is_email(cell) or bool(read_phone_cell(cell).numbers) for cell in filled)
        if filled and reached >= _MOST * len(filled) and not (people_named(heading) or is_of_others(plain(heading))):
            found[place] = Field.EMAIL
    return found


def _read(gw: Gateway, record: Record, columns: Sequence[tuple[str, int, bool]]) -> tuple[list[dict[str, Any]], list[RefusedRow]]:
    """Every address and number of a line, each for itself: of two of a kind none stands in for the other; and what is none."""
    found: list[dict[str, Any]] = []
    unread: list[RefusedRow] = []
    cells = [(heading, record.cells[place] if place < len(record.cells) else "", numbers) for heading, place, numbers in columns]
    for heading, cell, numbers in [one for one in cells if one[1].strip()] or cells[:1]:
        # A list that people write by hand has an address on one line and a number on the next: each cell says what it is.
        if cell.strip() and "@" not in cell and ((read := read_phone_cell(cell)).numbers or numbers):
            found += [_number(gw, one) for one in read.numbers]
            unread += [
                RefusedRow(line=record.line, column=heading, value=shown(one.text or cell), code=one.code, says=one.says)
                for one in read.refused
            ]
            continue
        try:
            address = _objecting(gw, cell) or read_email(cell)
        except InvalidAddress as fault:
            if hers := several(cell):  # which one is hers is not guessed; her no holds for each
                found += [_email(gw, one) for one in hers]
                continue
            if both := _of_both_kinds(gw, cell):
                found += both
                continue
            unread.append(RefusedRow(line=record.line, column=heading, value=shown(cell), code=fault.code, says=str(fault)))
        else:
            found.append(_email(gw, address))
    if found:  # words where a number was not given protect nobody less
        unread = [one for one in unread if one.code != "no_number"]
    return found, unread


def _of_both_kinds(gw: Gateway, cell: str) -> list[dict[str, Any]]:
    """Addresses and numbers of a cell that holds nothing else but what parts them: « jean@… / 06 12 … »; none of any other."""
    found: list[dict[str, Any]] = []
    for piece in filter(str.strip, _PARTED.split(cell)):
        read = read_phone_cell(piece)
        if "@" not in piece and read.numbers and not (read.rest or read.refused):
            found += [_number(gw, one) for one in read.numbers]
            continue
        try:
            found.append(_email(gw, read_email(piece)))
        except InvalidAddress:
            return []
    return found


def _objecting(gw: Gateway, cell: str) -> EmailAddress | None:
    """The address in a cell whose other words may be an objection: « jean@… STOP ». No other words are cut off an address."""
    address = among_words(cell) if " " in cell.strip() else None
    if address is None:
        return None
    said = Beside(gw.pack.list_words, hears_by(gw.pack)).restricts(beside(cell, str(address)), NOTHING_TOLD, number=False)
    return None if said == NONE else address


def _email(gw: Gateway, address: EmailAddress) -> dict[str, Any]:
    return {"email_digest": gw.keys.address_digest(Medium.EMAIL, address.match_key), "act_email": OBJECTS}


def _number(gw: Gateway, number: PhoneNumber) -> dict[str, Any]:
    """A number that objects: to calls, and to texts unless it is one that takes none."""
    call = gw.keys.address_digest(Medium.CALL, number.match_key)
    if number.kind is LineKind.LANDLINE:
        return {"landline_digest": call, "act_call": OBJECTS}
    sms = gw.keys.address_digest(Medium.SMS, number.match_key)
    return {"sms_digest": sms, "call_digest": call, "act_sms": OBJECTS, "act_call": OBJECTS}
