"""Trial mode's mailbox as pages: what people would have received. For the team, on this machine only."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.domain.errors import NotFound
from gateway.domain.machine import is_loopback
from gateway.web.pages import Pages

_PAGE = 50
_NUMBER = re.compile(r"\d{0,15}", re.ASCII)
_ID_MAX = 10**15
#: Raw source shown on a page; a longer one is cut, and says so.
_SOURCE_MAX = 200_000
#: A mail may bring its own style and nothing else: no script, no image from elsewhere. Links open beside.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
#: For a page that shows another one of ours in a frame.
FRAMING_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'"
)


class TrialMail(Protocol):
    """One mail the sandbox took."""

    @property
    def id(self) -> int:
        """Its number, growing with time."""

    @property
    def sender(self) -> str:
        """Envelope sender."""

    @property
    def recipient(self) -> str:
        """Envelope recipient."""

    @property
    def received_at(self) -> datetime:
        """When the sandbox took it; aware, UTC."""

    @property
    def subject(self) -> str:
        """Its subject, decoded; "" when it has none."""


class TrialMailbox(Protocol):
    """What the pages need of the sandbox."""

    def mails(self, limit: int, after: int | None, *, recipient: str | None, newest_first: bool) -> Sequence[TrialMail]:
        """At most `limit` mails, from the one after `after` (its id) in that order; of one recipient, or of all."""

    def read(self, mail_id: int, /) -> bytes:
        """The mail as it was transmitted. Raises NotFound."""

    def count(self, *, recipient: str | None) -> int:
        """How many mails there are, for one recipient or in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMail:
    """A mail, read for its page."""

    headers: tuple[tuple[str, str], ...]
    subject: str
    text: str
    html: str
    source: str
    cut: bool  #: whether `source` is only the beginning


class TrialPages:
    """/sandbox/mails and what is under it."""

    def __init__(self, mailbox: TrialMailbox, pages: Pages) -> None:
        self._mailbox = mailbox
        self._pages = pages

    def routes(self) -> list[Route]:
        """GET only: the pages show and never act."""
        return [
            Route("/sandbox/mails", here_only(self.listed), methods=["GET"]),
            Route("/sandbox/mails/{id:int}", here_only(self.one), methods=["GET"]),
            Route("/sandbox/mails/{id:int}/html", here_only(self.html), methods=["GET"]),
        ]

    async def listed(self, request: Request) -> Response:
        """A page of mails, the newest first; ?recipient= narrows it down, ?after= goes on from a mail."""
        recipient = request.query_params.get("recipient", "").strip()
        after = request.query_params.get("after", "")
        if not _NUMBER.fullmatch(after):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        mails, total = await run_in_threadpool(self._list, int(after) if after else None, recipient or None)
        more = len(mails) > _PAGE
        shown = mails[:_PAGE]
        return self._pages.answer(
            request, "mails.html", mails=shown, total=total, recipient=recipient, next_after=shown[-1].id if more else None
        )

    async def one(self, request: Request) -> Response:
        """One mail: headers, how it looks, its text and its source."""
        number = request.path_params["id"]
        mail = open_mail(await self._source(number))
        answer = self._pages.answer(request, "mail.html", id=number, mail=mail)
        answer.headers["Content-Security-Policy"] = FRAMING_POLICY
        return answer

    async def html(self, request: Request) -> Response:
        """The HTML part alone, for the frame of the page above."""
        mail = open_mail(await self._source(request.path_params["id"]))
        headers = {"Content-Security-Policy": _MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(f'<base target="_blank">{mail.html}', headers=headers)

    def _list(self, after: int | None, recipient: str | None) -> tuple[Sequence[TrialMail], int]:
        mails = self._mailbox.mails(_PAGE + 1, after, recipient=recipient, newest_first=True)
        return mails, self._mailbox.count(recipient=recipient)

    async def _source(self, number: int) -> bytes:
        try:
            if number > _ID_MAX:
                raise NotFound("aucun courriel d’essai n’a ce numéro")
            return await run_in_threadpool(self._mailbox.read, number)
        except NotFound as missing:
            raise HTTPException(HTTPStatus.NOT_FOUND) from missing


def open_mail(source: bytes) -> OpenedMail:
    """Read a mail for display; whatever is missing is empty, and bytes that are no text are replaced."""
    message = message_from_bytes(source, policy=modern)
    shown = source[:_SOURCE_MAX].decode("utf-8", "replace")
    return OpenedMail(
        headers=tuple((name, str(value)) for name, value in message.items()),
        subject=str(message.get("subject", "")),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        source=shown,
        cut=len(source) > _SOURCE_MAX,
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    try:
        return body.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def here_only(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The page, for clients of this machine; 404 for all others, and for names that merely lead here (DNS rebinding)."""

    async def guarded(request: Request) -> Response:
        client = request.client.host if request.client else ""
        if not is_loopback(client) or not is_loopback(urlsplit(f"//{request.headers.get('host', '')}").hostname or ""):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return await page(request)

    return guarded
