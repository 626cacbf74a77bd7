"""What an import costs: seconds, peak memory, the longest wait of an objection, and taking it back, on both databases.

    python -m bench.imports [--rows 200000] [--database sqlite|postgresql]

The file is invented: cp1252, semicolons, one row in fifty repeats an address, one in a hundred cannot be read, half consent
with a date of their own. It is read and validated, dry-run, written from the same staging tables, imported again, and taken
back. While it is written and taken back, somebody objects again and again: the longest she waits is shown. Each database has
a process of its own, so that its peak memory is its own (resident, as the system counts it; PostgreSQL's server has its own,
which is not counted). On PostgreSQL two connections look and write side by side: where other work keeps both cores busy they
gain nothing, so let the machine be quiet. The ratios are to a COPY and merge of the same file by PostgreSQL alone, without any
check, right before and right after: plain, into one table of people with as many columns, a unique address and a second index;
and into tables like those of the store, with their indexes, but without journal.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

import psycopg

from bench.apart import apart, peak_memory_mb
from gateway.app import opened
from gateway.domain.channel import Medium
from gateway.domain.contact import Collection, OriginKind
from gateway.domain.suppression import SuppressionCause
from gateway.flows.collecting import ConsentClaim, ImportRequest, bringing, plan_import, undo_import, write_import
from gateway.flows.gateway import Gateway
from gateway.flows.listening import Stop, objection
from gateway.loaded import spare_the_collector
from gateway.settings import load_settings
from gateway.store.engine import begin
from gateway.store.origins import Origin
from gateway.store.schema import upgrade
from tests.servers import PostgresServer

_GIVEN = ("Anaëlle", "Yann", "Zoé", "Loïc", "Maëlys", "Jean-François", "Inès", "Noël")
_FAMILY = ("Le Goff", "Kerbrat", "Riou", "Guéguen", "d’Hervé", "Martin", "Payet", "Césaire")
_PLACES = (("29200", "Brest"), ("35000", "Rennes"), ("97200", "Fort-de-France"), ("97400", "Saint-Denis"), ("75011", "Paris"))
_DOMAINS = ("orange.example", "laposte.example", "free.example", "gmail.example")
_CLAIM = ConsentClaim(form="site v3", wording="J’accepte de recevoir la lettre.", means="case à cocher", collector="équipe web")


def write_file(path: Path, rows: int) -> None:
    """An invented file of contacts."""
    draw = random.Random(7)
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("Courriel;Prénom;Nom;Code postal;Commune;Consentement;Date du consentement\r\n")
        for row in range(rows):
            given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
            postcode, commune = draw.choice(_PLACES)
            number = draw.randrange(row + 1) if row % 50 == 49 else row
            address = f"p{number}@{_DOMAINS[number % 4]}" if row % 100 else f"p{number} chez exemple"
            agreed = f"oui;{draw.randint(1, 28):02}/0{draw.randint(1, 9)}/2026" if row % 2 else ";"
            file.write(f"{address};{given};{family};{postcode};{commune};{agreed}\r\n")


def measure(url: str, rows: int, folder: Path) -> dict[str, float]:
    """Dry run, import, second import and undo of an invented file on one database."""
    path = folder / "liste.csv"
    write_file(path, rows)
    server = url.startswith("postgresql")
    plain = [plain_merge_seconds(url, path, "before")] if server else []
    alike = [store_merge_seconds(url, path)] if server else []
    with opened(load_settings(database={"url": url}, var_dir=str(folder / "var"))) as gw:
        marks = [time.perf_counter()]
        with bringing(gw, _request(path)) as brought:
            marks.append(time.perf_counter())
            plan = brought.plan()
            marks.append(time.perf_counter())
            with objecting(gw) as waited:
                report = brought.write()
            marks.append(time.perf_counter())
        memory = peak_memory_mb()
        plain += [plain_merge_seconds(url, path, "after")] if server else []
        alike += [store_merge_seconds(url, path)] if server else []
        marks.append(time.perf_counter())
        again = write_import(gw, plan_import(gw, _request(path)))
        marks.append(time.perf_counter())
        undo_import(gw, again.batch_id, by="banc d’essai")
        marks.append(time.perf_counter())
        with objecting(gw) as undo_waited:
            undone = undo_import(gw, report.batch_id, by="banc d’essai").undoing
        marks.append(time.perf_counter())
    if again.impact.new or not plan.impact.new or undone.gone != report.impact.new:
        raise SystemExit(f"the import is wrong: {plan.impact}, {again.impact}, {undone}")
    read, planned, written, _, second, _, taken_back = (after - before for before, after in pairwise(marks))
    measured = {
        "read_and_validate_seconds": read,
        "dry_run_seconds": planned,
        "write_seconds": written,
        "import_rows_per_second": rows / (read + written),
        "longest_wait_of_an_objection_seconds": max(waited),
        "peak_memory_mb": memory,
        "dry_run_and_second_import_seconds": second,
        "undo_seconds": taken_back,
        "longest_wait_while_undoing_seconds": max(undo_waited),
    }
    if plain:
        measured |= {
            "plain_copy_and_merge_seconds": median(plain),
            "ratio_of_read_validate_and_write_to_plain": (read + written) / median(plain),
            "ratio_with_the_dry_run": (read + planned + written) / median(plain),
            "copy_and_merge_into_like_tables_seconds": median(alike),
            "ratio_of_read_validate_and_write_to_like_tables": (read + written) / median(alike),
        }
    return measured


@contextmanager
def objecting(gw: Gateway) -> Iterator[list[float]]:
    """Somebody objects a few times a second while something long goes on; yields how long it took each time, seconds."""
    waited, over = [0.0], threading.Event()

    def object_again() -> None:
        number = 0
        while not over.wait(0.2):
            number += 1
            digest = gw.keys.address_digest(Medium.EMAIL, f"stop{number}@ailleurs.example")
            stop = Stop(digest=digest, medium=None, cause=SuppressionCause.REPLY, received_at=gw.clock.now())
            began = time.perf_counter()
            with begin(gw.engine) as tx:
                objection(tx, gw, stop)
            waited.append(time.perf_counter() - began)

    thread = threading.Thread(target=object_again)
    thread.start()
    try:
        yield waited
    finally:
        over.set()
        thread.join()


def plain_merge_seconds(url: str, path: Path, name: str) -> float:
    """The same file by PostgreSQL alone: COPY into a stage, then merged into one table of people, unique by address."""
    columns = "courriel text, prenom text, nom text, cp text, commune text, accord text, le text"
    more = (
        "classe text NOT NULL DEFAULT 'regular', naissance date, territoire text NOT NULL DEFAULT 'metropole',"
        " langue text NOT NULL DEFAULT 'fr', bureau text NOT NULL DEFAULT '', formulaire text, texte text, moyen text,"
        " collecteur text, origine bigint NOT NULL DEFAULT 1, lot bigint NOT NULL DEFAULT 1,"
        " cree timestamptz NOT NULL DEFAULT now()"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE plain_{name} (id bigserial PRIMARY KEY, {columns}, {more}, UNIQUE (courriel))")
        connection.execute(f"CREATE INDEX ON plain_{name} (lot)")
        began = time.perf_counter()
        with connection.transaction():
            connection.execute(f"CREATE TEMP TABLE plain_stage ({columns}) ON COMMIT DROP")
            _copy(connection, path, "plain_stage")
            merge = (
                f"INSERT INTO plain_{name} (courriel, prenom, nom, cp, commune, accord, le)"
                " SELECT DISTINCT ON (courriel) * FROM plain_stage ON CONFLICT (courriel) DO UPDATE SET nom = excluded.nom"
            )
            connection.execute(merge)
        took = time.perf_counter() - began
        connection.execute(f"DROP TABLE plain_{name}")
        return took


#: The same people, in tables with the columns and indexes of the store's.
_LIKE_STORE = (
    "CREATE TEMP TABLE met AS SELECT row_number() OVER () AS id, one.* FROM"
    " (SELECT DISTINCT ON (courriel) * FROM stage ORDER BY courriel) one",
    "INSERT INTO like_contact (id, contact_class, given_name, family_name, postcode, commune, territory, origin_id, batch_id,"
    " created_at) SELECT id, 'regular', prenom, nom, cp, commune, 'metropole', 1, 1, now() FROM met",
    "INSERT INTO like_person_key (contact_id, key) SELECT id, decode(md5(random()::text), 'hex') FROM met",
    "INSERT INTO like_address (id, contact_id, medium, value, domain, digest, batch_id)"
    " SELECT id, id, 'email', courriel, split_part(courriel, '@', 2), decode(md5(courriel), 'hex'), 1 FROM met"
    " ON CONFLICT (digest, medium) DO NOTHING",
    "INSERT INTO like_consent_event (id, contact_id, medium, purpose, act, at, given_at, form, collector, means, batch_id,"
    " recorded_at) SELECT id, id, 'email', 'political', 'granted', now(), to_date(le, 'DD/MM/YYYY'), 'site v3', 'équipe web',"
    " 'case à cocher', 1, now() FROM met WHERE accord = 'oui'",
    "INSERT INTO like_consent (contact_id, medium, purpose, state, evidence, since)"
    " SELECT id, 'email', 'political', 'granted', true, now() FROM met WHERE accord = 'oui'",
)


def store_merge_seconds(url: str, path: Path) -> float:
    """The same file by PostgreSQL alone: COPY into a stage, then merged into empty tables like those of the store."""
    tables = ("contact", "person_key", "address", "consent_event", "consent")
    columns = "courriel text, prenom text, nom text, cp text, commune text, accord text, le text"
    with psycopg.connect(url, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE like_{table} (LIKE {table} INCLUDING ALL)")
        began = time.perf_counter()
        with connection.transaction():
            connection.execute(f"CREATE TEMP TABLE stage ({columns}) ON COMMIT DROP")
            _copy(connection, path, "stage")
            for statement in _LIKE_STORE:
                connection.execute(statement)
        took = time.perf_counter() - began
        for table in ("met", *(f"like_{table}" for table in tables)):
            connection.execute(f"DROP TABLE {table}")
        return took


def _copy(connection: psycopg.Connection, path: Path, table: str) -> None:
    copy = f"COPY {table} FROM STDIN (FORMAT csv, DELIMITER ';', HEADER, ENCODING 'WIN1252')"
    with path.open("rb") as file, connection.cursor().copy(copy) as target:
        while chunk := file.read(1 << 20):
            target.write(chunk)


def _request(path: Path) -> ImportRequest:
    origin = Origin(
        kind=OriginKind.WEB_FORM,
        label="formulaire du site",
        collection=Collection.DIRECT,
        collected_on=date(2026, 3, 15),
        collector="équipe web",
    )
    return ImportRequest(path=path, origin=origin, operator="banc d’essai", claims=(_CLAIM,), declared=("art13-form",))


def _print(database: str, rows: int, measured: dict[str, float]) -> None:
    print(f"\n{database}, {rows:,} rows")
    for name, value in measured.items():
        print(f"  {name.replace('_', ' '):<44} {value:>12,.1f}")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="What an import costs, on both databases.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--measure", metavar="URL", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.measure:
            spare_the_collector()  # as every command does
            print(json.dumps(measure(asked.measure, asked.rows, folder)))
            return
        if asked.database != "postgresql":
            _print(
                "SQLite", asked.rows, apart("bench.imports", "--rows", asked.rows, "--measure", f"sqlite:///{folder}/bench.db")
            )
        if asked.database != "sqlite":
            with PostgresServer() as server:
                url = server.create_database("bench")
                upgrade(url)
                _print("PostgreSQL", asked.rows, apart("bench.imports", "--rows", asked.rows, "--measure", url))


if __name__ == "__main__":
    main()
