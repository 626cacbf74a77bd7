"""`gateway check`: what keeps an installation from writing to real people, and that it really does."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.compliance.pack import load_pack
from gateway.data import data_dir
from gateway.domain.errors import InvalidPack, InvalidSettings, MailboxUnavailable, NotFound, StoreUnavailable
from gateway.flows.checking import (
    Standing,
    blocking,
    files_line,
    jobs_line,
    letter_line,
    pack_lines,
    refuse_unready,
    room_line,
    settings_lines,
    telephone_lines,
)
from gateway.flows.receiving.fetching import account
from gateway.settings import Settings, load_settings
from tests.sending.support import installation
from workers.ticker import Job, Ticker

READY: dict[str, Any] = {
    "mode": "live",
    "secret": "s" * 32,
    "controller": {
        "email": "donnees@camille-valbrume.fr",
        "privacy_url": "https://camille-valbrume.fr/donnees",
        "transparency_url": "https://camille-valbrume.fr/transparence",
    },
    "sender": {"email": "lettre@camille-valbrume.fr", "reply_to": "equipe@camille-valbrume.fr"},
    "smtp": {"host": "relais.camille-valbrume.fr"},
    "inbound": {"host": "imap.camille-valbrume.fr", "username": "retours@camille-valbrume.fr"},
    "web": {"public_url": "https://lettre.camille-valbrume.fr"},
    "team": {"addresses": ["claire@camille-valbrume.fr", "malik@camille-valbrume.fr"]},
}


def settings(**changed) -> Settings:
    return load_settings(data_dir("config.toml"), **{**READY, **changed})


def red(given: Settings) -> set[str]:
    return {line.id for line in blocking(settings_lines(given))}


def test_the_example_as_it_ships_may_not_write_to_real_people():
    assert red(load_settings(data_dir("config.toml"))) == {"invented", "relay", "public-url", "secret", "approver"}


def test_a_team_that_filled_everything_may():
    assert red(settings()) == set()


@pytest.mark.parametrize(
    ("changed", "line", "told"),
    [
        ({"controller": {**READY["controller"], "name": ""}}, "controller", "controller.name"),
        ({"controller": {**READY["controller"], "sponsor": ""}}, "notices", "controller.sponsor"),
        ({"sender": {**READY["sender"], "reply_to": ""}}, "sender", "sender.reply_to"),
        ({"sender": {**READY["sender"], "email": "lettre@valbrume.example"}}, "invented", "sender.email"),
        ({"smtp": {"host": ""}}, "relay", "smtp.host"),
        ({"web": {"public_url": "http://lettre.camille-valbrume.fr"}}, "public-url", "https://"),
        ({"web": {"public_url": "https://127.0.0.1:8000"}}, "public-url", "https://"),
        ({"secret": ""}, "secret", "GATEWAY_SECRET_FILE"),
        ({"team": {"addresses": ["claire@camille-valbrume.fr"]}}, "approver", "team.single_approver"),
    ],
)
def test_each_thing_missing_is_one_red_line_that_says_what_to_do(changed, line, told):
    found = blocking(settings_lines(settings(**changed)))
    assert [one.id for one in found] == [line] and told in found[0].todo


def test_one_person_alone_may_approve_when_the_team_says_why():
    assert red(settings(team={"addresses": [], "single_approver": "Claire : équipe d’une personne"})) == set()


def test_without_a_way_for_what_comes_back_the_team_is_advised():
    def inbound(**given: object) -> Standing:
        return next(line.standing for line in settings_lines(settings(inbound=given)) if line.id == "inbound")

    assert inbound(host="imap.camille-valbrume.fr") is Standing.READY
    assert inbound(listen="lmtp://127.0.0.1:2424") is Standing.READY
    assert inbound(listen="lmtp://127.0.0.1:0") is Standing.ADVISED  # any port: no mail server could know it
    assert inbound(listen="") is Standing.ADVISED


def test_no_dpo_is_advice_and_blocks_nothing():
    assert {line.id for line in settings_lines(settings()) if line.standing is Standing.ADVISED} == {"dpo"}


def test_an_overdue_review_blocks_and_one_that_comes_soon_is_announced():
    policies = data_dir("policies")
    pack = load_pack(policies / "fr", policies / "house", today=date(2026, 11, 23))
    day_before = pack_lines(settings(), pack, pack.review_by)
    assert {line.id: line.standing for line in day_before}["reviews"] is Standing.ADVISED and not blocking(day_before)
    assert [line.id for line in blocking(pack_lines(settings(), pack, date(2030, 1, 1)))] == ["pack"]


def test_an_election_whose_vote_is_over_is_pointed_out():
    policies = data_dir("policies")
    pack = load_pack(policies / "fr", policies / "house", today=date(2026, 11, 23))
    told = {day: pack_lines(settings(election="municipales-2026"), pack, day) for day in (date(2026, 3, 22), date(2026, 3, 23))}
    standing = {day: line.standing for day, lines in told.items() for line in lines if line.id == "vote"}
    assert standing == {date(2026, 3, 22): Standing.READY, date(2026, 3, 23): Standing.ADVISED}
    assert "22/03/2026" in " ".join(line.todo for line in told[date(2026, 3, 23)])


def test_an_election_the_rules_do_not_know_blocks():
    policies = data_dir("policies")
    pack = load_pack(policies / "fr", policies / "house", today=date(2026, 11, 23))
    (line,) = blocking(pack_lines(settings(election="municipales-2032"), pack, date(2026, 11, 23)))
    assert line.id == "election" and "presidentielle-2027" in line.todo


class TestAtWork:
    @pytest.fixture
    def gw(self, sqlite_url, clock, tmp_path):
        with installation(sqlite_url, clock, tmp_path / "var") as gateway:
            yield gateway

    def with_settings(self, gw, **changed):
        return replace(gw, settings=settings(**changed))

    def test_an_attestation_the_law_asks_for_is_named_by_its_rule(self, gw):
        declared = [one for one in settings().controller.declarations if one != "spf-dkim-dmarc"]
        line = letter_line(self.with_settings(gw, controller={**READY["controller"], "declarations": declared}))
        assert line.standing is Standing.BLOCKING and "(email-auth)" in line.todo

    def test_texts_and_calls_are_advised_of_and_never_keep_letters_back(self, gw):
        assert [line.standing for line in telephone_lines(gw)] == [Standing.READY, Standing.READY]
        (line,) = telephone_lines(self.with_settings(gw))
        assert line.standing is Standing.ADVISED and "twilio.account_sid" in line.todo
        provider = {"account_sid": "AC" + "1" * 32, "auth_token": "t" * 32}
        mobile = self.with_settings(gw, twilio=provider, calls={"caller": "+33612345678"})
        text, call = telephone_lines(mobile)
        assert text.standing is Standing.READY
        assert call.standing is Standing.ADVISED and "(voice-cli-" in call.todo
        assert "invented" in {line.id for line in blocking(settings_lines(mobile.settings))}

    def test_a_regular_job_that_fails_is_shown_with_its_fault_and_blocks_nothing(self, gw, clock):
        def break_down(_gw):
            raise OSError("the mailbox cannot be reached")

        hour = timedelta(hours=1)
        assert jobs_line(gw).standing is Standing.READY
        Ticker(gw, [Job(name="retention", every=hour, lease=hour, run=break_down)]).tick()
        line = jobs_line(gw)
        assert line.standing is Standing.ADVISED and "retention (OSError)" in line.todo
        clock.advance(2 * hour)
        Ticker(gw, [Job(name="retention", every=hour, lease=hour, run=lambda _gw: None)]).tick()
        assert jobs_line(gw).standing is Standing.READY

    def test_a_mailbox_that_cannot_be_read_is_said_in_words_for_objections_wait_in_it(self, gw, caplog):
        """« mailbox (MailboxUnavailable) » was all the checklist said, and the window of `gateway serve` filled with traces."""

        def refused(_gw):
            raise MailboxUnavailable("la boîte des retours ne se lit pas : le serveur refuse le mot de passe")

        hour = timedelta(hours=1)
        Ticker(gw, [Job(name="mailbox", every=hour, lease=hour, run=refused)]).tick()
        assert jobs_line(gw).todo.startswith("La boîte des retours ne se lit pas, et les oppositions y attendent")
        (told,) = [record for record in caplog.records if "mailbox" in record.getMessage()]
        assert told.getMessage().endswith("le serveur refuse le mot de passe") and told.exc_info is None

    def test_a_database_that_other_accounts_can_read_is_shown_with_what_to_do(self, gw):
        file = Path(gw.engine.url.database)
        file.chmod(0o644)
        assert files_line(gw).standing is Standing.ADVISED and files_line(gw).todo == f"Faites : chmod go= {file}*"
        file.chmod(0o600)
        assert files_line(gw).standing is Standing.READY

    def test_a_secret_and_a_key_that_other_accounts_can_read_are_shown_too(self, gw):
        """Put back from a backup under an ordinary umask: with the secret digests can be tried against any address."""
        Path(gw.engine.url.database).chmod(0o600)
        gw.settings.var_dir.mkdir(exist_ok=True)
        for name in ("secret", "journal.pem"):
            file = gw.settings.var_dir / name
            file.touch()
            file.chmod(0o644)
            assert files_line(gw).standing is Standing.ADVISED and files_line(gw).todo == f"Faites : chmod go= {file}"
            file.chmod(0o600)
            assert files_line(gw).standing is Standing.READY

    def test_a_disk_that_is_nearly_full_is_shown_before_it_is(self, gw, monkeypatch):
        """On a full one nothing leaves, and `gateway check` had said that all was well."""
        assert room_line(gw).standing is Standing.READY
        monkeypatch.setattr(shutil, "disk_usage", lambda where: SimpleNamespace(free=150_000_000))
        line = room_line(gw)
        assert line.standing is Standing.ADVISED and "que 150 Mo" in line.todo and "faites de la place" in line.todo

    def test_live_mode_does_not_send_while_a_line_is_red(self, gw):
        with pytest.raises(InvalidSettings, match=r"(?s)rien ne part.*https://"):
            refuse_unready(self.with_settings(gw, web={"public_url": "http://lettre.camille-valbrume.fr"}))

    def test_live_mode_sends_when_all_is_green_and_trial_mode_always(self, gw):
        refuse_unready(self.with_settings(gw))
        refuse_unready(replace(gw, settings=load_settings(data_dir("config.toml"))))


def test_a_mailbox_without_account_or_password_names_both_before_any_server_is_asked():
    with pytest.raises(InvalidSettings, match=r"(?s)inbound\.username : vide.*GATEWAY_INBOUND__PASSWORD_FILE"):
        account(settings(inbound={"host": "imap.exemple.fr"}))


def test_the_command_shows_every_line_and_exits_with_1_while_one_is_red(call):
    code, said = call("check")
    assert code == 1 and "✗ Un relais de courrier" in said and "smtp.host" in said and "rien ne quitte cette machine" in said
    told = json.loads(call("check", "--json")[1])
    assert told["ready"] is False and {"database", "schema", "letter"} <= {line["id"] for line in told["lines"]}


def test_a_relay_that_does_not_answer_is_a_red_line(call, monkeypatch):
    monkeypatch.setenv("GATEWAY_SMTP__HOST", "127.0.0.1")
    monkeypatch.setenv("GATEWAY_SMTP__PORT", "9")
    monkeypatch.setenv("GATEWAY_SMTP__TLS", "none")
    (line,) = [one for one in json.loads(call("check", "--probe", "--json")[1])["lines"] if one["id"] == "probe"]
    assert line["standing"] == "blocking" and "127.0.0.1:9 : rien n’écoute à ce port" in line["todo"]


def is_believed_to_be(day, monkeypatch):
    def load(law, house, *, today, listening=False):
        return load_pack(law, house, today=day, listening=listening)

    monkeypatch.setattr("gateway.present.load_pack", load)
    monkeypatch.setattr("gateway.cli.check.today", lambda: day)


@pytest.fixture
def years_later(monkeypatch):
    """No rule was read again since, and nobody is about to."""
    is_believed_to_be(date(2100, 1, 1), monkeypatch)


def test_on_a_machine_that_came_up_in_2020_objections_are_taken_and_the_checklist_says_to_set_its_clock(
    call, neighbours, monkeypatch, tmp_path
):
    is_believed_to_be(date(2020, 1, 1), monkeypatch)
    with pytest.raises(InvalidPack, match="réglez son horloge"):
        call("campaign", "create-sms", "sms-1", "--text", "Venez !")
    path = tmp_path / "stop.csv"
    path.write_text("parti@exemple.fr\n", "utf-8")
    assert call("suppressions", "import", path)[0] == 0
    (line,) = [one for one in json.loads(call("check", "--json")[1])["lines"] if one["id"] == "pack"]
    assert line["standing"] == "blocking" and "se croit le 01/01/2020" in line["todo"] and "réglez son horloge" in line["todo"]


def test_while_rules_wait_for_their_review_objections_are_taken_and_the_checklist_says_why_nothing_leaves(
    call, neighbours, monkeypatch, tmp_path, years_later
):
    for words in (["campaign", "create-sms", "sms-1", "--text", "Venez !"], ["worker"]):
        with pytest.raises(InvalidPack, match=r"règles .* leur relecture était due"):
            call(*words)
    monkeypatch.setattr("gateway.cli.working.until_stopped", lambda stop: None)
    assert call("ticker")[0] == 0
    path = tmp_path / "stop.csv"
    path.write_text("parti@exemple.fr\n", "utf-8")
    assert call("suppressions", "import", path)[0] == 0
    assert json.loads(call("suppressions", "list", "--json")[1])
    (line,) = [one for one in json.loads(call("check", "--json")[1])["lines"] if one["id"] == "pack"]
    assert line["standing"] == "blocking" and "À relire contre leur source" in line["todo"]


def test_nor_do_a_leak_a_dispute_or_a_term_that_is_over_wait_for_that_review_and_the_team_may_look_and_halt(
    call, neighbours, tmp_path, years_later
):
    """Seventy-two hours do not wait, and after an election nobody may be left to read the rules again."""
    until = (datetime.now(UTC) + timedelta(days=90)).date()
    assert call("breach", "open", "un ordinateur volé")[0] == 0
    assert call("breach", "list")[0] == 0
    assert call("retention", "hold", "agathe@exemple.fr", "--reason", "litige", "--until", until, "--by", "Inès")[0] == 0
    assert "agathe" in call("retention", "holds")[1]
    for words in ("retention plan", "retention run", "retention release agathe@exemple.fr", "retention inactive", "register"):
        assert call(*words.split())[0] == 0, words
    assert call("retention", "certificate", "--to", tmp_path / "certificat.html")[0] == 0
    for words in ("contacts show agathe@exemple.fr", "contacts list", "contacts batches", "campaign list", "campaign costs"):
        assert call(*words.split())[0] == 0, words
    with pytest.raises(NotFound):
        call("campaign", "cancel", "lettre-1")


def test_a_redis_that_does_not_answer_is_told_with_what_goes_on_without_it(call, monkeypatch):
    monkeypatch.setenv("GATEWAY_BROKER__URL", "redis://127.0.0.1:9/0")
    (line,) = [one for one in json.loads(call("check", "--json")[1])["lines"] if one["id"] == "broker"]
    assert line["standing"] == "advised" and "broker.url" in line["todo"] and "les messages partent" in line["todo"]


class TestDatabase:
    @pytest.fixture
    def empty_url(self, postgres_server, monkeypatch):
        url = postgres_server.create_database("vide")
        monkeypatch.setenv("GATEWAY_DATABASE__URL", url)
        yield url
        postgres_server.drop_database("vide")

    def test_postgresql_without_its_tables_is_told_which_command_to_run_and_runs_it(self, call, empty_url, monkeypatch):
        monkeypatch.setenv("GATEWAY_DATABASE__URL", empty_url)
        with pytest.raises(StoreUnavailable, match="lancez gateway db upgrade"):
            call("campaign", "list")
        assert json.loads(call("db", "upgrade", "--json")[1]) == {"changed": True}
        assert call("campaign", "list")[0] == 0
        assert json.loads(call("db", "upgrade", "--json")[1]) == {"changed": False}

    def test_a_database_that_is_away_is_a_red_line(self, call, monkeypatch):
        monkeypatch.setenv("GATEWAY_DATABASE__URL", "postgresql://127.0.0.1:9/nulle_part")
        code, said = call("check", "--json")
        assert code == 1 and [line["id"] for line in json.loads(said)["lines"] if line["id"] == "database"] == ["database"]
