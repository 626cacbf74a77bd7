"""What our channels and the carrier of trial mode promise each other, as a contract that a server is made of.

The provider's own file lies beside the project, where it does: `make corpora` holds both against it. Here stands what we rely on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from bench.corpora import twilio
from bench.corpora.openapi import Contract, Mock

ACCOUNT, TOKEN = twilio.ACCOUNT, twilio.TOKEN
TEXT = {"type": "string", "nullable": True}
WHEN = {"type": "string", "format": "date-time-rfc-2822", "nullable": True}
URL = {"type": "string", "format": "uri"}
NUMBER = {"type": "string", "format": "phone-number"}
SAID = {"to": TEXT, "from": TEXT, "date_created": WHEN, "date_updated": WHEN}
MESSAGE = {
    **SAID,
    "sid": {"type": "string", "pattern": "^(SM|MM)[0-9a-fA-F]{32}$"},
    "status": {"type": "string", "enum": ["queued", "sent", "delivered", "undelivered", "failed", "received"]},
    "direction": {"type": "string", "enum": ["inbound", "outbound-api"]},
    "body": TEXT,
    "date_sent": WHEN,
    "error_code": {"type": "integer", "nullable": True},
}
CALL = {
    **SAID,
    "sid": {"type": "string", "pattern": "^CA[0-9a-fA-F]{32}$"},
    "status": {"type": "string", "enum": ["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed"]},
    "start_time": WHEN,
    "answered_by": TEXT,
}
SENT = {
    "To": NUMBER,
    "From": NUMBER,
    "Body": {"type": "string"},
    "StatusCallback": URL,
    "ValidityPeriod": {"type": "integer", "minimum": 1, "maximum": 36_000},
    "SmartEncoded": {"type": "boolean"},
}
RUNG = {
    "To": NUMBER,
    "From": NUMBER,
    "Url": URL,
    "Method": {"type": "string", "enum": ["GET", "POST"]},
    "StatusCallback": URL,
    "StatusCallbackMethod": {"type": "string", "enum": ["GET", "POST"]},
    "StatusCallbackEvent": {
        "type": "array",
        "items": {"type": "string", "enum": ["initiated", "ringing", "answered", "completed"]},
    },
    "MachineDetection": {"type": "string"},
    "Timeout": {"type": "integer"},
    "TimeLimit": {"type": "integer"},
}


def _named(kind: str, name: str, **schema: object) -> dict[str, object]:
    return {"name": name, "in": kind, "schema": schema or {"type": "string"}, "required": kind == "path"}


def _answers(status: str, schema: object) -> dict[str, object]:
    return {status: {"content": {"application/json": {"schema": schema}}}}


def _paths(name: str, sent: dict[str, object], shown: dict[str, object], when: str) -> dict[str, object]:
    one = {"type": "object", "properties": shown, "required": sorted(shown), "additionalProperties": True}
    listed = {name.lower(): {"type": "array", "items": one}, "next_page_uri": {**URL, "nullable": True}}
    page = {"type": "object", "additionalProperties": True, "properties": listed}
    form = {"type": "object", "properties": sent, "required": ["To", "From"]}
    account = _named("path", "AccountSid", type="string", pattern="^AC[0-9a-fA-F]{32}$")
    asked = [account, _named("query", "To"), _named("query", "PageSize", type="integer"), _named("query", "Page", type="integer")]
    asked += [_named("query", f"{when}{sign}", type="string", format="date-time") for sign in "<>"]
    root = f"/2010-04-01/Accounts/{{AccountSid}}/{name}"
    posted = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return {
        f"{root}.json": {
            "post": {"parameters": [account], "requestBody": posted, "responses": _answers("201", one)},
            "get": {"parameters": asked, "responses": _answers("200", page)},
        },
        f"{root}/{{Sid}}.json": {"get": {"parameters": [account, _named("path", "Sid")], "responses": _answers("200", one)}},
    }


@pytest.fixture(scope="module")
def contract() -> Contract:
    paths = _paths("Messages", SENT, MESSAGE, "DateSent") | _paths("Calls", RUNG, CALL, "StartTime")
    return Contract(json.dumps({"paths": paths}))


def test_our_channels_ask_for_nothing_else_and_understand_every_status(contract):
    assert twilio.channels_against(contract) == []


def test_our_carrier_answers_all_that_our_channels_read(contract):
    assert twilio.carrier_against(contract) == []


@pytest.fixture
def root(contract) -> Iterator[tuple[Mock, str]]:
    mock = Mock(contract, ACCOUNT, TOKEN, lambda operation, path, given: given)
    yield mock, f"{mock.start()}/2010-04-01/Accounts/{ACCOUNT}"
    mock.stop()


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"From": "36000", "Body": "x"}, "To: missing"),
        ({"To": "+33639980010", "From": "36000", "Bdy": "x"}, "Bdy: no parameter of the form"),
        ({"To": "+33639980010", "From": "36000", "ValidityPeriod": "ten"}, "ValidityPeriod: 'ten' is no integer"),
        ({"To": "+33639980010", "From": "36000", "ValidityPeriod": "0"}, "ValidityPeriod: 0 is out of bounds"),
        ({"To": "+33639980010", "From": "36000", "SmartEncoded": "perhaps"}, "SmartEncoded: 'perhaps' is no boolean"),
        ({"To": "+33639980010", "From": "36000", "StatusCallback": ""}, "StatusCallback: '' is no uri"),
        ({"To": "", "From": "36000"}, "To: '' is no phone-number"),
    ],
)
def test_a_request_that_breaks_the_contract_is_refused_and_noted(root, form, fault):
    mock, address = root
    answer = requests.post(f"{address}/Messages.json", data=form, auth=(ACCOUNT, TOKEN), timeout=5)
    assert answer.status_code == 400 and fault in answer.json()["message"]
    assert any(fault in one for one in mock.faults)


def test_a_stranger_a_wrong_path_and_an_unknown_question_are_noted_too(root):
    mock, address = root
    assert requests.get(f"{address}/Messages.json", timeout=5).status_code == 401
    assert requests.get(f"{address}/Faxes.json", auth=(ACCOUNT, TOKEN), timeout=5).status_code == 404
    assert requests.get(f"{address}/Calls.json?Mood=good", auth=(ACCOUNT, TOKEN), timeout=5).status_code == 400
    assert len(mock.faults) == 3


def test_an_answer_that_is_not_what_the_contract_says_is_found_with_its_place(contract):
    operation, _ = contract.find("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    schema = operation.answer[1]
    good = contract.sample(schema, {"next_page_uri": None})
    assert contract.faults(schema, good, "page") == []
    (message,) = good["messages"]
    for name, value, fault in (
        ("status", "lost", "'lost' is not one of"),
        ("sid", "SM1", "does not match"),
        ("sid", None, "null"),
        ("error_code", "30003", "is no integer"),
        ("date_sent", "yesterday", "is no date-time-rfc-2822"),
    ):
        (found,) = contract.faults(schema, {**good, "messages": [{**message, name: value}]}, "page")
        assert found.startswith(f"page.messages[0].{name}: ") and fault in found
    missing = {key: value for key, value in message.items() if key != "body"}
    assert contract.faults(schema, {**good, "messages": [missing]}, "page") == ["page.messages[0].body: missing"]
