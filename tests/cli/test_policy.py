"""`gateway policy`: the law read, tested, asked and compared from the command line."""

from __future__ import annotations

import json
import shutil

import pytest

from gateway.data import data_dir
from gateway.domain.errors import InvalidAddress, InvalidInput, InvalidPack, NotFound


def explained(call, *words):
    code, said = call("policy", "explain", *words, "--json")
    return code, json.loads(said)


@pytest.fixture
def other_rules(tmp_path):
    """A copy of the rules, to be changed."""
    return shutil.copytree(data_dir("policies"), tmp_path / "autres-regles")


class TestReading:
    def test_check_says_the_version_and_the_elections(self, call):
        code, said = call("policy", "check", "--json")
        told = json.loads(said)
        assert code == 0 and len(told["version"]) == 16
        assert {one["id"]: one["status"] for one in told["elections"]}["presidentielle-2027"] == "announced"
        assert told["version"] in call("policy", "check")[1]

    def test_list_shows_one_kind_and_refuses_an_unknown_one(self, call):
        told = json.loads(call("policy", "list", "--kind", "silence", "--json")[1])
        assert told and {rule["kind"] for rule in told} == {"silence"}
        with pytest.raises(InvalidInput, match=r"aucune règle de la sorte « silense » ; il y a .*silence"):
            call("policy", "list", "--kind", "silense")

    def test_show_says_source_force_confidence_and_every_value(self, call):
        code, said = call("policy", "show", "consent-refresh")
        assert code == 0
        for words in (
            "L’accord a été donné pour une autre élection",
            "The consent was given",
            "CNIL",
            "loi, texte lu",
            "2018-05-25",
        ):
            assert words in said
        with pytest.raises(NotFound, match=r"« consent-fresh » : vouliez-vous dire consent-refresh \?"):
            call("policy", "show", "consent-fresh")


class TestScenarios:
    def test_those_that_ship_hold_and_show_each_rule_on_both_sides(self, call):
        code, said = call("policy", "test", "--json")
        told = json.loads(said)
        assert code == 0 and told["scenarios"] > 100
        assert told["failed"] == told["never_allowing"] == told["never_stopping"] == []

    def test_a_scenario_that_does_not_hold_is_named_and_exits_with_1(self, call, tmp_path):
        text = (data_dir("policies") / "fr" / "scenarios" / "bases.toml").read_text("utf-8")
        wrong = (
            '\n[[scenario]]\nname = "on écrirait à qui n’a rien dit"\nask = "send"\nat = 2027-01-05T10:00:00+01:00\n'
            'given = { channel = "email", message_class = "campaign" }\nexpect = { verdict = "allow" }\n'
        )
        (tmp_path / "faux.toml").write_text(text + wrong, "utf-8")
        code, said = call("policy", "test", tmp_path / "faux.toml", "--json")
        (failed,) = json.loads(said)["failed"]
        assert code == 1 and failed["name"] == "on écrirait à qui n’a rien dit" and "refuse" in failed["faults"][0]
        assert "✗" in call("policy", "test", tmp_path / "faux.toml")[1]


