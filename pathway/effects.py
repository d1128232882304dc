"""What a move makes besides the new placement: lists, copied plans, the EHC case.

Each effect is one function, named in a row of `workflow.MOVES`. It changes records only through
`MoveJournal`, so that "Entered in error" can take everything back.
"""

import json

from peewee import ForeignKeyField

import models
from audit import log as audit_log
from models import (
    ARRIVED,
    CaseDecision,
    EhcCase,
    HeadAgreement,
    ListMembership,
    MyPlan,
    MyPlanPlus,
    Placement,
    Provision,
    RecordOfConcern,
    SenNeed,
    Strategy,
    StrategyUsed,
)


class MoveJournal:
    """What one move made and changed, in order, as text that the placement keeps."""

    def __init__(self, text="{}"):
        kept = json.loads(text)
        self.steps = kept.get("steps", [])
        self.said = kept.get("said", {})
        self.case = None  # the EHC case that the move made or changed

    def text(self):
        """As JSON; the EHC case with the content that the move left it with."""
        kept = {"steps": self.steps, "said": self.said}
        if self.case:
            case = EhcCase.get_by_id(self.case.id)
            kept["case"] = [case.id, case.content_hash()]
        return json.dumps(kept)

    def make(self, record):
        record.save()
        return self.made(record)

    def made(self, record):
        self._add("made", record, record.content_hash())
        return record

    def change(self, record, **values):
        changes = {name: [str_of(record, name)] for name in values}
        for name, value in values.items():
            setattr(record, name, value)
        for name, pair in changes.items():
            pair.append(str_of(record, name))
        record.save()
        self._add("changed", record, changes)

    def _add(self, step, record, content):
        self.steps.append([step, type(record).__name__, record.id, content])
        case = getattr(record, "case", record)
        if isinstance(case, EhcCase):
            self.case = case

    def undo(self, placement, reason):
        """Take every step back, newest first; what people have written since stays."""
        for step, kind, key, content in reversed(self.steps):
            record = getattr(models, kind).get_or_none(id=key)
            if record is None or record.pupil_key() != placement.pupil_id:
                continue
            if step == "changed":
                _restore(record, content, reason)
            elif audit_log.made_with(record) == audit_log.made_with(placement):
                _unmake(record, content, reason)


def str_of(record, name):
    value = record.__data__.get(name)
    return None if value is None else str(value)


def _unmake(record, content_hash, reason):
    if hasattr(type(record), "void"):
        record.void = True
        record.save(reason=reason, act="entered in error")
        return
    if record.locked or record.content_hash() != content_hash:
        return
    # a row goes before the one it links to
    for group in reversed(record.groups()):
        for row in reversed(record.rows(group)):
            row.remove(reason)
    record.remove(reason)


def _restore(record, values, reason):
    for name, (before, after) in values.items():
        if str_of(record, name) == after:
            field = record._meta.fields[name]
            setattr(record, name, field.python_value(before))
    record.save(reason=reason, act="entered in error")


# --- lists and papers
def sync_lists(pupil, stage, placement, when, journal):
    """Close the list row that no longer fits the stage, open the one that does (invariant 1)."""
    listed = False
    table = ListMembership
    for row in table.select().where(table.pupil == pupil, table.is_open()):
        if row.list == stage.list:
            listed = True
        else:
            journal.change(row, ended_on=when)
    if stage.list and not listed:
        journal.make(table(pupil=pupil, list=stage.list, started_on=when, placement=placement))


def attach_papers(pupil, placement, forms, journal):
    """Papers of no stage yet, or of a move in error, come to the stage that asks for them."""
    errors = Placement.select(Placement.id).where(Placement.pupil == pupil, Placement.void)
    for cls in forms:
        loose = cls.select().where(
            cls.pupil == pupil,
            cls.status.in_(("draft", "complete")),
            cls.placement.is_null() | cls.placement.in_(errors),
        )
        for form in loose:
            journal.change(form, placement=placement)


