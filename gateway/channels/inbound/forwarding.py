"""Whom we had written to, when a server speaks of the address a mail was forwarded to.

A person who moved, an alias of a town hall, a mailing address of an association: the address that failed may be one we never
wrote to. The bounce knows better: it says whence the address came, or returns our message, which names one recipient.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gateway.channels.inbound.dsn import bare_address
from gateway.channels.inbound.mime import Fields
from gateway.channels.inbound.report import RecipientReport

_SEARCHED_MAX = 30_000
#: Exim and Sendmail, Postfix, and those who write like them.
_CAME_FROM = re.compile(
    r"([^\s<>\"'(),;:\[\]]{1,120}@[^\s<>\"'(),;:\[\]@]{1,253})>?:?\s{0,20}\n?\s{0,20}"
    r"\((?:generated|expanded|forwarded|redirected|aliased) from:? {0,2}<?([^\s<>()]{1,120}@[^\s<>()]{1,253})>?\)",
    re.IGNORECASE,
)
#: A server that took our message for somebody wrote so in the header of what it returns.
_TAKEN_FOR = re.compile(r"\bfor <?([^\s<>;]{1,120}@[^\s<>;]{1,253})>?", re.IGNORECASE)


def taken_for(returned: Fields) -> list[str]:
    """Whom servers on the way say that they took a returned message for."""
    return [found for value in returned.all("received") for found in _TAKEN_FOR.findall(value)]


def as_written_to(recipients: Sequence[RecipientReport], words: str, returned: Fields) -> list[RecipientReport]:
    """The same reports under the addresses we wrote to, as far as the bounce tells them.

    words: what it says; returned: the header of the message it returns, believed of a bounce about one recipient only.
    """
    came_from = {to.casefold(): origin for to, origin in _CAME_FROM.findall(words[:_SEARCHED_MAX])}
    named = [
        _written(each, origin) if (origin := came_from.get((each.address or "").casefold())) else each for each in recipients
    ]
    if len(named) == 1 and not came_from and (hers := _our_recipient(returned)):
        return [_written(named[0], hers)]
    return named


def _written(report: RecipientReport, hers: str) -> RecipientReport:
    failed = report.address
    if failed is not None and failed.casefold() == hers.casefold():
        return report
    return replace(report, address=hers, forwarded_to=failed)


def _our_recipient(returned: Fields) -> str | None:
    """The one recipient our message named, when a server says that it took it for her."""
    to = {(bare_address(value) or "").casefold(): bare_address(value) for value in returned.all("to") if "," not in value}
    taken = returned.all("delivered-to", "x-original-to", "envelope-to")
    taken += taken_for(returned)
    ours = {(bare_address(value) or "").casefold() for value in returned.all("from", "return-path", "reply-to", "sender")}
    if len(to) != 1 or ours & set(to) or not any(each.strip(" <>").casefold() in to for each in taken):
        return None
    return next(iter(to.values()))
