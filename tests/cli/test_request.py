"""`gateway campaign create --ask-consent` and `gateway retention`: asked once, forgotten in time."""

from __future__ import annotations

import json
from contextlib import contextmanager

from sqlalchemy import create_engine, text


@contextmanager
def changing(url):
    """A transaction beside the commands, on a connection of its own."""
    engine = create_engine(url)
    with engine.begin() as tx:
        yield tx
    engine.dispose()


def asked_and_silent(call):
    """The lines of the plan about people who were asked for consent and have not answered."""
    return [line for line in json.loads(call("retention", "plan", "--json")[1]) if line["due"] == "asked"]


def test_a_request_for_consent_is_drafted_tried_and_launched_and_its_answers_are_awaited(call, neighbours, tmp_path, sqlite_url):
    with changing(sqlite_url) as tx:
        tx.execute(text("UPDATE contact SET contact_class = 'occasional' WHERE given_name = 'Bruno'"))
    (tmp_path / "demande.md").write_text("Bonjour,\n\nvous étiez à notre réunion.\n", "utf-8")
    drafted = ["demande", "--subject", "Une question", "--body", tmp_path / "demande.md", "--ask-consent", "--by", "claire"]
    assert call("campaign", "create", *drafted)[0] == 0
    assert json.loads(call("campaign", "list", "--json")[1])[0]["class"] == "consent_request"
    told = json.loads(call("campaign", "dry-run", "demande", "--json")[1])
    assert (told["people"], told["allowed"]) == (1, 1)
    assert "Répondre oui ou non" in call("campaign", "preview", "demande")[1]
    call("campaign", "approve", "demande", "--by", "malik")
    assert json.loads(call("campaign", "launch", "demande", "--by", "claire", "--json")[1])["messages"] == 1
    assert not asked_and_silent(call), "nobody was asked yet"
    with changing(sqlite_url) as tx:
        columns = "message_id, contact_id, digest, asked_at"
        asked = f"INSERT INTO consent_request ({columns}) SELECT id, contact_id, digest, :at FROM message"
        tx.execute(text(asked), {"at": "2026-01-05 10:00:00.000000"})
        tx.execute(text("UPDATE message SET state = 'accepted'"))
    (awaited,) = asked_and_silent(call)
    assert (awaited["detail"], awaited["count"], awaited["rules"]) == ("web_form", 1, ["purge-occasional"])
    said = " ".join(call("retention", "plan")[1].split())
    assert "05/02/2026" in said and "(web_form)" not in said, "names, no codes"
    done = json.loads(call("retention", "run", "--json")[1])
    assert {what: count for what, count in done.items() if count} == {"contacts": 1, "asked": 1}
    assert "Rien n’était échu" in call("retention", "run")[1]
