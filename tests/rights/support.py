"""Requests that reached us by post, by telephone or otherwise, and that somebody of the team wrote down."""

from __future__ import annotations

from typing import Any

from gateway.domain.rights import Identity, RequestVia, Right
from gateway.flows.gateway import Gateway
from gateway.flows.rights.requests import open_request
from gateway.store.requests import Asked, Request


def asks(gw: Gateway, right: Right, address: str, **given: Any) -> Request:
    """Whoever has this address or number asks for a right."""
    told = {"via": RequestVia.POST, "received_at": gw.clock.now(), "recorded_by": "Inès", **given}
    return open_request(gw, address, Asked(right=right, **told))[0]


def asks_proven(gw: Gateway, right: Right, address: str, **given: Any) -> Request:
    """The same, of somebody who was called back: it is she."""
    return asks(gw, right, address, **{"identity": Identity.CHECKED, "identity_how": "rappelée", **given})
