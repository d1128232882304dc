"""Come here to change what is in a backup, where it goes, and when. `portal-20261124-100000.age`
(UTC) is a tar.gz in the age format: `age -d -i backup.key FILE | tar xz` opens it. Its sidecar
`.json` is written before it gets its name: one with the size that the sidecar says is complete.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import io
import json
import logging
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import click
import portalocker
import pyrage
from peewee import PeeweeException, SqliteDatabase

import config
from audit import log as audit_log
from audit.anchors import write_elsewhere, written_elsewhere
from audit.log import db, now
from models import Setting
from ops import db_dump

AHEAD = datetime.timedelta(minutes=5)  # later than now by more than this: a clock was wrong
ARCHIVE = re.compile(r"portal-(\d{8}-\d{6})\.age")
KEY_WORD = re.compile(r"AGE-SECRET-KEY-\w+", re.I)
STAMP = "%Y%m%d-%H%M%S"
# of the data folder, besides the database
IN_ARCHIVE = ("*.key", "anchors.txt", "files/*", "papers/*.pdf")
TASKS = ("backup", "restore", "drill", "migration")  # each works in a folder of its own
LOCKS = ("portal.lock", "upkeep.lock", *(f"{task}.lock" for task in TASKS))
log = logging.getLogger("portal.backup")
_folder = None


class CannotDo(click.ClickException):
    """What was asked for cannot be done; the text says why, and the cure."""


def set_folder(folder):
    global _folder
    _folder = Path(folder)


def data_folder():
    return _folder


# --- one at a time, and alone
def lock(name, shared=False):
    """Lock a file of the data folder until it is closed; None when another process has it."""
    path = _folder / name
    flags = portalocker.LockFlags
    kind = flags.SHARED if shared and os.name != "nt" else flags.EXCLUSIVE  # Windows cannot share
    try:
        file = open(path, "a+b")  # noqa: SIM115  (open is what keeps the lock)
    except PermissionError:
        raise CannotDo(
            f"{path} is another user's: sudo chown --reference={_folder} {path}"
        ) from None
    try:
        portalocker.lock(file, kind | flags.NON_BLOCKING)
    except portalocker.AlreadyLocked:
        file.close()
        return None
    return file


@contextlib.contextmanager
def exclusive():
    """Keep the portal from running on the data folder meanwhile; raises CannotDo when it does."""
    held = lock("portal.lock")
    if not held:
        raise CannotDo(
            f"The portal is running on {_folder}. Stop it first (Ctrl-C, systemctl stop)."
        )
    with held:
        yield


def run_lock():
    """The lock of a running portal. Raises CannotDo during or after a broken restore or upgrade."""
    unfinished = _folder / "unfinished"
    if unfinished.exists():
        raise CannotDo(unfinished.read_text("utf-8"))
    held = lock("portal.lock", shared=True)
    if not held:
        raise CannotDo(
            "A restore or an upgrade is under way (on Windows: or another portal). Wait for it."
        )
    return held


@contextlib.contextmanager
def work_folder(task):
    """An empty folder for one task, gone afterwards; CannotDo when another process is at it."""
    held = lock(f"{task}.lock")
    if not held:
        raise CannotDo(f"Another {task} is under way. Try again in a minute.")
    with held:
        for old in _folder.glob(f".{task}-*"):
            shutil.rmtree(old, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=f".{task}-", dir=_folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def remove_leftovers():
    """Remove the folders, full of children's records, that killed tasks left behind."""
    for task in TASKS:
        with contextlib.suppress(CannotDo), work_folder(task):
            pass  # it begins by removing them


# --- the key
def own_key():
    """The key of this portal's backups, made at the first start."""
    path = _folder / "backup.key"
    if not path.exists():
        write_key(path, pyrage.x25519.Identity.generate())
    return read_key(path.read_text("utf-8"))


def write_key(path, key):
    path.touch(mode=0o600)
    path.write_text(f"{key}\n", "utf-8")


