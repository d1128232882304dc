"""What papers cost: processor time of the first print, of the second, and of a print process that
starts. Prints one line each; it builds a small school in a folder of its own.

Run it with `.venv/bin/python benchmarks/papers.py`.
"""

import datetime
import io
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

from common import build, quiet  # noqa: E402
from pypdf import PdfReader  # noqa: E402

import app  # noqa: E402
import models as m  # noqa: E402
import people  # noqa: E402
from audit import log as audit_log  # noqa: E402
from papers import pdf, worker  # noqa: E402

WORDS = "She listens well when the task is shown first, step by step, and joins in. " * 6
CYCLE = (m.MyPlanPlus, m.MyPlanReview, m.PupilViews, m.FamilyThinks)
PAPERS = {1: 11, 2: 45}  # so many make 46 pages for one child, and 167 for another
TURNS = 5


def write_papers(pupil, user, count):
    """So many sealed papers, as two or seven years bring."""
    for number in range(count):
        form = CYCLE[number % len(CYCLE)](pupil=pupil, happened_on=datetime.date(2026, 9, 1))
        for name, question in form.questions():
            if question.ask.rows > 1 and not question.choices:
                setattr(form, name, f"{number}. {WORDS}")
        form.save()
        form.seal(user.name)


def seconds(do):
    start = time.process_time()
    data = do().data
    return time.process_time() - start, len(PdfReader(io.BytesIO(data)).pages)


def measure(words, do):
    first, pages = seconds(do)
    again = statistics.median(seconds(do)[0] for _ in range(TURNS))
    print(f"{words} ({pages} pages): first {first:.3f} s, then {again:.3f} s")


def start_printing(html):
    """Start a print process that draws one page."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "papers.worker", "300", str(worker.MEMORY)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        worker.send(process.stdin, worker.PAGE, html)
        worker.receive(process.stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"a print process that starts and draws one page: {used:.3f} s")


def main():
    with tempfile.TemporaryDirectory(prefix="papers-") as name:
        folder = pathlib.Path(name)
        database = build(folder, pupils=2)
        program = app.create_app(database, folder, testing=True)
        quiet()
        with program.test_request_context(), database.connection_context():
            senco = people.User.get(people.User.username == "senco")
            children = [m.Pupil.get_by_id(number) for number in PAPERS]
            with audit_log.acting_as("The benchmark"), audit_log.transaction():
                for child, count in zip(children, PAPERS.values(), strict=True):
                    write_papers(child, senco, count)
            plan = m.MyPlanPlus.get(m.MyPlanPlus.pupil == children[0])
            pdf.blank(m.Strategy)  # what only the first paper needs
            measure("one sealed paper", lambda: pdf.one(plan, senco))
            measure("one-page profile", lambda: pdf.profile(children[0], senco))
            for child in children:
                measure("whole record", lambda child=child: pdf.whole_record(child, senco))
    start_printing(b"<html><body><p>Hello</p></body></html>")


if __name__ == "__main__":
    main()
