"""The link of a request for consent: the question, its whole notice, yes and no. GET shows and never acts; POST acts at once.

Serves rules consent-request-once, consent-proof and contact-class.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.flows.requesting import read_request, say_no, say_yes
from gateway.web.bodies import read_fields
from gateway.web.pages import ActingPage

_FIELDS_MAX: Final = 4


class Answering(ActingPage):
    """The pages behind /a/{token}."""

    path, name = "/a/{token}", "answer"

    async def show(self, request: Request) -> Response:
        """The question, or what became of it. Changes nothing. Raises InvalidToken, StoreUnavailable."""
        return await self._page(request)

    async def act(self, request: Request) -> Response:
        """Record the answer, then say so; what is neither yes nor no is answered 400, with the question again.

        Raises InvalidToken, StoreUnavailable: nothing is confirmed that is not committed.
        """
        token, fields = request.path_params["token"], await read_fields(request, most=_FIELDS_MAX)
        view = await run_in_threadpool(read_request, self._gw, token)
        match fields.get("answer"):
            case "yes":
                language = self._pages.language(request, view.language)
                await run_in_threadpool(say_yes, self._gw, token, language)
                return await self._page(request)
            case "no":
                standing = await run_in_threadpool(say_no, self._gw, token)
                # She may be gone by now: the language of her page is that of the question.
                return self._pages.answer(request, "answered.html", language=view.language, link=view, standing=standing)
            case _:
                return await self._page(request, status=HTTPStatus.BAD_REQUEST)

    async def _page(self, request: Request, *, status: int = HTTPStatus.OK) -> Response:
        token = request.path_params["token"]
        view = await run_in_threadpool(read_request, self._gw, token)
        language = self._pages.language(request, view.language)
        if language != view.language:
            view = await run_in_threadpool(read_request, self._gw, token, language)
        return self._pages.answer(request, "request.html", language=language, status=status, link=view, problem=status >= 400)
