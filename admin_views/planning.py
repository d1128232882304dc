"""Plan the review: of one child, with whom to ask and the invitations; of many children in one
table.

Come here to change these pages. Which days are offered, and who, is in `pathway/planning.py`.
"""

import datetime
from dataclasses import dataclass, field

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from wtforms import Form, StringField
from wtforms.validators import Length

import workflow
from admin_views import drafts, forms
from admin_views.account import views as account
from admin_views.home import settings_now
from admin_views.school import SchoolPage
from audit import access
from models import Letter, Meeting, Placement, Pupil
from papers import pdf
from pathway import planning
from records.dates import read_day, say_day, today
from records.numbers import say_count
from records.query import by_id
from records.questions import fault
from records.record import Clash

LINES_OF_A_PAGE = 40
WEEKS = (2, 3, 4, 6)  # ahead that the table can show
OFFERED = [(number, f"{number} weeks") for number in WEEKS]
BOXES = ("at", "place", "lead", "outside_why")


def words_box(asked):
    most = Length(max=asked.max_length)
    return StringField(asked.verbose_name, filters=[forms.clean_line], validators=[most])


class PlanForm(Form):
    """The boxes of one plan; they bear no hints, the heads of the columns do."""

    day = forms.DayField("Day")
    at = words_box(Meeting.at)
    place = words_box(Meeting.place)
    lead = words_box(Meeting.lead)
    outside_why = words_box(Meeting.outside_why)


@dataclass
class Plan:
    """One review to be planned: the child as the guards see it, the boxes, what is wrong."""

    ctx: workflow.PupilContext
    form: Form
    problems: list = field(default_factory=list)

    def is_filled(self):
        return bool(self.form.day.raw_data and self.form.day.raw_data[0])

    def check(self, named=""):
        """Note what stops this plan; `named` begins each sentence."""
        self.form.validate()
        for box in self.form:
            for words in box.errors:
                self.problems.append((box.id, f"{named}{forms.after_label(box.label.text, words)}"))
        if self.problems:
            return
        day = self.form.day.data
        why = self.form.outside_why
        found = [
            (self.form.day, planning.day_fault(self.ctx, day)),
            (self.form.at, fault(Meeting.at, self.form.at.data)),
        ]
        if not found[0][1] and not why.data:
            found.append((why, planning.window_fault(self.ctx, day)))
        self.problems += [(box.id, f"{named}{wrong}") for box, wrong in found if wrong]

    def carry_out(self, names):
        boxes = {name: self.form[name].data for name in BOXES}
        return planning.plan_review(self.ctx, self.form.day.data, names, **boxes)


def plan_of(ctx, typed=None, prefix=""):
    known = {"lead": settings_now().senco_name}
    if ctx.planned:
        known = {name: getattr(ctx.planned, name) for name in BOXES}
        known["day"] = ctx.planned.on
    return Plan(ctx, PlanForm(typed, prefix=prefix, data=known))


def reviews_within(user, weeks, chosen):
    """Where the review falls in the next weeks, or is late, or that of chosen children, by their
    numbers: [Placement, ...], first due first.
    """
    mine = Pupil.visible_to(user).where(Pupil.left_on.is_null()).select(Pupil.id)
    rows = Placement.select().where(
        Placement.is_on(workflow.OPEN),
        Placement.reviewed_on.is_null(),
        Placement.pupil.in_(mine),
    )
    last = today() + datetime.timedelta(weeks=weeks)
    settings = settings_now()
    due = []
    for placement in rows:
        closes = workflow.clock_of(placement, today(), settings).closes
        if placement.pupil_id in chosen or (closes <= last and not chosen):
            due.append((closes, placement.id, placement))
    return [placement for _, _, placement in sorted(due)]


def contexts_of(placements, user):
    """These children as the guards see them, with one query for all of a kind."""
    keys = [placement.pupil_id for placement in placements]
    pupils = by_id(Pupil.select().where(Pupil.id.in_(keys)))
    meetings = {key: [] for key in keys}
    for meeting in Meeting.select().where(Meeting.pupil.in_(keys)):
        meetings[meeting.pupil_id].append(meeting)
    for placement in placements:
        key = placement.pupil_id
        known = {Meeting: meetings[key]}
        ctx = workflow.PupilContext(pupils[key], user, school=settings_now(), forms=known)
        ctx.placements = [placement]
        yield ctx


