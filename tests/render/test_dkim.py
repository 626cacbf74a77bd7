"""DKIM: what we sign, an independent verifier accepts; what was changed on the way, it refuses."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from gateway.domain.channel import Encoding
from gateway.domain.errors import InvalidSettings, RenderFault
from gateway.render.dkim import DkimSigner
from gateway.render.email import compile_email
from tests.render.build import PERSON, TEMPLATES, letterhead, markdown, raw_header

RSA = generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()
MAIL = compile_email(
    markdown("Bonjour {{ given_name }},  \n\nÀ jeudi 🌿 !\tTab   espaces"),
    letterhead(cfbl_address="fbl@valbourg.example"),
    TEMPLATES,
)
VARIANT = MAIL.variant(MAIL.elements)


def pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class VerifyKey:
    """The one primitive dkimpy borrows from PyNaCl, given by `cryptography`: all the reading of the message stays dkimpy's."""

    def __init__(self, coded: bytes, encoder: object) -> None:
        del encoder
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(coded))

    def verify(self, digest: bytes, signature: bytes) -> None:
        self._key.verify(signature, digest)


@pytest.fixture(autouse=True)
def _ed25519_for_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=InvalidSignature),
    )
    monkeypatch.setattr(dkim, "nacl", stand_in, raising=False)


def verified(message: bytes, key) -> bool:
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    else:
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)

    def zone(name: bytes, timeout: int = 5) -> bytes | None:
        del timeout
        return record if name == b"s1._domainkey.valbourg.example." else None

    return bool(dkim.verify(message, dnsfunc=zone))


BOTH_KEYS = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])


@BOTH_KEYS
@pytest.mark.parametrize("encoding", list(Encoding))
def test_an_independent_verifier_accepts_the_signature(key, encoding: Encoding) -> None:
    payload = VARIANT.payload(PERSON, encoding)
    signed = DkimSigner("valbourg.example", "s1", pem(key)).sign(payload)
    assert signed.endswith(payload)
    assert verified(signed, key)


@BOTH_KEYS
def test_both_one_click_fields_are_covered_and_from_is_signed_twice(key) -> None:
    signed = DkimSigner("valbourg.example", "s1", pem(key)).sign(VARIANT.payload(PERSON, Encoding.QUOTED_PRINTABLE))
    tags = b"".join(raw_header(signed, "DKIM-Signature").split()).split(b";")
    listed = next(tag for tag in tags if tag.startswith(b"h=")).removeprefix(b"h=").split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"cfbl-address", b"feedback-id", b"subject"} < set(listed)
    assert listed.count(b"from") == 2
    assert max(map(len, signed.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 998


@BOTH_KEYS
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"One-Click", b"Two-Click"),
        (b"Notre lettre", b"Votre lettre"),
        (b"Bonjour", b"Bonsoir"),
        (b"From: ", b"From: x@evil.example\r\nFrom: "),
    ],
)
def test_a_message_changed_on_its_way_no_longer_verifies(key, before: bytes, after: bytes) -> None:
    signed = DkimSigner("valbourg.example", "s1", pem(key)).sign(VARIANT.payload(PERSON, Encoding.QUOTED_PRINTABLE))
    assert before in signed
    changed = signed.replace(before, after)
    try:
        assert not verified(changed, key)
    except dkim.MessageFormatError:
        assert changed.count(b"\r\nFrom: ") + changed.startswith(b"From: ") == 2


def test_white_space_a_relay_may_change_does_not_break_the_signature() -> None:
    signed = DkimSigner("valbourg.example", "s1", pem(RSA)).sign(VARIANT.payload(PERSON, Encoding.QUOTED_PRINTABLE))
    head, _, body = signed.partition(b"\r\n\r\n")
    assert verified(head + b"\r\n\r\n" + body.replace(b" de ", b" \t de ") + b"\r\n\r\n", RSA)


@pytest.mark.parametrize("body", [b"", b"\r\n", b"a", b"a\r\n\r\n\r\n", b" \t a\tb   c \t \r\n", b" \r\n"])
def test_odd_bodies_verify_too(body: bytes) -> None:
    signer = DkimSigner("valbourg.example", "s1", pem(RSA))
    assert verified(signer.sign(b"From: a@valbourg.example\r\nSubject:  a\r\n\tb \r\n\r\n" + body), RSA)


def test_the_same_message_gets_the_same_signature() -> None:
    signer = DkimSigner("valbourg.example", "s1", pem(RSA))
    payload = VARIANT.payload(PERSON, Encoding.EIGHT_BIT)
    assert signer.sign(payload) == signer.sign(payload)


@pytest.mark.parametrize("message", [b"", b"From: a@b.example", b"Subject: a\r\n\r\nb", b"From: a\r\nFrom: b\r\n\r\nc"])
def test_a_message_without_one_from_is_not_signed(message: bytes) -> None:
    with pytest.raises(RenderFault, match="DKIM"):
        DkimSigner("valbourg.example", "s1", pem(RSA)).sign(message)


def test_a_weak_unreadable_or_foreign_key_is_refused() -> None:
    for key, why in (
        (pem(generate_private_key(65537, 1024)), "1024 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "ni RSA ni Ed25519"),
        (b"not a key", "illisible"),
    ):
        with pytest.raises(InvalidSettings, match=why):
            DkimSigner("valbourg.example", "s1", key)
    with pytest.raises(InvalidSettings, match="sélecteur"):
        DkimSigner("valbourg.example", "s1; d=evil.example", pem(RSA))
