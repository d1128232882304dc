"""Erasure: two people take everything about a child away but a stub.

Come here to change who may erase, what erasing takes and what stays. Nothing is ever erased by
itself.
"""

import contextlib
import re

from peewee import OperationalError, chunked, sort_models

from audit import accounts
from audit.log import WORDS, AuditEntry, audit, db, now, on_sqlite, transaction
from models import (
    Document,
    Erasure,
    MergedPupil,
    Placement,
    Pupil,
    PupilRecord,
    PupilWord,
    Row,
    every,
)
from people import FormToken, ListSearch, SavedView, User, Work
from privacy.subject_access import address_of, drafts_of, records_of, rows_in
from records.dates import today
from records.questions import HEAD, SENCO
from records.unicode_text import folded_words, nfc

STUB = ("surname", "forename", "dob", "upn", "left_on", "destination")
STUB_SORTED_BY = ("sort_name", "sort_forename")


class Cannot(Exception):
    """It is not possible; the text is a sentence for the person who tried."""


# --- two people
def obstacle(pupil):
    """Why a child's record cannot be erased, as a sentence; None when it can."""
    if pupil.erased_on:
        return "This record was erased already."
    if pupil.hold:
        return f"This record is on hold: {pupil.hold}"
    if not pupil.left_on:
        return "This child has not left the school. Record the leaving first."
    return None


ASKED_FOR = Erasure.done_at.is_null() & Erasure.asked_id.is_null(False)
DONE = Erasure.done_at.is_null(False)


def asked_for(pupil):
    return newest(pupil, ASKED_FOR)


def erasure_of(pupil):
    return newest(pupil, DONE)


def newest(pupil, state):
    rows = Erasure.select().where(Erasure.pupil == pupil, state)
    return rows.order_by(Erasure.id.desc()).first()


def ask(pupil, user, reason):
    """The SENCO asks for a child's record to be erased. Raises Cannot."""
    with transaction():
        refuse(obstacle(Pupil.get_by_id(pupil.id)))
        if user.role != SENCO:
            raise Cannot("Only the SENCO asks for a record to be erased.")
        if not reason:
            raise Cannot("Say why it may be erased.")
        if asked_for(pupil):
            raise Cannot("Somebody has asked for this already.")
        Erasure.create(pupil=pupil, reason=reason, asked_by=user.name, asked_id=user.id)


def refuse(sentence):
    if sentence:
        raise Cannot(sentence)


def check_second_person(asked, pupil, user, surname):
    """Raise Cannot unless this person may erase what `asked` asks for."""
    refuse(obstacle(pupil))
    if asked is None:
        raise Cannot("Nobody has asked for this record to be erased.")
    if asked.asked_id == user.id:
        raise Cannot("The person who asked cannot also erase; another SENCO or the head does it.")
    if user.role not in (SENCO, HEAD):
        raise Cannot("Only the SENCO or the head erases a record.")
    if surname.casefold().split() != pupil.surname.casefold().split():
        raise Cannot("This is not the child's surname.")
    refuse(accounts.not_two(User.get_by_id(asked.asked_id), user))


# --- erasing
def erase(pupil, user, surname, folder):
    """A second person erases everything about a child but the stub; `folder` is the data folder.

    Returns whether the database file could be cleaned at once (see `scrub`). Raises Cannot.
    """
    with transaction():
        pupil, asked = Pupil.get_by_id(pupil.id), asked_for(pupil)
        check_second_person(asked, pupil, user, surname)
        files = stored_files(Document.pupil == pupil)
        nobodys = blank_trail(pupil)
        delete_records(pupil, Erasure.id != asked.id)
        empty_to_stub(pupil)
        asked.done_by = user.name
        asked.done_at = now()
        asked.save(act="erase")
        for number in MergedPupil.numbers_of(pupil.id):
            audit("erase", Pupil(id=number), after=words_about_nobody(nobodys))
    # After the commit; should the power go here, `portal check` names the files.
    for name in files - stored_files():
        (folder / "files" / name).unlink(missing_ok=True)
    throw_away_copies(pupil, folder)
    return scrub()


def words_about_nobody(numbers):
    if not numbers:
        return ""
    return f"Rows about nobody: {', '.join(map(str, numbers))}"


def throw_away_copies(pupil, folder):
    """Remove what was drawn of the child, alone or with others, and files to be imported."""
    for path in (folder / "papers").glob(f"{pupil.id}-*"):
        path.unlink(missing_ok=True)
    # Any import that waits may name the child.
    for path in (folder / "imports").glob("*"):
        path.unlink(missing_ok=True)
    named = set(Work.select(Work.file).scalars())
    for path in (folder / "work").glob("*"):
        if path.name not in named:
            # Windows keeps a file that is being written; the work removes it itself
            with contextlib.suppress(FileNotFoundError, PermissionError):
                path.unlink()


