"""Automated calls as TwiML: what the law makes them say, in its order, around a recording or a text that is spoken.

The order: who calls, recorded and artificial if so, how to object now, where the number comes from, the message, rights, how to
object again. A key pressed at any moment, from the first word on, is an objection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from gateway.domain.channel import Encoding
from gateway.domain.errors import InvalidContent, RenderFault
from gateway.domain.language import Language
from gateway.render.compiled import Compiled
from gateway.render.fields import PersonFields
from gateway.render.letterhead import Letterhead
from gateway.render.links import is_served
from gateway.render.tables import read_table

#: Elements a call can carry, in the order they are said; the message itself comes after `origin`.
_BEFORE = ("sender-identity", "election", "prerecorded-mention", "synthetic-mention", "objection-key", "origin")
_AFTER = ("rights",)
#: Carried by what the call does, not by what it says.
_DONE = ("no-voicemail-drop",)
_KEYS = frozenset({*_BEFORE, *_AFTER, "again", "thanks", "farewell"})
#: To a machine, or to somebody who objected since the call was begun.
HANG_UP = b'<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'
#: A spoken minute holds about this many characters.
CHARACTERS_PER_MINUTE = 900
TEXT_CHARACTERS_MAX = 2_000
_LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
_PAUSE_SECONDS = 4
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContent:
    """The author's part of a call: words that a voice speaks, or a recording with its approved transcript."""

    text: str = ""  #: spoken by an artificial voice
    audio_url: str = ""  #: recording, https; its bytes are those of `audio_sha256`
    audio_sha256: str = ""
    audio_seconds: int = 0
    transcript: str = ""  #: of the recording, approved by a person
    synthetic: bool = False  #: the recording is of an artificial voice
    language: Language = "fr"

    @property
    def artificial(self) -> bool:
        """Whether people hear an artificial voice: a text that is spoken always is one (rule voice-synthetic)."""
        return self.synthetic or not self.audio_url

    @property
    def words(self) -> str:
        """What people hear of the author."""
        return self.transcript if self.audio_url else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """How this installation calls."""

    number: str
    voice: str
    key: str  #: pressed to object
    hangs_up_on_machines: bool = True


@dataclass(frozen=True, kw_only=True)
class CompiledCall(Compiled):
    """A checked call under a letterhead; everybody hears the same."""

    seconds: int  #: how long it is about to last, mentions and the wait for a key included
    _content: CallContent = field(repr=False)
    _caller: Caller = field(repr=False)
    _said: dict[str, str] = field(repr=False)

    def variant(self, duties: frozenset[str]) -> CallVariant:
        """The call that says these duties and no other. Raises RenderFault for a duty that is not offered."""
        if missing := sorted(duties - self.elements):
            raise RenderFault(f"cet appel ne peut pas porter : {', '.join(missing)}")
        return CallVariant(self._content, self._caller, self._said, duties)


class CallVariant:
    """A call that lacks only its recipient (render.compiled.Filled)."""

    def __init__(self, content: CallContent, caller: Caller, said: dict[str, str], duties: frozenset[str]) -> None:
        self._content, self._caller, self._said, self._duties = content, caller, said, duties

    def payload(self, person: PersonFields, encoding: Encoding) -> bytes:
        """The TwiML document, UTF-8. `person.answer_url`: where a key is brought. Raises RenderFault."""
        if not is_served(person.answer_url):
            raise RenderFault("la touche de cet appel ne mènerait nulle part")
        spoken = "".join(self._verb(line) for line in self._lines(person))
        gather = (
            f'<Gather input="dtmf" numDigits="1" timeout="{_PAUSE_SECONDS}" method="POST" action={quoteattr(person.answer_url)}>'
        )
        farewell = self._say(self._said["farewell"])
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{gather}{spoken}</Gather>{farewell}<Hangup/></Response>'.encode()

    def heard(self, person: PersonFields) -> list[str]:
        """What this person hears, line by line."""
        return [line or f"[{self._content.audio_url}]" for line in self._lines(person)]

    def _lines(self, person: PersonFields) -> Iterator[str]:
        """Every line in order; an empty one stands for the recording."""
        for element in _BEFORE:
            if element in self._duties:
                yield self._said[element].replace("{origin}", person.origin_sentence)
        yield self._content.text if not self._content.audio_url else ""
        for element in _AFTER:
            if element in self._duties:
                yield self._said[element]
        if "objection-key" in self._duties:
            yield self._said["again"]

    def _verb(self, line: str) -> str:
        return self._say(line) if line else f"<Play>{escape(self._content.audio_url)}</Play>"

    def _say(self, line: str) -> str:
        language = _LANGUAGES[self._content.language]
        return f'<Say voice={quoteattr(self._caller.voice)} language="{language}">{escape(line)}</Say>'


