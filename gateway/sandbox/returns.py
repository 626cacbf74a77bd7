"""What invented people and their servers send back about a mail that was taken: a bounce, a complaint, a reply, an absence.

By the beginning of the address, as in sandbox.sink: "revient", "plainte", "repond-stop", "absente". They are delivered by LMTP
or SMTP, as a real mail server would, and once only: trial mode has no queue.
"""

from __future__ import annotations

import email.policy
import logging
import queue
import smtplib
import threading
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import NamedTuple

from gateway.sandbox.kept import Arrival

log = logging.getLogger(__name__)

_SERVER = "courriel.example"
_DAEMON = f"MAILER-DAEMON@{_SERVER}"
_BOUNDARY = "=_avis-du-serveur"
_WAIT_SECONDS = 10
_HEADERS_READ = 32 * 1024


class _Answer(NamedTuple):
    sender: str  #: of the envelope; empty for what nobody may answer
    recipient: str
    mail: bytes


class Returns:
    """Sends answers back, from a thread of its own."""

    def __init__(self, protocol: str, host: str, port: int) -> None:
        self._connect = {"lmtp": smtplib.LMTP, "smtp": smtplib.SMTP}[protocol]
        self._where = (host, port)
        self._waiting: queue.SimpleQueue[_Answer | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="returns", daemon=True)
        self._thread.start()

    def after(self, arrivals: Sequence[Arrival]) -> None:
        """Answer those mails whose recipients do."""
        for arrival in arrivals:
            local = arrival.recipient.casefold()
            answer = next((make for beginning, make in _ANSWERS.items() if local.startswith(beginning)), None)
            if answer is not None and (made := answer(arrival)) is not None:
                self._waiting.put(made)

    def stop(self) -> None:
        """Send what waits, then end."""
        self._waiting.put(None)
        self._thread.join(_WAIT_SECONDS)

    def _run(self) -> None:
        while (answer := self._waiting.get()) is not None:
            try:
                with self._connect(*self._where, timeout=_WAIT_SECONDS) as session:
                    session.sendmail(answer.sender, [answer.recipient], answer.mail)
            except (OSError, smtplib.SMTPException) as fault:
                log.warning("an answer of the sandbox could not be delivered: %s", type(fault).__name__)


def _bounce(arrival: Arrival) -> _Answer | None:
    """The server took the mail, then found nobody (RFC 3464)."""
    if not arrival.sender:
        return None
    status = (
        f"Reporting-MTA: dns; {_SERVER}\n\n"
        f"Final-Recipient: rfc822; {arrival.recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{arrival.recipient}>: Destinataire inconnu\n"
    )
    words = f"Votre message n’a pas pu être remis à {arrival.recipient} : ce destinataire n’existe pas."
    return _Answer("", arrival.sender, _report(arrival, arrival.sender, "delivery-status", words, status))


def _complaint(arrival: Arrival) -> _Answer | None:
    """The person called it unwanted, and her provider says so (RFC 5965), where the message asks for it (RFC 9477)."""
    to = str(_fields(arrival)["CFBL-Address"] or "").partition(";")[0].strip()
    if not to:
        return None
    feedback = f"Feedback-Type: abuse\nUser-Agent: Sandbox/1\nVersion: 1\nOriginal-Mail-From: <{arrival.sender}>\n"
    words = "Ce message a été signalé comme indésirable."
    return _Answer(f"fbl@{_SERVER}", to, _report(arrival, to, "feedback-report", words, feedback))


def _stop(arrival: Arrival) -> _Answer | None:
    """The person presses "reply", and writes STOP."""
    return _reply(arrival, "STOP, merci de ne plus m’écrire.", subject=f"Re: {_fields(arrival)['Subject']}")


def _absence(arrival: Arrival) -> _Answer | None:
    """Her mailbox answers that she is away."""
    return _reply(arrival, "Je suis absente jusqu’à lundi.", subject="Réponse automatique : absente", auto=True)


def _reply(arrival: Arrival, words: str, *, subject: str, auto: bool = False) -> _Answer | None:
    fields = _fields(arrival)
    to = parseaddr(str(fields["Reply-To"] or fields["From"] or ""))[1]
    if not to:
        return None
    mail = EmailMessage()
    mail["From"] = arrival.recipient
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(arrival.received_at)
    mail["Message-ID"] = _message_id(arrival, subject)
    if fields["Message-ID"]:
        mail["In-Reply-To"] = str(fields["Message-ID"])
    if auto:
        mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(words)
    return _Answer(arrival.recipient, to, mail.as_bytes(policy=email.policy.SMTP))


_ANSWERS: dict[str, Callable[[Arrival], _Answer | None]] = {
    "revient": _bounce,
    "plainte": _complaint,
    "repond-stop": _stop,
    "absente": _absence,
}


def _report(arrival: Arrival, to: str, kind: str, words: str, machine: str) -> bytes:
    """A report for people and for programs, with the header of the mail it is about."""
    headers = arrival.content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n")
    head = (
        f"From: {_DAEMON}\nTo: {to}\nSubject: Avis du serveur\nDate: {format_datetime(arrival.received_at)}\n"
        f"Message-ID: {_message_id(arrival, kind)}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{_BOUNDARY}"\n\n'
    )
    parts = (
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{words}\n",
        f"Content-Type: message/{kind}\n\n{machine}",
        f"Content-Type: text/rfc822-headers\n\n{headers}\n",
    )
    body = "".join(f"--{_BOUNDARY}\n{part}\n" for part in parts)
    return f"{head}{body}--{_BOUNDARY}--\n".replace("\n", "\r\n").encode()


def _message_id(arrival: Arrival, what: str) -> str:
    return f"<{sha256(f'{arrival.sender} {arrival.recipient} {what}'.encode()).hexdigest()[:32]}@{_SERVER}>"


def _fields(arrival: Arrival) -> email.message.Message:
    return BytesHeaderParser(policy=email.policy.default).parsebytes(arrival.content[:_HEADERS_READ])
