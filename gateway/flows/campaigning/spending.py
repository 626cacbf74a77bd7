"""What the messages of each campaign come to, for the campaign account (compte de campagne): counts and amounts, of nobody.

The amount is that of the price in the settings; what counts for the account is the invoice of whoever sent them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import GatewayError
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.pricing import minutes_begun, price_of
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import compiled
from gateway.flows.sending.texting import FIRST
from gateway.render.sms import CompiledSms
from gateway.render.voice import CompiledCall
from gateway.store import campaigns, spending
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import reading

Unit = Literal["letter", "part", "minute"]
_UNITS: dict[Medium, Unit] = {Medium.EMAIL: "letter", Medium.SMS: "part", Medium.CALL: "minute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One campaign, as a line of the ledger."""

    campaign: str
    message_class: MessageClass
    medium: Medium
    provider: str  #: who carried them, as the settings name it now
    messages: int  #: that the provider took, or may have taken
    first: datetime | None
    last: datetime | None
    unit: Unit
    each: int | None  #: units of one message, at most; None: it can no longer be made as it was
    price: Decimal  #: euros of one unit, without tax, as set now; 0: none is set

    @property
    def units(self) -> int | None:
        """Units of all of them, at most."""
        return None if self.each is None else self.each * self.messages

    @property
    def amount(self) -> Decimal | None:
        """Euros without tax, at most; None where a price or the units are not known."""
        return None if self.units is None or not self.price else self.units * self.price


def ledger(gw: Gateway) -> list[Spent]:
    """Every campaign of which something left, those that carry answers and test copies included, the oldest first."""
    with reading(gw.engine) as tx:
        taken = spending.taken(tx)
        rows = campaigns.by_ids(tx, taken)
    return [_line(gw, row, taken[row.id]) for row in rows]


def _line(gw: Gateway, row: CampaignRow, left: spending.Taken) -> Spent:
    return Spent(
        campaign=row.name,
        message_class=row.message_class,
        medium=row.medium,
        provider=_provider(gw, row.medium),
        messages=left.messages,
        first=left.first,
        last=left.last,
        unit=_UNITS[row.medium],
        each=_units_of_one(gw, row),
        price=price_of(gw.settings, row.medium),
    )


def _provider(gw: Gateway, medium: Medium) -> str:
    if gw.settings.mode == "trial":
        return "essai"
    return gw.settings.smtp.host if medium is Medium.EMAIL else "Twilio"


def _units_of_one(gw: Gateway, row: CampaignRow) -> int | None:
    """Parts of a text with all that a first one says, minutes begun of a call; 1 for a letter."""
    if row.medium is Medium.EMAIL:
        return 1
    try:
        made = compiled(gw, row, Definition.from_body(row.definition))
    except GatewayError:
        return None
    if isinstance(made, CompiledSms):
        return made.measure(FIRST & made.elements).parts
    return minutes_begun(made) if isinstance(made, CompiledCall) else None
