"""Logs for operators: one line per event, JSON or console, without personal data.

Every record goes through the same last steps, whether it was written through structlog or by a library through logging: values
of unknown types show their type only, and addresses, telephone numbers, tokens and credentials are struck out of every text.
The log may be lost; the journal may not. Whoever writes a log line still names ids, never persons: a name cannot be recognised
by its form.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, Set
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Literal, TextIO
from uuid import UUID

import structlog
from structlog.types import EventDict, Processor

_HANDLER = "gateway"

#: Libraries whose INFO or DEBUG lines carry addresses, numbers, statements or client IPs, or say again what `gateway serve` says:
#: never lower than this.
_QUIET = {
    "aiosmtplib": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dramatiq": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    "mail.log": logging.WARNING,
    "python_multipart": logging.ERROR,  # what is wrong with a form that somebody sent is said to him, and mended by nobody here
    "sqlalchemy": logging.WARNING,
    "sqlalchemy.pool": logging.CRITICAL,  # a connection it gives up: whoever used it says in a sentence what went away
    "twilio": logging.WARNING,
    "urllib3": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,
}

#: Libraries that say the same every few seconds while their server is away, or of each request that is none, up to which level;
#: and how long they are heard once.
_REPEATS = {"dramatiq.": logging.CRITICAL, "uvicorn.error": logging.WARNING}
_HEARD_ONCE_SECONDS = 600.0
_LINES_KNOWN_MOST = 100

_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_AT = r"(?:@|%40)"
_STRIKES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Credentials first: what follows them would else read as an address.
    (re.compile(r"(?<=://)[^/\s@:]*:[^/\s]*@(?=[\w.\[-])"), "[credentials]@"),
    (re.compile(rf"(?<!{_LOCAL}){_LOCAL}+{_AT}[\w-]+(?:\.[\w-]+)*", re.IGNORECASE), "[email]"),
    (re.compile(r"(?<![\w.])(?:\+|%2B|00)[1-9](?:[\s./-]?\(?\d\)?){6,14}(?!\d)", re.IGNORECASE), "[phone]"),
    (re.compile(r"(?<![\w.])0[1-9](?:[\s./-]?\d{2}){4}(?!\d)"), "[phone]"),
    (re.compile(r"(?<![\w.])33[1-9]\d{8}(?!\d)"), "[phone]"),
    # Our links end with 55 characters of base64url; providers' paths and queries carry keys and numbers.
    (re.compile(r"/[A-Za-z0-9_-]{32,}"), "/[token]"),
    (re.compile(r"(?<=[\w/])\?[\w.%~+-]+=[^\s\"'<>]*"), "?[query]"),
)


def configure_logs(
    *, level: str = "info", form: Literal["json", "console"] = "json", stream: TextIO | None = None, colours: bool = False
) -> None:
    """Send every log record of this process to one stream (default: standard error); safe to repeat.

    level: name of the lowest level shown; libraries known to write personal data stay at warning whatever it is.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name(_HANDLER)
    handler.addFilter(_Once())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_colours,
                redact_event,
                _renderer(form, colours=colours),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(other for other in root.handlers if other.get_name() != _HANDLER), handler]
    root.setLevel(level.upper())
    for name, lowest in _QUIET.items():
        logging.getLogger(name).setLevel(lowest)


class _Once(logging.Filter):
    """Leaves out what a library said in the same words a moment ago: a server away for a night, or whoever scans
    ports, would fill the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is to be written."""
        if not any(record.name.startswith(name) and record.levelno <= most for name, most in _REPEATS.items()):
            return True
        line = (record.name, record.getMessage())
        if 0 <= record.created - self._said.get(line, -_HEARD_ONCE_SECONDS) < _HEARD_ONCE_SECONDS:
            return False
        if len(self._said) >= _LINES_KNOWN_MOST:
            self._said.clear()
        self._said[line] = record.created
        return True


def _without_colours(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Uvicorn says everything twice, the second time for coloured terminals."""
    event.pop("color_message", None)
    return event


def redact(text: str) -> str:
    """The text with email addresses, telephone numbers, tokens, queries and credentials struck out.

    Serves nothing but operators' logs: it errs on the side of striking too much.
    """
    for pattern, mark in _STRIKES:
        text = pattern.sub(mark, text)
    return text


def redact_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Last processor before rendering: no value leaves unread, however deep it lies."""
    return {redact(key): _redacted(value) for key, value in event.items()}


def _redacted(value: object) -> object:
    match value:
        case Enum():
            return redact(str(value.value))
        case str() | PurePath():
            return redact(str(value))
        case None | bool() | int() | float() | date() | timedelta() | UUID():
            return value if isinstance(value, (int, float)) or value is None else str(value)
        case Mapping():
            return {redact(str(key)): _redacted(inner) for key, inner in value.items()}
        case list() | tuple() | Set():
            return [_redacted(inner) for inner in value]
        case BaseException():
            return f"{type(value).__name__}: {redact(str(value))}"
        case _:
            return f"<{type(value).__name__}>"  # its text could hold an address in a form no pattern knows


def _renderer(form: Literal["json", "console"], *, colours: bool) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # Plain tracebacks: the pretty ones show local variables, and those hold people.
    return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
