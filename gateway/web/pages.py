"""Pages: templates rendered for one request, in the person's language."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.compliance.spoken import agreed_hours
from gateway.domain.language import Language
from gateway.flows.gateway import Gateway
from gateway.render.gestures import gesture
from gateway.settings import Settings
from gateway.web.languages import LANGUAGES, accepted, calendar_day, dated, known, spoken, translations

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Pages:
    """The public templates of an installation, once per language."""

    def __init__(self, gw: Gateway) -> None:
        self._settings = gw.settings
        folder, zone = gw.templates / "public", gw.pack.calendar.zone
        self._environments = {language: _environment(folder, zone, language) for language in LANGUAGES}

    def language(self, request: Request, known_language: str | None = None) -> Language:
        """What was asked for by ?lang=, else the language we know the person by, else her browser's, else the team's."""
        return (
            known(request.query_params.get("lang"))
            or known(known_language)
            or accepted(request.headers.get("accept-language", ""), self._settings.language)
        )

    def answer(
        self, request: Request, template: str, *, language: str | None = None, status: int = HTTPStatus.OK, **values: object
    ) -> HTMLResponse:
        """A page, in the language that is asked for, else in the one we know the person by. Every value is escaped."""
        return HTMLResponse(self.html(template, self.language(request, language), **values), status_code=status)

    def html(self, template: str, language: Language, **values: object) -> str:
        """The text of a page. Every value is escaped."""
        shared = {
            "language": language,
            "controller": self._settings.controller,
            "sender": self._settings.sender.name,
            "contact": contact_address(self._settings),
        }
        return self._environments[language].get_template(template).render(shared | values)

    def fault(
        self, request: Request, status: int, headers: Mapping[str, str] | None = None, *, objection_token: str = ""
    ) -> HTMLResponse:
        """The page of an error: what happened, that nothing was changed, and how to object otherwise.

        objection_token: of the link by which she may, even now.
        """
        asked = request.method not in ("GET", "HEAD")
        answer = self.answer(request, "fault.html", status=status, code=status, asked=asked, objection_token=objection_token)
        answer.headers.update(headers or {})
        return answer


class PageGroup:
    """What pages are made of: the installation and its templates."""

    def __init__(self, gw: Gateway, pages: Pages) -> None:
        self._gw = gw
        self._pages = pages


class ActingPage(PageGroup, ABC):
    """The page at one address: GET and HEAD show, POST acts; nothing else is answered."""

    path: ClassVar[str]
    name: ClassVar[str]

    def routes(self) -> list[Route]:
        """What this page answers."""
        return [
            Route(self.path, self.show, methods=["GET"], name=self.name),
            Route(self.path, self.act, methods=["POST"]),
        ]

    @abstractmethod
    async def show(self, request: Request) -> Response:
        """The page. Changes nothing, since mail scanners follow links."""

    @abstractmethod
    async def act(self, request: Request) -> Response:
        """Do what was asked, then say so: nothing is confirmed that is not committed."""


@cache
def _environment(folder: Path, zone: ZoneInfo, language: Language) -> Environment:
    """The templates of a folder in one language; instants in them are told on the clock of the zone."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # from the extension
    environment.globals["spoken"] = partial(spoken, zone=zone, language=language)
    environment.globals["dated"] = partial(dated, zone=zone, language=language)
    environment.globals["day"] = partial(calendar_day, language=language)
    environment.filters["day"] = partial(calendar_day, language=language)
    environment.filters["gesture"] = partial(gesture, language=language)
    environment.filters["hours"] = partial(agreed_hours, language=language)
    environment.filters["mail"] = mail_link
    return environment


def mail_link(address: str, subject: str = "", *, button: bool = False) -> Markup:
    """A link by which one writes to an address, which a short line breaks before "@"; words that are no address, as they are."""
    if not _ADDRESS.fullmatch(address):
        return escape(address)
    to = f"mailto:{address}?subject={quote(subject)}" if subject else f"mailto:{address}"
    shown = escape(address).replace("@", Markup("<wbr>@"))
    return Markup('<a{} href="{}">{}</a>').format(Markup(' class="button"') if button else "", to, shown)


def same_language(request: Request) -> str:
    """The part of an address that keeps the language which was asked for by that of this page, and no other."""
    wanted = known(request.query_params.get("lang"))
    return f"?lang={wanted}" if wanted else ""


def contact_address(settings: Settings) -> str:
    """Where a person writes when a page cannot serve her; empty as long as the team has named none."""
    return settings.controller.email or settings.sender.reply_to or settings.sender.email
