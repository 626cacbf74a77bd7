"""The public page of the journal: an outsider finds there all it takes to verify an export, and no person."""

from __future__ import annotations

from starlette.testclient import TestClient

from gateway.audit.checkpoint import VerifyKey, read_checkpoint
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from tests.web.voters import EMAIL, Town


def test_before_the_first_seal_the_page_says_so_and_the_text_is_missing(browser: TestClient):
    assert "Rien n’est encore scellé" in browser.get("/journal").text
    assert browser.get("/journal/checkpoint").status_code == 404


def test_key_and_checkpoint_of_the_page_verify_an_export_and_name_nobody(browser: TestClient, voters_town: Town, tmp_path):
    gw = voters_town.gw
    sealing.seal(gw)
    before = voters_town.everything()
    page = browser.get("/journal").text
    kept = browser.get("/journal/checkpoint")
    assert kept.headers["content-type"].startswith("text/plain")
    assert voters_town.everything() == before, "a GET changes nothing"
    (key,) = sealing.verify_keys(gw)
    assert str(key).replace("+", "&#43;") in page or str(key) in page
    checkpoint, signer = read_checkpoint(kept.text, [VerifyKey.parse(str(key))])
    assert signer == key and checkpoint.size > 0 and EMAIL not in page and "Anaëlle" not in page
    auditing.export(gw, tmp_path / "tout.zip", Scope(), by="Inès")
    tool = verifier()
    report = tool.verify(str(tmp_path / "tout.zip"), tool.read_key(str(key)), [tool.read_checkpoint(kept.text)])
    assert report.holds and report.checkpoints >= 1


def test_a_revoked_key_is_shown_as_such_under_the_one_that_replaced_it(browser: TestClient, voters_town: Town):
    sealing.seal(voters_town.gw)
    new = sealing.rotate_key(voters_town.gw, by="Inès", why="ordinateur volé", trusted=False)
    page = browser.get("/journal").text
    old = sealing.verify_keys(voters_town.gw)[1]
    assert page.index(str(new)) < page.index(str(old)) < page.index("Révoquée")
    english = browser.get("/journal?lang=en").text
    assert "Revoked" in english and "Our journal, for everybody to verify" in english
    assert "ordinateur volé" not in page, "why is the team's business"
