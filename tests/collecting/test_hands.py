"""A long file in two hands, on PostgreSQL, ends as it would in one; SQLite has one hand, and comes to the same."""

from __future__ import annotations

from threading import Event, get_ident

import pytest

from gateway.domain.contact import BatchState
from gateway.domain.errors import StoreUnavailable
from gateway.flows.collecting import bringing, plan_import, undo, undo_import, write, write_import
from gateway.flows.collecting.request import Step, silent
from gateway.store import hands, matching, staging
from gateway.store.engine import is_postgresql, reading
from tests.collecting.support import BOX, asked, brought, consent_states, imported, ledger_size, people

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
TEXT = "courriel;prénom;consentement;étiquettes\n" + "".join(f"{name}@exemple.fr;{name.upper()};oui;marché\n" for name in NAMES)


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch):
    """Parts of two people, shared from three people on."""
    monkeypatch.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 2, "sqlite": 2})
    monkeypatch.setattr(hands, "_SHARED_FROM", 3)


def test_a_file_in_two_hands_comes_to_what_it_comes_to_as_a_whole(gw, tmp_path, monkeypatch):
    path = brought(tmp_path, TEXT + "i@exemple.fr;I;non;marché\npas une adresse;;;\n")
    steps = []
    with bringing(gw, asked(path, claim=BOX)) as file:
        plan = file.plan()
        report = file.write(lambda step, done, total: steps.append((step, done, total)))
    assert steps == [(Step.WRITE, done, 5) for done in range(6)]
    with monkeypatch.context() as whole:
        whole.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 100, "sqlite": 100})
        undo_import(gw, report.batch_id, by="claire")
        at_once = plan_import(gw, asked(path, claim=BOX))
    assert (plan.impact, plan.samples) == (at_once.impact, at_once.samples)
    assert (report.impact.new, report.impact.granted, report.impact.refused) == (9, 8, 1)
    assert report.impact == plan.impact and sum(report.refused.values()) == 1


def test_a_person_two_parts_speak_of_is_changed_by_one_after_the_other(gw, tmp_path):
    """Zoé is known by her email address and by her number: the first line refuses for her, the last one agrees."""
    imported(gw, tmp_path, "courriel;nom;portable\nzoe@exemple.fr;Riou;0639981234\n")
    text = "courriel;nom;portable;commune;consentement\nzoe@exemple.fr;Riou;;;non\n"
    text += "".join(f"{name}@exemple.fr;{name};;Brest;oui\n" for name in NAMES) + ";Riou;0639981234;Brest;oui\n"
    report = imported(gw, tmp_path, text, claim=BOX)
    assert consent_states(gw)["zoe@exemple.fr"] == "refused", "a refusal is never turned round by the same file"
    assert people(gw)["zoe@exemple.fr"]["commune"] == "Brest"
    assert (report.impact.new, report.impact.known) == (8, 2)


def test_everybody_known_meets_the_file_again_without_two_parts_waiting_for_each_other(gw, tmp_path):
    first = imported(gw, tmp_path, TEXT, claim=BOX)
    before = ledger_size(gw)
    again = write_import(gw, plan_import(gw, asked(brought(tmp_path, TEXT + "\n"), claim=BOX)))
    assert (again.impact.new, again.impact.unchanged) == (0, 8) and ledger_size(gw) == before
    assert undo_import(gw, again.batch_id, by="claire").undoing.met == 8
    assert undo_import(gw, first.batch_id, by="claire").undoing.gone == 8 and people(gw) == {}


def test_a_part_that_meets_somebody_waits_for_its_turn_though_the_other_hand_met_somebody_first(gw, tmp_path, monkeypatch):
    """The other hand says so while this part is still looked for: both would change the same people at once."""
    imported(gw, tmp_path, TEXT, claim=BOX)
    find, lock, write_part = matching.match, matching.lock_met, write._write_part
    at_work: dict[int, int] = {}
    met, waited = Event(), set()

    def find_slowly(tx, part, slots, *, assign, further):
        find(tx, part, slots, assign=assign, further=further)
        if is_postgresql(tx) and assign and part.first == 2:
            assert met.wait(20), "the other hand meets somebody, too"

    def lock_and_say(tx):
        waited.add(at_work[get_ident()])
        met.set()
        lock(tx)

    def begin_part(tx, gw, writing, part, arrival):
        at_work[get_ident()] = part.first
        return write_part(tx, gw, writing, part, arrival)

    with reading(gw.engine) as tx:
        two_hands = is_postgresql(tx)
    monkeypatch.setattr(matching, "match", find_slowly)
    monkeypatch.setattr(matching, "lock_met", lock_and_say)
    monkeypatch.setattr(write, "_write_part", begin_part)
    again = imported(gw, tmp_path, TEXT + "\n", claim=BOX)
    assert again.impact.unchanged == len(NAMES)
    assert len(waited) == (4 if two_hands else 0), "every part that met somebody waited for its turn"


def test_a_fault_in_one_hand_stops_the_other_after_its_part_and_what_is_written_can_be_taken_back(gw, tmp_path, monkeypatch):
    whole, begun = write._write_part, []

    def cut(tx, gw, writing, part, arrival):
        begun.append(part)
        if len(begun) == 2:
            raise StoreUnavailable("power cut")
        return whole(tx, gw, writing, part, arrival)

    with monkeypatch.context() as cutting, pytest.raises(StoreUnavailable, match="power cut"):
        cutting.setattr(write, "_write_part", cut)
        imported(gw, tmp_path, TEXT, claim=BOX)
    [(batch, _)] = undo.list_batches(gw)
    assert batch.state is BatchState.WRITING and len(people(gw)) < len(NAMES)
    assert undo_import(gw, batch.id, by="claire").undoing.gone == len(begun) * 2 - 2 and people(gw) == {}


def test_a_second_long_file_takes_its_parts_one_at_a_time_while_the_first_has_two_hands(gw, tmp_path):
    """Its parts enter between those of the first one, and nobody is written twice."""
    inner = Event()

    def second(step, done, _total):
        if step is Step.WRITE and done == 2 and not inner.is_set():
            inner.set()
            imported(gw, tmp_path, TEXT.replace("@exemple.fr", "@ailleurs.fr"), claim=BOX)

    with bringing(gw, asked(brought(tmp_path, TEXT, name="une.csv"), claim=BOX)) as file:
        file.plan(silent)
        file.write(second)
    assert len(people(gw)) == 2 * len(NAMES) and {batch.state for batch, _ in undo.list_batches(gw)} == {BatchState.WRITTEN}
    with reading(gw.engine) as tx:
        assert matching.may_be_beside(tx) is is_postgresql(tx), "the lock went with the connection of the file"
