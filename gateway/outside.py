"""What an installation reaches outside of its database: the relay, the provider of texts and calls, the boxes of trial mode."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace

from gateway.channels.smtp import SmtpChannel, SmtpRelay
from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.channel import TwilioCalls, TwilioSms
from gateway.domain.channel import Channel, Medium, Outcome
from gateway.domain.clock import Clock
from gateway.sandbox.carrier.traffic import FILE_NAME as TRAFFIC
from gateway.sandbox.carrier.traffic import Traffic
from gateway.sandbox.kept import FILE_NAME as MAILS
from gateway.sandbox.kept import KeptMails
from gateway.settings import Settings

#: Longest silence of the relay while it is given a checkpoint for a witness.
_WITNESS_SILENCE_SECONDS = 20.0


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


def channels(settings: Settings, provider: TwilioAccount | None, clock: Clock) -> dict[Medium, Channel]:
    """What this installation can hand messages over to."""
    found: dict[Medium, Channel] = {Medium.EMAIL: SmtpChannel(relay(settings))}
    if provider is not None and settings.sms.sender:
        found[Medium.SMS] = TwilioSms(provider, clock)
    if provider is not None and settings.calls.caller:
        calls = settings.calls
        found[Medium.CALL] = TwilioCalls(
            provider, clock, ring_seconds=calls.ring_seconds, talk_seconds_max=calls.talk_seconds_max
        )
    return found


def tracers(provider: TwilioAccount | None, clock: Clock) -> Mapping[Medium, TwilioSms | TwilioCalls]:
    """Whom to ask what became of texts and calls; no connection is opened before somebody asks."""
    if provider is None:
        return {}
    return {Medium.SMS: TwilioSms(provider, clock), Medium.CALL: TwilioCalls(provider, clock)}


def post_by_relay(settings: Settings, sender: str, recipient: str, mail: bytes) -> Outcome:
    """One mail about the journal, over a connection of its own: it is rare, and must not wait behind a campaign.

    A relay that says nothing is given up sooner than for letters: the mail is tried again by itself.
    """
    soon = min(_WITNESS_SILENCE_SECONDS, settings.smtp.timeout_seconds)
    with closing(SmtpChannel(replace(relay(settings), timeout_seconds=soon))) as channel:
        return channel.post(sender, recipient, mail)


def forget_in_trial(settings: Settings, addresses: Collection[str], references: Collection[str]) -> int:
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
