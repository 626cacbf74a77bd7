"""What a heading that we do not know may stand for: it says more than one we know, is misspelt, or says no."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import assert_never

from gateway.compliance.listwords import Heading, ListWords
from gateway.domain.channel import Medium
from gateway.flows.collecting import headingwords, objecting
from gateway.flows.collecting.headings import (
    CHANNELS,
    CONSENTS,
    GLUED,
    MEANINGS,
    OBJECTIONS,
    WHOLE_NAMES,
    Field,
    meaning,
    plain,
)
from gateway.flows.collecting.table import JOINED

_NUMBERED = re.compile(r"\d(?:e|nd|eme)?\b")
_OF_A_YEAR = re.compile(r" (?:en )?20\d\d$")
_RUN_TOGETHER = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: « Family name / Nom »: one thing in two languages.
_SIDES = re.compile(r"\s*[/|]\s*")
#: How alike a slip and what was meant are, and up to how many characters nothing is taken for one.
_LIKE, _SHORT = 0.87, 4
#: What turns a heading into its contrary is put before it: « inscrit », « désinscrit ».
_SAME_BEGINNING = 2
#: What says no to one channel alone; of email, the widest is taken unless a tool says so, or the file asks channel by channel.
_OBJECTION_TO = {frozenset({Medium.SMS}): Field.OBJECTION_SMS, frozenset({Medium.CALL}): Field.OBJECTION_CALL}
_NO_WORDS = ListWords()


def is_number(heading: str) -> bool:
    """Whether a column says by its heading that it numbers things, or counts years."""
    words = plain(heading).split()
    return bool(words) and (not headingwords.NUMBERS.isdisjoint(words) or words[-1].endswith("id"))


def is_no(field: Field | None, heading: str) -> bool:
    """Whether a heading says that cells are not what they look like: orders are no postcodes, and a SIREN is no telephone."""
    words = plain(heading).split()
    if field is Field.POSTCODE:  # « Code barre », “Attendee #”
        return "#" in heading or is_number(heading) or not headingwords.THINGS.isdisjoint(words)
    if field not in CHANNELS:
        return False
    return objecting.is_of_others(" ".join(words)) or (field is not Field.EMAIL and not headingwords.REGISTERS.isdisjoint(words))


def is_standing(heading: str) -> bool:
    """Whether a column says how people stand in the list: « Statut », « Statut de l’abonnement »."""
    return " ".join(word for word in plain(heading).split() if word not in headingwords.SAYS_NO_MORE) in headingwords.STANDINGS


def asks_whether_to_send(heading: str) -> bool:
    """Whether a column says to whom letters go, and nothing else: « Envoi », « Diffusion (O/N) », of whatever year."""
    return _OF_A_YEAR.sub("", plain(without_choices(heading))) in headingwords.TO_SEND


def asks_whether_she_agrees(heading: str) -> bool:
    """Whether a heading has a word by which people are asked whether they agree: « Acceptez-vous que l’équipe vous écrive ? »."""
    return _some_begin(plain(heading).split(), headingwords.AGREES)


def is_outcome(heading: str) -> bool:
    """Whether a column notes what came of meeting somebody: there « refus » is hers, « Appel du 12/10 », « Résultat »."""
    return bool(headingwords.OUTCOME.match(plain(heading)))


def is_answer_of_hers(heading: str) -> bool:
    """Whether a column notes what somebody answered: there « non » is hers, « Retour », « Dernière réponse »."""
    return bool(headingwords.ANSWER.match(plain(heading)))


def is_at_work(heading: str) -> bool:
    """Whether an address is that of somebody's work: « Tél. professionnel »."""
    return not headingwords.AT_WORK.isdisjoint(plain(heading).split())


def tells_when_agreed(heading: str) -> bool:
    """Whether days below a heading that speaks of an agreement are when it was given, and not when it ends or was asked for."""
    return not _some_begin(plain(heading).split(), headingwords.NOT_GIVEN)


def people_named(heading: str) -> frozenset[str]:
    """Of whom a heading speaks: « Nom adhérent », « Email payeur »."""
    return headingwords.PEOPLE.intersection(plain(heading).split())


