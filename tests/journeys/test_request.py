"""The one request for consent, from the campaign to the answer or to silence: on both databases, through the real application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select
from starlette.testclient import TestClient

from gateway.domain.address import EmailAddress
from gateway.domain.audience import Audience
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Fault, Rejected
from gateway.domain.contact import ContactClass, OriginKind
from gateway.domain.errors import InvalidInput
from gateway.domain.keys import LinkScope
from gateway.domain.rights import Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows import keeping, retaining
from gateway.flows.auditing import compare_tables
from gateway.flows.campaigning import drafting, launching, previewing, testing, trying
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.listening import object_by_link
from gateway.flows.receiving import receive
from gateway.flows.sending.runner import Runner
from gateway.render.email import EmailContent
from gateway.store import tables
from gateway.store.engine import begin, reading
from tests.clock import ManualClock
from tests.inbound.mails import mail, reference
from tests.journeys.mailbox import link_in, mails_to, text_of
from tests.rights.support import asks
from tests.sending.support import Person, add, digest, installation, journal_of, message_of, newsletter, run
from tests.web.voters import CONTACT

PETITION = "marion@exemple.fr"
ONLINE = "noe@exemple.fr"


def occasional(email: str, origin: OriginKind = OriginKind.PETITION) -> Person:
    """Somebody who signed a petition and agreed to nothing else."""
    return Person(email=email, contact_class=ContactClass.OCCASIONAL, consent=None, evidence=False, origin=origin)


@pytest.fixture
def gw(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Gateway]:
    """A team with one subscriber and one occasional contact."""
    controller = {
        "name": "Comité Rochebrune",
        "email": CONTACT,
        "candidate": "Camille Rochebrune",
        "sponsor": "Camille Rochebrune",
    }
    with installation(database_url, clock, tmp_path, controller=_declared(controller)) as gateway:
        add(gateway, Person(email="abonnee@exemple.fr"), occasional(PETITION))
        yield gateway


def _declared(controller: dict[str, Any]) -> dict[str, Any]:
    return controller | {
        "privacy_url": "https://rochebrune.exemple.fr/donnees",
        "transparency_url": "https://rochebrune.exemple.fr/transparence",
        "retention": "Vos coordonnées sont effacées à la fin de l’élection.",
        "declarations": [
            "art9-explicit-consent",
            "dpia",
            "no-paid-promotion",
            "processing-register",
            "processor-contract",
            "spf-dkim-dmarc",
        ],
    }


def request(gw: Gateway, name: str = "demande") -> None:
    """A request for consent, approved and launched."""
    content = EmailContent(subject="Une question", body="Bonjour,\n\nvous avez signé notre pétition.\n", format="markdown")
    definition = Definition(content=content, audience=Audience())
    drafting.create(gw, name, definition, by="autrice", message_class=MessageClass.CONSENT_REQUEST)
    launching.approve(gw, name, by="relecteur")
    launching.launch(gw, name, by="autrice", key=f"k-{name}")


def outcomes(gw: Gateway, name: str) -> dict[str, str]:
    """State and reason of each message of a campaign, by address digest in hex."""
    m, c = tables.message, tables.campaign
    with reading(gw.engine) as tx:
        rows = tx.execute(select(m.c.digest, m.c.state, m.c.because).join(c, c.c.id == m.c.campaign_id).where(c.c.name == name))
        return {row.digest.hex(): f"{row.state} {row.because or ''}" for row in rows}


def people(gw: Gateway) -> dict[str, ContactClass]:
    """Class of everybody on file, by address."""
    a, c = tables.address, tables.contact
    with reading(gw.engine) as tx:
        return {row[0]: row[1] for row in tx.execute(select(a.c.value, c.c.contact_class).join(c, c.c.id == a.c.contact_id))}


def left_of(gw: Gateway, contact_id: int) -> set[str]:
    """Tables that still hold rows of somebody; messages and the mark of who was asked stay, nameless."""
    nameless = {"message", "consent_request"}
    named = [table for table in tables.metadata.sorted_tables if "contact_id" in table.c and table.name not in nameless]
    with reading(gw.engine) as tx:
        return {table.name for table in named if tx.execute(select(table).where(table.c.contact_id == contact_id)).first()}


def test_whoever_takes_the_mark_of_a_request_away_to_ask_again_is_found(gw: Gateway):
    request(gw)
    run(gw)
    before = {one.what for one in compare_tables(gw).differences}
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.consent_request))
    found = {one.what: one.sentence for one in compare_tables(gw).differences}
    assert found.keys() - before == {"request-mark"} and "sollicitée deux fois" in found["request-mark"]


def test_only_occasional_contacts_are_asked_and_the_dry_run_says_so(gw: Gateway):
    request(gw)
    counted = trying.dry_run(gw, "demande")
    assert (counted.people, counted.allowed) == (1, 1)
    assert [one.rules for one in counted.outcomes] == [("consent-request-once",)]
    run(gw)
    assert mails_to(gw, PETITION) == 1
    assert mails_to(gw, "abonnee@exemple.fr") == 0


def test_the_mail_asks_one_question_says_what_silence_means_and_offers_no_other_choice(gw: Gateway):
    request(gw)
    run(gw)
    text = " ".join(text_of(gw, PETITION).split())
    assert "Souhaitez-vous recevoir nos messages de campagne par courriel" in text
    assert "nous ne vous écrirons plus, et vos coordonnées seront supprimées" in text
    assert "le formulaire du site" in text
    assert "/p/" not in text
    assert link_in(gw, PETITION, "a")
    assert link_in(gw, PETITION, "o")


def test_the_preview_shows_the_question(gw: Gateway):
    request(gw)
    shown = previewing.preview(gw, "demande")
    assert "Répondre oui ou non" in shown.text
    assert "Ce message est ciblé" not in shown.text


def test_a_test_copy_would_lack_the_question_and_is_refused(gw: Gateway):
    request(gw)
    with pytest.raises(InvalidInput, match="campaign preview demande"):
        testing.send_test(gw, "demande", "equipe@valbrume.example", by="autrice")


def test_looking_at_the_question_changes_nothing_and_shows_the_whole_notice(gw: Gateway, browser: TestClient):
    request(gw)
    run(gw)
    page = browser.get(link_in(gw, PETITION, "a"))
    assert page.status_code == 200
    for told in (
        "m…@exemple.fr",
        "Comité Rochebrune",
        "le formulaire du site",
        "CNIL",
        "au plus tard le 1er février 2027",
        "accord exprès",
    ):
        assert told in page.text
    for hidden in (PETITION, "Anaëlle"):
        assert hidden not in page.text
    assert people(gw)[PETITION] is ContactClass.OCCASIONAL
    assert journal_of(gw, "consent") == []


def test_yes_makes_a_regular_contact_with_evidence_and_the_next_newsletter_reaches_her(
    gw: Gateway, browser: TestClient, clock: ManualClock
):
    request(gw)
    run(gw)
    link = link_in(gw, PETITION, "a")
    page = browser.post(link, data={"answer": "yes"})
    assert "Merci, c’est noté" in page.text
    assert people(gw)[PETITION] is ContactClass.REGULAR
    (told,) = journal_of(gw, "consent")
    assert (told["act"], told["promoted"], told["election"]) == ("granted", True, "presidentielle-2027")
    assert told["form"] == "demande d’accord « demande », version 1 (fr)"
    assert told["means"] == "réponse à la demande d’accord"
    with reading(gw.engine) as tx:
        words = tx.execute(select(tables.wording.c.text).where(tables.wording.c.sha256 == told["wording"])).scalar_one()
    assert words.startswith("J’accepte que Comité Rochebrune m’écrive par courriel")
    assert words in page.text
    run(gw)
    receipt = " ".join(text_of(gw, PETITION).split())
    assert "Vous avez accepté" in receipt
    assert "J’accepte que Comité Rochebrune m’écrive par courriel" in receipt, "whoever did not press the button learns of it"
    assert link_in(gw, PETITION, "r")
    clock.advance(timedelta(days=100))
    assert keeping.purge(gw).contacts == 0
    clock.set(clock.now() - timedelta(days=90))
    newsletter(gw)
    run(gw)
    assert mails_to(gw, PETITION) == 3, "the question, the receipt, the newsletter"


def test_yes_pressed_twice_is_recorded_once(gw: Gateway, browser: TestClient):
    request(gw)
    run(gw)
    link = link_in(gw, PETITION, "a")
    for _ in range(2):
        assert browser.post(link, data={"answer": "yes"}).status_code == 200
    assert len(journal_of(gw, "consent")) == 1


def test_no_erases_her_at_once_and_nobody_asks_again_even_after_a_new_import(gw: Gateway, browser: TestClient):
    request(gw)
    run(gw)
    link = link_in(gw, PETITION, "a")
    with reading(gw.engine) as tx:
        contact_id = tx.execute(select(tables.address.c.contact_id).where(tables.address.c.value == PETITION)).scalar_one()
    done = browser.post(link, data={"answer": "no"})
    assert "Vos coordonnées sont effacées" in done.text
    assert PETITION not in people(gw)
    assert [told["act"] for told in journal_of(gw, "consent")] == ["refused"]
    assert left_of(gw, contact_id) == set()
    (certificate,) = (told for told in journal_of(gw, "erasure") if "counts" in told)
    assert certificate["rules"] == ["purge-occasional"]
    assert certificate["counts"] == {
        "contacts": 1,
        "addresses": 1,
        "consent_acts": 1,
        "messages_cancelled": 0,
        "letters": 0,
        "trial_copies": 0,
    }
    assert PETITION not in str(certificate)
    assert "Nous n’avons plus vos coordonnées" in browser.get(link).text
    assert browser.post(link, data={"answer": "yes"}).status_code == 200
    assert PETITION not in people(gw)
    add(gw, occasional(PETITION))
    request(gw, "encore")
    run(gw)
    assert outcomes(gw, "encore")[digest(gw, PETITION).hex()] == "refused consent-request-once"
    assert mails_to(gw, PETITION) == 1


def test_a_no_that_she_writes_back_erases_her_like_a_no_behind_the_link(gw: Gateway, clock: ManualClock):
    add(gw, occasional(ONLINE, OriginKind.WEB_FORM))
    request(gw)
    run(gw)
    answers = reference(gw, int(message_of(gw, PETITION)["id"]))
    said = mail(PETITION, "equipe@valbrume.example", "Non merci", subject="Re: Une question", In_Reply_To=answers)
    assert receive(gw, said, ("equipe@valbrume.example",)).effect == "other"
    clock.advance(timedelta(hours=1))
    assert keeping.purge(gw).contacts == 1
    assert set(people(gw)) == {"abonnee@exemple.fr", ONLINE}, "whoever has not answered has her term"
    assert journal_of(gw, "erasure")[-1]["rules"] == ["purge-occasional"]
    assert keeping.purge(gw).contacts == 0
    add(gw, occasional(PETITION))
    request(gw, "encore")
    run(gw)
    assert mails_to(gw, PETITION) == 1


def test_a_no_that_she_writes_back_erases_nobody_who_asks_for_something_else(gw: Gateway, clock: ManualClock):
    request(gw)
    run(gw)
    answers = reference(gw, int(message_of(gw, PETITION)["id"]))
    receive(gw, mail(PETITION, "equipe@valbrume.example", "Non merci", subject="Re: Une question", In_Reply_To=answers))
    asks(gw, Right.RESTRICTION, PETITION)
    clock.advance(timedelta(hours=1))
    assert keeping.purge(gw).contacts == 0 and PETITION in people(gw)


def test_silence_is_no_yes_two_months_later_she_is_erased_and_nothing_is_ever_sent_again(
    gw: Gateway, browser: TestClient, clock: ManualClock
):
    add(gw, occasional(ONLINE, OriginKind.WEB_FORM))
    request(gw)
    run(gw)
    asked_at = clock.now()
    newsletter(gw)
    run(gw)
    assert outcomes(gw, "lettre")[digest(gw, PETITION).hex()].startswith("refused")
    assert [(one.origin, one.people) for one in keeping.plan(gw)] == [(OriginKind.PETITION, 1), (OriginKind.WEB_FORM, 1)]
    clock.advance(timedelta(days=31, hours=1))
    assert keeping.purge(gw).contacts == 1, "collected online: one month"
    assert ONLINE not in people(gw)
    clock.set(asked_at.replace(year=2027, month=2) - timedelta(minutes=1))
    assert keeping.purge(gw).contacts == 0
    clock.advance(timedelta(minutes=1))
    assert keeping.purge(gw).contacts == 1, "the others: two months"
    assert people(gw) == {"abonnee@exemple.fr": ContactClass.REGULAR}
    assert [told["counts"]["contacts"] for told in journal_of(gw, "erasure")] == [1, 1]
    assert keeping.purge(gw).contacts == 0
    add(gw, occasional(PETITION), occasional(ONLINE, OriginKind.WEB_FORM))
    clock.set(asked_at + timedelta(days=20))
    request(gw, "encore")
    run(gw)
    assert set(outcomes(gw, "encore").values()) == {"refused consent-request-once"}
    assert (mails_to(gw, PETITION), mails_to(gw, ONLINE)) == (1, 1)


def test_whoever_objects_instead_of_answering_is_erased_in_time_and_stays_on_the_opposition_list(
    gw: Gateway, browser: TestClient, clock: ManualClock
):
    request(gw)
    run(gw)
    browser.post(link_in(gw, PETITION, "o"), data={"scope": "medium"})
    page = browser.post(link_in(gw, PETITION, "a"), data={"answer": "yes"})
    assert "Vous avez déjà répondu" in page.text
    clock.advance(timedelta(days=63))
    assert keeping.purge(gw).contacts == 1
    with reading(gw.engine) as tx:
        kept = tx.execute(select(tables.suppression.c.kind).where(tables.suppression.c.digest == digest(gw, PETITION)))
        assert [row[0] for row in kept] == ["objection"]


def test_whoever_had_her_data_restricted_is_not_erased(gw: Gateway, clock: ManualClock):
    request(gw)
    run(gw)
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.update().values(restricted=True))
    clock.advance(timedelta(days=63))
    assert keeping.purge(gw).contacts == 0


def test_whoever_is_kept_for_a_dispute_may_say_no_and_is_erased_once_the_hold_has_ended(
    gw: Gateway, browser: TestClient, clock: ManualClock
):
    request(gw)
    run(gw)
    until = clock.now() + timedelta(days=90)
    retaining.place_hold(gw, PETITION, reason="recours devant le juge", until=until, by="Inès")
    assert browser.post(link_in(gw, PETITION, "a"), data={"answer": "no"}).status_code == 200
    with reading(gw.engine) as tx:
        states = tx.execute(select(tables.consent.c.state).where(tables.consent.c.medium == "email")).scalars().all()
        held = tx.execute(select(tables.address.c.id).where(tables.address.c.digest == digest(gw, PETITION))).all()
    assert "refused" in states and len(held) == 1
    clock.advance(timedelta(days=63))
    keeping.purge(gw)  # the others
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.address.c.id).where(tables.address.c.digest == digest(gw, PETITION))).all()
    clock.set(until)
    assert keeping.purge(gw).contacts == 1


@pytest.mark.parametrize("kept_by", ["restriction", "question"])
def test_a_no_behind_a_link_that_anybody_may_hold_erases_nothing_she_asked_to_keep_or_asks_about(
    gw: Gateway, browser: TestClient, kept_by: str
):
    """RGPD 18: what is only to be kept is kept; and a question of hers is not answered by erasing what it is about."""
    request(gw)
    run(gw)
    if kept_by == "restriction":
        with begin(gw.engine) as tx:
            tx.execute(tables.contact.update().values(restricted=True))
    else:
        asks(gw, Right.ACCESS, PETITION)
    assert browser.post(link_in(gw, PETITION, "a"), data={"answer": "no"}).status_code == 200
    assert PETITION in people(gw)
    assert [told["act"] for told in journal_of(gw, "consent")] == ["refused"]


def test_whoever_changes_her_mind_is_not_subscribed_again_by_the_old_request(gw: Gateway, browser: TestClient):
    request(gw)
    run(gw)
    link = link_in(gw, PETITION, "a")
    browser.post(link, data={"answer": "yes"})
    assert "Votre réponse est enregistrée" in browser.post(link, data={"answer": "no"}).text
    assert people(gw)[PETITION] is ContactClass.REGULAR, "what she became by her own act stays"
    assert "Vous avez déjà répondu" in browser.post(link, data={"answer": "yes"}).text
    assert browser.post(link, data={"answer": "no"}).status_code == 200
    assert [told["act"] for told in journal_of(gw, "consent")] == ["granted", "withdrawn"]


def test_a_member_who_answers_no_to_emails_is_still_a_member(gw: Gateway, browser: TestClient):
    request(gw)
    run(gw)
    with begin(gw.engine) as tx:
        tx.execute(tables.contact.update().values(contact_class="member"))
    browser.post(link_in(gw, PETITION, "a"), data={"answer": "no"})
    assert people(gw)[PETITION] is ContactClass.MEMBER
    assert [told["act"] for told in journal_of(gw, "consent")] == ["refused"]


@pytest.mark.parametrize("body", [{}, {"answer": "perhaps"}, {"scope": "medium"}])
def test_neither_yes_nor_no_changes_nothing(gw: Gateway, browser: TestClient, body: dict):
    request(gw)
    run(gw)
    answer = browser.post(link_in(gw, PETITION, "a"), data=body)
    assert answer.status_code == 400
    assert "Répondez par oui ou par non" in answer.text
    assert journal_of(gw, "consent") == []


def test_two_campaigns_at_work_at_the_same_moment_ask_each_person_once(gw: Gateway):
    crowd = [f"p{number}@exemple.fr" for number in range(60)]
    add(gw, *(occasional(email) for email in crowd))
    request(gw, "une")
    request(gw, "deux")
    runners = [Runner(gw), Runner(gw)]

    def work(runner: Runner, lane: int) -> None:
        while runner.step(lane):
            pass

    threads = [threading.Thread(target=work, args=(runner, lane)) for runner in runners for lane in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for runner in runners:
        runner.close()
    assert {email: mails_to(gw, email) for email in crowd} == dict.fromkeys(crowd, 1)
    reasons = [*outcomes(gw, "une").values(), *outcomes(gw, "deux").values()]
    assert sorted(set(reasons)) == ["accepted consent-request-once", "refused consent-request-once"]
    assert reasons.count("refused consent-request-once") == 61


def test_people_of_a_later_batch_are_asked_too(gw: Gateway):
    crowd = [f"p{number}@exemple.fr" for number in range(5)]
    add(gw, *(occasional(email) for email in crowd))
    request(gw)
    sending = gw.settings.sending.model_copy(update={"batch": 2})
    run(replace(gw, settings=gw.settings.model_copy(update={"sending": sending})))
    assert {email: mails_to(gw, email) for email in crowd} == dict.fromkeys(crowd, 1)


def test_a_person_with_two_addresses_is_asked_at_one_of_them(gw: Gateway):
    other = EmailAddress.parse("marion.bis@exemple.fr")
    with begin(gw.engine) as tx:
        contact_id = tx.execute(
            select(tables.address.c.contact_id).where(tables.address.c.digest == digest(gw, PETITION))
        ).scalar_one()
        row = {"contact_id": contact_id, "medium": "email", "value": str(other), "domain": other.domain}
        tx.execute(insert(tables.address).values(row | {"digest": digest(gw, str(other))}))
    request(gw)
    run(gw)
    assert mails_to(gw, PETITION) + mails_to(gw, str(other)) == 1
    assert sorted(outcomes(gw, "demande").values()) == ["accepted consent-request-once", "cancelled another-address"]


def test_a_request_that_never_left_counts_for_nothing(gw: Gateway, clock: ManualClock):
    channel: Any = next(iter(gw.channels.values()))
    later = Rejected(permanent=False, code="450 4.2.0", reply="come back later", fault=Fault.THROTTLED)
    channel.answer = lambda _envelope: later
    request(gw, "retenue")
    run(gw)
    assert outcomes(gw, "retenue")[digest(gw, PETITION).hex()].startswith("deferred")
    assert keeping.plan(gw) == (), "nobody was asked, nobody's answer is awaited"
    launching.cancel(gw, "retenue", by="autrice")
    channel.answer = lambda _envelope: None
    clock.advance(timedelta(hours=1))
    request(gw, "demande")
    run(gw)
    assert outcomes(gw, "demande")[digest(gw, PETITION).hex()] == "accepted consent-request-once"


def test_a_request_put_off_by_the_server_leaves_when_its_hour_comes(gw: Gateway, clock: ManualClock):
    channel: Any = next(iter(gw.channels.values()))
    later = Rejected(permanent=False, code="450 4.2.0", reply="come back later", fault=Fault.THROTTLED)
    channel.answer = lambda _envelope: later
    request(gw)
    run(gw)
    channel.answer = lambda _envelope: None
    clock.advance(timedelta(hours=1))
    run(gw)
    assert outcomes(gw, "demande")[digest(gw, PETITION).hex()] == "accepted consent-request-once"


def test_indirect_data_may_only_be_asked_with_the_notice_of_article_14(gw: Gateway):
    with begin(gw.engine) as tx:
        tx.execute(tables.origin.update().values(collection="indirect", kind="party_file"))
    request(gw)
    run(gw)
    text = " ".join(text_of(gw, PETITION).split())
    for told in ("Pourquoi à vous", "À QUOI SERVENT VOS COORDONNÉES", "VOS DROITS", "Lire la notice complète"):
        assert told.lower() in text.lower()


def test_data_from_a_sponsor_or_a_directory_is_never_asked(gw: Gateway):
    with begin(gw.engine) as tx:
        tx.execute(tables.origin.update().values(collection="indirect", kind="referral"))
    request(gw)
    run(gw)
    assert mails_to(gw, PETITION) == 0
    assert "consent-request-once" not in outcomes(gw, "demande")[digest(gw, PETITION).hex()]


def test_an_objection_cancels_the_request_that_waits(gw: Gateway):
    request(gw)
    with reading(gw.engine) as tx:
        number = tx.execute(select(func.min(tables.message.c.id))).scalar_one()
    object_by_link(
        gw, gw.keys.link_token(LinkScope.OBJECT, number, digest(gw, PETITION)), cause=SuppressionCause.UNSUBSCRIBE_LINK
    )
    run(gw)
    assert outcomes(gw, "demande")[digest(gw, PETITION).hex()] == "cancelled optout-effect"


def test_no_other_class_of_message_is_made_by_hand(gw: Gateway):
    content = EmailContent(subject="Vos droits", body="Bonjour.\n", format="markdown")
    with pytest.raises(InvalidInput, match="classe campaign ou consent_request"):
        drafting.create(
            gw, "x", Definition(content=content, audience=Audience()), by="autrice", message_class=MessageClass.RIGHTS
        )
