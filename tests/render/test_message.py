"""The bytes that leave, read by hand."""

from __future__ import annotations

import email
import quopri
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Encoding
from gateway.domain.errors import RenderFault
from gateway.render.email import compile_email, verp_address
from gateway.render.preview import preview, sample_person
from gateway.render.slots import FORBIDDEN
from tests.render.build import (
    LETTERHEAD,
    MAILTO,
    PERSON,
    TEMPLATES,
    UNSUBSCRIBE,
    letterhead,
    markdown,
    mjml,
    person,
    raw_header,
    raw_headers,
    raw_parts,
)

NEWSLETTER = compile_email(
    markdown(
        'Bonjour {{ given_name|"chère voisine" }} {{ family_name }},\n\nÀ jeudi, à **{{ commune }}** ! 🌿',
        subject="Notre marché 🌿",
    ),
    LETTERHEAD,
    TEMPLATES,
)
WHOLE = NEWSLETTER.variant(NEWSLETTER.elements)
BOTH = pytest.mark.parametrize("encoding", list(Encoding))


def subject_for(subject: str, **changes: object) -> tuple[bytes, str]:
    """The Subject field as it travels, and as it is read."""
    mail = compile_email(markdown(subject=subject), LETTERHEAD, TEMPLATES)
    raw = raw_header(mail.variant(frozenset()).payload(person(**changes), Encoding.EIGHT_BIT), "Subject")
    return raw, str(make_header(decode_header(raw.replace(b"\r\n", b"").decode("ascii"))))


def test_a_table_of_a_volunteer_is_a_table_to_look_at_and_lines_to_read() -> None:
    body = "Où nous trouver :\n\n| Lieu | Heure |\n|---|---|\n| Lavoir | 19 h |\n\nÀ jeudi."
    mail = compile_email(markdown(body), LETTERHEAD, TEMPLATES)
    text, html = (part.decode() for part in raw_parts(mail.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT)))
    assert "Lieu · Heure\r\nLavoir · 19 h" in text and "|" not in text.partition("Où nous trouver")[2]
    shown = " ".join(html.split()).partition("Où nous trouver")[2].partition("Lavoir")[0]
    assert '<table style="border-collapse: collapse' in shown and "border: 1px solid" in shown


def test_the_smallest_heading_an_author_may_write_still_is_one() -> None:
    mail = compile_email(markdown("#### Où\n\nAu lavoir."), LETTERHEAD, TEMPLATES)
    html = raw_parts(mail.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT))[1].decode()
    assert ">Où</h3>" in html


@BOTH
def test_one_click_addresses_travel_verbatim_and_are_folded_only_at_their_comma(encoding: Encoding) -> None:
    payload = WHOLE.payload(PERSON, encoding)
    assert raw_header(payload, "List-Unsubscribe") == f"<{UNSUBSCRIBE}>,\r\n <{MAILTO}>".encode()
    assert raw_header(payload, "List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"


def test_a_very_long_one_click_address_is_never_encoded_nor_broken() -> None:
    url = f"https://valbourg.example/o/{'A' * 350}"
    payload = WHOLE.payload(person(unsubscribe_url=url, unsubscribe_mailto=""), Encoding.QUOTED_PRINTABLE)
    assert raw_header(payload, "List-Unsubscribe") == f"<{url}>".encode()


def test_every_header_a_mailbox_provider_asks_for_is_there_once() -> None:
    payload = WHOLE.payload(PERSON, Encoding.EIGHT_BIT)
    assert raw_header(payload, "To") == b"zoe@example.org"
    assert raw_header(payload, "Reply-To") == b"bonjour@valbourg.example"
    assert raw_header(payload, "Date") == b"Mon, 02 Mar 2026 09:30:00 +0000"
    assert raw_header(payload, "Message-ID") == b"<2a.0011223344@valbourg.example>"
    assert raw_header(payload, "List-Id").endswith(b"<lettre.valbourg.example>")
    assert raw_header(payload, "From").endswith(b"<lettre@valbourg.example>")
    assert raw_header(payload, "Content-Language") == b"fr"
    campaign, kind, sender = raw_header(payload, "Feedback-ID").split(b":")
    assert (campaign, kind) == (b"valbourg-1", b"campaign")
    assert 5 <= len(sender) <= 15
    names = [field.partition(b":")[0].lower() for field in raw_headers(payload)]
    assert len(names) == len(set(names))
    assert b"auto-submitted" not in names


@pytest.mark.parametrize("message_class", [MessageClass.RIGHTS, MessageClass.ACKNOWLEDGEMENT, MessageClass.CONFIRMATION])
def test_whoever_answers_the_answer_to_her_request_reaches_the_team(message_class: MessageClass) -> None:
    """What she wrote back about her receipt, or about our answer, went to the address that newsletters come from."""
    told = compile_email(markdown(), LETTERHEAD, TEMPLATES, message_class)
    assert raw_header(told.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT), "Reply-To") == b"bonjour@valbourg.example"
    silent = compile_email(markdown(), letterhead(reply_to=""), TEMPLATES, message_class)
    names = [field.partition(b":")[0] for field in raw_headers(silent.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT))]
    assert b"Reply-To" not in names


