"""Telephone numbers, parsed at the edge: inside, a PhoneNumber is always one that an operator may have given to a person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

import phonenumbers

from gateway.domain.abroad import TRUNK_ZERO
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress
from gateway.domain.numbering import (
    CALLING_CODES,
    HEAD_DIGITS,
    LOCAL_BEGINNINGS,
    MACHINES,
    ZERO_REGIONS,
    LineKind,
    international,
    kind_of,
    line_of,
    machine,
    region_of,
    unassigned,
)

#: As nearly everybody writes it: no more needs to be looked at.
PLAIN = re.compile(r"0\d(?:\d{8}|(?:[ .\u00a0-]\d\d){4})", re.ASCII)
_NOT_DIGITS = re.compile(r"\D+")
_ACCEPTED = re.compile(r"[\d\s.()/'’_–—\u2011+-]*")
_SPREADSHEET = re.compile(r"(\+?\d{6,}|\d{3}(?: \d{3}){2})[.,]0+")
#: Thousands set apart by commas, as English spreadsheets do.
_THOUSANDS = re.compile(r"(?<![\d,])(\d{3}),(\d{3}),(\d{3})(?![\d,])")
#: Pairs of digits with one and the same mark between them, whatever mark that is.
_PAIRS = re.compile(r"(?<![\w+])0\d(\s?[^\w\s+]\s?)\d\d(?:\1\d\d){3}(?![\w])(?!\1\d)")
#: A whole number in pairs, and a postcode or the number of a house after it.
_PLACE_AFTER = re.compile(
    r"(?<!\d)(0\d(?:[ .-]\d\d){4})[ ,]+"
    r"(\d{5}(?![\d ./-]*\d)|\d{1,4}(?= ?(?:bis|ter)?,? (?:rue|av|bd|boulevard|pl|chemin|all|imp|route|quai)))",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"(\d)(?:[.,](\d{1,20}))?[eE]\+?(\d{1,2})")
_SHORT = re.compile(r"1\d{1,2}|1\d{3}|3\d{3}|[34]\d{4}|11[68]\d{3}")
#: As neighbours part the digits of their own numbers: 079 123 45 67 in Switzerland, 0470 12 34 56 or 0470/12.34.56 in Belgium,
#: 612 34 56 78 in Spain. None of them is parted so in France, and each is a number there, too: somebody else's.
_AS_ABROAD = re.compile(
    r"0\d\d[ ./-]\d{3}[ .-]?\d\d[ .-]?\d\d|04[5-9]\d(?:[ /]\d\d[ .]?\d\d[ .]?\d\d|/\d{3}[ .]?\d{3})|[67]\d\d(?: \d\d){3}"
)
_OF_WHICH = (
    "ce numéro est écrit comme en Suisse, en Belgique ou en Espagne, et en France il est à quelqu’un d’autre : écrivez-le avec "
    "son indicatif (+41…, +32…, +34…), ou par paires de chiffres s’il est d’ici"
)
_MEDIA = {LineKind.MOBILE: (Medium.SMS, Medium.CALL), LineKind.LANDLINE: (Medium.CALL,), LineKind.OTHER: ()}
_PLAN_DIGITS = 9
_TAHITI_DIGITS = 11
_MACHINE_DIGITS = (13, 14)

ADDED_ZERO = "zéro initial rétabli"
DROPPED_ZERO = "zéro retiré après l’indicatif du pays"
ADDED_PLUS = "signe + rétabli devant l’indicatif du pays"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number of a person's line, in the one form that networks know."""

    e164: str  #: plus, calling code, number: +33612345678
    region: str  #: ISO 3166-1 code of its network, GP for the islands that share its numbers
    kind: LineKind
    #: Set apart for films and tests (ARCEP): nobody has it.
    fictitious: bool = field(default=False, compare=False)
    #: Kept for platforms that call, or put two people through: a campaign may show it, and no person has it.
    platform: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return self.e164

    @property
    def match_key(self) -> str:
        """The form by which two numbers are one line."""
        return self.e164

    @property
    def media(self) -> tuple[Medium, ...]:
        """By what this line can be reached: a landline takes no SMS."""
        return _MEDIA[self.kind]

    @classmethod
    def parse(cls, text: str, *, region: str = "FR") -> PhoneNumber:
        """Read one number, as typed in `region`; ten-digit numbers of overseas are known by their beginning.

        Raises InvalidAddress (empty, text, short, special, machine, unassigned, too_short, too_long, rounded, foreign,
        which_country).
        """
        return read_number(text, region)[0]


