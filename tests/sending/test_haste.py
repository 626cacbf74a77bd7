"""A relay that is asked too much, or that says nothing any more: nobody is given up for that, and few are left in doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.channels.ourside import hasty
from gateway.domain.channel import Envelope, Fault, Rejected, Unsure
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.sending.runner import Runner
from gateway.store import tables
from gateway.store.engine import begin
from tests.clock import ManualClock
from tests.sending.support import Person, RecordingChannel, add, newsletter, run

TOWN = [f"personne{number}@exemple.example" for number in range(40)]


def _states(gw: Gateway) -> dict[str, tuple[MessageState, int]]:
    m, a = tables.message, tables.address
    with begin(gw.engine) as tx:
        rows = tx.execute(select(a.c.value, m.c.state, m.c.attempts).join(a, a.c.id == m.c.address_id)).all()
    return {value: (state, attempts) for value, state, attempts in rows}


@pytest.mark.parametrize(
    "words",
    [
        "450 4.7.1 Error: too much mail from 192.0.2.1",
        "450 4.7.1 Error: too many recipients from 192.0.2.1",
        "421 4.7.0 relais.example Too many messages on this connection",
        "451 4.3.2 Your hourly sending rate limit has been exceeded, slow down",
        "450 4.7.0 Trop de messages en une heure",
    ],
)
def test_a_relay_says_in_many_words_that_we_send_too_much(words: str) -> None:
    assert hasty(words)


def test_a_relay_that_takes_four_letters_an_hour_takes_all_forty_in_the_end(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Each refusal counted as a try of hers: after the fifth, whoever came late in the list was given up."""
    taken: list[str] = []
    asked: list[str] = []

    def answer(envelope: Envelope) -> Rejected | None:
        asked.append(envelope.recipient)
        hour = clock.now().replace(minute=0, second=0, microsecond=0).isoformat()
        if taken.count(hour) == 4:
            return Rejected(False, "450 4.7.1", "Error: too much mail from 192.0.2.1", Fault.THROTTLED)
        taken.append(hour)
        return None

    channel.answer = answer
    add(gw, *(Person(email=one) for one in TOWN))
    newsletter(gw)
    for _ in range(11 * 6):
        run(gw)
        clock.advance(timedelta(minutes=10))
    assert _states(gw) == dict.fromkeys(TOWN, (MessageState.ACCEPTED, 1))
    assert len(asked) < len(TOWN) * 12  # it is not asked for everybody again each time
    with begin(gw.engine) as tx:
        assert set(tx.execute(select(tables.address.c.failures)).scalars()) == {0}


def test_a_server_that_puts_off_a_newcomer_is_asked_again_at_its_hour_and_holds_nobody_else_up(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """Greylisting is about her and us, not about how much we send: it counts as a try, and the others leave."""
    late = TOWN[0]
    grey = Rejected(False, "451 4.7.1", "Recipient address rejected: Greylisted", Fault.THROTTLED)
    channel.answer = lambda envelope: grey if envelope.recipient == late else None
    add(gw, *(Person(email=one) for one in TOWN))
    newsletter(gw)
    run(gw)
    assert _states(gw) == dict.fromkeys(TOWN, (MessageState.ACCEPTED, 1)) | {late: (MessageState.DEFERRED, 1)}
    channel.answer = lambda envelope: None
    clock.advance(timedelta(minutes=gw.settings.sending.retry_minutes[0]))
    run(gw)
    assert _states(gw)[late] == (MessageState.ACCEPTED, 2)


def test_a_relay_that_takes_letters_in_and_never_answers_leaves_one_in_doubt_each_time_it_is_tried(
    gw: Gateway, channel: RecordingChannel, clock: ManualClock
) -> None:
    """As many as there were connections were left in doubt at each try, and are never sent again."""
    channel.concurrency = 10
    channel.answer = lambda envelope: Unsure("no answer to the final dot in time")
    add(gw, *(Person(email=one) for one in TOWN))
    newsletter(gw)
    runner = Runner(gw)
    runner.step(0)
    first = len(channel.handed)
    for tries in range(1, 5):
        clock.advance(timedelta(minutes=3))
        runner.step(0)
        assert len(channel.handed) == first + tries
    runner.close()
    channel.answer = lambda envelope: None
    clock.advance(timedelta(minutes=3))
    run(gw)
    in_doubt = [state for state, _ in _states(gw).values() if state is MessageState.UNCERTAIN]
    assert len(in_doubt) == first + 4
    assert len(set(channel.recipients)) == len(channel.recipients) == len(TOWN)
