"""From the files of a pack to its rules. Every fault of every file is recorded; nothing half-read is ever answered as good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from gateway.compliance.calendar import Calendar, midnight
from gateway.compliance.facts import Cap, FactNeeds
from gateway.compliance.holidays import read_holidays
from gateway.compliance.listreading import read_list_words
from gateway.compliance.listwords import ListWords
from gateway.compliance.mailboxes import Mailboxes, read_mailboxes
from gateway.compliance.opening import Opening, read_opening
from gateway.compliance.packparts import (
    Files,
    Words,
    placeholders,
    read_elections,
    read_engine_sentences,
    read_house_meta,
    read_review,
    read_sources,
    read_words,
    read_zone,
)
from gateway.compliance.reading import Faults, Table
from gateway.compliance.rule import Ask, Book, Confidence, DatedValue, Force, Head, Rule, Source
from gateway.compliance.rules import KINDS
from gateway.compliance.rules.age import AgeRule
from gateway.compliance.rules.frequency import FrequencyRule, read_cap
from gateway.compliance.rules.heard import AnswerRule, RefusalRule, RestartRule
from gateway.compliance.rules.sender import NetworkRule
from gateway.compliance.targeting import CriteriaLists, ExemptionTerms, Targeting
from gateway.compliance.territory import read_territories
from gateway.compliance.verdict import Effect
from gateway.compliance.wording import Keywords, ReplyWords
from gateway.compliance.wordreader import read_reply_words
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium

#: How replies are read; what the files of its parts begin with.
REPLIES, _REPLY_PARTS = "law/stop.toml", "law/stop-"
MAILBOXES = "law/mailboxes.toml"
LISTS = "law/lists.toml"
_EVERY = "*"
_HOLIDAYS = "law/holidays.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the files of a pack say."""

    jurisdiction: str
    title: Mapping[str, str]
    languages: tuple[str, ...]
    says: Mapping[str, Mapping[str, str]]
    calendar: Calendar
    sources: Mapping[str, Source]
    words: Words
    rules: tuple[Rule, ...]
    needs: FactNeeds
    reply_words: Callable[[], ReplyWords] | None  #: None in packs older than the reader of replies
    mailboxes: Mailboxes  #: knows nothing in packs older than it
    list_words: ListWords  #: the same


