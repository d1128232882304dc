"""What a technician can read without a right to children: no name, word, UPN or birthday of any.

Pages are asked for as the technician; commands are given on a school whose children have words
that stand nowhere else.
"""

import datetime
import re

import pytest
import time_machine
from click.testing import CliRunner
from conftest import START, take_to
from live import common
from test_upkeep import (
    migrated,  # noqa: F401  (fixtures: a data folder)
    school,  # noqa: F401  (fixtures: a data folder)
)
from web import MARKS, MOMENT, Browser, everywhere

import commands
import models as m
import people
from audit import log as audit_log
from records import questions as q

BORN = datetime.date(1991, 7, 19)
UPN = "H801200001991"
KEPT_YEARS = 31  # an SEN record, by the Settings
DUE = BORN.replace(year=BORN.year + KEPT_YEARS)


def days(day):
    """A date in every way that the program, or a computer, writes it."""
    in_words = (f"{day.day} %B %Y", f"{day.day} %b %Y")
    shapes = ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", *in_words)
    return [day.strftime(shape) for shape in shapes]


SECRETS = ["Zebmine", "Yakother", UPN, *days(BORN), *days(DUE)]
SECRET = re.compile("|".join(map(re.escape, SECRETS)), re.I)


def secrets_in(words):
    """What a text says that only people with a right to children may read."""
    return sorted(set(SECRET.findall(words)))


def test_the_words_that_are_looked_for_would_be_found():
    assert secrets_in("due since Tuesday 19 July 2022, zebminesur") == ["19 July 2022", "zebmine"]


# --- pages
def born(key):
    """Give a child the birthday and the UPN that are looked for."""
    m.Pupil.update(dob=BORN, upn=UPN).where(m.Pupil.id == key).execute()


@pytest.fixture
def web_school(built, database):
    """The school of the pages, in which the child has that birthday."""
    with database.atomic() as everything:
        born(built.mine.id)
        yield built
        everything.rollback()


def test_no_page_of_the_technician_says_anything_of_a_child(web_school, plain_paper):
    at, found, opened = Browser(web_school.app, web_school.technician), [], 0
    for which in MARKS:
        for _, url in everywhere(web_school, which):
            at.begin_again()
            answer = at.get(url)
            opened += answer.status_code == 200
            said = secrets_in(answer.get_data(as_text=True) + str(answer.headers))
            if said:
                found.append(f"{url}: {said}")
    assert not found, "\n".join(found)
    assert opened > 20


# --- commands
# What each command is given; those with a sentence are looked at elsewhere, or say nothing.
COMMANDS = {
    "backup": (),
    "check": (),
    "drill": (),
    "migrate": (),
    "recovery-key": (),
    "restore": ("--to", "{out}/restored"),
    "retention": (),
    "starts": (),
    "subject-access": ("{child}", "--to", "{out}"),
    "verify": (),
    "version": (),
    "who-saw": ("{child}",),
    "verify-opened": "the drill and the restore give it, and print what it says",
    "run": "test_the_start_and_the_log_of_the_real_server",
    "demo": "it serves a fictional school from its own folder",
    "migration": "it writes the program, not the data",
    "readme": "it writes the program, not the data",
    "upgrade": "it moves the program's own files: tests/test_upgrade.py",
    "move-to": "it prints names of tables and hashes: tests/test_postgres.py",
}
WRONG = (
    ("who-saw", ("Nobody, Here",)),
    ("who-saw", ("0",)),
    ("subject-access", ("999", "--to", "{out}")),
    ("drill", ("no-such-file",)),
    ("restore", ("no-such-file",)),
)


def test_every_command_is_looked_at():
    assert set(COMMANDS) == set(commands.cli.commands), "Say in COMMANDS how it is given"


@pytest.fixture
def busy_school(school, monkeypatch):  # noqa: F811
    """A school in which one child is due to be erased and another has moved and left."""
    with (
        time_machine.travel(MOMENT, tick=False),
        audit_log.db.connection_context(),
        audit_log.acting_as("The tests"),
    ):
        child = m.Pupil.get(m.Pupil.surname == "Zebminesur")
        born(child.id)
        senco = people.User.get(people.User.role == q.SENCO)
        other = m.Pupil.create(surname="Yakothersur", forename="Yakotherfore", dob=BORN, form="3B")
        take_to(other, "S1", senco, START)
        other.left_on = START
        other.save()
    audit_log.db.close()
    return school, child.id


def test_no_command_says_anything_of_a_child(busy_school, tmp_path, capfd):
    folder, child = busy_school
    out, found = tmp_path / "out", []
    out.mkdir()
    given = [(name, words) for name, words in COMMANDS.items() if not isinstance(words, str)]
    for name, words in (*given, *WRONG):
        typed = [word.format(child=child, out=out) for word in words]
        done = CliRunner().invoke(commands.cli, [name, *typed])
        assert isinstance(done.exception, SystemExit | None), f"{name}: {done.exception!r}"
        said = secrets_in(done.output + str(done.exception))
        found += [f"{name} {words}: {said}"] if said else []
        if not audit_log.db.is_closed():
            audit_log.db.close()
    written = capfd.readouterr()
    assert not found, "\n".join(found)
    assert not secrets_in(written.out + written.err)
    assert not in_files(folder) and not in_files(out)
    assert (folder / "drills").is_dir() and any(out.iterdir()), "there was something to look at"


# The records themselves, locked backups, the bundle for the family.
SHUT = (".db", ".db-wal", ".db-shm", ".age", ".zip")
HELD = ("files", "papers")  # folders of children's documents and printed papers


def in_files(folder):
    """What stands in the names of the files of a folder, and in those that are not shut."""
    found = []
    for path in folder.rglob("*"):
        words = path.name
        if path.is_file() and path.suffix not in SHUT and path.parent.name not in HELD:
            words += path.read_text("utf-8", "replace")
        found += [f"{path.name}: {said}" for said in secrets_in(words)]
    return found


def test_the_start_and_the_log_of_the_real_server_say_nothing_of_a_child(busy_school):
    folder, child = busy_school
    server = common.Portal(folder)
    try:
        token = common.signed(folder, {})
        stranger = common.Person(server.port, *token)
        for url in ("/sign-in", f"/pupil/{child}/", "/pupil/999999/", "/pupil/?search=Zebminesur"):
            stranger.ask("GET", url)
    finally:
        server.stop()
    assert not secrets_in(server.said()) and not in_files(folder)
    assert (folder / "logs" / "portal.log").is_file()
