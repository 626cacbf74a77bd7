"""Versions of forms: published once, kept for good, closed when people no longer see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from gateway.store.tables import form_version

_COLUMNS = tuple(form_version.c[name] for name in ("form", "sha256", "body", "published_at", "closed_at"))

_NAME = re.compile(r"([a-z0-9-]{1,40}) \(version ([0-9a-f]{12})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """One version as stored."""

    form: str
    sha256: str
    body: bytes
    published_at: datetime
    closed_at: datetime | None


def publish(tx: Connection, form: str, sha256: str, body: bytes, *, by: str, at: datetime) -> bool:
    """Make a version the one that is seen, and close the one before; False when it is already."""
    seen = current(tx, form)
    if seen is not None and seen.sha256 == sha256:
        return False
    close(tx, form, at=at)
    again = update(form_version).where(form_version.c.sha256 == sha256).values(published_at=at, published_by=by, closed_at=None)
    if tx.execute(again).rowcount == 0:
        row = {"form": form, "sha256": sha256, "body": body, "published_at": at, "published_by": by}
        tx.execute(insert(form_version).values(row))
    return True


def close(tx: Connection, form: str, *, at: datetime) -> bool:
    """Close the version that is seen; False when there is none."""
    seen = update(form_version).where(form_version.c.form == form, form_version.c.closed_at.is_(None))
    return tx.execute(seen.values(closed_at=at)).rowcount > 0


def current(tx: Connection, form: str) -> FormRow | None:
    """The version that is seen."""
    chosen = select(*_COLUMNS).where(form_version.c.form == form, form_version.c.closed_at.is_(None)).limit(1)
    row = tx.execute(chosen).mappings().first()
    return FormRow(**row) if row else None


def by_sha256(tx: Connection, sha256: str) -> FormRow | None:
    """A version by the hash of its body."""
    row = tx.execute(select(*_COLUMNS).where(form_version.c.sha256 == sha256)).mappings().first()
    return FormRow(**row) if row else None


def versions(tx: Connection, form: str, *, limit: int = 200) -> list[FormRow]:
    """Versions of a form, in order of their publication."""
    chosen = select(*_COLUMNS).where(form_version.c.form == form).order_by(form_version.c.published_at, form_version.c.id)
    return [FormRow(**row) for row in tx.execute(chosen.limit(limit)).mappings()]


def all_current(tx: Connection, *, limit: int = 200) -> list[FormRow]:
    """Every version that is seen now, by form."""
    chosen = select(*_COLUMNS).where(form_version.c.closed_at.is_(None)).order_by(form_version.c.form)
    return [FormRow(**row) for row in tx.execute(chosen.limit(limit)).mappings()]


def named(tx: Connection, name: str) -> FormRow | None:
    """The version that evidence of consent calls "form (version 0123456789ab)", or None."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    chosen = select(*_COLUMNS).where(form_version.c.form == found[1], form_version.c.sha256.startswith(found[2]))
    row = tx.execute(chosen.limit(1)).mappings().first()
    return FormRow(**row) if row else None
