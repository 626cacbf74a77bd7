"""Would the law decide the same again? A verdict that was altered afterwards is found, and the entry named."""

from __future__ import annotations

import random

import orjson
import pytest
from sqlalchemy import select, update

from gateway.flows import auditing
from gateway.flows.auditing import Scope
from gateway.store import tables
from gateway.store.engine import begin
from tests.sending.support import Person, add, installation, newsletter, run

LEA, MARC = "lea@exemple.fr", "marc@exemple.fr"


@pytest.fixture
def gw(database_url, clock, tmp_path):
    """Eight people agreed, two never did: a letter decided on all of them."""
    with installation(database_url, clock, tmp_path) as gw:
        add(gw, Person(email=LEA), *(Person(email=f"p{n}@exemple.fr") for n in range(7)))
        add(gw, Person(email=MARC, consent=None), Person(email="zoe@exemple.fr", consent="refused"))
        newsletter(gw)
        run(gw)
        yield gw


def decisions(gw):
    j = tables.journal
    with begin(gw.engine) as tx:
        return {row.id: orjson.loads(row.body) for row in tx.execute(select(j).where(j.c.kind == "decision"))}


def write(gw, number, told):
    """Straight into the table, as whoever holds the database could."""
    j = tables.journal
    body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    with begin(gw.engine) as tx:
        tx.execute(update(j).where(j.c.id == number).values(body=body))


def test_a_letter_that_nobody_altered_replays_without_difference(gw):
    found = auditing.replay(gw, Scope(campaign="lettre"))
    assert (found.verdicts, found.beyond, found.different) == (10, 0, 0)


def test_each_altered_verdict_is_found_and_named(gw):
    true = decisions(gw)
    refused = next(told for told in true.values() if told["verdict"] == "refuse")
    allowed = next(told for told in true.values() if told["verdict"] == "allow")
    draw = random.Random(4)
    for turn in range(10):
        number = draw.choice(sorted(true))
        told = dict(true[number])
        match turn % 5:
            case 0:  # a refusal made a permission, or the other way round
                told["verdict"] = "refuse" if told["verdict"] == "allow" else "allow"
            case 1:  # other rules
                told["rules"] = ["no-such-rule"]
            case 2:  # the facts of somebody else
                other = refused if told["verdict"] == "allow" else allowed
                told["facts"] = other["facts"]
            case 3:  # a pack that was never in force
                told["pack"] = "0" * 16
            case _:  # facts nobody recorded
                told["facts"] = "0" * 64
        write(gw, number, told)
        found = auditing.replay(gw, Scope())
        assert [one.entry_id for one in found.differences] == [number], (turn, found)
        assert found.different == 1 and found.verdicts == len(true) - 1
        assert found.differences[0].message_id == told["message"]
        write(gw, number, true[number])
    assert auditing.replay(gw, Scope()).different == 0


def test_facts_that_were_altered_change_the_verdicts_that_rest_on_them(gw):
    """Whoever rewrites the facts themselves is found by the tree; replay says which verdicts no longer follow."""
    j = tables.journal
    with begin(gw.engine) as tx:
        number, body = next(
            (row.id, orjson.loads(row.body))
            for row in tx.execute(select(j).where(j.c.kind == "facts"))
            if b"granted" in bytes(row.body)
        )
    body["body"] = body["body"].replace("granted", "refused")
    write(gw, number, body)
    found = auditing.replay(gw, Scope())
    assert found.different == 8 and all("allow" in one.recorded for one in found.differences), found


def test_facts_that_are_no_longer_those_of_their_hash_are_told_even_where_the_verdict_would_be_the_same(gw):
    """A fact that no rule looks at, on that day: the decision named another set of facts all the same."""
    j = tables.journal
    with begin(gw.engine) as tx:
        number, told = next(
            (row.id, orjson.loads(row.body))
            for row in tx.execute(select(j).where(j.c.kind == "facts"))
            if b"granted" in bytes(row.body)
        )
    told["body"] = told["body"] + " "
    write(gw, number, told)
    found = auditing.replay(gw, Scope())
    assert found.different == 8 and all("not recorded" in one.computed for one in found.differences)
