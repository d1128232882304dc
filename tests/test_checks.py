"""`portal check`: every check keeps quiet when all is well, and speaks when its fault is planted
for real.

A new check needs a row in FAULTS: how to plant what it looks for. `sound` is a set-up in which all
is well.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import ipaddress
import json
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from conftest import HANGS, ROOT, agreed, take_to
from live import common
from peewee import SqliteDatabase
from test_upkeep import build
from web import words

import commands
import models as m
from admin_views import status
from audit import log as audit_log
from ops import checks
from papers import fonts
from people import User, UserSession
from records import questions as q

LONG_AGO = 1_600_000_000
MADE = datetime.datetime(2026, 11, 24, 9)  # an hour before the tests
GOOD = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": "full", "secure_delete": 1}
CONFIG = {
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "WTF_CSRF_ENABLED": True,
    "TRUSTED_HOSTS": ["portal.school.example"],
    "DEBUG": False,
    "PROXIES": [ipaddress.ip_network(one) for one in ("127.0.0.0/8", "::1", "10.0.0.5")],
}


# --- a set-up that is sound
@pytest.fixture
def scene(cast, acting, tmp_path, monkeypatch, the_day):
    """A sound set-up in temporary folders, with what a fault needs to be planted."""
    folder, program = tmp_path / "data", tmp_path / "program"
    for made in (
        folder / "files",
        folder / "logs",
        program / ".venv",
        tmp_path / "share",
        tmp_path / "stick",
    ):
        made.mkdir(parents=True)
    folder.chmod(0o700)
    for name in ("secret.key", "audit.key", "backup.key", "recovery-key.printed"):
        (folder / name).write_text(hashlib.sha256(name.encode()).hexdigest())
        (folder / name).chmod(0o600)
    shutil.copy(ROOT / "requirements.txt", program)
    (program / "app.py").write_text("")
    (program / "migrations").symlink_to(ROOT / "migrations")
    (program / ".venv" / "audited").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "clamscan").touch(mode=0o700)
    write_school(cast)
    (folder / "files" / "report").write_bytes(b"a report")
    at = checks.Facts(
        folder,
        audit_log.db.obj,
        dict(CONFIG),
        {"account.sign_in", "static", None},
        program=program,
        mounts="/dev/x / ext4 rw 0 0",
    )
    made = SimpleNamespace(
        at=at,
        folder=folder,
        program=program,
        tmp=tmp_path,
        patch=monkeypatch,
        clock=the_day,
        cast=cast,
    )
    patch_the_computer(made)
    for path in (program / "requirements.txt", program / ".venv" / "audited", *folder.iterdir()):
        os.utime(path, (the_day_in_seconds(), the_day_in_seconds()))
    return made


def the_day_in_seconds():
    """Now, as the tests have it."""
    return int(audit_log.now().replace(tzinfo=datetime.UTC).timestamp())


def write_school(cast):
    """What the database of a sound school holds."""
    m.Setting(school_name="Hill School", holidays="19/12/2026 to 3/1/2027").fill_up()
    for person in (
        cast.office,
        cast.senco,
        cast.teacher,
        cast.head,
        cast.technician,
        cast.stranger,
    ):
        audit_log.audit("signed in", person)
    code = hashlib.sha256(b"a report").hexdigest()
    m.Document(
        pupil=cast.robin,
        title_of="Report",
        kind="Other",
        file_name="a.pdf",
        stored_as="report",
        sha256=code,
        size=8,
    ).save()


def patch_the_computer(scene):
    """A computer on which all is well: not run by root, its clock set, with an antivirus program,
    and the modules of other parts.
    """
    backup = scene.tmp / "share" / "portal-20261124-090000.age"
    backup.write_bytes(b"a backup")
    backup.with_suffix(".json").write_text(
        json.dumps({"sha256": hashlib.sha256(b"a backup").hexdigest()})
    )
    places = [scene.tmp / "share", scene.tmp / "stick"]
    scene.upkeep = SimpleNamespace(
        destinations=lambda settings: places,
        valid_anchors=list,
        last_drill=lambda: MADE,
        newest_backup=lambda settings: (MADE, scene.tmp / "share"),
        newest_archive=lambda settings: backup,
        is_ahead=lambda moment: False,
        dated_ahead=lambda settings: [],
        between_backups=lambda settings: datetime.timedelta(hours=24),
    )
    scene.keeping = SimpleNamespace(due=lambda settings: [])
    scene.patch.setitem(sys.modules, "ops.backup", scene.upkeep)
    scene.patch.setitem(sys.modules, "privacy.retention", scene.keeping)
    scene.patch.setattr(checks, "kernel_clock", lambda: 0)
    scene.patch.setenv("PATH", str(scene.tmp / "bin"))


def migrated(s):
    """The database knows that all migrations have run."""
    checks.Runner(audit_log.db.obj, str(ROOT / "migrations")).up(fake=True)


BEFORE = {  # what is not so on the computer of the tests, and is made so for one check
    "tables_are_up_to_date": migrated,
    "runs_as_its_own_user": lambda s: s.patch.setattr(os, "geteuid", lambda: 1000),
    "a_backup_is_on_another_device": lambda s: s.patch.setattr(
        s.upkeep, "destinations", lambda settings: [s.tmp / "stick", elsewhere()]
    ),
}


def elsewhere():
    """A folder on another device."""
    return next(p for p in map(checks.pathlib.Path, ("/dev/shm", "/proc")) if p.exists())


# --- the faults
def sql(*statements):
    """Plant a fault by SQL, past the portal."""
    return lambda s: [audit_log.db.execute_sql(one) for one in statements]


def tampered(change):
    """Take the triggers away and change the newest row of the audit trail but one, or an
    older one.
    """

    def plant(s):
        unguard(s)
        audit_log.db.execute_sql(
            f"UPDATE audit_entry SET {change} WHERE id = (SELECT MAX(id) - 2 FROM audit_entry)"
        )

    return plant


def unguard(s):
    """Take the triggers away."""
    audit_log.db.execute_sql(
        "DROP TRIGGER audit_entry_keeps"
        if audit_log.on_sqlite()
        else "DROP TRIGGER audit_entry_stays ON audit_entry"
    )


def sqlite_with(**pragmas):
    """Another SQLite file, opened with other settings."""

    def plant(s):
        s.at.database = SqliteDatabase(str(s.tmp / "other.db"), pragmas={**GOOD, **pragmas})
        s.at.database.connect()

    return plant


def damaged(s):
    """A database file with a page that was overwritten."""
    sqlite_with(journal_mode="delete")(s)
    s.at.database.execute_sql("CREATE TABLE t (words TEXT)")
    s.at.database.execute_sql("CREATE INDEX i ON t (words)")
    s.at.database.execute_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO t SELECT 'word ' || i FROM n"
    )
    s.at.database.close()
    with open(s.tmp / "other.db", "r+b") as held:
        held.seek(4096 * 5)
        held.write(b"\xff" * 4096)


def orphaned(s):
    """A record that names one which is not there."""
    sqlite_with(foreign_keys=0)(s)
    for one in (
        "CREATE TABLE a (id INTEGER PRIMARY KEY)",
        "CREATE TABLE b (a_id INTEGER REFERENCES a (id))",
        "INSERT INTO b VALUES (7)",
    ):
        s.at.database.execute_sql(one)


def on_postgres_96(s):
    """A database server that gets no repairs."""
    s.at.database = SimpleNamespace(
        execute_sql=lambda said: SimpleNamespace(fetchone=lambda: ("90600",))
    )


def unsealed(s):
    """A sealed paper whose words were changed in the database."""
    take_to(s.cast.robin, "S1", s.cast.senco)
    form = agreed(m.RecordOfConcern, s.cast.robin, s.cast.senco)
    m.RecordOfConcern.update(sealed=form.sealed.replace("Words for", "Other words for")).where(
        m.RecordOfConcern.id == form.id
    ).execute()


def setting(**given):
    """Other settings of the school."""
    return lambda s: m.Setting.update(**given).execute()


def people(*where, **given):
    """Other people."""
    return lambda s: User.update(**given).where(*where or (User.id > 0,)).execute()


def web_with(**given):
    """Another set-up of the web program."""
    return lambda s: s.at.config.update(given)


def sign_ins(*addresses):
    """Somebody is signed in at each of these addresses."""

    def plant(s):
        for number, address in enumerate(addresses):
            UserSession.create(key=str(number), user=s.cast.senco, place=address)

    return plant


def listening(host="0.0.0.0", **given):
    """A portal that other computers reach."""

    def plant(s):
        s.at.host = host
        s.at.config.update({"SESSION_COOKIE_SECURE": False, **given})

    return plant


def four_technicians(s):
    for n in range(3):
        User.create(name=f"T{n}", username=f"t{n}", role=q.TECHNICIAN)


def free(megabytes):
    """A disk with little room."""
    return lambda s: s.patch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=megabytes * 2**20)
    )


def chmod(path, mode):
    """Other rights on a file or folder of the portal."""
    return lambda s: (s.tmp / path).chmod(mode)


def backups(**given):
    """Other facts about backups: what each function of ops/backup.py says."""
    return lambda s: [
        s.patch.setattr(s.upkeep, name, lambda *_, found=found: found(s))
        for name, found in given.items()
    ]


def clock_at(*day):
    """The clock of the computer says another time."""
    return lambda s: s.clock.move_to(datetime.datetime(*day, tzinfo=datetime.UTC))


def settings_for_all(s):
    """A settings file that everybody may read."""
    (s.tmp / "portal.env").touch()
    (s.tmp / "portal.env").chmod(0o644)
    s.patch.setenv("PORTAL_ENV", str(s.tmp / "portal.env"))


def of_another(s):
    """A key that belongs to another user."""
    if os.geteuid() == 0:
        os.chown(s.folder / "secret.key", 4321, 4321)
    else:
        s.patch.setattr(os, "geteuid", lambda: 4321)


def served(s):
    """The data folder among the files of the web pages."""
    s.at.folder = s.program / "static" / "data"


def mounted(kind):
    """The data folder on another kind of file system."""

    def plant(s):
        sqlite_with()(s)
        s.at.mounts = (
            f"/dev/x / ext4 rw 0 0\nserver:/share {s.tmp} {kind} rw 0 0\n/dev/y /elsewhere ext4"
            " rw 0 0"
        )

    return plant


def left_over(s):
    """A file that belongs to no document."""
    (s.folder / "files" / "loose").touch()
    os.utime(s.folder / "files" / "loose", (LONG_AGO, LONG_AGO))


def from_the_future(s):
    os.utime(s.folder / "secret.key", (the_day_in_seconds() + 3 * 86400,) * 2)


def other_package(s):
    text = (s.program / "requirements.txt").read_text()
    (s.program / "requirements.txt").write_text(text.replace("Flask==", "Flask==99."))


def audited_long_ago(s):
    for path in (s.program / "requirements.txt", s.program / ".venv" / "audited"):
        os.utime(path, (the_day_in_seconds() - 40 * 86400,) * 2)


def open_route(s):
    s.at.open_routes |= {"pupil.page"}


def sets(name, value):
    """Another value of something in ops/checks.py or a module it uses."""
    owner, _, what = name.rpartition(".")
    owners = {"fonts": fonts, "zone": checks.zoneinfo, "checks": checks, "os": os}
    return lambda s: s.patch.setattr(owners[owner], what, value)


def old_sqlite(s):
    """A Python that was built with an old SQLite."""
    sqlite_with()(s)
    s.patch.setattr(sqlite3, "sqlite_version_info", (3, 30, 0))


def anchor_of_last_week(s):
    """The second place for anchors got its last one a week ago."""
    folder = s.tmp / "anchors"
    folder.mkdir()
    audit_log.write_anchors(
        folder / "anchors.txt", [audit_log.Anchor("2026-11-17T10:00:00Z", 1, 1, "x")]
    )
    setting(anchor_place=str(folder))(s)


FAULTS = {
    "folder_is_private": [chmod("data", 0o755), chmod("data", 0o710)],
    "folder_is_ours": [of_another],
    "settings_file_is_private": [settings_for_all],
    "keys_are_private": [chmod("data/audit.key", 0o640), chmod("data/backup.key", 0o604)],
    "keys_are_strong": [
        lambda s: (s.folder / "secret.key").write_text("change me"),
        lambda s: (s.folder / "audit.key").write_text("0" * 64),
    ],
    "folder_is_not_served": [served],
    "folder_is_on_a_local_disk": [
        mounted(kind) for kind in ("nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "fuse.gvfsd-fuse")
    ],
    "disk_has_room": [free(499)],
    "disk_has_room_for_long": [free(1999)],
    "folders_take_files": [
        lambda s: (
            (s.folder / "files" / "report").rename(s.tmp / "r") and (s.folder / "files").rmdir()
        ),
        lambda s: (s.folder / "logs").rmdir() or (s.folder / "logs").touch(),
    ],
    "program_is_ours": [chmod("program/app.py", 0o666), chmod("program", 0o777)],
    "runs_as_its_own_user": [sets("os.geteuid", lambda: 0)],
    "no_sign_ins_lie_about": [lambda s: (s.folder / "sign-ins.txt").touch()],
    "database_is_whole": [damaged],
    "links_are_whole": [orphaned],
    "links_are_enforced": [sqlite_with(foreign_keys=0)],
    "writes_reach_the_disk": [
        sqlite_with(journal_mode="delete"),
        sqlite_with(synchronous="normal"),
    ],
    "erased_is_overwritten": [sqlite_with(secure_delete=0)],
    "tables_are_up_to_date": [
        sql("DELETE FROM schema_migration WHERE SUBSTR(name, 1, 4) = '0002'"),
        sql("DROP TABLE press"),
        sql("UPDATE schema_migration SET name = '0099_later' WHERE SUBSTR(name, 1, 4) = '0002'"),
    ],
    "rules_are_sound": [lambda s: s.patch.setitem(m.RIGHTS_TABLE, "Nobody", {})],
    "engine_is_recent": [old_sqlite, on_postgres_96],
    "trail_only_grows": [unguard],
    "end_of_the_trail_holds": [
        tampered("who = 'Somebody else'"),
        tampered("reason = 'Another reason'"),
        tampered("link = ''"),
    ],
    "whole_trail_holds": [
        tampered("who = 'Somebody else'"),
        tampered("reason = 'Another reason'"),
        backups(
            valid_anchors=lambda s: [audit_log.Anchor("2026-11-23T10:00:00Z", 10**6, 10**6, "x")]
        ),
    ],
    "anchors_reach_the_second_place": [setting(anchor_place="/no/such"), anchor_of_last_week],
    "seals_hold": [unsealed],
    "nobody_listens_in": [listening(), listening("192.168.0.7")],
    "https_is_not_waived": [listening(INSECURE_HTTP=True)],
    "callers_are_told_apart": [
        sign_ins("127.0.0.1"),
        sign_ins("127.0.0.1", "::1"),
        sign_ins("10.0.0.5"),
    ],
    "holidays_are_written": [setting(holidays=""), setting(holidays="19/12/2025 to 3/1/2026")],
    "host_names_are_known": [web_with(TRUSTED_HOSTS=None)],
    "debugger_is_off": [web_with(DEBUG=True)],
    "forms_and_cookies_are_guarded": [
        web_with(WTF_CSRF_ENABLED=False),
        web_with(SESSION_COOKIE_HTTPONLY=False),
        web_with(SESSION_COOKIE_SAMESITE="None"),
    ],
    "only_signing_in_is_open": [open_route],
    "second_step_is_asked": [setting(second_step="senco\noffice\nhead"), setting(second_step=None)],
    "everybody_has_a_second_step": [people(User.role == q.TEACHER, password="x", totp=None)],
    "technicians_are_few": [four_technicians],
    "somebody_is_in_charge": [
        people(User.role == q.TECHNICIAN, role=q.OFFICE),
        people(User.role == q.SENCO, account="off"),
    ],
    "accounts_are_used": [clock_at(2090, 1, 1)],
    "links_are_used": [
        people(User.role == q.HEAD, setup_token="x", setup_until=MADE, password=None)
    ],
    "screens_lock": [setting(idle_minutes=45), setting(day_hours=24)],
    "backup_is_fresh": [
        backups(newest_backup=lambda s: None),
        lambda s: s.clock.shift(datetime.timedelta(hours=26)),
        backups(is_ahead=lambda s: True),
        backups(between_backups=lambda s: datetime.timedelta(hours=-2)),
    ],
    "backups_are_not_ahead": [
        backups(dated_ahead=lambda s: [s.tmp / "share" / "portal-20310101-090000.age"])
    ],
    "backups_go_to_two_places": [
        backups(destinations=lambda s: [s.tmp / "share"]),
        backups(destinations=lambda s: []),
    ],
    "backup_places_take_files": [lambda s: (s.tmp / "stick").rmdir()],
    "a_backup_is_on_another_device": [
        backups(destinations=lambda s: [s.tmp / "share", s.tmp / "stick"])
    ],
    "newest_backup_is_complete": [
        lambda s: (s.tmp / "share" / "portal-20261124-090000.age").write_bytes(b"a backuq")
    ],
    "recovery_key_is_printed": [lambda s: (s.folder / "recovery-key.printed").unlink()],
    "drill_is_fresh": [
        backups(last_drill=lambda s: None),
        lambda s: s.clock.shift(datetime.timedelta(days=35)),
    ],
    "files_are_as_they_came": [
        lambda s: (s.folder / "files" / "report").unlink(),
        lambda s: (s.folder / "files" / "report").write_text("another"),
    ],
    "no_file_is_left_over": [left_over],
    "clock_has_not_gone_back": [lambda s: s.clock.shift(datetime.timedelta(hours=-2))],
    "clock_fits_the_files": [from_the_future],
    "clock_is_synchronised": [sets("checks.kernel_clock", lambda: 5)],
    "python_gets_repairs": [clock_at(2031, 1, 1)],
    "packages_are_as_pinned": [other_package],
    "packages_have_no_known_hole": [
        lambda s: (s.program / ".venv" / "audited").unlink(),
        audited_long_ago,
        lambda s: os.utime(s.program / "requirements.txt", (the_day_in_seconds() + 60,) * 2),
    ],
    "summer_time_is_known": [sets("zone.ZoneInfo", lambda name: datetime.UTC)],
    "every_name_can_be_printed": [
        sets("fonts.FAMILIES", {**fonts.FAMILIES, "gone": ("no/such-face",)})
    ],
    "antivirus_is_there": [lambda s: (s.tmp / "bin" / "clamscan").unlink()],
    "school_is_named": [setting(school_name="Our School"), setting(school_name="")],
    "nothing_is_kept_too_long": [
        lambda s: s.patch.setattr(s.keeping, "due", lambda settings: [None] * 21)
    ],
}
PLANTED = [(c, plant) for c in checks.CHECKS for plant in FAULTS.get(c.name, ())]


def test_every_check_has_a_fault_that_is_planted():
    assert len(checks.CHECKS) >= 30 and len({c.name for c in checks.CHECKS}) == len(checks.CHECKS)
    assert {c.name for c in checks.CHECKS} == set(FAULTS), (
        "Say in FAULTS how to plant what a new check looks for."
    )


@pytest.mark.parametrize(
    "one, plant", PLANTED, ids=[f"{c.name}-{FAULTS[c.name].index(plant)}" for c, plant in PLANTED]
)
def test_a_check_speaks_when_its_fault_is_there_and_only_then(scene, one, plant):
    BEFORE.get(one.name, lambda s: None)(scene)
    sound = checks.run_one(one, scene.at)
    assert sound.ok and sound.words.endswith("."), sound
    plant(scene)
    found = checks.run_one(one, dataclasses.replace(scene.at))
    assert (
        not found.ok
        and found.level == one.level
        and not found.words[0].islower()
        and "could not be looked at" not in found.words
    ), found
    assert found.cure and "{" not in found.cure, f"{one.name} does not say what cures it"


def test_checks_are_written_in_plain_words():
    for one in checks.CHECKS:
        assert one.group in checks.GROUPS and one.level in (
            checks.BLOCK,
            checks.PROBLEM,
            checks.WARN,
            checks.NOTE,
        )
        assert len(checks.first_line(one)) < 100 and checks.first_line(one).endswith("."), one.name


# --- what becomes of them
def test_what_cannot_be_told_is_never_shown_as_well(scene):
    scene.patch.setitem(sys.modules, "ops.backup", SimpleNamespace())
    found = {r.name: r for r in checks.run(scene.at)}
    assert not found["backup_is_fresh"].ok and found["backup_is_fresh"].words.startswith(
        "Cannot be told"
    )
    assert not found["whole_trail_holds"].ok and found["whole_trail_holds"].words.startswith(
        "Not looked at yet"
    )


def test_a_check_that_fails_itself_is_a_problem_and_keeps_its_secrets(scene):
    scene.at.config = SimpleNamespace(get=lambda *_: 1 / 0)
    found = checks.run_one(next(c for c in checks.CHECKS if c.name == "debugger_is_off"), scene.at)
    assert (
        not found.ok
        and found.level == checks.BLOCK
        and "ZeroDivisionError" in found.words
        and "division by" not in found.words
    )


def test_a_full_check_is_remembered_and_a_quick_one_says_from_when(scene):
    migrated(scene)
    # run by root, or on one device
    assert checks.exit_code(checks.run(dataclasses.replace(scene.at, whole=True))) == 1
    tampered("who = 'Somebody else'")(scene)
    quick = {r.name: r for r in checks.run(scene.at)}
    assert (
        quick["whole_trail_holds"].ok and quick["whole_trail_holds"].as_of == "24 Nov 2026, 10:00"
    )
    whole = checks.run(dataclasses.replace(scene.at, whole=True))
    assert checks.exit_code(whole) == 2
    quick = {r.name: r for r in checks.run(scene.at)}
    assert (
        not quick["whole_trail_holds"].ok
        and (scene.folder / "check.json").stat().st_mode & 0o077 == 0
    )


def test_alarms_are_only_what_must_be_heard_at_once(scene):
    checks.run(dataclasses.replace(scene.at, whole=True))
    assert checks.alarms(scene.at) == []
    scene.clock.shift(datetime.timedelta(hours=27))
    assert checks.alarms(scene.at) == ["The newest backup is of 24 Nov 2026, 09:00."]
    free(100)(scene)
    tampered("who = 'Somebody else'")(scene)
    assert [words.split()[0] for words in checks.alarms(scene.at)] == ["The", "Audit", "The"]


def test_the_exit_code_is_for_machines():
    def result(ok, level):
        return checks.Result(ok, level, "Words.")

    assert checks.exit_code([result(True, checks.BLOCK), result(False, checks.NOTE)]) == 0
    assert checks.exit_code([result(False, checks.WARN), result(True, checks.BLOCK)]) == 1
    assert [
        checks.exit_code([result(False, level), result(False, checks.WARN)])
        for level in (checks.PROBLEM, checks.BLOCK)
    ] == [2, 2]
    assert checks.as_line(result(False, checks.BLOCK)).startswith("PROBLEM ") and checks.as_line(
        result(True, checks.WARN)
    ).startswith("OK ")


# --- the screens
def test_a_sign_in_from_another_computer_shows_that_callers_are_told_apart(scene):
    sign_ins("127.0.0.1", "192.168.7.7")(scene)
    assert checks.run_one(checks.named("callers_are_told_apart"), scene.at).ok


@pytest.mark.parametrize("who", ("technician", "senco", "head"))
def test_the_status_page_shows_what_is_wrong_first(school, browser, who):
    unguard(None)
    page = browser(who).page("/status/")
    rows = [" ".join(words(cell) for cell in row) for row in page.all("//tbody/tr")]
    order = [r.partition(" ")[0] for r in rows]
    assert any(
        r.startswith("Problem The triggers that keep the audit trail are gone. ./portal migrate")
        for r in rows
    ), rows
    assert order == sorted(order, key=("Problem", "Warning", "Note").index)
    assert "Every form carries a token" in page.text


def test_the_home_page_rings_for_the_technician_and_the_senco(school, browser, monkeypatch):
    status._told.clear()
    free(100)(SimpleNamespace(patch=monkeypatch))
    rings = {
        who: "The disk is nearly full" in browser(who).page("/").text
        for who in ("technician", "senco", "office", "teacher", "head")
    }
    status._told.clear()
    assert rings == {
        "technician": True,
        "senco": True,
        "office": False,
        "teacher": False,
        "head": False,
    }


# --- the commands
def portal(folder, *words, **environment):
    """A command of the portal on a data folder of its own."""
    kept = {n: v for n, v in os.environ.items() if n in ("PATH", "HOME", "LANG", "PORTAL_ENV")}
    return subprocess.run(
        [sys.executable, "commands.py", *words],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


def test_the_portal_does_not_start_on_an_unsafe_set_up(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    (tmp_path / "data" / "secret.key").write_text("change me")
    done = portal(tmp_path / "data", "run", PORT=str(common.free_port()))
    assert done.returncode == 2, done
    assert (
        "Other people with an account on this computer may open the data folder." in done.stderr
        and "chmod 700" in done.stderr
    )
    assert (
        "Too short or too plain to be a key: secret.key." in done.stderr
        and not (tmp_path / "data" / "portal.db").exists()
    )


@pytest.mark.parametrize("time", (1, 2))
def test_the_server_is_not_reached_past_a_refusal(monkeypatch, capsys, time):
    """The start asks twice: for the keys before anything is written, for all before it serves.
    Either refusal ends it.
    """
    asked, done = [], []

    def run(_, levels, groups):
        asked.append(groups)
        return [checks.Result(len(asked) != time, levels[0], "A fault.", "Its cure")]

    monkeypatch.setattr(checks, "run", run)
    for place, name in (
        (commands.config, "data_dir"),
        (commands.config, "make_folder"),
        (commands, "configure"),
        (commands.school_folder, "refuse_lost"),
        (commands.app, "create_app"),
        (commands.upgrade, "migrated"),
        (commands.backup, "start_scheduler"),
        (commands.status, "facts_of"),
        (commands, "serve"),
    ):
        monkeypatch.setattr(place, name, lambda *_, name=name: done.append(name))
    monkeypatch.setattr(commands.backup, "run_lock", contextlib.nullcontext)
    with pytest.raises(SystemExit) as refused:
        commands.start(SimpleNamespace(connection_context=contextlib.nullcontext), sockets=[])
    assert refused.value.code == 2 and "A fault." in capsys.readouterr().err
    assert ("migrated" in done) == (time == 2) and not {"start_scheduler", "serve"} & set(done)
    assert asked == [(checks.KEYS,), checks.GROUPS][:time]


def test_the_command_says_one_line_for_each_check_and_its_exit_code(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    build(tmp_path / "data" / "portal.db")  # a school of the first release
    done = portal(tmp_path / "data", "check")
    lines = done.stdout.splitlines()
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert len(lines) == len(checks.CHECKS) + 1 and all(
        line.startswith(("OK ", "WARNING ", "PROBLEM ", "NOTE ")) for line in lines[:-1]
    )
    assert any("The database is older than the program" in line for line in lines)


# --- HTTPS
def make_certificate(key, cert):
    """A certificate for localhost, of our own, for 30 days."""
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            cert,
            "-days",
            "30",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ],
        check=True,
        capture_output=True,
    )


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_the_certificate_of_the_school_is_looked_at(tmp_path, monkeypatch, the_day):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make_certificate(key, cert)
    # OpenSSL looks at the clock of the computer
    the_day.move_to(cert.stat().st_mtime + 3600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("localhost", 0)) as server:
        threading.Thread(
            target=lambda: [answer_once(server, context) for _ in range(3)], daemon=True
        ).start()
        host = f"https://localhost:{server.getsockname()[1]}"
        stranger = commands.certificate(host)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        known = commands.certificate(host)
        the_day.shift(datetime.timedelta(days=20))
        late = commands.certificate(host)
    assert (
        not stranger.ok
        and stranger.level == checks.PROBLEM
        and "gives no trusted HTTPS" in stranger.words
    )
    assert not late.ok and late.level == checks.WARN and "ends in 9 days" in late.words
    assert known.ok and "TLSv1.3; its certificate ends in 29 days" in known.words


def answer_with(context, place, headers):
    """Answer one request by HTTPS."""
    plain, _ = place.accept()
    with context.wrap_socket(plain, server_side=True) as safe:
        safe.recv(4096)
        safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + headers + b"\r\n")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
@pytest.mark.parametrize(
    "headers, ok", [(b"Strict-Transport-Security: max-age=31536000\r\n", True), (b"", False)]
)
def test_a_web_server_in_front_that_does_not_say_https_is_found(
    tmp_path, monkeypatch, the_day, headers, ok
):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make_certificate(key, cert)
    the_day.move_to(cert.stat().st_mtime + 3600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    with socket.create_server(("localhost", 0)) as place:
        threading.Thread(target=answer_with, args=(context, place, headers), daemon=True).start()
        found = commands.known_as_https(f"https://localhost:{place.getsockname()[1]}")
    assert found.ok == ok
    assert ok or "X-Forwarded-Proto" in found.cure
    assert commands.known_as_https("127.0.0.1:1").words.startswith("The portal does not answer")


def answer_once(server, context):
    """Shake hands with one visitor."""
    plain, _ = server.accept()
    try:
        context.wrap_socket(plain, server_side=True).close()
    except ssl.SSLError:
        plain.close()


# --- the key of the trail
def test_a_trail_written_anew_with_another_key_is_found(scene):
    audit_log.use_key(b"another key")
    try:
        audit_log.audit("view", scene.cast.robin)
    finally:
        audit_log.use_key(b"the tests")
    assert any("does not follow" in words for words in audit_log.verify())
