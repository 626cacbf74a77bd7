"""Signatures as the auditor's script verifies them, by itself: what OpenSSL signed holds, and nothing that differs from it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.flows.auditing.verifier import verifier

#: Of the field, and of the group: RFC 8032, section 5.1.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
TEXT = b"a journal of 20 entries\n"


def signed(seed: int, text: bytes = TEXT) -> tuple[bytes, bytes]:
    """(public key, signature)."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return private.public_key().public_bytes_raw(), private.sign(text)


def holds(public: bytes, signature: bytes, text: bytes = TEXT) -> bool:
    told: bool = verifier().ed25519_verifies(public, signature, text)
    return told


def is_of_the_curve(y: int) -> bool:
    """Euler's criterion on x² = (y² - 1) / (d·y² + 1)."""
    d = -121665 * pow(121666, -1, P) % P
    x2 = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    return pow(x2, (P - 1) // 2, P) in (0, 1)


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("text", [b"", TEXT, bytes(1000)])
def test_what_was_signed_holds_under_its_own_key_alone(seed: int, text: bytes) -> None:
    public, signature = signed(seed, text)
    assert holds(public, signature, text)
    assert not holds(signed(seed + 1)[0], signature, text)
    assert not holds(public, signature, text + b" ")


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_one_bit_of_a_signature_or_of_a_key_and_it_holds_no_more(bit: int) -> None:
    public, signature = signed(3)
    other = bytearray(signature)
    other[bit // 8] ^= 1 << bit % 8
    assert not holds(public, bytes(other))
    another = bytearray(public)
    another[bit // 8 % 32] ^= 1 << bit % 8
    assert not holds(bytes(another), signature)


def test_the_same_signature_written_with_a_larger_number_is_another_one() -> None:
    """s + order gives the same point: two signatures of one text would be two exports of one journal."""
    public, signature = signed(3)
    s = int.from_bytes(signature[32:], "little")
    assert not holds(public, signature[:32] + (s + ORDER).to_bytes(32, "little"))


def test_keys_and_points_that_are_none_of_the_curve_sign_nothing_and_break_nothing() -> None:
    public, signature = signed(3)
    outside = [y for y in range(2, 40) if not is_of_the_curve(y)]
    assert len(outside) > 10
    for odd in (
        *(y.to_bytes(32, "little") for y in outside[:6]),
        (P + 1).to_bytes(32, "little"),
        (1 + 2**255).to_bytes(32, "little"),
    ):
        assert not holds(odd, signature)
        assert not holds(public, odd + signature[32:])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_and_signatures_of_another_length_sign_nothing(length: int) -> None:
    public, signature = signed(3)
    assert not holds((public * 2)[:length], signature)
    assert not holds(public, (signature * 2)[: 2 * length])
