"""Printing stops nobody: papers are drawn beside the threads that answer, a few at a time, and only
while somebody waits.

The first part starts print processes and gives them pages; the second asks the real server for
whole records that take seconds each.
"""

import contextlib
import http.client
import queue
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import HANGS, ROOT, TODAY, until
from live import Live, common
from printed import read_pdf
from web import values_of

import models as m
from audit import log as audit_log
from papers import printing, worker

MEGA = 1024 * 1024
SHORT = "<html><body><p>Hello from the printer</p></body></html>"
CHINESE = (
    "<style>.font-chinese { font-family: chinese }</style><p><span"
    ' class="font-chinese">李雷</span></p>'
)
PARAGRAPH = "<p>She listens well when the task is shown first, step by step.</p>"
LONG = f"<html><body>{PARAGRAPH * 4000}</body></html>"
LONGEST = "/pupil/2/record.pdf"  # it is never drawn to its end: who asks for it hangs up


# --- the print processes
@pytest.fixture
def printers():
    """A print queue of our own; its processes are ended afterwards."""
    made = printing.Printers()
    yield made
    end(made)


def end(printers):
    """End the processes that wait for work."""
    for process in printers.idle:
        process.end()


def test_a_print_process_draws_one_paper_after_the_other(printers):
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"])
    first = printers.idle[0].process.pid
    assert not read_pdf(printers.draw(CHINESE)).lacks(["李雷"]), (
        "A typeface that a page asks for is not loaded."
    )
    assert [process.process.pid for process in printers.idle] == [first]


def test_a_print_process_knows_nothing_of_the_records():
    code = (
        "import sys, papers.worker; print(sorted({'flask', 'peewee', 'models', 'config', 'sqlite3'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_paper_that_takes_too_much_processor_time_is_refused_in_a_sentence():
    printers = printing.Printers(seconds=1)
    with pytest.raises(worker.PaperError, match="too long to print in one go"):
        printers.draw(LONG * 5)
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"]), (
        "The process that ended is not replaced."
    )
    end(printers)


def test_a_paper_that_takes_too_much_memory_is_refused_in_a_sentence():
    printers = printing.Printers(memory=180 * MEGA)
    with pytest.raises(worker.PaperError, match="too long to print in one go") as refused:
        printers.draw(" " * 100 * MEGA)
    assert "memory" in refused.value.fault
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"])
    end(printers)


def test_no_clock_on_the_wall_refuses_a_paper(monkeypatch):
    """A machine so busy that an hour goes by between any two looks at the clock."""
    from xhtml2pdf.config import resources

    hours = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(resources, "time", SimpleNamespace(monotonic=lambda: next(hours)))
    assert not read_pdf(worker.draw_pdf(SHORT.encode())).lacks(["Hello"])


def test_where_processor_time_cannot_be_limited_the_clock_stops_a_paper(monkeypatch):
    """Windows has no limit of processor time: there the library's own is used."""
    monkeypatch.setattr(worker, "resource", None)
    assert worker.access_policy().max_render_seconds == worker.SECONDS


def test_a_paper_that_nobody_waits_for_leaves_the_queue(printers):
    for _ in range(printing.WORKERS):
        printers.slots.acquire()
    with pytest.raises(printing.GivenUp):
        printers.draw(SHORT, gone=lambda: True)
    assert not printers.idle, "A process was started for a paper that nobody waits for."


def test_a_paper_that_nobody_waits_for_ends_its_process(printers):
    with pytest.raises(printing.GivenUp):
        printers.draw(LONG * 10, gone=lambda: True)
    assert not printers.idle
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"])


def test_a_process_that_is_killed_is_a_sentence_and_is_replaced(printers):
    printers.warm()
    first = printers.idle[0].process

    def kill_it():
        first.kill()

    with pytest.raises(worker.PaperError, match="Printing was interrupted") as refused:
        printers.draw(LONG * 5, gone=kill_it)
    assert refused.value.fault == "its process ended with -9"
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"])
    # one that ends while it waits for work is replaced without a word
    second = printers.idle[0].process
    second.kill()
    second.wait()
    assert not read_pdf(printers.draw(SHORT)).lacks(["Hello"])
    assert printers.idle[0].process.pid not in (first.pid, second.pid)


