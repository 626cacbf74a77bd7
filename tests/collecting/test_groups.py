"""A copy of a pivot table: what lines have in common stands in the first of each group, and « Total … » below the last."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import Field
from tests.collecting.support import planned

HEADER = "Étiquettes de lignes;Nom;Courriel;Nombre\n"
STAY = "Abonné;Ail;ail@exemple.fr;1\n;Bol;bol@exemple.fr;1\nTotal Abonné;;;2\n"


@pytest.mark.parametrize(
    ("label", "total"),
    [("Désabonné", "Total Désabonné"), ("STOP", "Total STOP"), ("Unsubscribed", "Unsubscribed Total"), ("Non", "Total Non")],
)
def test_whoever_stands_below_the_first_of_those_who_left_is_not_taken_for_somebody_who_stayed(gw, tmp_path, label, total):
    text = f"{HEADER}{STAY}{label};Cep;cep@exemple.fr;1\n;Dot;dot@exemple.fr;1\n{total};;;2\nTotal général;;;4\n"
    with pytest.raises(InvalidInput, match=f"ligne 7 : « {total} » clôt un groupe .* répétez ces mots sur chaque ligne"):
        planned(gw, tmp_path, text, mapping={"Étiquettes de lignes": Field.REMARK})


def test_with_its_labels_on_each_line_each_of_them_is_heard(gw, tmp_path):
    text = f"{HEADER}{STAY}Désabonné;Cep;cep@exemple.fr;1\nDésabonné;Dot;dot@exemple.fr;1\nTotal Désabonné;;;2\n"
    plan = planned(gw, tmp_path, text, mapping={"Étiquettes de lignes": Field.REMARK})
    assert (plan.impact.new, plan.impact.objects) == (2, 2)


def test_a_count_below_the_list_is_no_group(gw, tmp_path):
    text = "Nom;Courriel;Quartier\nAil;ail@exemple.fr;Bourg\nBol;bol@exemple.fr;\nTotal désinscrits : 14;;\n"
    assert planned(gw, tmp_path, text).impact.new == 2