def read_number(text: str, region: str = "FR") -> tuple[PhoneNumber, tuple[str, ...]]:
    """One number and what had to be repaired, in French. Raises InvalidAddress, as `PhoneNumber.parse`."""
    if region in ZERO_REGIONS and PLAIN.fullmatch(text):
        return national(text if len(text) == 10 else _NOT_DIGITS.sub("", text)), ()
    text = tidied(text)
    if not text:
        raise InvalidAddress("empty", "numéro vide")
    text = _from_spreadsheet(text)
    if not _ACCEPTED.fullmatch(text):
        raise InvalidAddress("text", "ce n’est pas un numéro : on n’attend que des chiffres, des espaces et un « + »")
    digits = _NOT_DIGITS.sub("", TRUNK_ZERO.sub("", text, count=1) if _is_abroad(text) else text)
    if text.startswith("+"):
        if digits.startswith("0") and len(digits) == 10 and region in ZERO_REGIONS:
            return national(digits), ("signe + retiré devant le zéro",)
        return _international(digits.removeprefix("00"))
    if digits.startswith("00"):
        return _international(digits[2:])
    if region not in ZERO_REGIONS:
        return _local(digits, region)
    if _AS_ABROAD.fullmatch(text):
        raise InvalidAddress("which_country", _OF_WHICH)
    return _zero_plan(digits, region)


