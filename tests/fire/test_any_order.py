"""Whatever happens, in whatever order: the laws of the house hold after each step.

Hypothesis makes up stories of consents, withdrawals, objections, campaigns, pauses, crashes and recoveries, and looks after every
step for a second mail, a mail after an objection, or a row that is nowhere.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from gateway.domain.campaign import CampaignState
from gateway.domain.channel import Accepted, Envelope, Fault, Medium, Outcome, Rejected, Unsure
from gateway.domain.consent import Evidence
from gateway.domain.errors import Conflict
from gateway.domain.keys import LinkScope
from gateway.domain.message import OPEN_STATES, MessageState
from gateway.domain.suppression import SuppressionCause
from gateway.flows.campaigning import launching
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.flows.listening import object_by_link
from gateway.flows.sending.doubts import settle_by_evidence
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from gateway.store import tables
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.conftest import _TEMPLATE as TEMPLATE
from tests.sending.support import Person, RecordingChannel, add, digest, drain, installation, newsletter, objects
from tests.servers import PostgresServer

EMAILS = tuple(f"p{n}@exemple.example" for n in range(8))
CAMPAIGNS_MOST = 6


class PowerCut(BaseException):
    """The process dies here; no clean-up of ours runs after it."""


class BrittleChannel(RecordingChannel):
    """A recording channel that knows who really got something, and loses its power when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.got: Counter[int] = Counter()  #: message -> mails that reached, or may have reached, the person
        self.cut_after: int | None = None
        self.answers: list[Outcome] = []
        self.answer = self._say

    def _say(self, envelope: Envelope) -> Outcome:
        outcome = self.answers.pop(0) if self.answers else Accepted("250 ok", bytes(32))
        if self.cut_after is not None or isinstance(outcome, Accepted | Unsure):
            self.got[envelope.message_id] += 1
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                raise PowerCut
        return outcome


ANSWERS = (
    Accepted("250 ok", bytes(32)),
    Unsure("connection lost after the final dot"),
    Rejected(False, "452 4.2.2", "mailbox full", Fault.MAILBOX),
    Rejected(True, "550 5.1.1", "no such person", Fault.RECIPIENT),
    Rejected(False, "", "connection refused", Fault.CONNECTION),
    Rejected(True, "550 5.7.26", "unauthenticated", Fault.OURS),
)
somebody = st.sampled_from(EMAILS)
which = st.integers(0, CAMPAIGNS_MOST - 1)


