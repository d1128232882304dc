"""The page of one child, the page of each move, the chart's questions, the steps of an EHC case,
and the two lists.

Come here to change what the page of a child shows, and in which order. What may happen is decided
in workflow.py alone.
"""

import datetime
import itertools
import secrets
from dataclasses import dataclass, replace

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import DateField
from werkzeug.exceptions import NotFound

import workflow
from admin_views import drafts, forms, merge, offers, same_child, searches, starting_register
from admin_views.account import views as account
from admin_views.base import (
    Confirm,
    PupilRecordView,
    ReadView,
    RecordView,
    scoped,
    typing_problems,
)
from admin_views.home import in_school_words, say_due, settings_now
from admin_views.paper import acts
from audit import access
from audit.log import transaction
from models import (
    CASE_OPEN,
    RATING,
    STATUS,
    Agency,
    Consent,
    ConsultationAnswer,
    Contact,
    Disclosure,
    Document,
    EducationalAdvice,
    EhcCase,
    Erasure,
    HeadAgreement,
    Letter,
    ListMembership,
    Measure,
    Meeting,
    MergedPupil,
    MyPlan,
    MyPlanPlus,
    MyPlanPlusReview,
    MyPlanReview,
    Note,
    Placement,
    Pupil,
    Setting,
    StatutoryPaper,
    Strategy,
    TeamMember,
    WritingTask,
    family_meetings,
    kept_about,
    may,
)
from papers import pdf
from pathway import advice, clock, effects, ehc_request, letters, measures
from pathway.provision import say_week
from people import class_key
from privacy import erasure, retention
from records.dates import london, read_day, say_day, say_moment, say_weeks, short_day, today
from records.query import by_id
from records.questions import HEAD, SENCO, say
from records.record import Clash, Record, document, fetch_rows

PACK_ROLES = (SENCO, HEAD)  # who puts together what a local authority is asked with


