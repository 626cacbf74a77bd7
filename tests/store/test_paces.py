"""Buckets of a pace, shared by lanes on several machines."""

from __future__ import annotations

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
