"""Subject access: everything that is held on one child, gathered to be given out.

Come here to change what a bundle holds, or what somebody must decide on before it is given. The
dates by which a request must be answered are in `pathway/clock.py`.
"""

import json
import re
from dataclasses import dataclass, field

from audit.log import AuditEntry
from models import (
    KINDS_OF_RECORD,
    Agency,
    Consent,
    Contact,
    Document,
    Draft,
    EhcCase,
    Form,
    MeetingPerson,
    MergedPupil,
    Note,
    Pupil,
    PupilRecord,
    Row,
    TeamMember,
    WritingTask,
    every,
)
from people import User
from records.record import document, record_key

MARKED = "Marked “Not for disclosure”"
FOR_THE_SCHOOL = "Kept for the school only"
# The columns in which other people are named, and what these are called beside the bundle.
THIRD_PARTIES = (
    ("Contacts", Contact, "name"),
    ("Agencies", Agency, "agency"),
    ("Agencies", Agency, "professional"),
    ("At meetings", MeetingPerson, "who"),
    ("Notes", Note, "whom"),
    ("Team", TeamMember, "person"),
    ("Papers to write", WritingTask, "person"),
    ("Local authority", EhcCase, "officer"),
    ("Consents", Consent, "given_by"),
    ("Consents", Consent, "witness"),
)
# Columns that only steer the program, or that repeat what is told elsewhere in the bundle.
STEERING = {"id", "version", "pupil", "placement", "before", "effects", "done_with", "sealed"}
STEERING |= {"stored_as", "supersedes", "asked_id", "user"}
# Kinds that are records now, and the paper whose rows they were before 1.2.0.
WERE_ROWS_OF = {"Agency": "AgencyInformation"}
TRAIL_HEADINGS = (
    "When (UTC)",
    "Who",
    "What was done",
    "Record",
    "Number",
    "Question",
    "Before",
    "After",
    "Reason",
)


# --- what is held
def records_of(pupil):
    found = [pupil]
    for cls in every(PupilRecord):
        found.extend(cls.select().where(cls.pupil == pupil).order_by(cls.id))
    return found


def rows_in(record):
    found = []
    for group, cls in type(record).groups().items():
        found += [(group, row) for row in getattr(record, group).order_by(cls.id)]
    return found


# The names of what is left out: `MyPlan-3` a record, `MyPlan-3/foot` a section of it.
def section_key(record, section):
    return f"{record_key(record)}/{section['key']}"


def address_of(record):
    return f"/{record.slug()}/{record.id}/"


def contents_of(pupil):
    """[(record, its data)] of a child: from its seal where it has one."""
    found = []
    for record in records_of(pupil):
        if isinstance(record, Form):
            found.append((record, record.content()))
        else:
            found.append((record, document(record)))
    return found


def drafts_of(pupil, records):
    """What was typed about a child and not saved.

    A draft that does not say about whom it is belongs to the record in its address.
    """
    addresses = tuple(map(address_of, records))
    new_form = re.compile(rf"[?&]pupil={pupil.id}(&|$)")
    known = Draft.pupil_id == pupil.id
    found = []
    for draft in Draft.select().where(known | Draft.pupil_id.is_null()).order_by(Draft.id):
        is_here = draft.form.startswith(addresses) or new_form.search(draft.form)
        if draft.pupil_id or is_here:
            found.append(draft)
    return found


def entries_about(pupil):
    numbers = MergedPupil.numbers_of(pupil.id)
    return AuditEntry.select().where(AuditEntry.pupil_id.in_(numbers)).order_by(AuditEntry.id)


# --- what must be decided before it is given
@dataclass(frozen=True)
class ReviewItem:
    """One thing that goes in, or is left out; with a reason in `why` it is left out at first."""

    key: str
    what: str
    where: str
    why: str = ""


def review(pupil):
    """What must be decided on before the bundle is given; what is left out at first leads."""
    contents = contents_of(pupil)
    audited = audited_questions(pupil)
    marked = []
    sections = []
    files = []
    Document.fetch_owners([record for record, _ in contents if isinstance(record, Document)])
    for record, data in contents:
        key = record_key(record)
        name = str(record)
        if record.is_withheld():
            why = getattr(record, "withhold_why", None) or MARKED
            marked.append(ReviewItem(key, name, MARKED, why))
            continue
        for section in data["sections"]:
            if not section["family"] and was_answered(record, section, audited):
                item_key = section_key(record, section)
                what = f"“{section['label']}”"
                sections.append(ReviewItem(item_key, what, name, FOR_THE_SCHOOL))
        if isinstance(record, Document) and record.stored_as:
            what = f"The file “{record.file_name or record.kind}”"
            files.append(ReviewItem(f"{key}/file", what, name))
    records = [record for record, _ in contents]
    for draft in drafts_of(pupil, records):
        if ["withhold", "Yes"] in json.loads(draft.typed):
            marked.append(ReviewItem(record_key(draft), "Not saved yet", draft.form, MARKED))
    return marked + sections + files


