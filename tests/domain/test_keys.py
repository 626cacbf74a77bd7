"""Digests and tokens: one key for one use, nothing forged, nothing cut, nothing used elsewhere."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidToken
from gateway.domain.keys import Keyring, LinkScope, pseudonym

_OF_TESTS = b"secret of tests, thirty-two bytes"
KEYS = Keyring(_OF_TESTS)
OTHERS = Keyring(b"secret of others, thirty-two byte")
DIGEST = KEYS.address_digest(Medium.EMAIL, "lea@exemple.example")

ids = st.integers(0, 2**63 - 1)
digests = st.binary(min_size=16, max_size=16)


@given(ids, digests)
def test_a_link_leads_back_to_its_message_and_address(message_id: int, digest: bytes) -> None:
    link = KEYS.read_link_token(KEYS.link_token(LinkScope.OBJECT, message_id, digest), LinkScope.OBJECT)
    assert (link.message_id, link.digest) == (message_id, digest)


@given(ids, st.integers(0, 54), st.sampled_from("ABCdef012-_"))
def test_a_link_with_any_letter_changed_is_refused(message_id: int, place: int, letter: str) -> None:
    token = KEYS.link_token(LinkScope.OBJECT, message_id, DIGEST)
    forged = token[:place] + letter + token[place + 1 :]
    if place == 54 or forged == token:  # the last letter carries two spare bits
        return
    with pytest.raises(InvalidToken):
        KEYS.read_link_token(forged, LinkScope.OBJECT)


@given(st.text(max_size=120))
def test_nonsense_is_no_link_and_no_return_path(text: str) -> None:
    with pytest.raises(InvalidToken):
        KEYS.read_link_token(text, LinkScope.OBJECT)
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(text)


@pytest.mark.parametrize("cut", [0, 1, 10, 54])
def test_a_cut_link_is_refused(cut: int) -> None:
    with pytest.raises(InvalidToken):
        KEYS.read_link_token(KEYS.link_token(LinkScope.OBJECT, 7, DIGEST)[:cut], LinkScope.OBJECT)


@pytest.mark.parametrize("spoilt", ["{0}.", "{0}>", "{0}»", " {0}\u00a0", "{1}\r\n {2}", "({0}),", "{0}=", "{0}\u200b"])
def test_what_a_mail_program_puts_around_or_into_a_link_does_not_keep_her_from_objecting(spoilt):
    token = KEYS.link_token(LinkScope.OBJECT, 7, DIGEST)
    assert KEYS.read_link_token(spoilt.format(token, token[:30], token[30:]), LinkScope.OBJECT).message_id == 7


def test_a_link_serves_its_scope_and_its_installation_only() -> None:
    token = KEYS.link_token(LinkScope.INERT, 7, DIGEST)
    with pytest.raises(InvalidToken):
        KEYS.read_link_token(token, LinkScope.OBJECT)
    with pytest.raises(InvalidToken):
        OTHERS.read_link_token(token, LinkScope.INERT)


@given(ids)
def test_a_return_path_survives_servers_that_fold_case(message_id: int) -> None:
    token = KEYS.verp_token(message_id)
    assert KEYS.read_verp_token(token.upper()) == KEYS.read_verp_token(token) == message_id


def test_a_return_path_of_another_installation_names_nobody() -> None:
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(OTHERS.verp_token(7))


def test_a_digest_says_nothing_without_the_secret_and_differs_by_channel() -> None:
    assert OTHERS.address_digest(Medium.EMAIL, "lea@exemple.example") != DIGEST
    assert KEYS.address_digest(Medium.SMS, "lea@exemple.example") != DIGEST
    assert len(DIGEST) == 16


@given(st.sampled_from(Medium), st.text(max_size=200))
def test_a_digest_is_the_one_that_the_standard_library_makes(medium: Medium, key: str) -> None:
    derived = hmac.digest(_OF_TESTS, b"passerelle/1/address-digest", "sha256")
    whole = hmac.digest(derived, f"{medium}\x00{key}".encode(), "sha256")
    assert KEYS.address_digest(medium, key) == whole[:16]


def test_a_pseudonym_depends_on_the_person_s_own_key_alone() -> None:
    assert pseudonym(b"a" * 16) == pseudonym(b"a" * 16) != pseudonym(b"b" * 16)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(b"short")
