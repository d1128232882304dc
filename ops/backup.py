"""Backups: made by themselves and by command, kept in several places, found again.

Come here to change what is in a backup set, where sets go, and when. `ops/restore.py` opens them
again. A set is one file `portal-20261124-100000.age` (UTC), encrypted with the key in `backup.key`
in the age format (age-encryption.org): `age -d -i backup.key FILE | tar xz` opens it without this
program. Beside it lies a note `.json` without any words about a child; it is written first, and the
set gets its name last, so that what has both names and the size of the note is complete.
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
import pyrage
from peewee import PeeweeException, SqliteDatabase

import config
from audit import log as audit_log
from audit.anchors import write_elsewhere, written_elsewhere
from audit.log import db, now
from models import Setting
from ops import db_dump

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None

MIGRATIONS = config.HERE / "migrations"
# a moment that is later than this from now is of a wrong clock
AHEAD = datetime.timedelta(minutes=5)
# seconds between two looks whether a backup is due
LOOK_EVERY = 600
SET = re.compile(r"portal-(\d{8}-\d{6})\.age")
STAMP = "%Y%m%d-%H%M%S"
# of the data folder, besides the database
IN_SET = ("*.key", "anchors.txt", "files/*")
log = logging.getLogger("portal.upkeep")
# while it runs; then one for each task with a work folder
LOCKS = (
    "portal.lock",
    "upkeep.lock",
    "backup.lock",
    "restore.lock",
    "drill.lock",
    "migration.lock",
)
_folder = None


class CannotDo(click.ClickException):
    """What was asked for cannot be done; its text is a sentence for the person at the keyboard."""


def set_folder(folder):
    """Set the data folder that is looked after."""
    global _folder
    _folder = Path(folder)


def data_folder():
    """The data folder that is looked after."""
    return _folder


# --- one at a time, and alone
def lock(name, share=False):
    """Lock a file of the data folder until it is closed or the program ends; None when another
    process has it.
    """
    try:
        file = open(_folder / name, "a+b")  # noqa: SIM115  (open is what keeps the lock)
    except PermissionError:
        raise CannotDo(
            f"{_folder / name} cannot be written by this user: another one made it. As the"
            f" administrator: chown --reference={_folder} {_folder / name}"
        ) from None
    try:
        if fcntl:
            fcntl.flock(file, (fcntl.LOCK_SH if share else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        else:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError:
        file.close()
        return None
    return file


@contextlib.contextmanager
def exclusive():
    """Keep the portal from running on the data folder meanwhile; raises CannotDo when it does."""
    held = lock("portal.lock")
    if not held:
        raise CannotDo(
            f"The portal is running on {_folder}. Stop it first (Ctrl-C, or systemctl stop), then"
            " give this command again."
        )
    with held:
        yield


def run_lock():
    """Before the portal starts: refuse after an interrupted restore or upgrade, keep both away
    while it runs, begin the automatic backups.
    """
    unfinished = _folder / "unfinished"
    if unfinished.exists():
        raise CannotDo(unfinished.read_text("utf-8"))
    held = lock("portal.lock", share=True)
    if not held and fcntl:
        raise CannotDo(
            "A restore or an upgrade is under way on this data folder. Wait until it is done."
        )
    return held


@contextlib.contextmanager
def work_folder(task):
    """An empty folder for one task, in the data folder, gone afterwards; what a killed run left
    behind goes first.

    Raises CannotDo when another process is at the same task.
    """
    with lock(f"{task}.lock") or contextlib.nullcontext() as held:
        if not held:
            raise CannotDo(f"Another {task} is under way at this moment. Try again in a minute.")
        for old in _folder.glob(f".{task}-*"):
            shutil.rmtree(old, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=f".{task}-", dir=_folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def remove_leftovers():
    """Take away what killed tasks left behind: their work folders, and halves of sets in the places
    for backups.
    """
    if _folder is None:
        return
    for name in LOCKS[2:]:
        task = name.removesuffix(".lock")
        with lock(name) or contextlib.nullcontext() as held:
            for old in _folder.glob(f".{task}-*") if held else ():
                shutil.rmtree(old, ignore_errors=True)
            if held and task == "backup":
                remove_partial_copies()


def remove_partial_copies():
    """Take the halves of sets away that a killed backup left; a place that cannot be reached keeps
    its own.
    """
    for place in destinations(school_settings()):
        with contextlib.suppress(OSError):
            for old in place.glob(".portal-*.part"):
                old.unlink()


# --- the key
def own_key():
    """The key of this portal's backups, made at the first start."""
    path = _folder / "backup.key"
    if not path.exists():
        write_key(path, pyrage.x25519.Identity.generate())
    return read_key(path.read_text("utf-8"))


