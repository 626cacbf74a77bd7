"""What keeps machines away from forms, without anybody else's help and without a riddle: time, a trap, and a count by place.

No address of the network is stored: a keyed digest of it, good for one day, counts for an hour.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidToken, StoreUnavailable
from gateway.flows.forms.publishing import Version, opened_version
from gateway.flows.gateway import Gateway

#: A field that no person sees. Its name is one that machines like to fill in.
TRAP = "website"
TOKEN = "page"  # noqa: S105 - the name of a field
_V6_PREFIX = 64
#: How many times the letters of one address go to one mailbox: people do have several addresses that lead there.
_SPELLINGS = 2


class Held(StrEnum):
    """Why a form that was sent is shown again; the page has a sentence for each."""

    QUICK = "quick"  #: faster than anybody reads
    OLD = "old"  #: the page was opened too long ago, or not here
    BUSY = "busy"  #: too many from the same place


class Counter:
    """Counts by the hour, or the day, what one process is asked; where the installation has Redis, all of them."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        storage = storage_from_string(gw.settings.broker.url or "memory://", wrap_exceptions=True)
        self._limiter = MovingWindowRateLimiter(storage)

    def admits(self, what: str, whom: str, most: int) -> bool:
        """Whether one more within this hour is not too many. Raises StoreUnavailable when nobody can count."""
        return self._admits(RateLimitItemPerHour(most), what, whom)

    def admits_today(self, what: str, whom: str, most: int) -> bool:
        """The same within a day."""
        return self._admits(RateLimitItemPerDay(most), what, whom)

    def _admits(self, limit: RateLimitItem, what: str, whom: str) -> bool:
        try:
            return self._limiter.hit(limit, what, whom)
        except StorageError as fault:
            raise StoreUnavailable(
                "broker.url : Redis ne répond pas, et sans lui les envois ne sont pas comptés : personne n’entre"
            ) from fault

    def place(self, request: Request) -> str:
        """Keyed digest, for today, of where on the network somebody is."""
        return self.today(_place(request.client.host if request.client else ""))

    def today(self, whom: str) -> str:
        """Keyed digest, for today, of whoever is counted."""
        return self._gw.keys.place_digest(whom, self._gw.clock.now().date().isoformat())


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

    def may_write(self, email: EmailAddress) -> bool:
        """Whether one more letter may go to a mailbox today, whatever way its address is spelled: a stranger who types in
        « zoe+1@ », « zoe+2@ » … fills one mailbox. Raises StoreUnavailable."""
        most = _SPELLINGS * self._gw.settings.forms.confirmations_per_day
        return self._counter.admits_today("mailbox", self._counter.today(email.mailbox), most)


def _place(host: str) -> str:
    """A network rather than a machine: one household has many IPv6 addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or (int(address) >> (128 - _V6_PREFIX)))
