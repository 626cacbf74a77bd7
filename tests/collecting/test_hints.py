"""Addresses that deserve a look: slips of the finger, boxes of several people, boxes of an hour. Taken all the same."""

from __future__ import annotations

import pytest

from gateway.compliance.mailboxes import HintKind, Mailboxes
from gateway.domain.address import EmailAddress
from tests.collecting.support import imported, people, planned
from tests.compliance.builders import shipped


def hint(address: str) -> tuple[HintKind, str] | None:
    local, _, domain = address.partition("@")
    found = shipped().mailboxes.hint(local, domain)
    return (found.kind, found.likely) if found else None


@pytest.mark.parametrize(
    ("domain", "likely"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("hotmal.fr", "hotmail.fr"),
        ("hotnail.com", "hotmail.com"),
        ("orange.f", "orange.fr"),
        ("ornage.fr", "orange.fr"),
        ("orange.frr", "orange.fr"),
        ("wanadou.fr", "wanadoo.fr"),
        ("yhaoo.fr", "yahoo.fr"),
        ("outlok.fr", "outlook.fr"),
        ("laposte.ner", "laposte.net"),
        ("iclod.com", "icloud.com"),
        ("hotmail.co", "hotmail.com"),
        ("ffree.fr", "free.fr"),
        ("gmail.com.fr", "gmail.com"),
        ("laposte.nt", "laposte.net"),
        ("liv.fr", "live.fr"),
        ("bboxx.fr", "bbox.fr"),
        ("orange.fr.fr", "orange.fr"),
        ("laposte.met", "laposte.net"),
        ("googlemail.fr", "gmail.com"),
        ("asso-du-port.con", "asso-du-port.com"),
    ],
)
def test_a_slip_of_the_finger_is_pointed_out_with_the_domain_that_was_meant(domain, likely):
    assert shipped().mailboxes.likely_domain(domain) == likely


@pytest.mark.parametrize(
    "address",
    [
        "marie@gmail.com",
        "m@mail.com",
        "m@gmx.fr",
        "m@hotmail.be",
        "m@tree.fr",
        "m@univ-brest.fr",
        "m@bretagne.bzh",
        "m@free.fr",
        "m@proton.me",
        "m@orano.group",
        "m@sncf.fr",
        "m@brest-metropole.fr",
        "lecontact@free.fr",
        "infantin@free.fr",
        "m@live.com",
        "m@email.com",
        "m@hotmail.co.uk",
        "m@coquelicot.co",
        "m@nemail.bzh",
    ],
)
def test_ordinary_addresses_raise_no_doubt(address):
    assert hint(address) is None


@pytest.mark.parametrize(
    "local", ["contact", "Mairie", "info", "adhesions", "mairie.guipavas", "contact-brest", "ne-pas-repondre", "accueil29"]
)
def test_boxes_of_several_people_are_pointed_out(local):
    assert hint(f"{local}@exemple.fr") == (HintKind.ROLE, "")


@pytest.mark.parametrize("domain", ["yopmail.com", "jetable.org", "boite.yopmail.com", "tempmail.plus", "yopmail.gq"])
def test_boxes_of_an_hour_are_pointed_out(domain):
    assert hint(f"marie@{domain}") == (HintKind.THROWAWAY, "")


@pytest.mark.parametrize(
    "address", ["test@exemple.fr", "pasdemail@gmail.com", "Pas.De.Mail@orange.fr", "xxx@xxx.fr", "aucun2@free.fr"]
)
def test_addresses_written_to_fill_a_box_are_pointed_out(address):
    assert hint(address) == (HintKind.MADE_UP, "")


@pytest.mark.parametrize("address", ["testard@exemple.fr", "anne.essai@exemple.fr", "x@exemple.fr", "abcouture@exemple.fr"])
def test_addresses_that_only_resemble_those_are_not(address):
    assert hint(address) is None


def test_a_pack_without_lists_knows_nothing():
    assert Mailboxes().hint("contact", "gmial.con") is None and Mailboxes().likely_domain("gmial.com") is None


def test_every_address_of_the_lists_is_one():
    mailboxes = shipped().mailboxes
    for domain in mailboxes.providers | mailboxes.throwaway | set(mailboxes.slips.values()):
        assert EmailAddress.parse(f"a@{domain}").domain == domain
    assert not set(mailboxes.slips) & mailboxes.providers


def test_doubtful_addresses_are_taken_shown_and_counted(gw, tmp_path):
    text = "courriel\na@gmial.com\ncontact@exemple.fr\nz@yopmail.com\nb@exemple.fr\n"
    noted = planned(gw, tmp_path, text).loaded.noted.hints
    assert noted.by_code == {"typo": 1, "role": 1, "throwaway": 1}
    assert next((one.line, one.says) for one in noted.samples) == (2, "faute de frappe ? sans doute gmail.com")
    imported(gw, tmp_path, text)
    assert len(people(gw)) == 4


def test_an_address_that_no_registry_would_take_is_refused_with_the_one_that_was_meant(gw, tmp_path):
    [refused] = planned(gw, tmp_path, "courriel\nmarie@orange\nb@exemple.fr\n").refused_samples
    assert refused.says.endswith(" ; sans doute orange.fr")
