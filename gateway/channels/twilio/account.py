"""The account at the provider."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """How to reach the provider."""

    sid: str
    token: str = field(repr=False)
    #: Root of another API than the provider's own: the carrier of trial mode.
    api_url: str = ""
    timeout_seconds: float = 10.0
    concurrency: int = 10  #: requests under way at once
