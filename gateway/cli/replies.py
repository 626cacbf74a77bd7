"""`gateway replies …`: what people write back. Read it, see what waits for somebody, settle it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.markup import escape

from gateway.cli import intake, session
from gateway.cli.session import Json, answer_json, err, out, taken
from gateway.cli.words import counted, local_time, said
from gateway.compliance.wording import read_reply
from gateway.domain.errors import InvalidInput
from gateway.domain.reply import Intent, RightAsked, Settlement
from gateway.flows import resolving
from gateway.flows.resolving import Asked, Decision
from gateway.present import present_pack, today

app = typer.Typer(help="Replies: classify texts, see what waits for somebody, settle it.", no_args_is_help=True)

#: Longest line of a file of texts, in characters.
_LINE_MOST = 1_000_000
#: Enough of a reply to decide about it; `--json` shows all of it.
_SHOWN_MOST = 700


@app.command()
def classify(
    file: Annotated[
        Path,
        typer.Argument(help='Lines of JSON: {"text": "…"}; - for standard input.'),
    ],
) -> None:
    """Say what each text asks, and why: lines of JSON with text, intent and evidence. Nothing is stored, nobody is looked up.

    Exit 1 when a line cannot be read: each is named by its number, and the others are answered.
    """
    words = present_pack(today()).reply_words
    bad = 0
    with _opened(file) as lines:
        for number, line in enumerate(_lines(lines), start=1):
            if not line.strip():
                continue
            try:
                text = _text(line)
            except InvalidInput as fault:
                bad += 1
                err.print(f"[bold red]✗[/] ligne {number} : {escape(str(fault))}", soft_wrap=True)
                continue
            reading = read_reply(text, words)
            answer = {"text": text, "intent": reading.intent, "evidence": reading.evidence}
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            sys.stdout.flush()  # whoever writes line by line through a pipe reads answers line by line
    if bad:
        raise typer.Exit(1)


@app.command()
def queue(
    after: Annotated[int | None, typer.Option(help="Show what follows this reply.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 20,
    as_json: Json = False,
) -> None:
    """What waits for somebody: what may be an objection first, then requests for a right, oldest first."""
    with session.gateway(listening=True) as gw:
        waiting = resolving.queue(gw, after=after, limit=limit)
        counts = resolving.open_counts(gw)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json({"open": counts, "replies": [_line(one) for one in waiting]})
        return
    if not waiting:
        out.print("✓ Aucune réponse n’attend.")
        return
    total = sum(counts.values())
    out.print(f"[bold]{counted(total, 'réponse attend', 'réponses attendent')}[/], les plus pressées d’abord.\n")
    for one in waiting:
        _show(one, received=f"{local_time(one.letter.received_at, zone)}")
    if len(waiting) == limit and total > limit:
        out.print(f"[dim]La suite : gateway replies queue --after {waiting[-1].letter.id}[/]")


@app.command()
def resolve(
    reply: Annotated[int, typer.Argument(help="Number of the reply, as shown by the queue.")],
    settlement: Annotated[Settlement, typer.Argument(help="What you decide.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; kept in the journal.")],
    why: Annotated[str, typer.Option(help="Why; kept in the journal.")],
    every_channel: Annotated[bool, typer.Option("--every-channel", help="An objection to every channel.")] = False,
    as_json: Json = False,
) -> None:
    """Settle one reply. The same decision again changes nothing; of two people who decide at once, one wins."""
    decision = Decision(settlement=settlement, by=by, why=why, every_medium=every_channel)
    with session.gateway(listening=True) as gw:
        done, zone = resolving.resolve(gw, reply, decision), gw.pack.calendar.zone
    if as_json:
        answer_json({"reply": reply, **asdict(done)})
        return
    before = f"déjà décidé par {done.by}" if done.by else "c’était déjà ainsi"
    again = f" ({before})" if done.already else ""
    out.print(f"✓ Réponse {reply} : {said(settlement)}{escape(again)}.")
    if done.effective_at is not None:
        out.print(f"L’opposition vaut depuis le {local_time(done.effective_at, zone)}.")
    if done.cancelled:
        out.print(intake.will_not_leave(done.cancelled))
    if done.resumed:
        out.print("La pause est levée : cette personne peut de nouveau recevoir ce à quoi elle a consenti.")
    if done.right_waits:
        out.print("[yellow]![/] Elle exerce aussi un droit : la réponse reste dans la file jusqu’à `answered`.")
    for one in () if done.right_waits else done.requests:
        what = said(RightAsked(one.right.value))
        out.print(f"[yellow]![/] La même réponse fait une {what}, qui attend encore la sienne : gateway rights show {one.id}")


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape")
        return
    if not file.is_file():
        raise InvalidInput(f"{file} : ce fichier n’existe pas ; donnez un fichier de lignes JSON, ou - pour l’entrée standard")
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        yield lines


def _lines(lines: TextIO) -> Iterator[str]:
    """Lines, one at a time and never more of one than is read; what is longer is cut, and then is no JSON."""
    while line := lines.readline(_LINE_MOST):
        yield line
        while line and not line.endswith("\n"):
            line = lines.readline(_LINE_MOST)


def _text(line: str) -> str:
    """The text of one line. Raises InvalidInput with what is wrong with it."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise InvalidInput("ce n’est pas de l’UTF-8 : enregistrez le fichier ainsi") from fault
    try:
        told = json.loads(line)
    except ValueError as fault:
        cut = f" (plus de {_LINE_MOST:,} caractères)" if len(line) >= _LINE_MOST else ""
        raise InvalidInput(f'ce n’est pas du JSON{cut} : écrivez {{"text": "…"}}') from fault
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        raise InvalidInput('il y manque « text », un texte entre guillemets : écrivez {"text": "…"}')
    text: str = told["text"]
    return text.encode("utf-8", "replace").decode("utf-8")


