"""An installation that cannot start says why, wholly and at once; and shows no secret while doing so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import InvalidSettings
from gateway.settings import PREFIX, Settings, load_settings
from gateway.sources import keys_of

ROOT = Path(__file__).parents[1]
SECRET = "a very secret sentence of forty characters"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    """An empty folder, and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(path: Path | None = None, **overrides: object) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(path, **overrides)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def test_the_file_that_ships_is_a_complete_trial_in_an_invented_commune():
    settings = load_settings()
    assert settings.mode == "trial"
    assert settings.controller.candidate == "Camille Rochebrune"
    assert settings.controller.email.endswith(".example") and settings.sender.email.endswith(".example")
    assert settings.secret.get_secret_value() == ""


def test_the_file_that_ships_shows_every_key_there_is():
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert [key for key in keys_of(Settings) if key.rpartition(".")[2] not in text] == []


def test_the_file_that_ships_says_the_defaults_of_what_is_not_a_name():
    shipped, bare = load_settings(ROOT / "config.toml"), Settings()
    for table in ("smtp", "database", "broker", "sending", "web", "sandbox", "logs"):
        assert getattr(shipped, table) == getattr(bare, table)


def test_the_file_that_ships_names_an_election_and_attestations_that_the_pack_knows():
    settings = load_settings()
    rules = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "policies" / "fr" / "rules").glob("*.toml"))
    assert (ROOT / "policies" / "fr" / "elections" / f"{settings.election}.toml").is_file()
    assert [attested for attested in settings.controller.declarations if f'"{attested}"' not in rules] == []


def test_config_toml_of_the_folder_is_found_and_gateway_config_wins_over_it(monkeypatch, tmp_path):
    written(tmp_path, 'election = "here"')
    assert load_settings().election == "here"
    other = tmp_path / "other.toml"
    other.write_text('election = "named"', encoding="utf-8")
    monkeypatch.setenv("GATEWAY_CONFIG", str(other))
    assert load_settings().election == "named"


def test_the_environment_wins_over_the_file_and_the_program_over_both(monkeypatch, tmp_path):
    file = written(tmp_path, '[smtp]\nhost = "a.example"\nport = 25\n')
    monkeypatch.setenv("GATEWAY_SMTP__HOST", "b.example")
    assert (load_settings(file).smtp.host, load_settings(file).smtp.port) == ("b.example", 25)
    assert load_settings(file, smtp={"host": "c.example"}).smtp.host == "c.example"


def test_lists_and_tables_can_be_given_by_the_environment(monkeypatch):
    monkeypatch.setenv("GATEWAY_SENDING__RETRY_MINUTES", "5, 10")
    monkeypatch.setenv("GATEWAY_TEAM__ADDRESSES", '["a@valbrume.example"]')
    monkeypatch.setenv("GATEWAY_SMTP__PER_SECOND_BY_DOMAIN", '{"orange.fr": 5}')
    settings = load_settings()
    assert settings.sending.retry_minutes == (5, 10)
    assert settings.team.addresses == ("a@valbrume.example",)
    assert settings.smtp.per_second_by_domain == {"orange.fr": 5}


