"""Declared selection criteria as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select

from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.contact import ContactClass
from gateway.store.tables import contact, tag


def selected(audience: Audience, message_class: MessageClass = MessageClass.CAMPAIGN) -> ColumnElement[bool]:
    """The condition on contact that an audience stands for; the team itself is never part of one.

    Only occasional contacts are ever asked for consent: that is what the class of message means, and no criterion of the team.
    """
    conditions: list[ColumnElement[bool]] = [contact.c.contact_class != ContactClass.TEAM]
    if message_class is MessageClass.CONSENT_REQUEST:
        conditions.append(contact.c.contact_class == ContactClass.OCCASIONAL)
    if audience.classes:
        conditions.append(contact.c.contact_class.in_(audience.classes))
    if audience.communes:
        conditions.append(contact.c.commune.in_(audience.communes))
    if audience.postcodes:
        conditions.append(or_(*(contact.c.postcode.startswith(beginning, autoescape=True) for beginning in audience.postcodes)))
    if audience.territories:
        conditions.append(contact.c.territory.in_(audience.territories))
    if audience.languages:
        conditions.append(contact.c.language.in_(audience.languages))
    if audience.tags:
        conditions.append(contact.c.id.in_(select(tag.c.contact_id).where(tag.c.name.in_(audience.tags))))
    return and_(*conditions)
