"""Real bounces, complaints and vacation replies of many servers: whom the reader calls dead, and whom it finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.channels.inbound import MailKind, MailReport, RecipientReport, Verdict, read_mail

#: What must hold, in parts of one.
HARD_RECALL, HARD_PRECISION, RIGHT_RECIPIENT = 0.95, 0.97, 0.90


@dataclass
class _Sums:
    """Counts of labelled recipients."""

    dead: int = 0
    dead_found: int = 0
    called_dead: int = 0
    feedback: int = 0
    feedback_found: int = 0
    named: int = 0
    named_right: int = 0
    silent: int = 0  #: vacation replies and mails that are no bounces
    silent_kept: int = 0


def measure(folder: Path) -> bool:
    """Print the rates and every case that was not read right; False when one of the goals is missed."""
    labels: dict[str, list[dict[str, Any]]] = json.loads((folder / "labels.json").read_text("utf-8"))
    sums = _Sums()
    for name, rows in sorted(labels.items()):
        report = read_mail((folder / "messages" / f"{name}.eml").read_bytes())
        for miss in _compare(report, rows, sums):
            print(f"bounces: {name}: {miss}")
    for path in sorted((folder / "not-bounces").iterdir()):
        if harm := _silent(read_mail(path.read_bytes()), sums):
            print(f"bounces: {path.stem}: {harm}")
    return _told(sums)


def _compare(report: MailReport, rows: list[dict[str, Any]], sums: _Sums) -> Iterator[str]:
    if any(row["reason"] == "vacation" for row in rows):
        if miss := _silent(report, sums):
            yield miss
        return
    for row in rows:
        if row["feedback"]:
            wanted = MailKind.UNSUBSCRIBE if row["feedback"] == "opt-out" else MailKind.COMPLAINT
            sums.feedback += 1
            sums.feedback_found += report.kind is wanted
            if report.kind is not wanted:
                yield f"{row['feedback']} read as {report.kind} ({report.reason})"
        found = _about(report, row["recipient"])
        sums.named += 1
        sums.named_right += found is not None
        if found is None:
            yield f"{row['recipient']} not found among {[each.address for each in report.recipients]}"
        # A report of one recipient speaks of the labelled one, whatever name it gives her.
        found = found or (report.recipients[0] if len(rows) == len(report.recipients) == 1 else None)
        dead = found is not None and found.verdict is Verdict.HARD
        sums.dead += row["hard"]
        sums.dead_found += row["hard"] and dead
        sums.called_dead += dead
        if dead is not row["hard"]:
            shown = f"{found.verdict} [{found.why}] {found.status} {found.reply[:160]!r}" if found else report.reason
            yield f"{row['reason']} {row['status']} {row['reply']}: {shown}"


def _about(report: MailReport, address: str) -> RecipientReport | None:
    return next((each for each in report.recipients if (each.address or "").casefold() == address.casefold()), None)


def _silent(report: MailReport, sums: _Sums) -> str | None:
    """Nobody may be harmed by a vacation reply or a mail that is no bounce."""
    kept = report.kind in (MailKind.VACATION, MailKind.REPLY, MailKind.OTHER) and not report.recipients
    sums.silent += 1
    sums.silent_kept += kept
    return None if kept else f"is no bounce, read as {report.kind} ({report.reason})"


def _told(sums: _Sums) -> bool:
    right_dead = sums.dead_found
    held = True
    for what, part, whole, goal in (
        ("dead addresses found", sums.dead_found, sums.dead, HARD_RECALL),
        ("of those called dead are", right_dead, sums.called_dead, HARD_PRECISION),
        ("complaints and opt-outs found", sums.feedback_found, sums.feedback, 1.0),
        ("recipients named right", sums.named_right, sums.named, RIGHT_RECIPIENT),
        ("vacation replies and non-bounces harm nobody", sums.silent_kept, sums.silent, 1.0),
    ):
        kept = whole > 0 and part >= goal * whole
        held = held and kept
        print(f"bounces: {what}: {part} of {whole} ({part / (whole or 1):.1%}), wanted {goal:.0%}{'' if kept else '  <<<'}")
    return held