def audited_questions(pupil):
    about = (AuditEntry.record, AuditEntry.record_id, AuditEntry.question)
    return set(entries_about(pupil).select(*about).where(AuditEntry.question != "").tuples())


def was_answered(record, section, audited):
    # or was answered: the audit log keeps what was taken out since
    for line in section["lines"]:
        if line.get("answer") or line.get("table"):
            return True
        if (type(record).__name__, record.id, line["name"]) in audited:
            return True
    return False


def third_parties(pupil):
    """The people whom the record names besides the child: {heading: [names]}.

    The staff are those who wrote or read it. Names inside sentences are not looked for.
    """
    found = {}
    for record in records_of(pupil):
        holders = [record]
        for _, row in rows_in(record):
            holders.append(row)
        for holder in holders:
            for heading, cls, name in THIRD_PARTIES:
                if isinstance(holder, cls):
                    found.setdefault(heading, set()).add(getattr(holder, name))
    numbers = entries_about(pupil).select(AuditEntry.user_id).order_by()
    found["Staff"] = {user.name for user in User.select().where(User.id.in_(numbers))}
    for heading, names in found.items():
        found[heading] = sorted(filter(None, names))
    return {heading: names for heading, names in found.items() if names}


# --- what is given
@dataclass
class Bundle:
    """Everything that is given of one child."""

    pupil: Pupil
    left_out: set  # keys of `review`
    papers: list = field(default_factory=list)  # [(record, its data)]
    files: list = field(default_factory=list)  # [(name, name on the disk, SHA-256, what it is)]
    drafts: list = field(default_factory=list)  # data
    trail: list = field(default_factory=list)  # rows of text, under TRAIL_HEADINGS


def gather(pupil, left_out):
    """The Bundle of a child; `left_out` has keys of `review`."""
    bundle = Bundle(pupil, set(left_out))
    contents = contents_of(pupil)
    redaction = redaction_of(pupil, contents, bundle.left_out)
    for record, data in contents:
        if record_key(record) in bundle.left_out:
            continue
        bundle.papers.append((record, as_dict(record, data, bundle.left_out)))
        if not isinstance(record, Document) or not record.stored_as:
            continue
        if f"{record_key(record)}/file" not in bundle.left_out:
            name = file_name(len(bundle.files) + 1, record)
            bundle.files.append((name, record.stored_as, record.sha256, str(record)))
    bundle.drafts = drafts_given(pupil, contents, bundle.left_out)
    for entry in entries_about(pupil):
        if is_given(entry, redaction):
            bundle.trail.append(row_of(entry))
    return bundle


def as_dict(record, data, left_out):
    """One record as data: its answers in words, and what else is kept in its columns."""
    kept = {}
    for column in record._meta.sorted_fields:
        value = record.__data__.get(column.name)
        if not column.verbose_name and column.name not in STEERING and value not in (None, ""):
            kept[column.name] = str(value)
    given = []
    for section in data["sections"]:
        if section_key(record, section) not in left_out:
            given.append(section)
    about = {"kind": type(record).__name__, "number": record.id, "name": str(record)}
    return {**data, **about, "kept": kept, "sections": given}


def file_name(number, record):
    """A name for a file of the bundle that names nobody: `files/01 Letter 2026-09-01.pdf`."""
    ending = (record.file_name or "").rpartition(".")[2].lower()
    if not ending.isalnum():
        ending = "bin"
    kind = re.sub(r"[^\w ]", "", record.kind or "Document")
    day = f" {record.dated}" if record.dated else ""
    return f"files/{number:02} {kind}{day}.{ending}"


# --- what was typed and not saved
def drafts_given(pupil, contents, left_out):
    """The drafts that are given, as data."""
    records = [record for record, _ in contents]
    withheld = []
    for record in records:
        if record_key(record) in left_out:
            withheld.append(address_of(record))
    found = []
    for draft in drafts_of(pupil, records):
        is_withheld = draft.form.startswith(tuple(withheld))
        if record_key(draft) not in left_out and not is_withheld:
            about = {"form": draft.form, "typed_at": str(draft.at), "by": draft.user.name}
            found.append({**about, "typed": words_given(draft)})
    return found


