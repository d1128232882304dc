"""The papers: blank, draft, completed and sealed forms, letters, the family pack, the whole record, the one-page profile.

Come here to change what is on a paper and in which order. How it looks is in `templates/paper.html` and `static/paper.css`; the
words come from `questions.document`, so a new question prints without a change here. Long words never stand in a table cell
(the cell would shrink until they cannot be read), and a letter that the typefaces cannot draw is refused in a sentence.
"""
import bisect
import datetime
import io
import logging
import re
from pathlib import Path

from flask import make_response, render_template
from markupsafe import Markup
from pypdf import PdfReader
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import RenderLimitError, ResourceAccessPolicy

import workflow
from admin_views import fonts
from models import (Document, EhcCase, FamilyThinks, Form, Letter, ListMembership, MyPlan, MyPlanPlus, Placement, PupilRecord,
                    PupilViews, Setting, Strategy, every, may)
from questions import document, say_day, say_moment, short_day, today

SHORT, LINES = 200, 5           # the most letters and lines that stand in a table cell
PAGE_WIDTH = 17.0               # centimetres between the margins
MOST_COLUMNS, MOST_RULED = 6, 4  # of a completed table; of an empty one
FEW_OPTIONS = 10                # more are named, not ticked, on a completed paper
DRAFT_WORDS = "Not yet completed. Please do not rely on it or share it."

# No folder and no network: the typefaces are known by name and the style sheet stands inside the document.
POLICY = ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=60)
SHEET = Path(__file__).resolve().parent.parent / "static" / "paper.css"
logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL)       # its warnings quote the document: words about a child
log = logging.getLogger(__name__)


class PaperError(Exception):
    """The paper could not be made. Its text is one sentence for the person who asked for it."""


# ------------------------------------------------------------------------------------------------- the papers, for the views
def one(record, user):
    """One record of a pupil as a PDF: a paper in its state, a letter, or anything else as a completed form."""
    name = f"{record.slug()}-{record.id}"
    if isinstance(record, Letter):
        return _answer(name, user, kind="letter", title=record.kind_name(), pupil=record.pupil, **_letter(record))
    part = _part_of(record, user.role)
    return _answer(name, user, kind="form", title=part["title"], pupil=record.pupil, parts=[part], tag=part["state"].get("tag"))


def blank(record_class, user=None):
    """The empty form of a record class, to fill in by hand."""
    part = _blank_part(record_class)
    return _answer(f"{record_class.slug()}-blank", user, kind="form", title=part["title"], parts=[part], blank=True)


def blank_pack(stage, user=None):
    """All papers of one stage (a code of `workflow.STAGES`), empty."""
    parts = [_blank_part(p.form) for p in workflow.PAPERS if p.stage == stage]
    label = workflow.stage_label(stage)
    return _answer(f"blank-{stage.lower()}", user, kind="pack", title="Papers to fill in", parts=parts, blank=True, cover=label,
                   words="The papers of this stage, empty, to fill in by hand.")


def family_pack(pupil, user):
    """The five forms of Stage 3 for one family: empty but for the child's name, without what is not for the family."""
    parts = [_blank_part(p.form, pupil) for p in workflow.PAPERS if p.kind == "side"]
    return _answer(f"family-pack-{pupil.id}", user, kind="pack", title="Family pack", pupil=pupil, parts=parts, blank=True,
                   cover="Family pack", words="We would like to hear from you and from your child. Write as much or as little as you "
                   "like, in any language, and leave out anything you would rather not say. If it is easier to talk, please ask us: "
                   "we will write it down with you.")


def whole_record(pupil, user):
    """Everything kept about a pupil that this person may see, with a table of contents: papers oldest first."""
    parts = [_part_of(pupil, user.role), *_forms(pupil, user), *_chapters(pupil, user), *_timeline(pupil, user)]
    parts[0]["title"] = "Pupil details"
    return _answer(f"whole-record-{pupil.id}", user, kind="record", title="Pupil record", pupil=pupil, parts=parts,
                   cover="Pupil record", words="Everything the school keeps on the Learning Pathway about this child, as far as the "
                   "person who printed it may see it. It is about a child: please keep it safe.")