def read_key(given):
    """The key that somebody gave: its text, or the file that holds it. Raises CannotDo."""
    try:
        if len(given) < 250 and Path(given).is_file():
            given = Path(given).read_text("utf-8")
        return pyrage.x25519.Identity.from_str(KEY_WORD.search(given)[0].upper())
    except (TypeError, UnicodeDecodeError, pyrage.IdentityError):
        raise CannotDo(
            "That is not a recovery key: AGE-SECRET-KEY-1 ..., 74 letters. Check every letter."
        ) from None


KEY_PAPER = """Recovery key of the Learning Pathway portal, printed on {day:%d/%m/%Y}

    {key}

Every backup is locked with this key. Whoever has it and a backup can read every child's record;
without it no backup can be opened, by anybody. Print this sheet twice, put one into the
school's safe and one into a sealed envelope elsewhere, and keep no copy beside the backups.
To restore on a new computer: ./portal restore FILE --key (this key)"""


def key_paper():
    (_folder / "recovery-key.printed").write_text(f"{now()}\n", "utf-8")
    return KEY_PAPER.format(day=now(), key=own_key())


# --- where archives are
def school_settings():
    return ask_database(Setting.of_school, Setting())


def ask_database(question, otherwise):
    """What the database answers; `otherwise` while there is none or it has an older shape."""
    if audit_log.on_sqlite() and not Path(db.obj.database).exists():
        return otherwise  # asking would make the file
    try:
        with db.connection_context() if db.is_closed() else contextlib.nullcontext():
            return question()
    except PeeweeException:
        return otherwise


def folders_named(words):
    lines = map(str.strip, (words or "").splitlines())
    return list(map(Path, filter(None, lines)))


def destination_fault(folder):
    """Why no backup can be put into a folder, in a sentence; None when it can."""
    if not folder.is_absolute():
        return "write the whole path of the folder, from the first / on."
    if not folder.is_dir():
        return "the folder is not there. Is the disk or share connected? Make it once by hand."
    try:
        with tempfile.TemporaryFile(dir=folder) as out:
            out.write(b"x" * 4096)
    except OSError as error:
        return f"nothing can be written ({error.strerror}). Let the portal's own user write there."
    return None


def destinations(settings):
    named = folders_named(settings.backup_places)
    if not named and _folder:
        return [_folder / "backups"]
    return named


def sidecar(path):
    """The sidecar of an archive; empty when there is none that can be read."""
    try:
        read = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def archives(folder):
    """The complete archives in a folder, newest first: [(moment in UTC, path)]."""
    found = []
    try:
        for path in sorted(folder.iterdir(), reverse=True):
            named = ARCHIVE.fullmatch(path.name)
            if named and sidecar(path).get("size") == path.stat().st_size:
                found.append((datetime.datetime.strptime(named[1], STAMP), path))
    except OSError:
        return []
    return found


def all_archives(settings):
    found = []
    for folder in destinations(settings):
        found += archives(folder)
    return found


def is_ahead(moment):
    return moment > now() + AHEAD


def newest_backup(settings):
    """The newest complete backup: (moment in UTC, path), or None.

    One of the future, made while the clock was ahead, counts only when there is no other.
    """
    found = all_archives(settings)
    past = [one for one in found if not is_ahead(one[0])]
    return max(past or found, default=None)


def between_backups(settings):
    return datetime.timedelta(hours=max(1, float(settings.backup_hours or 24)))


def last_drill():
    for paper in sorted((_folder / "drills").glob("drill-*.txt"), reverse=True):
        moment = datetime.datetime.strptime(paper.stem, f"drill-{STAMP}")
        if not is_ahead(moment) and paper.read_text("utf-8").rstrip().endswith("PASSED"):
            return moment
    return None


# --- anchors of the audit log
def daily_anchors():
    if _folder:
        return audit_log.read_anchors(_folder / "anchors.txt")
    return []


