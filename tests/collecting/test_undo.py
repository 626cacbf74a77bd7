"""An import taken back: what it changed is undone, what others built on stays, and an objection is never undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from gateway.domain.consent import Evidence
from gateway.domain.contact import BatchState
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.collecting import list_batches, looking, undo_import
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.collecting.support import BOX, OCCASIONAL, consent_states, imported, people
from tests.sending.support import Person, add, journal_of, message_of, newsletter, run

TWO = "courriel;prénom;consentement\na@exemple.fr;Zoé;oui\nb@exemple.fr;Yann;\n"


def test_people_the_file_created_and_nobody_touched_are_gone_with_all_that_was_theirs(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    planned = undo_import(gw, batch, by="claire", dry_run=True)
    assert (planned.undoing.gone, planned.done, len(people(gw))) == (2, False, 2)
    report = undo_import(gw, batch, by="claire")
    assert report.undoing == planned.undoing and people(gw) == {}
    with reading(gw.engine) as tx:
        left = [tx.execute(select(table)).all() for table in (tables.person_key, tables.consent, tables.consent_event)]
    assert left == [[], [], []]
    assert (journal_of(gw, "import")[-1]["act"], journal_of(gw, "import")[-1]["by"]) == ("undone", "claire")
    [(told, origin)] = list_batches(gw)
    assert (told.state, told.undone_by, origin.label) == (BatchState.UNDONE, "claire", "formulaire du site")


def test_a_batch_is_undone_once_and_somebody_signs_for_it(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    with pytest.raises(InvalidInput, match="qui annule"):
        undo_import(gw, batch, by=" ")
    gw.clock.set(datetime(2026, 12, 1, 23, 30, tzinfo=UTC))  # half an hour after midnight, here
    undo_import(gw, batch, by="claire")
    with pytest.raises(Conflict, match="déjà été annulé le 02/12/2026 par claire"):
        undo_import(gw, batch, by="claire", dry_run=True)
    with pytest.raises(NotFound):
        undo_import(gw, batch + 1, by="claire")


def test_what_it_filled_in_is_emptied_unless_somebody_changed_it_since(gw, tmp_path):
    imported(gw, tmp_path, "courriel;nom\na@exemple.fr;Riou\nb@exemple.fr;\n")
    text = "courriel;nom;commune;code postal;étiquettes;portable\n"
    text += "a@exemple.fr;Riou;Brest;29200;marché;0639981234\nb@exemple.fr;Guen;Brest;29200;;\n"
    batch = imported(gw, tmp_path, text).batch_id
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).where(tables.contact.c.family_name == "Guen").values(family_name="Guenn"))
    report = undo_import(gw, batch, by="claire")
    assert (report.undoing.met, report.undoing.filled, report.undoing.tags, report.undoing.addresses) == (2, 2, 1, 2)
    found = people(gw)
    assert set(found) == {"a@exemple.fr", "b@exemple.fr"}
    assert (found["a@exemple.fr"]["family_name"], found["a@exemple.fr"]["postcode"]) == ("Riou", "")
    assert (found["a@exemple.fr"]["commune"], found["a@exemple.fr"]["territory"]) == ("", "unknown")
    assert (found["b@exemple.fr"]["family_name"], found["b@exemple.fr"]["commune"]) == ("Guenn", "")
    assert looking.look_up(gw, "a@exemple.fr").tags == ()


def test_a_consent_it_claimed_is_annulled_in_the_ledger_and_what_stood_before_holds_again(gw, tmp_path):
    imported(gw, tmp_path, "courriel\na@exemple.fr\n", contact_class=OCCASIONAL)
    batch = imported(gw, tmp_path, "courriel;consentement\na@exemple.fr;oui\n", claim=BOX).batch_id
    assert consent_states(gw) == {"a@exemple.fr": "granted"}
    report = undo_import(gw, batch, by="claire")
    assert (report.undoing.consents, report.undoing.promotions) == (1, 1)
    assert consent_states(gw) == {} and people(gw)["a@exemple.fr"]["contact_class"] is OCCASIONAL
    acts = [one["act"].value for one in looking.look_up(gw, "a@exemple.fr").ledger]
    assert acts == ["granted", "annulled"]
    assert imported(gw, tmp_path, "courriel;consentement\na@exemple.fr;oui\n\n", claim=BOX).impact.granted == 1


def test_an_agreement_signed_by_hand_since_holds_whatever_becomes_of_the_file(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    at = datetime(2026, 11, 20, tzinfo=UTC)
    signed = Evidence(given_at=at, form="papier v2", wording="J’accepte.", collector="Zoé", means="papier")
    record_consent(gw, "a@exemple.fr", ConsentScope(), signed, "claire")
    report = undo_import(gw, batch, by="claire")
    assert (report.undoing.kept, report.undoing.gone, report.undoing.consents) == (1, 1, 1)
    assert consent_states(gw) == {"a@exemple.fr": "granted"} and list(people(gw)) == ["a@exemple.fr"]


def test_a_refusal_said_since_is_not_undone(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    withdraw_consent(gw, "a@exemple.fr", by="claire", means="téléphone")
    undo_import(gw, batch, by="claire")
    assert consent_states(gw) == {"a@exemple.fr": "withdrawn"}


def test_an_objection_the_file_brought_stays_and_still_keeps_the_person_out(gw, tmp_path):
    text = "courriel;consentement\na@exemple.fr;stop\nb@exemple.fr;\n"
    batch = imported(gw, tmp_path, text).batch_id
    undo_import(gw, batch, by="claire")
    assert [one.kind.value for one in looking.look_up(gw, "a@exemple.fr").suppressions] == ["objection"]
    assert imported(gw, tmp_path, "courriel\na@exemple.fr\n").impact.objected == 1


def test_a_message_that_waits_for_them_does_not_leave(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    newsletter(gw)
    assert undo_import(gw, batch, by="claire").undoing.cancelled == 2
    assert (message_of(gw, "a@exemple.fr")["state"], message_of(gw, "a@exemple.fr")["because"]) == ("cancelled", "import-undone")
    run(gw)
    assert message_of(gw, "a@exemple.fr")["state"] == "cancelled"


def test_who_got_a_letter_already_is_kept_to_explain_it_and_gets_nothing_more(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    newsletter(gw)
    run(gw)
    report = undo_import(gw, batch, by="claire")
    assert (report.undoing.set_aside, report.undoing.gone) == (1, 1)
    assert list(people(gw)) == ["a@exemple.fr"] and message_of(gw, "a@exemple.fr")["state"] == "accepted"
    newsletter(gw, "lettre-2")
    run(gw)
    [second, first] = looking.look_up(gw, "a@exemple.fr").messages
    assert (first.state.value, second.state.value) == ("accepted", "refused")
    assert second.because is not None and set(second.because.split(",")) == {"consent-per-channel", "source-required"}


def test_a_person_set_aside_is_with_us_again_by_a_file_that_names_her(gw, tmp_path):
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    newsletter(gw)
    run(gw)
    undo_import(gw, batch, by="claire")
    report = imported(gw, tmp_path, TWO + "\n", claim=BOX)
    person = people(gw)["a@exemple.fr"]
    assert (person["set_aside"], person["batch_id"], consent_states(gw)) == (False, report.batch_id, {"a@exemple.fr": "granted"})


def test_a_person_two_files_name_stays_and_comes_from_the_other_one(gw, tmp_path):
    first = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    second = imported(gw, tmp_path, "courriel\na@exemple.fr\n").batch_id
    assert undo_import(gw, first, by="claire", dry_run=True).named_by == (second,)
    assert undo_import(gw, first, by="claire").named_by == (second,)
    assert (list(people(gw)), people(gw)["a@exemple.fr"]["batch_id"]) == (["a@exemple.fr"], second)
    assert undo_import(gw, second, by="claire").named_by == () and people(gw) == {}


def test_the_other_file_undone_leaves_the_person_as_the_first_brought_her(gw, tmp_path):
    add(gw, Person(email="a@exemple.fr"))
    before = people(gw), consent_states(gw)
    batch = imported(gw, tmp_path, TWO, claim=BOX).batch_id
    undo_import(gw, batch, by="claire")
    assert (people(gw), consent_states(gw)) == before


@pytest.mark.parametrize(("left", "came_to"), [(True, (0, 1)), (False, (1, 0))])
def test_that_somebody_was_asked_for_her_agreement_is_nothing_that_others_built_on_her(gw, tmp_path, left, came_to):
    """The mark of the one request names her, and so she stayed in the file whatever its undoing: (gone, set aside)."""
    batch = imported(gw, tmp_path, "courriel;nom\na@exemple.fr;Riou\n", contact_class=OCCASIONAL).batch_id
    newsletter(gw)
    with begin(gw.engine) as tx:
        m = tables.message
        number, contact_id, digest = tx.execute(select(m.c.id, m.c.contact_id, m.c.digest)).one()
        row = {"message_id": number, "contact_id": contact_id, "digest": digest, "asked_at": gw.clock.now()}
        tx.execute(tables.consent_request.insert().values(row))
        sent = {"state": "accepted", "handed_at": gw.clock.now(), "settled_at": gw.clock.now()}
        tx.execute(update(m).values(sent if left else {"state": "refused", "settled_at": gw.clock.now()}))
    report = undo_import(gw, batch, by="claire")
    assert (report.undoing.gone, report.undoing.set_aside) == came_to and report.undoing.kept == 0


def test_an_address_of_a_file_at_which_she_was_written_to_stays_to_explain_it(gw, tmp_path):
    imported(gw, tmp_path, "portable;nom\n0639981234;Riou\n")
    batch = imported(gw, tmp_path, "courriel;portable;nom;consentement\na@exemple.fr;0639981234;Riou;oui\n", claim=BOX).batch_id
    newsletter(gw)
    run(gw)
    assert undo_import(gw, batch, by="claire").undoing.addresses == 0
    with reading(gw.engine) as tx:
        assert "a@exemple.fr" in tx.execute(select(tables.address.c.value)).scalars().all()


def test_who_agreed_by_another_file_too_stays_a_regular_contact(gw, tmp_path):
    """And an agreement of a file that was taken back before does not hold again (rule contact-class)."""
    imported(gw, tmp_path, "courriel\na@exemple.fr\n", contact_class=OCCASIONAL)
    text = "courriel;consentement\na@exemple.fr;oui\n"
    first = imported(gw, tmp_path, text, claim=BOX).batch_id
    newer = replace(BOX, form="site v4", given_at=datetime(2026, 4, 15, 10, tzinfo=UTC))
    second = imported(gw, tmp_path, text + "\n", claim=newer).batch_id
    assert undo_import(gw, first, by="claire").undoing.promotions == 0
    assert people(gw)["a@exemple.fr"]["contact_class"] is not OCCASIONAL and consent_states(gw) == {"a@exemple.fr": "granted"}
    undo_import(gw, second, by="claire")
    assert consent_states(gw) == {}