def compile_call(content: CallContent, letterhead: Letterhead, caller: Caller, templates: Path) -> CompiledCall:
    """Check and compile a call.

    Raises InvalidContent with every fault of the content, RenderFault for templates that cannot be used.
    """
    _check(content)
    texts, mentions = _read_mentions(templates, content.language)
    version = sha256(mentions).hexdigest()
    words = {name: str(value) for name, value in asdict(letterhead).items()}
    words |= {"key": caller.key, "sender": letterhead.sender_name, "origin": "{origin}"}
    said = {key: _filled(key, text, words) for key, text in texts.items()}
    elements = {*_BEFORE, *_AFTER} - ({"synthetic-mention"} if not content.artificial else set())
    if caller.hangs_up_on_machines:
        elements.update(_DONE)
    if not letterhead.election:
        elements.discard("election")
    if not (letterhead.controller_email and letterhead.controller_address):
        elements.discard("rights")
    parts = {
        "content": asdict(content),
        "letterhead": asdict(letterhead),
        "caller": asdict(caller),
        "notices": version,
    }
    decisive = json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()
    return CompiledCall(
        content_hash=sha256(decisive).hexdigest(),
        content_bytes=decisive,
        notice_version=version,
        notice_bytes=mentions,
        elements=frozenset(elements),
        flags=frozenset(),
        text=content.words,
        seconds=_seconds(content, said),
        _content=content,
        _caller=caller,
        _said=said,
    )


def thanks(templates: Path, language: Language, voice: str) -> bytes:
    """The document after a key: thanked, hung up."""
    said = _read_mentions(templates, language)[0]["thanks"]
    say = f'<Say voice={quoteattr(voice)} language="{_LANGUAGES[language]}">{escape(said)}</Say>'
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{say}<Hangup/></Response>'.encode()


def ask_again(templates: Path, language: Language, voice: str, key: str) -> bytes:
    """The document after a key that means nothing: whoever meant to object is told once more which one does.

    The answer is brought where this one was.
    """
    told = _filled("again", _read_mentions(templates, language)[0]["again"], {"key": key})
    say = f'<Say voice={quoteattr(voice)} language="{_LANGUAGES[language]}">{escape(told)}</Say>'
    gather = f'<Gather input="dtmf" numDigits="1" timeout="{_PAUSE_SECONDS}" method="POST">{say}</Gather>'
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{gather}<Hangup/></Response>'.encode()


def _check(content: CallContent) -> None:
    faults = []
    if content.audio_url:
        if not content.audio_url.startswith("https://"):
            faults.append("l’enregistrement se donne par une adresse https://")
        if not _SHA256.fullmatch(content.audio_sha256):
            faults.append("il manque l’empreinte SHA-256 de l’enregistrement : elle fait partie de ce qui est approuvé")
        if content.audio_seconds < 1:
            faults.append("il manque la durée de l’enregistrement, en secondes")
        if not content.transcript.strip():
            faults.append("il manque la transcription de l’enregistrement : une personne doit l’avoir relue")
        if content.text:
            faults.append("un texte ou un enregistrement, pas les deux")
    elif not content.text.strip():
        faults.append("l’appel ne dit rien : donnez les mots qu’une voix dira, ou un enregistrement et sa transcription")
    if len(content.words) > TEXT_CHARACTERS_MAX:
        faults.append(f"l’appel est trop long : {TEXT_CHARACTERS_MAX} caractères au plus")
    if any(not mark.isprintable() and mark not in "\n\t" for mark in content.words):
        faults.append("le texte contient un caractère invisible")
    if faults:
        raise InvalidContent(" ; ".join(faults))


def _read_mentions(templates: Path, language: str) -> tuple[dict[str, str], bytes]:
    path = templates / "notices" / "call" / f"{language}.toml"
    table, raw = read_table(path)
    if odd := sorted(_KEYS.symmetric_difference(table)):
        raise RenderFault(f"{path} : clés en trop ou manquantes ({', '.join(odd)})")
    return {key: str(value) for key, value in table.items()}, raw


def _filled(key: str, text: str, words: dict[str, str]) -> str:
    try:
        return " ".join(text.format_map(words).split())
    except (KeyError, ValueError, IndexError) as fault:
        raise RenderFault(f"templates/notices/call : {key} nomme ce que nul ne connaît ici ({fault})") from fault


def _seconds(content: CallContent, said: dict[str, str]) -> int:
    spoken = sum(len(text) for key, text in said.items() if key != "thanks")
    if not content.audio_url:
        spoken += len(content.text)
    return round(spoken * 60 / CHARACTERS_PER_MINUTE) + content.audio_seconds + _PAUSE_SECONDS
