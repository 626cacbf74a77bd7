"""The town of the web tests, for strangers who mean harm."""

from tests.web.conftest import small_town as small_town
