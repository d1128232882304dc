"""Pupils from a file of the school system: understand it, preview it, import it.

Come here to teach the portal the column names of another school system (COLUMN_ALIASES). Nothing
here writes before `import_pupils`, and an empty cell never erases an answer.
"""

import functools
import hashlib
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field

from peewee import DateField, DecimalField, ForeignKeyField, IntegrityError, chunked

from admin_views import same_child
from admin_views.forms import clean, clean_line
from admin_views.table_file import Unreadable, first_few, line_words
from audit.log import audit, transaction
from models import Contact, Pupil, known_name, name_words
from people import User, class_key
from records.cells import excel_fault, is_nothing
from records.dates import is_month_first, read_day, short_day
from records.numbers import read_number
from records.record import Clash
from records.telephones import read_telephone, says_more, telephones_in
from records.unicode_text import folded_words

MOST_CONTACTS = 4
AMERICAN_ORDER = (
    "a date of this column has the month first, as in America; write all of them day first, such as"
    " 22/05/2019, or as 2019-05-22."
)
# headings, normalised, of the day on which a pupil leaves: told, never taken
LEAVING = ("leavingdate", "dateleft", "dateofleaving", "leavedate", "leaverdate", "lefton", "dol")
NEVER = ("left_on", "destination", "areas", "sen_unit", "resourced")
SAME_OR_NOT = (
    "If it is the same child, correct the name or the date of birth in your school system, or here;"
    " if it is another, add this one with “New pupil”."
)
AT_A_TIME = 20  # pupils that are written under one lock
PAUSE = 0.02  # seconds between two locks
NEEDED = tuple(name for name, question in Pupil.questions() if question.ask.needed is True)
IDENTITY = ("surname", "forename", "dob")  # who is who, when there is no UPN
# a column that is left out
OUT = "out"
OUT_WORDS = "leave out"
KINDS = REFUSED, CHANGED, NEW, SAME = "refused", "changed", "new", "same"

# What school systems call our questions; capitals, spaces and dots do not matter. Our own labels
# and the names in front are understood anyway. A question may have several lines.
COLUMN_ALIASES = """
surname         legal surname | last name | legal last name | family name | pupil surname
surname         student surname
forename        legal forename | first name | legal first name | given name | pupil forename
forename        student forename
known_as        preferred forename | preferred first name | preferred name | chosen name
known_as        chosen forename
dob             birth date | date of birth (dob)
sex             gender | legal sex | sex at birth | m/f | sex (m/f)
upn             unique pupil number | unique pupil no | pupil upn
former_upn      previous upn | old upn
year            yr | nc year | nc year actual | nc year group | national curriculum year
year            curriculum year | current year group
form            reg | reg form | reg group | registration form | registration group | tutor group
form            class | class name | form name | form group | form/tutor group | tutor form
admitted_on     admission date | doa | date admitted | entry date | date of entry | enrolment date
admitted_on     date joined | school start date
premium         pp | pupil premium indicator | pupil premium eligible | pupil premium recipient
eal             english additional language
home_language   first language | language | languages | language at home
looked_after    in care | in lea care | in la care | looked after child
looked_after    child looked after | lac | cla
care_authority  caring authority
medical_plan    health care plan
sen_status      sen stage | sen provision | sen code | sen provision code
sen_types       sen need | sen needs | sen type | sen need type
sen_start       sen start date | sen date | sen stage start date | sen status start date
out             number | leaving date | date left | id | adno | admission no | admission number
out             admissions number | pupil id | student id | person id | arbor student id | mis id
out             uln | uci | unique learner number | title | initials | middle name | middle names
out             legal middle names | preferred surname | preferred last name | preferred family name
out             age | boarding house | tutor | form tutor | class teacher
out             address | home address | postcode | ethnicity | ethnic group | religion
out             nationality | country of birth | place of birth | fsm | free school meals
out             free school meals eligible | ever 6 fsm | attendance
"""
CONTACT_ALIASES = """
name            full name | contact name
forename        first name | given name
surname         last name | family name
relationship    relation | relationship to pupil | relationship to student | type
responsibility  has parental responsibility | pr
lives_with      lives with pupil
phone           phone number | telephone number | mobile | mobile phone
phone           main telephone | tel
email           email address | main email
"""
CONTACT_HEADING = re.compile(r"(?:priority)?(?:contact|parent|guardian|carer)(\d)(.*)")
YES = ("yes", "y", "true", "t", "1")
NO = ("no", "n", "false", "f", "0")
YEAR_WORDS = {"rec": "r", "nursery1": "n1", "nursery2": "n2"}
STATUS_WORDS = {
    "nosen": "n",
    "nospecialeducationalneed": "n",
    "nospecialeducationalneeds": "n",
    "none": "n",
    "senk": "k",
    "sensupport": "k",
    "schoolsupport": "k",
    "ehcp": "e",
    "ehcplan": "e",
    "sene": "e",
    "educationhealthandcareplan": "e",
    "educationhealthcareplan": "e",
}
# the code of an option that stands before or behind its words: `K - SEN support`, `SEN support (K)`
CODE_FIRST = re.compile(r"([a-z]{1,4}) *[-–:] *(?=\w)")
CODE_LAST = re.compile(r"\(([a-z]{1,4})\)$")
YEAR_PREFIX = re.compile(r"^(?:nc|nationalcurriculum|curriculum)?(?:yeargroup|year|yr|y)?0*(?=.)")


