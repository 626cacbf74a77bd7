"""Reads what a person wrote back: does she object, perhaps, or not at all? (rules sms-stop-keywords, sms-stop-own-parser)

Pure. Each word becomes one letter of a small alphabet: it stands for the set of classes the word belongs to (verbs of stopping,
words for our messages, "me"…). The patterns of the pack are regular expressions on that alphabet. Classes and patterns are data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.compliance.expressions import Ways
from gateway.compliance.folding import MARKS, PAUSE, Habits, key, read_words, sound
from gateway.compliance.likeness import distance, one_letter_less, two_swapped
from gateway.compliance.patterns import Means, Patterns, clause_found_in, found_in, sentence_found_in
from gateway.compliance.turns import Turns
from gateway.domain.reply import Intent, RightAsked

#: Most words that are read.
_WORDS_MOST = 3_000
#: Words shorter than this are never taken for a misspelt one.
_MISSPELT_LEAST = 6
#: Nor are shorter ones heard, or taken apart; what is left of one that was taken apart is no shorter than this.
_HEARD_LEAST = _PARTED_LEAST = 4
_LEFT_LEAST = 3
#: … nor is what was two words shorter than this; letters that words have in common whose ends sound alike.
_TWO_LEAST, _STEM_LEAST = 6, 4
#: Letters at least, and words at most, of what was written without any space; letters of what has a word of one letter, or a
#: known ending.
_SENTENCE_LEAST, _SENTENCE_MOST, _SENTENCE_LONG = 8, 7, 12
#: What sounds otherwise than the key of a word lets it seem, where ours are soft: "Keller" is not "cesser" misspelt.
_HARD = re.compile("k[eiy]")
_VOWELS = frozenset("aeiouh")
_REMEMBERED = 50_000
#: The letter of words of no class.
PLAIN = "w"
#: Beside these a sentence adds nothing: a leaning is there already, or she wants to come back.
_SETTLED = (Means.LEANING, Means.RESTART)
#: What words of hers may come to that answer a line she quoted.
_SAYS_NO_MORE = (Intent.OTHER, Intent.HELP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keywords:
    """Words that a rule of the pack names: a reply that says one of them, and nothing else, means this."""

    rule: str  #: id of the rule; evidence and patterns name it
    means: Means
    words: tuple[str, ...]  #: words or phrases, as the rule writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reply asks, and why we think so."""

    intent: Intent
    evidence: tuple[str, ...]  #: "pattern: the words it was found in", strongest first
    every_medium: bool = False  #: an objection to every channel
    plain_no: bool = False  #: says no and nothing else: to a question, its answer
    rights: tuple[RightAsked, ...] = ()  #: all she invokes, each once, the strongest first

    @property
    def right(self) -> RightAsked | None:
        """The first of them."""
        return self.rights[0] if self.rights else None

    @property
    def patterns(self) -> tuple[str, ...]:
        """Ids of the patterns found: without the person's words."""
        return tuple(one.partition(":")[0] for one in self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplyWords:
    """The vocabulary and patterns of a pack, ready to read with."""

    habits: Habits
    exact: Mapping[str, str]  #: key of a word -> its letter
    phrases: Mapping[str, tuple[int, ...]]  #: key of the first word of a phrase -> how many words it may have, longest first
    stems: Mapping[str, str]  #: key of the beginning of a verb -> the letter of its forms
    endings: tuple[str, ...]
    heard: Mapping[str, str]  #: what a word sounds like -> its letter
    ends: Mapping[str, str]  #: how words of a class end, and their letter: of a word that is nothing else
    misspelt: Mapping[str, str]  #: the key of a long word, whole or with one letter left out -> that key
    brief: Mapping[str, str]  #: short words with one slip of a finger, and the letter of what was meant
    bearing: Mapping[str, str]  #: words that bear a demand with a letter late or lost, and the letter of what was meant
    ordinary: frozenset[str]  #: keys of words that look like a misspelt one and are not
    polite: Ways  #: what is left out before anything is looked for
    apart: Ways  #: … and parts what stands before it from what follows
    turns: Turns  #: what is said in several ways, as the patterns say it
    plain: str  #: the letters of words that say nothing
    together: str  #: the letters of words one of which there must be in words written without any space
    slip: str  #: the letter of a keyword with one letter wrong
    patterns: Patterns  #: in the order they are looked for
    joins: Ways  #: what joins two clauses
    begins: Ways  #: what begins a clause, where nothing joins it to the one before
    sentences: Patterns  #: what would be an objection if nothing else was written, and leans to one as a sentence
    _letters: dict[str, str] = field(default_factory=dict, repr=False)
    _parts: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def letter(self, word: str) -> str:
        """The letter a word is read as."""
        found = self._letters.get(word)
        if found is None:
            found = self._look_up(word)
            if len(self._letters) < _REMEMBERED:
                self._letters[word] = found
        return found

    def _look_up(self, word: str) -> str:
        alike = key(word)
        if (found := self.bearing.get(alike) or self._known(alike)) is not None:
            return found
        if alike in self.ordinary:
            return PLAIN
        slipped = self.brief.get(alike)
        if slipped or len(word) < _HEARD_LEAST:
            return slipped or PLAIN
        meant = self._meant(alike) if len(word) >= _MISSPELT_LEAST and not _HARD.match(word) else None
        return meant or self.heard.get(sound(word, self.habits)) or self._same_but_its_end(word) or self._ending(alike)

    def _same_but_its_end(self, word: str) -> str | None:
        """The letter of a word that differs in nothing but an end that sounds the same, or is not heard."""
        for end in self.habits.alike_ends:
            stem = word.removesuffix(end)
            if len(stem) + len(end) == len(word) and len(stem) >= _STEM_LEAST:
                others = (other for other in self.habits.alike_ends if other != end)
                found = (self.exact.get(key(stem + other)) for other in others if len(stem) > _STEM_LEAST or (end and other))
                if letter := next(filter(None, found), None):
                    return letter
        return None

    def _ending(self, word: str) -> str:
        """The letter of the class whose words end as this one does."""
        return next((letter for end, letter in self.ends.items() if len(word) > len(end) and word.endswith(end)), PLAIN)

    def _known(self, word: str) -> str | None:
        """The letter of a word that is spelt as the pack has it, figures being one word."""
        found = self.exact.get(word) or self.exact.get("0" if word.isdigit() else word)
        return found or next((self.stems[stem] for stem in self._stems_of(word) if stem in self.stems), None)

    def parted(self, word: str) -> tuple[str, ...]:
        """A word that was run together with those before or after it ("dmenvoyer"), as these; any other as it is."""
        found = self._parts.get(word)
        if found is None:
            found = self._part(word)
            if len(self._parts) < _REMEMBERED:
                self._parts[word] = found
        return found

    def _part(self, word: str) -> tuple[str, ...]:
        if len(word) < _PARTED_LEAST or not word.isalpha() or self._is_itself(word):
            return (word,)
        for before in self.habits.elided:
            rest = word.removeprefix(before)
            if rest != word and len(rest) >= _LEFT_LEAST:
                vowel = rest[:1] in _VOWELS
                if (vowel or before in self.habits.clipped) and self.says(rest, guess=vowel and self.letter(word) == PLAIN):
                    return before, rest
                if not vowel and before in self.habits.clipped and len(parts := self.parted(rest)) > 1:
                    return before, *parts
        for after in self.habits.glued:
            rest = word.removesuffix(after)
            if rest != word and len(rest) > _LEFT_LEAST and self.says(rest):
                return rest, after
        if self.letter(word) == PLAIN:
            return self._sentence(word) or self._two(word) or (word,)
        ending = len(word) >= _SENTENCE_LONG and self.letter(word) in self.ends.values()  # which tells little of so long a word
        return (self._sentence(word) if ending else ()) or (word,)

    def _two(self, word: str) -> tuple[str, ...]:
        """Two words without the space between them, of which one is short and common ("veutpas"); or none."""
        for short in self.habits.joined if len(word) >= _TWO_LEAST else ():
            brief = len(short) < _LEFT_LEAST
            before, after = word.removesuffix(short), word.removeprefix(short)
            if before != word and self._stands(before, telling=brief):
                return before, short
            if after != word and self._stands(after, telling=brief):
                return short, after
        return ()

    def _stands(self, part: str, *, telling: bool) -> bool:
        """Whether a part of a word is a word itself, and of a class that says something where that is asked."""
        return len(part) >= _LEFT_LEAST and self._known(key(part)) is not None and (self.says(part) or not telling)

    def _sentence(self, word: str) -> tuple[str, ...]:
        """Several words written without a space ("plusdesms"), in as long parts as can be, or none if one of them is unknown."""
        said: dict[int, tuple[int, tuple[str, ...]]] = {len(word): (0, ())}
        for begin in range(len(word) - 1, -1, -1):
            pieces = ((end, self._piece(word, begin, end)) for end in tuple(said))
            longer = [((end - begin) ** 2 + said[end][0], (*piece, *said[end][1])) for end, piece in pieces if piece]
            said |= {begin: max(longer)} if longer else {}
        found = said.get(0, (0, ()))[1] if len(word) >= _SENTENCE_LEAST else ()
        begins = found and (len(found[0]) >= _LEFT_LEAST or found[0] in self.habits.clipped) and len(found[-1]) >= _LEFT_LEAST
        return found if begins and 1 < len(found) <= _SENTENCE_MOST and {*map(self.letter, found)} & {*self.together} else ()

    def _piece(self, word: str, begin: int, end: int) -> tuple[str, ...]:
        """What a part of words without a space stands for; nothing if it is no word."""
        part = word[begin:end]
        if len(part) == 1 or part[0] == part[1]:  # "mon|numero", not "mo|nnumero", though doubled letters are one elsewhere
            elided = word[end : end + 1] in _VOWELS and part in self.habits.elided and len(word) >= _SENTENCE_LONG
            return (part,) if elided else ()
        spelt = self.habits.spellings.get(part, ()) if len(part) >= _LEFT_LEAST else ()
        return spelt or ((part,) if key(part) in self.exact else ())

    def is_slip(self, word: str) -> bool:
        """Whether a word that is all there is was meant for a keyword: one letter wrong, missing, too many, or out of place."""
        if key(word) in self.ordinary:
            return False
        return any(word[:1] == meant[:1] and distance(word, meant) <= 1 for meant in self.habits.lone)

    def rejoined(self, told: Iterable[str]) -> list[str]:
        """Words of which one was written in two ("en lever") are one again."""
        kept: list[str] = []
        for word in told:
            both = kept[-1] + word if kept else ""
            told_together = len(both) >= _MISSPELT_LEAST and both.isalpha() and self.says(both)
            if told_together and any(self._known(key(half)) is None for half in (kept[-1], word)):
                kept[-1] = both
            else:
                kept.append(word)
        return kept

    def phrased(self, told: Sequence[str]) -> list[str]:
        """Words that make a phrase of the pack ("lettre d information") are one."""
        kept: list[str] = []
        place = 0
        while place < len(told):
            lengths = self.phrases.get(key(told[place]), ())
            said = (" ".join(told[place : place + length]) for length in lengths)
            kept.append(next((phrase for phrase in said if key(phrase) in self.exact), told[place]))
            place += 1 + kept[-1].count(" ")
        return kept

    def _is_itself(self, word: str) -> bool:
        """Whether a word is one the pack has, or one that is ordinary."""
        return key(word) in self.ordinary or self._known(key(word)) is not None

    def says(self, word: str, *, guess: bool = False) -> bool:
        """Whether a word is of a class that says something; a long one may be guessed."""
        found = self._known(key(word)) or (self.letter(word) if guess and len(word) >= _MISSPELT_LEAST else PLAIN)
        return found not in self.plain

    def _stems_of(self, word: str) -> Iterator[str]:
        """Beginnings of a word that its ending leaves, longest first; the word itself is one."""
        yield word
        for length in range(len(word) - 1, 1, -1):
            if word[length:] in self.endings:
                yield word[:length]

    def _meant(self, word: str) -> str | None:
        """The letter of the word that was meant when one letter is wrong, missing, too many, or two changed places."""
        for swapped in two_swapped(word):
            if (found := self._known(key(swapped))) is not None:
                return found
        for short in (word, *one_letter_less(word)):
            meant = self.misspelt.get(short)
            if meant is not None and meant[0] == word[0] and abs(len(meant) - len(word)) <= 1:
                return self._known(meant)
        return None


def read_reply(text: str, words: ReplyWords) -> Reading:
    """What a person asks by these words. Same text, same answer; nothing outside of `words` is looked at.

    The strongest pattern wins: objection, doubtful, restart, help. What asks to stop and to go on at once is doubtful, and so is
    what was only found in quoted text, or in a line that she quoted to answer it: « > Se désabonner », « Oui, faites-le ».
    """
    written = read_words(text, words.habits, words.exact)
    parts = [part for word in words.rejoined(written.words[:_WORDS_MOST]) for part in words.parted(word)]
    told, letters = _spelt(words.phrased(parts), words)
    every, left = found_in(letters, told, words.patterns)
    found = [one for one in every if one[0].means is not Means.NOTHING]
    intent = _intent([pattern.means for pattern, _ in found])
    if intent is not Intent.OBJECTION and not any(pattern.means in _SETTLED for pattern, _ in found):
        found += sentence_found_in(left, told, words.sentences)
        intent = _intent([pattern.means for pattern, _ in found])
    if intent is Intent.OTHER:
        found += clause_found_in(left, told, words.sentences, words.joins, words.begins)
        intent = _intent([pattern.means for pattern, _ in found])
    if intent is Intent.OBJECTION:  # what is vague explains nothing beside what is clear
        found = [one for one in found if one[0].means is not Means.UNCLEAR]
    # A right is invoked beside whatever else she asks, also beside nothing.
    found += [one for one in every if one[0].means is Means.NOTHING and one[0].right is not None]
    patterns = [pattern for pattern, _ in found]
    answered = read_reply(written.picked, words) if written.picked and intent in _SAYS_NO_MORE else None
    if (intent is Intent.OBJECTION and written.quoted) or (answered and answered.intent is Intent.OBJECTION):
        intent = Intent.DOUBTFUL
    return Reading(
        intent=intent,
        evidence=(*(f"{pattern.id}: {said}" for pattern, said in found), *(answered.evidence if answered else ())),
        every_medium=any(pattern.every_medium for pattern in patterns),
        plain_no=bool(patterns) and all(pattern.means is Means.REFUSAL for pattern in patterns),
        rights=tuple(dict.fromkeys(pattern.right for pattern in patterns if pattern.right is not None)),
    )


def _spelt(told: Sequence[str], words: ReplyWords) -> tuple[list[str], str]:
    """Words and their letters, without politeness, turns as patterns say them; marks that meet are one."""
    letters = "".join(word if word in MARKS else words.letter(word) for word in told)
    kept: list[str] = []
    spelt = ""
    gone = {place for match in words.polite.matches(letters) for place in range(*match.span())}
    parting = {place for match in words.apart.matches(letters) for place in range(*match.span())}
    for place, (word, letter) in enumerate(zip(told, letters, strict=True)):
        if place in parting:
            word = letter = PAUSE
        elif place in gone:
            continue
        if letter in MARKS and (not spelt or spelt[-1] in MARKS):
            if spelt and MARKS.index(letter) < MARKS.index(spelt[-1]):
                spelt, kept[-1] = spelt[:-1] + letter, letter
            continue
        spelt += letter
        kept.append(word)
    kept, spelt = words.turns.told(kept, spelt)
    said = [place for place, letter in enumerate(spelt) if letter not in MARKS]
    if len(said) == 1 and spelt[said[0]] == PLAIN and words.is_slip(kept[said[0]]):
        spelt = spelt.replace(PLAIN, words.slip)
    return kept, spelt


def _intent(found: Sequence[Means]) -> Intent:
    """The strongest wins; what points both ways is for a person to read."""
    leanings = found.count(Means.LEANING)
    objects = Means.OBJECTION in found or Means.REFUSAL in found or leanings > 1 or (leanings == 1 and Means.DOUBTFUL in found)
    welcome = Means.WELCOME in found
    if objects:
        return Intent.DOUBTFUL if welcome or Means.RESTART in found else Intent.OBJECTION
    if leanings or Means.DOUBTFUL in found or (Means.UNCLEAR in found and not welcome):
        return Intent.DOUBTFUL
    if Means.RESTART in found:
        return Intent.RESTART
    return Intent.HELP if Means.HELP in found else Intent.OTHER
