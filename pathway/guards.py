"""What must hold before a move, or before a paper is agreed: one function each, named as it says.

A guard looks at the `PupilContext` of workflow.py and returns None when the statement holds, or a
`Stop`. It never changes anything. Add one here, then name it in a row of workflow.py.
"""

import datetime
import json
from dataclasses import dataclass

from models import SENT, Agency, Consent, EhcCase, Recommendation
from records.dates import london, say_day
from records.numbers import say_count


@dataclass(frozen=True)
class Stop:
    """Why something is not possible now, in words, and what to open to put it right."""

    words: str
    to: object = None  # a record, or a record class to start


def on_roll(ctx):
    """The pupil is on the school's roll."""
    if ctx.pupil.left_on or ctx.stage == "OFF":
        return Stop("The pupil has left the school; record the return first.")


def _agreed(ctx, kind):
    paper, form = ctx.paper(kind)
    if form is None:
        return Stop(f"The {paper.form.kind_name()} is not started.", paper.form)
    if form.status != "sealed":
        return Stop(f"The {paper.form.kind_name()} is not agreed yet.", form)


def review_agreed(ctx):
    """This cycle's review is held, and agreed."""
    return _agreed(ctx, "review")


def chart_leads_here(ctx):
    """The answers to the chart's questions lead to this move."""
    row = ctx.chart_row
    if row is None:
        return Stop("The chart's questions are not all answered.", ctx.review)
    if row.name not in ctx.move.rows:
        return Stop(f"The review says otherwise: {row.words}.", ctx.review)


def watching_allowed(ctx):
    """The school allows Stage 1 to be repeated, and the most is not reached (A4)."""
    if ctx.settings.watch_again != "Yes":
        return Stop("This school does not repeat Stage 1 (Settings).")
    most = int(ctx.settings.watch_again_most or 0)
    if most and ctx.placement.cycle >= most:
        return Stop(f"Stage 1 may run {most} times at most (Settings).")


def agency_need_noted(ctx):
    """The review says what we want to know from a specialist (T13)."""
    if ctx.review and not ctx.review.agency_need:
        return Stop("Write in the review what we want to know from a specialist.", ctx.review)


def no_open_case(ctx):
    """There is no EHC case yet."""
    if ctx.case:
        return Stop("There is an EHC case already.", ctx.case)


def case_is_open(ctx):
    """There is an EHC case already, so that its process need not begin again (5.5)."""
    if not ctx.case:
        return Stop("There is no EHC case yet; begin the process for an EHCP instead.")


def real_type(ctx):
    """The SEN type is an assessed one, not NSA (DfE census rule 2175)."""
    if ctx.answers.get("sen_type") == "NSA":
        return Stop("NSA is only for SEN support; choose an assessed type of need.")


def head_agrees(ctx):
    """The head has agreed, when the school asks for that (A26)."""
    if ctx.settings.head_confirms_ehcp != "Yes":
        return None
    if ctx.answers and not ctx.answers.get("head_agreed") and not ctx.head_agreement:
        return Stop(
            "This school asks for the head's agreement (Settings): the head presses a button for it"
            " on the home page. Agreed on paper? Give the date."
        )


def two_types(ctx):
    """The second SEN type is another than the main one."""
    second = ctx.answers.get("second_type")
    if second and second == ctx.answers.get("sen_type"):
        return Stop("The second SEN type is the main one; leave it empty.", "second_type")


def whole_cycle(ctx):
    """A cycle is a whole number."""
    cycle = ctx.answers.get("cycle")
    if cycle is not None and cycle not in range(1, 100):
        return Stop("The cycle is a whole number: 1, 2, 3 ...", "cycle")


def paper_dates_fit(ctx):
    """What a register on paper says of a child follows in time, and its next review is to come."""
    said = ctx.answers.get
    since = said("since")
    last = said("last_review")
    planned = said("next_review")
    born = ctx.pupil.dob
    if since and born and since < born:
        words = f"The stage cannot begin before the child was born ({say_day(born)})."
        return Stop(words, "since")
    if last and since and last < since:
        words = "The last review is before the stage began. Leave it empty if none was held on it."
        return Stop(words, "last_review")
    if planned:
        latest = ctx.window(ctx.move.to, ctx.on).closes
        if not ctx.on <= planned <= latest:
            words = f"The next review is from today on, and by {say_day(latest)} at the latest."
            return Stop(words, "next_review")
        return None
    # by law a year is a year: no new one begins because the register comes here
    counts_from = last or said("plan_on")
    if ctx.move.to == "E" and counts_from and ctx.window("E", counts_from).closes < ctx.on:
        words = "The last annual review is more than a year ago: say when the next one is planned."
        return Stop(words, "next_review")


OF_PAPER = (paper_dates_fit, two_types, whole_cycle)


def date_fits(ctx):
    """The move is not before the present placement began, nor before the review it rests on."""
    when = ctx.answers.get("on")
    if not when or not ctx.placement:
        return None
    held = None
    if ctx.move.rows and ctx.review:
        held = ctx.review.happened_on
    if held and when < held:
        return Stop(f"{say_day(when)} is before the review was held ({say_day(held)}).")
    began = ctx.placement.started_on
    if began and when < began:
        return Stop(f"{say_day(when)} is before this cycle began ({say_day(began)}).")


def recent_enough(ctx):
    """The last move was entered in the last days that the Settings allow (T07)."""
    if ctx.placement is None:
        return Stop("There is no move to take back.")
    days = int(ctx.settings.undo_days)
    if (ctx.on - london(ctx.placement.entered_at).date()).days > days:
        return Stop(f"The last move is more than {say_count(days, 'day', 'days')} old.")


