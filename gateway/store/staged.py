"""Temporary tables of one connection: the rows of a file, and what following steps make of them. See `staging`."""

from __future__ import annotations

from sqlalchemy import Column as Col
from sqlalchemy import Date, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, String, Table, Text

from gateway.store.types import Id, UtcDateTime

metadata = MetaData()
_TEMPORARY = ["TEMPORARY"]

#: How somebody agreed: said on her line of the file, kept with the entry of the ledger.
_EVIDENCE = {"hours": Text, "given_at": UtcDateTime, "form": Text, "wording_sha256": Text, "collector": Text, "means": Text}

#: One line of the file. `act_…` is what the line says of consent to a channel: a ConsentAct, or OBJECTS.
staged_row = Table(
    "staged_row",
    metadata,
    Col("line", Integer, primary_key=True, autoincrement=False),
    Col("person", Integer, nullable=False),  # the first line about the same person
    Col("key", LargeBinary(16)),
    Col("email_digest", LargeBinary(16)),
    Col("email", Text),
    Col("email_typed", Text),
    Col("email_domain", Text),
    Col("sms_digest", LargeBinary(16)),
    Col("call_digest", LargeBinary(16)),
    Col("mobile", Text),
    Col("mobile_typed", Text),
    Col("landline_digest", LargeBinary(16)),
    Col("landline", Text),
    Col("landline_typed", Text),
    Col("roll_digest", LargeBinary(16)),
    Col("given_name", Text, server_default=""),
    Col("family_name", Text, server_default=""),
    Col("birth_on", Date),
    Col("postcode", Text, server_default=""),
    Col("commune", Text, server_default=""),
    Col("territory", Text, server_default=""),
    Col("polling_station", Text, server_default=""),
    Col("polling_label", Text, server_default=""),
    Col("language", Text, server_default=""),
    Col("act_email", Text),
    Col("act_sms", Text),
    Col("act_call", Text),
    *(Col(name, kind) for name, kind in _EVIDENCE.items()),
    prefixes=_TEMPORARY,
)

staged_tag = Table(
    "staged_tag",
    metadata,
    Col("line", Integer, nullable=False, index=True),
    Col("name", String(64), nullable=False),
    prefixes=_TEMPORARY,
)

#: Addresses of the part at work, each once, and what stands against taking it: see Fate.
staged_address = Table(
    "staged_address",
    metadata,
    Col("person", Integer, nullable=False),
    Col("slot", Text, nullable=False),
    Col("medium", Text, nullable=False),
    Col("digest", LargeBinary(16), nullable=False),
    Col("value", Text),
    Col("typed", Text),
    Col("domain", Text),
    Col("holder", Id),  # the contact who has it
    Col("fate", Text),
    # SQLite looks lines up one by one; PostgreSQL works through whole tables, and would fill an index for nothing.
    Index("ix_staged_address_person", "person").ddl_if(dialect="sqlite"),
    prefixes=_TEMPORARY,
)

#: Each person of the part at work, and who she is to us.
staged_person = Table(
    "staged_person",
    metadata,
    Col("line", Integer, nullable=False),
    Col("contact_id", Id, nullable=False),
    Col("standing", Text, nullable=False),
    # Of each channel: 1, an address of it is taken; -1, those of the file are not; 0, the file has none.
    Col("email", Integer, nullable=False),
    Col("sms", Integer, nullable=False),
    Col("call", Integer, nullable=False),
    PrimaryKeyConstraint("line").ddl_if(dialect="sqlite"),
    prefixes=_TEMPORARY,
)

#: Entries the ledger of consent is about to receive: one at most for each person, channel and purpose.
staged_consent = Table(
    "staged_consent",
    metadata,
    Col("contact_id", Id, nullable=False),
    Col("medium", Text, nullable=False),
    Col("purpose", Text, nullable=False),
    Col("act", Text, nullable=False),
    Col("at", UtcDateTime, nullable=False),
    Col("election", Text),
    *(Col(name, kind) for name, kind in _EVIDENCE.items()),
    *(Col(name, Text) for name in ("scan_sha256", "scan_reference")),  # of a paper: the same for all lines of a file
    PrimaryKeyConstraint("contact_id", "medium", "purpose").ddl_if(dialect="sqlite"),
    prefixes=_TEMPORARY,
)

#: Addresses the opposition list is about to receive.
staged_objection = Table(
    "staged_objection",
    metadata,
    Col("digest", LargeBinary(16), primary_key=True),
    Col("medium", Text, primary_key=True),
    prefixes=_TEMPORARY,
)

#: Numbers of the file that are somebody else's, or may be: found by their names.
staged_doubt = Table(
    "staged_doubt",
    metadata,
    Col("person", Integer, primary_key=True, autoincrement=False),
    Col("value", Text, primary_key=True),
    prefixes=_TEMPORARY,
)

#: Emptied before the next part is worked on.
OF_A_PART = (staged_address, staged_person, staged_consent, staged_objection, staged_doubt)
