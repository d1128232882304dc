"""What may happen: the stages, the papers, the moves, and `perform`, the one door to a new stage.

Come here to change who may press a button, what it asks or needs, and where it leads: each is one
row of MOVES. T and A numbers are the rows of the pathway's own description, and "chart 1" to
"chart 3" its flow charts.
"""

import datetime
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from peewee import IntegrityError

from audit.log import transaction
from models import (
    AREAS,
    CASE_OPEN,
    DECISIONS,
    PLAN_ENDS,
    SEN_TYPES,
    TO_AMEND,
    Agency,
    AgencyInformation,
    AnnualReview,
    CaseDecision,
    ChildStory,
    ConcernReview,
    Contact,
    EhcCase,
    FamilyThinks,
    Form,
    HeadAgreement,
    Meeting,
    MyPlan,
    MyPlanPlus,
    MyPlanPlusReview,
    MyPlanReview,
    ParentInformation,
    Placement,
    Pupil,
    PupilViews,
    RecordOfConcern,
    Setting,
    may,
)
from pathway import clock, effects, letters, planning
from pathway import guards as g
from records.dates import london, say_weeks, today
from records.numbers import say_count
from records.questions import (
    HEAD,
    OF_CLASSES,
    OFFICE,
    ROLE_NAMES,
    ROLES,
    SENCO,
    choice,
    choices,
    day,
    fault,
    number,
    say,
    text,
)
from records.record import Clash


# --- stages
@dataclass(frozen=True)
class Stage:
    """One stage, with the names of its settings."""

    label: str  # the setting that names it, or the words themselves
    list: str = ""  # CONCERNS or SEN
    local: str = ""  # what staff call it: K, K+, E
    census: str = "N"  # DfE SEN provision code: N, K, E
    opens: str = ""  # setting: weeks after which a review may be held
    closes: str = ""  # setting: weeks within which it must be held
    months: int = 0  # instead: the annual review (Children and Families Act 2014, s.44)


STAGES = {
    "NONE": Stage("Not on the pathway"),
    "S1": Stage("stage_1", "CONCERNS", opens="stage_1_opens", closes="stage_1_closes"),
    "S2": Stage("stage_2", "SEN", "K", "K", closes="stage_2_closes"),
    "S3": Stage("stage_3", "SEN", "K+", "K", opens="stage_3_opens", closes="stage_3_closes"),
    "E": Stage("stage_e", "SEN", "E", "E", months=12),
    "LEFT": Stage("Pathway closed"),
    "OFF": Stage("Left the school", census=""),  # a leaver is not returned
}
OPEN = ("S1", "S2", "S3", "E")
LISTS = {"CONCERNS": "concerns_list", "SEN": "sen_list"}
# no form writes these
ONLY_BY_MOVES = ("Placement", "ListMembership", "HeadAgreement", "Erasure", "AuditEntry")


def stage_label(code, settings=None):
    label = STAGES[code].label
    return getattr(settings or Setting.of_school(), label, label)


def list_label(code, settings=None):
    return getattr(settings or Setting.of_school(), LISTS[code])


# --- the papers of each stage
@dataclass(frozen=True)
class Paper:
    """A paper that a stage asks for, in every cycle or once in the whole stay (`each`)."""

    form: type
    stage: str
    kind: str  # plan, side or review
    ref: str
    needs: tuple = ()  # guards besides the form's own questions
    each: str = "cycle"
    agreed_by: tuple = (SENCO,)  # A26


REVIEWED = (
    g.plan_agreed,
    g.after_start,
    g.everything_rated,
    g.chart_answered,
    g.ratings_explained,
)
CONSENTED = (g.consent_recorded, g.consent_said)
ADVISED = (g.recommendations_decided, g.consent_recorded)
PLANNED = (g.five_forms_in, g.recommendations_decided, *CONSENTED)
IN_TIME = (g.delay_explained, g.review_in_time)
PAPERS = (
    Paper(RecordOfConcern, "S1", "plan", "T02", (g.delay_explained,)),
    Paper(ConcernReview, "S1", "review", "T03", (*REVIEWED, g.not_early)),
    Paper(MyPlan, "S2", "plan", "T09", IN_TIME),
    Paper(MyPlanReview, "S2", "review", "T10", REVIEWED),
    Paper(ParentInformation, "S3", "side", "T17", each="stay"),
    Paper(ChildStory, "S3", "side", "T17", each="stay"),
    Paper(FamilyThinks, "S3", "side", "T17", each="stay"),
    Paper(PupilViews, "S3", "side", "T17", each="stay"),
    Paper(AgencyInformation, "S3", "side", "T17", ADVISED, each="stay"),
    Paper(MyPlanPlus, "S3", "plan", "T18", (*IN_TIME, *PLANNED)),
    Paper(MyPlanPlusReview, "S3", "review", "T19", (*REVIEWED, g.not_early)),
    Paper(MyPlanPlus, "E", "plan", "T25", (*IN_TIME, *CONSENTED)),
    Paper(AnnualReview, "E", "review", "T26", (g.after_start, g.everything_rated)),
)


def paper_for(form_class):
    return next(paper for paper in PAPERS if paper.form is form_class)


def every_form():
    return list(dict.fromkeys(paper.form for paper in PAPERS))


def forms_of_stage(code):
    return [paper.form for paper in PAPERS if paper.stage == code]


@dataclass(frozen=True)
class Asked:
    """A question of the chart, and after which earlier answers it is asked."""

    name: str
    when: tuple = ({},)


CHART_1 = (Asked("achieved"),)
# A10, reading C
CHART_2 = (
    Asked("achieved"),
    Asked("appropriate"),
    Asked("barriers", ({"achieved": "Yes", "appropriate": "No"},)),
    Asked(
        "onward",
        (
            {"achieved": "No", "appropriate": "No"},
            {"achieved": "Yes", "appropriate": "No", "barriers": "No"},
        ),
    ),
)
# of an EHCP the local authority decides
QUESTIONS = {"S1": CHART_1, "S2": CHART_2, "S3": CHART_2, "E": ()}


@dataclass(frozen=True)
class ChartRow:
    """One row of the decision table (5.3): the moves that name it are what it allows."""

    name: str
    stages: tuple
    answers: dict
    words: str


PLANS = ("S2", "S3")
ROWS = (
    ChartRow("progress", ("S1",), {"achieved": "Yes"}, "There is progress: no longer a concern"),
    ChartRow("no progress", ("S1",), {"achieved": "No"}, "No progress yet"),
    ChartRow("1", PLANS, {"appropriate": "Yes"}, "The plan is still right"),
    ChartRow(
        "2",
        PLANS,
        {"achieved": "Yes", "appropriate": "No", "barriers": "Yes"},
        "Outcomes achieved, barriers overcome",
    ),
    ChartRow(
        "3",
        PLANS,
        {"achieved": "Yes", "appropriate": "No", "barriers": "No", "onward": "Yes"},
        "Outcomes achieved, but more help is needed",
    ),
    ChartRow(
        "4",
        PLANS,
        {"achieved": "No", "appropriate": "No", "onward": "Yes"},
        "More help is needed",
    ),
    # A12, A21
    ChartRow(
        "5",
        PLANS,
        {"appropriate": "No", "onward": "No"},
        "The plan no longer fits, and nothing more is needed",
    ),
    ChartRow("held", ("E",), {}, "The annual review was held"),
)


def next_question(review):
    """The name of the chart's next question; None when all are answered."""
    said = chart_answers(review)
    for asked in chart_of(review):
        if applies(asked, said) and not said[asked.name]:
            return asked.name
    return None


