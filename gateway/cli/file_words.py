"""How a file is described to whoever brings it: what it is, how it is read, what was repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.cli.words import counted
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.objecting import names_register
from gateway.flows.collecting.table import TableFile

_KINDS = {
    "csv": "Texte",
    "xlsx": "Classeur Excel (xlsx)",
    "xlsm": "Classeur Excel avec macros (xlsm ; les macros ne sont pas lues)",
    "xlsb": "Classeur Excel binaire (xlsb)",
    "xls": "Classeur Excel ancien (xls)",
    "ods": "Classeur LibreOffice (ods)",
}
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 avec marque",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows (cp1252)",
    "iso8859-15": "Latin-9 (iso8859-15)",
    "mac_roman": "Mac ancien (mac_roman)",
    "cp850": "DOS (cp850)",
}
_SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}
_NOTED: Mapping[str, tuple[str, str]] = {
    "merged": (
        "case couverte par une fusion : elle prend ce qu’on y voit",
        "cases couvertes par une fusion : elles prennent ce qu’on y voit",
    ),
    "notes": (
        "note posée sur une case, lue comme une remarque : ce qu’elle refuse compte, et rien n’en est gardé",
        "notes posées sur des cases, lues comme des remarques : ce qu’elles refusent compte, et rien n’en est gardé",
    ),
    "boolean": ("case VRAI/FAUX lue « oui » ou « non »", "cases VRAI/FAUX lues « oui » ou « non »"),
    "date": ("date du classeur, lue comme une date", "dates du classeur, lues comme des dates"),
    "rounded": (
        "nombre trop long, que le classeur a arrondi : vérifiez-le",
        "nombres trop longs, que le classeur a arrondis : vérifiez-les",
    ),
    "cut": ("texte trop long, coupé", "textes trop longs, coupés"),
    "error": ("case en erreur (#N/A…), lue comme vide", "cases en erreur (#N/A…), lues comme vides"),
    "uncalculated": (
        "formule sans résultat, lue comme vide : ouvrez le classeur et enregistrez-le",
        "formules sans résultat, lues comme vides : ouvrez le classeur et enregistrez-le",
    ),
    "mixed": (
        "lettre écrite autrement que le reste du texte, lue comme Windows l’écrit : vérifiez les accents",
        "lettres écrites autrement que le reste du texte, lues comme Windows les écrit : vérifiez les accents",
    ),
    "doubtful_letters": (
        "lettre accentuée qui se lirait aussi bien autrement : vérifiez les noms ; --encoding dit comment les lire",
        "lettres accentuées qui se liraient aussi bien autrement : vérifiez les noms ; --encoding dit comment les lire",
    ),
    "twice": (
        "lettre accentuée abîmée avant de nous arriver (« Ã© ») : demandez le fichier d’origine",
        "lettres accentuées abîmées avant de nous arriver (« Ã© ») : demandez le fichier d’origine",
    ),
}


def described(file: TableFile) -> str:
    """What a file is and how it is read, in one line: "Texte UTF-8, point-virgule, en-tête ligne 3"."""
    parts = [_KINDS.get(file.kind, file.kind)]
    if file.encoding:
        parts[0] += f" {_ENCODINGS.get(file.encoding, file.encoding)}"
    if file.separator:
        parts.append(_SEPARATORS[file.separator])
    if file.sheet is not None:
        parts.append(f"feuille « {file.sheet} »")
    header = f"en-tête ligne {file.header_line}" if file.header_line else "sans en-tête"
    if file.header_rows > 1:
        header = f"en-tête de {file.header_rows} lignes jointes, jusqu’à la ligne {file.header_line}"
    if file.above:
        header += f" (au-dessus, {counted(file.above, 'ligne de titre', 'lignes de titre')})"
    return ", ".join([*parts, header])


def remarks(file: TableFile) -> Iterator[str]:
    """What was repaired by rule or left out while the file was read, a sentence each."""
    others = [f"« {each.name} »{' (masquée)' if each.hidden else ''}" for each in file.sheets if not each.chosen]
    if others:
        yield f"Autres feuilles du classeur, non lues : {', '.join(others[:10])}. --sheet en choisit une autre."
    for left in [each.name for each in file.sheets if not each.chosen and names_register(plain(each.name))]:
        first = f'gateway suppressions import "{file.name}" --sheet "{left}"'
        yield f"« {left} » semble lister des personnes qui ne veulent plus rien recevoir : apportez-la d’abord ({first})."
    if file.hidden_rows:
        rows = counted(
            file.hidden_rows, "ligne masquée du classeur n’est pas lue", "lignes masquées du classeur ne sont pas lues"
        )
        yield f"{rows} (filtre ou masque). --hidden les lit aussi."
    if file.hidden_columns:
        named = ", ".join(f"« {heading} »" for heading in file.hidden_columns[:10])
        yield f"Colonnes masquées du classeur, non lues : {named}. --hidden les lit aussi."
    if not file.hidden_told:
        yield (
            "Dans ce format, ce que le classeur masque ne se distingue pas : tout est lu ; ce qui est barré, et les notes posées "
            "sur des cases, ne se voient pas : s’il y en a, enregistrez-le d’abord en xlsx."
        )
    for name, count in file.noted.items():
        if name in _NOTED:
            where = f" (la première ligne {file.mixed_line})" if name == "mixed" and file.mixed_line else ""
            yield f"{counted(count, *_NOTED[name])}{where}."
