"""Witnesses: whoever holds a checkpoint, or a time-stamp of one, can tell that the journal is older than a forgery."""

from __future__ import annotations

import errno
import http.server
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from gateway import outside
from gateway.audit.entry import EntryKind, entry
from gateway.channels import timestamping
from gateway.domain.channel import Fault, Medium, Rejected
from gateway.domain.errors import Conflict
from gateway.flows import auditing, sealing
from gateway.flows.auditing import Scope
from gateway.flows.auditing.verifier import verifier
from gateway.flows.checking import Standing, witness_line
from gateway.flows.witnessing import RETRY, bear_witness, send_checkpoint
from gateway.outside import post_by_relay
from gateway.sandbox.mailbox import Mailbox
from gateway.store import journal, tables
from gateway.store import sealing as stored
from gateway.store.engine import begin, reading
from tests.sending.support import installation, journal_of, objects
from workers.jobs import EVERY_JOB, SEALING, WITNESSES
from workers.ticker import Ticker

TSA = """
[ tsa ]
default_tsa = mine
[ mine ]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def openssl(*words: object) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True).stdout


@dataclass
class Service:
    """A time-stamping service of this machine, made of openssl alone."""

    folder: Path
    url: str = ""
    answer: bytes | None = None  #: instead of a time-stamp
    asked: list[str] = field(default_factory=list)
    bytes_at_once: int = 1 << 20
    pause_seconds: float = 0.0

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    def stamp(self, query: bytes) -> bytes:
        if self.answer is not None:
            return self.answer
        (self.folder / "query").write_bytes(query)
        keys = ("-signer", self.folder / "tsa.pem", "-inkey", self.folder / "tsa.key")
        files = ("-queryfile", self.folder / "query", "-config", self.folder / "tsa.cnf", "-out", self.folder / "reply")
        openssl("ts", "-reply", *files, *keys)
        return (self.folder / "reply").read_bytes()


def authority(folder: Path) -> None:
    """A root, and under it the certificate of a service that may stamp and do nothing else."""
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder), "utf-8")
    (folder / "serial").write_text("01\n", "utf-8")
    (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\n", "utf-8")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(*new, "-x509", "-days", 9, "-subj", "/CN=Racine", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl(*new, "-subj", "/CN=Horodatage", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")
    signer = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-extfile", folder / "ext")
    openssl("x509", "-req", "-days", 9, "-in", folder / "tsa.csr", *signer, "-out", folder / "tsa.pem")


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tsa")
    authority(folder)
    return folder


@pytest.fixture
def service(keys) -> Iterator[Service]:
    ready = Service(keys)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            ready.asked.append(self.headers["Content-Type"])
            body = ready.stamp(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                for at in range(0, len(body), ready.bytes_at_once):
                    self.wfile.write(body[at : at + ready.bytes_at_once])
                    time.sleep(ready.pause_seconds)

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    ready.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    yield ready
    server.shutdown()
    server.server_close()


@pytest.fixture
def gw(database_url, clock, tmp_path, service):
    journal = {"timestamp_url": service.url, "timestamp_ca": str(service.authority), "witness_dir": str(tmp_path / "ailleurs")}
    with installation(database_url, clock, tmp_path, journal=journal) as gw:
        sealing.seal(gw)
        yield gw


def test_a_checkpoint_is_stamped_and_anybody_with_openssl_can_verify_it(gw, service, tmp_path):
    folder, stamped = send_checkpoint(gw, by="Inès")
    assert folder.ok and stamped.ok and "GMT" in stamped.answer, stamped
    assert service.asked == ["application/timestamp-query"]
    (token,) = (tmp_path / "timestamps").glob("*.tsr")
    text = token.with_suffix(".txt")
    assert text.read_text("utf-8") == sealing.latest_note(gw)
    ok = openssl("ts", "-verify", "-data", text, "-in", token, "-CAfile", service.authority)
    assert b"OK" in ok
    text.write_text(text.read_text("utf-8").replace("\n", "\n ", 1), "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        openssl("ts", "-verify", "-data", text, "-in", token, "-CAfile", service.authority)
    assert [(one["to"], one["ok"]) for one in journal_of(gw, "witness")] == [("dossier", True), ("horodatage", True)]


def test_a_checkpoint_that_was_stamped_is_not_stamped_again(gw, service):
    send_checkpoint(gw, by="Inès")
    assert "déjà" in send_checkpoint(gw, by="Inès")[1].answer and len(service.asked) == 1


def test_a_witness_that_holds_another_text_of_the_same_size_is_not_said_to_have_it(gw, service, tmp_path):
    """A journal written anew up to the same size: what the folder held against it was passed over as already there."""
    send_checkpoint(gw, by="Inès")
    (held,) = (tmp_path / "ailleurs").glob("*.txt")
    (stamped,) = (tmp_path / "timestamps").glob("*.txt")
    for path in (held, stamped):
        path.write_text("another journal\n", "utf-8")
    told = send_checkpoint(gw, by="Inès")
    assert [one.ok for one in told] == [False, False] and all("un autre point de contrôle" in one.answer for one in told)
    assert held.read_text("utf-8") == stamped.read_text("utf-8") == "another journal\n", "nothing a witness holds is overwritten"
    assert [path.name for path in (tmp_path / "ailleurs").iterdir()] == [held.name]


@pytest.mark.parametrize(
    ("answer", "why"), [(b"", "pas un horodatage"), (b"<html>502</html>", "pas un horodatage"), (b"0" * 300_000, "dépasse")]
)
def test_an_answer_that_is_no_stamp_is_said_and_kept_nowhere_and_the_folder_still_has_its_copy(
    gw, service, tmp_path, answer, why
):
    service.answer = answer
    folder, stamped = send_checkpoint(gw, by="Inès")
    assert folder.ok and not stamped.ok and why in stamped.answer
    assert not (tmp_path / "timestamps").exists()
    assert [one["ok"] for one in journal_of(gw, "witness")] == [True, False]


def test_a_stamp_over_another_text_or_by_a_stranger_is_not_believed(gw, service, tmp_path, tmp_path_factory):
    send_checkpoint(gw, by="Inès")
    (token,) = (tmp_path / "timestamps").glob("*.tsr")
    service.answer = token.read_bytes()  # the stamp of an earlier question
    token.unlink()
    assert "ne se vérifie pas" in send_checkpoint(gw, by="Inès")[1].answer
    stranger = tmp_path_factory.mktemp("etrangere")
    authority(stranger)
    service.answer, service.folder = None, stranger
    assert "ne se vérifie pas" in send_checkpoint(gw, by="Inès")[1].answer
    assert not list((tmp_path / "timestamps").glob("*.tsr"))


def test_a_stamp_that_a_full_disk_cut_in_half_is_asked_for_again_and_never_said_to_be_there(gw, service, tmp_path, monkeypatch):
    whole = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "timestamps" in path.parts and content != sealing.latest_note(gw).encode():
            whole(path, content[:40])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert [one.ok for one in send_checkpoint(gw, by="Inès")] == [True, False]
    monkeypatch.undo()
    stamped = send_checkpoint(gw, by="Inès")[1]
    assert stamped.ok and "GMT" in stamped.answer
    (token,) = (tmp_path / "timestamps").glob("*.tsr")
    assert b"OK" in openssl("ts", "-verify", "-data", token.with_suffix(".txt"), "-in", token, "-CAfile", service.authority)


def test_a_service_that_is_away_is_said(database_url, clock, tmp_path):
    with installation(database_url, clock, tmp_path, journal={"timestamp_url": "http://127.0.0.1:1/tsa"}) as gw:
        sealing.seal(gw)
        (stamped,) = send_checkpoint(gw, by="Inès")
        assert not stamped.ok and "ne répond pas" in stamped.answer


def test_without_a_witness_the_settings_to_give_are_named(database_url, clock, tmp_path):
    with (
        installation(database_url, clock, tmp_path) as gw,
        pytest.raises(Conflict, match="witness_dir, witness_addresses ou timestamp_url"),
    ):
        send_checkpoint(gw, by="Inès")


WITNESS = "huissier@etude.example"


@pytest.fixture
def mailbox(tmp_path, clock) -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox(tmp_path / "sandbox", clock=clock)
    yield box, box.start(port=0)
    box.stop()


@pytest.fixture
def mailing(database_url, clock, tmp_path, mailbox):
    """An installation whose witness is a person, reached by the real relay of trial mode."""
    with installation(
        database_url, clock, tmp_path, journal={"witness_addresses": [WITNESS]}, sandbox={"smtp_port": mailbox[1]}
    ) as gw:
        sealing.seal(gw)
        yield replace(gw, post=partial(post_by_relay, gw.settings))


def test_a_person_who_bears_witness_gets_words_and_the_very_bytes(mailing, mailbox):
    (sent,) = send_checkpoint(mailing, by="Inès")
    assert sent.ok and "Ok" in sent.answer, sent
    (kept,) = mailbox[0].mails()
    assert (kept.recipient, kept.sender) == (WITNESS, mailing.settings.sender.email)
    raw = mailbox[0].read(kept.id)
    mail = message_from_bytes(raw, policy=policy.default)
    body, note, latest = mail.get_body(), next(mail.iter_attachments()), sealing.published(mailing).latest
    assert body is not None and latest is not None
    words: str = body.get_content()
    assert raw.isascii() and mail.get_content_type() == "multipart/mixed" and mail["Auto-Submitted"] == "auto-generated"
    assert note.get_content() == sealing.latest_note(mailing)
    assert note.get_filename() == f"checkpoint-{latest.size:012d}.txt"
    assert sealing.latest_note(mailing) in words.replace("\r\n", "\n") and str(sealing.verify_keys(mailing)[0]) in words
    assert [(one["to"], one["ok"]) for one in journal_of(mailing, "witness")] == [("courriel", True)]
    assert WITNESS not in str(journal_of(mailing, "witness"))


def test_the_text_a_witness_was_mailed_convicts_a_journal_written_anew(mailing, mailbox, tmp_path):
    send_checkpoint(mailing, by="Inès")
    mail = message_from_bytes(mailbox[0].read(mailbox[0].mails()[0].id), policy=policy.default)
    kept = next(mail.iter_attachments()).get_content()
    sealing.seal(mailing)
    with begin(mailing.engine) as tx:  # forged and sealed again, with the true key
        for table in (tables.journal_tile, tables.journal_seal, tables.checkpoint):
            tx.execute(delete(table))
        told = entry(EntryKind.OPERATOR, mailing.clock.now(), act="forged")
        tx.execute(insert(tables.journal).values(id=0, kind="operator", at=told.at, body=told.body, sha256=told.sha256))
        tx.execute(insert(tables.journal_seal).values(id=1, size=0, seen_id=-1, gaps="[]"))
    sealing.seal(mailing)
    auditing.export(mailing, tmp_path / "x.zip", Scope(), by="forger")
    tool = verifier()
    assert tool.verify(str(tmp_path / "x.zip")).holds
    fault = tool.verify(str(tmp_path / "x.zip"), None, [tool.read_checkpoint(kept)]).fault
    assert fault is not None and fault.what == "checkpoint"


def test_whoever_objected_is_not_mailed_even_as_a_witness(mailing, mailbox):
    digest = mailing.keys.address_digest(Medium.EMAIL, WITNESS)
    objects(mailing, digest)
    (sent,) = send_checkpoint(mailing, by="Inès")
    assert not sent.ok and "s’est opposée" in sent.answer and not mailbox[0].mails()


def test_a_relay_that_is_away_or_refuses_is_said(database_url, clock, tmp_path):
    with installation(database_url, clock, tmp_path, journal={"witness_addresses": [WITNESS]}, sandbox={"smtp_port": 1}) as gw:
        sealing.seal(gw)
        (sent,) = send_checkpoint(replace(gw, post=partial(post_by_relay, gw.settings)), by="Inès")
        assert not sent.ok and "le relais n’a pas pris le courriel" in sent.answer
        refusing = Rejected(permanent=True, code="550 5.1.1", reply=f"no such user {WITNESS}", fault=Fault.RECIPIENT)
        (sent,) = send_checkpoint(replace(gw, post=lambda *_: refusing), by="Inès")
        assert not sent.ok and "550 5.1.1" in sent.answer and WITNESS not in sent.answer


class TestByItself:
    """The ticker hands checkpoints out; a witness that fails is tried again, and said."""

    def test_once_a_day_and_once_a_campaign_has_ended(self, gw, clock, tmp_path, service):
        folder = tmp_path / "ailleurs"
        assert bear_witness(gw) == 2 and len(list(folder.iterdir())) == 1
        clock.advance(timedelta(hours=23))
        assert bear_witness(gw) == 0
        clock.advance(timedelta(hours=1))
        assert bear_witness(gw) == 2 and len(list(folder.iterdir())) == 2
        clock.advance(timedelta(minutes=5))
        with begin(gw.engine) as tx:
            row = {"name": "lettre", "medium": "email", "message_class": "campaign", "state": "finished", "definition": b"{}"}
            tx.execute(insert(tables.campaign).values(**row, author="Inès", created_at=clock.now(), ended_at=clock.now()))
        assert bear_witness(gw) == 2 and bear_witness(gw) == 0
        assert {one["by"] for one in journal_of(gw, "witness")} == {"ticker"} and WITNESSES in EVERY_JOB

    def test_a_failure_is_shown_and_tried_again_by_itself(self, gw, clock, service):
        service.answer = b""
        assert bear_witness(gw) == 1
        line = witness_line(gw)
        assert line.standing is Standing.ADVISED and "horodatage" in line.todo and "dossier" not in line.todo
        assert bear_witness(gw) == 0 and len(service.asked) == 1
        service.answer = None
        clock.advance(RETRY)
        assert bear_witness(gw) == 1 and len(service.asked) == 2
        assert witness_line(gw).standing is Standing.READY

    def test_nothing_goes_by_itself_where_nobody_wants_it(self, database_url, clock, tmp_path):
        journal = {"witness_dir": str(tmp_path / "ailleurs"), "witness_hours": 0}
        with installation(database_url, clock, tmp_path, journal=journal) as gw:
            sealing.seal(gw)
            assert bear_witness(gw) == 0 and not (tmp_path / "ailleurs").exists()

    def test_without_a_witness_the_checklist_advises_one(self, database_url, clock, tmp_path):
        with installation(database_url, clock, tmp_path) as gw:
            assert bear_witness(gw) == 0
            assert witness_line(gw).standing is Standing.ADVISED and "journal.witness_addresses" in witness_line(gw).todo


class TestSilence:
    """A witness that takes the call and says nothing is given up, said and tried again; nobody else waits for it."""

    @pytest.fixture
    def silent(self) -> Iterator[socket.socket]:
        """Where every connection is taken, and nothing is ever said."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server

    def test_a_time_stamp_service(self, database_url, clock, tmp_path, silent, monkeypatch):
        monkeypatch.setattr(timestamping, "_SECONDS", 0.2)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/tsa"
        with installation(database_url, clock, tmp_path, journal={"timestamp_url": url}) as gw:
            sealing.seal(gw)
            assert bear_witness(gw) == 0
            assert "ne répond pas" in witness_line(gw).todo

    def test_a_time_stamp_service_that_answers_drop_by_drop(self, gw, service, monkeypatch):
        monkeypatch.setattr(timestamping, "_SECONDS", 0.3)
        service.bytes_at_once, service.pause_seconds = 1, 0.05
        assert bear_witness(gw) == 1
        assert "ne répond pas" in witness_line(gw).todo

    def test_a_relay(self, database_url, clock, tmp_path, silent, monkeypatch):
        monkeypatch.setattr(outside, "_WITNESS_SILENCE_SECONDS", 0.2)
        person, port = {"witness_addresses": [WITNESS]}, silent.getsockname()[1]
        with installation(database_url, clock, tmp_path, journal=person, sandbox={"smtp_port": port}) as opened:
            gw = replace(opened, post=partial(outside.post_by_relay, opened.settings))
            sealing.seal(gw)
            assert bear_witness(gw) == 0
            assert "le relais n’a pas pris le courriel" in witness_line(gw).todo

    def test_entries_are_sealed_meanwhile(self, database_url, clock, tmp_path, silent):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/tsa"
        with installation(database_url, clock, tmp_path, journal={"timestamp_url": url}) as gw:
            sealing.seal(gw)
            ticker = Ticker(gw, [SEALING, WITNESSES])
            assert set(ticker.tick()) == {"seal", "witness"}
            silent.settimeout(60)
            asking, _ = silent.accept()  # it seals before it asks: two that seal at once leave each other's entries to the next
            with asking:
                clock.advance(timedelta(seconds=2))
                with begin(gw.engine) as tx:
                    journal.append(tx, [entry(EntryKind.OPERATOR, clock.now(), act="tested")])
                assert ticker.tick() == ["seal"]
                with reading(gw.engine) as tx:
                    assert stored.waiting(tx, stored.progress(tx)) == 0
                assert not ticker.stop(within_seconds=0)
            silent.close()
            assert ticker.stop(within_seconds=10) and "ne répond pas" in witness_line(gw).todo
