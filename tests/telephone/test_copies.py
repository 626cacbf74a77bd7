"""Test copies of texts: the campaign as it is, to declared mobiles of the team, through the same gate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput, InvalidSettings
from gateway.domain.message import MessageState
from gateway.flows.campaigning import drafting, launching, previewing, testing
from gateway.flows.campaigning.definition import Definition
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from gateway.settings import load_settings
from gateway.store import tables
from gateway.store.engine import begin
from tests.sending.support import run
from tests.telephone.support import add, row_of, town

MARIE, TEAM = "+33612345678", "+33655555555"


@pytest.fixture
def t(database_url, clock, tmp_path):
    with town(
        database_url, clock, tmp_path, team={"numbers": ["06 55 55 55 55"], "single_approver": "essai : une personne"}
    ) as opened:
        content = SmsContent(text="Réunion samedi 18 h, place du Lavoir.")
        drafting.create(opened.gw, "sms-1", Definition(content=content, audience=Audience()), by="autrice")
        yield opened


def test_the_team_reads_on_its_own_telephone_what_somebody_would_in_her_first_text(t):
    add(t, MARIE)
    t.clock.set(datetime(2026, 12, 6, 22, 0, tzinfo=UTC))  # a Sunday, at night: nobody but the team is disturbed
    copy = testing.send_test(t.gw, "sms-1", "0655555555", by="autrice")
    run(t.gw)
    assert t.carrier.idle()
    (read,) = t.sent_to(TEAM)
    assert "Camille Rochebrune" in read and "Réunion samedi" in read and "STOP au 36000" in read and "valbrume.example/i" in read
    row = row_of(t, TEAM)
    assert (row["id"], row["state"], row["because"]) == (copy.message_id, MessageState.ACCEPTED, "test-to-team")
    assert t.sent_to(MARIE) == []


def test_a_mobile_that_the_team_did_not_declare_gets_no_copy_nor_does_a_landline(t):
    add(t, MARIE)
    for to, fault in ((MARIE, InvalidInput), ("02 98 00 00 00", InvalidAddress), ("equipe@valbrume.example", InvalidAddress)):
        with pytest.raises(fault):
            testing.send_test(t.gw, "sms-1", to, by="autrice")
    run(t.gw)
    assert t.sent_to(MARIE) == []


def test_a_member_of_the_team_who_said_stop_gets_no_copy_either(t):
    t.carrier.reply(TEAM, "36000", "ne m'envoyez plus de sms")
    testing.send_test(t.gw, "sms-1", TEAM, by="autrice")
    run(t.gw)
    assert [one for one in t.sent_to(TEAM) if "Réunion" in one] == []


def test_the_team_is_no_part_of_the_audience(t):
    add(t, MARIE)
    testing.send_test(t.gw, "sms-1", TEAM, by="autrice")
    launching.approve(t.gw, "sms-1", by="relecteur")
    launching.launch(t.gw, "sms-1", by="autrice", key="k1")
    run(t.gw)
    assert (len(t.sent_to(TEAM)), len(t.sent_to(MARIE))) == (1, 1)
    assert launching.status(t.gw, "sms-1").messages == 1


def test_a_call_is_read_and_not_tried(t):
    drafting.create(t.gw, "appel-1", Definition(content=CallContent(text="Bonjour."), audience=Audience()), by="autrice")
    assert drafting.find(t.gw, "appel-1").medium is Medium.CALL
    with pytest.raises(InvalidInput, match="preview"):
        testing.send_test(t.gw, "appel-1", TEAM, by="autrice")


def test_a_text_is_looked_at_before_it_leaves_for_nobody_in_particular_or_as_somebody_reads_it(t):
    """« l’origine du numéro ne peut être dite » was the answer to whoever asked to see any text."""
    marie = add(t, MARIE, given_name="Marie")
    drafting.create(
        t.gw, "sms-2", Definition(content=SmsContent(text="{{ given_name }}, venez !"), audience=Audience()), by="Inès"
    )
    shown = previewing.preview(t.gw, "sms-2").text
    assert "Zoé, venez !" in shown and "Num: site." in shown and "STOP au 36000" in shown
    with begin(t.gw.engine) as tx:
        tx.execute(update(tables.origin).values(kind="doorstep", label="porte à porte du 3 mars"))
    hers = previewing.preview(t.gw, "sms-2", contact_id=marie).text
    assert "Marie, venez !" in hers and "Num: porte à porte." in hers
    drafting.create(t.gw, "appel-2", Definition(content=CallContent(text="Bonjour."), audience=Audience()), by="Inès")
    assert "porte à porte du 3 mars" in previewing.preview(t.gw, "appel-2", contact_id=marie).text


@pytest.mark.parametrize(
    ("number", "fault"), [("12", "pas un numéro de téléphone"), ("02 98 00 00 00", "pas un numéro de mobile")]
)
def test_a_number_of_the_team_that_gets_no_text_is_named_by_its_key(number, fault):
    with pytest.raises(InvalidSettings) as refused:
        load_settings(team={"numbers": [number]})
    assert "team.numbers" in str(refused.value) and fault in str(refused.value)
