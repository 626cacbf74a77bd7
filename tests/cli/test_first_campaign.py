"""A first campaign with every mistake on the way: each is one French sentence that says what to do, and nothing was changed."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.cli.main import app
from gateway.compliance.spoken import day
from gateway.domain.errors import GatewayError
from tests.commands import called, installed, ran

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation, and the folder of a volunteer who wrote a letter."""
    installed(monkeypatch, sqlite_url, tmp_path)
    (tmp_path / "lettre.md").write_text("# Bonjour\n\nRéunion jeudi à 19 h.\n", "utf-8")
    (tmp_path / "windows.md").write_text("# Réunion\n", "cp1252")
    (tmp_path / "liste.csv").write_text("email\nagathe@exemple.fr\n", "utf-8")
    return tmp_path


def mistake(*words: object) -> str:
    """The sentence a command ends with."""
    with pytest.raises(GatewayError) as told:
        called(app, *words)
    return str(told.value)


def draft(folder: Path, *more: object) -> tuple[object, ...]:
    return ("campaign", "create", "lettre-1", "--subject", "La lettre", "--body", folder / "lettre.md", "--by", "Claire", *more)


def test_files_that_are_no_letter_are_named_and_what_to_do_is_said(folder: Path) -> None:
    for name, advice in (
        ("windows.md", "n’est pas un texte en UTF-8 ; enregistrez-le ainsi"),
        ("liste.csv", r"en Markdown \(.md\).* « Enregistrer sous », puis « Texte \(.txt\) » en UTF-8"),
    ):
        (folder / "lettre.md").unlink(missing_ok=True)
        words = ("campaign", "create", "lettre-1", "--subject", "La lettre", "--body", folder / name)
        assert re.search(f"{name} : .*{advice}", mistake(*words))
    assert mistake("campaign", "create-sms", "rappel", "--text", folder / "windows.md").endswith("puis recommencez")


def test_steps_in_the_wrong_order_say_which_one_comes_first(folder: Path) -> None:
    for step, *signed in (["dry-run"], ["approve", "--by", "Malik"], ["launch"], ["report"], ["pause"]):
        assert (
            mistake("campaign", step, "lettre-1", *signed)
            == "aucune campagne ne s’appelle « lettre-1 » : gateway campaign list les montre"
        )
    assert "gateway campaign dry-run lettre-1" in called(app, *draft(folder)).output
    assert "--edit" in mistake(*draft(folder))
    told = called(app, "campaign", "dry-run", "lettre-1").output
    assert "Personne du fichier n’est dans ce public" in told and "gateway campaign approve" not in told
    early = mistake("campaign", "launch", "lettre-1")
    assert "est en brouillon" in early and "gateway campaign approve lettre-1" in early
    assert "Claire a écrit la campagne « lettre-1 » : une autre personne l’approuve" in mistake(
        "campaign", "approve", "lettre-1", "--by", "claire"
    )
    called(app, "campaign", "approve", "lettre-1", "--by", "Malik")
    assert "est approuvée : il faudrait qu’elle soit en cours" in mistake("campaign", "pause", "lettre-1")
    called(app, *draft(folder, "--edit"))
    assert "est en brouillon" in mistake("campaign", "launch", "lettre-1"), "what was approved is not what stands there now"


def test_odile_who_wrote_under_her_name_does_not_approve_by_saying_nothing(folder: Path) -> None:
    """The account of her laptop is called otherwise than she is: taken for an approver, it was a second pair of eyes."""
    called(app, *draft(folder))
    assert ran(app, "campaign", "approve", "lettre-1").exit_code == 2
    assert json.loads(called(app, "campaign", "list", "--json").output)[0]["state"] == "draft"
    assert "gateway campaign approve lettre-1 --by NOM" in mistake("campaign", "launch", "lettre-1")


def test_a_name_in_place_of_an_address_is_answered_by_how_addresses_are_written(folder: Path) -> None:
    for words in (("policy", "explain"), ("contacts", "show"), ("consent", "show"), ("rights", "open", "access")):
        told = mistake(*words, "Odette")
        assert told == "« Odette » n’est ni une adresse électronique ni un numéro : écrivez zoe@exemple.fr ou 06 12 34 56 78"


