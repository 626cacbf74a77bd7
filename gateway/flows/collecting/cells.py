"""Cells of a table of people: what they may hold, and how to give them to a spreadsheet without harm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import assert_never
from zoneinfo import ZoneInfo

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.boxes import ticked

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
#: « 18:22 », « à 18h22 », « 6:22:05 PM UTC+2 » as forms write it, « T18:22:05.000Z ».
_HOUR = re.compile(
    r"(?:[ T]|\s+à\s+|\s+-\s+)(\d{1,2})[:hH](\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp][Mm]\b)?"
    r"\s*(Z\b|(?:UTC|GMT)(?![+-])|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?"
)
_OFFSET = re.compile(r"([+-])(\d\d?)(?::?(\d\d))?$")
#: « le 3 avril 2026 », « ven. 3 avril 2026 », « vendredi le 3/4/2026 ».
_BEFORE_DAY = re.compile(r"^(?:le\s+)?(?:(?:lun|mar|mer|jeu|ven|sam|dim)[a-z]*\.?\s+)?(?:le\s+)?", re.IGNORECASE)
_BORN_ON = re.compile(r"(?:née?(?:\(e\))?\s+)?le\s+", re.IGNORECASE)
#: A day of the year, as tools of newsletters and address books keep it (03/12, --03-12), and the blank of Outlook (0/0/00).
_BIRTHDAY = re.compile(r"(?:--)?\d{1,2}[/.-]\d{1,2}|0/0/00")
_SHORT_YEAR = re.compile(r"(\d{1,2}[/.\- ]+(?:\d{1,2}|[a-zéû.]{3,9})[/.\- ]+)(\d{2})", re.IGNORECASE)
#: « le 3 mars 2025 », « mars 2024 », « 2024 », « en mars »: when somebody objected, as teams note it.
_SOME_DAY = re.compile(r"(?:le |en |depuis |courant )?(?:\d{1,2}(?:er)? )?(?:[a-zéû]{3,9}\.? ?)?(?:19|20)\d\d", re.IGNORECASE)
#: « Oui / Yes », « oui (yes) ».
_SIDES = re.compile(r"\s*[/|(]\s*")
#: « x (par téléphone) », « oui, par mail ».
_FIRST_WORD = re.compile(r"[\s,;:(/-]+")
_SHORT_YEAR_SAYS = (
    "l’année n’a que deux chiffres, et plusieurs sont possibles : écrivez-la en entier, 15/03/2026 ; dans un tableur, donnez "
    "à la colonne le format de date jj/mm/aaaa et enregistrez de nouveau"
)
#: 19520709, or 09071952: one of the two at most is a day.
_IN_A_ROW = re.compile(r"\d{8}")
_IN_WORDS = re.compile(r"(\d{1,2})(?:er)?[ .\-]+([a-zéûA-ZÉÛ]{3,9})\.?[ .\-]+(\d{4})")
#: Months by what their names begin with, whether or not they are cut short.
_MONTHS = ("janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aou", "sept", "oct", "nov", "dec")
#: Days that spreadsheets count from the end of 1899, when nobody told them that the number is a date.
_SERIAL = re.compile(r"(\d{5})(?:[.,]0+)?")
_DAY_ZERO = date(1899, 12, 30)
#: The same with its hour, as a fraction of the day.
_SERIAL_AT = re.compile(r"(\d{5})(?:[.,](\d+))?")
#: « F-29200 », « 29200 Brest », « 29200.0 »; of four digits only what a spreadsheet leaves of five.
_POSTCODE = re.compile(
    r"(?:(?:f(?:r(?:ance)?)?|cp)\s?-?\s?)?(\d{2}[\s.]?\d{3}|\d{4}(?=$|[.,]0$))(?:[.,]0)?(?=$|\s*[-,(]|\s+[^\W\d_])", re.IGNORECASE
)
_BORN_AFTER = 1900
#: Years that nobody alive has lived.
_LIVED_MOST = 120
_POSTCODE_DIGITS = 5
_THIS_CENTURY = 2000
_SECONDS_OF_A_DAY = 86_400
_ANSWERS = {
    Standing.YES: Standing.YES,
    Standing.NO: Standing.NO,
    Standing.WITHHOLDS: Standing.NO,
    Standing.DECLINES: Standing.OBJECTS,
    Standing.OBJECTS: Standing.OBJECTS,
}

DEAD_SAYS = "l’outil d’où vient cette liste a noté que cette adresse ne reçoit plus rien : elle n’est pas prise"
#: What people write where there is nothing to write.
_NOTHING = re.compile(
    r"\W*|0[0/.\- ]*|n\W?[acr]\W?|#(?:n/a|ref!|nom\?|valeur!|value!)|x+"
    r"|(?:inconnue?|néant|neant|aucune?|sans|vide|rien|pas)(?: d['’ ]?(?:adresse|e?-?mail|courriel))?s?\.?"
    r"|pas de (?:mail|courriel|mél)"
    r"|nan|nat|none|null|<na>"
    r"|non (?:communiquée?|renseignée?|connue?|fournie?|précisée?)s?\.?",
    re.IGNORECASE,
)
#: What they, and databases, write below a heading of objections where there is none; « rien » or « pas de mail » may be one.
_NO_DAY = re.compile(
    r"[\W_]+|0[0/.\-: ]*|n\W?[acr]\W?|#(?:n/a|ref!|nom\?|valeur!|value!)|aucune?s?|néant|neant|r\W?a\W?s\W?|sans objet"
    r"|\(?(?:null|none|nil|nan|nat|<na>|vide|empty)\)?|\\n|non (?:communiquée?|renseignée?|précisée?)s?\.?",
    re.IGNORECASE,
)
_LANGUAGES = {"français": "fr", "francais": "fr", "french": "fr", "anglais": "en", "english": "en"}


class UnreadableCell(InvalidInput):
    """A cell does not hold what its column promises; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def neutral(cell: str) -> str:
    """The cell, so that a spreadsheet shows it and never computes it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def bare(cell: str) -> str:
    """The text of a cell: white space collapsed, composed form, without the apostrophe that `neutral` puts before."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell)
    text = " ".join(cell.split())
    first = text[:1]
    if (
        first == "=" and text.startswith('="') and text.endswith('"') and len(text) > 2
    ):  # how programs save zeros from spreadsheets
        return text[2:-1].strip()
    return text[1:] if first == "'" and (text[1:2] in _FORMULA or text[1:2].isdecimal()) else text


