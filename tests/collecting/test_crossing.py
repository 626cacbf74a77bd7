"""Somebody objects, or is erased, at the very moment a file that names her is written: one comes first, and the other sees it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event
from time import sleep

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.keys import LinkScope
from gateway.domain.suppression import SuppressionKind
from gateway.flows.collecting import list_batches, undo_import, write
from gateway.flows.consenting import withdraw_consent
from gateway.flows.gateway import Gateway
from gateway.flows.keeping import forget
from gateway.flows.preferring import pause
from gateway.flows.suppressing import import_list
from gateway.store import crossing, merging, objecting, opposition, people, signups, suppressions, tables, undoing
from gateway.store.engine import begin, reading
from gateway.store.signups import NewAddress
from tests.collecting.support import BOX, brought, consent_states, imported
from tests.collecting.support import people as everybody
from tests.collecting.test_objected_elsewhere import says_stop, written_to
from tests.meanwhile import LONG_SECONDS, Act, right_before, two_write
from tests.sending.support import digest, journal_of

#: Her number tells that it is she; the second file brings another email address of hers.
FIRST = "courriel;portable;nom;consentement\na@exemple.fr;0639981234;Riou;\n"
SECOND = "courriel;portable;nom;consentement\nb@exemple.fr;0639981234;Riou;oui\n"
STRANGERS = "courriel;portable;nom;consentement\na@exemple.fr;0639981234;Riou;oui\nc@exemple.fr;;Léon;oui\n"


def on_list(gw: Gateway, email: str) -> bool:
    with reading(gw.engine) as tx:
        return bool(suppressions.present(tx, [digest(gw, email)], Medium.EMAIL, gw.clock.now()))


@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
def test_who_objects_while_a_file_brings_another_address_of_hers_is_not_reached_there(gw, tmp_path, monkeypatch, medium):
    """RGPD 21(3): the part had looked her up before she objected, and she objected before its address was there to be seen."""
    imported(gw, tmp_path, FIRST)
    stop = Act(lambda: says_stop(gw, medium))
    right_before(monkeypatch, merging, "add_addresses", stop, until=stop.done if two_write(gw) else None)
    imported(gw, tmp_path, SECOND, claim=BOX)
    stop.done()
    assert on_list(gw, "a@exemple.fr")
    assert on_list(gw, "b@exemple.fr") or "b@exemple.fr" not in everybody(gw), "she objects, not her address"
    assert written_to(gw) == []


def test_who_asks_for_a_pause_while_a_file_brings_another_address_of_hers_has_it_there_too(gw, tmp_path, monkeypatch):
    imported(gw, tmp_path, FIRST)
    link = gw.keys.link_token(LinkScope.PREFER, 1, digest(gw, "a@exemple.fr"))
    asks = Act(lambda: pause(gw, link, gw.clock.now() + timedelta(days=30)))
    right_before(monkeypatch, crossing, "look_again", asks, until=asks.done if two_write(gw) else None)
    imported(gw, tmp_path, SECOND, claim=BOX)
    asks.done()
    with reading(gw.engine) as tx:
        paused = {one.digest for _, one in suppressions.after(tx, 0) if one.kind is SuppressionKind.PAUSE}
    assert {digest(gw, "a@exemple.fr"), digest(gw, "b@exemple.fr")} <= paused


def test_an_objection_under_way_is_waited_for_by_a_file_that_makes_somebody_of_the_stranger(gw, tmp_path, monkeypatch):
    """She was nobody's when we looked whose address it is; were the file in before her words count, it would miss them."""
    stop, looked_up, written = Act(lambda: says_stop(gw, None)), Event(), Event()
    take_effect, look_again = objecting.take_effect, crossing.look_again

    def takes_effect_late(*given, **named):
        looked_up.set()
        written.wait(LONG_SECONDS if two_write(gw) else 0)
        sleep(0.2)  # the file has all the time to be in before her
        return take_effect(*given, **named)

    def looks_again(*given):
        written.set()
        return look_again(*given)

    monkeypatch.setattr(objecting, "take_effect", takes_effect_late)
    monkeypatch.setattr(crossing, "look_again", looks_again)
    until = partial(looked_up.wait, LONG_SECONDS) if two_write(gw) else None
    right_before(monkeypatch, merging, "add_addresses", stop, until=until)
    imported(gw, tmp_path, STRANGERS, claim=BOX)
    stop.done()
    assert_she_is_kept_out(gw)


