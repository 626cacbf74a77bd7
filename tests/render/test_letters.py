"""The installation's own texts are read as they stand in their files now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.domain.errors import RenderFault
from gateway.render.letters import read_text


def test_a_text_that_the_team_changes_is_read_anew_and_one_that_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letters" / "sms" / "stopped.fr.toml"
    path.parent.mkdir(parents=True)

    def text(words: str, changed_at: int) -> str:
        path.write_text(f'text = "{words}"\n', encoding="utf-8")
        os.utime(path, (changed_at, changed_at))
        return read_text(tmp_path, "stopped", "fr", {"controller": "Valbrume"}).text

    assert text("{controller} : c’est noté.", 1) == "Valbrume : c’est noté."
    assert text("{controller} : bien noté.", 1) == "Valbrume : bien noté."  # another size
    assert text("{controller} : mal noté !", 2) == "Valbrume : mal noté !"  # the same size, later
    path.unlink()
    with pytest.raises(RenderFault, match=r"stopped\.fr\.toml"):
        read_text(tmp_path, "stopped", "fr", {"controller": "Valbrume"})
