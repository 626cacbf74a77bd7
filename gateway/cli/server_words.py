"""What a mail server answered, told in French; its own words, which are mostly English, stand beside it in quotation marks."""

from __future__ import annotations

import re

from rich.markup import escape

#: A reply code (RFC 5321), then the enhanced one (RFC 3463) once or, as many servers have it, twice.
_ANSWER = re.compile(r"([245]\d\d)(?!\d)[ -]?(?:([245]\.\d{1,3}\.\d{1,3})\b ?)?(?:\2(?= |$) ?)?(.*)", re.DOTALL)
#: Subject and detail of an enhanced code, and what they say.
_ENHANCED = {
    "1.1": "adresse inconnue",
    "1.2": "domaine inconnu",
    "1.3": "adresse mal écrite",
    "1.6": "boîte déménagée",
    "1.10": "domaine qui ne reçoit pas de courriel",
    "2.1": "boîte fermée",
    "2.2": "boîte pleine",
    "2.3": "message trop lourd pour cette boîte",
    "3.1": "plus de place chez le serveur",
    "3.2": "serveur fermé pour le moment",
    "3.4": "message trop lourd",
    "4.1": "serveur injoignable",
    "4.2": "liaison mauvaise",
    "4.4": "chemin introuvable",
    "4.7": "délai dépassé",
}
#: The subject alone, where the detail is not one of those.
_SUBJECTS = {
    "1": "adresse refusée",
    "2": "boîte indisponible",
    "3": "panne du serveur",
    "4": "réseau en panne",
    "6": "message illisible pour le serveur",
    "7": "refusé par les règles de ce serveur",
}
_CLASSES = {"2": "accepté", "4": "refusé pour cette fois", "5": "refusé"}


def answered(reply: str | None) -> str:
    """An answer as the outbox keeps it, ready to be printed: « boîte pleine (452 4.2.2, « Mailbox full ») ».

    What is no answer of a mail server stands as it is.
    """
    found = _ANSWER.fullmatch((reply or "").strip())
    if found is None:
        return escape(reply or "")
    code, enhanced, words = found[1], found[2] or "", found[3].strip()
    own = f"{f'{code} {enhanced}'.strip()}{f', « {words} »' if words else ''}"
    return escape(f"{_said(code, enhanced)} ({own})")


def _said(code: str, enhanced: str) -> str:
    if code.startswith("2"):
        return _CLASSES["2"]
    subject = enhanced[2:]
    return _ENHANCED.get(subject) or _SUBJECTS.get(subject.partition(".")[0]) or _CLASSES[code[0]]
