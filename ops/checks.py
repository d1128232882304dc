"""What must hold for this data to be safe: one small function per check, run at the start, by
`portal check`, and on the Status page.

Come here to add a check. The first line of a function's docstring is what is said when all is well;
the function gives None then, or what is wrong in plain English; the line above it says how grave
that is, where it stands on the page, and the command or click that cures it. A check looks at
`Facts` only. What cannot be known here says so by raising Unknown, and is never shown as being
well.
"""

import ctypes
import datetime
import functools
import hashlib
import importlib
import importlib.metadata
import importlib.resources
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import zoneinfo
from dataclasses import dataclass

from peewee import SqliteDatabase, fn
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

import models
import workflow
from audit import anchors as outside
from audit import log as audit_log
from config import HERE, settings_file
from models import Document, Form, Setting, every
from ops import school_folder, server
from pathway import clock
from people import User, UserSession
from records import dates, storage
from records.dates import say_moment
from records.questions import ROLES, SENCO, TECHNICIAN
from records.record import described

# refuse: a problem with which the portal does not start
BLOCK, PROBLEM, WARN, NOTE = "refuse", "problem", "warning", "note"
GROUPS = KEYS, STORE, TRACE, SIGN_IN, COPIES, FILES, MACHINE = (
    "Keys and folders",
    "Database",
    "Audit trail and seals",
    "Signing in",
    "Backups",
    "Files",
    "Computer and program",
)
# open without signing in
ANONYMOUS = {
    "account.sign_in",
    "account.code",
    "account.use_link",
    "account.first_account",
    "static",
    "healthz",
}
OVER_A_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "sshfs",
    "9p",
    "afpfs",
    "davfs",
    "ncpfs",
    "ceph",
    "glusterfs",
)
LOCAL_FUSE = ("fuseblk",)  # NTFS and exFAT disks of this computer
# devguide.python.org/versions
PYTHONS = {
    (3, 11): "2027-10-31",
    (3, 12): "2028-10-31",
    (3, 13): "2029-10-31",
    (3, 14): "2030-10-31",
}
NEARLY_FULL, GETTING_FULL = 500, 2000  # MB
# audit rows, files: how many are looked at between two full checks
END, SAMPLE = 300, 10
DAY = datetime.timedelta(days=1)


class Unknown(Exception):
    """This cannot be told here; the words say why."""


@dataclass(frozen=True)
class Check:
    """One row of the list. `slow`: only a full check looks; between two, its last answer is shown.
    `alarm`: also on the home page.
    """

    holds: object
    level: str
    group: str
    cure: str
    slow: bool = False
    alarm: bool = False

    @property
    def name(self):
        """How the answer of this check is kept."""
        return self.holds.__name__


@dataclass(frozen=True)
class Result:
    """What one check said: `words` is a sentence either way; `cure` is empty when all is well;
    `as_of` names an older full check.
    """

    ok: bool
    level: str
    words: str
    cure: str = ""
    group: str = ""
    name: str = ""
    as_of: str = ""


@dataclass
class Facts:
    """What the checks may look at. `whole`: read every row and file instead of the newest ones."""

    folder: pathlib.Path  # the data folder
    database: object
    config: dict = None  # of the web program; None: it is not put together yet
    open_routes: set = frozenset()  # answered without signing in
    host: str = "127.0.0.1"  # where the portal listens
    whole: bool = False
    program: pathlib.Path = HERE
    mounts: str = None  # what is mounted where, as Linux says it; None: ask

    @property
    def sqlite(self):
        """Whether the records are in a file of this computer."""
        return isinstance(self.database, SqliteDatabase)

    @functools.cached_property
    def settings(self):
        """The school's settings."""
        return Setting.of_school()

    @functools.cached_property
    def people(self):
        """Everybody whose account is switched on."""
        return list(User.select().where(User.account == "on"))

    def pragma(self, name):
        """A setting of the SQLite connection."""
        return self.database.pragma(name)

    def upkeep(self, name, *given):
        """A fact about backups, from ops/backup.py."""
        return ask("ops.backup", name, *given)


def ask(module, name, *given):
    """What a function of a module says that this release may not have; raises Unknown when it has
    not.
    """
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise Unknown(f"This release has no {module}.{name}.") from None
    return found(*given)


CHECKS = []


def check(level, group, cure, **more):
    """Put a function on the list of checks; {folder} in the cure is the data folder."""

    def add(holds):
        CHECKS.append(Check(holds, level, group, cure, **more))
        return holds

    return add


