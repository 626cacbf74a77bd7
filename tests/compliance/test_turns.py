"""What is said in several ways is read as one, and short words are known by a slip of the finger: each demand in each of them."""

from __future__ import annotations

from itertools import product

import pytest

from gateway.compliance.expressions import Way
from gateway.compliance.likeness import slips
from gateway.compliance.reading import Faults, parse_toml
from gateway.compliance.turns import Turn, Turns
from gateway.compliance.wording import read_reply
from gateway.compliance.wordreader import read_reply_words
from gateway.domain.reply import Intent
from tests.compliance.builders import LAW, shipped

UNWILLING = (
    "n'ai plus envie de",
    "n'ai aucune envie de",
    "n'ai nul besoin de",
    "n'ai pas la moindre intention de",
    "ne vois pas l'intérêt de",
    "n'accepte plus de",
    "ne tolère pas de",
    "ne suis plus disposée à",
    "ne suis pas d'accord pour",
    "préférerais ne plus",
    "souhaiterais vraiment ne plus",
    "suis lasse de",
    "en ai plus qu'assez de",
    "refuse désormais de",
    "ne veux en aucun cas",
    "ne souhaite aucunement",
)
REFUSED = ("recevoir vos courriels", "recevoir de messages de votre part", "être contactée", "figurer sur vos listes")

TROUBLES = (
    "nous casser les oreilles",
    "me prendre la tête",
    "me faire suer",
    "me tracasser",
    "nous mitrailler de textos",
    "me faire parvenir vos lettres",
    "m'infliger vos messages enregistrés",
)
HALTS = (
    "Arrêtez de {}",
    "Cessez donc de {}",
    "Merci d'arrêter de {}, on n'en peut plus",
    "Je vous demande d'arrêter pour de bon de {}",
)


def intent(text: str) -> Intent:
    return read_reply(text, shipped().reply_words).intent


@pytest.mark.parametrize(("unwilling", "what"), [*product(UNWILLING, REFUSED)])
def test_whoever_does_not_want_says_so_in_many_ways(unwilling, what):
    assert intent(f"Bonjour, je {unwilling} {what}.") is Intent.OBJECTION


@pytest.mark.parametrize(("halt", "trouble"), [*product(HALTS, TROUBLES)])
def test_whatever_we_are_said_to_do_to_her_is_to_stop(halt, trouble):
    assert intent(halt.format(trouble)) is Intent.OBJECTION


@pytest.mark.parametrize(
    "text",
    [
        "Je n'ai aucune envie de voir cette rocade se faire",
        "Je suis lasse de la politique locale",
        "Je ne vois pas l'intérêt de fermer la gare",
        "Mettez fin aux privilèges",
        "Le bruit nous casse les oreilles depuis un an",
        "On préférerait ne plus payer la cantine si cher",
    ],
)
def test_the_same_turns_about_something_else_are_everyday_talk(text):
    assert intent(text) is Intent.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "retirez mii de la liste",
        "Plsu de msg svp",
        "pkus de sms",
        "je ne veux pqs de vos mails",
        "moo aussi, retirez ce nuemro",
        "stlp",
    ],
)
def test_a_finger_that_slipped_on_a_short_word_changes_nothing(text):
    assert intent(text) is Intent.OBJECTION


def test_slips_keep_the_first_letter_and_leave_nothing_out_of_three():
    made = slips("moi", ("azertyuiop", "qsdfghjklm", "wxcvbn"))
    assert {"mio", "mpi", "moii", "moui"} <= made
    assert not {"moi", "mi", "oi", "noi"} & made


def test_her_own_words_stay_where_a_turn_was_written_anew():
    turns = Turns([Turn((Way("abc"),), "xy"), Turn((Way("yd"),), "z"), Turn((Way("q"),), "rst")])
    assert turns.told(["un", "deux", "trois", "quatre"], "abcd") == (["un deux", "trois quatre"], "xz")
    assert turns.told(["seul"], "q") == (["seul", "", ""], "rst")
    assert turns.told(["rien"], "p") == (["rien"], "p")


def test_a_turn_in_words_that_no_pattern_knows_is_a_fault():
    text = "".join(
        (LAW / name).read_text("utf-8") for name in ("stop.toml", "stop-1-whose.toml", "stop-2-keywords.toml", "stop-words.toml")
    )
    faults = Faults()
    read_reply_words(parse_toml(f'{text}\n[[turn]]\nas = "{{stop}}"\nsays = ["assez"]\n', "stop.toml", faults), shipped().sources)
    assert faults.lines == ["stop.toml: turn[0].as: « {stop} » n’est pas un mot"]
