"""What words weigh in a reply (`gateway/compliance/weighing.py`), drawn from the project's own replies.

    python -m bench.weigh             how well weights drawn from four fifths of the replies tell the last fifth
    python -m bench.weigh --write     … and `policies/fr/stop-8-weights.toml` anew, from all of them

To be run after replies were added to `tests/replies`, or after words, turns or asides of the pack changed. The same replies give
the same weights: a logistic regression on single words and pairs, each step as long as its word is rare, in an order drawn from a
fixed seed.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.stop import made, shipped_words, texts
from gateway.compliance.weighing import Weights, by_weight
from gateway.compliance.wording import parts_weighed
from gateway.data import data_dir

#: Tenths of a natural logarithm: ten more and the odds are some three to one.
_UNIT = 10
#: Parts said less often, and weights nearer to nothing, are left out.
_OFTEN, _LEAST = 4, 2
_ROUNDS, _STEP, _SHRINK, _FIFTHS = 10, 0.15, 2e-4, 5
#: Ordinary messages of many wishes and things (`bench.stop`), beside those written by hand.
_MADE = 3_000
#: From what weight on somebody reads a reply, and what each part weighs, in tenths; down to what weight a vague doubt is none.
_DOUBTS, _EACH, _CLEARS = 14, 8, -40
_HEAD = """\
# Ce que les gens répondent (voir stop.toml), 8 : ce que pèse chaque mot, ou deux mots de suite, en dixièmes de logarithme.
# Calculé d’après les réponses de tests/replies par `python -m bench.weigh --write` : n’y corrigez rien à la main, ajoutez des
# réponses et recalculez. « < » et « > » : début et fin du message ; « 0 » : tout nombre ; « # » : ce qui est mis de côté.
# `doubts` : à partir de ce poids, et de `each` dixièmes pour chacun d’eux, quelqu’un lit ; `clears` : jusqu’à ce poids, un doute
# seulement vague n’en est plus un.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A reply as it is weighed."""

    parts: tuple[str, ...]
    objects: bool  #: or may object


def main() -> None:
    """Measure, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    every = examples()
    kept, apart = [one for rank, one in enumerate(every) if rank % _FIFTHS], every[::_FIFTHS]
    weights = drawn(kept)
    heavy = [weights.heavy(one.parts) for one in apart]
    for objects, name in ((True, "that object, or may"), (False, "ordinary")):
        told = [heavy[rank] for rank, one in enumerate(apart) if one.objects is objects]
        print(f"replies kept apart, {name}: {len(told):,}, heavy enough to be read {100 * sum(told) / len(told):.1f} %")
    if chosen.write:
        weights = drawn(every)
        (data_dir("policies") / "fr" / "stop-8-weights.toml").write_text(written(weights), "utf-8")
        print(f"written: {len(weights.of):,} weights")


def examples() -> list[Example]:
    """The replies at hand, in an order that mixes them."""
    words, chance = shipped_words(), random.Random(5)
    told = [
        *((text, True) for name in ("objections", "doubtful", "indirect") for text in texts(name)),
        *((text, False) for name in ("ordinary", "restart_and_help") for text in texts(name)),
        *((text, False) for text in made(chance, _MADE)),
    ]
    found = [Example(tuple(sorted(parts_weighed(text, words))), objects) for text, objects in told]
    chance.shuffle(found)
    return found


def drawn(every: Sequence[Example]) -> Weights:
    """The weights that tell these apart best."""
    said = Counter(part for one in every for part in one.parts)
    known = [([part for part in one.parts if said[part] >= _OFTEN], one.objects) for one in every]
    of: dict[str, float] = defaultdict(float)
    moved: dict[str, float] = defaultdict(lambda: 1e-6)
    rest, chance = 0.0, random.Random(1)
    for _ in range(_ROUNDS):
        chance.shuffle(known)
        for parts, objects in known:
            wrong = _likely(rest + sum(of[part] for part in parts)) - objects
            rest -= 0.02 * wrong
            for part in parts:
                slope = wrong + _SHRINK * of[part]
                moved[part] += slope * slope
                of[part] -= _STEP * slope / math.sqrt(moved[part])
    whole = {part: round(_UNIT * weight) for part, weight in of.items()}
    return Weights(
        of={part: weight for part, weight in whole.items() if abs(weight) >= _LEAST},
        rest=round(_UNIT * rest),
        doubts=_DOUBTS,
        each=_EACH,
        clears=_CLEARS,
    )


def _likely(weight: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, weight))))


def written(weights: Weights) -> str:
    """The file of the pack that holds them."""
    numbers = (f"{name} = {getattr(weights, name)}\n" for name in ("rest", "doubts", "each", "clears"))
    lines = (f'"{weight}" = [{_listed(parts)}]\n' for weight, parts in by_weight(weights.of))
    return f"{_HEAD}[weights]\n{''.join(numbers)}\n[weights.of]\n{''.join(lines)}"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(f'"{part}"' for part in parts)


if __name__ == "__main__":
    main()