def test_what_has_not_left_is_reported_with_the_step_that_comes_next(folder: Path) -> None:
    called(app, *draft(folder))
    assert "Étape suivante : gateway campaign dry-run lettre-1" in called(app, "campaign", "report", "lettre-1").output
    called(app, "campaign", "approve", "lettre-1", "--by", "Malik")
    assert "Étape suivante : gateway campaign launch lettre-1" in called(app, "campaign", "status", "lettre-1").output


def test_lists_and_reports_speak_french(folder: Path) -> None:
    called(app, *draft(folder))
    assert re.search(r"lettre-1 +│ lettre de campagne +│ en brouillon", called(app, "campaign", "list").output)
    assert "lettre-1 : en brouillon" in called(app, "campaign", "status", "lettre-1").output


def test_a_campaign_that_stands_still_says_how_it_goes_on(folder: Path) -> None:
    origin = ("--origin", "event", "--label", "fête du lavoir", "--collected-on", "01/11/2026", "--collector", "Inès")
    called(app, "contacts", "import", folder / "liste.csv", "--yes", *origin, "--declare", "art13-form")
    called(app, *draft(folder))
    called(app, "campaign", "approve", "lettre-1", "--by", "Malik")
    called(app, "campaign", "launch", "lettre-1")
    called(app, "campaign", "pause", "lettre-1", "--why", "relire l’objet")
    told = called(app, "campaign", "report", "lettre-1").output
    assert "lettre-1 : en pause" in told and "relire l’objet" in told
    assert "gateway campaign resume lettre-1" in told and "gateway campaign cancel lettre-1" in told
    assert re.search(r"en attente +│ son tour n’est pas encore venu +│ +1", told)


def test_a_dry_run_of_a_campaign_that_left_proposes_no_approval(folder: Path) -> None:
    agreed = folder / "accords.csv"
    agreed.write_text("courriel;accord;le\nanne@exemple.fr;oui;01/11/2026\n", encoding="utf-8")
    origin = ("--origin", "web_form", "--label", "site", "--collected-on", "01/11/2026", "--collector", "Inès")
    evidence = ("--form", "v3", "--wording", "J’accepte.", "--means", "case", "--declare", "art13-form")
    told = called(
        app, "contacts", "import", agreed, "--yes", *origin, *evidence, "--map", "accord=email_consent", "--map", "le=given_at"
    )
    assert told.exit_code == 0, told.output
    called(app, *draft(folder))
    assert "gateway campaign approve lettre-1" in called(app, "campaign", "dry-run", "lettre-1").output
    called(app, "campaign", "approve", "lettre-1", "--by", "Malik")
    called(app, "campaign", "launch", "lettre-1")
    told = called(app, "campaign", "dry-run", "lettre-1")
    assert "gateway campaign approve" not in told.output
    assert "est en cours" in told.output and "gateway campaign status lettre-1" in told.output
    assert json.loads(called(app, "campaign", "dry-run", "lettre-1", "--json").output)["state"] == "running"


def test_a_long_list_of_campaigns_says_that_it_goes_on_and_texts_are_not_called_letters(folder: Path) -> None:
    assert called(app, *draft(folder)).exit_code == 0
    for name in ("rappel-1", "rappel-2"):
        assert called(app, "campaign", "create-sms", name, "--text", "Débat jeudi, venez !", "--by", "Claire").exit_code == 0
    first = called(app, "campaign", "list", "--limit", 2).output
    assert re.search("rappel-2 +│ SMS de campagne", first)
    assert ("lettre-1" in first, "gateway campaign list --after rappel-1" in first) == (False, True)
    rest = called(app, "campaign", "list", "--limit", 2, "--after", "rappel-1").output
    assert ("lettre-1" in rest, "rappel" in rest, "La suite" in rest) == (True, False, False)
    assert mistake("campaign", "list", "--after", "rapel-1").startswith("aucune campagne ne s’appelle « rapel-1 »")


