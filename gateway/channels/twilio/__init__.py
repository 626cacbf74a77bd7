"""SMS and automated calls through Twilio, by its own SDK."""

from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.callbacks import CallStatus, KeyPress, MessageStatus, SmsReply, signed
from gateway.channels.twilio.channel import TwilioCalls, TwilioSms
from gateway.channels.twilio.codes import Meaning, meaning

__all__ = [
    "CallStatus",
    "KeyPress",
    "Meaning",
    "MessageStatus",
    "SmsReply",
    "TwilioAccount",
    "TwilioCalls",
    "TwilioSms",
    "meaning",
    "signed",
]
