"""An installation with real channels of texts and calls, and the carrier of trial mode behind them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import insert, select

from gateway.channels.twilio.account import TwilioAccount
from gateway.channels.twilio.channel import TwilioCalls, TwilioSms
from gateway.domain.audience import Audience
from gateway.domain.channel import Medium
from gateway.domain.suppression import SuppressionCause
from gateway.flows import listening
from gateway.flows.campaigning import drafting, launching
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.sending.telephone import HOOKS
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from gateway.sandbox.carrier import Carrier, Faults
from gateway.store import suppressions, tables
from gateway.store.engine import begin, reading
from gateway.web.app import web_app
from tests.clock import ManualClock
from tests.sending.support import installation

ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
AGREED = {"name": "Camille Rochebrune", "sender": "36000", "stop_number": "36000", "election": "présidentielle 2027"}


@dataclass(frozen=True)
class Town:
    """Everything a text or a call goes through."""

    gw: Gateway
    carrier: Carrier
    clock: ManualClock

    def sent_to(self, number: str) -> list[str]:
        """The texts a telephone received."""
        return [one.body for one in self.carrier.traffic.messages(equal={"recipient": number}) if one.direction != "inbound"]


@contextmanager
def town(url: str, clock: ManualClock, folder: Path, *, faults: Faults | None = None, **settings: Any) -> Iterator[Town]:
    """An installation at work: web pages over HTTP, channels that speak to the carrier, callbacks that come back."""
    carrier = Carrier(folder / "sandbox", ACCOUNT, TOKEN, faults=faults, clock=clock)
    port = carrier.start()
    account = TwilioAccount(sid=ACCOUNT, token=TOKEN, api_url=f"http://127.0.0.1:{port}", timeout_seconds=5, concurrency=4)
    listener = socket.create_server(("127.0.0.1", 0))
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    carrier.sms_url = f"{public_url}/{HOOKS}/sms/reply"
    settings.setdefault("sms", AGREED | {"notice_url": "https://valbrume.example/i"})
    with installation(url, clock, folder, web={"public_url": public_url}, **settings) as bare:
        sms, calls = TwilioSms(account, clock), TwilioCalls(account, clock)
        channels = {**bare.channels, Medium.SMS: sms, Medium.CALL: calls}
        gw = replace(bare, channels=channels, tracers={Medium.SMS: sms, Medium.CALL: calls}, callback_token=TOKEN)
        # It would ask for missed texts as it starts, beside the test, which may have one by then.
        app = web_app(replace(gw, tracers={Medium.CALL: calls}), carrier=carrier)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield Town(gw, carrier, clock)
        finally:
            carrier.stop()
            server.should_exit = True
            thread.join(5)
            listener.close()
            sms.close()
            calls.close()


def add(town: Town, number: str, *, sms: bool = True, call: bool = False, hours: str | None = None, **contact: Any) -> int:
    """Somebody with a mobile, who agreed to texts, to calls, or to both."""
    gw, at = town.gw, datetime(2026, 9, 1, tzinfo=UTC)
    with begin(gw.engine) as tx:
        origin = {"kind": "web_form", "label": "le formulaire du site", "collection": "direct", "created_at": at}
        origin_id = tx.execute(
            insert(tables.origin).values(**origin, collected_on=at.date(), collector="équipe").returning(tables.origin.c.id)
        ).scalar_one()
        row = {"contact_class": "regular", "territory": "metropole", "origin_id": origin_id, "created_at": at, **contact}
        contact_id: int = tx.execute(insert(tables.contact).values(row).returning(tables.contact.c.id)).scalar_one()
        key = blake2b(number.encode(), digest_size=16).digest()
        tx.execute(insert(tables.person_key).values(contact_id=contact_id, key=key))
        for medium, agreed in ((Medium.SMS, sms), (Medium.CALL, call)):
            values = {"contact_id": contact_id, "medium": medium, "value": number, "digest": digest(gw, number, medium)}
            tx.execute(insert(tables.address).values(values))
            if agreed:
                consent = {"purpose": "political", "state": "granted", "evidence": True, "since": at}
                said = hours if medium is Medium.CALL else None
                tx.execute(insert(tables.consent).values(contact_id=contact_id, medium=medium, hours=said, **consent))
    return contact_id


def digest(gw: Gateway, number: str, medium: Medium = Medium.SMS) -> bytes:
    """Keyed digest of a number on a channel."""
    return gw.keys.address_digest(medium, number)


def text(town: Town, name: str = "sms-1", words: str = "Réunion samedi 18 h, place du Lavoir.", **also: Any) -> None:
    """An approved campaign by SMS, launched."""
    _launch(town, name, Definition(content=SmsContent(text=words), audience=Audience(), **also))


def call(town: Town, name: str = "appel-1", words: str = "Bonjour, venez samedi à la salle des fêtes.", **also: Any) -> None:
    """An approved campaign by automated calls, launched."""
    _launch(town, name, Definition(content=CallContent(text=words), audience=Audience(), **also))


def lose_callbacks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing the provider tells reaches us any more: what is in doubt stays so until the provider is asked, on any machine.

    A callback may come before or after the answer that is lost; after it, it would settle what is in doubt by itself.
    """
    monkeypatch.setattr(town.carrier._courier, "_tell", lambda url, parameters: None)


def _launch(town: Town, name: str, definition: Definition) -> None:
    drafting.create(town.gw, name, definition, by="autrice")
    launching.approve(town.gw, name, by="relecteur")
    launching.launch(town.gw, name, by="autrice", key="k1")


def row_of(town: Town, number: str, medium: Medium = Medium.SMS) -> Any:
    """The latest outbox row for a number."""
    m = tables.message
    chosen = select(m).where(m.c.digest == digest(town.gw, number, medium)).order_by(m.c.id.desc())
    with reading(town.gw.engine) as tx:
        return tx.execute(chosen.limit(1)).mappings().one()


def objected(t: Town, number: str, medium: Medium = Medium.SMS) -> bool:
    """Whether the opposition list has this number, for this channel."""
    with reading(t.gw.engine) as tx:
        return bool(suppressions.present(tx, [digest(t.gw, number, medium)], medium, t.clock.now()))


def object_to_calls(t: Town, number: str) -> None:
    """Somebody of the team notes that this person objects to calls."""
    stop = listening.Stop(
        digest=digest(t.gw, number, Medium.CALL),
        medium=Medium.CALL,
        cause=SuppressionCause.OPERATOR,
        received_at=t.clock.now(),
    )
    with begin(t.gw.engine) as tx:
        listening.objection(tx, t.gw, stop)