def test_complaint_addresses_are_given_when_the_team_has_one_and_name_nobody() -> None:
    mail = compile_email(markdown(), letterhead(cfbl_address="fbl@valbourg.example"), TEMPLATES)
    payload = mail.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT)
    assert raw_header(payload, "CFBL-Address") == b"fbl@valbourg.example; report=arf"
    assert raw_header(payload, "CFBL-Feedback-ID") == b"2a.0011223344"


@BOTH
def test_lines_fit_what_mail_servers_take(encoding: Encoding) -> None:
    longest = "é" * 190
    stretched = person(values=dict.fromkeys(PERSON.values, longest), origin_sentence=longest)
    limit = {Encoding.EIGHT_BIT: 998, Encoding.QUOTED_PRINTABLE: 76}[encoding]
    payload = WHOLE.payload(stretched, encoding)
    head, _, body = payload.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= limit
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert payload.count(b"\n") == payload.count(b"\r\n") == payload.count(b"\r")
    assert head.isascii()


def test_both_encodings_say_exactly_the_same() -> None:
    eight = raw_parts(WHOLE.payload(PERSON, Encoding.EIGHT_BIT))
    quoted = raw_parts(WHOLE.payload(PERSON, Encoding.QUOTED_PRINTABLE))
    for plain, coded in zip(eight, quoted, strict=True):
        assert quopri.decodestring(coded.replace(b"\r\n", b"\n")) == plain.replace(b"\r\n", b"\n")
        assert all(32 <= byte < 127 or byte in b"\r\n" for byte in coded)


@BOTH
def test_the_standard_parser_reads_what_was_written(encoding: Encoding) -> None:
    parsed = email.message_from_bytes(WHOLE.payload(PERSON, encoding), policy=policy.default)
    assert parsed.defects == []
    assert parsed["Subject"] == "Notre marché 🌿"
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Bonjour Zoé Lœuf,\n\nÀ jeudi, à Saint-Exemple ! 🌿\n" in plain.get_content().replace("\r\n", "\n")
    assert "Bonjour Zoé Lœuf," in " ".join(html.get_content().split())


@BOTH
def test_the_same_message_is_the_same_bytes(encoding: Encoding) -> None:
    again = compile_email(
        markdown(
            'Bonjour {{ given_name|"chère voisine" }} {{ family_name }},\n\nÀ jeudi, à **{{ commune }}** ! 🌿',
            subject="Notre marché 🌿",
        ),
        LETTERHEAD,
        TEMPLATES,
    )
    later = again.variant(frozenset())
    assert later.payload(PERSON, encoding) != WHOLE.payload(PERSON, encoding)
    assert again.variant(again.elements).payload(PERSON, encoding) == WHOLE.payload(PERSON, encoding)


def test_a_name_made_of_html_is_shown_as_text() -> None:
    hostile = person(values={"given_name": '<script>alert("x")</script>', "family_name": "</td><!--", "commune": "&nbsp;"})
    text, html = raw_parts(WHOLE.payload(hostile, Encoding.EIGHT_BIT))
    assert b'Bonjour <script>alert("x")</script> </td><!--,' in text
    assert b"<script" not in html
    assert b"</td><!--" not in html
    assert escape('<script>alert("x")</script>').encode() in html
    assert b"&amp;nbsp;" in html


def test_a_name_that_looks_like_a_placeholder_is_never_read_again() -> None:
    text, _ = raw_parts(WHOLE.payload(person(values={"given_name": "{{ commune }}", "commune": "Ailleurs"}), Encoding.EIGHT_BIT))
    assert b"Bonjour {{ commune }} ," in text


def test_a_missing_name_takes_the_authors_words_and_the_draft_tells_which_have_none() -> None:
    text, html = raw_parts(WHOLE.payload(person(values={"given_name": ""}), Encoding.EIGHT_BIT))
    assert "Bonjour chère voisine".encode() in text
    assert "Bonjour chère voisine" in " ".join(html.decode().split())
    assert NEWSLETTER.bare_placeholders == {"family_name", "commune"}


INJECTIONS = ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u202eb", "a\ue000" + "0\ue001", "a\x85b"]


