"""Whoever leaves takes everything that is hers along, and nothing new is written about somebody who is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select

from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.errors import NotFound
from gateway.store import retaining, signups, tables
from gateway.store.engine import begin, reading
from tests.clock import AN_ORDINARY_MORNING as NOW


def person(tx):
    row = {"kind": OriginKind.WEB_FORM, "label": "site", "collection": Collection.DIRECT, "created_at": NOW}
    origin = tx.execute(insert(tables.origin).values(row).returning(tables.origin.c.id)).scalar_one()
    row = {"contact_class": ContactClass.REGULAR, "origin_id": origin, "created_at": NOW}
    return tx.execute(insert(tables.contact).values(row).returning(tables.contact.c.id)).scalar_one()


def sign_up(tx, contact_id):
    new = signups.NewSignup(
        contact_id=contact_id,
        form_sha256="0" * 64,
        fresh=True,
        language="fr",
        given_at=NOW,
        boxes=(),
        answers={"given_name": "Zoé"},
    )
    return signups.add(tx, new)


def hold(tx, contact_id):
    return retaining.hold(tx, contact_id, reason="litige", until=NOW + timedelta(days=9), by="claire", at=NOW)


def test_what_she_signed_up_to_and_holds_on_her_leave_with_her_alone(engine):
    with begin(engine) as tx:
        zoe, yann = person(tx), person(tx)
        for one in (zoe, yann):
            sign_up(tx, one)
            hold(tx, one)
        tx.execute(delete(tables.contact).where(tables.contact.c.id == zoe))
    with reading(engine) as tx:
        for table in (tables.signup, tables.retention_hold):
            assert list(tx.execute(select(table.c.contact_id).where(table.c.contact_id.in_((zoe, yann)))).scalars()) == [yann]


def test_of_many_people_those_who_leave_at_once_take_all_that_is_theirs_and_nobody_elses(engine):
    theirs: dict[Table, dict[str, Any]] = {
        tables.person_key: {"key": b"k" * 16},
        tables.tag: {"name": "marché"},
        tables.consent_event: {"medium": "email", "purpose": "political", "act": "granted", "at": NOW, "recorded_at": NOW},
        tables.contact_origin: {"batch_id": 1, "origin_id": 1, "at": NOW},
    }
    with begin(engine) as tx:
        people = [person(tx) for _ in range(6)]
        for table, row in theirs.items():
            tx.execute(insert(table), [{**row, "contact_id": one} for one in people])
        leaving, staying = people[::2], people[1::2]
        tx.execute(delete(tables.contact).where(tables.contact.c.id.in_(leaving)))
    with reading(engine) as tx:
        for table in theirs:
            left = select(table.c.contact_id).where(table.c.contact_id.in_(people)).order_by(table.c.contact_id)
            assert list(tx.execute(left).scalars()) == staying, table.name


@pytest.mark.parametrize("write", [sign_up, hold])
def test_nothing_is_written_about_somebody_who_was_erased_a_moment_ago(engine, write):
    with begin(engine) as tx:
        gone = person(tx)
        tx.execute(delete(tables.contact).where(tables.contact.c.id == gone))
    with pytest.raises(NotFound), begin(engine) as tx:
        write(tx, gone)
    with reading(engine) as tx:
        counted = [
            select(func.count()).select_from(one).where(one.c.contact_id == gone)
            for one in (tables.signup, tables.retention_hold)
        ]
        assert [tx.execute(one).scalar_one() for one in counted] == [0, 0]
