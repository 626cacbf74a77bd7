"""Addresses as people type them: what is an address, and what is refused with which reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidAddress


@pytest.mark.parametrize(
    ("typed", "known_as"),
    [
        ("lea@exemple.example", "lea@exemple.example"),
        ("  Lea.Martin+lettre@Exemple.Example ", "Lea.Martin+lettre@exemple.example"),
        ("jean@forêt.example", "jean@xn--fort-ipa.example"),
        ("o'neil@exemple.co.example", "o'neil@exemple.co.example"),
    ],
)
def test_an_address_is_known_in_the_form_that_smtp_carries(typed: str, known_as: str) -> None:
    assert str(EmailAddress.parse(typed)) == known_as


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("lea.exemple.example", "no_at"),
        ("lea@exemple", "domain"),
        ("lea@-exemple.example", "domain"),
        ("lea@exemple.123", "domain"),
        ("lea@exemple.e", "domain"),
        ("lea@ex\u0435mple.example", "lookalike"),
        ("lea@\u0261emple.example", "lookalike"),
        ("léa@exemple.example", "non_ascii"),
        ('"lea martin"@exemple.example', "local"),
        ("lea..martin@exemple.example", "local"),
        ("lea@exemple.example\r\nRCPT TO:<x@y.example>", "local"),
        ("lea\r\n@exemple.example", "local"),
        ("lea@[192.0.2.1]", "domain"),
        ("lea@⒈exemple.example", "domain"),
        ("lea@straße.example", "domain"),  # not strasse.example, which may be somebody else's
        ("lea@STRAẞE.example", "domain"),
        ("lea@βόλος.example", "domain"),
        ("lea@xn--0.example", "domain"),
        ("lea@yy--0.example", "domain"),
        ("lea@exemple.tld-2", "domain"),
        ("lea@" + "é" * 60 + "." + "é" * 60 + "." + "é" * 60 + ".example", "domain"),
        ("l" * 65 + "@exemple.example", "local"),
        ("lea@" + "e" * 250 + ".example", "length"),
    ],
)
def test_what_is_no_address_is_refused_with_a_stable_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        EmailAddress.parse(typed)
    assert refused.value.code == code


def test_two_spellings_of_one_address_are_one_person() -> None:
    assert EmailAddress.parse("Lea@Exemple.example").match_key == EmailAddress.parse("lea@exemple.EXAMPLE").match_key


@given(st.text(max_size=80))
def test_whatever_is_typed_an_address_never_holds_what_smtp_or_a_header_could_read_otherwise(typed: str) -> None:
    try:
        address = str(EmailAddress.parse(typed))
    except InvalidAddress:
        return
    assert address.isascii() and not set(address) & set(' \r\n\t<>,;:"()[]\\')
    assert str(EmailAddress.parse(address)) == address
