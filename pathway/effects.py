"""What a move makes besides the new placement: lists, letters, copied plans, strategies, the EHC
case.

Each effect is one function, named in a row of `workflow.MOVES`. It changes records only through
`MoveJournal`, which remembers what it made and what it changed, so that "Entered in error" can take
everything back.
"""

import json
import re

import models
from audit import log as audit_log
from models import (
    EhcCase,
    Letter,
    ListMembership,
    MyPlan,
    MyPlanPlus,
    Placement,
    SenNeed,
    Setting,
    Strategy,
)
from records.dates import say_day


class MoveJournal:
    """What one move made and changed, in order, as text that the placement keeps."""

    def __init__(self, text="{}"):
        kept = json.loads(text)
        self.steps, self.case, self.said = (
            kept.get("steps", []),
            kept.get("case"),
            kept.get("said", {}),
        )

    def text(self):
        """The list as JSON; the EHC case with the look that the move left it with."""
        case = [self.case[0], EhcCase.get_by_id(self.case[0]).content_hash()] if self.case else None
        return json.dumps(
            {"steps": self.steps, "said": self.said, **({"case": case} if case else {})}
        )

    def make(self, record):
        """Save a new record and remember it."""
        record.save()
        return self.made(record)

    def made(self, record):
        """Remember a new record that is saved already, and how it looked."""
        self.steps.append(["made", type(record).__name__, record.id, record.content_hash()])
        self._note_case(record)
        return record

    def change(self, record, **values):
        """Change a record and remember what it said before."""
        before = {n: [str_of(record, n), None] for n in values}
        for name, value in values.items():
            setattr(record, name, value)
            before[name][1] = str_of(record, name)
        record.save()
        self.steps.append(["changed", type(record).__name__, record.id, before])
        self._note_case(record)

    def _note_case(self, record):
        if isinstance(record, EhcCase):
            self.case = [record.id]

    def undo(self, placement, reason):
        """Take every step back, newest first. What people have written since stays, and so does
        what is another child's.
        """
        for step, kind, key, values in reversed(self.steps):
            record = getattr(models, kind).get_or_none(id=key)
            if record is None or record.pupil_key() != placement.pupil_id:
                continue
            if step == "changed":
                _restore(record, values, reason)
            elif audit_log.made_with(record) == audit_log.made_with(placement):
                _unmake(record, values, reason)


def str_of(record, name):
    """A kept value as text for JSON; None stays None."""
    value = record.__data__.get(name)
    return value if value is None else str(value)


def _unmake(record, look, reason):
    if hasattr(type(record), "void"):
        record.void = True
        record.save(reason=reason, act="entered in error")
    elif record.content_hash() == look and not (isinstance(record, models.Form) and record.locked):
        # a row goes before the one it links to
        for group in reversed(type(record).groups()):
            for row in list(
                getattr(record, group).order_by(type(record).groups()[group].id.desc())
            ):
                row.remove(reason)
        record.remove(reason)


def _restore(record, values, reason):
    for name, (before, after) in values.items():
        if str_of(record, name) == after:
            field = record._meta.fields[name]
            setattr(record, name, before if before is None else field.python_value(before))
    record.save(reason=reason, act="entered in error")


# --- lists and papers
def sync_lists(pupil, stage, placement, when, journal):
    """Close the list row that no longer fits the stage and open the one that does (invariants 1, 2
    and 4).
    """
    open_rows = ListMembership.select().where(
        ListMembership.pupil == pupil, ListMembership.ended_on.is_null(), ~ListMembership.void
    )
    standing = None
    for row in open_rows:
        if row.list == stage.list:
            standing = row
        else:
            journal.change(row, ended_on=when)
    if stage.list and standing is None:
        journal.make(
            ListMembership(pupil=pupil, list=stage.list, started_on=when, placement=placement)
        )


def seal_papers(ctx, forms):
    """Seal every complete paper of the placement that ends; drafts stay drafts."""
    for form_class in forms:
        for form in form_class.select().where(
            form_class.placement == ctx.placement, form_class.status == "complete"
        ):
            form.seal(ctx.user.name)


