"""A lane: one micro-batch under way at a time, with a wire log of its own. A process has a few."""

from __future__ import annotations

import secrets
import socket
from os import getpid
from pathlib import Path

from gateway.store.wirelog import WireLog


class Lane:
    """One line of work; its name stands on the rows it holds, and is never used twice."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{socket.gethostname()[:40]}-{getpid()}-{secrets.token_hex(4)}"
        self.wire = WireLog(folder, self.name)

    def abandon(self) -> None:
        """Leave the wire log behind, unlocked, to speak for what could not be settled; the next recovery reads it."""
        self.wire.release()

    def close(self) -> None:
        """End with nothing on the wire."""
        self.wire.close()
