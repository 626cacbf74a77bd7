"""What a TOML file that cannot be read has wrong, said to whoever wrote it: which line, and what to write instead."""

from __future__ import annotations

import re
from tomllib import TOMLDecodeError
from typing import Final

_WHERE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_DECLARED_TWICE: Final = re.compile(r"Cannot (?:declare|overwrite|mutate|redefine)")
#: What a value that cannot be read begins with, and what its writer should have written.
_SLIPS: Final = (
    (re.compile(r"[-+]?\d+,\d"), "un nombre s’écrit avec un point : 0.05"),
    (re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"), "un jour s’écrit ainsi : 2027-03-15"),
    (re.compile(r"(?:oui|non|yes|no|vrai|faux|on|off)\b", re.IGNORECASE), "écrivez true (oui) ou false (non), sans guillemets"),
    (re.compile(r"[“”„«‘’]"), 'les guillemets d’un texte sont droits : "…"'),
    (re.compile(r"[\"']"), 'un texte commence et finit par un guillemet droit, et n’en contient pas d’autre : "…"'),
    (re.compile(r"\["), 'une liste s’écrit ainsi : ["a", "b"]'),
    (re.compile(r"$"), "il manque la valeur après le signe ="),
    (re.compile(r""), 'un texte s’écrit entre guillemets droits : "…"'),
)


def what_is_wrong(text: str, fault: TOMLDecodeError) -> tuple[int, str]:
    """The line of a text where reading stopped, from 1, and a sentence that says what to do.

    The sentence shows the key of that line and never its value, which may be a secret.
    """
    lines = text.splitlines() or [""]
    found = _WHERE.search(str(fault))
    at = min(int(found[1]), len(lines)) if found else len(lines)
    key, equals, value = lines[at - 1].partition("=")
    if _DECLARED_TWICE.search(str(fault)):
        return at, f"« {key.strip()} » est déjà plus haut : gardez l’un des deux"
    if not equals:
        return at, "cette ligne ne se lit pas : écrivez clé = valeur, [table], ou # devant un commentaire"
    says = next(says for begins, says in _SLIPS if begins.match(value.strip()))
    return at, f"« {key.strip()} = … » ne se lit pas : {says}"
