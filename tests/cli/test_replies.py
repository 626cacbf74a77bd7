"""`gateway replies …`, as a volunteer and a program call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.app import opened
from gateway.cli.main import app
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidAddress
from gateway.domain.suppression import EVERY_MEDIUM, SuppressionCause, SuppressionKind
from gateway.flows.hearing import Reply, hear
from gateway.settings import load_settings
from gateway.store import suppressions
from gateway.store.engine import begin
from gateway.store.suppressions import Suppression
from tests.commands import ran
from tests.sending.support import digest


def agathe_writes(text: str) -> int:
    """Agathe answers by email; the number of her reply."""
    with opened(load_settings()) as gw:
        reply = Reply(
            medium=Medium.EMAIL,
            sender_digest=digest(gw, "agathe@exemple.fr"),
            text=text,
            received_at=gw.clock.now(),
            provider_id="<1@exemple.fr>",
        )
        return hear(gw, reply).letter_id


@pytest.fixture
def doubtful(call, neighbours) -> int:
    """Agathe wrote something that may be an objection."""
    return agathe_writes("Bof, [b]pas intéressée[/b]")


def test_texts_are_classified_line_by_line_and_bad_lines_named(call, tmp_path: Path):
    lines = ['{"text": "STOP"}', "pas du json", '{"texte": "STOP"}', "", '{"text": "Bravo à vous", "id": 7}']
    file = tmp_path / "réponses.jsonl"
    file.write_bytes("\n".join(lines).encode() + b'\n{"text": "\xe9"}')
    result = ran(app, "replies", "classify", str(file))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["text"], one["intent"]) for one in answers] == [("STOP", "objection"), ("Bravo à vous", "other")]
    assert answers[0]["evidence"][0] == "keyword: stop"
    assert result.exit_code == 1
    assert [number in result.stderr for number in ("ligne 2", "ligne 3", "ligne 4", "ligne 5", "ligne 6")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_texts_come_from_standard_input_too():
    result = ran(app, "replies", "classify", "-", typed='{"text": "Ne m\'écrivez plus"}\n')
    assert (result.exit_code, json.loads(result.stdout)["intent"]) == (0, "objection")


def test_a_line_too_long_is_named_and_the_next_is_read(tmp_path: Path):
    file = tmp_path / "long.jsonl"
    file.write_text(json.dumps({"text": "a" * 2_500_000}) + '\n{"text": "stop"}\n', "utf-8")
    result = ran(app, "replies", "classify", str(file))
    assert result.exit_code == 1 and "ligne 1 : ce n’est pas du JSON (plus de" in result.stderr
    assert json.loads(result.stdout)["text"] == "stop"


def test_the_queue_shows_what_she_wrote_what_was_paused_and_what_each_choice_does(call, doubtful):
    code, said = call("replies", "queue")
    assert code == 0
    for words in (
        "1 réponse attend",
        "a…@exemple.fr",
        "peut-être une opposition",
        "[b]pas intéressée[/b]",
        "En pause",
        "pas intéressée",
        "  not-objection : ",
        "gateway replies resolve 1 … --by",
    ):
        assert words in said
    told = json.loads(call("replies", "queue", "--json")[1])
    assert told["open"] == {"doubtful": 1}
    (one,) = told["replies"]
    assert (one["id"], one["intent"], one["paused"], one["person"]) == (doubtful, "doubtful", True, "a…@exemple.fr")
    assert set(one["choices"]) == {"objection", "not-objection", "refusal"}


def test_a_reply_is_settled_by_name_and_only_once(call, doubtful):
    words = ("replies", "resolve", doubtful, "objection", "--by", "Inès", "--why", "elle le dit")
    code, said = call(*words)
    assert code == 0 and "Réponse 1 : opposition" in said
    assert "déjà décidé par Inès" in call(*words)[1]
    with pytest.raises(Conflict):
        call("replies", "resolve", doubtful, "not-objection", "--by", "Malo", "--why", "je crois")
    assert "Aucune réponse n’attend" in call("replies", "queue")[1]
    listed = json.loads(call("suppressions", "list", "--json")[1])
    assert listed["reception_to_effect"]["objections"] == 1 and listed["reception_to_effect"]["max_ms"] < 60_000
    assert "1 opposition reçue ; de la réception à l’effet" in call("suppressions", "list")[1]
    assert listed["counts"] == [{"kind": "objection", "medium": "email", "entries": 1}]


def test_reports_to_33700_are_taken_into_account_by_a_command(call):
    why = ["--why", "relevé du 33700 de mars", "--by", "Inès"]
    code, said = call("suppressions", "report", "06 12 34 56 78", "+33699999999", *why)
    assert code == 0 and "2 numéros signalés sont sur la liste d’opposition." in said.replace("\n", " ")
    told = json.loads(call("suppressions", "report", "0612345678", *why, "--json")[1])
    assert (told["numbers"], told["fresh"], told["rules"]) == (1, 0, ["sms-spam-33700"])
    listed = json.loads(call("suppressions", "list", "--json")[1])
    assert listed["counts"] == [{"kind": "objection", "medium": "sms", "entries": 2}]
    with pytest.raises(InvalidAddress):
        call("suppressions", "report", "12", *why)
    code, said = call("suppressions", "report", "12", "06 99 99 99 98", *why)
    assert code == 1 and "1 numéro signalé est sur la liste" in said
    assert "Ne se lit pas : « 12 ». Cette personne n’est pas protégée" in " ".join(said.split())


def test_an_objection_of_half_past_midnight_is_listed_on_the_day_it_was_made_here(call):
    """In Paris it was the second of March; the database writes instants as London has them."""
    with opened(load_settings()) as gw, begin(gw.engine) as tx:
        half_past = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
        kind, cause = SuppressionKind.OBJECTION, SuppressionCause.REPLY
        suppressions.add_all(tx, [Suppression(digest=b"d" * 16, medium=EVERY_MEDIUM, kind=kind, cause=cause, since=half_past)])
    code, said = call("suppressions", "list", "--after", "0")
    assert code == 0 and "02/03/2027" in said and "01/03/2027" not in said


@pytest.fixture
def of_two_rights(call, neighbours) -> int:
    """Agathe asks in one text for her data and for their erasure."""
    return agathe_writes("Je veux accéder à mes données, puis effacez mes données.")


def test_a_reply_that_asks_for_two_rights_shows_both_and_neither_passes_for_answered_by_the_other(call, of_two_rights: int):
    code, said = call("replies", "queue")
    assert code == 0 and "demande d’accès (n° " in said and "demande d’effacement (n° " in said
    told = json.loads(call("replies", "queue", "--json")[1])["replies"][0]["requests"]
    assert sorted(one["right"] for one in told) == ["access", "erasure"]
    words = ["--by", "Inès", "--why", "Copie envoyée ce matin."]
    code, said = call("replies", "resolve", str(of_two_rights), "answered", *words)
    assert code == 0
    for one in told:
        assert f"qui attend encore la sienne : gateway rights show {one['id']}" in " ".join(said.split())
    assert len(json.loads(call("rights", "list", "--json")[1])["requests"]) == 2
