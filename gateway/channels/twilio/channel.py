"""Handing SMS and calls over: one request each, on threads of the channel; a lost answer is Unsure, never tried again."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import Any, NamedTuple

import requests
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from urllib3.exceptions import ConnectTimeoutError

from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.clients import Clients
from gateway.channels.twilio.codes import meaning
from gateway.domain.channel import (
    Accepted,
    Capabilities,
    Encoding,
    Envelope,
    Fault,
    HeldBack,
    Inbound,
    Medium,
    Outcome,
    Rejected,
    Traced,
    Unrendered,
    Unsure,
    Watch,
    Withheld,
)
from gateway.domain.clock import Clock
from gateway.domain.errors import RenderFault

_log = logging.getLogger(__name__)

#: What the provider takes at most, and what is worth handing over at least.
VALIDITY_SECONDS_MAX = 36_000
VALIDITY_SECONDS_MIN = 60
_WORDS_MAX = 500
#: How far the provider's clock and ours may be apart when a message is looked for.
_CLOCKS_APART = timedelta(minutes=2)
_FOUND_MOST = 20
#: Of what people wrote to us, so many are listed at most, and so many in one answer.
_RECEIVED_MOST, _PAGE = 5_000, 1_000
#: The provider's word for a call that is placed no more.
_CALLED_OFF = "canceled"
#: … and what it answers of a call that is over (https://www.twilio.com/docs/api/errors/21220).
_TOO_LATE = (21220,)
#: The provider answers no in two forms; the second is that of RFC 9457.
_REFUSALS = (TwilioRestException, TwilioServiceException)
#: What the SDK raises of an answer that is none of the provider's.
_UNREADABLE = (TwilioException, ValueError, AttributeError, TypeError, KeyError)


class Created(NamedTuple):
    """What the provider answered to a request it took."""

    sid: str
    status: str


class _Requests:
    """What messages and calls have in common. Subclasses say how one is asked for and looked up."""

    medium: Medium
    pending = False

    def __init__(self, account: TwilioAccount, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._clients = Clients(account)
        self._threads = ThreadPoolExecutor(account.concurrency, thread_name_prefix=f"twilio-{self.medium}")
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """As many requests at once as the account allows; the provider can say later what became of each."""
        return Capabilities(medium=self.medium, concurrency=self._account.concurrency)

    def hand_over(self, envelopes: Sequence[Envelope], watch: Watch) -> list[Outcome]:
        """Hand each envelope over at most once; one outcome per envelope, in order. Thread-safe; returns when all are known.

        - Accepted: the provider gave it a SID, which is its reference.
        - Rejected: the provider answered no, or could not be reached before the request was written.
        - Unsure: the answer never came, or was an error of the provider's own server: `look_up` tells.
        - Withheld, Unrendered: nothing of it was written. So is what would no longer be delivered in time.
        """
        if self._closed:
            return [Rejected(False, "", "the channel is closed", Fault.CONNECTION) for _ in envelopes]
        turn = threading.Lock()  # the watch is asked by one thread at a time
        return list(self._threads.map(lambda envelope: self._one(envelope, watch, turn), envelopes))

    def look_up(self, recipient: str, since: datetime, until: datetime, reference: str = "") -> list[Traced]:
        """What the provider knows of messages to a recipient, begun between two instants, or of one reference.

        Raises OSError when the provider cannot be asked.
        """
        with _asking():
            try:
                if reference:
                    return [self._traced(self._fetch(reference))]
                found = self._listed(recipient, since - _CLOCKS_APART, until + _CLOCKS_APART)
                return [self._traced(each) for each in found]
            except _REFUSALS as refused:
                if refused.status == HTTPStatus.NOT_FOUND:
                    return []
                raise

    def received(self, number: str, since: datetime) -> list[Inbound]:
        """What people wrote to a number of ours since an instant, the newest first. Raises OSError."""
        return []  # calls are answered, or not

    def call_off(self, reference: str) -> bool:
        """Have the provider drop what waits in its queue or still rings; False when it can no longer. Raises OSError."""
        return False  # a text that it took is on its way

    def close(self) -> None:
        """Let what has begun end, begin nothing more. Idempotent."""
        self._closed = True
        self._threads.shutdown(wait=True)
        self._clients.close()

    def _one(self, envelope: Envelope, watch: Watch, turn: threading.Lock) -> Outcome:
        outcome = self._tried(envelope, watch, turn)
        try:
            with turn:
                watch.ended(envelope, outcome)
        except OSError as fault:
            _log.error("no note of what became of message %d: %s", envelope.message_id, fault)
        except Exception:  # the outcome is still returned, which is what settles the row
            _log.exception("the watch failed to hear the end of message %d", envelope.message_id)
        return outcome

    def _tried(self, envelope: Envelope, watch: Watch, turn: threading.Lock) -> Outcome:
        try:
            payload = envelope.payload(Encoding.EIGHT_BIT)
        except RenderFault as fault:
            return Unrendered(str(fault))
        except Exception as fault:  # whatever breaks in rendering must not reach the provider, nor the other messages
            return Unrendered(f"{type(fault).__name__}: {fault}")
        if not payload:
            return Unrendered("the message is empty")
        try:
            with turn:
                seconds = self._seconds_left(envelope)
                if seconds is None or not watch.may_begin(envelope):
                    return Withheld()
                watch.passing(envelope)
        except HeldBack:
            return Withheld()
        except OSError as fault:  # its disk, full mostly: each message of the batch meets it
            _log.error("no note of what leaves; message %d is withheld: %s", envelope.message_id, fault)
            return Withheld()
        except Exception:  # a watch that fails lets nothing through
            _log.exception("the watch failed; message %d is withheld", envelope.message_id)
            return Withheld()
        return self._answered(lambda: self._create(envelope, payload.decode(), seconds), payload)

    def _answered(self, create: Callable[[], Created], payload: bytes) -> Outcome:
        try:
            created = create()
        except _REFUSALS as refused:
            return _refused(refused)
        except requests.ConnectTimeout as fault:
            return Rejected(False, "", type(fault).__name__, Fault.CONNECTION)
        except requests.ConnectionError as fault:
            if _never_connected(fault):
                return Rejected(False, "", type(fault).__name__, Fault.CONNECTION)
            return Unsure(f"{type(fault).__name__} after the request was written")
        except (requests.RequestException, OSError) as fault:
            return Unsure(f"{type(fault).__name__} after the request was written")
        except Exception as odd:  # an answer that the SDK cannot read, such as a page of something between us and the provider
            _log.warning("the provider's answer cannot be read: %s", type(odd).__name__)
            return Unsure(f"{type(odd).__name__}: the answer to the request cannot be read")
        if not created.sid:
            return Unsure("the answer to the request gives no number of the message")
        return Accepted(created.sid, hashlib.sha256(payload).digest(), self.pending)

    def _seconds_left(self, envelope: Envelope) -> int | None:
        """How long the provider may try; None when so little is left that it would be late.

        It counts from the moment it has taken the request, which may be as late as we wait for its answer.
        """
        if envelope.good_until is None:
            return VALIDITY_SECONDS_MAX
        seconds = int((envelope.good_until - self._clock.now()).total_seconds() - self._account.timeout_seconds)
        return None if seconds < VALIDITY_SECONDS_MIN else min(seconds, VALIDITY_SECONDS_MAX)

    def _create(self, envelope: Envelope, payload: str, seconds: int) -> Created:
        raise NotImplementedError  # texts and calls each have their own

    def _fetch(self, reference: str) -> object:
        raise NotImplementedError  # texts and calls each have their own

    def _listed(self, recipient: str, since: datetime, until: datetime) -> list[Any]:
        raise NotImplementedError  # texts and calls each have their own

    def _traced(self, found: object) -> Traced:
        raise NotImplementedError  # texts and calls each have their own


class TwilioSms(_Requests):
    """domain.channel.Channel for SMS. The payload is the text, UTF-8."""

    medium = Medium.SMS

    def _create(self, envelope: Envelope, payload: str, seconds: int) -> Created:
        created = self._clients.mine().messages.create(
            to=envelope.recipient,
            from_=envelope.sender,
            body=payload,
            status_callback=f"{envelope.callback}/status" if envelope.callback else values.unset,
            validity_period=seconds,
            smart_encoded=False,  # what was approved is what leaves: the provider changes no character
        )
        return Created(created.sid, str(created.status))

    def _fetch(self, reference: str) -> object:
        return self._clients.mine().messages(reference).fetch()

    def received(self, number: str, since: datetime) -> list[Inbound]:
        """What people wrote to a number of ours since an instant, the newest first. Raises OSError."""
        with _asking():
            messages = self._clients.mine().messages
            found = messages.list(to=number, date_sent_after=since, limit=_RECEIVED_MOST, page_size=_PAGE)
            return [_inbound(each) for each in found if str(each.direction).startswith("inbound")]

    def _listed(self, recipient: str, since: datetime, until: datetime) -> list[Any]:
        messages = self._clients.mine().messages
        found: list[Any] = messages.list(to=recipient, date_sent_after=since, date_sent_before=until, limit=_FOUND_MOST)
        return [each for each in found if not str(each.direction).startswith("inbound")]

    def _traced(self, found: Any) -> Traced:
        return Traced(
            found.sid, found.to, str(found.status), found.error_code, found.date_created or found.date_updated, found.body
        )


class TwilioCalls(_Requests):
    """domain.channel.Channel for automated calls.

    The payload is the TwiML document the person hears. The provider fetches it when she answers, from the callback's /document,
    so that an answering machine can be told apart first; how the call ended is told to its /status.
    """

    medium = Medium.CALL
    pending = True

    def __init__(self, account: TwilioAccount, clock: Clock, *, ring_seconds: int = 25, talk_seconds_max: int = 180) -> None:
        super().__init__(account, clock)
        self._ring_seconds, self._talk_seconds_max = ring_seconds, talk_seconds_max

    def _create(self, envelope: Envelope, payload: str, seconds: int) -> Created:
        created = self._clients.mine().calls.create(
            to=envelope.recipient,
            from_=envelope.sender,
            url=f"{envelope.callback}/document",
            method="POST",
            status_callback=f"{envelope.callback}/status",
            status_callback_event=["completed"],
            status_callback_method="POST",
            machine_detection="Enable",
            timeout=self._ring_seconds,
            # It is counted from the answer: one that comes as late as it may still hears the call to its end.
            time_limit=max(1, min(self._talk_seconds_max, seconds - self._ring_seconds + envelope.lasts_seconds)),
        )
        return Created(created.sid, str(created.status))

    def call_off(self, reference: str) -> bool:
        """A call that it has not placed yet, or that nobody answered, is placed no more; one that somebody answered goes on."""
        with _asking():
            try:
                return str(self._clients.mine().calls(reference).update(status=_CALLED_OFF).status) == _CALLED_OFF
            except _REFUSALS as refused:
                if refused.code in _TOO_LATE or refused.status == HTTPStatus.NOT_FOUND:
                    return False
                raise

    def _fetch(self, reference: str) -> Any:
        return self._clients.mine().calls(reference).fetch()

    def _listed(self, recipient: str, since: datetime, until: datetime) -> list[Any]:
        calls = self._clients.mine().calls
        found: list[Any] = calls.list(to=recipient, start_time_after=since, start_time_before=until, limit=_FOUND_MOST)
        return found

    def _traced(self, found: Any) -> Traced:
        at = found.date_created or found.start_time
        return Traced(found.sid, found.to, str(found.status), None, at, answered_by=found.answered_by)


def _inbound(found: Any) -> Inbound:
    media = str(found.num_media or "")
    at = found.date_sent or found.date_created
    return Inbound(found.sid, found.from_, found.to, found.body or "", at, int(media) if media.isdigit() else 0)


@contextmanager
def _asking() -> Iterator[None]:
    """Within, a provider that does not answer, or answers what nobody can read, is an OSError."""
    try:
        yield
    except _REFUSALS as refused:
        raise OSError(f"the provider answered {refused.status}") from refused
    except _UNREADABLE as odd:
        raise OSError(f"the provider answered what nobody can read ({type(odd).__name__})") from odd


def _refused(refused: TwilioRestException | TwilioServiceException) -> Outcome:
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR or refused.status == HTTPStatus.REQUEST_TIMEOUT:
        return Unsure(f"the provider's server failed ({refused.status}): it may have taken the message")
    found = meaning(refused.code, refused.status)
    said = refused.msg if isinstance(refused, TwilioRestException) else f"{refused.title} {refused.detail or ''}"
    words = " ".join(str(said).split())[:_WORDS_MAX]
    return Rejected(found.permanent, str(refused.code or refused.status), words, found.fault)


def _never_connected(fault: requests.ConnectionError) -> bool:
    """Whether a connection could not even be opened, so that nothing was written."""
    if isinstance(fault, requests.exceptions.ProxyError):  # what stands before the provider let nothing through
        return True
    seen: BaseException | None = fault
    for _ in range(6):
        if seen is None:
            return False
        reason = getattr(seen, "reason", None) or (
            seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        )
        # Names not found and connections refused are kinds of the first; the second is whose certificate nobody vouches for.
        if isinstance(seen, (ConnectTimeoutError, SSLCertVerificationError)):
            return True
        seen = reason or seen.__cause__
    return False
