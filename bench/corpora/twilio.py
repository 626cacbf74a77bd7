"""The provider's own OpenAPI file: our channels speak to a server made of it, and our carrier of trial mode keeps to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from bench.corpora.openapi import Contract, Mock, Operation
from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.channel import TwilioCalls, TwilioSms
from gateway.domain.channel import Accepted, Envelope, Unwatched
from gateway.sandbox.carrier import Carrier
from gateway.sandbox.carrier.requests import CALL_PARAMETERS, MESSAGE_PARAMETERS

FILE = "twilio_api_v2010.json"
ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
_OURS, _HERS = "+33162000001", "+33639980010"
_AT = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
_ROOT = "/2010-04-01/Accounts/{AccountSid}/"
#: Telephones of the carrier that answer, are busy, cannot be reached, and one that presses the key.
_ENDINGS = ("10", "01", "02", "03", "05", "06", "07", "08", "09")


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def measure(folder: Path) -> bool:
    """Our requests are those of the file, its answers are understood, and our carrier answers as it says."""
    contract = Contract((folder / FILE).read_text("utf-8"))
    wrong = [*channels_against(contract), *parameters_against(contract), *carrier_against(contract)]
    print(f"twilio: {len(contract.operations)} operations of {FILE}; what differs: {wrong or 'nothing'}")
    return not wrong


def channels_against(contract: Contract) -> list[str]:
    """What our channels and the file do not agree upon: requests it does not allow, answers that are not understood."""
    wrong: list[str] = []
    for kind, name in ((TwilioSms, "Messages"), (TwilioCalls, "Calls")):
        status_of = _property(contract, f"{_ROOT}{name}.json", "status")
        for status in contract.resolved(status_of)["enum"]:
            wrong += [f"{name}, {status}: {fault}" for fault in _spoken(contract, kind, name, status)]
    return wrong


def _spoken(contract: Contract, kind: type[TwilioSms] | type[TwilioCalls], name: str, status: str) -> Iterator[str]:
    """Create, fetch and list of one channel, with the server answering one status."""

    def fill(operation: Operation, path: Mapping[str, str], given: Mapping[str, str]) -> Mapping[str, Any]:
        shown = {"to": given.get("To", _HERS), "from": given.get("From", _OURS), "body": given.get("Body", "Bonjour")}
        page = {"next_page_uri": None, "previous_page_uri": None, "direction": "outbound-api"}
        return {**shown, **page, "status": status, "error_code": None}

    mock = Mock(contract, ACCOUNT, TOKEN, fill)
    account = TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=mock.start(), timeout_seconds=5, concurrency=2)
    channel = kind(account, _Clock())
    try:
        until = datetime.now(UTC) + timedelta(hours=2)
        bare = Envelope(1, b"d" * 16, _OURS, _HERS, lambda _: "Bonjour é 🗳".encode(), good_until=until)
        told = Envelope(
            2, b"d" * 16, _OURS, _HERS, lambda _: b"Bonjour", callback="https://carrier.example/hooks/1", good_until=until
        )
        outcomes = channel.hand_over([bare, told] if kind is TwilioSms else [told], Unwatched())
        yield from (f"not taken: {outcome}" for outcome in outcomes if not isinstance(outcome, Accepted))
        references = [outcome.reference for outcome in outcomes if isinstance(outcome, Accepted)]
        found = [*channel.look_up(_HERS, _AT, until), *channel.look_up(_HERS, _AT, until, reference=(references or [""])[0])]
        if len(found) != 2 or any((one.status, one.recipient) != (status, _HERS) or not one.reference for one in found):
            yield f"not understood: {found}"
    finally:
        channel.close()
        mock.stop()
    yield from mock.faults
    asked = {f"POST {_ROOT}{name}.json", f"GET {_ROOT}{name}.json", f"GET {_ROOT}{name}/{{Sid}}.json"}
    yield from (f"never asked for: {one}" for one in sorted(asked - set(mock.seen)))


def parameters_against(contract: Contract) -> list[str]:
    """Parameters of messages and calls that either our carrier or the file knows, and the other does not."""
    wrong = []
    for name, ours in (("Messages", MESSAGE_PARAMETERS), ("Calls", CALL_PARAMETERS)):
        operation = _operation(contract, "POST", f"{_ROOT}{name}.json")
        known = set(contract.form_of(operation)["properties"])
        wrong += [f"carrier, {name}: parameter {one} is in one of them only" for one in sorted(known ^ set(ours.split()))]
    return wrong


def carrier_against(contract: Contract) -> list[str]:
    """Where any answer our carrier gives of messages and calls differs from the file."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _carrier(Path(folder)) as (carrier, root):
        for ending in _ENDINGS:
            number = f"+336399801{ending}"
            wrong += _answered(contract, root, "POST", "Messages.json", {"To": number, "From": _OURS, "Body": "Bonjour"})
            wrong += _answered(contract, root, "POST", "Calls.json", {"To": number, "From": _OURS, "Twiml": "<Response/>"})
        carrier.idle()
        carrier.reply(_HERS, _OURS, "Bonjour")
        for name in ("Messages", "Calls"):
            wrong += _answered(contract, root, "GET", f"{name}.json?PageSize=5")
            wrong += _answered(contract, root, "GET", f"{name}.json?PageSize=5&Page=1")
            for one in requests.get(f"{root}/{name}.json", auth=(ACCOUNT, TOKEN), timeout=10).json()[name.lower()]:
                wrong += _answered(contract, root, "GET", f"{name}/{one['sid']}.json")
    return list(dict.fromkeys(wrong))


@contextmanager
def _carrier(folder: Path) -> Iterator[tuple[Carrier, str]]:
    carrier = Carrier(folder, ACCOUNT, TOKEN)
    try:
        yield carrier, f"http://127.0.0.1:{carrier.start()}/2010-04-01/Accounts/{ACCOUNT}"
    finally:
        carrier.stop()


def _answered(contract: Contract, root: str, method: str, path: str, form: Mapping[str, str] | None = None) -> Iterator[str]:
    """What is wrong with one answer of the carrier, every property of the file being there."""
    answer = requests.request(method, f"{root}/{path}", data=form, auth=(ACCOUNT, TOKEN), timeout=10)
    found = contract.find(method, f"/2010-04-01/Accounts/{ACCOUNT}/{path.partition('?')[0]}")
    if found is None:
        yield f"carrier, {method} {path}: no operation of the file"
        return
    status, schema = found[0].answer
    named = f"carrier, {method} {found[0].template}"
    if answer.status_code != status:
        yield f"{named}: answered {answer.status_code} and not {status}"
        return
    body = answer.json()
    yield from contract.faults(schema, body, named)
    yield from (f"{named}.{name}: absent" for name in contract.resolved(schema)["properties"] if name not in body)


def _property(contract: Contract, template: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = contract.resolved(_operation(contract, "POST", template).answer[1])["properties"][name]
    return found


def _operation(contract: Contract, method: str, template: str) -> Operation:
    return next(each for each in contract.operations if (each.method, each.template) == (method, template))
