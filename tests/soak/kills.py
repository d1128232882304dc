"""The program is killed (SIGKILL) at a random moment while it saves, moves and takes in files,
again and again: nothing that it had acknowledged is lost, nothing is half written, and it starts
again by itself.
"""

import io
import itertools
import os
import pathlib
import random
import signal
import sqlite3
import sys
import tempfile
import time
import traceback

from common import build, cookie_for, figure, open_school, quiet, report, signed
from lxml import html

import app
import commands
import models as m
import people
import workflow as w
from audit import log as audit_log
from records import dates


class Writer:
    """The real program at work on the school: pages, moves and files, each printed once it is
    acknowledged.
    """

    def __init__(self, folder, turn, out):
        self.turn, self.out = turn, out
        # what every start does: migrations, sweeping, the program
        self.database = open_school(folder)
        self.program = app.create_app(self.database, folder)
        quiet()
        with self.program.app_context(), self.database.connection_context():
            commands.clear_leftovers(self.program)
            self.senco = people.User.get(people.User.username == f"senco{turn // 20}")
            held = cookie_for(self.senco)
        self.client = self.program.test_client()
        self.client.set_cookie("portal", signed(folder, held)[0])
        self.tell("started")

    def tell(self, *words):
        """Acknowledge something."""
        os.write(self.out, (" ".join(map(str, words)) + "\n").encode())

    def work(self):
        """Save, bring in a file, move; for ever."""
        for n in itertools.count():
            (self.save, self.upload, self.move)[n % 3](f"kill-{self.turn}-{n}", n)

    def send(self, path, **typed):
        """Fill in the big form of a page and send it; it must be saved."""
        form = html.document_fromstring(self.client.get(path).text).xpath(
            "//main//form[@data-draft]"
        )[0]
        offered = (
            {"kind": form.xpath("string(.//*[@name='kind']//option[2]/@value)")}
            if "kind" in typed
            else {}
        )
        answer = self.client.post(
            path,
            data={**dict(form.form_values()), **typed, **offered, "do": "save"},
            content_type="multipart/form-data",
        )
        if answer.status_code != 302:
            raise AssertionError(f"{path} answered {answer.status_code}: {answer.text[-3000:]}")

    def save(self, word, n):
        """Change one answer of a pupil."""
        self.send("/pupil/1/edit/", alert=word)
        self.tell("saved", word)

    def upload(self, word, n):
        """Add a document, or a new file for one that is there."""
        file = (io.BytesIO(report(word)), f"{word}.pdf")
        with self.database.connection_context():
            last = m.Document.select().order_by(m.Document.id.desc()).first() if n % 2 else None
        self.send(
            f"/document/{last.id}/edit/" if last else f"/document/new/?pupil={1 + self.turn % 5}",
            title_of=word,
            kind="",
            dated="today",
            file=file,
        )
        self.tell("file", word)

    def move(self, word, n):
        """Let a pupil leave, or return."""
        with self.database.connection_context(), audit_log.acting_as("The long run"):
            pupil = m.Pupil.get_by_id(2 + n % 3)
            move = w.move_named(
                "Has returned" if m.Placement.stage_of(pupil) == "OFF" else "Has left the school"
            )
            placed = w.perform(
                move,
                pupil,
                self.senco,
                {a: dates.today() if a == "on" else word for a in move.asks},
                token=word,
            )
        self.tell("moved", placed.id)


