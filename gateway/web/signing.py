"""Forms by which people sign up. GET shows; POST keeps what was said and answers the same whoever it was.

Serves rules notice-art13-page, consent-per-channel and double-optin-confirmation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.domain.form import Form
from gateway.domain.language import Language
from gateway.flows.forms.answering import EMAIL, SURE, Answers, Problem, likely_address, read_answers
from gateway.flows.forms.publishing import Version, current, versions
from gateway.flows.forms.signing import sign_up
from gateway.flows.gateway import Gateway
from gateway.web.bodies import read_fields
from gateway.web.guard import TOKEN, TRAP, Guard, Held
from gateway.web.pages import ActingPage, Pages
from gateway.web.shell import page_policy

#: Fields the longest form has, and room for a few that browsers add.
_FIELDS_MAX: Final = 40
_RETRY_AFTER_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a form is shown with: what was typed, and what is wrong with it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)
    likely: str = ""  #: the address that was probably meant, where what was typed is a slip
    held: Held | None = None
    token: str = ""  #: of the page as it was first opened; empty: it is opened now


class Signing(ActingPage):
    """The pages at /f/{id}, alone or in the frame of a site that settings name."""

    path, name = "/f/{form_id}", "form"

    def __init__(self, gw: Gateway, pages: Pages) -> None:
        super().__init__(gw, pages)
        self._guard = Guard(gw)

    def routes(self) -> list[Route]:
        """The form alone, and for a frame."""
        return [
            *super().routes(),
            Route(f"{self.path}/embed", self.show, methods=["GET"]),
            Route(f"{self.path}/embed", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The version that is published, word for word. Changes nothing."""
        return self._form(request, await self._current(request), Shown())

    async def act(self, request: Request) -> Response:
        """Keep what was said and ask for a confirmation by email; or show the form again, with what was typed.

        What a machine fills in is thanked and thrown away. The answer never tells whether an address was known.
        """
        seen = await self._current(request)
        typed = await read_fields(request, most=_FIELDS_MAX)
        if typed.get(TRAP):
            return self._sent(request, seen.form, typed)
        admitted = await run_in_threadpool(self._guard.admit, request, seen.form.id, typed.get(TOKEN, ""))
        if isinstance(admitted, Held):
            token = typed.get(TOKEN, "") if admitted is Held.QUICK else ""
            return self._form(request, seen, Shown(typed=typed, held=admitted, token=token))
        answers = read_answers(self._gw, admitted.form, typed, self._gw.clock.now())
        if not isinstance(answers, Answers):
            likely = likely_address(self._gw, typed.get(EMAIL, ""))
            return self._form(request, admitted, Shown(typed=typed, problems=answers, likely=likely, token=typed[TOKEN]))
        if await run_in_threadpool(self._guard.may_write, answers.email):
            await run_in_threadpool(sign_up, self._gw, admitted, answers, self._language(request, admitted.form))
        return self._sent(request, admitted.form, typed)

    async def _current(self, request: Request) -> Version:
        if _framed(request) and not self._gw.settings.forms.embed_origins:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        form_id = request.path_params["form_id"]
        version = await run_in_threadpool(current, self._gw, form_id)
        if version is None:
            closed = await run_in_threadpool(versions, self._gw, form_id)
            raise HTTPException(HTTPStatus.GONE if closed else HTTPStatus.NOT_FOUND)
        return version

    def _form(self, request: Request, version: Version, shown: Shown) -> Response:
        values = _values(version, shown, shown.token or self._guard.token(version))
        answer = self._page(request, "form.html", version.form, **values)
        answer.status_code = _status(shown)
        if shown.held is Held.BUSY:
            answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        return answer

    def _sent(self, request: Request, form: Form, typed: Mapping[str, str]) -> Response:
        """The thanks; with the address as she typed it, since whoever waits for a letter sees there why it never comes."""
        return self._page(request, "sent.html", form, form=form, address=typed.get(EMAIL, "").strip())

    def _language(self, request: Request, form: Form) -> Language:
        wanted = self._pages.language(request)
        return wanted if wanted in form.languages else form.languages[0]

    def _page(self, request: Request, template: str, of: Form, **values: object) -> Response:
        framed = _framed(request)
        answer = HTMLResponse(self._pages.html(template, self._language(request, of), framed=framed, **values))
        if framed:
            answer.headers["Content-Security-Policy"] = page_policy(" ".join(self._gw.settings.forms.embed_origins))
            answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer


def preview(gw: Gateway, version: Version, language: Language) -> str:
    """The page of a form that may not be published yet, whole in one text: its styles are inside, and it cannot be sent."""
    page = Pages(gw).html("form.html", language, framed=False, **_values(version, Shown(), ""))
    css = (Path(__file__).parent / "static" / "public.css").read_text(encoding="utf-8")
    return page.replace('<link rel="stylesheet" href="/static/public.css">', f"<style>\n{css}</style>")


def _values(version: Version, shown: Shown, token: str) -> dict[str, object]:
    """What the template of a form needs."""
    typed = defaultdict(str, shown.typed)  # every field of a form was typed, if only as nothing
    names = {"trap": TRAP, "sure": SURE}
    return {"form": version.form, "version": version, "shown": shown, "typed": typed, "token": token, **names}


def _framed(request: Request) -> bool:
    return request.url.path.endswith("/embed")


def _status(shown: Shown) -> HTTPStatus:
    if shown.held is Held.BUSY:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.BAD_REQUEST if shown.held or shown.problems else HTTPStatus.OK
