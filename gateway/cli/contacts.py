"""`gateway contacts …`: bring files in, look people up, take a file away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from gateway.cli import adding, batches, importing, session
from gateway.cli.outcome_words import STATE, by_rules, campaign_name, why_there
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_table, err, out
from gateway.cli.words import counted, local_day, local_time, on_the_list, said
from gateway.compliance.explain import Explanation
from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.contact import ContactClass
from gateway.domain.receipt import AddressCause
from gateway.flows.collecting import looking
from gateway.flows.collecting.looking import Dossier
from gateway.render.gestures import gesture
from gateway.store.contacts import AddressView, ContactLine, PersonView, Unreachable

contacts_app = typer.Typer(help="Contacts: look, import, add, show, list, export.", no_args_is_help=True)

_LISTED = ["N°", "Adresse et nom", "Classe et lieu", "Accord", "Origine"]
Classes = Annotated[list[ContactClass] | None, typer.Option("--class", help="Only these classes of contact.")]
Channel = Annotated[Medium, typer.Option("--channel", help="Those with an address or a number for this channel.")]

contacts_app.command("import")(importing.import_)
contacts_app.command()(adding.add)
contacts_app.command()(importing.look)
contacts_app.command()(batches.batches)
contacts_app.command()(batches.undo)
contacts_app.command()(batches.informed)


@contacts_app.command()
def show(address: Annotated[str, typer.Argument(help="Email address or telephone number.")], as_json: Json = False) -> None:
    """Everything about one address: who holds it, where it comes from, consents with their evidence, suppressions, messages."""
    from gateway.flows.auditing.recalling import recalled_each  # it reads what letters are made of; lists have none

    with session.gateway(listening=True) as gw:
        dossier, zone, territories = looking.look_up(gw, address), gw.pack.calendar.zone, gw.pack.territories
        decided = {} if as_json else recalled_each(gw, [m.message_id for m in dossier.messages if by_rules(m.because or "")])
    if as_json:
        answer_json(asdict(dossier))
    else:
        code = dossier.person.territory if dossier.person else ""
        where = territories[code].name["fr"] if code in territories else code
        _show(dossier, zone, where, decided)
    if dossier.person is None and not dossier.suppressions:
        if not as_json:
            err.print("Cette adresse n’est ni dans le fichier de contacts, ni sur la liste d’opposition.")
        raise typer.Exit(1)


@contacts_app.command("list")
def list_(
    classes: Classes = None,
    after: Annotated[int, typer.Option(help="Begin after this contact number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 50,
    medium: Channel = Medium.EMAIL,
    without_address: Annotated[
        bool, typer.Option("--without-address", help="Those without any address or number: the electoral roll.")
    ] = False,
    as_json: Json = False,
) -> None:
    """A page of contacts, by default those with an email address."""
    lines: Sequence[ContactLine | Unreachable]
    with session.gateway(listening=True) as gw:
        if without_address:
            lines = looking.without_address(gw, classes=classes or (), after=after, limit=limit)
        else:
            lines = looking.page(gw, medium, classes=classes or (), after=after, limit=limit)
    if as_json:
        answer_json([asdict(line) for line in lines])
        return
    names = ["N°", "Nom et bureau de vote", "Classe et lieu", "Origine"] if without_address else _LISTED
    title = "Personnes sans adresse ni numéro" if without_address else "Contacts"
    answer_table(title, names, [_line(line) for line in lines], numbers=[0])
    if len(lines) == limit:
        same = " --without-address" if without_address else "" if medium is Medium.EMAIL else f" --channel {medium}"
        out.print(f"La suite : gateway contacts list{same} --after {lines[-1].contact_id}")


def _line(line: ContactLine | Unreachable) -> tuple[Any, ...]:
    """A line of the list, cell by cell."""
    where = f"{line.postcode} {line.commune}".strip()
    name, what = f"{line.given_name} {line.family_name}".strip(), _stacked(said(line.contact_class), where)
    if isinstance(line, Unreachable):
        station = f"{line.polling_station} {line.polling_label}".strip()
        return line.contact_id, _stacked(name, station), what, escape(line.origin_label)
    agreed = "[red]opposition[/]" if line.objected else said(line.consent)
    agreed += "\n[red]traitement limité[/]" if line.restricted else ""
    return line.contact_id, _stacked(line.address, name), what, agreed, escape(line.origin_label)


def _stacked(*words: str) -> str:
    """What is known of these, a line each."""
    return escape("\n".join(filter(None, words)))


@contacts_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV to write; it must not exist yet.")],
    classes: Classes = None,
    medium: Channel = Medium.EMAIL,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write contacts, by default those with an email address, to a CSV that Excel opens. The journal keeps who took it."""
    with session.gateway(listening=True) as gw:
        taken = looking.export(gw, file, by=by, medium=medium, classes=classes or ())
    if as_json:
        answer_json({"file": file, **asdict(taken)})
        return
    held = counted(taken.contacts, "contact", "contacts")
    out.print(f"✓ {held} dans {escape(str(file))}. Gardez-le en lieu sûr, puis effacez-le.")
    if taken.kept_back:
        one = "personne n’y est pas : elle a demandé que ses données soient seulement conservées"
        several = "personnes n’y sont pas : elles ont demandé que leurs données soient seulement conservées"
        out.print(f"{counted(taken.kept_back, one, several)} (dsar-restriction).")


