"""A file of contacts that somebody takes away: who stands in it, and who does not. On both databases."""

from __future__ import annotations

import csv

import pytest

from gateway.domain.channel import Medium
from gateway.domain.rights import RequestVia, Right
from gateway.flows.collecting import looking
from gateway.flows.collecting.looking import TakenAway
from gateway.flows.rights import acting
from tests.collecting.support import BOX, imported
from tests.rights.support import asks_proven
from tests.sending.support import journal_of

THREE = (
    "courriel;prénom;mobile;consentement\n"
    "agathe@exemple.fr;Agathe;06 12 34 56 78;oui\n"
    "celine@exemple.fr;Céline;06 12 34 56 79;oui\n"
    ";Denis;06 12 34 56 80;\n"
)


@pytest.fixture
def gw(gw, tmp_path):
    imported(gw, tmp_path, THREE, claim=BOX)
    return gw


def restricted(gw, email):
    acting.restrict(gw, asks_proven(gw, Right.RESTRICTION, email, via=RequestVia.PHONE).id, by="Inès")


def lines(path):
    return list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))


def test_whoever_has_her_data_only_kept_is_in_no_file_that_is_taken_away(gw, tmp_path):
    """The file said « accord : granted, opposition : non » of her: whoever took it to another tool would have written to her."""
    restricted(gw, "celine@exemple.fr")
    taken = looking.export(gw, tmp_path / "export.csv", by="claire")
    assert taken == TakenAway(contacts=1, kept_back=1)
    assert [row[0] for row in lines(tmp_path / "export.csv")] == ["email", "agathe@exemple.fr"]
    assert [line.restricted for line in looking.page(gw)] == [False, True], "the team still sees that she is in the file"


def test_whoever_is_known_by_telephone_alone_is_in_the_file_of_her_channel(gw, tmp_path):
    """There was a file of email addresses alone, and nothing said that the others are missing."""
    taken = looking.export(gw, tmp_path / "mobiles.csv", by="claire", medium=Medium.SMS)
    assert taken == TakenAway(contacts=3, kept_back=0)
    rows = lines(tmp_path / "mobiles.csv")
    assert (rows[0][0], rows[3][:2]) == ("mobile", ["'+33612345680", "Denis"])
    assert [(entry["act"], entry["medium"]) for entry in journal_of(gw, "operator")] == [("contacts-exported", "sms")]
