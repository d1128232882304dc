"""Backups, restores and drills: what is in a set, what is refused, and what a killed run leaves
behind.
"""

import datetime
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pyrage
import pytest
from click.testing import CliRunner
from conftest import HANGS, ROOT, pointed_back

import commands
import config
import models as m
import people
import workflow as w
from audit import log as audit_log
from ops import backup, checks, db_dump, restore, upgrade
from ops import database as ops_database
from ops.backup import CannotDo

# a seeded school of every released version
RELEASED = sorted((ROOT / "tests" / "released").glob("*.sql"))


def build(path, release=RELEASED[0]):
    """The seeded school of a released version, with the key of its audit trail if it had one (see
    release.py).
    """
    first = release.read_text("utf-8").partition("\n")[0]
    if first.startswith("-- audit.key: "):
        (path.parent / "audit.key").write_text(first.removeprefix("-- audit.key: "))
        audit_log.use_key(config.key_file(path.parent, "audit.key").encode())
    with closing(sqlite3.connect(path)) as database:
        database.executescript(release.read_text("utf-8"))


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def folder(tmp_path, monkeypatch, request):
    """A data folder with the school of a released version in it, and the program pointed at it."""
    yield from point_at(tmp_path / "data", monkeypatch, lambda path: build(path, request.param))


@pytest.fixture
def oldest(tmp_path, monkeypatch):
    """The same of the oldest version, which has migrations before it."""
    yield from point_at(tmp_path / "data", monkeypatch, build)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """The same school in the shape of this version, and its audit key: made once, copied for each
    test.
    """
    with pytest.MonkeyPatch.context() as patch:
        for made in point_at(tmp_path_factory.mktemp("school") / "data", patch, build):
            ops_database.migrate(audit_log.db.obj)
            with audit_log.db.connection_context():
                for document in m.Document.select():
                    (made / "files" / document.stored_as).write_bytes(b"Zebmine scan")
            yield made


@pytest.fixture
def school(migrated, tmp_path, monkeypatch):
    """A data folder of this version."""
    shutil.copytree(migrated, tmp_path / "data")
    yield from point_at(tmp_path / "data", monkeypatch)


def point_at(made, monkeypatch, fill=None):
    """Point the program at a data folder, and back at the tests' own afterwards."""
    monkeypatch.setenv("DATA_DIR", str(made))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pointed_back():
        ops_database.configure()
        database = ops_database.open_database()
        if fill:
            fill(made / "portal.db")
        try:
            yield made
        finally:
            if not database.is_closed():
                database.close()


def killed(work):
    """Do something in a process that is killed in its middle (`work` kills itself)."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "the work ended before it was killed"


def kill(*_, **__):
    """Kill this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(call, number):
    """A function that does what `call` does, and kills the process at the numbered call."""
    left = [number]

    def counted(*args, **kwargs):
        left[0] -= 1
        return kill() if not left[0] else call(*args, **kwargs)

    return counted


def all_of(path):
    """The fingerprint of every table of a database file."""
    with backup.reading(path) as tables:
        return db_dump.fingerprints(tables)


def answers(path):
    """Every answer with a canary in it, as (table, text)."""
    with closing(sqlite3.connect(path)) as database:
        names = [
            n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            (n, str(v))
            for n in names
            for row in database.execute(f'SELECT * FROM "{n}"')
            for v in row
            if "Zebmine" in str(v)
        }


# --- making one
def test_a_set_holds_everything_and_its_note_no_word_about_a_child(school):
    done, problems = backup.backup()
    assert not problems and done[0].name.startswith("portal-20261124-1000")
    into = school / "opened"
    into.mkdir()
    manifest, _ = restore.unpack(done[0], backup.own_key(), into)
    (file,) = (school / "files").iterdir()
    assert sorted(manifest["files"]) == [
        "audit.key",
        f"files/{file.name}",
    ], "secret.key is made when the portal first starts"
    assert (into / "files" / file.name).read_bytes() == b"Zebmine scan"
    assert all_of(into / "portal.db") == all_of(school / "portal.db") == manifest["tables"]
    assert len(manifest["tables"]) == len(m.every_table())
    note = done[0].with_suffix(".json").read_text("utf-8")
    assert (
        set(json.loads(note)) == {"at", "version", "anchor", "size", "sha256"}
        and "Zebmine" not in note
    )
    assert b"Zebmine" not in done[0].read_bytes() and not list(school.glob(".backup-*"))
    assert oct((school / "backup.key").stat().st_mode)[-3:] == "600"
    with audit_log.db.connection_context():
        assert (
            backup.valid_anchors() == [audit_log.Anchor(**manifest["anchor"])]
            and audit_log.verify(backup.valid_anchors()) == []
        )


