"""`python -m bench.corpora [KIND …]`: measure whatever is there; exit code 1 when something that must hold does not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.corpora import bounces, emails, phones, spreadsheets, twilio

ROOT = Path(__file__).resolve().parents[2]
#: Beside the project, or beside the folder that holds its working trees.
PLACES = [folder / "shared" / "data" for folder in list(ROOT.parents)[:2]]

#: Kinds of material by the name of their folder.
KINDS: Mapping[str, Callable[[Path], bool]] = {
    "bounces": bounces.measure,
    "emails": emails.measure,
    "phones": phones.measure,
    "spreadsheets": spreadsheets.measure,
    "twilio": twilio.measure,
}


def main() -> None:
    """Measure the kinds that are named, or all of them."""
    data = next((place for place in PLACES if place.is_dir()), None)
    if data is None:
        print("no corpora beside the project (../shared/data is absent): nothing was measured")
        return
    wanted = sys.argv[1:] or list(KINDS)
    if unknown := [kind for kind in wanted if kind not in KINDS]:
        sys.exit(f"unknown kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    held = True
    for kind in wanted:
        if (data / kind).is_dir():
            held = KINDS[kind](data / kind) and held
        else:
            print(f"{kind}: absent, not measured")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
