"""Composition root: settings in, a Gateway out."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from gateway.channels.smtp import SmtpChannel, SmtpRelay
from gateway.channels.twilio import TwilioAccount, TwilioCalls, TwilioSms
from gateway.compliance.pack import load_pack
from gateway.data import data_dir
from gateway.domain.channel import Channel, Medium, Outcome
from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidSettings, StoreUnavailable
from gateway.domain.keys import Keyring
from gateway.flows.checking import refuse_unready
from gateway.flows.gateway import Gateway, no_bell, nowhere
from gateway.flows.policy import adopt_pack
from gateway.sandbox.carrier.traffic import FILE_NAME as TRAFFIC
from gateway.sandbox.carrier.traffic import Traffic
from gateway.sandbox.kept import FILE_NAME as MAILS
from gateway.sandbox.kept import KeptMails
from gateway.settings import Settings
from gateway.store.engine import Engine, at_head, open_engine, upgrade
from gateway.store.feed import ObjectionFeed

_SECRET_BYTES = 32
#: Account that the carrier of trial mode takes; no account of the provider's has this number.
TRIAL_ACCOUNT = f"AC{'0' * 32}"
#: How much longer than a lease a fresh objection is remembered.
_FEED_MARGIN_SECONDS = 60


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


@contextmanager
def opened(
    settings: Settings, *, sending: bool = False, ring: Callable[[], None] = no_bell, clock: Clock | None = None
) -> Iterator[Gateway]:
    """An installation, ready; closed politely at the end.

    sending: whether this process hands messages over; only then are channels and the feed of objections opened.
    clock: whose time it is; None: the machine's.
    A live installation whose checklist is not green does not open for sending (`gateway check`).
    Raises InvalidSettings, InvalidPack or StoreUnavailable before anything is begun.
    """
    clock = clock or SystemClock()
    keys = Keyring(installation_secret(settings))
    policies = data_dir("policies")
    pack = load_pack(policies / "fr", policies / "house", today=clock.now().date())
    if settings.database.url.startswith("sqlite"):
        upgrade(settings.database.url)
    engine = open_engine(settings.database.url)
    require_schema(engine)
    feed = ObjectionFeed(engine, clock, keep_seconds=settings.sending.lease_seconds + _FEED_MARGIN_SECONDS)
    provider = telephone_account(settings)
    channels = _channels(settings, provider, clock) if sending else {}
    tracers = _tracers(provider, clock)
    gw = Gateway(
        settings=settings,
        engine=engine,
        clock=clock,
        pack=pack,
        keys=keys,
        templates=data_dir("templates"),
        channels=channels,
        tracers=tracers,
        callback_token=provider.token if provider else "",
        feed=feed,
        forget_elsewhere=partial(_forget_in_trial, settings) if settings.mode == "trial" else nowhere,
        post=partial(post_by_relay, settings),
        ring=ring,
    )
    try:
        adopt_pack(gw)
        if sending:
            pack.checked()
            refuse_unready(gw)
            feed.start()
        yield gw
    finally:
        for channel in (*channels.values(), *tracers.values()):
            channel.close()
        feed.stop()
        engine.dispose()


def post_by_relay(settings: Settings, sender: str, recipient: str, mail: bytes) -> Outcome:
    """One mail about the journal, over a connection of its own: it is rare, and must not wait behind a campaign."""
    with closing(SmtpChannel(relay(settings))) as channel:
        return channel.post(sender, recipient, mail)


def _forget_in_trial(settings: Settings, addresses: Collection[str], references: Collection[str]) -> int:
    """Erase what people would have received, from the mailbox and the carrier of this machine."""
    folder = settings.var_dir / "sandbox"
    gone = 0
    if (folder / MAILS).exists():
        gone += KeptMails(folder).forget([one for one in addresses if "@" in one], references)
    if (folder / TRAFFIC).exists():
        traffic = Traffic(folder)
        gone += traffic.forget([one for one in addresses if "@" not in one])
        traffic.close()
    return gone


def telephone_account(settings: Settings) -> TwilioAccount | None:
    """The account at the provider of texts and calls; None: none is set up. In trial mode always the carrier of this machine."""
    twilio = settings.twilio
    if settings.mode == "trial":
        token = hmac.digest(installation_secret(settings), b"carrier of trial mode", "sha256").hex()[:32]
        return TwilioAccount(
            sid=TRIAL_ACCOUNT,
            token=token,
            api_url=f"http://{settings.sandbox.host}:{settings.sandbox.api_port}",
            timeout_seconds=twilio.timeout_seconds,
            concurrency=twilio.concurrency,
        )
    token = twilio.auth_token.get_secret_value()
    if not twilio.account_sid or not token:
        return None
    return TwilioAccount(
        sid=twilio.account_sid, token=token, timeout_seconds=twilio.timeout_seconds, concurrency=twilio.concurrency
    )


def _channels(settings: Settings, provider: TwilioAccount | None, clock: Clock) -> dict[Medium, Channel]:
    """What this installation can hand messages over to."""
    channels: dict[Medium, Channel] = {Medium.EMAIL: SmtpChannel(relay(settings))}
    if provider is not None and settings.sms.sender:
        channels[Medium.SMS] = TwilioSms(provider, clock)
    if provider is not None and settings.calls.caller:
        calls = settings.calls
        channels[Medium.CALL] = TwilioCalls(
            provider, clock, ring_seconds=calls.ring_seconds, talk_seconds_max=calls.talk_seconds_max
        )
    return channels


def _tracers(provider: TwilioAccount | None, clock: Clock) -> dict[Medium, TwilioSms | TwilioCalls]:
    """Whom to ask what became of texts and calls; no connection is opened before somebody asks."""
    if provider is None:
        return {}
    return {Medium.SMS: TwilioSms(provider, clock), Medium.CALL: TwilioCalls(provider, clock)}


def require_schema(engine: Engine) -> None:
    """Raises StoreUnavailable when the database does not have the tables this version was written for, or cannot be reached."""
    try:
        ready = at_head(engine)
    except StoreUnavailable:
        engine.dispose()
        raise
    if not ready:
        engine.dispose()
        raise StoreUnavailable(
            "the tables of the database are not those of this version: run `gateway db upgrade`, then start again"
        )


def relay(settings: Settings) -> SmtpRelay:
    """The relay to hand over to. In trial mode it is always the sandbox of this machine: nothing leaves."""
    smtp = settings.smtp
    if settings.mode == "trial":
        return SmtpRelay(
            host=settings.sandbox.host,
            port=settings.sandbox.smtp_port,
            tls="none",
            connections=smtp.connections,
            timeout_seconds=smtp.timeout_seconds,
        )
    return SmtpRelay(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        connections=smtp.connections,
        timeout_seconds=smtp.timeout_seconds,
    )


def installation_secret(settings: Settings) -> bytes:
    """The secret all digests and tokens derive from. In trial mode it is made once and kept under var_dir, mode 0600."""
    given = settings.secret.get_secret_value()
    if given:
        return given.encode()
    if settings.mode == "live":
        raise InvalidSettings(
            "secret: missing. Give 32 characters or more by GATEWAY_SECRET or GATEWAY_SECRET_FILE; never change it later."
        )
    return _kept_secret(settings.var_dir / "secret")


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(fd, "wb") as file:
        file.write(secrets.token_hex(_SECRET_BYTES).encode())
    return path.read_bytes()
