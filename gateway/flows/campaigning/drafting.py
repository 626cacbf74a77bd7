"""Drafts: created, changed, and tried on the team."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.campaigning.definition import Definition, aware
from gateway.flows.campaigning.remainder import how_to_correct, rest_of
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief
from gateway.render.rereading import doubts
from gateway.store import campaigns, journal
from gateway.store.campaigns import CampaignRow, NewCampaign
from gateway.store.engine import Connection, begin, reading

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

#: How a campaign stands, said of it: « la campagne est … ».
IN_WORDS = {
    CampaignState.DRAFT: "en brouillon",
    CampaignState.APPROVED: "approuvée",
    CampaignState.RUNNING: "en cours",
    CampaignState.PAUSED: "en pause",
    CampaignState.CANCELLED: "annulée",
    CampaignState.FINISHED: "finie",
    CampaignState.LATE: "en retard",
}


def create(
    gw: Gateway, name: str, definition: Definition, *, by: str, message_class: MessageClass = MessageClass.CAMPAIGN
) -> CampaignRow:
    """Store a draft: a newsletter, or the one request for consent. Its words are checked and compiled first.

    Raises InvalidContent, RenderFault, InvalidInput or Conflict.
    """
    if message_class not in (MessageClass.CAMPAIGN, MessageClass.CONSENT_REQUEST):
        raise InvalidInput(f"une campagne est de la classe campaign ou consent_request, pas {message_class}")
    if message_class is MessageClass.CONSENT_REQUEST and definition.medium is not Medium.EMAIL:
        raise InvalidInput(
            "l’unique demande d’accord part par courriel : on y répond sur une page qui porte toute l’information. Un SMS n’a "
            "pas la place de la question, du sens du silence, de l’origine et du lien, et la réponse ne garde pas ces mots"
        )
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"nom de campagne « {name} » : minuscules sans accent, chiffres, point et tiret, 63 au plus ; par exemple lettre-3"
        )
    _check_start(gw, definition)
    with begin(gw.engine) as tx:
        if campaigns.by_name(tx, name):
            raise Conflict(f"la campagne « {name} » existe déjà : ajoutez --edit pour la changer, ou donnez un autre nom")
        definition = rest_of(tx, definition, message_class)
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
    _check_start(gw, definition)
    with begin(gw.engine) as tx:
        row = named(tx, name, lock=True)
        if row.state not in (CampaignState.DRAFT, CampaignState.APPROVED):
            raise Conflict(f"la campagne « {name} » est {IN_WORDS[row.state]} : elle ne se change plus. {how_to_correct(row)}")
        if row.medium is not definition.medium:
            raise Conflict(f"la campagne « {name} » part par un autre canal ({row.medium}) : donnez un autre nom à celle-ci")
        definition = rest_of(tx, definition, row.message_class)
        campaigns.redefine(tx, row.id, definition.body())
        campaigns.add_version(tx, row.id, definition.sha256, definition.body(), author=by, at=gw.clock.now())
        row = named(tx, name)
        brief(gw, row)
        journal.append(tx, [told(gw, row, definition, "changed", by=by)])
    return row


def late(gw: Gateway, definition: Definition) -> bool:
    """Whether its hour is over by more than a campaign may be late (sending.late_minutes)."""
    return definition.start_at is not None and gw.clock.now() - definition.start_at > timedelta(
        minutes=gw.settings.sending.late_minutes
    )


def _check_start(gw: Gateway, definition: Definition) -> None:
    """An hour that is over was mistyped, be it by little: the launch alone may come a little after it."""
    aware(definition.start_at)
    if definition.start_at is not None and definition.start_at < gw.clock.now():
        raise InvalidInput(
            "--start : cette heure est déjà passée ; donnez-en une à venir, ou aucune pour partir dès le lancement"
        )


def to_reread(gw: Gateway, definition: Definition) -> tuple[str, ...]:
    """What is probably a slip in its words, each as a sentence; none of it refuses (render.rereading)."""
    today = gw.clock.now().astimezone(gw.pack.calendar.zone).date()
    told = (why for text in definition.words for why in doubts(text, definition.content.language, today))
    return tuple(dict.fromkeys(told))


def find(gw: Gateway, name: str) -> CampaignRow:
    """The campaign of that name. Raises NotFound."""
    with reading(gw.engine) as tx:
        return named(tx, name)


def named(tx: Connection, name: str, *, lock: bool = False) -> CampaignRow:
    """The campaign of that name within a transaction. Raises NotFound."""
    row = campaigns.by_name(tx, name, lock=lock)
    if row is None:
        raise NotFound(f"aucune campagne ne s’appelle « {name} » : gateway campaign list les montre")
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