# --- keys and folders
def open_to_others(path):
    """Whether anybody but the owner may read or enter; never on Windows, where rights are kept
    elsewhere.
    """
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def takes_files(folder):
    """Whether a file can be written in a folder: tried, as rights, a full disk and a disk that went
    read-only look alike.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as out:
            out.write(b"x" * 4096)
        return True
    except OSError:
        return False


def mounted_as(folder, mounts=None):
    """The kind of file system a folder is on (Linux); empty where that cannot be read."""
    try:
        lines = [
            line.split()
            for line in (mounts or pathlib.Path("/proc/mounts").read_text()).splitlines()
        ]
    except OSError:
        return ""
    here = folder.resolve()
    over = [
        (len(at), kind)
        for _, at, kind, *_ in lines
        if here.is_relative_to(at.replace("\\040", " "))
    ]
    return max(over)[1] if over else ""


def keys_in(folder):
    """The key files of the portal that are there."""
    return sorted(p for p in folder.glob("*.key") if p.is_file())


@check(BLOCK, KEYS, "chmod 700 {folder}")
def folder_is_private(at):
    """Only the portal's own user may open the data folder."""
    return (
        "Other people with an account on this computer may open the data folder."
        if open_to_others(at.folder)
        else None
    )


@check(BLOCK, KEYS, "As the administrator: chown -R {owner} {folder}")
def folder_is_ours(at):
    """The data folder and what is in it belong to the user whom the portal runs as."""
    if os.name != "posix":
        return None
    there = [at.folder, *(path for path, _ in storage.change_times(at.folder))]
    other = sorted(
        path.name for path in there if os.path.lexists(path) and path.lstat().st_uid != os.geteuid()
    )
    return f"Not the portal's own user, but another one owns: {names(other)}." if other else None


@check(BLOCK, KEYS, "chmod 600 {folder}/*.key")
def keys_are_private(at):
    """Only the portal's own user may read the keys."""
    found = [p.name for p in keys_in(at.folder) if open_to_others(p)]
    return (
        f"Other people with an account on this computer may read {' and '.join(found)}."
        if found
        else None
    )


@check(
    BLOCK,
    KEYS,
    "Put the key back from a backup. secret.key may be deleted instead (a new one is made,"
    " everybody signs in again)",
)
def keys_are_strong(at):
    """The keys are long and random."""
    read = {
        p.name: p.read_bytes().strip()
        for p in keys_in(at.folder)
        if p.name in ("secret.key", "audit.key")
    }
    weak = [name for name, key in read.items() if len(key) < 32 or len(set(key)) < 8]
    return f"Too short or too plain to be a key: {', '.join(weak)}." if weak else None


@check(
    BLOCK,
    KEYS,
    "Start the portal with DATA_DIR naming a folder outside the program's static folder",
)
def folder_is_not_served(at):
    """The data folder is not among the files that everybody may fetch."""
    return (
        "Everybody may fetch the data folder."
        if at.folder.resolve().is_relative_to(at.program / "static")
        else None
    )


@check(
    BLOCK,
    KEYS,
    "Move the data folder to a disk of this computer and set DATA_DIR, or use PostgreSQL"
    " (DATABASE_URL)",
)
def folder_is_on_a_local_disk(at):
    """The database is on a disk of this computer."""
    kind = mounted_as(at.folder, at.mounts)
    shared = kind in OVER_A_NETWORK or kind.startswith("fuse.") and kind not in LOCAL_FUSE
    return (
        f"The data folder is on a network share ({kind}), where SQLite loses data."
        if at.sqlite and shared
        else None
    )


@check(
    BLOCK,
    KEYS,
    "Delete or move what fills the disk of {folder}; never anything inside that folder",
    alarm=True,
)
def disk_has_room(at):
    """There is room on the disk."""
    free = shutil.disk_usage(at.folder).free // 2**20
    return (
        f"The disk is nearly full: {free} MB free, {NEARLY_FULL} MB are needed."
        if free < NEARLY_FULL
        else None
    )


@check(
    WARN, KEYS, "Delete or move what fills the disk of {folder}; never anything inside that folder"
)
def disk_has_room_for_long(at):
    """There is room on the disk for months."""
    free = shutil.disk_usage(at.folder).free // 2**20
    return (
        f"The disk is getting full: {free} MB free." if NEARLY_FULL <= free < GETTING_FULL else None
    )


@check(
    BLOCK,
    KEYS,
    "mkdir -p {folder}/files && chmod 700 {folder} {folder}/files, and see that the disk is not"
    " read-only",
)
def folders_take_files(at):
    """Records, files and the log can be written."""
    folders = [at.folder, at.folder / "files", *at.folder.glob("logs")]
    found = [p.name for p in folders if not takes_files(p)]
    return f"Nothing can be written in: {', '.join(found)}." if found else None


@check(WARN, KEYS, "chmod -R go-w {program}")
def program_is_ours(at):
    """Only the portal's own user may change the program."""
    parts = [
        at.program,
        *at.program.glob("*.py"),
        *at.program.glob("*/*.py"),
        *at.program.glob("*/*/*.py"),
        *at.program.glob("templates/*.html"),
    ]
    open_ones = [p.name for p in parts if os.name == "posix" and p.stat().st_mode & 0o002]
    return (
        f"Everybody on this computer may change the program ({open_ones[0]})."
        if open_ones
        else None
    )