def test_a_backup_under_writes_is_one_moment(school):
    stop = threading.Event()

    def write():
        with closing(
            sqlite3.connect(school / "portal.db", timeout=HANGS, isolation_level=None)
        ) as database:
            while not stop.is_set():
                database.execute("BEGIN IMMEDIATE")
                database.execute(
                    "INSERT INTO press (token, led_to, at) VALUES (?, 'pair', '2026-11-24')",
                    (f"{id(stop)}-{os.urandom(8)}",),
                )
                database.execute(
                    "INSERT INTO press (token, led_to, at) VALUES (?, 'pair', '2026-11-24')",
                    (f"{id(stop)}+{os.urandom(8)}",),
                )
                database.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy = school / f"copy-{number}.db"
            db_dump.snapshot(audit_log.db.obj, copy)
            assert db_dump.integrity_errors(copy) == [] and all_of(copy)["press"][0] % 2 == 0
    finally:
        stop.set()
        writer.join()


def test_every_place_gets_its_own_and_a_dead_place_stops_nobody(school, tmp_path):
    (tmp_path / "usb").mkdir()
    (tmp_path / "share").mkdir()
    settings = m.Setting(
        backup_places=f"{tmp_path}/usb\n{tmp_path}/gone\nhere\n{tmp_path}/share", backups_kept=2
    )
    done, problems = backup.backup(settings)
    assert [p.parent.name for p in done] == ["usb", "share"]
    assert (
        len(problems) == 2 and "folder is not there" in problems[0] and "whole path" in problems[1]
    )
    assert backup.newest_backup(settings)[1] == max(done)
    with pytest.raises(CannotDo, match="folder is not there"):
        backup.backup(m.Setting(backup_places=f"{tmp_path}/gone"))


def test_what_reads_back_differently_is_no_backup(school, monkeypatch):
    def bad_disk(end, path):
        *right, last = path.read_bytes()
        end.write_bytes(bytes((*right, last ^ 1)))

    monkeypatch.setattr(backup, "copy_synced", bad_disk)
    with pytest.raises(CannotDo, match="reads back differently. Do not trust this disk"):
        backup.backup()
    assert not list((school / "backups").iterdir())


def test_a_full_disk_is_said_in_a_sentence(school, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "pack", full)
    with pytest.raises(
        CannotDo, match="No backup could be made: No space left on device. Is there room"
    ):
        backup.backup()
    assert not list(school.glob(".backup-*"))


def test_the_oldest_go_and_what_is_no_backup_never_counts(school, the_day):
    place = school / "backups"
    with audit_log.db.connection_context():
        m.Setting.update(backups_kept=2, backup_hours=12).execute()
    for _ in range(5):
        the_day.shift(datetime.timedelta(hours=12))
        backup.run_due()
    kept = [(moment.day, moment.hour) for moment, _ in backup.archives(place)]
    assert kept == [
        (26, 22),
        (26, 10),
        (25, 22),
        (24, 22),
    ], "all of the newest day, of two days before it the last"
    assert sorted(p.suffix for p in place.iterdir()) == [".age"] * 4 + [".json"] * 4
    newest = backup.archives(place)[0][1]
    newest.write_bytes(newest.read_bytes()[:-1])
    (place / "portal-20261126-220001.age").write_bytes(b"half")
    assert [moment.hour for moment, _ in backup.archives(place)] == [10, 22, 22]
    backup.backup(m.Setting(backups_kept=0))
    assert {moment.day for moment, _ in backup.archives(place)} == {26}, "the newest always stays"