def test_a_stranger_s_objection_to_everything_keeps_out_whoever_a_file_makes_of_her(gw, tmp_path, monkeypatch):
    stop = Act(lambda: says_stop(gw, None))
    right_before(monkeypatch, merging, "add_addresses", stop, until=stop.done if two_write(gw) else None)
    imported(gw, tmp_path, STRANGERS, claim=BOX)
    stop.done()
    assert_she_is_kept_out(gw)


def assert_she_is_kept_out(gw: Gateway) -> None:
    with reading(gw.engine) as tx:
        listed = {entry.digest for _, entry in suppressions.after(tx, 0)}
    number = gw.keys.address_digest(Medium.SMS, "+33639981234")
    assert set(everybody(gw)) == {"c@exemple.fr"} or number in listed
    assert written_to(gw) == ["c@exemple.fr"]


def test_who_objects_and_waits_for_the_file_is_not_waited_for_in_her_turn(gw, tmp_path, monkeypatch):
    """Her consent, which she takes back, is a row that the file has changed: the file gives way, and is written after her."""
    monkeypatch.setattr(crossing, "_PATIENCE_SECONDS", 0.3)
    imported(gw, tmp_path, FIRST.replace("Riou;", "Riou;oui"), claim=BOX)
    stop = Act(lambda: says_stop(gw))
    right_before(monkeypatch, opposition, "stage_objections", stop)
    imported(gw, tmp_path, "courriel;nom;consentement\na@exemple.fr;Riou;non\nc@exemple.fr;Léon;oui\n", claim=BOX)
    stop.done()
    assert consent_states(gw)["a@exemple.fr"] in ("refused", "withdrawn")
    assert written_to(gw) == ["c@exemple.fr"]


def test_a_file_written_anew_for_somebody_who_objected_is_told_and_counted_once(gw, tmp_path, monkeypatch):
    imported(gw, tmp_path, FIRST)
    stop = Act(lambda: says_stop(gw))
    right_before(monkeypatch, merging, "add_addresses", stop, until=stop.done if two_write(gw) else None)
    report = imported(gw, tmp_path, SECOND + "c@exemple.fr;;Léon;oui\n", claim=BOX)
    stop.done()
    assert report.impact.new == 1 and len(journal_of(gw, "import")) == 2
    assert [told["act"] for told in journal_of(gw, "consent")] == ["granted"] * report.impact.granted
    assert written_to(gw) == ["c@exemple.fr"]


def test_whoever_has_nothing_to_do_with_the_file_objects_without_its_being_written_anew(gw, tmp_path, monkeypatch):
    imported(gw, tmp_path, FIRST)
    parts: list[object] = []
    whole = write._write_part

    def counted(*given):
        parts.append(given)
        return whole(*given)

    monkeypatch.setattr(write, "_write_part", counted)
    stop = Act(lambda: says_stop(gw))
    right_before(monkeypatch, merging, "add_addresses", stop, until=stop.done if two_write(gw) else None)
    imported(gw, tmp_path, "courriel;nom;consentement\nc@exemple.fr;Léon;oui\nd@exemple.fr;Max;désinscrit\n", claim=BOX)
    stop.done()
    assert len(parts) == 1


def test_a_part_that_never_gets_in_is_given_up_with_a_sentence(gw, tmp_path, monkeypatch):
    def crossed(*_given):
        raise crossing.Crossed

    monkeypatch.setattr(crossing, "look_again", crossed)
    with pytest.raises(Conflict, match="dans un moment"):
        imported(gw, tmp_path, FIRST)
    assert everybody(gw) == {}


