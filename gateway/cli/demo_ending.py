"""The demo's end: every message of every channel in one account, held against mailbox and carrier; then the proof of it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from rich import box
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from gateway.cli.demo_returns import Back
from gateway.cli.demo_sending import Evening
from gateway.cli.demo_story import READER, WRITER, Story, show_table
from gateway.cli.demo_sums import Check, Heard, Sums, add_up
from gateway.cli.demo_telephone import CALLS, TEXTS, ByTelephone
from gateway.cli.demo_telling import command, done, no, say
from gateway.cli.outcome_words import STATES, reason
from gateway.cli.session import out
from gateway.cli.words import counted, number, said
from gateway.domain.message import MessageState
from gateway.flows import auditing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.dossier import make_dossier
from gateway.flows.auditing.verifier import verifier
from gateway.flows.campaigning import launching
from gateway.flows.campaigning.launching import Status
from gateway.flows.campaigning.trying import DryRun
from gateway.render.dossier import dossier_page

LETTER = "lettre-de-printemps"
_VERIFY_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the scenes said, to be held against what is there."""

    letter: DryRun
    evening: Evening
    back: Back
    phone: ByTelephone


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One campaign as it ended."""

    title: str
    status: Status
    tried: DryRun


def ending(story: Story, told: Told) -> tuple[Sums, list[Check]]:
    """Show the account of the three campaigns and every sum; returns the sums of the letter, and those of texts and calls."""
    story.scene("Les comptes")
    command(f"gateway campaign report {LETTER}")
    heard = Heard(tried=told.letter, imports=story.imports, evening=told.evening, back=told.back)
    sums = add_up(story.stage, LETTER, heard)
    gw, phone = story.stage.gw, told.phone
    texts = Account(title="SMS", status=launching.status(gw, TEXTS), tried=phone.texts)
    calls = Account(title="Appels", status=launching.status(gw, CALLS), tried=phone.calls)
    _show([Account(title="Lettres", status=sums.status, tried=told.letter), texts, calls])
    checks = _checks(texts, calls, phone)
    for check in (*sums.checks, *checks):
        mark = "[green]✓[/]" if check.holds else "[bold red]✗[/]"
        out.print(f"  {mark} {check.says} [dim]({check.shown})[/]", soft_wrap=True)
    if sums.right and all(check.holds for check in checks):
        out.print("\n  [bold green]Tout tombe juste.[/]")
    else:
        out.print("\n  [bold red]Les comptes ne tombent pas juste.[/]")
    return sums, checks


def proof(story: Story, told: Told) -> list[Check]:
    """One person's file for the authority; then the journal taken away and verified by a script that knows nothing of the
    gateway, and every verdict decided again.
    """
    story.scene("Et si on ne nous croit pas ?")
    gw, address = story.stage.gw, told.evening.those(had_mail=True)[0].address
    folder = story.stage.folder / "dossier"
    command(f"gateway audit dossier {address} --to {folder.name}")
    made = make_dossier(gw, address, folder, by=READER, page=partial(dossier_page, gw.templates, said=said))
    _show_dossier(orjson.loads((folder / "dossier.json").read_bytes()))
    done(
        f"Une page à imprimer et un fichier, prêts pour la CNIL : {counted(made.messages, 'message', 'messages')}, "
        f"{counted(made.entries, 'entrée prouvée', 'entrées prouvées')} du journal."
    )
    path = story.stage.folder / "preuve.zip"
    command(f"gateway audit export {path.name}")
    exported = auditing.export(gw, path, Scope(), by=WRITER)
    say(f"{number(exported.entries)} entrées du journal, leurs preuves, les règles : {exported.bytes // 1024} Ko.")
    command(f"python3 verify_bundle.py {path.name}")
    tool = str(verifier().__file__)
    ran = subprocess.run(  # noqa: S603 (our own script, with nothing of ours on its path)
        [sys.executable, "-I", tool, str(path)], capture_output=True, text=True, timeout=_VERIFY_SECONDS, check=False
    )
    for line in filter(None, (ran.stdout + ran.stderr).splitlines()):
        out.print(Padding(escape(line), (0, 0, 0, 4)))
    command("gateway audit replay")
    replayed = auditing.replay(gw, Scope())
    tell = no if replayed.different else done
    tell(
        f"{number(replayed.verdicts)} verdicts recalculés sur leurs faits et les règles du jour : {replayed.different} différent."
    )
    return [
        Check(says="Le script autonome confirme l’export", holds=ran.returncode == 0, shown=f"code {ran.returncode}"),
        Check(
            says="Chaque verdict recalculé est celui du journal",
            holds=replayed.verdicts > 0 and not replayed.different,
            shown=f"{replayed.different} sur {replayed.verdicts}",
        ),
    ]


def _show_dossier(told: dict[str, Any]) -> None:
    """What a dossier says, in three lines."""
    person, zone = told["person"], ZoneInfo(told["zone"])
    (origin, *_), (message, *_), (stop, *_) = told["origins"], told["messages"], told["suppressions"]

    def shown(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%d/%m/%Y %H:%M:%S}"

    rows = [
        (
            "D’où vient l’adresse",
            f"{origin['label']}, {origin['collector']}, le {date.fromisoformat(origin['collected_on']):%d/%m/%Y}",
        ),
        *(("Accord", f"« {act['wording']} », {act['form']}, {act['means']}") for act in told["consent_acts"][:1]),
        ("Lettre remise", f"{shown(message['handed_at'])} (règle {message['because']})"),
        ("Stop", f"{shown(stop['since'])}, effectif en {stop['delay_ms']} ms ; depuis, plus rien"),
    ]
    show_table((f"{person['given_name']} {person['family_name']}", ""), [(name, escape(words)) for name, words in rows])


def _show(accounts: list[Account]) -> None:
    total = sum(one.status.messages for one in accounts)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("", footer="[bold]en tout[/]", no_wrap=True)
    table.add_column("Nombre", justify="right", footer=f"[bold]{number(total)}[/]")
    table.add_column("Pour quelle raison")
    for one in accounts:
        for state in MessageState:
            if one.status.counts[state]:
                table.add_row(f"  {STATES[state]}", number(one.status.counts[state]), _because(one, state))
        table.add_row(f"[bold]{one.title}[/]", f"[bold]{number(one.status.messages)}[/]", "", end_section=True)
    out.print(Padding(table, (0, 2)))


def _checks(texts: Account, calls: Account, phone: ByTelephone) -> list[Check]:
    sent, handsets = texts.status.counts[MessageState.ACCEPTED], {one.recipient for one in phone.messages}
    answered = [one for one in phone.rung if one.answered_by == "human"]
    obeyed = sum(one.silenced for one in phone.heard)
    objected = sum(one.objected for one in phone.heard)
    meant = sum(one.must_silence for one in phone.heard)
    return [
        Check(
            says="SMS : remis plus refusés = tous ceux de l’essai à blanc",
            holds=sent + texts.tried.refused == texts.tried.people == texts.status.messages
            and texts.status.counts[MessageState.REFUSED] == texts.tried.refused,
            shown=f"{sent} + {texts.tried.refused} = {texts.tried.people}",
        ),
        Check(
            says="L’opérateur tient exactement les SMS remis, un par téléphone",
            holds=len(phone.messages) == len(handsets) == sent > 0,
            shown=f"{len(phone.messages)} = {sent}",
        ),
        Check(
            says="Chaque réponse a eu son effet : stop, pause, ou rien",
            holds=obeyed == meant > 0 and all(one.silenced == one.must_silence for one in phone.heard),
            shown=f"{obeyed} sur {len(phone.heard)} : plus de SMS",
        ),
        Check(
            says="Chaque opposition par SMS est confirmée, une fois",
            holds=len(phone.confirmed) == len({one.recipient for one in phone.confirmed}) == objected > 0,
            shown=f"{len(phone.confirmed)} = {objected}",
        ),
        Check(
            says="Appels : entendus = décrochés chez l’opérateur, une fois chacun",
            holds=calls.status.counts[MessageState.ACCEPTED] == len(answered) == len({one.callee for one in answered}) > 0,
            shown=f"{calls.status.counts[MessageState.ACCEPTED]} = {len(answered)}",
        ),
        Check(
            says="Chaque touche pressée est une opposition",
            holds=len(phone.pressed) == phone.silenced > 0,
            shown=f"{phone.silenced} sur {len(phone.pressed)}",
        ),
    ]


def _because(one: Account, state: MessageState) -> str:
    if state is MessageState.ACCEPTED:
        return "accord prouvé, aucune règle contre"
    told = [(because, n) for known, because, n in one.status.reasons if known is state]
    refused = state is MessageState.REFUSED
    said: Counter[str] = Counter()
    for because, n in told:
        said[_sentence(one.tried, because) if refused else reason(because)] += n
    return next(iter(said)) if len(said) == 1 else "\n".join(f"{number(n)} : {why}" for why, n in said.most_common())


def _sentence(tried: DryRun, because: str) -> str:
    """The last of the rules that decided, which says most about the person, in the words of the dry run."""
    rules = because.split(",")
    for outcome in tried.outcomes:
        if outcome.verdict == "refuse" and list(outcome.rules) == rules:
            return next(
                (f"{escape(e.sentence)} [dim]({e.rule})[/]" for e in outcome.explanations if e.rule == rules[-1]), because
            )
    return because
