"""The pages by which a second record of a child goes: merged into the first, or taken out as a
mistake.

Come here to change these pages. What may be merged or taken out is decided in `privacy/`.
"""

from flask import abort, current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin_views import forms, same_child
from admin_views.account.views import me, recent_password_required
from audit import access
from models import Pupil
from privacy import erasure, mistakes, two_records
from privacy.erasure import Cannot
from records.questions import SENCO

CHANGED = "One of the two records has changed since you looked. Look again, then merge."


class TwoRecordsPages:
    """Two pages of “Data requests and retention”, for the SENCO."""

    @expose("/<int:number>/merge/", methods=("GET", "POST"))
    @recent_password_required
    def merge(self, number):
        kept = pupil_of_senco(number)
        other = Pupil.get_or_none(Pupil.id == forms.key_of(request.form.get("other", "")))
        typed = forms.clean(request.form.get("words")) or ""
        problems = []
        if other and request.form.get("do") == "merge":
            try:
                merge_now(kept, other, request.form)
                return redirect(url_for("pupil.page", key=kept.id))
            except Cannot as fault:
                problems = [("", str(fault))]
        found = same_child.like(kept)
        if typed:
            found = [one for one in forms.find_pupils(current_user, typed) if one != kept]
        if other:
            found = []
        access.log_access([kept, *found, *filter(None, [other])])
        return self.render(
            "keeping_merge.html",
            pupil=kept,
            other=other,
            found=found,
            typed=typed,
            obstacle=two_records.merge_obstacle(kept, other) if other else None,
            differences=two_records.differing_answers(kept, other) if other else [],
            moves=two_records.what_moves(other) if other else [],
            versions_seen=versions_seen(kept, other) if other else "",
            said=request.form,
            problems=problems,
        )

    @expose("/<int:number>/mistake/", methods=("GET", "POST"))
    @recent_password_required
    def mistake(self, number):
        pupil = pupil_of_senco(number)
        problems = []
        if request.method == "POST":
            folder = current_app.config["DATA_DIR"]
            try:
                mistakes.take_out(pupil, me(), forms.clean(request.form.get("words")), folder)
                erasure.scrub()
                flash("The record is taken out. The audit trail says that it was here.", "done")
                return redirect(url_for("pupil.index_view"))
            except Cannot as fault:
                problems = [("words", str(fault))]
        access.log_access([pupil])
        return self.render(
            "keeping_mistake.html",
            pupil=pupil,
            stands=mistakes.what_stands_in_the_way(pupil),
            problems=problems,
        )


def pupil_of_senco(number):
    if current_user.role != SENCO:
        abort(403)
    return Pupil.get_or_none(Pupil.id == number) or abort(404)


def versions_seen(kept, other):
    return f"{kept.version}-{other.version}"


def merge_now(kept, other, said):
    if said.get("seen") != versions_seen(kept, other):
        raise Cannot(CHANGED)
    theirs = []
    for name, *_ in two_records.differing_answers(kept, other):
        if said.get(f"keep.{name}") == "other":
            theirs.append(name)
    two_records.merge_records(kept, other, me(), theirs)
    flash("The two records are one now. Look at the contacts and the SEN types.", "done")