def profile(pupil, user):
    """The one-page profile. Lists are shortened until it fits one page; the letters keep their size."""
    panels, name = _panels(pupil, user), f"profile-{pupil.id}"

    def drawn(size):
        short = [(title, colour, shorten(words, size[1], size[2])) for title, colour, words in panels]
        return _answer(name, user, kind="profile", title="One-page profile", pupil=pupil, panels=short, room=size[0])

    best = bisect.bisect_left(PROFILE_SIZES[:-1], True, key=lambda size: _pages(drawn(size)) <= 1)
    return drawn(PROFILE_SIZES[best])


def _pages(answer):
    """The number of pages of a paper; 0 for a refusal."""
    return len(PdfReader(io.BytesIO(answer.data)).pages) if answer.status_code == 200 else 0


# ---------------------------------------------------------------------------------------------------- from data to a PDF
def _answer(name, user, **page):
    """The PDF as the answer to a request; or a plain page that says why it cannot be printed."""
    try:
        pdf = render(_html(user, **page))
    except PaperError as problem:
        return _refusal(str(problem))
    head = {"Content-Type": "application/pdf", "Content-Disposition": f"inline; filename={name}.pdf"}
    return make_response(pdf, head)


def _refusal(sentence):
    """The page that says why a paper cannot be printed."""
    return make_response(render_template("error.html", title="This cannot be printed", words=sentence), 422)


def _html(user, pupil=None, **page):
    """The whole document, style sheet included."""
    printed = f"Printed on {say_day(today())}" + (f" by {_brief(user.name)}" if user else "")
    shown = {"blank": False, "parts": (), "tag": "", "room": 0, **page}
    return render_template("paper.html", p=word, pieces=pieces, css=Markup(SHEET.read_text(encoding="utf-8")), printed=printed,
                           school=Setting.of_school(), brief=_brief, pupil=pupil, day=say_day(today()), **shown)


def _brief(name):
    """A name that fits in the head or foot of a page."""
    return name if len(name or "") <= 60 else name[:58] + "…"


def word(text):
    """Text as safe HTML in typefaces that have its letters; raises PaperError for letters that would come out wrong."""
    problem = fonts.unprintable(text)
    if problem:
        raise PaperError(problem)
    return fonts.printable(text)


def pieces(text):
    """Cut an answer in its paragraphs; cut a long first one after a sentence, so that its question stays beside it."""
    parts = [part for part in text.splitlines() if part.strip()]
    if parts and len(parts[0]) > 900:
        start, end = re.match(r"(.{200,}?[.!?…]\s|.{400}\S*\s|.*)(.*)", parts[0]).groups()
        parts[:1] = [start, end] if end else [start]
    return parts


def render(html):
    """The bytes of the PDF of a whole HTML page, made without reading anything from disk or network; raises PaperError."""
    fonts.register()
    page = io.BytesIO()
    try:
        result = pisa.CreatePDF(html.encode("utf-8", "ignore"), dest=page, encoding="utf-8", path="", resource_policy=POLICY)
    except RenderLimitError:
        raise PaperError("This paper is too long to print in one go. Please print a part of it.") from None
    except Exception as error:                                  # the message may quote the paper, so only its kind is logged
        log.error("a paper could not be drawn: %s", type(error).__name__)
        raise PaperError("This paper could not be printed. Nothing was changed; please tell the technician.") from None
    if result.err or not page.getvalue().startswith(b"%PDF"):
        raise PaperError("This paper could not be printed. Nothing was changed; please tell the technician.")
    return page.getvalue()


