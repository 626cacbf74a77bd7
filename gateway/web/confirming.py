"""The link of a confirmation, and the receipt that follows. GET shows and never acts, since mail scanners follow links."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.flows.forms.confirming import Confirmation, confirm, read_confirmation
from gateway.flows.forms.receipts import as_json, read_receipt
from gateway.flows.gateway import Gateway
from gateway.web.pages import Pages

_JSON = "application/json"


class Confirming:
    """The pages behind /c/{token} and /r/{token}."""

    def __init__(self, gw: Gateway, pages: Pages) -> None:
        self._gw = gw
        self._pages = pages

    def routes(self) -> list[Route]:
        """GET and HEAD show, POST confirms; nothing else is answered."""
        return [
            Route("/c/{token}", self.show, methods=["GET"], name="confirmation"),
            Route("/c/{token}", self.act, methods=["POST"]),
            Route("/r/{token}", self.receipt, methods=["GET"], name="receipt"),
        ]

    async def show(self, request: Request) -> Response:
        """What was ticked, word for word, and the button. Changes nothing. Raises InvalidToken, StoreUnavailable."""
        return self._page(request, await run_in_threadpool(read_confirmation, self._gw, request.path_params["token"]))

    async def act(self, request: Request) -> Response:
        """Confirm, then say so. Repeating it changes nothing. Raises InvalidToken, StoreUnavailable."""
        return self._page(request, await run_in_threadpool(confirm, self._gw, request.path_params["token"]))

    async def receipt(self, request: Request) -> Response:
        """The receipt: a page to read and print; as JSON with ?format=json or for whoever accepts nothing but JSON."""
        receipt = await run_in_threadpool(read_receipt, self._gw, request.path_params["token"])
        if request.query_params.get("format") == "json" or request.headers.get("accept", "").strip().lower() == _JSON:
            name = f"recu-{receipt.receipt_id[:12]}.json"
            return JSONResponse(as_json(receipt), headers={"Content-Disposition": f'attachment; filename="{name}"'})
        language = self._pages.language(request, receipt.language)
        return self._pages.answer(request, "receipt.html", language=language, receipt=receipt)

    def _page(self, request: Request, confirmation: Confirmation) -> Response:
        language = self._pages.language(request, confirmation.language)
        return self._pages.answer(request, "confirm.html", language=language, confirmation=confirmation)
