"""Trial mode's telephones as pages: what each received, a field to answer, a keypad. For the team, on this machine only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.domain.errors import Conflict
from gateway.web.bodies import read_fields
from gateway.web.pages import Pages, same_language
from gateway.web.shell import page_policy
from gateway.web.trial import FRAMING_POLICY, here_only

_NUMBER = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_SHOWN = 50
_REPLY_MAX = 1600
_KEYS = re.compile(r"[0-9*#]", re.ASCII)
_OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
#: How soon the frame that shows what is heard looks again; the page around it, where people type, stays as it is.
_REFRESH_SECONDS = 2
_FRAMED_POLICY = page_policy("'self'")


class TrialText(Protocol):
    """One text, to a telephone or from it."""

    @property
    def direction(self) -> str:
        """outbound-api, or inbound when the telephone wrote it."""

    @property
    def sender(self) -> str:
        """Number or name it came from."""

    @property
    def recipient(self) -> str:
        """Number it went to."""

    @property
    def body(self) -> str:
        """The words."""

    @property
    def status(self) -> str:
        """What became of it."""

    @property
    def created_at(self) -> datetime:
        """When; aware."""


class TrialCall(Protocol):
    """One call to a telephone."""

    @property
    def sid(self) -> str:
        """Its number at the carrier."""

    @property
    def caller(self) -> str:
        """Number shown."""

    @property
    def status(self) -> str:
        """Where it stands."""

    @property
    def heard(self) -> Sequence[str]:
        """What was said so far."""

    @property
    def digits(self) -> str:
        """Keys pressed."""

    @property
    def created_at(self) -> datetime:
        """When; aware."""


class TrialTraffic(Protocol):
    """What the carrier keeps."""

    def numbers(self, limit: int) -> Sequence[tuple[str, int, int]]:
        """(telephone, texts, calls), those with the latest traffic first."""

    def messages(self, *, limit: int, newest_first: bool, equal: dict[str, str]) -> Sequence[TrialText]:
        """Texts whose columns hold these values."""

    def calls(self, *, limit: int, newest_first: bool, equal: dict[str, str]) -> Sequence[TrialCall]:
        """Calls whose columns hold these values."""


class TrialCarrier(Protocol):
    """What the pages need of the carrier."""

    @property
    def traffic(self) -> TrialTraffic:
        """What it keeps."""

    def reply(self, handset: str, to: str, body: str) -> object:
        """Somebody answers by SMS."""

    def press(self, sid: str, digits: str) -> None:
        """Somebody presses a key during a call. Raises Conflict when it is over."""


@dataclass(frozen=True, slots=True)
class Handset:
    """What one telephone shows."""

    number: str
    texts: Sequence[TrialText]  #: oldest first
    calls: Sequence[TrialCall]  #: newest first
    senders: tuple[str, ...]  #: whom it can answer

    @property
    def live(self) -> TrialCall | None:
        """A call that is not over."""
        return next((call for call in self.calls if call.status not in _OVER), None)

    @property
    def ended(self) -> Sequence[TrialCall]:
        """Calls that are over, newest first."""
        return [call for call in self.calls if call.status in _OVER]


class HandsetPages:
    """/sandbox/handsets and what is under it."""

    def __init__(self, carrier: TrialCarrier, pages: Pages) -> None:
        self._carrier = carrier
        self._pages = pages

    def routes(self) -> list[Route]:
        """GET shows; POST acts as the person who holds the telephone."""
        return [
            Route("/sandbox/handsets", here_only(self.listed), methods=["GET"]),
            Route("/sandbox/handsets/{number}", here_only(self.one), methods=["GET"]),
            Route("/sandbox/handsets/{number}/call", here_only(self.heard), methods=["GET"]),
            Route("/sandbox/handsets/{number}/reply", here_only(self.reply), methods=["POST"]),
            Route("/sandbox/handsets/{number}/key", here_only(self.key), methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """Telephones with traffic, the latest first."""
        numbers = await run_in_threadpool(self._carrier.traffic.numbers, 200)
        return self._pages.answer(request, "handsets.html", numbers=numbers)

    async def one(self, request: Request) -> Response:
        """What one telephone received, and its keys."""
        handset = await run_in_threadpool(self._handset, _number(request))
        answer = self._pages.answer(request, "handset.html", handset=handset)
        if handset.live is not None:
            answer.headers["Content-Security-Policy"] = FRAMING_POLICY
        return answer

    async def heard(self, request: Request) -> Response:
        """What is heard of the call under way, or of the last one: the frame within the page, which alone looks again."""
        handset = await run_in_threadpool(self._handset, _number(request))
        call = handset.live or next(iter(handset.ended), None)
        over = handset.live is None
        heard, digits = (call.heard, call.digits) if call else ((), "")
        answer = self._pages.answer(request, "call.html", number=handset.number, heard=heard, digits=digits, over=over)
        answer.headers["Content-Security-Policy"] = _FRAMED_POLICY
        if handset.live is not None:
            answer.headers["Refresh"] = str(_REFRESH_SECONDS)
        return answer

    async def reply(self, request: Request) -> Response:
        """Answer a text."""
        number, fields = _number(request), await read_fields(request, most=4)
        # A browser sends each end of a line as two characters, and counts one.
        text, to = fields.get("text", "").replace("\r\n", "\n").strip(), fields.get("to", "")
        if not text or len(text) > _REPLY_MAX or to not in (await run_in_threadpool(self._handset, number)).senders:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        await run_in_threadpool(self._carrier.reply, number, to, text)
        return _back(request, "texts")

    async def key(self, request: Request) -> Response:
        """Press a key during a call; once it is over, nothing happens."""
        number, fields = _number(request), await read_fields(request, most=4)
        live = (await run_in_threadpool(self._handset, number)).live
        if not _KEYS.fullmatch(fields.get("key", "")):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        if live is not None:
            with suppress(Conflict):  # it ended between the page and the key
                await run_in_threadpool(self._carrier.press, live.sid, fields["key"])
        return _back(request, "live")

    def _handset(self, number: str) -> Handset:
        traffic = self._carrier.traffic
        received = traffic.messages(limit=_SHOWN, newest_first=True, equal={"recipient": number})
        written = traffic.messages(limit=_SHOWN, newest_first=True, equal={"sender": number})
        calls = traffic.calls(limit=_SHOWN, newest_first=True, equal={"callee": number})
        if not received and not calls:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        texts = sorted([*received, *written], key=lambda text: text.created_at)
        senders = tuple(dict.fromkeys(text.sender for text in received if text.sender.lstrip("+").isdecimal()))
        return Handset(number, texts, calls, senders)


def _number(request: Request) -> str:
    number: str = request.path_params["number"]
    if not _NUMBER.fullmatch(number):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return f"+{number}"


def _back(request: Request, part: str) -> Response:
    """See Other: to the part of the telephone's page that was used, in the language it was looked at."""
    return RedirectResponse(f"{request.url.path.rpartition('/')[0]}{same_language(request)}#{part}", HTTPStatus.SEE_OTHER)
