"""Faults on demand: what a provider does on a bad day, so that trials and tests meet it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, fields
from enum import StrEnum

from gateway.domain.errors import InvalidInput


class Fault(StrEnum):
    """What may go wrong with one request."""

    TIMEOUT_AFTER_ACCEPTANCE = "timeout_after_acceptance"  #: taken, and the answer never comes
    THROTTLED = "throttled"  #: 429, error 20429
    BROKEN = "broken"  #: 500, nothing taken


@dataclass(slots=True, kw_only=True)
class Faults:
    """How often each fault happens, from 0 to 1, drawn from a seed. All zero: an honest day."""

    timeout_after_acceptance: float = 0.0
    throttled: float = 0.0
    broken: float = 0.0
    duplicate_callbacks: float = 0.0  #: a callback is told twice
    shuffled_callbacks: float = 0.0  #: a callback is told after the next one
    seed: int = 1
    timeout_seconds: float = 30.0  #: how long an answer that never comes keeps its caller waiting

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name not in ("seed", "timeout_seconds") and not 0 <= value <= 1:
                raise InvalidInput(f"{each.name}: a share between 0 and 1, not {value}")


class Dice:
    """Draws faults; safe from any thread."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - faults on demand, the same each time
        self._lock = threading.Lock()

    def of_request(self) -> Fault | None:
        """What goes wrong with one request, if anything."""
        with self._lock:
            drawn = self._random.random()
        for fault in Fault:
            share = getattr(self.faults, fault.value)
            if drawn < share:
                return fault
            drawn -= share
        return None

    def happens(self, share: float) -> bool:
        """One draw."""
        if not share:
            return False
        with self._lock:
            return self._random.random() < share
