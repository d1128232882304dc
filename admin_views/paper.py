"""The screens of a paper of the pathway: it is completed, agreed, declined or renewed here.

Come here to change which buttons a paper has. What an act needs and does is in `workflow.py`.
"""

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

import workflow
from admin_views import forms
from admin_views.base import PupilRecordView
from models import STATUS, Placement, Review, may
from records.record import Clash


def decline_with_reason(form, user):
    workflow.decline(form, user, forms.clean(request.form.get("declined_why")))


# what the button of a form does; `reopen` and `version` only on the page of a paper
ACTS = {
    "complete": workflow.complete,
    "agree": workflow.agree,
    "move": workflow.agree,
    "decline": decline_with_reason,
}
PAGE_ACTS = {**ACTS, "reopen": workflow.reopen, "version": workflow.new_version}


def acts(form):
    """What this person may do with a paper now: [(act, words on the button)]."""
    if not may(current_user, "w", form):
        return []
    if form.locked:
        return [("version", "Make a new version")]
    found = []
    paper = workflow.paper_for(type(form))
    if current_user.role in paper.agreed_by:
        if paper.kind == "review" and not form.supersedes:
            found.append(("move", "Agree, and make the move"))
        found.append(("agree", "Agree and seal"))
    if form.status == "draft":
        found.append(("complete", "Mark complete"))
    else:
        found.append(("reopen", "Open again"))
    if paper.kind == "side":
        found.append(("decline", "Declined"))
    return found


class PaperView(PupilRecordView):
    """The screens of a paper of the pathway."""

    def acts(self, record):
        return acts(record)

    def form_acts(self, record):
        return acts(record)

    def content(self, record):
        return record.content(current_user.role)

    def may_add(self):
        """A paper is begun on the page of its child, not from the list."""
        return False

    def begin(self, pupil):
        """The paper that is not finished yet, or a new one with what is known filled in."""
        if pupil is None:
            abort(404)
        unfinished = workflow.unfinished(self.model, pupil, current_user)
        if unfinished:
            return unfinished, {}
        placement = Placement.current(pupil)
        stage = placement.stage if placement else ""
        if issubclass(self.model, Review) and workflow.paper_for(self.model).stage != stage:
            words = f"{pupil.called} is not on the stage of a {self.model.kind_name()}."
            flash(f"{words} The review of the stage the child is on is offered here.", "problem")
            abort(redirect(url_for("pupil.page", key=pupil.id)))
        return workflow.start_form(self.model, pupil, current_user)

    def settle(self, record):
        """A paper may always be a draft; what its chart does not ask has no answer."""
        if workflow.clear_unasked(record):
            record.save()
        workflow.reopen_if_incomplete(record, current_user)

    def finish(self, record, do):
        """Complete, agree or decline the paper that was just saved."""
        if do not in ACTS:
            return []
        try:
            ACTS[do](record, current_user)
        except workflow.Invalid as invalid:
            words = "It is saved as a draft. To complete it, answer what is named here."
            return [("", words), *invalid.errors]
        except (workflow.Refused, Clash) as refused:
            return [("", f"It is saved. {refused}")]
        return []

    def has_chart(self):
        paper = workflow.paper_for(self.model)
        return paper.kind == "review" and bool(workflow.QUESTIONS[paper.stage])

    def after_save(self, record, do):
        """To the chart or the child when the paper is done, else on with the form."""
        if do in ACTS:
            flash(status_sentence(record), "done")
            return self.done_at(record, do)
        if do == "chart" and self.has_chart():
            flash(f"{record.kind_name()} saved.", "done")
            return url_for("pupil.chart", key=record.pupil_id)
        return super().after_save(record, do)

    def done_at(self, record, do):
        return url_for("pupil.page", key=record.pupil_id)

    def place_of(self, record):
        return url_for(f"{self.endpoint}.edit", key=record.id)

    @expose("/<int:key>/act/", methods=("POST",))
    def act(self, key):
        """Complete, agree, open again, decline or renew a paper, from its page."""
        record = self.find(key)
        do = request.form.get("do", "")
        if do not in PAGE_ACTS or not self.may_write():
            abort(403)
        try:
            made = PAGE_ACTS[do](record, current_user)
        except workflow.Invalid as invalid:
            return self.show_page(record, invalid.errors), 422
        except (workflow.Refused, Clash) as refused:
            flash(str(refused), "problem")
            return redirect(url_for(".page", key=key))
        if do == "version":
            flash("This is a new version. The old one keeps its words.", "done")
            return redirect(url_for(".edit", key=made.id))
        flash(status_sentence(record), "done")
        return redirect(self.done_at(record, do))


def status_sentence(form):
    return f"{form.kind_name()}: {STATUS[form.status].words}."
