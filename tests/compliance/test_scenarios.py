"""The golden tables beside the law, and the promise that every rule is shown from both sides."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.compliance.scenarios import Scenario, coverage, read_scenarios, run_scenarios
from gateway.domain.errors import InvalidPack
from tests.compliance.builders import HOUSE, LAW, shipped

TABLES = [LAW / "scenarios", HOUSE / "scenarios"]
SCENARIOS = read_scenarios(TABLES)

TABLE = """
[base.plain]
channel = "email"
message_class = "campaign"

[[scenario]]
name = "Sans accord, rien"
base = "plain"
at = 2026-12-01T10:00:00+01:00
given = { contact_class = "regular" }
expect = { verdict = "refuse" }
"""


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, str], tuple[str, ...]]:
    """What differs, by file and name."""
    return {(result.scenario.file, result.scenario.name): result.faults for result in run_scenarios(shipped(), TABLES)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"{Path(scenario.file).stem}: {scenario.name}")
def test_the_pack_answers_as_its_golden_tables_say(scenario: Scenario, results: dict[tuple[str, str], tuple[str, ...]]) -> None:
    assert results[scenario.file, scenario.name] == ()


def test_every_rule_appears_in_an_allowing_and_in_a_non_allowing_scenario() -> None:
    found = coverage(run_scenarios(shipped(), TABLES), shipped())
    assert (found.never_allowing, found.never_stopping) == ((), ())
    assert found.complete


def test_a_rule_nobody_wrote_a_scenario_for_is_named() -> None:
    found = coverage(run_scenarios(shipped(), [LAW / "scenarios"]), shipped())
    assert found.never_allowing == ("house-campaign-cap", "email-quiet-hours")
    assert found.never_stopping == ("house-campaign-cap", "email-quiet-hours")


def test_names_are_those_of_one_situation_each() -> None:
    names = [(scenario.file, scenario.name) for scenario in SCENARIOS]
    assert len(set(names)) == len(names)


def run(tmp_path: Path, old: str = "", new: str = "") -> tuple[str, ...]:
    """What differs in the small table, once changed."""
    assert old in TABLE
    path = tmp_path / "table.toml"
    path.write_text(TABLE.replace(old, new, 1) if old else TABLE, encoding="utf-8")
    (result,) = run_scenarios(shipped(), [path])
    assert result.passed == (not result.faults)
    return result.faults


HEARD = """
[[scenario]]
name = "a right"
ask = "hear"
at = 2027-03-02T10:00:00+01:00
given = { channel = "email", text = "Je demande la limitation du traitement de mes données." }
expect = { verdict = "nothing", opens = "restriction" }
"""


def test_a_scenario_says_of_which_right_a_reply_opens_a_request(tmp_path: Path) -> None:
    path = tmp_path / "heard.toml"
    for opens, faults in (("restriction", ()), ("none", ("opens: expected none, got restriction",))):
        path.write_text(HEARD.replace('"restriction"', f'"{opens}"'), encoding="utf-8")
        (result,) = run_scenarios(shipped(), [path])
        assert result.faults == faults
    path.write_text(HEARD.replace('"restriction"', '"privacy"'), encoding="utf-8")
    with pytest.raises(InvalidPack, match="« privacy » n’est pas admis ; on attend access"):
        run_scenarios(shipped(), [path])
    path.write_text(TABLE.replace('verdict = "refuse"', 'verdict = "refuse", opens = "access"', 1), encoding="utf-8")
    with pytest.raises(InvalidPack, match="seule une réponse"):
        run_scenarios(shipped(), [path])


def test_the_small_table_holds(tmp_path: Path) -> None:
    assert run(tmp_path) == ()


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ('verdict = "allow"', "verdict: expected allow, got refuse because"),
        ('verdict = "refuse", because = ["optout-effect"]', "because: expected optout-effect, got"),
        ('verdict = "refuse", shows = ["optout-effect"]', "shows: optout-effect found nothing"),
        ('verdict = "refuse", passes = ["consent-per-channel"]', "passes: consent-per-channel stops it"),
        ('verdict = "refuse", passes = ["test-to-team"]', "passes: test-to-team does not look at this"),
        ('verdict = "refuse", duties = ["origin"]', "duties: expected origin, got"),
        ('verdict = "refuse", until = 2027-01-01T00:00:00Z', "until: expected 2027-01-01T00:00:00+00:00, got none"),
    ],
)
def test_what_differs_is_said(expected: str, difference: str, tmp_path: Path) -> None:
    assert any(difference in fault for fault in run(tmp_path, 'verdict = "refuse"', expected))


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('contact_class = "regular"', 'mood = "good"', "mood: ce fait n’existe pas"),
        ('contact_class = "regular"', 'contact_class = "friend"', "contact_class: « friend » n’est pas admis"),
        ('contact_class = "regular"', "consent_evidence = 1", "consent_evidence: « 1 » n’est pas une valeur admise"),
        ('contact_class = "regular"', 'criteria = "commune"', "criteria: il faut une liste, pas « commune »"),
        ('base = "plain"\n', "", "il manque un fait"),
    ],
)
def test_a_situation_that_cannot_be_read_does_not_pass(old: str, new: str, difference: str, tmp_path: Path) -> None:
    assert any(difference in fault for fault in run(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('base = "plain"', 'base = "fancy"', "« fancy » n’est pas une base du fichier ; il y a plain"),
        ("given =", "givne =", "clé inconnue"),
        ('verdict = "refuse"', 'verdict = "refuse", why = "x"', "clé inconnue"),
        ('verdict = "refuse"', 'verdict = "maybe"', "« maybe » n’est pas admis"),
        ('name = "Sans accord, rien"\n', "", "manque"),
        ("+01:00", "", "une heure et un décalage"),
        ('base = "plain"', 'ask = "guess"', "« guess » n’est pas admis"),
        ("[base.plain]", "[basis.plain]", "clé inconnue"),
        ('base = "plain"', "each = []", "il faut une liste de tables"),
        ('base = "plain"', 'each = [{ sender = "36000" }]', "clé inconnue"),
        ("at = 2026-12-01T10:00:00+01:00", 'each = [{ given = { territory = "972" } }]', "each[0].at: manque"),
    ],
)
def test_a_table_with_a_fault_is_refused_with_its_file_and_key(old: str, new: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidPack, match=r"table\.toml: .*") as refused:
        run(tmp_path, old, new)
    assert reason in str(refused.value)


def test_one_scenario_may_ask_the_same_of_several_situations(tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    cases = """each = [
      { given = { consent = "granted", territory = "972" } },
      { at = 2027-04-17T10:00:00+02:00 },
      { with = { declared = ["dpia"] }, without = { criteria = ["commune"] } },
    ]
    expect"""
    table = TABLE.replace('"regular" }', '"regular", criteria = ["commune"] }').replace("expect", cases, 1)
    path.write_text(table, encoding="utf-8")
    first, second, third = read_scenarios([path])
    assert [one.name for one in (first, second, third)] == [
        "Sans accord, rien (granted, 972)",
        "Sans accord, rien (2027-04-17T10:00:00+02:00)",
        "Sans accord, rien (dpia, commune)",
    ]
    assert (first.given["territory"], first.given["contact_class"], first.at) == ("972", "regular", third.at)
    assert second.at == datetime(2027, 4, 17, 8, tzinfo=UTC) and "territory" not in second.given
    assert (third.given["declared"], third.given["criteria"]) == (["dpia"], [])
    assert [one.passed for one in run_scenarios(shipped(), [path])] == [True] * 3


@pytest.mark.parametrize(
    ("given", "difference"),
    [
        ('rule = "optout-effect", limit = "x", value = 1', "règle ou limite"),
        ('rule = "email-bounce-limit", limit = "x", value = 1', "règle ou limite"),
        ('rule = "email-bounce-limit"', "une mesure demande"),
    ],
)
def test_a_measure_of_nothing_does_not_pass(given: str, difference: str, tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    head = '[[scenario]]\nname = "n"\nask = "measure"\nat = 2026-12-01T10:00:00Z\n'
    path.write_text(f'{head}given = {{ {given} }}\nexpect = {{ verdict = "within" }}', encoding="utf-8")
    (result,) = run_scenarios(shipped(), [path])
    assert difference in result.faults[0]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPack, match="nowhere"):
        read_scenarios([tmp_path / "nowhere.toml"])
