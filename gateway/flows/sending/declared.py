"""What the installation and a campaign declare: the ids that rules of kind `requires` ask for (docs/policy.md lists them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.flows.campaigning.definition import Definition
from gateway.render.voice import CallContent
from gateway.settings import Settings

#: People hear an artificial voice (rule voice-synthetic): told by the content itself, nobody may forget to declare it.
SYNTHETIC_VOICE = "synthetic-voice"

#: What the settings tell by themselves.
_OF_SETTINGS: Mapping[str, Callable[[Settings], object]] = {
    "controller-named": lambda settings: settings.controller.name,
    "controller-contact": lambda settings: settings.controller.email,
    "sender-valid": lambda settings: settings.sender.name and settings.sender.email,
    "transparency-notice": lambda settings: settings.controller.transparency_url,
    "sponsor-declared": lambda settings: settings.controller.sponsor,
    # In trial mode nothing leaves this machine.
    "smtp-tls": lambda settings: settings.mode == "trial" or settings.smtp.tls != "none",
}
#: What nobody attests in words: settings or content tell it.
TOLD = frozenset(_OF_SETTINGS) | {SYNTHETIC_VOICE}


def declared(settings: Settings, definition: Definition) -> tuple[str, ...]:
    """Ids of everything declared, sorted. What is missing makes the rules that need it refuse."""
    ids = {name for name, tells in _OF_SETTINGS.items() if tells(settings)}
    ids.update(settings.controller.declarations, definition.attestations)
    if isinstance(definition.content, CallContent) and definition.content.artificial:
        ids.add(SYNTHETIC_VOICE)
    return tuple(sorted(ids))
