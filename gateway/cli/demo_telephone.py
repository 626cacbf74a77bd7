"""The demo by telephone: texts that wait for the hour, STOP in plain French, calls at the hours each person chose.

The clock of the demo is moved forward here, and the reader is told each time: everything else is real, to the signatures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from rich.markup import escape
from rich.padding import Padding

from gateway.cli.demo_story import READER, WRITER, Story, show_outcomes, show_table
from gateway.cli.demo_telling import command, done, no, say
from gateway.cli.session import out
from gateway.cli.words import counted, euros, number, said
from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.contact import OriginKind
from gateway.domain.errors import Conflict
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.domain.reply import Intent
from gateway.flows import asking
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.trying import DryRun
from gateway.flows.collecting import ConsentClaim, ImportRequest, plan_import, write_import
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from gateway.sandbox.carrier.traffic import Call, Message
from gateway.sandbox.switchboard import Subscriber, subscribers, write_numbers
from gateway.store import campaigns, inbox, progress
from gateway.store.engine import reading

_T = TypeVar("_T")
TEXTS, CALLS = "rappel-lavoir", "appel-samedi"
_WORDS = "Débat au lavoir jeudi 19h, venez !"
_SPOKEN = "Bonjour, c’est l’équipe de Camille Rochebrune. Samedi à dix heures, on parle de l’école au lavoir. Venez !"
_EVENING = (20, 40)
_PLACES = ("metropole", "971")  #: of the people of the file: the commune, and Guadeloupe
_DAYS_MAX = 30
_PATIENCE_SECONDS = 30
_LOOK_SECONDS = 0.05
#: What neighbours answer, by their rank in the file; and whether nothing may leave for them afterwards.
_ANSWERS = (
    (2, "STOP PROSPECTION", True),
    (5, "Arrêtez de m’envoyer des SMS svp", True),
    (8, "Qui vous a donné mon numéro ? Supprimez-le", True),
    (11, "Merci, j’y serai avec plaisir", False),
    (14, "Ça suffit les pubs là", True),
    (17, "Le bus ne s’arrête plus au lavoir, vous y passez ?", True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one neighbour answered, and what came of it."""

    words: str
    intent: str
    number: str
    silenced: bool  #: nothing leaves for this number any more, or not until somebody has read it
    must_silence: bool  #: whether that is what was meant
    objected: bool  #: to nobody's doubt
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTelephone:
    """How the days of texts and calls ended."""

    texts: DryRun
    calls: DryRun
    heard: tuple[Heard, ...]
    messages: tuple[Message, ...]  #: of the campaign, that the carrier was handed
    confirmed: tuple[Message, ...]  #: confirmations of an objection, likewise
    rung: tuple[Call, ...]
    pressed: tuple[str, ...]  #: numbers that pressed the key
    silenced: int  #: of those, numbers that may not be called any more


def by_telephone(story: Story) -> ByTelephone:
    """Play the scenes. Raises Conflict when something takes too long or does not go as the story says."""
    people = subscribers()
    texts = _texts(story, people)
    heard = _morning(story, people)
    calls = _calls(story)
    carrier = story.stage.carrier.traffic
    rung = tuple(carrier.calls(limit=1000))
    pressed = tuple(sorted({one.callee for one in rung if one.digits}))
    return ByTelephone(
        texts=texts,
        calls=calls,
        heard=heard,
        messages=tuple(one for one in _sent(story) if _WORDS in one.body),
        confirmed=tuple(one for one in _sent(story) if _WORDS not in one.body),
        rung=rung,
        pressed=pressed,
        silenced=sum(_is_silenced(story, one, Medium.CALL) for one in pressed),
    )


def _texts(story: Story, people: list[Subscriber]) -> DryRun:
    story.scene("Un rappel par SMS, et il est déjà tard")
    gw = story.stage.gw
    now = story.stage.clock.forward(_ordinary_evening(story))
    say(f"[dim]L’horloge de la démo avance jusqu’à {_moment(story, now)}.[/]")
    path = story.files.members.with_name("numeros.csv")
    write_numbers(path, people, agreed_on=now.date() - timedelta(days=20))
    request = ImportRequest(
        path=path,
        origin=story.origin(OriginKind.PAPER_FORM, "coupon du programme"),
        operator=WRITER,
        declared=("art13-form",),
        claims=(
            _claim(Medium.SMS, "J’accepte de recevoir des SMS de Camille Rochebrune."),
            _claim(Medium.CALL, "J’accepte des appels enregistrés, aux heures que voici."),
        ),
    )
    command(f"gateway contacts import {path.name} --origin paper_form --channel sms --channel call …")
    report = write_import(gw, plan_import(gw, request))
    done(f"{number(report.impact.new)} personnes avec un mobile. Dire oui aux SMS n’est pas dire oui aux appels.")
    drafting.create(gw, TEXTS, Definition(content=SmsContent(text=_WORDS, simplify=True), audience=Audience()), by=WRITER)
    tried = _tried(story, TEXTS, f"gateway campaign create-sms {TEXTS} --text rappel.txt --simplify")
    if tried.cost is not None:
        parts = counted(tried.cost.units, "SMS d’une partie", "SMS d’une partie")
        say(f"Pour ceux qui le recevraient maintenant : {parts}, {euros(tried.cost.price)} hors taxes.")
    _launched(story, TEXTS, tried)
    _settled(story, TEXTS, Medium.SMS)
    status = launching.status(gw, TEXTS)
    until = _next_due(story, status.campaign.id)
    done(
        f"{counted(status.counts[MessageState.ACCEPTED], 'SMS parti', 'SMS partis')} : en Guadeloupe, c’est encore l’après-midi. "
        f"{counted(status.counts[MessageState.DEFERRED], 'autre attend', 'autres attendent')} : "
        f"[bold]{_moment(story, until)}[/], à l’heure de chacun."
    )
    return tried


