"""The commands that start and maintain the portal: `./portal` alone (or `python app.py`) lists them.

Each command is a thin function; what it does is in the module that it calls.
"""
import contextlib
import json
import logging
import sys

import click
import waitress

import app
import questions
import readme
import recovery
import upgrade
import upkeep
from admin_views import account


@click.group()
def cli():
    """The Learning Pathway portal: `run` starts it, the others maintain it."""


@cli.command()
def run():
    """Bring the database up to date and serve the portal."""
    start(app.open_database())


def start(database, prepare=lambda: None):
    """Serve after what must come before: no restore or upgrade left half done, the database up to date, then what `prepare` does."""
    with upkeep.begin():
        upgrade.migrated(app.migrate)
        prepare()
        upkeep.watch()
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
    start(database, lambda: print(demo_sign_ins(database, app.data_dir() / "sign-ins.txt"), flush=True))


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
@click.option("--no-backup", is_flag=True, hidden=True)
def migrate_command(no_backup):
    """Bring the database up to date, after a backup of it."""
    app.open_database()
    with contextlib.nullcontext() if no_backup else upkeep.alone():
        done = upgrade.migrated(app.migrate, keep=not no_backup)
    print("\n".join(done) or "The database is up to date.")


# --------------------------------------------------------------------------------------------------- backups and upgrades
@cli.command("backup")
def backup_command():
    """Make a backup now, in every place that the settings name; the portal may be running."""
    app.open_database()
    done, problems = upkeep.backup()
    print("\n".join([*(f"Backup written: {path}" for path in done), *problems]))
    sys.exit(bool(problems))


@cli.command("restore")
@click.argument("file", required=False)
@click.option("--to", help="Another folder than the data folder; it is made.")
@click.option("--key", help="The recovery key from the school's safe, or a file with it.")
def restore_command(file, to, key):
    """Put a backup (the newest, or FILE, or the newest in the folder FILE) into the data folder; what is there is moved aside."""
    if not to and app.on_server():
        raise click.ClickException("The database is on PostgreSQL (DATABASE_URL). Restore into a folder of its own (--to FOLDER), then bring it "
                                   "into an empty PostgreSQL database: DATA_DIR=FOLDER DATABASE_URL= ./portal move-to postgresql://...")
    app.open_database()
    print("\n".join(recovery.restore(file, to, key)))


@cli.command("drill")
@click.argument("file", required=False)
@click.option("--key", help="The recovery key from the school's safe, or a file with it: to see that it is the right one.")
def drill_command(file, key):
    """Try the newest backup out in a folder of its own, and print a dated certificate; the portal may be running."""
    app.open_database()
    passed, certificate = recovery.drill(file, key)
    print(certificate, end="")
    sys.exit(not passed)


@cli.command("recovery-key")
def recovery_key_command():
    """Print the key that opens the backups, for the school's safe."""
    app.open_database()
    print(upkeep.key_paper())


@cli.command("upgrade")
def upgrade_command():
    """Bring the program to its newest version; when anything fails, all is put back as it was."""
    app.open_database()
    print(upgrade.upgrade())


@cli.command("move-to")
@click.argument("url")
def move_to_command(url):
    """Copy the database into an empty PostgreSQL database (URL: postgresql://user:password@host/name) and compare."""
    app.open_database()
    print("\n".join(upgrade.move_to(url)))


@cli.command("prove", hidden=True)
@click.argument("folder")
@click.option("--drill", is_flag=True)
@click.option("--restored", default="")
def prove_command(folder, drill, restored):
    """Look at an opened backup, for `recovery.prove`."""
    app.use_folder(folder)
    print(json.dumps(recovery.proof(drill, restored)))


@cli.command("starts", hidden=True)
def starts_command():
    """Whether the program starts, for `upgrade.check`."""
    print(recovery.see_sign_in(app.create_app()))


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
