"""The page of one child, the page of each move, the chart's questions, the steps of an EHC case,
and the two lists.

Come here to change what the page of a child shows, and in which order. What may happen is decided
in workflow.py alone.
"""

import secrets
from dataclasses import dataclass

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from peewee import DateField

import workflow
from admin_views import drafts, forms, merge
from admin_views.base import PupilRecordView, ReadView, RecordView, scoped, typing_problems
from admin_views.home import say_due, settings_now
from admin_views.paper import acts
from models import (
    RATING,
    Agency,
    AgencyInformation,
    Consent,
    Disclosure,
    Document,
    EhcCase,
    Erasure,
    Letter,
    ListMembership,
    Meeting,
    MyPlan,
    MyPlanPlus,
    Placement,
    Pupil,
    Setting,
    Strategy,
    may,
)
from papers import pdf
from pathway import clock
from privacy import keeping
from records.questions import Clash, Record, document, read_day, say_day, short_day, today, together


class PupilView(RecordView):
    """Pupils: the generated list and form, and a page that tells the whole story."""

    page_template = "pupil.html"

    def row_actions(self, record):
        """The moves of the pupil's stage, from the list."""
        found = super().row_actions(record)
        stage = Placement.stage_of(record)
        moves = [m for m in workflow.MOVES if stage in m.from_ and current_user.role in m.by]
        return found + [(m.name, url_for(".move", key=record.id, slug=m.slug)) for m in moves]

    @expose("/<int:key>/")
    def page(self, key):
        """The child's page."""
        pupil = self.find(key)
        if pupil.erased_on:
            return self.render(
                "keeping_erased.html",
                pupil=pupil,
                erasure=keeping.erasure_of(pupil),
                backups=keeping.gone_from_backups(pupil.erased_on, settings_now()),
            )
        at = workflow.Situation(pupil, current_user)
        moves = workflow.moves_for(pupil, current_user)
        main = next_step(at, moves)
        case = at.case if may(current_user, "r", EhcCase) else None
        forms, beside = forms_of(pupil), kept(pupil)
        return self.render(
            self.page_template,
            pupil=pupil,
            at=at,
            main=main,
            moves=[(m, s) for m, s in moves if m.name != main.words],
            papers=[(p, f) for p, f in at.papers if may(current_user, "r", p.form)],
            older=older_forms(at, forms),
            journey=journey(forms),
            timeline=timeline(pupil, forms, beside),
            lists=open_lists(pupil),
            advice=workflow.advice(at),
            content=document(pupil, current_user.role),
            kept=beside,
            agencies=agencies(forms),
            stages=stage_strip(pupil, at),
            may_write=self.may_write(),
            may_keep=may(current_user, "r", Erasure),
            stop_link=stop_link,
            case=case,
            case_moves=case_moves(at),
            case_dates=clock.case_dates(case) if case else [],
        )

    @expose("/look-up/", methods=("POST",))
    def look_up(self):
        """Names that fit what is being typed; never more than 20, never a pupil one may not see."""
        typed = (forms.clean(request.form.get("words")) or "")[:60]
        return {
            "names": (
                [str(p) for p in forms.find_pupils(current_user, typed)[:20]]
                if len(typed) > 1
                else []
            )
        }

    @expose("/<int:key>/move/<slug>/", methods=("GET", "POST"))
    def move(self, key, slug):
        """Say what a move will do, ask what it asks, and do it once."""
        pupil = self.find(key)
        row = next((m for m in (*workflow.MOVES, workflow.UNDO) if m.slug == slug), None) or abort(
            404
        )
        if current_user.role not in row.by:
            abort(403)
        at = workflow.Situation(pupil, current_user)
        draft = drafts.of(current_user, request.full_path) if request.method != "POST" else None
        form, problems = move_form(row, pupil, draft), []
        if request.method == "POST":
            problems = self.press(row, pupil, form)
            if not problems:
                return redirect(url_for(".page", key=key))
            drafts.keep(current_user, request.full_path, request.form.items(multi=True))
        stopped = (
            workflow.stops(row, at)
            if at.stage in row.from_
            else [workflow.g.Stop(f"Not possible from: {workflow.stage_label(at.stage)}.")]
        )
        return self.render(
            "move.html",
            pupil=pupil,
            move=row,
            form=form,
            stops=[] if problems else stopped,
            stop_link=stop_link,
            at=at,
            problems=problems,
            draft=draft,
            will=will_do(row, at),
            token=request.form.get("token") or secrets.token_urlsafe(16),
            seen=at.placement.id if at.placement else 0,
        ), (422 if problems else 200)

    def press(self, row, pupil, form):
        """Make the move through the one door; returns the problems."""
        problems = typing_problems(form)
        if problems:
            return problems
        answers = {n: forms.answer_of(form[n]) for n in row.asks}
        try:
            workflow.make(
                row,
                pupil,
                current_user,
                answers,
                seen=request.form.get("seen", -1, type=int),
                token=forms.clean(request.form.get("token")),
            )
        except workflow.Invalid as invalid:
            return invalid.faults
        except (workflow.Refused, Clash) as refused:
            return [("", str(refused))]
        drafts.saved(request.form.get("press"), url_for(".page", key=pupil.id))
        flash(f"{row.name}: done for {pupil.called} {pupil.surname}.", "done")
        return []

    @expose("/<int:key>/review/", methods=("GET", "POST"))
    def chart(self, key):
        """The chart's questions of this cycle's review, one after another; then what the answers
        lead to.
        """
        pupil = self.find(key)
        at = workflow.Situation(pupil, current_user)
        review = at.review or abort(404)
        if not may(current_user, "w", review):
            abort(403)
        problem = ""
        if request.method == "POST":
            problem = merge.sealed_words(review) if review.locked else self.answer_chart(review)
            if not problem:
                return redirect(url_for(".chart", key=key))
            drafts.keep(current_user, request.full_path, request.form.items(multi=True))
        asked = request.form.get("ask") or request.args.get("ask") or workflow.next_question(review)
        asked = (
            asked
            if asked in {q.name for q in workflow.chart_of(review)}
            and (problem or not review.locked)
            else None
        )
        draft = drafts.of(current_user, request.full_path) if request.method != "POST" else None
        draft = draft if draft and drafts.items_of(draft).get("ask") == asked else None
        row = workflow.chart_row(review)
        offers = [m for m in workflow.MOVES if row and row.name in m.rows and at.stage in m.from_]
        return self.render(
            "question.html",
            pupil=pupil,
            review=review,
            asked=asked,
            row=row,
            offers=offers,
            advice=workflow.advice(at),
            said=chart_so_far(review),
            acts=acts(review),
            lacks=[] if asked or review.locked else workflow.lacks(review, current_user),
            problems=[("", problem)] if problem else [],
            draft=draft,
            seen=seen_answer(review, asked),
            typed=drafts.items_of(draft) if draft else request.form,
        ), (422 if problem else 200)

    def answer_chart(self, review):
        """Keep one answer; later answers that no longer apply are emptied. Returns what is wrong,
        or nothing.
        """
        name, answer = request.form.get("ask"), request.form.get("answer")
        if name not in {q.name for q in workflow.chart_of(review)} or answer not in ("Yes", "No"):
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
        said = {q.name: getattr(review, q.name) for q in workflow.chart_of(review)}
        for q in workflow.chart_of(review):
            if not workflow.applies(q, said):
                said[q.name] = None
                setattr(review, q.name, None)
                setattr(review, f"{q.name}_why", None)
        try:
            with together():
                review.save()
                workflow.settle(review, current_user)
                drafts.saved(request.form.get("press"), url_for(".chart", key=review.pupil_id))
        except Clash as clash:
            return str(clash)
        return ""

    @expose("/<int:key>/record.pdf")
    def whole(self, key):
        """Everything about the child that this person may see, on paper."""
        return pdf.whole_record(self.find(key), current_user)

    @expose("/<int:key>/family-pack.pdf")
    def pack(self, key):
        """The five forms of Stage 3 for the family, on paper."""
        return pdf.family_pack(self.find(key), current_user)

    @expose("/<int:key>/profile.pdf")
    def profile(self, key):
        """The one-page profile, on paper."""
        return pdf.profile(self.find(key), current_user)


