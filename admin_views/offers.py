"""What is offered beside the boxes of a form: the school's words and programmes, and what the last
record of the kind says.

Come here to change what stands under a box while somebody types, or what fills empty boxes.
"""

from werkzeug.datastructures import MultiDict
from wtforms import FieldList

from admin_views.forms import is_answered, lines_of
from audit import access
from models import Agency, BankEntry, Contact, ForPerson, Programme, TeamMember, may
from pathway import measures
from people import User

NUMBERS = ("size", "minutes", "times")


def banks(record_class, user, pupil):
    """What is offered while somebody types, the school's words and what is known of the child:
    {bank: [(words, what they fill in), ...]}.
    """
    known = {"people": people_known(user, people_around(user, pupil)), "baseline": [], "staff": []}
    if issubclass(record_class, ForPerson):
        known["staff"] = colleagues()
    if pupil:
        known["baseline"] = measures.latest_said(pupil.id)
    found = {code: [] for code in dict(BankEntry.bank.choices)}
    for code, words in known.items():
        found[code] = [(one, {}) for one in words]
    for entry in BankEntry.select().order_by(BankEntry.words):
        found.setdefault(entry.bank, []).append((entry.words, {}))
    found["programme"] = []
    for programme in Programme.select().order_by(Programme.name):
        found["programme"].append((programme.name, filled_by(programme)))
    return found


# in which answers the people around a child are named
NAMED = (
    (Contact, "name"),
    (Agency, "agency"),
    (Agency, "professional"),
    (TeamMember, "person"),
)


def people_around(user, pupil):
    """What a person may read of those around a child: {kind: [record, ...]}."""
    found = {}
    for kind in dict(NAMED) if pupil else ():
        if may(user, "r", kind):
            found[kind] = list(kind.select().where(kind.about(pupil.id)).order_by(kind.id))
    return found


def people_known(user, around):
    """The names that are offered where people are named: those around the child, then the staff."""
    names = [user.name]
    for kind, question in NAMED:
        names += [getattr(one, question) for one in around.get(kind, ())]
    return list(dict.fromkeys(filter(None, [*names, *colleagues()])))


def colleagues():
    on = User.select(User.name).where(User.account == "on")
    return list(on.order_by(User.name).scalars())


def filled_by(programme):
    """What a programme says about a line: {question: what stands in its box}."""
    found = {}
    for name in Programme.fills:
        value = programme.__data__[name]
        if value is not None:
            found[name] = f"{value.normalize():f}" if name in NUMBERS else value
    # until somebody is named, the role says who gives it
    if programme.role not in (None, "other"):
        found["who"] = programme.answer("role")
    return found


def fill_lines(form):
    """Fill the empty boxes of each line of provision from the programme that it begins with."""
    lines = [line for _, _, line in lines_of(form) if is_programme(line)]
    find = Programme.finder(Programme.select()) if lines else None
    for line in lines:
        programme = find(line.words.data)
        if not programme:
            continue
        for name, value in filled_by(programme).items():
            if not line[name].data and not line[name].errors:
                fill_box(line[name], value)


def fill_box(field, value):
    field.process(MultiDict({field.name: value}))


def is_programme(line):
    return "words" in line and (line.words.render_kw or {}).get("list") == "bank-programme"


# --- same as last time
def carried_by(record_class):
    """The names of the questions whose last answer is offered again."""
    return [name for name, asked in record_class.questions() if asked.ask.carried]


def last_time(form, record):
    """The last record of this kind that says what the form of the next leaves empty, with that:
    (record, {name: answer, or the answers of each line}); (None, {}) without.
    """
    kinds = [type(record), *record.groups().values()]
    if record.pupil_key() and any(map(carried_by, kinds)):
        last = record.last_time()
        left = left_empty(form, said_by(last)) if last else {}
        if left:
            return last, left
    return None, {}


def said_by(last):
    found = {name: last.__data__[name] for name in carried_by(type(last))}
    for group, row_class in last.groups().items():
        names = carried_by(row_class)
        if names:
            rows = last.rows(group)
            found[group] = [{name: row.__data__[name] for name in names} for row in rows]
    return found


def left_empty(form, said):
    found = {}
    for name, words in said.items():
        if words and name in form and not is_answered(form[name]):
            found[name] = words
    return found


def fill_as_last(form, record):
    """Fill what is empty as last time; the form remembers what is to be checked."""
    last, left = last_time(form, record)
    access.log_access([last] if last else [])
    form.filled.data = " ".join([form.filled.data or "", *left])
    for name, words in left.items():
        field = form[name]
        if not isinstance(field, FieldList):
            fill_box(field, words)
            continue
        while field.entries:
            field.pop_entry()
        for line in words:
            field.append_entry(line)


def begun_in(record):
    asked = [] if record.id else record.questions()
    return [name for name, one in asked if one.ask.begins and record.__data__.get(name)]


def mark_filled(form):
    """Say at each answer that nobody has typed that it is to be checked."""
    for name in (form.filled.data or "").split():
        if name in form:
            field = form[name]
            field.description = f"{field.description} Filled in for you: please check.".strip()