def is_of_payer(heading: str) -> bool:
    """Whether a heading speaks of who paid, perhaps for somebody else: « Email payeur »."""
    return bool(named := people_named(heading)) and named <= headingwords.PAYERS


def channel_of(heading: str) -> Field | None:
    """The address or number that a column holds of whoever its line is about, be it one more of a kind: « Courriel 2 »."""
    if people_named(heading):
        return None
    one = " ".join(word for word in _NUMBERED.sub(" ", plain(in_words(heading))).split() if word not in headingwords.ONE_MORE)
    found = meaning(heading) or meaning(one) or likely(one)
    return found if found in CHANNELS else None


def says_no(heading: str) -> bool:
    """Whether a yes below a heading says that somebody wants nothing more, by one channel or by any."""
    return objecting.says_no(plain(in_words(heading)))


def in_words(heading: str) -> str:
    """A heading whose words a tool has run together, in words: « HasOptedOutOfEmail »; without how it is to be answered."""
    return _RUN_TOGETHER.sub(" ", headingwords.IN_CASE.sub(" ", heading))


def likely(heading: str, words: ListWords = _NO_WORDS) -> Field | None:
    """The field a heading may stand for: it says more than we know ("Votre e-mail (obligatoire)"), or is misspelt.

    words: of the pack, for what it says of headings.
    """
    heading = without_choices(heading)
    bare = plain(in_words(heading))
    if objecting.is_of_no_channel(bare):
        return None
    if against := _against(heading, bare, words):
        return against
    if bare in headingwords.FILLED_IN:
        return Field.GIVEN_AT
    bare = _without_tool(bare)
    kept = _without_words_around(bare)
    if known := _known_at_heart(heading, kept):
        return known
    if consent := _consent_like(bare.split()):
        return None if words.is_of_no_channel(heading) else consent
    if JOINED in heading:
        return _likely_below(heading, words)
    return MEANINGS.get(_without(kept, headingwords.OF_A_RECORD)) or _misspelt(heading, bare, kept, words)


def _against(heading: str, bare: str, words: ListWords) -> Field | None:
    """What a heading says no to, be it that a no below it does, or that an address is dead."""
    named = objecting.channels_named(bare)
    if says_no(heading):
        if objecting.is_of_email_alone(bare):
            return Field.OBJECTION_EMAIL
        return _OBJECTION_TO.get(named, Field.OBJECTION)
    if objecting.says_dead(bare):
        return Field.DEAD_EMAIL
    match words.heading(in_words(heading)):
        case Heading.SUBSCRIBED:
            return _OBJECTION_TO.get(named, Field.OBJECTION_EMAIL)
        case Heading.REACHABLE:
            return Field.OBJECTION_EMAIL if named == {Medium.EMAIL} else _OBJECTION_TO.get(named, Field.OBJECTION)
        case Heading.STRUCK:
            return Field.OBJECTION
        case Heading.WORKING:
            return Field.DEAD_EMAIL
        case Heading.CONFIRMED | Heading.PENDING | None:
            return None
        case never:
            assert_never(never)


def _without_tool(bare: str) -> str:
    """A heading without what a tool puts before all of its headings."""
    for prefix in headingwords.OF_TOOLS:
        bare = bare.removeprefix(prefix)
    return bare


def _without_words_around(bare: str) -> str:
    """What a heading asks for, its words written in full."""
    return " ".join(headingwords.CUT_SHORT.get(word, word) for word in bare.split() if word not in headingwords.AROUND)


def _without(bare: str, left: Collection[str]) -> str:
    return " ".join(word for word in bare.split() if word not in left)


def _known_at_heart(heading: str, kept: str) -> Field | None:
    """The field of a heading that we know but for the words around it, or that says one thing in two languages."""
    if field := MEANINGS.get(kept) or GLUED.get(kept.replace(" ", "")):
        return field
    if (whole := MEANINGS.get(_without(kept, {headingwords.CIVILITY}))) in WHOLE_NAMES:
        return whole
    if kept in headingwords.NAMES_OF_TOWNS:
        return Field.COMMUNE
    sides = {meaning(side) for side in _SIDES.split(heading)}
    return sides.pop() if len(sides) == 1 else None


