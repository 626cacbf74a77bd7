"""Every public page there is, and how a person comes to see it: the one list that the tests of accessibility go through."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page
from sqlalchemy import Engine, insert, select

from gateway.domain.keys import LinkScope
from gateway.flows import sealing
from gateway.flows.forms import publishing
from gateway.flows.retaining import place_hold
from gateway.sandbox.kept import Arrival, KeptMails
from gateway.store import tables
from gateway.store.engine import begin, open_engine
from gateway.web.app import web_app
from tests.clock import ManualClock
from tests.journeys.mailbox import link_in
from tests.sending.support import run
from tests.web.telephones import NUMBER, OneTelephone
from tests.web.voters import EMAIL, Town, town


@dataclass(frozen=True)
class Scene:
    """A town behind a real server, and the language a reader asked for."""

    town: Town
    url: str
    clock: ManualClock
    language: str = "fr"

    def at(self, path: str) -> str:
        """The address of a page in the reader's language."""
        return f"{self.url}{path}?lang={self.language}"

    def link(self, page: str, scope: LinkScope) -> str:
        """A link of the voter's message."""
        return self.at(f"/{page}/{self.town.token(scope)}")

    def personal(self, page: Page) -> str:
        """The address of a personal link, as it reaches her mailbox."""
        run(self.town.gw)
        page.goto(self.link("p", LinkScope.PREFER))
        page.click("button[value=link]")
        run(self.town.gw)
        return self.at(link_in(self.town.gw, EMAIL, "p"))


@dataclass(frozen=True)
class Shown:
    """One page as somebody sees it."""

    name: str
    template: str
    route: str  #: the path of the route that answers
    reach: Callable[[Page, Scene], object]


def _go(path: str) -> Callable[[Page, Scene], object]:
    return lambda page, scene: page.goto(scene.at(path))


def _press(address: Callable[[Scene], str], *selectors: str) -> Callable[[Page, Scene], object]:
    def reach(page: Page, scene: Scene) -> None:
        page.goto(address(scene))
        for selector in selectors:
            page.click(selector)

    return reach


def _objection(scene: Scene) -> str:
    return scene.link("o", LinkScope.OBJECT)


def _preferences(scene: Scene) -> str:
    return scene.link("p", LinkScope.PREFER)


def _question(scene: Scene) -> str:
    return scene.link("a", LinkScope.ANSWER)


def _asked(*selectors: str) -> Callable[[Page, Scene], object]:
    """The question as an occasional contact sees it, and what she presses."""

    def reach(page: Page, scene: Scene) -> None:
        with begin(scene.town.gw.engine) as tx:
            tx.execute(tables.consent.delete())
            tx.execute(tables.contact.update().values(contact_class="occasional"))
            asked = {"message_id": scene.town.message_id, "contact_id": 1, "digest": scene.town.digest}
            tx.execute(insert(tables.consent_request).values(asked | {"asked_at": scene.town.gw.clock.now()}))
            tx.execute(tables.message.update().values(state="accepted"))
        _press(_question, *selectors)(page, scene)

    return reach


def _answered_nothing(page: Page, scene: Scene) -> None:
    _asked()(page, scene)
    page.evaluate("document.querySelector('button[name=answer]').value = 'perhaps'")
    page.click("button >> nth=0")


def _gone(page: Page, scene: Scene) -> None:
    _asked("button[value=no]")(page, scene)
    page.goto(_question(scene))


def _changed_her_mind(page: Page, scene: Scene) -> None:
    _press(_preferences, "#email", "button[value=stop]")(page, scene)
    page.goto(_question(scene))


def _objected(page: Page, scene: Scene) -> None:
    _press(_objection, "button[value=medium]")(page, scene)
    page.goto(_objection(scene))


def _away(address: Callable[[Scene], str], *selectors: str) -> Callable[[Page, Scene], object]:
    """A page while the database is away, and what is pressed there."""

    def reach(page: Page, scene: Scene) -> None:
        lost = replace(scene.town.gw, engine=open_engine("postgresql://nobody@127.0.0.1:1/away"))
        with served(web_app(lost)) as url:
            page.goto(address(scene).replace(scene.url, url))
            for selector in selectors:
                page.click(selector)
                page.wait_for_load_state()

    return reach


def _failing(page: Page, scene: Scene) -> None:
    """The same page after a fault nobody foresaw."""
    broken = replace(scene.town.gw, engine=cast(Engine, None))
    with served(web_app(broken)) as url:
        page.goto(_objection(scene).replace(scene.url, url))


def _malformed(page: Page, scene: Scene) -> None:
    page.goto(_objection(scene))
    page.evaluate("document.querySelector('form').enctype = 'multipart/form-data'")
    page.evaluate(
        "for (let i = 0; i < 30; i++) {const f = document.createElement('input'); f.name = 'x' + i; document.forms[0].append(f)}"
    )
    page.click("button >> nth=0")


