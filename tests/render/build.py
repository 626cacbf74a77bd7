"""Builders: a lawful newsletter of an invented campaign; a test says only what it changes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.render.email import EmailContent, Letterhead, PersonFields

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
TOKEN = "AQAAAAAAAAAqAAECAwQFBgcICQoLDA0OD3x2Y1J6b3l4d3Z1dHNycQ"
UNSUBSCRIBE = f"https://valbourg.example/o/{TOKEN}"
MAILTO = f"mailto:stop@valbourg.example?subject={TOKEN}"

LETTERHEAD = Letterhead(
    language="fr",
    campaign="valbourg-1",
    sender_name="Camille Martin – Valbourg ensemble",
    sender_email="lettre@valbourg.example",
    reply_to="bonjour@valbourg.example",
    list_id="lettre.valbourg.example",
    controller_name="Association Valbourg ensemble",
    controller_address="12 place du Marché, 99000 Valbourg",
    controller_email="donnees@valbourg.example",
    dpo="dpo@valbourg.example",
    candidate="Camille Martin",
    election="Élection municipale de Valbourg",
    election_dates="15 et 22 mars 2026",
    sponsor="Amis de Valbourg",
    sponsor_controller="Fédération des Amis",
    privacy_url="https://valbourg.example/donnees",
    transparency_url="https://valbourg.example/transparence",
    retention="Elles sont supprimées à la fin de l’élection.",
    selection_criteria="habiter Valbourg.",
    targeting_data="commune, déclarée par vous.",
)

PERSON = PersonFields(
    values={"given_name": "Zoé", "family_name": "Lœuf", "commune": "Saint-Exemple"},
    address="zoe@example.org",
    origin_sentence="Vous nous avez écrit le 3 mai 2025.",
    unsubscribe_url=UNSUBSCRIBE,
    unsubscribe_mailto=MAILTO,
    why_url=f"https://valbourg.example/w/{TOKEN}",
    prefer_url=f"https://valbourg.example/p/{TOKEN}",
    answer_url=f"https://valbourg.example/y/{TOKEN}",
    message_ref="2a.0011223344",
    at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


def letterhead(**changes: Any) -> Letterhead:
    return replace(LETTERHEAD, **changes)


def person(**changes: Any) -> PersonFields:
    return replace(PERSON, **changes)


def markdown(body: str = "Bonjour {{ given_name }},\n\nÀ jeudi !", **changes: Any) -> EmailContent:
    return EmailContent(**{"subject": "Notre lettre", "body": body, "format": "markdown", **changes})


def mjml(inner: str, *, head: str = "", **changes: Any) -> EmailContent:
    body = f"<mjml>{head}<mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"
    return EmailContent(**{"subject": "Notre lettre", "body": body, "format": "mjml", **changes})


def raw_headers(payload: bytes) -> list[bytes]:
    """Header fields as they travel, each with its folds, read by hand."""
    head = payload.partition(b"\r\n\r\n")[0]
    return re.split(rb"\r\n(?![ \t])", head)


def raw_header(payload: bytes, name: str) -> bytes:
    """The one field of this name, folds included."""
    found = [field for field in raw_headers(payload) if field.lower().startswith(name.lower().encode() + b":")]
    assert len(found) == 1, (name, found)
    return found[0].partition(b":")[2].strip()


def raw_parts(payload: bytes) -> tuple[bytes, bytes]:
    """Bodies of the text and html parts, still encoded, cut by hand at the boundary."""
    head, _, rest = payload.partition(b"\r\n\r\n")
    found = re.search(rb'boundary="([^"]+)"', head)
    assert found
    pieces = rest.split(b"--" + found[1])
    assert len(pieces) == 4
    assert pieces[0] == b""
    assert pieces[3] == b"--\r\n"
    return pieces[1].partition(b"\r\n\r\n")[2], pieces[2].partition(b"\r\n\r\n")[2]
