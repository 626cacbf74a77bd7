"""What surrounds every answer, whatever happens inside: security headers, and a last word when all else failed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_HSTS_SECONDS = 31_536_000
_LAST_WORD = (
    "Une erreur de notre côté nous empêche de répondre. Réessayez dans quelques minutes : demander deux fois ne change rien.\n"
    "Something went wrong on our side. Please try again in a few minutes: asking twice changes nothing.\n"
)


def page_policy(framed_by: str = "'none'") -> str:
    """What a page may do: no script at all, nothing from elsewhere, in nobody's frame but of whom is said."""
    return (
        "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {framed_by}"
    )


class Shell:
    """Pure ASGI, outermost. An answer that sets one of these headers itself keeps its own."""

    def __init__(self, app: ASGIApp, *, https: bool, failed: Callable[[Request], Response]) -> None:
        self._app = app
        self._failed = failed
        self._headers = {
            "Content-Security-Policy": page_policy(),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",  # addresses of pages hold tokens
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
            "X-Robots-Tag": "noindex, nofollow",
            "Cache-Control": "no-store",
        }
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_HSTS_SECONDS}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a fault nobody caught is logged and answered 500, never passed on to the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                framed = "content-security-policy" in headers  # an answer that says itself in whose frame it may be
                for name, value in self._headers.items():
                    if not (framed and name == "X-Frame-Options"):
                        headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except ClientDisconnect:
            log.debug("somebody hung up before the end of a request")  # a lost connection, or a stranger who fills logs
        except Exception:  # whoever asked gets a page all the same
            log.exception("a page failed")
            if not started:
                await self._sorry(Request(scope))(scope, receive, dressed)

    def _sorry(self, request: Request) -> Response:
        """The page of a fault of ours, or two lines where no page can be made."""
        try:
            return self._failed(request)
        except Exception:  # … in two lines, should that page fail too
            log.exception("the page of a fault failed too")
            return PlainTextResponse(_LAST_WORD, HTTPStatus.INTERNAL_SERVER_ERROR)
