"""Handing checkpoints to witnesses: whoever keeps one can tell later whether the journal was written anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gateway.audit.entry import EntryKind, entry
from gateway.channels.timestamping import stamp
from gateway.domain.errors import Conflict, GatewayError
from gateway.flows.gateway import Gateway
from gateway.store import journal, sealing
from gateway.store.engine import begin, reading
from gateway.store.sealing import SignedCheckpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one hand-over to a witness."""

    to: str
    ok: bool
    answer: str  #: what came back, or why it failed


def send_checkpoint(gw: Gateway, *, by: str) -> list[Sent]:
    """Hand the latest checkpoint to every witness of the settings; one that fails does not keep the others from it.

    Raises Conflict when the settings name no witness, or nothing was sealed yet.
    """
    witnesses = _witnesses(gw)
    if not witnesses:
        raise Conflict("aucun témoin n’est nommé : donnez witness_dir ou timestamp_url sous [journal]")
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
    if latest is None:
        raise Conflict("le journal n’a encore aucun point de contrôle")
    sent = []
    for name, hand in witnesses:
        try:
            sent.append(Sent(to=name, ok=True, answer=hand(latest)))
        except (GatewayError, OSError) as fault:
            sent.append(Sent(to=name, ok=False, answer=str(fault)))
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        for one in sent:
            told = {"to": one.to, "ok": one.ok, "answer": one.answer, "at": at.isoformat()}
            sealing.note_witness(tx, latest.size, told)
        digest = sha256(latest.note.encode()).hexdigest()
        journal.append(
            tx,
            [
                entry(EntryKind.WITNESS, at, to=_kind(one.to), size=latest.size, checkpoint=digest, ok=one.ok, by=by)
                for one in sent
            ],
        )
    return sent


def _witnesses(gw: Gateway) -> list[tuple[str, Callable[[SignedCheckpoint], str]]]:
    settings = gw.settings.journal
    found: list[tuple[str, Callable[[SignedCheckpoint], str]]] = []
    if settings.witness_dir is not None:
        folder = settings.witness_dir
        found.append((f"dossier {folder}", lambda latest: _to_folder(folder, latest)))
    if settings.timestamp_url:
        found.append((f"horodatage {settings.timestamp_url}", lambda latest: _stamped(gw, latest)))
    return found


def _to_folder(folder: Path, latest: SignedCheckpoint) -> str:
    """A new file each time: what a witness holds is never overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"checkpoint-{latest.size:012d}.txt"
    if path.exists():
        return f"{path.name} y était déjà"
    path.write_text(latest.note, encoding="utf-8")
    return path.name


def _stamped(gw: Gateway, latest: SignedCheckpoint) -> str:
    """The time-stamp and the very text it is about, side by side, for `openssl ts -verify`; one is enough for a checkpoint."""
    folder = gw.settings.var_dir / "timestamps"
    text, token = (folder / f"checkpoint-{latest.size:012d}.{end}" for end in ("txt", "tsr"))
    if token.exists():
        return f"{token} y était déjà"
    settings = gw.settings.journal
    made = stamp(latest.note.encode(), settings.timestamp_url, authority=settings.timestamp_ca)
    folder.mkdir(parents=True, exist_ok=True)
    text.write_text(latest.note, encoding="utf-8")
    token.write_bytes(made.token)
    return f"{made.at}, gardé dans {token}"


def _kind(to: str) -> str:
    return to.split(" ", 1)[0]
