"""The demo while messages leave: people read their mail, and some say stop, by real one-click requests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.session import err
from gateway.cli.stage import Stage
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.sandbox.kept import Mail
from gateway.sandbox.voters import one_click, unsubscribe_link
from gateway.store import campaigns, outbox, progress
from gateway.store.engine import reading

#: Shares of the letter handed over at which some of those who still wait say stop.
_MOMENTS = (0.08, 0.25, 0.45, 0.65)
_LOOK_SECONDS = 0.1
_MAILS_AT_ONCE = 200
_READY = 200  #: HTTP status of an objection that is committed
_OPEN = (MessageState.WAITING, MessageState.HANDING_OVER, MessageState.DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Somebody who said stop during the sending."""

    address: str
    message_id: int
    confirmed_at: datetime  #: when her click was answered: from then on the objection is committed
    had_mail: bool  #: she used the link of the letter itself


@dataclass(slots=True, kw_only=True)
class Evening:
    """Everything that happened while messages left."""

    stopped: list[Stopped] = field(default_factory=list)
    seconds: float = 0.0

    def those(self, *, had_mail: bool) -> list[Stopped]:
        """Who stopped after, or before, her letter."""
        return [one for one in self.stopped if one.had_mail is had_mail]


class Street:
    """The people of the commune, behind their mailboxes."""

    def __init__(self, stage: Stage, campaign_id: int, agreed: Iterable[str], *, clicks: int) -> None:
        self._stage = stage
        self._campaign_id = campaign_id
        self._agreed = {self._digest(address): address for address in agreed}
        self._clicks = clicks
        self._moments = list(_MOMENTS)
        self._seen = 0
        self.evening = Evening()

    def look(self, share: float) -> None:
        """Read what arrived; a few of those who got the letter, and of those who still wait, say stop."""
        mails = self._stage.mailbox.mails(_MAILS_AT_ONCE, after=self._seen)
        if mails:
            self._seen = mails[-1].id
            if len(self.evening.those(had_mail=True)) < self._clicks:
                self._click(mails[len(mails) // 2])
        if self._moments and share >= self._moments[0]:
            self._moments.pop(0)
            for message_id, address, digest in self._waiting(self._clicks // len(_MOMENTS) + 1):
                token = self._stage.gw.keys.link_token(LinkScope.OBJECT, message_id, digest)
                self._stop(f"{self._stage.web}/o/{token}", address, message_id, had_mail=False)

    def _click(self, mail: Mail) -> None:
        link = unsubscribe_link(self._stage.mailbox.read(mail.id))
        token = self._stage.gw.keys.read_link_token(link.rpartition("/")[2], LinkScope.OBJECT)
        self._stop(link, mail.recipient, token.message_id, had_mail=True)

    def _stop(self, link: str, address: str, message_id: int, *, had_mail: bool) -> None:
        status = one_click(link)
        if status != _READY:
            raise Conflict(f"le clic d’une personne inventée a reçu la réponse {status} : ce ne devrait jamais arriver")
        now = self._stage.gw.clock.now()
        self.evening.stopped.append(Stopped(address=address, message_id=message_id, confirmed_at=now, had_mail=had_mail))

    def _waiting(self, most: int) -> list[tuple[int, str, bytes]]:
        """Some who agreed and whose letter still waits, towards the end of the line."""
        with reading(self._stage.gw.engine) as tx:
            rows = progress.listed(tx, self._campaign_id, state=MessageState.WAITING, limit=100_000)
            found = []
            for row in rows[len(rows) * 2 // 3 :: 7]:
                letter = outbox.find(tx, row["id"])
                if letter is not None and letter["digest"] in self._agreed:
                    found.append((row["id"], self._agreed[letter["digest"]], letter["digest"]))
                if len(found) == most:
                    break
        return found

    def _digest(self, address: str) -> bytes:
        return self._stage.gw.keys.address_digest(Medium.EMAIL, address.casefold())


def watch(stage: Stage, name: str, street: Street, *, within_seconds: float) -> Evening:
    """Look on until nothing is due any more. Raises Conflict when it takes longer than `within_seconds`."""
    began = time.monotonic()
    with _bar() as told:
        while True:
            now = launching.status(stage.gw, name)
            done = now.messages - sum(now.counts[state] for state in _OPEN)
            told(done, now.messages)
            street.look(done / max(1, now.messages))
            if not now.counts[MessageState.HANDING_OVER] and not _due(stage):
                break
            if time.monotonic() - began > within_seconds:
                raise Conflict(f"la lettre n’est pas partie en {within_seconds:.0f} s : la machine est-elle très occupée ?")
            time.sleep(_LOOK_SECONDS)
    street.evening.seconds = time.monotonic() - began
    return street.evening


def _due(stage: Stage) -> bool:
    with reading(stage.gw.engine) as tx:
        return bool(campaigns.with_due(tx, Medium.EMAIL, stage.gw.clock.now()))


class _Told:
    """Progress for a terminal: a bar; elsewhere: a line at each quarter."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("La lettre part", total=None)
        self._quarters = 0

    def __call__(self, done: int, total: int) -> None:
        if err.is_terminal:
            self._bar.update(self._task, completed=done, total=total)
        elif total and done * 4 // total > self._quarters:
            self._quarters = done * 4 // total
            err.print(f"  … {done} sur {total}")


@contextmanager
def _bar() -> Iterator[_Told]:
    columns = (TextColumn("  {task.description}"), BarColumn(bar_width=32), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield _Told(bar)
