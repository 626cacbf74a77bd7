"""The carrier's calls to our own pages: signed as the provider signs them, and to this machine only."""

from __future__ import annotations

import base64
import hmac
import http.client
import logging
import threading
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from gateway.domain.machine import is_loopback

_SECONDS = 15.0
_BYTES_MAX = 64 * 1024

_log = logging.getLogger(__name__)


def signature(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address followed by each parameter, in order of name."""
    text = url + "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


class Hooks:
    """Posts forms to pages of this machine. One connection is kept open per thread and host."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._kept = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close every connection; call once nothing is posted any more."""
        for connection in self._opened:
            connection.close()

    def post(self, url: str, parameters: Mapping[str, str]) -> bytes | None:
        """The body of the answer; None when nobody answered with success, which is logged. Never raises for a bad answer."""
        parts = urlsplit(url)
        if parts.hostname is None or not is_loopback(parts.hostname) or parts.scheme != "http":
            _log.error("the sandbox calls this machine only: %s is not on it", parts.hostname)
            return None
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature(self._token, url, parameters),
        }
        body = urlencode(parameters)
        for attempt in (1, 2):
            connection = self._connection(parts.hostname, parts.port or 80)
            try:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                text = answer.read(_BYTES_MAX)
            except (OSError, http.client.HTTPException) as fault:
                connection.close()
                if attempt == 2:  # the first may only have met a connection that was closed meanwhile
                    _log.warning("a callback was not taken: %s", type(fault).__name__)
                continue
            if answer.status >= 300:
                _log.warning("a callback was answered with %d", answer.status)
                return None
            return text
        return None

    def _connection(self, host: str, port: int) -> http.client.HTTPConnection:
        kept: dict[tuple[str, int], http.client.HTTPConnection] = self._kept.__dict__.setdefault("by_host", {})
        if (host, port) not in kept:
            kept[host, port] = http.client.HTTPConnection(host, port, timeout=_SECONDS)
            self._opened.append(kept[host, port])
        return kept[host, port]
