"""What `make release` does: the seeded school of the release, then its tag in git.

The school, from which tests restore for ever after, is written to tests/released/<version>.sql:
a fictional pupil with every question answered, and one with sealed papers; the key of their audit
trail stands in the first line. Once that file is committed, the same command makes the tag
v<version>.
"""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
KEY = "the key of a school that is not"


class Refused(Exception):
    """No release can be made; the text says why, and the cure."""


def main(root=ROOT):
    """Make the next step of a release: 0 when it is tagged; 1, with a sentence, when it is not."""
    try:
        version, news = newest(root)
        refuse_unfit(root, version)
        school = root / "tests" / "released" / f"{version}.sql"
        if not school.exists():
            write_school(school)
            raise Refused(
                f"Written: {school.relative_to(root)}. Commit it; then make release again."
            )
        git(root, "tag", "--annotate", f"v{version}", "--cleanup=whitespace", "--message", news)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print(f"Tagged v{version}. Publish it with: git push origin v{version}")
    return 0


def newest(root):
    """The newest version in the change list, and what stands under it.

    Raises Refused as long as it has no date.
    """
    text = (root / "CHANGELOG.md").read_text("utf-8")
    news = text.split("\n## ")[1]
    version, _, day = news.partition("\n")[0].partition(" - ")
    if not day or day == "unreleased":
        raise Refused(
            f"CHANGELOG.md gives {version} no date. "
            "Write the day of the release there, and commit it."
        )
    return version, f"Version {news}"


def refuse_unfit(root, version):
    """Raise Refused when this version has its tag already, or when not all is committed."""
    if git(root, "tag", "--list", f"v{version}"):
        raise Refused(
            f"There is a tag v{version} already. A new release needs a new version in CHANGELOG.md."
        )
    if git(root, "status", "--porcelain"):
        raise Refused(
            "Not everything here is committed, so a tag would not mean what you see. "
            "Commit or remove it: git status"
        )


def git(root, *words):
    """A git command in the tree: what it printed. Raises Refused with git's last words."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"git {words[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


# --- the seeded school
def write_school(path):
    """Build the school in a temporary folder and write it down."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "audit.key").write_text(KEY)
        fill(folder)
        with contextlib.closing(sqlite3.connect(folder / "portal.db")) as database:
            said = "\n".join([f"-- audit.key: {KEY}", *database.iterdump(), ""])
    path.write_text(said, "utf-8")


def fill(folder):
    """Everything of everything, through the program, into a new database in a folder."""
    import time_machine
    from conftest import START, do_papers, press
    from web import MARKS, MOMENT, build_pupil

    import models as m
    from audit import log as audit_log
    from ops import database as ops_database
    from people import User
    from records import questions as q

    ops_database.configure(folder)
    database = ops_database.open_database(f"sqlite:///{folder / 'portal.db'}")
    with time_machine.travel(MOMENT, tick=False):
        ops_database.migrate(database)
        with database.connection_context(), audit_log.acting_as("The tests"):
            people = {
                role: User.create(
                    name=f"{role.title()} of the school",
                    username=role,
                    role=role,
                    classes="3B" if role == q.TEACHER else None,
                )
                for role in q.ROLES
            }
            build_pupil(people[q.SENCO], MARKS["mine"], "3B")
            pupil = m.Pupil.create(surname="Zebminesealed", forename="Kim", year="4", form="4A")
            press("Start at Stage 3", pupil, people[q.SENCO], START)
            do_papers(pupil, people[q.SENCO])
            audit_log.audit_access("view", [pupil])


if __name__ == "__main__":
    sys.exit(main())
