"""The gate remembers verdicts by their facts until `valid_until`: on no day of a campaign would another be decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from gateway.compliance.decide import decide
from gateway.compliance.verdict import Defer, Verdict
from tests.compliance.builders import base, lawful, paris, shipped

UNDECLARED = [one for one in base("lettre")["declared"] if one not in ("no-late-polemic", "no-paid-promotion")]  # type: ignore[attr-defined]


def instants() -> Iterator[datetime]:
    """Each midnight and noon from before anything begins until all is over; each hour of the days around the first round."""
    day, last = paris("2026-09-25 00:00"), paris("2027-05-10 00:00")
    while day < last:
        close = paris("2027-04-14 00:00") <= day < paris("2027-04-20 00:00")
        yield from (day + timedelta(hours=hour) for hour in range(0, 24, 1 if close else 12))
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("situation", "changes"),
    [
        ("lettre", {}),
        ("lettre", {"declared": UNDECLARED}),
        ("lettre", {"content_flags": ["freephone_number"]}),
        ("lettre", {"nothing_afterwards": True}),
        ("lettre", {"territory": "987"}),
        ("demande", {"territory": "unknown"}),
        ("sms", {}),
        ("appel", {"hours": "lun-dim 09:00-21:00"}),
    ],
)
def test_what_is_remembered_of_a_message_is_what_would_be_decided_anew(situation: str, changes: dict[str, object]) -> None:
    remembered, spells = None, 0
    for at in instants():
        fresh = decide(lawful(at, situation, **changes), shipped())
        if remembered is None or (remembered.valid_until is not None and remembered.valid_until <= at):
            remembered, spells = fresh, spells + 1
        assert said(fresh) == said(remembered), at
        assert fresh.valid_until is None or fresh.valid_until > at, (
            "a verdict that is over as it is given is asked for again and again"
        )
    assert spells > 3


def said(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict comes to, and all that was found."""
    until = verdict.until if isinstance(verdict, Defer) else None
    return verdict.name, verdict.rules, until, [(finding.rule, finding.effect) for finding in verdict.findings]