def applies(asked, said):
    return any(case.items() <= said.items() for case in asked.when)


def clear_unasked(review):
    """Empty the answers to questions that the chart does not ask; whether there were any."""
    said = chart_answers(review)
    found = False
    for asked in chart_of(review):
        if applies(asked, said):
            continue
        for name in (asked.name, f"{asked.name}_why"):
            found = found or bool(getattr(review, name))
            setattr(review, name, None)
        said[asked.name] = None
    return found


def chart_of(form):
    """The questions that the chart asks in a paper: none unless it is a review."""
    paper = paper_for(type(form))
    return QUESTIONS[paper.stage] if paper.kind == "review" else ()


def chart_answers(review):
    return {asked.name: getattr(review, asked.name) for asked in chart_of(review)}


def chart_row(review):
    """The row of the decision table that a review reaches; None while a question is open."""
    if review is None or next_question(review):
        return None
    said = chart_answers(review)
    stage = paper_for(type(review)).stage
    for row in ROWS:
        if stage in row.stages and row.answers.items() <= said.items():
            return row
    raise LookupError(f"No row of the decision table fits {said}.")


# --- one pupil, as the guards see them
@dataclass
class PupilContext:
    """One pupil on one day, as the guards see it."""

    pupil: Pupil
    user: object
    on: datetime.date = field(default_factory=today)
    answers: dict = field(default_factory=dict)
    form: Form = None  # the paper that is being completed, for the guards of papers
    move: object = None  # the row of MOVES that is being looked at, for the guards of moves
    school: Setting = None  # its settings, when they are known already
    # the pupil's records by class, of classes that are known already
    forms: dict = field(default_factory=dict)
    next_question = staticmethod(next_question)

    @cached_property
    def settings(self):
        return self.school or Setting.of_school()

    @cached_property
    def placements(self):
        """All placements of the pupil, oldest first, those entered in error included."""
        theirs = Placement.select().where(Placement.pupil == self.pupil.id)
        return list(theirs.order_by(Placement.id))

    @cached_property
    def placement(self):
        for placed in self.placements:
            if placed.ended_on is None and not placed.void:
                return placed
        return None

    @cached_property
    def stage(self):
        if self.placement:
            return self.placement.stage
        return "NONE"

    @cached_property
    def clock(self):
        if self.placement:
            return clock_of(self.placement, self.on, self.settings)

    @property
    def plan_is_late(self):
        """Whether the plan in hand is of a day on which its review was due already (T09)."""
        written = self.form.happened_on
        return bool(written) and written >= self.clock.closes

    @property
    def plan_clock(self):
        """The clock that runs once the plan in hand is agreed: the first plan of a stage opens its
        window (A6), and so does a late one (T09).
        """
        written = self.form.happened_on
        placed = self.placement
        first = placed.cycle == 1 and placed.clock_from is None
        opens = first and self.settings.clock_from_plan != "No"
        if not written or not (opens or self.plan_is_late):
            return self.clock
        start = max(written, placed.started_on)
        return clock.window(STAGES[self.stage], start, self.settings, self.on)

    def clock_of(self, placement):
        return clock_of(placement, self.on, self.settings)

    def window(self, code, start):
        """The review window of a stage that runs from a day."""
        return clock.window(STAGES[code], start, self.settings, self.on)

    def window_start(self, code, closes):
        """The day from which the review window of a stage closes on a day."""
        return clock.window_start(STAGES[code], closes, self.settings)

    @cached_property
    def case(self):
        """The pupil's newest EHC case that is open, or None."""
        open_ones = [case for case in self.written(EhcCase) if case.state in CASE_OPEN]
        return max(open_ones, key=lambda case: case.id, default=None)

    @cached_property
    def papers(self):
        if self.placement:
            known = {"stays": self.placements, "forms": self.forms}
            return papers_of([self.placement], **known)[self.placement.id]
        return []

    @property
    def head_agreement(self):
        """The head's agreement to an EHCP request of this cycle, or None."""
        here = self.placement.id if self.placement else 0
        for agreed in self.written(HeadAgreement):
            if agreed.placement_id == here:
                return agreed

    @property
    def case_dates(self):
        """The dates of the open EHC case that count now: [DueDate, ...]."""
        if self.case is None:
            return []
        ends = None
        # when the review is agreed the move is what waits
        if self.placement and not (self.review and self.review.status == "sealed"):
            ends = year_end(self.placement)
        return clock.case_dates(self.case, ends, self.settings, self.on)

    def written(self, cls):
        """The pupil's records of a class."""
        if cls not in self.forms:
            self.forms[cls] = list(cls.select().where(cls.pupil == self.pupil.id))
        return self.forms[cls]

    def paper(self, kind):
        for paper, form in self.papers:
            if paper.kind == kind:
                return paper, form
        return None, None

    def paper_of(self, form_class):
        for paper, form in self.papers:
            if paper.form is form_class:
                return paper, form
        return None, None

    def form_of(self, form_class):
        return self.paper_of(form_class)[1]

    @property
    def review(self):
        return self.paper("review")[1]

    @property
    def planned(self):
        """The meeting at which this cycle's review is to be held, or None."""
        if self.placement is None:
            return None
        mine = [one for one in self.written(Meeting) if one.placement_id == self.placement.id]
        return max(mine, key=lambda meeting: meeting.id, default=None)

    @property
    def reviewed(self):
        """What this stage's review rates: under an EHCP that plan, else the plan of the cycle."""
        if self.stage == "E":
            return self.case
        return self.paper("plan")[1]

    @property
    def chart_row(self):
        return chart_row(self.review)


def papers_of(placements, names=(), forms=(), stays=None):
    """{placement id: [(Paper, its newest form or None), ...]} of open placements; of the forms only
    the columns of these names are read, if there are any. `forms` are those known already, `stays`
    all placements of these pupils if they are.
    """
    if stays is None:
        pupils = [placed.pupil_id for placed in placements]
        stays = Placement.select().where(Placement.pupil.in_(pupils))
    stay_of = {}
    for placed in stays:
        if not placed.void:
            stay_of[placed.id] = (placed.pupil_id, placed.stage, placed.stage_since)
    classes = set()
    for placed in placements:
        classes.update(forms_of_stage(placed.stage))
    newest = {}
    for cls in classes:
        columns = [getattr(cls, name) for name in names]
        written = cls.select(*columns).where(cls.placement.in_(list(stay_of))).order_by(cls.id)
        if cls in forms:
            written = [form for form in forms[cls] if form.placement_id in stay_of]
        for form in written:
            newest[cls, "cycle", form.placement_id] = form
            newest[cls, "stay", stay_of[form.placement_id]] = form
    found = {placed.id: [] for placed in placements}
    for placed in placements:
        keys = {"cycle": placed.id, "stay": stay_of.get(placed.id)}
        for paper in PAPERS:
            if paper.stage == placed.stage:
                form = newest.get((paper.form, paper.each, keys[paper.each]))
                found[placed.id].append((paper, form))
    return found


def clock_of(placement, on=None, settings=None):
    stage = STAGES[placement.stage]
    start = placement.clock_from or placement.started_on
    settings = settings or Setting.of_school()
    on = on or today()
    held = placement.reviewed_on
    if held and held > on:
        held = None
    return clock.window(stage, start, settings, on, held)


def year_end(placement):
    """The last day of an EHCP's review year, whatever day the school is open; None without one."""
    if placement.stage == "E":
        return clock.year_ends(placement.clock_from or placement.started_on)


