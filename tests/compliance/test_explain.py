"""Every finding has a sentence a volunteer understands, in both languages, with what it rests on."""

from __future__ import annotations

import dataclasses
import re
from datetime import date

import pytest

from gateway.compliance.decide import decide
from gateway.compliance.explain import explain, explain_findings, reference
from gateway.compliance.rule import Force
from gateway.compliance.scenarios import ask_pack, read_scenarios
from gateway.compliance.spoken import day, hour, zoned_instant
from gateway.compliance.verdict import Effect
from gateway.domain.errors import NotFound
from tests.compliance.builders import HOUSE, LAW, NOON, lawful, paris, shipped, typed

SCENARIOS = read_scenarios([LAW / "scenarios", HOUSE / "scenarios"])
#: What would show that a template or an identifier came through unsaid.
UNSAID = re.compile(r"[{}\[\]]|\d{4}-\d\d-\d\d|\bNone\b")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_finding_of_every_golden_scenario_can_be_said(language: str) -> None:
    pack = shipped()
    said = set()
    for scenario in SCENARIOS:
        answer = ask_pack(pack, scenario.ask, scenario.given, scenario.at)
        for finding, explanation in zip(answer.findings, explain_findings(answer.findings, pack, language), strict=True):
            assert explanation.sentence.strip()
            if dict(finding.params).get("election") in pack.elections or "election" not in dict(finding.params):
                assert not UNSAID.search(explanation.sentence), explanation.sentence
            assert (explanation.citation is None) == (finding.rule in pack.says)
            said.add((finding.rule, dict(finding.params).get("case", "")))
    sentences = {(rule.id, case) for rule in pack.rules for case in rule.says}
    assert len(said & sentences) > 100


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_finding_about_the_team_s_duties_shows_an_identifier(language: str) -> None:
    facts = dataclasses.replace(lawful(), declared=(), elements=())
    verdict = decide(facts, shipped())
    shown = " ".join(explanation.sentence for explanation in explain(verdict, shipped(), language))
    identifiers = {*shipped().words["declared"], *shipped().words["elements"]} - {
        "sponsor",
        "election",
        "origin",
        "rights",
        "dpia",
    }
    assert not [name for name in identifiers if "-" in name and re.search(rf"(?<![\w-]){name}(?![\w-])", shown)]


def test_a_refusal_cites_its_text_its_force_and_how_it_was_checked() -> None:
    verdict = decide(lawful(suppression="objection"), shipped())
    (said,) = [line for line in explain(verdict, shipped()) if line.effect is Effect.REFUSE]
    assert said.rule == "optout-effect"
    assert typed(said.sentence) == "La personne s'est opposée à nos messages. Cela vaut tout de suite et pour toujours."
    assert said.citation is not None
    assert said.citation.instrument == "Règlement (UE) 2016/679 (RGPD)"
    assert said.citation.text == f"Règlement (UE) 2016/679 (RGPD), art. {said.citation.article}"
    assert said.citation.force is Force.LAW
    assert said.citation.checked_on == date(2026, 11, 23)


def test_what_is_missing_is_named_in_words() -> None:
    verdict = decide(lawful(elements=[]), shipped())
    said = {line.rule: typed(line.sentence) for line in explain(verdict, shipped())}
    assert said["notice-first-contact"] == (
        "Premier message à cette personne : il y manque la finalité et la durée de conservation"
        " et les droits de la personne et comment les exercer."
    )


def test_english_says_the_same_in_english() -> None:
    verdict = decide(lawful(paris("2027-04-17 00:00")), shipped())
    said = {line.rule: line for line in explain(verdict, shipped(), "en")}
    assert "Saturday 17 April 2027 at 00:00, Paris time" in said["silence-electronic"].sentence
    assert said["silence-electronic"].until == paris("2027-04-18 20:00")


def test_what_the_engine_says_has_a_sentence_too() -> None:
    said = explain(decide(lawful(situation="confirmation", signing_up=False), shipped()), shipped())[-1]
    assert said.citation is None
    assert typed(said.sentence) == "Rien n'autorise ce message : aucune règle ne lui donne de fondement."
    unreadable = dataclasses.replace(lawful(), age="old")  # type: ignore[arg-type]
    (failed,) = explain(decide(unreadable, shipped()), shipped())
    assert "règle facts, age" in failed.sentence


