"""Lines of the checklist about people: what they read of us, and what they are owed."""

from __future__ import annotations

from gateway.flows import informing
from gateway.flows.breaches import first_open, is_late
from gateway.flows.checking.line import Line, advice, few, line
from gateway.flows.forms.publishing import standings
from gateway.flows.gateway import Gateway
from gateway.flows.retaining import unsettled
from gateway.flows.rights.letters import astray
from gateway.flows.rights.requests import late
from gateway.flows.terms import contest_over_at, election_ended_at


def form_line(gw: Gateway) -> Line:
    """Whether people see the forms as their files say. Advice only: one may write without any form."""
    found = standings(gw)
    online = [one for one in found if one.published is not None]
    says = "Le formulaire d’inscription en ligne est celui de son fichier"
    if not online:
        todo = "Aucun formulaire n’est publié : gateway forms list, puis gateway forms publish."
        return advice("form", says, False, todo)
    edited = [one.id for one in online if one.edited]
    todo = f"Modifié depuis sa publication, dans son fichier ou dans config.toml : {few(edited)} (gateway forms publish)."
    return advice("form", says, not edited, todo)


def rights_line(gw: Gateway) -> Line:
    """Whether somebody waits for an answer beyond the term of the law, or never got hers. Advice: writing to others goes on."""
    waiting, lost = late(gw), sorted({letter.request for letter in astray(gw)})
    count = "une demande attend" if waiting == 1 else f"{waiting} demandes attendent"
    todo = f"Hors délai : {count} une réponse (gateway rights list). Répondez aujourd’hui." if waiting else ""
    if lost:
        numbers = few(f"n° {number}" for number in lost)
        todo += f" Pas arrivé : un courriel au sujet de {numbers} (gateway rights show {lost[0]}). Dites-le autrement."
    says = "Aucune demande de droits n’est hors délai"
    return advice("rights", says, not todo, todo.strip())


def unread_line(gw: Gateway) -> Line:
    """Whether words of people are kept beyond their term because nobody has settled them (rule purge-logs)."""
    count = unsettled(gw)
    which = "Une réponse ou un courriel attend" if count == 1 else f"{count} réponses ou courriels attendent"
    todo = f"{which} que quelqu’un les règle (gateway replies queue, gateway inbound list) ; leurs mots s’effacent ensuite."
    return advice("unread", "Aucune réponse n’est gardée au-delà de son temps", not count, todo)


def breach_line(gw: Gateway) -> Line:
    """Whether the authority waits to be told of a breach (rule breach-72h). Advice: writing to others does not depend on it."""
    says = "Aucune violation de données n’attend d’être notifiée"
    first = first_open(gw)
    if first is None:
        return line("breach", says, True, "")
    by = f"{first.deadline_at.astimezone(gw.pack.calendar.zone):%d/%m/%Y %H:%M}"
    late = is_late(first, gw.clock.now())
    todo = (
        f"Hors délai depuis le {by} : prévenir la CNIL maintenant, en disant pourquoi"
        if late
        else f"Prévenir la CNIL avant le {by}"
    )
    told = f"Violation n° {first.id}. {todo} (gateway breach list), puis gateway breach close."
    return advice("breach", says, False, told)


def contest_line(gw: Gateway) -> Line:
    """Whether somebody said until when the election can be contested, once voting is over (rule contest-before-purge)."""
    ended_at = election_ended_at(gw)
    said = ended_at is None or gw.clock.now() < ended_at or contest_over_at(gw) is not None
    todo = "On ne vote plus : mettez le dernier jour d’un recours possible, ou en cours, dans retention.contest_until."
    return advice("contest", "Les contacts recueillis pour l’élection ont une fin", said, todo)


def informed_line(gw: Gateway) -> Line:
    """Whether people whose data came from somebody else still have to be told so, or go (rule notice-art14-deadline)."""
    waiting = informing.untold(gw)
    says = "Qui est au fichier par un tiers en a été informé"
    if not waiting:
        return line("informed", says, True, "")
    others = len(waiting) - 1
    count = "une autre origine" if others == 1 else f"{others} autres origines"
    more = f" Et {count} (gateway retention plan)." if others else ""
    todo = f"{informing.sentence(gw, waiting[0])}{more} {informing.todo(waiting[0])}"
    return advice("informed", says, False, todo)