class PupilView(RecordView):
    """Pupils: the generated list and form, and a page that tells the whole story."""

    page_template = "pupil.html"

    def to_confirm(self, record, form):
        """Whoever may be the same child is looked at, and ticked as another."""
        found = []
        for other in like_typed(record, form):
            words = same_child.question_about(other)
            found.append(Confirm(f"another-{other.id}", words, "This is another child", other))
        access.log_access([one.pupil for one in found], "found")
        return found

    def save(self, record, form):
        """Who comes into a class has it spelt as the others: “3b” beside “3B” were two classes."""
        box = form["form"]
        if class_key(box.data) != record.class_key:
            box.data = Pupil.spelling_of_class(box.data) or box.data
        return super().save(record, form)

    def cell(self, record, name):
        words = super().cell(record, name)
        # who looks for Sandy finds Alexander
        if name == "forename" and record.called != record.forename:
            return f"{words} ({record.called})"
        return words

    def actions_of(self, rows):
        stages = Placement.stages_of(rows)
        found = super().actions_of(rows)
        for pupil in rows:
            found[pupil.id] += move_links(pupil, stages.get(pupil.id, "NONE"))
        return found

    def find(self, key):
        """One record; the number of a merged one leads to the record that it is part of now."""
        try:
            return super().find(key)
        except NotFound:
            merged = MergedPupil.get_or_none(MergedPupil.number == key)
            if merged is None or request.method != "GET":
                raise
        abort(redirect(url_for(request.endpoint, **{**request.view_args, "key": merged.pupil_id})))

    @expose("/<int:key>/")
    def page(self, key):
        pupil = self.find(key)
        if pupil.erased_on:
            return self.render(
                "keeping_erased.html",
                pupil=pupil,
                erasure=erasure.erasure_of(pupil),
                backups=retention.gone_from_backups(pupil.erased_on, settings_now()),
            )
        known = kept_of(pupil)
        at = workflow.PupilContext(pupil, account.me(), school=settings_now(), forms=known)
        # what anybody is shown; the guards look at the others too
        written = readable(known, workflow.every_form())
        beside = readable(known, BESIDE)
        plans = plans_written(written)
        fetch_rows((pupil, *plans, *known[EhcCase]))
        case = case_part(at)
        courses = {Measure: measures.courses(beside.get(Measure, ()))}
        contacts = pupil.rows("contacts") if may(current_user, "r", Contact) else []
        return self.render(
            self.page_template,
            pupil=pupil,
            at=at,
            lists=open_lists(pupil),
            needs=[need for need in pupil.rows("sen_needs") if need.code and not need.until],
            day_of=day_of,
            stages=stage_strip(at),
            content=document(pupil, current_user.role),
            may_write=self.may_write(),
            may_keep=may(current_user, "r", Erasure),
            may_pack=current_user.role in PACK_ROLES,
            may_plan=may(current_user, "w", Letter),
            kept=folded(beside, {*beside.get(Note, ()), case["case_card"]}, courses),
            to_begin=kinds_to_begin(beside, at.case),
            to_telephone=[one for one in contacts if one.phone and one.may_contact != "No"],
            **note_part(at, beside, contacts, written),
            **next_part(at),
            papers=papers_of_stage(at),
            older=older_forms(at, written),
            journey=journey(plans, written),
            **case,
            timeline=timeline(at, written, beside),
            only=request.args.get("only"),
        )

    @expose("/look-up/", methods=("POST",))
    def look_up(self):
        """The pupils to offer for what is being typed."""
        typed = (forms.clean(request.form.get("words")) or "")[:60]
        shown, more = searches.offers(current_user, typed)
        return {"pupils": [offer_of(pupil) for pupil in shown], "more": more}

    @expose("/<int:key>/move/<slug>/", methods=("GET", "POST"))
    def move(self, key, slug):
        """Say what a move will do, ask what it asks, and do it once."""
        pupil = self.find(key)
        row = workflow.move_at(slug) or abort(404)
        if current_user.role not in row.by:
            abort(403)
        at = workflow.PupilContext(pupil, current_user, school=settings_now())
        if at.stage in row.from_:
            stopped = workflow.blockers(row, at)
        else:
            here = workflow.stage_label(at.stage, at.settings)
            stopped = [workflow.g.Stop(f"Not possible from: {here}.")]
        draft = None
        problems = []
        if request.method == "POST":
            form = move_form(row, pupil)
            problems = self.press(row, pupil, form)
            if problems and was_made(row, at.placement, form):
                drafts.forget(request.full_path)
                flash(f"“{in_school_words(row.name)}” was made already.", "done")
                problems = []
            if not problems:
                return redirect(url_for(".page", key=key))
            kept = drafts.keep(current_user, request.full_path)
            if stopped:  # its boxes are not drawn
                draft = kept
                problems = [("", words) for _, words in problems]
        else:
            draft = drafts.of(current_user, request.full_path)
            form = move_form(row, pupil, draft)
        return self.render(
            "move.html",
            pupil=pupil,
            move=row,
            form=form,
            stops=stopped,
            stop_link=stop_link,
            at=at,
            problems=problems,
            draft=draft,
            typed=drafts.words_of(draft) if draft and stopped else (),
            will=will_do(row, at),
            no_contact=row.letter and not letters.households(pupil.contacts),
            token=request.form.get("token") or secrets.token_urlsafe(16),
            seen=at.placement.id if at.placement else 0,
        )

    def press(self, row, pupil, form):
        """Make the move through the one door; returns the problems."""
        problems = typing_problems(form)
        if problems:
            return problems
        answers = written_before(row, pupil)
        for name in row.asks:
            if name in form:
                answers[name] = forms.answer_of(form[name])
        try:
            workflow.perform(
                row,
                pupil,
                current_user,
                answers,
                seen=request.form.get("seen", -1, type=int),
                token=forms.clean(request.form.get("token")),
            )
        except workflow.Invalid as invalid:
            return invalid.errors
        except (workflow.Refused, Clash) as refused:
            return [("", str(refused))]
        drafts.saved(request.form.get("press"), url_for(".page", key=pupil.id))
        flash(f"{in_school_words(row.name)}: done for {pupil.called} {pupil.surname}.", "done")
        return []

    @expose("/<int:key>/agree-request/", methods=("POST",))
    def agree_request(self, key):
        """The head agrees that the school asks for an EHCP."""
        if current_user.role != HEAD:
            abort(403)
        pupil = self.find(key)
        try:
            workflow.agree_request(pupil, account.me())
        except workflow.Refused as refused:
            flash(str(refused), "problem")
            return redirect(url_for(".page", key=key))
        flash("You have agreed that the school asks for an EHCP. The SENCO begins it now.", "done")
        return redirect(url_for("home.index"))

    @expose("/<int:key>/review/", methods=("GET", "POST"))
    def chart(self, key):
        """The chart's questions of this cycle's review; then what the answers lead to."""
        pupil = self.find(key)
        at = workflow.PupilContext(pupil, current_user, school=settings_now())
        review = at.review or abort(404)
        if not workflow.chart_of(review):
            abort(404)
        if not may(current_user, "w", review):
            abort(403)
        problem = ""
        draft = mine = None
        if request.method == "POST":
            problem = merge.sealed_words(review) if review.locked else self.answer_chart(review)
            if not problem:
                return redirect(url_for(".chart", key=key))
            drafts.keep(current_user, request.full_path)
        asked = asked_now(review, problem)
        if request.method != "POST":
            draft = drafts.of(current_user, request.full_path)
            if draft and drafts.typed_items(draft).get("ask") == asked:
                mine = draft
        return self.render(
            "question.html",
            pupil=pupil,
            review=review,
            asked=asked,
            **answers_lead_to(at, review),
            said=chart_so_far(review),
            acts=acts(review),
            lacks=[] if asked or review.locked else workflow.missing(review, current_user),
            problems=[("", problem)] if problem else [],
            draft=draft,
            typed=drafts.words_of(draft) if draft and not mine else (),
            seen=seen_answer(review, asked),
            **question_part(review, asked, drafts.typed_items(mine) if mine else request.form),
        )

    def answer_chart(self, review):
        """Keep one answer and empty those that no longer apply; gives what is wrong."""
        name = request.form.get("ask")
        answer = request.form.get("answer")
        if name not in workflow.chart_answers(review) or answer not in ("Yes", "No"):
            return "Choose Yes or No."
        why = forms.clean(request.form.get("why"))
        if len(why or "") > 2_000:  # the box takes no more
            return "Your reason is longer than 2,000 characters; please shorten it."
        saved = getattr(review, name), getattr(review, f"{name}_why")
        if seen_answer(review, name) != request.form.get("seen", "") and (answer, why) != saved:
            who, when = merge.last_word(type(review), review.id, review.pupil_id, name)
            return (
                f"{who or 'Somebody else'} has answered this since you opened it ({when}):"
                f" {review.answer(name) or 'no answer'}. {review.answer(f'{name}_why')} Yours is"
                " still here, and not saved yet. Continue again to keep yours."
            )
        setattr(review, name, answer)
        setattr(review, f"{name}_why", why)
        workflow.clear_unasked(review)
        try:
            with transaction():
                review.save()
                workflow.reopen_if_incomplete(review, current_user)
                drafts.saved(request.form.get("press"), url_for(".chart", key=review.pupil_id))
        except Clash as clash:
            return str(clash)
        return ""

    @expose("/<int:key>/record.pdf")
    def whole(self, key):
        return pdf.whole_record(self.find(key), current_user)

    def for_request(self, key):
        if current_user.role not in PACK_ROLES:
            abort(403)
        return self.find(key)

    @expose("/<int:key>/request/")
    def request_check(self, key):
        """What the law asks of a request for an EHC needs assessment, and what is lacking."""
        pupil = self.for_request(key)
        found = ehc_request.evidence(pupil)
        checks = ehc_request.checklist(found, today())
        return self.render("request.html", pupil=pupil, checks=checks, left_out=found.left_out)

    @expose("/<int:key>/request-pack.pdf")
    def request_pack(self, key):
        pupil = self.for_request(key)
        return pdf.ehc_request_pack(pupil, current_user)

    @expose("/<int:key>/family-pack.pdf")
    def pack(self, key):
        return pdf.family_pack(self.find(key), current_user)

    @expose("/<int:key>/profile.pdf")
    def profile(self, key):
        return pdf.profile(self.find(key), current_user)


