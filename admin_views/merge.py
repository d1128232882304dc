"""Two people at one form: both versions are compared, answer by answer, and whoever saves last
chooses.

Come here to change what counts as a difference, or how it is told. A form carries `version`, and
`seen`: a hash of each answer as it was shown. A line of a list is compared as a whole. What only I
changed is saved and what only they changed stays; where both changed, nothing is saved until I have
seen both versions (clash.html) and chosen: `keep.NAME` is "mine" or "theirs".
"""

import decimal
import hashlib
import json
from dataclasses import dataclass

from peewee import Model
from wtforms import FieldList

import workflow
from admin_views import forms
from audit.log import NO_CHANGE, AuditEntry
from models import MergedPupil
from records.dates import say_moment
from records.record import Clash

NOT_CARRIED = ("csrf_token", "press", "do", "more", "shown", "waits", "waits_name")


@dataclass(frozen=True)
class Difference:
    """One answer, or one line, that somebody else has changed since the form was opened."""

    key: str  # the question, or the list and the number of the line
    label: str
    mine: list  # [(question, words), ...]; empty: nothing is written, or I took the line out
    theirs: list
    who: str  # empty when the audit log does not say
    when: str
    both: bool  # I have changed it too
    keep: str  # which version is chosen: "mine" or "theirs"

    @property
    def is_line(self):
        return "/" in self.key


class Differ(Exception):
    """Both changed the same answer: somebody must choose before anything is saved."""

    def __init__(self, differences):
        super().__init__("Somebody else has changed the same answers.")
        self.differences = differences


# --- comparing
def hash_of(value):
    """A short hash of an answer as it is kept; empty when there is none."""
    if isinstance(value, Model):
        value = value.id
    if isinstance(value, decimal.Decimal):
        value = f"{value.normalize():f}"
    words = forms.clean(str(value)) if value is not None else None
    if not words:
        return ""
    words = "\n".join(sorted(words.split("\n")))
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def line_name(group, number, line):
    """How a line is known: by its number in the database, a new one by its place in the form."""
    return f"{group}/{line.row_id.data or f'new-{number}'}"


def answers_of(form, twins=()):
    """The boxes of each answer or written line: {key: [box, ...]}; none of a line taken out."""
    twins = dict(twins)
    found = {}
    for field in form:
        if not isinstance(field, FieldList) and field.short_name not in forms.CARRIED:
            found[field.short_name] = [field]
    for group, number, line in forms.lines_of(form):
        if not forms.is_empty(line):
            key = line_name(group, number, line)
            boxes = [] if line.gone.data else forms.boxes_of(line)
            found[twins.get(key, key)] = boxes
    return found


def answer_hash(box, form, twins):
    if box.process_errors:
        return f"unread {box.raw_data}"
    if not isinstance(box, forms.SiblingField):
        return hash_of(forms.answer_of(box))
    target = target_of(box, form)
    key = line_name(*target) if target else ""
    return twins.get(key, key)


def target_of(link, form):
    """The line that a link leads to: (list, number, line), or None."""
    entries = form[link.group].entries
    number = forms.key_of(link.data) if link.data else len(entries)
    if number >= len(entries):
        return None
    return link.group, number, entries[number].form


def hashes_of(form, twins=()):
    """{key: hash} of each answer of a form, empty for a line that is taken out."""
    twins = dict(twins)
    found = {}
    for key, boxes in answers_of(form, twins).items():
        hashes = [answer_hash(box, form, twins) for box in boxes]
        if "/" in key:
            found[key] = hash_of(str(hashes)) if boxes else ""
        else:
            found[key] = hashes[0]
    return found


def twins_of(form, theirs):
    """My new lines that somebody has saved already: {my key: key of the saved line}."""
    mine = answers_of(form)
    free = {}
    twins = {}
    for group, number, line in forms.lines_of(theirs):
        key = line_name(group, number, line)
        if key not in mine:
            free.setdefault((group, words_hash(line)), []).append(key)
    for group, number, line in forms.lines_of(form):
        same = free.get((group, words_hash(line)))
        if same and not line.row_id.data:
            twins[line_name(group, number, line)] = same.pop(0)
    return twins


