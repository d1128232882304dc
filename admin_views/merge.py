"""How a form is written into its record when somebody else may have it open too: what each of them
changed is merged.

Come here to change what counts as a clash, or how it is told. A form carries `version` and `seen`:
a short code of every answer as it was shown. So the server knows what I changed and what they
changed since. What only one of us changed is taken; what both changed alike is fine; what both
changed differently is a clash: it is shown, and whoever saves again keeps their own.
"""

import decimal
import hashlib
import json
from collections import defaultdict

from peewee import ForeignKeyField, Model

import workflow
from admin_views import forms
from audit import report
from audit.actions import READ_ACTIONS
from audit.log import AuditEntry
from records.dates import say_moment
from records.record import Clash


class Differ(Clash):
    """Both changed the same answer differently; `problems` says which: [(id of the control,
    sentence), ...].
    """

    def __init__(self, words, problems):
        super().__init__(words)
        self.problems = [("", words), *problems]


# --- short codes
def code_of(value):
    """A short code of an answer as it is kept; empty when there is none."""
    if isinstance(value, Model):
        value = value.id
    if isinstance(value, decimal.Decimal):
        value = f"{value.normalize():f}"
    said = (
        "\n".join(sorted(forms.clean(str(value)).split("\n")))
        if value is not None and forms.clean(str(value))
        else ""
    )
    return hashlib.sha256(said.encode()).hexdigest()[:12] if said else ""


def codes_of(record, names):
    """The short code of each of these answers, empty ones left out."""
    return {n: c for n in names if (c := code_of(record.__data__.get(n)))}


def seen(record, form):
    """What the hidden field `seen` holds: the codes of the answers that this form shows, and of
    each row by its number.
    """
    asked = dict(record.questions())
    found = {"": codes_of(record, [f.short_name for f in form if f.short_name in asked])}
    for field_list in forms.lists_of(form):
        found[field_list.short_name] = {
            str(r.id): codes_of(r, dict(r.questions()))
            for r in rows_of(record, field_list.short_name)
        }
    return json.dumps(found, separators=(",", ":"))


def read_seen(form):
    """What `seen` holds, read; nothing when it is not ours: then whatever differs is a clash."""
    try:
        kept = json.loads(form.seen.data or "{}")
    except (ValueError, RecursionError):
        kept = {}
    groups = (
        kept if isinstance(kept, dict) and all(isinstance(v, dict) for v in kept.values()) else {}
    )
    return {
        g: v
        for g, v in groups.items()
        if g == "" or all(isinstance(row, dict) for row in v.values())
    }


def rows_of(record, group):
    """The saved rows of one list, in their order."""
    return (
        list(getattr(record, group).order_by(type(record).groups()[group].id)) if record.id else []
    )


def mine(field, form):
    """The short code of what stands in a box; of a link to another line, the code of that line's
    number.
    """
    if field.process_errors:
        return f"unread {field.raw_data}"
    if not isinstance(field, forms.SiblingField):
        return code_of(forms.answer_of(field))
    entry = entry_at(form, field)
    key = entry and (entry.form.row_id.data or getattr(entry.form, "taken_out", ""))
    return "" if entry is None else code_of(key) or f"new {field.data}"


def entry_at(form, link):
    """The line of the form that a link in another line points to, or None."""
    entries, at = form[link.group].entries, str(link.data or "")
    return (
        entries[int(at)]
        if at.isascii() and at.isdecimal() and len(at) < 5 and int(at) < len(entries)
        else None
    )


def differs(record, form):
    """Whether anything in the form is not what the record says already."""
    asked = dict(record.questions())
    if any(
        mine(f, form) != code_of(record.__data__.get(f.short_name))
        for f in form
        if f.short_name in asked
    ):
        return True
    for field_list in forms.lists_of(form):
        kept = rows_of(record, field_list.short_name)
        lines = [
            e.form for e in field_list.entries if not (e.form.gone.data or forms.is_empty(e.form))
        ]
        typed = [tuple(mine(f, form) for f in line_boxes(line)) for line in lines]
        if sorted(typed) != sorted(
            tuple(code_of(r.__data__.get(n)) for n, _ in r.questions()) for r in kept
        ):
            return True
    return False


