"""The opposition list in the store: what enters, what lapses, what is never lifted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from gateway.domain.channel import Medium
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.store import matching, opposition, suppressions
from gateway.store.engine import begin, reading
from gateway.store.folding import fold
from gateway.store.staging import OBJECTS, StagedRow, clear_part, parts, set_down, staging
from gateway.store.suppressions import Suppression
from gateway.store.tables import suppression
from tests.clock import AN_ORDINARY_MORNING as NOW

ANNE, YANN = b"a" * 16, b"y" * 16


def of(digest, kind=SuppressionKind.OBJECTION, medium=Medium.EMAIL, **given):
    return Suppression(
        **{"digest": digest, "medium": medium, "kind": kind, "cause": SuppressionCause.REPLY, "since": NOW, **given}
    )


def test_an_objection_enters_once_and_keeps_its_first_instant(engine):
    with begin(engine) as tx:
        assert suppressions.add_all(tx, [of(ANNE)]) == 1
        assert suppressions.add_all(tx, [of(ANNE, since=NOW + timedelta(days=1))]) == 0
    with reading(engine) as tx:
        assert [one.since for one in suppressions.of_digest(tx, ANNE)] == [NOW]


def test_an_objection_cannot_be_given_an_end(engine):
    row = {"digest": ANNE, "medium": "email", "kind": "objection", "cause": "reply", "since": NOW, "until": NOW}
    with pytest.raises(IntegrityError), begin(engine) as tx:
        tx.execute(insert(suppression).values(row))


def test_an_objection_for_every_channel_covers_each_and_one_for_sms_leaves_email(engine):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, medium=EVERY_MEDIUM), of(YANN, medium=Medium.SMS)])
    with reading(engine) as tx:
        assert suppressions.present(tx, [ANNE, YANN], Medium.EMAIL, NOW) == {ANNE}
        assert suppressions.present(tx, [ANNE, YANN], Medium.SMS, NOW) == {ANNE, YANN}


def test_technical_entries_are_lifted_and_an_objection_beside_them_stays(engine):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE), of(ANNE, SuppressionKind.TECHNICAL), of(ANNE, SuppressionKind.PAUSE)])
        assert suppressions.lift(tx, ANNE, Medium.EMAIL, SuppressionKind) == 2
    with reading(engine) as tx:
        assert [one.kind for one in suppressions.of_digest(tx, ANNE)] == [SuppressionKind.OBJECTION]


def test_sequence_numbers_are_never_given_twice(engine):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, SuppressionKind.PAUSE)])
    with reading(engine) as tx:
        [(first, _)] = suppressions.after(tx, 0)
    with begin(engine) as tx:
        suppressions.lift(tx, ANNE, Medium.EMAIL, [SuppressionKind.PAUSE])
        suppressions.add_all(tx, [of(YANN)])
    with reading(engine) as tx:
        [(second, _)] = suppressions.after(tx, 0)
    assert second > first


def objects(line, digest):
    return StagedRow(line, line, email_digest=digest, act_email=OBJECTS)


def stage_objections(tx):
    [part] = parts(tx)
    clear_part(tx)
    matching.match(tx, part, assign=False)
    return opposition.stage_objections(tx, part)


def test_a_staged_list_enters_by_set_and_only_what_is_new_counts(engine):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, medium=EVERY_MEDIUM)])
    with staging(engine) as stage:
        with stage.reading() as tx:
            set_down(tx, [objects(line, digest) for line, digest in enumerate([ANNE, YANN, YANN, b"z" * 16], 1)])
            assert fold(tx).lines == 1
        with stage.writing() as tx:
            assert stage_objections(tx) == 2
            opposition.enter_staged(tx, since=NOW)
    with reading(engine) as tx:
        assert suppressions.counts(tx) == [("objection", "*", 1), ("objection", "email", 2)]
        assert suppressions.of_digest(tx, YANN)[0].cause is SuppressionCause.IMPORTED_LIST


def test_a_staging_that_fails_leaves_nothing_behind(engine):
    with pytest.raises(RuntimeError), staging(engine) as stage, stage.writing() as tx:
        set_down(tx, [objects(1, ANNE)])
        assert stage_objections(tx) == 1
        opposition.enter_staged(tx, since=NOW)
        raise RuntimeError("power cut")
    with reading(engine) as tx:
        assert suppressions.counts(tx) == []
    with staging(engine) as stage, stage.reading() as tx:  # and the tables of the next one are empty again
        assert stage_objections(tx) == 0


def test_only_an_objection_is_one_and_whatever_stands_covers_its_channel_until_it_ends(engine):
    soon = NOW + timedelta(hours=1)
    kinds = (SuppressionKind.PAUSE, SuppressionKind.DOUBT, SuppressionKind.TECHNICAL)
    digests = {kind: kind.value.encode().ljust(16) for kind in kinds}
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(digests[kind], kind, until=soon) for kind in kinds])
        suppressions.add_all(tx, [of(ANNE, medium=EVERY_MEDIUM)])
        assert suppressions.present(tx, [*digests.values(), ANNE], Medium.EMAIL, NOW) == {ANNE}
        for digest in digests.values():
            assert suppressions.objected_at(tx, digest, Medium.EMAIL) is None
            assert suppressions.stands(tx, digest, Medium.EMAIL, NOW)
            assert not suppressions.stands(tx, digest, Medium.CALL, NOW)
            assert not suppressions.stands(tx, digest, Medium.EMAIL, soon), "an end is not of what it ends"
        assert suppressions.stands(tx, ANNE, Medium.CALL, soon) and not suppressions.stands(tx, YANN, Medium.CALL, NOW)


def test_a_break_is_only_prolonged_and_ended_alone(engine):
    week, month = NOW + timedelta(days=7), NOW + timedelta(days=30)
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, SuppressionKind.DOUBT)])
        assert suppressions.pause(tx, [ANNE], until=month, at=NOW) == 1
        assert suppressions.pause(tx, [ANNE], until=week, at=NOW) == 0
        assert suppressions.pause(tx, [ANNE], until=month, at=NOW) == 0
        assert [one.until for one in suppressions.of_digest(tx, ANNE)] == [None, month]
        assert suppressions.end_pause(tx, [ANNE]) == 1
        assert [one.kind for one in suppressions.of_digest(tx, ANNE)] == [SuppressionKind.DOUBT]


def test_she_ends_her_own_stop_and_nothing_else_that_objects(engine):
    by_reply, by_link = [SuppressionCause.REPLY], [SuppressionCause.UNSUBSCRIBE_LINK]
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, medium=Medium.SMS), of(ANNE), of(YANN, medium=Medium.SMS)])
        assert suppressions.end_objection(tx, ANNE, Medium.SMS, by_link) == 0
        assert suppressions.end_objection(tx, ANNE, Medium.SMS, by_reply) == 1
        assert suppressions.present(tx, [ANNE, YANN], Medium.SMS, NOW) == {YANN}
        assert suppressions.present(tx, [ANNE], Medium.EMAIL, NOW) == {ANNE}
        suppressions.add_all(tx, [of(YANN, medium=EVERY_MEDIUM)])
        assert suppressions.end_objection(tx, YANN, Medium.SMS, by_reply) == 0


def test_what_is_lifted_for_a_channel_is_lifted_where_it_was_put_for_every_channel_too(engine):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(ANNE, SuppressionKind.PAUSE, EVERY_MEDIUM), of(ANNE, SuppressionKind.PAUSE, Medium.SMS)])
        assert suppressions.lift(tx, ANNE, Medium.EMAIL, list(SuppressionKind)) == 1
        assert [one.medium for one in suppressions.of_digest(tx, ANNE)] == [Medium.SMS]


@pytest.mark.parametrize(("delays", "median", "most"), [((), None, None), ((9, 1, 5), 5, 9), ((8, 1, 4, 2), 3, 8)])
def test_delays_are_those_of_objections_people_made_to_us(engine, delays, median, most):
    with begin(engine) as tx:
        suppressions.add_all(tx, [of(bytes([rank]) * 16, delay_ms=delay) for rank, delay in enumerate(delays)])
        suppressions.add_all(tx, [of(ANNE), of(YANN, SuppressionKind.DOUBT, delay_ms=1000)])
        found = suppressions.delays(tx)
    assert (found.objections, found.median_ms, found.max_ms) == (len(delays), median, most)
