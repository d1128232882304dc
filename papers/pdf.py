"""The papers: blank, draft, completed and sealed forms, letters, the family pack, the whole record,
the profile.

Come here to change what is on a paper and in which order. How it looks is in `templates/paper.html`
and `static/paper.css`, how a question is laid out in `ruling.py`, how it is drawn in the room
`papers`. The words come from `questions.document`, so a new question prints without a change here.
A letter that the typefaces cannot draw is refused in a sentence.
"""

import bisect
import datetime
import functools
import io
import logging
import re
from pathlib import Path

from flask import current_app, has_request_context, make_response, render_template, request
from markupsafe import Markup

import workflow
from audit import log as audit_log
from models import (
    FamilyThinks,
    Form,
    Letter,
    ListMembership,
    MyPlan,
    MyPlanPlus,
    Placement,
    Pupil,
    PupilRecord,
    PupilViews,
    Setting,
    Strategy,
    every,
    may,
)
from papers import fonts, layout, printing
from papers.printing import PaperError
from records.questions import document, say_day, say_moment, short_day, today

DRAFT_WORDS = "Not yet completed. Please do not rely on it or share it."
BROKEN_WORDS = (
    "The words kept no longer match the check code they were sealed with. Please do not rely on"
    " this paper, and tell the SENCO."
)
FAMILY_WORDS = (
    "We would like to hear from you and from your child. Write as much or as little as you like, in"
    " any language, and leave out anything you would rather not say. If it is easier to talk,"
    " please ask us: we will write it down with you."
)
RECORD_WORDS = (
    "Everything the school keeps on the Learning Pathway about this child, as far as the person who"
    " printed it may see it. It is about a child: please keep it safe."
)
GIVEN_WORDS = (
    "What the school keeps on the Learning Pathway about this child. Please keep it safe. If"
    " something is not right, please tell us."
)
RECEIPT_WORDS = "The record of a pupil who has left us for your school. It is confidential."

SHEET = Path(__file__).resolve().parent.parent / "static" / "paper.css"
log = logging.getLogger("portal.paper")

EMPTY = {"title": "", "purpose": "", "state": {}, "sections": []}


# --- the papers, for the views
def place():
    """A place in the print queue for the person who asks: `with place():`. Raises PaperError when
    there is none.
    """
    actor = audit_log.actor()
    return printing.of(current_app).place(actor.user if actor else None)


def answered(make):
    """Give a view the paper that a function makes, or a plain page that says why it cannot be
    printed.
    """

    @functools.wraps(make)
    def answer(*asked):
        try:
            with place():
                return make(*asked)
        except (printing.Busy, printing.GivenUp) as problem:
            return _refusal(str(problem), 503, {"Retry-After": printing.TRY_AGAIN})
        except PaperError as problem:
            return _refusal(str(problem), 422)

    return answer


@answered
def one(record, user):
    """One record of a pupil as a PDF: a paper in its state, a letter, or anything else as a
    completed form.
    """
    name = f"{record.slug()}-{record.id}"
    if isinstance(record, Letter):
        return _answer(
            name,
            user,
            kind="letter",
            title=record.kind_name(),
            pupil=record.pupil,
            **_letter(record),
        )
    part = _part_of(record, user.role)
    tag = part["state"].get("tag")
    return _answer(
        name, user, kind="form", title=part["title"], pupil=record.pupil, parts=[part], tag=tag
    )


@answered
def blank(record_class, user=None):
    """The empty form of a record class, to fill in by hand."""
    part = _blank_part(record_class)
    return _answer(
        f"{record_class.slug()}-blank",
        user,
        kind="form",
        title=part["title"],
        parts=[part],
        blank=True,
    )


@answered
def blank_pack(stage, user=None):
    """All papers of one stage (a code of `workflow.STAGES`), empty."""
    parts = [_blank_part(p.form) for p in workflow.PAPERS if p.stage == stage]
    return _answer(
        f"blank-{stage.lower()}",
        user,
        kind="pack",
        title="Papers to fill in",
        parts=parts,
        blank=True,
        cover=workflow.stage_label(stage),
        words="The papers of this stage, empty, to fill in by hand.",
    )


@answered
def family_pack(pupil, user):
    """The five forms of Stage 3 for one family: empty but for the child's name, without what is not
    for the family.
    """
    parts = [_blank_part(p.form, pupil) for p in workflow.PAPERS if p.kind == "side"]
    return _answer(
        f"family-pack-{pupil.id}",
        user,
        kind="pack",
        title="Family pack",
        pupil=pupil,
        parts=parts,
        blank=True,
        cover="Family pack",
        words=FAMILY_WORDS,
    )


