"""Anchors of the audit trail outside the data folder: a line for a book, and a second place.

Whoever can write the data folder can also change the trail, chain it anew with the key that lies
there, and change the anchors beside it. What stands in a book, or in a file that the portal can
only add to, they cannot change. Come here to change the words of the line, how an old line is
compared, or where the second place is. What an anchor is, and how one is written, is in
`audit/log.py`.
"""

import pathlib
import re
from dataclasses import dataclass

from audit import log as audit_log
from audit.log import AuditEntry
from records.dates import LONDON

FILE = "anchors.txt"
CODE_LENGTH = 16  # characters of the code of the last row: what a person can copy by hand
MISREAD = str.maketrans("oOiIlL", "001111")
MOST_ROWS = 10**9


# --- a second place
def second_place(settings):
    """The file in the folder that the Settings name for anchors; None when they name none."""
    named = (settings.anchor_place or "").strip()
    return pathlib.Path(named) / FILE if named else None


def folder_fault(named):
    """Why a folder cannot be the second place, as a sentence; None when it can."""
    folder = pathlib.Path(named.strip())
    if not folder.is_absolute():
        return "Write the whole path of the folder, such as /mnt/anchors."
    if not folder.is_dir():
        return "There is no such folder on the server. Make it or mount it first; it is never made."
    return None


def written_elsewhere(settings):
    """The anchors in the second place; none when there is none, or when it cannot be read now."""
    path = second_place(settings)
    try:
        return audit_log.read_anchors(path) if path else []
    except OSError:
        return []


def write_elsewhere(settings):
    """Add the anchor of the day to the second place; nothing when none is named. Raises OSError."""
    path = second_place(settings)
    if path:
        audit_log.write_anchor(path)


# --- a line for a book
@dataclass(frozen=True)
class Line:
    """What an old line says: how many rows the trail had, and the code of the last one."""

    rows: int
    code: str


def line_of(anchor):
    """An anchor as a line to copy: `24 November 2026, 57,789 rows, code 7F3A-19C2-44D0-8E1B`."""
    at = audit_log.moment_of(anchor).astimezone(LONDON)
    code = anchor.link[:CODE_LENGTH].upper()
    parts = "-".join(re.findall("....", code))
    return f"{at.day} {at:%B %Y}, {anchor.rows:,} rows, code {parts}"


def read_line(typed):
    """The Line that somebody copied from a book; None when the rows or the code are not there.

    Capitals, spaces, hyphens and commas do not matter; the letters O, I and L are read as digits.
    """
    found = re.search(
        r"(?<![0-9])([0-9]{1,3}(?:[,.\s][0-9]{3}){1,3}|[0-9]{1,12})\s{0,9}rows(.*)",
        typed[:300],
        re.I | re.S,
    )
    if not found:
        return None
    rows = int(re.sub("[^0-9]", "", found[1])[:12])
    code = re.sub(r"\bcode\b|[^\w]", "", found[2], flags=re.I).translate(MISREAD).lower()
    if not 0 < rows < MOST_ROWS or not re.fullmatch(f"[0-9a-f]{{{CODE_LENGTH}}}", code):
        return None
    return Line(rows, code)


def compare(line):
    """What is wrong when the trail is held against an old line, in sentences; none when it
    holds.
    """
    there = AuditEntry.select().count()
    if there < line.rows:
        return [
            f"The audit trail has {there:,} rows; when this line was written it had {line.rows:,}. "
            "Rows were cut off, or an older backup was put in its place."
        ]
    (last,) = AuditEntry.select().order_by(AuditEntry.id).offset(line.rows - 1).limit(1)
    if not last.entry_hash.startswith(line.code):
        return [
            f"Row {line.rows:,} of the audit trail is not the one that was written down. "
            "Check the line letter by letter. If it is right, the trail was changed before that "
            "row, or an older backup was put in its place after the line was written."
        ]
    return audit_log.not_accepted(audit_log.faults(until=last.id))
