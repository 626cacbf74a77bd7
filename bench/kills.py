"""The kill tests at full size: 20,000 messages, ten kills of a worker, on both databases; then every server killed in turn.

python -m bench.kills                            --messages and --kills for another size, --seed to see one story again
"""

from __future__ import annotations

import argparse
import os
import sys

import pytest


def main() -> None:
    """Run them, and leave with their exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    os.environ["FIRE_MESSAGES"], os.environ["FIRE_KILLS"] = str(chosen.messages), str(chosen.kills)
    if chosen.seed is not None:
        os.environ["FIRE_SEED"] = str(chosen.seed)
    sys.exit(pytest.main(["tests/fire/test_kills.py", "--durations=0", "-v"]))


if __name__ == "__main__":
    main()
