"""Single messages, on both databases: one letter for one act, through the gate, whatever is done twice."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Envelope, Fault, Outcome, Rejected
from gateway.domain.errors import InvalidInput, RenderFault
from gateway.domain.keys import LinkScope
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import Notice, notify
from gateway.flows.sending.housekeeping import keep
from gateway.store import campaigns, tables
from gateway.store.engine import begin, reading
from tests.mails import part_of
from tests.sending.support import (
    Person,
    RecordingChannel,
    add,
    digest,
    journal_of,
    message_of,
    newsletter,
    objects,
    run,
)

LEA, MEHDI = "lea@exemple.example", "mehdi@exemple.example"


def confirmation(occasion: str = "signup:1", **changes: Any) -> Notice:
    given: dict[str, Any] = {"message_class": MessageClass.CONFIRMATION, "letter": "confirmation", "occasion": occasion}
    given["fields"] = {"until": "1er décembre 2026"}
    return Notice(**{**given, **changes})


def sign_up(gw: Gateway, *emails: str) -> None:
    """People who filled in a form and have not confirmed yet."""
    ids = add(gw, *(Person(email=email, consent=None) for email in emails))
    given = {
        "form_sha256": "0" * 64,
        "fresh": True,
        "language": "fr",
        "given_at": gw.clock.now(),
        "boxes": "[]",
        "state": "pending",
    }
    with begin(gw.engine) as tx:
        tx.execute(insert(tables.signup), [{**given, "contact_id": contact_id} for contact_id in ids])


def ask(gw: Gateway, email: str, notice: Notice) -> int | None:
    with begin(gw.engine) as tx:
        return notify(tx, gw, digest(gw, email), notice)


def test_whoever_signed_up_is_asked_to_confirm_by_a_link_good_for_nothing_else(gw: Gateway, channel: RecordingChannel) -> None:
    sign_up(gw, LEA)
    message_id = ask(gw, LEA, confirmation())
    run(gw)
    assert channel.recipients == [LEA]
    mail = message_from_bytes(channel.payloads[LEA], policy=policy.default)
    text = part_of(mail)
    token = text.split("/c/")[1].split()[0]
    assert gw.keys.read_link_token(token, LinkScope.CONFIRM).message_id == message_id
    with pytest.raises(InvalidInput):
        gw.keys.read_link_token(token, LinkScope.OBJECT)
    assert mail["Auto-Submitted"] == "auto-generated"
    [decision] = journal_of(gw, "decision")
    assert (decision["verdict"], decision["rules"]) == ("allow", ["double-optin-confirmation"])
    [noted] = journal_of(gw, "notice")
    [standing] = journal_of(gw, "campaign")
    assert (noted["message"], noted["occasion"], noted["class"]) == (message_id, "signup:1", "confirmation")
    assert (standing["act"], standing["version"]) == ("standing", noted["version"])
    assert standing["content"] == decision["content"]


def test_the_same_act_is_answered_once_and_another_act_once_more(gw: Gateway, channel: RecordingChannel) -> None:
    sign_up(gw, LEA)
    first = ask(gw, LEA, confirmation("signup:1"))
    run(gw)
    assert ask(gw, LEA, confirmation("signup:1")) == first
    assert ask(gw, LEA, confirmation("signup:2")) != first
    run(gw)
    assert channel.recipients == [LEA, LEA]


def test_a_carrier_never_finishes_and_only_shows_when_it_needs_somebody(gw: Gateway, channel: RecordingChannel) -> None:
    def refuse(envelope: Envelope) -> Outcome:
        return Rejected(True, "550 5.7.1", "not authenticated", Fault.OURS)

    sign_up(gw, LEA, MEHDI)
    ask(gw, LEA, confirmation())
    run(gw)
    keep(gw)
    with reading(gw.engine) as tx:
        [carrier] = campaigns.listed(tx)
        assert campaigns.listed(tx, carriers=False) == []
    assert carrier.state is CampaignState.RUNNING
    channel.answer = refuse
    ask(gw, MEHDI, confirmation())
    run(gw)
    with reading(gw.engine) as tx:
        [shown] = campaigns.listed(tx, carriers=False)
    assert (shown.name, shown.state) == (carrier.name, CampaignState.PAUSED)


def test_nothing_is_sent_when_the_act_itself_is_rolled_back(gw: Gateway, channel: RecordingChannel) -> None:
    sign_up(gw, LEA)
    with pytest.raises(RuntimeError), begin(gw.engine) as tx:
        notify(tx, gw, digest(gw, LEA), confirmation())
        raise RuntimeError
    run(gw)
    assert channel.recipients == [] and journal_of(gw, "notice") == []


def test_somebody_who_objected_is_not_asked_to_confirm_anything(gw: Gateway, channel: RecordingChannel) -> None:
    sign_up(gw, LEA)
    ask(gw, LEA, confirmation())
    objects(gw, LEA)
    ask(gw, LEA, confirmation("signup:2"))
    run(gw)
    assert channel.recipients == []
    with reading(gw.engine) as tx:
        rows = tx.execute(select(tables.message.c.state, tables.message.c.because).order_by(tables.message.c.id)).all()
    assert [state for state, _ in rows] == [MessageState.CANCELLED, MessageState.REFUSED]
    assert "optout-effect" in rows[1].because


def test_an_answer_to_a_request_reaches_even_who_objected(gw: Gateway, channel: RecordingChannel, tmp_path: Path) -> None:
    add(gw, Person(email=LEA))
    objects(gw, LEA)
    with begin(gw.engine) as tx:
        notify(tx, gw, digest(gw, LEA), confirmation(message_class=MessageClass.RIGHTS))
    run(gw)
    assert channel.recipients == [LEA]
    [decision] = journal_of(gw, "decision")
    assert decision["rules"] == ["rights-messages-exempt"]


def test_a_confirmation_counts_in_no_cap(gw: Gateway, channel: RecordingChannel) -> None:
    add(gw, Person(email=LEA))
    for number in range(20):
        ask(gw, LEA, confirmation(f"request:{number}", message_class=MessageClass.RIGHTS))
    run(gw)
    newsletter(gw)
    run(gw)
    assert len(channel.recipients) == 21


def test_what_a_letter_says_of_its_act_is_filled_in_and_then_forgotten(
    gw: Gateway, channel: RecordingChannel, tmp_path: Path
) -> None:
    letters = _letters(gw, tmp_path, 'fields = ["agreed"]\nbody = "Vous avez accepté : {{ agreed }}."\n')
    add(gw, Person(email=LEA))
    with begin(letters.engine) as tx:
        notice = Notice(
            message_class=MessageClass.RIGHTS, letter="essai", occasion="a:1", fields={"agreed": "la lettre <par courriel>"}
        )
        notify(tx, letters, digest(gw, LEA), notice)
    assert "la lettre" in message_of(gw, LEA)["fields"]
    run(letters)
    mail = message_from_bytes(channel.payloads[LEA], policy=policy.default)
    assert "la lettre <par courriel>" in part_of(mail)
    assert "la lettre &lt;par courriel&gt;" in part_of(mail, "html")
    assert message_of(gw, LEA)["fields"] is None


def test_fields_a_letter_does_not_have_are_refused_by_name(gw: Gateway, tmp_path: Path) -> None:
    add(gw, Person(email=LEA))
    with pytest.raises(InvalidInput, match="agreed"):
        ask(gw, LEA, confirmation(fields={"agreed": "tout"}))
    with pytest.raises(InvalidInput, match="campaign"):
        ask(gw, LEA, confirmation(message_class=MessageClass.CAMPAIGN))
    with pytest.raises(RenderFault, match=r"nowhere\.fr\.toml"):
        ask(gw, LEA, confirmation(letter="nowhere"))
    broken = _letters(gw, tmp_path, 'fields = []\nbody = "{{ agreed }}"\n')
    with pytest.raises(Exception, match="champ inconnu « agreed »"), begin(gw.engine) as tx:
        notify(tx, broken, digest(gw, LEA), Notice(message_class=MessageClass.RIGHTS, letter="essai", occasion="a:1"))


def test_nobody_is_written_to_at_an_address_nobody_holds(gw: Gateway) -> None:
    assert ask(gw, "inconnue@exemple.example", confirmation()) is None
    assert journal_of(gw, "notice") == []


def _letters(gw: Gateway, folder: Path, rest: str) -> Gateway:
    """The same installation with one more letter, "essai"."""
    from dataclasses import replace
    from shutil import copytree

    templates = Path(copytree(gw.templates, folder / "templates"))
    head = 'subject = "Essai"\npreheader = ""\nask = ""\n'
    (templates / "letters" / "essai.fr.toml").write_text(head + rest, encoding="utf-8")
    return replace(gw, templates=templates)
