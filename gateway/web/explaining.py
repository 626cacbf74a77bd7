"""The page behind « Pourquoi ai-je reçu ce message ? », and one's rights there. GET shows and never acts; POST acts at once.

Serves rules origin-mention, dsar-access-content, dsar-portability and dsar-restriction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Final, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.clock import read_day
from gateway.domain.contact import may_be_born
from gateway.domain.errors import Conflict, InvalidInput
from gateway.flows.rights import why
from gateway.flows.rights.acting import Correction
from gateway.flows.rights.why import Carried, WhyView
from gateway.web.bodies import read_fields
from gateway.web.pages import ActingPage

_FIELDS_MAX: Final = 12
#: What a person may put right by herself; an address is changed by the team, who make sure that it is hers.
CORRECTED: Final = ("given_name", "family_name", "birth_on", "postcode", "commune")
_LENGTH_MAX: Final = 100


class Explaining(ActingPage):
    """The pages behind /w/{token}."""

    path, name = "/w/{token}", "why"

    async def show(self, request: Request) -> Response:
        """Who wrote and why; behind a fresh link everything on record. Changes nothing. Raises InvalidToken, StoreUnavailable."""
        view = await run_in_threadpool(why.read_why, self._gw, request.path_params["token"])
        return await self._page(request, view)

    async def act(self, request: Request) -> Response:
        """Do what was asked, then say so. What cannot be read is answered 400, with the page again and what is missing.

        Raises InvalidToken, StoreUnavailable: nothing is confirmed that is not committed.
        """
        token, fields = request.path_params["token"], await read_fields(request, most=_FIELDS_MAX)
        # Read first: after an erasure there is nobody left to say whom the page is for.
        view = await run_in_threadpool(why.read_why, self._gw, token)
        language = self._pages.language(request, view.language)
        try:
            match fields.get("act"):
                case "link":
                    await run_in_threadpool(why.ask_for_own_link, self._gw, token)
                    return self._pages.answer(request, "linked.html", language=language, by_mail=view.by_mail)
                case "code" if view.by_text:
                    to = await run_in_threadpool(why.ask_for_code, self._gw, token)
                    return self._pages.answer(request, "code.html", language=language, to=to, problem="")
                case "download":
                    body = await run_in_threadpool(why.download, self._gw, token, language)
                    named = {"Content-Disposition": f'attachment; filename="{_FILE[language]}"'}
                    return Response(body, media_type="application/zip", headers=named)
                case "correct":
                    return await self._correct(request, view, fields)
                case "restrict":
                    return self._done(request, view, await run_in_threadpool(why.restrict, self._gw, token))
                case "erase" if "sure" in fields:
                    return self._done(request, view, await run_in_threadpool(why.erase, self._gw, token))
                case "erase":
                    return await self._page(request, view, problem="sure")
                case _:
                    return await self._page(request, view, problem="act")
        except Conflict:
            # Of somebody who pressed « Effacer » twice nothing is left: that is no mistake of hers.
            view = await run_in_threadpool(why.read_why, self._gw, token)
            return await self._page(request, view, problem="stale" if view.address_hint else "")

    async def _correct(self, request: Request, view: WhyView, fields: Mapping[str, str]) -> Response:
        try:
            correction = read_correction(fields, self._gw.clock.now().date())
        except InvalidInput:
            return await self._page(request, view, problem="birth_on", typed=fields)
        try:
            done = await run_in_threadpool(why.correct, self._gw, request.path_params["token"], correction)
        except InvalidInput:
            return await self._page(request, view, problem="same")
        return self._done(request, view, done)

    def _done(self, request: Request, view: WhyView, done: Carried) -> Response:
        return self._pages.answer(request, "carried_out.html", language=view.language, link=view, done=done)

    async def _page(
        self, request: Request, view: WhyView, *, problem: str = "", typed: Mapping[str, str] | None = None
    ) -> Response:
        language = self._pages.language(request, view.language)
        own = await run_in_threadpool(why.read_own, self._gw, request.path_params["token"], language)
        return self._pages.answer(
            request,
            "why.html",
            language=language,
            status=HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
            link=view,
            own=own,
            problem=problem,
            typed={name: value[:_LENGTH_MAX] for name, value in (typed or {}).items() if name in CORRECTED},
        )


_FILE: Final = {"fr": "mes-donnees.zip", "en": "my-data.zip"}


def read_correction(fields: Mapping[str, str], today: date) -> Correction:
    """What a person wrote in place of what stands; what she emptied goes.

    Raises InvalidInput for a day nobody can read, or on which she cannot be born.
    """
    typed = {name: " ".join(fields[name].split())[:_LENGTH_MAX] for name in CORRECTED if name in fields}
    born: date | Literal[""] | None = None
    if (day := typed.pop("birth_on", None)) is not None:
        born = read_day(day) if day else ""
        if born is None or (born and not may_be_born(born, today)):
            raise InvalidInput("birth_on")
    if "postcode" in typed:
        typed["postcode"] = typed["postcode"][:10]
    return Correction(birth_on=born, **typed)
