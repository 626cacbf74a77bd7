"""What the store holds, in numbers: for the register of processing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentState, Purpose
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.suppression import SuppressionKind
from gateway.store.tables import address, breach, consent, contact, form_version, message, origin, rights_request, suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Numbers alone."""

    classes: dict[ContactClass, int]
    origins: dict[OriginKind, int]
    media: dict[Medium, int]
    agreed: dict[tuple[Medium, Purpose], int]  #: people whose agreement stands
    messages: int
    objections: int
    requests: int
    breaches: int
    forms: tuple[str, ...]  #: published and not closed

    @property
    def people(self) -> int:
        """Contacts, the team left out."""
        return sum(count for kind, count in self.classes.items() if kind is not ContactClass.TEAM)


def holdings(tx: Connection) -> Holdings:
    """Count everything once."""
    classes = tx.execute(select(contact.c.contact_class, func.count()).group_by(contact.c.contact_class))
    joined = contact.join(origin, origin.c.id == contact.c.origin_id)
    origins = tx.execute(select(origin.c.kind, func.count()).select_from(joined).group_by(origin.c.kind))
    media = tx.execute(select(address.c.medium, func.count()).group_by(address.c.medium))
    c = consent.c
    granted = select(c.medium, c.purpose, func.count()).where(c.state == ConsentState.GRANTED)
    agreed = tx.execute(granted.group_by(c.medium, c.purpose).order_by(c.medium, c.purpose))
    objected = select(func.count()).select_from(suppression).where(suppression.c.kind == SuppressionKind.OBJECTION)
    forms = tx.execute(select(form_version.c.form).where(form_version.c.closed_at.is_(None)).distinct())
    return Holdings(
        classes={row[0]: row[1] for row in classes},
        origins={row[0]: row[1] for row in origins},
        media={row[0]: row[1] for row in media},
        agreed={(row[0], row[1]): row[2] for row in agreed},
        messages=tx.execute(select(func.count()).select_from(message)).scalar_one(),
        objections=tx.execute(objected).scalar_one(),
        requests=tx.execute(select(func.count()).select_from(rights_request)).scalar_one(),
        breaches=tx.execute(select(func.count()).select_from(breach)).scalar_one(),
        forms=tuple(sorted(forms.scalars())),
    )
