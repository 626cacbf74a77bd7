"""« Ne plus contacter », written beside a number: an objection is never cut off with the words around an address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.addressing import match_key
from gateway.domain.channel import Medium
from gateway.domain.phone import PhoneNumber
from gateway.flows import suppressing
from gateway.flows.collecting.beside import FORBIDDEN, Beside, beside, hears_by
from gateway.flows.collecting.consenting import NOTHING_TOLD
from gateway.flows.collecting.remarks import NONE, OLD, SOMEBODY_ELSE, WORK, restriction
from gateway.store import tables
from gateway.store.engine import reading
from tests.collecting.support import BOX, imported, planned
from tests.compliance.builders import shipped


def judge() -> Beside:
    return Beside(shipped().list_words, hears_by(shipped()))


def judged(remark):
    return judge().restricts(remark, NOTHING_TOLD, number=True)


@pytest.mark.parametrize(
    ("remark", "declined"),
    [
        ("STOP", set(Medium)),
        ("ne plus contacter", set(Medium)),
        ("ne plus écrire", set(Medium)),
        ("désinscrite", set(Medium)),
        ("ne pas appeler svp", {Medium.CALL}),
    ],
)
def test_a_remark_is_heard_as_what_people_write_to_us(remark, declined):
    assert judged(remark).declined == declined and not judged(remark).why


@pytest.mark.parametrize("remark", ["décédé", "NPAI", "a déménagé", "non"])
def test_a_remark_that_may_mean_so_is_a_person_s_to_settle(remark):
    assert judged(remark) == FORBIDDEN


@pytest.mark.parametrize(
    "remark",
    [
        "perso",
        "(bureau)",
        "le soir après 18 h",
        "demander Paul",
        "mère de Léo",
        "amie de Ginette",
        "chez elle",
        "chez Free",
        "vérifié",
        "Tél :",
        "Mail :",
        "e-mail",
        "Courriel",
    ],
)
def test_ordinary_remarks_forbid_nothing(remark):
    assert judged(remark) == NONE


@pytest.mark.parametrize(
    "remark",
    [
        "(sa fille)",
        "sa fille Anna",
        "chez M. Blin",
        "chez sa mère",
        "chez le voisin d’en face",
        "(mère)",
        "boîte de son mari",
        "tel de son fils",
        "voisine",
        "c’est celui de sa femme",
        "compagne",
        "belle-mère",
        "(petite-fille)",
        "ex-mari",
        "fils Paul",
        "colocataire",
        "tutrice",
        "sa secrétaire",
        "s/c voisin",
        "c/o Mme Blin",
        "aux soins de sa nièce",
        "contact : son fils",
        "répond : sa femme",
        "appartient à son père",
    ],
)
def test_a_number_or_an_address_of_somebody_else_is_not_taken(remark):
    """The daughter got her mother's texts: she had agreed to nothing."""
    assert judged(remark) == SOMEBODY_ELSE
    assert judge().restricts(remark, NOTHING_TOLD, number=False) == SOMEBODY_ELSE


@pytest.mark.parametrize("remark", ["pour urgences", "(en cas d’urgence)", "urgence uniquement"])
def test_a_number_for_emergencies_is_not_one_for_our_messages(remark):
    assert judged(remark) != NONE


@pytest.mark.parametrize("sign", ["❌", "✗", "🚫"])
@pytest.mark.parametrize(
    "line", ["lea@exemple.fr {};06 39 98 12 34", "lea@exemple.fr;06 39 98 12 34 {}", "{} lea@exemple.fr;06 39 98 12 34"]
)
def test_a_cross_beside_an_address_or_a_number_holds_it_until_somebody_reads_it(gw, tmp_path, sign, line):
    """Words alone were listened to, and the cross was cut off the address."""
    claims = (BOX, replace(BOX, medium=Medium.SMS))
    plan = planned(
        gw,
        tmp_path,
        f"Courriel;Portable;consentement;accord sms\n{line.format(sign)};oui;oui\nzoe@exemple.fr;;oui;\n",
        claims=claims,
    )
    held = [(one.line, sign in one.value) for one in plan.refused_samples]
    held += [(one.line, sign in one.value) for one in plan.doubt_samples]
    assert held == [(2, True)]


