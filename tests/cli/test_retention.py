"""`gateway retention`: the plan, holds, and the certificate, as somebody of the team sees them."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from html import escape

import pytest

from gateway.domain.errors import InvalidInput


@pytest.mark.usefixtures("neighbours")
def test_plan_hold_release_and_certificate_can_be_read(call, tmp_path):
    code, said = call("retention", "plan")
    assert code == 0 and "contest-before-purge" in said and "inactive-regular" in said
    assert "(presidentielle-2027)" not in said and "(élection" in said, "by its name, not by its code"
    assert {one["due"] for one in json.loads(call("retention", "plan", "--json")[1])} == {"election", "inactive"}
    assert "inclus" in call("retention", "hold", "bruno@exemple.fr", "--reason", "recours", "--until", "31/01/2031")[1]
    (held,) = json.loads(call("retention", "holds", "--json")[1])
    assert (held["address"], held["until"]) == ("bruno@exemple.fr", "2031-01-31T23:00:00+00:00"), "the last day is included"
    shown = call("retention", "holds")[1]
    assert "recours" in shown and "31/01/2031" in shown, "and not the day after"
    assert "gel levé" in call("retention", "release", "bruno@exemple.fr")[1]
    assert "Rien n’était échu" in call("retention", "run")[1]
    assert "agathe@exemple.fr" in call("retention", "inactive")[1]
    assert json.loads(call("retention", "inactive", "--erase", "--json")[1])["erased"] == 0
    page = tmp_path / "certificat.md"
    assert call("retention", "certificate", "--to", page)[0] == 0
    assert "# Certificat d’effacement" in page.read_text("utf-8") and "/journal" in page.read_text("utf-8")
    printed = tmp_path / "certificat.html"
    assert call("retention", "certificate", "--to", printed)[0] == 0
    assert "<h1>Certificat d’effacement</h1>" in printed.read_text("utf-8")
    with pytest.raises(InvalidInput, match="existe déjà"):
        call("retention", "certificate", "--to", page)


@pytest.mark.usefixtures("neighbours")
def test_a_list_of_the_quietest_that_is_cut_says_so(call, tmp_path):
    path = tmp_path / "autres.csv"
    path.write_text("courriel;prénom;consentement\nchloe@exemple.fr;Chloé;oui\n", "utf-8")
    origin = ["--origin", "web_form", "--label", "marché", "--collected-on", "2026-03-15", "--collector", "équipe"]
    evidence = ["--form", "v3", "--wording", "J’accepte.", "--means", "case", "--given-at", "15/03/2026"]
    assert call("contacts", "import", path, *origin, *evidence, "--declare", "art13-form", "--yes")[0] == 0
    assert "Élargissez" in call("retention", "inactive", "--limit", 1)[1]
    assert len(json.loads(call("retention", "inactive", "--limit", 1, "--json")[1])["contacts"]) == 1
    assert "Élargissez" not in call("retention", "inactive", "--limit", 5)[1]


@pytest.mark.usefixtures("neighbours")
def test_the_certificate_says_of_whoever_ended_the_exchanges_that_she_is_not_erased_and_proves_what_it_says(call, tmp_path):
    """She is kept, with her key, until the term of the proof: a certificate that called her key destroyed would be false."""
    assert call("consent", "withdraw", "agathe@exemple.fr", "--means", "courrier")[0] == 0
    assert call("retention", "run")[0] == 0
    page = tmp_path / "certificat.md"
    assert call("retention", "certificate", "--to", page)[0] == 0
    told = page.read_text("utf-8")
    assert "| Personnes dont il ne reste que la preuve | 1 |" in told and "ne sont pas effacées" in told
    assert "détruites" not in told and "heure de Paris" in told
    (body,) = re.findall(r"^    (\{.*\})$", told, re.MULTILINE)
    leaf = sha256(b"\0" + sha256(body.encode()).digest()).hexdigest()
    assert json.loads(body)["counts"] == {"reduced": 1} and f"Feuille `{leaf}`" in told
    printed = tmp_path / "certificat.html"
    assert call("retention", "certificate", "--to", printed)[0] == 0
    assert escape(body, quote=False) in printed.read_text("utf-8").replace("&quot;", '"'), "a page sets no spaces into bytes"
