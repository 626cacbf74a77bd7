"""Composition root: settings in, a Gateway out."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gateway.channels.twilio.account import TwilioAccount
from gateway.data import data_dir
from gateway.domain.channel import Channel, Medium, Outcome, Tracer
from gateway.domain.clock import Clock
from gateway.domain.errors import InvalidSettings, StoreUnavailable, system_says
from gateway.domain.keys import Keyring
from gateway.flows.belonging import require_own_secret
from gateway.flows.gateway import Gateway, no_bell, nowhere
from gateway.flows.policy import adopt_pack
from gateway.present import SystemClock, present_pack
from gateway.settings import SECRET_CHARACTERS_MIN, Settings
from gateway.store.engine import Engine, open_engine
from gateway.store.feed import ObjectionFeed
from gateway.store.schema import at_head, upgrade

_SECRET_BYTES = 32
#: Account that the carrier of trial mode takes; no account of the provider's has this number.
TRIAL_ACCOUNT = f"AC{'0' * 32}"
#: How much longer than a lease a fresh objection is remembered.
_FEED_MARGIN_SECONDS = 60


@contextmanager
def opened(
    settings: Settings,
    *,
    sending: bool = False,
    asking: bool = False,
    listening: bool = False,
    ring: Callable[[], None] = no_bell,
    clock: Clock | None = None,
) -> Iterator[Gateway]:
    """An installation, ready; closed politely at the end.

    sending: whether this process hands messages over; only then are channels and the feed of objections opened.
    asking: whether it asks the provider what became of texts and calls.
    listening: whether it takes what people say; opens though rules wait for review or the clock is behind: nothing leaves then.
    clock: whose time it is; None: the machine's.
    Neither a live installation whose checklist is not green opens for sending, nor a trial on the database of a live one.
    Raises InvalidSettings, InvalidPack or StoreUnavailable before anything is begun.
    """
    clock = clock or SystemClock()
    keys = Keyring(installation_secret(settings))
    pack = present_pack(clock.now().date(), listening=listening)
    if settings.database.url.startswith("sqlite"):
        upgrade(settings.database.url)
    engine = open_engine(settings.database.url)
    require_schema(engine)
    feed = ObjectionFeed(engine, clock, keep_seconds=settings.sending.lease_seconds + _FEED_MARGIN_SECONDS)
    provider = telephone_account(settings)
    channels, tracers = _beyond(settings, provider, clock, sending=sending, asking=asking)
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
        forget_elsewhere=partial(_forget, settings) if settings.mode == "trial" else nowhere,
        post=partial(_post, settings),
        ring=ring,
    )
    try:
        require_own_secret(gw)
        adopt_pack(gw)
        if sending:
            _refuse_unready(gw)
        if sending or asking:
            _ask_after_absence(gw)
        if sending:
            feed.start()
        yield gw
    finally:
        for channel in channels.values():
            channel.close()
        for tracer in tracers.values():
            tracer.close()
        feed.stop()
        engine.dispose()


# Imported where they are called: SMTP, the provider's SDK, the checklist and what reads seals take longer to read than most
# commands to run.


def _beyond(
    settings: Settings, provider: TwilioAccount | None, clock: Clock, *, sending: bool, asking: bool
) -> tuple[Mapping[Medium, Channel], Mapping[Medium, Tracer]]:
    """Channels, for a process that sends; whom to ask what became of messages, for one that asks."""
    if not (sending or asking):
        return {}, {}
    from gateway import outside

    return outside.channels(settings, provider, clock) if sending else {}, outside.tracers(provider, clock) if asking else {}


def _ask_after_absence(gw: Gateway) -> None:
    from gateway.flows.sending.absence import ask_after_absence

    ask_after_absence(gw)


def _refuse_unready(gw: Gateway) -> None:
    from gateway.flows.checking import refuse_unready
    from gateway.flows.sending.trial import enter_mode

    gw.pack.checked()
    refuse_unready(gw)
    enter_mode(gw)


def _post(settings: Settings, sender: str, recipient: str, mail: bytes) -> Outcome:
    from gateway.outside import post_by_relay

    return post_by_relay(settings, sender, recipient, mail)


def _forget(settings: Settings, addresses: Collection[str], references: Collection[str]) -> int:
    from gateway.outside import forget_in_trial

    return forget_in_trial(settings, addresses, references)


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
            "les tables de la base ne sont pas celles de cette version : lancez gateway db upgrade, puis recommencez"
        )


def installation_secret(settings: Settings) -> bytes:
    """The secret all digests and tokens derive from. In trial mode it is made once and kept under var_dir, mode 0600."""
    given = settings.secret.get_secret_value()
    if given:
        return given.encode()
    if settings.mode == "live":
        raise InvalidSettings(
            "secret : à donner, 32 caractères au moins, par GATEWAY_SECRET ou GATEWAY_SECRET_FILE ; ne le changez plus jamais. "
            f"Une base commencée en mode d’essai garde le sien : GATEWAY_SECRET_FILE={settings.var_dir / 'secret'}"
        )
    return _kept_secret(settings.var_dir / "secret")


def _kept_secret(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as fault:
        if path.is_file():  # made before: at an earlier start, or by another process this instant
            return _whole_secret(path)
        raise InvalidSettings(
            f"var_dir : impossible d’écrire dans {path.parent} ({system_says(fault)}) ; nommez un autre dossier"
        ) from fault
    with os.fdopen(fd, "wb") as file:
        file.write(secrets.token_hex(_SECRET_BYTES).encode())
        file.flush()
        os.fsync(file.fileno())  # for ever: a power cut must not leave an empty one to a database that was begun under it
    return _whole_secret(path)


def _whole_secret(path: Path) -> bytes:
    """What the file holds, without the line end that a copy or an editor adds."""
    try:
        found = path.read_bytes().strip()
    except OSError as fault:
        raise InvalidSettings(f"secret : impossible de lire {path} ({system_says(fault)})") from fault
    if len(found) < SECRET_CHARACTERS_MIN:
        raise InvalidSettings(
            f"secret : {path} est vide ou tronqué. Remettez-le d’une sauvegarde : la base ne s’ouvre qu’avec le sien. Si elle "
            "n’existe pas encore, effacez ce fichier : il sera refait"
        )
    return found
