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
import ssl
import subprocess
import sys
import threading
from pathlib import Path
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
from people import User, UserSession
from records import questions as q

MADE = datetime.datetime(2026, 11, 24, 9)  # an hour before the tests
GOOD = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": "full", "secure_delete": 1}
CONFIG = {
    "SESSION_COOKIE_SECURE": True,
    "DEBUG": False,
    "LISTENS_AT": "127.0.0.1",
    "PROXIES": [ipaddress.ip_network(one) for one in ("127.0.0.0/8", "::1", "10.0.0.5")],
}


# --- a set-up that is sound
@pytest.fixture
def scene(cast, acting, tmp_path, monkeypatch, the_day):
    """A sound set-up in temporary folders, with what a fault needs to be planted."""
    folder = tmp_path / "data"
    for name in ("data/files", "data/logs", "share", "stick"):
        (tmp_path / name).mkdir(parents=True)
    folder.chmod(0o700)
    for name in ("secret.key", "audit.key", "backup.key", "recovery-key.printed"):
        (folder / name).write_text(hashlib.sha256(name.encode()).hexdigest())
        (folder / name).chmod(0o600)
    (folder / "files" / "report").write_bytes(b"a report")
    write_school(cast)
    at = checks.Facts(
        folder,
        audit_log.db.obj,
        dict(CONFIG),
        {"account.sign_in", "static", None},
        backups=backup_facts(tmp_path),
        mounts="/dev/x / ext4 rw 0 0",
    )
    return SimpleNamespace(
        at=at, folder=folder, tmp=tmp_path, patch=monkeypatch, clock=the_day, cast=cast
    )


def write_school(cast):
    """What the database of a sound school holds."""
    m.Setting(school_name="Hill School", holidays="19/12/2026 to 3/1/2027").fill_up()
    m.Document(
        pupil=cast.robin,
        title_of="Report",
        kind="Other",
        file_name="a.pdf",
        stored_as="report",
        sha256=hashlib.sha256(b"a report").hexdigest(),
        size=8,
    ).save()


def backup_facts(tmp):
    """What is known of backups where all is well."""
    path = tmp / "share" / "portal-20261124-090000.age"
    path.write_bytes(b"a backup")
    note = {"sha256": hashlib.sha256(b"a backup").hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(note))
    elsewhere = next(p for p in map(Path, ("/dev/shm", "/proc")) if p.exists())
    return SimpleNamespace(
        destinations=lambda settings: [tmp / "stick", elsewhere],
        valid_anchors=list,
        last_drill=lambda: MADE,
        newest_backup=lambda settings: (MADE, path),
    )


def migrated(s):
    """The database knows that all migrations have run."""
    checks.Runner(audit_log.db.obj, str(ROOT / "migrations")).up(fake=True)


# what is not so in the database of the tests, and is made so for one check
BEFORE = {"tables_are_up_to_date": migrated}


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


def listening(host="0.0.0.0"):
    """A portal that other computers reach without HTTPS."""
    return web_with(LISTENS_AT=host, SESSION_COOKIE_SECURE=False)


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
        setattr(s.at.backups, name, lambda *_, found=found: found(s))
        for name, found in given.items()
    ]


def mounted(kind):
    """The data folder on another kind of file system."""

    def plant(s):
        sqlite_with()(s)
        s.at.mounts = (
            f"/dev/x / ext4 rw 0 0\nserver:/share {s.tmp} {kind} rw 0 0\n/dev/y /elsewhere ext4"
            " rw 0 0"
        )

    return plant


def printed_of_nobody(s):
    """A printed paper of a child who is not here."""
    (s.folder / "papers").mkdir()
    (s.folder / "papers" / "987654-ab.day").touch()


def open_route(s):
    s.at.open_routes |= {"pupil.page"}


def open_settings_file(s):
    """A settings file that everybody may read."""
    (s.tmp / "portal.env").touch()
    (s.tmp / "portal.env").chmod(0o644)
    s.patch.setenv("PORTAL_ENV", str(s.tmp / "portal.env"))


def without_summer_time(s):
    """A computer that does not know the school's time zone."""
    s.patch.setattr(checks.zoneinfo, "ZoneInfo", lambda name: datetime.UTC)


def anchor_of_last_week(s):
    """The second place for anchors got its last one a week ago."""
    folder = s.tmp / "anchors"
    folder.mkdir()
    audit_log.write_anchors(
        folder / "anchors.txt", [audit_log.Anchor("2026-11-17T10:00:00Z", 1, 1, "x")]
    )
    setting(anchor_place=str(folder))(s)


