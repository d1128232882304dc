"""What must hold before a move, or before a paper is agreed: one function each, named as the
statement it checks.

A guard looks at the `PupilContext` of workflow.py and returns None when the statement holds, or a
`Stop`: the reason in words, and what to open to put it right. Guards never change anything. Add one
here, then name it in a row of workflow.py.
"""

import datetime
import json
from dataclasses import dataclass

from models import AgencyInformation, Consent, EhcCase
from records.dates import say_day


@dataclass(frozen=True)
class Stop:
    """Why something is not possible now, in words, and what to open to put it right."""

    words: str
    to: object = None  # a record, or a record class to start


def on_roll(ctx):
    """The pupil is on the school's roll."""
    return (
        Stop("The pupil has left the school; record the return first.")
        if ctx.pupil.left_on or ctx.stage == "OFF"
        else None
    )


def review_agreed(ctx):
    """This cycle's review is held, and agreed."""
    paper, form = ctx.paper("review")
    if form is None:
        return Stop(f"The {paper.form.kind_name()} is not started.", paper.form)
    return (
        None
        if form.status == "sealed"
        else Stop(f"The {paper.form.kind_name()} is not agreed yet.", form)
    )


def chart_leads_here(ctx):
    """The answers to the chart's questions lead to this move."""
    row = ctx.chart_row
    if row is None:
        return Stop("The chart's questions are not all answered.", ctx.review)
    return (
        None
        if row.name in ctx.move.rows
        else Stop(f"The review says otherwise: {row.words}.", ctx.review)
    )


def watching_allowed(ctx):
    """The school allows Stage 1 to be repeated, and the most is not reached (A4)."""
    if ctx.settings.watch_again != "Yes":
        return Stop("This school does not repeat Stage 1 (Settings).")
    most = int(ctx.settings.watch_again_most or 0)
    return (
        Stop(f"Stage 1 may run {most} times at most (Settings).")
        if most and ctx.placement.cycle >= most
        else None
    )


def agency_need_noted(ctx):
    """The review says what we want to know from a specialist (T13)."""
    noted = ctx.review is None or ctx.review.agency_need
    return (
        None
        if noted
        else Stop("Write in the review what we want to know from a specialist.", ctx.review)
    )


def no_open_case(ctx):
    """There is no EHC case yet."""
    return Stop("There is an EHC case already.", ctx.case) if ctx.case else None


def case_is_open(ctx):
    """There is an EHC case already, so that its process need not begin again (5.5)."""
    return (
        None
        if ctx.case
        else Stop("There is no EHC case yet; begin the process for an EHCP instead.")
    )


def real_type(ctx):
    """The SEN type is an assessed one, not NSA (DfE census rule 2175)."""
    return (
        Stop("NSA is only for SEN support; choose an assessed type of need.")
        if ctx.answers.get("sen_type") == "NSA"
        else None
    )


def head_agrees(ctx):
    """The head has agreed, when the school asks for that (A26)."""
    if (
        ctx.settings.head_confirms_ehcp != "Yes"
        or not ctx.answers
        or ctx.answers.get("head_agreed")
    ):
        return None
    return Stop("This school asks for the head's agreement (Settings): give its date.")


def date_fits(ctx):
    """No date is in the future; the move is not before the present placement began, nor before the
    review it rests on.
    """
    when, began = ctx.answers.get("on"), ctx.placement and ctx.placement.started_on
    late = next(
        (d for d in ctx.answers.values() if isinstance(d, datetime.date) and d > ctx.on), None
    )
    if late:
        return Stop(f"{say_day(late)} is in the future; make the move on the day.")
    held = ctx.review.happened_on if ctx.move.rows and ctx.review else None
    if when and held and when < held:
        return Stop(f"{say_day(when)} is before the review was held ({say_day(held)}).")
    return (
        Stop(f"{say_day(when)} is before this cycle began ({say_day(began)}).")
        if when and began and when < began
        else None
    )


def recent_enough(ctx):
    """The last move was entered in the last days that the Settings allow (T07)."""
    if ctx.placement is None:
        return Stop("There is no move to take back.")
    days = int(ctx.settings.undo_days)
    entered = ctx.placement.entered_at.date()
    return (
        Stop(f"The last move is more than {days} days old.")
        if (ctx.on - entered).days > days
        else None
    )


def nothing_sealed_since(ctx):
    """Nothing was agreed and sealed since the last move (T07)."""
    done = ctx.placement and ctx.sealed_here()
    return Stop(f"{done} was agreed since the last move.", done) if done else None


