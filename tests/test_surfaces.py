"""One line per question: each question of each record is on every surface, as it is written in
models.py.

The form (label, prompt, control), the page, the blank and the completed paper, the spreadsheet, the
audit trail. Nothing here knows a question by name; a new line in models.py is tested the day it is
written.
"""

import csv
import datetime
import io

import pytest
from conftest import START
from peewee import DateField, DecimalField, ForeignKeyField
from printed import paper_of, squeezed
from web import MARKS, key_of, name_of

import models as m
import people
import workflow as w
from audit import log as audit_log
from records import dates
from records import questions as q
from records.record import Row, record_key

RECORDS = [c for c in m.every() if not issubclass(c, Row)]
ON_PAPER = [c for c in RECORDS if issubclass(c, m.PupilRecord) and c is not m.Letter]
WITH_FORM = [c for c in RECORDS if c.__name__ not in w.ONLY_BY_MOVES]
WRITER = {
    c: q.TECHNICIAN if "w" not in m.RIGHTS_TABLE[c.__name__][q.SENCO] else q.SENCO for c in RECORDS
}
each = pytest.mark.parametrize


def asked_of(cls):
    """Every question with the name of its control: [(row class or the class, question, field,
    control)], rows included.
    """
    own = [(cls, n, f, n) for n, f in cls.questions()]
    return own + [
        (row, n, f, f"{group}-0-{n}")
        for group, row in cls.groups().items()
        for n, f in row.questions()
    ]


def asked_on_form(cls):
    """The questions that somebody answers on the form; the others are answered by a move, a chart
    page or the program.
    """
    sometimes = set()
    if issubclass(cls, m.Review):
        # an answer that the chart does not ask for is emptied: see test_one_sitting.py
        for one in w.chart_of(cls()):
            if one.when != ({},):
                sometimes |= {one.name, f"{one.name}_why"}
    for kind, name, asked, control in asked_of(cls):
        section = cls.section_of(control.partition("-")[0])
        if name in sometimes:
            continue
        if WRITER[cls] in section.write and name not in (*cls.readonly, "pupil"):
            yield kind, name, asked, control


def record_of(school, cls):
    """The school's record of a class, as the database has it."""
    return cls.get_by_id(key_of(school, cls))


def said_in(cls, record):
    """Every answer of a record and its rows: [(question, words)]."""
    own = [(f"{cls.__name__}.{n}", record.answer(n)) for n, _ in cls.questions() if n != "pupil"]
    rows = [(group, row) for group in cls.groups() for row in getattr(record, group)]
    return own + [
        (f"{group}.{n}", row.answer(n)) for group, row in rows for n, _ in row.questions()
    ]


# --- the form
@each("cls", WITH_FORM, ids=name_of)
def test_every_question_is_on_the_form(school, browser, cls):
    """With its label, its prompt and the control of its kind."""
    page, lacking = browser(WRITER[cls]).page(f"/{cls.slug()}/{key_of(school, cls)}/edit/"), []
    text = page.text
    for _, _, asked, name in asked_on_form(cls):
        controls = page.form().xpath(f".//*[@name='{name}']")
        lacking += [f"{name}: no control"] * (not controls)
        lacking += [
            f"{name}: label {page.label(c)}"
            for c in controls[:1]
            if asked.verbose_name not in page.label(c)
        ]
        lacking += [f"{name}: prompt"] * (bool(asked.help_text) and asked.help_text not in text)
        lacking += [
            f"{name}: {fault}" for fault in [control_fault(asked, controls)] if controls and fault
        ]
    assert not lacking, "\n".join(lacking)


def control_fault(asked, controls):
    """What is wrong with the control of a question, or nothing."""
    first, tag = controls[0], controls[0].tag
    if isinstance(asked, ForeignKeyField) or asked.ask.any_record:
        return "" if tag == "select" or first.get("data-lookup") else "no look-up"
    if asked.ask.bank == "given":
        return "" if tag == "select" else "not picked"
    if asked.choices:
        offered = {
            o.get("value")
            for c in controls
            for o in ([*c.iter("option")] if c.tag == "select" else [c])
        }
        left = {str(code) for code, _ in asked.choices} - offered
        wrong = asked.ask.many and first.get("type") != "checkbox"
        return (
            f"options {left} are not offered"
            if left
            else "several answers need boxes to tick"
            if wrong
            else ""
        )
    if asked.ask.columns:
        return "no table" if len(controls) % len(asked.ask.columns) or tag != "input" else ""
    if isinstance(asked, DateField):
        return "" if first.get("data-day") else "no box for a date"
    if isinstance(asked, DecimalField):
        return "" if first.get("inputmode") == "decimal" else "no box for a number"
    bank = asked.ask.bank
    return (
        ""
        if (tag == "textarea") == (asked.ask.rows > 1)
        and (not bank or first.get("list") == f"bank-{bank}")
        else f"a {tag}"
    )


