"""What mail servers answer, as a volunteer reads it: Odile reads no English, and nobody may lose the server's own words."""

from __future__ import annotations

import pytest

from gateway.cli.server_words import answered


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("452 4.2.2 4.2.2 Mailbox full", "boîte pleine (452 4.2.2, « Mailbox full »)"),
        ("550 5.1.1 User unknown", "adresse inconnue (550 5.1.1, « User unknown »)"),
        ("550 5.1.10 No such domain", "domaine qui ne reçoit pas de courriel (550 5.1.10, « No such domain »)"),
        ("554 5.7.26 Unauthenticated mail", "refusé par les règles de ce serveur (554 5.7.26, « Unauthenticated mail »)"),
        ("421 4.7.0 Try again later", "refusé par les règles de ce serveur (421 4.7.0, « Try again later »)"),
        ("450 Greylisted", "refusé pour cette fois (450, « Greylisted »)"),
        ("550 no mailbox here", "refusé (550, « no mailbox here »)"),
        ("552 5.2.2", "boîte pleine (552 5.2.2)"),
        ("250 2.0.0 Ok: queued as 4F1", "accepté (250 2.0.0, « Ok: queued as 4F1 »)"),
        ("550 5.1.1 5.1.10 odd", "adresse inconnue (550 5.1.1, « 5.1.10 odd »)"),  # another code is part of the words
        ("30006 landline", "30006 landline"),  # a carrier's, not a mail server's
        ("connexion perdue", "connexion perdue"),
        ("550 [bold]x", "refusé (550, « \\[bold]x »)"),
        ("", ""),
        (None, ""),
    ],
)
def test_an_answer_is_told_in_french_with_the_words_of_the_server(reply: str | None, told: str):
    assert answered(reply).replace("\N{NO-BREAK SPACE}", " ") == told
