"""The cast, the database, and the hands of every test: fill in a paper, agree it, press a button.

The day is Tuesday 24 November 2026 in every test. The database is a temporary SQLite file, or the
empty PostgreSQL database that DATABASE_URL names; whatever a test does is rolled back after it.
"""

import contextlib
import datetime
import fcntl
import gc
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import argon2
import hypothesis
import pytest
import time_machine
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from peewee import CharField, DateField, DecimalField, ForeignKeyField, SqliteDatabase, TextField
from playhouse.db_url import connect

ROOT = Path(__file__).resolve().parent.parent
BESIDES = {".venv", "tests", "migrations", "benchmarks", "tools", "demo"}
PROGRAM = sorted(
    path for path in ROOT.rglob("*.py") if not BESIDES & set(path.relative_to(ROOT).parts)
)
sys.path.insert(0, str(ROOT))
# no test reads the settings of a school that runs from this folder
os.environ["PORTAL_ENV"] = ""
DATA = tempfile.TemporaryDirectory(prefix="portal-tests-")

import models as m
import workflow as w
from admin_views import home
from admin_views.account import passwords
from audit import actions
from audit import log as audit_log
from demo import school
from ops import backup, logs, numbering
from ops import database as ops_database
from pathway import guards as g
from pathway import tasks
from people import User, UserSession
from records import questions as q
from records.record import Row

hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# a slow one too: examples have no time limit
hypothesis.settings.load_profile("any machine")
# see tests/test_fuzz.py
hypothesis.settings.register_profile("nightly", max_examples=10_000, deadline=None)
gc.set_threshold(50_000, 20, 50)  # with so much in memory each search for rubbish is long
pytest_plugins = ("web", "printed")  # the fixtures of the tests that fetch and print pages
TODAY = datetime.date(2026, 11, 24)  # a Tuesday: the day of every test
START = datetime.date(2026, 9, 1)  # a stage begins
HELD = datetime.date(2026, 10, 13)  # its review: six weeks later
ON = datetime.date(2026, 10, 20)  # the move that follows
TOTP = "JBSWY3DPEHPK3PXP"  # everybody in the cast has a second step
# seconds until something of a test counts as hanging, not as slow
HANGS = 600  # half of what pyproject.toml gives a whole test
PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": HANGS * 1000}


LONG_FILES = (
    "test_axe.py",
    "test_school_folder.py",
    "test_server.py",
    "test_access.py",
    "test_journeys_with_script.py",
    "test_paper.py",
    "test_walk.py",
    "test_postgres.py",
    "test_fuzz.py",
    "test_machine.py",
    "test_pages.py",
    "test_upkeep.py",
    "test_printing.py",
    "test_no_dead_end.py",
    "test_keyboard.py",
)


def pytest_configure():
    """No test writes to the data folder of this checkout, which may be a school's own. A shell lets
    what it starts in the background ignore Ctrl-C, and the servers of the tests would inherit that.
    """
    os.environ["DATA_DIR"] = str(Path(DATA.name) / "data")
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers():
    """One worker more than there are processors: each waits for Chromium, the disk or a process now
    and then.
    """
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items):
    """The longest files first, so that at the end no worker waits for another; in a file the tests
    of one place (test_moves.py) one after another.
    """
    files = list(dict.fromkeys(item.path for item in items))
    long = [path for name in LONG_FILES for path in files if path.name == name]
    order = list(dict.fromkeys([*long, *files]))
    items.sort(key=lambda item: (order.index(item.path), place_of(item)))


def place_of(item):
    """The place at which a test is, as a text; empty for one that is at none."""
    case = getattr(item, "callspec", None)
    place = case.params.get("place") if case else None
    return f"{place.move.name} {place.stage} {place.row}" if place else ""


def data_of_the_checkout():
    """Every file in the data folders that the program has by itself, with its size and the moment
    of its last change.
    """
    found = {}
    for folder in (ROOT / "data", ROOT / "data-demo"):
        for path in [folder, *folder.rglob("*")]:
            if path.exists():
                found[str(path.relative_to(ROOT))] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


@pytest.fixture(scope="session", autouse=True)
def nothing_in_the_checkout():
    """The tests write to temporary folders only: the data folder of this checkout may be a school's
    own.
    """
    before = data_of_the_checkout()
    yield
    changed = sorted(name for name, _ in before.items() ^ data_of_the_checkout().items())
    assert not changed, (
        f"A test wrote to the data folder of the checkout (or the portal runs there): {changed[:5]}"
    )


