"""Settings: config.toml, then the environment (GATEWAY_…, nested by __); secrets from the environment or from files.

All faults are reported at once, by key; unknown keys are refused, in the file and in the environment alike. Building a
Settings by hand reads nothing but its arguments; load_settings reads files and the environment. Fields of type SecretStr or
marked repr=False are secrets: they may also come from files, and are never shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from gateway import sources
from gateway.data import CONFIG_VARIABLE, configuration_file
from gateway.data import ENVIRONMENT as DATA_VARIABLE
from gateway.domain.campaign import SenderKind
from gateway.domain.errors import InvalidSettings
from gateway.domain.language import Language
from gateway.domain.machine import is_loopback
from gateway.settings.telephone import Calls, Sms, Twilio
from gateway.settings.told import in_french
from gateway.settings.values import (
    Minutes,
    OptionalDay,
    OptionalEmail,
    OptionalPath,
    OptionalWebAddress,
    Pace,
    Port,
    Section,
    broker_url,
    database_url,
    email,
    listener,
    mobile,
    origin,
    public_root,
    waiver_or_empty,
)

PREFIX = "GATEWAY_"
#: Variables that steer the program and are no keys of config.toml.
OWN_VARIABLES = frozenset({CONFIG_VARIABLE, DATA_VARIABLE})
SECRET_CHARACTERS_MIN = 32


class Controller(Section):
    """Responsable de traitement: who answers for the data (rule controller-declared)."""

    name: str = ""
    kind: SenderKind = SenderKind.CANDIDATE
    address: str = ""
    email: OptionalEmail = ""
    dpo: str = ""  #: contact of the data protection officer, if any
    candidate: str = ""  #: who people vote for; shown in every message
    sponsor: str = ""  #: parraineur, Regulation (EU) 2024/900
    sponsor_controller: str = ""  #: entity that controls the sponsor, if any
    privacy_url: OptionalWebAddress = ""  #: full article 13/14 notice
    transparency_url: OptionalWebAddress = ""  #: transparency notice of the campaign
    retention: str = ""  #: how long data is kept, in a sentence shown to people
    declarations: tuple[str, ...] = ()  #: attestations the controller makes; see `gateway policy list --kind requires`


class Sender(Section):
    """From whom newsletters come."""

    name: str = ""
    email: OptionalEmail = ""
    reply_to: OptionalEmail = ""
    bounce_domain: str = ""  #: domain of return paths (VERP); default: that of `email`
    list_id: str = ""  #: List-Id domain part; default: list.<domain of email>
    dkim_selector: str = ""
    dkim_key_file: OptionalPath = None


class Smtp(Section):
    """The relay. In trial mode none of this is used: mails go to the sandbox on this machine."""

    host: str = ""
    port: Port = 587
    tls: Literal["required", "implicit", "none"] = "required"  #: none: loopback relays only
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(10, ge=1, le=100)
    timeout_seconds: float = Field(60, gt=0)
    per_second: Pace = 0  #: pace of the sender; 0: as fast as the relay answers
    per_second_by_domain: dict[str, Pace] = Field(default_factory=dict)  #: pace per destination domain

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_here(cls, tls: str, info: ValidationInfo) -> str:
        if tls == "none" and (host := info.data.get("host", "")) and not is_loopback(host):
            raise ValueError('"none" est pour un relais d’ici ; sur un réseau, écrivez "required" ou "implicit"')
        return tls


class Inbound(Section):
    """What comes back: bounces, complaints, unsubscriptions, replies. A mailbox, the mail server of this machine, or both."""

    host: str = ""  #: IMAP server of the mailbox; empty: none is read
    port: Port = 993
    tls: Literal["implicit", "required", "none"] = "implicit"  #: none: a server on this machine only
    username: str = ""
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"  #: the gateway's own: it marks what it took in as read
    listen: Annotated[str, AfterValidator(listener)] = ""  #: lmtp://127.0.0.1:2424, for the mail server of this machine
    bytes_max: int = Field(10_000_000, ge=100_000)  #: longer mails are cut, whatever way they come

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_here(cls, tls: str, info: ValidationInfo) -> str:
        if tls == "none" and (host := info.data.get("host", "")) and not is_loopback(host):
            raise ValueError('"none" est pour un serveur d’ici ; sur un réseau, écrivez "implicit" ou "required"')
        return tls

    @property
    def listens(self) -> tuple[Literal["lmtp", "smtp"], str, int] | None:
        """Protocol, address and port to listen on; None when nothing does."""
        if not self.listen:
            return None
        parts = urlsplit(self.listen)
        return "lmtp" if parts.scheme == "lmtp" else "smtp", parts.hostname or "", parts.port or 0


class Database(Section):
    """sqlite:///path or postgresql://…"""

    url: Annotated[str, AfterValidator(database_url)] = Field("sqlite:///var/passerelle.db", repr=False)


