"""A new version of the program, a new shape of the database, another database: each step forward, or everything back as it was.

Come here to change the steps of `upgrade` (the table STEPS), or what happens around a migration and a move to PostgreSQL.
"""
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from playhouse import db_url

import copying
import trail
import upkeep
from questions import db
from upkeep import HERE, MIGRATIONS, Refused

SAME = "nothing to do"


# --------------------------------------------------------------------------------------------------- before a migration
def migrated(migrate, keep=True):
    """Run `migrate(database)` with a backup before it when there is something to migrate; when it fails, the database is put back.

    Gives the names of the migrations that were run. Raises Refused. `keep`: False when a backup was made a moment ago.
    """
    database = db.obj
    with database.connection_context():
        before = copying.applied(database)
    if not before or not {p.stem for p in MIGRATIONS.glob("0*.py")} - set(before):
        return migrate(database)
    if keep:
        upkeep.backup()
    with upkeep.work_folder("migration") as work:
        copying.snapshot(database, work / "portal.db", MIGRATIONS)
        try:
            return migrate(database)
        except Exception as error:                                  # noqa: BLE001  (whatever it is: back, then say so)
            copying.put_back(database, work / "portal.db", MIGRATIONS)
            raise Refused(f"The database could not be brought up to date ({type(error).__name__}). It was put back as it was and nothing is "
                          "lost. Go back to the version of the program that you had, and tell whoever gave you this one.") from error


# ------------------------------------------------------------------------------------------------------------ an upgrade
@dataclass
class Upgrade:
    """What an upgrade must know to put everything back."""
    root: Path                  # the program
    was: str                    # its commit before
    copy: Path                  # the copy of the database
    packages: Path              # the folder of the packages
    kept: Path                  # a copy of it


class Failed(Exception):
    """A step of an upgrade failed; its text says why."""


def run(words, root, why):
    """A command in the folder of the program: what it printed; raises Failed with `why` and the last line that it said."""
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=1800, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = ([line for line in (done.stderr + done.stdout).splitlines() if line.strip()] or [""])[-1]
        raise Failed(f"{why} ({last.strip()[:200]})")
    return done.stdout.strip()


def git(root, *words, why="git does not answer"):
    """A git command on the program."""
    return run(["git", "-c", "user.name=portal", "-c", "user.email=portal@localhost", *words], root, why)


def back_up(_):
    """A backup in every place, and a copy to put back."""
    done, problems = upkeep.backup()
    return "; ".join([f"{path}" for path in done] + problems)


def fetch(now):
    """The newest commit of the branch that this copy follows; the school's own commits stay on top of what both share."""
    git(now.root, "fetch", "--quiet", "--tags", why="the new version could not be fetched; is there a connection?")
    git(now.root, "merge", "--quiet", "--no-edit", "@{upstream}", why="the new version and the school's own changes do not fit together")
    if git(now.root, "rev-parse", "HEAD") == now.was:
        return SAME
    return git(now.root, "log", "-1", "--format=%h of %cd: %s", "--date=short")


def install(now):
    """The packages of the new version."""
    shutil.copytree(now.packages, now.kept, copy_function=link, symlinks=True)
    run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], now.root,
        "a package could not be installed")
    return "as requirements.txt says"


