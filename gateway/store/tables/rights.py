"""Requests of persons, with their deadlines; and rounds of erasure, until no trace is left in the files either."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

from gateway.domain.rights import Identity, RequestState, RequestVia, Right
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime, closed

#: One row per request. Once the person is erased only numbers, dates and the keyed digest are left: whoever shows the address can
#: be told what became of her request, and nobody else.
rights_request = Table(
    "rights_request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("right", closed(Right, "right"), nullable=False),
    Column("via", closed(RequestVia, "via"), nullable=False),
    Column("contact_id", Id, index=True),  # null: a stranger to our file, or erased
    Column("digest", LargeBinary(16), index=True),  # of the address it is about
    Column("twin", LargeBinary(16)),  # of the same number on the other channel
    Column("letter_id", Id),  # the reply it came by
    Column("received_at", UtcDateTime, nullable=False),
    Column("deadline_at", UtcDateTime, nullable=False),  # as the pack counts it
    Column("extended_at", UtcDateTime),
    Column("extended_why", Text),
    Column("alarms", SmallInteger, nullable=False, server_default="0"),  # 1: the deadline comes near; 2: it has passed
    Column("recorded_by", Text),  # null: the gateway itself, or the person
    Column("identity", closed(Identity, "identity"), nullable=False),
    Column("identity_how", Text),
    Column("asked", Text),  # what exactly, in words
    Column("state", closed(RequestState, "state"), nullable=False),
    Column("answer", Text),
    Column("answered_at", UtcDateTime),
    Column("answered_by", Text),
    Index(
        "ix_rights_request_open",
        "deadline_at",
        "id",
        postgresql_where=text("state = 'open'"),
        sqlite_where=text("state = 'open'"),
    ),
    sqlite_autoincrement=True,  # people are told this number
)

#: Codes by text that were typed in, each good for one time: which message it was, and when. Of nobody: a number, and an instant.
code_use = Table(
    "code_use",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("used_at", UtcDateTime, nullable=False),
)

#: Codes that were typed in wrongly, as often as they were while they were good. Of nobody: a number, a count and an instant.
code_try = Table(
    "code_try",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("tries", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # of the last one
)

#: People were erased; the database still has to be swept so that nothing is left in free pages either.
erasure_round = Table(
    "erasure_round",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("swept_at", UtcDateTime),
    sqlite_autoincrement=True,
)
