"""A full disk in four places: the database, the files, the log, the backups. Nothing breaks, pages
are read, saving works again with room.
"""

import contextlib
import io
import logging
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

from common import Person, Portal, build, cookie_for, figure, logged, quiet, report, signed
from flask import request
from lxml import html

import app
import models as m
import people
from audit import log as audit_log
from ops import backup, logs

BIG = report("large", 3_000_000)


class Browser:
    """The SENCO at a program inside this process."""

    def __init__(self, folder, database):
        self.folder, self.database = folder, database
        self.program = app.create_app(database, folder)
        quiet()
        with database.connection_context():
            self.client = self.program.test_client()
            self.client.set_cookie(
                "portal",
                signed(folder, cookie_for(people.User.get(people.User.username == "senco")))[0],
            )

    def send(self, path, **typed):
        """Fill in the big form of a page and send it: the answer."""
        form = html.document_fromstring(self.client.get(path).text).xpath(
            "//main//form[@data-draft]"
        )[0]
        kind = form.xpath("string(.//*[@name='kind']//option[2]/@value)")
        return self.client.post(
            path,
            data={
                **dict(form.form_values()),
                **({"kind": kind} if kind else {}),
                **typed,
                "do": "save",
            },
            content_type="multipart/form-data",
        )

    def save(self, words):
        """Save one answer of a pupil."""
        return self.send("/pupil/1/edit/", alert=words)

    def upload(self, words, data=BIG):
        """Add a document."""
        return self.send(
            "/document/new/?pupil=1",
            title_of=words,
            dated="today",
            file=(io.BytesIO(data), "report.pdf"),
        )

    def reads(self):
        """Whether pages are still served."""
        return all(
            self.client.get(path).status_code == 200 for path in ("/", "/pupil/", "/pupil/1/")
        )

    def whole(self):
        """Whether the database is whole and the audit trail holds."""
        with self.database.connection_context():
            sound = self.database.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"
            return (
                sound
                and not self.database.execute_sql("PRAGMA foreign_key_check").fetchall()
                and not audit_log.verify()
            )


def is_plain(answer):
    """Whether an answer says in plain words that nothing was saved, without any trace of the
    program.
    """
    said = answer.text
    return (
        answer.status_code >= 500
        and "Traceback" not in said
        and "Error:" not in said.replace(">Error: <", "")
        and "sqlite" not in said.lower()
        and "<h1" in said
    )


def told(place, refused, now, again, strays):
    """The figures of one place."""
    good = {
        "refused in plain words": is_plain(refused),
        "pages read": now[0],
        "whole": now[1],
        "saves again": again,
        "no stray file": not strays,
    }
    return figure(
        f"disk full: {place}",
        f"answer {refused.status_code}; "
        + ", ".join(f"{n}: {'yes' if ok else 'NO'}" for n, ok in good.items()),
        all(good.values()),
    )


def files_of(browser):
    """The files that no document names."""
    with browser.database.connection_context():
        named = {name for (name,) in m.Document.select(m.Document.stored_as).tuples()}
    return [p for p in (browser.folder / "files").iterdir() if p.name not in named]


def database_full(folder, database):
    """The database may not grow by one more page."""
    browser = Browser(folder, database)
    pages = {}

    @browser.program.before_request
    def limit():
        if pages:
            database.execute_sql(f"PRAGMA max_page_count = {pages['most']}")

    browser.save("room")
    with database.connection_context():
        pages["most"] = database.execute_sql("PRAGMA page_count").fetchone()[0]
    refused = next(
        (
            r
            for r in (browser.save(f"full {n} " + "x" * 200) for n in range(90))
            if r.status_code >= 500
        ),
        browser.save("full"),
    )
    now = browser.reads(), browser.whole()
    pages["most"] = 1_000_000
    return told(
        "database (max_page_count)",
        refused,
        now,
        browser.save("room again").status_code == 302,
        files_of(browser),
    )