def test_a_language_the_pack_does_not_speak_is_refused() -> None:
    with pytest.raises(NotFound, match="« de »"):
        explain(decide(lawful(), shipped()), shipped(), "de")


def test_days_are_written_as_people_say_them() -> None:
    assert day(date(2027, 5, 1), "fr") == "samedi 1er mai 2027"
    assert day(date(2027, 5, 1), "en") == "Saturday 1 May 2027"


@pytest.mark.parametrize(
    ("article", "said"),
    [
        ("7, paragraphe 3", "Loi, art. 7, paragraphe 3"),
        ("33 et 34", "Loi, art. 33 et 34"),
        ("L34-5", "Loi, art. L34-5"),
        ("L49, 2°", "Loi, art. L49, 2°"),
        ("2.3.7 (numéros)", "Loi, 2.3.7 (numéros)"),
        ("List-Id", "Loi, List-Id"),
        ("21 avril 2017", "Loi, 21 avril 2017"),
        ("", "Loi"),
    ],
)
def test_the_number_of_an_article_is_said_to_be_one_and_other_places_stay_as_they_are(article: str, said: str) -> None:
    assert reference("Loi", article) == said


def test_hours_are_written_as_people_say_them() -> None:
    assert hour(paris("2027-04-17 00:00"), "fr") == "0\N{NO-BREAK SPACE}h"
    assert hour(paris("2027-04-17 20:05"), "fr") == "20\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05"
    assert hour(paris("2027-04-17 20:05"), "en") == "20:05"


def test_what_is_no_instant_stays_as_it_is() -> None:
    assert zoned_instant("2027-04-17", "fr", shipped().territories) is None
    somewhere = zoned_instant("2027-04-17T00:00:00+09:00[Asia/Seoul]", "fr", shipped().territories)
    assert somewhere == "samedi 17 avril 2027 à 0\N{NO-BREAK SPACE}h, Asia/Seoul"


def test_french_is_printed_with_its_apostrophes_and_its_spaces() -> None:
    pack = shipped()
    printed = [text["fr"] for rule in pack.rules for text in rule.says.values()]
    printed += [text["fr"] for section in pack.words.values() for text in section.values()]
    printed += [place.name["fr"] for place in pack.territories.values()] + [text["fr"] for text in pack.says.values()]
    printed += [f"{source.instrument} {source.article}" for source in pack.sources.values()]
    assert [text for text in printed if re.search(r"'| [:;?!\u00bb]|\u00ab |\.\.\.", text)] == []


@pytest.mark.parametrize(("sender", "case"), [("", "missing"), ("+33612345678", "denied"), ("Mairie", "undeclared")])
def test_a_text_that_may_not_leave_for_its_sender_says_what_is_wrong_with_it(sender: str, case: str) -> None:
    verdict = decide(lawful(paris("2027-03-02 10:00"), "sms", sender=sender), shipped())
    assert [(finding.rule, dict(finding.params)["case"]) for finding in verdict.findings if finding.effect is Effect.REFUSE] == [
        ("sms-sender-type", case)
    ]


@pytest.mark.parametrize(
    ("changes", "rule_id", "named"),
    [
        ({"criteria": ["language", "religion"]}, "rpp-no-sensitive-profiling", ("criteria", "religion")),
        ({"criteria": ["commune", "language"]}, "rpp-targeting-detect", ("criteria", "commune")),
        (
            {"content_flags": ["foreign_unsubscribe", "personal_image", "tracking_pixel"]},
            "email-no-open-pixel",
            ("flags", "personal_image,tracking_pixel"),
        ),
    ],
)
def test_a_refusal_names_what_it_is_about_and_nothing_that_is_innocent(
    changes: dict[str, object], rule_id: str, named: tuple[str, str]
) -> None:
    verdict = decide(lawful(NOON, "lettre", **changes), shipped())
    (found,) = [finding for finding in verdict.findings if finding.rule == rule_id]
    assert named in found.params
