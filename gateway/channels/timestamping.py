"""Time-stamps by RFC 3161: a service outside signs that a text existed at an instant. `openssl` asks, and checks the answer.

https://www.rfc-editor.org/rfc/rfc3161 – section 3.4: a request is POSTed as application/timestamp-query.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import Conflict, system_says

#: Longest silence of the service, and longest time its answer may take.
_SECONDS = 20.0
_OPENSSL_SECONDS = 20.0
_ANSWER_BYTES_MAX = 256 * 1024
_TIME = re.compile(rb"^Time stamp: (.+)$", re.MULTILINE)
_CERTIFICATES = "/etc/ssl/certs"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What a service answered, verified."""

    token: bytes  #: the whole response, DER: `openssl ts -verify -data TEXT -in TOKEN -CAfile CA`
    at: str  #: the instant it signed, as openssl writes it ("Nov 25 21:18:03 2026 GMT")


def stamp(text: bytes, url: str, *, authority: Path | None) -> TimeStamp:
    """Have a text stamped, and verify the answer before it is believed.

    authority: certificates that the service's own must lead to, PEM; None: those of this machine.
    Raises Conflict, in French, when openssl is missing, the service does not answer, refuses, or its answer does not hold.
    """
    with tempfile.TemporaryDirectory(prefix="timestamp-") as folder:
        data, query, reply = (Path(folder) / name for name in ("text", "query.tsq", "reply.tsr"))
        data.write_bytes(text)
        made = _openssl("-query", "-data", str(data), "-sha256", "-cert", "-out", str(query))
        if made.returncode != 0:
            raise Conflict(f"openssl n’a pas fait la demande d’horodatage : {_why(made)}")
        token = _posted(url, query.read_bytes())
        reply.write_bytes(token)
        shown = _openssl("-reply", "-in", str(reply), "-text")
        found = _TIME.search(shown.stdout)
        if shown.returncode != 0 or found is None:
            raise Conflict(f"{url} : la réponse n’est pas un horodatage ({_why(shown)})")
        trusted = ("-CAfile", str(authority)) if authority is not None else ("-CApath", _CERTIFICATES)
        checked = _openssl("-verify", "-queryfile", str(query), "-in", str(reply), *trusted)
        if checked.returncode != 0:
            raise Conflict(f"{url} : l’horodatage ne se vérifie pas ({_why(checked)}) ; voyez journal.timestamp_ca")
    return TimeStamp(token=token, at=found[1].decode().strip())


def _posted(url: str, query: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query"}
    request = urllib.request.Request(url, data=query, headers=headers, method="POST")  # noqa: S310 - settings take http and https alone
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - the same
            token = _read(answer)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as fault:
        reason = getattr(fault, "reason", fault)
        told = system_says(reason) if isinstance(reason, OSError) else reason
        raise Conflict(f"{url} : le service d’horodatage ne répond pas ({told})") from fault
    if len(token) > _ANSWER_BYTES_MAX:
        raise Conflict(f"{url} : la réponse dépasse {_ANSWER_BYTES_MAX // 1024} Ko, ce n’est pas un horodatage")
    return token


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Its answer, as long as it comes within _SECONDS and is not far too long. Raises TimeoutError."""
    until, token = time.monotonic() + _SECONDS, b""
    while len(token) <= _ANSWER_BYTES_MAX and (piece := answer.read1(_ANSWER_BYTES_MAX)):
        token += piece
        if time.monotonic() > until:
            raise TimeoutError(f"rien d’entier en {_SECONDS:.0f} s")
    return token


def _openssl(*words: str) -> subprocess.CompletedProcess[bytes]:
    command = shutil.which("openssl")
    if command is None:
        raise Conflict("la commande openssl est nécessaire à l’horodatage : installez-la")
    try:
        # the words are ours: names of files in a folder of our own
        return subprocess.run([command, "ts", *words], capture_output=True, check=False, timeout=_OPENSSL_SECONDS)  # noqa: S603 (no shell, words of our own)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Conflict(f"la commande openssl ne répond pas ({fault})") from fault


def _why(ran: subprocess.CompletedProcess[bytes]) -> str:
    """The last line openssl wrote, short."""
    lines = [line for line in (ran.stderr or ran.stdout).decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else f"code {ran.returncode}"
