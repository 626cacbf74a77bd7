"""Witnesses: whoever holds a checkpoint, or a time-stamp of one, can tell that the journal is older than a forgery."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.domain.errors import Conflict
from gateway.flows import sealing
from gateway.flows.witnessing import send_checkpoint
from tests.sending.support import installation, journal_of

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
            self.wfile.write(body)

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


def test_a_service_that_is_away_is_said(database_url, clock, tmp_path):
    with installation(database_url, clock, tmp_path, journal={"timestamp_url": "http://127.0.0.1:1/tsa"}) as gw:
        sealing.seal(gw)
        (stamped,) = send_checkpoint(gw, by="Inès")
        assert not stamped.ok and "ne répond pas" in stamped.answer


def test_without_a_witness_the_settings_to_give_are_named(database_url, clock, tmp_path):
    with installation(database_url, clock, tmp_path) as gw, pytest.raises(Conflict, match="witness_dir ou timestamp_url"):
        send_checkpoint(gw, by="Inès")
