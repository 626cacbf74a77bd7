"""A small MIME reader made for hostile mail: linear time, bounded depth and size, and no exception.

The standard library's parser recurses as deep as a mail nests, and looks at each line once per open boundary. A bounce is
short, and its report stands before the returned message: the first megabyte is enough, and a part nested deeper than any
mail program nests is left as it is.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from functools import cached_property
from html import unescape

RAW_MAX = 1 << 20
DEPTH_MAX = 10
PARTS_MAX = 100
_FIELDS_MAX = 500
_VALUE_MAX = 8_000
_HEAD_MAX = 256_000
_BOUNDARY_MAX = 200
_CHARSET_MAX = 40
_ESCAPED_MAX = 10_000

_FIELD = re.compile(r"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_PARAMETER = re.compile(r";\s*([\w-]+)\*?\d*\*?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^\s;\"]+))")
_MBOX_LINE = re.compile(rb">?From [^\n]*\n")
#: Charsets people write mail in. Others (punycode, idna …) decode in quadratic time, or are no charsets.
_TEXT_CODEC = re.compile(
    r"ascii|utf-8(?:-sig)?|utf-16(?:-[bl]e)?|iso8859-\d+|cp\d{3,4}|koi8-[rut]|gb2312|gbk|gb18030|big5(?:hkscs)?"
    r"|iso2022_\w+|euc_\w+|shift_jis\w*|mac-\w+|hz|johab|tis-620"
)


@dataclass(frozen=True)
class Fields:
    """Header fields in their order; names in lower case, values unfolded, not yet decoded (latin-1 stands for raw bytes)."""

    pairs: tuple[tuple[str, str], ...] = ()

    def all(self, *names: str) -> list[str]:
        """Every value under these names, name by name, in order."""
        return [value for name in names for found, value in self.pairs if found == name]

    def get(self, name: str) -> str:
        """The first value under this name, or ''."""
        return next((value for found, value in self.pairs if found == name), "")

    def __contains__(self, name: object) -> bool:
        return any(found == name for found, _ in self.pairs)


@dataclass(frozen=True)
class Part:
    """One part that holds no other: a text, an attachment, a report, a returned message."""

    fields: Fields
    body: bytes  #: as transported
    parent: str = ""  #: content type of the multipart around it

    @cached_property
    def type(self) -> str:
        """Content type in lower case; 'text/plain' when none is said (RFC 2045, 5.2)."""
        return content_type(self.fields)

    @cached_property
    def content(self) -> bytes:
        """Its bytes, transfer encoding undone as far as it can be."""
        return _transferred(self.body, self.fields.get("content-transfer-encoding").strip().lower())

    @cached_property
    def text(self) -> str:
        """Its characters; what cannot be decoded is replaced."""
        return decoded(self.content, parameter(self.fields.get("content-type"), "charset"))

    @property
    def attached(self) -> bool:
        """True for what a person attached by name: nothing to be read as the mail's own words."""
        return self.fields.get("content-disposition").strip().lower().startswith("attachment")


@dataclass(frozen=True)
class Mail:
    """A mail taken apart: its own header fields, and its parts in reading order (messages inside it are parts, unopened)."""

    fields: Fields
    parts: tuple[Part, ...]

    @cached_property
    def type(self) -> str:
        """Content type of the whole."""
        return content_type(self.fields)


def take_apart(raw: bytes) -> Mail:
    """Read a mail. Any bytes at all give a Mail; linear in the first RAW_MAX bytes, the rest is not looked at."""
    raw = raw[:RAW_MAX].replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    fields, body = split_head(raw)
    parts: list[Part] = []
    for part in _leaves(fields, body, "", 0):
        parts.append(part)
        if len(parts) >= PARTS_MAX:
            break
    return Mail(fields, tuple(parts))


def said_in(raw: bytes) -> bytes:
    """All that stands in a mail, transfer encodings, charsets, encoded words and entities undone, messages inside it opened."""
    return b"\n".join(_said_in(raw, 0))


def _said_in(raw: bytes, depth: int) -> Iterator[bytes]:
    mail = take_apart(raw)
    for fields in (mail.fields, *(part.fields for part in mail.parts)):
        yield from (words(value).encode() for _, value in fields.pairs if "=?" in value)
    for part in mail.parts:
        text = part.text.encode()
        yield text
        if b"&" in text:
            yield unescape(part.text).encode()
        if part.type.startswith("message/") and depth < DEPTH_MAX:
            yield from _said_in(part.content, depth + 1)


