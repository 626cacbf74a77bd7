"""What a person writes back takes effect before anything else leaves, once, and leaves its trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.domain.channel import Medium
from gateway.domain.reply import InboxState, Intent, RightAsked, Settlement
from gateway.domain.rights import Right
from gateway.domain.suppression import SuppressionKind
from gateway.flows.campaigning.launching import status
from gateway.flows.hearing import Reply, end_terms, hear, hear_in
from gateway.flows.resolving import Decision, resolve
from gateway.store import inbox, requests, suppressions, tables
from gateway.store.engine import begin, reading
from tests.sending.support import Person, add, digest, journal_of, message_of, newsletter, run

ANNE, STRANGER = "anne@exemple.example", "inconnu@exemple.example"


def letter(gw, letter_id):
    with reading(gw.engine) as tx:
        return inbox.find(tx, letter_id)


def listed(gw, email):
    with reading(gw.engine) as tx:
        return {(one.kind, one.medium) for one in suppressions.of_digest(tx, digest(gw, email))}


def consent_of(gw, contact_id):
    c = tables.consent
    with reading(gw.engine) as tx:
        return tx.execute(select(c.c.state).where(c.c.contact_id == contact_id)).scalar_one()


def test_whoever_answers_stop_gets_nothing_more_and_the_delay_is_on_record(gw, writes, clock, channel):
    (contact,) = add(gw, Person(email=ANNE))
    newsletter(gw)
    received = clock.now()
    clock.advance(timedelta(seconds=3))
    heard = writes(ANNE, "Stop svp !!", received_at=received)
    assert (heard.intent, heard.objection.cancelled, heard.fresh) == (Intent.OBJECTION, 1, True)
    assert listed(gw, ANNE) == {(SuppressionKind.OBJECTION, "email")}
    assert consent_of(gw, contact) == "withdrawn"
    run(gw)
    assert channel.recipients == []
    assert message_of(gw, ANNE)["because"] == "optout-effect"
    (told,) = journal_of(gw, "objection")
    assert (told["cause"], told["delay_ms"]) == ("reply", 3000)
    with reading(gw.engine) as tx:
        assert suppressions.delays(tx) == suppressions.Delays(objections=1, median_ms=3000, max_ms=3000)
    kept = letter(gw, heard.letter_id)
    assert (kept.state, kept.settled_as, kept.settled_by) == (InboxState.SETTLED, Settlement.OBJECTION, None)
    assert kept.effective_at == clock.now() and kept.evidence.startswith("keyword: ")


def test_a_doubtful_reply_pauses_at_once_and_waits_for_a_person(gw, writes, channel):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    heard = writes(ANNE, "Comment avez-vous eu mon adresse ?")
    assert (heard.intent, heard.paused, heard.right_asked) == (Intent.DOUBTFUL, True, RightAsked.ACCESS)
    run(gw)
    assert channel.recipients == []
    assert message_of(gw, ANNE)["because"] == "optout-pause"
    with reading(gw.engine) as tx:
        (first,) = inbox.waiting(tx)
    assert (first.letter.id, first.address, first.doubts) == (heard.letter_id, ANNE, 1)


def test_the_break_a_person_asked_for_ends_without_ending_our_doubt(gw, writes, clock, channel):
    add(gw, Person(email=ANNE))
    with begin(gw.engine) as tx:
        suppressions.pause(tx, [digest(gw, ANNE)], until=clock.now() + timedelta(days=1), at=clock.now())
    writes(ANNE, "ça suffit")
    clock.advance(timedelta(days=2))
    newsletter(gw)
    run(gw)
    assert channel.recipients == []
    assert message_of(gw, ANNE)["because"] == "optout-pause"


def test_a_reply_delivered_twice_is_kept_and_obeyed_once(gw, writes, clock):
    add(gw, Person(email=ANNE))
    first = writes(ANNE, "STOP", provider_id="<same@exemple.example>")
    clock.advance(timedelta(hours=1))
    again = writes(ANNE, "STOP", provider_id="<same@exemple.example>")
    assert (again.letter_id, again.fresh, again.intent, again.objection) == (first.letter_id, False, Intent.OBJECTION, None)
    assert len(journal_of(gw, "reply")) == len(journal_of(gw, "objection")) == 1


def test_a_second_stop_keeps_the_instant_of_the_first(gw, writes, clock):
    first = writes(ANNE, "STOP")
    clock.advance(timedelta(days=1))
    second = writes(ANNE, "Je vous ai déjà dit stop")
    assert (second.objection.already, second.objection.effective_at) == (True, first.objection.effective_at)
    with reading(gw.engine) as tx:
        assert suppressions.objected_at(tx, digest(gw, ANNE), "email") == first.objection.effective_at


def test_a_stranger_who_says_stop_is_on_the_list_before_any_file_brings_her_in(gw, writes, channel):
    heard = writes(STRANGER, "Qui que vous soyez, ne m'écrivez plus jamais")
    assert heard.intent is Intent.OBJECTION
    add(gw, Person(email=STRANGER))
    newsletter(gw)
    run(gw)
    assert channel.recipients == []


def test_an_objection_to_everything_covers_the_other_channels_of_the_same_number(gw):
    call = gw.keys.address_digest(Medium.CALL, "+33600000000")
    sms = gw.keys.address_digest(Medium.SMS, "+33600000000")
    hear(
        gw,
        Reply(
            medium=Medium.SMS,
            sender_digest=sms,
            twins=(call,),
            text="STOP TOUT",
            received_at=gw.clock.now(),
            provider_id="SM1",
        ),
    )
    with reading(gw.engine) as tx:
        assert suppressions.present(tx, [call], Medium.CALL, gw.clock.now()) == {call}


def test_an_erasure_demand_stops_everything_and_stays_in_the_queue_as_a_rights_request(gw, writes):
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, "Supprimez toutes mes données de vos fichiers.")
    assert (heard.intent, heard.right_asked) == (Intent.OBJECTION, RightAsked.ERASURE)
    assert listed(gw, ANNE) == {(SuppressionKind.OBJECTION, "*")}
    assert letter(gw, heard.letter_id).state is InboxState.OPEN
    (told,) = journal_of(gw, "reply")
    assert told["right"] == "erasure"


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Bonjour, corrigez mon adresse svp", RightAsked.RECTIFICATION),
        ("Mon prénom est mal orthographié, c’est Anaëlle", RightAsked.RECTIFICATION),
        ("Je demande la limitation du traitement de mes données", RightAsked.RESTRICTION),
        ("J’exerce mon droit à la portabilité", RightAsked.PORTABILITY),
        ("Article 20 du RGPD : envoyez-moi mes données dans un format lisible", RightAsked.PORTABILITY),
        ("Je veux accéder à mes données", RightAsked.ACCESS),
        ("Bonjour, envoyez-moi toutes les données que vous avez sur moi", RightAsked.ACCESS),
        ("Que savez-vous de moi ?", RightAsked.ACCESS),
        ("Envoyez-moi les informations me concernant", RightAsked.ACCESS),
        ("I want a copy of my data", RightAsked.ACCESS),
    ],
)
def test_a_right_that_a_reply_invokes_has_its_clock_from_then_on_and_is_no_objection(gw, writes, words, right):
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, words)
    assert (heard.intent, heard.paused, heard.right_asked) == (Intent.OTHER, False, right)
    assert listed(gw, ANNE) == set()
    kept = letter(gw, heard.letter_id)
    assert (kept.state, kept.right_asked) == (InboxState.OPEN, right)
    (opened,) = journal_of(gw, "rights")
    assert (opened["act"], opened["right"], opened["via"], opened["letter"]) == ("opened", right.value, "reply", kept.id)


@pytest.mark.parametrize(
    "words",
    [
        "J’ai changé mon numéro de rue, et alors ?",
        "Que pensez-vous de la portabilité du numéro ?",
        "Il faut limiter le traitement des pesticides",
        "Vous devriez corriger votre programme",
        "Vous avez envoyé mes données à qui vous savez, bravo",
        "Que savez-vous de la vie des gens ?",
        "Envoyez-moi les informations sur la réunion de jeudi",
        "Envoyez-moi les infos de votre candidate qui concernent les retraites",
        "On sait bien d’où elles viennent, vos idées",
    ],
)
def test_what_only_sounds_like_a_right_opens_no_request(gw, writes, words):
    add(gw, Person(email=ANNE))
    assert writes(ANNE, words).right_asked is None
    assert journal_of(gw, "rights") == []


@pytest.mark.parametrize(
    ("words", "rights"),
    [
        ("Effacez mes données et dites-moi d’où elles viennent", {"erasure", "access"}),
        ("Envoyez-moi une copie de mes données puis supprimez-les", {"erasure", "access"}),
        ("Rectifiez mon nom, et envoyez-moi mes données", {"rectification", "access"}),
        ("Supprimez mes données, supprimez tout, effacez-moi", {"erasure"}),
    ],
)
def test_each_right_that_a_reply_invokes_has_a_request_of_its_own(gw, writes, words, rights):
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, words)
    opened = journal_of(gw, "rights")
    assert {one["right"] for one in opened} == rights and len(opened) == len(rights)
    assert {(one["act"], one["letter"]) for one in opened} == {("opened", heard.letter_id)}


def test_a_letter_that_invoked_two_rights_answers_neither_of_them_by_itself(gw, writes):
    """« Répondu » does not say to which of the two: each keeps its month until it is settled by its own number."""
    add(gw, Person(email=ANNE))
    heard = writes(ANNE, "Effacez mes données et dites-moi d’où elles viennent")
    done = resolve(gw, heard.letter_id, Decision(settlement=Settlement.ANSWERED, by="Claire", why="copie envoyée"))
    with reading(gw.engine) as tx:
        assert {one.right for one in requests.waiting(tx)} == {Right.ERASURE, Right.ACCESS}
    assert {one.right for one in done.requests} == {Right.ERASURE, Right.ACCESS}


def asked_for_consent(gw, email):
    """The outbox row of the newsletter, as if it had been the one request for consent."""
    newsletter(gw)
    run(gw)
    number = message_of(gw, email)["id"]
    m = tables.message
    with begin(gw.engine) as tx:
        tx.execute(update(m).where(m.c.id == number).values(message_class="consent_request"))
    return number


def test_a_plain_no_refuses_the_consent_that_was_asked_for_and_is_no_objection(gw, writes):
    (contact,) = add(gw, Person(email=ANNE))
    heard = writes(ANNE, "Non merci", message_id=asked_for_consent(gw, ANNE))
    assert (heard.refused, heard.objection) == (True, None)
    assert consent_of(gw, contact) == "refused"
    assert listed(gw, ANNE) == set()
    assert letter(gw, heard.letter_id).settled_as is Settlement.REFUSAL


def test_a_plain_no_to_a_newsletter_is_an_objection(gw, writes):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    run(gw)
    heard = writes(ANNE, "NON", message_id=message_of(gw, ANNE)["id"])
    assert (heard.refused, heard.intent) == (False, Intent.OBJECTION)


def test_a_no_from_another_address_than_the_one_asked_refuses_nothing_for_her(gw, writes):
    (contact,) = add(gw, Person(email=ANNE))
    heard = writes(STRANGER, "non", message_id=asked_for_consent(gw, ANNE))
    assert (heard.refused, heard.intent) == (False, Intent.OBJECTION)
    assert consent_of(gw, contact) == "granted"


def test_start_lifts_nothing_without_fresh_consent(gw, writes, channel):
    add(gw, Person(email=ANNE))
    writes(ANNE, "STOP")
    heard = writes(ANNE, "START")
    assert heard.intent is Intent.RESTART
    assert listed(gw, ANNE) == {(SuppressionKind.OBJECTION, "email")}
    newsletter(gw)
    run(gw)
    assert channel.recipients == []
    assert letter(gw, heard.letter_id).state is InboxState.OPEN


@pytest.mark.parametrize("text", ["Bravo pour la réunion d'hier !", "STOP aux éoliennes", "n'arrêtez pas, c'est très bien"])
def test_everyday_talk_stops_nothing_and_waits_for_an_answer(gw, writes, channel, text):
    add(gw, Person(email=ANNE))
    newsletter(gw)
    heard = writes(ANNE, text)
    assert (heard.intent, heard.paused) == (Intent.OTHER, False)
    run(gw)
    assert channel.recipients == [ANNE]
    assert letter(gw, heard.letter_id).state is InboxState.OPEN


def test_nothing_is_kept_of_a_reply_whose_transaction_dies(gw):
    reply = Reply(
        medium=Medium.EMAIL, sender_digest=digest(gw, ANNE), text="STOP", received_at=gw.clock.now(), provider_id="<x@exemple>"
    )
    with pytest.raises(ZeroDivisionError), begin(gw.engine) as tx:
        hear_in(tx, gw, reply)
        raise ZeroDivisionError
    assert listed(gw, ANNE) == set() and journal_of(gw, "reply") == []
    assert hear(gw, reply).fresh


def test_the_journal_holds_no_word_of_a_reply(gw, writes):
    add(gw, Person(email=ANNE))
    writes(ANNE, "Arrêtez de m'écrire, Anne Kerdoncuff, 3 rue des Tilleuls")
    told = str(journal_of(gw, "reply") + journal_of(gw, "objection"))
    assert "ecrire" not in told and "Kerdoncuff" not in told and ANNE not in told


def test_the_words_of_settled_replies_are_erased_when_their_term_is_over_and_those_that_wait_are_kept(gw, writes, clock):
    settled = writes(ANNE, "STOP").letter_id
    waiting = writes(STRANGER, "Bonjour, une question").letter_id
    assert end_terms(gw) == 0
    clock.advance(timedelta(days=200))
    assert end_terms(gw) == 1
    assert (letter(gw, settled).text, letter(gw, settled).evidence) == (None, None)
    assert letter(gw, waiting).text == "Bonjour, une question"
    assert journal_of(gw, "reply")[-1]["rule"] == "purge-logs"


def test_a_campaign_tells_how_long_the_objections_to_it_took(gw, writes, clock):
    people = [f"p{n}@exemple.example" for n in range(4)]
    add(gw, *(Person(email=email) for email in people))
    newsletter(gw)
    run(gw)
    for seconds, email in zip((1, 2, 9), people, strict=False):
        received = clock.now() - timedelta(seconds=seconds)
        writes(email, "STOP", message_id=message_of(gw, email)["id"], received_at=received)
    writes(people[3], "STOP", received_at=clock.now() - timedelta(hours=1))  # answers no message we know
    assert status(gw, "lettre").objections == suppressions.Delays(objections=3, median_ms=2000, max_ms=9000)
    with reading(gw.engine) as tx:
        assert suppressions.delays(tx) == suppressions.Delays(objections=4, median_ms=5500, max_ms=3_600_000)
