"""How quickly the audit trail answers when it is long: 100,000 rows about 400 children, the busiest
of them with 20,000.

`.venv/bin/python tests/soak/who_saw.py` prints one line for each figure; exit code 1 when one is
over its limit.
"""

import datetime
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import app as portal  # noqa: E402
import models as m  # noqa: E402
import people  # noqa: E402
from audit import (
    actions,  # noqa: E402
    report,  # noqa: E402
    verify,  # noqa: E402
)
from audit import log as audit_log  # noqa: E402
from ops import database as ops_database

ROWS, BUSY, CHILDREN = 100_000, 20_000, 400


def fill(database):
    """400 children and a year of looks and changes, chained as the program chains them."""
    draw, start = random.Random(7), datetime.datetime(2025, 11, 24, 8)
    with database.connection_context(), audit_log.acting_as("Set-up"):
        senco = people.User(name="Sam Senco", username="sam", role="senco", account="on", totp="X")
        senco.save()
        pupils = [
            m.Pupil(
                surname=f"Child{n}",
                forename="Robin",
                dob=datetime.date(2018, 5, 5),
                year="3",
                form="3B",
            )
            for n in range(CHILDREN)
        ]
        for pupil in pupils:
            pupil.save()
        link, rows = audit_log.head().link, []
        for n in range(ROWS):
            key = pupils[0].id if n % (ROWS // BUSY) == 0 else draw.choice(pupils).id
            act = draw.choice((*actions.READ_ACTIONS, "view", "view", "change"))
            row = {
                "at": start + datetime.timedelta(seconds=n * 300),
                "who": f"Colleague {draw.randrange(30)}",
                "user_id": draw.randrange(30),
                "request": f"{n // 3:012d}",
                "act": act,
                "record": draw.choice(("Pupil", "MyPlan", "Meeting")),
                "record_id": key,
                "pupil_id": key,
                "section": "",
                "question": "alert" if act == "change" else "",
                "before": "",
                "after": "",
                "reason": "",
            }
            row["content_hash"] = audit_log.keyed_hash("", "", "")
            row["entry_hash"] = link = audit_log.hash_entry(link, row)
            rows.append(row)
        with database.atomic():
            for at in range(0, ROWS, 500):
                audit_log.AuditEntry.insert_many(rows[at : at + 500]).execute()
    return senco, pupils


def timed(what, times=1):
    """The best of some runs, in seconds of the processor (so that a busy machine does not count),
    and the last answer.
    """
    took = []
    for _ in range(times):
        began = time.process_time()
        said = what()
        took.append(time.process_time() - began)
    return min(took), said


def command(folder, *words):
    """The seconds of the processor that a command takes as somebody types it, start of the program
    included; and what it did.
    """
    env, began = (
        {"DATA_DIR": str(folder), "PATH": "/usr/bin:/bin", "PORTAL_ENV": ""},
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    done = subprocess.run(
        [sys.executable, "commands.py", *words], cwd=ROOT, env=env, capture_output=True, text=True
    )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime - began.ru_utime + ended.ru_stime - began.ru_stime, done


def main():
    """Print the figures; the number of those over their limit."""
    over = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "files").mkdir()
        ops_database.configure(folder)
        database = ops_database.open_database(f"sqlite:///{folder}/portal.db")
        ops_database.migrate(database)
        senco, pupils = fill(database)
        with database.connection_context():
            figures = [
                (
                    "who-saw, a child with 200 rows",
                    1,
                    timed(lambda: report.who_saw_lines(pupils[7]), 5),
                ),
                (
                    "who-saw, a child with 20,000 rows",
                    1,
                    timed(lambda: report.who_saw_lines(pupils[0]), 3),
                ),
                ("verify, trail and seals", 30, timed(verify.problems)),
            ]
        app = portal.create_app(database, folder, testing=True)
        page(app, senco, "/help/")
        figures += [
            (
                "the page of the child with 20,000 rows",
                1,
                timed(lambda: page(app, senco, f"/audit/?pupil={pupils[0].id}"), 3),
            ),
            (
                "the command who-saw, start of the program included",
                5,
                command(folder, "who-saw", str(pupils[7].id)),
            ),
        ]
        for words, most, (took, said) in figures:
            over += took > most
            print(
                f"{words}: {took:.3f} s (limit {most} s), {ROWS:,} audit rows"
                + (", NOTHING FOUND" if said == [] and "who" in words else "")
            )
        over += (
            figures[2][2][1] != []
            or "Colleague" not in figures[4][2][1].stdout
            or len(figures[0][2][1]) < 100
        )
    return over


def page(app, user, url):
    """Fetch a page as a signed-in person."""
    from web import Browser

    return Browser(app, user).client.get(url).get_data(as_text=True)


if __name__ == "__main__":
    sys.exit(main())
