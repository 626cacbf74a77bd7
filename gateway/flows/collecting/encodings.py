"""In which encoding a text is written, told by all of its bytes and never by its beginning alone."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field

from gateway.domain.errors import InvalidInput

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Encodings of one byte a letter, most usual first: Windows, old Macs, DOS.
_OF_BYTES = ("cp1252", "iso8859-15", "mac_roman", "cp850")
#: How bytes are read that are no UTF-8 in a text that is: as Windows writes them, where two files were put together.
MIXED = "windows-in-utf-8"
_USUAL = frozenset("àâäçéèêëîïôöùûüœ’")
_POSSIBLE = frozenset("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆæÿñ‘“”«»–—…€°\u00a0·№²")
#: Signs that stand between letters, and those that stand before one: others there are letters read wrongly (« GU…GUEN »).
_IN_WORDS, _OPENING = frozenset("’·"), frozenset("«“‘—–\u00a0")
_ASCII = bytes(range(128))
#: Letters and whatever else, of which only the case matters to a letter beside them.
_CASES = bytes.maketrans(_ASCII, bytes(ord("A" if c.isupper() else "a" if c.islower() else " ") for c in _ASCII.decode()))
#: Letters beyond ASCII, with what stands before and after them.
_IN_PLACE = re.compile(rb"(?<=([\x00-\xff]))([\x80-\xff]{1,2})(?=([\x00-\xff]))")
_LOOKED_AT = 4096
#: Letters that were decoded wrongly once and encoded again: "é" become "Ã©".
_TWICE = ("é".encode().decode("latin-1").encode(), "è".encode().decode("latin-1").encode())
#: Bytes that no text holds in number.
_CONTROLS = bytes(set(range(32)) - {0, 9, 10, 11, 12, 13, 26, 27})


def marked(beginning: bytes) -> str | None:
    """The encoding that a byte order mark, or the zeros of UTF-16, tell."""
    for mark, encoding in _BOMS:
        if beginning.startswith(mark):
            return encoding
    looked_at = beginning[:_LOOKED_AT]
    if len(looked_at) >= 8:
        even, odd = looked_at[::2].count(0), looked_at[1::2].count(0)
        if max(even, odd) > 0.3 * len(looked_at) and min(even, odd) < 0.02 * len(looked_at):
            return "utf-16-le" if odd > even else "utf-16-be"
    return None


def is_binary(beginning: bytes) -> bool:
    """Whether bytes are those of no text at all."""
    looked_at = beginning[:_LOOKED_AT]
    return len(looked_at) - len(looked_at.translate(None, _CONTROLS)) > 0.02 * len(looked_at)


@dataclass(slots=True)
class Encodings:
    """Listens to all bytes of a text, then says how it is written."""

    name: str
    forced: str | None
    marked: bool = False  #: it is a byte order mark that says so, not a person: bytes that are not may stand there all the same
    _decoders: dict[str, codecs.IncrementalDecoder] = field(init=False, default_factory=dict)
    _fault: UnicodeError | None = field(init=False, default=None)
    _letters: Counter[int] = field(init=False, default_factory=Counter)
    _places: Counter[tuple[bytes, bytes, bytes]] = field(init=False, default_factory=Counter)  #: the same, with their neighbours
    _unheard: bytes = field(init=False, default=b"")  #: what was heard last of what may be UTF-8: it may end in half a letter
    _unicode: int = field(init=False, default=0)  #: letters written in UTF-8, about
    _strays: int = field(init=False, default=0)  #: bytes among them that are not
    _lines: int = field(init=False, default=0)  #: that end before what is heard next
    _stray_line: int = field(init=False, default=0)  #: the line of the first byte that no decoder read
    twice: int = field(init=False, default=0)  #: letters that were encoded twice

    def __post_init__(self) -> None:
        self._decoders = {each: _decoder(each) for each in (self.forced or "utf-8",)}

    def hear(self, chunk: bytes, *, final: bool = False) -> None:
        """The next bytes."""
        for encoding, decoder in list(self._decoders.items()):
            try:
                decoder.decode(chunk, final)
            except UnicodeError as fault:
                self._fault = fault
                self._stray_line = self._line_of(fault)
                self._unicode = self._letters.total() // 2
                del self._decoders[encoding]
        self._lines += chunk.count(b"\n")
        if self._guesses and not self._decoders:
            read = chunk.decode("utf-8", "replace")
            strays = read.count("\ufffd")
            self._strays += strays
            self._unicode += len(read) - len(read.encode("ascii", "ignore")) - strays
        if self._guesses:
            if not self._decoders:
                self._places.update(_IN_PLACE.findall(b" %b " % (self._unheard + chunk).translate(_CASES)))
            self._unheard = chunk if self._decoders else b""
            self._letters.update(chunk.translate(None, _ASCII))
            self.twice += sum(map(chunk.count, _TWICE))

    def found(self) -> str:
        """The encoding. Raises InvalidInput when there is none."""
        for encoding in self._decoders:
            return encoding
        if self.mixed:
            return self.forced or "utf-8"
        if not self.forced and (possible := self._possible()):
            return possible[0]
        tried = self.forced or "utf-8 ni en cp1252"
        where = f", ligne {self._stray_line}" if self._stray_line else ""
        raise InvalidInput(
            f"{self.name}{where} : le texte n’est pas lisible en {tried} ; enregistrez le fichier en « CSV UTF-8 », ou précisez "
            "l’encodage (--encoding)"
        ) from self._fault

    @property
    def doubtful(self) -> int:
        """Letters that another encoding would read otherwise, and about as well; 0 when there is no doubt."""
        if self._decoders or self.forced or self.mixed:
            return 0
        best, *others = self._possible() or ("",)
        for other in others:
            apart = sum(many for byte, many in self._letters.items() if _read(byte, best) != _read(byte, other))
            if apart and self._likeness(best) - self._likeness(other) < apart:
                return apart
        return 0

    def _possible(self) -> list[str]:
        """Encodings of one byte a letter that hold all letters, the likeliest first."""
        return [one for one in sorted(_OF_BYTES, key=self._likeness, reverse=True) if _holds(one, self._letters)]

    @property
    def mixed(self) -> int:
        """Bytes of a text in UTF-8 that another program put there in its own way; 0 when it is all one, or all another."""
        return self._strays if not self._decoders and (self.marked or self._unicode > self._strays) else 0

    @property
    def stray_line(self) -> int:
        """The line of the first of them; 0 when there is none."""
        return self._stray_line if self.mixed else 0

    @property
    def _guesses(self) -> bool:
        return self.marked or not self.forced

    def _line_of(self, fault: UnicodeError) -> int:
        """Line, from 1, of the first byte that is not of its encoding; 0 where a line end has several bytes."""
        if not isinstance(fault, UnicodeDecodeError) or fault.encoding.startswith("utf-16"):
            return 0
        return self._lines + fault.object[: fault.start].count(b"\n") + 1

    def _likeness(self, encoding: str) -> int:
        """How much the letters look like French in this encoding, where they stand."""
        score = 0
        for place, count in self._places.items():
            read = b"".join(place).decode(encoding, "replace")
            score += count * sum(_plausible(read[at - 1], read[at], read[at + 1]) for at in range(1, len(read) - 1))
        return score


def _plausible(before: str, letter: str, after: str) -> int:
    """How likely a letter is in French between two others."""
    usual = 3 if letter in _USUAL else 1 if letter in _POSSIBLE else -2
    if letter in _IN_WORDS:
        return usual
    if not letter.isalpha():
        inside = before.isalpha() and after.isalpha()
        return -3 if inside and not letter.isspace() else min(usual, 0) if after.isalpha() and letter not in _OPENING else usual
    if letter.isupper() and before.islower():
        return -2
    return min(usual, 1) if before.isupper() and after.isupper() and letter.islower() else usual


def _as_windows(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    return fault.object[fault.start : fault.end].decode("cp1252", "replace"), fault.end


codecs.register_error(MIXED, _as_windows)


def _read(byte: int, encoding: str) -> str:
    return bytes((byte,)).decode(encoding, "replace")


def _holds(encoding: str, letters: Counter[int]) -> bool:
    return "\ufffd" not in bytes(sorted(letters)).decode(encoding, "replace")


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)("strict")
    except LookupError as fault:
        raise InvalidInput(f"encodage inconnu : {encoding}") from fault