def offer_of(pupil):
    """What is said of a pupil who is offered while a name is typed."""
    more = [pupil.answer("year")]
    if pupil.called != pupil.forename:
        more.insert(0, pupil.forename)
    if pupil.left_on:
        more.append("has left")
    address = url_for("pupil.page", key=pupil.id)
    return {"name": str(pupil), "more": ", ".join(more), "address": address}


class CaseView(PupilRecordView):
    """EHC cases: the generated screens, and the steps of `workflow.CASE_MOVES`."""

    def more_links(self, record):
        found = []
        if record.state in CASE_OPEN:
            to = url_for("pupil.page", key=record.pupil_id, _anchor="case")
            found.append(("Dates and next steps", to))
        if current_user.role in PACK_ROLES:
            found.append(("Request pack", url_for("pupil.request_check", key=record.pupil_id)))
        return found

    @expose("/<int:key>/step/", methods=("POST",))
    def step(self, key):
        if not self.may_write():
            abort(403)
        case = self.find(key)
        pressed = request.form.get("step")
        seen = request.form.get("seen", 0, type=int)
        step = next((move for move in workflow.CASE_MOVES if move.name == pressed), None)
        try:
            if step is None:  # Enter in the box of the date
                raise ValueError("Press the button of the step.")
            on = read_day(request.form.get("on", "")) or today()
            workflow.perform_case_move(step, case, current_user, on, seen)
        except (workflow.Invalid, workflow.Refused, Clash, ValueError) as fault:
            flash(str(fault), "problem")
        else:
            flash(f"EHC case: {step.name}.", "done")
        return redirect(url_for("pupil.page", key=case.pupil_id) + "#case")


class AdviceView(PupilRecordView):
    """The papers that the law asks for: a new one begins with what is known of the child."""

    def begin(self, pupil):
        record, prefilled = super().begin(pupil)
        if pupil:
            advice.fill_in(record, current_user, settings_now())
        return record, prefilled

    def render(self, template, **more):
        paper = more.get("record")
        if template == self.page_template and paper.due() and not paper.sent_on:
            more["notice"] = f"To be sent by {say_day(paper.due())}."
        return super().render(template, **more)


class AgencyView(PupilRecordView):
    """Agencies: a new one begins with what the review wants to know from a specialist."""

    def begin(self, pupil):
        record, prefilled = super().begin(pupil)
        if pupil:
            record.question = workflow.agency_need(pupil)
        return record, prefilled

    @expose("/<int:key>/chased/", methods=("POST",))
    def chased(self, key):
        """Write down that an agency was chased today, from the list of those to chase."""
        if not self.may_write():
            abort(403)
        agency = self.find(key)
        agency.chased_on = today()
        try:
            agency.save()
        except Clash as clash:
            flash(str(clash), "problem")
        else:
            flash(f"{agency}: chased today.", "done")
        return redirect(url_for("agencies-waiting.index"))


class LetterView(PupilRecordView):
    """Letters: one press writes down that one went, or all of its child that wait."""

    def begin(self, pupil):
        record, prefilled = super().begin(pupil)
        if pupil:
            letters.begin_letter(record)
        return record, prefilled

    def acts(self, record):
        if record.sent_on or record.void or not self.may_write():
            return []
        found = [("sent", "Sent today")]
        count = Letter.unsent().where(Letter.pupil == record.pupil_id).count()
        if count > 1:
            found.append(("all", f"All {count} unsent letters of this child: sent today"))
        return found

    @expose("/<int:key>/act/", methods=("POST",))
    def act(self, key):
        """Write down that a letter went today, by itself or with all others of its child."""
        if not self.may_write():
            abort(403)
        letter = self.find(key)
        waiting = Letter.unsent().where(Letter.pupil == letter.pupil_id)
        if request.form.get("do") != "all":
            waiting = waiting.where(Letter.id == key)
        try:
            problems = letters.send_today(list(waiting))
        except Clash as clash:
            flash(str(clash), "problem")
            return redirect(url_for(".page", key=key))
        if problems:
            return self.show_page(letter, problems), 422
        flash("Written down: sent today.", "done")
        return redirect(url_for("pupil.page", key=letter.pupil_id))


class NoteView(PupilRecordView):
    """Notes: one is written on the page of its child, and leads back there."""

    def begin(self, pupil):
        record, prefilled = super().begin(pupil)
        record.on = today()
        return record, prefilled

    def after_save(self, record, do):
        super().after_save(record, do)
        return url_for("pupil.page", key=record.pupil_id) + "#k-note"


