"""Rules on hours, senders and places: what their files may not say, each fault named with its file and key."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from gateway.compliance.pack import Pack
from tests.compliance.builders import HOUSE, LAW, shipped
from tests.compliance.test_pack import edit, faults


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Copies of the shipped policies, to spoil."""
    return Path(shutil.copytree(LAW, tmp_path / "fr")), Path(shutil.copytree(HOUSE, tmp_path / "house"))


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "reason"),
    [
        ("rules/hours.toml", 'monday = ["08:00-20:00"]', 'monday = ["8h-20h"]', "open.monday", "n’est pas une plage d’heures"),
        ("rules/hours.toml", 'monday = ["08:00-20:00"]', 'monday = ["20:00-08:00"]', "open.monday", "ferme avant d’ouvrir"),
        ("rules/hours.toml", 'closed_on = ["holidays"]', 'closed_on = ["sundays"]', "closed_on", "« sundays » n’est pas admis"),
        (
            "rules/hours.toml",
            'within = "voice-default-window"',
            'within = "voice-consent"',
            "within",
            "n’est pas une règle du genre window",
        ),
        ("rules/sms.toml", r"pattern = '36\d{3}'", "pattern = '36('", "pattern", "pas une expression régulière"),
        ("rules/sms.toml", r"deny = ['\+33[67]\d+'", "deny = ['+33['", "deny", "pas une expression régulière"),
        ("rules/voice.toml", 'deny = ["+687"', 'deny = ["687"', "deny", "« 687 » n’est pas le début d’un numéro international"),
        ("rules/voice.toml", 'counted = ["call"]', 'counted = ["fax"]', "counted", "« fax » n’est pas admis"),
        ("holidays.toml", 'on = "07-14"', 'on = "14-07"', "on", "« 14-07 » n’est pas un jour de l’année"),
        ("holidays.toml", "easter = 39", "easter = 400", "easter", "un nombre de jours après le dimanche de Pâques"),
        ("holidays.toml", 'source = "travail-L3133-1"', 'source = "almanach"', "source", "« almanach » n’est pas une clé"),
        ("holidays.toml", 'id = "alsace-moselle"', 'id = "republique"', "id", "y est deux fois"),
        (
            "territories.toml",
            '"republique", "alsace-moselle"]',
            '"republique", "bretagne"]',
            "holidays",
            "« bretagne » n’est pas un calendrier",
        ),
        (
            "territories.toml",
            'members = ["974", "976"]',
            'members = ["974", "979"]',
            "members",
            "« 979 » n’est pas un territoire",
        ),
        ("territories.toml", 'numbers = ["+596"]', 'numbers = ["+594"]', "numbers", "« +594 » appartient déjà à"),
        (
            "territories.toml",
            'numbers = ["+596"]',
            'numbers = ["0596"]',
            "numbers",
            "n’est pas le début d’un numéro international",
        ),
        ("territories.toml", 'communes = ["972"]', 'communes = ["971"]', "communes", "« 971 » appartient déjà à 971"),
        ("elections/presidentielle-2027.toml", 'early = ["971"', 'early = ["971-977-978"', "early", "n’est pas un territoire"),
    ],
)
def test_a_fault_is_named_with_its_file_and_key(folders, file: str, old: str, new: str, key: str, reason: str) -> None:
    edit(folders[0] / file, old, new)
    said = faults(*folders)
    assert file.rpartition("/")[2] in said
    assert key in said
    assert reason in said


def test_a_pack_from_before_there_were_holidays_still_decides(folders) -> None:
    """Old verdicts are recomputed with the pack kept in the store: its windows simply had no holidays."""
    files = json.loads(shipped().text)
    del files["law/holidays.toml"]
    lines = [line for line in files["law/territories.toml"].splitlines() if not line.startswith("holidays = ")]
    files["law/territories.toml"] = "\n".join(lines)
    old = Pack.from_text(json.dumps(files).encode())
    assert old.calendar.holiday(date(2027, 7, 14), "972") is None
    assert shipped().calendar.holiday(date(2027, 7, 14), "972") is not None
