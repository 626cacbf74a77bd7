"""Campaigns, approvals and the outbox."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.message import DUE_STATES, HELD_STATES, MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime, closed


def _states(states: tuple[MessageState, ...]) -> str:
    return "state IN (" + ", ".join(f"'{state}'" for state in states) + ")"


campaign = Table(
    "campaign",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("message_class", closed(MessageClass, "message_class"), nullable=False),
    Column("state", closed(CampaignState, "state"), nullable=False),
    Column("definition", LargeBinary, nullable=False),  # canonical JSON: content, audience, schedule
    Column("author", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("launch_key", String(80)),
    Column("launched_at", UtcDateTime),
    Column("resumed_at", UtcDateTime),  # the last time a person let it go on
    Column("ended_at", UtcDateTime),
    Column("why", Text),  # why it is paused, late or cancelled, in a sentence
    Column("warning", Text),  # what the team should know of it, in a sentence; it goes on
    Column("reports_seen", Integer, nullable=False, server_default="0"),  # complaints that were weighed already
    sqlite_autoincrement=True,
)

campaign_version = Table(
    "campaign_version",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("definition", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False, index=True),
    Column("binding", String(64), nullable=False),  # hash of content, audience, schedule and pack version
    Column("content_hash", String(64), nullable=False),  # of what recipients read, notices included
    Column("approver", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("waiver", Text),
)

#: The outbox: one row per message. It is the truth; the broker is only a doorbell.
message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    # No foreign keys to people: freezing a million rows would check each twice, and whoever is erased leaves her rows, nameless.
    Column("contact_id", Id, index=True),
    Column("address_id", Id),
    Column("digest", LargeBinary(16), nullable=False),
    Column("domain", Text, nullable=False, server_default=""),
    Column("message_class", closed(MessageClass, "message_class"), nullable=False),
    Column("sample_id", Id),  # test copies: the contact whose fields they show
    Column("occasion", String(80), nullable=False, server_default=""),  # single messages: the act each one answers
    Column("fields", Text),  # single messages: what they say of that act, JSON; erased with the last state
    Column("state", closed(MessageState, "state"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("lease_until", UtcDateTime),
    Column("because", Text),  # rule ids of the last verdict, or the provider's fault
    Column("reply", Text),  # the provider's words, or who settled it and why
    Column("handed_at", UtcDateTime),  # instant the hand-over began, or may have
    Column("settled_at", UtcDateTime),
    UniqueConstraint("campaign_id", "digest", "occasion"),  # one message per address (and act), whatever happens
    Index(
        "ix_message_due",
        "campaign_id",
        "due_at",
        "id",
        postgresql_where=text(_states(DUE_STATES)),
        sqlite_where=text(_states(DUE_STATES)),
    ),
    # Few messages are test copies; erasure looks for those that show somebody's details.
    Index(
        "ix_message_sample_id",
        "sample_id",
        postgresql_where=text("sample_id IS NOT NULL"),
        sqlite_where=text("sample_id IS NOT NULL"),
    ),
    # One partial index for whatever is under way or in doubt: each index costs every move of every message.
    Index(
        "ix_message_held",
        "campaign_id",
        "lease_until",
        postgresql_where=text(_states(HELD_STATES)),
        sqlite_where=text(_states(HELD_STATES)),
    ),
    sqlite_autoincrement=True,
)

#: What a person is told when she answers a call: made at the hand-over, fetched by the provider, gone when the call has ended.
call_document = Table(
    "call_document",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("good_until", UtcDateTime),  # the provider may ring later than it was asked to: nothing is said from then on
    Column("told_at", UtcDateTime),  # when it was fetched, to be said; a call in which nobody was told anything was not heard
)

#: What came back about a message after it was handed over. The message keeps its state: it was handed over all the same.
receipt = Table(
    "receipt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("kind", closed(ReceiptKind, "kind"), nullable=False),
    Column("code", String(40)),
    Column("reply", Text),  # words of a server, without addresses
    Column("at", UtcDateTime, nullable=False),
    Index("ix_receipt_campaign", "campaign_id", "kind"),
)

#: Pace of a sender or of a destination domain; a pause after a provider's refusal. Persisted, shared by all workers.
pace = Table(
    "pace",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("closed_until", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),
)