class CaseView(PupilRecordView):
    """EHC cases: the generated screens, and the steps of `workflow.CASE_MOVES`."""

    @expose("/<int:key>/step/", methods=("POST",))
    def step(self, key):
        """Make one step of the case."""
        if not self.may_write():
            abort(403)
        case = self.find(key)
        if not self.may_write():
            abort(403)
        step = next((m for m in workflow.CASE_MOVES if m.name == request.form.get("step")), None)
        try:
            if step is None:  # Enter in the box of the date
                raise ValueError("Press the button of the step.")
            on = read_day(request.form.get("on", "")) or today()
            workflow.make_case_move(
                step, case, current_user, on, request.form.get("seen", 0, type=int)
            )
        except (workflow.Invalid, workflow.Refused, Clash, ValueError) as fault:
            flash(str(fault), "problem")
        else:
            flash(f"EHC case: {step.name}.", "done")
        return redirect(url_for("pupil.page", key=case.pupil_id) + "#case")


class ListView(ReadView):
    """The Concerns List and the SEN List: who is on it now, how long, and when the next
    review is.
    """

    def __init__(self, code):
        self.code = code
        super().__init__(Placement, endpoint=f"{code.lower()}-list")
        self._list_columns = list(LIST_HEADS.items())

    def _get_default_order(self):
        return [(Pupil.surname, False), (Pupil.forename, False)]

    def plural(self):
        """The school's name of the list."""
        return workflow.list_label(self.code)

    def get_query(self):
        """The open placements on the stages of this list."""
        codes = [c for c, s in workflow.STAGES.items() if s.list == self.code]
        return scoped(Placement, current_user).where(
            Placement.ended_on.is_null(), ~Placement.void, Placement.stage.in_(codes)
        )

    def cell(self, record, name):
        """The computed columns: stage in the school's words, code, weeks, next review."""
        made = {
            "stage": lambda: workflow.stage_label(record.stage, settings_now()),
            "code": lambda: workflow.STAGES[record.stage].local or "-",
            "weeks": lambda: f"{(today() - record.stage_since).days // 7} weeks",
            "review": lambda: say_review(record),
        }
        return made[name]() if name in made else super().cell(record, name)

    def link(self, record):
        """A row leads to the child."""
        return url_for("pupil.page", key=record.pupil_id)

    def row_actions(self, record):
        """Open the child, or one of the moves of this stage."""
        moves = [m for m in workflow.MOVES if record.stage in m.from_ and current_user.role in m.by]
        return [
            ("Open the pupil", self.link(record)),
            *((m.name, url_for("pupil.move", key=record.pupil_id, slug=m.slug)) for m in moves),
        ]