class NamesAnother(ValueError):
    """A row that is in doubt; the sentence names a pupil who is here already."""

    def __init__(self, words, pupil):
        super().__init__(words)
        self.pupil = pupil


# --- the columns
@dataclass(frozen=True)
class ImportColumn:
    """What a column of a file may mean: its name on the screen, and the question it answers."""

    label: str
    question: object


def normalise(words):
    return "".join(filter(str.isalnum, words.casefold()))


def targets(role):
    """What a column may mean to this role: {code such as `dob` or `contact2.phone`: Column}."""
    found = {}
    for section, lines in Pupil.layout():
        if role not in section.see or role not in section.write:
            continue
        for name, line in lines:
            if name == "contacts":
                found |= _contact_targets()
            elif name in NEVER or not hasattr(line, "ask") or isinstance(line, ForeignKeyField):
                continue
            else:
                found[name] = ImportColumn(line.verbose_name, line)
    return found


def _contact_targets():
    asked = []
    for name, question in Contact.questions():
        asked.append((name, question.verbose_name, question))
    asked[1:1] = [("forename", "Forename", Contact.name), ("surname", "Surname", Contact.name)]
    found = {}
    for number in range(1, MOST_CONTACTS + 1):
        for name, label, question in asked:
            code = f"contact{number}.{name}"
            found[code] = ImportColumn(f"Contact {number}: {label}", question)
    return found


@functools.cache
def _aliases(table, record_class):
    """{normalised name of a column: code}."""
    found = {}
    for name, question in record_class.questions():
        found[normalise(question.verbose_name)] = OUT if name in NEVER else name
    for line in table.strip().splitlines():
        code, names = line.split(None, 1)
        for name in (code, *names.split("|")):
            found[normalise(name)] = code
    return found


def meaning(head):
    """The code that a heading has in the tables, or an empty text."""
    name = normalise(head)
    contact = CONTACT_HEADING.fullmatch(name)
    if not contact:
        return _aliases(COLUMN_ALIASES, Pupil).get(name, "")
    part = _aliases(CONTACT_ALIASES, Contact).get(contact[2] or "name")
    return f"contact{contact[1]}.{part}" if part else ""


def remembered(lines, asked):
    """What the school said before, in Setting.import_columns: {normalised name: code}."""
    codes = {}
    for code, column in asked.items():
        codes[normalise(column.label)] = code
    codes[normalise(OUT_WORDS)] = OUT
    found = {}
    for line in (lines or "").splitlines():
        theirs, _, ours = line.rpartition("=")
        if theirs and normalise(ours) in codes:
            found[normalise(theirs)] = codes[normalise(ours)]
    return found


def map_columns(heads, lines, role):
    """The code of each column, or OUT, or "" when somebody must say; the school's word first."""
    asked = targets(role)
    told = remembered(lines, asked)
    found = [told.get(normalise(head), "") for head in heads]
    for number, head in enumerate(heads):
        guess = meaning(head)
        is_free = guess in asked and guess not in found
        if not found[number] and (guess == OUT or is_free):
            found[number] = guess
    for number, code in enumerate(found):
        if code != OUT and code in found[:number]:
            found[number] = ""
    return found


