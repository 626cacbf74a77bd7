"""The body an author wrote, compiled once: clean HTML with marks, its plain text, and what a scanner should know of it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.render import markdown, mjml, plain
from gateway.render.cleaning import clean
from gateway.render.content import BodyFormat, EmailContent, mark_placeholders
from gateway.render.slots import SlotTable

#: Content flag: the body shows images kept on a server, which learns who opens the message and when.
REMOTE_IMAGE = "remote_image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A compiled body; html and text hold marks."""

    html: str
    text: str
    format: BodyFormat
    column_rules: str
    flags: frozenset[str]


def compile_body(content: EmailContent, slots: SlotTable) -> Body:
    """Compile a body that check_content let through."""
    source = mark_placeholders(content.body.replace("\r\n", "\n"), slots)
    rules = ""
    if content.format == "mjml":
        raw, rules = mjml.to_html(source)
    else:
        raw = markdown.to_html(source)
    html = clean(raw)
    return Body(
        html=html,
        text=plain.to_text(html),
        format=content.format,
        column_rules=rules,
        flags=frozenset({REMOTE_IMAGE} if "<img" in html else ()),
    )
