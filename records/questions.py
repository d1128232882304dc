"""How a question works: the kinds of question, sections, rows, and what every record can do.

Come here to change what *all* questions or *all* records do. To change a question of the school's
forms, go to `models.py`. A record saves itself with its audit rows in one transaction, refuses to
overwrite somebody else's change, and can say itself in words (`answer`, `document`) for the screen,
the paper, the spreadsheet and the seal alike.
"""

import datetime
import decimal
import functools
import inspect
import hashlib
import json
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from peewee import (
    CharField,
    DateField,
    DecimalField,
    Field,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from audit.log import Actor, AuditEntry, acting_as, audit, audit_all, db, now, transaction  # noqa: F401  (offered to the other modules from here)
from records.query import Table

LONDON = ZoneInfo("Europe/London")
ROLES = OFFICE, SENCO, TEACHER, HEAD, TECHNICIAN = (
    "office",
    "senco",
    "teacher",
    "head",
    "technician",
)
YES_NO = ("Yes", "No")


# --- dates
def today():
    """Today's date in the school's time zone (Europe/London)."""
    return datetime.datetime.now(LONDON).date()


def say_day(day):
    """A date as people say it: `Friday 3 July 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}" if day else ""


def short_day(day):
    """A date in little room: `3 Jul 2026`."""
    return f"{day.day} {day:%b %Y}" if day else ""


def say_moment(stamp):
    """A UTC stamp as London clock time: `3 Jul 2026, 14:05`."""
    if not stamp:
        return ""
    local = stamp.replace(tzinfo=datetime.UTC).astimezone(LONDON)
    return f"{short_day(local)}, {local:%H:%M}"


DAY_HELP = "Type a date such as 3/7/26, 3 July 2026, today, or +6w for six weeks from today."
LONGEST_DAY = 60  # characters
SHAPES = ("%d/%m/%Y", "%d/%m/%y", "%d/%b/%Y", "%d/%B/%Y", "%d/%b/%y", "%d/%B/%y", "%Y/%m/%d")


def read_day(typed, start=None):
    """The date that somebody typed in one of the ways people write dates in the UK; None for
    nothing.

    Raises ValueError with a sentence for the person who typed it. `start` is the day that `today`
    and `+6w` count from.
    """
    start, words = (
        start or today(),
        " ".join(typed[: LONGEST_DAY + 1].lower().replace(",", " ").split()),
    )
    named = {
        "": None,
        "today": start,
        "yesterday": start - datetime.timedelta(1),
        "tomorrow": start + datetime.timedelta(1),
    }
    if words in named:
        return named[words]
    if words[0] in "+-" and words[1:-1].strip().isdecimal() and words[-1] in "dw":
        days = int(words[1:-1][:9]) * (7 if words[-1] == "w" else 1)
        if days > 40_000:
            raise ValueError(f"“{typed}” is too far away. {DAY_HELP}")
        return start + datetime.timedelta(days if words[0] == "+" else -days)
    if len(typed) > LONGEST_DAY:
        raise ValueError(f"“{typed[:LONGEST_DAY]} ...” is not a date we can read. {DAY_HELP}")
    first, _, rest = words.partition(" ")
    weekday = first if first[:3] in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") else ""
    words = rest if weekday else words
    parts = [
        (
            p.removesuffix("st").removesuffix("nd").removesuffix("rd").removesuffix("th")
            if p[:1].isdigit()
            else p
        )
        for p in words.replace(".", "/").replace("-", "/").replace(" ", "/").split("/")
    ]
    for shape in SHAPES:
        try:
            day = datetime.datetime.strptime(
                "/".join("sep" if p == "sept" else p for p in parts), shape
            )
        except ValueError:
            continue
        if 1900 <= day.year <= 2150 and f"{day:%A}".lower().startswith(weekday):
            return day.date()
    raise ValueError(f"“{typed}” is not a date we can read. {DAY_HELP}")


# --- the kinds of question
@dataclass
class Ask:
    """What a question carries beside peewee's own `verbose_name`, `help_text` and `choices`."""

    # True, or "other_question=answer": needed before the form can be completed
    needed: object = False
    rows: int = 1  # lines to type in
    many: bool = False  # several of `choices` may be ticked
    bank: str = ""  # the word bank that is offered while typing


def _question(kind, label, prompt, needed=False, rows=1, many=False, bank="", options=None, **more):
    pairs = [(o, o) if isinstance(o, str) else o for o in options] if options else None
    made = kind(null=True, verbose_name=label, help_text=prompt, choices=pairs, **more)
    made.ask = Ask(needed, rows, many, bank)
    return made


def text(label, prompt="", rows=1, needed=False, bank="", **more):
    """Words: one line, or a box of `rows` lines."""
    return _question(
        TextField if rows > 1 else CharField, label, prompt, needed, rows, bank=bank, **more
    )


def day(label, prompt="", needed=False, **more):
    """A date, typed in any of the ways of `read_day`."""
    return _question(DateField, label, prompt, needed, **more)


def number(label, prompt="", needed=False, **more):
    """A number, with up to two decimal places."""
    return _question(DecimalField, label, prompt, needed, max_digits=10, decimal_places=2, **more)


def choice(label, prompt="", options=YES_NO, needed=False, **more):
    """One of `options`: words, or (code, words) pairs where the code is kept."""
    return _question(CharField, label, prompt, needed, options=options, **more)


def choices(label, prompt="", options=(), needed=False, **more):
    """Any number of `options`, kept as one line each."""
    return _question(TextField, label, prompt, needed, many=True, options=options, **more)


def link(label, to, prompt="", needed=False, backref="+", **more):
    """Another record: a pupil or a colleague to look up, or a row of the same form."""
    return _question(
        lambda **k: ForeignKeyField(to, backref=backref, on_delete="RESTRICT", **k),
        label,
        prompt,
        needed,
        **more,
    )


def belongs_to(form, group):
    """The line of a row class that says which form it is a row of, and under which `rows(...)` line
    it shows.
    """
    return ForeignKeyField(form, backref=group, on_delete="RESTRICT")


class _Marker:
    """A line of a form that is no answer of its own; it keeps its place among the questions."""

    def __init__(self):
        Field._field_counter += 1
        self._order = Field._field_counter


class Section(_Marker):
    """A heading; every question under it, up to the next one, has its rights.

    `see` and `write` name the roles (they narrow the table RIGHTS, never widen it). `family` marks
    what a family's copy may show. `code` is what the Code of Practice says, shown beside the
    questions. `last` puts the section at the end. `key` is the name of its line in the class: the
    program knows a section by it, so the label can be reworded.
    """

    key = ""

    def __init__(self, label, prompt="", see=ROLES, write=ROLES, family=True, code="", last=False):
        super().__init__()
        self.label, self.prompt, self.see, self.write = label, prompt, tuple(see), tuple(write)
        self.family, self.code, self.last = family, code, last

    def __set_name__(self, owner, name):
        self.key = name


class Rows(_Marker):
    """A place in a form for a list of rows; the row class names it in its `belongs_to` line."""

    def __init__(self, label, prompt="", needed=False, blank=4):
        super().__init__()
        self.label, self.prompt, self.needed, self.blank = label, prompt, needed, blank


class Clash(Exception):
    """Somebody else saved this record since it was opened."""


# --- a record
def described(thing):
    """The first paragraph of a class's or function's own description, on one line."""
    paragraph = (inspect.getdoc(thing) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


class Record(Table):
    """Anything we keep. Its questions, in the order of the class body, are the form, the page and
    the paper.
    """

    version = IntegerField(default=1)
    markers = {}
    title = None  # the name on the screen, when the class name in words is not it
    listed = ()  # the columns of the list; the first questions when not given
    searched = ()  # the columns that the search box looks in
    order_by = ("-id",)  # the order of the list
    untold = ()  # columns that the audit trail must not repeat (secrets, copies)
    given = ()  # questions that the program answers, not the person
    many = None  # the name of a list of them, when `plural` does not find it
    locked = False  # whether its words can no longer change

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        own = {name: line for name, line in vars(cls).items() if isinstance(line, _Marker)}
        cls.markers = {**cls.markers, **own}

    # -- what the class says about itself
    @classmethod
    def kind_name(cls):
        """The name of the paper or record in words: `Record of Concern`."""
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in cls.__name__).strip()
        return cls.title or words[:1].upper() + words[1:]

    @classmethod
    def plural(cls):
        """The name of a list of them: `Everyday strategies`, `Pupil Views`."""
        name = cls.kind_name()
        if cls.many or name.endswith("s"):
            return cls.many or name
        return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"

    @classmethod
    @functools.cache
    def slug(cls):
        """The name in an address: `record-of-concern`."""
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in cls.__name__).strip("-")

    @classmethod
    def intro(cls):
        """What the class's own description says of it."""
        return described(cls).partition(": ")[2]

    @classmethod
    @functools.cache
    def questions(cls):
        """Name and field of each question, in the order of the class body."""
        found = [(cls._place(f), f.name, f) for f in cls._meta.sorted_fields if f.verbose_name]
        return [(name, f) for _, name, f in sorted(found, key=lambda row: row[0])]

    @classmethod
    def _place(cls, f):
        """Where a question stands: a reworded question of a parent class keeps the parent's
        place.
        """
        family = [c for c in cls.__mro__ if issubclass(c, Record)]
        return min(c._meta.fields[f.name]._order for c in family if f.name in c._meta.fields)

    @classmethod
    def layout(cls):
        """The sections in printing order: a list of (Section, [(name, question or Rows), ...])."""
        lines = [(cls._place(f), n, f) for n, f in cls.questions()] + [
            (m._order, n, m) for n, m in cls.markers.items()
        ]
        parts, part = [], (Section(""), [])
        for _, name, line in sorted(lines, key=lambda row: row[0]):
            if isinstance(line, Section):
                part = (line, [])
                parts.append(part)
            else:
                if part not in parts:
                    parts.append(part)
                part[1].append((name, line))
        return sorted(parts, key=lambda p: p[0].last)

    @classmethod
    def names_under(cls, key):
        """The names of the questions and groups of rows under the section with this key. Raises
        KeyError.
        """
        for section, lines in cls.layout():
            if section.key == key:
                return [name for name, _ in lines]
        raise KeyError(key)

    @classmethod
    def section_of(cls, name):
        """The Section that a question or group of rows stands under."""
        return cls._sections()[name]

    @classmethod
    @functools.cache
    def _sections(cls):
        return {name: section for section, lines in cls.layout() for name, _ in lines}

    @classmethod
    def groups(cls):
        """The repeating rows of this form: {group name: row class}, in printing order."""
        owners = {f.backref: m for f, m in cls._meta.backrefs.items() if issubclass(m, Row)}
        marks = sorted((m._order, n) for n, m in cls.markers.items() if isinstance(m, Rows))
        return {name: owners[name] for _, name in marks}

    # -- what one record says
    def __str__(self):
        return self.kind_name()

    def pupil_key(self):
        """The id of the pupil whom this record is about, or None."""
        return getattr(self, "pupil_id", None)

    def answer(self, name):
        """The answer to a question in words; empty when there is none."""
        asked, value = self._meta.fields[name], self.__data__.get(name)
        if value is None or value == "":
            return ""
        if isinstance(asked, ForeignKeyField):
            return str(getattr(self, name))
        return say(asked, value)

    def look(self):
        """A short code of all that this record says, rows included: it changes when somebody works
        on it.
        """
        rows = [
            row._said()
            for name, c in self.groups().items()
            for row in (getattr(self, name).order_by(c.id) if self.id else ())
        ]
        return seal_of([self._said(), rows])[1]

    def _said(self):
        asked = {
            n: str(self.__data__.get(n) or "") if isinstance(f, ForeignKeyField) else self.answer(n)
            for n, f in self.questions()
        }
        return {
            n: said for n, said in {**asked, "status": getattr(self, "status", "")}.items() if said
        }

    def missing(self):
        """What must still be answered before this is complete: a list of (question or group,
        sentence).
        """
        gaps = [
            (n, f"Answer “{f.verbose_name}”")
            for n, f in self.questions()
            if f.ask.needed and self._is_needed(f.ask.needed) and not self.answer(n)
        ]
        for group, row_class in self.groups().items():
            rows, mark = list(getattr(self, group)) if self.id else [], self.markers[group]
            if mark.needed and not rows:
                gaps.append((group, f"Add at least one line under “{mark.label}”"))
            for at, row in enumerate(rows):
                gaps += [
                    (f"{group}-{at}-{name}", f"{mark.label}, line {at + 1}: {words}")
                    for name, words in row.missing()
                ]
        return gaps

    @classmethod
    def need_words(cls, asked):
        """When a question is needed, in words: empty, "needed to complete", or on which other
        answer it depends.
        """
        rule = asked.ask.needed
        if not isinstance(rule, str):
            return "needed to complete" if rule else ""
        other, _, wanted = rule.partition("=")
        labels = dict(cls._meta.fields[other].choices or ())
        said = " or ".join(f"“{labels.get(w, w)}”" for w in wanted.split("|") if w)
        return f"needed if {said}"

    def _is_needed(self, rule):
        if rule is True:
            return True
        other, _, wanted = rule.partition("=")
        return (self.__data__.get(other) or "") in wanted.split("|")

    def faults(self):
        """Answers that contradict each other or a rule: a list of (question or group, sentence)."""
        return []

    def tidy(self):
        """Bring answers into the one form in which they are kept (capitals, spaces); called before
        every save.
        """

    def taken(self):
        """Answers that only one record may have, and another one has: a list of (question,
        sentence).
        """
        self.tidy()
        cls, asked = (
            type(self),
            [(n, f) for n, f in self.questions() if f.unique and self.answer(n)],
        )
        others = [
            (n, f)
            for n, f in asked
            if cls.select().where(f == self.__data__[n], cls.id != (self.id or 0)).exists()
        ]
        return [
            (n, f"There is another {self.kind_name()} with this {f.verbose_name}.")
            for n, f in others
        ]

    def save(self, force_insert=False, only=None, reason="", act="change"):
        """Save with an audit row per changed answer, all or nothing; raise Clash if somebody saved
        it since.
        """
        self.tidy()
        with transaction():
            was = (
                None
                if force_insert or not self.id
                else type(self).get_or_none(type(self).id == self.id)
            )
            # it would come back under a number that is gone
            if was is None and self.id and not force_insert:
                raise Clash(
                    f"Somebody else has taken this {self.kind_name()} out since you opened it."
                )
            if was is None:
                super().save(force_insert=True)
                return self._tell("add", None, reason)
            changed = {
                f: self.__data__.get(f.name)
                for f in self._meta.sorted_fields
                if f.name not in ("id", "version")
                and self.__data__.get(f.name) != was.__data__.get(f.name)
            }
            if not changed:
                return 0
            if was.locked:
                raise Clash(
                    f"This {was.kind_name()} is sealed or declined: its words do not change any"
                    " more."
                )
            seen = self.version
            done = (
                type(self)
                .update({**changed, type(self).version: seen + 1})
                .where(type(self).id == self.id, type(self).version == seen)
                .execute()
            )
            if not done:
                raise Clash(f"Somebody else has saved this {self.kind_name()} since you opened it.")
            self.version = seen + 1
            self._dirty.clear()
            return self._tell(act, was, reason)

    def _tell(self, act, was, reason):
        told, changes = dict(self.questions()), [("", "", "", "")] if was is None else []
        for f in self._meta.sorted_fields:
            if f.name in ("id", "version", *self.untold):
                continue
            before, after = (was.answer(f.name) if was else ""), self.answer(f.name)
            if before != after:
                changes.append(
                    (f.name, before, after, self.section_of(f.name).label if f.name in told else "")
                )
        audit_all(act, self, changes, reason)
        return 1

    def touch(self):
        """Count a change of the rows as a change of the record, so that two people cannot overwrite
        each other's rows.
        """
        done = (
            type(self)
            .update(version=self.version + 1)
            .where(type(self).id == self.id, type(self).version == self.version)
            .execute()
        )
        if not done:
            raise Clash(f"Somebody else has saved this {self.kind_name()} since you opened it.")
        self.version += 1

    def remove(self, reason=""):
        """Take the record away (a row of a draft, a mistaken entry); the audit trail keeps what it
        said.
        """
        with transaction():
            for name, asked in self.questions():
                if self.answer(name):
                    audit(
                        "remove",
                        self,
                        name,
                        self.answer(name),
                        "",
                        reason,
                        self.section_of(name).label,
                    )
            audit("remove", self, reason=reason)
            super().delete_instance(recursive=False)


