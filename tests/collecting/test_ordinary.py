"""What teams note of everybody asks nothing: whoever is asked of each line learns to answer without reading."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.cells import UnreadableCell
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import propose
from gateway.flows.collecting.noting import declined_by
from gateway.flows.collecting.reading import How
from tests.collecting.support import BOX, brought, consent_states, imported, planned
from tests.compliance.builders import shipped

LEA, YANN = "lea@exemple.fr", "yann@exemple.fr"


@pytest.mark.parametrize(
    "remark",
    [
        "a déménagé",
        "A déménagé à Rennes en 2025",
        "a déménagé, nouvelle adresse à demander",
        "vient de déménager",
        "lit ses mails le dimanche",
        "voisine de Mme Le Gall",
        "libre après 18 h",
        "disponible dès 9 h 30",
        "ne pas sonner après 19 h",
        "appeler avant 20 h",
        "pas inscrite sur les listes",
        "non inscrit sur la liste électorale",
        "ne veut pas tracter",
        "boîte aux lettres sans nom",
        "portail fermé",
        "même adresse que son mari",
        "ne souhaite pas apparaître en photo",
        "ne s’intéresse pas au sport",
        "Ras le bol des fermetures !",
        "Assez de promesses",
        "Pas touche à notre hôpital",
        "Pas d’accord avec la rocade, bravo pour le reste",
        "ne parle pas anglais",
        "non adhérente",
        "préfère le soir",
        "ok si besoin",
        "ok, pas de souci",
        "oui pour coller, seulement le soir",
        "ne pas repasser avant mardi",
    ],
)
def test_an_ordinary_remark_is_no_refusal(remark):
    assert declined_by(shipped())(remark) == frozenset()


@pytest.mark.parametrize(
    "remark",
    [
        "a déménagé, laissez-la tranquille",
        "a déménagé et ne veut plus rien recevoir",
        "A déménagé : revient sur son accord",
        "lit ses mails et les nôtres l’agacent",
        "voisine de Mme Le Gall, fâchée",
        "libre après 18 h mais pas de mail",
        "ne veut pas tracter ni recevoir de messages",
        "ne souhaite pas recevoir de photos par mail",
        "même adresse que son mari qui refuse",
        "ne s’intéresse pas à nous",
        "ne s’intéresse pas au programme",
        "plus inscrite sur la liste",
        "assez de promesses et de vos mails",
        "ras le bol de vos messages",
        "pas d’accord avec vous",
        "KO - nous a fermé la porte",
        "KO",
    ],
)
def test_the_same_words_beside_a_refusal_hide_none(remark):
    try:
        declined = declined_by(shipped())(remark)
    except UnreadableCell:
        return
    assert declined


HOW = "courriel;consentement;{}\nlea@exemple.fr;oui;mail\nyann@exemple.fr;oui;{}\n"
WORDS = HOW.replace(";mail", ";Bravo !")


@pytest.mark.parametrize("heading", ["Canal préféré", "Fréquence", "Moyen de contact", "Rythme souhaité"])
@pytest.mark.parametrize("answer", ["aucun", "Jamais", "Rien.", "non"])
def test_who_answers_none_to_how_or_how_often_to_write_is_asked_about(gw, tmp_path, heading, answer):
    with pytest.raises(InvalidInput, match="dit peut-être qui ne veut plus rien recevoir"):
        planned(gw, tmp_path, HOW.format(heading, answer), claim=BOX)


def test_read_as_a_remark_it_holds_that_line_alone_and_not_those_that_prefer_a_channel(gw, tmp_path):
    report = imported(gw, tmp_path, HOW.format("Canal préféré", "aucun"), claim=BOX, mapping={"Canal préféré": Field.REMARK})
    assert consent_states(gw) == {LEA: "granted"} and report.refused == {"remark": 1}


def test_whoever_prefers_the_post_alone_objects_though_others_prefer_a_channel(gw, tmp_path):
    text = HOW.format("Canal préféré", "courrier postal uniquement")
    imported(gw, tmp_path, text, claim=BOX, mapping={"Canal préféré": Field.REMARK})
    assert consent_states(gw) == {LEA: "granted"}


@pytest.mark.parametrize("answer", ["non merci", "Non merci.", "Non", "aucune", "pas pour le moment"])
@pytest.mark.parametrize("heading", ["Avez-vous une question ?", "Un mot pour nous ?", "Une suggestion ?"])
def test_no_is_an_answer_to_whether_she_has_a_question(gw, tmp_path, heading, answer):
    imported(gw, tmp_path, WORDS.format(heading, answer), claim=BOX, mapping={heading: Field.REMARK})
    assert consent_states(gw) == {LEA: "granted", YANN: "granted"}


def test_nobody_is_asked_what_a_question_is_that_was_answered_by_no(gw, tmp_path):
    imported(gw, tmp_path, WORDS.format("Une question à nous poser ?", "Non merci"), claim=BOX)
    assert consent_states(gw) == {LEA: "granted", YANN: "granted"}


def test_a_refusal_told_there_still_counts(gw, tmp_path):
    heading = "Avez-vous une question ?"
    imported(gw, tmp_path, WORDS.format(heading, "Oui : arrêtez de m’écrire"), claim=BOX, mapping={heading: Field.REMARK})
    assert consent_states(gw) == {LEA: "granted"}


def test_no_to_whether_to_stay_in_touch_is_none_of_those(gw, tmp_path):
    heading = "Voulez-vous rester en contact ?"
    report = imported(gw, tmp_path, WORDS.format(heading, "non merci"), claim=BOX, mapping={heading: Field.REMARK})
    assert consent_states(gw) == {LEA: "granted"} and sum(report.refused.values()) == 1


def test_a_title_over_some_of_the_people_and_a_total_are_said_to_be_nobody(gw, tmp_path):
    """Merged over the whole table, a title stands in every column: it is no answer that cannot be read."""
    title = ";".join(["Réunion de Combe"] * 4)
    text = f"nom;courriel;téléphone;consentement\n{title}\nRiou;{LEA};;oui\nTotal;;;1 oui\n"
    plan = planned(gw, tmp_path, text, claim=BOX)
    assert dict(plan.refused) == {"empty": 2} and plan.impact.new == 1
    assert [(one.value, one.says) for one in plan.refused_samples] == [
        ("Réunion de Combe", "ni adresse ni numéro : personne à joindre"),
        ("Total 1 oui", "ni adresse ni numéro : personne à joindre"),
    ]


def test_nobody_is_asked_what_a_column_without_a_cell_may_hold(gw, tmp_path):
    """An address book of Outlook has ninety columns, and most of them are empty; a no is asked about all the same."""
    text = f"nom;courriel;Ville (domicile);Address 1 - Country;Plus de mails !\nRiou;{LEA};;;\n"
    proposal = propose(gw, brought(tmp_path, text), How(), {})
    assert [one.label for one in proposal.open] == ["Plus de mails !"]
    filled = propose(gw, brought(tmp_path, text.replace(f"{LEA};;", f"{LEA};Combe;")), How(), {})
    assert [one.label for one in filled.open] == ["Ville (domicile)", "Plus de mails !"]


@pytest.mark.parametrize("answer", ["Non", "non merci", "plus tard", "refus", "pas pour l’instant", "0"])
@pytest.mark.parametrize(
    "heading",
    ["Souhaite être recontacté ?", "Accepte nos messages", "Souhaitez-vous rester en contact ?", "Retour", "Dernière réponse"],
)
def test_no_to_whether_to_be_reached_is_heard_where_the_column_is_said_to_be_of_remarks(gw, tmp_path, heading, answer):
    """Her yes stands in another column of the tool: which of the two is newer, nobody knows."""
    text = WORDS.format(heading, answer).replace("Bravo !", "Oui")
    report = imported(gw, tmp_path, text, claim=BOX, mapping={heading: Field.REMARK})
    assert YANN not in consent_states(gw) and consent_states(gw)[LEA] == "granted"
    assert report.impact.objects or sum(report.refused.values()) == 1


def test_whoever_read_those_answers_takes_them_all(gw, tmp_path):
    heading = "Souhaite être recontacté ?"
    imported(gw, tmp_path, WORDS.format(heading, "Non"), claim=BOX, mapping={heading: Field.REMARK}, remarks_read="Claire")
    assert consent_states(gw) == {LEA: "granted", YANN: "granted"}