def _morning(story: Story, people: list[Subscriber]) -> tuple[Heard, ...]:
    story.scene("Le lendemain matin, et ce qu’on répond")
    stage = story.stage
    status = launching.status(stage.gw, TEXTS)
    now = stage.clock.forward(_next_due(story, status.campaign.id))
    say(f"[dim]L’horloge avance jusqu’à {_moment(story, now)}.[/]")
    _settled(story, TEXTS, Medium.SMS)
    status = launching.status(stage.gw, TEXTS)
    dead = counted(status.returned.get(ReceiptKind.DEAD, 0), "numéro n’existe plus", "numéros n’existent plus")
    done(f"{counted(status.counts[MessageState.ACCEPTED], 'SMS parti', 'SMS partis')} en tout ; {dead} : on n’y écrira plus.")
    one = next(m for m in stage.carrier.traffic.messages(equal={"recipient": people[2].number}) if m.direction != "inbound")
    say(f"Chez {escape(people[2].given)}, le téléphone montre :")
    out.print(Padding(f"[italic]« {escape(one.body)} »[/]", (0, 0, 0, 4)))
    command("gateway replies queue")
    heard = tuple(_answered(story, people[rank], words, meant) for rank, words, meant in _ANSWERS)
    show_table(("Réponse", "Lue comme", "Aussitôt"), [(escape(h.words), h.intent, h.told) for h in heard])
    _confirmed(story, sum(one.objected for one in heard))
    delays = launching.status(stage.gw, TEXTS).objections
    if delays.max_ms is not None:
        done(f"De la réception à l’effet : {delays.median_ms} ms en général, {delays.max_ms} ms au plus. Un doute est une pause.")
    person = people[5]
    command(f"gateway policy explain '{person.shown}' --channel sms")
    answer = asking.may_write(stage.gw, asking.Question(address=person.number, medium=Medium.SMS))
    if answer.verdict is None or answer.allowed:
        raise Conflict(f"on pourrait écrire au {person.number} : ce ne devrait jamais arriver")
    no("[bold]Non.[/]")
    for why in answer.explanations:
        if why.rule in answer.verdict.rules:
            out.print(Padding(f"{escape(why.sentence)} [dim]({why.rule})[/]", (0, 0, 0, 4)))
    return heard


def _confirmed(story: Story, objections: int) -> None:
    """Show what one of those who objected gets back; wait until all of them have it."""

    def arrived() -> list[Message] | None:
        answers = [one for one in _sent(story) if _WORDS not in one.body]
        return answers if len(answers) >= objections else None

    answers = _until(arrived, "les oppositions n’ont pas été confirmées")
    say(f"Chacun en reçoit la confirmation, une fois : [italic]« {escape(answers[0].body)} »[/]")


def _sent(story: Story) -> list[Message]:
    return [one for one in story.stage.carrier.traffic.messages(limit=1000) if one.direction != "inbound"]


def _calls(story: Story) -> DryRun:
    story.scene("Des appels, à l’heure que chacun a choisie")
    stage = story.stage
    drafting.create(stage.gw, CALLS, Definition(content=CallContent(text=_SPOKEN), audience=Audience()), by=WRITER)
    tried = _tried(story, CALLS, f"gateway campaign create-call {CALLS} --text appel.txt")
    _launched(story, CALLS, tried)
    _settled(story, CALLS, Medium.CALL)
    campaign = launching.status(stage.gw, CALLS).campaign
    last = None
    for _ in range(2):
        now = stage.clock.forward(_next_due(story, campaign.id))
        _settled(story, CALLS, Medium.CALL)
        calls = [one for one in stage.carrier.traffic.calls(limit=1000) if last is None or one.created_at > last]
        last = max((one.created_at for one in calls), default=last)
        done(f"[bold]{_moment(story, now)}[/] : {_ends(calls)}.")
    heard = next(one for one in stage.carrier.traffic.calls(limit=1000) if one.answered_by == "human" and not one.digits)
    say("Ce qu’on entend, dans l’ordre :")
    for words in heard.heard:
        out.print(Padding(f"[dim]·[/] [italic]{escape(words)}[/]", (0, 0, 0, 4)))
    return tried


