"""What the audit trail tells: who saw or changed a child, which words of it somebody may read, and
whether trail and seals are whole.

Come here to change what “who saw this child” says, or what `verify` looks at. How rows are written
and chained is in `audit/log.py`.
"""

import datetime
import json
import re
from collections import Counter
from dataclasses import dataclass, field

from audit import log as audit_log
from audit.log import AuditEntry
from models import Form, Pupil, Setting, every, may
from records.dates import LONDON, short_day
from records.questions import transaction

KINDS = {c.__name__: c for c in every()}
NAMES = {name: c.kind_name() for name, c in KINDS.items()}
DID = {
    "view": "looked at",
    "print": "printed",
    "file": "took the file of",
    "export": "exported",
    "found": "found in a search or list",
    # the words of a visit, in this order
    "listed": "saw in a list",
    "refused": "was refused",
    "change": "changed",
}


# --- who may read what
def may_read(user, entry):
    """Whether this person may read the words of an audit row: the right to the record, and the
    section the question stands under.
    """
    cls = KINDS.get(entry.record)
    # a row of a form has the rights of the section it stands under
    if cls is None or not may(user, "r", cls):
        return False
    return (
        entry.question not in dict(cls.questions())
        or user.role in cls.section_of(entry.question).see
    )


def about(record):
    """The condition that an audit row is about this record, and about the same child."""
    return (
        (AuditEntry.record == type(record).__name__)
        & (AuditEntry.record_id == record.id)
        & same_child(record)
    )


def same_child(record):
    """The condition that an audit row is about the child of this record, or about no child when the
    record is about none.
    """
    pupil = record.pupil_key()
    return AuditEntry.pupil_id.is_null() if pupil is None else AuditEntry.pupil_id == pupil


def history(record, user, most=40):
    """The last changes of a record and of its rows that this person may read, newest first."""
    mine = about(record)
    for group, row_class in record.groups().items():
        keys = [row.id for row in getattr(record, group).select(row_class.id)]
        mine |= (AuditEntry.record == row_class.__name__) & AuditEntry.record_id.in_(keys)
    found = AuditEntry.select().where(
        mine, same_child(record), AuditEntry.act.not_in((*audit_log.READ_ACTIONS, "refused"))
    )
    shown = []
    for entry in since_made(found.order_by(AuditEntry.id.desc())):
        if len(shown) == most:
            break
        if may_read(user, entry):
            shown.append(entry)
    return shown


def since_made(entries):
    """Of these audit rows, newest first, those of the records that are there now.

    Before version 1.2.0 the number of a removed record could be given to another one.
    """
    gone = set()
    for entry in entries:
        record = entry.record, entry.record_id
        if entry.act == "remove":
            gone.add(record)
        if record not in gone:
            yield entry


# --- who saw whom
@dataclass
class Visit:
    """What one person did with one child's records on one day."""

    day: datetime.date
    who: str
    user: int | None
    first: datetime.datetime = None  # London time
    last: datetime.datetime = None
    acts: Counter = field(default_factory=Counter)  # {(key of DID, kind of record): times}

    def hours(self):
        """From when to when: `10:05 to 10:40`."""
        first, last = f"{self.first:%H:%M}", f"{self.last:%H:%M}"
        return first if first == last else f"{first} to {last}"

    def say(self):
        """What was done, in words: `looked at My Plan (3 times), Pupil; changed My Plan`."""
        return "; ".join(
            f"{words} "
            + ", ".join(
                f"{kind}{f' ({n} times)' if n > 1 else ''}"
                for (act, kind), n in sorted(self.acts.items())
                if act == name
            )
            for name, words in DID.items()
            if any(act == name for act, _ in self.acts)
        )


def who_saw(pupil_id, since=None, most=None):
    """Everybody who saw or changed anything about a child: a list of Visit, newest first; `since`
    is a date, `most` of them.

    Changes of one press of a button count once for each kind of record. The stamps are read as
    text, which is ten times as quick.
    """
    rows = AuditEntry.select(
        AuditEntry.at.cast("TEXT"),
        AuditEntry.who,
        AuditEntry.user_id,
        AuditEntry.act,
        AuditEntry.record,
        AuditEntry.request,
    ).where(AuditEntry.pupil_id == pupil_id)
    if since:
        rows = rows.where(
            AuditEntry.at
            >= datetime.datetime.combine(since, datetime.time(), LONDON)
            .astimezone(datetime.UTC)
            .replace(tzinfo=None)
        )
    found, pressed = {}, set()
    for at, who, user, act, record, request in (
        rows.order_by(AuditEntry.id.desc()).tuples().iterator()
    ):
        at = datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC).astimezone(LONDON)
        if len(found) == most and (at.date(), who, user) not in found:
            break
        visit = found.get((at.date(), who, user)) or found.setdefault(
            (at.date(), who, user), Visit(at.date(), who, user, last=at)
        )
        visit.first = at
        act = act if act in DID else "change"
        if act != "change" or (request, record) not in pressed:
            visit.acts[act, NAMES.get(record, record)] += 1
            pressed.add((request, record))
    return list(found.values())


