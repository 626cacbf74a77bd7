"""A code by text to the number on file: how somebody we know by telephone alone proves that it is she.

The text answers what she asks at this very moment, and says nothing of the campaign. So it leaves whenever she asks, a silence or
her own STOP notwithstanding (rule rights-messages-exempt): whoever objected must not lose the other rights by it. It goes to a
number of our file alone, and what is said to whoever asked is the same whether the number is in it or not.

A stranger can make somebody else's telephone ring this way, so texts to one number are few: none within five minutes of one that
was not used, three a day (settings), and after twice as many in a month that nobody used, none until the month is over.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

from gateway.audit.entry import EntryKind, entry
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.keys import LinkScope, LinkToken, pseudonym
from gateway.domain.language import spoken_by
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, notify
from gateway.flows.replying import unwritten
from gateway.store import codes, journal, people
from gateway.store.engine import Connection, begin

LETTER, OCCASION = "own-code", "own-code:"
#: How long a code can be typed in; the text says thirty minutes.
VALID = timedelta(minutes=30)
#: How often something may be typed in for one number in an hour, and for one code: chance has one in twenty million.
TRIES = 5
#: How long the page stays open that it leads to.
OPEN = timedelta(hours=1)
_APART, _DAY, _MONTH = timedelta(minutes=5), timedelta(days=1), timedelta(days=30)
#: Digits of other scripts among them: no code has any, and comparing one would raise, for numbers of our file alone.
_NOT_DIGITS = re.compile(r"[^0-9]+")


def number_digest(gw: Gateway, typed: str) -> bytes:
    """Digest of the number somebody typed. Raises InvalidAddress; with code medium for what receives no text."""
    return gw.keys.digest_of(typed, Medium.SMS)


def sends_texts(gw: Gateway) -> bool:
    """Whether this installation can send a code at all."""
    return bool(gw.settings.sms.sender)


def page_token(gw: Gateway, digest: bytes) -> str:
    """What the page where the code is typed in carries: the number, for us alone."""
    return gw.keys.link_token(LinkScope.CODE, 0, digest)


def named_by(gw: Gateway, token: str) -> bytes:
    """Digest of the number such a page is about. Raises InvalidToken."""
    return gw.keys.read_link_token(token, LinkScope.CODE).digest


def send_code(gw: Gateway, digest: bytes) -> None:
    """Text a code to a number of our file, unless it got one a short while ago, or too many. To anybody else nothing is sent."""
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        holder = people.holder(tx, digest, Medium.SMS)
        if holder is None or not sends_texts(gw) or not codes.hold_alone(tx, holder.contact_id):
            return
        if not _may_send(gw, codes.sent(tx, digest, OCCASION, since=at - _MONTH), at):
            return
        language = spoken_by(holder.language)
        asked = Notice(
            message_class=MessageClass.RIGHTS,
            letter=LETTER,
            occasion=f"{OCCASION}{at:%Y%m%d%H%M%S}",
            language=language,
            medium=Medium.SMS,
        )
        with unwritten(tx, gw, LETTER):
            notify(tx, gw, digest, asked, holder)
    gw.ring()


def enter_code(gw: Gateway, digest: bytes, typed: str) -> str | None:
    """Take a code, once; the token of the page it opens for an hour. None for one that is wrong, used, too old or of nobody, and
    for one that was missed too often: the count is in the database, so that it holds whichever process is asked.
    """
    written = _NOT_DIGITS.sub("", typed)
    with begin(gw.engine) as tx:
        at = gw.clock.now()
        holder = people.holder(tx, digest, Medium.SMS)
        key = holder.key if holder is not None and codes.hold_alone(tx, holder.contact_id) else None
        sent = [] if key is None else codes.sent(tx, digest, OCCASION, since=at - _DAY)
        good = [one for one in sent if one.used_at is None and one.tries < TRIES and at < one.at + VALID]
        for one in good:
            if key is None or not hmac.compare_digest(gw.keys.code(one.message_id, digest), written):
                continue
            codes.use(tx, one.message_id, at=at, remembered=_MONTH)
            told = entry(EntryKind.RIGHTS, at, message_id=one.message_id, person=pseudonym(key), act="code")
            journal.append(tx, [told])
            return gw.keys.link_token(LinkScope.WHY, one.message_id, digest)
        # Something is written down for every number, so that how long it takes tells nothing of any.
        codes.miss(tx, [one.message_id for one in good] or [codes.OF_NOBODY], at=at, remembered=_MONTH)
    return None


def open_until(tx: Connection, link: LinkToken) -> datetime | None:
    """Until when a page is open that a code led to; None for any other page. It may be past."""
    used = codes.used_at(tx, link.message_id, link.digest, OCCASION)
    return used and used + OPEN


def _may_send(gw: Gateway, sent: list[codes.Sent], at: datetime) -> bool:
    most = gw.settings.rights.codes_per_day
    if any(one.at > at - _APART and one.used_at is None for one in sent):
        return False
    if sum(one.at > at - _DAY for one in sent) >= most:
        return False
    return sum(one.used_at is None for one in sent) < 2 * most
