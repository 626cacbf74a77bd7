"""Whoever is in the file by somebody else must be told, or goes: the team hears of it in time, everywhere it looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from gateway.domain.contact import OriginKind
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows import informing, retaining
from gateway.flows.checking import Standing, informed_line
from gateway.flows.retaining import Due
from gateway.store import tables
from gateway.store.engine import begin, reading
from gateway.store.origins import enter, find, note_notice
from tests.sending.support import Person, add, installation, journal_of
from workers.jobs import EVERY_JOB, INFORMING

DUE = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def gw(database_url, clock, tmp_path):
    """Two people whom a party named, on 1 September, in two files."""
    with installation(database_url, clock, tmp_path) as made:
        add(made, *(Person(email=f"{name}@exemple.fr", origin=OriginKind.PARTY_FILE) for name in ("anne", "lea")))
        add(made, Person(email="directe@exemple.fr", consent=None))
        with begin(made.engine) as tx:
            indirect = tables.origin.c.kind == OriginKind.PARTY_FILE
            tx.execute(update(tables.origin).where(indirect).values(collection="indirect", label="le fichier du parti"))
            tx.execute(update(tables.consent).values(evidence=False))
        clock.set(DUE - timedelta(days=20))
        yield made


def origins(gw):
    with reading(gw.engine) as tx:
        return [row[0] for row in tx.execute(select(tables.contact.c.origin_id).order_by(tables.contact.c.id))]


def test_plan_and_checklist_say_how_many_must_be_told_by_when_and_with_which_command(gw):
    first, second, _ = origins(gw)
    planned = [one for one in retaining.plan(gw) if one.due is Due.UNINFORMED]
    assert [(one.count, one.detail, one.next_at) for one in planned] == [(1, "le fichier du parti", DUE)] * 2
    line = informed_line(gw)
    assert line.standing is Standing.ADVISED
    assert f"1 personne (origine {first}, « le fichier du parti ») doit être informée avant le 01/10/2026" in line.todo
    assert "sinon la passerelle l’efface ce jour-là (notice-art14-deadline)" in line.todo
    assert "--ask-consent" in line.todo and f"gateway contacts informed {first} --how" in line.todo
    assert "Et 1 autres origines" not in line.todo and "Et une autre origine" in line.todo
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).where(tables.contact.c.origin_id == second).values(origin_id=first))
    (both,) = informing.untold(gw)
    assert "2 personnes" in informing.sentence(gw, both) and "les efface" in informing.sentence(gw, both)


def test_every_day_on_which_somebody_waits_the_alarm_says_so(gw, caplog):
    assert informing.warn(gw) == 2 and INFORMING in EVERY_JOB and INFORMING.every == timedelta(days=1)
    told = journal_of(gw, "alarm")
    assert [(one["alarm"], one["people"], one["rule"]) for one in told] == [("uninformed", 1, "notice-art14-deadline")] * 2
    assert {one["due"] for one in told} == {"2026-10-01T00:00:00Z"}
    assert "must be told by 2026-10-01" in caplog.text and "exemple.fr" not in caplog.text


def test_whoever_was_told_by_letter_stays_once_somebody_says_so(gw, clock):
    first, second, _ = origins(gw)
    assert informing.note_told(gw, first, how="courrier du 5 septembre", on=date(2026, 9, 5), by="Inès") == 1
    assert [one.origin_id for one in informing.untold(gw)] == [second]
    noted = journal_of(gw, "origin")[-1]
    assert (noted["act"], noted["people"], noted["on"], noted["by"]) == ("informed", 1, "2026-09-05", "Inès")
    assert "courrier" not in str(noted), "the words may name somebody: they stay in the row"
    clock.set(DUE)
    assert retaining.retain(gw).uninformed == 1
    assert origins(gw)[0] == first and second not in origins(gw)
    assert informing.warn(gw) == 0 and informed_line(gw).standing is Standing.READY


def test_nobody_is_said_to_have_been_told_before_she_came_in_or_on_a_day_to_come(gw):
    first, _, direct = origins(gw)
    for day, words in ((date(2026, 8, 31), "entrées après ce jour-là"), (date(2026, 12, 1), "n’est pas encore venu")):
        with pytest.raises(InvalidInput, match=words):
            informing.note_told(gw, first, how="courrier", on=day, by="Inès")
    with pytest.raises(InvalidInput, match="--how"):
        informing.note_told(gw, first, how=" ", on=date(2026, 9, 5), by="Inès")
    with pytest.raises(Conflict, match="elles-mêmes"):
        informing.note_told(gw, direct, how="courrier", on=date(2026, 9, 5), by="Inès")
    with pytest.raises(NotFound, match="gateway retention plan"):
        informing.note_told(gw, 99, how="courrier", on=date(2026, 9, 5), by="Inès")
    informing.note_told(gw, first, how="courrier", on=date(2026, 9, 1), by="Inès")
    with pytest.raises(Conflict, match="déjà noté"):
        informing.note_told(gw, first, how="courrier", on=date(2026, 9, 5), by="Inès")


def test_a_file_that_is_still_being_brought_in_is_not_said_to_have_been_told(gw):
    first = origins(gw)[0]
    with begin(gw.engine) as tx:
        row = {"origin_id": first, "file_name": "f.csv", "file_sha256": "0" * 64, "operator": "Inès", "at": gw.clock.now()}
        tx.execute(tables.import_batch.insert().values(row | {"counts": "{}", "state": "writing"}))
    with pytest.raises(Conflict, match="en cours d’importation"):
        informing.note_told(gw, first, how="courrier", on=date(2026, 9, 5), by="Inès")


def test_a_file_that_comes_in_while_somebody_notes_that_the_others_were_told_has_an_origin_of_its_own(gw):
    """Its people were not told by that letter: they come in after it."""
    first, second, _ = origins(gw)
    with begin(gw.engine) as tx:
        tx.execute(update(tables.origin).where(tables.origin.c.id == second).values(label="le fichier d’une association"))
        held = find(tx, first)
    assert held is not None

    def come_in():
        with begin(gw.engine) as tx:
            return enter(tx, held[0], at=gw.clock.now())

    with ThreadPoolExecutor(1) as meanwhile:
        with begin(gw.engine) as tx:
            note_notice(tx, first, "courrier du 5 septembre")
            coming = meanwhile.submit(come_in)
            wait([coming], timeout=0.3)
        origin_id, new = coming.result(timeout=20)
    assert new and origin_id != first


def test_only_a_message_that_says_where_the_address_comes_from_informs_her(gw):
    first, _, _ = origins(gw)
    m, at = tables.message, gw.clock.now()
    with begin(gw.engine) as tx:
        c = tables.contact.c
        her = tx.execute(select(c.id).where(c.origin_id == first)).scalar_one()
        carrier = {"medium": "email", "message_class": "campaign", "state": "running", "definition": b"{}", "author": "a"}
        made = tables.campaign.insert().values(**carrier, name="x", created_at=at).returning(tables.campaign.c.id)
        row = {"campaign_id": tx.execute(made).scalar_one(), "contact_id": her, "digest": bytes(16), "due_at": at}
        tx.execute(m.insert().values(**row, message_class="campaign", state="accepted"))
    waiting = {}
    for message_class in ("campaign", "consent_request", "acknowledgement", "confirmation", "rights", "test"):
        with begin(gw.engine) as tx:
            tx.execute(update(m).values(message_class=message_class))
        waiting[message_class] = len(informing.untold(gw))
    assert waiting == {"campaign": 1, "consent_request": 1, "acknowledgement": 2, "confirmation": 2, "rights": 2, "test": 2}