class TestMayIWrite:
    def test_yes_to_agathe_who_agreed_with_proof(self, call, neighbours):
        code, told = explained(call, "AGATHE@exemple.fr")
        assert (code, told["verdict"], told["rules"]) == (0, "allow", ["consent-per-channel"])
        assert call("policy", "explain", "agathe@exemple.fr")[1].startswith("Oui, vous pouvez lui écrire maintenant.")

    def test_what_decides_fits_a_screen_and_the_rest_is_told_on_demand(self, call, neighbours):
        """« Oui » stood above thirty lines of mentions that every letter carries by itself."""
        said = call("policy", "explain", "agathe@exemple.fr")[1]
        rest = next(line for line in said.splitlines() if "--full" in line)
        others = int(rest.split()[1])
        assert len(said.splitlines()) == 3 and "List-Unsubscribe" not in said
        full = call("policy", "explain", "agathe@exemple.fr", "--full")[1]
        assert "List-Unsubscribe" in full and sum(line.startswith("  · ") for line in full.splitlines()) == others

    def test_no_to_bruno_who_was_never_asked(self, call, neighbours):
        code, told = explained(call, "bruno@exemple.fr")
        assert (code, told["verdict"], told["rules"]) == (1, "refuse", ["consent-per-channel"])
        lines = call("policy", "explain", "bruno@exemple.fr")[1].splitlines()
        assert lines[0] == "Non, vous ne pouvez pas lui écrire."
        assert "n’a pas donné son accord" in lines[1] and "consent-per-channel" in lines[1]

    def test_not_to_agathe_on_the_eve_of_the_vote(self, call, neighbours):
        code, told = explained(call, "agathe@exemple.fr", "--at", "2027-04-17T12:00:00+02:00")
        rules = {finding["rule"] for finding in told["findings"] if finding["effect"] in ("refuse", "defer")}
        assert code == 1 and told["verdict"] != "allow" and "silence-electronic" in rules

    def test_not_to_agathe_once_she_objected(self, call, neighbours, tmp_path):
        (tmp_path / "stop.txt").write_text("agathe@exemple.fr\n", "utf-8")
        call("suppressions", "import", tmp_path / "stop.txt")
        code, told = explained(call, "agathe@exemple.fr")
        assert code == 1 and "optout-effect" in told["rules"] and told["suppressions"][0]["kind"] == "objection"

    def test_nobody_holds_the_address_and_the_list_still_speaks(self, call, tmp_path):
        (tmp_path / "stop.txt").write_text("partie@exemple.fr\n", "utf-8")
        call("suppressions", "import", tmp_path / "stop.txt")
        code, said = call("policy", "explain", "partie@exemple.fr")
        assert code == 1 and "personne n’a cette adresse" in said and "Liste d’opposition" in said

    @pytest.fixture
    def riou(self, call, tmp_path):
        """Zoé Riou of Strasbourg, who left her mobile at the market and agreed to calls in the evening."""
        path = tmp_path / "marché.csv"
        path.write_text("nom;portable;cp\nRiou;06 39 98 12 34;67000\n", "utf-8")
        origin = ["--origin", "paper_form", "--label", "marché", "--collected-on", "2026-03-15", "--collector", "équipe"]
        assert call("contacts", "import", path, *origin, "--declare", "art13-form", "--yes")[0] == 0
        said = ["--form", "carton v2", "--wording", "Oui.", "--means", "papier", "--given-at", "15/03/2026", "--collector", "Zoé"]
        hours = ["--channel", "call", "--hours", "lun-ven 18h-20h"]
        assert call("consent", "record", "0639981234", *said, *hours)[0] == 0

    def test_a_text_to_somebody_who_agreed_to_calls_only_is_refused_for_that(self, call, riou):
        code, told = explained(call, "06 39 98 12 34", "--channel", "sms", "--at", "2027-03-02T10:00:00+01:00")
        assert explained(call, "06 39 98 12 34", "--at", "02/03/2027 10:00") == (code, told), "a number means a text"
        assert (code, told["verdict"], told["rules"]) == (1, "refuse", ["consent-per-channel"])

    def test_a_call_waits_for_the_hour_she_stated_and_may_then_be_made(self, call, riou):
        code, told = explained(call, "+33639981234", "--channel", "call", "--at", "2027-03-02T10:30:00+01:00")
        assert (code, told["rules"], told["until"]) == (1, ["voice-consent-window"], "2027-03-02T17:00:00+00:00")
        said = " ".join(finding["sentence"] for finding in told["findings"]).replace("\u00a0", " ")
        assert "du lundi au vendredi de 18 h à 20 h. L’appel se fera le mardi 2 mars 2027 à 18 h" in said
        lines = call("policy", "explain", "+33639981234", "--channel", "call", "--at", "2027-03-02T10:30:00+01:00")[1]
        assert "À partir du mardi 2 mars 2027 à 18 h (heure de Paris)." in lines.replace("\u00a0", " "), "of which clock"
        code, said = call("policy", "explain", "+33639981234", "--channel", "call", "--at", "2027-03-02T18:00:00+01:00")
        assert code == 0 and said.startswith("Oui, vous pouvez l’appeler maintenant.")

    def test_a_dry_run_says_on_which_clock_it_reads_the_hour_at_which_some_leave(self, call, riou, monkeypatch):
        monkeypatch.setenv("COLUMNS", "250")
        text = "Samedi à dix heures, on parle de l’école au lavoir."
        assert call("campaign", "create-call", "samedi", "--text", text, "--by", "Claire")[0] == 0
        told = call("campaign", "dry-run", "samedi", "--at", "2027-03-02T10:30:00+01:00")[1]
        assert "à partir du 02/03/2027 à 18:00, heure de Paris" in told

    def test_on_good_friday_the_hours_of_strasbourg_are_closed(self, call, riou):
        _, told = explained(call, "+33639981234", "--channel", "call", "--at", "2027-03-26T18:30:00+01:00")
        found = {finding["rule"]: finding["sentence"].replace("\u00a0", " ") for finding in told["findings"]}
        # Saturday and Sunday follow, then Easter Monday: Tuesday at ten.
        assert "L’appel se fera le mardi 30 mars 2027 à 10 h" in found["voice-default-window"]

    @pytest.mark.parametrize(
        ("address", "channel", "why"),
        [
            ("agathe@exemple.fr", "sms", "il faut un numéro de téléphone"),
            ("01 99 00 12 34", "sms", "un fixe ne reçoit pas de SMS"),
            ("06 39 98 12 34", "email", "il manque « @ »"),
        ],
    )
    def test_an_address_of_another_channel_is_refused_with_the_reason(self, call, neighbours, address, channel, why):
        with pytest.raises(InvalidAddress, match=why):
            call("policy", "explain", address, "--channel", channel)


