"""Links and return paths of messages: nothing forged, cut, spliced or taken for another use is worth anything."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.errors import InvalidToken
from gateway.domain.keys import DIGEST_BYTES, Keyring, LinkScope

KEYS = Keyring(b"secret of tests, thirty-two bytes")
LEA, MEHDI = b"L" * DIGEST_BYTES, b"M" * DIGEST_BYTES
LINK = KEYS.link_token(LinkScope.OBJECT, 7, LEA)
LAST_OF_ID = 8  #: index of the last byte of the message number
RETURN_PATH = KEYS.verp_token(7)
REFERENCE = KEYS.message_reference(7)


def raw(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def written(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def refused(token: str, scope: LinkScope = LinkScope.OBJECT) -> None:
    with pytest.raises(InvalidToken):
        KEYS.read_link_token(token, scope)


@pytest.mark.parametrize("bit", range(len(raw(LINK)) * 8))
def test_a_link_with_any_one_bit_changed_is_refused(bit: int) -> None:
    forged = bytearray(raw(LINK))
    forged[bit // 8] ^= 1 << bit % 8
    refused(written(bytes(forged)))


@pytest.mark.parametrize("length", range(len(LINK)))
def test_a_link_cut_anywhere_is_refused(length: int) -> None:
    refused(LINK[:length])


@pytest.mark.parametrize("cut", range(LAST_OF_ID + 1, len(raw(LINK))))
def test_the_head_of_one_persons_link_on_the_tail_of_anothers_unsubscribes_neither(cut: int) -> None:
    other = raw(KEYS.link_token(LinkScope.OBJECT, 8, MEHDI))
    spliced = raw(LINK)[:cut] + other[cut:]
    refused(written(spliced))


@pytest.mark.parametrize("scope", [scope for scope in LinkScope if scope is not LinkScope.OBJECT])
def test_a_link_serves_the_use_it_was_made_for_and_no_other(scope: LinkScope) -> None:
    refused(LINK, scope)
    refused(KEYS.link_token(scope, 7, LEA))


def test_a_return_path_is_no_link_and_a_link_no_return_path() -> None:
    refused(RETURN_PATH)
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(LINK)


@pytest.mark.parametrize("bit", range(len(RETURN_PATH) * 4))
def test_a_bounce_to_a_return_path_with_any_one_bit_changed_suppresses_nobody(bit: int) -> None:
    forged = bytearray.fromhex(RETURN_PATH)
    forged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(forged.hex())


def test_a_return_path_that_a_server_wrote_in_capitals_is_still_ours() -> None:
    assert KEYS.read_verp_token(RETURN_PATH.upper()) == 7


def test_an_unsubscribe_address_is_no_return_path_and_a_return_path_unsubscribes_nobody() -> None:
    address = KEYS.unsubscribe_token(7)
    assert KEYS.read_unsubscribe_token(address.upper()) == 7
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(address)
    with pytest.raises(InvalidToken):
        KEYS.read_unsubscribe_token(RETURN_PATH)


@pytest.mark.parametrize("place", range(len(REFERENCE)))
def test_a_message_id_with_any_one_character_changed_names_no_message(place: int) -> None:
    assert KEYS.read_message_reference(REFERENCE) == 7
    forged = REFERENCE[:place] + ("1" if REFERENCE[place] != "1" else "2") + REFERENCE[place + 1 :]
    with pytest.raises(InvalidToken):
        KEYS.read_message_reference(forged)


@given(st.text(max_size=60) | st.from_regex(r"-?[0-9a-f]{0,20}\.[0-9a-f]{0,24}", fullmatch=True))
def test_whatever_is_put_in_place_of_a_message_id_gets_one_clear_refusal(reference: str) -> None:
    assume(reference != REFERENCE)
    with pytest.raises(InvalidToken):
        KEYS.read_message_reference(reference)


@given(st.text(max_size=120) | st.binary(max_size=90).map(written))
def test_whatever_is_put_in_place_of_a_token_gets_one_clear_refusal(token: str) -> None:
    assume(token != LINK)
    refused(token)
    with pytest.raises(InvalidToken):
        KEYS.read_verp_token(token)