def test_the_line_is_taken_without_the_number_of_somebody_else(gw, tmp_path):
    text = (
        "Nom;Courriel;Portable;accord sms\nRiou;lea@exemple.fr;06 39 98 12 34 (sa fille);oui\n"
        "Guen;mehdi@exemple.fr (boîte de sa mère);06 39 98 12 35;oui\nAbgrall;;chez M. Blin 06 39 98 12 36;oui\n"
    )
    plan = planned(gw, tmp_path, text, claim=replace(BOX, medium=Medium.SMS))
    assert [(one.line, one.code) for one in plan.refused_samples] == [(3, "remark"), (4, "remark")]
    assert [(one.line, one.code) for one in plan.loaded.noted.doubts.samples] == [(2, "remark")]
    assert plan.loaded.noted.agreed[Medium.SMS] == 1
    imported(gw, tmp_path, text, claim=replace(BOX, medium=Medium.SMS))
    with reading(gw.engine) as tx:
        assert set(tx.execute(select(tables.address.c.value)).scalars()) == {"lea@exemple.fr"}


@pytest.mark.parametrize(
    "cell",
    ["06 39 98 12 34 (ancien)", "06 39 98 12 34 (sa fille)", "06 39 98 12 34 / 06 39 98 12 35", "06 39 98 12 34 faux numéro"],
)
def test_an_objection_is_kept_though_the_one_number_of_its_line_cannot_be_taken(gw, tmp_path, cell):
    """The line came back whole, and whoever was on it was on no list meanwhile."""
    text = f"Nom;Courriel;Portable;Opposition\nRiou;;{cell};oui\nGuen;zoe@exemple.fr;;\n"
    plan = planned(gw, tmp_path, text)
    assert plan.refused_samples == ()
    assert [one.says.partition(" (")[0] for one in plan.doubt_samples] == [
        "de cette ligne l’opposition est retenue, et rien d’autre n’est pris"
    ]
    imported(gw, tmp_path, text)
    numbers = ["0639981234", *(["0639981235"] if "/" in cell else [])]
    assert objections(gw) == {of_number(gw, one, medium) for one in numbers for medium in (Medium.SMS, Medium.CALL)}


@pytest.mark.parametrize("cell", ["lea@exemple.fr (ancien)", "lea@exemple.fr (boîte de son fils)", "lea@exemple.fr HS"])
def test_an_objection_is_kept_though_the_address_of_its_line_cannot_be_taken(gw, tmp_path, cell):
    imported(gw, tmp_path, f"Nom;Courriel;Opposition\nRiou;{cell};oui\nGuen;zoe@exemple.fr;\n")
    assert objections(gw) == {of_mail(gw, "lea@exemple.fr")}


def test_a_number_that_cannot_be_taken_brings_nothing_where_nobody_objects(gw, tmp_path):
    text = "Nom;Courriel;Portable;Opposition\nRiou;;06 39 98 12 34 (ancien);non\nGuen;zoe@exemple.fr;;\n"
    assert [one.line for one in planned(gw, tmp_path, text).refused_samples] == [2]
    imported(gw, tmp_path, text)
    assert objections(gw) == set()


def test_whoever_objects_with_the_number_of_somebody_else_beside_is_protected_there(gw, tmp_path):
    """On a list of oppositions words about whose number it is protect nobody less."""
    path = tmp_path / "oppositions.txt"
    path.write_text("06 39 98 12 34 (sa fille)\nlea@exemple.fr (boîte de sa mère)\n", encoding="utf-8")
    suppressing.import_list(gw, path, by="Claire")
    number = {of_number(gw, "0639981234", medium) for medium in (Medium.SMS, Medium.CALL)}
    assert objections(gw) == {of_mail(gw, "lea@exemple.fr"), *number}


def objections(gw):
    with reading(gw.engine) as tx:
        return {(row.digest, row.medium) for row in tx.execute(select(tables.suppression.c.digest, tables.suppression.c.medium))}


def of_mail(gw, address):
    return (gw.keys.address_digest(Medium.EMAIL, match_key(address, Medium.EMAIL)), Medium.EMAIL)


def of_number(gw, number, medium):
    return (gw.keys.address_digest(medium, match_key(PhoneNumber.parse(number).e164, medium)), medium)


