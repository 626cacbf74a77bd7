"""« Ne plus contacter », written beside a number: an objection is never cut off with the words around an address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.addressing import match_key
from gateway.domain.channel import Medium
from gateway.domain.phone import PhoneNumber
from gateway.flows.collecting.beside import Beside, beside, says_no_by
from gateway.flows.collecting.consenting import NOTHING_TOLD
from gateway.flows.collecting.remarks import NONE, OLD, WORK, restriction
from gateway.store import tables
from gateway.store.engine import reading
from tests.collecting.support import BOX, imported, people, planned
from tests.compliance.builders import shipped


def judge() -> Beside:
    return Beside(shipped().list_words, says_no_by(shipped()))


@pytest.mark.parametrize(
    "remark", ["STOP", "ne plus contacter", "ne pas appeler svp", "désinscrite", "faux numéro", "décédé", "NPAI", "a déménagé"]
)
def test_a_remark_is_judged_as_what_people_write_to_us(remark):
    assert judge().forbids(remark, NOTHING_TOLD)


@pytest.mark.parametrize(
    "remark", ["perso", "(bureau)", "le soir après 18 h", "sa fille Anna", "demander Paul", "vérifié", "Tél :"]
)
def test_ordinary_remarks_forbid_nothing(remark):
    assert not judge().forbids(remark, NOTHING_TOLD)


def test_an_address_that_somebody_noted_as_left_is_not_taken_and_comes_back_with_the_words(gw, tmp_path):
    text = (
        "Courriel;Nom\nlea@exemple.fr (désinscrite);Riou\nMehdi Stop <mehdi@exemple.fr>;Stop\nzoe@exemple.fr - perso;Guen\n"
        "STOP yann@exemple.fr;Abgrall\n"
    )
    plan = planned(gw, tmp_path, text)
    assert (plan.impact.new, people(gw)) == (2, {})
    first = plan.refused_samples[0]
    assert (first.line, first.column, first.code) == (2, "Courriel", "remark")
    assert "« désinscrite » est écrit à côté" in first.says and "liste d’opposition" in first.says


def test_words_after_an_address_without_any_mark_are_read_too(gw, tmp_path):
    """« … ne plus envoyer » is no address with a space in it: whoever corrects it must not lose the words."""
    plan = planned(gw, tmp_path, "Courriel;Nom\nlea@exemple.fr ne plus envoyer;Riou\nyann dupont@exemple.fr;Dupont\n")
    assert [(one.line, one.code) for one in plan.refused_samples] == [(2, "remark"), (3, "space")]
    assert "« ne plus envoyer » est écrit à côté" in plan.refused_samples[0].says
    assert "liste d’opposition" in plan.refused_samples[0].says


def test_a_number_with_such_words_is_left_out_and_the_rest_of_the_line_is_taken(gw, tmp_path):
    text = (
        "Courriel;Portable;Nom\nlea@exemple.fr;06 39 98 12 34 ne plus contacter;Riou\n"
        "mehdi@exemple.fr;06 39 98 12 35 (le soir);Guen\n;06 39 98 12 36 STOP;Abgrall\n"
    )
    plan = planned(gw, tmp_path, text)
    assert plan.impact.new == 2
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(2, "remark")]
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [(4, "Portable", "remark")]


@pytest.mark.parametrize(
    "remark",
    ["ancien", "(ancien numéro)", "Ancienne ligne", "n'est plus valable", "plus attribué", "périmé", "HS", "a changé de numéro"],
)
def test_a_number_that_is_hers_no_more_is_not_taken(remark):
    assert restriction(shipped().list_words, remark, number=True) == OLD


@pytest.mark.parametrize("remark", ["ligne pro", "Pro", "portable professionnel", "(travail)"])
def test_a_number_at_work_is_not_taken_since_others_would_see_the_message(remark):
    assert (
        restriction(shipped().list_words, remark, number=True) == WORK
        and restriction(shipped().list_words, remark, number=False) == NONE
    )


@pytest.mark.parametrize(
    ("remark", "channels"),
    [
        ("SMS uniquement", {Medium.CALL}),
        ("que des textos svp", {Medium.CALL}),
        ("pas de SMS", {Medium.SMS}),
        ("sans SMS ni appel", {Medium.SMS, Medium.CALL}),
        ("appels seulement", {Medium.SMS}),
        ("mail uniquement", {Medium.SMS, Medium.CALL}),
        ("uniquement WhatsApp", {Medium.SMS, Medium.CALL}),
    ],
)
def test_a_restriction_to_some_channels_is_an_objection_to_the_others(remark, channels):
    assert restriction(shipped().list_words, remark, number=True).declined == channels


@pytest.mark.parametrize(
    "remark",
    ["ancien élu", "ancienne collègue", "SMS le soir", "pas de problème", "pas avant 18 h", "membre du bureau", "SMS", "pas sûr"],
)
def test_other_remarks_restrict_nothing(remark):
    assert restriction(shipped().list_words, remark, number=True) == NONE


def test_restrictions_beside_numbers_are_kept_shown_and_never_agree_to_anything(gw, tmp_path):
    text = (
        "Courriel;Portable;Nom;Accord SMS\nlea@exemple.fr;06 39 98 12 34 (SMS uniquement);Riou;oui\n"
        "mehdi@exemple.fr;06 39 98 12 35 pas de SMS;Guen;oui\nzoe@exemple.fr;06 39 98 12 36 (ancien);Abgrall;oui\n"
        "yann@exemple.fr;06 39 98 12 37 ligne pro;Cadiou;\n"
    )
    plan = planned(gw, tmp_path, text, claim=replace(BOX, medium=Medium.SMS))
    assert [(one.line, one.says.split(" : ")[1][:40]) for one in plan.doubt_samples] == [
        (4, "une adresse ou un numéro qui n’est plus "),
        (5, "un message politique y serait vu au trav"),
    ]
    assert [(one.line, one.says) for one in plan.loaded.noted.declined.samples] == [
        (2, "« SMS uniquement » est écrit à côté : gardé, avec une opposition aux appels"),
        (3, "« pas de SMS » est écrit à côté : gardé, avec une opposition aux SMS"),
    ]
    imported(gw, tmp_path, text, claim=replace(BOX, medium=Medium.SMS))
    with reading(gw.engine) as tx:
        listed = tx.execute(select(tables.suppression.c.digest, tables.suppression.c.medium)).all()
        agreed = (
            tx.execute(
                select(tables.address.c.value).where(
                    tables.address.c.contact_id.in_(
                        select(tables.consent.c.contact_id).where(tables.consent.c.state == "granted")
                    ),
                    tables.address.c.medium == "sms",
                )
            )
            .scalars()
            .all()
        )
    number = {name: PhoneNumber.parse(f"063998123{n}").e164 for n, name in ((4, "lea"), (5, "mehdi"))}
    digests = {
        (gw.keys.address_digest(m, match_key(number[who], m)), m) for who, m in (("lea", Medium.CALL), ("mehdi", Medium.SMS))
    }
    assert {(row.digest, row.medium) for row in listed} == digests
    assert agreed == [number["lea"]]


def test_what_stands_beside_an_address_is_what_is_not_the_address():
    assert beside("Mme Riou <Zoe@exemple.fr>", "zoe@exemple.fr") == "Mme Riou"
    assert beside("mailto:zoe@exemple.fr", "zoe@exemple.fr") == "mailto"


@pytest.mark.parametrize("name", ["Anaëlle Le Goff", "ZOÉ Riou", "Jean-François d’Hervé"])
def test_a_name_beside_an_address_is_known_for_one_without_reading_it_as_a_reply(name, monkeypatch):
    monkeypatch.setattr("gateway.flows.collecting.beside.read_reply", None)  # a million names would wait for it
    assert not judge().forbids(name, NOTHING_TOLD)


@pytest.mark.parametrize("remark", ["Marie STOP", "Ne Plus Contacter", "Mehdi Riou (désinscrit)", "Décédée"])
def test_what_is_written_like_a_name_and_says_something_is_read(remark):
    assert judge().forbids(remark, NOTHING_TOLD)