def link(source, target):
    """A second name for a file where the disk can do that; else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def change_database(now):
    """The new program brings the database up to date."""
    return run([sys.executable, "app.py", "migrate", "--no-backup"], now.root, "the database could not be brought up to date")


def check(now):
    """The new program starts and shows its sign-in page."""
    return run([sys.executable, "app.py", "starts"], now.root, "the new program does not start")


STEPS = (("back up", back_up), ("fetch the new version", fetch), ("install its packages", install),
         ("bring the database up to date", change_database), ("start it once", check))


def upgrade(root=HERE, say=print):
    """Bring the program to its newest version: all steps, or none. Raises Refused with the step that failed; then all is as it was."""
    refuse_unfit(root)
    with upkeep.alone(), upkeep.work_folder("upgrade") as work:
        packages = Path(sysconfig.get_paths()["purelib"])
        now = Upgrade(root, git(root, "rev-parse", "HEAD"), work / "portal.db", packages, packages.with_name("site-packages.before"))
        shutil.rmtree(now.kept, ignore_errors=True)
        copying.snapshot(db.obj, now.copy, MIGRATIONS)
        for name, step in STEPS:
            try:
                done = step(now)
            except (Failed, Refused, OSError, subprocess.SubprocessError) as error:
                back = put_back(now)
                raise Refused(f"The upgrade stopped at “{name}”: {error}. {back}") from error
            say(f"{name}: {done}")
            if done == SAME:
                return "This is the newest version already."
        shutil.rmtree(now.kept, ignore_errors=True)
    return "Upgraded. Start the portal again."


def refuse_unfit(root):
    """Refuse an upgrade that could not be put back."""
    if sys.prefix == sys.base_prefix:
        raise Refused("Give this command with the portal's own Python: ./portal upgrade (it lies in .venv).")
    try:
        changed = git(root, "status", "--porcelain", "--untracked-files=no")
        git(root, "rev-parse", "@{upstream}", why="this copy of the program follows no branch of another; get it with git clone")
    except (Failed, OSError) as error:
        raise Refused(f"The program cannot be upgraded by git: {error}.") from None
    if changed:
        raise Refused("Files of the program were changed here. Keep the changes first: git commit -a -m \"Our questions\". They are merged "
                      "with the new version.")


def put_back(now):
    """Undo every step; gives the sentence that says so, or what could not be undone."""
    try:
        git(now.root, "merge", "--abort") if (now.root / ".git" / "MERGE_HEAD").exists() else None
        git(now.root, "reset", "--quiet", "--hard", now.was)
        if now.kept.exists():
            shutil.rmtree(now.packages)
            now.kept.rename(now.packages)
        copying.put_back(db.obj, now.copy, MIGRATIONS)
    except (Failed, OSError) as error:
        return f"It could not be put back by itself ({error}). Run: git reset --hard {now.was}; then restore the backup just made."
    return "The program, its packages and the database are as they were before; the portal can be started as always."


# -------------------------------------------------------------------------------------------------- another database engine
def move_to(url):
    """Copy the whole database into an empty PostgreSQL database and compare: the lines that say so. Raises Refused."""
    target, source = db_url.connect(url), db.obj
    if copying.on_file(target):
        raise Refused("Name a PostgreSQL database: postgresql://user:password@host/name. Back to SQLite goes by backup and restore.")
    with upkeep.alone(), source.connection_context(), target.connection_context():
        if target.get_tables():
            raise Refused("That database is not empty. Name a new one: createdb -E UTF8 portal")
        with target.atomic(), source.atomic():
            copying.build(target, copying.applied(source), MIGRATIONS)
            copying.copy_tables(source, target)
            here, there = copying.fingerprints(source), copying.fingerprints(target)
            if wrong := [name for name in here if here[name] != there.get(name)] + guard_and_verify(target):
                raise Refused("The copy differs, so nothing was kept of it: " + ", ".join(wrong))
    lines = [f"{name:28} {total:>8,} rows  {code[:16]}  =  {there[name][1][:16]}" for name, (total, code) in here.items()]
    return [*lines, f"{len(here)} tables, every hash equal on both sides; the chain of the audit trail holds there.",
            "From now on start the portal with this in its environment (files and keys stay in the data folder):",
            f"DATABASE_URL={url}"]


def guard_and_verify(target):
    """Put the triggers of the audit trail into a copied database, and check its chain there: what is wrong, in sentences."""
    source = db.obj
    db.initialize(target)
    try:
        trail.guard()
        return trail.verify(upkeep.daily_anchors())
    finally:
        db.initialize(source)
