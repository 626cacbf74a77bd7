"""The preference link: stop a channel or a purpose, take a break, stop everything. GET shows and never acts; POST acts at once.

Serves rules consent-withdrawal-easy, optout-scope and optout-pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.channel import Medium
from gateway.domain.clock import read_day
from gateway.domain.consent import Purpose
from gateway.domain.errors import Conflict, InvalidInput
from gateway.flows.personal import agree_by_email, ask_for_link, end_break, narrow_hours, read_personal, take_one_back
from gateway.flows.preferring import (
    Choice,
    PreferenceView,
    give_up,
    pause,
    read_preferences,
    stop_everything,
)
from gateway.web.bodies import read_fields
from gateway.web.pages import ActingPage

_FIELDS_MAX: Final = 12


class Preferring(ActingPage):
    """The pages behind /p/{token}."""

    path, name = "/p/{token}", "preferences"

    async def show(self, request: Request) -> Response:
        """What may be stopped, and for how long; behind a fresh link also what is on record. Changes nothing.

        Raises InvalidToken, StoreUnavailable.
        """
        view = await run_in_threadpool(read_preferences, self._gw, request.path_params["token"])
        return await self._ask(request, view)

    async def act(self, request: Request) -> Response:
        """Do what was asked, then say so. What cannot be read is answered 400, with the form again and what is missing.

        Raises InvalidToken, StoreUnavailable: nothing is confirmed that is not committed.
        """
        token, fields = request.path_params["token"], await read_fields(request, most=_FIELDS_MAX)
        # Read first: once something is committed nothing may fail between it and its confirmation.
        view = await run_in_threadpool(read_preferences, self._gw, token)
        match fields.get("act"):
            case "everything":
                objection = await run_in_threadpool(stop_everything, self._gw, token)
                return self._pages.answer(
                    request, "done.html", language=view.language, link=view, objection=objection, every_medium=True
                )
            case "stop":
                if not (choices := read_choices(fields)):
                    return await self._ask(request, view, problem="choices")
                given_up = await run_in_threadpool(give_up, self._gw, token, choices)
                return self._chosen(request, view, given_up=given_up)
            case "vote" | "day" as until:
                return await self._pause(request, view, fields, until)
            case "link":
                await run_in_threadpool(ask_for_link, self._gw, token)
                return self._pages.answer(request, "linked.html", language=view.language, by_mail=True)
            case _:
                return await self._act_personally(request, view, fields)

    async def _pause(self, request: Request, view: PreferenceView, fields: Mapping[str, str], until: str) -> Response:
        day, instant = None, None
        if until == "vote":
            instant = view.vote.ends_at if view.vote else None
        elif (day := read_day(fields.get("until", ""))) is not None:
            instant = self._gw.pack.calendar.end_of(day)
        if instant is None:
            return await self._ask(request, view, problem="day")
        try:
            paused = await run_in_threadpool(pause, self._gw, request.path_params["token"], instant, last_day=day)
        except InvalidInput:
            return await self._ask(request, view, problem="day")
        return self._chosen(request, view, paused=paused)

    async def _act_personally(self, request: Request, view: PreferenceView, fields: Mapping[str, str]) -> Response:
        """What a fresh link alone may do."""
        token, language = request.path_params["token"], self._pages.language(request, view.language)
        try:
            match fields.get("act", "").split(":"):
                case ["agree"]:
                    if not (purposes := tuple(one for one in Purpose if f"agree-{one}" in fields)):
                        return await self._ask(request, view, problem="agree")
                    since = await run_in_threadpool(agree_by_email, self._gw, token, purposes, language)
                    return self._chosen(request, view, agreed=since)
                case ["resume"]:
                    since = await run_in_threadpool(end_break, self._gw, token)
                    return self._chosen(request, view, resumed=since)
                case ["hours"]:
                    since = await run_in_threadpool(narrow_hours, self._gw, token, fields.get("hours", ""))
                    return self._chosen(request, view, narrowed=since)
                case ["take-back", medium, purpose] if medium in tuple(Medium) and purpose in tuple(Purpose):
                    since = await run_in_threadpool(take_one_back, self._gw, token, Medium(medium), Purpose(purpose))
                    return self._chosen(request, view, taken_back=since)
                case _:
                    return await self._ask(request, view, problem="act")
        except InvalidInput:
            return await self._ask(request, view, problem="hours", typed=fields.get("hours", ""))
        except Conflict:
            view = await run_in_threadpool(read_preferences, self._gw, token)
            return await self._ask(request, view, problem="stale" if view.address_hint else "")

    def _chosen(self, request: Request, view: PreferenceView, **done: Any) -> Response:
        nothing = {"given_up": None, "paused": None, "agreed": None, "resumed": None, "taken_back": None, "narrowed": None}
        return self._pages.answer(request, "chosen.html", language=view.language, link=view, **(nothing | done))

    async def _ask(self, request: Request, view: PreferenceView, *, problem: str = "", typed: str = "") -> Response:
        language = self._pages.language(request, view.language)
        personal = await run_in_threadpool(read_personal, self._gw, request.path_params["token"], language)
        return self._pages.answer(
            request,
            "preferences.html",
            language=language,
            status=HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
            link=view,
            personal=personal,
            choices=tuple(Choice),
            problem=problem,
            typed=typed,
        )


def read_choices(fields: Mapping[str, str]) -> tuple[Choice, ...]:
    """The boxes that were ticked, in the order of the page."""
    return tuple(choice for choice in Choice if choice.value in fields)
