"""The typefaces of the papers: which letters print right, and a stand-in for the others.

Come here to add a typeface or to allow one more script. The font files live in the package
`weblate-fonts` (licence OFL), not in this repository. Arabic prints joined and from right to left,
but without the small vowel marks, as everyday Arabic writing does.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby

from arabic_reshaper.letters import LETTERS_ARABIC
from markupsafe import Markup, escape

from records.unicode_text import nfc, nfkc

NON_JOINER = "\u200c"  # Persian needs it between letters
# they only choose between two looks of one sign
VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
TALL = frozenset("bdfhkl\u0e1b\u0e1d\u0e1f")  # small letters as high as a capital
# Unicode's combining classes of the marks above a letter; 0 is that of Thai and Lao vowels
ABOVE = (0, 107, 122, 230)

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
# (looked at, one by one). The words are the first words of the letters' Unicode names. Indic and
# other joining scripts are left out on purpose.
SCRIPTS = re.compile(
    "LATIN|GREEK|CYRILLIC|ARMENIAN|GEORGIAN|HEBREW|ARABIC|ETHIOPIC|THAI|LAO|CJK|HIRAGANA|KATAKANA"
    "|KATAKANA-HIRAGANA|HANGUL|TIFINAGH|FEMININE|MASCULINE|MODIFIER|MICRO|SCRIPT|DOUBLE-STRUCK"
    "|COMBINING|FULLWIDTH|HALFWIDTH|IDEOGRAPHIC|KELVIN|ANGSTROM|OHM"
)


# --- the files
def load_fonts(html=b""):
    for family in FAMILIES:
        if family == "school" or f'class="font-{family}"'.encode() in html:
            _load_family(family)


@cache
def _load_family(family):
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
def letters_of(family):
    first, *others = (face.face.charToGlyph for face in _faces(family))
    return frozenset(first).intersection(*others)


@cache
def _faces(family):
    from reportlab.pdfbase.ttfonts import TTFont  # here: most commands print nothing

    folder = files("weblate_fonts") / "static" / "weblate_fonts"
    faces = []
    for number, path in enumerate(FAMILIES[family]):
        name = family if number == 0 else f"{family}-{number}"
        faces.append(TTFont(name, str(folder / f"{path}.ttf"), shapable=False))
    return faces


# --- text
def printable(text):
    """Text as safe HTML in which every letter names a typeface that has it."""
    if _needs_no_work(text):
        return escape(text).replace("\n", Markup("<br />"))
    html = Markup("")
    clusters = _with_fonts(_with_stand_ins(_visible(text)))
    for family, run in groupby(clusters, key=lambda pair: pair[1]):
        part = Markup("").join(_raised(cluster) for cluster, _ in run)
        part = part.replace("\n", Markup("<br />"))
        if family not in ("school", None):
            part = Markup('<span class="font-{}">{}</span>').format(family, part)
        html += part
    return html


def unprintable(text):
    """The sentence which says for what a stand-in is printed; empty when for nothing."""
    if _needs_no_work(text):
        return ""
    wrong = set()
    for cluster in _clusters(_visible(text)):
        if _family(cluster) is None:
            wrong.update(cluster)
    if not wrong:
        return ""
    shown = []
    for character in sorted(wrong)[:8]:
        circle = "◌" if unicodedata.category(character) == "Mn" else ""
        shown.append(circle + character)
    if len(wrong) > 8:
        shown.append("and others")
    scripts = " and ".join(sorted(set(map(_script, wrong))))
    return (
        f"On paper a word in brackets will stand for these signs: {' '.join(shown)} ({scripts})."
        " The papers have no letters for them. On the screen they stay as they are."
    )


def _with_stand_ins(text):
    """The text with a stand-in for what no typeface draws right."""
    written = ""
    for stand_in, run in groupby(_clusters(text), key=_stand_in):
        clusters = list(run)
        if stand_in is None:
            written += "".join(clusters)
        elif stand_in.endswith(" letters]"):
            written += stand_in  # one for a whole word
        else:
            written += stand_in * len(clusters)
    return written


@lru_cache(maxsize=20_000)
def _stand_in(cluster):
    """What is printed for a sign: its plain letters, a bullet, or its name; None for itself."""
    if _family(cluster) is not None:
        return None
    plain = nfkc(cluster)
    if plain != cluster and all(_family(part) for part in _clusters(plain)):
        return plain
    sign = cluster[0]
    category = unicodedata.category(sign)
    if category == "Co":
        return "•"  # Word's own bullets
    if category == "Sk":
        return ""  # the tone of a skin
    if category[0] in "LM":
        return f"[{_script(sign)} letters]"
    return f"[{unicodedata.name(sign, 'sign').lower()}]"


def _needs_no_work(text):
    return all(map(_is_plain_character, set(text)))


@lru_cache(maxsize=20_000)
def _is_plain_character(character):
    if character in "\n\t":
        return True
    if unicodedata.category(character)[0] not in "LNPSZ":
        return False
    return unicodedata.is_normalized("NFC", character) and _family(character) == "school"


def _visible(text):
    kept = []
    for character in nfc(text).replace("\r\n", "\n").replace("\r", "\n"):
        unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs") or character in VARIATIONS
        if not unseen or character in f"\n\t{NON_JOINER}":
            kept.append(character)
    return "".join(kept)


def _raised(cluster):
    # Without a shaping engine a mark would be drawn over a capital, or over the mark below (most
    # Thai names have such a pair): that one is raised.
    below = cluster[:-1]
    last = cluster[-1]
    if not below or not _is_above(last):
        return escape(cluster)
    if below[0].isupper() or below[0] in TALL or any(map(_is_above, below[1:])):
        return Markup("{}<sup>{}</sup>").format(below, last)
    return escape(cluster)


def _is_above(character):
    is_mark = unicodedata.category(character) == "Mn"
    return is_mark and unicodedata.combining(character) in ABOVE


def _with_fonts(text):
    # a space stays with the family before it
    family = "school"
    for cluster in _clusters(text):
        if cluster != " " or not family:
            family = _family(cluster)
        yield cluster, family


def _clusters(text):
    clusters = []
    for character in text:
        joins = unicodedata.category(character)[0] == "M" or character == NON_JOINER
        if clusters and joins:
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


@lru_cache(maxsize=20_000)
def _family(cluster):
    """The first family that draws the whole cluster right, or None."""
    if cluster.isspace():
        return "school"
    if len(cluster) > 4 or not all(map(_stands_alone, cluster)):
        return None
    for family in FAMILIES:
        # the first typeface has no places for marks
        if len(cluster) > 1 and family == "school":
            continue
        if letters_of(family).issuperset(map(ord, cluster)):
            return family
    return None


def _stands_alone(character):
    if ord(character) > 0xFFFF:
        # ReportLab writes a wrong text layer for these (searching and copying would fail)
        return False
    category = unicodedata.category(character)
    word = _first_word(character)
    if word == "ARABIC" and category == "Lo":
        # the paper draws with the joined forms only
        forms = (character, *LETTERS_ARABIC.get(character, ()))
        return any(form >= "\ufb50" for form in forms)
    return category[0] not in "LM" or bool(SCRIPTS.fullmatch(word))


def _first_word(character):
    # of its Unicode name: for a letter its script
    return unicodedata.name(character, "UNKNOWN").split()[0]


def _script(character):
    if unicodedata.category(character)[0] in "LM":
        return _first_word(character).capitalize()
    return "symbols"
