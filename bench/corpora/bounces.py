"""Real bounces, complaints and vacation replies of many servers: whom the reader calls dead, and whom it finds."""

from __future__ import annotations

import base64
import email
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from flufl.bounce import all_failures

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
    """Print the rates and every case that was not read right; False when one of the goals is missed.

    The same mails in disguise must give the same rates: what the reader learnt is the kind, not the file.
    """
    labels: dict[str, list[dict[str, Any]]] = json.loads((folder / "labels.json").read_text("utf-8"))
    mails = {name: (folder / "messages" / f"{name}.eml").read_bytes() for name in sorted(labels)}
    sums = _Sums()
    for name, raw in mails.items():
        for miss in _compare(read_mail(raw), labels[name], sums):
            print(f"bounces: {name}: {miss}")
    for path in sorted((folder / "not-bounces").iterdir()):
        if harm := _silent(read_mail(path.read_bytes()), sums):
            print(f"bounces: {path.stem}: {harm}")
    held = _told(sums)
    for disguise, (changed, goal) in _DISGUISES.items():
        again = _Sums()
        for name, raw in mails.items():
            for _ in _compare(
                read_mail(changed(raw)), _renamed(labels[name]) if changed is _other_names else labels[name], again
            ):
                pass
        held = _told(again, disguise, slack=goal) and held
    print(f"bounces: flufl.bounce names {_flufl(mails, labels)} of {sums.named} recipients, and tells no refusal from another")
    return held


_NAMES = re.compile(rb"[\w.+-]{1,64}@(?=[\w-]+(\.[\w-]+)+)")


def _other_names(raw: bytes) -> bytes:
    """Every address under another name; domains stay, since they tell providers apart in the returned header."""
    return _NAMES.sub(lambda found: _other(found.group()), raw)


def _other(name: bytes) -> bytes:
    lowered = name.lower()
    kept = (b"postmaster", b"mailer-daemon", b"mailerdaemon", b"no-reply", b"mail.delivery", b"post_master")
    return name if lowered.startswith(kept) else b"claire." + hashlib.sha256(lowered).hexdigest()[:8].encode() + b"@"


def _renamed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"recipient": _other_names((row["recipient"] or "").encode()).decode()} for row in rows]


def _crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _in_base64(raw: bytes) -> bytes:
    """Reports and texts of a multipart carried in base64."""
    return _PLAIN_PART.sub(
        lambda part: part.group(1) + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(part.group(2)),
        raw.replace(b"\r\n", b"\n"),
    )


_PLAIN_PART = re.compile(rb"(\n--[^\n]+\nContent-Type: message/delivery-status)\n\n(.*?)(?=\n--)", re.DOTALL | re.IGNORECASE)


def _without_report(raw: bytes) -> bytes:
    """Only the words for people: the part for machines is lost."""
    return raw.replace(b"message/delivery-status", b"application/octet-stream")


#: How a mail is disguised, and how far below the goals its rates may be.
_DISGUISES: dict[str, tuple[Callable[[bytes], bytes], float]] = {
    "other names": (_other_names, 0.0),
    "CRLF": (_crlf, 0.0),
    "reports in base64": (_in_base64, 0.0),
    "reports lost": (_without_report, 0.05),
}


def _flufl(mails: dict[str, bytes], labels: dict[str, list[dict[str, Any]]]) -> int:
    """How many recipients the library that others use finds."""
    found = 0
    for name, raw in mails.items():
        told = {each.decode("ascii", "replace").casefold() for each in chain(*all_failures(email.message_from_bytes(raw)))}
        found += sum((row["recipient"] or "").casefold() in told for row in labels[name])
    return found


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
    def named(each: RecipientReport) -> bool:
        return address.casefold() in ((each.address or "").casefold(), (each.forwarded_to or "").casefold())

    return next(filter(named, report.recipients), None)


def _silent(report: MailReport, sums: _Sums) -> str | None:
    """Nobody may be harmed by a vacation reply or a mail that is no bounce."""
    kept = report.kind in (MailKind.VACATION, MailKind.REPLY, MailKind.OTHER) and not report.recipients
    sums.silent += 1
    sums.silent_kept += kept
    return None if kept else f"is no bounce, read as {report.kind} ({report.reason})"


def _told(sums: _Sums, disguise: str = "as they came", *, slack: float = 0.0) -> bool:
    right_dead = sums.dead_found
    held = True
    for what, part, whole, goal in (
        ("dead addresses found", sums.dead_found, sums.dead, HARD_RECALL),
        ("of those called dead are", right_dead, sums.called_dead, HARD_PRECISION),
        ("complaints and opt-outs found", sums.feedback_found, sums.feedback, 1.0),
        ("recipients named right", sums.named_right, sums.named, RIGHT_RECIPIENT),
        ("vacation replies and non-bounces harm nobody", sums.silent_kept, sums.silent, 1.0),
    ):
        if disguise != "as they came" and what.startswith("vacation"):
            continue
        kept = whole > 0 and part >= (goal - slack) * whole
        held = held and kept
        rate = f"{part} of {whole} ({part / (whole or 1):.1%}), wanted {goal - slack:.0%}"
        print(f"bounces, {disguise}: {what}: {rate}{'' if kept else '  <<<'}")
    return held
