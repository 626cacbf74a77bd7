"""The condition of addresses: dead, failing or valid, always with what shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Update, case, select, update

from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.receipt import AddressCause, Evidence, ReceiptKind
from gateway.store.tables import address, person_key, receipt


def bury(tx: Connection, digest: bytes, medium: Medium, shown: Evidence) -> bool:
    """valid | failing -> dead: its own server refused it for good; False when nobody holds it, or it was dead already."""
    a = address.c
    statement = _of(digest, medium).where(a.state != AddressState.DEAD)
    return tx.execute(statement.values(**_state(AddressState.DEAD, AddressCause.REFUSED, shown))).rowcount > 0


def count_failure(tx: Connection, digest: bytes, medium: Medium, shown: Evidence, *, since: datetime) -> int:
    """One more letter that could not be delivered; returns how many in a row, 0 when nobody holds the address.

    since: failures before this instant are forgotten.
    """
    a = address.c
    again = case((a.failed_at.is_(None), 1), (a.failed_at < since, 1), else_=a.failures + 1)
    seen = {"state_code": shown.code, "state_reply": shown.reply} if shown.code or shown.reply else {}
    statement = _of(digest, medium).where(a.state != AddressState.DEAD)
    counted = tx.execute(statement.values(failures=again, failed_at=shown.at, **seen).returning(a.failures)).scalar()
    return int(counted or 0)


def fail(tx: Connection, digest: bytes, medium: Medium, shown: Evidence) -> bool:
    """valid -> failing, after too many failures in a row; False when it was not valid."""
    statement = _of(digest, medium).where(address.c.state == AddressState.VALID)
    return tx.execute(statement.values(**_state(AddressState.FAILING, AddressCause.FAILURES, shown))).rowcount > 0


def forgive(tx: Connection, digest: bytes, medium: Medium) -> None:
    """A letter arrived: failures in a row begin again at zero."""
    tx.execute(_of(digest, medium).where(address.c.failures > 0).values(failures=0, failed_at=None))


def forgive_all(tx: Connection, digests: Sequence[bytes], medium: Medium) -> None:
    """The same for addresses of one channel, in one statement."""
    if digests:
        theirs = update(address).where(address.c.digest.in_(digests), address.c.medium == medium, address.c.failures > 0)
        tx.execute(theirs.values(failures=0, failed_at=None))


def revive(tx: Connection, message_id: int, digest: bytes, medium: Medium, shown: Evidence) -> bool:
    """dead | failing -> valid: what made it so was said of a message that arrived; False where something else did."""
    a, r = address.c, receipt.c
    theirs = select(r.at).where(r.message_id == message_id, r.kind != ReceiptKind.DELIVERED)
    statement = _of(digest, medium).where(a.state != AddressState.VALID, a.state_at.in_(theirs))
    values = _state(AddressState.VALID, AddressCause.REACHED, shown) | {"failures": 0, "failed_at": None}
    return tx.execute(statement.values(**values)).rowcount > 0


def rest_over(tx: Connection, *, before: datetime, at: datetime, most: int) -> list[bytes]:
    """failing -> valid for those that failed last before an instant: they may be tried again; the key of each person."""
    a = address.c
    rested = select(a.id).where(a.state == AddressState.FAILING, a.state_at < before).order_by(a.state_at).limit(most)
    values = {"state": AddressState.VALID, "state_reason": AddressCause.RESTED, "state_at": at, "failures": 0, "failed_at": None}
    statement = update(address).where(a.id.in_(rested), a.state == AddressState.FAILING).values(values).returning(a.contact_id)
    contacts = [row[0] for row in tx.execute(statement)]
    k = person_key.c
    return list(tx.execute(select(k.key).where(k.contact_id.in_(contacts)).order_by(k.contact_id)).scalars())


def lift(tx: Connection, digest: bytes, medium: Medium, shown: Evidence) -> int:
    """dead | failing -> valid, because somebody knows better; returns how many addresses changed."""
    statement = _of(digest, medium).where(address.c.state != AddressState.VALID)
    values = _state(AddressState.VALID, AddressCause.LIFTED, shown) | {"failures": 0, "failed_at": None}
    return tx.execute(statement.values(**values)).rowcount


def _of(digest: bytes, medium: Medium) -> Update:
    return update(address).where(address.c.digest == digest, address.c.medium == medium)


def _state(state: AddressState, cause: AddressCause, shown: Evidence) -> dict[str, object]:
    told = {"state_code": shown.code or None, "state_reply": shown.reply or None}
    return {"state": state, "state_reason": cause, "state_at": shown.at, **told}
