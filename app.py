"""Start here: the web program is put together, set up from the environment, and started or maintained by a few commands.

`python app.py` alone lists the commands. Only this file reads the environment: PORT, HOST, DATA_DIR, DATABASE_URL, and BEHIND_HTTPS=1 when a web server in front does HTTPS.
"""
import datetime
import os
import pathlib
import secrets
import sys
import traceback

import click
from flask import Flask, g, render_template, request
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from peewee import SqliteDatabase
from playhouse import db_url
from playhouse.migrations import Runner, template
from playhouse.schema_diff import diff_models
from werkzeug.middleware.proxy_fix import ProxyFix

import admin_views
import models
import questions
import trail
import workflow
from admin_views import account

HERE = pathlib.Path(__file__).resolve().parent
PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 10_000, "trusted_schema": 0,
           "secure_delete": 1}
CSP = ("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
       "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'")
HEADERS = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
           "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
           "Permissions-Policy": "camera=(), geolocation=(), microphone=()", "X-Frame-Options": "DENY"}
UPLOAD_LIMIT = 12 * 1024 * 1024         # bytes of one request: a file of 10 MB and its form
WORKING_DAY = datetime.timedelta(hours=9)   # so long after the last sign-in or saved page a cookie is worth nothing


# ------------------------------------------------------------------------------------------------------------- database
def data_dir():
    """The folder of everything that must be kept: database, key, files."""
    folder = pathlib.Path(os.environ.get("DATA_DIR") or HERE / "data")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "files").mkdir(mode=0o700, exist_ok=True)         # from the first day, so that the line of the backup works
    return folder


def open_database(url=None):
    """Point the models at the database: SQLite in the data folder, or what DATABASE_URL names (PostgreSQL)."""
    url = url or os.environ.get("DATABASE_URL")
    if url and not url.startswith("sqlite"):
        database = db_url.connect(url, autoconnect=False)
    else:
        path = url.removeprefix("sqlite:///") if url else data_dir() / "portal.db"
        database = SqliteDatabase(str(path), pragmas=PRAGMAS, lock_type="IMMEDIATE", timeout=10, autoconnect=False)
    questions.db.initialize(database)
    trail.use_key(key_file(data_dir(), "audit.key").encode())
    return database


def migrate(database, folder=HERE / "migrations"):
    """Bring the tables up to date and see that there are settings; returns the names of the migrations that were run."""
    with database.connection_context():
        done = Runner(database, str(folder)).up()
        if not diff_models(database, [models.AuditEntry]):
            trail.guard()
        if not diff_models(database, [models.Setting]):
            with questions.acting("Set-up"):
                models.Setting.of_school().fill_up()
        return done


def make_migration(database, name, folder=HERE / "migrations"):
    """Write the migration for what is new in models.py and run it; returns its path, or None when nothing is new.

    Raises click.ClickException when a question was renamed or taken out: that would lose answers.
    """
    migrate(database, folder)
    with database.connection_context():
        diff = diff_models(database, models.tables())
        if diff.drop_columns:
            lost = ", ".join(f"{table}.{column}" for table, column in diff.drop_columns)
            raise click.ClickException(f"These answers would be lost: {lost}. Put the line back, under “No longer asked”.")
        if not diff:
            return None
        path = Runner(database, str(folder)).create(name, body=body_of(diff))
    migrate(database, folder)
    return path


def body_of(diff):
    """The text of a migration. Nothing is ever taken back, so it has no `down`; Python-only defaults need no remark."""
    lines = template(diff).partition("\n\n\ndef down(")[0].splitlines()
    return "\n".join(line for line in lines if not (line.startswith("# TODO") and "default <function" in line)) + "\n"


