"""French of mails and pages keeps its signs on the line of their word; texts keep the alphabet of telephones."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.render.origin import origin_sentence
from gateway.render.typography import typeset
from tests.render.build import TEMPLATES

READ = [
    *(TEMPLATES / "public").glob("*.html"),
    *(TEMPLATES / "notices" / "email").glob("fr.*"),
    *(TEMPLATES / "letters").glob("*.fr.toml"),
    *(TEMPLATES / name for name in ("rights/copy.html", "notices/form/fr.toml", "wordings/fr.toml")),
]
TEXTS = [TEMPLATES / "notices" / "sms" / "fr.toml", *(TEMPLATES / "letters" / "sms").glob("*.fr.toml")]


def written(path: Path) -> str:
    """What a template says, without the remarks of those who wrote it."""
    return "\n".join(line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_no_sign_of_a_mail_or_a_page_is_parted_from_its_word(path: Path) -> None:
    text = written(path)
    assert text == typeset(text)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_texts_have_no_space_that_doubles_their_price(path: Path) -> None:
    assert not {"\u00a0", "\u202f"} & set(written(path))


def test_sentences_are_set_where_they_are_made_and_addresses_and_code_stay_as_they_are() -> None:
    assert typeset("Voici : « oui » ; non ? 20 %, 3 €.") == (
        "Voici\u00a0: «\u00a0oui\u00a0»\u00a0; non\u00a0? 20\u00a0%, 3\u00a0€."
    )
    for kept in ("https://valbrume.example/?a=1&b=2", "p { color: red }", "camille@exemple.fr:25", "10:30"):
        assert typeset(kept) == kept
    assert origin_sentence("la liste : 2026", None, "fr") == "D’où viennent vos coordonnées\u00a0: la liste\u00a0: 2026."
    assert origin_sentence("the list : 2026", None, "en") == "Where your contact details come from: the list : 2026."