# --------------------------------------------------------------------------------------------------------------- one part
def _part_of(record, role):
    """A record as a part of a paper: its title, its state, and its sections made ready for the template."""
    content = record.content(role) if isinstance(record, Form) else document(record, role)
    state = _state(record, content)
    sections = _ready(content["sections"], blank=False)
    if state.get("kind") == "declined":
        sections = [s for s in sections if any(_said(line) for line in s["lines"])]
    return {"title": content["title"], "purpose": _sentence(content["purpose"]), "state": state, "sections": sections}


def _sentence(words):
    """The words with a capital at the beginning."""
    return words[:1].upper() + words[1:]


def _blank_part(record_class, pupil=None):
    """An empty form; with a pupil the family's copy: the name is filled in, sections that are not for the family are left out."""
    content = document(record_class)
    sections = [s for s in content["sections"] if s["family"] or pupil is None]
    for line in (line for s in sections for line in s["lines"]):
        if pupil is not None and line["name"] == "pupil":
            line["answer"] = f"{pupil.called} {pupil.surname}"
    _tell_rows(record_class, sections)
    return {"title": content["title"], "purpose": _sentence(content["purpose"]), "state": {}, "sections": _ready(sections, blank=True)}


def _tell_rows(record_class, sections):
    """Tell each column of an empty list how many lines its question asks for."""
    groups = record_class.groups()
    for line in (line for s in sections for line in s["lines"] if "columns" in line):
        for column, (_, asked) in zip(line["columns"], groups[line["name"]].questions()):
            column["rows"] = asked.ask.rows


def _said(line):
    """Whether a line says anything that the top of the paper does not say already."""
    return (line.get("answer") or line.get("table")) and line["name"] not in ("pupil", "happened_on")


def _state(record, content):
    """The box under the title of a paper that says how far one may rely on it."""
    if not isinstance(record, Form):
        return {"kind": "draft", "tag": "ENTERED IN ERROR", "words": "It is kept, but it does not count."} if _void(record) else {}
    withheld = {"withheld": any(line["name"] == "withhold" and line["answer"] == "Yes" for s in content["sections"] for line in s["lines"])}
    return {**STATES[record.status](record, content), **withheld}


def _void(record):
    return getattr(record, "void", False)


def _draft(form, _):
    return {"kind": "draft", "tag": "DRAFT", "words": DRAFT_WORDS}


def _complete(form, _):
    by = f"Written by {form.entered_by}, begun on {say_moment(form.entered_at)}. " if form.entered_by else ""
    return {"kind": "complete", "tag": "COMPLETED", "words": f"{by}Not yet agreed and sealed."}


def _sealed(form, content):
    """The seal in its own words: who, when, check code; a warning when the words no longer match the code."""
    if not form.seal_holds():
        return {"kind": "draft", "tag": "SEAL BROKEN", "words": "The words kept no longer match the check code they were sealed with. "
                "Please do not rely on this paper, and tell the SENCO."}
    when = say_moment(datetime.datetime.fromisoformat(content["when"]))
    newer = type(form).select().where(type(form).supersedes == form.id, type(form).status == "sealed").exists()
    more = " There is a newer version of this paper." if newer else ""
    code = [form.sealed_code[at:at + 8] for at in range(0, 64, 8)]
    return {"kind": "sealed", "tag": "SEALED", "words": f"Agreed by {content['who']} on {when}. These words never change.{more}", "code": code}


def _declined(form, _):
    return {"kind": "declined", "tag": "DECLINED", "words": f"Not filled in. Reason: {form.declined_why or 'not given'}"}


STATES = {"draft": _draft, "complete": _complete, "sealed": _sealed, "declined": _declined}


# ------------------------------------------------------------------------------------------ how each question is laid out
def _ready(sections, blank):
    """The sections with every line told how it is drawn."""
    return [{**s, "lines": [_group(x, blank) if "columns" in x else _line(x, blank) for x in s["lines"]]} for s in sections]


