"""Her number is put right: « ce n’est plus mon numéro » (RGPD 16). The page of her data promises it. On both databases."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidAddress, InvalidInput
from gateway.domain.phone import PhoneNumber
from gateway.domain.rights import RequestVia, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.rights import acting, erasing
from gateway.flows.rights.acting import Correction
from gateway.flows.suppressing import import_list
from gateway.store import contacts, suppressions, tables
from gateway.store.engine import begin, reading
from tests.rights.support import asks_proven
from tests.sending.support import Person, add, journal_of, objects

ANNE, OLD, NEW, FIXED = "anne@exemple.example", "06 39 98 10 20", "06 39 98 10 21", "03 88 00 12 34"


def give(gw, contact_id, typed):
    number = PhoneNumber.parse(typed)
    with begin(gw.engine) as tx:
        for medium in number.media:
            digest = gw.keys.address_digest(medium, number.match_key)
            row = {"contact_id": contact_id, "medium": medium, "value": number.e164, "digest": digest}
            tx.execute(tables.address.insert().values(row))


@pytest.fixture
def anne(gw):
    (contact_id,) = add(gw, Person(email=ANNE))
    give(gw, contact_id, OLD)
    return contact_id


def puts_right(gw, **correction):
    request = asks_proven(gw, Right.RECTIFICATION, ANNE, via=RequestVia.PHONE)
    return acting.rectify(gw, request.id, Correction(**correction), by="Inès")


def numbers(gw, contact_id):
    with reading(gw.engine) as tx:
        return [(one.medium, one.value) for one in contacts.addresses(tx, contact_id) if one.medium is not Medium.EMAIL]


def listed(gw, typed, medium):
    with reading(gw.engine) as tx:
        digest = gw.keys.address_digest(medium, PhoneNumber.parse(typed).match_key)
        return bool(suppressions.present(tx, [digest], medium, gw.clock.now()))


def test_a_new_mobile_takes_the_place_of_the_old_one_for_texts_and_for_calls(gw, anne):
    assert puts_right(gw, mobile=NEW) == ("mobile",)
    assert numbers(gw, anne) == [(Medium.CALL, "+33639981021"), (Medium.SMS, "+33639981021")]
    told = next(one for one in journal_of(gw, "rights") if one["act"] == "rectified")
    assert told["fields"] == ["mobile"] and "33639981021" not in str(told)


def test_a_landline_stands_beside_the_mobile_and_either_is_removed_alone(gw, anne):
    assert puts_right(gw, landline=FIXED) == ("landline",)
    assert numbers(gw, anne) == [(Medium.CALL, "+33639981020"), (Medium.CALL, "+33388001234"), (Medium.SMS, "+33639981020")]
    assert puts_right(gw, mobile="") == ("mobile",)
    assert numbers(gw, anne) == [(Medium.CALL, "+33388001234")]
    with pytest.raises(InvalidInput, match="rien n’est à corriger"):
        puts_right(gw, mobile="", landline=FIXED)


def test_what_she_objected_to_at_the_old_number_holds_at_the_new_one(gw, anne, tmp_path):
    stop = tmp_path / "stop.txt"
    stop.write_text(f"{OLD}\n", "utf-8")
    import_list(gw, stop, by="Inès")
    puts_right(gw, mobile=NEW)
    assert listed(gw, NEW, Medium.SMS) and listed(gw, NEW, Medium.CALL)


@pytest.mark.parametrize("mobile", [None, ""], ids=["beside", "instead"])
@pytest.mark.parametrize(("medium", "added"), [(Medium.CALL, True), (None, True), (Medium.SMS, False)])
def test_whoever_objected_to_calls_is_not_called_at_a_number_she_gives_beside_it_either(gw, anne, medium, added, mobile):
    """She pressed the key on her mobile; the landline she has added later took no notice of it. She objects, not her number."""
    digest = gw.keys.address_digest(medium or Medium.SMS, PhoneNumber.parse(OLD).match_key)
    objects(gw, digest, medium, cause=SuppressionCause.KEY_PRESS)
    puts_right(gw, landline=FIXED, mobile=mobile)
    assert listed(gw, FIXED, Medium.CALL) is added


def test_a_number_of_somebody_else_of_the_list_of_the_wrong_kind_or_of_nobody_is_not_hers(gw, anne, tmp_path):
    (other,) = add(gw, Person(email="bruno@exemple.example"))
    give(gw, other, NEW)
    with pytest.raises(Conflict, match="une autre personne du fichier a déjà ce numéro"):
        puts_right(gw, mobile=NEW)
    stop = tmp_path / "stop.txt"
    stop.write_text("06 39 98 10 22\n", "utf-8")
    import_list(gw, stop, by="Inès")
    with pytest.raises(Conflict, match="le nouveau numéro est sur la liste d’opposition"):
        puts_right(gw, mobile="06 39 98 10 22")
    with pytest.raises(InvalidInput, match="est un fixe : --landline"):
        puts_right(gw, mobile=FIXED)
    with pytest.raises(InvalidInput, match="série réservée aux machines"):
        puts_right(gw, landline="01 62 00 00 18")
    with pytest.raises(InvalidAddress):
        puts_right(gw, mobile="06 12")
    assert numbers(gw, anne) == [(Medium.CALL, "+33639981020"), (Medium.SMS, "+33639981020")], "nothing half done"


def test_once_she_is_erased_the_new_number_does_not_come_back_either(gw, anne):
    puts_right(gw, mobile=NEW)
    erasing.erase(gw, asks_proven(gw, Right.ERASURE, NEW, via=RequestVia.PHONE).id, by="Inès")
    assert listed(gw, NEW, Medium.SMS) and listed(gw, NEW, Medium.CALL)
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.address.c.id)).all() == []


def test_whoever_is_placed_by_her_number_alone_moves_with_it(gw, anne):
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.update().values(postcode="", territory=gw.pack.territory_of(None, number="+33639981020")))
    puts_right(gw, mobile="0692 12 34 56")
    with reading(gw.engine) as tx:
        found = contacts.view(tx, anne)
    assert found is not None and found.territory == gw.pack.territory_of(None, number="+262692123456")


@pytest.mark.parametrize("born", [date(2070, 1, 1), date(1870, 1, 1)])
def test_nobody_is_born_tomorrow_or_two_lives_ago(gw, anne, born):
    """The age of a person decides what she may be sent: a slip of the keyboard is refused, as in a file or a form."""
    with pytest.raises(InvalidInput, match="ce jour n’est pas possible"):
        puts_right(gw, birth_on=born)
