"""30 people at work in the demonstration school under the real web server: no error page, no
"database is locked", no lost write.

Of what they ask for, half are pages of children, a fifth the home page, a fifth lists, a tenth
saves; 0.2 to 1 second between two clicks. The people are a process of their own, beside the server
and beside this one: nothing else runs in the server's interpreter. `python tests/soak/load.py 60
30` lets 30 people work for 60 seconds.
"""

import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from common import (
    ROOT,  # noqa: E402
    Person,  # noqa: E402
    Portal,  # noqa: E402
    cookie_for,  # noqa: E402
    figure,  # noqa: E402
    logged,  # noqa: E402
    open_school,  # noqa: E402
    signed,  # noqa: E402
)

MIX = {"child": 50, "home": 20, "list": 20, "save": 10}  # of a hundred clicks
LISTS = (
    "/pupil/",
    "/concerns-list/",
    "/sen-list/",
    "/record-of-concern/",
    "/my-plan/",
    "/my-plan-plus/",
)
FINE = {200, 302, 303}  # a page, a saved form, a search
PAUSE = (0.2, 1.0)  # seconds from one answer to the next click
ROLES = ("senco", "office", "teacher")


# --- the people, in their process
class Working(threading.Thread):
    """One person at work until the time is over."""

    def __init__(self, port, seat, seconds):
        super().__init__(daemon=True)
        self.seat = seat
        self.person = Person(port, seat["cookie"], seat["token"])
        self.seconds = seconds
        self.chance = random.Random(seat["name"])
        self.times = []  # (what was asked for, seconds, status)
        self.saved = []  # words that were acknowledged
        self.broke = None

    def run(self):
        """Click, wait, click; a thread must not die in silence."""
        until = time.monotonic() + self.seconds
        try:
            time.sleep(self.chance.uniform(*PAUSE))
            while time.monotonic() < until:
                (kind,) = self.chance.choices(list(MIX), list(MIX.values()))
                getattr(self, f"ask_{kind}")()
                time.sleep(self.chance.uniform(*PAUSE))
        except Exception as error:
            self.broke = repr(error)

    def ask(self, kind, method, path, *fields):
        """A request whose time is noted; its answer."""
        start = time.perf_counter()
        answer = self.person.ask(method, path, *fields)
        self.times.append((kind, time.perf_counter() - start, answer[0]))
        return answer

    def ask_child(self):
        """Look at the page of a child."""
        self.ask("child", "GET", f"/pupil/{self.chance.choice(self.seat['children'])}/")

    def ask_home(self):
        """Look at the home page."""
        self.ask("home", "GET", "/")

    def ask_list(self):
        """Look at a list; now and then search in it."""
        if self.chance.random() < 0.2:
            words = [("search", self.chance.choice("aeiou"))]
            _, _, found = self.ask("list", "POST", "/pupil/", words)
            self.ask("list", "GET", found)
        else:
            self.ask("list", "GET", self.chance.choice(LISTS))

    def ask_save(self):
        """Open the form of a strategy for a child, type something that stands nowhere else, and
        save.
        """
        path = f"/strategy/new/?pupil={self.chance.choice(self.seat['children'])}"
        word = f"load-{self.seat['name']}-{len(self.times)}"
        start = time.perf_counter()
        status, fields = self.person.form(path)
        self.times.append(("form", time.perf_counter() - start, status))
        time.sleep(self.chance.uniform(*PAUSE))
        said = [(name, word if name == "strategy" else value) for name, value in fields]
        if self.ask("save", "POST", path, [*said, ("do", "save")])[0] == 302:
            self.saved.append(word)


def work(port, seconds):
    """Let the people of the list on standard input work; print what they saw, as JSON."""
    people = [Working(port, seat, seconds) for seat in json.load(sys.stdin)]
    for one in people:
        one.start()
    for one in people:
        one.join(seconds + 300)
    seen = [
        {"times": one.times, "saved": one.saved, "broke": one.broke, "ended": not one.is_alive()}
        for one in people
    ]
    print(json.dumps(seen))


