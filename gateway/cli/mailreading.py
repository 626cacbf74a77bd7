"""`gateway inbound read FILE …`: what the reader understands of a mail, for whoever asks why. Nothing is kept or takes effect."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gateway.channels.inbound import MailKind, MailReport, Verdict, read_mail
from gateway.cli.session import Json, answer_json, answer_table, out
from gateway.domain.errors import InvalidInput, system_says

_STDIN = "-"
_TEXT_SHOWN = 500

_KINDS = {
    MailKind.BOUNCE: "retour d’un serveur",
    MailKind.COMPLAINT: "plainte",
    MailKind.UNSUBSCRIBE: "désinscription",
    MailKind.VACATION: "réponse automatique",
    MailKind.REPLY: "message d’une personne",
    MailKind.OTHER: "autre",
}
_VERDICTS = {
    Verdict.HARD: "l’adresse n’existe pas ou plus",
    Verdict.SOFT: "pas pour le moment : boîte suspendue ou serveur en peine",
    Verdict.FULL: "boîte pleine",
    Verdict.BLOCKED: "c’est nous qui sommes refusés (réputation, authentification, débit)",
    Verdict.MISROUTED: "son serveur ne prend pas le courrier de ce domaine (ou notre relais ne nous reconnaît pas)",
    Verdict.POLICY: "ce message-là est refusé (contenu, taille, règle)",
    Verdict.EXPIRED: "serveur resté injoignable",
    Verdict.DELIVERED: "remis",
    Verdict.UNKNOWN: "refusé sans qu’on sache pourquoi",
}
#: Why a mail is of its kind, by the reader's words (`MailReport.reason`), or by those before their colon.
_REASONS = {
    "unreadable": "illisible",
    "no header": "sans en-tête",
    "feedback report": "rapport d’un fournisseur",
    "notification of Amazon SES": "avis d’Amazon SES",
    "delivery status (RFC 3464)": "compte rendu de remise, RFC 3464",
    "refused by a filter or a mailing list": "refusé par un filtre ou une liste de diffusion",
    "receipt of a mail program": "accusé de lecture",
    "sent to the address of List-Unsubscribe": "envoyé à l’adresse de désinscription",
    "asks for nothing else": "ne demande rien d’autre",
    "notice of a mail server": "écrit par un serveur de courrier",
    "automatic answer": "écrite par un programme",
    "automatic mail": "écrit par un programme",
    "written by a person": "rien ne dit qu’un programme l’ait écrit",
}


def read(
    files: Annotated[list[str], typer.Argument(help="Mails as they came (.eml); - reads standard input.", metavar="FILE…")],
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="ADDRESS", help="A recipient of the envelope, when it is known.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what a mail is, what it says of whom, and by which row of the table. Keeps nothing, does nothing."""
    reports = [(name, read_mail(_bytes(name), envelope_to=to or ())) for name in files]
    if as_json:
        answer_json([{"file": name} | asdict(report) for name, report in reports])
        return
    for name, report in reports:
        _show(name, report)


def _bytes(name: str) -> bytes:
    if name == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as fault:
        raise InvalidInput(f"{name} : illisible ({system_says(fault)})") from fault


def _show(name: str, report: MailReport) -> None:
    reason, colon, what = report.reason.partition(": ")
    why = f"{_REASONS.get(reason, reason)}{' : ' if colon else ''}{what}"
    out.print(f"[bold]{escape(name)}[/] : {_KINDS[report.kind]} ({escape(why)})")
    facts = {
        "De": report.sender,
        "Objet": report.subject,
        "Jeton": ", ".join(report.tokens) or "aucun jeton : ce courriel ne prouve aucun message",
        "Répond à": ", ".join(report.answers),
        "Automatique": "oui : on n’y répond jamais" if report.auto else "non",
        "Ses mots": " ".join(report.text[:_TEXT_SHOWN].split()) if report.kind is not MailKind.BOUNCE else "",
    }
    for what, value in facts.items():
        if value:
            out.print(f"  {what} : {escape(value)}")
    if report.recipients:
        rows = [
            (
                escape(each.address or "(personne n’est nommé)")
                + (f" ; réexpédié à {escape(each.forwarded_to)}" if each.forwarded_to else ""),
                _VERDICTS[each.verdict] + ("" if each.final else " ; le serveur essaie encore"),
                each.status,
                escape(each.reply),
                escape(each.why),
            )
            for each in report.recipients
        ]
        answer_table("Destinataires", ["Adresse", "Ce qui en est dit", "Code", "Mots du serveur", "Preuve"], rows)
