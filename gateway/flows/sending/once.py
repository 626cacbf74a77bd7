"""A request for consent leaves once in a person's life, whatever two campaigns or two workers do at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.compliance.verdict import Allow
from gateway.domain.campaign import MessageClass
from gateway.flows.sending.brief import Brief, Judged
from gateway.store import asking
from gateway.store.asking import Request
from gateway.store.claiming import Claimed
from gateway.store.engine import Connection


def judge_all(tx: Connection, brief: Brief, rows: Sequence[Claimed], at: datetime) -> list[Judged]:
    """A verdict for each claimed row, in order.

    Requests for consent: whoever is allowed is marked as asked in this transaction. Where the mark was there already, the facts
    read a moment ago were overtaken: she is judged again as somebody who was asked (rule consent-request-once).
    """
    judged = [brief.judge(row.facts, at) for row in rows]
    if brief.message_class is not MessageClass.CONSENT_REQUEST:
        return judged
    wanted = [
        Request(row.message_id, row.contact_id, row.digest)
        for row, one in zip(rows, judged, strict=True)
        if isinstance(one.verdict, Allow) and row.contact_id is not None
    ]
    won = asking.mark(tx, wanted, at=at)
    overtaken = {one.message_id for one in wanted} - won
    return [
        brief.judge(brief.as_asked(row.facts), at) if row.message_id in overtaken else one
        for row, one in zip(rows, judged, strict=True)
    ]
