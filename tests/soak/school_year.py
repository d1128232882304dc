"""A whole school year by the real screens (tests/year), every school day of it: no child is stuck,
no day differs, nothing that is done is asked for. `python tests/year` prints its diary.
"""

import pathlib
import sys
import tempfile

from common import figure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from year import duties  # noqa: E402
from year.__main__ import live  # noqa: E402

SEEDS = (1,)
DAYS = 375  # the September after, with the roll of the new year
PUPILS = 25


def main():
    """Live the year with each seed; the number of those that found something."""
    failed = 0
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="portal-year-") as folder:
            year = live(pathlib.Path(folder), seed, DAYS, PUPILS)
        print("\n".join(year.summary()), flush=True)
        claim = f"a year of {PUPILS} children, seed {seed}, without a fault"
        failed += not figure(claim, f"{len(year.faults)} faults", not year.faults)
        idle = duties.never_done(year)
        failed += not figure("every duty was done", ", ".join(idle) or "all", not idle)
    return failed
