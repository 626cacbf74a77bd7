"""Imports, objections, withdrawals and undone imports in any order: an address that objected is never sendable again, and an undo
restores what stood before. On PostgreSQL files are written in parts of two people, by two hands."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.suppression import SuppressionCause
from gateway.flows.collecting import undo_import
from gateway.store import hands, staging, tables
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.collecting.support import BOX, at_work, consent_states, imported, people
from tests.fire.test_any_order import _databases
from tests.sending.support import digest, objects

PEOPLE = ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr")
NUMBERS = ("", "0639981234", "0639981235")
ANSWERS = ("oui", "oui", "", "non", "stop")
LINES = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(NUMBERS), st.sampled_from(ANSWERS)), min_size=1, max_size=5)


class AnyOrder(RuleBasedStateMachine):
    """A store under imports, objections and undone imports."""

    fresh_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.objected: set[str] = set()
        self.batches: list[int] = []
        self.count = 0

    @initialize()
    def begin_with_nothing(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.folder = folder
        self.gw = self.stack.enter_context(at_work(self.fresh_url(), folder / "var"))
        assert isinstance(self.gw.clock, ManualClock)
        self.clock = self.gw.clock

    @rule(lines=LINES)
    def a_file_is_brought(self, lines) -> None:
        self._bring(lines)

    @rule(lines=LINES)
    def a_file_is_brought_and_taken_back_at_once(self, lines) -> None:
        before = self._standing()
        batch = self._bring(lines)
        objected = {address for address, _, answer in lines if answer == "stop"}
        refused = {address for address, _, answer in lines if answer == "non"}
        undo_import(self.gw, batch, by="claire")
        self.batches.remove(batch)
        after = self._standing()
        for address in set(before) | set(after):
            if address not in objected | refused:
                assert after.get(address) == before.get(address), (address, before.get(address), after.get(address))

    @rule(rank=st.integers(min_value=0, max_value=20))
    def some_batch_is_taken_back(self, rank) -> None:
        if self.batches:
            undo_import(self.gw, self.batches.pop(rank % len(self.batches)), by="claire")

    @rule(address=st.sampled_from(PEOPLE))
    def somebody_objects(self, address) -> None:
        objects(self.gw, address, Medium.EMAIL, cause=SuppressionCause.ONE_CLICK)
        self.objected.add(address)

    @invariant()
    def whoever_objected_is_on_the_list_and_agrees_to_nothing_by_email(self) -> None:
        if not hasattr(self, "gw"):
            return
        with reading(self.gw.engine) as tx:
            listed = set(tx.execute(select(tables.suppression.c.digest)).scalars())
        for address in self.objected:
            assert digest(self.gw, address) in listed
            assert consent_states(self.gw).get(address) != "granted"

    def teardown(self) -> None:
        self.stack.close()

    def _bring(self, lines) -> int:
        self.count += 1
        self.clock.advance(timedelta(minutes=1))
        text = "courriel;nom;portable;consentement\n"
        text += "".join(f"{address};{address[0].upper()};{number};{answer}\n" for address, number, answer in lines)
        batch = imported(self.gw, self.folder, text + "\n" * self.count, claim=BOX).batch_id
        self.batches.append(batch)
        self.objected |= {address for address, _, answer in lines if answer == "stop"}
        return batch

    def _standing(self) -> dict[str, tuple]:
        """What counts of each person: name, addresses, consent."""
        states = consent_states(self.gw)
        a = tables.address.c
        with reading(self.gw.engine) as tx:
            held = tx.execute(select(a.contact_id, a.medium, a.value)).all()
        return {
            value: (
                row["family_name"],
                row["contact_class"],
                states.get(value),
                frozenset((medium, number) for contact, medium, number in held if contact == row["id"]),
            )
            for value, row in people(self.gw).items()
            if "@" in value
        }


@pytest.mark.parametrize(("kind", "stories"), [("sqlite", 8), ("postgresql", 3)])
def test_whoever_objected_stays_so_and_an_undo_restores_in_any_order(kind, stories, request, monkeypatch):
    monkeypatch.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 2, "sqlite": 25_000})
    monkeypatch.setattr(hands, "_SHARED_FROM", 3)

    class Here(AnyOrder):
        fresh_url = staticmethod(_databases(kind, request))

    told = settings(
        max_examples=stories,
        stateful_step_count=8,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=told)