@each(
    "cls",
    [c for c in WITH_FORM if not issubclass(c, m.Form) and issubclass(c, m.PupilRecord)],
    ids=name_of,
)
def test_a_new_record_asks_for_its_pupil(school, browser, cls):
    """Started from the list, the pupil is looked up; started from the pupil's page, the pupil is
    given.
    """
    at = browser(WRITER[cls])
    if cls is m.EhcCase:
        return
    assert at.page(f"/{cls.slug()}/new/").form().xpath(".//input[@name='pupil' and @data-lookup]")
    page = at.page(f"/{cls.slug()}/new/?pupil={school.mine.id}")
    assert not page.form().xpath(".//*[@name='pupil']") and school.mine.name in page.title


def test_the_questions_that_no_form_asks_are_asked_by_the_chart_or_by_a_step(school, browser):
    """A part that nobody writes (`write=()`) must have another way in."""
    steps = {(m.EhcCase, "state")}
    for cls in RECORDS:
        silent = set()
        for section, lines in cls.layout():
            if not section.write and section.key != "no_longer":
                silent.update(name for name, _ in lines)
        chart = (
            {q.name for q in w.chart_of(cls())} if silent and issubclass(cls, m.Review) else set()
        )
        left = {n for n in silent if n.removesuffix("_why") not in chart and (cls, n) not in steps}
        assert not left, f"{cls.__name__}: nobody can answer {left}"


# --- page, change, audit, spreadsheet
def other_answer(record, name, asked):
    """Another answer than the one a question has: what is typed, and what it says afterwards."""
    if isinstance(asked, ForeignKeyField):
        kept = asked.rel_model.get(asked.rel_model.pupil == record.pupil_id)
        return str(kept.id), kept.full_name()
    if asked.ask.any_record:
        note = m.Note.get(m.Note.pupil == record.pupil_id)
        return record_key(note), note.full_name()
    if asked.choices:
        return next(
            (code, words)
            for code, words in reversed(asked.choices)
            if code != getattr(record, name)
        )
    if isinstance(asked, DateField):
        was = getattr(record, name) or START
        day = was - datetime.timedelta(1)
        return f"{day:%d.%m.%y}", dates.say_day(day)
    if isinstance(asked, DecimalField):
        number = max(1, asked.ask.between[0]) + 1.5
        return str(number).replace(".", ","), str(number)
    words = f"{MARKS['mine']} says “{name}” & <more>"
    return words, words


SPECIAL = {
    (m.Pupil, "upn"): "H801200001001",
    (m.Pupil, "former_upn"): "A801200001001",
    (people.User, "username"): "new.name",
    (m.Setting, "holidays"): "19/12/2026 to 3/1/2027",
    (m.Setting, "import_columns"): "A = B",
    (m.SenNeed, "rank"): "1",
    (m.Meeting, "at"): "16:15",
    (m.Agency, "asked_on"): "",
    (m.Recommendation, "decision"): "Do in part",
    (people.User, "role"): "teacher",
    (people.User, "account"): "on",
    (people.User, "classes"): "7X",
    (m.Pupil, "left_on"): "",
    (m.Setting, "idle_minutes"): "20",
    (m.Setting, "backup_places"): "",
    (m.Setting, "anchor_place"): "",
}


