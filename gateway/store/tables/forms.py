"""Forms as they were published, and who filled one in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, String, Table, Text, text

from gateway.domain.form import SignupState
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime, closed

#: Every version of every form that people could see: what somebody agreed to can be shown to her years later.
form_version = Table(
    "form_version",
    metadata,
    Column("id", Id, primary_key=True),
    Column("form", String(40), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON: everything the page says
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("closed_at", UtcDateTime),  # from then on nobody can fill it in
)

#: A form that was filled in. It changes nothing of a person until the link sent to her address confirms it.
signup = Table(
    "signup",
    metadata,
    Column("id", Id, primary_key=True),
    Column("form_sha256", String(64), nullable=False),
    Column("contact_id", Id, nullable=False, index=True),
    Column("fresh", Boolean, nullable=False),  # the contact came to be by it
    Column("language", String(2), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("boxes", Text, nullable=False),  # JSON: ids of the boxes ticked
    Column("answers", Text),  # JSON: what else was typed; erased once confirmed or lapsed
    Column("state", closed(SignupState, "state"), nullable=False),
    Column("settled_at", UtcDateTime),
    Index(
        "ix_signup_pending",
        "given_at",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    sqlite_autoincrement=True,  # a number stands in the journal
)
