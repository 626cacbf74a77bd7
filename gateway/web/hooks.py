"""The provider's callbacks: signed, small, answered fast. What is not signed for this very address is told nothing.

The address is the configured public one with the path and query as they came, never what a Host header says. A callback is
answered once its effect is committed; when the store is away the answer is 503, and the end of what we sent is asked for later
(flows/telephoning/tracing.py). What a person said is told once and never again: her text, or the key that objects, waits on the
disk (flows/spooling.py).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.channels.twilio import callbacks
from gateway.channels.twilio.callbacks import signed
from gateway.domain.errors import InvalidInput, InvalidToken
from gateway.flows import spooling, telephoning
from gateway.flows.gateway import Gateway
from gateway.flows.sending.telephone import HOOKS
from gateway.flows.telephoning import Told
from gateway.web.gathering import Gathered
from gateway.web.promptly import Promptly

log = logging.getLogger(__name__)

_FIELDS_MAX = 100
#: The team reads it in the provider's console, beside the address that was called.
_NOT_OURS = (
    "cette adresse n’est celle d’aucun message d’ici : deux installations ont-elles le même compte, ou le secret a-t-il changé ?"
)
_SILENT = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
Act = Callable[[Request, Mapping[str, str]], Awaitable[bytes | None]]


class Hooks:
    """Routes under /hooks/twilio."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._promptly = Promptly()
        self._forgeries = telephoning.Forgeries(gw)
        self._statuses = Gathered[Told](lambda told: telephoning.text_statuses(gw, told))

    def routes(self) -> list[Route]:
        """POST only: a callback changes something."""
        acts: dict[str, Act] = {
            "sms/reply": self._first(self._reply),
            "sms/{token}/status": self._text_status,
            "calls/{token}/document": _threaded(self._document),
            "calls/{token}/key": self._first(self._key),
            "calls/{token}/status": _threaded(self._call_status),
        }
        # Whoever wrote back may be answered: the bell is rung once the provider has its own answer.
        then = {"sms/reply": BackgroundTask(self._gw.ring)}
        return [Route(f"/{HOOKS}/{path}", self._answering(act, then.get(path)), methods=["POST"]) for path, act in acts.items()]

    def _answering(self, act: Act, then: BackgroundTask | None) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            form = self._verified(request, await request.body())
            if form is None:
                # Nothing of it is kept but a number, and not even that of a visitor who does not try to look like the provider.
                if request.headers.get("x-twilio-signature"):
                    await run_in_threadpool(self._forgeries.refuse)
                return PlainTextResponse("", HTTPStatus.FORBIDDEN)
            try:
                body = await act(request, _once(form))
            except InvalidInput as fault:
                # InvalidToken among them: an address that was signed and is none of ours is a fault of a setting.
                missing = isinstance(fault, InvalidToken)
                said = _NOT_OURS if missing else str(fault)
                log.warning("a signed callback cannot be read: %s", said)
                return PlainTextResponse(f"{said}\n", HTTPStatus.NOT_FOUND if missing else HTTPStatus.BAD_REQUEST)
            if body is None:
                return PlainTextResponse("", HTTPStatus.NO_CONTENT)
            return Response(body, media_type="text/xml", background=then)

        return answer

    def _first(self, act: Act) -> Act:
        """What a person says or presses: workers stand aside from now on, not only once her transaction has begun."""

        async def acted(request: Request, form: Mapping[str, str]) -> bytes | None:
            with self._gw.precedence.first():
                return await act(request, form)

        return acted

    def _verified(self, request: Request, body: bytes) -> list[tuple[str, str]] | None:
        """The form, if its signature is the provider's for the address it was told; else None."""
        if not self._gw.callback_token:
            return None
        try:
            form = parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_FIELDS_MAX)
        except ValueError:
            return None
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1") if request.scope.get("raw_path") else request.url.path
        url = f"{self._root()}{path}{'?' + query if query else ''}"
        signature = request.headers.get("x-twilio-signature", "")
        return form if signed(self._gw.callback_token, url, form, signature) else None

    def _root(self) -> str:
        return self._gw.settings.web.public_url

    async def _reply(self, _request: Request, form: Mapping[str, str]) -> bytes:
        received_at = self._gw.clock.now()
        heard = partial(telephoning.hear_text, self._gw, callbacks.sms_reply(form), form)
        await self._promptly.done(heard, lambda away: spooling.keep_text(self._gw, form, received_at=received_at, away=away))
        return _SILENT

    async def _text_status(self, request: Request, form: Mapping[str, str]) -> None:
        await self._statuses.done(Told(request.path_params["token"], callbacks.message_status(form), form))

    def _document(self, request: Request, form: Mapping[str, str]) -> bytes:
        return telephoning.document(self._gw, request.path_params["token"], form.get("AnsweredBy"))

    async def _key(self, request: Request, form: Mapping[str, str]) -> bytes:
        press = self._gw, request.path_params["token"], callbacks.key_press(form)
        received_at = self._gw.clock.now()
        pressed = partial(telephoning.key_pressed, *press, received_at=received_at)
        return await self._promptly.done(pressed, lambda away: spooling.keep_key(*press, received_at=received_at, away=away))

    def _call_status(self, request: Request, form: Mapping[str, str]) -> None:
        telephoning.call_ended(self._gw, request.path_params["token"], callbacks.call_status(form), form)


def _once(form: list[tuple[str, str]]) -> Mapping[str, str]:
    """Each field by its name. Raises InvalidInput for one that says two things: which of them she wrote is not guessed."""
    fields = dict(form)
    for name, value in form:
        if fields[name] != value:
            raise InvalidInput(f"{name[:40]} : donné deux fois, et pas pareil")
    return fields


def _threaded(act: Callable[[Request, Mapping[str, str]], bytes | None]) -> Act:
    """An act that waits for the store, out of the way of other requests."""

    async def acted(request: Request, form: Mapping[str, str]) -> bytes | None:
        return await run_in_threadpool(act, request, form)

    return acted
