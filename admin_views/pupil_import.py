"""Pupils from a file of the school system: understand it, preview it, import it.

Come here to teach the portal the column names of another school system (COLUMN_ALIASES). Nothing
here writes before `import_pupils`, and an empty cell never erases an answer.
"""

import decimal
import functools
import hashlib
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field

from peewee import DateField, DecimalField, ForeignKeyField, IntegrityError, chunked

from admin_views.forms import clean, clean_line
from admin_views.table_file import Unreadable
from audit.log import audit, transaction
from models import Contact, Pupil
from records.dates import read_day
from records.record import Clash
from records.unicode_text import folded_words

MOST_CONTACTS = 4
NEVER = ("left_on", "destination", "areas", "sen_unit", "resourced")
AT_A_TIME = 20  # pupils that are written under one lock
PAUSE = 0.02  # seconds between two locks
NEEDED = tuple(name for name, question in Pupil.questions() if question.ask.needed is True)
IDENTITY = ("surname", "forename", "dob")  # who is who, when there is no UPN
# a column that is left out
OUT = "out"
OUT_WORDS = "leave out"
KINDS = REFUSED, CHANGED, NEW, SAME = "refused", "changed", "new", "same"

# What school systems call our questions; capitals, spaces and dots do not matter. Our own labels
# are understood anyway. A question may have several lines.
COLUMN_ALIASES = """
surname         legal surname | last name | legal last name | family name | pupil surname
surname         student surname
forename        legal forename | first name | legal first name | given name | pupil forename
forename        student forename
known_as        preferred forename | preferred first name | preferred name | chosen name
known_as        chosen forename
dob             dob | birth date | birthdate | date of birth (dob)
sex             gender | legal sex | sex at birth
upn             unique pupil number | pupil upn
former_upn      previous upn | old upn
year            year | yr | nc year | nc year actual | nc year group | national curriculum year
year            curriculum year | current year group
form            reg | reg form | reg group | registration form | registration group | tutor group
form            form | class | class name | form name | form group | form/tutor group | tutor form
admitted_on     admission date | doa | date admitted | entry date | date of entry | enrolment date
admitted_on     date joined | school start date
premium         pp | pupil premium indicator | pupil premium eligible | pupil premium recipient
eal             english additional language
home_language   first language | language | languages | language at home
looked_after    in care | in lea care | in la care | looked after | looked after child
looked_after    child looked after | lac | cla
care_authority  care authority | caring authority
medical_plan    medical plan | health care plan | healthcare plan
sen_status      sen status | sen stage | sen provision | sen code | sen provision code
sen_types       sen need | sen needs | sen need(s) | sen type | sen types | sen need type
sen_start       sen start | sen start date | sen date | sen stage start date | sen status start date
out             number | leaving date | date left | id | adno | admission no | admission number
out             admissions number | pupil id | student id | person id | arbor student id | mis id
out             uln | uci | unique learner number | title | initials | middle name | middle names
out             legal middle names | preferred surname | preferred last name | preferred family name
out             age | boarding house | tutor | form tutor | class teacher
out             address | home address | postcode | post code | ethnicity | ethnic group | religion
out             nationality | country of birth | place of birth | fsm | free school meals
out             free school meals eligible | ever 6 fsm | attendance | attendance %
"""
CONTACT_ALIASES = """
name            full name | contact name
forename        first name | given name
surname         last name | family name
relationship    relation | relationship to pupil | relationship to student | type
responsibility  parental responsibility | has parental responsibility | pr
lives_with      lives with pupil | lives with
phone           phone | phone number | telephone | telephone number | mobile | mobile phone
phone           main telephone | tel
email           email | email address | e-mail address | main email
"""
TITLES = ("mr", "mrs", "miss", "ms", "mx", "dr", "rev", "revd", "prof", "sir", "lady")
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
class Column:
    """What a column of a file may mean: its name on the screen, and the question it answers."""

    label: str
    question: object


def normalise(words):
    return "".join(filter(str.isalnum, words.casefold()))


def known_name(words):
    """A person's name as it is compared: without title, accents, signs and capitals."""
    return "".join(word for word in folded_words(words) if word not in TITLES)


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
                found[name] = Column(line.verbose_name, line)
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
            found[code] = Column(f"Contact {number}: {label}", question)
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
        return _read_number(cell)
    if question.choices and question.ask.many:
        return "\n".join(_options(question, cell))
    if question.choices:
        return _option(question, cell)
    kept = clean(cell) if question.ask.rows > 1 else clean_line(cell)
    most = getattr(question, "max_length", 20_000)
    if kept and len(kept) > most:
        words = f"it has {len(kept):,} characters and there is room for {most}; shorten it."
        raise ValueError(words)
    if kept and question.name in ("upn", "former_upn"):
        return "".join(kept.split()).upper()
    return kept


