"""Columns of formulas whose results the workbook does not hold: what they would say of somebody is not known."""

from __future__ import annotations

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.columns import Columns
from gateway.flows.collecting.headings import AGREEING, PROTECTING, labels
from gateway.flows.collecting.table import TableFile


def check_results(file: TableFile, columns: Columns) -> None:
    """Raise InvalidInput for a column that may tell who objects or agrees, and cannot be read; not for one left out by a word.

    Names and places may stay empty, and an address that cannot be read sends its line back.
    """
    fields, names = columns.fields, labels(columns.headings)
    for place, line in file.lost:
        told = fields.get(place)
        if line <= file.header_line or place in columns.left_out or (told and told not in (*PROTECTING, *AGREEING)):
            continue
        name = names[place] if place < len(names) else "sans titre"
        left = f' ; si elle ne dit aucun refus, --map "{name}=ignorer"' if place < len(names) else ""
        raise InvalidInput(
            f"la colonne « {name} » se calcule (ligne {line}, par exemple), et ce fichier n’en garde pas le résultat : il dit "
            "peut-être qui ne veut plus rien recevoir ; ouvrez le classeur dans votre tableur, réparez ce qui y est en erreur, "
            f"enregistrez-le, puis apportez-le de nouveau{left}"
        )


def check_calculated(file: TableFile) -> None:
    """Raise InvalidInput for an opposition list with formulas that lost their results: whoever stood there is not protected."""
    if count := file.noted.get("uncalculated", 0):
        lost = f"{count} formules n’ont pas leur résultat" if count > 1 else "une formule n’a pas son résultat"
        raise InvalidInput(
            f"{file.name} : {lost} dans le fichier, et des adresses s’y trouvent peut-être : ouvrez le classeur dans votre "
            "tableur, enregistrez-le, puis recommencez"
        )
