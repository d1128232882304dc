"""What every record can do: it knows its questions, saves itself with its audit rows in one
transaction, and says itself in words (`answer`, `document`).

Come here to change what *all* records do.
"""

import functools
import hashlib
import inspect
import json
import re

from peewee import ForeignKeyField, IntegerField

from audit.log import audit_all, transaction
from records import vague_words
from records.dates import short_day
from records.query import Table, among, preload, rows_of
from records.questions import Drawn, Marker, Rows, Section, fault, say


class Clash(Exception):
    """Somebody else saved this record since it was opened, or its words are sealed."""


def described(thing):
    """The first paragraph of a class's or function's own description, on one line."""
    paragraph = (inspect.getdoc(thing) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def record_key(record):
    """How a record of any kind is named, such as MyPlan-7."""
    return f"{type(record).__name__}-{record.id}"


class Record(Table):
    """Anything we keep; its questions, in the order of the class body, are form, page and paper."""

    version = IntegerField(default=1)
    markers = {}
    named_by = ""  # the question whose answer tells one from the others
    many = None  # the name of a list of them, when `plural` does not find it
    begin_words = None  # of the link that begins one, when "Start ..." is not it
    listed = ()  # the columns of the list; the first questions when not given
    searched = ()  # the columns that the search box looks in
    order_by = ("-id",)  # the order of the list
    sort_keys = {}  # columns of the list that another column sorts: {shown: kept}
    audit_exclude = ()  # columns that the audit trail must not repeat (secrets, copies)
    signed_by = ()  # who signs it on paper
    by_family = False  # whether the family or the child writes it
    readonly = ()  # questions that the program answers, not the person
    for_next = ()  # whose answers stand in the next new one after “Save and add another”
    locked = False  # whether its words can no longer change

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        cls.markers = dict(cls.markers)
        for name, line in vars(cls).items():
            if isinstance(line, Marker):
                cls.markers[name] = line

    # -- what the class says about itself
    @classmethod
    def list_columns(cls):
        return cls.listed or list(dict(cls.questions()))[:5]

    @classmethod
    @functools.cache
    def kind_name(cls):
        """Its name on the screen, with which its description begins."""
        return described(cls).partition(": ")[0]

    @classmethod
    def plural(cls):
        if cls.many:
            return cls.many
        name, bracket, of = cls.kind_name().partition(" (")
        if name.endswith("y"):
            name = f"{name[:-1]}ies"
        elif not name.endswith("s"):
            name = f"{name}s"
        return f"{name}{bracket}{of}"

    @classmethod
    @functools.cache
    def slug(cls):
        return re.sub("([A-Z])", r"-\1", cls.__name__).strip("-").lower()

    @classmethod
    def intro(cls):
        return described(cls).partition(": ")[2]

    @classmethod
    @functools.cache
    def questions(cls):
        asked = [field for field in cls._meta.sorted_fields if field.verbose_name]
        return [(field.name, field) for field in sorted(asked, key=cls._place)]

    @classmethod
    def _place(cls, line):
        """Where a line stands: a reworded question of a parent class keeps the parent's place."""
        if isinstance(line, Marker):
            return line._order
        orders = []
        for parent in cls.__mro__:
            if issubclass(parent, Record) and line.name in parent._meta.fields:
                orders.append(parent._meta.fields[line.name]._order)
        return min(orders)

    @classmethod
    def layout(cls):
        """The sections in printing order: [(Section, [(name, question or Rows), ...]), ...]."""
        parts = []
        lines = [*cls.questions(), *cls.markers.items()]
        for name, line in sorted(lines, key=lambda pair: cls._place(pair[1])):
            if isinstance(line, Section):
                parts.append((line, []))
                continue
            if not parts:
                parts.append((Section(""), []))
            parts[-1][1].append((name, line))
        return sorted(parts, key=lambda part: part[0].last)

    @classmethod
    def label_of(cls, name):
        return cls._meta.fields[name].verbose_name

    @classmethod
    def names_under(cls, key):
        found = [name for name, section in cls._sections().items() if section.key == key]
        if not found:
            raise KeyError(key)
        return found

    @classmethod
    def section_of(cls, name):
        return cls._sections()[name]

    @classmethod
    @functools.cache
    def _sections(cls):
        found = {}
        for section, lines in cls.layout():
            for name, _ in lines:
                found[name] = section
        return found

    @classmethod
    def groups(cls):
        """The repeating rows of this form: {group name: row class}, in printing order."""
        owners = {field.backref: owner for field, owner in cls._meta.backrefs.items()}
        found = {}
        lines = sorted(cls.markers.items(), key=lambda pair: pair[1]._order)
        for name, line in lines:
            if isinstance(line, Rows):
                found[name] = owners[name]
        return found

    @classmethod
    def columns_of(cls, name):
        """What each line says of a list of rows; of a `Drawn` place also whose row it is, and
        nothing that is kept for the school only: [(name, question)].
        """
        mark = cls.markers[name]
        if isinstance(mark, Rows):
            return cls.groups()[name].questions()
        found = []
        if issubclass(mark.kind, Row):
            home = mark.kind.parent_field()
            found.append((home.name, home))
        for column, asked in mark.kind.questions():
            if column != "pupil" and mark.kind.section_of(column).family:
                found.append((column, asked))
        return found

    # -- what one record says
    def __str__(self):
        words = getattr(self, self.named_by) if self.named_by else ""
        return words or self.kind_name()

    def pupil_key(self):
        return getattr(self, "pupil_id", None)

    def answer(self, name):
        asked = self._meta.fields[name]
        value = self.__data__.get(name)
        if value is None or value == "":
            return ""
        linked = self.leads_to(name)
        if linked is not None:
            return str(linked)
        return say(asked, value)

    def leads_to(self, name):
        """The record that the answer to a question names, or None."""
        if isinstance(self._meta.fields.get(name), ForeignKeyField):
            return getattr(self, name)

    @classmethod
    def kinds_named(cls, name):
        """The kinds of record that the answers to a question can name."""
        field = cls._meta.fields[name]
        return [field.rel_model] if isinstance(field, ForeignKeyField) else []

    def hides(self, name, role):
        """Whether a role may not read what the answer to a question names."""
        return False

    def rows(self, group):
        if not self.id:
            return []
        kept = getattr(self, group)
        if isinstance(kept, list):  # fetched with those of other records
            return kept
        return list(kept.order_by(self.groups()[group].id))

    def drawn(self, name):
        """What is kept about the same child and shown at a `Drawn` line; nothing that is not for
        disclosure, unless this form is not either.
        """
        kind = self.markers[name].kind
        if not self.pupil_key():
            return []
        kept = kind.select().where(kind.about(self.pupil_key())).order_by(kind.id)
        return [one for one in kept if not one.is_withheld() or self.is_withheld()]

    def is_withheld(self):
        return getattr(self, "withhold", "") == "Yes"

    def content_hash(self):
        rows = []
        for group in self.groups():
            for row in self.rows(group):
                rows.append(row._answers())
        return seal_of([self._answers(), rows])[1]

    def _answers(self):
        answers = {"status": getattr(self, "status", "")}
        for name, asked in self.questions():
            if isinstance(asked, ForeignKeyField):
                answers[name] = str(self.__data__.get(name) or "")
            else:
                answers[name] = self.answer(name)
        return {name: said for name, said in answers.items() if said}

    def tips(self):
        """Advice about the answers, shown beside them on the form; it never stops anybody."""
        found = []
        for name, asked in self.questions():
            if asked.ask.exact:
                found += vague_words.tips_on(self.answer(name))
        return list(dict.fromkeys(found))

    def missing(self):
        """What must be answered before this is complete: [(question or group, sentence)]."""
        gaps = []
        for name, asked in self.questions():
            if self._is_needed(asked.ask.needed) and not self.answer(name):
                gaps.append((name, f"Answer “{asked.verbose_name}”"))
        for group in self.groups():
            mark = self.markers[group]
            rows = self.rows(group)
            if mark.needed and not rows:
                gaps.append((group, f"Add at least one line under “{mark.label}”"))
            for place, row in enumerate(rows):
                for name, words in row.missing():
                    line = f"{mark.label}, line {place + 1}: {words}"
                    gaps.append((f"{group}-{place}-{name}", line))
        for name, mark in self.markers.items():
            if isinstance(mark, Drawn) and mark.needed and not self.drawn(name):
                gaps.append((name, f"There is none yet under “{mark.label}”; add one."))
        return gaps

    @classmethod
    def need_words(cls, asked):
        """When a question is needed, in words; empty when it is not."""
        rule = asked.ask.needed
        if not isinstance(rule, str):
            return "needed to complete" if rule else ""
        other, _, wanted = rule.partition("=")
        labels = dict(cls._meta.fields[other].choices or ())
        codes = filter(None, wanted.split("|"))
        said = " or ".join(f"“{labels.get(code, code)}”" for code in codes)
        return f"needed if {said}"

    def _is_needed(self, rule):
        if not isinstance(rule, str):
            return rule
        other, _, wanted = rule.partition("=")
        return (self.__data__.get(other) or "") in wanted.split("|")

    def errors(self):
        """Answers that cannot be true, or contradict each other or a rule: a list of (question or
        group, sentence).
        """
        found = self._faults()
        for group in self.groups():
            label = self.markers[group].label
            for place, row in enumerate(self.rows(group)):
                for name, words in row.errors():
                    found.append((f"{group}-{place}-{name}", f"{label}, line {place + 1}: {words}"))
        return found

    def born(self):
        """The date of birth of the child whom this is about, or None for what is about no child."""

    def _faults(self):
        born = self.born()
        found = []
        for name, asked in self.questions():
            value = self.__data__.get(name)
            words = fault(asked, value, born) or self._too_late(asked, value)
            if words:
                found.append((name, words))
        return found

    def _too_late(self, asked, value):
        for name in asked.ask.before.split():
            later = self.__data__.get(name)
            if value and later and value > later:
                return (
                    f"“{asked.verbose_name}” ({short_day(value)}) is after “{self.label_of(name)}”"
                    f" ({short_day(later)}); check both."
                )

    def clean(self):
        """Bring answers into the one form in which they are kept; called before every save."""

    def unique_errors(self):
        self.clean()
        cls = type(self)
        found = []
        for name, asked in self.questions():
            if asked.unique and self.answer(name):
                others = cls.select().where(cls.id != (self.id or 0))
                if others.where(asked == self.__data__[name]).exists():
                    words = f"There is another {self.kind_name()} with this {asked.verbose_name}."
                    found.append((name, words))
        return found

    # -- saving
    def save(self, force_insert=False, reason="", act="change"):
        """Save with an audit row per changed answer; raise Clash if somebody saved it since."""
        self.clean()
        with transaction():
            if force_insert or not self.id:
                super().save(force_insert=True)
                return self.audit_changes("add", None, reason)
            was = type(self).get_or_none(id=self.id)
            # it would come back under a number that is gone
            if was is None:
                name = self.kind_name()
                raise Clash(f"Somebody else has taken this {name} out since you opened it.")
            changed = {}
            for name, value in self.__data__.items():
                if name not in ("id", "version") and value != was.__data__.get(name):
                    changed[self._meta.fields[name]] = value
            if not changed:
                return 0
            if was.locked:
                raise Clash(was.sealed_words())
            self._update(changed)
            self._dirty.clear()
            return self.audit_changes(act, was, reason)

    def touch(self):
        """Count a change of the rows as a change of the record."""
        self._update({})

    def _update(self, changed):
        cls = type(self)
        fresh = cls.update({**changed, cls.version: self.version + 1})
        fresh = fresh.where(cls.id == self.id, cls.version == self.version)
        if not fresh.execute():
            raise Clash(f"Somebody else has saved this {self.kind_name()} since you opened it.")
        self.version += 1

    def sealed_words(self):
        return f"This {self.kind_name()} is sealed or declined: its words do not change any more."

    def audit_changes(self, act, was, reason):
        asked = dict(self.questions())
        changes = []
        if was is None:
            changes.append(("", "", "", ""))
        for name in self._meta.sorted_field_names:
            if name in ("id", "version", *self.audit_exclude):
                continue
            before = was.answer(name) if was else ""
            after = self.answer(name)
            if before != after:
                section = ""
                if name in asked:
                    section = self.section_of(name).label
                changes.append((name, before, after, section))
        audit_all(act, self, changes, reason)
        return 1

    def remove(self, reason=""):
        """Take the record away; the audit trail keeps what it said."""
        changes = []
        for name, _ in self.questions():
            if self.answer(name):
                section = self.section_of(name).label
                changes.append((name, self.answer(name), "", section))
        with transaction():
            audit_all("remove", self, [*changes, ("", "", "", "")], reason)
            super().delete_instance(recursive=False)


class Row(Record):
    """One line of a list inside a form: it is saved, sealed and printed with its form."""

    @classmethod
    def parent_field(cls):
        for field in cls._meta.sorted_fields:
            if isinstance(field, ForeignKeyField) and not field.verbose_name:
                return field
        raise KeyError(cls.__name__)

    def save(self, *args, **more):
        """Save; a line of a form that is sealed or declined stays as it is."""
        home = self.parent_field()
        # read afresh, for it may have been sealed since; only some kinds of form can be locked
        if home.rel_model.locked is not False:
            owner = home.rel_model.get_or_none(id=self.__data__.get(home.name))
            if owner is not None and owner.locked:
                raise Clash(owner.sealed_words())
        return super().save(*args, **more)

    @classmethod
    def about(cls, pupil):
        """The condition that a row is about a pupil."""
        home = cls.parent_field()
        owner = home.rel_model
        return home.in_(owner.select(owner.id).where(owner.about(pupil)))

    def is_withheld(self):
        return self.parent().is_withheld()

    def parent(self):
        name = self.parent_field().name
        if self.__data__.get(name) or name in self.__rel__:
            return getattr(self, name)

    def pupil_key(self):
        owner = self.parent()
        return owner.pupil_key() if owner else None

    def born(self):
        owner = self.parent()
        return owner.born() if owner else None

    def __str__(self):
        for name, asked in self.questions():
            if not isinstance(asked, ForeignKeyField):
                return self.answer(name)
        return ""


def fetch_rows(records):
    """Fetch the lines of records of any kind, all in one statement, so that `rows` asks no more."""
    keys = {}
    for record in records:
        keys.setdefault(type(record), []).append(record.id)
    queries = []
    for cls, numbers in keys.items():
        for row_class in cls.groups().values():
            queries.append(row_class.select().where(among(row_class.parent_field(), numbers)))
    found = rows_of(queries)
    for record in records:
        for group, row_class in record.groups().items():
            home = row_class.parent_field().name
            mine = [row for row in found[row_class] if row.__data__[home] == record.id]
            for row in mine:
                setattr(row, home, record)
            setattr(record, group, mine)


# --- the record as a document, the seal
OF_A_SECTION = ("key", "label", "prompt", "code", "family")


def document(subject, role=None):
    """A form as plain data for page, paper and seal; `subject` may be a class, for a blank."""
    parts = []
    for section, lines in subject.layout():
        if role is not None and role not in section.see:
            continue
        shown = []
        for name, line in lines:
            if isinstance(subject, type) or role is None or not subject.hides(name, role):
                shown.append(_line_data(subject, name, line))
        part = {name: getattr(section, name) for name in OF_A_SECTION}
        parts.append({**part, "see": list(section.see), "lines": shown})
    return {"title": subject.kind_name(), "purpose": subject.intro(), "sections": parts}


def _line_data(subject, name, line):
    if not isinstance(line, Marker):
        return _question_data(subject, name, line)
    rows = []
    if not isinstance(subject, type):
        rows = subject.rows(name) if isinstance(line, Rows) else subject.drawn(name)
    columns = subject.columns_of(name)
    if rows:
        preload(type(rows[0]), rows, dict(columns))
    return _table_data(name, line, columns, rows)


def _question_data(subject, name, asked):
    return {
        "name": name,
        "label": asked.verbose_name,
        "prompt": asked.help_text or "",
        "rows": asked.ask.rows,
        "options": [words for _, words in asked.choices or ()],
        "answer": "" if isinstance(subject, type) else subject.answer(name),
    }


def _table_data(name, mark, asked, rows):
    columns = []
    for _, field in asked:
        options = [words for _, words in field.choices or ()]
        label = field.verbose_name or field.rel_model.kind_name()
        columns.append({"label": label, "options": options})
    table = []
    for row in rows:
        table.append([row.answer(question) for question, _ in asked])
    return {
        "name": name,
        "label": mark.label,
        "prompt": mark.prompt,
        "blank": mark.blank,
        "columns": columns,
        "table": table,
    }


def seal_of(content):
    """The content as one text, and its check code (SHA-256, hexadecimal)."""
    kept = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return kept, hashlib.sha256(kept.encode()).hexdigest()