def read_date(cell):
    """A date as school systems write it, perhaps with a time of day."""
    words = f"“{cell[:40]}” is not a date we can read; write it as 05/09/2018."
    try:
        return read_day(re.sub(r"[ T]\d\d?:\d\d(:\d\d)?(\.\d+)?Z?$", "", cell))
    except ValueError:
        raise ValueError(words) from None


def _read_number(cell):
    words = f"“{cell[:40]}” is not a number; write digits, such as 20 or 1.5."
    try:
        number = cell.replace(",", ".").replace(" ", "")
        return round(decimal.Decimal(number), 2)
    except decimal.InvalidOperation:
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
    """What one row says of the pupil, of each contact (`contact2`), and what cannot be read."""

    pupil: dict = field(default_factory=dict)
    contacts: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)


def read_row(cells, heads, columns, asked):
    """The `Answers` of one row; empty cells say nothing."""
    row = Answers()
    for head, code, cell in zip(heads, columns, cells, strict=True):
        if not cell or code == OUT:
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


# --- the preview
class PupilIndex:
    def __init__(self, user):
        self.upns = {}
        self.names = defaultdict(list)
        self.contacts = defaultdict(list)
        for pupil in Pupil.visible_to(user):
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
            return self._find_by_name(names)
        if pupil.erased_on:
            raise ValueError("The record of this pupil was erased here; ask the SENCO.")
        theirs = name_key(pupil.surname, pupil.forename, pupil.dob)
        pairs = zip(name_key(*names), theirs)
        if all(names) and not any(ours == their for ours, their in pairs):
            words = f"UPN: it belongs to another pupil, {pupil}; check it in your school system."
            raise NamesAnother(words, pupil)
        return pupil

    def _find_by_name(self, names):
        if not all(names):
            return None
        found = self.names.get(name_key(*names), [])
        if len(found) > 1:
            raise ValueError("Several pupils here have this name and date of birth; give the UPN.")
        return found[0] if found else None


def name_key(*names):
    return tuple(normalise(str(name or "")) for name in names)


@dataclass
class RowPreview:
    """What one row would do: [(question, before, after)]; `named` is whom a reason names."""

    line: int
    pupil: object
    named: object = None
    kind: str = SAME
    changes: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    contacts: list = field(default_factory=list)
    keys: set = field(default_factory=set)

    def save(self, reason):
        done = self.pupil.save(reason=reason, act="import")
        for contact in self.contacts:
            contact.pupil = self.pupil
            contact.save(reason=reason, act="import")
        if self.contacts and not done:
            self.pupil.touch()


def preview(sheet, columns, user):
    """What the file would do, row by row; nothing is written."""
    index = PupilIndex(user)
    asked = targets(user.role)
    items = []
    for line, cells in sheet.rows:
        item = RowPreview(line, Pupil())
        items.append(item)
        if cells is None:
            item.reasons.append(sheet.faults[line])
        else:
            row = read_row(cells, sheet.heads, columns, asked)
            check_row(item, row, index, dict(zip(columns, sheet.heads, strict=True)))
    refuse_duplicates(items)
    for item in items:
        if item.reasons:
            item.kind = REFUSED
        elif not item.pupil.id:
            item.kind = NEW
        elif item.changes:
            item.kind = CHANGED
    return items


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
        setattr(record, name, value)
    record.clean()
    changes = []
    for name in said:
        if record.__data__.get(name) != kept.get(name):
            label = before + record.label_of(name)
            changes.append((label, was[name], record.answer(name)))
    return changes


def _take_contacts(item, people, kept):
    """Put them into the contacts of the same name, or new ones; none is removed."""
    here = {}
    for contact in kept:
        here.setdefault(known_name(contact.name or ""), contact)
    for code, said in people.items():
        parts = [said.pop("forename", None), said.pop("surname", None)]
        name = " ".join(filter(None, parts)) or said.get("name")
        if not name:
            # a system that answers “No” for a contact that is not there
            if not set(said.values()) <= {"Yes", "No"}:
                number = code.removeprefix("contact")
                item.reasons.append(f"Contact {number}: there is no name; write who it is.")
            continue
        contact = here.setdefault(known_name(name), Contact())
        if contact.id:
            said.pop("name", None)  # a kept name keeps its spelling
        else:
            said = {"name": name, **said}
        changed = _take_over(contact, said, f"{name}: ")
        if changed and contact not in item.contacts:
            item.contacts.append(contact)
        item.changes += changed


def _faults(pupil, said, heads):
    empty = "it is empty, and a new pupil needs it."
    faults = [(name, empty) for name in NEEDED if not pupil.answer(name)]
    found = []
    for name, words in faults or pupil.errors():
        if name in said or not pupil.id:
            found.append(f"“{heads.get(name, name)}”: {words}")
    return found


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
        lines = ", ".join(str(item.line) for item in same)
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
def import_pupils(items, reason):
    """Write what is new or changed, a few pupils under one lock; gives how many were written."""
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
