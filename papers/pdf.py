"""The papers: forms in every state, letters, the family pack, the whole record, the profile.

Come here to change what is on a paper and in which order. How it looks is in `templates/paper.html`
and `static/paper.css`. The words come from `record.document`: a new question prints by itself.

A paper has one or more parts. Each is drawn for itself, without what changes from print to print,
and kept (`kept.py`); then the parts are joined, and head, foot and page numbers laid over them.
"""

import datetime
import functools
import io
import itertools
import json
import logging
import re
from pathlib import Path

from flask import current_app, has_request_context, make_response, render_template, request
from markupsafe import Markup
from peewee import DateField, DecimalField
from pypdf import PdfReader

import workflow
from audit import log as audit_log
from models import (
    STATUS,
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
    StatutoryPaper,
    Strategy,
    every,
    may,
)
from papers import fonts, kept, layout, leaflet, photo, printing, request_pack
from papers.printing import PaperError
from pathway import ehc_request, letters
from records.dates import london, say_day, say_moment, short_day, today
from records.record import document
from records.storage import read_kept

DRAFT_WORDS = "Not yet completed. Please do not rely on it or share it."
BROKEN_WORDS = (
    "Its words no longer match the check code they were sealed with. Please do not rely on this"
    " paper, and tell the SENCO."
)
FAMILY_WORDS = (
    "We would like to hear from you and your child. Write as much or as little as you like, in any"
    " language, and leave out what you would rather not say. If it is easier to talk, please ask"
    " us: we will write it down with you."
)
WITHHELD_WORDS = (
    "This paper is marked “Not for disclosure”: there is no copy of it for the family. Its reason"
    " stands under “For the file”."
)
RECORD_WORDS = (
    "Everything the school keeps on the Learning Pathway about this child, as far as the person who"
    " printed it may see it. It is about a child: please keep it safe."
)
GIVEN_WORDS = (
    "What the school keeps on the Learning Pathway about this child. Please keep it safe. If"
    " something is not right, please tell us."
)
NOT_PRINTED_HERE = (
    "This part could not be printed: it is too long, or there is a fault in it. Its words are on"
    " the child's page; please tell the technician."
)
NOT_PRINTED_GIVEN = (
    "This part could not be printed: it is too long, or there is a fault in it. Its words are in"
    " the files record.html and record.json beside this one."
)
ALL_SENT_WORDS = (
    "Every invitation to this review is sent. To print one again, open it under Letters on the"
    " child's page."
)
RECEIPT_WORDS = "The record of a pupil who has left us for your school. It is confidential."

SHEET = Path(__file__).resolve().parent.parent / "static" / "paper.css"
# a paper that is still written is drawn afresh each time
FRESH = ("draft", "complete")
EMPTY = {"title": "", "purpose": "", "state": {}, "sections": [], "signed_by": ()}
log = logging.getLogger("portal.paper")


# --- the papers, for the views
def place():
    actor = audit_log.actor()
    person = actor.user if actor else None
    return printing.printers_of(current_app).place(person)


def as_response(make):
    """Let a function that gives a paper say on a plain page why it cannot be printed."""

    @functools.wraps(make)
    def respond(*args, **named):
        try:
            with place():
                return make(*args, **named)
        except (printing.Busy, printing.GivenUp) as problem:
            said = {"title": "This cannot be printed just now", "retry": request.path}
            page = render_template("error.html", **said, words=str(problem))
            return make_response(page, 503, {"Retry-After": printing.TRY_AGAIN})
        except PaperError as problem:
            said = {"title": "This cannot be printed", "words": str(problem)}
            return make_response(render_template("error.html", **said), 422)

    return respond


@as_response
def one(record, user, family=False):
    """One record; `family` is the copy for the family, without what is for the school alone."""
    return _response(f"{record.slug()}-{record.id}", one_pdf(record, user, family))


