"""What an invented person does with a mail: find the unsubscribe link in it, and use it as a mailbox provider would."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

from gateway.domain.errors import InvalidInput

_WAIT_SECONDS = 10
#: The https (or, on this machine, http) address of RFC 2369, on however many lines the header was folded.
_LINK = re.compile(rb"^List-Unsubscribe:(?:[^<\r\n]|\r\n[ \t]|<mailto:[^>]*>)*<(https?://[^>\s]+)>", re.IGNORECASE | re.MULTILINE)


def unsubscribe_link(mail: bytes) -> str:
    """The web address in the List-Unsubscribe header of a mail. Raises InvalidInput when it has none."""
    headers = mail.partition(b"\r\n\r\n")[0]
    found = _LINK.search(headers)
    if found is None:
        raise InvalidInput("this mail has no List-Unsubscribe header with a web address")
    return found.group(1).decode("ascii")


def one_click(link: str) -> int:
    """The POST of RFC 8058, over HTTP; returns the status of the answer."""
    parts = urlsplit(link)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_WAIT_SECONDS)
    try:
        connection.request(
            "POST",
            parts.path,
            body=b"List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
