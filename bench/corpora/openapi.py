"""An OpenAPI 3 file as a contract: what a request may be, what an answer must be, and a server that keeps to it."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

Schema = Mapping[str, Any]

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def _parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return holds


#: Formats that say something of a text; others are names for people.
_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uri": lambda text: bool(urlsplit(text).scheme and urlsplit(text).netloc) or text.startswith("/"),
    "date-time": _parses(lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))),
    "date-time-rfc-2822": _parses(parsedate_to_datetime),
    "currency": lambda text: bool(re.fullmatch("[A-Za-z]{3}", text)),
    "phone-number": lambda text: bool(text.strip()),
    "endpoint": lambda text: bool(text.strip()),
}
_SAMPLES = {
    "date-time": "2027-03-02T09:00:00Z",
    "date-time-rfc-2822": "Tue, 02 Mar 2027 09:00:00 +0000",
    "uri": "https://carrier.example/sample",
    "currency": "EUR",
}
_SID = re.compile(r"\^\(?([A-Z]{2})[|A-Z)]*\[0-9a-fA-F\]\{32\}\$")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    template: str
    path: re.Pattern[str]
    definition: Schema

    @property
    def answer(self) -> tuple[int, Schema]:
        """(status, schema) of its good answer."""
        status, good = next((int(code), each) for code, each in self.definition["responses"].items() if code.startswith("2"))
        return status, good.get("content", {}).get(_JSON, {}).get("schema", {})


class Contract:
    """The file, read."""

    def __init__(self, text: str) -> None:
        self._whole: Schema = json.loads(text)
        self.operations = list(self._read())

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation a request means, and what stands in its path."""
        for operation in self.operations:
            if operation.method == method and (found := operation.path.fullmatch(path)):
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def form_of(self, operation: Operation) -> Schema:
        """Schema of what is posted; empty when nothing is."""
        return self.resolved(operation.definition.get("requestBody", {}).get("content", {}).get(_FORM, {}).get("schema", {}))

    def faults_of_request(self, operation: Operation, path: Mapping[str, str], query: str, body: str) -> list[str]:
        """What is wrong with a request, parameter by parameter."""
        faults = []
        given = {"path": dict(path), "query": dict(parse_qsl(query, keep_blank_values=True))}
        declared = {(each["in"], each["name"]): each for each in operation.definition.get("parameters", ())}
        for (place, name), parameter in declared.items():
            if name in given[place]:
                faults += self.faults(parameter["schema"], _typed(self.resolved(parameter["schema"]), [given[place][name]]), name)
            elif parameter.get("required"):
                faults.append(f"{name}: missing in the {place}")
        faults += [f"{name}: no parameter of the query" for name in given["query"] if ("query", name) not in declared]
        return faults + self._faults_of_form(self.form_of(operation), body)

    def faults(self, schema: Schema, value: Any, where: str) -> list[str]:
        """What is wrong with a value, and where."""
        schema = self.resolved(schema)
        if value is None:
            return [] if schema.get("nullable") or not schema else [f"{where}: null"]
        kind = schema.get("type")
        if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            return [f"{where}: {value!r} is no {kind}"]
        faults = list(_limits(schema, value, where))
        if isinstance(value, dict) and (known := schema.get("properties")) is not None:
            faults += [f"{where}.{name}: missing" for name in schema.get("required", ()) if name not in value]
            if not schema.get("additionalProperties"):
                faults += [f"{where}.{name}: unknown" for name in value if name not in known]
            for name in value.keys() & known.keys():
                faults += self.faults(known[name], value[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            faults += [
                fault for rank, item in enumerate(value) for fault in self.faults(schema["items"], item, f"{where}[{rank}]")
            ]
        return faults

    def sample(self, schema: Schema, given: Mapping[str, Any]) -> Any:
        """A value of a schema; of an object, what `given` says where it says something."""
        schema = self.resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                properties = schema.get("properties", {})
                return {name: given[name] if name in given else self.sample(each, given) for name, each in properties.items()}
            case "array":
                return [self.sample(schema["items"], given)]
            case "integer":
                return schema.get("minimum", 0)
            case "boolean":
                return False
            case _ if found := _SID.fullmatch(schema.get("pattern", "")):
                return found[1] + "0" * 32
            case _:
                return _SAMPLES.get(schema.get("format", ""), "sample")

    def resolved(self, schema: Schema) -> Schema:
        """A schema without a reference."""
        while "$ref" in schema:
            found: Any = self._whole
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _read(self) -> Iterator[Operation]:
        for template, methods in self._whole["paths"].items():
            path = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            for method, definition in methods.items():
                if isinstance(definition, dict) and "responses" in definition:
                    yield Operation(method.upper(), template, path, definition)

    def _faults_of_form(self, schema: Schema, body: str) -> list[str]:
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(body, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        known = schema.get("properties", {})
        faults = [f"{name}: missing" for name in schema.get("required", ()) if name not in given]
        for name, values in given.items():
            if name not in known:
                faults.append(f"{name}: no parameter of the form")
            else:
                faults += self.faults(known[name], _typed(self.resolved(known[name]), values), name)
        return faults


def _typed(schema: Schema, values: list[str]) -> Any:
    """What stands in a form or a query, as its schema means it; left as it is where it cannot be."""
    text = values[-1]
    match schema.get("type"):
        case "array":
            return values
        case "integer" if re.fullmatch(r"-?\d+", text):
            return int(text)
        case "number" if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return float(text)
        case "boolean" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case _:
            return text if len(values) == 1 else values


def _limits(schema: Schema, value: Any, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not one of {', '.join(schema['enum'])}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r} does not match {schema['pattern']}"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{where}: {value!r} has {len(value)} characters"
        if not _FORMATS.get(schema.get("format", ""), lambda _: True)(value):
            yield f"{where}: {value!r} is no {schema['format']}"
    elif isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} is out of bounds"


#: What the mock fills an answer with, from the path and the form of a request.
Fill = Callable[[Operation, Mapping[str, str], Mapping[str, str]], Mapping[str, Any]]


@dataclass
class Mock:
    """A server on loopback that takes what the contract allows, answers what it says, and notes every request that breaks it."""

    contract: Contract
    account: str
    token: str
    fill: Fill
    faults: list[str] = field(default_factory=list)  #: of requests, in the order they came
    seen: list[str] = field(default_factory=list)  #: operations that were asked for

    def start(self) -> str:
        """Listen; returns the root of its addresses."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"mock": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, address: str, body: str, authorization: str) -> tuple[int, object]:
        """(status, JSON) of one request."""
        wanted = "Basic " + base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if authorization != wanted:
            self.faults.append(f"{method}: not authenticated as the contract says")
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        parts = urlsplit(address)
        found = self.contract.find(method, parts.path)
        if found is None:
            self.faults.append(f"{method} {parts.path}: no operation of the contract")
            return 404, {"code": 20404, "message": "not found", "status": 404}
        operation, path = found
        named = f"{method} {operation.template}"
        self.seen.append(named)
        if wrong := self.contract.faults_of_request(operation, path, parts.query, body):
            self.faults += [f"{named}: {fault}" for fault in wrong]
            return 400, {"code": 20001, "message": "; ".join(wrong), "status": 400}
        status, schema = operation.answer
        return status, self.contract.sample(schema, self.fill(operation, path, dict(parse_qsl(body or parts.query))))


class _Handler(BaseHTTPRequestHandler):
    mock: Mock
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def do_DELETE(self) -> None:
        self._answer("")

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, body: str) -> None:
        status, told = self.mock.answer(self.command, self.path, body, cast(str, self.headers.get("Authorization", "")))
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", _JSON)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
