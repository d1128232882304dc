"""What every report is: columns, filters, lines, and the order they stand in."""

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
WHO = (Column("pupil", "Pupil"), Column("year", "Year"), Column("form", "Class"))
UPN = Column("upn", "UPN", in_sheet_only=True)
BORN = Column("dob", "Date of birth", "day", in_sheet_only=True)


@dataclass(frozen=True)
class Choice:
    """A filter: what is offered, and the fact of a line that must be it."""

    name: str
    label: str
    options: tuple  # (value, words), ...
    asked: str = ""


def name_options(names, key=None):
    """The options of a filter by name: each once, in order."""
    return tuple((name, name) for name in sorted(set(names) - {"", None}, key=key))


def code_of(words):
    """What stands in an address for words that somebody typed: they may name a family."""
    return hashlib.sha256(sort_key(words).encode()).hexdigest()[:12]


def typed_options(names):
    """The options of a filter by words that somebody typed: each once, in order."""
    found = {}
    for name in sorted(set(names) - {"", None}, key=sort_key):
        found.setdefault(code_of(name), name)
    return tuple(found.items())


@dataclass
class Line:
    """One line: its cells by column, and what it is filtered by, which may be several values."""

    cells: dict
    facts: dict = field(default_factory=dict)
    pupil: int = None  # the number of the child whose page it leads to
    to: tuple = ()  # or the report and its filters to which it leads
    late: tuple = ()  # columns that say something is overdue
    press: tuple = ()  # what one press does here: (words, the screen that does it, number)

    @classmethod
    def about(cls, pupil, cells, facts=(), **more):
        """A line about a child, with who it is: see `WHO`."""
        who = {"pupil": pupil.name, "year": pupil.year, "form": pupil.form}
        who |= {"upn": pupil.upn, "dob": pupil.dob}
        known = {
            "year": pupil.year,
            "form": pupil.form,
            "sort:pupil": pupil.sort_name,
            "sort:year": pupil.sort_year,
            "sort:form": pupil.sort_form,
        }
        return cls(who | cells, known | dict(facts), pupil=pupil.id, **more)


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
        return self.lines()

    def filters(self):
        """The `Choice`s of this person."""
        return [choice for choice in self.choices if self._may_see(choice)]

    def heads(self):
        """The `Column`s of this person."""
        return [column for column in self.columns if self._may_see(column)]

    def totals(self, lines):
        """What stands above the table: [(words, number), ...]."""
        return []

    def _may_see(self, part):
        return not part.asked or self.user.role in Pupil.section_of(part.asked).see


def chosen(lines, wanted):
    """The lines that fit every filter that is set: {name of the filter: value}."""
    found = []
    for line in lines:
        if all(fits(line.facts.get(name), value) for name, value in wanted.items()):
            found.append(line)
    return found


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
    if kind == "day":
        return short_day(told)
    if kind == "money":
        return f"£{told:,.2f}"
    if kind == "share" and told != "":
        return f"{told}%"
    return str(told)
