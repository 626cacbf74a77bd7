"""What another version of the pack would change: rule by rule, and person by person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.pack import Pack
from gateway.compliance.rule import Rule
from gateway.compliance.verdict import Allow, Defer, Verdict


class Change(StrEnum):
    """What happened to a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """A rule that differs between two packs."""

    rule: str
    change: Change
    differences: tuple[tuple[str, str, str], ...] = ()  #: key, old, new


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A class of people whose message would be decided otherwise."""

    facts: Facts
    people: int
    old: Verdict
    new: Verdict

    @property
    def because(self) -> tuple[str, ...]:
        """Rules that decide on one side only; those of the new verdict when the same rules decide otherwise."""
        apart = set(self.old.rules) ^ set(self.new.rules)
        return tuple(sorted(apart)) or self.new.rules


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDiff:
    """Everything that differs."""

    rules: tuple[RuleChange, ...]
    verdicts: tuple[VerdictChange, ...]
    people: int  #: all people looked at

    @property
    def people_changed(self) -> int:
        """People whose message would be decided otherwise."""
        return sum(change.people for change in self.verdicts)


def diff(old: Pack, new: Pack, classes: Iterable[tuple[Facts, int]] = ()) -> PackDiff:
    """Compare two packs, and what they say of classes of equal facts, each with its number of people.

    Verdicts differ when their names, their instants or the duties of the message do. Where the packs count messages in
    different windows, the facts must have been filled for both: a window the store did not count is refused, not guessed.
    """
    changes = []
    people = 0
    for facts, count in classes:
        people += count
        before, after = decide(facts, old), decide(facts, new)
        if _gist(before) != _gist(after):
            changes.append(VerdictChange(facts=facts, people=count, old=before, new=after))
    return PackDiff(rules=_rule_changes(old, new), verdicts=tuple(changes), people=people)


def _gist(verdict: Verdict) -> tuple[object, ...]:
    match verdict:
        case Allow(duties=duties):
            return (verdict.name, duties)
        case Defer(until=until):
            return (verdict.name, until)
        case _:
            return (verdict.name,)


def _rule_changes(old: Pack, new: Pack) -> tuple[RuleChange, ...]:
    before, after = ({rule.id: rule for rule in pack.rules} for pack in (old, new))
    changes = [RuleChange(rule=rule_id, change=Change.REMOVED) for rule_id in before.keys() - after.keys()]
    changes += [RuleChange(rule=rule_id, change=Change.ADDED) for rule_id in after.keys() - before.keys()]
    for rule_id in before.keys() & after.keys():
        was, now = _flat(before[rule_id]), _flat(after[rule_id])
        differences = tuple(
            (key, was.get(key, "—"), now.get(key, "—")) for key in sorted({*was, *now}) if was.get(key) != now.get(key)
        )
        if differences:
            changes.append(RuleChange(rule=rule_id, change=Change.CHANGED, differences=differences))
    return tuple(sorted(changes, key=lambda change: change.rule))


def _flat(rule: Rule) -> Mapping[str, str]:
    """Every part of a rule that a person may have changed, as text."""
    parts = {
        "kind": rule.kind,
        "effect": rule.effect.value,
        "asks": ", ".join(sorted(rule.head.asks)),
        "channels": ", ".join(sorted(rule.head.channels)),
        "classes": ", ".join(sorted(rule.head.classes)),
        "source": f"{rule.source.instrument}, {rule.source.article}",
        "force": rule.force.value,
        "confidence": rule.confidence.value,
        "checked_on": rule.checked_on.isoformat(),
        "review_by": rule.review_by.isoformat(),
    }
    for case, texts in rule.says.items():
        for language, text in texts.items():
            parts[".".join(filter(None, ("says", case, language)))] = text
    for value in rule.values:
        since = str(value.content["from"])
        for key, content in value.content.items():
            if key != "from":
                parts.update(_leaves(f"value from {since}: {key}", content))
        parts[f"value from {since}"] = "in force"
    return parts


def _leaves(key: str, content: object) -> Iterator[tuple[str, str]]:
    """A part of a value with each table below it by its own key: one hour that changed is not told with the whole week."""
    if isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _leaves(f"{key}.{name}", inner)
    elif isinstance(content, (list, tuple)) and all(isinstance(one, str) for one in content):
        yield key, ", ".join(content)
    else:
        yield key, str(content)
