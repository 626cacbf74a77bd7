"""Single messages: one letter or text of the installation's own, to one address, in answer to one act of a person.

They take the same path as a newsletter: a row of the outbox, the same gate, the same journal. What carries them is a campaign
that stands for one letter in one language; its content is the installation's own text, so nobody approves it apart, and its
hash is in the journal. They count in no cap; which of them an objection stops is the pack's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import orjson

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.audience import Audience
from gateway.domain.campaign import SINGLE_CLASSES, CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.keys import pseudonym
from gateway.domain.language import Language
from gateway.flows.campaigning.definition import Definition
from gateway.flows.campaigning.drafting import store_version
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import keep_texts
from gateway.flows.sending.briefing import brief
from gateway.flows.sending.texting import sms_head
from gateway.render.email import Single
from gateway.render.fields import CODE
from gateway.render.letters import read_letter, read_text
from gateway.render.sms import SmsContent, compile_sms
from gateway.render.words import check_words
from gateway.store import answers, campaigns, journal, people
from gateway.store.campaigns import NewCampaign
from gateway.store.engine import Connection, Later
from gateway.store.people import Holder

#: Author of the letters that ship with the installation.
AUTHOR = "installation"
#: Begins the names of carriers: no campaign of a team can be called so.
CARRIER = "@"
#: Where the code of a text stands, and what it is measured with.
_CODE = f'{{{{ {CODE}|"0000 0000" }}}}'
_OCCASION = re.compile(r"[A-Za-z0-9._:-]{1,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One letter about to be put into the outbox."""

    message_class: MessageClass  #: one of SINGLE_CLASSES
    letter: str  #: name of a letter under templates/letters, or of a text under templates/letters/sms
    occasion: str  #: the act it answers ("signup:12"); the same act is answered once, however often this is asked
    fields: Mapping[str, str] = field(default_factory=dict)  #: what the letter says of this act; paragraphs, once `tidy`
    language: Language = "fr"
    medium: Medium = Medium.EMAIL
    number: str | None = None  #: of whoever asked, E.164: kept with the row, until it is settled, if nobody in our file has it


class Put(NamedTuple):
    """A letter in the outbox, or one that stood there already."""

    message_id: int
    entries: tuple[Entry, ...]  #: of the journal


def notify(tx: Connection, gw: Gateway, digest: bytes, notice: Notice, holder: Holder | None = None) -> int | None:
    """Put one letter to this address into the outbox, within the caller's transaction; returns the message's number.

    holder: who holds the address, where the caller has just asked.
    Asked again for the same act of the same person, it returns the number of the first. None when nobody holds the address, and
    the notice names no number of its own.
    Nothing leaves before the caller's commit; `gw.ring()` after it spares the wait for the ticker.
    Raises InvalidInput for a class, an occasion or fields that do not fit the letter, RenderFault or InvalidContent for a letter
    that cannot be used.
    """
    sent = put_notice(tx, gw, digest, notice, holder or people.holder(tx, digest, notice.medium))
    if sent is None:
        return None
    put = sent()
    journal.append(tx, put.entries)
    return put.message_id


