"""The relay we hand messages to: its settings, and a connection that is open, secured, authenticated and understood."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal, cast

import aiosmtplib

from gateway.channels.certificates import distrust
from gateway.channels.smtp.replies import Phase, refusal, unreachable
from gateway.domain.channel import Encoding, Fault, Rejected
from gateway.domain.errors import InvalidSettings
from gateway.domain.machine import is_loopback

TlsPolicy = Literal["required", "implicit", "none"]

#: What a relay does not offer, by the word for it.
_NOT_OFFERED = {
    "STARTTLS": 'le relais n’offre pas de liaison chiffrée sur ce port ; d’ordinaire 587, ou 465 avec smtp.tls = "implicit". ',
    "AUTH": "le relais ne demande pas de mot de passe sur ce port ; un autre port, ou smtp.username vide. ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpRelay:
    """Where messages go and how they are protected on the way.

    Certificates are checked against the system's authorities (SSL_CERT_FILE names others). Raises InvalidSettings with
    all faults at once.
    """

    host: str
    port: int = 587
    tls: TlsPolicy = "required"  #: required: STARTTLS or nothing leaves; implicit: TLS from the first byte; none: loopback only
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = 10  #: open at once, kept between batches
    timeout_seconds: float = 60.0  #: longest silence while an answer is due; doubled after a final dot
    helo: str = ""  #: our name in EHLO; empty: that of the machine

    def __post_init__(self) -> None:
        faults = []
        if not self.host:
            faults.append("smtp.host : vide ; nommez le relais")
        if self.tls not in ("required", "implicit", "none"):
            faults.append(f"smtp.tls : {self.tls!r} ; mettez required, implicit ou none")
        if self.tls == "none" and self.host and not is_loopback(self.host):
            faults.append(
                f"smtp.tls : none vaut pour un relais de cette machine, pas pour {self.host} ; mettez required ou implicit"
            )
        if not 1 <= self.port <= 65535:
            faults.append(f"smtp.port : {self.port} ; de 1 à 65535")
        if self.connections < 1:
            faults.append(f"smtp.connections : {self.connections} ; au moins 1")
        if self.timeout_seconds <= 0:
            faults.append(f"smtp.timeout_seconds : {self.timeout_seconds} ; plus de 0")
        if self.password and not self.username:
            faults.append("smtp.username : vide, alors qu’un mot de passe est donné")
        if self.username and not self.password:
            faults.append(
                "smtp.password : vide, alors que smtp.username nomme quelqu’un ; donnez-le par GATEWAY_SMTP__PASSWORD_FILE, "
                "ou videz smtp.username si le relais ne demande rien"
            )
        if faults:
            raise InvalidSettings("\n".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the server said it can do, after TLS."""

    tls: str  #: "TLSv1.3", or "" without
    pipelining: bool  #: RFC 2920
    eight_bit: bool  #: RFC 6152
    size_max: int | None  #: RFC 1870, octets; 0: no fixed limit; None: not announced
    auth: tuple[str, ...]  #: login methods announced

    @property
    def encoding(self) -> Encoding:
        """How bytes may be sent to it."""
        return Encoding.EIGHT_BIT if self.eight_bit else Encoding.QUOTED_PRINTABLE


@dataclass(frozen=True, slots=True)
class Link:
    """A connection ready for MAIL FROM."""

    transport: asyncio.Transport
    offer: Offer


def tls_context(relay: SmtpRelay) -> ssl.SSLContext | None:
    """The checks asked of the relay's certificate; made once, since reading the authorities costs more than a handshake."""
    return None if relay.tls == "none" else ssl.create_default_context(ssl.Purpose.SERVER_AUTH)


async def connect(relay: SmtpRelay, context: ssl.SSLContext | None) -> Link | Rejected:
    """Open, secure and log in, within timeout_seconds; or say why not, as the refusal every waiting message gets.

    aiosmtplib does this part. It keeps the transport in a public attribute: the caller gives that transport another
    protocol, and the client object is left behind.
    """
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.username or None,
        password=relay.password or None,
        local_hostname=relay.helo or None,
        timeout=relay.timeout_seconds,
        use_tls=relay.tls == "implicit",
        start_tls=relay.tls == "required",
        tls_context=context,
    )
    try:
        async with asyncio.timeout(relay.timeout_seconds):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
        offered = _offer(client)  # raises when the server hung up right after its greeting
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost after the greeting")
    except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
        client.close()
        return _why_not(relay, fault)
    return Link(cast(asyncio.Transport, client.transport), offered)


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _offer(client: aiosmtplib.SMTP) -> Offer:
    """Read the last EHLO. A server that only knows HELO offers nothing."""
    secured = client.get_transport_info("ssl_object")
    size = client.esmtp_extensions.get("size")
    return Offer(
        tls=(secured.version() or "") if secured is not None else "",
        pipelining=client.supports_extension("pipelining"),
        eight_bit=client.supports_extension("8bitmime"),
        size_max=None if size is None else int(size) if size.isdigit() else 0,
        auth=tuple(client.server_auth_methods),
    )


def _why_not(relay: SmtpRelay, fault: Exception) -> Rejected:
    where = f"{relay.host}:{relay.port}"
    for cause in (fault, fault.__cause__):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _ours("tls", f"{where} : {distrust(cause, its='le certificat du relais', host_key='smtp.host')}")
    match fault:
        case aiosmtplib.SMTPAuthenticationError():
            return refusal(Phase.LOGIN, fault.code, fault.message)
        case aiosmtplib.SMTPResponseException():
            return refusal(Phase.CONNECT, fault.code, fault.message)
        case OSError():  # refused, unreachable, cut or silent: aiosmtplib's own connection errors are OSError too
            return unreachable(f"{where} : {_unreachable(relay, fault)}")
        case _:  # STARTTLS or AUTH missing at the server, or a setting it cannot send
            said = str(fault)
            todo = next((what for word, what in _NOT_OFFERED.items() if word in said), "")
            return _ours("settings", f"{where} : {todo}{said}")


def _unreachable(relay: SmtpRelay, fault: OSError) -> str:
    """What to look at when nobody answers as expected, and what was seen."""
    seen, cause = str(fault), fault.__cause__
    if isinstance(cause, ssl.SSLError):
        return f'ce port ne parle pas TLS dès le premier octet ; smtp.tls = "required", d’ordinaire avec le port 587 ({seen})'
    if isinstance(cause, socket.gaierror):
        return f"ce nom de serveur n’existe pas, ou la machine est hors ligne ; regardez smtp.host ({seen})"
    if isinstance(cause, ConnectionRefusedError):
        return f"rien n’écoute à ce port ; regardez smtp.host et smtp.port ({seen})"
    if isinstance(fault, TimeoutError):
        implicit = "" if relay.tls == "implicit" else ' ; le port 465 demande smtp.tls = "implicit"'
        return f"pas de réponse à temps ; regardez smtp.host et smtp.port{implicit}"
    return seen


def _ours(code: str, why: str) -> Rejected:
    return Rejected(permanent=False, code=code, reply=why, fault=Fault.OURS)
