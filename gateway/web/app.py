"""The web application: routes put together, and what every fault becomes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway.domain.errors import InvalidToken, StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.flows.gateway import Gateway
from gateway.flows.spooling import hear_spooled, make_room
from gateway.flows.telephoning import take_in_missed
from gateway.web.about import About
from gateway.web.answering import Answering
from gateway.web.confirming import Confirming
from gateway.web.explaining import Explaining
from gateway.web.handsets import HandsetPages, TrialCarrier
from gateway.web.hooks import Hooks
from gateway.web.objecting import Objecting
from gateway.web.pages import Pages
from gateway.web.preferring import Preferring
from gateway.web.proving import Proving
from gateway.web.shell import Shell
from gateway.web.signing import Signing
from gateway.web.telephone import ByTelephone
from gateway.web.trial import TrialMailbox, TrialPages

log = logging.getLogger(__name__)

#: No form of ours, and no provider's one-click POST, comes near this; a text of 1,600 signs, as its carrier tells
#: it, takes up to 22,000.
BODY_BYTES_MAX = 32 * 1024
#: Requests that touch the store at once: fewer than the engine has connections, so that none waits for one until it fails.
_STORE_THREADS = 12
_RETRY_AFTER_SECONDS = 60
#: How often objections are looked for that wait on the disk for the database.
_SPOOL_SECONDS = 1.0


def web_app(gw: Gateway, *, mailbox: TrialMailbox | None = None, carrier: TrialCarrier | None = None) -> FastAPI:
    """The public pages of an installation.

    mailbox, carrier: those of trial mode, shown to people on this machine only; ignored in live mode.
    """
    gw.pack.checked()  # a reply that cannot be read must not be found by the first person who writes back
    pages = Pages(gw)
    routes = [
        *About(gw, pages).routes(),
        *Proving(gw, pages).routes(),
        *Objecting(gw, pages).routes(),
        *Preferring(gw, pages).routes(),
        *Answering(gw, pages).routes(),
        *Explaining(gw, pages).routes(),
        *ByTelephone(gw, pages).routes(),
        *Signing(gw, pages).routes(),
        *Confirming(gw, pages).routes(),
        *Hooks(gw).routes(),
    ]
    if mailbox is not None and gw.settings.mode == "trial":
        routes += TrialPages(mailbox, pages).routes()
    if carrier is not None and gw.settings.mode == "trial":
        routes += HandsetPages(carrier, pages).routes()
    answer = _page_of(gw, pages)
    return FastAPI(
        title="Passerelle",
        routes=[*routes, Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # RFC 8058: a mailbox provider is never redirected
        # Spans would carry addresses of pages, and those hold tokens.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=_lifespan_of(gw),
        middleware=[
            Middleware(
                Shell,
                https=gw.settings.web.public_url.startswith("https://"),
                failed=lambda request: pages.fault(request, HTTPStatus.INTERNAL_SERVER_ERROR),
            ),
            Middleware(RequestBodyLimitMiddleware, max_body_size=BODY_BYTES_MAX),
        ],
        exception_handlers={InvalidToken: answer, StoreUnavailable: answer, HTTPException: answer},
    )


def _lifespan_of(gw: Gateway) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = _STORE_THREADS
        await run_in_threadpool(make_room, gw)
        beside = [asyncio.create_task(each) for each in (_hear_spooled(gw), _ask_for_missed(gw))]
        try:
            yield
        finally:
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    return lifespan


async def _hear_spooled(gw: Gateway) -> None:
    """For as long as the server lives: whatever waits on the disk takes effect once the database is back."""
    while True:
        try:
            await run_in_threadpool(hear_spooled, gw)
        except StoreUnavailable:
            pass  # whoever asked for a page has it in the log
        except Exception:  # a fault of ours ends no server: it is tried again
            log.exception("objections that wait on the disk could not be heard")
        await asyncio.sleep(_SPOOL_SECONDS)


async def _ask_for_missed(gw: Gateway) -> None:
    """Texts that came while this server was down: once, at its start. What cannot be asked now is asked by a regular job."""
    try:
        await run_in_threadpool(take_in_missed, gw, here_since=gw.clock.now())
    except StoreUnavailable:
        pass
    except Exception:  # a fault of ours ends no server: a regular job asks again
        log.exception("the provider could not be asked which texts came while nobody was here")


def _page_of(gw: Gateway, pages: Pages) -> Callable[[Request, Exception], Coroutine[None, None, Response]]:
    """What a fault becomes: a page that says what was not done, with the status machines need."""

    async def answer(request: Request, fault: Exception) -> Response:
        match fault:
            case InvalidToken():
                return pages.fault(request, HTTPStatus.NOT_FOUND)
            case StoreUnavailable():
                log.error("a request was turned away: %s", fault)
                retry = {"Retry-After": str(_RETRY_AFTER_SECONDS)}
                return pages.fault(request, HTTPStatus.SERVICE_UNAVAILABLE, retry, objection_token=_objection_of(gw, request))
            case HTTPException(status_code=HTTPStatus.METHOD_NOT_ALLOWED):
                return pages.fault(request, fault.status_code, {"Allow": _allowed(request)})
            case HTTPException():
                return pages.fault(request, fault.status_code, fault.headers)
        raise fault

    return answer


def _objection_of(gw: Gateway, request: Request) -> str:
    """The token by which whoever opened a link of ours may object: that works while the database is away (flows/spooling.py)."""
    for scope in (LinkScope.PREFER, LinkScope.WHY):
        with suppress(InvalidToken):
            link = gw.keys.read_link_token(request.path_params.get("token", ""), scope)
            return gw.keys.link_token(LinkScope.OBJECT, link.message_id, link.digest)
    return ""


def _allowed(request: Request) -> str:
    """What the address takes (RFC 9110, section 15.5.6): its GET and its POST are routes of their own; each names but itself."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found))