def write_key(path, key):
    """Keep a key in a file that only the owner can read."""
    path.touch(mode=0o600)
    path.write_text(f"{key}\n", "utf-8")


def read_key(said):
    """The key that somebody gave: its text, or the file that holds it."""
    try:
        said = Path(said).read_text("utf-8") if len(said) < 250 and Path(said).is_file() else said
        return pyrage.x25519.Identity.from_str(
            next(w for w in said.split() if w.upper().startswith("AGE-SECRET-KEY-")).upper()
        )
    except (StopIteration, UnicodeDecodeError, pyrage.IdentityError):
        raise CannotDo(
            "That is not a recovery key. It begins with AGE-SECRET-KEY-1 and has 74 letters; check"
            " it letter by letter."
        ) from None


def key_paper():
    """The key with the words that belong on the sheet for the school's safe."""
    path, printed = _folder / "backup.key", _folder / "recovery-key.printed"
    own_key()
    printed.write_text(f"{now()}\n", "utf-8")
    return (
        f"Recovery key of the Learning Pathway portal, printed on {now():%d/%m/%Y}\n\n   "
        f" {path.read_text('utf-8').strip()}\n\nEvery backup is locked with this key. Whoever has"
        " it and a backup can read every child's record; without it no backup can be\nopened, by"
        " anybody. Print this sheet twice, put one into the school's safe and one into a sealed"
        " envelope elsewhere, and keep no\ncopy beside the backups. To restore on a new computer:"
        " ./portal restore FILE --key (this key)"
    )


# --- the places
def school_settings():
    """The settings, or the defaults while there is no database or it has an older shape."""
    return ask_database(Setting.of_school, Setting())


def ask_database(question, otherwise):
    """What the database answers; `otherwise` while there is none, which asking would make, or while
    it has an older shape.
    """
    if audit_log.on_sqlite() and not Path(db.obj.database).exists():
        return otherwise
    try:
        with db.connection_context() if db.is_closed() else contextlib.nullcontext():
            return question()
    except PeeweeException:
        return otherwise


def folders_named(words):
    """The folders for backups that somebody wrote, one a line."""
    return [Path(line.strip()) for line in (words or "").splitlines() if line.strip()]


def destination_fault(place):
    """Why no backup can be put into a folder, in a sentence; None when it can."""
    if not place.is_absolute():
        return "write the whole path of the folder, from the first / on."
    if not place.is_dir():
        return (
            "the folder is not there. Is the disk or share connected? Make the folder once by hand."
        )
    try:
        with tempfile.TemporaryFile(dir=place) as out:
            out.write(b"x" * 4096)
    except OSError as error:
        return (
            f"nothing can be written there ({error.strerror}). Let the portal's own user write"
            " there."
        )
    return None


def destinations(settings):
    """The folders that backups go to: those of the settings; the data folder's own `backups` when
    none is named.
    """
    named = folders_named(settings.backup_places)
    return named or ([_folder / "backups"] if _folder else [])


def sidecar(path):
    """The note beside a set, as a dict; empty when there is none that can be read."""
    try:
        said = json.loads(path.with_suffix(".json").read_text("utf-8"))
        return said if isinstance(said, dict) else {}
    except (OSError, ValueError):
        return {}


def archives(place):
    """The complete sets in a place, newest first: [(moment in UTC, path)]."""
    try:
        found = sorted((p for p in place.iterdir() if SET.fullmatch(p.name)), reverse=True)
        return [(moment_of(p), p) for p in found if sidecar(p).get("size") == p.stat().st_size]
    except OSError:
        return []


def moment_of(path):
    """When a set was made (UTC), by its name."""
    return datetime.datetime.strptime(SET.fullmatch(path.name)[1], STAMP)


def is_ahead(moment):
    """Whether a moment lies in the future: a clock was wrong when it was written down, or is wrong
    now.
    """
    return moment > now() + AHEAD


def newest_backup(settings):
    """The newest complete backup of all places: (moment in UTC, its folder), or None.

    One that is dated in the future counts only when there is no other: it was made while the clock
    was ahead.
    """
    found = [(moment, place) for place in destinations(settings) for moment, _ in archives(place)]
    past = [one for one in found if not is_ahead(one[0])]
    return max(past or found, default=None)


def dated_ahead(settings):
    """The backups that are dated in the future."""
    return [
        path
        for place in destinations(settings)
        for moment, path in archives(place)
        if is_ahead(moment)
    ]


