"""Terms and deadlines, counted as the calendar counts them; what must be kept beats what must go."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from gateway.compliance.keep import Act, KeepVerdict, keep
from gateway.compliance.kept import KeptFacts, Moment, RecordKind
from gateway.compliance.pack import ActiveRule, Pack, Timeline
from gateway.compliance.verdict import RULE_FAILED, Effect, Finding
from gateway.domain.contact import Collection, ContactClass, OriginKind
from tests.compliance.builders import paris, shipped, utc

SECOND = timedelta(seconds=1)


def asked(at: datetime, on: datetime, *, origin: OriginKind = OriginKind.DOORSTEP) -> KeepVerdict:
    """What becomes of an occasional contact who was asked and did not answer."""
    record = KeptFacts(
        at=at, record=RecordKind.CONTACT, contact_class=ContactClass.OCCASIONAL, origin=origin, moments=((Moment.ASKED, on),)
    )
    return keep(record, shipped())


def test_two_months_after_31_december_is_the_last_day_of_february() -> None:
    on = paris("2026-12-31 09:00")
    due = paris("2027-02-28 09:00")
    before, after = asked(due - SECOND, on), asked(due, on)
    assert (before.act, before.due_at, before.next_at) == (Act.KEEP, due, due)
    assert (after.act, after.rules, after.due_at) == (Act.DELETE, ("purge-occasional",), due)
    assert after.next_at is None, "a term that is over is not asked about again and again"


def test_a_term_across_the_change_of_hour_ends_at_the_same_hour_of_the_wall_clock() -> None:
    assert asked(paris("2027-03-15 12:00"), paris("2027-02-15 09:00")).due_at == utc("2027-04-15 07:00")


def test_hours_are_hours_even_across_the_change_of_hour() -> None:
    known = paris("2027-03-27 12:00")
    record = KeptFacts(at=known, record=RecordKind.BREACH, moments=((Moment.BECAME_AWARE, known),))
    assert keep(record, shipped()).due_at == utc("2027-03-30 11:00")


def test_a_contact_with_two_terms_goes_at_the_first_one() -> None:
    record = KeptFacts(
        at=paris("2027-06-01 00:00"),
        record=RecordKind.CONTACT,
        contact_class=ContactClass.OCCASIONAL,
        collection=Collection.INDIRECT,
        moments=((Moment.CREATED, paris("2027-05-20 00:00")), (Moment.CONTEST_OVER, paris("2027-05-15 00:00"))),
    )
    verdict = keep(record, shipped())
    assert (verdict.act, verdict.rules) == (Act.DELETE, ("purge-after-election",))
    assert {finding.rule for finding in verdict.findings} == {"purge-after-election", "notice-art14-deadline"}


def test_a_record_no_term_is_about_is_kept_and_nothing_is_due() -> None:
    verdict = keep(KeptFacts(at=paris("2027-06-01 00:00"), record=RecordKind.CONTACT), shipped())
    assert (verdict.act, verdict.due_at, verdict.next_at) == (Act.KEEP, None, None)


def keeping(*rules: ActiveRule) -> Pack:
    """A pack that asks only these about what is kept."""
    return dataclasses.replace(shipped(), _keeping=Timeline((), (rules,)), _by_id=MappingProxyType({}))


def saying(effect: Effect, name: str) -> ActiveRule:
    """A rule that always finds this."""
    return ActiveRule(name, lambda _: Finding(rule=name, effect=effect, until=utc("2027-01-01 00:00")), None)


@pytest.mark.parametrize(
    ("effects", "act"),
    [
        ((Effect.GRANT, Effect.REFUSE), Act.KEEP),
        ((Effect.REFUSE, Effect.DEFER), Act.DELETE),
        ((Effect.DEFER, Effect.GRANT), Act.ALERT),
        ((Effect.NOTE,), Act.KEEP),
    ],
)
def test_keeping_beats_deleting_and_deleting_beats_alerting(effects: tuple[Effect, ...], act: Act) -> None:
    pack = keeping(*(saying(effect, f"rule-{effect}") for effect in effects))
    assert keep(KeptFacts(at=paris("2027-06-01 00:00"), record=RecordKind.CONTACT), pack).act is act


def test_a_term_that_cannot_be_counted_destroys_nothing_and_tells_somebody() -> None:
    def broken(_: object) -> Finding | None:
        raise ValueError

    pack = keeping(saying(Effect.REFUSE, "over"), ActiveRule("broken", broken, None))
    verdict = keep(KeptFacts(at=paris("2027-06-01 00:00"), record=RecordKind.CONTACT), pack)
    assert (verdict.act, verdict.rules) == (Act.ALERT, (RULE_FAILED,))