def _personal(*selectors: str) -> Callable[[Page, Scene], object]:
    def reach(page: Page, scene: Scene) -> None:
        address = scene.personal(page)
        page.goto(_preferences(scene))
        page.click("button[value=vote]")
        _consents(scene)
        page.goto(address)
        for selector in selectors:
            page.click(selector)

    return reach


def _consents(scene: Scene) -> None:
    """Let there be something of every kind on record, an objection by SMS included."""
    at = datetime(2026, 9, 1, tzinfo=UTC)
    with begin(scene.town.gw.engine) as tx:
        contact_id = tx.execute(select(tables.contact.c.id).limit(1)).scalar_one()
        tx.execute(insert(tables.wording).values(sha256="a" * 64, text="J’accepte de recevoir la lettre.", first_seen_at=at))
        event = {"medium": "email", "purpose": "political", "act": "granted", "form": "Carton vert", "wording_sha256": "a" * 64}
        tx.execute(insert(tables.consent_event).values(**event, contact_id=contact_id, at=at, recorded_at=at))
        for medium, state, hours in (("sms", "refused", None), ("call", "granted", "lun-ven 18:00-20:00")):
            row = {"medium": medium, "purpose": "political", "state": state, "evidence": True, "since": at, "hours": hours}
            tx.execute(insert(tables.consent).values(contact_id=contact_id, **row))


def _sealed(page: Page, scene: Scene) -> None:
    sealing.seal(scene.town.gw)
    sealing.rotate_key(scene.town.gw, by="l’équipe", why="ordinateur volé", trusted=False)
    page.goto(scene.at("/journal"))


def _why(scene: Scene) -> str:
    return scene.link("w", LinkScope.WHY)


def _own(*selectors: str, typed: str | None = None) -> Callable[[Page, Scene], object]:
    """Everything on record, behind the link that reached her mailbox; then what she presses."""

    def reach(page: Page, scene: Scene) -> None:
        run(scene.town.gw)
        _consents(scene)
        page.goto(_why(scene))
        page.click("button[value=link]")
        run(scene.town.gw)
        page.goto(scene.at(link_in(scene.town.gw, EMAIL, "w")))
        if typed is not None:
            page.fill("#birth_on", typed)
        for selector in selectors:
            page.click(selector)

    return reach


def _held(page: Page, scene: Scene) -> None:
    gw = scene.town.gw
    place_hold(gw, EMAIL, reason="recours", until=gw.clock.now() + timedelta(days=90), by="Inès")
    _own("#sure", "button[value=erase]")(page, scene)


def _told_twice(page: Page, scene: Scene) -> None:
    _own()(page, scene)
    scene.clock.advance(timedelta(days=3))
    page.click("button[value=restrict]")


def _by_telephone(*, phone: str = "06 39 98 00 10", code: str = "") -> Callable[[Page, Scene], object]:
    """The page where somebody known by telephone gives her number, then a code."""

    def reach(page: Page, scene: Scene) -> None:
        page.goto(scene.at("/rights"))
        page.fill("#phone", phone)
        page.click("button[value=number]")
        if code:
            page.fill("#code", code)
            page.click("button[value=code]")

    return reach


def _why_of_a_text(page: Page, scene: Scene) -> None:
    with begin(scene.town.gw.engine) as tx:
        tx.execute(tables.address.update().values(medium="sms", value="+33639980010"))
    page.goto(_why(scene))


def _why_of_nobody(page: Page, scene: Scene) -> None:
    with begin(scene.town.gw.engine) as tx:
        tx.execute(tables.contact.delete())
    page.goto(_why(scene))


def _more_hours(page: Page, scene: Scene) -> None:
    _personal()(page, scene)
    page.fill("#hours", "tous les jours 8h-22h")
    page.click("button[value=hours]")


NEW = "nouvelle@exemple.fr"


def _filled_in(*boxes: str, **typed: str) -> Callable[[Page, Scene], object]:
    """A form that somebody took the time to fill in."""

    def reach(page: Page, scene: Scene) -> None:
        page.goto(scene.at("/f/lettre"))
        for name, value in typed.items():
            page.fill(f"#{name}", value)
        for box in boxes:
            page.click(box)
        scene.clock.advance(timedelta(seconds=30))
        page.click("form button")

    return reach


def _confirmation(page: Page, scene: Scene) -> None:
    _filled_in("#box-courriel", "#box-appels", email=NEW, phone="06 12 34 56 78")(page, scene)
    run(scene.town.gw)
    page.goto(scene.at(link_in(scene.town.gw, NEW, "c")))


