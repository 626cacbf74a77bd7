"""Nothing leaves in clear, nor to somebody else than the relay that was named."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.channels.smtp import Offer, SmtpRelay
from gateway.domain.channel import Accepted, Fault, Outcome, Rejected
from gateway.domain.errors import InvalidSettings
from tests.channels.letters import channel, hand_over, letters
from tests.channels.server import PIPELINING, Rule, Say, Server


def _certificate(
    names: list[x509.GeneralName],
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    now: datetime | None = None,
) -> bytes:
    now = now or datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay" if names else issuer)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(signs=not names), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _usage(*, signs: bool) -> x509.KeyUsage:
    """What a key is for: newer Pythons trust no authority that does not say so."""
    others = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, **others)


def _server_side(
    folder: Path, names: list[x509.GeneralName], issuer: str, signer: ec.EllipticCurvePrivateKey, now: datetime | None = None
) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{len(list(folder.iterdir()))}.pem"
    file.write_bytes(pem + _certificate(names, issuer, key, signer, now))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ssl.SSLContext]]:
    """Server contexts: `good` for localhost by a trusted authority, `elsewhere` for another name, `unknown` by a stranger,
    `expired` a week ago."""
    folder = tmp_path_factory.mktemp("tls")
    trusted, stranger = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(_certificate([], "Autorité", trusted, trusted))
    here: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
        yield {
            "good": _server_side(folder, here, "Autorité", trusted),
            "elsewhere": _server_side(folder, [x509.DNSName("relay.example")], "Autorité", trusted),
            "unknown": _server_side(folder, here, "Inconnue", stranger),
            "expired": _server_side(folder, here, "Autorité", trusted, datetime.now(UTC) - timedelta(days=9)),
        }


def ours(outcome: Outcome) -> str:
    """The words of a refusal for which we must act."""
    assert isinstance(outcome, Rejected), outcome
    assert (outcome.fault, outcome.permanent) == (Fault.OURS, False)
    return outcome.reply


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS from the first byte"])
def test_messages_leave_protected_and_pipelined(authorities: dict[str, ssl.SSLContext], implicit: bool) -> None:
    with Server(tls=authorities["good"], implicit=implicit, extensions=(*PIPELINING, "AUTH PLAIN LOGIN")) as server:
        outcomes, _ = hand_over(
            server, letters(50), connections=3, tls="implicit" if implicit else "required", username="equipe", password="secret"
        )
        assert {type(outcome) for outcome in outcomes} == {Accepted}
        assert len(server.kept) == 50
        said_in_clear = [heard.line.split()[0] for heard in server.heard if heard.connection == 1][:2]
        assert said_in_clear == (["EHLO", "AUTH"] if implicit else ["EHLO", "STARTTLS"])
        assert server.lines("AUTH")[0].line == "AUTH PLAIN AGVxdWlwZQBzZWNyZXQ="


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "TLS from the first byte"])
@pytest.mark.parametrize(
    ("certificate", "told"),
    [("unknown", "aucune autorité connue"), ("elsewhere", "à un autre nom ; mettez dans smtp.host"), ("expired", "est périmé")],
)
def test_a_certificate_we_cannot_trust_stops_the_campaign_and_learns_nothing(
    authorities: dict[str, ssl.SSLContext], certificate: str, told: str, implicit: bool
) -> None:
    with Server(tls=authorities[certificate], implicit=implicit, extensions=(*PIPELINING, "AUTH PLAIN")) as server:
        outcomes, _ = hand_over(
            server, letters(3), tls="implicit" if implicit else "required", username="equipe", password="secret"
        )
        assert told in ours(outcomes[0])
        assert not server.lines("AUTH")
        assert not server.lines("MAIL")


def test_a_server_without_starttls_gets_no_message_and_no_password(authorities: dict[str, ssl.SSLContext]) -> None:
    with Server(extensions=(*PIPELINING, "AUTH PLAIN")) as server:
        outcomes, _ = hand_over(server, letters(3), tls="required", username="equipe", password="secret")
        assert "STARTTLS" in ours(outcomes[0])
        assert {heard.line.split()[0] for heard in server.heard} == {"EHLO"}


def test_a_server_that_refuses_starttls_when_asked_gets_nothing_either(authorities: dict[str, ssl.SSLContext]) -> None:
    with Server(tls=authorities["good"], rules=[Rule("STARTTLS", Say("454 4.7.0 TLS not available"))]) as server:
        outcomes, _ = hand_over(server, letters(3), tls="required")
        assert isinstance(outcomes[0], Rejected)
        assert (outcomes[0].fault, outcomes[0].code) == (Fault.THROTTLED, "454 4.7.0")
        assert not server.lines("MAIL")


def test_a_wrong_password_stops_the_campaign_and_is_tried_once_not_ten_times() -> None:
    rules = [Rule("AUTH", Say("535 5.7.8 Authentication credentials invalid"))]
    with Server(rules=rules, extensions=(*PIPELINING, "AUTH PLAIN")) as server:
        outcomes, _ = hand_over(server, letters(100), connections=10, username="equipe", password="wrong")
        assert {ours(outcome) for outcome in outcomes} == {"5.7.8 Authentication credentials invalid"}
        assert len(server.lines("AUTH")) == 1


def test_a_server_without_the_login_we_were_told_of_gets_no_message() -> None:
    with Server() as server:
        outcomes, _ = hand_over(server, letters(2), username="equipe", password="secret")
        assert "AUTH" in ours(outcomes[0])
        assert not server.lines("MAIL")


def test_the_check_before_going_live_says_what_the_relay_offers(authorities: dict[str, ssl.SSLContext]) -> None:
    with Server(tls=authorities["good"], extensions=("PIPELINING", "SIZE 35882577", "AUTH PLAIN LOGIN")) as server:
        with closing(channel(server, tls="required")) as hall:
            assert hall.probe() == Offer(
                tls="TLSv1.3", pipelining=True, eight_bit=False, size_max=35882577, auth=("plain", "login")
            )
        assert not server.lines("MAIL")


def test_the_check_before_going_live_says_why_the_relay_cannot_be_used() -> None:
    with Server() as server:
        with closing(channel(server, tls="required")) as hall:
            refused = hall.probe()
        assert isinstance(refused, Rejected)
        assert "STARTTLS" in ours(refused)


def test_settings_that_would_send_in_clear_are_refused_with_every_other_fault() -> None:
    with pytest.raises(InvalidSettings) as refusal:
        SmtpRelay(host="relay.example", username="equipe")
    assert "smtp.password : vide" in str(refusal.value) and "GATEWAY_SMTP__PASSWORD_FILE" in str(refusal.value)
    with pytest.raises(InvalidSettings) as refusal:
        SmtpRelay(host="relay.example", port=0, tls="none", password="secret", connections=0, timeout_seconds=0)
    assert str(refusal.value).splitlines() == [
        "smtp.tls : none vaut pour un relais de cette machine, pas pour relay.example ; mettez required ou implicit",
        "smtp.port : 0 ; de 1 à 65535",
        "smtp.connections : 0 ; au moins 1",
        "smtp.timeout_seconds : 0 ; plus de 0",
        "smtp.username : vide, alors qu’un mot de passe est donné",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_relay_on_this_machine_may_do_without_tls(host: str) -> None:
    assert SmtpRelay(host=host, tls="none").host == host


@pytest.mark.parametrize("host", ["192.168.1.10", "localhost.example", "0.0.0.0", "127.0.0.1.example"])
def test_a_relay_on_another_machine_may_not(host: str) -> None:
    with pytest.raises(InvalidSettings, match=r"smtp\.tls : none"):
        SmtpRelay(host=host, tls="none")


def test_the_password_is_never_printed() -> None:
    assert "secret" not in repr(SmtpRelay(host="relay.example", username="equipe", password="secret"))
