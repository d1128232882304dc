"""What must hold so that no data is lost or leaked and the school is not stopped. Come here to add
a check: it looks at `Facts` only, and gives None or what is wrong; its docstring is said when all
is well; the line above says how grave it is, where it stands on the page, and the cure.
"""

import datetime
import functools
import json
import os
import pathlib
import shutil
import zoneinfo
from dataclasses import dataclass

from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

import models
from audit import anchors as outside
from audit import verify
from audit.log import (
    AuditEntry,
    has_triggers,
    head,
    moment_of,
    not_accepted,
    now,
    on_sqlite,
    row_faults,
)
from config import MIGRATIONS, is_this_computer, settings_file
from models import Document, Setting
from ops import backup, server
from papers import kept
from pathway import clock
from people import User, UserSession
from records import dates, record
from records.dates import say_moment
from records.questions import ROLE_NAMES, SENCO, TECHNICIAN

# BLOCK: the portal does not start
BLOCK = "refuse"
PROBLEM = "problem"
WARN = "warning"
NOTE = "note"
GROUPS = KEYS, STORE, TRACE, SIGN_IN, COPIES, SCHOOL = (
    "Keys and folders",
    "Database and files",
    "Audit trail and seals",
    "Signing in",
    "Backups",
    "Computer and school",
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
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "sshfs", "9p"),
    *("afpfs", "davfs", "ncpfs", "ceph", "glusterfs"),
)
LOCAL_FUSE = ("fuseblk",)  # NTFS and exFAT disks of this computer
OTHERS = "Other people with an account on this computer"
MEGABYTES_NEEDED = 500
# looked at between two full checks
NEWEST_ROWS = 300
NEWEST_FILES = 10
OVERDUE_RECORDS = 20
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Check:
    """`slow`: only a full check looks, else its last answer is shown. `alarm`: also at home."""

    test: object
    level: str
    group: str
    cure: str
    slow: bool = False
    alarm: bool = False

    @property
    def name(self):
        return self.test.__name__

    @property
    def sentence(self):
        return record.described(self.test)


@dataclass(frozen=True)
class Result:
    """What one check said: `cure` is empty when all is well; `as_of` names an older full check."""

    ok: bool
    level: str
    words: str
    cure: str = ""
    group: str = ""
    name: str = ""
    as_of: str = ""


@dataclass
class Facts:
    """What the checks may look at. `whole`: every row and file instead of the newest ones."""

    folder: pathlib.Path  # the data folder
    database: object
    config: dict = None  # of the web program
    open_routes: set = frozenset()  # answered without signing in
    whole: bool = False
    overdue: object = lambda settings: ()  # the records past the time they are kept for
    backups: object = backup
    mounts: str = None  # like /proc/mounts, which is read for None

    @property
    def sqlite(self):
        return on_sqlite(self.database)

    @functools.cached_property
    def settings(self):
        return Setting.of_school()

    @functools.cached_property
    def people(self):
        return list(User.select().where(User.account == "on"))


CHECKS = []


def check(level, group, cure, **more):
    """Put a function on the list; {folder} in the cure is the data folder."""

    def add(test):
        CHECKS.append(Check(test, level, group, cure, **more))
        return test

    return add


# --- keys and folders
def open_to_others(path):
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def file_system_of(folder, mounts):
    """The kind of file system of a folder; empty where that cannot be read."""
    try:
        mounts = mounts or pathlib.Path("/proc/mounts").read_text()
    except OSError:
        return ""
    here = folder.resolve()
    longest = 0
    found = ""
    for line in mounts.splitlines():
        _, at, kind = line.split()[:3]
        if here.is_relative_to(at.replace("\\040", " ")) and len(at) >= longest:
            longest = len(at)
            found = kind
    return found


@check(BLOCK, KEYS, "chmod 700 {folder} && chmod -f 600 {folder}/*.key")
def folder_and_keys_are_private(at):
    """Only the portal's own user may open the data folder and read the keys."""
    if open_to_others(at.folder):
        return f"{OTHERS} may open the data folder."
    found = []
    for path in sorted(at.folder.glob("*.key")):
        if open_to_others(path):
            found.append(path.name)
    if found:
        return f"{OTHERS} may read {' and '.join(found)}."


