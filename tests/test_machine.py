"""A walk at random through the whole pathway, with the invariants of PATHWAY.md 5.7 held after
every step.
"""

import datetime
import json
import random

import time_machine
from conftest import add_row, answers_for, assert_tasks_are_kept, chart_answers, fill
from hypothesis import settings as how
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import models as m
import workflow as w
from audit import log as audit_log

BEGINS = datetime.date(2024, 1, 8)
STEPS, EXAMPLES = 40, 27  # 1,080 steps at most; the test below wants 1,000
CHANCE = some.integers(0, 2**32).map(random.Random)
RARE = {"Has left the school", "EHCP issued", "Record an EHC request"}
walked = {"steps": 0, "moves": set(), "stages": set()}
ALWAYS = []


def always(holds):
    """A method of the walk that is asked after each step that wrote something or took a day."""
    ALWAYS.append(holds)
    return holds


class Walk(RuleBasedStateMachine):
    """One child, one SENCO, and whatever may happen next."""

    def __init__(self, cast, database):
        super().__init__()
        self.senco, self.pupil, self.sealed, self.day = cast.senco, cast.robin, {}, BEGINS
        self.known, self.looked = (None, None), None
        self.everything = database.savepoint()
        self.everything.__enter__()
        self.travel = time_machine.travel(self.noon(), tick=False)
        self.traveller = self.travel.start()

    def noon(self):
        return datetime.datetime(
            self.day.year, self.day.month, self.day.day, 12, tzinfo=datetime.UTC
        )

    def teardown(self):
        self.travel.stop()
        self.everything.rollback()
        self.everything.__exit__(None, None, None)

    @property
    def child(self):
        return self.at().pupil

    def at(self):
        """How the child stands now; looked up again when something was written or the day is
        another.
        """
        now = (self.told(), self.day)
        if self.known[0] != now:
            self.known = (
                now,
                w.PupilContext(m.Pupil.get_by_id(self.pupil.id), self.senco, self.day),
            )
        return self.known[1]

    def told(self):
        """How much the audit trail has to tell; nothing is written without it (test_questions.py).
        Asked at every turn, so in plain SQL.
        """
        return audit_log.db.execute_sql("SELECT COUNT(*) FROM audit_entry").fetchone()[0]

    # -- what may happen
    @rule(days=some.sampled_from([1, 7, 21, 42, 60]))
    def time_goes_by(self, days):
        self.day += datetime.timedelta(days)
        self.traveller.move_to(self.noon())

    @rule(pick=CHANCE)
    def press_what_is_possible(self, pick):
        at = self.at()
        open_now = [
            mv
            for mv, stops in w.moves_for(w.PupilContext(at.pupil, self.senco, self.day))
            if not stops and mv is not w.UNDO
        ]
        self.press(
            pick.choice(
                [mv for mv in open_now if mv.name not in RARE or pick.random() < 0.2] or open_now
            ),
            pick,
        )

    def press(self, mv, pick):
        at = self.at()
        codes = [code for code, _ in m.SEN_TYPES if code != "NSA" or mv.to != "E"]
        more = {"sen_type": pick.choice(codes)} if "sen_type" in mv.asks else {}
        w.perform(
            mv,
            at.pupil,
            self.senco,
            answers_for(mv, self.day, **more),
            at.placement.id if at.placement else 0,
            on=self.day,
        )
        walked["moves"].add(mv.name)

    @rule(pick=CHANCE)
    def press_what_is_not_possible(self, pick):
        at, before = self.at(), self.told()
        for mv in [
            mv for mv in pick.sample(w.MOVES, 5) if at.stage not in mv.from_ or w.blockers(mv, at)
        ]:
            try:
                w.perform(mv, at.pupil, self.senco, answers_for(mv, self.day), on=self.day)
                raise AssertionError(f"“{mv.name}” was possible although it was stopped")
            except w.Refused:
                assert self.told() == before

    @rule(pick=CHANCE)
    def take_it_back(self, pick):
        at = self.at()
        if at.stage in w.UNDO.from_ and not w.blockers(w.UNDO, at):
            w.perform(w.UNDO, at.pupil, self.senco, {"reason": "Wrong child"}, on=self.day)
            walked["moves"].add(w.UNDO.name)

    @precondition(lambda self: self.at().papers)
    @rule(pick=CHANCE)
    def work_on_a_paper(self, pick):
        at = self.at()
        paper, form = pick.choice(at.papers)
        if form is None:
            self.write(paper)
        elif form.status == "draft":
            self.finish(paper, form, pick)
        elif form.status == "complete":
            pick.choice([w.reopen, w.agree])(form, self.senco)
        else:
            w.new_version(form, self.senco)

    @precondition(lambda self: self.at().papers)
    @rule(pick=CHANCE)
    def go_through_a_whole_cycle(self, pick):
        for paper, _ in self.at().papers:
            form = dict(self.at().papers)[paper] or self.write(paper)
            if form.status == "draft":
                self.finish(paper, form, pick)
            form = type(form).get_by_id(form.id)
            if form.status == "complete":
                w.agree(form, self.senco)
        on_the_chart = [
            mv
            for mv, stops in w.moves_for(w.PupilContext(self.child, self.senco, self.day))
            if mv.rows and not stops
        ]
        if on_the_chart:
            self.press(pick.choice(on_the_chart), pick)

    @audit_log.transaction()
    def write(self, paper):
        form, rows = w.start_form(paper.form, self.child, self.senco)
        form.save()
        for group, lines in rows.items():
            for line in lines:
                add_row(form, group, **line)
        return form

    def finish(self, paper, form, pick):
        """Fill a draft in and complete it, or decline it; what is stopped stays a draft."""
        if paper.kind == "side" and pick.random() < 0.6:
            return w.decline(form, self.senco, "They would rather not.")
        said = {}
        if paper.kind == "review":
            rows = [r.name for r in w.ROWS if paper.stage in r.stages]
            said = {
                **chart_answers(pick.choice(rows), paper.stage),
                "early_why": "The family asked for it.",
                "achieved_why": "It shows in class.",
            }
            said = (
                said
                if paper.stage == "S1"
                else {**said, "agency_need": pick.choice(["What helps?", None])}
            )
        form.happened_on = self.day
        if isinstance(form, m.MyPlan):
            said = {"late_why": "Staff were ill.", "review_by": None}
            for row in form.outcomes:
                row.by = self.day
                row.save()
        fill(form, **said)
        try:
            pick.choice([w.complete, w.agree])(form, self.senco)
        except w.Invalid as fault:
            assert fault.errors == w.missing(form, self.senco) and fault.errors

    @precondition(lambda self: self.at().case)
    @rule(pick=CHANCE)
    def the_case_goes_on(self, pick):
        case = self.at().case
        ways = w.case_steps(case, self.senco, m.Placement.current(case.pupil))
        if ways:
            w.perform_case_move(pick.choice(ways), case, self.senco, self.day, case.version)

    # -- what always holds
    @invariant()
    def all_holds(self):
        walked["steps"] += 1
        now = (self.told(), self.day)
        if now == self.looked:
            return
        self.looked = now
        for holds in ALWAYS:
            holds(self)

    def valid(self, record):
        return record.select().where(record.pupil == self.pupil, ~record.void).order_by(record.id)

    @always
    def i1_one_open_stage_and_one_open_row_of_each_list(self):
        walked["stages"].add(m.Placement.stage_of(self.child))
        assert sum(p.ended_on is None for p in self.valid(m.Placement)) <= 1
        assert m.Placement.current(self.child) or not list(self.valid(m.Placement)), (
            "every stay but the last has an end"
        )

    @always
    def i2_never_both_lists(self):
        open_now = [r.list for r in self.valid(m.ListMembership) if r.ended_on is None]
        wanted = w.STAGES[m.Placement.stage_of(self.child)].list
        assert open_now == ([wanted] if wanted else [])

    @always
    def i3_the_census_code_follows_from_the_stage_and_e_has_a_real_type(self):
        stage = w.STAGES[m.Placement.stage_of(self.child)]
        if stage is not w.STAGES["OFF"]:
            assert stage.census == {"K": "K", "K+": "K", "E": "E", "": "N"}[stage.local]
        if stage.local:
            assert self.child.primary_type()
        if stage.census == "E":
            assert "NSA" not in {n.code for n in self.child.sen_needs if n.until is None}
        assert self.child.errors() == []

    @always
    def i4_no_gap_and_no_overlap_between_the_list_rows_of_an_episode(self):
        rows = list(self.valid(m.ListMembership))
        for row, after in zip(rows, rows[1:]):
            assert row.ended_on is not None and row.started_on <= row.ended_on <= after.started_on
            if row.placement.episode == after.placement.episode:
                assert row.ended_on == after.started_on

    @always
    def i5_what_is_sealed_never_changes_and_a_new_version_names_the_old(self):
        found = {}
        for cls in w.every_form():
            for form in cls.select(
                cls.id, cls.sealed, cls.sealed_code, cls.status, cls.supersedes
            ).where(cls.pupil == self.pupil):
                if form.status == "sealed":
                    found[cls, form.id] = (form.sealed, form.sealed_code)
                    assert (cls, form.id) in self.sealed or form.seal_holds()
                if form.supersedes:
                    assert cls.get_by_id(form.supersedes).locked
        assert self.sealed.items() <= found.items(), "a sealed form was changed or taken away"
        self.sealed = found

    @always
    def i6_every_move_has_an_actor_a_reason_and_an_audit_row(self):
        told = {
            r.record_id: r.who
            for r in audit_log.AuditEntry.select().where(
                audit_log.AuditEntry.record == "Placement", audit_log.AuditEntry.act == "add"
            )
        }
        for placed in m.Placement.select().where(m.Placement.pupil == self.pupil):
            mv = w.move_named(placed.move)
            assert placed.decided_by == self.senco.name and told[placed.id]
            assert placed.reason or not {"reason", "changes"} & set(mv.asks)
            assert mv.to == placed.stage and json.loads(placed.effects)["steps"]

    @always
    def i6b_the_stages_follow_one_another_by_the_rows_of_the_table(self):
        stage = "NONE"
        for placed in self.valid(m.Placement):
            assert stage in w.move_named(placed.move).from_
            stage = placed.stage

    @always
    def i7_every_open_stage_has_one_next_review_date(self):
        at = self.at()
        assert bool(at.clock) == (at.stage in w.OPEN)
        if at.clock:
            assert at.placement.started_on <= at.clock.closes or at.placement.clock_from
            assert at.clock.opens <= at.clock.closes

    @always
    def i8_nothing_is_sealed_as_shared_without_consent(self):
        for plan in m.MyPlanPlus.select().where(
            m.MyPlanPlus.pupil == self.pupil, m.MyPlanPlus.status == "sealed"
        ):
            assert plan.consent_gained

    @always
    def i9_nobody_is_reminded_of_a_child_who_has_left(self):
        at = self.at()
        assert (at.stage == "OFF") == bool(at.pupil.left_on)
        if at.stage == "OFF":
            assert at.clock is None and at.papers == []

    @always
    def i10_every_agreed_review_reaches_one_row(self):
        at = self.at()
        if at.review and at.review.status == "sealed":
            offers = [mv for mv in w.MOVES if at.chart_row.name in mv.rows and at.stage in mv.from_]
            assert at.chart_row and offers

    @always
    def the_tasks_kept_are_those_that_follow_from_the_records(self):
        assert_tasks_are_kept()

    @always
    def no_child_is_ever_stuck(self):
        assert [
            mv
            for mv, stops in w.moves_for(w.PupilContext(self.child, self.senco, self.day))
            if not stops
        ]


def test_a_walk_at_random_never_breaks_what_must_hold(cast, acting, database):
    walked.update(steps=0, moves=set(), stages=set())
    run_state_machine_as_test(
        lambda: Walk(cast, database),
        settings=how(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
        ),
    )
    assert walked["steps"] >= 1000, f"Only {walked['steps']} steps; raise EXAMPLES"
    assert walked["stages"] == set(w.STAGES), (
        f"The walk never came to {set(w.STAGES) - walked['stages']}"
    )
    assert len(walked["moves"]) > 20, f"The walk pressed only {sorted(walked['moves'])}"
    print(
        f"{walked['steps']} steps, {len(walked['moves'])} moves; never pressed:"
        f" {sorted({mv.name for mv in w.MOVES} - walked['moves'])}"
    )
