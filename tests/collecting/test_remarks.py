"""What teams note about people, as far as its words go: by which channels she is left alone, and which address is dead."""

from __future__ import annotations

import pytest

from gateway.domain.channel import Medium
from gateway.flows.collecting.noting import declined_by
from gateway.flows.collecting.objecting import EVERY_CHANNEL
from tests.collecting.support import imported
from tests.collecting.test_told_no import NUMBER, ZOE, reached_at
from tests.compliance.builders import shipped


@pytest.mark.parametrize(
    ("remark", "channels"),
    [
        ("ne plus appeler ni écrire", EVERY_CHANNEL),  # « écrire » names no channel: mails and texts, too
        ("ne pas téléphoner, ne pas écrire", EVERY_CHANNEL),
        ("ne rien envoyer", EVERY_CHANNEL),
        ("ne souhaite plus de mails et ne veut plus qu’on la contacte", EVERY_CHANNEL),
        ("ne plus appeler ni écrire, SMS ok", {Medium.EMAIL, Medium.CALL}),
        ("plus d’envois", EVERY_CHANNEL),
        ("retirée à sa demande", EVERY_CHANNEL),
        ("désinscrite par téléphone le 4 mai", EVERY_CHANNEL),  # by which she said so
        ("ne plus contacter ni par mail ni par SMS", {Medium.EMAIL, Medium.SMS}),
        ("no more texts please", {Medium.SMS}),
        ("ne plus contacter par téléphone", {Medium.CALL}),
        ("ne plus la rappeler", {Medium.CALL}),
        ("ne veut pas être rappelée", {Medium.CALL}),
        ("ne plus écrire par mail", {Medium.EMAIL}),
        ("ne plus appeler mais écrire", {Medium.CALL}),
        ("ne plus envoyer de SMS ni de mails", {Medium.SMS, Medium.EMAIL}),
        ("à rappeler", set()),
        ("ne pas oublier de rappeler", set()),
        ("écrire plutôt", set()),
    ],
)
def test_what_a_remark_forbids_goes_as_far_as_its_words(remark, channels):
    assert declined_by(shipped())(remark) == channels


@pytest.mark.parametrize(
    "remark", ["mail HS", "mail HS depuis mars 2026", "Adresse mail ne marche plus", "e-mail erroné", "courriel périmé"]
)
def test_an_address_that_a_remark_calls_dead_is_not_taken(gw, tmp_path, remark):
    text = f"courriel;portable;nom;Remarques\n{ZOE};0639981234;Riou;{remark}\nlea@exemple.fr;;Guen;tél HS\n"
    text += f"yann@exemple.fr;;Le Bec;{remark}\n"
    report = imported(gw, tmp_path, text, reviewed="remarques lues")
    assert {value for _, value in reached_at(gw)} == {NUMBER, "lea@exemple.fr"} and report.refused == {"dead": 1}