def test_a_backup_killed_half_way_is_no_backup(school, monkeypatch):
    with monkeypatch.context() as patch:
        # the set is written, its note not yet
        patch.setattr(backup, "copy_synced", kill_at(backup.copy_synced, 2))
        killed(backup.backup)
    assert list((school / "backups").glob(".portal-*.part")) and list(school.glob(".backup-*"))
    assert backup.archives(school / "backups") == []
    backup.backup()
    assert len(backup.archives(school / "backups")) == 1
    assert not list((school / "backups").glob(".portal-*.part")) and not list(
        school.glob(".backup-*")
    )


def test_the_portal_backs_up_by_itself_once_a_day(school, the_day):
    backup.run_due()
    backup.run_due()
    assert len(backup.archives(school / "backups")) == 1
    the_day.shift(datetime.timedelta(hours=23, minutes=50))
    backup.run_due()
    assert len(backup.archives(school / "backups")) == 1
    the_day.shift(datetime.timedelta(minutes=11))
    backup.run_due()
    assert len(backup.archives(school / "backups")) == 2
    assert len(backup.daily_anchors()) == 2, "one each day"
    # a clock that was wrong never stops the backups
    the_day.shift(-datetime.timedelta(days=3))
    backup.run_due()
    assert len(backup.archives(school / "backups")) == 3


@pytest.mark.parametrize("hours, sets", [(1, 5), (2, 3), (24, 1), (None, 1)])
def test_the_school_says_how_often(school, the_day, hours, sets):
    with audit_log.db.connection_context():
        m.Setting.update(backup_hours=hours).execute()
    for _ in range(5):
        backup.run_due()
        the_day.shift(datetime.timedelta(hours=1))
    assert len(backup.archives(school / "backups")) == sets


def test_a_damaged_database_makes_no_backup(school):
    with closing(sqlite3.connect(school / "portal.db")) as database:
        database.execute("PRAGMA foreign_keys = off")
        database.execute("UPDATE my_plan SET pupil_id = 999")
        database.commit()
    with pytest.raises(CannotDo, match="damaged.*my_plan points at a row of pupil"):
        backup.backup()
    assert backup.archives(school / "backups") == []


# --- opening
def spoil(path, change):
    """Another set with the bytes changed; with or without its note."""
    data = path.read_bytes()
    other = path.with_name("portal-20261124-090000.age")
    other.write_bytes(change(data))
    shutil.copy(path.with_suffix(".json"), other.with_suffix(".json"))
    return other


CUT, EDIT = (lambda d: d[:-500]), (lambda d: d[:-500] + bytes([d[-500] ^ 1]) + d[-499:])


@pytest.mark.parametrize(
    ("change", "noted", "words"),
    [
        (CUT, True, "is cut off: .* of .* bytes"),
        (EDIT, True, "was changed or damaged: its check sum"),
        (CUT, False, "is cut off or was changed"),
        (EDIT, False, "is cut off or was changed"),
        (lambda d: d[:40], False, "is cut off or was changed"),
        (lambda d: b"", False, "is cut off or was changed"),
    ],
)
def test_a_spoiled_backup_is_refused_in_a_sentence(school, change, noted, words):
    other = spoil(backup.backup()[0][0], change)
    if not noted:
        other.with_suffix(".json").unlink()
    passed, certificate = restore.drill(other)
    assert not passed and certificate.endswith("\nFAILED\n") and backup.last_drill() is None
    with pytest.raises(CannotDo, match=words):
        restore.restore(other)
    assert not list(school.glob(".restore-*")) and not list(school.glob("before-*"))


def test_another_key_is_refused_in_a_sentence(school):
    path = backup.backup()[0][0]
    with pytest.raises(CannotDo, match="This key does not open portal-"):
        restore.restore(path, key=str(pyrage.x25519.Identity.generate()))
    with pytest.raises(CannotDo, match="That is not a recovery key"):
        restore.restore(path, key=str(backup.own_key())[:-1])
    with pytest.raises(CannotDo, match="has no key. Give the one from the school"):
        restore.restore(path, to=school.parent / "new")


