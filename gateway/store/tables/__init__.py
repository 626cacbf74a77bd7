"""What is stored. All instants are UTC; persons appear outside of contact and address only by id, digest or pseudonym.

Numbers of people, campaigns and messages stand in the journal and in links: sqlite_autoincrement, so that none is given twice.
"""

from __future__ import annotations

from gateway.store.tables.asking import consent_request
from gateway.store.tables.base import metadata
from gateway.store.tables.breaches import breach
from gateway.store.tables.columns import import_mapping
from gateway.store.tables.forms import form_version, signup
from gateway.store.tables.hearing import inbox
from gateway.store.tables.keeping import retention_hold
from gateway.store.tables.people import (
    address,
    consent,
    consent_event,
    contact,
    contact_origin,
    import_batch,
    import_change,
    origin,
    person_key,
    suppression,
    tag,
    wording,
)
from gateway.store.tables.proof import (
    FEW_KINDS,
    OF_A_PERSON,
    OF_FEW_KINDS,
    checkpoint,
    journal,
    journal_seal,
    journal_tile,
    kept_text,
)
from gateway.store.tables.rights import code_try, code_use, erasure_round, rights_request
from gateway.store.tables.running import installation, refused_callback, scheduled_job
from gateway.store.tables.sending import approval, call_document, campaign, campaign_version, message, pace, receipt

__all__ = [
    "FEW_KINDS",
    "OF_A_PERSON",
    "OF_FEW_KINDS",
    "address",
    "approval",
    "breach",
    "call_document",
    "campaign",
    "campaign_version",
    "checkpoint",
    "code_try",
    "code_use",
    "consent",
    "consent_event",
    "consent_request",
    "contact",
    "contact_origin",
    "erasure_round",
    "form_version",
    "import_batch",
    "import_change",
    "import_mapping",
    "inbox",
    "installation",
    "journal",
    "journal_seal",
    "journal_tile",
    "kept_text",
    "message",
    "metadata",
    "origin",
    "pace",
    "person_key",
    "receipt",
    "refused_callback",
    "retention_hold",
    "rights_request",
    "scheduled_job",
    "signup",
    "suppression",
    "tag",
    "wording",
]
