"""Texts to chosen people, and requests for consent by text: under which conditions they leave, and why they do not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, update

from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.errors import InvalidInput
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.render.sms import SmsContent
from gateway.store import tables
from gateway.store.engine import begin
from tests.sending.support import run
from tests.telephone.support import AGREED, Town, add, row_of, town

MARIE, ZOE = "+33612345678", "+33699999999"
SMS = AGREED | {"notice_url": "https://valbrume.example/i"}
WORDS = SmsContent(text="Samedi 18 h, place du Lavoir.")


def targeted(t: Town, *attests: str) -> None:
    audience = Audience(communes=("Valbrume-sur-Mer",))
    definition = Definition(content=WORDS, audience=audience, attestations=attests, targeting_data="commune")
    drafting.create(t.gw, "sms-1", definition, by="autrice")


def lives_there(t: Town, number: str, *, agreed: bool) -> None:
    contact_id = add(t, number)
    with begin(t.gw.engine) as tx:
        c = tables.contact.c
        tx.execute(update(tables.contact).where(c.id == contact_id).values(commune="Valbrume-sur-Mer"))
        if agreed:
            said = {"purpose": "targeting", "state": "granted", "evidence": True, "since": datetime(2026, 9, 1, tzinfo=UTC)}
            tx.execute(insert(tables.consent).values(contact_id=contact_id, medium="sms", **said))


def why_not(t: Town, name: str) -> dict[tuple[str, ...], list[str]]:
    """Of what would not leave: the rules that decide, and their sentences."""
    refused = [one for one in trying.dry_run(t.gw, name).outcomes if one.verdict == "refuse"]
    return {one.rules: [said.sentence for said in one.explanations if said.rule in one.rules] for one in refused}


@pytest.fixture
def t(database_url, clock, tmp_path):
    with town(database_url, clock, tmp_path, sms=SMS) as opened:
        yield opened


def test_a_targeted_text_leaves_for_who_agreed_to_it_apart_with_the_link_of_the_page_that_tells_how(t):
    lives_there(t, MARIE, agreed=True)
    lives_there(t, ZOE, agreed=False)
    targeted(t, "targeting-policy", "targeting-page")
    launching.approve(t.gw, "sms-1", by="relecteur")
    launching.launch(t.gw, "sms-1", by="autrice", key="k1")
    run(t.gw)
    (read,) = t.sent_to(MARIE)
    assert "https://valbrume.example/i" in read
    assert t.sent_to(ZOE) == [] and row_of(t, ZOE)["because"] == "rpp-targeting-consent"


def test_without_that_page_nobody_gets_it_and_the_dry_run_says_what_is_missing(t):
    lives_there(t, MARIE, agreed=True)
    targeted(t, "targeting-policy")
    ((rules, (sentence,)),) = why_not(t, "sms-1").items()
    assert rules == ("rpp-targeting-page-sms",)
    assert "une page, au bout du lien du SMS, qui dit les critères de choix" in sentence


def test_a_request_for_consent_by_text_is_refused_as_a_draft_and_says_why(t):
    definition = Definition(content=WORDS, audience=Audience())
    with pytest.raises(InvalidInput, match=r"(?s)par courriel.*pas la place"):
        drafting.create(t.gw, "demande", definition, by="autrice", message_class=MessageClass.CONSENT_REQUEST)
