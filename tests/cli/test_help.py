"""What `--help` says: French first, English second, and nothing left untranslated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from typer.main import get_command

from gateway.catalogue import compiled
from gateway.cli.help_page import CATALOGUE, page, paragraphs
from gateway.cli.main import app
from gateway.cli.tree import found
from tests.commands import ran

COLUMNS = 80
FRENCH = compiled(CATALOGUE, "fr").gettext
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: Words that English cannot do without, and that French does not have.
_ENGLISH = re.compile(
    r"\b(the|of|and|with|without|this|that|is|are|was|were|by|it|its|in|to|who|what|how|when|only|number|default|required)\b",
    re.IGNORECASE,
)


def commands(command: Any, ctx: Any) -> Iterator[tuple[Any, Any]]:
    """Every command and every group, each with the context it is shown in."""
    yield command, ctx
    for name, below in getattr(command, "commands", {}).items():
        real = found(name) if ctx.parent is None else below
        yield from commands(real, real.context_class(real, info_name=name, parent=ctx))


def tree() -> Iterator[tuple[Any, Any]]:
    root = get_command(app)
    return commands(root, root.context_class(root, info_name="gateway"))


def pages(say: Callable[[str], str]) -> dict[str, list[str]]:
    return {ctx.command_path: [line.plain for line in page(command, ctx, say, COLUMNS)] for command, ctx in tree()}


def said() -> set[str]:
    """Every sentence that any page asks the catalogue for."""
    asked: set[str] = set()

    def say(sentence: str) -> str:
        asked.add(sentence)
        return sentence

    pages(say)
    return asked


def test_every_sentence_of_help_is_in_french_and_no_other_is_kept():
    with CATALOGUE.open("rb") as file:
        entries = {message.id: message for message in read_po(file, locale="fr") if message.id}
    assert set(entries) == said()
    for sentence, entry in entries.items():
        french = str(entry.string)
        assert french and not entry.fuzzy, sentence
        assert set(_PLACEHOLDER.findall(french)) == set(_PLACEHOLDER.findall(str(sentence))), sentence
        assert not re.search(r" [;:!?»]|« |'", french), f"French has its spaces and apostrophes: {french}"


def test_every_command_argument_and_option_says_what_it_is():
    asked, silent = said(), []
    for command, ctx in tree():
        silent += [ctx.command_path for told in paragraphs(command.help) or [""] if told not in asked]
        silent += [f"{ctx.command_path} {param.name}" for param in command.get_params(ctx) if (param.help or "") not in asked]
    assert silent == []


def test_no_english_is_left_on_a_french_page():
    left = []
    for path, lines in pages(FRENCH).items():
        text = " ".join(lines).replace(path, "")
        text = re.sub(r"\[?au choix : [^;\]]*|par défaut : \w+|`[^`]*`|--[\w-]+|\{\"text\".*?\}", "", text.replace("\u00a0", " "))
        text = re.sub(r"(?<=Commandes).*?(?=Options)", lambda rows: re.sub(r"  [a-z-]+  ", " ", rows[0]), text)
        left += [
            f"{path}: {word[0]} in …{text[max(0, word.start() - 30) : word.end() + 30]}…" for word in _ENGLISH.finditer(text)
        ]
    assert left == []


@pytest.mark.parametrize("say", [FRENCH, str], ids=["fr", "en"])
def test_a_page_fits_a_terminal_and_breaks_where_a_reader_would(say):
    faults = [
        f"{path}: {line}"
        for path, lines in pages(say).items()
        for line in lines
        if len(line) > COLUMNS or re.match(r"\s*[:;?!»\])]", line) or line.endswith("«") or re.search(r"<\w+>|%Y|list\[", line)
    ]
    assert faults == []


def test_help_is_french_unless_this_installation_speaks_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def told() -> str:
        done = ran(app, "campaign", "dry-run", "--help")
        assert done.exit_code == 0
        return done.output

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATEWAY_LANGUAGE", raising=False)
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)
    assert "Usage\u00a0: gateway campaign dry-run [OPTIONS] NOM" in told() and "Rien n’est envoyé" in told()
    (tmp_path / "config.toml").write_text('language = "en"\n', "utf-8")
    assert "dry-run [OPTIONS] NAME" in told() and "Nothing is sent or written." in told()
    monkeypatch.setenv("GATEWAY_LANGUAGE", "fr")
    assert "Rien n’est envoyé" in told(), "the environment wins over the file, as everywhere"
    monkeypatch.delenv("GATEWAY_LANGUAGE")
    (tmp_path / "config.toml").write_bytes(b"language = \xff")
    assert "Rien n’est envoyé" in told(), "a file that cannot be read keeps nobody from the help"
    monkeypatch.setenv("GATEWAY_LANGUAGE", "en")
    monkeypatch.setenv("GATEWAY_CONFIG", str(tmp_path / "nowhere.toml"))
    assert "Nothing is sent or written." in told()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("contacts list", ["--limit NOMBRE", "Combien en montrer au plus. [de 1 à 1000 ; par défaut : 50]"]),
        ("contacts informed", ["[OPTIONS] ORIGINE", "--on DATE", "[obligatoire ; écrite ainsi : 2027-03-15 ou 15/03/2027]"]),
        ("suppressions report", ["[OPTIONS] NUMÉROS…", "--by NOM", "--why TEXTE"]),
        ("campaign create", ["--body FICHIER", "répétable ; au choix : member, former_member, regular, occasional, team"]),
        ("contacts import", ["--direct / --indirect", "-y, --yes  ", "L’accord et sa preuve\n", "Comment le fichier se lit\n"]),
        ("policy test", ["[DOSSIERS…]"]),
        ("audit key", ["gateway audit key COMMANDE …", "  rotate  Remplacer la clé"]),
    ],
)
def test_values_are_named_as_people_name_them(typed, shown, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_LANGUAGE", "fr")
    told = re.sub(r"\n {8,}", " ", ran(app, *typed.split(), "--help").output.replace("\u00a0", " "))
    assert [one for one in shown if one not in told] == [], told