def split_head(raw: bytes) -> tuple[Fields, bytes]:
    """Header fields and what follows them. `raw` has bare line feeds. A line that is no field ends the header."""
    raw = raw.lstrip(b" \t\n") if raw[:1] in (b" ", b"\t", b"\n") else raw
    at = found.end() if (found := _MBOX_LINE.match(raw)) else 0
    lines: list[str] = []
    while at < len(raw) and at < _HEAD_MAX and len(lines) < _FIELDS_MAX:
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        line = raw[at:end].decode("latin-1")
        if not line.strip():
            return read_fields(lines), raw[end + 1 :]
        if not line[0].isspace() and not _FIELD.match(line):
            if not lines or not lines[-1].rstrip().endswith(";"):
                break
            line = " " + line  # a parameter that lost the white space before it
        lines.append(line)
        at = end + 1
    return read_fields(lines), raw[at:]


def read_fields(lines: list[str]) -> Fields:
    """Fields of unfolded lines; a line that begins with white space continues the one before it."""
    pairs: list[tuple[str, list[str]]] = []
    for line in lines:
        if line[:1].isspace():
            if pairs:
                pairs[-1][1].append(line.strip())
        elif found := _FIELD.match(line):
            pairs.append((found.group(1).lower(), [found.group(2).strip()]))
    return Fields(tuple((name, " ".join(value)[:_VALUE_MAX]) for name, value in pairs))


def content_type(fields: Fields) -> str:
    """The content type in lower case, without parameters; 'text/plain' when there is none or it is no type."""
    found = fields.get("content-type").partition(";")[0].strip().lower()
    return found if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", found) else "text/plain"


def parameter(value: str, name: str) -> str:
    """One parameter of a field, '' when it has none."""
    for found in _PARAMETER.finditer(value):
        if found.group(1).lower() == name:
            return re.sub(r"\\(.)", r"\1", found.group(2)) if found.group(2) is not None else found.group(3)
    return ""


def decoded(raw: bytes, charset: str = "") -> str:
    """Characters of bytes: in the charset named if it is one people write in, else UTF-8, else Latin-1. No NUL is left."""
    text = None
    if codec := _codec(charset):
        text = raw.decode(codec, "replace")
        if codec == "ascii" and "\ufffd" in text:
            text = None
    if text is None:
        try:
            text = raw.decode("iso2022_jp" if b"\x1b$" in raw[:_ESCAPED_MAX] else "utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def words(value: str) -> str:
    """A field as people read it: encoded words (RFC 2047) decoded, raw bytes as UTF-8 when they are."""
    value = value[:2_000]
    if "=?" not in value:
        raw = all(ord(each) < 256 for each in value)
        return decoded(value.encode("latin-1")).strip() if raw else value.strip()
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):  # base64 that is none; binascii.Error is a ValueError
        return value.strip()
    read = [decoded(each, charset or "") if isinstance(each, bytes) else each for each, charset in pieces]
    return " ".join("".join(read).split())


def _codec(charset: str) -> str:
    """Python's name of a charset people write mail in, '' for anything else."""
    charset = charset.strip().strip("'\"")
    if not charset or len(charset) > _CHARSET_MAX or not charset.isascii() or not charset.isprintable():
        return ""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return name if _TEXT_CODEC.fullmatch(name) else ""


def _transferred(body: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body.partition(b"=")[0] if body.count(b"=") < 3 else body)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    return body


def _leaves(fields: Fields, body: bytes, parent: str, depth: int) -> Iterator[Part]:
    kind = content_type(fields)
    boundary = parameter(fields.get("content-type"), "boundary")[:_BOUNDARY_MAX].rstrip()
    pieces = _pieces(body, boundary) if kind.startswith("multipart/") and boundary and depth < DEPTH_MAX else []
    if not pieces:
        yield Part(fields, body, parent)
        return
    for piece in pieces:
        inner, rest = (Fields(), piece[1:]) if piece[:1] == b"\n" else split_head(piece)
        yield from _leaves(inner, rest, kind, depth + 1)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What stands between delimiter lines; a missing last one is forgiven."""
    delimiter = re.compile(rb"^--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*$", re.MULTILINE)
    pieces: list[bytes] = []
    begin = -1
    for found in delimiter.finditer(body):
        if begin >= 0:
            pieces.append(body[begin : found.start()])
        begin = found.end() + 1
        if found.group(1) or len(pieces) > PARTS_MAX:
            return pieces
    if begin >= 0:
        pieces.append(body[begin:])
    return pieces
