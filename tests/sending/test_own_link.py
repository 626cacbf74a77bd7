"""A letter made of one that somebody got, foot and all: by its links she would be unsubscribed, and nobody else."""

from __future__ import annotations

import pytest

from gateway.domain.keys import LinkScope
from gateway.flows.campaigning import trying
from gateway.flows.gateway import Gateway
from tests.sending.support import Person, RecordingChannel, add, digest, message_of, newsletter, run

LEA = "lea@exemple.example"


@pytest.mark.parametrize("link", ["hers", "of another tool"])
def test_whoever_would_click_on_it_to_leave_is_not_sent_a_link_that_leaves_her_in(
    gw: Gateway, channel: RecordingChannel, link: str
) -> None:
    add(gw, Person(email=LEA))
    newsletter(gw, name="la-premiere")
    token = gw.keys.link_token(LinkScope.OBJECT, message_of(gw, LEA)["id"], digest(gw, LEA))
    page = f"https://lettre.example/o/{token}" if link == "hers" else "https://outil.example/x7"
    words = "Ne plus recevoir" if link == "hers" else "Se désinscrire"
    newsletter(gw, name="la-suite", body=f"Venez samedi.\n\n[{words}]({page})\n")
    (outcome,) = trying.dry_run(gw, "la-suite").outcomes
    assert (outcome.verdict, outcome.rules) == ("refuse", ("own-unsubscribe-link",))
    (why,) = (one.sentence for one in outcome.explanations if one.rule == "own-unsubscribe-link")
    assert "chaque message porte déjà le sien" in why
    run(gw)
    assert len(channel.handed) == 1, "the first letter alone"
