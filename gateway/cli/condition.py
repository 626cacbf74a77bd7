"""The state of an address, with what shows it, as a volunteer reads it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.cli.words import local_day, said
from gateway.domain.address import AddressState
from gateway.domain.receipt import AddressCause
from gateway.store.contacts import AddressView


def condition(one: AddressView, zone: ZoneInfo) -> str:
    """Address, state, since when, why, and the server's own words. Days as the clocks of `zone` show them."""
    told = [f"{one.value}, {said(one.state)}"]
    if one.state_reason in set(AddressCause):
        told.append(said(AddressCause(one.state_reason)))
    if one.state_at:
        told.append(f"le {local_day(one.state_at, zone)}")
    if one.failures and one.state is not AddressState.DEAD:
        times = "une lettre non remise" if one.failures == 1 else f"{one.failures} lettres de suite non remises"
        told.append(f"{times}, la dernière le {local_day(one.failed_at, zone)}" if one.state is AddressState.VALID else times)
    code, reply = one.state_code or "", one.state_reply or ""
    words = reply if code in reply else f"{code} {reply}".strip()
    return ", ".join(told) + (f" : « {words} »" if words else "")