def between_backups(settings):
    """How long after a backup the next one is due."""
    return datetime.timedelta(hours=max(1, float(settings.backup_hours or 24)))


def settled_now():
    """A moment that is surely not ahead of the true time: this one, or the anchor of the day before
    the last, if earlier.

    What is deleted for its age is measured from here, so that one wrong reading of the clock
    deletes nothing.
    """
    if _folder is None:
        return now()
    days = [datetime.datetime.strptime(mark.at, audit_log.STAMP) for mark in daily_anchors()[-2:]]
    if len(days) < 2:
        return datetime.datetime(2000, 1, 1)
    return min(now(), days[0])


def newest_archive(settings):
    """The path of the newest complete set; raises CannotDo when there is none."""
    found = newest_backup(settings)
    if not found:
        where = ", ".join(map(str, destinations(settings)))
        raise CannotDo(
            f"There is no complete backup in {where}. Name the file, or make one with the command"
            " backup."
        )
    return found[1] / f"portal-{found[0]:{STAMP}}.age"


def valid_anchors():
    """The anchors of the audit trail that were written down outside the database, oldest first.

    Those of a time that a restore took back are left out.
    """
    undone = restores()
    return [a for a in every_anchor() if not any(was_undone(a, *one) for one in undone)]


def was_undone(anchor, start, end, last):
    """Whether an anchor is of a time that a restore took back.

    By its rows when the clock was ahead as the backup was made.
    """
    if start > end:
        return last is not None and anchor.last > last and anchor.at <= end
    return start < anchor.at <= end


def every_anchor():
    """All anchors that were written down: data folder, notes of backups, second place."""
    settings = school_settings()
    noted = [
        sidecar(path).get("anchor")
        for place in destinations(settings)
        for _, path in archives(place)
    ]
    known = {*daily_anchors(), *written_elsewhere(settings), *map(audit_log.anchor_of, noted)}
    return sorted(known - {None}, key=lambda anchor: anchor.at)


def daily_anchors():
    """The anchors that were written down in the data folder."""
    return audit_log.read_anchors(_folder / "anchors.txt") if _folder else []


def restores():
    """The times that restores took back: [(the backup was made, it was restored, its last audit
    row)], as the anchors write them.
    """
    rows = ask_database(
        lambda: list(audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "restored")),
        (),
    )
    return [
        (
            row.before,
            f"{row.at:{audit_log.STAMP}}",
            int(row.after) if row.after.isdecimal() else None,
        )
        for row in rows
    ]


def last_drill():
    """When a drill last passed (UTC), or None."""
    papers = sorted((_folder / "drills").glob("drill-*.txt"), reverse=True) if _folder else []
    for paper in papers:
        moment = datetime.datetime.strptime(paper.stem, f"drill-{STAMP}")
        if not is_ahead(moment) and paper.read_text("utf-8").rstrip().endswith("PASSED"):
            return moment
    return None


