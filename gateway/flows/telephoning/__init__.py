"""What comes back by telephone: replies, keys, and what the provider says of texts and calls."""

from gateway.flows.telephoning.calling_off import call_off
from gateway.flows.telephoning.calls import call_ended, document, key_pressed
from gateway.flows.telephoning.forging import Forgeries, refused_lately
from gateway.flows.telephoning.missed import take_in_missed
from gateway.flows.telephoning.statuses import Told, text_statuses
from gateway.flows.telephoning.texts import hear_text
from gateway.flows.telephoning.tracing import Settled, trace

__all__ = [
    "Forgeries",
    "Settled",
    "Told",
    "call_ended",
    "call_off",
    "document",
    "hear_text",
    "key_pressed",
    "refused_lately",
    "take_in_missed",
    "text_statuses",
    "trace",
]
