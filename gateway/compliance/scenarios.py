"""Golden tables beside the law, for lawyers to read and add to: a situation, an instant, the expected answer and its reasons.

A scenario names a `base` (a situation described once), what is `given` otherwise, and what is `expect`ed:
verdict, because (exactly the rules that decided), shows (rules that found something), passes (rules that looked and let it
through), duties (exactly), until, opens (of a reply: the request of which right; "none"). Unknown keys are refused.
`each` asks the same of several situations, one after the other: every number of a list, every holiday of a year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from gateway.compliance.admit import Entry, admit
from gateway.compliance.decide import decide
from gateway.compliance.hear import Outcome, judge
from gateway.compliance.keep import Act, keep
from gateway.compliance.pack import ActiveRule, Pack
from gateway.compliance.publish import publishable
from gateway.compliance.reading import Faults, Table, parse_toml
from gateway.compliance.rule import Ask, Rule
from gateway.compliance.situations import read_batch, read_facts, read_form, read_heard, read_kept, read_measure
from gateway.compliance.verdict import Allow, Decided, Defer, Effect, Finding
from gateway.compliance.wording import read_reply
from gateway.domain.errors import InvalidInput, InvalidPack, NotFound
from gateway.domain.reply import RightAsked

_STOPS = frozenset({Effect.REFUSE, Effect.DEFER})
_ALLOWING = frozenset(
    {"allow", "published", Entry.ACCEPTED.value, Act.KEEP.value, "within", Outcome.RESTARTED.value, Outcome.NOTHING.value}
)
_VERDICTS: Mapping[Ask, frozenset[str]] = {
    Ask.SEND: frozenset({"allow", "defer", "refuse"}),
    Ask.ENTER: frozenset(Entry),
    Ask.PUBLISH: frozenset({"published", "refused"}),
    Ask.KEEP: frozenset(Act),
    Ask.MEASURE: frozenset({"within", "exceeded"}),
    Ask.HEAR: frozenset(Outcome),
}


_NO_REQUEST = "none"


class Check(StrEnum):
    """What a scenario may expect of rules."""

    BECAUSE = "because"
    SHOWS = "shows"
    PASSES = "passes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a scenario expects. None: not said."""

    verdict: str
    because: tuple[str, ...] | None
    shows: tuple[str, ...]
    passes: tuple[str, ...]
    duties: frozenset[str] | None
    until: datetime | None
    opens: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One golden case."""

    file: str
    name: str
    ask: Ask
    at: datetime
    given: Mapping[str, object]
    expect: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the pack answers, whatever was asked."""

    verdict: str
    because: tuple[str, ...]
    findings: tuple[Finding, ...]
    looked: frozenset[str]  #: every rule that looked
    duties: frozenset[str] = frozenset()
    until: datetime | None = None
    opens: str = _NO_REQUEST  #: the right that a reply invokes, of which a request is opened


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """Whether a scenario holds, and if not what differs."""

    scenario: Scenario
    answer: Answer | None  #: None when the situation itself cannot be read
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True when everything expected is so."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Rules that no scenario shows on one of their two sides."""

    never_allowing: tuple[str, ...]
    never_stopping: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """True when every rule appears in an allowing and in a non-allowing scenario."""
        return not self.never_allowing and not self.never_stopping


