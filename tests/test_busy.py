"""Long writers let others save, and who cannot be served says so: through the real server and two
connections.
"""

import contextlib
import os
import re
import sqlite3
import threading
import urllib.parse
from datetime import date

import live
import pytest
from conftest import until
from live import common
from peewee import OperationalError, PostgresqlDatabase

import models as m
from admin_views import pupil_import, table_file
from audit import log as audit_log
from records import storage
from records.record import Clash

HEADS = "Surname,Forename,DOB,Year,Reg,Contact 1 name,Contact 1 telephone,Contact 1 relationship"
# the lock is waited for so many seconds
SHORT_WAIT = "from audit import log; log.LONGEST_WAIT = 1\nfrom commands import cli\ncli(['run'])"


def rows_of(count):
    """A spreadsheet of so many new pupils, each with a contact."""
    lines = [
        f"Import{n},Fore{n},{n % 27 + 1:02}/03/2018,{n % 3 + 2},{n % 3 + 2}A,Jo Import{n},07700"
        f" {n:06},mother"
        for n in range(count)
    ]
    return "\n".join([HEADS, *lines]).encode()


def preview_of(person, data):
    """Upload a spreadsheet: the address of its preview, and the code of what was seen there."""
    status, words, to = person.ask("POST", "/import/", file=("pupils.csv", data))
    assert status == 302, words[:2000]
    where = urllib.parse.urlsplit(to).path
    status, words, _ = person.ask("GET", where)
    assert status == 200
    return where, re.search(r'name="seen" value="(\w+)"', words)[1]


def acts(folder):
    """Every audit row, oldest first: (act, kind of record)."""
    with contextlib.closing(sqlite3.connect(folder / "portal.db")) as database:
        return database.execute("SELECT act, record FROM audit_entry ORDER BY id").fetchall()


def add_strategy(person, words):
    """Save something as anybody does; the status of the answer."""
    status, fields = person.form("/strategy/new/?pupil=1")
    if status != 200:
        return status
    typed = [(name, words if name == "strategy" else value) for name, value in fields]
    return person.ask("POST", "/strategy/new/?pupil=1", [*typed, ("do", "save")])[0]


def test_others_save_while_1200_pupils_are_brought_in(tmp_path):
    running = live.Live(tmp_path / "data")
    office, senco = running.person("office0"), running.person("senco")
    saved, answers = [], []

    def save_one():
        saved.append(add_strategy(senco, f"Words {len(saved)}"))

    def save_one_and_see_the_end():
        save_one()
        return "<progress" not in office.ask("GET", answers[0][2])[1]

    try:
        where, seen = preview_of(office, rows_of(1200))
        thread = threading.Thread(
            target=lambda: answers.append(office.ask("POST", f"{where}import/", [("seen", seen)]))
        )
        thread.start()
        while thread.is_alive():
            save_one()
        thread.join()
        # it goes on in the background
        until(save_one_and_see_the_end, "the end of the import")
    finally:
        running.stop()
    assert answers[0][0] == 302 and set(saved) == {302}
    told = acts(tmp_path / "data")
    # nothing else here makes contacts
    imported = [at for at, (_, record) in enumerate(told) if record == "Contact"]
    assert len(imported) >= 1200
    between = [act for act in told[imported[0] : imported[-1]] if act == ("add", "Strategy")]
    assert between, "nobody else got a turn between the first and the last pupil"


def test_who_waits_for_too_long_is_told_so_and_loses_no_word(tmp_path):
    folder = tmp_path / "data"
    signed = live.build(folder)
    server = common.Portal(folder, words=("-c", SHORT_WAIT))
    senco = common.Person(server.port, *signed["senco"])
    try:
        status, fields = senco.form("/strategy/new/?pupil=1")
        typed = [
            (name, "Long thought words" if name == "strategy" else value) for name, value in fields
        ] + [("do", "save")]
        with contextlib.closing(
            sqlite3.connect(folder / "portal.db", isolation_level=None)
        ) as writer:
            # somebody else is writing, and does not end
            writer.execute("BEGIN IMMEDIATE")
            status, words, _ = senco.ask("POST", "/strategy/new/?pupil=1", typed)
            looked, _, _ = senco.ask("GET", "/pupil/1/")
            writer.execute("ROLLBACK")
        assert (
            status == 503
            and "The portal is busy" in words
            and "Long thought words" in words
            and "Try again" in words
        )
        assert looked == 503, "no page of a child without its row in the audit trail"
        again = senco.ask("POST", "/strategy/new/?pupil=1", typed)[0]
    finally:
        server.stop()
    assert again == 302
    assert "Long thought" not in common.logged(folder)


@pytest.mark.skipif(
    "DATABASE_URL" not in os.environ,
    reason="SQLite's own lock is shown through the real server above",
)
def test_a_writer_on_postgresql_waits_so_long_and_no_longer(database, monkeypatch):
    """Two connections: one holds what a writer holds."""
    monkeypatch.setattr(audit_log, "LONGEST_WAIT", 1)
    other = PostgresqlDatabase(database.database, **database.connect_params)
    with other.connection_context(), other.atomic():
        other.execute_sql("SELECT pg_advisory_xact_lock(%s)", (audit_log.ONE_WRITER,))
        with pytest.raises(OperationalError) as refused, audit_log.transaction():
            pass
    assert storage.is_busy(refused.value)


# --- piece by piece
def items_of(user, count=50):
    """The items of an import of so many pupils."""
    found = table_file.read_file(rows_of(count))
    return pupil_import.preview(found, pupil_import.map_columns(found.heads, "", user.role), user)


def test_an_import_holds_the_lock_for_a_few_pupils_only(cast, acting, monkeypatch):
    held, real = [], audit_log.transaction

    @contextlib.contextmanager
    def counted():
        with real():
            before = m.Pupil.select().count()
            yield
            held.append(m.Pupil.select().count() - before)

    monkeypatch.setattr(pupil_import, "transaction", counted)
    assert pupil_import.import_pupils(items_of(cast.office), "Import") == 50
    assert held == [20, 20, 10]


def test_what_somebody_changed_meanwhile_ends_an_import_between_two_pieces(
    cast, acting, monkeypatch
):
    items = items_of(cast.office)

    def meanwhile(_):
        m.Pupil.create(surname="Import30", forename="Fore30", dob=date(2018, 3, 4), year="1")

    monkeypatch.setattr(pupil_import.time, "sleep", meanwhile)
    assert pupil_import.import_pupils(items, "Import") == 20
    assert m.Pupil.select().where(m.Pupil.surname.startswith("Import")).count() == 21, (
        "nobody is there twice"
    )
    assert (
        "only 20 were written"
        in audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).get().reason
    )
    monkeypatch.setattr(pupil_import.time, "sleep", lambda _: None)
    again = items_of(cast.office)
    assert pupil_import.counts(again)["new"] == 29 and pupil_import.import_pupils(
        again, "Import"
    ) == len(pupil_import.to_write(again))
    assert m.Pupil.select().where(m.Pupil.surname.startswith("Import")).count() == 50


def test_somebody_who_was_quicker_from_the_first_keeps_all_from_being_written(cast, acting):
    items = items_of(cast.office)
    m.Pupil.create(surname="IMPORT3", forename="Fore3", dob=date(2018, 3, 4), year="1")
    with pytest.raises(Clash):
        pupil_import.import_pupils(items, "Import")
    assert m.Pupil.select().where(m.Pupil.surname.startswith("Import")).count() <= 1