class ConsentView(PupilRecordView):
    """Consents: one that somebody needs for an agency begins with its name, and leads back."""

    def begin(self, pupil):
        record, prefilled = super().begin(pupil)
        waiting = unsaved_agency(pupil)
        if waiting:
            record.purpose = "Referral"
            record.to_whom = drafts.typed_items(waiting).get("agency")
        return record, prefilled

    def after_save(self, record, do):
        waiting = unsaved_agency(record.pupil)
        if waiting:
            flash("Consent saved. Here is what you typed about the agency; save it now.", "done")
            return waiting.form
        return super().after_save(record, do)


def unsaved_agency(pupil):
    """What this person typed about an agency of a child and has not saved, or None."""
    for draft in drafts.of_person(current_user):
        if pupil and draft.pupil_id == pupil.id and drafts.form_at(draft.form)[0] is Agency:
            return draft
    return None


class ListView(ReadView):
    """The Concerns List and the SEN List: who is on it, how long, and the next review."""

    def __init__(self, code, category):
        self.code = code
        super().__init__(Placement, category, endpoint=f"{code.lower()}-list")
        self._list_columns = list(LIST_HEADS.items())

    def default_order(self):
        return [Pupil.sort_name], False

    def plural(self):
        return workflow.list_label(self.code, settings_now())

    def get_query(self):
        codes = [code for code, stage in workflow.STAGES.items() if stage.list == self.code]
        return scoped(Placement, current_user).where(Placement.is_on(codes))

    def cell(self, record, name):
        """The computed columns; the stage in the school's words."""
        if name == "stage":
            return workflow.stage_label(record.stage, settings_now())
        if name == "code":
            return workflow.STAGES[record.stage].local or "-"
        if name == "weeks":
            return say_weeks(weeks_on_stage(record))
        if name == "review":
            return say_review(record)
        return super().cell(record, name)

    def spreadsheet_columns(self):
        return super().spreadsheet_columns() | {"weeks": "Weeks on this stage"}

    def value(self, record, name):
        if name == "stage":
            return self.cell(record, name)
        if name == "weeks":
            return weeks_on_stage(record)
        if name == "review":
            when = clock_now(record)
            return when.closes if when and when.state != "held" else self.cell(record, name)
        return super().value(record, name)

    def is_late(self, record, name):
        if name != "review":
            return False
        when = clock_now(record)
        return when is not None and when.state == "overdue" and not record.is_planned(today())

    def preload_links(self, rows, names):
        super().preload_links(rows, names)
        Placement.fetch_planned(rows)

    def filter_options(self, field):
        """Only the stages whose children stand on this list."""
        found = []
        for code, words in field.choices:
            if field.name != "stage" or workflow.STAGES[code].list == self.code:
                found.append((code, words))
        return found

    def link(self, record):
        return url_for("pupil.page", key=record.pupil_id)

    def row_actions(self, record):
        opened = ("Open the pupil", self.link(record))
        return [opened, *move_links(record.pupil, record.stage)]


LIST_HEADS = {
    "pupil": "Pupil",
    "stage": "Stage",
    "code": "Code",
    "stage_since": "On this stage since",
    "weeks": "For",
    "cycle": "Cycle",
    "review": "Next review",
}


def weeks_on_stage(placement):
    return (today() - placement.stage_since).days // 7


def clock_now(placement):
    return workflow.clock_of(placement, today(), settings_now())


def say_review(placement):
    when = clock_now(placement)
    if when is None:
        return ""
    if when.state == "held":
        return f"held {short_day(placement.reviewed_on)}, to be decided"
    if placement.is_planned(today()):
        return f"{short_day(when.closes)}, planned for {short_day(placement.planned_on)}"
    return f"{short_day(when.closes)}, {say_due(when.closes, today())}"


def move_links(pupil, stage):
    page = url_for("pupil.page", key=pupil.id)
    role = account.me().role
    found = []
    for move in workflow.MOVES:
        if stage in move.from_ and role in move.by:
            found.append((in_school_words(move.name), f"{page}move/{move.slug}/"))
    return found


def move_address(move, pupil):
    return url_for("pupil.move", key=pupil.id, slug=move.slug)


def asked_now(review, problem):
    """The chart's question that is shown: the named one, else the next open one, or None."""
    asked = request.form.get("ask") or request.args.get("ask")
    asked = asked or workflow.next_question(review)
    if asked not in workflow.chart_answers(review):
        return None
    if problem or not review.locked:
        return asked


# --- a second record of a child
def like_typed(record, form):
    """Who may be the child whose names, date of birth or UPN stand changed in the form."""
    typed = Pupil(id=record.id)
    for name in same_child.WHO:
        setattr(typed, name, forms.answer_of(form[name]))
    typed.clean()
    if not same_child.has_changed(typed):
        return []
    return same_child.like(typed)


# --- the parts of the page
@dataclass(frozen=True)
class Step:
    """The one main button of a child's page; without words on it only a sentence."""

    words: str
    does: str
    to: str  # the address


# in which order the papers of a stage are written, and when each kind needs no more work
ORDER = {"S3": ("side", "plan", "review")}
USUAL_ORDER = ("plan", "side", "review")
DONE = {"plan": ("sealed",), "review": ("sealed",), "side": ("complete", "sealed", "declined")}


def next_part(at):
    """The next step and further moves."""
    moves = workflow.moves_for(at)
    main = next_step(at, moves)
    others = [pair for pair in moves if in_school_words(pair[0].name) != main.words]
    asks_head = current_user.role == HEAD and workflow.waits_for_head(at)
    return {
        "asks_head": asks_head,
        "main": main,
        "moves": others,
        "advice": workflow.advice(at),
        "stop_link": stop_link,
    }


