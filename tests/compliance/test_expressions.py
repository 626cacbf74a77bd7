"""Expressions of a pack are compiled when a text needs them, and find what they would find as one expression."""

from __future__ import annotations

import re
from itertools import product

import pytest

from gateway.compliance.expressions import Way, Ways, any_of, fault_of, first_match, merged, needed

TEXTS = ["".join(letters) for length in range(6) for letters in product("abc", repeat=length)]


def spans(found: re.Match[str] | None) -> tuple[int, int] | None:
    return found and found.span()


@pytest.mark.parametrize(
    "alternatives",
    [
        ("[b][c]", "[a][b]", "[b]"),  # the one that begins first, though named later
        ("[a]", "[a][b]", "[a][b][c]"),  # of those that begin together the one named first, though shorter
        (r"\A[c]", r"(?<![a])[b]", r"[a](?=[c])"),
        ("[a]*[b]", "(?:[b]|[c]){2}", "[c]?[a]"),
    ],
)
def test_alternatives_are_found_where_one_expression_of_them_all_finds_them(alternatives: tuple[str, ...]):
    whole = re.compile("|".join(f"(?:{one})" for one in alternatives))
    ways = Ways(Way(one, needed(one, "c")) for one in alternatives)
    for text in TEXTS:
        possible = [ways.every[place] for place in ways.possible(text)]
        assert spans(first_match(possible, text)) == spans(whole.search(text)), text
        assert [found.span() for found in ways.matches(text)] == [found.span() for found in whole.finditer(text)], text


@pytest.mark.parametrize(
    ("said", "all_of"),
    [
        ("[a][bc]", ("a", "bc")),
        ("[ab]?[c]+", ("c",)),
        ("(?:[a]|[b][c])", ("ab",)),  # of each alternative its rarest; c is said to be common
        ("(?:[a]|[b]?)", ()),
        ("(?:[a][b]){0,2}[c]", ("c",)),
        ("(?![a])[^b](?<![b])[c]", ("c",)),
        ("[a](?=[b])", ("a", "b")),
    ],
)
def test_a_text_must_have_a_letter_of_each_word_that_cannot_be_left_out(said: str, all_of: tuple[str, ...]):
    needs = needed(said, "c")
    assert {"".join(sorted(one)) for one in needs} == set(all_of)
    for text in TEXTS:
        if re.search(merged(said), text):
            assert all(set(text) & one for one in needs), text
    assert any_of([needs, ()]) == frozenset()  # nothing can be told of the other


def test_what_cannot_be_compiled_is_known_without_compiling_what_classes_hold():
    parts = ("[a]", "[bc]", "(?:", ")", "|", "?", "{2,1}", "{1,2}", "(?<!", r"(?:\A|(?<=[.]))")
    for said in ("".join(several) for length in range(1, 5) for several in product(parts, repeat=length)):
        try:
            re.compile(said)
        except re.error:
            assert fault_of(said), said
        else:
            assert fault_of(said) == "", said
    assert fault_of("(?<![a]|[b][c])") and fault_of("(?<=(?:[a]|[b]))[c]") == ""
