"""`gateway rights rectify`: what is wrong about a person, put right."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import typer

from gateway.cli import session
from gateway.cli.session import OPERATOR, By, Json, answer_json, out
from gateway.domain.clock import read_day
from gateway.domain.errors import InvalidInput
from gateway.flows.rights import acting
from gateway.flows.rights.acting import IN_WORDS, Correction

Number = Annotated[int, typer.Argument(help="Number of the request, as shown by the list.")]
Mobile = Annotated[str | None, typer.Option(metavar="NUMBER", help="Mobile, in place of the one on file; empty: removed.")]
Landline = Annotated[str | None, typer.Option(metavar="NUMBER", help="Landline, in place of the one on file; empty: removed.")]


def rectify(
    number: Number,
    given_name: Annotated[str | None, typer.Option(help="Given name; empty: removed.")] = None,
    family_name: Annotated[str | None, typer.Option(help="Family name; empty: removed.")] = None,
    birth_on: Annotated[str | None, typer.Option(help="Date of birth: 1970-03-15 or 15/03/1970; empty: removed.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Postcode; empty: removed.")] = None,
    commune: Annotated[str | None, typer.Option(help="Commune; empty: removed.")] = None,
    language: Annotated[str | None, typer.Option(help="Language: fr or en.")] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The new address, in place of the old one.")] = None,
    mobile: Mobile = None,
    landline: Landline = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Put her data right and settle the request. The wrong values are gone; the journal only says which ones changed."""
    with session.gateway(listening=True) as gw:
        correction = Correction(
            given_name=given_name,
            family_name=family_name,
            birth_on=_day(birth_on) if birth_on is not None else None,
            postcode=postcode,
            commune=commune,
            language=language,
            email=email,
            mobile=mobile,
            landline=landline,
        )
        changed = acting.rectify(gw, number, correction, by=by)
    if as_json:
        answer_json({"request": number, "changed": changed})
        return
    out.print(f"✓ Corrigé : {', '.join(IN_WORDS[name] for name in changed)}.")
    out.print(
        "Si un prestataire garde l’ancienne valeur, dites-la-lui (RGPD, article 19) : le journal nomme lesquels.", soft_wrap=True
    )
    to_be_told()


def to_be_told(how: str = "") -> None:
    """An act is no answer: whoever asked is told what was done, and the command that does it writes to nobody."""
    told = "Dites-lui que c’est fait (RGPD, article 12, paragraphe 3) : cette commande ne lui écrit pas."
    out.print(f"{told} {how}".strip(), soft_wrap=True)


def _day(text: str) -> date | Literal[""]:
    """A day as a program or a person writes it; empty when it is to go. Raises InvalidInput."""
    if not text.strip():
        return ""
    if day := read_day(text):
        return day
    raise InvalidInput(f"date « {text} » : écrivez 15/03/1970 ou 1970-03-15")
