"""An installation with one voter and one message to her, written straight into the store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from gateway.compliance.pack import load_pack
from gateway.data import data_dir
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, ContactClass, OriginKind
from gateway.domain.keys import Keyring, LinkScope
from gateway.domain.message import MessageState
from gateway.flows.gateway import Gateway
from gateway.settings import Controller, Sender, Settings
from gateway.store import tables
from gateway.store.engine import begin, open_engine, reading
from gateway.store.feed import ObjectionFeed
from tests.clock import ManualClock

SECRET = b"0123456789abcdef0123456789abcdef"
EMAIL = "camille@exemple.fr"
CONTACT = "contact@rochebrune.exemple.fr"


@dataclass(frozen=True)
class Town:
    """A gateway, and what a test needs to know of its voter."""

    gw: Gateway
    clock: ManualClock
    digest: bytes
    message_id: int

    def token(self, scope: LinkScope = LinkScope.OBJECT) -> str:
        """The token of the link in the voter's message."""
        return self.gw.keys.link_token(scope, self.message_id, self.digest)

    def everything(self) -> dict[str, list[tuple]]:
        """Every row of every table: equal before and after means that nothing was changed."""
        with reading(self.gw.engine) as tx:
            return {
                table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
                for table in tables.metadata.sorted_tables
            }

    def objections(self) -> list[tuple[str, str]]:
        """(medium, cause) of each objection of the voter."""
        s = tables.suppression
        with reading(self.gw.engine) as tx:
            rows = tx.execute(select(s.c.medium, s.c.cause).where(s.c.digest == self.digest).order_by(s.c.seq))
            return [(medium, cause.value) for medium, cause in rows]

    def message_state(self) -> MessageState:
        """State of her message."""
        m = tables.message
        with reading(self.gw.engine) as tx:
            return tx.execute(select(m.c.state).where(m.c.id == self.message_id)).scalar_one()


@contextmanager
def town(database_url: str, var_dir: Path, clock: ManualClock, **settings):
    """An installation on this database, with one voter whose message waits."""
    engine = open_engine(database_url)
    keys = Keyring(SECRET)
    gw = Gateway(
        settings=_settings(database_url, var_dir, **settings),
        engine=engine,
        clock=clock,
        pack=load_pack(data_dir("policies") / "fr", data_dir("policies") / "house", today=date(2026, 12, 1)),
        keys=keys,
        templates=data_dir("templates"),
        channels={},
        feed=ObjectionFeed(engine, clock, keep_seconds=60),
    )
    digest = keys.address_digest(Medium.EMAIL, EMAIL)
    try:
        yield Town(gw, clock, digest, _voter(gw, digest))
    finally:
        engine.dispose()


def _settings(database_url: str, var_dir: Path, **given) -> Settings:
    values = {
        "var_dir": var_dir,
        "database": {"url": database_url},
        "controller": Controller(name="Comité Rochebrune", email=CONTACT, address="1 place de la Mairie, 99999 Valbrume"),
        "sender": Sender(name="Camille Rochebrune", email="lettre@rochebrune.exemple.fr", reply_to=CONTACT),
    }
    return Settings(**(values | given))


def _voter(gw: Gateway, digest: bytes) -> int:
    at = gw.clock.now() - timedelta(days=1)
    with begin(gw.engine) as tx:

        def new(table, **row) -> int:
            return tx.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()

        origin_id = new(
            tables.origin,
            kind=OriginKind.WEB_FORM,
            label="formulaire du site",
            collection=Collection.DIRECT,
            collected_on=date(2026, 11, 3),
            created_at=at,
        )
        contact_id = new(tables.contact, contact_class=ContactClass.REGULAR, origin_id=origin_id, created_at=at)
        tx.execute(insert(tables.person_key).values(contact_id=contact_id, key=b"k" * 16))
        address = {"contact_id": contact_id, "medium": Medium.EMAIL, "value": EMAIL, "digest": digest, "domain": "exemple.fr"}
        address_id = new(tables.address, **address)
        campaign_id = new(
            tables.campaign,
            name="lettre-decembre",
            medium=Medium.EMAIL,
            message_class=MessageClass.CAMPAIGN,
            state=CampaignState.PAUSED,
            definition=b"{}",
            author="Ana",
            created_at=at,
        )
        return new(
            tables.message,
            campaign_id=campaign_id,
            contact_id=contact_id,
            address_id=address_id,
            digest=digest,
            domain="exemple.fr",
            message_class=MessageClass.CAMPAIGN,
            state=MessageState.WAITING,
            due_at=datetime(2026, 12, 24, tzinfo=UTC),
        )
