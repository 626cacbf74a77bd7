"""The net below the readers of remarks: what may be a refusal, and no rule understood, makes nobody's agreement certain."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.cells import UnreadableCell
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.mapping import propose
from gateway.flows.collecting.noting import declined_by
from gateway.flows.collecting.table import How
from gateway.store import tables
from gateway.store.engine import reading
from tests.collecting.support import BOX, brought, imported, planned
from tests.collecting.test_told_no import reached_at
from tests.compliance.builders import shipped

LIST = "courriel;consentement;à savoir\nlea@exemple.fr;oui;a demandé l’affiche\nyann@exemple.fr;oui;{}\n"
SAID = {"mapping": {"à savoir": None}}


def held(remark: str) -> bool:
    try:
        return bool(declined_by(shipped())(remark))
    except UnreadableCell:
        return True


@pytest.mark.parametrize(
    "remark",
    [
        "à oublier",
        "ne plus repasser !!",
        "ne pas repasser",
        "verstorben im Mai",
        "hat sich beschwert",
        "will nichts mehr",
        "kein Interesse",
        "pas ok",
        "n’accepte pas",
        "ok… non",
        "OK uniquement si c’est Sophie qui écrit",
        "oui à condition d’écrire peu",
        "ok si pas trop souvent",
        "finalement non (rappelée le 4)",
        "merci mais non",
        "s’est plainte au maire de nos mails",
        "on l’oublie",
        "à dégager",
        "contre nous",
        "opposé à la liste",
        "à ne plus toucher",
        "out depuis juin",
        "pas preneuse",
        "me demande d’où on a son adresse",
        "adresse prise où ?",
        "erreur, ce n’est pas elle",
        "nouvelle locataire au numéro",
        "mail d’un autre",
        "en stand-by à sa demande",
        "pas son truc, la politique",
        "brouillée avec Claire",
        "ne souhaite plus figurer",
        "rejeté par son serveur",
        "apolitique, laisser",
        "pas la bonne Mme Petit",
        "boîte pleine depuis un an",
        "très remonté",
        "mail revenu « boîte inconnue »",
        "parti le 2 mai, paix à son âme",
        "s’est éteinte à 92 ans",
        "n’est plus",
        "feue Mme Roux",
        "tout sauf mail",
        "municipales 2020 seulement",
        "mail de sa sœur",
        "vous m’avez déjà écrit trois fois cette semaine !!!",
        "ses mails reviennent",
        "message d’erreur à l’envoi",
        "mailbox full",
        "clos",
        "nan",
        "tjrs fâché avec l’équipe",
        "en froid avec nous depuis la réunion",
        "pas la peine d’insister",
        "NPC",
        "N.P.C. depuis mars",
        "désab. en janvier",
        "m’a raccroché au nez",
        "nous a envoyés promener",
        "revient sur son accord",
        "inscrite par sa sœur sans le savoir",
        "demande comment on a eu son numéro",
        "numéro attribué à quelqu’un d’autre",
        "case non cochée",
        "plus dans la liste",
        "n’est pas d’accord",
        "n’a plus envie d’en entendre parler",
        "adresse à ne pas utiliser",
        "❌",
        "👎",
        "Lui écrire ? Plutôt pas.",
        "non merci",
        "n’est plus des nôtres",
        "OK au stand, mais a rappelé pour annuler",
        "15 ans, sa mère refuse",
        "ôtez-moi",
        "à n’utiliser qu’en cas d’urgence",
        "numéro réservé aux urgences",
        "appels urgents seulement",
        "uniquement pour les livraisons",
        "confidentiel",
        "à ne pas communiquer",
        "usage interne",
        "demande annulation et oubli",
        "asked to be left alone 3/3",
        "please take my name off",
        "changed her mind",
        "no longer wishes to hear from us",
        "never write to her again",
        "pour la halte seulement",
        "uniquement pour le covoiturage",
        "rien de politique",
        "infos de l’association uniquement",
        "i vé pu rosoi rien",
        "pa bizwen",
        "E aita, mauruuru",
        "nun vogliu micca",
        "nit intressiert",
        "lui oui, elle non",
        "d’accord mais pas sa femme",
        "voir avec son mari",
        "OK jusqu’au 1er tour",
        "seulement jusqu’à la fin de l’année",
        "a donné son mail pour le planning",
        "inscrite par sa fille",
        "son mari a coché pour elle",
        "mise d’office",
        "accord verbal",
        "formulaire non signé",
        "case cochée par nous",
        "demander avant d’écrire",
        "repris du fichier de 2020",
        "à confirmer",
        "14 ans",
        "NUMERO INVALIDE",
    ],
)
def test_a_remark_that_may_be_a_refusal_lets_no_agreement_pass(remark):
    assert held(remark)


@pytest.mark.parametrize(
    "remark",
    [
        "a demandé l’affiche",
        "préfère le matin",
        "rappeler lundi",
        "RAS",
        "ne répond pas, rappeler",
        "pas joignable avant 18h",
        "pas de voiture",
        "ne parle pas bien français",
        "en colère contre la mairie",
        "contre la rocade",
        "ne veut plus de camions dans sa rue",
        "refuse d’être candidate",
        "plus de tracts, en remettre",
        "à inscrire sur les listes électorales",
        "pas encore inscrit sur les listes",
        "n’a pas voté en 2020",
        "quartier tranquille",
        "n’hésitez pas à l’appeler",
        "ne pas oublier l’affiche",
        "stop pub sur la boîte",
        "accord signé le 3 mars",
        "ne peut pas venir le 12",
        "à ajouter à la newsletter",
        "will call back on Monday",
        "left a message",
        "interested in schools",
        "demande de carte électorale",
        "retire ses affiches jeudi",
        "a arrêté de fumer",
        "chèque refusé par la banque",
        "opposition sur son chèque",
        "enterrement de vie de garçon",
        "a reçu la lettre n° 2",
        "demande la suppression du rond-point",
        "se plaint de la mairie",
        "fâchée contre le maire",
        "en colère contre les travaux",
        "libre uniquement pour tracter",
        "n’a voté que pour la liste verte",
        "sans étiquette politique",
        "M. Aita, rue des Lilas",
        "joignable seulement jusqu’à 18h",
        "n’a pas signé la pétition",
        "demande une affiche pour son voisin",
        "a laissé son numéro pour qu’on la rappelle",
        "a donné son mail pour recevoir la lettre",
        "inscrite par Claire",
        "signé le 3 mars au marché",
        "15 ans de militantisme",
    ],
)
def test_an_ordinary_remark_holds_nobody_back(remark):
    assert not held(remark)


@pytest.mark.parametrize("remark", ["refus au téléphone", "Refus par tél. le 3/3", "a refusé par mail"])
def test_where_she_refused_is_not_taken_for_what_she_refuses(remark):
    with pytest.raises(UnreadableCell):
        declined_by(shipped())(remark)


def test_a_line_whose_remark_may_be_a_refusal_waits_and_its_words_are_shown(gw, tmp_path):
    text = LIST.format("à oublier").replace("à savoir", "remarques")
    plan = planned(gw, tmp_path, text, claim=BOX, reviewed="vu")
    (one,) = plan.refused_samples
    assert (one.line, one.column, one.value) == (3, "remarques", "à oublier") and plan.remarks_waiting == 1


def test_somebody_who_read_the_remarks_settles_them_at_once_and_the_journal_says_who(gw, tmp_path):
    text = LIST.format("à oublier").replace("à savoir", "remarques") + "zoe@exemple.fr;oui;ne plus contacter\n"
    report = imported(gw, tmp_path, text, claim=BOX, reviewed="vu", remarks_read="Claire")
    assert {value for _, value in reached_at(gw)} == {"lea@exemple.fr", "yann@exemple.fr"}
    assert not report.refused and report.doubts["read_over"] == 1 and report.impact.objects == 1
    with reading(gw.engine) as tx:
        bodies = [str(body) for (body,) in tx.execute(select(tables.journal.c.body))]
    assert any("Claire" in body and "remarks_read" in body for body in bodies)


def test_a_column_that_nobody_named_stops_the_file_where_a_line_may_be_a_refusal_be_it_far_down(gw, tmp_path):
    many = "".join(f"p{rank}@exemple.fr;oui;vient à la réunion\n" for rank in range(1_200))
    text = LIST.format("vient à la réunion").replace("à savoir", "rencontre") + many + "zoe@exemple.fr;oui;à oublier\n"
    with pytest.raises(InvalidInput, match=r"« rencontre » dit peut-être qui ne veut plus rien recevoir.*« à oublier »"):
        planned(gw, tmp_path, text, claim=BOX)


def test_streets_and_trades_that_sound_like_a_refusal_stop_no_file(gw, tmp_path):
    text = LIST.format("4 rue du Refus").replace("à savoir", "adresse postale")
    assert planned(gw, tmp_path, text, claim=BOX).impact.new == 2


def test_words_beside_an_address_that_may_be_a_refusal_keep_it_out(gw, tmp_path):
    plan = planned(gw, tmp_path, "courriel;consentement\nlea@exemple.fr (à oublier);oui\nyann@exemple.fr;oui\n", claim=BOX)
    assert plan.impact.new == 1 and plan.refused == {"remark": 1}


def test_crosses_below_a_heading_that_may_say_no_stop_the_file(gw, tmp_path):
    text = "courriel;consentement;NPC\nlea@exemple.fr;oui;\nyann@exemple.fr;oui;X\n"
    with pytest.raises(InvalidInput, match='--map "NPC=opposition"'):
        planned(gw, tmp_path, text, claim=BOX)
    assert imported(gw, tmp_path, text, claim=BOX, mapping={"NPC": None}).impact.objects == 1


def test_how_a_question_is_to_be_left_empty_does_not_turn_its_answers_round(gw, tmp_path):
    asks = "Acceptez-vous de recevoir nos informations par e-mail et/ou par SMS ? (Si vous ne le souhaitez pas, laissez vide)"
    path = brought(tmp_path, f'courriel;portable;"{asks}"\nlea@exemple.fr;0639981234;Par e-mail\nyann@exemple.fr;;\n')
    proposal = propose(gw, path, How(), {})
    assert [one.field for one in proposal.columns][-1] is Field.CONSENT_CHANNELS


@pytest.mark.parametrize("cell", ["Fâchée", "NPC", "hostile", "❌", "👎", "Démission"])
def test_one_word_of_a_column_that_nobody_named_may_be_a_refusal_too(gw, tmp_path, cell):
    with pytest.raises(InvalidInput, match=rf"« Ressenti » dit peut-être qui ne veut plus rien recevoir.*« {cell} »"):
        planned(gw, tmp_path, LIST.format(cell).replace("à savoir", "Ressenti"), claim=BOX)


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Statut de la commande", "Refusé"),
        ("Paiement", "refusé par la banque"),
        ("Vient aux réunions", "jamais"),
        ("Thème", "Justice"),
    ],
)
def test_payments_and_answers_to_other_questions_stop_no_file(gw, tmp_path, heading, cell):
    assert planned(gw, tmp_path, LIST.format(cell).replace("à savoir", heading), claim=BOX).impact.new == 2


def test_a_column_left_out_of_an_earlier_file_is_asked_about_where_a_newer_one_says_no_there(gw, tmp_path):
    imported(gw, tmp_path, LIST.format("vient en mai"), claim=BOX, **SAID)
    assert planned(gw, tmp_path, LIST.format("vient en juin"), claim=BOX).impact.unchanged >= 1
    with pytest.raises(InvalidInput, match=r"« à savoir » dit peut-être qui ne veut plus rien recevoir.*« à oublier »"):
        planned(gw, tmp_path, LIST.format("à oublier"), claim=BOX)
