"""What cells and remarks of lists say: words of the pack, a yes never taken from what is not one."""

from __future__ import annotations

import json

import pytest

from gateway.compliance.listwords import ListWords, Standing
from gateway.compliance.pack import Pack
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidPack
from tests.compliance.builders import shipped

EVERY = frozenset(Medium)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        *(("Oui", Standing.YES), ("D’accord.", Standing.YES), ("REFUSÉ", Standing.DECLINES), ("Désinscrit·e", Standing.OBJECTS)),
        *(("Do Not Allow", Standing.WITHHOLDS), ("Allow", Standing.STANDS), ("invalide", Standing.DEAD)),
        *(
            ("Abonné", Standing.STANDS),
            ("Inscrit", Standing.LISTED),
            ("Non-Subscribed", Standing.UNCONFIRMED),
            ("NPAI", Standing.DEAD),
            ("oui mais", None),
            ("", None),
        ),
    ],
)
def test_a_cell_says_what_the_pack_says_it_does_and_nothing_is_guessed(cell, says):
    assert shipped().list_words.standing(cell) is says


@pytest.mark.parametrize(
    ("remark", "declined"),
    [
        ("refuse les SMS", {Medium.SMS}),
        ("pas de démarchage téléphonique", {Medium.CALL}),
        ("préfère les mails", set()),
        ("ne pas appeler", {Medium.CALL}),
        ("ne pas oublier d’appeler", None),  # more than lists know: the reader of replies says what it means
        ("SMS uniquement", {Medium.EMAIL, Medium.CALL}),
        ("uniquement par courrier", EVERY),
        ("ne contacter que par mail", {Medium.SMS, Medium.CALL}),
        ("préfère le courrier", set()),
        ("ok mail, pas de texto", {Medium.SMS}),
        ("pas de mail ; pas d’appels", {Medium.EMAIL, Medium.CALL}),
        ("mail OK tél NON", {Medium.CALL}),
        ("oui aux SMS non aux appels", {Medium.CALL}),
        ("contre les SMS, mails possibles", {Medium.SMS}),
        ("pas que des SMS", None),  # says both
        ("pas de SMS le dimanche", None),  # says more
        ("SMS", None),
        ("merci", None),
        ("", None),
    ],
)
def test_a_remark_declines_channels_where_it_speaks_of_nothing_else(remark, declined):
    assert shipped().list_words.declined(remark, EVERY) == declined


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("SMS", {Medium.SMS}),
        ("tél. et mail", {Medium.CALL, Medium.EMAIL}),
        ("tout", EVERY),
        ("SMS le soir", set()),
        ("oui", set()),
    ],
)
def test_a_cell_that_lists_channels_names_them_and_nothing_else(cell, named):
    assert shipped().list_words.listed(cell) == named


@pytest.mark.parametrize(
    ("remark", "objects"),
    [
        ("s’est plaint de nos SMS", {Medium.SMS}),
        ("ne veut pas que ses données soient conservées", EVERY),
        ("se plaint de recevoir trop de nos appels", {Medium.CALL}),
        ("s’est plainte de nos messages", EVERY),
        ("s’est plaint par mail du bruit", None),
        ("plainte pour tapage", None),
    ],
)
def test_whoever_complained_of_what_we_send_objects_to_it(remark, objects):
    words = shipped().list_words
    assert (words.objected(remark) if words.objects(remark) else None) == objects


@pytest.mark.parametrize(
    ("remark", "objects"),
    [
        ("ne répond qu’au téléphone, pas de mail", {Medium.EMAIL}),
        ("dit que les SMS la dérangent, stop aux mails", {Medium.EMAIL, Medium.SMS}),
        ("ne supporte plus que les SMS arrivent la nuit", {Medium.SMS}),
    ],
)
def test_the_channel_by_which_somebody_answers_is_not_the_one_she_objects_to(remark, objects):
    assert shipped().list_words.objected(remark) == objects


@pytest.mark.parametrize(
    "remark", ["refuse le porte-à-porte mais ok mail", "ne veut pas de visite mais mail ok", "ne plus contacter, mail ok"]
)
def test_the_one_channel_she_still_wants_is_not_the_one_she_objects_to(remark):
    assert shipped().list_words.objected(remark) == {Medium.SMS, Medium.CALL}


