"""A review in one sitting: each outcome beside its plan, the chart's questions as they apply, and
the move that they lead to.

Come here to change what stands beside the boxes of a review. Which questions apply is decided in
`workflow.py`; the page is the form of every record (`templates/form.html`).
"""

from flask import request, url_for
from flask_login import current_user

import workflow
from admin_views.home import in_school_words
from admin_views.paper import PaperView
from admin_views.pupil import move_address, ratings
from models import MyPlan, MyPlanPlusReview, MyPlanReview, may

# what of a line that is rated stands beside its rating
SHOWN = ("need", "baseline", "target", "measure", "by", "who", "how_often", "hope")
LISTS = {"strategy": "added", "outcome": "outcomes"}  # where those lines stand in the plan
WAY = "way"  # the box that names the move to make next


class ReviewView(PaperView):
    """The screens of a review."""

    def beside(self, record):
        ctx = workflow.PupilContext(record.pupil, current_user)
        applies = {**super().beside(record)["applies"], **asked_by_chart(record)}
        return {"facts": facts_of(ctx), "applies": applies, "ways": ways_of(record, ctx)}

    def done_at(self, record, do):
        """After the agreement, the page of the move that the answers lead to."""
        ctx = workflow.PupilContext(record.pupil, current_user)
        if do != "move" or ctx.review != record:
            return super().done_at(record, do)
        possible = []
        for move, stops in workflow.moves_for(ctx):
            if move.rows and not stops:
                possible.append(move)
        for move in possible:
            if len(possible) == 1 or move.slug == request.form.get(WAY):
                return move_address(move, record.pupil)
        return url_for("pupil.chart", key=record.pupil_id)


def asked_by_chart(review):
    """When a question of the chart is asked that is not always: {question: (cases, in words)}."""
    found = {}
    for asked in workflow.chart_of(review):
        if asked.when != ({},):
            words = [say_case(review, case) for case in asked.when]
            found[asked.name] = asked.when, f"Answer this {', or '.join(words)}."
            found[f"{asked.name}_why"] = asked.when, ""
    return found


def say_case(review, case):
    said = [f"“{review.label_of(name)}” is {answer}" for name, answer in case.items()]
    return f"if {' and '.join(said)}"


def ways_of(review, ctx):
    """The moves that the chart can lead to: [(Move, its words, when, cases), ...]."""
    stage = workflow.paper_for(type(review)).stage
    found = []
    for words, move, _ in workflow.ways_out(stage, ctx.settings):
        rows = [row for row in workflow.ROWS if row.name in move.rows and stage in row.stages]
        if rows and workflow.chart_of(review) and current_user.role in move.by:
            cases = [row.answers for row in rows]
            found.append((move, in_school_words(move.name), words, cases))
    return found


def facts_of(ctx):
    """What stands beside the rating of each outcome: {its words: [(question, answer), ...]}."""
    plan = ctx.reviewed
    if plan is None or not may(current_user, "r", plan):
        return {}
    last = ratings({cls: ctx.written(cls) for cls in (MyPlanReview, MyPlanPlusReview)})
    given = {}
    if isinstance(plan, MyPlan):
        for row in plan.provision:
            given.setdefault(row.outcome_id, []).append(say_provision(row))
    found = {}
    for row in plan.rows(LISTS[plan.rates]):
        facts = []
        for name, asked in row.questions():
            if name in SHOWN and row.answer(name):
                facts.append((asked.verbose_name, row.answer(name)))
        facts += [("Provision", words) for words in given.get(row.id, ())]
        if str(row) in last:
            facts.append(("Last time", last[str(row)]))
        found[str(row)] = facts
    return found


def say_provision(row):
    """One line of provision in short."""
    words = [row.words, row.who, row.answer("group")]
    if row.minutes and row.times:
        words.append(f"{row.answer('minutes')} minutes, {row.answer('times')} times a week")
    return ", ".join(filter(None, words))
