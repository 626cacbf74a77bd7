"""docs/journal.md is what an outsider writes a verifier from: it is held to the code, kind by kind and byte by byte."""

from __future__ import annotations

import ast
import re
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.checkpoint import SigningKey
from gateway.audit.entry import EntryKind
from gateway.flows.auditing.verifier import verifier

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "journal.md").read_text("utf-8")
ROWS = {row[1]: row[0] for row in re.finditer(r"^\| `(\w+)` \|.*$", PAGE, re.MULTILINE)}
#: Told of every kind.
COMMON = {"campaign_id", "message_id", "person", "at", "differing"}


def _written():
    """(kind, key, constant value, place) of every entry that the code makes with keys of its own."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in ("entry", "stencil"):
                continue
            if not call.args or not isinstance(call.args[0], ast.Attribute):
                continue
            kind = EntryKind[call.args[0].attr].value
            for key in call.keywords:
                value = key.value.value if isinstance(key.value, ast.Constant) else None
                yield kind, key.arg, value, f"{path.relative_to(ROOT)}:{call.lineno}"


def test_every_kind_and_key_of_an_entry_is_on_the_page():
    assert [kind.value for kind in EntryKind if kind.value not in ROWS] == []
    written = list(_written())
    assert len(written) > 100
    missing = [
        f"{place}: {kind} {key}" for kind, key, _, place in written if key and key not in COMMON and f"`{key}`" not in ROWS[kind]
    ]
    assert missing == []
    acts = [
        f"{place}: {kind} {act}" for kind, key, act, place in written if key == "act" and act and f"`{act}`" not in ROWS[kind]
    ]
    assert acts == []


def test_an_auditor_is_told_how_to_read_an_export_in_the_names_that_entries_have():
    """The page goes with each export, to a machine that has no other."""
    told = {}
    for language, asked in (("fr", "## Pourquoi cette personne"), ("en", "## Why did this person")):
        page = (ROOT / "templates" / "audit" / f"README.{language}.md").read_text("utf-8")
        told[language] = re.findall(r"`(\w+)`", page.partition(asked)[2])
    assert told["fr"] == told["en"], "step by step the same"
    values = {"allow", "defer", "refuse", "granted"}
    names = set(ROWS) | {key for _, key, _, _ in _written() if key} | set(re.findall(r'"(\w+)":', PAGE))
    assert set(told["fr"]) - names - values == set()


def test_the_example_of_the_page_can_be_computed_by_hand():
    """As the page says, and with nothing but the page: then by the script."""
    told_there = PAGE.partition("### Writing a verifier")[2]
    blocks = re.findall(r"^```\n(.*?)\n```$", told_there, re.MULTILINE | re.DOTALL)
    bodies, leaves, note = (block.split("\n") for block in blocks)
    stack: list[tuple[int, bytes]] = []
    for index, (body, line) in enumerate(zip(bodies, leaves, strict=True)):
        leaf = sha256(b"\x00" + sha256(body.encode()).digest()).digest()
        assert line == f"{index} {leaf.hex()}"
        stack.append((0, leaf))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (level, upper), (_, lower) = stack.pop(), stack.pop()
            stack.append((level + 1, sha256(b"\x01" + lower + upper).digest()))
    root = stack.pop()[1]
    while stack:
        root = sha256(b"\x01" + stack.pop()[1] + root).digest()
    tool, key = verifier(), SigningKey("valbrume.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    told = tool.read_checkpoint("\n".join(note) + "\n")
    assert (told.size, told.root) == (3, root)
    public = re.search(r'"key":"([^"]+)"', bodies[0])
    assert public is not None and public[1] == str(key.verify_key)
    assert tool.signed_by(told, [tool.read_key(public[1])]) is not None