def age_of(moment):
    """How long ago a moment was, in words."""
    minutes = int((now() - moment).total_seconds() // 60)
    return (
        f"{minutes} minutes old"
        if minutes < 120
        else f"{minutes // 60} hours old"
        if minutes < 2880
        else f"{minutes // 1440} days old"
    )


# --- making one
def backup(settings=None):
    """Make one set and put it in every place: (paths written, what went wrong in sentences). Raises
    CannotDo when there is none.
    """
    settings = settings or school_settings()
    with work_folder("backup") as work:
        try:
            path, problems = assemble(work)
        except (OSError, sqlite3.Error, PeeweeException) as error:
            raise CannotDo(
                "No backup could be made:"
                f" {getattr(error, 'strerror', None) or type(error).__name__}. Is there room on the"
                f" disk of {_folder}?"
            ) from error
        note, done = sidecar(path), []
        for place in destinations(settings):
            try:
                done.append(copy_to(path, note, place))
                prune(place, int(settings.backups_kept or 0))
            except (OSError, CannotDo) as error:
                problems.append(
                    f"No backup in {place}: {getattr(error, 'strerror', None) or error}"
                )
    if not done:
        raise CannotDo(" ".join(problems))
    return done, problems


def assemble(work):
    """Make a set and its note in the folder `work`: (its path, what is amiss with the data in
    sentences).
    """
    copy, bundle = work / "portal.db", work / "set.tar.gz"
    db_dump.snapshot(db.obj, copy, MIGRATIONS)
    if found := db_dump.integrity_errors(copy):
        raise CannotDo(
            "The database is damaged, so no backup was made of it; the earlier ones are kept. "
            + " ".join(found[:3])
        )
    with reading(copy) as tables:
        manifest = {
            "version": config.version(),
            "schema": db_dump.applied(tables),
            "tables": db_dump.fingerprints(tables),
            "anchor": head_of(tables),
            "files": {},
        }
        named = names_of_files(tables)
    at = now()
    manifest["at"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    pack(bundle, copy, manifest)
    path = work / f"portal-{at:{STAMP}}.age"
    pyrage.encrypt_file(str(bundle), str(path), [own_key().to_public()])
    note = {n: manifest[n] for n in ("at", "version", "anchor")} | {
        "size": path.stat().st_size,
        "sha256": sha_of(path),
        "rows": sum(total for total, _ in manifest["tables"].values()),
    }
    path.with_suffix(".json").write_text(json.dumps(note, indent=1), "utf-8")
    lost = [n for n in named if f"files/{n}" not in manifest["files"]]
    return path, [
        f"{len(lost)} files of documents are not in the folder `files`; the rest is backed up."
    ] * bool(lost)


def pack(bundle, copy, manifest):
    """Put the copy of the database, the keys and the files into one archive, and last the manifest,
    which gets their hashes.
    """
    with tarfile.open(bundle, "w:gz", compresslevel=6) as archive:
        archive.add(copy, "portal.db")
        for path in sorted(
            p
            for pattern in IN_SET
            for p in _folder.glob(pattern)
            if p.is_file() and p.name != "backup.key"
        ):
            name = path.relative_to(_folder).as_posix()
            # a replaced file may go at this moment
            with contextlib.suppress(FileNotFoundError):
                add(archive, name, data := path.read_bytes())
                manifest["files"][name] = hashlib.sha256(data).hexdigest()
        add(archive, "manifest.json", json.dumps(manifest).encode())


def add(archive, name, data):
    """Put some bytes into an archive under a name."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
    archive.addfile(entry, io.BytesIO(data))


@contextlib.contextmanager
def reading(path):
    """An SQLite file, open for reading its tables."""
    database = SqliteDatabase(str(path))
    with database.connection_context():
        yield database


def head_of(tables):
    """The anchor of a copied database; None when its audit trail had no chain yet."""
    if "link" not in db_dump.columns(tables, "audit_entry"):
        return None
    return dataclasses.asdict(audit_log.head(tables))


def names_of_files(tables):
    """The files that the documents of a copied database name."""
    return [name for (name,) in db_dump.rows(tables, "document", ["stored_as"]) if name]


def sha_of(path):
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_to(path, note, place):
    """Copy a set and its note into a place, read it back, and give it its name last; gives its path
    there.
    """
    if place == _folder / "backups":
        place.mkdir(mode=0o700, exist_ok=True)
    if fault := destination_fault(place):
        raise CannotDo(fault)
    part, end = place / f".{path.name}.part", place / path.name
    for old in place.glob(".portal-*.part"):
        old.unlink()
    try:
        copy_synced(part, path)
        if sha_of(part) != note["sha256"]:
            raise CannotDo("what was written there reads back differently. Do not trust this disk.")
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


def prune(place, days):
    """Take old sets away; called after a new one was written and read back, so that a good one
    always stays.

    Of the newest day every set stays, and of so many days before it the last one. A set that is
    dated long after what is surely past is neither counted nor taken away: a clock was wrong, or
    the portal runs again after a holiday.
    """
    by_day, limit = {}, settled_now() + datetime.timedelta(days=2)
    for moment, path in archives(place):  # newest first
        if moment < limit:
            by_day.setdefault(moment.date(), []).append(path)
    before = list(by_day.values())[1:]
    old = [path for paths in before for path in paths[1:]] + [paths[0] for paths in before[days:]]
    for path in old:
        path.unlink()
        path.with_suffix(".json").unlink(missing_ok=True)


# --- by itself
def start_scheduler(*tasks):
    """Do these tasks every ten minutes for as long as the portal runs; of several processes on one
    folder only one does them.
    """
    own_key()
    threading.Thread(target=_watch, args=tasks, name="upkeep", daemon=True).start()


def _watch(*tasks):
    held = None
    while True:
        held = held or lock("upkeep.lock")
        for task in tasks if held else ():
            attempt(task)
        time.sleep(LOOK_EVERY)


def attempt(task):
    """Do a task that looks after the portal; when it fails, a line of the log says so, and the next
    one is done all the same.
    """
    try:
        task()
    except Exception as error:  # noqa: BLE001  (the thread must live as long as the portal)
        log.error(
            "The automatic backup or check failed: %s",
            error if isinstance(error, CannotDo) else type(error).__name__,
        )


def run_due():
    """One look: the day's anchor, and a backup when the newest is older than the settings say."""
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
