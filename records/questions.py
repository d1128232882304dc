"""The kinds of question: text, day, number, choice, choices, link; and the lines between them.

Come here to change what *all* questions do, or to add a role. To change a question of the school's
forms, go to `models.py`.
"""

import datetime
import decimal
from dataclasses import dataclass

from peewee import CharField, DateField, DecimalField, Field, ForeignKeyField, TextField

from records.dates import read_time, say_day, say_moment, short_day, today
from records.numbers import say_count

OFFICE = "office"
SENCO = "senco"
TEACHER = "teacher"
TA = "ta"
HEAD = "head"
TECHNICIAN = "technician"
ROLE_NAMES = (
    (OFFICE, "Office"),
    (SENCO, "SENCO"),
    (TEACHER, "Teacher"),
    (HEAD, "Head"),
    (TECHNICIAN, "Technician"),
    (TA, "Teaching assistant"),
)
OF_CLASSES = (TEACHER, TA)  # they see only the children of their classes and teams
ROLES = tuple(role for role, _ in ROLE_NAMES)
YES_NO = ("Yes", "No")
PLANNED = 3  # years ahead that a plan may reach
ADULT_LIFE = 25  # years ahead that a hope may reach


# --- the kinds of question
@dataclass
class Ask:
    """What a question carries beside peewee's own attributes."""

    # True, or "other_question=answer": needed before the form can be completed
    needed: object = False
    rows: int = 1  # lines to type in
    many: bool = False  # several of `choices` may be ticked
    columns: tuple = ()  # heads of a table: the words are its rows (see `cells_of`)
    pebbles: bool = False  # in a line, too, the answers stand side by side, with keys 1, 2, 3 ...
    bank: str = ""  # the word bank that is offered while typing
    exact: bool = False  # whether vague words are pointed out
    ahead: int = 0  # years from today that a day may lie ahead; 0: it has happened
    before: str = ""  # other questions of the same record, whose days do not come earlier
    between: tuple = ()  # the least and the most that a number may be
    is_time: bool = False  # a time of day
    is_telephone: bool = False
    any_record: bool = False  # a record about the same child, of any kind
    seldom: bool = False  # folded on a form, with the other seldom ones of its section or line
    on_blank: bool = True  # whether a paper to fill in by hand asks it
    carried: bool = False  # offered with the answer of the last record of the kind
    begins: str = ""  # what a new paper is begun with: see `workflow.begun_with`


def _question(kind, label, prompt, options=(), **more):
    ask = {name: more.pop(name) for name in Ask.__dataclass_fields__ if name in more}
    pairs = [(o, o) if isinstance(o, str) else o for o in options]
    made = kind(null=True, verbose_name=label, help_text=prompt, choices=pairs or None, **more)
    made.ask = Ask(**ask)
    return made


def text(label, prompt="", rows=1, **more):
    """Words: one line, or a box of `rows` lines."""
    return _question(TextField if rows > 1 else CharField, label, prompt, rows=rows, **more)


def time(label):
    return _question(CharField, label, "Such as 15:30 or 3.30 pm.", is_time=True)


def telephone(label):
    """One or more telephone numbers, with words about them."""
    return _question(CharField, label, "", is_telephone=True)


def day(label, prompt="", **more):
    """A day that has happened, or one `ahead`; `before` names the questions with later days."""
    return _question(DateField, label, prompt, **more)


def number(label, prompt="", between=(0, 1_000), **more):
    more.update(max_digits=10, decimal_places=2)
    return _question(DecimalField, label, prompt, between=between, **more)


def choice(label, prompt="", options=YES_NO, **more):
    """One of `options`: words, or (code, words) pairs where the code is kept."""
    return _question(CharField, label, prompt, options=options, **more)


def choices(label, prompt="", **more):
    """Any number of `options`, kept as one line each."""
    return _question(TextField, label, prompt, many=True, **more)


