"""`gateway audit dossier`: the file of one person, or a sentence that says why there is none."""

from __future__ import annotations

import pytest

from gateway.domain.errors import InvalidInput, NotFound


@pytest.mark.usefixtures("neighbours")
def test_a_neighbour_has_a_file_and_a_stranger_has_none(call, tmp_path):
    code, said = call("audit", "dossier", "agathe@exemple.fr", "--to", tmp_path / "agathe", "--by", "Inès")
    assert code == 0 and "dossier.html" in said
    page = (tmp_path / "agathe" / "dossier.html").read_text("utf-8")
    assert "J’accepte." in page and "voisins.csv" in page and "Aucun message n’a été préparé" in page
    assert call("audit", "verify", tmp_path / "agathe" / "preuves.zip")[0] == 0
    with pytest.raises(NotFound, match="personne n’a cette adresse"):
        call("audit", "dossier", "zoe@exemple.fr", "--to", tmp_path / "zoe")
    assert not (tmp_path / "zoe").exists()
    with pytest.raises(InvalidInput, match=r"sans « \.pdf »"):
        call("audit", "dossier", "agathe@exemple.fr", "--to", tmp_path / "agathe.pdf")
    assert not (tmp_path / "agathe.pdf").exists()
