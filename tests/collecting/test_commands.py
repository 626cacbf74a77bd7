"""The commands, as a volunteer and a program call them."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from gateway.app import opened
from gateway.cli.consent import consent_app
from gateway.cli.contacts import contacts_app
from gateway.cli.main import app
from gateway.cli.retention import retention_app
from gateway.cli.suppressions import suppressions_app
from gateway.domain.errors import Conflict, InvalidInput
from gateway.settings import load_settings
from gateway.store import tables
from gateway.store.engine import begin
from tests.collecting.support import brought
from tests.collecting.workbooks import xlsx
from tests.commands import called, installed, outcome

PARIS = ZoneInfo("Europe/Paris")
FROM_FORM = ["--origin", "web_form", "--label", "formulaire du site", "--collected-on", "2026-03-15", "--collector", "équipe web"]
EVIDENCE = ["--form", "site v3", "--wording", "J’accepte.", "--means", "case à cocher", "--given-at", "15/03/2026"]
ATTESTED = ["--declare", "art13-form", "--by", "claire"]


@pytest.fixture
def call(sqlite_url, tmp_path, monkeypatch):
    """Call a command on a database of its own: (exit code, standard output)."""
    installed(monkeypatch, sqlite_url, tmp_path)
    return outcome


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        ("--given-at", "la date de l’accord est dans l’avenir"),
        ("--collected-on", "le jour du recueil, 15/03/2099, n’est pas encore passé"),
    ],
)
def test_no_file_brings_an_agreement_of_a_day_to_come(call, tmp_path, ahead, said):
    """Karim had taken his agreement back; a file whose year was mistyped came later than his no: he was written to again."""
    path = brought(tmp_path, "Courriel;Consentement\nkarim@exemple.fr;oui\n")
    call(contacts_app, "import", path, *FROM_FORM, *EVIDENCE, *ATTESTED, "--yes")
    assert call(consent_app, "withdraw", "karim@exemple.fr", "--means", "téléphone")[0] == 0
    declared = [*FROM_FORM, *EVIDENCE, *ATTESTED]
    declared[declared.index(ahead) + 1] = "15/03/2099"
    with pytest.raises(InvalidInput, match=said):
        call(contacts_app, "import", path, *declared, "--yes")
    code, told = call(consent_app, "show", "karim@exemple.fr", "--json")
    assert code == 0 and [one["state"] for one in json.loads(told)["consents"]] == ["withdrawn"], told


def test_how_a_consent_ended_is_told_in_words(call, tmp_path):
    path = brought(tmp_path, "Courriel;Consentement\nkarim@exemple.fr;oui\n")
    call(contacts_app, "import", path, *FROM_FORM, *EVIDENCE, *ATTESTED, "--yes")
    call(app, "rights", "open", "opposition", "karim@exemple.fr", "--via", "téléphone")
    assert call(app, "rights", "object", "1")[0] == 0
    for group in (consent_app, contacts_app):
        said = call(group, "show", "karim@exemple.fr")[1]
        assert "dit à l’équipe" in said and "operator" not in said


def test_a_file_is_shown_then_written_and_its_people_are_found(call, tmp_path):
    path = brought(tmp_path, "Courriel;Prénom;Consentement;Pointure\na@exemple.fr;[b]Zoé;oui;38\nb@exemple;;;\n")
    code, said = call(
        contacts_app, "import", path, *FROM_FORM, *EVIDENCE, *ATTESTED, "--yes", "--refused", tmp_path / "refus.csv"
    )
    assert code == 0, said
    for words in (
        "Essai à blanc",
        "Pointure            laissée de côté",
        "qui y dit qu’il ne veut plus rien est obéi",
        "Nouveaux contacts",
        "Ce fichier peut entrer",
        "1 ligne refusée",
        "Importé : lot 1",
    ):
        assert words in said
    assert "b@exemple" in (tmp_path / "refus.csv").read_text("utf-8-sig")
    code, said = call(contacts_app, "show", "A@exemple.fr")
    assert code == 0 and "[b]Zoé" in said and "J’accepte." in said and "accordé" in said and "15/03/2026" in said
    code, said = call(contacts_app, "list", "--json")
    assert [one["address"] for one in json.loads(said)] == ["a@exemple.fr"]


def test_a_file_of_somebody_elses_ends_with_who_must_be_told_by_when_and_how_to_say_that_they_were(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    path = brought(tmp_path, "Courriel\na@exemple.fr\nb@exemple.fr\n")
    party = [
        "--origin",
        "party_file",
        "--label",
        "le fichier du parti",
        "--collected-on",
        "2026-03-15",
        "--collector",
        "le parti",
    ]
    code, said = call(contacts_app, "import", path, *party, "--indirect", "--class", "occasional", "--yes")
    assert code == 0 and "2 personnes (origine 1, « le fichier du parti ») doivent être informées avant le " in said, said
    assert "sinon la passerelle les efface" in said and "gateway contacts informed 1 --how" in said
    planned = call(retention_app, "plan")[1]
    assert "doivent être informées avant le " in planned and "à informer" in planned
    today = datetime.now(PARIS).date().isoformat()  # as the volunteer reads it on her own calendar
    code, said = call(contacts_app, "informed", "1", "--how", "courrier", "--on", today, "--by", "claire")
    assert code == 0 and "2 personnes attendaient de l’être" in said
    assert "doivent être informées" not in call(retention_app, "plan")[1]
    report = json.loads(call(contacts_app, "import", path, *party, "--indirect", "--yes", "--json")[1])
    assert report["to_be_told"] is None, "those who were told are no longer asked for"


def test_another_sheet_of_a_workbook_is_not_said_to_have_been_brought_in(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    path = tmp_path / "annuaire.xlsx"
    xlsx(path, [["Courriel"], ["a@exemple.fr"]], Nord=[["Courriel"], ["b@exemple.fr"]]).save(path)
    words = ["import", path, *FROM_FORM, *ATTESTED]
    assert call(contacts_app, *words, "--sheet", "Nord", "--yes")[0] == 0
    shown = call(contacts_app, *words, "--sheet", "Contacts", "--dry-run")[1]
    assert "De ce classeur, la feuille « Nord » a été importée le" in shown and "celle-ci est « Contacts »" in shown
    assert (
        "La feuille « Nord » de ce classeur a déjà été importée le"
        in call(contacts_app, *words, "--sheet", "Nord", "--dry-run")[1]
    )


def test_a_file_brought_in_soon_after_midnight_is_told_of_on_the_day_it_was_here(call, tmp_path, monkeypatch):
    """In Paris it was the second of March; the database writes instants as London has them."""
    monkeypatch.setenv("COLUMNS", "300")
    path = brought(tmp_path, "Courriel;Ville natale\na@exemple.fr;Brest\n")
    words = ["import", path, *FROM_FORM, *ATTESTED]
    assert call(contacts_app, *words, "--map", "Ville natale=ignorer", "--yes")[0] == 0
    half_past = {"at": datetime(2027, 3, 1, 23, 30, tzinfo=UTC)}
    with opened(load_settings()) as gw, begin(gw.engine) as tx:
        tx.execute(update(tables.import_batch).values(half_past))
        tx.execute(update(tables.import_mapping).values(half_past))
    shown = call(contacts_app, *words, "--dry-run")[1]
    assert "Ce fichier a déjà été importé le 02/03/2027" in shown
    assert re.search(r"les colonnes sont lues comme l’a dit \S+ le 02/03/2027", shown), shown


def test_a_refused_file_exits_with_1_and_writes_nothing(call, tmp_path):
    path = brought(tmp_path, "nom;mail\nRiou;a@exemple.fr\n")
    roll = ["--origin", "electoral_roll", "--label", "liste électorale", "--collected-on", "2026-03-15", "--collector", "mairie"]
    code, said = call(contacts_app, "import", path, *roll, "--yes", "--json")
    plan = json.loads(said)
    assert code == 1 and plan["report"] is None and plan["plan"]["because"] == ["source-electoral-roll"]
    assert json.loads(call(contacts_app, "list", "--json")[1]) == []


def test_a_program_must_say_whether_it_writes(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    assert call(contacts_app, "import", path, *FROM_FORM, "--json")[0] == 2
    code, said = call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, "--json", "--dry-run")
    assert code == 0 and json.loads(said)["plan"]["impact"]["new"] == 1
    assert call(contacts_app, "import", tmp_path / "absent.csv", *FROM_FORM)[0] == 2


def test_second_addresses_that_are_not_read_are_said_to_be_left_aside(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    rows = [
        "First Name;E-mail 1 - Value;E-mail 2 - Value;Mobile;Autre téléphone",
        "Zoé;zoe@exemple.fr;riou@exemple.fr;0639981234;0639981235",
    ]
    said = call(contacts_app, "look", brought(tmp_path, "\n".join(rows)))[1]
    assert "« E-mail 2 - Value » : d’autres adresses électroniques, laissées de côté" in said
    assert "« Autre téléphone » : d’autres numéros de téléphone, laissés de côté" in said


def test_what_is_left_of_a_line_that_is_taken_is_called_a_cell_whether_address_or_number(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    path = brought(tmp_path, "courriel;portable;Bounced\na@exemple.fr;0639981234;oui\nb@exemple.fr;0639981235 / 0639981236;\n")
    _, said = call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, "--dry-run")
    assert "2 cases laissées de côté (les lignes sont prises sans elles)" in said


def test_a_program_is_told_what_was_repaired_in_a_file_before_and_after_it_is_written(call, tmp_path):
    path = brought(tmp_path, "courriel;nom\na@exemple.fr;GaÃ«lle\nb@exemple.fr;ZoÃ©\n")
    code, said = call(contacts_app, "look", path, "--json")
    assert code == 0 and json.loads(said)["file"]["noted"] == {"twice": 1}
    code, said = call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, "--yes", "--json")
    told = json.loads(said)
    assert code == 0 and told["plan"]["file"]["noted"] == {"twice": 1} and told["report"]["impact"]["new"] == 2


@pytest.mark.parametrize("name", ["~$Liste.xlsx", ".~lock.Liste.ods#"])
def test_the_mark_of_a_list_that_is_open_in_a_spreadsheet_is_not_taken_for_the_list(call, tmp_path, name):
    path = brought(tmp_path, "Sylvie\n", name=name)
    for words in (("contacts", "look", path), ("suppressions", "import", path)):
        with pytest.raises(InvalidInput, match="tant qu’elle y est ouverte ; donnez le nom de la liste"):
            call(app, *words)


def test_a_file_that_says_of_nobody_how_to_reach_her_is_said_to_do_so(call, tmp_path):
    said = " ".join(call(contacts_app, "look", brought(tmp_path, "Nom;Âge\nRiou;40\n"))[1].split())
    assert "Aucune colonne ne dit comment joindre les personnes" in said and '--map "Colonne=email"' in said
    assert "Aucune colonne" not in call(contacts_app, "look", brought(tmp_path, "nom;courriel\nRiou;a@exemple.fr\n"))[1]


def test_a_file_that_cannot_enter_ends_with_what_was_kept_and_what_to_do(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    path, refused = brought(tmp_path, "Courriel\na@exemple.fr\nb@exemple\n"), tmp_path / "refus.csv"
    code, said = call(contacts_app, "import", path, *FROM_FORM, "--by", "claire", "--yes", "--refused", refused)
    ending = f"Rien n’a été écrit. Les lignes refusées sont dans {refused}. Réglez ce qui retient ce fichier, puis relancez"
    assert code == 1 and ending in said and "b@exemple" in refused.read_text("utf-8-sig")


def test_consent_is_recorded_shown_and_withdrawn(call, tmp_path):
    path = brought(tmp_path, "courriel\na@exemple.fr\n")
    call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, "--yes")
    code, said = call(consent_app, "record", "a@exemple.fr", *EVIDENCE, "--collector", "Claire", "--json")
    assert code == 0 and json.loads(said)["state"] == "granted"
    assert "messages politiques" in call(consent_app, "show", "a@exemple.fr")[1]
    assert call(consent_app, "withdraw", "a@exemple.fr", "--means", "téléphone") == (
        0,
        "✓ Accord retiré (messages politiques).\n",
    )
    code, said = call(consent_app, "show", "a@exemple.fr", "--json")
    assert [entry["act"] for entry in json.loads(said)["ledger"]] == ["granted", "withdrawn"]


def test_a_consent_to_calls_is_recorded_with_its_hours_and_taken_back_by_number(call, tmp_path):
    path = brought(tmp_path, "nom;portable\nRiou;06 39 98 12 34\n")
    call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, "--yes")
    words = ("record", "0639981234", *EVIDENCE, "--collector", "Claire", "--channel", "call", "--hours", "lun-ven 18h-20h")
    code, said = call(consent_app, *words)
    assert code == 0 and "aux heures suivantes : lun-ven 18:00-20:00" in " ".join(said.split())
    ledger = call(consent_app, "show", "06 39 98 12 34")[1].partition("Registre")[2]
    assert "par appel" in ledger and "heures : lun-ven 18:00-20:00" in ledger, "to what exactly she agreed"
    assert call(consent_app, "withdraw", "06 39 98 12 34", "--channel", "call", "--means", "téléphone")[0] == 0


def test_of_a_paper_form_the_fingerprint_of_its_scan_and_where_it_is_kept_stand_in_the_ledger(call, tmp_path):
    call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"), *FROM_FORM, *ATTESTED, "--yes")
    scan = tmp_path / "formulaire.pdf"
    scan.write_bytes(b"%PDF-1.7 un formulaire")
    empty = tmp_path / "vide.pdf"
    empty.touch()
    paper = ["--collector", "Claire", "--scan", scan, "--reference", "classeur 3, feuille 12"]
    assert call(consent_app, "record", "a@exemple.fr", *EVIDENCE, *paper)[0] == 0
    [entry] = json.loads(call(consent_app, "show", "a@exemple.fr", "--json")[1])["ledger"]
    assert entry["scan_sha256"] == hashlib.sha256(scan.read_bytes()).hexdigest()
    assert entry["scan_reference"] == "classeur 3, feuille 12"
    code, said = call(consent_app, "show", "a@exemple.fr")
    assert code == 0 and entry["scan_sha256"][:12] in said
    assert call(consent_app, "record", "a@exemple.fr", *EVIDENCE, *paper[:3], tmp_path / "absent.pdf")[0] == 2
    with pytest.raises(InvalidInput, match="» est vide : il ne prouve rien"):
        call(consent_app, "record", "a@exemple.fr", *EVIDENCE, *paper[:3], empty)


def test_a_batch_is_shown_then_undone_by_its_number(call, tmp_path):
    call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"), *FROM_FORM, *ATTESTED, "--yes")
    code, said = call(contacts_app, "batches")
    assert code == 0 and "liste.csv" in said and "formulaire du site" in said
    code, said = call(contacts_app, "undo", 1, "--dry-run", "--by", "claire", "--json")
    assert code == 0 and json.loads(said)["undoing"]["gone"] == 1
    code, said = call(contacts_app, "undo", 1, "--yes", "--by", "claire")
    assert code == 0 and "Lot 1 annulé" in said
    assert json.loads(call(contacts_app, "list", "--json")[1]) == []
    with pytest.raises(Conflict, match="déjà été annulé"):
        call(contacts_app, "undo", 1, "--yes", "--by", "claire")


def test_a_yes_to_a_channel_that_the_evidence_given_is_not_about_says_so(call, tmp_path):
    file = brought(tmp_path, "mobile;courriel;accord SMS;consentement\n0639981234;a@exemple.fr;oui;oui\n")
    code, said = call(contacts_app, "import", file, *FROM_FORM, *ATTESTED, *EVIDENCE, "--dry-run")
    assert code == 1 and "1 ligne dit « oui » aux SMS sans preuve entière" in said and "« oui » aux courriels" not in said
    assert "ne vaut que pour les courriels" in said and "--channel email --channel sms" in said
    both = ("--channel", "email", "--channel", "sms")
    code, said = call(contacts_app, "import", file, *FROM_FORM, *ATTESTED, *EVIDENCE, *both, "--dry-run")
    assert code == 0 and "sans preuve entière" not in said


def test_a_file_of_which_no_line_can_be_taken_makes_no_batch(call, tmp_path):
    file = brought(tmp_path, "courriel\nb@exemple\n")
    for more in (("--yes",), ("--dry-run",), ("--json", "--yes")):
        code, said = call(contacts_app, "import", file, *FROM_FORM, *ATTESTED, *more)
        assert code == 1 and "Importé" not in said and ("Aucune ligne ne peut être prise" in said) is ("--json" not in more)
    assert json.loads(call(contacts_app, "batches", "--json")[1]) == []


def test_a_file_brought_in_twice_and_undone_once_says_which_batch_its_people_stay_by(call, tmp_path):
    file = brought(tmp_path, "courriel;consentement\na@exemple.fr;oui\nb@exemple.fr;\n")
    for _ in range(2):
        assert call(contacts_app, "import", file, *FROM_FORM, *ATTESTED, *EVIDENCE, "--yes")[0] == 0
    _, said = call(contacts_app, "undo", 1, "--yes", "--by", "claire")
    assert "Le lot 2 nomme aussi de ces personnes : elles ne partent que s’il est annulé à son tour." in said
    assert "importez-le de nouveau" in said and "les refus, avec les personnes gardées" in said
    assert "quelqu’un d’autre" not in said, "nobody else touched them: it was the same file"
    _, said = call(contacts_app, "import", file, *FROM_FORM, *ATTESTED, *EVIDENCE, "--dry-run")
    assert "(lot 1, annulé depuis)" in said and "(lot 2)" in said
    _, said = call(contacts_app, "undo", 2, "--yes", "--by", "claire")
    assert "Contacts que ce lot seul faisait connaître : effacés" in said
    assert json.loads(call(contacts_app, "list", "--json")[1]) == []


@pytest.mark.parametrize(("typed", "left"), [("peut-être\no\n", 0), ("\n", 1), ("", 1)])
def test_before_a_batch_is_undone_somebody_is_asked_in_french(call, tmp_path, typed, left):
    call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"), *FROM_FORM, *ATTESTED, "--yes")
    said = called(contacts_app, "undo", 1, "--by", "claire", typed=typed).stdout
    assert "Annuler ce lot ? (o/n) [non]" in said and ("répondez oui ou non" in said) is (left == 0)
    assert len(json.loads(call(contacts_app, "list", "--json")[1])) == left


def test_an_opposition_list_with_an_unreadable_line_exits_with_1_and_protects_the_others(call, tmp_path):
    path = brought(tmp_path, "a@exemple.fr\npersonne\n", name="stop.txt")
    code, said = call(suppressions_app, "import", path)
    assert code == 1 and "ne sont pas protégées" in said and "personne" in said
    assert "opposition" in call(suppressions_app, "list", "--after", 0)[1]
    code, said = call(contacts_app, "show", "a@exemple.fr")
    assert code == 0 and "Liste d’opposition" in said
    with pytest.raises(Conflict):
        call(suppressions_app, "lift", "a@exemple.fr", "--why", "erreur")


def test_an_unknown_address_exits_with_1(call):
    code, said = call(contacts_app, "show", "inconnue@exemple.fr", "--json")
    assert code == 1 and json.loads(said)["person"] is None


def test_an_export_says_how_many_and_is_journalled(call, tmp_path):
    call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"), *FROM_FORM, *ATTESTED, "--yes")
    code, said = call(contacts_app, "export", tmp_path / "tous.csv", "--json")
    assert code == 0 and json.loads(said)["contacts"] == 1
    assert (tmp_path / "tous.csv").stat().st_mode & 0o077 == 0


def test_what_is_only_probable_is_said_with_the_words_that_confirm_it(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    path = brought(tmp_path, "Courriel;Portable;SMS OK ?\na@exemple.fr;0639981234;oui\n")
    code, said = call(contacts_app, "look", path)
    assert code == 0 and '--map "SMS OK ?=consent_sms"' in said
    brings = (contacts_app, "import", path, "--dry-run", *FROM_FORM, *EVIDENCE, *ATTESTED)
    with pytest.raises(InvalidInput, match='--map "Colonne=consent_sms"'):
        call(*brings, "--channel", "sms")
    with pytest.raises(InvalidInput, match=r"la colonne « SMS OK \? » dit qui a accepté les SMS : ajoutez --channel sms"):
        call(*brings, "--map", "SMS OK ?=consent_sms")
    assert "Ce fichier peut entrer" in call(*brings, "--channel", "sms", "--map", "SMS OK ?=consent_sms")[1]


def test_what_a_file_must_attest_is_told_as_it_is_written(call, tmp_path):
    code, said = call(contacts_app, "import", brought(tmp_path, "courriel\na@exemple.fr\n"), *FROM_FORM, "--yes")
    assert code == 1 and "Ce qui manque s’atteste, si c’est vrai : --declare art13-form" in said


def test_days_left_aside_are_named_where_nothing_says_when_each_person_agreed(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    path = brought(tmp_path, "courriel;consentement;tamponné;vu\na@exemple.fr;oui;02/03/2026;a\nb@exemple.fr;non;03/03/2026;b\n")
    _, said = call(contacts_app, "import", path, *FROM_FORM, *EVIDENCE[:6], *ATTESTED, "--dry-run")
    assert 'Une colonne laissée de côté contient des jours : si ce sont ceux des accords, --map "tamponné=consent_at"' in said
    _, said = call(contacts_app, "import", path, *FROM_FORM, *EVIDENCE, *ATTESTED, "--dry-run")
    assert "contient des jours" not in said


def test_the_scan_of_the_papers_that_a_list_was_typed_from_is_kept_with_each_agreement(call, tmp_path):
    scan = brought(tmp_path, "les feuilles du marché", name="feuilles.pdf")
    path = brought(tmp_path, "courriel;consentement\na@exemple.fr;oui\nb@exemple.fr;non\n")
    proof = ["--form", "v2", "--wording", "J’accepte.", "--means", "papier", "--given-at", "15/03/2026"]
    paper = ["--scan", scan, "--reference", "classeur 3, feuilles 1 à 12"]
    assert call(contacts_app, "import", path, *FROM_FORM, *ATTESTED, *proof, *paper, "--yes")[0] == 0
    agreed = call(consent_app, "show", "a@exemple.fr", "--json")[1]
    assert hashlib.sha256(scan.read_bytes()).hexdigest() in agreed and "classeur 3, feuilles 1 à 12" in agreed
    assert "classeur" not in call(consent_app, "show", "b@exemple.fr", "--json")[1], "a refusal needs no proof"
    with pytest.raises(InvalidInput, match="est vide : il ne prouve rien"):
        call(
            contacts_app, "import", path, *FROM_FORM, *ATTESTED, *proof, "--scan", brought(tmp_path, "", name="vide.pdf"), "--yes"
        )
