"""What the installation and a campaign declare: the ids that rules of kind `requires` ask for (docs/policy.md lists them)."""

from __future__ import annotations

from gateway.flows.campaigning.definition import Definition
from gateway.render.voice import CallContent
from gateway.settings import Settings

#: People hear an artificial voice (rule voice-synthetic): told by the content itself, nobody may forget to declare it.
SYNTHETIC_VOICE = "synthetic-voice"

#: What the settings and the content tell by themselves: nobody attests it in words.
TOLD = frozenset(
    ("controller-named", "controller-contact", "sender-valid", "transparency-notice", "sponsor-declared", "smtp-tls")
) | {SYNTHETIC_VOICE}


def declared(settings: Settings, definition: Definition) -> tuple[str, ...]:
    """Ids of everything declared, sorted. What is missing makes the rules that need it refuse."""
    controller, sender, smtp = settings.controller, settings.sender, settings.smtp
    told = {
        "controller-named": controller.name,
        "controller-contact": controller.email,
        "sender-valid": sender.name and sender.email,
        "transparency-notice": controller.transparency_url,
        "sponsor-declared": controller.sponsor,
        # In trial mode nothing leaves this machine.
        "smtp-tls": settings.mode == "trial" or smtp.tls != "none",
    }
    ids = {name for name, is_there in told.items() if is_there}
    ids.update(controller.declarations, definition.attestations)
    if isinstance(definition.content, CallContent) and definition.content.artificial:
        ids.add(SYNTHETIC_VOICE)
    return tuple(sorted(ids))
