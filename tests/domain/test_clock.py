"""Days as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.domain.clock import read_day


@pytest.mark.parametrize("written", ["2027-03-15", "15/03/2027", "15.03.2027", " 15/3/2027 "])
def test_a_day_is_read_as_a_browser_or_a_person_writes_it(written):
    assert read_day(written) == date(2027, 3, 15)


@pytest.mark.parametrize("written", ["", "demain", "31/02/2027", "15/03/27", "15/03/9999"])
def test_what_is_no_day_or_beyond_all_calendars_is_none(written):
    assert read_day(written) is None
