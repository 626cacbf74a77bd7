"""Whoever asks to be forgotten is found nowhere any more, and the proof still holds."""

from __future__ import annotations

import json
import re
from base64 import b64encode, encodebytes
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from gateway.app import opened
from gateway.cli.main import app
from gateway.domain.channel import Fault, Rejected
from gateway.domain.errors import Conflict, StoreUnavailable
from gateway.domain.keys import LinkScope
from gateway.domain.rights import RequestState, RequestVia, Right
from gateway.flows import keeping
from gateway.flows.auditing.replay import replay
from gateway.flows.auditing.scope import Scope
from gateway.flows.auditing.whole import verify_store
from gateway.flows.campaigning.testing import send_test
from gateway.flows.collecting.looking import look_up
from gateway.flows.forms import publishing
from gateway.flows.forms.answering import Answers, read_answers
from gateway.flows.forms.signing import sign_up
from gateway.flows.gateway import Gateway
from gateway.flows.preferring import Choice, give_up
from gateway.flows.receiving import receive
from gateway.flows.rights import acting, erasing, requests
from gateway.flows.rights.acting import Correction
from gateway.flows.sealing import seal
from gateway.sandbox.carrier.traffic import Traffic
from gateway.sandbox.mailbox import Mailbox
from gateway.settings import load_settings
from gateway.store import sweeping, tables
from gateway.store.engine import begin, reading
from gateway.store.writeahead import write_over
from tests.clock import ManualClock
from tests.commands import called, installed
from tests.inbound.mails import bounce, mail, return_path
from tests.patience import not_for_ever
from tests.rights.support import asks, asks_proven
from tests.sending.support import Person, RecordingChannel, add, digest, installation, journal_of, message_of, newsletter, run

SHE = "zulma.quenouille@zulmadomaine.example"
#: Every value of hers that came in anywhere, and her address as she typed it.
VALUES = (
    *("zulma.quenouille", "Zulma.QUENOUILLE@Zulmadomaine.example", "zulmadomaine.example", "zulmatwo@exemple.example"),
    *("Zulmette", "Quenouillard", "1961-07-23", "23/07/1961", "+33639987654", "06 39 98 76 54", "639987654", "Valzulme"),
    *("Zulmapseudo", "zulmatag", "mon chien s’appelle Biscotte", "Biscotte"),
)
#: Destinations with a pace of their own: her own domain, and one that her neighbours have too.
PACED = ("zulmadomaine.example", "exemple.example")
ORIGIN = ["--origin", "web_form", "--label", "site", "--collected-on", "2026-03-15", "--collector", "équipe"]
EVIDENCE = ["--form", "v3", "--wording", "J’accepte.", "--means", "case", "--given-at", "15/03/2026", "--declare", "art13-form"]


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[int, str]]]:
    """An installation in trial mode whose mailbox listens; call it as `gateway …`: (exit code, all it printed)."""
    sandbox = Mailbox(tmp_path / "var" / "sandbox")
    monkeypatch.setenv("GATEWAY_SANDBOX__SMTP_PORT", str(sandbox.start(port=0)))
    installed(monkeypatch, database_url, tmp_path)
    monkeypatch.setenv("GATEWAY_TEAM__ADDRESSES", '["equipe@valbrume.example"]')

    def call(*words: object) -> tuple[int, str]:
        result = called(app, *words)
        return result.exit_code, result.output

    yield call
    sandbox.stop()


def imported(call: Callable[..., tuple[int, str]], folder: Path, name: str, cells: str) -> str:
    """Bring in a file of three people, one of whom is she."""
    file = folder / name
    head = "courriel;prénom;nom;date de naissance;cp;commune;téléphone mobile;étiquettes;consentement"
    others = [f"voisin{number}@exemple.example;Léo;Martin;;39999;Valbrume;;;oui" for number in range(2)]
    file.write_text("\n".join([head, cells, *others]) + "\n", "utf-8")
    code, told = call("contacts", "import", file, *ORIGIN, *EVIDENCE, "--yes")
    file.unlink()
    assert code == 0, told
    return told


