"""An upgrade, in a copy of the program with a Python of its own: every step failed for real, and
all is as it was.
"""

import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from types import SimpleNamespace

import pytest
from conftest import ROOT
from test_upkeep import kill, killed

from audit import log as audit_log
from ops import backup, db_dump, upgrade
from ops import database as ops_database

PROGRAM = (
    "*.py",
    "requirements.txt",
    "CHANGELOG.md",
    "admin_views",
    "audit",
    "demo",
    "ops",
    "papers",
    "pathway",
    "privacy",
    "records",
    "tools",
    "migrations",
    "templates",
    "static",
)
BAD_MIGRATION = """atomic = False
def up(migrator, db):
    db.execute_sql("UPDATE setting SET school_name = 'Half'")
    db.execute_sql("CREATE TABLE half (id integer)")
    raise ValueError("this migration fails")
"""
GOOD_MIGRATION = """def up(migrator, db):
    db.execute_sql("UPDATE setting SET school_name = 'After'")
    db.execute_sql("CREATE TABLE later (id integer primary key)")
"""


def git(folder, *words):
    """A git command in a folder."""
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", *words],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The program as somebody else publishes it, and a Python environment that has its packages;
    made once.
    """
    made = tmp_path_factory.mktemp("first")
    source = made / "source"
    source.mkdir()
    for path in (p for pattern in PROGRAM for p in ROOT.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, source / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / path.name)
    git(source, "init", "--quiet", "--initial-branch=main")
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message=Version one")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made / "venv")], check=True)
    packages = upgrade.packages_of(made / "venv")
    (packages / "shared.pth").write_text(str(upgrade.packages_of(sys.prefix)))
    return made


@pytest.fixture
def school(first, tmp_path, monkeypatch):
    """A school's own copy of the program, its environment and its data; `publish` puts a new
    version where it came from.
    """
    shutil.copytree(first / "source", tmp_path / "source")
    git(tmp_path, "clone", "--quiet", "source", "school")
    shutil.copytree(first / "venv", tmp_path / "venv", symlinks=True)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    was = audit_log.db.obj, audit_log._key, backup.data_folder()
    ops_database.configure()
    ops_database.migrate(ops_database.open_database())
    yield SimpleNamespace(
        root=tmp_path / "school",
        source=tmp_path / "source",
        venv=tmp_path / "venv",
        data=tmp_path / "data",
    )
    if was[0] is not None:
        audit_log.db.initialize(was[0])
    audit_log._key, backup._folder = was[1:]


def publish(school, **files):
    """A new version of the program: these files written anew."""
    for name, text in files.items():
        (school.source / name).write_text(text)
    git(school.source, "add", "--all")
    git(school.source, "commit", "--quiet", "--message=Version two")


def wheel(folder):
    """A package that a new version needs, as a file: pip installs it without the network."""
    path = folder / "extra-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("extra.py", "here = True\n")
        archive.writestr(
            "extra-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n"
        )
        archive.writestr(
            "extra-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("extra-1.0.dist-info/RECORD", "")
    return f"extra @ file://{path}\n"


def state(school):
    """All that an upgrade may change: the commit, the files, the packages, the database with its
    shape.
    """
    with closing(sqlite3.connect(school.data / "portal.db")) as database:
        shape = database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    with backup.reading(school.data / "portal.db") as tables:
        rows, done = db_dump.fingerprints(tables), db_dump.applied(tables)
    files = {
        p.relative_to(school.root): p.read_bytes()
        for p in school.root.rglob("*")
        if p.is_file() and not {".git", "__pycache__"} & set(p.parts)
    }
    packages = {
        p.relative_to(school.venv): p.stat().st_size
        for p in school.venv.rglob("*")
        if "__pycache__" not in p.parts and p.is_file()
    }
    return git(school.root, "rev-parse", "HEAD"), files, packages, shape, rows, done


def refused(school, said=None):
    """The words with which the upgrade stops; after checking that everything is as it was
    before.
    """
    before = state(school)
    with pytest.raises(backup.CannotDo) as stopped:
        upgrade.upgrade(school.root, school.venv, (said if said is not None else []).append)
    after = state(school)
    assert after == before
    assert (
        "The program, its packages and the database are as they were before"
        in stopped.value.message
    )
    assert not (school.data / "unfinished").exists() and not list(school.data.glob(".upgrade-*"))
    backup.run_lock().close()
    return stopped.value.message


def test_no_connection(school):
    git(school.root, "remote", "set-url", "origin", str(school.root / "nowhere"))
    assert (
        "The upgrade stopped at “fetch the new version”: the new version could not be fetched"
        in refused(school)
    )
    assert len(backup.archives(school.data / "backups")) == 1, "it backed up first"


def test_no_place_for_the_backup(school, monkeypatch):
    monkeypatch.setattr(backup, "destinations", lambda _: [school.data / "gone"])
    assert "The upgrade stopped at “back up”: No backup in" in refused(school)


def test_the_schools_own_change_does_not_fit(school):
    (school.root / "models.py").write_text("ours = 1\n")
    git(school.root, "commit", "--quiet", "--all", "--message=Ours")
    publish(school, **{"models.py": "theirs = 1\n"})
    assert (
        "“fetch the new version”: the new version and the school's own changes do not fit together"
        in refused(school)
    )


def test_a_package_that_cannot_be_installed(school):
    publish(school, **{"requirements.txt": "Flask=:=broken\n"})
    assert (
        "The upgrade stopped at “install its packages”: a package could not be installed"
        in refused(school)
    )


def test_a_migration_that_raises(school):
    publish(school, **{"migrations/0003_bad.py": BAD_MIGRATION})
    assert (
        "“bring the database up to date”: the database could not be brought up to date"
        in refused(school)
    )


def test_a_program_that_does_not_start(school):
    publish(
        school,
        **{
            "requirements.txt": wheel(school.source),
            "migrations/0003_good.py": GOOD_MIGRATION,
            "templates/sign_in.html": "{% extends 'gone.html' %}",
        },
    )
    said = []
    assert "The upgrade stopped at “start it once”: the new program does not start" in refused(
        school, said
    )
    assert "bring the database up to date: 0003_good" in said, (
        "all the steps before had been done, and were undone"
    )


def test_an_upgrade_that_works_keeps_the_schools_own_change(school):
    (school.root / "ours.py").write_text("ours = 1\n")
    git(school.root, "add", "ours.py")
    git(school.root, "commit", "--quiet", "--message=Ours")
    publish(
        school,
        **{"requirements.txt": wheel(school.source), "migrations/0003_good.py": GOOD_MIGRATION},
    )
    said = []
    assert (
        upgrade.upgrade(school.root, school.venv, said.append)
        == "Upgraded. Start the portal again."
    )
    assert [line.partition(":")[0] for line in said] == [name for name, _ in upgrade.STEPS]
    assert (school.root / "ours.py").exists() and (
        school.root / "migrations" / "0003_good.py"
    ).exists()
    assert (upgrade.packages_of(school.venv) / "extra.py").exists()
    with closing(sqlite3.connect(school.data / "portal.db")) as database:
        assert database.execute("SELECT school_name FROM setting").fetchone() == ("After",)


def test_nothing_new(school):
    before, said = state(school), []
    assert (
        upgrade.upgrade(school.root, school.venv, said.append)
        == "This is the newest version already."
    )
    assert state(school) == before and said[-1].startswith("fetch the new version")


def test_a_killed_upgrade_is_put_back_by_the_next(school, monkeypatch):
    publish(school, **{"requirements.txt": wheel(school.source)})
    before = state(school)

    def half_way(_):
        with closing(sqlite3.connect(school.data / "portal.db")) as database:
            database.execute("CREATE TABLE half (id integer)")
        kill()

    with monkeypatch.context() as patch:
        patch.setattr(
            upgrade, "STEPS", (*upgrade.STEPS[:3], ("bring the database up to date", half_way))
        )
        killed(lambda: upgrade.upgrade(school.root, school.venv, lambda _: None))
    assert state(school) != before
    with pytest.raises(
        backup.CannotDo, match="An upgrade was interrupted. Give the command upgrade again"
    ):
        backup.run_lock()
    git(school.root, "remote", "set-url", "origin", str(school.root / "nowhere"))
    with pytest.raises(backup.CannotDo, match="could not be fetched"):
        upgrade.upgrade(school.root, school.venv, lambda _: None)
    git(school.root, "remote", "set-url", "origin", str(school.source))
    assert state(school) == before
    backup.run_lock().close()


def test_uncommitted_changes_and_a_running_portal_are_left_alone(school):
    with backup.run_lock(), pytest.raises(backup.CannotDo, match="The portal is running"):
        upgrade.upgrade(school.root, school.venv)
    (school.root / "models.py").write_text("ours = 1\n")
    with pytest.raises(
        backup.CannotDo, match="Files of the program were changed here. Keep the changes first"
    ):
        upgrade.upgrade(school.root, school.venv)
    assert (school.root / "models.py").read_text() == "ours = 1\n"
