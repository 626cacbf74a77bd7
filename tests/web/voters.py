"""An installation with one voter whose newsletter waits, seen from the outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.store import tables
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.sending.support import Person, add, digest, installation, message_of, newsletter

EMAIL = "camille@exemple.fr"
CONTACT = "contact@rochebrune.exemple.fr"


@dataclass(frozen=True)
class Town:
    """A gateway, and what a test needs to know of its voter."""

    gw: Gateway
    digest: bytes
    message_id: int

    def token(self, scope: LinkScope = LinkScope.OBJECT) -> str:
        """The token of the link in the voter's message."""
        return self.gw.keys.link_token(scope, self.message_id, self.digest)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table: equal before and after means that nothing was changed."""
        with reading(self.gw.engine) as tx:
            return {
                table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
                for table in tables.metadata.sorted_tables
            }

    def objections(self) -> list[tuple[str, str]]:
        """(medium, cause) of each objection of the voter, in order."""
        s = tables.suppression
        with reading(self.gw.engine) as tx:
            rows = tx.execute(select(s.c.medium, s.c.cause).where(s.c.digest == self.digest).order_by(s.c.seq))
            return [(medium, cause.value) for medium, cause in rows]

    def message_state(self) -> MessageState:
        """State of her message."""
        return MessageState(message_of(self.gw, EMAIL)["state"])


@contextmanager
def town(database_url: str, folder: Path, clock: ManualClock, **settings: Any) -> Iterator[Town]:
    """An installation on this database, with one voter whose message waits."""
    given: dict[str, Any] = {
        "controller": {"name": "Comité Rochebrune", "email": CONTACT, "address": "1 place de la Mairie, 99999 Valbrume"},
        "sender": {"name": "Camille Rochebrune", "email": "lettre@rochebrune.exemple.fr", "reply_to": CONTACT},
    }
    with installation(database_url, clock, folder, **(given | settings)) as gw:
        add(gw, Person(email=EMAIL))
        newsletter(gw)
        yield Town(gw, digest(gw, EMAIL), message_of(gw, EMAIL)["id"])
