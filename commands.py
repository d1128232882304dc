"""The commands that start and maintain the portal: `./portal` alone (or `python app.py`) lists them.

Each command is a thin function; what it does is in the module that it calls.
"""
import logging

import click
import waitress

import app
import questions
import readme
from admin_views import account


# A body comes in without holding up a thread; who sends nothing for 30 seconds, or more than any form, is cut off.
SERVER = {"threads": 8, "connection_limit": 500, "channel_timeout": 30, "cleanup_interval": 10, "asyncore_use_poll": True,
          "max_request_body_size": 4 * app.UPLOAD_LIMIT, "max_request_header_size": 64 * 1024, "ident": None}


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
    waitress.serve(portal, host=host, port=port, **SERVER)


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