def hers(table: Any, *columns: str) -> Any:
    return select(*(table.c[name] for name in columns))


def came_in_everywhere(call: Callable[..., tuple[int, str]], folder: Path) -> None:
    """By two files, a form, a newsletter, a test copy, replies, bounces, preferences and a request: all that is kept of her."""
    typed = "Zulma.QUENOUILLE@Zulmadomaine.example"
    imported(call, folder, "un.csv", f"{typed};;;;;;06 39 98 76 54;zulmatag;oui")
    imported(call, folder, "deux.csv", f"{SHE};Zulmette;Quenouillard;23/07/1961;39999;Valzulme;;;oui")
    with opened(load_settings(), sending=True) as gw:
        newsletter(gw)
        contact = look_up(gw, SHE).person
        assert contact is not None and (contact.given_name, contact.family_name) == ("Zulmette", "Quenouillard")
        send_test(gw, "lettre", "equipe@valbrume.example", by="autrice", sample=contact.contact_id)
        run(gw)
        number = message_of(gw, SHE)["id"]
        publishing.publish(gw, "nouvelles", by="l’équipe")
        version = publishing.current(gw, "nouvelles")
        assert version is not None
        said = {"email": SHE, "given_name": "Zulmapseudo", "phone": "06 39 98 76 54", "box-courriel": "1"}
        answers = read_answers(gw, version.form, said, gw.clock.now())
        assert isinstance(answers, Answers), answers
        sign_up(gw, version, answers, "fr")
        run(gw)
        receive(gw, mail(SHE, "equipe@valbrume.example", "Supprimez mes données, mon chien s’appelle Biscotte", number="1"))
        words = "552 5.2.2 mailbox of zulma.quenouille is full, call +33639987654"
        receive(gw, bounce(return_path(gw, number), SHE, words, number="2"))
        receive(gw, bounce("quelquun@valbrume.example", SHE, number="3"))
        give_up(gw, gw.keys.link_token(LinkScope.PREFER, number, digest(gw, SHE)), [Choice.TARGETING])
        with begin(gw.engine) as tx:
            m = tables.message
            tx.execute(tables.call_document.insert().values(message_id=number, body=b"Bonjour Zulmette", at=gw.clock.now()))
            tx.execute(m.update().where(m.c.id == number).values(reply="to zulma.quenouille"))
            paced = [{"key": f"domain:{one}", "tokens": 1.0, "at": gw.clock.now()} for one in PACED]
            tx.execute(tables.pace.insert(), paced)
        asks(gw, Right.ACCESS, "06 39 98 76 54", via=RequestVia.EMAIL, recorded_by=None, asked="je suis Zulmette Quenouillard")
        seal(gw)
    traffic = Traffic(folder / "var" / "sandbox")
    at = "2026-11-01T10:00:00+00:00"
    row = {
        "sender": "36000",
        "recipient": "+33639987654",
        "segments": 1,
        "status": "sent",
        "callback": "",
        "direction": "outbound",
    }
    traffic.add_message(sid="SM1", body="Bonjour Zulmette", created_at=at, updated_at=at, **row)
    traffic.close()


def everything_kept(url: str, folder: Path) -> bytes:
    """All bytes of the installation: on SQLite the very files; on PostgreSQL every row and what its statistics have sampled."""
    found = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    if url.startswith("sqlite"):
        return found
    with opened(load_settings()) as gw, reading(gw.engine) as tx:
        names = [table.name for table in tables.metadata.sorted_tables]
        rows = [str(row) for name in names for row in tx.execute(text(f"SELECT t::text FROM {name} t")).scalars()]
        blobs = [bytes(row or b"") for row in tx.execute(select(tables.inbox.c.body)).scalars()]
        blobs += [bytes(row) for row in tx.execute(select(tables.journal.c.body)).scalars()]
        blobs += [bytes(row) for row in tx.execute(select(tables.call_document.c.body)).scalars()]
        sampled = "SELECT coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') FROM pg_stats"
        rows += [str(row) for row in tx.execute(text(sampled)).scalars()]
    return found + "\n".join(rows).encode() + b"\n".join(blobs)


