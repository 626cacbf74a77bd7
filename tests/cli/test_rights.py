"""`gateway rights …`, as a volunteer and a program call it."""

from __future__ import annotations

import json

import pytest

from gateway.domain.errors import Conflict, InvalidInput


def opened(call, right="access", address="agathe@exemple.fr", *more) -> dict:
    code, text = call("rights", "open", right, address, "--by", "Inès", *more, "--json")
    assert code == 0
    return json.loads(text)


def test_a_request_is_written_down_shown_and_answered(call, neighbours):
    told = opened(call, "access", "agathe@exemple.fr", "--via", "post", "--received-at", "15/03/2026")
    number = told["id"]
    assert (told["fresh"], told["late"], told["identity"]) == (True, True, "unchecked")
    code, shown = call("rights", "list")
    assert code == 1 and "EN RETARD" in shown and "accès (article 15)" in shown, "a late request is no success"
    code, shown = call("rights", "show", number)
    assert "15/04/2026" in shown and f"gateway rights identify {number}" in shown
    with pytest.raises(Conflict, match="comment vous savez que c’est bien elle"):
        call("rights", "answer", number, "--text", "voici")
    assert call("rights", "identify", number, "--how", "rappelée au numéro du fichier", "--by", "Inès")[0] == 0
    assert call("rights", "answer", number, "--text", "Voici vos données.", "--send", "--by", "Inès")[0] == 0
    assert call("rights", "list") == (0, "✓ Aucune demande n’attend.\n")
    listed = json.loads(call("rights", "list", "--all", "--json")[1])
    assert [(one["state"], one["answered_by"]) for one in listed["requests"]] == [("granted", "Inès")]


def test_an_answer_on_its_way_is_shown_with_the_request(call, neighbours):
    number = opened(call, "access", "agathe@exemple.fr", "--identity", "rappelée")["id"]
    shown = call("rights", "answer", number, "--text", "Voici.\n\nBien à vous", "--send")[1]
    assert "réponse : en attente" in shown and "autrement" not in shown
    assert call("rights", "list")[1] == "✓ Aucune demande n’attend.\n"
    letter = json.loads(call("rights", "show", number, "--json")[1])["letters"][0]
    assert (letter["name"], letter["state"], letter["astray"]) == ("answer", "waiting", False)


def test_the_same_request_again_says_that_its_clock_runs_already(call, neighbours):
    first = opened(call)
    assert not opened(call)["fresh"]
    assert "son délai court depuis la première fois" in call("rights", "open", "access", "agathe@exemple.fr")[1]
    assert opened(call)["id"] == first["id"]


def test_a_date_nobody_can_read_or_that_is_to_come_writes_nothing(call, neighbours):
    with pytest.raises(InvalidInput, match="avenir"):
        call("rights", "open", "access", "agathe@exemple.fr", "--received-at", "2099-01-01")
    assert call("rights", "open", "access", "agathe@exemple.fr", "--received-at", "hier")[0] == 2
    assert json.loads(call("rights", "list", "--all", "--json")[1])["requests"] == []


def test_a_year_mistyped_does_not_make_a_request_late_for_good(call, neighbours):
    """« 1930 » for « 2030 »: the clock of the request that waits ran from then, and nothing put it right."""
    opened(call)
    with pytest.raises(InvalidInput, match="il y a plus de dix ans"):
        call("rights", "open", "access", "agathe@exemple.fr", "--received-at", "01/11/1930")
    assert call("rights", "list")[0] == 0


def test_no_word_of_the_list_is_cut(call, neighbours):
    opened(call, "rectification")
    text = call("rights", "list")[1]
    assert "rectification" in text and "(article 16)" in text and "courriel" in text


@pytest.mark.parametrize("right", ["restriction", "erasure", "objection", "rectification"])
def test_who_carries_a_request_out_is_reminded_to_tell_her(call, neighbours, right):
    """The request was « répondue », and nobody had answered her (RGPD, article 12)."""
    number = opened(call, right, "agathe@exemple.fr", "--identity", "rappelée")["id"]
    does = {"restriction": "restrict", "erasure": "erase", "objection": "object", "rectification": "rectify"}[right]
    text = call("rights", does, number, *(["--given-name", "Agate"] if right == "rectification" else []))[1]
    assert "Dites-lui que c’est fait (RGPD, article 12, paragraphe 3)" in text
    assert ("La passerelle n’a plus son adresse" in text) == (right == "erasure")


def test_an_erasure_counts_what_she_wrote_and_not_the_letters_she_got(call, neighbours):
    """« 0 lettre reçue » was read as: she never got a letter; it counts the words of hers that went."""
    number = opened(call, "erasure", "agathe@exemple.fr", "--identity", "rappelée")["id"]
    assert "0 message reçu d’elle" in call("rights", "erase", number)[1]


