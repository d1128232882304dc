"""Numbers as people type them, in forms and in files alike, and as they are said.

Come here to change how a number is read. It imports nothing of ours.
"""

import decimal
import re

CURE = "type digits, such as 20, 1.5 or 6,000."
MOST = 100_000_000
HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
# groups of three are thousands in English; one or two digits after a comma are a decimal fraction
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d{0,9},\d{1,2}")
PLAIN = re.compile(r"[+-]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})")
SPACED = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:\.\d*)?")


def counted(number, word):
    """So many of something: `1 outcome`, `2 outcomes`."""
    return f"1 {word}" if number == 1 else f"{number} {word}s"


def read_number(typed):
    """The number that somebody typed, to two decimal places, None for nothing. Raises ValueError
    with a sentence for what is no number, or could be two.
    """
    words = " ".join((typed or "").replace("£", "").split())
    words = words.replace("\N{MINUS SIGN}", "-")
    for sign, digits in HALVES.items():
        words = words.replace(sign, digits)
    if not words:
        return None
    if THOUSANDS.fullmatch(words):
        words = words.replace(",", "")
    elif DECIMAL_COMMA.fullmatch(words):
        words = words.replace(",", ".")
    elif SPACED.fullmatch(words):
        words = words.replace(" ", "")
    if not PLAIN.fullmatch(words):
        raise ValueError(f"“{typed.strip()}” is not a number; {CURE}")
    number = decimal.Decimal(words)
    if abs(number) >= MOST:
        raise ValueError(f"“{typed.strip()}” is too large; {CURE}")
    return number.quantize(decimal.Decimal("0.01"))