@check(
    BLOCK,
    KEYS,
    "Put the key back from a backup; secret.key may be deleted instead: everybody signs in again",
)
def keys_are_strong(at):
    """The keys are long and random."""
    for name in ("secret.key", "audit.key"):
        path = at.folder / name
        if path.exists():
            key = path.read_bytes().strip()
            if len(key) < 32 or len(set(key)) < 8:
                return f"Too short or too plain to be a key: {name}."


@check(BLOCK, KEYS, "Move the data folder to a disk of this computer, or use PostgreSQL")
def folder_is_on_a_local_disk(at):
    """The database is on a disk of this computer."""
    kind = file_system_of(at.folder, at.mounts)
    fuse = kind.startswith("fuse.") and kind not in LOCAL_FUSE
    if at.sqlite and (fuse or kind in OVER_A_NETWORK):
        return f"The data folder is on a network share ({kind}), where SQLite loses data."


@check(
    BLOCK,
    KEYS,
    "Delete or move what fills the disk of {folder}; never anything inside that folder",
    alarm=True,
)
def disk_has_room(at):
    """There is room on the disk."""
    free = shutil.disk_usage(at.folder).free // 2**20
    if free < MEGABYTES_NEEDED:
        return f"The disk is nearly full: {free} MB free, {MEGABYTES_NEEDED} MB are needed."


@check(
    BLOCK,
    KEYS,
    "mkdir -p {folder}/files && chmod 700 {folder} {folder}/files; is the disk read-only?",
)
def folders_take_files(at):
    """Records, files and the log can be written."""
    folders = [at.folder, at.folder / "files", *at.folder.glob("logs")]
    found = [folder.name for folder in folders if backup.destination_fault(folder)]
    if found:
        return f"Nothing can be written in: {', '.join(found)}."


@check(WARN, KEYS, "chmod 600 portal.env, and chown it to the portal's own user")
def settings_file_is_private(at):
    """Only the portal's own user may read the settings file."""
    path = settings_file()
    if path is None or not path.exists() or not open_to_others(path):
        return None
    return f"{OTHERS} may read {path.name}, and a password in it."


# --- database and files
@check(BLOCK, STORE, "./portal restore (the newest backup; keep the broken file)")
def database_is_whole(at):
    """The database file is not damaged, and every record that another one names is there."""
    if not at.sqlite:
        return None
    if at.database.pragma("quick_check(1)") != "ok":
        return "The database file is damaged."
    lost = at.database.execute_sql("PRAGMA foreign_key_check").fetchall()
    if lost:
        table, row = lost[0][:2]
        return f"{len(lost)} records name one that is not there (first: table {table}, row {row})."


@check(BLOCK, STORE, "Put PRAGMAS in ops/database.py back as it was released")
def database_is_set_up(at):
    """What is saved survives a power cut, what is erased is overwritten, and links are checked."""
    if not at.sqlite:
        return None
    if at.database.pragma("journal_mode") != "wal" or at.database.pragma("synchronous") < 2:
        return "A power cut may lose what was saved: journal_mode or synchronous is not as set."
    if not at.database.pragma("foreign_keys"):
        return "The database does not check links between records."
    if at.database.pragma("secure_delete") != 1:
        return "Erased records can still be read from the file."


@check(
    BLOCK,
    STORE,
    "./portal migrate; for a new question ./portal migration; for a newer database its release",
)
def tables_are_up_to_date(at):
    """The tables are those of this release."""
    steps = Runner(at.database, str(MIGRATIONS)).status()
    if any(step.path is None for step in steps):
        return "The database is newer than the program."
    behind = sum(step.applied is None for step in steps)
    if behind:
        return f"The database is older than the program: {behind} migrations have not run."
    version = None
    if on_sqlite(at.database):  # counts every change of a table
        version = at.database.execute_sql("PRAGMA schema_version").fetchone()[0]
    if lacks_tables(at.database, len(steps), version):
        return "The database has no place for some questions of models.py."


@functools.lru_cache(4)
def lacks_tables(database, steps, version):
    """Whether the tables are not those of models.py: 300 questions, asked once for each state."""
    return bool(diff_models(database, models.every_table()))


