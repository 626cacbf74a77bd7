"""Buckets of a pace, shared by lanes on several machines."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier

from gateway.flows.gateway import Gateway
from gateway.store import paces
from gateway.store.engine import begin
from tests.meanwhile import Act, two_write

#: PostgreSQL makes each row of a bucket so slowly that two lanes meet half-way.
_SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END';
CREATE TRIGGER slowly AFTER INSERT ON pace FOR EACH ROW EXECUTE FUNCTION slowly();
"""


def test_two_lanes_whose_settings_name_domains_in_another_order_do_not_wait_for_each_other(gw: Gateway) -> None:
    if two_write(gw):
        with begin(gw.engine) as tx:
            tx.exec_driver_sql(_SLOWLY)
    at, together = gw.clock.now(), Barrier(2)

    def lane(rates: dict[str, float]) -> dict[str, int]:
        together.wait()
        with begin(gw.engine) as tx:
            allowed = paces.allowances(tx, rates, at)
            paces.spend(tx, dict.fromkeys(reversed(rates), 1))
        return allowed

    one, other = Act(lambda: lane({"domain:a": 5, "domain:b": 5})), Act(lambda: lane({"domain:b": 5, "domain:a": 5}))
    one.start()
    other.start()
    one.done()
    other.done()
    with begin(gw.engine) as tx:
        assert paces.allowances(tx, {"domain:b": 5, "domain:a": 5}, at) == {"domain:a": -1, "domain:b": -1}


def test_a_lane_that_waited_for_another_gives_nobody_the_same_second_twice(gw: Gateway) -> None:
    """Its instant is older than that of the lane it waited for: a relay that asked for ten a second was given fifteen."""
    start, rates = gw.clock.now(), {"sender:email": 10}

    def begun(after: float) -> int:
        with begin(gw.engine) as tx:
            (allowed,) = paces.allowances(tx, rates, start + timedelta(seconds=after)).values()
            paces.spend(tx, {"sender:email": allowed})
        return allowed

    assert begun(0) == 1
    assert begun(2) == 10
    assert begun(1.2) == 0
    assert begun(2.2) == 2


def test_two_machines_whose_clocks_are_ninety_seconds_apart_keep_to_the_pace_together(gw: Gateway) -> None:
    """Whenever they took turns, the one ahead was given a whole second more: ten a second became as many as there were turns."""
    start, rates, begun = gw.clock.now(), {"sender:email": 10}, 0
    for tenth in range(50):
        for ahead in (90, 0):
            with begin(gw.engine) as tx:
                (allowed,) = paces.allowances(tx, rates, start + timedelta(seconds=ahead + tenth / 10)).values()
                paces.spend(tx, {"sender:email": allowed})
            begun += allowed
    assert begun <= 10 + 5 * 10


def test_a_clock_that_is_put_back_holds_nobody_up(gw: Gateway) -> None:
    start, rates = gw.clock.now(), {"sender:email": 10}
    with begin(gw.engine) as tx:
        paces.allowances(tx, rates, start + timedelta(days=365))
        paces.spend(tx, {"sender:email": 10})
        assert paces.allowances(tx, rates, start) == {"sender:email": -9}
        assert paces.allowances(tx, rates, start + timedelta(seconds=1)) == {"sender:email": 1}
