"""How mail for the gateway comes in: a mailbox read by IMAP, or a listener on this machine that a mail server delivers to."""

from gateway.channels.mailbox.imap import ImapAccount, Taken, take_mails, unread
from gateway.channels.mailbox.listener import Listener

__all__ = ["ImapAccount", "Listener", "Taken", "take_mails", "unread"]
