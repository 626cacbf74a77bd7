"""The bookkeeping of processes."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, LargeBinary, SmallInteger, String, Table, Text

from gateway.store.tables.base import metadata
from gateway.store.types import UtcDateTime

scheduled_job = Table(
    "scheduled_job",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_run_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("last_run_at", UtcDateTime),
    Column("last_fault", Text),
)

#: How many callbacks bore a signature that is not the provider's, by day. Of each nothing is kept: anybody may send one.
refused_callback = Table(
    "refused_callback",
    metadata,
    Column("day", Date, primary_key=True),
    Column("refused", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

#: One row: whose digests these are, and since when real people are written to. The mark tells one secret from another, and
#: nothing about it.
installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret_mark", LargeBinary(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("live_since", UtcDateTime),  # what was handed over before stayed on this machine; empty: everything did
)
