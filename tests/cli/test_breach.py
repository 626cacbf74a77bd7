"""`gateway breach`: noted, shown with its hours, closed."""

from __future__ import annotations

import json


def test_a_leak_is_noted_shown_and_closed(call, tmp_path):
    code, said = call("breach", "open", "La liste des contacts a été envoyée au mauvais destinataire.", "--people", 12)
    assert code == 0 and "avant le" in said and "Prévenez-les aussi" in said
    listed = call("breach", "list")[1]
    assert "reste 71 h" in listed and "mauvais destinataire" in listed
    assert "Prévenir la CNIL avant le" in call("check")[1]
    done = call("breach", "close", 1, "--no-risk", "destinataire tenu au secret", "--measures", "Courriel détruit, attesté.")
    assert done[0] == 0
    (one,) = json.loads(call("breach", "list", "--json")[1])
    page = tmp_path / "violations.html"
    assert call("breach", "list", "--to", page)[0] == 0
    assert "non, parce que : destinataire tenu au secret" in page.read_text("utf-8")
    late = ("breach", "open", "Un export est resté dans un train.", "--aware-at", "2026-01-05T10:00")
    assert call(*late)[0] == 0
    code, said = call("breach", "list")
    assert code == 1 and "hors délai" in said
    assert one["untold_why"] == "destinataire tenu au secret" and one["closed_at"]


def test_a_long_log_says_how_to_see_what_follows_and_its_paper_has_everything(call, tmp_path):
    for number in range(3):
        call("breach", "open", f"Un export est resté dans un train, voiture {number}.")
    first = call("breach", "list", "--limit", 2)[1]
    assert "voiture 1" in first and "voiture 2" not in first and "La suite : gateway breach list --after 2" in first
    rest = call("breach", "list", "--after", 2, "--limit", 2)[1]
    assert "voiture 2" in rest and "La suite" not in rest
    assert call("breach", "list", "--limit", 1, "--to", tmp_path / "registre.md")[0] == 0
    assert (tmp_path / "registre.md").read_text("utf-8").count("en cours") == 3