def no_large_files(size):
    """From now on no file of this process may grow beyond that many bytes; the signal that says so
    is ignored, as it is for a service.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def files_full(folder, database):
    """The folder of files has no room for the file that is sent; the form itself has arrived."""
    browser, full = Browser(folder, database), []

    @browser.program.before_request
    def limit():
        if full and request.files:
            no_large_files(2_000_000)

    @browser.program.teardown_request
    def lift(_):
        no_large_files(resource.RLIM_INFINITY)

    browser.upload("room")
    with database.connection_context():
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    full.append(True)
    refused = browser.upload("full")
    now = browser.reads(), browser.whole()
    full.clear()
    return told(
        "files (RLIMIT_FSIZE)",
        refused,
        now,
        browser.upload("room again").status_code == 302,
        files_of(browser),
    )


def log_full(folder, database):
    """The log cannot be written: everything works without it."""
    browser = Browser(folder, database)
    files = [h for h in logging.getLogger().handlers if isinstance(h, logs.LogFile)]
    for handler in files:
        handler.stream.close()
        handler.stream = open("/dev/full", "w")  # noqa: SIM115  (it stays open)
    browser.program.logger.error("a line that cannot be written")
    saved, reads = browser.save("without a log"), browser.reads()
    browser.program.logger.error("a line when there is room")
    ok = (
        files
        and saved.status_code == 302
        and reads
        and browser.whole()
        and "a line when there is room" in logged(folder)
    )
    return figure(
        "disk full: log (/dev/full)",
        f"saving answers {saved.status_code}, pages read: {'yes' if reads else 'NO'}, written again"
        " later",
        bool(ok),
    )


def backup_full(folder, database):
    """The folder of backups cannot be written: the alarm says so, the rest works."""
    browser = Browser(folder, database)
    with database.connection_context():
        settings = m.Setting.of_school()
    place = folder / "no-backups"
    place.write_text("a file where the folder should be: nobody, not even root, can write into it")
    with database.connection_context():
        settings.backup_places = str(place)
        with audit_log.acting_as("The long run"):
            settings.save()
        problem = None
        try:
            backup.backup(settings)
        except Exception as error:
            problem = error
    ok = (
        problem is not None
        and browser.save("without a backup").status_code == 302
        and browser.reads()
        and browser.whole()
    )
    return figure(
        "disk full: backups (not writable)", f"{type(problem).__name__}: {str(problem)[:90]}", ok
    )


def tmpfs(size="12m"):
    """A real small disk, when this machine lets us mount one; else None."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="small-disk-"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True
    )
    return folder if done.returncode == 0 else None


# a start is refused on so small a disk
UNCHECKED = (
    "import app, commands; from ops.database import configure, open_database; configure();"
    " commands.serve(app.create_app(open_database()), commands.take_port())"
)


def real_disk():
    """The whole data folder on a small disk that is full, served by the real program in its own
    process.
    """
    folder = tmpfs()
    if folder is None:
        return figure(
            "disk full: all on a real small disk", "not possible here: mount was refused", True
        )
    try:
        return on_small_disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def on_small_disk(folder):
    """Fill the disk, save, make room, save again."""
    database = build(folder, pupils=3)
    with database.connection_context():
        cookie, token = signed(folder, cookie_for(people.User.get(people.User.username == "senco")))
    portal = Portal(folder, words=("-c", UNCHECKED))
    person = Person(portal.port, cookie, token)

    def save(word):
        fields = person.form("/pupil/1/edit/")[1]
        return person.ask(
            "POST",
            "/pupil/1/edit/",
            [*[(n, word if n == "alert" else v) for n, v in fields], ("do", "save")],
        )

    first = save("room")[0]
    stuff = folder / "stuffing"
    with contextlib.suppress(OSError), open(stuff, "wb", buffering=0) as out:
        while True:
            out.write(b"x" * 4096)
    refused = next(
        (r for r in (save(f"full {n} " + "x" * 200) for n in range(400)) if r[0] >= 500),
        (0, "", ""),
    )
    reads = [person.ask("GET", path)[0] for path in ("/", "/pupil/", "/pupil/1/")]
    stuff.unlink()
    again, lives = save("room again")[0], portal.process.poll() is None
    portal.stop()
    with database.connection_context():
        whole = (
            database.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"
            and not audit_log.verify()
        )
    ok = (
        first == 302
        and refused[0] >= 500
        and "Traceback" not in refused[1] + portal.said()
        and reads == [200] * 3
        and again == 302
        and lives
        and whole
    )
    if not ok:
        print(portal.said()[-1500:], logged(folder)[-1500:])
    return figure(
        "disk full: all on a real disk of 12 MB",
        f"answer {refused[0]}, pages {reads}, then {again}; whole: {whole}, still runs: {lives}",
        ok,
    )


def main(whole=True):
    """The four places, and the whole on a real small disk."""
    with tempfile.TemporaryDirectory(prefix="full-") as name:
        folder = pathlib.Path(name)
        database = build(folder, pupils=3)
        good = [
            place(folder, database) for place in (database_full, files_full, log_full, backup_full)
        ]
    return 0 if all([*good, *([real_disk()] if whole else [])]) else 1


if __name__ == "__main__":
    sys.exit(main())