@BOTH
@pytest.mark.parametrize("hostile", INJECTIONS)
@pytest.mark.parametrize(
    "field", ["address", "origin_sentence", "unsubscribe_url", "unsubscribe_mailto", "why_url", "message_ref"]
)
def test_no_field_of_a_person_can_begin_a_header_or_a_line(field: str, hostile: str, encoding: Encoding) -> None:
    good = getattr(PERSON, field)
    for value in (hostile, good + hostile[1:]):
        with pytest.raises(RenderFault):
            WHOLE.payload(person(**{field: value}), encoding)


@pytest.mark.parametrize("hostile", [*INJECTIONS, "a\ud800b"])
def test_no_name_can_begin_a_header_or_a_line(hostile: str) -> None:
    mail = compile_email(markdown("Bonjour", subject="{{ given_name }}, bonjour"), LETTERHEAD, TEMPLATES)
    for variant in (WHOLE, mail.variant(frozenset())):
        with pytest.raises(RenderFault, match="given_name"):
            variant.payload(person(values={"given_name": hostile}), Encoding.EIGHT_BIT)


@pytest.mark.parametrize(
    "address", ["a@b.example, c@d.example", "a b@c.example", "<a@b.example>", "a@b.example>", "", "é@b.example", "a@b@c"]
)
def test_a_message_has_one_recipient(address: str) -> None:
    with pytest.raises(RenderFault, match="address"):
        WHOLE.payload(person(address=address), Encoding.EIGHT_BIT)


@pytest.mark.parametrize(
    "url",
    ["http://valbourg.example/o/x", "javascript:x", 'https://a.example/"><b>', "https://a b.example", "", "https://é.example"],
)
def test_personal_links_are_https(url: str) -> None:
    with pytest.raises(RenderFault, match="unsubscribe_url"):
        WHOLE.payload(person(unsubscribe_url=url), Encoding.EIGHT_BIT)


@pytest.mark.parametrize(
    "mailto",
    ["mailto:?subject=stop", "stop@valbourg.example", "https://valbourg.example", "mailto:a@b.example>, <mailto:c@d.example"],
)
def test_an_unsubscribe_address_is_one_whole_mailto(mailto: str) -> None:
    with pytest.raises(RenderFault, match="unsubscribe_mailto"):
        WHOLE.payload(person(unsubscribe_mailto=mailto), Encoding.EIGHT_BIT)


def test_trial_mode_may_serve_its_links_on_this_machine_only() -> None:
    served = "http://127.0.0.1:8000/o/abc"
    assert served.encode() in WHOLE.payload(person(unsubscribe_url=served), Encoding.EIGHT_BIT)
    with pytest.raises(RenderFault):
        WHOLE.payload(person(unsubscribe_url="http://127.0.0.1.evil.example/o/abc"), Encoding.EIGHT_BIT)


def test_a_naive_date_is_refused() -> None:
    with pytest.raises(RenderFault, match="fuseau"):
        WHOLE.payload(person(at=datetime(2026, 3, 2)), Encoding.EIGHT_BIT)  # noqa: DTZ001 - naive on purpose


@BOTH
def test_an_endless_name_is_refused(encoding: Encoding) -> None:
    with pytest.raises(RenderFault, match="trop long"):
        WHOLE.payload(person(values={"given_name": "a" * 401}), encoding)
    with pytest.raises(RenderFault, match="trop long"):
        WHOLE.payload(person(values={"given_name": '"' * 100}), encoding)


@BOTH
def test_a_name_cannot_forge_the_end_of_a_part(encoding: Encoding) -> None:
    boundary = raw_header(WHOLE.payload(PERSON, encoding), "Content-Type").rpartition(b"boundary=")[2].strip(b'"').decode()
    forged = person(values={"given_name": f"--{boundary}--"})
    if encoding is Encoding.EIGHT_BIT:
        with pytest.raises(RenderFault, match="limite"):
            WHOLE.payload(forged, encoding)
    else:
        assert f"--{boundary}--".encode() in quopri.decodestring(raw_parts(WHOLE.payload(forged, encoding))[0])


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("Bonjour", "Bonjour"),
        ("Été 🌿 " * 20, ("Été 🌿 " * 20).strip()),
        ("a =?utf-8?q?b?= c", "a =?utf-8?q?b?= c"),
        ("mot " * 35, ("mot " * 35).strip()),
        ("deux  espaces " + "x" * 80, "deux  espaces " + "x" * 80),
        ("{{ given_name }}, 🌿 « été »", "Zoé, 🌿 « été »"),
        ("{{ given_name }}", "Zoé"),
    ],
)
def test_subjects_are_read_as_they_were_written(subject: str, read: str) -> None:
    raw, shown = subject_for(subject)
    assert shown == read
    for line in raw.split(b"\r\n"):
        assert len(line) <= 78
    for word in raw.split():
        if word.startswith(b"=?"):
            assert len(word) <= 75


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Camille Martin", b"Camille Martin <lettre@valbourg.example>"),
        ('Martin, "Cam" \\ Co', b'"Martin, \\"Cam\\" \\\\ Co" <lettre@valbourg.example>'),
        ("Élu·e", b"=?utf-8?q?=C3=89lu=C2=B7e?= <lettre@valbourg.example>"),
    ],
)
def test_display_names_are_quoted_or_encoded_as_they_need(name: str, written: bytes) -> None:
    mail = compile_email(markdown(), letterhead(sender_name=name), TEMPLATES)
    assert raw_header(mail.variant(frozenset()).payload(PERSON, Encoding.EIGHT_BIT), "From") == written


