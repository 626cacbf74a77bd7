"""Answers that forms and tools give besides yes and no."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import propose
from gateway.flows.collecting.table import How
from tests.collecting.support import BOX, brought, consent_states, imported, people, planned
from tests.collecting.test_told_no import ZOE, objects

LEA, YANN = "lea@exemple.fr", "yann@exemple.fr"


@pytest.mark.parametrize("heading", ["Garder", "À conserver", "Inclure dans l’envoi"])
def test_whoever_is_not_to_be_kept_is_asked_about(gw, tmp_path, heading):
    text = f"Courriel;Accord;{heading}\n{LEA};oui;oui\n{ZOE};oui;non\n"
    with pytest.raises(InvalidInput, match=f"« {heading} » dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, text, claim=BOX)
    imported(gw, tmp_path, text, claim=BOX, mapping={heading: Field.OBJECTION})
    assert objects(gw, ZOE, Medium.EMAIL) and consent_states(gw) == {LEA: "granted"}


def test_who_ticked_no_message_at_all_wants_none_whatever_else_she_ticked(gw, tmp_path):
    question = "Je souhaite recevoir : "
    text = f"Courriel;{question}[La lettre par courriel];{question}[Aucune communication]\n{LEA};Oui;Non\n{ZOE};Oui;Oui\n"
    found = {one.label: one.field for one in propose(gw, brought(tmp_path, text), How(), {}).columns}
    assert list(found.values()) == [Field.EMAIL, Field.CONSENT, Field.OBJECTION]
    imported(gw, tmp_path, text, claim=BOX, mapping={label: field for label, field in found.items() if field})
    assert objects(gw, ZOE, Medium.EMAIL) and consent_states(gw) == {LEA: "granted"}


@pytest.mark.parametrize("said", ["Accordé", "donnée", "Obtenu", "recueilli", "signé"])
@pytest.mark.parametrize("silent", ["Non renseigné", "NSP", "Ne se prononce pas", "à demander", "Inconnu"])
def test_answers_of_tools_are_read_and_who_did_not_answer_agreed_to_nothing(gw, tmp_path, said, silent):
    plan = planned(gw, tmp_path, f"Courriel;Consentement email\n{LEA};{said}\n{YANN};{silent}\n{ZOE};Refusé\n", claim=BOX)
    assert (plan.impact.granted, plan.impact.objects, plan.refused) == (1, 1, {})


def test_a_list_of_facebook_is_read_for_where_people_live(gw, tmp_path):
    imported(gw, tmp_path, f"email\tphone_number\tpost_code\n{LEA}\tp:+33639981234\tz:26400\n")
    assert people(gw)[LEA]["postcode"] == "26400"


def test_how_often_mails_came_back_is_no_answer_to_whether_an_address_is_dead(gw, tmp_path):
    text = f"email;blacklisted;bouncecount\n{LEA};0;0\n{YANN};0;7\n"
    assert propose(gw, brought(tmp_path, text), How(), {}).columns[2].field is None
