"""Public pages for everybody: by keyboard alone, without script, on a small screen, in the dark, read aloud.

RGAA 4.1 and WCAG 2.2 AA as far as a machine sees them: axe-core finds nothing serious, and what it cannot see is tried by hand.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.routing import Route

from gateway.data import data_dir
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.render.email import compile_email
from gateway.web.app import web_app
from gateway.web.pages import Pages
from tests.clock import ManualClock
from tests.render.build import LETTERHEAD, PERSON, TEMPLATES, markdown
from tests.sending.support import run
from tests.web.shown import PAGES, Scene, Shown, scene, templates_of_pages
from tests.web.telephones import NUMBER, Call, OneTelephone

DESKTOP, PHONE, NARROW = (1280, 800), (390, 844), (320, 640)
#: How a page is looked at: on a desk by day, on a telephone at night. English has the colours and boxes of French.
LOOKS: dict[str, tuple[tuple[tuple[int, int], Literal["light", "dark"]], ...]] = {
    "fr": ((DESKTOP, "light"), (PHONE, "dark")),
    "en": ((PHONE, "dark"),),
}
PATIENCE_MS = 20_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: The one without windows first: it does the same for two thirds of the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
#: What has no page: probes, a text for machines, what a frame shows (a trial mail, a trial call), acts that lead back to one.
NO_PAGES = {
    "/healthz",
    "/readyz",
    "/journal/checkpoint",
    "/sandbox/mails/{id:int}/html",
    "/sandbox/handsets/{number}/reply",
    "/sandbox/handsets/{number}/key",
    "/sandbox/handsets/{number}/call",
}
#: Callbacks of providers: machines speak to machines.
HOOKS = "/hooks/"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser; its absence skips on a desk and fails in CI."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs one")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A fresh town for each page."""
    with scene(sqlite_url, tmp_path, clock) as ready:
        yield ready


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window with script switched off, as the pages promise to need none."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Page]:
    """One window for all pages that are examined: to open one takes longer than to look at a page."""
    context = chromium.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def examined(window: Page) -> Iterator[Page]:
    """The window, with no memory. In it axe-core can run, from outside the page: the policy of the pages lets no script in."""
    window.context.clear_cookies()
    resize(window, DESKTOP)
    window.emulate_media(color_scheme="light")
    yield window
    window.unroute_all()


@pytest.fixture
def refused(examined: Page) -> Iterator[list[str]]:
    """What the policy of the pages forbade, and what they asked of another machine."""
    said: list[str] = []
    watching: dict[Any, Callable[[Any], None]] = {
        "console": lambda message: said.append(message.text) if "Content Security Policy" in message.text else None,
        "request": lambda request: said.append(request.url) if "127.0.0.1" not in request.url else None,
    }
    for event, watch in watching.items():
        examined.on(event, watch)
    yield said
    for event, watch in watching.items():
        examined.remove_listener(event, watch)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the templates that were answered with, in order."""
    names: list[str] = []
    html = Pages.html

    def noted(self: Pages, template: str, *told: Any, **values: Any) -> Any:
        if template != "call.html":  # stands in a frame of the page
            names.append(template)
        return html(self, template, *told, **values)

    monkeypatch.setattr(Pages, "html", noted)
    return names


#: Resolves once the page is drawn as it was asked to be, and no colour is on its way to another.
SETTLED = """() => new Promise(done => {
    const look = () => document.getAnimations().length ? requestAnimationFrame(look) : done();
    requestAnimationFrame(look);
})"""


#: What axe-core, which is in the page, finds of serious or critical impact. Sorted out there: all that it looked at is long.
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id}: ${node.target} ${node.html.slice(0, 120)}`))"""


#: How wide a page is with its letters twice as large; then they are as they were.
TWICE_AS_LARGE = """() => {
    const style = document.documentElement.style;
    style.fontSize = '200%';
    const width = document.documentElement.scrollWidth;
    style.fontSize = '';
    return width;
}"""


def findings(page: Page) -> list[str]:
    """What is seriously wrong with a page, one line each."""
    page.evaluate(SETTLED)
    found: list[str] = page.evaluate(SERIOUS)
    return found


