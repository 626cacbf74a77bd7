"""What somebody typed into a form, read strictly: answers, or what is wrong with each field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.clock import read_day
from gateway.domain.consent import Purpose
from gateway.domain.contact import may_be_born
from gateway.domain.errors import InvalidAddress
from gateway.domain.form import FieldName, Form
from gateway.domain.phone import PhoneNumber
from gateway.flows.gateway import Gateway

EMAIL, BOXES = "email", "boxes"
#: The address that was asked about, as it was typed: sent again unchanged, it is what was meant.
SURE = "email-sure"
#: Begins the name of the field of each box.
BOX = "box-"
_NAME_MAX = 80
_POSTCODE = re.compile(r"\d{5}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f<>]|https?:|www\.")
#: What nobody sees and nobody typed: it comes along when a name is copied from a page, and may turn the line round.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
#: Letters are parted and joined by these in Persian and Indian names, and the faces of a family in one picture.
_JOINERS = re.compile("[\u200c\u200d]")


class Problem(StrEnum):
    """What may be wrong with an answer; the page has a sentence for each."""

    MISSING = "missing"
    EMAIL = "email"
    EMAIL_ACCENT = "email-accent"
    EMAIL_SLIP = "email-slip"  #: a slip of the finger, probably: asked once
    NAME = "name"
    POSTCODE = "postcode"
    DAY = "day"
    PHONE = "phone"
    PHONE_MISSING = "phone-missing"
    LANDLINE = "landline"
    NO_BOX = "no-box"
    TOO_YOUNG = "too-young"


#: Codes of InvalidAddress that have a sentence of their own.
_OF_ADDRESS = {"empty": Problem.MISSING, "non_ascii": Problem.EMAIL_ACCENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything somebody said in a form, in usable form."""

    email: EmailAddress
    boxes: tuple[str, ...]  #: ids, in the order of the form
    given: Mapping[str, str]  #: name of a field -> what is kept of it: ISO day, E.164 number, text; without the empty ones


def read_answers(gw: Gateway, form: Form, typed: Mapping[str, str], at: datetime) -> Answers | dict[str, Problem]:
    """The answers, or what is wrong by field; fields the form does not have are left aside. Pure but for the pack."""
    problems: dict[str, Problem] = {}
    email = _email(gw, typed, problems)
    ticked = tuple(box for box in form.boxes if typed.get(BOX + box.id))
    given = _given(form, typed, at, problems)
    media = {box.medium for box in ticked} - {Medium.EMAIL}
    if not any(box.purpose is Purpose.POLITICAL for box in ticked):
        problems[BOXES] = Problem.NO_BOX
    if media and FieldName.PHONE not in problems:
        _check_phone(given.get(FieldName.PHONE), media, problems)
    if any(box.purpose is Purpose.TARGETING for box in ticked) and _too_young(gw, given.get(FieldName.BIRTH_ON), at):
        problems[BOXES] = Problem.TOO_YOUNG
    if problems or email is None:
        return problems
    if not media:
        given.pop(FieldName.PHONE, None)  # nothing needs it (minimise-fields)
    return Answers(email=email, boxes=tuple(box.id for box in ticked), given=given)


def _given(form: Form, typed: Mapping[str, str], at: datetime, problems: dict[str, Problem]) -> dict[str, str]:
    """What is kept of each field of the form that says something; what is wrong with others goes to `problems`."""
    given: dict[str, str] = {}
    for field in form.fields:
        value = " ".join(typed.get(field.name, "").split())
        if not value:
            if field.required:
                problems[field.name] = Problem.MISSING
            continue
        kept = _read(field.name, value, at)
        if isinstance(kept, Problem):
            problems[field.name] = kept
        else:
            given[field.name.value] = kept
    return given


def likely_address(gw: Gateway, text: str) -> str:
    """The address that was probably meant, where the domain of this one is a slip; else empty."""
    local, _, domain = text.strip().rpartition("@")
    likely = gw.pack.mailboxes.likely_domain(domain.casefold()) if local else None
    return f"{local}@{likely}" if likely else ""


def _email(gw: Gateway, typed: Mapping[str, str], problems: dict[str, Problem]) -> EmailAddress | None:
    text = typed.get(EMAIL, "")
    try:
        email = EmailAddress.parse(text)
    except InvalidAddress as fault:
        problems[EMAIL] = _OF_ADDRESS.get(fault.code, Problem.EMAIL)
        return None
    if typed.get(SURE) != text and likely_address(gw, text):
        problems[EMAIL] = Problem.EMAIL_SLIP
    return email


def _read(name: FieldName, value: str, at: datetime) -> str | Problem:
    match name:
        case FieldName.GIVEN_NAME | FieldName.FAMILY_NAME:
            return _name(value)
        case FieldName.POSTCODE:
            digits = value.replace(" ", "")
            return digits if _POSTCODE.fullmatch(digits) and digits.isascii() else Problem.POSTCODE
        case FieldName.BIRTH_ON:
            day = read_day(value)
            if day is None or not may_be_born(day, at.date()):
                return Problem.DAY
            return day.isoformat()
        case FieldName.PHONE:
            try:
                return PhoneNumber.parse(value).e164
            except InvalidAddress:
                return Problem.PHONE


def _name(value: str) -> str | Problem:
    """A name as she would read it, in letters composed as keyboards do."""
    name = unicodedata.normalize("NFC", _UNSEEN.sub("", value)).strip()
    seen = _JOINERS.sub("", name)
    fits = seen and len(name) <= _NAME_MAX and not _CONTROL.search(name) and seen.isprintable()
    return name if fits else Problem.NAME


def _check_phone(number: str | None, media: set[Medium], problems: dict[str, Problem]) -> None:
    if number is None:
        problems[FieldName.PHONE] = Problem.PHONE_MISSING
    elif not media <= set(PhoneNumber.parse(number).media):
        problems[FieldName.PHONE] = Problem.LANDLINE


def _too_young(gw: Gateway, birth_on: str | None, at: datetime) -> bool:
    """Whether she is known to be under the age of the pack (rule rpp-min-age)."""
    years = gw.pack.needs.age_years
    if birth_on is None or years is None:
        return False
    born, today = date.fromisoformat(birth_on), at.date()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return age < years