@check(WARN, KEYS, "chmod 600 portal.env, and chown it to the portal's own user")
def settings_file_is_private(at):
    """Only the portal's own user may read the settings file."""
    path = settings_file()
    if path is None or not path.exists() or not open_to_others(path):
        return None
    return (
        f"Other people with an account on this computer may read {path.name}, and a password in it."
    )


@check(WARN, KEYS, "Start the portal as a user of its own: docs/technician.md, “Start it at boot”")
def runs_as_its_own_user(at):
    """The portal does not run as the administrator of the computer."""
    return (
        "The portal runs as the administrator (root)."
        if os.name == "posix" and os.geteuid() == 0
        else None
    )


@check(WARN, KEYS, "Delete {folder}/sign-ins.txt, or start the real school in another folder")
def no_sign_ins_lie_about(at):
    """No list of passwords lies in the data folder."""
    return (
        "This is the fictional school: its passwords stand in sign-ins.txt."
        if (at.folder / "sign-ins.txt").exists()
        else None
    )


# --- database
@check(BLOCK, STORE, "./portal restore (the newest backup; keep the broken file)")
def database_is_whole(at):
    """The database file is not damaged."""
    return (
        "The database file is damaged."
        if at.sqlite and at.pragma("quick_check(1)") != "ok"
        else None
    )


@check(BLOCK, STORE, "./portal restore, or ask for help with the rows that are named")
def links_are_whole(at):
    """Every record that another one names is there."""
    lost = at.database.execute_sql("PRAGMA foreign_key_check").fetchall() if at.sqlite else []
    return (
        f"{len(lost)} records name another one that is not there (first: table {lost[0][0]}, row"
        f" {lost[0][1]})."
        if lost
        else None
    )


@check(BLOCK, STORE, "Put PRAGMAS in app.py back as it was released")
def links_are_enforced(at):
    """The database refuses records that name one that is not there."""
    return (
        "The database does not check links between records."
        if at.sqlite and not at.pragma("foreign_keys")
        else None
    )


@check(BLOCK, STORE, "Put PRAGMAS in app.py back as it was released")
def writes_reach_the_disk(at):
    """What is saved survives a power cut."""
    sound = not at.sqlite or (at.pragma("journal_mode"), at.pragma("synchronous") >= 2) == (
        "wal",
        True,
    )
    return (
        None
        if sound
        else (
            "A power cut may lose what was saved (journal_mode is not WAL, or synchronous not"
            " FULL)."
        )
    )


@check(WARN, STORE, "Put PRAGMAS in app.py back as it was released")
def erased_is_overwritten(at):
    """What is erased is overwritten on the disk."""
    return (
        "Erased records can still be read from the file."
        if at.sqlite and at.pragma("secure_delete") != 1
        else None
    )


@check(
    BLOCK,
    STORE,
    "./portal migrate; after adding a question ./portal migration; if the database is newer,"
    " install the newer release",
)
def tables_are_up_to_date(at):
    """The tables are those of this release."""
    steps = Runner(at.database, str(at.program / "migrations")).status()
    if any(step.path is None for step in steps):
        return "The database is newer than the program."
    behind = sum(step.applied is None for step in steps)
    if behind:
        return f"The database is older than the program: {behind} migrations have not run."
    return (
        "The database has no place for some questions of models.py."
        if diff_models(at.database, models.every_table())
        else None
    )


@check(BLOCK, STORE, "Read the sentence; put models.py or workflow.py right")
def rules_are_sound(at):
    """Records, rights, stages and moves do not contradict each other."""
    return next(iter([*models.check_models(), *workflow.check_pathway()]), None)


@check(WARN, STORE, "Install Python or PostgreSQL of the last few years from your system's updates")
def engine_is_recent(at):
    """The database engine is one that still gets repairs."""
    if at.sqlite:
        return (
            f"SQLite {sqlite3.sqlite_version} is too old."
            if sqlite3.sqlite_version_info < (3, 37)
            else None
        )
    version = int(at.database.execute_sql("SHOW server_version_num").fetchone()[0]) // 10000
    # postgresql.org/support/versioning
    return f"PostgreSQL {version} gets no repairs any more." if version < 14 else None


# --- audit trail and seals
@check(BLOCK, TRACE, "./portal migrate (puts the triggers back); find out who took them away")
def trail_only_grows(at):
    """The database refuses to change or delete a row of the audit trail."""
    return None if audit_log.has_triggers() else "The triggers that keep the audit trail are gone."


@check(
    PROBLEM,
    TRACE,
    "Keep the database file, tell your data protection lead, compare with the newest backup",
    alarm=True,
)
def end_of_the_trail_holds(at):
    """The newest rows of the audit trail are as they were written."""
    newest = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc())
    rows = list(newest.limit(END + 1).dicts())
    found = []
    for row, before in zip(rows, rows[1:]):
        found += audit_log.row_faults(before["entry_hash"], row)
    left = audit_log.not_accepted(found) if found else []
    return left[0] if left else None


