"""The journal as the public may check it: its keys, its last signed checkpoint, and how to verify an export with them."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.flows.sealing import origin, published
from gateway.flows.witnessing import standings
from gateway.web.pages import PageGroup


class Proving(PageGroup):
    """One page for people, and the checkpoint alone as text for whoever keeps it. Neither names anybody."""

    def routes(self) -> list[Route]:
        """/journal and /journal/checkpoint."""
        return [
            Route("/journal", self.page, methods=["GET"], name="journal"),
            Route("/journal/checkpoint", self.checkpoint, methods=["GET"], name="checkpoint"),
        ]

    async def page(self, request: Request) -> Response:
        """Keys, checkpoint, what kinds of witnesses keep it, and how to verify. Raises StoreUnavailable."""
        found = await run_in_threadpool(published, self._gw)
        witnesses = await run_in_threadpool(standings, self._gw)
        return self._pages.answer(
            request, "journal.html", origin=origin(self._gw, found.keys), published=found, witnesses=witnesses
        )

    async def checkpoint(self, _request: Request) -> Response:
        """The last checkpoint, byte for byte as it was signed; 404 before the first one. Raises StoreUnavailable."""
        latest = (await run_in_threadpool(published, self._gw)).latest
        if latest is None:
            return PlainTextResponse("Pas encore de point de contrôle.\nNo checkpoint yet.\n", HTTPStatus.NOT_FOUND)
        return PlainTextResponse(latest.note)
