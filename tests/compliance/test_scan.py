"""What the scanner sees in a message, by the marks of the pack: trackers, personal links, freephone numbers."""

from __future__ import annotations

import pytest

from gateway.compliance.scan import scan, strangers
from tests.compliance.builders import NOON, paris, shipped


def flags(html: str = "", text: str = "") -> tuple[str, ...]:
    """Flags under the shipped pack, in December before the election."""
    return scan(shipped(), NOON, html=html, text=text)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://t.example/a.gif" width="1" height="1">',
        "<IMG SRC='http://t.example/a.gif' WIDTH=1 HEIGHT=1>",
        '<img src="//t.example/a.gif" width="0">',
        '<img src="https://t.example/a.gif" height="1px">',
        '<img src="https://t.example/a.gif" style="width:1px; height:1px">',
        '<img src="https://t.example/a.gif" style="display:none">',
        '<img src="https://t.example/a.gif" style="opacity: 0">',
        '<img src="https://t.example/a.gif" hidden>',
        '<img src="https://t.example/open/42">',
        '<img src="https://t.example/v1/track?m=42">',
        '<td background="https://t.example/pixel.gif">',
        "<p style=\"background-image: url('https://t.example/pixel.png')\">x</p>",
        "<style>p { background: url(https://t.example/beacon?x) }</style>",
        '<link rel="stylesheet" href="https://t.example/wf/open?u=1">',
        '<picture><source srcset="https://t.example/pixel.webp 1x, https://t.example/b.webp 2x"></picture>',
    ],
)
def test_what_tells_who_opens_is_flagged_however_it_hides(html: str) -> None:
    assert "tracking_pixel" in flags(html)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://site.example/affiche.jpg" width="600" height="400" alt="L\'affiche">',
        '<img src="https://site.example/affiche.jpg" width="100%">',
        '<img src="https://site.example/affiche.jpg" style="max-width:1px0">',
        '<img src="data:image/png;base64,AAAA" width="1" height="1">',
        '<img src="https://site.example/ouverture-du-local.jpg" style="opacity: 0.9">',
        "<p>Un pixel, c'est tout petit. https://site.example/programme</p>",
        '<a href="https://site.example/open-data">Nos données</a>',
    ],
)
def test_a_plain_picture_is_not_taken_for_a_spy(html: str) -> None:
    assert flags(html) == ()


def test_an_image_that_changes_with_the_recipient_is_flagged() -> None:
    assert flags('<img src="https://site.example/{{ given_name }}.png" width="600">') == ("personal_image",)
    assert flags('<img src="https://site.example/%7B%7B given_name }}.png" width="600">') == ("personal_image",)


def test_a_link_that_changes_with_the_recipient_is_flagged() -> None:
    assert flags('<a href="https://site.example/?u={{ given_name }}">ici</a>') == ("personal_link",)
    assert flags('<p>{{ given_name }}, <a href="https://site.example/">ici</a></p>') == ()


SHORTENERS = ["bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly", "shorturl.at"]
SHORTENERS += ["rb.gy", "tiny.cc", "lc.cx", "urlz.fr", "vu.fr"]


@pytest.mark.parametrize(
    "number",
    ["0800 123 456", "0800123456", "08 05 12 34 56", "0 805 123 456", "+33 800 123 456", "+33 (0) 801 12 34 56",
     "0033 803 123 456", "0802123456", "0\N{NO-BREAK SPACE}800\N{NO-BREAK SPACE}123\N{NO-BREAK SPACE}456", "08.04.12.34.56"],
)  # fmt: skip
def test_a_freephone_number_is_seen_however_it_is_written(number: str) -> None:
    assert flags(text=f"Appelez-nous au {number}, c'est gratuit.") == ("freephone_number",)
    assert flags(html=f"<p>Appelez-nous au {number}.</p>") == ("freephone_number",)


def test_a_freephone_number_cut_by_markup_or_behind_a_link_is_seen() -> None:
    assert flags(html="<p>0<b>800</b> 12<i>3</i> 456</p>") == ("freephone_number",)
    assert flags(html='<a href="tel:+33800123456">Appelez</a>') == ("freephone_number",)
    assert flags(html='<img src="https://site.example/a.jpg" width="600" alt="0800 123 456">') == ("freephone_number",)