def known_since(placement):
    """The day from which papers are waited for: the first day of the placement; of a child who was
    on the stage before the portal, the day on which that was typed.
    """
    if is_on_paper(placement):
        return london(placement.entered_at).date()
    return placement.started_on


def is_on_paper(placement):
    move = move_named(placement.move)
    return move is not None and move.on_paper


# --- moves
ASSESSED_TYPES = tuple(pair for pair in SEN_TYPES if pair[0] != "NSA")
ASKS = {
    "on": day("Date", "The day it happened.", needed=True),
    "reason": text("Reason", rows=2, needed=True),
    "note": text("Anything to add?", rows=2),
    "why_told": text(
        "Reason, as you would say it to the family", "The letter quotes it.", rows=2, needed=True
    ),
    "raised_by": text("Who raised the concern?", needed=True),
    "areas": choices("Which broad areas does it touch?", options=AREAS, needed=True),
    "sen_type": choice("Main SEN type", options=SEN_TYPES, needed=True),
    "told": day(
        "When were the parents or carers told?",
        "Leave it empty when the letter that this makes is to tell them.",
    ),
    "why_direct": choice(
        "Why does the pupil start here?",
        needed=True,
        options=("Transferred in with this code", "Diagnosis", "Sudden need", "Other"),
    ),
    "changes": text("What changes in the plan, or why does nothing?", rows=2, needed=True),
    "parents_view": choice(
        "Do the parents know and agree?",
        options=("Agree", "Refuse", "They ask themselves"),
        needed=True,
    ),
    "head_agreed": day(
        "When did the head agree on paper?",
        "Only when this school asks for it, and the head has not pressed the button.",
    ),
    "requester": choice(
        "Who asks?", options=("Parent", "Young person", "Somebody else", "School"), needed=True
    ),
    "authority": text("Local authority", needed=True),
    "plan_on": day("Date of the final plan", needed=True),
    "reviewed_on": day(
        "When did the local authority last review it?",
        "If it has: the date of that decision. The next twelve months run from it.",
    ),
    "letter_on": day("Date of the local authority's letter", needed=True),
    "destination": text("Where do they go?"),
    "since": day("On this stage since", "On paper or in another system.", needed=True),
    "last_review": day(
        "Last review on this stage", "Leave it empty when none was held on this stage yet."
    ),
    "next_review": day(
        "Next review",
        "Leave it empty: one full review window after the last review, or from today.",
        ahead=2,
    ),
    "second_type": choice("Second SEN type", options=ASSESSED_TYPES),
    "recap": choice(
        "Write the family what was agreed at the review?",
        "A letter to check and send: how far each outcome came, the next steps, the next review.",
    ),
    "cycle": number("Which cycle is it?", "1 when you leave it empty."),
}
# what every child is asked who was on the register before the portal
ON_PAPER = ("since", "last_review", "next_review")


@dataclass(frozen=True)
class Move:
    """One button: where it leads, who may press it, what must hold, what it asks and makes."""

    name: str  # exactly the words on the button
    from_: tuple  # codes of STAGES
    to: str  # a code of STAGES, or "" to stay where one is
    does: str  # one sentence for the person who presses it
    ref: str  # T number, and the chart
    rows: tuple = ()  # rows of the decision table that allow it
    needs: tuple = ()  # guards
    asks: tuple = ("on", "note")
    makes: tuple = ()  # effects, by name
    letter: str = ""  # the setting with the letter's words
    by: tuple = (SENCO,)
    beside: bool = False  # not an arrow of the flow charts: it can happen at almost any stage
    on_paper: bool = False  # the child was on the stage before the portal: nothing is late for that

    @cached_property
    def slug(self):
        words = self.name.lower().replace("+", " plus")
        return re.sub(r"[^a-z0-9]+", "-", words).strip("-")

    @property
    def guards(self):
        reviewed = ()
        if self.rows:
            reviewed = (g.review_agreed, g.chart_leads_here)
        return (*reviewed, *self.needs, g.date_fits)


