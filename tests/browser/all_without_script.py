"""The five journeys of journeys.py without JavaScript, for `make soak ONLY=journeys`."""
import pytest

from browser.journeys import *  # noqa: F403


@pytest.fixture
def script():
    """Whether the browser runs scripts."""
    return False