def is_data(head):
    """Whether a heading is an answer: an e-mail address, a UPN, a number, a date."""
    name, at, host = head.partition("@")
    if name and at and host and " " not in head:
        return True
    if not any(map(str.isdecimal, head)):
        return False
    is_upn = len(head) == 13 and head[1:12].isdecimal()
    if is_upn or not any(map(str.isalpha, head)):
        return True
    try:
        return read_date(head) is not None
    except ValueError:
        return False


def refuse_without_headings(heads, role, lines):
    """Raise Unreadable when the first line is a pupil: no child is remembered as a heading."""
    told = remembered(lines, targets(role))
    strange = []
    for head in heads:
        if not meaning(head) and normalise(head) not in told:
            strange.append(head)
    if len(strange) == len(heads) or any(map(is_data, strange)):
        raise Unreadable(
            "The first line of this file seems to be a pupil, or has names that the portal does not"
            " know. Put the name of each column there, such as Surname, Forename, Date of birth."
        )


def column_faults(heads, columns, role):
    """What must still be said: [(number of the column or None, sentence), ...]."""
    asked = targets(role)
    found = []
    for number, code in enumerate(columns):
        if not code:
            found.append((number, f"Say what the column “{heads[number]}” is, or leave it out."))
        elif code != OUT and code in columns[:number]:
            words = f"Two columns are “{asked[code].label}”; choose one of them."
            found.append((number, words))
    for name in NEEDED:
        if name not in columns:
            words = f"No column is “{asked[name].label}”. Choose it below, or add it to the file."
            found.append((None, words))
    return found


def remember(lines, heads, columns, role):
    """Setting.import_columns with what was now said about these columns."""
    asked = targets(role)
    told = remembered(lines, asked)
    new = {}
    for head, code in zip(heads, columns, strict=True):
        name = normalise(head)
        if code and (code != meaning(head) or name in told):
            ours = OUT_WORDS if code == OUT else asked[code].label
            new[name] = f"{head} = {ours}"
    kept = []
    for line in (lines or "").splitlines():
        if line.strip() and normalise(line.rpartition("=")[0]) not in new:
            kept.append(line)
    return "\n".join([*kept, *new.values()])


# --- one cell
def convert(question, cell):
    """A cell as its question keeps it. Raises ValueError with the cure."""
    if isinstance(question, DateField):
        return read_date(cell)
    if isinstance(question, DecimalField):
        return read_number(cell)
    if question.choices and question.ask.many:
        return "\n".join(_options(question, cell))
    if question.choices:
        return _option(question, cell)
    if question.ask.rows > 1:
        return _fitting(question, clean(cell))
    if question.ask.is_telephone:
        return _fitting(question, read_telephone(clean_line(cell)))
    spoiled = excel_fault(cell)
    if spoiled:
        raise ValueError(spoiled)
    kept = _fitting(question, clean_line(cell))
    if kept and question.name in ("upn", "former_upn"):
        return "".join(kept.split()).upper()
    return kept


def _fitting(question, kept):
    most = getattr(question, "max_length", 20_000)
    if kept and len(kept) > most:
        words = f"it has {len(kept):,} characters and there is room for {most}; shorten it."
        raise ValueError(words)
    return kept


def read_date(cell):
    words = f"“{cell[:40]}” is not a date we can read; a date is written like 05/09/2018."
    try:
        return read_day(cell)
    except ValueError:
        raise ValueError(words) from None


def _options(question, cell):
    """Several answers with semicolons between them, or commas where no answer has one."""
    found = []
    for part in filter(str.strip, re.split(r"[;\n|/]", cell)):
        try:
            found.append(_option(question, part))
        except ValueError:
            found += [_option(question, one) for one in filter(str.strip, part.split(","))]
    return dict.fromkeys(found)


def _option(question, cell):
    codes = {}
    for code, words in question.choices:
        codes[_without_spaces(words)] = codes[_without_spaces(code)] = code
        codes.setdefault(_without_spaces(words.removeprefix(f"{code}: ")), code)
    if set(codes) == {"yes", "no"}:
        codes |= dict.fromkeys(YES, "Yes") | dict.fromkeys(NO, "No")
    name = _without_spaces(cell)
    if question is Pupil.year and name not in codes:
        name = YEAR_WORDS.get(name) or YEAR_PREFIX.sub("", name)
    if question is Pupil.sen_status:
        name = STATUS_WORDS.get(normalise(CODE_LAST.sub("", cell.casefold().strip())), name)
    if name not in codes and question.name in ("sen_status", "sen_types"):
        name = _code_beside(cell.casefold().strip()) or name
    if name not in codes:
        answers = ", ".join(dict(question.choices))
        raise ValueError(f"“{cell[:40]}” is none of the answers; write one of: {answers}.")
    return codes[name]


