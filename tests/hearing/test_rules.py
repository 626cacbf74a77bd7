"""The rules about what people answer decide it: another value in the pack, and the gateway does otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.channels.twilio.callbacks import KeyPress
from gateway.compliance.hear import Outcome, judge
from gateway.compliance.heard import HeardFacts
from gateway.compliance.pack import Pack
from gateway.compliance.wording import read_reply
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput, InvalidPack
from gateway.domain.reply import Answer, Intent, Settlement, Told
from gateway.domain.suppression import SuppressionKind
from gateway.flows import reporting
from gateway.flows.hearing import Heard, Reply, hear
from gateway.flows.telephoning import calls
from gateway.store import inbox, suppressions, tables
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.compliance.builders import paris, shipped
from tests.sending.support import installation, journal_of
from tests.telephone.support import AGREED, Town, add, call, digest, row_of, text

REPLIES = "law/rules/replies.toml"
MARIE, STRANGER = "+33612345678", "+33699999999"
AT = paris("2027-03-02 10:00")


def pack_with(old: str, new: str) -> Pack:
    """The pack that ships, one value of its rules about replies changed."""
    files = json.loads(shipped().text)
    assert files[REPLIES].count(old) == 1, old
    return Pack.from_text(json.dumps({**files, REPLIES: files[REPLIES].replace(old, new)}).encode())


def said(pack: Pack, words: str, *answered: Answer) -> tuple[str, tuple[str, ...], set[Answer]]:
    """(outcome, rules that decided, answers owed) of a reply by text."""
    reading = read_reply(words, pack.reply_words)
    told = HeardFacts(
        at=AT,
        channel=Medium.SMS,
        intent=reading.intent,
        patterns=reading.patterns,
        every_medium=reading.every_medium,
        answered=tuple((one, AT - timedelta(hours=1)) for one in answered),
    )
    hearing = judge(told, pack)
    return hearing.outcome.value, hearing.rules, set(hearing.answers)


class TestAnotherValue:
    def test_every_word_the_rule_names_stops_texts_by_that_rule(self) -> None:
        rule = shipped().rule("sms-stop-keywords").values[-1].content
        for word in (*rule["words"], *rule["plain_no"]):  # type: ignore[misc]
            for written in (word, word.lower(), f"Bonjour, {word.capitalize()} svp !"):
                outcome, rules, owed = said(shipped(), written)
                assert (outcome, owed) == ("objection", {Answer.STOP_CONFIRMATION}), written
                assert "sms-stop-keywords" in rules, written

    def test_a_word_added_to_the_rule_stops_texts_and_one_that_is_not_in_it_is_for_the_reader(self) -> None:
        assert said(shipped(), "Rideau")[0] == "nothing"
        assert said(pack_with('"STOP PROSPECTION"', '"RIDEAU", "STOP PROSPECTION"'), "Rideau !")[:2] == (
            "objection",
            ("sms-stop-keywords", "sms-stop-own-parser"),
        )
        assert said(pack_with('"REVOKE", ', ""), "revoke")[1] == ("sms-stop-own-parser",)

    def test_without_the_reader_a_sentence_that_objects_is_only_doubted(self) -> None:
        deaf = pack_with('when = { told = ["reply"], intent = ["objection"] }\ndoubts', 'when = { told = ["key"] }\ndoubts')
        assert said(deaf, "Ne m'écrivez plus jamais")[:2] == ("paused", ())
        assert said(deaf, "STOP")[:2] == ("objection", ("sms-stop-keywords",))

    def test_a_stop_is_confirmed_as_often_as_the_rule_says(self) -> None:
        before = (Answer.STOP_CONFIRMATION,)
        stop = 'answer = "stop-confirmation"\nmost = 1'
        assert [said(shipped(), "stop", *before * count)[2] for count in range(2)] == [{Answer.STOP_CONFIRMATION}, set()]
        assert said(pack_with(stop, stop.replace("1", "0")), "stop")[2] == set()
        assert said(pack_with(stop, stop.replace("1", "2")), "stop", *before)[2] == {Answer.STOP_CONFIRMATION}

    def test_contact_is_answered_by_the_words_and_as_often_as_the_rule_says(self) -> None:
        assert said(shipped(), "contact") == ("nothing", ("sms-contact-keyword",), {Answer.INTRODUCTION})
        assert said(shipped(), "contact", Answer.INTRODUCTION)[2] == set()
        other = pack_with('words = ["CONTACT"]', 'words = ["QUIDAM"]')
        assert (said(other, "quidam")[2], said(other, "contact")[2]) == ({Answer.INTRODUCTION}, set())

    def test_a_report_and_a_key_stop_what_their_rules_cover(self) -> None:
        def covered(pack: Pack, channel: Medium, told: Told) -> tuple[Outcome, bool, tuple[str, ...]]:
            hearing = judge(HeardFacts(at=AT, channel=channel, told=told), pack)
            return hearing.outcome, hearing.every_medium, hearing.rules

        for channel, told, rule in ((Medium.SMS, Told.REPORT, "sms-spam-33700"), (Medium.CALL, Told.KEY, "voice-refusal")):
            assert covered(shipped(), channel, told) == (Outcome.OBJECTION, False, (rule,))
            value = f'when = {{ told = ["{told}"] }}\ncovers = "channel"'
            assert covered(pack_with(value, value.replace("channel", "every")), channel, told)[1]

    def test_a_rule_that_fails_pauses_her_and_does_not_object_in_her_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pack = pack_with("most = 1                      # une", "most = 2 # une")

        def fails(_: object) -> None:
            raise ZeroDivisionError

        active, _ = pack.hearing(Medium.SMS, AT)
        broken = tuple(replace(one, assess=fails) if one.id == "sms-contact-keyword" else one for one in active)
        monkeypatch.setattr(type(pack), "hearing", lambda *_: (broken, None))
        assert said(pack, "Merci !")[0] == "paused"
        assert said(pack, "STOP")[0] == "objection"

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            (
                'covers = "channel"            # STOP',
                'covers = "all"            # STOP',
                "« all » n’est pas admis ; on attend channel, every",
            ),
            ('lifts = ["reply"]', 'lifts = ["mood"]', "« mood » n’est pas admis"),
            ('when = { told = ["report"] }\n', "", "un refus a ses mots, ou une condition"),
            ('answer = "introduction"', 'answer = "speech"', "« speech » n’est pas admis"),
            ('when = { told = ["key"] }', 'when = { digits = ["9"] }', "clé inconnue"),
            ('words = ["START", "REPRENDRE"]\n', "", "words: manque"),
        ],
    )
    def test_a_value_that_cannot_be_is_named(self, old: str, new: str, fault: str) -> None:
        with pytest.raises(InvalidPack) as refused:
            pack_with(old, new)
        assert fault in str(refused.value)


@pytest.fixture
def t(database_url: str, clock: ManualClock, tmp_path: Path) -> Iterator[Town]:
    """An installation whose texts nobody sends: what is heard stands in the store."""
    with installation(database_url, clock, tmp_path, sms=AGREED | {"notice_url": "https://valbrume.example/i"}) as gw:
        yield Town(gw, None, clock)  # type: ignore[arg-type]


def writes(t: Town, words: str, number: str = MARIE) -> Heard:
    t.clock.advance(timedelta(minutes=1))
    reply = Reply(
        medium=Medium.SMS,
        sender_digest=digest(t.gw, number, Medium.SMS),
        text=words,
        received_at=t.clock.now(),
        provider_id=f"SM{t.clock.now().timestamp()}",
        twins=(digest(t.gw, number, Medium.CALL),),
    )
    return hear(t.gw, reply)


def objections(t: Town, number: str = MARIE) -> set[str]:
    with reading(t.gw.engine) as tx:
        found = suppressions.of_digest(tx, digest(t.gw, number, Medium.SMS))
    return {one.medium for one in found if one.kind is SuppressionKind.OBJECTION}


def consent(t: Town) -> str:
    c = tables.consent
    with reading(t.gw.engine) as tx:
        return tx.execute(select(c.c.state).where(c.c.medium == Medium.SMS)).scalar_one()


class TestComingBack:
    """Rule sms-restart."""

    def test_whoever_stopped_by_text_and_writes_start_is_written_to_again_on_a_consent_of_her_own(self, t: Town) -> None:
        add(t, MARIE)
        writes(t, "STOP")
        assert (objections(t), consent(t)) == ({"sms"}, "withdrawn")
        heard = writes(t, "Reprendre svp")
        assert (heard.intent, objections(t), consent(t)) == (Intent.RESTART, set(), "granted")
        with reading(t.gw.engine) as tx:
            letter = inbox.find(tx, heard.letter_id)
        assert letter is not None and letter.settled_as is Settlement.FILED
        told = [one for one in journal_of(t.gw, "suppression") if one.get("act") == "restarted"]
        agreed = journal_of(t.gw, "consent")[-1]
        assert len(told) == 1 and "33612" not in str(told)
        assert (agreed["act"], agreed["form"], agreed["means"]) == ("granted", "sms-restart", "SMS")
        text(t)
        assert row_of(t, MARIE)["state"] == "waiting"

    def test_a_stop_after_that_holds_again(self, t: Town) -> None:
        add(t, MARIE)
        for words in ("STOP", "START", "stop"):
            heard = writes(t, words)
        assert heard.objection is not None and not heard.objection.already
        assert (objections(t), consent(t)) == ({"sms"}, "withdrawn")

    @pytest.mark.parametrize("words", ["STOP TOUT", "Supprimez toutes mes données et ne me contactez plus"])
    def test_whoever_wanted_nothing_by_any_means_does_not_come_back_by_one_word(self, t: Town, words: str) -> None:
        add(t, MARIE)
        writes(t, words)
        heard = writes(t, "START")
        assert "*" in objections(t) and consent(t) == "withdrawn"
        with reading(t.gw.engine) as tx:
            letter = inbox.find(tx, heard.letter_id)
        assert letter is not None and letter.settled_as is None  # somebody reads it

    def test_an_objection_that_did_not_come_by_text_stays(self, t: Town) -> None:
        add(t, MARIE)
        reporting.report(t.gw, [MARIE], by="Inès", why="33700")
        writes(t, "START")
        assert objections(t) == {"sms"}

    def test_a_sentence_does_not_suffice_nor_does_another_number(self, t: Town) -> None:
        add(t, MARIE)
        writes(t, "STOP")
        writes(t, "vous pouvez me réinscrire ?")
        writes(t, "START", STRANGER)
        assert (objections(t), consent(t)) == ({"sms"}, "withdrawn")

    def test_start_from_somebody_who_never_stopped_agrees_to_nothing(self, t: Town) -> None:
        add(t, MARIE, sms=False)
        heard = writes(t, "START")
        assert heard.intent is Intent.RESTART and journal_of(t.gw, "consent") == []

    def test_another_value_of_the_rule_lets_nobody_back(self, t: Town) -> None:
        add(t, MARIE)
        writes(t, "STOP")
        stricter = replace(t, gw=replace(t.gw, pack=pack_with('lifts = ["reply"]', 'lifts = ["key_press"]')))
        writes(stricter, "START")
        assert objections(t) == {"sms"}


class TestReports:
    """Rule sms-spam-33700."""

    def test_whoever_reported_a_text_gets_none_any_more_known_or_not(self, t: Town) -> None:
        add(t, MARIE)
        text(t)
        found = reporting.report(t.gw, ["06 12 34 56 78", STRANGER], by="Inès", why="relevé du 33700, mars")
        assert (found.numbers, found.fresh, found.cancelled, found.rules) == (2, 2, 1, ("sms-spam-33700",))
        assert objections(t) == objections(t, STRANGER) == {"sms"}
        assert row_of(t, MARIE)["because"] == "optout-effect"
        told = [one for one in journal_of(t.gw, "suppression") if one.get("act") == "reported"]
        assert [(one["rules"], one["by"]) for one in told] == [(["sms-spam-33700"], "Inès")] * 2
        again = reporting.report(t.gw, [MARIE], by="Inès", why="relevé du 33700, avril")
        assert (again.fresh, again.cancelled) == (0, 0)

    def test_a_report_without_a_reason_or_of_no_number_changes_nothing(self, t: Town) -> None:
        for numbers, why, fault in (([MARIE], " ", InvalidInput), ([], "33700", InvalidInput), (["12"], "33700", InvalidAddress)):
            with pytest.raises(fault):
                reporting.report(t.gw, numbers, by="Inès", why=why)
        assert objections(t) == set()

    def test_a_slip_of_the_keyboard_in_one_number_leaves_nobody_else_unheard(self, t: Town) -> None:
        found = reporting.report(t.gw, ["061234", MARIE], by="Inès", why="relevé du 33700")
        assert (found.numbers, found.unread) == (1, ("061234",))
        assert objections(t) == {"sms"}


def test_the_key_that_refuses_calls_stops_what_its_rule_covers(t: Town) -> None:
    """Rule voice-refusal."""
    add(t, MARIE, call=True, hours="every-day 09:00-20:00")
    call(t)
    token = t.gw.keys.verp_token(row_of(t, MARIE, Medium.CALL)["id"])
    pressed = KeyPress(sid="CA1", callee=MARIE, digits="9", answered_by="human")
    calls.key_pressed(t.gw, token, pressed, received_at=t.clock.now())
    assert objections(t) == set()
    with reading(t.gw.engine) as tx:
        assert suppressions.present(tx, [digest(t.gw, MARIE, Medium.CALL)], Medium.CALL, t.clock.now())
    wider = pack_with('when = { told = ["key"] }\ncovers = "channel"', 'when = { told = ["key"] }\ncovers = "every"')
    calls.key_pressed(replace(t.gw, pack=wider), token, pressed, received_at=t.clock.now())
    assert objections(t) == {"*"}
