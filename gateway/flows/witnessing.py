"""Handing checkpoints to witnesses: whoever keeps one can tell later whether the journal was written anew.

A person may do it (`gateway audit checkpoint --send`), and the ticker does: every so many hours, once a campaign has ended, and
again after a failure. What a witness was given stands beside the checkpoint; the journal tells it without any address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

from gateway.audit.entry import EntryKind, entry
from gateway.channels.timestamping import stamp
from gateway.domain.address import EmailAddress
from gateway.domain.channel import Accepted, Medium, Rejected
from gateway.domain.errors import Conflict, GatewayError
from gateway.flows.gateway import Gateway
from gateway.flows.sealing import seal, verify_keys
from gateway.flows.sending.outcomes import redacted
from gateway.render.origin import french_day
from gateway.render.witnessing import checkpoint_mail
from gateway.store import campaigns, journal, sealing, suppressions
from gateway.store.engine import begin, reading
from gateway.store.sealing import SignedCheckpoint

#: A witness that failed is tried again so much later.
RETRY = timedelta(minutes=30)
_THE_TICKER = "ticker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one hand-over to a witness."""

    to: str
    ok: bool
    answer: str  #: what came back, or why it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Somebody outside, as the settings name it."""

    kind: str  #: dossier, courriel, horodatage: what the journal and the public page say
    name: str  #: for operators; may be an address
    key: str  #: by which it is known beside a checkpoint; no address
    hand: Callable[[SignedCheckpoint], str]  #: returns what came back; raises GatewayError or OSError


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a witness holds."""

    witness: Witness
    held_at: datetime | None  #: when it was last given a checkpoint; None: never
    tried_at: datetime | None  #: the last time somebody tried
    fault: str  #: why the last try failed; empty when it did not


def send_checkpoint(gw: Gateway, *, by: str, only: Collection[str] | None = None) -> list[Sent]:
    """Hand the latest checkpoint to every witness of the settings; one that fails does not keep the others from it.

    only: keys of those meant; None: all. Raises Conflict when the settings name no witness, or nothing was sealed yet.
    """
    found = [one for one in witnesses(gw) if only is None or one.key in only]
    if not found:
        raise Conflict("aucun témoin n’est nommé : donnez witness_dir, witness_addresses ou timestamp_url sous [journal]")
    with reading(gw.engine) as tx:
        latest = sealing.latest_checkpoint(tx)
    if latest is None:
        raise Conflict("le journal n’a encore aucun point de contrôle")
    sent = []
    for one in found:
        try:
            sent.append(Sent(to=one.name, ok=True, answer=one.hand(latest)))
        except (GatewayError, OSError) as fault:
            sent.append(Sent(to=one.name, ok=False, answer=str(fault)))
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        digest = sha256(latest.note.encode()).hexdigest()
        told = []
        for one, came in zip(found, sent, strict=True):
            beside = {"to": one.key, "ok": came.ok, "answer": came.answer, "at": at.isoformat()}
            sealing.note_witness(tx, latest.size, beside)
            told.append(entry(EntryKind.WITNESS, at, to=one.kind, size=latest.size, checkpoint=digest, ok=came.ok, by=by))
        journal.append(tx, told)
    return sent


def bear_witness(gw: Gateway) -> int:
    """Hand the checkpoint to each witness whose hour has come; returns how many took it. Raises nothing for one that fails.

    Its hour comes journal.witness_hours after the last time, when a campaign has ended since, and RETRY after a failure.
    """
    every = timedelta(hours=gw.settings.journal.witness_hours)
    if not every or not (found := standings(gw)):
        return 0
    at = gw.clock.now()
    with reading(gw.engine) as tx:
        ended_at = campaigns.last_ended(tx)
    waiting = [one.witness.key for one in found if _is_due(one, at, every, ended_at)]
    if not waiting:
        return 0
    seal(gw)
    with reading(gw.engine) as tx:
        if sealing.latest_checkpoint(tx) is None:
            return 0
    return sum(one.ok for one in send_checkpoint(gw, by=_THE_TICKER, only=waiting))


def standings(gw: Gateway) -> list[Standing]:
    """What each witness of the settings holds, and whether the last try failed."""
    found = witnesses(gw)
    if not found:
        return []
    with reading(gw.engine) as tx:
        told = sealing.handed(tx)
    return [_standing(one, [each for each in told if each["to"] == one.key]) for one in found]


def witnesses(gw: Gateway) -> list[Witness]:
    """Those that the settings name. Raises InvalidAddress."""
    settings = gw.settings.journal
    found = []
    if settings.witness_dir is not None:
        name, folder = f"dossier {settings.witness_dir}", settings.witness_dir
        found.append(Witness(kind="dossier", name=name, key=name, hand=partial(_to_folder, folder)))
    for address in settings.witness_addresses:
        digest = gw.keys.address_digest(Medium.EMAIL, EmailAddress.parse(address).match_key)
        found.append(
            Witness(
                kind="courriel",
                name=f"courriel {address}",
                key=f"courriel {digest.hex()}",
                hand=partial(_mailed, gw, address, digest),
            )
        )
    if settings.timestamp_url:
        name = f"horodatage {settings.timestamp_url}"
        found.append(Witness(kind="horodatage", name=name, key=name, hand=lambda latest: _stamped(gw, latest)))
    return found


def _standing(witness: Witness, told: list[dict[str, object]]) -> Standing:
    """told: what stands beside checkpoints about it, the newest last."""
    held = [str(each["at"]) for each in told if each["ok"]]
    last = told[-1] if told else None
    return Standing(
        witness=witness,
        held_at=datetime.fromisoformat(held[-1]) if held else None,
        tried_at=datetime.fromisoformat(str(last["at"])) if last else None,
        fault=str(last["answer"]) if last and not last["ok"] else "",
    )


def _is_due(one: Standing, at: datetime, every: timedelta, ended_at: datetime | None) -> bool:
    if one.fault and one.tried_at is not None:
        return at >= one.tried_at + RETRY
    if one.held_at is None or at >= one.held_at + every:
        return True
    return ended_at is not None and ended_at > one.held_at


def _mailed(gw: Gateway, address: str, digest: bytes, latest: SignedCheckpoint) -> str:
    """One mail, by the relay that letters take. Whoever objected is not written to, witness or not."""
    at, sender = gw.clock.now(), gw.settings.sender
    with reading(gw.engine) as tx:
        if digest in suppressions.present(tx, [digest], Medium.EMAIL, at):
            raise Conflict("cette adresse s’est opposée aux courriels : nommez un autre témoin dans journal.witness_addresses")
    if not sender.email:
        raise Conflict("sender.email : vide ; un courriel au témoin doit dire de qui il vient")
    zone = gw.pack.calendar.zone
    sealed_at = latest.at.astimezone(zone)
    key = verify_keys(gw)[0]
    told = {
        "origin": key.name,
        "size": latest.size,
        "note": latest.note,
        "sealed_at": f"{french_day(sealed_at.date())} à {sealed_at:%H:%M:%S} ({zone})",
        "key": key,
        "reply_to": sender.reply_to,
    }
    mail = checkpoint_mail(gw.templates, sender=(sender.name, sender.email), to=address, at=at, told=told)
    match gw.post(sender.email, address, mail):
        case Accepted(reference=reply):
            return redacted(reply, address)
        case Rejected(code=code, reply=reply):
            raise Conflict(f"le relais n’a pas pris le courriel : {code} {redacted(reply, address)}".replace(" :  ", " : "))
        case other:
            why = redacted(getattr(other, "why", ""), address) or "rien n’a été transmis"
            raise Conflict(f"on ne sait pas si le relais a pris le courriel : {why}")


def _to_folder(folder: Path, latest: SignedCheckpoint) -> str:
    """A new file each time: what a witness holds is never overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"checkpoint-{latest.size:012d}.txt"
    if _holds(path, latest):
        return f"{path.name} y était déjà"
    _write_whole(path, latest.note.encode())
    return path.name


