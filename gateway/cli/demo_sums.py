"""The sums of the demo: every person is in one line, and the lines are held against what the mailbox really has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.audit.entry import EntryKind
from gateway.cli.demo_returns import Back
from gateway.cli.demo_sending import Evening, Stopped
from gateway.cli.stage import Stage
from gateway.cli.words import counted
from gateway.domain.message import MessageState
from gateway.flows.campaigning import launching
from gateway.flows.campaigning.launching import Status
from gateway.flows.campaigning.trying import DryRun
from gateway.flows.collecting import ImportReport
from gateway.store import journal, progress
from gateway.store.engine import reading

#: What we promise of the moment between an objection's commit and the last hand-over that may still begin.
OBJECTION_MS_MAX = 50.0
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One sum, or one promise, held against what is there."""

    says: str
    holds: bool
    shown: str  #: the figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How the evening ended."""

    status: Status
    mails: int
    late_ms: float  #: the longest time between a confirmed objection and a hand-over begun after it; 0 when there was none
    checks: tuple[Check, ...]

    @property
    def right(self) -> bool:
        """Whether everything holds."""
        return all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the story said along the way, to be held against what is there."""

    tried: DryRun
    imports: list[ImportReport]
    evening: Evening
    back: Back


def add_up(stage: Stage, name: str, heard: Heard) -> Sums:
    """Count everything again, from the outbox, the journal and the mailbox."""
    tried, evening = heard.tried, heard.evening
    now = launching.status(stage.gw, name)
    count = now.counts
    mails = list(stage.mails())
    received = Counter(mail.recipient for mail in mails)
    kept = {mail.message_id.strip("<>").partition("@")[0] for mail in mails}
    taken = set(_references(stage, now, MessageState.ACCEPTED))
    waiting = evening.those(had_mail=False)
    overtaken = [one for one in waiting if _was_leaving(stage, one)]
    stopped_first = {one.address for one in waiting if one not in overtaken}
    late = max((_late_ms(stage, one.message_id, one.confirmed_at) for one in evening.stopped), default=0.0)
    imported = sum(report.impact.new for report in heard.imports)
    left = tried.allowed - count[MessageState.CANCELLED]
    reached = sum(count[state] for state in MessageState if state not in (MessageState.REFUSED, MessageState.CANCELLED))
    checks = (
        Check(
            says="Chaque personne du fichier est dans la lettre, une fois",
            holds=imported == now.messages == tried.people,
            shown=f"{imported} = {now.messages}",
        ),
        Check(
            says="Refusés par les règles : ceux qu’annonçait l’essai à blanc",
            holds=count[MessageState.REFUSED] == tried.refused,
            shown=f"{count[MessageState.REFUSED]} = {tried.refused}",
        ),
        Check(
            says="Autorisés moins annulés = remis, rejetés ou reportés",
            holds=left == reached,
            shown=f"{tried.allowed} - {count[MessageState.CANCELLED]} = {reached}",
        ),
        Check(
            says="Annulés : tous ceux qui ont dit stop avant leur lettre",
            holds=count[MessageState.CANCELLED] == len(stopped_first) > 0,
            shown=f"{count[MessageState.CANCELLED]} = {len(stopped_first)}",
        ),
        Check(
            says="La boîte d’essai tient exactement les lettres remises",
            holds=kept == taken and len(mails) == count[MessageState.ACCEPTED],
            shown=f"{received.total()} = {count[MessageState.ACCEPTED]}",
        ),
        Check(
            says="Personne n’a deux lettres",
            holds=max(received.values(), default=0) == 1,
            shown=f"au plus {max(received.values(), default=0)}",
        ),
        Check(
            says="Aucune lettre chez qui a dit stop avant",
            holds=not stopped_first & set(received),
            shown=f"{len(stopped_first & set(received))} sur {len(stopped_first)}",
        ),
        Check(
            says=f"Aucune remise commencée plus de {OBJECTION_MS_MAX:.0f} ms après un stop",
            holds=late <= OBJECTION_MS_MAX,
            shown=f"au pire {late:.0f} ms",
        ),
        _returned(heard.back),
    )
    return Sums(status=now, mails=received.total(), late_ms=late, checks=checks)


def _returned(back: Back) -> Check:
    return Check(
        says="Chaque courriel revenu a eu son effet",
        holds=back.all_took_effect,
        shown=f"{counted(back.dead, 'adresse morte', 'adresses mortes')} sur {len(back.bounced)}, "
        f"{counted(back.objected, 'opposition', 'oppositions')} sur {back.objecting}",
    )


def hand_over_began(stage: Stage, message_id: int) -> datetime | None:
    """When the hand-over of a message began, as the journal has it."""
    with reading(stage.gw.engine) as tx:
        told = [json.loads(one.body) for one in journal.of_message(tx, message_id) if one.kind == EntryKind.HAND_OVER]
    began = [datetime.fromisoformat(one["began"]) for one in told if one.get("began")]
    return max(began, default=None)


def _was_leaving(stage: Stage, one: Stopped) -> bool:
    """Whether her letter was on the wire already when she said stop: that one hand-over cannot be called back."""
    began = hand_over_began(stage, one.message_id)
    return began is not None and began <= one.confirmed_at


def _late_ms(stage: Stage, message_id: int, confirmed_at: datetime) -> float:
    began = hand_over_began(stage, message_id)
    return 0.0 if began is None else max(0.0, (began - confirmed_at) / timedelta(milliseconds=1))


def _references(stage: Stage, now: Status, state: MessageState) -> Iterator[str]:
    """The left part of the Message-ID of every message in a state: only the gateway can make it."""
    after = 0
    while True:
        with reading(stage.gw.engine) as tx:
            rows = progress.listed(tx, now.campaign.id, state=state, after=after, limit=_PAGE)
        if not rows:
            return
        yield from (stage.gw.keys.message_reference(row["id"]) for row in rows)
        after = rows[-1]["id"]