def _line(line, blank):
    """A question with `how` it is drawn: ticks, fact (beside its question), long (below it), line or box to write in."""
    line = {**line, "chosen": _chosen(line)}
    if line["options"] and (blank or len(line["options"]) <= FEW_OPTIONS):
        more = [c for c in line["chosen"] if c not in line["options"]]       # an option that is no longer offered
        line["options"] = line["options"] + more
        return {**line, "how": "ticks", "place": _tick_place(line["options"])}
    if blank and not line["answer"]:
        return {**line, "how": "box" if line["rows"] > 1 else "line", "room": min(line["rows"] + 1, 14)}
    return {**line, "how": "fact" if fits_cell(line["answer"]) and line["rows"] == 1 else "long"}


def _tick_place(options):
    """Where the boxes to tick stand: beside the question, below it in pairs, or below it one a line."""
    if sum(len(o) + 4 for o in options) <= 56:
        return "beside"
    return "pairs" if len(options) >= 4 and max(map(len, options)) <= 42 else "below"


def _chosen(line):
    """The chosen options, in words."""
    return [words for words in line["answer"].split("; ") if words] if line["options"] else []


def _group(group, blank):
    """A list of rows with `how` it is drawn: ruled as a table when all is short, else stacked; empty rows when blank."""
    columns, table = group["columns"], group["table"]
    if blank:
        wide = len(columns) > MOST_RULED or any(sum(map(len, c["options"])) > 40 for c in columns)
        how = "blocks" if wide else "ruled"
        group = {**group, "grid": _grid(columns)}
    else:
        how = "none" if not table else "table" if _fits_table(columns, table) else "stack"
        group = {**group, "entries": [_entry(columns, row) for row in table]}
    return {**group, "how": how, "widths": widths(columns, table)}


def _grid(columns):
    """The cells of one empty entry to write in: what needs room has a line of its own, the others stand in pairs."""
    lines = []
    for at, column in enumerate(columns):
        alone = at == 0 or column.get("rows", 1) > 1 or sum(len(o) + 4 for o in column["options"]) > 50
        if not alone and lines and lines[-1]["open"]:
            lines[-1] = {"cells": [*lines[-1]["cells"], column], "open": False}
        else:
            lines.append({"cells": [column], "open": not alone})
    return [line["cells"] for line in lines]


def _entry(columns, row):
    """One row as a stack: short answers run on in one line of the paper, a longer one stands below its question."""
    stack, room = [], 0
    for column, said in zip(columns, row):
        length = len(column["label"]) + len(said or "Not answered") + 6
        short = length <= 100 and "\n" not in said
        if short and stack and stack[-1]["short"] and length <= room:
            stack[-1]["facts"].append((column["label"], said))
            room -= length
        else:
            stack.append({"short": short, "facts": [(column["label"], said)]})
            room = 105 - length
    return {"stack": stack, "keep": sum(map(len, row)) < 1500}


def fits_cell(text):
    """Whether an answer is short enough for a table cell, which must never be taller than a page."""
    return len(text) <= SHORT and text.count("\n") < LINES


def _fits_table(columns, table):
    """Whether rows can be ruled as a table: few columns, short answers, and no word wider than its column."""
    short = all(fits_cell(cell) for row in table for cell in row)
    return len(columns) <= MOST_COLUMNS and short and sum(_least(columns, table)) <= PAGE_WIDTH


def _least(columns, table):
    """The least width of each column in centimetres: that of its longest word."""
    said = [[c["label"], *(row[at] for row in table)] for at, c in enumerate(columns)]
    return [0.5 + 0.2 * max(len(w) for text in texts for w in (text.split() or [""])) for texts in said]


def widths(columns, table):
    """The width of each column in per cent: room for its longest word, and more where more is said."""
    least = _least(columns, table)
    said = [max(12, len(c["label"]), *(min(len(row[at]), 90) for row in table)) if table else max(12, len(c["label"]), *(len(o) for o in c["options"]))
            for at, c in enumerate(columns)]
    spare = max(PAGE_WIDTH - sum(least), 0)
    whole = [low + spare * part / sum(said) for low, part in zip(least, said)]
    return [f"{100 * w / sum(whole):.1f}%" for w in whole]


