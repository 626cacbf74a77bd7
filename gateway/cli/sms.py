"""`gateway sms …`: what a text message costs, and what would make it cheaper."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.session import Json, answer_json, answer_table, out
from gateway.cli.texts import words_of
from gateway.cli.words import euros, number
from gateway.data import data_dir
from gateway.domain.language import read_language
from gateway.flows.sending.texting import Cost, Counted, count
from gateway.render.segments import Alphabet, Segments
from gateway.settings import Settings

sms_app = typer.Typer(help="Text messages.", no_args_is_help=True)

_ALPHABETS = {Alphabet.GSM: "alphabet des SMS, 160 caractères par partie", Alphabet.UCS2: "Unicode, 70 caractères par partie"}
_INVISIBLE = {
    " ": "espace",
    "": "(rien)",
    "\u00a0": "espace insécable",
    "\u2009": "espace fine",
    "\u202f": "espace fine insécable",
    "\t": "tabulation",
    "\u00ad": "césure facultative (invisible)",
    "\u200b": "espace sans largeur (invisible)",
    "\u200c": "antiliant (invisible)",
    "\u2060": "gluon (invisible)",
    "\ufeff": "marque d’ordre des octets (invisible)",
}
#: Join or colour the emoji before them.
_BELONGING = frozenset("\u200d\ufe0e\ufe0f")


@sms_app.callback()
def _sms() -> None:
    """Text messages."""


@sms_app.command("count")
def count_command(
    text: Annotated[str, typer.Argument(help="The text itself, or a file that holds it (UTF-8).")],
    language: Annotated[str, typer.Option(help="Language: fr or en.")] = "fr",
    people: Annotated[int, typer.Option(min=0, help="How many would get it: shows what it costs for all of them.")] = 0,
    simplify: Annotated[bool, typer.Option("--simplify", help="Count it in plain characters, as proposed.")] = False,
    as_json: Json = False,
) -> None:
    """Parts of a text with its notices, what makes it dearer, and how it would read in plain characters.

    Exit 1 when it takes more parts than config.toml allows.
    """
    spoken = read_language(language)
    settings = session.settings()
    counted = count(words_of(text), settings, data_dir("templates"), spoken, simplify=simplify)
    if as_json:
        answer_json(asdict(counted))
    else:
        _show(counted, settings, people)
    if counted.later.too_long:
        raise typer.Exit(1)


def _show(counted: Counted, settings: Settings, people: int) -> None:
    _show_costs(counted, settings, people)
    found = counted.later.segments
    if counted.first.missing:
        out.print(
            f"[yellow]![/] Un premier SMS serait refusé : config.toml ne dit pas {', '.join(counted.first.missing)} (table sms)."
        )
    if counted.alone.outside:
        out.print(f"[yellow]![/] Font tomber la place à 70 caractères : {_named(counted.alone.outside)}")
    if counted.around:
        out.print(
            f"[yellow]![/] Font tomber la place à 70 caractères, dans le nom ou les mentions (sms.name, sms.election) : "
            f"{_named(counted.around)}"
        )
    if counted.first.segments.alphabet is Alphabet.UCS2:
        _show_plain(counted)
    if counted.later.too_long:
        over = _signs(found.over(settings.sms.parts_max))
        out.print(
            f"[red]✗[/] Plus de parties que sms.parts_max ({settings.sms.parts_max}) : il ne partirait pas. {over} de trop."
        )
    elif counted.first.too_long:
        over = _signs(counted.first.segments.over(settings.sms.parts_max))
        out.print(
            f"[yellow]![/] Trop long de {over} pour une personne qui n’a encore reçu aucun SMS, et dont le premier porte plus de "
            "mentions : elle serait laissée de côté."
        )


def _show_plain(counted: Counted) -> None:
    """What --simplify would write, and what it would spare; nothing where it changes nothing."""
    proposal = counted.proposal
    spared = [
        f"{_parts(plain.segments)} au lieu de {_parts(now.segments)} pour un {name}"
        for name, now, plain in (
            ("SMS suivant", counted.later, counted.later_plain),
            ("premier SMS", counted.first, counted.first_plain),
        )
        if plain.segments.parts < now.segments.parts
    ]
    if proposal.changes or spared:
        out.print("\nEn caractères simples ([bold]--simplify[/]), à vous de choisir :")
        out.print(f"  {escape(proposal.text)}", highlight=False)
        changes = ", ".join(f"{_named((old,))} → {_named((new,))}" for old, new in proposal.changes)
        also = "le nom et les mentions aussi" if counted.around else ""
        saves = "avec ses mentions, " + ", ".join(spared) if spared else "le nombre de parties ne change pas"
        out.print(f"  {' ; '.join(filter(None, (changes, also, saves)))}.")
    if proposal.remaining:
        out.print(f"  Rien de simple ne remplace {_named(proposal.remaining)} : à retirer.")


def _show_costs(counted: Counted, settings: Settings, people: int) -> None:
    priced = bool(settings.sms.price_per_part)
    headings = ["", "Parties", "Signes", "Place d’une partie", *(("Prix",) if priced else ())]
    if priced and people:
        headings.append(f"Pour {number(people)}")
    rows = [_row("SMS suivant", counted.later, priced, people), _row("Premier SMS", counted.first, priced, people)]
    answer_table("Avec ses mentions", headings, rows, numbers=range(1, len(headings)))
    out.print(f"Le texte seul : {_parts(counted.alone)}, {counted.alone.units} signes ({_ALPHABETS[counted.alone.alphabet]}).")


def _row(name: str, cost: Cost, priced: bool, people: int) -> list[str]:
    row = [name, str(cost.segments.parts), str(cost.segments.units), str(cost.room)]
    if priced:
        row.append(euros(cost.price))
        if people:
            row.append(euros(cost.price * people))
    return row


def _parts(found: Segments) -> str:
    return f"{found.parts} partie{'s' if found.parts > 1 else ''}"


def _signs(count: int) -> str:
    return f"{count} signe{'s' if count > 1 else ''}"


def _named(marks: tuple[str, ...]) -> str:
    """Each sign, and what cannot be seen by its name; what belongs to the emoji before it shows nothing by itself."""
    seen = [mark for mark in marks if mark not in _BELONGING]
    return " ".join(_INVISIBLE.get(mark, mark) for mark in seen or marks)
