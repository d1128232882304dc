"""Text in one Unicode form, so that é typed two ways is the same.

Come here to change how text is normalised; nothing else calls `unicodedata.normalize`. Its work
grows with the square of a run of combining marks, so runs are cut first.
"""

import re
import unicodedata

# marks on one letter; also the limit of Unicode's own Stream-Safe Text Format (UAX #15)
LONGEST_RUN = 30
# letters by their category, but combining marks once they are normalised
HALFWIDTH_VOICING = "\uff9e\uff9f"
# no mark stands before U+0300
MAY_HOLD_A_RUN = re.compile(f"[\u0300-\U0010ffff]{{{LONGEST_RUN + 1},}}")


# Nobody sees or types them: control characters but tab and line break, halves of a letter, the soft
# hyphen, signs of direction, spaces without width, marks of a file's beginning.
UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)
# between letters of Arabic or Indian scripts, or the parts of an emoji, a joiner is spelling
LOOSE_JOINER = re.compile(
    "(?<![\u0590-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?![\u0590-\U0010ffff])"
)


def without_unseen(text):
    """The text without the characters that nobody sees; spaces of other kinds are plain ones."""
    return LOOSE_JOINER.sub("", UNSEEN.sub("", text)).replace("\u00a0", " ")


def nfc(text):
    """The text composed (NFC), with its runs cut."""
    return unicodedata.normalize("NFC", cut_runs(text))


def nfkc(text):
    """The text composed and without differences of mere shape (NFKC), with its runs cut."""
    return unicodedata.normalize("NFKC", cut_runs(text))


def cut_runs(text):
    """The text with at most LONGEST_RUN combining marks on a letter, which no language exceeds."""
    return MAY_HOLD_A_RUN.sub(_shorten, text)


def is_mark(character):
    """Whether a character is, or becomes when normalised, a mark on the letter before it."""
    return unicodedata.category(character)[0] == "M" or character in HALFWIDTH_VOICING


def _shorten(found):
    kept = []
    run = 0
    for character in found[0]:
        run = run + 1 if is_mark(character) else 0
        if run <= LONGEST_RUN:
            kept.append(character)
    return "".join(kept)


# letters that are no letter with a mark on it, as people type them without their keyboard
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
SORTED_DIGITS = 4  # of a number within a name
# of a name such as O’Brien, however it is typed; they end no word
APOSTROPHES = re.compile("['’‘ʼʻ`´′＇]")


def folded_words(text):
    """The words of a text as they are searched: small plain letters and figures, no marks."""
    # before they are normalised: ´ becomes a blank with a mark
    whole = APOSTROPHES.sub("", cut_runs(text).casefold())
    parts = unicodedata.normalize("NFKD", whole)
    plain = "".join(letter for letter in parts if not is_mark(letter)).translate(PLAIN_LETTERS)
    return re.findall(r"[^\W_]+", plain)


def initials_in(words):
    """The two letters that these words are, or empty."""
    letters = "".join(words)
    return letters if len(letters) == 2 and letters.isalpha() else ""


def sort_key(text):
    """A text as people look it up in a list, letter by letter: "de Vries" is among D, "O'Neill"
    among O, "Ångström" among A, and 3A comes before 10A. It is the same for every database.
    """
    letters = "".join(folded_words(text or ""))
    return re.sub(r"\d+", lambda found: found[0].zfill(SORTED_DIGITS), letters)