def case_not_moved_on(ctx):
    """The EHC case that the last move opened or changed stands as that move left it (T07)."""
    kept = json.loads(ctx.placement.effects) if ctx.placement else {}
    case = EhcCase.get_or_none(
        EhcCase.id == (kept.get("case") or [0])[0], EhcCase.pupil == ctx.pupil
    )
    return (
        Stop("The EHC case has moved on since.", case)
        if case and case.content_hash() != kept["case"][1]
        else None
    )


# -- guards of papers
def plan_agreed(ctx):
    """The plan or record that is reviewed was agreed and sealed."""
    paper, form = ctx.paper("plan")
    if form is None:
        return Stop(f"The {paper.form.kind_name()} is not started.", paper.form)
    return (
        None
        if form.status == "sealed"
        else Stop(f"The {paper.form.kind_name()} is not agreed yet.", form)
    )


def not_early(ctx):
    """The review is held inside its window, or says why it is early (T03, T19)."""
    held, opens = ctx.form.happened_on, ctx.clock.opens
    if held and held < opens and not ctx.form.early_why:
        return Stop(
            f"The review window opens on {say_day(opens)}; say why it is held early.", "early_why"
        )
    return None


def after_start(ctx):
    """The paper's date is not before the cycle began."""
    held, began = ctx.form.happened_on, ctx.placement.started_on
    return (
        Stop(f"The date is before this cycle began ({say_day(began)}).", "happened_on")
        if held and held < began
        else None
    )


def everything_rated(ctx):
    """Each strategy of the record, or outcome of the plan, is rated (T03, T10, T19)."""
    plan = ctx.paper("plan")[1]
    rated = {
        words
        for row in ctx.form.ratings
        for words in (getattr(row, "strategy", None), getattr(row, "outcome", None))
        if words
    }
    asked = (
        [r.strategy for r in plan.added]
        if hasattr(plan, "added")
        else [o.words for o in plan.outcomes]
        if plan
        else []
    )
    left = [words for words in asked if words not in rated]
    return (
        Stop("Not rated yet: " + "; ".join(f"“{words}”" for words in left) + ".", "ratings")
        if left
        else None
    )


def chart_answered(ctx):
    """All of the chart's questions that apply are answered."""
    left = ctx.next_question(ctx.form)
    return (
        Stop(f"Answer the chart's question “{ctx.form._meta.fields[left].verbose_name}”", "chart")
        if left
        else None
    )


def review_in_time(ctx):
    """The plan's review date lies within the stage's window (T09)."""
    by = ctx.form.review_by
    if by and by > ctx.clock.closes:
        return Stop(f"“Review by” must be no later than {say_day(ctx.clock.closes)}.", "review_by")
    return (
        Stop("“Review by” is before the date of the plan.", "review_by")
        if by and ctx.form.happened_on and by < ctx.form.happened_on
        else None
    )


def five_forms_in(ctx):
    """Each of the five forms is received, or declined with a reason (T17)."""
    waiting = [p for p, f in ctx.papers if p.kind == "side" and (f is None or f.status == "draft")]
    return (
        Stop(
            "Still to come in, or to be declined with a reason: "
            + ", ".join(p.form.kind_name() for p in waiting)
            + "."
        )
        if waiting
        else None
    )


def recommendations_decided(ctx):
    """Each recommendation of a specialist is decided (T18)."""
    form = next((f for p, f in ctx.papers if p.form is AgencyInformation), None)
    left = [r for r in form.recommendations if not r.decision] if form else []
    return Stop(f"{len(left)} recommendation(s) still to be decided.", form) if left else None


def consent_recorded(ctx):
    """There is consent, or a legal reason, for every agency that was sent something (T18, invariant
    8).
    """
    form = next((f for p, f in ctx.papers if p.form is AgencyInformation), None)
    held = {
        c.to_whom.strip().lower()
        for c in Consent.select().where(Consent.pupil == ctx.pupil)
        if c.to_whom and c.holds(ctx.on)
    }
    asked = [
        (a.agency or "an agency without a name").strip()
        for a in (form.agencies if form else [])
        if a.asked_on or a.state in ("Referred", "Waiting", "Involved")
    ]
    bare = [name for name in asked if name.lower() not in held]
    return (
        Stop(f"Record the consent, or the legal reason, for: {', '.join(bare)}.", Consent)
        if bare
        else None
    )
