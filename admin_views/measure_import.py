"""“Bring in measures”: a spreadsheet of attainment or attendance, one line for each value or one
column for each measure.

Come here to change this page. How a file is read is in `table_file.py`, who a row is about in
`pupil_import.py`.
"""

import hashlib
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import chunked

from admin_views import imports, pupil_import, table_file
from admin_views.documents import upload_path
from admin_views.forms import clean_line
from admin_views.pupil_import import AT_A_TIME, convert
from audit import access
from audit.log import transaction
from models import Measure, Pupil
from records.dates import short_day, today

WHO = ("upn", "former_upn", "surname", "forename", "dob")
# headings, in small letters: question of the measure
ABOUT = {
    "date": "on",
    "measured on": "on",
    "test date": "on",
    "result date": "on",
    "measure": "measure",
    "subject": "measure",
    "aspect": "measure",
    "value": "value",
    "result": "value",
    "score": "value",
    "source": "source",
    "test": "source",
}
LEAST = "The file needs a column with the UPN, or surname, forename and date of birth; and a date."
NOBODY = "No child here has this UPN, or this name and date of birth."
CODE = "code"  # of a column that says nothing of who or when: it is a measure by its heading


@dataclass
class Item:
    """One value of the file: whose, what would be kept, and why it is not."""

    line: int
    pupil: Pupil = None
    measure: Measure = None
    fault: str = ""
    is_known: bool = False
    who: str = ""  # as the file names whom, where that is nobody here


def columns_of(heads):
    """What each column means: a name of WHO, a question of the measure, or CODE."""
    found = []
    for head in heads:
        name = ABOUT.get(head.casefold().strip())
        if not name:
            name = pupil_import.meaning(head)
        # the pupils' import leaves it out
        if "attendance" in head.casefold():
            name = CODE
        found.append(name or CODE)
    return found


def refuse_columns(columns):
    """Raise Unreadable when the headings do not say whose values these are, or of which day."""
    knows_who = "upn" in columns or {"surname", "forename", "dob"} <= set(columns)
    if not knows_who or "on" not in columns:
        raise table_file.Unreadable(LEAST)
    if CODE not in columns and not {"measure", "value"} <= set(columns):
        words = "Give a column for the measure and one for its value, or one for each measure."
        raise table_file.Unreadable(words)


def read_values(sheet, user):
    """Every value of a file: [Item, ...]."""
    index = pupil_import.PupilIndex(user)
    columns = columns_of(sheet.heads)
    kept = Measure.select(Measure.pupil, Measure.on, Measure.measure, Measure.value)
    known = {(pupil, on, name.casefold(), value) for pupil, on, name, value in kept.tuples()}
    found = []
    for line, cells in sheet.rows:
        if cells is None:
            found.append(Item(line, fault=sheet.faults[line]))
            continue
        try:
            pupil, measures = read_measures(sheet.heads, columns, cells, index)
        except ValueError as fault:
            found.append(Item(line, fault=str(fault), who=who_said(columns, cells)))
            continue
        for measure in measures:
            found.append(item_of(line, pupil, measure, known))
    return found


def who_said(columns, cells):
    named = zip(columns, cells, strict=True)
    return ", ".join(clean_line(cell) for name, cell in named if name in WHO and cell)


def item_of(line, pupil, measure, known):
    faults = measure.missing() + measure.errors()
    if faults:
        return Item(line, pupil, fault=" ".join(words for _, words in faults))
    key = (pupil.id, measure.on, measure.measure.casefold(), measure.value)
    is_known = key in known
    known.add(key)
    return Item(line, pupil, measure, is_known=is_known)


def read_measures(heads, columns, cells, index):
    """Whose a line is, and what it says: (Pupil, [Measure, ...]). Raises ValueError."""
    who = {}
    about = {}
    values = []
    for head, name, cell in zip(heads, columns, cells, strict=True):
        if not cell:
            continue
        if name in WHO:
            who[name] = convert(Pupil._meta.fields.get(name, Pupil.upn), cell)
        elif name == "on":
            about["on"] = convert(Measure.on, cell)
        elif name in ("measure", "value", "source"):
            about[name] = clean_line(cell)
        elif name == CODE:
            values.append((clean_line(head), clean_line(cell)))
    pupil = index.find(who)
    if pupil is None:
        raise ValueError(NOBODY)
    # a file with both has other columns that are no measures
    if "measure" in columns and "value" in columns:
        return pupil, [Measure(pupil=pupil, **about)]
    measures = []
    for head, value in values:
        said = {**about, "measure": head, "value": value}
        measures.append(Measure(pupil=pupil, **said))
    return pupil, measures


def new_values(items):
    return [item for item in items if item.measure and not item.is_known]


def code_of(items):
    """A hash by which to know whether something has changed since the preview."""
    digest = hashlib.sha256()
    for item in new_values(items):
        measure = item.measure
        line = (item.line, item.pupil.id, measure.on, measure.measure, measure.value)
        digest.update(repr(line).encode())
    return digest.hexdigest()


class MeasureImportView(imports.FilePage):
    """Bring in measures."""

    right = ("w", Measure)
    template = "import_measures.html"

    def check(self, data):
        refuse_columns(columns_of(read_sheet(data).heads))

    @expose("/<key>/", methods=("GET", "POST"))
    def look(self, key):
        """The preview; pressed, what it said is written once."""
        path = upload_path(key)
        if not path.is_file():
            self.send_back()
        items = read_values(read_sheet(path.read_bytes()), current_user)
        seen = code_of(items)
        is_same = request.form.get("seen") == seen
        if request.method == "POST" and is_same:
            path.unlink()
            save_values(items)
            flash(f"Measures brought in: {len(new_values(items))}.", "done")
            return redirect(url_for("measure.index_view"))
        people = {item.pupil.id: item.pupil for item in items if item.pupil}
        access.log_access(people.values(), "found")
        page = self.render(
            self.template,
            key=key,
            items=items,
            count=len(new_values(items)),
            seen=seen,
            changed=request.method == "POST",
        )
        return page, 409 if request.method == "POST" else 200


def known_heading(head):
    (meaning,) = columns_of([head])
    return "" if meaning == CODE else meaning


def read_sheet(data):
    return table_file.read_file(data, known_heading)


def save_values(items):
    reason = f"Measures brought in, {short_day(today())}"
    for some in chunked(new_values(items), AT_A_TIME):
        with transaction():
            for item in some:
                item.measure.save(reason=reason)
