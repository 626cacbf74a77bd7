"""How the columns of a file are shown, and how somebody says what they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from gateway.cli.session import out
from gateway.cli.words import local_day
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.contents import Content
from gateway.flows.collecting.headings import Field, field_named, plain
from gateway.flows.collecting.mapping import Proposal
from gateway.flows.collecting.proposed import ColumnProposal, Sureness

#: Fields as volunteers call them, in the order in which they are offered.
FIELDS: Mapping[Field, str] = {
    Field.EMAIL: "adresse électronique",
    Field.MOBILE: "téléphone mobile",
    Field.LANDLINE: "téléphone fixe",
    Field.PHONE: "téléphone (mobile ou fixe)",
    Field.GIVEN_NAME: "prénom",
    Field.GIVEN_NAMES: "tous les prénoms (le premier est gardé)",
    Field.FAMILY_NAME: "nom",
    Field.USAGE_NAME: "nom d’usage (préféré au nom de naissance)",
    Field.BIRTH_NAME: "nom de naissance",
    Field.FAMILY_GIVEN: "nom et prénom, dans cet ordre",
    Field.GIVEN_FAMILY: "prénom et nom, dans cet ordre",
    Field.FULL_NAME: "nom entier, dans un ordre quelconque",
    Field.BIRTH_ON: "date de naissance",
    Field.POSTCODE: "code postal",
    Field.COMMUNE: "commune",
    Field.CALLING_CODE: "indicatif du pays des numéros",
    Field.COUNTRY: "pays du code postal (lu, pas gardé)",
    Field.POLLING_STATION: "bureau de vote (code)",
    Field.POLLING_LABEL: "bureau de vote (nom)",
    Field.LANGUAGE: "langue",
    Field.TAGS: "étiquettes",
    Field.CONSENT: "accord pour les courriels",
    Field.CONSENT_SMS: "accord pour les SMS",
    Field.CONSENT_CALL: "accord pour les appels",
    Field.CONSENT_CHANNELS: "accord, pour chaque canal que la case nomme",
    Field.OBJECTION: "opposition (désinscrit, ne pas contacter)",
    Field.OBJECTION_EMAIL: "opposition aux courriels",
    Field.OBJECTION_SMS: "opposition aux SMS",
    Field.OBJECTION_CALL: "opposition aux appels",
    Field.DEAD_EMAIL: "adresse électronique qui ne reçoit plus",
    Field.REMARK: "remarques (lues pour les oppositions, jamais gardées)",
    Field.CALL_HOURS: "heures d’appel acceptées",
    Field.GIVEN_AT: "date de l’accord",
    Field.FORM: "formulaire de l’accord",
    Field.WORDING: "phrase de l’accord",
    Field.MEANS: "moyen de l’accord",
    Field.COLLECTOR: "qui a recueilli l’accord",
}
_SURE = {
    Sureness.SAID: "[green]vous l’avez dit[/]",
    Sureness.SAVED: "[green]comme la dernière fois[/]",
    Sureness.KNOWN: "[green]sûr[/]",
    Sureness.RECALLED: "[yellow]dit d’un autre fichier, à confirmer[/]",
    Sureness.LIKELY: "[yellow]probable, à confirmer[/]",
    Sureness.HINT: "[yellow]d’après le contenu, à confirmer[/]",
    Sureness.NONE: "[dim]–[/]",
}
_CONTENTS = {
    Content.EMAILS: "des adresses électroniques",
    Content.MOBILES: "des numéros de mobile",
    Content.LANDLINES: "des numéros de fixe",
    Content.PHONES: "des numéros de téléphone",
    Content.POSTCODES: "des codes postaux",
    Content.BIRTH_DATES: "des dates de naissance",
    Content.DATES: "des dates",
    Content.ANSWERS: "des oui et des non",
    Content.STANDINGS: "des abonnés et des désabonnés",
    Content.DEAD: "des adresses qui ne reçoivent plus",
    Content.FREE_TEXT: "des commentaires libres",
    Content.OTHER: "autre chose",
    Content.EMPTY: "rien",
}
#: What is said of columns that hold more of what a line has one of.
_ASIDE: Mapping[Collection[Content], str] = {
    (Content.EMAILS,): "d’autres adresses électroniques, laissées de côté ; une seule est lue par ligne",
    (Content.MOBILES, Content.LANDLINES, Content.PHONES): (
        "d’autres numéros de téléphone, laissés de côté ; un mobile et un fixe sont lus par ligne"
    ),
}
_SAMPLE_CHARACTERS = 28


def parsed_mapping(said: Sequence[str]) -> dict[str, Field | None]:
    """What options `--map "Colonne=champ"` say, by label of the column. Raises BadParameter."""
    mapping: dict[str, Field | None] = {}
    for one in said:
        label, sign, field = one.rpartition("=")
        if not sign or not label.strip():
            raise typer.BadParameter(f'« {one} » : écrivez --map "Colonne=champ", par exemple --map "Contact=email"')
        mapping[label.strip()] = field_said(field)
    return mapping


def field_said(text: str) -> Field | None:
    """The field that somebody names: in the words in which it is offered, or as a heading; None: leave it out.

    Raises InvalidInput, with those words.
    """
    bare = plain(text)
    for field, words in FIELDS.items():
        if bare and bare in (plain(words), plain(_short(words))):
            return field
    try:
        return field_named(text)
    except InvalidInput as fault:
        offered = ", ".join(f"« {_short(words)} »" for words in FIELDS.values())
        raise InvalidInput(f"« {text} » n’est pas un contenu connu : choisissez parmi {offered}, ou « ignorer »") from fault


def _short(words: str) -> str:
    """How a field is called, without what explains it; two share a name, and keep what tells them apart."""
    name = words.partition(" (")[0]
    return name if sum(other.partition(" (")[0] == name for other in FIELDS.values()) == 1 else words


def show_columns(proposal: Proposal, zone: ZoneInfo) -> None:
    """A line for each column: what it holds, how sure we are, and the first cells as they are written."""
    if proposal.saved is not None:
        out.print(
            f"Ces en-têtes sont ceux d’un fichier déjà importé : les colonnes sont lues comme l’a dit "
            f"{escape(proposal.saved.operator)} le {local_day(proposal.saved.at, zone)}."
        )
    table = Table(header_style="bold", pad_edge=False, box=None, row_styles=("", "on grey11") if out.is_terminal else ("",))
    for heading in ("Colonne du fichier", "Devient", "Certitude", "Exemples"):
        table.add_column(heading, overflow="fold", max_width=44 if heading == "Exemples" else None)
    for one in proposal.columns:
        table.add_row(escape(one.label), _becomes(one), _sure(one), escape(_samples(one)))
    out.print(table)
    for one in proposal.columns:
        _show_doubts(one)
    for contents, others in _ASIDE.items():
        if aside := [one for one in proposal.columns if one.content in contents and one.sureness is Sureness.NONE]:
            out.print(f"[yellow]![/] {_named(aside)} : {others}.")
    if free := [one for one in proposal.columns if one.content is Content.FREE_TEXT and one.field in (None, Field.REMARK)]:
        out.print(f"[dim]·[/] {_named(free)} : des commentaires libres. Ils ne sont pas gardés, et c’est mieux ainsi.")
    if any(one.field is None for one in proposal.columns):
        out.print("[dim]·[/] Rien n’est gardé d’une colonne laissée de côté ; mais qui y dit qu’il ne veut plus rien est obéi.")


def _show_doubts(one: ColumnProposal) -> None:
    """Whatever speaks against what a column is proposed to hold: another one, or its own cells."""
    if one.clashes:
        rivals = ", ".join(f"« {label} »" for label in one.clashes)
        out.print(f"[yellow]![/] « {escape(one.label)} » et {escape(rivals)} prétendent à la même chose : une seule sera lue.")
    if one.contradicted:
        wanted = _CONTENTS_OF.get(one.field, "autre chose")
        out.print(f"[yellow]![/] « {escape(one.label)} » devrait contenir {wanted}, mais on y voit {_CONTENTS[one.content]}.")


def _named(several: Sequence[ColumnProposal]) -> str:
    return escape(", ".join(f"« {one.label} »" for one in several))


def show_unconfirmed(proposal: Proposal) -> None:
    """Columns that are left out unless somebody says that they are what they seem, with the words that say so."""
    waiting = [one for one in proposal.columns if one.field is not None and not one.settled and not one.clashes]
    if waiting:
        options = " ".join(f'--map "{one.label}={one.field}"' for one in waiting)
        out.print(
            f"[yellow]![/] Sans votre accord, ce qui est à confirmer est laissé de côté. Si c’est bien cela : {escape(options)}"
        )


#: What cells of a field look like.
_CONTENTS_OF: Mapping[Field | None, str] = {
    Field.EMAIL: _CONTENTS[Content.EMAILS],
    Field.MOBILE: _CONTENTS[Content.MOBILES],
    Field.LANDLINE: _CONTENTS[Content.LANDLINES],
    Field.PHONE: _CONTENTS[Content.PHONES],
    Field.BIRTH_ON: _CONTENTS[Content.BIRTH_DATES],
    Field.GIVEN_AT: _CONTENTS[Content.DATES],
    Field.CONSENT: _CONTENTS[Content.ANSWERS],
    Field.CONSENT_SMS: _CONTENTS[Content.ANSWERS],
    Field.CONSENT_CALL: _CONTENTS[Content.ANSWERS],
}


def columns_json(proposal: Proposal) -> list[dict[str, object]]:
    """The proposal, for programs."""
    return [
        {**{name: value for name, value in asdict(one).items() if value not in (False, ())}, "settled": one.settled}
        for one in proposal.columns
    ]


def _becomes(one: ColumnProposal) -> str:
    if one.field is None:
        return "[dim]laissée de côté[/]"
    return f"{FIELDS[one.field]}, là où il y a « non »" if one.by_no else FIELDS[one.field]


def _sure(one: ColumnProposal) -> str:
    return "[yellow]à choisir[/]" if one.clashes else _SURE[one.sureness]


def _samples(one: ColumnProposal) -> str:
    if one.content is Content.EMPTY:
        return "(vide)"
    return " · ".join(
        sample if len(sample) <= _SAMPLE_CHARACTERS else f"{sample[: _SAMPLE_CHARACTERS - 1]}…"
        for sample in (" ".join(sample.split()) for sample in one.samples)
    )