def shown(kept: bytes, values: tuple[str, ...] = VALUES) -> list[str]:
    """Which of her values can be found, whatever their case."""
    lowered = kept.lower()
    return [
        value for value in values if value.lower().encode() in lowered or value.lower().encode("latin-1", "ignore") in lowered
    ]


def table_files() -> bytes:
    """Every byte of every table of this database as PostgreSQL keeps it on disk, free space of its pages included."""
    with opened(load_settings()) as gw, reading(gw.engine) as tx:
        where = "SELECT current_setting('data_directory'), (SELECT oid FROM pg_database WHERE datname = current_database())"
        directory, number = tx.execute(text(where)).one()
    return b"".join(path.read_bytes() for path in sorted((Path(directory) / "base" / str(number)).iterdir()) if path.is_file())


def log_files() -> bytes:
    """Every byte of PostgreSQL's write-ahead log, files that wait to be used again included."""
    with opened(load_settings()) as gw, reading(gw.engine) as tx:
        directory = tx.execute(text("SELECT current_setting('data_directory')")).scalar_one()
    return b"".join(path.read_bytes() for path in sorted((Path(directory) / "pg_wal").iterdir()) if path.is_file())


def test_each_of_her_values_is_gone_from_every_file_and_the_proof_holds(
    house: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    came_in_everywhere(house, tmp_path)
    before = shown(everything_kept(database_url, tmp_path))
    assert set(before) >= {"zulma.quenouille", "Zulmette", "Quenouillard", "639987654", "Valzulme", "zulmatag", "Zulmapseudo"}
    assert "Biscotte" in before, "and what she wrote"
    number = next(one["id"] for one in json.loads(house("rights", "list", "--json")[1])["requests"] if one["right"] == "erasure")
    with pytest.raises(Conflict, match="comment vous savez"):
        house("rights", "erase", number, "--by", "Inès")
    house("rights", "identify", number, "--how", "Zulmette, rappelée au 06 39 98 76 54", "--by", "Inès")
    code, told = house("rights", "erase", number, "--by", "Inès")
    assert code == 0 and "1 personne" in told and "le relais de courrier." in told and "Twilio" not in told and "[!]" not in told
    assert shown(everything_kept(database_url, tmp_path)) == []
    assert shown(caplog.text.encode()) == []
    with opened(load_settings()) as gw:
        seal(gw)
        report = verify_store(gw)
        assert report.fault is None and report.waiting == 0
        assert replay(gw, Scope()).different == 0
        assert look_up(gw, SHE).person is None
        assert {(one.medium, one.kind.value) for one in look_up(gw, SHE).suppressions} == {("*", "objection")}
        assert {(one.medium, one.kind.value) for one in look_up(gw, "0639987654").suppressions} == {("*", "objection")}
        with reading(gw.engine) as tx:
            left = (
                tx.execute(select(tables.message.c.contact_id).where(tables.message.c.digest == digest(gw, SHE))).scalars().all()
            )
            rounds = tx.execute(select(tables.erasure_round.c.swept_at)).scalars().all()
            samples = tx.execute(select(tables.message.c.sample_id)).scalars().all()
            paced = tx.execute(select(tables.pace.c.key).where(tables.pace.c.key.like("domain:%"))).scalars().all()
            said = tx.execute(select(tables.receipt.c.reply)).scalars().all()
        assert said and set(said) == {None}, "what servers answered goes, that they did stays"
        assert set(samples) == {None}, "not even by the test copy that showed her details"
        assert paced == ["domain:exemple.example"], "a domain that others have says nothing of her"
        assert left and set(left) == {None}, "her messages stay in the sums of their campaign"
        assert all(rounds), "and the free space was swept"
        certificate, sweeping = journal_of(gw, "erasure")
    assert (certificate["request"], certificate["counts"]["contacts"]) == (number, 1)
    assert certificate["counts"]["trial_copies"] >= 2
    assert (sweeping["act"], sweeping["full"]) == ("swept", False)
    if database_url.startswith("sqlite"):
        assert sweeping["remains"] == []
        return
    assert sweeping["remains"] == ["holes", "log"] and "trous de ses pages" in told and "journal d’écriture" in told
    assert shown(log_files()) != [], "the write-ahead log of the server still has what was written"
    code, told = house("rights", "sweep", "--full")
    assert code == 0 and "dans l’espace libre de la base" in told and "WAL" not in told
    assert shown(table_files()) == [], "tables written anew have no holes that remember her"
    assert shown(log_files()) == [], "and each file of the log was written over"


def test_an_old_file_does_not_bring_her_back_and_says_why(
    house: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path
) -> None:
    came_in_everywhere(house, tmp_path)
    opened_one = json.loads(house("rights", "open", "erasure", SHE, "--identity", "au local", "--json")[1])
    assert house("rights", "erase", opened_one["id"])[0] == 0
    told = imported(house, tmp_path, "vieux.csv", f"{SHE};Zulmette;Quenouillard;23/07/1961;39999;Valzulme;06 39 98 76 54;;oui")
    assert re.search(r"opposition", told), told
    with opened(load_settings()) as gw:
        assert look_up(gw, SHE).person is None
    assert house("rights", "sweep", "--full")[0] == 0
    assert shown(everything_kept(database_url, tmp_path)) == []


def erased(gw: Gateway, email: str, via: RequestVia = RequestVia.POST) -> erasing.Forgotten:
    return erasing.erase(gw, asks_proven(gw, Right.ERASURE, email, via=via).id, by="Inès")


def test_ten_people_of_a_campaign_are_forgotten_and_the_campaign_still_adds_up(gw: Gateway) -> None:
    people = [f"personne{number}@exemple.example" for number in range(14)]
    add(gw, *(Person(email=one) for one in people))
    newsletter(gw)
    run(gw)
    for one in people[:10]:
        erased(gw, one)
    seal(gw)
    assert verify_store(gw).fault is None
    found = replay(gw, Scope(campaign="lettre"))
    assert (found.different, found.verdicts) == (0, 14)
    with reading(gw.engine) as tx:
        states = tx.execute(select(tables.message.c.state)).scalars().all()
        keys = tx.execute(select(tables.person_key.c.contact_id)).scalars().all()
    assert len(states) == 14 and len(keys) == 4


def test_who_had_data_of_hers_is_whom_something_was_given_for_her_at_whichever_address(gw: Gateway) -> None:
    """A provider of texts was named for every mobile on file, and none for a number that had been written to and is gone."""
    ids = add(gw, Person(email=SHE), Person(email="autre@exemple.example", consent=None))
    newsletter(gw)
    run(gw)
    with begin(gw.engine) as tx:
        tx.execute(delete(tables.address).where(tables.address.c.contact_id == ids[0]))
        assert [acting.recipients(tx, one) for one in ids] == [{"smtp-relay": "to-be-told-by-hand"}, {}]


def test_what_still_waited_for_her_does_not_leave(gw: Gateway, channel: Any) -> None:
    add(gw, Person(email=SHE), Person(email="autre@exemple.example"))
    newsletter(gw)
    done = erased(gw, SHE)
    assert done.to_be_told == (), "nothing of hers had left: the relay knows nothing of her"
    run(gw)
    assert channel.recipients == ["autre@exemple.example"]


def test_whoever_is_erased_by_reply_keeps_the_instant_of_her_words_as_objection(gw: Gateway, writes: Any) -> None:
    add(gw, Person(email=SHE))
    said = writes(SHE, "Effacez toutes mes données")
    request = requests.queue(gw)[0].request
    requests.vouch(gw, request.id, "rappelée", by="Inès")
    erasing.erase(gw, request.id, by="Inès")
    with reading(gw.engine) as tx:
        i = tables.inbox
        row = tx.execute(select(i).where(i.c.id == said.letter_id)).mappings().one()
    assert (row["text"], row["body"], row["evidence"], row["state"]) == (None, None, None, "settled")
    assert row["provider_id"] == f"erased:{said.letter_id}"
    assert requests.show(gw, request.id).request.state is RequestState.GRANTED


def test_a_stranger_who_asks_for_erasure_has_her_words_erased_and_enters_no_file(gw: Gateway, writes: Any) -> None:
    writes("etrangere@exemple.example", "Effacez toutes mes données, signé Ondine")
    request = requests.queue(gw)[0].request
    requests.vouch(gw, request.id, "écrit de cette adresse", by="Inès")
    done = erasing.erase(gw, request.id, by="Inès")
    assert (done.erased.contacts, done.erased.letters) == (0, 1)
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.inbox.c.text)).scalars().all() == [None]


