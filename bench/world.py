"""Invented people for benchmarks and kill tests, put into a store by set: N regular contacts who agreed to political email."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.domain.channel import Medium
from gateway.domain.keys import Keyring
from gateway.store import tables
from gateway.store.bulk import bulk_insert
from gateway.store.engine import begin, is_postgresql
from gateway.store.types import instant

GIVEN = (
    "Anaëlle",
    "Bruno",
    "Chloé",
    "Dominique",
    "Élise",
    "Farid",
    "Gaëlle",
    "Hugo",
    "Inès",
    "Joël",
    "Kévin",
    "Léa",
    "Mehdi",
    "Noé",
)
FAMILY = (
    "Abgrall",
    "Bénard",
    "Corre",
    "Delâtre",
    "Évrard",
    "Floc’h",
    "Guéguen",
    "Hamon",
    "Jaouen",
    "Kerbrat",
    "Le Goff",
    "Morvan",
)
PLACES = (
    ("29200", "Brest", "metropole"),
    ("35000", "Rennes", "metropole"),
    ("97200", "Fort-de-France", "972"),
    ("97400", "Saint-Denis", "974"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Shares of people in each situation, out of a hundred; the others have agreed."""

    people: int
    no_consent: int = 0
    objected: int = 0
    occasional: int = 0
    domain: str = "exemple.example"
    place: tuple[str, str, str] | None = None  #: everybody's; None: each of PLACES in turn
    mobiles: int = 0  #: so many of the first also have a mobile, and agreed to texts; 10,000 at most, all of the invented range


def email_of(number: int, world: World) -> str:
    """Address of an invented person."""
    return f"personne{number}@{world.domain}"


def mobile_of(number: int) -> str:
    """Mobile of an invented person: of the range that is kept for fiction."""
    return f"+3363998{number % 10_000:04d}"


def populate(engine: Engine, keys: Keyring, world: World, *, at: datetime | None = None) -> None:
    """Fill an empty store, in constant memory. Deterministic."""
    at = at or datetime.now(UTC)
    given_at = at - timedelta(days=90)
    numbers = range(1, world.people + 1)
    with begin(engine) as tx:
        _origins(tx, given_at)
        _insert(tx, tables.contact, _CONTACT, (_contact(n, world, instant(tx, given_at)) for n in numbers))
        _insert(tx, tables.person_key, ("contact_id", "key"), ((n, _bytes("key", n)) for n in numbers))
        digests = {}
        if world.objected:
            digests = {n: _digest(keys, n, world) for n in numbers if n % 100 < world.objected}
        _insert(
            tx,
            tables.address,
            _ADDRESS,
            ((n, n, "email", email_of(n, world), world.domain, _digest(keys, n, world)) for n in numbers),
        )
        mobiles = range(1, world.mobiles + 1)
        _insert(
            tx,
            tables.address,
            _ADDRESS,
            ((world.people + n, n, "sms", mobile_of(n), "", keys.address_digest(Medium.SMS, mobile_of(n))) for n in mobiles),
        )
        _insert(tx, tables.consent, _CONSENT, ((n, "sms", "political", "granted", True, instant(tx, given_at)) for n in mobiles))
        agreed = (n for n in numbers if 99 - n % 100 >= world.no_consent)
        _insert(
            tx,
            tables.consent,
            _CONSENT,
            ((n, "email", "political", "granted", True, instant(tx, given_at)) for n in agreed),
        )
        objections = ((digest, "email", "objection", "reply", instant(tx, given_at)) for digest in digests.values())
        _insert(tx, tables.suppression, ("digest", "medium", "kind", "cause", "since"), objections)
        _move_sequences(tx, world.people + world.mobiles)
    _analyse(engine)


_CONTACT = ("id", "contact_class", "given_name", "family_name", "postcode", "commune", "territory", "origin_id", "created_at")
_CONSENT = ("contact_id", "medium", "purpose", "state", "evidence", "since")
_ADDRESS = ("id", "contact_id", "medium", "value", "domain", "digest")


def _contact(number: int, world: World, at: Any) -> Sequence[Any]:
    pick = random.Random(number)  # invented people, not secrets
    postcode, commune, territory = world.place or pick.choice(PLACES)
    kind = "occasional" if number % 100 < world.occasional else "regular"
    return (number, kind, pick.choice(GIVEN), pick.choice(FAMILY), postcode, commune, territory, 1 + number % 2, at)


def _origins(tx: Connection, at: datetime) -> None:
    rows = [
        (1, "web_form", "le formulaire du site valbrume.example", "direct", at.date().isoformat(), "équipe web", instant(tx, at)),
        (
            2,
            "event",
            "la réunion publique de la salle des fêtes",
            "direct",
            at.date().isoformat(),
            "équipe locale",
            instant(tx, at),
        ),
    ]
    _insert(tx, tables.origin, ("id", "kind", "label", "collection", "collected_on", "collector", "created_at"), iter(rows))


def _insert(tx: Connection, table: Any, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    bulk_insert(tx, table, columns, rows)


def _digest(keys: Keyring, number: int, world: World) -> bytes:
    return keys.address_digest(Medium.EMAIL, email_of(number, world))


def _bytes(label: str, number: int) -> bytes:
    return blake2b(f"{label} {number}".encode(), digest_size=16).digest()


def _move_sequences(tx: Connection, last: int) -> None:
    if is_postgresql(tx):
        for table in ("contact", "address", "origin"):
            tx.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last + 10})")


def _analyse(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
