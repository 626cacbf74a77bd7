"""People, where their data came from, what they agreed to, and who is not written to.

What belongs to a person names her by a plain number, not by a foreign key: a million people enter or leave by set, and each row
would be looked up by itself. A trigger on `contact` (migrations `batches`, `leavers`) takes all of it away with her.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, ConsentState, Purpose
from gateway.domain.contact import BatchState, Collection, ContactClass, OriginKind
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.store.tables.base import metadata
from gateway.store.types import Id, UtcDateTime, closed

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
    Column("state", closed(BatchState, "state"), nullable=False, server_default="written"),
    Column("undone_at", UtcDateTime),
    Column("undone_by", Text),
    Column("sheet", Text),  # of a workbook
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
    Column("polling_station", String(32), nullable=False, server_default=""),  # code, as the roll writes it
    Column("polling_label", Text, nullable=False, server_default=""),
    Column("roll_digest", LargeBinary(16)),  # keyed digest of who she is on an electoral roll
    Column("language", String(2), nullable=False, server_default="fr"),
    Column("restricted", Boolean, nullable=False, server_default=text("false")),
    #: Her import was undone after a message had reached her: kept to explain it, and sent nothing any more.
    Column("set_aside", Boolean, nullable=False, server_default=text("false")),
    Column("origin_id", Id, nullable=False),
    Column("batch_id", Id, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index(
        "uq_contact_roll_digest",
        "roll_digest",
        unique=True,
        postgresql_where=text("roll_digest IS NOT NULL"),
        sqlite_where=text("roll_digest IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

#: Where a person was met again: each later file that names her.
contact_origin = Table(
    "contact_origin",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("batch_id", Id, primary_key=True, index=True),
    Column("origin_id", Id, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

#: What a file filled in on people who were known: a null column was not touched. An undo empties what still stands as it left it.
import_change = Table(
    "import_change",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("batch_id", Id, primary_key=True, index=True),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("birth_on", Date),
    Column("postcode", String(10)),
    Column("commune", Text),
    Column("territory", String(32)),
    Column("polling_station", String(32)),
    Column("polling_label", Text),
    Column("promoted", Boolean, nullable=False),  # occasional before, regular by this file
)

#: One random key per person. Destroyed with the person: her pseudonym in the journal then leads nowhere.
person_key = Table(
    "person_key",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("key", LargeBinary(16), nullable=False),
)

address = Table(
    "address",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, nullable=False, index=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("value", Text, nullable=False),  # normalised, as the channel needs it
    Column("typed", Text),  # as the person wrote it, when it differs
    Column("domain", Text, nullable=False, server_default=""),
    Column("digest", LargeBinary(16), nullable=False),
    Column("state", closed(AddressState, "state"), nullable=False, server_default="valid"),
    Column("state_reason", Text),  # an AddressCause
    Column("state_at", UtcDateTime),
    Column("state_code", String(40)),  # what its server answered, or was reported to: "550 5.1.1"
    Column("state_reply", Text),  # its words, without addresses; or why somebody lifted the state
    Column("failures", Integer, nullable=False, server_default="0"),  # letters in a row that could not be delivered
    Column("failed_at", UtcDateTime),  # the last one
    Column("batch_id", Id),  # the file that brought it
    UniqueConstraint("digest", "medium"),
    # Few addresses fail; they are looked for every hour, to be tried again.
    Index("ix_address_failing", "state_at", postgresql_where=text("state = 'failing'"), sqlite_where=text("state = 'failing'")),
    sqlite_autoincrement=True,
)

tag = Table(
    "tag",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("batch_id", Id),  # the file that brought it
    Index("ix_tag_name", "name"),
)

#: Append-only ledger of consent, with evidence. Nothing is ever changed here but by erasure of the person.
consent_event = Table(
    "consent_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contact_id", Id, nullable=False, index=True),
    Column("medium", closed(Medium, "medium"), nullable=False),
    Column("purpose", closed(Purpose, "purpose"), nullable=False),
    Column("act", closed(ConsentAct, "act"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("election", String(64)),
    Column("hours", String(200)),  # agreed hours of calls, in the canonical text of domain.hours.CallWindow
    Column("given_at", UtcDateTime),
    Column("form", Text),
    Column("wording_sha256", String(64)),
    Column("collector", Text),
    Column("means", Text),
    Column("scan_sha256", String(64)),  # fingerprint of the scan of a paper form
    Column("scan_reference", Text),  # where the paper is kept
    Column("batch_id", Id),
    Column("recorded_at", UtcDateTime, nullable=False),
)

#: Projection of the ledger: the present state by person, channel and purpose.
consent = Table(
    "consent",
    metadata,
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("medium", closed(Medium, "medium"), primary_key=True),
    Column("purpose", closed(Purpose, "purpose"), primary_key=True),
    Column("state", closed(ConsentState, "state"), nullable=False),
    Column("evidence", Boolean, nullable=False),
    Column("election", String(64)),
    Column("hours", String(200)),  # as in the ledger
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
    Column("delay_ms", Integer),  # from the reception of the person's words to their effect; null where nobody spoke to us
    Column("message_id", Id),  # the message whose link, reply or report it was
    UniqueConstraint("digest", "medium", "kind"),
    CheckConstraint("kind <> 'objection' OR until IS NULL", name="objection_never_lapses"),
    sqlite_autoincrement=True,  # a sequence number is never given twice: the feed of fresh objections relies on it
)
