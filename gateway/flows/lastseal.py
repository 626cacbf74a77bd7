"""What this machine sealed last, in a file beside the database: a database that comes from a backup does not know it any more.

Nothing within a database tells that it is an older one. The file is no proof, and no witness: whoever holds the machine holds it.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from gateway.audit.checkpoint import Checkpoint, read_checkpoint
from gateway.domain.errors import InvalidInput
from gateway.flows.gateway import Gateway
from gateway.store import sealing
from gateway.store.engine import Connection, reading

log = logging.getLogger(__name__)


def path_of(gw: Gateway) -> Path:
    """Where it is kept: under var_dir, which is not put back with the database."""
    return gw.settings.var_dir / "last-sealed.txt"


def keep(gw: Gateway) -> None:
    """Note the newest checkpoint. What the database does not know is left until somebody was asked about it."""
    path = path_of(gw)
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
        if latest is None or not _knows(tx, _read(path)):
            return
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beside.write_text(latest.note, encoding="utf-8")
        beside.replace(path)
    except OSError as fault:
        log.debug("%s cannot be written: %s", path, fault)  # a full disk has stopped more than this, and said so


def forgotten(gw: Gateway) -> datetime | None:
    """When this machine sealed what the database does not know; None: it knows all of it."""
    noted = _read(path_of(gw))
    with reading(gw.engine) as tx:
        if _knows(tx, noted):
            return None
    return noted.at if noted is not None else None


def set_aside(gw: Gateway) -> Path:
    """Somebody was asked: what is sealed from now on is noted. The old note stays beside it, for whoever audits."""
    path = path_of(gw)
    return path.replace(path.with_name("last-sealed-before.txt"))


def _knows(tx: Connection, noted: Checkpoint | None) -> bool:
    return noted is None or sealing.root_of(tx, noted.size) == noted.root


def _read(path: Path) -> Checkpoint | None:
    """None where there is none, or what is there is no checkpoint: such a file tells nothing."""
    try:
        noted, _ = read_checkpoint(path.read_text(encoding="utf-8"), [])
    except (OSError, UnicodeDecodeError, InvalidInput):
        return None
    return noted if noted.at is not None else None
