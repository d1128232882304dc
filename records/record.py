"""What every record can do: it knows its questions, saves itself with its audit rows in one
transaction, and says itself in words (`answer`, `document`) for the screen, the paper, the
spreadsheet and the seal alike.

Come here to change what *all* records do. It refuses to overwrite somebody else's change.
"""

import functools
import hashlib
import inspect
import json

from peewee import ForeignKeyField, IntegerField

from audit.log import audit, audit_all, transaction
from records.query import Table
from records.questions import Rows, Section, _Marker, say


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
    audit_exclude = ()  # columns that the audit trail must not repeat (secrets, copies)
    readonly = ()  # questions that the program answers, not the person
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

    def content_hash(self):
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

    def errors(self):
        """Answers that contradict each other or a rule: a list of (question or group, sentence)."""
        return []

    def clean(self):
        """Bring answers into the one form in which they are kept (capitals, spaces); called before
        every save.
        """

    def unique_errors(self):
        """Answers that only one record may have, and another one has: a list of (question,
        sentence).
        """
        self.clean()
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
        self.clean()
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
            if f.name in ("id", "version", *self.audit_exclude):
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
