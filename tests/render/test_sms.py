"""Text messages: what they carry, what they cost, and what does not leave."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.channel import Encoding
from gateway.domain.contact import OriginKind
from gateway.domain.errors import InvalidContent, RenderFault
from gateway.render.segments import segments
from gateway.render.sms import CompiledSms, SmsContent, SmsHead, compile_sms
from tests.render.build import TEMPLATES, TOKEN, person

FIRST = frozenset({"sender-identity", "campaign-mention", "election", "origin", "notice-link", "stop-mention", "validity-period"})
LATER = frozenset({"sender-identity", "stop-mention", "validity-period"})
HEAD = SmsHead(
    language="fr",
    name="C. Martin",
    election="municipales",
    sender="36000",
    stop_number="36000",
    links_at="https://valbourg.example",
    notice_url="https://valbourg.example/i",
    can_expire=True,
)
ZOE = person(address="+33639980012", origin_kind=OriginKind.PAPER_FORM)


def compiled(text: str = "Réunion jeudi à 19h, {{ commune }}.", *, simplify: bool = False, **head: Any) -> CompiledSms:
    return compile_sms(SmsContent(text=text, simplify=simplify), replace(HEAD, **head), TEMPLATES)


def test_the_first_text_says_who_which_campaign_where_the_number_comes_from_where_to_read_on_and_how_to_stop() -> None:
    text = compiled().variant(FIRST).shown(ZOE)
    assert text == (
        "C. Martin, campagne municipales: Réunion jeudi à 19h, Saint-Exemple."
        " Num: formulaire. Infos https://valbourg.example/i STOP au 36000"
    )
    assert segments(text).parts == 1


def test_a_later_text_says_who_and_how_to_stop() -> None:
    assert compiled().variant(LATER).shown(ZOE) == "C. Martin: Réunion jeudi à 19h, Saint-Exemple. STOP au 36000"


def test_what_leaves_is_utf_8_and_the_same_for_the_same_person() -> None:
    variant = compiled().variant(LATER)
    assert variant.payload(ZOE, Encoding.EIGHT_BIT) == variant.shown(ZOE).encode()
    assert variant.payload(ZOE) == variant.payload(ZOE)


def test_without_a_short_code_each_text_carries_a_link_of_its_own() -> None:
    text = compiled(stop_number="", sender="VALBOURG").variant(LATER).shown(ZOE)
    assert text.endswith(f" Stop {ZOE.unsubscribe_url}")
    assert TOKEN in text


@pytest.mark.parametrize(
    ("head", "gone"),
    [
        ({"election": ""}, {"election", "campaign-mention"}),
        ({"notice_url": ""}, {"notice-link"}),
        ({"can_expire": False}, {"validity-period"}),
    ],
)
def test_what_the_settings_give_no_words_for_is_not_offered_and_a_verdict_that_asks_for_it_is_a_refusal(head, gone) -> None:
    sms = compiled(**head)
    assert FIRST - sms.elements == gone
    with pytest.raises(RenderFault, match="ne peut pas porter"):
        sms.variant(FIRST)


def test_what_a_text_never_offers_refuses_a_targeted_one_and_a_request_for_consent() -> None:
    assert not {"targeting-notice", "consent-question", "no-answer-no-mail"} & compiled().elements


def test_an_origin_that_cannot_be_said_in_four_words_stops_the_text() -> None:
    with pytest.raises(RenderFault, match="origine du numéro"):
        compiled().variant(FIRST).payload(person(origin_kind=None))
    with pytest.raises(RenderFault, match="origine du numéro"):
        compiled().variant(FIRST).payload(person(origin_kind=OriginKind.RENTED_FILE))


def test_a_text_too_long_with_its_notices_is_refused_to_its_author_with_the_cure() -> None:
    with pytest.raises(InvalidContent, match=r"prend 2 parties ; 1 au plus .*« ê »") as refused:
        compiled("Nous vous attendons à la grande fête de la commune ce jeudi soir")
    assert "raccourcissez-le" in str(refused.value)
    assert compiled("Nous vous attendons à la grande fête de la commune ce jeudi soir", simplify=True).variant(LATER)


def test_a_text_that_fits_later_but_not_with_the_notices_of_a_first_one_is_kept_from_those_who_never_had_one() -> None:
    sms = compiled("a" * 100)
    assert sms.variant(LATER)
    with pytest.raises(RenderFault, match="prend 2 parties"):
        sms.variant(FIRST)
    assert compiled("a" * 100, parts_max=2).variant(FIRST)


def test_a_name_too_long_for_the_part_gives_way_to_the_words_without_a_name() -> None:
    variant = compiled('Bonjour {{ given_name|"à vous" }}, ' + "a" * 100).variant(LATER)
    assert "Bonjour Zoé," in variant.shown(ZOE)
    assert "Bonjour à vous," in variant.shown(person(values={"given_name": "Anne-Charlotte-Marie-Apolline"}))


def test_a_letter_of_a_name_never_doubles_the_price_in_silence() -> None:
    """Zoë's ë would take the text out of the alphabet: one part would become two."""
    text = 'Bonjour {{ given_name|"à vous" }}, ' + "a" * 90
    zoe = person(values={"given_name": "Zoë"})
    assert "Bonjour à vous," in compiled(text).variant(LATER).shown(zoe)
    assert "Bonjour Zoe," in compiled(text, simplify=True).variant(LATER).shown(zoe)


