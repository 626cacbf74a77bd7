"""Drafts: created, changed, and tried on the team."""

from __future__ import annotations

import re
from hashlib import sha256

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.campaigning.definition import Definition, aware
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief
from gateway.store import campaigns, journal
from gateway.store.campaigns import CampaignRow, NewCampaign
from gateway.store.engine import Connection, begin, reading

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def create(
    gw: Gateway, name: str, definition: Definition, *, by: str, message_class: MessageClass = MessageClass.CAMPAIGN
) -> CampaignRow:
    """Store a draft: a newsletter, or the one request for consent. Its words are checked and compiled first.

    Raises InvalidContent, RenderFault, InvalidInput or Conflict.
    """
    if message_class not in (MessageClass.CAMPAIGN, MessageClass.CONSENT_REQUEST):
        raise InvalidInput(f"a campaign is of class campaign or consent_request, not {message_class}")
    if message_class is MessageClass.CONSENT_REQUEST and definition.medium is not Medium.EMAIL:
        raise InvalidInput(
            "the one request for consent goes out by email: its answer is taken on a page with the whole notice. A text has no "
            "room for the question, what silence means, the origin and the link, and a reply keeps no words that were agreed to"
        )
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"campaign name {name!r}: use lower-case letters, digits, dot and dash, at most 63, for instance lettre-3"
        )
    aware(definition.start_at)
    with begin(gw.engine) as tx:
        if campaigns.by_name(tx, name):
            raise Conflict(f"there is a campaign {name!r} already: change it with `campaign edit`, or choose another name")
        new = NewCampaign(
            name=name,
            medium=definition.medium,
            message_class=message_class,
            state=CampaignState.DRAFT,
            definition=definition.body(),
            author=by,
            created_at=gw.clock.now(),
        )
        row = store(tx, new)
        brief(gw, row)
        journal.append(tx, [told(gw, row, definition, "created", by=by)])
    return row


def change(gw: Gateway, name: str, definition: Definition, *, by: str) -> CampaignRow:
    """Replace the definition of a campaign that was not launched; an approval it had no longer fits, so it is a draft again."""
    aware(definition.start_at)
    with begin(gw.engine) as tx:
        row = named(tx, name, lock=True)
        if row.state not in (CampaignState.DRAFT, CampaignState.APPROVED):
            raise Conflict(f"campaign {name!r} is {row.state}: what was launched is not changed; create another one")
        if row.medium is not definition.medium:
            raise Conflict(f"campaign {name!r} goes out by {row.medium}: create another one for {definition.medium}")
        campaigns.redefine(tx, row.id, definition.body())
        campaigns.add_version(tx, row.id, definition.sha256, definition.body(), author=by, at=gw.clock.now())
        row = named(tx, name)
        brief(gw, row)
        journal.append(tx, [told(gw, row, definition, "changed", by=by)])
    return row


def find(gw: Gateway, name: str) -> CampaignRow:
    """The campaign of that name. Raises NotFound."""
    with reading(gw.engine) as tx:
        return named(tx, name)


def named(tx: Connection, name: str, *, lock: bool = False) -> CampaignRow:
    """The campaign of that name within a transaction. Raises NotFound."""
    row = campaigns.by_name(tx, name, lock=lock)
    if row is None:
        raise NotFound(f"there is no campaign {name!r}; `gateway campaign list` shows those there are")
    return row


def store(tx: Connection, new: NewCampaign) -> CampaignRow:
    """Write a campaign and its first version."""
    campaigns.create(tx, new)
    return store_version(tx, new)


def store_version(tx: Connection, new: NewCampaign) -> CampaignRow:
    """Write the first version of a campaign that was just made."""
    row = named(tx, new.name)
    version = sha256(new.definition).hexdigest()
    campaigns.add_version(tx, row.id, version, new.definition, author=new.author, at=new.created_at)
    return row


def told(gw: Gateway, row: CampaignRow, definition: Definition, act: str, *, by: str) -> Entry:
    """Journal entry of an act on a campaign and the version it concerns."""
    return entry(EntryKind.CAMPAIGN, gw.clock.now(), campaign_id=row.id, act=act, name=row.name, version=definition.sha256, by=by)
