"""`gateway demo`: the whole story on invented people in an invented commune, with the real flows, SMTP and HTTP."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel

from gateway.cli import intake
from gateway.cli.demo_ending import LETTER, Told, ending, proof
from gateway.cli.demo_returns import Back, come_back
from gateway.cli.demo_sending import Evening, Street, watch
from gateway.cli.demo_story import READER, WRITER, Story, show_outcomes
from gateway.cli.demo_sums import Check, Sums, hand_over_began
from gateway.cli.demo_telephone import by_telephone
from gateway.cli.demo_telling import command, done, no, say
from gateway.cli.session import Json, answer_json, out
from gateway.cli.stage import Stage, folder_of_demo, staged
from gateway.cli.words import counted, number
from gateway.domain.audience import Audience
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.errors import Conflict
from gateway.flows import asking, suppressing
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.trying import DryRun
from gateway.flows.collecting import ConsentClaim, ImportRequest, plan_import, write_import
from gateway.render.email import EmailContent
from gateway.sandbox.commune import Commune

#: The sending is slowed to about this long, so that there is time to say stop while it runs.
_SENDING_SECONDS = 8
_PATIENCE_SECONDS = 120
_CLICKS = 40
_EVIDENCE = ConsentClaim(
    form="formulaire du site, version 3",
    wording="J’accepte de recevoir par courriel la lettre de Camille Rochebrune.",
    means="case à cocher",
    collector="équipe web",
)


def demo(
    people: Annotated[int, typer.Option(min=120, max=50_000, help="How many invented people.")] = 3000,
    keep: Annotated[Path | None, typer.Option(help="Keep everything in this folder, to look at it afterwards.")] = None,
    as_json: Json = False,
) -> None:
    """The whole story on invented people: import, dry run, newsletter, unsubscriptions, sums. Nothing leaves the machine.

    Exit 1 when the sums do not add up, or a promise was not kept.
    """
    began = time.monotonic()
    out.quiet = as_json
    try:
        with folder_of_demo(keep) as folder, staged(folder, per_second=people / _SENDING_SECONDS) as stage:
            commune = Commune(people, today=stage.gw.clock.now().date())
            story = Story(stage=stage, commune=commune, files=commune.write(folder / "fichiers"))
            sums, checks = _play(story, people)
            if keep is not None:
                _where_to_look(stage)
    finally:
        out.quiet = False
    seconds = time.monotonic() - began
    if as_json:
        answer_json(_json(sums, checks, seconds))
    else:
        again = "" if keep else "  Pour garder l’installation et la regarder : [bold]gateway demo --keep dossier[/]"
        out.print(f"\n[dim]{seconds:.0f} secondes en tout.[/]{again}", soft_wrap=True)
    if not all(check.holds for check in checks):
        raise typer.Exit(1)


def _play(story: Story, people: int) -> tuple[Sums, list[Check]]:
    _prologue(people)
    _objections(story)
    _members(story)
    _meeting(story)
    _roll(story)
    tried = _letter(story)
    _approval(story, tried)
    evening = _sending(story)
    back = _back(story)
    _reasons(story, evening)
    _return(story, evening)
    phone = by_telephone(story)
    told = Told(letter=tried, evening=evening, back=back, phone=phone)
    sums, checks = ending(story, told)
    return sums, [*sums.checks, *checks, *proof(story, told)]


def _prologue(people: int) -> None:
    told = (
        "[bold]Valbrume, un soir de campagne.[/] Camille Rochebrune est candidate. Claire écrit la lettre, Malik la relit, "
        f"et {number(people)} habitants ont laissé leur adresse ici ou là.\n"
        "Tout est inventé : la commune, les gens, les adresses. [bold]Rien ne quitte cette machine[/] ; mais les règles, "
        "la base, le courrier et les clics sont vrais."
    )
    out.print(Panel(told, title="[bold]Passerelle[/]", border_style="cyan", padding=(1, 2)))


def _objections(story: Story) -> None:
    story.scene("D’abord, ceux qui ne veulent plus rien recevoir")
    command(f"gateway suppressions import {story.files.objections.name}")
    report = suppressing.import_list(story.stage.gw, story.files.objections, by=WRITER)
    done(
        f"{counted(report.fresh, 'opposition reprise', 'oppositions reprises')} de l’ancien outil. La base n’en garde que des "
        "empreintes : personne ne peut relire la liste, elle reconnaît les adresses si elles reviennent."
    )


def _members(story: Story) -> None:
    story.scene("Le fichier du site, tel que le tableur l’a laissé")
    gw, path = story.stage.gw, story.files.members
    origin = story.origin(OriginKind.WEB_FORM, "formulaire d’inscription du site")
    request = ImportRequest(path=path, origin=origin, operator=WRITER, claims=(_EVIDENCE,), declared=("art13-form",))
    command(f"gateway contacts import {path.name} --origin web_form …")
    refused = path.with_name("lignes-refusees.csv")
    plan = plan_import(gw, request, refused=refused)
    one_of_each = {row.code: row for row in reversed(plan.refused_samples)}
    intake.show_file(plan.loaded.file)
    intake.show_plan(
        replace(plan, refused_samples=tuple(sorted(one_of_each.values(), key=lambda row: row.line))), gw.pack.calendar.zone
    )
    if not plan.admitted:
        why = "regardé : des places au covoiturage, rien de personnel, la colonne est laissée de côté"
        say(f"Malik ouvre la colonne, puis dit pourquoi le fichier peut entrer : [italic]« {why} »[/].")
        plan = plan_import(gw, replace(request, reviewed=f"{READER} : {why}"), refused=refused)
    report = write_import(gw, plan)
    story.imports.append(report)
    impact = report.impact
    known = impact.new + impact.objected + impact.objects
    refused_lines = sum(report.refused.values())
    done(
        f"{number(report.rows + refused_lines)} lignes = {number(known)} personnes + {number(report.folded)} doublons "
        f"+ {number(refused_lines)} refusées. [bold]{number(impact.new)}[/] contacts, "
        f"{number(impact.objected)} déjà opposés laissés de côté, {number(impact.objects)} oppositions notées."
    )


def _meeting(story: Story) -> None:
    story.scene("La feuille de présence d’une réunion publique")
    path = story.files.meeting
    request = ImportRequest(
        path=path,
        origin=story.origin(OriginKind.EVENT, "réunion publique au lavoir"),
        operator=WRITER,
        contact_class=ContactClass.OCCASIONAL,
        declared=("art13-form",),
    )
    command(f"gateway contacts import {path.name} --origin event --class occasional …")
    report = write_import(story.stage.gw, plan_import(story.stage.gw, request))
    story.imports.append(report)
    done(
        f"{number(report.impact.new)} contacts occasionnels. Venir une fois n’est pas s’abonner : ils entrent au fichier, "
        "la lettre ne partira pas chez eux sans leur accord."
    )


def _roll(story: Story) -> None:
    story.scene("Et ce fichier-là, on pourrait ?")
    path = story.files.roll
    origin = story.origin(OriginKind.ELECTORAL_ROLL, "liste électorale de la commune", Collection.INDIRECT)
    command(f"gateway contacts import {path.name} --origin electoral_roll …")
    plan = plan_import(story.stage.gw, ImportRequest(path=path, origin=origin, operator=WRITER))
    if plan.admitted:
        raise Conflict("la liste électorale a été admise comme source d’adresses : ce ne devrait jamais arriver")
    for one in plan.explanations:
        if one.rule in plan.admission.rules:
            source = f" ({one.citation.text})" if one.citation else ""
            no(f"{escape(one.sentence)}[dim]{escape(source)}[/]")
    say("Rien n’a été écrit.")


def _letter(story: Story) -> DryRun:
    story.scene("La lettre, et l’essai à blanc")
    gw = story.stage.gw
    content = EmailContent(
        subject='{{ given_name|"Chère voisine, cher voisin" }}, des nouvelles de Valbrume',
        body=story.files.letter.read_text(encoding="utf-8"),
        format="markdown",
    )
    drafting.create(gw, LETTER, Definition(content=content, audience=Audience()), by=WRITER)
    command(f"gateway campaign dry-run {LETTER}")
    tried = trying.dry_run(gw, LETTER)
    show_outcomes(tried)
    done(
        f"{number(tried.people)} personnes, {tried.classes} situations différentes : [green]{number(tried.allowed)} oui[/], "
        f"[red]{number(tried.refused)} non[/]. Rien n’est parti."
    )
    if not tried.allowed:
        raise Conflict(
            "aujourd’hui les règles ne laissent partir aucune lettre (période de silence ?) : recommencez un autre jour"
        )
    return tried


def _approval(story: Story, tried: DryRun) -> None:
    story.scene("Deux paires d’yeux")
    gw = story.stage.gw
    command(f"gateway campaign approve {LETTER} --by {WRITER}")
    try:
        launching.approve(gw, LETTER, by=WRITER)
    except Conflict:
        no(f"{WRITER} a écrit cette lettre : c’est quelqu’un d’autre qui l’approuve.")
    else:
        raise Conflict("l’autrice a approuvé sa propre lettre : ce ne devrait jamais arriver")
    command(f"gateway campaign approve {LETTER} --by {READER} --binding {tried.binding[:12]}")
    launching.approve(gw, LETTER, by=READER, bound_to=tried.binding)
    done("Approuvée : ces mots, ces personnes, cette heure, ces règles. Une virgule de plus, et il faut approuver de nouveau.")


def _sending(story: Story) -> Evening:
    story.scene("La lettre part, et des gens disent stop")
    stage = story.stage
    command(f"gateway campaign launch {LETTER}")
    launched = launching.launch(stage.gw, LETTER, by=WRITER, key="demo")
    say(f"{number(launched.messages)} messages dans la file ; SMTP pour de vrai, jusqu’à la boîte d’essai de cette machine.")
    campaign_id = drafting.find(stage.gw, LETTER).id
    street = Street(stage, campaign_id, story.commune.agreed, clicks=min(_CLICKS, len(story.commune.signed_up) // 12))
    evening = watch(stage, LETTER, street, within_seconds=_PATIENCE_SECONDS)
    after, before = evening.those(had_mail=True), evening.those(had_mail=False)
    done(
        f"En {evening.seconds:.0f} secondes. [bold]{len(after)}[/] personnes ont cliqué « se désinscrire » dans la lettre "
        f"reçue ; [bold]{len(before)}[/] attendaient encore la leur : [bold]elle n’est jamais partie[/]."
    )
    for one, what in ((after[:1], "lettre remise à"), (before[:1], "lettre jamais remise")):
        for person in one:
            at = hand_over_began(stage, person.message_id)
            instant = f" {story.time_of(at)}" if at else ""
            say(f"[dim]{escape(person.address)} : {what}{instant}, stop confirmé à {story.time_of(person.confirmed_at)}[/]")
    return evening


def _back(story: Story) -> Back:
    story.scene("Ce qui revient par courriel")
    command("gateway inbound list")
    back = come_back(story.stage)
    said = (
        (back.dead, "non-remise : adresse morte, on n’y écrit plus", "non-remises : adresses mortes, on n’y écrit plus"),
        (len(back.complained), "plainte : c’est une opposition", "plaintes : ce sont des oppositions"),
        (len(back.answered), "réponse « STOP » : c’en est une aussi", "réponses « STOP » : c’en sont aussi"),
        (len(back.absent), "message d’absence : rien à faire", "messages d’absence : rien à faire"),
    )
    done(" · ".join(counted(count, one, many) for count, one, many in said if count) + ".")
    return back


def _reasons(story: Story, evening: Evening) -> None:
    story.scene("Pourquoi elle, pourquoi pas lui ?")
    met = story.commune.met[0].email
    stopped = evening.those(had_mail=True)[0].address
    for address in (met, stopped):
        command(f"gateway policy explain {address}")
        answer = asking.may_write(story.stage.gw, asking.Question(address=address))
        if answer.verdict is None or answer.allowed:
            raise Conflict(f"on pourrait écrire à {address} : ce ne devrait jamais arriver")
        no("[bold]Non.[/]")
        for one in answer.explanations:
            if one.rule in answer.verdict.rules:
                source = one.citation and one.citation.text
                out.print(Padding(f"{escape(one.sentence)} [dim]{escape(f'({one.rule}, {source})')}[/]", (0, 0, 0, 4)))


def _return(story: Story, evening: Evening) -> None:
    story.scene("Le lendemain, un carnet revient du marché")
    again = [one.address for one in evening.stopped[:8]]
    path = story.files.members.with_name("carnet-du-marche.csv")
    story.commune.write_return(path, again)
    request = ImportRequest(
        path=path,
        origin=story.origin(OriginKind.PAPER_FORM, "carnet du marché du samedi"),
        operator=WRITER,
        declared=("art13-form",),
    )
    command(f"gateway contacts import {path.name} --origin paper_form …")
    plan = plan_import(story.stage.gw, request)
    if plan.impact.objected != len(again):
        raise Conflict(f"{plan.impact.objected} personnes reconnues sur {len(again)} opposées : ce ne devrait jamais arriver")
    report = write_import(story.stage.gw, plan)
    done(
        f"{counted(report.impact.objected, 'personne a', 'personnes ont')} dit stop hier : leur nouvelle fiche est laissée "
        f"de côté, même écrite en capitales. {counted(report.impact.new, 'contact nouveau', 'contacts nouveaux')}."
    )


def _where_to_look(stage: Stage) -> None:
    out.print(f"\n  [bold]Où regarder[/] : {escape(str(stage.folder))} ; et par ces commandes :", soft_wrap=True)
    command(f"export GATEWAY_CONFIG={stage.config}")
    for words in (f"campaign report {LETTER}", "message list --state rejected", "inbound list", "sandbox mails", "serve"):
        command(f"gateway {words}")


def _json(sums: Sums, checks: list[Check], seconds: float) -> dict[str, object]:
    counts = {state.value: count for state, count in sums.status.counts.items() if count}
    return {
        "audience": sums.status.messages,
        "counts": counts,
        "mails": sums.mails,
        "late_ms": round(sums.late_ms, 3),
        "checks": [{"says": one.says, "holds": one.holds, "shown": one.shown} for one in checks],
        "right": all(check.holds for check in checks),
        "seconds": round(seconds, 1),
    }