def stored_files(*where):
    query = Document.select(Document.stored_as).where(Document.stored_as.is_null(False), *where)
    return set(query.scalars()) - {""}


def blank_trail(pupil):
    """Take the words out of the child's audit rows; who did what to which record stays.

    Returns the numbers of the rows about nobody among them; the row of the erasure names these.
    """
    nobodys = rows_that_name(pupil)
    blank = {**dict.fromkeys(WORDS, ""), AuditEntry.erased: True}
    numbers = MergedPupil.numbers_of(pupil.id)
    AuditEntry.update(blank).where(AuditEntry.pupil_id.in_(numbers)).execute()
    for some in chunked(nobodys, 500):
        AuditEntry.update(blank).where(AuditEntry.id.in_(some)).execute()
    return nobodys


def rows_that_name(pupil):
    """The numbers of the audit rows about no child (an import, a list) that hold their name.

    Rows about a colleague, the settings or another child are never among them.
    """
    kinds = ["Pupil"]
    for cls in (*every(PupilRecord), *every(Row)):
        kinds.append(cls.__name__)
    words = [getattr(AuditEntry, name) for name in WORDS]
    general = AuditEntry.pupil_id.is_null() & AuditEntry.record.in_(kinds)
    rows = AuditEntry.select(AuditEntry.id, *words).where(general).order_by(AuditEntry.id)
    names = whole_names(pupil)
    found = []
    for number, *said in rows.tuples():
        text = nfc("\n".join(said))
        if any(name.search(text) for name in names):
            found.append(number)
    return found


def whole_names(pupil):
    """Patterns of both names, in either order, that find this child and nobody else.

    Nothing of a longer name may touch them, but for the `’s` of “Rhea Trial’s”.
    """
    found = []
    for first in {pupil.forename, pupil.known_as}:
        if not first or not pupil.surname:
            continue
        for pair in ((first, pupil.surname), (pupil.surname, first)):
            words = " ".join(map(nfc, pair)).split()
            name = r",?\s+".join(map(re.escape, words))
            pattern = rf"(?<!\w)(?<!\w[-'’]){name}(?!\w)(?![-'’](?!s(?!\w))\w)"
            found.append(re.compile(pattern, re.I))
    return found


def delete_records(pupil, erasures):
    """Delete every record of a child and what was typed about them; of the erasures only those."""
    records = records_of(pupil)
    addresses = []
    for record in records:
        addresses.append(address_of(record))
        for _, row in rows_in(record):
            addresses.append(address_of(row))
    for draft in drafts_of(pupil, records):
        draft.delete_instance()
    for work in Work.select():
        if pupil.id in work.numbers():
            work.delete_instance()
    ListSearch.delete().execute()  # the words may be the child's name
    for view in SavedView.select():  # one that goes for nothing is soon made again
        if is_named(pupil, view.name):
            view.delete_instance()
    for press in FormToken.select():
        if press.led_to.startswith(tuple(addresses)):
            press.delete_instance()
    Placement.update(before=None).where(Placement.pupil == pupil).execute()
    for cls in reversed(sort_models([*every(PupilRecord), *every(Row)])):
        theirs = cls.about(pupil)
        if cls is Erasure:
            theirs &= erasures
        cls.delete().where(theirs).execute()


def is_named(pupil, typed):
    """Whether a word that somebody typed is one of the child's names, such as in “Robin's week”."""
    names = folded_words(f"{pupil.surname} {pupil.forename} {pupil.known_as or ''}")
    words = folded_words(typed)
    return any(word in names or word.removesuffix("s") in names for word in words)


def empty_to_stub(pupil):
    # past the audit log, which would repeat the answers
    stays = ("id", "version", *STUB, *STUB_SORTED_BY)
    stub = {}
    for field in Pupil._meta.sorted_fields:
        if field.name not in stays:
            stub[field] = None
    stub |= {Pupil.erased_on: today(), Pupil.version: Pupil.version + 1}
    Pupil.update(stub).where(Pupil.id == pupil.id).execute()
    PupilWord.delete().where(PupilWord.pupil == pupil.id).execute()


def scrub():
    """Write over what erased rows left in the database's files; whether that could be done."""
    if db.in_transaction():
        return False
    try:
        if not on_sqlite():
            db.execute_sql("VACUUM FULL")
            return True
        db.execute_sql("VACUUM")
        busy = db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return busy == 0
    except OperationalError:
        return False
