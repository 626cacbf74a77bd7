"""What became of letters about requests of persons, as volunteers read it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gateway.cli.outcome_words import STATE, came_back, reason
from gateway.cli.words import local_time
from gateway.domain.channel import Medium
from gateway.domain.message import MessageState
from gateway.flows.rights.letters import ANSWER, EXTENSION, REFUSAL
from gateway.store.written import Letter

_NAMES = {ANSWER: "réponse", REFUSAL: "refus motivé", EXTENSION: "délai prolongé"}


def fate(letter: Letter, zone: ZoneInfo) -> str:
    """One letter, and where it is: « réponse : remis le 3 mars à 10 h »."""
    said = f"{_NAMES[letter.name]} : {STATE[letter.state]}, {local_time(letter.at, zone)}"
    if letter.state is not MessageState.ACCEPTED and letter.because:
        said += f" ({reason(letter.because)})"
    if letter.back is not None:
        said += f" ; depuis : {came_back(letter.back, Medium.EMAIL)}"
    return f"{said}. Elle ne l’a pas : dites-le-lui autrement." if letter.astray else said


def gone_astray(letters: Sequence[Letter]) -> str:
    """Requests whose letters did not arrive, and where one reads why."""
    numbers = sorted({letter.request for letter in letters})
    named = ", ".join(f"n° {number}" for number in numbers)
    what = f"de la demande {named} n’est pas arrivé" if len(numbers) == 1 else f"des demandes {named} n’est pas arrivé"
    return f"⚠ Un courriel au sujet {what} : gateway rights show {numbers[0]} dit pourquoi ; prévenez la personne autrement."
