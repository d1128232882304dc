"""A new version of the program, a new shape of the database, another database: each step forward,
or everything back as it was.

Come here to change the steps of `upgrade` (the table STEPS), or what happens around a migration and
a move to PostgreSQL.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

from peewee import PeeweeException
from playhouse import db_url

import config
from audit import log as audit_log
from audit.log import db
from ops import backup, db_dump, numbering, school_folder
from ops.backup import MIGRATIONS, CannotDo

SAME = "nothing to do"


# --- before a migration
def migrated(migrate, keep=True):
    """Run `migrate(database)` with a backup before it when there is something to migrate; when it
    fails, the database is put back.

    Gives the names of the migrations that were run. Raises CannotDo. `keep`: False when a backup was
    made a moment ago.
    """
    database = db.obj
    with database.connection_context():
        before = db_dump.applied(database)
        waiting = {p.stem for p in MIGRATIONS.glob("0*.py")} - set(
            before
        ) or numbering.reusing_tables(database)
    if not before or not waiting:
        return migrate(database)
    if keep:
        backup.backup()
    with backup.work_folder("migration") as work:
        db_dump.snapshot(database, work / "portal.db", MIGRATIONS)
        try:
            return migrate(database)
        except Exception as error:  # noqa: BLE001  (whatever it is: back, then say so)
            db_dump.load(database, work / "portal.db", MIGRATIONS)
            raise CannotDo(
                f"The database could not be brought up to date ({type(error).__name__}). It was put"
                " back as it was and nothing is lost. Go back to the version of the program that"
                " you had, and tell whoever gave you this one."
            ) from error


# --- an upgrade
@dataclass
class Upgrade:
    """What an upgrade must know to put everything back; kept in the folder `upgrading` of the data
    folder until it is done.
    """

    root: str  # the program
    venv: str  # its Python environment
    was: str  # its commit before

    def python(self, *words, why):
        """A command with the portal's own Python."""
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        return run([str(Path(self.venv) / scripts / "python"), *words], self.root, why)

    def git(self, *words, why="git does not answer"):
        """A git command on the program."""
        return run(
            ["git", "-c", "user.name=portal", "-c", "user.email=portal@localhost", *words],
            self.root,
            why,
        )


class Failed(Exception):
    """A step of an upgrade failed; its text says why."""


def run(words, root, why):
    """A command in the folder of the program: what it printed; raises Failed with `why` and the
    last line that it said.
    """
    done = subprocess.run(
        words, cwd=root, capture_output=True, text=True, timeout=1800, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        last = (
            [line for line in (done.stdout + done.stderr).splitlines() if line.strip()] or [""]
        )[-1]
        raise Failed(f"{why} ({last.strip()[:200]})")
    return done.stdout.strip()


def packages_of(venv):
    """The folder of the packages of a Python environment."""
    return Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))


def kept_packages(venv):
    """Where they are kept during an upgrade."""
    return packages_of(venv).with_name("site-packages.before")


def copy_of_database():
    """Where the database is kept during an upgrade."""
    return backup.data_folder() / "upgrading" / "portal.db"


def back_up(_):
    """A backup in every place."""
    done, problems = backup.backup()
    return "; ".join([*map(str, done), *problems])


def fetch(now):
    """The newest commit of the branch that this copy follows, with the school's own commits merged
    into it.
    """
    now.git(
        "fetch",
        "--quiet",
        "--tags",
        why="the new version could not be fetched; is there a connection?",
    )
    now.git(
        "merge",
        "--quiet",
        "--no-edit",
        "@{upstream}",
        why="the new version and the school's own changes do not fit together",
    )
    if now.git("rev-parse", "HEAD") == now.was:
        return SAME
    return now.git("log", "-1", "--format=%h of %cd: %s", "--date=short")


def install(now):
    """The packages of the new version; the folder is kept first, so that it comes back without the
    network.
    """
    half = kept_packages(now.venv).with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(packages_of(now.venv), half, copy_function=link, symlinks=True).rename(
        kept_packages(now.venv)
    )
    now.python(
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        "requirements.txt",
        why="a package could not be installed",
    )
    return "as requirements.txt says"


