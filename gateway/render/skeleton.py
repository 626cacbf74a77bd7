"""The bytes of a message, built once; only the slots are filled for each person.

A part is cut at its slots. In 8bit the pieces are the text itself. In quoted-printable each piece is encoded once, and each value
stands between soft line breaks, so that no piece ever has to be encoded again: filling costs a join in both encodings.
"""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Callable, Sequence

from gateway.domain.channel import Encoding
from gateway.domain.errors import RenderFault
from gateway.render.slots import VALUE_BYTES_MAX, cut
from gateway.render.words import in_html, in_text

_SOFT_BREAK = b"=\r\n"
#: In the header of the message, before each of the two parts, and at the end.
_BOUNDARIES = 4

Encoder = Callable[[str], bytes]


class Skeleton:
    """One message in one encoding, with the places of its slots."""

    def __init__(self, *, head: str, text: str, html: str, boundary: str, encoding: Encoding) -> None:
        """head: header fields with marks, CRLF line ends; text, html: parts with marks, LF line ends."""
        self._pieces: list[bytes] = []
        self._places: list[tuple[int, int]] = []
        self._uses: dict[tuple[int, Encoder], int] = {}
        self._boundary = boundary.encode()
        quoted = encoding is Encoding.QUOTED_PRINTABLE
        self._add_raw(head)
        for kind, body, encode in (("plain", text, _text), ("html", html, _html)):
            self._add_raw(
                f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
            )
            if quoted:
                self._add_quoted(body, _quoted_text if encode is _text else _quoted_html)
            else:
                self._add_raw(body.replace("\n", "\r\n"), _raw_text if encode is _text else _raw_html)
            self._add_raw("\r\n")
        self._add_raw(f"--{boundary}--\r\n")

    def fill(self, values: Sequence[str]) -> bytes:
        """The message for one person; `values` by slot number, unescaped.

        Raises RenderFault for a value that is too long, or that would forge the end of a part.
        """
        encoded = [encode(values[number]) for number, encode in self._uses]
        pieces = self._pieces.copy()
        for place, use in self._places:
            pieces[place] = encoded[use]
        payload = b"".join(pieces)
        if payload.count(self._boundary) != _BOUNDARIES:
            raise RenderFault("le message contient la limite qui sépare ses parties")
        return payload

    def _add_raw(self, text: str, encode: Encoder | None = None) -> None:
        for part in cut(text):
            if isinstance(part, int):
                self._add_slot(part, encode or _header)
            else:
                self._pieces.append(part.encode())

    def _add_quoted(self, body: str, encode: Encoder) -> None:
        parts = cut(body)
        for index, part in enumerate(parts):
            if isinstance(part, int):
                self._add_slot(part, encode)
                continue
            piece = _quoted(part.encode())
            if index > 0 and not piece.startswith(b"\r\n"):
                piece = _SOFT_BREAK + piece
            if piece and index < len(parts) - 1 and not piece.endswith(b"\r\n"):
                piece += _SOFT_BREAK
            self._pieces.append(piece)

    def _add_slot(self, number: int, encode: Encoder) -> None:
        use = self._uses.setdefault((number, encode), len(self._uses))
        self._places.append((len(self._pieces), use))
        self._pieces.append(b"")


def _quoted(octets: bytes) -> bytes:
    """Quoted-printable with CRLF; no line is longer than 75 before its soft break."""
    return b2a_qp(octets).replace(b"\n", b"\r\n")


def _header(value: str) -> bytes:
    return value.encode()


def _text(value: str) -> bytes:
    return _on_short_lines(in_text(value))


def _html(value: str) -> bytes:
    return _on_short_lines(in_html(value))


def _on_short_lines(laid_out: str) -> bytes:
    octets = laid_out.encode()
    if len(octets) > VALUE_BYTES_MAX and max(map(len, octets.split(b"\n"))) > VALUE_BYTES_MAX:
        raise RenderFault(f"« {laid_out[:30]}… » est trop long ({VALUE_BYTES_MAX} octets au plus sans une espace)")
    return octets


def _raw_text(value: str) -> bytes:
    return _text(value).replace(b"\n", b"\r\n")


def _raw_html(value: str) -> bytes:
    return _html(value).replace(b"\n", b"\r\n")


def _quoted_text(value: str) -> bytes:
    return _quoted(_text(value))


def _quoted_html(value: str) -> bytes:
    return _quoted(_html(value))