def run_and_kill(folder, turn, chance):
    """Let the program write in a process of its own and kill it at a random moment: what it had
    acknowledged, as pairs of words.
    """
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            Writer(folder, turn, into).work()
        # the parent must hear of it; nothing of the parent's may run here
        except BaseException as error:
            os.write(
                into, f"broke {''.join(traceback.format_exception(error))[-1500:]!r}\n".encode()
            )
        os._exit(1)
    os.close(into)
    with os.fdopen(out) as said:
        # after so many writes, and a moment
        lines = [said.readline() for _ in range(1 + chance.randrange(6))]
        time.sleep(chance.random() * 0.12)
        os.kill(child, signal.SIGKILL)
        lines += said.readlines()
    os.waitpid(child, 0)
    if lines[0].strip() != "started":
        raise AssertionError(f"It did not start again: {lines[0]}")
    told = [line.split(" ", 1) for line in lines[1:] if line.endswith("\n")]
    if any(act == "broke" for act, _ in told):
        raise AssertionError(told[-1][1])
    return [(act, word.strip()) for act, word in told]


def look(folder, acknowledged):
    """What is wrong with the data folder: sentences."""
    made = sqlite3.connect(folder / "portal.db")
    found = [
        f"integrity: {row}" for (row,) in made.execute("PRAGMA integrity_check") if row != "ok"
    ]
    found += [f"a link leads nowhere: {row}" for row in made.execute("PRAGMA foreign_key_check")]
    told = {
        row for (row,) in made.execute("SELECT after FROM audit_entry WHERE after LIKE 'kill-%'")
    }
    placed = {str(row) for (row,) in made.execute("SELECT id FROM placement")}
    files = dict(made.execute("SELECT title_of, stored_as FROM document"))
    told_of = {
        row for (row,) in made.execute("SELECT after FROM audit_entry WHERE record = 'Document'")
    }
    for act, said in acknowledged:
        kept = {"saved": said in told, "moved": said in placed, "file": said in told_of}
        found += [] if kept[act] else [f"lost: {act} {said}"]
    found += [
        f"a document has no file: {name}"
        for name in files.values()
        if not (folder / "files" / name).is_file()
    ]
    made.close()
    return found


def orphans(folder):
    """The files that no document names."""
    made = sqlite3.connect(folder / "portal.db")
    named = {row for (row,) in made.execute("SELECT stored_as FROM document")}
    made.close()
    return [p for p in (folder / "files").iterdir() if p.name not in named]


def age(folder):
    """Make every file look an hour old, as it would be at a real start after a crash."""
    for path in (folder / "files").iterdir():
        os.utime(path, (time.time() - 3600,) * 2)


def chain(database):
    """What is wrong with the audit trail."""
    with database.connection_context():
        return audit_log.verify()


def main(times=200, seed=None):
    """Kill it that often; print the figures; 1 when one is not as claimed."""
    seed = seed if seed is not None else random.randrange(10**6)
    chance, acknowledged, faults, strays = random.Random(seed), [], [], 0
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = pathlib.Path(name)
        database = build(folder, pupils=5)
        with database.connection_context(), audit_log.acting_as("The long run"):
            # nobody may bring in hundreds of files in an hour
            for n in range(1 + times // 20):
                people.User.create(name=f"Senco {n}", username=f"senco{n}", role="senco")
        for turn in range(times):
            try:
                acknowledged += run_and_kill(folder, turn, chance)
            except AssertionError as error:
                faults.append(f"kill {turn}: {error}")
                break
            faults += [f"kill {turn}: {f}" for f in look(folder, acknowledged)]
            strays += len(orphans(folder))
            age(folder)
        program = app.create_app(open_school(folder), folder, testing=True)
        with program.app_context(), program.database.connection_context():
            commands.clear_leftovers(program)
        left, broken = orphans(folder), chain(program.database)
    print("\n".join(faults[:10]), end="\n" if faults else "")
    good = [
        figure(
            f"{times} SIGKILLs: integrity, links, acknowledged writes, starts by itself (seed"
            f" {seed})",
            f"{len(faults)} faults, {len(acknowledged)} acknowledged writes",
            not faults and len(acknowledged) > times // 2,
        ),
        figure(
            "the chain of the audit trail after the kills",
            "; ".join(broken[:2]) or "holds",
            not broken,
        ),
        figure(
            "files without a document after the next start",
            f"{len(left)} ({strays} seen after the kills)",
            not left,
        ),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
