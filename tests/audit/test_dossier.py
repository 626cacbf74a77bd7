"""The file of one person: whoever reads it knows what left, why, and can prove each line without trusting its author."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.audit.checkpoint import VerifyKey, read_checkpoint
from gateway.audit.merkle import leaf_hash, verify_inclusion
from gateway.cli.words import said
from gateway.compliance.rule import Confidence, Force
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence, Purpose
from gateway.domain.errors import Conflict, InvalidAddress, InvalidInput, NotFound, RenderFault
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.domain.rights import Right
from gateway.flows import consenting, sealing
from gateway.flows.auditing.dossier import make_dossier
from gateway.flows.auditing.verifier import verifier
from gateway.flows.hearing import Reply, hear
from gateway.flows.notifying import Notice, notify
from gateway.flows.rights.acting import Correction, rectify
from gateway.render.dossier import dossier_page
from gateway.store import people, tables
from gateway.store.engine import begin
from tests.rights.support import asks, asks_proven
from tests.sending.support import Person, add, digest, installation, journal_of, message_of, newsletter, run

ANNE, BRUNO = "anne@exemple.example", "bruno@exemple.example"
WORDING = "J’accepte de recevoir les courriels politiques de la campagne."


@pytest.fixture
def gw(database_url, clock, tmp_path):
    with installation(database_url, clock, tmp_path / "var", controller={"name": "Comité Valbrume"}) as gw:
        (tmp_path / "var").mkdir(exist_ok=True)
        yield gw


@pytest.fixture
def anne(gw, clock):
    """Anne agreed on paper, got a letter, answered STOP within the hour; a second letter did not leave."""
    (anne, _) = add(gw, Person(email=ANNE, consent=None, given_name="Anne"), Person(email=BRUNO))
    with begin(gw.engine) as tx:
        evidence = Evidence(given_at=clock.now(), form="coupon v2", wording=WORDING, collector="Inès", means="case cochée")
        scope = consenting.ConsentScope(medium=Medium.EMAIL, purpose=Purpose.POLITICAL, election=None)
        holder = people.holder(tx, digest(gw, ANNE), Medium.EMAIL)
        assert holder is not None
        consenting.agree(tx, gw, digest(gw, ANNE), holder, consenting.Agreement(scope=scope, evidence=evidence, by="Inès"))
    newsletter(gw, "premiere")
    run(gw)
    sent = message_of(gw, ANNE)["id"]
    with begin(gw.engine) as tx:
        told = {"message_id": sent, "campaign_id": 1, "kind": "delivered", "at": clock.now(), "reply": "delivered to mailbox"}
        tx.execute(insert(tables.receipt).values(told))
    clock.advance(timedelta(minutes=40))
    received = clock.now() - timedelta(seconds=3)
    hear(
        gw,
        Reply(
            medium=Medium.EMAIL,
            sender_digest=digest(gw, ANNE),
            text="STOP s'il vous plaît",
            received_at=received,
            provider_id="<r1@exemple.example>",
            message_id=sent,
        ),
    )
    newsletter(gw, "seconde", body="Bonjour encore.\n")
    run(gw)
    asks(gw, Right.ACCESS, ANNE)
    return anne


def made(gw, address, folder):
    return make_dossier(gw, address, folder, by="Inès", page=lambda content: dossier_page(gw.templates, content, said))


@pytest.mark.usefixtures("anne")
def test_the_file_tells_what_she_agreed_to_what_left_why_and_how_fast_her_stop_worked(gw, tmp_path):
    made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    page = (tmp_path / "anne" / "dossier.html").read_text("utf-8")
    assert [one["wording"] for one in told["consent_acts"] if one["act"] == "granted"] == [WORDING]
    first, second = told["messages"]
    (decision,) = first["decisions"]
    assert (decision["verdict"], decision["same_again"]) == ("allow", True)
    granted = [one for one in decision["findings"] if one["effect"] == "grant"]
    assert granted and all(one["citation"]["article"] and one["citation"]["url"] for one in granted)
    assert any("désinscription" in words for words in decision["carried"])
    (handed,) = first["hand_overs"]
    assert handed["outcome"] == "accepted" and len(handed["payload"]) == 64 and first["receipts"][0]["kind"] == "delivered"
    assert second["state"] == "refused" and [one["verdict"] for one in second["decisions"]] == ["refuse"]
    (stop,) = told["suppressions"]
    assert (stop["kind"], stop["delay_ms"], stop["message_id"]) == ("objection", 3000, first["number"])
    assert [one["text"] for one in told["replies"]] == ["STOP s'il vous plaît"]
    assert [(one["right"], one["state"]) for one in told["requests"]] == [("access", "open")]
    for words in (
        WORDING,
        "effective 3,0",
        "accès (article 15)",
        "(RGPD), art. 4, 11)",
        "STOP s&#39;il vous plaît",
        "n’est pas parti",
        "Comité Valbrume",
    ):
        assert words in page, words


@pytest.mark.usefixtures("anne")
def test_what_she_received_is_made_again_word_for_word_and_its_hash_proves_it(gw, tmp_path):
    made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    page = (tmp_path / "anne" / "dossier.html").read_text("utf-8")
    first, second = told["messages"]
    assert first["approved"]["by"] == "relecteur" and second["words"] is None, "what did not leave said nothing"
    assert (first["words"]["same"], first["words"]["subject"]) == (True, "La lettre")
    text = first["words"]["text"]
    assert "Bonjour Anne," in text and "VOS DROITS" in text and "/o/…" in text, (
        "the very mentions; links that act for her are cut"
    )
    assert "Bonjour Anne," in page and "Ce qu’elle a reçu, mot pour mot" in page and "Objet\u00a0:</strong> La lettre" in page
    assert (tmp_path / "anne" / "verify_bundle.py").read_bytes() == Path(str(verifier().__file__)).read_bytes()
    with begin(gw.engine) as tx:
        tx.execute(tables.receipt.update().values(kind="dead"))
    made(gw, ANNE, tmp_path / "bounced")
    page = (tmp_path / "bounced" / "dossier.html").read_text("utf-8")
    assert "Ce que disait ce message, mot pour mot" in page and "Ce qu’elle a reçu" not in page


@pytest.mark.usefixtures("anne")
def test_words_that_cannot_be_proven_any_more_are_not_said_to_be_hers(gw, tmp_path):
    with begin(gw.engine) as tx:
        tx.execute(update(tables.contact).values(given_name="Annie"))
    made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    assert told["messages"][0]["words"]["same"] is False
    assert "l’empreinte n’est plus celle du message parti" in (tmp_path / "anne" / "dossier.html").read_text("utf-8")


def test_the_page_has_words_for_every_state_outcome_receipt_and_channel(gw):
    words = (gw.templates / "audit" / "dossier.html").read_text("utf-8")
    outcomes = ("accepted", "begun", "rejected", "unsure", "withheld", "unrendered")
    for name in (*MessageState, *ReceiptKind, *Medium, *outcomes):
        assert f'"{name}": "' in words, name


@pytest.mark.usefixtures("anne")
def test_each_line_is_proven_against_the_signed_checkpoint_and_a_changed_one_is_not(gw, tmp_path):
    made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    key = VerifyKey.parse(told["journal"]["keys"][0]["key"])
    assert key in sealing.verify_keys(gw)
    checkpoint, signer = read_checkpoint(told["journal"]["checkpoint"], [key])
    assert signer == key and checkpoint.size == told["journal"]["size"]
    assert {"consent", "decision", "hand_over", "reply", "objection", "facts", "rights", "export"} <= {
        json.loads(one["body"])["kind"] for one in told["entries"]
    }

    def holds(one, body):
        leaf = leaf_hash(sha256(body.encode()).digest())
        proof = [bytes.fromhex(step) for step in one["proof"]]
        return verify_inclusion(leaf, one["index"], checkpoint.size, proof, checkpoint.root)

    for one in told["entries"]:
        assert holds(one, one["body"]), one["number"]
        assert not holds(one, one["body"].replace('"v":2', '"v":3'))


@pytest.mark.usefixtures("anne")
def test_what_travels_beside_it_is_verified_by_the_script_alone_and_nobody_else_is_in_it(gw, tmp_path):
    done = made(gw, ANNE, tmp_path / "anne")
    tool = verifier()
    (key,) = sealing.verify_keys(gw)
    report = tool.verify(str(tmp_path / "anne" / "preuves.zip"), tool.read_key(str(key)), [])
    assert report.holds and report.size == done.size
    for name in ("dossier.html", "dossier.json"):
        path = tmp_path / "anne" / name
        assert BRUNO not in path.read_text("utf-8") and path.stat().st_mode & 0o077 == 0
    told = journal_of(gw, "export")
    assert [(one["scope"], one["by"]) for one in told] == [("dossier", "Inès"), ("person", "Inès")]


@pytest.mark.parametrize(("address", "fault"), [("inconnue@exemple.example", NotFound), ("pas une adresse", InvalidAddress)])
def test_somebody_unknown_is_said_to_be_so_and_nothing_is_written(gw, tmp_path, address, fault):
    with pytest.raises(fault):
        made(gw, address, tmp_path / "rien")
    assert not (tmp_path / "rien").exists() and journal_of(gw, "export") == []


@pytest.mark.usefixtures("anne")
def test_a_folder_that_holds_something_is_left_alone_and_a_page_that_fails_leaves_nothing(gw, tmp_path):
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "note.txt").write_text("à garder", "utf-8")
    with pytest.raises(InvalidInput, match="n’est pas vide"):
        made(gw, ANNE, tmp_path / "plein")
    with pytest.raises(InvalidInput, match="impossible d’y écrire"):
        made(gw, ANNE, tmp_path / "absent" / "dessous")

    def failing(_content):
        raise RenderFault("modèle illisible")

    with pytest.raises(RenderFault):
        make_dossier(gw, ANNE, tmp_path / "neuf", by="Inès", page=failing)
    assert not (tmp_path / "neuf").exists() and [one.name for one in (tmp_path / "plein").iterdir()] == ["note.txt"]


def test_a_dossier_of_entries_that_were_changed_is_not_handed_out(gw, anne, tmp_path):
    sealing.seal(gw)
    j = tables.journal
    with begin(gw.engine) as tx:
        number, body = tx.execute(select(j.c.id, j.c.body).where(j.c.kind == "consent")).one()
        tx.execute(update(j).where(j.c.id == number).values(body=body.replace(b"granted", b"refused")))
    with pytest.raises(Conflict, match=f"n° {number}.*n’est plus celle qui fut scellée"):
        make_dossier(gw, ANNE, tmp_path / "dossier", by="Claire", page=lambda _: "")
    assert not (tmp_path / "dossier").exists()


@pytest.mark.parametrize("subject", ["Réunion au lavoir, « venez » " + "tous et toutes " * 7, "Plain words " * 11, "Été ☀"])
def test_a_letter_is_shown_with_its_subject_on_one_line_and_its_words_as_they_were_read(gw, clock, tmp_path, subject):
    add(gw, Person(email=BRUNO))
    newsletter(gw, subject=subject, body="L’été, à Valbrume.\n")
    run(gw)
    made(gw, BRUNO, tmp_path / "bruno")
    (letter,) = json.loads((tmp_path / "bruno" / "dossier.json").read_text("utf-8"))["messages"]
    assert letter["words"]["subject"] == subject.strip() and letter["words"]["same"]
    assert "\r\nL’été, à Valbrume.\r\n" in letter["words"]["text"]


def test_somebody_written_to_often_has_her_messages_on_pages_of_their_own(gw, anne, clock, tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.flows.auditing.dossier._MESSAGES_ON_A_PAGE", 20)
    holder = digest(gw, ANNE)
    for number in range(45):
        clock.advance(timedelta(hours=1))
        asked = Notice(message_class=MessageClass.RIGHTS, letter="own-data", occasion=f"own-data:{number}", language="fr")
        with begin(gw.engine) as tx:
            notify(tx, gw, holder, asked)
    run(gw)
    done = made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    numbers = [one["number"] for one in told["messages"]]
    assert done.messages == len(numbers) == 47 and done.sheets == 3 and numbers == sorted(numbers)
    assert done.entries == len(told["entries"]) == len({one["number"] for one in told["entries"]})
    sheets = sorted(path.name for path in (tmp_path / "anne").glob("messages-*.html"))
    assert sheets == ["messages-001.html", "messages-002.html", "messages-003.html"]
    pages = {name: (tmp_path / "anne" / name).read_text("utf-8") for name in ("dossier.html", *sheets)}
    assert all(f'href="{name}"' in pages["dossier.html"] for name in sheets) and "47 messages préparés" in pages["dossier.html"]
    shown = [set(map(int, re.findall(r"n°\s(\d+)</h3>", pages[name]))) & set(numbers) for name in sheets]
    assert [len(one) for one in shown] == [20, 20, 7] and set().union(*shown) == set(numbers)
    for name, page in pages.items():
        cited, proven = set(re.findall(r'href="#(e\d+)"', page)), re.findall(r'<tr id="(e\d+)"', page)
        assert cited <= set(proven), name
    listed = [int(one[1:]) for page in pages.values() for one in re.findall(r'<tr id="(e\d+)"', page)]
    assert sorted(listed) == sorted(one["number"] for one in told["entries"]), "each entry is proven once, on one page"
    assert (tmp_path / "anne" / sheets[0]).stat().st_mode & 0o077 == 0


def test_what_she_wrote_from_an_address_that_was_put_right_since_is_in_her_file(gw, anne, tmp_path):
    number = asks_proven(gw, Right.RECTIFICATION, ANNE).id
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.suppression))  # an objection would go with her to the new address
    rectify(gw, number, Correction(email="anne.nouvelle@exemple.example"), by="Inès")
    made(gw, "anne.nouvelle@exemple.example", tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    assert [one["text"] for one in told["replies"]] == ["STOP s'il vous plaît"]


@pytest.mark.usefixtures("anne")
def test_it_says_of_no_source_that_it_was_read_when_only_somebody_s_account_of_it_was(gw, tmp_path):
    made(gw, ANNE, tmp_path / "anne")
    page = (tmp_path / "anne" / "dossier.html").read_text("utf-8")
    shown = dict(re.findall(r"<code>([a-z0-9-]+)</code> –[^\n]*\(([^()]*), le 2[^()]*\)</p>", page))
    assert shown["objection-first-message"] == "force\u00a0: loi\u00a0; source\u00a0: texte lu"
    for rule in gw.pack.rules:
        if rule.id in shown:
            assert ("lu chez un tiers" in shown[rule.id]) == (rule.confidence is Confidence.SECONDARY), rule.id
            assert ("loi" in shown[rule.id]) == (rule.force is Force.LAW), rule.id
    assert any("lu chez un tiers" in one for one in shown.values())


@pytest.mark.usefixtures("anne")
def test_who_approved_what_she_got_and_under_which_rules_is_proven_beside_it(gw, tmp_path):
    """The page names who approved the letter; without its entry an authority would have to take it on trust."""
    made(gw, ANNE, tmp_path / "anne")
    told = json.loads((tmp_path / "anne" / "dossier.json").read_text("utf-8"))
    bodies = [json.loads(one["body"]) for one in told["entries"]]
    (approval,) = (one for one in bodies if one["kind"] == "approval" and one["campaign"] == 1)
    assert approval["by"] == told["messages"][0]["approved"]["by"]
    (decision,) = (one for one in bodies if one["kind"] == "decision" and one["message"] == told["messages"][0]["number"])
    version = next(one["version"] for one in bodies if one["kind"] == "campaign" and one["act"] == "created")
    bound = f"{version} {decision['content']} {decision['pack']}"
    assert approval["binding"] == sha256(bound.encode()).hexdigest()
    assert [one["pack"] for one in bodies if one["kind"] == "pack"] == [decision["pack"]]
    assert "approbation, campagne n°\u00a01, par relecteur" in (tmp_path / "anne" / "dossier.html").read_text("utf-8")
