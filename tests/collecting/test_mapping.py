"""What the columns of a file hold: known headings, likenesses, contents, and what somebody said once and need not say again."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.compliance.admit import admit
from gateway.compliance.batch import BatchFacts
from gateway.domain.contact import OriginKind
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting import plan_import, write_import
from gateway.flows.collecting.columns import read_columns
from gateway.flows.collecting.contents import Content, content_of
from gateway.flows.collecting.headings import OBJECTIONS, Field, field_named, key_of, labels, meaning
from gateway.flows.collecting.likeness import likely
from gateway.flows.collecting.mapping import proposals, propose
from gateway.flows.collecting.proposed import Sureness
from gateway.flows.collecting.reading import How
from tests.collecting.support import asked, brought, people
from tests.compliance.builders import shipped

TODAY = date(2026, 3, 17)


def proposed(headings, *rows, **said):
    """(field, sureness) of each column, by its label."""
    found = proposals(headings, rows, TODAY, words=shipped().list_words, said=said)
    return {one.label: (one.field, one.sureness) for one in found}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        # The electoral roll: words glued in one export, written out in the other.
        ("NomdeNaissance", Field.BIRTH_NAME),
        ("NomDusage", Field.USAGE_NAME),
        ("DateDeNaissance", Field.BIRTH_ON),
        ("CodePostal", Field.POSTCODE),
        ("VilleLocalite", Field.COMMUNE),
        ("NoBureauDeVote", Field.POLLING_STATION),
        ("libellé du bureau de vote", Field.POLLING_LABEL),
        ("prénoms", Field.GIVEN_NAMES),
        ("numéro de voie", None),
        ("circonscription législative du bureau de vote", None),
        ("numéro d’ordre dans le bureau de vote", None),
        ("PORTABLE", Field.MOBILE),
        ("FIXE", Field.LANDLINE),
        ("MAIL", Field.EMAIL),
        ("CONTACT", None),
        ("PROFESSION", None),
        # Tools.
        ("FIRSTNAME", Field.GIVEN_NAME),
        ("LAST_NAME", Field.FAMILY_NAME),
        ("Email Address", Field.EMAIL),
        ("OPTIN_TIME", Field.GIVEN_AT),
        ("mobile_number", Field.MOBILE),
        ("primary_zip", Field.POSTCODE),
        ("tag_list", Field.TAGS),
        ("SMS", None),  # a number for some, a yes for others: its cells tell
        ("Date de naissance :", Field.BIRTH_ON),
        ("N° de téléphone", Field.PHONE),
        ("Noms", Field.FAMILY_NAME),
        ("Nom affiché", Field.FULL_NAME),
        ("Tél.", Field.PHONE),
    ],
)
def test_headings_of_rolls_and_tools_are_understood(heading, field):
    assert meaning(heading) is field


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Votre adresse e-mail (obligatoire)", Field.EMAIL),
        ("Quel est votre prénom ?", Field.GIVEN_NAME),
        ("Email payeur", Field.EMAIL),
        ("Nom adhérent", Field.FAMILY_NAME),
        ("Télephonne", Field.PHONE),
        ("Couriel", Field.EMAIL),
        ("Adr. mail", Field.EMAIL),
        ("Tel. port.", Field.MOBILE),
        ("Date naiss.", Field.BIRTH_ON),
        ("Date de naissance (JJ/MM/AAAA)", Field.BIRTH_ON),
        ("Ville de résidence", Field.COMMUNE),
        ("Ville (domicile)", Field.COMMUNE),
        ("OK SMS", Field.CONSENT_SMS),
        ("Opt-in SMS O/N", Field.CONSENT_SMS),
        ("Désab.", Field.OBJECTION),
        ("Mobile no", Field.MOBILE),
        ("Text OK?", Field.CONSENT_SMS),  # was proposed as an agreement to emails
        ("Phone ok", Field.CONSENT_CALL),
        ("OK WhatsApp", None),
        ("Accepte le courrier postal", None),
        ("Accord courrier", None),
        ("Désabo", Field.OBJECTION),
        ("Sans newsletter", Field.OBJECTION),  # was proposed as an agreement
        ("Exclure newsletter", Field.OBJECTION),
        ("Ne rien envoyer", Field.OBJECTION),
        ("Opp. SMS", Field.OBJECTION_SMS),
        ("Liste Robinson", Field.OBJECTION),
        ("Rayé des listes", Field.OBJECTION),
        ("Spam score", None),
        ("unsub_date", Field.OBJECTION),
        ("Blocked", Field.OBJECTION),
        ("suppressed", Field.OBJECTION),
        ("is_excluded", Field.OBJECTION),
        ("Mort(e)", Field.OBJECTION),
        ("NPAI mail", Field.DEAD_EMAIL),
        ("Mail KO", Field.DEAD_EMAIL),
        ("Soft bounces", None),
        ("Accepte de recevoir du courrier électronique", Field.CONSENT),
        ("Civilité, prénom et nom", Field.GIVEN_FAMILY),
        ("Mail du conjoint", None),
        ("Ville de naissance", None),
        ("Horodateur", Field.GIVEN_AT),
        ("Accord pour les SMS", Field.CONSENT_SMS),
        ("Inscrit à la newsletter ?", Field.CONSENT),
        ("Je veux recevoir les actualités par SMS", Field.CONSENT_SMS),
        ("Unsubscribed from all email", Field.OBJECTION_EMAIL),
        ("Accepte d’être appelé", Field.CONSENT_CALL),
        ("Accord obtenu (O/N)", Field.CONSENT),
        ("Souhaite un panneau", None),  # agrees to something else: was proposed as an agreement to emails
        ("Accepte de tenir un bureau de vote", None),
        ("Accord du conjoint", None),
        ("J’accepte la politique de confidentialité", None),
        ("Dans quelle ville habitez-vous ?", Field.COMMUNE),
        ("À quel numéro de téléphone peut-on vous joindre ?", Field.PHONE),
        ("Address 1 - City", Field.COMMUNE),
        ("Adresse 1 - Code postal", Field.POSTCODE),
        ("E-mail 1 - Value", Field.EMAIL),
        ("E-mail 1 - Label", None),
        ("Address 2 - City", None),
        ("can2_user_city", Field.COMMUNE),
        ("can2_user_tags", Field.TAGS),
        ("billing_postcode", Field.POSTCODE),
        ("Nom d’utilisateur", None),
        ("Désinscrit le", Field.OBJECTION),
        ("EMAIL_BLACKLISTED", Field.OBJECTION_EMAIL),
        ("Ne souhaite plus recevoir la newsletter", Field.OBJECTION),  # a yes below it is a no
        ("Refus de contact", Field.OBJECTION),
        ("Consentement retiré", Field.OBJECTION),  # was proposed as an agreement
        ("Retrait de l’accord SMS", Field.OBJECTION_SMS),
        ("Exclure des mailings", Field.OBJECTION),
        ("Pas de démarchage", Field.OBJECTION),
        ("Sans SMS", Field.OBJECTION_SMS),
        ("Suppression demandée", Field.OBJECTION),
        ("Contact interdit", Field.OBJECTION),
        ("À retirer", Field.OBJECTION),
        ("Paiement sans contact", None),
        ("Ne pas appeler le soir", Field.OBJECTION_CALL),  # by one channel: nobody may guess that it is by all
        ("Désinscription SMS le", Field.OBJECTION_SMS),
        ("Ne plus contacter par téléphone ni SMS", Field.OBJECTION),
        ("email1_is_bad", Field.DEAD_EMAIL),
        ("Courriel en attente (hold)", Field.DEAD_EMAIL),  # CiviCRM
        ("Email On Hold", Field.DEAD_EMAIL),
        ("Inscription lettre", Field.CONSENT),  # nobody was told which column says who agreed
        ("Inscrit à la lettre", Field.CONSENT),
        ("Inscription par téléphone", None),  # how she signed up
        ("Tarif", None),
        ("Montant", None),
        ("Notes", None),
        ("Mode de paiement", None),
    ],
)
def test_headings_that_look_like_known_ones_are_only_proposed(heading, field):
    assert meaning(heading) is None and likely(heading, shipped().list_words) is field


@pytest.mark.parametrize(
    "heading",
    ["Adresse mail valide", "Mail valide", "Valid email", "Inscription", "Position", "Inscription à la cantine", "Abonnements"],
)
def test_the_contrary_of_a_heading_that_says_no_is_not_taken_for_a_slip_of_it(heading):
    """« Email valide : oui » would have buried every address that works; « Inscription : oui » stopped whoever came."""
    assert meaning(heading) is None and likely(heading) not in (*OBJECTIONS, Field.DEAD_EMAIL)


@pytest.mark.parametrize("heading", ["Oposition", "Desinscriptoin", "Ne pas contater"])
def test_a_slip_in_a_heading_that_says_no_is_still_a_no(heading):
    assert likely(heading) is Field.OBJECTION


@pytest.mark.parametrize("heading", ["Accord mail", "Accord e-mail", "Consentement mail", "Accord courriel"])
def test_a_consent_to_mails_is_known_by_whichever_word_mails_have(heading):
    assert meaning(heading) is Field.CONSENT


@pytest.mark.parametrize(
    ("cells", "content"),
    [
        (["a@exemple.fr", "b@exemple.fr", "?"], Content.EMAILS),
        (["06 12 34 56 78", "0712345678", "612345679"], Content.MOBILES),
        (["02 98 00 00 01", "02.98.00.00.02"], Content.LANDLINES),
        (["198.51.100.2", "203.0.113.47"], Content.OTHER),  # where a form was filled in: nine digits, and no landline
        (["06 12 34 56 78", "02 98 00 00 01"], Content.PHONES),
        (["29200", "1000", "75011"], Content.POSTCODES),
        (["01/02/1980", "1975-12-31"], Content.BIRTH_DATES),
        (["15/03/2026", "2026-03-16 10:00"], Content.DATES),
        (["oui", "Non", "oui"], Content.ANSWERS),
        (["Abonné", "Abonné", "Désabonné"], Content.STANDINGS),
        (["subscribed", "subscribed"], Content.STANDINGS),
        (["inscrit", "désinscrit"], Content.STANDINGS),
        (["inscrit", "inscrite"], Content.OTHER),
        (["bounced", "bounced", "unsubscribed"], Content.STANDINGS),
        (["actif", "actif", "NPAI"], Content.DEAD),
        (["invalide", "HS"], Content.DEAD),
        (["NPAI", "à rappeler", "peintre"], Content.OTHER),
        (["Rencontrée au marché, très intéressée par la piscine"], Content.FREE_TEXT),
        (["Brest", "Guipavas"], Content.OTHER),
        ([], Content.EMPTY),
    ],
)
def test_what_cells_look_like(cells, content):
    assert content_of(cells, TODAY, shipped().list_words) is content


def test_a_heading_that_says_nothing_is_proposed_by_its_cells_and_never_settled():
    found = proposed(["CONTACT", "SMS", "Divers"], ["a@exemple.fr", "06 12 34 56 78", "x"])
    assert found == {
        "CONTACT": (Field.EMAIL, Sureness.HINT),
        "SMS": (Field.MOBILE, Sureness.HINT),
        "Divers": (None, Sureness.NONE),
    }
    with pytest.raises(InvalidInput, match="aucune colonne d’adresses"):
        read_columns(["CONTACT", "SMS", "Divers"])


def test_two_columns_that_claim_the_same_thing_are_shown_and_neither_is_settled():
    found = proposals(
        ["Email", "Courriel", "Nom"], [["a@exemple.fr", "b@exemple.fr", "Riou"]], TODAY, words=shipped().list_words, said={}
    )
    assert [(one.label, one.clashes, one.settled) for one in found] == [
        ("Email", ("Courriel",), False),
        ("Courriel", ("Email",), False),
        ("Nom", (), True),
    ]


def test_of_numbered_columns_the_first_is_read(gw, tmp_path):
    found = proposed(["nom", "email1", "email2", "email3"], ["Riou", "a@exemple.fr", "b@exemple.fr", ""])
    assert [field for field, _ in found.values()] == [Field.FAMILY_NAME, Field.EMAIL, None, None]


@pytest.mark.parametrize("heading", ["Nom;Prénom;Courriel", '"email","prénom"', "Nom|Téléphone"])
def test_a_table_that_a_spreadsheet_left_in_one_column_is_refused_with_what_to_do(heading):
    with pytest.raises(InvalidInput, match="Données, Convertir"):
        read_columns([heading, "", ""], mapping={heading: Field.EMAIL})
    assert read_columns(["Nom, prénom", "Courriel"], mapping={"Nom, prénom": Field.FAMILY_GIVEN}).places


def test_a_known_heading_wins_over_a_likeness_and_a_word_wins_over_both():
    headings, row = ["Email", "Email payeur"], ["a@exemple.fr", "b@exemple.fr"]
    assert proposed(headings, row)["Email payeur"] == (None, Sureness.NONE)
    said = proposed(headings, row, **{"Email payeur": Field.EMAIL})
    assert said == {"Email": (None, Sureness.NONE), "Email payeur": (Field.EMAIL, Sureness.SAID)}


def test_a_heading_that_its_cells_contradict_is_pointed_out():
    [found] = proposals(["Mail"], [["12 rue des Lilas"], ["3 place Guérin"]], TODAY, words=shipped().list_words, said={})
    assert found.contradicted and found.field is Field.EMAIL


def test_columns_without_a_name_or_with_the_same_one_can_be_spoken_of():
    assert labels(["Nom", "", "nom"]) == ["Nom", "colonne B", "nom (2)"]
    columns = read_columns(["Nom", "", "nom"], mapping={"colonne B": Field.EMAIL, "nom (2)": Field.GIVEN_NAME})
    assert columns.places == {Field.EMAIL: 1, Field.GIVEN_NAME: 2, Field.FAMILY_NAME: 0}


def test_fields_are_named_in_french_or_by_their_own_name():
    assert field_named("courriel") is Field.EMAIL and field_named("consent_sms") is Field.CONSENT_SMS
    assert field_named("ignorer") is None
    with pytest.raises(InvalidInput, match="champ inconnu : pointure"):
        field_named("pointure")


def test_a_column_that_is_not_there_is_said_with_those_that_are():
    with pytest.raises(InvalidInput, match="aucune colonne « Mél » ; il y a « email », « nom »"):
        read_columns(["email", "nom"], mapping={"Mél": Field.EMAIL})


def test_saying_what_a_sensitive_column_is_for_does_not_hide_its_name():
    columns = read_columns(["email", "Religion"], mapping={"Religion": Field.TAGS})
    assert columns.named() == ("email", "tags") and columns.told() == ("Religion",)


def test_a_sensitive_column_is_refused_whatever_it_is_said_to_hold(gw, tmp_path):
    path = brought(tmp_path, "email;Religion;Qui\na@exemple.fr;x;Zoé\n")
    plan = plan_import(gw, asked(path, mapping={"Religion": Field.TAGS, "Qui": Field.GIVEN_NAME}))
    assert plan.admission.rules == ("sensitive-fields-block",)
    assert "minimise-fields" not in {one.rule for one in plan.explanations}


def test_what_was_said_of_columns_is_kept_for_the_next_file_with_the_same_headings(gw, tmp_path):
    first = brought(tmp_path, "CONTACT;Qui;Tour de taille\na@exemple.fr;Zoé;38\n")
    said = {"contact": Field.EMAIL, "Qui": Field.GIVEN_NAME}
    write_import(gw, plan_import(gw, asked(first, mapping=said)))
    second = brought(tmp_path, "contact;QUI;tour de taille\nb@exemple.fr;Yann;40\n", name="suite.csv")
    proposal = propose(gw, second, How(), {})
    assert [(one.field, one.sureness) for one in proposal.columns][:2] == [
        (Field.EMAIL, Sureness.SAVED),
        (Field.GIVEN_NAME, Sureness.SAVED),
    ]
    assert proposal.saved is not None and proposal.saved.operator == "claire"
    plan = plan_import(gw, asked(second))
    assert plan.loaded.saved is not None
    write_import(gw, plan)
    assert people(gw)["b@exemple.fr"]["given_name"] == "Yann"


ASKED_AGAIN = {"Contact": Field.EMAIL, "Qui": Field.GIVEN_NAME, "Croix": Field.OBJECTION_EMAIL, "Rang": None}


def test_the_same_columns_in_another_order_need_no_word_again(gw, tmp_path):
    write_import(
        gw, plan_import(gw, asked(brought(tmp_path, "Contact;Qui;Croix;Rang\na@exemple.fr;Zoé;;1\n"), mapping=ASKED_AGAIN))
    )
    turned = brought(tmp_path, "Rang;Croix;Qui;Contact\n2;;Yann;b@exemple.fr\n", name="suite.csv")
    assert {one.sureness for one in propose(gw, turned, How(), {}).columns} == {Sureness.SAVED}
    write_import(gw, plan_import(gw, asked(turned)))
    assert people(gw)["b@exemple.fr"]["given_name"] == "Yann"
    assert key_of(["Tél", "Tél", "Nom"]) != key_of(["Nom", "Tél", "Tél"]), "only their place tells columns of one name apart"


def test_of_a_file_with_one_column_more_what_was_said_is_proposed_and_a_no_is_not_overlooked(gw, tmp_path):
    write_import(
        gw, plan_import(gw, asked(brought(tmp_path, "Contact;Qui;Croix;Rang\na@exemple.fr;Zoé;;1\n"), mapping=ASKED_AGAIN))
    )
    more = brought(
        tmp_path, "Contact;Qui;Croix;Rang;Commune\nb@exemple.fr;Yann;;2;Brest\nc@exemple.fr;Léa;x;3;Brest\n", name="b.csv"
    )
    found = {one.label: (one.field, one.sureness) for one in propose(gw, more, How(), {}).columns}
    assert found.pop("Commune") == (Field.COMMUNE, Sureness.KNOWN)
    assert found == {label: (field, Sureness.RECALLED) for label, field in ASKED_AGAIN.items()}
    with pytest.raises(InvalidInput, match=r'« Croix ».*« x ».*--map "Croix=opposition courriels"'):
        plan_import(gw, asked(more, mapping={"Contact": Field.EMAIL}))
    assert plan_import(gw, asked(more, mapping=ASKED_AGAIN)).impact.objects == 1


def test_the_file_of_refused_lines_needs_no_word_again(gw, tmp_path):
    refused = tmp_path / "refus.csv"
    path = brought(tmp_path, "CONTACT;Qui\na@exemple.fr;Zoé\nb@@exemple.fr;Yann\n")
    write_import(gw, plan_import(gw, asked(path, mapping={"CONTACT": Field.EMAIL, "Qui": Field.GIVEN_NAME}), refused=refused))
    corrected = refused.read_text("utf-8-sig").replace("b@@", "b@")
    again = brought(tmp_path, corrected, name="corrigé.csv")
    write_import(gw, plan_import(gw, asked(again)))
    assert people(gw)["b@exemple.fr"]["given_name"] == "Yann"
    assert key_of(["CONTACT", "Qui"]) == key_of(["motif du refus", "ligne", "contact", "qui"])


LEFT = "Courriel;Prénom;État\nlea@exemple.fr;Léa;Abonné\nmehdi@exemple.fr;Mehdi;Désabonné\nzoe@exemple.fr;Zoé;En attente\n"


def test_a_column_that_tells_who_left_is_never_overlooked(gw, tmp_path):
    with pytest.raises(InvalidInput, match=r"« État ».*« Désabonné ».*--map"):
        plan_import(gw, asked(brought(tmp_path, LEFT)))
    plan = plan_import(gw, asked(brought(tmp_path, LEFT), mapping={"État": None}))  # somebody looked, and left it out
    assert (plan.impact.new, plan.impact.objects) == (2, 1), "what it says of her is not left out with it"


@pytest.mark.parametrize(("heading", "cell"), [("Ne pas appeler le soir", "oui"), ("Désinscription SMS le", "01/02/2026")])
def test_a_yes_below_a_heading_that_says_no_is_never_overlooked(gw, tmp_path, heading, cell):
    lines = "".join(f"p{one}@exemple.fr;\n" for one in range(1_100))
    text = f"Courriel;{heading}\n{lines}lea@exemple.fr;{cell}\n"
    with pytest.raises(InvalidInput, match=f"« {heading} » dit peut-être qui ne veut plus rien recevoir"):
        plan_import(gw, asked(brought(tmp_path, text)))
    nobody = text.replace(f";{cell}", ";")
    assert plan_import(gw, asked(brought(tmp_path, nobody))).impact.new == 1_101


def test_who_objected_may_stand_in_several_columns_and_a_yes_in_any_is_one(gw, tmp_path):
    text = (
        "Courriel;Désinscrit;Ne plus contacter;SMS_BLACKLISTED\nlea@exemple.fr;non;;false\nmehdi@exemple.fr;non;oui;\n"
        "zoe@exemple.fr;non;non;true\nyann@exemple.fr;oui;non;\nanna@exemple.fr;;peut-être;\n"
    )
    path = brought(tmp_path, text)
    found = {one.label: one for one in propose(gw, path, How(), {}).columns}
    assert found["Désinscrit"].settled and found["Ne plus contacter"].settled
    assert found["SMS_BLACKLISTED"].field is Field.OBJECTION_SMS
    plan = plan_import(gw, asked(path, mapping={"SMS_BLACKLISTED": Field.OBJECTION}))
    assert (plan.impact.new, plan.impact.objects) == (1, 3)  # only Léa enters
    assert [(one.line, one.column, one.code) for one in plan.refused_samples] == [(6, "Ne plus contacter", "objection")]
    assert plan.loaded.columns.ignored == ()


def test_a_column_of_subscribers_is_proposed_as_objections_and_what_it_leaves_open_comes_back(gw, tmp_path):
    path = brought(tmp_path, LEFT)
    found = {one.label: one for one in propose(gw, path, How(), {}).columns}
    assert (found["État"].field, found["État"].sureness) == (Field.OBJECTION, Sureness.HINT)
    plan = plan_import(gw, asked(path, mapping={"État": Field.OBJECTION}))
    assert (plan.impact.new, plan.impact.objects) == (1, 1)  # Léa; Mehdi is put on the opposition list
    assert [(one.line, one.value, one.code) for one in plan.refused_samples] == [(4, "En attente", "objection")]


def test_nothing_is_kept_of_a_file_without_headings(gw, tmp_path):
    said = {"colonne A": Field.EMAIL}
    first = asked(brought(tmp_path, "a@exemple.fr;Zoé\n"), how=How(header_line=0), mapping=said)
    write_import(gw, plan_import(gw, first))
    other = brought(tmp_path, "Riou;b@exemple.fr\n", name="autre.csv")
    assert propose(gw, other, How(header_line=0), {}).saved is None


def test_the_name_in_use_wins_and_the_first_given_name_and_the_lost_zero_come_back(gw, tmp_path):
    text = (
        "mail;nom de naissance;nom d’usage;prénoms;code postal\n"
        "a@exemple.fr;Riou;Le Goff;Marie Anne Louise;1000\n"
        "b@exemple.fr;Abgrall;;Yann;29200\n"
    )
    plan = plan_import(gw, asked(brought(tmp_path, text)))
    write_import(gw, plan)
    one, other = people(gw)["a@exemple.fr"], people(gw)["b@exemple.fr"]
    assert (one["family_name"], one["given_name"], one["postcode"]) == ("Le Goff", "Marie", "01000")
    assert other["family_name"] == "Abgrall" and plan.loaded.noted.repaired_postcodes == 1


def test_every_field_we_store_has_its_purpose_in_the_pack(gw):
    columns = read_columns([field.value for field in Field if field is not Field.REMARK])  # read, never stored
    facts = BatchFacts(at=gw.clock.now(), origin=OriginKind.WEB_FORM, columns=columns.named())
    assert "minimise-fields" not in {finding.rule for finding in admit(facts, gw.pack).findings}
