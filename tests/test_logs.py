"""Logs are for operators: no line of them tells who a person is, whoever wrote it."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass

import pytest
import structlog
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from gateway.logs import configure_logs, redact

ADDRESS = "Jeanne.Dupont+lettre@exemple.fr"


@dataclass(frozen=True)
class Person:
    """What a library might log whole."""

    given_name: str
    mailbox: str


@pytest.fixture(params=["json", "console"])
def log(request):
    """The stream all logs go to; logging is put back as it was afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logs(level="debug", form=request.param, stream=stream)
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_address_logged_through_structlog_or_through_logging_leaves_no_trace(log):
    structlog.get_logger("gateway.test").info(f"accepted {ADDRESS}", recipient=ADDRESS, people=[{ADDRESS: (ADDRESS,)}])
    logging.getLogger("some.library").warning("refused %s", ADDRESS, extra={"rcpt": ADDRESS})
    assert log.getvalue().count("[email]") >= 5
    assert "dupont" not in log.getvalue().lower()


def test_an_address_inside_an_exception_leaves_no_trace(log):
    try:
        raise ValueError(f"550 no such person {ADDRESS}")
    except ValueError:
        structlog.get_logger("gateway.test").exception("failed")
        logging.getLogger("some.library").exception("failed")
    assert log.getvalue().count("550 no such person [email]") == 2
    assert "dupont" not in log.getvalue().lower()


def test_an_object_shows_its_type_only(log):
    person = Person("Jeanne", "jeanne")
    structlog.get_logger("gateway.test").info("seen", person=person, fault=ValueError(ADDRESS))
    assert "<Person>" in log.getvalue() and "ValueError: [email]" in log.getvalue()
    assert "eanne" not in log.getvalue()


def test_libraries_known_to_log_numbers_and_statements_stay_quiet_even_at_debug(log):
    for name in ("twilio.http_client", "sqlalchemy.engine.Engine", "uvicorn.access", "httpx2"):
        logging.getLogger(name).info("POST /2010-04-01/Accounts/AC0123/Messages.json")
    assert log.getvalue() == ""


def test_a_redis_that_is_away_all_night_is_said_once_in_a_while_and_does_not_fill_the_disk(log):
    """Its client says it twice every three seconds, in words of its own."""
    consumer = logging.getLogger("dramatiq.worker.ConsumerThread(outbox)")
    for second in range(0, 3600, 3):
        record = consumer.makeRecord(consumer.name, logging.CRITICAL, __file__, 1, "Connection refused by %s", ("redis",), None)
        record.created = 1_795_000_000.0 + second
        consumer.handle(record)
    assert len(log.getvalue().splitlines()) == 6


def test_nonsense_that_strangers_send_to_the_port_is_said_once_in_a_while_and_a_fault_of_ours_each_time(log):
    """Whoever scans ports wrote a line with each request: a night of them fills the disk."""
    server = logging.getLogger("uvicorn.error")
    for _ in range(3):
        server.warning("Invalid HTTP request received.")
        server.error("Exception in ASGI application")
    lines = log.getvalue().splitlines()
    assert sum("Invalid HTTP" in line for line in lines) == 1
    assert sum("Exception in ASGI" in line for line in lines) == 3


def test_a_line_of_ours_is_never_left_out(log):
    for _ in range(3):
        structlog.get_logger("gateway.test").warning("campaign paused")
        logging.getLogger("workers.ticker").warning("campaign paused")
    assert len(log.getvalue().splitlines()) == 6


def test_a_form_that_a_stranger_sends_broken_writes_no_line(log):
    """He is answered 400, and may send a thousand a second: nobody here can mend them, and they would fill the disk."""
    with pytest.raises(MultipartParseError):
        MultipartParser(b"limit").write(b"--other\r\n")
    assert log.getvalue() == ""


def test_a_database_that_goes_away_leaves_its_sentence_and_no_trace_of_its_driver(log):
    """Whoever was asking says it in words; the pool, which only gives the connection up, would show where it stood."""
    logging.getLogger("sqlalchemy.pool.impl.QueuePool").error("Exception during reset or similar", exc_info=ValueError("lost"))
    assert log.getvalue() == ""


def test_a_line_of_json_keeps_what_an_operator_needs():
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure_logs(stream=stream)
        structlog.get_logger("gateway.test").info(
            "batch settled", campaign=7, accepted=98, seconds=0.25, channel="email", late=None
        )
    finally:
        root.handlers = before
        root.setLevel(level)
        structlog.reset_defaults()
    line = json.loads(stream.getvalue())
    del line["timestamp"]
    assert line == {
        "event": "batch settled",
        "campaign": 7,
        "accepted": 98,
        "seconds": 0.25,
        "channel": "email",
        "late": None,
        "level": "info",
        "logger": "gateway.test",
    }


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        ("to é.dupont@exemple.fr!", "to [email]!"),
        ("To=jeanne%40exemple.fr", "[email]"),
        ("call +33 6 12 34 56 78 now", "call [phone] now"),
        ("call 06.12.34.56.78, or 0612345678", "call [phone], or [phone]"),
        ("From=33612345678 To=%2B33612345678", "From=[phone] To=[phone]"),
        ("0033 6 12 34 56 78", "[phone]"),
        ("GET /o/AQAAAAAAAAAHtu3b2q0x7q3cE2n5sW9l0aBcDeFgHiJkLmNoPqRsTuV HTTP/1.1", "GET /o/[token] HTTP/1.1"),
        ("GET /Messages.json?To=x&Key=abc HTTP/1.1", "GET /Messages.json?[query] HTTP/1.1"),
        ("postgresql://account:p@ss@db.example/base is away", "postgresql://[credentials]@db.example/base is away"),
        ("redis://:pw@127.0.0.1:6379/0", "redis://[credentials]@127.0.0.1:6379/0"),
    ],
)
def test_what_names_a_person_or_opens_a_door_is_struck(text, struck):
    assert redact(text) == struck


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T21:07:12.000123Z batch 100 of 20000 in 0.25 s",
        "rule consent-per-channel refused 1234567 messages; pack 3f2a9c0d1e4b5a69788796a5b4c3d2e1",
        "listening on http://127.0.0.1:8000/ (press Ctrl+C to stop)",
        "smtp 250 2.0.0 Ok: queued as 4F1B2C3D4E",
        "what happened? nothing",
    ],
)
def test_what_operators_need_is_left_alone(text):
    assert redact(text) == text


def test_a_very_long_line_is_read_in_reasonable_time():
    assert redact("a" * 200_000 + " " + ADDRESS).endswith(" [email]")