@check(
    PROBLEM,
    TRACE,
    "Keep the database file, tell your data protection lead, compare with the newest backup",
    slow=True,
    alarm=True,
)
def whole_trail_holds(at):
    """Every row of the audit trail is as it was written, and agrees with what is written down
    elsewhere.
    """
    found = ask("audit.verify", "trail_problems", anchors(at))
    return f"{found[0]} ({len(found)} findings in all.)" if found else None


@check(WARN, TRACE, "Mount the folder, or let the portal's user add there (docs/technician.md)")
def anchors_reach_the_second_place(at):
    """The folder for anchors that the Settings name has an anchor of the last two days."""
    path = outside.second_place(at.settings)
    if path is None:
        return None
    since = audit_log.moment_of(audit_log.head()) - 2 * DAY
    marks = outside.written_elsewhere(at.settings)
    fresh = [mark for mark in marks if audit_log.moment_of(mark) > since]
    return None if fresh else f"No anchor was added in {path.parent} for two days."


def anchors(at):
    """How far the trail had come, as written down outside the database; none before there are
    backups.
    """
    try:
        return at.upkeep("valid_anchors")
    except Unknown:
        return []


@check(
    PROBLEM,
    TRACE,
    "Tell the SENCO and your data protection lead; the paper as it was is in the backups",
    slow=True,
    alarm=True,
)
def seals_hold(at):
    """Every sealed paper is as it was agreed."""
    try:
        broken = ask("audit.verify", "seal_problems")
    except Unknown:
        broken = [
            f"The seal of {c.__name__} {f.id} is broken."
            for c in every(Form)
            for f in c.select().where(c.sealed.is_null(False))
            if not f.seal_holds()
        ]
    return f"{broken[0]} ({len(broken)} in all.)" if broken else None


# --- signing in
def see_children():
    """The roles that may read a pupil."""
    return [role for role in ROLES if "r" in models.RIGHTS_TABLE["Pupil"][role]]


def web(at, name, otherwise=None):
    """A setting of the web program; raises Unknown before it is put together."""
    if at.config is None:
        raise Unknown("The web program is not put together yet.")
    return at.config.get(name, otherwise)


def on_https(at):
    """Whether cookies go over HTTPS only: a web server in front does HTTPS."""
    return bool(web(at, "SESSION_COOKIE_SECURE"))


def local_only(at):
    """Whether the portal answers this computer alone."""
    return at.host in ("localhost", "::1") or at.host.startswith("127.")


@check(
    BLOCK,
    SIGN_IN,
    "Start it with a web server that does HTTPS in front and BEHIND_HTTPS=1 (docs/technician.md,"
    " “HTTPS”)",
)
def nobody_listens_in(at):
    """Passwords and records go over HTTPS, or stay on this computer."""
    safe = on_https(at) or local_only(at) or web(at, "INSECURE_HTTP")
    return (
        None
        if safe
        else (
            f"The portal listens on {at.host} without HTTPS: passwords and records can be read on"
            " the way."
        )
    )


@check(
    WARN,
    SIGN_IN,
    "Put a web server that does HTTPS in front, start with BEHIND_HTTPS=1, and take INSECURE_HTTP"
    " away",
)
def https_is_not_waived(at):
    """HTTPS was not waived."""
    waived = web(at, "INSECURE_HTTP") and not on_https(at)
    return "INSECURE_HTTP is set: passwords and records can be read on the way." if waived else None


@check(
    WARN, SIGN_IN, "Let the web server in front send X-Forwarded-For: docs/technician.md, “HTTPS”"
)
def callers_are_told_apart(at):
    """The portal sees from which computer somebody signs in."""
    if not on_https(at):
        return None
    seen = [place for (place,) in UserSession.select(UserSession.place).distinct().tuples()]
    others = [place for place in seen if not server.comes_from(place, web(at, "PROXIES", []))]
    if not seen or others:
        return None
    return (
        "Every sign-in of the last week came from this computer itself, or the web server in front"
        " does not say who asks: then one computer that guesses passwords shuts everybody out."
    )


@check(
    WARN,
    SIGN_IN,
    "Start the portal with HOSTS naming its address, such as HOSTS=portal.school.example",
)
def host_names_are_known(at):
    """The portal answers to its own name only."""
    return "Any host name is answered." if on_https(at) and not web(at, "TRUSTED_HOSTS") else None


@check(BLOCK, SIGN_IN, "Start the portal with ./portal run, and take FLASK_DEBUG and TESTING away")
def debugger_is_off(at):
    """The debugger is off."""
    return (
        "The debugger is on: whoever causes an error can run commands here."
        if web(at, "DEBUG")
        else None
    )