def next_step(at, moves):
    """The next step: the review's move, a paper to write or agree, or the way in."""
    possible = [move for move, stops in moves if not stops]
    for move in possible:
        if move.rows:
            return move_step(move, at.pupil)
    if at.stage == "E":
        return ehcp_step(at)
    paper, form = next_paper(at)
    if paper:
        return paper_step(at, paper, form)
    if at.stage == "OFF":
        return transfer_step(at)
    if at.stage in workflow.AWAY:
        proposed = starting_register.proposal(at.pupil).get("stage")
        for move in possible:
            if at.stage == "NONE" and move.on_paper and move.to == proposed:
                return move_step(move, at.pupil)
        for move in possible:
            if move.to in workflow.OPEN:
                return move_step(move, at.pupil)
        first_paper = workflow.PAPERS[0]
        raised = raised_concern(at)
        if raised and raised.status == "complete":
            return Step("", "The Record of Concern is complete; the SENCO decides on it.", "")
        if raised and may(current_user, "w", first_paper.form):
            return paper_step(at, first_paper, raised)
        if may(current_user, "w", first_paper.form) and not workflow.g.on_roll(at):
            return raise_concern(at.pupil, first_paper.form)
    return Step("", "Nothing waits for you now.", "")


def ehcp_step(at):
    """Under an EHCP: the open step of its review year, a paper, or when the year's work begins."""
    step = year_step(at)
    if step:
        return step
    review, written = at.paper("review")
    if written is None:
        review, written = at.paper("plan")
    if not (written and written.status in DONE["plan"]) and may(current_user, "r", review.form):
        return paper_step(at, review, written)
    words = "Nothing needs doing before the annual review is planned."
    if at.on >= workflow.year_end(at.placement) - clock.FIRST_WARNING:
        words = "The local authority's decision falls within the year of the annual review too."
    return Step("", words, "")


def year_step(at):
    """The school's first open step of the review year, from two weeks before it is due; or None."""
    review, written = at.paper("review")
    if at.case is None:
        if at.on < workflow.year_end(at.placement) - clock.FIRST_WARNING:
            return None
        return paper_step(at, review, written)
    if not may(current_user, "r", EhcCase):
        return None
    for line in at.case_dates:
        if line.owner != clock.SCHOOL or line.done:
            continue
        if at.on < line.due - clock.YEAR_WARNING:
            return None
        if line.name == "held_on" or written:
            return paper_step(at, review, written)
        if not may(current_user, "w", EhcCase):
            return Step("", f"Next, by {say_day(line.due)}: {line.task}.", "")
        does = f"By {say_day(line.due)}. Say under “EHC case” when it is done."
        return Step(f"Annual review: {line.task}", does, "#case")
    return None


def raised_concern(at):
    """The newest concern outside a cycle that is not decided, or None."""
    begun = []
    for form in at.written(workflow.PAPERS[0].form):
        if form.placement_id is None and not form.locked:
            begun.append(form)
    return max(begun, key=lambda form: form.id, default=None)


def move_step(move, pupil):
    words = in_school_words(move.name)
    return Step(words, in_school_words(move.does), move_address(move, pupil))


def next_paper(at):
    """The first paper of the stage that needs work, of those that this person reads: (Paper, form
    or None).
    """
    mine = [pair for pair in at.papers if may(current_user, "r", pair[0].form)]
    for kind in ORDER.get(at.stage, USUAL_ORDER):
        for paper, form in mine:
            if paper.kind == kind and not (form and form.status in DONE[kind]):
                return paper, form
    return None, None


def transfer_step(at):
    """For a leaver: the record goes on (Education (Pupil Information) Regulations 2005)."""
    due = begun = None
    for _, day, disclosure in retention.to_send(at.settings, [at.pupil.id]):
        due = day
        begun = disclosure
    if due is None:
        return Step("", "The record was sent to the next school.", "")
    by = f"It goes to the next school by {say_day(due)}, 15 school days after the child left."
    if not may(current_user, "w", Disclosure):
        return Step("", by, "")
    if begun and begun.contents:
        return Step(
            "Confirm sent",
            f"{by} Say when it went, to whom, and how.",
            url_for("disclosure.edit", key=begun.id),
        )
    if begun:
        return Step("Transfer pack", by, url_for("disclosure.page", key=begun.id))
    return Step("Transfer pack", by, url_for("disclosure.new", pupil=at.pupil.id))


def raise_concern(pupil, form_class):
    """For a teacher or the office: write the worry down; the SENCO places the child."""
    return Step(
        f"Write a {form_class.kind_name()}",
        "The SENCO sees it on the home page and decides whether to place the child on the list.",
        url_for(f"{form_class.slug()}.new", pupil=pupil.id),
    )


def paper_step(at, paper, form):
    """The main button for a paper: start it, go on with it, or agree it."""
    name = paper.form.kind_name()
    if not may(current_user, "w", paper.form):
        return Step("", f"Next: {name}.", "")
    if form is None:
        return Step(
            f"Start {name}",
            sentence(paper.form.intro()),
            url_for(f"{paper.form.slug()}.new", pupil=at.pupil.id),
        )
    if form.status == "complete":
        return Step(
            f"Look at {name}",
            "It is complete and waits to be agreed.",
            url_for(f"{form.slug()}.page", key=form.id),
        )
    to = url_for(f"{form.slug()}.edit", key=form.id)
    return Step(f"Go on with {name}", "It is a draft.", to)