def copy_form(form, form_class, placement, who, supersedes=None, without=(), afresh=()):
    """A saved draft copy, less the rows whose words are in `without` and answers in `afresh`."""
    fresh = form_class(
        placement=placement,
        cycle=placement.cycle if placement else form.cycle,
        entered_by=who,
        supersedes=supersedes,
    )
    asked = dict(form_class.questions())
    for name, _ in form.questions():
        if name in asked and name not in afresh:
            setattr(fresh, name, form.__data__.get(name))
    fresh.save()
    copies = {}
    for group in form.groups():
        if group in form_class.groups():
            copy_rows(form, fresh, group, copies, without)
    return fresh


def copy_rows(form, fresh, group, copies, without):
    """Copy one group of rows; `copies` maps each old row to its copy, so that links can follow."""
    new_class = fresh.groups()[group]
    for row in form.rows(group):
        copy = new_class(**{new_class.parent_field().name: fresh})
        whole = str(row) not in without
        for name, field in row.questions():
            value = row.__data__.get(name)
            if isinstance(field, ForeignKeyField) and value:
                linked = getattr(row, name)
                value = copies.get((type(linked), linked.id))
                # without the row it links to, it says nothing
                whole = whole and value is not None
            setattr(copy, name, value)
        if isinstance(row, Provision):
            copy.line_key = row.line_key
        if whole:
            copy.save()
            copies[type(row), row.id] = copy


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
    """A draft of the next plan, with the outcomes of the last that are not finished."""
    plan = ctx.paper("plan")[1]
    if not isinstance(plan, MyPlan) or plan.status == "declined":
        return
    done = set()
    for row in ctx.review.ratings if ctx.review else ():
        if row.rating == "Achieved" or row.then == "Close":
            done.add(row.outcome)
    for need in plan.needs:
        outcomes = [outcome.words for outcome in need.outcomes]
        if outcomes and done.issuperset(outcomes):
            done.add(need.words)
    kind = PLANS[fresh.stage]
    copy = copy_form(plan, kind, fresh, ctx.user.name, without=done, afresh=AGREED_AFRESH)
    renew_dates(copy, fresh.started_on, ctx.clock_of(fresh).closes)
    journal.made(copy)


def renew_dates(plan, begins, ends):
    """The provision of a copied plan runs through its cycle; an outcome whose day has passed is to
    be given a new one.
    """
    for row in plan.provision:
        row.since = begins
        if row.until and row.until < ends:
            row.until = ends
        row.save()
    for row in plan.outcomes:
        if row.by and row.by <= begins:
            row.by = None
            row.save()


# the talk with the family was part of the review
RECORD_AFRESH = ("happened_on", "seen_by_parent", "late_why")


def carry_record(ctx, fresh, journal):
    """A draft of the next Record of Concern: what was tried so far, with its effect, and what goes
    on (T06).
    """
    record = ctx.paper("plan")[1]
    rated = {row.strategy: row.effect for row in ctx.review.ratings}
    worse = [strategy for strategy, effect in rated.items() if effect in ("-1", "-2")]
    who = ctx.user.name
    copy = copy_form(record, RecordOfConcern, fresh, who, without=worse, afresh=RECORD_AFRESH)
    copy.happened_on = fresh.started_on
    copy.save()
    tried = {row.strategy: row for row in copy.used}
    for row in record.added:
        used = tried.get(row.strategy) or StrategyUsed(form=copy, strategy=row.strategy)
        used.since = used.since or ctx.placement.started_on
        used.until = ctx.review.happened_on
        used.who = row.who
        used.effect = rated.get(row.strategy)
        used.save()
    journal.made(copy)


def keep_strategies(ctx, fresh, journal):
    """What helped goes on in class: strategies rated +1 or +2 become everyday strategies (T04)."""
    for rating in ctx.review.ratings:
        if rating.effect in ("1", "2"):
            strategy = Strategy(pupil=ctx.pupil, strategy=rating.strategy)
            strategy.since = fresh.started_on
            strategy.from_form = str(ctx.review)
            journal.make(strategy)


def go_on(ctx, fresh, journal):
    """The review window of a child who was on the stage before the portal (T16a): it closes on the
    day planned, or runs from the last review; when that is too long ago, from today.
    """
    planned = ctx.answers.get("next_review")
    last = ctx.answers.get("last_review") or ctx.answers.get("plan_on") or ctx.on
    fresh.clock_from = ctx.on
    if planned:
        fresh.clock_from = ctx.window_start(fresh.stage, planned)
    elif ctx.window(fresh.stage, last).closes >= ctx.on:
        fresh.clock_from = last


