"""Every form against whatever can be sent to it: never an error page, never a row that the form
would not have allowed (TRUST A8.7).

The strategies follow from the kinds of question, so a new question or record is covered the day it
is written. The normal run reads 100 examples with each form and checks what it would write; 10 of
each go through the whole view into the database, all but the drawing of the page; a few go all the
way (`test_every_box_of_every_page...`). The nightly profile does 10,000 of each
(`tests/soak/fuzz.py`, or `pytest tests/test_fuzz.py --hypothesis-profile=nightly`).
"""

import datetime
import decimal
import functools
import random
import unicodedata
from contextlib import contextmanager

import pytest
from conftest import START, ready
from flask import g
from flask_admin import BaseView
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from peewee import CharField, DateField, DecimalField, ForeignKeyField
from test_surfaces import WITH_FORM, WRITER
from web import MARKS, Page, everywhere, key_of, pairs, values_of
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

import models as m
import people
import workflow as w
from admin_views import forms
from admin_views.base import typing_problems
from audit import log as audit_log
from records import questions as q

# the profile `nightly` of conftest.py asks for more
EXAMPLES = settings().max_examples  # 100 in the normal run
LONG = EXAMPLES > 100
STORED = EXAMPLES if LONG else 10
HOW = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate, Phase.shrink),
}
each = pytest.mark.parametrize

WORDS = (
    "",
    " ",
    "\n",
    "x",
    "x" * 300,
    "x" * 21_000,
    "a\0b",
    "\0",
    "\u202eevil",
    "e\u0301" * 50,
    "👩‍👩‍👧" * 20,
    "\ud800",
    "a\udfffb",
    "\ufeff",
    "\uffff",
    "\x1b[31m",
    "1e309",
    "NaN",
    "-Infinity",
    "Infinity",
    "-0",
    "99999999999999999999",
    "0x10",
    "True",
    "None",
    "null",
    "[]",
    "{}",
    "{0}",
    "%s",
    "\r\n\r\n",
    "%00",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=1+1",
    "0",
    "1",
    "-1",
    "Yes",
    "No",
    "y",
    "٣",
    "²",
    "①",
    "½",
)
DAYS = (
    "31 February",
    "31/2/2026",
    "0001-01-01",
    "9999-12-31",
    "0/0/0000",
    "1/1/1899",
    "1/1/2151",
    "today",
    "+6w",
    "-6w",
    "+99999d",
    "+w",
    "+ 1 d",
    "mon 24/11/2026",
    "tue 24/11/2026",
    "24 nov 26",
    "1st sept 2026",
    "29/2/2028",
    "٣/٧/٢٦",
    "1/1/99999999999",
    "1//1//2026",
    "+٣w",
    "+²w",
    "+½d",
)
ODD = (
    "",
    " ",
    "x" * 300,
    "x" * 21_000,
    "\0",
    "\u202eevil",
    "\ud800",
    "1e309",
    "NaN",
    "-0",
    "31 February",
    "0001-01-01",
    "9999-12-31",
    "[]",
    "٣",
)
NUMBERS = (
    "1",
    "2,5",
    "£3.10",
    "1e5",
    "-5",
    "0.005",
    "99999999.99",
    "100000000",
    "1_000",
    "٣",
    " 7 ",
    "sNaN",
    "1e-400",
    "0x1",
    "--1",
    "+",
    ".",
)


# --- what may be sent
def answers(asked):
    """What somebody may send as the answer to a question: the right kind, the wrong kind, several,
    none.
    """
    kinds = [st.sampled_from(WORDS), st.text(max_size=8)]
    if isinstance(asked, DateField):
        kinds = [st.sampled_from(DAYS), st.dates().map("{:%d/%m/%Y}".format), *kinds]
    elif isinstance(asked, DecimalField):
        kinds = [st.sampled_from(NUMBERS), st.decimals(allow_nan=True).map(str), *kinds]
    elif isinstance(asked, ForeignKeyField):
        kinds = [
            st.integers(-1, 12).map(str),
            st.lists(
                st.sampled_from(
                    ("1", "2", "999", MARKS["mine"], MARKS["other"], "Ash", "", "0", "x")
                ),
                max_size=3,
            ),
            *kinds,
        ]
    elif asked is not None and asked.choices:
        offered = st.sampled_from([code for code, _ in asked.choices])
        kinds = [offered, st.lists(offered | st.sampled_from(WORDS), max_size=4), *kinds]
    return st.one_of(*kinds) | st.lists(kinds[0], max_size=3).map(flat)


