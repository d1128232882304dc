"""Come here to change how a backup is opened and compared, what the program must show on it, or the
certificate of a drill. A new process brings an opened backup up to date and looks at it
(`run_smoke_checks`), so that nothing of the running portal is touched.
"""

import datetime
import errno
import functools
import http.cookies
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zlib
from pathlib import Path, PurePosixPath

import pyrage
from markupsafe import escape

import config
import models
import people
import workflow
from audit import log as audit_log
from audit import verify
from audit.log import acting_as, db, now
from ops import backup, db_dump, logs, numbering
from ops.backup import STAMP, CannotDo
from papers import printing
from records.dates import say_moment
from records.questions import SENCO

GIVE_KEY = "--key AGE-SECRET-KEY-1..."
# one of them is in every data folder
OURS = ("portal.db", "backup.key", "audit.key", "backups", "files", "unfinished", *backup.LOCKS)
USE_ANOTHER = "Use another backup."
WAY_ON = (
    'Use another backup. If there is none: ./portal restore FILE --accept "why" puts it back all'
    " the same, and writes what is wrong into the audit trail and into a file."
)
# when a restore clears the data folder
STAYS = ("backups", "drills", "backup.key", "*.lock", "unfinished", "before-*", "accepted-*", ".*")
UNREADABLE = (pyrage.DecryptError, OSError, tarfile.TarError, EOFError, zlib.error, ValueError)
PAPERS = 5  # a drill prints so many, each of another kind


# --- opening one
def unpack(path, key, into, anyway=False):
    """Open an archive into a folder: (its manifest, where it differs from that in sentences).

    Raises CannotDo; `anyway`: not for what differs.
    """
    if not path.is_file():
        raise CannotDo(f"There is no file {path}.")
    note = backup.sidecar(path)
    size = path.stat().st_size
    if size < note.get("size", 0):
        raise CannotDo(f"{path.name} is cut off: {size:,} of {note['size']:,} bytes. {USE_ANOTHER}")
    if note and not anyway and backup.sha_of(path) != note.get("sha256"):
        raise CannotDo(f"{path.name} was changed or damaged: its check sum differs. {USE_ANOTHER}")
    bundle = into / "set.tar.gz"
    try:
        pyrage.decrypt_file(str(path), str(bundle), [key])
        with tarfile.open(bundle) as archive:
            unpack_entries(archive, into)
        manifest = json.loads((into / "manifest.json").read_bytes())
    except UNREADABLE as error:
        raise CannotDo(why_shut(path.name, error)) from None
    bundle.unlink()
    found = differences(into, manifest)
    if found and not anyway:
        words = " ".join(found[:5])
        raise CannotDo(f"{path.name} does not hold what its list says. {words} {WAY_ON}")
    return manifest, found


def unpack_entries(archive, into):
    """Write the files of an archive into a folder, readable by the owner only.

    Raises CannotDo for an entry that no backup has (Python 3.11.2 cannot filter), or OSError.
    """
    for entry in archive:
        target = into / entry.name
        if not is_of_a_backup(entry) or target.exists():
            raise CannotDo(
                "This file has something that no backup of the portal has. Nothing of it was used."
            )
        if entry.size > shutil.disk_usage(into).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.touch(mode=0o600)
        with archive.extractfile(entry) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def is_of_a_backup(entry):
    """Whether an entry is a plain file under a name that `backup.pack` gives."""
    if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():
        return False
    path = PurePosixPath(entry.name)
    # ./a, a//b; on Windows a\b
    if path.as_posix() != entry.name or Path(entry.name).name != path.name:
        return False
    if len(path.parts) == 2:
        return path.parts[0] in ("files", "papers") and path.name != ".."
    if len(path.parts) != 1 or path.name == "backup.key":
        return False
    return path.name in ("portal.db", "manifest.json", "anchors.txt") or path.name.endswith(".key")


def why_shut(name, error):
    if "No matching keys" in str(error):
        return f"This key does not open {name}. Give the key of the portal that made it: {GIVE_KEY}"
    if getattr(error, "errno", None):
        return f"{name} could not be unpacked: {error.strerror}."
    return f"{name} is cut off or was changed: it does not open. {USE_ANOTHER}"


