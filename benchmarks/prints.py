"""Who waits while others print: the time of a child's page on the real server, quiet, and while
eight people ask for whole records again and again. Prints medians, the 95th of a hundred, and their
ratio.

Run it with `.venv/bin/python benchmarks/prints.py` on a computer that does nothing else.
"""

import itertools
import multiprocessing
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from live import Live, common  # noqa: E402

PAGES = 200
PRINTING = 8
WRITE = f"""
import runpy, sys
sys.path[:0] = ["tests/soak"]
import common
database = common.open_school(sys.argv[1])
import models as m, people
from audit import log as audit_log
write_papers = runpy.run_path("benchmarks/papers.py")["write_papers"]
with database.connection_context(), audit_log.acting_as("The benchmark"), audit_log.transaction():
    senco = people.User.get(people.User.username == "senco")
    for number in range(1, {PRINTING + 1}):
        write_papers(m.Pupil.get_by_id(number), senco, 11)
"""


def ask_for_records(server, number, stop, came):
    os.nice(10)  # a browser is on another computer
    person = server.person(("senco", "head")[number % 2])
    while not stop.is_set():
        cookie = {"Cookie": f"portal={person.cookie}"}
        person.wire.request("GET", f"/pupil/{number + 1}/record.pdf", headers=cookie)
        answer = person.wire.getresponse()
        answer.read()
        if answer.status == 200:
            came.put(number)
        else:
            stop.wait(1)


def times_of_pages(person):
    """The seconds that each of so many pages took, sorted."""
    found = []
    for number in itertools.islice(itertools.cycle(range(1, 9)), PAGES):
        start = time.perf_counter()
        assert person.ask("GET", f"/pupil/{number}/")[0] == 200
        found.append(time.perf_counter() - start)
    return sorted(found)


def figures(words, times):
    late = times[len(times) * 95 // 100]
    print(f"{words}: median {1000 * statistics.median(times):.0f} ms, p95 {1000 * late:.0f} ms")
    return late


def main():
    with tempfile.TemporaryDirectory(prefix="prints-") as name:
        server = Live(pathlib.Path(name) / "data")
        try:
            assert common.python(WRITE, server.folder).wait() == 0
            reader = server.person("office0")
            times_of_pages(reader)
            quiet = figures("a child's page, quiet", times_of_pages(reader))
            stop = multiprocessing.Event()
            came = multiprocessing.Queue()
            others = []
            for number in range(PRINTING):
                asked = (server, number, stop, came)
                others.append(multiprocessing.Process(target=ask_for_records, args=asked))
                others[-1].start()
            for turn in ("drawn for the first time", "joined from kept parts"):
                busy = figures(f"while records are {turn}", times_of_pages(reader))
                print(f"ratio of the two p95: {busy / quiet:.2f}; printed: {came.qsize()}")
            stop.set()
            for other in others:
                other.join()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