def resize(page: Page, size: tuple[int, int]) -> None:
    """Give the window this width and height."""
    page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_every_page_is_for_everybody(
    examined: Page, refused: list[str], stage: Scene, rendered: list[str], shown: Shown, language: str
):
    page = examined
    shown.reach(page, replace(stage, language=language))
    assert rendered[-1] == shown.template
    page.evaluate(AXE_SCRIPT)
    for size, scheme in LOOKS[language]:
        resize(page, size)
        page.emulate_media(color_scheme=scheme)
        assert findings(page) == [], (size, scheme)
    assert refused == []
    assert page.locator("script").count() == 0
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title().strip()
    structure = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => Number(h.tagName[1]))")
    assert structure.count(1) == 1 and structure[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(structure)), structure
    for landmark in ("header", "main"):
        assert page.locator(landmark).count() == 1
    resize(page, NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], "no sideways scrolling at 320 px"
    assert page.evaluate(TWICE_AS_LARGE) <= NARROW[0], "nor with letters twice as large"
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=hidden]), .button, header a, footer a')]
            .filter(e => e.getClientRects().length).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([_, box]) => Math.min(box.width, box.height) < 24).map(([html]) => html)"""
    )
    assert small == [], "targets of 24 px at least"
    assert page.locator("[placeholder]").count() == 0, (
        "an empty field looks empty: an example inside it is taken for what we hold"
    )


def test_what_is_seriously_wrong_with_a_page_is_found(examined: Page):
    examined.set_content("<html lang=fr><title>Une image</title><main><h1>Une image</h1><img src=data:,></main></html>")
    examined.evaluate(AXE_SCRIPT)
    assert [found.partition(" <")[0] for found in findings(examined)] == ["image-alt: img"]


def test_no_page_is_missing_from_the_list(stage: Scene):
    mailbox: Any = object()  # asked for its mails when a page is opened, and none is
    app = web_app(stage.town.gw, mailbox=mailbox, carrier=OneTelephone())
    known = {shown.route for shown in PAGES}
    routes = {route.path for route in app.routes if isinstance(route, Route) and not route.path.startswith(HOOKS)}
    assert routes - known - NO_PAGES == set()


def test_no_template_is_missing_from_the_list():
    assert templates_of_pages(data_dir("templates") / "public") == {shown.template for shown in PAGES}


def tab_to(page: Page, selector: str) -> None:
    """Go forward by the Tab key until the element has the focus; each stop on the way shows where it is."""
    for _ in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {const s = getComputedStyle(document.activeElement);
                return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]}"""
        )
        assert outline[0] == "BODY" or (outline[1] != "none" and outline[2] >= 2), outline
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the Tab key never reaches {selector}")


def test_the_first_stop_of_the_keyboard_leads_past_the_header_to_the_content(page: Page, stage: Scene):
    page.goto(stage.link("p", LinkScope.PREFER))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    box = page.evaluate("(() => {const b = document.activeElement.getBoundingClientRect(); return [b.left, b.top]})()")
    assert min(box) >= 0, "seen while it has the focus"
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_person_without_mouse_stops_her_emails(page: Page, stage: Scene):
    page.goto(stage.link("o", LinkScope.OBJECT))
    tab_to(page, "button[value=medium]")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("C’est fait")
    assert stage.town.message_state() is MessageState.CANCELLED


def test_a_person_without_mouse_ticks_a_box_and_stops_it(page: Page, stage: Scene):
    page.goto(stage.link("p", LinkScope.PREFER))
    tab_to(page, "#sms")
    page.keyboard.press("Space")
    tab_to(page, "button[value=stop]")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Les SMS de campagne")


def test_a_person_without_mouse_types_a_date_and_takes_a_break(page: Page, stage: Scene):
    page.goto(stage.link("p", LinkScope.PREFER))
    tab_to(page, "#until")
    page.keyboard.type("01312027")
    tab_to(page, "button[value=day]")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("lundi 1er février 2027")


def test_a_person_without_mouse_answers_the_question(page: Page, stage: Scene):
    next(shown for shown in PAGES if shown.name == "question").reach(page, stage)
    tab_to(page, "button[value=yes]")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Merci, c’est noté")


def test_what_must_be_corrected_is_told_in_the_title_on_top_and_beside_the_field(page: Page, stage: Scene):
    page.goto(stage.link("p", LinkScope.PREFER))
    page.click("button[value=day]")
    expect(page).to_have_title(re.compile("^À corriger"))
    summary = page.get_by_role("alert")
    assert "Donnez une date" in summary.inner_text()
    summary.get_by_role("link").press("Enter")
    expect(page.locator("#until"), "the summary leads to the field").to_be_focused()
    told = page.evaluate("document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent")
    assert "Donnez une date" in told
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_nothing_is_ticked_beforehand(page: Page, stage: Scene):
    for name in ("preferences", "personal"):
        next(shown for shown in PAGES if shown.name == name).reach(page, stage)
        assert page.locator("input:checked").count() == 0


