"""Inbound mail: bytes in, a frozen report out. No store, no network, no clock."""

from gateway.channels.inbound.reader import read_mail
from gateway.channels.inbound.report import MailKind, MailReport, RecipientReport, Verdict

__all__ = ["MailKind", "MailReport", "RecipientReport", "Verdict", "read_mail"]