def test_a_set_whose_list_is_wrong_is_refused(school, monkeypatch):
    honest = db_dump.fingerprints
    monkeypatch.setattr(
        db_dump, "fingerprints", lambda tables: {**honest(tables), "pupil": [3, "0" * 64]}
    )
    path = backup.backup()[0][0]
    monkeypatch.setattr(db_dump, "fingerprints", honest)
    with pytest.raises(CannotDo, match="does not hold what its list says. The table pupil differs"):
        restore.restore(path)


def entry(name, kind=tarfile.REGTYPE, to=""):
    """An entry of an archive: its description, and its bytes."""
    made = tarfile.TarInfo(name)
    made.type = kind
    made.linkname = to
    made.mode = 0o777
    data = b"hostile" if kind == tarfile.REGTYPE else b""
    made.size = len(data)
    return made, data


def sparse():
    """An entry of a few bytes that says of itself that it is a file of 2 TB."""
    made, data = entry("files/large")
    made.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "files/large",
        "GNU.sparse.realsize": str(2 * 10**12),
    }
    return made, b"1\n0\n7\n".ljust(512, b"\0") + data


HOSTILE = {
    "a file outside": [entry("../evil")],
    "a file outside, by way of files": [entry("files/../evil")],
    "two folders up": [entry("files/..")],
    "a whole path": [entry("/tmp/portal-evil")],
    "a folder in files": [entry("files/deep/evil")],
    "a name written oddly": [entry("./portal.db")],
    "a name with a slash too many": [entry("files//evil")],
    "a program": [entry("evil.sh")],
    "the key of the backups": [entry("backup.key")],
    "a name twice": [entry("secret.key"), entry("secret.key")],
    "a folder": [entry("files", tarfile.DIRTYPE)],
    "a folder under the name of a file": [entry("files/evil", tarfile.DIRTYPE)],
    "a symbolic link": [entry("files/evil", tarfile.SYMTYPE, "/etc/passwd")],
    "a symbolic link, and a file through it": [
        entry("files", tarfile.SYMTYPE, ".."),
        entry("files/evil"),
    ],
    "a hard link": [entry("files/evil", tarfile.LNKTYPE, "/etc/passwd")],
    "a device": [entry("files/evil", tarfile.CHRTYPE)],
    "a pipe": [entry("files/evil", tarfile.FIFOTYPE)],
    "a file with holes": [sparse()],
}


