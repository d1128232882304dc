"""The usual forms take few keys: at most so many Tabs, and at most half of the Tabs and clicks that
Flask-Admin's own form of the same tables takes.
"""

import keys
import pytest
from conftest import pointed_back


@pytest.fixture(scope="module")
def measured(chromium, tmp_path_factory):
    with pointed_back():
        found = keys.measure(chromium, tmp_path_factory.mktemp("keys"))
    return {job: counts for job, *counts in found}


@pytest.mark.parametrize("job", [job for job, *_ in keys.JOBS])
def test_a_form_takes_few_tabs(measured, job):
    most, mine, stock = measured[job]
    assert mine["tabs"] <= most
    assert (mine["tabs"] + mine["clicks"]) * 2 <= stock["tabs"] + stock["clicks"]
