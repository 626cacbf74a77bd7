"""Checkpoints: signed, read back, and refused when anything of them was changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from gateway.audit.checkpoint import Checkpoint, SigningKey, VerifyKey, read_checkpoint
from gateway.domain.errors import InvalidInput

NAME = "valbrume.example/journal"
KEY = SigningKey.generate(NAME)
POINT = Checkpoint(origin=NAME, size=12, root=sha256(b"r").digest(), at=datetime(2027, 3, 1, 18, 30, tzinfo=UTC))


def test_a_checkpoint_reads_back_with_the_key_that_signed_it():
    note = KEY.sign(POINT)
    assert note.splitlines()[:2] == [NAME, "12"] and "at 2027-03-01T18:30:00Z" in note
    assert read_checkpoint(note, [KEY.verify_key]) == (POINT, KEY.verify_key)


def test_a_foreign_key_is_not_taken_for_ours():
    note = SigningKey.generate(NAME).sign(POINT)
    assert read_checkpoint(note, [KEY.verify_key]) == (POINT, None)


@pytest.mark.parametrize("line", range(4))
def test_a_changed_line_breaks_the_signature(line):
    lines = KEY.sign(POINT).split("\n")
    lines[line] = {0: NAME, 1: "13", 2: lines[2][::-1].replace("=", "") + "=", 3: "at 2028-03-01T18:30:00Z"}[line]
    if line == 0:
        lines[0] = "elsewhere.example/journal"
    with pytest.raises(InvalidInput):
        read_checkpoint("\n".join(lines), [KEY.verify_key])


@pytest.mark.parametrize(
    "note",
    ["", "x", f"{NAME}\n12\n", f"{NAME}\n012\n{'A' * 43}=\n\n", "x" * 20_000, f"{NAME}\n1\n{'A' * 43}=\n\nnot a signature\n"],
)
def test_what_is_no_checkpoint_is_refused_with_a_sentence(note):
    with pytest.raises(InvalidInput, match=r"point de contrôle"):
        read_checkpoint(note, [KEY.verify_key])


def test_a_journal_without_entries_and_one_whose_key_changes_have_their_checkpoints_too():
    for point in (replace(POINT, size=0, root=sha256(b"").digest()), replace(POINT, successor=str(KEY.verify_key))):
        assert read_checkpoint(KEY.sign(point), [KEY.verify_key]) == (point, KEY.verify_key)


BODY, SIGNATURES = KEY.sign(POINT).split("\n\n")
ROOT = BODY.split("\n")[2]


@pytest.mark.parametrize(
    "note",
    [
        f"{BODY}\n{SIGNATURES}",
        f"{BODY.replace(NAME, 'our journal')}\n\n{SIGNATURES}",
        f"{BODY.replace('12', '-12', 1)}\n\n{SIGNATURES}",
        f"{BODY.replace('12', '+12', 1)}\n\n{SIGNATURES}",
        f"{BODY.replace(ROOT, ROOT[:-4])}\n\n{SIGNATURES}",
        f"{BODY.replace(ROOT, 'AAAA' + ROOT)}\n\n{SIGNATURES}",
        f"{BODY.replace(ROOT, '!' + ROOT)}\n\n{SIGNATURES}",
        f"{BODY.replace('at 2027', 'at the end of 2027')}\n\n{SIGNATURES}",
        f"{BODY}\n\n{SIGNATURES.rstrip()[:-3]}\n",
    ],
    ids=[
        "no blank line",
        "no name",
        "less than none",
        "a sign",
        "a shorter root",
        "a longer root",
        "no root",
        "no day",
        "half signed",
    ],
)
def test_a_checkpoint_that_differs_in_its_form_alone_is_none_even_where_nobody_asks_who_signed_it(note):
    assert read_checkpoint(f"{BODY}\n\n{SIGNATURES}", [])[0] == POINT
    with pytest.raises(InvalidInput, match=r"point de contrôle"):
        read_checkpoint(note, [])


def test_a_key_of_another_kind_or_length_or_without_a_name_is_none():
    name, hashed, encoded = str(KEY.verify_key).split("+", 2)
    for odd in (
        f"our journal+{hashed}+{encoded}",
        f"{name}+{hashed}+Ag{encoded[2:]}",
        f"{name}+{hashed}+{encoded}AAAA",
        f"{name}+{hashed}+!{encoded}",
    ):
        with pytest.raises(InvalidInput, match="illisible"):
            VerifyKey.parse(odd)


def test_a_key_is_kept_and_told_and_a_lost_character_is_noticed():
    assert SigningKey.from_pem(NAME, KEY.to_pem()).verify_key == KEY.verify_key
    text = str(KEY.verify_key)
    assert VerifyKey.parse(text) == KEY.verify_key
    with pytest.raises(InvalidInput, match="ne va pas avec son empreinte"):
        VerifyKey.parse(text.replace(text.split("+")[1], "00000000"))
    with pytest.raises(InvalidInput, match="illisible"):
        VerifyKey.parse("valbrume")
    with pytest.raises(InvalidInput, match="PEM"):
        SigningKey.from_pem(NAME, b"nothing")
    with pytest.raises(InvalidInput, match="ne peut pas nommer un journal"):
        SigningKey.generate("our journal")