@answered
def whole_record(pupil, user):
    """Everything kept about a pupil that this person may see, with a table of contents: papers
    oldest first.
    """
    parts = [
        _part_of(pupil, user.role),
        *_forms(pupil, user),
        *_chapters(pupil, user),
        *_timeline(pupil, user),
    ]
    parts[0]["title"] = "Pupil details"
    return _answer(
        f"whole-record-{pupil.id}",
        user,
        kind="record",
        title="Pupil record",
        pupil=pupil,
        parts=parts,
        cover="Pupil record",
        words=RECORD_WORDS,
    )


def given_record(pupil, papers):
    """The bytes of a PDF of what is given of a child: `papers` is [(record, data), ...]. Raises
    PaperError.
    """
    parts, chapters = [], {}
    for record, told in papers:
        state = _state(record, told)
        part = {
            "title": told["title"] if isinstance(record, Form) else told["name"],
            "purpose": _sentence(told["purpose"]),
            "state": state,
            "sections": layout.ready(told["sections"], blank=False),
        }
        if isinstance(record, Form):
            parts.append(
                (
                    (record.happened_on or record.entered_at.date(), record.id),
                    {**part, "entry": _entry(record)},
                )
            )
        else:
            chapters.setdefault(type(record), []).append(part)
    details = [{**part, "title": "Pupil details"} for part in chapters.pop(Pupil, [])]
    rest = [
        {**EMPTY, "title": cls.plural(), "records": records} for cls, records in chapters.items()
    ]
    forms = [part for _, part in sorted(parts, key=lambda row: row[0])]
    return render(
        _html(
            None,
            kind="record",
            title="Pupil record",
            pupil=pupil,
            parts=[*details, *forms, *rest],
            cover="Pupil record",
            words=GIVEN_WORDS,
        )
    )


def receipt(pupil):
    """The bytes of the receipt that goes with a leaver's record, for the next school to send back.
    Raises PaperError.
    """
    school = Setting.of_school()
    known = (
        ("Pupil", f"{pupil.forename} {pupil.surname}"),
        ("Date of birth", say_day(pupil.dob)),
        ("UPN", pupil.upn or ""),
        ("Left us on", say_day(pupil.left_on)),
        ("Sent by", f"{school.school_name}, {school.senco_name}"),
        ("Sent on", ""),
        ("How", ""),
    )
    asked = ("Name of your school", "Received on", "Received by (name and role)", "Signature")
    parts = [
        ("What was sent", known),
        ("Please fill in, and send this page back to us", [(label, "") for label in asked]),
    ]
    sections = [
        {
            "label": label,
            "prompt": "",
            "code": "",
            "lines": [
                {"name": "", "label": q, "prompt": "", "rows": 1, "options": [], "answer": said}
                for q, said in lines
            ],
        }
        for label, lines in parts
    ]
    part = {
        **EMPTY,
        "title": "Receipt for a pupil's record",
        "purpose": RECEIPT_WORDS,
        "sections": layout.ready(sections, blank=True),
    }
    return render(_html(None, kind="form", title="Receipt", pupil=pupil, parts=[part], blank=True))


@answered
def profile(pupil, user):
    """The one-page profile. Lists are shortened until it fits one page; the letters keep their
    size.
    """
    panels, name = _panels(pupil, user), f"profile-{pupil.id}"

    def drawn(size):
        """The profile with this room, and lists of this length."""
        short = [
            (title, colour, shorten(words, size[1], size[2])) for title, colour, words in panels
        ]
        return _answer(
            name,
            user,
            kind="profile",
            title="One-page profile",
            pupil=pupil,
            panels=short,
            room=size[0],
        )

    best = bisect.bisect_left(PROFILE_SIZES[:-1], True, key=lambda size: _pages(drawn(size)) <= 1)
    return drawn(PROFILE_SIZES[best])


