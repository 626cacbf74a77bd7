"""What every flow needs, put together once by app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gateway.compliance.pack import Pack
from gateway.domain.channel import Channel, Medium, Outcome, Tracer, Withheld
from gateway.domain.clock import Clock
from gateway.domain.keys import Keyring
from gateway.settings import Settings
from gateway.store.engine import Connection, Engine, begin
from gateway.store.feed import ObjectionFeed
from gateway.store.precedence import Precedence
from gateway.store.spool import Lookout


def no_bell() -> None:
    """A doorbell nobody hears: the ticker finds what is due."""


def no_post(_sender: str, _recipient: str, _mail: bytes) -> Outcome:
    """No relay: nothing leaves."""
    return Withheld()


def nowhere(_addresses: Collection[str], _references: Collection[str]) -> int:
    """Nothing of anybody is kept outside of the database."""
    return 0


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """An installation at work: its settings, store, law, keys and channels."""

    settings: Settings
    engine: Engine
    clock: Clock
    pack: Pack
    keys: Keyring
    templates: Path
    #: Channels this process may hand messages over to; empty in processes that never send.
    channels: Mapping[Medium, Channel]
    feed: ObjectionFeed
    #: Providers that can be asked later what became of a message.
    tracers: Mapping[Medium, Tracer] = field(default_factory=dict)
    #: Signs the callbacks of the provider of texts and calls; empty: none is believed.
    callback_token: str = field(default="", repr=False)
    #: Erases what is kept of people outside of the database, by their addresses and by Message-IDs; returns how many things went.
    forget_elsewhere: Callable[[Collection[str], Collection[str]], int] = nowhere
    #: Hands one mail about the journal itself to the relay; what is written to people goes through the gate instead.
    post: Callable[[str, str, bytes], Outcome] = no_post
    #: Wakes the workers; losing a ring loses nothing.
    ring: Callable[[], None] = no_bell

    @property
    def wire_logs(self) -> Path:
        """Where lanes keep what they have on the wire."""
        return self.settings.var_dir / "wire"

    @property
    def spool(self) -> Path:
        """Where objections and texts wait that met a database that was away."""
        return self.settings.var_dir / "spool"

    @cached_property
    def lookout(self) -> Lookout:
        """Whether somebody waits there."""
        return Lookout(self.spool)

    @cached_property
    def precedence(self) -> Precedence:
        """Who goes first on this machine."""
        return Precedence(self.settings.var_dir / "first")

    @contextmanager
    def urgent(self) -> Iterator[Connection]:
        """One transaction of whoever objects, or takes a consent back: workers stand aside, and on SQLite it is the next one.

        Raises StoreUnavailable when the database is away.
        """
        with self.precedence.first(), begin(self.engine, urgent=True) as tx:
            yield tx