FAULTS = {
    "folder_and_keys_are_private": [
        chmod("data", 0o755),
        chmod("data", 0o710),
        chmod("data/audit.key", 0o640),
        chmod("data/backup.key", 0o604),
    ],
    "settings_file_is_private": [open_settings_file],
    "keys_are_strong": [
        lambda s: (s.folder / "secret.key").write_text("change me"),
        lambda s: (s.folder / "audit.key").write_text("0" * 64),
    ],
    "folder_is_on_a_local_disk": [
        mounted(kind) for kind in ("nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "fuse.gvfsd-fuse")
    ],
    "disk_has_room": [free(499)],
    "folders_take_files": [
        lambda s: (s.folder / "files").rename(s.tmp / "gone"),
        lambda s: (s.folder / "logs").rmdir() or (s.folder / "logs").touch(),
    ],
    "database_is_whole": [damaged, orphaned],
    "database_is_set_up": [
        sqlite_with(journal_mode="delete"),
        sqlite_with(synchronous="normal"),
        sqlite_with(foreign_keys=0),
        sqlite_with(secure_delete=0),
    ],
    "tables_are_up_to_date": [
        sql("DELETE FROM schema_migration WHERE SUBSTR(name, 1, 4) = '0002'"),
        sql("DROP TABLE press"),
        sql("UPDATE schema_migration SET name = '0099_later' WHERE SUBSTR(name, 1, 4) = '0002'"),
    ],
    "files_are_as_they_came": [
        lambda s: (s.folder / "files" / "report").unlink(),
        lambda s: (s.folder / "files" / "report").write_text("another"),
    ],
    "trail_only_grows": [unguard],
    "end_of_the_trail_holds": [
        tampered("who = 'Somebody else'"),
        tampered("reason = 'Another reason'"),
        tampered("link = ''"),
    ],
    "trail_and_seals_hold": [
        tampered("who = 'Somebody else'"),
        unsealed,
        backups(
            valid_anchors=lambda s: [audit_log.Anchor("2026-11-23T10:00:00Z", 10**6, 10**6, "x")]
        ),
    ],
    "anchors_reach_the_second_place": [setting(anchor_place="/no/such"), anchor_of_last_week],
    "nobody_listens_in": [listening(), listening("192.168.0.7")],
    "callers_are_told_apart": [
        sign_ins("127.0.0.1"),
        sign_ins("127.0.0.1", "::1"),
        sign_ins("10.0.0.5"),
    ],
    "debugger_is_off": [web_with(DEBUG=True)],
    "only_signing_in_is_open": [open_route],
    "second_step_is_used": [
        setting(second_step="senco\noffice\nhead"),
        setting(second_step=None),
        people(User.role == q.TEACHER, password="x", totp=None),
    ],
    "somebody_is_in_charge": [
        people(User.role == q.TECHNICIAN, role=q.OFFICE),
        people(User.role == q.SENCO, account="off"),
    ],
    "backup_is_fresh": [
        backups(newest_backup=lambda s: None),
        backups(newest_backup=lambda s: (MADE + datetime.timedelta(days=400), s.folder)),
        lambda s: s.clock.shift(datetime.timedelta(hours=26)),
    ],
    "backups_go_to_two_places": [
        backups(destinations=lambda s: [s.tmp / "share"]),
        backups(destinations=lambda s: [s.tmp / "share", s.tmp / "stick"]),
    ],
    "backup_places_take_files": [lambda s: (s.tmp / "stick").rmdir()],
    "newest_backup_is_complete": [
        lambda s: (s.tmp / "share" / "portal-20261124-090000.age").write_bytes(b"a backuq"),
        backups(newest_backup=lambda s: None),
    ],
    "recovery_key_is_printed": [lambda s: (s.folder / "recovery-key.printed").unlink()],
    "drill_is_fresh": [
        backups(last_drill=lambda s: None),
        lambda s: s.clock.shift(datetime.timedelta(days=35)),
    ],
    "clock_has_not_gone_back": [lambda s: s.clock.shift(datetime.timedelta(hours=-2))],
    "summer_time_is_known": [without_summer_time],
    "settings_are_written": [
        setting(school_name="Our School"),
        setting(school_name=""),
        setting(holidays=""),
        setting(holidays="19/12/2025 to 3/1/2026"),
    ],
    "nothing_is_kept_too_long": [
        lambda s: setattr(s.at, "overdue", lambda settings: [None] * 21),
        printed_of_nobody,
    ],
}
PLANTED = [(c, plant) for c in checks.CHECKS for plant in FAULTS.get(c.name, ())]


def test_every_check_has_a_fault_that_is_planted():
    assert len(checks.CHECKS) <= 30, "Thirty are read; more are not. Which one is less grave?"
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
        assert len(one.sentence) < 120 and one.sentence.endswith("."), one.name


# --- what becomes of them
def test_what_was_not_looked_at_yet_is_never_shown_as_well(scene):
    found = {r.name: r for r in checks.run(scene.at)}["trail_and_seals_hold"]
    assert not found.ok
    assert found.words.startswith("Not looked at yet")


def test_a_check_that_fails_itself_is_a_problem_and_keeps_its_secrets(scene):
    scene.at.config = {}
    found = checks.run_one(next(c for c in checks.CHECKS if c.name == "debugger_is_off"), scene.at)
    assert (
        not found.ok
        and found.level == checks.BLOCK
        and "(KeyError)" in found.words
        and "DEBUG" not in found.words
    )


def test_a_full_check_is_remembered_and_a_quick_one_says_from_when(scene):
    migrated(scene)
    assert checks.exit_code(checks.run(dataclasses.replace(scene.at, whole=True))) == 0
    tampered("who = 'Somebody else'")(scene)
    quick = {r.name: r for r in checks.run(scene.at)}
    assert (
        quick["trail_and_seals_hold"].ok
        and quick["trail_and_seals_hold"].as_of == "24 Nov 2026, 10:00"
    )
    whole = checks.run(dataclasses.replace(scene.at, whole=True))
    assert checks.exit_code(whole) == 2
    quick = {r.name: r for r in checks.run(scene.at)}
    assert (
        not quick["trail_and_seals_hold"].ok
        and (scene.folder / "check.json").stat().st_mode & 0o077 == 0
    )


def test_alarms_are_only_what_must_be_heard_at_once(scene):
    checks.run(dataclasses.replace(scene.at, whole=True))
    assert checks.ringing(scene.at) == []
    scene.clock.shift(datetime.timedelta(hours=27))
    assert checks.ringing(scene.at) == ["The newest backup is of 24 Nov 2026, 09:00."]
    free(100)(scene)
    tampered("who = 'Somebody else'")(scene)
    assert [words.split()[0] for words in checks.ringing(scene.at)] == ["The", "Audit", "The"]


def test_the_exit_code_is_for_machines():
    def result(ok, level):
        return checks.Result(ok, level, "Words.")

    assert checks.exit_code([result(True, checks.BLOCK), result(False, checks.NOTE)]) == 0
    assert checks.exit_code([result(False, checks.WARN), result(True, checks.BLOCK)]) == 1
    assert [
        checks.exit_code([result(False, level), result(False, checks.WARN)])
        for level in (checks.PROBLEM, checks.BLOCK)
    ] == [2, 2]
    assert checks.result_line(result(False, checks.BLOCK)).startswith(
        "PROBLEM "
    ) and checks.result_line(result(True, checks.WARN)).startswith("OK ")


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
    assert "The debugger is off" in page.text


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
        (commands.status, "facts_of_app"),
        (commands, "serve"),
    ):
        monkeypatch.setattr(place, name, lambda *_, name=name: done.append(name))
    monkeypatch.setattr(commands.backup, "run_lock", contextlib.nullcontext)
    with pytest.raises(SystemExit) as refused:
        commands.start_portal(
            SimpleNamespace(connection_context=contextlib.nullcontext), sockets=[]
        )
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
OF_CERTIFICATE = [
    *("req", "-x509", "-newkey", "rsa:2048", "-nodes"),
    *("-days", "30", "-subj", "/CN=localhost"),
]
STAY = b"Strict-Transport-Security: max-age=31536000\r\n"


