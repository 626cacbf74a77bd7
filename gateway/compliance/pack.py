"""A pack: the law of one jurisdiction as data, with the stricter choices of the team, ready to decide.

Made from text alone, so that the very text kept in the store makes the same pack again, years later.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.compliance.calendar import Calendar, Election
from gateway.compliance.facts import FactNeeds, Facts
from gateway.compliance.listwords import ListWords
from gateway.compliance.mailboxes import Mailboxes
from gateway.compliance.packreader import REPLIES, Contents, read_contents
from gateway.compliance.reading import Faults, not_utf8
from gateway.compliance.rule import Ask, Kind, Rule, Source
from gateway.compliance.rules.threshold import ThresholdRule
from gateway.compliance.territory import Gazetteer, Territory
from gateway.compliance.verdict import Finding
from gateway.compliance.wording import ReplyWords
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidPack, NotFound

#: Folders whose files decide something. Scenarios are beside them and decide nothing: they are no part of the version.
_DECIDING = ("*.toml", "rules/*.toml", "elections/*.toml")
_VERSION_HEX = 16
#: Overdue rules named in one fault.
_NAMED_MOST = 3


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule with the value in force, reduced to what the decision calls."""

    id: str
    assess: Callable[[Any], Finding | None]
    next_change: Callable[[Any], datetime | None] | None  #: None: the hour changes nothing


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rules of one scope, from instant to instant."""

    edges: tuple[datetime, ...]
    active: tuple[tuple[ActiveRule, ...], ...]  #: one more than edges: before the first edge too

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Timeline:
        """Cut time wherever the value of a rule changes."""
        rules = tuple(rules)
        instants = {value.since for rule in rules for value in rule.values}
        instants |= {value.until for rule in rules for value in rule.values if value.until is not None}
        edges = tuple(sorted(instants))
        return cls(edges, ((), *(tuple(_active(rules, edge)) for edge in edges)))

    def at(self, instant: datetime) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules in force at an instant, and when that set next changes."""
        rank = bisect_right(self.edges, instant)
        return self.active[rank], (self.edges[rank] if rank < len(self.edges) else None)


