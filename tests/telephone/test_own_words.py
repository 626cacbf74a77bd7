"""Words that the settings put into every message are looked at as the author's are: the law does not ask who wrote them."""

from __future__ import annotations

import pytest

from gateway.domain.audience import Audience
from gateway.flows.campaigning import drafting, trying
from gateway.flows.campaigning.definition import Definition
from gateway.render.email import EmailContent
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent
from tests.sending.support import Person
from tests.sending.support import add as add_reader
from tests.telephone.support import AGREED, add, town

MARIE = "+33612345678"
CONTENTS = {
    "letter": EmailContent(subject="La lettre", body="Venez samedi.", format="markdown"),
    "call": CallContent(text="Bonjour, venez samedi à la salle des fêtes."),
}


def refused_by(t, content):
    drafting.create(t.gw, "essai", Definition(content=content, audience=Audience()), by="autrice")
    outcomes = trying.dry_run(t.gw, "essai").outcomes
    return {rule for one in outcomes if one.verdict == "refuse" for rule in one.rules}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize(("address", "refused"), [("1 place du Lavoir, 0 800 123 456", True), ("1 place du Lavoir", False)])
def test_a_freephone_number_in_the_address_of_the_campaign_is_one_in_each_of_its_messages(
    database_url, clock, tmp_path, kind, address, refused
):
    with town(database_url, clock, tmp_path, controller={"address": address}) as t:
        add_reader(t.gw, Person(email="lea@exemple.example"))
        add(t, MARIE, call=True, hours="mon-fri 09:00-20:00")
        assert ("voice-no-freephone" in refused_by(t, CONTENTS[kind])) is refused


@pytest.mark.parametrize(("page", "refused"), [("https://bit.ly/valbrume", True), ("https://valbrume.example/i", False)])
def test_the_page_that_every_first_text_names_is_not_behind_a_link_shortener(database_url, clock, tmp_path, page, refused):
    with town(database_url, clock, tmp_path, sms=AGREED | {"notice_url": page}) as t:
        add(t, MARIE)
        assert ("sms-own-link" in refused_by(t, SmsContent(text="Samedi 18 h, au Lavoir."))) is refused
