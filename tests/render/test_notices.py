"""Notices: carried when asked, never lost, never hidden by what a campaign writes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Encoding
from gateway.domain.errors import InvalidContent, RenderFault
from gateway.render.cleaning import clean
from gateway.render.email import compile_email
from gateway.render.notices import ELEMENTS, Place
from tests.render.build import LETTERHEAD, PERSON, TEMPLATES, letterhead, markdown, mjml, person, raw_headers

#: A pattern of each element, in French and in English, html and text alike.
WORDS = {
    "political-label": (r"(?<!la )communication politique", r"(?<!the )political communication"),
    "election": ("Élection concernée", "Election concerned"),
    "sponsor": ("Parraineur de cette publicité politique", "Sponsor of this political advertisement"),
    "transparency-link": ("lire l’avis de transparence", "read the transparency notice"),
    "objection-block": ("Vous avez le droit de vous y opposer", "You have the right to object"),
    "sender-identity": ("responsable du traitement de vos données", "controller of your data"),
    "origin": ("Pourquoi ai-je reçu ce message", "Why did I receive this message"),
    "targeting-notice": ("message est ciblé", "message is targeted"),
    "purpose-retention": ("et à rien d’autre", "and nothing else"),
    "rights": ("www.cnil.fr", "www.cnil.fr"),
    "notice-link": ("Lire la notice complète", "Read the full notice"),
    "unsubscribe-link": ("Se désabonner", "Unsubscribe"),
    "consent-question": ("Souhaitez-vous recevoir nos messages de campagne", "Would you like to receive our campaign messages"),
    "no-answer-no-mail": ("vos coordonnées seront supprimées", "your contact details will be deleted"),
}
HEADERS = {"one-click-header": b"List-Unsubscribe-Post:", "list-id": b"List-Id:", "reply-to": b"Reply-To:"}
LANGUAGES = ("fr", "en")


def says(document: str, words: str) -> bool:
    return re.search(words, flat(document), re.IGNORECASE) is not None


def flat(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").lower().split())


def compiled(content=None, message_class=MessageClass.CONSENT_REQUEST, **changes):
    return compile_email(content or markdown("Corps."), letterhead(**changes), TEMPLATES, message_class)


def test_every_element_of_the_closed_list_is_known_here() -> None:
    assert {element.id for element in ELEMENTS} == WORDS.keys() | HEADERS.keys()
    assert {element.id for element in ELEMENTS if element.place is Place.HEADER} == HEADERS.keys()


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("asked", sorted(WORDS.keys() | HEADERS.keys()))
def test_an_element_is_there_if_and_only_if_it_is_a_duty(asked: str, language: int) -> None:
    email = compiled(markdown("Corps.", language=LANGUAGES[language]), language=LANGUAGES[language])
    variant = email.variant(frozenset({asked}))
    _, text, html = variant.shown(PERSON)
    for element, words in WORDS.items():
        assert says(html, words[language]) is (element == asked), element
        assert says(text, words[language]) is (element == asked), element
    names = b"\n".join(raw_headers(variant.payload(PERSON, Encoding.EIGHT_BIT)))
    for element, name in HEADERS.items():
        assert (name in names) is (element == asked), element


@pytest.mark.parametrize(
    ("emptied", "lost"),
    [
        ("transparency_url", {"transparency-link"}),
        ("sponsor", {"sponsor"}),
        ("retention", {"purpose-retention"}),
        ("privacy_url", {"notice-link"}),
        ("list_id", {"list-id"}),
        ("reply_to", {"reply-to"}),
        ("candidate", {"sender-identity", "consent-question"}),
        ("election_dates", {"election"}),
        ("election", {"election", "sender-identity"}),
        ("controller_email", {"sender-identity", "rights", "targeting-notice"}),
        ("selection_criteria", {"targeting-notice"}),
        ("targeting_data", {"targeting-notice"}),
    ],
)
def test_an_element_whose_material_is_missing_is_not_offered_and_a_duty_for_it_is_a_fault(emptied: str, lost: set[str]) -> None:
    email = compiled(**{emptied: ""})
    assert {element.id for element in ELEMENTS} - email.elements == lost
    with pytest.raises(RenderFault, match=sorted(lost)[0]):
        email.variant(frozenset(lost))


def test_a_consent_question_is_asked_in_consent_requests_only() -> None:
    email = compiled(message_class=MessageClass.CAMPAIGN)
    assert {"consent-question", "no-answer-no-mail"}.isdisjoint(email.elements)


def test_a_consent_request_shows_one_question_with_one_link_to_say_yes() -> None:
    _, text, html = compiled().variant(frozenset({"consent-question", "no-answer-no-mail"})).shown(PERSON)
    assert html.count(f'href="{PERSON.answer_url}"') == 1
    assert text.count(PERSON.answer_url) == 1


def test_how_long_details_are_kept_after_a_yes_is_not_told_to_whoever_was_only_asked() -> None:
    asked = compiled().variant(frozenset({"consent-question", "no-answer-no-mail", "purpose-retention"})).shown(PERSON)
    assert all("Si vous répondez oui" in " ".join(part.split()) for part in asked[1:])
    told = compiled(message_class=MessageClass.CAMPAIGN).variant(frozenset({"purpose-retention"})).shown(PERSON)
    assert all("Si vous répondez oui" not in part for part in told[1:])


def test_a_double_opt_in_message_always_has_its_button_and_is_marked_automatic() -> None:
    variant = compiled(message_class=MessageClass.CONFIRMATION).variant(frozenset())
    _, text, html = variant.shown(PERSON)
    assert f'href="{PERSON.answer_url}"' in html
    assert PERSON.answer_url in text
    assert b"Auto-Submitted: auto-generated" in raw_headers(variant.payload(PERSON, Encoding.EIGHT_BIT))
    with pytest.raises(RenderFault, match="answer_url"):
        variant.payload(person(answer_url=""), Encoding.EIGHT_BIT)


def test_the_notice_of_article_14_says_where_the_details_come_from_or_nothing_leaves() -> None:
    variant = compiled().variant(frozenset({"origin"}))
    assert "Vous nous avez écrit le 3 mai 2025." in variant.shown(PERSON)[1]
    with pytest.raises(RenderFault, match="origine"):
        variant.payload(person(origin_sentence=" "), Encoding.EIGHT_BIT)


def test_a_targeting_notice_names_criteria_kinds_of_data_and_their_source() -> None:
    for criteria in ("habiter Valbourg", "habiter Valbourg."):
        text = compiled(selection_criteria=criteria).variant(frozenset({"targeting-notice"})).shown(PERSON)[1]
        assert "habiter valbourg. données utilisées : commune, déclarée par vous. vous nous avez écrit le 3 mai 2025." in flat(
            text
        )


def test_sponsor_and_who_controls_it_are_both_named() -> None:
    html = " ".join(compiled().variant(frozenset({"sponsor"})).shown(PERSON)[2].split())
    assert "Amis de Valbourg" in html
    assert "Fédération des Amis" in html


# The objection stands apart, and what a campaign writes cannot reach any notice.


class Ancestors(HTMLParser):
    """For each text, the classes and inline styles of the elements it stands in."""

    VOID = frozenset({"br", "hr", "img", "meta"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, list[str], str]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            held = dict(attrs)
            self.open.append((tag, held.get("class") or "", held.get("style") or ""))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((data, [each[1] for each in self.open], "; ".join(each[2] for each in self.open)))


def where(html: str, words: str) -> tuple[list[str], str]:
    reader = Ancestors()
    reader.feed(html)
    reader.close()
    assert [tag for tag, _, _ in reader.open] == []
    found = [(classes, styles) for text, classes, styles in reader.texts if says(text, words)]
    assert len(found) == 1
    return found[0]


HOSTILE = [
    "<style>.foot{display:none}</style>",
    "</div>" * 50 + "</td></tr></table>" * 20,
    "<!--",
    "<!-- <div>",
    "<![CDATA[",
    '<div style="display:none">',
    '<div style="position:absolute;top:0;height:900px;background:#fff">',
    "<table><tr><td>",
    "<plaintext>",
    "<textarea>",
    "<title>",
    "<svg><style>",
    "<math><mi><!--",
    "<template>",
    "<select>",
    '<a href="x" title="',
    "<noscript><p title='</noscript><!--'>",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_html_is_refused_as_content(hostile: str) -> None:
    for content in (markdown(hostile), mjml(f"<mj-text>{hostile}</mj-text>")):
        with pytest.raises(InvalidContent):
            compiled(content)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_html_that_got_past_the_first_barrier_cannot_close_hide_or_restyle_what_stands_around_it(hostile: str) -> None:
    document = f"<table><tr><td><div>{clean(hostile + 'corps')}</div></td></tr></table><p class='foot'>mention</p>"
    reader = Ancestors()
    reader.feed(document)
    reader.close()
    assert reader.open == []
    assert ("mention", ["foot"], "") in reader.texts
    cleaned = clean(hostile)
    for forbidden in ("<style", "display:none", "position", "<title", "<textarea", "<svg", "<template", "<select", "<plaintext"):
        assert forbidden not in cleaned


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "</td>", "</table>", "<td>", "<p>", "-->", "<b>", "</a>", "'", '"', ">", "texte", "<li>", "<tr>"]
        )
    )
)
def test_no_soup_of_tags_breaks_out_of_the_body(soup: list[str]) -> None:
    reader = Ancestors()
    reader.feed(f"<table><tr><td><div class='body'>{clean(''.join(soup))}</div></td></tr></table><p class='foot'>mention</p>")
    reader.close()
    assert reader.open == []
    assert ("mention", ["foot"], "") in reader.texts


@pytest.mark.parametrize("content", [markdown("# Titre\n\n- a\n\n> b"), mjml("<mj-text><p>a</p></mj-text>")])
def test_notices_stand_outside_the_body_in_sight_and_with_their_style_inline(content) -> None:
    email = compiled(content, message_class=MessageClass.CAMPAIGN)
    html = email.variant(email.elements).shown(PERSON)[2]
    for element in email.elements & WORDS.keys():
        if element == "rights":
            continue
        classes, styles = where(html, WORDS[element][0])
        assert "body" not in classes, element
        assert "color" in styles, element
        assert "none" not in styles.replace("text-decoration:none", ""), element


def test_the_objection_stands_in_a_frame_of_its_own() -> None:
    html = compiled().variant(frozenset({"objection-block", "rights", "unsubscribe-link"})).shown(PERSON)[2]
    assert "objection" in where(html, "vous avez le droit de vous y opposer")[0]
    assert "objection" not in where(html, "se désabonner")[0]


def test_nothing_is_fetched_from_anywhere_when_a_message_is_opened() -> None:
    for content in (markdown("Corps."), mjml('<mj-text>a</mj-text><mj-button href="https://a.example">b</mj-button>')):
        email = compiled(content)
        html = email.variant(email.elements).shown(PERSON)[2]
        for fetching in ("<img", "<link", "<script", "@import", "url(", "<iframe", "@font-face", "src="):
            assert fetching not in html
        assert email.flags == frozenset()


def test_a_remote_image_is_flagged_for_the_rules_to_judge() -> None:
    for content in (
        markdown("![Le marché](https://a.example/a.png)"),
        mjml('<mj-image src="https://a.example/a.png" alt="x" />'),
    ):
        assert compiled(content).flags == {"remote_image"}


def test_a_candidate_who_is_her_own_controller_is_named_once() -> None:
    html = compiled(controller_name="Camille Martin").variant(frozenset({"sender-identity"})).shown(PERSON)[2]
    assert "candidature" not in html


def test_the_letterhead_is_escaped_and_cannot_bring_html() -> None:
    email = compiled(candidate='<b onclick="x">Camille</b>', sponsor="<script>")
    html = email.variant(email.elements).shown(PERSON)[2]
    assert "<script>" not in html
    assert "<b onclick" not in html


@pytest.mark.parametrize(
    "field", ["sender_name", "candidate", "sponsor", "retention", "campaign", "list_id", "reply_to", "sender_email"]
)
def test_a_letterhead_cannot_begin_a_header(field: str) -> None:
    with pytest.raises(RenderFault, match=field):
        compiled(**{field: "x\r\nBcc: y@example.org"})


def test_a_letterhead_in_another_language_than_the_content_is_refused() -> None:
    with pytest.raises(InvalidContent, match="« en »"):
        compile_email(markdown(), letterhead(language="en"), TEMPLATES)


def test_the_hash_changes_with_anything_recipients_read_and_with_nothing_else() -> None:
    base = compile_email(markdown(), LETTERHEAD, TEMPLATES)
    assert compile_email(markdown(), LETTERHEAD, TEMPLATES).content_hash == base.content_hash
    others = [
        compile_email(markdown("Autre."), LETTERHEAD, TEMPLATES),
        compile_email(markdown(preheader="a"), LETTERHEAD, TEMPLATES),
        compile_email(markdown(), letterhead(retention="Autre."), TEMPLATES),
        compile_email(markdown(), LETTERHEAD, TEMPLATES, MessageClass.TEST),
    ]
    assert len({email.content_hash for email in others} | {base.content_hash}) == 5
    assert {email.notice_version for email in others} == {base.notice_version}


def test_a_changed_notice_changes_both_hashes_but_not_a_message_compiled_before(tmp_path) -> None:
    for name in ("email", "notices/email"):
        (tmp_path / name).mkdir(parents=True)
        for source in (TEMPLATES / name).iterdir():
            if source.is_file():
                (tmp_path / name / source.name).write_bytes(source.read_bytes())
    before = compile_email(markdown(), LETTERHEAD, tmp_path)
    notice = tmp_path / "notices/email/fr.html"
    notice.write_text(notice.read_text(encoding="utf-8").replace("Se désabonner", "Partir"), encoding="utf-8")
    after = compile_email(markdown(), LETTERHEAD, tmp_path)
    assert before.notice_version != after.notice_version
    assert before.content_hash != after.content_hash
    assert "Se désabonner" in before.variant(frozenset({"unsubscribe-link"})).shown(PERSON)[2]


def test_a_template_that_loses_a_notice_or_cannot_be_read_stops_everything(tmp_path) -> None:
    with pytest.raises(RenderFault, match="gabarit illisible"):
        compile_email(markdown(), LETTERHEAD, tmp_path)
    for name in ("email", "notices/email"):
        (tmp_path / name).mkdir(parents=True)
        for source in (TEMPLATES / name).iterdir():
            if source.is_file():
                (tmp_path / name / source.name).write_bytes(source.read_bytes())
    layout = tmp_path / "email/layout.html"
    layout.write_text(layout.read_text(encoding="utf-8").replace("objection |", "[] |"), encoding="utf-8")
    with pytest.raises(RenderFault, match="perd une mention"):
        compile_email(markdown(), LETTERHEAD, tmp_path)
