"""What one column of a file is proposed to hold, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.flows.collecting.contents import Content
from gateway.flows.collecting.headings import AGREEING, CHANNELS, PROTECTING, Field

#: Columns that are asked about though the whole file has nothing there: what they promise protects, or reaches somebody.
_ASKED_EMPTY = (*PROTECTING, *AGREEING, *CHANNELS)


class Sureness(StrEnum):
    """How sure a proposal is."""

    SAID = "said"  #: somebody said so for this file
    SAVED = "saved"  #: somebody said so for an earlier file with the same headings
    KNOWN = "known"  #: the heading is one we know
    RECALLED = "recalled"  #: somebody said so of this heading in a file whose other headings were not these
    LIKELY = "likely"  #: the heading looks like one we know
    HINT = "hint"  #: the heading says nothing; the cells look like it
    NONE = "none"  #: neither says anything: left out


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProposal:
    """What one column is proposed to hold."""

    label: str  #: under which it is spoken of
    field: Field | None  #: None: left out, not stored
    sureness: Sureness
    content: Content
    samples: tuple[str, ...]
    contradicted: bool = False  #: the cells do not look like what the heading says
    by_no: bool = False  #: a no below the heading is what says so: « Abonné »
    clashes: tuple[str, ...] = ()  #: labels of the columns that claim the same thing

    @property
    def settled(self) -> bool:
        """Whether it is applied without anybody's word."""
        return self.sureness in (Sureness.SAID, Sureness.SAVED, Sureness.KNOWN) and not self.clashes


def replaced(one: ColumnProposal, **changes: object) -> ColumnProposal:
    """The same, with changes."""
    given = {name: getattr(one, name) for name in ColumnProposal.__slots__}
    return ColumnProposal(**{**given, **changes})


def put_aside(one: ColumnProposal) -> ColumnProposal:
    """The same, proposed for nothing."""
    return replaced(one, field=None, sureness=Sureness.NONE)


def with_nothing_to_ask(one: ColumnProposal) -> ColumnProposal:
    """The same, left out where the whole file has nothing in a column that only looks like one of ours."""
    empty = one.content is Content.EMPTY and one.sureness is Sureness.LIKELY and one.field not in _ASKED_EMPTY
    return put_aside(one) if empty else one
