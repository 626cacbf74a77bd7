"""Hostile words from a contact file to real mails: what people typed reaches the reader as words, or not at all."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, literal, select

from gateway.channels.smtp import SmtpChannel, SmtpRelay
from gateway.domain.audience import Audience
from gateway.domain.errors import GatewayError, InvalidContent
from gateway.domain.message import MessageState
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.render.email import EmailContent
from gateway.sandbox.mailbox import Mailbox
from gateway.store import campaigns, tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.collecting.support import BOX, imported, people
from tests.mails import part_of
from tests.sending.support import RecordingChannel, installation, newsletter, run

GOOD_SENDER: dict[str, Any] = {
    "name": "Camille Rochebrune",
    "email": "lettre@valbrume.example",
    "reply_to": "equipe@valbrume.example",
}
GOOD_CONTROLLER: dict[str, Any] = {
    "name": "Comité Rochebrune",
    "address": "1 place du Lavoir",
    "email": "donnees@valbrume.example",
}
#: As a stranger would fill in a form, and a spreadsheet would keep it.
NAMES = {
    "header": "a\r\nBcc: victime@exemple.example",
    "template": "{{ 7 * 7 }}{% for x in ().__class__ %}",
    "markup": '<script>alert(1)</script><img src="http://espion.example/p.png">',
    "markdown": "[gagnez](https://espion.example) ![x](https://espion.example/p.png)",
    "formula": "=cmd|' /C calc'!A0",
    "encoded": "=?utf-8?q?Bcc=3A_victime=40exemple.example?=",
    "dots": ".\r\n.\r\nMAIL FROM:<x@espion.example>",
    "unicode": "\u202eelimaC\u2028\u0000",
}


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox(tmp_path / "sandbox", clock=ManualClock())
    yield box, box.start(port=0)
    box.stop()


@pytest.fixture
def gw(sqlite_url: str, tmp_path: Path, clock: ManualClock, mailbox: tuple[Mailbox, int]) -> Iterator[Gateway]:
    relay = SmtpChannel(SmtpRelay(host="127.0.0.1", port=mailbox[1], tls="none", connections=2))
    try:
        with installation(sqlite_url, clock, tmp_path, channel=relay) as gateway:
            yield gateway
    finally:
        relay.close()


def test_hostile_names_and_towns_of_a_file_reach_nobody_but_their_bearer_and_only_as_words(
    gw: Gateway, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    lines = ["courriel;prénom;commune;accord", "calme@exemple.example;Camille;Valbrume;oui"]
    for word, name in NAMES.items():
        quoted = name.replace('"', '""')
        lines.append(f'{word}@exemple.example;"{quoted}";"{quoted}";oui')
    report = imported(gw, tmp_path, "\n".join(lines) + "\n", claim=BOX)
    _send_with_names(gw)
    run(gw)
    states = _states(gw)
    mails = _mails(mailbox[0])
    assert len(states) + sum(report.refused.values()) == len(lines) - 1, "each line is imported or named"
    assert states["calme@exemple.example"] is MessageState.ACCEPTED
    assert set(states.values()) <= {MessageState.ACCEPTED, MessageState.REFUSED}
    assert set(mails) == {address for address, state in states.items() if state is MessageState.ACCEPTED}
    assert len(mails) > len(NAMES) // 2, "most of it is harmless once it is words"
    for address, mail in mails.items():
        assert mail.get_all("To") == [address]
        for never in ("Bcc", "Cc", "Sender", "Resent-To"):
            assert mail[never] is None
        for once in ("From", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"):
            assert len(mail.get_all(once) or ()) == 1, once
        html = part_of(mail, "html").lower()
        assert "<script" not in html and "<img" not in html and 'href="https://espion.example' not in html
        assert "49" not in str(mail["Subject"]), "what she typed is not computed"


def test_addresses_that_would_say_something_to_the_relay_do_not_enter(gw: Gateway, tmp_path: Path) -> None:
    hostile = [
        '"a@exemple.example\r\nRCPT TO:<x@exemple.example>"',
        "a@exemple.example>",
        "<a@exemple.example",
        "a@exemple.example b@exemple.example",
        "a@exemple.example,b@exemple.example",
        "a@@exemple.example",
        "a@exemple.example\x00",
        "a@[127.0.0.1]",
        "x@exemple.example <y@exemple.example>",
        "=a@exemple.example",
    ]
    report = imported(gw, tmp_path, "\n".join(["courriel;accord", *(f"{address};oui" for address in hostile)]) + "\n", claim=BOX)
    taken = people(gw)
    assert set(taken) == {"=a@exemple.example", "a@exemple.example"}, "lawful, however odd, or freed of a bracket"
    assert sum(report.refused.values()) == len(hostile) - 3, "two lines are about one person"


@pytest.mark.parametrize(
    "subject",
    [
        "La lettre\r\nBcc: victime@exemple.example",
        "La lettre\nX: y",
        "{{ ''.__class__ }}",
        "{% include '/etc/passwd' %}",
        "{{ mot_de_passe }}",
    ],
)
def test_a_hostile_subject_is_refused_with_a_sentence_before_anybody_approves_it(gw: Gateway, subject: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        _create(gw, EmailContent(subject=subject, body="Bonjour", format="markdown"))
    assert len(str(refusal.value)) > 10
    assert _drafts(gw) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sender.name", "Camille\r\nBcc: victime@exemple.example"),
        ("sender.reply_to", "equipe@valbrume.example\r\nBcc: victime@exemple.example"),
        ("sender.email", "lettre@valbrume.example>, <victime@exemple.example"),
        ("sender.list_id", "list.valbrume.example>\r\nBcc: victime@exemple.example"),
        ("sender.bounce_domain", "valbrume.example>\r\nRCPT TO:<victime@exemple.example"),
        ("controller.name", "Comité\u0000\r\n."),
        ("controller.privacy_url", "javascript:alert(1)"),
        ("web.public_url", 'https://valbrume.example/"><script>'),
        ("web.public_url", "https://valbrume.example/>\r\nBcc: victime@exemple.example"),
    ],
)
def test_a_hostile_setting_is_named_and_nothing_leaves(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, key: str, value: str
) -> None:
    table, name = key.split(".")
    good = {"sender": GOOD_SENDER, "controller": GOOD_CONTROLLER, "web": {}}
    given: dict[str, Any] = {**good, table: {**good[table], name: value}}
    channel = RecordingChannel()
    with pytest.raises(GatewayError) as refusal, installation(sqlite_url, clock, tmp_path, channel=channel, **given) as gw:
        newsletter(gw)
    assert name in str(refusal.value)
    assert channel.handed == []


def _send_with_names(gw: Gateway) -> None:
    body = 'Bonjour {{ given_name }} de {{ commune|"chez nous" }},\n\nvenez **samedi**.\n'
    content = EmailContent(subject='{{ given_name|"Bonjour" }}, la lettre', body=body, format="markdown")
    policy = ("targeting-policy",)
    definition = Definition(content=content, audience=Audience(), attestations=policy, targeting_data="votre commune")
    drafting.create(gw, "lettre", definition, by="autrice")
    with begin(gw.engine) as tx:  # words that change with the town are targeted: everybody agreed to that apart
        agreed = select(tables.contact.c.id, *map(literal, ("email", "targeting", "granted", True)), literal(gw.clock.now()))
        columns = ("contact_id", "medium", "purpose", "state", "evidence", "since")
        tx.execute(insert(tables.consent).from_select(columns, agreed))
    launching.approve(gw, "lettre", by="relecteur")
    launching.launch(gw, "lettre", by="autrice", key="k1")


def _create(gw: Gateway, content: EmailContent) -> None:
    drafting.create(gw, "lettre", Definition(content=content, audience=Audience()), by="autrice")


def _drafts(gw: Gateway) -> list[str]:
    with reading(gw.engine) as tx:
        return [campaign.name for campaign in campaigns.listed(tx)]


def _states(gw: Gateway) -> dict[str, MessageState]:
    m, a = tables.message, tables.address
    with reading(gw.engine) as tx:
        return {row[0]: row[1] for row in tx.execute(select(a.c.value, m.c.state).join(m, m.c.address_id == a.c.id))}


def _mails(box: Mailbox) -> dict[str, EmailMessage]:
    found = {}
    for kept in box.mails(limit=100):
        parsed = email.message_from_bytes(box.read(kept.id), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage) and kept.recipient not in found
        found[kept.recipient] = parsed
    return found