LIST_HEADS = {
    "pupil": "Pupil",
    "stage": "Stage",
    "code": "Code",
    "stage_since": "On this stage since",
    "weeks": "For",
    "cycle": "Cycle",
    "review": "Next review",
}


def say_review(placement):
    """The next review in words, with how far off it is."""
    when = workflow.clock_of(placement, today(), settings_now())
    return f"{short_day(when.closes)}, {say_due(when.closes, today())}" if when else ""


# --- the parts of the page
@dataclass(frozen=True)
class Step:
    """The one main button of a child's page."""

    words: str
    does: str
    to: str  # the address


def next_step(at, moves):
    """The next lawful step: a paper to write or agree, the chart's questions, or the move that the
    review leads to.
    """
    ready = next((m for m, stops in moves if m.rows and not stops), None)
    if ready:
        return Step(ready.name, ready.does, url_for("pupil.move", key=at.pupil.id, slug=ready.slug))
    found = next(
        (
            (p, f)
            for p, f in sorted(
                at.papers,
                key=lambda pf: (
                    ("plan", "side", "review").index(pf[0].kind)
                    if at.stage != "S3"
                    else ("side", "plan", "review").index(pf[0].kind)
                ),
            )
            if not (f and f.status in DONE[p.kind])
        ),
        None,
    )
    if found and may(current_user, "r", found[0].form):
        return paper_step(at, *found)
    if at.stage == "OFF":
        return transfer_step(at)
    first = next(
        (m for m, stops in moves if not stops and m.to in workflow.OPEN and not m.rows), None
    )
    if first and at.stage in workflow.AWAY:
        return Step(first.name, first.does, url_for("pupil.move", key=at.pupil.id, slug=first.slug))
    if (
        at.stage in workflow.AWAY
        and may(current_user, "w", workflow.PAPERS[0].form)
        and not workflow.g.on_roll(at)
    ):
        return raise_concern(at.pupil, workflow.PAPERS[0].form)
    return Step("", "Nothing needs doing now.", "")


def transfer_step(at):
    """For a leaver: the record goes to the next school within 15 school days (Education (Pupil
    Information) Regulations 2005).
    """
    due, begun = next(
        ((due, begun) for p, due, begun in keeping.to_send(at.settings) if p.id == at.pupil.id),
        (None, None),
    )
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
    """For a teacher or the office: write the worry down; the SENCO sees it on the home page and
    places the child.
    """
    return Step(
        f"Write a {form_class.kind_name()}",
        "The SENCO sees it on the home page and decides whether to place the child on the list.",
        url_for(f"{form_class.slug()}.new", pupil=pupil.id),
    )


DONE = {"plan": ("sealed",), "review": ("sealed",), "side": ("complete", "sealed", "declined")}


