"""Every command that a document or a sentence of ours names exists, with the options that are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.cli.tree import TREE, found

ROOT = Path(__file__).parents[2]
TEXTS = (".md", ".toml", ".html", ".py")
#: A command as it is written in a text: its words, then what is given to it, up to whatever ends the sentence or the line.
COMMAND = re.compile(r"(`|\$|\[bold\]|(?<![\w./-]))gateway ([a-z][a-z-]*)((?: [^\n`»*|;#\"()]+)?)")


def documents() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for top in ("docs", "gateway", "workers", "policies", "templates"):
        yield from (one for one in sorted((ROOT / top).rglob("*")) if one.suffix in TEXTS)
    yield ROOT / "config.toml"


def named(text: str) -> Iterator[tuple[str, list[str]]]:
    """First word and the rest of every command a text names; a line that ends in a backslash goes on."""
    for match in COMMAND.finditer(re.sub(r" *\\\n *", " ", text)):
        if match[1] or match[2] in TREE:  # else it is prose: "the gateway itself"
            yield match[2], match[3].split()


def fault_of(command: str, rest: list[str]) -> str | None:
    """What is wrong with a command, if anything is."""
    if command not in TREE:
        return f"gateway {command}"
    here: Any = found(command)
    if hasattr(here, "commands") and rest and re.fullmatch(r"[a-z][a-z-]+(\|[a-z-]+)*", rest[0]):
        for word in rest[0].split("|"):
            if word not in here.commands:
                return f"gateway {command} {word}"
        here = here.commands[rest[0].split("|")[0]]
    known = {option for one in getattr(here, "params", []) for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    if not hasattr(here, "commands"):
        for word in rest:
            option = re.match(r"--[a-z][a-z-]*", word.strip(".,:’'…"))
            if option and option[0] not in known:
                return f"gateway {command} {' '.join(rest)}: no {option[0]}"
    return None


def commands(here: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, below in getattr(here, "commands", {}).items():
        yield from commands(below, *path, name)
    if not hasattr(here, "commands"):
        yield " ".join(path), here


def test_every_command_that_answers_something_answers_programs_too() -> None:
    """The README says so: --json everywhere, but for what stays up, and for what writes a document or has formats of its own."""
    silent = {
        one
        for name in TREE
        for one, command in commands(found(name), name)
        if not any("--json" in option.opts for option in command.params)
    }
    stays_up = {"serve", "web", "worker", "ticker", "sandbox listen", "inbound listen"}
    writes = {"register", "sandbox read", "forms preview", "campaign preview", "retention certificate"}
    assert silent == stays_up | writes | {"replies classify", "audit log", "inbound deliver"}


def test_every_command_that_is_named_exists() -> None:
    seen, wrong = 0, []
    for path in documents():
        for command, rest in named(path.read_text("utf-8")):
            seen += 1
            if fault := fault_of(command, rest):
                wrong.append(f"{path.relative_to(ROOT)}: {fault}")
    assert wrong == [] and seen > 100
