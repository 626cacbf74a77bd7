"""`gateway breach`: noted, shown with its hours, closed."""

from __future__ import annotations

import json


def test_a_leak_is_noted_shown_and_closed(call, tmp_path):
    code, said = call("breach", "open", "La liste des contacts a été envoyée au mauvais destinataire.", "--people", 12)
    assert code == 0 and "avant le" in said
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