def _confirmed(page: Page, scene: Scene) -> None:
    _confirmation(page, scene)
    page.click("main button")


def _confirmed_too_late(page: Page, scene: Scene) -> None:
    _confirmation(page, scene)
    scene.clock.advance(timedelta(days=30))
    page.click("main button")


def _receipt(page: Page, scene: Scene) -> None:
    _confirmed(page, scene)
    page.click("main a.button")


FORM = """
id = "lettre"
languages = ["fr", "en"]
collector = "l’équipe"
origin = "le formulaire de notre site"
[title]
fr = "Recevoir nos nouvelles"
en = "Receive our news"
[introduction]
fr = "Choisissez ce que vous voulez recevoir."
en = "Choose what you want to receive."
[[field]]
name = "given_name"
[[field]]
name = "postcode"
[[field]]
name = "birth_on"
[[field]]
name = "phone"
[[box]]
id = "courriel"
medium = "email"
purpose = "political"
text = { fr = "J’accepte les courriels de la campagne.", en = "I agree to campaign emails." }
[[box]]
id = "sms"
medium = "sms"
purpose = "political"
text = { fr = "J’accepte les SMS de la campagne.", en = "I agree to campaign text messages." }
[[box]]
id = "appels"
medium = "call"
purpose = "political"
hours = "lun-ven 18:00-20:00"
text = { fr = "J’accepte les appels, du lundi au vendredi de 18 h à 20 h.", en = "I agree to calls, Mon-Fri, 6 to 8 pm." }
[notice.fr]
form-purpose = "Vous écrire."
form-recipients = "L’équipe et son hébergeur."
form-transfers = "Aucun."
[notice.en]
form-purpose = "To write to you."
form-recipients = "The team and its host."
form-transfers = "None."
"""

PAGES = (
    Shown("front", "front.html", "/", _go("/")),
    Shown("journal, nothing sealed", "journal.html", "/journal", _go("/journal")),
    Shown("journal", "journal.html", "/journal", _sealed),
    Shown("objection", "object.html", "/o/{token}", _press(_objection)),
    Shown("objection, done", "done.html", "/o/{token}", _press(_objection, "button[value=medium]")),
    Shown("objection, everything", "done.html", "/o/{token}", _press(_objection, "button[value=everything]")),
    Shown("objection, already", "object.html", "/o/{token}", _objected),
    Shown("fault, no such page", "fault.html", "/o/{token}", _go("/o/nothing")),
    Shown("fault, unreadable", "fault.html", "/o/{token}", _malformed),
    Shown("objection, away", "spooled.html", "/o/{token}", _away(_objection)),
    Shown("objection, kept", "spooled.html", "/o/{token}", _away(_objection, "button[value=medium]")),
    Shown("fault, away", "fault.html", "/p/{token}", _away(_preferences)),
    Shown("fault, of ours", "fault.html", "/o/{token}", _failing),
    Shown("preferences", "preferences.html", "/p/{token}", _press(_preferences)),
    Shown("preferences, nothing ticked", "preferences.html", "/p/{token}", _press(_preferences, "button[value=stop]")),
    Shown("preferences, no date", "preferences.html", "/p/{token}", _press(_preferences, "button[value=day]")),
    Shown(
        "preferences, stopped", "chosen.html", "/p/{token}", _press(_preferences, "#email", "#targeting", "button[value=stop]")
    ),
    Shown("preferences, break", "chosen.html", "/p/{token}", _press(_preferences, "button[value=vote]")),
    Shown("preferences, link asked for", "linked.html", "/p/{token}", _press(_preferences, "button[value=link]")),
    Shown("personal", "preferences.html", "/p/{token}", _personal()),
    Shown("personal, nothing ticked", "preferences.html", "/p/{token}", _personal("button[value=agree]")),
    Shown("personal, hours to correct", "preferences.html", "/p/{token}", _more_hours),
    Shown("personal, agreed", "chosen.html", "/p/{token}", _personal("#agree-targeting", "button[value=agree]")),
    Shown("personal, taken back", "chosen.html", "/p/{token}", _personal("button[value='take-back:email:political']")),
    Shown("personal, break ended", "chosen.html", "/p/{token}", _personal("button[value=resume]")),
    Shown("why", "why.html", "/w/{token}", _press(_why)),
    Shown("rights by telephone", "telephone.html", "/rights", _go("/rights")),
    Shown("rights by telephone, to correct", "telephone.html", "/rights", _by_telephone(phone="01 99 00 12 34")),
    Shown("rights by telephone, code", "code.html", "/rights", _by_telephone()),
    Shown("rights by telephone, wrong code", "code.html", "/rights", _by_telephone(code="1234 5678")),
    Shown("why, of a text", "why.html", "/w/{token}", _why_of_a_text),
    Shown("why, gone", "why.html", "/w/{token}", _why_of_nobody),
    Shown("why, link asked for", "linked.html", "/w/{token}", _press(_why, "button[value=link]")),
    Shown("own data", "why.html", "/w/{token}", _own()),
    Shown("own data, not sure", "why.html", "/w/{token}", _own("button[value=erase]")),
    Shown("own data, no date", "why.html", "/w/{token}", _own("button[value=correct]", typed="un jour")),
    Shown("own data, corrected", "carried_out.html", "/w/{token}", _own("button[value=correct]", typed="15/03/1970")),
    Shown("own data, restricted", "carried_out.html", "/w/{token}", _own("button[value=restrict]")),
    Shown("own data, erased", "carried_out.html", "/w/{token}", _own("#sure", "button[value=erase]")),
    Shown("own data, kept for a dispute", "carried_out.html", "/w/{token}", _held),
    Shown("own data, too late", "why.html", "/w/{token}", _told_twice),
    Shown("question", "request.html", "/a/{token}", _asked()),
    Shown("question, neither yes nor no", "request.html", "/a/{token}", _answered_nothing),
    Shown("question, yes", "request.html", "/a/{token}", _asked("button[value=yes]")),
    Shown("question, no", "answered.html", "/a/{token}", _asked("button[value=no]")),
    Shown("question, gone", "request.html", "/a/{token}", _gone),
    Shown("question, answered otherwise", "request.html", "/a/{token}", _changed_her_mind),
    Shown("form", "form.html", "/f/{form_id}", _go("/f/lettre")),
    Shown("form, in a frame", "form.html", "/f/{form_id}/embed", _go("/f/lettre/embed")),
    Shown("form, too quick", "form.html", "/f/{form_id}", _press(lambda scene: scene.at("/f/lettre"), "button")),
    Shown("form, to correct", "form.html", "/f/{form_id}", _filled_in("#box-sms", email="camille@", postcode="12")),
    Shown("form, sent", "sent.html", "/f/{form_id}", _filled_in("#box-courriel", email="nouvelle@exemple.fr")),
    Shown("confirmation", "confirm.html", "/c/{token}", _confirmation),
    Shown("confirmation, done", "confirm.html", "/c/{token}", _confirmed),
    Shown("confirmation, over", "confirm.html", "/c/{token}", _confirmed_too_late),
    Shown("receipt", "receipt.html", "/r/{token}", _receipt),
    Shown("trial mails", "mails.html", "/sandbox/mails", _go("/sandbox/mails")),
    Shown("trial mail", "mail.html", "/sandbox/mails/{id:int}", _go("/sandbox/mails/1")),
    Shown("trial telephones", "handsets.html", "/sandbox/handsets", _go("/sandbox/handsets")),
    Shown("trial telephone", "handset.html", "/sandbox/handsets/{number}", _go(f"/sandbox/handsets/{NUMBER[1:]}")),
)