@dataclass(frozen=True, slots=True)
class _Draft:
    """A rule table whose dated values wait until all rules have been seen."""

    table: Table
    pack: str
    kind: str
    values: tuple[tuple[datetime, datetime | None, Table], ...]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What the words of replies are read from. They take longest of all to read: packs that agree in this share them."""

    texts: tuple[tuple[str, str], ...]
    sources: frozenset[str]
    keywords: tuple[Keywords, ...]
    shown: Mapping[str, str] = field(compare=False)


def read_contents(texts: Mapping[str, str], shown: Mapping[str, str], faults: Faults) -> Contents:
    """Read a bundle. `shown`: how messages name the folders "law" and "house"."""
    files = Files(texts, shown, faults)
    meta = files.root("law/pack.toml")
    languages = meta.texts("languages")
    zone = read_zone(meta)
    jurisdiction, title = meta.text("jurisdiction"), meta.in_languages("title", languages)
    read_review(meta)
    says = read_engine_sentences(meta, languages)
    sources = read_sources(files)
    holidays = read_holidays(files.root(_HOLIDAYS), languages, sources) if files.has(_HOLIDAYS) else {}
    territories = read_territories(files.root("law/territories.toml"), languages, holidays, faults)
    elections = read_elections(files, languages, territories, sources)
    calendar = Calendar(elections=elections, territories=territories, zone=zone)
    words = read_words(files, languages)
    house = read_house_meta(files, languages)
    drafts = [
        draft for pack in ("law", "house") for root in files.under(f"{pack}/rules/") for draft in _read_drafts(root, pack, zone)
    ]
    reader = _RuleReader(
        book=Book(
            calendar=calendar, targeting=_targeting(drafts), languages=languages, caps=_caps(drafts), windows=_windows(drafts)
        ),
        sources=sources,
        words=words,
        review_by={"law": meta, "house": house},
    )
    if faults.lines and not territories:
        rules: tuple[Rule, ...] = ()  # nothing can be said of rules without a map; the faults found so far are reported
    else:
        rules = tuple(reader.read(draft) for draft in drafts)
    _refuse_doubles(rules, drafts)
    if not drafts:
        faults.add(shown.get("law", "law"), "rules", "il n’y a aucune règle")
    meta.done()
    house.done()
    return Contents(
        jurisdiction=jurisdiction,
        title=title,
        languages=languages,
        says=says,
        calendar=calendar,
        sources=sources,
        words=words,
        rules=rules,
        reply_words=_when_needed(texts, shown, sources, tuple(_keywords(rules))) if REPLIES in texts else None,
        mailboxes=read_mailboxes(files.root(MAILBOXES)) if MAILBOXES in texts else Mailboxes(),
        list_words=read_list_words(files.root(LISTS), sources) if LISTS in texts else ListWords(),
        needs=_needs(rules, reader.book.caps, files),
    )


@lru_cache(maxsize=4)
def _read_reply_words(spoken: _Spoken) -> ReplyWords:
    faults = Faults()
    files = Files(dict(spoken.texts), spoken.shown, faults)
    words = read_reply_words(files.root(REPLIES), spoken.sources, spoken.keywords, tuple(files.under(_REPLY_PARTS)))
    faults.raise_if_any()
    return words


def _when_needed(
    texts: Mapping[str, str], shown: Mapping[str, str], sources: Mapping[str, Source], keywords: tuple[Keywords, ...]
) -> Callable[[], ReplyWords]:
    """Reads the words of replies when first called: few commands need them. It raises InvalidPack naming every fault."""
    told = tuple((path, text) for path, text in texts.items() if path == REPLIES or path.startswith(_REPLY_PARTS))
    return partial(_read_reply_words, _Spoken(told, frozenset(sources), keywords, shown))


def _read_drafts(root: Table, pack: str, zone: ZoneInfo) -> Iterator[_Draft]:
    for table in root.tables("rule"):
        kind = table.text("kind")
        values = [(midnight(value.date("from"), zone), _until(value, zone), value) for value in table.tables("value")]
        dated = []
        for rank, (since, until, value) in enumerate(values):
            following = values[rank + 1][0] if rank + 1 < len(values) else None
            if following is not None and following <= since:
                value.fault(
                    "from", "les valeurs sont données de la plus ancienne à la plus récente, chacune depuis son propre jour"
                )
            if until is not None and (until <= since or (following is not None and until > following)):
                value.fault("until", "une valeur finit après avoir commencé, et pas après le début de la suivante")
            dated.append((since, until or following, value))
        yield _Draft(table, pack, kind, tuple(dated))
    root.done()


def _until(value: Table, zone: ZoneInfo) -> datetime | None:
    day = value.optional_date("until")
    return None if day is None else midnight(day, zone)


def _silently(table: Table) -> Table:
    """The same table for a first look: its faults are recorded when the rule itself is read."""
    return Table(table.content, table.file, table.key, Faults())


def _targeting(drafts: list[_Draft]) -> Targeting:
    lists, exemptions = [], []
    for draft in drafts:
        for since, until, value in draft.values:
            look = _silently(value)
            if draft.kind == "targeting":
                lists.append(CriteriaLists(since=since, until=until, neutral=frozenset(look.texts("neutral"))))
            elif draft.kind == "exemption":
                exemptions.append(
                    ExemptionTerms(
                        since=since,
                        until=until,
                        senders=frozenset(look.texts("senders")),
                        contacts=frozenset(look.texts("contacts")),
                        criteria=frozenset(look.texts("criteria")),
                    )
                )
    return Targeting(lists=tuple(lists), exemptions=tuple(exemptions))


def _caps(drafts: list[_Draft]) -> tuple[Cap, ...]:
    windows = set()
    for draft in drafts:
        if draft.kind == "frequency":
            channels = _silently(draft.table).choices("channels", Medium, every=_EVERY)
            windows |= {read_cap(_silently(value), channels) for _, _, value in draft.values}
    return tuple(sorted(windows))


def _windows(drafts: list[_Draft]) -> dict[str, Opening]:
    """The latest hours of each rule of kind window."""
    return {
        _silently(draft.table).text("id"): read_opening(_silently(draft.values[-1][2]))
        for draft in drafts
        if draft.kind == "window" and draft.values
    }


@dataclass(slots=True)
class _RuleReader:
    """Reads drafts into rules."""

    book: Book
    sources: Mapping[str, Source]
    words: Words
    review_by: Mapping[str, Table]

    def read(self, draft: _Draft) -> Rule:
        """One rule; faults are recorded. A rule of unknown kind has no value and reports itself."""
        table = draft.table
        head = self._head(draft)
        source = self._source(table)
        confidence = table.choice("confidence", Confidence)
        force = table.choice("force", Force)
        if source.instrument and not source.url and confidence is not Confidence.OWN:
            table.fault("source", 'une source sans adresse est un choix de l’équipe : confidence vaut alors "own"')
        review_table = table if "review_by" in table else self.review_by[draft.pack]
        kind = KINDS.get(draft.kind)
        rule = Rule(
            head=head,
            kind=draft.kind,
            pack=draft.pack,
            source=source,
            force=force,
            confidence=confidence,
            checked_on=table.date("checked_on"),
            review_by=review_table.date("review_by"),
            says=self._says(table, draft.kind),
            values=tuple(self._value(kind_value, head, draft.kind) for kind_value in draft.values) if kind else (),
        )
        self._check_words(rule, table)
        table.done()
        return rule

    def _head(self, draft: _Draft) -> Head:
        table, kind = draft.table, KINDS.get(draft.kind)
        if kind is None:
            table.fault("kind", f"« {draft.kind} » n’est pas admis ; on attend {', '.join(KINDS)}")
        effect = table.choice("effect", Effect)
        if kind is not None and effect not in kind.effects:
            table.fault("effect", f"une règle du genre {draft.kind} a pour effet {' ou '.join(sorted(kind.effects))}")
        if draft.pack == "house" and effect is Effect.GRANT:
            table.fault("effect", "la maison refuse, reporte ou note ; elle n’accorde jamais ce que la loi n’accorde pas")
        asks = frozenset(kind.asks[:1]) if kind is not None else frozenset({Ask.SEND})
        if "asks" in table:
            asks = table.choices("asks", Ask) or asks
            if kind is not None and not asks.issubset(kind.asks):
                table.fault("asks", f"une règle du genre {draft.kind} répond à {', '.join(kind.asks)}")
        told = not asks.isdisjoint({Ask.SEND, Ask.HEAR})  # by a channel
        return Head(
            id=table.text("id"),
            asks=asks,
            effect=effect,
            channels=table.choices("channels", Medium, every=_EVERY) if told else frozenset(),
            classes=table.choices("classes", MessageClass, every=_EVERY) if Ask.SEND in asks else frozenset(),
        )

    def _source(self, table: Table) -> Source:
        key = table.text("source")
        if key and key not in self.sources:
            table.fault("source", f"« {key} » n’est pas une clé de sources.toml")
        return self.sources.get(key, Source(key=key, instrument="", article="", url=""))

    def _value(self, dated: tuple[datetime, datetime | None, Table], head: Head, kind: str) -> DatedValue:
        since, until, value = dated
        assessor = KINDS[kind].read(value, head, self.book)
        value.done()
        return DatedValue(since=since, until=until, content=value.content, assessor=assessor)

    def _says(self, table: Table, kind: str) -> dict[str, dict[str, str]]:
        cases = KINDS[kind].cases if kind in KINDS else ()
        if not cases or not set(self.book.languages).isdisjoint(table.table("says").names()):  # one sentence, whatever the case
            says = dict.fromkeys(cases or ("",), table.in_languages("says", self.book.languages))
        else:
            spoken = table.table("says")
            says = {case: spoken.in_languages(case, self.book.languages) for case in cases}
            spoken.done()
        known = KINDS[kind].params if kind in KINDS else frozenset[str]()
        for sentence in (sentence for texts in says.values() for sentence in texts.values()):
            for name in placeholders(sentence):
                if name not in known:
                    table.fault("says", f"{{{name}}} n’est rien qu’une règle du genre {kind} puisse dire")
        return says

    def _check_words(self, rule: Rule, table: Table) -> None:
        for section, name in {named for value in rule.values for named in value.assessor.names()}:
            if name not in self.words.get(section, {}):
                table.fault("value", f"« {name} » n’a pas de mots dans la section [{section}] de words.toml")


def _refuse_doubles(rules: tuple[Rule, ...], drafts: list[_Draft]) -> None:
    seen: set[str] = set()
    for rule, draft in zip(rules, drafts, strict=False):
        if rule.id in seen:
            draft.table.fault("id", f"« {rule.id} » y est deux fois ; une règle de la maison a un id à elle")
        seen.add(rule.id)


def _keywords(rules: tuple[Rule, ...]) -> Iterator[Keywords]:
    """The words that rules of hearing name, as they are in force last."""
    for rule in rules:
        if rule.values and isinstance(rule.values[-1].assessor, (RefusalRule, AnswerRule, RestartRule)):
            yield from rule.values[-1].assessor.keywords()


def _needs(rules: tuple[Rule, ...], caps: tuple[Cap, ...], files: Files) -> FactNeeds:
    assessors = [value.assessor for rule in rules for value in rule.values]
    years = {assessor.years for assessor in assessors if isinstance(assessor, AgeRule)}
    if len(years) > 1:
        files.faults.add("rules", "years", "la base ne connaît qu’un âge limite : toutes les règles du genre age ont le même")
    most = max((assessor.most for assessor in assessors if isinstance(assessor, FrequencyRule)), default=0)
    networks = {beginning for assessor in assessors if isinstance(assessor, NetworkRule) for beginning in assessor.deny}
    return FactNeeds(caps=caps, cap_most=most, age_years=min(years, default=None), networks=tuple(sorted(networks)))
