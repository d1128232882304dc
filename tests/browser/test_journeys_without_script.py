"""Two of the journeys of journeys.py without JavaScript: a long one and a short one. `make soak ONLY=journeys` walks all five."""
import pytest

from browser.journeys import story, test_c_stage_3_to_off_the_list, test_e_entered_in_error  # noqa: F401


@pytest.fixture
def script():
    """Whether the browser runs scripts."""
    return False
