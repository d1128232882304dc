"""The commands that start and maintain the portal: `./portal` alone (or `python app.py`) lists them.

Each command is a thin function; what it does is in the module that it calls.
"""
import logging
import platform
import socket
import ssl
import sys

import click
import waitress

import app
import checks
import questions
import readme
from admin_views import account, school, status


@click.group()
def cli():
    """The Learning Pathway portal: `run` starts it, the others maintain it."""


@cli.command()
def run():
    """Bring the database up to date and serve the portal; refuse when the set-up is not safe."""
    database = app.open_database()
    refuse_unsafe(checks.Facts(app.data_dir(), database), groups=(checks.KEYS,))        # before anything is written there
    app.migrate(database)
    portal = app.create_app(database)
    with database.connection_context():
        refuse_unsafe(status.facts_of(portal))
    serve(portal)


def refuse_unsafe(at, groups=checks.GROUPS):
    """Say what is not safe and how to cure it, and end with exit code 2; nothing when all is safe."""
    bad = [r for r in checks.run(at, (checks.REFUSE,), groups) if not r.ok and r.level == checks.REFUSE]
    if bad:
        print("The portal does not start:\n" + "\n".join(checks.line(r) for r in bad), file=sys.stderr, flush=True)
        sys.exit(2)


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


@cli.command()
@click.option("--quick", is_flag=True, help="Look at the newest rows and files only.")
@click.option("--tls", metavar="HOST", help="Also look at the HTTPS of this address, such as portal.school.example.")
def check(quick, tls):
    """Say in one line each what is well and what is not, with its cure; exit code 1 for warnings, 2 for problems."""
    portal = app.create_app()
    with portal.database.connection_context():
        found = checks.run(status.facts_of(portal, whole=not quick))
    found += [certificate(tls)] if tls else []
    print("\n".join(checks.line(r) for r in found))
    bad = [r for r in found if not r.ok]
    print(f"{len(found)} checks: {len(found) - len(bad)} OK, " + ", ".join(
        f"{sum(checks.line(r).startswith(word) for r in bad)} {word}" for word in ("PROBLEM", "WARNING", "NOTE")))
    sys.exit(checks.exit_code(found))


def certificate(host):
    """What HTTPS at a host is worth: protocol, and days left of the certificate."""
    host, _, port = host.removeprefix("https://").strip("/").partition(":")
    cure = "See the settings of the web server in front; a certificate should renew itself 30 days before its end"
    try:
        plain = socket.create_connection((host, int(port or 443)), 10)
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as safe:
            left = int(ssl.cert_time_to_seconds(safe.getpeercert()["notAfter"]) - checks.seconds()) // 86400
            words = f"{host} speaks {safe.version()}; its certificate ends in {left} days."
    except (OSError, ValueError) as error:
        return checks.Result(False, checks.PROBLEM, f"{host} gives no trusted HTTPS ({type(error).__name__}).", cure)
    return checks.Result(left >= 14, checks.WARN, words, "" if left >= 14 else cure)


@cli.command()
def version():
    """Say which release this is, and on what it runs."""
    print(f"Learning Pathway portal {school.version()}, Python {platform.python_version()}, {platform.system()}")


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