_NOTHING = Timeline((), ((),))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """Everything a decision rests on. Two packs of the same version decide alike."""

    version: str  #: first 16 hex digits of the SHA-256 of `text`
    text: bytes  #: canonical bundle of the files: a JSON object from path to text, keys sorted
    jurisdiction: str
    title: Mapping[str, str]
    languages: tuple[str, ...]
    calendar: Calendar
    needs: FactNeeds
    rules: tuple[Rule, ...]
    sources: Mapping[str, Source]
    words: Mapping[str, Mapping[str, Mapping[str, str]]]  #: section, id, language
    says: Mapping[str, Mapping[str, str]]  #: sentences of the findings that come from the engine
    gazetteer: Gazetteer
    mailboxes: Mailboxes
    list_words: ListWords
    _reply_words: Callable[[], ReplyWords] | None = field(repr=False)
    _by_id: Mapping[str, Rule] = field(repr=False)
    _sending: Mapping[tuple[Medium, MessageClass], Timeline] = field(repr=False)
    _entering: Timeline = field(repr=False)
    _keeping: Timeline = field(repr=False)
    _publishing: Timeline = field(repr=False)
    _hearing: Mapping[Medium, Timeline] = field(repr=False)

    @classmethod
    def from_text(cls, text: bytes) -> Pack:
        """The pack a bundle describes. Nothing is refused for its age: an old verdict is recomputed with an old pack.

        Raises InvalidPack for a bundle that is not one, or whose files have faults.
        """
        try:
            files = json.loads(text)
        except ValueError as fault:
            raise InvalidPack(f"ce pack conservé est abîmé : {fault}") from fault
        if not isinstance(files, dict) or not all(isinstance(content, str) for content in files.values()):
            raise InvalidPack("ce pack conservé est abîmé : on attend un objet JSON, de chemins à textes")
        faults = Faults()
        contents = read_contents(files, {}, faults)
        faults.raise_if_any()
        return _assemble(_canonical(files), contents)

    @property
    def elections(self) -> Mapping[str, Election]:
        """Elections by id."""
        return self.calendar.elections

    @property
    def territories(self) -> Mapping[str, Territory]:
        """Territories by code."""
        return self.calendar.territories

    @property
    def review_by(self) -> date:
        """The day after which some rule must have been reviewed."""
        return min(rule.review_by for rule in self.rules)

    def stale(self, today: date) -> tuple[str, ...]:
        """Ids of the rules whose review is overdue, or that were checked on a day to come, as where the clock is behind.

        A pack with any of them must not let a message leave.
        """
        return tuple(rule.id for rule in self.rules if not rule.checked_on <= today <= rule.review_by)

    def checked_after(self, today: date) -> bool:
        """Whether some rule was checked on a day to come: this machine's clock is behind."""
        return any(rule.checked_on > today for rule in self.rules)

    def rule(self, rule_id: str) -> Rule:
        """One rule. Raises NotFound."""
        try:
            return self._by_id[rule_id]
        except KeyError:
            raise NotFound(_no_rule(rule_id, self._by_id)) from None

    def rules_at(self, facts: Facts) -> tuple[Rule, ...]:
        """The rules that look at these facts: their channel, class and instant."""
        return tuple(self._by_id[active.id] for active in self.sending(facts)[0])

    def sending(self, facts: Facts) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules about a message, and when that set next changes; none for a channel or class the pack does not know."""
        return self._sending.get((facts.channel, facts.message_class), _NOTHING).at(facts.at)

    def entering(self, at: datetime) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules about what enters the store."""
        return self._entering.at(at)

    def keeping(self, at: datetime) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules about what is kept."""
        return self._keeping.at(at)

    def publishing(self, at: datetime) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules about what a form must tell."""
        return self._publishing.at(at)

    def hearing(self, channel: Medium, at: datetime) -> tuple[tuple[ActiveRule, ...], datetime | None]:
        """Rules about what a person tells by a channel."""
        return self._hearing.get(channel, _NOTHING).at(at)

    def threshold(self, rule_id: str, at: datetime) -> ThresholdRule:
        """The limits of a rule of kind `threshold` in force at an instant. Raises NotFound."""
        value = self.rule(rule_id).value_at(at)
        if value is None or not isinstance(value.assessor, ThresholdRule):
            raise NotFound(f"le pack n’a pas de seuil {rule_id} en vigueur au {at.isoformat()}")
        return value.assessor

    @property
    def reply_words(self) -> ReplyWords:
        """The words replies are read with, read when first asked for.

        Raises InvalidPack naming every fault of their file, and for a pack kept from before there were any.
        """
        if self._reply_words is None:
            raise InvalidPack(
                f"les règles {self.version} sont plus anciennes que la lecture des réponses : elles n’en lisent aucune"
            )
        return self._reply_words()

    def checked(self) -> Pack:
        """The pack with nothing left to read, for what stays up or answers for its files. Raises InvalidPack."""
        if self._reply_words is not None:
            self._reply_words()
        return self

    def territory_of(
        self, postcode: str | None, *, commune: str | None = None, number: str | None = None, country: str = ""
    ) -> str:
        """Code of a person's territory, or `unknown`; see Gazetteer."""
        return self.gazetteer.territory_of(postcode, commune=commune, number=number, country=country)


def load_pack(law: Path, house: Path | None = None, *, today: date, listening: bool = False) -> Pack:
    """Read a pack from its folder, and the team's stricter choices from theirs.

    Raises InvalidPack naming file, key and reason of every fault at once; a rule whose review is overdue on `today`, or that
    says it was checked after it, is such a fault: what nobody looks after any more lets nothing leave. The words of replies are
    left until they are asked for (`Pack.checked`). listening: whoever takes objections has it all the same, and lets nothing
    leave by it (`Pack.stale`).
    """
    faults = Faults()
    folders = {"law": law} if house is None else {"law": law, "house": house}
    files = {path: text for prefix, folder in folders.items() for path, text in _read_folder(prefix, folder, faults)}
    if not any(path.startswith("law/") for path in files):
        faults.raise_if_any()  # a folder of no rules at all has one fault, and not one for each file and key it lacks
    shown = {prefix: folder.as_posix() for prefix, folder in folders.items()}
    contents = read_contents(files, shown, faults)
    if contents.reply_words is None:
        faults.add(f"{shown['law']}/{REPLIES.partition('/')[2]}", "", "ce fichier n’existe pas")
    if not listening:
        _look_for_days_to_come(contents.rules, shown, today, faults)
        _look_for_overdue(contents.rules, shown, today, faults)
    faults.raise_if_any()
    return _assemble(_canonical(files), contents)


