"""Who answers for the messages, and whether this process can do its work."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.domain.errors import StoreUnavailable
from gateway.store.schema import at_head
from gateway.web.pages import PageGroup


class About(PageGroup):
    """The front page and the two probes."""

    def routes(self) -> list[Route]:
        """/ for people; /healthz and /readyz for whoever watches the machine."""
        return [
            Route("/", self.front, methods=["GET"], name="front"),
            Route("/healthz", self.health, methods=["GET"]),
            Route("/readyz", self.readiness, methods=["GET"]),
        ]

    async def front(self, request: Request) -> Response:
        """The controller, how to reach it, and people's rights."""
        return self._pages.answer(request, "front.html")

    async def health(self, _request: Request) -> Response:
        """200 as long as this process answers."""
        return JSONResponse({"alive": True})

    async def readiness(self, _request: Request) -> Response:
        """200 when the database answers, its schema is the one this code was written for, and a pack is in force; else 503."""
        try:
            schema = "current" if await run_in_threadpool(at_head, self._gw.engine) else "other"
            database = "reached"
        except StoreUnavailable:
            schema, database = "unknown", "away"
        ready = schema == "current"
        return JSONResponse(
            {"ready": ready, "database": database, "schema": schema, "pack": self._gw.pack.version},
            status_code=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )
