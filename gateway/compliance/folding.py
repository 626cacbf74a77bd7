"""Written words as they were meant: no quotes of ours, no signature, no accents, no disguise.

Pure; knows alphabets and keyboards, no language: what belongs to one comes in as `Habits`, from the pack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

#: Longest text that is read; what a person asks stands at its beginning.
READ_MOST = 20_000
#: So many lines quoted right above an answer were picked out for it; a whole letter was not.
PICKED_LINES_MOST = 4
#: So many lines with a heading of a letter, one below the other, begin what is quoted; longest heading.
_HEADINGS, _HEADING_MOST = 2, 30
#: Words whose spelling is worked out once.
_REMEMBERED = 50_000
#: Ends a sentence; ends a question; parts of a sentence.
STOP, QUESTION, PAUSE = ".", "?", ","
MARKS = (STOP, QUESTION, PAUSE)
#: Stands for a word that was set aside: what it says is not the writer's demand.
ASIDE = "#"

_LATIN = str.maketrans(
    # Cyrillic and Greek letters that look like Latin ones.
    "аеёорсухіјѕһԁԛԝкмтвнαβεηικνορτυχωγ",
    "aeeopcyxijshdqwkmtbhabenikvoptuxwy",
)
_SOUNDS = str.maketrans("абвгдезийклмнопрстуфхыэ", "abvgdeziiklmnoprstufhie")
_FIGURES = str.maketrans("013457$@€|", "oieastsael")
_JOINED = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"}
_LINK = re.compile(r"(?:https?://|www\.)\S+|\[(?:cid|image)\s?:[^\]\n]*\]|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}\.\w+")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*/·]{1,2}){2,}[^\W_](?![^\W_])")
_ELIDED = re.compile(r"\b[dlmnst] y\b")  # « à m’y écrire » is three words, and no « ami »
_DASH = re.compile(r"(?<=\s)[-~]+(?=\s)")
_PART = re.compile(r"[\w$@€|*]{1,60}|[.!?;:…\n]+|[,()\"«»“”–—]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff\u0370-\u03ff]")
_COUNTED = re.compile(r"(\d+)([a-z]{2,}|[ehx])")
_ROAD = re.compile(r"[a-wyz]\d+")
_WORD = re.compile(r"[a-z]")
_LETTERS = re.compile(r"[a-z0-9]+")
_CITED = re.compile(r"\s*([^\n«“\"]{1,40})[«“\"](.*)[»”\"]\s*:?(.*)", re.DOTALL)
_SAID_AGAIN = re.compile(r"([a-z]{4,}?)\1+")
_AUTHOR = re.compile(r"<\S{1,80}@\S{1,255}>")
_HOUR = re.compile(r"\d{1,2}[:h]\d\d")
#: In a letter written on one line: who wrote what follows, and the day before that, with a word or two: "Le lun. 3 mars".
_WROTE, _DATED_MOST = re.compile(r"<\S{1,80}@\S{1,255}>\s*([^:<>]{2,20}):"), 120
_DATED = re.compile(r"(?:\b\w{1,2}\s+(?:\w{3,9}[.,]{0,2}\s+){0,2})?\d{1,2}\b.*$")
_DOUBLED = re.compile(r"([bcdfghjlmnpqrstvwx])\1+")
_AGAIN = re.compile(r"([a-z])\1{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people of a language sign, quote and abbreviate; words without accents, in lower case."""

    signatures: tuple[str, ...]  #: a line that begins so was written by a telephone or a mail program
    attributions: tuple[str, ...]  #: a line that ends so introduces what is quoted below it
    forwards: tuple[str, ...]  #: a line that begins so introduces somebody else's message
    footers: tuple[str, ...]  #: … or what an office puts below every letter: "Ce message est confidentiel"
    subjects: tuple[str, ...]  #: what our own subject begins with, before a colon, when it stands above her answer: "Re"
    headings: tuple[str, ...]  #: what the lines above a quoted letter begin with, before a colon: "De", "Objet"
    reactions: tuple[str, ...]  #: what a telephone puts before our message when she taps on it: "Liked", "A aimé"
    citing: tuple[str, ...]  #: … and before her answer to it: "Réponse à"
    elided: tuple[str, ...]  #: what people run together with the word that follows, when it begins with a vowel
    clipped: tuple[str, ...]  #: … whatever it begins with
    glued: tuple[str, ...]  #: what people run together with the word before
    keyboard: tuple[str, ...]  #: rows of keys: a finger that slips hits a neighbour
    sounds: tuple[tuple[re.Pattern[str], str], ...]  #: how letters sound, in the order they are heard
    joined: tuple[str, ...]  #: short words whose neighbour people write without a space between: "voscontacts", "veutpas"
    alike_ends: tuple[str, ...]  #: ends of words that sound alike, or are not heard: "dernié", "inutil"
    lone: tuple[str, ...]  #: words that are meant when one of their letters is wrong and nothing else was written
    signs: Mapping[str, str]  #: pictures that stand for a word
    spellings: Mapping[str, tuple[str, ...]]  #: how a word is written in haste, and the words it stands for


@dataclass(frozen=True, slots=True)
class Written:
    """The words of a text, with STOP, QUESTION and PAUSE between sentences and their parts."""

    words: tuple[str, ...]
    quoted: bool  #: nothing but what was quoted was found: it was read all the same
    picked: str = ""  #: what she quoted right above words of her own, a few lines at a time: what they may answer


def bare(text: str) -> str:
    """Lower case, without accents and invisible letters; joined letters parted."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    for joined, parted in _JOINED.items():
        folded = folded.replace(joined, parted)
    return "".join(letter for letter in folded if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf")


@lru_cache(maxsize=_REMEMBERED)
def key(word: str) -> str:
    """What spellings of a word have in common: doubled consonants (but of short words), y or i, k or c, s or z, ph or f."""
    alike = word.replace("ph", "f").replace("y", "i").replace("k", "c").replace("z", "s")
    return alike if len(alike) <= 3 else _DOUBLED.sub(r"\1", alike)


def sound(word: str, habits: Habits) -> str:
    """What a word sounds like: the same for all its spellings by ear ("enlever", "enlevez", "anlevé")."""
    for letters, heard in habits.sounds:
        word = letters.sub(heard, word)
    return word


def read_words(text: str, habits: Habits, known: Mapping[str, object]) -> Written:
    """The words of a text. `known`: keys of words that matter, which disguises are undone for."""
    cited = _uncited(text[:READ_MOST], habits)
    own, quoted = _own_lines(cited, habits)
    for sign, word in habits.signs.items():
        own = own.replace(sign, f" {word} ")
    plain = bare(_LINK.sub(" ", own)).replace("’", " ").replace("'", " ").replace("`", " ")
    plain = _SPACED.sub(lambda found: _joined(found.group(), known), plain)
    plain = _DASH.sub(",", plain)  # "stop - Anne": a dash apart parts what it stands between
    return Written(tuple(_told(plain, habits, known)), quoted, "" if quoted else _picked(cited))


def _told(plain: str, habits: Habits, known: Mapping[str, object]) -> Iterator[str]:
    """Each word undisguised, abbreviations spelt out; runs of marks are one."""
    last = STOP
    for part in _PART.findall(plain):
        if not (part[0].isalnum() or part[0] in "$@€|*_"):
            mark = PAUSE if part[0] in ',()"«»“”–—' else QUESTION if "?" in part else STOP
            if last not in (STOP, QUESTION, mark):
                last = mark
                yield mark
            continue
        word = _undisguised(part.strip("_*"), known)
        counted = _COUNTED.fullmatch(word)
        for one in counted.groups() if counted and key(word) not in known else (word,):
            for last in habits.spellings.get(one, (one,)):
                yield last


def _undisguised(word: str, known: Mapping[str, object]) -> str:
    """A word in plain Latin letters: of its possible readings, the first that is known. A road ("A69") is none of ours."""
    if _ROAD.fullmatch(word):
        return word
    if word.isascii() and word.isalpha():
        once = _SAID_AGAIN.fullmatch(word)
        return once[1] if once and key(once[1]) in known else _AGAIN.sub(r"\1", word)
    readings = [word]
    if _CYRILLIC.search(word):
        readings = [word.translate(_LATIN), word.translate(_SOUNDS)]
    if any(letter.isdigit() or letter in "$@€|" for letter in word) and _WORD.search(readings[0]):
        readings += [reading.translate(_FIGURES) for reading in readings]
        readings += [reading.replace("i", "l") for reading in readings[-1:]]
    readings = [_AGAIN.sub(r"\1", reading) for reading in readings]
    readings += [reading.strip("0123456789@$") for reading in readings]
    return next((reading for reading in readings if key(reading) in known), readings[0])


def _joined(spaced: str, known: Mapping[str, object]) -> str:
    """ "s t o p" is a word when it makes one that is known."""
    if _ELIDED.search(spaced):
        return spaced
    word = "".join(letter for letter in spaced if letter.isalnum())
    undisguised = _undisguised(word, known)
    return undisguised if key(undisguised) in known else spaced


def _uncited(text: str, habits: Habits) -> str:
    """Without our message as a telephone cites it: of "Liked “…”" the reaction stays, of "Réponse à « … » : non" the answer."""
    found = _CITED.fullmatch(text)
    if found is None:
        return text
    before = _said(found[1])
    if before in habits.reactions:
        return f"{found[1]} . {found[3]}"
    return found[3] if before in habits.citing else text


def _own_lines(text: str, habits: Habits) -> tuple[str, bool]:
    """(what the person wrote herself, False), or (everything, True) when all of it is quoted."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marked = any(line.lstrip().startswith(">") for line in lines)
    own: list[str] = []
    subject: list[str] = []
    begun = False  # she has written something: blank lines do not count, however many
    for place, line in enumerate(lines):
        if not begun and _named(line, habits.subjects):
            subject.append(line)
            continue
        if line.lstrip().startswith(">"):
            continue
        if begun and _is_head(lines[place : place + _HEADINGS], habits):
            break
        said = _said(line)
        if line.strip() in ("--", "—", "___") or said.startswith((*habits.forwards, *habits.footers)):
            break
        if said.endswith(habits.attributions) or _attributes(lines, place) or _ends_attribution(own, line, habits):
            while own and _introduces(own[-1]):
                own.pop()
            begun = any(own)
            if marked:
                continue
            break
        if said.startswith(habits.signatures):
            continue
        if (hers := _before_quoted(line, habits)) is not None:
            own.append(hers)
            break
        own.append(line)
        begun = begun or bool(line)
    if not any(line.strip() for line in own):
        own = subject  # "Re: lettre n° 12 - STOP" is all she wrote
    if any(line.strip() for line in own):
        return _unwrapped(own), False
    return _unwrapped([line.lstrip("> ") for line in lines]), True


def _picked(text: str) -> str:
    """The lines she quoted right above words of her own, where they are so few that she picked them out."""
    picked: list[str] = []
    above: list[str] = []
    for line in text.splitlines():
        if (bared := line.lstrip()).startswith(">"):
            above += filter(None, [bared.lstrip("> ")])
        elif bared:
            picked += above if len(above) <= PICKED_LINES_MOST else []
            above = []
    return "\n".join(picked)


def _before_quoted(line: str, habits: Habits) -> str | None:
    """What stands before a quoted letter on the same line: "Oui Le 3 mars, C. <c@exemple.fr> a écrit : Venez"; None: nothing."""
    for found in _WROTE.finditer(line):
        begins = max(0, found.start() - _DATED_MOST)
        if _said(found[1]) in habits.attributions and (dated := _DATED.search(line[begins : found.start()])):
            return line[: begins + dated.start()]
    return None


def _is_head(lines: list[str], habits: Habits) -> bool:
    """Whether these lines begin a letter that is quoted; one heading alone may be her own: "Objet : stop"."""
    return len(lines) == _HEADINGS and all(_is_heading(line, habits) for line in lines)


def _is_heading(line: str, habits: Habits) -> bool:
    """Whether a line stands above a letter: "De : Camille", "Envoyé : mardi"."""
    return _named(line, habits.headings)


def _named(line: str, names: tuple[str, ...]) -> bool:
    """Whether a line begins with one of these names and a colon."""
    name, colon, _ = line[:_HEADING_MOST].partition(":")
    return bool(colon) and bare(name).strip(" >*") in names


def _attributes(lines: list[str], place: int) -> bool:
    """Whether a line says who wrote what is below, and when, whatever the words: "3 mars à 18:02, Camille <c@exemple.fr> :"; no
    address is needed where what follows is marked as quoted."""
    line = lines[place]
    if not (line.rstrip().endswith(":") and _HOUR.search(line)):
        return False
    below = next((each for each in lines[place + 1 :] if each.strip()), "")
    return bool(_AUTHOR.search(line)) or below.startswith(">")


def _ends_attribution(own: list[str], line: str, habits: Habits) -> bool:
    """Whether it ends an attribution that a mail program broke: "Le lun. 3 mars, Camille <c@exemple.fr> a", "écrit :"."""
    return (
        bool(own)
        and _introduces(own[-1])
        and line.rstrip().endswith(":")
        and _said(f"{own[-1]} {line}").endswith(habits.attributions)
    )


def _said(text: str) -> str:
    """Its words alone, in plain letters, a space between each."""
    return " ".join(_LETTERS.findall(bare(text)))


def _introduces(line: str) -> bool:
    """The first half of a line that was broken: "Le lun. 3 mars 2031 à 10:00, Camille <c@exemple.fr>"."""
    return bool(_AUTHOR.search(line) or _HOUR.search(line))


def _unwrapped(lines: list[str]) -> str:
    """Lines a mail program broke are joined again: what goes on in lower case belongs to the line before."""
    text = ""
    for line in lines:
        begins = line.strip()[:1]
        text += (" " if begins.islower() and text and not text.endswith("\n\n") else "\n") + line
    return text
