"""What is held on one child: gathered to be given out, listed when it is due to go, erased when two
people say so.

Come here to change what a bundle holds, what somebody must look at before it is given, when a
record is due, and what erasing takes. Nothing is ever erased by itself. How the bundle is written
and shown is in `admin_views/privacy.py`; the dates by which a request must be answered are in
`pathway/clock.py`, how long records are kept is on the Settings screen.
"""

import datetime
import json
import re
from dataclasses import dataclass, field

from peewee import OperationalError, chunked, sort_models

from audit import accounts
from audit.log import WORDS, AuditEntry, audit, db, now, on_sqlite
from models import (
    Agency,
    Consent,
    Contact,
    Disclosure,
    Document,
    EhcCase,
    Erasure,
    Form,
    MeetingPerson,
    Placement,
    Pupil,
    PupilRecord,
    every,
)
from pathway import clock
from people import Draft, FormToken, User
from records.dates import today
from records.questions import HEAD, SENCO, transaction
from records.record import Row, document
from records.unicode_text import nfc

MARKED = "Marked “Not for disclosure”"
LEFT_OUT = "[name left out]"
# Where the name of a grown-up may stand; the colleagues who sign in and the other pupils are looked
# for as well.
NAMES = (
    (Contact, "name"),
    (Agency, "professional"),
    (MeetingPerson, "who"),
    (EhcCase, "officer"),
    (Consent, "given_by"),
    (Consent, "witness"),
)
# Columns that only steer the program, or that repeat what is told elsewhere in the bundle.
STEERING = {
    "id",
    "version",
    "pupil",
    "placement",
    "before",
    "effects",
    "done_with",
    "sealed",
    "stored_as",
    "supersedes",
    "asked_id",
}
STUB = ("surname", "forename", "dob", "upn", "left_on", "destination")


# --- what is held
def records_of(pupil):
    """The child and every record about the child that has a life of its own; rows stand in their
    forms.
    """
    return [
        pupil,
        *(
            r
            for cls in every(PupilRecord)
            for r in cls.select().where(cls.pupil == pupil).order_by(cls.id)
        ),
    ]


def rows_of(record):
    """The rows of one record, all groups: [(group, row), ...]."""
    return [
        (group, row)
        for group, cls in type(record).groups().items()
        for row in getattr(record, group).order_by(cls.id)
    ]


def key_of(record):
    """The name of a record in a list of what is left out: `MyPlan-3`."""
    return f"{type(record).__name__}-{record.id}"


def part_key(record, part):
    """The name of a section in a list of what is left out: `MyPlan-3/foot`."""
    return f"{key_of(record)}/{part['key']}"


def content_of(record):
    """A record as data, from its seal when it has one."""
    return record.content() if isinstance(record, Form) else document(record)


def words_of(value):
    """All words in a tree of data."""
    if isinstance(value, dict):
        return " ".join(words_of(v) for v in value.values())
    return (
        " ".join(words_of(v) for v in value)
        if isinstance(value, list | tuple)
        else str(value or "")
    )


def audited_questions(pupil):
    """Every question whose answer the audit trail has: {(kind of record, its number, question),
    ...}.
    """
    rows = AuditEntry.select(AuditEntry.record, AuditEntry.record_id, AuditEntry.question)
    return set(rows.where(AuditEntry.pupil_id == pupil.id, AuditEntry.question != "").tuples())


def answered(record, part, audited):
    """Whether anything is answered in a section, or was: the audit trail keeps what was taken out
    (`audited_questions`).
    """
    if any(line.get("answer") or line.get("table") for line in part["lines"]):
        return True
    return any(
        (type(record).__name__, record.id, line["name"]) in audited for line in part["lines"]
    )


def drafts_of(pupil, records):
    """What somebody has typed about the child and not saved: by the pupil; by the address when it
    is not known about whom.
    """
    homes = tuple(f"/{r.slug()}/{r.id}/" for r in records)
    found = []
    for draft in (
        Draft.select()
        .where(Draft.pupil_id.is_null() | (Draft.pupil_id == pupil.id))
        .order_by(Draft.id)
    ):
        named = draft.form.startswith(homes) or re.search(rf"[?&]pupil={pupil.id}(&|$)", draft.form)
        if draft.pupil_id is not None or named:
            found.append(draft)
    return found