class Broker(Section):
    """The doorbell. Empty url: in this process."""

    url: Annotated[str, AfterValidator(broker_url)] = Field("", repr=False)


class Sending(Section):
    """Micro-batches, leases and retries of the gate."""

    batch: int = Field(200, ge=1, le=1000)
    lanes: int = Field(2, ge=1, le=16)  #: micro-batches under way at once in one process
    lease_seconds: int = Field(300, ge=10)
    retry_minutes: tuple[Minutes, ...] = (5, 15, 60, 240)  #: after the last one the message has expired
    late_minutes: Minutes = 60  #: a campaign not begun this long after its hour asks before it fires


class Web(Section):
    """Public pages."""

    host: str = "127.0.0.1"
    port: Port = 8000
    #: As people reach it, without the last slash; links and one-click headers use it.
    public_url: Annotated[str, AfterValidator(public_root)] = "http://127.0.0.1:8000"


class Forms(Section):
    """Forms by which people sign up, and what keeps machines away from them."""

    folder: OptionalPath = None  #: where *.toml are; none: the example that ships
    embed_origins: tuple[Annotated[str, AfterValidator(origin)], ...] = ()  #: sites that may show a form in a frame
    confirmations_per_day: int = Field(3, ge=1, le=20)  #: confirmation mails to one address, in 24 hours
    posts_per_hour: int = Field(20, ge=1)  #: forms sent from one place on the network
    seconds_min: int = Field(3, ge=0)  #: nobody reads and fills in a form faster
    hours_max: int = Field(12, ge=1, le=168)  #: how long a page that was opened can be sent


class Rights(Section):
    """What keeps strangers from making telephones ring by the page where people give their number."""

    codes_per_day: int = Field(3, ge=1, le=20)  #: texts with a code to one number, in 24 hours
    posts_per_hour: int = Field(20, ge=1)  #: numbers and codes typed in from one place on the network


class Retention(Section):
    """Days that end terms and that only people can tell; None: not known yet. Rules contest-before-purge, purge-decision-log."""

    contest_until: OptionalDay = None  #: last day, included, on which the election can be, or still is, contested
    account_cleared_on: OptionalDay = None  #: the day the campaign account was cleared


class Sandbox(Section):
    """Trial mode's mailbox on this machine."""

    host: str = "127.0.0.1"
    smtp_port: Port = 2525
    api_port: Port = 2526  #: the carrier: a stand-in for the provider of texts and calls

    @field_validator("host")
    @classmethod
    def _nothing_leaves(cls, host: str) -> str:
        if not is_loopback(host):
            raise ValueError("la boîte du mode d’essai est sur cette machine : 127.0.0.1, ::1 ou localhost")
        return host


class Team(Section):
    """Who may receive test messages."""

    addresses: tuple[Annotated[str, AfterValidator(email)], ...] = ()
    numbers: tuple[Annotated[str, AfterValidator(mobile)], ...] = ()  #: mobiles, for test copies of texts
    #: Explicit waiver of the second approver: « name: reason ».
    single_approver: Annotated[str, AfterValidator(waiver_or_empty)] = ""


class Journal(Section):
    """The sealed journal."""

    origin: str = ""  #: its name on every checkpoint; empty: the host of web.public_url, then /journal
    key_file: OptionalPath = None  #: private key that signs checkpoints; None: journal.pem under var_dir
    witness_hours: int = Field(24, ge=0)  #: how often checkpoints go to witnesses by themselves; 0: only when somebody says so
    witness_dir: OptionalPath = None  #: where checkpoints are written, on another disk or machine
    witness_addresses: tuple[Annotated[str, AfterValidator(email)], ...] = ()  #: who is mailed them
    timestamp_url: OptionalWebAddress = ""  #: RFC 3161 time-stamping service
    timestamp_ca: OptionalPath = None  #: certificates its own must lead to, PEM; None: those of this machine


