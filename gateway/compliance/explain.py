"""A verdict in sentences: what each rule found, in the words of the pack, with the text it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from gateway.compliance.pack import Pack
from gateway.compliance.rule import Confidence, Force, Rule
from gateway.compliance.spoken import agreed_hours, day, zoned_instant
from gateway.compliance.verdict import NO_ENTRY, RENDER, UNMADE, Effect, Finding, Verdict
from gateway.domain.errors import NotFound

#: Begins with the number of an article; a number of several levels is of a section, and one before a month is a day.
_ARTICLE = re.compile(r"(?:[LRDA]\.? ?)?\d+(?![\d.]| [^\W\d]+ \d{4}\b)")
_LISTS = frozenset({"declared", "elements", "criteria", "flags"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a rule rests on."""

    instrument: str
    article: str
    url: str  #: empty for a choice of our own
    force: Force
    confidence: Confidence
    checked_on: date

    @property
    def text(self) -> str:
        """The text and where in it, as lawyers cite it: "Règlement (UE) 2016/679 (RGPD), art. 7, paragraphe 3"."""
        return reference(self.instrument, self.article)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One finding, for people."""

    rule: str
    effect: Effect
    sentence: str
    until: datetime | None
    citation: Citation | None  #: None for what the engine itself says
    missing: tuple[str, ...] = ()  #: ids of declarations whose want refuses


def explain(verdict: Verdict, pack: Pack, language: str = "fr") -> tuple[Explanation, ...]:
    """Every finding of a verdict, in the order of the pack.

    Raises NotFound when the pack does not speak the language, or does not have a rule the verdict names (another version).
    """
    return explain_findings(verdict.findings, pack, language)


def explain_findings(findings: Iterable[Finding], pack: Pack, language: str = "fr") -> tuple[Explanation, ...]:
    """The same for findings alone, those of an admission or of a kept record included."""
    if language not in pack.languages:
        raise NotFound(f"le pack ne parle pas « {language} », mais {', '.join(pack.languages)}")
    return tuple(
        Explanation(
            rule=finding.rule,
            effect=finding.effect,
            sentence=sentence(finding, pack, language),
            until=finding.until,
            citation=None if finding.rule in pack.says else cite(pack.rule(finding.rule)),
            missing=tuple(filter(None, dict(finding.params).get("declared", "").split(","))),
        )
        for finding in findings
    )


def sentence(finding: Finding, pack: Pack, language: str) -> str:
    """The sentence of one finding, its parameters put into words. Raises NotFound for a rule the pack does not have."""
    params = dict(finding.params)
    if finding.rule in pack.says:
        closer = UNMADE if params.get("rule") == RENDER else NO_ENTRY if params.get("ask") == "enter" else ""
        template = pack.says.get(closer, pack.says[finding.rule])[language]
    else:
        template = pack.rule(finding.rule).says[params.get("case", "")][language]
    return template.format(**{name: _in_words(name, value, pack, language) for name, value in params.items()})


def reference(instrument: str, article: str) -> str:
    """A text and where in it; what is the number of an article is said to be one."""
    named = f"art. {article}" if _ARTICLE.match(article) else article
    return ", ".join(filter(None, (instrument, named)))


def cite(rule: Rule) -> Citation:
    """The citation of a rule."""
    return Citation(
        instrument=rule.source.instrument,
        article=rule.source.article,
        url=rule.source.url,
        force=rule.force,
        confidence=rule.confidence,
        checked_on=rule.checked_on,
    )


def _in_words(name: str, value: str, pack: Pack, language: str) -> str:
    if name in _LISTS:
        known = pack.words.get(name, {})
        named = [known[item][language] if item in known else item for item in value.split(",")]
        return _listed(named, language)
    if name == "territory" and value in pack.territories:
        return pack.territories[value].name[language]
    if name == "election" and value in pack.elections:
        return pack.elections[value].name[language]
    if name == "votes_on":
        return day(date.fromisoformat(value), language)
    if name == "hours":
        return agreed_hours(value, language)
    return zoned_instant(value, language, pack.territories) or value


def _listed(items: list[str], language: str) -> str:
    if len(items) < 2:
        return "".join(items)
    last = " et " if language == "fr" else " and "
    return ", ".join(items[:-1]) + last + items[-1]
