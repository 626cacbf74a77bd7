"""Hours agreed to, as they are told to whoever agreed to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compliance.spoken import agreed_hours
from gateway.domain.hours import CallWindow


@pytest.mark.parametrize(
    ("canonical", "french", "english"),
    [
        ("lun-ven 18:00-20:00", "du lundi au vendredi de 18 h à 20 h", "Monday to Friday 18:00 to 20:00"),
        (
            "lun-ven 18:00-20:00; sam 10:00-12:30",
            "du lundi au vendredi de 18 h à 20 h ; le samedi de 10 h à 12 h 30",
            "Monday to Friday 18:00 to 20:00; Saturday 10:00 to 12:30",
        ),
        (
            "lun-dim 10:00-12:00, 14:00-18:00",
            "tous les jours de 10 h à 12 h et de 14 h à 18 h",
            "every day 10:00 to 12:00 and 14:00 to 18:00",
        ),
        ("sam-dim 20:00-24:00", "le samedi et le dimanche de 20 h à minuit", "Saturday and Sunday 20:00 to midnight"),
        ("quand on veut", "quand on veut", "quand on veut"),  # what cannot be read is told as it stands
        ("", "", ""),
    ],
)
def test_hours_are_told_in_the_words_of_the_reader(canonical: str, french: str, english: str):
    assert agreed_hours(canonical, "fr").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") == french
    assert agreed_hours(canonical, "en") == english


_STRETCHES = st.lists(st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda one: one[0] < one[1]), max_size=3)


@given(st.lists(_STRETCHES, min_size=7, max_size=7).filter(any), st.sampled_from(["fr", "en"]))
def test_hours_as_they_are_told_are_read_again_as_the_same(week: list[list[tuple[int, int]]], language: str):
    """Whoever changes them on her page starts from these words."""
    names = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
    said = "; ".join(
        f"{day} {', '.join(f'{a}h-{b}h' for a, b in hours)}" for day, hours in zip(names, week, strict=True) if hours
    )
    window = CallWindow.parse(said)
    assert CallWindow.parse(agreed_hours(str(window), language)) == window
