"""What a pack must say of itself before it decides anything: every fault is named with its file and its key, all at once."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.compliance.conditions import FIELDS
from gateway.compliance.decide import decide
from gateway.compliance.pack import Pack, load_pack
from gateway.compliance.rules import KINDS
from gateway.compliance.verdict import NO_GROUND
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidPack, NotFound
from tests.compliance.builders import HOUSE, LAW, NOON, ROOT, TODAY, lawful, shipped, summary

RULE = """
[[rule]]
id = "sample"
kind = "condition"
channels = ["email"]
classes = ["campaign"]
effect = "refuse"
source = "prudent"
force = "prudent"
confidence = "own"
checked_on = 2026-11-23
says.fr = "Non."
says.en = "No."
[[rule.value]]
from = 2020-01-01
when = { restricted = true }
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Copies of the shipped policies, to spoil."""
    law, house = tmp_path / "fr", tmp_path / "house"
    shutil.copytree(LAW, law)
    shutil.copytree(HOUSE, house)
    return law, house


def faults(law: Path, house: Path | None = None, today: date = TODAY) -> str:
    """What the loader says of these folders."""
    with pytest.raises(InvalidPack) as refused:
        load_pack(law, house, today=today)
    return str(refused.value)


def edit(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


#: What is wrong, how the sample rule gets so, and what the loader must name: key, then reason.
SPOILT: dict[str, tuple[str, str, str, str]] = {
    "unknown key": ('says.fr = "Non."', 'says.fr = "Non."\nlevel = 3', "level", "unknown key"),
    "unknown key in a value": (
        "restricted = true }",
        "restricted = true }\nuntill = 2021-01-01",
        "value[0].untill",
        "unknown key",
    ),
    "missing citation": ('source = "prudent"\n', "", "source", "missing"),
    "source not listed": ('source = "prudent"', 'source = "hearsay"', "source", "'hearsay' is not a key of sources.toml"),
    "value unchecked": ("checked_on = 2026-11-23\n", "", "checked_on", "missing"),
    "checked tomorrow": ("checked_on = 2026-11-23", "checked_on = 2026-11-24", "checked_on", "2026-11-24 is in the future"),
    "checked on no date": ("checked_on = 2026-11-23", 'checked_on = "yes"', "checked_on", "a date such as"),
    "unknown kind": ('kind = "condition"', 'kind = "mood"', "kind", "'mood' is not one of"),
    "unknown effect": ('effect = "refuse"', 'effect = "ignore"', "effect", "'ignore' is not one of"),
    "effect the kind cannot have": ('effect = "refuse"', 'effect = "duty"', "effect", "a rule of kind condition has one of"),
    "unknown force": ('force = "prudent"', 'force = "strong"', "force", "'strong' is not one of"),
    "unknown confidence": ('confidence = "own"', 'confidence = "sure"', "confidence", "'sure' is not one of"),
    "an own choice passed off as checked": ('confidence = "own"', 'confidence = "verified"', "source", "choice of our own"),
    "unknown channel": ('channels = ["email"]', 'channels = ["pigeon"]', "channels", "'pigeon' is not one of"),
    "no channel": ('channels = ["email"]', "channels = []", "channels", "at least one value"),
    "unknown class": ('classes = ["campaign"]', 'classes = ["spam"]', "classes", "'spam' is not one of"),
    "question the kind does not answer": ('channels = ["email"]', 'asks = ["keep"]\nchannels = ["email"]', "asks", "answers"),
    "no sentence in English": ('says.en = "No."\n', "", "says.en", "missing"),
    "empty sentence": ('says.fr = "Non."', 'says.fr = " "', "says.fr", "non-empty"),
    "sentence that tells what the rule does not know": ('says.fr = "Non."', 'says.fr = "Non, {name}."', "says", "{name}"),
    "sentence with a lone brace": ('says.fr = "Non."', 'says.fr = "Non {"', "says", "nothing a rule of kind"),
    "no value": (RULE[RULE.index("[[rule.value]]") :], "", "value", "missing"),
    "value without a day": ("from = 2020-01-01\n", "", "value[0].from", "missing"),
    "values out of order": (
        "when = { restricted = true }",
        "when = { restricted = true }\n[[rule.value]]\nfrom = 2019-01-01",
        "value[0].from",
        "oldest first",
    ),
    "value that ends before it begins": ("from = 2020-01-01", "from = 2020-01-01\nuntil = 2019-01-01", "until", "ends after"),
    "unknown fact": ("{ restricted = true }", "{ mood = true }", "value[0].when.mood", "unknown key"),
    "value a fact cannot have": (
        "restricted = true",
        'consent = ["perhaps"]',
        "value[0].when.consent",
        "'perhaps' is not one of",
    ),
    "truth value that is a text": ("restricted = true", 'restricted = "yes"', "value[0].when.restricted", "true or false"),
    "empty condition": ("{ restricted = true }", "{ }", "value[0].when", "at least one field"),
    "message deferred by nothing that ends": ('effect = "refuse"', 'effect = "defer"', "when", "until when"),
    "fact of a batch asked of a message": ("restricted = true", "tagged = true", "value[0].when.tagged", "unknown key"),
    "not TOML": ("[[rule]]", "[[rule", "", "not readable as TOML"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_pack_with_a_fault_does_not_load_and_the_fault_is_named(spoilt: str, folders: tuple[Path, Path]) -> None:
    old, new, key, reason = SPOILT[spoilt]
    assert old in RULE
    path = folders[0] / "rules" / "sample.toml"
    path.write_text(RULE.replace(old, new, 1), encoding="utf-8")
    said = faults(*folders)
    assert key in said
    assert reason in said
    assert "sample" in said


def test_the_sample_rule_itself_is_good(folders: tuple[Path, Path]) -> None:
    (folders[0] / "rules" / "sample.toml").write_text(RULE, encoding="utf-8")
    pack = load_pack(*folders, today=TODAY)
    assert summary(decide(lawful(restricted=True), pack)) == ("refuse", {"sample", "dsar-restriction"})


def test_all_faults_are_told_at_once(folders: tuple[Path, Path]) -> None:
    law, house = folders
    edit(law / "rules" / "email.toml", 'kind = "requires"', 'kind = "demands"')
    edit(law / "sources.toml", 'url = "https://', 'url = "http://')
    edit(house / "rules" / "house.toml", "most = 4", "most = 0")
    said = faults(*folders)
    assert len(said.splitlines()) >= 3
    for file in ("rules/email.toml", "sources.toml", "house/rules/house.toml"):
        assert file in said


OTHER_FILES: dict[str, tuple[str, str, str, str]] = {
    "zone": ("pack.toml", 'zone = "Europe/Paris"', 'zone = "Europe/Lutetia"', "'Europe/Lutetia' is not a zone"),
    "engine sentence": ("pack.toml", "[says.rule-failed]", "[says.rule-flawed]", "rule-failed"),
    "engine sentence that tells what it does not know": ("pack.toml", "règle {rule}", "règle {name}", "{name} is nothing"),
    "no review at all": ("pack.toml", "review_by = 2027-02-01", "", "review_by: missing"),
    "territory zone": ("territories.toml", "Indian/Reunion", "Indian/Union", "'Indian/Union' is not a zone"),
    "territory twice": ("territories.toml", 'code = "972"', 'code = "971"', "'971' stands twice"),
    "postcode twice": ("territories.toml", 'postcodes = ["972"]', 'postcodes = ["971"]', "'971' already belongs to 971"),
    "no unknown place": ("territories.toml", 'code = "unknown"', 'code = "nowhere"', "'unknown' is missing"),
    "early voters of nowhere": ("elections/presidentielle-2027.toml", '"987"', '"atlantide"', "'atlantide' is not a territory"),
    "election without source": (
        "elections/presidentielle-2027.toml",
        'source = "service-public-A15053"',
        'source = "a-friend"',
        "'a-friend' is not a key",
    ),
    "unknown status": (
        "elections/presidentielle-2027.toml",
        'status = "announced"',
        'status = "rumoured"',
        "'rumoured' is not one of",
    ),
    "round that ends before": (
        "elections/presidentielle-2027.toml",
        "ends_at = 2027-04-18T20:00:00+02:00",
        "ends_at = 2027-04-11T20:00:00+02:00",
        "the round ends on the day",
    ),
    "round without offset": (
        "elections/presidentielle-2027.toml",
        "ends_at = 2027-04-18T20:00:00+02:00",
        "ends_at = 2027-04-18T20:00:00",
        "an offset are needed",
    ),
    "rounds in disorder": (
        "elections/presidentielle-2027.toml",
        "votes_on = 2027-04-18\nends_at = 2027-04-18",
        "votes_on = 2027-05-18\nends_at = 2027-05-18",
        "in the order of their days",
    ),
    "words missing": ("rules/governance.toml", '["dpia"]', '["dpya"]', "'dpya' has no words"),
    "source twice": ("sources.toml", 'key = "rgpd-9"', 'key = "rgpd-13"', "'rgpd-13' stands twice"),
    "hours that cross": ("../house/rules/house.toml", "07:00-22:00", "22:00-07:00", "closes before it opens"),
    "hours unreadable": ("../house/rules/house.toml", "07:00-22:00", "7h-22h", "is not a stretch of hours"),
    "window never open": (
        "../house/rules/house.toml",
        'open = { every-day = ["07:00-22:00"] }',
        "open = { monday = [] }",
        "never opens",
    ),
    "house that grants": ("../house/rules/house.toml", 'effect = "defer"', 'effect = "grant"', "it never grants"),
    "house that speaks for the law": (
        "../house/rules/house.toml",
        "house-campaign-cap",
        "optout-effect",
        "'optout-effect' stands twice",
    ),
    "two age limits": ("rules/targeting.toml", "years = 17", "years = 0", "at least 1"),
    "marks unreadable": ("rules/email.toml", "pattern = '//[^ ]*", "pattern = '//[^ *", "not a regular expression"),
    "duration unreadable": ("rules/retention.toml", 'length = "P2M"', 'length = "two months"', "is not a duration"),
    "threshold without number": ("rules/email.toml", "warn = 0.001", 'warn = "P1M"', "not months"),
    "criterion in two lists": (
        "rules/targeting.toml",
        'ordinary = ["membership"',
        'ordinary = ["language", "membership"',
        "several lists",
    ),
    "no such weekday": ("rules/elections.toml", 'opens_on = "monday"', 'opens_on = "lundi"', "'lundi' is not one of"),
    "stretch before nothing": ("rules/elections.toml", 'before = "polling-day"', 'before = "dawn"', "'dawn' is not one of"),
}


@pytest.mark.parametrize("spoilt", OTHER_FILES)
def test_every_file_of_the_folders_is_read_as_strictly(spoilt: str, folders: tuple[Path, Path]) -> None:
    file, old, new, reason = OTHER_FILES[spoilt]
    edit(folders[0] / file, old, new)
    said = faults(*folders)
    assert reason in said
    assert Path(file).name in said or "rule" in said


@pytest.mark.parametrize("file", ["pack.toml", "sources.toml", "territories.toml", "words.toml"])
def test_a_file_that_is_not_there_is_named(file: str, folders: tuple[Path, Path]) -> None:
    (folders[0] / file).unlink()
    said = faults(*folders)
    assert file in said
    assert "no such file" in said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "pack.toml" in faults(tmp_path / "nowhere")


def test_a_file_that_is_not_utf8_is_named(folders: tuple[Path, Path]) -> None:
    (folders[0] / "rules" / "consent.toml").write_bytes('says = "refusé"'.encode("cp1252"))
    said = faults(*folders)
    assert "rules/consent.toml" in said
    assert "UTF-8" in said


def test_a_pack_whose_review_is_overdue_does_not_load_any_more() -> None:
    pack = shipped()
    assert load_pack(LAW, HOUSE, today=pack.review_by).version == pack.version
    late = pack.review_by + timedelta(days=1)
    said = faults(LAW, HOUSE, late)
    assert "rule silence-electronic" in said
    assert f"its review was due on {pack.review_by}" in said
    assert pack.stale(pack.review_by) == ()
    assert "silence-electronic" in pack.stale(late)


def test_an_old_pack_still_recomputes_old_verdicts_from_its_text() -> None:
    pack = shipped()
    again = Pack.from_text(pack.text)
    assert (again.version, again.text, again.needs) == (pack.version, pack.text, pack.needs)
    assert [rule.id for rule in again.rules] == [rule.id for rule in pack.rules]
    assert decide(lawful(), again) == decide(lawful(), pack)


def test_the_version_follows_what_decides_and_nothing_else(folders: tuple[Path, Path]) -> None:
    version = load_pack(*folders, today=TODAY).version
    assert version == shipped().version
    edit(folders[0] / "scenarios" / "consentement.toml", "Une abonnée", "Une autre abonnée")
    assert load_pack(*folders, today=TODAY).version == version
    edit(folders[1] / "rules" / "house.toml", "most = 4", "most = 3")
    assert load_pack(*folders, today=TODAY).version != version


def test_words_of_replies_are_read_when_needed_and_a_fault_in_them_is_then_named_with_its_file(folders: tuple[Path, Path]):
    edit(folders[0] / "stop.toml", "force = ", 'force_ = "law"\nforce = ')
    pack = load_pack(*folders, today=TODAY)
    for ask in (pack.checked, lambda: pack.reply_words):
        with pytest.raises(InvalidPack, match=r"fr/stop\.toml: force_: unknown key"):
            ask()
    assert shipped().checked() is shipped()


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"law/pack.toml": 3}', b"\xff", json.dumps({}).encode()])
def test_a_damaged_bundle_decides_nothing(text: bytes) -> None:
    with pytest.raises(InvalidPack):
        Pack.from_text(text)


def test_without_a_house_the_law_alone_decides() -> None:
    pack = load_pack(LAW, None, today=TODAY)
    assert {rule.pack for rule in pack.rules} == {"law"}
    assert [cap.counted for cap in pack.needs.caps] == [(Medium.CALL,)]
    assert decide(lawful(sent=[0]), pack).name == "allow"


def test_the_house_only_takes_away() -> None:
    law_only = load_pack(LAW, None, today=TODAY)
    refused = lawful(consent="none", sent=[0])
    assert decide(refused, law_only).name == "refuse"
    assert all(rule.effect.value != "grant" for rule in shipped().rules if rule.pack == "house")


def test_what_is_fit_for_a_letter_is_not_fit_for_a_text_or_a_call() -> None:
    """Each channel has its own grounds, senders and elements: none is borrowed from another."""
    for channel in ("sms", "call"):
        for situation in ("lettre", "demande", "confirmation", "droits"):
            verdict = decide(lawful(situation=situation, channel=channel), shipped())
            assert verdict.name == "refuse"
            assert verdict.rules != (NO_GROUND,)


def test_what_the_store_must_count_comes_from_the_rules() -> None:
    needs = shipped().needs
    assert ([cap.days for cap in needs.caps], needs.cap_most, needs.age_years) == ([7, 30], 4, 17)
    assert needs.networks == ("+508", "+681", "+687", "+689")


def test_thresholds_are_given_to_flows_by_name() -> None:
    pack = shipped()
    assert pack.threshold("email-complaint-rate", NOON).limits == {"warn": 0.001, "pause": 0.003}
    assert pack.threshold("email-unsub-48h", NOON).limits["effect"] == 172800
    for missing in ("optout-effect", "no-such-rule"):
        with pytest.raises(NotFound):
            pack.threshold(missing, NOON)


def test_a_rule_of_unknown_id_is_not_found() -> None:
    with pytest.raises(NotFound, match="no-such-rule"):
        shipped().rule("no-such-rule")


def test_every_rule_is_dated_cited_and_spoken_in_every_language() -> None:
    for rule in shipped().rules:
        assert rule.source.instrument
        assert rule.source.article
        assert rule.values
        for texts in rule.says.values():
            assert set(texts) == set(shipped().languages)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_line_is_lost_or_doubled_a_pack_loads_or_says_why_it_does_not(drawn: st.DataObject) -> None:
    files = json.loads(shipped().text)
    path = drawn.draw(st.sampled_from(sorted(files)))
    lines = files[path].splitlines()
    rank = drawn.draw(st.integers(0, len(lines) - 1))
    changed = drawn.draw(st.sampled_from([[], [lines[rank], lines[rank]], [lines[rank][: len(lines[rank]) // 2]], ["x = 1"]]))
    text = json.dumps({**files, path: "\n".join([*lines[:rank], *changed, *lines[rank + 1 :]])}).encode()
    try:
        pack = Pack.from_text(text)
    except InvalidPack as refused:
        assert path.partition("/")[2] in str(refused) or "rules" in str(refused)
    else:
        assert pack.version != shipped().version
        assert decide(lawful(suppression="objection"), pack).name == "refuse"


def test_the_page_about_policies_names_every_kind_every_declaration_and_every_fact_a_condition_may_test() -> None:
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    declared = {
        name
        for rule in shipped().rules
        for value in rule.values
        for section, name in value.assessor.names()
        if section == "declared"
    }
    facts = frozenset[str]().union(*FIELDS.values())
    assert [name for name in sorted({*KINDS, *declared, *facts}) if f"`{name}`" not in page] == []