def _line(one: Asked) -> dict[str, object]:
    letter = one.letter
    return {
        **taken(letter, "id", "received_at", "medium", "kind", "intent", "text", "effective_at"),
        "evidence": (letter.evidence or "").splitlines(),
        "right": letter.right_asked,
        "requests": [{"id": each.id, "right": each.right, "due": each.deadline_at} for each in one.requests],
        "person": one.hint or None,
        "message": letter.message_id,
        "paused": one.paused,
        "doubtful_of_same_person": one.doubts,
        "choices": one.choices,
    }


def _show(one: Asked, *, received: str) -> None:
    letter = one.letter
    who = one.hint or "adresse inconnue de nos fichiers"
    what = said(letter.intent) if letter.intent else said(letter.kind)
    asked = [f"{said(RightAsked(each.right.value))} (n° {each.id})" for each in one.requests]
    asked = asked or ([said(letter.right_asked)] if letter.right_asked else [])
    right = f" · [bold]{' et '.join(asked)}[/]" if asked else ""
    out.print(f"[bold]n° {letter.id}[/] · {received} · {said(letter.medium)} · {escape(who)} · [yellow]{what}[/]{right}")
    text = letter.text or ""
    more = "…" if len(text) > _SHOWN_MOST else ""
    for line in (text[:_SHOWN_MOST] + more).strip().splitlines() or ["(aucun texte)"]:
        out.print(f"  │ {escape(line)}", soft_wrap=True)
    if read_in := _read_in(letter.evidence or ""):
        out.print(f"  [dim]Mots qui ont compté : {escape(read_in)}[/]", soft_wrap=True)
    if one.paused:
        out.print("  [yellow]En pause[/] : rien ne part vers elle par ce canal tant que personne n’a décidé.")
    if letter.intent is Intent.OBJECTION and letter.effective_at:
        out.print("  Son opposition est déjà en vigueur ; reste à répondre à ce qu’elle demande.")
    for choice, effect in one.choices.items():
        out.print(f"  [bold]{choice}[/] : {effect}", soft_wrap=True)
    out.print(f'  Pour décider : gateway replies resolve {letter.id} … --by NOM --why "…"', soft_wrap=True)
    out.print()


def _read_in(evidence: str) -> str:
    """The words that decided, once each, without the names of the patterns that found them."""
    words = dict.fromkeys(line.partition(": ")[2] for line in evidence.splitlines())
    return ", ".join(f"«\u00a0{each}\u00a0»" for each in words if each)
