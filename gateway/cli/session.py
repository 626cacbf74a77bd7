"""What every command shares: settings, the opened gateway, and how answers are shown."""

from __future__ import annotations

import getpass
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from typer._click.exceptions import UsageError

from gateway.cli import screen
from gateway.data import data_dir
from gateway.domain.errors import InvalidInput, InvalidSettings
from gateway.settings import Settings, begun_here, load_settings

if TYPE_CHECKING:
    from gateway.flows.gateway import Gateway

#: Answers go to standard output; progress, warnings and faults to standard error.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def _signed(name: str) -> str:
    """A name as it is kept, without spaces around it. Raises UsageError for one that names nobody."""
    if not name.strip():
        raise UsageError("--by : donnez un nom")
    return name.strip()


Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", callback=_signed, help="Who does this; kept in the journal.")]
#: How a day is written in an option.
DAYS = ["%Y-%m-%d", "%d/%m/%Y"]
#: How an instant is written in an option: as people write it, on the clock of the law (see `zoned`), or with a zone of its own.
INSTANTS = [
    "%d/%m/%Y %H:%M",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%d/%m/%Y à %H:%M",
    "%d/%m/%Y %Hh%M",
    "%d/%m/%Y %Hh",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
]
At = Annotated[
    datetime | None,
    typer.Option("--at", help="As at this instant.", formats=INSTANTS),
]
#: Whoever runs the command, unless --by says otherwise.
OPERATOR = getpass.getuser()


def settings() -> Settings:
    """Settings of this command: GATEWAY_CONFIG, ./config.toml, environment. Raises InvalidSettings."""
    return load_settings()


def installation() -> Settings:
    """The same, of an installation that stands here. Raises InvalidSettings in a folder where nobody began one.

    An opposition kept in a second, empty one would stop nothing in the first.
    """
    found = settings()
    if not begun_here(found):
        usual = data_dir("config.toml").parent
        known = f" (sans doute cd {shlex.quote(str(usual))})" if (usual / found.var_dir).exists() else ""
        raise InvalidSettings(
            f"{Path.cwd()} n’est pas le dossier de Passerelle : ni config.toml, ni {found.var_dir}. Allez-y d’abord{known}, "
            "ou posez ici votre config.toml pour y commencer une installation"
        )
    return found


@contextmanager
def gateway(*, sending: bool = False, listening: bool = False) -> Iterator[Gateway]:
    """The gateway of this command. listening: it takes or tells what people said, shows, halts, keeps or erases what there is,
    whether or not rules wait for their review; what begins something new does not."""
    from gateway.app import opened  # not above: commands that need no installation would wait for all it is made of

    with opened(installation(), sending=sending, listening=listening) as gw:
        yield gw


def zoned(at: datetime | None, gw: Gateway) -> datetime | None:
    """An instant of an option; without a zone of its own it is on the clock of the law. Raises InvalidInput, as `on_clock`."""
    return None if at is None else on_clock(at, gw.pack.calendar.zone)


def on_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant; without a zone of its own it is on this clock. Of an hour that comes twice it is the first.

    Raises InvalidInput for an hour that the clock skips: nobody may guess which one was meant.
    """
    if at.tzinfo is not None:
        return at
    there = at.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise InvalidInput(f"le {at:%d/%m/%Y}, les horloges avancent d’une heure : {at:%H:%M} n’y existe pas")
    return there


def answer_json(value: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def taken(one: object, *names: str) -> dict[str, object]:
    """What a program is told of something, by the names it has there."""
    return {name: getattr(one, name) for name in names}


def answer_line(words: str, told: Mapping[str, object], *, as_json: bool) -> None:
    """What was done: one line for a person, one document for a program."""
    if as_json:
        answer_json(told)
    else:
        out.print(words, soft_wrap=True)


def answer_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: Sequence[int] = ()) -> None:
    """Print a table, or that it would be empty; columns in `numbers` are aligned to the right."""
    if title:
        out.print(title if rows else f"{title} : rien pour l’instant.", style="italic")
    if rows:
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        out.print(screen.table(headings, cells, out, numbers=numbers))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
