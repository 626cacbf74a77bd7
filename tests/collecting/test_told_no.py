"""An objection that a file tells is never lost: by one channel, in a remark, in words of a column that nobody knows."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput
from gateway.domain.phone import PhoneNumber
from gateway.flows import suppressing
from gateway.flows.collecting import loading, plan_import, write_import
from gateway.flows.collecting.cells import UnreadableCell
from gateway.flows.collecting.headings import Field, field_named, is_remark, meaning
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.mapping import proposals
from gateway.flows.collecting.noting import declined_by, tells_objection
from gateway.flows.collecting.objecting import EVERY_CHANNEL
from gateway.flows.collecting.proposed import Sureness
from gateway.store import suppressions, tables
from gateway.store.engine import reading
from gateway.store.staging import set_down
from tests.collecting.support import BOX, asked, brought, imported, planned
from tests.compliance.builders import shipped

ZOE, NUMBER = "zoe@exemple.fr", "+33639981234"


def objects(gw, address: str, medium: Medium) -> bool:
    key = EmailAddress.parse(address).match_key if medium is Medium.EMAIL else PhoneNumber.parse(address).match_key
    with reading(gw.engine) as tx:
        return suppressions.stands(tx, gw.keys.address_digest(medium, key), medium, gw.clock.now())


def reached_at(gw) -> set[tuple[str, str]]:
    with reading(gw.engine) as tx:
        return {(str(row.medium), row.value) for row in tx.execute(select(tables.address.c.medium, tables.address.c.value))}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("SMS_BLACKLISTED", Field.OBJECTION_SMS),
        ("Pas de SMS", Field.OBJECTION_SMS),
        ("Do Not Email", Field.OBJECTION_EMAIL),
        ("No Bulk Emails (User Opt Out)", Field.OBJECTION_EMAIL),
        ("Email Opt Out", Field.OBJECTION_EMAIL),
        ("HasOptedOutOfEmail", Field.OBJECTION_EMAIL),
        ("donotbulkemail", Field.OBJECTION_EMAIL),
        ("Do Not Phone", Field.OBJECTION_CALL),
        ("Do Not Sms", Field.OBJECTION_SMS),
        ("do_not_call", Field.OBJECTION_CALL),
        ("Ne pas appeler", Field.OBJECTION_CALL),
        ("Ne plus contacter", Field.OBJECTION),
        ("CLEAN_TIME", Field.DEAD_EMAIL),
        ("Bounced", Field.DEAD_EMAIL),
    ],
)
def test_headings_of_refusals_say_which_channel(heading, field):
    assert meaning(heading) is field


def test_who_wants_no_calls_is_not_called_and_goes_on_getting_what_she_agreed_to(gw, tmp_path):
    text = f"courriel;portable;nom;consentement;Ne pas appeler\n{ZOE};0639981234;Riou;oui;x\n"
    report = imported(gw, tmp_path, text, claim=BOX)
    assert (report.impact.new, report.impact.granted, report.impact.objects) == (1, 1, 1)
    assert reached_at(gw) == {("email", ZOE), ("sms", NUMBER)}
    assert objects(gw, NUMBER, Medium.CALL) and not objects(gw, NUMBER, Medium.SMS) and not objects(gw, ZOE, Medium.EMAIL)


def test_who_wants_no_email_in_a_tool_that_asks_by_channel_is_still_reached_by_text(gw, tmp_path):
    text = f"Email;Phone;Last Name;Do Not Email;Do Not Phone;Do Not Sms;Do Not Mail\n{ZOE};0639981234;Riou;Yes;No;No;Yes\n"
    report = imported(gw, tmp_path, text)
    assert report.impact.objects == 1 and objects(gw, ZOE, Medium.EMAIL)
    assert not objects(gw, NUMBER, Medium.SMS) and not objects(gw, NUMBER, Medium.CALL)


@pytest.mark.parametrize("heading", ["Do Not Mail", "Do Not Trade", "Do not allow Mails", "DoNotPostalMail", "Fax Opt Out"])
def test_who_wants_nothing_by_post_has_said_nothing_of_our_channels(gw, tmp_path, heading):
    assert likely(heading) is None
    assert imported(gw, tmp_path, f"courriel;nom;{heading}\n{ZOE};Riou;Yes\n").impact.objects == 0


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("Décédé", "oui"), ("Décédée le", "02/11/2025"), ("is_deceased", "true"), ("Date de décès", "2026-01-09"), ("DCD", "x")],
)
def test_nobody_writes_to_the_dead(gw, tmp_path, heading, cell):
    """Whoever reads her mail is in mourning: kept out as whoever objects, at every address that is known of her."""
    imported(gw, tmp_path, f"courriel;portable;nom;{heading}\n{ZOE};0639981234;Riou;{cell}\nlea@exemple.fr;;Guen;\n")
    assert objects(gw, ZOE, Medium.EMAIL) and objects(gw, NUMBER, Medium.SMS) and objects(gw, NUMBER, Medium.CALL)
    assert reached_at(gw) == {("email", "lea@exemple.fr")}


def test_who_stopped_mails_in_a_list_that_asks_of_texts_too_still_gets_texts(gw, tmp_path):
    text = f"courriel;portable;nom;Stop mail;Stop SMS\n{ZOE};0639981234;Riou;x;\nlea@exemple.fr;0639985678;Guen;;x\n"
    imported(gw, tmp_path, text)
    assert objects(gw, ZOE, Medium.EMAIL) and not objects(gw, NUMBER, Medium.SMS)
    assert objects(gw, "+33639985678", Medium.SMS) and not objects(gw, "lea@exemple.fr", Medium.EMAIL)


def test_a_status_by_channel_is_proposed_as_a_no_to_that_channel():
    rows = [
        ["zoe@exemple.fr", "0639981234", "unsubscribed", "subscribed"],
        ["lea@exemple.fr", "0639985678", "subscribed", "subscribed"],
    ]
    headings = ["email", "phone", "SMS status", "Call list status"]
    found = proposals(headings, rows, date(2026, 3, 15), words=shipped().list_words, said={})
    assert [one.field for one in found][2:] == [Field.OBJECTION_SMS, Field.OBJECTION_CALL]
    (mail, text) = proposals(
        ["Désabonné de l’e-mailing", "Pas de SMS"], [["oui", ""]], date(2026, 3, 15), words=shipped().list_words, said={}
    )
    assert (mail.field, text.field) == (Field.OBJECTION_EMAIL, Field.OBJECTION_SMS)


@pytest.mark.parametrize("name", ["Désinscrits mai.csv", "registre_opposition.csv", "liste-noire.csv", "STOP reçus.csv"])
def test_a_file_called_after_those_who_object_brings_nobody_in(gw, tmp_path, name):
    """Its columns say who, and when somebody heard of it; that they object is said by its name alone."""
    path = brought(tmp_path, f"courriel;nom;Reçu le;Canal\n{ZOE};Riou;03/02/2026;tous\n", name=name)
    with pytest.raises(InvalidInput, match="gateway suppressions import"):
        plan_import(gw, asked(path))
    assert plan_import(gw, asked(path, mapping={"Canal": Field.OBJECTION})).impact.objects == 1


@pytest.mark.parametrize(
    "name", ["contacts hors désinscrits.csv", "liste sans les stop.csv", "non-stop danse.csv", "arrêts de bus.csv"]
)
def test_a_file_of_all_the_others_comes_in(gw, tmp_path, name):
    assert plan_import(gw, asked(brought(tmp_path, f"courriel;nom\n{ZOE};Riou\n", name=name))).impact.new == 1


def test_no_mail_as_the_french_write_it_is_an_objection():
    assert likely("No mail") is Field.OBJECTION and likely("Plus de mail") is Field.OBJECTION


def test_who_objects_in_a_file_without_her_number_is_not_written_to_there_either(gw, tmp_path):
    """RGPD 21(3): « ne plus contacter » is about her, not about the address that this list has of her."""
    imported(gw, tmp_path, f"courriel;portable;nom\n{ZOE};0639981234;Riou\n")
    imported(gw, tmp_path, f"courriel;nom;Ne plus contacter\n{ZOE};Riou;oui\n")
    assert objects(gw, ZOE, Medium.EMAIL) and objects(gw, NUMBER, Medium.SMS) and objects(gw, NUMBER, Medium.CALL)


@pytest.mark.parametrize(
    ("remark", "declined"),
    [
        ("ne souhaite plus être contactée", EVERY_CHANNEL),
        ("désinscrite le 3/4", EVERY_CHANNEL),
        ("ne veut plus recevoir de mails", {Medium.EMAIL}),
        ("ne plus appeler svp", {Medium.CALL}),
        ("pas de sms ni d’appels", {Medium.SMS, Medium.CALL}),
        ("refuse les SMS", {Medium.SMS}),
        ("Refuse les appels et les textos", {Medium.SMS, Medium.CALL}),
        ("a refusé la newsletter", {Medium.EMAIL}),
        ("SMS refusés", {Medium.SMS}),
        ("mail oui, sms non", {Medium.SMS}),
        ("plus de SMS svp, mail ok", {Medium.SMS}),
        ("mails ok mais plus d’appels", {Medium.CALL}),
        ("tél. seulement", {Medium.EMAIL, Medium.SMS}),  # its full stop ends nothing
        ("uniquement par courriel", {Medium.SMS, Medium.CALL}),
        ("ne souhaite être contactée que par courrier", EVERY_CHANNEL),
        ("joindre par mail exclusivement", {Medium.SMS, Medium.CALL}),
        ("opposition reçue par courrier", EVERY_CHANNEL),
        ("a demandé sa radiation", EVERY_CHANNEL),
        ("ne plus inviter", EVERY_CHANNEL),
        ("pas joignable le matin", set()),
        ("ne pas oublier de l’inviter", set()),
        ("accepte les SMS", set()),
        ("refuse de voter", set()),
        ("très aimable, rappeler lundi", set()),
        ("membre du CA depuis 2019", set()),
        ("non", set()),  # to whatever was asked
        ("en a assez, le laisser tranquille", EVERY_CHANNEL),
        ("à ne pas contacter pour les élections", EVERY_CHANNEL),
        ("DCD en février", EVERY_CHANNEL),
        ("† 03/2024", EVERY_CHANNEL),
        ("décédée le 4 mai 2025", EVERY_CHANNEL),
        ("plus de courriels, textos ok", {Medium.EMAIL}),
        ("mail seulement, surtout pas de SMS", {Medium.SMS, Medium.CALL}),
        ("n’appeler qu’en cas d’urgence", {Medium.CALL}),
        ("Ne pas appeler sauf urgence", {Medium.CALL}),
        ("SMS seulement en cas d’urgence", {Medium.SMS}),
        ("ne contacter qu’en cas de nécessité", EVERY_CHANNEL),
        ("uniquement en cas d’urgence", EVERY_CHANNEL),
        ("en cas d’urgence appeler sa fille", set()),
        ("pas d’urgence pour la rappeler", set()),
        ("n’hésitez pas à appeler en cas de besoin", set()),
        ("mort de rire à la réunion", set()),
        ("décès de sa mère, rappeler en juin", set()),
    ],
)
def test_a_remark_is_read_as_what_people_write_to_us_for_the_channels_it_names(remark, declined):
    assert declined_by(shipped())(remark) == declined


def test_a_doubtful_remark_comes_back(gw, tmp_path):
    with pytest.raises(UnreadableCell, match="liste d’opposition"):
        declined_by(shipped())("demande suppression RGPD")
    plan = planned(gw, tmp_path, f"courriel;nom;Notes de Claire\n{ZOE};Riou;demande suppression RGPD\n")
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [(2, "Notes de Claire", "remark")]


@pytest.mark.parametrize("heading", ["Remarques", "OBSERVATIONS", "Commentaire interne", "notes", "Divers", "Info"])
def test_remarks_are_read_even_where_the_column_is_left_out_and_nothing_of_them_is_kept(gw, tmp_path, heading):
    text = f"courriel;nom;{heading}\n{ZOE};Riou;ne plus contacter\nlea@exemple.fr;Guen;sympathique\n"
    path = brought(tmp_path, text)
    plan = plan_import(gw, asked(path, mapping={heading: None}))
    assert is_remark(heading) and (plan.impact.new, plan.impact.objects) == (1, 1)
    assert plan.loaded.columns.ignored == (heading,)


@pytest.mark.parametrize("word", ["remarque", "Remarques", "remark", "notes"])
def test_a_column_may_be_said_to_hold_remarks_in_the_word_that_is_suggested(word):
    assert field_named(word) is Field.REMARK


def test_a_sentence_of_objection_in_a_column_of_which_nothing_is_known_is_never_overlooked(gw, tmp_path):
    path = brought(tmp_path, f"courriel;nom;Dernier échange\n{ZOE};Riou;ne veut plus rien recevoir\n")
    with pytest.raises(InvalidInput, match='--map "Dernier échange=remarque"'):
        plan_import(gw, asked(path))
    assert plan_import(gw, asked(path, mapping={"Dernier échange": Field.REMARK})).impact.objects == 1
    left_out = plan_import(gw, asked(path, mapping={"Dernier échange": None}))
    assert (left_out.impact.new, left_out.impact.objects) == (0, 1), (
        "whoever left the column out spoke of what to keep, not of her"
    )
    assert [(one.line, one.column, one.code) for one in left_out.loaded.noted.declined.samples] == [
        (2, "Dernier échange", "left_out")
    ]


@pytest.mark.parametrize(
    "cell", ["refus", "non", "pas le mardi", "sans gluten", "à jour", "pas de voiture", "ne vient plus aux réunions"]
)
def test_what_answers_another_question_stops_no_file(cell):
    assert not tells_objection(shipped())(cell)


def test_an_address_that_a_tool_found_dead_is_not_taken_and_the_rest_of_the_line_is(gw, tmp_path):
    text = (
        f"courriel;portable;nom;Bounced;Désinscrit\n{ZOE};0639981234;Riou;true;\nlea@exemple.fr;;Guen;01/02/2026;\n"
        "mehdi@exemple.fr;;Abgrall;false;\nyann@exemple.fr;;Le Goff;true;oui\n"
    )
    report = imported(gw, tmp_path, text)
    assert {value for _, value in reached_at(gw)} == {NUMBER, "mehdi@exemple.fr"}
    assert (report.refused, report.impact.objects) == ({"dead": 1}, 1)
    assert objects(gw, "yann@exemple.fr", Medium.EMAIL), "a dead address whose holder objected stays on the list"


def test_addresses_that_a_status_calls_dead_are_proposed_as_such_and_then_not_taken(gw, tmp_path):
    text = (
        f"courriel;portable;nom;État\n{ZOE};0639981234;Riou;NPAI\nlea@exemple.fr;;Guen;invalide\n"
        "mehdi@exemple.fr;;Abgrall;actif\nyann@exemple.fr;;Le Goff;\n"
    )
    rows = [line.split(";") for line in text.splitlines()]
    found = proposals(rows[0], rows[1:], date(2027, 1, 5), words=shipped().list_words, said={})
    assert [(one.field, one.sureness) for one in found if one.label == "État"] == [(Field.DEAD_EMAIL, Sureness.HINT)]
    report = imported(gw, tmp_path, text, mapping={"État": Field.DEAD_EMAIL})
    assert {value for _, value in reached_at(gw)} == {NUMBER, "mehdi@exemple.fr", "yann@exemple.fr"}
    assert report.refused == {"dead": 1}


def test_whoever_unsubscribed_is_not_lost_among_dead_addresses(gw, tmp_path):
    text = f"courriel;Bounced\n{ZOE};unsubscribed\nlea@exemple.fr;bounced\nmehdi@exemple.fr;\n"
    report = imported(gw, tmp_path, text)
    assert (report.refused, report.impact.objects) == ({"dead": 1}, 1)
    assert objects(gw, ZOE, Medium.EMAIL) and not objects(gw, "lea@exemple.fr", Medium.EMAIL)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Do not allow Bulk Emails", Field.OBJECTION_EMAIL),
        ("Do not allow Phone Calls", Field.OBJECTION_CALL),
        ("Do not allow Mails", None),
        ("Do not allow Faxes", None),
        ("Ne pas autoriser les e-mails en nombre", Field.OBJECTION),
        ("Ne pas autoriser les appels téléphoniques", Field.OBJECTION_CALL),
        ("Ne pas autoriser les télécopies", None),
        ("Ne pas autoriser le courrier", None),
    ],
)
def test_columns_by_which_a_tool_allows_and_does_not_allow_are_told_apart(heading, field):
    assert likely(heading) is field


def test_a_column_that_allows_and_does_not_allow_stops_the_file_until_somebody_says_what_it_is(gw, tmp_path):
    text = f"courriel;consentement;Do not allow Bulk Emails;Do not allow Faxes\n{ZOE};oui;Do Not Allow;Do Not Allow\n"
    text += "lea@exemple.fr;oui;Allow;Do Not Allow\nmehdi@exemple.fr;Do Not Allow;Allow;Allow\n"
    with pytest.raises(InvalidInput, match="Do not allow Bulk Emails=opposition courriels"):
        planned(gw, tmp_path, text, claim=BOX)
    report = imported(gw, tmp_path, text, claim=BOX, mapping={"Do not allow Bulk Emails": Field.OBJECTION_EMAIL})
    assert (report.impact.granted, report.impact.objects) == (1, 1)
    assert objects(gw, ZOE, Medium.EMAIL)
    assert not objects(gw, "lea@exemple.fr", Medium.EMAIL)


@pytest.mark.parametrize(
    ("heading", "cell", "declined"),
    [
        ("Désinscrit", "oui", set(Medium)),
        ("Désinscrit le", "12/03/25", set(Medium)),
        ("SMS_BLACKLISTED", "true", {Medium.SMS}),
        ("Situation", "Désabonnée", set(Medium)),
        ("Contacté par", "refuse les appels", {Medium.CALL}),
        ("Situation", "retraitée", set()),
        ("Cantine", "refus", set()),
        ("Liste noire email", "oui", set(Medium)),
        ("Stop", "Place Guérin", set()),  # of the bus
        ("Accord SMS", "stop", {Medium.SMS}),  # a column of one channel asks of no other
        ("Accord SMS", "refus", {Medium.SMS}),
        ("Accord SMS", "non", set()),
        ("Accepte les appels", "ne plus contacter", set(Medium)),  # says more than its column asks
        ("Accord mail", "désinscrite", {Medium.EMAIL}),
        ("Consentement", "désinscrite", set(Medium)),
    ],
)
def test_an_objection_in_a_column_that_somebody_left_out_is_still_one(gw, tmp_path, heading, cell, declined):
    """RGPD 21(3): leaving a column out is about what is kept; nobody's no is left out with it."""
    path = brought(tmp_path, f"courriel;portable;nom;{heading}\n{ZOE};0639981234;Riou;{cell}\n")
    write_import(gw, plan_import(gw, asked(path, mapping={heading: None})))
    held = {medium for medium in Medium if objects(gw, ZOE if medium is Medium.EMAIL else NUMBER, medium)}
    assert held == declined


