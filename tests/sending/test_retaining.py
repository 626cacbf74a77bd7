"""Terms: what falls due and why, who is kept from it, and what is left to show afterwards."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from gateway.audit.merkle import verify_inclusion
from gateway.compliance.keep import Act
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.reply import Settlement
from gateway.domain.rights import RequestVia, Right
from gateway.flows import certifying, keeping, retaining
from gateway.flows.auditing import verify_store
from gateway.flows.checking import Standing, contest_line, unread_line
from gateway.flows.hearing import Reply, hear
from gateway.flows.resolving import Decision, resolve
from gateway.flows.retaining import Due
from gateway.flows.rights.requests import Answer, answer
from gateway.flows.sealing import seal
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.rights.support import asks
from tests.sending.support import Person, add, digest, installation, journal_of

UNTIL = date(2027, 5, 20)
OVER = datetime(2027, 5, 20, 22, tzinfo=UTC)  # midnight in Paris
OCCASIONAL: dict[str, Any] = {"contact_class": ContactClass.OCCASIONAL, "consent": None}


@pytest.fixture
def contested(database_url, clock, tmp_path):
    """The team said until when the election can be contested."""
    with installation(database_url, clock, tmp_path, retention={"contest_until": UNTIL}) as gw:
        yield gw


def ends(gw):
    return gw.pack.elections[gw.settings.election].ends_at


def there(gw):
    with reading(gw.engine) as tx:
        return {row[0] for row in tx.execute(select(tables.address.c.value))}


def line(gw, due):
    return next((one for one in retaining.plan(gw) if one.due is due), None)


def agrees_to_hear_more(gw, contact_id, *, evidence=True):
    row: dict[str, Any] = {
        "medium": "email",
        "purpose": "after_election",
        "state": "granted",
        "since": gw.clock.now(),
        "evidence": evidence,
    }
    with begin(gw.engine) as tx:
        tx.execute(insert(tables.consent).values(contact_id=contact_id, **row))


def test_once_voting_is_over_nothing_goes_until_somebody_says_how_long_the_election_can_be_contested(gw, clock):
    add(gw, Person(email="rue@exemple.fr", **OCCASIONAL))
    clock.set(ends(gw) - timedelta(seconds=1))
    planned = line(gw, Due.ELECTION)
    assert (planned.count, planned.next_at, planned.act, planned.rules) == (1, ends(gw), Act.KEEP, ("contest-before-purge",))
    assert contest_line(gw).standing is Standing.READY
    clock.set(ends(gw) + timedelta(days=40))
    planned = line(gw, Due.ELECTION)
    assert planned.act is Act.ALERT and "jusqu’à quel jour" in planned.why
    assert retaining.retain(gw).election == 0 and there(gw) == {"rue@exemple.fr"}
    assert "retention.contest_until" in contest_line(gw).todo


def test_what_was_built_for_an_election_goes_when_it_is_over_and_members_and_regulars_stay(contested, clock):
    gw = contested
    _, stays, unproven, _, _, restricted = add(
        gw,
        Person(email="rue@exemple.fr", **OCCASIONAL),
        Person(email="suite@exemple.fr", **OCCASIONAL),
        Person(email="sans-preuve@exemple.fr", **OCCASIONAL),
        Person(email="reguliere@exemple.fr"),
        Person(email="adherente@exemple.fr", contact_class=ContactClass.MEMBER),
        Person(email="limitee@exemple.fr", restricted=True, **OCCASIONAL),
    )
    agrees_to_hear_more(gw, stays)
    agrees_to_hear_more(gw, unproven, evidence=False)
    clock.set(OVER - timedelta(seconds=1))
    planned = line(gw, Due.ELECTION)
    assert (planned.count, planned.next_at, planned.act, planned.rules) == (2, OVER, Act.KEEP, ("purge-after-election",))
    assert "recours compris" in planned.why and contest_line(gw).standing is Standing.READY
    assert retaining.retain(gw).election == 0, "the last day is included"
    clock.set(OVER)
    assert line(gw, Due.ELECTION).act is Act.DELETE
    assert retaining.retain(gw).election == 2
    assert there(gw) == {"suite@exemple.fr", "reguliere@exemple.fr", "adherente@exemple.fr", "limitee@exemple.fr"}
    (told,) = journal_of(gw, "erasure")
    assert told["rules"] == ["purge-after-election"] and told["counts"]["contacts"] == 2
    assert restricted and retaining.retain(gw).election == 0, "a second round finds nobody"
    seal(gw)
    assert verify_store(gw).holds


def test_somebody_met_after_the_vote_is_not_taken_for_one_collected_for_it(contested, clock):
    gw = contested
    add(gw, Person(email="apres@exemple.fr", **OCCASIONAL))
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).values(created_at=ends(gw) + timedelta(days=3)))
    clock.set(OVER + timedelta(days=4))
    assert line(gw, Due.ELECTION).count == 0 and retaining.retain(gw).election == 0


def test_a_hold_keeps_one_person_until_its_last_day_and_nobody_else(contested, clock):
    gw = contested
    add(gw, Person(email="litige@exemple.fr", **OCCASIONAL), Person(email="rue@exemple.fr", **OCCASIONAL))
    until = OVER + timedelta(days=60)
    number = retaining.place_hold(gw, "litige@exemple.fr", reason="recours devant le juge", until=until, by="Inès")
    clock.set(OVER + timedelta(hours=1))
    assert line(gw, Due.ELECTION).count == 1 and retaining.retain(gw).election == 1
    assert there(gw) == {"litige@exemple.fr"}
    assert [(one.reason, address) for one, address in retaining.standing_holds(gw)] == [
        ("recours devant le juge", "litige@exemple.fr")
    ]
    told = journal_of(gw, "hold")
    assert [(one["act"], one["hold"]) for one in told] == [("placed", number)] and "recours" not in str(told)
    clock.set(until)
    assert retaining.retain(gw).election == 1 and there(gw) == set()
    with reading(gw.engine) as tx:
        assert tx.execute(select(func.count()).select_from(tables.retention_hold)).scalar_one() == 0, "it goes with her"


def test_the_end_of_one_dispute_does_not_lift_the_hold_of_another(contested, clock):
    """All of hers were lifted at once, and the next round erased what the other dispute was about."""
    gw = contested
    add(gw, Person(email="litige@exemple.fr", **OCCASIONAL))
    first, second = (
        retaining.place_hold(gw, "litige@exemple.fr", reason=why, until=OVER + timedelta(days=60), by="Inès")
        for why in ("litige avec l’imprimeur", "recours devant le juge")
    )
    with pytest.raises(Conflict, match=f"n° {first}, litige avec l’imprimeur ; n° {second}, recours"):
        retaining.lift_holds(gw, "litige@exemple.fr", by="Inès")
    with pytest.raises(Conflict, match=f"aucun gel n° {second + 1}"):
        retaining.lift_holds(gw, "litige@exemple.fr", by="Inès", numbers=[first, second + 1])
    assert retaining.lift_holds(gw, "litige@exemple.fr", by="Inès", numbers=[first]) == [first]
    clock.set(OVER)
    assert retaining.retain(gw).election == 0 and there(gw) == {"litige@exemple.fr"}
    assert [(one["act"], one["hold"]) for one in journal_of(gw, "hold")][-1] == ("lifted", first)


def test_the_last_day_of_a_hold_ends_where_she_is(gw):
    add(gw, Person(email="litige@exemple.fr", territory="972"), Person(email="rue@exemple.fr"))
    assert retaining.end_of_day(gw, "litige@exemple.fr", UNTIL) == datetime(2027, 5, 21, 4, tzinfo=UTC), "in Fort-de-France"
    assert retaining.end_of_day(gw, "rue@exemple.fr", UNTIL) == OVER
    with pytest.raises(NotFound):
        retaining.end_of_day(gw, "inconnue@exemple.fr", UNTIL)


def test_a_hold_that_is_lifted_holds_no_more(contested, clock):
    gw = contested
    add(gw, Person(email="litige@exemple.fr", **OCCASIONAL))
    retaining.place_hold(gw, "litige@exemple.fr", reason="litige", until=OVER + timedelta(days=60), by="Inès")
    retaining.lift_holds(gw, "litige@exemple.fr", by="Inès")
    with pytest.raises(Conflict, match="aucun gel"):
        retaining.lift_holds(gw, "litige@exemple.fr", by="Inès")
    clock.set(OVER)
    assert retaining.retain(gw).election == 1
    assert [one["act"] for one in journal_of(gw, "hold")] == ["placed", "lifted"]


def test_whoever_awaits_the_answer_to_a_request_of_hers_is_not_erased_before_it(contested, clock):
    gw = contested
    add(gw, Person(email="rue@exemple.fr", **OCCASIONAL))
    clock.set(OVER)
    request = asks(gw, Right.ACCESS, "rue@exemple.fr", via=RequestVia.PHONE)
    assert retaining.retain(gw).election == 0 and line(gw, Due.ELECTION).count == 0
    answer(gw, request.id, Answer(by="Inès", text="Voici ce que nous avions.", refused=True))
    assert retaining.retain(gw).election == 1


def test_a_hold_without_an_end_ahead_a_reason_or_a_known_person_is_refused(gw, clock):
    add(gw, Person(email="litige@exemple.fr"))
    later = clock.now() + timedelta(days=1)
    with pytest.raises(InvalidInput, match="déjà passée"):
        retaining.place_hold(gw, "litige@exemple.fr", reason="litige", until=clock.now(), by="Inès")
    with pytest.raises(InvalidInput, match="Regardez l’année"):
        retaining.place_hold(gw, "litige@exemple.fr", reason="litige", until=later.replace(year=3027), by="Inès")
    with pytest.raises(InvalidInput, match="dites pourquoi"):
        retaining.place_hold(gw, "litige@exemple.fr", reason=" ", until=later, by="Inès")
    with pytest.raises(NotFound):
        retaining.place_hold(gw, "inconnue@exemple.fr", reason="litige", until=later, by="Inès")
    assert journal_of(gw, "hold") == []


def test_a_regular_contact_without_news_for_three_years_is_to_be_decided_on_and_never_erased_by_itself(gw, clock):
    add(gw, Person(email="ancienne@exemple.fr"), Person(email="bavarde@exemple.fr"))
    start = datetime(2026, 9, 1, tzinfo=UTC)
    clock.set(start + timedelta(days=400))
    told: dict[str, Any] = {"medium": Medium.EMAIL, "text": "Merci pour la lettre", "provider_id": "<1@exemple.fr>"}
    hear(gw, Reply(sender_digest=digest(gw, "bavarde@exemple.fr"), received_at=clock.now(), **told))
    quiet = line(gw, Due.INACTIVE)
    assert (quiet.count, quiet.act, quiet.next_at.date().isoformat()) == (0, Act.KEEP, "2029-09-01")
    clock.set(datetime(2029, 9, 2, tzinfo=UTC))
    quiet = line(gw, Due.INACTIVE)
    assert (quiet.count, quiet.act, quiet.rules) == (1, Act.ALERT, ("inactive-regular",))
    retaining.retain(gw)
    assert there(gw) == {"ancienne@exemple.fr", "bavarde@exemple.fr"}
    (first, _) = retaining.inactive(gw, limit=10)
    assert (first[0], f"{first[2]:%F}") == ("ancienne@exemple.fr", "2029-09-01")
    with pytest.raises(InvalidInput, match="qui le décide"):
        retaining.erase_inactive(gw, by=" ")
    assert retaining.erase_inactive(gw, by="Inès") == 1 and there(gw) == {"bavarde@exemple.fr"}
    assert journal_of(gw, "operator")[-1]["by"] == "Inès"
    assert journal_of(gw, "erasure")[-1]["rules"] == ["inactive-regular"]


def test_the_words_of_a_settled_reply_are_planned_and_go_in_the_same_round(gw, clock):
    add(gw, Person(email="anne@exemple.fr"))
    told: dict[str, Any] = {"medium": Medium.EMAIL, "text": "STOP", "provider_id": "<1@exemple.fr>"}
    hear(gw, Reply(sender_digest=digest(gw, "anne@exemple.fr"), received_at=clock.now(), **told))
    planned = line(gw, Due.WORDS)
    assert planned.count == 1 and planned.rules == ("purge-logs",) and planned.act is Act.KEEP
    clock.set(planned.next_at)
    assert line(gw, Due.WORDS).act is Act.DELETE
    assert retaining.retain(gw).words == 1 and line(gw, Due.WORDS) is None


def test_a_reply_nobody_has_settled_keeps_its_words_and_is_asked_about_instead_of_being_promised_to_go(gw, clock):
    """The plan said « to erase now » for as long as nobody read her, and each round that nothing was due."""
    add(gw, Person(email="anne@exemple.fr"))
    told: dict[str, Any] = {"medium": Medium.EMAIL, "text": "Merci, à jeudi.", "provider_id": "<1@exemple.fr>"}
    heard = hear(gw, Reply(sender_digest=digest(gw, "anne@exemple.fr"), received_at=clock.now(), **told))
    assert line(gw, Due.UNSETTLED) is None and unread_line(gw).standing is Standing.READY
    clock.set(line(gw, Due.WORDS).next_at)
    assert line(gw, Due.WORDS) is None and line(gw, Due.UNSETTLED).count == 1
    assert retaining.retain(gw).words == 0
    assert unread_line(gw).todo.startswith("Une réponse ou un courriel attend que quelqu’un les règle (gateway replies queue")
    resolve(gw, heard.letter_id, Decision(settlement=Settlement.ANSWERED, by="Claire", why="elle venait"))
    assert unread_line(gw).standing is Standing.READY
    assert retaining.retain(gw).words == 1 and line(gw, Due.UNSETTLED) is None


def test_the_certificates_of_terms_are_found_again_in_the_journal(contested, clock):
    gw = contested
    add(gw, Person(email="rue@exemple.fr", **OCCASIONAL))
    clock.set(OVER)
    retaining.retain(gw)
    told = certifying.certificate(gw, None, None)
    (one,) = told["erasures"]
    assert one["rules"] == ("purge-after-election",) and one["counts"]["contacts"] == 1
    assert "CNIL" in told["sources"][0][1]
    assert certifying.certificate(gw, clock.now() + timedelta(seconds=1), None)["erasures"] == []


def test_a_certificate_proves_each_erasure_against_the_signed_root(contested, clock):
    gw = contested
    add(gw, Person(email="rue@exemple.fr", **OCCASIONAL))
    clock.set(OVER)
    retaining.retain(gw)
    with pytest.raises(InvalidInput, match="--from doit venir avant --until"):
        certifying.certificate(gw, clock.now(), OVER - timedelta(days=1))
    told = certifying.certificate(gw, None, None)
    assert told["sums"]["contacts"] == 1 and told["sources"][0][0] == "purge-after-election"
    (erasure,), (path,) = told["erasures"], told["proofs"]
    size, root = int(told["checkpoint"][1]), b64decode(told["checkpoint"][2])
    leaf, steps = bytes.fromhex(path.leaf), [bytes.fromhex(one) for one in path.proof]
    assert erasure["number"] == path.number and erasure["index"] == path.index
    assert verify_inclusion(leaf, path.index, size, steps, root)
    assert "rue@exemple.fr" not in str(told) and "Anaëlle" not in str(told)


def test_a_certificate_tells_of_the_sweep_that_came_after_what_it_certifies_and_of_no_earlier_one(contested, clock):
    gw = contested
    keeping.sweep(gw, full=True)
    add(gw, Person(email="rue@exemple.fr", **OCCASIONAL))
    clock.set(OVER)
    retaining.retain(gw)
    until = clock.now() + timedelta(hours=1)
    assert certifying.certificate(gw, None, until)["sweeps"] == [], "that one freed nothing of hers"
    clock.set(until + timedelta(minutes=5))
    keeping.sweep(gw)
    (swept,) = certifying.certificate(gw, None, until)["sweeps"]
    assert swept["at"] == clock.now()