class AnyOrder(RuleBasedStateMachine):
    """One installation; the store is looked at after every step."""

    fresh_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="passerelle-order-"))
        self.open.callback(shutil.rmtree, folder, ignore_errors=True)
        self.clock = ManualClock()
        self.channel = BrittleChannel()
        url = type(self).fresh_url()
        self.gw = self.open.enter_context(installation(url, self.clock, folder, channel=self.channel))
        self.runner = Runner(self.gw)
        self.campaigns: list[str] = []
        self.objected: dict[str, int] = {}  #: address -> mails she had got when she objected

    @initialize()
    def people(self) -> None:
        add(self.gw, *(Person(email=email, consent="granted" if n % 4 else None) for n, email in enumerate(EMAILS)))
        self.send()

    @rule(email=somebody)
    def agree(self, email: str) -> None:
        evidence = Evidence(given_at=self.clock.now(), form="F1", wording="J’accepte", collector="Inès", means="papier")
        try:
            record_consent(self.gw, email, ConsentScope(), evidence, by="Inès")
        except Conflict:
            assert email in self.objected or self._withdrawn_now(email)

    @rule(email=somebody)
    def withdraw(self, email: str) -> None:
        withdraw_consent(self.gw, email, by="Inès", means="courriel")

    @rule(email=somebody)
    def object_by_a_reply(self, email: str) -> None:
        self._object(email)

    @rule(email=somebody)
    def object_by_her_link(self, email: str) -> None:
        m = tables.message
        with reading(self.gw.engine) as tx:
            found = tx.execute(select(m.c.id).where(m.c.digest == digest(self.gw, email)).limit(1)).scalar_one_or_none()
        token = self.gw.keys.link_token(LinkScope.OBJECT, found or 0, digest(self.gw, email))
        object_by_link(self.gw, token, cause=SuppressionCause.ONE_CLICK)
        self.objected.setdefault(email, self._mails(email))

    @rule()
    def send(self) -> None:
        if len(self.campaigns) < CAMPAIGNS_MOST:
            self.campaigns.append(f"lettre-{len(self.campaigns)}")
            newsletter(self.gw, self.campaigns[-1])

    @rule(number=which, act=st.sampled_from([launching.pause, launching.resume, launching.cancel]))
    def turn(self, number: int, act: Callable[..., object]) -> None:
        if number < len(self.campaigns):
            try:
                act(self.gw, self.campaigns[number], by="autrice")
            except Conflict as refusal:
                assert self.campaigns[number] in str(refusal)

    @rule(answers=st.lists(st.sampled_from(ANSWERS), max_size=6))
    def work(self, answers: list[Outcome]) -> None:
        self.channel.answers = list(answers)
        drain(self.runner, lanes=1)
        self.channel.answers = []

    @rule(email=somebody)
    def work_while_somebody_objects(self, email: str) -> None:
        def now(_envelope: Envelope) -> None:
            self.channel.before = lambda _later: None
            fresh = email not in self.objected
            self._object(email)
            if fresh:
                self._await_feed(email)

        self.channel.before = now
        drain(self.runner, lanes=1)
        self.channel.before = lambda _envelope: None

    @rule(after=st.integers(0, 3), before_passing=st.booleans(), logs_lost=st.sampled_from([False, False, True]))
    def crash(self, after: int, before_passing: bool, logs_lost: bool) -> None:
        """The worker dies with messages in hand, not yet on the wire or on it; another one starts, perhaps on another machine."""

        def cut(_envelope: Envelope) -> None:
            raise PowerCut

        if before_passing:
            self.channel.before = cut
        else:
            self.channel.cut_after = after
        try:
            drain(self.runner, lanes=1)
        except PowerCut:
            self.runner = Runner(self.gw)
        self.channel.before = lambda _envelope: None
        self.channel.cut_after = None
        if logs_lost:
            self.runner.close()
            for file in self.gw.wire_logs.glob("*.log"):
                file.unlink()
            self.clock.advance(timedelta(seconds=self.gw.settings.sending.lease_seconds + 1))
        keep(self.gw)

    @rule()
    def keep_house(self) -> None:
        keep(self.gw)

    @rule()
    def settle_doubt(self) -> None:
        for message_id, state, _ in self._rows():
            if state is MessageState.UNCERTAIN:
                known = MessageState.ACCEPTED if self.channel.got[message_id] else MessageState.ABANDONED
                assert settle_by_evidence(self.gw, message_id, known, evidence="relay log", by="autrice")

    @rule(minutes=st.integers(1, 300))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def nobody_gets_one_campaign_twice(self) -> None:
        assert all(mails <= 1 for mails in self.channel.got.values())

    @invariant()
    def nobody_gets_anything_after_her_objection(self) -> None:
        for email, mails in self.objected.items():
            assert self._mails(email) == mails, email

    @invariant()
    def rows_add_up(self) -> None:
        for name in self.campaigns:
            now = launching.status(self.gw, name)
            assert now.messages == len(EMAILS)
            if now.campaign.state is CampaignState.FINISHED:
                assert not any(now.counts.get(state) for state in OPEN_STATES)

    @invariant()
    def what_left_is_never_due_again(self) -> None:
        for message_id, state, _ in self._rows():
            if self.channel.got[message_id]:
                assert state in (MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.HANDING_OVER), message_id
            else:
                assert state is not MessageState.ACCEPTED, message_id

    def teardown(self) -> None:
        self.runner.close()
        self.open.close()

    def _object(self, email: str) -> None:
        objects(self.gw, email, Medium.EMAIL)
        self.objected.setdefault(email, self._mails(email))

    def _await_feed(self, email: str) -> None:
        for _ in range(1000):
            if self.gw.feed.suppressed_since(digest(self.gw, email), 0):
                return
            time.sleep(0.002)
        raise AssertionError("the feed did not tell")

    def _withdrawn_now(self, email: str) -> bool:
        """She took it back at this very instant: only something newer counts."""
        a, c = tables.address, tables.consent
        chosen = select(c.c.since).join(a, a.c.contact_id == c.c.contact_id).where(a.c.value == email, c.c.purpose == "political")
        with reading(self.gw.engine) as tx:
            return bool(tx.execute(chosen).scalar_one() >= self.clock.now())

    def _mails(self, email: str) -> int:
        return sum(self.channel.got[message_id] for message_id, _, address in self._rows() if address == digest(self.gw, email))

    def _rows(self) -> list[tuple[int, MessageState, bytes]]:
        m = tables.message
        with reading(self.gw.engine) as tx:
            return [(row[0], row[1], row[2]) for row in tx.execute(select(m.c.id, m.c.state, m.c.digest).order_by(m.c.id))]


@pytest.mark.parametrize(("kind", "stories"), [("sqlite", 12), ("postgresql", 5)])
def test_the_laws_hold_in_any_order(kind: str, stories: int, request: pytest.FixtureRequest) -> None:
    class Here(AnyOrder):
        fresh_url = staticmethod(_databases(kind, request))

    stories *= int(os.environ.get("FIRE_STORIES", "1"))
    told = settings(max_examples=stories, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=told)


def _databases(kind: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Fresh, migrated databases, one for each story."""
    if kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        folder: Path = request.getfixturevalue("tmp_path")

        def fresh() -> str:
            file = folder / f"story-{token_hex(8)}.db"
            shutil.copyfile(template, file)
            return f"sqlite:///{file}"

        return fresh
    server: PostgresServer = request.getfixturevalue("postgresql_template")
    return lambda: server.create_database(f"story_{token_hex(8)}", template=TEMPLATE)