def _code_beside(words):
    """The code beside the words of an option: `k - sen support`, `speech and language (slcn)`."""
    found = CODE_FIRST.match(words) or CODE_LAST.search(words)
    return found[1] if found else ""


def _without_spaces(words):
    """Without capitals either; signs stay: `1/2` is not year 12."""
    return "".join(words.casefold().split())


# --- one row
@dataclass
class Answers:
    """What the lines of one pupil say of the pupil, of each contact (`contact2`), what cannot be
    read, and what somebody should know.
    """

    lines: list
    pupil: dict = field(default_factory=dict)
    contacts: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)


def read_row(line, cells, heads, columns, asked, month_first=()):
    """The `Answers` of one row; empty cells and words for nothing say nothing. Of the columns in
    `month_first` no date is read.
    """
    row = Answers([line])
    for head, code, cell in zip(heads, columns, cells, strict=True):
        if normalise(head) in LEAVING and not is_nothing(cell) and cell:
            row.notes["leaving"] = f"“{head}” in the file: {cell[:40]}."
        if not cell or code == OUT or _says_nothing(asked[code].question, code, cell):
            continue
        if code in month_first:
            if code in NEEDED:
                row.faults.append(f"“{head}”: {AMERICAN_ORDER}")
            continue
        try:
            value = convert(asked[code].question, cell)
        except ValueError as fault:
            row.faults.append(f"“{head}”: {fault}")
            continue
        contact, _, name = code.rpartition(".")
        if value is not None:
            said = row.contacts.setdefault(contact, {}) if contact else row.pupil
            said[name] = value
    return row


def _says_nothing(question, code, cell):
    """Whether a cell is a word for nothing, and none of the answers."""
    part = code.rpartition(".")[2]
    if not is_nothing(cell, is_name=part in ("surname", "forename")):
        return False
    if not question.choices:
        return True
    try:
        convert(question, cell)
    except ValueError:
        return True
    return False


def month_first_columns(sheet, columns, asked):
    """The columns in which a date makes sense only month first: {code: its lines}."""
    found = {}
    for number, code in enumerate(columns):
        if code == OUT or not isinstance(asked[code].question, DateField):
            continue
        for line, cells in sheet.rows:
            if cells and is_month_first(cells[number]):
                found.setdefault(code, []).append(line)
    return found


# --- the rows of one pupil
def put_together(rows, heads):
    """One row for each pupil, where a report of contacts has a row for each contact."""
    groups = defaultdict(list)
    for row in rows:
        names = name_key(*map(row.pupil.get, IDENTITY))
        if not all(names):
            names = row.pupil.get("upn") or tuple(row.lines)
        groups[names].append(row)
    found = []
    for same in groups.values():
        upns = {row.pupil["upn"] for row in same if "upn" in row.pupil}
        if len(same) == 1 or len(upns) > 1:
            found += same
        else:
            found.append(_joined(same, heads))
    return sorted(found, key=lambda row: row.lines)


def _joined(same, heads):
    whole = Answers([])
    different = []
    people = []
    for row in same:
        whole.lines += row.lines
        whole.notes |= row.notes
        whole.faults += [fault for fault in row.faults if fault not in whole.faults]
        for name, value in row.pupil.items():
            if whole.pupil.setdefault(name, value) != value and name not in different:
                different.append(name)
        for said in row.contacts.values():
            _add_person(people, said, whole)
    lines = ", ".join(map(str, whole.lines))
    for name in different:
        whole.faults.append(
            f"Lines {lines} of the file are about the same pupil, but “{heads[name]}” is not the"
            " same in them; keep the right one."
        )
    if len(people) > MOST_CONTACTS:
        words = f"{len(people)} contacts in the file; the first {MOST_CONTACTS} are taken."
        whole.notes["contacts"] = words
    for number, said in enumerate(people[:MOST_CONTACTS], 1):
        whole.contacts[f"contact{number}"] = said
    return whole


