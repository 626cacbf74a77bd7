"""A person may be two contacts, by mail and by telephone: whoever erases one of them is told of the other."""

from __future__ import annotations

from gateway.domain.rights import Right
from gateway.flows.rights import requests
from tests.collecting.support import BOX, imported
from tests.rights.support import asks

HEAD = "courriel;mobile;prénom;nom;date de naissance;consentement\n"


def asked(gw, address, right=Right.ERASURE):
    return requests.show(gw, asks(gw, right, address).id)


def test_who_stands_in_two_files_by_two_addresses_is_told_to_whoever_answers_her(gw, tmp_path):
    imported(gw, tmp_path, HEAD + "anne@exemple.fr;;Anne;Kermadec;03/05/1970;oui\n", claim=BOX)
    imported(gw, tmp_path, HEAD + "a.kermadec@ailleurs.fr;;ANNE;KERMADEC;;oui\nautre@exemple.fr;;Anne;Le Goff;;oui\n", claim=BOX)
    shown = asked(gw, "anne@exemple.fr")
    assert [address for _, address in shown.namesakes] == ["a.kermadec@ailleurs.fr"]


def test_somebody_of_the_same_name_born_on_another_day_is_not_her(gw, tmp_path):
    imported(gw, tmp_path, HEAD + "anne@exemple.fr;;Anne;Kermadec;03/05/1970;oui\n", claim=BOX)
    imported(gw, tmp_path, HEAD + "fille@exemple.fr;;Anne;Kermadec;03/05/2001;oui\n", claim=BOX)
    assert asked(gw, "anne@exemple.fr").namesakes == ()


def test_people_of_whom_no_name_is_known_are_nobody_s_namesakes(gw, tmp_path):
    imported(gw, tmp_path, HEAD + "un@exemple.fr;;;;;oui\ndeux@exemple.fr;;;;;oui\n", claim=BOX)
    assert asked(gw, "un@exemple.fr").namesakes == ()