def test_erasing_twice_is_told_and_does_nothing(gw: Gateway) -> None:
    add(gw, Person(email=SHE))
    done = erased(gw, SHE)
    with pytest.raises(Conflict, match="déjà reçu sa réponse"):
        erasing.erase(gw, done.request, by="Malo")
    assert [told.get("act") for told in journal_of(gw, "erasure")] == [None, "swept"]


def test_what_comes_back_after_she_was_erased_does_not_name_her_again(gw: Gateway) -> None:
    add(gw, Person(email=SHE))
    newsletter(gw)
    run(gw)
    number = message_of(gw, SHE)["id"]
    erased(gw, SHE)
    receive(gw, bounce(return_path(gw, number), SHE, "550 5.1.1 no such user zulma.quenouille"))
    with reading(gw.engine) as tx:
        bodies = tx.execute(select(tables.inbox.c.body)).scalars().all()
        words = tx.execute(select(tables.receipt.c.kind, tables.receipt.c.reply)).all()
    assert bodies == [None] and [(kind.value, reply) for kind, reply in words] == [("dead", None)]
    assert shown(json.dumps(journal_of(gw, "receipt") + journal_of(gw, "inbound")).encode()) == []


def test_an_address_she_had_before_a_correction_is_forgotten_too_where_nothing_but_the_words_name_it(gw: Gateway) -> None:
    """Nobody keeps it: a bounce of nobody knows whom is known by its digest, a mail of trial mode by the number of its message"""
    add(gw, Person(email=SHE), Person(email="voisine@exemple.example"))
    newsletter(gw)
    run(gw)
    number = message_of(gw, SHE)["id"]
    kept = bounce("quelquun@valbrume.example", "voisine@exemple.example", number="4")
    for mail_of_nobody in (bounce("quelquun@valbrume.example", SHE.replace("@", "=40"), number="3"), kept):
        receive(gw, mail_of_nobody)
    corrected = asks_proven(gw, Right.RECTIFICATION, SHE, via=RequestVia.PHONE)
    acting.rectify(gw, corrected.id, Correction(email="zulmatwo@exemple.example"), by="Inès")
    trial: list[str] = []

    def forgotten(_: Collection[str], references: Collection[str]) -> int:
        trial.extend(references)
        return len(references)

    erased(replace(gw, forget_elsewhere=forgotten), "zulmatwo@exemple.example")
    with reading(gw.engine) as tx:
        bodies = tx.execute(select(tables.inbox.c.body).order_by(tables.inbox.c.id)).scalars().all()
    assert bodies[0] is None and bodies[1] is not None, "what names somebody else stays"
    assert trial == [gw.keys.message_reference(number)]


