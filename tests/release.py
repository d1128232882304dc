"""The seeded school of a release, from which tests restore for ever after: `.venv/bin/python tests/release.py` writes tests/released/<version>.sql.

A fictional pupil with every question answered, and one with sealed papers; the key of their audit trail stands in the first line.
"""
import contextlib
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
KEY = "the key of a school that is not"


def main():
    """Build the school in a temporary folder and write it down."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["DATA_DIR"] = name
        os.environ.pop("DATABASE_URL", None)
        (Path(name) / "audit.key").write_text(KEY)
        fill()
        with contextlib.closing(sqlite3.connect(Path(name) / "portal.db")) as database:
            said = "\n".join([f"-- audit.key: {KEY}", *database.iterdump(), ""])
    from config import version
    path = ROOT / "tests" / "released" / f"{version()}.sql"
    path.write_text(said, "utf-8")
    print(f"{path.relative_to(ROOT)}: {len(said) // 1000} KB")


def fill():
    """Everything of everything, through the program."""
    import app
    import models as m
    import questions as q
    import time_machine
    import trail
    from conftest import START, do_papers, press
    from web import MARKS, MOMENT, build_pupil
    app.configure()
    database = app.open_database()
    with time_machine.travel(MOMENT, tick=False):
        app.migrate(database)
        with database.connection_context(), q.acting("The tests"):
            people = {role: m.User.create(name=f"{role.title()} of the school", username=role, role=role, classes="3B" if role == q.TEACHER else None)
                      for role in q.ROLES}
            build_pupil(people[q.SENCO], MARKS["mine"], "3B")
            pupil = m.Pupil.create(surname="Zebminesealed", forename="Kim", year="4", form="4A")
            press("Start at Stage 3", pupil, people[q.SENCO], START)
            do_papers(pupil, people[q.SENCO])
            trail.saw("view", [pupil])


if __name__ == "__main__":
    main()
