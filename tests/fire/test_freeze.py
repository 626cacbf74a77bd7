"""What the team reads before and at the launch is what then happens, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.domain.contact import ContactClass
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import launching, trying
from gateway.flows.listening import object_by_link
from tests.clock import ManualClock
from tests.sending.support import Person, add, digest, installation, journal_of, newsletter, run


def test_a_launch_tells_the_team_and_the_journal_how_many_messages_it_froze(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with installation(database_url, clock, tmp_path) as gw:
        add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(3)))
        newsletter(gw, launched=False)
        assert launching.launch(gw, "lettre", by="autrice", key="k1").messages == 3
        assert [act["messages"] for act in journal_of(gw, "campaign") if act["act"] == "launched"] == [3]


def test_the_dry_run_counts_each_class_as_the_gate_then_decides_it(database_url: str, clock: ManualClock, tmp_path: Path) -> None:
    situations: tuple[dict[str, Any], ...] = (
        {},
        {"consent": None},
        {"consent": "withdrawn"},
        {"evidence": False},
        {"restricted": True},
        {"contact_class": ContactClass.OCCASIONAL, "consent": None},
        {"territory": "972"},
    )
    with installation(database_url, clock, tmp_path) as gw:
        people = [Person(email=f"p{n}@exemple.example", **situations[n % len(situations)]) for n in range(30)]
        add(gw, *people)
        token = gw.keys.link_token(LinkScope.OBJECT, 0, digest(gw, people[0].email))
        object_by_link(gw, token, cause=SuppressionCause.REPLY)
        newsletter(gw, launched=False)
        tried = trying.dry_run(gw, "lettre")
        launching.launch(gw, "lettre", by="autrice", key="k1")
        run(gw)
        done = launching.status(gw, "lettre")
    assert (tried.people, tried.allowed, tried.refused) == (
        len(people),
        done.counts[MessageState.ACCEPTED],
        done.counts[MessageState.REFUSED],
    )
    by_rules = {(",".join(one.rules), one.people) for one in tried.outcomes if one.verdict == "refuse"}
    assert by_rules == {(because, count) for state, because, count in done.reasons if state is MessageState.REFUSED}
