"""The commands that start and maintain the portal: `./portal` alone (or `python app.py`) lists them.

Each command is a thin function; what it does is in the module that it calls.
"""
import logging
import pathlib

import click
import waitress

import app
import keeping
import models
import questions
import readme
from admin_views import account
from admin_views import keeping as keeping_screens


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
        link = account.first_link(f"http://{host}:{port}")
    print(f"The portal is at http://{host}:{port} - press Ctrl-C to stop it.", flush=True)
    if link:
        print(f"Nobody has an account yet. Make the first one here, within 24 hours:\n{link}", flush=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(portal, host=host, port=port, threads=8, ident=None)


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


@cli.command("subject-access")
@click.argument("pupil")
@click.option("--to", "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path), help="The folder to write to.")
def subject_access_command(pupil, folder):
    """Write everything held on one child (their number in the portal, or UPN) to a ZIP, without what is marked: when the SENCO asks."""
    database = app.open_database()
    with app.create_app(database).test_request_context(), database.connection_context(), questions.acting("At the server"):
        path = keeping_screens.write_bundle(pupil, folder, app.data_dir())
    if path is None:
        raise click.ClickException("There is no record with this number or UPN. The SENCO finds the number in the address of the child's page.")
    print(f"Written: {path}. Only your account can read it. What is marked was left out; the request in the portal lists it.")


@cli.command("retention")
def retention_command():
    """List the records that are due to be erased (numbers, no names), and write over what erased records left in the database file."""
    database = app.open_database()
    with database.connection_context(), questions.acting("At the server"):
        print("\n".join(keeping.due_lines(models.Setting.of_school())))
        if not keeping.scrub():
            raise click.ClickException("The database is busy. Stop the portal and run this again to write over what erased records left.")


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
