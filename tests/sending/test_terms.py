"""Terms other than those of the election: the roll, who was never told, exchanges that ended, proofs, the log of decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.compliance.keep import Act
from gateway.domain.channel import Medium
from gateway.domain.consent import Consent, ConsentAct, Evidence, Purpose
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.errors import NotFound
from gateway.flows import auditing, keeping, retaining, terms
from gateway.flows.auditing import Scope, verify_store
from gateway.flows.checking import Standing, informed_line
from gateway.flows.hearing import Reply, hear
from gateway.flows.retaining import Due, Round
from gateway.flows.sealing import seal
from gateway.store import consents, tables
from gateway.store.engine import begin, reading
from tests.sending.support import Person, add, digest, installation, journal_of, message_of, newsletter, run

ADDED = datetime(2026, 9, 1, tzinfo=UTC)
CLEARED = date(2028, 3, 1)


@pytest.fixture
def cleared(database_url, clock, tmp_path):
    """The campaign account was cleared on a day that is known."""
    with installation(database_url, clock, tmp_path, retention={"account_cleared_on": CLEARED}) as gw:
        yield gw


def line(gw, due):
    return next((one for one in retaining.plan(gw) if one.due is due), None)


def there(gw):
    with reading(gw.engine) as tx:
        return {row[0] for row in tx.execute(select(tables.address.c.value))}


def people(gw):
    c = tables.contact.c
    with reading(gw.engine) as tx:
        return {row.id: row for row in tx.execute(select(c.id, c.given_name, c.birth_on, c.postcode, c.territory))}


def agrees(gw, contact_id):
    """A consent with its evidence, in the ledger as by a form."""
    words = Evidence(given_at=ADDED, form="v3", wording="J’accepte.", collector="équipe", means="case")
    given = Consent(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, act=ConsentAct.GRANTED, at=ADDED, evidence=words)
    with begin(gw.engine) as tx:
        consents.record(tx, contact_id, given, wording_sha256="0" * 64, at=ADDED)


def stop(gw, email):
    told: dict[str, Any] = {"medium": Medium.EMAIL, "text": "STOP", "provider_id": f"<{email}>"}
    hear(gw, Reply(sender_digest=digest(gw, email), received_at=gw.clock.now(), **told))


def ledger(gw):
    with reading(gw.engine) as tx:
        return [row[0] for row in tx.execute(select(tables.consent_event.c.act).order_by(tables.consent_event.c.id))]


def test_whoever_is_known_by_the_electoral_roll_alone_goes_as_the_last_polling_place_closes(gw, clock):
    ends = gw.pack.elections[gw.settings.election].ends_at
    (neighbour,) = add(gw, Person(email="voisine@exemple.fr"))
    with begin(gw.engine) as tx:
        own: dict[str, Any] = {"contact_class": ContactClass.OCCASIONAL, "origin_id": 1, "created_at": ADDED}
        tx.execute(insert(tables.contact), [{**own, "roll_digest": bytes([n]) * 16} for n in range(3)])
    clock.set(ends - timedelta(seconds=1))
    planned = line(gw, Due.ROLL)
    assert (planned.count, planned.act, planned.rules, planned.next_at) == (3, Act.KEEP, ("purge-roll",), ends)
    assert retaining.retain(gw).roll == 0
    clock.set(ends)
    assert retaining.retain(gw).roll == 3, "no contest keeps an extract: the roll itself is with the authorities"
    assert set(people(gw)) == {neighbour} and line(gw, Due.ROLL) is None
    assert journal_of(gw, "erasure")[-1]["rules"] == ["purge-roll"]


def test_whoever_was_named_by_somebody_else_is_told_within_the_month_or_goes(gw, clock):
    named, told, noticed, herself = add(
        gw,
        *(Person(email=f"{name}@exemple.fr", origin=OriginKind.PARTY_FILE) for name in ("nommee", "ecrite", "avisee", "elle")),
    )
    add(gw, Person(email="directe@exemple.fr", consent=None))
    with begin(gw.engine) as tx:
        tx.execute(update(tables.origin).where(tables.origin.c.kind == "party_file").values(collection="indirect"))
        tx.execute(update(tables.consent).values(evidence=False))
        given = select(tables.contact.c.origin_id).where(tables.contact.c.id == noticed).scalar_subquery()
        tx.execute(update(tables.origin).where(tables.origin.c.id == given).values(notice="Vos données nous ont été remises."))
    agrees(gw, herself)
    newsletter(gw, launched=False)
    with begin(gw.engine) as tx:
        row = {"campaign_id": 1, "contact_id": told, "message_class": "campaign", "state": "accepted", "due_at": ADDED}
        tx.execute(insert(tables.message).values(row | {"digest": digest(gw, "ecrite@exemple.fr")}))
    due = datetime(2026, 10, 1, tzinfo=UTC)
    clock.set(due - timedelta(seconds=1))
    planned = line(gw, Due.UNINFORMED)
    assert (planned.count, planned.act, planned.next_at, planned.rules) == (1, Act.KEEP, due, ("notice-art14-deadline",))
    assert "doit être informée avant le 01/10/2026, sinon la passerelle l’efface" in informed_line(gw).todo
    assert retaining.retain(gw).uninformed == 0
    clock.set(due)
    assert line(gw, Due.UNINFORMED).act is Act.DELETE
    assert retaining.retain(gw).uninformed == 1 and named not in people(gw)
    assert there(gw) == {"ecrite@exemple.fr", "avisee@exemple.fr", "elle@exemple.fr", "directe@exemple.fr"}
    assert informed_line(gw).standing is Standing.READY


def test_whoever_ends_the_exchanges_is_reduced_to_what_proves_why_she_was_written_to(gw, clock):
    leaves, stays = add(gw, Person(email="part@exemple.fr"), Person(email="reste@exemple.fr"))
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).values(postcode="29200", commune="Brest", birth_on=date(1980, 5, 2)))
        tx.execute(insert(tables.tag), [{"contact_id": one, "name": "bénévole"} for one in (leaves, stays)])
    for one in (leaves, stays):
        agrees(gw, one)
    assert line(gw, Due.ENDED) is None
    stop(gw, "part@exemple.fr")
    planned = line(gw, Due.ENDED)
    assert (planned.count, planned.act, planned.rules) == (1, Act.DELETE, ("purge-regular-end",))
    assert retaining.retain(gw).reduced == 1
    gone, kept = people(gw)[leaves], people(gw)[stays]
    assert (gone.given_name, gone.birth_on, gone.postcode, gone.territory) == ("Anaëlle", None, "", "unknown"), (
        "who agreed is proof"
    )
    assert (kept.given_name, kept.postcode) == ("Anaëlle", "29200")
    with reading(gw.engine) as tx:
        assert [row[0] for row in tx.execute(select(tables.tag.c.contact_id))] == [stays]
    assert there(gw) == {"part@exemple.fr", "reste@exemple.fr"} and "granted" in ledger(gw)
    assert journal_of(gw, "erasure")[-1]["counts"] == {"reduced": 1}
    assert retaining.retain(gw) == Round() and line(gw, Due.ENDED) is None


def test_the_proof_of_an_agreement_goes_three_years_after_its_end_and_then_whoever_ended_everything(gw, clock):
    leaves, withdrew = add(gw, Person(email="part@exemple.fr"), Person(email="retire@exemple.fr"))
    for one in (leaves, withdrew):
        agrees(gw, one)
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    stop(gw, "part@exemple.fr")
    with begin(gw.engine) as tx:
        tx.execute(
            update(tables.consent).where(tables.consent.c.contact_id == withdrew).values(state="withdrawn", since=gw.clock.now())
        )
    ended = datetime(2029, 12, 1, 9, tzinfo=UTC)
    clock.set(ended - timedelta(seconds=1))
    planned = line(gw, Due.EVIDENCE)
    assert (planned.count, planned.act, planned.next_at, planned.rules) == (2, Act.KEEP, ended, ("keep-consent-evidence",))
    assert retaining.retain(gw).evidence == 0 and ledger(gw)
    clock.set(ended)
    done = retaining.retain(gw)
    assert (done.evidence, done.ended) == (3, 1) and ledger(gw) == []
    assert there(gw) == {"retire@exemple.fr"}, "a withdrawal is remembered by her address: nothing else would keep files out"
    assert line(gw, Due.OBJECTIONS).count == 1, "the opposition list stays"


def test_what_a_call_was_to_say_goes_in_time_when_nobody_told_that_it_ended(gw, clock):
    called = ("lea@exemple.fr", "mehdi@exemple.fr")
    add(gw, *(Person(email=one) for one in called))
    newsletter(gw)
    with begin(gw.engine) as tx:
        for days, one in enumerate(called):
            words = {"message_id": message_of(gw, one)["id"], "body": b"<Response/>", "at": clock.now() + timedelta(days=days)}
            tx.execute(insert(tables.call_document).values(words))
    due = line(gw, Due.DOCUMENTS)
    assert (due.count, due.act, due.rules) == (2, Act.KEEP, ("purge-logs",))
    clock.set(due.next_at - timedelta(seconds=1))
    assert retaining.retain(gw).documents == 0
    clock.set(due.next_at)
    assert (retaining.retain(gw).documents, line(gw, Due.DOCUMENTS).count) == (1, 1)
    assert journal_of(gw, "erasure")[-1]["counts"] == {"documents": 1}
    assert "purge-logs" in journal_of(gw, "erasure")[-1]["rules"]


def test_what_servers_said_goes_with_the_term_of_what_came_in_and_what_they_meant_stays(gw, clock):
    """Rule purge-logs: their words may quote an address, and are worth nothing once nobody disputes the delivery."""
    add(gw, *(Person(email=f"{name}@exemple.fr") for name in ("lea", "mehdi")))
    newsletter(gw)
    run(gw)
    number, other = (message_of(gw, f"{name}@exemple.fr")["id"] for name in ("lea", "mehdi"))
    with begin(gw.engine) as tx:
        back = {"campaign_id": 1, "kind": "dead", "code": "5.1.1", "reply": "unknown: lea@exemple.fr", "at": clock.now()}
        tx.execute(insert(tables.receipt).values(back | {"message_id": number}))
        dead = {"state": "dead", "state_at": clock.now(), "state_code": "5.1.1", "state_reply": "no Léa here"}
        tx.execute(update(tables.address).where(tables.address.c.value == "lea@exemple.fr").values(dead))
        unsettled = {"state": "uncertain", "settled_at": None, "reply": "no answer yet"}
        tx.execute(update(tables.message).where(tables.message.c.id == other).values(unsettled))
    due = line(gw, Due.SERVER_WORDS)
    assert (due.count, due.act, due.rules) == (3, Act.KEEP, ("purge-logs",))
    clock.set(due.next_at - timedelta(seconds=1))
    assert retaining.retain(gw).server_words == 0
    clock.set(due.next_at)
    assert line(gw, Due.SERVER_WORDS).act is Act.DELETE
    assert retaining.retain(gw).server_words == 3 and line(gw, Due.SERVER_WORDS) is None
    assert retaining.retain(gw).server_words == 0
    m, r, a = tables.message.c, tables.receipt.c, tables.address.c
    with reading(gw.engine) as tx:
        assert tx.execute(select(m.state, m.reply).order_by(m.id)).all() == [("accepted", None), ("uncertain", "no answer yet")]
        assert tx.execute(select(r.kind, r.code, r.reply)).all() == [("dead", "5.1.1", None)]
        assert tx.execute(select(a.state, a.state_code, a.state_reply).where(a.state == "dead")).all() == [
            ("dead", "5.1.1", None)
        ]
    told = [one for one in journal_of(gw, "erasure") if "server_words" in one["counts"]]
    assert sum(one["counts"]["server_words"] for one in told) == 3 and "purge-logs" in told[0]["rules"]


def test_once_the_account_is_cleared_nothing_at_the_journal_leads_to_whom_a_message_went(cleared, clock, tmp_path):
    gw = cleared
    add(gw, Person(email="anne@exemple.fr"), Person(email="litige@exemple.fr"))
    newsletter(gw)
    run(gw)
    assert message_of(gw, "anne@exemple.fr")["state"] == "accepted"
    end = datetime(2028, 3, 1, 23, tzinfo=UTC)  # midnight in Paris
    retaining.place_hold(gw, "litige@exemple.fr", reason="recours", until=end + timedelta(days=900), by="Inès")
    clock.set(end - timedelta(seconds=1))
    planned = line(gw, Due.DECISIONS)
    assert (planned.count, planned.act, planned.next_at, planned.rules) == (1, Act.KEEP, end, ("purge-decision-log",))
    assert retaining.retain(gw).decisions == 0
    before = {one["person"] for one in journal_of(gw, "decision")}
    clock.set(end)
    assert retaining.retain(gw).decisions == 1 and retaining.retain(gw).decisions == 0
    with reading(gw.engine) as tx:
        whose = [tuple(row) for row in tx.execute(select(tables.message.c.contact_id, tables.message.c.digest))]
    assert [one[0] is None for one in whose].count(True) == 1
    assert digest(gw, "anne@exemple.fr") not in {bytes(one[1]) for one in whose}
    assert len(before) == 2, "both were pseudonyms"
    seal(gw)
    assert verify_store(gw).holds and not auditing.replay(gw, Scope()).different
    found = auditing.export(gw, tmp_path / "anne.zip", Scope(person="anne@exemple.fr"), by="Inès")
    kept = auditing.export(gw, tmp_path / "litige.zip", Scope(person="litige@exemple.fr"), by="Inès")
    assert (found.entries, kept.entries > 0) == (0, True), "a dispute keeps hers"


def test_the_plan_shows_what_is_kept_for_years_too_and_nothing_of_it_goes(gw, clock):
    add(gw, Person(email="anne@exemple.fr"))
    newsletter(gw)
    run(gw)
    stop(gw, "anne@exemple.fr")
    record, listed, log = (line(gw, one) for one in (Due.CAMPAIGNS, Due.OBJECTIONS, Due.DECISIONS))
    assert (record.act, record.rules, record.count) == (Act.KEEP, ("rpp-record-7y",), 1)
    assert record.next_at.year == clock.now().year + 7 and "sans l’identité" in record.why
    assert (listed.act, listed.rules, listed.count) == (Act.KEEP, ("keep-suppression",), 1)
    assert (log.act, log.rules, log.next_at) == (Act.KEEP, ("purge-decision-log",), None), "nobody knows when"
    clock.set(record.next_at + timedelta(days=1))
    retaining.retain(gw)
    assert line(gw, Due.CAMPAIGNS).count == 1 and line(gw, Due.OBJECTIONS).count == 1
    assert line(gw, Due.CAMPAIGNS).act is Act.KEEP


def test_what_goes_by_terms_is_swept_from_free_space_too(gw):
    (leaves,) = add(gw, Person(email="part@exemple.fr"))
    agrees(gw, leaves)
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).values(commune="Brest"))
    stop(gw, "part@exemple.fr")
    retaining.retain(gw)
    with reading(gw.engine) as tx:
        rounds = list(tx.execute(select(tables.erasure_round.c.swept_at)).scalars())
    assert rounds == [None]
    assert keeping.sweep(gw).done


def test_the_moment_from_which_a_term_is_over_is_exact(gw, clock):
    clock.set(datetime(2029, 3, 31, 12, tzinfo=UTC))
    over = terms.EVIDENCE.over(gw)
    assert over is not None and over[0] == datetime(2026, 3, 31, 12, tzinfo=UTC)
    with pytest.raises(NotFound):
        retaining.lift_holds(gw, "inconnue@exemple.fr", by="Inès")
