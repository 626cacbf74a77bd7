"""The mailbox, visited regularly: a bounded number of mails each time, each marked as read once its effect is committed."""

from __future__ import annotations

from gateway.channels.mailbox import ImapAccount, Taken, take_mails
from gateway.domain.errors import InvalidSettings
from gateway.domain.machine import is_loopback
from gateway.flows.gateway import Gateway
from gateway.flows.receiving.intake import receive
from gateway.flows.sending.returnpaths import to_a_return_path
from gateway.settings import Settings

#: After a large mailing tens of thousands of bounces come back: what was not sent to a return path comes before them, since it
#: may be an objection (rule optout-effect).
_MAILS_AT_ONCE = 2_000
#: A server that does not answer must not hold up the other jobs of the ticker.
_TIMEOUT_SECONDS = 15


def fetch(gw: Gateway) -> Taken | None:
    """Visit the mailbox once; None when there is none to visit. In trial mode only one on this machine is: nothing leaves.

    Safe to repeat: what was taken in but not marked, because the power failed between, comes again and changes nothing.
    Raises MailboxUnavailable, StoreUnavailable.
    """
    settings = gw.settings
    if not settings.inbound.host or (settings.mode == "trial" and not is_loopback(settings.inbound.host)):
        return None
    return take_mails(
        account(settings),
        lambda raw: receive(gw, raw),
        most=_MAILS_AT_ONCE,
        bytes_max=settings.inbound.bytes_max,
        urgent=lambda addressed: not to_a_return_path(addressed),
    )


def account(settings: Settings) -> ImapAccount:
    """The mailbox of the settings. Raises InvalidSettings when none is set, or nobody could open it."""
    inbound = settings.inbound
    if not inbound.host:
        raise InvalidSettings("inbound.host : aucune boîte n’est réglée ; mettez-y le nom de votre serveur IMAP")
    faults = []
    if not inbound.username:
        faults.append("inbound.username : vide ; le nom du compte de la boîte, souvent son adresse")
    if not inbound.password.get_secret_value():
        faults.append("inbound.password : vide ; donnez le mot de passe de la boîte par GATEWAY_INBOUND__PASSWORD_FILE")
    if faults:
        raise InvalidSettings("\n".join(faults))
    return ImapAccount(
        host=inbound.host,
        port=inbound.port,
        tls=inbound.tls,
        username=inbound.username,
        password=inbound.password.get_secret_value(),
        folder=inbound.folder,
        timeout_seconds=_TIMEOUT_SECONDS,
    )
