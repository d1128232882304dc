"""One line in models.py and one command: the question is everywhere, and no answer of before is
lost.

A copy of the program is changed as a technician would change it, and run as it is run: `python
commands.py migration`, then the pages.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import HANGS, ROOT, sqlite_file
from playhouse.schema_diff import diff_models

import models as m
from audit import log as audit_log
from ops import database as ops_database

AFTER = (
    '    strengths = text("What is going well?", "Start the conversation here: it helps.",'
    " rows=3)\n"
)
# not the question of the README: a school that adds that one runs this test too
LINE = (
    '    dreams = text("What does the child dream of?", "Ask the family.", rows=2, needed=True)\n'
)
LEFT_OUT = shutil.ignore_patterns(".*", "data", "data-demo", "__pycache__", "tests", "docs", "*.md")
pytestmark = pytest.mark.skipif(
    "DATABASE_URL" in os.environ, reason="the copy has a database of its own, in SQLite"
)

# What the changed program shows, asked from inside it: a database path and what to do, a JSON
# object of texts.
LOOK = """
import io, json, pathlib, sys, time
import app as program, models as m
from admin_views.account import sessions
from audit import log as audit_log
from ops import database as ops_database
from people import User
from pypdf import PdfReader

ops_database.configure()
database = ops_database.open_database()
app = program.create_app(database, testing=True)
app.config["WTF_CSRF_ENABLED"] = False
database.connect(reuse_if_open=True)
user = User.get(User.role == "senco")
client = app.test_client()
with client.session_transaction() as session:
    session["_user_id"] = sessions.start(user)
    session["_fresh"] = True
    session["proved"] = time.time()
old = m.RecordOfConcern.get()
pupil, url = old.pupil_id, f"/record-of-concern/{old.id}"
read = lambda answer: "".join(p.extract_text() for p in PdfReader(io.BytesIO(answer.data)).pages)
said = {"old answer": old.strengths, "old version": old.version}
said["blank"] = read(client.get("/record-of-concern/blank.pdf"))
said["edit"] = client.get(url + "/edit/").text
complete = {"version": old.version, "do": "complete"}
said["incomplete"] = client.post(url + "/edit/", data=complete).text
old = m.RecordOfConcern.get()
typed = {"version": old.version, "do": "save", "strengths": "Kind", "dreams": "Of flying"}
said["saved"] = client.post(url + "/edit/", data=typed).status_code
said["page"] = client.get(url + "/").text
said["completed"] = read(client.get(url + "/print.pdf"))
said["csv"] = client.post("/record-of-concern/spreadsheet/").text
said["audit"] = client.get("/audit/").text
said["whole"] = read(client.get(f"/pupil/{pupil}/record.pdf"))
with audit_log.acting_as("The tests"):
    born = m.Pupil.get().dob
    another = m.Pupil.create(surname="Ash", forename="Wren", dob=born, year="3", form="3B")
said["new"] = client.get(f"/record-of-concern/new/?pupil={another.id}").text
print(json.dumps(said))
"""

MAKE = """
import datetime, models as m
from audit import log as audit_log
from ops import database as ops_database
from people import User
ops_database.configure()
database = ops_database.open_database()
ops_database.migrate(database)
with database.connection_context(), audit_log.acting_as("The tests"):
    User.create(name="Sam", username="sam", role="senco", totp="JBSWY3DPEHPK3PXP")
    born = datetime.date(2018, 5, 5)
    pupil = m.Pupil.create(surname="Oak", forename="Robin", dob=born, year="3", form="3B")
    concern = m.RecordOfConcern(pupil=pupil, strengths="Kind to younger ones")
    concern.happened_on = datetime.date(2026, 9, 1)
    concern.save()
"""


def run(copy, *command, ok=True):
    """Run a command in the copy, with its own data folder; what it prints."""
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {
        "DATA_DIR": str(copy / "data")
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=env, capture_output=True, text=True, timeout=HANGS
    )
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + ("" if ok else done.stderr)


def files_of(copy):
    """Every file of the program in the copy, with its bytes."""
    found = [p.relative_to(copy) for p in copy.rglob("*") if p.is_file()]
    return {
        str(p): (copy / p).read_bytes()
        for p in found
        if p.parts[0] != "data" and "__pycache__" not in p.parts
    }


def change(copy, old, new):
    """Change one line of models.py in the copy."""
    path = copy / "models.py"
    words = path.read_text("utf-8")
    assert words.count(old) == 1, f"models.py has changed: this test needs the line {old!r}"
    path.write_text(words.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """A copy of the program with a saved record, then one more line, then the command; and what it
    shows.
    """
    copy = tmp_path_factory.mktemp("school") / "portal"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for name in ("CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / name, copy / name) if (ROOT / name).exists() else None
    run(copy, "-c", MAKE)
    before = files_of(copy)
    change(copy, AFTER, AFTER + LINE)
    printed = run(copy, "commands.py", "migration")
    after = files_of(copy)
    return SimpleNamespace(
        copy=copy,
        before=before,
        after=after,
        printed=printed,
        said=json.loads(run(copy, "-c", LOOK).splitlines()[-1]),
    )


def plain(page):
    """A page or paper without tags and breaks."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_only_the_line_and_the_new_migration_are_new(added):
    """No other file is touched."""
    changed = {name for name in added.after if added.after[name] != added.before.get(name)}
    new = changed - {"models.py"}
    assert not set(added.before) - set(added.after)
    assert len(new) == 1 and new.pop().startswith("migrations/0"), changed
    assert added.printed.startswith("Written and run:")


