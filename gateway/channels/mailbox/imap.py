"""A mailbox read by IMAP (RFC 9051): bounded batches, what may be an objection first, then the oldest; a mail is marked as read
only once it was taken in.

The folder belongs to the gateway alone: \\Seen means "taken in", \\Flagged "could not be: tried again after all others". Whatever
interrupts it, the mails not marked come again.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import zip_longest

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from gateway.channels.mailbox.faults import Tls, unavailable
from gateway.domain.errors import MailboxUnavailable, StoreUnavailable

log = logging.getLogger(__name__)

#: Mails whose headers are asked for at once, and how much of each is looked at.
_HEADERS_AT_ONCE, _HEADER_BYTES_MAX = 500, 4_000
_WHOM = "(BODY.PEEK[HEADER.FIELDS (DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO TO CC)])"
_UID = re.compile(rb"UID (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """Where the mailbox is, and how to open it."""

    host: str
    port: int
    tls: Tls  #: none: a server on this machine only
    username: str
    password: str
    folder: str = "INBOX"
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one visit came to."""

    taken: int
    passed_over: int  #: could not be fetched or taken in: they stay unread, are tried again, and hold up no other
    left: int  #: unread mails nobody looked at, which wait for the next visit


def take_mails(
    account: ImapAccount,
    take: Callable[[bytes], object],
    *,
    most: int,
    bytes_max: int,
    urgent: Callable[[str], bool] = lambda addressed: False,
) -> Taken:
    """Hand up to `most` unread mails to `take`, one by one, and mark each as read when it returned.

    urgent: whether a mail may wait for no other, by the fields of its header that say whom it was sent to. Such mails come first,
    each kind oldest first. Of a mail longer than bytes_max only its beginning is fetched. A mail that the server does not give,
    or `take` stumbles over, is passed over, and comes behind all others from then on; `most` of those end the visit.
    StoreUnavailable ends it, too: that mail and the later ones stay unread. Raises MailboxUnavailable when the server cannot be
    reached, refuses us, or the line breaks.
    """
    taken = passed_over = 0
    with _opened(account) as box:
        waiting = _in_order(box, urgent)
        for uid in waiting:
            if most in (taken, passed_over):
                break
            if _take_one(box, uid, take, bytes_max):
                taken += 1
            else:
                passed_over += 1
    return Taken(taken=taken, passed_over=passed_over, left=len(waiting) - taken - passed_over)


def _in_order(box: BaseMailBox, urgent: Callable[[str], bool]) -> list[str]:
    """Unread mails: those passed over before come last, and what cannot wait first."""
    waiting, tried = box.uids(AND(seen=False)), frozenset(box.uids(AND(seen=False, flagged=True)))
    at_once: set[str] = set()
    for begin in range(0, len(waiting), _HEADERS_AT_ONCE):
        told = _addressed(box, waiting[begin : begin + _HEADERS_AT_ONCE])
        at_once.update(uid for uid, addressed in told if urgent(addressed))
    return sorted(waiting, key=lambda uid: (uid in tried, uid not in at_once))


def _addressed(box: BaseMailBox, uids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(uid, what its header says of whom it was sent to) of some mails; of none where the server does not tell."""
    try:
        _, answer = box.client.uid("FETCH", ",".join(uids), _WHOM)
    except imaplib.IMAP4.abort:
        raise  # the line broke
    except imaplib.IMAP4.error:
        return
    for part, after in zip_longest(answer, answer[1:]):
        if not isinstance(part, tuple):
            continue
        # servers say which mail it is before its header, or after it
        named = _UID.search(part[0]) or _UID.search(after if isinstance(after, bytes) else b"")
        if named:
            yield named[1].decode(), part[1][:_HEADER_BYTES_MAX].decode("latin-1")


def _take_one(box: BaseMailBox, uid: str, take: Callable[[bytes], object], bytes_max: int) -> bool:
    """Take one mail in and mark it; False when it is passed over."""
    raw = _fetch(box, uid, bytes_max)
    if raw is None:
        log.warning("mail %s of the mailbox cannot be fetched; it is passed over", uid)
        _pass_over(box, uid)
        return False
    try:
        take(raw)
    except StoreUnavailable:
        raise
    except Exception:  # whatever it is: the mails behind it may be objections
        log.exception("mail %s of the mailbox could not be taken in; it stays unread", uid)
        _pass_over(box, uid)
        return False
    box.flag([uid], MailMessageFlags.SEEN, True)
    return True


def _pass_over(box: BaseMailBox, uid: str) -> None:
    """Let a mail come behind all others from now on: whoever looks into the mailbox sees it marked, too."""
    try:
        box.flag([uid], MailMessageFlags.FLAGGED, True)
    except ImapToolsError as fault:  # it is gone, or the server keeps no such marks
        log.info("mail %s of the mailbox cannot be marked: %s", uid, type(fault).__name__)


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
            _log_in(box, account)
        yield box
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        raise _unavailable(account, fault) from fault
    finally:
        _leave(box)


class _StartTls(MailBoxStartTls):
    """Of imap_tools, but a server that does not offer it leaves no open line behind, and any port may be tried."""

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4(self._host, self._port, self._timeout)
        try:
            client.starttls(self._ssl_context)
        except BaseException:  # whatever ends it, the line does not stay
            client.shutdown()
            raise
        return client


def _connect(account: ImapAccount) -> BaseMailBox:
    context = ssl.create_default_context()
    match account.tls:
        case "implicit":
            return MailBox(account.host, account.port, timeout=account.timeout_seconds, ssl_context=context)
        case "required":
            return _StartTls(account.host, account.port, timeout=account.timeout_seconds, ssl_context=context)
        case "none":
            return MailBoxUnencrypted(account.host, account.port, timeout=account.timeout_seconds)


def _log_in(box: BaseMailBox, account: ImapAccount) -> None:
    """A name or password that has accents goes by AUTHENTICATE PLAIN: the command LOGIN takes none (RFC 9051, section 6.2.3)."""
    plain = account.username.isascii() and account.password.isascii()
    (box.login if plain else box.login_utf8)(account.username, account.password, initial_folder=account.folder)


def _fetch(box: BaseMailBox, uid: str, bytes_max: int) -> bytes | None:
    """The beginning of one mail, without marking it; None when the server does not give it: it is gone, or damaged there."""
    try:
        _, answer = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bytes_max}>)")
    except imaplib.IMAP4.abort:
        raise  # the line broke
    except imaplib.IMAP4.error:
        return None
    return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), None)


def _leave(box: BaseMailBox) -> None:
    try:
        box.logout()
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        log.info("the mailbox was left without a word: %s", type(fault).__name__)
        with suppress(OSError):
            box.client.shutdown()


@contextmanager
def _translated(account: ImapAccount) -> Iterator[None]:
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as fault:
        raise _unavailable(account, fault) from fault


def _unavailable(account: ImapAccount, fault: Exception) -> MailboxUnavailable:
    return unavailable(fault, folder=account.folder, host=account.host, port=account.port, tls=account.tls)