def test_a_stranger_who_asks_for_it_has_mails_forgotten_in_which_her_address_stands(gw: Gateway) -> None:
    receive(gw, bounce("quelquun@valbrume.example", SHE, number="3"))
    erased(gw, SHE)
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.inbox.c.body)).scalars().all() == [None]


HEAD = "From: robot@listes.example\r\nTo: equipe@valbrume.example\r\nMessage-ID: <1@listes.example>\r\nMIME-Version: 1.0\r\n"
IN_BASE64 = encodebytes(f"Bonjour, {SHE} a déménagé.".encode()).decode()
INSIDE = f"From: x@listes.example\r\nContent-Transfer-Encoding: base64\r\n\r\n{IN_BASE64}"


@pytest.mark.parametrize(
    "said",
    [
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{IN_BASE64}",
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\nCopie : {SHE[:9]}=\r\n{SHE[9:]}\r\n",
        f"Subject: =?utf-8?b?{b64encode(SHE.encode()).decode()}?=\r\n\r\nAbsente.\r\n",
        f"Content-Type: text/html\r\n\r\n<p>{SHE.replace('@', '&#64;')}</p>\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + INSIDE + "--b--\r\n",
    ],
    ids=["base64", "quoted-printable", "encoded-word", "entity", "message-inside"],
)
def test_a_mail_of_nobody_knows_whom_that_names_her_in_an_encoding_is_forgotten_too(gw: Gateway, said: str) -> None:
    add(gw, Person(email=SHE))
    receive(gw, f"{HEAD}{said}".encode())
    receive(gw, mail("autre.robot@listes.example", "equipe@valbrume.example", "Rien sur elle.", number="2"))
    erased(gw, SHE)
    with reading(gw.engine) as tx:
        kept = tx.execute(select(tables.inbox.c.body.is_not(None)).order_by(tables.inbox.c.id)).scalars().all()
    assert kept == [False, True]


