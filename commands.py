"""The commands that start and maintain the portal: `./portal` alone (or `python app.py`) lists them.

Each command is a thin function; what it does is in the module that it calls.
"""
import logging
import sys

import click
import waitress

import app
import questions
import readme
import trail
import witness
from admin_views import account
from admin_views.school import version

log = logging.getLogger("portal.server")


@click.group()
def cli():
    """The Learning Pathway portal: `run` starts it, the others maintain it."""


@cli.command()
def run():
    """Bring the database up to date and serve the portal."""
    database = app.open_database()
    app.migrate(database)
    serve(app.create_app(database))


def serve(portal):
    """Serve with waitress until Ctrl-C."""
    host, port = app.address()
    with portal.app_context(), portal.database.connection_context():
        link = account.first_link(app.base_url())
    print(f"The portal is at {app.base_url()} - press Ctrl-C to stop it.", flush=True)
    if link:
        print(f"Nobody has an account yet. Make the first one here, within 24 hours:\n{link}", flush=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    log.info("started, version %s, on %s", version(), portal.database.__class__.__name__)
    waitress.serve(portal, host=host, port=port, threads=8, ident=None)
    log.info("stopped")


@cli.command()
def demo():
    """Serve a fictional school from its own folder, made at the first start."""
    app.use_demo_folder()
    database = app.open_database()
    app.migrate(database)
    print(demo_sign_ins(database, app.data_dir() / "sign-ins.txt"), flush=True)
    serve(app.create_app(database))


def demo_sign_ins(database, path):
    """One line per sign-in: role, user name, password; the school is built when its folder is empty."""
    if not path.exists():
        import demo as school
        print("Building the fictional school, about half a minute ...", flush=True)
        with database.connection_context():
            signs = school.build(questions.today(), account.hash_password)
        path.touch(mode=0o600)
        path.write_text("\n".join("\t".join(line) for line in signs), "utf-8")
    return path.read_text("utf-8")


@cli.command("migrate")
def migrate_command():
    """Bring the database up to date."""
    done = app.migrate(app.open_database())
    print("\n".join(done) or "The database is up to date.")


@cli.command("migration")
@click.argument("name", default="questions")
def migration_command(name):
    """Write and run the migration for the questions that are new in models.py."""
    path = app.make_migration(app.open_database(), name)
    print(f"Written and run: {path}" if path else "models.py has nothing new.")


@cli.command("readme")
def readme_command():
    """Write the generated parts of README.md again: the chart, the rights, the settings."""
    print(readme.refresh(app.HERE / "README.md"))


@cli.command()
def verify():
    """Check that nothing was changed behind the portal's back: audit trail, sealed papers, anchors. Exit code 1 when something was."""
    with app.open_database().connection_context():
        anchors = [*trail.read_anchors(app.data_dir() / "anchors.txt"), *anchors_elsewhere()]
        found, rows = witness.problems(anchors), trail.head().rows
    print("\n".join(found) or f"All is as it was written: {rows} audit rows, every sealed paper, {len(anchors)} anchors kept elsewhere.")
    sys.exit(bool(found))


def anchors_elsewhere():
    """What the backups say about how far the audit trail had come."""
    try:
        import upkeep
    except ImportError:
        return []
    return upkeep.anchors()


@cli.command("who-saw")
@click.argument("pupil")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help="Only from this day on, such as 2026-09-01.")
def who_saw(pupil, since):
    """Print who saw or changed a child, newest first. PUPIL is the UPN, "surname, forename", or the number in the address."""
    with app.open_database().connection_context():
        found = witness.find_pupil(pupil)
        if len(found) != 1:
            raise click.ClickException("There is no such pupil." if not found else "There are several: give the UPN, or the number: "
                                       + ", ".join(str(p.id) for p in found))
        with trail.acting("Command line"):
            trail.saw("view", found, "who-saw")
        print("\n".join(witness.report(found[0], since and since.date())))
