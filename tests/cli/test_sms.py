"""`gateway sms count`: what a text costs, and what would make it cheaper."""

from __future__ import annotations

import json

import pytest

from gateway.domain.errors import InvalidContent, InvalidInput


def test_a_plain_text_fits_one_part_and_leaves_the_room_it_says(call):
    code, said = call("sms", "count", "Réunion jeudi à 19h.", "--json")
    told = json.loads(said)
    assert code == 0
    assert (told["later"]["segments"]["parts"], told["later"]["too_long"]) == (1, False)
    assert told["later"]["room"] > told["first"]["room"] > 0
    assert told["later"]["price"] == "0.05"


def test_one_letter_that_halves_the_room_is_named_with_what_would_be_written_instead(call):
    code, said = call("sms", "count", "Réunion publique jeudi à 19 h, salle des fêtes. Venez nombreux !", "--people", "1000")
    assert code == 1
    assert "Font tomber la place à 70 caractères : ê" in said
    assert "salle des fetes" in said
    assert "ê → e ; avec ses mentions, 1 partie au lieu de 2 parties pour un SMS suivant" in " ".join(said.split())
    assert "100,00" in said and "il ne partirait pas" in said


def test_of_a_family_of_emoji_only_what_can_be_seen_is_named_and_the_room_is_that_of_such_words(call):
    _, said = call("sms", "count", "J’aime œuvrer 👨\u200d👩\u200d👧 ❤\ufe0f demain")
    assert "Font tomber la place à 70 caractères : ’ œ 👨 👩 👧 ❤\n" in said
    assert json.loads(call("sms", "count", "Venez ❤", "--json")[1])["later"]["room"] < 40


def test_a_sign_that_cannot_be_seen_and_halves_the_room_is_named(call):
    """Copied from a page of the Web with the words; « Font tomber la place : » ended in a blank."""
    said = " ".join(call("sms", "count", "Réunion\u200b jeudi,\u00ad venez")[1].split())
    assert "à 70 caractères : espace sans largeur (invisible) césure facultative (invisible)" in said
    assert "espace sans largeur (invisible) → (rien)" in said


def test_the_plain_form_is_counted_when_it_is_asked_for_and_only_then(call):
    words = "Réunion publique jeudi à 19 h, salle des fêtes. Venez nombreux !"
    assert json.loads(call("sms", "count", words, "--json")[1])["later"]["segments"]["parts"] == 2
    code, said = call("sms", "count", words, "--simplify", "--json")
    assert (code, json.loads(said)["later"]["segments"]["parts"]) == (0, 1)


def test_a_text_is_read_from_the_file_that_holds_it(call, tmp_path):
    file = tmp_path / "texte.txt"
    file.write_text("\ufeffRéunion jeudi.\n", encoding="utf-8")
    assert json.loads(call("sms", "count", file, "--json")[1])["alone"]["units"] == len("Réunion jeudi.")
    file.write_bytes("Réunion".encode("cp1252"))
    with pytest.raises(InvalidInput, match="UTF-8"):
        call("sms", "count", file)


@pytest.mark.parametrize("typed", ["rappel.txt", "Mes textes/rappel été.md", "~/rappel.txt", "./rappel"])
def test_the_name_of_a_file_that_is_not_there_is_never_taken_for_the_words_themselves(call, typed):
    for command in (("sms", "count", typed), ("campaign", "create-sms", "rappel", "--text", typed)):
        with pytest.raises(InvalidInput, match="n’existe pas : vérifiez le nom, et le dossier d’où vous lancez la commande"):
            call(*command)
    with pytest.raises(InvalidInput, match="n’existe pas"):
        call("campaign", "create-call", "samedi", "--text", typed)


@pytest.mark.parametrize("words", ["Réunion.", "Oui/non : votez !", "Tout est sur exemple.fr", "Venez jeudi à la fête.", "OK"])
def test_words_that_name_no_file_are_words(call, words):
    assert json.loads(call("sms", "count", words, "--json")[1])["alone"]["units"] >= len(words)


def test_how_many_signs_are_too_many_is_said_to_the_sign(call):
    words = "Débat au lavoir jeudi 19h, venez nombreux !"
    first = json.loads(call("sms", "count", words, "--json")[1])["first"]
    over = first["segments"]["units"] - 160
    assert over > 1 and f"Trop long de {over} signes pour une personne" in " ".join(call("sms", "count", words)[1].split())
    fits = words[: len(words) - over]
    assert "Trop long" not in call("sms", "count", fits)[1]
    said = " ".join(call("sms", "count", f"{fits}!")[1].split())
    assert "Trop long de 1 signe pour une personne qui n’a encore reçu aucun SMS" in said


def test_what_a_first_text_lacks_in_the_settings_is_said(call, monkeypatch):
    monkeypatch.setenv("GATEWAY_SMS__ELECTION", "")
    said = " ".join(call("sms", "count", "Réunion jeudi.")[1].split())
    assert "Un premier SMS serait refusé" in said and "campaign-mention, election" in said


def test_words_that_could_never_leave_are_refused(call):
    with pytest.raises(InvalidContent, match="champ inconnu"):
        call("sms", "count", "Bonjour {{ ville }}")


def test_a_letter_of_the_name_that_halves_each_text_is_not_laid_to_the_words_and_plain_characters_are_offered(call, monkeypatch):
    monkeypatch.setenv("GATEWAY_SMS__NAME", "Maëlle Kéruzoré")
    said = " ".join(call("sms", "count", "Débat jeudi 19h, venez !")[1].split())
    assert "dans le nom ou les mentions (sms.name, sms.election) : ë" in said
    assert "Font tomber la place à 70 caractères : " not in said, "her own words have none"
    assert "le nom et les mentions aussi ; avec ses mentions, 1 partie au lieu de 3 parties pour un premier SMS" in said
    plain = call("sms", "count", "Débat jeudi 19h, venez !", "--simplify")[1]
    assert "70 caractères" not in plain and "Trop long" not in plain
