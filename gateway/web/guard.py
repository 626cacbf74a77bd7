"""What keeps machines away from forms, without anybody else's help and without a riddle: time, a trap, and a count by place.

No address of the network is stored: a keyed digest of it, good for one day, counts for an hour.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerHour
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from gateway.domain.errors import InvalidToken, StoreUnavailable
from gateway.flows.forms.publishing import Version, opened_version
from gateway.flows.gateway import Gateway

#: A field that no person sees. Its name is one that machines like to fill in.
TRAP = "website"
TOKEN = "page"  # noqa: S105 - the name of a field
_V6_PREFIX = 64


class Held(StrEnum):
    """Why a form that was sent is shown again; the page has a sentence for each."""

    QUICK = "quick"  #: faster than anybody reads
    OLD = "old"  #: the page was opened too long ago, or not here
    BUSY = "busy"  #: too many from the same place


class Counter:
    """Counts by the hour what one process is asked; where the installation has Redis, all of them."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        storage = storage_from_string(gw.settings.broker.url or "memory://", wrap_exceptions=True)
        self._limiter = MovingWindowRateLimiter(storage)

    def admits(self, what: str, whom: str, most: int) -> bool:
        """Whether one more within this hour is not too many. Raises StoreUnavailable when nobody can count."""
        try:
            return self._limiter.hit(RateLimitItemPerHour(most), what, whom)
        except StorageError as fault:
            raise StoreUnavailable(
                "broker.url : Redis ne répond pas, et sans lui les envois ne sont pas comptés : personne n’entre"
            ) from fault

    def place(self, request: Request) -> str:
        """Keyed digest, for today, of where on the network somebody is."""
        place = _place(request.client.host if request.client else "")
        return self._gw.keys.place_digest(place, self._gw.clock.now().date().isoformat())


class Guard:
    """The doorkeeper of forms."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._counter = Counter(gw)

    def token(self, version: Version) -> str:
        """What a page that is opened now carries."""
        return self._gw.keys.page_token(bytes.fromhex(version.sha256), int(self._gw.clock.now().timestamp()))

    def admit(self, request: Request, form_id: str, token: str) -> Version | Held:
        """The version somebody filled in, or why it is shown again. Raises StoreUnavailable when nobody can count."""
        try:
            beginning, seconds = self._gw.keys.read_page_token(token)
        except InvalidToken:
            return Held.OLD
        settings = self._gw.settings.forms
        waited = self._gw.clock.now().timestamp() - seconds
        if waited > timedelta(hours=settings.hours_max).total_seconds():
            return Held.OLD
        version = opened_version(self._gw, form_id, beginning)
        if version is None:
            return Held.OLD
        if waited < settings.seconds_min:
            return Held.QUICK
        admitted = self._counter.admits("form", self._counter.place(request), settings.posts_per_hour)
        return version if admitted else Held.BUSY


def _place(host: str) -> str:
    """A network rather than a machine: one household has many IPv6 addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or (int(address) >> (128 - _V6_PREFIX)))
