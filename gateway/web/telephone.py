"""The page where somebody we know by telephone gives her number, then the code that came by text. GET shows; POST acts at once.

What is said is the same whether a number is in our file or not, and so is how long it takes: the text is seen to once the page is
on its way. Serves rules dsar-access-content and rights-messages-exempt.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.domain.errors import GatewayError, InvalidAddress
from gateway.flows.gateway import Gateway
from gateway.flows.rights import proving
from gateway.store.schema import at_head
from gateway.web.bodies import read_fields
from gateway.web.guard import TRAP, Counter
from gateway.web.pages import ActingPage, Pages, same_language

log = logging.getLogger(__name__)

_FIELDS_MAX: Final = 8
_NUMBER_MAX: Final = 40
_RETRY_AFTER_SECONDS: Final = 3600


class ByTelephone(ActingPage):
    """The page at /rights."""

    path, name = "/rights", "rights"

    def __init__(self, gw: Gateway, pages: Pages) -> None:
        super().__init__(gw, pages)
        self._counter = Counter(gw)

    async def show(self, request: Request) -> Response:
        """The form, and what may be done behind it. Changes nothing."""
        return self._ask(request)

    async def act(self, request: Request) -> Response:
        """Have a code sent to a number, or take one and lead to the page it opens. Raises InvalidToken, StoreUnavailable."""
        fields = await read_fields(request, most=_FIELDS_MAX)
        if not await run_in_threadpool(self._admits_place, request):
            return self._busy(request, fields)
        if fields.get("act") == "code":
            return await self._enter(request, fields)
        if not proving.sends_texts(self._gw):
            return self._ask(request, problem="none")
        typed = fields.get("phone", "").strip()[:_NUMBER_MAX]
        try:
            digest = proving.number_digest(self._gw, typed)
        except InvalidAddress as fault:
            problem = "landline" if fault.code == "medium" and "@" not in typed else "phone"
            return self._ask(request, typed=typed, problem=problem)
        await run_in_threadpool(at_head, self._gw.engine)  # a store out of reach is told now, to everybody alike
        answer = self._type_in(request, proving.page_token(self._gw, digest))
        if not fields.get(TRAP):
            answer.background = BackgroundTask(run_in_threadpool, self._send, digest)
        return answer

    def _send(self, digest: bytes) -> None:
        try:
            proving.send_code(self._gw, digest)
        except GatewayError:
            log.exception("a code that was asked for was not sent")

    async def _enter(self, request: Request, fields: Mapping[str, str]) -> Response:
        to = fields.get("to", "")
        digest = proving.named_by(self._gw, to)
        if not await run_in_threadpool(self._counter.admits, "code", digest.hex(), proving.TRIES):
            return self._busy(request, fields)
        opened = await run_in_threadpool(proving.enter_code, self._gw, digest, fields.get("code", ""))
        if opened is None:
            return self._type_in(request, to, problem="code")
        return RedirectResponse(f"/w/{opened}{same_language(request)}", HTTPStatus.SEE_OTHER)

    def _admits_place(self, request: Request) -> bool:
        most = self._gw.settings.rights.posts_per_hour
        return self._counter.admits("rights", self._counter.place(request), most)

    def _ask(self, request: Request, *, typed: str = "", problem: str = "") -> Response:
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        texts = proving.sends_texts(self._gw)
        return self._pages.answer(request, "telephone.html", status=status, typed=typed, problem=problem, trap=TRAP, texts=texts)

    def _type_in(self, request: Request, to: str, *, problem: str = "") -> Response:
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._pages.answer(request, "code.html", status=status, to=to, problem=problem)

    def _busy(self, request: Request, fields: Mapping[str, str]) -> Response:
        code = fields.get("act") == "code"
        answer = self._type_in(request, fields.get("to", ""), problem="busy") if code else self._ask(request, problem="busy")
        answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
        answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        return answer
