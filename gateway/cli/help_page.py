"""The page of `--help`: French first, English second, laid out for a terminal.

The sentences of the sources are English, and are what the catalogue is asked for: docstrings by paragraph, the help of options
and arguments, titles, and the words of the page itself. Nothing is translated before a page is shown.
"""

from __future__ import annotations

import os
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.text import Text

from gateway.data import configuration_file

Say = Callable[[str], str]  #: a sentence of the sources in the language of the page
Row = tuple[str, str]  #: what is typed, and what it is

CATALOGUE = Path(__file__).parent / "locale" / "fr.po"
#: Longer lines are hard to read, however wide the terminal is.
WIDTH_MAX = 100
#: What is wider than this stands on a line of its own.
LEFT_MAX = 24
#: Shows how a day or an instant is written, in each of the forms that an option takes.
_EXAMPLE = datetime(2027, 3, 15, 18, 30, tzinfo=timezone(timedelta(hours=1)))


def show(command: object, ctx: object) -> None:
    """Print the page of a command or of a group, in the language of this installation."""
    console = Console(highlight=False)
    for line in page(command, ctx, spoken(), min(console.width, WIDTH_MAX)):
        console.print(line, soft_wrap=True)


def spoken() -> Say:
    """The language that GATEWAY_LANGUAGE or config.toml sets: English are the sources, else French. Raises nothing."""
    if (os.environ.get("GATEWAY_LANGUAGE") or _configured()) == "en":
        return str
    from gateway.catalogue import compiled  # not above: only a page of help waits for it

    return compiled(CATALOGUE, "fr").gettext


def page(command: Any, ctx: Any, say: Say, width: int) -> Iterator[Text]:
    """The lines of a page, none wider than `width` but for a single long word."""
    yield Text()
    yield from _hung(f"{say('Usage:')} {ctx.command_path} ", " ".join(_usage(command, ctx, say)), width)
    for paragraph in paragraphs(command.help):
        yield Text()
        yield from (Text(f"  {line}") for line in _wrapped(say(paragraph), width - 2))
    for title, rows in _sections(command, ctx, say):
        yield Text()
        yield Text(say(title), style="bold")
        left = min(LEFT_MAX, max(len(typed) for typed, _ in rows))
        for typed, told in rows:
            yield from _row(typed, told, left, width)


def paragraphs(help_text: str | None) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(part.split()) for part in (help_text or "").split("\n\n") if part.strip()]


def called(param: Any) -> str:
    """An option as it is typed; an argument by the word that stands for it on the page."""
    return str(max(param.opts, key=len)) if param.param_type_name == "option" else spoken()(_stands_for(param))


def examples(formats: list[str]) -> list[str]:
    """A day or an instant as it is typed, in the first two of these forms: more would be read by nobody."""
    written = [_EXAMPLE.strftime(each).replace("+0100", "+01:00") for each in formats[:2]]
    return [f'"{one}"' if " " in one else one for one in written]


def _configured() -> object:
    """What config.toml says of language; None while it cannot be read: every other command says so, help helps."""
    try:
        return tomllib.loads(configuration_file().read_text("utf-8")).get("language")
    except (OSError, ValueError):
        return None


def _usage(command: Any, ctx: object, say: Say) -> Iterator[str]:
    if not hasattr(command, "commands"):
        yield f"[{say('OPTIONS')}]"
    for param in command.get_params(ctx):
        if param.param_type_name == "argument":
            name = _repeated(param, say)
            yield name if param.required else f"[{name}]"
    if hasattr(command, "commands"):
        yield f"{say('COMMAND')} …"


def _sections(command: Any, ctx: object, say: Say) -> Iterator[tuple[str, list[Row]]]:
    """Titles with their rows: commands, arguments, options, options under a title of their own."""
    sections: dict[str, list[Row]] = {"Commands": [], "Arguments": [], "Options": []}
    for param in command.get_params(ctx):
        if not param.hidden:
            argument = param.param_type_name == "argument"
            title = param.rich_help_panel or ("Arguments" if argument else "Options")
            typed = _repeated(param, say) if argument else _option(param, say)
            sections.setdefault(title, []).append((typed, _told(param, ctx, say)))
    for name, below in getattr(command, "commands", {}).items():
        sections["Commands"].append((name, say(paragraphs(below.help)[0])))
    yield from ((title, rows) for title, rows in sections.items() if rows)


def _option(param: Any, say: Say) -> str:
    names = ", ".join(sorted(param.opts, key=len))
    if param.secondary_opts:
        names += f" / {', '.join(param.secondary_opts)}"
    return names if param.is_flag else f"{names} {say(_stands_for(param))}"


def _repeated(param: Any, say: Say) -> str:
    name = say(_stands_for(param))
    return name if param.nargs == 1 else f"{name.removesuffix('…')}…"


def _stands_for(param: Any) -> str:
    """The word that stands for a value on the page: what the code calls it, else what kind of thing it is."""
    if param.metavar:
        return str(param.metavar)
    if param.param_type_name == "argument":
        return str(param.name).replace("_", "-").upper()
    kind = param.type_descriptor
    if kind.choices is not None:
        return "CHOICE"
    if kind.is_datetime:
        return "DATE"
    if kind.is_path:
        return {"file": "FILE", "directory": "FOLDER"}.get(kind.path_type, "PATH")
    return {int: "INTEGER", float: "NUMBER"}.get((*get_args(kind.annotation), kind.annotation)[0], "TEXT")


def _told(param: Any, ctx: object, say: Say) -> str:
    """What a value is, and in brackets what must be known to give one."""
    notes = list(_notes(param, ctx, say))
    told = [say(" ".join(param.help.split()))] if param.help else []
    return " ".join([*told, f"[{say('; ').join(notes)}]"] if notes else told)


def _notes(param: Any, ctx: object, say: Say) -> Iterator[str]:
    kind, limits = param.type_descriptor, param.type_descriptor.parameter_info
    if param.required and param.param_type_name == "option":
        yield say("required")
    if getattr(param, "multiple", False):
        yield say("repeatable")
    if kind.is_datetime:
        yield say("written so: {example}").format(example=say(" or ").join(examples(limits.formats)))
    if limits.min is not None and limits.max is not None:
        yield say("{least} to {most}").format(least=limits.min, most=limits.max)
    elif limits.min:
        yield say("at least {least}").format(least=limits.min)
    default = param.get_default(ctx, call=False)
    if default and not getattr(param, "is_flag", False):
        yield say("default: {value}").format(value=default.value if isinstance(default, Enum) else default)
    if kind.choices is not None:
        yield say("one of: {choices}").format(choices=", ".join(str(getattr(one, "value", one)) for one in kind.choices))


def _row(typed: str, told: str, left: int, width: int) -> Iterator[Text]:
    beside = _wrapped(told, width - left - 4)
    if len(typed) > left:
        yield Text(f"  {typed}", style="cyan")
    else:
        first = beside.pop(0) if beside else ""
        yield Text.assemble("  ", (typed.ljust(left), "cyan"), "  ", first)
    yield from (Text(f"{'':{left + 4}}{line}") for line in beside)


def _hung(first: str, rest: str, width: int) -> Iterator[Text]:
    for line in textwrap.wrap(first + rest, width, subsequent_indent=" " * 8, break_on_hyphens=False):
        yield Text(line, style="bold")


def _wrapped(text: str, width: int) -> list[str]:
    # Python's own wrapping keeps what a no-break space holds together; rich would begin a line by a colon.
    return textwrap.wrap(text, max(width, 20), break_on_hyphens=False, break_long_words=False)
