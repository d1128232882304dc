"""A file of the school system as headings and rows.

Come here to teach the portal another kind of file (KNOWN_KINDS). Its letters are read in
`file_text.py`, a workbook in `workbook.py`; what a column or a cell means is in `pupil_import.py`.
"""

import csv
import io
import re
from dataclasses import dataclass, field

from admin_views.file_text import BAD_BYTE, CURE, EXPORT_AGAIN, Unreadable, decode, spoiled_word
from admin_views.forms import clean_line
from admin_views.workbook import workbook_lines
from records.spreadsheet import unescape_formula

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 100
MOST_TITLE_LINES = 20
MOST_TOLD = 5  # lines with a spoiled letter that are named
SEPARATORS = ",;\t|"
LOOKED_AT = 64 * 1024  # characters from which the separator is known
EXCEL = "Open it in Excel, choose “Save as”, then “CSV UTF-8”, and bring in that file."
# first bytes or words: what it is, and the cure
KNOWN_KINDS = (
    (r"%PDF-", f"This is a PDF, which is for reading and printing. {EXPORT_AGAIN}"),
    (
        r"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}",
        "This is a picture.",
    ),
    (r"....ftyp", "This is a picture or a film."),
    (r"Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ", "This is a packed folder. Unpack it first."),
    (
        r"SQLite format 3|\x00\x01\x00\x00Standard (?:Jet|ACE)",
        f"This is a database. {EXPORT_AGAIN}",
    ),
    (r"\{\\rtf", f"This is a document with text (RTF). {EXPORT_AGAIN}"),
    (r"<\?xml.*?urn:schemas-microsoft-com:office:spreadsheet", f"This is an XML workbook. {EXCEL}"),
    (
        r"<\?xml.*?<CTFile|<CTFile",
        "This is a CTF (Common Transfer File), which goes from school to school. Choose a list or"
        " a report of pupils in your school system, and export it as “CSV UTF-8” or for Excel.",
    ),
    (r"<(?:!doctype html|html|head|body|table|meta|style)\b", f"This is a web page. {EXCEL}"),
    (r"<\?xml|<[a-z]+[ >]", f"This is XML, which is for programs. {EXPORT_AGAIN}"),
    (r"[\[{]\s*(?:[\[{\"]|$)", f"This is JSON, which is for programs. {EXPORT_AGAIN}"),
    (r"BEGIN:V(?:CARD|CALENDAR)", f"These are contacts or dates. {EXPORT_AGAIN}"),
    (r"MIME-Version:|From: |Received: ", "This is an e-mail. Save the file that is attached."),
)
# members of a ZIP package, and the first words of an old Office file
PACKAGES = (
    (b"xl/workbook.bin", f"This is a binary workbook (.xlsb). {EXCEL}"),
    (b"opendocument.spreadsheet", f"This is an OpenDocument spreadsheet (.ods). {CURE}"),
    (b"word/document.xml", f"This is a Word document. {EXPORT_AGAIN}"),
    (b"opendocument.text", f"This is a document with text (.odt). {EXPORT_AGAIN}"),
    (b"ppt/presentation.xml", f"These are slides. {EXPORT_AGAIN}"),
    (b"Index/", "This is a Numbers spreadsheet. Choose “Export to”, then “CSV”."),
    (b"", "This is a packed folder (ZIP). Unpack it, and bring in the file that is inside."),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
LOCKED_WORKBOOK = "EncryptedPackage".encode("utf-16-le")
# a line under a list: a total, or what the report says of itself
NOTE = re.compile(
    r"(?:grand |sub[- ]?)?totals?\b|(?:number|no\.?) of (?:pupils|students|children|records)\b"
    r"|\d{1,6} (?:pupils|students|children|records|rows)\b|count ?[:=]"
    r"|end of (?:report|list|file)\b"
    r"|(?:report|list|page|printed|generated|produced|exported|created|run|data)\b[^\d]{0,60}\d"
    r"|confidential\b|report generated\b",
    re.I,
)


@dataclass
class Sheet:
    """A file as read: the headings, (line number, cells) of each row, and what looks spoiled.

    A row that cannot be read has None for its cells, and its reason in `faults` by line number.
    """

    heads: list
    rows: list
    warnings: list = field(default_factory=list)  # sentences above the preview
    faults: dict = field(default_factory=dict)


def nothing_known(head):
    return ""


def read_file(data, meaning=nothing_known):
    """The bytes of a file as a `Sheet`. Raises Unreadable.

    `meaning` gives the code of a heading or an empty text; the headings are found by it.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 5 MB. Choose fewer columns or pupils.")
    if not data.strip():
        raise Unreadable("The file is empty.")
    most = MOST_ROWS + MOST_TITLE_LINES + 1
    if data.startswith(b"PK") and b"xl/workbook.xml" in data:
        lines, told = workbook_lines(data, 20 * MOST_ROWS)
    else:
        _refuse_packages(data)
        _refuse_known_kinds(data[:LOOKED_AT].decode("latin-1"))
        text, told = decode(data)
        _refuse_known_kinds(text[:LOOKED_AT])
        lines = _parse(text, meaning, most)
    if not lines:
        raise Unreadable("The file is empty.")
    return _sheet(lines, meaning, [told] if told else [])


def _refuse_packages(data):
    if data.startswith(OLD_OFFICE) and LOCKED_WORKBOOK in data:
        raise Unreadable(f"The workbook is locked with a password. {CURE}")
    if data.startswith(OLD_OFFICE):
        raise Unreadable(f"This is a file of an old Excel or Word (.xls, .doc). {CURE}")
    if not data.startswith(b"PK\x03\x04"):
        return
    for member, words in PACKAGES:
        if member in data:
            raise Unreadable(words)


def _refuse_known_kinds(start):
    for pattern, words in KNOWN_KINDS:
        if re.match(rf"\ufeff?\s*(?:{pattern})", start, re.I | re.S):
            raise Unreadable(words if words.count(". ") else f"{words} {EXPORT_AGAIN}")


# --- lines
def _parse(text, meaning, most):
    separator = None
    # a first line that Excel writes for itself; the lines keep their numbers
    own = re.match(r"sep=(.)(?=\r|\n|$)", text, re.I)
    if own:
        separator = own[1]
        text = text[own.end() :]
    reader = _reader(text, separator or _separator(text, meaning))
    found = []
    try:
        for cells in reader:
            if "".join(cells).strip():
                found.append((reader.line_num, cells))
            if len(found) > most or reader.line_num > 20 * MOST_ROWS:
                break
    except csv.Error:
        raise Unreadable(
            f"Near line {reader.line_num} a quotation mark is missing or in the wrong place. Save"
            " the file again from your school system, then bring it in."
        ) from None
    return found


def _reader(text, separator):
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _separator(text, meaning):
    """The separator with the most known headings in a line; of those, with the most cells."""
    start = text[:LOOKED_AT]
    best = SEPARATORS[0]
    most = (0, 0)
    for separator in SEPARATORS:
        lines = _first_lines(_reader(start, separator))
        for cells in lines:
            score = (_count_known(cells, meaning), len(cells))
            if score > most:
                best = separator
                most = score
    return best


def _first_lines(reader):
    found = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) == MOST_TITLE_LINES:
                break
    except csv.Error:
        pass  # the whole file is read again, and told about
    return found


def _count_known(cells, meaning):
    known = set()
    for cell in cells[:MOST_COLUMNS]:
        known.add(meaning(cell[:100]))
    return len(known - {""})


# --- headings and rows
def _sheet(lines, meaning, warnings):
    at = _headings_at(lines, meaning)
    first = lines[at][1]
    width = len(first)
    if width > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns; leave some out.")
    if at:
        words = f"The headings were found in line {lines[at][0]}; what is above it is left out."
        warnings.append(words)
    rows = _pupil_rows(lines[at + 1 :], lines[: at + 1], warnings)
    if not rows:
        raise Unreadable("The file has headings but no pupils under them.")
    if len(rows) > MOST_ROWS:
        words = f"The file has more than {MOST_ROWS:,} rows; bring it in as several files."
        raise Unreadable(words)
    used = _used_columns([(1, first), *rows], width)
    heads = _headings(first)
    sheet = Sheet([heads[number] for number in used], [], warnings)
    for line, cells in rows:
        fault = _fault(cells, width)
        if fault:
            sheet.faults[line] = fault
        sheet.rows.append((line, None if fault else _cells(cells, used, width)))
    _warn_of_spoiled(sheet)
    return sheet


def _headings_at(lines, meaning):
    best = 0
    most = 1
    for number, (_, cells) in enumerate(lines[:MOST_TITLE_LINES]):
        known = _count_known(cells, meaning)
        if known > most:
            best = number
            most = known
    return best


def _pupil_rows(lines, above, warnings):
    """The lines without headings and titles that stand again, and without notes, which are told."""
    again = [_bare(cells) for _, cells in above]
    found = []
    notes = []
    for line, cells in lines:
        bare = _bare(cells)
        if bare in again:
            continue
        if _is_note(bare, len(again[-1])):
            notes.append(line)
        else:
            found.append((line, cells))
    if notes:
        warnings.append(
            f"{line_words(notes)} of the file: this seems to be a total or a note, not a pupil, and"
            " is left out."
        )
    return found


def _bare(cells):
    return [cell.strip() for cell in cells if cell.strip()]


def _is_note(filled, width):
    if len(filled) > 2 or width < 3 or not filled:
        return False
    return bool(NOTE.match(filled[0].strip(" *-=_.#")))


def line_words(lines, most=MOST_TOLD):
    """`Line 3`, or `Lines 3, 4, 5 and 12 more`."""
    return f"{'Line' if len(lines) == 1 else 'Lines'} {first_few(lines, most)}"


def first_few(things, most):
    said = ", ".join(map(str, things[:most]))
    return f"{said} and {len(things) - most} more" if len(things) > most else said


def _headings(first):
    """A heading that is empty or stands twice gets a name of its own."""
    heads = []
    for number, head in enumerate(first, 1):
        name = (clean_line(BAD_BYTE.sub("", head)) or "")[:100] or f"Column {number}"
        if name in heads:
            name = f"{name} ({number})"
        heads.append(name)
    return heads


def _used_columns(lines, width):
    filled = set()
    for _, cells in lines:
        for number, cell in enumerate(cells[:width]):
            if cell.strip():
                filled.add(number)
    return sorted(filled)


def _fault(cells, width):
    """Why this row cannot be read, or None."""
    if "".join(cells[width:]).strip():
        return "It has more cells than there are headings; put quotation marks round commas."
    if BAD_BYTE.search("".join(cells)):
        return f"A letter in it cannot be read. {EXPORT_AGAIN}"
    return None


def _cells(cells, used, width):
    padded = cells + [""] * width
    filled = [padded[number].strip() for number in used]
    return [unescape_formula(cell).strip() for cell in filled]


def _warn_of_spoiled(sheet):
    told = 0
    fine = set()
    for line, cells in sheet.rows:
        word = _first_spoiled(cells or (), fine)
        if not word:
            continue
        told += 1
        if told > MOST_TOLD:
            sheet.warnings.append("More lines have such letters.")
            return
        sheet.warnings.append(
            f"Line {line} of the file: “{word}” seems to have a spoiled letter. {EXPORT_AGAIN}"
        )


def _first_spoiled(cells, fine):
    for cell in cells:
        word = spoiled_word(cell, fine)
        if word:
            return word
    return ""
