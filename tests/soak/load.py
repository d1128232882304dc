"""30 people read and write for a minute under the real web server: no "database is locked", no error page, no lost write."""
import pathlib
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter

from common import Person, Portal, build, cookie_for, figure, logged, signed

READS = ("/", "/pupil/", "/pupil/?search=Sur01", "/record-of-concern/", "/pupil/{}/", "/pupil/{}/", "/record-of-concern/{}/")


class Working(threading.Thread):
    """One person at work until the time is over; what they were told was saved is in `saved`."""

    def __init__(self, name, person, until, pupils):
        super().__init__(daemon=True)
        self.who, self.person, self.until, self.pupils = name, person, until, pupils
        self.times, self.saved, self.codes, self.moved, self.broke = [], [], Counter(), [], None
        self.chance = random.Random(name)

    def run(self):
        """Read three times as often as write, with half a second to think."""
        try:
            while time.monotonic() < self.until:
                self.chance.choices((self.read, self.find, self.write, self.move, self.paper), (60, 12, 24, 3, 1))[0]()
                time.sleep(self.chance.random())
        except Exception as error:                      # a thread must not die in silence
            self.broke = repr(error)

    def ask(self, method, path, *more):
        """A request whose time and answer are noted."""
        start = time.perf_counter()
        answer = self.person.ask(method, path, *more)
        self.times.append(time.perf_counter() - start)
        self.codes[answer[0]] += 1
        return answer

    def read(self):
        """Look at a page."""
        self.ask("GET", self.chance.choice(READS).format(self.chance.choice(self.pupils)))

    def find(self):
        """Type a few letters of a name."""
        self.ask("POST", "/pupil/look-up/", [("words", f"Sur{self.chance.randrange(10):03}")])

    def write(self):
        """Open a form, type something that stands nowhere else, and save."""
        key, word = self.chance.choice(self.pupils), f"load-{self.who}-{len(self.codes)}-{len(self.times)}"
        path, asked = (f"/pupil/{key}/edit/", "alert") if self.who.startswith("office") else (f"/record-of-concern/{key}/edit/", "strengths")
        status, fields = self.person.form(path)
        self.codes[status] += 1
        if any(n == asked for n, _ in fields):
            said = [(n, word if n == asked else v) for n, v in fields]
            if self.ask("POST", path, [*said, ("do", "save")])[0] == 302:
                self.saved.append(word)

    def move(self):
        """The SENCO presses a button: a pupil leaves, or returns."""
        if not self.who.startswith("senco"):
            return self.read()
        path = f"/pupil/{self.chance.choice(self.pupils)}/move/{self.chance.choice(('has-left-the-school', 'has-returned'))}/"
        status, fields = self.person.form(path)
        self.codes[status] += 1
        word = f"load-{self.who}-{len(self.codes)}-{len(self.times)}"
        said = [(n, v or ("today" if n == "on" else word)) for n, v in fields]
        if fields and self.ask("POST", path, said)[0] == 302:
            self.moved.append(word)

    def paper(self):
        """Print a blank paper."""
        self.ask("GET", f"/record-of-concern/{self.chance.choice(self.pupils)}/print.pdf")


def people(folder, database, count):
    """That many people, signed in: [(user name, cookie, token)]."""
    import models as m
    with database.connection_context():
        users = [m.User.get(m.User.username == "senco"), *m.User.select().where(m.User.role == "office").order_by(m.User.id),
                 *m.User.select().where(m.User.role == "teacher").order_by(m.User.id)]
        return [(f"{u.username}{n}", *signed(folder, cookie_for(u))) for n, u in enumerate((users * 2)[:count])]


def lost(database, words):
    """The words that were acknowledged and are not in the audit trail, and whether the chain holds."""
    import questions as q
    import trail
    with database.connection_context():
        told = {word for after, in q.AuditEntry.select(q.AuditEntry.after).where(q.AuditEntry.after.contains("load-")).tuples()
                for word in re.findall(r"load-\S+", after)}
        return [w for w in words if w not in told], trail.verify()


def work(seconds, count, url=None):
    """Let `count` people work for that long; print the figures; whether all is as claimed."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        database = build(folder, url, pupils=40)
        cast = people(folder, database, count)
        portal = Portal(folder, url)
        until = time.monotonic() + seconds
        all_ = [Working(name, Person(portal.port, cookie, token), until, range(1, 41)) for name, cookie, token in cast]
        for one in all_:
            one.start()
        for one in all_:
            one.join(seconds + 120)
        portal.stop()
        return tell(all_, seconds, portal.said() + logged(folder), *lost(database, [w for one in all_ for w in (*one.saved, *one.moved)]))


def tell(all_, seconds, log, gone, chain):
    """Print the figures of a run."""
    times = sorted(t for one in all_ for t in one.times) or [0]
    codes, saved = sum((one.codes for one in all_), Counter()), sum(len(one.saved) for one in all_)
    errors, broke = sum(n for code, n in codes.items() if code >= 500), [one.broke for one in all_ if one.broke]
    locked = log.count("database is locked") + log.count("OperationalError")
    good = [figure("error pages (5xx) under load", f"{errors} of {sum(codes.values())} answers {dict(codes)}", errors == 0 and not broke),
            figure("“database is locked”", str(locked), locked == 0),
            figure("acknowledged saves that are not in the audit trail", f"{len(gone)} of {saved} saves and {sum(len(one.moved) for one in all_)} moves", not gone and saved > 0),
            figure("the chain of the audit trail after the load", "; ".join(chain[:2]) or "holds", not chain)]
    figure(f"{len(all_)} people for {seconds} s", f"{len(times) / seconds:.1f} requests/s, half within {statistics.median(times) * 1000:.0f} ms, "
           f"95% within {times[int(len(times) * 0.95)] * 1000:.0f} ms", True)
    if broke or errors:
        print("\n".join([*broke[:5], *[line for line in log.splitlines() if '"error"' in line][:5]]))
    return all(good)


def main(seconds=60, count=30):
    """The full figures."""
    return 0 if work(seconds, count) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sys.exit(main(*map(int, sys.argv[1:])))
