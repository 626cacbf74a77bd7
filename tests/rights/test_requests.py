"""A request has a number, a clock that runs from the day it came, and an answer by name."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.domain.addressing import match_keys
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput, NotFound, RenderFault
from gateway.domain.keys import LinkScope
from gateway.domain.phone import PhoneNumber
from gateway.domain.reply import InboxState, Settlement
from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.listening import object_by_link
from gateway.flows.resolving import Decision, queue, resolve
from gateway.flows.rights import acting, copying, erasing, requests, why
from gateway.flows.rights.acting import Correction
from gateway.flows.rights.requests import Answer
from gateway.store import contacts, inbox, retaining, suppressions, tables
from gateway.store.engine import begin, reading
from gateway.store.requests import Asked
from tests.meanwhile import Act, right_before
from tests.rights.support import asks, asks_proven
from tests.sending.support import Person, add, digest, journal_of, message_of, newsletter, run

ANNE = "anne@exemple.example"


def person(gw, contact_id):
    with reading(gw.engine) as tx:
        return contacts.view(tx, contact_id)


def test_a_letter_of_31_january_is_answered_by_28_february(gw, clock):
    clock.set(datetime(2027, 2, 3, 9, tzinfo=UTC))
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE, received_at=datetime(2027, 1, 31, 9, tzinfo=UTC))
    assert request.deadline_at == datetime(2027, 2, 28, 9, tzinfo=UTC)
    (told,) = journal_of(gw, "rights")
    assert (told["act"], told["right"], told["request"], told["via"]) == ("opened", "access", request.id, "post")
    assert ANNE not in str(told) and len(told["person"]) == 32


def test_a_reply_that_asks_for_erasure_opens_a_request_with_the_clock_of_its_reception(gw, writes, clock):
    (contact_id,) = add(gw, Person(email=ANNE))
    received = clock.now() - timedelta(hours=6)
    heard = writes(ANNE, "Supprimez mes données", received_at=received)
    (line,) = requests.queue(gw)
    assert (line.request.right, line.request.via) == (Right.ERASURE, RequestVia.REPLY)
    assert (line.request.contact_id, line.request.letter_id) == (contact_id, heard.letter_id)
    assert (line.request.received_at, line.late, line.near) == (received, False, False)
    assert line.request.identity is Identity.UNCHECKED, "whoever writes may not be she"


def test_a_letter_found_later_that_came_first_begins_the_clock(gw, clock):
    """The month ran from the second one, and the answer to the first would have been late unnoticed."""
    add(gw, Person(email=ANNE))
    clock.set(datetime(2027, 3, 20, 9, tzinfo=UTC))
    first = asks(gw, Right.ACCESS, ANNE, received_at=datetime(2027, 3, 19, 9, tzinfo=UTC))
    clock.set(datetime(2027, 3, 30, 9, tzinfo=UTC))
    found = asks(gw, Right.ACCESS, ANNE, received_at=datetime(2027, 2, 27, 9, tzinfo=UTC))
    assert (found.id, found.received_at.day, found.deadline_at) == (first.id, 27, datetime(2027, 3, 27, 9, tzinfo=UTC))
    assert requests.watch(gw) == 1 and requests.late(gw) == 1
    told = journal_of(gw, "rights")[-1]
    assert (told["act"], told["received"], told["deadline"]) == ("antedated", "2027-02-27T09:00:00Z", "2027-03-27T09:00:00Z")
    assert asks(gw, Right.ACCESS, ANNE, received_at=datetime(2027, 3, 5, 9, tzinfo=UTC)).received_at == found.received_at


def test_asking_twice_while_the_first_waits_does_not_begin_the_clock_anew(gw, writes, clock):
    add(gw, Person(email=ANNE))
    writes(ANNE, "Comment avez-vous eu mon adresse ?")
    first = requests.queue(gw)[0].request
    clock.advance(timedelta(days=3))
    writes(ANNE, "Comment avez-vous eu mon adresse ?")
    asked = Asked(right=Right.ACCESS, via=RequestVia.PHONE, received_at=clock.now(), recorded_by="Inès")
    again, fresh = requests.open_request(gw, ANNE, asked)
    assert (again.id, fresh, again.deadline_at) == (first.id, False, first.deadline_at)
    assert len(requests.queue(gw)) == 1


def test_a_stranger_who_asks_has_a_request_too_and_is_answered_that_nothing_is_kept(gw, writes):
    writes("inconnu@exemple.example", "Quelles données avez-vous sur moi ? Droit d'accès RGPD")
    (line,) = requests.queue(gw)
    assert line.request.contact_id is None
    requests.vouch(gw, line.request.id, "elle a écrit deux fois de cette adresse", by="Inès")
    done = requests.answer(gw, line.request.id, Answer(by="Inès", text="Nous n’avons rien sur vous."))
    assert done.state is RequestState.GRANTED and requests.queue(gw) == []


def test_alarms_ring_once_a_week_before_and_once_when_it_is_late(gw, clock):
    add(gw, Person(email=ANNE))
    asks(gw, Right.ACCESS, ANNE)
    asks(gw, Right.RESTRICTION, ANNE)
    assert requests.watch(gw) == 0
    clock.advance(timedelta(days=25))
    assert [line.near for line in requests.queue(gw)] == [True, True]
    assert (requests.watch(gw), requests.watch(gw), requests.late(gw)) == (2, 0, 0)
    clock.advance(timedelta(days=7))
    assert (requests.watch(gw), requests.watch(gw), requests.late(gw)) == (2, 0, 2)
    told = [(one["alarm"], one["rule"]) for one in journal_of(gw, "alarm")]
    assert told == [("rights-deadline", "dsar-deadline")] * 2 + [("rights-late", "dsar-deadline")] * 2


def test_what_is_late_stands_first_whenever_it_was_written_down(gw, clock):
    add(gw, Person(email=ANNE))
    asks(gw, Right.ACCESS, ANNE)
    old = asks(gw, Right.PORTABILITY, ANNE, received_at=clock.now() - timedelta(days=40))
    first, second = requests.queue(gw)
    assert (first.request.id, first.late, second.late) == (old.id, True, False)
    assert requests.queue(gw, after=first.request.id)[0].request.id == second.request.id


def test_a_longer_term_is_told_to_her_with_its_reason_within_the_first(gw, clock, channel):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE)
    clock.advance(timedelta(days=20))
    longer = requests.extend(gw, request.id, why="dossier papier\nà retrouver", by="Inès")
    assert longer.deadline_at == datetime(2027, 3, 1, 10, tzinfo=UTC)
    run(gw)
    payload = channel.payloads[ANNE].decode()
    assert channel.recipients == [ANNE] and "dossier papier" in payload
    assert journal_of(gw, "rights")[-1]["told"] == "by-letter"
    with pytest.raises(Conflict, match="déjà été prolongée"):
        requests.extend(gw, request.id, why="encore", by="Inès")


def test_a_term_that_is_over_is_not_extended_any_more(gw, clock):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE)
    clock.advance(timedelta(days=32))
    with pytest.raises(Conflict, match="ne se prolonge plus"):
        requests.extend(gw, request.id, why="trop tard", by="Inès")
    assert requests.show(gw, request.id).late


def test_a_longer_term_of_somebody_without_email_must_be_told_otherwise(gw):
    request = asks(gw, Right.ACCESS, "06 12 34 56 78")
    with pytest.raises(Conflict, match="sans --send"):
        requests.answer(gw, request.id, Answer(by="Inès", text="Demande répétée.", refused=True, send=True))
    with pytest.raises(Conflict, match=r"pas d’adresse électronique.*\(--told\)"):
        requests.extend(gw, request.id, why="volumineux", by="Inès")
    assert requests.show(gw, request.id).request.extended_at is None
    requests.extend(gw, request.id, why="volumineux", by="Inès", told_how="par courrier")
    assert journal_of(gw, "rights")[-1]["told"] == "otherwise"


def test_nothing_is_disclosed_or_erased_before_somebody_knows_who_asks(gw):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE)
    with pytest.raises(Conflict, match="comment vous savez que c’est bien elle"):
        requests.answer(gw, request.id, Answer(by="Inès", text="voici"))
    requests.vouch(gw, request.id, "rappelée au numéro du fichier", by="Inès")
    assert requests.answer(gw, request.id, Answer(by="Inès", text="voici")).answered_by == "Inès"


def test_a_refusal_says_why_and_where_to_complain_and_is_said_once(gw, channel):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE)
    with pytest.raises(InvalidInput, match="se motive"):
        requests.answer(gw, request.id, Answer(by="Inès", refused=True))
    requests.answer(gw, request.id, Answer(by="Inès", text="Demande répétée chaque jour.", refused=True, send=True))
    run(gw)
    assert "Demande répétée chaque jour." in channel.payloads[ANNE].decode() and b"cnil.fr" in channel.payloads[ANNE]
    with pytest.raises(Conflict, match="déjà été refusée"):
        requests.answer(gw, request.id, Answer(by="Malo", text="finalement oui"))
    told = journal_of(gw, "rights")[-1]
    assert (told["outcome"], "Demande" in str(told)) == ("refused", False)


def test_a_reason_of_several_paragraphs_leaves_whole(gw, channel):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.ACCESS, ANNE)
    reason = "Vous demandez les notes de nos réunions.\n\n" + "Elles nomment aussi d’autres personnes. " * 40
    requests.answer(gw, request.id, Answer(by="Inès", text=reason, refused=True, send=True))
    run(gw)
    payload = " ".join(channel.payloads[ANNE].decode().split())
    assert "notes de nos réunions. Elles nomment aussi d’autres personnes." in payload
    assert payload.count("Elles nomment") == 2 * 40


def test_an_answer_that_no_letter_can_carry_settles_nothing(gw, channel):
    add(gw, Person(email=ANNE))
    request = asks_proven(gw, Right.ACCESS, ANNE)
    with pytest.raises(RenderFault, match="trop long"):
        requests.answer(gw, request.id, Answer(by="Inès", text="https://exemple.example/" + "a" * 400, send=True))
    assert requests.show(gw, request.id).request.is_open
    run(gw)
    assert channel.recipients == []


def test_the_answer_takes_the_reply_out_of_its_queue_and_the_other_way_round(gw, writes):
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, "Supprimez mes données")
    request = requests.queue(gw)[0].request
    requests.vouch(gw, request.id, "rappelée", by="Inès")
    requests.answer(gw, request.id, Answer(by="Inès", text="fait"))
    with reading(gw.engine) as tx:
        letter = inbox.find(tx, heard.letter_id)
    assert letter is not None
    assert (letter.state, letter.settled_as, queue(gw)) == (InboxState.SETTLED, Settlement.ANSWERED, [])
    other = writes(ANNE, "Effacez toutes mes données")
    resolve(gw, other.letter_id, Decision(settlement=Settlement.ANSWERED, by="Malo", why="fait au téléphone"))
    assert requests.queue(gw) == [] and requests.everything(gw)[0].request.answered_by == "Malo"


def test_what_is_put_right_replaces_what_was_wrong_and_the_journal_names_only_what_changed(gw):
    (contact_id,) = add(gw, Person(email=ANNE, given_name="Anna"))
    newsletter(gw)
    run(gw)
    request = asks_proven(gw, Right.RECTIFICATION, ANNE)
    correction = Correction(given_name="Anne", postcode="67000", email="anne.neuve@exemple.example")
    assert set(acting.rectify(gw, request.id, correction, by="Inès")) == {"given_name", "postcode", "territory", "email"}
    now = person(gw, contact_id)
    assert (now.given_name, now.postcode, now.territory) == ("Anne", "67000", "alsace-moselle")
    told = next(one for one in journal_of(gw, "rights") if one["act"] == "rectified")
    assert told["recipients"] == {"smtp-relay": "to-be-told-by-hand"}
    assert "67000" not in str(told) and "neuve" not in str(told)
    assert requests.show(gw, request.id).request.state is RequestState.GRANTED


def test_a_postcode_that_somebody_abroad_puts_right_does_not_bring_her_to_france(gw):
    (contact_id,) = add(gw, Person(email=ANNE))
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.update().values(territory="abroad-americas"))
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(postcode="10001"), by="Inès")
    now = person(gw, contact_id)
    assert (now.postcode, now.territory) == ("10001", "unknown"), "New York: the widest silence holds"


def test_a_date_of_birth_that_she_wants_away_goes(gw):
    (contact_id,) = add(gw, Person(email=ANNE))
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(birth_on=date(1970, 3, 15)), by="Inès")
    assert acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(birth_on=""), by="Inès") == ("birth_on",)
    assert person(gw, contact_id).birth_on is None
    with pytest.raises(InvalidInput, match="rien n’est à corriger"):
        acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(birth_on=""), by="Inès")


def test_a_new_address_keeps_the_objection_of_the_old_one_and_old_mails_do_not_leave(gw, writes, channel):
    add(gw, Person(email=ANNE))
    newsletter(gw, launched=True)
    writes(ANNE, "STOP")
    request = asks_proven(gw, Right.RECTIFICATION, ANNE)
    acting.rectify(gw, request.id, Correction(email="anne.neuve@exemple.example"), by="Inès")
    newsletter(gw, "suivante")
    run(gw)
    assert channel.recipients == []


def test_nobody_takes_the_address_of_somebody_else(gw):
    add(gw, Person(email=ANNE), Person(email="bea@exemple.example"))
    request = asks_proven(gw, Right.RECTIFICATION, ANNE)
    with pytest.raises(Conflict, match="une autre personne"):
        acting.rectify(gw, request.id, Correction(email="bea@exemple.example"), by="Inès")
    with pytest.raises(InvalidInput, match="rien n’est à corriger"):
        acting.rectify(gw, request.id, Correction(given_name="Anaëlle"), by="Inès")


def test_whoever_has_her_data_only_kept_is_sent_nothing_until_it_is_lifted(gw, channel):
    (contact_id,) = add(gw, Person(email=ANNE))
    request = asks(gw, Right.RESTRICTION, ANNE)
    newsletter(gw)
    acting.restrict(gw, request.id, by="Inès")
    run(gw)
    assert channel.recipients == [] and "dsar-restriction" in message_of(gw, ANNE)["because"]
    acting.lift(gw, request.id, why="données vérifiées avec elle", by="Inès")
    assert not person(gw, contact_id).restricted
    with pytest.raises(Conflict, match="déjà levée"):
        acting.lift(gw, request.id, why="encore", by="Inès")
    assert [one["act"] for one in journal_of(gw, "rights")] == ["opened", "restricted", "answered", "lifted"]


def test_a_request_for_one_thing_does_not_do_another(gw):
    add(gw, Person(email=ANNE))
    request = asks_proven(gw, Right.ACCESS, ANNE)
    with pytest.raises(Conflict, match="un autre droit, accès"):
        acting.restrict(gw, request.id, by="Inès")
    with pytest.raises(NotFound, match="pas de demande n° 999"):
        acting.restrict(gw, 999, by="Inès")


def test_an_objection_by_post_covers_every_channel(gw, channel):
    add(gw, Person(email=ANNE))
    request = asks(gw, Right.OBJECTION, ANNE)
    newsletter(gw)
    acting.object_to_all(gw, request.id, by="Inès")
    run(gw)
    assert channel.recipients == [] and message_of(gw, ANNE)["because"] == "optout-effect"


def test_who_came_into_the_file_after_she_had_asked_is_she_whom_the_request_is_about(gw, tmp_path):
    """Asked while nobody had her address: the file that brings her in must not make of her erasure an empty one (RGPD 17)."""
    erasure, access = asks_proven(gw, Right.ERASURE, ANNE), asks_proven(gw, Right.ACCESS, ANNE)
    assert (erasure.contact_id, access.contact_id) == (None, None)
    (contact_id,) = add(gw, Person(email=ANNE, contact_class=ContactClass.OCCASIONAL))
    with reading(gw.engine) as tx:
        assert retaining.stays(tx, contact_id, gw.clock.now()), "a question is not answered by the end of a term"
    copying.export(gw, access.id, tmp_path / "copie.zip", by="Inès")
    done = erasing.erase(gw, erasure.id, by="Inès")
    assert (done.erased.contacts, done.erased.addresses, person(gw, contact_id)) == (1, 1, None)


def test_of_a_request_that_is_answered_nobody_who_comes_later_is_the_person(gw):
    request = asks_proven(gw, Right.ACCESS, ANNE)
    requests.answer(gw, request.id, Answer(by="Inès", text="Nous n’avons rien."))
    (contact_id,) = add(gw, Person(email=ANNE))
    assert requests.show(gw, request.id).request.contact_id is None
    with reading(gw.engine) as tx:
        assert not retaining.stays(tx, contact_id, gw.clock.now())


def test_the_second_of_her_addresses_may_take_the_place_of_the_first(gw):
    (contact_id,) = add(gw, Person(email=ANNE))
    other = {"value": "deux@exemple.example", "domain": "exemple.example", "digest": digest(gw, "deux@exemple.example")}
    with begin(gw.engine) as tx:
        tx.execute(tables.address.insert().values(contact_id=contact_id, medium="email", **other))
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(email="deux@exemple.example"), by="Inès")
    with reading(gw.engine) as tx:
        assert [one.value for one in contacts.addresses(tx, contact_id)] == ["deux@exemple.example"]


def test_an_objection_at_the_very_moment_her_address_is_put_right_holds_for_the_new_one(gw, monkeypatch):
    """What was said of the old one has been looked at; the new one is not there yet to be seen."""
    stops = Act(stop_of_her_letter(gw))
    right_before(monkeypatch, acting, "settle", stops)
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(email="deux@exemple.example"), by="Inès")
    stops.done()
    with reading(gw.engine) as tx:
        new = digest(gw, "deux@exemple.example")
        assert suppressions.present(tx, [new], Medium.EMAIL, gw.clock.now()), "once she is erased, no file brings it back"


def stop_of_her_letter(gw):
    """She gets a letter; what its link does is returned."""
    add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    token = gw.keys.link_token(LinkScope.OBJECT, message_of(gw, ANNE)["id"], digest(gw, ANNE))
    return lambda: object_by_link(gw, token, cause=SuppressionCause.UNSUBSCRIBE_LINK)


def test_the_link_of_an_older_letter_objects_for_the_address_she_has_now(gw):
    """She objects, not her address; it was put right since that letter."""
    stop = stop_of_her_letter(gw)
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(email="deux@exemple.example"), by="Inès")
    stop()
    newsletter(gw, "suivante")
    run(gw)
    assert gw.channels[Medium.EMAIL].recipients == [ANNE]
    told = journal_of(gw, "objection")[-1]
    assert told["person"] == journal_of(gw, "decision")[0]["person"]


def test_a_restriction_of_somebody_who_was_erased_since_is_no_longer_to_be_lifted(gw):
    add(gw, Person(email=ANNE))
    request = asks_proven(gw, Right.RESTRICTION, ANNE)
    acting.restrict(gw, request.id, by="Inès")
    erasing.erase(gw, asks_proven(gw, Right.ERASURE, ANNE).id, by="Inès")
    with pytest.raises(Conflict, match="plus dans le fichier"):
        acting.lift(gw, request.id, why="exactitude vérifiée", by="Inès")


def test_a_restriction_that_was_lifted_lifts_no_later_one(gw):
    """RGPD 18(3): she is told before a restriction ends; an old request must not end the one she asked for since."""
    (contact_id,) = add(gw, Person(email=ANNE))
    first = asks_proven(gw, Right.RESTRICTION, ANNE)
    acting.restrict(gw, first.id, by="Inès")
    acting.lift(gw, first.id, why="exactitude vérifiée", by="Inès")
    second = asks_proven(gw, Right.RESTRICTION, ANNE)
    acting.restrict(gw, second.id, by="Inès")
    with pytest.raises(Conflict, match=f"n° {second.id}"):
        acting.lift(gw, first.id, why="exactitude vérifiée", by="Inès")
    assert person(gw, contact_id).restricted
    acting.lift(gw, second.id, why="exactitude vérifiée", by="Inès")
    assert not person(gw, contact_id).restricted


def test_at_an_address_she_had_before_she_is_forgotten_and_kept_out_like_at_the_one_she_has(gw, writes):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    writes(ANNE, "mon chien s’appelle Biscotte")
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(email="deux@exemple.example"), by="Inès")
    request = asks_proven(gw, Right.ERASURE, "deux@exemple.example")
    done = erasing.erase(gw, request.id, by="Inès")
    assert (done.erased.addresses, done.erased.letters) == (1, 1)
    with reading(gw.engine) as tx:
        assert [one for one in tx.execute(select(tables.inbox.c.text)).scalars() if one] == []
        both = [digest(gw, ANNE), digest(gw, "deux@exemple.example")]
        assert suppressions.present(tx, both, Medium.SMS, gw.clock.now()) == set(both)


def test_an_address_that_somebody_else_has_by_now_is_not_hers_to_erase_nor_to_object_for(gw, writes):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    acting.rectify(gw, asks_proven(gw, Right.RECTIFICATION, ANNE).id, Correction(email="deux@exemple.example"), by="Inès")
    add(gw, Person(email=ANNE))  # the next to have it: a mailbox of an office, or one given anew
    writes(ANNE, "mon chien s’appelle Biscotte")
    erasing.erase(gw, asks_proven(gw, Right.ERASURE, "deux@exemple.example").id, by="Inès")
    with reading(gw.engine) as tx:
        assert [one for one in tx.execute(select(tables.inbox.c.text)).scalars() if one] == ["mon chien s’appelle Biscotte"]
        assert not suppressions.present(tx, [digest(gw, ANNE)], Medium.EMAIL, gw.clock.now())


def on_the_list(gw, number):
    """Channels by which the opposition list covers a number."""
    with reading(gw.engine) as tx:
        ways = {one: gw.keys.address_digest(one, key) for one, key in match_keys(number).items()}
        return {one for one, digest in ways.items() if suppressions.present(tx, [digest], one, gw.clock.now())}


MOBILE = "06 39 98 10 20"


@pytest.mark.parametrize("right", [Right.OBJECTION, Right.ERASURE])
def test_a_stranger_who_objects_by_her_number_is_neither_written_to_nor_called(gw, right):
    request = asks_proven(gw, right, MOBILE)
    {Right.OBJECTION: acting.object_to_all, Right.ERASURE: erasing.erase}[right](gw, request.id, by="Inès")
    assert on_the_list(gw, MOBILE) == {Medium.SMS, Medium.CALL}


@pytest.mark.parametrize("there", [Medium.SMS, Medium.CALL])
@pytest.mark.parametrize("by", [ANNE, MOBILE])
def test_who_is_known_by_one_channel_of_her_number_is_kept_out_by_the_other_too(gw, there, by):
    (contact_id,) = add(gw, Person(email=ANNE))
    number = PhoneNumber.parse(MOBILE)
    with begin(gw.engine) as tx:
        digest_there = gw.keys.address_digest(there, number.match_key)
        row = {"contact_id": contact_id, "medium": there, "value": str(number), "digest": digest_there}
        tx.execute(tables.address.insert().values(row))
    erasing.erase(gw, asks_proven(gw, Right.ERASURE, by).id, by="Inès")
    assert on_the_list(gw, MOBILE) == {Medium.SMS, Medium.CALL}


def at_once(act):
    """What became of an act that four people, or one who clicks four times, did at the same moment."""
    together = threading.Barrier(4)

    def one(_each):
        together.wait()
        try:
            return act()
        except Conflict as fault:
            return fault

    with ThreadPoolExecutor(4) as people:
        return list(people.map(one, range(4)))


def test_of_the_same_request_made_at_once_by_several_one_is_opened(gw):
    add(gw, Person(email=ANNE))
    assert {request.id for request in at_once(lambda: asks(gw, Right.ACCESS, ANNE))} == {1} and len(requests.queue(gw)) == 1


def test_who_clicks_on_erase_several_times_is_erased_by_one_request(gw):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    why.ask_for_own_link(gw, gw.keys.link_token(LinkScope.WHY, message_of(gw, ANNE)["id"], digest(gw, ANNE)))
    run(gw)
    with reading(gw.engine) as tx:
        m = tables.message.c
        letter = tx.execute(select(m.id).where(m.occasion.startswith("own-data"))).scalar_one()
    own = gw.keys.link_token(LinkScope.WHY, letter, digest(gw, ANNE))
    done = at_once(lambda: why.erase(gw, own))
    assert sorted(type(one).__name__ for one in done) == ["Carried", "Conflict", "Conflict", "Conflict"]
    (line,) = requests.everything(gw)
    assert line.request.state is RequestState.GRANTED and line.request.contact_id is None


def test_a_letter_that_waited_for_her_counts_in_what_her_erasure_came_to(gw):
    """« 0 message annulé » was said of a campaign that showed one: her objection, within the erasure, had come first."""
    add(gw, Person(email=ANNE))
    newsletter(gw, launched=True)
    assert erasing.erase(gw, asks_proven(gw, Right.ERASURE, ANNE).id, by="Inès").erased.messages_cancelled == 1
