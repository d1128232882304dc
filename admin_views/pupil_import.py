"""Pupils from a file of the school system: read it, understand its columns, say what would change,
bring it in.

Come here to teach the portal the column names of another school system (SAID, CONTACT_SAID).
Nothing here writes before `bring_in`; a file never changes a stage, an SEN type or a leaving date
(NEVER), and an empty cell never erases an answer.
"""

import csv
import decimal
import functools
import hashlib
import io
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field

from peewee import DateField, DecimalField, ForeignKeyField, IntegrityError, chunked

from admin_views.forms import clean, clean_line
from models import Contact, Pupil
from records.questions import Clash, audit, read_day, together
from records.spreadsheet import unescape_formula

MOST_BYTES, MOST_ROWS, MOST_COLUMNS, MOST_CONTACTS = 5 * 1024 * 1024, 5_000, 100, 4
# a file leaves these as they are
NEVER = ("left_on", "destination", "areas", "sen_unit", "resourced")
PIECE, REST = 20, 0.02  # pupils that are written under one lock; seconds between two locks
NEEDED = tuple(n for n, f in Pupil.questions() if f.ask.needed is True)
# a column that is left out; a column that lists all contacts in one cell
OUT, LIST = "out", "contacts"
OUT_WORDS = "leave out"
KINDS = REFUSED, CHANGED, NEW, SAME = "refused", "changed", "new", "same"

# What school systems call our questions; capitals, spaces and dots do not matter. Our own labels
# are understood anyway.
SAID = """
surname         legal surname | last name | legal last name | family name | pupil surname | student surname
forename        legal forename | first name | legal first name | given name | pupil forename | student forename
known_as        preferred forename | preferred first name | preferred name | chosen name | chosen forename
dob             dob | birth date | birthdate | date of birth (dob)
sex             gender | legal sex | sex at birth
upn             unique pupil number | pupil upn
former_upn      previous upn | old upn
year            year | yr | nc year | nc year actual | nc year group | national curriculum year | curriculum year | current year group
form            reg | reg form | reg group | registration form | registration group | tutor group | form | class | class name | form name
admitted_on     admission date | doa | date admitted | entry date | date of entry
premium         pp | pupil premium indicator | pupil premium eligible | pupil premium recipient
eal             english additional language
home_language   first language | language | languages | language at home
looked_after    in care | in lea care | in la care | looked after | looked after child | child looked after | lac | cla
care_authority  care authority | caring authority
medical_plan    medical plan | health care plan | healthcare plan
contacts        priority contacts | all contacts
out             number | sen stage | sen status | sen provision | sen need | sen needs | sen type | sen types | leaving date | date left
"""
CONTACT_SAID = """
name            full name | contact name
forename        first name | given name
surname         last name | family name
relationship    relation | relationship to pupil | relationship to student | type
responsibility  parental responsibility | has parental responsibility | pr
lives_with      lives with pupil | lives with
phone           phone | phone number | telephone | telephone number | mobile | mobile phone | main telephone | tel
email           email | email address | e-mail address | main email
"""
YES, NO = {"yes", "y", "true", "t", "1"}, {"no", "n", "false", "f", "0"}
YEAR_WORDS = {"rec": "r", "nursery1": "n1", "nursery2": "n2"}


class Unreadable(ValueError):
    """A file that cannot be taken; says why and what to do."""


class NamesAnother(ValueError):
    """A row that is in doubt; the sentence names a pupil who is here already."""

    def __init__(self, words, pupil):
        super().__init__(words)
        self.pupil = pupil


# --- the file
@dataclass
class Sheet:
    """A file as read: the heading of each column, and (line number, cells) of each row."""

    heads: list
    rows: list


