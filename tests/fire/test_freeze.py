"""The freeze of the audience: what the team reads and what the journal says is what lies in the outbox."""

from __future__ import annotations

from pathlib import Path

from gateway.flows.campaigning import launching
from tests.clock import ManualClock
from tests.sending.support import Person, add, installation, journal_of, newsletter


def test_a_launch_tells_the_team_and_the_journal_how_many_messages_it_froze(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with installation(database_url, clock, tmp_path) as gw:
        add(gw, *(Person(email=f"p{n}@exemple.example") for n in range(3)))
        newsletter(gw, launched=False)
        assert launching.launch(gw, "lettre", by="autrice", key="k1").messages == 3
        assert [act["messages"] for act in journal_of(gw, "campaign") if act["act"] == "launched"] == [3]
