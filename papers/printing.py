"""The print queue: papers are drawn and joined in processes of their own, so that the threads that
answer people never draw.

Come here to change how many papers are drawn at once, how many may wait, and what happens when
nobody waits any more: their paper leaves the queue, or its process is ended.
"""

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from pathlib import Path

from papers import worker
from papers.worker import FAILED, FIT, JOIN, OVER_LIMIT, PAGE, PDF, TOO_LONG, PaperError

# parts drawn at the same time: more than EACH, so that one person never has them all
WORKERS = 3
WAITING = 4  # requests that may wait for papers, of the 8 threads of the server
EACH = 2  # of them by one person
RETIRED_AFTER = 500  # parts of one process, so that what a library keeps does not add up
LOOK = 0.25  # seconds between two looks whether somebody still waits
TRY_AGAIN = 10  # seconds after which a refused person may try again

YOURS = (
    "Two of your papers are being printed. Please wait until one of them is there, then try again."
)
OTHERS = "Other papers are being printed just now. Please try again in a moment."
ENDED = "Printing was interrupted. Nothing was changed; please try again."

PROGRAM = Path(__file__).resolve().parent.parent
# Windows; elsewhere the worker does it
LOW_PRIORITY = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)

log = logging.getLogger("portal.printing")


class Busy(PaperError):
    """Too many papers are being printed; its text says what to do."""


class GivenUp(PaperError):
    """Nobody waits for the paper any more."""


def never():
    return False


def printers_of(app):
    # the tests have no queue
    return app.extensions.get("printing", IN_PROCESS)


class InProcess:
    """Draws in this very process, where nobody else waits."""

    def place(self, person):
        return contextlib.nullcontext()

    def warm(self):
        pass

    def draw(self, html, gone=never):
        return worker.draw_pdf(html.encode("utf-8", "ignore"))

    def join(self, pdfs, about, gone=never):
        return worker.join_pdfs(pdfs, json.dumps(about))

    def fit(self, data, gone=never):
        return worker.fit_pdf(data)


IN_PROCESS = InProcess()


class Printers:
    """The print queue of one server: at most WORKERS processes, started when first needed."""

    def __init__(self, seconds=worker.SECONDS, memory=worker.MEMORY):
        self.limits = (str(seconds), str(memory))
        self.slots = threading.BoundedSemaphore(WORKERS)
        self.idle = deque()
        self.waiting = Counter()  # how many requests of each person wait for papers
        self.counting = threading.Lock()

    def warm(self):
        # so that the first paper need not wait
        self.idle.append(Worker(self.limits))

    @contextlib.contextmanager
    def place(self, person):
        """A place among the requests that wait; `person` is a number. Raises Busy at once."""
        with self.counting:
            if self.waiting[person] >= EACH:
                log.warning("no paper: this person waits for %d already", EACH)
                raise Busy(YOURS)
            if self.waiting.total() >= WAITING:
                log.warning("no paper: %d requests wait for papers already", WAITING)
                raise Busy(OTHERS)
            self.waiting[person] += 1
        try:
            try:
                yield
            finally:
                with self.counting:
                    self.waiting[person] -= 1
        except GivenUp:
            log.info("a paper was given up: nobody waits for it")
            raise

    def draw(self, html, gone=never):
        """The bytes of the PDF of a page (str). Raises PaperError; GivenUp once `gone()`."""
        return self._answer([(PAGE, html.encode("utf-8", "ignore"))], gone)

    def join(self, pdfs, about, gone=never):
        """The bytes of one PDF, see `joining.join`; `pdfs`: the frame, then the parts."""
        messages = [(PDF, pdf) for pdf in pdfs]
        messages.append((JOIN, json.dumps(about).encode()))
        return self._answer(messages, gone)

    def fit(self, data, gone=never):
        """The bytes of a PDF from elsewhere as pages that can be joined."""
        return self._answer([(FIT, data)], gone)

    def _answer(self, messages, gone):
        while not self.slots.acquire(timeout=LOOK):
            if gone():
                raise GivenUp(ENDED)
        try:
            process = self._idle_worker()
            try:
                return process.answer(messages, gone)
            finally:
                if process.is_usable():
                    self.idle.append(process)
                else:
                    process.end()
        finally:
            self.slots.release()

    def _idle_worker(self):
        while self.idle:
            process = self.idle.pop()
            if process.is_usable():
                return process
            process.end()
        try:
            return Worker(self.limits)
        except OSError as fault:  # the machine has no room for a process
            raise PaperError(FAILED, type(fault).__name__) from None


class Worker:
    """One process that draws one part after the other, or joins them."""

    def __init__(self, limits):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "papers.worker", *limits],
            cwd=PROGRAM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=LOW_PRIORITY,
        )
        self.parts = 0
        self.ended = False
        self.answers = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        # None says that the process has ended
        with self.process.stdout as pipe, contextlib.suppress(EOFError):
            while True:
                self.answers.put(worker.receive(pipe))
        self.process.wait()
        self.answers.put(None)

    def is_usable(self):
        return not self.ended and self.process.poll() is None and self.parts < RETIRED_AFTER

    def end(self):
        self.ended = True
        self.process.kill()
        with contextlib.suppress(OSError):  # what was not read any more is lost with it
            self.process.stdin.close()

    def answer(self, messages, gone):
        """The bytes of the PDF that answers. Raises PaperError; ends when nobody waits."""
        self.parts += 1
        # a process that has ended says so when its answer is read
        with contextlib.suppress(OSError):
            for kind, body in messages:
                worker.send(self.process.stdin, kind, body)
        answer = self._wait(gone)
        if answer is None and self.process.returncode == OVER_LIMIT:
            raise PaperError(TOO_LONG, "more processor time or memory than a paper may take")
        if answer is None:
            raise PaperError(ENDED, f"its process ended with {self.process.returncode}")
        kind, body = answer
        if kind == PDF:
            return body
        fault, _, sentence = body.decode().partition("\n")
        raise PaperError(sentence, fault)

    def _wait(self, gone):
        while not gone():
            with contextlib.suppress(queue.Empty):
                return self.answers.get(timeout=LOOK)
        self.end()
        raise GivenUp(ENDED)
