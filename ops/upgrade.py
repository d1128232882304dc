"""Come here to change what happens around a migration, the steps of an upgrade, or the move to
PostgreSQL. Each is done whole, or all is as it was before.
"""

import subprocess
import sys
from pathlib import Path

from peewee import PeeweeException, PostgresqlDatabase
from playhouse import db_url

import config
from audit.log import db, install_triggers, verify
from config import MIGRATIONS
from ops import backup, db_dump, numbering, restore, school_folder
from ops.backup import CannotDo

INTERRUPTED = "An upgrade was interrupted. Give the command upgrade again: it puts all back first."
STEPS = (
    ("install its packages", ("-m", "pip", "install", "--quiet", "-r", "requirements.txt")),
    ("bring the database up to date", ("commands.py", "migrate", "--no-backup")),
    ("start it once", ("commands.py", "starts")),
)


# --- before a migration
def migrated(migrate):
    """Run `migrate(database)`, where needed with a backup before it to go back to: its answer."""
    database = db.obj
    with database.connection_context():
        before = db_dump.applied(database)
        waiting = {path.stem for path in MIGRATIONS.glob("0*.py")}.difference(before)
        waiting.update(numbering.reusing_tables(database))
    if not before or not waiting:
        return migrate(database)
    archives, _ = backup.backup()
    try:
        return migrate(database)
    except Exception as error:  # noqa: BLE001  (whatever it is: back, then say so)
        put_database_back(archives[0])
        raise CannotDo(
            f"The database could not be brought up to date ({type(error).__name__}). It was put"
            " back as it was. Go back to the version that you had, and tell who gave you this one."
        ) from error


def put_database_back(archive):
    with backup.work_folder("migration") as work:
        restore.unpack(archive, backup.own_key(), work)
        db_dump.load(db.obj, work / "portal.db")


# --- an upgrade
def run_in(root, *words):
    done = subprocess.run(
        words, cwd=root, capture_output=True, text=True, timeout=1800, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise CannotDo(lines[-1].strip()[:200] if lines else "no message")
    return done.stdout.strip()


def upgrade(root=config.HERE, python=sys.executable, say=print):
    """Bring the program to its newest version, or raise CannotDo with all as it was before."""
    with backup.exclusive():
        unfinished = backup.data_folder() / "unfinished"
        if unfinished.exists():
            said = unfinished.read_text("utf-8")
            if not said.startswith(INTERRUPTED):
                raise CannotDo(f"{said} If that does not help: ./portal restore")
            say(put_back(root, python, *said.splitlines()[1:]))
        commit = commit_now(root)
        archive = backup.backup()[0][0]
        say(f"back up: {archive}")
        unfinished.write_text(f"{INTERRUPTED}\n{commit}\n{archive}\n", "utf-8")
        step = "fetch the new version"
        try:
            run_in(root, "git", "pull", "--quiet", "--ff-only")
            if run_in(root, "git", "rev-parse", "HEAD") == commit:
                unfinished.unlink()
                return "This is the newest version already."
            say(f"{step}: done")
            for step, words in STEPS:
                say(f"{step}: {run_in(root, python, *words) or 'done'}")
        except (CannotDo, OSError, subprocess.SubprocessError) as error:
            raise CannotDo(
                f"The upgrade stopped at “{step}”: {error}."
                f" {put_back(root, python, commit, archive)}"
            ) from error
        unfinished.unlink()
    return "Upgraded. Start the portal again."


def commit_now(root):
    """The commit of the program. Raises CannotDo when git could not bring it back."""
    try:
        changed = run_in(root, "git", "status", "--porcelain", "--untracked-files=no")
        own = run_in(root, "git", "rev-list", "@{upstream}..HEAD")
        commit = run_in(root, "git", "rev-parse", "HEAD")
    except (CannotDo, OSError) as error:
        raise CannotDo(f"The program cannot be upgraded by git: {error}.") from None
    if changed or own:
        raise CannotDo(
            "The school has changed the program. Commit the changes and merge the new version by"
            " hand: git pull, make install, ./portal run (docs/technician.md, “Upgrade”)."
        )
    return commit


def put_back(root, python, commit, archive):
    """Bring back the program, its packages and the database: a sentence."""
    try:
        run_in(root, "git", "reset", "--quiet", "--hard", commit)
        put_database_back(Path(archive))
        run_in(root, python, *STEPS[0][1])
    except (CannotDo, OSError, PeeweeException, subprocess.SubprocessError) as error:
        return (
            f"It could not be put back ({backup.reason(error)}). Run: git reset --hard {commit};"
            f" make install; ./portal restore {archive}"
        )
    (backup.data_folder() / "unfinished").unlink()
    return "The program, its packages and the database are as before: start the portal as always."


# --- another database engine
def move_to(url):
    """Copy the database into an empty PostgreSQL database and compare: lines. Raises CannotDo."""
    source = db.obj
    where = url.rpartition("@")[2]  # without the password
    try:
        target = db_url.connect(url)
    except (RuntimeError, ValueError):  # no such kind of database, no such port
        target = None
    if not isinstance(target, PostgresqlDatabase):
        raise CannotDo("Name a PostgreSQL database: postgresql://user:password@host/name")
    try:
        with backup.exclusive(), source.connection_context(), target.connection_context():
            moved = copy_over(source, target)
    except PeeweeException as error:
        raise CannotDo(
            f"The database {where} does not answer or took no copy ({type(error).__name__})."
            " Nothing was kept of it; this portal's own is as it was."
        ) from error
    school_folder.note_move(backup.data_folder(), where)
    lines = []
    for name, (total, code) in moved.items():
        lines.append(f"{name:28} {total:>8,} rows  {code[:16]}  on both sides")
    return [
        *lines,
        f"{len(moved)} tables, every hash equal on both sides; the audit trail holds there.",
        "From now on portal.env must have this line (files and keys stay where they are):",
        f"DATABASE_URL={url}",
    ]


def copy_over(source, target):
    """Copy everything in one transaction: the fingerprints. Raises CannotDo when any differs."""
    if target.get_tables():
        raise CannotDo("That database is not empty. Name a new one: createdb -E UTF8 portal")
    with target.atomic(), source.atomic():
        db_dump.build_tables(target, db_dump.applied(source))
        db_dump.copy_tables(source, target)
        here = db_dump.fingerprints(source)
        there = db_dump.fingerprints(target)
        wrong = [name for name in here if here[name] != there.get(name)]
        db.initialize(target)
        try:
            install_triggers()
            wrong += verify(backup.daily_anchors())
        finally:
            db.initialize(source)
        if wrong:
            raise CannotDo("The copy differs, so nothing was kept of it: " + ", ".join(wrong))
    return here
