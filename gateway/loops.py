"""Event loops on threads of their own: of whoever talks to many servers, or is one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from gateway.domain.errors import InvalidSettings, system_says


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop of its own: uvloop where it exists, which is everywhere but Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Running:
    """A loop that runs on a thread of its own until it is ended."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self.loop = loop
        self._thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def end(self, last: Coroutine[Any, Any, object]) -> None:
        """Run this to its end on the loop, then end the loop and its thread."""
        asyncio.run_coroutine_threadsafe(last, self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def cannot_listen(key: str, host: str, port: int, fault: OSError) -> InvalidSettings:
    """That nobody can listen there, by the setting that says where."""
    return InvalidSettings(f"{key} : impossible d’écouter sur {host}:{port} ({system_says(fault)}) ; donnez un autre port")


def listening(
    loop: asyncio.AbstractEventLoop, serving: Coroutine[Any, Any, asyncio.Server], *, key: str, host: str, port: int
) -> tuple[asyncio.Server, int]:
    """A server that begins to listen on this loop, and its port.

    Raises InvalidSettings, naming the key of the setting, where nobody can listen; the loop is closed then.
    """
    try:
        server = loop.run_until_complete(serving)
    except OSError as fault:
        loop.close()
        raise cannot_listen(key, host, port, fault) from fault
    return server, int(server.sockets[0].getsockname()[1])
