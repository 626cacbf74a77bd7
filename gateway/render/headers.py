"""Header fields of a message (RFC 5322, 2047): encoded here, so that nothing a person or an author typed can begin a new one."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from gateway.domain.errors import RenderFault
from gateway.render.slots import FORBIDDEN

_FOLD_AT = 76
_WORD_MAX = 75  # RFC 2047, section 2
_WORD_OPEN, _WORD_CLOSE = "=?utf-8?q?", "?="
_PLAIN = re.compile(r"[\x20-\x7e]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]+")
_BARE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
_Q_BYTE = {byte: chr(byte) if chr(byte) in _BARE else f"={byte:02X}" for byte in range(256)} | {0x20: "_"}


def check_value(name: str, value: str) -> str:
    """The value, or RenderFault if it holds a control character, a bidirectional override, a private mark or a lone surrogate."""
    if not value.isprintable() and FORBIDDEN.search(value):
        raise RenderFault(f"{name} : caractère de contrôle interdit (retour à la ligne, octet nul…)")
    return value


def subject_field(value: str) -> str:
    """The whole field of a subject, folded, without its final CRLF: plain when it can be, else encoded words."""
    check_value("Subject", value)
    line = f"Subject: {value}"
    if _PLAIN.fullmatch(value) and "=?" not in value:
        if len(line) <= _FOLD_AT:
            return line
        if folded := _folded(line):
            return folded
    return "Subject: " + encoded_words(value, column=len("Subject: "))


def mailbox(name: str, phrase: str, address: str) -> str:
    """A whole field holding one mailbox or list id: display name in the right quoting, then the address in angle brackets."""
    check_value(name, phrase)
    check_value(name, address)
    if not phrase:
        return f"{name}: <{address}>"
    shown = _phrase(phrase, column=len(name) + 2)
    last = shown.rpartition("\r\n")[2]
    used = len(last) + (len(name) + 2 if last is shown else 0)
    gap = " " if used + len(address) + 3 <= _FOLD_AT else "\r\n "
    return f"{name}: {shown}{gap}<{address}>"


def encoded_words(value: str, *, column: int) -> str:
    """RFC 2047 encoded words (utf-8, Q), folded; `column` is where the first one begins."""
    words: list[str] = []
    room = _FOLD_AT - column - len(_WORD_OPEN) - len(_WORD_CLOSE)
    word = ""
    for character in value:
        coded = _coded(character)
        if word and len(word) + len(coded) > room:
            words.append(word)
            word, room = "", _WORD_MAX - len(_WORD_OPEN) - len(_WORD_CLOSE)
        word += coded
    words.append(word)
    return "\r\n ".join(f"{_WORD_OPEN}{each}{_WORD_CLOSE}" for each in words)


@lru_cache(maxsize=8)
def date(at: datetime) -> str:
    """The instant as RFC 5322 writes it. Raises RenderFault for a naive one. A batch shares one instant, hence the cache."""
    if at.tzinfo is None:
        raise RenderFault("Date : instant sans fuseau")
    return format_datetime(at)


@lru_cache(maxsize=1024)
def _coded(character: str) -> str:
    return "".join(_Q_BYTE[byte] for byte in character.encode())


def _phrase(phrase: str, *, column: int) -> str:
    if not _PLAIN.fullmatch(phrase) or "=?" in phrase or len(phrase) + 2 > _FOLD_AT - column:
        return encoded_words(phrase, column=column)
    if _ATOMS.fullmatch(phrase) and "  " not in phrase and phrase == phrase.strip():
        return phrase
    return '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(line: str) -> str | None:
    """The ASCII line folded at its spaces; None when it has a word too long or spaces that folding would lose."""
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        if not word or len(word) >= _FOLD_AT:
            return None
        if current and len(current) + 1 + len(word) > _FOLD_AT:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return "\r\n ".join((*lines, current))
