"""The register of processing (RGPD 30) and a draft of the impact assessment (RGPD 35), from what is configured and in force.

What neither settings nor packs nor the store can tell is said to be missing, for the team to write: nothing is invented.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from gateway.compliance.explain import reference
from gateway.compliance.rule import Ask, Rule
from gateway.compliance.verdict import Effect
from gateway.domain.contact import OriginKind
from gateway.flows.gateway import Gateway
from gateway.render.origin import french_day
from gateway.store.engine import reading
from gateway.store.holdings import holdings


def register(gw: Gateway) -> dict[str, Any]:
    """Everything both documents tell, as plain values."""
    settings, at = gw.settings, gw.clock.now()
    with reading(gw.engine) as tx:
        held = holdings(tx)
    election = gw.pack.elections.get(settings.election)
    in_force = [(rule, value) for rule in gw.pack.rules if (value := _in_force(rule, at)) is not None]
    return {
        "at": at,
        "zone": gw.pack.calendar.zone.key,
        "mode": settings.mode,
        "controller": settings.controller,
        "sender": settings.sender,
        "election": election.name["fr"] if election else "",
        "pack": gw.pack.version,
        "held": held,
        "grounds": [_told(rule) for rule, _ in in_force if rule.effect is Effect.GRANT and Ask.SEND in rule.head.asks],
        "terms": [
            {**_told(rule), "since": value["since"], "terms": [_term(one) for one in value["terms"]]}
            for rule, value in in_force
            if rule.kind == "retention"
        ],
        "declared": [_declaration(gw, one) for one in sorted(settings.controller.declarations)],
        "contest_until": _french(settings.retention.contest_until),
        "account_cleared_on": _french(settings.retention.account_cleared_on),
        "providers": _providers(gw),
        "measures": _measures(gw),
    }


def _french(on: date | None) -> str:
    return french_day(on) if on else ""


def _in_force(rule: Rule, at: Any) -> dict[str, Any] | None:
    return next(
        (dict(one.content) for one in reversed(rule.values) if one.since <= at and (one.until is None or at < one.until)), None
    )


def _term(term: dict[str, Any]) -> dict[str, Any]:
    """One length, and the origins it is for; none: every other."""
    when = term.get("when", {})
    origins = [OriginKind(one) for one in when.get("origin", ())]
    return {"span": str(term["length"]), "origins": origins, "extended": bool(when.get("extended"))}


def _declaration(gw: Gateway, declared: str) -> str:
    known = gw.pack.words.get("declared", {}).get(declared)
    return known["fr"] if known else declared


def _told(rule: Rule) -> dict[str, Any]:
    sentence = rule.says.get("", {}).get("fr", "")
    source = reference(rule.source.instrument, rule.source.article)
    shown = "" if "{" in sentence else sentence
    return {"id": rule.id, "effect": rule.effect.value, "source": source, "url": rule.source.url, "sentence": shown}


def _providers(gw: Gateway) -> list[tuple[str, str]]:
    """(who, for what) of those that the settings name."""
    settings = gw.settings
    found = [(settings.smtp.host, "relais des courriels")] if settings.smtp.host else []
    if settings.inbound.host:
        found.append((settings.inbound.host, "boîte qui reçoit les réponses et les retours"))
    if settings.twilio.account_sid:
        found.append(("Twilio", "SMS et appels"))
    if settings.journal.timestamp_url:
        found.append((settings.journal.timestamp_url, "horodatage du journal : ne reçoit qu’une empreinte"))
    return found


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
