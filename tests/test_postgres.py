"""The records and the process on a real PostgreSQL: it comes from a wheel, runs in a temporary folder, and is gone after the test."""
import os
import pathlib
import subprocess
import sys

import postgres
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A PostgreSQL server of our own; gives its address."""
    running = postgres.start(lambda: tmp_path_factory.mktemp("pg"))
    for name in ("fresh", "shared", "grows"):
        running.psql(f"CREATE DATABASE {name};")
    yield running
    running.cleanup()


def run(*words, url, folder):
    """A command of ours against that server; its output when it succeeds."""
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder)}
    env.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


def test_the_migrations_run_on_postgresql(server, tmp_path):
    url = server.get_uri("fresh")
    assert "0001_initial" in run("app.py", "migrate", url=url, folder=tmp_path)
    assert "up to date" in run("app.py", "migrate", url=url, folder=tmp_path)
    assert "nothing new" in run("app.py", "migration", url=url, folder=tmp_path), "models and migrations differ on PostgreSQL"


def test_the_pathway_passes_on_postgresql(server, tmp_path):
    said = run("-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "tests/test_pathway.py", url=server.get_uri(), folder=tmp_path)
    assert " passed" in said


def test_the_audit_trail_only_grows_on_postgresql(server, tmp_path):
    assert "The audit trail only grows" in run("-c", GROWS, url=server.get_uri("grows"), folder=tmp_path)


GROWS = """
import app, models as m, questions as q, trail
database = app.open_database()
app.migrate(database)
with database.connection_context():
    with q.acting("The tests"):
        m.Pupil.create(surname="Oakley", forename="Robin")
    assert trail.guarded() and not trail.verify(), trail.verify()
    for words in ("UPDATE audit_entry SET who = 'x'", "UPDATE audit_entry SET erased = true", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        try:
            with database.atomic():
                database.execute_sql(words)
        except Exception as refused:
            assert "only grows" in str(refused), refused
        else:
            raise SystemExit(f"It let us {words}")
    blank = "UPDATE audit_entry SET erased = true, before = '', after = '', reason = '' WHERE id = (SELECT MAX(id) FROM audit_entry)"
    database.execute_sql(blank)
    assert not trail.verify(), trail.verify()
print("The audit trail only grows")
"""


def test_two_servers_share_one_postgresql(server):
    code = (f"import sys; sys.path[:0] = [{str(ROOT / 'tests' / 'soak')!r}, {str(ROOT)!r}]; import servers; "
            f"sys.exit(not servers.two_servers({server.get_uri('shared')!r}, saves=3))")
    assert "1 event" in run("-c", code, url=server.get_uri("shared"), folder="")