# ------------------------------------------------------------------------------------------------------- the whole record
def _forms(pupil, user):
    """Every paper of the pathway that this person may see, oldest first, each on a new page."""
    found = [f for cls in workflow.every_form() if may(user, "r", cls) for f in cls.select().where(cls.pupil == pupil)]
    found.sort(key=lambda f: (f.happened_on or f.entered_at.date(), f.entered_at, f.id))
    return [{**_part_of(f, user.role), "entry": f"{f.kind_name()}, {short_day(f.happened_on)}".strip(", ")} for f in found]


EMPTY = {"title": "", "purpose": "", "state": {}, "sections": []}
CHAPTERS = {Strategy: "Everyday strategies", EhcCase: "EHC case", Document: "Documents on file"}


def _chapters(pupil, user):
    """What is kept beside the papers, a chapter for each kind of record: strategies, consents, meetings, EHC case, letters."""
    beside = [cls for cls in every(PupilRecord) if not issubclass(cls, (Form, Placement, ListMembership)) and may(user, "r", cls)]
    for cls in beside:
        records = list(cls.select().where(cls.pupil == pupil).order_by(cls.id))
        if records:
            parts = [{**_part_of(r, user.role), "title": str(r)} for r in records]
            yield {**EMPTY, "title": CHAPTERS.get(cls, f"{cls.kind_name()}s"), "records": parts}


def _timeline(pupil, user):
    """The stages and the lists, from when to when."""
    wanted = ((Placement, ("started_on", "ended_on", "stage", "cycle", "move", "decided_by")),
              (ListMembership, ("started_on", "ended_on", "list")))
    lines = [_history(cls, names, pupil) for cls, names in wanted if may(user, "r", cls)]
    reasons = [_reasons(pupil)] if may(user, "r", Placement) else []
    lines = [line for line in (*lines, *reasons) if line["table"]]
    if lines:
        section = {"label": "", "prompt": "", "code": "", "lines": lines}
        yield {**EMPTY, "title": "Stages and lists", "sections": _ready([section], blank=False)}


def _history(cls, names, pupil):
    """All placements or list memberships as a list of rows."""
    fields = cls._meta.fields
    rows = cls.select().where(cls.pupil == pupil).order_by(cls.started_on, cls.id)
    table = [[_short_answer(row, n) for n in names] for row in rows]
    return _rows_line("Stages" if cls is Placement else "Lists", [fields[n].verbose_name for n in names], table)


def _reasons(pupil):
    """What was asked and answered at each move."""
    rows = Placement.select().where(Placement.pupil == pupil).order_by(Placement.started_on, Placement.id)
    table = [[short_day(row.started_on), row.move or "", row.answers or ""] for row in rows if row.answers]
    return _rows_line("What was said at each move", ["From", "Move", "What was asked"], table)


def _rows_line(label, columns, table):
    return {"name": "", "label": label, "prompt": "", "columns": [{"label": c, "options": []} for c in columns], "table": table}


def _short_answer(row, name):
    """An answer for the timeline: short dates, the school's own names of stages and lists, a mark on what was an error."""
    value = getattr(row, name)
    if isinstance(value, datetime.date):
        return short_day(value)
    names = {"stage": workflow.stage_label, "list": workflow.list_label}
    said = names[name](value) if name in names and value else row.answer(name)
    return f"{said} (entered in error)" if row.void and name in ("stage", "list") else said


# --------------------------------------------------------------------------------------------------------------- letters
def _letter(letter):
    """What a letter says: to whom, the subject, its paragraphs with greeting and close."""
    to = [line.strip() for line in (letter.to_whom or "").splitlines() if line.strip()]
    body = [part.strip() for part in re.split(r"\n\s*\n", letter.body or "") if part.strip()]
    if body and not body[0].lower().startswith("dear"):
        body.insert(0, f"Dear {_and([re.sub(r'^The ', '', line) for line in to[:2] if not re.search(r'[0-9]', line)] or ['family'])},")
    closed = re.search(r"(?i)\byours (sincerely|faithfully)|kind regards", letter.body or "")
    return {"letter": letter, "to": to, "paragraphs": body, "close": "" if closed else "Yours sincerely"}


