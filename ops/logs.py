"""The program's own log: JSON lines, without names and without anybody's words. Come here to change
what a line holds or how much is kept. The message of an exception, which may hold a child's name,
is never written.
"""

import json
import logging
import os
import pathlib
import sys
import traceback
from contextlib import suppress
from logging.handlers import RotatingFileHandler

from flask import has_request_context, request

from audit.log import actor, now

OWN_LOGGERS = ("app", "portal", "waitress")  # of others only the place is written
MAX_BYTES = 1_000_000
OLDER_FILES = 9
MESSAGE_LENGTH = 500


class LogFormatter(logging.Formatter):
    """A log record as one line of JSON, whose escapes keep line breaks from forging lines."""

    def format(self, record):
        line = {
            "at": f"{now():%Y-%m-%dT%H:%M:%SZ}",
            "level": record.levelname.lower(),
            "from": record.name,
            "said": message_of(record)[:MESSAGE_LENGTH],
            **request_facts(),
        }
        if record.exc_info and record.exc_info[1]:
            line["fault"] = where(record.exc_info[1])
        return json.dumps(line)


def message_of(record):
    own = record.name.partition(".")[0] in OWN_LOGGERS
    # waitress repeats the address of the page there
    if own and " while serving " not in str(record.msg):
        return record.getMessage()
    return f"{record.levelname} in {record.module}:{record.lineno}"


def request_facts():
    """The pattern of the address, never the values in it; who, by number."""
    facts = {}
    person = actor()
    if person:
        facts |= {"user": person.user, "request": person.request}
    if has_request_context():
        facts["method"] = request.method[:10]
        facts["rule"] = str(request.url_rule or "none")
        facts["place"] = request.remote_addr
    return facts


def where(error):
    """The class of an error and the lines it came through, newest first."""
    lines = []
    for frame in reversed(traceback.extract_tb(error.__traceback__)[-8:]):
        lines.append(f"{pathlib.Path(frame.filename).name}:{frame.lineno} {frame.name}")
    return f"{type(error).__name__} in " + " < ".join(lines)


def private(path, flags):
    return os.open(path, flags, 0o600)


class LogFile(RotatingFileHandler):
    """The log file. A full disk costs a line, never a request."""

    def _open(self):
        return open(self.baseFilename, self.mode, encoding="utf-8", opener=private)

    def handleError(self, record):
        """Lose the line, and open the file anew at the next one."""
        stream = self.stream
        self.stream = None
        with suppress(Exception):
            stream.close()


def write_to(folder):
    """Log into `logs` in this folder, and warnings to the console; without room only there."""
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(logging.WARNING)
    handlers = [console]
    fault = None
    try:
        (folder / "logs").mkdir(mode=0o700, exist_ok=True)
        path = folder / "logs" / "portal.log"
        handlers.append(LogFile(path, maxBytes=MAX_BYTES, backupCount=OLDER_FILES))
    except OSError as error:
        fault = error
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, LogFormatter):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.setFormatter(LogFormatter())
        root.addHandler(handler)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.raiseExceptions = False  # a console that is gone costs a line, too
    if fault:
        logging.getLogger("portal.log").error("no log file: %s", type(fault).__name__)
