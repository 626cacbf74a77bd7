"""What Odile is told to read again before her letter leaves, and what she is left in peace with."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.render.rereading import doubts

TODAY = date(2026, 11, 28)  # a Saturday


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("vendredi 3 décembre", "« vendredi 3 décembre » : le 3 décembre 2026 est un jeudi"),
        ("MARDI 3 DECEMBRE", "« MARDI 3 DECEMBRE » : le 3 décembre 2026 est un jeudi"),
        ("**vendredi\u00a03\u00a0décembre** à 19 h", "« vendredi 3 décembre » : le 3 décembre 2026 est un jeudi"),
        ("vendredi 3 de\u0301cembre", "« vendredi 3 décembre » : le 3 décembre 2026 est un jeudi"),
        ("vendredi 3/12", "« vendredi 3/12 » : le 3 décembre 2026 est un jeudi"),
        ("samedi 6 décembre", "« samedi 6 décembre » : le 6 décembre 2026 est un dimanche"),  # as on last year's calendar
        ("samedi 18 avril 2027", "« samedi 18 avril 2027 » : le 18 avril 2027 est un dimanche"),
        ("jeudi 1er janvier", "« jeudi 1er janvier » : le 1er janvier 2027 est un vendredi"),
        ("lundi 14 juillet", "« lundi 14 juillet » : le 14 juillet 2026 est un mardi"),  # nor a Monday in 2027
        ("jeudi 31 novembre", "« jeudi 31 novembre » : cette date n’existe pas"),
        ("les 30 et 31 novembre", "« 31 novembre » : cette date n’existe pas"),
        ("jeudi 45 mars", "« jeudi 45 mars » : cette date n’existe pas"),
        ("le 31/11/2026", "« 31/11/2026 » : cette date n’existe pas"),
        ("le 29 février 2027", "« 29 février 2027 » : cette date n’existe pas"),
        ("à 19 h 75", "« 19 h 75 » : une heure n’a que 60 minutes"),
        ("à 19h75, au lavoir", "« 19h75 » : une heure n’a que 60 minutes"),
        ("rendez-vous [lieu de la réunion]", "« [lieu de la réunion] » : reste-t-il un mot à mettre là ?"),
        ("rendez-vous [à compléter]", "« [à compléter] » : reste-t-il un mot à mettre là ?"),
        ("chez XXX", "« XXX » : reste-t-il un mot à mettre là ?"),
    ],
)
def test_a_slip_is_shown_with_what_is_true(written: str, told: str) -> None:
    assert doubts(f"Réunion {written}.", "fr", TODAY) == (told,)


@pytest.mark.parametrize(
    "written",
    [
        "jeudi 3 décembre 2026 à 19 h 30",
        "Jeudi\u00a03\u00a0Décembre, lundi, 30 novembre et jeudi 3/12",
        "les samedi 5 et dimanche 6 décembre",
        "dimanche 18 avril et dimanche 2 mai 2027",
        "le mardi 14 juillet dernier, ou le mercredi 14 juillet prochain",  # far from both: of either year
        "dimanche 23 avril 2017, mardi 14 juillet 1789",
        "jeudi 3 décembre, 2000 personnes",
        "le 29 février, sans son année",
        "une semaine de 35 h, 32 heures par semaine, 24h/24, 7j/7, 72 h",
        "2 h 75 €, 19,75 h, 3/4 des gens, 31/11, 1/2",
        "lettre n° 45 mars 2026, en mars 12 personnes, 1 500 mars",
        "un bulletin à compléter [sic], [date](https://valbrume.example/d), vendredi 13",
        "le 31 [de ce mois]",
    ],
)
def test_what_may_be_right_is_left_in_peace(written: str) -> None:
    assert doubts(written, "fr", TODAY) == ()


def test_an_english_letter_is_read_in_english_and_its_figures_are_not_taken_for_french_ones() -> None:
    told = doubts("Thursday, December 4th, or Friday 3 December, not 10/15/2026", "en", TODAY)
    assert told == (
        "« Thursday, December 4th » : le 4 décembre 2026 est un vendredi",
        "« Friday 3 December » : le 3 décembre 2026 est un jeudi",
    )


def test_what_is_written_twice_is_told_once_and_in_the_order_of_the_letter() -> None:
    told = doubts("XXX, vendredi 3 décembre, jeudi 31 novembre, XXX", "fr", TODAY)
    assert [why.split(" »")[0] for why in told] == ["« XXX", "« vendredi 3 décembre", "« jeudi 31 novembre"]
