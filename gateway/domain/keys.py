"""Keyed digests and signed tokens, all derived from one installation secret.

Each use has its own key, so that a token made for one thing is worth nothing for another, and a digest of the opposition list
says nothing to whoever does not hold the secret (rule suppression-hashed).
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

from gateway.domain.addressing import match_key, match_keys
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidToken

if TYPE_CHECKING:
    from _hashlib import HASH

DIGEST_BYTES = 16
#: Of the random key of each person, under which the journal knows her.
PERSON_KEY_BYTES = 16
_MAC_BYTES = 16
_VERP_MAC_BYTES = 10
_ID_BYTES = 8
CODE_DIGITS = 8
_BESIDE = re.compile(r"[^A-Za-z0-9_-]+")


class LinkScope(IntEnum):
    """What a link is good for; a token never serves another scope."""

    OBJECT = 1
    WHY = 2
    #: "Yes, I confirm" of a sign-up.
    CONFIRM = 3
    #: Preferences: stop a channel, pause. The message it came with decides whether it also shows what is on record.
    PREFER = 4
    #: Yes or no to a request for consent.
    ANSWER = 5
    #: The page of a consent receipt.
    RECEIPT = 6
    #: Where a code that came by text is typed in; names a number, known or not, and opens nothing by itself.
    CODE = 7
    #: Preview of what a test recipient sees; acts on nothing.
    INERT = 9


@dataclass(frozen=True, slots=True)
class LinkToken:
    """A verified link: which message it came with, and the digest of the address it was sent to."""

    scope: LinkScope
    message_id: int
    digest: bytes


class Keyring:
    """Subkeys of the installation secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the installation secret has at least 32 bytes")
        address = _derive(secret, b"address-digest")
        # What does not change is hashed once: a million addresses are digested in a row.
        self._address = {medium: _begun(address, f"{medium}\x00".encode()) for medium in Medium}
        self._link = hmac.new(_derive(secret, b"link"), digestmod=sha256)
        self._verp = hmac.new(_derive(secret, b"verp"), digestmod=sha256)
        self._unsubscribe = hmac.new(_derive(secret, b"unsubscribe"), digestmod=sha256)
        self._message = _derive(secret, b"message-id")
        self._code = _derive(secret, b"code")
        self._roll = _derive(secret, b"roll-identity")
        self._page = _derive(secret, b"form-page")
        self._place = _derive(secret, b"place")
        #: Tells this secret from another (16 bytes), and nothing about it.
        self.mark = _derive(secret, b"mark")[:DIGEST_BYTES]

    def address_digest(self, medium: Medium, match_key: str) -> bytes:
        """Keyed digest (16 bytes) of a normalised address; the same for ever under the same secret."""
        begun, around = self._address[medium]
        inner, outer = begun.copy(), around.copy()
        inner.update(match_key.encode())
        outer.update(inner.digest())
        return outer.digest()[:DIGEST_BYTES]

    def digest_of(self, text: str, medium: Medium) -> bytes:
        """The digest by which what somebody typed is known on one channel. Raises InvalidAddress (see match_key)."""
        return self.address_digest(medium, match_key(text, medium))

    def digests_of(self, text: str) -> dict[Medium, bytes]:
        """The digests by which an address or a number is known, by channel (see match_keys). Raises InvalidAddress."""
        return {medium: self.address_digest(medium, key) for medium, key in match_keys(text).items()}

    def roll_digest(self, identity: str) -> bytes:
        """Keyed digest (16 bytes) of who a person is on an electoral roll, which gives no address to know her by."""
        return hmac.digest(self._roll, identity.encode(), "sha256")[:DIGEST_BYTES]

    def link_token(self, scope: LinkScope, message_id: int, digest: bytes) -> str:
        """URL-safe token, 55 characters, that carries what it takes to object even after the message row is gone."""
        body = bytes((scope,)) + message_id.to_bytes(_ID_BYTES, "big") + digest
        mac = self._link.copy()
        mac.update(body)
        return base64.urlsafe_b64encode(body + mac.digest()[:_MAC_BYTES]).rstrip(b"=").decode()

    def read_link_token(self, token: str, scope: LinkScope) -> LinkToken:
        """Verify a token for one scope. Raises InvalidToken for anything forged, cut, or meant for something else.

        What mail programs and people put around or into a link (a full stop, « > », the end of a line) is no part of it.
        """
        raw = _unbase64(_BESIDE.sub("", token), 1 + _ID_BYTES + DIGEST_BYTES + _MAC_BYTES)
        body, seen = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        mac = self._link.copy()
        mac.update(body)
        if not hmac.compare_digest(mac.digest()[:_MAC_BYTES], seen) or body[0] != scope:
            raise InvalidToken("this link is not one of ours, or was damaged on its way")
        return LinkToken(scope, int.from_bytes(body[1 : 1 + _ID_BYTES], "big"), body[1 + _ID_BYTES :])

    def code(self, message_id: int, digest: bytes) -> str:
        """Eight digits that one text to one number carries; nobody who has not read it can know them."""
        mac = hmac.digest(self._code, message_id.to_bytes(_ID_BYTES, "big") + digest, "sha256")
        return f"{int.from_bytes(mac, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def page_token(self, version: bytes, seconds: int) -> str:
        """Token of a form as it was opened: the first 16 bytes of the hash of its version, and when (seconds of the epoch)."""
        body = version[:DIGEST_BYTES] + seconds.to_bytes(_ID_BYTES, "big")
        return base64.urlsafe_b64encode(body + hmac.digest(self._page, body, "sha256")[:_MAC_BYTES]).rstrip(b"=").decode()

    def read_page_token(self, token: str) -> tuple[bytes, int]:
        """The beginning of the version's hash, and when the page was opened. Raises InvalidToken."""
        raw = _unbase64(token, DIGEST_BYTES + _ID_BYTES + _MAC_BYTES)
        body, seen = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(hmac.digest(self._page, body, "sha256")[:_MAC_BYTES], seen):
            raise InvalidToken("this page was not opened here")
        return body[:DIGEST_BYTES], int.from_bytes(body[DIGEST_BYTES:], "big")

    def place_digest(self, place: str, day: str) -> str:
        """Keyed digest, in hex, of a place on the network, good for one day: it cannot be followed from one to the next."""
        return hmac.digest(self._place, f"{day}\x00{place}".encode(), "sha256")[:DIGEST_BYTES].hex()

    def verp_token(self, message_id: int) -> str:
        """Token of a return path: 36 hex digits, since some servers fold case."""
        return _mail_token(self._verp, message_id)

    def read_verp_token(self, token: str) -> int:
        """The message a bounce answers to. Raises InvalidToken: a bounce without a valid token suppresses nobody."""
        return _read_mail_token(self._verp, token)

    def unsubscribe_token(self, message_id: int) -> str:
        """Token of the address to which a mail unsubscribes (RFC 2369); worth nothing as a return path."""
        return _mail_token(self._unsubscribe, message_id)

    def read_unsubscribe_token(self, token: str) -> int:
        """The message that somebody unsubscribes from. Raises InvalidToken."""
        return _read_mail_token(self._unsubscribe, token)

    def message_reference(self, message_id: int) -> str:
        """Left part of a Message-ID: stable for a message, so that a provider's log can settle what is uncertain."""
        return f"{message_id:x}.{blake2b(message_id.to_bytes(8, 'big'), key=self._message, digest_size=10).hexdigest()}"

    def read_message_reference(self, reference: str) -> int:
        """The message a reference was made for. Raises InvalidToken: whoever never saw the message cannot write one."""
        number, _, _ = reference.partition(".")
        try:
            message_id = int(number, 16) if len(number) <= 2 * _ID_BYTES else -1
            ours = message_id > 0 and hmac.compare_digest(self.message_reference(message_id).encode(), reference.encode())
        except (ValueError, OverflowError) as fault:
            raise InvalidToken("this Message-ID is not one of ours") from fault
        if not ours:
            raise InvalidToken("this Message-ID is not one of ours")
        return message_id


