"""The commands that start and maintain the portal: `./portal` alone (or `python commands.py`) lists
them. Each is a thin function; what it does is in the module that it calls.
"""

import collections
import errno
import http.client
import json
import logging
import pathlib
import platform
import sqlite3
import ssl
import sys
import tempfile
import time

import click
from peewee import PeeweeException

import app
import config
import models
import people
from admin_views import documents, imports, status
from admin_views import privacy as keeping_screens
from admin_views.account import passwords
from admin_views.account import views as account
from audit import anchors, report
from audit import verify as audit_verify
from audit.log import accepted, acting_as, audit_access, head, on_sqlite, read_anchors
from demo import school
from ops import backup, checks, restore, school_folder, server, upgrade
from ops.backup import CannotDo
from ops.database import configure, make_migration, migrate, open_database
from papers import kept, printing
from pathway import tasks
from privacy import erasure, retention
from records import dates, storage
from records.numbers import say_count
from tools import letters, readme

log = logging.getLogger("portal.server")


class Portal(click.Group):
    """The commands; what the disk or the database refuses is said in a sentence."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (OSError, PeeweeException, sqlite3.Error) as error:
            if getattr(error, "errno", None) == errno.EPIPE:  # who reads went away: end quietly
                raise
            raise CannotDo(explain(error)) from error


def explain(error):
    """What the disk or the database refuses, and the cure."""
    folder = config.data_dir()
    if storage.cannot_write(error):
        return (
            f"Nothing could be written ({getattr(error, 'filename', None) or folder}): the disk is"
            " full or read-only. Make room, or let the portal's own user write there; then try"
            " again."
        )
    if isinstance(error, OSError):
        return f"{error.filename or folder}: {error.strerror or type(error).__name__}."
    if storage.is_busy(error):
        return "The database is busy. Try again in a minute, or stop the portal first."
    cure = f"Is {folder}/portal.db whole? ./portal restore brings it back."
    if not on_sqlite():
        cure = "Is the server of DATABASE_URL running?"
    return f"The database does not answer as it should ({type(error).__name__}). {cure}"


@click.group(cls=Portal)
def cli():
    """The Learning Pathway portal: `run` starts it, the others maintain it."""


def folder_in_use():
    config.use_settings_file()
    folder = config.data_dir()
    school_folder.refuse_stranger(folder, click.get_current_context().info_name)
    return folder


def opened():
    """The school's database, with its folder and keys; nothing is made where there is no school."""
    folder = folder_in_use()
    database = open_database()
    school_folder.refuse_moved(folder, database)
    school_folder.refuse_empty(folder, database)
    configure(folder)
    return database


# --- serving
@cli.command("run")
def run_command():
    """Bring the database up to date and serve the portal; refuse when the set-up is not safe."""
    folder = folder_in_use()
    database = open_database()
    school_folder.refuse_moved(folder, database)
    start_portal(database, take_port())


def take_port():
    """The sockets to listen on, taken before anything is written, or config.CannotStart."""
    config.way_in()
    config.trusted_proxies()
    return server.bind(*config.address())


def start_portal(database, sockets, prepare=None):
    """Serve, once keys are safe, no restore is half done, and the database is up to date."""
    folder = config.data_dir()
    config.make_folder(folder)
    refuse_unsafe(checks.Facts(folder, database), groups=(checks.KEYS,))
    school_folder.refuse_lost(folder, database)
    configure(folder)
    with backup.run_lock():
        upgrade.migrated(migrate)
        if prepare:
            prepare()
        portal = app.create_app(database)
        with database.connection_context():
            refuse_unsafe(status.facts_of_app(portal))
        backup.start_scheduler(
            lambda: on_database(database, kept.remove_unused, folder),
            backup.run_due,
            lambda: checks.daily(status.facts_of_app(portal, whole=True)),
            # a line of the holidays of earlier versions may say "today"
            lambda: on_database(database, tasks.refresh),
        )
        serve(portal, sockets)


def on_database(database, task, *given):
    with database.connection_context():
        task(*given)


