"""The usual jobs take few keys: at most so many Tabs and clicks, and at most half of what
Flask-Admin's own forms of the same tables take, by Tabs alone and with the clicks.
"""

import keys
import pytest
from conftest import pointed_back


@pytest.fixture(scope="module")
def measured(chromium, tmp_path_factory):
    with pointed_back():
        found = keys.measure(chromium, tmp_path_factory.mktemp("keys"))
    return {job.name: counts for job, *counts in found}


@pytest.mark.parametrize("job", keys.JOBS, ids=lambda job: job.name)
def test_a_job_takes_few_keys(measured, job):
    mine, stock = measured[job.name]
    assert mine["tabs"] + mine["clicks"] <= job.most
    assert mine["tabs"] <= stock["tabs"] / 2
    assert mine["tabs"] + mine["clicks"] <= (stock["tabs"] + stock["clicks"]) / 2
