"""The account at the provider, and one SDK client per thread."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

# The SDK writes addresses of requests to its log, and with them telephone numbers.
logging.getLogger("twilio").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """How to reach the provider."""

    sid: str
    token: str = field(repr=False)
    #: Root of another API than the provider's own: the carrier of trial mode.
    api_url: str = ""
    timeout_seconds: float = 10.0
    concurrency: int = 10  #: requests under way at once


class Clients:
    """SDK clients, each used by one thread: a session of the HTTP library is not made to be shared."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._local = threading.local()

    def mine(self) -> Any:
        """The client of the calling thread. (The SDK has no types.)"""
        client = getattr(self._local, "client", None)
        if client is None:
            http = TwilioHttpClient(timeout=self._account.timeout_seconds, pool_connections=True)
            # Everything is passed: the SDK would read what is missing from TWILIO_… variables in silence.
            client = Client(self._account.sid, self._account.token, self._account.sid, http_client=http, environment={})
            if self._account.api_url:
                client.api.base_url = self._account.api_url
            self._local.client = client
        return client
