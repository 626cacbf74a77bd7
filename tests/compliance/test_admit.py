"""What may enter the store: origins, evidence, columns and tags, as people really write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.compliance.admit import Admission, Entry, admit
from gateway.compliance.batch import BatchFacts
from gateway.compliance.explain import explain_findings
from gateway.compliance.situations import read_batch
from gateway.compliance.verdict import NO_GROUND
from gateway.domain.contact import OriginKind
from tests.compliance.builders import NOON, base, shipped, typed


def brought(**changes: object) -> Admission:
    """The decision about a good file of web sign-ups, but for the changes."""
    return admit(read_batch({**base("fichier"), **changes}, NOON), shipped())


@pytest.mark.parametrize("origin", list(OriginKind))
def test_an_origin_enters_only_when_a_rule_accepts_it(origin: OriginKind) -> None:
    accepted = {"web_form", "paper_form", "event", "doorstep", "membership", "petition", "donation", "party_file", "team"}
    admission = brought(origin=origin.value)
    assert (admission.entry is Entry.ACCEPTED) == (origin in accepted)
    assert admission.rules


def test_a_file_that_no_rule_lets_in_is_told_of_a_file_and_not_of_a_message() -> None:
    (said,) = explain_findings(brought(origin="public_directory", collection="indirect").because, shipped())
    assert (said.rule, typed(said.sentence).partition(";")[0]) == (NO_GROUND, "Aucune règle n'admet un fichier de cette origine ")
    assert "message" not in said.sentence


def test_an_origin_of_tomorrow_does_not_enter() -> None:
    batch = BatchFacts(at=NOON, origin="telepathy", origin_complete=True)  # type: ignore[arg-type]
    assert admit(batch, shipped()).rules == (NO_GROUND,)


@pytest.mark.parametrize(
    "column",
    ["Religion", "religions", "RELIGION", "Confession religieuse", "syndicat", "Syndiqué(e)", "N° de sécurité sociale / NIR",
     "Santé", "etat de sante", "handicap", "Orientation-sexuelle"],
)  # fmt: skip
def test_sensitive_columns_are_refused_however_they_are_written(column: str) -> None:
    admission = brought(columns=["email", column])
    assert admission.rules == ("sensitive-fields-block",)
    assert column in explain_findings(admission.because, shipped())[0].sentence


@pytest.mark.parametrize("column", ["Vote présumé", "INTENTION DE VOTE", "opinion politique", "A voté"])
def test_columns_of_opinions_are_refused(column: str) -> None:
    assert brought(columns=["email", column]).rules == ("penal-226-19",)


@pytest.mark.parametrize(
    "column", ["code du bureau de vote", "libellé du bureau de vote", "Lieu de vote", "originaire", "racine", "nirvana", "prénom"]
)
def test_innocent_columns_that_contain_such_letters_enter(column: str) -> None:
    assert brought(columns=["email", column]).entry is Entry.ACCEPTED


def test_a_doubtful_column_waits_for_a_person_and_a_refused_one_wins_over_it() -> None:
    assert brought(columns=["email", "Commentaires"]).entry is Entry.REVIEW
    assert brought(columns=["email", "Commentaires", "Religion"]).entry is Entry.REFUSED


def test_a_doubt_about_a_file_no_rule_accepts_is_a_refusal() -> None:
    admission = brought(origin="public_directory", columns=["email", "Commentaires"])
    assert (admission.entry, admission.rules) == (Entry.REFUSED, (NO_GROUND,))


def test_columns_left_out_are_named_as_written() -> None:
    admission = brought(columns=["E-mail", "Prénom", "Pointure", "Couleur préférée"])
    assert admission.entry is Entry.ACCEPTED
    noted = [typed(line.sentence) for line in explain_findings(admission.findings, shipped()) if line.rule == "minimise-fields"]
    assert noted == ["De ces colonnes, rien n'est gardé : Pointure · Couleur préférée."]


def test_before_any_rule_nothing_enters() -> None:
    batch = read_batch(base("fichier"), datetime(1990, 1, 1, tzinfo=UTC))
    assert admit(batch, shipped()).entry is Entry.REFUSED
