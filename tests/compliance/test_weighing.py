"""What words weigh beside the patterns: who is read though no pattern knows her words, and who is spared a vague doubt."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.compliance.reading import Faults, parse_toml
from gateway.compliance.weighing import Weights, parts_of, read_weights
from gateway.compliance.wording import Reading, parts_weighed, read_reply
from gateway.domain.reply import Intent
from tests.compliance.builders import shipped

INDIRECT = Path(__file__).parents[1] / "replies" / "indirect.jsonl"


def read(text: str) -> Reading:
    return read_reply(text, shipped().reply_words)


def weighing(**weights: int) -> Weights:
    """Weights of three words, and from where on they decide."""
    of = {"sms": 8, "votre": 4, "votre sms": 6, "reunion": -30}
    return Weights(
        of=of, rest=1, doubts=weights.get("doubts", 15), each=weights.get("each", 0), clears=weights.get("clears", -20)
    )


def faults_of(text: str) -> list[str]:
    faults = Faults()
    read_weights(parse_toml(text, "stop.toml", faults))
    return faults.lines


def test_words_are_weighed_one_by_one_and_in_pairs_and_figures_are_all_one():
    assert parts_of(["votre", "12", ".", "sms"], "ab.c") == {
        "votre", "0", ".", "sms", "< votre", "votre 0", "0 .", ". sms", "sms >",
    }  # fmt: skip


def test_a_word_that_is_only_part_of_another_is_not_weighed_and_one_set_aside_says_nothing_of_itself():
    assert parts_of(["ne veux", "", "sms"], "ab#") == {"ne", "#", "< ne", "ne #", "# >"}


def test_a_reply_weighs_what_its_words_do_and_the_heaviest_are_named():
    parts = parts_of(["votre", "sms"], "ab")
    assert weighing().weigh(parts) == 1 + 4 + 8 + 6
    assert weighing().heaviest(parts) == "sms, votre sms, votre"


def test_a_long_reply_must_weigh_more():
    parts = parts_of(["votre", "sms"], "ab")
    assert weighing(each=20).heavy(parts)
    assert not weighing(each=60).heavy(parts)


def test_a_pack_without_weights_decides_nothing_by_them():
    assert not Weights().heavy({"sms"})
    assert not Weights().light({"reunion"})


def test_what_no_pattern_finds_is_read_by_somebody_when_its_words_weigh_enough():
    found = read("Ma patience est à bout")
    assert found.intent is Intent.DOUBTFUL
    assert found.patterns == ("weighed",)


def test_a_vague_doubt_is_none_where_all_words_speak_of_other_things():
    words = shipped().reply_words
    said = "Supprimez mon inscription à l'atelier de mardi, je viens à celui de jeudi à la place"
    assert read(said).intent is Intent.OTHER
    assert read_reply(said, replace(words, weights=Weights())).intent is Intent.DOUBTFUL


@pytest.mark.parametrize(
    "said", ["STOP", "Désinscrivez-moi, et bravo pour la réunion, l'école, la piscine, le marché et le stade"]
)
def test_an_objection_is_one_whatever_its_words_weigh(said: str):
    words = replace(shipped().reply_words, weights=weighing(clears=1_000))
    assert read_reply(said, words).intent is Intent.OBJECTION


def test_whoever_wants_our_messages_is_not_doubted_for_their_weight():
    words = replace(shipped().reply_words, weights=weighing(doubts=-1_000))
    assert read_reply("Continuez, on vous suit", words).intent is Intent.OTHER
    assert read_reply("La fibre arrive enfin", words).intent is Intent.DOUBTFUL


def test_what_is_set_aside_is_not_weighed():
    assert "stop" not in parts_weighed("Le panneau dit stop aux éoliennes", shipped().reply_words)


def test_half_of_what_is_said_without_any_word_for_it_is_read_by_somebody():
    told = [json.loads(line)["text"] for line in INDIRECT.read_text("utf-8").splitlines()]
    found = [read(text).intent for text in told]
    assert found.count(Intent.OBJECTION) + found.count(Intent.DOUBTFUL) >= 0.5 * len(found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[weights]\nrest = "x"\ndoubts = 1\neach = 1\nclears = 1\n[weights.of]', "weights.rest: il faut un nombre entier"),
        (
            '[weights]\nrest = 1\ndoubts = 1\neach = 1\nclears = 1\n[weights.of]\nlourd = ["sms"]',
            "weights.of.lourd: un poids est un nombre entier",
        ),
        (
            '[weights]\nrest = 1\ndoubts = 1\neach = 1\nclears = 1\n[weights.of]\n1 = ["sms"]\n2 = ["sms"]',
            "weights.of.2: « sms » a déjà un autre poids",
        ),
    ],
)
def test_a_fault_in_the_weights_names_its_key(text: str, fault: str):
    assert faults_of(text)[0] == f"stop.toml: {fault}"
