"""A concern in five questions, for whoever has a phone and two minutes: it becomes the draft of a
Record of Concern. What that paper needs besides is asked later.
"""

import functools

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from wtforms import TextAreaField
from wtforms.validators import Length, ValidationError

import workflow
from admin_views import drafts, forms
from admin_views.base import pupil_asked, typing_problems
from admin_views.paper import PaperView
from models import AREAS, KeyConcern, RecordOfConcern, StrategyUsed
from records.dates import short_day, today
from records.record import Clash

ROOM = "There is room for {max} characters; please shorten it."


class ConcernView(PaperView):
    """The screens of the Record of Concern, and the five questions that begin one."""

    @expose("/raise/", methods=("GET", "POST"))
    def raise_one(self):
        """Ask the five questions; of a child whom the address names only four."""
        if not self.may_write():
            abort(403)
        pupil = pupil_asked()
        if request.args.get("pupil") and pupil is None:
            abort(404)
        drafts.once(request.form.get("press"))
        draft = None
        problems = []
        if request.method == "POST":
            form = concern_form(pupil)
            problems = self.write(form, pupil)
            if not problems:
                child = pupil or form.pupil.data
                flash("Thank you. It is written down, and the SENCO sees it.", "done")
                return redirect(url_for("pupil.page", key=child.id))
            drafts.keep(current_user, request.full_path)
        else:
            draft = drafts.of(current_user, request.full_path)
            form = concern_form(pupil, drafts.typed_items(draft) if draft else None)
        return self.render("concern.html", form=form, pupil=pupil, problems=problems, draft=draft)

    def settle(self, record):
        """The broad areas that nobody ticked are those of the key concerns."""
        seen = {row.area for row in record.rows("key_concerns")}
        areas = [area for area in AREAS if area in seen]
        if areas and not record.areas:
            record.areas = "\n".join(areas)
            record.save()
        super().settle(record)

    def write(self, form, pupil):
        """Keep the concern; the problems."""
        problems = typing_problems(form)
        for name, words in NEEDED.items():
            if name in form and not form[name].errors and not forms.answer_of(form[name]):
                problems.append((name, words))
        if problems:
            return problems
        pupil = pupil or form.pupil.data
        try:
            with drafts.making(url_for("pupil.page", key=pupil.id)):
                paper = add_concern(pupil, form)
                faults = paper.errors()
                if faults:
                    raise workflow.Invalid(faults)
        except workflow.Invalid as invalid:
            return invalid.errors
        except Clash as clash:
            return [("", str(clash))]
        return []


NEEDED = {
    "pupil": "Which child is it? Type part of the name.",
    "areas": "Tick what worries you; more than one if you like.",
    "what": "Say in a sentence or two what you have seen.",
}


def concern_form(pupil, typed=None):
    """The boxes of the five questions; without a child to look up when there is one already."""
    boxes = {}
    if pupil is None:
        find = functools.partial(forms.find_pupils, current_user)
        boxes["pupil"] = forms.LookupField("Which child?", find=find)
    areas = forms.offered((area, area) for area in AREAS)
    boxes["areas"] = forms.TicksField("What worries you?", choices=areas)
    boxes["what"] = area_box("What have you seen?", "Where, when, how often.")
    boxes["tried"] = area_box("What have you tried?", "One thing a line. Nothing yet? Go on.")
    boxes["told_on"] = forms.DayField(
        "When did you talk to the family?",
        description="Such as today or yesterday. Leave it empty if they do not know yet.",
    )
    more = {"formdata": typed} if typed is not None else {}
    form = type("ConcernForm", (forms.FlaskForm,), boxes)(**more)
    form[next(iter(boxes))].render_kw = {"autofocus": True}
    return form


def area_box(label, prompt):
    return TextAreaField(
        label,
        description=prompt,
        filters=[forms.clean],
        validators=[Length(max=2_000, message=ROOM.format(max="2,000")), short_lines],
    )


def short_lines(form, field):
    """Each thing that was tried becomes a line of the paper, which has so much room."""
    most = StrategyUsed.strategy.max_length
    if field.short_name == "tried" and any(len(line) > most for line in typed_lines(field)):
        raise ValidationError(f"One thing a line, of at most {most} characters.")


def typed_lines(field):
    lines = [forms.clean_line(line) for line in (field.data or "").splitlines()]
    return list(filter(None, lines))


def add_concern(pupil, form):
    """Write the answers into the draft that there is, or a new one; the saved paper."""
    areas = form.areas.kept.split("\n")
    paper = open_record(pupil)
    if paper.id:
        talked = form.told_on.data
        if paper.told_on and talked and talked != paper.told_on:
            said = f"{current_user.name} talked to the family on {short_day(talked)}."
            paper.family_said = "\n".join(filter(None, (paper.family_said, said)))
        who = f"{paper.entered_by} has"
        if paper.entered_by == current_user.name:
            who = "you have"
        flash(f"It was added to the record that {who} begun.", "done")
    kept = (paper.areas or "").split("\n")
    paper.areas = "\n".join(area for area in AREAS if area in (*kept, *areas))
    paper.told_on = paper.told_on or form.told_on.data
    paper.raised_by = paper.raised_by or current_user.name
    paper.raised_on = paper.raised_on or today()
    paper.save()
    area = areas[0] if len(areas) == 1 else None
    KeyConcern(form=paper, area=area, what=form.what.data).save()
    for words in typed_lines(form.tried):
        StrategyUsed(form=paper, strategy=words, who=current_user.name).save()
    workflow.reopen_if_incomplete(paper, current_user)
    return paper


def open_record(pupil):
    """The Record of Concern of the child that is not agreed yet, or a new one."""
    begun = workflow.unfinished(RecordOfConcern, pupil, current_user)
    if begun and not begun.locked:
        return begun
    if begun is None:
        return workflow.start_form(RecordOfConcern, pupil, current_user)[0]
    # this cycle has its record: a new worry waits beside it for the SENCO
    return RecordOfConcern(pupil=pupil, happened_on=today(), entered_by=current_user.name)