def _show(dossier: Dossier, zone: ZoneInfo, where: str, decided: Mapping[int, Sequence[Explanation]]) -> None:
    """What is known at an address: who has it, who objected there, what she agreed to, and what she was sent."""
    if dossier.person:
        _show_person(dossier, dossier.person, zone, where)
    _show_objections(dossier, zone)
    if dossier.person:
        _show_agreements(dossier, zone)
        _show_messages(dossier, zone, decided)


def _show_person(dossier: Dossier, person: PersonView, zone: ZoneInfo, where: str) -> None:
    def day(on: date | datetime | None) -> str:
        return local_day(on, zone)

    rows = [
        ("Contact", f"n° {person.contact_id}, {said(person.contact_class)}, depuis le {day(person.created_at)}"),
        ("Nom", f"{person.given_name} {person.family_name}".strip()),
        ("Naissance", day(person.birth_on)),
        ("Lieu", f"{person.postcode} {person.commune} ({where})".strip()),
        ("Bureau de vote", f"{person.polling_station} {person.polling_label}".strip()),
        ("Langue", {"fr": "français", "en": "anglais"}.get(person.language, person.language)),
        ("Traitement limité", "oui" if person.restricted else ""),
        ("Étiquettes", ", ".join(dossier.tags)),
        ("Origine", f"{person.origin_label} ({said(person.origin_kind)}, {said(person.collection)})"),
        ("Recueilli", f"le {day(person.collected_on)} par {person.collector or '?'}" if person.collected_on else "?"),
        (
            "Importé",
            f"le {day(person.imported_at)} par {person.imported_by}, {person.file_name}" if person.file_name else "",
        ),
    ]
    rows += [(f"Adresse ({said(a.medium)})", _condition(a, zone)) for a in dossier.addresses]
    answer_table("", ["", ""], [(name, escape(value.strip())) for name, value in rows if value.strip()])


def _show_objections(dossier: Dossier, zone: ZoneInfo) -> None:
    for one in dossier.suppressions:
        out.print(f"[red]●[/] {on_the_list(one, zone)}")


def _show_agreements(dossier: Dossier, zone: ZoneInfo) -> None:
    consents = [
        (said(c.medium), said(c.purpose), said(c.state), local_day(c.since, zone), "oui" if c.evidence else "non")
        for c in dossier.consents
    ]
    answer_table("Consentements", ["Canal", "Pour", "État", "Depuis", "Preuve"], consents)
    if dossier.ledger:
        answer_table("Registre", ["N°", "Acte", "Le", "Preuve"], [_ledger_row(one, zone) for one in dossier.ledger], numbers=[0])


def _show_messages(dossier: Dossier, zone: ZoneInfo, decided: Mapping[int, Sequence[Explanation]]) -> None:
    if dossier.messages:
        sent = [
            (
                m.message_id,
                escape(campaign_name(m.campaign)),
                STATE[m.state],
                why_there(m.because or "", decided.get(m.message_id, ())),
                local_time(m.handed_at or m.settled_at or m.due_at, zone),
            )
            for m in dossier.messages
        ]
        answer_table("Derniers messages", ["N°", "Campagne", "État", "Pourquoi", "Le"], sent, numbers=[0])


def _ledger_row(one: Mapping[str, Any], zone: ZoneInfo) -> tuple[Any, ...]:
    means = gesture(one["means"], "fr")
    told = (one["form"], means, one["collector"] and f"par {one['collector']}", one["wording"] and f"« {one['wording']} »")
    what = f"{said(one['act'])}, {said(one['medium'])}, {said(one['purpose'])}"
    return one["id"], what, local_day(one["given_at"] or one["at"], zone), escape(" · ".join(part for part in told if part))


def _condition(one: AddressView, zone: ZoneInfo) -> str:
    """Address, state, since when, why, and the server's own words. Days as the clocks of `zone` show them."""
    told = [f"{one.value}, {said(one.state)}"]
    if one.state_reason in set(AddressCause):
        told.append(said(AddressCause(one.state_reason)))
    if one.state_at:
        told.append(f"le {local_day(one.state_at, zone)}")
    if one.failures and one.state is not AddressState.DEAD:
        times = "une lettre non remise" if one.failures == 1 else f"{one.failures} lettres de suite non remises"
        told.append(f"{times}, la dernière le {local_day(one.failed_at, zone)}" if one.state is AddressState.VALID else times)
    code, reply = one.state_code or "", one.state_reply or ""
    words = reply if code in reply else f"{code} {reply}".strip()
    return ", ".join(told) + (f" : « {words} »" if words else "")
