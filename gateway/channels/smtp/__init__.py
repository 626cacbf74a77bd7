"""Email by SMTP: a relay, its connections, and what its replies mean."""

from gateway.channels.smtp.channel import SmtpChannel
from gateway.channels.smtp.relay import Offer, SmtpRelay

__all__ = ["Offer", "SmtpChannel", "SmtpRelay"]
