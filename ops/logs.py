"""The log of the program: one JSON object a line, in UTC, in files that only the program may read,
with no names and no words of anybody.

Come here to change what a line holds or how much is kept. Who did what is in the audit trail; the
log says that the program lives, whom it refused, and what failed under which reference. The message
of an exception, which may hold a child's name, is never written.
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

from audit import log as audit_log

# whose words are written: ours are all "portal.…"; of others only where they spoke
OURS = ("app", "portal", "waitress")
BIGGEST, KEPT = 1_000_000, 9  # bytes of one file, and how many older ones are kept


class LogFormatter(logging.Formatter):
    """A record of the log as one line of JSON: whatever it holds cannot begin a line of its own."""

    def format(self, record):
        """The line. JSON writes every line break and every letter outside ASCII as a code."""
        # there waitress repeats the address
        ours = record.name.partition(".")[0] in OURS and " while serving " not in str(record.msg)
        said = (
            record.getMessage()
            if ours
            else f"{record.levelname} in {record.module}:{record.lineno}"
        )
        line = {
            "at": f"{audit_log.now():%Y-%m-%dT%H:%M:%SZ}",
            "level": record.levelname.lower(),
            "from": record.name,
            "said": said[:500],
            **around(),
        }
        return json.dumps(
            {**line, "fault": where(record.exc_info[1])}
            if record.exc_info and record.exc_info[1]
            else line
        )


def around():
    """Which request this is: the pattern of the address, never what stands in it; who, by number;
    the place.
    """
    actor = audit_log.actor()
    who = {"user": actor.user, "request": actor.request} if actor else {}
    if has_request_context():
        who |= {
            "method": request.method[:10],
            "rule": str(request.url_rule or "none"),
            "place": request.remote_addr,
        }
    return who


def where(error):
    """The kind of an error and the lines it came through, newest first: enough to find it, without
    its message.
    """
    frames = reversed(traceback.extract_tb(error.__traceback__)[-8:])
    return f"{type(error).__name__} in " + " < ".join(
        f"{pathlib.Path(f.filename).name}:{f.lineno} {f.name}" for f in frames
    )


class LogFile(RotatingFileHandler):
    """The log file: readable by the program only; a full disk costs a line, never a request."""

    def _open(self):
        return open(
            self.baseFilename,
            self.mode,
            encoding="utf-8",
            opener=lambda path, how: os.open(path, how, 0o600),
        )

    def handleError(self, record):
        """Lose the line and open the file anew at the next one."""
        stream, self.stream = self.stream, None
        with suppress(Exception):
            stream.close()


def write_to(folder):
    """Write the log into `logs` under this folder from now on, and warnings on the console too;
    without room there, only on the console.
    """
    root, made = logging.getLogger(), [logging.StreamHandler(sys.stderr)]
    made[0].setLevel(logging.WARNING)
    made[0].setFormatter(LogFormatter())
    try:
        (folder / "logs").mkdir(mode=0o700, exist_ok=True)
        made.append(LogFile(folder / "logs" / "portal.log", maxBytes=BIGGEST, backupCount=KEPT))
    except OSError as fault:
        made[0].handle(
            logging.makeLogRecord(
                {
                    "name": "portal",
                    "levelname": "ERROR",
                    "msg": f"no log file: {type(fault).__name__}",
                }
            )
        )
    for old in [h for h in root.handlers if isinstance(h.formatter, LogFormatter)]:
        root.removeHandler(old)
        old.close()
    for handler in made:
        handler.setFormatter(LogFormatter())
        root.addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    # a console that is gone costs a line, too
    logging.raiseExceptions = False
