"""The records and the process on a real PostgreSQL: it comes from a wheel, runs in a temporary
folder, and is gone after the test.
"""

import os
import pathlib
import subprocess
import sys

import postgres
import pytest
from conftest import HANGS
from test_agencies import assert_moved, old_school
from test_upkeep import build, point_at

import models
from audit import log as audit_log
from ops import backup, db_dump, numbering, upgrade
from ops import database as ops_database

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A PostgreSQL server of our own; gives its address."""
    running = postgres.start(lambda: tmp_path_factory.mktemp("pg"))
    try:
        for name in ("fresh", "moved", "shared", "old"):
            running.psql(f"CREATE DATABASE {name};")
        yield running
    finally:
        running.cleanup()


def run(*words, url, folder):
    """A command of ours against that server; its output when it succeeds."""
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder)}
    env.pop("PYTEST_XDIST_WORKER", None)
    env.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=HANGS
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


def test_the_migrations_run_on_postgresql(server, tmp_path):
    url = server.get_uri("fresh")
    first = (
        "from ops import database; database.configure(); "
        "print(database.migrate(database.open_database()))"
    )
    assert "0001_initial" in run("-c", first, url=url, folder=tmp_path)
    assert "up to date" in run("commands.py", "migrate", url=url, folder=tmp_path)
    assert "nothing new" in run("commands.py", "migration", url=url, folder=tmp_path), (
        "models and migrations differ on PostgreSQL"
    )


def test_the_agencies_of_the_forms_are_moved_there_too(server, tmp_path):
    with old_school(tmp_path, server.get_uri("old")) as database:
        assert_moved(database)
        assert models.Agency.insert(pupil=1).execute() == 15, "a number of its own"


def test_the_whole_database_moves_to_postgresql_and_is_backed_up_there(
    server, tmp_path, monkeypatch
):
    for folder in point_at(tmp_path / "data", monkeypatch, build):
        ops_database.migrate(audit_log.db.obj)
        with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
            gone = models.Strategy.create(
                pupil=models.Pupil.select().first(), strategy="A timetable"
            )
            gone.remove()
        said = upgrade.move_to(server.get_uri("moved"))
        assert said[-3].startswith(
            f"{len(models.every_table())} tables, every hash equal on both sides"
        )
        assert said[-1] == f"DATABASE_URL={server.get_uri('moved')}"
        with backup.reading(folder / "portal.db") as here:
            wanted, shape = db_dump.fingerprints(here), db_dump.applied(here)
        assert any(line.startswith("pupil ") and wanted["pupil"][1][:16] in line for line in said)
        with pytest.raises(backup.CannotDo, match="not empty"):
            upgrade.move_to(server.get_uri("moved"))
        there = ops_database.open_database(server.get_uri("moved"))
        db_dump.snapshot(there, tmp_path / "copy.db")
        with there.connection_context():
            assert db_dump.fingerprints(there) == wanted and db_dump.applied(there) == shape
            assert audit_log.has_triggers() and audit_log.verify() == []
            with audit_log.acting_as("The tests"):
                models.Pupil.create(surname="Ash", forename="Wren", year="3")
                made = models.Strategy.create(
                    pupil=models.Pupil.select().first(), strategy="A timetable"
                )
                assert made.id == gone.id + 1, "no number is given again there"
                made.remove()
            assert models.Pupil.select().count() == wanted["pupil"][0] + 1, "the numbering goes on"
        with backup.reading(tmp_path / "copy.db") as copy:
            assert db_dump.fingerprints(copy) == wanted and db_dump.applied(copy) == shape
            assert numbering.highest_numbers(copy, ["strategy"]) == {"strategy": gone.id}, (
                "nor on the way back"
            )
        db_dump.load(there, tmp_path / "copy.db")
        with there.connection_context():
            assert db_dump.fingerprints(there) == wanted
        assert backup.backup()[0]


def test_the_pathway_and_the_audit_trail_hold_on_postgresql(server, tmp_path):
    """The first transitions, T01 to T09; triggers, anchors, and the attacks on trail and seals.
    `make test-postgres` runs everything, also what only counts the statements of a page.
    """
    said = run(
        "-m",
        "pytest",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "tests/test_pathway.py",
        "tests/test_trail.py",
        "tests/test_tables.py",
        "tests/test_lists.py",
        "tests/test_home.py",
        "-k",
        "(test_t0 or tables or lists or home or tampering or refuses or triggers or anchor)"
        " and not in_a_large_school",
        url=server.get_uri(),
        folder=tmp_path,
    )
    assert int(said.split(" passed")[0].split()[-1]) > 50, said[-300:]


def test_two_servers_share_one_postgresql(server):
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'tests' / 'soak')!r}, {str(ROOT)!r}]; import"
        f" servers; sys.exit(not servers.two_servers({server.get_uri('shared')!r}, saves=3))"
    )
    assert "1 event" in run("-c", code, url=server.get_uri("shared"), folder="")