def pseudonym(person_key: bytes) -> str:
    """Name of a person in the journal, under her own key: once the key is destroyed it leads nowhere."""
    return blake2b(b"journal", key=person_key, digest_size=16).hexdigest()


def _begun(key: bytes, message: bytes) -> tuple[HASH, HASH]:
    """Both hashes of an HMAC-SHA-256 (RFC 2104), of which the inner one has read the beginning of its message.

    key: 64 bytes at most. The module hmac copies them in twice the time that hashing a short message takes.
    """
    padded = key.ljust(sha256().block_size, b"\x00")
    inner, outer = (sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
    inner.update(message)
    return inner, outer


def _derive(secret: bytes, use: bytes) -> bytes:
    return hmac.digest(secret, b"passerelle/1/" + use, "sha256")


def _mail_token(key: hmac.HMAC, message_id: int) -> str:
    body = message_id.to_bytes(_ID_BYTES, "big")
    mac = key.copy()
    mac.update(body)
    return (body + mac.digest()[:_VERP_MAC_BYTES]).hex()


def _read_mail_token(key: hmac.HMAC, token: str) -> int:
    try:
        raw = bytes.fromhex(token)
    except ValueError as fault:
        raise InvalidToken("this return path is not one of ours") from fault
    body, seen = raw[:_ID_BYTES], raw[_ID_BYTES:]
    mac = key.copy()
    mac.update(body)
    if len(raw) != _ID_BYTES + _VERP_MAC_BYTES or not hmac.compare_digest(mac.digest()[:_VERP_MAC_BYTES], seen):
        raise InvalidToken("this return path is not one of ours")
    return int.from_bytes(body, "big")


def _unbase64(token: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as fault:
        raise InvalidToken("this link is not one of ours, or was damaged on its way") from fault
    if len(raw) != length:
        raise InvalidToken("this link is not one of ours, or was damaged on its way")
    return raw