def at_work(port, seats, seconds):
    """Let people work in a process of their own: what each of them saw."""
    done = subprocess.run(
        [sys.executable, __file__, "--work", str(port), str(seconds)],
        cwd=ROOT,
        input=json.dumps(seats),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


# --- the school, the server
def cast(folder, database, count):
    """That many people of the school, each signed in at a place of their own, with the children on
    the pathway whom they see.
    """
    import models as m
    from people import User

    seats = []
    with database.connection_context():
        staff = [
            user
            for role in ROLES
            for user in User.select().where(User.role == role).order_by(User.id)
        ]
        for number in range(count):
            user = staff[number % len(staff)]
            mine = m.Pupil.visible_to(user).select(m.Pupil.id)
            children = [
                p.pupil_id
                for p in m.Placement.select().where(
                    m.Placement.ended_on.is_null(), m.Placement.pupil.in_(mine)
                )
            ]
            children = children or [pupil.id for pupil in mine]
            cookie, token = signed(folder, cookie_for(user))
            seats.append(
                {
                    "name": f"{user.username}-{number}",
                    "cookie": cookie,
                    "token": token,
                    "children": children,
                }
            )
    return seats


def build(folder, url=None):
    """The demonstration school, where nobody needs a second step to sign in."""
    import models as m
    from audit import log as audit_log
    from demo import school
    from records import dates

    database = open_school(folder, url)
    with database.connection_context(), audit_log.acting_as("The long run"):
        school.build(
            dates.today(), lambda password: "nobody signs in with it", pathlib.Path(folder)
        )
        settings = m.Setting.of_school()
        settings.second_step = None
        settings.save()
    return database


def lost(database, words):
    """The words that were acknowledged and are not in the audit trail, and what is wrong with its
    chain.
    """
    from audit import log as audit_log

    with database.connection_context():
        rows = (
            audit_log.AuditEntry.select(audit_log.AuditEntry.after)
            .where(audit_log.AuditEntry.after.contains("load-"))
            .tuples()
        )
        told = {word for (after,) in rows for word in re.findall(r"load-\S+", after)}
        return [w for w in words if w not in told], audit_log.verify()


def processor(pid):
    """Seconds of the processor that a process has used."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def run(seconds, count, url=None):
    """Let `count` people work for that long; print the figures; whether all is as claimed."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        database = build(folder, url)
        seats = cast(folder, database, count)
        portal = Portal(folder, url)
        before, used = os.getloadavg()[0], processor(portal.process.pid)
        people = at_work(portal.port, seats, seconds)
        used = processor(portal.process.pid) - used
        portal.stop()
        print(
            f"load average {before:.1f} before and {os.getloadavg()[0]:.1f} after, {os.cpu_count()}"
            f" processors; the server used {used:.1f} s of them",
            flush=True,
        )
        words = [word for one in people for word in one["saved"]]
        return tell(people, seconds, portal.said() + logged(folder), words, *lost(database, words))


def tell(people, seconds, log, saved, gone, chain):
    """Print the figures of a run; whether nothing failed and nothing is lost."""
    times = [tuple(row) for one in people for row in one["times"]]
    codes = Counter(status for _, _, status in times)
    broke = [one["broke"] or "did not end" for one in people if one["broke"] or not one["ended"]]
    locked = log.count("database is locked") + log.count("OperationalError")
    good = [
        figure(
            "answers other than a page or a saved form",
            f"{sum(code not in FINE for _, _, code in times)} of {len(times)} {dict(codes)}",
            not codes.keys() - FINE and not broke,
        ),
        figure("“database is locked”", str(locked), locked == 0),
        figure(
            "acknowledged saves that are not in the audit trail",
            f"{len(gone)} of {len(saved)}",
            not gone and len(saved) > 0,
        ),
        figure(
            "the chain of the audit trail after the load",
            "; ".join(chain[:2]) or "holds",
            not chain,
        ),
    ]
    for kind in ("child", "home", "list", "form", "save", None):
        took = sorted(t for k, t, _ in times if kind in (k, None)) or [0]
        figure(
            f"{kind or 'all'}: {len(took)} answers in {seconds} s",
            f"{len(took) / seconds:.1f} a second, half within "
            f"{statistics.median(took):.2f} s, 95 % within {took[int(len(took) * 0.95)]:.2f} s",
            True,
        )
    if not all(good):
        print(
            "\n".join([*broke[:5], *[line for line in log.splitlines() if '"error"' in line][:5]])
        )
    return all(good)


def main(seconds=60, count=30):
    """The full figures."""
    return 0 if run(seconds, count) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*map(int, sys.argv[2:]))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