def settled_now():
    """Now, or the last daily anchor but one: ages that delete something count from here, so that
    one wrong reading of the clock deletes nothing.
    """
    if _folder is None:
        return now()
    anchors = daily_anchors()
    if len(anchors) < 2:
        return datetime.datetime(2000, 1, 1)
    return min(now(), audit_log.moment_of(anchors[-2]).replace(tzinfo=None))


def every_anchor():
    """The anchors of the data folder, the sidecars and the second place, oldest first."""
    settings = school_settings()
    known = {*daily_anchors(), *written_elsewhere(settings)}
    for _, path in all_archives(settings):
        known.add(audit_log.anchor_of(sidecar(path).get("anchor")))
    return sorted(known - {None}, key=lambda anchor: anchor.at)


def valid_anchors():
    """Every anchor but those of a time that a restore took back."""
    undone = restores()
    found = []
    for anchor in every_anchor():
        if not any(was_undone(anchor, *times) for times in undone):
            found.append(anchor)
    return found


def was_undone(anchor, made, restored, last):
    """Whether an anchor was made between a backup and its restore."""
    if made > restored:  # the clock was ahead as the backup was made: its rows tell
        return last is not None and anchor.last > last and anchor.at <= restored
    return made < anchor.at <= restored


def restores():
    """What restores took back: [(backup made, restored, its last audit row)]."""
    entry = audit_log.AuditEntry
    found = []
    for row in ask_database(lambda: list(entry.select().where(entry.act == "restored")), ()):
        last = int(row.after) if row.after.isdecimal() else None
        found.append((row.before, f"{row.at:{audit_log.STAMP}}", last))
    return found


# --- making one
def backup(settings=None):
    """Make an archive in every destination: (paths, problems). Raises CannotDo without any."""
    settings = settings or school_settings()
    done = []
    problems = []
    with work_folder("backup") as work:
        try:
            path = assemble(work)
        except (OSError, sqlite3.Error, PeeweeException) as error:
            raise CannotDo(
                f"No backup could be made: {reason(error)}. Is there room on the disk of {_folder}?"
            ) from error
        for folder in destinations(settings):
            try:
                done.append(copy_to(path, folder))
                prune(folder, int(settings.backups_kept or 0))
            except (OSError, CannotDo) as error:
                problems.append(f"No backup in {folder}: {reason(error)}")
    if not done:
        raise CannotDo(" ".join(problems))
    return done, problems


def reason(error):
    """What an error says, without words that may be a child's."""
    if isinstance(error, CannotDo):
        return error.message
    return getattr(error, "strerror", None) or type(error).__name__


def assemble(work):
    """Make an archive and its sidecar in a folder; gives its path."""
    copy = work / "portal.db"
    db_dump.snapshot(db.obj, copy)
    errors = db_dump.integrity_errors(copy)
    if errors:
        raise CannotDo(
            "The database is damaged: no backup was made, the earlier ones are kept. "
            + " ".join(errors[:3])
        )
    made = now()
    manifest = describe_copy(copy)
    manifest["at"] = f"{made:{audit_log.STAMP}}"
    bundle = work / "set.tar.gz"
    pack(bundle, copy, manifest)
    path = work / f"portal-{made:{STAMP}}.age"
    pyrage.encrypt_file(str(bundle), str(path), [own_key().to_public()])
    note = {name: manifest[name] for name in ("at", "version", "anchor")}
    note |= {"size": path.stat().st_size, "sha256": sha_of(path)}
    path.with_suffix(".json").write_text(json.dumps(note, indent=1), "utf-8")
    return path


def describe_copy(copy):
    """The manifest of a copied database, as yet without files."""
    with reading(copy) as tables:
        return {
            "version": config.version(),
            "schema": db_dump.applied(tables),
            "tables": db_dump.fingerprints(tables),
            "anchor": head_of(tables),
            "files": {},
        }