def refuse_unsafe(at, groups=checks.GROUPS):
    bad = [r for r in checks.run(at, (checks.BLOCK,), groups) if not r.ok]
    if not bad:
        return
    print("The portal does not start:", file=sys.stderr)
    for result in bad:
        print(checks.result_line(result), file=sys.stderr, flush=True)
    sys.exit(2)


def clear_leftovers(portal):
    documents.remove_stray_files(portal)
    imports.restore_uploads()


def serve(portal, sockets):
    """Listen, then say where, then answer until Ctrl-C."""
    with portal.app_context(), portal.database.connection_context():
        clear_leftovers(portal)
        # now, and not in the first request that needs it
        passwords.dummy_hash()
        printing.printers_of(portal).warm()
        portal.extensions["work"].start()
        link = account.first_link(config.base_url())
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listening = server.listen(portal, sockets, config.trusted_proxies())
    print(f"The portal is at {config.base_url()} - press Ctrl-C to stop it.", flush=True)
    if link:
        print("Nobody has an account yet. Make the first one here, within 24 hours:")
        print(link, flush=True)
    log.info("started, version %s, on %s", config.version(), portal.database.__class__.__name__)
    spare = app.hold_open(portal.database)  # noqa: F841  (kept until the end)
    listening.run()
    log.info("stopped")


@cli.command("demo")
def demo_command():
    """Serve a fictional school from its own folder, made at the first start."""
    config.use_demo_folder()
    folder = config.data_dir()
    school_folder.refuse_stranger(folder, "demo")
    sockets = take_port()
    database = open_database()
    refuse_real_school(folder, database)
    start_portal(database, sockets, lambda: print(demo_sign_ins(database, folder / "sign-ins.txt")))


def refuse_real_school(folder, database):
    """Never build the fictional school where a real one is."""
    if (folder / "sign-ins.txt").exists() or not school_folder.has_tables(database):
        return
    with database.connection_context():
        if "user" in database.get_tables() and people.User.select(people.User.id).exists():
            raise school_folder.Unusable(
                f"There is a real school in {folder}. Take DATA_DIR and DATABASE_URL out of the"
                " environment, or name a new folder."
            )


def demo_sign_ins(database, path):
    """Lines of role, user name and password; the school is built where there is none."""
    if not path.exists():
        print("Building the fictional school, some seconds ...", flush=True)
        with database.connection_context():
            signs = school.build(dates.today(), account.hash_password, path.parent)
        path.touch(mode=0o600)
        path.write_text("\n".join("\t".join(line) for line in signs), "utf-8")
    return path.read_text("utf-8")


@cli.command("subject-access")
@click.argument("pupil")
@click.option(
    "--to",
    "folder",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path),
    help="The folder to write to.",
)
def subject_access_command(pupil, folder):
    """Write what is held on a child (number or UPN) to a ZIP, unless marked: for the SENCO."""
    database = opened()
    with (
        app.create_app(database).test_request_context(),
        database.connection_context(),
        acting_as("At the server"),
    ):
        path = keeping_screens.write_bundle(pupil, folder, config.data_dir())
    if path is None:
        raise CannotDo("There is no record with this number (in the address of the page) or UPN.")
    print(f"Written: {path}. Only your account can read it. The request lists what was left out.")


@cli.command("retention")
def retention_command():
    """List the numbers of the records that are due to be erased, and write over what is erased."""
    database = opened()
    with database.connection_context(), acting_as("At the server"):
        print("\n".join(retention.due_lines(models.Setting.of_school())))
        if not erasure.scrub():
            raise CannotDo(
                "The database is busy: what was erased is not written over. Stop the portal."
            )


@cli.command("check")
@click.option("--quick", is_flag=True, help="Look at the newest rows and files only.")
@click.option("--tls", metavar="HOST", help="Also look at the HTTPS of portal.school.example.")
def check_command(quick, tls):
    """Say what is well and what is not, with its cure; exit code 1 for warnings, 2 for problems."""
    portal = app.create_app(opened())
    with portal.database.connection_context():
        found = checks.run(status.facts_of_app(portal, whole=not quick))
    if tls:
        found.append(check_https(tls))
    lines = [checks.result_line(result) for result in found]
    print("\n".join(lines))
    heads = collections.Counter(line.split()[0] for line in lines)
    counts = ", ".join(f"{heads[word]} {word}" for word in ("OK", "PROBLEM", "WARNING", "NOTE"))
    print(f"{len(found)} checks: {counts}")
    sys.exit(checks.exit_code(found))