@contextmanager
def scene(database_url: str, folder: Path, clock: ManualClock) -> Iterator[Scene]:
    """A town behind a real server."""
    controller = {
        "name": "Comité Rochebrune",
        "candidate": "Camille Rochebrune",
        "email": "contact@rochebrune.exemple.fr",
        "address": "1 place de la Mairie, 99999 Valbrume",
        "dpo": "dpo@rochebrune.exemple.fr",
        "privacy_url": "https://rochebrune.exemple.fr/donnees",
        "transparency_url": "https://rochebrune.exemple.fr/transparence",
        "retention": "Vos coordonnées sont effacées à la fin de l’élection.",
    }
    mailbox = KeptMails(folder / "sandbox")
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "La lettre", EMAIL
    mail.set_content("Bonjour\n")
    mail.add_alternative("<html lang=fr><title>Lettre</title><p>Bonjour</p>", subtype="html")
    mailbox.add([Arrival(clock.now(), "b+x@rochebrune.exemple.fr", EMAIL, mail.as_bytes())])
    (folder / "forms").mkdir()
    (folder / "forms" / "lettre.toml").write_text(FORM, encoding="utf-8")
    forms = {"folder": str(folder / "forms"), "seconds_min": 3, "embed_origins": ["https://rochebrune.exemple.fr"]}
    with (
        town(database_url, folder, clock, controller=controller, forms=forms) as ready,
        served(web_app(ready.gw, mailbox=mailbox, carrier=OneTelephone())) as url,
    ):
        publishing.publish(ready.gw, "lettre", by="l’équipe")
        yield Scene(ready, url, clock)
    mailbox.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An application on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


def templates_of_pages(folder: Path) -> set[str]:
    """Names of the templates that are whole pages; the others are parts of them."""
    return {path.name for path in folder.glob("*.html") if re.search(r'\{% extends "base.html" %\}', path.read_text("utf-8"))}