def _add_person(people, said, whole):
    """Put what a row says of a contact to the contacts of the same child before it."""
    name = _contact_name(said)
    if not name and set(said.values()) <= {"Yes", "No"}:
        return
    for known in people:
        if name and known_name(_contact_name(known) or "") == known_name(name):
            break
    else:
        people.append(dict(said))
        return
    for part, value in said.items():
        before = known.setdefault(part, value)
        if part == "phone" and says_more(before, value):
            known[part] = f"{before} / {value}"
        elif part not in ("phone", "name", "forename", "surname") and before != value:
            label = Contact.label_of(part)
            whole.faults.append(f"{name} stands twice in the file, and “{label}” differs.")


def _contact_name(said):
    parts = filter(None, (said.get("forename"), said.get("surname")))
    return " ".join(parts) or said.get("name")


# --- the preview
class PupilIndex:
    def __init__(self, user):
        self.upns = {}
        self.names = defaultdict(list)
        self.contacts = defaultdict(list)
        pupils = list(Pupil.visible_to(user))
        self.likeness = same_child.Likeness(pupils)
        for pupil in pupils:
            self.upns[pupil.upn or pupil.id] = pupil
            self.names[name_key(pupil.surname, pupil.forename, pupil.dob)].append(pupil)
        for contact in Contact.select().order_by(Contact.id):
            self.contacts[contact.pupil_id].append(contact)

    def find(self, said):
        """The pupil that a row is about, or None. Raises ValueError when that is in doubt."""
        names = list(map(said.get, IDENTITY))
        pupil = self.upns.get(said.get("upn"))
        pupil = pupil or self.upns.get(said.get("former_upn"))
        if pupil is None:
            return self._find_by_name(said, names)
        if pupil.erased_on:
            raise ValueError("The record of this pupil was erased here; ask the SENCO.")
        theirs = name_key(pupil.surname, pupil.forename, pupil.dob)
        pairs = zip(name_key(*names), theirs)
        if all(names) and not any(ours == their for ours, their in pairs):
            words = f"UPN: it belongs to another pupil, {pupil}; check it in your school system."
            raise NamesAnother(words, pupil)
        return pupil

    def _find_by_name(self, said, names):
        if not all(names):
            return None
        found = self.names.get(name_key(*names), [])
        if len(found) > 1:
            raise ValueError("Several pupils here have this name and date of birth; give the UPN.")
        if found:
            return found[0]
        self._refuse_likeness(said)
        return None

    def _refuse_likeness(self, said):
        """Raise NamesAnother for a row that would make a second record of a child who is here."""
        row = Pupil(**{name: said.get(name) for name in same_child.WHO})
        row.clean()
        for other in self.likeness.like(row):
            # two UPNs tell two children apart, as their name and day of birth do not
            if row.upn and other.upn and not same_child.upns_of(row) & same_child.upns_of(other):
                continue
            words = f"{same_child.question_about(other)} {SAME_OR_NOT}"
            raise NamesAnother(words, other)


def name_key(*names):
    return tuple("".join(folded_words(str(name or ""))) for name in names)


@dataclass
class RowPreview:
    """What one row would do: [(question, before, after)]; `named` is whom a reason names."""

    lines: list
    pupil: object
    named: object = None
    kind: str = SAME
    changes: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    contacts: list = field(default_factory=list)
    keys: set = field(default_factory=set)
    notes: dict = field(default_factory=dict)  # {key in NOTES: words}

    @property
    def line(self):
        return self.lines[0]

    def save(self, reason):
        done = self.pupil.save(reason=reason, act="import")
        for contact in self.contacts:
            contact.pupil = self.pupil
            contact.save(reason=reason, act="import")
        if self.contacts and not done:
            self.pupil.touch()


def preview(sheet, columns, user):
    """What the file would do, pupil by pupil; nothing is written."""
    index = PupilIndex(user)
    asked = targets(user.role)
    heads = dict(zip(columns, sheet.heads, strict=True))
    month_first = month_first_columns(sheet, columns, asked)
    items = []
    rows = []
    for line, cells in sheet.rows:
        if cells is None:
            items.append(RowPreview([line], Pupil(), reasons=[sheet.faults[line]]))
        else:
            rows.append(read_row(line, cells, sheet.heads, columns, asked, month_first))
    for row in put_together(rows, heads):
        item = RowPreview(row.lines, Pupil(), notes=row.notes)
        items.append(item)
        check_row(item, row, index, heads)
    items.sort(key=lambda item: item.line)
    refuse_duplicates(items)
    for item in items:
        if item.reasons:
            item.kind = REFUSED
        elif not item.pupil.id:
            item.kind = NEW
        elif item.changes:
            item.kind = CHANGED
    return items


