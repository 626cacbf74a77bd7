"""`gateway campaign costs`: what each campaign came to, for whoever keeps the campaign account."""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import session
from gateway.cli.outcome_words import sort_of
from gateway.cli.session import Json, answer_json, answer_table, out, taken
from gateway.cli.words import counted, euros, local_day, local_time, said
from gateway.flows.campaigning.spending import Spent, Unit, ledger
from gateway.flows.collecting.cells import neutral

_UNITS: dict[Unit, tuple[str, str]] = {
    "letter": ("courriel", "courriels"),
    "part": ("partie de SMS", "parties de SMS"),
    "minute": ("minute d’appel", "minutes d’appel"),
}
_HEADINGS = ("campagne", "sorte", "prestataire", "premier envoi", "dernier envoi", "messages", "unités, au plus", "unité")
_AMOUNTS = ("prix unitaire HT", "montant HT, au plus", "facture")


def costs(
    as_csv: Annotated[
        bool, typer.Option("--csv", help="As a sheet for the campaign account, with a column for invoices.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What left of each campaign, by whom it was carried and what it comes to at the prices of the settings."""
    with session.gateway(listening=True) as gw:
        spent, zone = ledger(gw), gw.pack.calendar.zone
    if as_json:
        answer_json([_record(one) for one in spent])
    elif as_csv:
        sys.stdout.write("\ufeff")  # without it spreadsheets take the accents for something else
        sheet = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
        sheet.writerow((*_HEADINGS, *_AMOUNTS))
        sheet.writerows((*map(neutral, _cells(one, zone)), _plain(one.price or None), _plain(one.amount), "") for one in spent)
    else:
        _show(spent, zone)


def _show(spent: list[Spent], zone: ZoneInfo) -> None:
    headings = ("Campagne", "Du", "Au", "Unités, au plus", "Montant HT, au plus")
    rows = []
    for one in spent:
        units = "inconnues" if one.units is None else counted(one.units, *_UNITS[one.unit])
        amount = "" if one.amount is None else euros(one.amount)
        days = (local_day(one.first, zone), local_day(one.last, zone))
        rows.append((_called(one), *days, units, amount))
    answer_table("Pour le compte de campagne", headings, rows, numbers=(4,))
    if rows:
        out.print("Les montants sont ceux des prix réglés ; au compte vont ceux des factures. Feuille à compléter : --csv")


def _called(one: Spent) -> str:
    """The campaign and what it is; what carries single messages is named by what these are, alone."""
    name, sort = escape(one.campaign), sort_of(one.message_class, one.medium)
    return f"({sort}, {said(one.medium)})" if one.campaign.startswith("@") else f"{name}\n({sort})"


def _cells(one: Spent, zone: ZoneInfo) -> tuple[str, ...]:
    units = "" if one.units is None else str(one.units)
    sort = sort_of(one.message_class, one.medium)
    return (
        one.campaign,
        sort,
        one.provider,
        _when(one.first, zone),
        _when(one.last, zone),
        str(one.messages),
        units,
        _UNITS[one.unit][1],
    )


def _when(at: datetime | None, zone: ZoneInfo) -> str:
    return local_time(at, zone) if at is not None else ""


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}".replace(".", ",")


def _record(one: Spent) -> dict[str, object]:
    return {
        **taken(one, "campaign", "provider", "first", "last", "messages", "unit"),
        "class": one.message_class,
        "channel": one.medium,
        "units_at_most": one.units,
        "price": str(one.price) if one.price else None,
        "amount_at_most": str(one.amount) if one.amount is not None else None,
    }
