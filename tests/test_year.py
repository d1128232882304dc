"""A short school year by the real screens: no child is stuck, no day differs, nothing that is done
is asked for. The whole year is `make soak ONLY=year`.
"""

import pytest
from year.__main__ import live

# (seed, pupils): the first is the ordinary one, the others found something once
SHORT = ((5, 9),)
DAYS = 130  # half term, Christmas and the end of summer time are within
PACE = 8  # one school day in so many is lived


@pytest.mark.parametrize(("seed", "pupils"), SHORT)
def test_a_short_year_holds_every_evening(tmp_path, seed, pupils):
    year = live(tmp_path, seed, DAYS, pupils, PACE)
    assert not year.faults, "\n".join(map(str, year.faults))
    pressed = [what for what in year.counts if what.startswith("move: ")]
    assert len(pressed) > 5
