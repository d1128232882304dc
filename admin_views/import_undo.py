"""A whole import is taken back: what it added goes, what it changed is as before, and what somebody
has touched since stays.

Come here to change what of an import can be taken back. The audit log knows an import by its
`request`: all that one press of “Import” wrote.
"""

import hashlib
import time
from dataclasses import dataclass

from admin_views.pupil_import import PAUSE, convert
from audit.log import NO_CHANGE, AuditEntry, audit, transaction
from models import Contact, Pupil
from privacy import erasure, mistakes
from records.questions import say

MOST = 5  # imports that the page offers
UNDONE = "An import was taken back"
TOUCHED = "Somebody has changed it since."
TABLES = {"Pupil": Pupil, "Contact": Contact}


@dataclass
class UndoStep:
    """One thing that an import did; `why` it cannot be taken back, or empty."""

    pupil: Pupil
    record: object
    what: str
    name: str = ""  # the question; empty for a record that is new
    value: object = None  # what it was before
    why: str = ""


def last_imports():
    about = (AuditEntry.record == "Pupil", AuditEntry.record_id.is_null())
    rows = AuditEntry.select().where(AuditEntry.act == "import", *about)
    return list(rows.order_by(AuditEntry.id.desc()).limit(MOST))


def steps_of(batch):
    """What one import did to records that are still here: [Step]."""
    rows = AuditEntry.select().where(
        AuditEntry.request == batch, AuditEntry.record.in_(list(TABLES))
    )
    is_import = AuditEntry.select().where(
        AuditEntry.request == batch, AuditEntry.act == "import", AuditEntry.record_id.is_null()
    )
    if not is_import.exists():
        return []
    new = set()
    found = []
    for row in rows.order_by(AuditEntry.id):
        if row.record_id is None or row.act not in ("add", "import") or row.pupil_id in new:
            continue
        record = TABLES[row.record].get_or_none(id=row.record_id)
        pupil = Pupil.get_or_none(id=row.pupil_id)
        if record is None or pupil is None or pupil.erased_on:
            continue
        if row.act == "import":
            found.append(changed_answer(row, record, pupil))
        elif row.record == "Pupil":
            new.add(pupil.id)
            found.append(new_pupil(row, pupil))
        elif not row.question:
            found.append(new_contact(row, record, pupil))
    return found


def changed_after_import(row, *about):
    later = AuditEntry.select().where(AuditEntry.id > row.id, AuditEntry.request != row.request)
    return later.where(AuditEntry.act.not_in(NO_CHANGE), *about).exists()


def new_pupil(row, pupil):
    step = UndoStep(pupil, pupil, "the record is new")
    done = mistakes.what_stands_in_the_way(pupil)
    if done:
        step.why = f"Something was done with it since ({'; '.join(done)})."
    elif changed_after_import(row, AuditEntry.pupil_id == pupil.id):
        step.why = TOUCHED
    return step


def new_contact(row, contact, pupil):
    step = UndoStep(pupil, contact, f"the contact {contact.name} is new")
    about = (AuditEntry.record == "Contact", AuditEntry.record_id == contact.id)
    if changed_after_import(row, *about):
        step.why = TOUCHED
    return step


def changed_answer(row, record, pupil):
    """The `Step` of one answer, with what it was before."""
    label = record.label_of(row.question)
    if isinstance(record, Contact):
        label = f"{record.name}, {label}"
    step = UndoStep(pupil, record, f"{label}: {row.after or 'nothing'} → {row.before or 'nothing'}")
    step.name = row.question
    asked = record._meta.fields[row.question]
    if record.answer(row.question) != row.after:
        step.why = "It was changed since."
        return step
    if row.before:
        try:
            step.value = convert(asked, row.before)
            is_read = say(asked, step.value) == row.before
        except ValueError:
            is_read = False
        if not is_read:
            step.why = "What it was before cannot be read; type it on the form."
    return step


def digest_of_steps(steps):
    said = [(step.pupil.id, step.what, step.why) for step in steps]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def take_back(batch, user, folder):
    """Take back what can be; how many steps were. `folder` is the data folder.

    Answers and contacts go back in one transaction; each new pupil goes in its own, so that nobody
    who saves meanwhile waits long.
    """
    steps = [step for step in steps_of(batch) if not step.why]
    new = [step for step in steps if step.record is step.pupil]
    others = [step for step in steps if step.record is not step.pupil]
    done = len(others)
    with transaction():
        put_answers_back(others)
        audit("import undone", Pupil(), reason=f"{UNDONE}: {len(steps)} changes")
    for step in new:
        try:
            mistakes.take_out(step.pupil, user, UNDONE, folder)
        except erasure.Cannot:  # changed this very moment: the page says so
            continue
        done += 1
        time.sleep(PAUSE)
    erasure.scrub()
    return done


def put_answers_back(steps):
    changed = {}
    for step in steps:
        if step.name:
            record = changed.setdefault((type(step.record), step.record.id), step.record)
            setattr(record, step.name, step.value)
        else:
            step.record.remove(UNDONE)
    for record in changed.values():
        record.save(reason=UNDONE, act="import undone")