def sentence(words):
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def stop_link(stop, pupil):
    """Where to put right what stops a move: (words, address), or None."""
    to = stop.to
    if isinstance(to, workflow.Move) and current_user.role in to.by:
        return in_school_words(to.name), move_address(to, pupil)
    if isinstance(to, type) and issubclass(to, Record) and may(current_user, "w", to):
        address = url_for(f"{to.slug()}.new", pupil=pupil.id)
        return to.begin_words or f"Start {to.kind_name()}", address
    if isinstance(to, Record) and may(current_user, "r", to):
        address = url_for(f"{to.slug()}.page", key=to.id)
        return f"Open {to.kind_name()}", address
    return None


def move_form(row, pupil, draft=None):
    """The form of what a move asks and no paper says, with what is known, or was typed and not
    saved.
    """
    lines = {}
    written = written_before(row, pupil)
    for name in row.asks:
        if name not in written:
            lines[name] = forms.control(workflow.ASKS[name], current_user)
    known = {
        "on": today(),
        "sen_type": pupil.primary_type(),
        "authority": settings_now().local_authority,
    }
    if row.on_paper:
        known |= starting_register.proposal(pupil)
    if row.rows:
        known |= said_in_review(pupil)
    more = {"formdata": drafts.typed_items(draft)} if draft else {}
    return type("MoveForm", (forms.FlaskForm,), lines)(data=known, **more)


def was_made(row, placement, form):
    """Whether the page of a move is older than the move itself, and says nothing that was not said
    then.
    """
    if placement is None or placement.move != row.name:
        return False
    if request.form.get("seen", type=int) == placement.id or typing_problems(form):
        return False
    said = {"on": placement.started_on, **effects.MoveJournal(placement.effects).said}
    for name in row.asks:
        answer = forms.answer_of(form[name]) if name in form else None
        if answer not in (None, "") and answer != said.get(name):
            return False
    return True


def said_in_review(pupil):
    """What the review of this cycle says of what its move asks: {name: answer}, to begin with."""
    review = workflow.PupilContext(pupil, current_user).review
    if review is None:
        return {}
    found = {"changes": review.next_steps, "recap": "Yes"}
    if review.parent_involved == "Yes":
        found["told"] = review.happened_on
    for _, _, _, why in chart_so_far(review):
        found["reason"] = found["why_told"] = why
    return found


def written_before(row, pupil):
    """What a move asks that the plan of its stage says already, begun before the move; or the head,
    who has agreed.
    """
    if "head_agreed" in row.asks:
        agreed = workflow.PupilContext(pupil, current_user).head_agreement
        return {"head_agreed": agreed.on} if agreed else {}
    for paper in workflow.PAPERS:
        if paper.stage == row.to and paper.kind == "plan":
            plan = workflow.unfinished(paper.form, pupil, current_user)
            if plan:
                return answered_by(plan, row)
    return {}


def answered_by(plan, row):
    """What a plan answers of the questions of a move: {name: answer}."""
    found = {}
    for name in row.asks:
        if name in dict(plan.questions()) and name != "on" and plan.answer(name):
            found[name] = getattr(plan, name)
    return found


def will_do(row, at):
    """What a move will do, as sentences, before it does it."""
    words = [in_school_words(row.does, at.settings)]
    if row.to and row.to != at.stage:
        here = workflow.stage_label(at.stage, at.settings)
        there = workflow.stage_label(row.to, at.settings)
        stage = workflow.STAGES[row.to]
        codes = "No code; not returned in the census."
        if stage.census:
            codes = f"No code; census code {stage.census}."
        if stage.local:
            codes = f"Code {stage.local}, census code {stage.census}."
        words.append(f"Stage: {here} → {there}. {codes}")
    if row.to in workflow.OPEN and not workflow.STAGES[row.to].months and not row.on_paper:
        made_today = replace(at, answers={"on": at.on})
        fresh = workflow.next_placement(row, made_today)
        due = say_day(at.clock_of(fresh).closes)
        words.append(f"Made today, the next review is due by {due}.")
        if fresh.clock_from is None and at.settings.clock_from_plan != "No":
            words.append("When the plan is agreed later, its window runs from the plan's day.")
    if row is workflow.UNDO and at.placement:
        words.append(what_is_taken_back(at))
    for name, answer in written_before(row, at.pupil).items():
        asked = workflow.ASKS[name]
        words.append(f"{asked.verbose_name} {say(asked, answer)}")
    if row.letter:
        letter = Setting.label_of(row.letter)
        words.append(f"A letter to the family is written, for you to check and send: “{letter}”.")
        words += who_gets_it(at.pupil)
    if "recap" in row.asks:
        words.append("A letter tells the family what the review agreed, unless you say No below.")
    if row.to:
        words.append(
            f"It can be taken back with “Entered in error” for {at.settings.undo_days:.0f} days,"
            " while nothing has been agreed since."
        )
    return words


def what_is_taken_back(at):
    """Which move “Entered in error” takes back, and where the child stands then, as a sentence."""
    last = at.placement
    here = workflow.stage_label(last.stage, at.settings)
    there = workflow.stage_label("NONE", at.settings)
    if last.before:
        label = workflow.stage_label(last.before.stage, at.settings)
        there = f"{label}, since {say_day(last.before.started_on)}"
    entered = say_moment(last.entered_at)
    return f"Taken back is the move to {here}, entered on {entered}. Before it: {there}."