def test_a_word_without_end_of_nobody_knows_whom_does_not_keep_her_erasure_going_for_ever(gw: Gateway) -> None:
    """A stranger wrote a single word of a million letters: it is searched for her address like any other mail."""
    add(gw, Person(email=SHE))
    receive(gw, f"{HEAD}\r\n{'a' * 900_000}\r\nCopie : {SHE}\r\n".encode())
    with not_for_ever():
        erased(gw, SHE)
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.inbox.c.body)).scalars().all() == [None]


def test_a_letter_that_is_being_handed_over_while_she_is_erased_leaves_no_words_of_the_server(
    database_url: str, clock: Any, tmp_path: Path
) -> None:
    refusal = Rejected(True, "550 5.1.1", f"<{SHE}> unknown", Fault.RECIPIENT)
    channel = RecordingChannel()
    with installation(database_url, clock, tmp_path, channel=channel) as gw:
        add(gw, Person(email=SHE))
        newsletter(gw)
        done: list[erasing.Forgotten] = []

        def meanwhile(envelope: Any) -> Any:
            done.append(erased(gw, SHE))
            return refusal

        channel.answer = meanwhile
        run(gw)
        row = message_of(gw, SHE)
    assert len(done) == 1 and (row["state"], row["reply"], row["contact_id"]) == ("rejected", None, None)


def test_the_request_itself_keeps_dates_and_digest_but_no_words(gw: Gateway) -> None:
    add(gw, Person(email=SHE))
    done = erased(gw, SHE)
    request = requests.show(gw, done.request).request
    assert (request.contact_id, request.identity_how, request.asked, request.answer) == (None, None, None, None)
    assert request.digest == digest(gw, SHE) and request.answered_by == "Inès"


def test_the_free_space_is_swept_once_and_again_only_after_another_erasure(gw: Gateway, clock: ManualClock) -> None:
    add(gw, Person(email=SHE))
    assert keeping.sweep(gw).done
    erased(gw, SHE)
    with reading(gw.engine) as tx:
        first = tx.execute(select(tables.erasure_round.c.swept_at)).scalar_one()
    clock.advance(timedelta(hours=1))
    assert keeping.sweep(gw).done
    with reading(gw.engine) as tx:
        assert tx.execute(select(tables.erasure_round.c.swept_at)).scalar_one() == first


