"""What the provider refuses of a request, with its own error codes.

Codes: www.twilio.com/docs/api/errors. Parameters: those of the provider's OpenAPI file (api_v2010).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

BODY_CHARACTERS_MAX = 1600
VALIDITY_SECONDS_MAX = 36_000

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,6}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &._-]{1,11}")
#: What a request may hold, names apart by spaces: those of the provider.
MESSAGE_PARAMETERS = (
    "To From Body StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention"
    " AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms ContentVariables"
    " RiskCheck FallbackFrom MessagingServiceSid MediaUrl ContentSid"
)
CALL_PARAMETERS = (
    "To From Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod SendDigits Timeout Record"
    " RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod SipAuthUsername SipAuthPassword MachineDetection"
    " MachineDetectionTimeout RecordingStatusCallbackEvent Trim CallerId MachineDetectionSpeechThreshold"
    " MachineDetectionSpeechEndThreshold MachineDetectionSilenceTimeout AsyncAmd AsyncAmdStatusCallback"
    " AsyncAmdStatusCallbackMethod Byoc CallReason CallToken RecordingTrack TimeLimit ClientNotificationUrl Url Twiml"
    " ApplicationSid"
)
_EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """The provider's answer to a request it does not take."""

    status: int
    code: int
    message: str

    def body(self) -> dict[str, object]:
        """As the provider writes it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


def check_message(form: Mapping[str, str]) -> None:
    """Raises Refusal for a message the provider would not take."""
    _known(form, MESSAGE_PARAMETERS)
    if not form.get("To"):
        raise Refusal(400, 21604, "A 'To' phone number is required.")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise Refusal(400, 21603, "A 'From' phone number is required.")
    if not form.get("Body"):
        raise Refusal(400, 21602, "Message body is required.")
    if len(form["Body"]) > BODY_CHARACTERS_MAX:
        raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    if not _E164.fullmatch(form["To"]):
        raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {_masked(form['To'])}")
    sender = form.get("From", "")
    if sender and not any(kind.fullmatch(sender) for kind in (_E164, _SHORT_CODE, _ALPHANUMERIC)):
        raise Refusal(400, 21212, f"Invalid From Number (caller ID): {sender}")
    if sender == form["To"]:
        raise Refusal(400, 21266, "To and From number cannot be the same")
    _number(form, "ValidityPeriod", 1, VALIDITY_SECONDS_MAX)
    if form.get("StatusCallback") and not _url(form["StatusCallback"]):
        raise Refusal(400, 21609, "Invalid 'StatusCallback' URL")


def check_call(form: Mapping[str, str], events: Sequence[str]) -> None:
    """Raises Refusal for a call the provider would not make."""
    _known(form, CALL_PARAMETERS)
    if not form.get("To"):
        raise Refusal(400, 21201, "No 'To' number specified")
    if not form.get("From"):
        raise Refusal(400, 21213, "No 'From' number specified")
    if not _E164.fullmatch(form["To"]):
        raise Refusal(400, 21217, "Phone number does not appear to be valid")
    if not _E164.fullmatch(form["From"]):
        raise Refusal(400, 21212, f"Invalid From Number (caller ID): {form['From']}")
    if not form.get("Url") and not form.get("Twiml"):
        raise Refusal(400, 21205, "Url is not a valid URL: ")
    if form.get("Url") and not _url(form["Url"]):
        raise Refusal(400, 21205, f"Url is not a valid URL: {form['Url']}")
    if form.get("MachineDetection") not in (None, "Enable", "DetectMessageEnd"):
        raise Refusal(400, 20001, "Invalid parameter MachineDetection")
    if unknown := [event for event in events if event not in _EVENTS]:
        raise Refusal(400, 21626, f"Invalid StatusCallbackEvents: {unknown}")
    _number(form, "Timeout", 5, 600)
    _number(form, "TimeLimit", 1, 86_400)


def _known(form: Mapping[str, str], parameters: str) -> None:
    # The provider would ignore them; here a parameter misspelt is found out.
    if unknown := sorted(set(form) - set(parameters.split())):
        raise Refusal(400, 20001, f"Unknown parameters: {', '.join(unknown)}")


def _number(form: Mapping[str, str], name: str, least: int, most: int) -> None:
    text = form.get(name)
    if text is not None and not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Refusal(400, 20001, f"Invalid parameter {name}: {least} to {most}")


def _url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _masked(number: str) -> str:
    return f"{number[:4]}XXXX"
