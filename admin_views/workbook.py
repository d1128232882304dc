"""An Excel workbook (.xlsx) as lines of words, as a CSV file of it would have them.

Come here to change how a kind of cell is written. A library reads it, from a copy that holds only
the parts that were measured, so that no size or position a file claims can use up the memory.
"""

import datetime
import io
import re
import zipfile

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from admin_views.file_text import CURE, Unreadable
from admin_views.zip_guard import MEGA, FileRefused, ending, refuse_package

MOST_XML = 60 * MEGA
MOST_TAGS = 3_000_000
MOST_PLACES = 2_000_000  # rows times columns
MOST_WORDS_REPEATED = 150 * MEGA  # every cell may repeat the longest text
POSITION = re.compile(rb"""\br\s{0,9}=\s{0,9}["']([A-Za-z]{0,4})(\d{1,8})""")
STRING_ITEM = re.compile(rb"<(?:\w{1,20}:)?si\b")
TOO_LARGE = (
    "The workbook is larger than a list of pupils. Copy the list into a new workbook, and bring in"
    " that file."
)
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")


def workbook_lines(data, most):
    """[(number, cells), ...] of the first sheet with rows, and a sentence or None."""
    try:
        refuse_package(data, "xl/workbook.xml")
    except FileRefused as fault:
        reason = str(fault).partition(". ")[0]
        raise Unreadable(f"{reason}. {CURE}") from None
    book = _opened(_measured_copy(data))
    found = None
    others = []
    for sheet in book.sheets_metadata:
        if sheet.visible != SheetVisibleEnum.Visible:
            continue
        rows = _rows(book, sheet.name, most)
        if found is None and len(rows) > 1:
            found = (sheet.name, rows)
        elif len(rows) > 1:
            others.append(sheet.name)
    if found is None:
        raise Unreadable("No sheet of the workbook has a list: headings, and pupils under them.")
    told = None
    if others:
        told = f"Only the first sheet with rows is read, “{found[0][:40]}”."
    return found[1], told


def _measured_copy(data):
    """A package of the parts a list needs, each no longer than it says. Raises Unreadable."""
    copy = io.BytesIO()
    tags = 0
    longest = 0
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(copy, "w") as kept:
        parts = []
        for part in package.NameToInfo.values():
            if ending(part.filename) in ("xml", "rels"):
                parts.append(part)
        if sum(part.file_size for part in parts) > MOST_XML:
            raise Unreadable(TOO_LARGE)
        for part in parts:
            words = package.read(part)
            kept.writestr(part.filename, words)
            if "sharedstrings" in part.filename.lower():
                longest = max(map(len, STRING_ITEM.split(words)))
                continue
            tags += words.count(b"</")
            _refuse_far_cells(words)
    if tags > MOST_TAGS or tags * longest > 2 * MOST_WORDS_REPEATED:
        raise Unreadable(TOO_LARGE)
    copy.seek(0)
    return copy


def _refuse_far_cells(words):
    """The library keeps a place for each cell up to the last one."""
    lowest = furthest = 1
    for found in POSITION.finditer(words):
        lowest = max(lowest, int(found[2]))
        furthest = max(furthest, _column_number(found[1]))
    if lowest * furthest > MOST_PLACES:
        raise Unreadable(TOO_LARGE)


def _column_number(letters):
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _opened(copy):
    try:
        return CalamineWorkbook.from_filelike(copy)
    # the library's own kind of alarm is no Exception
    except BaseException as fault:
        raise _damaged(fault) from None


def _rows(book, name, most):
    try:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
    except BaseException as fault:
        raise _damaged(fault) from None
    found = []
    for number, cells in enumerate(rows, 1):
        words = [cell_words(cell) for cell in cells]
        if any(words):
            found.append((number, words))
    return found


def _damaged(fault):
    """What to raise instead of what the library raised."""
    if isinstance(fault, (KeyboardInterrupt, SystemExit, MemoryError)):
        return fault
    return Unreadable(f"The workbook is damaged. {CURE}")


def cell_words(cell):
    """A cell as words: dates as 05/09/2018, whole numbers without .0, errors empty."""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() != datetime.time():
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, datetime.date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, datetime.time):
        return f"{cell:%H:%M}"
    words = str(cell)
    return "" if words in ERRORS else words.strip()
