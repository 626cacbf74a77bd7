"""The reserve of the spool: on a full disk whoever objects is kept where room was taken before."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gateway.store import reserve, spool

AT = "2026-12-01T10:00:00.000000Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reserve.prepare(tmp_path / "spool")
    return tmp_path / "spool"


@pytest.fixture
def full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No new file of it takes a byte."""
    monkeypatch.setattr(spool, "_private", lambda _path, _flags: os.open("/dev/full", os.O_WRONLY))
    return folder


def keep(folder: Path, *tokens: str) -> None:
    for token in tokens:
        spool.keep(folder, {"link": token, "cause": "one_click"}, AT)


def links(folder: Path) -> list[str]:
    return [one.told["link"] for one in spool.each(folder) if one.told is not None]


def test_on_a_full_disk_each_objection_is_kept_once_and_takes_no_room(full: Path) -> None:
    before = reserve.path_of(full).stat()
    keep(full, "lea", "mehdi", "lea")
    after = reserve.path_of(full).stat()
    assert links(full) == ["lea", "mehdi"] and spool.count(full) == 2 and spool.waiting(full) == []
    assert (after.st_size, after.st_blocks) == (before.st_size, before.st_blocks)
    assert after.st_mode & 0o077 == 0  # a text has her number and her words


def test_who_was_heard_is_written_over_and_the_others_go_on_waiting(full: Path) -> None:
    keep(full, "lea", "mehdi", "noe")
    lea, mehdi, noe = spool.each(full)
    spool.drop(mehdi)
    spool.drop(mehdi)  # by somebody else who heard it at the same moment
    assert links(full) == ["lea", "noe"] and b"mehdi" not in reserve.path_of(full).read_bytes()
    keep(full, "mehdi")
    assert links(full) == ["lea", "noe", "mehdi"]
    for one in (lea, noe, *spool.each(full)):
        spool.drop(one)
    assert spool.count(full) == 0 and set(reserve.path_of(full).read_bytes()) == {0}, "all of the room is there again"


def test_a_reserve_that_is_full_too_says_so_and_keeps_whom_it_has(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(full, "lea")
    monkeypatch.setattr(reserve, "BYTES", 300)
    with pytest.raises(OSError) as refused:
        keep(full, "mehdi" * 40)
    assert refused.value.errno == errno.ENOSPC
    assert links(full) == ["lea"]


def test_a_line_cut_off_by_the_end_of_the_machine_is_set_aside_and_holds_up_nobody(full: Path, monkeypatch) -> None:
    keep(full, "lea")
    with reserve.path_of(full).open("r+b") as file:
        file.seek(len(file.read().partition(b"\0")[0]))
        file.write(b'0123 {"link":"me')
    keep(full, "noe")
    assert links(full) == ["lea", "noe"]
    (cut,) = [one for one in spool.each(full) if one.told is None]
    monkeypatch.undo()
    spool.set_aside(cut)
    assert spool.unreadable(full) == 1 and [one.told is None for one in spool.each(full)] == [False, False]


def test_a_disk_that_is_only_broken_is_told_and_nothing_is_promised(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(spool, "_private", broken)
    with pytest.raises(OSError, match="Input/output"):
        keep(folder, "lea")
    assert spool.count(folder) == 0


def test_a_second_process_takes_no_second_room_and_wipes_nobody_out(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(full, "lea")
    monkeypatch.setattr(Path, "exists", lambda _self: False)  # both looked before either had made it
    reserve.prepare(full)
    assert links(full) == ["lea"] and [one.name for one in full.iterdir()] == ["reserve"]


def test_a_lane_sees_who_waits_wherever_she_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lookout = spool.Lookout(folder)
    assert not lookout.somebody_waits() and not lookout.somebody_waits()
    keep(folder, "lea")
    assert lookout.somebody_waits()
    spool.drop(next(spool.each(folder)))
    assert not lookout.somebody_waits()
    monkeypatch.setattr(spool, "_TICK_SECONDS", 0.0)  # nobody came for long
    assert not lookout.somebody_waits() and not lookout.somebody_waits() and not lookout.somebody_waits()
    monkeypatch.setattr(spool, "_private", lambda _path, _flags: os.open("/dev/full", os.O_WRONLY))
    keep(folder, "mehdi")
    assert lookout.somebody_waits()
    assert not spool.Lookout(folder / "missing").somebody_waits()


def test_a_lane_sees_who_comes_at_the_very_instant_at_which_it_looked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a disk stands still for some milliseconds: the folder looks the same before her and after."""
    monkeypatch.setattr(spool, "_TICK_SECONDS", 3_600.0)
    lookout, instant = spool.Lookout(folder), folder.stat().st_mtime_ns
    for _ in range(3):
        assert not lookout.somebody_waits()
    keep(folder, "lea")
    os.utime(folder, ns=(instant, instant))
    assert lookout.somebody_waits()
