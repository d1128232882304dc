"""The usual forms take few keys: at most so many Tabs, and at most half of the Tabs and clicks that
Flask-Admin's own form of the same tables takes; a review with its move no more than that.
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
    mine, stock = [counts["tabs"] + counts["clicks"] for counts in measured[job.name]]
    assert mine <= job.most
    assert mine <= stock * job.share