def _look_for_days_to_come(rules: Iterable[Rule], shown: Mapping[str, str], today: date, faults: Faults) -> None:
    """One rule checked tomorrow is a slip of somebody's; all of them, and it is the clock that is behind."""
    for (pack, day), ids in _by_day((rule, rule.checked_on) for rule in rules if rule.checked_on > today).items():
        clock = f", alors que cette machine se croit le {today} : réglez son horloge" if len(ids) > 1 else ""
        faults.add(f"{shown[pack]}: {_named(ids)}", "checked_on", f"{day} est dans l’avenir{clock}")


def _look_for_overdue(rules: Iterable[Rule], shown: Mapping[str, str], today: date, faults: Faults) -> None:
    for (pack, day), ids in _by_day((rule, rule.review_by) for rule in rules if today > rule.review_by).items():
        which, whose = _named(ids), "sa relecture" if len(ids) == 1 else "leur relecture"
        reason = f"{whose} était due le {day} : rien ne part sans elle ; comparez chaque règle à sa source, puis reportez la date"
        faults.add(f"{shown[pack]}: {which}", "review_by", reason)


def _by_day(rules: Iterable[tuple[Rule, date]]) -> dict[tuple[str, date], list[str]]:
    """Rules of a folder that have the same day have the same fault: they come in scores."""
    found: dict[tuple[str, date], list[str]] = {}
    for rule, day in rules:
        found.setdefault((rule.pack, day), []).append(rule.id)
    return found


def _named(ids: list[str]) -> str:
    if len(ids) == 1:
        return f"rule {ids[0]}"
    more = ", …" if len(ids) > _NAMED_MOST else ""
    return f"{len(ids)} règles ({', '.join(ids[:_NAMED_MOST])}{more})"


def _read_folder(prefix: str, folder: Path, faults: Faults) -> list[tuple[str, str]]:
    if not (folder / "pack.toml").is_file():
        faults.add((folder / "pack.toml").as_posix(), "", "ce fichier n’existe pas ; un dossier de règles a un pack.toml")
        return []
    files = []
    for path in sorted(path for pattern in _DECIDING for path in folder.glob(pattern)):
        try:
            files.append((f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_text(encoding="utf-8")))
        except UnicodeDecodeError as fault:
            faults.add(path.as_posix(), "", not_utf8(fault))
        except OSError as fault:
            faults.add(path.as_posix(), "", f"ne peut pas être lu ({fault.strerror})")
    return files


def _canonical(files: Mapping[str, str]) -> bytes:
    return json.dumps(files, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _assemble(text: bytes, contents: Contents) -> Pack:
    rules = contents.rules
    sending = [rule for rule in rules if Ask.SEND in rule.head.asks]
    return Pack(
        version=sha256(text).hexdigest()[:_VERSION_HEX],
        text=text,
        jurisdiction=contents.jurisdiction,
        title=contents.title,
        languages=contents.languages,
        calendar=contents.calendar,
        needs=contents.needs,
        rules=rules,
        sources=contents.sources,
        words=contents.words,
        says=contents.says,
        gazetteer=Gazetteer.of(contents.calendar.territories),
        mailboxes=contents.mailboxes,
        list_words=contents.list_words,
        _reply_words=contents.reply_words,
        _by_id={rule.id: rule for rule in rules},
        _sending={
            (channel, message_class): Timeline.of(
                rule for rule in sending if channel in rule.head.channels and message_class in rule.head.classes
            )
            for channel in Medium
            for message_class in MessageClass
        },
        _entering=Timeline.of(rule for rule in rules if Ask.ENTER in rule.head.asks),
        _keeping=Timeline.of(rule for rule in rules if Ask.KEEP in rule.head.asks),
        _publishing=Timeline.of(rule for rule in rules if Ask.PUBLISH in rule.head.asks),
        _hearing={
            channel: Timeline.of(rule for rule in rules if Ask.HEAR in rule.head.asks and channel in rule.head.channels)
            for channel in Medium
        },
    )


def _active(rules: tuple[Rule, ...], at: datetime) -> Iterable[ActiveRule]:
    for rule in rules:
        if (value := rule.value_at(at)) is not None:
            still = type(value.assessor).next_change is Kind.next_change
            yield ActiveRule(rule.id, value.assessor.assess, None if still else value.assessor.next_change)


def _no_rule(rule_id: str, known: Iterable[str]) -> str:
    """That no rule has this id, and which one was meant."""
    alike = get_close_matches(rule_id, list(known), n=1)
    return f"aucune règle ne s’appelle « {rule_id} » : " + (
        f"vouliez-vous dire {alike[0]} ?" if alike else "gateway policy list les montre toutes"
    )
