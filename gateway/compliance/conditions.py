"""Conditions on facts: a conjunction of memberships, written in TOML as `when = { consent = ["granted"], restricted = true }`.

The law says which values matter; this file says only which fields exist and what values each may have, so that a misspelt
field or value never passes for a condition that is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from gateway.compliance.batch import BatchFacts
from gateway.compliance.facts import Facts, closed_sets
from gateway.compliance.heard import HeardFacts
from gateway.compliance.kept import KeptFacts
from gateway.compliance.reading import Table
from gateway.compliance.rule import Ask, Book
from gateway.compliance.targeting import TargetingState
from gateway.domain.channel import Medium

Read = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Test:
    """One field is among some values."""

    read: Read
    among: frozenset[object]


@dataclass(frozen=True, slots=True)
class Condition:
    """Every test holds; without tests it always does."""

    tests: tuple[Test, ...] = ()

    def holds(self, facts: object) -> bool:
        """Whether every test holds for these facts."""
        for test in self.tests:  # noqa: SIM110 - a plain loop is twice as fast as all(), and the gate calls it often
            if test.read(facts) not in test.among:
                return False
        return True


#: Fields with a closed set of values, whatever the question: no two questions have a set of their own under one name.
_SETS = {name: kind for facts in (Facts, BatchFacts, KeptFacts, HeardFacts) for name, kind in closed_sets(facts).items()}
_PEOPLE = frozenset({"contact_class", "origin", "collection"})
#: Facts that a condition may test, by question.
FIELDS: dict[Ask, frozenset[str]] = {
    Ask.SEND: _PEOPLE
    | {"sender_kind", "age", "restricted", "origin_complete", "consent", "consent_evidence", "consent_scope"}
    | {"targeting", "targeting_consent", "signing_up", "suppression", "address", "first_contact", "declared", "addressed"}
    | {"nothing_afterwards"},
    Ask.ENTER: _PEOPLE | {"origin_complete", "consent", "consent_evidence", "consent_implied", "tagged", "declared", "addressed"},
    Ask.PUBLISH: frozenset({"asks_more", "offers_calls", "declared"}),
    Ask.KEEP: _PEOPLE | {"record", "answered", "informed", "extended", "agreed_after_election", "contest_known"},
    Ask.MEASURE: frozenset(),
    Ask.HEAR: frozenset({"told", "intent"}),
}
#: Fields that are computed from others: for a batch, whether it carries tags, or addresses at all.
_DERIVED: dict[str, Read] = {
    "tagged": lambda batch: bool(batch.tags),
    "offers_calls": lambda form: Medium.CALL in form.channels,
    "addressed": lambda facts: bool(getattr(facts, "channels", True)),
}


def read_condition(value: Table, name: str, asks: frozenset[Ask], book: Book) -> Condition:
    """The condition under a key; one that always holds when the key is absent. Faults are recorded."""
    table = value.optional_table(name)
    if table is None:
        return Condition()
    allowed = frozenset.intersection(*(FIELDS[ask] for ask in asks))
    tests = []
    for field in table.names():
        if field in allowed:
            tests.append(_read_test(table, field, book))
    table.done()
    if not tests:
        value.fault(name, "une condition regarde au moins un champ")
    return Condition(tuple(tests))


def _read_test(table: Table, field: str, book: Book) -> Test:
    if field == "declared":
        wanted = frozenset(table.texts(field))
        return Test(lambda facts: not wanted.isdisjoint(facts.declared), frozenset({True}))
    if field == "targeting":
        return Test(book.targeting.of, frozenset(table.choices(field, TargetingState)))
    if options := _SETS.get(field):
        return Test(attrgetter(field), frozenset(table.choices(field, options)))
    return Test(_DERIVED.get(field, attrgetter(field)), frozenset({table.flag(field)}))
