"""One client of the provider's SDK per thread."""

from __future__ import annotations

import logging
import threading
from typing import Any
from weakref import WeakSet

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from gateway.channels.twilio.account import TwilioAccount

# The SDK writes addresses of requests to its log, and with them telephone numbers.
logging.getLogger("twilio").setLevel(logging.WARNING)


class Clients:
    """SDK clients, each used by one thread: a session of the HTTP library is not made to be shared."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._local = threading.local()
        self._sessions: WeakSet[Any] = WeakSet()

    def mine(self) -> Any:
        """The client of the calling thread. (The SDK has no types.)"""
        client = getattr(self._local, "client", None)
        if client is None:
            http = TwilioHttpClient(timeout=self._account.timeout_seconds, pool_connections=True)
            self._sessions.add(http.session)
            # Everything is passed: the SDK would read what is missing from TWILIO_… variables in silence.
            client = Client(self._account.sid, self._account.token, self._account.sid, http_client=http, environment={})
            if self._account.api_url:
                client.api.base_url = self._account.api_url
            self._local.client = client
        return client

    def close(self) -> None:
        """Close the connections of every thread. A client that is used afterwards opens its own anew."""
        for session in list(self._sessions):
            session.close()