@check(PROBLEM, STORE, "./portal restore --to another folder, and copy files/ from it", alarm=True)
def files_are_as_they_came(at):
    """The files of documents and the logo are there, and as they came."""
    query = Document.select(Document.stored_as, Document.sha256)
    query = query.where(Document.stored_as.is_null(False)).order_by(Document.id.desc())
    if not at.whole:
        query = query.limit(NEWEST_FILES)
    files = list(query.tuples())
    if at.settings.logo:
        files.append((at.settings.logo, at.settings.logo))
    bad = []
    for name, digest in files:
        path = at.folder / "files" / name
        if not path.is_file() or backup.sha_of(path) != digest:
            bad.append(name)
    if bad:
        return f"{len(bad)} files are missing or were changed (first: files/{bad[0]})."


# --- audit trail and seals
@check(BLOCK, TRACE, "./portal migrate (puts the triggers back); find out who took them away")
def trail_only_grows(at):
    """The database refuses to change or delete a row of the audit trail."""
    if has_triggers():
        return None
    return "The triggers that keep the audit trail are gone."


TELL = "Keep the database file, tell your data protection lead, compare with the newest backup"


@check(PROBLEM, TRACE, TELL, alarm=True)
def end_of_the_trail_holds(at):
    """The newest rows of the audit trail are as they were written."""
    newest = AuditEntry.select().order_by(AuditEntry.id.desc())
    rows = list(newest.limit(NEWEST_ROWS + 1).dicts())
    found = []
    for row, before in zip(rows, rows[1:]):
        found += row_faults(before["entry_hash"], row)
    left = not_accepted(found) if found else []
    return left[0] if left else None


@check(PROBLEM, TRACE, TELL, slow=True, alarm=True)
def trail_and_seals_hold(at):
    """The whole audit trail and every sealed paper are as written, and fit all anchors."""
    found = verify.problems(at.backups.valid_anchors())
    if found:
        return f"{found[0]} ({len(found)} findings in all.)"


@check(WARN, TRACE, "Mount the folder, or let the portal's user add there (docs/technician.md)")
def anchors_reach_the_second_place(at):
    """The folder for anchors that the Settings name has an anchor of the last two days."""
    path = outside.second_place(at.settings)
    if path is None:
        return None
    since = moment_of(head()) - 2 * DAY
    for mark in outside.written_elsewhere(at.settings):
        if moment_of(mark) > since:
            return None
    return f"No anchor was added in {path.parent} for two days."


# --- signing in
@check(
    BLOCK,
    SIGN_IN,
    "Put a web server with HTTPS in front, and BEHIND_HTTPS=1 (docs/technician.md, “HTTPS”)",
)
def nobody_listens_in(at):
    """Passwords and records go over HTTPS, or stay on this computer."""
    host = at.config["LISTENS_AT"]
    waived = at.config.get("INSECURE_HTTP")  # every page says so
    if at.config.get("SESSION_COOKIE_SECURE") or waived or is_this_computer(host):
        return None
    return f"The portal listens on {host} without HTTPS: passwords can be read on the way."


@check(WARN, SIGN_IN, "Let the web server in front send X-Forwarded-For (docs/technician.md)")
def callers_are_told_apart(at):
    """The portal sees from which computer somebody signs in."""
    if not at.config.get("SESSION_COOKIE_SECURE"):
        return None
    seen = list(UserSession.select(UserSession.place).distinct().scalars())
    for place in seen:
        if not server.comes_from(place, at.config["PROXIES"]):
            return None
    if not seen:
        return None
    return (
        "Every sign-in of the last week came from this computer, or the web server in front does"
        " not say who asks: then one computer that guesses passwords shuts everybody out."
    )


@check(BLOCK, SIGN_IN, "Start the portal with ./portal run, and take FLASK_DEBUG away")
def debugger_is_off(at):
    """The debugger is off."""
    if at.config["DEBUG"]:
        return "The debugger is on: whoever causes an error can run commands here."


@check(
    BLOCK,
    SIGN_IN,
    "Take it out of OPEN in admin_views/account/views.py, or put it on ANONYMOUS in ops/checks.py",
)
def only_signing_in_is_open(at):
    """Without signing in only the sign-in pages answer."""
    found = sorted(set(at.open_routes) - ANONYMOUS - {None})
    if found:
        return f"These pages are open to everybody: {', '.join(found)}."


