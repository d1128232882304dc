"""Telephone numbers as people type them, in forms and in files alike.

Come here to change how a telephone number is read. It imports nothing of ours.
"""

import re

SPOILED = (
    "Excel has spoiled this number; in Excel, choose the column, then Format cells, then Text, and"
    " type it or paste it again."
)
SCIENTIFIC = re.compile(r"\d(?:[.,]\d{1,15})?e\+\d{1,3}", re.IGNORECASE)
NUMBER = re.compile(r"(?:\+|\(\+?)?\d[\d ().\-–]{5,40}\d")
POINT_NOUGHT = re.compile(r"(?<!\d)(\d{10,15})\.0{1,2}(?!\d)")
# what a column of numbers leaves of 01, 02, 03 and 07, and of +44
LOST_NOUGHT = re.compile("[1237][0-9]{9}")
LOST_PLUS = re.compile("44[1237][0-9]{9}")
EXTENSION = re.compile(r"(?:ext(?:ension)?|x)\.? ?(\d{1,6})\b", re.IGNORECASE)


def read_telephone(typed):
    """What somebody typed about a telephone, with the nought or plus back that a spreadsheet took
    off; notes and several numbers stay. Raises ValueError for a number that is lost.
    """
    words = typed or ""
    if SCIENTIFIC.search(words):
        raise ValueError(SPOILED)
    words = POINT_NOUGHT.sub(r"\1", words)
    return NUMBER.sub(_repaired, words) or None


def _repaired(found):
    digits = re.sub(r"\D", "", found[0])
    if LOST_NOUGHT.fullmatch(digits) and found[0][0].isdigit():
        return f"0{found[0]}"
    if LOST_PLUS.fullmatch(digits) and found[0][0].isdigit():
        return f"+{found[0]}"
    return found[0]


def telephones_in(words):
    """The numbers of an answer as they are compared: digits, with the nought of this country."""
    found = {f"x{digits}" for digits in EXTENSION.findall(words or "")}
    for number in NUMBER.findall(words or ""):
        digits = re.sub(r"\(0\)|[^\d+]", "", number).lstrip("(")
        digits = re.sub(r"^(?:\+|00)440?", "0", digits)
        if LOST_PLUS.fullmatch(digits):
            digits = f"0{digits[2:]}"
        if LOST_NOUGHT.fullmatch(digits):
            digits = f"0{digits}"
        found.add(re.sub(r"^00", "+", digits))
    return found


def says_more(kept, said):
    """Whether `said` has a number that a good answer `kept` has not."""
    try:
        is_good = read_telephone(kept) == kept
    except ValueError:
        is_good = False
    numbers = telephones_in(said)
    return not (is_good and numbers and numbers <= telephones_in(kept))
