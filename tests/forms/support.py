"""A form file of an invented team, an installation that has it, and people who fill it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.domain.clock import Clock
from gateway.flows.forms import publishing
from gateway.flows.gateway import Gateway
from tests.sending.support import RecordingChannel, installation

NOTICE = """
[notice.fr]
form-purpose = "Vous écrire."
form-recipients = "L’équipe et son hébergeur."
form-transfers = "Aucun."
"""
HEAD = """
id = "lettre"
languages = ["fr"]
collector = "l’équipe"
origin = "le formulaire de notre site"
[title]
fr = "Nos nouvelles"
[introduction]
fr = "Choisissez."
"""
FIELDS = """
[[field]]
name = "given_name"
[[field]]
name = "postcode"
[[field]]
name = "phone"
"""
EMAIL_BOX = """
[[box]]
id = "courriel"
medium = "email"
purpose = "political"
text = { fr = "J’accepte les courriels de la campagne." }
"""
SMS_BOX = """
[[box]]
id = "sms"
medium = "sms"
purpose = "political"
election = "presidentielle-2027"
text = { fr = "J’accepte les SMS de la campagne." }
"""
CALL_BOX = """
[[box]]
id = "appels"
medium = "call"
purpose = "political"
hours = "lun-ven 18:00-20:00"
text = { fr = "J’accepte les appels automatiques, du lundi au vendredi de 18 h à 20 h." }
"""
AFTER_BOX = """
[[box]]
id = "apres"
medium = "email"
purpose = "after_election"
text = { fr = "Je souhaite rester informé·e après l’élection." }
"""
FORM = HEAD + FIELDS + EMAIL_BOX + SMS_BOX + CALL_BOX + AFTER_BOX + NOTICE


@contextmanager
def office(
    url: str, clock: Clock, folder: Path, *, form: str = FORM, channel: RecordingChannel | None = None, **settings: Any
) -> Iterator[Gateway]:
    """An installation with one published form, "lettre"."""
    write(folder, form)
    given = {"folder": str(folder / "forms"), "seconds_min": 3, **settings.pop("forms", {})}
    with installation(url, clock, folder, channel=channel, forms=given, **settings) as gw:
        publishing.publish(gw, "lettre", by="l’équipe")
        yield gw


def write(folder: Path, form: str, name: str = "lettre") -> None:
    """Write the file of a form."""
    (folder / "forms").mkdir(exist_ok=True)
    (folder / "forms" / f"{name}.toml").write_text(form, encoding="utf-8")