@check(
    WARN,
    SIGN_IN,
    "School > Settings > Signing in: tick every role under “Who must use a second step to sign"
    " in?”",
)
def second_step_is_used(at):
    """Everybody who sees a child must use a second step, and has set it up."""
    asked = (at.settings.second_step or "").split("\n")
    rights = models.RIGHTS_TABLE["Pupil"]
    left = [name for role, name in ROLE_NAMES if "r" in rights[role] and role not in asked]
    if left:
        return f"No second step is asked of: {', '.join(left)}."
    without = [user.name for user in at.people if user.password and not user.totp]
    if without:
        return f"Without a second step: {', '.join(without[:3])} ({len(without)} in all)."


@check(PROBLEM, SIGN_IN, "School > People: give somebody the role that is missing")
def somebody_is_in_charge(at):
    """There is a technician, and a SENCO."""
    roles = {user.role for user in at.people}
    missing = [role for role in (TECHNICIAN, SENCO) if role not in roles]
    if missing:
        return f"Nobody has the role: {', '.join(missing)}."


# --- backups
@check(
    WARN, COPIES, "./portal backup; then see why none is made by itself ({folder}/logs)", alarm=True
)
def backup_is_fresh(at):
    """There is a backup as new as the Settings ask for."""
    newest = at.backups.newest_backup(at.settings)
    if newest is None:
        return "There is no backup."
    made = newest[0]
    if backup.is_ahead(made):
        return f"The only backup is dated {say_moment(made)}: the clock was wrong, or is wrong now."
    late = backup.between_backups(at.settings) + datetime.timedelta(hours=2)
    if now() - made > late:
        return f"The newest backup is of {say_moment(made)}."


@check(
    WARN,
    COPIES,
    "School > Settings > Backups: name two folders on different devices, one of them outside the"
    " building",
)
def backups_go_to_two_places(at):
    """Backups go to two places, one of them on another device than the records."""
    folders = at.backups.destinations(at.settings)
    if len(folders) < 2:
        return f"Backups go to one place only: {folders[0]}. Two are needed."
    devices = {folder.stat().st_dev for folder in folders if folder.exists()}
    if devices == {at.folder.stat().st_dev}:
        return "Every backup is on the disk of the records."


@check(
    PROBLEM,
    COPIES,
    "Mount the device, let the portal's user write there, or change it in School > Settings >"
    " Backups",
)
def backup_places_take_files(at):
    """Every place for backups can be written."""
    shut = []
    for folder in at.backups.destinations(at.settings):
        not_yet = folder == at.folder / "backups" and not folder.exists()  # the first makes it
        if not not_yet and backup.destination_fault(folder):
            shut.append(str(folder))
    if shut:
        return f"Nothing can be written in: {', '.join(shut)}."


@check(PROBLEM, COPIES, "./portal backup, and look at the disk of the damaged one", slow=True)
def newest_backup_is_complete(at):
    """The newest backup is as it was written."""
    newest = at.backups.newest_backup(at.settings)
    if newest is None:
        return "There is no backup."
    path = newest[1]
    if backup.sha_of(path) != backup.sidecar(path).get("sha256"):
        return f"The newest backup was damaged after it was written: {path.name}."


@check(WARN, COPIES, "./portal recovery-key; print it for the safe, and for another building")
def recovery_key_is_printed(at):
    """The key that opens the backups was printed for the school's safe."""
    if (at.folder / "recovery-key.printed").exists():
        return None
    return "Without this computer nobody can open the backups: the key was never printed."


@check(WARN, COPIES, "./portal drill")
def drill_is_fresh(at):
    """Within the last 35 days a backup was brought back and compared."""
    last = at.backups.last_drill()
    if last is None:
        return "There was no drill yet."
    if now() - last >= 35 * DAY:
        return f"The last drill was {say_moment(last)}."


# --- computer and school
@check(
    WARN,
    SCHOOL,
    "If the clock is wrong now: timedatectl set-ntp true. If not, it was ahead then: this line goes"
    " away with the next thing that is written",
    alarm=True,
)
def clock_has_not_gone_back(at):
    """The clock is not behind what was written last."""
    last = AuditEntry.select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1).scalar()
    if last and backup.is_ahead(last):
        return f"The clock says {say_moment(now())}; something was written on {say_moment(last)}."


