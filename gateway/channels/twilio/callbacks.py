"""What the provider tells us: signed forms, read into values. Whatever is malformed is refused with a reason."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.errors import InvalidInput

_SID = re.compile(r"(?:SM|MM|CA)[0-9a-fA-F]{32}")
_BODY_CHARACTERS_MAX = 5_000
_MESSAGE_STATUSES = frozenset(
    {"accepted", "queued", "sending", "sent", "receiving", "received", "delivered", "undelivered", "failed", "read", "canceled"}
)
_CALL_STATUSES = frozenset(
    {"queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus:
    """A message changed its status."""

    sid: str
    status: str
    error_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsReply:
    """Somebody wrote an SMS to one of our numbers."""

    sid: str
    sender: str  #: as the provider writes it: E.164, or a short code
    recipient: str
    text: str
    media: int = 0  #: pictures and sounds that came with it, or instead of words
    opted_out: bool = False  #: the provider took it for one of the words by which it stops us itself


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """A call changed its status, or ended."""

    sid: str
    status: str
    answered_by: str | None
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPress:
    """Somebody pressed keys during a call; none: the question went unanswered."""

    sid: str
    callee: str
    digits: str
    answered_by: str | None


def signed(token: str, url: str, form: Sequence[tuple[str, str]], signature: str) -> bool:
    """Whether X-Twilio-Signature is that of this very address and form (https://www.twilio.com/docs/usage/security).

    url: as the provider was told it, with its query as it stands; it signs it with its port or without one, as its own SDK has to
    allow for. A parameter given twice counts once per distinct value.
    """
    parameters = "".join(f"{name}{value}" for name, value in sorted(set(form)))
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    wanted = [hmac.digest(token.encode(), (each + parameters).encode(), "sha1") for each in _spellings(url)]
    return any([hmac.compare_digest(one, given) for one in wanted])  # all are looked at: how long it takes tells nothing


def _spellings(url: str) -> tuple[str, ...]:
    """The address as it stands, then the same with the port of its scheme or without any."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    host, colon, port = place.rpartition(":")
    other = host if colon and port.isdigit() else f"{place}:{443 if scheme == 'https' else 80}"
    return url, f"{scheme}://{other}{slash}{path}"


def message_status(form: Mapping[str, str]) -> MessageStatus:
    """Raises InvalidInput."""
    status = form.get("MessageStatus", "")
    if status not in _MESSAGE_STATUSES:
        raise InvalidInput("MessageStatus : absent, ou ce n’est pas un état que l’opérateur connaît")
    code = form.get("ErrorCode", "")
    if code and not (code.isascii() and code.isdigit() and len(code) <= 9):
        raise InvalidInput("ErrorCode : ce n’est pas un nombre")
    return MessageStatus(sid=_sid(form, "MessageSid"), status=status, error_code=int(code) if code else None)


def sms_reply(form: Mapping[str, str]) -> SmsReply:
    """Raises InvalidInput."""
    for name in ("From", "To"):
        if not 1 <= len(form.get(name, "")) <= 40:
            raise InvalidInput(f"{name} : absent, ou trop long")
    text = form.get("Body", "").replace("\x00", "")[:_BODY_CHARACTERS_MAX]
    media = form.get("NumMedia", "")
    count = int(media) if media.isascii() and media.isdigit() and len(media) < 4 else 0
    return SmsReply(
        sid=_sid(form, "MessageSid"),
        sender=form["From"],
        recipient=form["To"],
        text=text,
        media=count,
        opted_out=form.get("OptOutType", "").upper() == "STOP",
    )


def call_status(form: Mapping[str, str]) -> CallStatus:
    """Raises InvalidInput."""
    status = form.get("CallStatus", "")
    if status not in _CALL_STATUSES:
        raise InvalidInput("CallStatus : absent, ou ce n’est pas un état que l’opérateur connaît")
    seconds = form.get("CallDuration", "")
    return CallStatus(
        sid=_sid(form, "CallSid"),
        status=status,
        answered_by=form.get("AnsweredBy") or None,
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None,
    )


def key_press(form: Mapping[str, str]) -> KeyPress:
    """Raises InvalidInput."""
    digits = form.get("Digits", "")
    if len(digits) > 10 or not re.fullmatch(r"[0-9*#]*", digits):
        raise InvalidInput("Digits : ce ne sont pas des touches de téléphone")
    return KeyPress(
        sid=_sid(form, "CallSid"), callee=form.get("To", "")[:40], digits=digits, answered_by=form.get("AnsweredBy") or None
    )


def _sid(form: Mapping[str, str], name: str) -> str:
    sid = form.get(name, "")
    if not _SID.fullmatch(sid):
        raise InvalidInput(f"{name} : absent, ou ce n’est pas un identifiant de l’opérateur")
    return sid
