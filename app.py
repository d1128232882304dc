"""Start here: the web program is put together. Come here to change its headers, its cookies, or
what an error says. `commands.py` starts and maintains it.
"""

import os
import secrets
import sqlite3
import sys

from flask import Flask, abort, current_app, g, render_template, request
from flask_login import current_user
from flask_wtf import CSRFProtect
from peewee import PeeweeException
from werkzeug.exceptions import SecurityError
from werkzeug.routing import IntegerConverter
from werkzeug.sansio.utils import host_is_trusted

import config
import models
import workflow
from admin_views import drafts, limits, register, work
from admin_views.account import sessions
from admin_views.account import views as account
from admin_views.forms import key_of
from audit import access
from audit.log import acting_as, on_sqlite
from ops import background, logs
from papers import printing
from records import storage

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src"
    " 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
NOT_THIS_WAY = (
    "Start the portal with ./portal run (on Windows: commands.py run). By flask run or gunicorn it"
    " would not bring its database up to date, look whether all is safe, or make backups."
)


# --- the program
def create_app(database=None, folder=None, testing=False):
    """The web program on an open database, with the files and keys of a folder.

    Raises config.CannotStart without a database: by another server, which skips `start`.
    """
    if database is None:
        raise config.CannotStart(NOT_THIS_WAY)
    problems = [*models.check_models(), *workflow.check_pathway()]
    if problems:
        problems.insert(0, "The tables of the program contradict themselves:")
        raise config.CannotStart("\n".join(problems))
    folder = folder or config.data_dir()
    app = Flask(__name__)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = RowNumber
    app.config.update(settings_of(folder), TESTING=testing)
    if app.config["INSECURE_HTTP"]:
        app.logger.warning("INSECURE_HTTP=1: passwords and records cross the network in the clear.")
    app.database = database
    app.before_request(refuse_other_names)
    app.add_url_rule("/healthz", "healthz", healthz)
    connect_each_request(app)
    # before anything may be refused: a refusal is written down
    app.before_request(name_the_actor)
    limits.add_limits(app)  # before anything reads what was sent
    app.before_request(refuse_other_sites)
    # after the connection: the page of a refusal reads from the database
    CSRFProtect(app)
    account.init_app(app)
    drafts.add_drafts(app)
    register.add_screens(app)
    app.extensions["work"] = background.Background(app, work.KINDS)
    app.after_request(add_headers)
    app.after_request(access.write_accesses)
    if not testing:
        logs.write_to(folder)
        app.extensions["printing"] = printing.Printers()
    catch_errors(app)
    return app


def settings_of(folder):
    """The settings of Flask, from the folder and the environment."""
    https, hosts, insecure = config.way_in()
    return {
        "SECRET_KEY": config.key_file(folder, "secret.key"),
        "DATA_DIR": folder,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_NAME": "__Host-portal" if https else "portal",
        "PERMANENT_SESSION_LIFETIME": sessions.LEFT_OPEN,
        "WTF_CSRF_TIME_LIMIT": None,
        "TRUSTED_HOSTS": [*hosts, *config.LOOPBACK],
        "STAFF_HOSTS": hosts,
        "INSECURE_HTTP": insecure,
        "LISTENS_AT": config.address()[0],
        "PROXIES": config.trusted_proxies(),
        "BASE_URL": config.base_url(),
        "PORTAL_NAME": "Learning Pathway",
    }


def refuse_other_names():
    """Staff reach the portal by its own name only; this computer may ask whether it is well."""
    if request.endpoint != "healthz" and not host_is_trusted(
        request.host, current_app.config["STAFF_HOSTS"]
    ):
        raise SecurityError("This name is not in HOSTS.")


def healthz():
    """For a monitor: no sign-in, no word of the school, nothing written."""
    database = current_app.database
    try:
        database.connect(reuse_if_open=True)
        database.execute_sql("SELECT COUNT(*) FROM setting").fetchone()
    except PeeweeException as fault:
        current_app.logger.error("the database does not answer: %s", logs.where(fault))
        return "the database does not answer\n", 503, PLAIN
    return "ok\n", 200, PLAIN


class RowNumber(IntegerConverter):
    """The number of a row in an address; 0, which no row has, for one that no database holds."""

    def to_python(self, value):
        return key_of(value)


def connect_each_request(app):
    """One database connection for each request: closed at its end, or kept by the thread."""

    @app.before_request
    def connect():
        if request.endpoint not in limits.WITHOUT_DATABASE:
            app.database.connect(reuse_if_open=True)

    @app.teardown_request
    def close(_):
        if getattr(g, "acting", None):
            g.acting.__exit__(None, None, None)
        # a thread keeps its connection to a file: to open one takes as long as a page's questions
        if not app.testing and not app.database.is_closed() and not on_sqlite(app.database):
            app.database.close()


