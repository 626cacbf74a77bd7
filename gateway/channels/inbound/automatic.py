"""Was a mail sent by a machine? Answering one begins a loop, and reading one as a person's words is wrong (RFC 3834)."""

from __future__ import annotations

import re

from gateway.channels.inbound.mime import Fields, words

_SUPPRESSING = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-mail-autoreply",
    "x-loop",
    "x-auto-reply-from",
    "x-vacation",
)
#: Names of the addresses mail servers write from.
_DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-daemon|postmaster|post_master|mdaemon|mail\.?delivery(?:\.\w+)?|delivery|no-?reply|bounces?|"
    r"do-?not-?reply)(?:[+=-][^@\s]{0,80})?(?:@|$)",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"\W{0,2}(mail delivery|mailer.?daemon|postmaster|system administrator|delivery subsystem)", re.IGNORECASE
)
_BEFORE = r"^\W{0,3}(?:(?:re|tr|aw|sv|rép|ref|fwd?)\s?:\s?){0,2}\W{0,3}"
_AWAY = re.compile(
    _BEFORE + r"(?:auto(?:matic|mated|matisch\w*|mática|matique)?[ :-]{0,3}(?:repl|response|antwort|answer|re\b|réponse)"
    r"|out[ -]of[ -](?:the[ -])?office|(?:r[ée]ponse|message) automatique|absen[tc]e?\b|message d[’']absence|en cong[ée]s?\b"
    r"|vacation|away from|abwesen|automatische antwort|respuesta autom|fuera de (?:la )?oficina|risposta automatica"
    r"|自動(?:応答|返信)|不在)",
    re.IGNORECASE,
)


def from_daemon(fields: Fields) -> bool:
    """True when the author's address is one that mail servers use."""
    author = words(fields.get("from"))[:500]
    address = author.partition("<")[2] or author
    return bool(_DAEMON.match(address.strip(" <>")) or _DAEMON_NAME.match(author))


def null_sender(fields: Fields) -> bool:
    """True when the envelope had no sender: nobody may answer (RFC 5321, 4.5.5)."""
    path = fields.get("return-path").strip()
    return path == "<>" or "mailer-daemon" in path.lower()


def is_automatic(fields: Fields) -> bool:
    """True when any field says that a machine sent it."""
    submitted = fields.get("auto-submitted").split(";")[0].split("(")[0].strip().lower()
    return (
        (bool(submitted) and submitted != "no")
        or null_sender(fields)
        or from_daemon(fields)
        or fields.get("precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply")
        or any(name in fields for name in (*_SUPPRESSING, "list-id", "list-unsubscribe", "feedback-id"))
        or "oof" in fields.get("x-auto-response-suppress").lower()
        or "all" in fields.get("x-auto-response-suppress").lower()
        or says_away(fields)
    )


def says_away(fields: Fields) -> bool:
    """True when the subject is that of an automatic answer, in French, English, German, Spanish, Italian or Japanese."""
    return bool(_AWAY.match(words(fields.get("subject"))))


def is_vacation(fields: Fields) -> bool:
    """True for the automatic answer of somebody's mailbox. Whoever calls has made sure that it is no bounce."""
    submitted = fields.get("auto-submitted").strip().lower()
    return (
        says_away(fields)
        or submitted.startswith(("auto-replied", "auto-replied;", "auto-notified"))
        or fields.get("precedence").strip().lower() == "auto_reply"
        or any(name in fields for name in _SUPPRESSING if name != "x-loop")
        or "x-ms-exchange-inbox-rules-loop" in fields
    )
