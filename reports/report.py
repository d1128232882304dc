"""What every report is: columns, filters, lines, and the order they stand in."""

import datetime
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from models import STAFF, Letter, Pupil
from records.dates import short_day, today
from records.unicode_text import sort_key

PAGE = 50  # lines of a page
# what is printed of the children that are ticked: kind of work, words, which record one must read
BULK = (
    ("profiles", "Print profiles", Pupil),
    ("records", "Print whole records", Pupil),
    ("letters", "Print unsent letters", Letter),
)


@dataclass(frozen=True)
class Column:
    """One column: a question of the pupil (`asked`) is shown to those only who may see it."""

    name: str
    head: str
    kind: str = "text"  # text, long, day, number, money (pounds) or share (of 100, as a bar)
    asked: str = ""
    in_sheet_only: bool = False
    wraps: bool = False  # whether its words may go over several lines

    @property
    def look(self):
        """The class of its cells on the page."""
        if self.kind in ("number", "money", "share"):
            return "num"
        if self.kind == "long":
            return "wide long"
        return "wide" if self.wraps else ""


# who a line is about, as `Line.about` fills it
PUPIL = Column("pupil", "Pupil")
FORM = Column("form", "Class")
WHO = (PUPIL, Column("year", "Year"), FORM)
UPN = Column("upn", "UPN", in_sheet_only=True)
BORN = Column("dob", "Date of birth", "day", in_sheet_only=True)


@dataclass(frozen=True)
class Choice:
    """A filter: what is offered, and the fact of a line that must be it."""

    name: str
    label: str
    options: tuple = ()  # words, or (value, words); without any, what the lines have
    order: object = None  # what sorts those
    typed: bool = False  # those are words of a cell that somebody typed: see `code_of_words`

    def offered(self, lines):
        """The (value, words) to choose from."""
        options = self.options
        if self.typed:
            options = typed_options(line.cells[self.name] for line in lines)
        elif not options:
            options = sorted({line.fact(self.name) for line in lines} - {"", None}, key=self.order)
        return [(one, one) if isinstance(one, str) else one for one in options]


def code_of_words(words):
    """What stands in an address for words that somebody typed: they may name a family."""
    return hashlib.sha256(sort_key(words).encode()).hexdigest()[:12]


def typed_options(names):
    """The options of a filter by words that somebody typed: each once, in order."""
    found = {}
    for name in sorted(set(names) - {"", None}, key=sort_key):
        found.setdefault(code_of_words(name), name)
    return tuple(found.items())


@dataclass
class Line:
    """One line: its cells by column, and by what it is filtered and sorted where its cells do not
    say it.
    """

    cells: dict
    facts: dict = field(default_factory=dict)  # a value or several by filter, `sort:` by column
    pupil: int = None  # the number of the child whose page it leads to
    to: tuple = ()  # or the report and its filters to which it leads
    late: tuple = ()  # columns that say something is overdue
    others: tuple = ()  # the numbers of other children whom it names
    press: tuple = ()  # what one press does here: (words, the screen that does it, number)

    @classmethod
    def about(cls, pupil, cells, facts=(), **more):
        """A line about a child, with who it is: see `WHO`."""
        who = {"pupil": pupil.name, "year": pupil.year, "form": pupil.form}
        who |= {"upn": pupil.upn, "dob": pupil.dob}
        known = {
            "sort:pupil": pupil.sort_name,
            "sort:year": pupil.sort_year,
            "sort:form": pupil.sort_form,
        }
        return cls(who | cells, known | dict(facts), pupil=pupil.id, **more)

    def fact(self, name):
        """By what the filter of this name finds it."""
        return self.facts.get(name, self.cells.get(name))


class Report:
    """A table about many children, for one person, on one day."""

    slug = title = lead = ""
    roles = STAFF
    made_of = (Pupil,)  # the kinds of record that one must be allowed to export, to export it
    columns = choices = ()
    is_dated = False  # whether it can be made as on another day
    paper = ""  # a3: printed on A3, upright
    sort = "pupil"  # the column by which it is sorted at first
    is_bulk = False  # whether children can be ticked
    menu = "Reports"  # the category it stands in; "" for a place of its own
    empty = "Nothing here yet."  # what is said when there is no line
    beside = ()  # what is reached from it: endpoints of other lists and reports
    counted = ("line", "lines")  # what one line is, and several are

    def __init__(self, user, settings, on):
        self.user = user
        self.settings = settings
        self.on = on

    @classmethod
    def first_day(cls):
        """As on which day it is made when none is asked for."""
        return today()

    def lines(self):
        """Every line that this person may see: [Line, ...]."""
        raise NotImplementedError

    @cached_property
    def all_lines(self):
        found = self.lines()
        typed = [choice.name for choice in self.choices if choice.typed]
        for line in found:
            for name in typed:
                line.facts[name] = code_of_words(line.cells[name] or "")
        return found

    @cached_property
    def filters(self):
        """What there is to choose from: [(name, label, [(value, words), ...]), ...]."""
        found = []
        for choice in self.choices:
            found.append((choice.name, choice.label, choice.offered(self.all_lines)))
        return found

    def heads(self):
        """The `Column`s of this person."""
        role = self.user.role
        found = []
        for column in self.columns:
            if not column.asked or role in Pupil.section_of(column.asked).see:
                found.append(column)
        return found

    def totals(self, lines):
        """What stands above the table: [(words, number), ...]."""
        return []


def chosen(lines, wanted):
    """The lines that fit every filter that is set: {name of the filter: value}."""
    found = []
    for line in lines:
        if all(fits(line.fact(name), value) for name, value in wanted.items()):
            found.append(line)
    return found


def count_lines(lines, name, value):
    """How many lines a filter would leave."""
    return len(chosen(lines, {name: value}))


def fits(fact, value):
    if isinstance(fact, (set, frozenset, tuple, list)):
        return value in fact
    return fact == value


def in_order(lines, column, downwards=False):
    """The lines sorted by a column; empty cells come last."""
    filled = []
    empty = []
    for line in lines:
        told = line.cells.get(column.name)
        (empty if told in (None, "") else filled).append(line)
    filled.sort(key=lambda line: cell_order(line, column), reverse=downwards)
    return filled + empty


def cell_order(line, column):
    told = line.facts.get(f"sort:{column.name}")
    if told is None:
        told = line.cells[column.name]
    # a number that is hidden stands after the numbers
    if isinstance(told, str):
        return True, told.casefold()
    return False, told


def say_cell(told, kind):
    """A cell in words, for the page."""
    if told is None:
        return ""
    if kind == "day" and isinstance(told, datetime.date):  # or words: it was held
        return short_day(told)
    if kind == "money":
        return f"£{told:,.2f}"
    if kind == "share" and told != "":
        return f"{told}%"
    return str(told)
