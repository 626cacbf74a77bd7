"""What the provider tells of a text or a call, as it is kept: once, whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import orjson

from gateway.domain.channel import Medium
from gateway.domain.reply import InboxKind
from gateway.store.inbox import Incoming


class Callback(NamedTuple):
    """One callback about one of our messages."""

    medium: Medium
    sid: str  #: the provider's name for the text or the call
    status: str
    message_id: int
    form: Mapping[str, str]  #: as it came


def kept(one: Callback, at: datetime, keep_until: datetime | None) -> Incoming:
    """The callback as the inbox files it; the same status of the same text or call is the same callback."""
    return Incoming(
        medium=one.medium,
        provider_id=f"{one.sid}:{one.status}",
        kind=InboxKind.CALLBACK,
        digest=None,
        received_at=at,
        kept_at=at,
        body=orjson.dumps(dict(one.form)),
        message_id=one.message_id,
        keep_until=keep_until,
    )
