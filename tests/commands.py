"""Commands of the gateway, called in this process as somebody types them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
import typer.testing
from typer.main import get_command
from typer.testing import CliRunner, Result

# The tree of commands takes longer to build than most commands take to run: it is built once.
typer.testing._get_command = cache(get_command)  # type: ignore[attr-defined]


def installed(monkeypatch: pytest.MonkeyPatch, database_url: str, folder: Path) -> None:
    """From now on commands are those of an installation on this database, and speak to a wide console."""
    monkeypatch.setenv("GATEWAY_DATABASE__URL", database_url)
    monkeypatch.setenv("GATEWAY_VAR_DIR", str(folder / "var"))
    monkeypatch.setenv("COLUMNS", "200")


def ran(app: typer.Typer, *words: object, typed: str | bytes | None = None, env: Mapping[str, str] | None = None) -> Result:
    """What came of a command, with its fault if it had one."""
    return CliRunner().invoke(app, [str(word) for word in words], input=typed, env=env)


def called(app: typer.Typer, *words: object, typed: str | bytes | None = None) -> Result:
    """What came of a command that ends by itself: a fault is raised."""
    result = ran(app, *words, typed=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def outcome(app: typer.Typer, *words: object, answers: Sequence[str] = ()) -> tuple[int, str]:
    """(exit code, standard output) of a command to whose questions somebody answers so."""
    result = called(app, *words, typed="".join(f"{answer}\n" for answer in answers))
    return result.exit_code, result.stdout
