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
        ("rules/hours.toml", 'monday = ["08:00-20:00"]', 'monday = ["8h-20h"]', "open.monday", "is not a stretch of hours"),
        ("rules/hours.toml", 'monday = ["08:00-20:00"]', 'monday = ["20:00-08:00"]', "open.monday", "closes before it opens"),
        ("rules/hours.toml", 'closed_on = ["holidays"]', 'closed_on = ["sundays"]', "closed_on", "'sundays' is not one of"),
        (
            "rules/hours.toml",
            'within = "voice-default-window"',
            'within = "voice-consent"',
            "within",
            "not a rule of kind window",
        ),
        ("rules/sms.toml", r"pattern = '36\d{3}'", "pattern = '36('", "pattern", "not a regular expression"),
        ("rules/sms.toml", r"deny = ['\+33[67]\d+'", "deny = ['+33['", "deny", "not a regular expression"),
        ("rules/voice.toml", 'deny = ["+687"', 'deny = ["687"', "deny", "'687' is not the beginning of an international number"),
        ("rules/voice.toml", 'counted = ["call"]', 'counted = ["fax"]', "counted", "'fax' is not one of"),
        ("holidays.toml", 'on = "07-14"', 'on = "14-07"', "on", "'14-07' is not a day of the year"),
        ("holidays.toml", "easter = 39", "easter = 400", "easter", "a number of days after Easter Sunday"),
        ("holidays.toml", 'source = "travail-L3133-1"', 'source = "almanach"', "source", "'almanach' is not a key"),
        ("holidays.toml", 'id = "alsace-moselle"', 'id = "republique"', "id", "stands twice"),
        (
            "territories.toml",
            '"republique", "alsace-moselle"]',
            '"republique", "bretagne"]',
            "holidays",
            "'bretagne' is not a calendar",
        ),
        ("territories.toml", 'members = ["974", "976"]', 'members = ["974", "979"]', "members", "'979' is not a territory"),
        ("territories.toml", 'numbers = ["+596"]', 'numbers = ["+594"]', "numbers", "'+594' already belongs to"),
        (
            "territories.toml",
            'numbers = ["+596"]',
            'numbers = ["0596"]',
            "numbers",
            "not the beginning of an international number",
        ),
        ("territories.toml", 'communes = ["972"]', 'communes = ["971"]', "communes", "'971' already belongs to 971"),
        ("elections/presidentielle-2027.toml", 'early = ["971"', 'early = ["971-977-978"', "early", "is not a territory"),
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