def test_an_objection_of_a_line_with_an_unreadable_cell_waits_for_no_correction(gw, tmp_path):
    text = f"courriel;nom;Date de naissance;Désinscrit\n{ZOE};Riou;31/02/1980;oui\nlea@exemple.fr;Guen;31/02/1980;\n"
    report = imported(gw, tmp_path, text)
    assert objects(gw, ZOE, Medium.EMAIL) and report.refused == {"date": 1}
    assert reached_at(gw) == set()


@pytest.mark.parametrize(
    ("cell", "channels"), [("Je ne souhaite plus être contacté", {"email", "sms", "call"}), ("plus de SMS svp", {"sms"})]
)
def test_an_objection_in_words_in_a_column_of_agreements_waits_for_no_correction(gw, tmp_path, cell, channels):
    text = f"courriel;portable;consentement\nlea@exemple.fr;0639981234;{cell}\nzoe@exemple.fr;;un peu\n"
    plan = planned(gw, tmp_path, text, claim=BOX)
    assert (plan.impact.objects, plan.refused) == (1, {"consent": 1})
    write_import(gw, plan)
    assert {medium for _, medium, _ in suppressing.list_counts(gw)} == channels


def test_a_no_by_text_of_somebody_whose_number_only_we_have_is_counted(gw, tmp_path):
    imported(gw, tmp_path, "courriel;nom;portable\na@exemple.fr;Riou;0639981234\n")
    plan = planned(gw, tmp_path, "courriel;opposition sms\na@exemple.fr;oui\nb@exemple.fr;oui\n")
    assert (plan.impact.objects, plan.samples["objects"]) == (1, (2,))


