"""Forms by which people sign up: what they ask, the boxes they offer, what they tell, in every language of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.hours import CallWindow
from gateway.domain.language import Language

Texts = Mapping[str, str]  #: by language


class FieldName(StrEnum):
    """All a form may ask, beside the email address, which it always asks (rule minimise-fields)."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    POSTCODE = "postcode"
    BIRTH_ON = "birth_on"
    PHONE = "phone"


class SignupState(StrEnum):
    """What became of a form that was filled in."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"  #: never confirmed within its term


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One thing a form asks."""

    name: FieldName
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box, never ticked beforehand: one purpose, by one channel."""

    id: str
    medium: Medium
    purpose: Purpose
    text: Texts  #: the very words agreed to, hours included
    election: str | None = None  #: None: the consent is not tied to one election
    hours: CallWindow | None = None  #: calls: the precise hours


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One element of what people are told (RGPD 13)."""

    id: str  #: section [declared] of words.toml
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One version of a form, complete: what people see is this and nothing else."""

    id: str
    languages: tuple[Language, ...]
    title: Texts
    introduction: Texts
    fields: tuple[FormField, ...]
    boxes: tuple[Box, ...]
    notice: Mapping[str, tuple[NoticeLine, ...]]  #: by language
    collector: str
    origin: str  #: how the team will say where the data came from: "formulaire « Recevoir nos nouvelles » du site"

    def box(self, box_id: str) -> Box | None:
        """A box of this form."""
        return next((box for box in self.boxes if box.id == box_id), None)

    def asks(self, name: FieldName) -> FormField | None:
        """A field of this form, if it asks for it."""
        return next((field for field in self.fields if field.name is name), None)
