"""The opposition list, as the team sees it: bring an existing one in, count it, lift what is only technical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from gateway.audit.entry import EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.receipt import Evidence
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows.collecting.headings import is_ours, labels
from gateway.flows.collecting.ledger import object_staged
from gateway.flows.collecting.likeness import channel_of
from gateway.flows.collecting.opposition import OppositionReader, address_columns
from gateway.flows.collecting.reading import How, open_table
from gateway.flows.collecting.refusals import Refusals, RefusedRow, refusals_to
from gateway.flows.collecting.request import Progress, Step, silent
from gateway.flows.collecting.results import check_calculated
from gateway.flows.collecting.write import crossing_nobody
from gateway.flows.gateway import Gateway
from gateway.store import conditions, journal, matching, opposition, suppressions
from gateway.store.engine import Connection, begin, reading
from gateway.store.folding import fold
from gateway.store.staging import (
    SLOTS,
    Part,
    Slot,
    StagedRow,
    Staging,
    clear_part,
    expect_many,
    parts,
    set_down,
    staging,
)
from gateway.store.suppressions import Delays, Suppression

_ROWS_AT_ONCE = 1_000
_SHEETS_SHOWN = 10


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

        def match(part: Part, tx: Connection) -> None:
            expect_many(tx, found.rows)
            clear_part(tx)
            matching.match(tx, part, found.slots, assign=False)

        def write(part: Part, tx: Connection) -> tuple[int, int]:
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
    digests = gw.keys.digests_of(address)
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        if any(suppressions.present(tx, [digest], medium, at) for medium, digest in digests.items()):
            raise Conflict("cette personne s’est opposée à nos messages : une opposition ne se lève pas (optout-effect)")
        lifted = [_lift(tx, digest, medium, Evidence(at=at, reply=why), by=by) for medium, digest in digests.items()]
        if not sum(lifted):
            raise NotFound("cette adresse n’est pas sur la liste, et rien ne la retient")
    return sum(lifted)


def _lift(tx: Connection, digest: bytes, medium: Medium, shown: Evidence, *, by: str) -> int:
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
    filled, aside = set[str](), set[int]()
    path, sheet = (source.path, source.name) if isinstance(source, Sheet) else (source, None)
    how = How(hidden=True, sheet=sheet)  # whoever objected stays protected, seen or not
    with open_table(path, how, lambda heading: channel_of(heading) is not None) as table, stage.reading() as tx:
        seen = [one.name for one in table.file.sheets if one.chosen or not one.hidden]
        if sheet is None and len(seen) > 1:
            named = ", ".join(f"« {name} »" for name in seen[:_SHEETS_SHOWN]) + ("…" if len(seen) > _SHEETS_SHOWN else "")
            raise InvalidInput(f"{path.name} a plusieurs feuilles, {named} : dites laquelle est la liste d’opposition (--sheet)")
        check_calculated(table.file)
        columns, lines = address_columns(path.name, iter(table))
        reader = OppositionReader(gw.keys, gw.pack, columns)
        refusals.begin(columns.headings)
        rows = 0
        while records := list(islice(lines, _ROWS_AT_ONCE)):
            chunk: list[StagedRow] = []
            for record in records:
                aside |= reader.places_beside(record)
                found, unread = reader.read(record)
                for row in unread:
                    refusals.add(row, record.cells)
                for told in found:
                    rows += 1
                    filled |= told.keys()
                    chunk.append(StagedRow(rows, rows, **told))
            set_down(tx, chunk)
            refusals.taken = rows
            progress(Step.READ, table.bytes_read, table.file.size)
    names = labels(columns.headings)
    return _Found(
        table.file.sha256,
        rows,
        tuple(slot for slot in SLOTS if slot.digest in filled),
        tuple(names[place] for place in sorted(aside) if place < len(names) and not is_ours(columns.headings[place])),
    )
