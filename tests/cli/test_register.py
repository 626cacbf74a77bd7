"""`gateway register`: what the law asks to be written down, from what is real; what is not known is said to be missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.cli.words import said
from gateway.domain.contact import ContactClass
from gateway.domain.errors import InvalidInput
from gateway.flows.breaches import open_breach
from gateway.flows.registering import register
from gateway.flows.retaining import place_hold
from gateway.render.papers import paper
from tests.sending.support import Person, add, installation


@pytest.fixture
def gw(database_url, clock, tmp_path):
    controller = {"name": "Comité | Valbrume", "declarations": ["dpia"]}
    smtp, twilio = {"host": "relais.exemple.example"}, {"account_sid": "AC" + "0" * 32}
    with installation(database_url, clock, tmp_path, controller=controller, smtp=smtp, twilio=twilio) as gw:
        yield gw


def test_the_register_counts_what_is_there_and_names_terms_grounds_and_providers(gw, clock):
    add(gw, Person(email="a@exemple.fr"), Person(email="b@exemple.fr", contact_class=ContactClass.OCCASIONAL))
    open_breach(gw, "Un export a été envoyé à un tiers.", aware_at=clock.now(), people=2, by="Inès")
    place_hold(gw, "a@exemple.fr", reason="recours", until=clock.now() + timedelta(days=90), by="Inès")
    text = paper(gw.templates, "register", register(gw), said)
    for words in (
        "2 contacts",
        "d’un recours (`gateway retention holds`) | 1 |",
        "| contact occasionnel | 1 |",
        "| un formulaire sur un site | 2 |",
        "Comité \\| Valbrume",
        "| relais.exemple.example | relais des courriels | **à compléter** | **à compléter** |",
        "| Twilio | SMS et appels | **à compléter** | appelé à son adresse par défaut, aux États-Unis",
        "| messages politiques | courriel | 2 |",
        "d’après les déclarations du responsable : **à compléter**.",
        "| Violations de données au registre (`gateway breach list`) | 1 |",
        "`consent-per-channel`",
        "| `purge-after-election` | la personne | la fin des recours | aussitôt | effacement |",
        "| `inactive-regular` | la personne | la dernière nouvelle de la personne | 3 ans | quelqu’un doit agir |",
        "| `breach-72h` | notifier une violation | la connaissance du fait | 72 heures |",
        "1 mois (venu par : un formulaire sur un site ; des réseaux sociaux) ; sinon 2 mois",
        "3 mois (délai prolongé) ; sinon 1 mois",
        "**à compléter**",
    ):
        assert words in text, words
    imposed, chosen = text.split("D’autres messages partent par un")
    assert "`consent-per-channel`" in imposed and "`test-to-team`" not in imposed, "a choice of ours is no ground of the law"
    assert "`test-to-team`" in chosen
    assert "breach-72h" not in text.partition("**Délais pour agir.**")[0], "a deadline is no term of keeping"


def test_the_impact_assessment_says_which_measures_are_missing_here(gw):
    text = paper(gw.templates, "impact", register(gw), said)
    assert "`test-to-team` : choix de la passerelle ; base légale (article 6) **à compléter**" in text
    assert "Un service extérieur horodate le journal : ce n’est pas encore le cas." in text
    assert "**pages sans HTTPS**" in text and "relais chiffré" in text and "l’analyse d’impact (AIPD)" in text
    assert "La liaison avec le relais est chiffrée : n’est pas" not in text


def test_it_is_printed_or_written_to_a_new_file_alone(call, tmp_path):
    assert call("register")[1].startswith("# Registre des activités de traitement")
    path = tmp_path / "aipd.md"
    assert call("register", "--impact", "--to", path)[0] == 0
    assert path.read_text("utf-8").startswith("# Analyse d’impact : premier jet")
    with pytest.raises(InvalidInput, match="existe déjà"):
        call("register", "--to", path)


def test_its_page_can_be_printed_and_marks_what_the_team_still_has_to_write(call, tmp_path):
    path = tmp_path / "registre.html"
    assert call("register", "--to", path)[0] == 0
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>") and "<title>Registre des activités de traitement</title>" in page
    assert "<mark>à compléter</mark>" in page and "<strong>Finalités.</strong>" in page, "labels are no omission"
    assert "@page" in page and "<td><code>purge-roll</code></td>" in page
    assert "http://" not in page.replace("http://www.cnil.fr", "") and "<script" not in page and "<link" not in page
