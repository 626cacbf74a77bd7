"""How somebody said what is on record, in the language of the reader: the ledger holds codes, and words of the French source."""

from __future__ import annotations

from gateway.domain.suppression import SuppressionCause as Cause

_FORM = "formulaire en ligne"
#: What the ledger holds, in French and in English.
_SAID: dict[str, tuple[str, str]] = {
    Cause.REPLY: ("en réponse à un message", "in reply to a message"),
    Cause.ONE_CLICK: ("désinscription en un clic", "one-click unsubscription"),
    Cause.UNSUBSCRIBE_LINK: ("lien de désinscription", "unsubscribe link"),
    Cause.KEY_PRESS: ("touche pressée pendant l’appel", "key pressed during the call"),
    Cause.COMPLAINT: ("signalement comme indésirable", "reported as unwanted"),
    Cause.OPERATOR: ("dit à l’équipe", "said to the team"),
    Cause.IMPORTED_LIST: ("liste d’opposition importée", "opposition list brought in"),
    _FORM: (_FORM, "online form"),
    f"{_FORM}, confirmé par le lien envoyé par courriel": (
        f"{_FORM}, confirmé par le lien envoyé par courriel",
        "online form, confirmed by the link sent by email",
    ),
    "page de préférences": ("page de préférences", "page of preferences"),
    "réponse à la demande d’accord": ("réponse à la demande d’accord", "answer to the request for consent"),
}


def gesture(means: str | None, language: str) -> str:
    """By what gesture; words that somebody wrote stay as they are, nothing stays nothing."""
    said = _SAID.get(means or "", (means or "",) * 2)
    return said[0] if language == "fr" else said[1]