class ReviewWeekView(SchoolPage):
    """Reviews to plan."""

    right = ("w", Letter)

    # -- many children
    @expose("/", methods=("GET", "POST"))
    def index(self):
        """The reviews of the next weeks, a line each; those with a day are planned together."""
        user = account.me()
        weeks = request.values.get("weeks", 3, type=forms.key_of)
        if weeks not in WEEKS:
            weeks = 3
        chosen = {forms.key_of(key) for key in request.args.getlist("pupil")}
        more = {"weeks": weeks, "chosen": sorted(chosen)}
        if request.method == "POST" and "press" not in request.form:
            ticked = request.form.getlist("pupil")[:LINES_OF_A_PAGE]
            return redirect(url_for(".index", weeks=weeks, pupil=ticked))
        placements = reviews_within(user, weeks, chosen)[:LINES_OF_A_PAGE]
        if request.method == "GET":
            return self.show(plans_of(placements, user), **more)
        address = url_for(".index", weeks=weeks, pupil=more["chosen"])
        drafts.once(request.form["press"])
        sent = {forms.key_of(key) for key in request.form.getlist("pupil")}
        placements = [one for one in placements if one.pupil_id in sent]
        lines = plans_of(placements, user, request.form)
        problems = save_lines(lines, address)
        if problems:
            return self.show(lines, problems=problems, **more)
        return redirect(address)

    def show(self, lines, **more):
        access.log_access([line.ctx.pupil for line in lines], "listed")
        return self.render("review_week.html", lines=lines, boxes=BOXES, **more, of=OFFERED)

    # -- one child
    @expose("/<int:number>/", methods=("GET", "POST"))
    def child(self, number):
        """Plan the review of one child: day, time, place, whom to ask."""
        ctx = child_seen(number)
        if ctx.clock is None or ctx.clock.state == "held":
            abort(404)
        pupil = ctx.pupil
        access.log_access([pupil])
        plan = plan_of(ctx, request.form if request.method == "POST" else None)
        guests = planning.guests(ctx)
        asked = [guest for guest in guests if not guest.agency]
        if request.method == "POST":
            chosen = request.form.getlist("guest")
            asked = [guest for guest in guests if guest.who in chosen]
            if self.save_one(plan, asked):
                return redirect(url_for("pupil.page", key=pupil.id))
        return self.render(
            "plan_review.html",
            pupil=pupil,
            plan=plan,
            boxes=BOXES,
            days=planning.days_offered(ctx),
            between=planning.days_between(ctx),
            due=ctx.clock.closes,
            guests=guests,
            asked=asked,
            others=request.form.get("others", ""),
            problems=plan.problems,
        )

    def save_one(self, plan, asked):
        """Plan it and write the invitations; whether it was done."""
        chosen = request.form.get("offered")
        if chosen and not plan.is_filled():
            plan.form.day.data = read_day(chosen)
        plan.check()
        for guest in asked:
            wrong = planning.guest_fault(plan.ctx, guest, plan.form.day.data or today())
            if wrong:
                plan.problems.append(("guests", wrong))
        if plan.problems:
            return False
        names = [guest.who for guest in asked]
        others = forms.clean(request.form.get("others")) or ""
        names += [name[:255] for name in map(forms.clean_line, others.splitlines()) if name]
        try:
            with drafts.making(url_for("pupil.page", key=plan.ctx.pupil.id)):
                plan.carry_out(names)
        except Clash as clash:
            plan.problems.append(("", str(clash)))
            return False
        flash(f"Review planned for {say_day(plan.form.day.data)}. {LETTERS}", "done")
        return True

    @expose("/<int:number>/invitations.pdf")
    def invitations(self, number):
        """The invitations to the planned review that are not sent, with blank views sheets."""
        ctx = child_seen(number)
        meeting = ctx.planned or abort(404)
        access.log_access([meeting])
        return pdf.invitations(meeting, current_user)


LETTERS = "The invitations are written: print them from the child's page, with blank views sheets."


def child_seen(number):
    """A child as the guards see it, or the “not found” page."""
    user = account.me()
    pupil = Pupil.visible_to(user).where(Pupil.id == number).first() or abort(404)
    return workflow.PupilContext(pupil, user, school=settings_now())


def plans_of(placements, user, typed=None):
    found = []
    for ctx in contexts_of(placements, user):
        found.append(plan_of(ctx, typed, f"p{ctx.pupil.id}"))
    return found


def save_lines(lines, address):
    """Plan the reviews whose line has a new day, all or none; the problems."""
    wanted = []
    for line in lines:
        planned = line.ctx.planned
        if line.is_filled() and not (planned and planned.on == line.form.day.data):
            wanted.append(line)
    problems = []
    for line in wanted:
        line.check(f"{line.ctx.pupil.name}: ")
        problems += line.problems
    if not wanted:
        problems = [("", "No line has a new day yet.")]
    if problems:
        return problems
    try:
        with drafts.making(address):
            for line in wanted:
                line.carry_out([one.who for one in planning.guests(line.ctx) if not one.agency])
    except Clash as clash:
        return [("", str(clash))]
    reviews = say_count(len(wanted), "review is", "reviews are")
    flash(f"{reviews} planned, and the invitations written.", "done")
    return []