def _misspelt(heading: str, bare: str, kept: str, words: ListWords) -> Field | None:
    """The field of a known heading that this one is a slip for, and is not the contrary of."""
    if len(kept) <= _SHORT or _some_begin(bare.split(), headingwords.ELSEWHERE):
        return None
    near = next(iter(get_close_matches(kept, MEANINGS, n=1, cutoff=_LIKE)), None)
    if near is None or _turns_round(kept, near):
        return None
    field = MEANINGS[near]
    if field in CONSENTS and words.is_of_no_channel(heading):  # « Accord courrier » is no slip for « Accord courriel »
        return None
    return field


def _likely_below(heading: str, words: ListWords) -> Field | None:
    """What the last of several headings of a column may stand for, where those above change nothing to it."""
    *above, last = heading.split(JOINED)
    if objecting.asks_or_is_of_others(plain(" ".join(above))):
        return None
    return likely(last, words) or likely(f"{above[-1]} {last}", words)


def _turns_round(heading: str, near: str) -> bool:
    """Whether a known heading that says no is a likely slip for this one, or its contrary: « email valide », « inscription »."""
    field = MEANINGS[near]
    return field is Field.DEAD_EMAIL or (field in OBJECTIONS and heading[:_SAME_BEGINNING] != near[:_SAME_BEGINNING])


def _consent_like(words: Sequence[str]) -> Field | None:
    """Which consent a heading of several words may speak of: the channel tells, email unless said.

    « Phone ok », « Text ok? »: what is agreed to there is no agreement to emails.
    """
    first, others = words[:1], words[1:]
    receives = "recevoir" in first and _some_begin(others, headingwords.TO_MESSAGES)  # « Recevoir les actualités »
    signs_up = _some_begin(first, ("inscri",)) and _some_begin(others, headingwords.LETTERS)
    asks = receives or signs_up or _some_begin(words, headingwords.AGREES)
    if not asks or _some_begin(words, headingwords.ELSEWHERE):
        return None
    more = [word for word in words if word not in headingwords.SAYS_NO_MORE and not word.startswith(headingwords.AGREES)]
    if more and not _some_begin(words, headingwords.TO_MESSAGES):
        return None
    named = objecting.channels_named(" ".join(words))
    if Medium.SMS in named:
        return Field.CONSENT_SMS
    return Field.CONSENT_CALL if Medium.CALL in named else Field.CONSENT


def _some_begin(words: Sequence[str], beginnings: tuple[str, ...]) -> bool:
    return any(word.startswith(beginnings) for word in words)


def without_choices(heading: str) -> str:
    """A heading without how it is to be answered: « Lettre (O/N) »."""
    return headingwords.HOW_ANSWERED.sub("", heading)


def says_by_no(heading: str, words: ListWords) -> bool:
    """Whether a no below a heading is what tells who left, or which address is dead: « Abonné », « Email valide »."""
    return objecting.tells_who_left(plain(heading)) or words.heading(in_words(heading)) in (
        Heading.SUBSCRIBED,
        Heading.REACHABLE,
        Heading.WORKING,
    )


def objection_of(heading: str, words: ListWords) -> Field:
    """What a column that is left out may say of whoever objects: by its heading, else in words.

    A column of consent to one channel asks of that one alone: « STOP » below « Accord SMS ».
    """
    found = meaning(heading) or likely(heading, words)
    if found in OBJECTIONS:
        return found
    if found in CONSENTS and (found is not Field.CONSENT or objecting.channels_named(plain(heading)) == {Medium.EMAIL}):
        return found
    return Field.REMARK


def standing_of(heading: str) -> Field:
    """What a column of who is subscribed says no to: the channel of texts or calls that its heading names, else all."""
    bare = plain(heading)
    named = objecting.channels_named(bare) or (frozenset({Medium.SMS}) if "mobile" in bare.split() else frozenset())
    return _OBJECTION_TO.get(named, Field.OBJECTION)
