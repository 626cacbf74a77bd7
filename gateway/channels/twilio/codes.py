"""What the provider's error codes mean for the row, the address and the campaign.

The table follows https://www.twilio.com/docs/api/errors; a code it does not hold is judged by the HTTP status of the answer, and
where that says nothing either, nobody is blamed: the message waits, and the gate looks at whether others get through.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.domain.channel import Fault


class Meaning(NamedTuple):
    """Whose fault a refusal is, and whether it is for good."""

    fault: Fault
    permanent: bool


_DEAD = Meaning(Fault.RECIPIENT, True)
_AWAY = Meaning(Fault.MAILBOX, False)
_OURS = Meaning(Fault.OURS, False)
_SLOW = Meaning(Fault.THROTTLED, False)
_WORDS = Meaning(Fault.CONTENT, True)
_UNKNOWN = Meaning(Fault.UNKNOWN, False)

#: Answers that say nothing of this very message: whatever stands between us and the provider, or the account, is at fault.
_NEVER_THE_MESSAGE = frozenset({401, 402, 403, 404, 405, 407, 410, 421})

_CODES = {
    # https://www.twilio.com/docs/api/errors/20003 and following: account and authentication
    10001: _OURS,  # account not active
    10004: _SLOW,  # too many calls at once
    14107: _SLOW,  # rate of texts exceeded
    20001: _OURS,  # request not understood
    20003: _OURS,  # authentication failed
    20005: _OURS,  # account not active
    20006: _OURS,  # access denied
    20008: _OURS,  # test credentials
    20404: _OURS,  # no such account
    20429: _SLOW,  # too many requests
    21205: _OURS,  # address of the document invalid
    21210: _OURS,  # caller number not verified
    21212: _OURS,  # sender is no valid number
    21213: _OURS,  # caller number missing
    21215: _OURS,  # calls to this country not enabled
    21219: _OURS,  # trial account
    21220: _OURS,  # invalid call state
    21401: _OURS,  # sender is no number for texts
    21408: _OURS,  # messages to this region not enabled
    21601: _OURS,  # sender is no number for texts
    21603: _OURS,  # sender missing
    21606: _OURS,  # sender cannot send messages
    21607: _OURS,  # sender not verified
    21608: _OURS,  # trial account
    21609: _OURS,  # callback address invalid
    21657: _OURS,  # sender not supported there
    21659: _OURS,  # sender is no number of the provider's, or of another country
    21660: _OURS,  # sender belongs to another account
    21661: _OURS,  # sender is no number for texts
    21701: _OURS,  # messaging service does not exist
    21702: _SLOW,  # messaging service away
    21705: _OURS,  # messaging service invalid
    21730: _SLOW,  # maintenance
    # recipient
    21201: _DEAD,  # number missing
    21211: _DEAD,  # number invalid
    21217: _DEAD,  # number invalid
    21214: _DEAD,  # number cannot be reached by calls
    21216: _WORDS,  # calls to this number blocked by the provider
    21266: _DEAD,  # same number as the sender
    21604: _DEAD,  # number missing
    21612: _AWAY,  # no route at present
    21614: _DEAD,  # not a mobile number
    21635: _DEAD,  # a landline
    21610: Meaning(Fault.OPTED_OUT, True),
    # message
    21602: _WORDS,  # empty
    21605: _WORDS,  # too long
    21617: _WORDS,  # too long
    21624: _OURS,  # validity period that it does not take
    21611: _SLOW,  # queue of the sender is full
    # https://www.twilio.com/docs/api/errors/30001 and following: told later, by the status callback
    30001: _SLOW,  # queue overflow
    30002: _OURS,  # account suspended
    30003: _AWAY,  # handset unreachable
    30004: _WORDS,  # message blocked
    30005: _DEAD,  # unknown handset
    30006: Meaning(Fault.RECIPIENT, False),  # landline, or a carrier that our short code does not reach: it may again
    30007: _WORDS,  # filtered by a carrier
    30008: _AWAY,  # unknown error
    30009: _WORDS,  # missing segment
    30010: _OURS,  # price over the limit we set
    30022: _SLOW,  # rate of the sender exceeded
    30024: _OURS,  # sender not provisioned with the carrier
    30032: _OURS,  # sender not verified
    30034: _OURS,  # sender not registered
    30036: _SLOW,  # validity period over while it stood in the provider's queue
    30037: _OURS,  # sending switched off for the account
    30042: _OURS,  # name of the sender blocked
    30045: _OURS,  # validity period that it does not take
    30410: _AWAY,  # carrier timed out
    30442: _AWAY,  # carrier could not deliver
    30450: _AWAY,  # destination blocked for half an hour: much fraud there
    30453: _AWAY,  # … for some hours
    63038: _SLOW,  # messages of a day used up
    22005: _SLOW,  # more calls wait in its queue than it places in a day
    90007: _OURS,  # validity period that it does not take
}


def meaning(code: int | None, status: int | None = None) -> Meaning:
    """What a code means; for one that is not in the table, what the HTTP status of the answer does."""
    if code in _CODES:
        return _CODES[code]
    if status is not None and (status in _NEVER_THE_MESSAGE or 300 <= status < 400):
        return _OURS
    if status == 429:
        return _SLOW
    if status is None:  # told by a callback: the message was not delivered, and nobody is known to be at fault
        return _WORDS if code is None else _AWAY
    return _UNKNOWN
