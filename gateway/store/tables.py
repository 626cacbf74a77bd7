"""What is stored. All instants are UTC; persons appear outside of contact and address only by id, digest or pseudonym."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.domain.address import AddressState
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, ConsentState, Purpose
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.message import DUE_STATES, HELD_STATES, MessageState
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store.types import Id, UtcDateTime, closed

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _states(states: tuple[MessageState, ...]) -> str:
    return "state IN (" + ", ".join(f"'{state}'" for state in states) + ")"


# Numbers of people, campaigns and messages stand in the journal and in links: sqlite_autoincrement, so that none is given twice.

# --- people -------------------------------------------------------------------------------------------------------------------

origin = Table(
    "origin",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", closed(OriginKind, "kind"), nullable=False),
    Column("label", Text, nullable=False),  # as shown to people: "formulaire de la réunion publique du 3 mars"
    Column("collection", closed(Collection, "collection"), nullable=False),
    Column("collected_on", Date),
    Column("collector", Text),
    Column("notice", Text),  # the notice people were given when their data was collected
    Column("created_at", UtcDateTime, nullable=False),
)

import_batch = Table(
    "import_batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("origin_id", ForeignKey("origin.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False, index=True),
    Column("operator", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("counts", Text, nullable=False),  # JSON: rows read, new, merged, suppressed, refused by reason
)

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_class", closed(ContactClass, "contact_class"), nullable=False),
    Column("given_name", Text, nullable=False, server_default=""),
    Column("family_name", Text, nullable=False, server_default=""),
    Column("birth_on", Date),
    Column("postcode", String(10), nullable=False, server_default=""),
    Column("commune", Text, nullable=False, server_default=""),
    Column("territory", String(32), nullable=False, server_default="unknown"),
    Column("language", String(2), nullable=False, server_default="fr"),
    Column("restricted", Boolean, nullable=False, server_default=text("false")),
    Column("origin_id", ForeignKey("origin.id"), nullable=False),
    Column("batch_id", ForeignKey("import_batch.id"), index=True),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

#: One random key per person. Destroyed with the person: her pseudonym in the journal then leads nowhere.
person_key = Table(
    "person_key",
    metadata,
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary(16), nullable=False),
)

address = Table(
    "address",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("value", Text, nullable=False),  # normalised, as the channel needs it
    Column("typed", Text),  # as the person wrote it, when it differs
    Column("domain", Text, nullable=False, server_default=""),
    Column("digest", LargeBinary(16), nullable=False),
    Column("state", closed(AddressState, "state"), nullable=False, server_default="valid"),
    Column("state_reason", Text),
    Column("state_at", UtcDateTime),
    UniqueConstraint("digest", "medium"),
    sqlite_autoincrement=True,
)

tag = Table(
    "tag",
    metadata,
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Index("ix_tag_name", "name"),
)

#: Append-only ledger of consent, with evidence. Nothing is ever changed here but by erasure of the person.
consent_event = Table(
    "consent_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("purpose", closed(Purpose, "purpose"), nullable=False),
    Column("act", closed(ConsentAct, "act"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("election", String(64)),
    Column("given_at", UtcDateTime),
    Column("form", Text),
    Column("wording_sha256", String(64)),
    Column("collector", Text),
    Column("means", Text),
    Column("batch_id", ForeignKey("import_batch.id")),
    Column("recorded_at", UtcDateTime, nullable=False),
)

#: Projection of the ledger: the present state by person, channel and purpose.
consent = Table(
    "consent",
    metadata,
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    Column("medium", closed(Medium, "medium"), primary_key=True),
    Column("purpose", closed(Purpose, "purpose"), primary_key=True),
    Column("state", closed(ConsentState, "state"), nullable=False),
    Column("evidence", Boolean, nullable=False),
    Column("election", String(64)),
    Column("since", UtcDateTime, nullable=False),
)

#: Exact words people agreed to or received: content addressed, kept once.
wording = Table(
    "wording",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
)

#: The opposition list. Keyed digests only, no name; no reference to a contact, so that it survives her erasure.
suppression = Table(
    "suppression",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("medium", String(8), nullable=False),  # a Medium, or * for every channel
    Column("kind", closed(SuppressionKind, "kind"), nullable=False),
    Column("cause", closed(SuppressionCause, "cause"), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # technical ones and pauses may lapse; an objection never does
    UniqueConstraint("digest", "medium", "kind"),
    CheckConstraint("kind <> 'objection' OR until IS NULL", name="objection_never_lapses"),
    sqlite_autoincrement=True,  # a sequence number is never given twice: the feed of fresh objections relies on it
)

# --- campaigns and messages ---------------------------------------------------------------------------------------------------

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
    Column("ended_at", UtcDateTime),
    Column("why", Text),  # why it is paused, late or cancelled, in a sentence
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
    Column("state", closed(MessageState, "state"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("lease_until", UtcDateTime),
    Column("because", Text),  # rule ids of the last verdict, or the provider's fault
    Column("reply", Text),  # the provider's words, or who settled it and why
    Column("handed_at", UtcDateTime),  # instant the hand-over began, or may have
    Column("settled_at", UtcDateTime),
    UniqueConstraint("campaign_id", "digest"),  # one message per address, whatever happens
    Index(
        "ix_message_due",
        "campaign_id",
        "due_at",
        "id",
        postgresql_where=text(_states(DUE_STATES)),
        sqlite_where=text(_states(DUE_STATES)),
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

# --- proof --------------------------------------------------------------------------------------------------------------------

#: Append-only. `body` holds the canonical bytes that were hashed; they are stored as they are and never serialised again.
journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("campaign_id", Id),
    Column("message_id", Id),
    Column("person", String(32)),  # pseudonym
    Column("body", LargeBinary, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    # Messages enter the journal nearly in order of their numbers: a block-range index finds them, and costs next to nothing.
    Index("ix_journal_message_id", "message_id", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    sqlite_autoincrement=True,
)

pack_version = Table(
    "pack_version",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
)

# --- running ------------------------------------------------------------------------------------------------------------------

scheduled_job = Table(
    "scheduled_job",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_run_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("last_run_at", UtcDateTime),
    Column("last_fault", Text),
)