def line_boxes(line):
    """The boxes of one line that are questions, in order."""
    return [f for f in line if f.short_name not in ("row_id", "gone")]


# --- merging
class Merge:
    """What two people made of one record, brought together in the form of the one who saves
    last.
    """

    def __init__(self, record, form):
        self.record, self.form, self.was = record, form, read_seen(form)
        self.clashes, self.taken, self.who = [], [], set()  # (id, sentence); labels; names
        asked = dict(record.questions())
        for field in form:
            if field in forms.lists_of(form):
                self.merge_rows(field)
            elif field.short_name in asked:
                was = self.was[""].get(field.short_name, "") if "" in self.was else None
                self.merge_answer(
                    field,
                    record,
                    asked[field.short_name],
                    was,
                    asked[field.short_name].verbose_name,
                )
        for field, data in ((form.version, record.version), (form.seen, seen(record, form))):
            field.raw_data, field.data = None, data

    def told(self):
        """Whose changes were taken over, in one sentence; empty when there was nothing to take."""
        names = " and ".join(sorted(self.who)) or "Somebody else"
        shown = ", ".join(f"“{label}”" for label in dict.fromkeys(self.taken))
        return (
            f"{names} saved this {self.record.kind_name()} meanwhile; taken over from there:"
            f" {shown}."
            if shown
            else ""
        )

    def merge_answer(self, field, theirs, asked, was, label):
        """One answer: take theirs over, keep mine, or note the clash. `was` is the code that was
        shown, None when that is not known.
        """
        ours, saved = mine(field, self.form), code_of(theirs.__data__.get(asked.name))
        if ours == saved or saved == was:
            return
        who, when = last_word(theirs, asked.name)
        if ours == was:
            self.take(field, theirs, asked)
            self.taken.append(label)
            self.who |= {who} - {""}
        else:
            said = f"now says: {theirs.answer(asked.name)}" if saved else "is now empty"
            by = f" ({who}, {when})" if who else ""
            self.clashes.append((field.id, f"“{label}” {said}{by}. Yours is still in the box."))

    def take(self, field, theirs, asked):
        """Put their answer into the box."""
        value = (
            getattr(theirs, asked.name)
            if isinstance(asked, ForeignKeyField)
            else theirs.__data__.get(asked.name)
        )
        if isinstance(field, forms.SiblingField):
            numbers = {
                str(e.form.row_id.data): str(i)
                for i, e in enumerate(self.form[field.group].entries)
            }
            value = numbers.get(str(theirs.__data__.get(asked.name)), "")
        field.process_data(value)
        field.raw_data, field.process_errors = None, []

    def merge_rows(self, field_list):
        """The lines of one list: those that either added stay; one that they took out goes unless I
        changed it.
        """
        group, label = field_list.short_name, field_list.label.text
        saved, was = {str(r.id): r for r in rows_of(self.record, group)}, self.was.get(group, {})
        known = {str(e.form.row_id.data) for e in field_list.entries} | set(was)
        out = self.taken_out(group, was)
        for number, entry in enumerate(list(field_list.entries), 1):
            key = str(entry.form.row_id.data or "")
            if key in saved:
                self.merge_row(entry.form, saved[key], was.get(key), f"{label}, line {number}")
            elif key in was:
                self.row_is_gone(
                    entry.form, was[key], out.get(key, ("", "")), f"{label}, line {number}"
                )
            if not entry.form.gone.data:
                self.look_where_it_points(entry.form, f"{label}, line {number}")
        new_lines = self.new_lines(field_list)
        for row in [r for key, r in saved.items() if key not in known]:
            self.add_row(field_list, row, label, new_lines)

    def new_lines(self, field_list):
        """The lines of a list that I have added, by the short codes of what stands in them; each is
        read once.
        """
        found = defaultdict(list)
        for entry in field_list.entries:
            if not entry.form.row_id.data and not entry.form.gone.data:
                found[tuple(mine(f, self.form) for f in line_boxes(entry.form))].append(entry.form)
        return found

    def merge_row(self, line, row, was, label):
        """One line that both have."""
        asked = dict(row.questions())
        if line.gone.data:
            if was is None or codes_of(row, asked) != was:
                who, when = last_word(row)
                said = (
                    f"{label}: you took it out, but {who or 'somebody'} has changed it ({when}):"
                    f" {say_row(row)}."
                )
                self.clashes.append(
                    (line.gone.id, f"{said} Save again to take it out all the same.")
                )
                self.show(line, row)
            return
        for field in line_boxes(line):
            name = field.short_name
            self.merge_answer(
                field,
                row,
                asked[name],
                None if was is None else was.get(name, ""),
                f"{label}: {asked[name].verbose_name}",
            )

    def show(self, line, row):
        """Put the whole of their line into mine, which is ticked to go."""
        asked = dict(row.questions())
        for field in line_boxes(line):
            self.take(field, row, asked[field.short_name])

    def row_is_gone(self, line, was, by, label):
        """One line that they took out: it goes here too, unless I changed it. Untick it to have it
        as a new line.
        """
        changed = [f for f in line_boxes(line) if mine(f, self.form) != was.get(f.short_name, "")]
        line.taken_out, line.row_id.raw_data, line.row_id.data = line.row_id.data, None, ""
        who, when = by
        if changed and not line.gone.data:
            said = f"{label}: {who or 'somebody'} has taken it out ({when}), but you changed it."
            self.clashes.append(
                (
                    changed[0].id,
                    f"{said} Save again to keep it as a new line, or tick “Remove this line”.",
                )
            )
            return
        if not line.gone.data:
            line.gone.data = True
            self.taken.append(f"{label}: taken out")
            self.who |= {who} - {""}

    def look_where_it_points(self, line, label):
        """A link that I made must not be lost because they took out the line that it points to."""
        for field in line_boxes(line):
            target = entry_at(self.form, field) if isinstance(field, forms.SiblingField) else None
            if target is not None and target.form.gone.data and hasattr(target.form, "taken_out"):
                said = (
                    f"{label}: {field.label.text} The line that you chose was taken out meanwhile;"
                    " choose again."
                )
                self.clashes.append((field.id, said))

    def add_row(self, field_list, row, label, new_lines):
        """A line that they added, shown and kept after mine; one that is the same as a new line of
        mine is that line.
        """
        codes = tuple(code_of(row.__data__.get(name)) for name, _ in row.questions())
        twins = new_lines.get(codes)
        if twins:
            twin = twins.pop(0)
            twin.row_id.raw_data, twin.row_id.data = None, str(row.id)
            return
        if len(field_list.entries) < forms.MOST_LINES:
            entry = field_list.append_entry({"row_id": str(row.id)})
            self.show(entry.form, row)
        self.taken.append(f"{label}: a new line")
        self.who |= {last_word(row)[0]} - {""}

    def taken_out(self, group, was):
        """Who took out the lines of this child's form that were shown and are gone: {number: (who,
        when)}.
        """
        kind = type(self.record).groups()[group]
        asked = {str(entry.form.row_id.data) for entry in self.form[group].entries} & set(was)
        gone = AuditEntry.select().where(
            AuditEntry.record == kind.__name__,
            AuditEntry.act == "remove",
            AuditEntry.record_id.in_([forms.key_of(number) for number in asked]),
            AuditEntry.pupil_id == self.record.pupil_key(),
        )
        return {str(e.record_id): (e.who, say_moment(e.at)) for e in gone}