def hold_open(database):
    """One more connection to SQLite: on a full disk the first reader could not make `-shm`."""
    if not on_sqlite(database):
        return None
    spare = sqlite3.connect(database.database, check_same_thread=False)
    spare.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return spare


def refuse_other_sites():
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    if changes and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


def name_the_actor():
    if request.endpoint not in limits.WITHOUT_DATABASE and current_user.is_authenticated:
        g.acting = acting_as(current_user.name, current_user.id, current_user.role)
        g.acting.__enter__()


def add_headers(response):
    """The security headers of every answer; no browser keeps a page."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


ERRORS = {
    401: (
        "You were signed out",
        "Sign in in another tab, then press “Try again” here. Until then the words are on this page"
        " alone.",
    ),
    400: (
        "This form is too old",
        "It was open too long, or came from somewhere else. Go back, load the page again and send"
        " it once more.",
    ),
    403: (
        "You may not see this page",
        "It is kept for colleagues with another role, or for the child's own teachers.",
    ),
    404: (
        "There is no such page",
        "The address may be mistyped, or it leads to a child you do not teach.",
    ),
    405: ("That is not how this page works", "Go to the home page and try from there."),
    413: ("That is too large", "Go back and send less at a time."),
    414: ("This address is too long", "Go to the home page and find what you wanted from there."),
    415: (
        "The portal cannot read this",
        "It reads what its own pages send. Go back, load the page again and send it once more.",
    ),
    429: (
        "Too much at once",
        "Several pages are on their way to you already. Wait a moment, then try again.",
    ),
    500: (
        "Something went wrong",
        "Nothing was changed. Please try again; if it happens again, give your technician this"
        " reference.",
    ),
    503: (
        "The portal is busy",
        "Somebody else is saving very much, and nothing was changed by you. What you typed is kept."
        " Wait a minute, then try again.",
    ),
    507: (
        "The disk of the portal is full",
        "Nothing can be saved now, though pages can still be read. Tell your technician to make"
        " room on the server's disk; then try again.",
    ),
}
SIGNED_OUT = (
    "You are signed out",
    "This was not saved. Open the page again: you sign in, and what was kept while you typed is in"
    " its boxes.",
)
WRONG_HOST = (
    "The portal is not known by this name",
    "Use the address that your technician gave you; technicians: see HOSTS.",
)


def catch_errors(app):
    for code in set(ERRORS) - {507}:
        app.register_error_handler(code, show_error)
    # Flask's own line repeats the message, which may hold a child's name
    app.log_exception = lambda _: None


def show_error(error):
    """The page of an error; what went wrong goes to the log under a reference, without names."""
    cause = getattr(error, "original_exception", error)
    code = status_of(error, cause)
    if code in (403, 404):
        access.log_refusal()
    title, words = error_words(error, code)
    reference = ""
    if code >= 500:
        reference = secrets.token_hex(3).upper()
        what = (reference, request.method, request.url_rule, logs.where(cause))
        current_app.logger.error("%s: %s %s: %s", *what)
    headers = {}
    if getattr(error, "retry_after", None):
        headers["Retry-After"] = str(error.retry_after)
    try:
        left = drafts.left_over(code)
        if title == SIGNED_OUT[0]:
            left["retry"] = request.full_path
        page = render_template("error.html", title=title, words=words, reference=reference, **left)
        return page, code, headers
    except Exception:  # no database, or a wrong Host
        return f"{title}. {words} {reference}", code, PLAIN


def status_of(error, cause):
    """The HTTP status of an error; 507 for a full disk, 503 for a database that others hold."""
    code = getattr(error, "code", None) or 500
    if code == 500 and storage.cannot_write(cause):
        return 507
    if code == 500 and storage.is_busy(cause):
        return 503
    return code


def error_words(error, code):
    if isinstance(error, SecurityError):
        return WRONG_HOST
    title, words = ERRORS.get(code) or ERRORS[404 if code < 500 else 500]
    if code == 413:
        limit = limits.limit_of_request()
        if limit is limits.SIGN_IN and request.blueprint not in (None, "account"):
            return SIGNED_OUT
        words = limit.words
    return title, words


if __name__ == "__main__":
    # `python app.py` started the portal up to 1.1.0, whose upgrade and services still do
    os.execv(sys.executable, [sys.executable, str(config.HERE / "commands.py"), *sys.argv[1:]])
