"""Closed sets as volunteers read them: members of two sets may be the same text, and must not take each other's words."""

from __future__ import annotations

from decimal import Decimal

from gateway.cli.outcome_words import by_rules, came_back, campaign_name, reason
from gateway.cli.words import euros, said
from gateway.domain.channel import Fault, Medium
from gateway.domain.consent import ConsentAct, ConsentState
from gateway.domain.receipt import AddressCause, ReceiptKind
from gateway.domain.reply import InboxKind
from gateway.flows.sending import gate, outcomes


def test_a_refused_consent_and_a_refused_address_each_keep_their_words() -> None:
    assert (said(ConsentState.REFUSED), said(ConsentAct.REFUSED)) == ("refusé", "refus")
    assert said(AddressCause.REFUSED) == "son serveur l’a refusée pour de bon"


def test_what_comes_back_of_a_text_speaks_of_telephones_and_of_a_letter_of_mailboxes() -> None:
    assert came_back(ReceiptKind.FULL, Medium.EMAIL) == "boîte pleine"
    assert came_back(ReceiptKind.FULL, Medium.SMS) == "téléphone éteint ou injoignable"
    assert "boîte" not in " ".join(came_back(kind, Medium.SMS) for kind in ReceiptKind)


def test_what_carries_single_messages_is_named_by_what_they_are() -> None:
    assert campaign_name("@rights.stopped.fr.d8f6fb71f026") == "(réponses sur les données)"
    assert (campaign_name("lettre-1"), campaign_name("@autre")) == ("lettre-1", "@autre")


def test_every_kind_of_inbound_mail_has_words() -> None:
    assert [kind for kind in InboxKind if said(kind) == kind.value] == []


def test_a_price_is_written_as_the_french_do_and_a_part_may_cost_tenths_of_a_cent() -> None:
    assert [euros(Decimal(price)) for price in ("0", "0.05", "0.045", "1234.5")] == [
        "0,00\u00a0€",
        "0,05\u00a0€",
        "0,045\u00a0€",
        "1\u202f234,50\u00a0€",
    ]


def test_rules_that_the_journal_no_longer_explains_are_named_as_rules() -> None:
    assert reason("consent-per-channel,optout-effect") == "règles consent-per-channel, optout-effect"
    assert (reason("consent-per-channel"), reason("person-gone"), reason("")) == (
        "règle consent-per-channel",
        "personne effacée",
        "",
    )


def test_what_the_gate_itself_says_of_a_message_is_not_taken_for_a_rule() -> None:
    """A letter whose server refused our password was told as put off because « la personne a accepté »."""
    own = (
        *(outcomes.NOT_BEGUN, outcomes.SENDER_FAULT, outcomes.OBJECTION_FIRST, outcomes.TRIES_USED_UP, outcomes.UNSURE),
        *(outcomes.UNRENDERED, gate.ARRIVES_LATE, *(fault for fault in Fault if fault is not Fault.OPTED_OUT)),
    )
    assert [one for one in own if by_rules(one)] == []
