"""What cells of lists say of whoever stands there: a yes, a no, an objection, and to which channel (rules optout-effect,
consent-per-channel).

Pure; the words are the pack's. What a person writes to us is read by `wording`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from gateway.compliance.dated import apart_from_its_day
from gateway.compliance.listparts import apart, folded, parts
from gateway.compliance.toldby import A_DAY, ToldBy
from gateway.compliance.unease import Unease
from gateway.domain.channel import Medium

#: What makes a picture of the mark before it: « ✔️ ».
_AS_A_PICTURE = "\ufe0f"
#: A day in a remark, whose bars part nothing.
_DATED = re.compile(r"\b\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b")
#: A box below a question: « Comment vous contacter ? [Par SMS] ».
_BOX = re.compile(r"\?\s*\[[^\]]*\]\s*$")
_NONE = frozenset[Medium]()
_NOTHING = frozenset[str]()
_ADDRESS = "adresse"
_ELECTRONIC = "electroni"
#: What is answered of a word that is no channel.
_UNKNOWN = object()


class Standing(StrEnum):
    """What one word of a cell says."""

    YES = "granted"
    NO = "refused"
    DECLINES = "declines"  #: more than a no: where a channel is asked for, an objection to it: « refus »
    OBJECTS = "objects"
    STANDS = "stands"  #: another tool still writes to her: nothing is asked of us, nothing agreed
    WITHHOLDS = "withholds"  #: a no to what the column asks, and below an objection a yes: « Do Not Allow »
    LISTED = "listed"  #: the same, said of many other things too
    UNCONFIRMED = "unconfirmed"  #: she never confirmed, or was never asked
    DEAD = "dead"  #: her address gets nothing any more


class Heading(StrEnum):
    """What a column is about, by the words of its heading."""

    SUBSCRIBED = "subscribed"  #: who still gets something: a no below it is an objection
    REACHABLE = "reachable"  #: who may be reached: the same, by every channel unless the heading names one
    STRUCK = "struck"  #: who was struck off, or when
    WORKING = "working"  #: whether an email address works: a no below it says that it is dead
    CONFIRMED = "confirmed"  #: who confirmed: a no below it says that she never did
    PENDING = "pending"  #: whose confirmation is waited for


_OF_EACH_CHANNEL = (Heading.SUBSCRIBED, Heading.REACHABLE, Heading.STRUCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part of a remark, its words by what they are."""

    said: str
    begins: bool  #: it begins by « plus de »
    named: Mapping[str, Medium | object | None]  #: channels, by the word; None: one that is none of ours
    others: frozenset[str]  #: what names none
    reaching: frozenset[str]  #: of these, words for reaching somebody in any way
    denies: bool
    only: bool
    never: bool
    agreed: bool

    @property
    def answers(self) -> bool:
        """Whether it says something, and not both yes and no."""
        return not (self.only or self.agreed) if self.never else self.only or self.agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWords:
    """The words of lists; knows nothing by default."""

    cells: Mapping[str, Standing] = field(default_factory=dict)
    channels: Mapping[str, Medium | None] = field(default_factory=dict)  #: None: a channel that is none of ours
    beginnings: Mapping[str, Medium | None] = field(default_factory=dict)  #: … by what words begin with
    every: frozenset[str] = frozenset()  #: words for every channel
    only: frozenset[str] = frozenset()
    wishing: frozenset[str] = frozenset()  #: what « only » may be said with: « ne souhaite être contactée que par courrier »
    by_post: frozenset[str] = frozenset()  #: what is none of our channels after « only » alone: « uniquement par courrier »
    complaining: tuple[str, ...] = ()  #: beginnings of words for whoever complains …
    about: frozenset[str] = frozenset()  #: … and what may stand before what she complains of: « s’est plainte de nos SMS »
    never: frozenset[str] = frozenset()
    no_more: tuple[str, ...] = ()  #: how a part begins that says « never »: « plus de SMS »
    agreed: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    against: tuple[str, ...] = ()  #: what remarks say of whoever objects, as teams write it: « laisser tranquille »
    closing: tuple[str, ...] = ()  #: the same, where a part of the remark ends by it: « demande qu’on arrête »
    gone: tuple[str, ...] = ()  #: how a remark begins that says that the person died
    crosses: tuple[str, ...] = ()  #: signs that say the same as the first of these
    when: frozenset[str] = frozenset()  #: what may follow, besides days and years
    reaching: tuple[str, ...] = ()  #: beginnings of words for reaching somebody in any way
    negations: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()  #: « qu’en cas d’urgence »: what no message of ours is, be it all that is allowed
    excepting: frozenset[str] = frozenset()  #: words after which stands what somebody still wants: « plus rien sauf SMS »
    linking: frozenset[str] = frozenset()  #: words after which a negation still holds
    through: frozenset[str] = frozenset()  #: words for by which means
    left: tuple[str, ...] = ()  #: beginnings of words for whoever left, after which the means is hers
    broken: frozenset[str] = frozenset()  #: what remarks say of an email address that gets nothing any more
    polite: frozenset[str] = frozenset()  #: what an answer may say besides yes or no: « Non merci »
    agreeing: frozenset[str] = frozenset()  #: what says yes in a sentence: « J’accepte »
    offered: frozenset[str] = frozenset()  #: … and what such a sentence may be about
    told_by: ToldBy = field(default_factory=ToldBy)  #: how teams note by which channel they were told
    headings: Mapping[str, Heading] = field(default_factory=dict)  #: folded, without small words
    in_her_name: re.Pattern[str] | None = None  #: in a folded heading, how a box speaks that is ticked: « tenez moi »
    unease: Unease = field(default_factory=Unease)  #: words that may be a refusal, where nothing else understood them

    def standing(self, cell: str) -> Standing | None:
        """What a cell of one word or phrase says; None for any other."""
        text = cell.casefold().replace("’", "'").replace(_AS_A_PICTURE, "").rstrip(".! ")
        if found := self.cells.get(text):
            return found
        if (found := self.cells.get(said := apart_from_its_day(text)[0])) and said != text:
            return found
        if "(" not in text:
            return None
        found = self.cells.get(text.partition("(")[0].strip())  # « Désinscrit (le 3 mars) »; of a yes it may say the contrary
        return found if found in (Standing.OBJECTS, Standing.DEAD) else None

    def day_of_yes(self, cell: str) -> str:
        """The day in a cell that says yes on a day: « oui, le 12/03/2026 »; empty for any other."""
        said, day = apart_from_its_day(cell.casefold().strip())
        return day if self.cells.get(said) is Standing.YES else ""

    def answered(self, cell: str, asked: Collection[Medium] = ()) -> Standing | None:
        """YES or NO of an answer in a sentence that says nothing else, and names no channel but those that were asked of.

        « Oui, j’accepte », « Non merci », « J’accepte de recevoir la newsletter »; None of any other.
        """
        first, *rest = folded(cell) or [""]
        said = self.cells.get(first)
        if said is Standing.NO:
            return Standing.NO if rest and self.polite.issuperset(rest) else None
        rest = rest if said is Standing.YES else [first, *rest]
        named = {word: channel for word in rest if (channel := self._channel(word)) is not _UNKNOWN}
        known = self.polite | self.small | self.offered | named.keys()
        if (
            not known.issuperset(rest)
            or not (self.negations | self.never).isdisjoint(rest)
            or not set(named.values()) <= set(asked)
        ):
            return None
        return Standing.YES if said is Standing.YES or not self.agreeing.isdisjoint(rest) else None

    def heading(self, heading: str) -> Heading | None:
        """What a heading says that its column is about; None for any other."""
        said = [word for word in folded(heading) if word not in self.small]
        if found := self.headings.get(" ".join(said)):
            return found
        rest = " ".join(word for word in said if self._channel(word) is _UNKNOWN)
        found = self.headings.get(rest)
        return found if found in _OF_EACH_CHANNEL else None

    def is_in_her_name(self, heading: str) -> bool:
        """Whether a heading is a box that speaks for whoever ticks it: « Tenez-moi informée », “Keep me posted”."""
        return bool(self.in_her_name and self.in_her_name.search(" ".join(folded(heading))))

    def channels_named(self, remark: str) -> frozenset[Medium]:
        """The channels that a remark names."""
        return frozenset(medium for word in folded(remark) if isinstance(medium := self._channel(word), Medium))

    def is_of_no_channel(self, heading: str) -> bool:
        """Whether a heading asks of the post, or of a channel that is none of ours and of no other: « Accord WhatsApp »."""
        words = folded(heading)
        if not self.by_post.isdisjoint(words) and not any(word.startswith(_ELECTRONIC) for word in words):
            return True
        found = [channel for word in words if (channel := self._channel(word)) is not _UNKNOWN]
        return bool(found) and not any(found)

    def listed(self, cell: str) -> frozenset[Medium]:
        """The channels of a cell that names channels and nothing else, or all of them; none for any other cell."""
        words = folded(cell)
        if " ".join(words) in self.every:
            return frozenset(Medium)
        known = all(word in self.small or word in self.offered or self._channel(word) is not _UNKNOWN for word in words)
        return self.channels_named(cell) if known else _NONE

    def asked(self, heading: str) -> frozenset[Medium]:
        """The channels by which a question asks whether to reach somebody: « Et par SMS, pour les rendez-vous ? »."""
        words = [word for word in folded(heading) if word != "e"]  # « e-mail »
        by = any(before in self.through and isinstance(self._channel(word), Medium) for before, word in pairwise(words))
        boxed = bool(_BOX.search(heading)) and any(word.startswith(self.reaching) for word in words)
        return self.channels_named(heading) if by and (boxed or heading.rstrip().endswith("?")) else _NONE

    def objected(self, remark: str) -> frozenset[Medium]:
        """The channels of a remark that objects: those it names and does not allow by the way; every one where it names none, or
        where some part of it forbids to reach her without naming any: « ne plus appeler ni écrire ». By which she said so, is
        none of them: « a rappelé : ne plus contacter »."""
        told = [apart(words, self.excepting) for words in self._said_in_parts(_DATED.sub(f" {A_DAY} ", remark))]
        said, but = (", ".join(map(" ".join, side)) for side in zip(*told, strict=True))
        named, spared = self.channels_named(said), self.channels_named(but)
        if self.forbids_all(said) or (spared and not named):  # « plus rien, sauf SMS »
            named = frozenset(Medium)
        agreed = self.agreed_to(remark) | (spared if len(named) == len(Medium) else _NONE)
        # Of what she refuses, « le porte-à-porte, mais ok mail », only the channel that is none of ours may have been named.
        return named - agreed or (frozenset(Medium) - agreed if named else named) or frozenset(Medium)

    def _said_in_parts(self, remark: str) -> list[list[str]]:
        """The words of each part, but those that say how she told us."""
        return [self.told_by.without(folded(part), self._channel) for part in parts(remark)]

    def forbids_all(self, remark: str) -> bool:
        """Whether some part of a remark forbids to reach her, and says by no channel: « ni écrire », « désinscrite par mail »."""
        for part in parts(remark):
            pieces: list[list[str]] = [[]]
            for word in folded(part):
                if word in self.linking:
                    pieces.append([])
                pieces[-1].append(word)
            negated = False
            for words, beside in zip(pieces, [*pieces[1:], []], strict=True):
                linked = negated and bool(words) and words[0] in self.linking
                negated = linked or not self.negations.isdisjoint(words)
                if negated and any(word.startswith(self.reaching) for word in words) and not self._says_by(words, beside):
                    return True
                if any(self._left_all(words[at:]) for at, word in enumerate(words) if self.left and word.startswith(self.left)):
                    return True
        return False

    def _left_all(self, words: list[str]) -> bool:
        """Whether whoever left did so by some means, « désinscrite par mail », or left all of it: « désinscrite de tout »."""
        rest = {word for word in words[1:] if not word.isdecimal()}
        return not self.through.isdisjoint(words[1:2]) or (bool(self.every & rest) and self.every | self.small >= rest)

    def _says_by(self, words: list[str], beside: list[str]) -> bool:
        """Whether one of the pieces of a remark says by which channel, or the next one does: « ni par mail »."""
        by = beside if not self.through.isdisjoint(beside) else []
        return bool(self.channels_named(" ".join((*words, *by))))

    def says_dead(self, remark: str) -> bool:
        """Whether a remark says of an email address that it gets nothing any more, and nothing else but when: « mail HS »."""
        if Medium.EMAIL not in self.channels_named(remark):
            return False
        said = [word for word in folded(remark) if word not in self.small and self._channel(word) is not Medium.EMAIL]
        rest = " ".join(word for word in said if word != _ADDRESS)
        begins = max((words for words in self.broken if f"{rest} ".startswith(f"{words} ")), key=len, default="")
        return bool(begins) and all(word.isdecimal() or word in self.when for word in rest[len(begins) :].split())

    def accepted(self, cell: str) -> frozenset[Medium] | None:
        """The channels that a cell names, where it answers by which of them somebody may be reached: « Courriel, SMS ».

        None where any part of it may say no, or none of them is a channel. A part that says anything else agrees to nothing.
        """
        found: frozenset[Medium] | None = None
        for part in parts(cell):
            words = folded(part)
            said = " ".join(words)
            if not self.never.isdisjoint(words) or any(f"{said} ".startswith(f"{begins} ") for begins in self.no_more):
                return None
            named = [self._channel(word) for word in words if word not in self.small | self.only | self.offered]
            if said in self.every:
                found = frozenset(Medium)
            elif named and _UNKNOWN not in named:
                found = (found or _NONE) | frozenset(medium for medium in named if isinstance(medium, Medium))
        return found

    def objects(self, remark: str) -> bool:
        """Whether a remark says in the words of teams that the person objects, or that she died."""
        for sign in self.crosses:
            remark = remark.replace(sign, f" {self.gone[0]} ")
        said = f" {' '.join(folded(remark))} "
        ends = [" ".join(folded(part)) for part in parts(remark)] if self.closing else []
        if any(f" {end}".endswith(f" {words}") for end in ends for words in self.closing):
            return True
        return any(f" {words} " in said for words in self.against) or self._died(said.strip()) or self._complains(remark)

    def _complains(self, remark: str) -> bool:
        """Whether somebody complains of what we send or of our calls, and not by them: « plaint par mail du bruit »."""
        for part in parts(remark):
            words = folded(part)
            for at, word in enumerate(words):
                if self.complaining and word.startswith(self.complaining):
                    passing = (self.small | self.about) - self.through
                    of = next((one for one in words[at + 1 :] if one not in passing), "")
                    if isinstance(self._channel(of), Medium) or of.startswith(self.reaching):
                        return True
        return False

    def _died(self, said: str) -> bool:
        """Whether a remark begins by that and says nothing else but when: « décédée en mars », not « décédé, voir son fils »."""
        begins = max((words for words in self.gone if f"{said} ".startswith(f"{words} ")), key=len, default="")
        rest = said[len(begins) :].split()
        return bool(begins) and all(word.isdecimal() or word in self.small or word in self.when for word in rest)

    def agreed_to(self, remark: str) -> frozenset[Medium]:
        """The channels to which parts of a remark say yes: « plus de mail, tél. ok », « …, ne répond qu’au téléphone »."""
        told = [folded(part) for part in parts(remark)]
        yes = [
            words
            for words in told
            if (not self.agreed.isdisjoint(words) and self._declined(words, frozenset(Medium)) == _NONE) or self._but_by(words)
        ]
        return frozenset().union(*(self.channels_named(" ".join(words)) for words in yes))

    def _but_by(self, words: list[str]) -> bool:
        """Whether a part says that somebody does something by a channel alone: « ne répond qu’au téléphone »."""
        denied = [at for at, word in enumerate(words) if word in self.negations]
        alone = [at for at, word in enumerate(words) if word in self.only]
        if len(denied) != 1 or len(alone) != 1 or alone[0] < denied[0]:
            return False
        after = next((word for word in words[alone[0] + 1 :] if word not in self.small), "")
        return isinstance(self._channel(after), Medium)

    def announces(self, remark: str) -> bool:
        """Whether words are names of email and nothing else: what people put before an address, « mail : … »."""
        words = [word for word in folded(remark) if word != "e"]  # « e-mail »
        return bool(words) and all(self._channel(word) is Medium.EMAIL for word in words)

    def declined(self, remark: str, reached: frozenset[Medium]) -> frozenset[Medium] | None:
        """The channels that a remark declines, where it speaks of channels and of nothing else; None for any other remark.

        reached: the channels of which « only » speaks: « SMS uniquement » beside a number says nothing of mails.
        """
        found: frozenset[Medium] | None = None
        for words in (words for part in self._said_in_parts(remark) for words in self._answers(part)):
            if all(word in self.small for word in words):
                continue
            of_part = self._declined(words, reached)
            if of_part is None:
                return None
            found = (found or _NONE) | of_part
        return found - self.agreed_to(remark) if found == frozenset(Medium) else found  # « …, SMS ok »

    def _answers(self, words: list[str]) -> list[list[str]]:
        """The answers of a part that says yes and no by turns: « mail OK tél NON », « oui aux SMS non aux appels »."""
        told = [at for at, word in enumerate(words) if word in self.agreed or word in self.never]
        if self.agreed.isdisjoint(words) or self.never.isdisjoint(words):
            return [words]
        cuts = [0, *told[1:]] if told[0] == 0 else [0, *(at + 1 for at in told[:-1])]
        pieces = [words[begins:ends] for begins, ends in zip(cuts, [*cuts[1:], len(words)], strict=True)]
        named = all(any(self._channel(word) is not _UNKNOWN for word in piece) for piece in pieces)
        return pieces if named else [words]

    def _declined(self, words: list[str], reached: frozenset[Medium]) -> frozenset[Medium] | None:
        """What one part declines; None where it says anything else, or both yes and no."""
        rest = self._without_need(words)
        needed = len(rest) < len(words)
        if needed and (self.small | self.negations).issuperset(rest):
            return reached
        part = self._sorted(rest, denies=needed)
        if not part.named and not part.begins and (self.small | self.agreed).issuperset(part.others - part.reaching):
            return _NONE  # « mais écrire »
        if not (part.named or (part.denies and part.reaching)) or not part.answers or not self._understands(part):
            return None
        ours = frozenset(medium for medium in part.named.values() if isinstance(medium, Medium))
        if part.never:
            return frozenset(Medium) if part.denies and part.reaching and self.forbids_all(part.said) else ours
        return reached - ours if part.only else _NONE

    def _without_need(self, words: list[str]) -> list[str]:
        """The words of a part but those of a need: « qu’en cas d’urgence »."""
        said = f" {' '.join(words)} "
        return next((said.replace(f" {need} ", " ").split() for need in self.needs if f" {need} " in said), words)

    def _sorted(self, words: list[str], *, denies: bool) -> _Part:
        """The words of a part by what they are; denies: what was taken out of it denies all but a need."""
        said = " ".join(words)
        begins = next((one for one in self.no_more if said.startswith(f"{one} ")), "")
        words = words[len(begins.split()) :]
        named = {word: medium for word in words if (medium := self._channel(word)) is not _UNKNOWN}
        if not self.only.isdisjoint(words):
            named |= {word: None for word in words if word in self.by_post}
        others = frozenset(words) - named.keys()
        denies = denies or bool(begins) or len(others & self.negations) > 1  # « ne … plus » ; « mail plus SMS » adds
        return _Part(
            said=said,
            begins=bool(begins),
            named=named,
            others=others,
            reaching=frozenset(word for word in others if word.startswith(self.reaching)),
            denies=denies,
            only=not others.isdisjoint(self.only),
            never=denies or not others.isdisjoint(self.never),
            agreed=not others.isdisjoint(self.agreed),
        )

    def _understands(self, part: _Part) -> bool:
        """Whether each of its words is known, of those that name no channel."""
        strict = part.denies or part.only
        known = self.only | self.never | self.agreed | self.small
        known |= (self.negations if strict else _NOTHING) | (self.wishing if part.only else _NOTHING)
        return known.issuperset(part.others - part.reaching if strict else part.others)

    def _channel(self, word: str) -> Medium | object | None:
        if word in self.channels:
            return self.channels[word]
        return next((medium for begins, medium in self.beginnings.items() if word.startswith(begins)), _UNKNOWN)
