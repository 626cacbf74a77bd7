"""Power cuts in the middle of a campaign by SMS, at a provider that has bad moments: no telephone gets two texts, nobody is lost.

FIRE_TEXTS and FIRE_TEXT_KILLS set the size (10000 and 2 for the full one: `python -m bench.kills --texts`).
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.world import PLACES, World
from gateway import data
from gateway.app import TRIAL_ACCOUNT, telephone_account
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.telephoning import trace
from gateway.flows.telephoning.tracing import Settled
from gateway.sandbox.carrier import Carrier, Faults
from gateway.settings import load_settings
from tests.clock import ManualClock
from tests.fire.scene import CONNECTIONS, scene

TEXTS = int(os.environ.get("FIRE_TEXTS", "200"))
KILLS = int(os.environ.get("FIRE_TEXT_KILLS", "1"))
#: One request in a hundred goes wrong.
FAULTS = {
    "timeout_after_acceptance": 0.004,
    "broken": 0.003,
    "throttled": 0.003,
    "duplicate_callbacks": 0.01,
    "shuffled_callbacks": 0.01,
}
_WEEK = re.compile(r'(id = "sms-hours".*?)^open = [^\n]*\nclosed_on = [^\n]*$', re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_killed_among_faults_of_the_provider_send_no_telephone_two_texts_and_the_rows_add_up(kind, tmp_path, monkeypatch):
    monkeypatch.setenv(data.ENVIRONMENT, str(_law_without_nights(tmp_path / "data")))
    chance = random.Random(seed := random.randrange(10**6))
    sys.stdout.write(f"seed {seed}\n")  # shown when it fails
    world = World(people=TEXTS, mobiles=TEXTS, place=PLACES[0])
    with (
        _carrier(tmp_path, seed) as (carrier, settings),
        scene(kind, TEXTS, world=world, **settings) as field,
        field.installed.gateway(asking=True) as gw,
    ):
        web = field.start("web")
        try:
            assert field.installed.launch_texts() == TEXTS
            for share in sorted(chance.uniform(0.05, 0.8) for _ in range(KILLS)):
                field.await_texts(carrier, int(share * TEXTS))
                time.sleep(chance.uniform(0, 0.05))
                field.kill_a_worker(chance)
            field.await_quiet(gw, seconds=300, hurry=True)
            assert carrier.idle(120)
        finally:
            web.kill()
            web.wait()
        doubtful = field.states(gw)[MessageState.UNCERTAIN]
        assert doubtful <= CONNECTIONS * KILLS + TEXTS * 0.03 + 5
        settled = _traced(gw, doubtful)
        states = field.states(gw)
        received = _received(carrier)
        assert [number for number, texts in received.items() if texts > 1] == []
        assert states[MessageState.UNCERTAIN] == settled.left
        assert states[MessageState.ACCEPTED] + states[MessageState.ABANDONED] + settled.left == TEXTS
        assert field.addresses(gw, MessageState.ACCEPTED) <= set(received)
        assert not field.addresses(gw, MessageState.ABANDONED) & set(received)
        sys.stdout.write(f"{kind}: {dict(states)}, {doubtful} in doubt: {settled}\n")


def _traced(gw: Gateway, doubtful: int) -> Settled:
    """Ask the provider, as the ticker does again and again: it has its bad moments for questions, too."""
    later = replace(gw, clock=ManualClock(datetime.now(UTC) + timedelta(hours=1)))
    accepted = abandoned = 0
    for _ in range(20):
        settled = trace(later)
        accepted, abandoned = accepted + settled.accepted, abandoned + settled.abandoned
        if accepted + abandoned + settled.left == doubtful:
            return replace(settled, accepted=accepted, abandoned=abandoned)
    raise AssertionError(f"{doubtful} texts are in doubt: {accepted} were found, {abandoned} were not, {settled.left} are left")


def _received(carrier: Carrier) -> Counter[str]:
    """How many texts the provider took for each telephone."""
    found: Counter[str] = Counter()
    after = 0
    while page := carrier.traffic.messages(after=after, limit=200):
        found.update(one.recipient for one in page if one.direction != "inbound")
        after = page[-1].number
    return found


def _law_without_nights(folder: Path) -> Path:
    """What ships beside the code, but for the hours of texts: real workers have the machine's clock, at any hour of any day."""
    shutil.copytree(data.data_dir("policies"), folder / "policies")
    for name in ("templates", "config.toml"):
        (folder / name).symlink_to(data.data_dir(name).resolve())
    hours = folder / "policies" / "fr" / "rules" / "hours.toml"
    changed, times = _WEEK.subn(r'\1open = { every-day = ["00:00-24:00"] }', hours.read_text("utf-8"), count=1)
    assert times == 1
    hours.write_text(changed, "utf-8")
    return folder


@contextmanager
def _carrier(folder: Path, seed: int) -> Iterator[tuple[Carrier, dict[str, str]]]:
    """The provider, and the settings by which an installation finds it."""
    secret = "secret of a fire test, long enough to be one"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        web = taken.getsockname()[1]
    account = telephone_account(load_settings(secret=secret))
    assert account is not None
    carrier = Carrier(folder / "carrier", TRIAL_ACCOUNT, account.token, faults=Faults(seed=seed, timeout_seconds=4, **FAULTS))
    port = carrier.start()
    try:
        yield (
            carrier,
            {
                "GATEWAY_SECRET": secret,
                "GATEWAY_SANDBOX__API_PORT": str(port),
                "GATEWAY_WEB__PORT": str(web),
                "GATEWAY_WEB__PUBLIC_URL": f"http://127.0.0.1:{web}",
                "GATEWAY_TWILIO__TIMEOUT_SECONDS": "2",
            },
        )
    finally:
        carrier.stop()
