"""A dry run in the evening, when no text may leave before the morning: its sums and its sentences are those of the morning."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.cli import campaign as campaign_commands
from gateway.cli import dry_run as shown
from gateway.cli import session
from gateway.domain.audience import Audience
from gateway.flows.campaigning import drafting, trying
from gateway.flows.campaigning.definition import Definition
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from tests.sending.support import run
from tests.telephone.support import AGREED, add, text, town

MARIE, JEAN, ZOE = "+33639980010", "+33639980011", "+33639980020"
THE_EVENING, THE_MORNING = datetime(2026, 12, 1, 20, 0, tzinfo=UTC), datetime(2026, 12, 2, 7, tzinfo=UTC)
PRICED = AGREED | {"notice_url": "https://valbrume.example/i", "price_per_part": "0.05"}


@pytest.fixture
def t(database_url, clock, tmp_path):
    with town(database_url, clock, tmp_path, sms=PRICED | {"per_second": 0.01}) as made:
        yield made


def tried(t, words="Réunion samedi."):
    t.clock.set(THE_EVENING)
    drafting.create(t.gw, "nuit", Definition(content=SmsContent(text=words), audience=Audience()), by="autrice")
    return trying.dry_run(t.gw, "nuit")


def test_texts_that_leave_in_the_morning_cost_what_they_will_cost(t, capsys):
    for number in (MARIE, JEAN, ZOE):
        add(t, number)
    found = tried(t)
    assert (found.allowed, found.deferred, found.in_vain) == (0, 3, 0)
    assert found.cost is not None and (found.cost.units, found.cost.price) == (3, Decimal("0.15"))
    shown.show(found, t.gw.pack.calendar.zone)
    said = " ".join(capsys.readouterr().out.split())
    assert "Coût : 3 SMS facturés, 0,15 € hors taxes (1 pour 3 personnes, celles de plus tard comprises)." in said


def test_the_end_that_is_expected_is_that_of_those_who_wait(t):
    add(t, MARIE)
    found = tried(t)
    assert found.ends_at is not None and found.ends_at > THE_MORNING


def test_somebody_elsewhere_is_not_told_of_in_the_sentence_of_others(t):
    add(t, MARIE, territory="alsace-moselle")
    add(t, JEAN, territory="metropole")
    told = {one.samples[0]: one for one in tried(t).outcomes}
    assert len(told) == 2 and {one.until for one in told.values()} == {THE_MORNING}
    places = [why.sentence for one in told.values() for why in one.explanations if why.rule == "sms-hours"]
    assert sorted("(Hexagone et Corse)" in place for place in places) == [False, True]


def test_a_text_that_will_not_fit_in_the_morning_is_told_in_the_evening(t, capsys):
    add(t, MARIE)
    found = tried(t, "Réunion au lavoir. " * 5)
    assert (found.deferred, found.in_vain) == (1, 1)
    assert found.cost is not None and found.cost.units == 0
    (outcome,) = found.outcomes
    assert outcome.verdict == "defer" and [why.rule for why in outcome.then] == ["rule-failed"]
    shown.show(found, t.gw.pack.calendar.zone)
    said = " ".join(capsys.readouterr().out.split())
    assert "raccourcissez" in said and "1 plus tard (dont 1 sans résultat)" in said
    assert "Personne ne recevrait ce message" in said and "Pour approuver" not in said


def test_the_report_says_at_which_hours_those_who_wait_will_get_it(t, capsys, monkeypatch):
    add(t, MARIE)
    add(t, JEAN)
    add(t, ZOE, territory="974")
    t.clock.set(THE_EVENING)
    text(t, "nuit")
    run(t.gw)
    monkeypatch.setattr(session, "gateway", lambda **_: nullcontext(t.gw))
    campaign_commands._report("nuit", as_json=False, with_reasons=True)
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "prochain passage, heure de Paris 02/12/2026 à 05:00 : 1 02/12/2026 à 08:00 : 2" in said


def test_of_two_hours_that_are_told_a_call_only_the_one_that_decides_is_shown(t, capsys):
    add(t, MARIE, sms=False, call=True, hours="mon-fri 18:00-20:00")
    t.clock.set(THE_EVENING)
    drafting.create(t.gw, "appel", Definition(content=CallContent(text="Venez samedi."), audience=Audience()), by="autrice")
    found = trying.dry_run(t.gw, "appel")
    (outcome,) = found.outcomes
    assert set(outcome.rules) == {"voice-default-window", "voice-consent-window"}
    shown.show(found, t.gw.pack.calendar.zone)
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "(voice-consent-window" in said and "voice-default-window" not in said
    assert outcome.until == datetime(2026, 12, 2, 17, tzinfo=UTC)


def test_what_a_campaign_must_attest_is_told_as_it_is_written(t, capsys):
    add(t, MARIE)
    t.clock.set(datetime(2027, 4, 16, 8, tzinfo=UTC))  # two days before the first round
    definition = Definition(content=SmsContent(text="Réunion ce soir."), audience=Audience())
    drafting.create(t.gw, "veille", definition, by="autrice")
    found = trying.dry_run(t.gw, "veille")
    assert found.attestable == ("no-late-polemic",)
    shown.show(found, t.gw.pack.calendar.zone)
    assert "s’atteste, si c’est vrai : --attest no-late-polemic (la même commande avec --edit)" in " ".join(
        capsys.readouterr().out.split()
    )
    drafting.change(t.gw, "veille", replace(definition, attestations=("no-late-polemic",)), by="autrice")
    assert trying.dry_run(t.gw, "veille").attestable == ()


def test_an_appeal_to_vote_that_the_silence_keeps_until_the_vote_is_over_is_told(t, capsys):
    add(t, MARIE)
    add(t, ZOE, territory="971")  # she votes on Saturday: her silence has begun
    t.clock.set(datetime(2027, 4, 16, 14, tzinfo=UTC))
    definition = Definition(content=SmsContent(text="Votez !"), audience=Audience(), attestations=("no-late-polemic",))
    drafting.create(t.gw, "appel-au-vote", definition, by="autrice")
    found = trying.dry_run(t.gw, "appel-au-vote")
    assert (found.allowed, found.past_vote) == (1, (1, datetime(2027, 4, 18, 18, tzinfo=UTC)))
    shown.show(found, t.gw.pack.calendar.zone)
    said = " ".join(capsys.readouterr().out.split())
    assert "1 personne ne le recevrait qu’une fois le vote fini, dimanche 18 avril 2027 à 20 h" in said
    assert trying.dry_run(t.gw, "appel-au-vote", at=datetime(2027, 4, 14, 14, tzinfo=UTC)).past_vote is None