def _pages(answer):
    """The number of pages of a paper."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(answer.data)).pages)


# --- from data to a PDF
def _answer(name, user, **page):
    """The PDF as the answer to a request. Raises PaperError."""
    pdf = render(_html(user, **page))
    head = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f"inline; filename={name}.pdf",
    }
    return make_response(pdf, head)


def _refusal(sentence, code, head=None):
    """The page that says why a paper cannot be printed, or not now."""
    now = code == 503
    title = "This cannot be printed just now" if now else "This cannot be printed"
    page = render_template(
        "error.html", title=title, words=sentence, retry=request.path if now else ""
    )
    return make_response(page, code, head or {})


def _html(user, pupil=None, **page):
    """The whole document, style sheet included."""
    printed = f"Printed on {say_day(today())}" + (f" by {_brief(user.name)}" if user else "")
    shown = {"blank": False, "parts": (), "tag": "", "room": 0, **page}
    css = Markup(SHEET.read_text(encoding="utf-8"))
    return render_template(
        "paper.html",
        p=word,
        pieces=pieces,
        brief=_brief,
        css=css,
        school=Setting.of_school(),
        printed=printed,
        pupil=pupil,
        day=say_day(today()),
        **shown,
    )


def _brief(name):
    """A name that fits in the head or foot of a page."""
    return name if len(name or "") <= 60 else name[:58] + "…"


def word(text):
    """Text as safe HTML in typefaces that have its letters; raises PaperError for letters that
    would come out wrong.
    """
    problem = fonts.unprintable(text)
    if problem:
        raise PaperError(problem)
    return fonts.printable(text)


def pieces(text):
    """Cut an answer in its paragraphs; cut a long first one after a sentence, so that its question
    stays beside it.
    """
    parts = [part for part in text.splitlines() if part.strip()]
    if parts and len(parts[0]) > 900:
        start, end = re.match(r"(.{200,}?[.!?…]\s|.{400}\S*\s|.*)(.*)", parts[0]).groups()
        parts[:1] = [start, end] if end else [start]
    return parts


def render(html):
    """The bytes of the PDF of a whole HTML page. Raises PaperError."""
    try:
        return printing.of(current_app).draw(html, _gone())
    except PaperError as problem:
        if problem.fault:
            log.error("a paper could not be drawn: %s", problem.fault)
        raise


def _gone():
    """What says whether the person who asked has hung up; nobody hangs up on a command."""
    asked = request.environ if has_request_context() else {}
    return asked.get("waitress.client_disconnected", printing.never)


# --- one part
def _part_of(record, role):
    """A record as a part of a paper: its title, its state, and its sections made ready for the
    template.
    """
    content = record.content(role) if isinstance(record, Form) else document(record, role)
    state = _state(record, content)
    sections = layout.ready(content["sections"], blank=False)
    if state.get("kind") == "declined":
        sections = [
            s
            for s in sections
            if any(line.get("answer") or line.get("table") for line in s["lines"])
        ]
    return {
        "title": content["title"],
        "purpose": _sentence(content["purpose"]),
        "state": state,
        "sections": sections,
    }


def _sentence(words):
    """The words with a capital at the beginning."""
    return words[:1].upper() + words[1:]


def _blank_part(record_class, pupil=None):
    """An empty form; with a pupil the family's copy: the name is filled in, and only what is for
    them is asked.
    """
    content = document(record_class)
    sections = [s for s in content["sections"] if s["family"] or pupil is None]
    for line in (line for s in sections for line in s["lines"]):
        if pupil is not None and line["name"] == "pupil":
            line["answer"] = f"{pupil.called} {pupil.surname}"
    _tell_rows(record_class, sections)
    return {
        **EMPTY,
        "title": content["title"],
        "purpose": _sentence(content["purpose"]),
        "sections": layout.ready(sections, blank=True),
    }


def _tell_rows(record_class, sections):
    """Tell each column of an empty list how many lines its question asks for."""
    groups = record_class.groups()
    for line in (line for s in sections for line in s["lines"] if "columns" in line):
        for column, (_, asked) in zip(
            line["columns"], groups[line["name"]].questions(), strict=True
        ):
            column["rows"] = asked.ask.rows


def _state(record, content):
    """The box under the title of a paper that says how far one may rely on it."""
    if not isinstance(record, Form):
        error = {
            "kind": "draft",
            "tag": "ENTERED IN ERROR",
            "words": "It is kept, but it does not count.",
        }
        return error if getattr(record, "void", False) else {}
    lines = [line for s in content["sections"] for line in s["lines"]]
    withheld = any(line["name"] == "withhold" and line["answer"] == "Yes" for line in lines)
    return {**STATES[record.status](record, content), "withheld": withheld}


def _draft(*_):
    """A draft is not to be relied on."""
    return {"kind": "draft", "tag": "DRAFT", "words": DRAFT_WORDS}


def _complete(form, _):
    """Complete, but not agreed: who wrote it."""
    by = (
        f"Written by {form.entered_by}, begun on {say_moment(form.entered_at)}. "
        if form.entered_by
        else ""
    )
    return {"kind": "complete", "tag": "COMPLETED", "words": f"{by}Not yet agreed and sealed."}


def _sealed(form, content):
    """The seal in its own words: who, when, check code; a warning when the words no longer match
    the code.
    """
    if not form.seal_holds():
        return {"kind": "draft", "tag": "SEAL BROKEN", "words": BROKEN_WORDS}
    when = say_moment(datetime.datetime.fromisoformat(content["when"]))
    newer = (
        type(form)
        .select()
        .where(type(form).supersedes == form.id, type(form).status == "sealed")
        .exists()
    )
    more = " There is a newer version of this paper." if newer else ""
    return {
        "kind": "sealed",
        "tag": "SEALED",
        "code": [form.sealed_code[at : at + 8] for at in range(0, 64, 8)],
        "words": f"Agreed by {content['who']} on {when}. These words never change.{more}",
    }


def _declined(form, _):
    """Not filled in, and why."""
    why = form.declined_why or "not given"
    return {"kind": "declined", "tag": "DECLINED", "words": f"Not filled in. Reason: {why}"}


STATES = {"draft": _draft, "complete": _complete, "sealed": _sealed, "declined": _declined}


# --- the whole record
def _forms(pupil, user):
    """Every paper of the pathway that this person may see, oldest first, each on a new page."""
    found = [
        f
        for cls in workflow.every_form()
        if may(user, "r", cls)
        for f in cls.select().where(cls.pupil == pupil)
    ]
    found.sort(key=lambda f: (f.happened_on or f.entered_at.date(), f.entered_at, f.id))
    return [{**_part_of(f, user.role), "entry": _entry(f)} for f in found]


def _entry(form):
    """A paper's line in the table of contents: its name and date."""
    return f"{form.kind_name()}, {short_day(form.happened_on)}".strip(", ")


