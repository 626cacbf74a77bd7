"""From what a person types to the addresses it names: one for an email, one or two for a telephone number."""

from __future__ import annotations

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.phone import PhoneNumber


def match_keys(text: str) -> dict[Medium, str]:
    """The forms by which an address or a number is known, by channel; a landline has none for SMS.

    Raises InvalidAddress, with the codes of EmailAddress.parse and PhoneNumber.parse.
    """
    if "@" in text:
        return {Medium.EMAIL: EmailAddress.parse(text).match_key}
    number = number_of(text)
    return dict.fromkeys(number.media, number.match_key)


def number_of(text: str) -> PhoneNumber:
    """The number in a text that is no email address. Raises InvalidAddress, with the codes of PhoneNumber.parse."""
    neither = f"« {text} » n’est ni une adresse électronique ni un numéro"
    try:
        return PhoneNumber.parse(text)
    except InvalidAddress as fault:
        if not any(map(str.isdigit, text)):
            raise InvalidAddress(fault.code, f"{neither} : écrivez zoe@exemple.fr ou 06 12 34 56 78") from fault
        raise InvalidAddress(fault.code, f"{neither} : {fault}") from fault


def match_key(text: str, medium: Medium) -> str:
    """The form by which an address is known on one channel. Raises InvalidAddress (no_at, medium, and those of match_keys)."""
    if medium is Medium.EMAIL and any(sign == "@" or sign.isdigit() for sign in text):
        return EmailAddress.parse(text).match_key
    keys = match_keys(text)
    if medium not in keys:
        reason = "un fixe ne reçoit pas de SMS" if Medium.CALL in keys else "il faut un numéro de téléphone"
        raise InvalidAddress("medium", f"« {text} » : {reason}")
    return keys[medium]