def tidied(text: str) -> str:
    """The text in plain digits and spaces: full-width forms folded, no invisible character, no apostrophe of a spreadsheet."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(_digit(mark) for mark in text if unicodedata.category(mark) != "Cf").replace("\u2010", "-")
    text = text.strip().removeprefix("'").strip()
    return text[1:].replace(")", "", 1) if text.startswith("(+") else text


def _digit(mark: str) -> str:
    return str(unicodedata.decimal(mark)) if mark.isdecimal() else mark


def national(digits: str) -> PhoneNumber:
    """A ten-digit number with its zero. Raises InvalidAddress (special, machine, unassigned)."""
    line = line_of(digits[:HEAD_DIGITS])
    return PhoneNumber(f"+{line.code}{digits[line.skip :]}", line.region, line.kind, line.fictitious, line.platform)


def _is_abroad(text: str) -> bool:
    return text.startswith(("+", "00", *CALLING_CODES))


def _from_spreadsheet(text: str) -> str:
    """A number that a spreadsheet took for a quantity. Raises InvalidAddress when digits are lost."""
    if whole := _SPREADSHEET.fullmatch(text):
        return whole[1]
    if shortened := _ROUNDED.fullmatch(text):
        digits = shortened[1] + (shortened[2] or "")
        if len(digits) != int(shortened[3]) + 1:
            raise InvalidAddress(
                "rounded", "le tableur a arrondi ce numéro, des chiffres sont perdus : reprenez-le dans le fichier d’origine"
            )
        return digits
    return text


def _zero_plan(digits: str, region: str) -> tuple[PhoneNumber, tuple[str, ...]]:
    """Digits without plus, typed where numbers have ten digits."""
    count = len(digits)
    if count == 10 and digits[0] == "0":
        return national(digits), ()
    if count == 6 and digits[0] != "0" and region in LOCAL_BEGINNINGS:  # as neighbours write them
        return national(f"{LOCAL_BEGINNINGS[region]}{digits}"), (f"début {LOCAL_BEGINNINGS[region]} rétabli",)
    if count == _PLAN_DIGITS and digits[0] != "0":
        return national(f"0{digits}"), (ADDED_ZERO,)
    code = next((code for code in CALLING_CODES if digits.startswith(code)), None)
    if code and count - len(code) in (_PLAN_DIGITS, _PLAN_DIGITS + 1):
        number, repairs = _international(digits)
        return number, (ADDED_PLUS, *repairs)
    if count == _TAHITI_DIGITS and digits.startswith("689"):
        number, repairs = _foreign(digits)
        return number, (ADDED_PLUS, *repairs)
    if digits.startswith(MACHINES) and count in _MACHINE_DIGITS:
        raise machine()
    if _SHORT.fullmatch(digits):
        raise InvalidAddress("short", "numéro court (urgences, renseignements, services) : ce n’est pas celui d’une personne")
    raise unassigned() if count == 10 else _wrong_length(count)


def _international(digits: str) -> tuple[PhoneNumber, tuple[str, ...]]:
    """Digits after the plus. French numbers are looked up in the plan, whatever code was typed before them."""
    if digits.startswith("269") and len(digits) == 12 and digits[3:6] in ("269", "639"):
        return national(f"0{digits[3:]}"), ("indicatif +269 (Comores) remplacé par +262 (Mayotte)",)
    code = next((code for code in CALLING_CODES if digits.startswith(code)), None)
    if code is None:
        return _foreign(digits)
    rest = digits[len(code) :]
    if len(rest) == _PLAN_DIGITS + 1 and rest.startswith("0"):
        rest = rest[1:]
    if f"0{rest.removeprefix('0')}".startswith(MACHINES) and len(rest) + 1 in _MACHINE_DIGITS:
        raise machine()
    if len(rest) == _PLAN_DIGITS:
        number = national(f"0{rest}")
        if number.e164.startswith(f"+{code}"):
            return number, ()
        right = next(f"+{other}" for other in CALLING_CODES if number.e164.startswith(f"+{other}"))
        return number, (f"indicatif +{code} remplacé par {right}",)
    if len(rest) == 6 and code != "33":
        return national(f"0{code}{rest}"), (() if code == "508" else (f"début 0{code} rétabli",))
    raise _wrong_length(len(rest) + 1)


def _foreign(digits: str) -> tuple[PhoneNumber, tuple[str, ...]]:
    try:
        kind = kind_of(digits)
    except InvalidAddress as fault:
        if fault.code == "special":
            raise
        raise InvalidAddress("foreign", "ce numéro étranger n’existe pas : vérifiez l’indicatif du pays") from fault
    e164 = international(digits)
    return PhoneNumber(e164, region_of(digits), kind), (() if e164 == f"+{digits}" else (DROPPED_ZERO,))


def _local(digits: str, region: str) -> tuple[PhoneNumber, tuple[str, ...]]:
    """Digits as typed in a place with a plan of its own (Nouméa, Papeete, Brussels)."""
    try:
        found = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as fault:
        raise unassigned() from fault
    if not phonenumbers.is_valid_number(found):
        if len(digits) == 10 and digits[0] == "0":
            return national(digits), ()
        raise unassigned()
    e164 = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, region_of(e164[1:]), kind_of(e164[1:])), ()


def _wrong_length(count: int) -> InvalidAddress:
    if count < 10:
        return InvalidAddress("too_short", f"il manque des chiffres : {count} au lieu de 10")
    return InvalidAddress("too_long", f"trop de chiffres : {count} au lieu de 10")


@dataclass(frozen=True, slots=True)
class RefusedNumber:
    """Digits in a cell that are no number of a person."""

    text: str
    code: str  #: as InvalidAddress.code
    says: str  #: why, in a sentence


@dataclass(frozen=True, slots=True)
class PhoneCell:
    """All that a cell of a table says of telephones."""

    numbers: tuple[PhoneNumber, ...]
    repairs: tuple[str, ...] = ()  #: what had to be mended to read them
    rest: str = ""  #: words that are no number
    refused: tuple[RefusedNumber, ...] = ()


#: Hours, days and prices: their digits are no telephone number.
_OTHER_FIGURES = re.compile(
    r"\b\d{1,2}\s*[hH]\s*(?:/\s*)?\d{0,2}\b|\b\d\s*[jJ]\s*/\s*\d\b|\b\d{1,2}/\d{1,2}/\d{4}\b|\b(?:19|20)\d\d-\d\d-\d\d\b|(?:^|(?<=[\s;,/]))\d\)(?=\s)|\b\d+\s?[.,]\s?\d+(?=\s*(?:€|eur|cts?\b|ttc|ht\b))",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"(?:\bposte|\bp\.|\bext(?:ension)?\.?|\bx|#)\s*\d{1,6}\b", re.IGNORECASE)
_LETTER_L = re.compile(r"(?<=\d)[lI](?=[ .-]?\d|$)|(?<=\d[ .-])[lI](?=\d)")
_LETTER_O = re.compile(r"\b[oO](?=\d)|(?:(?<=\d)|(?<=\d[ .-]))[oO]{1,2}(?=[ .-]?\d|$)")
_RUN = re.compile(r"(?:\+\s*)?\(?(?:\+\s*)?\d(?:[\s.()/'_–—\u2011-]*\d)*(?:(?:[.,]\d+)?[eE]\+?\d+|[.,]0+\b)?")
#: « Fax : … », and « … (fax) » where no other number follows; who answers behind « tél./fax » is a person, too.
_FAX = re.compile(r"(?<!\bt[ée]l[/.&+-])(?<!\bt[ée]l\.[/&+-])(?:\bfax|\bt[ée]l[ée]copie\w*)[^\w]*$", re.IGNORECASE)
_FAX_AFTER = re.compile(r"\s*(?:\(\s*(?:fax|t[ée]l[ée]copie\w*)\s*\)|[-–:]?\s*(?:fax|t[ée]l[ée]copie\w*)[\s.]*$)", re.IGNORECASE)
_EMPTY = re.compile(r"\(\s*\)")
_BETWEEN = (r"/", r"\n", r"\s[-–—]\s", r"[()]", r"\s{2,}")
#: Reasons that are given only of digits which are a telephone number.
_KNOWN_FOR_SURE = ("special", "machine", "unassigned")
_TEXT_DIGITS = 3  #: fewer digits than a number can have: part of a sentence
_STRAY_DIGITS = 5  #: what is worth a word only when the cell holds nothing else


def read_phone_cell(text: str, *, region: str = "FR") -> PhoneCell:
    """Every number in a cell as people type it; never raises: what cannot be read stands in `refused`, with the reason."""
    if region in ZERO_REGIONS and PLAIN.fullmatch(text):
        try:
            return PhoneCell((national(text if len(text) == 10 else _NOT_DIGITS.sub("", text)),))
        except InvalidAddress as fault:
            return PhoneCell((), refused=(RefusedNumber(text, fault.code, str(fault)),))
    tidy = _with_usual_marks(tidied(text))
    repairs: list[str] = []
    shown, mended = _LETTER_O.subn(lambda letters: "0" * len(letters[0]), tidy)
    if mended:
        repairs.append("lettre O lue comme un zéro")
    shown, mended = _LETTER_L.subn("1", shown)
    if mended:
        repairs.append("lettre l lue comme un chiffre 1")
    for extension in _EXTENSION.findall(shown):
        repairs.append(f"« {extension.strip()} » laissé de côté : le standard ne se compose pas")
    shown = _EXTENSION.sub(" ", shown)
    hidden = _OTHER_FIGURES.sub(_blank, shown)
    found: list[_Attempt] = []
    rest: list[str] = []
    at = 0
    for run in _RUN.finditer(hidden):
        read = _read_run(run[0], region)
        if not read:
            continue
        fax_after = _FAX_AFTER.match(shown, run.end())
        if fax_after or _FAX.search(shown, at, run.start()):
            read = [_Attempt(one.text, fault=InvalidAddress("fax", "numéro de fax : personne n’y répond")) for one in read]
        found += read
        rest.append(shown[at : run.start()])
        at = fax_after.end() if fax_after else run.end()
    rest.append(shown[at:])
    words = _EMPTY.sub("", " ".join(" ".join(rest).split())).strip(" /,;:.-–")
    if not found:
        why = RefusedNumber(words, "no_number", "aucun numéro de téléphone dans cette case")
        return PhoneCell((), tuple(repairs), words, (why,) if words else ())
    return _gather(found, tuple(repairs), words)


def _with_usual_marks(text: str) -> str:
    """The text with numbers whose marks nobody expects written as usual."""
    text = _PAIRS.sub(lambda pairs: pairs[0].replace(pairs[1], " "), _THOUSANDS.sub(r"\1\2\3", text))
    return _PLACE_AFTER.sub(r"\1 ; \2", text)


@dataclass(frozen=True, slots=True)
class _Attempt:
    text: str
    number: PhoneNumber | None = None
    repairs: tuple[str, ...] = ()
    fault: InvalidAddress | None = None


def _attempt(text: str, region: str) -> _Attempt:
    try:
        number, repairs = read_number(text, region)
    except InvalidAddress as fault:
        return _Attempt(text.strip(), fault=fault)
    return _Attempt(text.strip(), number, repairs)


def _read_run(text: str, region: str) -> list[_Attempt]:
    """What a stretch of digits and marks holds; nothing when it has too few digits to be a number."""
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) < _TEXT_DIGITS:
        return []
    whole = _attempt(text, region)
    if whole.number is not None:
        return [whole]
    for mark in _BETWEEN:
        pieces = re.split(mark, text.strip())
        if len(pieces) > 1:
            read = [one for piece in pieces for one in _read_run(piece, region) or _abbreviated(piece, mark)]
            if any(one.fault is None or one.fault.code in _KNOWN_FOR_SURE for one in read):
                return read
    return _one_after_another(text, region) or [whole]


def _abbreviated(piece: str, mark: str) -> list[_Attempt]:
    """`01 23 45 67 89 / 90`: the second number is not guessed."""
    if mark != _BETWEEN[0] or not _NOT_DIGITS.sub("", piece):
        return []
    return [_Attempt(piece.strip(), fault=InvalidAddress("abbreviated", "numéro abrégé : écrivez-le en entier"))]


def _one_after_another(text: str, region: str) -> list[_Attempt]:
    """Numbers written without anything between them, ten digits each, or nine after +33; none unless it comes out even."""
    digits = _NOT_DIGITS.sub("", text)
    first = _PLAN_DIGITS + 2 if text.lstrip().startswith("+") and digits.startswith("33") else 10
    if len(digits) <= first or (len(digits) - first) % 10 or region not in ZERO_REGIONS:
        return []
    pieces = [f"+{digits[:first]}" if first > 10 else digits[:first]]
    pieces += [digits[start : start + 10] for start in range(first, len(digits), 10)]
    read = [_attempt(piece, region) for piece in pieces]
    return read if all(one.number for one in read) else []


def _gather(found: list[_Attempt], repairs: tuple[str, ...], rest: str) -> PhoneCell:
    """One cell from its parts: each number once; a few stray digits beside a number are part of the words."""
    numbers = tuple(dict.fromkeys(one.number for one in found if one.number is not None))
    refused, stray = [], []
    for one in found:
        if one.fault is None:
            continue
        if one.fault.code != "abbreviated" and len(found) > 1 and len(_NOT_DIGITS.sub("", one.text)) <= _STRAY_DIGITS:
            stray.append(one.text)
        else:
            refused.append(RefusedNumber(one.text, one.fault.code, str(one.fault)))
    mended = dict.fromkeys((*repairs, *(repair for one in found for repair in one.repairs)))
    return PhoneCell(numbers, tuple(mended), " ".join(filter(None, (*stray, rest))), tuple(refused))


def _blank(match: re.Match[str]) -> str:
    return "\x00" * len(match[0])