# --- what must be looked at before it is given
@dataclass(frozen=True)
class Item:
    """One thing to decide on: it goes in, or it is left out. With a reason in `why` it is left out
    unless somebody says otherwise.
    """

    key: str
    what: str
    where: str
    why: str = ""


def review(pupil):
    """Everything that somebody must look at before the record is given: [Item, ...]."""
    records = records_of(pupil)
    said = [(r, content_of(r)) for r in records]
    audited = audited_questions(pupil)
    marked = [
        Item(key_of(r), str(r), MARKED, getattr(r, "withhold_why", None) or MARKED)
        for r in records
        if getattr(r, "withhold", "") == "Yes"
    ]
    hidden = {i.key for i in marked}
    marked += [
        Item(f"Draft-{d.id}", "Not saved yet", d.form, MARKED)
        for d in drafts_of(pupil, records)
        if ["withhold", "Yes"] in json.loads(d.typed)
    ]
    parts = [
        Item(part_key(r, p), f"“{p['label']}”", str(r), "Kept for the school only")
        for r, content in said
        if key_of(r) not in hidden
        for p in content["sections"]
        if not p["family"] and answered(r, p, audited)
    ]
    files = [
        Item(
            f"{key_of(r)}/file", f"The file “{r.file_name}”" if r.file_name else "The file", str(r)
        )
        for r in records
        if isinstance(r, Document) and r.stored_as and key_of(r) not in hidden
    ]
    return sorted([*marked, *parts, *files, *people_in(pupil, said)], key=lambda item: not item.why)


def people_in(pupil, said):
    """The names of other people in what the records say, and where: other pupils (left out unless
    somebody says otherwise), grown-ups.
    """
    records = [r for r, _ in said]
    typed = [words for d in drafts_of(pupil, records) for _, words in json.loads(d.typed)]
    trail = (
        AuditEntry.select(AuditEntry.who, *(getattr(AuditEntry, w) for w in WORDS))
        .where(AuditEntry.pupil_id == pupil.id)
        .tuples()
    )
    places = [
        *((str(r), words_of(content)) for r, content in said),
        ("What was typed and not saved", words_of(typed)),
        ("Who saw and changed it", words_of(list(trail))),
    ]
    whole = " ".join(words for _, words in places).casefold()
    found = [
        (f"pupil/{p.id}", f"{p.called} {p.surname}", "Names another child")
        for p in Pupil.select().where(Pupil.id != pupil.id)
        if p.surname and p.surname.casefold() in whole
    ]
    own = {
        pupil.forename,
        pupil.known_as,
        pupil.surname,
        f"{pupil.forename} {pupil.surname}",
        f"{pupil.called} {pupil.surname}",
    }
    found += [
        (f"name/{name}", name, "")
        for name in dict.fromkeys(grown_ups(records))
        if name not in own and name.casefold() in whole
    ]
    seen = (
        (
            key,
            name,
            why,
            list(dict.fromkeys(place for place, words in places if pattern_of(key).search(words))),
        )
        for key, name, why in found
    )
    return [
        Item(key, name, "; ".join(where[:6]) + ("; and more" if len(where) > 6 else ""), why)
        for key, name, why, where in seen
        if where
    ]


def grown_ups(records):
    """The names of colleagues, family and professionals that may stand in these records."""
    known = [r for record in records for r in (record, *(row for _, row in rows_of(record)))]
    names = [getattr(r, name) for r in known for cls, name in NAMES if isinstance(r, cls)]
    return [n for n in (*(u.name for u in User.select()), *names) if n and len(n.strip()) > 2]


def pattern_of(key):
    """What to look for in a text: a name as it was written, or another pupil's two names in either
    order.
    """
    kind, _, name = key.partition("/")
    if kind == "name":
        shapes = [name.split()]
    else:
        other = Pupil.get_by_id(int(name))
        shapes = [
            s
            for first in {other.forename, other.known_as} - {None, ""}
            for s in ([first, other.surname], [other.surname, first])
        ]
    between = r",?\s+"
    return re.compile(
        "|".join(rf"(?<!\w){between.join(map(re.escape, s))}(?!\w)" for s in shapes), re.I
    )