def one_pdf(record, user, family=False):
    """The bytes of the PDF of one record. Raises PaperError."""
    if isinstance(record, Letter):
        part = _letter(record)
    elif isinstance(record, StatutoryPaper):
        part = _authority_part(record, user)
    elif family:
        part = _family_part(record, user)
    else:
        part = _part_of(record, user)
    page = {"title": part["title"], "parts": [part], "headless": isinstance(record, Letter)}
    if part["state"].get("kind") in ("draft", "declined"):
        page["tag"] = part["state"]["tag"]
    return _paper(user, pupil=record.pupil, **page)


@as_response
def blank(record_class):
    part = _blank_part(record_class)
    name = f"{record_class.slug()}-blank"
    return _response(name, _paper(title=part["title"], parts=[part], blank=True))


@as_response
def blank_pack(stage):
    parts = [_blank_part(form) for form in workflow.forms_of_stage(stage)]
    title = workflow.stage_label(stage)
    return _response(f"blank-{stage.lower()}", _paper(blank=True, parts=parts, title=title))


@as_response
def family_pack(pupil, user):
    title = "Family pack"
    page = {"title": title, "cover": title, "words": FAMILY_WORDS, "pupil": pupil, "help": True}
    page["large"] = any(contact.large_print == "Yes" for contact in pupil.contacts)
    parts = [_leaflet_part()]
    for form in workflow.every_form():
        if form.by_family:
            parts.append(_blank_part(form, pupil))
    parts = [{**part, "large": page["large"]} for part in parts]
    return _response(f"family-pack-{pupil.id}", _paper(user, blank=True, parts=parts, **page))


@as_response
def invitations(meeting, user):
    """The invitations to a review that are not sent yet, each with the blank forms for the views of
    the child and of the family, in large print where the letter is. Each is a sheet of its own: one
    household never gets the back of another's letter.
    """
    papers = []
    titles = []
    for letter in meeting.letters.where(~Letter.void, Letter.sent_on.is_null()):
        papers.append(one_pdf(letter, user))
        titles.append(str(letter))
        for form in (PupilViews, FamilyThinks):
            part = {**_blank_part(form, meeting.pupil), "large": letter.large_print == "Yes"}
            page = {"title": part["title"], "parts": [part], "blank": True}
            papers.append(_paper(user, meeting.pupil, **page))
            titles.append(part["title"])
    if not papers:
        raise PaperError(ALL_SENT_WORDS)
    return _response(f"invitations-{meeting.id}", stacked(papers, titles, "Invitations"))


@as_response
def example_pack(found, user):
    """Letters of a child that does not exist: [(subject, text), ...]."""
    parts = []
    for subject, words in found:
        letter = Letter(subject=subject, to_whom=letters.EVERYBODY, body=words, dated=today())
        # as a draft it is not kept
        parts.append({**_letter(letter), "state": {"kind": "draft"}})
    return _response("letters", _paper(user, title="Letters", parts=parts, headless=True))


@as_response
def family_leaflet():
    part = _leaflet_part()
    return _response("family-leaflet", _paper(title=part["title"], parts=[part]))


def _leaflet_part():
    school = Setting.of_school()
    words = letters.placeholders(Pupil(), school, today(), "", None)
    for name in ("stage_1", "stage_2", "stage_3"):
        words[name] = getattr(school, name)
    words["phone"] = school.school_phone or ""
    told = []
    for heading, lines in leaflet.SECTIONS:
        filled = [letters.fill_wording(words, line) for line in lines]
        told.append((heading, list(filter(None, filled))))
    names = {name: getattr(school, name) or "" for name in SENDER}
    part = {**EMPTY, "kind": "leaflet", "title": leaflet.TITLE, "bullet": leaflet.BULLET}
    return {**part, **names, "told": told}


@as_response
def whole_record(pupil, user):
    return _response(f"whole-record-{pupil.id}", record_pdf(pupil, user))


def record_pdf(pupil, user):
    """The bytes of the PDF of all that a person may see of a child. Raises PaperError."""
    parts = [{**_part_of(pupil, user), "title": "Pupil details"}]
    for form in _forms(pupil, user, workflow.every_form()):
        parts.append({**_part_of(form, user), "entry": str(form)})
    parts += _chapters(pupil, user)
    parts += _timeline(pupil, user)
    return _paper(user, **_record_page(pupil, parts, RECORD_WORDS, NOT_PRINTED_HERE))


