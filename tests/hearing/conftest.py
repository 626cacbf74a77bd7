"""An installation where people write back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from gateway.domain.channel import Medium
from gateway.flows.gateway import Gateway
from gateway.flows.hearing import Heard, Reply, hear
from tests.sending.support import digest


@pytest.fixture
def writes(gw: Gateway) -> Callable[..., Heard]:
    """somebody@… writes back: each call is another reply, unless it is given a provider id."""
    numbers = count(1)

    def write(email: str, text: str, **given: Any) -> Heard:
        reply = {"medium": Medium.EMAIL, "received_at": gw.clock.now(), "provider_id": f"<{next(numbers)}@exemple.example>"}
        return hear(gw, Reply(**{**reply, "sender_digest": digest(gw, email), "text": text, **given}))

    return write
