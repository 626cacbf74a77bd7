"""How answers stand on a terminal: lines end where French lets them, columns are as wide as their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich import _wrap
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

#: A blank that may end a line: none that French ties to the sign beside it, nor a no-break space, which rich takes for one.
_BREAK = r"(?<!«)[ \t](?![;:?!»])"
_wrap.re_word = re.compile(rf"[ \t]*(?:(?!{_BREAK}).)+[ \t]*")
_BREAKS = re.compile(rf"(?:{_BREAK}|\n)+")
#: What a table with lines takes of a terminal: two spaces and a line for each column, and the last line.
_FOR_EACH_COLUMN, _FOR_THE_TABLE = 3, 1


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    console: Console,
    *,
    numbers: Sequence[int] = (),
    sections: bool = False,
) -> Table:
    """A table as wide as the terminal at most; columns in `numbers` are aligned to the right, cells may hold markup.

    sections: a line is drawn above each row whose first cell says something.
    """
    shown = [tuple(console.render_str(cell).plain for cell in row) for row in (headings, *rows)]
    room = console.width - _FOR_THE_TABLE - _FOR_EACH_COLUMN * len(headings)
    made = Table(header_style="bold", show_header=any(headings))
    for index, (heading, width) in enumerate(zip(headings, column_widths(shown, room), strict=True)):
        made.add_column(heading, width=width, justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        if sections and row[0]:
            made.add_section()
        made.add_row(*row)
    return made


def column_widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column of these plain texts is, `room` in all at most: no word is cut while others have room to spare."""
    columns = list(zip(*rows, strict=True))
    lines = [max(cell_len(line) for cell in column for line in cell.split("\n")) for column in columns]
    words = [max(cell_len(word) for cell in column for word in _BREAKS.split(cell)) for column in columns]
    least, most = (words, lines) if sum(words) <= room else ([1] * len(words), words)
    widths = [max(each, 1) for each in least]
    for level in range(room + 1):
        tried = [max(low, min(high, level), 1) for low, high in zip(least, most, strict=True)]
        if sum(tried) > room:
            break
        widths = tried
    return widths