def pack(bundle, copy, manifest):
    """Archive the database, the keys and the files, and last the manifest with their hashes."""
    with tarfile.open(bundle, "w:gz", compresslevel=6) as archive:
        archive.add(copy, "portal.db")
        for path in files_in(_folder):
            if path.name == "backup.key":
                continue
            name = path.relative_to(_folder).as_posix()
            with contextlib.suppress(FileNotFoundError):  # a replaced file may go at this moment
                data = path.read_bytes()
                add(archive, name, data)
                manifest["files"][name] = hashlib.sha256(data).hexdigest()
        add(archive, "manifest.json", json.dumps(manifest).encode())


def files_in(folder):
    found = []
    for pattern in IN_ARCHIVE:
        found += [path for path in folder.glob(pattern) if path.is_file()]
    return sorted(found)


def add(archive, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mtime = int(time.time())
    entry.mode = 0o600
    archive.addfile(entry, io.BytesIO(data))


@contextlib.contextmanager
def reading(path):
    database = SqliteDatabase(str(path))
    with database.connection_context():
        yield database


def head_of(tables):
    if "link" not in db_dump.columns(tables, "audit_entry"):  # before its audit log had a chain
        return None
    return dataclasses.asdict(audit_log.head(tables))


def sha_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_to(path, folder):
    """Copy an archive and its sidecar into a folder, read it back, and give it its name last."""
    if folder == _folder / "backups":
        folder.mkdir(mode=0o700, exist_ok=True)
    fault = destination_fault(folder)
    if fault:
        raise CannotDo(fault)
    for old in folder.glob(".portal-*.part"):
        old.unlink()
    part = folder / f".{path.name}.part"
    end = folder / path.name
    try:
        copy_synced(part, path)
        if sha_of(part) != sidecar(path)["sha256"]:
            raise CannotDo("what was written reads back differently. Do not trust this disk.")
        copy_synced(end.with_suffix(".json"), path.with_suffix(".json"))
        part.rename(end)
    finally:
        part.unlink(missing_ok=True)
    return end


def copy_synced(end, path):
    """Copy a file and wait until it is on the disk."""
    with open(path, "rb") as source, open(end, "wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def prune(folder, days):
    """Remove old archives, after a new one was read back.

    Of the newest day every archive stays, and of so many days before it the last one.
    """
    # later ones are neither counted nor removed: a clock was wrong, or it was a holiday
    limit = settled_now() + datetime.timedelta(days=2)
    by_day = {}
    for moment, path in archives(folder):  # newest first
        if moment < limit:
            by_day.setdefault(moment.date(), []).append(path)
    for number, paths in enumerate(list(by_day.values())[1:], 1):
        kept = 1 if number <= days else 0
        for path in paths[kept:]:
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)


# --- by itself
def start_scheduler(*tasks):
    """Do these tasks every ten minutes; of several processes on one folder only one does them."""
    own_key()
    remove_leftovers()  # not beside the first backup: both need its lock
    threading.Thread(target=_schedule, args=tasks, name="upkeep", daemon=True).start()


def _schedule(*tasks):
    held = None
    while True:
        held = held or lock("upkeep.lock")
        if held:
            for task in tasks:
                attempt(task)
        time.sleep(600)


def attempt(task):
    try:
        task()
    except Exception as error:  # noqa: BLE001  (the thread must live as long as the portal)
        log.error("The automatic backup or check failed: %s", reason(error))


def run_due():
    """Write the day's anchor, and make a backup when the newest is older than the settings say."""
    settings = school_settings()
    newest = newest_backup(settings)
    with db.connection_context():
        audit_log.write_anchor(_folder / "anchors.txt")
        try:
            write_elsewhere(settings)
        except OSError as error:
            log.error("No anchor was added in the second place: %s", error.strerror)
    if newest and not is_ahead(newest[0]) and now() - newest[0] < between_backups(settings):
        return
    for problem in backup(settings)[1]:
        log.warning(problem)
