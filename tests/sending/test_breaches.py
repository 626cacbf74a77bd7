"""A leak is noted at once, and the authority told within the hours of the pack; late or not told, somebody says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.flows import breaches
from gateway.flows.breaches import Ending, close_breach, every_breach, first_open, open_breach
from gateway.flows.checking import Standing, breach_line
from tests.sending.support import journal_of
from workers.jobs import BREACHES, EVERY_JOB

WHAT = "Une clé USB avec l’export des contacts de Valbrume a été perdue dans le train."
MEASURES = "La clé était chiffrée ; le mot de passe a été changé."


def leak(gw, **given):
    return open_breach(gw, WHAT, **{"aware_at": gw.clock.now(), "people": 40, "by": "Inès", **given})


def test_the_clock_runs_from_when_somebody_knew_and_the_check_shows_what_waits(gw, clock):
    assert breach_line(gw).standing is Standing.READY
    knew = clock.now() - timedelta(hours=10)
    found = leak(gw, aware_at=knew)
    assert found.deadline_at == knew + timedelta(hours=72)
    line = breach_line(gw)
    assert line.standing is Standing.ADVISED and "Prévenir la CNIL avant le" in line.todo
    (told,) = journal_of(gw, "breach")
    assert (told["act"], told["breach"], told["people"]) == ("opened", found.id, 40) and "USB" not in str(told)


def test_told_in_time_it_is_closed_once_and_stays_in_the_log(gw, clock):
    found = leak(gw)
    clock.advance(timedelta(hours=5))
    closed = close_breach(gw, found.id, Ending(measures=MEASURES, told_at=clock.now()), by="Inès")
    assert (closed.told_at, closed.measures) == (clock.now(), MEASURES)
    assert first_open(gw) is None and [one.id for one in every_breach(gw)] == [found.id]
    assert breach_line(gw).standing is Standing.READY
    with pytest.raises(Conflict, match="déjà close"):
        close_breach(gw, found.id, Ending(measures=MEASURES, untold_why="aucun risque"), by="Inès")
    assert [one["act"] for one in journal_of(gw, "breach")] == ["opened", "closed"]


def test_the_ticker_warns_a_day_before_the_hours_have_passed_and_when_they_have_each_once(gw, clock):
    knew = clock.now()
    found = leak(gw)
    clock.set(knew + timedelta(hours=47, minutes=59))
    assert breaches.watch(gw) == 0
    clock.set(knew + timedelta(hours=48))
    assert (breaches.watch(gw), breaches.watch(gw)) == (1, 0)
    assert "avant le" in breach_line(gw).todo
    clock.set(knew + timedelta(hours=72))
    assert (breaches.watch(gw), breaches.watch(gw)) == (1, 0)
    told = journal_of(gw, "alarm")
    assert [(one["alarm"], one["breach"], one["rule"]) for one in told] == [
        ("breach-deadline", found.id, "breach-72h"),
        ("breach-late", found.id, "breach-72h"),
    ]
    assert "Hors délai depuis" in breach_line(gw).todo
    close_breach(gw, found.id, Ending(measures=MEASURES, untold_why="la clé était chiffrée"), by="Inès")
    other = leak(gw, aware_at=clock.now() - timedelta(hours=80))
    assert breaches.watch(gw) == 1 and journal_of(gw, "alarm")[-1]["breach"] == other.id, "noted too late, it is late at once"
    close_breach(gw, other.id, Ending(measures=MEASURES, untold_why="la clé était chiffrée"), by="Inès")
    clock.advance(timedelta(days=30))
    assert breaches.watch(gw) == 0 and BREACHES in EVERY_JOB


def test_told_late_it_takes_a_reason(gw, clock):
    found = leak(gw)
    clock.advance(timedelta(hours=73))
    with pytest.raises(InvalidInput, match="hors délai"):
        close_breach(gw, found.id, Ending(measures=MEASURES, told_at=clock.now()), by="Inès")
    late = Ending(measures=MEASURES, told_at=clock.now(), late_why="le trésorier ne l’a dit qu’au retour")
    assert close_breach(gw, found.id, late, by="Inès").late_why


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (Ending(measures=MEASURES), "--told-at"),
        (Ending(measures="rien", untold_why="aucun risque"), "--measures"),
    ],
)
def test_a_breach_is_not_closed_without_its_words(gw, ending, why):
    found = leak(gw)
    with pytest.raises(InvalidInput, match=why):
        close_breach(gw, found.id, ending, by="Inès")
    with pytest.raises(NotFound):
        close_breach(gw, found.id + 1, Ending(measures=MEASURES, untold_why="aucun risque"), by="Inès")
    with pytest.raises(InvalidInput, match="entre l’instant"):
        early = Ending(measures=MEASURES, told_at=found.aware_at - timedelta(hours=1))
        close_breach(gw, found.id, early, by="Inès")
    assert first_open(gw) == found


def test_what_cannot_be_a_breach_is_refused(gw, clock):
    for given, why in (({"aware_at": clock.now() + timedelta(hours=1)}, "pas encore venu"), ({"people": 0}, "au moins une")):
        with pytest.raises(InvalidInput, match=why):
            leak(gw, **given)
    with pytest.raises(InvalidInput, match="ce qui s’est passé"):
        open_breach(gw, "fuite", aware_at=clock.now(), people=None, by="Inès")
    assert every_breach(gw) == [] and journal_of(gw, "breach") == []


def test_of_a_long_log_every_breach_is_watched_shown_and_written(gw, clock):
    numbers = [leak(gw, aware_at=clock.now() - timedelta(hours=80) + timedelta(minutes=one % 7)).id for one in range(203)]
    close_breach(gw, numbers[0], Ending(measures=MEASURES, untold_why="la clé était chiffrée"), by="Inès")
    assert (breaches.watch(gw), breaches.late(gw)) == (202, 202)
    assert sorted(one.id for one in every_breach(gw)) == numbers and every_breach(gw)[-1].id == numbers[0]
    seen, after = [], None
    while page := breaches.page(gw, after=after, limit=50):
        seen += [one.id for one in page]
        after = seen[-1]
    assert seen == [one.id for one in every_breach(gw)]
    with pytest.raises(NotFound):
        breaches.page(gw, after=999, limit=50)


def test_how_many_people_it_touched_is_often_known_only_at_its_end(gw):
    """The log said « pas encore connu » for ever (RGPD 33, paragraph 4)."""
    found = leak(gw, people=None)
    ending = Ending(measures=MEASURES, untold_why="la clé était chiffrée", people=340)
    assert close_breach(gw, found.id, ending, by="Inès").people == 340
    assert journal_of(gw, "breach")[-1]["people"] == 340
    with pytest.raises(InvalidInput, match="--people"):
        close_breach(gw, leak(gw).id, replace(ending, people=0), by="Inès")