def set_type(ctx, fresh, journal):
    """Write the main SEN type; another open main type ends that day, and NSA at an EHCP."""
    code = ctx.answers["sen_type"]
    when = ctx.answers["on"]
    types = ctx.pupil.open_types()
    for need in list(types):
        if fresh.stage == "E" and need.code == "NSA":
            journal.change(need, until=when)
            types.remove(need)
    wanted = [code, ctx.answers.get("second_type")]
    for rank, code in enumerate(filter(None, wanted), 1):
        set_ranked(ctx.pupil, code, rank, when, journal)


def set_ranked(pupil, code, rank, when, journal):
    types = pupil.open_types()
    for need in types:
        if need.rank == rank and need.code == code:
            return
    for need in types:
        if need.rank == rank or need.code == code:
            journal.change(need, until=max(when, need.since or when))
    journal.make(SenNeed(pupil=pupil, code=code, rank=rank, since=when))


def end_type(ctx, fresh, journal):
    for need in ctx.pupil.open_types():
        journal.change(need, until=ctx.answers["on"])


def open_case(ctx, fresh, journal):
    """Open an EHC case beside the stage (T23, T24)."""
    asked = ctx.answers.get("requester") or "School"
    case = EhcCase(
        pupil=ctx.pupil,
        state="preparing" if asked == "School" else "requested",
        requester=asked,
        requested_on=ctx.answers["on"],
        parents_view=ctx.answers.get("parents_view"),
        authority=ctx.answers.get("authority") or ctx.settings.local_authority,
    )
    journal.make(case)


def note_agreement(ctx, fresh, journal):
    """The head has agreed on paper, as the move says; pressed, it is there already (A26)."""
    agreed_on = ctx.answers.get("head_agreed")
    if not agreed_on or ctx.head_agreement:
        return
    by = ctx.settings.head_name or "The head"
    said = {"on": agreed_on, "agreed_by": by, "how": "On paper"}
    journal.make(HeadAgreement(pupil=ctx.pupil, placement=ctx.placement, **said))


def issue_plan(ctx, fresh, journal):
    """The open case becomes final, or one is written down for a plan that came along (T25)."""
    made = ctx.answers["plan_on"]
    # the annual review is due twelve months later (Children and Families Act 2014, s.44)
    fresh.clock_from = ctx.answers.get("reviewed_on") or made
    said = {"state": "final", "final_on": made, "authority": ctx.answers["authority"]}
    case = ctx.case
    if case:
        journal.change(case, **said)
    else:
        case = journal.make(EhcCase(pupil=ctx.pupil, requester=ARRIVED, **said))
    add_decision(case, "Final plan issued", made, journal)


def cease_case(ctx, fresh, journal):
    if ctx.case:
        when = ctx.answers["letter_on"]
        journal.change(ctx.case, state="ceased", closed_on=when)
        add_decision(ctx.case, "Plan ceased", when, journal)


def add_decision(case, what, on, journal):
    """Keep a decision of the local authority, once."""
    for known in case.rows("decisions"):
        if (known.what, known.on) == (what, on):
            return
    journal.make(CaseDecision(case=case, what=what, on=on))


def hold_review(ctx, fresh, journal):
    """Write the meeting into its review year; the local authority's weeks run from it (T26)."""
    if ctx.case is None:
        return
    year = ctx.case.coming_year()
    held = ctx.review.happened_on
    if year.id:
        journal.change(year, held_on=held)
    else:
        year.held_on = held
        journal.make(year)


def leave(ctx, fresh, journal):
    journal.change(ctx.pupil, left_on=ctx.answers["on"], destination=ctx.answers.get("destination"))


def come_back(ctx, fresh, journal):
    journal.change(ctx.pupil, left_on=None, destination=None, admitted_on=ctx.answers["on"])


# by the names that stand in the rows of MOVES
EFFECTS = {
    effect.__name__: effect
    for effect in (
        carry_plan,
        carry_record,
        keep_strategies,
        go_on,
        set_type,
        end_type,
        open_case,
        note_agreement,
        issue_plan,
        cease_case,
        hold_review,
        leave,
        come_back,
    )
}