@pytest.mark.parametrize(
    ("remark", "objects"),
    [
        ("ne plus rien envoyer sauf SMS", {Medium.EMAIL, Medium.CALL}),
        ("désinscrite de tout sauf la lettre", {Medium.SMS, Medium.CALL}),
        ("stop à tout hormis les mails", {Medium.SMS, Medium.CALL}),
        ("désabonnée sauf sms", {Medium.EMAIL, Medium.CALL}),
        ("unsubscribed from everything except SMS", {Medium.EMAIL, Medium.CALL}),
        ("désabonnée des mails sauf la lettre", {Medium.EMAIL}),
        ("stop mails, hors commune", {Medium.EMAIL}),
        ("désinscrite des SMS hors élections", {Medium.SMS}),
    ],
)
def test_what_she_excepts_is_not_what_she_objects_to(remark, objects):
    """« Plus rien, sauf SMS » was an objection to texts, and the letters went on."""
    assert shipped().list_words.objected(remark) == objects


@pytest.mark.parametrize(
    "remark", ["désinscrite de tout le 3/10 (mail)", "désabonnée de tout, dit au téléphone", "désinscrite de partout (SMS)"]
)
def test_who_left_all_of_it_left_more_than_the_channel_named_beside(remark):
    assert shipped().list_words.objected(remark) == frozenset(Medium)


@pytest.mark.parametrize(
    ("remark", "medium"), [("désinscrite de toutes les lettres", Medium.EMAIL), ("désinscrite de tous les SMS", Medium.SMS)]
)
def test_all_of_one_kind_is_that_kind_alone(remark, medium):
    assert shipped().list_words.objected(remark) == {medium}


def test_a_word_of_lists_that_says_two_things_is_a_fault_of_the_pack():
    files = json.loads(shipped().text)
    files["law/lists.toml"] = files["law/lists.toml"].replace('no = ["non"', 'no = ["oui", "non"')
    with pytest.raises(InvalidPack, match="« oui » est déjà un mot de « yes » : une case ne dit qu’une chose"):
        Pack.from_text(json.dumps(files).encode())


def test_a_pack_older_than_the_words_of_lists_reads_none():
    files = json.loads(shipped().text)
    del files["law/lists.toml"]
    assert Pack.from_text(json.dumps(files).encode()).list_words == ListWords()
    assert ListWords().standing("oui") is None and ListWords().declined("pas de SMS", EVERY) is None


@pytest.mark.parametrize(
    "remark",
    [
        *(
            "a rappelé : ne plus contacter",
            "a demandé par téléphone à ne plus être contactée",
            "appelé le 3/3, ne veut plus rien recevoir",
        ),
        *(
            "demande reçue par SMS : ne plus contacter",
            "vu au tel : ne plus solliciter",
            "message vocal : ne plus nous contacter",
        ),
        *(
            "mail du 3/4 : ne plus contacter",
            "désinscription demandée par tel",
            "demande de retrait du 3/4 par mail",
            "a téléphoné : stop",
        ),
    ],
)
def test_by_which_channel_somebody_told_us_is_not_the_one_she_objects_to(remark):
    """« A rappelé : ne plus contacter » was an objection to calls alone: the letters went on."""
    words = shipped().list_words
    declined = words.declined(remark, frozenset(Medium))
    assert (words.objected(remark) if declined is None else declined) == frozenset(Medium)


@pytest.mark.parametrize(
    ("remark", "medium"),
    [
        *(
            ("ne plus contacter par téléphone", Medium.CALL),
            ("ne veut plus être appelée", Medium.CALL),
            ("ne plus rappeler", Medium.CALL),
        ),
        *(
            ("téléphone : ne plus contacter", Medium.CALL),
            ("SMS : ne plus contacter", Medium.SMS),
            ("STOP reçu par SMS", Medium.SMS),
        ),
        *(("a demandé par téléphone à ne plus recevoir de mails", Medium.EMAIL), ("opposition aux mails", Medium.EMAIL)),
        ("a rappelé : plus de SMS", Medium.SMS),
    ],
)
def test_what_she_does_object_to_stays_the_channel_that_is_named(remark, medium):
    assert shipped().list_words.objected(remark) == {medium}