def link(label, to, prompt="", backref="+", **more):
    """Another record: a pupil or a colleague to look up, or a row of the same form."""

    def kind(**options):
        return ForeignKeyField(to, backref=backref, on_delete="RESTRICT", **options)

    return _question(kind, label, prompt, **more)


def any_record(label, prompt="", **more):
    """A record about the same child, of any kind; kept as its key, such as MyPlan-7."""
    return _question(CharField, label, prompt, any_record=True, **more)


def belongs_to(form, group):
    """The line of a row class: whose row it is, and under which `Rows(...)` line it shows."""
    made = ForeignKeyField(form, backref=group, on_delete="RESTRICT")
    made.ask = Ask()
    return made


def say(asked, value):
    """A kept value in words."""
    if isinstance(value, datetime.datetime):
        return say_moment(value)
    if isinstance(value, datetime.date):
        return say_day(value)
    if isinstance(value, decimal.Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    ask = getattr(asked, "ask", Ask())
    if ask.columns:
        return value.replace("\t", ", ")
    labels = dict(asked.choices or ())
    if labels and ask.many:
        return "; ".join(labels.get(code, code) for code in value.split("\n"))
    return labels.get(value, str(value))


def cells_of(words):
    """The rows of a table that is kept as words: a line each, with tabs between the cells. In the
    first cell, as people write it, “to” stands between two days as well.
    """
    found = []
    for line in (words or "").splitlines():
        if line.strip():
            first, *rest = line.split("\t")
            found.append([*first.split(" to ", 1), *rest])
    return found


# --- what an answer cannot be
def fault(asked, value, born=None):
    """Why an answer cannot be true, as a sentence that names the question; None when it can.

    born: the child's date of birth, before which nothing happened
    """
    label = f"“{asked.verbose_name}”"
    ask = asked.ask
    if ask.is_time and value and not read_time(value):
        return f"{label}: “{value}” is not a time of day. Type one such as 15:30 or 3.30 pm."
    if ask.between and value is not None:
        low, high = ask.between
        if not low <= value <= high:
            return f"{label}: give a number from {low} to {high}."
    if not isinstance(value, datetime.date):
        return None
    said = f"{label} ({short_day(value)})"
    if born and value < born:
        return f"{said} is before the child was born ({short_day(born)})."
    if not ask.ahead and value > today():
        return f"{said} is in the future; give the day it happened."
    if value > today() + datetime.timedelta(366 * ask.ahead):
        most = say_count(ask.ahead, "year", "years")
        return f"{said} is more than {most} ahead; check the year."
    return None


# --- the lines between questions
@dataclass(eq=False)
class Marker:
    """A line of a form that is no answer of its own."""

    label: str
    prompt: str = ""
    seldom = False

    def __post_init__(self):
        Field._field_counter += 1
        self._order = Field._field_counter


@dataclass(eq=False)
class Section(Marker):
    """A heading; every question under it, up to the next one, has its rights.

    `see` and `write` name the roles (they narrow the table RIGHTS, never widen it). `family` marks
    what a family's copy may show, `code` what the Code of Practice says. `last` puts it at the end.
    The program knows it by its `key`, the name of its line, so that the label can be reworded.
    """

    see: tuple = ROLES
    write: tuple = ROLES
    family: bool = True
    code: str = ""
    last: bool = False
    key = ""

    def __set_name__(self, owner, name):
        self.key = name


@dataclass(eq=False)
class Rows(Marker):
    """A place in a form for a list of rows; the row class names it in its `belongs_to` line."""

    needed: bool = False
    blank: int = 2
    seldom: bool = False


@dataclass(eq=False)
class Drawn(Marker):
    """A place in a form that shows what is kept beside it about the same child: the records of a
    kind, or their rows, as they are then; sealed, as they were. Nothing is typed there.
    """

    kind: type = None
    needed: bool = False
    blank: int = 4
