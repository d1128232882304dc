"""Parts of papers that were drawn once and are kept as PDFs, beside the files of the documents.

Come here to change where they are and when they go. The name of a kept part has the number of its
child, the check code of a sealed paper, and a hash of all that its drawing depends on: other words,
another role, another look are another name, so that an old drawing is never found for new words.
"""

import contextlib
import hashlib
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

from peewee import chunked

from models import Pupil

PROGRAM = Path(__file__).resolve().parent.parent
# what decides how the words of a part look; a new one may draw differently
FILES = (
    "papers/*.py",
    "templates/paper*.html",
    "templates/_paper_*.html",
    "static/paper.css",
    "records/unicode_text.py",
    "requirements.txt",
)
DAY = 24 * 3600  # seconds
# seconds without a print after which a part goes: of a sealed paper, of what can change
UNUSED = {".pdf": 400 * DAY, ".day": DAY}
MARK = b"\n%kept "  # after the PDF: how many pages it has, and its SHA-256


def hash_of_files():
    digest = hashlib.sha256()
    for pattern in FILES:
        for path in sorted(PROGRAM.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


LOOK = hash_of_files()  # at the start, as the files that are in use


def path_of(folder, pupil_id, seal, given):
    """Where the part is kept that is drawn from `given`, plain data.

    pupil_id: 0 for a paper of no child. seal: empty for one that can change.
    """
    words = json.dumps([LOOK, given], sort_keys=True)
    key = hashlib.sha256(words.encode()).hexdigest()[:32]
    name = f"{pupil_id}-{key}.day"
    if seal:
        name = f"{pupil_id}-{seal}-{key}.pdf"
    return folder / "papers" / name


def read_part(path):
    """The PDF and its number of pages; None when it is not kept or damaged."""
    try:
        pdf, _, mark = path.read_bytes().rpartition(MARK)
        pages, digest = mark.split()
        if digest.decode() != hashlib.sha256(pdf).hexdigest():
            return None
        os.utime(path)
    except (OSError, ValueError):
        return None
    return pdf, int(pages)


def keep_part(path, pdf, pages):
    """Keep a drawn part; a disk that takes nothing only means that it is drawn again."""
    mark = f"{pages} {hashlib.sha256(pdf).hexdigest()}\n".encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            try:
                part.write(pdf + MARK + mark)
                part.close()
                os.replace(part.name, path)
            except OSError:
                os.unlink(part.name)


def of_nobody(folder):
    """The kept parts of children whose record is not here, or was erased."""
    found = {}
    for path in (folder / "papers").glob("[0-9]*-*"):
        found.setdefault(int(path.name.partition("-")[0]), []).append(path)
    found.pop(0, None)
    for numbers in chunked(list(found), 500):
        here = Pupil.select(Pupil.id).where(Pupil.id.in_(numbers), Pupil.erased_on.is_null())
        for number in here.scalars():
            del found[number]
    return list(itertools.chain.from_iterable(found.values()))


def remove_unused(folder):
    """Remove what is of nobody, what nobody printed for long, and what a crash left."""
    for path in of_nobody(folder):
        path.unlink(missing_ok=True)
    for path in (folder / "papers").glob("*"):
        with contextlib.suppress(FileNotFoundError):
            unused = time.time() - path.stat().st_mtime
            if unused > UNUSED.get(path.suffix, DAY):
                path.unlink()
