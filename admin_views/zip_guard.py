"""What an Office file, which is a ZIP package, must not hold: macros, bombs, passwords, entities.

Come here to change what is refused. Documents of a child and workbooks with pupils pass here.
"""

import io
import re
import zipfile
import zlib

MEGA = 1024 * 1024
MOST_UNPACKED = 300 * MEGA
MOST_PARTS = 5_000
# more than 100 times its size is suspicious from 10 MB on
MOST_RATIO = 100
FREE_OF_RATIO = 10 * MEGA
DAMAGED = "The file is damaged, or is not what its name says. Open it, and save it again."
TOO_MUCH_INSIDE = "The file holds more than the portal can check. Save it smaller, or as a PDF."
HARMFUL = "The file holds something that could do harm. Save it as a PDF."
LOCKED = "The file is locked with a password. Save it without one."
MACROS = "The file has macros, small programs that could do harm. Save it without macros."
ZIP_START = b"PK\x03\x04"
ZIP_ENTRY = b"PK\x01\x02"
# archives and programs, which no part of an Office file is
PACKED = (ZIP_START, b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MZ", b"\x7fELF")
# a chart of a Word file keeps its workbook
EMBEDDED = ("docx", "xlsx", "pptx", "odt")
# Office never declares entities (XXE, billion laughs)
DECLARATION = re.compile(rb"<!(?:doctype|entity)\b", re.I)
MACRO = re.compile(r"vbaproject\.bin$|^basic/|^scripts/|/macrosheets/|/activex/")
SYMBOLIC_LINK = 0o12  # in the attributes of a ZIP entry


class FileRefused(ValueError):
    """A file that cannot be kept; its text says why and what to do."""


def ending(name):
    return (name or "").rpartition(".")[2].lower()


def refuse_package(data, member):
    """Raise FileRefused unless this is a package with the part `member` and nothing harmful."""
    if data.count(ZIP_ENTRY) > MOST_PARTS:
        raise FileRefused(TOO_MUCH_INSIDE)
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        if not data.startswith(ZIP_START) or member not in package.NameToInfo:
            raise FileRefused(DAMAGED)
        unpacked = sum(part.file_size for part in package.infolist())
        if unpacked > min(MOST_UNPACKED, max(FREE_OF_RATIO, MOST_RATIO * len(data))):
            raise FileRefused(TOO_MUCH_INSIDE)
        for part in package.infolist():
            _refuse_part(package, part)
    except FileRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError, OSError):
        raise FileRefused(DAMAGED) from None


def _refuse_part(package, part):
    name = part.orig_filename.lower()
    if part.flag_bits & 1:
        raise FileRefused(LOCKED)
    if MACRO.search(name):
        raise FileRefused(MACROS)
    outside = name.startswith("/") or set(name) & set("\\:\0") or ".." in name.split("/")
    unusual = part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if outside or unusual or part.external_attr >> 28 == SYMBOLIC_LINK:
        raise FileRefused(DAMAGED)
    with package.open(part) as opened:
        start = opened.read(4096)
    if start.startswith(PACKED) and ending(name) not in EMBEDDED:
        raise FileRefused(HARMFUL)
    # without the zeros of UTF-16
    if ending(name) in ("xml", "rels") and DECLARATION.search(start.replace(b"\0", b"")):
        raise FileRefused(DAMAGED)
