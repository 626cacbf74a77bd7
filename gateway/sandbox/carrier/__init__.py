"""The carrier of trial mode: a stateful stand-in, on this machine, for the provider's REST API of messages and calls.

The real SDK talks to it over HTTP. It keeps what it is given, answers as the provider does (statuses, error codes, signed
callbacks), and its handsets show what each telephone received. Nothing is sent on.
"""

from gateway.sandbox.carrier.carrier import Carrier
from gateway.sandbox.carrier.faults import Faults
from gateway.sandbox.carrier.traffic import Call, Message, Traffic

__all__ = ["Call", "Carrier", "Faults", "Message", "Traffic"]
