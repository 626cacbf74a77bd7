"""The reader of replies: how many objections it finds, how much everyday talk it takes for one, and what a reply costs.

    python -m bench.stop            the project's own replies, each in many disguises, and tens of thousands of ordinary messages

Disguises: capitals, no accents, letters swapped or lost in long words, politeness, signatures, quotes, emoji. Ordinary messages:
the core written by hand, and sentences made of openings, wishes and objects. What is misread is printed; nothing is stored.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.compliance.folding import bare
from gateway.compliance.pack import load_pack
from gateway.compliance.wording import ReplyWords, read_reply
from gateway.data import data_dir
from gateway.domain.reply import Intent

REPLIES = Path(__file__).parents[1] / "tests" / "replies"
#: Promised: so many objections in a hundred are found at once; of ordinary messages, one in so many is taken for one.
FOUND_PERCENT, TAKEN_IN = 98.0, 10_000
MICROSECONDS = 1_000.0
_SHOWN = 20

_OPENINGS = (
    "",
    "Bonjour, ",
    "bonjour ",
    "Salut ! ",
    "Madame, ",
    "Je pense que ",
    "Franchement, ",
    "svp ",
    "A mon avis ",
    "Coucou, ",
)
_WISHES = (
    "il faut arrêter {}",
    "arrêtez {}",
    "stop à {}",
    "stop {}",
    "il faut supprimer {}",
    "supprimez {}",
    "retirez {}",
    "enlevez {}",
    "je ne veux plus de {}",
    "je ne veux pas de {}",
    "je m'oppose à {}",
    "je refuse {}",
    "non à {}",
    "halte à {}",
    "marre de {}",
    "ras le bol de {}",
    "assez de {}",
    "ne touchez pas à {}",
    "n'arrêtez pas {}",
    "quand arrêterez-vous {} ?",
    "plus de {} svp",
    "il n'y a plus de {}",
    "cessez {}",
    "qui a supprimé {} ?",
    "effacez {}",
    "laissez {} tranquille",
    "sortez-nous de {}",
    "parlez-nous de {}",
    "que pensez-vous de {} ?",
    "merci pour {}",
    "on n'en peut plus de {}",
    "{}, ça suffit",
    "oubliez {}",
    "je suis pour {}",
    "je suis contre {}",
    "je vote non à {}",
    "rendez-nous {}",
    "je n'ai pas compris {}",
    "où en est {} ?",
)
_THINGS = (
    "la hausse des impôts",
    "la guerre",
    "les travaux",
    "la fermeture de la poste",
    "l'école privée",
    "les éoliennes",
    "la rocade",
    "le parking payant",
    "la taxe foncière",
    "les ralentisseurs",
    "l'arrêt de bus",
    "la ligne 4",
    "le projet de piscine",
    "la piscine",
    "les incivilités",
    "la corruption",
    "les mensonges",
    "le bétonnage",
    "l'usine",
    "les pesticides",
    "la vidéosurveillance",
    "les logements sociaux",
    "la réforme des retraites",
    "le numérique à l'école",
    "la fibre",
    "les antennes",
    "le marché du dimanche",
    "les poubelles",
    "les crottes de chien",
    "la pollution",
    "le bruit",
    "l'autoroute",
    "le tram",
    "la cantine bio",
    "le maire",
    "la majorité",
    "cette politique",
    "ce système",
    "la fête du village",
    "les subventions",
    "le stationnement",
    "les pistes cyclables",
    "la chasse",
    "les camions",
    "la déchetterie",
    "l'hôpital",
)
_CLOSINGS = (
    "",
    ".",
    " !",
    " !!",
    " Merci.",
    " Cordialement, M. Le Bris",
    " 😡",
    " svp",
    " Bonne journée",
    "\n\nEnvoyé de mon iPhone",
)
_SIGNED = ("", " Merci", " svp", ".", "!!!", "\nCordialement", "\n\nEnvoyé de mon iPhone", " 😡", "\n--\nAnne Vasseur")
_QUOTED = (
    "\n\nLe lun. 1 déc. 2031 à 10:02, Camille <lettre@exemple.example> a écrit :"
    "\n> Venez samedi !\n> Répondez STOP pour ne plus rien recevoir."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the reader did."""

    objections: int
    found_percent: float
    missed: tuple[str, ...]  #: objections read as anything that leaves the person written to
    ordinary: int
    taken: tuple[str, ...]  #: ordinary messages read as objections
    doubted_percent: float  #: ordinary messages that pause somebody until they are read
    microseconds: float  #: mean, per reply