@check(BLOCK, SIGN_IN, "Put app.py back as it was released")
def forms_and_cookies_are_guarded(at):
    """Every form carries a token, and no script can read the cookie."""
    cookie = web(at, "SESSION_COOKIE_HTTPONLY") and web(at, "SESSION_COOKIE_SAMESITE") in (
        "Lax",
        "Strict",
    )
    sound = cookie and web(at, "WTF_CSRF_ENABLED")
    return None if sound else "The token of forms or the protection of the cookie was switched off."


@check(
    BLOCK,
    SIGN_IN,
    "Take the address out of OPEN in admin_views/account/views.py, or put it on ANONYMOUS in"
    " ops/checks.py when it must be open",
)
def only_signing_in_is_open(at):
    """Without signing in only the sign-in pages answer."""
    open_ones = sorted(set(at.open_routes) - ANONYMOUS - {None})
    return f"These pages are open to everybody: {', '.join(open_ones)}." if open_ones else None


@check(
    WARN,
    SIGN_IN,
    "School > Settings: tick every role under “Who must use a second step to sign in?”",
)
def second_step_is_asked(at):
    """Every role that sees a child must use a second step."""
    left = [
        role for role in see_children() if role not in (at.settings.second_step or "").split("\n")
    ]
    return f"No second step is asked of: {', '.join(left)}." if left else None


@check(
    WARN,
    SIGN_IN,
    "Ask them to sign in: they are led through it. Switch off accounts that nobody needs (School >"
    " People)",
)
def everybody_has_a_second_step(at):
    """Everybody who signs in has set up a second step."""
    left = [u.name for u in at.people if u.password and not u.totp]
    return f"Without a second step: {names(left)}." if left else None


@check(WARN, SIGN_IN, "School > People: switch off or change the role of technicians who are none")
def technicians_are_few(at):
    """There are at most three technicians."""
    count = sum(u.role == TECHNICIAN for u in at.people)
    return f"{count} people are technicians and can let others in." if count > 3 else None


@check(PROBLEM, SIGN_IN, "School > People: give somebody the role that is missing")
def somebody_is_in_charge(at):
    """There is a technician, and a SENCO."""
    missing = [role for role in (TECHNICIAN, SENCO) if not any(u.role == role for u in at.people)]
    return f"Nobody has the role: {', '.join(missing)}." if missing else None


@check(WARN, SIGN_IN, "School > People: switch off who has left")
def accounts_are_used(at):
    """Everybody with an account has signed in within 60 days."""
    last = dict(
        audit_log.AuditEntry.select(
            audit_log.AuditEntry.record_id, fn.MAX(audit_log.AuditEntry.at).coerce(False)
        )
        .where(
            audit_log.AuditEntry.record == "User",
            audit_log.AuditEntry.act.in_(("add", "signed in")),
        )
        .group_by(audit_log.AuditEntry.record_id)
        .tuples()
    )
    idle = [u.name for u in at.people if str(last.get(u.id, "")) < str(audit_log.now() - 60 * DAY)]
    return f"Not here for 60 days: {names(idle)}." if idle else None


@check(WARN, SIGN_IN, "School > People: make a new sign-in link, and give it in person")
def links_are_used(at):
    """No sign-in link has run out unused."""
    left = [
        u.name
        for u in at.people
        if u.setup_token
        and not u.password
        and (u.setup_until or audit_log.now()) <= audit_log.now()
    ]
    return f"The link ran out before it was used: {names(left)}." if left else None


def names(people):
    """Some names, and how many more."""
    return ", ".join(people[:3]) + (f" and {len(people) - 3} more" if len(people) > 3 else "")


@check(
    WARN,
    SIGN_IN,
    "School > Settings: sign out after 30 minutes or less without a click, and 12 hours or less"
    " in all",
)
def screens_lock(at):
    """A screen that is left alone is signed out."""
    loose = (at.settings.idle_minutes or 0) > 30 or (at.settings.day_hours or 0) > 12
    return "A screen that is left alone stays signed in for long." if loose else None


# --- backups
def reachable(at):
    """The places for backups that are named in the Settings."""
    return [pathlib.Path(p) for p in at.upkeep("destinations", at.settings)]


@check(
    WARN,
    COPIES,
    "./portal backup; then see why it does not run by itself (docs/technician.md, “Backups”)",
    alarm=True,
)
def backup_is_fresh(at):
    """There is a backup as new as the Settings ask for."""
    newest = at.upkeep("newest_backup", at.settings)
    if newest is None:
        return "There is no backup."
    if at.upkeep("is_ahead", newest[0]):
        return (
            f"The only backup is dated {say_moment(newest[0])}: the clock was wrong then, or is"
            " wrong now."
        )
    late = at.upkeep("between_backups", at.settings) + datetime.timedelta(hours=2)
    return (
        f"The newest backup is of {say_moment(newest[0])}."
        if audit_log.now() - newest[0] > late
        else None
    )


