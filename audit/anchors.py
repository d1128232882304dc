"""Anchors of the audit trail outside the data folder: a line for a book, and a second place.

Whoever can write the data folder can change the trail, chain it anew and change the anchors there,
but not what stands elsewhere. Come here to change the words of the line or how one is compared.
"""

import pathlib
import re
from dataclasses import dataclass

from audit.log import AuditEntry, log_faults, moment_of, not_accepted, read_anchors, write_anchor
from records.dates import LONDON

FILE = "anchors.txt"
CODE_LENGTH = 16  # characters of the code of the last row: what a person can copy by hand
MISREAD = str.maketrans("oOiIlL", "001111")  # letters that stand for digits
MOST_ROWS = 10**9


# --- a second place
def second_place(settings):
    # the file in the folder that the Settings name
    named = (settings.anchor_place or "").strip()
    return pathlib.Path(named) / FILE if named else None


def folder_fault(named):
    folder = pathlib.Path(named.strip())
    if not folder.is_absolute():
        return "Write the whole path of the folder, such as /mnt/anchors."
    if not folder.is_dir():
        return "There is no such folder on the server. Make it or mount it first; it is never made."
    return None


def written_elsewhere(settings):
    path = second_place(settings)
    try:
        return read_anchors(path) if path else []
    except OSError:  # it cannot be read now
        return []


def write_elsewhere(settings):
    path = second_place(settings)
    if path:
        write_anchor(path)


# --- a line for a book
@dataclass(frozen=True)
class AnchorLine:
    """What an old line says: how many rows the trail had, and the code of the last one."""

    rows: int
    code: str


def as_line(anchor):
    """An anchor as a line to copy: `24 November 2026, 57,789 rows, code 7F3A-19C2-44D0-8E1B`."""
    at = moment_of(anchor).astimezone(LONDON)
    code = anchor.link[:CODE_LENGTH].upper()
    parts = "-".join(re.findall("....", code))
    return f"{at.day} {at:%B %Y}, {anchor.rows:,} rows, code {parts}"


def read_line(typed):
    """The Line that somebody copied from a book; None when the rows or the code are not there."""
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
    return AnchorLine(rows, code)


def compare(line):
    """What is wrong when the trail is held against an old line, in sentences."""
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
    return not_accepted(log_faults(until=last.id))
