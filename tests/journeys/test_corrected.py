"""A letter that left with a mistake: the rest is stopped, and a corrected one goes to those whom it had not reached."""

from __future__ import annotations

import pytest

from gateway.domain.audience import Audience
from gateway.domain.channel import Fault, Rejected, Unsure
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.message import MessageState
from gateway.flows.campaigning import drafting, launching, trying
from gateway.flows.campaigning.definition import Definition
from gateway.render.email import EmailContent
from gateway.render.sms import SmsContent
from tests.sending.support import Person, add, newsletter, run

REST = Audience(unreached_by=("lettre",))
LATER = Rejected(False, "450 4.3.2", "plus tard", Fault.THROTTLED)
CORRECTED = EmailContent(subject="La lettre, corrigée", body="C’est **dimanche**.", format="markdown")


@pytest.fixture
def stopped_half_way(gw, channel):
    """A letter that a has, that nobody knows of b, and that the server of c and d did not want yet."""
    answers = {"b@exemple.example": Unsure("coupure"), "c@exemple.example": LATER, "d@exemple.example": LATER}
    add(gw, *(Person(email=f"{letter}@exemple.example") for letter in "abcd"))
    channel.answer = lambda envelope: answers.get(envelope.recipient)
    newsletter(gw)
    run(gw)
    channel.answer = lambda envelope: None
    channel.handed.clear()
    return gw


def test_whoever_has_the_first_letter_or_may_have_it_does_not_get_the_corrected_one(stopped_half_way, channel):
    gw = stopped_half_way
    drafting.create(gw, "lettre-bis", Definition(content=CORRECTED, audience=REST), by="autrice")
    tried = trying.dry_run(gw, "lettre-bis")
    assert (tried.people, tried.unreached_by, tried.not_over) == (2, ("lettre",), ("lettre",))
    launching.approve(gw, "lettre-bis", by="relecteur")
    with pytest.raises(Conflict, match="« lettre » n’est pas finie, et quelqu’un recevrait les deux"):
        launching.launch(gw, "lettre-bis", by="autrice", key="k2")

    assert launching.cancel(gw, "lettre", by="autrice", why="le jour est faux").waited == 2
    assert trying.dry_run(gw, "lettre-bis").not_over == ()
    assert launching.launch(gw, "lettre-bis", by="autrice", key="k2").messages == 2
    run(gw)
    assert sorted(channel.recipients) == ["c@exemple.example", "d@exemple.example"]
    assert launching.status(gw, "lettre-bis").counts[MessageState.ACCEPTED] == 2


def test_a_correction_of_the_correction_leaves_out_whoever_either_of_them_reached(stopped_half_way, channel):
    gw = stopped_half_way
    launching.cancel(gw, "lettre", by="autrice")
    channel.answer = lambda envelope: LATER if envelope.recipient.startswith("d") else None
    newsletter(gw, "lettre-bis", audience=REST)
    run(gw)
    launching.cancel(gw, "lettre-bis", by="autrice")
    channel.answer = lambda envelope: None
    channel.handed.clear()
    newsletter(gw, "lettre-ter", audience=Audience(unreached_by=("lettre-bis",)))
    run(gw)
    assert channel.recipients == ["d@exemple.example"]


def test_the_corrected_letter_takes_over_the_criteria_of_the_first_and_what_was_told_of_them(gw):
    of_town = Audience(communes=("Valbrume",))
    newsletter(gw, audience=of_town, targeting_data="la commune que vous avez donnée", attestations=("no-late-polemic",))
    launching.cancel(gw, "lettre", by="autrice")
    row = drafting.create(gw, "lettre-bis", Definition(content=CORRECTED, audience=REST), by="autrice")
    drawn = Definition.from_body(row.definition)
    assert drawn.audience == Audience(communes=("Valbrume",), unreached_by=("lettre",))
    assert (drawn.audience.criteria, drawn.targeting_data) == (("commune",), "la commune que vous avez donnée")
    assert drawn.attestations == ("no-late-polemic",)
    wider = Audience(communes=("Ailleurs",), unreached_by=("lettre",))
    with pytest.raises(InvalidInput, match="reprend le public de « lettre »"):
        drafting.create(gw, "lettre-ter", Definition(content=CORRECTED, audience=wider), by="autrice")


def test_nothing_takes_the_place_of_a_letter_that_never_left_or_of_another_channel(gw):
    with pytest.raises(NotFound, match="--rest-of : aucune campagne ne s’appelle « lettre »"):
        drafting.create(gw, "lettre-bis", Definition(content=CORRECTED, audience=REST), by="autrice")
    newsletter(gw, launched=False)
    with pytest.raises(Conflict, match="« lettre » n’est pas partie ; changez-la elle-même"):
        drafting.create(gw, "lettre-bis", Definition(content=CORRECTED, audience=REST), by="autrice")
    launching.launch(gw, "lettre", by="autrice", key="k1")
    with pytest.raises(Conflict, match="n’est pas du même canal"):
        drafting.create(gw, "texto", Definition(content=SmsContent(text="Dimanche."), audience=REST), by="autrice")
    advice = r"Arrêtez-la \(gateway campaign cancel lettre --why …\), puis écrivez-en une autre avec --rest-of lettre"
    with pytest.raises(Conflict, match=advice):
        drafting.change(gw, "lettre", Definition(content=CORRECTED, audience=Audience()), by="autrice")


def test_what_was_approved_before_this_criterion_existed_reads_and_hashes_as_it_did():
    assert b"unreached_by" not in Definition(content=CORRECTED, audience=Audience(communes=("Valbrume",))).body()
    assert Definition.from_body(Definition(content=CORRECTED, audience=REST).body()).audience == REST