@check(
    NOTE, COPIES, "Nothing is lost. If the clock is right now, delete them when you have newer ones"
)
def backups_are_not_ahead(at):
    """No backup is dated in the future."""
    ahead = at.upkeep("dated_ahead", at.settings)
    return (
        f"{len(ahead)} backups are dated in the future (first: {ahead[0]}): the clock was wrong."
        if ahead
        else None
    )


@check(
    WARN,
    COPIES,
    "School > Settings: name two folders for backups, on different devices, one of them outside the"
    " building",
)
def backups_go_to_two_places(at):
    """Backups go to two places."""
    count = len(reachable(at))
    return (
        f"Backups go to {count or 'no'} place{'s' * (count != 1)}. Two are needed."
        if count < 2
        else None
    )


@check(
    PROBLEM,
    COPIES,
    "Plug in or mount the device, let the portal's user write there, or name another folder in"
    " School > Settings",
)
def backup_places_take_files(at):
    """Every place for backups can be written."""
    # made by the first backup when the Settings name no other
    own = at.folder / "backups"
    shut = [str(p) for p in reachable(at) if (p != own or p.exists()) and not takes_files(p)]
    return f"Nothing can be written in: {', '.join(shut)}." if shut else None


@check(
    WARN,
    COPIES,
    "School > Settings: name a folder on another disk or a share: a dead disk takes this one too",
)
def a_backup_is_on_another_device(at):
    """A backup is on another device than the records."""
    devices = {p.stat().st_dev for p in reachable(at) if p.exists()}
    return (
        "Every backup is on the disk of the records."
        if devices == {at.folder.stat().st_dev}
        else None
    )


@check(
    PROBLEM, COPIES, "./portal backup, and look at the disk that holds the damaged one", slow=True
)
def newest_backup_is_complete(at):
    """The newest backup is as it was written."""
    if at.upkeep("newest_backup", at.settings) is None:
        raise Unknown("There is no backup.")
    path = at.upkeep("newest_archive", at.settings)
    with path.open("rb") as held:
        code = hashlib.file_digest(held, "sha256").hexdigest()
    note = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return (
        None
        if code == note["sha256"]
        else f"The newest backup was damaged after it was written: {path.name}."
    )


@check(
    WARN,
    COPIES,
    "./portal recovery-key; print it twice, for the school's safe and for a place outside the"
    " building",
)
def recovery_key_is_printed(at):
    """The key that opens the backups was printed for the school's safe."""
    if not (at.folder / "backup.key").exists():
        raise Unknown("There is no backup yet.")
    printed = (at.folder / "recovery-key.printed").exists()
    return (
        None
        if printed
        else "Without this computer nobody can open the backups: the key was never printed."
    )


@check(WARN, COPIES, "./portal drill")
def drill_is_fresh(at):
    """Within the last 35 days a backup was brought back and compared."""
    last = at.upkeep("last_drill")
    return (
        None
        if last and audit_log.now() - last < 35 * DAY
        else f"The last drill was {say_moment(last) if last else 'never'}."
    )


# --- files
def kept_files(at):
    """The stored files of documents, newest first; some of them unless everything is read: [(name,
    SHA-256)].
    """
    query = (
        Document.select(Document.stored_as, Document.sha256)
        .where(Document.stored_as.is_null(False))
        .order_by(Document.id.desc())
    )
    return list((query if at.whole else query.limit(SAMPLE)).tuples())


@check(
    PROBLEM,
    FILES,
    "Bring the file back from a backup: ./portal restore into another folder, and copy files/",
    alarm=True,
)
def files_are_as_they_came(at):
    """The files of documents are there, and as they came."""
    held = {name: at.folder / "files" / name for name, _ in kept_files(at)}
    bad = [
        n
        for n, code in kept_files(at)
        if not held[n].is_file() or hashlib.sha256(held[n].read_bytes()).hexdigest() != code
    ]
    return f"{len(bad)} files are missing or were changed (first: files/{bad[0]})." if bad else None


@check(WARN, FILES, "Look at them, then delete them from {folder}/files", slow=True)
def no_file_is_left_over(at):
    """No file is kept that belongs to no document."""
    known = {
        name
        for (name,) in (
            Document.select(Document.stored_as).where(Document.stored_as.is_null(False)).tuples()
        )
    }
    old = [
        p.name
        for p, changed in storage.change_times(at.folder / "files")
        if p.is_file() and seconds() - changed > 3600
    ]
    loose = sorted(set(old) - known)
    return f"{len(loose)} files belong to no document (first: files/{loose[0]})." if loose else None


