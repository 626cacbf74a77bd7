"""Calls that the provider has not placed yet when nothing may be said in them any more are called off: nobody's telephone rings
for nothing.

The provider places calls at its own pace, and queues the rest. Whoever answers a late one hears nothing (`calls.document`).
"""

from __future__ import annotations

import logging
from datetime import timedelta

from gateway.channels.twilio.callbacks import CallStatus
from gateway.domain.channel import Medium
from gateway.flows.gateway import Gateway
from gateway.flows.telephoning.calls import end
from gateway.store import documents
from gateway.store.engine import begin, reading

log = logging.getLogger(__name__)

#: So long before its hour ends a call that nobody has answered is called off: it is looked for every few seconds.
_BEFORE_THE_END = timedelta(seconds=20)
_AT_ONCE = 200


def call_off(gw: Gateway) -> int:
    """Call off what would only ring: its hour is over, the person said no or is gone, or the campaign was halted.

    Returns how many. Such a call ends as one that the provider cancelled. Who has answered is left to hear what she is told. A
    provider that cannot be asked leaves all as it is; the next round asks again.
    """
    tracer = gw.tracers.get(Medium.CALL)
    if tracer is None:
        return 0
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        vain = documents.unsaid(tx, late=at + _BEFORE_THE_END, at=at, most=_AT_ONCE)
    called_off = 0
    for one in vain:
        try:
            if not tracer.call_off(one.reference):
                continue
        except OSError as fault:
            log.warning("the provider cannot be asked to drop calls whose hour is over: %s", fault)
            break
        called_off += 1
        told = CallStatus(sid=one.reference, status="canceled", answered_by=None, seconds=None)
        with begin(gw.engine) as tx:
            end(tx, gw, one.message_id, told)  # unless the provider's own word was here first
    return called_off