def attach_papers(pupil, placement, forms, journal):
    """A paper begun before the child was placed, or on a placement entered in error, belongs to the
    stage that asks for it.
    """
    errors = Placement.select(Placement.id).where(Placement.pupil == pupil, Placement.void)
    for form_class in forms:
        for form in form_class.select().where(
            form_class.pupil == pupil,
            form_class.status.in_(("draft", "complete")),
            form_class.placement.is_null() | form_class.placement.in_(errors),
        ):
            journal.change(form, placement=placement)


def rating_rows(review, plan):
    """One row to rate for each strategy or outcome of the plan that a review looks at: {"ratings":
    [...]}.
    """
    if plan is None:
        return {}
    rated = (
        [("strategy", r.strategy) for r in plan.added]
        if hasattr(plan, "added")
        else [("outcome", o.words) for o in plan.outcomes]
    )
    return {"ratings": [{name: words} for name, words in rated]}


def copy_form(form, form_class, placement, who, supersedes=None, without=(), afresh=()):
    """A draft copy of a form with its rows and their links, saved.

    Rows whose words stand in `without` are left out; the questions named in `afresh` are left
    empty.
    """
    shared = {n for n, _ in form_class.questions()} & {n for n, _ in form.questions()} - {*afresh}
    fresh = form_class(
        placement=placement,
        cycle=placement.cycle if placement else form.cycle,
        entered_by=who,
        supersedes=supersedes,
        **{n: form.__data__.get(n) for n in shared},
    )
    fresh.save()
    twins = {}
    for group, row_class in type(form).groups().items():
        if group in form_class.groups():
            copy_rows(form, fresh, group, twins, without)
    return fresh


def copy_rows(form, fresh, group, twins, without):
    """Copy one group of rows; `twins` maps each old row to its copy, so that links can follow."""
    old_class, new_class = type(form).groups()[group], type(fresh).groups()[group]
    for row in getattr(form, group).order_by(old_class.id):
        links = {
            n: getattr(row, n)
            for n, f in row.questions()
            if hasattr(f, "rel_model") and getattr(row, n)
        }
        if str(row) in without or any((type(to), to.id) not in twins for to in links.values()):
            continue
        words = {n: row.__data__.get(n) for n, _ in row.questions() if n not in links}
        copy = new_class(
            **words,
            **{n: twins[type(to), to.id] for n, to in links.items()},
            **{new_class.parent_field().name: fresh},
        )
        copy.save()
        twins[type(row), row.id] = copy


# --- named in MOVES
PLANS = {"S2": MyPlan, "S3": MyPlanPlus, "E": MyPlanPlus}
AGREED_AFRESH = (
    "happened_on",
    "seen_by_parent",
    *MyPlan.names_under("agreed"),
    "discussed",
    "discussed_why",
    "team_met_on",
    "team",
    "consent_gained",
)


def carry_plan(ctx, fresh, journal):
    """A draft of the next plan with the outcomes that are not finished, copied from the last agreed
    plan.
    """
    old = ctx.paper("plan")[1]
    if not isinstance(old, MyPlan) or old.status == "declined":
        return
    done = (
        {r.outcome for r in ctx.review.ratings if r.rating == "Achieved" or r.then == "Close"}
        if ctx.review
        else set()
    )
    done |= {
        n.words
        for n in old.needs
        if n.outcomes.count() and all(o.words in done for o in n.outcomes)
    }
    draft = copy_form(
        old, PLANS[fresh.stage], fresh, ctx.user.name, without=done, afresh=AGREED_AFRESH
    )
    journal.made(draft)


def keep_strategies(ctx, fresh, journal):
    """What helped goes on in class: strategies rated +1 or +2 become everyday strategies (T04)."""
    for rating in ctx.review.ratings:
        if rating.effect in ("1", "2"):
            journal.make(
                Strategy(
                    pupil=ctx.pupil,
                    strategy=rating.strategy,
                    since=fresh.started_on,
                    from_form=str(ctx.review),
                )
            )