def _chapters(pupil, user):
    """What is kept beside the papers, a chapter for each kind of record: strategies, consents,
    meetings, letters.
    """
    elsewhere = (Form, Placement, ListMembership)
    for cls in (
        c for c in every(PupilRecord) if not issubclass(c, elsewhere) and may(user, "r", c)
    ):
        records = list(cls.select().where(cls.pupil == pupil).order_by(cls.id))
        if records:
            parts = [{**_part_of(r, user.role), "title": str(r)} for r in records]
            yield {**EMPTY, "title": cls.plural(), "records": parts}


def _timeline(pupil, user):
    """The stages and the lists, from when to when."""
    wanted = (
        (Placement, ("started_on", "ended_on", "stage", "cycle", "move", "decided_by")),
        (ListMembership, ("started_on", "ended_on", "list")),
    )
    lines = [_history(cls, names, pupil) for cls, names in wanted if may(user, "r", cls)]
    reasons = [_reasons(pupil)] if may(user, "r", Placement) else []
    lines = [line for line in (*lines, *reasons) if line["table"]]
    if lines:
        section = {"label": "", "prompt": "", "code": "", "lines": lines}
        yield {
            **EMPTY,
            "title": "Stages and lists",
            "sections": layout.ready([section], blank=False),
        }


def _history(cls, names, pupil):
    """All placements or list memberships as a list of rows."""
    fields = cls._meta.fields
    rows = cls.select().where(cls.pupil == pupil).order_by(cls.started_on, cls.id)
    table = [[_short_answer(row, n) for n in names] for row in rows]
    return _rows_line(
        "Stages" if cls is Placement else "Lists", [fields[n].verbose_name for n in names], table
    )


def _reasons(pupil):
    """What was asked and answered at each move."""
    rows = (
        Placement.select()
        .where(Placement.pupil == pupil)
        .order_by(Placement.started_on, Placement.id)
    )
    table = [
        [short_day(row.started_on), row.move or "", row.answers or ""]
        for row in rows
        if row.answers
    ]
    return _rows_line("What was said at each move", ["From", "Move", "What was asked"], table)


def _rows_line(label, columns, table):
    """A list of rows as `questions.document` gives it."""
    heads = [{"label": c, "options": []} for c in columns]
    return {"name": "", "label": label, "prompt": "", "columns": heads, "table": table}


def _short_answer(row, name):
    """An answer for the timeline: short dates, the school's own names, a mark on what was
    an error.
    """
    value = getattr(row, name)
    if isinstance(value, datetime.date):
        return short_day(value)
    names = {"stage": workflow.stage_label, "list": workflow.list_label}
    said = names[name](value) if name in names and value else row.answer(name)
    return f"{said} (entered in error)" if row.void and name in ("stage", "list") else said