def last_word(record, question=None):
    """Who last changed a record, or one answer of it, and when, by the audit trail; empty when it
    does not say.
    """
    found = AuditEntry.select().where(
        report.is_about(record), AuditEntry.act.not_in((*READ_ACTIONS, "refused"))
    )
    about = found.where(AuditEntry.question.in_((question, ""))) if question else found
    last = about.order_by(AuditEntry.id.desc()).first()
    return (last.who, say_moment(last.at)) if last else ("", "")


def say_row(row):
    """The answers of a line in words, on one line."""
    return (
        "; ".join(f"{f.verbose_name} {row.answer(n)}" for n, f in row.questions() if row.answer(n))
        or "nothing in it"
    )


# --- writing
def store(record, form):
    """Write the form into the record and its rows, merged with what was saved since the form was
    opened.

    Returns the sentence that says what was taken over from somebody else. Raises Differ when both
    changed the same answer, Clash when the paper was sealed meanwhile. Call it inside `transaction()`.
    """
    told = ""
    if record.id:
        take_up(record)
        if record.locked:
            raise Clash(sealed_words(record))
        if str(record.version) != str(form.version.data):
            told = merged(record, form)
    asked = dict(record.questions())
    for field in form:
        if field.short_name in asked:
            setattr(record, field.short_name, forms.answer_of(field))
    if record.unique_errors():
        raise workflow.Invalid(record.unique_errors())
    saved_at = record.version
    record.save()
    made, touched, gone = {}, False, []
    for field_list in forms.lists_of(form):
        touched |= store_rows(record, field_list, made, gone)
    for row in reversed(gone):
        row.remove()
    if (touched or gone) and record.version == saved_at:
        record.touch()
    return told


