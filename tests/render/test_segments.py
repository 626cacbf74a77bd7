"""How texts are cut into parts. Figures at the edges were held against Twilio's own calculator, on 6,900 texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.render.segments import Alphabet, proposal, segments


@pytest.mark.parametrize(
    ("text", "alphabet", "parts", "left"),
    [
        ("", "gsm-7", 1, 160),
        ("a" * 160, "gsm-7", 1, 0),
        ("a" * 161, "gsm-7", 2, 145),
        ("a" * 306, "gsm-7", 2, 0),
        ("a" * 307, "gsm-7", 3, 152),
        ("a" * 159 + "€", "gsm-7", 2, 145),
        # The escaped sign does not fit into the last place of the first part: it goes whole into the next.
        ("a" * 152 + "€" + "a" * 10, "gsm-7", 2, 141),
        ("é à è ù ì ò Ç Ñ ü ß", "gsm-7", 1, 141),
        ("[{~|\\^}]€", "gsm-7", 1, 142),
        ("ê" + "a" * 69, "ucs-2", 1, 0),
        ("ê" + "a" * 70, "ucs-2", 2, 63),
        ("ê" + "a" * 133, "ucs-2", 2, 0),
        ("ê" + "a" * 134, "ucs-2", 3, 66),
        ("🎉" * 35, "ucs-2", 1, 0),
        ("a" * 66 + "🎉" + "a" * 10, "ucs-2", 2, 55),
        ("ç", "ucs-2", 1, 69),
        ("à\u00a020\u00a0h", "ucs-2", 1, 64),
    ],
)
def test_a_text_is_cut_as_networks_cut_it(text: str, alphabet: str, parts: int, left: int) -> None:
    found = segments(text)
    assert (found.alphabet, found.parts, found.left) == (alphabet, parts, left)


def test_the_characters_that_halve_the_room_are_named_once_each_in_order() -> None:
    assert segments("Fêtons ça, l’équipe « fête » 🎉").outside == ("ê", "ç", "’", "«", "»", "🎉")


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("fête", "fete"),
        ("Noël à Orléans", "Noel à Orléans"),  # à and é are in the alphabet
        ("ça commence", "ca commence"),
        ("ÇA COMMENCE", "ÇA COMMENCE"),
        ("l’œuvre", "l'oeuvre"),
        ("« Bonjour »", '"Bonjour"'),
        ("«\u00a0Bonjour\u00a0»", '"Bonjour"'),
        ("“oui” – non… •", '"oui" - non... -'),
        ("20\u202fh\u00a030", "20 h 30"),
        ("Zoe\u0308", "Zoe"),  # a letter and its accent, apart
        ("é".encode().decode() + "e\u0301", "éé"),
        ("À É Ê Î", "A É E I"),
        ("cœur\u200b", "coeur"),
    ],
)
def test_what_is_proposed_is_what_a_plain_telephone_shows(typed: str, plain: str) -> None:
    assert proposal(typed).text == plain
    assert segments(plain).alphabet is Alphabet.GSM


def test_every_change_is_told_and_what_nothing_stands_for_too() -> None:
    found = proposal("Fêtons ça 🎉")
    assert found.changes == (("ê", "e"), ("ç", "c"))
    assert found.remaining == ("🎉",)


def test_nothing_is_proposed_for_a_text_that_is_plain_already() -> None:
    text = "Réunion à 19h, entrée 5€ [libre]"
    assert proposal(text) == type(proposal(text))(text, (), ())


@given(st.text(max_size=400))
def test_whatever_the_text_parts_hold_all_of_it_and_the_last_one_has_the_room_it_says(text: str) -> None:
    found = segments(text)
    alone, each = (160, 153) if found.alphabet is Alphabet.GSM else (70, 67)
    if found.parts == 1:
        assert found.units + found.left == alone
    else:
        assert found.units > alone
        assert (found.parts - 1) * (each - 1) < found.units <= found.parts * each
        assert 0 <= found.left < each
    assert proposal(proposal(text).text).text == proposal(text).text


def test_what_a_part_leaves_free_before_a_sign_of_two_is_counted_as_too_long():
    """« 0 signe de trop », and the text was refused: the euro sign did not fit into what was left of the first part."""
    found = segments("a" * 152 + "€" + "a" * 152)
    assert (found.units, found.parts, found.over(2)) == (306, 3, 1)
    assert segments("a" * 161).over(1) == 1 and segments("a" * 307).over(2) == 1 and segments("a" * 306).over(2) == 0