@pytest.fixture
def https_server(tmp_path, the_day, monkeypatch):
    """A web server with a certificate of our own: `answer(headers)` looks at its HTTPS, and gives
    the result of the check.
    """
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    files = ["-keyout", key, "-out", cert, "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *OF_CERTIFICATE, *files], check=True, capture_output=True)
    the_day.move_to(cert.stat().st_mtime + 3600)  # OpenSSL looks at the clock of the computer
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def serve(place, headers):
        plain, _ = place.accept()
        with (
            contextlib.suppress(ssl.SSLError),
            context.wrap_socket(plain, server_side=True) as safe,
        ):
            safe.recv(4096)
            safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + headers + b"\r\n")

    def look(headers=STAY, trusted=True):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        with socket.create_server(("localhost", 0)) as place:
            threading.Thread(target=serve, args=(place, headers), daemon=True).start()
            return commands.check_https(f"https://localhost:{place.getsockname()[1]}")

    return look


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_the_https_of_the_school_is_looked_at(https_server, the_day):
    stranger = https_server(trusted=False)
    assert stranger.level == checks.PROBLEM
    assert "gives no trusted HTTPS (SSLCertVerificationError)" in stranger.words
    known = https_server()
    assert known.ok
    assert "its certificate ends in 29 days" in known.words
    untold = https_server(headers=b"")
    assert not untold.ok
    assert "X-Forwarded-Proto" in untold.cure
    the_day.shift(datetime.timedelta(days=20))
    late = https_server()
    assert (late.ok, late.level) == (False, checks.WARN)
    assert "ends in 9 days" in late.words
    assert "gives no trusted HTTPS" in commands.check_https("127.0.0.1:1").words


# --- the key of the trail
def test_a_trail_written_anew_with_another_key_is_found(scene):
    audit_log.use_key(b"another key")
    try:
        audit_log.audit("view", scene.cast.robin)
    finally:
        audit_log.use_key(b"the tests")
    assert any("does not follow" in words for words in audit_log.verify())