# what the preview says above about the lines that have a note
NOTES = {
    "left": (
        "In the file, but left here: {lines}. If a child is back, take out the date of leaving"
        " on the child's page."
    ),
    "leaving": (
        "With a date of leaving in the file: {lines}. Nothing is done with it; use “Has left"
        " the school” on the child's page."
    ),
    "contacts": "More contacts than there is room for: {lines}. Add the others by hand.",
}
MOST_SAID = 10  # lines or classes in one sentence


def warnings(sheet, columns, items, user):
    """What the preview must say above its rows: [sentence, ...]."""
    asked = targets(user.role)
    found = list(sheet.warnings)
    heads = dict(zip(columns, sheet.heads, strict=True))
    for code, lines in month_first_columns(sheet, columns, asked).items():
        words = f"“{heads[code]}”, {_lines(lines)}: {AMERICAN_ORDER}"
        found.append(f"{words} Until then no date of this column is read.")
    for key, words in NOTES.items():
        lines = [item.line for item in items if key in item.notes]
        if lines:
            found.append(words.format(lines=_lines(lines)))
    return [*found, *_without_teacher(items)]


def _lines(numbers):
    return line_words(numbers, MOST_SAID).lower()


def _without_teacher(items):
    """Says which pupils the file puts into a class that no teacher has, once a teacher has any."""
    taught = User.classes_taught()
    if not taught:
        return []
    label = Pupil.label_of("form")
    classes = []
    for item in items:
        changed = [question for question, _, _ in item.changes]
        is_lost = class_key(item.pupil.form) not in taught
        if item.kind in (NEW, CHANGED) and label in changed and is_lost:
            classes.append(item.pupil.form)
    if not classes:
        return []
    number = f"{len(classes)} pupils are"
    if len(classes) == 1:
        number = "1 pupil is"
    named = first_few(sorted(set(classes)), MOST_SAID)
    return [
        f"{number} now in no teacher's class: {named}. Write the class in the file as it stands"
        " under School → People, or give it to a teacher there."
    ]


def check_row(item, row, index, heads):
    """Say on the `RowPreview` what its row would do. `heads` is {code: heading}."""
    said = row.pupil
    item.reasons += row.faults
    try:
        item.pupil = index.find(said) or item.pupil
    except ValueError as doubt:
        item.reasons.append(str(doubt))
        item.named = getattr(doubt, "pupil", None)
    pupil = item.pupil
    if pupil.left_on:
        item.notes["left"] = f"Left on {short_day(pupil.left_on)} here."
        item.notes.pop("leaving", None)
    item.keys = _keys(said, pupil)
    if pupil.upn and said.get("upn") not in (None, pupil.upn):
        said.setdefault("former_upn", pupil.upn)
    item.changes = _take_over(pupil, said)
    kept = index.contacts[pupil.id] if pupil.id else []
    _take_contacts(item, row.contacts, kept)
    if item.changes and not item.reasons:
        item.reasons += _faults(pupil, said, heads)


def _keys(said, pupil):
    """What must stand only once in a file: the UPN, or name and date of birth; the pupil found."""
    names = list(map(said.get, IDENTITY))
    keys = set()
    if said.get("upn"):
        keys.add(("upn", said["upn"]))
    elif all(names):
        keys.add(("name", *name_key(*names)))
    if pupil.id:
        keys.add(("pupil", pupil.id))
    return keys


def _take_over(record, said, before=""):
    """Put the answers into the record, unsaved; returns what that changes."""
    kept = dict(record.__data__)
    # a new record has nothing that somebody answered
    was = {name: record.answer(name) if record.id else "" for name in said}
    for name, value in said.items():
        # the same number, written otherwise
        if record.id and name == "phone" and not says_more(kept.get(name), value):
            continue
        setattr(record, name, value)
    record.clean()
    changes = []
    for name in said:
        if record.__data__.get(name) != kept.get(name):
            label = before + record.label_of(name)
            changes.append((label, was[name], record.answer(name)))
    return changes


