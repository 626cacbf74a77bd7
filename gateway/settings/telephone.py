"""Texts and automated calls: from whom, by which provider, at what price."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import Field, SecretStr, field_validator

from gateway.settings.values import Minutes, OptionalWebAddress, Pace, Section

_CALLER = re.compile(r"\+[1-9]\d{6,14}")


class Sms(Section):
    """Text messages: who speaks, how one objects, and what a part costs."""

    name: str = ""  #: who speaks at the beginning of each text; empty: controller.candidate
    election: str = ""  #: the election in few words, "présidentielle 2027"; without it no first text can leave
    sender: str = ""  #: what telephones show: a short code, or a name of at most 11 characters (rule sms-sender-type)
    stop_number: str = ""  #: short code that takes STOP; empty: each text carries a link
    notice_url: OptionalWebAddress = ""  #: short address, of your own domain, of the whole notice
    parts_max: int = Field(1, ge=1, le=10)  #: a text of more parts does not leave (sms-length)
    price_per_part: Decimal = Field(Decimal(0), ge=0)  #: in euros, without tax; 0: not known
    per_second: Pace = 0  #: texts per second; 0: as fast as the provider answers

    @field_validator("stop_number")
    @classmethod
    def _digits(cls, number: str) -> str:
        if number and not re.fullmatch(r"[0-9]+", number):
            raise ValueError("un numéro court n’a que des chiffres, comme 36000")
        return number


class Calls(Section):
    """Automated calls. Which caller numbers are lawful is the pack's business."""

    caller: str = ""  #: number shown, +33162…; empty: no calls
    voice: str = "Polly.Lea-Neural"  #: of spoken texts
    objection_key: str = "9"  #: pressed to object
    ring_seconds: int = Field(25, ge=5, le=60)
    talk_seconds_max: int = Field(180, ge=10, le=600)
    retry_minutes: tuple[Minutes, ...] = (120, 1440)  #: when nobody answered; inside her hours and the caps only
    price_per_minute: Decimal = Field(Decimal(0), ge=0)  #: in euros, for the dry run
    per_second: Pace = 1  #: calls begun per second

    @field_validator("objection_key")
    @classmethod
    def _on_a_keypad(cls, key: str) -> str:
        if not re.fullmatch(r"[0-9*#]", key):
            raise ValueError("donnez une touche d’un téléphone : un chiffre, * ou #")
        return key

    @field_validator("caller")
    @classmethod
    def _international(cls, caller: str) -> str:
        if caller and not _CALLER.fullmatch(caller):
            raise ValueError("écrivez le numéro avec son pays : +33162…")
        return caller


class Twilio(Section):
    """The provider of texts and calls in live mode. In trial mode the carrier on this machine takes its place."""

    account_sid: str = ""
    auth_token: SecretStr = SecretStr("")
    concurrency: int = Field(10, ge=1, le=100)  #: requests under way at once, in each process
    timeout_seconds: float = Field(10, gt=0)

    @field_validator("account_sid")
    @classmethod
    def _is_account(cls, sid: str) -> str:
        if sid and not re.fullmatch(r"AC[0-9a-fA-F]{32}", sid):
            raise ValueError(
                "un SID de compte est fait de AC et de 32 chiffres hexadécimaux ; la console du prestataire le montre"
            )
        return sid