def test_the_migration_only_adds_the_column(added):
    """In words that a person can check."""
    name = next(n for n in added.after if n not in added.before)
    source = added.after[name].decode().partition("def down")[0]
    assert "add_column" in source and "'dreams'" in source and "drop" not in source


def test_the_record_of_before_is_still_there(added):
    """With its answer, unchanged."""
    assert (added.said["old answer"], added.said["old version"]) == ("Kind to younger ones", 1)


@pytest.mark.parametrize("surface", ("new", "edit", "page", "blank", "completed", "csv", "whole"))
def test_the_question_is_on_every_surface(added, surface):
    """With its words from models.py."""
    assert "What does the child dream of?" in plain(added.said[surface])


@pytest.mark.parametrize("surface", ("new", "edit", "blank"))
def test_the_prompt_is_where_it_is_answered(added, surface):
    """On the screen and on the paper to fill in by hand."""
    assert "Ask the family." in plain(added.said[surface])


@pytest.mark.parametrize("surface", ("page", "completed", "csv", "audit", "whole"))
def test_the_answer_is_on_every_surface(added, surface):
    """As it was typed."""
    assert added.said["saved"] == 302 and "Of flying" in plain(added.said[surface])


def test_the_control_stands_after_the_line_before_and_has_its_rows(added):
    """Where the technician wrote it, with room for two lines."""
    page = added.said["edit"]
    assert (
        page.index('id="strengths"') < page.index('id="dreams"') < page.index('id="causes')
        if 'id="causes' in page
        else True
    )
    assert re.search(
        r'<textarea[^>]*id="dreams"[^>]*rows="2"|<textarea[^>]*rows="2"[^>]*id="dreams"', page
    )


def test_a_needed_question_is_needed(added):
    """The paper cannot be completed without it; the draft is saved all the same."""
    assert "Answer “What does the child dream of?”" in plain(added.said["incomplete"])
    assert '<a href="#dreams">' in added.said["incomplete"]


def test_the_audit_trail_names_the_question(added):
    """Who changed it, to what."""
    assert "changed, dreams" in plain(added.said["audit"])


def test_the_second_run_says_that_nothing_is_new(added):
    """And writes nothing."""
    assert run(added.copy, "commands.py", "migration").strip() == "models.py has nothing new."
    assert files_of(added.copy).keys() == added.after.keys()


def test_renaming_a_line_is_refused_with_what_to_do(added, tmp_path):
    """A rename would drop the answers; nothing is written, nothing is lost."""
    copy = tmp_path / "portal"
    shutil.copytree(added.copy, copy)
    change(copy, LINE, LINE.replace("dreams =", "dreaming ="))
    before = files_of(copy)
    printed = run(copy, "commands.py", "migration", ok=False)
    assert (
        "These answers would be lost: record_of_concern.dreams. Put the line back, under “No longer"
        " asked”." in printed
    )
    assert "Traceback" not in printed and files_of(copy) == before


def test_a_question_that_is_no_longer_asked_keeps_its_answers(added, tmp_path):
    """Moved to the end of its class, under a section that nobody fills in, as the README says:
    nothing to migrate.
    """
    copy = tmp_path / "portal"
    shutil.copytree(added.copy, copy)
    change(copy, LINE, "")
    change(
        copy,
        "In the child's own words if you can.\", rows=3\n    )\n",
        "In the child's own words if you can.\", rows=3\n    )\n"
        '    no_longer = Section("No longer asked", write=(), last=True)\n'
        + LINE.replace(", needed=True", ""),
    )
    assert run(copy, "commands.py", "migration").strip() == "models.py has nothing new."
    said = json.loads(run(copy, "-c", LOOK).splitlines()[-1])
    assert "Of flying" in plain(said["page"]) and "Of flying" in plain(said["completed"])
    assert 'name="dreams"' not in said["edit"] and 'name="dreams"' not in said["new"]


# --- migrations and models
def test_the_migrations_make_exactly_the_tables_of_the_models(tmp_path, database):
    """A fresh database, all migrations: nothing is missing, nothing is too much."""
    fresh = sqlite_file(tmp_path / "fresh.db")
    audit_log.db.initialize(fresh)
    try:
        ops_database.migrate(fresh)
        with fresh.connection_context():
            diff = diff_models(fresh, m.every_table())
            left = str(diff) if diff else ""
        assert not diff, (
            "models.py has what no migration makes: run `make migration` and commit the new file."
            f" {left}"
        )
        assert ops_database.migrate(fresh) == []
    finally:
        fresh.close()
        audit_log.db.initialize(database)


def test_no_migration_takes_anything_away():
    """Answers are never dropped, tables neither, but where a test shows that all was moved."""
    moved = set((ROOT / "migrations").glob("*_agencies.py"))  # tests/test_agencies.py
    for path in set((ROOT / "migrations").glob("*.py")) - moved:
        up = path.read_text("utf-8").partition("def down")[0]
        assert not re.search(r"drop_column|drop_table|rename_column|DROP ", up), (
            f"{path.name} would lose answers"
        )
