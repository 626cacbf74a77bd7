"""How a process that stays up treats its memory and its threads, once everything is loaded."""

from __future__ import annotations

import gc
import sys

from gateway.loaded import spare_the_collector

#: How soon a busy thread lets another one in.
_SWITCH_SECONDS = 0.001


def settle_down() -> None:
    """Make what was loaded so far stay out of the collector's way, and let waiting threads in sooner."""
    # The thread that speaks SMTP, or hears somebody object, works briefly: by default it waits 5 ms for a busy one each time.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What was loaded so far stays: the collector need not walk through it again for every few batches.
    gc.collect()
    spare_the_collector()
