"""From a table of plain values (a scenario, a request of the command line) to facts, strictly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar, get_type_hints

from gateway.compliance.batch import BatchFacts
from gateway.compliance.codec import FACT_TYPES, read_value
from gateway.compliance.facts import FactNeeds, Facts
from gateway.compliance.heard import HeardFacts
from gateway.compliance.kept import KeptFacts, Moment
from gateway.compliance.publish import FormFacts
from gateway.compliance.rules.threshold import Measure
from gateway.compliance.wording import ReplyWords, read_reply
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.reply import Answer, Told

T = TypeVar("T", Facts, BatchFacts, KeptFacts, FormFacts)


def read_facts(given: Mapping[str, object], at: datetime, needs: FactNeeds) -> Facts:
    """Facts of a message; what is not given has the default of Facts, and counts are zero in every window of the pack.

    Raises InvalidInput naming the key.
    """
    names = {field.name for field in fields(Facts)} - {"at"}
    _refuse_unknown(given, names)
    values = {name: read_value(name, FACT_TYPES[name], value) for name, value in given.items()}
    values.setdefault("sent", (0,) * len(needs.caps))
    return _build(Facts, values, at)


def read_batch(given: Mapping[str, object], at: datetime) -> BatchFacts:
    """Facts of a batch. Raises InvalidInput naming the key."""
    return _build(BatchFacts, _read(BatchFacts, given), at)


def read_form(given: Mapping[str, object], at: datetime) -> FormFacts:
    """Facts of a form. Raises InvalidInput naming the key."""
    return _build(FormFacts, _read(FormFacts, given), at)


def read_kept(given: Mapping[str, object], at: datetime) -> KeptFacts:
    """Facts of a record; `moments` is a table from moment to instant. Raises InvalidInput naming the key."""
    rest = {name: value for name, value in given.items() if name != "moments"}
    moments = given.get("moments", {})
    if not isinstance(moments, dict):
        raise InvalidInput("moments: il faut une table qui donne un instant à chaque moment")
    read = []
    for name, instant in moments.items():
        if name not in set(Moment) or not isinstance(instant, datetime) or instant.tzinfo is None:
            raise InvalidInput(f"moments.{name}: il faut un moment parmi {', '.join(Moment)}, avec un instant et son décalage")
        read.append((Moment(name), instant))
    return _build(KeptFacts, {**_read(KeptFacts, rest), "moments": tuple(sorted(read))}, at)


def read_measure(given: Mapping[str, object], at: datetime) -> Measure:
    """Something measured. Raises InvalidInput naming the key."""
    _refuse_unknown(given, {"rule", "limit", "value"})
    rule, limit, value = given.get("rule"), given.get("limit"), given.get("value")
    if isinstance(rule, str) and isinstance(limit, str) and isinstance(value, (int, float)) and not isinstance(value, bool):
        return Measure(at=at, rule=rule, limit=limit, value=value)
    raise InvalidInput("rule, limit, value: une mesure demande l’id d’une règle, le nom d’une limite et un nombre")


def read_heard(given: Mapping[str, object], at: datetime, words: ReplyWords) -> HeardFacts:
    """An act of a person: `channel`, `told`, the `text` of her words, `answered`: a table from answer to instant.

    Words are read as the reader of the pack reads them. Raises InvalidInput naming the key.
    """
    _refuse_unknown(given, {"channel", "told", "text", "answered"})
    channel, told = read_value("channel", Medium, given.get("channel")), read_value("told", Told, given.get("told", "reply"))
    before = given.get("answered", {})
    if not isinstance(before, dict) or not all(isinstance(when, datetime) and when.tzinfo for when in before.values()):
        raise InvalidInput("answered: il faut une table qui donne à chaque réponse un instant, avec son décalage")
    answered = tuple((read_value("answered", Answer, name), when) for name, when in before.items())
    text = given.get("text")
    if not isinstance(text, str):
        if told is Told.REPLY:
            raise InvalidInput("text: une réponse a des mots")
        return HeardFacts(at=at, channel=channel, told=told, answered=answered)
    reading = read_reply(text, words)
    return HeardFacts(
        at=at,
        channel=channel,
        told=told,
        intent=reading.intent,
        patterns=reading.patterns,
        every_medium=reading.every_medium,
        answered=answered,
    )


def _read(kind: type[BatchFacts] | type[KeptFacts] | type[FormFacts], given: Mapping[str, object]) -> dict[str, object]:
    hints = get_type_hints(kind)
    _refuse_unknown(given, hints.keys() - {"at", "moments"})
    return {name: read_value(name, hints[name], value) for name, value in given.items()}


def _refuse_unknown(given: Mapping[str, object], known: Iterable[str]) -> None:
    if odd := sorted(given.keys() - known):
        raise InvalidInput(f"{', '.join(odd)}: ce fait n’existe pas")


def _build(kind: type[T], values: Mapping[str, Any], at: datetime) -> T:
    try:
        return kind(at=at, **values)
    except TypeError as fault:
        raise InvalidInput(f"il manque un fait : {fault}") from fault