# --- what is given
class Cut:
    """What is left out of a bundle, by the keys of `review`: the same from the paper, the data, the
    files and the audit trail.
    """

    def __init__(self, keys):
        self.keys = set(keys)
        self.patterns = [pattern_of(k) for k in keys if k.startswith(("name/", "pupil/"))]

    def masked(self, value):
        """The same tree of data without the names that are left out."""
        if isinstance(value, dict):
            return {k: self.masked(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(v) for v in value]
        for pattern in self.patterns if isinstance(value, str) else ():
            value = pattern.sub(LEFT_OUT, value)
        return value

    def part_stays(self, record, part):
        """Whether a section of a record is given."""
        return not {key_of(record), part_key(record, part)} & self.keys


@dataclass
class Bundle:
    """Everything that is given: records with their data, files, what was typed and not saved, the
    audit trail.
    """

    pupil: Pupil
    cut: Cut
    papers: list = field(default_factory=list)  # [(record, data)]
    # [(name in the bundle, name on the disk, check code, what it is)]
    files: list = field(default_factory=list)
    typed: list = field(default_factory=list)
    trail: list = field(default_factory=list)  # rows of text; the first one is the heading


def gather(pupil, keys):
    """Everything held on a child but what `keys` leave out."""
    made, everything = Bundle(pupil, Cut(keys)), records_of(pupil)
    said = [(r, content_of(r)) for r in everything]
    hidden = hidden_questions(made.cut, said)
    made.papers = [
        (r, told(r, content, made.cut)) for r, content in said if key_of(r) not in made.cut.keys
    ]
    shown = [
        r
        for r, _ in made.papers
        if isinstance(r, Document) and r.stored_as and f"{key_of(r)}/file" not in made.cut.keys
    ]
    made.files = [
        (file_name(at, r), r.stored_as, r.sha256, made.cut.masked(str(r)))
        for at, r in enumerate(shown, 1)
    ]
    made.typed = [
        typed_words(d, made.cut, everything, hidden)
        for d in drafts_of(pupil, everything)
        if draft_stays(d, made.cut, everything)
    ]
    made.trail = trail_of(pupil, made.cut, everything, hidden)
    return made


def told(record, content, cut):
    """One record as data: its questions and answers in words, its rows, and what else is kept in
    its columns.
    """
    kept = {
        f.name: str(record.__data__[f.name])
        for f in record._meta.sorted_fields
        if not f.verbose_name
        and f.name not in STEERING
        and record.__data__.get(f.name) not in (None, "")
    }
    return cut.masked(
        {
            **content,
            "kind": type(record).__name__,
            "number": record.id,
            "name": str(record),
            "kept": kept,
            "sections": [p for p in content["sections"] if cut.part_stays(record, p)],
        }
    )


def file_name(at, record):
    """A readable name for a file of the bundle, without anybody's name: `files/01 Letter
    2026-09-01.pdf`.
    """
    ending = (record.file_name or "").rpartition(".")[2].lower()
    kind = re.sub(r"[^\w ]", "", record.kind or "Document")
    day = f" {record.dated:%Y-%m-%d}" if record.dated else ""
    if not ending.isalnum():
        ending = "bin"
    return f"files/{at:02} {kind}{day}.{ending}"


def draft_stays(draft, cut, records):
    """Whether what was typed is given: not when it was marked itself, nor when it belongs to a
    record that is left out.
    """
    homes = tuple(f"/{r.slug()}/{r.id}/" for r in records if key_of(r) in cut.keys)
    return f"Draft-{draft.id}" not in cut.keys and not draft.form.startswith(homes)


def hidden_questions(cut, said):
    """The questions and groups of rows under the sections that are left out: {(key of the record,
    name), ...}.
    """
    hidden = set()
    for record, content in said:
        for part in content["sections"]:
            if not cut.part_stays(record, part):
                hidden.update((key_of(record), line["name"]) for line in part["lines"])
    return hidden


def typed_words(draft, cut, records, hidden):
    """What was typed and not saved, as data, without the sections that are left out."""
    home = next((key_of(r) for r in records if draft.form.startswith(f"/{r.slug()}/{r.id}/")), "")
    out = {n for key, n in hidden if key == home} | {"csrf_token"}
    typed = [[n, v] for n, v in json.loads(draft.typed) if n.partition("-")[0] not in out and v]
    return cut.masked(
        {"form": draft.form, "typed_at": str(draft.at), "by": draft.user.name, "typed": typed}
    )


HEADS = (
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


def trail_of(pupil, cut, records, hidden):
    """The audit trail of a child as rows of text, without what belongs to something that is left
    out.
    """
    entries = list(
        AuditEntry.select().where(AuditEntry.pupil_id == pupil.id).order_by(AuditEntry.id)
    )
    stays = trail_rule(entries, cut, records, hidden)
    labels = {(c.__name__, n): f.verbose_name for c in every() for n, f in c.questions()}
    rows = [
        [
            str(e.at),
            e.who,
            e.act,
            e.record,
            str(e.record_id or ""),
            labels.get((e.record, e.question), e.question),
            e.before,
            e.after,
            e.reason,
        ]
        for e in entries
        if stays(e)
    ]
    return [HEADS, *cut.masked(rows)]


def trail_rule(entries, cut, records, questions):
    """A function that says whether an entry of the audit trail is given; `questions` are those that
    are left out.
    """
    there = {key_of(r) for r in records}
    gone = {
        f"{e.record}-{e.record_id}"
        for e in entries
        if e.question == "withhold" and "Yes" in (e.before, e.after)
    } - there
    hidden = gone | {k for k in cut.keys if "/" not in k}
    shut = {key.partition("-")[0] for key in (*hidden, *(key for key, _ in questions))}
    owned = {c.__name__: c.parent_field().rel_model.__name__ for c in every(Row)}
    kept = {
        key_of(row)
        for r in records
        if key_of(r) not in hidden
        for group, row in rows_of(r)
        if (key_of(r), group) not in questions
    }

    def stays(e):
        """A row of a record that is left out goes with it, and so does one whose record nobody can
        tell any more.
        """
        key = f"{e.record}-{e.record_id}"
        return (
            key in kept
            if owned.get(e.record) in shut
            else key not in hidden and (key, e.question) not in questions
        )

    return stays


# --- when it may go
@dataclass(frozen=True)
class Due:
    """A record that the school no longer needs to keep, since when, and why."""

    pupil: Pupil
    since: datetime.date
    why: str


def on_sen_support():
    """The ids of the pupils who were ever on the SEN List."""
    return {
        k
        for (k,) in (
            Placement.select(Placement.pupil)
            .where(~Placement.void, Placement.stage.in_(("S2", "S3", "E")))
            .tuples()
        )
    }


def keep_until(pupil, settings, sen):
    """The day until which a record is kept by its date of birth; `sen` is what `on_sen_support`
    says.
    """
    years = settings.keep_sen_years if pupil.id in sen else settings.keep_concern_years
    return (
        clock.add_months(pupil.dob, int(years * 12))
        if pupil.dob and years is not None
        else datetime.date.max
    )


def sent_on():
    """When the record of a leaver went to the next school, newest last: {pupil id: date}."""
    sent = (
        Disclosure.select()
        .where(Disclosure.kind == "transfer", Disclosure.given_on.is_null(False))
        .order_by(Disclosure.given_on)
    )
    return {d.pupil_id: d.given_on for d in sent}


def due(settings, on=None):
    """The records that may be erased, oldest first: [Due, ...]. Somebody must ask for each, and
    somebody else agree.
    """
    on, sen, sent, found = on or today(), on_sen_support(), sent_on(), []
    for pupil in Pupil.select().where(Pupil.erased_on.is_null()):
        until = keep_until(pupil, settings, sen)
        after = (
            sent[pupil.id] + datetime.timedelta(int(settings.purge_days))
            if pupil.id in sent and pupil.left_on
            else datetime.date.max
        )
        why = (
            "It was kept as long as the Settings say."
            if until <= after
            else "It was sent to the next school."
        )
        if min(until, after) <= on:
            found.append(Due(pupil, min(until, after), why))
    return sorted(found, key=lambda d: (d.since, d.pupil.id))


def due_lines(settings):
    """The list of `due` for the technician: numbers alone, for a date would tell a birthday."""
    numbers = sorted(d.pupil.id for d in due(settings))
    lines = [f"Record {number}" for number in numbers]
    return [
        *lines,
        (
            f"{len(numbers)} records are due. The SENCO and the head see them under "
            "School, Keeping records; nothing is erased by itself."
        ),
    ]


def to_send(settings):
    """The leavers whose record has not gone to the next school yet: [(pupil, due date, the request
    or None), ...].
    """
    sent = sent_on()
    leavers = (
        Pupil.select()
        .where(Pupil.left_on.is_null(False), Pupil.erased_on.is_null())
        .order_by(Pupil.left_on)
    )
    begun = {
        d.pupil_id: d
        for d in Disclosure.select().where(
            Disclosure.kind == "transfer", Disclosure.given_on.is_null()
        )
    }
    return [
        (p, clock.school_days_after(p.left_on, 15, settings), begun.get(p.id))
        for p in leavers
        if sent.get(p.id, datetime.date.min) < p.left_on
    ]


def open_requests(settings):
    """The requests that are not answered yet, other than transfers: [(request, due date or None)],
    most pressing first.
    """
    asked = Disclosure.select().where(
        Disclosure.given_on.is_null(), Disclosure.kind.is_null() | (Disclosure.kind != "transfer")
    )
    found = [(d, clock.request_due(d, settings)) for d in asked]
    return sorted(found, key=lambda row: (row[1] or datetime.date.max, row[0].id))


# --- erasing
class Cannot(Exception):
    """It is not possible; the text is a sentence for the person who tried."""


def obstacle(pupil):
    """Why a child's record cannot be erased, as a sentence; None when it can."""
    if pupil.erased_on:
        return "This record was erased already."
    if pupil.hold:
        return f"This record is on hold: {pupil.hold}"
    return (
        None if pupil.left_on else "This child has not left the school. Record the leaving first."
    )


def asked_for(pupil):
    """The open request to erase a child's record, or None."""
    return (
        Erasure.select()
        .where(Erasure.pupil == pupil, Erasure.done_at.is_null(), Erasure.asked_id.is_null(False))
        .order_by(Erasure.id.desc())
        .first()
    )


def erasure_of(pupil):
    """Who erased a child's record, when and why, or None."""
    return (
        Erasure.select()
        .where(Erasure.pupil == pupil, Erasure.done_at.is_null(False))
        .order_by(Erasure.id.desc())
        .first()
    )


def ask(pupil, user, reason):
    """The SENCO asks for a child's record to be erased. Raises Cannot."""
    with transaction():
        fault = (
            obstacle(Pupil.get_by_id(pupil.id))
            or (None if user.role == SENCO else "Only the SENCO asks for a record to be erased.")
            or (None if reason else "Say why it may be erased.")
            or ("Somebody has asked for this already." if asked_for(pupil) else None)
        )
        if fault:
            raise Cannot(fault)
        Erasure.create(pupil=pupil, reason=reason, asked_by=user.name, asked_id=user.id)


def erase(pupil, user, surname, folder):
    """A second person erases everything about a child but the stub; `folder` is the data folder (a
    Path). Raises Cannot.
    """
    with transaction():
        pupil, asked = Pupil.get_by_id(pupil.id), asked_for(pupil)
        fault = (
            obstacle(pupil)
            or (None if asked else "Nobody has asked for this record to be erased.")
            or (
                "The person who asked cannot also erase; another SENCO or the head does it."
                if asked.asked_id == user.id
                else None
            )
            or (
                None
                if user.role in (SENCO, HEAD)
                else "Only the SENCO or the head erases a record."
            )
            or (
                None
                if " ".join(surname.split()).casefold()
                == " ".join(pupil.surname.split()).casefold()
                else "This is not the child's surname."
            )
        )
        if fault:
            raise Cannot(fault)
        not_two = accounts.not_two(User.get_by_id(asked.asked_id), user)
        if not_two:
            raise Cannot(not_two)
        files = {
            d.stored_as for d in Document.select().where(Document.pupil == pupil) if d.stored_as
        }
        nobodys = blank_trail(pupil)
        take_away(pupil, asked)
        pupil_stub(pupil)
        asked.done_by, asked.done_at = user.name, now()
        asked.save(act="erase")
        also = "Rows about nobody: " + ", ".join(map(str, nobodys))
        audit("erase", pupil, after=also if nobodys else "")
    # after the commit; should the power go here, `portal check` names them
    for name in files - {d.stored_as for d in Document.select()}:
        (folder / "files" / name).unlink(missing_ok=True)
    # any of them may name the child; they wait a day at most
    for path in (folder / "imports").glob("*"):
        path.unlink(missing_ok=True)
    return scrub()


def blank_trail(pupil):
    """Take the words out of the child's audit rows; who did what to which record, and when, stays.

    Gives the numbers of the rows about nobody among them; the row of the erasure names these.
    """
    nobodys = rows_that_name(pupil)
    blank = {**dict.fromkeys(WORDS, ""), AuditEntry.erased: True}
    AuditEntry.update(blank).where(AuditEntry.pupil_id == pupil.id).execute()
    for some in chunked(nobodys, 500):
        AuditEntry.update(blank).where(AuditEntry.id.in_(some)).execute()
    return nobodys


def rows_that_name(pupil):
    """The numbers of the audit rows about no child (an import, a list) whose words hold their name.

    Rows about a colleague, the settings or another child are never among them, whatever they say.
    """
    kinds = ["Pupil", *(cls.__name__ for cls in (*every(PupilRecord), *every(Row)))]
    words = [getattr(AuditEntry, name) for name in WORDS]
    general = AuditEntry.pupil_id.is_null() & AuditEntry.record.in_(kinds)
    rows = AuditEntry.select(AuditEntry.id, *words).where(general).order_by(AuditEntry.id)
    names = whole_names(pupil)
    found = []
    for key, *said in rows.tuples():
        text = nfc("\n".join(said))
        if any(name.search(text) for name in names):
            found.append(key)
    return found


def whole_names(pupil):
    """What to look for in a text to find this child, and nobody whose name only contains theirs.

    Both names, in either order. Nothing of a longer name may touch them, not by a hyphen or an
    apostrophe either, but for the `’s` of “Rhea Trial’s”.
    """
    found = []
    for first in {pupil.forename, pupil.known_as}:
        if not (first and pupil.surname):
            continue
        for pair in ((first, pupil.surname), (pupil.surname, first)):
            words = " ".join(map(nfc, pair)).split()
            name = r",?\s+".join(map(re.escape, words))
            pattern = rf"(?<!\w)(?<!\w[-'’]){name}(?!\w)(?![-'’](?!s(?!\w))\w)"
            found.append(re.compile(pattern, re.I))
    return found


def take_away(pupil, asked):
    """Delete every record and row of a child, and what was typed about them; the request `asked`
    stays.
    """
    records = records_of(pupil)
    homes = tuple(
        f"/{r.slug()}/{r.id}/"
        for record in records
        for r in (record, *(row for _, row in rows_of(record)))
    )
    for draft in drafts_of(pupil, records):
        draft.delete_instance()
    for press in FormToken.select():
        if press.led_to.startswith(homes):
            press.delete_instance()
    Placement.update(before=None).where(Placement.pupil == pupil).execute()
    for cls in reversed(sort_models([*every(PupilRecord), *every(Row)])):
        cls.delete().where(
            about(cls, pupil), *([Erasure.id != asked.id] if cls is Erasure else [])
        ).execute()


def about(cls, pupil):
    """The condition that a record or row of a class is about a child."""
    if not issubclass(cls, Row):
        return cls.pupil == pupil
    owner = cls.parent_field()
    return (
        owner == pupil
        if owner.rel_model is Pupil
        else owner.in_(
            owner.rel_model.select(owner.rel_model.id).where(about(owner.rel_model, pupil))
        )
    )


def pupil_stub(pupil):
    """Empty every answer of the child but those of the stub, past the audit trail, which would
    repeat them.
    """
    empty = {f: None for f in Pupil._meta.sorted_fields if f.name not in ("id", "version", *STUB)}
    Pupil.update({**empty, Pupil.erased_on: today(), Pupil.version: Pupil.version + 1}).where(
        Pupil.id == pupil.id
    ).execute()


def scrub():
    """Write over what erased rows left in the database's files; whether that could be done now (not
    while others are writing).
    """
    if db.in_transaction():
        return False
    try:
        db.execute_sql("VACUUM" if on_sqlite() else "VACUUM FULL")
        return (
            not on_sqlite() or db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        )
    except OperationalError:
        return False


def gone_from_backups(erased_on, settings):
    """The day by which the last backup that still holds an erased record is pruned, when one is
    made every day.
    """
    return erased_on + datetime.timedelta(int(settings.backups_kept) + 1)
