"""What the scenes of the demo share: the installation, the people, and what has happened so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich import box
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from gateway.cli.outcome_words import VERDICTS
from gateway.cli.session import out
from gateway.cli.stage import Stage
from gateway.cli.words import number
from gateway.domain.contact import Collection, OriginKind
from gateway.flows.campaigning.trying import DryRun, Outcome
from gateway.flows.collecting import ImportReport
from gateway.sandbox.commune import Commune, Files
from gateway.store.origins import Origin

WRITER, READER = "Claire", "Malik"


@dataclass(kw_only=True)
class Story:
    """What has happened so far."""

    stage: Stage
    commune: Commune
    files: Files
    imports: list[ImportReport] = field(default_factory=list)  #: of addresses, for the sums
    scenes: int = 0

    def scene(self, title: str) -> None:
        """Open a scene."""
        self.scenes += 1
        out.print()
        out.rule(f"[bold cyan]{self.scenes}[/] · [bold]{title}[/]", align="left", style="dim cyan")

    def origin(self, kind: OriginKind, label: str, collection: Collection = Collection.DIRECT) -> Origin:
        """Where a file of the story comes from: collected three days ago."""
        day = (self.stage.gw.clock.now() - timedelta(days=3)).date()
        return Origin(kind=kind, label=label, collection=collection, collected_on=day, collector="équipe de campagne")

    def time_of(self, at: datetime) -> str:
        """An instant on the clocks of the commune, to the millisecond."""
        return f"{at.astimezone(self.stage.gw.pack.calendar.zone):%H:%M:%S.%f}"[:-3]


def show_outcomes(tried: DryRun) -> None:
    """The table of a dry run: how many, and why."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("Personnes", justify="right")
    table.add_column("Pourquoi")
    for one in tried.outcomes:
        table.add_row(VERDICTS[one.verdict], number(one.people), "\n".join(_reasons(one)))
    out.print(Padding(table, (0, 2)))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small table of the story; cells may hold markup."""
    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    out.print(Padding(table, (0, 2)))


def _reasons(outcome: Outcome) -> list[str]:
    return [f"{escape(e.sentence)} [dim]({e.rule})[/]" for e in outcome.explanations if e.rule in outcome.rules]