def say(asked, value):
    """A kept value in words, as its question means it."""
    if isinstance(value, datetime.datetime):
        return say_moment(value)
    if isinstance(value, datetime.date):
        return say_day(value)
    if isinstance(value, decimal.Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if asked.choices:
        labels, many = dict(asked.choices), getattr(asked, "ask", Ask()).many
        return (
            "; ".join(labels.get(v, v) for v in value.split("\n"))
            if many
            else labels.get(value, str(value))
        )
    return str(value)


class Row(Record):
    """One line of a list inside a form. It has no life of its own: it is saved, sealed and printed
    with its form.
    """

    @classmethod
    def parent_field(cls):
        """The field that names the form this row belongs to."""
        return next(
            f
            for f in cls._meta.sorted_fields
            if isinstance(f, ForeignKeyField) and not f.verbose_name
        )

    def save(self, *args, **more):
        """Save; a line of a form that is sealed or declined stays as it is."""
        home = self.parent_field()
        owner = (
            home.rel_model.get_or_none(id=self.__data__.get(home.name))
            if home.rel_model.locked is not False
            else None
        )
        if owner is not None and owner.locked:
            raise Clash(
                f"This {owner.kind_name()} is sealed or declined: its words do not change any more."
            )
        return super().save(*args, **more)

    def tips(self):
        """Advice about this row, shown beside it on the form; it never stops anybody."""
        return []

    def parent(self):
        """The form this row belongs to; None for a new row without one."""
        name = self.parent_field().name
        return getattr(self, name) if self.__data__.get(name) or name in self.__rel__ else None

    def pupil_key(self):
        owner = self.parent()
        return owner.pupil_key() if owner else None

    def __str__(self):
        return next(
            (self.answer(n) for n, f in self.questions() if not isinstance(f, ForeignKeyField)), ""
        )


# --- the record as a document, the seal
def document(subject, role=None):
    """A form as plain data, for the page, the paper and the seal: title, purpose, and sections of
    questions in order.

    `subject` is a record, or a record class for a blank form. With `role`, only the sections which
    that role may see.
    """
    blank = isinstance(subject, type)
    parts = [
        _part(subject, section, lines, blank)
        for section, lines in subject.layout()
        if role is None or role in section.see
    ]
    return {"title": subject.kind_name(), "purpose": subject.intro(), "sections": parts}


def _part(subject, section, lines, blank):
    return {
        "key": section.key,
        "label": section.label,
        "prompt": section.prompt,
        "code": section.code,
        "see": list(section.see),
        "family": section.family,
        "lines": [
            _group(subject, n, q, blank) if isinstance(q, Rows) else _line(subject, n, q, blank)
            for n, q in lines
        ],
    }


def _line(subject, name, asked, blank):
    return {
        "name": name,
        "label": asked.verbose_name,
        "prompt": asked.help_text or "",
        "rows": asked.ask.rows,
        "options": [words for _, words in asked.choices or ()],
        "answer": "" if blank else subject.answer(name),
    }


def _group(subject, name, mark, blank):
    row_class = subject.groups()[name]
    asked = row_class.questions()
    rows = [] if blank or not subject.id else list(getattr(subject, name).order_by(row_class.id))
    return {
        "name": name,
        "label": mark.label,
        "prompt": mark.prompt,
        "blank": mark.blank,
        "columns": [
            {"label": f.verbose_name, "options": [w for _, w in f.choices or ()]} for _, f in asked
        ],
        "table": [[row.answer(n) for n, _ in asked] for row in rows],
    }


def seal_of(content):
    """The content as one text, and its check code (SHA-256, hexadecimal)."""
    kept = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return kept, hashlib.sha256(kept.encode()).hexdigest()
