"""Files as teams bring them, and imports in few words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.flows.collecting import ConsentClaim, ImportPlan, ImportReport, ImportRequest, plan_import, write_import
from gateway.flows.gateway import Gateway
from gateway.store import tables
from gateway.store.engine import reading
from gateway.store.origins import Origin
from tests.clock import ManualClock
from tests.sending.support import installation

FORM = Origin(
    kind=OriginKind.WEB_FORM,
    label="formulaire du site",
    collection=Collection.DIRECT,
    collected_on=date(2026, 3, 15),
    collector="équipe web",
)
#: Evidence for a file whose column of consent says who agreed.
BOX = ConsentClaim(
    form="site v3",
    wording="J’accepte de recevoir la lettre de la liste.",
    means="case à cocher",
    collector="équipe web",
    given_at=datetime(2026, 3, 15, 10, tzinfo=UTC),
)


@contextmanager
def at_work(url: str, folder: Path, **settings: Any) -> Iterator[Gateway]:
    """A gateway on this database, on an ordinary morning."""
    with installation(url, ManualClock(), folder, **settings) as gw:
        yield gw


def brought(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "liste.csv") -> Path:
    """A file of this text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def asked(path: Path, **given: Any) -> ImportRequest:
    """An ordinary request: regular contacts of the site's form, which carried its notice."""
    if "claim" in given:
        given["claims"] = (given.pop("claim"),)
    return ImportRequest(**{"path": path, "origin": FORM, "operator": "claire", "declared": ("art13-form",), **given})


def planned(gw: Gateway, folder: Path, text: str, **given: Any) -> ImportPlan:
    """The dry run of a file of this text."""
    return plan_import(gw, asked(brought(folder, text), **given))


def imported(gw: Gateway, folder: Path, text: str, **given: Any) -> ImportReport:
    """The import of a file of this text."""
    return write_import(gw, planned(gw, folder, text, **given))


def people(gw: Gateway) -> dict[str, dict[str, Any]]:
    """Every contact by address."""
    source = tables.contact.join(tables.address, tables.address.c.contact_id == tables.contact.c.id)
    columns = [tables.address.c.value, *(column for column in tables.contact.c)]
    with reading(gw.engine) as tx:
        rows = tx.execute(select(*columns).select_from(source)).mappings().all()
    return {row["value"]: dict(row) for row in rows}


def consent_states(gw: Gateway) -> dict[str, str]:
    """Projected consent to political email, by address."""
    a, c = tables.address, tables.consent
    chosen = select(a.c.value, c.c.state).join(c, c.c.contact_id == a.c.contact_id).where(c.c.purpose == "political")
    with reading(gw.engine) as tx:
        return {row[0]: row[1].value for row in tx.execute(chosen)}


def ledger_size(gw: Gateway) -> int:
    """How many entries the ledger of consent holds."""
    with reading(gw.engine) as tx:
        return len(tx.execute(select(tables.consent_event.c.id)).all())


OCCASIONAL = ContactClass.OCCASIONAL
