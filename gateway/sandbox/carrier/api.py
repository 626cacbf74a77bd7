"""The REST API (2010-04-01) of messages and calls, as far as a gateway uses it: create, fetch, list; and cancelling a call."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.domain.clock import Clock
from gateway.sandbox.carrier.courier import Courier
from gateway.sandbox.carrier.faults import Dice, Fault
from gateway.sandbox.carrier.requests import Refusal, check_call, check_message
from gateway.sandbox.carrier.traffic import Call, Message, Traffic

_ROOT = "/2010-04-01/Accounts/{account}"
_PAGE_SIZE = 50
_BODY_BYTES_MAX = 64 * 1024
_GSM_ONE_PART = 160


class Api:
    """Answers what the provider's API answers."""

    def __init__(self, account: str, token: str, traffic: Traffic, courier: Courier, dice: Dice, clock: Clock) -> None:
        self._account, self._token = account, token
        self._traffic, self._courier, self._dice, self._clock = traffic, courier, dice, clock

    def app(self) -> Starlette:
        """The application to serve."""
        routes = [
            Route(f"{_ROOT}/Messages.json", self._answering(self._create_message), methods=["POST"]),
            Route(f"{_ROOT}/Messages.json", self._answering(self._list_messages), methods=["GET"]),
            Route(f"{_ROOT}/Messages/{{sid}}.json", self._answering(self._fetch_message), methods=["GET"]),
            Route(f"{_ROOT}/Calls.json", self._answering(self._create_call), methods=["POST"]),
            Route(f"{_ROOT}/Calls.json", self._answering(self._list_calls), methods=["GET"]),
            Route(f"{_ROOT}/Calls/{{sid}}.json", self._answering(self._fetch_call), methods=["GET"]),
            Route(f"{_ROOT}/Calls/{{sid}}.json", self._answering(self._update_call), methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def _answering(self, act: Callable[[Request, dict[str, object]], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if int(request.headers.get("content-length") or 0) > _BODY_BYTES_MAX:
                return JSONResponse(Refusal(413, 20001, "Request body too large").body(), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            form: dict[str, object] = {}
            if request.method == "POST":
                async with request.form(max_files=0, max_fields=100) as given:
                    form = {name: str(value) for name, value in given.items()}
                    form["StatusCallbackEvent"] = [str(value) for value in given.getlist("StatusCallbackEvent")]
            try:
                self._authenticate(request)
                return await run_in_threadpool(act, request, form)
            except Refusal as refusal:
                return JSONResponse(refusal.body(), refusal.status)

        return answer

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        wanted = base64.b64encode(f"{self._account}:{self._token}".encode()).decode()
        if scheme.lower() != "basic" or not secrets.compare_digest(given, wanted):
            raise Refusal(401, 20003, "Authenticate")
        if request.path_params["account"] != self._account:
            raise Refusal(404, 20404, f"The requested resource {request.url.path} was not found")

    def _fault(self) -> bool:
        """Whether the answer to a request that was taken never comes. Raises Refusal for the other faults."""
        match self._dice.of_request():
            case Fault.THROTTLED:
                raise Refusal(429, 20429, "Too Many Requests")
            case Fault.BROKEN:
                raise Refusal(500, 20500, "Internal Server Error")
            case fault:
                return fault is Fault.TIMEOUT_AFTER_ACCEPTANCE

    # --- messages

    def _create_message(self, request: Request, form: dict[str, Any]) -> Response:
        form.pop("StatusCallbackEvent")
        check_message(form)
        silent = self._fault()
        sender, recipient, at = form.get("From") or form["MessagingServiceSid"], form["To"], self._clock.now()
        if self._traffic.opted_out(sender, recipient):
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        validity = int(form.get("ValidityPeriod", 36_000))
        message = self._traffic.add_message(
            sid=f"SM{secrets.token_hex(16)}",
            direction="outbound-api",
            sender=sender,
            recipient=recipient,
            body=form["Body"],
            segments=max(1, -(-len(form["Body"]) // _GSM_ONE_PART)),
            status="queued",
            created_at=at,
            updated_at=at,
            expires_at=at + timedelta(seconds=validity),
            callback=form.get("StatusCallback", ""),
        )
        self._courier.carry(message.sid)
        return self._created(silent, _message_json(self._account, message))

    def _fetch_message(self, request: Request, form: dict[str, object]) -> Response:
        message = self._traffic.message(request.path_params["sid"])
        if message is None:
            raise Refusal(404, 20404, f"The requested resource {request.url.path} was not found")
        return JSONResponse(_message_json(self._account, message))

    def _list_messages(self, request: Request, form: dict[str, object]) -> Response:
        asked = request.query_params
        equal = {column: asked[name] for name, column in (("To", "recipient"), ("From", "sender")) if asked.get(name)}
        after, before = _instant(asked.get("DateSent>")), _instant(asked.get("DateSent<"))

        def within(message: Message) -> bool:
            sent = message.sent_at or message.created_at
            return (after is None or sent >= after) and (before is None or sent <= before)

        found = [m for m in self._traffic.messages(limit=1000, newest_first=True, equal=equal) if within(m)]
        return self._listed(request, "messages", [_message_json(self._account, message) for message in found])

    # --- calls

    def _create_call(self, request: Request, form: dict[str, Any]) -> Response:
        events = form.pop("StatusCallbackEvent")
        check_call(form, events)
        silent = self._fault()
        at = self._clock.now()
        call = self._traffic.add_call(
            sid=f"CA{secrets.token_hex(16)}",
            caller=form["From"],
            callee=form["To"],
            status="queued",
            request=form | ({"StatusCallbackEvent": events} if events else {}),
            created_at=at,
            updated_at=at,
        )
        self._courier.ring(call.sid)
        return self._created(silent, _call_json(self._account, call))

    def _fetch_call(self, request: Request, form: dict[str, object]) -> Response:
        call = self._traffic.call(request.path_params["sid"])
        if call is None:
            raise Refusal(404, 20404, f"The requested resource {request.url.path} was not found")
        return JSONResponse(_call_json(self._account, call))

    def _update_call(self, request: Request, form: dict[str, object]) -> Response:
        sid = request.path_params["sid"]
        if form.get("Status") != "canceled":
            raise Refusal(400, 20001, "The only change to a call is Status=canceled here")
        if self._traffic.call(sid) is not None:
            self._courier.cancel(sid)
        return self._fetch_call(request, form)

    def _list_calls(self, request: Request, form: dict[str, object]) -> Response:
        asked = request.query_params
        names = (("To", "callee"), ("From", "caller"), ("Status", "status"))
        equal = {column: asked[name] for name, column in names if asked.get(name)}
        after, before = _instant(asked.get("StartTime>")), _instant(asked.get("StartTime<"))

        def within(call: Call) -> bool:
            start = call.started_at or call.created_at
            return (after is None or start >= after) and (before is None or start <= before)

        found = [c for c in self._traffic.calls(limit=1000, newest_first=True, equal=equal) if within(c)]
        return self._listed(request, "calls", [_call_json(self._account, call) for call in found])

    # --- both

    def _created(self, silent: bool, body: dict[str, object]) -> Response:
        if silent:
            time.sleep(self._dice.faults.timeout_seconds)
            raise Refusal(500, 20500, "Internal Server Error")
        return JSONResponse(body, HTTPStatus.CREATED)

    def _listed(self, request: Request, name: str, rows: list[dict[str, object]]) -> Response:
        try:
            size = max(1, min(1000, int(request.query_params.get("PageSize", _PAGE_SIZE))))
            page = max(0, int(request.query_params.get("Page", 0)))
        except ValueError:
            raise Refusal(400, 20001, "Invalid page") from None
        shown = rows[page * size : (page + 1) * size]
        here = f"{request.url.path}?PageSize={size}"
        more = (page + 1) * size < len(rows)
        query = "".join(f"&{key}={value}" for key, value in request.query_params.items() if key not in ("Page", "PageSize"))
        return JSONResponse(
            {
                name: shown,
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown) - 1,
                "uri": f"{here}&Page={page}{query}",
                "first_page_uri": f"{here}&Page=0{query}",
                "previous_page_uri": f"{here}&Page={page - 1}{query}" if page else None,
                "next_page_uri": f"{here}&Page={page + 1}{query}" if more else None,
            }
        )


def _message_json(account: str, message: Message) -> dict[str, object]:
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": format_datetime(message.created_at),
        "date_sent": format_datetime(message.sent_at) if message.sent_at else None,
        "date_updated": format_datetime(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "EUR",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _call_json(account: str, call: Call) -> dict[str, object]:
    uri = f"/2010-04-01/Accounts/{account}/Calls/{call.sid}"
    duration = (call.ended_at - call.started_at).total_seconds() if call.started_at and call.ended_at else None
    return {
        "account_sid": account,
        "answered_by": call.answered_by,
        "api_version": "2010-04-01",
        "caller_name": "",
        "date_created": format_datetime(call.created_at),
        "date_updated": format_datetime(call.updated_at),
        "direction": "outbound-api",
        "duration": None if duration is None else str(round(duration)),
        "end_time": format_datetime(call.ended_at) if call.ended_at else None,
        "forwarded_from": None,
        "from": call.caller,
        "from_formatted": call.caller,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "EUR",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": format_datetime(call.started_at) if call.started_at else None,
        "status": call.status,
        "subresource_uris": {},
        "to": call.callee,
        "to_formatted": call.callee,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(400, 20001, f"Invalid date: {text}") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
