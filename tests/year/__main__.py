"""The diary of a school's year: `python tests/year --days 200 --seed 1 > diary.txt`."""

import argparse
import contextlib
import datetime
import pathlib
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from conftest import own_school  # noqa: E402

from year import duties, evening, terms  # noqa: E402
from year.school import Year  # noqa: E402


def main():
    """Live the year; exit code 1 when anything was found."""
    asked = argparse.ArgumentParser(description="A school's year by the real screens.")
    asked.add_argument("--days", type=int, default=375)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--pupils", type=int, default=25)
    asked.add_argument("--pace", type=int, default=1, help="live one school day in so many")
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-year-") as folder:
        year = live(
            pathlib.Path(folder), wanted.seed, wanted.days, wanted.pupils, wanted.pace, sys.stdout
        )
    never = duties.never_done(year)
    if not any(what.startswith("EHC case") for what in year.counts):
        never.append("a step of an EHC case")
    print("\n".join(year.summary()))
    print("Never done:", ", ".join(never) or "nothing")
    return len(year.faults) + len(never)


def live(folder, seed, days, pupils, pace=1, out=None):
    """A year in a folder of its own: the Year, at its end."""
    with own_school(folder) as database:
        database.connect()
        year = Year(database, folder, seed, out, pace)
        with contextlib.closing(database), year.open_school():
            year.bring_in(pupils)
            year.take_over_register()
            last = terms.FIRST_DAY + datetime.timedelta(days)
            year.run(terms.FIRST_DAY, last)
            evening.at_the_end(year)
            duties.at_the_end(year)
    return year


if __name__ == "__main__":
    sys.exit(min(main(), 1))
