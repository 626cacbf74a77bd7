"""Whoever said no at one address is not reached at another one that a file brings, in whatever order files and objection come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.channel import Medium
from gateway.flows import suppressing
from gateway.flows.collecting import write_import
from gateway.flows.gateway import Gateway
from gateway.store import opposition, suppressions, tables
from gateway.store.engine import reading
from gateway.store.folding import two_people
from tests.collecting.support import BOX, at_work, brought, imported, planned
from tests.sending.support import RecordingChannel, digest, journal_of, newsletter, objects, run

FIRST = "courriel;portable;nom;consentement\na@exemple.fr;0639981234;Riou;\n"
SECOND = "courriel;portable;nom;consentement\nb@exemple.fr;0639981234;Riou;oui\n"
ALONE = "courriel;nom;consentement\nb@exemple.fr;Riou;oui\n"


def says_stop(gw: Gateway, medium: Medium | None = Medium.EMAIL) -> None:
    objects(gw, "a@exemple.fr", medium)


def written_to(gw: Gateway) -> list[str]:
    newsletter(gw)
    run(gw)
    channel = gw.channels[Medium.EMAIL]
    assert isinstance(channel, RecordingChannel)
    return channel.recipients


def held(gw: Gateway) -> set[str]:
    with reading(gw.engine) as tx:
        return set(tx.execute(select(tables.address.c.value)).scalars())


def test_a_file_that_knows_another_address_of_hers_does_not_turn_her_objection_round(gw, tmp_path):
    """RGPD 21(3): she had never agreed to emails, so no withdrawal kept the file's « oui » away; her number told who she is."""
    imported(gw, tmp_path, FIRST)
    says_stop(gw)
    report = imported(gw, tmp_path, SECOND, claim=BOX)
    assert (report.impact.partial, report.impact.granted) == (1, 0)
    assert held(gw) == {"a@exemple.fr", "+33639981234"} and written_to(gw) == []
    with reading(gw.engine) as tx:
        at = gw.clock.now()
        assert suppressions.present(tx, [digest(gw, "b@exemple.fr")], Medium.EMAIL, at), "she objects, not her address"
        assert not suppressions.present(tx, [digest(gw, "b@exemple.fr")], Medium.SMS, at)
    (_, told) = journal_of(gw, "objection")
    assert (told["cause"], told["medium"], told["digest"]) == ("imported_list", "email", digest(gw, "b@exemple.fr").hex())


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
def test_in_every_order_of_objection_and_files_nobody_is_written_to(gw, tmp_path, order):
    """Not even by a last file that has the other address alone: by then it is on the list."""
    acts = (
        lambda: imported(gw, tmp_path, FIRST),
        lambda: says_stop(gw),
        lambda: imported(gw, tmp_path, SECOND, claim=BOX),
    )
    for number in order:
        acts[number]()
    imported(gw, tmp_path, ALONE, claim=BOX)
    assert written_to(gw) == []


def test_who_is_unknown_and_objected_at_one_of_two_addresses_of_a_file_gets_nothing_at_the_other(gw, tmp_path):
    says_stop(gw)
    lines = "a@exemple.fr;0639981234;Riou;oui\nb@exemple.fr;0639981234;Riou;oui\n"
    imported(gw, tmp_path, "courriel;portable;nom;consentement\n" + lines, claim=BOX)
    assert held(gw) == {"+33639981234"} and written_to(gw) == []


def test_an_objection_to_everything_keeps_every_address_of_hers_out(gw, tmp_path):
    imported(gw, tmp_path, FIRST)
    says_stop(gw, None)
    assert imported(gw, tmp_path, SECOND, claim=BOX).impact.objected == 1
    assert held(gw) == {"a@exemple.fr", "+33639981234"}


def test_a_household_s_other_member_is_not_taken_for_her(gw, tmp_path):
    """Another name at the same number: the number is doubtful, and her objection is not his."""
    imported(gw, tmp_path, FIRST)
    says_stop(gw)
    imported(gw, tmp_path, SECOND.replace("Riou", "Martin"), claim=BOX)
    assert written_to(gw) == ["b@exemple.fr"]


def test_who_objects_by_two_lines_at_two_addresses_of_hers_withdraws_once(gw, tmp_path):
    imported(gw, tmp_path, FIRST)
    imported(gw, tmp_path, SECOND, claim=BOX)
    assert held(gw) == {"a@exemple.fr", "b@exemple.fr", "+33639981234"}
    report = imported(gw, tmp_path, "courriel;consentement\na@exemple.fr;stop\nb@exemple.fr;stop\n", claim=BOX)
    assert report.impact.objects == 2
    assert [told["act"] for told in journal_of(gw, "consent")] == ["granted", "withdrawn"]
    assert written_to(gw) == []


COUPLE = "prénom;nom;courriel;portable;désinscrit\nSamir;Kaci;a@exemple.fr;0639981234;\n"


