"""What an import costs: rows a second, peak memory, and how long writers wait, on both databases.

    python -m bench.imports [--rows 200000] [--database sqlite|postgresql]

The file is invented: cp1252, semicolons, one row in fifty repeats an address, one in a hundred cannot be read, half consent with
a date of their own. It is first dry-run, then imported, then imported again. Each database has a process of its own, so that
its peak memory is its own. The ratio is to a plain COPY and merge of the same file by PostgreSQL alone, in the same run.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import psycopg

from gateway.app import opened
from gateway.domain.contact import Collection, OriginKind
from gateway.flows.collecting import ConsentClaim, ImportRequest, Step, plan_import, write_import
from gateway.settings import load_settings
from gateway.store.engine import upgrade
from gateway.store.origins import Origin
from tests.servers import PostgresServer

_GIVEN = ("Anaëlle", "Yann", "Zoé", "Loïc", "Maëlys", "Jean-François", "Inès", "Noël")
_FAMILY = ("Le Goff", "Kerbrat", "Riou", "Guéguen", "d’Hervé", "Martin", "Payet", "Césaire")
_PLACES = (("29200", "Brest"), ("35000", "Rennes"), ("97200", "Fort-de-France"), ("97400", "Saint-Denis"), ("75011", "Paris"))
_DOMAINS = ("orange.example", "laposte.example", "free.example", "gmail.example")
_CLAIM = ConsentClaim(form="site v3", wording="J’accepte de recevoir la lettre.", means="case à cocher", collector="équipe web")


def write_file(path: Path, rows: int, seed: int = 7) -> None:
    """An invented file of contacts."""
    draw = random.Random(seed)
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
    """Dry run, import and second import of an invented file on one database."""
    path = folder / "liste.csv"
    write_file(path, rows)
    begun: dict[Step, float] = {}

    def note(step: Step, done: int, total: int) -> None:
        begun.setdefault(step, time.perf_counter())

    with opened(load_settings(database={"url": url}, var_dir=str(folder / "var"))) as gw:
        marks = [time.perf_counter()]
        plan = plan_import(gw, _request(path))
        marks.append(time.perf_counter())
        write_import(gw, plan, progress=note)
        marks.append(time.perf_counter())
        again = write_import(gw, plan_import(gw, _request(path)))
        marks.append(time.perf_counter())
    if again.impact.new or not plan.impact.new:
        raise SystemExit("the import is wrong: the same file twice brought new people")
    dry_run, written, second = (after - before for before, after in pairwise(marks))
    return {
        "dry_run_seconds": dry_run,
        "import_seconds": written,
        "import_rows_per_second": rows / written,
        "writers_wait_seconds": marks[2] - begun[Step.WRITE],
        "dry_run_and_second_import_seconds": second,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def plain_merge_seconds(url: str, rows: int, folder: Path) -> float:
    """The same file by PostgreSQL alone: COPY into a stage, then merged into a table with a unique key and an index."""
    path = folder / "plain.csv"
    write_file(path, rows)
    columns = "courriel text, prenom text, nom text, cp text, commune text, accord text, le text"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE plain (id bigserial PRIMARY KEY, {columns}, UNIQUE (courriel))")
        connection.execute("CREATE INDEX ON plain (cp)")
        began = time.perf_counter()
        connection.execute(f"CREATE TEMP TABLE plain_stage ({columns})")
        copy = "COPY plain_stage FROM STDIN (FORMAT csv, DELIMITER ';', HEADER, ENCODING 'WIN1252')"
        with path.open("rb") as file, connection.cursor().copy(copy) as target:
            while chunk := file.read(1 << 20):
                target.write(chunk)
        merge = (
            "INSERT INTO plain (courriel, prenom, nom, cp, commune, accord, le) SELECT DISTINCT ON (courriel) * FROM plain_stage"
        )
        connection.execute(f"{merge} ON CONFLICT (courriel) DO UPDATE SET nom = excluded.nom")
        return time.perf_counter() - began


def _request(path: Path) -> ImportRequest:
    origin = Origin(
        kind=OriginKind.WEB_FORM,
        label="formulaire du site",
        collection=Collection.DIRECT,
        collected_on=date(2026, 3, 15),
        collector="équipe web",
    )
    return ImportRequest(path=path, origin=origin, operator="banc d’essai", claims=(_CLAIM,), declared=("art13-form",))


def _apart(url: str, rows: int) -> dict[str, float]:
    """Measure in a process of its own, for its peak memory."""
    command = [sys.executable, "-m", "bench.imports", "--rows", str(rows), "--measure", url]
    measured: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return measured


def _print(database: str, rows: int, measured: dict[str, float]) -> None:
    print(f"\n{database}, {rows:,} rows")
    for name, value in measured.items():
        print(f"  {name.replace('_', ' '):<36} {value:>12,.1f}")


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
            print(json.dumps(measure(asked.measure, asked.rows, folder)))
            return
        if asked.database != "postgresql":
            _print("SQLite", asked.rows, _apart(f"sqlite:///{folder}/bench.db", asked.rows))
        if asked.database != "sqlite":
            with PostgresServer() as server:
                url = server.create_database("bench")
                upgrade(url)
                measured = _apart(url, asked.rows)
                plain = plain_merge_seconds(url, asked.rows, folder)
                measured |= {"plain_copy_and_merge_seconds": plain, "ratio_to_plain": measured["import_seconds"] / plain}
                _print("PostgreSQL", asked.rows, measured)


if __name__ == "__main__":
    main()