@each("cls", WITH_FORM, ids=name_of)
def test_every_question_can_be_changed_and_is_then_on_the_page_and_in_the_audit_trail(
    school, browser, cls
):
    """Each control of the form is filled in anew and sent; the page says it, the audit trail says
    who changed what.
    """
    at, record = browser(WRITER[cls]), record_of(school, cls)
    typed, wanted, rows = {}, {}, {g: getattr(record, g).get() for g in cls.groups()}
    for kind, name, asked, control in asked_on_form(cls):
        if not isinstance(asked, ForeignKeyField) or kind is cls:
            special = SPECIAL.get((kind, name))
            typed[control], wanted[control] = (
                (special, special)
                if special is not None
                else other_answer(
                    record if kind is cls else rows[control.partition("-")[0]], name, asked
                )
            )
    seen = audit_log.AuditEntry.select().count()
    page = at.page(f"/{cls.slug()}/{record.id}/edit/")
    if cls is m.Setting:  # the new weeks make something overdue
        page = at.submit(page, 422, **typed)
        at.submit(page, confirmed="moves")
    else:
        at.submit(page, **typed)
    fresh = cls.get_by_id(record.id)
    holders = {**{g: type(row).get_by_id(row.id) for g, row in rows.items()}, "": fresh}
    kept = {
        c: holders["" if "-" not in c else c.partition("-")[0]].answer(c.rpartition("-")[2])
        for c in typed
    }
    special = {control for kind, name, _, control in asked_on_form(cls) if (kind, name) in SPECIAL}
    wrong = {c: kept[c] for c in typed if kept[c] != wanted[c] and c not in special}
    assert not wrong, f"kept otherwise than typed: {wrong}"
    told = {
        (e.record, e.question): e
        for e in audit_log.AuditEntry.select().offset(seen).order_by(audit_log.AuditEntry.id)
    }
    for kind, name, _, control in asked_on_form(cls):
        if control in kept and (kind, name) not in SPECIAL:
            entry = told.get((kind.__name__, name))
            assert entry and entry.after == kept[control], (
                f"{kind.__name__}.{name} is not in the audit trail"
            )
            assert entry.who == at.user.name and entry.before != entry.after
    page = at.page(f"/{cls.slug()}/{record.id}/")
    text = squeezed(page.text)
    for _, _, _, control in asked_on_form(cls):
        if control in kept:
            assert squeezed(kept[control]) in text, (
                f"{control}: the page does not say “{kept[control]}”"
            )


@each("cls", RECORDS, ids=name_of)
def test_every_question_and_answer_is_on_the_page(school, browser, cls):
    """Also those that no form asks."""
    record, reader = (
        record_of(school, cls),
        q.SENCO if "r" in m.RIGHTS_TABLE[cls.__name__][q.SENCO] else q.TECHNICIAN,
    )
    text, lacking = squeezed(browser(reader).page(f"/{cls.slug()}/{record.id}/").text), []
    for where, words in said_in(cls, record):
        lacking += [where] * (squeezed(words) not in text)
    for _, name, asked, control in asked_of(cls):
        # the child's page leaves out what is empty
        unsaid = cls is m.Pupil and "-" not in control and not record.answer(name)
        lacking += [f"the question {control}"] * (
            name != "pupil" and not unsaid and squeezed(asked.verbose_name) not in text
        )
    assert not lacking, f"not on the page of a {cls.kind_name()}: {lacking}"


def owner_of(cls):
    """The record class whose rights a class has."""
    return cls.parent_field().rel_model if issubclass(cls, Row) else cls


def in_csv(record, name):
    """What a CSV file says of an answer: a date as 2026-07-03."""
    value = record.__data__[name]
    return value.isoformat() if type(value) is datetime.date else record.answer(name)


@each(
    "cls",
    [c for c in m.every() if "x" in m.RIGHTS_TABLE[owner_of(c).__name__][q.SENCO]],
    ids=name_of,
)
def test_every_question_and_answer_is_in_the_spreadsheet(school, browser, cls):
    """One column for each question, one line for each record; the export itself is in the audit
    trail.
    """
    response = browser("senco").post(f"/{cls.slug()}/spreadsheet/")
    assert (
        response.mimetype == "text/csv" and "attachment" in response.headers["Content-Disposition"]
    )
    head, *lines = csv.reader(io.StringIO(response.get_data(as_text=True).removeprefix("\ufeff")))
    record = record_of(school, cls)
    line = dict(zip(head, next(line for line in lines if line[0] == str(record.id))))
    assert len(head) == len(set(head)), "Two columns have the same heading."
    for name, asked in cls.questions():
        assert line[asked.verbose_name].removeprefix("'") == in_csv(record, name), name
    assert len(lines) == cls.select().count()
    entry = audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).get()
    assert (entry.act, entry.record, entry.who) == ("export", cls.__name__, school.senco.name)


