"""French first, English second, and nothing left untranslated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.testclient import TestClient

from gateway.data import data_dir
from gateway.domain.keys import LinkScope
from gateway.web.languages import CATALOGUES, accepted, dated, spoken
from tests.web.voters import Town

PARIS = ZoneInfo("Europe/Paris")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _sentences() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        str(data_dir("templates") / "public"),
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
    )
    return {message for _file, _line, message, _comments, _context in found}


def _forms(text: object) -> tuple[str, ...]:
    """Singular and plural, or the one form there is."""
    return tuple(str(form) for form in text) if isinstance(text, (tuple, list)) else (str(text or ""),)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_sentence_of_the_pages_is_translated_and_no_other(language: str):
    with CATALOGUES[language].open("rb") as file:
        catalogue = read_po(file, locale=language)
    entries = {message.id: message for message in catalogue if message.id}
    assert set(entries) == _sentences()
    for sentence, entry in entries.items():
        assert not entry.fuzzy
        for text in _forms(entry.string):
            assert text, sentence
            assert set(_PLACEHOLDER.findall(text)) == set(_PLACEHOLDER.findall(_forms(sentence)[0])), sentence


def test_french_sentences_have_french_spaces():
    faults = [sentence for message in _sentences() for sentence in _forms(message) if re.search(r" [;:!?»]|« |'", sentence)]
    assert faults == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de,fr;q=0.5,en;q=0.4", "fr"),
        ("de", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("en;q=broken", "fr"),
        ("*", "fr"),
        ("EN", "en"),
        ("," * 100_000, "fr"),
    ],
)
def test_a_browser_gets_its_language_when_it_is_ours(header: str, language: str):
    assert accepted(header, "fr") == language


def test_the_language_asked_for_wins_over_the_one_we_know_the_person_by(small_browser: TestClient, small_town: Town):
    path = f"/o/{small_town.token()}"
    english = {"Accept-Language": "en"}
    assert '<html lang="fr">' in small_browser.get(path, headers=english).text, "the voter reads French"
    assert "Stop receiving our messages?" in small_browser.get(f"{path}?lang=en").text
    for page in (path, f"/w/{small_town.token(LinkScope.WHY)}"):
        assert "Where your contact details come from: le formulaire du site" in small_browser.get(f"{page}?lang=en").text
    done = small_browser.post(f"{path}?lang=en", data={"scope": "medium"}).text
    assert "It is done" in done
    assert "Tuesday 1 December 2026 at 11:00:00 (Paris time)" in done
    assert "There is no such page" in small_browser.get("/o/x", headers=english).text


def test_an_unknown_language_falls_back(small_browser: TestClient):
    assert '<html lang="fr">' in small_browser.get("/?lang=<script>").text


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC), "dimanche 28 mars 2027 à 1 h 59 min 59 s (heure de Paris)"),
        (datetime(2027, 3, 28, 1, 0, 0, tzinfo=UTC), "dimanche 28 mars 2027 à 3 h 00 min 00 s (heure de Paris)"),
        (datetime(2027, 4, 30, 22, 0, 1, tzinfo=UTC), "samedi 1er mai 2027 à 0 h 00 min 01 s (heure de Paris)"),
    ],
)
def test_instants_are_written_as_people_do(at: datetime, words: str):
    assert spoken(at, PARIS, "fr").replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("at", "language", "words"),
    [
        (datetime(2027, 4, 30, 22, 0, tzinfo=UTC), "fr", "samedi 1er mai 2027"),
        (datetime(2027, 4, 30, 22, 0, tzinfo=UTC), "en", "Saturday 1 May 2027"),
        (datetime(2027, 4, 30, 22, 0, 1, tzinfo=UTC), "fr", "samedi 1er mai 2027 à 0 h 00 min 01 s (heure de Paris)"),
    ],
)
def test_what_was_dated_by_its_day_is_not_said_to_have_been_at_midnight(at: datetime, language: Literal["fr", "en"], words: str):
    assert dated(at, PARIS, language).replace("\u00a0", " ") == words


def test_the_style_sheet_and_templates_ship_beside_the_code():
    names = {path.name for path in (data_dir("templates") / "public").glob("*.html")}
    assert {"front.html", "object.html", "done.html", "fault.html"} <= names
    assert all(Path(path).is_file() for path in CATALOGUES.values())