printable = st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda name: not FORBIDDEN.search(name))


@settings(max_examples=150, deadline=None)
@given(given_name=printable, family_name=printable)
def test_any_name_comes_back_as_it_went_in(given_name: str, family_name: str) -> None:
    mail = SUBJECT_AND_BODY.variant(frozenset())
    someone = person(values={"given_name": given_name, "family_name": family_name})
    for encoding in Encoding:
        payload = mail.payload(someone, encoding)
        parts = raw_parts(payload)
        if encoding is Encoding.QUOTED_PRINTABLE:
            assert max(map(len, payload.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
            parts = quopri.decodestring(parts[0]), quopri.decodestring(parts[1])
        assert f"[{given_name or 'vous'}|{family_name}]" in parts[0].decode()
        assert f"[{given_name or 'vous'}|{family_name}]" in unescape(parts[1].decode())
        raw = raw_header(payload, "Subject")
        coded = b"".join(raw.split(b"\r\n")).decode("ascii")
        assert str(make_header(decode_header(coded))) == f"é{given_name}|{family_name}é"


SUBJECT_AND_BODY = compile_email(
    markdown('[{{ given_name|"vous" }}|{{ family_name }}]', subject="é{{ given_name }}|{{ family_name }}é"), LETTERHEAD, TEMPLATES
)


def test_return_paths_carry_their_token_and_nothing_else() -> None:
    assert verp_address("bounce.valbourg.example", "abc234") == "b+abc234@bounce.valbourg.example"
    assert LETTERHEAD.return_paths()("abc234") == "b+abc234@valbourg.example"
    assert letterhead(bounce_domain="r.valbourg.example").return_paths()("abc234") == "b+abc234@r.valbourg.example"
    with pytest.raises(RenderFault):
        verp_address("bounce.example", "a\r\nb")


def test_the_text_part_says_what_the_html_says() -> None:
    body = "# Titre\n\nUn [lien](https://a.example/x), un <b@a.example>.\n\n- un\n- deux\n  1. dix\n  2. onze\n\n> cité\n\n![Le marché](https://a.example/a.png)\n\n---\n\nfin"
    text = compile_email(markdown(body), LETTERHEAD, TEMPLATES).text
    assert text.split("\n") == [
        "Titre",
        "",
        "Un lien (https://a.example/x), un b@a.example.",
        "",
        "- un",
        "- deux",
        "  1. dix",
        "  2. onze",
        "",
        "> cité",
        "",
        "[Le marché]",
        "",
        "--------------------",
        "",
        "fin",
    ]


def test_an_mjml_message_keeps_its_columns_and_its_words() -> None:
    mail = compile_email(
        mjml("<mj-text><p>Bonjour {{ given_name }}</p></mj-text></mj-column><mj-column><mj-text>deux</mj-text>"),
        LETTERHEAD,
        TEMPLATES,
    )
    _, text, html = mail.variant(frozenset()).shown(PERSON)
    assert ".mj-column-per-50" in html
    assert "<!--[if mso | IE]>" in html
    assert "fonts.googleapis" not in html
    assert text.split("\n") == ["Bonjour Zoé", "", "deux", ""]


def test_what_a_scanner_reads_is_the_body_alone_with_placeholders_as_written() -> None:
    assert NEWSLETTER.text.startswith("Bonjour {{ given_name }} {{ family_name }},")
    assert "CNIL" not in NEWSLETTER.html


def test_a_preview_is_the_message_of_an_invented_person_with_links_that_lead_nowhere_real() -> None:
    link = "https://valbourg.example/apercu"
    sample = sample_person("fr", at=PERSON.at, link=link)
    shown = preview(NEWSLETTER, NEWSLETTER.elements, sample)
    assert "Bonjour Zoé Exemple," in shown.text
    assert shown.subject == "Notre marché 🌿"
    assert shown.html.count(link) == 4
    assert shown.raw == WHOLE.payload(sample, Encoding.QUOTED_PRINTABLE)