def test_a_name_a_language_or_an_hour_that_cannot_be_is_said_with_an_example(folder: Path) -> None:
    body = ("--subject", "La lettre", "--body", folder / "lettre.md")
    assert "par exemple lettre-3" in mistake("campaign", "create", "Ma Lettre", *body)
    assert "choisissez fr ou en" in mistake("campaign", "create", "lettre-1", *body, "--language", "de")


def test_from_another_folder_no_second_empty_installation_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY_CONFIG", "GATEWAY_VAR_DIR", "GATEWAY_DATABASE__URL", "GATEWAY_DATABASE__URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stop.txt").write_text("agathe@exemple.fr\n", "utf-8")
    for words in (("suppressions", "import", "stop.txt"), ("campaign", "list"), ("check",), ("sandbox", "mails")):
        told = mistake(*words)
        assert told.startswith(f"{tmp_path} n’est pas le dossier de Passerelle : ni config.toml, ni var. Allez-y d’abord")
    assert [one.name for one in tmp_path.iterdir()] == ["stop.txt"]
    (tmp_path / "config.toml").write_text('mode = "trial"\n', "utf-8")
    assert "1 inscription nouvelle" in called(app, "suppressions", "import", "stop.txt").output
    (tmp_path / "config.toml").unlink()
    assert "rien de nouveau" in called(app, "suppressions", "import", "stop.txt").output, "one was begun here, and is found again"


def test_an_hour_that_the_clock_skips_is_no_hour_and_one_that_comes_twice_is_the_first(folder: Path) -> None:
    skipped = "le 26/03/2028, les horloges avancent d’une heure : 02:30 n’y existe pas"
    assert mistake(*draft(folder, "--start", "26/03/2028 02:30")) == skipped
    assert mistake("policy", "place", "--postcode", "75011", "--at", "26/03/2028 02:30") == skipped
    told = called(app, *draft(folder, "--start", "29/10/2028 02:30")).output
    assert "dimanche 29 octobre 2028 à 2\u00a0h\u00a030 (heure de Paris)" in told


@pytest.mark.parametrize("written", ["{:%d/%m/%Y} 20:00", "{:%d/%m/%Y} à 20:00", "{:%d/%m/%Y} 20h", "{:%Y-%m-%d} 20:00"])
def test_an_hour_is_written_and_read_on_the_clock_of_the_volunteer(folder: Path, written: str) -> None:
    tomorrow = datetime.now(PARIS) + timedelta(days=1)
    planned = f"Départ prévu : {day(tomorrow.date(), 'fr')} à 20\u00a0h (heure de Paris)."
    assert planned in called(app, *draft(folder, "--start", written.format(tomorrow))).output
    assert planned in called(app, "campaign", "dry-run", "lettre-1").output
    assert "gateway campaign launch lettre-1" in called(app, "campaign", "approve", "lettre-1", "--by", "Malik").output
    launched = called(app, "campaign", "launch", "lettre-1").output
    assert planned[15:-1] in launched and "gateway campaign report lettre-1" in launched
    assert planned in called(app, "campaign", "status", "lettre-1").output
    assert f"{datetime.now(PARIS):%d/%m/%Y} à " in called(app, "campaign", "list").output
    told = json.loads(called(app, "campaign", "status", "lettre-1", "--json").output)["starts_at"]
    assert datetime.fromisoformat(told) == tomorrow.replace(hour=20, minute=0, second=0, microsecond=0)


def test_an_hour_that_is_over_is_refused_when_it_is_written_and_not_at_the_launch(folder: Path) -> None:
    for edit in ((), ("--edit",)):
        for ago in (timedelta(days=1), timedelta(minutes=5)):
            told = mistake(*draft(folder, "--start", f"{datetime.now(PARIS) - ago:%d/%m/%Y %H:%M}", *edit))
            assert told.startswith("--start : cette heure est déjà passée ; donnez-en une à venir")
        called(app, *draft(folder, *edit))


