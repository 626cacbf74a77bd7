"""Pages, as a browser set to French asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from gateway.flows.gateway import Gateway
from gateway.web.app import web_app


@pytest.fixture
def browser(gw: Gateway) -> Iterator[TestClient]:
    """Asks for pages in French."""
    with TestClient(web_app(gw), headers={"Accept-Language": "fr"}, follow_redirects=False) as client:
        yield client