def test_a_process_is_replaced_after_so_many_papers(printers, monkeypatch):
    monkeypatch.setattr(printing, "RETIRED_AFTER", 1)
    printers.draw(SHORT)
    assert not printers.idle


def test_a_machine_without_room_for_a_process_says_so(printers, monkeypatch):
    def no_room(*_, **__):
        raise BlockingIOError

    monkeypatch.setattr(printing.subprocess, "Popen", no_room)
    # none of the slots is lost: who waited for one would give up
    for _ in range(printing.WORKERS + 1):
        with pytest.raises(worker.PaperError, match="could not be printed"):
            printers.draw(SHORT, gone=lambda: True)


def test_one_person_and_all_together_have_so_many_places(printers):
    """One person's papers leave room for another's."""
    with contextlib.ExitStack() as first, contextlib.ExitStack() as others:
        first.enter_context(printers.place(1))
        others.enter_context(printers.place(1))
        with pytest.raises(printing.Busy, match="Two of your papers"), printers.place(1):
            pass
        others.enter_context(printers.place(2))
        others.enter_context(printers.place(2))
        with pytest.raises(printing.Busy, match="Other papers"), printers.place(3):
            pass
        first.close()
        with printers.place(3):
            pass


# --- what the person is told
@pytest.fixture
def all_taken(school, monkeypatch):
    """Every place in the print queue is taken."""
    monkeypatch.setattr(printing, "WAITING", 0)
    monkeypatch.setitem(school.app.extensions, "printing", printing.Printers())


def test_who_finds_no_place_gets_a_page_with_the_way_back(school, browser, all_taken):
    address = f"/pupil/{school.mine.id}/record.pdf"
    shown = browser("senco").page(address, 503)
    assert shown.h1 == "This cannot be printed just now" and printing.OTHERS in shown.text
    assert shown.response.headers["Retry-After"] == str(printing.TRY_AGAIN)
    assert shown.one("//main//a[text()='Try again']").get("href") == address
    assert not audit_log.AuditEntry.select().where(audit_log.AuditEntry.act == "print").exists(), (
        "Nobody saw anything."
    )


def test_a_bundle_that_finds_no_place_is_not_made_and_says_so(school, browser, all_taken):
    asked = m.Disclosure.create(
        pupil=school.mine, kind="access", asked_by="The mother", asked_on=TODAY
    )
    at, address = browser("senco"), f"/keeping/{asked.id}/bundle/"
    sent = [
        pair for pair in values_of(at.page(address).form("//main//form")) if pair[0] != "csrf_token"
    ]
    assert printing.OTHERS in at.read(at.post(address, sent), 422).text
    assert not m.Disclosure.get_by_id(asked.id).contents


# --- the real server
LENGTHEN = """
import datetime, sys
import common
database = common.open_school(sys.argv[1])
import models as m
from audit import log as audit_log
WORDS = "She listens well when the task is shown first, step by step, and joins in. " * 8
with database.connection_context(), audit_log.acting_as("The live tests"), audit_log.transaction():
    for paper in (m.MyPlanPlus, m.MyPlanReview) * 80:
        form = paper(pupil=m.Pupil.get_by_id(2), happened_on=datetime.date(2026, 9, 1))
        for name, question in paper.questions():
            if question.ask.rows > 1 and not question.choices:
                setattr(form, name, WORDS)
        form.save()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real server, with a child whose whole record takes half a minute of processor time."""
    running = Live(tmp_path_factory.mktemp("printing") / "data")
    try:
        assert common.python(LENGTHEN, running.folder).wait() == 0
        yield running
    finally:
        running.stop()