def test_a_long_file_is_swept_at_night_so_that_nobody_who_objects_waits_for_it(
    gw: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite writes the whole file anew, and nobody else writes meanwhile; whoever knows may ask for it at once."""
    monkeypatch.setattr(sweeping, "_LONG_BYTES", 0)
    long = gw.engine.dialect.name == "sqlite"
    add(gw, Person(email=SHE), Person(email="zoe@exemple.example"), Person(email="lea@exemple.example"))
    clock.set(datetime(2027, 3, 1, 13, tzinfo=UTC))
    done = erased(gw, SHE)
    assert (done.swept, done.at_night) == (not long, long)
    assert keeping.sweep(gw).done is not long
    clock.set(datetime(2027, 3, 2, 1, 30, tzinfo=UTC))  # half past two in Paris
    assert keeping.sweep(gw).done
    clock.set(datetime(2027, 3, 2, 13, tzinfo=UTC))
    assert erased(gw, "zoe@exemple.example").swept is not long
    assert keeping.sweep(gw, at_once=True).done
    assert erased(gw, "lea@exemple.example").swept is not long
    clock.set(datetime(2027, 3, 3, 13, tzinfo=UTC))
    assert keeping.sweep(gw).done, "a machine that is off at night sweeps a day later"


def test_an_account_that_may_not_write_over_the_log_says_so(gw: Gateway) -> None:
    if gw.engine.dialect.name == "sqlite":
        assert sweeping.sweep(gw.engine).remains == sweeping.sweep(gw.engine, full=True).remains == ()
        return
    assert sweeping.sweep(gw.engine, full=True).remains == ()
    with gw.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE ROLE simple NOLOGIN"))
        try:
            connection.execute(text("SET ROLE simple"))
            assert not write_over(connection), "neither checkpoints nor the list of files are hers to ask for"
        finally:
            connection.execute(text("RESET ROLE"))
            connection.execute(text("DROP ROLE simple"))


def test_while_somebody_reads_an_older_state_nobody_is_told_that_it_was_swept(
    gw: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Her rows are kept for that reader, on either database; the ticker sweeps again."""
    monkeypatch.setattr(sweeping, "_PATIENCE_SECONDS", 0.2)
    add(gw, Person(email=SHE))
    with reading(gw.engine) as reader:
        if gw.engine.dialect.name == "postgresql":
            reader.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        reader.execute(select(tables.address.c.value)).all()
        assert not erased(gw, SHE).swept
        assert [told for told in journal_of(gw, "erasure") if told.get("act") == "swept"] == []
    found = keeping.sweep(gw)
    assert found.done and [told["act"] for told in journal_of(gw, "erasure") if "act" in told] == ["swept"]


def test_a_database_that_goes_away_while_it_is_swept_is_said_in_a_sentence(gw: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object, **__: object) -> None:
        raise gw.engine.dialect.loaded_dbapi.OperationalError("disk I/O error")

    monkeypatch.setattr(sweeping, f"_sweep_{gw.engine.dialect.name}", cut)
    with pytest.raises(StoreUnavailable, match="ne répond pas"):
        keeping.sweep(gw, full=True)


def test_a_server_that_names_her_by_the_left_part_of_her_address_leaves_no_name_in_the_journal(
    database_url: str, clock: Any, tmp_path: Path
) -> None:
    refusal = Rejected(True, "550 5.1.1", "no such user zulma.quenouille here, call +33 6 39 98 76 54", Fault.RECIPIENT)
    channel = RecordingChannel(answer=lambda envelope: refusal)
    with installation(database_url, clock, tmp_path, channel=channel) as gw:
        add(gw, Person(email=SHE))
        newsletter(gw)
        run(gw)
        said = json.dumps(journal_of(gw, "hand_over") + journal_of(gw, "address"))
        assert "no such user <address> here, call <number>" in said
        assert "quenouille" not in said
