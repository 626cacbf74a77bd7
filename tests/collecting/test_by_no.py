"""Columns in which a no is what counts: who is no longer subscribed, which address does not work; and who was struck off."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import OBJECTIONS, Field
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.mapping import proposals
from gateway.flows.collecting.proposed import Sureness
from tests.collecting.support import imported, planned
from tests.collecting.test_told_no import NUMBER, ZOE, objects, reached_at
from tests.compliance.builders import shipped

_LISTS = [
    ("Abonné", "Oui", "Non", Field.OBJECTION_EMAIL),
    ("Abonné(e) à la lettre ?", "1", "0", Field.OBJECTION_EMAIL),
    ("Encore abonné aux SMS", "oui", "désabonné", Field.OBJECTION_SMS),
    ("Radié le", "", "12/03/2026", Field.OBJECTION),
    ("Date de radiation", "", "12-03-2026", Field.OBJECTION),
    ("Date de sortie", "", "12-03-2026", Field.OBJECTION),
    ("Quitté le", "", "12/03/2026", Field.OBJECTION),
    ("Removed at", "", "2026-03-12T08:00:00Z", Field.OBJECTION),
    ("deletedAccountAt", "", "2026-03-12", Field.OBJECTION),
    ("Compte supprimé le", "", "12/03/2026", Field.OBJECTION),
    ("Data disiscrizione", "", "12/03/2026", Field.OBJECTION),
    ("Abgemeldet am", "", "2026-03-12", Field.OBJECTION),
    ("Opted out at", "", "2026-03-12 08:00:00", Field.OBJECTION),
]


@pytest.mark.parametrize(("heading", "stays", "leaves", "field"), _LISTS)
def test_a_column_of_who_left_a_list_is_proposed_as_such_and_lost_by_nobody(gw, tmp_path, heading, stays, leaves, field):
    headings = ["courriel", "portable", "nom", heading]
    rows = [[ZOE, "0639981234", "Riou", leaves], ["lea@exemple.fr", "0639985678", "Guen", stays]]
    text = "".join(";".join(row) + "\n" for row in (headings, *rows))
    found = proposals(headings, rows, date(2026, 3, 15), words=shipped().list_words, said={})
    assert (found[-1].field, found[-1].sureness, found[-1].by_no) == (field, Sureness.LIKELY, leaves in ("Non", "0", "désabonné"))
    with pytest.raises(InvalidInput, match="dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, text)
    for said in (field, None):  # left out knowingly, she is heard all the same
        assert planned(gw, tmp_path, text, mapping={heading: said}).impact.objects == 1
    imported(gw, tmp_path, text, mapping={heading: field})
    reached = {medium for medium in Medium if objects(gw, ZOE if medium is Medium.EMAIL else NUMBER, medium)}
    assert reached == {Field.OBJECTION_EMAIL: {Medium.EMAIL}, Field.OBJECTION_SMS: {Medium.SMS}}.get(field, set(Medium))
    assert not objects(gw, "lea@exemple.fr", Medium.EMAIL) and not objects(gw, "+33639985678", Medium.SMS)


@pytest.mark.parametrize("heading", ["Abonné le", "Abonnement", "Valide", "Mobile valide", "Actif"])
def test_what_says_since_when_or_of_what_else_is_no_column_of_who_left(heading):
    rows = [[ZOE, "12/03/2026" if heading.endswith("le") else "Non"]]
    found = proposals(["courriel", heading], rows, date(2026, 3, 15), words=shipped().list_words, said={})
    assert found[-1].field not in (*OBJECTIONS, Field.DEAD_EMAIL)


@pytest.mark.parametrize("heading", ["Email valide", "Adresse valide ?", "E-mail valide", "is_valid_email"])
def test_an_address_that_a_list_says_does_not_work_is_not_taken(gw, tmp_path, heading):
    text = (
        f"courriel;portable;nom;{heading}\n{ZOE};0639981234;Riou;Non\nlea@exemple.fr;;Guen;Oui\nyann@exemple.fr;;Abgrall;STOP\n"
    )
    rows = [line.split(";") for line in text.splitlines()]
    found = proposals(rows[0], rows[1:], date(2026, 3, 15), words=shipped().list_words, said={})
    assert (found[-1].field, found[-1].by_no) == (Field.DEAD_EMAIL, True)
    imported(gw, tmp_path, text, mapping={heading: Field.DEAD_EMAIL})
    assert {value for _, value in reached_at(gw)} == {NUMBER, "lea@exemple.fr"}
    assert objects(gw, "yann@exemple.fr", Medium.EMAIL) and not objects(gw, ZOE, Medium.EMAIL)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        *(
            ("Contactable", Field.OBJECTION),
            ("Peut être contacté(e)", Field.OBJECTION),
            ("Contactable par mail", Field.OBJECTION_EMAIL),
        ),
        *(("Contactable par SMS", Field.OBJECTION_SMS), ("Can call", Field.OBJECTION_CALL)),
    ],
)
def test_who_may_not_be_contacted_is_heard_by_the_no_of_a_column_that_says_who_may(gw, tmp_path, heading, field):
    text = f"courriel;nom;portable;{heading}\nzoe@exemple.fr;Riou;0639981234;non\nlea@exemple.fr;Guen;;oui\n"
    assert likely(heading, shipped().list_words) is field
    with pytest.raises(InvalidInput, match="dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, text)
    assert imported(gw, tmp_path, text, mapping={heading: field}).impact.objects == 1


@pytest.mark.parametrize("heading", ["Retiré", "Supprimée", "Exclu", "À supprimer du fichier", "Non contactable"])
def test_who_was_taken_out_by_a_yes_is_heard_too(heading):
    assert likely(heading, shipped().list_words) is Field.OBJECTION
