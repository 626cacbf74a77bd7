"""A command that was mistyped is answered by one French sentence: what is wrong, and what to type. Exit code 2, as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.main import app
from gateway.cli.tree import TREE, found
from tests.commands import installed, ran


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("contcts list", "gateway n’a pas de commande « contcts » : vouliez-vous dire contacts ?"),
        ("frobnicate", "gateway n’a pas de commande « frobnicate » ; gateway --help montre ce qu’il y a"),
        ("contacts lst", "gateway contacts n’a pas de commande « lst » : vouliez-vous dire list ?"),
        ("contacts list --lmit 3", "gateway contacts list n’a pas d’option « --lmit » : vouliez-vous dire --limit ?"),
        (
            "rights export 1 --to copie.zip",  # which the dashes alone make look like --json
            "gateway rights export n’a pas d’option « --to » ; gateway rights export --help montre ce qu’il y a",
        ),
        ("contacts import a.csv --orgin event", "« --orgin » : vouliez-vous dire --origin"),
        (
            "contacts list --zzz",
            "gateway contacts list n’a pas d’option « --zzz » ; gateway contacts list --help montre ce qu’il y a",
        ),
        ("contacts list -Z", "gateway contacts list n’a pas d’option « -Z » ; gateway contacts list --help montre ce qu’il y a"),
        ("contacts list --limit", "l’option --limit attend une valeur : écrivez-la après elle"),
        (
            "contacts list --json=1",
            "l’option --json n’attend pas de valeur : écrivez --json seul",
        ),
        ("contacts list --limit 3 --limit 4", "--limit est donnée deux fois, et ne compterait qu’une : gardez la bonne"),
        ("contacts list --limit beaucoup", "--limit : donnez un nombre entier de 1 à 1000"),
        ("contacts list --limit 5000", "--limit : donnez un nombre entier de 1 à 1000"),
        ("retention hold 0639980010 --reason litige --until 31/12/9999", "--until : l’année va de 1900 à 2999"),
        ("rights open access 0639980010 --received-at 01/01/0001", "--received-at : l’année va de 1900 à 2999"),
        ("policy explain 0639980010 --at 0001-01-01T00:00", "--at : l’année va de 1900 à 2999"),
        ("audit export preuve.zip --from 0026-11-28", "--from : l’année va de 1900 à 2999"),
        ("contacts list --after x", "--after : donnez un nombre entier"),
        ("message show douze", "MESSAGE : donnez un nombre entier"),
        ("sms count Bonjour --people -1", "--people : donnez un nombre entier d’au moins 0"),
        (
            "contacts list --channel fax",
            "--channel : « fax » ne convient pas ; choisissez parmi email (courriel), sms, call (appel)",
        ),
        ("contacts list --class vip", "--class : « vip » ne convient pas ; choisissez parmi member (adhérent), former_member ("),
        ("rights open acess x@exemple.fr", "DROIT : « acess » ne convient pas : vouliez-vous dire access ?"),
        (
            "rights open oubli x@exemple.fr",
            "« oubli » ne convient pas ; choisissez parmi access (accès), rectification, erasure (effacement)",
        ),
        (
            "contacts import a.csv --origin site",
            "« site » ne convient pas ; choisissez parmi web_form (un formulaire sur un site), paper_form (",
        ),
        ("message settle 1 --evidence x", "il manque --as : choisissez parmi accepted, abandoned"),
        ("campaign create lettre-1 --subject x", "il manque --body : donnez le nom d’un fichier"),
        ("campaign approve lettre-1 --by=", "--by : donnez un nom"),
        ("campaign approve lettre-1", "il manque --by : donnez un nom"),
        ("campaign show", "gateway campaign n’a pas de commande « show »"),
        ("contacts show", "il manque ADRESSE : gateway contacts show --help dit ce que c’est"),
        (
            "contacts informed 1 --how courrier --on hier",
            "« hier » ne convient pas ; écrivez la date ainsi : 2027-03-15 ou 15/03/2027",
        ),
        (
            "contacts informed 1 --how courrier --on 31/11/2026",
            "« 31/11/2026 » n’est pas un jour du calendrier ; écrivez la date ainsi : 2027-03-15 ou 15/03/2027",
        ),
        (
            "campaign dry-run lettre-1 --at 2027-02-29T18:30",
            "« 2027-02-29T18:30 » n’est pas un jour du calendrier ; écrivez la date ainsi : ",
        ),
        (
            "campaign dry-run lettre-1 --at 2027-02-28T25:30",
            "« 2027-02-28T25:30 » ne convient pas ; écrivez la date ainsi : ",
        ),
        (
            "campaign dry-run lettre-1 --at demain",
            '--at : « demain » ne convient pas ; écrivez la date ainsi : "15/03/2027 18:30" ou 2027-03-15T18:30+01:00',
        ),
        (
            "contacts look liste-des-inscrit.csv",
            "« liste-des-inscrit.csv » n’existe pas : vouliez-vous dire « liste-des-inscrits.csv » ?",
        ),
        ("audit dossier zoe@exemple.fr", "il manque --to : donnez le nom d’un dossier"),
        ("contacts look absent.csv", "« absent.csv » n’existe pas : vérifiez le nom, et le dossier d’où vous lancez la commande"),
        ("message settle-log .", "FICHIER : « . » est un dossier : donnez un fichier"),
        ("contacts list Anne Petit", "« Anne Petit » est de trop : mettez entre guillemets un texte de plusieurs mots"),
        (
            "contacts import a.csv --yes",
            "il manque --origin et --label ; sans --yes ni --json, à un terminal, la commande les demande",
        ),
        ("contacts import a.csv --yes --origin event", "il manque --label ; sans --yes"),
        ("contacts undo 1 --json", "--json ne pose pas de question : ajoutez --dry-run ou --yes"),
        ("contacts look a.csv --map Contact", '« Contact » : écrivez --map "Colonne=champ", par exemple --map "Contact=email"'),
    ],
)
def test_what_was_mistyped_is_named_with_what_to_type(typed, told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    installed(monkeypatch, f"sqlite:///{tmp_path / 'gateway.db'}", tmp_path)
    for name in ("a.csv", "liste-des-inscrits.csv"):
        (tmp_path / name).write_text("Contact\na@exemple.fr\n", "utf-8")
    said = ran(app, *typed.split())
    assert said.exit_code == 2 and told in said.output, said.output
    assert said.output.count("\n") == 1 and not {"Usage", "Error", "Try"} & set(said.output.split()), (
        "one sentence, and no English"
    )


@pytest.mark.parametrize("group", TREE)
def test_no_help_shows_how_a_date_is_coded_or_offers_what_works_at_the_root_alone(group: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    names = getattr(found(group), "commands", {})
    for words in ((group,), *((group, name) for name in names)):
        said = ran(app, *words, "--help").output
        assert "Usage" in said and "%" not in said and "completion" not in said, words


@pytest.mark.parametrize("typed", ["", "contacts"])
def test_a_group_without_its_command_shows_its_help(typed):
    said = ran(app, *typed.split())
    assert said.exit_code == 2 and "--help" in said.output and "✗" not in said.output
