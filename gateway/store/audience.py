"""Declared selection criteria as SQL, and which of her addresses a person is written to at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, case, distinct, exists, func, or_, select

from gateway.domain.address import AddressState
from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.message import DUE_STATES, REACHED_STATES
from gateway.store.engine import Connection
from gateway.store.outbox import in_states
from gateway.store.tables import address, campaign, contact, message, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Contacts by their numbers."""

    after: int
    last: int | None  #: None: to the end

    def holds(self, number: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition that a contact is one of them."""
        return number > self.after if self.last is None else and_(number > self.after, number <= self.last)


_other = address.alias("other")
_earlier, _sent = campaign.alias("earlier"), message.alias("sent")


def selected(audience: Audience, message_class: MessageClass = MessageClass.CAMPAIGN) -> ColumnElement[bool]:
    """The condition on contact and address that an audience stands for; the team itself is never part of one.

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
    for name in audience.unreached_by:
        conditions += _not_reached_by(name)
    return and_(*conditions)


def _not_reached_by(name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions that a campaign reached a person at no address of hers, nor this address, whoever had it then."""
    its = select(_earlier.c.id).where(_earlier.c.name == name).scalar_subquery()
    there = (_sent.c.campaign_id == its, _sent.c.state.in_(REACHED_STATES))
    she, her_address = _sent.c.contact_id == contact.c.id, _sent.c.digest == address.c.digest
    return ~exists().where(she, *there), ~exists().where(her_address, *there)


def written_to(audience: Audience, message_class: MessageClass, medium: Medium) -> ColumnElement[bool]:
    """The condition on contact and address under which a campaign to an audience has a message for the address."""
    return and_(selected(audience, message_class), ~second_choice(medium))


def lacking(tx: Connection, chosen: ColumnElement[bool], medium: Medium, names: Collection[str]) -> dict[str, int]:
    """How many people of an audience have nothing under each of these names (columns of contact); without those that all have."""
    if not names:
        return {}
    there = contact.join(address, and_(address.c.contact_id == contact.c.id, address.c.medium == medium))
    without = [func.count(distinct(case((func.coalesce(contact.c[name], "") == "", contact.c.id)))).label(name) for name in names]
    row = tx.execute(select(*without).select_from(there).where(chosen)).mappings().one()
    return {name: people for name, people in row.items() if people}


def second_choice(medium: Medium, stretch: Stretch | None = None) -> ColumnElement[bool]:
    """The condition that its holder is written to at another address of hers on the same channel: she gets one message, not two.

    One that works comes before one that does not; of those, the newest. Objections play no part in it: whoever objected at the
    address that comes first is not written to at another. stretch: of the contacts who are asked about, all by default.
    """
    better = or_(_works(_other) > _works(address), and_(_works(_other) == _works(address), _other.c.id > address.c.id))
    same = (_other.c.contact_id == address.c.contact_id, _other.c.id != address.c.id, _other.c.medium == address.c.medium)
    # Few people have several: they are found at once, and nobody else's addresses are looked at one by one.
    every = address.alias("every")
    theirs = every.c.medium == medium if stretch is None else and_(every.c.medium == medium, stretch.holds(every.c.contact_id))
    several = select(every.c.contact_id).where(theirs).group_by(every.c.contact_id).having(func.count() > 1)
    return and_(address.c.contact_id.in_(several), exists().where(*same, better))


def _works(table: FromClause) -> ColumnElement[int]:
    return case((table.c.state == AddressState.VALID, 2), (table.c.state == AddressState.FAILING, 1), else_=0)


def at_address(digest: bytes) -> ColumnElement[bool]:
    """The condition that the address is this very one, whoever holds it."""
    return address.c.digest == digest


def still_waiting(campaign_id: int) -> ColumnElement[bool]:
    """The condition that a message of a campaign still waits for the address."""
    waiting = select(message.c.address_id).where(message.c.campaign_id == campaign_id, in_states(DUE_STATES))
    return address.c.id.in_(waiting)
