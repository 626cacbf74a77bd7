"""Forms as data: what is missing keeps them off the web, and what was shown can be shown again, word for word."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.consent import Purpose
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows.checking import Standing, form_line
from gateway.flows.forms import publishing
from gateway.flows.forms.reading import body_of, form_of, read_form
from gateway.flows.gateway import Gateway
from gateway.store import tables
from gateway.store.engine import reading
from tests.clock import ManualClock
from tests.forms.support import CALL_BOX, EMAIL_BOX, FIELDS, FORM, HEAD, NOTICE, SMS_BOX, office, write
from tests.sending.support import journal_of


@pytest.mark.parametrize(("candidate", "named"), [("Marie Lenoir", "Marie Lenoir"), ("", "Les Amis du lavoir")])
def test_the_form_that_ships_may_be_published_and_asks_for_messages_of_the_candidate_of_the_settings(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, candidate: str, named: str
) -> None:
    """It named an invented candidate: who ticked its boxes agreed to the messages of somebody else."""
    with office(sqlite_url, clock, tmp_path) as gw:
        ours = gw.settings.controller.model_copy(update={"candidate": candidate, "name": "Les Amis du lavoir"})
        forms = gw.settings.forms.model_copy(update={"folder": None})
        shipped = gw.settings.model_copy(update={"forms": forms, "controller": ours})
        checked = publishing.check(replace(gw, settings=shipped), "nouvelles")
    assert checked.refusals == ()
    for box in checked.version.form.boxes:
        if box.purpose is Purpose.POLITICAL:
            assert all(named in text and "{" not in text for text in box.text.values()), box


def test_a_published_version_is_kept_with_its_words_and_told_to_the_journal(gw: Gateway) -> None:
    seen = publishing.current(gw, "lettre")
    assert seen is not None and seen.form == read_form(gw, "lettre")
    assert seen.sha256 == sha256(body_of(seen.form)).hexdigest()
    [published] = journal_of(gw, "form")
    words = {sha256(box.text["fr"].encode()).hexdigest() for box in seen.form.boxes}
    assert (published["act"], published["version"], set(published["wordings"])) == ("published", seen.sha256, words)
    with reading(gw.engine) as tx:
        assert words <= set(tx.execute(select(tables.wording.c.sha256)).scalars())


def test_an_edited_file_shows_only_once_it_is_published_again_and_the_old_words_stay_provable(
    gw: Gateway, tmp_path: Path
) -> None:
    before = publishing.current(gw, "lettre")
    write(tmp_path, FORM.replace("J’accepte les courriels", "J’accepte tous les courriels"))
    assert publishing.current(gw, "lettre") == before
    [standing] = publishing.standings(gw)
    assert standing.edited and form_line(gw).standing is Standing.ADVISED
    after = publishing.publish(gw, "lettre", by="l’équipe")
    assert before is not None and after.sha256 != before.sha256
    assert form_line(gw).standing is Standing.READY
    old, new = publishing.versions(gw, "lettre")
    assert (old.sha256, old.form) == (before.sha256, before.form) and old.closed_at is not None and new.sha256 == after.sha256


def test_a_change_of_settings_that_people_read_asks_for_a_new_publication(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    with office(sqlite_url, clock, tmp_path):
        pass
    moved = {"name": "Comité B", "address": "1 rue Haute", "email": "b@exemple.example", "retention": "Un an."}
    from tests.sending.support import installation

    with installation(sqlite_url, clock, tmp_path, forms={"folder": str(tmp_path / "forms")}, controller=moved) as gw:
        [standing] = publishing.standings(gw)
        assert standing.edited


def test_publishing_the_same_words_twice_says_nothing_new(gw: Gateway) -> None:
    publishing.publish(gw, "lettre", by="l’équipe")
    assert len(journal_of(gw, "form")) == 1 and len(publishing.versions(gw, "lettre")) == 1


def test_a_closed_form_is_seen_no_more_and_can_be_published_again(gw: Gateway) -> None:
    publishing.close(gw, "lettre", by="l’équipe")
    assert publishing.current(gw, "lettre") is None
    with pytest.raises(NotFound, match="n’est pas en ligne"):
        publishing.close(gw, "lettre", by="l’équipe")
    publishing.publish(gw, "lettre", by="l’équipe")
    assert publishing.current(gw, "lettre") is not None
    assert [one["act"] for one in journal_of(gw, "form")] == ["published", "closed", "published"]


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (FORM.replace("form-recipients", "form-purpose2"), None),
        (HEAD + EMAIL_BOX + NOTICE.replace('form-recipients = "L’équipe et son hébergeur."\n', ""), "notice-art13-page"),
        (HEAD + FIELDS + EMAIL_BOX + CALL_BOX.replace('hours = "lun-ven 18:00-20:00"\n', "") + NOTICE, "form-call-hours"),
    ],
)
def test_what_the_law_asks_for_and_is_missing_keeps_a_form_off_the_web(
    desk: Gateway, tmp_path: Path, form: str, rule: str | None
) -> None:
    write(tmp_path, form)
    with pytest.raises(Conflict if rule else InvalidInput, match=rule or "form-purpose2"):
        publishing.publish(desk, "lettre", by="l’équipe")


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (FORM.replace('id = "lettre"', 'id = "autre"'), "porte le nom de son fichier"),
        (FORM.replace('languages = ["fr"]', 'languages = ["de"]'), r'il faut \["fr"\], ou \["en"\]'),
        (FORM.replace("lun-ven 18:00-20:00", "le soir"), r"box\[2\].hours"),
        (FORM.replace("presidentielle-2027", "presidentielle-2099"), r"box\[1\].election"),
        (FORM.replace('id = "sms"', 'id = "courriel"'), "son propre id"),
        (FORM.replace('purpose = "after_election"', 'purpose = "political"'), "une seule case par canal et par but"),
        (FORM.replace('name = "given_name"', 'name = "religion"'), "field"),
        (HEAD + SMS_BOX + NOTICE, "demande le champ « phone »"),
        (HEAD + FIELDS + EMAIL_BOX + NOTICE, "que si une case en a besoin"),
        (FORM + "\n[surprise]\nx = 1\n", "surprise"),
        ("ceci n’est pas du TOML", "cette ligne ne se lit pas"),
    ],
)
def test_a_file_that_cannot_be_a_form_is_refused_by_key(desk: Gateway, tmp_path: Path, form: str, told: str) -> None:
    write(tmp_path, form)
    with pytest.raises(InvalidInput, match=told):
        publishing.check(desk, "lettre")


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (
            FORM.replace('languages = ["fr"]', 'languages = "fr"'),
            ["languages: il faut une liste de textes", "languages: il faut ["],
        ),
        (FORM.replace("[title]", "[titre]"), ["title: manque", "title.fr: manque", "titre: clé inconnue"]),
        (
            FORM.replace('fr = "Nos nouvelles"', 'fr = "Nos nouvelles"\nen = "Our news"'),
            ["title.en: « en » n’est pas dans languages"],
        ),
        (FORM.replace('id = "courriel"', 'id = "courriel"\nticked = true', 1), ["box[0].ticked: une case n’est jamais cochée"]),
        (FORM.replace('id = "courriel"\n', "", 1), ["box[0].id: manque"]),
        (FORM.replace('id = "lettre"', "", 1), ["id: manque"]),
    ],
)
def test_one_mistake_in_a_form_is_not_told_as_many(desk: Gateway, tmp_path: Path, form: str, told: list[str]) -> None:
    write(tmp_path, form)
    with pytest.raises(InvalidInput) as refused:
        publishing.check(desk, "lettre")
    lines = [line.partition("lettre.toml: ")[2] for line in str(refused.value).splitlines()]
    assert [line.startswith(words) for line, words in zip(lines, told, strict=True)] == [True] * len(told), lines


def test_a_form_saved_in_another_encoding_is_told_where_and_one_with_the_mark_of_a_tablet_is_read(
    desk: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "forms" / "lettre.toml"
    words = file.read_text(encoding="utf-8")
    file.write_text(words, encoding="utf-8-sig")
    publishing.check(desk, "lettre")
    file.write_bytes(("\n\n# é\n" + words).encode("cp1252"))
    with pytest.raises(InvalidInput, match="ligne 3 : un signe n’est pas en UTF-8 ; enregistrez le fichier en UTF-8"):
        publishing.check(desk, "lettre")


@pytest.mark.parametrize("name", ["Ma-Lettre", "été", "la lettre"])
def test_a_file_that_is_there_is_not_said_to_be_missing_because_of_its_name(desk: Gateway, tmp_path: Path, name: str) -> None:
    (tmp_path / "forms" / f"{name}.toml").write_text(FORM, encoding="utf-8")
    with pytest.raises(InvalidInput, match="renommez le fichier, avec des minuscules sans accent, des chiffres et des tirets"):
        publishing.check(desk, name)


def test_a_form_without_a_file_is_not_found(desk: Gateway) -> None:
    for name in ("nulle-part", "../lettre", ""):
        with pytest.raises(NotFound):
            publishing.check(desk, name)


def test_a_version_is_read_back_exactly(desk: Gateway) -> None:
    form = read_form(desk, "lettre")
    assert form_of(body_of(form)) == form
