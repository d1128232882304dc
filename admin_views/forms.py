"""From a question to a box on the screen: one control for each kind of question, and the rows of a
form as a list of them.

Come here to change how *all* dates, choices or look-ups behave. Nothing here knows a particular
form.
"""

import decimal
import re

from flask_wtf import FlaskForm
from peewee import CharField, DateField, DecimalField, ForeignKeyField
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

from audit import access
from models import BankEntry, Pupil
from records.dates import read_day, say_day
from records.questions import Rows
from records.record import Row
from records.unicode_text import nfc

LONGEST_SOUGHT = 600  # characters of a name that is looked up; no pupil's is longer
MOST_WORDS = 20  # words of it, each of which is looked for
MOST_LINES = 200  # of one list of a form
READ_LINES = 1_000  # that are read to be shown again when there are too many
FEW = 7  # up to so many options are shown as buttons, more as a list to open


# Control characters but tab and line break, halves of a letter, and signs that turn the order of
# all that follows around.
UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a\u202b\u202d\u202e]")


def clean(typed):
    """Text as it is kept: one Unicode form, no control characters, no stray spaces at the ends."""
    kept = UNSEEN.sub("", typed or "")
    return nfc(kept).strip() or None


def clean_line(typed):
    """Text of one line as it is kept, from a form or a file: single spaces, no line breaks."""
    return " ".join((clean(typed) or "").split()) or None


class DayField(StringField):
    """A date typed in any of the ways people write one; shown as 03/07/2026 and echoed in full."""

    def _value(self):
        return self.raw_data[0] if self.raw_data else f"{self.data:%d/%m/%Y}" if self.data else ""

    def process_formdata(self, valuelist):
        self.data = read_day(valuelist[0]) if valuelist else None

    @property
    def echo(self):
        """The date in full, to check by eye."""
        return say_day(self.data) if hasattr(self.data, "year") else ""


class NumberField(StringField):
    """A number of up to two decimal places; a comma or a pound sign does no harm."""

    def _value(self):
        if self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else f"{decimal.Decimal(self.data).normalize():f}"

    def process_formdata(self, valuelist):
        typed = (
            (valuelist[0] if valuelist else "")
            .strip()
            .replace("£", "")
            .replace(",", ".")
            .replace(" ", "")
        )
        if not typed:
            self.data = None
            return
        try:
            self.data = decimal.Decimal(typed).quantize(decimal.Decimal("0.01"))
        except decimal.InvalidOperation:
            raise ValueError(
                f"“{valuelist[0]}” is not a number; type digits, such as 20 or 1.5."
            ) from None
        if not abs(self.data).is_finite() or abs(self.data) >= 100_000_000:
            raise ValueError(
                f"“{valuelist[0]}” is too large, or no number; type digits, such as 20 or 1.5."
            )


