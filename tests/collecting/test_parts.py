"""A long file is written part by part: cut off, met by an objection, taken back half-way, it ends as one short file would."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.domain.channel import Medium
from gateway.domain.contact import BatchState
from gateway.domain.errors import StoreUnavailable
from gateway.flows.collecting import bringing, plan_import, undo, undo_import, write, write_import
from gateway.flows.collecting.request import Step, silent
from gateway.store import staging
from gateway.store.engine import begin, is_postgresql
from tests.collecting.support import BOX, asked, brought, consent_states, imported, people
from tests.sending.support import journal_of, objects

#: Nine people; the last line says again, in another part, who the second one is, and what she is called.
NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
TEXT = "courriel;prénom;consentement\n" + "".join(f"{name}@exemple.fr;;oui\n" for name in NAMES) + "B@exemple.fr;Zoé;non\n"
EVERYBODY = {f"{name}@exemple.fr" for name in NAMES}


@pytest.fixture(autouse=True)
def three_at_once(monkeypatch):
    """Parts of three people."""
    monkeypatch.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 3, "sqlite": 3})


def cut_off(monkeypatch, module, name, after):
    """The power goes in the middle of a part, once `after` parts are written."""
    whole: Callable[..., object] = getattr(module, name)
    written: list[object] = []

    def cut(*given, **named):
        if len(written) >= after:
            raise StoreUnavailable("power cut")
        written.append(1)
        return whole(*given, **named)

    monkeypatch.setattr(module, name, cut)
    return lambda: monkeypatch.setattr(module, name, whole)


def batches(gw):
    return [(batch.id, batch.state) for batch, _ in reversed(undo.list_batches(gw))]


def test_a_file_in_parts_comes_to_what_it_comes_to_as_a_whole(gw, tmp_path, monkeypatch):
    path = brought(tmp_path, TEXT)
    in_parts = plan_import(gw, asked(path, claim=BOX))
    with monkeypatch.context() as whole:
        whole.setattr(staging, "_PEOPLE_AT_ONCE", {"postgresql": 100, "sqlite": 100})
        at_once = plan_import(gw, asked(path, claim=BOX))
    assert (in_parts.impact, in_parts.samples) == (at_once.impact, at_once.samples)
    report = write_import(gw, in_parts)
    assert report.impact == in_parts.impact and (report.rows, report.folded) == (9, 1)
    assert set(people(gw)) == EVERYBODY and people(gw)["b@exemple.fr"]["given_name"] == "Zoé"
    assert consent_states(gw) == {**dict.fromkeys(EVERYBODY, "granted"), "b@exemple.fr": "refused"}
    assert [told.get("act") for told in journal_of(gw, "import")] == ["begun", None]
    assert len(journal_of(gw, "consent")) == 8


def test_a_file_cut_off_between_two_parts_says_so_and_the_same_file_completes_it(gw, tmp_path, monkeypatch):
    restored = cut_off(monkeypatch, write, "_write_part", after=1)
    with pytest.raises(StoreUnavailable):
        imported(gw, tmp_path, TEXT, claim=BOX)
    restored()
    assert set(people(gw)) == {"a@exemple.fr", "b@exemple.fr", "c@exemple.fr"}
    assert [told.get("act") for told in journal_of(gw, "import")] == ["begun"]
    [(first, state)] = batches(gw)
    assert state is BatchState.WRITING
    plan = plan_import(gw, asked(brought(tmp_path, TEXT), claim=BOX))
    assert [(batch.id, batch.state) for batch in plan.seen_before] == [(first, BatchState.WRITING)]
    assert (plan.impact.new, plan.impact.unchanged) == (5, 3)
    write_import(gw, plan)
    assert set(people(gw)) == EVERYBODY and len(journal_of(gw, "consent")) == 8


def test_a_file_cut_off_between_two_parts_is_taken_back_by_what_it_wrote(gw, tmp_path, monkeypatch):
    restored = cut_off(monkeypatch, write, "_write_part", after=2)
    with pytest.raises(StoreUnavailable):
        imported(gw, tmp_path, TEXT, claim=BOX)
    restored()
    [(batch_id, _)] = batches(gw)
    assert undo_import(gw, batch_id, by="claire").undoing.gone == 6
    assert people(gw) == {} and batches(gw) == [(batch_id, BatchState.UNDONE)]


def test_an_undo_cut_off_between_two_parts_is_finished_by_the_next_one(gw, tmp_path, monkeypatch):
    batch_id = imported(gw, tmp_path, TEXT, claim=BOX).batch_id
    restored = cut_off(monkeypatch, undo, "_undo_part", after=1)
    with pytest.raises(StoreUnavailable):
        undo_import(gw, batch_id, by="claire")
    restored()
    assert len(people(gw)) == 5 and batches(gw) == [(batch_id, BatchState.WRITING)]
    assert undo_import(gw, batch_id, by="claire").undoing.gone == 5
    assert people(gw) == {} and batches(gw) == [(batch_id, BatchState.UNDONE)]


def test_who_objects_between_two_parts_is_not_brought_in_by_the_next(gw, tmp_path):
    def somebody_objects(step, done, _total):
        if step is Step.WRITE and done == 1:
            objects(gw, "e@exemple.fr", Medium.EMAIL)

    with bringing(gw, asked(brought(tmp_path, TEXT), claim=BOX)) as file:
        assert file.plan(silent).impact.new == 8
        report = file.write(somebody_objects)
    assert (report.impact.new, report.impact.objected) == (7, 1)
    assert set(people(gw)) == EVERYBODY - {"e@exemple.fr"} and "e@exemple.fr" not in consent_states(gw)


def test_a_database_that_goes_away_in_the_middle_of_a_file_is_said_and_nothing_else(gw):
    with pytest.raises(StoreUnavailable, match="power cut"), staging.staging(gw.engine) as stage, stage.reading() as tx:
        tx.invalidate()  # what becomes of a connection whose server has gone
        raise StoreUnavailable("power cut")


def test_a_database_that_goes_away_while_the_driver_itself_was_asking_is_said_the_same(gw):
    """Lines of a file are set down by the driver: what it raises is no fault of SQLAlchemy's."""
    line = staging.StagedRow(line=1, person=1, email="a@exemple.fr")
    with pytest.raises(StoreUnavailable, match="ne répond pas"), staging.staging(gw.engine) as stage, stage.reading() as tx:
        if not is_postgresql(tx):
            raise gw.engine.dialect.loaded_dbapi.OperationalError("disk I/O error")
        backend = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with begin(gw.engine) as other:
            other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (backend,))
        staging.set_down(tx, [line] * 2)