def test_every_fault_is_told_at_once_with_its_place_its_key_and_what_to_do(monkeypatch, tmp_path):
    file = written(
        tmp_path,
        'mode = "life"\n\n[smtp]\nhots = "relay.example"\nport = 99999\n\n[controller]\nemail = "nobody"\n'
        '[database]\nurl = "mysql://host/base"\n',
    )
    monkeypatch.setenv("GATEWAY_WEB__PROT", "80")
    monkeypatch.setenv("GATEWAY_SENDING__BATCH", "many")
    monkeypatch.setenv("GATEWAY_SMTP__PER_SECOND_BY_DOMAIN", "orange.fr=5")
    assert set(faults(file)) == {
        f"{file}:4 : smtp.hots : cette clé n’existe pas ; vouliez-vous dire smtp.host ?",
        "environnement : GATEWAY_WEB__PROT : cette clé n’existe pas ; vouliez-vous dire GATEWAY_WEB__PORT ?",
        'GATEWAY_SMTP__PER_SECOND_BY_DOMAIN : smtp.per_second_by_domain : ce n’est pas du JSON ; écrivez {"orange.fr": 5}',
        f"{file}:1 : mode : choisissez trial ou live",
        f"{file}:5 : smtp.port : donnez au plus 65535",
        f"{file}:8 : controller.email : ce n’est pas une adresse électronique ; écrivez-la seule, comme equipe@exemple.fr",
        f"{file}:10 : database.url : écrivez sqlite:///chemin/du/fichier.db ou postgresql://compte:motdepasse@machine/base",
        "GATEWAY_SENDING__BATCH : sending.batch : donnez un nombre entier",
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("wat = 1", "config.toml:1 : wat : cette clé n’existe pas ; ôtez-la ; le config.toml du projet montre celles qu’il y a"),
        ("smtp = 3", "config.toml:1 : smtp : c’est une table, et non une valeur ; ses clés sont smtp.…"),
        (
            "[mailer]\nhost = 3",
            "config.toml:1 : mailer : cette clé n’existe pas ; ôtez-la ; le config.toml du projet montre celles qu’il y a",
        ),
        ("mode = trial", 'config.toml:1 : « mode = … » ne se lit pas : un texte s’écrit entre guillemets droits : "…"'),
        (
            "[sending]\nretry_minutes = [5, 0]",
            "config.toml:2 : sending.retry_minutes.1 : donnez au moins 1",
        ),
        (
            '[smtp]\nhost = "relay.example"\ntls = "none"',
            'config.toml:3 : smtp.tls : "none" est pour un relais d’ici ; sur un réseau, écrivez "required" ou "implicit"',
        ),
        (
            '[sandbox]\nhost = "relay.example"',
            "config.toml:2 : sandbox.host : la boîte du mode d’essai est sur cette machine : 127.0.0.1, ::1 ou localhost",
        ),
        (
            '[broker]\nurl = "amqp://host"',
            "config.toml:2 : broker.url : écrivez redis://machine:6379/0 (ou rediss://…), ou laissez vide : un seul processus",
        ),
    ],
)
def test_a_fault_of_the_file_names_its_line(tmp_path, text, fault):
    assert faults(written(tmp_path, text)) == [f"{tmp_path}/{fault}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[sms]\nprice_per_part = 0,05",
            "config.toml:2 : « price_per_part = … » ne se lit pas : un nombre s’écrit avec un point",
        ),
        (
            "[retention]\ncontest_until = 31/05/2027",
            "config.toml:2 : « contest_until = … » ne se lit pas : un jour s’écrit ainsi",
        ),
        ("mode = « trial »", "config.toml:1 : « mode = … » ne se lit pas : les guillemets d’un texte sont droits"),
        ('mode = "trial', "config.toml:1 : « mode = … » ne se lit pas : un texte commence et finit par un guillemet droit"),
        ('mode = "trial"\nmode = "live"', "config.toml:2 : « mode » est déjà plus haut : gardez l’un des deux"),
        ("[sms]\n[web]\n[sms]", "config.toml:3 : « [sms] » est déjà plus haut : gardez l’un des deux"),
        ("mode", "config.toml:1 : cette ligne ne se lit pas : écrivez clé = valeur"),
        ('[team]\naddresses = ["a@exemple.fr"', "config.toml:2 : « addresses = … » ne se lit pas : une liste s’écrit ainsi"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_write_instead_and_no_value(tmp_path, text, told):
    [fault] = faults(written(tmp_path, text))
    assert fault.startswith(f"{tmp_path}/{told}")
    assert text.rpartition("=")[2].strip() not in fault or "=" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[smtp]\ntimeout_seconds = 0", "donnez plus de 0"),
        ('[smtp]\ntimeout_seconds = "vite"', "donnez un nombre"),
        ('[sms]\nprice_per_part = "cher"', "donnez un nombre"),
        ("[sending]\nbatch = 1.5", "donnez un nombre entier"),
        ("[sender]\nname = 3", "donnez un texte entre guillemets"),
        ("[journal]\nkey_file = 3", "donnez un texte entre guillemets"),
        ('[retention]\ncontest_until = "bientôt"', "donnez un jour, écrit ainsi : 2027-03-15"),
        ("[retention]\ncontest_until = 0", "donnez un jour, écrit ainsi : 2027-03-15"),  # not 1970: all would be erased
        ('[retention]\ncontest_until = "0"', "donnez un jour, écrit ainsi : 2027-03-15"),
        ("[retention]\naccount_cleared_on = true", "donnez un jour, écrit ainsi : 2027-03-15"),
        ('[team]\naddresses = "a@exemple.fr"', 'donnez une liste, écrite ainsi : ["a", "b"]'),
        ("[smtp]\nper_second_by_domain = 3", "donnez une table"),
        ('[controller]\nkind = "roi"', "choisissez candidate, party"),
        ('[sms]\nstop_number = "36 000"', "un numéro court n’a que des chiffres, comme 36000"),
        ('[calls]\nobjection_key = "12"', "donnez une touche d’un téléphone : un chiffre, * ou #"),
        (
            '[web]\npublic_url = "https://exemple.fr/lettre/"',
            "donnez un nom à elle, sans chemin, comme https://lettre.exemple.fr",
        ),
    ],
)
def test_whatever_is_wrong_with_a_value_is_said_in_french(tmp_path, text, told):
    (fault,) = faults(written(tmp_path, text))
    assert told in fault and "nput" not in fault


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://lettre.exemple.fr/", "https://lettre.exemple.fr"),
        ("https://Lettre.Exemple.FR", "https://lettre.exemple.fr"),
        ("https://été.fr", "https://xn--t-9fab.fr"),
        ("https://ÉTÉ.fr:8443/", "https://xn--t-9fab.fr:8443"),
    ],
)
def test_a_site_whose_name_has_an_accent_is_kept_as_messages_can_hold_it(typed, kept):
    """Its name went into every link as it is typed: the checklist was green, and each message of a live campaign was refused."""
    assert load_settings(web={"public_url": typed}).web.public_url == kept


