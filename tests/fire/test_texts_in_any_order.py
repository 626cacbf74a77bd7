"""Texts, replies, statuses, bad moments of the provider and the hours of the law, in any order: after each step the law holds.

Real channel, provider of trial mode, real replies and statuses; hypothesis makes up the stories and moves the clock.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from gateway.channels.twilio import callbacks
from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.callbacks import SmsReply
from gateway.channels.twilio.channel import TwilioSms
from gateway.compliance.pack import Pack
from gateway.domain.audience import Audience
from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Medium
from gateway.domain.message import OPEN_STATES, MessageState
from gateway.flows.auditing.whole import verify_store
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.sealing import seal
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from gateway.flows.telephoning import hear_text, text_statuses, trace
from gateway.flows.telephoning.statuses import Told
from gateway.render.sms import SmsContent
from gateway.sandbox.carrier import Carrier, Faults
from gateway.sandbox.carrier.traffic import Message
from gateway.store import suppressions, tables
from gateway.store.engine import reading
from tests.clock import AN_ORDINARY_MORNING, ManualClock
from tests.fire.test_any_order import PowerCut, _databases
from tests.sandbox.page import Page
from tests.sending.support import drain, installation, pack_reviewed_until
from tests.telephone.support import ACCOUNT, AGREED, TOKEN, Town, add, digest

PEOPLE = 4  #: of them, and one stranger
#: Of the last two figures of a number whose texts end undelivered.
UNREACHABLE = (3,)
CAMPAIGNS_MOST = 6
PARIS = ZoneInfo("Europe/Paris")
#: The last evening of a campaign, an hour before texts must have stopped for the silence of the first round.
THE_LAST_EVENING = datetime(2027, 4, 16, 17, 0, tzinfo=UTC)
SILENCE = datetime(2027, 4, 16, 22, 0, tzinfo=UTC), datetime(2027, 4, 18, 18, 0, tzinfo=UTC)
CLOSED = {date(2026, 12, 25), date(2027, 1, 1), date(2027, 5, 1)}
FAULTS = ("throttled", "broken", "timeout_after_acceptance")
#: Words that stop texts, and whether they stop everything.
STOPS = {"STOP": False, "arrêtez svp": False, "ne m'envoyez plus de sms": False, "STOP TOUT": True}
STARTS = ("START", "Reprendre")
MOMENTS = (timedelta(minutes=1), timedelta(minutes=31), timedelta(hours=2), time(7, 59), time(8), time(19, 58), time(20))
somebody = st.sampled_from([0, 0, *range(PEOPLE + 1)])  # much happens to one of them


@dataclass
class Provider:
    """The carrier and where it tells its statuses: the same for all stories, whose telephones differ."""

    clock: ManualClock
    carrier: Carrier
    page: Page
    faults: Faults
    url: str
    stories: Iterator[int]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    clock, page, faults = ManualClock(), Page(), Faults(timeout_seconds=0.4)
    carrier = Carrier(tmp_path_factory.mktemp("carrier"), ACCOUNT, TOKEN, faults=faults, clock=clock)
    url = f"http://127.0.0.1:{carrier.start()}"
    yield Provider(clock, carrier, page, faults, url, count())
    carrier.stop()
    page.shutdown()
    page.server_close()


@cache
def law() -> Pack:
    return pack_reviewed_until(date(2027, 12, 31))


class Texts(RuleBasedStateMachine):
    """One installation, its people, and what their telephones got."""

    provider: Provider
    fresh_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.at_provider = type(self).provider
        self.clock, self.carrier = self.at_provider.clock, self.at_provider.carrier
        self.clock.set(AN_ORDINARY_MORNING)
        self.open = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="passerelle-texts-"))
        self.open.callback(shutil.rmtree, folder, ignore_errors=True)
        story = next(self.at_provider.stories)
        endings = [10, 11, 12, *UNREACHABLE, 14]  # the last one is a stranger's
        self.numbers = [f"+336{12_000_000 + 100 * story + ending}" for ending in endings]
        account = TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=self.at_provider.url, timeout_seconds=0.25, concurrency=4)
        sms = self.sms = TwilioSms(account, self.clock)
        self.open.callback(sms.close)
        opened = installation(
            type(self).fresh_url(),
            self.clock,
            folder,
            law=law(),
            sms=AGREED | {"notice_url": "https://valbrume.example/i"},
            web={"public_url": self.at_provider.page.root},
        )
        bare = self.open.enter_context(opened)
        self.gw = replace(bare, channels={**bare.channels, Medium.SMS: sms}, tracers={Medium.SMS: sms}, callback_token=TOKEN)
        self.runner = Runner(self.gw)
        self.campaigns: list[str] = []
        self.sids = count(1)
        self.stopped: dict[str, int] = {}  #: number -> texts of campaigns it had got when its STOP was in effect
        self.stopped_all: set[str] = set()
        self.told = 0  #: statuses of the page that were brought to us once

    @initialize(last_evening=st.booleans())
    def people(self, last_evening: bool) -> None:
        if last_evening:
            self.clock.set(THE_LAST_EVENING)
        for number in self.numbers[:-1]:
            add(Town(self.gw, self.carrier, self.clock), number)
        self.write_to_people()

    @rule()
    def write_to_people(self) -> None:
        if len(self.campaigns) == CAMPAIGNS_MOST:
            return
        name = f"sms-{len(self.campaigns)}"
        content = SmsContent(text=f"Réunion {len(self.campaigns)} samedi, place du Lavoir.")
        drafting.create(self.gw, name, Definition(content=content, audience=Audience()), by="autrice")
        launching.approve(self.gw, name, by="relecteur")
        launching.launch(self.gw, name, by="autrice", key="k1")
        self.campaigns.append(name)

    @rule(fault=st.sampled_from([None, None, *FAULTS]))
    def work(self, fault: str | None) -> None:
        if fault is not None:
            setattr(self.at_provider.faults, fault, 1.0)
        try:
            drain(self.runner, lanes=1)
        finally:
            for each in FAULTS:
                setattr(self.at_provider.faults, each, 0.0)
        assert self.carrier.idle()

    @rule(taken=st.booleans())
    def power_fails(self, taken: bool) -> None:
        """The worker dies with texts in hand: the provider had taken them, or had not."""
        create, dead = self.sms._create, threading.Event()

        def cut(*asked: Any) -> Any:
            if taken and not dead.is_set():  # what the other threads had not begun by then never begins
                create(*asked)
            dead.set()
            raise PowerCut

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.sms, "_create", cut)
            try:
                drain(self.runner, lanes=1)
            except PowerCut:
                self.runner = Runner(self.gw)
        assert self.carrier.idle()
        keep(self.gw)

    @rule(who=somebody, said=st.lists(st.sampled_from([*STOPS, *STARTS]), min_size=1, max_size=5), work=st.booleans())
    def she_writes(self, who: int, said: list[str], work: bool) -> None:
        """One after the other; each is told twice by the provider."""
        for words in said:
            self.clock.advance(timedelta(seconds=1))
            reply = self._reply(self.numbers[who], words)
            heard = hear_text(self.gw, reply, {})
            assert heard.fresh and not hear_text(self.gw, reply, {}).fresh
            self._stops(self.numbers[who], words) if words in STOPS else self._comes_back(self.numbers[who])
            if work:
                drain(self.runner, lanes=1)

    def _stops(self, number: str, words: str) -> None:
        self.stopped.setdefault(number, len(self._campaign_texts(number)))
        if STOPS[words]:
            self.stopped_all.add(number)

    def _comes_back(self, number: str) -> None:
        if number not in self.stopped_all:
            self.stopped.pop(number, None)
        with reading(self.gw.engine) as tx:
            objects = suppressions.present(tx, [digest(self.gw, number)], Medium.SMS, self.clock.now())
        assert bool(objects) == (number in self.stopped_all)

    @rule(which=st.lists(st.integers(0, 99), max_size=8))
    def statuses_come(self, which: list[int]) -> None:
        """Some of what the provider told, in any order, again and again."""
        told = self._statuses()
        for place in which:
            if told:
                text_statuses(self.gw, [told[place % len(told)]])

    @rule(moment=st.sampled_from(MOMENTS))
    def time_passes(self, moment: timedelta | time) -> None:
        if isinstance(moment, timedelta):
            self.clock.advance(moment)
            return
        here = self.clock.now().astimezone(PARIS)
        there = datetime.combine(here.date(), moment, PARIS)
        self.clock.set(there if there > here else there + timedelta(days=1))

    @rule()
    def reconcile(self) -> None:
        keep(self.gw)
        trace(self.gw)

    @invariant()
    def no_telephone_gets_one_text_twice(self) -> None:
        for number in self.numbers:
            texts = Counter(text.body.partition("Réunion ")[2][:1] for text in self._campaign_texts(number))
            assert not texts or max(texts.values()) == 1, texts

    @invariant()
    def whoever_said_stop_gets_its_confirmation_and_nothing_else(self) -> None:
        for number, before in self.stopped.items():
            assert len(self._campaign_texts(number)) == before, number
        for number in self.numbers:
            confirmed = [text for text in self._texts(number) if "C'est noté" in text.body]
            assert len(confirmed) <= 1 and len(confirmed) + len(self._campaign_texts(number)) == len(self._texts(number))

    @invariant()
    def texts_leave_and_arrive_within_the_hours_of_the_law_and_its_caps(self) -> None:
        cap = law().rule("house-campaign-cap").values[-1].content
        days, most = timedelta(days=int(str(cap["days"]))), int(str(cap["most"]))
        for number in self.numbers:
            sent = self._campaign_texts(number)
            for text in sent:
                here, ends = (at.astimezone(PARIS) for at in (text.created_at, text.expires_at or text.created_at))
                assert here.weekday() < 6 and here.date() not in CLOSED and time(8) <= here.time() < time(20), here
                assert ends <= datetime.combine(here.date(), time(20), PARIS), (here, ends)
                assert not SILENCE[0] <= text.created_at < SILENCE[1] and (text.created_at > SILENCE[0] or ends <= SILENCE[0])
                assert sum(text.created_at - days < one.created_at <= text.created_at for one in sent) <= most

    @invariant()
    def rows_add_up(self) -> None:
        for name in self.campaigns:
            now = launching.status(self.gw, name)
            assert now.messages == sum(now.counts.values()) == PEOPLE
            if now.campaign.state is CampaignState.FINISHED:
                assert not any(now.counts.get(state) for state in OPEN_STATES)

    def teardown(self) -> None:
        try:
            if self.campaigns:
                self._end()
        finally:
            self.runner.close()
            self.open.close()

    def _end(self) -> None:
        """Honest days until nothing is due: every row is settled, or shown; and what it says is what the telephone got."""
        for _ in range(40):
            for name in self.campaigns:
                if launching.status(self.gw, name).campaign.state in (CampaignState.LATE, CampaignState.PAUSED):
                    launching.resume(self.gw, name, by="autrice")
            drain(self.runner, lanes=1)
            assert self.carrier.idle()
            keep(self.gw)
            trace(self.gw)
            if all(launching.status(self.gw, name).campaign.state is CampaignState.FINISHED for name in self.campaigns):
                break
            self.clock.advance(timedelta(hours=7))
        assert {state for _, state, _ in self._rows()} <= set(MessageState) - set(OPEN_STATES) | {MessageState.UNCERTAIN}
        for number, state, name in self._rows():
            got = sum(f"Réunion {name.removeprefix('sms-')} " in text.body for text in self._texts(number))
            if state is not MessageState.UNCERTAIN:
                assert got == (state is MessageState.ACCEPTED), (number, state, name)
        self.no_telephone_gets_one_text_twice()
        self.whoever_said_stop_gets_its_confirmation_and_nothing_else()
        self.texts_leave_and_arrive_within_the_hours_of_the_law_and_its_caps()
        seal(self.gw)
        assert verify_store(self.gw).holds

    def _reply(self, number: str, words: str) -> SmsReply:
        """What somebody writes; the provider has its own idea of a bare STOP and START (21610)."""
        self.carrier.reply(number, "36000", words)
        return SmsReply(sid=f"SM{next(self.sids):032x}", sender=number, recipient="36000", text=words)

    def _statuses(self) -> list[Told]:
        mine = set(self.numbers)
        told = [(path, form) for path, form, _ in list(self.at_provider.page.told) if form["To"] in mine]
        return [Told(path.split("/")[-2], callbacks.message_status(form), form) for path, form in told]

    def _texts(self, number: str) -> list[Message]:
        """What the provider took for a telephone."""
        found = self.carrier.traffic.messages(equal={"recipient": number})
        return [text for text in found if text.direction != "inbound"]

    def _campaign_texts(self, number: str) -> list[Message]:
        return [text for text in self._texts(number) if "Réunion" in text.body]

    def _rows(self) -> list[tuple[str, MessageState, str]]:
        """(number, state, campaign) of every row of a campaign."""
        m, c = tables.message, tables.campaign
        known = {digest(self.gw, number): number for number in self.numbers}
        chosen: Any = (
            select(m.c.digest, m.c.state, c.c.name).join(c, c.c.id == m.c.campaign_id).where(c.c.name.in_(self.campaigns))
        )
        with reading(self.gw.engine) as tx:
            return [(known[row[0]], row[1], row[2]) for row in tx.execute(chosen)]


@pytest.mark.parametrize(("kind", "stories"), [("sqlite", 6), ("postgresql", 2)])
def test_texts_keep_the_law_in_any_order(kind: str, stories: int, provider: Provider, request: pytest.FixtureRequest) -> None:
    class Here(Texts):
        fresh_url = staticmethod(_databases(kind, request))

    Here.provider = provider
    stories *= int(os.environ.get("FIRE_STORIES", "1"))
    told = settings(max_examples=stories, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=told)
    assert provider.carrier.traffic.counts()  # something did leave
