"""Headings of lists that people bring: ordinary ones pass, sensitive ones are refused, what resembles them waits for a look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.compliance.admit import Entry, admit, listening
from gateway.compliance.batch import BatchFacts
from gateway.compliance.likeness import distance, misspelt
from gateway.domain.contact import OriginKind
from tests.compliance.builders import shipped

AT = datetime(2026, 12, 1, 10, tzinfo=UTC)

ORDINARY = """
email; e-mail; adresse mail; courriel; mel; prénom; nom; nom d'usage; nom de naissance; civilité; titre; téléphone; portable;
fixe; mobile; tél domicile; numéro de téléphone; code postal; cp; commune; ville; adresse; adresse 1; adresse 2; complément
d'adresse; numéro de voie; type de voie; libellé de voie; lieu-dit; pays; région; département; canton; circonscription;
quartier; étage; bâtiment; escalier; digicode; bureau de vote; code du bureau de vote; libellé du bureau de vote; numéro
d'ordre dans le bureau de vote; vote par procuration; date de naissance; année de naissance; âge; sexe; langue; date
d'inscription; date de création; date de modification; date d'adhésion; date de fin d'adhésion; date du consentement;
consentement; consentement sms; accord newsletter; opt-in; opt-in sms; formulaire; texte du consentement; moyen de recueil;
collecteur; recueilli par; origine; origine du contact; origine des données; source; provenance; canal; campagne; identifiant;
id; uuid; numéro; n° adhérent; référence commande; statut; statut de la commande; montant; montant tarif; tarif; moyen de
paiement; code promo; reçu fiscal; cotisation; don; dernier don; date du don; groupe; sous-groupe; équipe; rôle; fonction;
mandat; responsable; référent; bénévole; disponibilités; horaires d'appel; plage horaire; préférence de contact; ne pas
contacter; désinscrit; motif; mention; mention légale; option; options; session; mission; permission; profession; métier;
employeur; entreprise; organisation; association; raison sociale; siret; site web; facebook; twitter; instagram; linkedin;
photo; tags; étiquettes; mots-clés; liste; listes; segment; segments; score; member_rating; optin_time; optin_ip;
confirm_time; latitude; longitude; gmtoff; timezone; cc; leid; euid; first name; last name; full name; email address; phone
number; zip; city; state; country; address; birthday; created_at; updated_at; attributes; status; name; nationbuilder_id;
signup_id; mobile_number; primary_zip; tag_list; do_not_call; is_volunteer; assigned to; newsletter; politique de
confidentialité; messages politiques; accord pour les messages politiques; communauté de communes; communauté d'agglomération;
syndic; nom du syndic; concession; centre d'intérêt; intérêts; culture; loisirs; sport; atelier; événement; réunion; réunion
publique; participation; nombre de personnes; taille du tee-shirt; covoiturage; transport; véhicule; permis; parrain;
marraine; parrainage; école; classe; niveau d'études; diplôme; situation familiale; nombre d'enfants; union libre; logement;
locataire ou propriétaire; résidence; résidence secondaire; ancien nom; adresse invalide; email invalide; date de validité;
légion d'honneur; section; secteur; zone; territoire; rang; ordre; ligne; remplaçant; horodateur
"""

REFUSED = """
religion; Religion; RELIGION; religions; confession; culte; croyance; croyances; ethnie; origine ethnique; origines ethniques;
race; couleur de peau; syndicat; Syndicats; syndiqué; appartenance syndicale; santé; état de santé; handicap; handicaps;
handicapé; maladie; maladies; sexualité; orientation sexuelle; orientation_sexuelle; ORIENTATION-SEXUELLE; vie sexuelle;
identité de genre; opinion; opinions; opinion politique; opinions politiques; vote présumé; intention de vote; couleur
politique; bord politique; health; disability; ethnic origin; sexual orientation; trade union; political opinion; voting
intention; numéro de sécurité sociale; NIR; consonance; consonance du nom; conviction religieuse; convictions philosophiques;
casier judiciaire; santé de la personne; handicap de l'enfant; religion du père; race
"""

RESEMBLING = """
religion2; relig; religon; riligion; relligion; religieux; pratique religieuse; appartenance religieuse; religious;
religiousbelief; catholique; musulman; islam; juif; juive; paroisse; mosquée; orientation_sex; orient sex; orientationsex;
sexuel; homosexuel; LGBT; sexual_pref; opinionpolitique; opinionspol; opinon; opinion2; politique; positionnement politique;
parti; parti politique; party; political_views; tendance; sympathisant; support_level; intentiondevote; presumed vote; CGT;
CFDT; synd; syndicale; délégué syndical; sindicat; syndicta; unionised; syndicat de copropriété; syndicat d'initiative;
ethnique; ethnicité; ethn_origin; raciale; origine géographique; pays d'origine; nationalité; nationalite2; lieu de naissance;
LieuNaissance; PaysNaissance; pays de naissance; NomComNaissance lieu de naissance; place of birth; country of birth;
citizenship; langue maternelle; titre de séjour; handi; handicappé; handicape2; RQTH; AAH; MDPH; PMR; mobilité réduite;
medical; médicaments; maladi; pathologie; allergies; diabète; cancer; grossesse; VIH; séropositif; vaccin covid; invalidité;
groupe sanguin; régime alimentaire; halal; casher; centre de santé; mutuelle santé; num sécu; sécu; ssn; biométrie;
Origine présumée; origine supposée; condamnations;
conjoint de même sexe; fauteuil roulant;
santé du sol; état de santé des arbres; race du chien; race (chien); maladies de la vigne;
commentaires; remarques; observations; notes; appartenance; gens du voyage; immigré; philosophie
"""


def headings(table: str) -> list[str]:
    return [heading.strip() for heading in table.replace("\n", " ").split(";") if heading.strip()]


def verdict(**said) -> tuple[Entry, tuple[str, ...]]:
    """(what becomes of an otherwise welcome file, rules that decided)."""
    facts = BatchFacts(at=AT, origin=OriginKind.WEB_FORM, origin_complete=True, declared=("art13-form",), **said)
    admission = admit(facts, shipped())
    return admission.entry, admission.rules


def test_ordinary_headings_raise_no_alarm():
    table = headings(ORDINARY)
    alarms = [heading for heading in table if verdict(columns=(heading,))[0] is not Entry.ACCEPTED]
    assert len(table) >= 150
    assert not alarms, f"{len(alarms)} of {len(table)} raise an alarm: {alarms}"


def test_sensitive_headings_are_refused_with_their_rule():
    table = headings(REFUSED)
    outcomes = {heading: verdict(columns=(heading,)) for heading in table}
    missed = {heading: found for heading, found in outcomes.items() if found[0] is not Entry.REFUSED}
    assert not missed, f"{len(missed)} of {len(table)} are not refused: {missed}"
    assert {rule for _, rules in outcomes.values() for rule in rules} == {"sensitive-fields-block", "penal-226-19"}


def test_what_resembles_them_waits_for_a_look():
    table = headings(RESEMBLING)
    assert len(table) + len(headings(REFUSED)) >= 100
    missed = [heading for heading in table if verdict(columns=(heading,))[0] is not Entry.REVIEW]
    assert not missed, f"{len(missed)} of {len(table)} are not held back: {missed}"


@pytest.mark.parametrize("tag", ["CGT", "catholique", "sympathisant", "handi"])
def test_tags_are_judged_like_headings(tag):
    assert verdict(tags=(tag,))[0] is Entry.REVIEW


def test_a_column_of_an_innocent_name_is_told_by_its_cells():
    found = verdict(columns=("divers",), cells=(("divers", "Catholique"), ("divers", "bleu")))
    assert found == (Entry.REVIEW, ("sensitive-fields-block",))
    assert verdict(cells=(("divers", "Abstentionniste"),)) == (Entry.REVIEW, ("penal-226-19",))
    assert verdict(cells=(("divers", "bleu"), ("nom", "Juillet")))[0] is Entry.ACCEPTED


NOTES = ("Observations", "Notes")


def test_free_text_that_somebody_listened_to_is_judged_by_what_it_says():
    assert verdict(columns=NOTES) == (Entry.REVIEW, ("sensitive-fields-block",))
    assert verdict(columns=NOTES, heard=("Notes",)) == (Entry.REVIEW, ("sensitive-fields-block",))
    assert verdict(columns=NOTES, heard=NOTES)[0] is Entry.ACCEPTED
    said = (("Notes", "diabetique"), ("Notes", "de gauche"))
    assert verdict(columns=NOTES, heard=NOTES, said=said) == (Entry.REVIEW, ("penal-226-19", "sensitive-fields-block"))


def test_listening_to_a_column_does_not_clear_its_name():
    assert verdict(columns=("Observations santé",), heard=("Observations santé",))[0] is Entry.REFUSED
    assert verdict(columns=("Notes médicales",), heard=("Notes médicales",))[0] is Entry.REVIEW


@pytest.mark.parametrize(
    "words",
    [
        "catholique pratiquante",
        "va à la messe",
        "adhérente CGT",
        "diabétique, attention",
        "en fauteuil",
        "vote RN",
        "mangent sans porc",
    ],
)
def test_free_text_betrays_what_may_not_be_kept(words):
    assert any(rule.betrayed(words) for rule in listening(shipped(), AT))


@pytest.mark.parametrize(
    "words",
    [
        "préfère le soir",
        "2e étage gauche",
        "non adhérente",
        "parle breton",
        "rue de l’Église",
        "a déménagé à Rennes",
        "voir avec Malik",
    ],
)
def test_ordinary_notes_betray_nothing(words):
    assert not any(rule.betrayed(words) for rule in listening(shipped(), AT))


def test_a_fault_or_two_are_forgiven_in_long_words_only():
    assert distance("religion", "reliigon") == 1 and distance("ab", "ba") == 1 and distance("", "abc") == 3
    assert misspelt("religon", "religion") and not misspelt("rac", "race") and not misspelt("mention", "religion")
