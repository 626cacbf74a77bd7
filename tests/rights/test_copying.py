"""Whoever asks what we have of her gets all of it, in words she can read and in a form a machine can."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.domain.consent import Evidence, Purpose
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.receipt import ReceiptKind
from gateway.domain.rights import RequestState, Right
from gateway.domain.suppression import SuppressionCause
from gateway.flows.consenting import ConsentScope, record_consent
from gateway.flows.gateway import Gateway
from gateway.flows.rights import acting, copying, requests
from gateway.flows.rights.acting import Correction
from gateway.render.gestures import gesture
from gateway.store import tables
from gateway.store.engine import begin
from tests.clock import ManualClock
from tests.rights.support import asks_proven
from tests.sending.support import Person, add, journal_of, newsletter, run

#: Causes that are nobody's word about her consent.
NOT_SAID = {SuppressionCause.HARD_BOUNCE, SuppressionCause.PERSON_PAUSE}
ANNE, BEA = "anne@exemple.example", "bea@exemple.example"


@pytest.fixture
def lived(gw: Gateway, writes: Any, clock: Any) -> Gateway:
    """Anne agreed in writing, got a letter, wrote back; Béa only got the letter."""
    (anne, _) = add(gw, Person(email=ANNE, given_name="=Anne"), Person(email=BEA, given_name="Béatrice"))
    evidence = Evidence(
        given_at=clock.now() - timedelta(days=3),
        form="Carton vert, v2",
        wording="Je <b>veux</b> bien.",
        collector="Inès",
        means="papier",
    )
    record_consent(gw, ANNE, ConsentScope(purpose=Purpose.TARGETING), evidence, by="Inès")
    newsletter(gw)
    run(gw)
    writes(ANNE, "Comment avez-vous eu mon adresse ?")
    newsletter(gw, "suivante")
    run(gw)
    with begin(gw.engine) as tx:
        tx.execute(insert(tables.tag).values(contact_id=anne, name="bénévole"))
    return gw


def copied(gw: Gateway, folder: Path, right: Right = Right.ACCESS, *, address: str = ANNE, **given: Any) -> dict[str, bytes]:
    request = asks_proven(gw, right, address)
    path = folder / "copie.zip"
    copying.export(gw, request.id, path, by="Inès", **given)
    assert requests.show(gw, request.id).request.state is RequestState.GRANTED
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


_TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def faults(schema: dict[str, Any], value: Any, at: str = "$") -> Iterator[str]:
    """What does not fit, for the part of JSON Schema that the schema of a copy uses."""
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    wanted = schema.get("type", [])
    types = [wanted] if isinstance(wanted, str) else wanted
    if types and not isinstance(value, tuple(_TYPES[one] for one in types)):
        yield f"{at}: {value!r} is no {' or '.join(types)}"
        return
    if isinstance(value, str) and schema.get("format") == "date-time":
        datetime.fromisoformat(value)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(schema.get("items", {}), item, f"{at}[{number}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{at}.{name}: missing" for name in schema.get("required", []) if name not in value)
        for name, item in value.items():
            if name not in known and schema.get("additionalProperties") is False:
                yield f"{at}.{name}: not in the schema"
            yield from faults(known.get(name, {}), item, f"{at}.{name}")


def test_the_machine_readable_copy_is_what_its_schema_says(lived: Gateway, tmp_path: Path) -> None:
    files = copied(lived, tmp_path)
    assert list(files) == ["copie.html", "copie.json", "copie.csv", "copie.schema.json"]
    schema, content = json.loads(files["copie.schema.json"]), json.loads(files["copie.json"])
    assert list(faults(schema, content)) == []
    assert list(faults(schema, {**content, "more": 1})) == ["$.more: not in the schema"], "and it would say what does not fit"
    assert list(faults(schema, {**content, "made_at": 5})) == ["$.made_at: 5 is no string"]


def test_a_stop_she_wrote_is_told_in_her_copy_as_what_it_was(lived: Gateway, writes: Any, tmp_path: Path) -> None:
    """Her copy said « retiré » and below it « reply », a code of the journal."""
    writes(ANNE, "STOP")
    files = copied(lived, tmp_path)
    page = files["copie.html"].decode()
    assert "en réponse à un message" in page and ">reply<" not in page and "reply ·" not in page
    assert '"means": "reply"' in files["copie.json"].decode(), "machines read the code"


@pytest.mark.parametrize("cause", [one for one in SuppressionCause if one not in NOT_SAID])
def test_whatever_ends_a_consent_has_words_in_both_languages(cause: SuppressionCause) -> None:
    told = {gesture(cause, language) for language in ("fr", "en")}
    assert len(told) == 2 and not any("_" in words or words == cause.value for words in told)


def test_it_holds_source_consents_with_their_words_messages_with_their_reasons_and_her_letters(
    lived: Gateway, tmp_path: Path
) -> None:
    content = json.loads(copied(lived, tmp_path)["copie.json"])
    assert content["addresses"][0]["value"] == ANNE and content["tags"] == ["bénévole"]
    assert (
        content["sources"][0]["sentence"] == "D’où viennent vos coordonnées\u00a0: le formulaire du site, le 1er septembre 2026."
    )
    assert [(one["wording"], one["means"]) for one in content["consents"]] == [("Je <b>veux</b> bien.", "papier")]
    states = {one["name"]: (one["state"], one["rules"]) for one in content["messages"]}
    assert states["lettre"][0] == "accepted"
    assert states["suivante"] == ("refused", ["optout-pause"])
    refused = next(one for one in content["messages"] if one["name"] == "suivante")
    assert any("pause" in sentence for sentence in refused["why"]), refused["why"]
    assert content["letters"][0]["text"] == "Comment avez-vous eu mon adresse ?"
    assert content["requests"][0]["right"] == "access"
    assert content["recipients"][1]["id"] == "relay"


def test_what_she_wrote_from_an_address_that_was_corrected_since_is_in_her_copy(lived: Gateway, tmp_path: Path) -> None:
    request = asks_proven(lived, Right.RECTIFICATION, ANNE)
    acting.rectify(lived, request.id, Correction(email="anne.neuve@exemple.example"), by="Inès")
    content = json.loads(copied(lived, tmp_path, address="anne.neuve@exemple.example")["copie.json"])
    assert [one["value"] for one in content["addresses"]] == ["anne.neuve@exemple.example"]
    assert [one["text"] for one in content["letters"]] == ["Comment avez-vous eu mon adresse ?"]


def test_her_polling_station_and_what_came_back_of_her_letters_are_in_her_copy(lived: Gateway, tmp_path: Path) -> None:
    c = tables.contact
    with begin(lived.engine) as tx:
        tx.execute(update(c).where(c.c.given_name == "=Anne").values(polling_station="0012", polling_label="École du Lavoir"))
        sent = tx.execute(select(tables.message.c.id, tables.message.c.campaign_id).order_by(tables.message.c.id)).first()
        assert sent is not None
        told = {"message_id": sent[0], "campaign_id": sent[1], "kind": "full", "code": "552 5.2.2", "at": lived.clock.now()}
        tx.execute(insert(tables.receipt).values(told))
    files = copied(lived, tmp_path)
    copy, page = json.loads(files["copie.json"]), files["copie.html"].decode()
    assert (copy["person"]["polling_station"], copy["person"]["polling_label"]) == ("0012", "École du Lavoir")
    assert [one["kind"] for message in copy["messages"] for one in message["came_back"]] == ["full"]
    assert "0012, École du Lavoir" in page and "boîte pleine" in page and "552 5.2.2" in page
    assert list(faults(json.loads(files["copie.schema.json"]), copy)) == []


def test_the_copy_has_words_for_every_report(lived: Gateway) -> None:
    words = lived.templates.joinpath("rights", "copy.html").read_text("utf-8")
    assert all(words.count(f'"{kind}": "') >= 2 for kind in ReceiptKind)


def test_the_page_says_it_all_and_lets_no_markup_of_hers_through(lived: Gateway, tmp_path: Path) -> None:
    page = copied(lived, tmp_path)["copie.html"].decode()
    for words in (
        "Tout ce que nous avons sur vous",
        ANNE,
        "Je &lt;b&gt;veux&lt;/b&gt; bien.",
        "messages choisis selon votre situation",
    ):
        assert words in page
    assert "pas envoyé\u00a0: les règles l’interdisaient" in page and "www.cnil.fr" in page and "http-equiv" not in page


def test_the_english_copy_has_no_french_of_ours_left(lived: Gateway, tmp_path: Path) -> None:
    page = copied(lived, tmp_path, language="en")["copie.html"].decode()
    assert '<html lang="en">' in page and "Everything we have about you" in page and "not sent: the rules forbade it" in page
    for french in ("Vos accords", "envoyé", "depuis le", "courriel :"):
        assert french not in page


def test_what_was_said_on_a_day_is_told_without_an_hour_that_nobody_said(
    lived: Gateway, clock: ManualClock, tmp_path: Path
) -> None:
    clock.set(datetime(2026, 12, 2, tzinfo=lived.pack.calendar.zone))  # a letter that came in by post
    page = copied(lived, tmp_path, Right.PORTABILITY)["copie.html"].decode()
    assert "reçue le 2 décembre 2026, réponse au plus tard le 2 janvier 2027<" in page
    assert "(heure de Paris, comme toutes celles de cette page)" in page


def test_the_table_opens_in_a_spreadsheet_and_computes_nothing(lived: Gateway, tmp_path: Path) -> None:
    rows = list(
        csv.reader(io.StringIO(copied(lived, tmp_path, Right.PORTABILITY)["copie.csv"].decode("utf-8-sig")), delimiter=";")
    )
    assert rows[0] == ["rubrique", "numéro", "champ", "valeur"]
    assert ["person", "", "given_name", "'=Anne"] in rows
    assert ["addresses", "1", "value", ANNE] in rows


def test_nothing_of_anybody_else_is_in_it_and_the_journal_says_who_took_it(lived: Gateway, tmp_path: Path) -> None:
    files = copied(lived, tmp_path)
    assert not any(b"bea@" in body or "Béatrice".encode() in body for body in files.values())
    (told,) = journal_of(lived, "export")
    assert (told["scope"], told["by"]) == ("personal-copy", "Inès") and ANNE not in str(told)
    assert (tmp_path / "copie.zip").stat().st_mode & 0o777 == 0o600


def test_a_file_that_exists_is_left_alone_and_a_copy_for_an_unknown_asker_is_not_made(lived: Gateway, tmp_path: Path) -> None:
    number = requests.queue(lived)[0].request.id
    path = tmp_path / "copie.zip"
    with pytest.raises(Conflict, match="comment vous savez"):
        copying.export(lived, number, path, by="Inès")
    assert not path.exists()
    requests.vouch(lived, number, "rappelée", by="Inès")
    path.write_text("déjà là")
    with pytest.raises(InvalidInput, match="existe déjà"):
        copying.export(lived, number, path, by="Inès")
    assert path.read_text() == "déjà là" and requests.show(lived, number).request.is_open
