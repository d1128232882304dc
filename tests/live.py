"""The real server, as the README's command starts it, with a small school in a folder of its own.

Come here to ask through waitress and a socket what Flask's test client cannot show: headers, long
requests, two people at once. The school is built, and its people are signed in, in another process,
so that nothing of this one is changed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "soak"))

import common  # noqa: E402

PEOPLE = ("senco", "head", "technician", "office0", "teacher0", "teacher1")


class Live:
    """A running portal: its folder, its port, and people who are signed in to it."""

    def __init__(self, folder, url=None, cookie="portal", **environment):
        self.folder = Path(folder)
        self.signed = build(folder, url)
        self.server = common.Portal(folder, url, **environment)
        self.port = self.server.port
        self.cookie = cookie

    def person(self, username):
        """Somebody at a browser of their own: `ask(method, path, fields)`."""
        cookie, token = self.signed[username]
        return common.Person(self.port, cookie, token)

    def stranger(self):
        """Somebody who is not signed in, at a browser that keeps its cookie."""
        return Stranger(self.port, *common.signed(self.folder, {}))

    def stop(self):
        """End the server."""
        self.server.stop()


class Stranger(common.Person):
    """A browser that keeps the session cookie and the token of the last page: signing in changes
    both.
    """

    def ask(self, method, path, fields=None, file=None):
        """Send one request: (status, words of the page, address it leads to)."""
        status, page, where = super().ask(method, path, fields, file)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        if token:
            self.token = token[1]
        return status, page, where

    def answered(self, answer):
        """Keep the session cookie of an answer."""
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            if name == "portal":
                self.cookie = value


def build(folder, url=None):
    """Build the school and sign its people in, in a process of its own: {user name: (cookie,
    token)}.
    """
    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    words = [sys.executable, __file__, str(folder), *([url] if url else [])]
    done = subprocess.run(
        words,
        cwd=common.ROOT,
        env=common.environment(folder, url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The portal on this computer's own address, as `make run` starts it."""
    running = Live(tmp_path_factory.mktemp("live") / "data")
    yield running
    running.stop()


def main(folder, url=None):
    """Build the school; print who is signed in."""
    import people
    from audit import log as audit_log

    database = common.build(folder, url, pupils=8)
    with database.connection_context(), audit_log.acting_as("The live tests"):
        people.User.create(name="Hedda Head", username="head", role="head")
        people.User.create(name="Ted Technician", username="technician", role="technician")
        signed = {}
        for name in PEOPLE:
            signed[name] = common.signed(
                folder, common.cookie_for(people.User.get(people.User.username == name))
            )
    print(json.dumps(signed))


if __name__ == "__main__":
    main(*sys.argv[1:])