# ---------------------------------------------------------------------------------------------------------- the program
def key_file(folder, name):
    """A key of the portal: `secret.key` signs cookies, `audit.key` the audit trail. Made at the first start, readable by the owner only."""
    path = folder / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def create_app(database=None, folder=None, testing=False):
    """The web program. `database` and `folder` default to what the environment names."""
    problems = [*models.faults(), *workflow.faults()]
    if problems:
        raise click.ClickException("The tables of the program contradict themselves:\n" + "\n".join(problems))
    folder = folder or data_dir()
    app = Flask(__name__)
    app.config.update(SECRET_KEY=key_file(folder, "secret.key"), DATA_DIR=folder, TESTING=testing, MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
                      SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="portal", PERMANENT_SESSION_LIFETIME=WORKING_DAY, WTF_CSRF_TIME_LIMIT=12 * 3600,
                      WTF_CSRF_ENABLED=True, MAX_FORM_PARTS=20_000, MAX_FORM_MEMORY_SIZE=UPLOAD_LIMIT, PORTAL_NAME="Learning Pathway")
    if os.environ.get("BEHIND_HTTPS"):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
        app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="__Host-portal")
    app.config["LISTENS_AT"] = address()[0]
    app.database = database or open_database()
    CSRFProtect(app)
    connect_each_request(app)
    account.init_app(app)
    app.before_request(name_the_actor)
    admin_views.register(app, Admin(app, name="Learning Pathway", url="/", index_view=admin_views.home(), theme=Bootstrap4Theme()))
    app.after_request(add_headers)
    catch_errors(app)
    return app


def connect_each_request(app):
    """One database connection for each request, closed at its end."""
    @app.before_request
    def connect():
        if request.endpoint != "static":
            app.database.connect(reuse_if_open=True)

    @app.teardown_request
    def close(_):
        if getattr(g, "acting", None):
            g.acting.__exit__(None, None, None)
        if not app.testing and not app.database.is_closed():
            app.database.close()


def name_the_actor():
    """Write the signed-in person on every change of this request."""
    if request.endpoint != "static" and current_user.is_authenticated:
        g.acting = questions.acting(current_user.name, current_user.id, current_user.role)
        g.acting.__enter__()


def add_headers(response):
    """The security headers of every answer; pages are never kept by the browser."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


ERRORS = {400: ("This form is too old", "It was open too long, or came from somewhere else. Go back, load the page again and send it once more."),
          403: ("You may not see this page", "It is kept for colleagues with another role, or for the child's own teachers."),
          404: ("There is no such page", "The address may be mistyped, or it leads to a child you do not teach."),
          405: ("That is not how this page works", "Go to the home page and try from there."),
          413: ("That is too large", "A file may have at most 10 MB."),
          500: ("Something went wrong", "Nothing was changed. Please try again; if it happens again, give your technician this reference.")}


def catch_errors(app):
    """A plain page for every error; what went wrong goes to the log under a reference, without names."""
    def show(error):
        code = getattr(error, "code", None) or 500
        if isinstance(error, CSRFError):
            code = 400
        title, words = ERRORS.get(code, ERRORS[404] if code < 500 else ERRORS[500])
        reference = secrets.token_hex(3).upper() if code >= 500 else ""
        if reference:
            app.logger.error("%s: %s %s: %s", reference, request.method, request.url_rule, where(getattr(error, "original_exception", error)))
        return render_template("error.html", title=title, words=words, reference=reference), code

    for code in ERRORS:
        app.register_error_handler(code, show)
    app.register_error_handler(CSRFError, show)
    app.log_exception = lambda _: None                  # Flask's own line repeats the message, which may hold a child's name


def where(error):
    """The kind of an error and the lines it came through, newest first: enough to find it, without its message."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-8:])
    return f"{type(error).__name__} in " + " < ".join(f"{pathlib.Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)


def address():
    """Where the portal listens: host and port."""
    return os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))


def use_demo_folder():
    """Keep the fictional school apart from the real one."""
    os.environ["DATA_DIR"] = os.environ.get("DATA_DIR") or str(HERE / "data-demo")


if __name__ == "__main__":
    from commands import cli
    sys.exit(cli())
