"""From a question to a box on the screen: one control for each kind of question, and the rows of a
form as a list of them.

Come here to change how *all* dates, choices or look-ups behave. Nothing here knows a particular
form.
"""

import decimal
import functools
import re

from flask_wtf import FlaskForm
from peewee import CharField, DateField, DecimalField, Field, ForeignKeyField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from admin_views import searches
from audit import access
from models import (
    BESIDES,
    Pupil,
    PupilRecord,
    kept_about,
    kinds_with_documents,
    may,
    provision_of,
    record_with_key,
)
from records.dates import fixed_day, read_day, say_day
from records.numbers import read_number
from records.questions import Rows, cells_of
from records.record import record_key
from records.telephones import read_telephone
from records.unicode_text import nfc, without_unseen

LONGEST_SOUGHT = 600  # characters of a name that is looked up; no pupil's is longer
MOST_WORDS = 20  # words of it, each of which is looked for
MOST_LINES = 200  # of one list of a form
EMPTY_ROWS = 3  # under those of a table that are filled in
READ_LINES = 1_000  # that are read to be shown again when there are too many
# boxes that carry no answer
CARRIED = ("version", "seen", "filled", "csrf_token", "row_id", "gone")
FEW = 7  # up to so many options are shown as buttons, more as a list to open


def clean(typed):
    """Text as it is kept: one Unicode form, nothing unseen, no stray spaces at the ends."""
    return nfc(without_unseen(typed or "")).strip() or None


def clean_line(typed):
    """Text of one line as it is kept, from a form or a file: single spaces, no line breaks."""
    return " ".join((clean(typed) or "").split()) or None


def after_label(label, words):
    """What is wrong with an answer, after the label of its question."""
    return f"{label} {words}" if label.endswith("?") else f"{label}: {words}"


class TypedField(StringField):
    """A box that shows what was typed, also when it cannot be read, or else what is kept."""

    def _value(self):
        if self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else self.shown()

    def shown(self):
        """What is kept, as it stands in the box."""
        return str(self.data)


class DayField(TypedField):
    """A date typed in any of the ways people write one; shown as 03/07/2026 and echoed in full."""

    def shown(self):
        return f"{self.data:%d/%m/%Y}"

    def process_formdata(self, valuelist):
        self.data = read_day(valuelist[0]) if valuelist else None

    @property
    def echo(self):
        if hasattr(self.data, "year"):
            return say_day(self.data)
        return ""


class NumberField(TypedField):
    """A number of up to two decimal places, typed in any of the ways people write one."""

    def shown(self):
        return f"{decimal.Decimal(self.data).normalize():f}"

    def process_formdata(self, valuelist):
        self.data = read_number(valuelist[0]) if valuelist else None