def measure(variants: int = 8, ordinary: int = 60_000) -> Measured:
    """Read everything once; the same texts at each run."""
    words = shipped_words()
    chance = random.Random(7)
    objections = [disguised(text, chance) for text in texts("objections") for _ in range(variants)]
    talk = [*texts("ordinary"), *made(chance, ordinary)]
    began = time.perf_counter()
    read = [(text, read_reply(text, words).intent) for text in objections]
    said = [(text, read_reply(text, words).intent) for text in talk]
    seconds = time.perf_counter() - began
    return Measured(
        objections=len(read),
        found_percent=100 * sum(intent is Intent.OBJECTION for _, intent in read) / len(read),
        missed=tuple(text for text, intent in read if intent not in (Intent.OBJECTION, Intent.DOUBTFUL)),
        ordinary=len(said),
        taken=tuple(text for text, intent in said if intent is Intent.OBJECTION),
        doubted_percent=100 * sum(intent is Intent.DOUBTFUL for _, intent in said) / len(said),
        microseconds=seconds * 1e6 / (len(read) + len(said)),
    )


def shipped_words() -> ReplyWords:
    """The words of the pack that ships, whatever the day."""
    policies = data_dir("policies")
    return load_pack(policies / "fr", policies / "house", today=date(2026, 11, 25)).reply_words


def texts(name: str) -> list[str]:
    """The project's own replies of one kind."""
    return [json.loads(line)["text"] for line in (REPLIES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def disguised(text: str, chance: random.Random) -> str:
    """The same request as somebody else would type it."""
    if chance.random() < 0.3:
        text = text.upper()
    elif chance.random() < 0.3:
        text = bare(text)
    if chance.random() < 0.3:
        text = _misspelt(text, chance)
    if chance.random() < 0.2:
        text = chance.choice(("Bonjour, ", "Bonsoir ", "Bonjour\n", "svp ")) + text
    text += chance.choice(_SIGNED)
    return text + _QUOTED if chance.random() < 0.1 else text


def made(chance: random.Random, count: int) -> Iterator[str]:
    """Ordinary messages: what people ask of politics, in the very verbs of an objection."""
    for _ in range(count):
        wish = chance.choice(_WISHES).format(chance.choice(_THINGS))
        text = chance.choice(_OPENINGS) + wish + chance.choice(_CLOSINGS)
        yield chance.choice((text, text, text.upper(), bare(text)))


def _misspelt(text: str, chance: random.Random) -> str:
    """One long word with a letter less, or two that changed places."""
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) >= 7 and word.isalpha()]
    if long:
        place = chance.choice(long)
        word, at = words[place], chance.randrange(2, len(words[place]) - 2)
        words[place] = word[:at] + (word[at + 1 :] if chance.random() < 0.5 else word[at + 1] + word[at] + word[at + 2 :])
    return " ".join(words)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--ordinary", type=int, default=60_000)
    chosen = parser.parse_args()
    found = measure(chosen.variants, chosen.ordinary)
    rate, taken = found.found_percent, len(found.taken)
    print(
        f"objections: {found.objections:,}, found at once {rate:.2f} % (promised {FOUND_PERCENT:.0f}), missed {len(found.missed)}"
    )
    print(f"ordinary: {found.ordinary:,}, taken for an objection {taken} (promised 1 in {TAKEN_IN:,})", end="")
    print(f", doubted {found.doubted_percent:.2f} %")
    print(f"{found.microseconds:.0f} µs a reply")
    for text in (*found.missed[:_SHOWN], *found.taken[:_SHOWN]):
        print("  misread:", repr(text))


if __name__ == "__main__":
    main()
