"""Cells of a CSV file that no spreadsheet runs as a formula.

Come here to change which cells are escaped. `escape_formula` is used wherever the portal writes
CSV, `unescape_formula` wherever it reads one.
"""

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