def test_a_page_whose_address_has_accents_is_kept_as_browsers_ask_for_it():
    """Pasted from the bar of a browser. « privacy_url doit commencer par https:// », it was told, which it did."""
    pages = {"privacy_url": "https://valbrume.example/nos-données?à=l’été", "transparency_url": "https://valbrume.example/a%20b"}
    kept = load_settings(controller=pages, forms={"embed_origins": ["https://été.fr"]})
    assert kept.controller.privacy_url == "https://valbrume.example/nos-donn%C3%A9es?%C3%A0=l%E2%80%99%C3%A9t%C3%A9"
    assert kept.controller.transparency_url == pages["transparency_url"]
    assert kept.forms.embed_origins == ("https://xn--t-9fab.fr",)


@pytest.mark.parametrize("given", ["Claire", "oui", "Claire :", ": nous sommes seuls"])
def test_a_waiver_of_the_second_look_says_who_approves_alone_and_why(given):
    with pytest.raises(InvalidSettings, match="dites qui approuve seul, puis pourquoi"):
        load_settings(team={"single_approver": given})


def test_blanks_are_no_waiver():
    assert load_settings(team={"single_approver": "  "}).team.single_approver == ""


@pytest.mark.parametrize("key", ["web.public_url", "controller.privacy_url", "sms.notice_url"])
def test_a_password_in_the_address_of_a_page_does_not_go_into_every_message(key):
    table, name = key.split(".")
    given: dict[str, Any] = {table: {name: "https://moi:sesame@exemple.fr"}}
    with pytest.raises(InvalidSettings) as refused:
        load_settings(**given)
    assert "ôtez ce qui précède @" in str(refused.value) and "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "url", "told"),
    [
        ("DATABASE", "postgresql://account:open@sesame@db.example/passerelle", "un @ du mot de passe s’écrit %40"),
        ("DATABASE", "postgresql://account:open@ses/ame@db.example/passerelle", "un @ du mot de passe s’écrit %40"),
        ("DATABASE", "postgresql://account:opensesame@db.example:sesame/passerelle", "le port est un nombre"),
        ("BROKER", "redis://:open/sesame@cache.example:6379/0", "un / du mot de passe s’écrit %2F"),
        ("BROKER", "redis://cache.example:sesame/0", "le port est un nombre"),
    ],
)
def test_a_password_with_signs_of_an_address_is_neither_taken_for_a_machine_nor_shown(monkeypatch, key, url, told):
    monkeypatch.setenv(f"GATEWAY_{key}__URL", url)
    (fault,) = faults()
    assert told in fault and "open" not in fault and "sesame" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://account:open/ses%40:ame?#@db.example:5432/passerelle",
        "postgresql://account@db.example/passerelle",
        "postgresql:///passerelle?host=/var/run/postgresql",
        "postgresql://account:pw@[::1]:5432/passerelle?sslmode=require",
    ],
)
def test_a_server_is_named_in_any_way_that_its_driver_reads(monkeypatch, url):
    monkeypatch.setenv("GATEWAY_DATABASE__URL", url)
    assert load_settings().database.url == url


def test_a_file_a_folder_or_a_day_left_empty_is_none_and_not_the_folder_one_stands_in(tmp_path):
    """As every other key of config.toml reads an empty text; signing keys and checkpoints went to wherever the service began."""
    text = '[sender]\ndkim_key_file = ""\n[forms]\nfolder = ""\n[journal]\nkey_file = ""\nwitness_dir = ""\ntimestamp_ca = ""\n'
    found = load_settings(written(tmp_path, f'{text}[retention]\ncontest_until = ""'))
    assert found.sender.dkim_key_file is None and found.forms.folder is None and found.retention.contest_until is None
    assert (found.journal.key_file, found.journal.witness_dir, found.journal.timestamp_ca) == (None, None, None)


