"""Files of contacts brought in: what enters, what does not, and whose word wins. On both databases."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update

from gateway.audit.entry import canonical
from gateway.compliance.admit import Entry
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentAct, Evidence
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.keys import pseudonym
from gateway.flows.collecting import looking, plan_import, write_import
from gateway.flows.collecting.headings import Field
from gateway.flows.consenting import ConsentScope, record_consent, withdraw_consent
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.collecting.support import (
    BOX,
    FORM,
    OCCASIONAL,
    asked,
    brought,
    consent_states,
    imported,
    ledger_size,
    people,
    planned,
)
from tests.sending.support import Person, add, digest, journal_of, message_of, newsletter, objects

THREE = (
    "Courriel;Prénom;Nom;Code postal;Commune;Consentement\n"
    "anaelle@exemple.fr;Anaëlle;Le Goff;29200;Brest;oui\n"
    "yann@exemple.fr;Yann;Kerbrat;97200;Fort-de-France;oui\n"
    "zoe@exemple.fr;Zoé;Riou;;;\n"
)


def test_a_file_becomes_contacts_with_their_origin_consent_and_territory(gw, tmp_path):
    report = imported(gw, tmp_path, THREE, claim=BOX)
    assert (report.impact.new, report.impact.granted, report.rows) == (3, 2, 3)
    found = people(gw)
    assert found["yann@exemple.fr"]["territory"] == "972"
    assert found["zoe@exemple.fr"]["territory"] == "unknown"
    assert found["anaelle@exemple.fr"]["batch_id"] == report.batch_id
    assert consent_states(gw) == {"anaelle@exemple.fr": "granted", "yann@exemple.fr": "granted"}
    [entry] = looking.look_up(gw, "anaelle@exemple.fr").ledger
    assert (entry["form"], entry["wording"], entry["means"], entry["given_at"]) == (
        BOX.form,
        BOX.wording,
        BOX.means,
        BOX.given_at,
    )


def test_a_dry_run_writes_nothing(gw, tmp_path):
    plan = planned(gw, tmp_path, THREE, claim=BOX)
    assert plan.impact.new == 3 and plan.admission.entry is Entry.ACCEPTED
    assert people(gw) == {} and journal_of(gw, "import") == [] and ledger_size(gw) == 0


def test_the_journal_holds_the_origin_the_import_and_each_consent_by_pseudonym(gw, tmp_path):
    report = imported(gw, tmp_path, THREE, claim=BOX)
    [origin] = journal_of(gw, "origin")
    assert (origin["of"], origin["collected"], origin["collector"]) == ("web_form", "2026-03-15", "équipe web")
    [batch] = journal_of(gw, "import")
    assert (batch["batch"], batch["by"], batch["counts"]["new"]) == (report.batch_id, "claire", 3)
    with reading(gw.engine) as tx:
        keys = dict(tx.execute(select(tables.person_key.c.contact_id, tables.person_key.c.key)).all())
    expected = {pseudonym(keys[row["id"]]) for value, row in people(gw).items() if value != "zoe@exemple.fr"}
    consents = journal_of(gw, "consent")
    assert {entry["person"] for entry in consents} == expected
    assert all(entry["act"] == "granted" and entry["given"] == "2026-03-15T10:00:00Z" for entry in consents)
    assert "exemple.fr" not in str([origin, batch, *consents])


def test_the_same_file_twice_is_noticed_and_changes_nothing(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    plan = planned(gw, tmp_path, THREE, claim=BOX)
    assert [batch.id for batch in plan.seen_before] == [1]
    impact = write_import(gw, plan).impact
    assert (impact.new, impact.changed, impact.unchanged, impact.granted) == (0, 0, 3, 0)
    assert ledger_size(gw) == 2 and len(journal_of(gw, "origin")) == 1


def test_a_file_changed_since_its_dry_run_is_not_written(gw, tmp_path):
    plan = planned(gw, tmp_path, THREE, claim=BOX)
    brought(tmp_path, THREE + "x@exemple.fr;;;;;\n")
    with pytest.raises(Conflict, match="a changé"):
        write_import(gw, plan)
    assert people(gw) == {}


def test_lines_of_one_person_are_brought_together(gw, tmp_path):
    text = (
        "courriel;prénom;nom;code postal;commune;consentement;étiquettes\n"
        "ANAELLE@exemple.fr;;;29200;Brest;;marché\n"
        "anaelle@Exemple.fr;Anaëlle;Le Goff;35000;Rennes;oui;bénévole\n"
    )
    report = imported(gw, tmp_path, text, claim=BOX)
    assert (report.rows, report.folded, report.impact.new) == (2, 1, 1)
    [(value, person)] = people(gw).items()
    assert value == "ANAELLE@exemple.fr"
    assert (person["given_name"], person["postcode"], person["commune"]) == ("Anaëlle", "29200", "Brest")
    dossier = looking.look_up(gw, "anaelle@exemple.fr")
    assert dossier.tags == ("bénévole", "marché") and [one.state for one in dossier.consents] == ["granted"]


def test_of_two_lines_of_one_person_the_most_cautious_word_counts(gw, tmp_path):
    text = "courriel;consentement\na@exemple.fr;oui\na@exemple.fr;non\nb@exemple.fr;oui\nb@exemple.fr;stop\n"
    report = imported(gw, tmp_path, text, claim=BOX)
    assert consent_states(gw) == {"a@exemple.fr": "refused"}
    assert (report.impact.objects, list(people(gw))) == (1, ["a@exemple.fr"])


def test_of_several_agreements_of_one_person_the_first_line_is_recorded_once(gw, tmp_path):
    text = "courriel;consentement;date du consentement\na@exemple.fr;oui;03/02/2026\nb@exemple.fr;oui;05/02/2026\n"
    text += "a@exemple.fr;oui;01/02/2026\nb@exemple.fr;non;\nb@exemple.fr;non;\n"
    report = imported(gw, tmp_path, text, claim=BOX)
    assert report.impact.granted == 1 and consent_states(gw) == {"a@exemple.fr": "granted", "b@exemple.fr": "refused"}
    with reading(gw.engine) as tx:
        e = tables.consent_event.c
        entries = tx.execute(select(e.act, e.given_at).order_by(e.contact_id)).all()
    first_line = datetime(2026, 2, 2, 23, tzinfo=UTC)  # midnight in Paris
    assert [tuple(one) for one in entries] == [("granted", first_line), ("refused", None)]


def test_blanks_are_filled_and_what_we_have_is_kept(gw, tmp_path):
    imported(gw, tmp_path, "courriel;nom;code postal\na@exemple.fr;Riou;29200\nb@exemple.fr;;\n")
    text = "courriel;prénom;nom;code postal;date de naissance\n"
    text += "a@exemple.fr;Léa;Guen;35000;01/02/1990\nb@exemple.fr;Max;Guen;35000;\n"
    report = imported(gw, tmp_path, text)
    assert (report.impact.changed, report.impact.differing, report.impact.new) == (2, 1, 0)
    found = people(gw)
    assert (found["a@exemple.fr"]["family_name"], found["a@exemple.fr"]["given_name"]) == ("Riou", "")
    assert (found["a@exemple.fr"]["postcode"], str(found["a@exemple.fr"]["birth_on"])) == ("29200", "1990-02-01")
    assert (found["b@exemple.fr"]["given_name"], found["b@exemple.fr"]["territory"]) == ("Max", "metropole")


def test_an_erased_person_who_objected_is_not_stored_again_by_an_old_file(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    objects(gw, "anaelle@exemple.fr")
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.delete().where(tables.contact.c.id == people(gw)["anaelle@exemple.fr"]["id"]))
    report = imported(gw, tmp_path, THREE + "autre@exemple.fr;;;;;\n", claim=BOX)
    assert (report.impact.objected, report.impact.new) == (1, 1)
    assert "anaelle@exemple.fr" not in people(gw)


def test_a_known_person_who_objected_is_neither_changed_nor_consented_by_a_file(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    objects(gw, "zoe@exemple.fr")
    report = imported(gw, tmp_path, "courriel;commune;consentement\nzoe@exemple.fr;Brest;oui\n", claim=BOX)
    assert report.impact.objected == 1 and people(gw)["zoe@exemple.fr"]["commune"] == ""
    assert "zoe@exemple.fr" not in consent_states(gw)


def test_a_consent_taken_back_is_never_given_again_by_a_file(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    withdraw_consent(gw, "yann@exemple.fr", by="claire", means="téléphone")
    newer = replace(BOX, given_at=datetime(2026, 11, 30, tzinfo=UTC), form="site v4")
    report = imported(gw, tmp_path, THREE, claim=newer)
    assert report.impact.kept_refusals == 1
    assert consent_states(gw)["yann@exemple.fr"] == "withdrawn"


def test_a_no_in_a_file_ends_an_earlier_yes_and_what_waited_for_it(gw, tmp_path):
    add(gw, Person(email="yann@exemple.fr"), Person(email="zoe@exemple.fr"))
    newsletter(gw)
    report = imported(gw, tmp_path, "courriel;consentement\nyann@exemple.fr;non\n", claim=BOX)
    assert (report.cancelled, report.impact.refused) == (1, 1)
    assert message_of(gw, "yann@exemple.fr")["state"] == "cancelled"
    assert message_of(gw, "yann@exemple.fr")["because"] == "consent-withdrawal-easy"
    assert message_of(gw, "zoe@exemple.fr")["state"] == "waiting"
    assert consent_states(gw)["yann@exemple.fr"] == "refused"


def test_an_opposition_said_by_a_file_enters_the_list_and_stops_what_waits(gw, tmp_path):
    add(gw, Person(email="yann@exemple.fr"))
    newsletter(gw)
    report = imported(gw, tmp_path, "courriel;consentement\nyann@exemple.fr;désinscrit\ninconnue@exemple.fr;stop\n")
    assert (report.impact.objects, report.cancelled) == (2, 1)
    assert message_of(gw, "yann@exemple.fr")["because"] == "optout-effect"
    assert consent_states(gw) == {"yann@exemple.fr": "withdrawn"} and "inconnue@exemple.fr" not in people(gw)
    dossier = looking.look_up(gw, "inconnue@exemple.fr")
    assert [(one.kind, one.cause) for one in dossier.suppressions] == [("objection", "imported_list")]
    told = journal_of(gw, "objection")
    assert {entry["digest"] for entry in told} == {digest(gw, name).hex() for name in ("yann@exemple.fr", "inconnue@exemple.fr")}
    assert sum("person" in entry for entry in told) == 1


def test_a_yes_without_all_its_evidence_counts_for_nothing(gw, tmp_path):
    text = "courriel;consentement;date consentement\na@exemple.fr;oui;\nb@exemple.fr;oui;15/03/2026\n"
    plan = planned(gw, tmp_path, text, claim=replace(BOX, given_at=None))
    assert plan.admitted and plan.loaded.noted.without_evidence == {Medium.EMAIL: 1}
    write_import(gw, plan)
    assert consent_states(gw) == {"b@exemple.fr": "granted"}


def test_a_column_of_consent_without_evidence_is_refused_by_its_rule(gw, tmp_path):
    plan = planned(gw, tmp_path, THREE)
    assert (plan.admission.entry, plan.admission.rules) == (Entry.REFUSED, ("consent-proof",))
    with pytest.raises(Conflict, match="consent-proof"):
        write_import(gw, plan)
    assert people(gw) == {}


def test_nobody_is_held_to_have_consented_because_a_column_was_misnamed(gw, tmp_path):
    text = "courriel;ok lettre ?\na@exemple.fr;non\n"
    with pytest.raises(InvalidInput, match="pour les courriels, mais aucune colonne ne dit qui a consenti"):
        planned(gw, tmp_path, text, claim=BOX)
    with pytest.raises(InvalidInput, match="elle décide"):
        planned(gw, tmp_path, "courriel;accord\na@exemple.fr;non\n", claim=replace(BOX, everyone=True))


def test_signing_a_petition_is_not_subscribing(gw, tmp_path):
    origin = replace(FORM, kind=OriginKind.PETITION, label="pétition pour la gare")
    plan = planned(gw, tmp_path, "courriel\na@exemple.fr\n", origin=origin, claim=replace(BOX, everyone=True))
    assert "support-not-newsletter" in plan.admission.rules


def test_a_consent_on_paper_makes_a_regular_contact_of_an_occasional_one(gw, tmp_path):
    imported(gw, tmp_path, "courriel\na@exemple.fr\nb@exemple.fr\n", contact_class=OCCASIONAL)
    assert people(gw)["a@exemple.fr"]["contact_class"] is OCCASIONAL
    report = imported(gw, tmp_path, "courriel;consentement\na@exemple.fr;oui\nb@exemple.fr;\n", claim=BOX)
    found = people(gw)
    assert report.impact.promoted == 1
    assert found["a@exemple.fr"]["contact_class"] is ContactClass.REGULAR
    assert found["b@exemple.fr"]["contact_class"] is OCCASIONAL


def test_a_file_never_makes_a_member_less_than_a_member(gw, tmp_path):
    imported(gw, tmp_path, "courriel\na@exemple.fr\n", contact_class=ContactClass.MEMBER)
    imported(gw, tmp_path, "courriel\na@exemple.fr\n\n", contact_class=OCCASIONAL)
    assert people(gw)["a@exemple.fr"]["contact_class"] is ContactClass.MEMBER


def test_occasional_contacts_take_no_tags(gw, tmp_path):
    text = "courriel;étiquettes\na@exemple.fr;retraité\n"
    assert planned(gw, tmp_path, text, contact_class=OCCASIONAL).admission.rules == ("occasional-no-tags",)
    imported(gw, tmp_path, "courriel\na@exemple.fr\n", contact_class=OCCASIONAL)
    imported(gw, tmp_path, text)
    assert looking.look_up(gw, "a@exemple.fr").tags == ()


def test_an_electoral_roll_with_addresses_is_refused_with_its_rule(gw, tmp_path):
    origin = replace(FORM, kind=OriginKind.ELECTORAL_ROLL, label="liste électorale", collection=Collection.INDIRECT)
    plan = planned(gw, tmp_path, "nom;mail\nRiou;a@exemple.fr\n", origin=origin)
    assert plan.admission.rules == ("source-electoral-roll",) and not plan.admitted


def test_an_origin_without_date_or_collector_is_refused(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel\na@exemple.fr\n", origin=replace(FORM, collected_on=None))
    assert plan.admission.rules == ("source-required",)


def test_a_column_of_religion_is_refused_whatever_else_the_file_holds(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;Religion\na@exemple.fr;x\n")
    assert plan.admission.rules == ("sensitive-fields-block",)
    [found] = [one for one in plan.explanations if one.rule == "sensitive-fields-block"]
    assert "Religion" in found.sentence


EMPTY = "courriel;prénom;religion;ethnicity;support_level\nlea@exemple.fr;Léa;;;\nyann@exemple.fr;Yann; ;;\n"


def test_columns_that_another_tool_always_has_and_that_hold_nothing_keep_no_file_out(gw, tmp_path):
    """NationBuilder exports « religion » and « ethnicity » of everybody: teams were told to take out what was not there."""
    assert planned(gw, tmp_path, EMPTY).admitted


@pytest.mark.parametrize(
    ("line", "rules"),
    [("zoe@exemple.fr;Zoé;catholique;;", ("sensitive-fields-block",)), ("zoe@exemple.fr;Zoé;;;2", ("penal-226-19",))],
)
def test_the_last_line_of_such_a_column_is_enough_for_its_rule(gw, tmp_path, line, rules):
    lines = "".join(f"p{count}@exemple.fr;Léa;;;\n" for count in range(1_200))
    plan = planned(gw, tmp_path, f"{EMPTY}{lines}{line}\n")
    assert not plan.admitted and plan.admission.rules == rules


def test_a_column_of_remarks_that_says_something_of_health_waits_for_somebody_to_look_at_it(gw, tmp_path):
    text = "courriel;remarques\na@exemple.fr;diabétique\n"
    plan = planned(gw, tmp_path, text)
    assert plan.admission.entry is Entry.REVIEW and not plan.admitted
    with pytest.raises(Conflict, match="regarder"):
        write_import(gw, plan)
    write_import(gw, planned(gw, tmp_path, text, reviewed="colonne vidée, relue par Claire"))
    assert list(people(gw)) == ["a@exemple.fr"]
    assert journal_of(gw, "import")[-1]["reviewed"] == "colonne vidée, relue par Claire"


@pytest.mark.parametrize("heading", ["remarques", "Observations", "NOTES", "Commentaire"])
def test_a_column_of_remarks_that_says_nothing_of_the_kind_keeps_no_file_waiting(gw, tmp_path, heading):
    imported(gw, tmp_path, f"courriel;{heading}\na@exemple.fr;préfère le soir\nb@exemple.fr;\n")
    assert len(people(gw)) == 2


def test_the_last_of_many_remarks_is_listened_to(gw, tmp_path):
    lines = "".join(f"p{rank}@exemple.fr;préfère le soir\n" for rank in range(1_500))
    plan = planned(gw, tmp_path, f"courriel;Notes\n{lines}z@exemple.fr;va à la messe, vote RN\n")
    assert plan.admission.entry is Entry.REVIEW
    [found] = [one for one in plan.explanations if one.rule == "sensitive-fields-block"]
    assert "Notes : messe" in found.sentence


def test_a_column_of_notes_that_is_kept_as_something_else_is_judged_by_its_name(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;Notes\na@exemple.fr;bureau\n", mapping={"Notes": Field.TAGS})
    assert plan.admission.entry is Entry.REVIEW


def test_a_restricted_person_is_left_as_she_is(gw, tmp_path):
    imported(gw, tmp_path, "courriel\na@exemple.fr\n")
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).values(restricted=True))
    report = imported(gw, tmp_path, "courriel;nom;consentement\na@exemple.fr;Riou;oui\n", claim=BOX)
    assert (report.impact.restricted, report.impact.granted, people(gw)["a@exemple.fr"]["family_name"]) == (1, 0, "")


def test_lines_that_cannot_be_read_come_back_with_line_and_reason_and_can_be_imported_once_corrected(gw, tmp_path):
    text = (
        "courriel;nom;code postal;date de naissance;consentement;remarque interne\n"
        "a@exemple.fr;Riou;29200;;;\n"
        "b@exemple;=2+3;29200;;;\n"
        ';"Guen";;;;\n'
        "c@exemple.fr;Guen;29200;31/02/1990;;\n"
        "d@exemple.fr;Guen;29200;;peut-être;\n"
    )
    out = tmp_path / "refus.csv"
    plan = plan_import(gw, asked(brought(tmp_path, text)), refused=out)
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [
        (3, "courriel", "domain"),
        (4, "courriel", "empty"),
        (5, "date de naissance", "date"),
        (6, "consentement", "consent"),
    ]
    rows = list(csv.reader(out.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][:3] == ["motif du refus", "ligne", "courriel"] and len(rows) == 5
    assert rows[1][3] == "'=2+3"
    corrected = out.read_text("utf-8-sig").replace("b@exemple;", "b@exemple.fr;").replace("'=2+3", "Quatre")
    again = plan_import(gw, asked(brought(tmp_path, corrected, name="corrige.csv")), refused=tmp_path / "encore.csv")
    assert (again.impact.new, again.loaded.columns.ignored) == (1, ("remarque interne",))
    still = (tmp_path / "encore.csv").read_text("utf-8-sig").splitlines()
    assert still[0] == out.read_text("utf-8-sig").splitlines()[0], "line and reason come once, however often it comes back"
    assert still[1] == "courriel : adresse vide;3;;Guen;;;;", "of the file that was brought now"


def test_a_formula_is_a_name_like_another_and_is_harmless_when_it_leaves(gw, tmp_path):
    imported(gw, tmp_path, 'courriel;nom\na@exemple.fr;"=HYPERLINK(""x"")"\n')
    assert people(gw)["a@exemple.fr"]["family_name"] == '=HYPERLINK("x")'
    out = tmp_path / "export.csv"
    assert looking.export(gw, out, by="claire").contacts == 1
    rows = list(csv.reader(out.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[1][2] == '\'=HYPERLINK("x")'
    assert [(entry["act"], entry["by"]) for entry in journal_of(gw, "operator")] == [("contacts-exported", "claire")]
    with pytest.raises(InvalidInput, match="existe déjà"):
        looking.export(gw, out, by="claire")


def test_a_number_once_given_to_a_contact_is_not_given_again(gw, tmp_path):
    imported(gw, tmp_path, "courriel\na@exemple.fr\nb@exemple.fr\n")
    numbers = {row["id"] for row in people(gw).values()}
    imported(gw, tmp_path, "courriel\nc@exemple.fr\n")
    assert len({row["id"] for row in people(gw).values()} | numbers) == 3
    with begin(gw.engine) as tx:  # whoever adds a contact by hand afterwards is not in the way
        origin_id = tx.execute(select(tables.origin.c.id)).scalars().first()
        row = {"contact_class": "regular", "origin_id": origin_id, "created_at": gw.clock.now()}
        tx.execute(insert(tables.contact).values(row))


def test_an_election_named_with_the_consent_is_kept_and_a_wider_consent_is_not_narrowed(gw, tmp_path):
    text = "courriel;consentement\na@exemple.fr;oui\n"
    imported(gw, tmp_path, text, claim=replace(BOX, election="presidentielle-2027"))
    [standing] = looking.look_up(gw, "a@exemple.fr").consents
    assert standing.election == "presidentielle-2027"
    imported(gw, tmp_path, text, claim=replace(BOX, form="site v4"))
    imported(gw, tmp_path, text, claim=replace(BOX, form="site v5", election="presidentielle-2027"))
    dossier = looking.look_up(gw, "a@exemple.fr")
    assert dossier.consents[0].election is None and len(dossier.ledger) == 3


def test_a_person_who_agreed_by_hand_after_refusing_stays_agreed_when_an_old_file_comes(gw, tmp_path):
    said_no = "courriel;consentement;date consentement\na@exemple.fr;non;01/06/2026\n"
    imported(gw, tmp_path, said_no, claim=BOX)
    signed = Evidence(
        given_at=datetime(2026, 11, 30, tzinfo=UTC), form="papier v2", wording="J’accepte.", collector="Zoé", means="papier"
    )
    record_consent(gw, "a@exemple.fr", ConsentScope(), signed, "claire")
    imported(gw, tmp_path, said_no + "\n", claim=BOX)
    assert consent_states(gw) == {"a@exemple.fr": "granted"}
    assert [entry["act"] for entry in looking.look_up(gw, "a@exemple.fr").ledger] == [ConsentAct.REFUSED, ConsentAct.GRANTED]


def test_a_column_of_an_innocent_name_whose_cells_sort_people_waits_for_a_look(gw, tmp_path):
    text = "courriel;divers\na@exemple.fr;Catholique\nb@exemple.fr;\n"
    plan = planned(gw, tmp_path, text)
    assert not plan.admitted and plan.admission.rules == ("sensitive-fields-block",)
    assert "divers : Catholique" in next(one.sentence for one in plan.explanations if one.rule == "sensitive-fields-block")
    assert planned(gw, tmp_path, text, reviewed="vérifié : loisirs du club, retirés").admitted


def test_the_cells_of_names_and_of_columns_of_many_answers_are_nobody_s_business(gw, tmp_path):
    rows = "".join(f"p{n}@exemple.fr;Juif;mot{n}\n" for n in range(40))
    assert planned(gw, tmp_path, f"courriel;nom;divers\n{rows}z@exemple.fr;Gay;Catholique\n").admitted


def test_the_journal_of_a_long_file_has_the_very_bytes_of_entries_written_one_by_one(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    j = tables.journal
    with reading(gw.engine) as tx:
        rows = tx.execute(select(j.c.person, j.c.body, j.c.sha256).where(j.c.kind == "consent")).all()
    assert len(rows) == 2
    for person, body, digest_ in rows:
        told = json.loads(body)
        assert told["person"] == person and canonical(told) == body and hashlib.sha256(body).digest() == digest_
