"""What an auditor is shown besides messages and lists: evidence of agreements, pauses, replies, receipts, holds, breaches, forms.

None of it stands in the tree; whoever holds the database could change it, and the journal says what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.domain.keys import LinkScope
from gateway.domain.rights import Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows import breaches, retaining, terms
from gateway.flows.auditing import compare_tables
from gateway.flows.forms import publishing
from gateway.flows.listening import object_by_link
from gateway.flows.preferring import pause
from gateway.flows.receiving import receive
from gateway.flows.rights import acting, requests
from gateway.store import tables as t
from gateway.store.engine import begin
from tests.audit.forging import changed
from tests.collecting.support import BOX, imported
from tests.hearing.conftest import writes
from tests.inbound.mails import bounce, return_path
from tests.rights.support import asks
from tests.sending.support import digest, message_of, newsletter, run

__all__ = ["writes"]

AGATHE, BRUNO, CHLOE, DENIS, EMMA = (f"{name}@exemple.fr" for name in ("agathe", "bruno", "chloe", "denis", "emma"))


@pytest.fixture
def story(gw, tmp_path, writes, clock):
    """Five people agreed and got a letter. Bruno's came back, Chloé stopped, Denis wants a pause, Emma may have said no.

    Agathe asked what is kept of her, and is under a hold; a key was lost; a form was published.
    """
    agreed = "".join(f"{one};oui\n" for one in (AGATHE, BRUNO, CHLOE, DENIS, EMMA))
    imported(gw, tmp_path, f"courriel;consentement\n{agreed}", claim=BOX)
    newsletter(gw)
    run(gw)
    receive(gw, bounce(return_path(gw, message_of(gw, BRUNO).id), BRUNO, "550 5.1.1 unknown"))
    chloe, denis = message_of(gw, CHLOE), message_of(gw, DENIS)
    object_by_link(gw, gw.keys.link_token(LinkScope.OBJECT, chloe.id, chloe.digest), cause=SuppressionCause.UNSUBSCRIBE_LINK)
    pause(gw, gw.keys.link_token(LinkScope.PREFER, denis.id, denis.digest), clock.now() + timedelta(days=30))
    assert writes(EMMA, "Comment avez-vous eu mon adresse ?").paused
    number = asks(gw, Right.ACCESS, AGATHE, received_at=clock.now() - timedelta(days=3)).id
    requests.vouch(gw, number, "au local", by="claire")
    acting.restrict(gw, asks(gw, Right.RESTRICTION, BRUNO).id, by="claire")
    retaining.place_hold(gw, AGATHE, reason="recours", until=clock.now() + timedelta(days=90), by="claire")
    breaches.open_breach(gw, "une clé USB fut perdue", aware_at=clock.now(), people=12, by="claire")
    publishing.publish(gw, "nouvelles", by="claire")
    return gw


def test_whatever_people_and_the_team_did_the_tables_say_the_same(story, clock):
    assert compare_tables(story).differences == ()
    clock.advance(timedelta(days=40))  # the pause is over, and the term of the breach
    with begin(story.engine) as tx:
        tx.execute(delete(t.suppression).where(t.suppression.c.kind == "pause"))
    assert compare_tables(story).differences == ()


def of(table, **values):
    """Every row of a table says so."""
    return update(table).values(**values)


def agathe_s(gw, table, column="contact_id"):
    return table.c[column] == select(t.address.c.contact_id).where(t.address.c.digest == digest(gw, AGATHE)).scalar_subquery()


#: What whoever holds the database does, how, and what is named.
CHANGES = {
    "an agreement was given on another day than she gave it": (
        lambda gw: of(t.consent_event, given_at=gw.clock.now()).where(agathe_s(gw, t.consent_event)),
        "consent",
    ),
    "she agreed by another form": (lambda gw: of(t.consent_event, form="un autre formulaire"), "consent"),
    "she agreed to other words": (lambda gw: of(t.consent_event, wording_sha256="0" * 64), "consent"),
    "somebody else collected it": (lambda gw: of(t.consent_event, collector="le maire"), "consent"),
    "a refusal is turned into an agreement in the ledger, or the other way round": (
        lambda gw: of(t.consent_event, act="refused").where(agathe_s(gw, t.consent_event)),
        "consent",
    ),
    "the evidence of an agreement that stands is gone": (
        lambda gw: delete(t.consent_event).where(agathe_s(gw, t.consent_event)),
        "consent",
    ),
    "a pause is taken away: she is written to all the same": (
        lambda gw: delete(t.suppression).where(t.suppression.c.kind == "pause"),
        "pause",
    ),
    "a pause is cut short": (
        lambda gw: of(t.suppression, until=gw.clock.now()).where(t.suppression.c.kind == "pause"),
        "pause",
    ),
    "who may have said no is written to before anybody read her words": (
        lambda gw: delete(t.suppression).where(t.suppression.c.kind == "doubt"),
        "pause",
    ),
    "an objection took effect sooner than it did": (
        lambda gw: of(t.suppression, delay_ms=1).where(t.suppression.c.kind == "objection"),
        "objection",
    ),
    "an objection came later than it did": (
        lambda gw: of(t.suppression, since=gw.clock.now() + timedelta(days=1)).where(t.suppression.c.kind == "objection"),
        "objection",
    ),
    "a reply is somebody else's": (lambda gw: of(t.inbox, digest=b"x" * 16).where(t.inbox.c.kind == "reply"), "reply"),
    "a reply came later": (
        lambda gw: of(t.inbox, received_at=gw.clock.now() + timedelta(days=1)).where(t.inbox.c.kind == "reply"),
        "reply",
    ),
    "a reply is gone": (lambda gw: delete(t.inbox).where(t.inbox.c.kind == "reply"), "reply"),
    "a letter that came back is said to have arrived": (lambda gw: of(t.receipt, kind="delivered"), "receipt"),
    "what came back is gone": (lambda gw: delete(t.receipt), "receipt"),
    "a letter is said to have left earlier, so that the next may leave sooner": (
        lambda gw: of(t.message, handed_at=gw.clock.now() - timedelta(days=60)),
        "message",
    ),
    "a letter that left is said never to have been handed over": (lambda gw: of(t.message, handed_at=None), "message"),
    "a campaign is said to be somebody else's": (lambda gw: of(t.campaign, author="le maire"), "campaign"),
    "a file is said to be another one": (lambda gw: of(t.import_batch, file_sha256="0" * 64), "import"),
    "a file is said to be brought in by somebody else": (lambda gw: of(t.import_batch, operator="le maire"), "import"),
    "a request reached the team later": (
        lambda gw: of(t.rights_request, received_at=gw.clock.now()).where(t.rights_request.c.right == "access"),
        "request",
    ),
    "a request came by another way": (lambda gw: of(t.rights_request, via="phone"), "request"),
    "nobody checked who asks": (
        lambda gw: of(t.rights_request, identity="unchecked").where(t.rights_request.c.right == "access"),
        "request",
    ),
    "somebody else answered": (lambda gw: of(t.rights_request, answered_by="le maire"), "request"),
    "a request that was granted is said to be refused": (
        lambda gw: of(t.rights_request, state="refused").where(t.rights_request.c.state == "granted"),
        "request",
    ),
    "a request is said to be of somebody else": (
        lambda gw: of(
            t.rights_request,
            contact_id=select(t.address.c.contact_id).where(t.address.c.digest == digest(gw, CHLOE)).scalar_subquery(),
        ),
        "request",
    ),
    "a request is made up": (
        lambda gw: insert(t.rights_request).values(
            right="access",
            via="post",
            received_at=gw.clock.now(),
            deadline_at=gw.clock.now(),
            identity="checked",
            state="granted",
        ),
        "request",
    ),
    "a hold ends before its end": (lambda gw: of(t.retention_hold, until=gw.clock.now()), "hold"),
    "a hold is lifted by nobody": (lambda gw: of(t.retention_hold, lifted_at=gw.clock.now(), lifted_by="claire"), "hold"),
    "a hold is gone, and she would be erased": (lambda gw: delete(t.retention_hold), "hold"),
    "a breach was known later": (lambda gw: of(t.breach, aware_at=gw.clock.now() + timedelta(days=1)), "breach"),
    "a breach has more hours": (lambda gw: of(t.breach, deadline_at=gw.clock.now() + timedelta(days=9)), "breach"),
    "a breach is closed, and the authority was told": (
        lambda gw: of(t.breach, closed_at=gw.clock.now(), told_at=gw.clock.now(), closed_by="claire"),
        "breach",
    ),
    "a breach is gone": (lambda gw: delete(t.breach), "breach"),
    "a form said something else": (lambda gw: of(t.form_version, body=b"{}"), "form"),
    "a form is gone": (lambda gw: delete(t.form_version), "form"),
}


def test_each_change_by_hand_is_found_and_named(story):
    """One after the other, each taken back before the next: all that is found of them is what was done."""
    missed = {}
    for change, (statement, what) in CHANGES.items():
        with changed(story, statement(story)):
            found = compare_tables(story)
        if {one.what for one in found.differences} != {what} or not all(one.sentence for one in found.differences):
            missed[change] = found.differences
    assert missed == {}
    assert compare_tables(story).agrees


class TestOnceTheCampaignAccountIsCleared:
    """People have another key than that by which the journal named them: « somebody changed the tables by hand, send nothing »
    was said of each of them, on a database that nobody had touched."""

    @pytest.fixture
    def cleared(self, story, clock):
        """Denis asked for his data and Chloé was under a hold; a second letter left after that day, before the round."""
        asks(story, Right.ACCESS, DENIS)
        retaining.place_hold(story, CHLOE, reason="recours", until=clock.now() + timedelta(days=1), by="claire")
        day = (clock.now() + timedelta(days=1)).date()
        clock.advance(timedelta(days=3))
        newsletter(story, "lettre-2")
        run(story)
        retention = story.settings.retention.model_copy(update={"account_cleared_on": day})
        gw = replace(story, settings=story.settings.model_copy(update={"retention": retention}))
        assert terms.unname_decisions(gw)
        return gw

    def test_the_tables_are_said_to_be_what_they_are(self, cleared, tmp_path):
        assert compare_tables(cleared).differences == ()
        imported(cleared, tmp_path, "courriel;consentement\nfanny@exemple.fr;oui\n", claim=BOX)
        newsletter(cleared, "lettre-3")
        run(cleared)
        assert compare_tables(cleared).differences == ()

    def test_what_is_made_up_of_people_is_still_found(self, cleared):
        """Of whoever kept her name, and of whoever lost it: nobody at all agreed so."""
        made_up = of(t.consent_event, given_at=cleared.clock.now()).where(agathe_s(cleared, t.consent_event))
        with changed(cleared, made_up):
            assert {one.what for one in compare_tables(cleared).differences} == {"consent"}
        emma_s = t.address.c.digest == digest(cleared, EMMA)
        made_up = of(t.consent_event, form="un autre").where(
            t.consent_event.c.contact_id == select(t.address.c.contact_id).where(emma_s).scalar_subquery()
        )
        with changed(cleared, made_up):
            assert {one.what for one in compare_tables(cleared).differences} == {"consent"}
        assert compare_tables(cleared).agrees
