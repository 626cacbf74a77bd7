"""What somebody put into a row that no row can hold is told in a sentence: SQLite lets a column hold anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.domain.errors import Conflict, GatewayError


@contextmanager
def read_as_written() -> Iterator[None]:
    """Raises Conflict where a row of the journal, or beside it, is no longer of the kind that was written."""
    try:
        yield
    except GatewayError:
        raise
    except (LookupError, TypeError, ValueError) as fault:
        raise Conflict(
            f"une ligne du journal, ou de ce qui le scelle, a été changée à la main et ne se lit plus ({fault}) ; "
            "reprenez-la d’une sauvegarde de la base"
        ) from fault