@as_response
def ehc_request_pack(pupil, user):
    """All that goes with a request for an EHC needs assessment, the files that are PDFs too."""
    found = ehc_request.evidence(pupil)
    sections = request_pack.chapters(found, Setting.of_school(), today())
    parts = [{**EMPTY, "title": request_pack.CASE_TITLE, "sections": sections}]
    for form in sorted(found.papers(), key=_age):
        parts.append({**_family_part(form, user), "entry": str(form)})
    for record in ehc_request.joined_files(found):
        parts.append(_file_part(record))
    title = "EHC needs assessment: request"
    page = _record_page(pupil, parts, request_pack.PACK_WORDS, NOT_PRINTED_HERE)
    page |= {"title": title, "cover": "Request for an EHC needs assessment"}
    return _response(f"request-pack-{pupil.id}", _paper(user, **page))


def _file_part(record):
    part = {**EMPTY, "kind": "file", "title": str(record), "purpose": request_pack.NO_FILE}
    return {**part, "stored_as": record.stored_as, "sha256": record.sha256}


def given_record(pupil, papers):
    """The bytes of a PDF of what is given of a child: [(record, data), ...]; a page says of a part
    that cannot be drawn where its words are. Raises PaperError.
    """
    details = []
    forms = []
    chapters = {}
    for record, told in papers:
        part = _paper_part(record, told)
        if isinstance(record, Form):
            forms.append((_age(record), {**part, "entry": str(record)}))
        elif isinstance(record, Pupil):
            details.append({**part, "title": "Pupil details"})
        else:
            chapters.setdefault(type(record), []).append({**part, "title": told["name"]})
    forms.sort(key=lambda row: row[0])
    parts = details + [part for _, part in forms]
    for cls, rows in chapters.items():
        parts.append({**EMPTY, "title": cls.plural(), "records": rows})
    return _paper(**_record_page(pupil, parts, GIVEN_WORDS, NOT_PRINTED_GIVEN))


def _record_page(pupil, parts, words, instead):
    page = {"title": "Pupil record", "cover": "Pupil record", "pupil": pupil}
    # nobody signs a copy
    copies = [{**part, "signed_by": ()} for part in parts]
    return {**page, "parts": copies, "words": words, "instead": instead}


def receipt(pupil):
    """The bytes of the receipt that the next school sends back. Raises PaperError."""
    school = Setting.of_school()
    sent = {
        "Pupil": f"{pupil.forename} {pupil.surname}",
        "Date of birth": say_day(pupil.dob),
        "UPN": pupil.upn or "",
        "Left us on": say_day(pupil.left_on),
        "Sent by": f"{school.school_name}, {school.senco_name}",
        "Sent on": "",
        "How": "",
    }
    asked = ("Name of your school", "Received on", "Received by (name and role)", "Signature")
    empty = dict.fromkeys(asked, "")
    sections = [
        _receipt_section("What was sent", sent),
        _receipt_section("Please fill in, and send this page back to us", empty),
    ]
    part = {
        **EMPTY,
        "title": "Receipt for a pupil's record",
        "purpose": RECEIPT_WORDS,
        "sections": layout.ready(sections, blank=True),
    }
    return _paper(title="Receipt", pupil=pupil, parts=[part], blank=True)


def _receipt_section(label, answers):
    line = {"name": "", "prompt": "", "rows": 1, "options": []}
    lines = []
    for asked, answer in answers.items():
        lines.append({**line, "label": asked, "answer": answer})
    return {"label": label, "prompt": "", "code": "", "lines": lines}


@as_response
def profile(pupil, user):
    return _response(f"profile-{pupil.id}", profile_pdf(pupil, user))


def profile_pdf(pupil, user):
    """The bytes of the one-page profile: lists are shortened until it fits; the letters keep their
    size. Raises PaperError.
    """
    panels = _panels(pupil, user)
    page = {"title": "One-page profile", "pupil": pupil}
    picture = photo.photo_of(pupil, user)
    for room, items, most in PROFILE_SIZES:
        short = []
        for title, colour, said in panels:
            short.append((title, colour, shorten(said, items, most)))
        part = {**EMPTY, "kind": "profile", "panels": short, "room": room, **_whose(pupil)}
        part["photo"] = picture
        if _drawn(part, pupil)[1] == 1:
            break
    return _paper(user, **page, parts=[part])


