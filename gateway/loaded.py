"""How a process treats its memory once everything is loaded: what stays out of the way of the garbage collector."""

from __future__ import annotations

import gc

#: New objects between two collections: a batch makes thousands, nearly all gone without the collector's help.
_COLLECT_AFTER = 20_000


def spare_the_collector() -> None:
    """From now on it walks through what is made later alone, and less often: a tenth of the time a list takes to read."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
