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
    "unknown key": ('says.fr = "Non."', 'says.fr = "Non."\nlevel = 3', "level", "clé inconnue"),
    "unknown key in a value": (
        "restricted = true }",
        "restricted = true }\nuntill = 2021-01-01",
        "value[0].untill",
        "clé inconnue",
    ),
    "missing citation": ('source = "prudent"\n', "", "source", "manque"),
    "source not listed": ('source = "prudent"', 'source = "hearsay"', "source", "« hearsay » n’est pas une clé de sources.toml"),
    "value unchecked": ("checked_on = 2026-11-23\n", "", "checked_on", "manque"),
    "checked tomorrow": ("checked_on = 2026-11-23", "checked_on = 2026-11-24", "checked_on", "2026-11-24 est dans l’avenir"),
    "checked on no date": ("checked_on = 2026-11-23", 'checked_on = "yes"', "checked_on", "il faut une date"),
    "unknown kind": ('kind = "condition"', 'kind = "mood"', "kind", "« mood » n’est pas admis"),
    "unknown effect": ('effect = "refuse"', 'effect = "ignore"', "effect", "« ignore » n’est pas admis"),
    "effect the kind cannot have": (
        'effect = "refuse"',
        'effect = "duty"',
        "effect",
        "une règle du genre condition a pour effet",
    ),
    "unknown force": ('force = "prudent"', 'force = "strong"', "force", "« strong » n’est pas admis"),
    "unknown confidence": ('confidence = "own"', 'confidence = "sure"', "confidence", "« sure » n’est pas admis"),
    "an own choice passed off as checked": ('confidence = "own"', 'confidence = "verified"', "source", "un choix de l’équipe"),
    "unknown channel": ('channels = ["email"]', 'channels = ["pigeon"]', "channels", "« pigeon » n’est pas admis"),
    "no channel": ('channels = ["email"]', "channels = []", "channels", "il faut au moins une valeur"),
    "unknown class": ('classes = ["campaign"]', 'classes = ["spam"]', "classes", "« spam » n’est pas admis"),
    "question the kind does not answer": (
        'channels = ["email"]',
        'asks = ["keep"]\nchannels = ["email"]',
        "asks",
        "une règle du genre condition répond à",
    ),
    "no sentence in English": ('says.en = "No."\n', "", "says.en", "manque"),
    "empty sentence": ('says.fr = "Non."', 'says.fr = " "', "says.fr", "texte non vide"),
    "sentence that tells what the rule does not know": ('says.fr = "Non."', 'says.fr = "Non, {name}."', "says", "{name}"),
    "sentence with a lone brace": ('says.fr = "Non."', 'says.fr = "Non {"', "says", "rien qu’une règle du genre"),
    "no value": (RULE[RULE.index("[[rule.value]]") :], "", "value", "manque"),
    "value without a day": ("from = 2020-01-01\n", "", "value[0].from", "manque"),
    "values out of order": (
        "when = { restricted = true }",
        "when = { restricted = true }\n[[rule.value]]\nfrom = 2019-01-01",
        "value[0].from",
        "de la plus ancienne à la plus récente",
    ),
    "value that ends before it begins": (
        "from = 2020-01-01",
        "from = 2020-01-01\nuntil = 2019-01-01",
        "until",
        "finit après avoir commencé",
    ),
    "unknown fact": ("{ restricted = true }", "{ mood = true }", "value[0].when.mood", "clé inconnue"),
    "value a fact cannot have": (
        "restricted = true",
        'consent = ["perhaps"]',
        "value[0].when.consent",
        "« perhaps » n’est pas admis",
    ),
    "truth value that is a text": ("restricted = true", 'restricted = "yes"', "value[0].when.restricted", "true ou false"),
    "empty condition": ("{ restricted = true }", "{ }", "value[0].when", "au moins un champ"),
    "message deferred by nothing that ends": ('effect = "refuse"', 'effect = "defer"', "when", "jusqu’à quand"),
    "fact of a batch asked of a message": ("restricted = true", "tagged = true", "value[0].when.tagged", "clé inconnue"),
    "not TOML": ("[[rule]]", "[[rule", "", "cette ligne ne se lit pas"),
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
    "zone": ("pack.toml", 'zone = "Europe/Paris"', 'zone = "Europe/Lutetia"', "« Europe/Lutetia » n’est pas un fuseau"),
    "engine sentence": ("pack.toml", "[says.rule-failed]", "[says.rule-flawed]", "rule-failed"),
    "engine sentence that tells what it does not know": ("pack.toml", "règle {rule}", "règle {name}", "{name} n’est rien"),
    "no review at all": ("pack.toml", "review_by = 2027-02-01", "", "review_by: manque"),
    "territory zone": ("territories.toml", "Indian/Reunion", "Indian/Union", "« Indian/Union » n’est pas un fuseau"),
    "territory twice": ("territories.toml", 'code = "972"', 'code = "971"', "« 971 » y est deux fois"),
    "postcode twice": ("territories.toml", 'postcodes = ["972"]', 'postcodes = ["971"]', "« 971 » appartient déjà à 971"),
    "number too long": ("territories.toml", 'numbers = ["+508"]', 'numbers = ["+50841234"]', "« +50841234 » est trop long"),
    "no unknown place": ("territories.toml", 'code = "unknown"', 'code = "nowhere"', "« unknown » manque"),
    "early voters of nowhere": (
        "elections/presidentielle-2027.toml",
        '"987"',
        '"atlantide"',
        "« atlantide » n’est pas un territoire",
    ),
    "election without source": (
        "elections/presidentielle-2027.toml",
        'source = "service-public-A15053"',
        'source = "a-friend"',
        "« a-friend » n’est pas une clé",
    ),
    "unknown status": (
        "elections/presidentielle-2027.toml",
        'status = "announced"',
        'status = "rumoured"',
        "« rumoured » n’est pas admis",
    ),
    "round that ends before": (
        "elections/presidentielle-2027.toml",
        "ends_at = 2027-04-18T20:00:00+02:00",
        "ends_at = 2027-04-11T20:00:00+02:00",
        "le tour finit le jour du vote",
    ),
    "round that ends days later": (
        "elections/presidentielle-2027.toml",
        "ends_at = 2027-04-18T20:00:00+02:00",
        "ends_at = 2027-04-20T20:00:00+02:00",
        "le tour finit le jour du vote",
    ),
    "early voters of an unknown place": (
        "elections/presidentielle-2027.toml",
        '"987"',
        '"unknown"',
        "« unknown » n’est pas un territoire",
    ),
    "early voters of one place or another": (
        "elections/presidentielle-2027.toml",
        '"987"',
        '"974-976"',
        "« 974-976 » n’est pas un territoire",
    ),
    "round without offset": (
        "elections/presidentielle-2027.toml",
        "ends_at = 2027-04-18T20:00:00+02:00",
        "ends_at = 2027-04-18T20:00:00",
        "une heure et un décalage",
    ),
    "rounds in disorder": (
        "elections/presidentielle-2027.toml",
        "votes_on = 2027-04-18\nends_at = 2027-04-18",
        "votes_on = 2027-05-18\nends_at = 2027-05-18",
        "dans l’ordre de leurs jours",
    ),
    "words missing": ("rules/governance.toml", '["dpia"]', '["dpya"]', "« dpya » n’a pas de mots"),
    "source twice": ("sources.toml", 'key = "rgpd-9"', 'key = "rgpd-13"', "« rgpd-13 » y est deux fois"),
    "hours that cross": ("../house/rules/house.toml", "07:00-22:00", "22:00-07:00", "ferme avant d’ouvrir"),
    "hours unreadable": ("../house/rules/house.toml", "07:00-22:00", "7h-22h", "n’est pas une plage d’heures"),
    "window never open": (
        "../house/rules/house.toml",
        'open = { every-day = ["07:00-22:00"] }',
        "open = { monday = [] }",
        "n’ouvre jamais",
    ),
    "house that grants": ("../house/rules/house.toml", 'effect = "defer"', 'effect = "grant"', "elle n’accorde jamais"),
    "house that speaks for the law": (
        "../house/rules/house.toml",
        "house-campaign-cap",
        "optout-effect",
        "« optout-effect » y est deux fois",
    ),
    "two age limits": ("rules/targeting.toml", "years = 17", "years = 0", "d’au moins 1"),
    "marks unreadable": ("rules/email.toml", "pattern = '//[^ ]*", "pattern = '//[^ *", "pas une expression régulière"),
    "duration unreadable": ("rules/retention.toml", 'length = "P2M"', 'length = "two months"', "n’est pas une durée"),
    "threshold without number": ("rules/email.toml", "warn = 0.001", 'warn = "P1M"', "pas des mois"),
    "criterion in two lists": (
        "rules/targeting.toml",
        'ordinary = ["membership"',
        'ordinary = ["language", "membership"',
        "plusieurs listes",
    ),
    "no such weekday": ("rules/elections.toml", 'opens_on = "monday"', 'opens_on = "lundi"', "« lundi » n’est pas admis"),
    "stretch before nothing": ("rules/elections.toml", 'before = "polling-day"', 'before = "dawn"', "« dawn » n’est pas admis"),
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
    assert "ce fichier n’existe pas" in said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "pack.toml" in faults(tmp_path / "nowhere")


