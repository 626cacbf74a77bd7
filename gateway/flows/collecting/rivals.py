"""Which of several columns that claim the same thing is hers, of whom the line is: the others are put aside, and shown so."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from gateway.flows.collecting.headings import CHANNELS, CONSENTS, SEVERAL, Field, plain
from gateway.flows.collecting.likeness import is_at_work, is_of_payer, people_named
from gateway.flows.collecting.objecting import channels_named
from gateway.flows.collecting.proposed import ColumnProposal, Sureness, put_aside, replaced

_NUMBERED = re.compile(r"(?P<name>.*?\D)(?P<number>\d)")


def with_clashes(found: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Two columns for one field: the one somebody spoke of wins, then the known heading over a mere likeness; equals clash.

    Who objected may stand in several.
    """
    rank = {sureness: place for place, sureness in enumerate(Sureness)}
    settled = []
    found = _about_messages(_not_at_work(_of_whom_is_written_to(found)))
    for one in found:
        rivals = [other for other in found if other is not one and other.field is one.field not in (None, Field.REMARK, *SEVERAL)]
        best = min((_strength(other.sureness, rank) for other in rivals), default=len(rank))
        own = _strength(one.sureness, rank)
        if not rivals or own < best:
            settled.append(one)
        elif own > best:
            settled.append(put_aside(one))
        elif one.sureness is Sureness.LIKELY and (first := _first_of_numbered(one, rivals)) is not None:
            settled.append(one if first is one else put_aside(one))
        else:
            equals = tuple(other.label for other in rivals if _strength(other.sureness, rank) == own)
            settled.append(replaced(one, clashes=equals))
    return settled


def _first_of_numbered(one: ColumnProposal, rivals: Sequence[ColumnProposal]) -> ColumnProposal | None:
    """Of « email1 », « email2 » the first: a line has one address of a kind. None where more than a number parts them."""
    told = [(_NUMBERED.fullmatch(each.label.strip()), each) for each in (one, *rivals)]
    numbered = {int(found["number"]): each for found, each in told if found}
    same = {found["name"].casefold() for found, _ in told if found}
    return numbered[min(numbered)] if len(same) == 1 and len(numbered) == len(told) else None


def _of_whom_is_written_to(found: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Where names and addresses are those of two people (« adhérent », « payeur »), the ones of whom the email address is.

    Of two addresses it is not that of who paid: a line is about whoever takes part, and what she agreed to stands in it.
    """
    emails = [one for one in found if one.field is Field.EMAIL]
    others = [one for one in emails if not is_of_payer(one.label)]
    if others and len(others) < len(emails):
        payers = [one for one in emails if one not in others and one.sureness is Sureness.LIKELY]
        found = [put_aside(one) if one in payers else one for one in found]
    hers = [people_named(one.label) for one in found if one.field is Field.EMAIL]
    if len(hers) != 1:
        return list(found)
    guesses = [one for one in found if one.sureness is Sureness.LIKELY]
    kept = {one.field for one in guesses if people_named(one.label) == hers[0] or not (hers[0] or is_of_payer(one.label))}
    return [put_aside(one) if one in guesses and _is_of_another(one, hers[0], kept) else one for one in found]


def _not_at_work(found: Sequence[ColumnProposal]) -> Sequence[ColumnProposal]:
    """Where one of two addresses of a kind is that of her work, the other: « Tél. professionnel », « Tél. personnel »."""
    guesses = [one for one in found if one.field in CHANNELS and one.sureness is Sureness.LIKELY]
    elsewhere = {one.field for one in guesses if not is_at_work(one.label)}
    return [put_aside(one) if one in guesses and one.field in elsewhere and is_at_work(one.label) else one for one in found]


def _about_messages(found: Sequence[ColumnProposal]) -> Sequence[ColumnProposal]:
    """Of two agreements the one that names what is agreed to: « Newsletter », beside « Consentement RGPD » to a page of rules."""
    guesses = [one for one in found if one.field in CONSENTS and one.sureness is Sureness.LIKELY]
    named = [one for one in guesses if channels_named(plain(one.label))]
    fields = {one.field for one in named}
    return [put_aside(one) if one in guesses and one not in named and one.field in fields else one for one in found]


def _is_of_another(one: ColumnProposal, hers: frozenset[str], kept: Collection[Field | None]) -> bool:
    """Whether a column is about somebody else than whose email address is taken. kept: what is known of her."""
    named = people_named(one.label)
    if is_of_payer(one.label) and hers and named != hers:
        return True
    if one.field in CHANNELS and hers and named and named.isdisjoint(hers):  # « Portable du participant » beside « Email payeur »
        return True
    return one.field in kept and bool(named) and (named != hers if hers else is_of_payer(one.label))


def _strength(sureness: Sureness, rank: Mapping[Sureness, int]) -> int:
    return rank[Sureness.SAID] if sureness is Sureness.SAVED else rank[sureness]
