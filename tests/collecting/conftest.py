"""A gateway for every test of this folder: on each database, or on one where only the reading of a file is asked about."""

from __future__ import annotations

import pytest

from tests.collecting.support import at_work

#: What cells, headings and sheets say is read before any database hears of it. What each database makes of it is asked by the
#: others: imports and their undoing, parts, lists of objections, rolls, people who are known already.
_OF_READING = frozenset(
    f"test_{name}"
    for name in (
        *("answers_of_tools", "asides", "beside", "boxes", "by_name", "by_no", "contradicted", "dittos", "groups", "headrows"),
        *("hints", "in_no_cell", "kinds", "legends", "liars", "names", "not_where_meant", "of_tools", "ordinary"),
        *("over_the_sheet", "passed_over", "questions", "reading", "remarks", "results", "sorting", "struck", "told_elsewhere"),
        *("unease", "wider_no", "workbooks"),
    )
)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One database for those that ask what is read."""
    if metafunc.module.__name__.rpartition(".")[2] in _OF_READING and "database_url" in metafunc.fixturenames:
        metafunc.definition.add_marker(pytest.mark.parametrize("database_url", ["sqlite"], indirect=True))


@pytest.fixture
def gw(database_url, tmp_path):
    with at_work(database_url, tmp_path / "var") as gateway:
        yield gateway