# --- computer and program
@check(
    WARN,
    MACHINE,
    "If the clock is wrong now: timedatectl set-ntp true. If it is right, it was ahead then, and"
    " nothing needs doing: this line goes away with the next thing that is written",
    alarm=True,
)
def clock_has_not_gone_back(at):
    """The clock is not behind what was written last."""
    last = (
        audit_log.AuditEntry.select(audit_log.AuditEntry.at)
        .order_by(audit_log.AuditEntry.id.desc())
        .limit(1)
        .scalar()
    )
    behind = last and last - audit_log.now() > DAY / 288
    return (
        f"The clock says {say_moment(audit_log.now())}; something was written on"
        f" {say_moment(last)}."
        if behind
        else None
    )


@check(
    WARN,
    MACHINE,
    "If the clock is wrong: timedatectl set-ntp true. If it is right: find {folder} -newermt"
    " tomorrow -print0 | xargs -0 touch",
)
def clock_fits_the_files(at):
    """The clock is not behind the files of the data folder."""
    newest = max(changed for _, changed in storage.change_times(at.folder))
    return (
        "A file in the data folder is from the future: the clock is wrong."
        if newest - seconds() > 86400
        else None
    )


def seconds():
    """Now, as files are stamped."""
    return audit_log.now().replace(tzinfo=datetime.UTC).timestamp()


def kernel_clock():
    """What Linux says of its clock (adjtimex): 5 when nothing sets it; raises Unknown elsewhere."""
    unknown = Unknown("This system does not say whether its clock is set by a time server.")
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(256))
    except (AttributeError, OSError, TypeError):
        raise unknown from None
    # a service that may not touch the clock (docs/portal.service)
    if state < 0:
        raise unknown
    return state


@check(WARN, MACHINE, "timedatectl set-ntp true")
def clock_is_synchronised(at):
    """The clock is set by a time server."""
    return "No time server sets the clock." if kernel_clock() == 5 else None


@check(
    WARN, MACHINE, "Install a newer Python from your system's updates, delete .venv, and run make"
)
def python_gets_repairs(at):
    """This Python still gets repairs."""
    (major, minor, *_), today = sys.version_info, f"{audit_log.now():%Y-%m-%d}"
    ends = PYTHONS.get((major, minor), today)
    return f"Python {major}.{minor} gets no repairs since {ends}." if ends < today else None


def pinned(at):
    """The packages of requirements.txt that this system needs: [(name, version)]."""
    text = (at.program / "requirements.txt").read_text("utf-8")
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)([^\\\n]*)", text, re.M)
    return [
        (name, version)
        for name, version, only in found
        if "win32" not in only or sys.platform == "win32"
    ]


def installed(name):
    """The version of a package that is installed; empty when it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


@check(PROBLEM, MACHINE, ".venv/bin/python -m pip install -r requirements.txt")
def packages_are_as_pinned(at):
    """The packages are those that this release was tested with."""
    other = [
        f"{n} {installed(n) or 'missing'} instead of {v}"
        for n, v in pinned(at)
        if installed(n) != v
    ]
    return f"Other versions are installed: {names(other)}." if other else None


@check(
    WARN,
    MACHINE,
    "make audit (needs the internet); when it finds something, install the next release",
)
def packages_have_no_known_hole(at):
    """Within the last 30 days no package had a known hole."""
    asked, list_of = at.program / ".venv" / "audited", at.program / "requirements.txt"
    when = (
        asked.stat().st_mtime
        if asked.exists() and asked.stat().st_mtime >= list_of.stat().st_mtime
        else 0
    )
    if not when:
        return "Nobody has asked yet whether these packages have a known hole."
    days = int((seconds() - when) // 86400)
    return (
        f"Nobody has asked for {days} days whether a package has a known hole."
        if days > 30
        else None
    )


@check(BLOCK, MACHINE, ".venv/bin/python -m pip install -r requirements.txt")
def summer_time_is_known(at):
    """The time zone of the school is known."""
    try:
        hours = datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/London")).utcoffset()
    except zoneinfo.ZoneInfoNotFoundError:
        hours = None
    return (
        None
        if hours == datetime.timedelta(hours=1)
        else "The time zone Europe/London is missing or wrong: dates would be a day off."
    )


@check(PROBLEM, MACHINE, ".venv/bin/python -m pip install -r requirements.txt")
def every_name_can_be_printed(at):
    """The typefaces for printed papers are there."""
    from papers.fonts import FAMILIES

    faces = importlib.resources.files("weblate_fonts") / "static" / "weblate_fonts"
    lost = [
        face
        for family in FAMILIES.values()
        for face in family
        if not (faces / f"{face}.ttf").is_file()
    ]
    return f"A typeface is missing: {lost[0]}. Some names would not print." if lost else None


@check(
    NOTE,
    MACHINE,
    "Install one that looks at {folder}/files, such as ClamAV: apt-get install clamav-daemon",
)
def antivirus_is_there(at):
    """An antivirus program is on this computer."""
    found = [
        n for n in ("clamscan", "clamdscan", "mdatp", "savscan", "freshclam") if shutil.which(n)
    ]
    return (
        None
        if found or os.name == "nt"
        else "No antivirus program was found; files from outside are not looked at."
    )


@check(NOTE, MACHINE, "School > Settings: write the name and address of the school")
def school_is_named(at):
    """The school has written its name into the Settings."""
    first = Setting._meta.fields["school_name"].default
    return (
        f"The school is still called “{first}”."
        if at.settings.school_name in ("", None, first)
        else None
    )


@check(NOTE, MACHINE, "School > Settings: write the school's holidays, one a line")
def holidays_are_written(at):
    """The school's coming holidays are written into the Settings."""
    coming = [last for _, last in clock.holidays(at.settings) if last and last >= dates.today()]
    return None if coming else "No coming holiday is written into the Settings."


