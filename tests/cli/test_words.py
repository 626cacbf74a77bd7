"""Closed sets as volunteers read them: members of two sets may be the same text, and must not take each other's words."""

from __future__ import annotations

from gateway.cli.words import said
from gateway.domain.consent import ConsentAct, ConsentState
from gateway.domain.receipt import AddressCause
from gateway.domain.reply import InboxKind


def test_a_refused_consent_and_a_refused_address_each_keep_their_words() -> None:
    assert (said(ConsentState.REFUSED), said(ConsentAct.REFUSED)) == ("refusé", "refus")
    assert said(AddressCause.REFUSED) == "son serveur l’a refusée pour de bon"


def test_every_kind_of_inbound_mail_has_words() -> None:
    assert [kind for kind in InboxKind if said(kind) == kind.value] == []
