"""A step of a benchmark in a process of its own, and the most memory one ever had.

Nothing of the gateway is imported here: what a step does not need must not be counted as its memory.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def apart(module: str, *words: object, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a command of a benchmark answers, in JSON, in a process of its own: its peak memory is of nothing else."""
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def peak_memory_mb(pid: int | str = "self") -> float:
    """Most memory a living process ever had, in megabytes.

    Not getrusage: its maximum starts at that of the parent, from before the exec.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that worker processes and servers may use; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="passerelle-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
