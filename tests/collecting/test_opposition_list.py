"""An existing opposition list brought in, and what may be lifted from it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.phone import PhoneNumber
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows import suppressing
from gateway.flows.collecting import looking, write_import
from gateway.store import suppressions, tables
from gateway.store.engine import begin, reading
from gateway.store.suppressions import Suppression
from tests.collecting.support import BOX, brought, consent_states, imported, people, planned
from tests.sending.support import Person, add, digest, journal_of, message_of, newsletter, run


def test_a_plain_list_of_addresses_protects_them_and_keeps_digests_only(gw, tmp_path):
    text = "yann@exemple.fr\nYANN@Exemple.fr\n\nzoe@exemple.fr\n"
    report = suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    assert (report.addresses, report.fresh, report.written) == (2, 2, True)
    assert people(gw) == {}
    with reading(gw.engine) as tx:
        stored = tx.execute(select(tables.suppression)).mappings().all()
    assert {row["digest"] for row in stored} == {digest(gw, "yann@exemple.fr"), digest(gw, "zoe@exemple.fr")}
    assert all((row["kind"], row["until"]) == (SuppressionKind.OBJECTION, None) for row in stored)
    assert "exemple.fr" not in str(journal_of(gw, "objection")) and len(journal_of(gw, "objection")) == 2
    assert suppressing.list_counts(gw) == [("objection", "email", 2)]


def test_a_table_with_a_column_of_addresses_is_read_too(gw, tmp_path):
    text = "Nom,Adresse e-mail,Date\nRiou,a@exemple.fr,01/02/2020\nGuen,b@exemple.fr,\n"
    assert suppressing.import_list(gw, brought(tmp_path, text), by="claire").fresh == 2


@pytest.mark.parametrize("again", ["Courriel 2", "Courriel", "Autre courriel", "email2", "Adresse mail secondaire"])
def test_of_several_columns_of_a_kind_each_protects_and_none_is_left_out_in_silence(gw, tmp_path, again):
    text = f"Nom;Courriel;{again};Tél 1;2e tél;Courriel bénévole;Son tél.;CP\n"
    text += "Riou;a@exemple.fr;b@exemple.fr;0639981234;0199001234;c@exemple.fr;06 39 98 12 35;29200\n"
    report = suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    assert suppressing.list_counts(gw) == [("objection", "call", 2), ("objection", "email", 2), ("objection", "sms", 1)]
    assert report.aside == ("Courriel bénévole", "Son tél."), "who rang at the door objects to nothing"


def test_numbers_are_protected_as_addresses_are_be_they_beside_them_or_alone(gw, tmp_path):
    table = "Mail;Portable;Fixe\na@exemple.fr;06 39 98 12 34;\n;0639981235;01 99 00 12 34\nb@exemple.fr;n’en a pas;\n"
    report = suppressing.import_list(gw, brought(tmp_path, table), by="claire")
    assert (report.addresses, report.fresh, report.refused) == (5, 7, {})
    assert suppressing.list_counts(gw) == [("objection", "call", 3), ("objection", "email", 2), ("objection", "sms", 2)]
    plain = suppressing.import_list(gw, brought(tmp_path, "+33 6 39 98 12 34\n0639981236\n06 39 98\n"), by="claire")
    assert (plain.addresses, plain.fresh) == (2, 2)
    assert [(one.line, one.value) for one in plain.refused_samples] == [(3, "06 39 98")], (
        "nobody is protected by it, and it is said"
    )


def test_a_number_from_abroad_is_protected_whether_or_not_the_list_keeps_the_zero_of_home(gw, tmp_path):
    """Geneva and its neighbours write +41 079…; her text, and the file that brings her, say +41 79…"""
    suppressing.import_list(gw, brought(tmp_path, "Téléphone\n+41 079 123 45 67\n"), by="claire")
    with reading(gw.engine) as tx:
        wanted = gw.keys.address_digest(Medium.SMS, "+41791234567")
        assert suppressions.present(tx, [wanted], Medium.SMS, gw.clock.now()) == {wanted}


@pytest.mark.parametrize("header", ["", "courriel\n", "téléphone\n"])
@pytest.mark.parametrize("text", ["yann@exemple.fr\n06 39 98 12 34\n", "0639981234\nyann@exemple.fr\n"])
def test_addresses_and_numbers_may_stand_one_a_line_in_one_list(gw, tmp_path, header, text):
    text = header + text
    report = suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    assert (report.addresses, report.refused) == (2, {})
    assert suppressing.list_counts(gw) == [("objection", "call", 1), ("objection", "email", 1), ("objection", "sms", 1)]


def test_of_two_numbers_of_a_line_both_are_protected_and_two_of_one_name_are_not_taken_for_one(gw, tmp_path):
    table = "nom;portable;courriel\nRiou;06 39 98 12 34 / 06 39 98 12 35;a@exemple.fr\nRiou;0639981236;a@exemple.fr\n"
    report = suppressing.import_list(gw, brought(tmp_path, table), by="claire")
    assert suppressing.list_counts(gw) == [("objection", "call", 3), ("objection", "email", 1), ("objection", "sms", 3)]
    assert report.refused == {}


def test_a_text_that_waits_for_a_number_of_the_list_does_not_leave_and_its_holder_is_no_new_contact(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nRiou;06 39 98 12 34\n")
    assert suppressing.import_list(gw, brought(tmp_path, "0639981234\n"), by="claire").fresh == 2
    dossier = looking.look_up(gw, "0639981234")
    assert {one.medium for one in dossier.suppressions} == {"sms", "call"} and len(people(gw)) == 1
    later = imported(gw, tmp_path, "nom;portable\nLe Goff;0639981234\n")
    assert later.impact.new == 0


def test_what_waits_for_people_on_the_list_is_cancelled_and_their_consent_ends(gw, tmp_path):
    add(gw, Person(email="yann@exemple.fr"), Person(email="zoe@exemple.fr"))
    newsletter(gw)
    report = suppressing.import_list(gw, brought(tmp_path, "yann@exemple.fr\n"), by="claire")
    assert report.cancelled == 1
    run(gw)
    assert (message_of(gw, "yann@exemple.fr")["state"], message_of(gw, "zoe@exemple.fr")["state"]) == ("cancelled", "accepted")
    assert consent_states(gw) == {"yann@exemple.fr": "withdrawn", "zoe@exemple.fr": "granted"}
    assert [entry["act"] for entry in journal_of(gw, "consent")] == ["withdrawn"]


def test_the_same_list_twice_adds_nothing_and_says_nothing_twice(gw, tmp_path):
    path = brought(tmp_path, "yann@exemple.fr\n")
    suppressing.import_list(gw, path, by="claire")
    report = suppressing.import_list(gw, path, by="claire")
    assert (report.addresses, report.fresh) == (1, 0) and len(journal_of(gw, "objection")) == 1


def test_a_dry_run_of_a_list_writes_nothing(gw, tmp_path):
    report = suppressing.import_list(gw, brought(tmp_path, "yann@exemple.fr\n"), by="claire", dry_run=True)
    assert (report.fresh, report.written) == (1, False)
    assert suppressing.list_counts(gw) == [] and journal_of(gw, "import") == []


def test_lines_that_cannot_be_read_are_named_since_nobody_is_protected_by_them(gw, tmp_path):
    out = tmp_path / "refus.csv"
    path = brought(tmp_path, "yann@exemple.fr\nzoe(chez)exemple.fr\n")
    report = suppressing.import_list(gw, path, by="claire", refused=out)
    assert (report.fresh, report.refused) == (1, {"no_at": 1})
    assert [(one.line, one.value) for one in report.refused_samples] == [(2, "zoe(chez)exemple.fr")]
    again = out.read_text("utf-8-sig").replace("(chez)", "@")
    assert suppressing.import_list(gw, brought(tmp_path, again), by="claire").fresh == 1


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("06 12", "il manque des chiffres : 4 au lieu de 10"),
        ("06 39 98 12 34 56", "trop de chiffres"),
        ("jean2024.fr", "il manque « @ »"),
    ],
)
def test_a_number_cut_short_among_addresses_is_told_as_a_number(gw, tmp_path, cell, says):
    """Odile read « contient une espace » of « 06 12 »: she took the space out, and the voter stayed unprotected."""
    report = suppressing.import_list(gw, brought(tmp_path, f"yann@exemple.fr\nlea@exemple.fr\n{cell}\n"), by="claire")
    (refused,) = report.refused_samples
    assert (report.fresh, refused.value) == (2, cell) and refused.says.replace("\u00a0", " ").startswith(says), refused


def test_a_number_of_a_neighbour_s_comes_back_with_what_to_write_and_protects_nobody_else(gw, tmp_path):
    text = "Liste STOP au 12/11\n06 39 98 12 34\n079 123 45 68 (Genève)\nlea@exemple.fr\n"
    report = suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    assert (report.addresses, report.refused) == (2, {"which_country": 1})
    assert "+41" in report.refused_samples[0].says


def test_a_file_without_addresses_is_no_list(gw, tmp_path):
    with pytest.raises(InvalidInput, match="aucune colonne"):
        suppressing.import_list(gw, brought(tmp_path, "nom;ville\nRiou;Brest\n"), by="claire")


def test_a_person_of_the_list_who_comes_in_a_later_file_is_not_stored(gw, tmp_path):
    suppressing.import_list(gw, brought(tmp_path, "yann@exemple.fr\n"), by="claire")
    report = imported(gw, tmp_path, "courriel;consentement\nyann@exemple.fr;oui\n", claim=BOX)
    assert (report.impact.objected, report.impact.new, people(gw)) == (1, 0, {})


def test_an_objection_is_never_lifted(gw, tmp_path):
    suppressing.import_list(gw, brought(tmp_path, "yann@exemple.fr\n"), by="claire")
    with pytest.raises(Conflict, match="optout-effect"):
        suppressing.lift(gw, "yann@exemple.fr", why="elle a changé d’avis", by="claire")
    assert suppressing.list_counts(gw) == [("objection", "email", 1)]


def test_a_dead_address_is_lifted_with_a_reason_that_the_journal_keeps(gw):
    add(gw, Person(email="yann@exemple.fr"))
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        bounced = Suppression(
            digest=digest(gw, "yann@exemple.fr"),
            medium=Medium.EMAIL,
            kind=SuppressionKind.TECHNICAL,
            cause=SuppressionCause.HARD_BOUNCE,
            since=at,
        )
        suppressions.add_all(tx, [bounced])
        tx.execute(update(tables.address).values(state="dead", state_reason="550 5.1.1", state_at=at))
    with pytest.raises(InvalidInput, match="pourquoi"):
        suppressing.lift(gw, "yann@exemple.fr", why=" ", by="claire")
    assert suppressing.lift(gw, "yann@exemple.fr", why="boîte rouverte, vue avec lui", by="claire") == 2
    dossier = looking.look_up(gw, "yann@exemple.fr")
    assert dossier.suppressions == () and dossier.addresses[0].state == "valid"
    [told] = journal_of(gw, "suppression")
    assert (told["act"], told["why"], told["by"]) == ("lifted", "boîte rouverte, vue avec lui", "claire")
    with pytest.raises(NotFound):
        suppressing.lift(gw, "yann@exemple.fr", why="encore", by="claire")


def test_the_list_is_shown_page_by_page(gw, tmp_path):
    suppressing.import_list(gw, brought(tmp_path, "".join(f"p{n}@exemple.fr\n" for n in range(5))), by="claire")
    first = suppressing.list_page(gw, limit=3)
    rest = suppressing.list_page(gw, after=first[-1][0], limit=3)
    assert (len(first), len(rest)) == (3, 2) and len({one.digest for _, one in first + rest}) == 5


def test_a_number_that_its_operator_refused_is_lifted_for_texts_and_for_calls_and_never_over_an_objection(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nRiou;06 39 98 12 34\n")
    key = PhoneNumber.parse("06 39 98 12 34").match_key
    with begin(gw.engine) as tx:
        for medium in (Medium.SMS, Medium.CALL):
            refused = Suppression(
                digest=gw.keys.address_digest(medium, key),
                medium=medium,
                kind=SuppressionKind.TECHNICAL,
                cause=SuppressionCause.HARD_BOUNCE,
                since=gw.clock.now(),
            )
            suppressions.add_all(tx, [refused])
    assert suppressing.lift(gw, "+33 6 39 98 12 34", why="numéro rendu, vu avec elle", by="claire") == 2
    assert looking.look_up(gw, "0639981234").suppressions == ()
    with begin(gw.engine) as tx:
        stop = Suppression(
            digest=gw.keys.address_digest(Medium.SMS, key),
            medium=Medium.SMS,
            kind=SuppressionKind.OBJECTION,
            cause=SuppressionCause.REPLY,
            since=gw.clock.now(),
        )
        suppressions.add_all(tx, [stop])
    with pytest.raises(Conflict, match="optout-effect"):
        suppressing.lift(gw, "0639981234", why="elle a changé d’avis", by="claire")


def test_a_column_of_a_contact_file_that_says_who_left_puts_them_on_the_list(gw, tmp_path):
    rows = ["courriel;consentement;désinscrit", "a@exemple.fr;oui;oui", "b@exemple.fr;;non", "c@exemple.fr;;12/03/2026"]
    text = "\n".join([*rows, "d@exemple.fr;;peut-être", ""])
    plan = planned(gw, tmp_path, text, claims=(BOX,))
    assert (plan.impact.new, plan.impact.objects, plan.refused) == (1, 2, {"objection": 1})
    write_import(gw, plan)
    assert list(people(gw)) == ["b@exemple.fr"]
    again = planned(gw, tmp_path, "courriel\na@exemple.fr\nc@exemple.fr\n")
    assert again.impact.objected == 2


def test_two_addresses_in_a_cell_of_the_list_are_both_protected(gw, tmp_path):
    """In a file of contacts nobody guesses which one is hers; whoever objects does so at each."""
    report = suppressing.import_list(gw, brought(tmp_path, 'email;motif\n"a@exemple.fr, b@exemple.fr";stop\n'), by="claire")
    assert (report.addresses, report.fresh, report.refused) == (2, 2, {})


@pytest.mark.parametrize("heading", ["Contact", "Coordonnée", "Qui", "msisdn / email"])
def test_a_column_of_the_list_is_known_by_what_it_holds(gw, tmp_path, heading):
    """The list was refused for its heading, with an option to say it that this command does not have."""
    text = f"Reçu le;{heading};Demande\n03/04/2026;a@exemple.fr;désinscription\n;06 39 98 12 34;STOP\n;12 rue X;\n"
    report = suppressing.import_list(gw, brought(tmp_path, text), by="claire")
    assert suppressing.list_counts(gw) == [("objection", "call", 1), ("objection", "email", 1), ("objection", "sms", 1)]
    assert [one.line for one in report.refused_samples] == [4]


def test_a_list_without_any_says_how_to_call_its_column(gw, tmp_path):
    with pytest.raises(InvalidInput, match="appelez-la « courriel » ou « téléphone »") as fault:
        suppressing.import_list(gw, brought(tmp_path, "Source;Depuis\nmarché;01/02/2026\n"), by="claire")
    assert "--map" not in str(fault.value)