def who_gets_it(pupil):
    """To whom the letter of a move goes, household by household, as sentences."""
    for people, address in letters.households(pupil.contacts):
        names = " and ".join(contact.name for contact in people)
        where = ", ".join(address.splitlines()) or "no address yet: add it under Contacts"
        yield f"It goes to {names} ({where})."
        for contact in people:
            if contact.court_order:
                yield (
                    f"There is a court order note about {contact.name}: “{contact.court_order}”."
                    " Look before you send; who may not be written to is set to “May be"
                    " contacted: No”."
                )


def seen_answer(review, name):
    """A hash by which to know whether somebody else answers a question meanwhile."""
    if not name:
        return ""
    return merge.hash_of(review.answer(name) + review.answer(f"{name}_why"))


def answers_lead_to(at, review):
    """The row that the answers reach, and the moves it offers."""
    row = workflow.chart_row(review)
    offers = []
    for move in workflow.MOVES:
        if row and row.name in move.rows and at.stage in move.from_:
            offers.append(move)
    advice = workflow.advice(at)
    return {"row": row, "offers": offers, "advice": advice, "stop_link": stop_link}


def question_part(review, name, typed):
    """One question of the chart: the answer as typed, or else as saved."""
    if not name:
        return {}
    saved = getattr(review, name)
    why = getattr(review, f"{name}_why")
    return {
        "words": review.label_of(name),
        "why_words": review.label_of(f"{name}_why"),
        "answer": typed.get("answer") or saved,
        "why": typed.get("why", why or ""),
        "number": len(chart_so_far(review)) + (not saved),
    }


def chart_so_far(review):
    """The chart's questions that are answered: [(name, question, answer, why)]."""
    found = []
    for q in workflow.chart_of(review):
        answer = getattr(review, q.name)
        why = getattr(review, f"{q.name}_why")
        if answer:
            found.append((q.name, review.label_of(q.name), answer, why))
    return found


def kept_of(pupil):
    """The papers of a pupil, the oldest first, and what is kept beside them, the newest first."""
    found = kept_about(account.me(), pupil, (*workflow.every_form(), *BESIDE))
    for kind in BESIDE:
        valid = [one for one in found[kind] if not getattr(one, "void", False)]
        found[kind] = sorted(valid, key=newest_key, reverse=True)
    return found


def readable(known, classes):
    """What this person may read of the records of these classes: {class: [record, ...]}."""
    return {cls: known[cls] for cls in classes if may(current_user, "r", cls)}


def older_forms(at, written):
    now_open = [raised_concern(at), *(form for _, form in at.papers)]
    older = []
    for forms_written in written.values():
        older += [form for form in forms_written if form not in now_open]
    return sorted(older, key=lambda form: form.entered_at, reverse=True)


def stage_strip(at):
    """The four stages as a strip: [(code, label, past / here / empty, words below)]."""
    since = {}
    for placement in at.placements:
        if not placement.void:
            since[placement.stage] = placement.stage_since
    strip = []
    for code in workflow.OPEN:
        state = ""
        words = ""
        if code == "E" and at.case and may(current_user, "r", EhcCase):
            words = at.case.answer("state")
        if code in since:
            state = "past"
            words = f"From {short_day(since[code])}"
        if code == at.stage:
            state = "here"
            words = f"Since {short_day(since[code])}"
        strip.append((code, workflow.stage_label(code, at.settings), state, words))
    return strip


def open_lists(pupil):
    mine = ListMembership.select().where(ListMembership.pupil == pupil, ListMembership.is_open())
    found = []
    for row in mine:
        found.append((workflow.list_label(row.list, settings_now()), row.started_on))
    return found


def plans_written(written):
    """The plans of a child that were not declined."""
    plans = [*written.get(MyPlan, ()), *written.get(MyPlanPlus, ())]
    return [plan for plan in plans if plan.status != "declined"]


def journey(plans, written):
    """The stepping stones of the newest plan by its own day, whenever it was typed, of an agreed
    one if there is any: {"plan", "goals", "paths", "hours"}; None without one.
    """

    def order(plan):
        return plan.status == "sealed", plan.happened_on or datetime.date.min, plan.entered_at

    if not plans:
        return None
    plan = max(plans, key=order)
    rated = ratings(written)
    needs = by_id(plan.rows("needs"))
    ways = {}
    for provision in plan.rows("provision"):
        ways.setdefault(provision.outcome_id, []).append(provision)
    paths = []
    for outcome in plan.rows("outcomes"):
        progress = rated.get(outcome.words)
        path = {
            "outcome": outcome,
            "need": needs.get(outcome.need_id),
            "ways": ways.get(outcome.id, []),
            "progress": progress,
            "stones": RATING.index(progress) + 1 if progress else 0,
        }
        paths.append(path)
    goals = plan.rows("aspirations")
    return {"plan": plan, "goals": goals, "paths": paths, "hours": say_week(plan, plans)}


def ratings(written):
    """The newest agreed rating of each outcome: {outcome: rating}."""
    reviews = [*written.get(MyPlanReview, ()), *written.get(MyPlanPlusReview, ())]
    agreed = [review for review in reviews if review.status == "sealed"]
    agreed.sort(key=lambda review: (review.happened_on, review.id))
    fetch_rows(agreed)
    found = {}
    for review in agreed:
        for row in review.rows("ratings"):
            if row.rating in RATING:
                found[row.outcome] = row.rating
    return found


def note_part(at, beside, contacts, written):
    """The box in which a note is written at once, and how often the family was met."""
    part = {"notes": beside.get(Note), "note_form": None, "met": None}
    if may(current_user, "w", Note):
        part["people"] = offers.people_known(account.me(), {Contact: contacts, **beside})
        form_class = forms.form_for(Note, current_user, ("pupil", "done_on"))
        part["note_form"] = form_class(formdata=None, data={"on": today()})
    if workflow.STAGES[at.stage].list == "SEN" and Meeting in beside and Note in beside:
        papers = itertools.chain.from_iterable(written.values())
        part["met"] = family_meetings(beside[Meeting], beside[Note], papers, at.on)
    return part