# --- from data to a PDF
def stacked(papers, titles, title="Papers"):
    """The bytes of one PDF of several papers (bytes), each under its own of the titles, and on a
    sheet of its own. Raises PaperError.
    """
    about = {"title": title, "author": Setting.of_school().school_name, "language": "en-GB"}
    return _printed("join", papers, {**about, "titles": titles})


def _response(name, pdf):
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f"inline; filename={name}.pdf",
    }
    return make_response(pdf, headers)


def _paper(user=None, pupil=None, parts=(), blank=False, cover="", instead="", **page):
    """The bytes of the PDF of a paper: its parts, joined. Raises PaperError.

    instead: what a page says in the place of a part that cannot be drawn; empty to raise
    """
    school = Setting.of_school()
    drawn = [_drawn_or_told(part, pupil, blank, instead) for part in parts]
    page |= {"school": school, "pupil": pupil, "blank": blank, "cover": cover}
    page["logo"] = photo.logo_of(school)
    if cover:
        titles = [part.get("entry") or part["title"] for part in parts]
        page |= _whose(pupil)
        drawn.insert(0, _cover(titles, [pages for _, pages in drawn], page))
    printed = f"Printed on {say_day(today())}"
    if user:
        printed += f" by {shortened(user.name, 60)}"
    frame = render(_html(**page, kind="frame", printed=printed))
    pdfs = [frame, *(pdf for pdf, _ in drawn)]
    about = {"title": page["title"], "author": school.school_name, "language": "en-GB"}
    return _printed("join", pdfs, about)


def _whose(pupil):
    class_name = pupil.form or "" if pupil else ""
    called = pupil.called if pupil else ""
    born = short_day(pupil.dob) if pupil else ""
    return {"called": called, "class_name": class_name, "born": born, "day": say_day(today())}


def _html(**given):
    return render_template(
        "paper.html", css=_css(), p=word, pieces=pieces, shortened=shortened, **given
    )


@functools.cache
def _css():
    return Markup(SHEET.read_text(encoding="utf-8"))


def _drawn_or_told(part, pupil, blank, instead):
    try:
        return _drawn(part, pupil, blank)
    except (printing.Busy, printing.GivenUp):
        raise
    except PaperError:
        if not instead:
            raise
    # as a draft it is not kept: the next print tries again
    words = part["purpose"] if part.get("kind") == "file" else instead
    state = {"kind": "draft", "tag": "NOT PRINTED", "words": words}
    return _drawn({**EMPTY, "title": part["title"], "state": state}, pupil)


def _drawn(part, pupil, blank=False):
    """A part of a paper: its PDF, kept or drawn now, and how many pages it has.

    It is drawn from nothing but what is hashed into the name under which it is kept.
    """
    given = {"kind": "form", "blank": blank, **part}
    folder = current_app.config.get("DATA_DIR")
    state = part["state"]
    if folder is None or state.get("kind") in FRESH:
        return _counted(_pages_of(part, given))
    seal = "".join(state.get("code", ()))
    path = kept.path_of(Path(folder), pupil.id if pupil else 0, seal, given)
    found = kept.read_part(path)
    if found is None:
        found = _counted(_pages_of(part, given))
        kept.keep_part(path, *found)
    return found


def _pages_of(part, given):
    if part.get("kind") != "file":
        return render(_html(paper=part, **given))
    files = current_app.config["DATA_DIR"] / "files"
    data = read_kept(files / (part["stored_as"] or "none"), part["sha256"])
    if data is None:
        raise PaperError(request_pack.NO_FILE, "a file is missing or was changed")
    return _printed("fit", data)


def _cover(titles, pages, page):
    # a long list of contents takes more pages, and moves all others on; most often this is right
    length = 1 + len(titles) // 20
    while True:
        contents = []
        first = length + 1
        for title, count in zip(titles, pages, strict=True):
            contents.append((title, first))
            first += count
        cover = _counted(render(_html(**page, kind="cover", contents=contents)))
        if cover[1] == length:
            return cover
        length = cover[1]