def test_while_a_call_goes_on_the_page_keeps_what_is_being_typed_and_only_its_frame_looks_again(page: Page, stage: Scene):
    page.goto(stage.at(f"/sandbox/handsets/{NUMBER[1:]}"))
    page.fill("#text", "Je ne souhaite plus")
    listening = page.frame_locator("iframe.listening")
    expect(listening.locator(".heard >> nth=0")).to_have_text("Bonjour, ceci est un message enregistré.")
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/call"), timeout=PATIENCE_MS):
        pass  # the frame looked again, by itself
    assert page.input_value("#text") == "Je ne souhaite plus"
    expect(page.locator("#text")).to_be_focused()


def test_what_was_said_last_in_a_call_is_what_one_sees_of_it(page: Page, stage: Scene, monkeypatch: pytest.MonkeyPatch):
    """Whoever pressed 9 on the page saw the first words of the call, and neither her key nor the thanks: she pressed again."""
    said = (*(f"Ligne {line}, assez longue pour tenir la largeur d’un petit téléphone." for line in range(12)), "Merci.")
    monkeypatch.setattr(OneTelephone, "calls", lambda *_, **__: [Call("CA2", "in-progress", heard=said, digits="9")])
    page.goto(stage.at(f"/sandbox/handsets/{NUMBER[1:]}"))
    listening = page.frame_locator("iframe.listening")
    expect(listening.get_by_text("Touche 9")).to_be_in_viewport()
    expect(listening.get_by_text("Merci.")).to_be_in_viewport()
    expect(listening.get_by_text("Ligne 0,")).not_to_be_in_viewport()


def test_a_printed_page_holds_what_is_told_and_no_buttons(page: Page, stage: Scene):
    run(stage.town.gw)
    page.goto(stage.link("p", LinkScope.PREFER))
    page.click("button[value=vote]")
    page.emulate_media(media="print")
    # Waited for: the page is there before its style is.
    expect(page.locator(".button")).to_be_hidden()
    expect(page.locator(".language")).to_be_hidden()
    assert page.locator("h1").is_visible()
    assert page.locator("time >> nth=0").is_visible()


def test_whoever_prints_what_she_agreed_to_has_it_on_paper(page: Page, stage: Scene):
    """On paper the page said « Ce que vous avez accepté » and nothing below: the words stand in the forms that take them back."""
    next(shown for shown in PAGES if shown.name == "personal").reach(page, stage)
    page.emulate_media(media="print")
    expect(page.locator("button >> nth=0")).to_be_hidden()
    assert page.locator("input:visible").count() == 0
    expect(page.get_by_text("J’accepte de recevoir la lettre.")).to_be_visible()
    expect(page.get_by_text("Vous avez demandé une pause")).to_be_visible()
    expect(page.get_by_role("heading", name="Accepter autre chose")).to_be_hidden()  # an offer, nothing that is told


def test_a_printed_page_says_where_to_write(page: Page, stage: Scene):
    page.goto(stage.at("/o/nothing"))
    page.emulate_media(media="print")
    expect(page.get_by_role("main").get_by_role("link", name="contact@rochebrune.exemple.fr")).to_be_visible()


def test_every_column_of_a_table_in_a_letter_is_seen_on_a_telephone_whatever_words_it_holds(page: Page) -> None:
    long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
    table = f"| Lieu | Heure | Remarque |\n|---|---|---|\n| {long} | 20 h 30 | https://exemple.example/{'a' * 60} |\n\n{long * 2}"
    _, _, letter = compile_email(markdown(table), LETTERHEAD, TEMPLATES).variant(frozenset({"unsubscribe-link"})).shown(PERSON)
    for width in (NARROW[0], DESKTOP[0]):
        resize(page, (width, 800))
        page.set_content(letter)
        sheet = page.locator(".sheet").bounding_box()
        for cell in page.locator(".md th, .md td, .md p").all():
            box = cell.bounding_box()
            assert sheet and box and box["x"] + box["width"] <= sheet["x"] + sheet["width"], cell.inner_text()
