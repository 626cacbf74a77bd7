"""The rules of the house, read in the code itself."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gateway import data
from gateway.store.engine import open_engine
from gateway.store.tables import metadata

ROOT = Path(__file__).parents[1]
CODE = sorted(path for top in ("gateway", "workers") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LOCKS = [ROOT / f"requirements{part}.lock" for part in ("", "-dev", "-build", "-servers")]

FILE_LINES_MAX, TEST_FILE_LINES_MAX = 400, 700
FUNCTION_LINES_MAX, PARAMETERS_MAX = 60, 6

#: Rules of law that no pack holds, as a mechanism serves them by itself: a digest, a report of abuse, a refusal of ours.
BY_MECHANISM = {"email-enforcement", "email-fbl", "optout-scope", "suppression-checked-on-import", "suppression-hashed"}
_CITED = re.compile(r"\((?:rules?|règles?)\s([^()]*)\)")

#: gateway.present is where time comes from; what stands above it may read the clock, nothing below may.
ABOVE_APP = ("gateway/present.py", "gateway/cli/", "gateway/web/", "gateway/sandbox/", "gateway/logs.py", "workers/")
#: A migration is one list, read once: its length is that of the schema.
MIGRATIONS = "gateway/store/migrations/versions/"
READS_THE_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "uuid.uuid4",
    "uuid4",
}

#: Each library is the business of few: elsewhere it would tie the law, or a flow, to a tool.
AT_HOME = {
    ("alembic", "psycopg", "sqlalchemy"): ("gateway/store/",),
    ("sqlite3",): ("gateway/store/", "gateway/sandbox/"),  # the trial mailbox keeps mails in a file of its own
    ("dramatiq", "redis"): ("workers/",),
    ("aiosmtpd", "aiosmtplib", "flufl", "imap_tools", "twilio"): ("gateway/channels/", "gateway/sandbox/"),
    ("phonenumbers",): ("gateway/domain/", "gateway/compliance/"),
    ("python_calamine",): ("gateway/flows/workbooks/",),
    ("css_inline", "jinja2", "mjml", "nh3"): ("gateway/render/", "gateway/web/"),
    ("fastapi", "starlette"): ("gateway/web/", "gateway/sandbox/"),
    ("pydantic",): ("gateway/settings/", "gateway/sources.py", "gateway/web/"),
    ("limits",): ("gateway/web/",),
    ("rich", "typer"): ("gateway/cli/",),
    ("uvicorn",): ("gateway/cli/", "gateway/sandbox/", "gateway/web/"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def where(path: Path, node: ast.AST | None = None) -> str:
    line = f":{getattr(node, 'lineno', 1)}" if node else ""
    return f"{path.relative_to(ROOT)}{line}"


def none_of(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text(encoding="utf-8"), str(path))) for path in CODE]


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def imports(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Top-level packages imported anywhere in a module, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, name.name.partition(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module.partition(".")[0]


class TestCode:
    """Small files, small functions, no clock below app, one hand-over."""

    def test_files_are_short_enough_to_be_read(self):
        limits = [
            *((path, FILE_LINES_MAX) for path in CODE if MIGRATIONS not in where(path)),
            *((path, TEST_FILE_LINES_MAX) for path in TESTS),
        ]
        lengths = ((path, len(path.read_text(encoding="utf-8").splitlines()), limit) for path, limit in limits)
        none_of([f"{where(path)} has {length} lines, {limit} at most" for path, length, limit in lengths if length > limit])

    def test_functions_are_short_enough_to_be_read(self):
        long = [
            f"{where(path, function)} {function.name} has {length} lines, {FUNCTION_LINES_MAX} at most"
            for path, tree in trees()
            if MIGRATIONS not in where(path)
            for function in functions(tree)
            if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
        ]
        none_of(long)

    def test_functions_take_few_parameters(self):
        faces = ("gateway/cli/", "gateway/web/")  # there, each option or form field is a parameter of the framework
        greedy = [
            f"{where(path, function)} {function.name} takes {count} parameters, {PARAMETERS_MAX} at most"
            for path, tree in trees()
            if not where(path).startswith(faces)
            for function in functions(tree)
            if (count := len([a for a in (*function.args.args, *function.args.kwonlyargs) if a.arg not in ("self", "cls")]))
            > PARAMETERS_MAX
        ]
        none_of(greedy)

    def test_whoever_steps_around_a_check_says_why_on_the_same_line(self):
        bare = re.compile(r"(?:except (?:Base)?Exception\b[^#]*:|#\s*noqa: [A-Z0-9, ]+|#\s*type: ignore\[[\w, -]+\])\s*$")
        none_of(
            [
                f"{where(path)}:{number}: {line.strip()}"
                for path in CODE
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
                if bare.search(line)
            ]
        )

    def test_nothing_below_app_reads_the_clock_or_draws_an_identity(self):
        found = [
            f"{where(path, call)} {name}: time and identity come in as arguments"
            for path, tree in trees()
            if not where(path).startswith(ABOVE_APP)
            for call, name in calls(tree)
            if name in READS_THE_CLOCK or any(name.endswith(f".{banned}") for banned in READS_THE_CLOCK)
        ]
        none_of(found)

    def test_messages_are_handed_over_in_one_place(self):
        places = [where(path, call) for path, tree in trees() for call, name in calls(tree) if name.endswith(".hand_over")]
        assert len(places) == 1 and places[0].startswith("gateway/flows/"), places

    def test_mail_beside_the_gate_goes_to_witnesses_of_the_journal_alone(self):
        places = [where(path, call) for path, tree in trees() for call, name in calls(tree) if name.endswith(".post")]
        posted = [place for place in places if place.startswith(("gateway/flows/", "workers/", "gateway/cli/"))]
        assert len(posted) == 1 and posted[0].startswith("gateway/flows/witnessing.py"), posted

    def test_each_library_stays_where_it_belongs(self):
        homes = {library: places for libraries, places in AT_HOME.items() for library in libraries}
        strays = [
            f"{where(path, node)} imports {library}: only {' and '.join(homes[library])} may"
            for path, tree in trees()
            for node, library in imports(tree)
            if library in homes and not where(path).startswith(homes[library])
        ]
        none_of(strays)

    def test_faults_are_never_swallowed_in_silence(self):
        silent = [
            f"{where(path, handler)} swallows every fault"
            for path, tree in trees()
            for handler in ast.walk(tree)
            if isinstance(handler, ast.ExceptHandler)
            and (handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException"))
            and all(isinstance(step, ast.Pass | ast.Continue) for step in handler.body)
        ]
        none_of(silent)

    def test_everything_public_promises_something(self):
        bare = [
            f"{where(path, node)} {node.name} has no docstring"
            for path, tree in trees()
            if MIGRATIONS not in where(path)
            for node in public(tree)
            if not ast.get_docstring(node)
        ]
        none_of(bare)

    def test_every_module_says_what_it_is_for(self):
        none_of([where(path) for path, tree in trees() if tree.body and not ast.get_docstring(tree)])


def test_every_rule_that_is_cited_exists():
    laws = [path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.toml")]
    known = {rule for law in laws for rule in re.findall(r'^id = "([^"]+)"', law, re.MULTILINE)} | BY_MECHANISM
    faults = []
    for path in [*CODE, *sorted((ROOT / "policies").rglob("*.toml"))]:
        cited = {
            rule for said in _CITED.findall(path.read_text("utf-8")) for rule in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", said)
        }
        faults += [f"{path.relative_to(ROOT)}: {rule}" for rule in sorted(cited - known)]
    none_of(faults)


def public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (inner for inner in node.body if isinstance(inner, Function) and not inner.name.startswith("_"))


class TestPackaging:
    """What is installed is what was locked, and the wheel holds all it needs."""

    @pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
    def test_locks_name_no_address_and_hash_every_package(self, lock):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        packages = re.split(r"\n(?=\S)", text.strip())
        assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []

    def test_rules_cite_what_a_library_says_of_itself_and_no_registry(self):
        hosts = ("pypi" + ".org", "pythonhosted" + ".org")
        policies = sorted((ROOT / "policies").rglob("*.toml"))
        assert policies and [one.name for one in policies if any(host in one.read_text("utf-8") for host in hosts)] == []

    def test_locks_hold_the_versions_that_pyproject_pins(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        groups = project["dependency-groups"]
        runtime = project["project"]["dependencies"]
        wanted = {
            LOCKS[0]: runtime,
            LOCKS[1]: [*runtime, *groups["dev"]],
            LOCKS[2]: [*project["build-system"]["requires"], *groups["build"]],
            LOCKS[3]: groups["servers"],
        }
        missing = []
        for lock, requirements in wanted.items():
            locked = versions(lock)
            for requirement in requirements:
                name, _, version = re.sub(r"\[.*?\]|;.*|[<>].*", "", requirement).strip().partition("==")
                name = re.sub(r"[-_.]+", "-", name)  # as locks write it
                if name not in locked or (version and locked[name] != version):
                    missing.append(f"{lock.name}: {requirement} (locked: {locked.get(name)}); run make lock")
        none_of(missing)

    def test_the_runtime_lock_and_the_test_lock_agree(self):
        runtime, dev = versions(LOCKS[0]), versions(LOCKS[1])
        assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}

    def test_the_wheel_holds_policies_templates_migrations_and_the_trial_settings(self, tmp_path):
        source = tmp_path / "source"
        kept_out = shutil.ignore_patterns(
            ".venv", ".git", "var", "dist", "__pycache__", ".*_cache", ".hypothesis", "tests", "bench"
        )
        shutil.copytree(ROOT, source, ignore=kept_out)
        built = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
            cwd=source,
            env={**os.environ, "PYTHONPATH": str(Path(sys.prefix) / "build")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stderr
        (wheel,) = tmp_path.glob("*.whl")
        names = set(zipfile.ZipFile(wheel).namelist())
        shipped = {f"gateway/_data/{top}/{path}" for top in ("policies", "templates") for path in files_under(ROOT / top)}
        shipped |= {f"{top}/{path}" for top in ("gateway", "workers") for path in files_under(ROOT / top)}
        assert sorted({*shipped, "gateway/_data/config.toml"} - names) == []
        assert {name.partition("/")[0] for name in names} == {"gateway", "workers", wheel.name.split("-py3")[0] + ".dist-info"}

    def test_packaged_files_are_found_in_the_source_tree_or_where_the_environment_says(self, monkeypatch, tmp_path):
        assert data.data_dir("policies") == ROOT / "policies"
        (tmp_path / "policies").mkdir()
        monkeypatch.setenv(data.ENVIRONMENT, str(tmp_path))
        assert data.data_dir("policies") == tmp_path / "policies"
        with pytest.raises(FileNotFoundError, match=r"templates: not found in .*; reinstall, or set GATEWAY_DATA_DIR"):
            data.data_dir("templates")


def versions(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def files_under(top: Path) -> list[Path]:
    kept = (path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path.relative_to(top) for path in kept]


class TestDocuments:
    """What is written is true of this tree, and of no machine."""

    @pytest.mark.parametrize("name", ["README.md", "LISEZMOI.md"])
    def test_links_of_the_readmes_lead_somewhere(self, name):
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8"))
        assert targets
        assert [target for target in targets if not (ROOT / target).exists()] == []

    def test_files_and_tests_that_documents_name_exist(self):
        named = re.compile(r"`((?:tests|gateway|workers|bench|tools|policies|docs)/[\w/.-]+)(?:::([\w:]+))?`")
        missing, seen = [], 0
        for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
            for path, inside in named.findall(page.read_text(encoding="utf-8")):
                seen += 1
                file = ROOT / path
                text = file.read_text(encoding="utf-8") if file.is_file() else ""
                if not file.exists() or any(not re.search(rf"(?:def|class) {one}\b", text) for one in inside.split("::") if one):
                    missing.append(f"{page.name}: {path}{'::' if inside else ''}{inside}")
        assert seen > 100
        none_of(missing)

    def test_the_page_on_architecture_has_a_place_for_every_module_of_the_store(self):
        page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
        table = page.partition("| `gateway/store` | modules |")[2].partition("\n\n")[0]
        named = re.findall(r"`(\w+)`", table)
        assert sorted(named) == sorted(path.stem for path in (ROOT / "gateway/store").glob("*.py") if path.stem != "__init__")

    @pytest.mark.parametrize("name", ["README.md", "LISEZMOI.md"])
    def test_the_readmes_begin_with_the_two_commands(self, name):
        commands = re.findall(r"^make \w+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert commands[:2] == ["make demo", "make test"]


def test_migrations_make_exactly_the_tables_of_the_code(postgresql_url):
    """On PostgreSQL: SQLite shows neither expression indexes nor every constraint to Alembic."""
    engine = open_engine(postgresql_url)
    try:
        with engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    finally:
        engine.dispose()
    none_of([str(difference) for difference in differences])