def test_a_campaign_that_nobody_would_get_is_told_so_and_not_offered_for_approval(folder: Path) -> None:
    evidence = ("--origin", "web_form", "--label", "le site", "--collected-on", "2026-09-01", "--collector", "équipe")
    called(app, "contacts", "import", folder / "liste.csv", "--yes", "--declare", "art13-form", *evidence)
    called(app, *draft(folder))
    told = called(app, "campaign", "dry-run", "lettre-1").output
    assert "Personne ne recevrait ce message" in told and "gateway campaign approve" not in told


def test_pictures_that_others_keep_are_pointed_out_before_the_approval(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CONTROLLER__PRIVACY_URL", "https://valbrume.example/donnees")
    (folder / "lettre.md").write_text("![Le lavoir](https://valbrume.example/lavoir.png)\n", "utf-8")
    called(app, *draft(folder))
    assert "images de cette lettre" not in called(app, "campaign", "dry-run", "lettre-1").output
    (folder / "lettre.md").write_text("![Le lavoir](https://photos.exemple.com/lavoir.png)\n", "utf-8")
    called(app, *draft(folder, "--edit"))
    told = called(app, "campaign", "dry-run", "lettre-1").output
    assert "viennent de photos.exemple.com, qui n’est pas une page de la campagne" in told
    assert "apprend l’adresse IP de la personne, l’heure et sa messagerie" in told
    assert json.loads(called(app, "campaign", "dry-run", "lettre-1", "--json").output)["pictures_from"] == ["photos.exemple.com"]


def test_odile_is_told_of_a_day_that_is_not_that_date_before_anybody_reads_it(folder: Path) -> None:
    """Told as she writes, as it is tried and as it is approved; nothing is refused, and a text is read like a letter."""
    (folder / "lettre.md").write_text("# Bonjour\n\nRéunion le lundi 18 avril 2027, à 19 h 75.\n", "utf-8")
    slips = ("! À relire : « lundi 18 avril 2027 » : le 18 avril 2027 est un dimanche", "! À relire : « 19 h 75 »")
    written = called(app, *draft(folder)).output
    assert all(slip in written for slip in slips) and "✓ Brouillon lettre-1 enregistré" in written
    assert all(slip in called(app, "campaign", "dry-run", "lettre-1").output for slip in slips)
    assert len(json.loads(called(app, "campaign", "dry-run", "lettre-1", "--json").output)["to_reread"]) == 2
    approval = ("campaign", "approve", "lettre-1", "--by", "Malik")
    assert all(slip in called(app, *approval).output for slip in slips), "Malik, who ran no dry run, is the last to see it"
    assert len(json.loads(called(app, *approval, "--json").output)["to_reread"]) == 2
    launch = ("campaign", "launch", "lettre-1", "--by", "Claire")
    told = called(app, *launch).output
    assert all(slip in told for slip in slips), "a day that was still to come as it was approved may be over"
    assert "gateway campaign pause lettre-1" in told
    assert json.loads(called(app, *launch, "--json").output)["to_reread"] == []  # launched already: nothing is done again
    text = ("campaign", "create-sms", "rappel", "--text", "Lundi 18 avril 2027 au lavoir", "--by", "Claire", "--json")
    assert json.loads(called(app, *text).output)["to_reread"] == ["« Lundi 18 avril 2027 » : le 18 avril 2027 est un dimanche"]


def test_no_command_of_a_volunteer_counts_in_another_clock_than_hers(folder: Path) -> None:
    called(app, *draft(folder))
    for words in (("campaign", "list"), ("message", "list"), ("sandbox", "mails"), ("inbound", "list")):
        assert "UTC" not in called(app, *words).output


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("GATEWAY_VAR_DIR", "{}/liste.csv"),
        ("GATEWAY_VAR_DIR", "{}/liste.csv/var"),
        ("GATEWAY_DATABASE__URL", "sqlite:///{}/liste.csv/x/y.db"),
    ],
)
def test_a_folder_that_cannot_be_made_is_named_with_its_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value.format(folder))
    told = mistake("contacts", "list")
    assert told.startswith({"GATEWAY_VAR_DIR": "var_dir : ", "GATEWAY_DATABASE__URL": "database.url : "}[setting])
    assert "liste.csv" in told and "nommez" in told