def check_https(host):
    """What HTTPS at a host is worth: its certificate, and whether the portal knows of it."""
    host = host.removeprefix("https://").strip("/")
    asked = http.client.HTTPSConnection(host, timeout=10)
    try:
        asked.connect()
        ends = ssl.cert_time_to_seconds(asked.sock.getpeercert()["notAfter"])
        asked.request("GET", "/healthz")
        told = asked.getresponse().getheader("Strict-Transport-Security")
    except (OSError, http.client.HTTPException) as error:
        words = f"{host} gives no trusted HTTPS ({type(error).__name__})."
        return checks.Result(False, checks.PROBLEM, words, "See the web server in front")
    finally:
        asked.close()
    if not told:
        words = f"The portal at {host} does not know that it is asked by HTTPS, or is not there."
        cure = "Let the web server in front send X-Forwarded-Proto: docs/technician.md, “HTTPS”"
        return checks.Result(False, checks.PROBLEM, words, cure)
    left = int(ends - time.time()) // 86400
    ends_in = say_count(left, "day", "days")
    words = f"{host} has trusted HTTPS; its certificate ends in {ends_in}."
    if left >= 14:
        return checks.Result(True, checks.WARN, words)
    cure = "It should renew itself 30 days before: see the web server in front"
    return checks.Result(False, checks.WARN, words, cure)


@cli.command("version")
def version_command():
    """Say which release this is, and on what it runs."""
    python = platform.python_version()
    print(f"Learning Pathway portal {config.version()}, Python {python}, {sys.platform}")


@cli.command("migrate")
@click.option("--no-backup", is_flag=True, hidden=True)
def migrate_command(no_backup):
    """Bring the database up to date, after a backup of it."""
    database = opened()
    if no_backup:  # an upgrade has made one, and holds the lock
        done = migrate(database)
    else:
        with backup.exclusive():
            done = upgrade.migrated(migrate)
    print("\n".join(done) or "The database is up to date.")


# --- backups and upgrades
@cli.command("backup")
def backup_command():
    """Make a backup now, in every place that the settings name; the portal may be running."""
    opened()
    done, problems = backup.backup()
    for path in done:
        print(f"Backup written: {path}")
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


@cli.command("restore")
@click.argument("file", required=False)
@click.option("--to", help="Another folder than the data folder; it is made.")
@click.option("--key", help="The recovery key from the school's safe, or a file with it.")
@click.option(
    "--accept",
    metavar="REASON",
    default="",
    help="Put back a backup with faults, and write them down with this reason.",
)
def restore_command(file, to, key, accept):
    """Put a backup (the newest, or FILE, or the newest in the folder FILE) into the data folder;
    what is there is moved aside.
    """
    backup.set_folder(folder_in_use())
    database = open_database()
    if not to and not on_sqlite(database):
        raise CannotDo(
            "The database is on PostgreSQL. Restore --to FOLDER, then bring it into an empty"
            " database: DATA_DIR=FOLDER DATABASE_URL= ./portal move-to postgresql://..."
        )
    print("\n".join(restore.restore(file, to, key, accept.strip())))


@cli.command("drill")
@click.argument("file", required=False)
@click.option("--key", help="The recovery key from the safe: to see that it is the right one.")
def drill_command(file, key):
    """Try the newest backup out elsewhere, and print a certificate; the portal may be running."""
    opened()
    passed, certificate = restore.drill(file, key)
    print(certificate, end="")
    sys.exit(not passed)


@cli.command("recovery-key")
def recovery_key_command():
    """Print the key that opens the backups, for the school's safe."""
    opened()
    print(backup.key_paper())


@cli.command("upgrade")
def upgrade_command():
    """Bring the program to its newest version; when anything fails, all is put back as it was."""
    opened()
    print(upgrade.upgrade())


@cli.command("move-to")
@click.argument("url")
def move_to_command(url):
    """Copy the database into an empty one (postgresql://user:password@host/name) and compare."""
    opened()
    print("\n".join(upgrade.move_to(url)))


