"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, for teams whose relay does not sign."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.domain.errors import InvalidSettings, RenderFault

_RSA_BITS_MIN = 2048
#: Signed when present, in this order. RFC 8058 demands that both List-Unsubscribe fields are covered, RFC 9477 the CFBL ones.
_SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"cfbl-address",
    b"cfbl-feedback-id",
)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACE = re.compile(rb"[ \t]+")
_LINE = 72


class DkimSigner:
    """Signs messages for one domain and selector with one private key. Safe to share between threads."""

    def __init__(self, domain: str, selector: str, pem: bytes) -> None:
        """pem: unencrypted private key, RSA of 2048 bits or more, or Ed25519. Raises InvalidSettings for any other."""
        for name, value in (("domaine", domain), ("sélecteur", selector)):
            if not _NAME.fullmatch(value):
                raise InvalidSettings(f"DKIM : {name} « {value} » n’est pas un nom de domaine")
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
            raise InvalidSettings(f"sender.dkim_key_file : cette clé est illisible ({fault})") from fault
        match key:
            case RSAPrivateKey() if key.key_size < _RSA_BITS_MIN:
                raise InvalidSettings(
                    f"sender.dkim_key_file : clé de {key.key_size} bits ; les messageries en veulent {_RSA_BITS_MIN}"
                )
            case RSAPrivateKey():
                algorithm, self._sign = "rsa-sha256", _rsa(key)
            case Ed25519PrivateKey():
                algorithm, self._sign = "ed25519-sha256", _ed25519(key)
            case _:
                raise InvalidSettings("sender.dkim_key_file : cette clé n’est ni RSA ni Ed25519")
        self._tags = f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n s={selector}; ".encode()

    def sign(self, message: bytes) -> bytes:
        """The message, CRLF line ends, with its DKIM-Signature field before all others. Same message and key, same RSA bytes.

        From is signed once more than it occurs, so that a second one added on the way breaks the signature.
        """
        head, separator, body = message.partition(b"\r\n\r\n")
        fields = _canonical_fields(head)
        if not separator or b"from" not in fields:
            raise RenderFault("DKIM : le message n’a pas d’en-tête From complet")
        names = [name for name in _SIGNED if name in fields]
        body_hash = base64.b64encode(sha256(_canonical_body(body)).digest())
        listed = b":".join((*names, b"from"))
        start = b"".join((b"DKIM-Signature: ", self._tags, b"h=", _folded(listed), b";\r\n bh=", body_hash, b";\r\n b="))
        own = b"dkim-signature:" + _canonical_value(start.partition(b":")[2])
        signed = b"".join((*(fields[name] for name in names), own))
        return b"".join((start, _chunked(base64.b64encode(self._sign(signed))), b"\r\n", message))


def _rsa(key: RSAPrivateKey) -> Callable[[bytes], bytes]:
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda signed: key.sign(signed, scheme, digest)


def _ed25519(key: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    return lambda signed: key.sign(sha256(signed).digest())


def _canonical_fields(head: bytes) -> dict[bytes, bytes]:
    """Canonical form of each field with its CRLF, by lower-case name. Our messages hold no field twice."""
    fields: dict[bytes, bytes] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name in fields:
            raise RenderFault(f"DKIM : en-tête {name.decode('ascii', 'replace')} présent deux fois")
        fields[name] = b"".join((name, b":", _canonical_value(value), b"\r\n"))
    return fields


def _canonical_value(value: bytes) -> bytes:
    return _SPACE.sub(b" ", _FOLD.sub(b"", value)).strip()


def _canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: runs of white space become one space, none ends a line, no empty line ends the body."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # many times faster than a pattern: a run of n spaces is gone after log2(n) rounds
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _folded(listed: bytes) -> bytes:
    lines: list[bytes] = [b""]
    for name in listed.split(b":"):
        if len(lines[-1]) + len(name) > _LINE:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n ".join(lines)[:-1]


def _chunked(coded: bytes) -> bytes:
    return b"\r\n ".join(coded[at : at + _LINE] for at in range(0, len(coded), _LINE))