def set_type(ctx, fresh, journal):
    """Write the main SEN type; another open main type ends that day. NSA ends when an EHCP
    begins.
    """
    code, when = ctx.answers["sen_type"], ctx.answers["on"]
    if fresh.stage == "E":
        for need in ctx.pupil.sen_needs.where(SenNeed.until.is_null(), SenNeed.code == "NSA"):
            journal.change(need, until=when)
    open_now = list(ctx.pupil.sen_needs.where(SenNeed.until.is_null()))
    if next((n.code for n in open_now if n.rank == 1), None) == code:
        return
    for need in open_now:
        if need.rank == 1 or need.code == code:
            journal.change(need, until=when)
    journal.make(SenNeed(pupil=ctx.pupil, code=code, rank=1, since=when))


def end_type(ctx, fresh, journal):
    """Support ends, so the SEN types end that day."""
    for need in ctx.pupil.sen_needs.where(SenNeed.until.is_null()):
        journal.change(need, until=ctx.answers["on"])


def open_case(ctx, fresh, journal):
    """Open an EHC case beside the stage (T23, T24)."""
    asked = ctx.answers.get("requester")
    journal.make(
        EhcCase(
            pupil=ctx.pupil,
            state="requested" if asked and asked != "School" else "preparing",
            requester=asked or "School",
            requested_on=ctx.answers["on"],
            parents_view=ctx.answers.get("parents_view"),
            authority=ctx.answers.get("authority") or ctx.settings.local_authority,
        )
    )


def issue_plan(ctx, fresh, journal):
    """The final plan: the open case becomes final, or one is written down for a plan that came with
    the child (T25).

    The first annual review is due twelve months after the plan was made (Children and Families Act
    2014, s.44).
    """
    # saved, and taken back, with the placement itself
    fresh.clock_from = ctx.answers["plan_on"]
    said = {
        "state": "final",
        "final_on": ctx.answers["plan_on"],
        "authority": ctx.answers["authority"],
    }
    if ctx.case:
        journal.change(ctx.case, **said)
    else:
        journal.make(EhcCase(pupil=ctx.pupil, requester="Somebody else", **said))


def cease_case(ctx, fresh, journal):
    """The local authority ends the plan (T27)."""
    if ctx.case:
        journal.change(ctx.case, state="ceased", closed_on=ctx.answers["letter_on"])


def run_from_decision(ctx, fresh, journal):
    """The next annual review is due twelve months from the decision, when there is one (T26)."""
    if ctx.answers.get("decided"):
        journal.change(fresh, clock_from=ctx.answers["decided"])
        if ctx.case:
            journal.change(ctx.case, review_decided_on=ctx.answers["decided"])


def leave(ctx, fresh, journal):
    """Write the leaving date on the pupil (T28)."""
    journal.change(ctx.pupil, left_on=ctx.answers["on"], destination=ctx.answers.get("destination"))


def come_back(ctx, fresh, journal):
    """On roll again from that date (T29)."""
    journal.change(ctx.pupil, left_on=None, destination=None, admitted_on=ctx.answers["on"])


EFFECTS = {
    f.__name__: f
    for f in (
        carry_plan,
        keep_strategies,
        set_type,
        end_type,
        open_case,
        issue_plan,
        cease_case,
        run_from_decision,
        leave,
        come_back,
    )
}


# --- letters
def fill_in(words, wording):
    """The wording with each {word} in curly brackets filled in; one that is not known stays as it
    was written.
    """
    return re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), wording or "")


def letter(move, ctx, fresh, journal, clock, stage):
    """Write the letter of a move from the wording in the Settings."""
    settings, pupil = ctx.settings, ctx.pupil
    words = dict(
        pupil=f"{pupil.called} {pupil.surname}",
        forename=pupil.called,
        date=say_day(ctx.answers["on"]),
        stage=stage,
        review=say_day(clock.closes) if clock else "",
        senco=settings.senco_name,
        school=settings.school_name,
        concerns_list=settings.concerns_list,
        sen_list=settings.sen_list,
    )
    carers = [
        c.name
        for c in pupil.contacts
        if c.responsibility == "Yes" and c.may_contact != "No" and c.name
    ]
    subject = Setting._meta.fields[move.letter].verbose_name
    journal.make(
        Letter(
            pupil=pupil,
            placement=fresh,
            subject=f"{subject}: {pupil.called} {pupil.surname}",
            dated=ctx.answers["on"],
            to_whom="\n".join(carers) or "The parents or carers",
            body=fill_in(words, getattr(settings, move.letter)),
        )
    )
