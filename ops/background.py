"""Long work: what somebody asked for and does not wait for is made by one thread beside those that
answer people, one after the other.

Come here to change how much may wait, how long a file is kept, and what happens after a restart.
What can be made is the table KINDS of `admin_views/work.py`.
"""

import datetime
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audit.log import acting_as, now, transaction
from models import Pupil
from ops import logs
from papers.printing import PaperError
from people import User, Work
from records import storage
from records.numbers import say_count
from records.query import by_id

MOST_WAITING = 2  # of one person, the one that is being made included
MOST_CHILDREN = 500
KEPT_FOR = datetime.timedelta(days=1)
BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn line ends around
LOOK_AGAIN = 60  # seconds, should a fault of the database have stopped the thread

NOT_THEIRS = "One of these children is no longer yours to see. Please choose again."
NO_ROOM = "The disk of the portal is full. Tell your technician to make room, then ask again."
FAULT = "Something went wrong and nothing was made. Ask again; if it happens again, tell your"
FAULT += " technician this reference: {}."

log = logging.getLogger("portal.work")


class NotNow(Exception):
    """It cannot be asked for; the text says what to do."""


class Failed(Exception):
    """It cannot be made; the text says why and what to do, the address leads there."""

    def __init__(self, words, leads_to=""):
        super().__init__(words)
        self.leads_to = leads_to


class Removed(Exception):
    """Who asked has taken it away meanwhile."""


@dataclass(frozen=True)
class WorkKind:
    """A kind of long work; `make` is given a `Job`."""

    name: str
    one: str
    many: str
    make: Callable
    ending: str = "pdf"  # of its file; empty for work that makes none
    act: str = "print"  # in the audit log, for each child, when the file is fetched
    readable: type = Pupil  # only for who may read this kind of record
    right: str = "r"

    def said(self, number):
        """It as a sentence names it: `1 whole record`, `30 one-page profiles`."""
        return say_count(number, self.one, self.many)


class Job:
    """One piece of work while it is made: for whom, of which children, and how far it is."""

    def __init__(self, work, user, out):
        self.number = work.id
        self.user = user
        self.pupils = pupils_of(work, user)
        self.needs = json.loads(work.needs)
        self.out = out  # the file, open for bytes
        self.kept = {}  # what is asked for again when it is fetched, as JSON
        self.words = ""  # how it ended
        self.leads_to = ""  # the address where one goes on

    def step(self, done, total):
        """Write down how far it is. Raises Removed."""
        here = Work.update(done=done, total=total).where(Work.id == self.number)
        if not here.execute():
            raise Removed


def pupils_of(work, user):
    """The children of some work, by class and name. Raises Failed when one is not to be seen."""
    theirs = Pupil.visible_to(user).where(Pupil.erased_on.is_null())
    found = by_id(theirs.where(Pupil.id.in_(work.numbers())))
    if len(found) != len(work.numbers()):
        raise Failed(NOT_THEIRS)
    return sorted(found.values(), key=lambda pupil: (pupil.form or "", pupil.sort_name, pupil.id))


class Background:
    """The thread of one server; what waits stands in the table of `Work`."""

    def __init__(self, app, kinds):
        self.app = app
        self.kinds = {kind.name: kind for kind in kinds}
        self.asked = threading.Event()
        # by a stop of the portal or a fault: what was running is to begin again
        self.interrupted = True

    @property
    def folder(self):
        path = Path(self.app.config["DATA_DIR"]) / "work"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def ask(self, user, kind, numbers=(), total=0, **needs):
        """Note what somebody wants made; the row. Raises NotNow, and Failed for a child who is not
        theirs to see.
        """
        if len(numbers) > MOST_CHILDREN:
            raise NotNow(f"Choose at most {MOST_CHILDREN} children at a time.")
        with transaction():
            open_ones = Work.of(user).where(Work.state.in_(("waiting", "running"))).count()
            if open_ones >= MOST_WAITING:
                raise NotNow(
                    f"{MOST_WAITING} of your pieces of work are not ready yet. Wait for one, or"
                    " take one away."
                )
            work = Work(user=user, kind=kind, needs=json.dumps(needs))
            work.pupils = " ".join(map(str, sorted(set(numbers))))
            work.total = total or len(work.numbers())
            pupils_of(work, user)
            work.save(force_insert=True)
        self.asked.set()
        return work

    def start(self):
        """Make what waits, now and whenever something is asked for; the thread."""
        thread = threading.Thread(target=self._run, name="work", daemon=True)
        thread.start()
        return thread

    def _run(self):
        while True:
            self.make_all()
            self.asked.wait(LOOK_AGAIN)
            self.asked.clear()

    def make_all(self):
        """Make what waits, and before it what was interrupted, from its beginning."""
        try:
            with self.app.database.connection_context():
                if self.interrupted:
                    running = Work.state == "running"
                    Work.update(state="waiting", done=0, file="").where(running).execute()
                self.interrupted = False
                while self.make_next():
                    pass
        except Exception as fault:  # noqa: BLE001  (the thread must live as long as the portal)
            self.interrupted = True
            log.error("long work stopped for now: %s", logs.where(fault))

    def make_next(self):
        """Make what has waited longest; whether there was anything."""
        self.sweep()
        work = Work.select().where(Work.state == "waiting").order_by(Work.id).first()
        if work is None:
            return False
        this = Work.id == work.id
        name = secrets.token_hex(16)
        Work.update(state="running", file=name).where(this).execute()
        ended = self.made(work, self.folder / name)
        if ended["state"] == "failed" or not self.kinds[work.kind].ending:
            ended["file"] = ""
        ended.setdefault("needs", "{}")
        here = Work.update(finished_at=now(), **ended).where(this).execute()
        if ended.get("file") == "" or not here:
            (self.folder / name).unlink(missing_ok=True)
        return True

    def made(self, work, path):
        """Make some work; how it ended, by the columns of `Work`."""
        try:
            job = self.make(work, path)
        except Removed:
            return {"state": "failed"}
        except (Failed, PaperError) as problem:
            leads_to = getattr(problem, "leads_to", "")
            return {"state": "failed", "words": str(problem), "leads_to": leads_to}
        except Exception as fault:  # noqa: BLE001  (others wait behind it)
            return {"state": "failed", "words": fault_words(fault)}
        kept = json.dumps(job.kept)
        return {"state": "done", "words": job.words, "leads_to": job.leads_to, "needs": kept}

    def make(self, work, path):
        """Write the file of some work; the finished job. Raises Failed, PaperError, Removed."""
        user = User.get_by_id(work.user_id)
        if not user.active:
            raise Failed("This account is switched off.")
        opened = logs.private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY)
        with (
            os.fdopen(opened, "wb") as out,
            self.app.test_request_context(),
            acting_as(user.name, user.id, user.role),
        ):
            job = Job(work, user, out)
            self.kinds[work.kind].make(job)
            return job

    def sweep(self):
        """Forget what is older than a day, and remove files that nobody waits for."""
        ended = Work.state.in_(("done", "failed"))
        Work.delete().where(ended, Work.finished_at < now() - KEPT_FOR).execute()
        named = set(Work.select(Work.file).scalars())
        for path in self.folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)


def fault_words(fault):
    """What is said of a fault of the program or the machine; the log has the rest."""
    reference = secrets.token_hex(3).upper()
    log.error("%s: %s", reference, logs.where(fault))
    if storage.cannot_write(fault):
        return NO_ROOM
    return FAULT.format(reference)
