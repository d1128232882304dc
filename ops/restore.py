"""Backups, opened again: restored into the data folder, or into a folder of their own to see that
all is there (the drill).

Come here to change what is compared, what the program must show on a restored set (`SMOKE_CHECKS`), or
what the certificate of a drill says. A set is opened and compared here; then a new process of the
program (`prove`) brings it up to date, starts on it and looks at it, so that nothing of the running
portal is touched.
"""

import datetime
import errno
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

import config
import models
import people
import workflow
from audit import log as audit_log
from audit import verify
from audit.log import db, now
from ops import backup, db_dump, logs, numbering
from ops.backup import IN_SET, MIGRATIONS, STAMP, CannotDo
from papers import printing
from records.dates import say_moment
from records.questions import SENCO, acting_as

# one of them is in every data folder
OURS = ("portal.db", "backup.key", "audit.key", "backups", "files", "unfinished")
WAY_ON = (
    "Use another backup. If there is none, put it back all the same, with the reason: ./portal"
    ' restore FILE --accept "why". What is wrong is then written into the audit trail and into a'
    " file."
)
# in the data folder, when a restore clears it
STAYS = ("backups", "drills", "backup.key", "*.lock", "unfinished", "before-*", "accepted-*", ".*")
# that a drill opens, each of another pupil
PAPERS = 5


# --- opening one
def unpack(path, key, into, anyway=False):
    """Open a set into a folder and compare it with its manifest: (the manifest, where it differs,
    in sentences).

    Raises CannotDo with what is wrong with it. anyway: what differs is given, and not refused
    """
    if not path.is_file():
        raise CannotDo(f"There is no file {path}.")
    note, size, bundle = backup.sidecar(path), path.stat().st_size, into / "set.tar.gz"
    if size < note.get("size", 0):
        raise CannotDo(
            f"{path.name} is cut off: {size:,} of {note['size']:,} bytes are there. Use another"
            " backup."
        )
    if note and not anyway and backup.sha_of(path) != note.get("sha256"):
        raise CannotDo(
            f"{path.name} was changed or damaged after it was made: its check sum is another. Use"
            " another backup."
        )
    try:
        pyrage.decrypt_file(str(path), str(bundle), [key])
        with tarfile.open(bundle) as archive:
            take_out(archive, into)
        manifest = json.loads((into / "manifest.json").read_bytes())
    except (
        pyrage.DecryptError,
        OSError,
        tarfile.TarError,
        EOFError,
        zlib.error,
        ValueError,
    ) as error:
        raise CannotDo(why_shut(path.name, error)) from None
    bundle.unlink()
    found = differences(into, manifest)
    if found and not anyway:
        raise CannotDo(
            f"{path.name} does not hold what its list says. {' '.join(found[:5])} {WAY_ON}"
        )
    return manifest, found


def take_out(archive, into):
    """Write the files of an opened set into a folder, readable by the owner only.

    Raises CannotDo for an entry that no backup has, and OSError when there is no room for one.
    Each entry is looked at here because Python 3.11.2, which Debian 12 has, cannot do it.
    """
    for entry in archive:
        target = into / entry.name
        if not is_of_a_set(entry) or target.exists():
            raise CannotDo(
                "There is something in this file that no backup of the portal has. "
                "Nothing of it was used; use another backup."
            )
        if entry.size > shutil.disk_usage(into).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.touch(mode=0o600)
        with archive.extractfile(entry) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def is_of_a_set(entry):
    """Whether an entry of an archive is a plain file under a name that `upkeep.pack` gives."""
    if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():
        return False
    path = PurePosixPath(entry.name)
    # ./a, a//b; on Windows a\b
    if path.as_posix() != entry.name or Path(entry.name).name != path.name:
        return False
    if len(path.parts) == 2:
        return path.parts[0] == "files" and path.name != ".."
    if len(path.parts) != 1 or path.name == "backup.key":
        return False
    return path.name in ("portal.db", "manifest.json", "anchors.txt") or path.name.endswith(".key")


def why_shut(name, error):
    """Why a set does not open, in a sentence."""
    if "No matching keys" in str(error):
        return (
            f"This key does not open {name}. Give the recovery key of the portal that made it:"
            " --key AGE-SECRET-KEY-1..."
        )
    if getattr(error, "errno", None):
        return f"{name} could not be unpacked: {error.strerror}."
    return f"{name} is cut off or was changed: it does not open. Use another backup."


def differences(folder, manifest):
    """Where an opened set differs from its manifest, in sentences."""
    files = {
        p.relative_to(folder).as_posix(): backup.sha_of(p)
        for pattern in IN_SET
        for p in folder.glob(pattern)
    }
    with backup.reading(folder / "portal.db") as tables:
        there = db_dump.fingerprints(tables)
    pairs = (("file", files, manifest["files"]), ("table", there, manifest["tables"]))
    found = [
        f"The {kind} {n} differs."
        for kind, has, wanted in pairs
        for n in sorted(has.keys() | wanted)
        if has.get(n) != wanted.get(n)
    ]
    return found + db_dump.integrity_errors(folder / "portal.db")