@pytest.fixture(scope="session", autouse=True)
def templates_once(tmp_path_factory):
    """Every program that a test makes finds its templates compiled, whichever worker did it."""
    folder = of_all_workers(tmp_path_factory) / "templates"
    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(folder)}


def of_all_workers(tmp_path_factory):
    """The temporary folder that the workers share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder


def until(ask, what="what was waited for"):
    """Ask again and again, of another process or thread, until the answer is not empty;
    gives it.
    """
    end = time.monotonic() + HANGS
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"It never came: {what}.")


# --- the database
def sqlite_file(path):
    """A database in one file, as the portal keeps it."""
    return SqliteDatabase(str(path), pragmas=PRAGMAS, lock_type="IMMEDIATE", cached_statements=2000)


def own_postgres(url):
    """The address of an empty PostgreSQL database for this worker of the tests, on the server that
    `url` names; nothing without one.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not url or not worker:
        return url
    parts = urlsplit(url)
    name = f"tests_{worker}_{os.getpid()}"
    server = connect(url)
    server.connection().autocommit = True
    server.connection().cursor().execute(f"CREATE DATABASE {name}")
    server.close()
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    """All tables, made once; they are gone after the run."""
    url = own_postgres(os.environ.get("DATABASE_URL"))
    made = connect(url) if url else sqlite_file(tmp_path_factory.mktemp("portal") / "portal.db")
    audit_log.db.initialize(made)
    made.connect(reuse_if_open=True)
    assert not made.get_tables(), (
        "DATABASE_URL must name an empty database: the tests make its tables and drop them again"
    )
    made.create_tables(m.every_table())
    audit_log.use_key(b"the tests")
    audit_log.install_triggers()
    numbering.never_reuse(made)
    yield made
    if url:
        made.drop_tables(m.every_table())
    made.close()


@contextlib.contextmanager
def pointed_back():
    """After this block the program has the database, the key and the data folder of before."""
    before = audit_log.db.obj
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_log, "_key", audit_log._key)
        patch.setattr(backup, "_folder", backup.data_folder())
        try:
            yield
        finally:
            audit_log.db.obj = None
            if before is not None:
                audit_log.db.initialize(before)


@contextlib.contextmanager
def own_school(folder, **settings):
    """A school on a database file of its own in a folder, where nothing is rolled back; the
    database.
    """
    with pointed_back():
        made = ops_database.open_database(f"sqlite:///{folder / 'portal.db'}")
        audit_log.use_key(b"the tests")
        with made.connection_context(), audit_log.acting_as("The tests"):
            made.create_tables(m.every_table())
            audit_log.install_triggers()
            m.Setting(**settings).save()
        yield made


# children's words and passwords of the tests
SECRETS = ("Zebmine", "Yakother", "three random words", "harbour violet spoon teapot", TOTP)


@pytest.fixture(scope="session", autouse=True)
def the_log(tmp_path_factory):
    """The program's own log of the whole run: at its end no child's word and no password stands in
    it.
    """
    path = tmp_path_factory.mktemp("log") / "run.log"
    handler, as_ever = logs.LogFile(path), logging.Formatter()
    as_ever.format = logs.LogFormatter().format
    handler.setFormatter(as_ever)
    logging.getLogger().addHandler(handler)
    for name in logs.OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    yield path
    logging.getLogger().removeHandler(handler)
    handler.close()
    found = [
        line
        for line in path.read_text("ascii").splitlines()
        if any(secret in line for secret in SECRETS)
    ]
    assert not found, "Words that must not be in the log:\n" + "\n".join(found[:5])


@pytest.fixture(scope="session")
def people(database):
    """The ids of everybody in the cast, written once."""
    with audit_log.acting_as("The tests"):
        rows = {
            role: User.create(
                name=f"{role.title()} of the school",
                username=role,
                role=role,
                account="on",
                totp=TOTP,
                classes="3B" if role in q.OF_CLASSES else None,
            )
            for role in q.ROLES
        }
        rows["stranger"] = User.create(
            name="Teacher of another class",
            username="stranger",
            role=q.TEACHER,
            classes="9Z",
            totp=TOTP,
        )
        rows["gone"] = User.create(
            name="Used to be SENCO", username="gone", role=q.SENCO, account="off"
        )
        rows["robin"] = m.Pupil.create(
            surname="Oakley", forename="Robin", dob=datetime.date(2018, 5, 5), year="3", form="3B"
        )
        rows["wren"] = m.Pupil.create(
            surname="Ash", forename="Wren", dob=datetime.date(2016, 3, 2), year="5", form="5A"
        )
    return {name: (type(row), row.id) for name, row in rows.items()}