@cli.command("verify-opened", hidden=True)
@click.argument("folder")
@click.argument("how")
def verify_opened_command(folder, how):
    config.use_folder(folder)
    logging.disable(logging.ERROR)
    configure()
    database = open_database()
    migrate(database)
    portal = app.create_app(database, testing=True)
    seen = restore.run_smoke_checks(portal, account.let_in, **json.loads(how))
    print(json.dumps(seen))


@cli.command("starts", hidden=True)
def starts_command():
    portal = app.create_app(opened())
    print(restore.see_sign_in(restore.getter(portal, portal.test_client())))


@cli.command("migration")
@click.argument("name", default="questions")
def migration_command(name):
    """Write and run the migration for the questions that are new in models.py."""
    config.use_settings_file()
    database = open_database()
    if school_folder.has_tables(database):
        path = make_migration(opened(), name)
    else:
        path = migration_without_school(name)
    print(f"Written and run: {path}" if path else "models.py has nothing new.")


def migration_without_school(name):
    """Write the migration where no school was started, by a database that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        configure(pathlib.Path(folder))
        return make_migration(open_database(f"sqlite:///{folder}/portal.db"), name)


@cli.command("readme")
def readme_command():
    """Write what follows from the tables again: parts of README.md, and docs/letters.md."""
    print(readme.refresh(config.HERE / "README.md"))
    print(letters.refresh(config.HERE / "docs" / "letters.md"))


@cli.command("verify")
@click.option("--accept", metavar="REASON", help="Accept what is wrong now and write down why.")
@click.option(
    "--anchors",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file of anchors besides those that the portal knows of; may be given again.",
)
def verify_command(accept, files):
    """See whether audit trail, seals and anchors were changed behind the portal's back (code 1)."""
    with opened().connection_context():
        known = backup.valid_anchors()
        given = []
        for file in files:
            given += read_anchors(file)
        if accept is not None:
            accept_breaks([*known, *given], accept)
        found = audit_verify.problems([*known, *given])
        lines = verified(known, given)
    print("\n".join(found) or "All is as it was written.")
    print("\n".join(lines))
    sys.exit(bool(found))


def verified(known, given):
    """What was looked at, in sentences, with the anchor of today for a book."""
    end = head()
    kept = len(known) + len(given)
    lines = [f"Looked at: {end.rows:,} audit rows, every seal, {kept} anchors kept elsewhere."]
    if not anchors.second_place(backup.school_settings()) and not given:
        lines.append("No anchor is kept where the portal can only add: see docs/technician.md.")
    left_out = len(backup.every_anchor()) - len(known)
    if left_out:
        times = ", ".join(f"{end}, a backup of {start}" for start, end, _ in backup.restores())
        lines.append(f"{left_out} anchors are of a time that a restore took back: {times}.")
    faults = len(accepted())
    if faults:
        lines.append(f"Faults that were accepted: {faults}. The audit trail says which and why.")
    if end.rows:
        lines.append(f"Anchor of today: {anchors.as_line(end)}")
    return lines


def accept_breaks(anchors, reason):
    """Accept what is wrong now, and print it."""
    with acting_as("Command line"):
        try:
            found = audit_verify.accept(anchors, reason)
        except ValueError as fault:
            raise CannotDo(str(fault)) from None
    if not found:
        print("There is nothing to accept.")
    for words in found:
        print(f"Accepted: {words}")


@cli.command("who-saw")
@click.argument("pupil")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help="Only from this day on, such as 2026-09-01.",
)
def who_saw_command(pupil, since):
    """Print who saw or changed a child: UPN, "surname, forename", or the number in the address."""
    with opened().connection_context():
        found = report.find_pupil(pupil)
        if not found:
            raise CannotDo("There is no such pupil.")
        if len(found) > 1:
            numbers = ", ".join(str(one.id) for one in found)
            raise CannotDo(f"There are several: give the UPN, or the number: {numbers}")
        with acting_as("Command line"):
            audit_access("view", found, "who-saw")
        print("\n".join(report.who_saw_lines(found[0], since and since.date())))


if __name__ == "__main__":
    sys.exit(cli(prog_name="./portal"))
