"""The demo after the sending: what invented people and their servers send back, by real LMTP, and what it did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.cli.stage import Stage
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict
from gateway.domain.suppression import SuppressionKind
from gateway.flows.collecting.looking import look_up
from gateway.store import inbox, suppressions
from gateway.store.engine import reading

_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What came back, and what it did: addresses of those concerned."""

    bounced: tuple[str, ...]
    complained: tuple[str, ...]
    answered: tuple[str, ...]
    absent: tuple[str, ...]
    dead: int  #: of those that bounced, addresses that are dead now
    objected: int  #: of those that complained or answered STOP, objections in force

    @property
    def objecting(self) -> int:
        """How many complained or answered STOP."""
        return len(self.complained) + len(self.answered)

    @property
    def all_took_effect(self) -> bool:
        """Whether every bounce buried one address, and every complaint and STOP is an objection."""
        return self.dead == len(self.bounced) and self.objected == self.objecting


def come_back(stage: Stage) -> Back:
    """Wait until everything that people and servers sent back was taken in. Raises Conflict when it takes too long."""
    senders = _senders(stage)
    expected = sum(map(len, senders.values()))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (taken := _taken(stage)) < expected:
        if time.monotonic() > deadline:
            raise Conflict(
                f"{taken} courriels lus en {_PATIENCE_SECONDS} s, sur {expected} revenus : la machine est-elle très occupée ?"
            )
        time.sleep(0.05)
    return Back(
        bounced=senders["revient"],
        complained=senders["plainte"],
        answered=senders["repond-stop"],
        absent=senders["absente"],
        dead=sum(_is_dead(stage, one) for one in senders["revient"]),
        objected=sum(_objects(stage, one) for one in (*senders["plainte"], *senders["repond-stop"])),
    )


def _senders(stage: Stage) -> Mapping[str, tuple[str, ...]]:
    """Who sends something back, by the beginning of the address."""
    recipients = [mail.recipient for mail in stage.mails()]
    beginnings = ("revient", "plainte", "repond-stop", "absente")
    return {beginning: tuple(one for one in recipients if one.startswith(beginning)) for beginning in beginnings}


def _taken(stage: Stage) -> int:
    with reading(stage.gw.engine) as tx:
        return len(inbox.listed(tx, limit=100_000))


def _is_dead(stage: Stage, address: str) -> bool:
    return any(one.state == "dead" for one in look_up(stage.gw, address).addresses)


def _objects(stage: Stage, address: str) -> bool:
    digest = stage.gw.keys.address_digest(Medium.EMAIL, address.casefold())
    with reading(stage.gw.engine) as tx:
        return any(one.kind is SuppressionKind.OBJECTION for one in suppressions.of_digest(tx, digest))
