"""Breaches of personal data (RGPD 33): each is documented, told to the authority or not."""

from __future__ import annotations

from sqlalchemy import Column, Integer, SmallInteger, Table, Text

from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime

breach = Table(
    "breach",
    metadata,
    Column("id", Id, primary_key=True),
    Column("what", Text, nullable=False),
    Column("people", Integer),  # how many are concerned, as far as known
    Column("aware_at", UtcDateTime, nullable=False),
    Column("deadline_at", UtcDateTime, nullable=False),  # as the pack counts it
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("told_at", UtcDateTime),  # when the authority was told
    Column("untold_why", Text),  # or why it was not
    Column("late_why", Text),
    Column("measures", Text),
    Column("closed_at", UtcDateTime),
    Column("closed_by", Text),
    Column("alarms", SmallInteger, nullable=False, server_default="0"),  # 1: the deadline comes near; 2: it has passed
    sqlite_autoincrement=True,  # a number stands in the journal
)