def _counted(pdf):
    return pdf, len(PdfReader(io.BytesIO(pdf)).pages)


def word(text):
    return fonts.printable(str(text))


def tell_stand_ins(record):
    """A sentence about signs of a record for which a stand-in is printed; empty for none."""
    return fonts.unprintable(json.dumps(document(record), ensure_ascii=False))


def pieces(text):
    parts = [part for part in text.splitlines() if part.strip()]
    # so that a question stays beside its answer
    if parts and len(parts[0]) > 900:
        start, end = re.match(r"(.{200,}?[.!?…]\s|.{400}\S*\s|.*)(.*)", parts[0]).groups()
        parts[:1] = [start, end] if end else [start]
    return parts


def render(html):
    """The bytes of the PDF of a whole HTML page. Raises PaperError."""
    return _printed("draw", html)


def _printed(do, *what):
    gone = printing.never
    if has_request_context():
        gone = request.environ.get("waitress.client_disconnected", gone)
    try:
        return getattr(printing.printers_of(current_app), do)(*what, gone)
    except PaperError as problem:
        if problem.fault:
            log.error("a paper could not be drawn: %s", problem.fault)
        raise


# --- one part
def _part_of(record, user):
    if isinstance(record, Form):
        return _paper_part(record, record.content(user.role))
    return _paper_part(record, document(record, user.role))


def _paper_part(record, content):
    state = _state(record, content)
    sections = layout.ready(content["sections"], blank=False)
    if state.get("kind") == "declined":
        sections = [section for section in sections if _is_answered(section)]
    part = {**_heading(content), "state": state, "sections": sections}
    return {**part, "signed_by": record.signed_by}


def _family_part(record, user):
    """A record without what is for the school alone, what nobody answered, and check codes."""
    part = _part_of(record, user)
    state = {name: words for name, words in part["state"].items() if name != "code"}
    if state.pop("withheld", False):
        raise PaperError(WITHHELD_WORDS)
    if state.get("kind") == "sealed":
        state["tag"] = "AGREED"
    sections = []
    for section in part["sections"]:
        lines = [_for_family(line) for line in section["lines"]]
        answered = [line for line in lines if line.get("answer") or line.get("table")]
        if answered and section["family"]:
            sections.append({**section, "prompt": "", "lines": answered})
    return {**part, "state": state, "sections": sections}


def _authority_part(record, user):
    """A paper for the local authority: as the family gets it, with the date of birth."""
    part = _family_part(record, user)
    sections = []
    for section in part["sections"]:
        lines = []
        for line in section["lines"]:
            if line["name"] == "pupil":
                line = {**line, "answer": f"{line['answer']}, born {short_day(record.born())}"}
            if line["name"] != "sent_on":
                lines.append(line)
        sections.append({**section, "lines": lines})
    return {**part, "sections": sections}


def _for_family(line):
    entries = []
    for entry in line.get("entries", ()):
        stack = []
        for item in entry["stack"]:
            facts = [(label, said) for label, said in item["facts"] if said]
            if facts:
                stack.append({**item, "facts": facts})
        entries.append({**entry, "stack": stack})
    return {**line, "prompt": "", "entries": entries}


def _is_answered(section):
    return any(line.get("answer") or line.get("table") for line in section["lines"])


def _heading(content):
    words = content["purpose"]
    purpose = words[:1].upper() + words[1:]
    return {**EMPTY, "title": content["title"], "purpose": purpose}


def _blank_part(record_class, pupil=None):
    content = document(record_class)
    fields = record_class._meta.fields
    sections = [section for section in content["sections"] if section["key"] != "foot"]
    if pupil:
        # the family's copy asks only what is for them
        sections = [section for section in sections if section["family"]]
    for section in sections:
        lines = section["lines"]
        section["lines"] = [line for line in lines if _is_on_blank(fields.get(line["name"]))]
        for line in section["lines"]:
            if pupil and line["name"] == "pupil":
                line["answer"] = f"{pupil.called} {pupil.surname}"
            if "columns" in line:
                asked = record_class.columns_of(line["name"])
                for column, (_, question) in zip(line["columns"], asked, strict=True):
                    _give_room(column, question)
            else:
                _give_room(line, fields[line["name"]])
                if not record_class.by_family:
                    # staff write small, and the portal has room for the rest
                    line["rows"] = max(1, line["rows"] - 1)
    part = {**_heading(content), "signed_by": record_class.signed_by}
    return {**part, "sections": layout.ready(sections, blank=True)}