def test_a_file_that_is_named_and_absent_is_a_fault_not_a_default(tmp_path):
    (told,) = faults(tmp_path / "absent.toml")
    assert told == f"{tmp_path}/absent.toml : illisible (ce chemin n’existe pas)"


def test_a_whole_table_in_one_variable_is_refused(monkeypatch):
    monkeypatch.setenv("GATEWAY_SMTP", '{"host": "relay.example"}')
    assert faults()[0].startswith("environnement : GATEWAY_SMTP : cette clé n’existe pas")


def test_an_unknown_key_given_by_the_program_is_refused():
    assert faults(smpt={"host": "a"})[0].startswith("donné par le programme : smpt : cette clé n’existe pas")


class TestSecrets:
    """They come from the environment, from files, from a service manager; and are shown nowhere."""

    def test_they_come_from_a_file_without_its_last_newline(self, monkeypatch, tmp_path):
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        (tmp_path / "url").write_text("postgresql://account:pw@db.example/passerelle")
        monkeypatch.setenv("GATEWAY_SECRET_FILE", str(tmp_path / "secret"))
        monkeypatch.setenv("GATEWAY_DATABASE__URL_FILE", str(tmp_path / "url"))
        settings = load_settings()
        assert settings.secret.get_secret_value() == SECRET
        assert settings.database.url == "postgresql://account:pw@db.example/passerelle"

    def test_they_come_from_systemd_credentials_named_as_their_key(self, monkeypatch, tmp_path):
        (tmp_path / "smtp.password").write_text("opensesame")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert load_settings().smtp.password.get_secret_value() == "opensesame"

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            (None, "est illisible (ce chemin n’existe pas)"),
            ("", "est vide ; écrivez-y le secret"),
            (b"\xff", "est illisible (ce n’est pas un texte en UTF-8)"),
        ],
    )
    def test_a_secret_file_that_gives_nothing_is_a_fault(self, monkeypatch, tmp_path, content, fault):
        file = tmp_path / "secret"
        if content is not None:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setenv("GATEWAY_SECRET_FILE", str(file))
        assert faults() == [f"GATEWAY_SECRET_FILE : secret : le fichier {file} {fault}"]

    def test_the_same_secret_given_twice_is_a_fault(self, monkeypatch):
        monkeypatch.setenv("GATEWAY_SECRET", SECRET)
        monkeypatch.setenv("GATEWAY_SECRET_FILE", "anywhere")
        assert faults() == ["GATEWAY_SECRET_FILE : secret est donné aussi par sa valeur ; gardez l’un des deux"]

    def test_only_secrets_may_come_from_files(self, monkeypatch):
        monkeypatch.setenv("GATEWAY_ELECTION_FILE", "anywhere")
        assert faults()[0].startswith("environnement : GATEWAY_ELECTION_FILE : cette clé n’existe pas")

    def test_a_short_one_is_refused_without_being_repeated(self, monkeypatch):
        monkeypatch.setenv("GATEWAY_SECRET", "opensesame")
        (told,) = faults()
        assert told == "GATEWAY_SECRET : secret : trop court : donnez au moins 32 caractères tirés au hasard, pour toujours"

    def test_none_is_shown_by_a_fault_or_by_the_settings_themselves(self, monkeypatch):
        monkeypatch.setenv("GATEWAY_SECRET", SECRET)
        monkeypatch.setenv("GATEWAY_DATABASE__URL", "postgresql://account:opensesame@db.example/passerelle")
        monkeypatch.setenv("GATEWAY_BROKER__URL", "redis://:opensesame@cache.example:6379/0")
        settings = load_settings()
        assert "opensesame" not in repr(settings) and SECRET not in repr(settings)
        for unreadable in ("mysql://account:opensesame@db.example/base", "postgresql://account:opensesame@db\u2100.example/base"):
            monkeypatch.setenv("GATEWAY_DATABASE__URL", unreadable)
            assert all("opensesame" not in told for told in faults())


def test_building_settings_by_hand_reads_no_file_and_no_environment(monkeypatch, tmp_path):
    written(tmp_path, 'mode = "live"')
    monkeypatch.setenv("GATEWAY_ELECTION", "other")
    assert Settings().mode == "trial" and Settings().election == ""