def nothing_sealed_since(ctx):
    """Nothing was agreed and sealed since the last move (T07)."""
    for cls in dict.fromkeys(paper.form for paper, _ in ctx.papers):
        for form in ctx.written(cls):
            if form.placement_id == ctx.placement.id and form.status == "sealed":
                return Stop(f"{form} was agreed since the last move.", form)


def case_not_moved_on(ctx):
    """The EHC case that the last move opened or changed stands as that move left it (T07)."""
    kept = None
    if ctx.placement:
        kept = json.loads(ctx.placement.effects).get("case")
    if not kept:
        return None
    number, content_hash = kept
    for case in ctx.written(EhcCase):
        if case.id == number and case.content_hash() != content_hash:
            return Stop("The EHC case has moved on since.", case)


# -- guards of papers
def plan_agreed(ctx):
    """The plan or record that is reviewed was agreed and sealed."""
    return _agreed(ctx, "plan")


def not_early(ctx):
    """The review is held inside its window, or says why it is early (T03, T19)."""
    held = ctx.form.happened_on
    opens = ctx.clock.opens
    if held and held < opens and not ctx.form.early_why:
        words = f"The review window opens on {say_day(opens)}; say why it is held early."
        return Stop(words, "early_why")


def after_start(ctx):
    """The paper's date is not before the cycle began."""
    held = ctx.form.happened_on
    began = ctx.placement.started_on
    if held and held < began:
        return Stop(f"The date is before this cycle began ({say_day(began)}).", "happened_on")


def everything_rated(ctx):
    """Each strategy of the record, or outcome of the plan, is rated (T03, T10, T19)."""
    plan = ctx.reviewed
    if plan is None:
        return None
    rated = [getattr(row, plan.rates) for row in ctx.form.ratings]
    left = []
    for words in plan.to_rate():
        if words not in rated:
            left.append(f"“{words}”")
    if left:
        return Stop(f"Not rated yet: {'; '.join(left)}.", "ratings")


def chart_answered(ctx):
    """All of the chart's questions that apply are answered."""
    name = ctx.next_question(ctx.form)
    if name:
        words = ctx.form.label_of(name)
        return Stop(f"Answer the chart's question “{words}”", name)


# answers to “achieved outcomes?” that every rating of the review speaks against
UNLIKELY = {"No": {"Achieved", "2"}, "Yes": {"Not yet", "0", "-1", "-2"}}


def ratings_explained(ctx):
    """A chart answer that all ratings speak against says why."""
    review = ctx.form
    rated = set()
    for row in review.ratings:
        rated.add(row.progress())
    if review.achieved_why or not rated or not rated <= UNLIKELY.get(review.achieved, set()):
        return None
    words = review.label_of("achieved")
    return Stop(
        f"All ratings say otherwise: say why “{words}” is {review.achieved}.", "achieved_why"
    )


def delay_explained(ctx):
    """A plan or record of a day on which its review was due already says why (T09)."""
    form = ctx.form
    if ctx.plan_is_late and not form.late_why and not form.supersedes:
        words = f"Its review was due by {say_day(ctx.clock.closes)}; say why it is late."
        return Stop(words, "late_why")


def review_in_time(ctx):
    """The plan's review date lies after the plan's date, within the window (T09)."""
    by = ctx.form.review_by
    written = ctx.form.happened_on
    if not by or not written:
        return None
    last = ctx.plan_clock.closes
    if by > last:
        return Stop(f"“Review by” must be no later than {say_day(last)}.", "review_by")
    if by < min(written + datetime.timedelta(1), last):
        words = (
            f"“Review by” must be after the date of the plan, and no later than {say_day(last)}."
        )
        return Stop(words, "review_by")


def five_forms_in(ctx):
    """Each of the five forms is received, or declined with a reason (T17)."""
    waiting = []
    for paper, form in ctx.papers:
        if paper.kind == "side" and (form is None or form.status == "draft"):
            waiting.append(paper.form.kind_name())
    if waiting:
        return Stop(f"Still to come in, or to be declined with a reason: {', '.join(waiting)}.")


def recommendations_decided(ctx):
    """Each recommendation of a specialist is decided (T18)."""
    open_ones = Recommendation.decision.is_null() & Recommendation.about(ctx.pupil.id)
    left = list(Recommendation.select().where(open_ones).order_by(Recommendation.id))
    if left:
        some = say_count(len(left), "recommendation", "recommendations")
        return Stop(f"{some} still to be decided.", left[0].agency)


def consent_recorded(ctx):
    """There is consent, or a legal reason, for every agency that was sent something (T18, invariant
    8).
    """
    bare = []
    for agency in agencies_sent_to(ctx):
        days = [ctx.on]
        if agency.asked_on and agency.state not in SENT:
            days.append(agency.asked_on)
        if not any(map(agency.consent_on, days)):
            bare.append(str(agency))
    if bare:
        words = "Record the consent to the referral, or the legal reason, for"
        return Stop(f"{words}: {', '.join(bare)}.", Consent)


def consent_said(ctx):
    """The plan says that there is consent, when an agency was sent something (T18)."""
    sent = agencies_sent_to(ctx)
    if sent and ctx.form.consent_gained != "Yes":
        label = ctx.form.label_of("consent_gained")
        names = ", ".join(map(str, sent))
        words = f"“{label}” must be “Yes”, for there are referrals: {names}."
        return Stop(words, "consent_gained")


def agencies_sent_to(ctx):
    return [agency for agency in ctx.written(Agency) if agency.was_sent()]