@pytest.mark.parametrize(
    "cell",
    [
        "jean@exemple.fr (désinscrit)",
        "jean@exemple.fr STOP",
        "STOP jean@exemple.fr",
        "ne plus écrire jean@exemple.fr",
        "jean@exemple.fr - ne plus envoyer svp",
        "jean@exemple.fr ne veut plus rien recevoir",
        "JEAN@exemple.fr; stop",
    ],
)
def test_an_objection_written_beside_an_address_is_recorded_and_said(gw, tmp_path, cell):
    """Whoever corrects a line that came back would lose it, and the address is on no list meanwhile."""
    text = f'Courriel;Nom\n"{cell}";Riou\nMehdi Stop <mehdi@exemple.fr>;Stop\n'
    plan = planned(gw, tmp_path, text)
    assert plan.refused_samples == ()
    (said,) = plan.loaded.noted.declined.samples
    assert said.line == 2 and "est écrit à côté : retenu comme une opposition à tout message" in said.says
    imported(gw, tmp_path, text)
    assert objections(gw) == {of_mail(gw, "jean@exemple.fr")}


def test_a_doubt_beside_an_address_comes_back_with_the_words(gw, tmp_path):
    """« … a déménagé » is no address with a space in it: whoever corrects it must not lose the words."""
    text = "Courriel;Nom\nlea@exemple.fr a déménagé;Riou\nyann dupont@exemple.fr;Dupont\n"
    plan = planned(gw, tmp_path, text)
    assert [(one.line, one.code) for one in plan.refused_samples] == [(2, "remark"), (3, "space")]
    assert "« a déménagé » est écrit à côté" in plan.refused_samples[0].says
    assert "liste d’opposition" in plan.refused_samples[0].says


def test_an_objection_beside_a_number_holds_for_the_whole_line(gw, tmp_path):
    text = (
        "Courriel;Portable;Nom\nlea@exemple.fr;06 39 98 12 34 ne plus contacter;Riou\n"
        "mehdi@exemple.fr;06 39 98 12 35 (le soir);Guen\n;06 39 98 12 36 STOP;Abgrall\n"
        "yann@@exemple.fr;06 39 98 12 37 STOP;Le Gall\n"
    )
    plan = planned(gw, tmp_path, text)
    assert plan.refused_samples == ()
    assert [one.line for one in plan.loaded.noted.declined.samples] == [2, 4, 5]
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(5, "left_out")]
    imported(gw, tmp_path, text)
    expected = {of_mail(gw, "lea@exemple.fr")}
    for number in ("0639981234", "0639981236", "0639981237"):
        expected |= {of_number(gw, number, medium) for medium in (Medium.SMS, Medium.CALL)}
    assert objections(gw) == expected


def test_a_doubt_beside_a_number_leaves_the_number_out_and_takes_the_rest_of_the_line(gw, tmp_path):
    text = "Courriel;Portable;Nom\nlea@exemple.fr;06 39 98 12 34 faux numéro;Riou\n;06 39 98 12 36 faux numéro;Abgrall\n"
    plan = planned(gw, tmp_path, text)
    assert plan.impact.new == 1
    assert [(one.line, one.code) for one in plan.doubt_samples] == [(2, "remark")]
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [(3, "Portable", "remark")]


def test_a_list_of_objections_is_read_with_the_words_beside_its_addresses(gw, tmp_path):
    path = tmp_path / "stop.csv"
    path.write_text("Courriel\njean@exemple.fr STOP\nne plus écrire lea@exemple.fr\nyann dupont@exemple.fr\n")
    report = suppressing.import_list(gw, path, by="Claire")
    assert [(one.line, one.code) for one in report.refused_samples] == [(4, "space")]
    assert objections(gw) == {of_mail(gw, "jean@exemple.fr"), of_mail(gw, "lea@exemple.fr")}


@pytest.mark.parametrize(
    "remark",
    [
        "ancien",
        "(ancien numéro)",
        "Ancienne ligne",
        "n'est plus valable",
        "plus attribué",
        "(non attribué)",
        "périmé",
        "HS",
        "a changé de numéro",
        "faux numéro",
        "mauvais n°",
    ],
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
    assert judged(name) == NONE


@pytest.mark.parametrize("remark", ["Marie STOP", "Ne Plus Contacter", "Mehdi Riou (désinscrit)", "Décédée"])
def test_what_is_written_like_a_name_and_says_something_is_read(remark):
    assert judged(remark) != NONE