def _ends(calls: list[Call]) -> str:
    """How calls ended, in words."""
    machines = sum((one.answered_by or "").startswith("machine") for one in calls)
    ends = (
        (sum(one.answered_by == "human" for one in calls), "personne décroche", "personnes décrochent"),
        (machines, "répondeur : raccroché sans rien laisser", "répondeurs : raccroché sans rien laisser"),
        (
            sum(one.status == "busy" for one in calls),
            "ligne occupée : nouvel essai à ses heures",
            "lignes occupées : nouvel essai",
        ),
        (sum(bool(one.digits) for one in calls), "touche 9 : opposition sur-le-champ", "touches 9 : oppositions sur-le-champ"),
    )
    return " · ".join(counted(count, one, many) for count, one, many in ends if count)


def _claim(medium: Medium, wording: str) -> ConsentClaim:
    form, means, collector = "coupon du programme, version 2", "case à cocher", "équipe de terrain"
    return ConsentClaim(medium=medium, wording=wording, form=form, means=means, collector=collector)


def _tried(story: Story, name: str, written: str) -> DryRun:
    command(written)
    command(f"gateway campaign dry-run {name}")
    tried = trying.dry_run(story.stage.gw, name)
    show_outcomes(tried)
    return tried


def _launched(story: Story, name: str, tried: DryRun) -> None:
    command(f"gateway campaign approve {name} --by {READER} && gateway campaign launch {name}")
    launching.approve(story.stage.gw, name, by=READER, bound_to=tried.binding)
    launching.launch(story.stage.gw, name, by=WRITER, key=f"demo-{name}")


def _answered(story: Story, person: Subscriber, words: str, meant: bool) -> Heard:
    """One neighbour answers by text, over HTTP; wait until it was taken in."""
    stage = story.stage
    sid = stage.carrier.reply(person.number, stage.gw.settings.sms.sender, words).sid

    def read() -> inbox.Letter | None:
        with reading(stage.gw.engine) as tx:
            return inbox.by_provider_id(tx, Medium.SMS, sid)

    letter = _until(read, f"la réponse « {words} » n’est pas arrivée")
    if letter.intent is None:
        raise Conflict(f"la réponse « {words} » n’a pas été lue : ce ne devrait jamais arriver")
    silenced = _is_silenced(story, person.number, Medium.SMS)
    objected = letter.intent is Intent.OBJECTION
    told = "plus rien ne part" if objected else "pause, quelqu’un lira" if silenced else "lu par l’équipe"
    return Heard(
        words=words,
        intent=said(letter.intent),
        number=person.number,
        silenced=silenced,
        must_silence=meant,
        objected=objected,
        told=told,
    )


def _is_silenced(story: Story, number: str, medium: Medium) -> bool:
    answer = asking.may_write(story.stage.gw, asking.Question(address=number, medium=medium))
    return bool(answer.suppressions) and not answer.allowed


def _settled(story: Story, name: str, medium: Medium) -> None:
    """Wait until nothing is due and nothing is under way."""
    gw = story.stage.gw
    gw.ring()

    def quiet() -> bool | None:
        # In the order in which a message moves: looked for the other way round, one is missed that moves between two looks.
        with reading(gw.engine) as tx:
            due = campaigns.with_due(tx, medium, gw.clock.now())
        now = launching.status(gw, name)
        under_way = now.counts[MessageState.HANDING_OVER] + now.counts[MessageState.RINGING]
        return True if not due and not under_way and story.stage.carrier.idle(0.0) else None

    _until(quiet, f"« {name} » n’est pas parti")


def _until(look: Callable[[], _T | None], failed: str) -> _T:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise Conflict(f"{failed} en {_PATIENCE_SECONDS} s : la machine est-elle très occupée ?")
        time.sleep(_LOOK_SECONDS)
    return found


def _next_due(story: Story, campaign_id: int) -> datetime:
    with reading(story.stage.gw.engine) as tx:
        waiting = progress.listed(tx, campaign_id, state=MessageState.DEFERRED, limit=1000)
    if not waiting:
        raise Conflict("rien n’attend son heure : ce ne devrait jamais arriver")
    due: list[datetime] = [row["due_at"] for row in waiting]
    return min(due)


def _ordinary_evening(story: Story) -> datetime:
    """The next evening of a working day that is followed by another, when most texts may not leave any more."""
    gw = story.stage.gw
    calendar = gw.pack.calendar
    hour, minute = _EVENING
    now = gw.clock.now().astimezone(calendar.zone)
    for days in range(_DAYS_MAX):
        at = (now + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        both = (at.date(), at.date() + timedelta(days=1))
        working = all(day.weekday() < 5 and not calendar.holiday(day, place) for day in both for place in _PLACES)
        if at > now and working:
            return at
    raise Conflict(f"aucun jour ouvré n’en suit un autre d’ici {_DAYS_MAX} jours")


def _moment(story: Story, at: datetime) -> str:
    local = at.astimezone(story.stage.gw.pack.calendar.zone)
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    return f"{days[local.weekday()]} {local.day}/{local.month:02d} à {local.hour} h {local.minute:02d}"