def flat(found):
    """A list of words out of what may be a list of lists."""
    return [w for f in found for w in (f if isinstance(f, list) else [f])]


def boxes_of(cls):
    """Every control that a form of a record may have: {name: question or None}, three lines in each
    list, and some it has not.
    """
    found = dict(cls.questions())
    for group, row in cls.groups().items():
        for at in range(3):
            found |= {f"{group}-{at}-{n}": f for n, f in row.questions()} | {
                f"{group}-{at}-row_id": None,
                f"{group}-{at}-gone": None,
            }
        found |= {f"{group}-9999999-{row.questions()[0][0]}": None, f"{group}-x-y": None}
    return found | dict.fromkeys(
        ("version", "do", "more", "ask", "unknown", "id", "status", "search", "declined_why")
    )


def special(name):
    """What is worth sending to a control that is no question."""
    said = {
        "version": ("1", "2", "0", "-1", "x", ""),
        "do": ("save", "complete", "agree", "decline", "chart", "x"),
        "more": ("", "x", "pupil"),
    }
    kind = name.rpartition("-")[2]
    return st.sampled_from(
        said.get(name)
        or {"gone": ("y", "", "x"), "row_id": ("1", "2", "3", "999999", "x", "-1")}.get(kind, WORDS)
    )


@functools.cache
def sent_to(cls):
    """A strategy: what is sent to a form of this record, besides what stands on it: {control: words
    or a list of them}.
    """
    some = [
        st.tuples(st.just(n), answers(f) if f is not None else special(n))
        for n, f in boxes_of(cls).items()
    ]
    return st.lists(st.one_of(some), max_size=6).map(dict)


# --- sent, and what came of it
class Undrawn(dict):
    """What a page would have been drawn from."""

    status = 200


def made(answer):
    """The answer of a view: what its page would be drawn from, or the response."""
    page, status = answer if isinstance(answer, tuple) else (answer, 200)
    if isinstance(page, Undrawn):
        page.status = status
    return page


@contextmanager
def ask(app, user, url, data, files=()):
    """A request of this person with these words in its form, whatever they are; bytes that no
    browser sends included.
    """
    with app.test_request_context(url, method="POST") as context:
        context.request.form = ImmutableMultiDict(pairs(data))
        context.request.files = ImmutableMultiDict(files)
        g._login_user, g.csrf_valid, g.undrawn = user, True, True
        with audit_log.acting_as(user.name, user.id, user.role):
            yield


@pytest.fixture
def send(school, monkeypatch):
    """`send(who, endpoint, url, data, **path)`: what a view answers, without drawing the page."""
    draw = BaseView.render

    def drawn(view, name, **more):
        return Undrawn(more) if g.get("undrawn") else draw(view, name, **more)

    monkeypatch.setattr(BaseView, "render", drawn)

    def sender(who, endpoint, url, data, **path):
        with ask(school.app, people.User.get_by_id(getattr(school, who).id), url, data):
            try:
                return made(school.app.view_functions[endpoint](**path))
            # a page of its own: not allowed, not found, too long
            except HTTPException as refusal:
                assert refusal.code in (403, 404, 413)
                return refusal

    return sender


@pytest.fixture
def strict(database, monkeypatch):
    """A database that refuses what PostgreSQL refuses: NUL in a text, a number that no column
    holds.
    """
    real = database.execute_sql

    def execute_sql(sql, params=None, *more, **named):
        bad = [
            p
            for p in params or ()
            if isinstance(p, str) and "\0" in p or isinstance(p, int) and abs(p) >= 2**31
        ]
        assert not bad, f"PostgreSQL would refuse {bad} in: {sql[:120]}"
        return real(sql, params, *more, **named)

    monkeypatch.setattr(database, "execute_sql", execute_sql)


def rows_of(record):
    """The rows of a record, all groups."""
    return [row for group in record.groups() for row in getattr(record, group)]


def wrong_with(record):
    """What a record or row holds that its form would not have allowed, in sentences."""
    found = []
    for name, asked in record.questions():
        value = record.__data__.get(name)
        if value is None or isinstance(asked, ForeignKeyField):
            continue
        found += [f"{name}: {words}" for words in [wrong_value(asked, value)] if words]
    return found


