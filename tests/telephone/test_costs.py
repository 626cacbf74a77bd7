"""What campaigns came to, for the campaign account (rule base, cost-ledger): counts and amounts, of nobody."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.cli import session
from gateway.cli.main import app
from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.spending import Spent, ledger
from gateway.render.sms import SmsContent
from tests.commands import called
from tests.sending.support import Person, newsletter, run
from tests.sending.support import add as add_reader
from tests.telephone.support import AGREED, add, call, town

MARIE, ZOE = "+33612345678", "+33699999999"
SMS = AGREED | {"notice_url": "https://valbrume.example/i", "price_per_part": "0.045"}


@pytest.fixture
def t(database_url, clock, tmp_path):
    with town(database_url, clock, tmp_path, sms=SMS, calls={"caller": "+33162000000", "price_per_minute": "0.03"}) as opened:
        yield opened


def test_the_treasurer_reads_what_left_of_each_campaign_when_and_what_it_comes_to(t, clock):
    clock.set(datetime(2026, 12, 1, 15, 0, tzinfo=UTC))
    add_reader(t.gw, Person(email="lea@exemple.example"))
    add(t, MARIE, call=True, hours="mon-fri 09:00-20:00")
    add(t, ZOE)
    newsletter(t.gw)
    drafting.create(
        t.gw, "sms-1", Definition(content=SmsContent(text="Samedi 18 h, au Lavoir."), audience=Audience()), by="autrice"
    )
    launching.approve(t.gw, "sms-1", by="relecteur")
    launching.launch(t.gw, "sms-1", by="autrice", key="k1")
    call(t, "appel-1")
    run(t.gw)
    assert t.carrier.idle()
    told = {one.campaign: (one.messages, one.unit, one.units, one.amount) for one in ledger(t.gw)}
    assert told == {
        "lettre": (1, "letter", 1, None),
        "sms-1": (2, "part", 2, Decimal("0.090")),
        "appel-1": (1, "minute", 1, Decimal("0.03")),
    }
    first = {one.campaign: one.first for one in ledger(t.gw)}
    assert set(first.values()) == {clock.now()}


def test_a_campaign_of_which_nothing_left_is_no_expense(t):
    add(t, MARIE, sms=False)
    drafting.create(t.gw, "sms-1", Definition(content=SmsContent(text="Samedi."), audience=Audience()), by="autrice")
    launching.approve(t.gw, "sms-1", by="relecteur")
    launching.launch(t.gw, "sms-1", by="autrice", key="k1")
    run(t.gw)
    assert ledger(t.gw) == []


def test_confirmations_of_stops_are_told_by_what_they_are_and_not_by_the_name_they_are_kept_under(t, clock, monkeypatch):
    kept = Spent(
        campaign="@rights.stopped.fr.d8f6fb71f026",
        message_class=MessageClass.RIGHTS,
        medium=Medium.SMS,
        provider="essai",
        first=clock.now(),
        last=clock.now(),
        messages=3,
        unit="part",
        each=2,
        price=Decimal("0.05"),
    )
    monkeypatch.setattr("gateway.cli.costs.ledger", lambda _gw: [kept])
    monkeypatch.setattr(session, "gateway", lambda **_: nullcontext(t.gw))
    shown = " ".join(called(app, "campaign", "costs").output.split())
    assert "(réponses sur" in shown and "@" not in shown and "0,30 €" in shown


def test_the_sheet_for_the_account_opens_in_a_spreadsheet_with_a_column_for_invoices(t, clock, monkeypatch):
    add(t, MARIE)
    drafting.create(
        t.gw, "sms-1", Definition(content=SmsContent(text="Samedi 18 h, au Lavoir."), audience=Audience()), by="autrice"
    )
    launching.approve(t.gw, "sms-1", by="relecteur")
    launching.launch(t.gw, "sms-1", by="autrice", key="k1")
    run(t.gw)
    monkeypatch.setattr(session, "gateway", lambda **_: nullcontext(t.gw))
    headings, line = called(app, "campaign", "costs", "--csv").output.removeprefix("\ufeff").splitlines()
    assert headings.startswith("campagne;") and headings.endswith(";prix unitaire HT;montant HT, au plus;facture")
    assert line == "sms-1;SMS de campagne;essai;01/12/2026 à 11:00;01/12/2026 à 11:00;1;1;parties de SMS;0,045;0,045;"
    shown = called(app, "campaign", "costs").output
    assert "sms-1" in shown and "1 partie de" in shown and max(map(len, shown.splitlines())) <= 80
    (told,) = json.loads(called(app, "campaign", "costs", "--json").output)
    assert (told["provider"], told["units_at_most"], told["amount_at_most"]) == ("essai", 1, "0.045")
    assert "au compte vont ceux des factures" in called(app, "campaign", "costs").output


def test_no_line_of_that_sheet_is_a_formula_for_a_spreadsheet(t, monkeypatch):
    """Answers we owe have a campaign of their own, whose name begins by @: a spreadsheet takes it for a function."""
    add(t, MARIE)
    t.carrier.reply(MARIE, "36000", "Arrêtez de m’écrire.")
    run(t.gw)
    assert t.carrier.idle() and len(t.sent_to(MARIE)) == 1
    monkeypatch.setattr(session, "gateway", lambda **_: nullcontext(t.gw))
    _, line = called(app, "campaign", "costs", "--csv").output.removeprefix("\ufeff").splitlines()
    assert line.startswith("'@")
    assert not any(cell.startswith(tuple("=+-@")) for cell in line.split(";"))