AWAY = ("NONE", "LEFT")
EHCP_REQUEST = "Begin process for an EHCP"
MOVES = (
    # chart 1
    Move(
        "Place on Concerns List",
        AWAY,
        "S1",
        "Opens Stage 1: the teacher completes a Record of Concern.",
        "T01, chart 1",
        needs=(g.on_roll,),
        asks=("on", "raised_by", "areas", "note"),
        letter="letter_concern",
    ),
    Move(
        "Take off Concerns List",
        ("S1",),
        "LEFT",
        "There is no longer a concern. What helped goes on as everyday strategies.",
        "T04, chart 1",
        rows=("progress",),
        asks=("on", "note", "recap"),
        makes=("keep_strategies",),
        letter="letter_off_concerns",
    ),
    Move(
        "Move to Stage 2",
        ("S1",),
        "S2",
        "Takes the child off the Concerns List and onto the SEN List (K); My Plan begins.",
        "T05, chart 1",
        rows=("no progress",),
        asks=("on", "sen_type", "told", "note", "recap"),
        makes=("set_type",),
        letter="letter_support_begins",
    ),
    Move(
        "Watch for another cycle",
        ("S1",),
        "S1",
        "Stays on the Concerns List for one more cycle.",
        "T06, A4",
        rows=("no progress",),
        needs=(g.watching_allowed,),
        asks=("on", "reason", "recap"),
        makes=("carry_record",),
        letter="letter_watch_again",
    ),
    # chart 2
    Move(
        "Start at Stage 2",
        AWAY,
        "S2",
        "Direct entry to My Plan (K), without Stage 1.",
        "T08, A9",
        needs=(g.on_roll,),
        asks=("on", "why_direct", "reason", "sen_type", "told"),
        makes=("set_type",),
        letter="letter_support_begins",
    ),
    Move(
        "New My Plan cycle",
        ("S2",),
        "S2",
        "Closes this cycle and opens the next; what is not finished is copied to a new plan.",
        "T11, chart 2",
        rows=("1", "5"),
        asks=("on", "changes", "recap"),
        makes=("carry_plan",),
    ),
    Move(
        "Move to Stage 3",
        ("S2",),
        "S3",
        "My Plan+ (K+) begins: five forms from family, child and agencies, then the plan.",
        "T13, chart 2",
        rows=("3", "4"),
        needs=(g.agency_need_noted,),
        asks=("on", "told", "note", "recap"),
        makes=("carry_plan",),
        letter="letter_my_plan_plus",
    ),
    Move(
        "Remove from SEN List",
        ("S2", "S3"),
        "LEFT",
        "The child no longer needs a plan; support ends.",
        "T12, T22, charts 2 and 3",
        rows=("2",),
        asks=("on", "told", "note", "recap"),
        makes=("end_type",),
        letter="letter_support_ends",
    ),
    Move(
        "Step down to Concerns List",
        ("S2",),
        "S1",
        "Support ends, but the school keeps an eye on the child.",
        "T15, A12",
        rows=("5",),
        asks=("on", "why_told", "told", "recap"),
        makes=("end_type",),
        letter="letter_watch_after",
    ),
    Move(
        "Move to Stage 3 between reviews",
        ("S2",),
        "S3",
        "For slow progress or a long time on My Plan, without waiting for the review.",
        "T14, chart 2",
        asks=("on", "reason", "told"),
        makes=("carry_plan",),
        letter="letter_my_plan_plus",
    ),
    # chart 3
    Move(
        "Start at Stage 3",
        AWAY,
        "S3",
        "Direct entry to My Plan+ (K+).",
        "T16, A9",
        needs=(g.on_roll,),
        asks=("on", "why_direct", "reason", "sen_type", "told"),
        makes=("set_type",),
        letter="letter_plus_begins",
    ),
    Move(
        "New My Plan+ cycle",
        ("S3",),
        "S3",
        "Closes this cycle and opens the next; what is not finished is copied to a new plan.",
        "T20, chart 3",
        rows=("1", "5"),
        asks=("on", "changes", "recap"),
        makes=("carry_plan",),
    ),
    Move(
        "New My Plan+ cycle beside the EHC case",
        ("S3",),
        "S3",
        "The EHC case is open already; My Plan+ and its reviews go on with the advice received.",
        "T20, 5.5",
        rows=("3", "4"),
        needs=(g.case_is_open,),
        asks=("on", "changes", "recap"),
        makes=("carry_plan",),
    ),
    Move(
        EHCP_REQUEST,
        ("S3",),
        "S3",
        "Opens an EHC case. The child stays on My Plan+, and its reviews go on.",
        "T23, chart 3",
        rows=("3", "4"),
        needs=(g.no_open_case, g.head_agrees),
        asks=("on", "parents_view", "head_agreed", "note", "recap"),
        makes=("open_case", "carry_plan", "note_agreement"),
        letter="letter_ehcp",
    ),
    Move(
        "Step down to My Plan",
        ("S3",),
        "S2",
        "From K+ to K: a My Plan is made from the outcomes that are still open.",
        "T21, chart 3",
        rows=("2", "5"),
        asks=("on", "why_told", "told", "recap"),
        makes=("carry_plan",),
        letter="letter_step_down",
    ),
    # beside the chart: the EHC case, leaving, returning
    Move(
        "EHCP issued",
        ("NONE", "S1", "S2", "S3", "LEFT"),
        "E",
        "The final plan is here, or the child arrives with one: code E.",
        "T25",
        needs=(g.on_roll, g.real_type),
        asks=("on", "plan_on", "reviewed_on", "authority", "sen_type", "note"),
        makes=("issue_plan", "set_type", "carry_plan"),
        letter="letter_ehcp_issued",
        beside=True,
    ),
    Move(
        "Record an EHC request",
        ("NONE", "S1", "S2", "S3", "LEFT"),
        "",
        "A parent or somebody else has asked the local authority "
        "for an assessment. The stage stays as it is.",
        "T24",
        needs=(g.on_roll, g.no_open_case),
        asks=("on", "requester", "authority", "note"),
        makes=("open_case",),
        by=(SENCO, OFFICE),
        beside=True,
    ),
    Move(
        "Annual review held",
        ("E",),
        "E",
        "Starts the next year of the EHCP; the local authority decides within four weeks.",
        "T26",
        rows=("held",),
        asks=("on", "note", "recap"),
        makes=("hold_review", "carry_plan"),
    ),
    Move(
        "EHCP ceased: back to My Plan+",
        ("E",),
        "S3",
        "The local authority ends the plan; support goes on as K+.",
        "T27",
        asks=("on", "letter_on", "reason"),
        makes=("cease_case", "carry_plan"),
        letter="letter_ceased",
    ),
    Move(
        "EHCP ceased: back to My Plan",
        ("E",),
        "S2",
        "The local authority ends the plan; support goes on as K.",
        "T27",
        asks=("on", "letter_on", "reason"),
        makes=("cease_case", "carry_plan"),
        letter="letter_ceased",
    ),
    Move(
        "EHCP ceased: off the SEN List",
        ("E",),
        "LEFT",
        "The local authority ends the plan, and no support is needed.",
        "T27",
        asks=("on", "letter_on", "reason"),
        makes=("cease_case", "end_type"),
        letter="letter_ceased",
    ),
    Move(
        "Has left the school",
        ("NONE", "S1", "S2", "S3", "E", "LEFT"),
        "OFF",
        "Ends all lists and clocks. The transfer pack is due within 15 school days.",
        "T28",
        asks=("on", "destination", "note"),
        makes=("leave", "end_type"),
        by=(SENCO, OFFICE),
        beside=True,
    ),
    Move(
        "Has returned",
        ("OFF",),
        "LEFT",
        "On roll again, not on the pathway.",
        "T29",
        asks=("on", "note"),
        makes=("come_back",),
        by=(SENCO, OFFICE),
    ),
    Move(
        "Has returned: Stage 1",
        ("OFF",),
        "S1",
        "On roll again, on the Concerns List.",
        "T29",
        asks=("on", "reason"),
        makes=("come_back",),
        letter="letter_concern",
    ),
    Move(
        "Has returned: My Plan",
        ("OFF",),
        "S2",
        "On roll again, with K.",
        "T29",
        asks=("on", "reason", "sen_type", "told"),
        makes=("come_back", "set_type"),
        letter="letter_support_begins",
    ),
    Move(
        "Has returned: My Plan+",
        ("OFF",),
        "S3",
        "On roll again, with K+.",
        "T29",
        asks=("on", "reason", "sen_type", "told"),
        makes=("come_back", "set_type"),
        letter="letter_plus_begins",
    ),
    Move(
        "Has returned: EHCP",
        ("OFF",),
        "E",
        "On roll again, with an EHC plan.",
        "T29",
        needs=(g.real_type,),
        asks=("on", "plan_on", "reviewed_on", "authority", "sen_type", "reason"),
        makes=("come_back", "issue_plan", "set_type"),
        letter="letter_ehcp_returns",
    ),
    # before the portal, or in a year that is typed in afterwards
    Move(
        "On our register before: Stage 1",
        AWAY,
        "S1",
        "The child is on the Concerns List already. No letter is written.",
        "T16a",
        needs=(g.on_roll, *g.OF_PAPER),
        asks=(*ON_PAPER, "cycle", "note"),
        makes=("go_on",),
        beside=True,
        on_paper=True,
    ),
    Move(
        "On our register before: My Plan",
        AWAY,
        "S2",
        "The child has SEN support (K) already. No letter is written.",
        "T16a",
        needs=(g.on_roll, *g.OF_PAPER),
        asks=(*ON_PAPER, "sen_type", "second_type", "cycle", "note"),
        makes=("go_on", "set_type"),
        beside=True,
        on_paper=True,
    ),
    Move(
        "On our register before: My Plan+",
        AWAY,
        "S3",
        "The child has SEN support (K+) already. No letter is written.",
        "T16a",
        needs=(g.on_roll, *g.OF_PAPER),
        asks=(*ON_PAPER, "sen_type", "second_type", "cycle", "note"),
        makes=("go_on", "set_type"),
        beside=True,
        on_paper=True,
    ),
    Move(
        "On our register before: EHCP",
        AWAY,
        "E",
        "The child has an EHC plan already. No letter is written.",
        "T16a",
        needs=(g.on_roll, g.real_type, *g.OF_PAPER),
        asks=(*ON_PAPER, "plan_on", "authority", "sen_type", "second_type", "cycle", "note"),
        makes=("issue_plan", "go_on", "set_type"),
        beside=True,
        on_paper=True,
    ),
)
UNDO = Move(
    "Entered in error",
    ("S1", "S2", "S3", "E", "LEFT", "OFF"),
    "",
    "Takes the last move back. What it said is kept, marked as an error.",
    "T07",
    needs=(g.recent_enough, g.nothing_sealed_since, g.case_not_moved_on),
    asks=("reason",),
)