def differences(folder, manifest):
    """Where an opened archive differs from its manifest, in sentences."""
    files = {}
    for path in backup.files_in(folder):
        files[path.relative_to(folder).as_posix()] = backup.sha_of(path)
    with backup.reading(folder / "portal.db") as tables:
        there = db_dump.fingerprints(tables)
    found = [*differing("file", files, manifest["files"])]
    found += differing("table", there, manifest["tables"])
    return found + db_dump.integrity_errors(folder / "portal.db")


def differing(kind, there, wanted):
    for name in sorted(there.keys() | wanted):
        if there.get(name) != wanted.get(name):
            yield f"The {kind} {name} differs."


def write_anchors_before(work, manifest):
    """Put into an opened backup the anchors from before it, against which its audit log is held."""
    own = audit_log.anchor_of(manifest["anchor"])
    chosen = set()
    for anchor in (*backup.valid_anchors(), own):
        if anchor and is_before(anchor, manifest):
            chosen.add(anchor)
    chosen = sorted(chosen, key=lambda anchor: anchor.at)
    audit_log.write_anchors(work / "anchors.txt", chosen)


def is_before(anchor, manifest):
    if backup.is_ahead(made_at(manifest)) and manifest["anchor"]:  # the clock was ahead
        return anchor.last <= manifest["anchor"]["last"]
    return anchor.at <= manifest["at"]


def made_at(manifest):
    return datetime.datetime.fromisoformat(manifest["at"].rstrip("Z"))


def find_archive(path):
    """The file that was asked for, the newest archive of a folder, or the newest of all."""
    if not path:
        settings = backup.school_settings()
        newest = backup.newest_backup(settings)
        if not newest:
            where = ", ".join(map(str, backup.destinations(settings)))
            raise CannotDo(f"There is no complete backup in {where}. Name the file, or make one.")
        return newest[1]
    inside = backup.archives(Path(path))
    found = inside[0][1] if inside else Path(path)
    if not found.is_file():
        raise CannotDo(f"There is no file {found}.")
    return found


# --- restoring
def restore(path=None, to=None, key=None, accept=""):
    """Put a backup into the data folder, or into `to`: sentences. Raises CannotDo.

    All is opened, compared, brought up to date and looked at before the first old file moves aside.
    accept: why a backup with faults is put back all the same; they are written down
    """
    path = find_archive(path)
    folder = backup.data_folder()
    if to:
        folder = Path(to).absolute()
    if not key and not (folder / "backup.key").exists():
        raise CannotDo(f"{folder} has no key. Give the one from the school's safe: {GIVE_KEY}")
    key = backup.read_key(key or str(folder / "backup.key"))
    is_new = take_folder(folder)
    backup.set_folder(folder)
    try:
        return put_in(path, folder, key, accept)
    finally:
        if is_new and not (folder / "portal.db").exists():
            shutil.rmtree(folder, ignore_errors=True)