def words_hash(line):
    hashes = []
    for box in forms.boxes_of(line):
        if not isinstance(box, forms.SiblingField):
            hashes.append(hash_of(forms.answer_of(box)))
    return str(hashes)


def saved_form(record, form):
    """The same form as somebody would see it who opens it now."""
    return type(form)(formdata=None, data=forms.values_of(record))


def hashes_seen(form):
    """What the hidden box `seen` holds: the hash of each answer as the form shows it."""
    return json.dumps(hashes_of(form), separators=(",", ":"))


def read_seen(form):
    """The hashes of what was shown; None when they are not ours: then all that differs is asked."""
    try:
        found = json.loads(form.seen.data or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def differs(record, form):
    """Whether anything in the form is not what the record says already."""
    theirs = saved_form(record, form)
    saved = hashes_of(theirs)
    mine = hashes_of(form, twins_of(form, theirs))
    return any(code != saved.get(key, "") for key, code in mine.items())


def is_current(record, form):
    return not record.id or str(record.version) == str(form.version.data)


def changed_since(record, form, items):
    """What somebody else has changed since the form was opened, where mine is not the same:
    [Difference, ...]. `items` are the boxes that were sent, with what was chosen.
    """
    if is_current(record, form):
        return []
    theirs = saved_form(record, form)
    twins = twins_of(form, theirs)
    my_boxes = answers_of(form, twins)
    their_boxes = answers_of(theirs)
    saved = hashes_of(theirs)
    was = read_seen(form)
    found = []
    for key, mine in hashes_of(form, twins).items():
        there = saved.get(key, "")
        if mine == there or was is not None and there == was.get(key, ""):
            continue
        both = was is None or mine != was.get(key, "")
        keep = items.get(f"keep.{key}")
        if keep not in ("mine", "theirs"):
            keep = "mine" if both else "theirs"
        my_words = words_in_boxes(record, key, my_boxes[key], form)
        their_words = words_in_boxes(record, key, their_boxes.get(key, ()), theirs)
        who, when = last_word(*home_of(record, key))
        label = heading_of(record, key)
        found.append(Difference(key, label, my_words, their_words, who, when, both, keep))
    return found


# --- telling
def heading_of(record, key):
    group = key.partition("/")[0]
    if "/" in key:
        return type(record).markers[group].label
    return record.label_of(key)


def words_in_boxes(record, key, boxes, form):
    """What stands in boxes: [(question, words), ...], without the empty ones."""
    model = type(record)
    found = []
    if "/" in key:
        model = model.groups()[key.partition("/")[0]]
    for box in boxes:
        value = forms.answer_of(box)
        if box.process_errors:
            words = " ".join(box.raw_data)
        elif isinstance(box, forms.SiblingField):
            target = target_of(box, form)
            words = forms.first_words(target[2]) if target else ""
        else:
            words = model(**{box.short_name: value}).answer(box.short_name)
        if words:
            found.append((box.label.text, words))
    return found


def home_of(record, key):
    """Where the audit log has an answer or a line: (record class, number, pupil, question)."""
    group, _, number = key.partition("/")
    if number:
        return type(record).groups()[group], forms.key_of(number), record.pupil_key(), ""
    return type(record), record.id, record.pupil_key(), key


def last_word(record_class, key, pupil, question):
    """Who last changed a record, or one answer of it, and when, by the audit log; empty when it
    does not say. Only of the same child: the key may be made up.
    """
    entries = AuditEntry.select().where(
        AuditEntry.record == record_class.__name__,
        AuditEntry.record_id == key,
        AuditEntry.pupil_id.in_(MergedPupil.numbers_of(pupil)),
        AuditEntry.act.not_in(NO_CHANGE),
    )
    if question:
        entries = entries.where(AuditEntry.question.in_((question, "")))
    last = entries.order_by(AuditEntry.id.desc()).first()
    if last:
        return (last.who, say_moment(last.at))
    return ("", "")


def carried(items):
    found = []
    for name, value in items.items(multi=True):
        if name not in NOT_CARRIED and not name.startswith("keep."):
            found.append((name, value))
    return found


def stay_sentence(record, differences):
    """Whose answers stay that I have not touched; empty when there are none."""
    if not differences:
        return ""
    people = {difference.who for difference in differences} - {""}
    names = " and ".join(sorted(people)) or "Somebody else"
    quoted = [f"“{difference.label}”" for difference in differences]
    labels = ", ".join(dict.fromkeys(quoted))
    return f"{names} saved this {record.kind_name()} meanwhile. What they wrote stays: {labels}."


def sealed_words(record):
    """Why a paper does not change any more, and what to do."""
    by = ""
    if record.sealed_by:
        by = f" by {record.sealed_by}, {say_moment(record.sealed_at)}"
    return (
        f"Nothing was saved: this {record.kind_name()} is {record.answer('status').lower()}{by}, so"
        " its words do not change any more. What you typed is kept: open the paper and make a new"
        " version of it."
    )


# --- writing
def store(record, form, items):
    """Write the form into the record and its rows, but for what is kept of somebody else's version.
    Returns a sentence about what only they changed. Call it inside `transaction()`.

    Raises Differ when somebody must choose, Clash when the paper was sealed meanwhile.
    """
    found = []
    twins = {}
    if record.id:
        read_again(record)
        if record.locked:
            raise Clash(sealed_words(record))
        if not is_current(record, form):
            found = changed_since(record, form, items)
            twins = twins_of(form, saved_form(record, form))
        both = any(difference.both for difference in found)
        if both and items.get("shown") != str(record.version):
            raise Differ(found)
    theirs = set()
    staying = []
    for difference in found:
        if difference.keep == "theirs":
            theirs.add(difference.key)
            if not difference.both:
                staying.append(difference)
    questions = dict(record.questions())
    for field in form:
        if field.short_name in questions and field.short_name not in theirs:
            setattr(record, field.short_name, forms.answer_of(field))
    taken = record.unique_errors()
    if taken:
        raise workflow.Invalid(taken)
    version = record.version
    record.save()
    if store_lines(record, form, theirs, twins) and record.version == version:
        record.touch()
    return stay_sentence(record, staying)


def read_again(record):
    """Read again what is saved, but for what was set on purpose since (the file of a document)."""
    for name, value in type(record).get_by_id(record.id).__data__.items():
        if name not in record._dirty:
            record.__data__[name] = value


def store_lines(record, form, theirs, twins):
    """Write the lines of all lists; whether any has changed."""
    made = {}
    gone = []
    changed = False
    saved = {}
    for group in type(record).groups():
        for row in getattr(record, group):
            saved[f"{group}/{row.id}"] = row
    for group, number, line in forms.lines_of(form):
        key = line_name(group, number, line)
        key = twins.get(key, key)
        row = saved.get(key)
        if key in theirs:
            made[group, str(number)] = row
        elif line.gone.data or forms.is_empty(line):
            if row:
                gone.append(row)
        else:
            row_class = type(record).groups()[group]
            row = row or row_class(**{row_class.parent_field().name: record})
            fill_row(row, line, made)
            changed |= bool(row.save())
            made[group, str(number)] = row
    for row in reversed(gone):
        row.remove()
    return changed or bool(gone)


def fill_row(row, line, made):
    """Put the answers of a line into its row; `made` has the rows that it may link to. Raises
    workflow.Invalid for a link to a line that somebody else has taken out.
    """
    for box in forms.boxes_of(line):
        answer = forms.answer_of(box)
        if isinstance(box, forms.SiblingField):
            target = (box.group, box.data)
            if target in made and made[target] is None:
                words = "The line that you chose was taken out meanwhile; choose again."
                raise workflow.Invalid([(box.id, forms.after_label(box.label.text, words))])
            answer = made.get(target)
        setattr(row, box.short_name, answer)