@check(BLOCK, SCHOOL, ".venv/bin/python -m pip install -r requirements.txt")
def summer_time_is_known(at):
    """The time zone of the school is known."""
    try:
        summer = datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/London"))
        if summer.utcoffset() == datetime.timedelta(hours=1):
            return None
    except zoneinfo.ZoneInfoNotFoundError:
        pass
    return "The time zone Europe/London is missing or wrong: dates would be a day off."


@check(NOTE, SCHOOL, "School > Settings > The school: write its name and its holidays")
def settings_are_written(at):
    """The school's name and its coming holidays are written into the Settings."""
    first = Setting._meta.fields["school_name"].default
    if at.settings.school_name in ("", None, first):
        return f"The school is still called “{first}”."
    for _, last in clock.holidays(at.settings):
        if last >= dates.today():
            return None
    return "No coming holiday is written into the Settings."


@check(
    NOTE,
    SCHOOL,
    "The SENCO looks at the list of what is due to be erased; printed papers of children who are"
    " not here go by themselves within ten minutes while the portal runs",
)
def nothing_is_kept_too_long(at):
    """Few records are past the time that they are kept for, and printed papers go with a record."""
    left = kept.of_nobody(at.folder)
    if left:
        return f"{len(left)} printed papers are kept of children who are not here any more."
    count = len(at.overdue(at.settings))
    if count > OVERDUE_RECORDS:
        return f"{count} records are past the time that they are kept for."


# --- looking
def run_one(one, at):
    """Run one check: its Result. One that fails unexpectedly has found a problem too."""
    try:
        wrong = one.test(at)
    except Exception as error:
        wrong = f"This could not be looked at ({type(error).__name__}): {one.sentence}"
    cure = ""
    if wrong:
        cure = one.cure.replace("{folder}", str(at.folder))
    return Result(not wrong, one.level, wrong or one.sentence, cure, one.group, one.name)


def named(name):
    return next(one for one in CHECKS if one.name == name)


def run(at, levels=(BLOCK, PROBLEM, WARN, NOTE), groups=GROUPS):
    """What the checks of these levels and groups say: [Result]; a full check is kept."""
    before = last_full(at.folder)
    found = []
    for one in CHECKS:
        if one.level in levels and one.group in groups:
            found.append(answer(one, at, before))
    if at.whole and len(found) == len(CHECKS):
        keep_answers(at.folder, found)
    return found


def daily(at):
    """Run all when the last full check is older than a day, or dated in the future."""
    last = at.folder / "check.json"
    moment = now().replace(tzinfo=datetime.UTC).timestamp()
    if not last.exists() or not 0 <= moment - last.stat().st_mtime < DAY.total_seconds():
        with at.database.connection_context():
            run(at)


def answer(one, at, before):
    """What a check says now; a slow one, unless all is looked at, what it said last."""
    if at.whole or not one.slow:
        return run_one(one, at)
    if one.name in before:
        return Result(**before[one.name])
    words = f"Not looked at yet: {one.sentence}"
    return Result(False, NOTE, words, "./portal check", one.group, one.name)


def last_full(folder):
    try:
        return json.loads((folder / "check.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def keep_answers(folder, results):
    """For the Status page; a folder that takes no files is a finding, no failure."""
    answers = {}
    as_of = say_moment(now())
    for result in results:
        answers[result.name] = {**vars(result), "as_of": as_of}
    try:
        new = folder / "check.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(answers, ensure_ascii=False), "utf-8")
        new.replace(folder / "check.json")
    except OSError:
        pass


def ringing(at):
    """What the home page of the technician and the SENCO must say, in sentences."""
    before = last_full(at.folder)
    found = []
    for one in CHECKS:
        if one.alarm:
            result = answer(one, at, before)
            if not result.ok and result.level != NOTE:
                found.append(result.words)
    return found


def exit_code(results):
    bad = {result.level for result in results if not result.ok}
    if bad & {BLOCK, PROBLEM}:
        return 2
    return 1 if WARN in bad else 0


def result_line(result):
    """A result as `portal check` prints it."""
    head = "OK"
    if not result.ok:
        head = {WARN: "WARNING", NOTE: "NOTE"}.get(result.level, "PROBLEM")
    line = f"{head:8} {result.words}"
    if result.cure:
        line += f" [{result.cure}]"
    if result.as_of:
        line += f" (as of {result.as_of})"
    return line
