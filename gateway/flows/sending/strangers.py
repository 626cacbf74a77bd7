"""Whoever wrote to us and is in nobody's file: she is answered all the same, and her number goes with the answer.

The row of her answer holds the number, among what it says of its occasion, and forgets it as it reaches its last state.
Serves rules sms-stop-confirm and sms-contact-keyword.
"""

from __future__ import annotations

from datetime import datetime

from gateway.compliance.facts import Facts
from gateway.domain.campaign import SINGLE_CLASSES
from gateway.domain.suppression import SuppressionState
from gateway.flows.sending.brief import Brief
from gateway.store import suppressions
from gateway.store.answers import number_in
from gateway.store.claiming import Claimed
from gateway.store.engine import Connection
from gateway.store.facts import suppression_rank


def as_recipient(tx: Connection, brief: Brief, row: Claimed, at: datetime) -> Claimed:
    """A row that answers a stranger, with the little that is true of her; any other row as it is.

    Nothing is known of her but that she wrote, and whether she objects. The journal names her by the digest alone.
    """
    number = number_in(row.fields) if row.contact_id is None and brief.message_class in SINGLE_CLASSES else None
    if number is None:
        return row
    objects = suppressions.present(tx, [row.digest], brief.medium, at)
    unknown = Facts(at=at, channel=brief.medium, message_class=brief.message_class, origin_complete=False)
    said = dict(zip(brief.fact_names, row.facts, strict=True))
    for name in ("contact_class", "territory", "age", "origin", "collection", "origin_complete", "restricted", "address"):
        said[name] = getattr(unknown, name)
    said["suppression"] = suppression_rank(SuppressionState.OBJECTION if objects else SuppressionState.NONE)
    said["network"] = ""
    return row._replace(
        contact_id=0,
        person_key=row.digest,
        address=number,
        fields=None,
        given_name="",
        family_name="",
        commune="",
        origin="",
        facts=tuple(said[name] for name in brief.fact_names),
    )
