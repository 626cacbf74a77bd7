"""ARCEP's list of number ranges, and real cells: each number on its own network, whatever fails explained."""

from __future__ import annotations

import csv
import json
import random
import time
from collections import Counter
from pathlib import Path

from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber, read_phone_cell

#: Regions of the networks of a territory, as ARCEP names it. Réunion and Mayotte share the ranges "Océan indien".
NETWORKS = {
    "Métropole": {"FR"},
    "Guadeloupe, St Martin et St Barthélemy": {"GP"},
    "Martinique": {"MQ"},
    "Guyane": {"GF"},
    "La Réunion": {"RE"},
    "La Réunion - Océan indien": {"RE", "YT"},
    "Mayotte": {"YT"},
    "Saint Pierre et Miquelon": {"PM"},
}
_MACHINES = "0700"
_SPEED_CELLS = 100_000
_CELLS_PER_SECOND_MIN = 30_000


def measure(folder: Path) -> bool:
    """Every range ends on the network of its territory, or is refused for what it is; every cell is read or explained."""
    held = _ranges(folder / "arcep_majnum.csv")
    held = _cells(folder / "hard_cells.jsonl") and held
    return _speed() and held


def _ranges(path: Path) -> bool:
    right, refused = 0, Counter[str]()
    wrong: list[str] = []
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            territory = row["Territoire"]
            for typed in (row["Tranche_Debut"], row["Tranche_Fin"]):
                personal = territory in NETWORKS and not typed.startswith(_MACHINES)
                try:
                    number = PhoneNumber.parse(typed)
                except InvalidAddress as fault:
                    refused[fault.code] += 1
                    if personal or fault.code not in ("special", "short", "machine"):
                        wrong.append(f"{typed} ({territory}): {fault.code}")
                    continue
                if personal and number.region in NETWORKS[territory]:
                    right += 1
                else:
                    wrong.append(f"{typed} ({territory}): {number.e164} {number.region}")
    print(f"phones: {right} ends of ranges on the network of their territory; refused for what they are: {dict(refused)}")
    print(f"phones: wrong: {wrong[:20]}{' …' if len(wrong) > 20 else ''}")
    return not wrong


def _cells(path: Path) -> bool:
    read, silent, elsewhere = 0, [], []
    refused: list[str] = []
    cells = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for cell in cells:
        found = read_phone_cell(cell["raw"], region=cell["region"])
        read += bool(found.numbers)
        if not found.numbers and not found.refused:
            silent.append(cell["raw"])
        refused += [f"{why.text!r}: {why.says}" for why in found.refused]
        elsewhere += [
            f"{cell['raw']} ({cell['region']}): {n.e164} {n.region}" for n in found.numbers if n.region != cell["region"]
        ]
    print(f"phones: {read} of {len(cells)} real cells give a number; without a number nor a reason: {silent}")
    print(f"phones: {len(refused)} numbers refused with their reason, such as {refused[:3]}")
    print(f"phones: on a network other than that of their office: {elsewhere}")
    return not silent


def _speed() -> bool:
    draw = random.Random(1)
    digits = [f"0{draw.choice('1234567')}{draw.randrange(10**8):08d}" for _ in range(_SPEED_CELLS)]
    spaced = [" ".join(one[start : start + 2] for start in range(0, 10, 2)) for one in digits]
    started = time.process_time()
    for cell in spaced:
        read_phone_cell(cell)
    rate = _SPEED_CELLS / (time.process_time() - started)
    print(f"phones: {rate:,.0f} plain cells a second of processor time, the first time each beginning is met included")
    return rate > _CELLS_PER_SECOND_MIN
