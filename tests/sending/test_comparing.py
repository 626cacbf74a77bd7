"""What other rules would change is looked for in every campaign whose messages wait, however many there are."""

from __future__ import annotations

from gateway.flows.comparing import compare
from tests.sending.support import Person, add, newsletter


def test_no_campaign_is_left_out_of_the_comparison(gw):
    add(gw, Person(email="anne@exemple.example"))
    for number in range(101):
        newsletter(gw, f"lettre-{number}", launched=False)
    found = compare(gw, gw.pack)
    assert set(found.campaigns) == {f"lettre-{number}" for number in range(101)} and found.difference.people == 101
