"""An upgrade, in a copy of the program with a Python of its own: all steps, or none."""

import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT
from test_upkeep import kill, killed, point_at

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
    "reports",
    "tools",
    "migrations",
    "templates",
    "static",
)
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
    commit(source, "Version one")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made / "venv")], check=True)
    (packages_of(made / "venv") / "shared.pth").write_text(str(packages_of(sys.prefix)))
    with pytest.MonkeyPatch.context() as patch:
        for _ in point_at(made / "data", patch):
            ops_database.migrate(audit_log.db.obj)
    return made


def packages_of(venv):
    """The folder of the packages of a Python environment."""
    return Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))


def commit(folder, words):
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={words}")


@pytest.fixture
def school(first, tmp_path, monkeypatch):
    """A school's own copy of the program, its environment and its data."""
    shutil.copytree(first / "source", tmp_path / "source")
    git(tmp_path, "clone", "--quiet", "source", "school")
    shutil.copytree(first / "venv", tmp_path / "venv", symlinks=True)
    shutil.copytree(first / "data", tmp_path / "data")
    for data in point_at(tmp_path / "data", monkeypatch):
        yield SimpleNamespace(
            root=tmp_path / "school",
            source=tmp_path / "source",
            venv=tmp_path / "venv",
            data=data,
        )


def publish(school, **files):
    """A new version of the program: these files written anew."""
    for name, text in files.items():
        (school.source / name).write_text(text)
    commit(school.source, "Version two")


def wheel(folder):
    """A package that a new version needs, as a file: pip installs it without the network."""
    path = folder / "extra-1.0-py3-none-any.whl"
    about = "extra-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("extra.py", "here = True\n")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return f"extra @ file://{path}\n"


def state(school):
    """All that an upgrade must bring back: the commit, the files, the database with its shape."""
    with closing(sqlite3.connect(school.data / "portal.db")) as database:
        shape = database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    with backup.reading(school.data / "portal.db") as tables:
        rows, done = db_dump.fingerprints(tables), db_dump.applied(tables)
    files = {
        p.relative_to(school.root): p.read_bytes()
        for p in school.root.rglob("*")
        if p.is_file() and not {".git", "__pycache__"} & set(p.parts)
    }
    return git(school.root, "rev-parse", "HEAD"), files, shape, rows, done


def run_upgrade(school):
    """Give the command: its last words, and what it said before."""
    said = []
    python = str(school.venv / "bin" / "python")
    return upgrade.upgrade(school.root, python, said.append), said


def refused(school):
    """The words with which the upgrade stops; after seeing that everything is as it was before."""
    before = state(school)
    with pytest.raises(backup.CannotDo) as stopped:
        run_upgrade(school)
    assert state(school) == before
    words = stopped.value.message
    assert "The program, its packages and the database are as before" in words
    backup.run_lock().close()
    return words


GOOD = {"migrations/0099_good.py": GOOD_MIGRATION}


def test_no_connection(school):
    git(school.root, "remote", "set-url", "origin", str(school.root / "nowhere"))
    assert "The upgrade stopped at “fetch the new version”" in refused(school)
    assert len(backup.archives(school.data / "backups")) == 1, "it backed up first"


def test_a_program_that_does_not_start(school):
    """All the steps before were done, and are undone."""
    broken = {"templates/sign_in.html": "{% extends 'gone.html' %}"}
    publish(school, **{"requirements.txt": wheel(school.source)}, **GOOD, **broken)
    assert "The upgrade stopped at “start it once”" in refused(school)
    assert (packages_of(school.venv) / "extra.py").exists(), "it had come as far as that"


def test_an_upgrade_that_works(school):
    publish(school, **{"requirements.txt": wheel(school.source)}, **GOOD)
    words, said = run_upgrade(school)
    assert words == "Upgraded. Start the portal again."
    assert said[-2:] == [
        "bring the database up to date: 0099_good",
        "start it once: the program starts and its sign-in page opens",
    ]
    assert (packages_of(school.venv) / "extra.py").exists()
    with closing(sqlite3.connect(school.data / "portal.db")) as database:
        assert database.execute("SELECT school_name FROM setting").fetchone() == ("After",)
    assert run_upgrade(school)[0] == "This is the newest version already."
    backup.run_lock().close()


def test_a_killed_upgrade_is_put_right_by_running_it_again(school, monkeypatch):
    publish(school, **GOOD)
    before = state(school)
    with monkeypatch.context() as patch:
        real = upgrade.run_in
        patch.setattr(
            upgrade, "run_in", lambda root, *words: kill() if None in words else real(root, *words)
        )
        patch.setattr(upgrade, "STEPS", (*upgrade.STEPS[:2], ("be killed", (None,))))
        killed(lambda: run_upgrade(school))
    assert state(school) != before
    with pytest.raises(backup.CannotDo, match="An upgrade was interrupted. Give the command"):
        backup.run_lock()
    words, said = run_upgrade(school)
    assert said[0].startswith("The program, its packages and the database are as before")
    assert words == "Upgraded. Start the portal again."
    backup.run_lock().close()


def test_the_schools_own_changes_and_a_running_portal_are_left_alone(school):
    with backup.run_lock(), pytest.raises(backup.CannotDo, match="The portal is running"):
        run_upgrade(school)
    (school.root / "models.py").write_text("ours = 1\n")
    with pytest.raises(backup.CannotDo, match="changed the program. Commit the changes"):
        run_upgrade(school)
    commit(school.root, "Ours")
    with pytest.raises(backup.CannotDo, match="merge the new version by hand: git pull"):
        run_upgrade(school)
    assert (school.root / "models.py").read_text() == "ours = 1\n"
    assert not (school.data / "backups").exists()


def test_the_upgrade_of_the_version_before_starts_this_program(school):
    """It says `python app.py migrate --no-backup` and `python app.py starts`."""
    python = str(school.venv / "bin" / "python")
    said = [upgrade.run_in(school.root, python, "app.py", *words) for words in OF_1_1_0]
    assert said == [
        "The database is up to date.",
        "the program starts and its sign-in page opens",
    ]


OF_1_1_0 = (("migrate", "--no-backup"), ("starts",))