def find_pupil(words):
    """The pupils whom a command means: by UPN, by number, or by `surname, forename`."""
    words = words.strip()
    if words.isdecimal() and len(words) < 10:
        return list(Pupil.select().where(Pupil.id == int(words)))
    surname, _, forename = (part.strip() for part in words.partition(","))
    named = (Pupil.surname**surname) & ((Pupil.forename**forename) | (Pupil.known_as**forename))
    return list(Pupil.select().where(named if forename else Pupil.upn == words.upper()))


def report(pupil, since=None):
    """Who saw or changed a child, as lines of text, newest first; the child by number alone."""
    visits, day = who_saw(pupil.id, since), None
    lines = [f"Who saw or changed record {pupil.id}, newest first"]
    for v in visits:
        lines += [f"\n{v.day:%A} {short_day(v.day)}"] if v.day != day else []
        lines.append(f"  {v.hours():14}  {v.who}: {v.say()}")
        day = v.day
    return lines if visits else [*lines, "\nNobody."]


# --- is it all whole
def problems(anchors=()):
    """What is wrong with the audit trail, the sealed papers and the erased rows, in sentences; none
    when all is as it was written.
    """
    return [*trail_problems(anchors), *seal_problems()]


def faults(anchors=()):
    """The same, one by one, and with those that were accepted."""
    yield from audit_log.faults(anchors)
    yield from erasure_faults()
    yield from seal_faults()


def accept(anchors, reason):
    """Accept everything that is wrong now; a row of the audit trail says so. Gives the sentences.

    Raises ValueError without a reason.
    """
    audit_log.install_triggers()  # that the triggers are gone is never accepted
    with transaction():
        known = audit_log.accepted()
        found = [words for words in faults(anchors) if words not in known]
        if found:
            audit_log.accept(found, Setting.of_school(), reason)
    return found


def trail_problems(anchors=()):
    """What is wrong with the audit trail: its chain, its anchors, words that were blanked without
    an erasure.
    """
    return [*audit_log.verify(anchors), *erasure_problems()]


def erasure_problems():
    """Audit rows that were blanked without an erasure, but for what was accepted."""
    return audit_log.not_accepted(erasure_faults())


def seal_problems():
    """What is wrong with the sealed papers, but for what was accepted."""
    return audit_log.not_accepted(seal_faults())


def seal_faults():
    """What is wrong with the sealed papers: each is held against the audit row that its sealing
    wrote, and each such row against its paper.
    """
    sealed = (AuditEntry.question == "sealed_code") & ((AuditEntry.after != "") | AuditEntry.erased)
    told = {
        (e.record, e.record_id): e
        for e in AuditEntry.select().where(sealed).order_by(AuditEntry.id)
    }
    found = []
    for cls in every(Form):
        for form in cls.select().where(
            cls.sealed.is_null(False) | cls.sealed_code.is_null(False) | (cls.status == "sealed")
        ):
            entry = told.pop((cls.__name__, form.id), None)
            fault = seal_fault(form, entry)
            if fault:
                kept = (form.sealed, form.sealed_code, form.sealed_by, form.status, form.pupil_id)
                state = audit_log.state_of(*kept)
                found.append(f"The sealed {cls.kind_name()} number {form.id} {fault}{state}.")
    return found + [
        f"The sealed {NAMES.get(e.record, e.record)} number {e.record_id} is gone, or no longer"
        " sealed."
        for e in told.values()
        if not e.erased
    ]


def seal_fault(form, entry):
    """What is wrong with one sealed paper, as the end of a sentence; None when it holds."""
    if entry is None:
        return "was never sealed by this program"
    if not form.sealed or not form.seal_holds():
        return "does not fit its own check code: its words were changed"
    if entry.after != form.sealed_code or entry.pupil_id != form.pupil_id:
        return "is not what was sealed: its words, its check code or its pupil were changed"
    if form.status != "sealed" or json.loads(form.sealed)["who"] != form.sealed_by:
        return "was sealed, and says now that it is not, or by somebody else"
    return None


def erasure_faults():
    """Audit rows that were blanked although no erasure accounts for it, a sentence each.

    An erasure is known by the row that it wrote: it accounts for every older row about its child,
    and for the rows about nobody that it names. Its record could be made up; its row could not.
    """
    erased_by, named = {}, set()
    done = AuditEntry.select().where(AuditEntry.act == "erase", AuditEntry.record == "Pupil")
    for entry in done.order_by(AuditEntry.id):
        erased_by[entry.pupil_id] = entry.id
        named.update(numbers_in(entry.after))
    for row in AuditEntry.select().where(AuditEntry.erased).order_by(AuditEntry.id):
        if row.id in named or row.id < erased_by.get(row.pupil_id, 0):
            continue
        what = f"{NAMES.get(row.record, row.record)} number {row.record_id}"
        yield (
            f"The words of audit row {row.id}, about {what}, were blanked, "
            "but no erasure accounts for it."
        )


def numbers_in(words):
    """The numbers of audit rows in the row of an erasure: `Rows about nobody: 12, 15`."""
    return [int(number) for number in re.findall(r"\d+", words)]