def take_up(record):
    """Read again what is saved, but for what was set on purpose since (the file of a document)."""
    record.__data__.update(
        {
            n: v
            for n, v in type(record).get_by_id(record.id).__data__.items()
            if n not in record._dirty
        }
    )


def merged(record, form):
    """Merge the form with what was saved since; what was taken over, in words. Raises Differ when
    there is a clash.
    """
    found = Merge(record, form)
    if found.clashes:
        raise Differ(
            f"Somebody else has saved this {record.kind_name()} since you opened it. What you typed"
            " is still here, and nothing is saved yet. Compare, then save again to keep yours.",
            [*found.clashes, *[("", words) for words in [found.told()] if words]],
        )
    return found.told()


def catch_up(record, form):
    """Merge what was typed some time ago with what is saved now; the clashes, for the page. What
    was taken over is said as well.
    """
    if not record.id or str(record.version) == str(form.version.data):
        return []
    try:
        told = merged(record, form)
    except Differ as clash:
        return clash.problems
    return [("", told)] if told else []


def sealed_words(record):
    """Why a paper does not change any more, and what to do."""
    by = f" by {record.sealed_by}, {say_moment(record.sealed_at)}" if record.sealed_by else ""
    return (
        f"Nothing was saved: this {record.kind_name()} is {record.answer('status').lower()}{by}, so"
        " its words do not change any more. What you typed is kept: open the paper and make a new"
        " version of it."
    )


def store_rows(record, field_list, made, gone):
    """Write one list of rows; `made` maps (list, number) to the row saved. Returns whether anything
    changed.
    """
    group, row_class = field_list.short_name, type(record).groups()[field_list.short_name]
    kept = {str(r.id): r for r in getattr(record, group)}
    touched = False
    for number, entry in enumerate(field_list.entries):
        row = kept.get(str(entry.form.row_id.data or "")) or row_class(
            **{row_class.parent_field().name: record}
        )
        if entry.form.gone.data or forms.is_empty(entry.form):
            if row.id:
                gone.append(row)
            continue
        asked = dict(row_class.questions())
        for field in entry.form:
            if field.short_name in asked:
                link = isinstance(field, forms.SiblingField)
                setattr(
                    row,
                    field.short_name,
                    made.get((field.group, field.data)) if link else forms.answer_of(field),
                )
        touched |= bool(row.save())
        made[group, str(number)] = row
    return touched
