"""The one tree of exceptions.

A refusal of the law is a value (compliance.verdict), never an exception. What is raised here is a fault: of an input, of a
setting, of a pack, of a server. The message names file, line, column or key, and what to do.
"""

from __future__ import annotations

import errno

#: What the system says most often, in French; a person reads it in the sentence of a fault.
_SYSTEM = {
    errno.ENOENT: "ce chemin n’existe pas",
    errno.EACCES: "vous n’en avez pas le droit",
    errno.EPERM: "vous n’en avez pas le droit",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "un des noms de ce chemin n’est pas celui d’un dossier",
    errno.EEXIST: "ce nom est déjà pris : donnez-en un autre",
    errno.ENAMETOOLONG: "ce nom est trop long",
    errno.ENOSPC: "le disque est plein",
    errno.EROFS: "ce disque est en lecture seule",
    errno.EADDRINUSE: "un autre programme l’occupe déjà",
    errno.EADDRNOTAVAIL: "cette adresse n’est pas de cette machine",
    errno.ECONNREFUSED: "personne n’y répond",
}


def system_says(fault: OSError) -> str:
    """Why the system refused something, in a few French words; its own where there are none here."""
    if isinstance(fault, TimeoutError):
        return "pas de réponse à temps"
    return _SYSTEM.get(fault.errno or 0) or fault.strerror or str(fault)


class GatewayError(Exception):
    """Root of every fault the gateway raises on purpose. Faces print its message and exit with 1."""


class InvalidInput(GatewayError):
    """An input from outside cannot be read; nothing was written."""


class InvalidAddress(InvalidInput):
    """An email address or telephone number cannot be used; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InvalidToken(InvalidInput):
    """A link or return path was forged, cut or made for something else."""


class InvalidContent(InvalidInput):
    """Campaign content that cannot be sent as it stands: unknown placeholder, logic, missing subject."""


class InvalidPack(GatewayError):
    """A policy pack that must not decide anything: names file, key and reason."""


class InvalidSettings(GatewayError):
    """Settings that cannot start; all faults at once, by key."""


class NotFound(GatewayError):
    """What was named does not exist."""


class Conflict(GatewayError):
    """The act does not fit the present state; the message says which state, and what may be done."""


class StoreUnavailable(GatewayError):
    """The database cannot be reached: no message leaves until it is."""


class MailboxUnavailable(GatewayError):
    """The mailbox of what comes back cannot be read: nothing in it is lost, it is read once it answers."""


class MailboxRefused(MailboxUnavailable):
    """Its server takes our name or password for wrong: whoever tries again and again is locked out by it, with the machine."""


class RenderFault(GatewayError):
    """A message could not be rendered with every element it must carry; it is refused, not sent."""
