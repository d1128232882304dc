"""The typefaces of the printed papers: which letters print right, and a plain refusal for those
which do not.

Come here to add a typeface or to allow one more script. The font files live in the package
`weblate-fonts` (licence OFL), never in this repository. ReportLab gets them by name, so a document
needs no right to read a file.

Arabic prints with all of its letters, joined and from right to left, but without the small vowel
marks above and below them: the shaping leaves those out, as everyday Arabic writing does. Every
letter of a name is there.
"""

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby

from arabic_reshaper.letters import LETTERS_ARABIC
from markupsafe import Markup, escape

from records.unicode_text import nfc

NON_JOINER = "\u200c"  # Persian needs it between letters
# they only choose between two looks of one sign
VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
THAI_LAO_ABOVE = frozenset(
    "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47\u0e4d\u0eb1\u0eb4\u0eb5\u0eb6\u0eb7\u0ebb\u0ecd"
)
TALL = frozenset("bdfhkl\u0e1b\u0e1d\u0e1f")  # small letters as high as a capital

# In order of preference. Each: regular, bold, italic, bold italic. A later one is opened when a
# letter needs it.
FAMILIES = {
    "school": (
        "source-sans/ttf/SourceSans3-Regular",
        "source-sans/ttf/SourceSans3-Bold",
        "source-sans/ttf/SourceSans3-It",
        "source-sans/ttf/SourceSans3-BoldIt",
    ),
    "wide": ("kurinto/ttf/KurintoSans-Rg", "kurinto/ttf/KurintoSans-Bd"),
    "chinese": ("kurinto/ttf/KurintoSansSC-Rg", "kurinto/ttf/KurintoSansSC-Bd"),
    "korean": ("kurinto/ttf/KurintoSansKR-Rg", "kurinto/ttf/KurintoSansKR-Bd"),
}

# Scripts whose letters stand side by side, so that they print right without a shaping engine
# (looked at, one by one).
# The words are the first words of the letters' Unicode names. Indic and other joining scripts are
# left out on purpose.
SCRIPTS = frozenset(
    """LATIN GREEK CYRILLIC ARMENIAN GEORGIAN HEBREW ARABIC ETHIOPIC THAI LAO CJK HIRAGANA KATAKANA
    KATAKANA-HIRAGANA HANGUL TIFINAGH FEMININE MASCULINE MODIFIER MICRO SCRIPT DOUBLE-STRUCK
    COMBINING FULLWIDTH HALFWIDTH IDEOGRAPHIC KELVIN ANGSTROM OHM""".split()
)


EVERYDAY = ("school", "wide")


def register(html: bytes = b"") -> None:
    """Make typefaces known to the printer: the two everyday ones, and those which the page asks for
    by their class.
    """
    for family in FAMILIES:
        if family in EVERYDAY or f'class="font-{family}"'.encode() in html:
            _register(family)


@cache
def _register(family: str) -> None:
    """Make one family known to ReportLab and xhtml2pdf under its name."""
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from xhtml2pdf import default

    faces = _faces(family)
    for face in faces:
        pdfmetrics.registerFont(face)
    for italic in (0, 1):
        for bold in (0, 1):
            face = faces[(bold + 2 * italic) % len(faces)]
            addMapping(family, bold, italic, face.fontName)
    default.DEFAULT_FONT[family] = family


@cache
def _letters(family: str) -> frozenset[int]:
    """Return the code points which all faces of a family can draw."""
    return frozenset.intersection(*(frozenset(face.face.charToGlyph) for face in _faces(family)))


@cache
def _faces(family: str) -> list[object]:
    """Read the font files of a family: TTFonts of ReportLab."""
    from reportlab.pdfbase.ttfonts import TTFont  # here: most commands print nothing

    folder = files("weblate_fonts") / "static" / "weblate_fonts"
    faces = []
    for number, path in enumerate(FAMILIES[family]):
        name = family if number == 0 else f"{family}-{number}"
        faces.append(TTFont(name, str(folder / f"{path}.ttf"), shapable=False))
    return faces


def clean(text: object) -> str:
    """Return composed text (NFC) without what cannot be seen on paper: controls, surrogates,
    direction marks.
    """
    composed = nfc(str(text)).replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        c
        for c in composed
        if c in f"\n\t{NON_JOINER}" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    return "".join(c for c in kept if c not in VARIATIONS)


def printable(text: object) -> Markup:
    """Return text as safe HTML in which every letter names a typeface that has it. Line breaks
    become <br />.
    """
    if _all_plain(str(text)):
        return escape(text).replace("\n", Markup("<br />"))
    runs = groupby(_with_fonts(clean(text)), key=lambda pair: pair[1])
    return Markup("").join(
        _span(family, "".join(cluster for cluster, _ in run)) for family, run in runs
    )