def with_anchors(work, manifest):
    """Put into an opened set the anchors that were written down elsewhere until it was made: its
    audit trail is held against them.
    """
    known = {
        a
        for a in (*backup.valid_anchors(), audit_log.anchor_of(manifest["anchor"]))
        if a and is_before(a, manifest)
    }
    audit_log.write_anchors(work / "anchors.txt", sorted(known, key=lambda a: a.at))


def is_before(anchor, manifest):
    """Whether an anchor was written down before a set was made; by its rows when the clock was
    ahead then.
    """
    if backup.is_ahead(made_at(manifest)) and manifest["anchor"]:
        return anchor.last <= manifest["anchor"]["last"]
    return anchor.at <= manifest["at"]


def made_at(manifest):
    """When a set was made (UTC)."""
    return datetime.datetime.fromisoformat(manifest["at"].rstrip("Z"))


# --- restoring
def restore(path=None, to=None, key=None, accept=""):
    """Put a set into the data folder, or into the folder `to`; what was there is moved aside. Gives
    what was done, in sentences.

    All is opened, compared, brought up to date and looked at before the first old file moves.
    Raises CannotDo. accept: why a set with faults is put back all the same; the faults are written
    down in the audit trail and in a file
    """
    path = find_archive(path)
    if not path.is_file():
        raise CannotDo(f"There is no file {path}.")
    folder = Path(to).absolute() if to else backup.data_folder()
    if not key and not (folder / "backup.key").exists():
        raise CannotDo(
            f"{folder} has no key yet. Give the recovery key from the school's safe: --key"
            " AGE-SECRET-KEY-1..."
        )
    key = backup.read_key(key or (folder / "backup.key").read_text("utf-8"))
    new = take_folder(folder)
    backup.set_folder(folder)
    try:
        return put_in(path, folder, key, accept)
    finally:
        if new and not (folder / "portal.db").exists():
            # nothing was restored: no empty folder stays
            shutil.rmtree(folder, ignore_errors=True)


