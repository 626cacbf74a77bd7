"""Why the database does not answer, said to whoever runs the gateway: what its driver knows, and what to do."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

from gateway.domain.errors import StoreUnavailable

#: What drivers say, in part, and what that means here.
_SAYS: Final = {
    "database or disk is full": "il n’y a plus de place sur le disque ; faites-en",
    "No space left on device": "il n’y a plus de place sur le disque de PostgreSQL ; faites-en",
    "unable to open database file": "son fichier ne s’ouvre pas ; voyez database.url, et si l’on peut écrire dans son dossier",
    "readonly database": "son fichier ne se laisse pas écrire ; demandez-en le droit, ou corrigez database.url",
    "file is not a database": "son fichier n’en est pas une ; corrigez database.url, ou remettez une sauvegarde",
    "disk image is malformed": "son fichier est abîmé ; remettez une sauvegarde",
    "disk I/O error": "son disque est plein, ou ne lit ou n’écrit plus",
    "Connection refused": "aucun serveur PostgreSQL n’écoute à l’adresse de database.url ; lancez-le, ou corrigez-la",
    "authentication failed": "PostgreSQL refuse ce compte ou ce mot de passe ; corrigez database.url",
    "does not exist": "PostgreSQL ne connaît pas cette base ou ce compte ; créez-les, ou corrigez database.url",
    "resolve host": "la machine que nomme database.url est introuvable ; corrigez-la",
    "translate host name": "la machine que nomme database.url est introuvable ; corrigez-la",
    "too many clients": "PostgreSQL n’a plus de place pour une connexion ; augmentez max_connections, ou ôtez des processus",
}


def unavailable(fault: BaseException | None) -> StoreUnavailable:
    """The fault of a driver, in a sentence; its own words stand behind, on one line."""
    words = " ".join(str(fault).split())
    says = next((says for part, says in _SAYS.items() if part in words), "")
    why = f" : {says}" if says else ""
    return StoreUnavailable(f"la base de données ne répond pas{why}. Rien ne part tant qu’elle ne répond pas ({words})")


def translated(fault: DBAPIError) -> Exception:
    """StoreUnavailable when the database is away, else the fault itself: then a statement of ours is wrong."""
    broken = type(fault.orig) is sqlite3.DatabaseError  # no kind of its own: a file that is no database, or no whole one
    if isinstance(fault, OperationalError) or fault.connection_invalidated or broken:
        return unavailable(fault.orig)
    return fault