def link(source, target):
    """A second name for a file where the disk can do that; else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def change_database(now):
    """The new program brings the database up to date."""
    return now.python(
        "commands.py", "migrate", "--no-backup", why="the database could not be brought up to date"
    )


def check(now):
    """The new program starts and shows its sign-in page."""
    return now.python("commands.py", "starts", why="the new program does not start")


STEPS = (
    ("back up", back_up),
    ("fetch the new version", fetch),
    ("install its packages", install),
    ("bring the database up to date", change_database),
    ("start it once", check),
)


def upgrade(root=config.HERE, venv=sys.prefix, say=print):
    """Bring the program to its newest version: all steps, or none. Raises CannotDo with the step
    that failed; then all is as it was.
    """
    with backup.exclusive():
        put_back_killed(say)
        now = begin(root, venv)
        for name, step in STEPS:
            try:
                done = step(now)
            except (Failed, CannotDo, OSError, subprocess.SubprocessError) as error:
                raise CannotDo(
                    f"The upgrade stopped at “{name}”: {error}. {put_back(now)}"
                ) from error
            say(f"{name}: {done}")
            if done == SAME:
                end(now)
                return "This is the newest version already."
        end(now)
    return "Upgraded. Start the portal again."


def begin(root, venv):
    """Keep what is needed to put everything back; raises CannotDo for an upgrade that could
    not be.
    """
    now = Upgrade(str(root), str(venv), "")
    if not (Path(venv) / "pyvenv.cfg").exists():
        raise CannotDo("Give this command with the portal's own Python: ./portal upgrade.")
    try:
        changed, now.was = (
            now.git("status", "--porcelain", "--untracked-files=no"),
            now.git("rev-parse", "HEAD"),
        )
        now.git(
            "rev-parse",
            "@{upstream}",
            why="this copy of the program follows no branch of another; get it with git clone",
        )
    except (Failed, OSError) as error:
        raise CannotDo(f"The program cannot be upgraded by git: {error}.") from None
    if changed:
        raise CannotDo(
            'Files of the program were changed here. Keep the changes first: git commit -a -m "Our'
            ' questions". They are merged with the new version.'
        )
    shutil.rmtree(copy_of_database().parent, ignore_errors=True)
    shutil.rmtree(kept_packages(venv), ignore_errors=True)
    copy_of_database().parent.mkdir(mode=0o700)
    db_dump.snapshot(db.obj, copy_of_database(), MIGRATIONS)
    (backup.data_folder() / "unfinished").write_text(
        "An upgrade was interrupted. Give the command upgrade again: it puts everything back first."
    )
    (copy_of_database().parent / "upgrade.json").write_text(json.dumps(asdict(now)))
    return now


def put_back_killed(say):
    """Put everything back that an upgrade left which was killed."""
    kept = copy_of_database().parent / "upgrade.json"
    if kept.exists():
        say(f"An upgrade was interrupted. {put_back(Upgrade(**json.loads(kept.read_text())))}")


def put_back(now):
    """Undo every step; gives the sentence that says so, or what could not be undone."""
    try:
        now.git("reset", "--quiet", "--hard", now.was)  # ends a half-done merge too
        if kept_packages(now.venv).exists():
            packages_of(now.venv).rename(gone := kept_packages(now.venv).with_suffix(".gone"))
            kept_packages(now.venv).rename(packages_of(now.venv))
            shutil.rmtree(gone)
        db_dump.load(db.obj, copy_of_database(), MIGRATIONS)
    except (Failed, OSError, PeeweeException) as error:
        return (
            f"It could not be put back ({type(error).__name__}). Run: git reset --hard {now.was};"
            " then restore the newest backup."
        )
    end(now)
    return (
        "The program, its packages and the database are as they were before; the portal can be"
        " started as always."
    )


def end(now):
    """Forget what was kept to put everything back."""
    shutil.rmtree(kept_packages(now.venv), ignore_errors=True)
    (backup.data_folder() / "unfinished").unlink(missing_ok=True)
    shutil.rmtree(copy_of_database().parent)


# --- another database engine
def move_to(url):
    """Copy the whole database into an empty PostgreSQL database and compare: the lines that say so.
    Raises CannotDo.
    """
    target, source = db_url.connect(url), db.obj
    if audit_log.on_sqlite(target):
        raise CannotDo(
            "Name a PostgreSQL database: postgresql://user:password@host/name. Back to SQLite goes"
            " by backup and restore."
        )
    try:
        with backup.exclusive(), source.connection_context(), target.connection_context():
            here, there = copy_over(source, target)
    except PeeweeException as error:
        raise CannotDo(
            f"The database {url.rpartition('@')[2]} does not answer, or did not take the copy"
            f" ({type(error).__name__}). Nothing was kept of it; this portal's own database is as"
            " it was."
        ) from error
    school_folder.note_move(backup.data_folder(), url.rpartition("@")[2])
    lines = [
        f"{name:28} {total:>8,} rows  {code[:16]}  =  {there[name][1][:16]}"
        for name, (total, code) in here.items()
    ]
    return [
        *lines,
        (
            f"{len(here)} tables, every hash equal on both sides; the chain of the audit trail"
            " holds there."
        ),
        (
            f"From now on the portal needs this line in {config.HERE / 'portal.env'} (files and"
            " keys stay in the data folder):"
        ),
        f"DATABASE_URL={url}",
    ]


def copy_over(source, target):
    """Copy everything in one transaction: the hashes of all tables here and there; raises CannotDo
    when they differ.
    """
    if target.get_tables():
        raise CannotDo("That database is not empty. Name a new one: createdb -E UTF8 portal")
    with target.atomic(), source.atomic():
        db_dump.build(target, db_dump.applied(source), MIGRATIONS)
        db_dump.copy_tables(source, target)
        here, there = db_dump.fingerprints(source), db_dump.fingerprints(target)
        if wrong := [name for name in here if here[name] != there.get(name)] + guard_and_verify(
            target
        ):
            raise CannotDo("The copy differs, so nothing was kept of it: " + ", ".join(wrong))
    return here, there


def guard_and_verify(target):
    """Put the triggers of the audit trail into a copied database, and check its chain there: what
    is wrong, in sentences.
    """
    source = db.obj
    db.initialize(target)
    try:
        audit_log.install_triggers()
        return audit_log.verify(backup.daily_anchors())
    finally:
        db.initialize(source)