@pytest.mark.parametrize(
    "text",
    [
        "Appelez le 01 80 12 34 56.",
        "Appelez le 0806 123 456.",
        "Réf. 10800123456",
        "Le 08/05/2027 à 12 h 34",
        "08001234567",
        "3631",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert flags(text=text) == ()


@pytest.mark.parametrize("host", SHORTENERS)
def test_every_shortener_of_the_list_is_seen_and_a_site_of_one_s_own_whose_name_ends_alike_is_not(host: str) -> None:
    assert flags(text=f"Le programme : https://{host}/x7") == flags(text=f"{host}/x7") == ("link_shortener",)
    assert flags(text=f"https://mon-{host}/x7 et https://valbrume.example/{host}") == ()


def test_marks_have_dates_like_everything_else() -> None:
    pixel = '<img src="https://t.example/a.gif" width="1" height="1">'
    assert scan(shipped(), paris("2026-07-13 23:59"), html=pixel) == ()
    assert scan(shipped(), paris("2026-07-14 00:00"), html=pixel) == ("tracking_pixel",)


@pytest.mark.parametrize(
    "html", ["<", "<img", "<img src=", "</style></script>", "<style>", "<!-- <img", "\x00<a href=>", "<a " * 500]
)
def test_broken_markup_is_read_as_far_as_it_goes(html: str) -> None:
    assert flags(html) == ()


def test_whoever_keeps_a_picture_learns_who_opens_unless_it_is_the_campaign_itself() -> None:
    own = ("https://www.valbrume.fr/donnees", "")
    letter = (
        '<img src="https://www.valbrume.fr/a.png"><img src="https://images.valbrume.fr/a.png"><img src="https://pasvalbrume.fr/b.png">'
        '<img src="https://I.Postimg.example/c.png" width="600"><td background="https://cdn.example:8443/d.png">'
        '<a href="https://ailleurs.example/">un lien ne dit rien avant qu’on le suive</a>'
    )
    assert strangers(letter, own) == ("cdn.example", "i.postimg.example", "pasvalbrume.fr")
    assert strangers("<p>Rien que des mots</p>", own) == () == strangers('<img src="https://[x/a.png">', own)


TOKEN = "AQAAAAAAAAACnYjc25UO2O-cGoapv6vhVAacdXtYi1h9_lu0voXczCU"


@pytest.mark.parametrize(
    "html",
    [
        '<p><a href="https://outil.example/x7">Se désabonner</a></p>',
        '<a href="https://outil.example/x7"><strong>Cliquez ici pour vous désinscrire</strong></a>',
        '<a href="https://outil.example/x7">» Je me désabonne ici.</a>',
        '<a href="https://outil.example/x7">Ne plus recevoir nos messages</a>',
        '<a href="https://outil.example/x7">Unsubscribe</a>',
        '<a href="https://outil.example/x7"><img src="https://outil.example/b.png" alt="Se désinscrire" width="90"></a>',
        '<a href="https://outil.example/unsubscribe?u=4f2&amp;id=9">ici</a>',
        '<a href="https://outil.example/list/unsub.php?m=4">ici</a>',
        '<a href="https://outil.example/fr/se-desabonner">ici</a>',
        '<a href="https://outil.example/?page=desinscription">ici</a>',
    ],
)
def test_a_link_by_which_one_would_unsubscribe_elsewhere_is_flagged(html: str) -> None:
    assert flags(html) == ("foreign_unsubscribe",)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://site.example/programme">Le programme</a>',
        '<a href="https://site.example/2026/cantine-le-desabonnement-en-question">Notre tribune</a>',
        '<a href="https://site.example/eau">Se désabonner de Veolia : notre proposition pour la régie publique</a>',
        '<a href="mailto:equipe@site.example?subject=STOP">Ne plus recevoir nos messages</a>',
        "<p>Pour vous désabonner, voyez au bas de cette lettre.</p>",
        '<a href="https://site.example/o/programme">Le programme</a>',
    ],
)
def test_talk_of_leaving_and_ordinary_links_are_not(html: str) -> None:
    assert flags(html) == ()


@pytest.mark.parametrize("page", "oprwca")
def test_the_personal_link_of_a_letter_that_somebody_got_is_flagged_wherever_it_was_pasted(page: str) -> None:
    link = f"https://lettre.example/{page}/{TOKEN}"
    assert flags(f'<a href="{link}">ici</a>') == ("somebodys_link",)
    assert flags(text=f"Pour arrêter : {link} merci") == ("somebodys_link",)