def words(cell: str, most: int) -> str:
    """One line of ordinary text, `most` characters at most, without marks that nobody sees.

    Raises UnreadableCell (too_long, control).
    """
    text = bare(cell)
    if not text.isprintable():
        text = bare("".join(one for one in text if unicodedata.category(one) != "Cf"))
    if len(text) > most:
        raise UnreadableCell("too_long", f"trop long : {most} caractères au plus")
    if not text.isprintable():
        raise UnreadableCell("control", "contient un caractère invisible")
    return text


def birth_date(cell: str, today: date) -> str | None:
    """A date of birth in ISO 8601, None for an empty cell, and for a birthday, which says no year.

    Raises UnreadableCell: the age of a person is never guessed.
    """
    text = bare(cell)
    if not text:
        return None
    try:
        born = _day(text)
    except UnreadableCell:
        if _BIRTHDAY.fullmatch(text) or says_nothing(text):
            return None
        born = _day(_as_usual(text, today))
    if not born.year >= _BORN_AFTER or born > today:
        raise UnreadableCell("birth_date", "cette date de naissance n’est pas possible")
    return born.isoformat()


def _as_usual(text: str, today: date) -> str:
    """A date of birth that leaves no doubt, as it is usually written; any other text as it is."""
    hour = _HOUR.search(text)
    text = _BORN_ON.sub("", text[: hour.start()] if hour else text, count=1)
    if (short := _SHORT_YEAR.fullmatch(text)) and len(centuries := _centuries(int(short[2]), today)) == 1:
        return f"{short[1]}{centuries[0]}"
    if _IN_A_ROW.fullmatch(text):
        year_first = _BORN_AFTER <= int(text[:4]) <= today.year and text[4:6] <= "12"
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if year_first else f"{text[:2]}/{text[2:4]}/{text[4:]}"
    serial = _SERIAL.fullmatch(text)
    return (_DAY_ZERO + timedelta(days=int(serial[1]))).isoformat() if serial else text


def _centuries(short: int, today: date) -> list[int]:
    """The years that two digits of a year of birth may stand for: of somebody who is born, and alive."""
    return [year for year in (_BORN_AFTER + short, _BORN_AFTER + 100 + short) if today.year - _LIVED_MOST <= year <= today.year]


def has_short_year(cell: str) -> bool:
    """Whether a date says its year in two digits."""
    text = bare(cell)
    hour = _HOUR.search(text)
    return bool(_SHORT_YEAR.fullmatch(_BORN_ON.sub("", text[: hour.start()] if hour else text, count=1).strip()))


def instant(cell: str, zone: ZoneInfo) -> datetime | None:
    """An instant in UTC from a date, with or without hour; None for an empty cell. Raises UnreadableCell.

    Read on the clock of `zone`, unless the cell names an offset. A date alone is the beginning of its day. A number of days is
    what a spreadsheet leaves of a date that lost its format: it is the day it counts.
    """
    text = bare(cell)
    if not text:
        return None
    if counted := _counted(text):
        return counted.replace(tzinfo=zone).astimezone(UTC)
    hour = _HOUR.search(text)
    day = _day(_this_century(text[: hour.start()] if hour else text))
    if hour is None:
        return datetime.combine(day, time(0), zone).astimezone(UTC)
    if text[hour.end() :].strip():
        raise _no_date()
    hours, minutes, seconds, half, offset = hour.groups()
    try:
        at = time(_of_24(int(hours), half), int(minutes), int(seconds or 0))
        return datetime.combine(day, at, _clock(offset) if offset else zone).astimezone(UTC)
    except ValueError as fault:
        raise _no_date() from fault


def is_counted(cell: str) -> bool:
    """Whether a cell holds a day of this century as spreadsheets count it: 46327, 46327.7708."""
    return _counted(bare(cell)) is not None


def _counted(text: str) -> datetime | None:
    """The hour of a wall clock in a number of days, where it is of this century; None for any other text."""
    serial = _SERIAL_AT.fullmatch(text)
    if serial is None:
        return None
    seconds = round(float(f"0.{serial[2] or 0}") * _SECONDS_OF_A_DAY)
    at = datetime.combine(_DAY_ZERO, time(0)) + timedelta(days=int(serial[1]), seconds=seconds)
    return at if _THIS_CENTURY <= at.year < _THIS_CENTURY + 100 else None


def _this_century(text: str) -> str:
    """A day on which somebody agreed, its year of two digits in full: nobody agreed by mail or telephone in another century.

    Only where the day stands first beyond doubt: « 25-03-12 » may begin with the year. As evidence it is then as exact as the
    same day with four digits, and whoever brings the file is shown how it was read.
    """
    short = _SHORT_YEAR.fullmatch(_BEFORE_DAY.sub("", text.strip()))
    day_first = short and (not {"/", "."}.isdisjoint(short[1]) or any(map(str.isalpha, short[1])))
    return f"{short[1]}{_THIS_CENTURY + int(short[2])}" if short and day_first else text


def _of_24(hour: int, half: str | None) -> int:
    """An hour of the morning or the afternoon, counted from midnight. Raises ValueError."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    return hour % 12 + (12 if half.casefold() == "pm" else 0)


def _clock(offset: str) -> timezone:
    """A clock so far from UTC: `Z`, `UTC`, `+02:00`, `UTC+2`. Raises ValueError."""
    found = _OFFSET.search(offset)
    if found is None:
        return UTC
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def any_day(cell: str) -> date:
    """The day in a cell, with or without an hour after it. Raises UnreadableCell."""
    text = bare(cell)
    hour = _HOUR.search(text)
    return _day(text[: hour.start()] if hour else text)


def first_name(cell: str, most: int) -> str:
    """The first of all given names, as on an electoral roll. Raises UnreadableCell."""
    return re.split(r"[,; ]", words(cell, most), maxsplit=1)[0]


def postcode(cell: str, most: int) -> str:
    """A postcode, freed of the country before it and the town after it; a zero that a spreadsheet took off is put back.

    Raises UnreadableCell.
    """
    text = bare(cell).removeprefix("z:")  # as Facebook exports it
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if found := _POSTCODE.match(text):
        text = found[1].replace(".", "")
    code = words(text, most).replace(" ", "")
    return f"0{code}" if len(code) == _POSTCODE_DIGITS - 1 and code.isdecimal() else code


def answer(words: ListWords, cell: str, asked: Collection[Medium] = ()) -> str | None:
    """What a cell of consent says: "granted", "refused" or "objects"; None for an empty one. Raises UnreadableCell otherwise.

    asked: the channel that its column asks of.
    """
    text = bare(cell) if (chosen := ticked(cell)) is None else chosen
    if not text:
        return None
    if (said := words.standing(text)) in _ANSWERS:
        return _ANSWERS[said].value
    if said is Standing.UNCONFIRMED:  # « Pas de consentement », « Non confirmé »: nothing is agreed, and nothing refused
        return None
    if says_nothing(text) and "?" not in text and not words.channels_named(text):  # « N/A », « – »
        return None
    if "?" not in text and (in_words := words.answered(text, asked) or _in_two_languages(words, text)):  # « OK ? » asks
        return in_words.value
    if words.listed(text):
        says = "cette case nomme des canaux : donnez à la colonne le sens « accord par canal », ou faites une colonne par canal"
        raise UnreadableCell("consent", says)
    raise UnreadableCell("consent", "on attend « oui », « non », « opposition » ou une cellule vide")


def _in_two_languages(words: ListWords, text: str) -> Standing | None:
    """The one answer that is given twice: « Oui / Yes », « Ya / Oui »."""
    sides = _SIDES.split(text.rstrip(") "))
    said = {words.standing(bare(side)) for side in sides} if all(len(side) > 1 and side.isalpha() for side in sides) else set()
    return said.pop() if said in ({Standing.YES}, {Standing.NO}) and len(sides) > 1 else None


def subscribed(words: ListWords, cell: str) -> str | None:
    """What a cell of who still gets a letter says: as `answer`, but its no is an objection. Raises UnreadableCell."""
    said = answer(words, cell)
    return Standing.OBJECTS.value if said == Standing.NO else said


def objection(words: ListWords, cell: str) -> bool:
    """Whether a cell says that the person objects: a yes, a word of objection, or the day she did. Raises UnreadableCell.

    What a tool writes of whoever still gets its letters is a no.
    """
    text = bare(cell)
    match words.standing(text):
        case Standing.YES | Standing.OBJECTS | Standing.WITHHOLDS | Standing.DECLINES:
            return True
        case Standing.NO | Standing.STANDS | Standing.LISTED | Standing.UNCONFIRMED:
            return False
        case Standing.DEAD:
            raise UnreadableCell("dead", DEAD_SAYS)
        case None if not text or _NO_DAY.fullmatch(text):
            return False
        case None:
            pass
        case never:
            assert_never(never)
    if is_some_day(text):  # on whichever day it was
        return True
    if words.standing(_FIRST_WORD.split(text, maxsplit=1)[0]) in (Standing.YES, Standing.OBJECTS):
        return True
    says = "on attend « oui », « non », « abonné », « désabonné », une date d’opposition ou une cellule vide"
    raise UnreadableCell("objection", says)


def is_some_day(text: str) -> bool:
    """Whether a text is a day, however exactly it can be read."""
    try:
        any_day(text)
    except UnreadableCell as odd:
        return odd.code == "short_year" or bool(_SOME_DAY.fullmatch(text)) or is_counted(text)
    return True


def says_nothing(cell: str) -> bool:
    """Whether a cell holds what people write where they have nothing to write: « néant », « – », « 00/00/0000 »."""
    return bool(_NOTHING.fullmatch(bare(cell)))


def says_objected(words: ListWords, cell: str, *, of_channel: bool = False) -> bool:
    """Whether a cell holds a word that tools and teams have for whoever objected, and nothing else.

    of_channel: whether its column asks for an agreement to a channel: « refus » answers that.
    """
    said = words.standing(bare(cell))
    return said is Standing.OBJECTS or (of_channel and said is Standing.DECLINES)


def language(cell: str) -> str:
    """A two-letter language code, empty for an empty cell. Raises UnreadableCell."""
    text = bare(cell).casefold()
    code = _LANGUAGES.get(text, text.partition("-")[0].partition("_")[0])
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise UnreadableCell("language", "on attend « fr », « en » ou un autre code de langue")
    return code


def tags(cell: str, most: int, length: int) -> tuple[str, ...]:
    """The tags of a cell, parted by commas, semicolons or bars. Raises UnreadableCell."""
    found = tuple(dict.fromkeys(tag for part in re.split(r"[,;|]", cell) if (tag := words(part, length))))
    if len(found) > most:
        raise UnreadableCell("tags", f"{most} étiquettes au plus")
    return found


def _day(text: str) -> date:
    text = _BEFORE_DAY.sub("", text.strip())
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if (found := _IN_WORDS.fullmatch(text)) and (month := _month(found[2])):
            return date(int(found[3]), month, int(found[1]))
    except ValueError as fault:
        raise _no_date() from fault
    raise UnreadableCell("short_year", _SHORT_YEAR_SAYS) if _SHORT_YEAR.fullmatch(text) else _no_date()


def _month(word: str) -> int:
    """The number of a month from its French name, cut short or not; 0 for another word."""
    name = word.casefold().translate({ord("é"): "e", ord("û"): "u"})
    return next((number for number, begins in enumerate(_MONTHS, start=1) if name.startswith(begins)), 0)


def _no_date() -> UnreadableCell:
    return UnreadableCell("date", "cette date n’existe pas ou ne se lit pas : écrivez-la 15/03/2026 ou 2026-03-15")
