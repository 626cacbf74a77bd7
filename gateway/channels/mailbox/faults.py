"""Why a mailbox cannot be read, in words for whoever set it up: which setting to look at, and what the server said."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from typing import Literal

from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError, UnexpectedCommandStatusError

from gateway.channels.certificates import distrust
from gateway.domain.errors import MailboxRefused, MailboxUnavailable, system_says

Tls = Literal["implicit", "required", "none"]

_LOGIN = (
    "le serveur refuse le nom ou le mot de passe : inbound.username, et GATEWAY_INBOUND__PASSWORD_FILE. Beaucoup d’hébergeurs "
    "demandent ici un « mot de passe d’application », à créer sur leur site, ou que l’accès IMAP y soit d’abord permis"
)
_BROKEN = "la liaison s’est rompue ; rien n’est perdu, ce qui reste est pris à la prochaine relève"
_SAID_MOST = 200
#: What of an answer is for machines: its code, the tag of the command, a Python list around it.
_CODE = re.compile(r"^\[[A-Z-]+\]\s*")


def unavailable(fault: Exception, *, folder: str, host: str, port: int, tls: Tls) -> MailboxUnavailable:
    """The fault a person reads, from one of imap_tools, imaplib, ssl or the system."""
    why = _why(fault, folder, tls)
    kind = MailboxRefused if why.startswith(_LOGIN) else MailboxUnavailable
    return kind(f"la boîte des retours, à {host}:{port}, ne se lit pas : {why}")


def _why(fault: Exception, folder: str, tls: Tls) -> str:
    match fault:
        case MailboxLoginError():
            return _with(_LOGIN, _said(fault))
        case MailboxFolderSelectError():
            return _with(f"elle n’a pas de dossier « {folder} », ou ne le montre pas : inbound.folder", _said(fault))
        case UnexpectedCommandStatusError():
            return _with("le serveur refuse une commande", _said(fault))
        case ssl.SSLCertVerificationError():
            return distrust(fault, its="son certificat", host_key="inbound.host")
        case ssl.SSLError() if tls == "implicit":
            return (
                'ce port ne parle pas TLS dès le premier octet ; inbound.tls = "required", d’ordinaire avec le port 143 '
                f"({_short(fault)})"
            )
        case socket.gaierror():
            return f"ce nom de serveur n’existe pas, ou la machine est hors ligne : inbound.host ({_short(fault)})"
        case ConnectionRefusedError():
            return "personne n’y répond : inbound.host et inbound.port"
        case TimeoutError():
            return f"pas de réponse à temps : inbound.host et inbound.port{_PORTS[tls]}"
        case imaplib.IMAP4.error():
            return _of_the_line(str(fault))
        case OSError():
            return f"{system_says(fault)} ; ce qui reste est pris à la prochaine relève"
    return _short(fault)


#: A port that waits for TLS, or does not, is silent to whoever does otherwise.
_PORTS: dict[Tls, str] = {
    "implicit": "",
    "required": ' ; le port 993 demande inbound.tls = "implicit"',
    "none": "",
}


def _of_the_line(said: str) -> str:
    """imaplib tells a line that broke, and what was said instead of an answer, by its text alone."""
    if "TLS not supported" in said:
        return 'ce port n’offre pas de liaison chiffrée ; d’ordinaire 993, avec inbound.tls = "implicit"'
    if "AUTHENTICATE" in said or "AUTHENTICATIONFAILED" in said:
        return _with(_LOGIN, _CODE.sub("", said))
    return f"{_BROKEN} ({said[:_SAID_MOST]})"


def _said(fault: UnexpectedCommandStatusError) -> str:
    """The server's own words, as it said them."""
    answer = fault.command_result[1] or []
    words = b" ".join(one for one in answer if isinstance(one, bytes)).decode("utf-8", "replace")
    return _CODE.sub("", words.strip())


def _with(what: str, said: str) -> str:
    return f"{what}. Il dit : {said[:_SAID_MOST]}" if said else what


def _short(fault: Exception) -> str:
    return str(fault)[:_SAID_MOST]
