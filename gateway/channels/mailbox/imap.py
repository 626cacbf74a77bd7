"""A mailbox read by IMAP (RFC 9051): bounded batches, the oldest first; a mail is marked as read only once it was taken in.

The folder belongs to the gateway alone: \\Seen means "taken in". Whatever interrupts it, the mails not marked come again.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from gateway.domain.errors import MailboxUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """Where the mailbox is, and how to open it."""

    host: str
    port: int
    tls: Literal["implicit", "required", "none"]  #: none: a server on this machine only
    username: str
    password: str
    folder: str = "INBOX"
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one visit came to."""

    taken: int
    left: int  #: unread mails that wait for the next visit


def take_mails(account: ImapAccount, take: Callable[[bytes], object], *, most: int, bytes_max: int) -> Taken:
    """Hand up to `most` unread mails to `take`, one by one, oldest first, and mark each as read when it returned.

    Of a mail longer than bytes_max only its beginning is fetched. What `take` raises ends the visit: that mail and the later ones
    stay unread. Raises MailboxUnavailable when the server cannot be reached, or refuses us.
    """
    with _opened(account) as box:
        waiting = box.uids(AND(seen=False))
        for uid in waiting[:most]:
            take(_fetch(box, uid, bytes_max))
            with _translated(account):
                box.flag([uid], MailMessageFlags.SEEN, True)
        return Taken(taken=len(waiting[:most]), left=len(waiting[most:]))


def unread(account: ImapAccount) -> int:
    """How many mails wait in the folder: shows that it can be opened. Raises MailboxUnavailable."""
    with _opened(account) as box:
        return len(box.uids(AND(seen=False)))


@contextmanager
def _opened(account: ImapAccount) -> Iterator[BaseMailBox]:
    with _translated(account):
        box = _connect(account)
    try:
        with _translated(account):
            box.login(account.username, account.password, initial_folder=account.folder)
        yield box
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        raise _unavailable(account, fault) from fault
    finally:
        _leave(box)


def _connect(account: ImapAccount) -> BaseMailBox:
    context = ssl.create_default_context()
    match account.tls:
        case "implicit":
            return MailBox(account.host, account.port, timeout=account.timeout_seconds, ssl_context=context)
        case "required":
            return MailBoxStartTls(account.host, account.port, timeout=account.timeout_seconds, ssl_context=context)
        case "none":
            return MailBoxUnencrypted(account.host, account.port, timeout=account.timeout_seconds)


def _fetch(box: BaseMailBox, uid: str, bytes_max: int) -> bytes:
    """The beginning of one mail, without marking it."""
    _, answer = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bytes_max}>)")
    parts = [part[1] for part in answer if isinstance(part, tuple)]
    if not parts:
        raise imaplib.IMAP4.error(f"mail {uid} cannot be fetched")
    return bytes(parts[0])


def _leave(box: BaseMailBox) -> None:
    try:
        box.logout()
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        log.info("the mailbox was left without a word: %s", type(fault).__name__)


@contextmanager
def _translated(account: ImapAccount) -> Iterator[None]:
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        raise _unavailable(account, fault) from fault


def _unavailable(account: ImapAccount, fault: Exception) -> MailboxUnavailable:
    why = str(fault)[:200]
    return MailboxUnavailable(f"inbound: the mailbox {account.folder} at {account.host}:{account.port} cannot be read: {why}")