def read_file(data):
    """The bytes of a CSV file as a `Sheet`; raises Unreadable with a sentence for the person who
    chose it.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(
            "The file is larger than 5 MB. Choose fewer columns or fewer pupils in your school"
            " system."
        )
    written = decode(data).removeprefix("\ufeff")
    # a first line that Excel writes for itself
    if written[:4].lower() == "sep=":
        written = written.partition("\n")[2]
    if not written.strip():
        raise Unreadable("The file is empty.")
    lines = parse(written)
    if not lines:
        raise Unreadable("The file has no rows.")
    return sheet_of(lines)


def decode(data):
    """The text of a file in UTF-8, UTF-16 or Windows-1252."""
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise Unreadable(
            "This is an Excel workbook. Open it, choose “Save as”, then “CSV UTF-8”, and bring in"
            " that file."
        )
    for name in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "cp1252"):
        try:
            written = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in written:
            break
        return written
    raise Unreadable(
        "This is not a text file that we can read. Save it as “CSV UTF-8” and bring in that file."
    )


def parse(written):
    """The filled rows of a CSV text with their line numbers: [(number, cells), ...]."""
    first = re.sub(r'"[^"]*"', "", written.lstrip().partition("\n")[0])
    reader = csv.reader(
        io.StringIO(written, newline=""), delimiter=max(",;\t", key=first.count), strict=True
    )
    found = []
    try:
        for cells in reader:
            if any(c.strip() for c in cells):
                found.append((reader.line_num, cells))
            if len(found) > MOST_ROWS + 1 or reader.line_num > 20 * MOST_ROWS:
                raise Unreadable(
                    f"The file has more than {MOST_ROWS:,} rows; bring it in as several files."
                )
    except csv.Error:
        raise Unreadable(
            f"Near line {reader.line_num} of the file a quotation mark is missing or in the wrong"
            " place. Save the file again from your school system or spreadsheet, then bring it in."
        ) from None
    return found


def sheet_of(lines):
    """Headings and rows; a heading that is empty or stands twice gets a name of its own, a wholly
    empty column is dropped.
    """
    (_, first), rows = lines[0], lines[1:]
    if len(first) > MOST_COLUMNS:
        raise Unreadable(
            f"The file has more than {MOST_COLUMNS} columns; leave out those that are not needed."
        )
    if not rows:
        raise Unreadable("The file has headings but no pupils under them.")
    heads = []
    for at, head in enumerate(first, 1):
        head = " ".join((clean(head) or "").split())[:100] or f"Column {at}"
        heads.append(head if head not in heads else f"{head} ({at})")
    used = [
        at
        for at, head in enumerate(first)
        if head.strip() or any(at < len(c) and c[at].strip() for _, c in rows)
    ]
    return Sheet(
        [heads[at] for at in used], [(n, fit(cells, used, len(first))) for n, cells in rows]
    )


def fit(cells, used, width):
    """The cells of one row under the columns in use; None when it has answers beyond the last
    heading.
    """
    if any(c.strip() for c in cells[width:]):
        return None
    return [unescape_formula(cells[at].strip()).strip() if at < len(cells) else "" for at in used]


# --- the columns
def squash(words):
    """Words without capitals, spaces and signs, to compare names by."""
    return "".join(c for c in words.casefold() if c.isalnum())


def targets(role):
    """What a column may mean for somebody with this role: {code: (our name, question)}, such as
    `contact2.phone`.
    """
    found = {}
    for section, lines in Pupil.layout():
        if role not in section.see or role not in section.write:
            continue
        for name, line in lines:
            if name == LIST:
                found |= contact_targets()
            elif (
                hasattr(line, "ask") and name not in NEVER and not isinstance(line, ForeignKeyField)
            ):
                found[name] = (line.verbose_name, line)
    return found


def contact_targets():
    """What a column about contacts may mean."""
    asked = [(n, f.verbose_name, f) for n, f in Contact.questions()]
    asked[1:1] = [("forename", "Forename", Contact.name), ("surname", "Surname", Contact.name)]
    numbered = {
        f"contact{i}.{n}": (f"Contact {i}: {label}", f)
        for i in range(1, MOST_CONTACTS + 1)
        for n, label, f in asked
    }
    return {LIST: ("All contacts", None), **numbered}  # in one cell, see `read_list`


@functools.cache
def known(table):
    """A table of names by what it means: {squashed name: code}."""
    lines = [line.split(None, 1) for line in table.strip().splitlines()]
    own = Pupil if table == SAID else Contact
    found = {
        squash(f.verbose_name): OUT if own is Pupil and n in NEVER else n
        for n, f in own.questions()
    }
    return found | {
        squash(name): code for code, names in lines for name in (code, *names.split("|"))
    }


def meaning(head):
    """What a heading means as far as the tables know: a code, or an empty text."""
    name = squash(head)
    one = re.fullmatch(r"(?:priority)?(?:contact|parent|guardian|carer)(\d)(.*)", name)
    if not one:
        return known(SAID).get(name, "")
    part = known(CONTACT_SAID).get(one[2] or "name")
    return f"contact{one[1]}.{part}" if part else ""


def remembered(lines, asked):
    """What the school said before about its columns (one a line, `their name = our name`):
    {squashed name: code}.
    """
    codes = {squash(label): code for code, (label, _) in asked.items()} | {squash(OUT_WORDS): OUT}
    pairs = [line.rpartition("=") for line in (lines or "").splitlines()]
    return {
        squash(theirs): codes[squash(ours)]
        for theirs, _, ours in pairs
        if theirs and squash(ours) in codes
    }


def map_columns(heads, lines, role):
    """What each column means: a code of `targets`, OUT, or an empty text when somebody must say.
    `lines` is Setting.import_columns.
    """
    asked = targets(role)
    told = remembered(lines, asked)
    found = [told.get(squash(head), "") for head in heads]
    for at, head in enumerate(heads):
        code = found[at] or meaning(head)
        if code == OUT or code in asked and code not in found[:at] + found[at + 1 :]:
            found[at] = code
    return [
        code if code in ("", OUT) or code not in found[:at] else "" for at, code in enumerate(found)
    ]


DATA = (  # ++ and *+ never look back
    re.compile(r"[A-Za-z]\d{11}[\dA-Za-z]"),  # a UPN
    re.compile(r"\A[^\s@]++@[^\s@]++\Z"),  # an e-mail address
    re.compile(r"\A[ +()./-]*+\d[\d +()./-]*+\Z"),  # a number
)


def is_data(cell):
    """Whether a cell is an answer and no heading: a date, a UPN, an e-mail address, a number."""
    if any(kind.fullmatch(cell) for kind in DATA):
        return True
    try:
        return any(c.isdecimal() for c in cell) and read_date(cell) is not None
    except ValueError:
        return False


def refuse_without_headings(heads, role, lines):
    """Raise Unreadable when the first line of a file is a pupil; what a column is called is
    remembered, a child never is.
    """
    told = remembered(lines, targets(role))
    strange = [head for head in heads if not meaning(head) and squash(head) not in told]
    if len(strange) == len(heads) or any(is_data(head) for head in strange):
        raise Unreadable(
            "The first line of this file seems to be a pupil, or has names that the portal does not"
            " know. Put the name of each column there, such as Surname, Forename, Date of birth,"
            " Year group; then choose the file again."
        )


def column_faults(heads, columns, role):
    """What must still be said about the columns: [(number of the column or None, sentence),
    ...].
    """
    asked = targets(role)
    found = [
        (at, f"Say what the column “{heads[at]}” is, or leave it out.")
        for at, code in enumerate(columns)
        if not code
    ]
    found += [
        (at, f"Two columns are “{asked[code][0]}”; choose one of them.")
        for at, code in enumerate(columns)
        if code not in ("", OUT) and code in columns[:at]
    ]
    return found + [
        (
            None,
            (
                f"No column is “{asked[n][0]}”. Choose it below, or add it to the file in your"
                " school system."
            ),
        )
        for n in NEEDED
        if n not in columns
    ]


def remember(lines, heads, columns, role):
    """The lines of Setting.import_columns with what was now said about these columns."""
    asked = targets(role)
    ours = {
        squash(head): f"{head} = {asked[code][0] if code != OUT else OUT_WORDS}"
        for head, code in zip(heads, columns)
        if code and (code != meaning(head) or squash(head) in remembered(lines, asked))
    }
    old = [
        line
        for line in (lines or "").splitlines()
        if line.strip() and squash(line.rpartition("=")[0]) not in ours
    ]
    return "\n".join([*old, *ours.values()])


# --- one cell
def convert(asked, cell):
    """A cell as its question keeps it; raises ValueError with the cure."""
    if isinstance(asked, DateField):
        return read_date(cell)
    if isinstance(asked, DecimalField):
        return read_number(cell)
    if asked.choices:
        return (
            "\n".join(option(asked, c) for c in re.split(r"[;\n]", cell))
            if asked.ask.many
            else option(asked, cell)
        )
    kept = (clean if asked.ask.rows > 1 else clean_line)(cell)
    most = getattr(asked, "max_length", 20_000)
    if kept and len(kept) > most:
        raise ValueError(
            f"it has {len(kept):,} characters and there is room for {most}; shorten it."
        )
    return kept


def read_date(cell):
    """A date as school systems write it; a time of day after it does no harm."""
    try:
        return read_day(re.sub(r"[ T]\d\d?:\d\d(:\d\d)?(\.\d+)?Z?$", "", cell))
    except ValueError:
        raise ValueError(
            f"“{cell[:40]}” is not a date we can read; write it as 05/09/2018."
        ) from None


def read_number(cell):
    """A number of up to two decimal places."""
    try:
        return decimal.Decimal(cell.replace(",", ".").replace(" ", "")).quantize(
            decimal.Decimal("0.01")
        )
    except decimal.InvalidOperation:
        raise ValueError(
            f"“{cell[:40]}” is not a number; write digits, such as 20 or 1.5."
        ) from None


def option(asked, cell):
    """The code of one of the question's options, from its code, its words, or a usual way of
    writing it.
    """
    name = spaceless(cell)
    codes = {spaceless(said): code for code, words in asked.choices for said in (words, code)}
    if set(codes) == {"yes", "no"}:
        codes |= dict.fromkeys(YES, "Yes") | dict.fromkeys(NO, "No")
    if asked is Pupil.year and name not in codes:
        one = re.fullmatch(
            r"(?:nc|nationalcurriculum|curriculum)?(?:yeargroup|year|yr|y)?0*(.+)", name
        )
        name = YEAR_WORDS.get(name) or (one[1] if one else name)
    if name not in codes:
        raise ValueError(
            f"“{cell[:40]}” is none of the answers; write one of:"
            f" {', '.join(code for code, _ in asked.choices)}."
        )
    return codes[name]


def spaceless(words):
    """Words without capitals and spaces. Signs stay: `1/2` is not year 12."""
    return "".join(words.casefold().split())


def read_row(cells, heads, columns, asked):
    """The answers of one row: the pupil's, the contacts' by number, and what cannot be read, in
    sentences.
    """
    said, people, reasons = {}, defaultdict(dict), []
    for head, code, cell in zip(heads, columns, cells):
        if not cell or code == OUT:
            continue
        number, _, part = code.rpartition(".")
        try:
            if code == LIST:
                people.update({f"listed{at}": one for at, one in enumerate(read_list(cell))})
                continue
            value = convert(asked[code][1], cell)
        except ValueError as fault:
            reasons.append(f"“{head}”: {fault}")
            continue
        (people[number] if number else said)[part] = (
            "".join(value.split()).upper() if code in ("upn", "former_upn") else value
        )
    return {n: v for n, v in said.items() if v is not None}, people, reasons


def read_list(cell):
    """Contacts that stand in one cell: `Mrs A Oakley (mother) 07700 900123; Mr B Oakley
    (father)`.
    """
    found = []
    for words in filter(None, map(str.strip, re.split(r"[;\n|]", cell))):
        # ++ never looks back
        one = re.fullmatch(
            r"([^()\d@+]{2,100}+)(?:\(([^()]{1,60}+)\))?[\s,:-]*+(\+?[\d ]{7,20})?", words
        )
        if not one:
            raise ValueError(
                f"“{words[:60]}” cannot be read; write Name (relationship) telephone, with ;"
                " between two people."
            )
        parts = zip(("name", "relationship", "phone"), one.groups())
        found.append({n: clean(v.strip(" ,:-") if n == "name" else v) for n, v in parts if v})
    return found


# --- the preview
class Register:
    """The pupils and contacts that are here already, to be found by UPN, or by name and date of
    birth.
    """

    def __init__(self, user):
        self.upns, self.names, self.contacts = {}, defaultdict(list), defaultdict(list)
        for pupil in Pupil.visible_to(user):
            self.upns[pupil.upn or pupil.id] = pupil
            self.names[name_key(pupil.surname, pupil.forename, pupil.dob)].append(pupil)
        for contact in Contact.select().order_by(Contact.id):
            self.contacts[contact.pupil_id].append(contact)

    def find(self, said):
        """The pupil that a row is about, or None; raises ValueError with the cure when that is in
        doubt.
        """
        names = [said.get(n) for n in ("surname", "forename", "dob")]
        pupil = self.upns.get(said.get("upn")) or self.upns.get(said.get("former_upn"))
        if pupil is None:
            same = self.names.get(name_key(*names), []) if all(names) else []
            if len(same) > 1:
                raise ValueError(
                    "Several pupils here have this name and date of birth; give the UPN."
                )
            return same[0] if same else None
        if pupil.erased_on:
            raise ValueError("The record of this pupil was erased here; ask the SENCO.")
        theirs = [pupil.surname, pupil.forename, pupil.dob]
        if all(names) and not any(name_key(a) == name_key(b) for a, b in zip(names, theirs)):
            raise NamesAnother(
                f"UPN: it belongs to another pupil, {pupil}; check the UPN in your school system.",
                pupil,
            )
        return pupil


def name_key(*names):
    """Names and dates to compare pupils by."""
    return tuple(squash(str(n or "")) for n in names)


@dataclass
class Item:
    """One row of the file: whom it is about, and what would happen. `changes` is [(question,
    before, after), ...].

    `named` is another pupil whom a reason names.
    """

    line: int
    pupil: object
    named: object = None
    kind: str = SAME
    changes: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    contacts: list = field(default_factory=list)
    keys: set = field(default_factory=set)

    def save(self, reason):
        """Write the pupil and the contacts that changed."""
        done = self.pupil.save(reason=reason, act="import")
        for contact in self.contacts:
            contact.pupil = self.pupil
            contact.save(reason=reason, act="import")
        if self.contacts and not done:
            self.pupil.touch()


def preview(sheet, columns, user):
    """What the file would do, row by row, as a list of `Item`s; nothing is written."""
    here, asked = Register(user), targets(user.role)
    items = [judge(line, cells, sheet.heads, columns, asked, here) for line, cells in sheet.rows]
    refuse_twins(items)
    for item in items:
        item.kind = (
            REFUSED
            if item.reasons
            else NEW
            if not item.pupil.id
            else CHANGED
            if item.changes
            else SAME
        )
    return items


def judge(line, cells, heads, columns, asked, here):
    """What one row would do."""
    if cells is None:
        return Item(
            line,
            Pupil(),
            reasons=[
                "The row has more cells than there are headings; put quotation marks around an"
                " answer with commas."
            ],
        )
    said, people, reasons = read_row(cells, heads, columns, asked)
    item = Item(line, Pupil(), reasons=reasons)
    try:
        item.pupil = here.find(said) or item.pupil
    except NamesAnother as doubt:
        reasons.append(str(doubt))
        item.named = doubt.pupil
    except ValueError as doubt:
        reasons.append(str(doubt))
    item.keys = keys_of(said, item.pupil)
    if item.pupil.upn and said.get("upn") not in (None, item.pupil.upn):
        said.setdefault("former_upn", item.pupil.upn)
    item.changes = take_over(item.pupil, said)
    take_people(item, people, here.contacts[item.pupil.id] if item.pupil.id else [])
    if item.changes and not reasons:
        item.reasons += faults_of(
            item.pupil, said, {code: head for head, code in zip(heads, columns)}
        )
    return item


def keys_of(said, pupil):
    """What must stand only once in a file: the UPN; the pupil who is found; or name and date of
    birth when there is no UPN.
    """
    names = name_key(*(said.get(n) for n in ("surname", "forename", "dob")))
    keys = (
        {("upn", said["upn"])} if said.get("upn") else {("name", *names)} if all(names) else set()
    )
    return keys | ({("pupil", pupil.id)} if pupil.id else set())


def take_over(record, said, before="", blank=False):
    """Put the answers into the record, unsaved; returns what that changes."""
    found = []
    for name, value in said.items():
        if record.__data__.get(name) != value:
            was = "" if blank else record.answer(name)
            setattr(record, name, value)
            found.append(
                (before + record._meta.fields[name].verbose_name, was, record.answer(name))
            )
    return found


def take_people(item, people, kept):
    """Put the contacts of the row into the contacts of the same name, or make new ones; none is
    ever removed.
    """
    kept = list(kept)
    for number, said in people.items():
        whole = " ".join(filter(None, (said.pop("forename", None), said.pop("surname", None))))
        said = {"name": whole, **said} if whole else said
        if not said.get("name"):
            if any(v not in ("Yes", "No") for v in said.values()):
                item.reasons.append(
                    f"{number.title().replace('Contact', 'Contact ')}: there is no name; write who"
                    " it is."
                )
            continue
        contact = next((c for c in kept if squash(c.name or "") == squash(said["name"])), None)
        if contact is None:
            contact = Contact(pupil=item.pupil if item.pupil.id else None)
            kept.append(contact)
        # a kept name keeps its spelling
        answers = {n: v for n, v in said.items() if n != "name" or not contact.id}
        changed = take_over(contact, answers, f"{said['name']}: ", blank=not contact.id)
        if changed and contact not in item.contacts:
            item.contacts.append(contact)
        item.changes += changed


def faults_of(pupil, said, heads):
    """Why the pupil cannot be kept like this, in sentences that name the column."""
    lacking = [(n, "it is empty, and a new pupil needs it.") for n in NEEDED if not pupil.answer(n)]
    return [
        f"“{heads.get(name, name)}”: {words}"
        for name, words in lacking or pupil.faults()
        if name in said or not pupil.id
    ]


def refuse_twins(items):
    """Refuse all rows that are about the same pupil: nobody can tell which of them is right."""
    seen = defaultdict(list)
    for item in items:
        for key in item.keys:
            seen[key].append(item)
    # the UPN first, then the pupil, then the name
    for key, same in sorted(seen.items(), key=str, reverse=True):
        lines = ", ".join(str(i.line) for i in same)
        what = "have the same UPN" if key[0] == "upn" else "are about the same pupil"
        for item in same if len(same) > 1 else ():
            if not any(" of the file " in r for r in item.reasons):
                item.reasons.append(f"Lines {lines} of the file {what}; keep one of them.")


def counts(items):
    """How many rows there are of each kind: {kind: number}."""
    return {kind: sum(i.kind == kind for i in items) for kind in KINDS}


def fingerprint(items):
    """A code of all that a preview says, to see that nothing has changed between looking and
    pressing.
    """
    said = [(i.line, i.kind, i.pupil.id, i.pupil.version, i.changes, i.reasons) for i in items]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def bring_in(items, reason):
    """Write all that is new or changed, a few pupils at a time, so that others can save meanwhile;
    gives how many were written.

    Fewer than `wanted(items)` when somebody changed one of them meanwhile: the preview then shows
    what is left. Raises Clash or IntegrityError when that was so from the first, and nothing was
    written.
    """
    left, done = wanted(items), 0
    refuse_stale(left)
    for some in chunked(left, PIECE):
        try:
            with together():
                for item in some:
                    refuse_twin(item)
                    item.save(reason)
        except (Clash, IntegrityError):
            if not done:
                raise
            break
        done += len(some)
        # others wait for the lock, and must find it free once
        time.sleep(REST if done < len(left) else 0)
    told = ", ".join(f"{n} {kind}" for kind, n in counts(items).items())
    audit(
        "import",
        Pupil(),
        reason=f"{reason}: {told}" + ("" if done == len(left) else f"; only {done} were written"),
    )
    return done


def wanted(items):
    """The items that an import writes."""
    return [item for item in items if item.kind in (NEW, CHANGED)]


def refuse_stale(items):
    """Raise Clash when a pupil was changed since it was looked at: before anything is written."""
    versions = dict(Pupil.select(Pupil.id, Pupil.version).tuples())
    for item in items:
        if item.pupil.id and versions.get(item.pupil.id) != item.pupil.version:
            raise Clash("Somebody else has saved one of these pupils.")


def refuse_twin(item):
    """Raise Clash when somebody else has added the new pupil of an item since it was looked at."""
    if item.kind != NEW:
        return
    pupil = item.pupil
    for other in Pupil.select(Pupil.surname, Pupil.forename, Pupil.dob).where(
        Pupil.dob == pupil.dob
    ):
        if name_key(other.surname, other.forename, other.dob) == name_key(
            pupil.surname, pupil.forename, pupil.dob
        ):
            raise Clash("Somebody else has added one of these pupils.")
