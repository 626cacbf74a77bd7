"""What a dry run found, as a person and as a program read it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape

from gateway.cli.drafts import show_doubts
from gateway.cli.outcome_words import VERDICTS, deciding
from gateway.cli.session import answer_table, out, taken
from gateway.cli.words import clock, counted, euros, local_time, number, spoken_time
from gateway.compliance.explain import Explanation
from gateway.domain.campaign import CampaignState
from gateway.flows.campaigning.drafting import IN_WORDS
from gateway.flows.campaigning.pricing import Cost
from gateway.flows.campaigning.trying import DryRun
from gateway.render.content import FRENCH

#: What `--json` answers of a dry run, and of each outcome, as they are.
_TOLD = (
    *("campaign", "state", "at", "start_at", "people", "elsewhere", "allowed", "deferred", "refused", "in_vain", "classes"),
    *("criteria", "binding", "ends_at", "unreached_by", "not_over", "attestable", "lacking", "pictures_from", "to_reread"),
)
_OUTCOME = ("verdict", "rules", "people", "samples", "until")


def as_record(result: DryRun) -> dict[str, object]:
    """What `--json` answers."""
    return taken(result, *_TOLD) | {
        "pack": result.pack_version,
        "cost": result.cost and taken(result.cost, "unit", "units", "people") | {"price": str(result.cost.price)},
        "voted": result.voted and {"election": result.voted[0], "since": result.voted[1]},
        "past_vote": result.past_vote and {"people": result.past_vote[0], "round_ends_at": result.past_vote[1]},
        "outcomes": [
            taken(one, *_OUTCOME)
            | {
                "units": one.units or None,
                "explanations": [_reason_json(e) for e in one.explanations if e.rule in one.rules],
                "then": [_reason_json(e) for e in one.then],
            }
            for one in result.outcomes
        ],
    }


def show(result: DryRun, zone: ZoneInfo) -> None:
    """What a person reads: who gets it and who not, why, what it costs, what it tells others, and the next step."""
    _show_head(result, zone)
    if result.people:
        _show_outcomes(result, zone)
    else:
        nobody = "Personne du fichier n’est dans ce public avec une adresse ou un numéro pour ce canal"
        out.print(f"[yellow]![/] {nobody} : importez des contacts, ou élargissez le public.", soft_wrap=True)
    if result.past_vote is not None:
        out.print(_past_vote(*result.past_vote, zone), soft_wrap=True)
    if result.attestable:
        out.print(_attesting(result.attestable), soft_wrap=True)
    for name, people in result.lacking.items():
        out.print(_gap(name, people), soft_wrap=True)
    if result.pictures_from:
        out.print(_pictures(result.pictures_from), soft_wrap=True)
    if not result.people:
        return
    if result.ends_at and result.allowed + result.deferred:
        out.print(f"Fin attendue : {spoken_time(result.ends_at, zone)}.")
    if not result.allowed + result.deferred - result.in_vain:
        out.print("[yellow]![/] Personne ne recevrait ce message : voyez pourquoi, et changez-le (la même commande avec --edit).")
        return
    out.print(_next(result), soft_wrap=True)


def _show_head(result: DryRun, zone: ZoneInfo) -> None:
    """Which campaign it is, when it leaves, to whom; and what should be looked at before."""
    people, classes = counted(result.people, "personne", "personnes"), counted(result.classes, "situation", "situations")
    out.print(f"[bold]Essai à blanc de {result.campaign}[/] : {people}, {classes}")
    if result.start_at is not None:
        out.print(f"Départ prévu : {spoken_time(result.start_at, zone)}.")
    if result.unreached_by:
        of = escape(result.unreached_by[-1])
        out.print(
            f"Public : celui de {of}, sans les personnes qui ont reçu {escape(' ou '.join(result.unreached_by))}, même peut-être."
        )
    if result.not_over:
        first = f"[bold]{escape(result.not_over[0])}[/] n’est pas finie : arrêtez-la avant de lancer celle-ci"
        out.print(f"[yellow]![/] {first} (gateway campaign cancel {escape(result.not_over[0])} --why …).", soft_wrap=True)
    show_doubts(result.to_reread)
    if result.voted is not None:
        election, since = result.voted
        over = f"Ce message nomme « {escape(election)} » : on n’y vote plus depuis le {spoken_time(since, zone)}"
        out.print(f"[yellow]![/] {over}. S’il parle d’une autre, changez [bold]election[/] dans les réglages.", soft_wrap=True)


def _show_outcomes(result: DryRun, zone: ZoneInfo) -> None:
    """Each class of people with its verdict and the reason, and the sums below."""
    rows = []
    for one in result.outcomes:
        told = deciding([e for e in one.explanations if e.rule in one.rules])
        why = "\n".join(map(_reason, told))
        if one.then:
            why += "\n[red]Et à cette heure, il ne partira pas :[/] " + "\n".join(map(_reason, one.then))
        until = f"\nà partir du {local_time(one.until, zone)}, {clock(zone)}" if one.until else ""
        contacts = "le contact" if len(one.samples) == 1 else "les contacts"
        examples = f"[dim]par exemple {contacts} {', '.join(map(str, one.samples))}[/]"
        rows.append((VERDICTS[one.verdict] + until, number(one.people), f"{why}\n{examples}"))
    answer_table("", ["Verdict", "Personnes", "Pourquoi (règle ; source)"], rows, numbers=[1])
    in_vain = f" (dont {number(result.in_vain)} sans résultat)" if result.in_vain else ""
    out.print(
        f"[green]{counted(result.allowed, 'partira', 'partiront')}[/], [yellow]{number(result.deferred)} plus tard{in_vain}[/],"
        f" [red]{counted(result.refused, 'ne partira pas', 'ne partiront pas')}[/]"
        f" ; total {number(result.allowed + result.deferred + result.refused)}."
    )
    if result.elsewhere:
        out.print(
            f"De côté : {counted(result.elsewhere, 'autre adresse ou numéro', 'autres adresses ou numéros')} des mêmes personnes"
            " (chacune ne reçoit le message qu’une fois, à l’adresse ou au numéro le plus récent)."
        )
    if result.cost is not None:
        out.print(_cost(result.cost, waits=result.deferred > 0))


def _reason(one: Explanation) -> str:
    return f"{escape(one.sentence)} [dim]({escape(' ; '.join(filter(None, (one.rule, _source(one)))))})[/]"


def _next(result: DryRun) -> str:
    """What may be done with it now."""
    if result.state in (CampaignState.DRAFT, CampaignState.APPROVED):
        approve = f"gateway campaign approve {result.campaign} --by NOM --binding {result.binding[:12]}"
        return f"Pour approuver exactement ceci : [bold]{approve}[/]"
    stands = f"Cette campagne est {IN_WORDS[result.state]} : cet essai dit ce qui arriverait si elle partait de nouveau, à tous"
    return f"{stands}. Où elle en est : [bold]gateway campaign status {result.campaign}[/]"


def _cost(cost: Cost, *, waits: bool) -> str:
    """What texts or calls would come to, in one line; it is said when some of them leave later."""
    units = {"parts": ("SMS facturé", "SMS facturés"), "minutes": ("minute d’appel", "minutes d’appel")}[cost.unit]
    each = ", ".join(f"{many} pour {counted(people, 'personne', 'personnes')}" for many, people in cost.people.items())
    price = f", {euros(cost.price)} hors taxes" if cost.price else ""
    later = ", celles de plus tard comprises" if waits else ""
    return f"Coût : {counted(cost.units, *units)}{price}" + (f" ({each}{later})." if each else ".")


def _past_vote(people: int, ends_at: datetime, zone: ZoneInfo) -> str:
    """What an appeal to vote comes to where the silence has begun, and what can be done."""
    late = counted(people, "personne ne le recevrait", "personnes ne le recevraient")
    over = f"[yellow]![/] {late} qu’une fois le vote fini, {spoken_time(ends_at, zone)}"
    return f"{over}. S’il appelle à voter, faites-le partir plus tôt (--start) : chaque territoire a ses heures de silence."


def _attesting(names: tuple[str, ...]) -> str:
    """How the author says what is missing, where it is true."""
    how = " ".join(f"--attest {name}" for name in names)
    return f"[yellow]![/] Ce qui manque s’atteste, si c’est vrai : [bold]{how}[/] (la même commande avec --edit)."


#: Words that read well where a person has nothing in a field.
_INSTEAD = {"given_name": "chère voisine, cher voisin", "family_name": "…", "commune": "votre commune"}


def _gap(name: str, people: int) -> str:
    """What people read who have nothing where a field stands, and how to give them words."""
    called = FRENCH[name]
    without = f"{counted(people, 'personne de ce public n’a', 'personnes de ce public n’ont')} pas de {called} au fichier"
    example = escape(f'{{{{ {called}|"{_INSTEAD[name]}" }}}}')
    return f"[yellow]![/] {without} : le message a un vide à cet endroit. Donnez des mots à la place : [bold]{example}[/]"


def _pictures(hosts: tuple[str, ...]) -> str:
    """What pictures kept by others tell them, and how to avoid it."""
    several = len(hosts) > 1
    others = "qui ne sont pas des pages" if several else "qui n’est pas une page"
    learn = "ces serveurs apprennent" if several else "ce serveur apprend"
    return (
        f"[yellow]![/] Des images de cette lettre viennent de [bold]{escape(', '.join(hosts))}[/], {others} de la campagne :"
        f" à chaque ouverture, {learn} l’adresse IP de la personne, l’heure et sa messagerie. Mettez ces images sur le site"
        " de la campagne, ou remplacez-les par un lien."
    )


def _reason_json(one: Explanation) -> dict[str, object]:
    return taken(one, "rule", "effect", "sentence") | {"source": _source(one)}


def _source(one: Explanation) -> str:
    return "" if one.citation is None else one.citation.text