def unprintable(text: object) -> str | None:
    """Return the sentence which says what cannot be printed right, or None when all of it can."""
    if _all_plain(str(text)):
        return None
    wrong = sorted(
        {c for cluster, family in _with_fonts(clean(text)) if family is None for c in cluster}
    )
    if not wrong:
        return None
    scripts = " and ".join(sorted({_script(c) for c in wrong}))
    shown = " ".join(f"◌{c}" if unicodedata.category(c) == "Mn" else c for c in wrong[:8])
    more = " and others" if len(wrong) > 8 else ""
    return (
        "This cannot be printed, because the paper would show these characters wrongly: "
        f"{shown}{more} ({scripts}). Please write them in English letters as well or instead, "
        "or print the page from the screen."
    )


def _all_plain(text: str) -> bool:
    """Say whether text needs no work at all, which is so of nearly every answer: each letter stands
    for itself in the first typeface.
    """
    return all(map(_plain, set(text)))


@lru_cache(maxsize=20_000)
def _plain(character: str) -> bool:
    """Say whether one character has nothing to be cleaned, composed, joined or raised, and is in
    the first typeface.
    """
    kept = (
        character in "\n\t"
        or unicodedata.category(character)[0] in "LNPSZ"
        and unicodedata.is_normalized("NFC", character)
    )
    return kept and _family(character) == "school"


def _span(family: str | None, text: str) -> Markup:
    """Escape one run of text; any typeface but the first is named in a span."""
    lifted = (_lifted(cluster) for cluster in _clusters(text))
    safe = Markup("").join(lifted).replace("\n", Markup("<br />"))
    return (
        safe
        if family in ("school", None)
        else Markup('<span class="font-{}">{}</span>').format(family, safe)
    )


def _lifted(cluster: str) -> Markup:
    """Escape one letter; raise a mark that would otherwise touch a capital, or the mark
    under it.
    """
    *below, last = cluster
    if not below or not _above(last):
        return escape(cluster)
    high = below[0].isupper() or below[0] in TALL or any(_above(mark) for mark in below[1:])
    return Markup("{}<sup>{}</sup>" if high else "{}{}").format("".join(below), last)


def _above(character: str) -> bool:
    """Say whether a combining mark sits above its letter (230), or is a Thai or Lao tone or vowel
    that does.
    """
    return unicodedata.combining(character) in (230, 107, 122) or character in THAI_LAO_ABOVE


def _with_fonts(text: str) -> list[tuple[str, str | None]]:
    """Pair each letter (with its marks) with its family; white space stays with the family before
    it.
    """
    pairs, family = [], "school"
    for cluster in _clusters(text):
        family = family if cluster == " " and family else _family(cluster)
        pairs.append((cluster, family))
    return pairs


def _clusters(text: str) -> list[str]:
    """Split text in letters, each with the combining marks that follow it."""
    clusters: list[str] = []
    for character in text:
        if clusters and (
            unicodedata.category(character).startswith("M") or character == NON_JOINER
        ):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


@lru_cache(maxsize=20_000)
def _family(cluster: str) -> str | None:
    """Return the first family that draws the whole cluster right, or None."""
    if cluster.isspace():
        return "school"
    if len(cluster) > 4 or not all(_stands_alone(c) for c in cluster):
        return None
    choices = FAMILIES if len(cluster) == 1 else [name for name in FAMILIES if name != "school"]
    return next(
        (family for family in choices if all(ord(c) in _letters(family) for c in cluster)), None
    )


def _stands_alone(character: str) -> bool:
    """Say whether a character prints right without a shaping engine."""
    if ord(character) > 0xFFFF:
        # ReportLab writes a wrong text layer for these (searching and copying would fail)
        return False
    if _first_word(character) == "ARABIC" and unicodedata.category(character) == "Lo":
        return _joins(character)
    return unicodedata.category(character)[0] not in "LM" or _first_word(character) in SCRIPTS


def _joins(letter: str) -> bool:
    """Say whether Unicode has the joined forms of an Arabic letter; the paper draws with those
    only.
    """
    return letter >= "\ufb50" or any(form >= "\ufb50" for form in LETTERS_ARABIC.get(letter, ()))


def _first_word(character: str) -> str:
    """The first word of a character's Unicode name: its script, for a letter."""
    return unicodedata.name(character, "UNKNOWN").split()[0]


def _script(character: str) -> str:
    """Name the script of a character for a reader: 'Gurmukhi', or 'symbols'."""
    return (
        _first_word(character).capitalize()
        if unicodedata.category(character)[0] in "LM"
        else "symbols"
    )
