"""What the long runs share: a small school in a data folder of its own, the real program on a port,
and people who are signed in.

Everything here runs in processes of its own, so that killing one or filling its disk is real.
"""

import atexit
import datetime
import hashlib
import http.client
import logging
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))


def report(words, size=2000):
    """A PDF of about that many bytes, with these words."""
    return b"%PDF-1.7\n" + words.encode() + b"\n" + b"a report\n" * (size // 9) + b"%%EOF"


def figure(claim, said, ok):
    """Print one line of the table; whether it is ok."""
    print(f"{claim} | {said} | {'ok' if ok else 'FAILED'}", flush=True)
    return ok


NOT_PASSED_ON = (
    "DATABASE_URL",
    "PYTEST_XDIST_WORKER",
    "BEHIND_HTTPS",
    "HOST",
    "HOSTS",
    "PORT",
    "INSECURE_HTTP",
    "TRUSTED_PROXY",
)


def environment(folder, url=None, **more):
    """What the program reads from its environment, for a data folder (and a PostgreSQL address)."""
    env = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
    return {
        **env,
        "PORTAL_ENV": "",
        "DATA_DIR": str(folder),
        **({"DATABASE_URL": url} if url else {}),
        **more,
    }


def python(code, *words, **how):
    """Run Python code in the tree of the program, in its own process."""
    return subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-c",
            f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests/soak')!r}]\n{code}",
            *map(str, words),
        ],
        cwd=ROOT,
        text=True,
        **how,
    )


def open_school(folder, url=None):
    """Point this process at the school's database, which is brought up to date."""
    os.environ["DATA_DIR"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    if url:
        os.environ["DATABASE_URL"] = url
    from ops import database as ops_database

    ops_database.configure()
    database = ops_database.open_database()
    ops_database.migrate(database)
    return database


def build(folder, url=None, pupils=20):
    """A small school: a SENCO, office staff, teachers, and pupils with a concern each."""
    import models as m
    import people
    import workflow as w
    from audit import log as audit_log
    from records import dates

    database = open_school(folder, url)
    with (
        database.connection_context(),
        audit_log.acting_as("The long run"),
        audit_log.transaction(),
    ):
        settings = m.Setting.of_school()
        settings.second_step, settings.school_name = None, "Hill School"
        settings.save()
        senco = people.User.create(name="Sam Senco", username="senco", role="senco")
        for n in range(8):
            people.User.create(name=f"Olive Office {n}", username=f"office{n}", role="office")
        for n in range(20):
            people.User.create(
                name=f"Tess Teacher {n}",
                username=f"teacher{n}",
                role="teacher",
                classes=f"{n % 4 + 1}B",
            )
        for n in range(pupils):
            pupil = m.Pupil.create(
                surname=f"Sur{n:03}",
                forename=f"Fore{n:03}",
                dob=datetime.date(dates.today().year - 6 - n % 4, 5, 5),
                form=f"{n % 4 + 1}B",
                year=str(n % 4 + 1),
            )
            on = dates.today()
            w.perform(
                w.move_named("Place on Concerns List"),
                pupil,
                senco,
                {"on": on, "raised_by": "Tess", "areas": m.AREAS[0]},
            )
            form, _ = w.start_form(m.RecordOfConcern, pupil, senco)
            form.save()
    return database


def cookie_for(user):
    """Sign somebody in past the pages: what their cookie holds. (How sign-ins are kept is
    admin_views/account/sessions.py.)
    """
    from admin_views.account import sessions

    return {
        "_user_id": sessions.start(user, "127.0.0.1", "Firefox on Windows"),
        "_fresh": True,
        "proved": int(time.time()),
    }


def signed(folder, held):
    """The cookie and the token of a page, signed with the key of the data folder."""
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface
    from itsdangerous import URLSafeTimedSerializer

    from config import key_file

    app = Flask("soak")
    app.secret_key = key_file(pathlib.Path(folder), "secret.key")
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("soak")
    return (
        SecureCookieSessionInterface()
        .get_signing_serializer(app)
        .dumps({"csrf_token": "soak", **held}),
        token,
    )


def quiet():
    """Keep the log of a program inside this process off the console."""
    for handler in [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]:
        logging.getLogger().removeHandler(handler)


class Person:
    """One person at one browser, over a kept connection to a running portal."""

    def __init__(self, port, cookie, token):
        self.port, self.cookie, self.token = port, cookie, token
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, method, path, fields=None, file=None):
        """Send one request: (status, words of the page, address it leads to). A kept connection
        that was closed is opened again for reading.
        """
        body, kind = (
            encode([*(fields or ()), ("csrf_token", self.token)], file)
            if method == "POST"
            else (None, None)
        )
        headers = {
            "Cookie": f"portal={self.cookie}",
            "Sec-Fetch-Site": "same-origin",
            **({"Content-Type": kind} if kind else {}),
        }
        for last in (False, True):
            try:
                self.wire.request(method, path, body, headers)
                answer = self.wire.getresponse()
                self.answered(answer)
                return (
                    answer.status,
                    answer.read().decode("utf-8", "replace"),
                    answer.getheader("Location") or "",
                )
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.wire.close()
                if last:
                    raise

    def answered(self, answer):
        """Called with every answer; this person keeps the cookie of the beginning."""

    def form(self, path):
        """The big form of a page: [(name, value)] as a browser would send it, and its status."""
        from lxml import html

        status, words, _ = self.ask("GET", path)
        if status != 200:
            return status, []
        found = html.document_fromstring(words).xpath("//main//form[@data-draft]")
        return status, (
            [(n, v) for n, v in found[0].form_values() if n != "csrf_token"] if found else []
        )


def encode(fields, file=None):
    """Fields (and a file) as multipart/form-data: (body, content type)."""
    edge = "soak" + hashlib.sha256(repr(fields).encode()).hexdigest()[:24]
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
        for n, v in fields
    ]
    if file:
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{file[0]}"\r\nContent-Type: application/pdf\r\n\r\n'.encode()
            + file[1]
            + b"\r\n"
        )
    return b"".join([*parts, f"--{edge}--\r\n".encode()]), f"multipart/form-data; boundary={edge}"


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Portal:
    """The program of a tree as `commands.py run` serves it, on a free port."""

    def __init__(self, folder, url=None, words=("commands.py", "run"), tree=ROOT, **more):
        self.port, self.folder = free_port(), pathlib.Path(folder)
        self.host = "::1" if more.get("HOST") == "::1" else "127.0.0.1"
        self.out = tempfile.TemporaryFile("w+")  # noqa: SIM115  (it stays open)
        self.process = subprocess.Popen(
            [sys.executable, *words],
            cwd=tree,
            stdout=self.out,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(folder, url, PORT=str(self.port), **more),
        )
        # whatever goes wrong before its `stop`
        atexit.register(self.process.kill)
        self.wait()

    def wait(self, most=900):
        """Wait until the portal answers; raises RuntimeError with what it said when it ends or is
        not there in time.
        """
        until = time.monotonic() + most
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with socket.create_connection((self.host, self.port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"The portal did not start: {self.said()[-1500:]}")

    def said(self):
        """Everything it printed."""
        self.out.seek(0)
        return self.out.read()

    def stop(self):
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def logged(folder):
    """All that the program wrote to its log files."""
    return "".join(
        p.read_text("utf-8", "replace") for p in pathlib.Path(folder).rglob("*.log*") if p.is_file()
    )


def mentions(words, *patterns):
    """How often patterns stand in a text."""
    return sum(len(re.findall(p, words)) for p in patterns)
