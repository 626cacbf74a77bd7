"""What the provider tells of a text or a call, as it is kept: once, whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from gateway.store.inbox import Callback


def kept(sid: str, status: str, message_id: int, form: Mapping[str, str]) -> Callback:
    """The callback as the inbox files it; the same status of the same text or call is the same callback.

    sid: the provider's name for the text or the call; form: as it came.
    """
    return Callback(f"{sid}:{status}", message_id, orjson.dumps(form).decode())