@dataclass(frozen=True)
class CaseMove:
    """One step of an EHC case beside the stage, and the date it fills in (5.5)."""

    name: str
    from_: tuple
    to: str
    sets: str
    by: tuple = (SENCO, OFFICE)
    # whose date it is: the case's, its last decision's, or that of a review year (`record_of`)
    of: str = "case"
    after: str = ""  # what of that record must be known before
    decides: bool = False  # one of DECISIONS: it is kept as a line of its own
    # after an annual review: its name is what was decided, the next is due twelve months from it
    annual: bool = False
    ahead: bool = False  # its day may be in the future, and may change


REFUSED = ("refused_assess", "refused_issue")
APPEALED = (*REFUSED, "final")
FINAL = ("final",)
CASE_MOVES = (
    CaseMove("Request sent", ("preparing",), "requested", "requested_on"),
    CaseMove("Received by the local authority", ("requested",), "requested", "received_on"),
    CaseMove("Will assess", ("requested",), "assessing", "decided_assess_on", decides=True),
    CaseMove(
        "Assessment refused", ("requested",), "refused_assess", "decided_assess_on", decides=True
    ),
    # the school's own clocks
    CaseMove("Advice asked for", ("requested", "assessing"), "", "advice_asked_on"),
    CaseMove("Advice sent", clock.UNISSUED, "", "advice_sent_on", after="advice_asked_on"),
    CaseMove("Draft plan received", ("assessing", "after_all"), "draft", "draft_served_on"),
    CaseMove("School consulted", ("draft",), "", "consulted_on"),
    CaseMove(
        "Consultation answered", ("draft",), "", "consultation_answered_on", after="consulted_on"
    ),
    CaseMove("Family has commented on the draft", ("draft",), "", "draft_answered_on"),
    CaseMove("Plan refused", ("assessing",), "refused_issue", "decided_issue_on", decides=True),
    # a decision that the family may appeal against
    CaseMove("Mediation considered", APPEALED, "", "mediation_on", of="decision"),
    CaseMove(
        "Mediation certificate", APPEALED, "", "certificate_on", of="decision", after="mediation_on"
    ),
    CaseMove("Appeal lodged", APPEALED, "", "appeal_on", of="decision"),
    CaseMove(
        "Assessment after all",
        ("refused_assess",),
        "assessing",
        "assess_ordered_on",
        decides=True,
    ),
    CaseMove("Plan after all", ("refused_issue",), "after_all", "issue_ordered_on", decides=True),
    CaseMove("Refusal accepted", REFUSED, "closed", "closed_on"),
    # the year of an annual review (T26)
    CaseMove("Meeting planned for this day", FINAL, "", "planned_on", of="coming", ahead=True),
    CaseMove(
        "Advice for the meeting asked for", FINAL, "", "asked_on", of="coming", after="planned_on"
    ),
    CaseMove("Invitations sent", FINAL, "", "invited_on", of="coming", after="planned_on"),
    CaseMove("Papers sent round", FINAL, "", "papers_on", of="coming", after="planned_on"),
    CaseMove("Review report sent", FINAL, "", "report_on", of="held"),
    CaseMove("Plan kept as it is", FINAL, "", "decided_on", of="held", decides=True, annual=True),
    CaseMove(TO_AMEND, FINAL, "", "decided_on", of="held", decides=True, annual=True),
    CaseMove(PLAN_ENDS, FINAL, "", "decided_on", of="held", decides=True, annual=True),
    CaseMove("Notice of the changes received", FINAL, "", "notice_on", of="held", after="to_amend"),
    CaseMove(
        "Amended plan issued", FINAL, "", "amended_on", of="held", after="to_amend", decides=True
    ),
    CaseMove("Plan for the next phase issued", FINAL, "", "phase_final_on", of="last year"),
    CaseMove(
        "Request withdrawn",
        ("preparing", "requested", "assessing", *REFUSED, "after_all", "draft"),
        "withdrawn",
        "closed_on",
    ),
)


def case_steps(case, user, placement):
    """The steps of an EHC case that this person may make now. A written date stays."""
    steps = []
    for step in CASE_MOVES:
        if case.state in step.from_ and user.role in step.by and is_to_fill(step, case, placement):
            steps.append(step)
    return steps


def is_to_fill(step, case, placement):
    """Whether what the step fills in is still to be told."""
    record = record_of_step(step, case, placement)
    if record is None or (step.after and not getattr(record, step.after)):
        return False
    if getattr(record, step.sets):
        return step.ahead or step.to not in ("", case.state)
    # what came after it is written down already: its day is put in on the form of the case
    later = dict(record.questions())[step.sets].ask.before.split()
    return not any(getattr(record, name) for name in later)


def may_appeal(case):
    """Whether the last decision can be appealed; of a final plan only while the time runs."""
    last = case.last_decision()
    if last is None or not last.may_be_appealed:
        return False
    return case.state in REFUSED or bool(clock.appeal_dates(last, today()))


def record_of_step(step, case, placement):
    """The record whose date a step fills in: the case or a line of it; None when there is none."""
    if step.of == "case":
        return case
    if step.of == "decision":
        return case.last_decision() if may_appeal(case) else None
    # no other stage has a yearly clock
    if placement is None or placement.stage != "E":
        return None
    if step.of == "coming":
        return case.coming_year()
    if step.of == "held":
        return case.held_year()
    return case if case.pupil.year == Setting.of_school().last_year else None


def move_named(name):
    return next((move for move in (*MOVES, UNDO) if move.name == name), None)


def move_at(slug):
    return next((move for move in (*MOVES, UNDO) if move.slug == slug), None)


def moves_for(ctx):
    """The moves that this person may press: [(Move, [Stop, ...])]."""
    found = []
    for move in (*MOVES, UNDO):
        if ctx.stage in move.from_ and ctx.user.role in move.by:
            found.append((move, blockers(move, ctx)))
    return found


def blockers(move, ctx):
    ctx.move = move
    found = [guard(ctx) for guard in move.guards]
    return [stop for stop in found if stop]


# --- the door
CHANGED_SINCE = (
    "Somebody has worked on this since you opened the page. Nothing was changed now; please look"
    " again."
)


class Refused(Exception):
    """A move or an agreement that may not be: `stops` says why."""

    def __init__(self, *stops):
        super().__init__(" ".join(s.words for s in stops))
        self.stops = stops


def _refused(words):
    return Refused(g.Stop(words))


class Invalid(Exception):
    """Answers that are missing or wrong: `errors` is a list of (question, sentence)."""

    def __init__(self, errors):
        super().__init__(" ".join(words for _, words in errors))
        self.errors = errors


def perform(move, pupil, user, answers, seen=None, token=None, on=None):
    """Make one move of one pupil, all or nothing; returns the Placement that is open then.

    `answers` holds what the row asks; `seen` is the id of the placement the person looked at,
    `token` the one-use token of the page. Raises Refused, Invalid or Clash.
    """
    if not user.active or user.role not in move.by or not _sees(user, pupil.id):
        raise _refused(f"“{move.name}” is for: {', '.join(move.by)}.")
    token = token and f"{pupil.id} {move.slug} {token}"[:255]
    # who was on the stage before the portal came on it on that day
    answers = {"on": answers.get("since"), **answers}
    ctx = PupilContext(pupil, user, on or today(), answers)
    try:
        with transaction():
            done = token and Placement.get_or_none(done_with=token)
            if done:
                return done
            check_move(move, ctx, seen)
            if move is UNDO:
                return undo(ctx)
            return execute(move, ctx, token)
    # PostgreSQL: two pressed at the same moment, the other was first
    except IntegrityError as fault:
        done = token and Placement.get_or_none(done_with=token)
        if done:
            return done
        if Placement.current(pupil) == ctx.placement:
            raise
        raise Clash(CHANGED_SINCE) from fault