def test_who_signs_up_on_the_web_while_a_file_brings_the_same_address_is_one_person(gw, tmp_path, monkeypatch):
    """Until now the file failed there, after the parts it had written."""
    email = NewAddress(medium=Medium.EMAIL, value="c@exemple.fr", digest=digest(gw, "c@exemple.fr"), domain="exemple.fr")
    imported(gw, tmp_path, FIRST)
    with reading(gw.engine) as tx:
        origin_id = tx.execute(select(tables.origin.c.id)).scalar_one()

    def sign_up() -> None:
        with begin(gw.engine) as tx:
            signups.enter_person(tx, email, language="fr", origin_id=origin_id, key=bytes(16), at=gw.clock.now())

    signs_up = Act(sign_up)
    right_before(monkeypatch, merging, "add_addresses", signs_up, until=signs_up.done if two_write(gw) else None)
    report = imported(gw, tmp_path, "courriel;nom;consentement\nc@exemple.fr;Léon;oui\nd@exemple.fr;Max;oui\n", claim=BOX)
    signs_up.done()
    assert set(everybody(gw)) == {"a@exemple.fr", "+33639981234", "c@exemple.fr", "d@exemple.fr"}
    assert report.impact.new == (1 if two_write(gw) else 2)
    with reading(gw.engine) as tx:
        held = select(tables.address.c.contact_id)
        assert tx.execute(select(tables.contact.c.id).where(tables.contact.c.id.not_in(held))).all() == []


def test_who_takes_her_consent_back_while_her_import_is_undone_stays_with_it(gw, tmp_path, monkeypatch):
    """Gone with the file, her withdrawal would keep nobody from bringing the same agreement in again."""
    imported(gw, tmp_path, STRANGERS, claim=BOX)
    taken_back = Act(lambda: withdraw_consent(gw, "a@exemple.fr", by="claire", means="téléphone"))
    right_before(monkeypatch, undoing, "take_back", taken_back, until=taken_back.done if two_write(gw) else None)
    [(batch, _)] = list_batches(gw)
    report = undo_import(gw, batch.id, by="claire")
    if not two_write(gw):  # she comes after it, and nothing is held of her any more
        with pytest.raises(NotFound):
            taken_back.done()
        assert everybody(gw) == {}
        return
    assert (report.undoing.gone, report.undoing.kept) == (1, 1)
    assert consent_states(gw)["a@exemple.fr"] == "withdrawn"


def test_an_opposition_list_covers_the_number_that_its_person_was_given_at_that_very_moment(gw, tmp_path, monkeypatch):
    imported(gw, tmp_path, "courriel;portable;nom\na@exemple.fr;0639981234;Riou\n")
    number = "+33639985678"
    given = NewAddress(medium=Medium.SMS, value=number, digest=gw.keys.address_digest(Medium.SMS, number))

    def confirmed() -> None:
        with begin(gw.engine) as tx:
            crossing.hold(tx)
            holder = people.holder(tx, digest(gw, "a@exemple.fr"))
            assert holder is not None
            signups.add_address(tx, holder.contact_id, given)

    act = Act(confirmed)
    right_before(monkeypatch, opposition, "enter_staged", act, until=act.done if two_write(gw) else None)
    report = import_list(gw, brought(tmp_path, "06 39 98 12 34\n", name="non.csv"), by="claire")
    act.done()
    with reading(gw.engine) as tx:
        on_it = suppressions.present(tx, [given.digest], Medium.SMS, gw.clock.now())
    assert bool(on_it) is two_write(gw), "on SQLite she gave it after the list, by an act of her own"
    assert report.fresh == (3 if two_write(gw) else 2)


def test_who_is_erased_while_a_file_adds_an_address_of_hers_leaves_nothing_behind(gw, tmp_path, monkeypatch):
    """RGPD 17: the file had found her in our own; what it writes of her afterwards would be nobody's, and stay."""
    imported(gw, tmp_path, FIRST)
    with reading(gw.engine) as tx:
        holder = people.holder(tx, digest(gw, "a@exemple.fr"))
    assert holder is not None

    def erase() -> None:
        with begin(gw.engine) as tx:
            forget(tx, gw, [holder.contact_id], ["purge-occasional"], at=gw.clock.now())

    erasure = Act(erase)
    right_before(monkeypatch, merging, "add_addresses", erasure, until=erasure.done if two_write(gw) else None)
    imported(gw, tmp_path, SECOND, claim=BOX)
    erasure.done()
    c = tables.contact.c
    with reading(gw.engine) as tx:
        for name in ("address", "contact_origin", "consent", "consent_event", "tag"):
            theirs = getattr(tables, name).c.contact_id
            orphans = tx.execute(select(theirs).where(theirs.not_in(select(c.id)))).all()
            assert orphans == [], f"{name} of somebody who is gone"
