"""A SQLite file that is exchanged under a running process: nobody must be told that it is noted in one that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from gateway.domain.errors import StoreUnavailable
from gateway.store.engine import begin, open_engine, reading
from gateway.store.schema import at_head

_ALL = text("SELECT count(*) FROM contact")


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """An engine that has its file open, as a process that runs has."""
    engine = open_engine(sqlite_url)
    assert at_head(engine)
    yield engine
    engine.dispose()


def test_a_file_that_a_synchronised_folder_put_there_takes_no_objection_and_answers_nobody(engine: Engine, file: Path) -> None:
    other = file.with_name("from elsewhere")
    shutil.copyfile(file, other)
    other.replace(file)
    for transaction in (begin, reading):
        with pytest.raises(StoreUnavailable, match=r"remplacé.*dossier synchronisé"), transaction(engine) as tx:
            tx.execute(_ALL)
    with pytest.raises(StoreUnavailable, match="remplacé"):
        at_head(engine)


def test_a_file_that_was_moved_away_is_missed_and_one_that_comes_back_goes_on(engine: Engine, file: Path) -> None:
    aside = file.rename(file.with_name("aside"))
    with pytest.raises(StoreUnavailable, match="déplacé"), begin(engine) as tx:
        tx.execute(_ALL)
    aside.rename(file)
    with begin(engine) as tx:
        assert tx.execute(_ALL).scalar_one() == 0


def test_whoever_opens_the_new_file_afterwards_works_with_it(engine: Engine, file: Path, sqlite_url: str) -> None:
    other = file.with_name("from elsewhere")
    shutil.copyfile(file, other)
    other.replace(file)
    started_again = open_engine(sqlite_url)
    with begin(started_again) as tx:
        assert tx.execute(_ALL).scalar_one() == 0
    started_again.dispose()
