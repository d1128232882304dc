"""The process that draws the parts of papers and joins them: HTML pages and PDFs come in on its
standard input, PDFs go out.

Come here to change what one of these may cost or reach. The process reads no database, no file of
the school and no network. It ends when its input ends, so it never outlives the portal.
"""

import contextlib
import io
import json
import logging
import math
import os
import queue
import signal
import struct
import sys
import threading
import time

from papers import fonts, joining

try:
    import resource
except ImportError:  # Windows
    resource = None

# of processor time for one part, or to join all; a part of 250 pages took 19
SECONDS = 300
MEMORY = 1024**3  # bytes of address space of one worker; 250 pages took a quarter
OVER_LIMIT = 75  # exit code of a worker whose work took too much processor time or memory

TOO_LONG = "This paper is too long to print in one go. Please print a part of it."
FAILED = "This paper could not be printed. Nothing was changed; please tell the technician."

logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL)  # its warnings quote the paper

HEADER = struct.Struct(">cI")  # of a message: its kind, and how many bytes follow
PAGE = b"H"  # in: draw this HTML
PDF = b"P"  # in: one of the PDFs to join, the frame first; out: the answer
JOIN = b"J"  # in: join the PDFs that came; the rest of what `joining` takes, as JSON
FIT = b"F"  # in: a PDF from elsewhere, whose pages are to fit on ours
REFUSAL = b"R"


class PaperError(Exception):
    """The paper could not be made. Its text is one sentence for the person who asked for it.

    `fault` is for the log: the kind of the error, never its message, which may quote the paper.
    """

    def __init__(self, sentence, fault=""):
        super().__init__(sentence)
        self.fault = fault


# --- messages
def send(pipe, kind, body):
    pipe.write(HEADER.pack(kind, len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe):
    """Read one message: (kind, bytes). Raises EOFError when the other side has ended."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    kind, size = HEADER.unpack(header)
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return kind, body


# --- drawing
def access_policy():
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    # the library's limit counts the time on the wall: Windows has no other
    seconds = None if resource else SECONDS
    return ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=seconds)


def draw_pdf(html):
    """The bytes of the PDF of a whole HTML page (bytes, UTF-8). Raises PaperError."""
    from xhtml2pdf import pisa  # here: the portal itself imports this module and draws nothing
    from xhtml2pdf.config.resources import RenderLimitError

    fonts.load_fonts(html)
    out = io.BytesIO()
    with refusing(RenderLimitError):
        result = pisa.CreatePDF(
            html, dest=out, encoding="utf-8", path="", resource_policy=access_policy()
        )
    if result.err or not out.getvalue().startswith(b"%PDF"):
        raise PaperError(FAILED, "no PDF was made")
    return out.getvalue()


def join_pdfs(pdfs, about):
    """The bytes of the PDF that the PDFs make: whole papers when `about` has their titles, else a
    frame and the parts of a paper. Raises PaperError.
    """
    about = json.loads(about)
    with refusing():
        if "titles" in about:
            return joining.stack(pdfs, about)
        return joining.join(pdfs[0], pdfs[1:], about)


def fit_pdf(data):
    """The bytes of a PDF whose pages can be joined, see `joining.fit`. Raises PaperError."""
    with refusing():
        return joining.fit(data)


@contextlib.contextmanager
def refusing(*limits):
    try:
        yield
    except (MemoryError, *limits):
        raise PaperError(TOO_LONG) from None
    except Exception as error:
        raise PaperError(FAILED, type(error).__name__) from None


# --- the process
def main(seconds, memory):
    """Answer one message after the other until the input ends: `seconds` of processor time each."""
    # Ctrl-C ends the portal, and that ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not a PDF
    if hasattr(os, "nice"):  # the threads that answer people go first
        with contextlib.suppress(PermissionError):  # a strict systemd unit may forbid it
            os.nice(10)
    if resource:
        signal.signal(signal.SIGXCPU, lambda *_: os._exit(OVER_LIMIT))
        _set_limit(resource.RLIMIT_AS, memory)
    messages = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, messages), daemon=True).start()
    draw_pdf(b"<html><body><p>Warm</p></body></html>")  # what only the first paper needs
    pdfs = []
    while True:
        kind, body = messages.get()
        if kind == PDF:
            pdfs.append(body)
            continue
        if resource:
            _set_limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + seconds)
        try:
            answer = PDF
            body = made(kind, pdfs, body)
        except PaperError as problem:
            answer = REFUSAL
            body = f"{problem.fault}\n{problem}".encode()
        pdfs.clear()
        send(out, answer, body)


def made(kind, pdfs, body):
    if kind == JOIN:
        return join_pdfs(pdfs, body)
    if kind == FIT:
        return fit_pdf(body)
    return draw_pdf(body)


def _read(pipe, messages):
    # ends the process when the portal has ended
    try:
        while True:
            messages.put(receive(pipe))
    except EOFError:
        os._exit(0)
    except MemoryError:
        os._exit(OVER_LIMIT)


def _set_limit(kind, most):
    # the hard limit, which the machine's owner may have set, stays
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, hard))


if __name__ == "__main__":
    main(seconds=int(sys.argv[1]), memory=int(sys.argv[2]))
