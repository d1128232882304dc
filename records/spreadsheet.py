"""Spreadsheets as CSV and as XLSX, in which no cell is run as a formula.

Come here to change how a value stands in a spreadsheet. `escape_formula` is used wherever the
portal writes CSV, `unescape_formula` wherever it reads one. A value is a text, a date, a moment in
London, a number or None.
"""

import csv
import datetime
import decimal
import io
import re

# what a spreadsheet may run as a formula, whether it is escaped already or not
FORMULA = re.compile("\\A'*(?:[\t\r]|[\ufeff\0\\s]*[-=+@＝＋－＠])")


def escape_formula(words):
    """A cell with an apostrophe before what a spreadsheet would run (OWASP, ASVS 1.2.10)."""
    if FORMULA.match(words):
        return f"'{words}"
    return words


def unescape_formula(cell):
    if cell.startswith("'") and FORMULA.match(cell[1:]):
        return cell[1:]
    return cell


# --- CSV
def as_csv(heads, rows):
    """The bytes of a CSV file; dates as 2026-07-03, which a spreadsheet reads in any country."""
    out = io.StringIO()
    # so that no semicolon or tab within an answer begins a cell
    sheet = csv.writer(out, quoting=csv.QUOTE_ALL)
    sheet.writerow(heads)
    for row in rows:
        sheet.writerow([_csv_cell(value) for value in row])
    return ("\ufeff" + out.getvalue()).encode()


def _csv_cell(value):
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int):
        return str(value)
    return escape_formula(value or "")


# --- XLSX
MOST_LETTERS = 32_767  # of a cell, by Excel's limit
CUT = "... (longer than a cell may be: see the page)"
WIDEST = 400  # pixels of a column
FIRST_YEAR = 1900  # of Excel's calendar; an earlier date stands as text
NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


def as_xlsx(name, heads, rows):
    """The bytes of a workbook with one sheet of this name, whose first row stays in sight."""
    import xlsxwriter  # here: most commands make no workbook

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        formats = {
            "head": book.add_format({"bold": True, "num_format": "@"}),
            "text": book.add_format({"num_format": "@"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        sheet = book.add_worksheet(NO_SHEET_NAME.sub(" ", name)[:31])
        for column, words in enumerate(heads):
            sheet.write_string(0, column, words, formats["head"])
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                _write_cell(sheet, last, column, value, formats)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(heads) - 1)
        sheet.repeat_rows(0)
        sheet.autofit(WIDEST)
    return out.getvalue()


def _write_cell(sheet, row, column, value, formats):
    if value is None or value == "":
        return
    is_date = isinstance(value, datetime.date)
    if isinstance(value, datetime.datetime):
        sheet.write_datetime(row, column, value, formats["moment"])
    elif is_date and value.year >= FIRST_YEAR:
        sheet.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, decimal.Decimal | int):
        sheet.write_number(row, column, value)
    else:
        # always a text: no formula, no link, no number that loses its first nought
        sheet.write_string(row, column, cut(str(value)), formats["text"])


def cut(words):
    """A text that fits into a cell of a workbook."""
    if len(words) <= MOST_LETTERS:
        return words
    return words[: MOST_LETTERS - len(CUT)] + CUT