def test_a_line_of_which_nobody_can_be_known_comes_back_whatever_it_says(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;nom;Désinscrit\nzoe riou;Riou;oui\n")
    assert [(one.line, one.code) for one in plan.refused_samples] == [(2, "no_at")]


@pytest.mark.parametrize("cell", ["pas d’adresse connue", "voir sa fille", "décédée en mars"])
def test_words_in_the_column_of_addresses_come_back_without_being_read_as_a_reply(gw, tmp_path, monkeypatch, cell):
    """Reading the words of replies takes seconds; a cell without any address has nothing that they could forbid."""
    monkeypatch.setattr("gateway.flows.collecting.beside.read_reply", None)
    plan = planned(gw, tmp_path, f"courriel;nom\n{cell};Riou\n{ZOE};Guen\n")
    [row] = plan.refused_samples
    assert (row.line, row.code) == (2, "no_at") and "liste d’opposition" in row.says and "il manque « @ »" in row.says


@pytest.mark.parametrize(
    ("cell", "declined"),
    [
        *(("SMS", {Medium.SMS}), ("tél.", {Medium.CALL}), ("tout", EVERY_CHANNEL), ("oui, par mail", EVERY_CHANNEL)),
        *(
            ("x (par téléphone)", EVERY_CHANNEL),
            ("le 3 mars 2025", EVERY_CHANNEL),
            ("mars 2024", EVERY_CHANNEL),
            ("12/03/25", EVERY_CHANNEL),
        ),
        ("non", set()),
    ],
)
def test_a_column_of_objections_is_read_as_teams_fill_it_in(gw, tmp_path, cell, declined):
    text = f'courriel;portable;nom;Ne veut pas être contacté par\n{ZOE};0639981234;Riou;"{cell}"\n'
    imported(gw, tmp_path, text, mapping={"Ne veut pas être contacté par": Field.OBJECTION})
    held = {medium for medium in Medium if objects(gw, ZOE if medium is Medium.EMAIL else NUMBER, medium)}
    assert held == set(declined)


def test_a_column_of_channels_below_a_no_is_proposed_as_one_of_objections():
    rows = [["zoe@exemple.fr", "SMS"], ["lea@exemple.fr", "tout"]]
    found = proposals(["Mail", "Ne veut pas être contacté par"], rows, date(2026, 3, 15), words=shipped().list_words, said={})
    assert [one.field for one in found] == [Field.EMAIL, Field.OBJECTION]


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("heading", ["subscribed", "Email subscribed", "is_subscribed"])
def test_whoever_is_no_longer_subscribed_in_the_tool_a_list_comes_from_has_objected(gw, tmp_path, heading, read):
    """A tool writes FALSE of whoever left; a later list that says yes must not bring her back."""
    path = brought(tmp_path, f"email,last_name,{heading}\n{ZOE},Riou,FALSE\nlea@exemple.fr,Guen,TRUE\n")
    write_import(gw, plan_import(gw, asked(path, claim=BOX) if read else asked(path, mapping={heading: None})))
    assert objects(gw, ZOE, Medium.EMAIL) and not objects(gw, "lea@exemple.fr", Medium.EMAIL)


@pytest.mark.parametrize("heading", ["complained", "complained_at", "gdpr_erasure_requested"])
def test_complaints_and_demands_noted_by_a_tool_are_objections(gw, tmp_path, heading):
    said = "2026-01-12" if heading.endswith("_at") else "true"
    path = brought(tmp_path, f"email,last_name,{heading}\n{ZOE},Riou,{said}\nlea@exemple.fr,Guen,\n")
    write_import(gw, plan_import(gw, asked(path)))
    assert objects(gw, ZOE, Medium.EMAIL) and not objects(gw, "lea@exemple.fr", Medium.EMAIL)


@pytest.mark.parametrize(
    ("heading", "declined"), [("Opposition", set(Medium)), ("Ne pas appeler", {Medium.CALL}), ("Do Not Email", {Medium.EMAIL})]
)
def test_a_no_holds_for_every_address_and_number_of_its_line_taken_or_not(gw, tmp_path, heading, declined):
    rows = [
        f"nom;courriel;courriel 2;portable;tél 2;{heading}",
        "Riou;a@exemple.fr;b@exemple.fr;0639981234 / 0639981235;0199001234;oui",
        "Guen;c@exemple.fr;d@exemple.fr;0639981236 / 0639981237;0199001235;",
        "Le Bris;e@exemple.fr;;;;",
        "Riou;a@exemple.fr;;;;",
    ]
    plan = planned(gw, tmp_path, "\n".join(rows))
    assert (plan.loaded.rows, plan.loaded.folded.lines, plan.impact.objects) == (4, 1, 1)
    write_import(gw, plan)
    hers = [("a@exemple.fr", Medium.EMAIL), ("b@exemple.fr", Medium.EMAIL), ("0199001234", Medium.CALL)]
    hers += [(number, medium) for number in ("0639981234", "0639981235") for medium in (Medium.SMS, Medium.CALL)]
    assert {one for one in hers if objects(gw, *one)} == {one for one in hers if one[1] in declined}
    assert sum(entries for *_, entries in suppressing.list_counts(gw)) == sum(one[1] in declined for one in hers)


def test_second_addresses_of_a_long_list_of_objections_are_not_held_until_its_end(gw, tmp_path, monkeypatch):
    at_once = []

    def counted(tx, rows):
        at_once.append(len(rows))
        set_down(tx, rows)

    monkeypatch.setattr(loading, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(loading, "set_down", counted)
    lines = [f"Riou{number};a{number}@exemple.fr;b{number}@exemple.fr;oui" for number in range(7)]
    plan = planned(gw, tmp_path, "\n".join(["nom;courriel;courriel 2;opposition", *lines]))
    assert max(at_once) == 2 and (plan.loaded.rows, plan.loaded.further, plan.loaded.folded.lines) == (7, 7, 0)
    write_import(gw, plan)
    assert all(objects(gw, f"{one}{number}@exemple.fr", Medium.EMAIL) for one in "ab" for number in range(7))


def test_the_second_number_of_whoever_objects_may_be_in_a_file_of_addresses_only_and_be_somebody_elses_too(gw, tmp_path):
    imported(gw, tmp_path, "nom;portable\nGuen;0639981235\n")
    rows = ["nom;courriel;autre mobile;opposition", "Riou;a@exemple.fr;0639981235;oui", "Le Bris;e@exemple.fr;0639981236;"]
    report = imported(gw, tmp_path, "\n".join(rows))
    assert (report.impact.new, report.impact.objects) == (1, 1)
    assert objects(gw, "0639981235", Medium.SMS) and not objects(gw, "0639981236", Medium.SMS)