def _take_contacts(item, people, kept):
    """Put them into the contacts of the same person, or new ones; none is removed."""
    here = {}
    for contact in kept:
        here.setdefault(known_name(contact.name or ""), contact)
    named = {known_name(_contact_name(said) or "") for said in people.values()}
    others = [contact for key, contact in here.items() if key not in named]
    for code, said in people.items():
        name = _contact_name(said)
        if not name:
            # a system that answers “No” for a contact that is not there
            if not set(said.values()) <= {"Yes", "No"}:
                number = code.removeprefix("contact")
                item.reasons.append(f"Contact {number}: there is no name; write who it is.")
            continue
        key = known_name(name)
        if key not in here:
            here[key] = _same_telephone(name, said, others) or Contact()
        contact = here[key]
        answers = {"name": name} if not contact.id else {}  # a kept name keeps its spelling
        for part, value in said.items():
            if part not in ("name", "forename", "surname"):
                answers[part] = value
        changed = _take_over(contact, answers, f"{name}: ")
        if changed and contact not in item.contacts:
            item.contacts.append(contact)
        item.changes += changed


def _same_telephone(name, said, contacts):
    """The one contact with the same surname and number, whose forename and relationship fit; the
    parents of a child often share both.
    """
    found = []
    for contact in contacts:
        shared = telephones_in(contact.phone) & telephones_in(said.get("phone"))
        relationships = {_without_spaces(contact.relationship or "")}
        relationships |= {_without_spaces(said.get("relationship") or "")}
        if shared and _names_fit(name, contact.name) and len(relationships - {""}) < 2:
            found.append(contact)
    return found[0] if len(found) == 1 else None


def _names_fit(one, other):
    """Whether two names have one surname, and forenames with the same letter or none."""
    initials = set()
    surnames = set()
    for name in (one, other):
        words = name_words(name or "")
        surnames.update(words[-1:])
        if len(words) > 1:
            initials.add(words[0][0])
    return len(surnames) == 1 and len(initials) < 2


def _faults(pupil, said, heads):
    empty = "it is empty, and a new pupil needs it."
    faults = [(name, empty) for name in NEEDED if not pupil.answer(name)]
    for name, words in faults or pupil.errors():
        if name in said or not pupil.id:
            yield f"“{heads.get(name, name)}”: {words}"


def refuse_duplicates(items):
    """Refuse all rows about one pupil: nobody can tell which is right."""
    by_key = defaultdict(list)
    for item in items:
        for key in item.keys:
            by_key[key].append(item)
    told = set()
    # the UPN first, then the pupil, then the name
    for key, same in sorted(by_key.items(), key=str, reverse=True):
        if len(same) == 1:
            continue
        lines = ", ".join(str(line) for item in same for line in item.lines)
        what = "are about the same pupil"
        if key[0] == "upn":
            what = "have the same UPN"
        for item in same:
            if item.line not in told:
                item.reasons.append(f"Lines {lines} of the file {what}; keep one of them.")
            told.add(item.line)


def counts(items):
    kinds = [item.kind for item in items]
    return {kind: kinds.count(kind) for kind in KINDS}


def preview_code(items):
    said = []
    for item in items:
        pupil = item.pupil
        said.append((item.line, item.kind, pupil.id, pupil.version, item.changes, item.reasons))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


# --- importing
def import_pupils(items, reason, step=None):
    """Write what is new or changed, a few pupils under one lock; gives how many were written.

    step: called with how many are written, and of how many, after each few
    """
    left = to_write(items)
    done = 0
    versions = dict(Pupil.select(Pupil.id, Pupil.version).tuples())
    for item in left:
        if item.pupil.id and versions.get(item.pupil.id) != item.pupil.version:
            raise Clash("Somebody else has saved one of these pupils.")
    for some in chunked(left, AT_A_TIME):
        try:
            with transaction():
                for item in some:
                    if item.kind == NEW:
                        _refuse_added_meanwhile(item.pupil)
                    item.save(reason)
        except (Clash, IntegrityError):
            if not done:
                raise
            break
        done += len(some)
        if step:
            step(done, len(left))
        if done < len(left):
            time.sleep(PAUSE)  # who waits for the lock must find it free once
    numbers = [f"{number} {kind}" for kind, number in counts(items).items()]
    told = f"{reason}: {', '.join(numbers)}"
    if done < len(left):
        told += f"; only {done} were written"
    audit("import", Pupil(), reason=told)
    return done


def to_write(items):
    return [item for item in items if item.kind in (NEW, CHANGED)]


def _refuse_added_meanwhile(pupil):
    names = Pupil.select(Pupil.surname, Pupil.forename)
    for other in names.where(Pupil.dob == pupil.dob):
        if name_key(other.surname, other.forename) == name_key(pupil.surname, pupil.forename):
            raise Clash("Somebody else has added one of these pupils.")
