"""`gateway rights …`: what people ask of us about their data, and by when they must have an answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import rectifying, session
from gateway.cli.rectifying import Number
from gateway.cli.rights_words import fate, gone_astray
from gateway.cli.session import DAYS, INSTANTS, OPERATOR, By, Json, answer_json, answer_table, out, zoned
from gateway.cli.swept import tell
from gateway.cli.words import RIGHTS, counted, local_day, local_time, said
from gateway.domain.errors import InvalidInput
from gateway.domain.language import read_language
from gateway.domain.rights import HARMLESS, Identity, RequestVia, Right
from gateway.flows import keeping
from gateway.flows.rights import acting, copying, erasing, letters, requests
from gateway.flows.rights.acting import CARRIER, RELAY
from gateway.flows.rights.requests import Answer, Line
from gateway.flows.rights.unfiled import Beside
from gateway.store.requests import Asked
from gateway.store.sweeping import Swept

rights_app = typer.Typer(help="Rights of persons: requests, deadlines, answers.", no_args_is_help=True)

#: Who received data of hers from us, as people call them.
_PROVIDERS = {RELAY: "le relais de courrier", CARRIER: "Twilio, pour les SMS et les appels"}
#: What a letter of refusal says, and whoever tells it otherwise must say.
_COMPLAINT = "Dites-lui le refus, sa raison, et qu’elle peut saisir la CNIL ou un juge (RGPD, article 12, paragraphe 4)."
#: The command that carries out each request.
_DOES = {
    Right.ACCESS: "gateway rights export {0} copie.zip",
    Right.PORTABILITY: "gateway rights export {0} copie.zip",
    Right.RECTIFICATION: "gateway rights rectify {0} --family-name … (ou --email, --mobile… : --help dit tout ce qui se corrige)",
    Right.ERASURE: "gateway rights erase {0}",
    Right.RESTRICTION: "gateway rights restrict {0}",
    Right.OBJECTION: "gateway rights object {0}",
}


@rights_app.command("open")
def open_(
    right: Annotated[Right, typer.Argument(help="What she asks for.")],
    address: Annotated[str, typer.Argument(help="Email address or number it is about.")],
    via: Annotated[RequestVia, typer.Option(help="How it reached us.")] = RequestVia.EMAIL,
    received_at: Annotated[
        datetime | None, typer.Option(help="When it reached us; else now.", formats=[*DAYS, *INSTANTS])
    ] = None,
    identity: Annotated[str, typer.Option(help="How you know that it is she: in a few words.")] = "",
    words: Annotated[str, typer.Option(help="What exactly she asks; erased with her.")] = "",
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write down a request that reached the team; its clock runs from the day it came. The same request is not opened twice."""
    with session.gateway(listening=True) as gw:
        zone = gw.pack.calendar.zone
        asked = Asked(
            right=right,
            via=via,
            received_at=zoned(received_at, gw) or gw.clock.now(),
            identity=Identity.CHECKED if identity.strip() else Identity.UNCHECKED,
            identity_how=identity.strip() or None,
            recorded_by=by,
            asked=words.strip() or None,
        )
        request, fresh = requests.open_request(gw, address, asked)
        line = requests.show(gw, request.id)
    if as_json:
        answer_json({"fresh": fresh, **_plain(line)})
        return
    known = "" if fresh else " (déjà ouverte : son délai court depuis la première fois)"
    out.print(f"✓ Demande n° {request.id}{known}.")
    _show(line, zone)