class TestComparing:
    @pytest.fixture
    def waiting(self, call, neighbours, tmp_path):
        """A letter approved for both neighbours."""
        (tmp_path / "lettre.md").write_text("Bonjour,", "utf-8")
        call("campaign", "create", "lettre", "--subject", "Lettre", "--body", tmp_path / "lettre.md", "--by", "claire")
        call("campaign", "approve", "lettre", "--by", "malik")

    def test_the_same_rules_differ_in_nothing(self, call, other_rules):
        told = json.loads(call("policy", "diff", other_rules, "--json")[1])
        assert told["rules"] == [] and told["old"] == told["new"]

    @pytest.mark.parametrize("launched", [False, True])
    def test_stricter_rules_would_stop_agathes_letter_and_say_which_rule(self, call, other_rules, waiting, launched):
        if launched:
            call("campaign", "launch", "lettre", "--by", "claire")
        house = other_rules / "house" / "rules" / "house.toml"
        stricter = (
            '\n[[rule]]\nid = "house-no-web"\nkind = "condition"\nchannels = ["*"]\nclasses = ["campaign"]\neffect = "refuse"\n'
            'source = "team"\nforce = "prudent"\nconfidence = "own"\nchecked_on = 2026-11-23\nsays.fr = "Non."\nsays.en = "No."\n'
            '[[rule.value]]\nfrom = 2018-05-25\nwhen = { origin = ["web_form"] }\n'
        )
        house.write_text(house.read_text("utf-8") + stricter, "utf-8")
        told = json.loads(call("policy", "diff", other_rules, "--json")[1])
        assert [(one["rule"], one["change"]) for one in told["rules"]] == [("house-no-web", "added")]
        assert (told["campaigns"], told["people"], told["people_changed"]) == (["lettre"], 2, 1)
        assert [(one["old"], one["new"]) for one in told["verdicts"]] == [("allow", "refuse")]
        assert "house-no-web" in told["verdicts"][0]["because"]
        assert "1 message sur 2 serait décidé autrement" in call("policy", "diff", other_rules)[1]

    def test_other_windows_are_not_guessed(self, call, other_rules, waiting):
        house = other_rules / "house" / "rules" / "house.toml"
        house.write_text(house.read_text("utf-8").replace("days = 7", "days = 9"), "utf-8")
        told = json.loads(call("policy", "diff", other_rules, "--json")[1])
        assert told["comparable"] is False and told["people"] == 0 and told["rules"][0]["rule"] == "house-campaign-cap"

    def test_a_folder_without_rules_is_a_clear_fault(self, call, tmp_path):
        with pytest.raises(InvalidPack, match=r"pack\.toml: ce fichier n’existe pas"):
            call("policy", "diff", tmp_path)
