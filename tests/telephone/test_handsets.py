"""The telephones of trial mode, as whoever holds one uses it: a long answer, a key after the call, a number that never wrote."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from gateway.domain.channel import Medium
from tests.sending.support import run
from tests.telephone.support import add, call, objected, text, town

MARIE = "+33639980010"


@pytest.fixture
def t(sqlite_url, clock, tmp_path):
    with town(sqlite_url, clock, tmp_path) as made:
        yield made


def posted(t, path, **fields):
    """Status of the answer, and the page it leads to."""
    url = f"{t.gw.settings.web.public_url}/sandbox/handsets/{MARIE[1:]}/{path}"
    try:
        with urlopen(url, data=urlencode(fields).encode(), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_an_answer_as_long_as_a_text_may_be_is_heard_to_its_last_line(t):
    add(t, MARIE)
    text(t)
    run(t.gw)
    words = ("Je vous lis.\n" * 130)[:1595] + "\nSTOP"
    assert len(words) == 1600
    assert posted(t, "reply", to="36000", text=words.replace("\n", "\r\n"))[0] == 200  # as browsers send lines
    (answer,) = [one for one in t.carrier.traffic.messages(equal={"sender": MARIE}) if one.direction == "inbound"]
    assert answer.body == words
    assert posted(t, "reply", to="36000", text=words + "!")[0] == 400
    assert posted(t, "reply", to="36999", text="STOP")[0] == 400


def test_a_key_after_the_call_does_nothing_and_the_page_shows_what_was_heard(t):
    add(t, MARIE, call=True, hours="mon-fri 09:00-20:00")
    call(t)
    run(t.gw)
    assert t.carrier.idle()
    status, page = posted(t, "key", key="9")
    assert status == 200 and "venez samedi" in page and 'class="keypad"' not in page
    assert not objected(t, MARIE, Medium.CALL)
    assert posted(t, "key", key="99")[0] == 400
