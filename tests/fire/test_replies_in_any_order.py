"""Replies, consents, imported lists, breaks, decisions and crashes in any order: whoever objected is never claimed again.

Hypothesis makes up the stories. After every step the store is asked what the gate would ask: who could be handed a message now?
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.reply import Intent, Settlement
from gateway.flows import suppressing
from gateway.flows.consenting import ConsentScope, record_consent
from gateway.flows.hearing import Reply, end_terms, hear, hear_in
from gateway.flows.resolving import Decision, queue, resolve
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.runner import Runner
from gateway.store import inbox, suppressions
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.fire.test_any_order import PowerCut, _databases
from tests.sending.support import Person, RecordingChannel, add, digest, drain, installation, newsletter

EMAILS = tuple(f"p{n}@exemple.example" for n in range(6))
LETTERS_MOST = 5
TEXTS = (
    "STOP",
    "Ne m'écrivez plus",
    "NON",
    "ça suffit",
    "Qui vous a donné mon adresse ?",
    "START",
    "AIDE",
    "Merci !",
)
SAYS_STOP = TEXTS[:3]
somebody = st.sampled_from(EMAILS)


class Replies(RuleBasedStateMachine):
    """One installation and what its people write back."""

    fresh_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="passerelle-replies-"))
        self.open.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.clock = ManualClock()
        self.channel = RecordingChannel()
        url = type(self).fresh_url()
        self.gw = self.open.enter_context(installation(url, self.clock, self.folder, channel=self.channel))
        self.runner = Runner(self.gw)
        self.letters = 0
        self.numbers = count(1)
        self.delivered: list[tuple[Reply, int]] = []
        self.objected: dict[str, int] = {}  #: address -> mails she had got by then
        self.refused: set[str] = set()  #: a refusal counts until something newer
        self.longest = timedelta(seconds=90)  #: until an objection took effect: the way to us, or until a person decided
        self.doubted: dict[int, tuple[str, int]] = {}  #: open doubtful reply -> address, and mails she had got by then

    @initialize()
    def people(self) -> None:
        add(self.gw, *(Person(email=email) for email in EMAILS[:-1]))  # the last one is a stranger
        self.send()

    @rule(email=somebody, text=st.sampled_from(TEXTS), late=st.integers(0, 90))
    def write_back(self, email: str, text: str, late: int) -> None:
        reply = Reply(
            medium=Medium.EMAIL,
            sender_digest=digest(self.gw, email),
            text=text,
            received_at=self.clock.now() - timedelta(seconds=late),
            provider_id=f"<{next(self.numbers)}@exemple.example>",
        )
        heard = hear(self.gw, reply)
        assert heard.fresh and (heard.intent is Intent.OBJECTION) == (text in SAYS_STOP)
        self.delivered.append((reply, heard.letter_id))
        if heard.objection:
            self._objects(email)
        if heard.paused:
            self.doubted[heard.letter_id] = email, self.channel.recipients.count(email)

    @rule(which=st.integers(0, 99))
    def deliver_again(self, which: int) -> None:
        if self.delivered:
            reply, letter_id = self.delivered[which % len(self.delivered)]
            again = hear(self.gw, reply)
            assert (again.fresh, again.letter_id, again.objection) == (False, letter_id, None)

    @rule(email=somebody)
    def die_while_hearing(self, email: str) -> None:
        """The process dies before its commit: the provider delivers again."""
        reply = Reply(
            medium=Medium.EMAIL,
            sender_digest=digest(self.gw, email),
            text="STOP",
            received_at=self.clock.now(),
            provider_id=f"<{next(self.numbers)}@exemple.example>",
        )
        with pytest.raises(PowerCut), begin(self.gw.engine) as tx:
            hear_in(tx, self.gw, reply)
            raise PowerCut
        assert hear(self.gw, reply).fresh
        self._objects(email)

    @rule(which=st.integers(0, 99), settlement=st.sampled_from(list(Settlement)))
    def decide(self, which: int, settlement: Settlement) -> None:
        waiting = queue(self.gw, limit=100)
        if not waiting:
            return
        letter = waiting[which % len(waiting)].letter
        sender = next(email for email in EMAILS if digest(self.gw, email) == letter.digest)
        try:
            resolve(self.gw, letter.id, Decision(settlement=settlement, by="Inès", why="lu"))
        except Conflict:
            return
        self.doubted.pop(letter.id, None)
        if settlement is Settlement.OBJECTION:
            self._objects(sender)
            if letter.effective_at is None:  # nobody took it for one until now
                self.longest = max(self.longest, self.clock.now() - letter.received_at)
        if settlement is Settlement.REFUSAL:
            self.refused.add(sender)

    @rule(email=somebody)
    def agree(self, email: str) -> None:
        evidence = Evidence(given_at=self.clock.now(), form="F1", wording="J’accepte", collector="Inès", means="papier")
        try:
            record_consent(self.gw, email, ConsentScope(), evidence, by="Inès")
        except (Conflict, NotFound):
            assert email in self.objected or email == EMAILS[-1] or email in self.refused

    @rule(email=somebody)
    def bring_in_an_opposition_list(self, email: str) -> None:
        file = self.folder / "opposition.csv"
        file.write_text(f"courriel\n{email}\n", "utf-8")
        suppressing.import_list(self.gw, file, by="Inès")
        self._objects(email)

    @rule(email=somebody)
    def take_a_break(self, email: str) -> None:
        with begin(self.gw.engine) as tx:
            until = self.clock.now() + timedelta(hours=2)
            suppressions.pause(tx, [digest(self.gw, email)], until=until, at=self.clock.now())

    @rule(email=somebody)
    def lift(self, email: str) -> None:
        try:
            suppressing.lift(self.gw, email, why="essai", by="Inès")
        except Conflict:
            assert email in self.objected
        except NotFound:
            pass

    @rule()
    def send(self) -> None:
        if self.letters < LETTERS_MOST:
            self.letters += 1
            newsletter(self.gw, f"lettre-{self.letters}")

    @rule(dies=st.booleans())
    def work(self, dies: bool) -> None:
        def cut(_envelope: object) -> None:
            raise PowerCut

        if dies:
            self.channel.before = cut
        try:
            drain(self.runner, lanes=1)
        except PowerCut:
            self.runner = Runner(self.gw)
        self.channel.before = lambda _envelope: None
        keep(self.gw)

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        end_terms(self.gw)

    @invariant()
    def whoever_objected_gets_nothing_more_and_stays_on_the_list(self) -> None:
        with reading(self.gw.engine) as tx:
            for email, mails in self.objected.items():
                assert self.channel.recipients.count(email) == mails, email
                here = [digest(self.gw, email)]
                assert suppressions.present(tx, here, Medium.EMAIL, self.clock.now()), email

    @invariant()
    def whoever_may_have_objected_is_paused_until_somebody_read_it(self) -> None:
        with reading(self.gw.engine) as tx:
            for email, mails in self.doubted.values():
                assert self.channel.recipients.count(email) == mails, email
                kinds = {one.kind for one in suppressions.of_digest(tx, digest(self.gw, email))}
                assert kinds & {"doubt", "objection"}, email
                assert inbox.open_doubts(tx, digest(self.gw, email), Medium.EMAIL)

    @invariant()
    def delays_are_those_of_the_people_who_spoke(self) -> None:
        with reading(self.gw.engine) as tx:
            told = suppressions.delays(tx)
        assert told.objections <= 2 * len(self.objected)
        assert told.max_ms is None or 0 <= (told.median_ms or 0) <= told.max_ms <= self.longest / timedelta(milliseconds=1)

    def teardown(self) -> None:
        self.runner.close()
        self.open.close()

    def _objects(self, email: str) -> None:
        self.objected.setdefault(email, self.channel.recipients.count(email))


@pytest.mark.parametrize(("kind", "stories"), [("sqlite", 12), ("postgresql", 5)])
def test_an_objection_holds_whatever_comes_after_it(kind: str, stories: int, request: pytest.FixtureRequest) -> None:
    class Here(Replies):
        fresh_url = staticmethod(_databases(kind, request))

    stories *= int(os.environ.get("FIRE_STORIES", "1"))
    told = settings(max_examples=stories, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=told)