@rights_app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Answered ones too, the newest first.")] = False,
    after: Annotated[int | None, typer.Option(help="Show what follows this request.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    as_json: Json = False,
) -> None:
    """Requests that wait for an answer: what is late first, then by deadline. Exit 1 while one is late."""
    with session.gateway(listening=True) as gw:
        page = requests.everything(gw, before=after, limit=limit) if every else requests.queue(gw, after=after, limit=limit)
        late, zone, astray = requests.late(gw), gw.pack.calendar.zone, letters.astray(gw)
    if as_json:
        answer_json({"late": late, "astray": [one.request for one in astray], "requests": [_plain(line) for line in page]})
    elif not page:
        out.print("✓ Aucune demande n’attend." if not every else "Aucune demande.")
    else:
        rows = [_row(line, zone) for line in page]
        answer_table("Demandes de droits", ["N°", "Demande", "Reçue", "Réponse avant le", "État", "Identité"], rows, numbers=[0])
        if len(page) == limit:
            out.print(f"[dim]La suite : gateway rights list {'--all ' if every else ''}--after {page[-1].request.id}[/]")
    if astray and not as_json:
        out.print(gone_astray(astray), soft_wrap=True)
    if late:
        raise typer.Exit(1)


@rights_app.command()
def show(number: Number, as_json: Json = False) -> None:
    """One request: where it stands, and what may be done."""
    with session.gateway(listening=True) as gw:
        line, zone = requests.show(gw, number), gw.pack.calendar.zone
    _tell(line, zone, as_json)


@rights_app.command()
def identify(
    number: Number,
    how: Annotated[str, typer.Option(help="How you made sure that it is she.")],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Note how her identity was checked: no more than needed. A copy of an identity card is hardly ever needed."""
    with session.gateway(listening=True) as gw:
        requests.vouch(gw, number, how, by=by)
        line, zone = requests.show(gw, number), gw.pack.calendar.zone
    _tell(line, zone, as_json)


@rights_app.command()
def answer(
    number: Number,
    text: Annotated[str, typer.Option(help="What you answered; erased with her, its hash stays in the journal.")] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="A refusal, with its reason in --text.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send the text to her email address on file.")] = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Settle a request: answered, or refused with a reason. Once."""
    if send and not text.strip():
        raise InvalidInput("--send envoie le texte de --text : il manque")
    with session.gateway(listening=True) as gw:
        requests.answer(gw, number, Answer(by=by, text=text, refused=refuse, send=send))
        line, zone = requests.show(gw, number), gw.pack.calendar.zone
    _tell(line, zone, as_json, first=f"✓ Demande n° {number} : réponse consignée{', lettre mise à l’envoi' if send else ''}.")
    if refuse and not send and not as_json:
        out.print(_COMPLAINT, soft_wrap=True)


@rights_app.command()
def extend(
    number: Number,
    why: Annotated[str, typer.Option(help="The reason; she reads it.")],
    told: Annotated[str, typer.Option(help="How you told her, when she has no email address on file.")] = "",
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Take the longer term and tell her why, within the first one. Once."""
    with session.gateway(listening=True) as gw:
        requests.extend(gw, number, why=why, by=by, told_how=told)
        line, zone = requests.show(gw, number), gw.pack.calendar.zone
    _tell(line, zone, as_json, first=f"✓ Prolongée{'' if told else ' ; une lettre le dit à la personne, avec la raison'}.")


@rights_app.command()
def export(
    number: Number,
    file: Annotated[Path, typer.Argument(help="Zip to write; it must not exist yet.")],
    language: Annotated[str | None, typer.Option(help="Language: fr or en; default: hers.")] = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write a copy of all her data (a page, JSON with its schema, CSV) and settle the request. It is for her alone."""
    chosen = read_language(language) if language is not None else None
    with session.gateway(listening=True) as gw:
        content = copying.export(gw, number, file, by=by, language=chosen)
    if as_json:
        answer_json({"file": file, "messages": len(content["messages"]), "consents": len(content["consents"])})
        return
    held = counted(len(content["messages"]), "message", "messages"), counted(len(content["consents"]), "acte", "actes")
    out.print(
        f"✓ {escape(str(file))} : {held[0]}, {held[1]} de consentement. Remettez-le à elle seule, puis effacez-le.",
        soft_wrap=True,
    )


rights_app.command()(rectifying.rectify)


@rights_app.command()
def erase(number: Number, by: By = OPERATOR, as_json: Json = False) -> None:
    """Erase her everywhere and settle the request. What stays is a digest that keeps old files from bringing her back."""
    with session.gateway(listening=True) as gw:
        done = erasing.erase(gw, number, by=by)
    if as_json:
        answer_json(asdict(done))
        return
    went = done.erased
    gone = (
        counted(went.contacts, "personne", "personnes"),
        counted(went.addresses, "adresse", "adresses"),
        counted(went.consent_acts, "acte de consentement", "actes de consentement"),
        counted(went.letters, "message reçu d’elle", "messages reçus d’elle"),
        counted(went.messages_cancelled, "message annulé", "messages annulés"),
    )
    out.print(f"✓ Demande n° {number} : effacé ({', '.join(gone)}).", soft_wrap=True)
    out.print(
        "Restent une empreinte sur la liste d’opposition, illisible sans le secret de l’installation, pour qu’aucun vieux "
        "fichier ne la fasse revenir, et le journal, dont le pseudonyme ne mène plus à elle.",
        soft_wrap=True,
    )
    if done.to_be_told:
        out.print(
            f"À prévenir par vous (RGPD, article 19), s’ils gardent quelque chose d’elle : "
            f"{', '.join(_PROVIDERS.get(one, one) for one in done.to_be_told)}.",
            soft_wrap=True,
        )
    tell(Swept(done=done.swept, remains=done.remains, at_night=done.at_night))
    rectifying.to_be_told("La passerelle n’a plus son adresse : répondez par où elle vous a écrit.")


@rights_app.command()
def sweep(
    full: Annotated[
        bool, typer.Option("--full", help="PostgreSQL: write each table and the log anew; nobody uses it meanwhile.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Free the space of what was erased, as the ticker does by itself. --full: in pages and the log of PostgreSQL too."""
    with session.gateway(listening=True) as gw:
        swept = keeping.sweep(gw, full=full, at_once=True)
    if as_json:
        answer_json({"swept": swept.done, "remains": swept.remains})
    else:
        if swept.done:
            where = "dans les tables" if swept.remains else "dans l’espace libre de la base"
            out.print(
                f"✓ Rien de ce qui a été effacé ne reste {where}. Les sauvegardes plus anciennes le gardent.", soft_wrap=True
            )
        tell(swept)
    if not swept.done:
        raise typer.Exit(1)


@rights_app.command()
def restrict(number: Number, by: By = OPERATOR, as_json: Json = False) -> None:
    """Keep her data and write to her no more, until somebody lifts it."""
    with session.gateway(listening=True) as gw:
        since = acting.restrict(gw, number, by=by)
    _done(number, since, "Ses données sont seulement conservées : plus rien ne lui est envoyé.", as_json)


@rights_app.command()
def lift(
    number: Number,
    why: Annotated[str, typer.Option(help="Why; write it down, she must be told before.")],
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """End a restriction. Tell her first."""
    with session.gateway(listening=True) as gw:
        since = acting.lift(gw, number, why=why, by=by)
    _done(number, since, "La limitation est levée.", as_json, told=True)


@rights_app.command("object")
def object_(number: Number, by: By = OPERATOR, as_json: Json = False) -> None:
    """Put every address of hers on the opposition list, for good."""
    with session.gateway(listening=True) as gw:
        since = acting.object_to_all(gw, number, by=by)
    _done(number, since, "son opposition vaut pour tous les canaux, pour toujours.", as_json)


def _tell(line: Line, zone: ZoneInfo, as_json: bool, *, first: str = "") -> None:
    """Where a request stands; before it, for people, what has just been done."""
    if as_json:
        answer_json(_plain(line))
        return
    if first:
        out.print(first)
    _show(line, zone)


def _done(number: int, since: datetime, says: str, as_json: bool, *, told: bool = False) -> None:
    """What a request came to. told: she knew it before."""
    if as_json:
        answer_json({"request": number, "since": since})
        return
    out.print(f"✓ Demande n° {number} : {says}")
    if not told:
        rectifying.to_be_told()


def _row(line: Line, zone: ZoneInfo) -> tuple[Any, ...]:
    request = line.request
    state = said(request.state)
    if line.late:
        state = "[bold red]EN RETARD[/]"
    elif line.near:
        state = "[yellow]bientôt due[/]"
    deadline = local_day(request.deadline_at, zone) + (" (prolongée)" if request.extended_at else "")
    received = f"{local_day(request.received_at, zone)}\n{said(request.via)}"
    return request.id, RIGHTS[request.right], received, deadline, state, said(request.identity)


def _show(line: Line, zone: ZoneInfo) -> None:
    request = line.request
    whom = (
        f"contact n° {request.contact_id}"
        if request.contact_id is not None
        else "quelqu’un qui n’est pas, ou plus, dans le fichier"
    )
    rows = [
        ("Demande", f"n° {request.id}, {RIGHTS[request.right]}"),
        ("Vise", whom),
        (
            "Venue par",
            said(request.via) + (f" (ses mots : gateway inbound show {request.letter_id})" if request.letter_id else ""),
        ),
        ("Reçue", local_time(request.received_at, zone)),
        ("Réponse avant le", local_time(request.deadline_at, zone) + (" — délai prolongé" if request.extended_at else "")),
        ("Raison du délai", request.extended_why or ""),
        ("Identité", said(request.identity) + (f" : {request.identity_how}" if request.identity_how else "")),
        ("En ses mots", request.asked or ""),
        ("État", "EN RETARD" if line.late else said(request.state)),
        ("Répondu", f"{local_time(request.answered_at, zone)} par {request.answered_by}" if request.answered_at else ""),
        ("Réponse", request.answer or ""),
        *(("Courriel", fate(letter, zone)) for letter in line.letters),
    ]
    answer_table("", ["", ""], [(name, escape(value)) for name, value in rows if value])
    if not request.is_open:
        return
    if request.contact_id is None and request.right not in (Right.ERASURE, Right.OBJECTION):
        answer = _nothing_but(line.beside, zone)
        out.print(f'  gateway rights answer {request.id} --text "{answer}"', soft_wrap=True, markup=False)
        return
    if request.identity is Identity.UNCHECKED and request.right not in HARMLESS:
        out.print(
            f"  gateway rights identify {request.id} --how … : dites d’abord comment vous savez que c’est elle", soft_wrap=True
        )
    out.print(f"  {_DOES[request.right].format(request.id)}", soft_wrap=True)
    for other, known_by in line.namesakes:
        told = f"le contact n° {other} ({escape(known_by)}) porte le même nom. Si c’est elle aussi, cette demande ne le vise pas"
        out.print(f"[yellow]![/] {told} : gateway rights open {request.right} {escape(known_by)}", soft_wrap=True)


def _nothing_but(beside: Beside | None, zone: ZoneInfo) -> str:
    """What somebody who is not in the file may be answered: what is kept of her all the same."""
    kept = []
    if beside is not None and beside.letters:
        kept.append(counted(beside.letters, "message que vous nous avez écrit", "messages que vous nous avez écrits"))
    if beside is not None and beside.objected_at is not None:
        since = local_day(beside.objected_at, zone)
        kept.append(f"une empreinte de votre adresse sur notre liste d’opposition, depuis le {since}, pour ne plus vous écrire")
    return f"Vous n’êtes pas dans notre fichier. Nous avons : {' ; '.join(kept)}." if kept else "Nous n’avons rien sur vous."


def _plain(line: Line) -> dict[str, object]:
    beside = asdict(line.beside) if line.beside is not None else None
    told = [asdict(letter) | {"astray": letter.astray} for letter in line.letters]
    return {
        **asdict(line.request),
        "late": line.late,
        "near": line.near,
        "beside": beside,
        "letters": told,
        "namesakes": line.namesakes,
    }