BESIDE = (
    Note,
    Measure,
    TeamMember,
    WritingTask,
    Agency,
    Strategy,
    Meeting,
    Consent,
    EhcCase,
    EducationalAdvice,
    ConsultationAnswer,
    HeadAgreement,
    Document,
    Letter,
    Disclosure,
)


def folded(beside, shown, courses):
    """What is folded on the page: [(kind, records, courses or None)], without what is `shown` in a
    card of its own.
    """
    found = []
    for kind, records in beside.items():
        rest = [record for record in records if record not in shown]
        if rest:
            found.append((kind, rest, courses.get(kind)))
    return found


def kinds_to_begin(beside, case):
    """The kinds of record that this person may add; what the law asks for has a case."""
    found = []
    for kind in beside:
        waits_for_case = kind is EhcCase or issubclass(kind, StatutoryPaper) and not case
        if not waits_for_case and may(current_user, "w", kind):
            found.append(kind)
    return found


@dataclass(frozen=True)
class PaperRow:
    """One paper of this stage and cycle, as the child's page lists it."""

    name: str
    form: object  # None when it is not begun
    # the address; empty when it is not begun and this person may not begin it
    to: str
    words: str


def papers_of_stage(at):
    found = []
    for paper, form in at.papers:
        if may(current_user, "r", paper.form):
            found.append(paper_row(at.pupil, paper.form, form))
    raised = raised_concern(at)
    if raised and may(current_user, "r", raised):
        found.append(paper_row(at.pupil, type(raised), raised))
    return found


def paper_row(pupil, form_class, form):
    name = form_class.kind_name()
    slug = form_class.slug()
    writes = may(current_user, "w", form_class)
    if form is None:
        begin = ""
        if writes:
            begin = url_for(f"{slug}.new", pupil=pupil.id)
        return PaperRow(name, None, begin, "")
    screen = "edit" if writes and form.status == "draft" else "page"
    to = url_for(f"{slug}.{screen}", key=form.id)
    return PaperRow(name, form, to, state_words(form))


def state_words(form):
    """Why a paper was declined, who sealed it and on which day, or the day it is of."""
    if form.status == "declined":
        return form.declined_why
    if form.sealed_at:
        return f"{form.sealed_by}, {short_day(london(form.sealed_at))}"
    return short_day(form.happened_on)


def day_of(record):
    """The day under which something kept beside the papers is listed, or None."""
    for name in ("dated", "given_on", "asked_on", "on", "since", "requested_on"):
        day = record.__data__.get(name)
        if day:
            return day
    return None


def newest_key(record):
    """What sorts the records of one kind by their day; one without a day comes first."""
    return day_of(record) or datetime.date.max, record.id


def said_case_dates(at):
    """The dates that run in an EHC case: [(words, due, done, who is late or empty)]."""
    rows = []
    for line in at.case_dates:
        late = ""
        if line.is_late(at.on):
            late = "Local authority late"
            if line.owner == clock.SCHOOL:
                late = "Overdue"
        rows.append((line.words, line.due, line.done, late))
    return rows


def case_part(at):
    """The open EHC case, its next steps and its dates."""
    case = at.case
    if case is None or not may(current_user, "r", case):
        return {"case": None, "case_card": None}
    steps = []
    if may(current_user, "w", case):
        steps = workflow.case_steps(case, current_user, at.placement)
    dates = said_case_dates(at)
    card = case if steps or dates else None
    return {"case": case, "case_card": card, "case_moves": steps, "case_dates": dates}


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    kind: str  # what the filter calls it
    on: object
    order: int
    title: str
    by: str = ""
    stamp: object = None
    words: str = ""
    to: str = ""


def timeline(at, written, beside):
    """Everything that happened to a child, newest first: [Event, ...]."""
    found = list(map(move_event, at.placements))
    for papers in written.values():
        found += map(paper_event, papers)
    for kind, records in beside.items():
        for record in records if kind is not Measure else ():
            found += dated_events(record)
    found = [event for event in found if event.on]
    return sorted(found, key=lambda event: (event.on, event.order), reverse=True)


def move_event(placement):
    """A move as it stands on the timeline."""
    title = placement.move
    if placement.void:
        title += " (entered in error)"
    return Event(
        "Moves",
        placement.started_on,
        placement.id,
        title,
        by=placement.decided_by,
        stamp=placement.entered_at,
        words=placement.reason or "",
    )


def paper_event(form):
    """The line of a paper."""
    return Event(
        "Papers",
        form.happened_on or london(form.entered_at).date(),
        form.id,
        f"{form.kind_name()} is {STATUS[form.status].words}",
        by=form.sealed_by or form.entered_by,
        stamp=form.sealed_at or form.entered_at,
        words=form.declined_why or "",
        to=url_for(f"{form.slug()}.page", key=form.id),
    )


def dated_events(record):
    """A line for each date of the past that an EHC case holds, for the first one of others."""
    found = []
    for name, question in record.questions():
        day = record.__data__.get(name)
        if not isinstance(question, DateField) or not day or day > today():
            continue
        title = str(record)
        if isinstance(record, EhcCase):
            title = f"EHC case: {question.verbose_name}"
        to = url_for(f"{record.slug()}.page", key=record.id)
        kind = record.plural()
        found.append(Event(kind, day, record.id, title, words=record.told(), to=to))
    if isinstance(record, EhcCase):
        return found
    return found[:1]
