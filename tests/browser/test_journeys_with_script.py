"""The five journeys of journeys.py with JavaScript."""

import pytest

from browser.journeys import *  # noqa: F403


@pytest.fixture
def script():
    """Whether the browser runs scripts."""
    return True