@pytest.mark.parametrize("her", ["Leïla;Benhamou;b@exemple.fr;0639981234;oui", "Leïla;Benhamou;;0639981234;oui"])
@pytest.mark.parametrize("later", [False, True])
def test_whoever_of_a_household_says_no_its_number_is_left_alone(gw, tmp_path, her, later):
    """The number stayed with the first name, and her objection went with the line it was taken from."""
    if later:
        imported(gw, tmp_path, COUPLE)
        imported(gw, tmp_path, f"{COUPLE.splitlines()[0]}\n{her}\n")
    else:
        imported(gw, tmp_path, f"{COUPLE}{her}\n")
    number = {medium: gw.keys.address_digest(medium, "+33639981234") for medium in (Medium.SMS, Medium.CALL)}
    with reading(gw.engine) as tx:
        at = gw.clock.now()
        assert all(suppressions.present(tx, [one], medium, at) for medium, one in number.items())


HIS = "prénom;nom;courriel;portable;consentement;consentement sms\nMichel;Aubert;a@exemple.fr;0639981234;{};oui\n"
HERS = "Danièle;Aubert;a@exemple.fr;0639981235;{};\n"


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(("his", "hers", "stands"), [("", "oui", None), ("oui", "", "granted"), ("oui", "non", "refused")])
def test_two_first_names_at_one_address_are_two_people_and_neither_agrees_for_the_other(gw, tmp_path, later, his, hers, stands):
    """Her number got his texts, and her yes to letters was filed as his."""
    claims = (BOX, replace(BOX, medium=Medium.SMS))
    his, hers = HIS.format(his), HERS.format(hers)
    if later:
        imported(gw, tmp_path, his, claims=claims)
        plan = planned(gw, tmp_path, his.splitlines()[0] + "\n" + hers, claims=claims)
    else:
        plan = planned(gw, tmp_path, his + hers, claims=claims)
    write_import(gw, plan)
    with reading(gw.engine) as tx:
        a, c, k = tables.address.c, tables.contact.c, tables.consent.c
        owners = dict(tx.execute(select(a.value, c.given_name).join(tables.contact, c.id == a.contact_id)).all())
        said = select(c.given_name, k.medium, k.state).join(tables.contact, c.id == k.contact_id)
        agreed = {(name, medium.value): state.value for name, medium, state in tx.execute(said)}
    assert agreed.pop(("Michel", "email"), None) == stands
    assert {one for one, state in agreed.items() if state == "granted"} == {("Michel", "sms")}
    if later and stands == "refused":  # of a no, nobody asks whose it is
        assert owners == {"a@exemple.fr": "Michel", "+33639981234": "Michel"}
        assert plan.doubts == {"shared_number": 1}
    else:
        assert owners == {"a@exemple.fr": "Michel", "+33639981234": "Michel", "+33639981235": "Danièle"}
        assert plan.doubts == {"shared_address": 1}


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        (("Aubert", "Michel"), ("Aubert", "Danièle"), True),
        (("Kaci", "Samir"), ("Benhamou", "Leïla"), True),
        (("Nowak", "Anna"), ("Girard", "Anna"), False),  # she married
        (("Aubert", "Marie-Jo"), ("Aubert", "Marie"), False),
        (("Aubert", "J."), ("Aubert", "Jeanne"), False),
        (("Aubert", "Jo"), ("Aubert", "Joséphine"), False),
        (("Aubert", "Mathieu"), ("Aubert", "Matthieu"), False),
        (("Aubert", "Zoé"), ("Zoé", "Aubert"), False),  # names changed over
        (("Aubert", ""), ("Aubert", "Zoé"), False),
        (("Aubert", "Michel et Danièle"), ("Aubert", "Danièle"), False),
    ],
)
def test_a_first_name_that_is_another_one_is_another_person_at_the_same_address(one, other, two):
    assert two_people(one, other) is two and two_people(other, one) is two


def test_a_list_brought_in_again_is_not_looked_through_once_for_each_person_who_left(postgresql_url, tmp_path, monkeypatch):
    """12,000 lines of which 2,400 had left took PostgreSQL a minute, during which whoever said stop by another way waited."""
    lines = [f"p{number}@exemple.fr;Riou" for number in range(1_500)]
    text = "\n".join(("courriel;nom", *lines, ""))
    stage, looked_at = opposition.stage_objections, []

    def counted(tx):
        rows = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        return int(tx.exec_driver_sql(rows).scalar_one())

    def counting(tx, part):
        before = counted(tx)
        staged = stage(tx, part)
        looked_at.append(counted(tx) - before)
        return staged

    with at_work(postgresql_url, tmp_path / "var") as gw:
        imported(gw, tmp_path, text)
        suppressing.import_list(gw, brought(tmp_path, "\n".join(lines[::5]), name="partis.csv"), by="claire")
        monkeypatch.setattr(opposition, "stage_objections", counting)
        assert imported(gw, tmp_path, text).impact.objected == 300
    assert looked_at and max(looked_at) < 20 * len(lines)