def hostile_set(school, entries):
    """A set that opens with the school's own key and holds these entries before what a set has."""
    bundle, path = school / "bundle", school / "backups" / "portal-20261124-090000.age"
    with tarfile.open(bundle, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for made, data in entries:
            made.size = len(data)
            archive.addfile(made, io.BytesIO(data))
        backup.add(archive, "manifest.json", b"{}")
    path.parent.mkdir(exist_ok=True)
    pyrage.encrypt_file(str(bundle), str(path), [backup.own_key().to_public()])
    bundle.unlink()
    return path


def every_file(school):
    """Every file around a data folder, with its bytes; without the locks, which are empty."""
    files = [p for p in school.parent.rglob("*") if p.is_file() and p.suffix != ".lock"]
    return {p: p.read_bytes() for p in files}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(school, what):
    path = hostile_set(school, HOSTILE[what])
    before = every_file(school)
    with pytest.raises(CannotDo, match="no backup of the portal has. Nothing of it was used"):
        restore.restore(path)
    assert every_file(school) == before and not Path("/tmp/portal-evil").exists()
    assert not [p for p in school.rglob("*") if p.is_symlink()]
    passed, certificate = restore.drill(path)
    assert not passed and "no backup of the portal has" in certificate


def test_an_archive_for_which_there_is_no_room_is_refused_first(school, monkeypatch):
    path = backup.backup()[0][0]
    before, looked = every_file(school), []

    def nearly_full(folder):
        looked.append(folder)
        return SimpleNamespace(free=1000)

    monkeypatch.setattr(restore.shutil, "disk_usage", nearly_full)
    with pytest.raises(CannotDo, match="could not be unpacked: No space left on device"):
        restore.restore(path)
    assert every_file(school) == before and len(looked) == 1, (
        "the first file is larger than the room"
    )


def test_what_is_unpacked_is_the_owners_alone(school, tmp_path):
    (school / "files" / "Letter from Mr Ash.pdf").write_bytes(b"put here by hand")
    path, into = backup.backup()[0][0], tmp_path / "opened"
    into.mkdir()
    restore.unpack(path, backup.own_key(), into)
    assert (into / "files" / "Letter from Mr Ash.pdf").read_bytes() == b"put here by hand"
    assert {p.stat().st_mode & 0o777 for p in into.rglob("*") if p.is_file()} == {0o600}
    assert (into / "files").stat().st_mode & 0o777 == 0o700


def test_the_sheet_for_the_safe_has_the_key(school):
    said = backup.key_paper()
    assert str(backup.own_key()) in said and str(backup.read_key(said)) == str(backup.own_key())
    assert (school / "recovery-key.printed").exists()


# --- the drill, and restore
def test_a_drill_passes_and_leaves_nothing_but_its_certificate(school):
    backup.backup()
    before = all_of(school / "portal.db")
    passed, certificate = restore.drill()
    assert passed, certificate
    for words in (
        "every count and hash",
        "sign-in page opens",
        "the chain holds, 1 anchor",
        "and all seals",
        "the page of a pupil opens for a SENCO; papers printed and read: ",
    ):
        assert words in certificate
    assert "Zebmine" not in certificate
    assert all_of(school / "portal.db") == before and not list(school.glob(".drill-*"))
    assert backup.last_drill() == audit_log.now().replace(
        second=backup.last_drill().second, minute=backup.last_drill().minute
    )


def test_a_drill_finds_a_broken_seal_and_a_changed_trail(school):
    with closing(sqlite3.connect(school / "portal.db")) as database:
        kinds = [kind._meta.table_name for kind in w.every_form()]
        sealed = sum(
            database.execute(
                f"UPDATE {n} SET sealed = replace(sealed, 'o', 'u') WHERE sealed IS NOT NULL"
            ).rowcount
            for n in kinds
        )
        database.execute("DROP TRIGGER audit_entry_stays")
        database.execute("DELETE FROM audit_entry WHERE id = 40")
        database.commit()
    backup.backup()
    passed, certificate = restore.drill()
    assert not passed and sealed == certificate.count("WRONG     The sealed ") > 0
    assert "WRONG     Audit row 41 does not follow" in certificate


def test_every_release_comes_back_in_this_version(folder, tmp_path):
    path = backup.backup()[0][0]
    wanted = answers(folder / "portal.db")
    assert len(wanted) > 200
    new = tmp_path / "new"
    said = restore.restore(path, to=new, key=str(backup.own_key()))
    assert f"into {new}" in said[0] and "Everybody must sign in again." in said
    assert wanted <= answers(new / "portal.db")
    with backup.reading(new / "portal.db") as tables:
        assert not ops_database.diff_models(tables, m.every_table())
        assert db_dump.applied(tables) == sorted(p.stem for p in config.MIGRATIONS.glob("0*.py"))
    assert sorted(p.name for p in new.iterdir() if p.suffix in (".db", ".key")) == [
        "audit.key",
        "backup.key",
        "portal.db",
        "secret.key",
    ]


def test_everything_is_checked_once_a_day_though_a_backup_fails(
    school, the_day, monkeypatch, caplog
):
    """The Status page shows what the last whole check said; the portal runs it by itself."""
    looked, last = [], school / "check.json"

    def look(at):
        looked.append(at.folder)
        last.write_text("{}")
        os.utime(last, (time.time(),) * 2)

    def fails():
        raise CannotDo("No backup could be made: no room.")

    monkeypatch.setattr(checks, "run", look)
    # a clock that was wrong does not stop it either
    for hours in (0, 1, 22, 2, 1, -48):
        the_day.shift(datetime.timedelta(hours=hours))
        for task in (fails, lambda: checks.daily(checks.Facts(school, audit_log.db.obj))):
            backup.attempt(task)
    assert looked == [school] * 3 and caplog.text.count("No backup could be made: no room.") == 6


def test_a_restore_moves_the_old_aside_and_takes_back_its_time(school, the_day, monkeypatch):
    monkeypatch.setattr(restore, "verify_in_subprocess", settle_here)
    with audit_log.db.connection_context():
        people.UserSession.create(
            key="a place",
            user=people.User.select().first(),
            began_at=audit_log.now(),
            seen_at=audit_log.now(),
        )
    path = backup.backup()[0][0]
    the_day.shift(datetime.timedelta(hours=1))
    # stays open, so that the old -wal is there during the restore
    with closing(sqlite3.connect(school / "portal.db")) as live:
        live.execute("UPDATE pupil SET surname = 'Later'")
        live.commit()
        with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
            audit_log.audit("view", m.Pupil.select().first())
            audit_log.write_anchors(school / "anchors.txt", [audit_log.head()])
        the_day.shift(datetime.timedelta(hours=1))
        said = restore.restore(path)
    aside = next(school.glob("before-restore-*"))
    assert (
        str(aside) in said[-1]
        and (aside / "portal.db-wal").exists()
        and not (school / "portal.db-wal").exists()
    )
    assert (
        list((aside / "files").iterdir())
        and list((school / "files").iterdir())
        and (school / "backups").is_dir()
    )
    # an anchor of the hours that were taken back
    shutil.copy(aside / "anchors.txt", school / "anchors.txt")
    with audit_log.db.connection_context():
        assert (
            not m.Pupil.select().where(m.Pupil.surname == "Later").exists()
            and not people.UserSession.select().exists()
        )
        assert (
            audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "restored").count() == 1
        )
        assert len(backup.daily_anchors()) == 1 and audit_log.verify(backup.daily_anchors()) != []
        assert backup.valid_anchors() and audit_log.verify(backup.valid_anchors()) == []


