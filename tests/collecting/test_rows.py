"""A line means the same, whatever lines were read before it: what is remembered of them changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.compliance.mailboxes import Mailboxes
from gateway.domain.channel import Medium
from gateway.domain.hours import CallWindow
from gateway.domain.keys import Keyring
from gateway.flows.collecting import ConsentClaim
from gateway.flows.collecting.columns import read_columns
from gateway.flows.collecting.readers import Surroundings
from gateway.flows.collecting.refusals import RefusedRow
from gateway.flows.collecting.rows import RowReader
from gateway.flows.collecting.table import Record
from tests.compliance.builders import shipped

CELLS = {
    "Courriel": ["zoe@exemple.fr", "Zoe@EXEMPLE.fr", "sans arobase", "contact@mairie.example", ""],
    "Portable": ["06 12 34 56 78", "0692 12 34 56", "06 12 34 56 78 / 07 11 22 33 44", ""],
    "Nom": ["Riou", "d’Hervé", "x" * 101, ""],
    "Code postal": ["29200", "1000", "97400", "20 000", "99999", ""],
    "Date de naissance": ["01/02/1980", "31/02/1980", ""],
    "Consentement": ["oui", "non", "peut-être", ""],
    "Consentement appel": ["oui", ""],
    "Horaires": ["lundi 10h-12h", "le soir", ""],
    "Date du consentement": ["12/03/2025", "2025-03-12T10:00:00Z", "01/01/2090", ""],
    "Formulaire": ["site v3", ""],
    "Texte du consentement": ["J’accepte la lettre.", "Appelez-moi.", ""],
    "Opposition": ["", "", "oui"],
}
CLAIMS = {
    Medium.EMAIL: ConsentClaim(wording="J’accepte.", means="case à cocher", collector="équipe web"),
    Medium.SMS: ConsentClaim(medium=Medium.SMS, everyone=True, form="carton", wording="Oui.", means="papier", collector="Yann"),
    Medium.CALL: ConsentClaim(medium=Medium.CALL, means="papier", collector="Yann", hours=CallWindow.parse("lundi 10h-12h")),
}
LINES = st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), min_size=1, max_size=12)


def reader() -> RowReader:
    around = Surroundings(
        keys=Keyring(b"k" * 32),
        territory_of=lambda postcode, number="", country="": "metropole" if (postcode or number)[:2] != "99" else "unknown",
        at_home=(),
        zone=ZoneInfo("Europe/Paris"),
        now=datetime(2026, 3, 1, tzinfo=UTC),
        claims=CLAIMS,
        words=shipped().list_words,
        mailboxes=Mailboxes(roles=frozenset({"contact"})),
        declined=lambda remark: frozenset(),
        hears=lambda words: None if "plus" in words else frozenset(),
    )
    return RowReader(read_columns(list(CELLS)), around)


def counted(readers: list[RowReader]) -> tuple[object, ...]:
    noted = [one.noted for one in readers]
    return (
        {medium: sum(one.agreed[medium] for one in noted) for medium in Medium},
        {medium: sum(one.without_evidence.get(medium, 0) for one in noted) for medium in Medium},
        sum(one.without_hours for one in noted),
        sum(one.repaired_postcodes for one in noted),
        sum(one.unknown_postcodes for one in noted),
        sum((one.doubts.by_code for one in noted), start=type(noted[0].doubts.by_code)()),
        sum((one.hints.by_code for one in noted), start=type(noted[0].hints.by_code)()),
        {digest for one in noted for digest in one.wordings},
    )


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_a_line_means_the_same_whatever_was_read_before_it(lines):
    records = [Record(line, list(cells)) for line, cells in enumerate(lines, start=2)]
    one_by_one = [reader() for _ in records]
    alone = [each.read(record) for each, record in zip(one_by_one, records, strict=True)]
    together = reader()
    said = [together.read(record) for record in records]

    def told(row):
        return row if isinstance(row, RefusedRow) else row._replace(key=b"")

    assert [told(row) for row in said] == [told(row) for row in alone]
    assert counted([together]) == counted(one_by_one)


def test_a_line_of_consents_is_read_to_the_last_column():
    cells = ["Zoe@Exemple.fr", "06 12 34 56 78", "Riou", "29200", "01/02/1980", "oui", "oui", "lundi 10h-12h", "12/03/2025"]
    row = reader().read(Record(2, [*cells, "site v3", "Appelez-moi.", ""]))
    assert not isinstance(row, RefusedRow)
    assert (row.email, row.email_typed, row.email_domain) == ("Zoe@exemple.fr", "Zoe@Exemple.fr", "exemple.fr")
    assert (row.mobile, row.mobile_typed, row.landline, row.roll_digest) == ("+33612345678", "06 12 34 56 78", None, None)
    assert (row.given_name, row.family_name, row.birth_on, row.postcode) == ("", "Riou", "1980-02-01", "29200")
    assert (row.act_email, row.act_sms, row.act_call, row.tags) == ("granted", "granted", "granted", ())
    assert row.given_at == datetime(2025, 3, 11, 23, tzinfo=UTC)
    assert (row.form, row.collector, row.means) == ("site v3", None, None)
    assert row.email_digest == Keyring(b"k" * 32).address_digest(Medium.EMAIL, "zoe@exemple.fr")
