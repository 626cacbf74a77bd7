"""What other rules would change is looked for in every campaign whose messages wait, however many there are."""

from __future__ import annotations

from functools import partial

from gateway.flows.comparing import compare
from gateway.store import campaigns
from tests.sending.support import Person, add, newsletter


def test_no_campaign_is_left_out_of_the_comparison(gw, monkeypatch):
    """As of more than the hundred that are read at once."""
    monkeypatch.setattr(campaigns, "listed", partial(campaigns.listed, limit=2))
    add(gw, Person(email="anne@exemple.example"))
    for number in range(5):
        newsletter(gw, f"lettre-{number}", launched=False)
    found = compare(gw, gw.pack)
    assert set(found.campaigns) == {f"lettre-{number}" for number in range(5)} and found.difference.people == 5
