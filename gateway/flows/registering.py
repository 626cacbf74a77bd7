"""The register of processing (RGPD 30) and a draft of the impact assessment (RGPD 35), from what is configured and in force.

What neither settings nor packs nor the store can tell is said to be missing, for the team to write: nothing is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from gateway.compliance.explain import reference
from gateway.compliance.kept import RecordKind
from gateway.compliance.rule import Ask, Force, Rule
from gateway.compliance.verdict import Effect
from gateway.domain.consent import Purpose
from gateway.domain.contact import OriginKind
from gateway.domain.machine import is_loopback
from gateway.flows.gateway import Gateway
from gateway.render.origin import french_day
from gateway.store import retaining
from gateway.store.engine import reading
from gateway.store.holdings import holdings

#: The rule that asks on which ground of article 9 people are in the file.
_ARTICLE_9 = "art9-ground"
#: Records whose term is one to act in.
_TO_ANSWER = {RecordKind.RIGHTS_REQUEST, RecordKind.BREACH}


def register(gw: Gateway) -> dict[str, object]:
    """Everything both documents tell, as plain values."""
    settings, at = gw.settings, gw.clock.now()
    with reading(gw.engine) as tx:
        held, kept = holdings(tx), len(retaining.holds(tx, at))
    election = gw.pack.elections.get(settings.election)
    in_force = [(rule, dict(value.content)) for rule in gw.pack.rules if (value := rule.value_at(at)) is not None]
    terms = [_kept(rule, value) for rule, value in in_force if rule.kind == "retention"]
    return {
        "at": at,
        "zone": gw.pack.calendar.zone.key,
        "mode": settings.mode,
        "controller": settings.controller,
        "sender": settings.sender,
        "election": election.name["fr"] if election else "",
        "pack": gw.pack.version,
        "held": held,
        "holds": kept,
        "targeted": sum(count for (_, purpose), count in held.agreed.items() if purpose is Purpose.TARGETING),
        "grounds": [_told(rule) for rule, _ in in_force if rule.effect is Effect.GRANT and Ask.SEND in rule.head.asks],
        "article9": [_declaration(gw, one) for one in sorted(settings.controller.declarations) if one in _article9(in_force)],
        "terms": [one for one in terms if not one["deadline"]],
        "deadlines": [one for one in terms if one["deadline"]],
        "declared": [_declaration(gw, one) for one in sorted(settings.controller.declarations)],
        "contest_until": _french(settings.retention.contest_until),
        "account_cleared_on": _french(settings.retention.account_cleared_on),
        "providers": _providers(gw),
        "witnesses": _witnesses(gw),
        "measures": _measures(gw),
    }


def _french(on: date | None) -> str:
    return french_day(on) if on else ""


def _kept(rule: Rule, value: dict[str, Any]) -> dict[str, object]:
    """A rule of keeping: what it is about, since when, how long. A deadline is a term for somebody to act: nothing is erased."""
    records = [RecordKind(one) for one in value["when"]["record"]]
    return {
        **_told(rule),
        "records": records,
        "deadline": set(records) <= _TO_ANSWER,
        "since": value["since"],
        "terms": [_term(one) for one in value["terms"]],
    }


def _article9(in_force: Sequence[tuple[Rule, dict[str, Any]]]) -> set[str]:
    """What a controller may declare as its ground for keeping what reveals an opinion."""
    return {one["declared"] for rule, value in in_force if rule.id == _ARTICLE_9 for one in value["any"]}


def _term(term: dict[str, Any]) -> dict[str, object]:
    """One length, and the origins it is for; none: every other."""
    when = term.get("when", {})
    origins = [OriginKind(one) for one in when.get("origin", ())]
    return {"span": str(term["length"]), "origins": origins, "extended": bool(when.get("extended"))}


def _declaration(gw: Gateway, declared: str) -> str:
    known = gw.pack.words.get("declared", {}).get(declared)
    return known["fr"] if known else declared


def _told(rule: Rule) -> dict[str, object]:
    sentence = rule.says.get("", {}).get("fr", "")
    source = reference(rule.source.instrument, rule.source.article)
    shown = "" if "{" in sentence else sentence
    own = rule.force is Force.PRUDENT and not rule.source.url  # no text of the law is behind it
    return {"id": rule.id, "effect": rule.effect.value, "source": source, "url": rule.source.url, "sentence": shown, "own": own}


def _providers(gw: Gateway) -> list[tuple[str, str, str]]:
    """(who, for what, what is known of where) of those that the settings name and that are given personal data."""
    settings = gw.settings
    found = [(settings.smtp.host, "relais des courriels", "")] if settings.smtp.host else []
    if settings.inbound.host:
        found.append((settings.inbound.host, "boîte qui reçoit les réponses et les retours", ""))
    if settings.twilio.account_sid:
        found.append(("Twilio", "SMS et appels", "appelé à son adresse par défaut, aux États-Unis (région US1) ; "))
    for name, url in (("base de données", settings.database.url), ("file d’attente", settings.broker.url)):
        host = urlsplit(url).hostname or ""
        if host and not is_loopback(host):
            found.append((host, name, ""))
    return found


def _witnesses(gw: Gateway) -> list[str]:
    """Who is given checkpoints of the journal, in which nobody's data is."""
    journal = gw.settings.journal
    return [*journal.witness_addresses, *([journal.timestamp_url] if journal.timestamp_url else [])]


def _measures(gw: Gateway) -> list[tuple[str, bool]]:
    """(measure, whether it is in force here), read from the settings."""
    settings = gw.settings
    return [
        ("Les pages publiques sont servies en HTTPS", settings.web.public_url.startswith("https://")),
        ("La liaison avec le relais est chiffrée", bool(settings.smtp.host) and settings.smtp.tls != "none"),
        ("Les courriels sont signés (DKIM)", bool(settings.sender.dkim_selector and settings.sender.dkim_key_file)),
        ("Une seconde personne approuve chaque campagne", not settings.team.single_approver),
        (
            "Des témoins extérieurs gardent les points de contrôle du journal",
            bool(settings.journal.witness_dir or settings.journal.witness_addresses),
        ),
        ("Un service extérieur horodate le journal", bool(settings.journal.timestamp_url)),
    ]