def blank_a_row():
    """Blank the words of an audit row as an erasure does, without one: as it happened to a
    colleague with a child's name.
    """
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        m.Pupil.select().first().touch()
        audit_log.audit("change", m.Pupil.select().first(), before="Some words")
        last = audit_log.head().last
        audit_log.db.execute_sql(
            "UPDATE audit_entry SET erased = 1, before = '', after = '', reason = '' WHERE id = ?",
            (last,),
        )
    return last


def command(*words):
    """A command in a process of its own, on the folder of this test: (exit code, what it
    prints).
    """
    done = subprocess.run(
        [sys.executable, "commands.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_restore_has_a_way_on_when_the_records_have_a_fault(school):
    """An audit row was blanked wrongly: the only backup could not be put back for good."""
    row = blank_a_row()
    path = str(backup.backup()[0][0])
    code, said = command("restore", path)
    assert (
        code == 1
        and f"audit row {row}" in said
        and '--accept "why"' in said
        and not list(school.glob("before-*"))
    )
    code, said = command("restore", path, "--accept", "The erasure of November took a row too many")
    (listed,) = school.glob("accepted-*.txt")
    assert code == 0 and str(listed) in said and listed.stat().st_mode & 0o777 == 0o600
    assert (
        f"audit row {row}" in listed.read_text()
        and "Reason: The erasure of November" in listed.read_text()
    )
    with audit_log.db.connection_context():
        kept = audit_log.AuditEntry.get(audit_log.AuditEntry.act == "accepted")
        assert (
            kept.who == "Restore"
            and f"audit row {row}" in kept.before
            and "took a row too many" in kept.reason
        )
    audit_log.db.close()
    assert command("verify")[0] == 0
    backup.backup()
    code, said = command("drill")
    assert code == 0 and "accepted faults: 1" in said, "the drill tells of it, and passes"
    new, key = str(school.parent / "new"), str(school / "backup.key")
    code, said = command("restore", "--to", new, "--key", key)
    assert code == 0, said


def test_a_set_that_differs_from_its_list_can_be_put_back_when_there_is_no_other(
    school, monkeypatch
):
    honest = db_dump.fingerprints
    monkeypatch.setattr(
        db_dump, "fingerprints", lambda tables: {**honest(tables), "pupil": [3, "0" * 64]}
    )
    path = backup.backup()[0][0]
    monkeypatch.setattr(db_dump, "fingerprints", honest)
    with pytest.raises(
        CannotDo,
        match=r"The table pupil differs\. Use another backup\. If there is none: .*--accept",
    ):
        restore.restore(path)
    path.with_suffix(".json").write_text(
        path.with_suffix(".json").read_text().replace('"sha256": "', '"sha256": "0')
    )
    assert (
        "Accepted, for this reason: There is no other"
        in restore.restore(path, accept="There is no other")[-1]
    )
    with audit_log.db.connection_context():
        assert (
            "The table pupil differs."
            in audit_log.AuditEntry.get(audit_log.AuditEntry.act == "accepted").before
        )


def test_a_backup_made_while_the_clock_was_ahead_comes_back_and_its_time_is_taken_back(
    school, the_day
):
    the_day.shift(datetime.timedelta(days=400))
    path = backup.backup()[0][0]
    the_day.shift(datetime.timedelta(days=-400))
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        audit_log.audit("view", m.Pupil.select().first())
    the_day.shift(datetime.timedelta(hours=1))
    backup.run_due()
    anchors = (school / "anchors.txt").read_text()
    the_day.shift(datetime.timedelta(hours=1))
    restore.restore(path)
    (school / "anchors.txt").write_text(anchors)
    with audit_log.db.connection_context():
        assert (
            audit_log.verify(backup.daily_anchors()) != []
            and audit_log.verify(backup.valid_anchors()) == []
        )


def test_a_start_takes_away_what_killed_tasks_left(school):
    for task in ("backup", "restore", "drill", "migration"):
        (school / f".{task}-abc").mkdir()
        (school / f".{task}-abc" / "portal.db").write_bytes(b"everything")
    with backup.work_folder("drill") as running:
        backup.remove_leftovers()
        assert running.is_dir(), "what is under way is left alone"
    backup.remove_leftovers()
    assert not list(school.glob(".*-*"))


def test_opening_another_database_changes_neither_the_folder_nor_the_key(school, tmp_path):
    before = backup.data_folder(), audit_log._key
    ops_database.open_database(f"sqlite:///{tmp_path / 'other.db'}")
    assert (backup.data_folder(), audit_log._key) == before and backup.data_folder() == school
    ops_database.configure(tmp_path)
    assert (
        backup.data_folder() == tmp_path and audit_log._key == (tmp_path / "audit.key").read_bytes()
    )


def settle_here(folder, restored, **how):
    """What the new process of the program does at a restore, in this one."""
    was = audit_log.db.obj
    database = ops_database.open_database(f"sqlite:///{folder}/portal.db")
    with database.connection_context():
        restore.finish(restored)
    audit_log.db.initialize(was)
    return {"problems": [], "seen": []}


def test_a_restore_killed_in_the_middle_is_done_again(school, monkeypatch):
    monkeypatch.setattr(
        restore, "verify_in_subprocess", lambda *_, **__: {"problems": [], "seen": []}
    )
    path, wanted = backup.backup()[0][0], all_of(school / "portal.db")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill_at(Path.replace, 2))
        killed(lambda: restore.restore(path))
    with pytest.raises(CannotDo, match="A restore was interrupted"):
        backup.run_lock()
    restore.restore(path)
    assert all_of(school / "portal.db") == wanted and not (school / "unfinished").exists()
    assert sum(1 for p in school.rglob("portal.db")) == 2, "the old one is still there"
    backup.run_lock().close()


def test_nothing_is_restored_over_a_running_portal(school):
    path = backup.backup()[0][0]
    with (
        backup.run_lock(),
        backup.run_lock(),
        pytest.raises(CannotDo, match="The portal is running on"),
    ):
        restore.restore(path)
    with backup.exclusive(), pytest.raises(CannotDo, match="A restore or an upgrade is under way"):
        backup.run_lock()


def test_a_set_that_the_program_finds_wrong_is_not_restored(school, monkeypatch):
    monkeypatch.setattr(
        restore,
        "verify_in_subprocess",
        lambda *_, **__: {"problems": ["The seal of My Plan 1 is broken."], "seen": []},
    )
    path, before = backup.backup()[0][0], all_of(school / "portal.db")
    with pytest.raises(
        CannotDo, match="was not restored, nothing was changed. The seal of My Plan 1 is broken."
    ):
        restore.restore(path)
    assert (
        all_of(school / "portal.db") == before
        and not list(school.glob("before-*"))
        and not list(school.glob(".restore-*"))
    )


def test_a_backup_of_a_newer_program_is_refused(school):
    with backup.reading(school / "portal.db") as tables:
        db_dump.Runner(tables).History.create(name="0099_later")
    path = backup.backup()[0][0]
    with pytest.raises(CannotDo, match="does not know. Bring the program to that version first"):
        restore.restore(path)


# --- around a migration
def test_a_migration_makes_a_backup_first_and_again_does_nothing(oldest):
    wanted = answers(oldest / "portal.db")
    with backup.reading(oldest / "portal.db") as tables:
        old = db_dump.applied(tables)
    assert upgrade.migrated(ops_database.migrate) == [
        p.stem for p in sorted(config.MIGRATIONS.glob("0*.py")) if p.stem not in old
    ]
    assert len(backup.archives(oldest / "backups")) == 1 and wanted <= answers(oldest / "portal.db")
    before = all_of(oldest / "portal.db")
    assert upgrade.migrated(ops_database.migrate) == []
    assert all_of(oldest / "portal.db") == before and len(backup.archives(oldest / "backups")) == 1


@pytest.mark.parametrize("atomic", [True, False])
def test_a_failed_migration_puts_the_database_back(school, tmp_path, monkeypatch, atomic):
    shutil.copytree(config.MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations" / "0003_bad.py").write_text(
        f"atomic = {atomic}\ndef up(migrator, db):\n    db.execute_sql('UPDATE pupil SET surname ="
        " 1')\n    db.execute_sql('CREATE TABLE half (id integer)')\n    raise"
        " ValueError('Zebmine')\n"
    )
    monkeypatch.setattr(upgrade, "MIGRATIONS", tmp_path / "migrations")
    before = all_of(school / "portal.db")
    with pytest.raises(
        CannotDo, match=r"could not be brought up to date \(ValueError\). It was put back as it was"
    ) as error:
        upgrade.migrated(lambda database: ops_database.migrate(database, tmp_path / "migrations"))
    assert "Zebmine" not in error.value.message
    assert all_of(school / "portal.db") == before and len(backup.archives(school / "backups")) == 1


def test_a_migration_killed_in_the_middle_goes_on_at_the_next_start(oldest, monkeypatch):
    from playhouse.migrate import SchemaMigrator

    wanted = answers(oldest / "portal.db")
    for owner, name, number in (
        (SchemaMigrator, "add_column", 5),
        (audit_log, "install_triggers", 1),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, kill_at(getattr(owner, name), number))
            killed(lambda: ops_database.migrate(audit_log.db.obj))
        assert db_dump.integrity_errors(oldest / "portal.db") == []
    ops_database.migrate(audit_log.db.obj)
    assert wanted <= answers(oldest / "portal.db")
    with audit_log.db.connection_context():
        assert (
            not ops_database.diff_models(audit_log.db.obj, m.every_table())
            and audit_log.has_triggers()
            and audit_log.verify() == []
        )


# --- the commands
def test_the_commands_say_it_in_sentences(school):
    def command(*words):
        done = CliRunner().invoke(commands.cli, words)
        return done.exit_code, done.output

    code, said = command("drill")
    assert code == 1 and said.startswith(
        f"Error: There is no complete backup in {school}/backups. Name the file, or make one"
    )
    code, said = command("backup")
    assert code == 0 and said.startswith(f"Backup written: {school}/backups/portal-")
    code, said = command("recovery-key")
    assert code == 0 and "AGE-SECRET-KEY-1" in said and "school's safe" in said
    assert command("restore", "/nowhere")[1] == "Error: There is no file /nowhere.\n"
    code, said = command("move-to", "sqlite:///x.db")
    assert code == 1 and said.startswith("Error: Name a PostgreSQL database")
    code, said = command("move-to", "postgresql://me:secret@127.0.0.1:9/portal")
    assert (
        code == 1
        and said.startswith("Error: The database 127.0.0.1:9/portal does not answer")
        and "secret" not in said
    )