def test_room_is_what_the_words_may_still_take() -> None:
    sms = compiled("x")
    for duties in (FIRST, LATER):
        room = sms.room(duties)
        assert compiled("a" * room, parts_max=9).measure(duties).parts == 1
        assert compiled("a" * (room + 1), parts_max=9).measure(duties).parts == 2


def test_room_for_words_that_hold_an_emoji_is_that_of_such_words() -> None:
    """« Place : 126 » beside a text of 40 signs that fills its part let its author go on writing, and it did not leave."""
    room = compiled("Fête").room(LATER)
    assert compiled("ê" * room, parts_max=9).measure(LATER).parts == 1
    assert compiled("ê" * (room + 1), parts_max=9).measure(LATER).parts == 2
    assert compiled("Fête", simplify=True).room(LATER) == compiled("x").room(LATER)


def test_accents_typed_as_signs_of_their_own_are_the_letters_they_make_and_cost_no_more() -> None:
    """What a Mac copies from a PDF: e, then an accent. It is no other text, and nobody has to choose --simplify for it."""
    apart = unicodedata.normalize("NFD", "Réunion à 18 h : très vite")
    sms = compiled(apart, name=unicodedata.normalize("NFD", "C. Rémy"))
    told = sms.variant(FIRST).shown(ZOE)
    assert "C. Rémy, campagne municipales: Réunion à 18 h" in told and "très vite" in told
    assert segments(told).parts == sms.measure(FIRST).parts == 1
    assert sms.proposal.text == sms.text and not sms.proposal.changes


def test_the_proposal_is_of_the_words_of_the_author_and_changes_nothing_by_itself() -> None:
    sms = compiled("Fête jeudi")
    assert sms.proposal.text == "Fete jeudi"
    assert "Fête jeudi" in sms.variant(LATER).shown(ZOE)


def test_an_author_is_not_told_to_write_without_a_sign_that_stands_in_the_settings() -> None:
    """Odile wrote « Débat jeudi… » for François, and was told to write without « ç »."""
    with pytest.raises(InvalidContent) as refused:
        compiled("Débat jeudi au lavoir, venez en parler avec nous, tous !", name="François de La Rochefoucauld")
    said = str(refused.value).replace("\u00a0", " ").replace("\u202f", " ")
    assert "écrivez sans" not in said and "« ç », dans sms.name ou sms.election" in said and "--simplify" in said
    with pytest.raises(InvalidContent, match="écrivez sans"):
        compiled("Fête jeudi au lavoir, venez en parler avec nous, tous, tous !")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("  ", "il est vide"),
        ("a" * 1_001, "1000 caractères au plus"),
        ("Bonjour {{ ville }}", "champ inconnu « ville »"),
        ("Bonjour {% if %}", "n’est pas un champ"),
        ("Voir http://valbourg.example", "https://"),
        ("Bonjour \u202evous", "caractère invisible"),
    ],
)
def test_words_that_must_not_leave_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidContent, match=why):
        compiled(text)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ({"name": " "}, "qui parle"),
        ({"stop_number": "STOP"}, "numéro court"),
        ({"notice_url": "http://valbourg.example"}, "https://"),
        ({"name": "a\nb"}, "retour à la ligne"),
        ({"parts_max": 0}, "une partie au moins"),
    ],
)
def test_a_head_that_cannot_stand_in_a_text_is_refused(head, why: str) -> None:
    with pytest.raises(RenderFault, match=why):
        compiled(**head)


def test_what_recipients_read_decides_the_hash() -> None:
    same = compiled().content_hash
    assert compiled().content_hash == same
    assert compiled(simplify=True).content_hash != same
    assert compiled(stop_number="36001").content_hash != same
    assert compiled("Autre texte").content_hash != same


def test_a_damaged_file_of_notices_is_named(tmp_path) -> None:
    folder = tmp_path / "notices" / "sms"
    folder.mkdir(parents=True)
    (folder / "fr.toml").write_text('[opening]\nlater = "x"\n', encoding="utf-8")
    with pytest.raises(RenderFault, match=r"fr\.toml : il manque opening\.first"):
        compile_sms(SmsContent(text="Bonjour"), HEAD, tmp_path)
