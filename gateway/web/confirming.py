"""The link of a confirmation, and the receipt that follows. GET shows and never acts, since mail scanners follow links."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.flows.forms.confirming import Confirmation, confirm, read_confirmation
from gateway.flows.forms.receipts import as_json, read_receipt
from gateway.web.pages import ActingPage

_JSON = "application/json"


class Confirming(ActingPage):
    """The pages behind /c/{token} and /r/{token}."""

    path, name = "/c/{token}", "confirmation"

    def routes(self) -> list[Route]:
        """The link of the letter, and that of the receipt."""
        return [*super().routes(), Route("/r/{token}", self.receipt, methods=["GET"], name="receipt")]

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
        return self._pages.answer(request, "receipt.html", language=receipt.language, receipt=receipt)

    def _page(self, request: Request, confirmation: Confirmation) -> Response:
        return self._pages.answer(request, "confirm.html", language=confirmation.language, confirmation=confirmation)
