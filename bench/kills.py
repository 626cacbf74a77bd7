"""The kill tests at full size: 20,000 messages, ten kills of a worker, on both databases; then every server killed in turn.

python -m bench.kills                            --messages and --kills for another size, --seed to see one story again
python -m bench.kills --texts                    10,000 texts, two kills, a provider that fails one request in a hundred
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
    parser.add_argument("--texts", action="store_true", help="by SMS; --messages and --kills say how many there too")
    chosen = parser.parse_args()
    if chosen.texts:
        given = {name: value for name, value in vars(chosen).items() if value != parser.get_default(name)}
        os.environ["FIRE_TEXTS"], os.environ["FIRE_TEXT_KILLS"] = str(given.get("messages", 10_000)), str(given.get("kills", 2))
        sys.exit(pytest.main(["tests/fire/test_text_kills.py", "--durations=0", "-v", "-s"]))
    os.environ["FIRE_MESSAGES"], os.environ["FIRE_KILLS"] = str(chosen.messages), str(chosen.kills)
    if chosen.seed is not None:
        os.environ["FIRE_SEED"] = str(chosen.seed)
    sys.exit(pytest.main(["tests/fire/test_kills.py", "--durations=0", "-v"]))


if __name__ == "__main__":
    main()