def paper_step(at, paper_row, form):
    """The main button for a paper: start it, go on with it, or agree it."""
    name = paper_row.form.kind_name()
    if not may(current_user, "w", paper_row.form):
        return Step("", f"Next: {name}.", "")
    if form is None:
        return Step(
            f"Start {name}",
            sentence(paper_row.form.intro()),
            url_for(f"{paper_row.form.slug()}.new", pupil=at.pupil.id),
        )
    if form.status == "complete":
        return Step(
            f"Look at {name}",
            "It is complete and waits for the SENCO to agree.",
            url_for(f"{form.slug()}.page", key=form.id),
        )
    return Step(f"Go on with {name}", "It is a draft.", url_for(f"{form.slug()}.edit", key=form.id))


def sentence(words):
    """The words with a capital at the start and a full stop at the end."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def stop_link(stop, pupil):
    """Where to put right what stops a move: (words, address), or None."""
    to = stop.to
    if isinstance(to, type) and issubclass(to, Record) and may(current_user, "w", to):
        return f"Start {to.kind_name()}", url_for(f"{to.slug()}.new", pupil=pupil.id)
    if isinstance(to, Record) and may(current_user, "r", to):
        return f"Open {to.kind_name()}", url_for(f"{to.slug()}.page", key=to.id)
    return None


def move_form(row, pupil, draft=None):
    """The form of what a move asks, with what is known filled in, or what was typed and not
    saved.
    """
    lines = {n: forms.control(workflow.ASKS[n], current_user) for n in row.asks}
    paper_of_stage = next(
        (p.form for p in workflow.PAPERS if p.stage == row.to and p.kind == "plan"), None
    )
    written = workflow.unfinished(paper_of_stage, pupil, current_user) if paper_of_stage else None
    known = {
        "on": today(),
        "sen_type": pupil.primary_type(),
        "authority": Setting.of_school().local_authority,
        **{
            n: getattr(written, n)
            for n in row.asks
            if n != "on" and written and n in dict(written.questions())
        },
    }
    more = {"formdata": drafts.items_of(draft)} if draft else {}
    return type("MoveForm", (forms.FlaskForm,), lines)(
        data={n: known.get(n) for n in row.asks}, **more
    )


def will_do(row, at):
    """What a move will do, as sentences, before it does it."""
    said = [row.does]
    if row.to and row.to != at.stage:
        stage = workflow.STAGES[row.to]
        said.append(
            f"Stage: {workflow.stage_label(at.stage)} → {workflow.stage_label(row.to)}."
            + (
                f" Code {stage.local}, census code {stage.census}."
                if stage.local
                else " No code; census code N."
            )
        )
    if row.to in workflow.OPEN:
        when = workflow.clock_of(Placement(stage=row.to, started_on=today()), at.on, at.settings)
        said.append(f"Made today, the next review is due {when.say()}.")
    if row.letter:
        said.append(
            "A letter to the family is written, for you to check and send: "
            f"“{Setting._meta.fields[row.letter].verbose_name}”."
        )
    if row.to:
        said.append(
            f"It can be taken back with “Entered in error” for {at.settings.undo_days:.0f} days,"
            " while nothing has been agreed since."
        )
    return said


def seen_answer(review, name):
    """A short code of the answer to one question of the chart, to know whether somebody else
    answers it meanwhile.
    """
    return (
        merge.hash_of("".join((review.answer(name), review.answer(f"{name}_why"))))
        if name in review._meta.fields
        else ""
    )


def chart_so_far(review):
    """The chart's questions that are answered: [(name, question, answer, why)]."""
    return [
        (
            q.name,
            review._meta.fields[q.name].verbose_name,
            getattr(review, q.name),
            getattr(review, f"{q.name}_why"),
        )
        for q in workflow.chart_of(review)
        if getattr(review, q.name)
    ]


def forms_of(pupil):
    """Every paper of a child that this person may read, oldest first: {class: [form, ...]}."""
    return {
        c: list(c.select().where(c.pupil == pupil).order_by(c.id))
        for c in workflow.every_form()
        if may(current_user, "r", c)
    }


def older_forms(at, forms):
    """The papers of earlier cycles and stages, newest first."""
    now_open = {(type(f), f.id) for _, f in at.papers if f}
    older = [f for found in forms.values() for f in found if (type(f), f.id) not in now_open]
    return sorted(older, key=lambda f: f.entered_at, reverse=True)