@pytest.fixture(scope="session")
def slow_passwords():
    """The real hasher of passwords and the hash that it made for nobody."""
    return passwords.hasher, passwords.dummy_hash()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords(slow_passwords):
    """Passwords are hashed with little work: the real hasher takes a fifth of a second, hundreds of
    times.
    """
    with pytest.MonkeyPatch.context() as patch:
        quick = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        patch.setattr(passwords, "hasher", quick)
        hashed = quick.hash("no such person")
        patch.setattr(passwords, "dummy_hash", lambda: hashed)
        yield


@pytest.fixture
def real_passwords(slow_passwords, monkeypatch):
    """The hasher as it is in use, for the tests of the hashing itself."""
    monkeypatch.setattr(passwords, "hasher", slow_passwords[0])
    monkeypatch.setattr(passwords, "dummy_hash", lambda: slow_passwords[1])


@pytest.fixture(scope="session")
def demo_school(tmp_path_factory):
    """The demonstration school, built once and shared by all workers: (SQLite file to copy or read,
    sign-ins).
    """
    shared = of_all_workers(tmp_path_factory)
    path, said = shared / "demo-school.db", shared / "demo-school.json"
    with open(shared / "demo-school.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            said.write_text(json.dumps(build_demo(path)))
    return path, json.loads(said.read_text())


def build_demo(path):
    """Build the demonstration school in a new SQLite file; its sign-ins."""
    before, made = audit_log.db.obj, sqlite_file(path)
    audit_log.db.initialize(made)
    try:
        with (
            made.connection_context(),
            time_machine.travel(
                datetime.datetime(*TODAY.timetuple()[:3], 10, tzinfo=datetime.UTC), tick=False
            ),
        ):
            made.create_tables(m.every_table())
            audit_log.use_key(b"the tests")
            audit_log.install_triggers()
            numbering.never_reuse(made)
            signs = school.build(TODAY, lambda password: f"hashed {password[::-1]}", path.parent)
            made.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        audit_log.db.initialize(before)
    return signs


@pytest.fixture(scope="module", autouse=True)
def the_key():
    """Each file of tests begins with the key of the tests, whatever another file used for a school
    of its own.
    """
    audit_log.use_key(b"the tests")


@pytest.fixture(autouse=True)
def the_day():
    """Ten in the morning of the day of the tests, on a clock that stands until a test moves it."""
    ten = datetime.datetime(*TODAY.timetuple()[:3], 10, tzinfo=datetime.UTC)
    with time_machine.travel(ten, tick=False) as traveller:
        yield traveller


class Cast:
    """Everybody, as the database knows them; looked up when a test asks for them first."""

    def __init__(self, people):
        self._people = people

    def __getattr__(self, name):
        cls, key = self._people[name]
        setattr(self, name, cls.get_by_id(key))
        return self.__dict__[name]


@pytest.fixture
def cast(database, people):
    """Everybody: senco, office, teacher (3B), head, technician, stranger, gone; robin (3B), wren
    (5A). What the test writes is rolled back after it.
    """
    with database.atomic() as everything:
        yield Cast(people)
        everything.rollback()


@pytest.fixture
def acting():
    """Somebody is named for the audit trail."""
    with audit_log.acting_as("The tests") as who:
        yield who


@pytest.fixture
def robin(cast, acting):
    """The pupil that most tests are about, in the teacher's class."""
    return cast.robin


def dump(but=(), tables=None):
    """Every row of every table (but those named, or of these tables only), to show that nothing
    changed; looks and refusals, which are written down, and who is signed in aside.
    """
    names = {cls._meta.table_name: "" for cls in m.every_table() if cls not in (*but, UserSession)}
    if tables is not None:
        names = {name: "" for name in names if name in tables}
    if "audit_entry" in names:
        names["audit_entry"] = "WHERE act NOT IN ('{}', 'refused')".format(
            "', '".join(actions.READ_ACTIONS)
        )
    return {
        name: audit_log.db.execute_sql(f'SELECT * FROM "{name}" {only} ORDER BY id').fetchall()
        for name, only in names.items()
    }


# --- the home page
def home_tasks(user, about=None):
    """What the home page tells a person: [(group, task), ...]; of one record only, when given."""
    found = []
    for task in home.by_urgency(*home.told(user)):
        if about is None or (task.record, task.record_id) == (type(about).__name__, about.id):
            found.append((home.group_of(task), task))
    return found


def assert_tasks_are_kept():
    """The tasks that are kept are those that follow from the records now."""
    made = tasks.tasks_of(list(m.Pupil.select(m.Pupil.id).scalars()), m.Setting.of_school())
    assert Counter(map(as_said, m.HomeTask.select())) == Counter(map(as_said, made))


def as_said(task):
    names = m.HomeTask._meta.sorted_field_names
    return tuple(task.__data__.get(name) for name in names if name != "id")


# --- filling in a paper
def sample(asked, on=START):
    """Some answer of the right kind for a question."""
    if asked.choices:
        return asked.choices[0][0]
    if isinstance(asked, DateField):
        return on
    if isinstance(asked, DecimalField):
        return 1
    if asked.ask.is_time:
        return "15:30"
    assert isinstance(asked, CharField | TextField), (
        f"conftest.sample does not know the kind of “{asked.verbose_name}”; teach it"
    )
    return f"Words for “{asked.verbose_name}”"


def answer(record, name, on=START):
    """Answer one question of a form or row with a sample; a link goes to the first row that
    fits.
    """
    asked = record._meta.fields[name]
    if isinstance(asked, ForeignKeyField):
        owner = record.parent() if isinstance(record, Row) else record
        target = asked.rel_model
        if issubclass(target, Row):
            about = target.parent_field() == owner
        else:
            about = target.pupil == record.pupil_key()
        setattr(record, name, target.select().where(about).order_by(target.id).first())
    else:
        setattr(record, name, sample(asked, on))


def add_row(form, group, **given):
    """A new line under a form with every needed question answered, saved."""
    row_class = form.groups()[group]
    return complete_one(row_class(**{row_class.parent_field().name: form}, **given), form)


def complete_one(record, form):
    """Save a record with every needed question answered, as on the day of a form."""
    on = getattr(form, "happened_on", None) or START
    for name, _ in record.missing():
        answer(record, name, on)
    record.save()
    return record


@audit_log.transaction()
def fill(form, **given):
    """Answer every needed question of a paper, with its rows and their links, and save it. `given`
    goes before the samples.
    """
    for name, value in given.items():
        setattr(form, name, value)
    form.happened_on = form.happened_on or START
    form.save()
    for _ in range(6):
        for name in dict.fromkeys(name for name, _ in form.missing()):
            fill_gap(form, name)
        form.save()
        if not form.missing():
            return form
    raise AssertionError(f"conftest.fill cannot complete a {form.kind_name()}: {form.missing()}")


def fill_gap(form, name):
    """Put right one thing that a form lacks: a question, a group without lines, or a question of a
    line.
    """
    group, _, rest = name.partition("-")
    if isinstance(form.markers.get(group), q.Drawn):
        return complete_one(form.markers[group].kind(pupil=form.pupil), form)
    if group not in form.groups():
        return answer(form, name, form.happened_on)
    if not rest:
        return add_row(form, group)
    at, _, asked = rest.partition("-")
    row = list(getattr(form, group).order_by(form.groups()[group].id))[int(at)]
    answer(row, asked, form.happened_on)
    row.save()


@audit_log.transaction()
def write(form_class, pupil, user, on=START, **given):
    """A new paper of a pupil, as the screen begins it, filled in and saved as a draft."""
    form, rows = w.start_form(form_class, pupil, user)
    form.happened_on = on
    if form_class is m.RecordOfConcern:
        form.raised_on = on
    form.save()
    for group, lines in rows.items():
        for line in lines:
            add_row(form, group, **line)
    return fill(form, **given)


@audit_log.transaction()
def agreed(form_class, pupil, user, on=START, **given):
    """A paper that is filled in, agreed and sealed."""
    form = write(form_class, pupil, user, on, **given)
    w.agree(form, user)
    return form


# --- pressing buttons
def answers_for(move, on=ON, **given):
    """An answer to everything that a move must be told."""
    asked = {name: sample(w.ASKS[name], on) for name in move.asks if w.ASKS[name].ask.needed}
    return {**asked, **({"on": on} if "on" in move.asks else {}), **given}


def press(name, pupil, user, on=ON, seen=None, token=None, today=TODAY, **given):
    """Make the move with this name; what it asks is answered with samples."""
    move = w.move_named(name)
    answers = answers_for(move, on or ON, **given)
    return w.perform(
        move, pupil, user, {**answers, **({} if on else {"on": on})}, seen, token, today
    )


def take_step(name, case, user, on=ON):
    """Make the step of an EHC case with this name."""
    step = next(step for step in w.CASE_MOVES if step.name == name)
    w.perform_case_move(step, case, user, on, case.version)


TO_STAGE = {
    "NONE": (),
    "S1": ("Place on Concerns List",),
    "S2": ("Start at Stage 2",),
    "S3": ("Start at Stage 3",),
    "E": ("EHCP issued",),
    "OFF": ("Has left the school",),
    "LEFT": ("Has left the school", "Has returned"),
}


@audit_log.transaction()
def take_to(pupil, stage, user, on=START):
    """Bring a pupil who is not on the pathway to a stage by the shortest way; the open
    placement.
    """
    for name in TO_STAGE[stage]:
        press(name, pupil, user, on)
    return m.Placement.current(pupil)


def paper_of(stage, kind):
    """The form class of a stage's plan or review."""
    return next(p.form for p in w.PAPERS if p.stage == stage and p.kind == kind)


@audit_log.transaction()
def do_papers(pupil, user, on=START):
    """Agree the plan of the stage; the five forms of Stage 3 are declined first. The plan."""
    at = w.PupilContext(pupil, user)
    for paper, form in at.papers:
        if paper.kind == "side" and form is None:
            w.decline(w.start_form(paper.form, pupil, user)[0], user, "Does not apply.")
    return agreed(paper_of(at.stage, "plan"), pupil, user, on)


@audit_log.transaction()
def agree_plan(pupil, senco, stage):
    """Take a pupil to a stage with an agreed plan of four outcomes."""
    take_to(pupil, stage, senco)
    ctx = w.PupilContext(pupil, senco)
    for paper, form in ctx.papers:
        if paper.kind == "side" and form is None:
            w.decline(w.start_form(paper.form, pupil, senco)[0], senco, "Does not apply.")
    if stage == "E":
        for number in range(4):
            add_row(m.EhcCase.current(pupil), "outcomes", words=f"Outcome number {number}")
        return
    plan = write(ctx.paper("plan")[0].form, pupil, senco)
    four_outcomes(plan)
    w.agree(plan, senco)


def four_outcomes(plan):
    """Give a plan, or a Record of Concern, four things to rate."""
    if isinstance(plan, m.RecordOfConcern):
        for number in range(3):
            add_row(plan, "added", strategy=f"Strategy number {number}")
        return
    need = plan.rows("needs")[0]
    for number in range(3):
        outcome = add_row(
            plan, "outcomes", need=need, words=f"Outcome number {number}", target="8 of 10", by=ON
        )
        add_row(plan, "provision", outcome=outcome, words=f"Group number {number}")


def ready_for(step, pupil, user, state):
    """An EHC case in some state, with what the step wants to be known before; final is an EHCP."""
    if state == "final":
        take_to(pupil, "E", user)
        case = m.EhcCase.current(pupil)
    else:
        case = m.EhcCase(pupil=pupil, requester="School", state=state)
        case.save()
    known = {step.after: HELD} if step.after else {}
    if step.of == "case" and known:
        setattr(case, step.after, HELD)
        case.save()
    if step.of == "decision":
        add_row(case, "decisions", what="Plan refused", on=HELD, **known)
    if step.of == "held":
        add_row(case, "years", held_on=HELD, decision=m.TO_AMEND)
    if step.of == "coming":
        add_row(case, "years", **known)
    if step.of == "last year":
        school = m.Setting.of_school()
        school.last_year = pupil.year
        school.save()
    return m.EhcCase.get_by_id(case.id)


def chart_answers(row, stage):
    """The chart's answers that lead to a row of the decision table; what the row leaves
    open is No.
    """
    row = next(r for r in w.ROWS if r.name == row and stage in r.stages)
    said = {}
    for asked in w.QUESTIONS[stage]:
        if w.applies(asked, said):
            said[asked.name] = row.answers.get(asked.name, "No")
    return said


@audit_log.transaction()
def hold_review(pupil, user, row, on=HELD, **given):
    """Hold and agree this cycle's review so that it leads to a row of the decision table; the
    review.
    """
    stage = m.Placement.stage_of(pupil)
    more = {"achieved_why": "It shows in class."}
    if stage in ("S2", "S3"):
        more["agency_need"] = "What helps with reading?"
    if stage == "E":
        more = {}
    return agreed(
        paper_of(stage, "review"), pupil, user, on, **{**chart_answers(row, stage), **more, **given}
    )


@audit_log.transaction()
def ready(move, pupil, user, stage=None, row=None, **said):
    """Bring a pupil to where a move is possible, papers and review included; the open placement."""
    stage = stage or move.from_[0]
    take_to(pupil, stage, user)
    if g.case_is_open in move.needs:
        m.EhcCase(pupil=pupil, requester="Parent", state="requested").save()
    if row or move.rows:
        do_papers(pupil, user)
        hold_review(
            pupil,
            user,
            row or next(r.name for r in w.ROWS if r.name in move.rows and stage in r.stages),
            **said,
        )
    return m.Placement.current(pupil)
