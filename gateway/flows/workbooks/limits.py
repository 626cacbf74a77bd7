"""How much of the machine one workbook may take."""

from __future__ import annotations

import re
import resource
from pathlib import Path

MEBIBYTE = 1024**2
_PEAK = re.compile(r"VmHWM:\s*(\d+)")
#: Address space of the process that reads, beside the one that waits for it: together they stay below 500 MB. A workbook that
#: needs more is refused, whatever it claims to hold.
MEMORY_BYTES_MAX = 380 * MEBIBYTE
CPU_SECONDS_MAX = 30
#: Patience of whoever waits for it; longer than the processor time, for a machine that is busy.
WALL_SECONDS_MAX = 45
#: Size of the rows written out.
OUTPUT_BYTES_MAX = 512 * MEBIBYTE

FILE_BYTES_MAX = 100 * MEBIBYTE
#: What the parts of a workbook may unpack to, all together, measured while they unpack.
UNPACKED_BYTES_MAX = 300 * MEBIBYTE
MEMBERS_MAX = 5_000
SHEETS_MAX = 500
#: Cells of the rectangle that holds every value.
CELLS_MAX = 5_000_000
#: Rows that are written out, empty or not: no spreadsheet program has more.
ROWS_MAX = 1_048_576
COLUMNS_MAX = 2_000
SPANS_MAX = 50_000
#: Cells that merged cells may cover, all together.
COVERED_MAX = 20_000_000
CELL_CHARACTERS_MAX = 32_767  #: what Excel admits
NOTES_MAX, NOTE_CHARACTERS_MAX = 20_000, 400


def narrow() -> None:
    """Bound this process for good: memory, processor time, output; no core file."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def peak_kibibytes() -> int:
    """The most memory this process ever held; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    found = _PEAK.search(status.read_text("utf-8")) if status.exists() else None
    return int(found[1]) if found else 0
