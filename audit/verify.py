"""Whether the audit log, the sealed papers and the erased rows are whole.

Come here to change what `verify` looks at, or how a fault that the school can explain is accepted.
"""

import json
import re

from audit import log as audit_log
from audit.log import AuditEntry, transaction
from audit.report import kind_words
from models import Form, Setting, every


def problems(anchors=()):
    """What is wrong with audit log, seals and erased rows, but for what was accepted."""
    return [*audit_log.verify(anchors), *erasure_problems(), *seal_problems()]


def accept(anchors, reason):
    """Accept everything that is wrong now; the sentences. Raises ValueError without a reason."""
    audit_log.install_triggers()  # that the triggers are gone is never accepted
    with transaction():
        known = audit_log.accepted()
        every_fault = (*audit_log.log_faults(anchors), *erasure_faults(), *seal_faults())
        found = [words for words in every_fault if words not in known]
        if found:
            audit_log.note_accepted(found, Setting.of_school(), reason)
    return found


def erasure_problems():
    return audit_log.not_accepted(erasure_faults())


def seal_problems():
    return audit_log.not_accepted(seal_faults())


# --- seals
def seal_faults():
    """What is wrong with the sealed papers: each is held against the audit row of its sealing."""
    entries = seal_entries()
    merged = merged_pupils()
    for cls in every(Form):
        says_so = cls.sealed.is_null(False) | cls.sealed_code.is_null(False)
        for form in cls.select().where(says_so | (cls.status == "sealed")):
            entry = entries.pop((cls.__name__, form.id), None)
            fault = seal_fault(form, entry, merged)
            if fault:
                kept = (form.sealed, form.sealed_code, form.sealed_by, form.status, form.pupil_id)
                state = audit_log.state_of(*kept)
                yield f"The sealed {cls.kind_name()} number {form.id} {fault}{state}."
    for (kind, number), entry in entries.items():
        if not entry.erased:
            words = f"The sealed {kind_words(kind)} number {number} is gone, or no longer sealed."
            yield words


def seal_entries():
    sealing = AuditEntry.question == "sealed_code"
    rows = AuditEntry.select().where(sealing, (AuditEntry.after != "") | AuditEntry.erased)
    return {(row.record, row.record_id): row for row in rows.order_by(AuditEntry.id)}


def merged_pupils():
    """{number of a record: the number of the record that it was merged into}"""
    rows = AuditEntry.select().where(AuditEntry.act == "merge", AuditEntry.record == "Pupil")
    found = {}
    for row in rows.where(AuditEntry.question == "merged into"):
        found[row.record_id] = int(row.after or 0)  # blank once the child's record is erased
    return found


def is_of(number, pupil_id, merged):
    """Whether a record with this number is the pupil's, or became part of theirs."""
    while number != pupil_id and number in merged:
        number = merged[number]
    return number == pupil_id


def seal_fault(form, entry, merged):
    """What is wrong with one sealed paper, as the end of a sentence; None when it holds."""
    if entry is None:
        return "was never sealed by this program"
    if not form.sealed or not form.seal_holds():
        return "does not fit its own check code: its words were changed"
    same_child = is_of(entry.pupil_id, form.pupil_id, merged)
    if entry.after != form.sealed_code or not same_child:
        return "is not what was sealed: its words, its check code or its pupil were changed"
    if form.status != "sealed" or json.loads(form.sealed)["who"] != form.sealed_by:
        return "was sealed, and says now that it is not, or by somebody else"
    return None


# --- erased rows
ENDS = ("erase", "taken out")


def erasure_faults():
    """Audit rows that were blanked although no erasure accounts for it, a sentence each.

    An erasure's own row, which could not be made up, accounts for every older row about its child,
    and for the rows about nobody that it names.
    """
    erased_by = {}
    named = set()
    done = AuditEntry.select().where(AuditEntry.act.in_(ENDS), AuditEntry.record == "Pupil")
    for entry in done.order_by(AuditEntry.id):
        erased_by[entry.pupil_id] = entry.id
        # `Rows about nobody: 12, 15`
        named.update(int(number) for number in re.findall(r"\d+", entry.after))
    for row in AuditEntry.select().where(AuditEntry.erased).order_by(AuditEntry.id):
        if row.id in named or row.id < erased_by.get(row.pupil_id, 0):
            continue
        yield (
            f"The words of audit row {row.id}, about {kind_words(row.record)} number"
            f" {row.record_id}, were blanked, but no erasure accounts for it."
        )
