"""One message for each person and channel: however many addresses or numbers she has, and whichever she said no at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from gateway.domain.address import AddressState
from gateway.domain.channel import Medium
from gateway.domain.hours import CallWindow
from gateway.domain.message import MessageState
from gateway.domain.phone import PhoneNumber
from gateway.domain.suppression import SuppressionCause, SuppressionKind
from gateway.flows.campaigning import launching, trying
from gateway.store import suppressions, tables
from gateway.store.engine import begin, reading
from gateway.store.outbox import ELSEWHERE
from gateway.store.suppressions import Suppression
from tests.collecting.support import BOX, imported
from tests.sending.support import digest, journal_of, newsletter, objects, run
from tests.telephone.support import call, town

CALL = replace(BOX, medium=Medium.CALL, wording="J’accepte d’être appelée.", hours=CallWindow.parse("lun-ven 18:00-20:00"))
#: Zoé is known by her number: her second file brings another address.
FIRST = "courriel;nom;portable;consentement\nzoe@ancienne.fr;Riou;0639981234;oui\nyann@exemple.fr;Guen;;oui\n"
SECOND = "courriel;nom;portable;consentement\nzoe@nouvelle.fr;Riou;0639981234;oui\n"


@pytest.fixture
def two_addresses(gw, tmp_path):
    """An installation where Zoé has two addresses, and Yann one."""
    imported(gw, tmp_path, FIRST, claim=BOX)
    imported(gw, tmp_path, SECOND, claim=BOX)
    return gw


def rows(gw) -> dict[str, tuple[MessageState, str | None]]:
    """State and reason of each message, by address."""
    m, a = tables.message.c, tables.address.c
    with reading(gw.engine) as tx:
        found = tx.execute(select(a.value, m.state, m.because).join(tables.address, a.id == m.address_id))
        return {row[0]: (row[1], row[2]) for row in found}


def test_whoever_has_two_addresses_gets_one_letter_at_the_newest_and_the_report_says_why_not_at_the_other(two_addresses, channel):
    gw = two_addresses
    newsletter(gw, launched=False)
    tried = trying.dry_run(gw, "lettre")
    assert (tried.people, tried.allowed, tried.elsewhere) == (2, 2, 1)
    launched = launching.launch(gw, "lettre", by="autrice", key="k1")
    assert (launched.messages, launched.elsewhere) == (tried.people, tried.elsewhere)
    again = launching.launch(gw, "lettre", by="autrice", key="k1")
    assert (again.messages, again.elsewhere, again.already) == (2, 1, True)
    run(gw)
    assert sorted(channel.recipients) == ["yann@exemple.fr", "zoe@nouvelle.fr"]
    assert rows(gw)["zoe@ancienne.fr"] == (MessageState.CANCELLED, ELSEWHERE)
    assert (MessageState.CANCELLED, ELSEWHERE, 1) in launching.status(gw, "lettre").reasons
    [told] = [told for told in journal_of(gw, "campaign") if told["act"] == "launched"]
    assert (told["messages"], told["elsewhere"]) == (2, 1)


def test_whoever_objected_at_one_address_is_not_written_to_at_the_other(two_addresses, channel):
    """Her word is hers, not her address's: whichever of the two it came from."""
    gw = two_addresses
    objects(gw, "zoe@ancienne.fr", Medium.EMAIL, cause=SuppressionCause.ONE_CLICK)
    with begin(gw.engine) as tx:
        listed = suppressions.of_digest(tx, digest(gw, "zoe@nouvelle.fr"))
    assert [one.cause for one in listed] == [SuppressionCause.ONE_CLICK], "both of her addresses are on the list"
    newsletter(gw)
    run(gw)
    assert channel.recipients == ["yann@exemple.fr"]
    state, because = rows(gw)["zoe@nouvelle.fr"]
    assert state is MessageState.REFUSED and "optout-effect" in str(because)
    assert rows(gw)["zoe@ancienne.fr"] == (MessageState.CANCELLED, ELSEWHERE)


def test_an_objection_that_stands_at_the_newest_address_alone_does_not_send_the_letter_to_the_older_one(two_addresses, channel):
    gw = two_addresses
    with begin(gw.engine) as tx:
        told = Suppression(
            digest=digest(gw, "zoe@nouvelle.fr"),
            medium="email",
            kind=SuppressionKind.OBJECTION,
            cause=SuppressionCause.IMPORTED_LIST,
            since=gw.clock.now(),
        )
        suppressions.add_all(tx, [told])
    newsletter(gw)
    run(gw)
    assert channel.recipients == ["yann@exemple.fr"]


def test_a_dead_address_gives_way_to_one_that_works(two_addresses, channel):
    gw = two_addresses
    a = tables.address
    with begin(gw.engine) as tx:
        tx.execute(update(a).where(a.c.digest == digest(gw, "zoe@nouvelle.fr")).values(state=AddressState.DEAD))
    newsletter(gw)
    run(gw)
    assert sorted(channel.recipients) == ["yann@exemple.fr", "zoe@ancienne.fr"]


def test_whoever_gave_a_mobile_and_a_landline_is_called_once_on_her_mobile(database_url, clock, tmp_path):
    """SQLite writes addresses in no order of theirs: twenty people, so that chance does not decide."""
    text = "nom;fixe;portable;consentement appel\n"
    text += "".join(f"Riou{n};02990056{n:02};06399812{n:02};oui\n" for n in range(20))
    with town(database_url, clock, tmp_path) as t:
        imported(t.gw, tmp_path, text, claim=CALL)
        call(t, "appel", "Bonjour.")
        found = rows(t.gw)
    mobiles = {str(PhoneNumber.parse(f"06399812{n:02}")) for n in range(20)}
    assert {number for number, (state, _) in found.items() if state is MessageState.WAITING} == mobiles
    assert {found[number] for number in set(found) - mobiles} == {(MessageState.CANCELLED, ELSEWHERE)} and len(found) == 40
