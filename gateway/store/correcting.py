"""What is on record of one person, put right, or set aside from use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select, update

from gateway.domain.channel import Medium
from gateway.store.consents import announce_changed
from gateway.store.tables import address, contact, import_change


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address or a number in place of the one on file."""

    medium: Medium
    value: str
    typed: str | None
    domain: str  #: of a number: empty
    digest: bytes


def change(tx: Connection, contact_id: int, fields: Mapping[str, object]) -> tuple[str, ...]:
    """Write these columns of a contact; returns the names of those that differed. Copies of the wrong values go too."""
    if not fields:
        return ()
    c = contact.c
    row = tx.execute(select(*(c[name] for name in fields)).where(c.id == contact_id).with_for_update()).mappings().first()
    if row is None:
        return ()
    differing = {name: value for name, value in fields.items() if row[name] != value}
    if differing:
        tx.execute(update(contact).where(c.id == contact_id).values(differing))
        if copied := [name for name in differing if name in import_change.c]:
            hers = update(import_change).where(import_change.c.contact_id == contact_id)
            tx.execute(hers.values(dict.fromkeys(copied)))
    return tuple(differing)


def change_email(tx: Connection, contact_id: int, new: NewAddress) -> tuple[bool, bytes | None]:
    """Put another email address in the place of the one on file; (whether it differs, digest of the one that went).

    The new one is a row of its own: what waits for the old one has no address any more, and does not leave. It may be one that
    she has already, beside the first.
    """
    a = address.c
    hers = (a.contact_id == contact_id) & (a.medium == Medium.EMAIL)
    old: bytes | None = tx.execute(select(a.digest).where(hers).order_by(a.id).limit(1)).scalar_one_or_none()
    if old == new.digest:
        return False, old
    if old is not None:
        drop(tx, contact_id, Medium.EMAIL, old)
    add(tx, contact_id, new)
    return True, old


def drop(tx: Connection, contact_id: int, medium: Medium, digest: bytes) -> None:
    """Take an address of a person away."""
    a = address.c
    tx.execute(delete(address).where(a.contact_id == contact_id, a.medium == medium, a.digest == digest))


def add(tx: Connection, contact_id: int, new: NewAddress) -> None:
    """Give a person an address, unless it is hers already."""
    a = address.c
    if tx.execute(select(a.id).where(a.contact_id == contact_id, a.medium == new.medium, a.digest == new.digest)).first() is None:
        tx.execute(insert(address).values(contact_id=contact_id, **asdict(new)))


def restrict(tx: Connection, contact_id: int, restricted: bool) -> bool:
    """Keep a person's data without using it, or use it again; False when it was so already."""
    other = update(contact).where(contact.c.id == contact_id, contact.c.restricted.is_not(restricted))
    if not tx.execute(other.values(restricted=restricted)).rowcount:
        return False
    if restricted:
        announce_changed(tx, select(address.c.digest).where(address.c.contact_id == contact_id))
    return True


def restricted(tx: Connection) -> list[bytes]:
    """Digests of whoever has the use of her data restricted."""
    theirs = select(address.c.digest).join(contact, contact.c.id == address.c.contact_id)
    return list(tx.execute(theirs.where(contact.c.restricted)).scalars())
