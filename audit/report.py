"""What the audit log tells: who saw or changed a child, and which rows somebody may read.

Come here to change what “who saw this child” says, or which changes a record's page lists.
"""

import datetime
import itertools
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from audit.actions import ACTIONS, VISIT_ACTIONS
from audit.log import NO_CHANGE, AuditEntry
from models import KINDS_OF_RECORD, MergedPupil, Pupil, may
from records.dates import LONDON, short_day


def kind_words(kind):
    if kind not in KINDS_OF_RECORD:
        return kind
    return KINDS_OF_RECORD[kind].kind_name()


# --- who may read what
def may_read(user, entry):
    """Whether this person may read an audit row: its record, the section of its question, and what
    that may name.
    """
    cls = KINDS_OF_RECORD.get(entry.record)
    if cls is None or not may(user, "r", cls):
        return False
    if entry.question not in dict(cls.questions()):
        return True
    if user.role not in cls.section_of(entry.question).see:
        return False
    return all(may(user, "r", kind) for kind in cls.kinds_named(entry.question))


def history(record, user, most=40):
    """The last changes of a record and its rows that this person may read, newest first."""
    mine = (AuditEntry.record == type(record).__name__) & (AuditEntry.record_id == record.id)
    for group, cls in record.groups().items():
        keys = [row.id for row in record.rows(group)]
        mine |= (AuditEntry.record == cls.__name__) & AuditEntry.record_id.in_(keys)
    same_child = AuditEntry.pupil_id.in_(MergedPupil.numbers_of(record.pupil_key()))
    changes = AuditEntry.act.not_in(NO_CHANGE)
    found = AuditEntry.select().where(mine, same_child, changes).order_by(AuditEntry.id.desc())
    shown = filter(partial(may_read, user), since_made(found))
    return list(itertools.islice(shown, most))


def since_made(entries):
    """Before version 1.2.0 the number of a removed record could be given to another one."""
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
    counts: Counter = field(default_factory=Counter)  # {(action, kind of record): times}

    def hours(self):
        # `10:05 to 10:40`
        first = f"{self.first:%H:%M}"
        last = f"{self.last:%H:%M}"
        if first == last:
            return first
        return f"{first} to {last}"

    def say(self):
        # `looked at My Plan (3 times), Pupil; changed My Plan`
        found = []
        for action in VISIT_ACTIONS:
            kinds = []
            for (act, kind), times in sorted(self.counts.items()):
                if act == action:
                    kinds.append(f"{kind} ({times} times)" if times > 1 else kind)
            if kinds:
                found.append(f"{ACTIONS[action]} {', '.join(kinds)}")
        return "; ".join(found)


def who_saw(pupil_id, since=None, most=None):
    """Who saw or changed anything about a child since a date: [Visit], newest first.

    The changes of one press of a button count once for each kind of record.
    """
    columns = (AuditEntry.who, AuditEntry.user_id, AuditEntry.act, AuditEntry.record)
    # stamps as text are ten times as quick
    rows = AuditEntry.select(AuditEntry.at.cast("TEXT"), AuditEntry.request, *columns)
    numbers = MergedPupil.numbers_of(pupil_id)
    rows = rows.where(AuditEntry.pupil_id.in_(numbers)).order_by(AuditEntry.id.desc())
    if since:
        begin = datetime.datetime.combine(since, datetime.time(), LONDON)
        begin = begin.astimezone(datetime.UTC)
        rows = rows.where(AuditEntry.at >= begin.replace(tzinfo=None))
    visits = {}
    pressed = set()
    for at, request, who, user, act, record in rows.tuples().iterator():
        at = datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC).astimezone(LONDON)
        key = (at.date(), who, user)
        if key not in visits:
            if len(visits) == most:
                break
            visits[key] = Visit(*key, last=at)
        visit = visits[key]
        visit.first = at
        if act not in VISIT_ACTIONS:
            act = "change"
        if act != "change" or (request, record) not in pressed:
            visit.counts[act, kind_words(record)] += 1
            pressed.add((request, record))
    return list(visits.values())


def find_pupil(words):
    """The pupils whom a command means: by UPN, by number, or by `surname, forename`."""
    words = words.strip()
    if words.isdecimal() and len(words) < 10:
        return list(Pupil.select().where(Pupil.id == int(words)))
    surname, _, forename = (part.strip() for part in words.partition(","))
    if not forename:
        return list(Pupil.select().where(Pupil.upn == words.upper()))
    called = (Pupil.forename**forename) | (Pupil.known_as**forename)
    return list(Pupil.select().where(Pupil.surname**surname, called))


def who_saw_lines(pupil, since=None):
    """Who saw or changed a child, as lines of text, newest first; the child by number alone."""
    visits = who_saw(pupil.id, since)
    lines = [f"Who saw or changed record {pupil.id}, newest first"]
    if not visits:
        lines.append("\nNobody.")
    day = None
    for visit in visits:
        if visit.day != day:
            day = visit.day
            lines.append(f"\n{day:%A} {short_day(day)}")
        lines.append(f"  {visit.hours():14}  {visit.who}: {visit.say()}")
    return lines
