"""Whom a bounce of an odd server may be about, by the patterns of a library: asked last, when nothing else names anybody."""

from __future__ import annotations

import email
import logging
from itertools import chain

from flufl.bounce import all_failures

from gateway.channels.inbound.dsn import bare_address

log = logging.getLogger(__name__)

#: The library's patterns are not bounded in time; the notice of a server stands at the beginning of its mail.
_BYTES_MAX = 32_000


def guessed(raw: bytes) -> list[str]:
    """Addresses that did not get their message, perhaps; empty when the library knows no better, or fails on this mail."""
    try:
        # Whatever is no ASCII names no address here; left in, fields come as objects that the patterns stumble over.
        failures = all_failures(email.message_from_string(raw[:_BYTES_MAX].decode("ascii", "replace")))
    except Exception as fault:  # its patterns meet mails made to break them: then nobody is guessed
        log.info("the last resort could not read a mail: %s", type(fault).__name__)
        return []
    found = (bare_address(each.decode("ascii", "replace")) for each in chain(*failures))
    return sorted({each for each in found if each})