def take_folder(folder):
    """Make ready the folder that a set goes into, which only its owner may open; whether it is new.

    Raises CannotDo when it holds something else, which a restore would move aside.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        return True
    if not folder.is_dir():
        raise CannotDo(f"{folder} is no folder. Name one: it is made when it is not there.")
    if any(folder.iterdir()) and not any(
        (folder / name).exists() for name in (*OURS, *backup.LOCKS)
    ):
        raise CannotDo(
            f"{folder} holds something that is not the portal's. Name a new folder: it is made."
        )
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return False


def put_in(path, folder, key, accept=""):
    """Open a set, look at it and put it into a folder that is ours; gives what was done, in
    sentences. Raises CannotDo.
    """
    with backup.exclusive(), backup.work_folder("restore") as work:
        manifest, found = unpack(path, key, work, anyway=bool(accept))
        refuse_newer(manifest)
        (work / "manifest.json").unlink()
        with_anchors(work, manifest)
        words = (
            ["--accept", accept, *(word for one in found for word in ("--found", one))]
            if accept
            else []
        )
        said = verify_in_subprocess(work, "--restored", manifest["at"], *words)
        if said["problems"]:
            way_on = "" if accept else f" {WAY_ON}"
            raise CannotDo(
                f"{path.name} was not restored, nothing was changed."
                f" {' '.join(said['problems'][:5])}{way_on}"
            )
        aside = swap(work, folder, key)
    done = [f"Restored {path.name} into {folder}.", *said["seen"], "Everybody must sign in again."]
    if aside:
        done.append(
            f"What was there before is kept in {aside}; take it away when you no longer need it."
        )
    if said.get("accepted"):
        done.append(
            f"Accepted, for this reason: {accept}. Give this list to your data protection lead: "
            f"{write_accepted(folder, path.name, said['accepted'], accept)}"
        )
    return done


def write_accepted(folder, name, found, why):
    """Write down what a restore accepted, beside the records; gives the file."""
    path = folder / f"accepted-{now():{STAMP}}.txt"
    path.touch(mode=0o600)
    path.write_text(
        "\n".join(
            [f"Restored from {name} on {say_moment(now())} although:", *found, f"Reason: {why}", ""]
        ),
        "utf-8",
    )
    return path


def find_archive(path):
    """The set that was asked for: a file, the newest of a folder, or the newest of all places."""
    if not path:
        return backup.newest_archive(backup.school_settings())
    inside = backup.archives(Path(path))
    return inside[0][1] if inside else Path(path)


def refuse_newer(manifest):
    """Refuse a set of a newer program than this one."""
    if set(manifest["schema"]) - {p.stem for p in MIGRATIONS.glob("*.py")}:
        raise CannotDo(
            f"This backup was made by version {manifest['version']} with questions that this"
            f" program (version {config.version()}) does not know. Bring the program to that"
            " version first, then restore."
        )


def swap(work, folder, key):
    """Move the old content of the data folder aside and the new content in; gives where the old is,
    or None.
    """
    old = [p for p in folder.iterdir() if not any(p.match(pattern) for pattern in STAYS)]
    other = folder / "backup.key"
    if other.exists() and str(backup.own_key()) != str(key):
        old.append(other)
    (folder / "unfinished").write_text(
        "A restore was interrupted. Give the command restore again: it begins anew.", "utf-8"
    )
    aside = folder / f"before-restore-{now():{STAMP}}"
    aside.mkdir(mode=0o700, exist_ok=True)
    for path in old:
        # with the old -wal and -shm, which must not be replayed
        path.replace(aside / path.name)
    for path in list(work.iterdir()):
        path.replace(folder / path.name)
    if not other.exists():
        backup.write_key(other, key)
    (folder / "unfinished").unlink()
    if any(aside.iterdir()):
        return aside
    return aside.rmdir()


# --- drill
def drill(path=None, key=None):
    """Restore the newest backup elsewhere, start it and look at everything: (passed, the
    certificate). Raises CannotDo without a backup.
    """
    began, settings, path = time.monotonic(), backup.school_settings(), find_archive(path)
    lines, said = (
        [f"Restore drill, {say_moment(now())}", "", f"Backup    {path}"],
        {"problems": [], "seen": []},
    )
    with backup.work_folder("drill") as work:
        try:
            manifest, _ = unpack(path, backup.read_key(key) if key else backup.own_key(), work)
            lines += describe(path, manifest)
            with_anchors(work, manifest)
            said = verify_in_subprocess(work, "--drill")
        except CannotDo as error:
            said["problems"].append(error.message)
    lines += [*said["seen"], *(f"WRONG     {p}" for p in said["problems"]), *where_else(settings)]
    lines += [
        f"Took      {time.monotonic() - began:.1f} seconds",
        "",
        "FAILED" if said["problems"] else "PASSED",
    ]
    text, drills = "\n".join(lines) + "\n", backup.data_folder() / "drills"
    drills.mkdir(mode=0o700, exist_ok=True)
    (drills / f"drill-{now():{STAMP}}.txt").write_text(text, "utf-8")
    return not said["problems"], text


def describe(path, manifest):
    """The lines of the certificate about what was opened."""
    total = sum(rows for rows, _ in manifest["tables"].values())
    made = made_at(manifest)
    return [
        (
            f"Made      {say_moment(made)}, {backup.age_of(made)}, by version"
            f" {manifest['version']}; {path.stat().st_size / 1e6:,.1f} MB"
        ),
        (
            f"Database  sound; {len(manifest['tables'])} tables, {total:,} rows: every count and"
            " every hash as in the list of the backup"
        ),
        (
            f"Files     {len(manifest['files'])} files and keys: every hash as in the list of the"
            " backup"
        ),
    ]


def where_else(settings):
    """A line of the certificate for each place: how many backups it has, and how old the
    newest is.
    """
    found = [(place, backup.archives(place)) for place in backup.destinations(settings)]
    return [
        f"Place     {p}: "
        + (f"{len(s)} kept, the newest {backup.age_of(s[0][0])}" if s else "NO BACKUP HERE")
        for p, s in found
    ]


# --- the program, on a set that was opened
def verify_in_subprocess(folder, *words):
    """Let a new process of the program open a data folder, bring it up to date and look at it: its
    problems, and what was seen.
    """
    done = subprocess.run(
        [sys.executable, str(config.HERE / "commands.py"), "prove", str(folder), *words],
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


def run_smoke_checks(portal, whole, restored="", accept="", found=()):
    """In the new process: every look at the data folder in use, as a dict for `prove`. `whole`: a
    drill, on a copy that is thrown away.

    accept: why faults of the records are accepted, written into the audit trail with them and with
    those already `found`
    """
    said = {"problems": [], "seen": []}
    with portal.database.connection_context():
        if accept:
            said["accepted"] = accept_faults(accept, found)
        # as the server prints, within its limits
        portal.extensions["printing"] = printing.Printers()
        for name, look in SMOKE_CHECKS if whole else SMOKE_CHECKS[:3]:
            try:
                said["seen"].append(f"{name:9} {look(portal)}")
            except CheckFailed as wrong:
                said["problems"] += wrong.args[0]
            except Exception as error:  # noqa: BLE001  (whatever it is, the drill has failed and says where)
                said["problems"].append(f"{name}: {logs.where(error)}")
        if restored and not said["problems"]:
            finish(restored)
    return said


def accept_faults(why, found):
    """Write into the audit trail what is wrong, and why it is accepted; gives the sentences."""
    with acting_as("Restore"):
        if found:
            audit_log.accept(found, models.Setting.of_school(), why)
        return [*found, *verify.accept(backup.daily_anchors(), why)]


class CheckFailed(Exception):
    """A look that found something: a list of sentences."""


def finish(made_at):
    """After a restore: nobody stays signed in, no number of the time taken back is given again, the
    audit trail says so.
    """
    people.UserSession.delete().execute()
    counted = [
        kind._meta.table_name for kind in models.every_table() if kind is not audit_log.AuditEntry
    ]
    numbering.skip_ahead(db.obj, counted)
    with acting_as("Restore"):
        audit_log.audit(
            "restored",
            models.Setting.of_school(),
            before=made_at,
            after=str(audit_log.head().last),
            reason="A backup was put in the place of the database.",
        )


def secure(portal):
    """The address of the portal as staff type it; by HTTPS, for which alone cookies may be."""
    return f"https://{portal.config['STAFF_HOSTS'][0]}"


def see_sign_in(portal):
    """The sign-in page opens."""
    got = portal.test_client().get("/sign-in", base_url=secure(portal))
    if got.status_code != 200:
        raise CheckFailed([f"The sign-in page does not open (answer {got.status_code})."])
    return "the program starts and its sign-in page opens"


def see_trail(_):
    """The audit trail holds, also against what was written down elsewhere."""
    anchors = backup.daily_anchors()
    if found := verify.trail_problems(anchors):
        raise CheckFailed(found)
    known = len(audit_log.accepted())
    return (
        f"{audit_log.head().rows:,} rows of the audit trail: the chain holds, and {len(anchors)}"
        " anchors written down"
        f" elsewhere{f'; accepted faults: {known} (the trail says why)' if known else ''}"
    )


def see_seals(_):
    """Every sealed paper still has its words."""
    if broken := verify.seal_problems():
        raise CheckFailed(broken)
    sealed = sum(
        kind.select().where(kind.sealed.is_null(False)).count() for kind in workflow.every_form()
    )
    return f"{sealed:,} sealed papers: all seals hold"


def see_pupil(portal):
    """The page of a pupil opens for a SENCO who is signed in."""
    pupil = models.Pupil.select().order_by(models.Pupil.id.desc()).first()
    if not pupil:
        return "there is no pupil yet"
    got = signed_in(portal).get(f"/{pupil.slug()}/{pupil.id}/", base_url=secure(portal))
    if got.status_code != 200 or pupil.surname not in got.get_data(as_text=True).replace(
        "&#39;", "'"
    ):
        raise CheckFailed(
            [f"The page of pupil {pupil.id} does not open (answer {got.status_code})."]
        )
    return "the page of a pupil opens for a SENCO"


def see_papers(portal):
    """Papers of different pupils can be printed and read."""
    from pypdf import PdfReader  # here: only this needs it

    client, opened = signed_in(portal), {}
    papers = [
        f
        for kind in workflow.every_form()
        for f in kind.select(kind.id, kind.pupil).order_by(kind.id).limit(2 * PAPERS)
    ]
    for form in sorted(papers, key=lambda f: f.id):  # of every kind in turn
        if form.pupil_id in opened or len(opened) == PAPERS:
            continue
        got = client.get(f"/{form.slug()}/{form.id}/print.pdf", base_url=secure(portal))
        if got.status_code == 200 and any(
            page.extract_text().strip() for page in PdfReader(io.BytesIO(got.data)).pages
        ):
            opened[form.pupil_id] = form.kind_name()
    if len(opened) < min(PAPERS, len({f.pupil_id for f in papers})):
        raise CheckFailed([f"Only {len(opened)} of {PAPERS} papers could be printed."])
    return (
        f"{len(opened)} papers of different pupils printed and read:"
        f" {', '.join(opened.values()) or 'there are none yet'}"
    )


def signed_in(portal):
    """A browser of a SENCO who is made for this look, in a copy that is thrown away."""
    from admin_views.account import views as account

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
    with portal.test_request_context("/sign-in", base_url=secure(portal)):
        answer = portal.process_response(account.finish(senco))
    for line in answer.headers.getlist("Set-Cookie"):
        for cookie in http.cookies.SimpleCookie(line).values():
            client.set_cookie(cookie.key, cookie.value)
    return client


SMOKE_CHECKS = (
    ("Program", see_sign_in),
    ("Audit", see_trail),
    ("Seals", see_seals),
    ("Pupil", see_pupil),
    ("Papers", see_papers),
)
