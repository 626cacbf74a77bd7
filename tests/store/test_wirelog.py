"""The wire log: what a dead lane left is read by whoever gets its lock, and a living lane is left alone."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.store.wirelog import WireLog, dead_lanes


def test_a_living_lane_is_left_alone(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    with dead_lanes(tmp_path) as found:
        assert found == []
    wire.close()
    assert list(tmp_path.iterdir()) == []


def test_a_dead_lane_tells_what_passed_and_what_ended_and_is_then_forgotten(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    wire.passing(1, "2026-12-01T10:00:00Z")
    wire.ended(1, {"o": "accepted", "reference": "ok", "sha256": "00"})
    wire.passing(2, "2026-12-01T10:00:01Z")
    wire.release()
    with dead_lanes(tmp_path) as [remains]:
        assert remains.lane == "lane-1" and remains.same_boot
        assert remains.passed == {1: "2026-12-01T10:00:00Z", 2: "2026-12-01T10:00:01Z"}
        assert remains.ended[1]["reference"] == "ok" and 2 not in remains.ended
    with dead_lanes(tmp_path) as found:
        assert found == []


def test_what_could_not_be_settled_is_kept_for_the_next_recovery(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    wire.passing(1, "2026-12-01T10:00:00Z")
    wire.release()
    with pytest.raises(RuntimeError), dead_lanes(tmp_path):
        raise RuntimeError("the store is away")
    with dead_lanes(tmp_path) as [remains]:
        assert 1 in remains.passed


def test_a_last_line_cut_by_a_crash_is_left_out(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    wire.passing(1, "2026-12-01T10:00:00Z")
    wire.release()
    log = tmp_path / "lane-1.log"
    log.write_bytes(log.read_bytes() + b'{"p":2,"at":"2026')
    with dead_lanes(tmp_path) as [remains]:
        assert set(remains.passed) == {1}


def test_after_a_restart_of_the_machine_only_what_is_written_counts(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    wire.release()
    log = tmp_path / "lane-1.log"
    log.write_bytes(log.read_bytes().replace(b'"boot":"', b'"boot":"earlier-'))
    with dead_lanes(tmp_path) as [remains]:
        assert not remains.same_boot


def test_a_settled_batch_leaves_nothing_behind(tmp_path: Path) -> None:
    wire = WireLog(tmp_path, "lane-1")
    wire.passing(1, "2026-12-01T10:00:00Z")
    wire.ended(1, {"o": "withheld"})
    wire.clear()
    wire.passing(2, "2026-12-01T10:00:00Z")
    wire.release()
    with dead_lanes(tmp_path) as [remains]:
        assert set(remains.passed) == {2} and remains.ended == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [WireLog.release, WireLog.close])
def test_a_lane_given_up_writes_nothing_more_even_when_its_file_number_is_anothers(
    tmp_path: Path, end: Callable[[WireLog], None]
) -> None:
    dead = WireLog(tmp_path, "lane-1")
    end(dead)
    living = WireLog(tmp_path, "lane-2")  # takes the lowest free number: the one that was just closed
    for late in (
        lambda: dead.passing(1, "2026-12-01T10:00:00Z"),
        lambda: dead.ended(1, {"o": "unsure"}),
        dead.clear,
        dead.release,
        dead.close,
    ):
        with pytest.raises(OSError, match="lane-1 was given up"):
            late()
    living.release()
    with dead_lanes(tmp_path) as found:
        assert not any(remains.passed or remains.ended for remains in found)


@contextmanager
def full_disk(path: Path, *, room: int) -> Iterator[None]:
    """Only so many bytes more enter any file as long as this one: what a disk that is nearly full does to its last line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_a_full_disk_cuts_short_lets_nothing_pass_and_spoils_no_other(tmp_path: Path) -> None:
    """Its message would have left; after a crash the log would have said that it never had, and it would have left again."""
    wire = WireLog(tmp_path, "lane-1")
    with full_disk(tmp_path / "lane-1.log", room=12), pytest.raises(OSError, match="lane-1"):
        wire.passing(1, "2026-12-01T10:00:00Z")
    wire.passing(2, "2026-12-01T10:00:01Z")
    wire.release()
    with dead_lanes(tmp_path) as [remains]:
        assert remains.passed == {2: "2026-12-01T10:00:01Z"}


def test_a_lane_that_a_full_disk_keeps_from_beginning_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lanes try again every few seconds: whoever ran out of files would hear nobody object any more."""

    def full(_fd: int, _line: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    before = _open_files()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no space"):
        WireLog(tmp_path, "lane-1")
    assert _open_files() == before
    assert list(tmp_path.iterdir()) == []


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
