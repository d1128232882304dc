"""Accounts, as the audit log tells them: who is new, who had a hand in whose, what is told.

Come here to change how long a new sign-in waits, what makes one new, or what is told. What a new
one may not do is the table `WAITING` in `admin_views/account/views.py`.
"""

import datetime
from dataclasses import dataclass
from operator import attrgetter

from audit.log import AuditEntry, audit, now
from people import User
from records.dates import say_day, say_moment
from records.query import by_id
from records.questions import HEAD, SENCO

# A new sign-in cannot erase, export or give rights for so long.
WAIT = datetime.timedelta(hours=24)
# A change of an account is told for so long, and who made it erases nothing together with it.
TOLD_FOR = datetime.timedelta(days=14)
# A row from further in the future was written while the clock was wrong.
AHEAD = datetime.timedelta(minutes=5)
AT_SERVER = ("At the server", "Command line")  # who acts when a command is given
READERS = (SENCO, HEAD)  # who is told
READ = "notices read"

# What makes a sign-in new: (act, question) of a row about the person, and the words for it.
MAKES_NEW = {
    ("add", ""): "the account was made",
    ("sign-in link used", ""): "a sign-in link was used",
    ("second step set up", ""): "the second step was set up",
    ("change", "role"): "the role was changed",
    ("change", "account"): "the account was switched on",
}

CHANGED = "{who} changed the {question} of {person} from {before} to {after}."
# What is told: (record, act, question) of an audit row, and the sentence.
TOLD = {
    ("User", "add", ""): "{who} made an account for {person}.",
    ("User", "sign-in link made", ""): "{who} made a sign-in link for {person}. Why: {reason}.",
    ("User", "change", "role"): CHANGED,
    ("User", "change", "account"): CHANGED,
    ("User", "change", "classes"): CHANGED,
    ("Setting", "change", "second_step"): "{who} changed who must use a second step: now {after}.",
    ("Setting", "change", "anchor_place"): "{who} changed the folder for anchors: now {after}.",
    ("Setting", "restored", ""): "A backup of {before} was put in the place of the records.",
    ("Setting", "accepted", ""): "{who}: faults of the audit trail were accepted. Why: {reason}.",
    ("Pupil", "export", ""): "{who}: everything held on record {record_id} was written to a file.",
    ("Pupil", "view", ""): "{who}: somebody asked who saw record {record_id}.",
}


# --- a sign-in that is new
@dataclass(frozen=True)
class New:
    """Why a sign-in is new, since when and until when (UTC)."""

    why: str
    since: datetime.datetime
    until: datetime.datetime

    def __str__(self):
        return (
            f"Your sign-in is new: {self.why} on {say_moment(self.since)}. So that nobody acts in"
            f" another's name, this is possible from {say_moment(self.until)} on. A colleague can"
            " do it before."
        )


def rows_about(person):
    about = (AuditEntry.record == "User") & (AuditEntry.record_id == person.id)
    return AuditEntry.select().where(about).order_by(AuditEntry.id)


def new_sign_in(person):
    """Why and until when a person's sign-in is new; None when it is not.

    An account that no colleague made (the first of a school, the fictional ones) does not wait, nor
    for the second step that it sets up on its first day.
    """
    found = None
    made = None
    for row in rows_about(person):
        if (row.act, row.question) not in MAKES_NEW:
            continue
        if row.question == "account" and row.after != "On":
            continue
        if row.act == "add" and row.user_id is None:
            made = row.at
            continue
        if row.act == "second step set up" and made and within_wait(made, row.at):
            continue
        found = row
    if found is None or not within_wait(found.at, now()):
        return None
    return New(MAKES_NEW[found.act, found.question], found.at, found.at + WAIT)


def within_wait(begin, moment):
    # not when the clock was ahead at the beginning
    return begin - AHEAD <= moment < begin + WAIT


# --- two people who are two
def hands_on(person):
    """Who had a hand in a person's account of late: {number of the colleague: newest row}."""
    found = {}
    for row in rows_about(person).where(AuditEntry.user_id != person.id):
        if ("User", row.act, row.question) in TOLD and now() - TOLD_FOR < row.at <= now() + WAIT:
            found[row.user_id] = row
    return found


def not_two(first, second):
    """Why two people cannot stand for two, as a sentence; None when they can."""
    of_first = hands_on(first)
    of_second = hands_on(second)
    by_age = attrgetter("at")
    rows = [of_first.get(second.id), of_second.get(first.id)]
    # a third who had a hand in both accounts
    for key in of_first.keys() & of_second.keys():
        rows.append(min(of_first[key], of_second[key], key=by_age))
    last = max(filter(None, rows), key=by_age, default=None)
    if last is None:
        return None
    until = say_day((last.at + TOLD_FOR).date())
    return (
        f"{first} and {second} cannot do this together yet: {last.who} made or changed the sign-in "
        f"of one of them on {say_moment(last.at)}. Let another SENCO or the head do it, or wait "
        f"until {until}."
    )


# --- what is told
@dataclass(frozen=True)
class Notice:
    """One thing that is told: the number of its audit row, when it was (UTC), a sentence."""

    number: int
    at: datetime.datetime
    words: str


def notices(reader):
    """What this person is told and has not put away, newest first."""
    if reader.role not in READERS:
        return []
    people = by_id(User.select())
    found = []
    for row in told_rows().where(AuditEntry.id > read_up_to(reader)):
        sentence = TOLD.get((row.record, row.act, row.question))
        if sentence:
            words = notice_words(row, sentence, people.get(row.record_id))
            found.append(Notice(row.id, row.at, words))
    return found


def told_rows():
    """The audit rows of the last days that may be told, newest first."""
    acts = [act for _, act, _ in TOLD]
    is_new = AuditEntry.at > now() - TOLD_FOR
    # not the first account of a school, which nobody made
    person = (AuditEntry.record == "User") & AuditEntry.user_id.is_null(False)
    # most rows are looks at pupils: those of commands are found by their index
    command = AuditEntry.who.in_(AT_SERVER) & is_new & (AuditEntry.record == "Pupil")
    whose = person | command | (AuditEntry.record == "Setting")
    rows = AuditEntry.select().where(is_new, AuditEntry.act.in_(acts), whose)
    return rows.order_by(AuditEntry.id.desc())


def notice_words(row, sentence, person):
    """The sentence with its names and answers."""
    if person:
        person = f"{person} ({person.answer('role')})"
    return sentence.format(
        who=row.who,
        question=row.question,
        person=person,
        before=row.before or "none",
        after=row.after or "none",
        reason=row.reason,
        record_id=row.record_id,
    )


def read_up_to(reader):
    read = rows_about(reader).where(AuditEntry.act == READ)
    rows = read.where(AuditEntry.user_id == reader.id)
    return max((int(row.after) for row in rows), default=0)


def put_away(reader, number):
    if number in [notice.number for notice in notices(reader)]:
        audit(READ, reader, after=str(number))
