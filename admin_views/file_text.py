"""The bytes of a text file as words: the encoding they are in, and words that it has spoiled.

Come here to teach the portal another encoding (SINGLE_BYTE) or another name to know one by.
"""

import re
import unicodedata
from itertools import islice

CURE = "Open it, choose “Save as”, then “CSV UTF-8”, and bring in that file."
EXPORT_AGAIN = "Export it from your school system again, as “CSV UTF-8” or as an Excel workbook."
NO_TEXT = f"This is not a text file that we can read. {CURE}"
# the first is what most computers write
SINGLE_BYTE = {"cp1252": "Windows", "cp850": "MS-DOS", "mac_roman": "an old Macintosh"}
# bad bytes of a file that is UTF-8 otherwise; with more of them than good letters it is not
FEW_BYTES = 3
CERTAIN = 2  # points between the best reading and the next
# a word up to its first foreign letters; a longer one is no name
NAME_BYTES = re.compile(rb"[A-Za-z'-]{0,20}[\x80-\xff][A-Za-z'\x80-\xff-]{0,20}")
FOREIGN_BYTES = bytes(range(0x80, 0x100))
MOST_WORDS = 5_000
LONGEST_NAME = 60
# a byte that is no letter in UTF-8, as Python keeps it
BAD_BYTE = re.compile("[\udc80-\udcff]")
# letters of a name, and what names hardly have
RARE = frozenset("ÿùûìòîõÙÛÌÒÎÕŸ")
FOREIGN = frozenset("ƒ\ufffd")
OPENING = frozenset("‘“„‚‹«¿¡")
CLOSING = frozenset("’”“›»…")
JOINING = frozenset("–—‐‑−\xa0")  # not inside a word of small letters
NEVER_STRANGE = frozenset("’·´")
POWERS = frozenset("¹³")  # the ł and the ą of Central Europe, read as if from here
LATIN_END = "\u0250"
FIRST_EMOJI = "\u2600"
# without one of these no word is spoiled
SUSPECT = re.compile("[?\x80-\xde\u0152\u0160\u0178\u017d\u0192\u02c6-\u02dd\u2010-\u25ff\ufffd]")
LOST_LETTER = re.compile(r"[^\W\d_]\?[^\W\d_]")
# names that people have here, by which one encoding is told from another
NAMES = """
zoë zoé chloë chloé noël noëlle joël joëlle raphaël michaël gaël maëlle anaïs loïs eloïse héloïse
léa léo théo noé noémie rené renée andré andrée andrés josé jesús maría lucía sofía mónica
verónica inés inês joão são luís tomás raúl rubén simón zoltán álvaro óscar íñigo begoña iñaki
muñoz núñez peña ibáñez garcía gonzález rodríguez hernández martínez pérez lópez gómez díaz
sánchez ramírez jiménez gutiérrez fernández conceição gonçalves araújo magalhães simões müller
jürgen günther jörg björn bjørn jörgen søren jørgen håkon åsa märta pål ólafur siân siôn siobhán
seán sinéad gráinne róisín ciarán mairéad pádraig éabha éva étienne éloïse françois françoise
benoît jérôme stéphane hélène céline irène geneviève désirée ångström öztürk gül çelik özlem ümit
doğan weiß strauß
"""
KNOWN_NAMES = frozenset(NAMES.split())


class Unreadable(ValueError):
    """A file that cannot be taken: why, and what to do."""


def decode(data):
    """The text, and a sentence or None. A byte of no letter stays as a lone surrogate."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _plain(data, "utf-16"), None
    encoding = _utf16_without_mark(data)
    if encoding:
        return _plain(data, encoding), None
    text = data.decode("utf-8-sig", "surrogateescape")
    if "\0" in text:
        raise Unreadable(NO_TEXT)
    bad = len(text) - len(data.decode("utf-8-sig", "ignore"))
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if bad and bad > good and (bad > FEW_BYTES or not good):
        return _from_single_byte(data)
    return text, None


def _plain(data, encoding):
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(NO_TEXT) from None
    if "\0" in text:
        raise Unreadable(NO_TEXT)
    return text


def _utf16_without_mark(data):
    """UTF-16 known by the empty half of each plain letter, or None."""
    for encoding, full, empty in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        empties = data[empty::2].count(0)
        if empties * 8 > len(data) and not data[full::2].count(0):
            return encoding
    return None


def _from_single_byte(data):
    words = []
    for word in islice(NAME_BYTES.finditer(data), MOST_WORDS):
        words.append(word[0])
    points = {}
    for encoding in SINGLE_BYTE:
        read = [word.decode(encoding, "replace") for word in words]
        points[encoding] = sum(map(strangeness, read))
    first, second, *_ = sorted(points, key=points.get)
    usual = next(iter(SINGLE_BYTE))
    is_certain = points[second] - points[first] >= CERTAIN and points[first] * 4 <= points[usual]
    is_list = 2 * len(data.translate(None, FOREIGN_BYTES)) > len(data)
    if is_certain and is_list and first != usual:
        told = (
            f"The file has the letters of {SINGLE_BYTE[first]}, and they were turned into ours."
            f" Look at the names with accents. Is one wrong? {EXPORT_AGAIN}"
        )
        return _plain(data, first), told
    return _plain(data, usual), None


# --- what stands in no name
def strangeness(word):
    """Points for letters that no name has; fewer than none when a known name is read."""
    # a name begins with a capital
    points = int(not word[0].isascii() and word[0].islower())
    for before, letter, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        if is_strange(before, letter, after):
            points += 2
        elif letter in RARE:
            points += 1
    for name in re.split(r"[-’'.]", word.casefold()):
        if name in KNOWN_NAMES:
            points -= 4
    return points


def is_strange(before, letter, after):
    """Whether a letter, between these two, is one that only a wrong encoding puts there."""
    if letter.isascii() or letter in NEVER_STRANGE:
        return False
    if letter in FOREIGN or "\x80" <= letter < "\xa0":
        return True
    follows = before.isalpha() and before < LATIN_END
    leads = after.isalpha() and after < LATIN_END
    if letter in JOINING:
        return before.islower() and after.islower()
    if letter in OPENING and not follows or letter in CLOSING and not leads:
        return False
    kind = unicodedata.category(letter)
    if kind == "Lu":
        # MacÉinrí and McÉ are names
        return before.islower() and before != "c"
    if kind[0] == "N":
        return letter in POWERS and follows
    is_sign = kind[0] in "PS" and (kind != "So" or letter < FIRST_EMOJI)
    return is_sign and (follows or leads)


def spoiled_word(cell, fine):
    """The first word of a cell that an encoding has spoiled, or an empty text.

    `fine` is a set of words that were looked at; most words of a list stand in it many times.
    """
    if not SUSPECT.search(cell):
        return ""
    for word in cell.split():
        if word in fine or len(word) > LONGEST_NAME:
            continue
        if SUSPECT.search(word) and _is_spoiled(word):
            return word
        fine.add(word)
    return ""


def _is_spoiled(word):
    if LOST_LETTER.search(word) and not set(word) & set("/=."):
        return True
    for before, letter, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        if is_strange(before, letter, after):
            return True
    return any(_is_read_twice(word, encoding) for encoding in ("latin-1", *SINGLE_BYTE))


def _is_read_twice(word, encoding):
    """Whether these letters are the bytes of other ones, such as Ã« of ë."""
    try:
        return word.encode(encoding).decode("utf-8") != word
    except UnicodeError:
        return False
