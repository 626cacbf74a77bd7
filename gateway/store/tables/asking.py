"""Who was asked for consent: once in a life."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table

from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime

#: One row per person who was asked, or is being. Uniqueness is what keeps two campaigns, or two workers, from asking twice.
#: Neither names her nor refers to her: the digest outlives her erasure, so that no file brought in later has her asked again.
consent_request = Table(
    "consent_request",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("contact_id", Id, nullable=False, unique=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("refused_at", UtcDateTime),  # she said no: what a file claims of before then is not taken
)