def check_move(move, ctx, seen):
    """Raise unless the person saw this stage, all is answered and every guard holds."""
    current = ctx.placement.id if ctx.placement else 0
    if seen not in (None, current):
        raise Clash(CHANGED_SINCE)
    if ctx.stage not in move.from_:
        stage = stage_label(ctx.stage, ctx.settings)
        raise _refused(f"“{move.name}” is not possible from {stage}.")
    gaps = []
    for name in move.asks:
        asked = ASKS[name]
        said = ctx.answers.get(name)
        if asked.ask.needed and not said:
            gaps.append((name, f"Answer “{asked.verbose_name}”"))
        elif said and asked.choices and set(said.split("\n")) - set(dict(asked.choices)):
            gaps.append((name, f"“{asked.verbose_name}”: choose from the list."))
        wrong = fault(asked, said, ctx.pupil.dob)
        if wrong:
            gaps.append((name, wrong))
    if gaps:
        raise Invalid(gaps)
    found = blockers(move, ctx)
    if found:
        raise Refused(*found)


def execute(move, ctx, token):
    """Close the open placement, open the next, make what the row makes."""
    when = ctx.answers["on"]
    journal = effects.MoveJournal()
    fresh = ctx.placement
    for name in move.asks:
        if isinstance(ctx.answers.get(name), str):
            journal.said[name] = ctx.answers[name]
    if move.to:
        if ctx.placement:
            # A26: only the SENCO agrees; papers of a leaver stay as they are
            if ctx.user.role == SENCO:
                seal_papers(ctx)
            journal.change(ctx.placement, ended_on=when)
        fresh = journal.make(next_placement(move, ctx, token))
        effects.sync_lists(ctx.pupil, STAGES[fresh.stage], fresh, when, journal)
        effects.attach_papers(ctx.pupil, fresh, forms_of_stage(fresh.stage), journal)
    for name in move.makes:
        effects.EFFECTS[name](ctx, fresh, journal)
    if move.letter:
        write_letters(ctx, fresh, journal)
    if move.rows and ctx.answers.get("recap") == "Yes":
        due = clock_of(fresh, ctx.on, ctx.settings)
        planning.write_recap(ctx, fresh, due and due.closes, journal.make)
    if move.to:
        fresh.effects = journal.text()
        fresh.save()
    return fresh


def write_letters(ctx, fresh, journal):
    due = clock_of(fresh, ctx.on, ctx.settings)
    stage = stage_label(fresh.stage, ctx.settings)
    when = ctx.answers["on"]
    words = letters.placeholders(ctx.pupil, ctx.settings, when, stage, due and due.closes)
    words |= in_words(ctx.move, ctx.answers)
    answers = {**ctx.answers, "stage": fresh.stage}
    if ctx.review and ctx.move.rows:
        answers |= chart_answers(ctx.review)
    letters.write(ctx.move.letter, ctx, words, answers, journal.make, placement=fresh, dated=when)


def in_words(move, answers):
    """What was answered to the questions of a move: {question: words}."""
    return {name: say(ASKS[name], answers[name]) for name in move.asks if answers.get(name)}


def letter_faults(settings):
    """Words in brackets that the wordings of letters do not know: [(setting, sentence)]."""
    asked = {}
    for move in MOVES:
        if move.letter:
            asked.setdefault(move.letter, []).append(asked_before(move))
    everywhere = {name: sorted(set.intersection(*sets)) for name, sets in asked.items()}
    return letters.faults(settings, everywhere | letters.OF_REVIEWS)


def asked_before(move):
    """The names of what is known when a move writes its letter."""
    names = {"stage", *move.asks} - {"on", "note", "reason", "recap"}
    if move.rows:
        names.update(asked.name for asked in QUESTIONS[move.from_[0]])
    return names


def next_placement(move, ctx, token=None):
    """The placement that a move opens, not saved yet."""
    was = ctx.placement
    when = ctx.answers["on"]
    said = ctx.answers
    lines = []
    for name, words in in_words(move, said).items():
        lines.append(f"{ASKS[name].verbose_name}: {words}")
    fresh = Placement(
        pupil=ctx.pupil,
        stage=move.to,
        cycle=said.get("cycle") or 1,
        started_on=when,
        before=was,
        stage_since=when,
        move=move.name,
        decided_by=ctx.user.name,
        done_with=token,
        reason=reason_of(said),
        answers="\n".join(lines),
        episode=was.episode if was else 0,
    )
    if move.to in OPEN and (was is None or was.stage not in OPEN):
        fresh.episode += 1
    if was and was.stage == move.to:
        fresh.cycle = was.cycle + 1
        fresh.stage_since = was.stage_since
        # a new cycle runs from the review (A6, 5.6)
        if move.rows and ctx.review:
            fresh.clock_from = ctx.review.happened_on
    return fresh


def reason_of(said):
    for name in ("reason", "why_told", "changes", "note"):
        if said.get(name):
            return said[name]
    return None


def undo(ctx):
    """Undo the last move: its rows stay, marked void; what it closed is open again (T07)."""
    last = ctx.placement
    effects.MoveJournal(last.effects).undo(last, ctx.answers["reason"])
    return last.before or last


def perform_case_move(move, case, user, on, seen):
    """Make one step of an EHC case; `seen` is the version the person looked at."""
    if user.role not in move.by or not _in_reach(case, user):
        raise _refused(f"“{move.name}” is for: {', '.join(move.by)}.")
    placement = Placement.current(case.pupil)
    if case.version != seen or move not in case_steps(case, user, placement):
        raise Clash(CHANGED_SINCE)
    if not on:
        raise Invalid([("on", "Answer “Date”")])
    if on > today() and not move.ahead:
        raise Invalid([("on", "The date is in the future; enter it on the day.")])
    record = record_of_step(move, case, placement)
    with transaction():
        setattr(record, move.sets, on)
        wrong = record.errors()
        if wrong:
            raise Invalid(wrong)
        if move.annual:
            record.decision = move.name
        if move.decides:
            CaseDecision(case=case, what=move.name, on=on).save()
        case.state = move.to or case.state
        # a change of its lines is a change of the case
        if not case.save(act=move.name):
            case.touch()
        if record is not case:
            record.save(act=move.name)
        if move.annual:
            placement.clock_from = on
            placement.save(act=move.name)


# --- papers: the acts
def start_form(form_class, pupil, user):
    """A new, unsaved paper with what is known filled in: (form, {group: [answers, ...]})."""
    ctx = PupilContext(pupil, user)
    paper, _ = ctx.paper_of(form_class)
    form = form_class(pupil=pupil, happened_on=ctx.on, entered_by=user.name)
    known = begun_with(ctx)
    for name, asked in form.questions():
        if asked.ask.begins:
            setattr(form, name, known.get(asked.ask.begins))
    if ctx.placement:
        form.cycle = ctx.placement.cycle
    if paper is None:
        return form, {}
    form.placement = ctx.placement
    plan = ctx.reviewed
    if paper.kind == "review" and plan:
        if ctx.planned:
            form.led_by = ctx.planned.lead
            if form_class.early_why is not None and ctx.on < ctx.clock.opens:
                form.early_why = ctx.planned.outside_why
            form.present = ", ".join(row.who for row in ctx.planned.rows("people")) or None
        begun = {"then": "Keep"} if "then" in form.groups()["ratings"]._meta.fields else {}
        ratings = [{plan.rates: words, **begun} for words in plan.to_rate()]
        return form, {"ratings": ratings}
    # what the move asked is not asked again (WCAG 3.3.7)
    if paper.kind == "plan":
        asked = dict(form.questions())
        kept = json.loads(ctx.placement.effects).get("said", {})
        for name, said in kept.items():
            if name in asked:
                setattr(form, name, said)
    return form, {}


