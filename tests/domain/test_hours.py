"""Hours a person agreed to be called at: read as people write them, never guessed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import InvalidInput
from gateway.domain.hours import CallWindow

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("lun-ven 18:00-20:00; sam 10h-12h", "lun-ven 18:00-20:00; sam 10:00-12:00"),
        ("du lundi au vendredi de 18h à 20h", "lun-ven 18:00-20:00"),
        ("Lun. - Ven. : 18h00 – 20h00", "lun-ven 18:00-20:00"),
        ("en semaine entre 18 h et 20 h", "lun-ven 18:00-20:00"),
        ("tous les jours 9h-12h et 14h-18h30", "lun-dim 09:00-12:00, 14:00-18:30"),
        ("18h-20h", "lun-dim 18:00-20:00"),
        ("10h-12h le samedi", "sam 10:00-12:00"),
        ("de midi à 14 heures le mardi et le jeudi", "mar 12:00-14:00; jeu 12:00-14:00"),
        ("lundi 18h-20h, mardi 19h-20h", "lun 18:00-20:00; mar 19:00-20:00"),
        ("vendredi au lundi 10h-12h", "lun 10:00-12:00; ven-dim 10:00-12:00"),
        ("lun 10h-12h, 11h-13h", "lun 10:00-13:00"),
        ("sam 20h-minuit", "sam 20:00-24:00"),
        ("Mon-Fri 6pm-8pm", "lun-ven 18:00-20:00"),
        ("weekdays from 9am to noon", "lun-ven 09:00-12:00"),
    ],
)
def test_hours_have_one_canonical_text(said: str, canonical: str) -> None:
    window = CallWindow.parse(said)
    assert str(window) == canonical
    assert CallWindow.parse(canonical) == window


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "aucune plage horaire"),
        ("le soir", "illisible à partir de « le soir »"),
        ("après 18h", "illisible à partir de « apres 18h »"),
        ("tous les jours sauf lundi 10h-12h", "illisible à partir de « sauf lundi"),
        ("samedi", "quelles heures vont avec quels jours"),
        ("lundi 18h-20h, mardi", "quelles heures vont avec quels jours"),
        ("10h-12h samedi 14h-16h", "quelles heures vont avec quels jours"),
        ("22h-2h", "finit avant de commencer"),
        ("lun 18h-26h", "heure impossible « 26h »"),
        ("lun 10:75-12:00", "heure impossible « 10:75 »"),
    ],
)
def test_what_is_not_wholly_days_and_hours_is_refused_with_its_reason(said: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        CallWindow.parse(said)


def test_a_stretch_holds_its_first_minute_and_not_its_last() -> None:
    window = CallWindow.parse("mar 18h-20h")
    tuesday = datetime(2027, 3, 2, 18, 0, tzinfo=PARIS)
    assert window.covers(tuesday)
    assert window.covers(tuesday.replace(hour=19, minute=59, second=59))
    assert not window.covers(tuesday.replace(hour=20))
    assert not window.covers(tuesday.replace(hour=17, minute=59))
    assert not window.covers(tuesday.replace(day=3))


_stretches = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda pair: pair[0] < pair[1]), max_size=2)


@given(st.lists(_stretches, min_size=7, max_size=7).filter(any))
def test_whatever_the_hours_the_canonical_text_says_the_same(week: list[list[tuple[int, int]]]) -> None:
    names = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
    quarter = "{:02d}:{:02d}".format
    said = "; ".join(
        f"{name} " + ", ".join(f"{quarter(*divmod(a * 15, 60))}-{quarter(*divmod(b * 15, 60))}" for a, b in stretches)
        for name, stretches in zip(names, week, strict=True)
        if stretches
    )
    try:
        window = CallWindow.parse(said)
    except InvalidInput as fault:
        assert "trop nombreuses" in str(fault)
        return
    assert CallWindow.parse(str(window)) == window
    for day, stretches in enumerate(week):
        for quarter_hour in range(96):
            at = datetime(2027, 3, 1 + day, quarter_hour // 4, quarter_hour % 4 * 15, tzinfo=PARIS)
            assert window.covers(at) == any(a <= quarter_hour < b for a, b in stretches)
