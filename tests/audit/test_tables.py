"""Whoever holds the database may change what stands beside the journal. `gateway audit verify` says so, and of whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.domain.keys import LinkScope
from gateway.domain.rights import RequestVia, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows import auditing, sealing
from gateway.flows.auditing import compare_tables
from gateway.flows.collecting.undo import undo_import
from gateway.flows.keeping import reader_of
from gateway.flows.listening import object_by_link
from gateway.flows.rights import acting, erasing
from gateway.flows.sending.housekeeping import keep
from gateway.flows.suppressing import import_list
from gateway.store import tables as t
from gateway.store.engine import begin, reading
from gateway.store.erasing import erase
from tests.audit.forging import changed
from tests.collecting.support import BOX, imported
from tests.rights.support import asks, asks_proven
from tests.sending.support import digest, message_of, newsletter, run

AGATHE, BRUNO, CHLOE, DENIS = (f"{name}@exemple.fr" for name in ("agathe", "bruno", "chloe", "denis"))


@pytest.fixture
def story(gw, tmp_path):
    """Agathe, Chloé and Denis agreed, Bruno never did. They got a letter; Chloé stopped; Denis had the use of his data limited.

    A list from elsewhere says that two strangers want nothing; Agathe asks what is kept of her, and waits.
    """
    agreed = "".join(f"{one};oui\n" for one in (AGATHE, CHLOE, DENIS))
    imported(gw, tmp_path, f"courriel;consentement\n{agreed}{BRUNO};\n", claim=BOX)
    (tmp_path / "stop.csv").write_text("courriel\nparti@exemple.fr\nailleurs@exemple.fr\n")
    import_list(gw, tmp_path / "stop.csv", by="claire")
    newsletter(gw)
    run(gw)
    chloe = message_of(gw, CHLOE)
    object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, chloe.id, chloe.digest), cause=SuppressionCause.UNSUBSCRIBE_LINK)
    for who, right in ((DENIS, Right.RESTRICTION), (AGATHE, Right.ACCESS)):
        asked = asks(gw, right, who, via=RequestVia.EMAIL)
        if right is Right.RESTRICTION:
            acting.restrict(gw, asked.id, by="claire")
    keep(gw)
    sealing.seal(gw)
    return gw


def person(gw, email):
    a = t.address.c
    with reading(gw.engine) as tx:
        return tx.execute(select(a.contact_id).where(a.digest == digest(gw, email))).scalar_one()


def test_tables_that_nobody_touched_say_what_the_journal_says(story):
    found = compare_tables(story)
    assert found.agrees and found.differences == ()
    assert (found.messages, found.people) == (4, 4)


#: What whoever holds the database does, and what is told of it.
CHANGES = {
    "the objection of a person is taken off the list, so that she is written to again": (
        lambda gw: delete(t.suppression).where(t.suppression.c.digest == digest(gw, CHLOE)),
        ("objection", CHLOE),
    ),
    "her objection is made a pause that has an end": (
        lambda gw: (
            update(t.suppression).where(t.suppression.c.digest == digest(gw, CHLOE)).values(kind="pause", until=gw.clock.now())
        ),
        ("objection", CHLOE),
    ),
    "her objection is made one to another channel": (
        lambda gw: update(t.suppression).where(t.suppression.c.digest == digest(gw, CHLOE)).values(medium="sms"),
        ("objection", CHLOE),
    ),
    "a stranger's objection is taken off the list": (
        lambda gw: delete(t.suppression).where(t.suppression.c.digest == digest(gw, "parti@exemple.fr")),
        ("objection", None),
    ),
    "an agreement is made up for somebody who never gave any": (
        lambda gw: insert(t.consent).values(
            contact_id=person(gw, BRUNO), medium="email", purpose="political", state="granted", evidence=True, since=BOX.given_at
        ),
        ("consent", BRUNO),
    ),
    "an agreement that was withdrawn stands again": (
        lambda gw: (
            update(t.consent).where(t.consent.c.contact_id == person(gw, CHLOE)).values(state="granted", since=BOX.given_at)
        ),
        ("consent", CHLOE),
    ),
    "an agreement is made older than it is": (
        lambda gw: update(t.consent).where(t.consent.c.contact_id == person(gw, AGATHE)).values(since=gw.clock.now()),
        ("consent", AGATHE),
    ),
    "a limitation is taken away": (
        lambda gw: update(t.contact).where(t.contact.c.id == person(gw, DENIS)).values(restricted=False),
        ("restriction", DENIS),
    ),
    "a letter that was refused is said to have left": (
        lambda gw: update(t.message).where(t.message.c.digest == digest(gw, BRUNO)).values(state="accepted"),
        ("message", BRUNO),
    ),
    "a letter that left waits again: she would get it twice": (
        lambda gw: update(t.message).where(t.message.c.digest == digest(gw, AGATHE)).values(state="waiting"),
        ("message", AGATHE),
    ),
    "a letter that left is hidden among the cancelled ones": (
        lambda gw: update(t.message).where(t.message.c.digest == digest(gw, AGATHE)).values(state="cancelled"),
        ("message", AGATHE),
    ),
    "a letter is said to have gone to somebody else": (
        lambda gw: update(t.message).where(t.message.c.digest == digest(gw, AGATHE)).values(contact_id=person(gw, BRUNO)),
        ("message", AGATHE),
    ),
    "a letter is taken out of the outbox": (
        lambda gw: delete(t.message).where(t.message.c.digest == digest(gw, BRUNO)),
        ("message", BRUNO),
    ),
    "somebody is slipped into an audience that was approved without her": (
        lambda gw: insert(t.message).values(
            campaign_id=1, digest=b"x" * 16, message_class="campaign", state="waiting", due_at=gw.clock.now()
        ),
        ("campaign", None),
    ),
    "an approval is made up": (
        lambda gw: insert(t.approval).values(
            campaign_id=1, binding="0" * 64, content_hash="0" * 64, approver="personne", at=gw.clock.now()
        ),
        ("approval", None),
    ),
    "an approval is said to be somebody else's": (
        lambda gw: update(t.approval).values(approver="le maire"),
        ("approval", None),
    ),
    "a request that waits for its answer is taken away": (
        lambda gw: delete(t.rights_request).where(t.rights_request.c.right == "access"),
        ("request", None),
    ),
    "a request that nobody answered is said to be": (
        lambda gw: update(t.rights_request).where(t.rights_request.c.right == "access").values(state="granted"),
        ("request", None),
    ),
    "an agreement without its evidence is said to have it": (
        lambda gw: update(t.consent).where(t.consent.c.contact_id == person(gw, AGATHE)).values(evidence=False),
        ("consent", AGATHE),
    ),
    "her letters go to somebody else, whose objection nobody would recognise": (
        lambda gw: update(t.address).where(t.address.c.digest == digest(gw, AGATHE)).values(value="parti@exemple.fr"),
        ("address", AGATHE),
    ),
    "a letter is made an answer to a request, which no objection stops": (
        lambda gw: update(t.message).where(t.message.c.digest == digest(gw, AGATHE)).values(message_class="rights"),
        ("message", AGATHE),
    ),
    "an approval is taken away": (lambda gw: delete(t.approval), ("approval", None)),
    "the author of a version is another one, who then may not have approved it herself": (
        lambda gw: update(t.campaign_version).values(author="quelqu’un"),
        ("campaign", None),
    ),
    "a campaign that is over goes on": (lambda gw: update(t.campaign).values(state="running"), ("campaign", None)),
    "a campaign says something else than its last version": (
        lambda gw: update(t.campaign).values(definition=b"{}"),
        ("campaign", None),
    ),
    "data of a forbidden origin is said to be from a form": (
        lambda gw: update(t.origin).values(kind="paper_form"),
        ("origin", None),
    ),
    "a request has more time than the law gives": (
        lambda gw: (
            update(t.rights_request)
            .where(t.rights_request.c.right == "access")
            .values(deadline_at=gw.clock.now() + timedelta(days=90))
        ),
        ("request", None),
    ),
    "a request is said to be about another right": (
        lambda gw: update(t.rights_request).where(t.rights_request.c.right == "access").values(right="portability"),
        ("request", None),
    ),
    "her key is another one, and the journal says nothing of her any more": (
        lambda gw: update(t.person_key).where(t.person_key.c.contact_id == person(gw, AGATHE)).values(key=b"y" * 32),
        ("consent", AGATHE),
    ),
    "her key is gone": (
        lambda gw: delete(t.person_key).where(t.person_key.c.contact_id == person(gw, BRUNO)),
        ("person", BRUNO),
    ),
}


def test_each_change_by_hand_is_found_and_named(story):
    """One after the other, each taken back before the next."""
    missed = {}
    for change, (statement, (what, who)) in CHANGES.items():
        number = None
        if who is not None:
            number = message_of(story, who).id if what == "message" else person(story, who)
        with changed(story, statement(story)):
            assert auditing.verify_store(story).holds  # the seal is of the journal alone
            found = compare_tables(story).differences
        if number not in {None, *(one.number for one in found if one.what == what)} or what not in {one.what for one in found}:
            missed[change] = found
    assert missed == {}
    assert compare_tables(story).agrees


def test_a_stranger_who_stopped_by_a_link_or_a_reply_stays_on_the_list_or_is_missed(story):
    """Agathe is gone, and stops by an old letter: her entry named nobody, so that nobody could tell that she was on the list."""
    agathe = message_of(story, AGATHE)
    link = story.keys.link_token(LinkScope.OBJECT, agathe.id, agathe.digest)
    with begin(story.engine) as tx:
        erase(tx, [person(story, AGATHE)], reader_of(story), at=story.clock.now())
    object_by_link(story, link, cause=SuppressionCause.ONE_CLICK)
    assert compare_tables(story).agrees
    with begin(story.engine) as tx:
        tx.execute(delete(t.suppression).where(t.suppression.c.digest == agathe.digest))
    assert [one.what for one in compare_tables(story).differences] == ["objection"]


def test_what_the_team_and_people_do_afterwards_is_no_change_by_hand(story, tmp_path, clock):
    """Denis' limitation is lifted, an import is undone, a second letter goes out, Agathe is erased: all of it is told."""
    acting.lift(story, 1, why="il le demande", by="claire")
    report = imported(story, tmp_path, "courriel;consentement\nemma@exemple.fr;oui\n", claim=BOX)
    undo_import(story, report.batch_id, by="claire")
    clock.advance(timedelta(days=40))
    newsletter(story, "lettre-2")
    run(story)
    erasing.erase(story, asks_proven(story, Right.ERASURE, AGATHE, via=RequestVia.IN_PERSON).id, by="claire")
    assert compare_tables(story).differences == ()


def test_many_people_are_compared_part_by_part(story, monkeypatch):
    """As of a million, whom no memory holds at a time: the same is found."""
    monkeypatch.setattr("gateway.flows.auditing.beside._PEOPLE_AT_ONCE", 1)
    assert compare_tables(story).agrees
    with begin(story.engine) as tx:
        tx.execute(delete(t.suppression))
        tx.execute(delete(t.person_key).where(t.person_key.c.contact_id == person(story, BRUNO)))
    found = compare_tables(story)
    assert sorted(one.what for one in found.differences) == ["message", "objection", "objection", "objection", "person"]