def test_a_folder_of_no_rules_has_one_fault_and_not_one_for_all_it_lacks(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (only,) = faults(tmp_path, folders[1]).splitlines()
    assert only.endswith("pack.toml: ce fichier n’existe pas ; un dossier de règles a un pack.toml")


def test_a_rule_without_its_source_is_not_taken_for_a_choice_of_the_team(folders: tuple[Path, Path]) -> None:
    edit(folders[0] / "rules" / "hours.toml", 'source = "sms-usages"\n', "")
    (only,) = faults(*folders).splitlines()
    assert only.endswith("rule[0].source: manque")


def test_a_file_in_another_encoding_is_told_by_its_line(folders: tuple[Path, Path]) -> None:
    file = folders[0] / "rules" / "hours.toml"
    file.write_bytes(b"\n\n# \xe9t\xe9\n" + file.read_bytes())
    assert "hours.toml: ligne 3 : un signe n’est pas en UTF-8 ; enregistrez le fichier en UTF-8" in faults(*folders)


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
    assert f"leur relecture était due le {pack.review_by}" in said
    assert len(said.splitlines()) == 2, "one line a folder, not a hundred"
    assert load_pack(LAW, HOUSE, today=late, listening=True).version == pack.version, "for whoever takes objections"
    assert pack.stale(pack.review_by) == ()
    assert "silence-electronic" in pack.stale(late)


def test_on_a_machine_whose_clock_is_behind_the_clock_is_named_and_not_a_hundred_rules() -> None:
    """It came up without its battery, in 2020: each rule was checked in years to come."""
    said = faults(LAW, HOUSE, date(2020, 1, 1))
    assert "est dans l’avenir, alors que cette machine se croit le 2020-01-01 : réglez son horloge" in said
    assert len(said.splitlines()) == len({(rule.pack, rule.checked_on) for rule in shipped().rules})


def test_on_such_a_machine_objections_are_taken_all_the_same_and_nothing_leaves() -> None:
    pack, then = shipped(), date(2020, 1, 1)
    assert load_pack(LAW, HOUSE, today=then, listening=True).version == pack.version
    assert pack.checked_after(then) and set(pack.stale(then)) == {rule.id for rule in pack.rules}
    latest = max(rule.checked_on for rule in pack.rules)
    assert not pack.checked_after(latest) and pack.stale(latest) == ()
    assert pack.checked_after(latest - timedelta(days=1)) and pack.stale(latest - timedelta(days=1))


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
        with pytest.raises(InvalidPack, match=r"fr/stop\.toml: force_: clé inconnue"):
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
    assert [decide(refused, pack).name for pack in (law_only, shipped())] == ["refuse", "refuse"]
    assert {rule.effect.value for rule in shipped().rules if rule.pack == "house"} == {"refuse", "defer"}


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


@settings(max_examples=40, deadline=None)
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
