"""Inbound mail: each kept once, read, and taking effect in the same transaction; then, and only then, its carrier hears yes."""

from gateway.flows.receiving.intake import Received, receive

__all__ = ["Received", "receive"]
