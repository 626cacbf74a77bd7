"""Checkpoints: the size and root of the journal's tree, signed; a few lines of text that anybody may keep.

The text is a C2SP checkpoint in a signed note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note), with Ed25519. An extension line
tells when it was made; another one, where the key was changed, which key signs from then on.

    valbrume.example/journal
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    at 2027-03-01T18:30:02Z

    — valbrume.example/journal Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway.domain.errors import InvalidInput

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)")
_LINES_MAX, _CHARACTERS_MAX = 64, 16_384
_UNREADABLE = "une clé publique s’écrit nom+empreinte+clé (la page /journal la montre) ; celle-ci est illisible"
_NO_CHECKPOINT = "ce n’est pas un point de contrôle : ses trois premières lignes disent l’origine, la taille et la racine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the tree was at one instant."""

    origin: str  #: which journal
    size: int  #: entries
    root: bytes  #: 32 bytes
    at: datetime | None = None  #: aware; when it was made, as its signer says
    successor: str | None = (
        None  #: the public key that signs from here on, where it changed: signed by the one that it replaces, too
    )

    def body(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.at is not None:
            lines.append(f"at {self.at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}")
        if self.successor is not None:
            lines.append(f"successor {self.successor}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key under the name of its journal, written `name+hash+key` (signed-note)."""

    name: str
    public: bytes  #: 32 bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(f"{self.name}\n".encode() + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifyKey:
        """Raises InvalidInput for what is no such key, or whose hash does not fit it."""
        name, _, rest = text.strip().partition("+")
        hashed, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as fault:
            raise InvalidInput(_UNREADABLE) from fault
        if not _NAME.fullmatch(name) or raw[:1] != _ED25519 or len(raw) != 33:
            raise InvalidInput(_UNREADABLE)
        key = cls(name, raw[1:])
        if key.key_id.hex() != hashed.lower():
            raise InvalidInput(
                "cette clé publique ne va pas avec son empreinte : un caractère a été perdu ou changé, copiez-la à nouveau"
            )
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether the signature of this text was made with the private half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half; it never leaves the machine that seals."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """A new key. Raises InvalidInput for a name that a note cannot carry."""
        return cls(checked_name(name), Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, pem: bytes) -> SigningKey:
        """Raises InvalidInput for what is no Ed25519 key."""
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as fault:
            raise InvalidInput("ce n’est pas une clé privée au format PEM : remettez le fichier d’une sauvegarde") from fault
        if not isinstance(private, Ed25519PrivateKey):
            raise InvalidInput("le journal est scellé par une clé Ed25519 ; celle-ci est d’une autre sorte")
        return cls(checked_name(name), private)

    def to_pem(self) -> bytes:
        """As it is kept, mode 0600."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def verify_key(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self.name, self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note."""
        body = checkpoint.body()
        signature = self.verify_key.key_id + self.private.sign(body.encode())
        return f"{body}\n— {self.name} {base64.b64encode(signature).decode()}\n"


def checked_name(name: str) -> str:
    """The name, if a note can carry it: no space, no plus sign. Raises InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"journal.origin : « {name} » ne peut pas nommer un journal ; écrivez-le ainsi : valbrume.example/journal"
        )
    return name


def read_checkpoint(note: str, keys: Iterable[VerifyKey]) -> tuple[Checkpoint, VerifyKey | None]:
    """The checkpoint of a signed note, and the first of these keys that signed it; None when none did.

    Raises InvalidInput for what is no checkpoint, and for a signature that claims to be of one of the keys and is not.
    """
    checkpoint, body, signatures = _parsed(note)
    for key in keys:
        for name, signature in signatures:
            if name == key.name and signature[:4] == key.key_id:
                if not key.verifies(signature[4:], body.encode()):
                    raise InvalidInput(
                        "la signature sous ce point de contrôle n’est pas de la clé qu’elle nomme : contrefaite, ou changée"
                    )
                return checkpoint, key
    return checkpoint, None


def _parsed(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    if len(note) > _CHARACTERS_MAX or note.count("\n") > _LINES_MAX:
        raise InvalidInput("ce n’est pas un point de contrôle : ce texte est bien trop long")
    body, blank, signed = note.partition("\n\n")
    lines = body.split("\n")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as fault:
        raise InvalidInput(_NO_CHECKPOINT) from fault
    if not blank or not _NAME.fullmatch(lines[0]) or size < 0 or lines[1] != str(size) or len(root) != sha256().digest_size:
        raise InvalidInput(_NO_CHECKPOINT)
    at = next((_instant(line[3:]) for line in lines[3:] if line.startswith("at ")), None)
    successor = next((line.partition(" ")[2] for line in lines[3:] if line.startswith("successor ")), None)
    signatures = []
    for line in signed.splitlines():
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            raise InvalidInput("une ligne sous ce point de contrôle n’est pas une signature")
        try:
            signatures.append((found["name"], base64.b64decode(found["signature"], validate=True)))
        except ValueError as fault:
            raise InvalidInput("une signature sous ce point de contrôle est illisible") from fault
    return Checkpoint(origin=lines[0], size=size, root=root, at=at, successor=successor), body + "\n", signatures


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as fault:
        raise InvalidInput("l’instant de ce point de contrôle est illisible") from fault