@check(NOTE, MACHINE, "The SENCO looks at the list of what is due to be erased")
def nothing_is_kept_too_long(at):
    """Few records are past the time that they are kept for."""
    count = len(ask("privacy.retention", "due", at.settings))
    return f"{count} records are past the time that they are kept for." if count > 20 else None


# --- looking
def run_one(one, at):
    """Run one check: its Result. What fails unexpectedly is a problem too, and says only where."""
    try:
        wrong = one.holds(at)
    except Unknown as unknown:
        return Result(
            False, NOTE, f"Cannot be told: {first_line(one)} {unknown}", "", one.group, one.name
        )
    except Exception as error:
        wrong = f"This could not be looked at ({type(error).__name__}): {first_line(one)}"
    cure = cure_of(one, at) if wrong else ""
    return Result(not wrong, one.level, wrong or first_line(one), cure, one.group, one.name)


def cure_of(one, at):
    """The cure of a check with the folders and the owner that it names."""
    cure = one.cure.replace("{folder}", str(at.folder)).replace("{program}", str(at.program))
    if "{owner}" in cure:
        cure = cure.replace("{owner}", school_folder.owner_of(at.folder))
    return cure


def named(name):
    """The check with this name."""
    return next(one for one in CHECKS if one.name == name)


def first_line(one):
    """What a check says when all is well."""
    return described(one.holds)


def run(at, levels=(BLOCK, PROBLEM, WARN, NOTE), groups=GROUPS):
    """Every check of these levels and groups, in the order of this file: [Result]. A quick run
    shows the last answer of the slow ones.
    """
    before = {} if at.whole else last_full(at.folder)
    chosen = [c for c in CHECKS if c.level in levels and c.group in groups]
    found = [
        before_or_unknown(c, before) if c.slow and not at.whole else run_one(c, at) for c in chosen
    ]
    if at.whole and len(chosen) == len(CHECKS):
        remember(at.folder, found)
    return found


def daily(at):
    """Run everything when the last full check is older than a day, or from a clock that was wrong:
    Status and the home page show what it found.
    """
    last = at.folder / "check.json"
    if not last.exists() or not 0 <= seconds() - last.stat().st_mtime < DAY.total_seconds():
        with at.database.connection_context():
            run(at)


def before_or_unknown(one, before):
    """The answer of the last full check."""
    kept = before.get(one.name)
    if kept is None:
        return Result(
            False,
            NOTE,
            f"Not looked at yet: {first_line(one)}",
            "./portal check",
            one.group,
            one.name,
        )
    return Result(
        kept["ok"], kept["level"], kept["words"], kept["cure"], one.group, one.name, kept["as_of"]
    )


def last_full(folder):
    """The answers of the last full check by name, empty when there was none."""
    try:
        return json.loads((folder / "check.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def remember(folder, results):
    """Keep the answers of a full check for the Status page; a folder that takes no files is a
    finding, no failure.
    """
    said = {r.name: {**vars(r), "as_of": say_moment(audit_log.now())} for r in results}
    try:
        new = folder / "check.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
        new.replace(folder / "check.json")
    except OSError:
        pass


def alarms(at):
    """What the technician and the SENCO must hear on the home page, in sentences: the checks marked
    `alarm` that fail.
    """
    before = last_full(at.folder)
    found = [before_or_unknown(c, before) if c.slow else run_one(c, at) for c in CHECKS if c.alarm]
    return [r.words for r in found if not r.ok and r.level != NOTE]


def exit_code(results):
    """What `portal check` ends with: 0 all well, 1 warnings, 2 problems."""
    bad = {r.level for r in results if not r.ok}
    return 2 if bad & {BLOCK, PROBLEM} else 1 if WARN in bad else 0


def as_line(result):
    """A result as `portal check` prints it."""
    head = "OK" if result.ok else {WARN: "WARNING", NOTE: "NOTE"}.get(result.level, "PROBLEM")
    return (
        f"{head:8} {result.words}"
        + (f" [{result.cure}]" if result.cure else "")
        + (f" (as of {result.as_of})" if result.as_of else "")
    )