def wrong_value(asked, value):
    """What is wrong with one kept value, or nothing."""
    if isinstance(asked, DateField):
        return (
            ""
            if isinstance(value, datetime.date) and 1900 <= value.year <= 2150
            else f"the date {value!r}"
        )
    if isinstance(asked, DecimalField):
        value = decimal.Decimal(value)
        return (
            ""
            if value.is_finite() and abs(value) < 10**8 and value == round(value, 2)
            else f"the number {value}"
        )
    if asked.choices:
        said = value.split("\n") if asked.ask.many else [value]
        return (
            ""
            if set(said) <= {code for code, _ in asked.choices} and len(set(said)) == len(said)
            else f"the answer {value!r}"
        )
    if len(value) > (asked.max_length if isinstance(asked, CharField) else 20_000):
        return f"{len(value)} characters"
    bad = [c for c in value if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    return f"the characters {bad}" if bad or value != value.strip() else ""


def check_kept(cls, before, key):
    """What was written is what the form allows: the record, its rows, and what they say
    together.
    """
    for record in cls.select().where(cls.id == key) if key else cls.select().where(cls.id > before):
        found = wrong_with(record) + [
            f"{type(row).__name__}.{words}" for row in rows_of(record) for words in wrong_with(row)
        ]
        if not isinstance(record, m.Form):
            found += [words for _, words in record.missing() + record.errors()]
        elif record.status == "complete":
            found += [words for _, words in w.missing(record, people.User.get(role=q.SENCO))]
        assert not found, found


def check_shown_back(form, sent):
    """Every box holds what was typed, as it would be kept."""
    for field in form:
        said = sent.get(field.name)
        said = said[0] if isinstance(said, list) and said else said
        if type(field).__name__ in ("DayField", "NumberField", "LookupField") and said:
            assert field._value() == said, field.name
        if type(field).__name__ in ("StringField", "TextAreaField") and isinstance(said, str):
            assert field._value() == (
                (forms.clean_line if type(field).__name__ == "StringField" else forms.clean)(said)
                or ""
            ), field.name


# --- every record
@pytest.fixture
def standing(school, browser):
    """`standing(cls)`: what the form of the school's record sends as it stands."""

    @functools.cache
    def found(cls):
        who = WRITER[cls]
        return tuple(
            values_of(browser(who).page(f"/{cls.slug()}/{key_of(school, cls)}/edit/").form())
        )

    return found


def merged(standing, typed):
    """The form as it stands with what was typed over it."""
    grouped = {}
    for name, value in standing:
        grouped.setdefault(name, []).append(value)
    return {**grouped, **typed}


def read(maker, sent):
    """A form that has read what was sent, and its problems."""
    form = maker(formdata=ImmutableMultiDict(pairs(sent)), meta={"csrf": False})
    forms.name_siblings(form)
    return form, typing_problems(form)


def check_read(form, problems, kinds, sent):
    """The form shows what was typed; without problems, what it would write is right. `kinds`: see
    `kinds_of`.
    """
    check_shown_back(form, sent)
    if problems:
        return
    for field in form:
        if field in forms.lists_of(form):
            for entry in field.entries:
                check_answers(entry.form, kinds[field.short_name])
    check_answers(form, kinds[""])


def check_answers(form, asked):
    """Each answer that a form would write is one that its question allows."""
    wrong = [
        f"{f.name}: {words}"
        for f in form
        if f.short_name in asked
        and not isinstance(asked[f.short_name], ForeignKeyField)
        and (value := forms.answer_of(f)) is not None
        for words in [wrong_value(asked[f.short_name], value)]
        if words
    ]
    assert not wrong or getattr(form, "gone", None) is not None and form.gone.data, wrong


def kinds_of(cls):
    """The questions of a record by where they stand: {"": its own, group: those of a line}."""
    return {
        "": dict(cls.questions()),
        **{group: dict(row.questions()) for group, row in cls.groups().items()},
    }


@each("cls", WITH_FORM, ids=lambda c: c.__name__)
def test_no_form_of_a_record_reads_what_it_should_not(school, cls):
    """Whatever is sent: read without an error, and nothing wrong is taken for an answer; then the
    same odd words in every box.
    """
    maker, kinds = forms.form_for(cls, getattr(school, WRITER[cls])), kinds_of(cls)

    @settings(max_examples=EXAMPLES, **HOW)
    @given(typed=sent_to(cls))
    def run(typed):
        check_read(*read(maker, typed), kinds, typed)

    with school.app.test_request_context():
        run()
        for said in ODD:
            sent = {
                n: said
                for n in boxes_of(cls)
                if n.rpartition("-")[2] not in ("row_id", "gone", "more")
                and "-1-" not in n
                and "-2-" not in n
            }
            check_read(*read(maker, sent), kinds, sent)


@each("cls", WITH_FORM, ids=lambda c: c.__name__)
def test_no_form_of_a_record_breaks_or_keeps_what_it_should_not(
    school, database, send, standing, strict, cls
):
    """An old record changed, or a new one begun, with whatever is sent; what is in the database
    afterwards is right.
    """
    who, key, slug, stood = WRITER[cls], key_of(school, cls), cls.slug(), standing(cls)
    last = cls.select().order_by(cls.id.desc()).get().id

    @settings(max_examples=STORED, **HOW)
    @given(typed=sent_to(cls), new=st.booleans())
    def run(typed, new):
        with database.atomic() as everything:
            sent = typed if new else merged(stood, typed)
            url = f"/{slug}/new/?pupil={school.wren.id}" if new else f"/{slug}/{key}/edit/"
            if issubclass(cls, m.Review):  # a new one needs a child on its stage
                begun = dict.fromkeys(("started_on", "stage_since", "clock_from"), START)
                stage = w.paper_for(cls).stage
                m.Placement(pupil=school.wren, stage=stage, cycle=1, **begun).save()
            page = send(
                who,
                f"{slug}.new" if new else f"{slug}.edit",
                url,
                sent,
                **({} if new else {"key": key}),
            )
            check_kept(cls, last, None if new else key)
            if isinstance(page, Undrawn) and sent.get("more") not in cls.groups():
                assert (
                    page.status == 422
                    and page["problems"]
                    and all(words for _, words in page["problems"])
                )
            everything.rollback()

    run()


# --- moves and steps
MOVED = [*w.MOVES, w.UNDO]


@each(
    "move",
    {tuple(sorted(move.asks)): move for move in MOVED}.values(),
    ids=lambda move: f"{move.slug}-{move.from_[0]}",
)
def test_no_form_of_a_move_reads_what_it_should_not(school, move):
    """What a move asks, whatever is sent; moves that ask the same have the same form."""
    asked = {n: w.ASKS[n] for n in move.asks}
    maker = type(
        "MoveForm",
        (forms.FlaskForm,),
        {n: forms.control(f, school.senco) for n, f in asked.items()},
    )

    @settings(max_examples=EXAMPLES, **HOW)
    @given(typed=st.fixed_dictionaries({}, optional={n: answers(f) for n, f in asked.items()}))
    def run(typed):
        check_read(*read(maker, typed), {"": asked}, typed)

    with school.app.test_request_context():
        run()


def sent_to_a_move(move):
    """What is sent to a move: mostly what it asks in the right form, with the odd thing
    among it.
    """
    fine = {
        n: (
            st.sampled_from([c for c, _ in f.choices])
            if f.choices
            else st.just("24/11/2026")
            if isinstance(f, DateField)
            else st.just("Words")
        )
        for n, f in ((n, w.ASKS[n]) for n in move.asks)
    }
    odd = {n: st.one_of(fine[n], fine[n], answers(w.ASKS[n])) for n in move.asks}
    return st.fixed_dictionaries(
        {
            **odd,
            "seen": st.sampled_from(("here", "here", "0", "-1", "x", "99999999999999999999")),
            "token": (
                st.sampled_from(("", "t", "a\0b", "x" * 5000, "\u202e", "\ud800"))
                | st.text(max_size=20)
            ),
        }
    )


@each("move", MOVED, ids=lambda move: f"{move.slug}-{move.from_[0]}")
def test_no_move_breaks_or_keeps_what_it_should_not(school, database, send, strict, move):
    """Pressed from each stage it is for, whatever is sent: made, or refused in words; the placement
    and the letter hold nothing wrong.
    """
    robin = m.Pupil.get_by_id(school.robin.id)
    here = ready(move, robin, school.senco)

    @settings(max_examples=STORED, **HOW)
    @given(typed=sent_to_a_move(move))
    def run(typed):
        with database.atomic() as everything:
            typed["seen"] = (
                str(here.id if here else 0) if typed["seen"] == "here" else typed["seen"]
            )
            page = send(
                "senco",
                "pupil.move",
                f"/pupil/{robin.id}/move/{move.slug}/",
                typed,
                key=robin.id,
                slug=move.slug,
            )
            assert not isinstance(page, Undrawn) or page.status == 422 and page["problems"]
            for cls in (m.Placement, m.ListMembership, m.Letter, m.EhcCase, m.Pupil):
                kept = (
                    cls.select().where(cls.pupil == robin)
                    if cls is not m.Pupil
                    else [m.Pupil.get_by_id(robin.id)]
                )
                assert not (
                    found := [
                        f"{cls.__name__}.{words}" for record in kept for words in wrong_with(record)
                    ]
                ), found
            everything.rollback()

    run()


# what is answered by another route: (who, endpoint, the address without its key, what is sent)
OTHERS = {
    "a chart's question": (
        "senco",
        "pupil.chart",
        "Pupil",
        "review/",
        {
            "ask": ("progress", "aware", "x", "", "\0"),
            "answer": ("Yes", "No", "x", ""),
            "why": WORDS,
        },
    ),
    "a step of a case": (
        "senco",
        "ehc-case.step",
        "EhcCase",
        "step/",
        {
            "step": (*(s.name for s in w.CASE_MOVES), "", "x"),
            "on": (*DAYS, "\0", "x" * 21_000),
            "seen": ("1", "2", "0", "x", "99999999999999999999"),
        },
    ),
    "an act on a paper": (
        "senco",
        "my-plan.act",
        "MyPlan",
        "act/",
        {
            "do": ("complete", "agree", "decline", "reopen", "version", "x", ""),
            "declined_why": WORDS,
        },
    ),
    "declining a paper": (
        "senco",
        "child-story.act",
        "ChildStory",
        "act/",
        {"do": ("decline", "version", "agree"), "declined_why": WORDS},
    ),
}


@each("what", OTHERS)
def test_no_other_answer_about_a_child_breaks_or_keeps_what_it_should_not(
    school, database, send, strict, what
):
    """The chart's questions, the steps of an EHC case, the acts on a paper."""
    who, endpoint, kind, end, said = OTHERS[what]
    cls, key = getattr(m, kind), key_of(school, getattr(m, kind))
    reviews = [m.MyPlanPlusReview, m.MyPlanReview, m.ConcernReview]
    asked = [q.name for r in reviews for q in w.chart_of(r())]

    @settings(max_examples=STORED, **HOW)
    @given(
        sent=st.fixed_dictionaries(
            {},
            optional={
                n: st.sampled_from((*v, *asked) if n == "ask" else v) for n, v in said.items()
            },
        )
    )
    def run(sent):
        with database.atomic() as everything:
            send(who, endpoint, f"/{cls.slug()}/{key}/{end}", sent, key=key)
            for held in (*reviews, m.EhcCase, m.MyPlan, m.ChildStory):
                bad = [
                    f"{held.__name__}.{words}"
                    for record in held.select()
                    for words in wrong_with(record)
                ]
                bad += [
                    words
                    for record in held.select()
                    for words in [
                        wrong_value(
                            q.text("Why", rows=2), getattr(record, "declined_why", None) or "x"
                        )
                    ]
                    if words
                ]
                assert not bad, bad
            everything.rollback()

    run()


# --- every page
@each("who", ("senco", "technician", "teacher", None) if LONG else ("senco", None))
def test_every_box_of_every_page(school, browser, database, plain_paper, strict, who):
    """All the way: each form on each page, signing in and the accounts included, is sent with odd
    words in all its boxes.
    """
    chance, sent = random.Random(20), 0
    # every third page in the normal run
    for _, address in everywhere(school)[:: 1 if LONG else 3]:
        if address.endswith(".pdf") or (who == "teacher" and "/account" in address):
            continue
        with database.atomic() as everything:
            at = browser(who)
            response = at.get(address)
            found = (
                Page(response).all("//main//form")
                if response.mimetype == "text/html" and response.status_code == 200
                else []
            )
            for form in found[:6]:
                typed = [
                    (
                        name,
                        (
                            chance.choice((*WORDS, *DAYS, *NUMBERS, value, value))
                            if name != "csrf_token"
                            else value
                        ),
                    )
                    for name, value in values_of(form)
                ]
                buttons = [
                    (b.get("name"), b.get("value") or "") for b in form.xpath(".//button[@name]")
                ]
                typed = [
                    (n, v.encode("utf-8", "replace").decode())
                    for n, v in typed + buttons[: 1 + chance.randrange(3)][-1:]
                ]
                answer = at.send("POST", form.get("action") or address, typed, token=False)
                assert answer.status_code < 500, (address, typed)
                sent += 1
            everything.rollback()
    assert sent >= {"senco": 15, "technician": 6, "teacher": 15, None: 0}[who], sent