class TicksField(SelectMultipleField):
    """Several answers, each with its own box to tick; kept one a line."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def process_data(self, value):
        self.data = (value or "").split("\n")

    def pre_validate(self, form):
        allowed = {option.value for option in self.choices}
        if set(self.data or ()) - allowed:
            raise ValidationError("Choose from the answers shown.")

    @property
    def kept(self):
        return "\n".join(dict.fromkeys(filter(None, self.data or ()))) or None


class TableField(StringField):
    """Words that are the rows of a table (`cells_of`); all boxes have the name of the field."""

    def __init__(self, *args, columns, **more):
        super().__init__(*args, **more)
        self.columns = columns

    def process_formdata(self, valuelist):
        lines = []
        for start in range(0, len(valuelist), len(self.columns)):
            lines.append("\t".join(valuelist[start : start + len(self.columns)]).rstrip())
        typed = nfc(without_unseen("\n".join(filter(None, lines))))
        rows = [map(fixed_day, cells) for cells in cells_of(typed)]
        self.data = "\n".join(map("\t".join, rows)) or None

    def rows(self):
        """The rows with a cell for each column, and empty ones to fill in."""
        wide = len(self.columns)
        rows = []
        for cells in cells_of(self.data):
            said = cells[: wide - 1] + [" ".join(cells[wide - 1 :])]
            rows.append((said + [""] * wide)[:wide])
        return rows + [[""] * wide] * EMPTY_ROWS


class LookupField(TypedField):
    """Another record, found by part of its name; of several one is chosen, none guessed."""

    def __init__(self, *args, find=None, **more):
        super().__init__(*args, **more)
        self.find = find
        self.offers = []

    def process_formdata(self, valuelist):
        typed = (valuelist[0] if valuelist else "").strip()
        chosen = valuelist[1] if len(valuelist) > 1 else ""
        if not typed and not chosen:
            self.data = None
            return
        found = self.find(typed, chosen)
        if len(found) == 1:
            self.data = found[0]
            return
        self.offers = found[:20]
        if found:
            raise ValueError("Choose one of these.")
        raise ValueError(f"Nobody here is called “{typed[:60]}”; check the spelling.")


def offered(pairs):
    return [SelectChoice(code, words) for code, words in pairs]


class RecordField(SelectField):
    """A record kept about the same child, chosen from those there are."""

    def __init__(self, *args, user, kind, **more):
        self.user = user
        self.kind = kind
        self.records = ()
        super().__init__(*args, coerce=self.record_of, validate_choice=False, **more)

    def record_of(self, typed):
        return next((one for one in self.records if str(one.id) == str(typed)), None)

    def process_data(self, value):
        self.data = value

    def process_formdata(self, valuelist):
        key = key_of(valuelist[0]) if valuelist else 0
        mine = self.kind.pupil.in_(Pupil.visible_to(self.user).select(Pupil.id))
        self.data = self.kind.get_or_none(self.kind.id == key, mine)

    def offer(self, pupil):
        """Offer what this person may read of the kind about a pupil (or about nobody yet)."""
        if pupil and may(self.user, "r", self.kind):
            kept = self.kind.select().where(self.kind.about(pupil.id))
            self.records = list(kept.order_by(self.kind.id.desc()))
        self.choices = offered(
            [("", ""), *((str(one.id), one.full_name()) for one in self.records)]
        )


class AnyRecordField(SelectField):
    """A record of any kind kept about the same child, to which a document can belong: its key."""

    def __init__(self, *args, user, **more):
        self.user = user
        super().__init__(*args, choices=offered([("", "")]), validate_choice=False, **more)

    def process_formdata(self, valuelist):
        key = valuelist[0] if valuelist else ""
        if key and not self.is_readable(record_with_key(key)):
            raise ValueError("Choose one that is about the same child.")
        self.data = key or None

    def is_readable(self, record):
        if record is None or not may(self.user, "r", record):
            return False
        return Pupil.visible_to(self.user).where(Pupil.id == record.pupil_id).exists()

    def offer(self, pupil):
        """Offer what this person may read about a pupil, by kind, the newest first."""
        if not pupil:
            return
        kinds = [kind for kind in kinds_with_documents() if may(self.user, "r", kind)]
        for kind, records in kept_about(self.user, pupil, kinds).items():
            for one in reversed(records):
                words = one.full_name()
                self.choices.append(SelectChoice(record_key(one), words, optgroup=kind.plural()))


class GivenField(SelectField):
    """A line of provision of the same child, picked from those that the newest plan has."""

    def offer(self, lines):
        names = dict.fromkeys(("", *(row.words for row in lines if row.words), BESIDES))
        names[self.data or ""] = None
        self.choices = offered([(name, name) for name in names])


class SiblingField(SelectField):
    """A row of another list of the same form, named by its number."""

    def __init__(self, *args, group="", **more):
        super().__init__(*args, choices=offered([("", "")]), validate_choice=False, **more)
        self.group = group


def control(asked, user, in_line=False, group=""):
    """The WTForms control of one question for a person; `in_line` when it stands in a line of a
    list, `group` for a link: the list of the form that it chooses from.
    """
    common = {"label": asked.verbose_name, "description": asked.help_text or ""}
    if isinstance(asked, ForeignKeyField):
        if group:
            return SiblingField(group=group, **common)
        if issubclass(asked.rel_model, PupilRecord):
            return RecordField(user=user, kind=asked.rel_model, **common)
        return LookupField(find=functools.partial(find_pupils, user), **common)
    if asked.ask.any_record:
        return AnyRecordField(user=user, **common)
    if asked.ask.many:
        return TicksField(choices=offered(asked.choices), **common)
    if asked.choices:
        in_list = in_line and not asked.ask.pebbles
        if in_list or len(asked.choices) > FEW:
            return SelectField(choices=offered([("", ""), *asked.choices]), **common)
        return RadioField(
            choices=offered(asked.choices),
            validate_choice=False,
            validators=[one_of(asked.choices)],
            **common,
        )
    if isinstance(asked, DateField):
        return DayField(**common)
    if isinstance(asked, DecimalField):
        return NumberField(**common)
    return words_control(asked, common)


def words_control(asked, common):
    """The control of a question that is answered in words."""
    most = asked.max_length if isinstance(asked, CharField) else 20_000
    too_long = f"“{asked.verbose_name}” has room for {most:,} characters; please shorten it."
    kind = StringField
    tidy = clean_line
    if asked.ask.rows > 1:
        kind = TextAreaField
        tidy = clean
    filters = [tidy]
    if asked.ask.is_telephone:
        filters.append(read_telephone)
    validators = [Length(max=most, message=too_long)]
    if asked.ask.columns:
        return TableField(columns=asked.ask.columns, validators=validators, **common)
    if asked.ask.bank == "given":
        return GivenField(filters=filters, validators=validators, validate_choice=False, **common)
    return kind(
        filters=filters,
        validators=validators,
        render_kw=box_marks(asked.ask),
        **common,
    )


def box_marks(ask):
    """What tells the page about a box: the words that are offered, and whether they are to be
    exact.
    """
    marks = {}
    if ask.bank:
        marks["list"] = f"bank-{ask.bank}"
    if ask.exact:
        marks["data-exact"] = "1"
    return marks


def one_of(options):
    """A check that the answer is one of the options, or none."""

    def check(form, field):
        if field.data and field.data not in dict(options):
            raise ValidationError("Choose from the answers shown.")

    return check


def key_of(typed):
    """The number of a row that an address or a form names; 0 when it cannot be one."""
    words = str(typed)
    if words.isdecimal() and len(words) < 10:
        return int(words)
    return 0


def find_pupils(user, typed, chosen=""):
    """At most 21 pupils of this person whose name fits what was typed; or the chosen one."""
    found = _find(Pupil.visible_to(user), typed, chosen)
    access.log_access(found, "found")
    return found


def _find(mine, typed, chosen):
    if chosen:
        return list(mine.where(Pupil.id == key_of(chosen)))
    words = re.sub("[,()]", " ", typed[: LONGEST_SOUGHT + 1]).split()
    if len(typed) > LONGEST_SOUGHT or len(words) > MOST_WORDS:
        return []
    surname = typed.split(",")[0].strip()
    namesakes = mine.where(Pupil.surname.startswith(surname))
    exact = [pupil for pupil in namesakes if str(pupil) == typed]
    if len(exact) == 1:
        return exact
    return list(searches.find_first(mine, typed).limit(21))


def form_for(record_class, user, fixed=()):
    """The WTForms class of the sections of a record that a person may write."""
    lines = {name: HiddenField() for name in ("version", "seen", "filled")}
    groups = record_class.groups()
    for section, asked in record_class.layout():
        if user.role not in section.write or user.role not in section.see:
            continue
        for name, question in asked:
            if isinstance(question, Rows):
                lines[name] = FieldList(
                    FormField(row_form(groups[name], user, record_class)),
                    label=question.label,
                    description=question.prompt,
                    max_entries=READ_LINES,
                )
            elif isinstance(question, Field) and name not in (*fixed, *record_class.readonly):
                lines[name] = control(question, user)
    return type(f"{record_class.__name__}Form", (FlaskForm,), lines)


def row_form(row_class, user, parent):
    lines = {"row_id": HiddenField(), "gone": BooleanField("Remove this line")}
    homes = {owner: group for group, owner in parent.groups().items()}
    for name, question in row_class.questions():
        group = homes.get(getattr(question, "rel_model", None), "")
        lines[name] = control(question, user, in_line=True, group=group)
    return type(f"{row_class.__name__}Row", (Form,), lines)


def values_of(record, prefilled=None):
    """The kept answers as data for the form; links between rows become row numbers. `prefilled` has
    the lines that a new paper begins with: {group: [answers, ...]}.
    """
    data = {"version": record.version if record.id else ""}
    for name, asked in record.questions():
        is_link = isinstance(asked, ForeignKeyField)
        data[name] = getattr(record, name) if is_link else record.__data__.get(name)
    numbers = {}
    for group, row_class in record.groups().items():
        rows = record.rows(group)
        for number, row in enumerate(rows):
            numbers[row_class, row.id] = str(number)
        lines = [row_values(row, numbers) for row in rows]
        data[group] = lines or (prefilled or {}).get(group) or [{}] * record.markers[group].blank
    return data


def row_values(row, numbers):
    data = {"row_id": row.id}
    for name, asked in row.questions():
        data[name] = row.__data__.get(name)
        if isinstance(asked, ForeignKeyField):
            data[name] = numbers.get((asked.rel_model, data[name]), "")
    return data


def name_siblings(form):
    """Offer the rows as they stand where one row of a form points at another."""
    offers = {}
    for _, _, line in lines_of(form):
        for box in boxes_of(line):
            if isinstance(box, SiblingField):
                if box.group not in offers:
                    offers[box.group] = sibling_choices(form[box.group])
                box.choices = offers[box.group]


def sibling_choices(field_list):
    """The lines of a list to choose from: their numbers and first words."""
    pairs = [("", "")]
    for number, entry in enumerate(field_list.entries):
        words = f"{number + 1}: {first_words(entry.form)}"
        pairs.append((str(number), words))
    return offered(pairs)


def offer_records(form, pupil):
    for field in form:
        if isinstance(field, (RecordField, AnyRecordField)):
            field.offer(pupil)
    boxes = [box for _, _, line in lines_of(form) for box in line if isinstance(box, GivenField)]
    given = provision_of(pupil.id) if boxes and pupil else []
    for box in boxes:
        box.offer(given)


def lists_of(form):
    return [field for field in form if isinstance(field, FieldList)]


def lines_of(form):
    found = []
    for field_list in lists_of(form):
        for number, entry in enumerate(field_list.entries):
            found.append((field_list.short_name, number, entry.form))
    return found


def parts_of(lines):
    """The lines of a section: those that are always in sight, and the seldom ones."""
    parts = ([], [])
    for name, line in lines:
        parts[is_seldom(line)].append((name, line))
    return parts


def boxes_at(form, lines):
    """The boxes and lists of a form, or of a line of it, that belong to these questions."""
    return [form[name] for name, _ in lines if name in form]


def is_seldom(line):
    return getattr(line, "ask", line).seldom


def is_answered(field):
    """Whether there is something to see in a box, or in a line of a list."""
    if isinstance(field, FieldList):
        return not all(is_empty(entry.form) for entry in field.entries)
    return bool(answer_of(field) or field.errors)


def is_open(fields, wrong):
    """Whether one of the boxes or lists that are folded must be seen."""
    for field in fields:
        if is_answered(field) or any(where.startswith(field.id) for where in wrong):
            return True
    return False


def cases_of(record):
    """When a question applies that is asked after certain answers to an earlier one: {question:
    cases}, of which one must hold; a case is {other question: its answer}.
    """
    found = {}
    before = [""]
    for name, asked in record.questions():
        before.append(name)
        rule = asked.ask.needed
        if isinstance(rule, str):
            other, _, answers = rule.partition("=")
            # what depends on a question further down stands there from the beginning
            if other not in before and "" not in answers.split("|"):
                continue
            found[name] = [{other: answer} for answer in answers.split("|")]
    return found


def applies_now(cases, form):
    """Whether one of the cases holds, by the answers in a form; those it does not ask count."""
    return any(case_holds(case, form) for case in cases)


def case_holds(case, form):
    for name, answer in case.items():
        if name in form and (answer_of(form[name]) or "") != answer:
            return False
    return True


def focus_first(record, form):
    """The first box of a form without an answer has the focus when the page opens."""
    for _, lines in record.layout():
        for name, _ in parts_of(lines)[0]:
            if name not in form or is_answered(form[name]):
                continue
            box = form[name]
            if isinstance(box, FieldList):
                box = boxes_of(box.entries[0].form)[0]
            box.render_kw = {**(box.render_kw or {}), "autofocus": True}
            return


def boxes_of(line):
    return [box for box in line if box.short_name not in CARRIED]


def lines_to_keep(field_list, names):
    """How many lines of a list are to be saved; `names` of boxes tell of those not read."""
    before = f"{field_list.short_name}-"
    sent = set()
    for name in names:
        if name.startswith(before):
            sent.add(name.removeprefix(before).partition("-")[0])
    kept = 0
    for entry in field_list.entries:
        kept += not (entry.form.gone.data or is_empty(entry.form))
    return kept + max(len(sent) - len(field_list.entries), 0)


def first_words(row):
    for box in boxes_of(row):
        is_words = isinstance(box, StringField) and isinstance(box.data, str)
        if is_words and box.data:
            if len(box.data) <= 60:
                return box.data
            return f"{box.data[:57]}..."
    return "(not written yet)"


def is_empty(row):
    return not row.row_id.data and not any(map(answer_of, boxes_of(row)))


def answer_of(field):
    if isinstance(field, TicksField):
        return field.kept
    return None if field.data == "" else field.data


def draw(field, wrong=None, **more):
    """The control with its hint and its error tied to it."""
    described = []
    if field.description:
        described.append(f"{field.id}-hint")
    if wrong:
        described.append(f"{field.id}-error")
        more["aria-invalid"] = "true"
    if described:
        more["aria-describedby"] = " ".join(described)
    if isinstance(field, SiblingField):
        # the script offers new rows of that list here
        more["data-group"] = field.group
    return field(**more)


def by_control(problems):
    found = {}
    for control, sentence in problems:
        found.setdefault(control, []).append(sentence)
    return found
