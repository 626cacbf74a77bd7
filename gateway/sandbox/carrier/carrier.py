"""The carrier at work: an HTTP server on this machine, threads that carry messages and make calls, and handsets to answer by."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, InvalidSettings
from gateway.domain.machine import is_loopback
from gateway.loops import cannot_listen
from gateway.sandbox.carrier.api import Api
from gateway.sandbox.carrier.courier import Courier
from gateway.sandbox.carrier.faults import Dice, Faults
from gateway.sandbox.carrier.hooks import Hooks
from gateway.sandbox.carrier.traffic import Message, Traffic

#: Words by which the provider itself opts a handset out of a sender, when nothing else stands in the reply.
_PROVIDER_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ARRET"})
_PROVIDER_STARTS = frozenset({"START", "UNSTOP", "YES"})
_START_SECONDS = 10.0
_GRACE_SECONDS = 1
_STOP_SECONDS = 5.0


class _MachineClock:
    """The sandbox stands for a provider elsewhere, which has a clock of its own."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


class Carrier:
    """The provider of trial mode. `account` and `token` are the credentials it takes, and signs its callbacks with.

    sms_url: where replies of handsets are told, as a number's webhook is configured at the provider; empty: nowhere.
    """

    def __init__(
        self, folder: Path, account: str, token: str, *, faults: Faults | None = None, clock: Clock | None = None
    ) -> None:
        self.traffic = Traffic(folder)
        self.sms_url = ""
        self.account = account
        self._clock = clock or _MachineClock()
        self._hooks = Hooks(token)
        dice = Dice(faults or Faults())
        self._courier = Courier(account, self.traffic, self._hooks, dice, self._clock)
        self._api = Api(account, token, self.traffic, self._courier, dice, self._clock)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, host: str = "127.0.0.1", port: int = 0, *, patience_seconds: float = 0.0) -> int:
        """Listen, in threads; returns the port. Raises InvalidSettings for an address that is not this machine's own.

        patience_seconds: how long a question of a call waits for somebody to press a key.
        """
        if not is_loopback(host):
            raise InvalidSettings(f"sandbox.host : {host} se joint de l’extérieur ; mettez 127.0.0.1")
        try:
            listener = socket.create_server((host, port), backlog=512)
        except OSError as fault:
            raise cannot_listen("sandbox.api_port", host, port, fault) from fault
        config = uvicorn.Config(
            self._api.app(),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, name="carrier", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        self._courier.patience_seconds = patience_seconds
        self._courier.start()
        bound: int = listener.getsockname()[1]
        return bound

    def stop(self) -> None:
        """Listen no more; what was under way is taken up at the next start. Idempotent."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server and thread:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
            self._courier.stop()
        self._hooks.close()
        self.traffic.close()

    def idle(self, within_seconds: float = 10.0) -> bool:
        """Wait until every message and call has ended; False when some have not."""
        return self._courier.idle(within_seconds)

    def reply(self, handset: str, to: str, body: str) -> Message:
        """Somebody answers by SMS. A bare STOP also makes the provider itself refuse this sender from now on (21610)."""
        word = body.strip().upper()
        if word in _PROVIDER_STOPS:
            self.traffic.opt_out(to, handset)
        elif word in _PROVIDER_STARTS:
            self.traffic.opt_in(to, handset)
        at = self._clock.now()
        message = self.traffic.add_message(
            sid=f"SM{secrets.token_hex(16)}",
            direction="inbound",
            sender=handset,
            recipient=to,
            body=body,
            segments=1,
            status="received",
            created_at=at,
            updated_at=at,
            sent_at=at,
            callback="",
        )
        if self.sms_url:
            self._hooks.post(self.sms_url, self._inbound(message))
        return message

    def press(self, sid: str, digits: str) -> None:
        """Somebody presses keys during a call. Raises Conflict when it is over."""
        call = self.traffic.call(sid)
        if call is None or call.ended_at is not None:
            raise Conflict("cet appel est fini : personne n’entend plus la touche")
        self._courier.press(sid, digits)

    def _inbound(self, message: Message) -> dict[str, str]:
        return {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "Body": message.body,
            "From": message.sender,
            "MessageSid": message.sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.recipient,
        }