def stage_strip(pupil, at):
    """The four stages as a strip: [(code, label, past / here / empty, since)]."""
    spans = {}
    for p in (
        Placement.select().where(Placement.pupil == pupil, ~Placement.void).order_by(Placement.id)
    ):
        spans.setdefault(p.stage, []).append(p)
    return [
        (
            c,
            workflow.stage_label(c, at.settings),
            "here" if c == at.stage else "past" if c in spans else "",
            spans[c][-1].stage_since if c in spans else None,
        )
        for c in workflow.OPEN
    ]


def open_lists(pupil):
    """The lists the child stands on now, with the date: [(name, since)]."""
    rows = ListMembership.select().where(
        ListMembership.pupil == pupil, ListMembership.ended_on.is_null(), ~ListMembership.void
    )
    return [(workflow.list_label(r.list), r.started_on) for r in rows]


def journey(forms):
    """The four stepping stones of the newest plan: {"plan", "goals", "paths"}; None when there is
    no plan to see.
    """
    plans = [p for c in (MyPlan, MyPlanPlus) for p in forms.get(c, ()) if p.status != "declined"]
    if not plans:
        return None
    plan = max(plans, key=lambda p: (p.status == "sealed", p.entered_at, p.id))
    rated = ratings(forms)
    paths = [
        {
            "outcome": o,
            "need": o.need if o.need_id else None,
            "ways": list(o.provided),
            "progress": rated.get(o.words),
            "stones": RATING.index(rated[o.words]) + 1 if o.words in rated else 0,
        }
        for o in plan.outcomes
    ]
    return {"plan": plan, "goals": list(plan.aspirations), "paths": paths}


def ratings(forms):
    """The newest rating of each outcome, by its words."""
    reviews = [
        review for c, found in forms.items() if "appropriate" in c._meta.fields for review in found
    ]
    return {r.outcome: r.rating for review in reviews for r in review.ratings if r.rating in RATING}


def agencies(forms):
    """The agencies of the newest Outside Agency form that this person may see."""
    found = forms.get(AgencyInformation)
    return list(found[-1].agencies.order_by(Agency.id)) if found else []


def kept(pupil):
    """What is kept beside the forms, by kind, for the kinds this person may read: [(class, [record,
    ...])].
    """
    kinds = [
        c
        for c in (Strategy, Meeting, Consent, EhcCase, Document, Letter, Disclosure)
        if may(current_user, "r", c)
    ]
    return [
        (
            c,
            [
                r
                for r in c.select().where(c.pupil == pupil).order_by(c.id.desc())
                if not getattr(r, "void", False)
            ],
        )
        for c in kinds
    ]


def case_moves(at):
    """The steps of the open EHC case that this person may make now."""
    return (
        workflow.case_steps(at.case, current_user)
        if at.case and may(current_user, "w", at.case)
        else []
    )


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    on: object
    order: int
    title: str
    by: str
    stamp: object
    words: str
    to: str


def timeline(pupil, forms, beside):
    """Everything that happened to a child, newest first: moves, papers, meetings, consents,
    letters, documents, the EHC case.
    """
    found = [
        Event(
            p.started_on,
            p.id,
            f"{p.move}{' (entered in error)' if p.void else ''}",
            p.decided_by,
            p.entered_at,
            p.reason or "",
            "",
        )
        for p in Placement.select().where(Placement.pupil == pupil)
    ]
    found += [form_event(f) for written in forms.values() for f in written]
    for record_class, records in beside:
        found += [e for r in records for e in dated_events(record_class, r)]
    return sorted((e for e in found if e.on), key=lambda e: (e.on, e.order), reverse=True)


def form_event(form):
    """The line of a paper."""
    words = {
        "draft": "is a draft",
        "complete": "is complete",
        "sealed": "is agreed and sealed",
        "declined": "is declined",
    }[form.status]
    return Event(
        form.happened_on or form.entered_at.date(),
        form.id,
        f"{form.kind_name()} {words}",
        form.sealed_by or form.entered_by,
        form.sealed_at or form.entered_at,
        form.declined_why or "",
        url_for(f"{form.slug()}.page", key=form.id),
    )


def dated_events(record_class, record):
    """One line for each date of the past that a record holds."""
    one = record_class is not EhcCase
    asked = [
        (n, f)
        for n, f in record.questions()
        if isinstance(f, DateField) and getattr(record, n) and getattr(record, n) <= today()
    ]
    return [
        Event(
            getattr(record, n),
            record.id,
            str(record) if one else f"EHC case: {f.verbose_name}",
            "",
            None,
            "" if one else "",
            url_for(f"{record.slug()}.page", key=record.id),
        )
        for n, f in (asked[:1] if one else asked)
    ]