def _is_on_blank(question):
    return question is None or question.ask.on_blank


def _give_room(cell, question):
    cell["rows"] = question.ask.rows
    cell["short"] = isinstance(question, (DateField, DecimalField))


def _state(record, content):
    if not isinstance(record, Form):
        if not getattr(record, "void", False):
            return {}
        words = "It is kept, but it does not count."
        return {"kind": "draft", "tag": "ENTERED IN ERROR", "words": words}
    state = {"kind": record.status, "tag": record.answer("status").upper()}
    if record.status == "draft":
        state["words"] = DRAFT_WORDS
    elif record.status == "complete":
        written = ""
        if record.entered_by:
            written = f"Written by {record.entered_by}, begun on {say_moment(record.entered_at)}. "
        state["words"] = f"{written}Not yet agreed and sealed."
    elif record.status == "declined":
        state["words"] = f"Not filled in. Reason: {record.declined_why or 'not given'}"
    elif record.seal_holds():
        state["words"] = _seal_words(record, content)
        state["code"] = re.findall(".{8}", record.sealed_code)
    else:
        state = {"kind": "draft", "tag": "SEAL BROKEN", "words": BROKEN_WORDS}
    state["withheld"] = _is_withheld(content)
    return state


def _is_withheld(content):
    for section in content["sections"]:
        for line in section["lines"]:
            if line["name"] == "withhold":
                return line["answer"] == "Yes"
    return False


def _seal_words(form, content):
    when = say_moment(datetime.datetime.fromisoformat(content["when"]))
    words = f"Agreed by {content['who']} on {when}. These words never change."
    cls = type(form)
    newer = cls.select().where(cls.supersedes == form.id)
    if newer.where(cls.status == "sealed").exists():
        words += " There is a newer version of this paper."
    return words


# --- the whole record
def _forms(pupil, user, classes, states=STATUS):
    found = []
    for cls in classes:
        if may(user, "r", cls):
            written = cls.select().where(cls.pupil == pupil)
            found.extend(written.where(cls.status.in_(tuple(states))))
    return sorted(found, key=_age)


def _age(form):
    return form.happened_on or london(form.entered_at).date(), form.entered_at, form.id


def _chapters(pupil, user):
    for cls in every(PupilRecord):
        if issubclass(cls, (Form, Placement, ListMembership)) or not may(user, "r", cls):
            continue
        records = cls.readable_by(user).where(cls.pupil == pupil).order_by(cls.id)
        parts = [{**_part_of(record, user), "title": str(record)} for record in records]
        if parts:
            yield {**EMPTY, "title": cls.plural(), "records": parts}


TIMELINE = (
    ("Stages", Placement, ("started_on", "ended_on", "stage", "cycle", "move", "decided_by")),
    ("Lists", ListMembership, ("started_on", "ended_on", "list")),
    ("What was said at each move", Placement, ("started_on", "move", "answers")),
)


def _timeline(pupil, user):
    lines = []
    for label, cls, names in TIMELINE:
        if not may(user, "r", cls):
            continue
        heads = [cls.label_of(name) or "" for name in names]
        table = []
        rows = cls.select().where(cls.pupil == pupil).order_by(cls.started_on, cls.id)
        for row in rows:
            cells = [_short_answer(row, name) for name in names]
            if cells[-1] or "answers" not in names:
                table.append(cells)
        if table:
            lines.append(request_pack.table(label, heads, table))
    if lines:
        section = {"label": "", "prompt": "", "code": "", "lines": lines}
        ready = layout.ready([section], blank=False)
        yield {**EMPTY, "title": "Stages and lists", "sections": ready}


