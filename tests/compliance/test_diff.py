"""What another version of the pack would change: which rules, which verdicts, how many people."""

from __future__ import annotations

import json

from gateway.compliance.diff import Change, RuleChange, diff
from gateway.compliance.pack import Pack
from tests.compliance.builders import lawful, paris, shipped


def changed(path: str, old: str, new: str) -> Pack:
    """The shipped pack, with one place of one file changed."""
    files = json.loads(shipped().text)
    assert old in files[path]
    return Pack.from_text(json.dumps({**files, path: files[path].replace(old, new, 1)}).encode())


CLASSES = [
    (lawful(sent=[2]), 700),
    (lawful(sent=[3]), 300),
    (lawful(suppression="objection"), 25),
    (lawful(first_contact=False), 1000),
]


def test_a_pack_compared_with_itself_changes_nothing() -> None:
    found = diff(shipped(), Pack.from_text(shipped().text), CLASSES)
    assert (found.rules, found.verdicts, found.people, found.people_changed) == ((), (), 2025, 0)


def test_a_stricter_cap_names_the_people_it_would_stop() -> None:
    found = diff(shipped(), changed("house/rules/house.toml", "most = 4", "most = 3"), CLASSES)
    assert found.rules == (
        RuleChange(rule="house-campaign-cap", change=Change.CHANGED, differences=(("value from 2018-05-25: most", "4", "3"),)),
    )
    (change,) = found.verdicts
    assert (change.people, change.old.name, change.new.name) == (300, "allow", "refuse")
    assert "house-campaign-cap" in change.because
    assert found.people_changed == 300


def test_an_election_that_moves_shows_in_the_instant_people_wait_for() -> None:
    later = changed(
        "law/elections/presidentielle-2027.toml", "ends_at = 2027-04-18T20:00:00+02:00", "ends_at = 2027-04-18T21:00:00+02:00"
    )
    found = diff(shipped(), later, [(lawful(paris("2027-04-17 10:00")), 5)])
    assert found.rules == ()
    (change,) = found.verdicts
    assert (change.old.name, change.new.name, change.because) == ("defer", "defer", ("silence-electronic",))


def test_a_new_duty_is_a_change_even_when_the_message_still_leaves() -> None:
    more = changed("law/rules/notices.toml", 'elements = ["origin"]', 'elements = ["origin", "rights"]')
    (change,) = diff(shipped(), more, [(lawful(first_contact=False), 40)]).verdicts
    assert (change.old.name, change.new.name, change.people) == ("allow", "allow", 40)


def test_rules_added_and_removed_are_named() -> None:
    files = json.loads(shipped().text)
    without = {path: text for path, text in files.items() if not path.startswith("house/")}
    law_only = Pack.from_text(json.dumps(without).encode())
    assert [(change.rule, change.change) for change in diff(shipped(), law_only).rules] == [
        ("email-quiet-hours", Change.REMOVED),
        ("house-campaign-cap", Change.REMOVED),
    ]
    assert {change.change for change in diff(law_only, shipped()).rules} == {Change.ADDED}


def test_a_sentence_reworded_is_told_and_stops_nobody() -> None:
    reworded = changed("law/rules/notices.toml", "pour toujours.", "pour de bon.")
    found = diff(shipped(), reworded, CLASSES)
    assert [(change.rule, [key for key, _, _ in change.differences]) for change in found.rules] == [
        ("optout-effect", ["says.fr"])
    ]
    assert found.verdicts == ()


def test_one_hour_that_changed_is_told_without_the_rest_of_the_week() -> None:
    longer = changed("law/rules/hours.toml", 'monday = ["08:00-20:00"]', 'monday = ["08:00-22:00"]')
    (change,) = diff(shipped(), longer).rules
    assert change.differences == (("value from 2018-05-25: open.monday", "08:00-20:00", "08:00-22:00"),)
