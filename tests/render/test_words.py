"""What somebody of the team writes to one person, in a letter: her paragraphs, whole, on lines that every mail server takes."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Encoding
from gateway.domain.errors import RenderFault
from gateway.render.email import Single, compile_email
from gateway.render.words import check_words, tidy
from tests.render.build import TEMPLATES, letterhead, markdown, person

LETTER = compile_email(
    markdown("Bonjour,\n\n**La raison :** {{ why }}\n\nBien à vous"),
    letterhead(),
    TEMPLATES,
    MessageClass.RIGHTS,
    Single(fields=("why",)),
)
VARIANT = LETTER.variant(frozenset())
BOTH = pytest.mark.parametrize("encoding", list(Encoding))
ANSWER = (
    "Nous avons relu votre demande, et les trois dossiers que vous citez.\n\n"
    + "Le premier ne vous nomme pas ; le deuxième appartient à d’autres <que nous> & nous ne pouvons pas vous le donner. " * 9
    + "\n\nCamille"
)


class _Seen(HTMLParser):
    """Words as a browser shows them, with the breaks of the writer."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = [""]

    def handle_data(self, data: str) -> None:
        self._lines[-1] += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self._lines.append("")

    def text(self) -> str:
        return "\n".join(" ".join(line.split()) for line in self._lines)


def read(words: str, encoding: Encoding) -> tuple[str, str]:
    """Both parts of the letter, as a mail program reads them; no line of it is too long."""
    payload = VARIANT.payload(person(values={"why": words}), encoding)
    assert max(map(len, payload.split(b"\r\n"))) <= 998 and b"\n" not in payload.replace(b"\r\n", b"")
    mail = message_from_bytes(payload, policy=policy.default)
    text, html = mail.iter_parts()
    assert isinstance(text, EmailMessage) and isinstance(html, EmailMessage)
    seen = _Seen()
    seen.feed(html.get_content())
    return text.get_content(), seen.text()


@BOTH
def test_a_long_answer_arrives_whole_with_its_paragraphs(encoding: Encoding) -> None:
    text, html = read(tidy(ANSWER), encoding)
    reason, *others, _ = [" ".join(paragraph.split()) for paragraph in text.replace("\r\n", "\n").split("\n\n")][1:]
    assert [reason.removeprefix("La raison : "), *others] == tidy(ANSWER).split("\n\n")
    assert tidy(ANSWER) in html


@BOTH
@given(words=st.lists(st.text('aé’<&" 😀', max_size=120), max_size=12).map("\n".join).map(tidy))
def test_whatever_is_written_is_what_is_read(encoding: Encoding, words: str) -> None:
    text, html = read(words, encoding)
    assert " ".join(words.split()) in " ".join(text.split())
    assert words in html


def test_paragraphs_are_parted_by_one_blank_line_whoever_typed_them() -> None:
    assert tidy(" Bonjour ,\r\n\r\n\r\n \nvoici\tle texte\u2028suite\n\n") == "Bonjour ,\n\nvoici le texte\nsuite"
    assert tidy(tidy(ANSWER)) == tidy(ANSWER)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("voir https://exemple.example/" + "a" * 400, "trop long"),
        ("'" * 70, "trop long"),  # six characters each in HTML
        ("à lire \u202ede droite à gauche", "recopiez le texte"),
        ("un\x00octet nul", "recopiez le texte"),
        ("mot " * 15_001, "raccourcissez"),
    ],
)
def test_words_that_no_letter_can_carry_are_refused_with_what_to_do(words: str, why: str) -> None:
    with pytest.raises(RenderFault, match=why):
        check_words("text", words)