def test_who_refuses_by_her_own_means_is_reminded_of_what_a_refusal_says(call, neighbours):
    number = opened(call, "access", "agathe@exemple.fr", "--identity", "rappelée")["id"]
    assert "saisir la CNIL ou un juge" in call("rights", "answer", number, "--refuse", "--text", "demande répétée")[1]


def test_what_is_wrong_is_put_right(call, neighbours):
    number = opened(call, "rectification", "agathe@exemple.fr", "--identity", "elle est passée au local")["id"]
    code, text = call("rights", "rectify", number, "--family-name", "Unefois", "--birth-on", "15/03/1970", "--json")
    assert (code, sorted(json.loads(text)["changed"])) == (0, ["birth_on", "family_name"])
    assert "Unefois" in call("contacts", "show", "agathe@exemple.fr")[1]
    number = opened(call, "rectification", "agathe@exemple.fr", "--identity", "elle est passée au local")["id"]
    assert "✓ Corrigé : date de naissance." in call("rights", "rectify", number, "--birth-on", "")[1]
    with pytest.raises(InvalidInput, match="31/02/1970"):
        call("rights", "rectify", number, "--birth-on", "31/02/1970")


def test_restriction_is_set_lifted_and_seen_on_the_contact(call, neighbours, tmp_path):
    number = opened(call, "restriction")["id"]
    assert "plus rien ne lui est envoyé" in call("rights", "restrict", number)[1]
    assert "Traitement limité" in call("contacts", "show", "agathe@exemple.fr")[1]
    assert "traitement limité" in call("contacts", "list")[1]
    text = call("contacts", "export", tmp_path / "tous.csv")[1]
    assert "✓ 1 contact dans" in text and "1 personne n’y est pas : elle a demandé" in " ".join(text.split())
    assert call("rights", "lift", number, "--why", "vérifié avec elle")[0] == 0
    assert "Traitement limité" not in call("contacts", "show", "agathe@exemple.fr")[1]


def test_a_longer_term_and_an_objection(call, neighbours):
    number = opened(call)["id"]
    code, text = call("rights", "extend", number, "--why", "dossier papier")
    assert code == 0 and "délai prolongé" in text
    told = opened(call, "objection")
    assert "pour toujours" in call("rights", "object", told["id"])[1]
    assert "opposition" in call("contacts", "show", "agathe@exemple.fr")[1]


def test_the_checklist_says_that_somebody_waits_too_long(call, neighbours):
    def line() -> dict:
        return next(one for one in json.loads(call("check", "--json")[1])["lines"] if one["id"] == "rights")

    assert line()["standing"] == "ready"
    opened(call, "access", "agathe@exemple.fr", "--received-at", "2026-01-05")
    assert line()["standing"] == "advised" and "une demande attend" in line()["todo"]


def test_of_a_stranger_an_objection_is_put_in_force_and_no_answer_alone_loses_it(call, neighbours):
    number = opened(call, "objection", "inconnue@exemple.fr", "--via", "post")["id"]
    assert f"gateway rights object {number}" in call("rights", "show", number)[1]
    with pytest.raises(Conflict, match="répondre ne suffit pas"):
        call("rights", "answer", number, "--text", "Nous n’avons rien sur vous.")
    assert call("rights", "object", number)[0] == 0
    erasing = opened(call, "erasure", "autre.inconnue@exemple.fr", "--identity", "par courrier")["id"]
    assert f"gateway rights erase {erasing}" in call("rights", "show", erasing)[1]


def test_a_stranger_is_not_told_that_nothing_is_kept_while_her_objection_is(call, neighbours):
    nothing = opened(call, "access", "inconnue@exemple.fr")["id"]
    assert "Nous n’avons rien sur vous." in call("rights", "show", nothing)[1]
    call("rights", "object", opened(call, "objection", "inconnue@exemple.fr")["id"])
    shown = call("rights", "show", nothing)[1]
    assert "Nous n’avons rien" not in shown and "une empreinte de votre adresse sur notre liste d’opposition" in shown


def test_another_contact_of_her_name_is_named_with_what_to_type(call, tmp_path):
    path = tmp_path / "deux.csv"
    lines = ("agathe@exemple.fr;Agathe;Morin;oui", "a.morin@ailleurs.fr;Agathe;MORIN;oui")
    origin = ["--origin", "web_form", "--label", "site", "--collected-on", "2026-03-15", "--collector", "équipe"]
    evidence = ["--form", "v3", "--wording", "J’accepte.", "--means", "case", "--given-at", "15/03/2026"]
    for line in lines:
        path.write_text(f"courriel;prénom;nom;consentement\n{line}\n", "utf-8")
        assert call("contacts", "import", path, *origin, *evidence, "--declare", "art13-form", "--yes")[0] == 0
    shown = call("rights", "open", "erasure", "agathe@exemple.fr", "--by", "Inès")[1]
    assert "porte le même nom" in shown and "gateway rights open erasure a.morin@ailleurs.fr" in shown
