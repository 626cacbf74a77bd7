"""What waits for somebody is settled once, by name, with a reason; an objection keeps its first instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.reply import Intent, RightAsked, Settlement
from gateway.domain.suppression import SuppressionKind
from gateway.flows.resolving import Decision, queue, resolve
from gateway.store import journal, suppressions
from gateway.store.engine import reading
from tests.meanwhile import Act, right_before
from tests.sending.support import Person, add, digest, journal_of, newsletter, run

ANNE = "anne@exemple.example"


def decided(settlement, by="Inès", **given):
    return Decision(settlement=settlement, by=by, why="je l’ai lue", **given)


def kinds(gw, email=ANNE):
    with reading(gw.engine) as tx:
        return {one.kind for one in suppressions.of_digest(tx, digest(gw, email))}


def test_an_objection_confirmed_by_a_person_counts_from_the_pause_and_its_delay_too(gw, writes, clock):
    add(gw, Person(email=ANNE))
    paused_at = clock.now()
    heard = writes(ANNE, "ça suffit", received_at=paused_at - timedelta(seconds=2))
    clock.advance(timedelta(days=1))
    done = resolve(gw, heard.letter_id, decided(Settlement.OBJECTION))
    assert (done.effective_at, done.already, done.resumed) == (paused_at, False, False)
    assert kinds(gw) == {SuppressionKind.OBJECTION}
    with reading(gw.engine) as tx:
        assert suppressions.delays(tx).max_ms == 2000
        assert suppressions.objected_at(tx, digest(gw, ANNE), "email") == paused_at
    assert journal_of(gw, "reply")[-1]["settlement"] == "objection"


def test_what_is_no_objection_lifts_the_pause_and_the_next_newsletter_reaches_her(gw, writes, channel):
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, "ça suffit")
    done = resolve(gw, heard.letter_id, decided(Settlement.NOT_OBJECTION))
    assert done.resumed and kinds(gw) == set()
    newsletter(gw)
    run(gw)
    assert channel.recipients == [ANNE]


def test_only_an_objection_can_be_said_to_be_to_every_channel(gw, writes):
    heard = writes(ANNE, "ça suffit")
    for settlement in (Settlement.REFUSAL, Settlement.NOT_OBJECTION):
        with pytest.raises(InvalidInput, match="retirez --every-channel"):
            resolve(gw, heard.letter_id, decided(settlement, every_medium=True))
    assert kinds(gw) == {SuppressionKind.DOUBT}, "nothing was decided"


def test_the_pause_lasts_until_the_last_doubtful_reply_is_settled(gw, writes):
    first, second = writes(ANNE, "ça suffit"), writes(ANNE, "ras le bol")
    assert not resolve(gw, first.letter_id, decided(Settlement.NOT_OBJECTION)).resumed
    assert kinds(gw) == {SuppressionKind.DOUBT}
    assert resolve(gw, second.letter_id, decided(Settlement.NOT_OBJECTION)).resumed


def test_a_doubtful_reply_at_the_very_moment_the_one_before_is_settled_pauses_her_all_the_same(gw, writes, monkeypatch):
    """Her pause stood when the second one was heard, and nothing was open when it was ended."""
    add(gw, Person(email=ANNE))
    first = writes(ANNE, "ça suffit")
    second = Act(lambda: writes(ANNE, "ras le bol"))
    right_before(monkeypatch, suppressions, "lift", second)
    resolve(gw, first.letter_id, decided(Settlement.NOT_OBJECTION))
    second.done()
    assert kinds(gw) == {SuppressionKind.DOUBT} and len(queue(gw)) == 1


def test_her_two_replies_settled_by_two_people_at_once_do_not_leave_her_paused_for_ever(gw, writes, monkeypatch):
    add(gw, Person(email=ANNE))
    first, second = writes(ANNE, "ça suffit"), writes(ANNE, "ras le bol")
    other = Act(lambda: resolve(gw, second.letter_id, decided(Settlement.NOT_OBJECTION, by="Malo")))
    right_before(monkeypatch, journal, "append", other)
    resolve(gw, first.letter_id, decided(Settlement.NOT_OBJECTION))
    other.done()
    assert kinds(gw) == set() and queue(gw) == []


def test_the_same_decision_again_changes_nothing_and_another_one_comes_too_late(gw, writes):
    heard = writes(ANNE, "ça suffit")
    resolve(gw, heard.letter_id, decided(Settlement.OBJECTION))
    entries = len(journal_of(gw, "reply"))
    again = resolve(gw, heard.letter_id, decided(Settlement.OBJECTION, by="Malo"))
    assert (again.already, again.by, len(journal_of(gw, "reply"))) == (True, "Inès", entries)
    with pytest.raises(Conflict, match="déjà été réglée par Inès, le 01/12/2026 à 11:00, comme « objection »"):
        resolve(gw, heard.letter_id, decided(Settlement.NOT_OBJECTION, by="Malo"))
    assert kinds(gw) == {SuppressionKind.OBJECTION}


def test_of_two_who_decide_otherwise_at_once_one_wins_and_the_other_is_told(gw, writes):
    heard = writes(ANNE, "ça suffit")

    def decide(settlement):
        try:
            return resolve(gw, heard.letter_id, decided(settlement)).settlement
        except Conflict as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as crowd:
        said = list(crowd.map(decide, [Settlement.OBJECTION, Settlement.NOT_OBJECTION]))
    won = [one for one in said if isinstance(one, Settlement)]
    assert len(won) == 1 and any("déjà été réglée" in one for one in said)
    assert kinds(gw) == ({SuppressionKind.OBJECTION} if won == [Settlement.OBJECTION] else set())


def test_an_objection_in_force_is_never_undone_by_a_decision(gw, writes):
    heard = writes(ANNE, "Supprimez mes données")
    with pytest.raises(Conflict, match="une opposition ne se lève pas"):
        resolve(gw, heard.letter_id, decided(Settlement.NOT_OBJECTION))
    assert resolve(gw, heard.letter_id, decided(Settlement.ANSWERED)).settlement is Settlement.ANSWERED
    assert queue(gw) == [] and kinds(gw) == {SuppressionKind.OBJECTION}


def test_a_doubt_is_not_closed_by_an_answer_that_leaves_her_paused(gw, writes):
    heard = writes(ANNE, "ras le bol")
    with pytest.raises(Conflict, match="dites d’abord si c’est une opposition"):
        resolve(gw, heard.letter_id, decided(Settlement.ANSWERED))


def test_a_right_she_invoked_keeps_her_reply_in_the_queue_until_it_is_answered(gw, writes):
    heard = writes(ANNE, "Comment avez-vous eu mon adresse ?")
    done = resolve(gw, heard.letter_id, decided(Settlement.NOT_OBJECTION))
    assert done.right_waits and done.resumed
    (left,) = queue(gw)
    assert (left.letter.intent, left.letter.right_asked) == (Intent.OTHER, RightAsked.ACCESS)
    resolve(gw, heard.letter_id, decided(Settlement.ANSWERED))
    assert queue(gw) == []


def test_what_the_reader_heard_is_not_said_to_be_decided_by_whoever_confirms_it(gw, writes):
    heard = writes(ANNE, "Ne m’écrivez plus et supprimez mes données")
    done = resolve(gw, heard.letter_id, decided(Settlement.OBJECTION))
    assert (done.already, done.by, done.right_waits) == (True, "", True)


def test_an_objection_nobody_recognised_takes_effect_when_somebody_reads_it(gw, writes, clock):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    heard = writes(ANNE, "Bonjour, c’est Anne du marché")
    clock.advance(timedelta(hours=5))
    done = resolve(gw, heard.letter_id, decided(Settlement.OBJECTION, every_medium=True))
    assert (done.effective_at, done.cancelled) == (clock.now(), 1)
    with reading(gw.engine) as tx:
        assert suppressions.objected_at(tx, digest(gw, ANNE), "*") == clock.now()


def test_a_refusal_of_somebody_unknown_cannot_be_recorded_and_changes_nothing(gw, writes):
    heard = writes(ANNE, "ça suffit")
    with pytest.raises(Conflict, match="dites plutôt « objection »"):
        resolve(gw, heard.letter_id, decided(Settlement.REFUSAL))
    assert kinds(gw) == {SuppressionKind.DOUBT} and len(queue(gw)) == 1


def test_nobody_decides_without_a_name_and_a_reason_nor_about_nothing(gw, writes):
    heard = writes(ANNE, "ras le bol")
    with pytest.raises(InvalidInput, match="--why"):
        resolve(gw, heard.letter_id, Decision(settlement=Settlement.OBJECTION, by="Inès", why=" "))
    with pytest.raises(NotFound, match="réponse n° 999"):
        resolve(gw, 999, decided(Settlement.OBJECTION))
