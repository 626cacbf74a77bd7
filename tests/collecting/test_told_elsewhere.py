"""Objections that stand where a team or a tool keeps them, and not where one looks: labels, short headings, other sheets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cli.file_words import remarks
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.flows import suppressing
from gateway.flows.collecting import plan_import, write_import
from gateway.flows.collecting.headings import Field, is_remark, plain
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.noting import declined_by
from gateway.flows.collecting.objecting import EVERY_CHANNEL, names_register
from gateway.flows.collecting.reading import How
from gateway.flows.workbooks import limits
from tests.collecting.support import BOX, asked, consent_states, imported, people, planned
from tests.collecting.test_told_no import ZOE, objects
from tests.collecting.workbooks import xlsx
from tests.compliance.builders import shipped

#: « Each line is somebody who agreed », as whoever brings the file declares it.
ALL = replace(BOX, everyone=True)


@pytest.mark.parametrize(
    "heading",
    ["email_disabled", "Is Excluded From Campaigns", "Emails désactivés", "Newsletter désactivée", "Notifications désactivées"],
)
def test_who_switched_mails_off_in_another_tool_gets_none(gw, tmp_path, heading):
    """Substack calls it « email_disabled »: her line was taken as one of somebody who agreed."""
    found = likely(heading, shipped().list_words)
    assert found in (Field.OBJECTION, Field.OBJECTION_EMAIL)
    text = f"email;name;{heading}\n{ZOE};Riou;true\nlea@exemple.fr;Guen;false\n"
    with pytest.raises(InvalidInput, match="dit peut-être qui ne veut plus rien recevoir"):
        imported(gw, tmp_path, text, claim=ALL)
    imported(gw, tmp_path, text, claim=ALL, mapping={heading: found}, reviewed="« disabled » parle ici des courriels")
    assert objects(gw, ZOE, Medium.EMAIL) and list(people(gw)) == ["lea@exemple.fr"]


@pytest.mark.parametrize("heading", ["rq", "Rmq", "rem.", "Com.", "NB", "Bloc-notes"])
def test_a_short_heading_of_remarks_is_known(gw, tmp_path, heading):
    assert is_remark(heading) and not is_remark("Commune")
    imported(
        gw,
        tmp_path,
        f"courriel;nom;consentement;{heading}\n{ZOE};Riou;oui;revue au marché : ne plus contacter\n",
        claim=BOX,
        reviewed="lu",
    )
    assert objects(gw, ZOE, Medium.EMAIL)


@pytest.mark.parametrize(
    "remark",
    [
        *("opposition exercée le 2/3/26", "Opposition orale au marché", "a retiré son accord", "refuse qu’on le contacte"),
        *("a demandé au marché qu’on arrête", "A cliqué sur « me désinscrire »"),
        *("demande suppression de ses données", "veut qu’on efface tout", "plus contactée à sa demande"),
    ],
)
def test_what_teams_note_of_who_objected_is_heard(remark):
    assert declined_by(shipped())(remark) == EVERY_CHANNEL


@pytest.mark.parametrize(
    "remark", ["opposition au projet d’antenne", "élue d’opposition", "a retiré sa pancarte", "veut qu’on arrête le chantier"]
)
def test_whoever_opposes_something_else_objects_to_nothing(remark):
    assert declined_by(shipped())(remark) == frozenset()


@pytest.mark.parametrize("name", ["Sortis", "Radiées", "Exclus", "À retirer", "Ne veulent plus rien recevoir"])
def test_a_sheet_of_who_left_stops_the_workbook_by_whatever_name(gw, tmp_path, name):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [["courriel", "nom"], [ZOE, "Riou"]], **{name: [["courriel"], [ZOE]]})
    with pytest.raises(InvalidInput, match=f"la feuille « {name} » de ce classeur semble lister"):
        plan_import(gw, asked(path))


def test_whoever_names_the_sheet_to_be_read_is_still_told_of_the_one_of_who_left(gw, tmp_path):
    path = tmp_path / "liste.xlsx"
    xlsx(path, [["courriel", "nom"], ["lea@exemple.fr", "Guen"]], Sortis=[["courriel"], [ZOE]], Tarifs=[["adhésion"]])
    told = " ".join(remarks(plan_import(gw, asked(path, how=How(sheet="Contacts"))).loaded.file))
    assert told.count("apportez-la d’abord") == 1 and 'suppressions import "liste.xlsx" --sheet "Sortis"' in told


@pytest.mark.parametrize("reached_at", [ZOE.upper(), "06 39 98 12 34"])
@pytest.mark.parametrize("name", ["Sortis", "unsubscribed", "Désinscrits", "Fâchés"])
def test_whoever_left_by_another_sheet_is_not_brought_in_because_somebody_says_which_sheet_is_the_list(
    gw, tmp_path, name, reached_at
):
    """The sheet to be read was named, as the program asks, and the other one not brought in first."""
    path = tmp_path / "liste.xlsx"
    rows = [["courriel", "mobile", "nom"], [ZOE, "+33639981234", "Riou"], ["lea@exemple.fr", "", "Guen"]]
    xlsx(path, rows, **{name: [["contact"], [reached_at], ["parti@exemple.fr"]]})
    chosen = asked(path, how=How(sheet="Contacts"), claim=ALL)
    with pytest.raises(InvalidInput, match=f"« {name} » .* 1 de ses adresses .* suppressions import .* --sheet"):
        plan_import(gw, chosen)
    suppressing.import_list(gw, suppressing.Sheet(path, name), by="Claire")
    write_import(gw, plan_import(gw, chosen))
    by_mail = "@" in reached_at
    assert (objects(gw, ZOE, Medium.EMAIL), objects(gw, "+33639981234", Medium.CALL)) == (by_mail, not by_mail)
    assert consent_states(gw)["lea@exemple.fr"] == "granted"


@pytest.mark.parametrize("name", ["Sorties scolaires", "refus-2", "parti", "À contacter", "Inscrits"])
def test_other_sheets_do_not(name):
    assert not names_register(plain(name))


@pytest.mark.parametrize("cell", ["Erreur permanente", "Rebond dur", "bouncing", "rejeté", "Adresse inexistante"])
def test_an_address_that_a_tool_found_dead_in_its_own_words_is_not_taken(gw, tmp_path, cell):
    text = f"courriel;nom;Statut de l’email\n{ZOE};Riou;{cell}\nlea@exemple.fr;Guen;Valide\n"
    plan = planned(gw, tmp_path, text, claim=ALL, mapping={"Statut de l’email": Field.DEAD_EMAIL})
    assert (plan.loaded.rows, dict(plan.refused)) == (1, {"dead": 1})


@pytest.mark.parametrize("cell", ["bouncing", "Hard bounce", "NPAI"])
def test_an_address_that_gives_mail_back_is_not_taken_though_a_remark_says_so(gw, tmp_path, cell):
    """Whoever gave a tool’s statuses for remarks, as she was told to, agreed for addresses that bounce."""
    text = f"courriel;nom;remarque\n{ZOE};Riou;{cell}\nlea@exemple.fr;Guen;subscribed\n"
    plan = planned(gw, tmp_path, text, claim=ALL)
    assert (plan.loaded.rows, plan.impact.granted) == (1, 1) and plan.refused.keys() <= {"dead", "remark"}


def test_a_column_of_standings_is_to_be_named_as_it_is_proposed(gw, tmp_path):
    """The table said « objection », the sentence below it « remarque »: « suppressed » is held by the first alone."""
    rows = "".join(f"p{n}@exemple.fr;Riou;{said}\n" for n, said in enumerate(("subscribed", "unsubscribed", "bouncing")))
    text = f"courriel;nom;can2_subscription_status\n{rows}{ZOE};Le Bris;suppressed\n"
    with pytest.raises(InvalidInput, match='--map "can2_subscription_status=opposition"'):
        planned(gw, tmp_path, text, claim=ALL)
    plan = planned(gw, tmp_path, text, claim=ALL, mapping={"can2_subscription_status": Field.OBJECTION})
    assert plan.impact.granted == 1 and sum(plan.refused.values()) == 2


@pytest.mark.parametrize("cell", ["pas le {}", "{} (non)", "Jamais {}", "{} : plus"])
def test_a_number_beside_a_bare_no_comes_back(gw, tmp_path, cell):
    """« pas le 06… », the number she asked us not to use, was the one that was kept."""
    plan = planned(gw, tmp_path, f"courriel;nom;téléphone\n{ZOE};Riou;{cell.format('06 39 98 12 34')}\n", claim=ALL)
    assert plan.doubts == {"remark": 1} and plan.impact.granted == 1


@pytest.mark.parametrize("cell", ["{} le soir", "{} Anne", "le {}", "{} sans souci"])
def test_a_number_beside_ordinary_words_is_taken(gw, tmp_path, cell):
    plan = planned(gw, tmp_path, f"courriel;nom;téléphone\n{ZOE};Riou;{cell.format('06 39 98 12 34')}\n", claim=ALL)
    assert plan.doubts == {}


@pytest.mark.parametrize("name", ["Liste rouge 2020", "Opt-out", "liste noire"])
def test_a_list_called_after_who_is_on_no_list_is_an_opposition_list(name):
    """« liste_rouge_2020.csv » brought in whoever its reasons did not say to have refused."""
    assert names_register(plain(name))


@pytest.mark.parametrize("label", ["NPAI", "bénévole, Hard bounce", "npai_2024", "mail HS"])
def test_a_label_that_says_that_an_address_gets_nothing_holds_the_line_back(gw, tmp_path, label):
    """An address that gives mail back was kept, and agreed with all the others where each line was declared to have."""
    text = f"courriel;nom;Étiquettes\n{ZOE};Riou;{label}\nlea@exemple.fr;Guen;Bénévole, hard rock\n"
    plan = planned(gw, tmp_path, text, claim=replace(ALL, everyone=True))
    assert (plan.loaded.rows, dict(plan.refused), plan.impact.granted) == (1, {"dead": 1}, 1)


@pytest.mark.parametrize("label", ["Désabonné", "Bénévole, désinscrite", "Presse | Ne plus contacter", "STOP"])
def test_a_label_that_says_who_left_is_heard(gw, tmp_path, label):
    """Odoo and Qomon keep it among the tags: her line was taken as one of somebody who agreed."""
    text = f"courriel;nom;Étiquettes\n{ZOE};Riou;{label}\nlea@exemple.fr;Guen;Bénévole, Stop béton\n"
    report = imported(gw, tmp_path, text, claim=ALL)
    assert (report.impact.new, report.impact.objects) == (1, 1)
    assert objects(gw, ZOE, Medium.EMAIL) and list(people(gw)) == ["lea@exemple.fr"]


@pytest.mark.parametrize("said", [None, Field.OBJECTION, Field.REMARK, "left out"])
@pytest.mark.parametrize("cell", ["Non confirmé", "pending", "Never subscribed", "En attente de confirmation"])
def test_who_never_confirmed_has_not_agreed_whatever_is_declared_of_every_line(gw, tmp_path, cell, said):
    mapping = {} if said is None else {"status": None if said == "left out" else said}
    text = f"email;name;status\n{ZOE};Riou;{cell}\nlea@exemple.fr;Guen;Actif\n"
    plan = planned(gw, tmp_path, text, claim=ALL, mapping=mapping)
    assert plan.loaded.noted.doubts.by_code["unconfirmed"] == 1
    write_import(gw, plan)
    assert set(people(gw)) == {ZOE, "lea@exemple.fr"} and consent_states(gw) == {"lea@exemple.fr": "granted"}


def test_an_order_that_waits_says_nothing_against_an_agreement_of_its_own_column(gw, tmp_path):
    imported(gw, tmp_path, f"courriel;nom;consentement;Statut\n{ZOE};Riou;oui;en attente\n", claim=BOX)
    assert consent_states(gw) == {ZOE: "granted"}


@pytest.mark.parametrize("cell", ["Pas de consentement", "Non confirmé", "NEVER_SUBSCRIBED"])
def test_who_never_agreed_by_the_word_of_a_tool_comes_in_without_an_agreement(gw, tmp_path, cell):
    """Their lines came back, as if they could not be read."""
    report = imported(gw, tmp_path, f"courriel;nom;consentement\n{ZOE};Riou;{cell}\nlea@exemple.fr;Guen;oui\n", claim=BOX)
    assert set(people(gw)) == {ZOE, "lea@exemple.fr"} and consent_states(gw) == {"lea@exemple.fr": "granted"}
    assert not report.refused


def test_the_last_of_many_sheets_is_heard_as_the_first_is(gw, tmp_path):
    path = tmp_path / "quartiers.xlsx"
    sheets = {f"Bureau {at}": [["Nom", "Courriel"], ["Guen", f"guen{at}@exemple.fr"]] for at in range(1, 30)}
    sheets["Bureau 30"] = [["Nom", "Courriel", "Suivi"], ["Riou", ZOE, "ne plus lui écrire"]]
    xlsx(path, [["Nom", "Courriel"], ["Abgrall", "lea@exemple.fr"]], **sheets)
    with pytest.raises(InvalidInput, match="la feuille « Bureau 30 » de ce classeur liste aussi des personnes, et dit peut-être"):
        plan_import(gw, asked(path))


def test_a_sentence_names_a_few_of_many_sheets(gw, tmp_path):
    path = tmp_path / "bureaux.xlsx"
    xlsx(path, [["Courriel"], [ZOE]], **{f"Bureau {at}": [["Courriel"], [ZOE]] for at in range(1, 15)})
    with pytest.raises(InvalidInput, match=r"« Contacts », « Bureau 1 », .* « Bureau 9 »… : dites laquelle"):
        suppressing.import_list(gw, path, by="claire")


def test_a_book_of_more_sheets_than_any_list_is_refused(gw, tmp_path):
    path = tmp_path / "bureaux.xlsx"
    xlsx(path, [["Courriel"], [ZOE]], **{f"Bureau {at}": [] for at in range(limits.SHEETS_MAX)})
    with pytest.raises(InvalidInput, match="501 feuilles, plus que les 500 admises"):
        plan_import(gw, asked(path))
