"""What stands in a cell of a file instead of an answer: words for nothing, and what Excel has made
of an answer.

Come here to teach the portal another such word. It imports nothing of ours.
"""

import re

NOTHING = (
    "null",
    "(null)",
    "n/a",
    "n.a.",
    "#n/a",
    "#na",
    "<na>",
    "<null>",
    "\\n",
    "nan",
    "nil",
    "none",
    "none given",
    "not known",
    "not applicable",
    "not given",
    "not provided",
    "not recorded",
    "not specified",
    "unknown",
    "(blank)",
    "blank",
    "(none)",
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "?",
)
# words for nothing that are people's names too, once they begin with a capital: Jo Null
NAMES = ("Null", "Nan", "Nil", "None", "Na", "Blank", "Unknown")

CURE = (
    "in Excel, choose the column, then Format cells, then Text, and write the answer again; or take"
    " the file straight from the school system."
)
MONTHS = "jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec"
EXCEL_MADE = (
    (re.compile(rf"\d{{1,2}}-(?:{MONTHS})", re.IGNORECASE), "a date"),
    (re.compile(rf"(?:{MONTHS})-\d{{2}}", re.IGNORECASE), "a date"),
    (re.compile(rf"\d{{1,2}}-(?:{MONTHS})-\d{{2,4}}", re.IGNORECASE), "a date"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?: 0{1,2}:00(?::00)?)?"), "a date"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00)?)?"), "a date"),
    (re.compile(r"\d(?:[.,]\d{1,15})?E[+-]\d{1,3}", re.IGNORECASE), "a number"),
    (re.compile(r"#(?:REF|NAME|VALUE|DIV/0|NUM|NULL|SPILL|CALC)[!?]", re.IGNORECASE), "an error"),
    (re.compile(r"#{3,40}"), "signs, for the column was too narrow"),
)


def is_nothing(cell, is_name=False):
    """Whether a cell says that there is no answer; `is_name`: where it could be a name too."""
    words = " ".join(cell.split())
    # a child with one name has a sign for the other one in many school systems
    is_sign = not any(map(str.isalpha, words))
    if is_name and (is_sign or words in NAMES):
        return False
    return words.casefold() in NOTHING


def excel_fault(cell):
    """What Excel has made of an answer in words, as a sentence with the cure; None when nothing."""
    for made, what in EXCEL_MADE:
        if made.fullmatch(cell):
            return f"Excel has made {what} of this (“{cell[:40]}”); {CURE}"
    return None
