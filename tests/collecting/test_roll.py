"""An electoral roll brought in: people with a polling station and no way to write to them. On both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import looking, plan_import, undo_import
from gateway.store import tables
from gateway.store.engine import reading
from tests.collecting.support import BOX, FORM, asked, brought, imported, planned
from tests.sending.support import journal_of

ROLL = replace(FORM, kind=OriginKind.ELECTORAL_ROLL, label="liste électorale 2026", collection=Collection.INDIRECT)
HEADER = "nom de naissance;prénoms;date de naissance;commune;code du bureau de vote;libellé du bureau de vote"
LINES = "RIOU;Zoé, Marie;01/02/1990;Valbrume;0001;École du Port\nGUEN;Léo;03/04/1985;Valbrume;2;Mairie\n"


def voters(gw) -> list:
    c = tables.contact.c
    with reading(gw.engine) as tx:
        return list(
            tx.execute(select(c.family_name, c.commune, c.polling_station, c.polling_label, c.contact_class).order_by(c.id))
        )


def rows_of(gw, table) -> int:
    with reading(gw.engine) as tx:
        return len(tx.execute(select(table)).all())


def test_people_of_the_roll_are_kept_with_their_polling_station_and_no_way_to_write_to_them(gw, tmp_path):
    report = imported(gw, tmp_path, f"{HEADER}\n{LINES}", origin=ROLL)
    assert report.impact.new == 2
    assert voters(gw) == [
        ("RIOU", "Valbrume", "0001", "École du Port", ContactClass.OCCASIONAL),
        ("GUEN", "Valbrume", "2", "Mairie", ContactClass.OCCASIONAL),
    ]
    assert (rows_of(gw, tables.address), rows_of(gw, tables.consent)) == (0, 0)


def test_people_are_numbered_in_the_order_of_their_file_with_or_without_addresses(gw, tmp_path):
    names = [f"{name}{place}" for place in range(400) for name in ("RIOU", "GUEN", "PAYET")]
    imported(gw, tmp_path, "\n".join([HEADER, *(f"{name};Zoé;01/02/1990;Valbrume;1;Mairie" for name in names)]), origin=ROLL)
    imported(gw, tmp_path, "\n".join(["nom;courriel", *(f"{name};{name}@exemple.fr" for name in reversed(names))]))
    assert [voter.family_name for voter in voters(gw)] == [*names, *reversed(names)]


def test_whoever_asks_finds_the_people_of_the_roll_page_by_page_and_nobody_who_has_a_number(gw, tmp_path):
    imported(gw, tmp_path, f"{HEADER}\n{LINES}", origin=ROLL)
    imported(gw, tmp_path, "nom;portable\nPayet;0639981234\n")
    first = looking.without_address(gw, limit=1)
    rest = looking.without_address(gw, after=first[0].contact_id)
    assert [(one.family_name, one.polling_station, one.origin_label) for one in (*first, *rest)] == [
        ("RIOU", "0001", "liste électorale 2026"),
        ("GUEN", "2", "liste électorale 2026"),
    ]
    assert looking.page(gw) == [] and [one.family_name for one in looking.page(gw, Medium.SMS)] == ["Payet"]
    assert looking.without_address(gw, classes=[ContactClass.REGULAR]) == []


def test_the_roll_of_the_next_year_finds_the_same_people_again(gw, tmp_path):
    imported(gw, tmp_path, f"{HEADER}\n{LINES}", origin=ROLL)
    later = LINES.replace("RIOU;Zoé, Marie", "Riou;Zoe, Marie").replace(";2;", ";0003;")
    report = imported(gw, tmp_path, f"{HEADER}\n{later}NEDELEC;Anna;05/06/2007;Valbrume;2;Mairie\n", origin=ROLL)
    assert (report.impact.new, report.impact.unchanged, len(voters(gw))) == (1, 2, 3)


def test_a_voter_who_stands_twice_in_the_file_is_one_person_and_two_namesakes_are_two(gw, tmp_path):
    namesake = "RIOU;Zoé, Marie;01/02/1991;Valbrume;1;École du Port\n"
    report = imported(gw, tmp_path, f"{HEADER}\n{LINES}{LINES}{namesake}", origin=ROLL)
    assert (report.impact.new, report.folded) == (3, 2)


def test_a_line_that_does_not_say_who_she_is_is_refused(gw, tmp_path):
    plan = planned(gw, tmp_path, f"{HEADER}\nRIOU;Zoé;;Valbrume;1;\n{LINES}", origin=ROLL)
    assert [(one.line, one.code) for one in plan.refused_samples] == [(2, "identity")]


@pytest.mark.parametrize("column", ["PORTABLE", "FIXE", "MAIL"])
def test_columns_of_numbers_and_addresses_added_to_the_roll_by_hand_are_refused_with_their_rule(gw, tmp_path, column):
    text = f"{HEADER};{column}\n" + LINES.replace("\n", ";0639981234\n")
    plan = planned(gw, tmp_path, text, origin=ROLL)
    assert plan.admission.rules == ("source-electoral-roll",) and not plan.admitted
    without = imported(gw, tmp_path, text, origin=ROLL, mapping={column.lower(): None})
    assert without.impact.new == 2 and rows_of(gw, tables.address) == 0


def test_a_column_of_consent_beside_the_roll_makes_nobody_agree(gw, tmp_path):
    imported(gw, tmp_path, f"{HEADER};consentement\n" + LINES.replace("\n", ";oui\n"), origin=ROLL)
    assert (rows_of(gw, tables.consent_event), journal_of(gw, "consent")) == (0, [])
    with pytest.raises(InvalidInput, match="aucun accord"):
        planned(gw, tmp_path, f"{HEADER}\n{LINES}", origin=ROLL, claim=BOX)


def test_a_roll_taken_back_leaves_nobody(gw, tmp_path):
    batch = imported(gw, tmp_path, f"{HEADER}\n{LINES}", origin=ROLL).batch_id
    assert undo_import(gw, batch, by="claire").undoing.gone == 2 and voters(gw) == []


# A roll that is said to be something else

_ADDED = "bureau de vote;n° d’ordre;nom de naissance;prénoms;date de naissance;courriel;consentement\n"
_VOTER = "0001;12;RIOU;Zoé Marie;02/01/1990;zoe@exemple.fr;oui\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_ADDED + _VOTER, id="its columns, with addresses added"),
        pytest.param(f"Commune de Valbrume – Liste générale des électeurs;;;;;;\n{_ADDED}{_VOTER}", id="its title"),
        pytest.param("numéro national d’électeur;courriel;consentement\n123456;zoe@exemple.fr;oui\n", id="its number"),
    ],
)
def test_addresses_added_to_a_roll_are_no_form_until_somebody_says_how_they_came(gw, tmp_path, text):
    with pytest.raises(InvalidInput, match=r"semble venir d’une liste électorale, .*source-electoral-roll"):
        planned(gw, tmp_path, text, claim=BOX)
    assert planned(gw, tmp_path, text, claim=BOX, reviewed="relevées au stand, à côté de la liste").impact.granted == 1


def test_a_team_that_notes_polling_stations_of_its_subscribers_is_asked_nothing(gw, tmp_path):
    text = "nom;date de naissance;bureau de vote;n° d’ordre;courriel;consentement\nRIOU;02/01/1990;0001;3;zoe@exemple.fr;oui\n"
    assert planned(gw, tmp_path, text, claim=BOX).impact.granted == 1


def test_a_file_called_after_a_roll_is_asked_about(gw, tmp_path):
    text = "courriel;consentement\nzoe@exemple.fr;oui\n"
    with pytest.raises(InvalidInput, match="« liste électorale 2026 » : ce fichier semble venir d’une liste électorale"):
        plan_import(gw, asked(brought(tmp_path, text, name="liste électorale 2026.csv"), claim=BOX))
