"""The doors at full length: a thousand guesses, two hundred names, two hundred pairs of a known and
an unknown name.

Run it alone with `.venv/bin/python tests/soak/doors.py`. One line per figure; ends with 1 when one
is not as promised.
"""

import logging
import pathlib
import re
import sys
import tempfile
import time
from statistics import median

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

import app as program  # noqa: E402
import people  # noqa: E402
from admin_views.account import passwords  # noqa: E402
from audit import log as audit_log  # noqa: E402
from ops import database as ops_database
from records import questions as q  # noqa: E402

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')  # signed with the second
PASSWORD = "harbour violet spoon teapot"


def post(client, name, password, place="10.9.9.9"):
    """Try to sign in: (status, page, seconds)."""
    start = time.perf_counter()
    answer = client.post(
        "/sign-in",
        data={"user_name": name, "password": password},
        environ_base={"REMOTE_ADDR": place},
    )
    took = time.perf_counter() - start
    return answer.status_code, TOKEN.sub("", answer.text.replace(f'value="{name}"', "")), took


def guessing(app, checks):
    """1,000 guesses at one account from 50 addresses; the owner comes in between on a known
    device.
    """
    owner = app.test_client()
    passwords.SignInAttempt.delete().execute()
    post(owner, "amy", PASSWORD, "10.1.1.1")
    checks.clear()
    start = time.perf_counter()
    let_in = [
        post(app.test_client(), "amy", f"guess {n}", f"10.0.0.{n % 50}")[0] for n in range(1000)
    ].count(302)
    minutes = (time.perf_counter() - start) / 60
    guessed, most = len(checks), 10 * (1 + int(minutes / 5))
    owner_in = post(owner, "amy", PASSWORD, "10.1.1.1")[0] == 302
    return (
        (
            f"1,000 guesses from 50 addresses in {minutes:.1f} min: {guessed} password checks,"
            f" {let_in} let in; owner on a known device let in: {owner_in}"
        ),
        guessed <= most and not let_in and owner_in,
    )


def spraying(app, checks):
    """One password at 200 accounts from one address."""
    passwords.SignInAttempt.delete().execute()
    checks.clear()
    let_in = [post(app.test_client(), f"user{n}", "spring term 2026")[0] for n in range(200)].count(
        302
    )
    return (
        (
            f"1 password at 200 accounts from one address: {len(checks)} password checks, {let_in}"
            " let in"
        ),
        len(checks) == 20 and not let_in,
    )


def telling_apart(app, checks):
    """200 pairs of a known and an unknown name with a wrong password: status, body and time."""
    client, times, alike = app.test_client(), {"amy": [], "nobody": []}, 0
    for _ in range(200):
        passwords.SignInAttempt.delete().execute()
        said = {}
        for name, took in times.items():
            status, page, seconds = post(client, name, "wrong password")
            said[name] = status, page
            took.append(seconds)
        alike += said["amy"] == said["nobody"]
    apart = abs(median(times["amy"]) / median(times["nobody"]) - 1)
    return (
        (
            f"200 pairs of a known and an unknown name: {alike} alike in status and body, medians"
            f" {median(times['amy']) * 1000:.0f} and {median(times['nobody']) * 1000:.0f} ms,"
            f" {apart:.1%} apart"
        ),
        alike == 200 and apart < 0.1,
    )


def main():
    """Run all; 0 when every figure is as promised."""
    logging.getLogger("portal.account").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        ops_database.configure(pathlib.Path(folder))
        database = ops_database.open_database(f"sqlite:///{folder}/portal.db")
        ops_database.migrate(database)
        app = program.create_app(database, pathlib.Path(folder), testing=True)
        app.config["WTF_CSRF_ENABLED"] = False
        checks, real = [], passwords.matches
        passwords.matches = lambda kept, typed: checks.append(typed) or real(kept, typed)
        with database.connection_context(), audit_log.acting_as("The soak"):
            for name in ("amy", *(f"user{n}" for n in range(200))):
                people.User.create(
                    name=name,
                    username=name,
                    role=q.TEACHER,
                    password=(
                        passwords.hash_password(PASSWORD)
                        if name == "amy"
                        else passwords.dummy_hash()
                    ),
                )
            found = [run(app, checks) for run in (guessing, spraying, telling_apart)]
        passwords.matches = real
    for words, good in found:
        print("ok  " if good else "BAD ", words, flush=True)
    return 0 if all(good for _, good in found) else 1


if __name__ == "__main__":
    sys.exit(main())
