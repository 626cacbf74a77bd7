"""`gateway consent …`: record, withdraw and show the consent of one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli import intake, session
from gateway.cli.session import OPERATOR, By, Json, answer_json, answer_table, out
from gateway.cli.words import local_day, said
from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence, Purpose
from gateway.domain.errors import NotFound
from gateway.domain.hours import CallWindow
from gateway.flows.collecting import cells, looking
from gateway.flows.collecting.reading import fingerprint_of_scan
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.flows.forms import receipts
from gateway.render.gestures import gesture

consent_app = typer.Typer(help="Consent of one person: record, withdraw, show.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="Email address or telephone number.")]
Channel = Annotated[Medium, typer.Option(help="By which channel.")]
Scan = Annotated[Path | None, typer.Option(exists=True, help="Scan of the paper: its fingerprint is kept.")]
Reference = Annotated[str | None, typer.Option(help='Where the paper is kept: "classeur 3, feuille 12".')]


@consent_app.command()
def record(
    address: Address,
    form: Annotated[str, typer.Option(help="Form that was filled in, and its version.")],
    wording: Annotated[str, typer.Option(help="The exact sentence agreed to.")],
    means: Annotated[str, typer.Option(help='How: "papier", "case à cocher"…')],
    given_at: Annotated[str, typer.Option(help='When: "15/03/2026 14:05", or a day.')],
    collector: Annotated[str, typer.Option(help="Who collected the consent.")],
    channel: Channel = Medium.EMAIL,
    hours: Annotated[str, typer.Option(help='Calls: the hours stated, "lun-ven 18h-20h; sam 10h-12h".')] = "",
    purpose: Annotated[Purpose, typer.Option(help="What the person agreed to.")] = Purpose.POLITICAL,
    election: Annotated[str | None, typer.Option(help="Only for this election.")] = None,
    scan: Scan = None,
    reference: Reference = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Record that a known person agreed, with all the evidence. Of a paper form, the fingerprint of its scan may be kept."""
    with session.gateway() as gw:
        at = cells.instant(given_at, gw.pack.calendar.zone)
        evidence = Evidence(
            given_at=at,
            form=form,
            wording=wording,
            collector=collector,
            means=means,
            scan_sha256=fingerprint_of_scan(scan),
            scan_reference=reference,
        )
        window = CallWindow.parse(hours) if hours else None
        scope = ConsentScope(medium=channel, purpose=purpose, election=election, hours=window)
        standing = record_consent(gw, address, scope, evidence, by)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(asdict(standing))
    else:
        at_hours = f", aux heures suivantes : {standing.hours}" if standing.hours else ""
        since = local_day(standing.since, zone)
        out.print(f"✓ Accord consigné ({said(standing.purpose)}), valable depuis le {since}{at_hours}.")


@consent_app.command()
def withdraw(
    address: Address,
    means: Annotated[str, typer.Option(help='How she told us: "téléphone", "courriel"…')],
    channel: Channel = Medium.EMAIL,
    purpose: Annotated[Purpose | None, typer.Option(help="Only this purpose; all of them by default.")] = None,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Record that a person takes her consent back. At once: what waited for her does not leave."""
    with session.gateway(listening=True) as gw:
        done = withdraw_consent(gw, address, by=by, means=means, medium=channel, purpose=purpose)
    if as_json:
        answer_json(asdict(done))
    else:
        purposes = ", ".join(said(one) for one in done.purposes)
        out.print(f"✓ Accord retiré ({purposes}). {intake.will_not_leave(done.cancelled) if done.cancelled else ''}".rstrip())


@consent_app.command()
def receipt(address: Address, as_json: Json = False) -> None:
    """The receipt a person may hold of her consents (ISO/IEC TS 27560): what she agreed to, when, in which words."""
    with session.gateway(listening=True) as gw:
        held = receipts.receipt_of(gw, address)
        zone = gw.pack.calendar.zone
    if as_json:
        answer_json(receipts.as_json(held))
        return
    out.print(f"[bold]Reçu {held.receipt_id}[/] de {escape(held.address_hint)}, établi le {local_day(held.issued_at, zone)}")
    out.print(f"Responsable : {escape(held.controller.get('name', ''))}")
    rows = [
        (
            said(Medium(one.medium)),
            said(Purpose(one.purpose)),
            escape(one.wording),
            local_day(one.given_at, zone),
            escape(one.form),
            one.hours,
        )
        for one in held.consents
    ]
    answer_table("Accords en vigueur", ["Canal", "Pour", "Phrase", "Donné le", "Formulaire", "Heures"], rows)
    out.print(f"Pour revenir dessus : {held.withdraw_url}", soft_wrap=True)


@consent_app.command()
def show(address: Address, as_json: Json = False) -> None:
    """Where a person's consents stand, and every entry of their ledger."""
    with session.gateway(listening=True) as gw:
        dossier = looking.look_up(gw, address)
        zone = gw.pack.calendar.zone
    if dossier.person is None:
        raise NotFound("personne n’a cette adresse dans le fichier de contacts")
    if as_json:
        answer_json({"consents": [asdict(one) for one in dossier.consents], "ledger": dossier.ledger})
        return
    rows = [
        (said(c.medium), said(c.purpose), said(c.state), local_day(c.since, zone), c.election or "", c.hours or "", c.evidence)
        for c in dossier.consents
    ]
    headings = ["Canal", "Pour", "État", "Depuis", "Élection", "Heures", "Preuve"]
    answer_table("Consentements", headings, [(*row[:-1], "oui" if row[-1] else "non") for row in rows])
    entries = [(one["id"], _act(one), local_day(one["at"], zone), _evidence(one)) for one in dossier.ledger]
    answer_table("Registre", ["N°", "Acte", "Le", "Preuve"], entries, numbers=[0])


def _act(one: Mapping[str, Any]) -> str:
    """What was said, about which messages, by which channel."""
    return f"{said(one['act'])}\n{said(one['purpose'])}\npar {said(one['medium'])}"


_EVIDENCE = {
    "wording": "phrase",
    "hours": "heures",
    "election": "élection",
    "form": "formulaire",
    "means": "moyen",
    "collector": "recueilli par",
    "scan_reference": "papier",
    "scan_sha256": "empreinte de la numérisation",
    "batch_id": "lot importé",
}


def _evidence(one: Mapping[str, object]) -> str:
    """Everything that shows it, a line each."""
    told = {**one, "means": gesture(str(one["means"] or ""), "fr")}
    return "\n".join(f"{name} : {escape(str(told[key]))}" for key, name in _EVIDENCE.items() if told[key])