def begun_with(ctx):
    """What a new paper is begun with: {`begins` of a question: its answer}."""
    known = {}
    if ctx.user.role in OF_CLASSES:  # the others type for somebody else
        known = {"me": ctx.user.name, "my day": ctx.on}
    if may(ctx.user, "r", Contact):
        family = [one for one in ctx.pupil.rows("contacts") if letters.may_get_letters(one)]
        told = who_told(ctx)
        if told:
            family = [one for one in family if one.name in told]
        if len(family) == 1:  # of two nobody knows who it is
            known["family"] = family[0].name
            known["relationship"] = family[0].relationship
    return known


def who_told(ctx):
    """The names of who told the papers of this cycle that there are."""
    found = set()
    for _, form in ctx.papers:
        for name, asked in form.questions() if form else ():
            if asked.ask.begins == "family" and form.answer(name):
                found.add(form.answer(name))
    return found


def unfinished(form_class, pupil, user):
    """The paper of this cycle, or a draft from before the child was placed, or None."""
    loose = form_class.select().where(
        form_class.pupil == pupil,
        form_class.placement.is_null(),
        form_class.status.in_(("draft", "complete")),
    )
    mine = PupilContext(pupil, user).form_of(form_class)
    return mine or loose.order_by(form_class.id.desc()).first()


def missing(form, user):
    """What a paper lacks to be completed, by its guards too: [(question, sentence)]."""
    ctx = PupilContext(form.pupil, user, form=form)
    paper, mine = ctx.paper_of(type(form))
    found = form.missing() + form.errors()
    for guard in paper.needs if mine and mine.id == form.id else ():
        stop = guard(ctx)
        if stop:
            asked = stop.to if isinstance(stop.to, str) else ""
            found.append((asked, stop.words))
    return found


def set_review_by(form, user):
    """The review date of a plan that names none is the last day of its window."""
    ctx = PupilContext(form.pupil, user, form=form)
    if isinstance(form, MyPlan) and not form.review_by and ctx.form_of(type(form)) == form:
        form.review_by = ctx.plan_clock.closes


def complete(form, user):
    _may_write(form, user)
    set_review_by(form, user)
    found = missing(form, user)
    if found:
        raise Invalid(found)
    form.status = "complete"
    with transaction():
        form.save(act="complete")
        note_review(form, form.happened_on)


def note_review(form, held):
    """Write on the placement when its review was held: nothing calls it overdue then (5.6)."""
    placed = form.placement
    if placed and paper_for(type(form)).kind == "review":
        placed.reviewed_on = held
        placed.save()
        if held:
            planning.note_held(placed, held)


def agree(form, user):
    """Agree a paper and seal its words for good."""
    _may_write(form, user)
    if form.placement_id is None and paper_for(type(form)).kind != "side":
        raise _refused(
            f"The child is not on the stage of this {form.kind_name()} yet; make the move first."
        )
    agreed_by = paper_for(type(form)).agreed_by
    if user.role not in agreed_by:
        who = " or the ".join(map(dict(ROLE_NAMES).get, agreed_by))
        raise _refused(f"Only the {who} agrees this paper; mark it complete, and it waits.")
    set_review_by(form, user)
    found = missing(form, user)
    if found:
        raise Invalid(found)
    with transaction():
        note_review(form, form.happened_on)
        seal(form, PupilContext(form.pupil, user))


def seal(form, ctx):
    """Seal a paper; a plan that opens its review window writes that on the placement (A6, T09)."""
    paper, mine = ctx.paper_of(type(form))
    is_plan = mine and mine.id == form.id and paper.kind == "plan"
    # the annual review has its own year; a new version moves no window
    if is_plan and not form.supersedes and not STAGES[ctx.stage].months:
        ctx.form = form
        start = ctx.plan_clock.start
        if start != ctx.clock.start:
            ctx.placement.clock_from = start
            ctx.placement.save()
    form.seal(ctx.user.name)


def seal_papers(ctx):
    for cls in every_form():
        mine = cls.select().where(cls.placement == ctx.placement)
        for form in mine.where(cls.status == "complete"):
            seal(form, ctx)


def waits_for_head(ctx):
    """Whether this school's head is to agree to an EHCP request before it is begun."""
    if ctx.settings.head_confirms_ehcp != "Yes" or ctx.head_agreement:
        return False
    move = move_named(EHCP_REQUEST)
    return ctx.stage in move.from_ and not blockers(move, ctx)


def agree_request(pupil, user):
    """The head agrees that the school asks for an EHCP; once for a cycle."""
    with transaction():
        ctx = PupilContext(pupil, user)
        if user.role != HEAD or not _sees(user, pupil.id) or not waits_for_head(ctx):
            raise _refused("No EHCP request of this child waits for you now.")
        HeadAgreement(
            pupil=pupil,
            placement=ctx.placement,
            on=ctx.on,
            agreed_by=user.name,
            how="Pressed here",
        ).save(act="agree")


def reopen(form, user):
    if form.status != "complete" or not _in_reach(form, user):
        raise _refused("Only a paper that is complete and not sealed can be opened again.")
    form.status = "draft"
    with transaction():
        form.save(act="reopen")
        note_review(form, None)


def reopen_if_incomplete(form, user):
    """A complete paper that lost something needed is a draft again."""
    if form.status == "complete" and missing(form, user):
        reopen(form, user)


def decline(form, user, reason):
    """Record that nobody wishes to fill in a paper, or that it does not apply (T17)."""
    _may_write(form, user)
    if paper_for(type(form)).kind != "side":
        raise _refused(f"The {form.kind_name()} cannot be declined; the pathway needs it.")
    if not (reason or "").strip():
        raise Invalid([("declined_why", "Say why it is declined or does not apply.")])
    if len(reason) > 2_000:
        raise Invalid([("declined_why", "There is room for 2,000 characters; please shorten it.")])
    form.status = "declined"
    form.declined_why = reason.strip()
    form.save(act="decline", reason=reason)


def new_version(form, user):
    """A draft copy of a sealed or declined paper, which keeps its words."""
    if not form.locked or not _in_reach(form, user):
        raise _refused("Only a sealed or declined paper gets a new version.")
    with transaction():
        return effects.copy_form(form, type(form), form.placement, user.name, supersedes=form.id)


def _in_reach(record, user):
    return may(user, "w", record) and _sees(user, record.pupil_id)


def _sees(user, pupil_id):
    return Pupil.visible_to(user).where(Pupil.id == pupil_id).exists()


def _may_write(form, user):
    if not _in_reach(form, user):
        raise _refused(f"You may not change a {form.kind_name()}.")
    if form.locked:
        raise _refused(f"This {form.kind_name()} is {form.status}; make a new version instead.")