def words_given(draft):
    """[[name, words], ...] of a draft, without what is kept for the school."""
    kept_back = school_questions(draft.form)
    found = []
    for name, words in json.loads(draft.typed):
        question = name.partition("-")[0]  # of `actions-2-what` the group of rows
        if words and question != "csrf_token" and question not in kept_back:
            found.append([name, words])
    return found


def school_questions(address):
    """The questions and groups kept for the school, of the form at an address."""
    slug = address.strip("/").partition("/")[0]
    found = set()
    for cls in every():
        if cls.slug() == slug:
            for section, lines in cls.layout():
                if not section.family:
                    found.update(name for name, _ in lines)
    return found


# --- the audit log of a child
@dataclass
class Redaction:
    """What of the audit log is kept back."""

    records: set  # keys of records
    questions: set  # {(key of a record, question or group of rows)}
    owners: set  # the kinds of record of which anything is kept back
    rows: set  # keys of the rows that are given although their owner's kind is one of these


def redaction_of(pupil, contents, left_out):
    """The Redaction that belongs to what is left out of a bundle."""
    records = marked_and_removed(pupil, contents)
    records.update(key for key in left_out if "/" not in key)
    removed, questions = links_to(records, pupil, contents)
    records |= removed
    rows = set()
    for record, data in contents:
        key = record_key(record)
        hidden = set()
        for section in data["sections"]:
            if key in left_out or section_key(record, section) in left_out:
                hidden.update(line["name"] for line in section["lines"])
        questions.update((key, name) for name in hidden)
        if key in records:
            continue
        if type(record).__name__ in WERE_ROWS_OF:
            rows.add(key)
        for group, row in rows_in(record):
            if group not in hidden:
                rows.add(record_key(row))
    keys = records | {key for key, _ in questions}
    owners = {key.partition("-")[0] for key in keys}
    owners.update(kind for kind, paper in WERE_ROWS_OF.items() if paper in owners)
    return Redaction(records, questions, owners, rows)


def marked_and_removed(pupil, contents):
    # marked “Not for disclosure” once, and removed since
    there = {record_key(record) for record, _ in contents}
    found = set()
    for entry in entries_about(pupil).where(AuditEntry.question == "withhold"):
        if "Yes" in (entry.before, entry.after):
            found.add(entry_key(entry))
    return found - there


def links_to(records, pupil, contents):
    """What the audit log tells of links to records that are kept back: the keys of the removed
    documents that belonged to them, {(key of a record, its question that names one)}.

    The log holds the words of a link, not its key: a removed document is kept back too when what it
    belonged to is none of the records that are given.
    """
    there = set()
    kept = set()
    given = set()
    for record, _ in contents:
        there.add(record_key(record))
        if record_key(record) in records:
            kept.update((str(record), record.kind_name()))
        else:
            given.add(str(record))
    removed = set()
    questions = set()
    for entry in entries_about(pupil).where(AuditEntry.question != ""):
        names = names_linked(entry)
        if names & kept:
            questions.add((entry_key(entry), entry.question))
        is_document = (entry.record, entry.question) == (Document.__name__, Document.belongs.name)
        if is_document and records and (names & kept or not names & given):
            removed.add(entry_key(entry))
    return removed - there, questions


def names_linked(entry):
    """The names of the records that an audit row of a link tells of, with and without what tells
    one from others of its kind."""
    cls = KINDS_OF_RECORD.get(entry.record)
    if cls is None or entry.question not in cls._meta.fields or not cls.kinds_named(entry.question):
        return set()
    found = set()
    for words in filter(None, (entry.before, entry.after)):
        found.update((words, words.rpartition(", ")[0], words.rpartition(" (")[0]))
    return found - {""}


def entry_key(entry):
    return f"{entry.record}-{entry.record_id}"


def is_given(entry, redaction):
    """Whether an audit row is given.

    Nobody can tell any more to which record a removed row of a paper belonged: it is kept back
    when anything is kept back of that kind of paper.
    """
    key = entry_key(entry)
    if owner_kind(entry.record) in redaction.owners and key not in redaction.rows:
        return False
    if key in redaction.records:
        return False
    return (key, entry.question) not in redaction.questions


def owner_kind(kind):
    cls = KINDS_OF_RECORD.get(kind)
    if cls is None or not issubclass(cls, Row):
        return WERE_ROWS_OF.get(kind)
    return cls.parent_field().rel_model.__name__


def row_of(entry):
    return [
        str(entry.at),
        entry.who,
        entry.did(),
        entry.record,
        str(entry.record_id or ""),
        question_words(entry),
        entry.before,
        entry.after,
        entry.reason,
    ]


def question_words(entry):
    cls = KINDS_OF_RECORD.get(entry.record)
    if cls is None or entry.question not in dict(cls.questions()):
        return entry.question
    return cls.label_of(entry.question)