class Printing(threading.Thread):
    """Somebody who asks for a paper once and waits; its status and bytes are put into `came`, 0
    when the connection broke.
    """

    def __init__(self, server, username, came, path):
        super().__init__(daemon=True)
        self.wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANGS)
        self.came = came
        self.wire.request("GET", path, headers={"Cookie": f"portal={server.signed[username][0]}"})
        self.start()

    def run(self):
        try:
            answer = self.wire.getresponse()
            self.came.put((answer.status, answer.read()))
        except (OSError, http.client.HTTPException):
            self.came.put((0, b""))

    def hang_up(self):
        """Close the connection, if it is still open."""
        with contextlib.suppress(OSError, AttributeError):
            self.wire.sock.shutdown(socket.SHUT_RDWR)


def running(server):
    """The print processes of the server: {process id: hundredths of a second of processor time}."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        pid = int(path.parent.name)
        state = state_of(pid)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ends just now
            if (
                state
                and state.parent == server.server.process.pid
                and "papers.worker" in path.read_text()
            ):
                found[pid] = state.used
    return found


def state_of(pid):
    """The parent of a process that lives and the processor time that it used, in hundredths of a
    second; None for another.
    """
    try:
        said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if said[0] in "ZX":  # it has ended, and its parent has not fetched it
        return None
    return SimpleNamespace(parent=int(said[1]), used=int(said[11]) + int(said[12]))


def at_work(server, before, count=1):
    """Wait until so many print processes work; their process ids. A process that starts alone takes
    half a second.
    """

    def busy():
        return [pid for pid, used in running(server).items() if used > before.get(pid, 0) + 100]

    until(lambda: len(busy()) >= count)
    return busy()


def given_up(server):
    """How many papers nobody waited for any more, by the log; their places are free."""
    return common.mentions(common.logged(server.folder), "a paper was given up")


def leave(server, asked, working):
    """Hang up, all of them, and wait until their places are free and the print processes have
    ended.
    """
    before = given_up(server)
    for one in asked:
        one.hang_up()
    until(lambda: given_up(server) >= before + printing.WAITING)
    until(lambda: not set(working) & set(running(server)))


def test_sixteen_whole_records_hold_up_no_page_and_hanging_up_frees_the_processor(server):
    """Four people ask four times each; sign-in, a child's page and a save are answered before the
    first record is there.
    """
    came = queue.Queue()
    before = running(server)
    asked = [
        Printing(server, ("senco", "head", "office0", "teacher1")[number % 4], came, LONGEST)
        for number in range(16)
    ]
    refused = [came.get(timeout=HANGS) for _ in range(16 - printing.WAITING)]
    assert {status for status, _ in refused} == {503}
    assert common.Person(server.port, "", "").ask("GET", "/sign-in")[0] == 200
    assert server.person("teacher0").ask("GET", "/pupil/1/")[0] == 200
    office = server.person("office0")
    status, fields = office.form("/pupil/3/edit/")
    assert (
        status == 200 and office.ask("POST", "/pupil/3/edit/", [*fields, ("do", "save")])[0] == 302
    )
    assert came.empty(), "Other people were answered only after a record had been printed."
    leave(server, asked, at_work(server, before, printing.WORKERS))
    status, words, _ = server.person("senco").ask("GET", "/record-of-concern/1/print.pdf")
    assert status == 200
    assert words.startswith("%PDF")
    assert "no paper: 4 requests wait for papers already" in common.logged(server.folder)


@pytest.mark.parametrize("how", ("SIGTERM", "SIGINT", "SIGKILL"))
def test_the_end_of_the_server_is_the_end_of_its_print_processes(server, how):
    before = running(server)
    came = queue.Queue()
    Printing(server, "senco", came, LONGEST)
    busy = at_work(server, before)[0]
    others = set(running(server))
    server.server.process.send_signal(getattr(signal, how))
    server.server.process.wait(HANGS)
    left = state_of(busy)
    until(lambda: has_ended(busy, left))
    until(lambda: not any(state_of(pid) for pid in others))
    assert came.get(timeout=HANGS) == (0, b"")
    server.server = common.Portal(server.folder)
    server.port = server.server.port


def has_ended(pid, then):
    """Whether a process has ended; it may use two more seconds of processor time than it had used
    then.
    """
    now = state_of(pid)
    assert now is None or now.used < then.used + 200, (
        "A paper is drawn though the server has ended."
    )
    return now is None