def advice(ctx):
    """What the pathway advises now, never a rule (A4, A14, the boxes beside charts 2 and 3): [Stop,
    ...], each with the move or the record that takes it up.
    """
    found = []
    placed = ctx.placement
    # the first cycle in the portal of a child who was on the stage before: nothing is known yet
    if placed is None or is_on_paper(placed):
        return found
    if ctx.stage == "S1" and placed.cycle > 1:
        cycle = f"This is cycle {placed.cycle:.0f} of watching."
        found.append(g.Stop(f"{cycle} If there is no progress again, consider a My Plan."))
    why = ""
    if ctx.stage in ONWARD:
        why = long_or_slow(placed, ctx.on, ctx.settings)
    # an EHC case that is open is no more to be considered
    if why and not (ctx.stage == "S3" and ctx.case):
        onward = ONWARD[ctx.stage]
        found.append(g.Stop(f"{why} {onward.words}", move_named(onward.move)))
    if ctx.stage == "E":
        return [*found, *advice_for_ehcp(ctx)]
    review = ctx.review
    if review and review.achieved == "No" and getattr(review, "appropriate", None) == "Yes":
        words = f"Outcomes are not achieved yet. {NOT_ACHIEVED[ctx.stage]}"
        found.append(g.Stop(words, Agency))
    return found


def advice_for_ehcp(ctx):
    """What has run out under an EHCP, and what a decision asks for."""
    for kept, cure in (
        (ctx.case, "The annual review rates them, and the local authority sets new ones."),
        (ctx.paper("plan")[1], "Write a new version of My Plan+ with new dates."),
    ):
        past = outcomes_past(kept, ctx.on) if kept else 0
        if past:
            name = type(kept).kind_name()
            some = say_count(past, "outcome", "outcomes")
            words = f"{name}: {some} should have been reached by now. {cure}"
            yield g.Stop(words)
    held = ctx.case and ctx.case.held_year()
    if held and held.decision == PLAN_ENDS:
        words = "The local authority ends the plan; on that day use “EHCP ceased”."
        yield g.Stop(words)


def outcomes_past(record, on):
    """How many outcomes that still stand have a day that is over."""
    count = 0
    for outcome in record.rows("outcomes"):
        if outcome.by and outcome.by < on and not getattr(outcome, "until", None):
            count += 1
    return count


@dataclass(frozen=True)
class Onward:
    """What is advised on a stage where a child stays long or makes no progress (A14)."""

    plan: str
    words: str
    move: str


ONWARD = {
    "S2": Onward("My Plan", "Consider moving on to Stage 3.", "Move to Stage 3 between reviews"),
    "S3": Onward(
        "My Plan+",
        "Consider an EHCP if needs become long term and complex.",
        EHCP_REQUEST,
    ),
}
NOT_ACHIEVED = {
    "S2": "Consider asking an outside agency or a specialist for advice.",
    "S3": "Seek a specialist's advice, such as an educational psychologist's.",
}


def agency_need(pupil):
    """What the newest review that says so wants to know from a specialist, or None."""
    found = []
    for cls in (MyPlanReview, MyPlanPlusReview):
        said = cls.agency_need.is_null(False) & (cls.agency_need != "")
        found.extend(cls.select().where(cls.pupil == pupil, said))
    newest = max(found, key=lambda review: (review.happened_on, review.entered_at), default=None)
    return newest and newest.agency_need


def long_or_slow(placed, on, settings):
    """Why a child's time on a stage advises to move on, as a sentence; else empty (A14)."""
    plan = ONWARD[placed.stage].plan
    weeks = (on - placed.stage_since).days // 7
    if weeks >= (settings.advise_weeks or 999):
        long = say_weeks(weeks)
        return f"This child has been on {plan} for {long}, cycle {placed.cycle:.0f}."
    return slow(placed, settings)


def slow(placed, settings):
    """Why the cycles of a stay advise to move on, as a sentence; else empty."""
    if placed.cycle >= (settings.advise_cycles or 99):
        return f"This is cycle {placed.cycle:.0f} of {ONWARD[placed.stage].plan}."
    if placed.cycle > 1 and no_outcome_met_twice(placed):
        return "No outcome was met at the last two reviews."
    return ""


def no_outcome_met_twice(placed):
    """Whether the last two agreed reviews of this stay met no outcome (A14)."""
    cls = {"S2": MyPlanReview, "S3": MyPlanPlusReview}[placed.stage]
    agreed = cls.select().where(
        cls.pupil == placed.pupil_id,
        cls.status == "sealed",
        cls.happened_on >= placed.stage_since,
    )
    last = list(agreed.order_by(cls.id.desc()).limit(2))
    for review in last:
        for row in review.ratings:
            if row.rating == "Achieved":
                return False
    return len(last) == 2


# --- checks, chart
def names_are_known():
    """Every name in a move stands in its table."""
    rows = {row.name for row in ROWS}
    settings = dict(Setting.questions())
    checked = [(move, ROLES, move.by, "role") for move in CASE_MOVES]
    for move in MOVES:
        checked += [
            (move, ROLES, move.by, "role"),
            (move, {"", *STAGES}, (*move.from_, move.to), "stage"),
            (move, ASKS, move.asks, "question in ASKS"),
            (move, effects.EFFECTS, move.makes, "effect in pathway/effects.py"),
            (move, {"", *settings}, (move.letter,), "setting"),
            (move, rows, move.rows, "row in ROWS"),
        ]
    for move, known, names, what in checked:
        for name in names:
            if name not in known:
                yield f"Move “{move.name}”: there is no {what} “{name}”."
    for move in CASE_MOVES:
        if move.decides and move.name not in DECISIONS:
            yield f"Step “{move.name}”: there is no such decision in DECISIONS."


def guards_are_described():
    for move in MOVES:
        for guard in move.guards:
            if not guard.__doc__:
                yield f"Guard {guard.__name__} has no sentence that describes it."


def names_are_single():
    for name, times in Counter(move.name for move in MOVES).items():
        if times > 1:
            yield f"Two moves are called “{name}”."


def stages_are_joined():
    entered = {"NONE"}
    left = set()
    for move in MOVES:
        if move.to:
            entered.add(move.to)
            left.update(set(move.from_) - {move.to})
    for code in STAGES:
        if code not in entered:
            yield f"No move leads to stage {code}."
        if code not in left:
            yield f"No move leads out of stage {code}."


RULES = (names_are_known, guards_are_described, names_are_single, stages_are_joined)


def check_pathway():
    """What is wrong with the tables of this file; nothing starts until it is none."""
    found = []
    for rule in RULES:
        found += rule()
    return found


def chart(settings):
    """The flow chart as data: each stage with its papers, questions and ways out."""
    drawn = []
    for code in OPEN:
        stage = STAGES[code]
        forms = forms_of_stage(code)
        review = forms[-1]._meta.fields  # it stands last
        questions = [review[asked.name].verbose_name for asked in QUESTIONS.get(code, ())]
        drawn.append(
            {
                "code": code,
                "label": stage_label(code, settings),
                "stage": stage,
                "weeks": weeks_of(stage, settings),
                "list": list_label(stage.list, settings),
                "papers": [form.kind_name() for form in forms],
                "questions": questions,
                "ways": ways_out(code, settings),
            }
        )
    return drawn


def ways_out(code, settings):
    """The chart's moves out of a stage: [(answers that lead there, Move, to where)]."""
    ways = []
    for move in MOVES:
        if code in move.from_ and not move.beside:
            answers = []
            for row in ROWS:
                if row.name in move.rows and code in row.stages:
                    answers.append(row.words)
            to = stage_label(move.to or code, settings)
            ways.append((". Or: ".join(answers), move, to))
    return ways


def weeks_of(stage, settings):
    if stage.months:
        return f"every {stage.months} months"
    closes = say_weeks(getattr(settings, stage.closes))
    if not stage.opens:
        return f"within {closes}"
    return f"{getattr(settings, stage.opens):.0f} to {closes}"