class TicksField(SelectMultipleField):
    """Several answers, each with its own box to tick; kept one a line."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def process_data(self, value):
        self.data = (value or "").split("\n") if isinstance(value, str) or value is None else value

    def pre_validate(self, form):
        allowed = {option.value for option in self.choices}
        if any(v not in allowed for v in self.data or ()):
            raise ValidationError("Choose from the answers shown.")

    @property
    def kept(self):
        """The ticked answers as they are kept."""
        return "\n".join(dict.fromkeys(v for v in self.data or () if v)) or None


class LookupField(StringField):
    """Another record, found by typing part of its name; an unclear one is offered as a choice,
    nothing is guessed.
    """

    def __init__(self, *args, find=None, **more):
        super().__init__(*args, **more)
        self.find, self.offers = find, []

    def process_data(self, value):
        self.data = value

    def _value(self):
        return self.raw_data[0] if self.raw_data else str(self.data or "")

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
        raise ValueError(
            "Choose one of these."
            if found
            else f"Nobody here is called “{typed[:60]}”; check the spelling."
        )


def offered(pairs):
    """(code, words) pairs as WTForms takes them."""
    return [SelectChoice(code, words) for code, words in pairs]


class SiblingField(SelectField):
    """A row of another list of the same form, named by its number."""

    def __init__(self, *args, group="", **more):
        super().__init__(*args, choices=offered([("", "")]), validate_choice=False, **more)
        self.group = group


def control(name, asked, at):
    """The WTForms control of one question. `at` says whose form it is (`user`, `row` for inside a
    list).
    """
    label, prompt = asked.verbose_name, asked.help_text or ""
    common = {"label": label, "description": prompt}
    if isinstance(asked, ForeignKeyField):
        if issubclass(asked.rel_model, Row):
            return SiblingField(group=asked.backref_group, **common)
        return LookupField(
            find=lambda typed, chosen: find_pupils(at["user"], typed, chosen), **common
        )
    if asked.ask.many:
        return TicksField(choices=offered(asked.choices), **common)
    if asked.choices:
        if at["row"] or len(asked.choices) > FEW:
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
    most = asked.max_length if isinstance(asked, CharField) else 20_000
    made = TextAreaField if asked.ask.rows > 1 else StringField
    kept = Length(
        max=most, message=f"“{label}” has room for {most:,} characters; please shorten it."
    )
    return made(
        filters=[clean if asked.ask.rows > 1 else clean_line],
        validators=[kept],
        render_kw={"list": f"bank-{asked.ask.bank}"} if asked.ask.bank else None,
        **common,
    )


def one_of(options):
    """A check that the answer is one of the options, or none."""

    def check(form, field):
        if field.data and field.data not in dict(options):
            raise ValidationError("Choose from the answers shown.")

    return check


def key_of(said):
    """The key of a row that an address or a form names; 0 when it cannot be one (what no database
    column holds).
    """
    return int(said) if str(said).isdecimal() and len(str(said)) < 10 else 0


def find_pupils(user, typed, chosen=""):
    """Pupils this person may see whose name fits what was typed, at most 21; or the one that was
    chosen.
    """
    mine = Pupil.visible_to(user).order_by(Pupil.surname, Pupil.forename)
    found = _find(mine, typed, chosen)
    access.log_access(found, "found")
    return found


def _find(mine, typed, chosen):
    if chosen:
        return list(mine.where(Pupil.id == key_of(chosen)))
    words = (
        typed[: LONGEST_SOUGHT + 1].replace(",", " ").replace("(", " ").replace(")", " ").split()
    )
    if len(typed) > LONGEST_SOUGHT or len(words) > MOST_WORDS:
        return []
    exact = [
        p
        for p in mine.where(Pupil.surname.startswith(typed.split(",")[0].strip()))
        if str(p) == typed
    ]
    if len(exact) == 1:
        return exact
    for word in words:
        mine = mine.where(
            Pupil.surname.contains(word)
            | Pupil.forename.contains(word)
            | Pupil.known_as.contains(word)
            | Pupil.form.contains(word)
            | Pupil.upn.contains(word)
        )
    return list(mine.limit(21))


def form_for(record_class, user, fixed=()):
    """The WTForms class of a record for one person: the sections that person may write, with the
    rows of each.
    """
    lines = {"version": HiddenField(), "seen": HiddenField()}
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
            elif name not in fixed and name not in record_class.readonly:
                lines[name] = control(name, question, {"user": user, "row": False})
    return type(f"{record_class.__name__}Form", (FlaskForm,), lines)


def row_form(row_class, user, parent):
    """The WTForms class of one row of a list."""
    lines = {"row_id": HiddenField(), "gone": BooleanField("Remove this line")}
    homes = {c: g for g, c in parent.groups().items()}
    for name, question in row_class.questions():
        if isinstance(question, ForeignKeyField):
            question.backref_group = homes.get(question.rel_model, "")
        lines[name] = control(name, question, {"user": user, "row": True})
    return type(f"{row_class.__name__}Row", (Form,), lines)


def values_of(record, user, prefilled=None):
    """The kept answers as data for the form; links between rows become row numbers."""
    data = {
        n: getattr(record, n) if isinstance(f, ForeignKeyField) else record.__data__.get(n)
        for n, f in record.questions()
    }
    numbers = {}
    for group, row_class in record.groups().items():
        rows = list(getattr(record, group).order_by(row_class.id)) if record.id else []
        numbers.update({(row_class, row.id): str(i) for i, row in enumerate(rows)})
        data[group] = (
            [row_values(row, numbers) for row in rows]
            or list((prefilled or {}).get(group, []))
            or [{}]
        )
    return {**data, "version": record.version if record.id else ""}


def row_values(row, numbers):
    """The kept answers of one row."""
    data = {"row_id": row.id}
    for name, asked in row.questions():
        value = row.__data__.get(name)
        data[name] = (
            numbers.get((asked.rel_model, value), "")
            if isinstance(asked, ForeignKeyField)
            else value
        )
    return data


def name_siblings(form):
    """Fill the lists that point from one row to another row of the same form with the rows as they
    stand.
    """
    # by list: each has the same for all who point to it
    offers = {}
    for field_list in lists_of(form):
        for entry in field_list.entries:
            for field in entry.form:
                if not isinstance(field, SiblingField):
                    continue
                if field.group not in offers:
                    offers[field.group] = sibling_choices(form[field.group])
                field.choices = offers[field.group]


def sibling_choices(field_list):
    """The lines of a list, to choose one of them: their numbers, and the first words of each."""
    lines = enumerate(field_list.entries, 1)
    return offered(
        [
            ("", ""),
            *((str(number - 1), f"{number}: {first_words(entry.form)}") for number, entry in lines),
        ]
    )


def lists_of(form):
    """The lists of rows of a form, in order."""
    return [f for f in form if isinstance(f, FieldList)]


def lines_to_keep(field_list, names):
    """How many lines of a list are to be saved; `names` of the boxes that came in tell of those
    that were not read.
    """
    before = f"{field_list.short_name}-"
    sent = {
        name.removeprefix(before).partition("-")[0] for name in names if name.startswith(before)
    }
    read = [entry.form for entry in field_list.entries]
    kept = [line for line in read if not (line.gone.data or is_empty(line))]
    return len(kept) + max(len(sent) - len(read), 0)


def first_words(row):
    """The first words typed in a row, to know it by."""
    said = next(
        (
            f.data
            for f in row
            if isinstance(f, (StringField, TextAreaField))
            and isinstance(f.data, str)
            and f.data
            and not isinstance(f, (HiddenField, SiblingField))
        ),
        "",
    )
    return said[:57] + "..." if len(said) > 60 else said or "(not written yet)"


def is_empty(row):
    """Whether nothing was typed in a new row."""
    return not row.row_id.data and not any(
        answer_of(f) for f in row if f.short_name not in ("row_id", "gone")
    )


def answer_of(field):
    """The answer as it is kept in the record."""
    return field.kept if isinstance(field, TicksField) else field.data if field.data != "" else None


def draw(field, wrong=None, **more):
    """The control with its hint and its error tied to it, for those who do not see the page."""
    told = [f"{field.id}-hint"] * bool(field.description) + [f"{field.id}-error"] * bool(wrong)
    if told:
        more["aria-describedby"] = " ".join(told)
    if wrong:
        more["aria-invalid"] = "true"
    if isinstance(field, SiblingField):
        # the script offers new rows of that list here
        more["data-group"] = field.group
    return field(**more)


def by_control(problems):
    """The problems of a form by the id of their control: {id: [sentence, ...]}."""
    found = {}
    for control, sentence in problems:
        found.setdefault(control, []).append(sentence)
    return found


def banks():
    """The word banks: {name: [words, ...]}."""
    found = {code: [] for code, _ in BankEntry.bank.choices}
    for entry in BankEntry.select().order_by(BankEntry.words):
        found.setdefault(entry.bank, []).append(entry.words)
    return found
