"""A letter that greets by a name people do not have: told before it leaves, with how many would read the gap."""

from __future__ import annotations

from gateway.cli import dry_run as shown
from gateway.domain.audience import Audience
from gateway.flows.campaigning import drafting, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.render.email import EmailContent
from tests.sending.support import Person, add


def tried(gw: Gateway, body: str) -> trying.DryRun:
    content = EmailContent(subject="La lettre", body=body, format="markdown")
    drafting.create(gw, "lettre", Definition(content=content, audience=Audience()), by="autrice")
    return trying.dry_run(gw, "lettre")


def test_how_many_would_read_a_gap_where_a_name_stands_is_told(gw: Gateway, capsys) -> None:
    people = (
        Person(email="a@exemple.example", given_name="Agathe"),
        *(Person(email=f"{n}@exemple.example", given_name="") for n in "bc"),
    )
    add(gw, *people)
    found = tried(gw, "Chère {{ given_name }},\n\nRéunion jeudi.")
    assert found.lacking == {"given_name": 2}
    shown.show(found, gw.pack.calendar.zone)
    said = " ".join(capsys.readouterr().out.split())
    assert "2 personnes de ce public n’ont pas de prénom au fichier : le message a un vide à cet endroit." in said
    assert '{{ prénom|"chère voisine, cher voisin" }}' in said


def test_words_for_people_without_a_name_leave_no_gap(gw: Gateway) -> None:
    add(gw, Person(email="b@exemple.example", given_name=""))
    assert tried(gw, 'Bonjour {{ given_name|"à vous" }},').lacking == {}


def test_a_name_that_everybody_has_leaves_none_either(gw: Gateway) -> None:
    add(gw, Person(email="a@exemple.example", given_name="Agathe"))
    assert tried(gw, "Chère {{ given_name }},").lacking == {}