def put_notice(tx: Connection, gw: Gateway, digest: bytes, notice: Notice, holder: Holder | None) -> Later[Put] | None:
    """The same for whoever holds the address; its entries are the caller's to write, with those of what it answers.

    What it came to is asked for afterwards: what is sent beside it within `engine.together` travels with it.
    """
    definition = _definition(gw, notice)
    if holder is None and notice.number is None:
        return None
    version = _version(definition)
    name = f"{CARRIER}{notice.message_class}.{notice.letter}.{notice.language}.{version[:12]}"
    act = {"contact_id": holder.contact_id if holder else None, "digest": digest, "occasion": notice.occasion}
    fields = dict(notice.fields) if holder else answers.kept(notice.number or "")
    at = gw.clock.now()
    row = {
        **act,
        "address_id": holder.address_id if holder else None,
        "domain": holder.value.partition("@")[2] if holder else "",  # of a number: none
        "due_at": at,
        "fields": orjson.dumps(fields).decode() if fields else None,
    }
    sent = answers.add(tx, name, notice.message_class, **row)

    def put() -> Put:
        added = answers.added(sent)
        if added is None:
            known = answers.answering(tx, name, notice.message_class, **act)
            if known is not None:
                return Put(known, ())
            _carry(tx, gw, notice, definition, name)
            added = answers.added(answers.add(tx, name, notice.message_class, **row))
        if added is None:
            raise Conflict(f"{notice.occasion} : un autre processus répond à cet instant au même acte ; recommencez")
        message_id, carrier_id = added
        told = entry(
            EntryKind.NOTICE,
            at,
            campaign_id=carrier_id,
            message_id=message_id,
            person=pseudonym(holder.key) if holder else None,
            letter=notice.letter,
            occasion=notice.occasion,
            version=version,
            **{"class": notice.message_class.value},
        )
        return Put(message_id, (told,))

    return put


def _definition(gw: Gateway, notice: Notice) -> Definition:
    """The letter as a campaign holds it."""
    if notice.message_class not in SINGLE_CLASSES:
        raise InvalidInput(f"a single message is {', '.join(SINGLE_CLASSES)}, not {notice.message_class}")
    if not _OCCASION.fullmatch(notice.occasion):
        raise InvalidInput(f"occasion {notice.occasion!r}: 1 to 80 letters, digits, dots, colons and dashes")
    if notice.medium is not Medium.EMAIL:
        return _text(gw, notice)
    letter = read_letter(gw.templates, notice.letter, notice.language)
    if odd := sorted(set(letter.fields).symmetric_difference(notice.fields)):
        raise InvalidInput(f"letter {notice.letter!r}: fields missing or unknown: {', '.join(odd)}")
    for name, value in notice.fields.items():
        # Now, while whoever wrote it can write it otherwise: as it leaves, it would only be refused.
        check_words(name, value)
    return Definition(content=letter.content, audience=Audience(), single=Single(fields=letter.fields, ask=letter.ask))


def _text(gw: Gateway, notice: Notice) -> Definition:
    """The text as a campaign holds it: nothing in it but a code is of one person, so that what is measured is what leaves."""
    if notice.medium is not Medium.SMS or notice.fields:
        raise InvalidInput(f"a single message is a letter, or a text without fields; not by {notice.medium}")
    controller, sender = gw.settings.controller, gw.settings.sender
    contact = controller.email or sender.reply_to or sender.email
    words = {"controller": controller.name, "contact": contact, CODE: _CODE}
    return Definition(content=read_text(gw.templates, notice.letter, notice.language, words), audience=Audience())


@lru_cache(maxsize=64)
def _version(definition: Definition) -> str:
    """Its hash: of a few texts, asked for with each answer."""
    return definition.sha256


def _carry(tx: Connection, gw: Gateway, notice: Notice, definition: Definition, name: str) -> None:
    """The running campaign that stands for this very text: made, compiled and journalled the first time."""
    if isinstance(definition.content, SmsContent):
        # Before anything is written: an answer too long for one part must leave nothing behind in the caller's transaction.
        head = sms_head(gw.settings, notice.language)
        compile_sms(definition.content, head, gw.templates, notice.message_class)
    at = gw.clock.now()
    new = NewCampaign(
        name=name,
        medium=notice.medium,
        message_class=notice.message_class,
        state=CampaignState.RUNNING,
        definition=definition.body(),
        author=AUTHOR,
        created_at=at,
    )
    if campaigns.create_once(tx, new) is None:
        return  # somebody else's answer made it meanwhile
    made = store_version(tx, new)
    compiled = brief(gw, made).compiled
    keep_texts(tx, compiled, at)
    told = entry(
        EntryKind.CAMPAIGN,
        at,
        campaign_id=made.id,
        act="standing",
        name=name,
        version=definition.sha256,
        content=compiled.content_hash,
        by=AUTHOR,
    )
    journal.append(tx, [told])