def _short_answer(row, name):
    value = getattr(row, name)
    if isinstance(value, datetime.date):
        return short_day(value)
    names = {"stage": workflow.stage_label, "list": workflow.list_label}
    if name not in names:
        return row.answer(name)
    said = names[name](value) if value else ""
    if row.void:
        return f"{said} (entered in error)"
    return said


# --- letters
SENDER = (
    "school_name",
    "school_address",
    "school_phone",
    "senco_name",
    "trust_name",
    "strapline",
)


def _letter(letter):
    written = letter.body or ""
    to = _stripped((letter.to_whom or "").splitlines())
    body = _stripped(re.split(r"\n\s*\n", written))
    if not body or not body[0].lower().startswith("dear"):
        people = []
        for line in to:
            # in a letter from before 1.2.0 a line with a number is an address
            if re.search(r"\d", line):
                break
            people.append(line.removeprefix("The "))
        names = ", ".join(people).rpartition(", ")
        greeted = " and ".join(filter(None, (names[0], names[2]))) or "family"
        body.insert(0, f"Dear {greeted},")
    closed = re.search(r"(?i)\byours (sincerely|faithfully)|kind regards", written)
    close = "" if closed else "Yours sincerely"
    school = Setting.of_school()
    return {
        **EMPTY,
        "kind": "letter",
        "title": letter.kind_name(),
        "void": letter.void,
        "large": letter.large_print == "Yes",
        "sender": {name: getattr(school, name) or "" for name in SENDER},
        "logo": photo.logo_of(school),
        "to": to,
        "address": _stripped((letter.address or "").splitlines()),
        "dated": letter.answer("dated"),
        "subject": letter.subject or "",
        "paragraphs": body,
        "close": close,
    }


def _stripped(parts, around=None):
    # without what stands around each part; the empty ones go
    parts = [part.strip(around) for part in parts]
    return list(filter(None, parts))


# --- the one-page profile
# Room below each list in points, the most items of a list, the most letters of an item: the first
# that fits is taken.
PROFILE_SIZES = [(room, 9, 260) for room in (96, 64, 32, 0)]
PROFILE_SIZES += [(0, 6, 160), (0, 4, 110), (0, 2, 80)]
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
    answers = {Strategy: {"strategy": _strategies(pupil, user)}}
    for source, classes, states in (
        ("plan", (MyPlan, MyPlanPlus), ("sealed",)),
        (PupilViews, (PupilViews,), ("sealed", "complete")),
        (FamilyThinks, (FamilyThinks,), ("sealed", "complete")),
    ):
        forms = _forms(pupil, user, classes, states)
        answers[source] = _answers(forms[-1], user) if forms else {}
    panels = []
    for title, colour, sources in PANELS:
        lists = []
        for source, name in sources:
            # whose words they are when they are not the child's or the school's
            whose = "my family" if source is FamilyThinks else ""
            items = _items(answers[source].get(name, ""))
            lists.append([(words, whose) for words in items])
        panels.append((title, colour, _in_turn(lists)))
    return panels


def _answers(form, user):
    answers = {}
    for section in form.content(user.role)["sections"]:
        for line in section["lines"]:
            first_column = [row[0] for row in line.get("table", ())]
            answers[line["name"]] = line.get("answer") or "\n".join(first_column)
    return answers


def _strategies(pupil, user):
    if not may(user, "r", Strategy):
        return ""
    now = Strategy.select().where(Strategy.pupil == pupil, Strategy.until.is_null())
    return "\n".join(row.strategy or "" for row in now.order_by(Strategy.id))


def _items(text):
    return _stripped(re.split(r"\n|(?<=\w\w\w[.!?…])\s+", text), " \t-•*·")


def _in_turn(lists):
    # so that a shortened list keeps every voice; none twice
    found = {}
    for row in itertools.zip_longest(*lists):
        for item in filter(None, row):
            found.setdefault(item[0], item)
    return list(found.values())


def shorten(said, items, letters):
    return [(shortened(text, letters), whose) for text, whose in said[:items]]


def shortened(text, letters):
    if len(text) <= letters:
        return text
    return text[:letters].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
