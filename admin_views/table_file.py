"""A file of the school system as headings and rows.

Come here to teach the portal another encoding or another kind of file. What a column or a cell
means is in `pupil_import.py`.
"""

import csv
import io
import re
from dataclasses import dataclass, field

from admin_views.forms import clean_line
from records.spreadsheet import unescape_formula

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 100
CURE = "Open it, choose “Save as”, then “CSV UTF-8”, and bring in that file."


class Unreadable(ValueError):
    """A file that cannot be taken: why, and what to do."""


@dataclass
class Sheet:
    """A file as read: the headings, (line number, cells) of each row, and what looks spoiled."""

    heads: list
    rows: list
    warnings: list = field(default_factory=list)  # sentences above the preview


def read_file(data):
    """The bytes of a CSV file as a `Sheet`. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 5 MB. Choose fewer columns or pupils.")
    text = _decode(data).removeprefix("\ufeff")
    # a first line that Excel writes for itself
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
    lines = _parse(text)
    if not lines:
        raise Unreadable("The file is empty.")
    if len(lines) == 1:
        raise Unreadable("The file has headings but no pupils under them.")
    return _sheet(lines[0][1], lines[1:])


def _decode(data):
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(f"This is an Excel workbook. {CURE}")
    encodings = ("utf-8", "cp1252")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable(f"This is not a text file that we can read. {CURE}")


def _parse(text):
    first_line = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    separator = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found = []
    try:
        for cells in reader:
            if "".join(cells).strip():
                found.append((reader.line_num, cells))
            if len(found) > MOST_ROWS + 1 or reader.line_num > 20 * MOST_ROWS:
                words = f"The file has more than {MOST_ROWS:,} rows; bring it in as several files."
                raise Unreadable(words)
    except csv.Error:
        raise Unreadable(
            f"Near line {reader.line_num} a quotation mark is missing or in the wrong place. Save"
            " the file again from your school system, then bring it in."
        ) from None
    return found


def _sheet(first, rows):
    """A heading that is empty or stands twice gets a name of its own, an empty column goes."""
    if len(first) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns; leave some out.")
    heads = []
    for number, head in enumerate(first, 1):
        name = (clean_line(head) or "")[:100] or f"Column {number}"
        if name in heads:
            name = f"{name} ({number})"
        heads.append(name)
    filled = set()
    for _, cells in [(1, first), *rows]:
        for number, cell in enumerate(cells[: len(first)]):
            if cell.strip():
                filled.add(number)
    used = sorted(filled)
    read = [(line, _cells(cells, used, len(first))) for line, cells in rows]
    return Sheet([heads[number] for number in used], read)


def _cells(cells, used, width):
    if "".join(cells[width:]).strip():
        return None
    padded = cells + [""] * width
    filled = [padded[number].strip() for number in used]
    return [unescape_formula(cell).strip() for cell in filled]
