"""Who never confirmed, by what a column of the list says, has agreed to nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.collecting.support import BOX, consent_states, imported, planned
from tests.collecting.test_told_no import ZOE

LEA = "lea@exemple.fr"


@pytest.mark.parametrize(
    ("heading", "stays", "never"),
    [
        ("Confirmé", "1", "0"),
        ("confirmed", "true", "false"),
        ("Email confirmé", "oui", "non"),
        ("Email vérifié", "oui", "non"),
        ("IsOptInPending", "false", "true"),
        ("Double optin", "1", "0"),
        ("Signature confirmée", "oui", "en attente de confirmation"),
    ],
)
@pytest.mark.parametrize("everyone", [True, False])
def test_who_never_confirmed_her_address_agreed_to_nothing(gw, tmp_path, heading, stays, never, everyone):
    asking = ("", "", "") if everyone else (";Newsletter", ";oui", ";oui")
    text = f"courriel;{heading}{asking[0]}\n{LEA};{stays}{asking[1]}\n{ZOE};{never}{asking[2]}\n"
    report = imported(gw, tmp_path, text, claim=replace(BOX, everyone=everyone), reviewed="vu")
    assert consent_states(gw) == {LEA: "granted"} and report.impact.new == 2
    assert report.doubts == {"unconfirmed": 1}


@pytest.mark.parametrize("heading", ["phoneConfirmed", "Présence confirmée", "Nombre confirmé"])
def test_what_else_was_confirmed_or_not_takes_no_agreement_back(gw, tmp_path, heading):
    text = f"courriel;{heading};Newsletter\n{LEA};1;oui\n{ZOE};0;oui\n"
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 2


@pytest.mark.parametrize(
    ("heading", "holds", "ended"),
    [
        ("Accord valable jusqu’au", "31/12/2099", "31/12/2024"),
        ("Fin d’accord", "", "31/12/24"),
        ("Date d’expiration du consentement", "2099-01-01", "2025-01-01"),
        ("Consentement valide", "oui", "non"),
        ("Validité accord", "2099", "2024"),
    ],
)
def test_an_agreement_that_ended_is_none(gw, tmp_path, heading, holds, ended):
    text = f"courriel;Accord;{heading}\n{LEA};oui;{holds}\n{ZOE};oui;{ended}\n"
    report = imported(gw, tmp_path, text, claim=BOX, reviewed="vu")
    assert consent_states(gw) == {LEA: "granted"} and report.doubts == {"unconfirmed": 1}