def _and(words):
    return " and ".join(words)


# --------------------------------------------------------------------------------------------------- the one-page profile
# Room below each list in points, the most items of a list, the most letters of an item: the first that fits one page is taken.
PROFILE_SIZES = (*((room, 9, 260) for room in range(104, -1, -4)), (0, 7, 200), (0, 6, 160), (0, 5, 130), (0, 4, 110), (0, 3, 100), (0, 2, 80))
VOICES = {PupilViews: "", MyPlan: "", MyPlanPlus: "", FamilyThinks: "my family", Strategy: ""}
PANELS = (
    ("What people appreciate about me", "sun", ((PupilViews, "good_at"), (FamilyThinks, "admire"))),
    ("What is important to me", "sky", ((PupilViews, "like"), (PupilViews, "people"), (FamilyThinks, "important_to"),
                                        (PupilViews, "would_like"))),
    ("How best to support me", "leaf", ((PupilViews, "helps"), (Strategy, "strategy"), ("plan", "every_day"), (FamilyThinks, "works_at_home"))),
    ("What I hope for", "rose", (("plan", "aspirations"), (PupilViews, "grown_up"), (FamilyThinks, "hope_year"))),
)


def _panels(pupil, user):
    """The panels of the profile: [(title, colour, [(words, whose), ...])], from the newest papers that this person may see."""
    said = {"plan": _answers(newest(pupil, user, (MyPlan, MyPlanPlus), ("sealed",)), user)}
    said.update({cls: _answers(newest(pupil, user, (cls,), ("sealed", "complete")), user) for cls in (PupilViews, FamilyThinks)})
    said[Strategy] = {"strategy": _everyday(pupil, user)}
    return [(title, colour, _in_turn([[(words, VOICES.get(source, "")) for words in _items(said[source].get(name, ""))]
                                      for source, name in sources])) for title, colour, sources in PANELS]


def newest(pupil, user, classes, states):
    """The newest paper of these classes that is in one of these states and that this person may see; None when there is none."""
    found = [f for cls in classes if may(user, "r", cls) for f in cls.select().where(cls.pupil == pupil, cls.status.in_(states))]
    return max(found, key=lambda f: (f.happened_on or f.entered_at.date(), f.entered_at, f.id), default=None)


def _answers(form, user):
    """What a paper says, by the name of the question; of a list of rows the first column."""
    lines = [line for s in form.content(user.role)["sections"] for line in s["lines"]] if form else []
    return {line["name"]: "\n".join(row[0] for row in line["table"]) if "table" in line else line["answer"] for line in lines}


def _everyday(pupil, user):
    """The everyday strategies of today, one a line."""
    open_now = Strategy.select().where(Strategy.pupil == pupil, Strategy.until.is_null()).order_by(Strategy.id)
    return "\n".join(s.strategy for s in open_now if s.strategy) if may(user, "r", Strategy) else ""


def _items(text):
    """An answer as a list: a line or a sentence each, without bullets."""
    lines = (part.strip(" \t-•*·") for part in re.split(r"\n|(?<=\w\w\w[.!?…])\s+", text))
    return [line for line in lines if line]


def _in_turn(lists):
    """The items of several lists, one from each in turn, so that every voice is heard when the list is shortened; none twice."""
    longest = max((len(items) for items in lists), default=0)
    return list({items[at][0]: items[at] for at in range(longest) for items in lists if at < len(items)}.values())


def shorten(words, items, letters):
    """At most so many items, each of at most so many letters: cut after a whole word, with an ellipsis."""
    return [(text if len(text) <= letters else text[:letters].rsplit(" ", 1)[0].rstrip(",;: ") + "…", whose) for text, whose in words[:items]]