# --- on paper
@each("cls", ON_PAPER, ids=name_of)
def test_every_answer_is_on_the_completed_paper(school, browser, cls):
    """Rows included."""
    record = record_of(school, cls)
    off_paper = ["pupil"]
    if issubclass(cls, m.StatutoryPaper):
        off_paper.append("sent_on")
    text, lacking = paper_of(browser("senco").get(f"/{cls.slug()}/{record.id}/print.pdf")).words, []
    for where, words in said_in(cls, record):
        parts = words.split("; ") if where.partition(".")[0] == cls.__name__ else [words]
        lacking += [f"{where}: {part}" for part in parts if squeezed(part) not in text]
    lacking += [
        f"the question {c}"
        for _, n, f, c in asked_of(cls)
        if n not in off_paper and squeezed(f.verbose_name.rstrip("?:.")) not in text
    ]
    assert not lacking, f"not on the completed {cls.kind_name()}: {lacking}"


def test_the_whole_record_of_a_pupil_has_every_answer(school, browser):
    """What the SENCO may see, which is all that is kept."""
    text, lacking = paper_of(browser("senco").get(f"/pupil/{school.mine.id}/record.pdf")).words, []
    for cls in RECORDS:
        if issubclass(cls, m.Form) or cls is m.Pupil:
            lacking += [
                where
                for where, words in said_in(cls, record_of(school, cls))
                for part in words.split("; ")
                if squeezed(part) not in text
            ]
    assert not lacking, f"not in the whole record: {lacking}"


# --- hostile words
XSS = (
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "javascript:alert(1)",
    "</textarea><script>1</script>",
    "</title><h1>x</h1>",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "<b>bold</b>",
    'a" autofocus onfocus="x',
    "</option></select><iframe src=//x>",
    "<a href='data:text/html,x'>y</a>",
    "=1+1",
    "%s %d {0}",
    "\\u003cscript\\u003e",
    "<style>*{}</style>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<object data=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example/>",
    "<form action=//evil.example/><button>x</button>",
    "` onmouseover=alert(1) x=`",
    "' onmouseover='alert(1)",
    '" style="background:url(//evil.example/x)',
    "{{constructor.constructor('alert(1)')()}}",
    "#{7*7}<%= 7*7 %>",
    "<img src=//evil.example/x.png>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<xss id=x tabindex=1 onfocus=alert(1)>",
    "</form></main><h1>x</h1>",
    "<template><img src=x onerror=alert(1)></template>",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
)


@each("cls", WITH_FORM, ids=name_of)
@each("turn", range(2))
def test_hostile_words_come_back_as_words(school, browser, cls, turn):
    """In every text of every form: kept as typed, shown as typed on form, page and list, never as
    part of the page (ASVS 1.2.1).
    """
    at, record, typed = browser(WRITER[cls]), record_of(school, cls), {}
    shape = at.page(f"/{cls.slug()}/{record.id}/edit/")
    if issubclass(cls, m.Review):
        shape = at.submit(shape)  # what the chart does not ask is emptied first
    before = page_shape(shape)
    for number, (kind, name, asked, control) in enumerate(asked_on_form(cls)):
        chosen = asked.choices or asked.ask.any_record
        text = not chosen and not isinstance(asked, DateField | DecimalField | ForeignKeyField)
        if text and (kind, name) not in SPECIAL and (kind, name) != (m.Pupil, "form"):
            words = XSS[(number + turn * 23 + WITH_FORM.index(cls) * 5) % len(XSS)]
            if name.startswith(("letter_", "words_")):
                words = words.replace("{", "")  # these refuse words in brackets: test_letters.py
            typed[control] = words
    after = at.submit(shape, **typed)
    if after.h1 == shape.h1 and issubclass(cls, m.Form):
        assert page_shape(after) == before, "Typed words have become part of the form."
    form = at.page(f"/{cls.slug()}/{record.id}/edit/")
    assert {c: form.said(c) for c in typed} == typed
    assert page_shape(form) == before
    for url in (
        f"/{cls.slug()}/{record.id}/",
        f"/{cls.slug()}/",
        *([f"/pupil/{school.mine.id}/", "/"] if WRITER[cls] == q.SENCO else []),
    ):
        # its checks find scripts, handlers, styles, foreign addresses
        page = at.page(url)
        assert not page.all(
            "//iframe | //img | //script[not(@src)] | //b[text()='bold'] | //*[@autofocus]"
        ), url
        assert "49" not in [
            w.strip() for w in page.text.split("{{7*7}}")
        ] and "javascript:" not in str(page.all("//@href"))


def page_shape(page):
    """The elements of a page, without what changes when words do: messages and the lines of links
    to rows.
    """
    return [
        (e.tag, e.get("name"), e.get("id"))
        for e in page.all("//main//form//*")
        if e.tag not in ("option", "p", "output")
    ]
