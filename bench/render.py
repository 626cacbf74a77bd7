"""What one email costs to render: microseconds per message, median of several rounds, for a newsletter of about 10 KB.

Run: python -m bench.render [--messages N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from gateway.domain.channel import Encoding
from gateway.render.dkim import DkimSigner
from gateway.render.email import EmailContent, Letterhead, PersonFields, Variant, compile_email

ROUNDS = 7
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PARAGRAPH = (
    'Depuis six mois, nous faisons du porte-à-porte dans **tous les quartiers** de {{ commune|"notre commune" }} : '
    "trois demandes reviennent sans cesse, et nous les avons mises en tête de [notre programme](https://exemple.example/programme).\n\n"
)


def main() -> None:
    """Print one line per encoding, and one per kind of signature."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=4000)
    count: int = arguments.parse_args().messages
    variant = newsletter()
    persons = [person(number) for number in range(count)]
    for encoding in Encoding:
        size = len(variant.payload(persons[0], encoding))
        each = measured(partial(rendered, variant, encoding), persons)
        print(f"{encoding:>17}  {each:7.1f} µs/message  {size} bytes")
    payload = variant.payload(persons[0], Encoding.QUOTED_PRINTABLE)
    for name, pem in keys().items():
        signer = DkimSigner("exemple.example", "s1", pem)
        each = measured(partial(signed, signer, payload), persons[: max(1, count // 10)])
        print(f"{name:>17}  {each:7.1f} µs/signature")


def rendered(variant: Variant, encoding: Encoding, one: PersonFields) -> bytes:
    """One message."""
    return variant.payload(one, encoding)


def signed(signer: DkimSigner, payload: bytes, _: PersonFields) -> bytes:
    """One signature of the same message."""
    return signer.sign(payload)


def newsletter() -> Variant:
    """A first contact: every element a later message leaves out is there too."""
    letterhead = Letterhead(
        language="fr",
        campaign="bench",
        sender_name="Camille Exemple – Valbourg ensemble",
        sender_email="lettre@exemple.example",
        reply_to="bonjour@exemple.example",
        list_id="lettre.exemple.example",
        controller_name="Association Valbourg ensemble",
        controller_email="donnees@exemple.example",
        candidate="Camille Exemple",
        election="Élection municipale de Valbourg",
        election_dates="15 et 22 mars 2026",
        sponsor="Association Valbourg ensemble",
        privacy_url="https://exemple.example/donnees",
        transparency_url="https://exemple.example/transparence",
        retention="Elles sont supprimées à la fin de l’élection.",
    )
    body = 'Bonjour {{ given_name|"chère voisine, cher voisin" }} {{ family_name }},\n\n' + PARAGRAPH * 2
    email = compile_email(
        EmailContent(subject='{{ given_name|"Bonjour" }}, venez en parler', body=body, format="markdown"), letterhead, TEMPLATES
    )
    return email.variant(email.elements)


def person(number: int) -> PersonFields:
    """One of many invented people; no two have the same words."""
    token = f"AQAAAAAA{number:08d}AAqAAECAwQFBgcICQoLDA0OD3x2Y1J6b3l4d3Z1dHNycQ"
    return PersonFields(
        values={"given_name": f"Zoé{number}", "family_name": "D’Exemple", "commune": "Saint-Exemple-sur-Loire"},
        address=f"zoe.{number}@example.org",
        origin_sentence="Vous nous avez laissé votre adresse le 12 mars 2025, lors d’une réunion publique à Valbourg.",
        unsubscribe_url=f"https://exemple.example/o/{token}",
        unsubscribe_mailto=f"mailto:stop@exemple.example?subject={token}",
        why_url=f"https://exemple.example/w/{token}",
        prefer_url=f"https://exemple.example/p/{token}",
        message_ref=f"{number:x}.abcdef",
        at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
    )


def keys() -> dict[str, bytes]:
    """Fresh private keys, PEM, by name."""
    fresh: dict[str, PrivateKeyTypes] = {
        "DKIM RSA-2048": generate_private_key(65537, 2048),
        "DKIM Ed25519": Ed25519PrivateKey.generate(),
    }
    return {
        name: key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for name, key in fresh.items()
    }


def measured(act: Callable[[PersonFields], object], persons: list[PersonFields]) -> float:
    """Median over the rounds of the mean time of one act, in microseconds."""
    rounds: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for one in persons:
            act(one)
        rounds.append((time.perf_counter() - start) / len(persons) * 1e6)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
