"""What `records/query.py` saves: columns that are spelled once against peewee's own way, in one
run, taking turns. Prints ratios of processor time.

Run it with `.venv/bin/python benchmarks/queries.py`. It builds a small school in a folder of its
own.
"""

import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

import peewee  # noqa: E402
from common import build, cookie_for, quiet, signed  # noqa: E402

import app  # noqa: E402
import models as m  # noqa: E402
import people  # noqa: E402
from records import query  # noqa: E402

TURNS, TIMES = 15, 20
OURS = query.Query.__sql_selection__
PEEWEES = peewee.ModelSelect.__sql_selection__


def processor_time(do, selection):
    """The seconds of processor time that it takes to do something `TIMES` times, with this way of
    writing columns.
    """
    query.Query.__sql_selection__ = selection
    start = time.process_time()
    for _ in range(TIMES):
        do()
    return time.process_time() - start


def ratio(do):
    """Our share of peewee's time: the median of some turns."""
    do()
    return statistics.median(
        processor_time(do, OURS) / processor_time(do, PEEWEES) for _ in range(TURNS)
    )


def main():
    """Build a school, do each thing both ways, print the ratios."""
    with tempfile.TemporaryDirectory(prefix="queries-") as name:
        folder = pathlib.Path(name)
        database = build(folder, pupils=5)
        program = app.create_app(database, folder)
        quiet()
        with database.connection_context():
            held = cookie_for(people.User.get(people.User.username == "senco"))
        client = program.test_client()
        client.set_cookie("portal", signed(folder, held)[0])

        def page(address):
            def do():
                assert client.get(address).status_code == 200

            return do

        def placements():
            return list(
                m.Placement.select()
                .where(m.Placement.pupil == 1, ~m.Placement.void)
                .order_by(m.Placement.id)
            )

        for words, address in (
            ("the page of a child", "/pupil/1/"),
            ("the list of pupils", "/pupil/"),
            ("the home page", "/"),
        ):
            print(f"{words}: {ratio(page(address)):.2f} of the time with peewee's own way")
        with database.connection_context():
            print(f"one query for one placement: {ratio(placements):.2f}")


if __name__ == "__main__":
    main()
