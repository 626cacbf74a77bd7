"""The carrier of texts and calls, staged beside the installation in trial mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.app import telephone_account
from gateway.domain.clock import Clock
from gateway.flows.sending.telephone import HOOKS
from gateway.present import SystemClock
from gateway.sandbox.carrier import Carrier, Faults
from gateway.settings import Settings


@contextmanager
def staged_carrier(
    settings: Settings, *, patience_seconds: float, faults: Faults | None = None, clock: Clock | None = None
) -> Iterator[tuple[Carrier | None, Settings]]:
    """In trial mode the carrier, listening, and settings that name the port it got; in live mode nothing.

    patience_seconds: how long a question of a call waits for somebody to press a key on the page of the handsets.
    """
    account = telephone_account(settings)
    if settings.mode != "trial" or account is None:
        yield None, settings
        return
    clock = clock or SystemClock()
    carrier = Carrier(settings.var_dir / "sandbox", account.sid, account.token, faults=faults, clock=clock)
    port = carrier.start(settings.sandbox.host, settings.sandbox.api_port, patience_seconds=patience_seconds)
    carrier.sms_url = f"{settings.web.public_url}/{HOOKS}/sms/reply"
    try:
        yield carrier, settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"api_port": port})})
    finally:
        carrier.stop()
