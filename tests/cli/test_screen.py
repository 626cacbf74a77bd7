"""What a terminal of 80 columns shows: French keeps its signs, and words are whole while there is room."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from gateway.cli import screen
from gateway.cli.screen import column_widths


def console(width: int) -> Console:
    return Console(file=StringIO(), width=width, highlight=False)


def printed(on: Console) -> list[str]:
    assert isinstance(on.file, StringIO)
    return on.file.getvalue().splitlines()


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_a_line_never_begins_by_a_colon_nor_ends_by_an_opening_quote(blank: str) -> None:
    sentence = f"Écrivez la date comme ceci{blank}: «{blank}15/03/2027{blank}», et non pas comme un nom{blank}; compris{blank}?"
    for width in range(16, 60):
        on = console(width)
        on.print(sentence)
        lines = [line.rstrip(" ") for line in printed(on)]
        assert [line for line in lines if line[0] in ":;?»" or line[-1] == "«"] == []
        assert " ".join(lines) == sentence


def test_an_hour_and_a_thousand_stay_on_one_line() -> None:
    on = console(14)
    on.print("à partir de 20\u00a0h, 12\u202f345 lettres")
    assert [line.strip() for line in printed(on)] == ["à partir de", "20\u00a0h, 12\u202f345", "lettres"]


def test_in_a_table_a_long_sentence_gives_way_and_a_date_or_an_address_stays_whole() -> None:
    headings = ["N°", "Demande", "Reçue", "Adresse", "Pourquoi"]
    sentence = "La personne est revenue sur son accord, ou a répondu non\u00a0: cela vaut tout de suite."
    on = console(80)
    on.print(screen.table(headings, [["12", "effacement (article 17)", "27/11/2026", "mael.lhostis@exemple.fr", sentence]], on))
    text = "\n".join(printed(on))
    assert all(len(line) <= 80 for line in printed(on))
    assert all(word in text for word in ("effacement", "27/11/2026", "mael.lhostis@exemple.fr", "personne", "non\u00a0:"))


def test_columns_that_fit_take_what_they_need_and_no_more() -> None:
    assert column_widths([("N°", "Nom"), ("1", "Agathe Petit")], 60) == [2, 12]


def test_where_words_are_wider_than_the_terminal_only_the_longest_are_cut() -> None:
    assert column_widths([("N°", "Empreinte"), ("17", "f" * 64)], 40) == [2, 38]


def test_markup_takes_no_room() -> None:
    on = console(30)
    on.print(screen.table(["État"], [["[bold red]EN RETARD[/]"]], on))
    assert max(len(line) for line in printed(on)) == len("EN RETARD") + 4
