"""Mails that a mail program writes when a person presses its button "unsubscribe" (RFC 2369, RFC 8058), and mails
that say as little to an address made for it."""

from __future__ import annotations

import re

from gateway.channels.inbound import automatic
from gateway.channels.inbound.dsn import bare_address
from gateway.channels.inbound.mime import Fields, words
from gateway.channels.inbound.report import RecipientReport, Verdict

_SEARCHED_MAX = 2_000
#: What Apple Mail, Gmail and Outlook write in her name.
_PROGRAM = re.compile(
    r"(?:^|\n)\s{0,10}(?:apple mail sent this e-?mail to unsubscribe|this e-?mail was sent from outlook.{0,30} to unsubscribe"
    r"|this (?:message|e-?mail) was (?:automatically )?generated (?:automatically )?by gmail"
    r"|apple mail a envoyé cet? e-?mail pour (?:vous )?(?:se )?désabonner"
    r"|ce message a été (?:automatiquement )?généré (?:automatiquement )?par"
    r" gmail|cet e-?mail a été envoyé (?:à partir d['’]|depuis |par )outlook pour (?:vous )?(?:se )?désabonner)",
    re.IGNORECASE,
)
_ITS_NAME = re.compile(
    r"(?:list-?|lettre-?|newsletter-?)?(?:un-?subscri(?:be|ptions?)|d[eé]s-?(?:inscription|abonnement|inscrire|abonner)"
    r"|opt-?out|remove)"
    r"(?:[+=-][^@]{0,100})?@",
    re.IGNORECASE,
)
#: All that is written there by those who write anything.
_ASKED = re.compile(r"\W{0,10}(?:stop|unsubscribe|remove|d[eé]s(?:inscri|abon)\w+)\b", re.IGNORECASE)


def read_request(fields: Fields, said: str) -> list[RecipientReport]:
    """Who asks to be left alone, in a mail that means nothing else; empty for every other mail, and for what machines answer."""
    whoever = bare_address(words(fields.get("from")))
    if whoever is None:
        return []
    if fields.get("x-apple-unsubscribe").strip().lower() == "true":
        return [RecipientReport(address=whoever, verdict=Verdict.DELIVERED, why="X-Apple-Unsubscribe")]
    if automatic.is_automatic(fields) or automatic.looks_like_a_bounce(fields):
        return []
    if _PROGRAM.search(said[:_SEARCHED_MAX]):
        return [RecipientReport(address=whoever, verdict=Verdict.DELIVERED, why="words of her mail program")]
    named = any(_ITS_NAME.match(bare_address(value) or "") for value in fields.all("to", "delivered-to", "x-original-to"))
    if named and (not said.strip() or _ASKED.match(said[:200])):
        return [RecipientReport(address=whoever, verdict=Verdict.DELIVERED, why="sent to an address for unsubscribing")]
    return []