def _write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing: half a text left by a full disk would contradict the journal, and half a stamp pass for one."""
    beside = path.with_suffix(".part")
    beside.write_bytes(content)
    beside.rename(path)


def _holds(path: Path, latest: SignedCheckpoint) -> bool:
    """Whether this text is there. Raises Conflict where another one of the same size is: the journal is not the one it was."""
    if not path.exists():
        return False
    if path.read_bytes() != latest.note.encode():
        raise Conflict(
            f"{path} tient un autre point de contrôle de la même taille ; rien n’y est écrit : gateway audit verify "
            f"--checkpoint {path} dit si le journal a été réécrit (une sauvegarde remise le fait aussi)"
        )
    return True


def _stamped(gw: Gateway, latest: SignedCheckpoint) -> str:
    """The time-stamp and the very text it is about, side by side, for `openssl ts -verify`; one is enough for a checkpoint."""
    folder = gw.settings.var_dir / "timestamps"
    text, token = (folder / f"checkpoint-{latest.size:012d}.{end}" for end in ("txt", "tsr"))
    if token.exists() and _holds(text, latest):
        return f"{token} y était déjà"
    settings = gw.settings.journal
    made = stamp(latest.note.encode(), settings.timestamp_url, authority=settings.timestamp_ca)
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(text, latest.note.encode())
    _write_whole(token, made.token)
    return f"{made.at}, gardé dans {token}"
