"""What texts and calls of this installation have in common: who telephones show, and where the provider calls back."""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidSettings
from gateway.render.voice import Caller
from gateway.settings import Settings

#: Root of the provider's callbacks; their last parts are in web.hooks.
HOOKS = "hooks/twilio"
_PATHS = {Medium.SMS: "sms", Medium.CALL: "calls"}


def shown_sender(settings: Settings, medium: Medium) -> str:
    """What a telephone shows; empty for email, and for a channel that is not set up."""
    match medium:
        case Medium.SMS:
            return settings.sms.sender
        case Medium.CALL:
            return settings.calls.caller
        case Medium.EMAIL:
            return ""


def callbacks(settings: Settings, medium: Medium) -> Callable[[str], str]:
    """Where the provider asks and tells about a message, for its token: an address that begins so; empty for email."""
    if medium is Medium.EMAIL:
        return lambda token: ""
    root = f"{settings.web.public_url}/{HOOKS}/{_PATHS[medium]}"
    return lambda token: f"{root}/{token}"


def caller(settings: Settings) -> Caller:
    """How this installation calls. Raises InvalidSettings when it has no number to call from."""
    calls = settings.calls
    if not calls.caller:
        raise InvalidSettings("calls.caller : à remplir dans config.toml ; un appel montre le numéro d’où il vient")
    return Caller(number=calls.caller, voice=calls.voice, key=calls.objection_key)