def read_scenarios(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Scenarios of files, or of the .toml files of folders. Raises InvalidPack with every fault: file, key, reason."""
    faults = Faults()
    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    roots = [parse_toml(_read(file, faults), file.as_posix(), faults) for file in files]
    bases: dict[str, Mapping[str, object]] = {}
    for root in roots:
        if (table := root.optional_table("base")) is not None:
            for name in table.names():
                if name in bases:
                    table.fault(name, "cette base y est deux fois")
                bases[name] = table.table(name).content
            table.done()
    scenarios = tuple(
        scenario
        for root in roots
        for table in (root.tables("scenario") if "scenario" in root else ())
        for scenario in _read_scenario(table, bases)
    )
    for root in roots:
        root.done()
    faults.raise_if_any()
    return scenarios


def run_scenarios(pack: Pack, paths: Iterable[Path]) -> list[ScenarioResult]:
    """Ask the pack every scenario of some files or folders. Raises InvalidPack when a file cannot be read."""
    return [_run(pack, scenario) for scenario in read_scenarios(paths)]


def coverage(results: Sequence[ScenarioResult], pack: Pack) -> Coverage:
    """Which rules lack a side. Only what a scenario asserts counts, and only scenarios that hold."""
    allowing: set[str] = set()
    stopping: set[str] = set()
    for result in results:
        if result.answer is None or not result.passed:
            continue
        expect = result.scenario.expect
        named = {*(expect.because or ()), *expect.shows, *expect.passes}
        granted = {finding.rule for finding in result.answer.findings if finding.effect is Effect.GRANT}
        if expect.verdict in _ALLOWING:
            allowing |= named
            stopping |= {rule_id for rule_id in named - granted if _only_grants(pack, rule_id)}
        else:
            stopping |= {rule_id for rule_id in named if rule_id in (expect.because or ()) or not _can_stop(pack, rule_id)}
    ids = [rule.id for rule in pack.rules]
    return Coverage(
        never_allowing=tuple(rule_id for rule_id in ids if rule_id not in allowing),
        never_stopping=tuple(rule_id for rule_id in ids if rule_id not in stopping),
    )


def ask_pack(pack: Pack, ask: Ask, given: Mapping[str, object], at: datetime) -> Answer:
    """Put one question to the pack. Raises InvalidInput when the situation cannot be read."""
    return _ASKING[ask](pack, given, at)


def _send(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    facts = read_facts(given, at, pack.needs)
    verdict = decide(facts, pack)
    return Answer(
        verdict=verdict.name,
        because=verdict.rules,
        findings=verdict.findings,
        looked=frozenset(rule.id for rule in pack.rules_at(facts)),
        duties=verdict.duties if isinstance(verdict, Allow) else frozenset(),
        until=verdict.until if isinstance(verdict, Defer) else None,
    )


def _enter(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    admission = admit(read_batch(given, at), pack)
    return _answer(admission.entry.value, admission, pack.entering(at)[0])


def _publish(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    publication = publishable(read_form(given, at), pack)
    return _answer("published" if publication.allowed else "refused", publication, pack.publishing(at)[0])


def _keep(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    kept = keep(read_kept(given, at), pack)
    return _answer(kept.act.value, kept, pack.keeping(at)[0], until=kept.due_at)


def _measure(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    measure = read_measure(given, at)
    try:
        finding = pack.threshold(measure.rule, at).assess(measure)
    except (NotFound, KeyError) as fault:
        raise InvalidInput(f"règle ou limite : {fault}") from fault
    return Answer(
        verdict="within" if finding is None else "exceeded",
        because=() if finding is None else (finding.rule,),
        findings=() if finding is None else (finding,),
        looked=frozenset({measure.rule}),
    )


def _hear(pack: Pack, given: Mapping[str, object], at: datetime) -> Answer:
    told = read_heard(given, at, pack.reply_words)
    hearing, text = judge(told, pack), given.get("text")
    right = read_reply(text, pack.reply_words).right if isinstance(text, str) else None
    looked = pack.hearing(told.channel, at)[0]
    answer = _answer(hearing.outcome.value, hearing, looked, duties=frozenset(hearing.answers))
    return replace(answer, opens=right.value if right else _NO_REQUEST)


def _answer(
    verdict: str,
    decided: Decided,
    looked: Iterable[ActiveRule],
    *,
    duties: frozenset[str] = frozenset(),
    until: datetime | None = None,
) -> Answer:
    return Answer(
        verdict=verdict,
        because=decided.rules,
        findings=decided.findings,
        looked=frozenset(rule.id for rule in looked),
        duties=duties,
        until=until,
    )


_ASKING: Mapping[Ask, Callable[[Pack, Mapping[str, object], datetime], Answer]] = {
    Ask.SEND: _send,
    Ask.ENTER: _enter,
    Ask.PUBLISH: _publish,
    Ask.KEEP: _keep,
    Ask.MEASURE: _measure,
    Ask.HEAR: _hear,
}


def _run(pack: Pack, scenario: Scenario) -> ScenarioResult:
    try:
        answer = ask_pack(pack, scenario.ask, scenario.given, scenario.at)
    except InvalidInput as fault:
        return ScenarioResult(scenario=scenario, answer=None, faults=(str(fault),))
    return ScenarioResult(scenario=scenario, answer=answer, faults=tuple(_differences(scenario.expect, answer)))


def _differences(expect: Expected, answer: Answer) -> Iterable[str]:
    if expect.verdict != answer.verdict:
        yield f"verdict: expected {expect.verdict}, got {answer.verdict} because {', '.join(answer.because) or 'no rule spoke'}"
    elif expect.because is not None and set(expect.because) != set(answer.because):
        yield f"because: expected {', '.join(sorted(expect.because))}, got {', '.join(sorted(answer.because))}"
    found = {finding.rule for finding in answer.findings}
    for rule_id in expect.shows:
        if rule_id not in found:
            yield f"shows: {rule_id} found nothing"
    stopped = {finding.rule for finding in answer.findings if finding.effect in _STOPS}
    for rule_id in expect.passes:
        if rule_id not in answer.looked:
            yield f"passes: {rule_id} does not look at this"
        elif rule_id in stopped:
            yield f"passes: {rule_id} stops it"
    if expect.duties is not None and expect.duties != answer.duties:
        yield f"duties: expected {', '.join(sorted(expect.duties))}, got {', '.join(sorted(answer.duties))}"
    if expect.opens is not None and expect.opens != answer.opens:
        yield f"opens: expected {expect.opens}, got {answer.opens}"
    if expect.until is not None and expect.until != answer.until:
        yield f"until: expected {expect.until.isoformat()}, got {answer.until.isoformat() if answer.until else 'none'}"


def _read_scenario(table: Table, bases: Mapping[str, Mapping[str, object]]) -> Iterator[Scenario]:
    """One scenario; or one for each table of `each`, which says what is otherwise as the scenario itself does."""
    ask = table.choice("ask", Ask, Ask.SEND)
    base: Mapping[str, object] = {}
    if "base" in table:
        if (named := table.text("base")) not in bases:
            table.fault("base", f"« {named} » n’est pas une base du fichier ; il y a {', '.join(bases) or 'aucune base'}")
        base = bases.get(named, {})
    cases = table.tables("each") if "each" in table else ()
    scenario = Scenario(
        file=table.file,
        name=table.text("name"),
        ask=ask,
        at=table.instant("at") if "at" in table or not cases else datetime.min.replace(tzinfo=UTC),
        given=_situation(table, base),
        expect=_read_expected(table.table("expect"), ask),
    )
    table.done()
    if not cases:
        yield scenario
    for case in cases:
        at = case.instant("at") if "at" in case or "at" not in table else scenario.at
        name = f"{scenario.name} ({', '.join(_leaves(case.content))})"
        yield replace(scenario, name=name, at=at, given=_situation(case, scenario.given))
        case.done()


def _situation(table: Table, low: Mapping[str, object]) -> Mapping[str, object]:
    """A situation, and what a table says otherwise: `given`, `without`, `with`."""
    merged = dict(low)
    if (given := table.optional_table("given")) is not None:
        merged.update(given.content)
    for key, change in (("without", _without), ("with", _with)):
        if (altered := table.optional_table(key)) is not None:
            for name in altered.names():
                merged[name] = change(merged.get(name, ()), altered.texts(name))
            altered.done()
    return merged


def _leaves(value: object) -> Iterator[str]:
    """What is said in a table, without its keys."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    else:
        yield value.isoformat() if isinstance(value, datetime) else str(value)


def _without(present: object, items: tuple[str, ...]) -> list[str]:
    return [item for item in (present if isinstance(present, (list, tuple)) else ()) if item not in items]


def _with(present: object, items: tuple[str, ...]) -> list[str]:
    return sorted({*(present if isinstance(present, (list, tuple)) else ()), *items})


def _read_expected(table: Table, ask: Ask) -> Expected:
    verdict = table.text("verdict")
    if verdict not in _VERDICTS[ask]:
        table.fault("verdict", f"« {verdict} » n’est pas admis ; on attend {', '.join(sorted(_VERDICTS[ask]))}")
    rules = {check: table.texts(check.value) if check.value in table else None for check in Check}
    expected = Expected(
        verdict=verdict,
        because=rules[Check.BECAUSE],
        shows=rules[Check.SHOWS] or (),
        passes=rules[Check.PASSES] or (),
        duties=frozenset(table.texts("duties")) if "duties" in table else None,
        until=table.instant("until").astimezone(UTC) if "until" in table else None,
        opens=_read_opened(table, ask) if "opens" in table else None,
    )
    table.done()
    return expected


def _read_opened(table: Table, ask: Ask) -> str:
    opens, known = table.text("opens"), (*RightAsked, _NO_REQUEST)
    if ask is not Ask.HEAR:
        table.fault("opens", "seule une réponse (ask = hear) ouvre une demande")
    elif opens not in known:
        table.fault("opens", f"« {opens} » n’est pas admis ; on attend {', '.join(sorted(known))}")
    return opens


def _read(file: Path, faults: Faults) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        faults.add(file.as_posix(), "", f"ne peut pas être lu comme du texte UTF-8 : {fault}")
        return ""


def _rule(pack: Pack, rule_id: str) -> Rule:
    try:
        return pack.rule(rule_id)
    except NotFound:
        raise InvalidPack(f"un scénario nomme « {rule_id} », qui n’est pas une règle du pack") from None


def _only_grants(pack: Pack, rule_id: str) -> bool:
    return not rule_id.startswith("no-") and _rule(pack, rule_id).effect is Effect.GRANT


def _can_stop(pack: Pack, rule_id: str) -> bool:
    """Whether a rule can refuse or defer at all: by its effect, or by one of its cases."""
    rule = _rule(pack, rule_id)
    return rule.effect in _STOPS or bool(rule.says.keys() - {""})
