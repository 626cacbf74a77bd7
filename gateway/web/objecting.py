"""The unsubscribe link. GET shows and never acts, since mail scanners follow links; POST acts at once.

While the database is away the page asks without saying who she is, and what she asks for waits on the disk (flows/spooling.py).

Serves rules email-one-click and email-body-link; RFC 8058.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gateway.domain.errors import StoreUnavailable
from gateway.domain.suppression import SuppressionCause
from gateway.flows.gateway import Gateway
from gateway.flows.listening import LinkView, Objection, object_by_link, read_link
from gateway.flows.spooling import keep_objection
from gateway.web.bodies import read_fields
from gateway.web.pages import ActingPage, Pages
from gateway.web.promptly import Promptly

log = logging.getLogger(__name__)

#: Fields our own form has; a form with more of them is not ours.
_FIELDS_MAX: Final = 8
#: The one pair of RFC 8058, section 3.1; names of form fields are compared as written there, case apart.
_ONE_CLICK: Final = ("list-unsubscribe", "one-click")
#: The same pair as clients write it that send JSON, a header line, or a form that they call by another name.
_ONE_CLICK_SOMEHOW: Final = re.compile(rb"list-unsubscribe(?:[^a-z0-9]|3d){1,12}one-click\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a POST to the link asks for."""

    cause: SuppressionCause
    every_medium: bool


class Objecting(ActingPage):
    """The pages behind /o/{token}."""

    path, name = "/o/{token}", "objection"

    def __init__(self, gw: Gateway, pages: Pages) -> None:
        super().__init__(gw, pages)
        self._promptly = Promptly()

    async def show(self, request: Request) -> Response:
        """Who wrote, what stopping means, and the buttons. Changes nothing. Raises InvalidToken."""
        link = await self._promptly.done(partial(read_link, self._gw, request.path_params["token"]), _without_her)
        return self._ask(request, link) if link else self._pages.answer(request, "spooled.html", kept=False)

    async def act(self, request: Request) -> Response:
        """Record the objection, then say so; a mailbox provider gets 200 and one line, a person a page.

        Repeating it changes nothing. What is neither RFC 8058's pair nor our form is answered 400, with the form again. One that
        waits on the disk for the database is answered 200 or, to a person, 202 and a page that says so.
        Raises InvalidToken; StoreUnavailable: an objection that is neither committed nor on the disk is never confirmed.
        """
        token = request.path_params["token"]
        wish = await _wish_of(request)
        if wish is None:
            link = await run_in_threadpool(read_link, self._gw, token)
            return self._ask(request, link, status=HTTPStatus.BAD_REQUEST)
        received_at = self._gw.clock.now()
        keep = partial(self._keep, token, wish, received_at)
        if wish.cause is SuppressionCause.ONE_CLICK:
            await self._promptly.done(partial(self._object, token, wish, received_at), keep)
            return PlainTextResponse("OK\n")
        found = await self._promptly.done(partial(self._object_seen, token, wish, received_at), keep)
        if found is None:
            return self._pages.answer(request, "spooled.html", status=HTTPStatus.ACCEPTED, kept=True)
        seen, objection = found
        return self._pages.answer(
            request, "done.html", language=seen.language, link=seen, objection=objection, every_medium=wish.every_medium
        )

    def _object_seen(self, token: str, wish: Wish, received_at: datetime) -> tuple[LinkView, Objection]:
        # Read first: once the objection is committed nothing may fail between it and its confirmation.
        seen = read_link(self._gw, token)
        return seen, self._object(token, wish, received_at)

    def _object(self, token: str, wish: Wish, received_at: datetime) -> Objection:
        return object_by_link(self._gw, token, cause=wish.cause, every_medium=wish.every_medium, received_at=received_at)

    def _keep(self, token: str, wish: Wish, received_at: datetime, away: StoreUnavailable) -> None:
        keep_objection(self._gw, token, cause=wish.cause, every_medium=wish.every_medium, received_at=received_at, away=away)

    def _ask(self, request: Request, link: LinkView, *, status: int = HTTPStatus.OK) -> Response:
        return self._pages.answer(request, "object.html", language=link.language, status=status, link=link)


async def _wish_of(request: Request) -> Wish | None:
    """What a POST asks for. A body that is no form is no reason to write to somebody again: the pair is looked for in its bytes.

    Without any body it is an objection too, and with one that is packed: no form of ours is empty, no browser packs one, and
    the address serves nothing else.
    """
    body = await request.body()
    packed = request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    if packed or not body.strip() or _ONE_CLICK_SOMEHOW.search(body):
        return Wish(SuppressionCause.ONE_CLICK, every_medium=False)
    return read_wish(await read_fields(request, most=_FIELDS_MAX))


def read_wish(fields: Mapping[str, str]) -> Wish | None:
    """What these form fields ask for; None when they ask for nothing we know."""
    match fields.get("scope"):
        case "medium":
            return Wish(SuppressionCause.UNSUBSCRIBE_LINK, every_medium=False)
        case "everything":
            return Wish(SuppressionCause.UNSUBSCRIBE_LINK, every_medium=True)
        case _:
            pairs = ((name.lower(), value.strip().lower()) for name, value in fields.items())
            return Wish(SuppressionCause.ONE_CLICK, every_medium=False) if _ONE_CLICK in pairs else None


def _without_her(away: StoreUnavailable) -> None:
    log.error("a link is shown without what is known of her: %s", away)
