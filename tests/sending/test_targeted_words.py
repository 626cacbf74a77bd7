"""Words that differ with where somebody lives are targeted, as is a choice of recipients by it (rule rpp-targeting-detect)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from gateway.domain.message import MessageState
from gateway.flows.campaigning import trying
from gateway.flows.gateway import Gateway
from gateway.store import tables
from gateway.store.engine import begin
from tests.sending.support import Person, RecordingChannel, add, message_of, newsletter, run

LEA, MEHDI = "lea@exemple.example", "mehdi@exemple.example"
WRITTEN: dict[str, dict[str, Any]] = {
    "subject": {"subject": 'Du neuf à {{ commune|"côté de chez vous" }}', "body": "Venez samedi."},
    "body": {"body": 'Venez samedi, à {{ commune|"la mairie" }}.'},
}


def lives_there(gw: Gateway, contact_id: int, *, agreed: bool) -> None:
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).where(tables.contact.c.id == contact_id).values(commune="Valbrume"))
        if agreed:
            said = {"purpose": "targeting", "state": "granted", "evidence": True, "since": datetime(2026, 9, 1, tzinfo=UTC)}
            tx.execute(insert(tables.consent).values(contact_id=contact_id, medium="email", **said))


@pytest.mark.parametrize("where", WRITTEN)
def test_a_letter_that_says_to_each_the_name_of_her_town_leaves_for_who_agreed_to_be_targeted(
    gw: Gateway, channel: RecordingChannel, where: str
) -> None:
    lea, mehdi = add(gw, Person(email=LEA), Person(email=MEHDI))
    lives_there(gw, lea, agreed=True)
    lives_there(gw, mehdi, agreed=False)
    newsletter(gw, attestations=("targeting-policy",), targeting_data="votre commune", **WRITTEN[where])
    assert trying.dry_run(gw, "lettre").criteria == ("commune",)
    run(gw)
    assert channel.recipients == [LEA]
    row = message_of(gw, MEHDI)
    assert (row["state"], row["because"]) == (MessageState.REFUSED, "rpp-targeting-consent")
    assert "CE MESSAGE EST CIBLÉ" in channel.payloads[LEA].decode(), "and she is told that it is"


def test_whoever_wrote_it_is_told_that_her_words_target_and_by_what(gw: Gateway) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw, launched=False, **WRITTEN["body"])
    (outcome,) = trying.dry_run(gw, "lettre").outcomes
    said = {why.rule: why.sentence for why in outcome.explanations}
    assert "le texte change de l’un à l’autre" in said["rpp-targeting-detect"] and "commune" in said["rpp-targeting-detect"]


def test_a_letter_that_calls_people_by_their_names_targets_nobody(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    newsletter(
        gw, subject='{{ given_name|"Bonjour" }}', body='Bonjour {{ given_name|"chère" }} {{ family_name|"voisine" }},\n\nvenez.\n'
    )
    assert trying.dry_run(gw, "lettre").criteria == ()
    run(gw)
    assert channel.recipients == [LEA]
