"""The five journeys of journeys.py without JavaScript; `make test` leaves some to `make soak
ONLY=browser` (LONG in conftest.py).
"""

import pytest

from browser.journeys import *  # noqa: F403


@pytest.fixture
def script():
    """Whether the browser runs scripts."""
    return False