class Logs(Section):
    """What operators see; never personal data."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["json", "console"] = "console"


class Settings(Section):
    """Everything an installation decides."""

    mode: Literal["trial", "live"] = "trial"
    var_dir: Path = Path("var")  #: database, keys, wire logs
    secret: SecretStr = SecretStr("")  #: installation secret; empty: made under var_dir in trial mode
    language: Language = "fr"
    election: str = ""  #: id of the election the team campaigns for; see `gateway policy list --elections`
    controller: Controller = Controller()
    sender: Sender = Sender()
    smtp: Smtp = Smtp()
    inbound: Inbound = Inbound()
    sms: Sms = Sms()
    calls: Calls = Calls()
    twilio: Twilio = Twilio()
    database: Database = Database()
    broker: Broker = Broker()
    sending: Sending = Sending()
    web: Web = Web()
    forms: Forms = Forms()
    rights: Rights = Rights()
    retention: Retention = Retention()
    sandbox: Sandbox = Sandbox()
    team: Team = Team()
    journal: Journal = Journal()
    logs: Logs = Logs()

    @field_validator("secret")
    @classmethod
    def _secret_is_long(cls, secret: SecretStr) -> SecretStr:
        length = len(secret.get_secret_value())
        if 0 < length < SECRET_CHARACTERS_MIN:
            raise ValueError(f"trop court : donnez au moins {SECRET_CHARACTERS_MIN} caractères tirés au hasard, pour toujours")
        return secret


def load_settings(path: Path | None = None, **overrides: object) -> Settings:
    """The settings of this installation; a later source wins over an earlier one, key by key.

    1. one file: `path`, else the one GATEWAY_CONFIG names, else ./config.toml, else the trial-mode default that ships;
    2. secrets in the directory a service manager gives (CREDENTIALS_DIRECTORY), one file per key, named as the key;
    3. the environment: GATEWAY_SMTP__HOST sets smtp.host; a secret may be in a file instead, GATEWAY_SMTP__PASSWORD_FILE;
    4. overrides: keys, and tables as mappings (`database={"url": …}`).

    Raises InvalidSettings with every fault, each naming its place, its key and what to do. Changes nothing anywhere.
    """
    reading = sources.Reading(sources.keys_of(Settings))
    sources.read_toml(path or configuration_file(), reading)
    if directory := os.environ.get("CREDENTIALS_DIRECTORY"):
        sources.read_credentials(Path(directory), reading)
    sources.read_environment(os.environ, PREFIX, OWN_VARIABLES, reading)
    sources.read_mapping(overrides, reading)
    faults, settings = list(reading.faults), None
    try:
        settings = Settings.model_validate(reading.nested())
    except ValidationError as invalid:
        faults += _told(invalid, reading.given)
    if faults or settings is None:
        count = "un réglage est" if len(faults) == 1 else f"{len(faults)} réglages sont"
        raise InvalidSettings("\n  ".join([f"{count} à corriger :", *faults]))
    return settings


def begun_here(settings: Settings) -> bool:
    """Whether somebody chose this folder or its settings: whoever is merely somewhere else would begin a second installation.

    True with a configuration file of its own, with a folder or a database named from outside, or where one was begun before.
    """
    named = (f"{PREFIX}VAR_DIR", f"{PREFIX}DATABASE__URL", f"{PREFIX}DATABASE__URL_FILE")
    chosen = any(os.environ.get(name) for name in (CONFIG_VARIABLE, "CREDENTIALS_DIRECTORY", *named))
    return chosen or Path("config.toml").is_file() or settings.var_dir.exists()


def _told(invalid: ValidationError, given: Mapping[str, sources.Given]) -> list[str]:
    """The faults of the model, each with the place its value came from, and without the value."""
    told = []
    for fault in invalid.errors(include_url=False, include_input=False):
        parts = [str(part) for part in fault["loc"]]
        prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        where = next((given[name].where for name in prefixes if name in given), "non réglé")
        told.append(f"{where} : {'.'.join(parts)} : {in_french(fault)}")
    return told