# --- letters
def _letter(letter):
    """What a letter says: to whom, the subject, its paragraphs with greeting and close."""
    to = [line.strip() for line in (letter.to_whom or "").splitlines() if line.strip()]
    body = [part.strip() for part in re.split(r"\n\s*\n", letter.body or "") if part.strip()]
    if not (body and body[0].lower().startswith("dear")):
        people = [
            line.removeprefix("The ") for line in to[:2] if not any(c.isdigit() for c in line)
        ]
        body.insert(0, f"Dear {' and '.join(people) or 'family'},")
    closed = re.search(r"(?i)\byours (sincerely|faithfully)|kind regards", letter.body or "")
    return {
        "letter": letter,
        "to": to,
        "paragraphs": body,
        "close": "" if closed else "Yours sincerely",
    }


# --- the one-page profile
# Room below each list in points, the most items of a list, the most letters of an item: the first
# that fits is taken.
ROOMY = tuple((room, 9, 260) for room in range(104, -1, -4))
PROFILE_SIZES = (
    *ROOMY,
    (0, 7, 200),
    (0, 6, 160),
    (0, 5, 130),
    (0, 4, 110),
    (0, 3, 100),
    (0, 2, 80),
)
PANELS = (
    ("What people appreciate about me", "sun", ((PupilViews, "good_at"), (FamilyThinks, "admire"))),
    (
        "What is important to me",
        "sky",
        (
            (PupilViews, "like"),
            (PupilViews, "people"),
            (FamilyThinks, "important_to"),
            (PupilViews, "would_like"),
        ),
    ),
    (
        "How best to support me",
        "leaf",
        (
            (PupilViews, "helps"),
            (Strategy, "strategy"),
            ("plan", "every_day"),
            (FamilyThinks, "works_at_home"),
        ),
    ),
    (
        "What I hope for",
        "rose",
        (("plan", "aspirations"), (PupilViews, "grown_up"), (FamilyThinks, "hope_year")),
    ),
)


def _panels(pupil, user):
    """The panels of the profile, [(title, colour, [(words, whose), ...])], from papers that this
    person may see.
    """
    said = {"plan": _answers(newest(pupil, user, (MyPlan, MyPlanPlus), ("sealed",)), user)}
    for cls in (PupilViews, FamilyThinks):
        said[cls] = _answers(newest(pupil, user, (cls,), ("sealed", "complete")), user)
    said[Strategy] = {"strategy": _everyday(pupil, user)}
    return [
        (
            title,
            colour,
            _in_turn([_voiced(source, said[source].get(name, "")) for source, name in sources]),
        )
        for title, colour, sources in PANELS
    ]


def _voiced(source, text):
    """The items of an answer, each with whose words they are when they are not the child's or the
    school's.
    """
    return [(words, "my family" if source is FamilyThinks else "") for words in _items(text)]


def newest(pupil, user, classes, states):
    """The newest paper of these classes and states that this person may see; None when there is
    none.
    """
    found = [
        f
        for cls in classes
        if may(user, "r", cls)
        for f in cls.select().where(cls.pupil == pupil, cls.status.in_(states))
    ]
    return max(
        found,
        key=lambda f: (f.happened_on or f.entered_at.date(), f.entered_at, f.id),
        default=None,
    )


def _answers(form, user):
    """What a paper says, by the name of the question; of a list of rows the first column."""
    lines = (
        [line for s in form.content(user.role)["sections"] for line in s["lines"]] if form else []
    )
    return {
        x["name"]: "\n".join(row[0] for row in x["table"]) if "table" in x else x["answer"]
        for x in lines
    }


def _everyday(pupil, user):
    """The everyday strategies of today, one a line."""
    open_now = (
        Strategy.select()
        .where(Strategy.pupil == pupil, Strategy.until.is_null())
        .order_by(Strategy.id)
    )
    return "\n".join(s.strategy for s in open_now if s.strategy) if may(user, "r", Strategy) else ""


def _items(text):
    """An answer as a list: a line or a sentence each, without bullets."""
    lines = (part.strip(" \t-•*·") for part in re.split(r"\n|(?<=\w\w\w[.!?…])\s+", text))
    return [line for line in lines if line]


def _in_turn(lists):
    """The items of several lists, one from each in turn, so that a shortened list keeps every
    voice; none twice.
    """
    longest = max((len(items) for items in lists), default=0)
    return list(
        {
            items[at][0]: items[at] for at in range(longest) for items in lists if at < len(items)
        }.values()
    )


def shorten(words, items, letters):
    """At most so many items, each of at most so many letters: cut after a whole word, with an
    ellipsis.
    """
    return [(_cut(text, letters), whose) for text, whose in words[:items]]


def _cut(text, letters):
    """The text, or its first words that fit, with an ellipsis."""
    return text if len(text) <= letters else text[:letters].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