def take_folder(folder):
    """Make the folder that a backup goes into, private; whether it is new.

    Raises CannotDo when it holds something else, which a restore would move aside.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        return True
    if not folder.is_dir():
        raise CannotDo(f"{folder} is no folder. Name a new one: it is made.")
    if any(folder.iterdir()) and not any((folder / name).exists() for name in OURS):
        raise CannotDo(f"{folder} holds what is not the portal's. Name a new folder: it is made.")
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return False


def put_in(path, folder, key, accept):
    """Open a backup, look at it and put it into our folder: what was done, in sentences."""
    with backup.exclusive(), backup.work_folder("restore") as work:
        manifest, found = unpack(path, key, work, anyway=bool(accept))
        refuse_newer(manifest)
        (work / "manifest.json").unlink()
        write_anchors_before(work, manifest)
        seen = verify_in_subprocess(work, restored=manifest["at"], accept=accept, found=found)
        if seen["problems"]:
            words = " ".join(seen["problems"][:5])
            way_on = "" if accept else WAY_ON
            raise CannotDo(f"{path.name} was not restored, nothing was changed. {words} {way_on}")
        aside = swap(work, folder, key)
    done = [f"Restored {path.name} into {folder}.", *seen["seen"], "Everybody must sign in again."]
    if aside:
        done.append(f"What was there before is kept in {aside}; delete it when you can.")
    if seen.get("accepted"):
        file = write_accepted(folder, path.name, seen["accepted"], accept)
        done.append(f"Accepted, for this reason: {accept}. Give your data protection lead {file}.")
    return done


def write_accepted(folder, name, found, why):
    path = folder / f"accepted-{now():{STAMP}}.txt"
    path.touch(mode=0o600)
    title = f"Restored from {name} on {say_moment(now())} although:"
    path.write_text("\n".join([title, *found, f"Reason: {why}", ""]), "utf-8")
    return path


def refuse_newer(manifest):
    known = {path.stem for path in config.MIGRATIONS.glob("*.py")}
    if set(manifest["schema"]) - known:
        raise CannotDo(
            f"This backup is of version {manifest['version']}, with questions that this version"
            f" ({config.version()}) does not know. Bring the program to that version first."
        )


def swap(work, folder, key):
    """Move the old content of the data folder aside and the new in; where the old is, or None."""
    old = [path for path in folder.iterdir() if not any(map(path.match, STAYS))]
    own_key = folder / "backup.key"
    if own_key.exists() and str(backup.own_key()) != str(key):
        old.append(own_key)
    unfinished = folder / "unfinished"
    unfinished.write_text("A restore was interrupted. Give the command restore again.", "utf-8")
    aside = folder / f"before-restore-{now():{STAMP}}"
    aside.mkdir(mode=0o700, exist_ok=True)
    for path in old:
        path.replace(aside / path.name)  # with the -wal and -shm, which must not be replayed
    for path in list(work.iterdir()):
        path.replace(folder / path.name)
    if not own_key.exists():
        backup.write_key(own_key, key)
    unfinished.unlink()
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None


# --- drill
def drill(path=None, key=None):
    """Try the newest backup out elsewhere: (passed, the certificate). CannotDo without a backup."""
    began = time.monotonic()
    path = find_archive(path)
    lines = [f"Restore drill, {say_moment(now())}", "", f"Backup    {path}"]
    seen = {"problems": [], "seen": []}
    with backup.work_folder("drill") as work:
        try:
            key = backup.read_key(key) if key else backup.own_key()
            manifest, _ = unpack(path, key, work)
            lines += describe(manifest)
            write_anchors_before(work, manifest)
            seen = verify_in_subprocess(work, drill=True)
        except CannotDo as error:
            seen["problems"].append(error.message)
    lines += seen["seen"]
    lines += [f"WRONG     {problem}" for problem in seen["problems"]]
    lines += [f"Took      {time.monotonic() - began:.1f} seconds", ""]
    lines.append("FAILED" if seen["problems"] else "PASSED")
    certificate = "\n".join(lines) + "\n"
    drills = backup.data_folder() / "drills"
    drills.mkdir(mode=0o700, exist_ok=True)
    (drills / f"drill-{now():{STAMP}}.txt").write_text(certificate, "utf-8")
    return not seen["problems"], certificate


def describe(manifest):
    tables = manifest["tables"]
    total = sum(rows for rows, _ in tables.values())
    return [
        f"Made      {say_moment(made_at(manifest))} by version {manifest['version']}",
        f"Database  sound; {len(tables)} tables, {total:,} rows, {len(manifest['files'])} files and"
        " keys: every count and hash as in its list",
    ]


# --- the program, on a backup that was opened
def verify_in_subprocess(folder, **how):
    """What `run_smoke_checks` gives in a new process."""
    command = [sys.executable, str(config.HERE / "commands.py"), "verify-opened"]
    done = subprocess.run(
        [*command, str(folder), json.dumps(how)],
        cwd=config.HERE,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        kind = done.stderr.strip().rpartition("\n")[2].partition(":")[0]
        return {"problems": [f"The program does not start ({kind or 'no message'})."], "seen": []}


def run_smoke_checks(portal, sign_in, drill=False, restored="", accept="", found=()):
    """In the new process: what is seen on an opened backup, and its problems, as a dict.

    sign_in: answers somebody who signs in. drill: the copy is thrown away. restored: when the
    backup was made. accept: why faults, also those `found`, are accepted in the audit log
    """
    said = {"problems": [], "seen": []}
    with portal.database.connection_context():
        if accept:
            said["accepted"] = accept_faults(accept, found)
        portal.extensions["printing"] = printing.Printers()  # as the server prints
        look(said, "Program", see_sign_in, getter(portal, portal.test_client()))
        look(said, "Records", see_records)
        if drill:
            look(said, "Screens", see_screens, getter(portal, signed_in(portal, sign_in)))
        if restored and not said["problems"]:
            finish(restored)
    return said


def look(said, name, check, *given):
    try:
        said["seen"].append(f"{name:9} {check(*given)}")
    except CheckFailed as failed:
        said["problems"] += failed.args[0]
    except Exception as error:  # noqa: BLE001  (whatever it is, the drill has failed)
        said["problems"].append(f"{name}: {logs.where(error)}")


def accept_faults(why, found):
    with acting_as("Restore"):
        if found:
            audit_log.note_accepted(found, models.Setting.of_school(), why)
        return [*found, *verify.accept(backup.daily_anchors(), why)]


def finish(made_at):
    """After a restore: sign everybody out, skip the numbers of the time taken back, audit it."""
    people.UserSession.delete().execute()
    kinds = set(models.every_table()) - {audit_log.AuditEntry}
    numbering.skip_ahead(db.obj, [kind._meta.table_name for kind in kinds])
    with acting_as("Restore"):
        audit_log.audit(
            "restored",
            models.Setting.of_school(),
            before=made_at,
            after=str(audit_log.head().last),
            reason="A backup was put in the place of the database.",
        )


class CheckFailed(Exception):
    """A smoke check that found something: a list of sentences."""


def see_sign_in(get):
    answer = get("/sign-in")
    if answer.status_code != 200:
        raise CheckFailed([f"The sign-in page does not open (answer {answer.status_code})."])
    return "the program starts and its sign-in page opens"


def see_records():
    """The audit log holds, also against the anchors elsewhere, and so do all seals."""
    anchors = backup.daily_anchors()
    found = verify.problems(anchors)
    if found:
        raise CheckFailed(found)
    words = (
        f"{audit_log.head().rows:,} rows of the audit trail: the chain holds, {len(anchors)}"
        " anchors kept elsewhere, and all seals"
    )
    accepted = len(audit_log.accepted())
    if accepted:
        words += f"; accepted faults: {accepted} (the trail says why)"
    return words


def see_screens(get):
    """A SENCO can open the page of a pupil, and print the newest papers."""
    pupil = models.Pupil.select().order_by(models.Pupil.id.desc()).first()
    if not pupil:
        return "there is no pupil yet"
    answer = get(f"/{pupil.slug()}/{pupil.id}/")
    if answer.status_code != 200 or escape(pupil.surname) not in answer.get_data(as_text=True):
        raise CheckFailed([f"The page of pupil {pupil.id} does not open."])
    printed = []
    for kind in workflow.every_form():
        form = kind.select().order_by(kind.id.desc()).first()
        if not form or len(printed) == PAPERS:
            continue
        answer = get(f"/{form.slug()}/{form.id}/print.pdf")
        if answer.status_code != 200 or not has_words(answer.data):
            raise CheckFailed([f"{form.kind_name()} {form.id} cannot be printed."])
        printed.append(form.kind_name())
    kinds = ", ".join(printed)
    return f"the page of a pupil opens for a SENCO; papers printed and read: {kinds}"


def has_words(pdf):
    from pypdf import PdfReader  # here: most commands read no paper

    pages = PdfReader(io.BytesIO(pdf)).pages
    return any(page.extract_text().strip() for page in pages)


def getter(portal, client):
    """How a browser of ours asks for a page: by HTTPS, or it would send no cookie."""
    return functools.partial(client.get, base_url=f"https://{portal.config['STAFF_HOSTS'][0]}")


def signed_in(portal, sign_in):
    """A browser of a SENCO who is made for the drill, in the copy."""
    with acting_as("Restore drill"):
        senco = people.User.create(
            name="Restore drill",
            username=f"drill.{people.new_token()[:8].lower()}",
            role=SENCO,
            account="on",
            password=people.new_token(),
            totp=people.new_token(),
        )
    client = portal.test_client()
    with portal.test_request_context(base_url=f"https://{portal.config['STAFF_HOSTS'][0]}"):
        answer = portal.process_response(sign_in(senco))
    for line in answer.headers.getlist("Set-Cookie"):
        for cookie in http.cookies.SimpleCookie(line).values():
            client.set_cookie(cookie.key, cookie.value)
    return client
